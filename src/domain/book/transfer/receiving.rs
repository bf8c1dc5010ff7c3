//! The receiver's half: what stands here, what was found in it, and the signature after the check (T-3).

use std::borrow::Cow;
use std::collections::{BTreeMap, BTreeSet};

use serde::{Deserialize, Serialize};

use super::super::limits::{LIST_MAX, TEXT_MAX_BYTES, batches, text, texts};
use super::list::{EXTRA_MAX, Found, find};
use super::papers::{Dispatch, Item, Outcome, Paper};
use super::state::{Ended, Inbound};
use super::{Fact, Taken, here, two_people};
use crate::domain::book::{Context, Denied, Stamp};
use crate::domain::ids::is_id;
use crate::domain::{Armoury, Identifier, Standing, StationId, Weapon, WeaponId};

/// Bytes of records in one entry: less than half of what it holds, so that a long one more still fits.
const RECORDS_BYTES: usize = 24 * 1024;

/// Weapons named in one entry with two numbers each.
const TAKEN_BATCH: usize = 250;

/// What is said when a crate is signed for.
#[derive(Debug, Clone, PartialEq, Eq, Default, Serialize, Deserialize)]
#[serde(deny_unknown_fields, default)]
pub struct Arrival {
    /// Its document; may be left out where the crate was entered before.
    pub document: Option<Paper<Dispatch>>,
    /// The sender, where there is no document.
    pub from: Option<StationId>,
    /// Its number there, where there is no document.
    pub transfer: Option<String>,
    /// Weapons counted.
    pub counted: u32,
    /// Serials, marks or tags, as read; beside those checked before.
    pub seen: Vec<String>,
    /// Seals found whole.
    pub seals: Vec<String>,
    /// Numbers that weapons get here, where theirs are taken.
    pub renamed: BTreeMap<WeaponId, WeaponId>,
}

pub(super) fn arrive(context: Context<'_>, paper: &Paper<Dispatch>) -> Result<Vec<Fact>, Denied> {
    let document = addressed(context, paper)?;
    let Dispatch { from, transfer, .. } = document;
    if context.armoury.rooms.transfer.inbound(from, transfer).is_some() {
        return Denied::because(format!("enter transfer {transfer} from {from}: it is entered already"));
    }
    Ok(arrived(document, &paper.sha256))
}

pub(super) fn check(
    context: Context<'_>,
    from: &StationId,
    transfer: &str,
    seen: &[String],
) -> Result<Vec<Fact>, Denied> {
    let inbound = open(context, from, transfer)?;
    let found = find(context, inbound, seen)?;
    Ok(checks(from, transfer, found))
}

/// Counted and checked first, signed then: whoever signs says how many there are and which, and what is short stays
/// short.
pub(super) fn receive(context: Context<'_>, arrival: &Arrival) -> Result<Vec<Fact>, Denied> {
    two_people(context)?;
    let (from, transfer, inbound, mut facts) = crate_of(context, arrival)?;
    let found = find(context, &inbound, &arrival.seen)?;
    let checked: BTreeSet<&WeaponId> = inbound.checked.iter().chain(&found.listed).collect();
    let extra = inbound.extra.len() + found.extra.len();
    if arrival.counted as usize != checked.len() + extra {
        return Denied::because(format!(
            "sign for {transfer}: {} counted and {} checked by serial; count and check again before signing",
            arrival.counted,
            checked.len() + extra
        ));
    }
    let (there, short): (Vec<&Item>, Vec<&Item>) =
        inbound.items.iter().partition(|item| checked.contains(&item.weapon.id));
    let taken = numbered(context.armoury, &there, &arrival.renamed)?;
    facts.extend(checks(&from, &transfer, found));
    facts.push(Fact::Received {
        from: from.clone(),
        transfer: transfer.clone(),
        counted: arrival.counted,
        listed: inbound.items.len() as u32,
        extra: extra as u32,
        seals: differing(&inbound.consignment.seals, &texts("seals", &arrival.seals, EXTRA_MAX)?),
        purpose: inbound.purpose,
    });
    let (from, transfer) = (&from, &transfer);
    facts.extend(taken.chunks(TAKEN_BATCH).map(|taken| Fact::TakenIn {
        from: from.clone(),
        transfer: transfer.clone(),
        weapons: taken.to_vec(),
    }));
    let short: Vec<WeaponId> = short.into_iter().map(|item| item.weapon.id.clone()).collect();
    facts.extend(batches(&short).map(|weapons| Fact::Short {
        from: from.clone(),
        transfer: transfer.clone(),
        weapons,
    }));
    Ok(facts)
}

pub(super) fn reject(context: Context<'_>, paper: &Paper<Dispatch>, why: &str) -> Result<Vec<Fact>, Denied> {
    let document = addressed(context, paper)?;
    context.by.named()?;
    let Dispatch { from, transfer, .. } = document;
    let mut facts = Vec::new();
    match context.armoury.rooms.transfer.inbound(from, transfer) {
        None => facts = arrived(document, &paper.sha256),
        Some(_) => drop(open(context, from, transfer)?),
    }
    let why = text("the reason", why)?;
    facts.push(Fact::Rejected { from: from.clone(), transfer: transfer.clone(), why });
    Ok(facts)
}

pub(super) fn apply(armoury: &mut Armoury, stamp: Stamp<'_>, fact: &Fact) {
    let entry = stamp.seq;
    let rooms = &mut armoury.rooms.transfer;
    match fact {
        Fact::Arrived { from, transfer, purpose, border, consignment, digest, .. } => {
            let inbound = Inbound {
                purpose: *purpose,
                border: border.clone(),
                consignment: consignment.clone(),
                digest: digest.clone(),
                arrived: entry,
                items: Vec::new(),
                checked: BTreeSet::new(),
                extra: Vec::new(),
                ended: None,
            };
            rooms.coming.entry(from.clone()).or_default().insert(transfer.clone(), inbound);
        }
        Fact::Listed { from, transfer, items } => {
            if let Some(inbound) = rooms.inbound_mut(from, transfer) {
                inbound.items.extend(items.iter().cloned());
            }
        }
        Fact::Checked { from, transfer, weapons, extra } => {
            if let Some(inbound) = rooms.inbound_mut(from, transfer) {
                inbound.checked.extend(weapons.iter().cloned());
                inbound.extra.extend(extra.iter().cloned());
            }
        }
        Fact::Received { from, transfer, counted, .. } => {
            if let Some(inbound) = rooms.inbound_mut(from, transfer) {
                let (outcome, counted) = (Outcome::Received, *counted);
                inbound.ended = Some(Ended { entry, outcome, counted, short: Vec::new() });
            }
        }
        Fact::Short { from, transfer, weapons } => {
            if let Some(ended) = rooms.inbound_mut(from, transfer).and_then(|it| it.ended.as_mut()) {
                ended.short.extend(weapons.iter().cloned());
            }
        }
        Fact::Rejected { from, transfer, .. } => {
            if let Some(inbound) = rooms.inbound_mut(from, transfer) {
                let outcome = Outcome::Rejected;
                inbound.ended = Some(Ended { entry, outcome, counted: 0, short: Vec::new() });
            }
        }
        Fact::TakenIn { from, transfer, weapons } => {
            for taken in weapons {
                let was = taken.was.as_ref().unwrap_or(&taken.weapon);
                let inbound = armoury.rooms.transfer.inbound(from, transfer);
                let item = inbound.and_then(|it| it.items.iter().find(|item| item.weapon.id == *was));
                if let Some(Item { weapon, standing }) = item.cloned() {
                    let record = own(armoury, weapon, &taken.weapon);
                    armoury.register_weapon(stamp.seq, &record);
                    armoury.set_standing(&taken.weapon, standing);
                }
            }
        }
        _ => {}
    }
}

/// A record as it enters the register here: under its number, without the sender's slot, and without a tag or mark that
/// is another weapon's in this book, which is to be bound anew.
fn own(armoury: &Armoury, weapon: Weapon, number: &WeaponId) -> Weapon {
    let mut record = Weapon { id: number.clone(), room: None, rack: None, slot: None, ..weapon };
    let ours = |identifier: &Identifier| {
        let single = Weapon { identifiers: vec![identifier.clone()], ..record.clone() };
        let tag = single.tag_ids().find_map(|tag| armoury.weapon_by_tag(&tag).cloned());
        let mark = single.mark_ids().find_map(|mark| armoury.weapon_by_mark(&mark).cloned());
        tag.or(mark).is_none_or(|carrier| carrier == *number)
    };
    let identifiers = record.identifiers.iter().filter(|identifier| ours(identifier)).cloned().collect();
    record.identifiers = identifiers;
    record
}

/// The document, if it is whole and for this station. Who sent a crate cannot sign for it (T-1).
fn addressed<'a>(context: Context<'_>, paper: &'a Paper<Dispatch>) -> Result<&'a Dispatch, Denied> {
    let document = paper.checked()?;
    let Dispatch { transfer, from, to, items, .. } = document;
    let here = here(context)?;
    if from == here {
        return Denied::because(format!(
            "receive {transfer}: this station sent it; {to} counts it and signs, and its receipt is entered here"
        ));
    }
    if to != here {
        return Denied::because(format!("receive {transfer}: it is for {to}, and this is {here}"));
    }
    let named = items.iter().all(|item| sound(&item.weapon))
        && is_id(transfer)
        && is_id(from.as_str())
        && items.iter().all(|it| is_id(it.weapon.id.as_str()));
    let distinct: BTreeSet<&WeaponId> = items.iter().map(|item| &item.weapon.id).collect();
    if !named || items.is_empty() || items.len() > LIST_MAX || distinct.len() != items.len() {
        return Denied::because(format!("receive {transfer}: its list is not one that a station writes"));
    }
    Ok(document)
}

/// Whether a record is one that paper and screen can show: another armoury wrote it. A mark may hold the separators of
/// its own format (ISO/IEC 15434).
fn sound(weapon: &Weapon) -> bool {
    let Weapon { maker, country, model, calibre, serial, category, identifiers, .. } = weapon;
    let fields = [maker, country, model, calibre, serial, category].into_iter().flatten();
    let shown = |text: &String| text.len() <= TEXT_MAX_BYTES && !text.chars().any(char::is_control);
    let marked = |identifier: &Identifier| match identifier {
        Identifier::Mark { text } => text.len() <= TEXT_MAX_BYTES,
        Identifier::Tag { epc, tid } => epc.len() <= 62 && tid.as_ref().is_none_or(|tid| tid.len() <= 62),
    };
    fields.into_iter().all(shown) && identifiers.iter().all(marked)
}

fn arrived(document: &Dispatch, digest: &str) -> Vec<Fact> {
    let Dispatch { from, transfer, items, .. } = document;
    let head = Fact::Arrived {
        from: from.clone(),
        transfer: transfer.clone(),
        purpose: document.purpose,
        border: document.border.clone(),
        consignment: document.consignment.clone(),
        count: items.len() as u32,
        digest: digest.to_owned(),
    };
    let mut facts = vec![head];
    let mut batch: Vec<Item> = Vec::new();
    let mut bytes = 0;
    for item in items {
        let size = minicbor::to_vec(item).map_or(0, |encoded| encoded.len());
        if !batch.is_empty() && bytes + size > RECORDS_BYTES {
            let items = std::mem::take(&mut batch);
            facts.push(Fact::Listed { from: from.clone(), transfer: transfer.clone(), items });
            bytes = 0;
        }
        bytes += size;
        batch.push(item.clone());
    }
    facts.push(Fact::Listed { from: from.clone(), transfer: transfer.clone(), items: batch });
    facts
}

/// The crate that is to be signed for; with its document, it need not have been entered before.
fn crate_of<'a>(
    context: Context<'a>,
    arrival: &Arrival,
) -> Result<(StationId, String, Cow<'a, Inbound>, Vec<Fact>), Denied> {
    let Some(paper) = &arrival.document else {
        let (Some(from), Some(transfer)) = (&arrival.from, &arrival.transfer) else {
            return Denied::because("receive a transfer: name its document, or its number and its sender");
        };
        let inbound = open(context, from, transfer)?;
        return Ok((from.clone(), transfer.clone(), Cow::Borrowed(inbound), Vec::new()));
    };
    let document = addressed(context, paper)?;
    let (from, transfer) = (document.from.clone(), document.transfer.clone());
    if context.armoury.rooms.transfer.inbound(&from, &transfer).is_none() {
        let inbound = Inbound::new(document, &paper.sha256, 0);
        let facts = arrived(document, &paper.sha256);
        return Ok((from, transfer, Cow::Owned(inbound), facts));
    }
    let inbound = open(context, &from, &transfer)?;
    if inbound.digest != paper.sha256 {
        return Denied::because(format!(
            "receive {transfer}: another document was entered for it when it arrived"
        ));
    }
    Ok((from, transfer, Cow::Borrowed(inbound), Vec::new()))
}

/// A crate that stands here and has not been signed for.
fn open<'a>(context: Context<'a>, from: &StationId, transfer: &str) -> Result<&'a Inbound, Denied> {
    if here(context)? == from {
        return Denied::because(format!(
            "receive {transfer}: this station sent it, the other one signs for it"
        ));
    }
    let Some(inbound) = context.armoury.rooms.transfer.inbound(from, transfer) else {
        return Denied::because(format!("find transfer {transfer} from {from}: none such has arrived"));
    };
    match &inbound.ended {
        None => Ok(inbound),
        Some(Ended { outcome: Outcome::Received, entry, .. }) => Denied::because(format!(
            "change transfer {transfer} from {from}: it is signed for in entry {entry}"
        )),
        Some(Ended { outcome: Outcome::Rejected, entry, .. }) => {
            Denied::because(format!("change transfer {transfer} from {from}: turned away in entry {entry}"))
        }
    }
}

fn checks(from: &StationId, transfer: &str, found: Found) -> Vec<Fact> {
    let Found { listed, mut extra } = found;
    let fact =
        |weapons, extra| Fact::Checked { from: from.clone(), transfer: transfer.to_owned(), weapons, extra };
    let mut facts: Vec<Fact> = batches(&listed).map(|weapons| fact(weapons, Vec::new())).collect();
    // Readings are longer than numbers: in entries of their own.
    while !extra.is_empty() {
        let rest = extra.split_off(extra.len().min(EXTRA_MAX / 2));
        facts.push(fact(Vec::new(), std::mem::replace(&mut extra, rest)));
    }
    facts
}

/// The numbers weapons get here. One that was here before and comes back keeps its number.
fn numbered(
    armoury: &Armoury,
    there: &[&Item],
    renamed: &BTreeMap<WeaponId, WeaponId>,
) -> Result<Vec<Taken>, Denied> {
    let mut taken = Vec::with_capacity(there.len());
    let mut numbers: BTreeSet<&WeaponId> = BTreeSet::new();
    for Item { weapon, .. } in there {
        let number = renamed.get(&weapon.id).unwrap_or(&weapon.id);
        if !is_id(number.as_str()) || !numbers.insert(number) {
            return Denied::because(format!(
                "take {} in as {number}: give each a number of its own",
                weapon.id
            ));
        }
        if let Some(holding) = armoury.weapon(number) {
            let gone = matches!(holding.standing, Standing::NotHere | Standing::LeftService);
            if !gone || !same_weapon(&holding.weapon, weapon) {
                return Denied::because(format!(
                    "take {0} in: {number} is another weapon's number here; give it one with --as {0}=NUMBER",
                    weapon.id
                ));
            }
        }
        let was = (number != &weapon.id).then(|| weapon.id.clone());
        taken.push(Taken { weapon: number.clone(), was });
    }
    Ok(taken)
}

/// Identity is maker, model, calibre, country and serial together (W-2).
fn same_weapon(a: &Weapon, b: &Weapon) -> bool {
    (&a.maker, &a.model, &a.calibre, &a.country, &a.serial)
        == (&b.maker, &b.model, &b.calibre, &b.country, &b.serial)
}

/// Seals that are listed and were not found, and the other way round.
fn differing(listed: &[String], found: &[String]) -> Vec<String> {
    let missing = listed.iter().filter(|seal| !found.contains(seal)).map(|seal| format!("{seal} missing"));
    let strange = found.iter().filter(|seal| !listed.contains(seal)).map(|seal| format!("{seal} not listed"));
    missing.chain(strange).collect()
}

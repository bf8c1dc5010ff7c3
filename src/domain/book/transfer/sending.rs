//! The sender's half: list, dispatch, follow-up, receipt, reversal.

use std::collections::{BTreeMap, BTreeSet};

use jiff::{Span, civil::Date};

use super::super::limits::{LIST_MAX, batches, distinct, text, texts};
use super::papers::{
    Border, Carrier, Consignment, Dispatch, Item, Outcome, Paper, Purpose, Quantity, Receipt,
};
use super::sent::items;
use super::state::{Departure, Outbound, Stage};
use super::{Fact, here, may_leave, two_people};
use crate::domain::book::{Context, Denied};
use crate::domain::ids::is_id;
use crate::domain::{Armoury, ClockQuality, Moment, StationId, WeaponId};

/// Most seals and escorts of a crate.
const FEW_MAX: usize = 100;

/// Most types on one list.
const MODELS_MAX: usize = 200;

pub(super) fn open(
    context: Context<'_>,
    transfer: &str,
    to: &StationId,
    purpose: Purpose,
    border: Option<&Border>,
) -> Result<Vec<Fact>, Denied> {
    if !is_id(transfer) || !is_id(to.as_str()) {
        return Denied::because("open a transfer: it needs a short number and the receiver's name");
    }
    if here(context)? == to {
        return Denied::because(format!("open transfer {transfer}: {to} is this station"));
    }
    if context.armoury.rooms.transfer.sent.contains_key(transfer) {
        return Denied::because(format!("open transfer {transfer}: there is one of that number already"));
    }
    let border = border.map(crossing).transpose()?;
    if purpose == Purpose::Export && border.is_none() {
        return Denied::because(
            "open an export: name the authorisation, how many it allows, and the State it goes to",
        );
    }
    Ok(vec![Fact::Opened { transfer: transfer.to_owned(), to: to.clone(), purpose, border }])
}

pub(super) fn pack(context: Context<'_>, transfer: &str, weapons: &[WeaponId]) -> Result<Vec<Fact>, Denied> {
    let outbound = packing(context, transfer)?;
    distinct(weapons)?;
    for weapon in weapons {
        travels(context.armoury, transfer, weapon)?;
        if outbound.weapons.contains(weapon) {
            return Denied::because(format!("pack {weapon}: it is on the list of {transfer} already"));
        }
    }
    if outbound.weapons.len() + weapons.len() > LIST_MAX {
        return Denied::because(format!("pack so many: a transfer has at most {LIST_MAX} weapons"));
    }
    let packed = |weapons| Fact::Packed { transfer: transfer.to_owned(), weapons };
    Ok(batches(weapons).map(packed).collect())
}

pub(super) fn unpack(
    context: Context<'_>,
    transfer: &str,
    weapons: &[WeaponId],
) -> Result<Vec<Fact>, Denied> {
    let outbound = packing(context, transfer)?;
    distinct(weapons)?;
    if let Some(weapon) = weapons.iter().find(|weapon| !outbound.weapons.contains(*weapon)) {
        return Denied::because(format!("take {weapon} out: it is not on the list of {transfer}"));
    }
    let unpacked = |weapons| Fact::Unpacked { transfer: transfer.to_owned(), weapons };
    Ok(batches(weapons).map(unpacked).collect())
}

pub(super) fn dispatch(
    context: Context<'_>,
    transfer: &str,
    consignment: &Consignment,
) -> Result<Vec<Fact>, Denied> {
    let outbound = packing(context, transfer)?;
    two_people(context)?;
    if context.by.authority.is_none() {
        return Denied::because(format!("dispatch {transfer}: name the order it rests on with --authority"));
    }
    if outbound.weapons.is_empty() {
        return Denied::because(format!("dispatch {transfer}: nothing is on its list; pack it first"));
    }
    // It may have been drawn again since it was packed.
    outbound.weapons.iter().try_for_each(|weapon| travels(context.armoury, transfer, weapon))?;
    let consignment = checked(context, transfer, consignment)?;
    let items = items(context.armoury, outbound);
    counts_agree(transfer, &consignment.quantities, &items)?;
    let count = outbound.weapons.len() as u32;
    if let Some(border) = &outbound.border
        && border.authorised < count
    {
        return Denied::because(format!(
            "dispatch {transfer}: {} allows {} and the list has {count}",
            border.authorisation, border.authorised
        ));
    }
    let document = Dispatch {
        transfer: transfer.to_owned(),
        from: here(context)?.clone(),
        to: outbound.to.clone(),
        purpose: outbound.purpose,
        border: outbound.border.clone(),
        consignment: consignment.clone(),
        items,
    };
    let digest = Paper::of(document).sha256;
    let transfer = transfer.to_owned();
    let left = Fact::Dispatched {
        transfer: transfer.clone(),
        consignment,
        count,
        digest,
        purpose: outbound.purpose,
    };
    let weapons: Vec<WeaponId> = outbound.weapons.iter().cloned().collect();
    let sent = batches(&weapons).map(|weapons| Fact::Sent { transfer: transfer.clone(), weapons });
    Ok(std::iter::once(left).chain(sent).collect())
}

pub(super) fn carrier(
    context: Context<'_>,
    transfer: &str,
    carrier: &Carrier,
    place: &str,
    seals: &[String],
) -> Result<Vec<Fact>, Denied> {
    travelling(context, transfer)?;
    context.by.named()?;
    Ok(vec![Fact::CarrierChanged {
        transfer: transfer.to_owned(),
        carrier: carrying(context, carrier)?,
        place: text("the place", place)?,
        seals: texts("seals", seals, FEW_MAX)?,
    }])
}

pub(super) fn follow_up(context: Context<'_>, transfer: &str, reference: &str) -> Result<Vec<Fact>, Denied> {
    travelling(context, transfer)?;
    let reference = text("the reference of the letter or call", reference)?;
    Ok(vec![Fact::FollowedUp { transfer: transfer.to_owned(), reference }])
}

/// The receipt closes what was sent: the receiver's count stands, and whoever sent it does not close it (T-1).
pub(super) fn confirm(context: Context<'_>, paper: &Paper<Receipt>) -> Result<Vec<Fact>, Denied> {
    let receipt = paper.checked()?;
    let Receipt { transfer, from, .. } = receipt;
    if here(context)? != from {
        return Denied::because(format!("enter this receipt: it is for {from}"));
    }
    let (outbound, departure) = travelling(context, transfer)?;
    if receipt.to != outbound.to || receipt.dispatch != departure.digest {
        return Denied::because(format!(
            "enter this receipt: it does not answer what {transfer} was dispatched with"
        ));
    }
    let by = context.by.named()?;
    if departure.sender.as_ref() == Some(by) {
        return Denied::because(format!(
            "close {transfer} as {by}: who dispatched it may not; another supervisor or commander does"
        ));
    }
    let unknown = receipt.short.iter().find(|weapon| !outbound.weapons.contains(*weapon));
    if let Some(weapon) = unknown {
        return Denied::because(format!("enter this receipt: {weapon} is not on the list of {transfer}"));
    }
    let sent = outbound.weapons.len() as u32;
    let (transfer, outcome) = (transfer.clone(), receipt.outcome);
    let told = Fact::Confirmed {
        transfer: transfer.clone(),
        outcome,
        counted: receipt.counted,
        sent,
        receipt: receipt.entry,
    };
    let mut facts = vec![told];
    if outcome == Outcome::Received {
        let short: BTreeSet<&WeaponId> = receipt.short.iter().collect();
        let there = outbound.weapons.iter().filter(|weapon| !short.contains(weapon)).cloned();
        let there: Vec<WeaponId> = there.collect();
        facts.extend(batches(&there).map(|weapons| Fact::Delivered { transfer: transfer.clone(), weapons }));
        facts.extend(
            batches(&receipt.short).map(|weapons| Fact::NotReceived { transfer: transfer.clone(), weapons }),
        );
    }
    Ok(facts)
}

/// A wrong shipment is taken back by an event of its own, and counted like any arrival: what is not in the crate stays
/// not accounted for.
pub(super) fn reverse(
    context: Context<'_>,
    transfer: &str,
    counted: u32,
    seen: &[WeaponId],
) -> Result<Vec<Fact>, Denied> {
    let (outbound, _) = travelling(context, transfer)?;
    two_people(context)?;
    if context.by.authority.is_none() {
        return Denied::because(format!("take {transfer} back: name the order it rests on with --authority"));
    }
    distinct(seen)?;
    if let Some(weapon) = seen.iter().find(|weapon| !outbound.weapons.contains(*weapon)) {
        return Denied::because(format!(
            "take {weapon} back: it did not leave with {transfer}; enter it where it belongs"
        ));
    }
    if counted as usize != seen.len() {
        return Denied::because(format!(
            "take {transfer} back: {counted} counted and {} named; count again",
            seen.len()
        ));
    }
    let there: BTreeSet<&WeaponId> = seen.iter().collect();
    let short: Vec<WeaponId> =
        outbound.weapons.iter().filter(|weapon| !there.contains(weapon)).cloned().collect();
    let transfer = transfer.to_owned();
    let sent = outbound.weapons.len() as u32;
    let mut facts = vec![Fact::Reversed { transfer: transfer.clone(), counted, sent }];
    facts.extend(batches(seen).map(|weapons| Fact::Restored { transfer: transfer.clone(), weapons }));
    facts.extend(batches(&short).map(|weapons| Fact::NotReceived { transfer: transfer.clone(), weapons }));
    Ok(facts)
}

/// No receipt some days after the crate should have arrived: the receiver is asked. No answer some days after that: its
/// weapons are not accounted for. A clock that nothing vouches for asks, but accuses nobody.
pub(super) fn due(armoury: &Armoury, now: Moment) -> Vec<Fact> {
    let Some(today) = now.day() else { return Vec::new() };
    let policy = &armoury.policy;
    let over = |from: Option<Date>, days: u32| {
        let last = from.and_then(|from| from.checked_add(Span::new().try_days(days).ok()?).ok());
        days > 0 && last.is_some_and(|last| today > last)
    };
    let mut facts = Vec::new();
    for (transfer, outbound) in &armoury.rooms.transfer.sent {
        let (Stage::InTransit, Some(departure)) = (outbound.stage, &outbound.departure) else { continue };
        let (transfer, to) = (transfer.clone(), outbound.to.clone());
        let days = policy.transfer_follow_up_days;
        match &outbound.follow_up {
            None if over(departure.consignment.expected, days) => {
                facts.push(Fact::FollowUpDue { transfer, to, days });
            }
            Some(follow_up)
                if follow_up.unanswered.is_none()
                    && now.quality != ClockQuality::None
                    && over(follow_up.day, policy.transfer_answer_days) =>
            {
                let weapons: Vec<WeaponId> = outbound.weapons.iter().cloned().collect();
                let count = weapons.len() as u32;
                facts.push(Fact::Unanswered { transfer: transfer.clone(), to, count });
                facts.extend(
                    batches(&weapons)
                        .map(|weapons| Fact::NotReceived { transfer: transfer.clone(), weapons }),
                );
            }
            _ => {}
        }
    }
    facts
}

/// A transfer whose list is being made.
fn packing<'a>(context: Context<'a>, transfer: &str) -> Result<&'a Outbound, Denied> {
    let outbound = known(context, transfer)?;
    match outbound.stage {
        Stage::Packing => Ok(outbound),
        stage => Denied::because(format!(
            "change the list of {transfer}: it is {}; what left is never changed",
            stage.words()
        )),
    }
}

/// A transfer that is on its way, and how it left.
fn travelling<'a>(context: Context<'a>, transfer: &str) -> Result<(&'a Outbound, &'a Departure), Denied> {
    let outbound = known(context, transfer)?;
    match &outbound.departure {
        Some(departure) if outbound.travels() => Ok((outbound, departure)),
        _ => Denied::because(format!("do that: transfer {transfer} is {}", outbound.stage.words())),
    }
}

fn known<'a>(context: Context<'a>, transfer: &str) -> Result<&'a Outbound, Denied> {
    let found = context.armoury.rooms.transfer.sent.get(transfer);
    found.ok_or_else(|| {
        Denied(format!("find transfer {transfer}: this station has opened none of that number"))
    })
}

/// Whether a weapon may go on the list of a transfer, and with it.
fn travels(armoury: &Armoury, transfer: &str, weapon: &WeaponId) -> Result<(), Denied> {
    may_leave(armoury, weapon)?;
    if let Some(other) = super::aboard(armoury, weapon).filter(|other| *other != transfer) {
        return Denied::because(format!("take {weapon}: it is packed for transfer {other}"));
    }
    match super::super::disposal::batch_of(armoury, weapon) {
        Some(batch) => Denied::because(format!("take {weapon}: it is on the destruction list {batch}")),
        None => Ok(()),
    }
}

/// Quantities on the crate equal serials listed (T-2).
fn counts_agree(transfer: &str, quantities: &[Quantity], items: &[Item]) -> Result<(), Denied> {
    let mut listed: BTreeMap<&str, i64> = BTreeMap::new();
    for item in items {
        *listed.entry(item.weapon.model.as_deref().unwrap_or("unknown")).or_default() += 1;
    }
    for quantity in quantities {
        *listed.entry(&quantity.model).or_default() -= i64::from(quantity.count);
    }
    let wrong = listed.iter().find(|(_, difference)| **difference != 0);
    let Some((model, difference)) = wrong else { return Ok(()) };
    let on_crate: i64 = quantities.iter().filter(|it| it.model == *model).map(|it| i64::from(it.count)).sum();
    Denied::because(format!(
        "dispatch {transfer}: the crate says {on_crate} of {model} and the list has {}; open it and count again",
        on_crate + difference
    ))
}

/// How it travels, as it will be entered.
fn checked(context: Context<'_>, transfer: &str, told: &Consignment) -> Result<Consignment, Denied> {
    let seals = texts("seals", &told.seals, FEW_MAX)?;
    if seals.is_empty() {
        return Denied::because(format!("dispatch {transfer}: seal the crates and name the seals"));
    }
    if told.escort.len() > FEW_MAX || told.quantities.len() > MODELS_MAX {
        return Denied::because(format!("dispatch {transfer}: too many escorts or types"));
    }
    if let Some(person) = told.escort.iter().find(|person| context.armoury.person(person).is_none()) {
        return Denied::because(format!("name {person} as escort: there is no such person in the book"));
    }
    let Some(expected) = told.expected else {
        return Denied::because(format!("dispatch {transfer}: say on which day it should arrive"));
    };
    if context.now.day().is_some_and(|today| expected < today) {
        return Denied::because(format!("dispatch {transfer}: {expected} is past"));
    }
    Ok(Consignment {
        route: text("the route", &told.route)?,
        vehicle: text("the vehicle", &told.vehicle)?,
        carrier: carrying(context, &told.carrier)?,
        escort: told.escort.clone(),
        seals,
        expected: Some(expected),
        quantities: told.quantities.clone(),
    })
}

/// Somebody is named as carrying it: a person of the book, or a firm with its waybill.
fn carrying(context: Context<'_>, carrier: &Carrier) -> Result<Carrier, Denied> {
    match carrier {
        Carrier::Person(person) if context.armoury.person(person).is_none() => Denied::because(format!(
            "name {person} as carrier: there is no such person in the book; enter them, or name a firm"
        )),
        Carrier::Person(_) => Ok(carrier.clone()),
        Carrier::Firm(firm) => Ok(Carrier::Firm(text("the carrier", firm)?)),
    }
}

/// A movement across a border, as it will be entered.
pub(in crate::domain::book) fn crossing(border: &Border) -> Result<Border, Denied> {
    let optional = |what: &str, value: &Option<String>| value.as_deref().map(|it| text(what, it)).transpose();
    Ok(Border {
        authorisation: text("the authorisation", &border.authorisation)?,
        authorised: border.authorised,
        partner_state: text("the other State", &border.partner_state)?,
        origin_state: optional("the State of origin", &border.origin_state)?,
        value: optional("the value", &border.value)?,
    })
}

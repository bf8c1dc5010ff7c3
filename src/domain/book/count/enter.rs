//! What is entered while a count goes on: by radio, by mark, typed, by eye; numbers, slots, findings.

use super::super::discrepancy::said;
use super::super::{Context, Denied, Fact as AnyFact, Stamp};
use super::fact::Fact;
use super::kind::{ExtraKind, How, Kind, Stray, is_here};
use super::open_count;
use super::sheet::{Count, Extra, NO_MODEL, Note, Sighting, number, of_model, room};
use crate::domain::armoury::Armoury;
use crate::domain::ids::{Seq, WeaponId};
use crate::domain::weapon::{Custody, Standing};
use crate::identity::MarkId;

/// Most bytes of weapons' numbers in one entry, and most of them: an entry stays small however large the armoury.
const BATCH_MAX_BYTES: usize = 24 * 1024;
const BATCH_MAX: usize = 2_000;

/// Most names in one act.
const WHAT_MAX: usize = 10_000;

/// Most strays a count keeps, and findings in words. A box of strange tags is one finding, not a thousand.
const EXTRAS_MAX: usize = 500;
const NOTES_MAX: usize = 1_000;

/// What a reader heard.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct Sweep {
    /// For which count.
    pub count: Seq,
    /// Which reader; all of them when none.
    pub reader: Option<String>,
    /// For how long, milliseconds.
    pub ms: u64,
    /// Weapons whose tags were heard.
    pub weapons: Vec<WeaponId>,
    /// Weapons whose code was heard from another chip: copies.
    pub copies: Vec<WeaponId>,
    /// Tags nobody knows.
    pub strangers: Vec<String>,
    /// Why its silence about the others proves nothing.
    pub doubt: Option<String>,
}

/// The count for which readers may listen now.
///
/// # Errors
/// There is none, or it is not theirs who asks.
pub fn may_sweep(context: Context<'_>, count: Option<Seq>) -> Result<Seq, Denied> {
    enterable(context, open_count(&context.armoury.rooms.count, count)?).map(|(seq, _)| seq)
}

/// What becomes of a sweep: only what it adds to what was heard before is entered again.
///
/// # Errors
/// The count is over, or signed.
pub fn heard(context: Context<'_>, sweep: &Sweep) -> Result<Vec<AnyFact>, Denied> {
    let (seq, count) = enterable(context, open_count(&context.armoury.rooms.count, Some(sweep.count))?)?;
    let fresh = |id: &WeaponId| count.items.get(id).is_some_and(|item| item.tag.is_none());
    let copied = |id: &WeaponId| sweep.copies.contains(id);
    let seen: Vec<WeaponId> = sweep.weapons.iter().filter(|id| fresh(id) && !copied(id)).cloned().collect();
    let mut strays: Vec<Stray> =
        sweep.weapons.iter().filter_map(|id| stray_weapon(context.armoury, count, id)).collect();
    strays.extend(sweep.copies.iter().map(|id| Stray {
        kind: ExtraKind::Copy,
        what: format!("copy of {id}"),
        weapon: Some(id.clone()),
    }));
    let stranger = |tag: &String| Stray { kind: ExtraKind::UnknownTag, what: tag.clone(), weapon: None };
    strays.extend(sweep.strangers.iter().map(stranger));
    let swept = Fact::Swept {
        count: seq,
        reader: sweep.reader.clone(),
        ms: sweep.ms,
        heard: number(sweep.weapons.len()),
        doubt: sweep.doubt.clone(),
    };
    let mut facts = batches(seq, How::Tag, seen, None);
    facts.extend(new_strays(seq, count, How::Tag, strays));
    facts.push(swept);
    Ok(facts.into_iter().map(AnyFact::Count).collect())
}

/// What becomes of a mark that was shown to a camera while marks count; nothing if it was seen before.
pub fn seen_by_mark(armoury: &Armoury, count: Seq, weapon: &WeaponId) -> Vec<AnyFact> {
    let Some(found) = armoury.rooms.count.open.get(&count).filter(|found| found.signed.is_empty()) else {
        return Vec::new();
    };
    let facts = match found.items.get(weapon) {
        Some(item) if item.sight.is_some() => Vec::new(),
        Some(_) => batches(count, How::Mark, vec![weapon.clone()], None),
        None => {
            new_strays(count, found, How::Mark, stray_weapon(armoury, found, weapon).into_iter().collect())
        }
    };
    facts.into_iter().map(AnyFact::Count).collect()
}

/// Whether something may be added to a count, by whoever asks.
pub(super) fn enterable<'a>(
    context: Context<'a>,
    (seq, count): (Seq, &'a Count),
) -> Result<(Seq, &'a Count), Denied> {
    let person = context.by.named()?;
    if let Some((part, who)) = count.signed.iter().next() {
        return Denied::because(format!(
            "add to count {seq}: {who} has signed as {part}; findings are written down before the signature"
        ));
    }
    let theirs = [&count.counter, &count.witness].into_iter().flatten().any(|who| who == person);
    if count.kind.is_independent() && !theirs {
        return Denied::because(format!(
            "add to count {seq} as {person}: a {} count is made by {}, not by whoever keeps the weapons",
            count.kind.word(),
            count.counter.as_ref().map_or("the inventory officer", |id| id.as_str())
        ));
    }
    Ok((seq, count))
}

/// Somebody says what they saw.
pub(super) fn seen(
    context: Context<'_>,
    open: (Seq, &Count),
    how: How,
    what: &[String],
    place: Option<&str>,
) -> Result<Vec<Fact>, Denied> {
    let (seq, count) = enterable(context, open)?;
    if !matches!(how, How::Typed | How::Eye) {
        return Denied::because("enter what was seen: only a reader or a camera says that it read something");
    }
    if what.is_empty() || what.len() > WHAT_MAX {
        return Denied::because(format!("enter what was seen: name 1 to {WHAT_MAX} weapons"));
    }
    let place = place.map(|place| said("say where", place)).transpose()?;
    let (mut weapons, mut strays) = (Vec::new(), Vec::new());
    let serials = Serials::of(context.armoury);
    for name in what {
        let name = said("name the weapon", name)?;
        match serials.find(&name)? {
            Some(id) if count.items.contains_key(&id) => weapons.push(id),
            Some(id) => strays.extend(stray_weapon(context.armoury, count, &id)),
            None => strays.push(Stray { kind: ExtraKind::UnknownNumber, what: name, weapon: None }),
        }
    }
    weapons.sort();
    weapons.dedup();
    let mut facts = batches(seq, how, weapons, place.as_deref());
    facts.extend(new_strays(seq, count, how, strays));
    Ok(facts)
}

/// Somebody says how many there are of a type.
pub(super) fn tally(
    context: Context<'_>,
    open: (Seq, &Count),
    model: &str,
    found: u32,
) -> Result<Fact, Denied> {
    let (seq, count) = enterable(context, open)?;
    if count.kind != Kind::Muster {
        return Denied::because(format!(
            "count by type: count {seq} is no muster; say which weapons are there"
        ));
    }
    let model = said("name the type", model)?;
    let known = context.armoury.weapons().any(|holding| super::sheet::model_of(holding) == model);
    if !known {
        return Denied::because(format!(
            "count {model}: the book has no such type; weapons without one are {NO_MODEL:?}"
        ));
    }
    Ok(Fact::Tallied { count: seq, model, found })
}

/// A finding in words.
pub(super) fn note(
    context: Context<'_>,
    open: (Seq, &Count),
    weapon: Option<&WeaponId>,
    text: &str,
) -> Result<Fact, Denied> {
    let (seq, count) = enterable(context, open)?;
    if let Some(weapon) = weapon
        && context.armoury.weapon(weapon).is_none()
    {
        return Denied::because(format!("note something of {weapon}: there is no such weapon in the book"));
    }
    if count.notes.len() >= NOTES_MAX {
        return Denied::because(format!("note more: count {seq} has {NOTES_MAX} notes"));
    }
    Ok(Fact::Noted { count: seq, weapon: weapon.cloned(), text: said("say what", text)? })
}

/// Takes what was entered into memory.
pub(super) fn entered(armoury: &mut Armoury, stamp: Stamp<'_>, fact: &Fact) {
    let sighting =
        |how| Sighting { how, seq: stamp.seq, wall_ms: stamp.at.wall_ms, by: stamp.by.person.clone() };
    let book = match fact {
        Fact::Tallied { count, model, .. } => {
            let rack = armoury.rooms.count.open.get(count).and_then(|found| found.rack.clone());
            of_model(armoury, rack.as_deref(), model)
        }
        Fact::SlotsCounted { count, .. } => {
            let rack = armoury.rooms.count.open.get(count).and_then(|found| found.rack.clone());
            number(room(armoury, rack.as_deref()).count())
        }
        _ => 0,
    };
    let open = &mut armoury.rooms.count.open;
    match fact {
        Fact::Seen { count, how, weapons, place } => {
            let Some(found) = open.get_mut(count) else { return };
            for id in weapons {
                let Some(item) = found.items.get_mut(id) else { continue };
                let road = if *how == How::Tag { &mut item.tag } else { &mut item.sight };
                *road = Some(sighting(*how));
                if *how != How::Tag {
                    item.place = place.clone();
                }
            }
        }
        Fact::Strays { count, how, strays } => {
            let Some(found) = open.get_mut(count) else { return };
            for stray in strays {
                let extra = Extra { kind: stray.kind, weapon: stray.weapon.clone(), seen: sighting(*how) };
                found.extras.insert(stray.what.clone(), extra);
            }
        }
        Fact::Swept { count, doubt, .. } => {
            if let Some(found) = open.get_mut(count) {
                found.doubt = doubt.clone();
            }
        }
        Fact::Tallied { count, model, found: number } => {
            if let Some(found) = open.get_mut(count) {
                found.tallies.insert(model.clone(), (*number, book));
            }
        }
        Fact::SlotsCounted { count, filled } => {
            if let Some(found) = open.get_mut(count) {
                found.slots = Some((*filled, book));
            }
        }
        Fact::Noted { count, weapon, text } => {
            if let Some(found) = open.get_mut(count) {
                found.notes.push(Note { seq: stamp.seq, weapon: weapon.clone(), text: text.clone() });
            }
        }
        Fact::Signed { count, part } => {
            if let (Some(found), Some(person)) = (open.get_mut(count), &stamp.by.person) {
                found.signed.insert(part.clone(), person.clone());
            }
        }
        _ => {}
    }
}

/// Why a weapon that is not on the list should not be there; none where it may: it came in meanwhile.
fn stray_weapon(armoury: &Armoury, count: &Count, id: &WeaponId) -> Option<Stray> {
    if count.items.contains_key(id) {
        return None;
    }
    let holding = armoury.weapon(id)?;
    let kind = match (&holding.custody, holding.standing) {
        (_, Standing::Destroyed) => ExtraKind::Destroyed,
        (_, Standing::Missing | Standing::HotListed) => ExtraKind::Missing,
        (_, Standing::NotHere | Standing::InTransit | Standing::LeftService) => ExtraKind::Elsewhere,
        (Custody::Out { .. }, _) => ExtraKind::Out,
        (Custody::In, standing) => {
            let other = count.rack.is_some() && holding.weapon.rack != count.rack;
            debug_assert!(is_here(standing), "the arms above have the others");
            return other.then(|| Stray {
                kind: ExtraKind::OtherRack,
                what: id.to_string(),
                weapon: Some(id.clone()),
            });
        }
    };
    Some(Stray { kind, what: id.to_string(), weapon: Some(id.clone()) })
}

/// Strays the count does not have yet.
fn new_strays(seq: Seq, count: &Count, how: How, strays: Vec<Stray>) -> Vec<Fact> {
    let mut fresh: Vec<Stray> =
        strays.into_iter().filter(|stray| !count.extras.contains_key(&stray.what)).collect();
    fresh.sort_by(|a, b| a.what.cmp(&b.what));
    fresh.dedup_by(|a, b| a.what == b.what);
    fresh.truncate(EXTRAS_MAX.saturating_sub(count.extras.len()));
    // 50 names of at most a thousand bytes fit into an entry.
    fresh.chunks(50).map(|part| Fact::Strays { count: seq, how, strays: part.to_vec() }).collect()
}

/// As few entries as hold these weapons.
fn batches(count: Seq, how: How, weapons: Vec<WeaponId>, place: Option<&str>) -> Vec<Fact> {
    let mut parts: Vec<Vec<WeaponId>> = Vec::new();
    let mut bytes = 0;
    for id in weapons {
        bytes += id.as_str().len() + 3;
        match parts.last_mut() {
            Some(part) if bytes <= BATCH_MAX_BYTES && part.len() < BATCH_MAX => part.push(id),
            _ => {
                bytes = id.as_str().len() + 3;
                parts.push(vec![id]);
            }
        }
    }
    let fact = |weapons| Fact::Seen { count, how, weapons, place: place.map(str::to_owned) };
    parts.into_iter().map(fact).collect()
}

/// The book by number, mark and serial.
struct Serials<'a> {
    armoury: &'a Armoury,
    by_serial: std::collections::HashMap<&'a str, Vec<&'a WeaponId>>,
}

impl<'a> Serials<'a> {
    fn of(armoury: &'a Armoury) -> Self {
        let mut by_serial: std::collections::HashMap<&str, Vec<&WeaponId>> = std::collections::HashMap::new();
        for holding in armoury.weapons() {
            if let Some(serial) = &holding.weapon.serial {
                by_serial.entry(serial).or_default().push(&holding.weapon.id);
            }
        }
        Self { armoury, by_serial }
    }

    /// The weapon somebody means: its number, what is marked on it, or its serial where only one has it (W-2).
    fn find(&self, name: &str) -> Result<Option<WeaponId>, Denied> {
        let id = WeaponId::from(name);
        if self.armoury.weapon(&id).is_some() {
            return Ok(Some(id));
        }
        if let Some(id) = self.armoury.weapon_by_mark(&MarkId::from_text(name)) {
            return Ok(Some(id.clone()));
        }
        match self.by_serial.get(name).map(Vec::as_slice) {
            Some([id]) => Ok(Some((*id).clone())),
            Some(ids) => {
                let names: Vec<&str> = ids.iter().take(5).map(|id| id.as_str()).collect();
                Denied::because(format!(
                    "enter serial {name}: {} weapons have it ({}); say which number",
                    ids.len(),
                    names.join(", ")
                ))
            }
            None => Ok(None),
        }
    }
}

//! Whether an act on a weapon's record and life is right, and what it comes to.

use super::super::super::armoury::{Armoury, Holding};
use super::super::super::ids::{PersonId, WeaponId};
use super::super::super::person::Role;
use super::super::super::record::{FIELD_MAX_BYTES, FIELDS, MARKS_MAX};
use super::super::super::weapon::{Custody, Standing, Weapon};
use super::super::{Context, Denied, Fact as AnyFact, hold};
use super::{Act, Change, Fact, Work, bind, kit};
use crate::identity::serial::search_form;

/// Longest sentence taken in an act, in bytes.
const SAID_MAX_BYTES: usize = 1_000;

/// Who approves what an armourer may not approve alone.
const APPROVERS: &[Role] = &[Role::Supervisor, Role::Commander];

/// Decides on an act.
///
/// # Errors
/// Why not.
pub fn plan(context: Context<'_>, act: &Act) -> Result<Vec<AnyFact>, Denied> {
    let facts = match act {
        Act::Correct { weapon, changes, why, twin } => vec![correct(context, weapon, changes, why, *twin)?],
        Act::Bind { weapon, identifier, having, shown } => {
            vec![bind::bind(context, weapon, identifier, *having, *shown)?]
        }
        Act::Retire { weapon, what, why } => bind::retire(context, weapon, what, why)?,
        Act::Strip { weapons, why } => bind::strip(context, weapons, why)?,
        Act::Mark { weapon, serial, position, why } => {
            vec![mark(context, weapon, serial, position, why.as_deref())?]
        }
        Act::SetAttachments { weapon, items } => vec![kit::set_attachments(context, weapon, items)?],
        Act::HandOut { weapon, items } => vec![kit::hand_out(context, weapon, items)?],
        Act::TakeBack { weapon, items } => vec![kit::take_back(context, weapon, items.as_deref())?],
        Act::Quarantine { weapon, reason, place } => {
            vec![quarantine(context, weapon, reason, place.as_deref())?]
        }
        Act::Release { weapon, why } => vec![release(context, weapon, why)?],
        Act::Queue { weapon, work, why } => queue(context, weapon, *work, why.as_deref())?,
        Act::Done { weapon, work, fit, note } => done(context, weapon, *work, *fit, note.as_deref())?,
        Act::Assign { weapon, person } => vec![assign(context, weapon, person)?],
        Act::Unassign { weapon } => vec![unassign(context, weapon)?],
        Act::House { weapon, room, rack, slot } => vec![house(context, weapon, [room, rack, slot])?],
    };
    Ok(facts.into_iter().map(AnyFact::Weapon).collect())
}

/// A sentence somebody gave: there, not too long, one line.
pub(in crate::domain::book) fn said(what: &str, text: &str) -> Result<String, Denied> {
    let text = text.trim();
    if text.is_empty() {
        return Denied::because(format!("say {what}: a few words are needed"));
    }
    if text.len() > SAID_MAX_BYTES {
        return Denied::because(format!(
            "take {what}: it has {} bytes and at most {SAID_MAX_BYTES} are taken",
            text.len()
        ));
    }
    if text.chars().any(char::is_control) {
        return Denied::because(format!("take {what}: it holds a control character"));
    }
    Ok(text.to_owned())
}

/// An armourer does not approve their own corrections (armoury-practice section 1): a supervisor stands beside them.
fn approved(context: Context<'_>, what: &str) -> Result<(), Denied> {
    if context.by.role.is_some_and(|role| APPROVERS.contains(&role)) {
        return Ok(());
    }
    let approver = context.by.witness.as_ref().filter(|witness| context.by.person.as_ref() != Some(*witness));
    match approver.map(|witness| hold(context.armoury, witness, APPROVERS, context.now)) {
        Some(Ok(_)) => Ok(()),
        _ => Denied::because(format!(
            "{what} alone: an armourer does not approve their own work; name a supervisor or commander with --witness"
        )),
    }
}

/// Two records of one identity are a question (W-2): is it the same weapon, or a second one?
pub(in crate::domain::book) fn no_twin(
    context: Context<'_>,
    record: &Weapon,
    twin: bool,
) -> Result<(), Denied> {
    let Some(identity) = record.identity() else { return Ok(()) };
    let [.., serial] = &identity;
    // The serials first: they differ nearly always, and the rest need not be looked at.
    let is_twin = |other: &&Weapon| {
        other.id != record.id
            && other.serial.as_ref().is_some_and(|found| search_form(found) == *serial)
            && other.identity().as_ref() == Some(&identity)
    };
    let Some(other) = context.armoury.weapons().map(|holding| &holding.weapon).find(is_twin) else {
        return Ok(());
    };
    if !twin {
        return Denied::because(format!(
            "enter {}: {} in the book has the same maker, model, calibre, country and serial; is it the same weapon? If it is a second one, a supervisor says so with --twin",
            record.id, other.id
        ));
    }
    approved(context, &format!("enter {} beside {} of the same identity", record.id, other.id))
}

/// The weapon of that number.
pub(super) fn known<'a>(context: Context<'a>, weapon: &WeaponId) -> Result<&'a Holding, Denied> {
    match context.armoury.weapon(weapon) {
        Some(holding) => Ok(holding),
        None => Denied::because(format!("find {weapon}: there is no such weapon in the book")),
    }
}

/// A weapon that is in the room: nobody works on one that is elsewhere.
pub(super) fn in_room<'a>(
    context: Context<'a>,
    weapon: &WeaponId,
    what: &str,
) -> Result<&'a Holding, Denied> {
    let holding = known(context, weapon)?;
    if let Custody::Out { to, .. } = &holding.custody {
        return Denied::because(format!("{what} {weapon}: it is out to {to}; take it back first"));
    }
    match holding.standing {
        Standing::InService | Standing::Quarantined | Standing::Surplus | Standing::Exhibit => Ok(holding),
        Standing::Missing => {
            Denied::because(format!("{what} {weapon}: it is not accounted for; record it as recovered first"))
        }
        standing => Denied::because(format!("{what} {weapon}: the book has it as {}", standing.word())),
    }
}

fn correct(
    context: Context<'_>,
    weapon: &WeaponId,
    changes: &[(String, String)],
    why: &str,
    twin: bool,
) -> Result<Fact, Denied> {
    let why = said("why", why)?;
    let held = &known(context, weapon)?.weapon;
    if changes.is_empty() || changes.len() > FIELDS.len() {
        return Denied::because(format!("correct {weapon}: name fields as FIELD=VALUE, each once"));
    }
    let mut record = held.clone();
    let mut made: Vec<Change> = Vec::with_capacity(changes.len());
    for (field, value) in changes {
        record.set_field(field, value).map_err(|why| Denied(format!("correct {weapon}: {why}")))?;
        if made.iter().any(|change| change.field == *field) {
            return Denied::because(format!("correct {weapon}: {field} stands there twice"));
        }
        let (old, new) = (held.field(field).unwrap_or_default(), record.field(field).unwrap_or_default());
        if old == new {
            return Denied::because(format!("correct {weapon}: {field} is {new:?} already"));
        }
        made.push(Change { field: field.clone(), old, new });
    }
    if !context.armoury.policy.corrects_alone {
        approved(context, &format!("correct {weapon}"))?;
    }
    if record.identity() != held.identity() {
        no_twin(context, &record, twin)?;
    }
    home_is_free(context.armoury, &record)?;
    Ok(Fact::Corrected { weapon: weapon.clone(), changes: made, why })
}

fn mark(
    context: Context<'_>,
    weapon: &WeaponId,
    serial: &str,
    position: &str,
    why: Option<&str>,
) -> Result<Fact, Denied> {
    let holding = in_room(context, weapon, "mark")?;
    let (serial, position) = (said("the serial", serial)?, said("the position of the mark", position)?);
    if serial.len() > FIELD_MAX_BYTES || position.len() > FIELD_MAX_BYTES {
        return Denied::because(format!(
            "mark {weapon}: serial and position take at most {FIELD_MAX_BYTES} bytes"
        ));
    }
    let record = &holding.weapon;
    let why = match why {
        Some(why) => said("why", why)?,
        None if record.is_readable() => {
            return Denied::because(format!(
                "mark {weapon}: the book has a mark that can be read; say why another is needed with --why, or correct the record first"
            ));
        }
        None => "no mark can be read".to_owned(),
    };
    if record.marks.len() >= MARKS_MAX {
        return Denied::because(format!("mark {weapon}: its record holds {MARKS_MAX} marks already"));
    }
    // One issued by the registry is unique, whatever the maker: that is what it is for.
    let form = search_form(&serial);
    let taken = |other: &&Weapon| {
        let mut texts = other.serial.iter().chain(other.marks.iter().filter_map(|mark| mark.text.as_ref()));
        texts.any(|text| search_form(text) == form)
    };
    if let Some(other) = context.armoury.weapons().map(|holding| &holding.weapon).find(taken) {
        return Denied::because(format!(
            "mark {weapon} with {serial}: {} bears it; ask the registry for another",
            other.id
        ));
    }
    context.by.named()?;
    Ok(Fact::Marked { weapon: weapon.clone(), serial, position, was: record.serial.clone(), why })
}

fn quarantine(
    context: Context<'_>,
    weapon: &WeaponId,
    reason: &str,
    place: Option<&str>,
) -> Result<Fact, Denied> {
    let holding = in_room(context, weapon, "quarantine")?;
    let reason = said("the reason", reason)?;
    let place = place.map(|place| said("the slot", place)).transpose()?;
    match holding.standing {
        Standing::InService => Ok(Fact::Quarantined { weapon: weapon.clone(), reason, place }),
        standing => Denied::because(format!(
            "quarantine {weapon}: it is {} and not for issue already",
            standing.word()
        )),
    }
}

fn release(context: Context<'_>, weapon: &WeaponId, why: &str) -> Result<Fact, Denied> {
    let holding = known(context, weapon)?;
    let why = said("on what finding", why)?;
    if holding.standing != Standing::Quarantined {
        return Denied::because(format!(
            "release {weapon}: it is {}, not quarantined",
            holding.standing.word()
        ));
    }
    let waits = context.armoury.rooms.weapon.queues.get(weapon).into_iter().flatten();
    let work: Vec<&str> =
        waits.filter(|queued| queued.work != Work::Clean).map(|queued| queued.work.word()).collect();
    if !work.is_empty() {
        return Denied::because(format!(
            "release {weapon}: it waits for {}; enter that as done first",
            work.join(" and ")
        ));
    }
    Ok(Fact::Released { weapon: weapon.clone(), why })
}

/// What waits for more than cleaning is kept from issue meanwhile.
fn queue(
    context: Context<'_>,
    weapon: &WeaponId,
    work: Work,
    why: Option<&str>,
) -> Result<Vec<Fact>, Denied> {
    let holding = in_room(context, weapon, "queue")?;
    let why = why.map(|why| said("why", why)).transpose()?;
    if context.armoury.rooms.weapon.waits_for(weapon, work) {
        return Denied::because(format!("queue {weapon}: it waits for {} already", work.word()));
    }
    let mut facts = Vec::new();
    if work != Work::Clean && holding.standing == Standing::InService {
        let reason = format!("waits for {}", work.word());
        facts.push(Fact::Quarantined { weapon: weapon.clone(), reason, place: None });
    }
    facts.push(Fact::Queued { weapon: weapon.clone(), work, why });
    Ok(facts)
}

fn done(
    context: Context<'_>,
    weapon: &WeaponId,
    work: Work,
    fit: bool,
    note: Option<&str>,
) -> Result<Vec<Fact>, Denied> {
    let holding = known(context, weapon)?;
    let note = note.map(|note| said("what was found", note)).transpose()?;
    if !context.armoury.rooms.weapon.waits_for(weapon, work) {
        return Denied::because(format!(
            "enter {} of {weapon} as done: it does not wait for it",
            work.word()
        ));
    }
    let mut facts = vec![Fact::Done { weapon: weapon.clone(), work, fit, note: note.clone() }];
    if !fit && holding.standing == Standing::InService && holding.custody == Custody::In {
        let reason = note.unwrap_or_else(|| format!("not fit after {}", work.word()));
        facts.push(Fact::Quarantined { weapon: weapon.clone(), reason, place: None });
    }
    Ok(facts)
}

fn assign(context: Context<'_>, weapon: &WeaponId, person: &PersonId) -> Result<Fact, Denied> {
    let holding = known(context, weapon)?;
    let Some(found) = context.armoury.person(person) else {
        return Denied::because(format!("assign {weapon} to {person}: there is no such person in the book"));
    };
    if let Some((whose, _)) = context.armoury.rooms.weapon.assigned.get(weapon) {
        return Denied::because(format!("assign {weapon}: it is assigned to {whose}; end that first"));
    }
    if matches!(holding.standing, Standing::Destroyed | Standing::LeftService | Standing::Exhibit) {
        return Denied::because(format!("assign {weapon}: the book has it as {}", holding.standing.word()));
    }
    if !found.may_draw.covers(weapon, holding.weapon.model.as_deref()) {
        return Denied::because(format!("assign {weapon} to {person}: they may not draw it"));
    }
    Ok(Fact::Assigned { weapon: weapon.clone(), person: person.clone() })
}

fn unassign(context: Context<'_>, weapon: &WeaponId) -> Result<Fact, Denied> {
    known(context, weapon)?;
    match context.armoury.rooms.weapon.assigned.get(weapon) {
        Some((person, _)) => Ok(Fact::Unassigned { weapon: weapon.clone(), person: person.clone() }),
        None => Denied::because(format!("end whose {weapon} is: it is assigned to nobody")),
    }
}

fn house(context: Context<'_>, weapon: &WeaponId, home: [&Option<String>; 3]) -> Result<Fact, Denied> {
    let mut record = known(context, weapon)?.weapon.clone();
    let held = record.clone();
    for (field, value) in ["room", "rack", "slot"].into_iter().zip(home) {
        let value = value.as_deref().unwrap_or_default();
        record.set_field(field, value).map_err(|why| Denied(format!("give {weapon} a home: {why}")))?;
    }
    if record == held {
        return Denied::because(format!("give {weapon} a home: that is its home already"));
    }
    home_is_free(context.armoury, &record)?;
    Ok(Fact::Housed { weapon: weapon.clone(), room: record.room, rack: record.rack, slot: record.slot })
}

/// One slot, one weapon (S-2).
pub(in crate::domain::book) fn home_is_free(armoury: &Armoury, record: &Weapon) -> Result<(), Denied> {
    let home = |weapon: &Weapon| Some((weapon.room.clone(), weapon.rack.clone()?, weapon.slot.clone()?));
    let Some(wanted) = home(record) else { return Ok(()) };
    let gone = |standing: Standing| matches!(standing, Standing::Destroyed | Standing::LeftService);
    let mut others = armoury.weapons().filter(|other| other.weapon.id != record.id && !gone(other.standing));
    match others.find(|other| home(&other.weapon).as_ref() == Some(&wanted)) {
        None => Ok(()),
        Some(other) => Denied::because(format!(
            "give {} the home {}/{}: it is the home of {}",
            record.id, wanted.1, wanted.2, other.weapon.id
        )),
    }
}

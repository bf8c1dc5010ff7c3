//! Whether an act on what enters the room is right, and what it comes to.

use super::super::super::ids::{PersonId, WeaponId, is_id};
use super::super::super::record::{FIELD_MAX_BYTES, FIELDS, Origin};
use super::super::super::weapon::{Custody, Standing, Weapon};
use super::super::weapon::{free, home_is_free, no_twin, said};
use super::super::{Context, Denied, Fact as AnyFact};
use super::{Act, Case, Disposal, Fact, Intake, is_exhibit};

/// Most photographs of one weapon.
const PHOTOS_MAX: usize = 50;

/// Most rounds that come with one weapon.
const ROUNDS_MAX: u32 = 1_000_000;

/// Most links of a custody chain, and most trace requests: each is an entry beside.
const LINKS_MAX: usize = 1_000;

/// Decides on an act.
///
/// # Errors
/// Why not.
pub fn plan(context: Context<'_>, act: &Act) -> Result<Vec<AnyFact>, Denied> {
    let fact = match act {
        Act::Receive { weapon, intake, twin } => receive(context, weapon, intake, *twin)?,
        Act::HandOver { weapon, to, carrier, reference } => {
            let case = open(context, weapon, "hand over")?;
            context.by.witnessed()?;
            if let Some(carrier) = carrier {
                in_book(context, weapon, carrier)?;
            }
            if case.chain.len() >= LINKS_MAX {
                return Denied::because(format!(
                    "hand over {weapon}: its custody chain has {LINKS_MAX} links"
                ));
            }
            let (to, reference) = (said("to whom", to)?, said("the paper", reference)?);
            Fact::HandedOver { weapon: weapon.clone(), to, carrier: carrier.clone(), reference }
        }
        Act::TakeBack { weapon, reference } => {
            let case = known(context, weapon)?;
            let Some(from) = case.elsewhere() else {
                return Denied::because(format!("take back {weapon}: it is in the room"));
            };
            let standing = context.armoury.weapon(weapon).map(|holding| holding.standing);
            if let Some(gone @ (Standing::Destroyed | Standing::LeftService)) = standing {
                return Denied::because(format!(
                    "take back {weapon}: the book has it as {}; keep it here and call the supervisor",
                    gone.word()
                ));
            }
            let reference = said("the paper", reference)?;
            Fact::TakenBack { weapon: weapon.clone(), from: from.to_owned(), reference }
        }
        Act::Trace { weapon, reference } => {
            if known(context, weapon)?.traces.len() >= LINKS_MAX {
                return Denied::because(format!("trace {weapon}: there are {LINKS_MAX} requests already"));
            }
            Fact::TraceRequested { weapon: weapon.clone(), reference: said("the reference", reference)? }
        }
        Act::TraceAnswer { weapon, outcome, reference } => {
            if known(context, weapon)?.traces.iter().all(|trace| trace.outcome.is_some()) {
                return Denied::because(format!("enter an answer for {weapon}: no trace request is open"));
            }
            let reference = said("the reference", reference)?;
            Fact::TraceAnswered { weapon: weapon.clone(), outcome: *outcome, reference }
        }
        Act::Order { weapon, reference } => {
            known(context, weapon)?;
            Fact::Ordered { weapon: weapon.clone(), reference: said("the order", reference)? }
        }
        Act::Dispose { weapon, how, reference } => dispose(context, weapon, *how, reference)?,
    };
    Ok(vec![AnyFact::Intake(fact)])
}

fn receive(context: Context<'_>, weapon: &Weapon, intake: &Intake, twin: bool) -> Result<Fact, Denied> {
    let id = &weapon.id;
    if !is_id(id.as_str()) {
        return Denied::because("receive the weapon: it needs a short number of this armoury");
    }
    if context.armoury.weapon(id).is_some() {
        return Denied::because(format!("receive {id}: that number is in the book already; give it another"));
    }
    let Some(origin) = weapon.origin else {
        return Denied::because(format!("receive {id}: say how it came, with --as"));
    };
    let record = sound_record(weapon)?;
    let intake = sound(context, id, origin, intake)?;
    no_twin(context, &record, twin)?;
    home_is_free(context.armoury, &record)?;
    for identifier in &record.identifiers {
        free(context, id, identifier)?;
    }
    if !context.armoury.policy.receives_alone {
        context.by.named()?;
        context.by.witnessed()?;
    }
    Ok(Fact::Received { weapon: Box::new(record), intake })
}

/// The record as its own texts give it: whoever sends one through the socket may have written anything into it.
fn sound_record(weapon: &Weapon) -> Result<Weapon, Denied> {
    let mut record = Weapon { identifiers: weapon.identifiers.clone(), ..Weapon::new(weapon.id.clone()) };
    for field in FIELDS {
        let value = weapon.field(field).unwrap_or_default();
        record.set_field(field, &value).map_err(|why| Denied(format!("receive {}: {why}", weapon.id)))?;
    }
    match record.identifiers.len() {
        0..=8 => Ok(record),
        more => Denied::because(format!("receive {}: {more} tags and marks at once", weapon.id)),
    }
}

fn sound(context: Context<'_>, id: &WeaponId, origin: Origin, intake: &Intake) -> Result<Intake, Denied> {
    let mut intake = intake.clone();
    intake.receipt = said("the receipt", &intake.receipt)?;
    if let Some(other) = context.armoury.rooms.intake.by_receipt(&intake.receipt) {
        return Denied::because(format!("receive {id}: receipt {} is that of {other}", intake.receipt));
    }
    let texts =
        [("the place", &mut intake.place), ("the unit", &mut intake.unit), ("the case", &mut intake.case)];
    for (what, text) in texts {
        *text = text.as_deref().map(|text| said(what, text)).transpose()?;
        if text.as_ref().is_some_and(|text| text.len() > FIELD_MAX_BYTES) {
            return Denied::because(format!("receive {id}: {what} takes at most {FIELD_MAX_BYTES} bytes"));
        }
    }
    if is_exhibit(Some(origin)) && (intake.place.is_none() || intake.context.is_none()) {
        return Denied::because(format!(
            "receive {id}: of a {} weapon say where it was taken, with --place, and in what connection, with --context",
            origin.word()
        ));
    }
    if let Some(day) = &intake.day
        && day.parse::<jiff::civil::Date>().is_err()
    {
        return Denied::because(format!("receive {id}: {day:?} is no day: write year-month-day"));
    }
    if intake.loaded && intake.made_safe_by.is_none() {
        return Denied::because(format!("receive {id}: it was loaded; say who made it safe, with --safe-by"));
    }
    for person in intake.finder.iter().chain(&intake.made_safe_by) {
        in_book(context, id, person)?;
    }
    let is_digest = |text: &String| text.len() == 64 && text.bytes().all(|byte| byte.is_ascii_hexdigit());
    if intake.photos.len() > PHOTOS_MAX || !intake.photos.iter().all(is_digest) || intake.rounds > ROUNDS_MAX
    {
        return Denied::because(format!(
            "receive {id}: at most {PHOTOS_MAX} photographs, each by its SHA-256, and {ROUNDS_MAX} rounds"
        ));
    }
    Ok(intake)
}

fn dispose(context: Context<'_>, weapon: &WeaponId, how: Disposal, reference: &str) -> Result<Fact, Denied> {
    let case = open(context, weapon, "dispose of")?;
    let reference = said("the paper", reference)?;
    if case.order.is_none() && !context.armoury.policy.disposes_without_order {
        return Denied::because(format!(
            "dispose of {weapon}: no court's order is on record; enter it with `intake order` first"
        ));
    }
    context.by.witnessed()?;
    let readable = context.armoury.weapon(weapon).is_some_and(|holding| holding.weapon.is_readable());
    if how == Disposal::IntoService && !readable {
        return Denied::because(format!(
            "take {weapon} into service: no mark on it can be read; an illicit weapon is marked or destroyed, see `weapon mark`"
        ));
    }
    Ok(Fact::Disposed { weapon: weapon.clone(), how, reference })
}

/// Names of others belong in the case file, never in the chain.
fn in_book(context: Context<'_>, weapon: &WeaponId, person: &PersonId) -> Result<(), Denied> {
    match context.armoury.person(person) {
        Some(_) => Ok(()),
        None => Denied::because(format!(
            "name {person} for {weapon}: they are not in the book; names of others belong in the case file"
        )),
    }
}

fn known<'a>(context: Context<'a>, weapon: &WeaponId) -> Result<&'a Case, Denied> {
    match context.armoury.rooms.intake.intakes.get(weapon) {
        Some(case) => Ok(case),
        None => Denied::because(format!("find {weapon}: it is not in the register of what came in")),
    }
}

/// An exhibit that is in the room.
fn open<'a>(context: Context<'a>, weapon: &WeaponId, what: &str) -> Result<&'a Case, Denied> {
    let case = known(context, weapon)?;
    if let Some(holder) = case.elsewhere() {
        return Denied::because(format!("{what} {weapon}: it is with {holder}; take it back first"));
    }
    match context.armoury.weapon(weapon) {
        Some(holding) if holding.standing == Standing::Exhibit && holding.custody == Custody::In => Ok(case),
        Some(holding) => Denied::because(format!(
            "{what} {weapon}: the book has it as {}, not as an exhibit in the room",
            holding.standing.word()
        )),
        None => Denied::because(format!("find {weapon}: there is no such weapon in the book")),
    }
}

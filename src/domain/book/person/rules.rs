//! Who may what to whom, and what stands against it.

use jiff::civil::Date;

use super::act::{Act, Digest, Private, SUPERVISORS, Scope};
use super::standing::{holds, next_badge, roles, suspended};
use super::{AnyFact, Context, Denied, Fact, Period, Proof, Record};
use crate::domain::book::hold;
use crate::domain::ids::PersonId;
use crate::domain::person::{Person, Role};

/// Most appointments, and most words about what somebody may draw, that one person's papers hold.
const PAPERS_MAX: usize = 1_000;

/// Most badges one person was ever given.
const BADGES_MAX: u32 = 1_000;

/// Decides on an act.
///
/// # Errors
/// Why not, and who may.
pub fn plan(context: Context<'_>, act: &Act) -> Result<Vec<AnyFact>, Denied> {
    let person = known(context, act)?;
    let facts = match act {
        Act::Appoint { role, period, .. } => vec![appoint(context, person, *role, *period)?],
        Act::Dismiss { role, last_day, .. } => vec![dismiss(context, person, *role, *last_day)?],
        Act::HandOver { until, .. } => hand_over(context, person, *until)?,
        Act::Pass { until, .. } => vec![pass(context, person, *until)?],
        Act::Authorise { what, period, .. } => vec![authorise(context, person, what, *period)?],
        Act::Revoke { what, .. } => vec![revoke(context, person, what)?],
        Act::Suspend { until, private, .. } => vec![suspend(context, person, *until, private)?],
        Act::Lift { .. } => vec![lift(context, person)?],
        Act::GiveBadge { kind, replaces, private, .. } => {
            let id = person.id.clone();
            if let Some(old) = replaces {
                open_badge(context, person, *old, "replace")?;
            }
            let number = next_badge(context.armoury, &id);
            if number > BADGES_MAX {
                return Denied::because(format!("give {id} a badge: they were given {BADGES_MAX} already"));
            }
            let record = kept(private)?;
            vec![Fact::BadgeGiven { person: id, number, kind: *kind, replaces: *replaces, record }]
        }
        Act::LoseBadge { number, private, .. } => {
            let number = numbered(*number)?;
            open_badge(context, person, number, "report lost")?;
            vec![Fact::BadgeLost { person: person.id.clone(), number, record: kept(private)? }]
        }
        Act::TakeBadge { number, private, .. } => {
            let number = numbered(*number)?;
            take_badge(context, person, number)?;
            vec![Fact::BadgeTaken { person: person.id.clone(), number, record: kept(private)? }]
        }
        Act::SetPin { private, .. } => vec![set_pin(context, person, private)?],
        Act::Leave { private, .. } => vec![leave(context, person, private)?],
    };
    Ok(facts.into_iter().map(AnyFact::Person).collect())
}

/// Somebody of the book who has not left; who has left can still have their lost badge found.
fn known<'a>(context: Context<'a>, act: &Act) -> Result<&'a Person, Denied> {
    let id = act.person();
    let Some(person) = context.armoury.person(id) else {
        return Denied::because(format!("find {id}: there is no such person in the book; import them first"));
    };
    let left = papers(context, id).and_then(|record| record.left);
    match (left, act) {
        (Some(seq), act) if !matches!(act, Act::TakeBadge { .. }) => Denied::because(format!(
            "change what {id} may: they have left (entry {seq}); the record stays as it is"
        )),
        _ => Ok(person),
    }
}

fn papers<'a>(context: Context<'a>, id: &PersonId) -> Option<&'a Record> {
    context.armoury.rooms.person.people.get(id)
}

fn appoint(context: Context<'_>, person: &Person, role: Role, period: Period) -> Result<Fact, Denied> {
    let id = &person.id;
    in_writing(context, &format!("appoint {id}"))?;
    not_for_themselves(context, id, "appoint")?;
    possible(context, id, period)?;
    if role == Role::Inspector && period.until.is_none() {
        return Denied::because(format!("appoint {id} inspector: a pass has an end; give it with --until"));
    }
    longest(
        context,
        id,
        period,
        context.armoury.policy.appointment_days,
        "an appointment",
        "appointment_days",
    )?;
    let record = papers(context, id);
    if record.is_some_and(|record| record.appointments.len() >= PAPERS_MAX) {
        return Denied::because(format!("appoint {id}: their papers hold {PAPERS_MAX} appointments already"));
    }
    let same = record
        .into_iter()
        .flat_map(|record| &record.appointments)
        .find(|held| held.role == role && held.period == period && held.ended.is_none());
    match same {
        Some(held) => Denied::because(format!(
            "appoint {id} {}: entry {} did so for the same days",
            role.word(),
            held.seq
        )),
        None => Ok(Fact::Appointed { person: id.clone(), role, period }),
    }
}

fn dismiss(
    context: Context<'_>,
    person: &Person,
    role: Role,
    last_day: Option<Date>,
) -> Result<Fact, Denied> {
    let id = &person.id;
    in_writing(context, &format!("dismiss {id}"))?;
    let ahead = papers(context, id).into_iter().flat_map(|record| &record.appointments).any(|held| {
        held.role == role && held.ended.is_none() && held.period.at(context.now) == super::When::Ahead
    });
    if !ahead && !roles(context.armoury, person, context.now).contains(&role) {
        return Denied::because(format!("dismiss {id}: they are not {} now", role.word()));
    }
    if role == Role::Supervisor {
        succeeded(context, id, "dismiss")?;
        context.by.witnessed()?;
    }
    Ok(Fact::Dismissed { person: id.clone(), role, last_day })
}

/// Giver and witness sign; the successor holds the office from the entry before the giver's ends.
fn hand_over(context: Context<'_>, to: &Person, until: Option<Date>) -> Result<Vec<Fact>, Denied> {
    let giver = context.by.named()?;
    in_writing(context, &format!("hand over to {}", to.id))?;
    context.by.witnessed()?;
    if giver == &to.id {
        return Denied::because(format!("hand over to {giver}: that is who holds the office"));
    }
    if suspended(context.armoury, to, context.now) {
        return Denied::because(format!("hand over to {}: not allowed today", to.id));
    }
    let period = Period { from: None, until };
    possible(context, &to.id, period)?;
    longest(
        context,
        &to.id,
        period,
        context.armoury.policy.appointment_days,
        "an appointment",
        "appointment_days",
    )?;
    let mut facts = Vec::new();
    // Who is supervisor already needs no second appointment.
    if !roles(context.armoury, to, context.now).contains(&Role::Supervisor) {
        facts.push(Fact::Appointed { person: to.id.clone(), role: Role::Supervisor, period });
    }
    facts.push(Fact::Dismissed { person: giver.clone(), role: Role::Supervisor, last_day: None });
    Ok(facts)
}

fn pass(context: Context<'_>, person: &Person, until: Date) -> Result<Fact, Denied> {
    let id = &person.id;
    in_writing(context, &format!("let {id} in"))?;
    not_for_themselves(context, id, "let in")?;
    let period = Period { from: None, until: Some(until) };
    possible(context, id, period)?;
    longest(context, id, period, context.armoury.policy.pass_days, "a pass", "pass_days")?;
    Ok(Fact::Appointed { person: id.clone(), role: Role::Inspector, period })
}

fn authorise(context: Context<'_>, person: &Person, what: &Scope, period: Period) -> Result<Fact, Denied> {
    let id = &person.id;
    not_for_themselves(context, id, "authorise")?;
    plain(what)?;
    possible(context, id, period)?;
    room_for_a_word(context, id)?;
    Ok(Fact::Authorised { person: id.clone(), what: what.clone(), period })
}

fn revoke(context: Context<'_>, person: &Person, what: &Scope) -> Result<Fact, Denied> {
    plain(what)?;
    room_for_a_word(context, &person.id)?;
    let words = papers(context, &person.id).map(|record| record.words.as_slice()).unwrap_or_default();
    if words.iter().rev().find(|word| word.what == *what).is_some_and(|word| !word.given) {
        return Denied::because(format!("take {what} from {}: it is taken already", person.id));
    }
    Ok(Fact::Revoked { person: person.id.clone(), what: what.clone() })
}

fn suspend(
    context: Context<'_>,
    person: &Person,
    until: Option<Date>,
    private: &Private,
) -> Result<Fact, Denied> {
    let id = &person.id;
    possible(context, id, Period { from: None, until })?;
    succeeded(context, id, "suspend")?;
    Ok(Fact::Suspended { person: id.clone(), until, record: kept(private)? })
}

fn lift(context: Context<'_>, person: &Person) -> Result<Fact, Denied> {
    let id = &person.id;
    if !suspended(context.armoury, person, context.now) {
        return Denied::because(format!("lift the suspension of {id}: they are not suspended"));
    }
    not_for_themselves(context, id, "lift the suspension of")?;
    Ok(Fact::Lifted { person: id.clone() })
}

/// The station finds the number where it was left out.
fn numbered(number: Option<u32>) -> Result<u32, Denied> {
    number.ok_or_else(|| Denied("say which badge: give its number with --number".to_owned()))
}

/// A badge that opens something.
fn open_badge(context: Context<'_>, person: &Person, number: u32, verb: &str) -> Result<(), Denied> {
    let id = &person.id;
    let badge =
        papers(context, id).and_then(|record| record.badges.iter().find(|badge| badge.number == number));
    match badge {
        // Whether the register has one now, only the table beside the ledger knows.
        _ if number == 0 => Ok(()),
        None => Denied::because(format!(
            "{verb} badge {number} of {id}: they were never given one of that number"
        )),
        Some(badge) => match (badge.lost, badge.over) {
            (Some(seq), _) => {
                Denied::because(format!("{verb} badge {number} of {id}: it was reported lost by entry {seq}"))
            }
            (None, Some(seq)) => {
                Denied::because(format!("{verb} badge {number} of {id}: it was taken back by entry {seq}"))
            }
            (None, None) => Ok(()),
        },
    }
}

/// A lost badge can be found; one that was taken back cannot be taken twice.
fn take_badge(context: Context<'_>, person: &Person, number: u32) -> Result<(), Denied> {
    let record = papers(context, &person.id);
    let badge = record.and_then(|record| record.badges.iter().find(|badge| badge.number == number));
    match badge {
        Some(badge) if badge.lost.is_some() && badge.over.is_none() => Ok(()),
        _ => open_badge(context, person, number, "take back"),
    }
}

/// Supervisors set PINs; who has one changes their own with it.
fn set_pin(context: Context<'_>, person: &Person, private: &Private) -> Result<Fact, Denied> {
    let id = &person.id;
    let own = context.by.person.as_ref() == Some(id) && context.by.proof == Proof::Pin;
    if !own {
        match (&context.by.person, context.by.role) {
            (Some(by), _) => hold(context.armoury, by, SUPERVISORS, context.now).map(drop).map_err(|_| {
                Denied(format!(
                    "set the PIN of {id}: it takes supervisor or commander, or the old PIN from {id} themselves"
                ))
            })?,
            (None, Some(role)) if SUPERVISORS.contains(&role) => {}
            (None, _) => {
                return Denied::because(format!("set the PIN of {id}: it takes supervisor or commander"));
            }
        }
    }
    Ok(Fact::PinSet { person: id.clone(), record: kept(private)? })
}

fn leave(context: Context<'_>, person: &Person, private: &Private) -> Result<Fact, Denied> {
    let id = &person.id;
    succeeded(context, id, "let go")?;
    let held = context.armoury.held_by(id);
    if held > 0 {
        return Denied::because(format!("let {id} go: they hold {held} weapons; take those back first"));
    }
    let keys = context.armoury.rooms.key.keys.iter();
    let key = keys.into_iter().find(|(_, key)| key.holder.as_ref().is_some_and(|(holder, _)| holder == id));
    if let Some((number, _)) = key {
        return Denied::because(format!("let {id} go: they hold key {number}; take it back first"));
    }
    Ok(Fact::Left { person: id.clone(), record: kept(private)? })
}

/// The last supervisor stays until a successor holds the office: without one nobody could appoint anybody.
fn succeeded(context: Context<'_>, id: &PersonId, verb: &str) -> Result<(), Denied> {
    let office = &[Role::Supervisor];
    let armoury = context.armoury;
    let another =
        armoury.persons().any(|other| other.id != *id && holds(armoury, &other.id, office, context.now));
    if another || !holds(armoury, id, office, context.now) {
        return Ok(());
    }
    Denied::because(format!(
        "{verb} {id}: they are the last supervisor; appoint a successor first, or hand over with `armoury person hand-over`"
    ))
}

/// in writing.
fn in_writing(context: Context<'_>, what: &str) -> Result<(), Denied> {
    match context.by.authority.as_deref().map(str::trim) {
        Some(order) if !order.is_empty() => Ok(()),
        _ => Denied::because(format!("{what}: it is done in writing; name the order with --authority")),
    }
}

fn not_for_themselves(context: Context<'_>, id: &PersonId, verb: &str) -> Result<(), Denied> {
    if context.by.person.as_ref() != Some(id) {
        return Ok(());
    }
    Denied::because(format!(
        "{verb} {id}: nobody does that for themselves; it takes another supervisor or the commander"
    ))
}

fn possible(context: Context<'_>, id: &PersonId, period: Period) -> Result<(), Denied> {
    if !period.is_possible() {
        return Denied::because(format!("take {period} for {id}: it ends before it begins"));
    }
    if period.at(context.now) == super::When::Over {
        return Denied::because(format!("take {period} for {id}: that is over already"));
    }
    Ok(())
}

/// `most` days; 0 means no limit.
fn longest(
    context: Context<'_>,
    id: &PersonId,
    period: Period,
    most: u32,
    what: &str,
    key: &str,
) -> Result<(), Denied> {
    if most == 0
        || period
            .days(context.now.day())
            .is_some_and(|days| u32::try_from(days).is_ok_and(|days| days <= most))
    {
        return Ok(());
    }
    Denied::because(format!(
        "take {period} for {id}: {what} lasts at most {most} days here ({key} in the rules); give an earlier day with --until"
    ))
}

fn room_for_a_word(context: Context<'_>, id: &PersonId) -> Result<(), Denied> {
    if papers(context, id).is_some_and(|record| record.words.len() >= PAPERS_MAX) {
        return Denied::because(format!(
            "change what {id} may draw: their papers hold {PAPERS_MAX} changes already"
        ));
    }
    Ok(())
}

fn plain(what: &Scope) -> Result<(), Denied> {
    if what.is_plain() {
        Ok(())
    } else {
        Denied::because("name the weapon, model or category in a few words")
    }
}

/// The record must lie beside the ledger before the act is decided on.
fn kept(private: &Private) -> Result<Digest, Denied> {
    match private {
        Private::Kept(digest) => Ok(*digest),
        _ => Denied::because("enter that: its private part was not kept beside the ledger"),
    }
}

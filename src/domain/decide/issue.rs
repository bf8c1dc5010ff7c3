//! Out of the hatch: every reason not to, in the order in which an armourer would say them.

use super::super::armoury::{Armoury, Holding};
use super::super::book::person::{self as papers, Draw};
use super::super::book::standto;
use super::super::event::{DeskKind, Reason};
use super::super::ids::PersonId;
use super::super::moment::Moment;
use super::super::person::{Person, Role};
use super::super::policy::Policy;
use super::super::purpose::Purpose;
use super::{Bearer, Decision, Item, Request, about, fault_of, refusal_kind};

/// Decides whether `holding` may leave with the bearer.
///
/// What is wrong with the weapon comes before what is wrong with the person: a destroyed weapon is the louder news.
pub(super) fn issue(armoury: &Armoury, request: &Request, holding: &Holding, now: Moment) -> Decision {
    let stands_to = armoury.rooms.standto.running.is_some();
    let purpose = if stands_to { Purpose::StandTo } else { request.purpose };
    let no = |kind, reason| {
        let mut decision = about(request, holding, kind, reason);
        decision.event.purpose = Some(purpose);
        decision
    };
    let excused = |(_, reason): &(DeskKind, Reason)| !standto::excuses(armoury, *reason);
    if let Some(reason) = fault_of(request, holding) {
        return no(refusal_kind(reason), reason);
    }
    if let Some((kind, reason)) = reading_objection(armoury, request) {
        return no(kind, reason);
    }
    let (person, to_sign) = match (bearer(armoury, request), unsigned(armoury)) {
        (Ok(person), _) => (person, false),
        // List first, sign later (I-7): whoever started the stand-to answers for it until then.
        (Err((_, Reason::NoBadge)), Some(authority)) => (authority, true),
        (Err((kind, reason)), _) => return no(kind, reason),
    };
    if let Some((kind, reason)) =
        person_objection(armoury, person, holding, now).filter(excused).filter(|_| !to_sign)
    {
        return no(kind, reason);
    }
    if armoury.policy.witness_for_issue
        && !witnessed(armoury, request, &person.id, now)
        && excused(&(DeskKind::Unclear, Reason::NoWitness))
    {
        return no(DeskKind::Unclear, Reason::NoWitness);
    }
    issued(&armoury.policy, request, holding, (person, to_sign), purpose, now)
}

/// Who answers for what leaves without a badge; nobody where that may not be.
fn unsigned(armoury: &Armoury) -> Option<&Person> {
    let running = armoury.rooms.standto.running.as_ref()?;
    let may = armoury.policy.stand_to_without_badge;
    armoury.person(&running.authority).filter(|_| may)
}

/// What is wrong with how the weapon was read.
fn reading_objection(armoury: &Armoury, request: &Request) -> Option<(DeskKind, Reason)> {
    let two_readings = armoury.policy.two_readings && !standto::excuses(armoury, Reason::OneReading);
    match &request.item {
        Item::Unsure { .. } => Some((DeskKind::Unclear, Reason::Ambiguous)),
        Item::Weapon { by_tag, by_mark, .. } if two_readings && !(*by_tag && *by_mark) => {
            Some((DeskKind::Unclear, Reason::OneReading))
        }
        _ if request.too_soon => Some((DeskKind::Unclear, Reason::TooSoon)),
        _ => None,
    }
}

fn bearer<'a>(armoury: &'a Armoury, request: &Request) -> Result<&'a Person, (DeskKind, Reason)> {
    match &request.bearer {
        Bearer::None => Err((DeskKind::Unclear, Reason::NoBadge)),
        Bearer::Several => Err((DeskKind::Unclear, Reason::Ambiguous)),
        Bearer::Known(id) => armoury.person(id).ok_or((DeskKind::Refused, Reason::UnknownBadge)),
    }
}

/// What is wrong with this person drawing this weapon.
fn person_objection(
    armoury: &Armoury,
    person: &Person,
    holding: &Holding,
    now: Moment,
) -> Option<(DeskKind, Reason)> {
    if papers::suspended(armoury, person, now) {
        return Some((DeskKind::Refused, Reason::Suspended));
    }
    match papers::may_draw(armoury, person, &holding.weapon, now) {
        Draw::Yes => {}
        Draw::Expired => {
            let kind = if armoury.policy.expired_stops { DeskKind::Refused } else { DeskKind::Asked };
            return Some((kind, Reason::AuthorisationExpired));
        }
        Draw::No => return Some((DeskKind::Refused, Reason::NotAuthorised)),
    }
    let limit = armoury.policy.weapons_per_person;
    if limit > 0 && armoury.held_by(&person.id) >= limit {
        return Some((DeskKind::Refused, Reason::TooMany));
    }
    None
}

/// The second person is somebody else, and holds a role that may stand there now.
fn witnessed(armoury: &Armoury, request: &Request, bearer: &PersonId, now: Moment) -> bool {
    let witness = request.witness.as_ref().filter(|witness| *witness != bearer);
    witness.is_some_and(|witness| papers::holds(armoury, witness, Role::WITNESSES, now))
}

fn issued(
    policy: &Policy,
    request: &Request,
    holding: &Holding,
    (person, to_sign): (&Person, bool),
    purpose: Purpose,
    now: Moment,
) -> Decision {
    let mut decision = about(request, holding, DeskKind::Issued, Reason::NoBadge);
    let length = purpose.length(policy);
    let event = &mut decision.event;
    event.reason = None;
    event.person = Some(person.id.clone());
    // Whoever answers for it is no second person to that.
    event.witness = event.witness.take().filter(|witness| *witness != person.id);
    event.due_wall_ms = length.due_wall_ms(now);
    event.purpose = Some(purpose);
    event.paper = Some(purpose.paper(length, policy));
    event.to_sign = to_sign;
    decision
}

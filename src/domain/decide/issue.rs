//! Out of the hatch: every reason not to, in the order in which an armourer would say them.

use super::super::armoury::{Armoury, Holding};
use super::super::event::{DeskKind, Reason};
use super::super::ids::PersonId;
use super::super::moment::Moment;
use super::super::person::Person;
use super::super::policy::Policy;
use super::{Bearer, Decision, Item, Request, about, fault_of, refusal_kind};

/// Milliseconds in an hour.
const HOUR_MS: i64 = 3_600_000;

/// Decides whether `holding` may leave with the bearer.
///
/// What is wrong with the weapon comes before what is wrong with the person: a destroyed weapon is the louder news.
pub(super) fn issue(armoury: &Armoury, request: &Request, holding: &Holding, now: Moment) -> Decision {
    if let Some(reason) = fault_of(request, holding) {
        return about(request, holding, refusal_kind(reason), reason);
    }
    if let Some((kind, reason)) = reading_objection(&armoury.policy, request) {
        return about(request, holding, kind, reason);
    }
    let person = match bearer(armoury, request) {
        Ok(person) => person,
        Err((kind, reason)) => return about(request, holding, kind, reason),
    };
    if let Some((kind, reason)) = person_objection(armoury, person, holding, now) {
        return about(request, holding, kind, reason);
    }
    if armoury.policy.witness_for_issue && !witnessed(armoury, request, &person.id, now) {
        return about(request, holding, DeskKind::Unclear, Reason::NoWitness);
    }
    issued(&armoury.policy, request, holding, person, now)
}

/// What is wrong with how the weapon was read.
fn reading_objection(policy: &Policy, request: &Request) -> Option<(DeskKind, Reason)> {
    match &request.item {
        Item::Unsure { .. } => Some((DeskKind::Unclear, Reason::Ambiguous)),
        Item::Weapon { by_tag, by_mark, .. } if policy.two_readings && !(*by_tag && *by_mark) => {
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
    if person.suspended {
        return Some((DeskKind::Refused, Reason::Suspended));
    }
    if expired(person, now) {
        let kind = if armoury.policy.expired_stops { DeskKind::Refused } else { DeskKind::Asked };
        return Some((kind, Reason::AuthorisationExpired));
    }
    if !person.may_draw.covers(&holding.weapon.id, holding.weapon.model.as_deref()) {
        return Some((DeskKind::Refused, Reason::NotAuthorised));
    }
    let limit = armoury.policy.weapons_per_person;
    if limit > 0 && armoury.held_by(&person.id) >= limit {
        return Some((DeskKind::Refused, Reason::TooMany));
    }
    None
}

/// The last day counts (`valid_until` is that day included). A wall clock outside the calendar proves nothing, so it
/// does not expire anybody.
fn expired(person: &Person, now: Moment) -> bool {
    match (person.valid_until, now.day()) {
        (Some(last), Some(today)) => today > last,
        _ => false,
    }
}

/// The second person is somebody else, and of a role that may stand there; a role is held for a period.
fn witnessed(armoury: &Armoury, request: &Request, bearer: &PersonId, now: Moment) -> bool {
    request
        .witness
        .as_ref()
        .filter(|witness| *witness != bearer)
        .and_then(|witness| armoury.person(witness))
        .is_some_and(|witness| witness.role.may_witness() && !witness.suspended && !expired(witness, now))
}

fn issued(policy: &Policy, request: &Request, holding: &Holding, person: &Person, now: Moment) -> Decision {
    let mut decision = about(request, holding, DeskKind::Issued, Reason::NoBadge);
    decision.event.reason = None;
    decision.event.person = Some(person.id.clone());
    decision.event.due_wall_ms = (policy.loan_hours > 0)
        .then(|| now.wall_ms.saturating_add(i64::from(policy.loan_hours).saturating_mul(HOUR_MS)));
    decision
}

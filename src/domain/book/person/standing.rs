//! What somebody may now: the register's record and the book's papers read together.

use super::{Alarm, AnyFact, Fact, Period, Record, When, fact};
use crate::domain::armoury::Armoury;
use crate::domain::book::PinCheck;
use crate::domain::ids::PersonId;
use crate::domain::moment::Moment;
use crate::domain::person::{Person, Role};
use crate::domain::weapon::Weapon;

/// Longest time for which wrong PINs slow somebody down, seconds: a guesser gets some hundred tries a day, and whoever
/// mistyped is not shut out for the night.
const WAIT_MAX_S: u64 = 900;

/// How long before its end the last supervisor's office is spoken of, days.
const SUCCESSION_DAYS: i64 = 7;

/// What stands between a person and a weapon.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Draw {
    /// Nothing.
    Yes,
    /// They might once.
    Expired,
    /// They may not.
    No,
}

/// Every role this person holds at `now`, the register's first.
pub fn roles(armoury: &Armoury, person: &Person, now: Moment) -> Vec<Role> {
    let Some(record) = armoury.rooms.person.people.get(&person.id) else {
        return register_role(person, None, now).into_iter().collect();
    };
    if record.left.is_some() {
        return Vec::new();
    }
    let mut roles: Vec<Role> = register_role(person, Some(record), now).into_iter().collect();
    let appointed = record.appointments.iter().filter(|held| held.ended.is_none() && held.period.runs(now));
    for role in appointed.map(|held| held.role) {
        if !roles.contains(&role) {
            roles.push(role);
        }
    }
    roles
}

/// Whether this person holds one of `wanted` at `now` and nothing keeps them from acting in it.
pub fn holds(armoury: &Armoury, id: &PersonId, wanted: &[Role], now: Moment) -> bool {
    armoury.person(id).is_some_and(|person| {
        !suspended(armoury, person, now)
            && roles(armoury, person, now).iter().any(|role| wanted.contains(role))
    })
}

/// Whether this person may be one who stands as the second: by the register or an appointment that was not ended. On
/// which days, the decision asks.
pub fn could_witness(armoury: &Armoury, id: &PersonId) -> bool {
    let appointments = armoury.rooms.person.people.get(id).map(|record| record.appointments.as_slice());
    let appointed = appointments.unwrap_or_default().iter().filter(|held| held.ended.is_none());
    armoury
        .person(id)
        .map(|person| person.role)
        .into_iter()
        .chain(appointed.map(|held| held.role))
        .any(Role::may_witness)
}

/// Whether this person is suspended at `now`.
pub fn suspended(armoury: &Armoury, person: &Person, now: Moment) -> bool {
    let suspension =
        armoury.rooms.person.people.get(&person.id).and_then(|record| record.suspension.as_ref());
    person.suspended || suspension.is_some_and(|found| Period { from: None, until: found.until }.runs(now))
}

/// Whether this person has left.
pub fn has_left(armoury: &Armoury, id: &PersonId) -> bool {
    armoury.rooms.person.people.get(id).is_some_and(|record| record.left.is_some())
}

/// Whether this person's papers cover the weapon at `now`.
///
/// The latest word of the book about a weapon counts; where there is none in force, the register's does, until the last
/// day of its authorisation. A word without an end of its own ends on that day too: a qualification that has run out
/// is not renewed by an order that says nothing of it.
pub fn may_draw(armoury: &Armoury, person: &Person, weapon: &Weapon, now: Moment) -> Draw {
    let mut expired = false;
    if let Some(record) = armoury.rooms.person.people.get(&person.id) {
        if record.left.is_some() {
            return Draw::No;
        }
        for word in record.words.iter().rev().filter(|word| word.what.covers(weapon)) {
            if !word.given {
                return if expired { Draw::Expired } else { Draw::No };
            }
            let until = word.period.until.or(person.valid_until);
            match (Period { until, ..word.period }).at(now) {
                When::Now => return Draw::Yes,
                When::Over => expired = true,
                When::Ahead => {}
            }
        }
    }
    if !(Period { from: None, until: person.valid_until }).runs(now) {
        return Draw::Expired;
    }
    match person.may_draw.covers(&weapon.id, weapon.model.as_deref()) {
        true => Draw::Yes,
        false if expired => Draw::Expired,
        false => Draw::No,
    }
}

/// How long a person's PIN is not looked at because of wrong ones, seconds; 0 where it is.
///
/// Measured by the counter of this boot: after another boot the wait begins with it, since a wall clock can be turned.
pub fn lock_wait_s(armoury: &Armoury, id: &PersonId, now: Moment) -> u64 {
    let pin = armoury.rooms.person.people.get(id).and_then(|record| record.pin.as_ref());
    let Some((misses, last)) = pin.and_then(|pin| pin.last_miss.map(|last| (pin.misses, last))) else {
        return 0;
    };
    let policy = &armoury.policy;
    if policy.pin_misses_slow == 0 || misses < policy.pin_misses_slow {
        return 0;
    }
    let doublings = (misses - policy.pin_misses_slow).min(10);
    let wait_s = (u64::from(policy.pin_wait_seconds) << doublings).min(WAIT_MAX_S);
    let since_ms =
        if last.boot_id == now.boot_id { now.mono_ms.saturating_sub(last.mono_ms) } else { now.mono_ms };
    (wait_s * 1_000).saturating_sub(since_ms).div_ceil(1_000)
}

/// What is entered about a wrong PIN; nothing while it is not looked at, and nothing where there is none to miss.
pub fn misses_to_enter(armoury: &Armoury, id: &PersonId, check: PinCheck, now: Moment) -> Option<AnyFact> {
    let pin = armoury.rooms.person.people.get(id)?.pin.as_ref()?;
    if check != PinCheck::Wrong || lock_wait_s(armoury, id, now) > 0 {
        return None;
    }
    let misses = pin.misses.saturating_add(1);
    let alarm = is_alarming(armoury.policy.pin_misses_alarm, misses);
    Some(AnyFact::Person(Fact::PinMissed { person: id.clone(), misses, alarm }))
}

/// Alarms that still stand when the station starts: wrong PINs that no right one has followed.
pub fn standing_alarms(armoury: &Armoury) -> Vec<Alarm> {
    let most = armoury.policy.pin_misses_alarm;
    let people = armoury.rooms.person.people.iter();
    people
        .filter_map(|(person, record)| {
            let misses = record.pin.as_ref()?.misses;
            (most > 0 && misses >= most).then(|| fact::missed_too_often(person, misses))
        })
        .collect()
}

/// The last supervisor's office ends within the week, and it was not said yet.
pub(super) fn succession_due(armoury: &Armoury, now: Moment) -> Option<AnyFact> {
    let office = &[Role::Supervisor];
    let soon = now.day()?.checked_add(jiff::Span::new().days(SUCCESSION_DAYS)).ok()?;
    let holders = armoury.persons().filter(|person| could_hold(armoury, person, Role::Supervisor));
    let mut last: Option<(&Person, jiff::civil::Date)> = None;
    for person in holders.filter(|person| holds(armoury, &person.id, office, now)) {
        // Somebody holds it beyond the week: all is well.
        let until = last_day(armoury, person, Role::Supervisor).filter(|until| *until <= soon)?;
        if last.is_none_or(|(_, found)| until > found) {
            last = Some((person, until));
        }
    }
    let (person, until) = last?;
    let record = armoury.rooms.person.people.get(&person.id);
    let said = record.is_some_and(|record| record.succession_said == Some(until));
    let fact = Fact::SuccessionDue { person: person.id.clone(), last_day: Some(until) };
    (!said).then_some(AnyFact::Person(fact))
}

/// Whether this person has papers for that role at all.
fn could_hold(armoury: &Armoury, person: &Person, role: Role) -> bool {
    let appointments =
        armoury.rooms.person.people.get(&person.id).map(|record| record.appointments.as_slice());
    person.role == role || appointments.unwrap_or_default().iter().any(|held| held.role == role)
}

/// The last day on which they hold the role by any of their papers; none where there is no end.
fn last_day(armoury: &Armoury, person: &Person, role: Role) -> Option<jiff::civil::Date> {
    let record = armoury.rooms.person.people.get(&person.id);
    let mut ends = Vec::new();
    if person.role == role {
        match record.and_then(|record| record.dismissals.get(&role)) {
            None => ends.push(person.valid_until),
            Some(ending) => ends.extend(
                ending.last_day.map(|day| Some(person.valid_until.map_or(day, |until| until.min(day)))),
            ),
        }
    }
    let appointments = record.map(|record| record.appointments.as_slice()).unwrap_or_default();
    let held = appointments.iter().filter(|held| held.role == role && held.ended.is_none());
    ends.extend(held.map(|held| held.period.until));
    ends.into_iter().collect::<Option<Vec<_>>>()?.into_iter().max()
}

/// The number that this person's next badge gets.
pub fn next_badge(armoury: &Armoury, id: &PersonId) -> u32 {
    let badges =
        armoury.rooms.person.people.get(id).map(|record| record.badges.as_slice()).unwrap_or_default();
    badges.iter().map(|badge| badge.number).max().unwrap_or(0).saturating_add(1)
}

/// Once at the limit, and again with every further run of as many.
fn is_alarming(most: u32, misses: u32) -> bool {
    most > 0 && misses.is_multiple_of(most)
}

/// The role of the register: held without a beginning until the last day of the authorisation, unless it was ended.
fn register_role(person: &Person, record: Option<&Record>, now: Moment) -> Option<Role> {
    let mut until = person.valid_until;
    if let Some(ending) = record.and_then(|record| record.dismissals.get(&person.role)) {
        let last = ending.last_day?;
        until = Some(until.map_or(last, |until| until.min(last)));
    }
    Period { from: None, until }.runs(now).then_some(person.role)
}

//! People: roles for a period, what they may draw and until when, suspension, badges, PINs, leaving.
//!
//! | File | Is |
//! |---|---|
//! | `act` | what can be asked, and its private part |
//! | `fact` | what is entered |
//! | `period` | from a day to a day |
//! | `rules` | who may what, and what stands against it |
//! | `standing` | what somebody may now: roles, weapons, PIN |
//!
//! The register's own record counts too: its role is an appointment without a beginning that ends with `valid_until`,
//! and what it lets somebody draw holds until that day.

mod act;
mod fact;
mod period;
mod rules;
mod standing;

use std::collections::BTreeMap;

use serde::{Deserialize, Serialize};

pub use act::{Act, BadgeKind, Digest, Pin, Private, Scope};
pub use fact::Fact;
pub use period::{Period, When};
pub use rules::plan;
pub use standing::{
    Draw, could_witness, has_left, holds, lock_wait_s, may_draw, misses_to_enter, next_badge, roles,
    standing_alarms, suspended,
};

use super::super::armoury::Armoury;
use super::super::ids::{PersonId, Seq};
use super::super::moment::Moment;
use super::super::person::Role;
use super::{Alarm, Context, Denied, Fact as AnyFact, Proof, Stamp};

/// What the book holds of people beside the register.
#[derive(Debug, Clone, Default, PartialEq, Serialize, Deserialize)]
#[serde(default)]
pub struct State {
    /// By key; who is not in it has only the register's record.
    pub people: BTreeMap<PersonId, Record>,
}

/// One person's papers.
#[derive(Debug, Clone, Default, PartialEq, Serialize, Deserialize)]
#[serde(default)]
pub struct Record {
    /// Every appointment, in the order in which they were entered.
    pub appointments: Vec<Appointment>,
    /// The last dismissal from each role; it ended the register's too, where that is the same.
    pub dismissals: BTreeMap<Role, Ending>,
    /// What was given and taken of what they may draw, in the order in which it was entered: the latest word counts.
    pub words: Vec<Word>,
    /// The suspension in force, or the last one that ran out by itself.
    pub suspension: Option<Suspension>,
    /// Every badge ever given, the register's own excepted.
    pub badges: Vec<Badge>,
    /// Their PIN.
    pub pin: Option<PinRecord>,
    /// They left by this entry.
    pub left: Option<Seq>,
    /// That nobody is appointed after them was said for an office that ends on this day.
    pub succession_said: Option<jiff::civil::Date>,
}

/// A role for a period.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
pub struct Appointment {
    /// Which.
    pub role: Role,
    /// For how long.
    pub period: Period,
    /// The order.
    pub authority: Option<String>,
    /// The entry.
    pub seq: Seq,
    /// The entry that ended it before its time.
    pub ended: Option<Seq>,
}

/// How a role ended.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
pub struct Ending {
    /// The last day; none with the entry.
    pub last_day: Option<jiff::civil::Date>,
    /// The entry.
    pub seq: Seq,
}

/// Something given or taken of what somebody may draw.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
pub struct Word {
    /// Given, or taken.
    pub given: bool,
    /// What.
    pub what: Scope,
    /// For how long, where it was given.
    pub period: Period,
    /// The order.
    pub authority: Option<String>,
    /// The entry.
    pub seq: Seq,
}

/// A suspension.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
pub struct Suspension {
    /// The last day of it.
    pub until: Option<jiff::civil::Date>,
    /// The entry.
    pub seq: Seq,
}

/// A badge in its owner's history.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
pub struct Badge {
    /// Its number; 0 is the one of the register.
    pub number: u32,
    /// What it is; not known of the register's.
    pub kind: Option<BadgeKind>,
    /// Given by this entry.
    pub given: Option<Seq>,
    /// Reported lost by this one.
    pub lost: Option<Seq>,
    /// Given back or replaced by this one.
    pub over: Option<Seq>,
    /// How often it was shown after it was lost.
    pub shown_again: u32,
    /// The last time.
    pub last_shown: Option<Seq>,
}

/// What is known of a PIN: never the PIN.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
pub struct PinRecord {
    /// Set by this entry.
    pub set: Seq,
    /// Wrong ones since the last right one.
    pub misses: u32,
    /// When the last of them was given.
    pub last_miss: Option<Moment>,
}

/// What has fallen due: somebody has to think of who will be supervisor. A period ends by itself.
pub fn due(armoury: &Armoury, now: Moment) -> Vec<AnyFact> {
    standing::succession_due(armoury, now).into_iter().collect()
}

/// Takes a durable fact into memory.
pub fn apply(armoury: &mut Armoury, stamp: Stamp<'_>, fact: &Fact) {
    if let Some(Digest(digest)) = fact.record() {
        armoury.set_record_digest(fact.person(), digest);
    }
    match fact {
        Fact::Lifted { person } => armoury.set_suspended(person, false),
        Fact::Suspended { person, until: None, .. } => armoury.set_suspended(person, true),
        _ => {}
    }
    let record = armoury.rooms.person.people.entry(fact.person().clone()).or_default();
    record.take(stamp, fact);
}

/// Whoever signed with the right PIN has not forgotten it.
pub(in crate::domain) fn signed(armoury: &mut Armoury, stamp: Stamp<'_>) {
    let by = stamp.by;
    let signers = [(&by.person, by.proof), (&by.witness, by.witness_proof)];
    for person in
        signers.into_iter().filter(|(_, proof)| *proof == Proof::Pin).filter_map(|(who, _)| who.as_ref())
    {
        if let Some(pin) = armoury.rooms.person.people.get_mut(person).and_then(|record| record.pin.as_mut())
        {
            (pin.misses, pin.last_miss) = (0, None);
        }
    }
}

impl Record {
    fn take(&mut self, stamp: Stamp<'_>, fact: &Fact) {
        let (seq, authority) = (stamp.seq, stamp.by.authority.clone());
        match fact {
            Fact::Appointed { role, period, .. } => {
                let (role, period) = (*role, *period);
                self.appointments.push(Appointment { role, period, authority, seq, ended: None });
            }
            Fact::Dismissed { role, last_day, .. } => self.dismiss(*role, *last_day, seq),
            Fact::Authorised { what, period, .. } => {
                let (what, period) = (what.clone(), *period);
                self.words.push(Word { given: true, what, period, authority, seq });
            }
            Fact::Revoked { what, .. } => {
                let (what, period) = (what.clone(), Period::default());
                self.words.push(Word { given: false, what, period, authority, seq });
            }
            Fact::Suspended { until, .. } => self.suspension = Some(Suspension { until: *until, seq }),
            Fact::Lifted { .. } => self.suspension = None,
            Fact::BadgeGiven { number, kind, replaces, .. } => {
                if let Some(old) = *replaces {
                    self.badge(old).over = Some(seq);
                }
                let badge = self.badge(*number);
                (badge.kind, badge.given) = (Some(*kind), Some(seq));
            }
            Fact::BadgeLost { number, .. } => self.badge(*number).lost = Some(seq),
            Fact::BadgeTaken { number, .. } => self.badge(*number).over = Some(seq),
            Fact::LostBadgeShown { number, .. } => {
                let badge = self.badge(*number);
                badge.shown_again = badge.shown_again.saturating_add(1);
                badge.last_shown = Some(seq);
            }
            Fact::PinSet { .. } => self.pin = Some(PinRecord { set: seq, misses: 0, last_miss: None }),
            Fact::PinMissed { misses, .. } => {
                if let Some(pin) = &mut self.pin {
                    (pin.misses, pin.last_miss) = (*misses, Some(stamp.at));
                }
            }
            Fact::SuccessionDue { last_day, .. } => self.succession_said = *last_day,
            Fact::Left { .. } => {
                self.left = Some(seq);
                for badge in self.badges.iter_mut().filter(|badge| badge.lost.is_none()) {
                    badge.over.get_or_insert(seq);
                }
            }
        }
    }

    fn dismiss(&mut self, role: Role, last_day: Option<jiff::civil::Date>, seq: Seq) {
        for held in self.appointments.iter_mut().filter(|held| held.role == role && held.ended.is_none()) {
            match last_day {
                Some(day) => held.period.until = Some(held.period.until.map_or(day, |until| until.min(day))),
                None => held.ended = Some(seq),
            }
        }
        self.dismissals.insert(role, Ending { last_day, seq });
    }

    /// The badge of that number, made where there is none: the register does not say whether it holds one.
    fn badge(&mut self, number: u32) -> &mut Badge {
        let place = self.badges.iter().position(|badge| badge.number == number).unwrap_or_else(|| {
            self.badges.push(Badge {
                number,
                kind: None,
                given: None,
                lost: None,
                over: None,
                shown_again: 0,
                last_shown: None,
            });
            self.badges.len() - 1
        });
        &mut self.badges[place]
    }
}

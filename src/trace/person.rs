//! What a person held: everything in their hands now, and at any moment before.

use std::collections::{BTreeMap, BTreeSet};

use serde::Serialize;

use super::life::{Act, Life};
use crate::domain::{DeskKind, Event, PersonId, Role, Seq, WeaponId};
use crate::ledger::history::History;
use crate::ledger::{LedgerError, Record};

/// Most closed custodies listed; of a longer record the newest.
pub const SPANS_MAX: usize = 10_000;

/// One custody: a weapon with this person, from one entry to another.
#[derive(Debug, Clone, PartialEq, Serialize)]
pub struct Span {
    /// Which weapon.
    pub weapon: WeaponId,
    /// The entry with which it began.
    pub from: Act,
    /// The entry with which it ended; none while it lasts.
    pub to: Option<Act>,
    /// When it is due back, wall milliseconds.
    pub due_wall_ms: Option<i64>,
}

/// A person as the ledger knew them after one entry.
#[derive(Debug, Clone, Default, PartialEq, Serialize)]
pub struct Hands {
    /// Their role then; none before they were registered.
    pub role: Option<Role>,
    /// Whether they were suspended then.
    pub suspended: bool,
    /// What they held, by number.
    pub holds: Vec<Span>,
    /// What they had held before and given back, oldest first.
    pub held: Vec<Span>,
    /// How many entries name them.
    pub entries: u64,
}

impl Hands {
    /// Reads the person's entries up to `last`.
    ///
    /// # Errors
    /// The store cannot be read, or holds what is no entry.
    pub fn read(history: &History<'_>, person: &PersonId, last: Seq) -> Result<Self, LedgerError> {
        let mut fold =
            Fold { person, hands: Self::default(), open: BTreeMap::new(), elsewhere: BTreeSet::new() };
        history.of_person(person, 1..=last, |record| fold.take(&record))?;
        // A fact of the book may have moved custody by another road than the desk: the weapon's own life says.
        let doubtful: BTreeSet<WeaponId> = fold.open.keys().cloned().chain(fold.elsewhere.clone()).collect();
        for weapon in doubtful {
            let state = Life::read(history, &weapon, last)?.state;
            match state.custody_by.filter(|_| state.holder.as_ref() == Some(person)) {
                Some(from) => {
                    let span =
                        Span { weapon: weapon.clone(), from, to: None, due_wall_ms: state.due_wall_ms };
                    fold.open.insert(weapon, span);
                }
                None => fold.close(&weapon, None),
            }
        }
        let Fold { mut hands, open, .. } = fold;
        hands.holds = open.into_values().collect();
        Ok(hands)
    }
}

struct Fold<'p> {
    person: &'p PersonId,
    hands: Hands,
    open: BTreeMap<WeaponId, Span>,
    elsewhere: BTreeSet<WeaponId>,
}

impl Fold<'_> {
    fn take(&mut self, record: &Record) {
        self.hands.entries += 1;
        match &record.event {
            Event::PersonRegistered(person) if person.id == *self.person => {
                (self.hands.role, self.hands.suspended) = (Some(person.role), person.suspended);
            }
            Event::Desk(desk) if desk.person.as_ref() == Some(self.person) => {
                let Some(weapon) = &desk.weapon else { return };
                match desk.kind {
                    DeskKind::Issued => {
                        let (from, due_wall_ms) = (Act::of(record), desk.due_wall_ms);
                        let span = Span { weapon: weapon.clone(), from, to: None, due_wall_ms };
                        self.open.insert(weapon.clone(), span);
                    }
                    DeskKind::Returned => self.close(weapon, Some(Act::of(record))),
                    _ => {}
                }
            }
            Event::Book(booked) if booked.fact.persons().contains(&self.person) => {
                self.elsewhere.extend(booked.fact.weapons().into_iter().cloned());
            }
            _ => {}
        }
    }

    fn close(&mut self, weapon: &WeaponId, to: Option<Act>) {
        if let Some(span) = self.open.remove(weapon) {
            self.hands.held.push(Span { to, ..span });
            if self.hands.held.len() >= 2 * SPANS_MAX {
                self.hands.held.drain(..SPANS_MAX);
            }
        }
    }
}

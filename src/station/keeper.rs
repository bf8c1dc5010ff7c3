//! The book's keeper: the ledger, what it folds to, and every change of the register. The clerk has one while a
//! station runs; a command takes one for itself while none does.

use std::collections::HashSet;

use serde_json::{Value, json};
use uuid::Uuid;

use super::clock::Clock;
use super::pins;
use super::protocol::Ask;
use super::staging::Staged;
use super::store::{NotSaved, Store};
use crate::domain::book::person::{self, Private};
use crate::domain::book::{self, Act, Alarm, Fact, Sign};
use crate::domain::event::StandingSet;
use crate::domain::roster::{Badge, Enrolment};
use crate::domain::{Armoury, Event, Moment, PersonId, Role, Roster, Weapon};
use crate::identity::{MarkId, TagId};
use crate::ledger::{Draft, Opened, Record, people};

/// The ledger with its fold.
#[derive(Debug)]
pub struct Keeper {
    /// The record store.
    pub store: Store,
    /// What it folds to.
    pub armoury: Armoury,
    /// Names and badges.
    pub roster: Roster,
    /// Alarms that the last changes of the book raised, until somebody takes them.
    pub alarms: Vec<Alarm>,
    /// What the last changes of the book say about draws, until somebody shows it.
    pub booked: Vec<Record>,
    /// The clock that can be set by hand; none in a replay.
    pub clock: Option<Clock>,
    /// A book that is coming in by pieces.
    pub(super) staged: Option<Staged>,
}

/// Who asks, by the system's word.
#[derive(Debug, Clone, Copy, Default)]
pub struct Caller {
    /// What the user may do here.
    pub role: Option<Role>,
    /// The system's number of the user.
    pub user: Option<u32>,
}

impl Caller {
    /// Whoever holds the data folder itself: they keep the book, as a supervisor does.
    pub fn owner() -> Self {
        Self { role: Some(Role::Supervisor), user: Some(rustix::process::getuid().as_raw()) }
    }
}

impl Keeper {
    /// Takes an opened ledger over.
    pub fn new(opened: Opened) -> Self {
        let Opened { ledger, armoury, roster } = opened;
        Self {
            store: Store::new(ledger),
            armoury,
            roster,
            alarms: Vec::new(),
            booked: Vec::new(),
            clock: None,
            staged: None,
        }
    }

    /// Writes drafts, durable on return, and lets memory follow.
    ///
    /// # Errors
    /// Nothing was written.
    pub fn write(
        &mut self,
        at: Moment,
        command: Option<Uuid>,
        drafts: &[Draft],
    ) -> Result<Vec<Record>, NotSaved> {
        self.store.write(&mut self.armoury, at, command, drafts)
    }

    /// Changes the register as asked, or answers as it did the first time it was asked. PINs are looked at here: this
    /// is not for the clerk's thread.
    ///
    /// # Errors
    /// Why not, in a sentence; nothing was changed.
    pub fn change(
        &mut self,
        command: Option<Uuid>,
        caller: Caller,
        mut what: Ask,
        at: Moment,
    ) -> Result<Value, String> {
        let kept = |person: &PersonId| Ok(self.roster.kept(person).and_then(|kept| kept.pin.clone()));
        pins::check(&mut what, kept)?;
        self.carry_out(command, caller, what, at)
    }

    /// The same with an ask whose PINs were looked at.
    ///
    /// # Errors
    /// Why not, in a sentence; nothing was changed.
    pub(super) fn carry_out(
        &mut self,
        command: Option<Uuid>,
        caller: Caller,
        what: Ask,
        at: Moment,
    ) -> Result<Value, String> {
        if let Some(done) = self.done_before(command)? {
            return Ok(done);
        }
        match what {
            Ask::ImportWeapons { weapons } => self.import_weapons(command, weapons, at),
            Ask::ImportPersons { persons } => self.import_persons(command, &persons, at),
            Ask::Stage { book, after, part } => self.stage(book, after, part),
            Ask::ImportStaged { book, count } => {
                let whole = self.unstage(book, count)?;
                super::asks::may(caller.role, &whole)?;
                self.change(command, caller, whole, at)
            }
            Ask::SetStanding { weapon, standing, authority } => {
                if self.armoury.weapon(&weapon).is_none() {
                    return Err(format!(
                        "change the standing of {weapon}: there is no such weapon in the book"
                    ));
                }
                book::weapon::set_apart(&self.armoury, &weapon, standing).map_err(|denied| denied.0)?;
                let set = StandingSet { weapon, standing, authority };
                self.enter(command, vec![Event::StandingSet(set).into()], at)
            }
            Ask::Suspend { person, suspended } => {
                let act = match suspended {
                    true => person::Act::Suspend { person, until: None, private: Private::Nothing },
                    false => person::Act::Lift { person },
                };
                self.act(command, caller, &Act::Person(act), &Sign::default(), at)
            }
            Ask::SetPolicy { policy } => {
                policy.check()?;
                self.enter(command, vec![Event::PolicySet(policy).into()], at)
            }
            Ask::Act { act, sign } => self.act(command, caller, &act, &sign, at),
            Ask::Present(shown) => self.present(command, caller, &shown, at),
            Ask::EnrolMarks { marks } => self.enrol_marks(command, &marks, at),
            Ask::EnrolBadges { badges } => self.enrol_badges(command, &badges, at),
            other => Err(format!("change the book: {other:?} is no change of it")),
        }
    }

    fn import_weapons(
        &mut self,
        command: Option<Uuid>,
        weapons: Vec<Weapon>,
        at: Moment,
    ) -> Result<Value, String> {
        let mut seen = HashSet::new();
        for weapon in &weapons {
            let keys = weapon
                .tag_ids()
                .map(|tag| tag.to_string())
                .chain(weapon.mark_ids().map(|mark| mark.as_str().to_owned()));
            if !keys.chain([weapon.id.to_string()]).all(|key| seen.insert(key)) {
                return Err(format!(
                    "register {}: its number, tag or mark stands twice in the list",
                    weapon.id
                ));
            }
            if self.armoury.weapon(&weapon.id).is_some() {
                return Err(format!("register {}: it is in the book already", weapon.id));
            }
            if let Some(tag) = weapon
                .tag_ids()
                .find(|tag| self.armoury.weapon_by_tag(tag).is_some() || self.roster.by_tag(tag).is_some())
            {
                return Err(format!("register {}: its tag {tag} is in the book already", weapon.id));
            }
            if let Some(mark) = weapon.mark_ids().find(|mark| {
                self.armoury.weapon_by_mark(mark).is_some() || self.roster.by_mark(mark).is_some()
            }) {
                return Err(format!(
                    "register {}: its mark {} is in the book already",
                    weapon.id,
                    mark.as_str()
                ));
            }
        }
        self.enter(
            command,
            weapons.into_iter().map(|weapon| Event::WeaponRegistered(Box::new(weapon)).into()).collect(),
            at,
        )
    }

    fn import_persons(
        &mut self,
        command: Option<Uuid>,
        persons: &[Enrolment],
        at: Moment,
    ) -> Result<Value, String> {
        let mut drafts = Vec::with_capacity(persons.len());
        let mut seen = HashSet::new();
        for enrolment in persons {
            if self.armoury.person(&enrolment.id).is_some() || !seen.insert(enrolment.id.to_string()) {
                return Err(format!("register {}: this person is in the book already", enrolment.id));
            }
            if let Some(badge) = &enrolment.personal.badge
                && (self.has_badge(badge) || !seen.insert(format!("{badge:?}")))
            {
                return Err(format!("register {}: their badge is in the book already", enrolment.id));
            }
            let (person, row) = people::split(enrolment, false).map_err(|error| error.to_string())?;
            drafts.push(Draft { event: Event::PersonRegistered(person), person: Some(row) });
        }
        let outcome = self.enter(command, drafts, at)?;
        for enrolment in persons {
            self.roster.insert(enrolment.id.clone(), enrolment.personal.clone());
        }
        Ok(outcome)
    }

    /// Whether a badge opens something already, is lost, or is a weapon's tag or mark.
    pub(super) fn has_badge(&self, badge: &Badge) -> bool {
        let (owner, spent, weapon) = match badge {
            Badge::Epc(epc) => {
                let tag = TagId::from_epc(epc);
                (self.roster.by_tag(&tag), self.roster.spent_tag(&tag), self.armoury.weapon_by_tag(&tag))
            }
            Badge::Qr(text) => {
                let mark = MarkId::from_text(text);
                (
                    self.roster.by_mark(&mark),
                    self.roster.spent_mark(&mark),
                    self.armoury.weapon_by_mark(&mark),
                )
            }
        };
        // One that was given back may be given again; one that is lost may not.
        owner.is_some() || weapon.is_some() || spent.is_some_and(|spent| spent.lost)
    }

    /// Writes and says which entries it made.
    pub(super) fn enter(
        &mut self,
        command: Option<Uuid>,
        drafts: Vec<Draft>,
        at: Moment,
    ) -> Result<Value, String> {
        let records = self
            .write(at, command, &drafts)
            .map_err(|error| format!("write to the ledger: nothing was changed: {error}"))?;
        let facts = records.iter().filter_map(|record| match &record.event {
            Event::Book(booked) => booked.fact.alarm(),
            _ => None,
        });
        self.alarms.extend(facts);
        let first = records.first().map(|record| record.seq);
        let last = records.last().map(|record| record.seq);
        let of_a_draw = |record: &Record| matches!(&record.event, Event::Book(booked) if matches!(booked.fact, Fact::Loan(_)));
        self.booked.extend(records.iter().filter(|record| of_a_draw(record)).cloned());
        Ok(json!({ "first": first, "last": last, "entries": records.len() }))
    }

    /// An act asked again answers with what it made the first time (I7).
    pub(super) fn done_before(&mut self, command: Option<Uuid>) -> Result<Option<Value>, String> {
        let Some(command) = command else { return Ok(None) };
        let done = self.store.ledger().done_before(command).map_err(|error| error.to_string())?;
        Ok(done.map(|(first, last)| json!({ "first": first, "last": last, "entries": last - first + 1 })))
    }
}

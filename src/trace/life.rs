//! One weapon's life: its entries in order, folded by the same function that makes the station's memory, with the
//! entry behind each custody and each standing.

use serde::Serialize;

use crate::domain::book::By;
use crate::domain::{
    Armoury, Custody, DeskKind, Event, Evidence, PersonId, ReadPoint, Road, Seq, Standing, Weapon, WeaponId,
};
use crate::ledger::history::History;
use crate::ledger::{LedgerError, Record};

/// A weapon as it was after one entry.
#[derive(Debug, Clone, Default, PartialEq, Serialize)]
pub struct State {
    /// The record in force; none before it was registered.
    pub weapon: Option<Weapon>,
    /// Whether it may leave, and why not.
    pub standing: Standing,
    /// The entry that set the standing; none while it is the first one.
    pub standing_by: Option<Act>,
    /// Who holds it; none while it is in the room.
    pub holder: Option<PersonId>,
    /// When it is due back, wall milliseconds.
    pub due_wall_ms: Option<i64>,
    /// The entry that moved custody last.
    pub custody_by: Option<Act>,
}

/// An entry as the answer to "on whose authority, before whom, how did the station know".
#[derive(Debug, Clone, PartialEq, Serialize)]
pub struct Act {
    /// Its number.
    pub seq: Seq,
    /// What the clock claimed.
    pub at: String,
    /// How far the clock could be believed.
    pub clock: &'static str,
    /// Its kind.
    pub kind: String,
    /// What it says.
    pub says: String,
    /// The person it is about.
    pub person: Option<PersonId>,
    /// Who brought it, where that is somebody else.
    pub brought_by: Option<PersonId>,
    /// Who acted, where somebody signed.
    pub by: Option<String>,
    /// The second person.
    pub witness: Option<PersonId>,
    /// The order or reference on which it rests.
    pub authority: Option<String>,
    /// Where.
    pub read_point: Option<ReadPoint>,
    /// By what the station knew: readers, marks, or typed.
    pub evidence: Vec<Evidence>,
}

/// A change in a weapon's life.
#[derive(Debug, Clone, PartialEq, Serialize)]
pub struct Step {
    /// What was entered.
    #[serde(flatten)]
    pub act: Act,
    /// Custody is another than before.
    pub moved_custody: bool,
    /// Standing is another than before.
    pub moved_standing: bool,
}

/// Most steps kept; of a longer life the newest.
pub const STEPS_MAX: usize = 100_000;

/// One weapon's life up to one entry.
#[derive(Debug, Clone, Default, PartialEq)]
pub struct Life {
    /// As it was in the end.
    pub state: State,
    /// What was entered about it, oldest first.
    pub steps: Vec<Step>,
    /// How many entries there were.
    pub entries: u64,
}

impl Life {
    /// Reads the weapon's entries up to `last`.
    ///
    /// # Errors
    /// The store cannot be read, or holds what is no entry.
    pub fn read(history: &History<'_>, weapon: &WeaponId, last: Seq) -> Result<Self, LedgerError> {
        let mut fold = Fold { weapon, armoury: Armoury::default(), life: Self::default() };
        history.of_weapon(weapon, 1..=last, |record| fold.take(&record))?;
        let mut life = fold.life;
        let surplus = life.steps.len().saturating_sub(STEPS_MAX);
        life.steps.drain(..surplus);
        Ok(life)
    }
}

/// The weapon's own fold: [`Armoury::apply`] on nothing but its entries, so that whatever room moves custody or
/// standing is understood here too.
struct Fold<'w> {
    weapon: &'w WeaponId,
    armoury: Armoury,
    life: Life,
}

impl Fold<'_> {
    fn take(&mut self, record: &Record) {
        self.armoury.apply(record.seq, record.at, &record.event);
        self.life.entries += 1;
        let state = &mut self.life.state;
        let act = Act::of(record);
        let (mut moved_custody, mut moved_standing) = (false, false);
        if let Some(holding) = self.armoury.weapon(self.weapon) {
            let (holder, due_wall_ms) = match &holding.custody {
                Custody::Out { to, due_wall_ms, .. } => (Some(to.clone()), *due_wall_ms),
                Custody::In => (None, None),
            };
            moved_custody = holder != state.holder || holding.last_custody == Some(record.seq);
            moved_standing = holding.standing != state.standing;
            if moved_custody {
                state.custody_by = Some(act.clone());
            }
            if moved_standing {
                state.standing_by = Some(act.clone());
            }
            if state.weapon.as_ref() != Some(&holding.weapon) {
                state.weapon = Some(holding.weapon.clone());
            }
            (state.holder, state.due_wall_ms, state.standing) = (holder, due_wall_ms, holding.standing);
        }
        self.life.steps.push(Step { act, moved_custody, moved_standing });
        // A long life must not take the memory of the machine: twice the most that is kept, then the older half goes.
        if self.life.steps.len() >= 2 * STEPS_MAX {
            self.life.steps.drain(..STEPS_MAX);
        }
    }
}

impl Act {
    /// What an entry says of itself.
    pub fn of(record: &Record) -> Self {
        let mut act = Self {
            seq: record.seq,
            at: record.at.rfc3339(),
            clock: record.at.quality.word(),
            kind: record.event.kind().to_owned(),
            says: String::new(),
            person: record.event.person().cloned(),
            brought_by: None,
            by: None,
            witness: None,
            authority: None,
            read_point: None,
            evidence: Vec::new(),
        };
        match &record.event {
            Event::Desk(desk) => {
                act.brought_by = desk.brought_by.clone();
                act.witness = desk.witness.clone();
                act.read_point = desk.read_point.clone();
                act.evidence = desk.evidence.clone();
                act.says = match (desk.kind, desk.reason) {
                    (DeskKind::Issued, _) => "at the desk, under the rules in force".to_owned(),
                    (_, Some(reason)) => reason.word().to_owned(),
                    _ => String::new(),
                };
            }
            Event::StandingSet(set) => {
                act.says = set.standing.word().to_owned();
                act.authority = set.authority.clone();
            }
            Event::Tag(note) => {
                act.says = format!("tag {} {}", note.work.word(), note.epc);
                act.by = Some(note.by.clone());
            }
            Event::Book(booked) => {
                act.says = booked.fact.line();
                act.signed(&booked.by);
            }
            _ => {}
        }
        act
    }

    fn signed(&mut self, by: &By) {
        self.by = Some(by.call());
        self.witness = by.witness.clone();
        self.authority = by.authority.clone();
    }
}

/// How the station knew, in words: road, reading, antenna and place of each piece of evidence.
pub fn known_by(evidence: &[Evidence]) -> String {
    let one = |read: &Evidence| {
        let road = match read.road {
            Road::Tag => "tag",
            Road::Mark => "mark",
            Road::BadgeTag => "badge by radio",
            Road::BadgeMark => "printed badge",
            Road::Typed => "typed by hand",
        };
        let antenna = read.antenna.map(|antenna| format!(" antenna {antenna}")).unwrap_or_default();
        let place = read.read_point.as_ref().map(|place| format!(" {place}")).unwrap_or_default();
        format!("{road} {}{place}{antenna}", crate::identity::mark::printable(&read.value))
    };
    evidence.iter().map(one).collect::<Vec<_>>().join(" + ")
}

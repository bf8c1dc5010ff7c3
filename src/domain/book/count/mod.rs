//! Counts (armoury-practice section 5). A count is a document: start, end, who, the list frozen at the start, what was
//! seen of it and how, what was not, what is there besides, and who signed.
//!
//! Everything is in the fold, so that a count goes on after a power cut where it was. What moves meanwhile has an entry
//! of its own and is told apart by that entry's number, never by a clock (C-3).

mod enter;
mod fact;
mod figures;
mod finish;
mod kind;
mod open;
mod sheet;

use std::collections::BTreeMap;

use serde::{Deserialize, Serialize};

pub use enter::{Sweep, heard, may_sweep, seen_by_mark};
pub use fact::Fact;
pub use figures::Figures;
pub use kind::{ExtraKind, How, Kind, Stray, is_here};
pub use open::{follow, opened_by_key};
pub use sheet::{
    Count, Extra, Item, NO_MODEL, Note, Outcome, Sighting, digest, draw, in_room, model_of, room,
};

use super::discrepancy::said;
use super::{Context, Denied, Fact as AnyFact, Stamp};
use crate::domain::armoury::Armoury;
use crate::domain::ids::{PersonId, Seq, WeaponId};
use crate::domain::moment::Moment;
use crate::domain::person::Role;

const DAY_MS: i64 = 86_400_000;

/// What can be asked.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case", deny_unknown_fields)]
pub enum Act {
    /// Begin a count.
    Open {
        /// What kind.
        kind: Kind,
        /// Only this rack.
        rack: Option<String>,
        /// Blind, whatever policy says.
        blind: bool,
        /// Who hands over.
        outgoing: Option<PersonId>,
        /// Who takes over.
        incoming: Option<PersonId>,
    },
    /// Let the readers listen; only a running station can.
    Sweep {
        /// Which count; the one that is open when left out.
        count: Option<Seq>,
        /// Which reader; all of them when left out.
        reader: Option<String>,
        /// For how long, milliseconds.
        ms: u64,
    },
    /// Say what was seen.
    Seen {
        /// Which count; the one that is open when left out.
        count: Option<Seq>,
        /// Typed or by eye.
        how: How,
        /// Numbers, serials or marks.
        what: Vec<String>,
        /// Where, if not at home.
        place: Option<String>,
    },
    /// Say how many there are of a type.
    Tally {
        /// Which count; the one that is open when left out.
        count: Option<Seq>,
        /// The type.
        model: String,
        /// How many.
        found: u32,
    },
    /// Say how many slots are filled.
    Slots {
        /// Which count; the one that is open when left out.
        count: Option<Seq>,
        /// How many.
        filled: u32,
    },
    /// Write a finding down.
    Note {
        /// Which count; the one that is open when left out.
        count: Option<Seq>,
        /// About this weapon.
        weapon: Option<WeaponId>,
        /// What.
        text: String,
    },
    /// Let marks shown to a camera count, or no longer.
    Scan {
        /// Which count; the one that is open when left out.
        count: Option<Seq>,
        /// Whether they do.
        on: bool,
        /// Only at this read point.
        read_point: Option<String>,
    },
    /// Sign: nothing is added afterwards.
    Sign {
        /// Which count; the one that is open when left out.
        count: Option<Seq>,
    },
    /// End a count that comes out.
    Close {
        /// Which count; the one that is open when left out.
        count: Option<Seq>,
    },
    /// Hand one up that does not.
    HandUp {
        /// Which count; the one that is open when left out.
        count: Option<Seq>,
        /// Why.
        reason: String,
    },
    /// Give one up that was begun by mistake.
    Cancel {
        /// Which count; the one that is open when left out.
        count: Option<Seq>,
        /// Why.
        reason: String,
    },
}

/// The counts.
#[derive(Debug, Clone, Default, PartialEq, Serialize, Deserialize)]
#[serde(default)]
pub struct State {
    /// Those that are open, by the number of their first entry.
    pub open: BTreeMap<Seq, Count>,
    /// Those that are over.
    pub done: BTreeMap<Seq, Done>,
    /// Marks shown to a camera belong to this count, at this read point if one is named.
    pub scanning: Option<(Seq, Option<String>)>,
    /// Who made the last official inventory.
    pub last_officer: Option<PersonId>,
    /// When the ledger began, wall milliseconds: from here a count that was never made is due.
    pub began_wall_ms: Option<i64>,
    /// When a count of each kind was finished last, wall milliseconds.
    pub last: BTreeMap<Kind, i64>,
    /// Which period was said to be overdue last, by kind: since when, how many periods.
    pub overdue: BTreeMap<Kind, (i64, u32)>,
}

/// A count that is over.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
pub struct Done {
    /// What kind.
    pub kind: Kind,
    /// Only this rack.
    pub rack: Option<String>,
    /// Who counted.
    pub counter: Option<PersonId>,
    /// When it began, wall milliseconds.
    pub opened_wall_ms: i64,
    /// When it ended, wall milliseconds.
    pub ended_wall_ms: i64,
    /// The entry that ended it.
    pub ended: Seq,
    /// `closed`, `handed_up`, `cancelled`.
    pub how: String,
    /// The figures.
    pub figures: Figures,
}

impl Act {
    /// Who may ask this. Of each kind of count its own rule says more ([`Kind::counters`]).
    pub fn allowed(&self) -> &'static [Role] {
        match self {
            Self::Open { kind, .. } => kind.counters(),
            Self::Cancel { .. } => &[Role::Supervisor, Role::Commander],
            _ => &[
                Role::Armourer,
                Role::Witness,
                Role::Supervisor,
                Role::InventoryOfficer,
                Role::Commander,
                Role::Inspector,
            ],
        }
    }
}

/// Decides on an act.
///
/// # Errors
/// Why not, and what to do first.
pub fn plan(context: Context<'_>, act: &Act) -> Result<Vec<AnyFact>, Denied> {
    let state = &context.armoury.rooms.count;
    let facts = match act {
        Act::Open { kind, rack, blind, outgoing, incoming } => {
            vec![open::open(context, *kind, rack.as_deref(), *blind, (outgoing.as_ref(), incoming.as_ref()))?]
        }
        Act::Sweep { count, .. } => {
            may_sweep(context, *count)?;
            return Denied::because("let the readers listen: no station is running here");
        }
        Act::Seen { count, how, what, place } => {
            enter::seen(context, open_count(state, *count)?, *how, what, place.as_deref())?
        }
        Act::Tally { count, model, found } => {
            vec![enter::tally(context, open_count(state, *count)?, model, *found)?]
        }
        Act::Slots { count, filled } => {
            let count = enter::enterable(context, open_count(state, *count)?)?.0;
            vec![Fact::SlotsCounted { count, filled: *filled }]
        }
        Act::Note { count, weapon, text } => {
            vec![enter::note(context, open_count(state, *count)?, weapon.as_ref(), text)?]
        }
        Act::Scan { count, on, read_point } => {
            let count = enter::enterable(context, open_count(state, *count)?)?.0;
            let read_point =
                read_point.as_deref().map(|place| said("name the read point", place)).transpose()?;
            vec![Fact::ScanSet { count, on: *on, read_point }]
        }
        Act::Sign { count } => vec![finish::sign(context, open_count(state, *count)?)?],
        Act::Close { count } => return finish::close(context, open_count(state, *count)?),
        Act::HandUp { count, reason } => return finish::hand_up(context, open_count(state, *count)?, reason),
        Act::Cancel { count, reason } => {
            vec![finish::cancel(context, open_count(state, *count)?, reason)?]
        }
    };
    Ok(facts.into_iter().map(AnyFact::Count).collect())
}

/// The open count of that number; the only one where none is named.
///
/// # Errors
/// There is none, or it is not clear which.
pub fn open_count(state: &State, count: Option<Seq>) -> Result<(Seq, &Count), Denied> {
    match count {
        Some(seq) => match state.open.get(&seq) {
            Some(found) => Ok((seq, found)),
            None if state.done.contains_key(&seq) => {
                Denied::because(format!("go on with count {seq}: it is over"))
            }
            None => Denied::because(format!("find count {seq}: there is none of that number")),
        },
        None => {
            let mut open = state.open.iter();
            match (open.next(), open.next()) {
                (Some((seq, found)), None) => Ok((*seq, found)),
                (None, _) => Denied::because("find the count: none is open; begin with count open"),
                (Some(_), Some(_)) => {
                    Denied::because("find the count: several are open; name one with --count")
                }
            }
        }
    }
}

/// What has fallen due: counts that should have been made, each said once a period (C-2).
pub fn due(armoury: &Armoury, now: Moment) -> Vec<AnyFact> {
    let (state, policy) = (&armoury.rooms.count, &armoury.policy);
    let kinds = [
        (Kind::Serials, policy.count_serials_days),
        (Kind::Sample, policy.count_sample_days),
        (Kind::Audit, policy.count_audit_days),
    ];
    let Some(began_wall_ms) = state.began_wall_ms else { return Vec::new() };
    if armoury.weapons().next().is_none() {
        return Vec::new();
    }
    let mut facts = Vec::new();
    for (kind, days) in kinds.into_iter().filter(|(_, days)| *days > 0) {
        let since_wall_ms = state.last.get(&kind).copied().unwrap_or(began_wall_ms);
        let passed = now.wall_ms.saturating_sub(since_wall_ms) / (i64::from(days) * DAY_MS);
        let periods = u32::try_from(passed).unwrap_or(0);
        let said = state.overdue.get(&kind).filter(|(since, _)| *since == since_wall_ms);
        let is_open = state.open.values().any(|count| count.kind == kind);
        if periods > said.map_or(0, |(_, periods)| *periods) && !is_open {
            facts.push(AnyFact::Count(Fact::Overdue { kind, since_wall_ms, periods }));
        }
    }
    facts
}

/// Takes a durable fact into memory.
pub fn apply(armoury: &mut Armoury, stamp: Stamp<'_>, fact: &Fact) {
    match fact {
        Fact::Opened { .. } => open::opened(armoury, stamp, fact),
        Fact::SampleDrawn { count, share, hash, .. } => {
            if let Some(found) = armoury.rooms.count.open.get_mut(count) {
                found.sample = Some(draw(found.items.keys(), *share, hash));
            }
        }
        Fact::Overdue { kind, since_wall_ms, periods } => {
            armoury.rooms.count.overdue.insert(*kind, (*since_wall_ms, *periods));
        }
        Fact::Closed { count, figures } => finish::end(armoury, stamp, *count, "closed", figures),
        Fact::HandedUp { count, figures, .. } => finish::end(armoury, stamp, *count, "handed_up", figures),
        Fact::Cancelled { count, .. } => {
            finish::end(armoury, stamp, *count, "cancelled", &Figures::default())
        }
        Fact::ScanSet { count, on, read_point } => {
            let state = &mut armoury.rooms.count;
            if *on {
                state.scanning = Some((*count, read_point.clone()));
            } else if state.scanning.as_ref().is_some_and(|(scanning, _)| scanning == count) {
                state.scanning = None;
            }
        }
        Fact::TakenOver { .. } => {}
        entered => enter::entered(armoury, stamp, entered),
    }
}

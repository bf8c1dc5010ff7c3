//! What is drawn (armoury-practice I-1 to I-8): for what and until when, on which paper, extended, overdue, undone,
//! signed for, decided on by a supervisor, and what was found when it came back.
//!
//! Custody itself stands with the weapon; here stands what else is known of an open draw.

mod apply;
mod fact;
mod plan;

use std::collections::{BTreeMap, VecDeque};

use minicbor::{Decode, Encode};
use serde::{Deserialize, Serialize};

use super::super::armoury::Armoury;
use super::super::event::Reason;
use super::super::ids::{PersonId, Seq, WeaponId};
use super::super::moment::Moment;
use super::super::person::Role;
use super::super::purpose::{HOUR_MS, Length, Paper, Purpose};
use super::super::weapon::Custody;
use super::Fact as AnyFact;

pub use apply::apply;
pub(in crate::domain) use apply::{before_desk, closed, opened};
pub use fact::{Fact, overdue_words};
pub use plan::{drawn_before, plan};

/// Longest reason taken, in bytes. It is kept for ever and names nobody.
pub const TEXT_MAX_BYTES: usize = 200;

/// Open questions to a supervisor that are remembered.
const ASKED_MAX: usize = 100;

/// Movements that are remembered to be undone.
const MOVES_MAX: usize = 64;

/// Most overdue weapons said at once; the others follow a second later.
const DUE_MAX: usize = 100;

/// Milliseconds in a minute.
const MINUTE_MS: i64 = 60_000;

/// What can be asked.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case", deny_unknown_fields)]
pub enum Act {
    /// Give a draw more time.
    Extend {
        /// What is drawn.
        weapon: WeaponId,
        /// Until when.
        until: Until,
        /// Why.
        why: String,
    },
    /// Take the last issue or return back, as a new entry.
    Undo {
        /// Its entry; none: the last movement there was.
        entry: Option<Seq>,
    },
    /// Sign for a weapon that left without a signature.
    Sign {
        /// Which.
        weapon: WeaponId,
    },
    /// Decide on what a supervisor was asked.
    Decide {
        /// The entry that asked.
        entry: Seq,
        /// Yes or no.
        grant: bool,
        /// Why.
        why: String,
    },
    /// Note how a weapon came back.
    Note {
        /// Which.
        weapon: WeaponId,
        /// How.
        note: ReturnNote,
    },
    /// Enter that a weapon of an older book was drawn before this one began.
    DrawnBefore(DrawnBefore),
}

/// A draw of an older book.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct DrawnBefore {
    /// Which weapon.
    pub weapon: WeaponId,
    /// Who holds it.
    pub person: PersonId,
    /// Since when, wall milliseconds, where the older book says so.
    pub since_wall_ms: Option<i64>,
    /// When it is due back, where the older book says so.
    pub due_wall_ms: Option<i64>,
    /// What for.
    #[serde(default)]
    pub purpose: Purpose,
}

/// Until when a draw is extended.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Until {
    /// Counted from now.
    For(Length),
    /// This moment, wall milliseconds.
    At(i64),
}

/// How a weapon came back (I-3, I-4). What was not looked at is left out.
#[derive(Debug, Clone, PartialEq, Eq, Default, Serialize, Deserialize, Encode, Decode)]
#[serde(default, deny_unknown_fields)]
#[cbor(map)]
pub struct ReturnNote {
    /// Rounds given back.
    #[n(0)]
    #[serde(skip_serializing_if = "Option::is_none")]
    pub rounds_returned: Option<u32>,
    /// Rounds fired.
    #[n(1)]
    #[serde(skip_serializing_if = "Option::is_none")]
    pub rounds_fired: Option<u32>,
    /// Magazines that came with it.
    #[n(2)]
    #[serde(skip_serializing_if = "Option::is_none")]
    pub magazines: Option<u32>,
    /// Attachments that came with it.
    #[n(3)]
    #[serde(skip_serializing_if = "Option::is_none")]
    pub attachments: Option<u32>,
    /// Whether it is clean.
    #[n(4)]
    #[serde(skip_serializing_if = "Option::is_none")]
    pub clean: Option<bool>,
    /// What is to be said of its condition.
    #[n(5)]
    #[serde(skip_serializing_if = "Option::is_none")]
    pub condition: Option<String>,
    /// Why somebody else than its bearer brought it (I-3).
    #[n(6)]
    #[serde(skip_serializing_if = "Option::is_none")]
    pub brought_because: Option<String>,
    /// Why it is not fit for issue: it goes to the quarantine slot.
    #[n(7)]
    #[serde(skip_serializing_if = "Option::is_none")]
    pub unfit: Option<String>,
}

/// What is drawn, and what is still open about it.
#[derive(Debug, Clone, Default, PartialEq, Serialize, Deserialize)]
#[serde(default)]
pub struct State {
    /// Every open draw, by weapon.
    pub open: BTreeMap<WeaponId, Loan>,
    /// What a supervisor was asked and has not answered, by entry.
    pub asked: BTreeMap<Seq, Asked>,
    /// The last movements at the desk, the newest last.
    pub moves: VecDeque<Move>,
}

/// An open draw, beside the custody that stands with the weapon.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
pub struct Loan {
    /// The entry by which the weapon left.
    pub seq: Seq,
    /// What for.
    pub purpose: Purpose,
    /// On which paper.
    pub paper: Paper,
    /// Nobody has signed for it: whoever stands in its custody answers.
    pub to_sign: bool,
    /// How loudly it was said that it is overdue, 0 to 3.
    pub level: u8,
}

/// A question to a supervisor.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
pub struct Asked {
    /// About which weapon.
    pub weapon: WeaponId,
    /// Who wanted it.
    pub person: Option<PersonId>,
    /// Why it was asked.
    pub reason: Option<Reason>,
    /// What for.
    pub purpose: Purpose,
    /// The last entry that had moved the weapon's custody then.
    pub predecessor: Option<Seq>,
}

/// A movement at the desk that may be undone.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
pub struct Move {
    /// Its entry.
    pub seq: Seq,
    /// When.
    pub at: Moment,
    /// Of which weapon.
    pub weapon: WeaponId,
    /// Who drew it, or had drawn it.
    pub person: PersonId,
    /// The second person.
    pub witness: Option<PersonId>,
    /// Custody before.
    pub before: Custody,
    /// The draw before.
    pub loan: Option<Loan>,
}

/// A card on its slot: which weapon is out of it and who has it (I-2).
#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
pub struct SlotCard {
    /// Rack of the slot.
    pub rack: Option<String>,
    /// The slot.
    pub slot: Option<String>,
    /// The weapon that is out.
    pub weapon: WeaponId,
    /// Who has it.
    pub person: PersonId,
    /// On which paper.
    pub paper: Paper,
    /// The number on that paper: the entry by which the weapon left.
    pub seq: Seq,
}

impl Loan {
    /// A draw that begins.
    pub fn new(seq: Seq, purpose: Purpose, paper: Option<Paper>, to_sign: bool) -> Self {
        Self { seq, purpose, paper: paper.unwrap_or(Paper::Card), to_sign, level: 0 }
    }
}

impl Act {
    /// Who may ask this.
    pub fn allowed(&self) -> &'static [Role] {
        const DESK: &[Role] = &[Role::Armourer, Role::Supervisor, Role::Commander];
        const BESIDE: &[Role] = &[Role::Armourer, Role::Witness, Role::Supervisor, Role::Commander];
        const ABOVE: &[Role] = &[Role::Supervisor, Role::Commander];
        match self {
            Self::Extend { .. } | Self::Note { .. } => DESK,
            Self::Undo { .. } => BESIDE,
            Self::Sign { .. } => &Role::ALL,
            Self::Decide { .. } | Self::DrawnBefore(_) => ABOVE,
        }
    }
}

/// What hangs on the slots: slot → card → person, in the order of the wall (I-2).
pub fn slot_cards(armoury: &Armoury) -> Vec<SlotCard> {
    let mut cards: Vec<SlotCard> = armoury
        .rooms
        .loan
        .open
        .iter()
        .filter_map(|(id, loan)| {
            let holding = armoury.weapon(id)?;
            let Custody::Out { to, .. } = &holding.custody else { return None };
            Some(SlotCard {
                rack: holding.weapon.rack.clone(),
                slot: holding.weapon.slot.clone(),
                weapon: id.clone(),
                person: to.clone(),
                paper: loan.paper,
                seq: loan.seq,
            })
        })
        .collect();
    cards.sort_by(|a, b| (&a.rack, &a.slot, &a.weapon).cmp(&(&b.rack, &b.slot, &b.weapon)));
    cards
}

/// How late a draw is beyond its grace, ms; below 0 it is not.
pub fn late_ms(armoury: &Armoury, due_wall_ms: i64, now_wall_ms: i64) -> i64 {
    let grace_ms = i64::from(armoury.policy.overdue_grace_min) * MINUTE_MS;
    now_wall_ms.saturating_sub(due_wall_ms).saturating_sub(grace_ms)
}

/// How loudly an overdue draw is to be said: 1 the armourer's, 2 the supervisor's, 3 the commander's, 0 not overdue.
fn level(armoury: &Armoury, due_wall_ms: i64, now_wall_ms: i64) -> u8 {
    let late_ms = late_ms(armoury, due_wall_ms, now_wall_ms);
    let after = |hours: u32| hours > 0 && late_ms >= i64::from(hours).saturating_mul(HOUR_MS);
    let policy = &armoury.policy;
    match late_ms {
        ..0 => 0,
        _ if after(policy.overdue_third_hours) => 3,
        _ if after(policy.overdue_second_hours) => 2,
        _ => 1,
    }
}

/// Draws of which it was said that they are overdue, and that still are, as it was said.
pub fn overdue(armoury: &Armoury) -> impl Iterator<Item = Fact> + '_ {
    armoury.rooms.loan.open.iter().filter(|(_, loan)| loan.level > 0).filter_map(|(id, loan)| {
        let Custody::Out { to, due_wall_ms, .. } = &armoury.weapon(id)?.custody else { return None };
        Some(Fact::Overdue {
            weapon: id.clone(),
            person: to.clone(),
            loan: loan.seq,
            level: loan.level,
            due_wall_ms: (*due_wall_ms)?,
        })
    })
}

/// What has fallen due: each overdue draw, once for each step of loudness (I-5).
pub fn due(armoury: &Armoury, now: Moment) -> Vec<AnyFact> {
    let late = armoury.rooms.loan.open.iter().filter_map(|(id, loan)| {
        let Custody::Out { to, due_wall_ms: Some(due_wall_ms), .. } = &armoury.weapon(id)?.custody else {
            return None;
        };
        let level = level(armoury, *due_wall_ms, now.wall_ms);
        (level > loan.level).then(|| Fact::Overdue {
            weapon: id.clone(),
            person: to.clone(),
            loan: loan.seq,
            level,
            due_wall_ms: *due_wall_ms,
        })
    });
    late.take(DUE_MAX).map(AnyFact::Loan).collect()
}

//! What is entered of draws, and how it is said.

use minicbor::{Decode, Encode};
use serde::{Deserialize, Serialize};

use super::super::super::ids::{PersonId, Seq, WeaponId};
use super::super::super::moment::rfc3339;
use super::super::super::person::Role;
use super::super::super::purpose::{Paper, Purpose};
use super::super::Alarm;
use super::ReturnNote;

/// What is entered.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize, Encode, Decode)]
#[serde(rename_all = "snake_case")]
pub enum Fact {
    /// A draw got more time.
    #[n(0)]
    Extended {
        /// What is drawn.
        #[n(0)]
        weapon: WeaponId,
        /// By whom.
        #[n(1)]
        person: PersonId,
        /// The entry by which it left.
        #[n(2)]
        loan: Seq,
        /// When it was due before, wall milliseconds.
        #[n(3)]
        was_wall_ms: Option<i64>,
        /// When it is due now.
        #[n(4)]
        due_wall_ms: i64,
        /// The paper it is on now.
        #[n(5)]
        paper: Paper,
        /// Why.
        #[n(6)]
        why: String,
    },
    /// An issue or a return was taken back.
    #[n(1)]
    Undone {
        /// Of which weapon.
        #[n(0)]
        weapon: WeaponId,
        /// Who had drawn it, or has it again.
        #[n(1)]
        person: PersonId,
        /// The entry that was undone.
        #[n(2)]
        undoes: Seq,
        /// It was an issue and the weapon is in stock again; else it was a return and the weapon is out again.
        #[n(3)]
        in_stock: bool,
    },
    /// A drawn weapon is not back in time.
    #[n(2)]
    Overdue {
        /// Which.
        #[n(0)]
        weapon: WeaponId,
        /// Who has it.
        #[n(1)]
        person: PersonId,
        /// The entry by which it left.
        #[n(2)]
        loan: Seq,
        /// 1 the armourer's, 2 the supervisor's, 3 the commander's.
        #[n(3)]
        level: u8,
        /// When it was due, wall milliseconds.
        #[n(4)]
        due_wall_ms: i64,
    },
    /// Somebody signed for a weapon that had left without a signature.
    #[n(3)]
    Signed {
        /// Which.
        #[n(0)]
        weapon: WeaponId,
        /// Who answers for it from now on.
        #[n(1)]
        person: PersonId,
        /// Who had answered for it.
        #[n(2)]
        from: PersonId,
        /// The entry by which it left.
        #[n(3)]
        loan: Seq,
    },
    /// A supervisor let a weapon leave that the rules held back.
    #[n(4)]
    Granted {
        /// Which.
        #[n(0)]
        weapon: WeaponId,
        /// With whom.
        #[n(1)]
        person: PersonId,
        /// The entry that asked.
        #[n(2)]
        asked: Seq,
        /// What for.
        #[n(3)]
        purpose: Purpose,
        /// On which paper.
        #[n(4)]
        paper: Paper,
        /// When it is due back, wall milliseconds.
        #[n(5)]
        due_wall_ms: Option<i64>,
        /// Why.
        #[n(6)]
        why: String,
        /// The last entry that had moved its custody (I16).
        #[n(7)]
        predecessor: Option<Seq>,
    },
    /// A supervisor keeps a weapon that belongs elsewhere.
    #[n(5)]
    Kept {
        /// Which.
        #[n(0)]
        weapon: WeaponId,
        /// The entry that asked.
        #[n(1)]
        asked: Seq,
        /// Why.
        #[n(2)]
        why: String,
    },
    /// A supervisor said no.
    #[n(6)]
    Declined {
        /// To which weapon.
        #[n(0)]
        weapon: WeaponId,
        /// To whom.
        #[n(1)]
        person: Option<PersonId>,
        /// The entry that asked.
        #[n(2)]
        asked: Seq,
        /// Why.
        #[n(3)]
        why: String,
    },
    /// How a weapon came back.
    #[n(7)]
    Noted {
        /// Which.
        #[n(0)]
        weapon: WeaponId,
        /// Who had it.
        #[n(1)]
        person: Option<PersonId>,
        /// The entry by which it came back.
        #[n(2)]
        entry: Seq,
        /// How.
        #[n(3)]
        note: ReturnNote,
    },
    /// A weapon of an older book was drawn before this one began.
    #[n(8)]
    DrawnBefore {
        /// Which.
        #[n(0)]
        weapon: WeaponId,
        /// Who has it.
        #[n(1)]
        person: PersonId,
        /// Since when, wall milliseconds.
        #[n(2)]
        since_wall_ms: Option<i64>,
        /// When it is due back.
        #[n(3)]
        due_wall_ms: Option<i64>,
        /// What for.
        #[n(4)]
        purpose: Purpose,
    },
}

/// What an alarm about an overdue weapon says: the same words clear it when the weapon is back.
pub fn overdue_words(weapon: &WeaponId, person: &PersonId, due_wall_ms: i64, level: u8) -> String {
    format!("{weapon} is overdue since {}: out to {person}, {} owns it.", rfc3339(due_wall_ms), owner(level))
}

/// Who owns the discrepancy at this loudness (I-5).
fn owner(level: u8) -> &'static str {
    match level {
        0 | 1 => Role::Armourer.word(),
        2 => Role::Supervisor.word(),
        _ => Role::Commander.word(),
    }
}

impl Fact {
    /// The word for its kind.
    pub fn word(&self) -> &'static str {
        match self {
            Self::Extended { .. } => "loan_extended",
            Self::Undone { .. } => "loan_undone",
            Self::Overdue { .. } => "overdue",
            Self::Signed { .. } => "loan_signed",
            Self::Granted { .. } => "loan_granted",
            Self::Kept { .. } => "loan_kept",
            Self::Declined { .. } => "loan_declined",
            Self::Noted { .. } => "return_noted",
            Self::DrawnBefore { .. } => "drawn_before",
        }
    }

    /// The weapon it is about.
    pub fn weapon(&self) -> &WeaponId {
        match self {
            Self::Extended { weapon, .. }
            | Self::Undone { weapon, .. }
            | Self::Overdue { weapon, .. }
            | Self::Signed { weapon, .. }
            | Self::Granted { weapon, .. }
            | Self::Kept { weapon, .. }
            | Self::Declined { weapon, .. }
            | Self::Noted { weapon, .. }
            | Self::DrawnBefore { weapon, .. } => weapon,
        }
    }

    /// The weapons it is about.
    pub fn weapons(&self) -> Vec<&WeaponId> {
        vec![self.weapon()]
    }

    /// The people it is about.
    pub fn persons(&self) -> Vec<&PersonId> {
        match self {
            Self::Extended { person, .. }
            | Self::Undone { person, .. }
            | Self::Overdue { person, .. }
            | Self::Granted { person, .. }
            | Self::DrawnBefore { person, .. } => vec![person],
            Self::Signed { person, from, .. } => vec![person, from],
            Self::Declined { person, .. } | Self::Noted { person, .. } => person.iter().collect(),
            Self::Kept { .. } => Vec::new(),
        }
    }

    /// What it says.
    pub fn line(&self) -> String {
        let due = |due: &Option<i64>| due.map_or_else(|| "no time".to_owned(), rfc3339);
        match self {
            Self::Extended { weapon, person, was_wall_ms, due_wall_ms, paper, why, .. } => format!(
                "{weapon} of {person} due {} instead of {}, {}: {why}",
                rfc3339(*due_wall_ms),
                due(was_wall_ms),
                paper.title()
            ),
            Self::Undone { weapon, person, undoes, in_stock: true } => {
                format!("{weapon} in again, issue {undoes} to {person} undone")
            }
            Self::Undone { weapon, person, undoes, in_stock: false } => {
                format!("{weapon} out to {person} again, return {undoes} undone")
            }
            Self::Overdue { weapon, person, due_wall_ms, level, .. } => {
                format!("{weapon} of {person} was due {}, {} owns it", rfc3339(*due_wall_ms), owner(*level))
            }
            Self::Signed { weapon, person, from, loan } => {
                format!("{weapon} signed for by {person}, {from} stood for it since entry {loan}")
            }
            Self::Granted { weapon, person, asked, purpose, paper, due_wall_ms, why, .. } => format!(
                "{weapon} to {person} for {}, {}, due {}, asked in entry {asked}: {why}",
                purpose.word(),
                paper.title(),
                due(due_wall_ms)
            ),
            Self::Kept { weapon, asked, why } => format!("{weapon} kept here, asked in entry {asked}: {why}"),
            Self::Declined { weapon, asked, why, .. } => format!("{weapon}, asked in entry {asked}: {why}"),
            Self::Noted { weapon, entry, note, .. } => format!("{weapon}, return {entry}: {}", note.line()),
            Self::DrawnBefore { weapon, person, since_wall_ms, .. } => {
                let since = since_wall_ms.map_or_else(|| "an unknown day".to_owned(), rfc3339);
                format!("{weapon} out to {person} since {since}, by the older book")
            }
        }
    }

    /// An overdue weapon asks for somebody, the longer the louder.
    pub fn alarm(&self) -> Option<Alarm> {
        let Self::Overdue { weapon, person, level, due_wall_ms, .. } = self else { return None };
        Some(Alarm {
            priority: 4_u8.saturating_sub(*level).clamp(1, 3),
            what: overdue_words(weapon, person, *due_wall_ms, *level),
            first_step: "Call the bearer. Bring it in, or extend the draw.",
        })
    }
}

impl ReturnNote {
    /// What it says, in a few words.
    pub fn line(&self) -> String {
        let mut words: Vec<String> = Vec::new();
        let mut count = |what: &str, number: Option<u32>| {
            words.extend(number.map(|number| format!("{number} {what}")));
        };
        count("rounds returned", self.rounds_returned);
        count("rounds fired", self.rounds_fired);
        count("magazines", self.magazines);
        count("attachments", self.attachments);
        words.extend(self.clean.map(|clean| if clean { "clean" } else { "to be cleaned" }.to_owned()));
        words.extend(self.condition.clone());
        words.extend(self.brought_because.as_ref().map(|why| format!("brought by another: {why}")));
        words.extend(self.unfit.as_ref().map(|why| format!("unfit, quarantined: {why}")));
        words.join(", ")
    }
}

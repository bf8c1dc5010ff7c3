//! What is entered about a discrepancy (D-1 to D-3).

use minicbor::{Decode, Encode};
use serde::{Deserialize, Serialize};

use super::super::Alarm;
use crate::domain::ids::{PersonId, Seq, WeaponId};

/// What does not agree with the book.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize, Encode, Decode)]
#[serde(rename_all = "snake_case")]
pub enum What {
    /// A weapon is not accounted for.
    #[n(0)]
    Weapon(#[n(0)] WeaponId),
    /// More or fewer of a type than the book has.
    #[n(1)]
    Numbers {
        /// The type.
        #[n(0)]
        model: String,
        /// As the book has it.
        #[n(1)]
        expected: u32,
        /// As counted.
        #[n(2)]
        found: u32,
    },
    /// Something that should not be there: a tag nobody knows, a weapon that belongs elsewhere.
    #[n(2)]
    Extra(#[n(0)] String),
    /// A key, a seal, a part.
    #[n(3)]
    Thing(#[n(0)] String),
}

impl What {
    /// In a few words.
    pub fn call(&self) -> String {
        match self {
            Self::Weapon(weapon) => weapon.to_string(),
            Self::Numbers { model, expected, found } => format!("{model}: {found} instead of {expected}"),
            Self::Extra(what) | Self::Thing(what) => what.clone(),
        }
    }

    /// The weapon, where it is one that is not accounted for.
    pub fn weapon(&self) -> Option<&WeaponId> {
        match self {
            Self::Weapon(weapon) => Some(weapon),
            Self::Numbers { .. } | Self::Extra(_) | Self::Thing(_) => None,
        }
    }
}

/// What brought it to light.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize, Encode, Decode)]
#[serde(rename_all = "snake_case")]
#[cbor(index_only)]
pub enum Cause {
    /// A count.
    #[n(0)]
    Count,
    /// A weapon that did not come back in time (I-5).
    #[n(1)]
    Overdue,
    /// A receipt that is short of its dispatch (T-3), or none at all (T-4).
    #[n(2)]
    Transfer,
    /// A stand-to that was not reconciled (I-7).
    #[n(3)]
    StandTo,
    /// The readers that watch a rack.
    #[n(4)]
    Rack,
    /// Keys and seals (S-3).
    #[n(5)]
    Key,
    /// Somebody said so.
    #[n(6)]
    Report,
}

impl Cause {
    /// The word.
    pub fn word(self) -> &'static str {
        match self {
            Self::Count => "count",
            Self::Overdue => "overdue",
            Self::Transfer => "transfer",
            Self::StandTo => "stand-to",
            Self::Rack => "rack",
            Self::Key => "key",
            Self::Report => "report",
        }
    }
}

/// A clock that runs from the discovery (D-2).
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Serialize, Deserialize, Encode, Decode)]
#[serde(rename_all = "snake_case")]
#[cbor(index_only)]
pub enum Clock {
    /// Count again.
    #[n(0)]
    Recount,
    /// Tell the commander.
    #[n(1)]
    Commander,
    /// Tell the police.
    #[n(2)]
    Police,
    /// Tell headquarters.
    #[n(3)]
    Headquarters,
    /// Tell the central registry and the lists of lost and stolen weapons.
    #[n(4)]
    Registry,
}

impl Clock {
    /// Every one, in the order in which they usually end.
    pub const ALL: [Self; 5] =
        [Self::Recount, Self::Commander, Self::Police, Self::Headquarters, Self::Registry];

    /// The word.
    pub fn word(self) -> &'static str {
        match self {
            Self::Recount => "recount",
            Self::Commander => "commander",
            Self::Police => "police",
            Self::Headquarters => "headquarters",
            Self::Registry => "registry",
        }
    }
}

/// A step on the way from suspicion to the end (D-1).
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize, Encode, Decode)]
#[serde(rename_all = "snake_case")]
pub enum Step {
    /// Counted again by two people, and still not there.
    #[n(0)]
    Confirmed {
        /// The count that says so, where there was one.
        #[n(0)]
        recount: Option<Seq>,
    },
    /// It was there all the time.
    #[n(1)]
    Explained,
    /// Somebody was told.
    #[n(2)]
    Reported {
        /// Who.
        #[n(0)]
        to: Clock,
    },
    /// An inquiry began.
    #[n(3)]
    Inquired,
    /// It was found (D-3).
    #[n(4)]
    Recovered {
        /// Where.
        #[n(0)]
        place: String,
        /// By whom; none for somebody who is not in the book.
        #[n(1)]
        finder: Option<PersonId>,
        /// How it was.
        #[n(2)]
        condition: String,
    },
    /// Taken off the holding by an authority; the record stays.
    #[n(5)]
    WrittenOff,
    /// Another answers for it.
    #[n(6)]
    Assigned {
        /// Who.
        #[n(0)]
        owner: PersonId,
    },
    /// A deadline passed.
    #[n(7)]
    Passed {
        /// Which.
        #[n(0)]
        clock: Clock,
    },
}

/// What is entered.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize, Encode, Decode)]
#[serde(rename_all = "snake_case")]
pub enum Fact {
    /// Register and room differ. The number of this entry is the number of the case.
    #[n(0)]
    Suspected {
        /// What.
        #[n(0)]
        what: What,
        /// What brought it to light.
        #[n(1)]
        cause: Cause,
        /// The entry behind it: the count, the issue, the dispatch.
        #[n(2)]
        source: Option<Seq>,
        /// Who answers for it.
        #[n(3)]
        owner: Option<PersonId>,
    },
    /// A case went a step on.
    #[n(1)]
    Stepped {
        /// Its number.
        #[n(0)]
        case: Seq,
        /// The weapon.
        #[n(1)]
        weapon: Option<WeaponId>,
        /// Which.
        #[n(2)]
        step: Step,
        /// Why.
        #[n(3)]
        reason: String,
        /// The reference of a report, an inquiry, a write-off.
        #[n(4)]
        reference: Option<String>,
    },
}

impl Fact {
    /// The word for its kind.
    pub fn word(&self) -> &'static str {
        match self {
            Self::Suspected { .. } => "discrepancy_suspected",
            Self::Stepped { step, .. } => match step {
                Step::Confirmed { .. } => "discrepancy_confirmed",
                Step::Explained => "discrepancy_explained",
                Step::Reported { .. } => "discrepancy_reported",
                Step::Inquired => "inquiry_opened",
                Step::Recovered { .. } => "weapon_recovered",
                Step::WrittenOff => "weapon_written_off",
                Step::Assigned { .. } => "discrepancy_assigned",
                Step::Passed { .. } => "deadline_passed",
            },
        }
    }

    /// The weapons it is about.
    pub fn weapons(&self) -> Vec<&WeaponId> {
        match self {
            Self::Suspected { what, .. } => what.weapon().into_iter().collect(),
            Self::Stepped { weapon, .. } => weapon.iter().collect(),
        }
    }

    /// The people it is about.
    pub fn persons(&self) -> Vec<&PersonId> {
        match self {
            Self::Suspected { owner, .. } => owner.iter().collect(),
            Self::Stepped { step: Step::Recovered { finder, .. }, .. } => finder.iter().collect(),
            Self::Stepped { step: Step::Assigned { owner }, .. } => vec![owner],
            Self::Stepped { .. } => Vec::new(),
        }
    }

    /// What it says.
    pub fn line(&self) -> String {
        match self {
            Self::Suspected { what, cause, source, .. } => {
                let source = source.map(|seq| format!(" {seq}")).unwrap_or_default();
                format!("{} not accounted for, by {}{source}", what.call(), cause.word())
            }
            Self::Stepped { case, weapon, step, reason, reference } => {
                let weapon = weapon.as_ref().map(|id| format!(" ({id})")).unwrap_or_default();
                let reference = reference.as_ref().map(|text| format!(", {text}")).unwrap_or_default();
                let reason = if reason.is_empty() { String::new() } else { format!(": {reason}") };
                format!("case {case}{weapon} {}{reference}{reason}", step.line())
            }
        }
    }

    /// What is not accounted for, and a deadline that passed, bring somebody.
    pub fn alarm(&self) -> Option<Alarm> {
        let (priority, what, first_step) = match self {
            Self::Suspected { what, .. } => {
                (2, format!("{} is not accounted for.", what.call()), "Count again, two people, by eye.")
            }
            Self::Stepped { case, weapon, step, .. } => {
                let what = weapon.as_ref().map_or_else(|| format!("case {case}"), ToString::to_string);
                match step {
                    Step::Confirmed { .. } => (
                        1,
                        format!("{what} is not accounted for: confirmed."),
                        "Close the room. Tell the commander and the police. Report it here.",
                    ),
                    Step::Passed { clock } => (
                        1,
                        format!("Case {case}, {what}: the time to {} has passed.", clock.told()),
                        clock.first_step(),
                    ),
                    _ => return None,
                }
            }
        };
        Some(Alarm { priority, what, first_step })
    }
}

impl Clock {
    fn told(self) -> &'static str {
        match self {
            Self::Recount => "count again",
            Self::Commander => "tell the commander",
            Self::Police => "tell the police",
            Self::Headquarters => "tell headquarters",
            Self::Registry => "tell the registry",
        }
    }

    fn first_step(self) -> &'static str {
        match self {
            Self::Recount => "Count again now, two people, by eye, and enter what comes of it.",
            _ => "Tell them now and enter the report.",
        }
    }
}

impl Step {
    fn line(&self) -> String {
        match self {
            Self::Confirmed { recount: None } => "confirmed by recount".to_owned(),
            Self::Confirmed { recount: Some(count) } => format!("confirmed by count {count}"),
            Self::Explained => "explained".to_owned(),
            Self::Reported { to } => format!("reported to {}", to.word()),
            Self::Inquired => "under inquiry".to_owned(),
            Self::Recovered { place, condition, .. } => format!("recovered at {place}, {condition}"),
            Self::WrittenOff => "written off".to_owned(),
            Self::Assigned { owner } => format!("now with {owner}"),
            Self::Passed { clock } => format!("deadline passed: {}", clock.word()),
        }
    }
}

//! What is entered in the register of keys and seals (S-3).

use minicbor::{Decode, Encode};
use serde::{Deserialize, Serialize};

use super::super::Alarm;
use crate::domain::ids::{PersonId, WeaponId};

/// What a key opens, for the rule that nobody opens two (S-1).
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default, Serialize, Deserialize, Encode, Decode)]
#[serde(rename_all = "snake_case")]
#[cbor(index_only)]
pub enum Group {
    /// Weapons.
    #[default]
    #[n(0)]
    Weapons,
    /// Ammunition.
    #[n(1)]
    Ammunition,
    /// Bolts, stored apart.
    #[n(2)]
    Bolts,
    /// Anything else.
    #[n(3)]
    Other,
}

impl Group {
    /// The word.
    pub fn word(self) -> &'static str {
        match self {
            Self::Weapons => "weapons",
            Self::Ammunition => "ammunition",
            Self::Bolts => "bolts",
            Self::Other => "other",
        }
    }
}

/// What is entered.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize, Encode, Decode)]
#[serde(rename_all = "snake_case")]
pub enum Fact {
    /// A key entered the register.
    #[n(0)]
    Registered {
        /// Its number.
        #[n(0)]
        key: String,
        /// What it opens.
        #[n(1)]
        lock: String,
        /// The seal of a spare.
        #[n(2)]
        seal: Option<String>,
        /// What lies behind the lock.
        #[n(3)]
        group: Option<Group>,
        /// Which room or container the lock closes, together with others.
        #[n(4)]
        room: Option<String>,
    },
    /// It was taken.
    #[n(1)]
    Taken {
        /// Which.
        #[n(0)]
        key: String,
        /// By whom.
        #[n(1)]
        person: PersonId,
    },
    /// It was given back.
    #[n(2)]
    GivenBack {
        /// Which.
        #[n(0)]
        key: String,
        /// By whom.
        #[n(1)]
        person: PersonId,
    },
    /// It is lost: the lock is to be changed.
    #[n(3)]
    Lost {
        /// Which.
        #[n(0)]
        key: String,
        /// Who held it.
        #[n(1)]
        person: Option<PersonId>,
    },
    /// A lock was changed: its keys open nothing any more.
    #[n(4)]
    LockChanged {
        /// What it closed.
        #[n(0)]
        lock: String,
        /// The keys that are void now.
        #[n(1)]
        keys: Vec<String>,
        /// The order of work.
        #[n(2)]
        reference: String,
    },
    /// A key was taken against a rule, on an authority and before a witness (S-1).
    #[n(5)]
    Excepted {
        /// Which.
        #[n(0)]
        key: String,
        /// By whom.
        #[n(1)]
        person: PersonId,
        /// Against what.
        #[n(2)]
        against: String,
    },
    /// The keys in the cabinet were counted.
    #[n(6)]
    Counted {
        /// How many are there.
        #[n(0)]
        present: u32,
        /// Which should be there and are not.
        #[n(1)]
        missing: Vec<String>,
        /// Which are there and should not be.
        #[n(2)]
        strange: Vec<String>,
    },
    /// A seal was put on.
    #[n(7)]
    SealApplied {
        /// Its number.
        #[n(0)]
        seal: String,
        /// On what.
        #[n(1)]
        on: String,
    },
    /// A seal was looked at.
    #[n(8)]
    SealChecked {
        /// Its number.
        #[n(0)]
        seal: String,
        /// Whether it is whole and bears its number.
        #[n(1)]
        intact: bool,
    },
    /// A seal was broken on purpose.
    #[n(9)]
    SealBroken {
        /// Its number.
        #[n(0)]
        seal: String,
        /// Why.
        #[n(1)]
        reason: String,
    },
}

impl Fact {
    /// The word for its kind.
    pub fn word(&self) -> &'static str {
        match self {
            Self::Registered { .. } => "key_registered",
            Self::Taken { .. } => "key_taken",
            Self::GivenBack { .. } => "key_given_back",
            Self::Lost { .. } => "key_lost",
            Self::LockChanged { .. } => "lock_changed",
            Self::Excepted { .. } => "key_excepted",
            Self::Counted { .. } => "keys_counted",
            Self::SealApplied { .. } => "seal_applied",
            Self::SealChecked { .. } => "seal_checked",
            Self::SealBroken { .. } => "seal_broken",
        }
    }

    /// The weapons it is about: none.
    pub fn weapons(&self) -> Vec<&WeaponId> {
        Vec::new()
    }

    /// The people it is about.
    pub fn persons(&self) -> Vec<&PersonId> {
        match self {
            Self::Taken { person, .. } | Self::GivenBack { person, .. } | Self::Excepted { person, .. } => {
                vec![person]
            }
            Self::Lost { person, .. } => person.iter().collect(),
            _ => Vec::new(),
        }
    }

    /// What it says.
    pub fn line(&self) -> String {
        match self {
            Self::Registered { key, lock, .. } => format!("key {key} of {lock}"),
            Self::Taken { key, person } => format!("key {key} to {person}"),
            Self::GivenBack { key, person } => format!("key {key} from {person}"),
            Self::Lost { key, .. } => format!("key {key}"),
            Self::LockChanged { lock, keys, reference } => {
                format!("lock of {lock}, {reference}; void: {}", keys.join(", "))
            }
            Self::Excepted { key, person, against } => format!("key {key} to {person}: {against}"),
            Self::Counted { present, missing, strange } => {
                let mut line = format!("{present} keys in the cabinet");
                for (names, what) in [(missing, "not there"), (strange, "should not be there")] {
                    if !names.is_empty() {
                        line.push_str(&format!("; {what}: {}", names.join(", ")));
                    }
                }
                line
            }
            Self::SealApplied { seal, on } => format!("seal {seal} on {on}"),
            Self::SealChecked { seal, intact } => {
                format!("seal {seal} {}", if *intact { "whole" } else { "not as it was put on" })
            }
            Self::SealBroken { seal, reason } => format!("seal {seal}: {reason}"),
        }
    }

    /// A lost key opens until its lock is changed; a broken seal may have let somebody in.
    pub fn alarm(&self) -> Option<Alarm> {
        let (priority, what, first_step) = match self {
            Self::Lost { key, .. } => {
                (1, format!("Key {key} is lost."), "Guard the door. Change the lock. Report it.")
            }
            Self::Excepted { key, person, .. } => (
                2,
                format!("{person} took key {key} against the rule of two holders."),
                "Go there. See that it is given back.",
            ),
            Self::SealChecked { seal, intact: false } => (
                1,
                format!("Seal {seal} is not as it was put on."),
                "Touch nothing. Call the supervisor. Count what it closed.",
            ),
            _ => return None,
        };
        Some(Alarm { priority, what, first_step })
    }
}

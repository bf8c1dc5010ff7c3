//! The register of keys and seals (armoury-practice S-3): number, lock, holder, time out, time in; two locks, two
//! holders; spares under seal; keys counted at each handover; a lost key is reported and its lock changed.

mod fact;
mod plan;

use std::collections::BTreeMap;

use serde::{Deserialize, Serialize};

pub use fact::{Fact, Group};
pub use plan::plan;

use super::{Fact as AnyFact, Stamp};
use crate::domain::armoury::Armoury;
use crate::domain::ids::{PersonId, Seq};
use crate::domain::moment::Moment;
use crate::domain::person::Role;

/// What can be asked.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case", deny_unknown_fields)]
pub enum Act {
    /// Enter a key in the register.
    Register {
        /// Its number.
        key: String,
        /// What it opens.
        lock: String,
        /// The seal of a spare.
        seal: Option<String>,
        /// What lies behind the lock.
        #[serde(default)]
        group: Group,
        /// Which room or container the lock closes, together with others.
        #[serde(default)]
        room: Option<String>,
    },
    /// Take it.
    Take {
        /// Which.
        key: String,
    },
    /// Give it back.
    GiveBack {
        /// Which.
        key: String,
    },
    /// Report it lost.
    Lose {
        /// Which.
        key: String,
    },
    /// Say that the lock of this key was changed.
    ChangeLock {
        /// Which.
        key: String,
        /// The order of work.
        reference: String,
    },
    /// Count what hangs in the cabinet.
    Count {
        /// The numbers that hang there.
        present: Vec<String>,
    },
    /// Put a seal on.
    ApplySeal {
        /// Its number.
        seal: String,
        /// On what.
        on: String,
    },
    /// Look at a seal.
    CheckSeal {
        /// Its number.
        seal: String,
        /// Whether it is whole and bears its number.
        intact: bool,
    },
    /// Break a seal on purpose.
    BreakSeal {
        /// Its number.
        seal: String,
        /// Why.
        reason: String,
    },
}

/// The register.
#[derive(Debug, Clone, Default, PartialEq, Serialize, Deserialize)]
#[serde(default)]
pub struct State {
    /// Every key ever registered, by number.
    pub keys: BTreeMap<String, Key>,
    /// Every seal ever put on, by number.
    pub seals: BTreeMap<String, Seal>,
    /// The entry of the last count of keys.
    pub counted: Option<Seq>,
}

/// One key.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
pub struct Key {
    /// What it opens.
    pub lock: String,
    /// The seal of a spare.
    pub seal: Option<String>,
    /// What lies behind the lock.
    #[serde(default)]
    pub group: Group,
    /// Which room or container the lock closes, together with others.
    #[serde(default)]
    pub room: Option<String>,
    /// Who holds it, since which entry.
    pub holder: Option<(PersonId, Seq)>,
    /// Who held it last.
    #[serde(default)]
    pub last_holder: Option<PersonId>,
    /// Reported lost by this entry.
    pub lost: Option<Seq>,
    /// Opens nothing since this entry: its lock was changed.
    #[serde(default)]
    pub void: Option<Seq>,
}

impl Key {
    /// Whether it should hang in the cabinet.
    pub fn is_in(&self) -> bool {
        self.holder.is_none() && self.lost.is_none() && self.void.is_none()
    }
}

/// One seal.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
pub struct Seal {
    /// What it closes.
    pub on: String,
    /// The entry that put it on.
    pub applied: Seq,
    /// The entry of the last look at it.
    pub checked: Option<Seq>,
    /// Broken, or found not whole, by this entry.
    pub broken: Option<Seq>,
}

impl State {
    /// Whether there are keys that nobody has counted since that entry.
    pub fn is_uncounted_since(&self, entry: Seq) -> bool {
        self.keys.values().any(|key| key.void.is_none()) && self.counted.is_none_or(|counted| counted < entry)
    }

    /// Whether the spare's seal is whole.
    fn is_sealed(&self, key: &Key) -> bool {
        key.seal.as_ref().is_some_and(|seal| self.seals.get(seal).is_none_or(|seal| seal.broken.is_none()))
    }
}

/// Who keeps the register.
const KEEPERS: &[Role] = &[Role::Supervisor, Role::Commander];

/// Who may hold keys.
const HOLDERS: &[Role] = &[Role::Armourer, Role::Witness, Role::Supervisor, Role::Commander];

impl Act {
    /// Who may ask this.
    pub fn allowed(&self) -> &'static [Role] {
        match self {
            Self::Register { .. } | Self::ChangeLock { .. } => KEEPERS,
            _ => HOLDERS,
        }
    }
}

/// What has fallen due: nothing here; a key that is out at the end of the day keeps the day open.
pub fn due(_: &Armoury, _: Moment) -> Vec<AnyFact> {
    Vec::new()
}

/// Takes a durable fact into memory.
pub fn apply(armoury: &mut Armoury, stamp: Stamp<'_>, fact: &Fact) {
    let state = &mut armoury.rooms.key;
    match fact {
        Fact::Registered { key, lock, seal, group, room } => {
            if let Some(seal) = seal {
                apply_seal(state, seal, format!("spare key {key}"), stamp.seq);
            }
            let entered = Key {
                lock: lock.clone(),
                seal: seal.clone(),
                group: group.unwrap_or_default(),
                room: room.clone(),
                holder: None,
                last_holder: None,
                lost: None,
                void: None,
            };
            state.keys.insert(key.clone(), entered);
        }
        Fact::Taken { key, person } => {
            if let Some(found) = state.keys.get_mut(key) {
                found.holder = Some((person.clone(), stamp.seq));
                found.last_holder = Some(person.clone());
            }
        }
        Fact::GivenBack { key, .. } => {
            if let Some(found) = state.keys.get_mut(key) {
                found.holder = None;
            }
        }
        Fact::Lost { key, .. } => {
            if let Some(found) = state.keys.get_mut(key) {
                found.lost = Some(stamp.seq);
            }
        }
        Fact::LockChanged { keys, .. } => {
            for key in keys {
                if let Some(found) = state.keys.get_mut(key) {
                    (found.void, found.lost, found.holder) = (Some(stamp.seq), None, None);
                }
            }
        }
        Fact::Excepted { .. } => {}
        Fact::Counted { .. } => state.counted = Some(stamp.seq),
        Fact::SealApplied { seal, on } => apply_seal(state, seal, on.clone(), stamp.seq),
        Fact::SealChecked { seal, intact } => {
            if let Some(found) = state.seals.get_mut(seal) {
                found.checked = Some(stamp.seq);
                if !intact {
                    found.broken = Some(stamp.seq);
                }
            }
        }
        Fact::SealBroken { seal, .. } => {
            if let Some(found) = state.seals.get_mut(seal) {
                found.broken = Some(stamp.seq);
            }
        }
    }
}

fn apply_seal(state: &mut State, seal: &str, on: String, seq: Seq) {
    state.seals.insert(seal.to_owned(), Seal { on, applied: seq, checked: None, broken: None });
}

//! The key register (armoury-practice S-3): number, lock, holder, time out, time in; spares under seal; a lost key is
//! reported and its lock changed.

use std::collections::BTreeMap;

use minicbor::{Decode, Encode};
use serde::{Deserialize, Serialize};

use super::super::armoury::Armoury;
use super::super::ids::{PersonId, Seq, WeaponId, is_id};
use super::super::moment::Moment;
use super::super::person::Role;
use super::{Alarm, Context, Denied, Fact as AnyFact, Stamp};

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
}

/// The register.
#[derive(Debug, Clone, Default, PartialEq, Serialize, Deserialize)]
#[serde(default)]
pub struct State {
    /// Every key ever registered, by number.
    pub keys: BTreeMap<String, Key>,
}

/// One key.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
pub struct Key {
    /// What it opens.
    pub lock: String,
    /// The seal of a spare.
    pub seal: Option<String>,
    /// Who holds it, since which entry.
    pub holder: Option<(PersonId, Seq)>,
    /// Reported lost by this entry.
    pub lost: Option<Seq>,
}

/// Who keeps the register.
const KEEPERS: &[Role] = &[Role::Supervisor, Role::Commander];

/// Who may hold keys.
const HOLDERS: &[Role] = &[Role::Armourer, Role::Witness, Role::Supervisor, Role::Commander];

impl Act {
    /// Who may ask this.
    pub fn allowed(&self) -> &'static [Role] {
        match self {
            Self::Register { .. } => KEEPERS,
            Self::Take { .. } | Self::GiveBack { .. } | Self::Lose { .. } => HOLDERS,
        }
    }
}

impl Fact {
    /// The word for its kind.
    pub fn word(&self) -> &'static str {
        match self {
            Self::Registered { .. } => "key_registered",
            Self::Taken { .. } => "key_taken",
            Self::GivenBack { .. } => "key_given_back",
            Self::Lost { .. } => "key_lost",
        }
    }

    /// The weapons it is about: none.
    pub fn weapons(&self) -> Vec<&WeaponId> {
        Vec::new()
    }

    /// The people it is about.
    pub fn persons(&self) -> Vec<&PersonId> {
        match self {
            Self::Registered { .. } => Vec::new(),
            Self::Taken { person, .. } | Self::GivenBack { person, .. } => vec![person],
            Self::Lost { person, .. } => person.iter().collect(),
        }
    }

    /// What it says.
    pub fn line(&self) -> String {
        match self {
            Self::Registered { key, lock, .. } => format!("key {key} of {lock}"),
            Self::Taken { key, person } => format!("key {key} to {person}"),
            Self::GivenBack { key, person } => format!("key {key} from {person}"),
            Self::Lost { key, .. } => format!("key {key}"),
        }
    }

    /// A lost key opens until its lock is changed.
    pub fn alarm(&self) -> Option<Alarm> {
        let Self::Lost { key, .. } = self else { return None };
        Some(Alarm {
            priority: 1,
            what: format!("Key {key} is lost."),
            first_step: "Guard the door. Change the lock. Report it.",
        })
    }
}

/// Decides on an act.
///
/// # Errors
/// Why not.
pub fn plan(context: Context<'_>, act: &Act) -> Result<Vec<AnyFact>, Denied> {
    let fact = match act {
        Act::Register { key, lock, seal } => register(context, key, lock, seal.as_ref())?,
        Act::Take { key } => take(context, key)?,
        Act::GiveBack { key } => give_back(context, key)?,
        Act::Lose { key } => {
            let (key, found) = known(context, key)?;
            Fact::Lost { key, person: found.holder.as_ref().map(|(person, _)| person.clone()) }
        }
    };
    Ok(vec![AnyFact::Key(fact)])
}

/// What has fallen due: nothing here.
pub fn due(_: &Armoury, _: Moment) -> Vec<AnyFact> {
    Vec::new()
}

/// Takes a durable fact into memory.
pub fn apply(armoury: &mut Armoury, stamp: Stamp<'_>, fact: &Fact) {
    let keys = &mut armoury.rooms.key.keys;
    match fact {
        Fact::Registered { key, lock, seal } => {
            let entered = Key { lock: lock.clone(), seal: seal.clone(), holder: None, lost: None };
            keys.insert(key.clone(), entered);
        }
        Fact::Taken { key, person } => {
            if let Some(found) = keys.get_mut(key) {
                found.holder = Some((person.clone(), stamp.seq));
            }
        }
        Fact::GivenBack { key, .. } => {
            if let Some(found) = keys.get_mut(key) {
                found.holder = None;
                found.lost = None;
            }
        }
        Fact::Lost { key, .. } => {
            if let Some(found) = keys.get_mut(key) {
                found.lost = Some(stamp.seq);
            }
        }
    }
}

fn register(context: Context<'_>, key: &str, lock: &str, seal: Option<&String>) -> Result<Fact, Denied> {
    if !is_id(key) || lock.trim().is_empty() {
        return Denied::because("register the key: it needs a short number and the lock it opens");
    }
    if context.armoury.rooms.key.keys.contains_key(key) {
        return Denied::because(format!("register key {key}: it is in the register already"));
    }
    Ok(Fact::Registered { key: key.to_owned(), lock: lock.to_owned(), seal: seal.cloned() })
}

fn take(context: Context<'_>, key: &str) -> Result<Fact, Denied> {
    let person = context.by.named()?;
    let (key, found) = known(context, key)?;
    match &found.holder {
        _ if found.lost.is_some() => Denied::because(format!("take key {key}: it is reported lost")),
        Some((holder, _)) => Denied::because(format!("take key {key}: {holder} holds it")),
        None => Ok(Fact::Taken { key, person: person.clone() }),
    }
}

fn give_back(context: Context<'_>, key: &str) -> Result<Fact, Denied> {
    let person = context.by.named()?;
    let (key, found) = known(context, key)?;
    if found.holder.is_none() && found.lost.is_none() {
        return Denied::because(format!("give back key {key}: it is in the cabinet"));
    }
    Ok(Fact::GivenBack { key, person: person.clone() })
}

fn known<'a>(context: Context<'a>, key: &str) -> Result<(String, &'a Key), Denied> {
    match context.armoury.rooms.key.keys.get(key) {
        Some(found) => Ok((key.to_owned(), found)),
        None => Denied::because(format!("find key {key}: it is not in the register")),
    }
}

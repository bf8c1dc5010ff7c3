//! Leaving service (armoury-practice ): surplus, destruction in batches, and every other way out. The record
//! of a weapon stays for ever, and one that is destroyed and seen again is the loudest alarm there is.

mod fact;
mod plan;

use std::collections::{BTreeMap, BTreeSet};

use jiff::civil::Date;
use serde::{Deserialize, Serialize};

pub use fact::{Certificate, Exit, Fact};
pub use plan::plan;

use super::transfer::Border;
use super::{Fact as AnyFact, Stamp};
use crate::domain::{Armoury, Moment, PersonId, Role, Seq, Standing, WeaponId};

/// What can be asked.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case", deny_unknown_fields)]
pub enum Act {
    /// Declare weapons surplus.
    Surplus {
        /// Which.
        weapons: Vec<WeaponId>,
    },
    /// Take them back into service.
    Keep {
        /// Which.
        weapons: Vec<WeaponId>,
    },
    /// Put weapons on a destruction list; the first ones open it.
    List {
        /// The list's number.
        batch: String,
        /// Which weapons.
        weapons: Vec<WeaponId>,
    },
    /// Take them off it.
    Unlist {
        /// The list's number.
        batch: String,
        /// Which weapons.
        weapons: Vec<WeaponId>,
    },
    /// Enter that the weapons of a list were destroyed.
    Destroy {
        /// The list's number.
        batch: String,
        /// How, where, when, before whom.
        certificate: Certificate,
    },
    /// Enter that weapons left service in another way.
    Leave {
        /// Which.
        weapons: Vec<WeaponId>,
        /// In which way.
        exit: Exit,
        /// Who has them now: an agency, a firm, a museum, a court.
        to: String,
        /// The paper it rests on.
        reference: String,
        /// Where they cross a border.
        border: Option<Border>,
    },
}

/// Every surplus, destruction and exit there ever was.
#[derive(Debug, Clone, Default, PartialEq, Serialize, Deserialize)]
#[serde(default)]
pub struct State {
    /// Destruction lists, by number.
    pub batches: BTreeMap<String, Batch>,
    /// The entry by which a weapon was declared surplus.
    pub surplus: BTreeMap<WeaponId, Seq>,
    /// The open destruction list a weapon stands on.
    pub listed: BTreeMap<WeaponId, String>,
    /// How weapons left that were not destroyed here.
    pub left: BTreeMap<WeaponId, Left>,
}

/// A destruction list.
#[derive(Debug, Clone, Default, PartialEq, Serialize, Deserialize)]
pub struct Batch {
    /// What stands on it.
    pub weapons: BTreeSet<WeaponId>,
    /// Its end.
    pub done: Option<Done>,
}

/// That a list was destroyed.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
pub struct Done {
    /// The entry.
    pub entry: Seq,
    /// Who entered it.
    pub by: Option<PersonId>,
    /// On whose authority.
    pub authority: Option<String>,
    /// What the certificate says.
    pub certificate: Certificate,
}

/// How a weapon left.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
pub struct Left {
    /// The entry.
    pub entry: Seq,
    /// In which way.
    pub exit: Exit,
    /// Who has it now.
    pub to: String,
    /// The paper it rests on.
    pub reference: String,
    /// Where it crossed a border.
    pub border: Option<Border>,
    /// How many left together.
    pub together: u32,
    /// On which day it was entered.
    pub day: Option<Date>,
}

/// Who keeps lists.
const KEEPERS: &[Role] = &[Role::Armourer, Role::Supervisor, Role::Commander];

/// Who declares, destroys and lets go.
const AUTHORITIES: &[Role] = &[Role::Supervisor, Role::Commander];

impl Act {
    /// Who may ask this.
    pub fn allowed(&self) -> &'static [Role] {
        match self {
            Self::List { .. } | Self::Unlist { .. } => KEEPERS,
            Self::Surplus { .. } | Self::Keep { .. } | Self::Destroy { .. } | Self::Leave { .. } => {
                AUTHORITIES
            }
        }
    }
}

/// What has fallen due: nothing here.
pub fn due(_: &Armoury, _: Moment) -> Vec<AnyFact> {
    Vec::new()
}

/// Takes a durable fact into memory.
pub fn apply(armoury: &mut Armoury, stamp: Stamp<'_>, fact: &Fact) {
    let entry = stamp.seq;
    match fact {
        Fact::SurplusDeclared { weapons } => {
            for weapon in weapons {
                armoury.rooms.disposal.surplus.insert(weapon.clone(), entry);
                armoury.set_standing(weapon, Standing::Surplus);
            }
        }
        Fact::SurplusWithdrawn { weapons } => {
            for weapon in weapons {
                armoury.rooms.disposal.surplus.remove(weapon);
                armoury.set_standing(weapon, Standing::InService);
            }
        }
        Fact::Listed { batch, weapons } => {
            let rooms = &mut armoury.rooms.disposal;
            rooms.batches.entry(batch.clone()).or_default().weapons.extend(weapons.iter().cloned());
            rooms.listed.extend(weapons.iter().map(|weapon| (weapon.clone(), batch.clone())));
        }
        Fact::Unlisted { batch, weapons } => {
            let rooms = &mut armoury.rooms.disposal;
            for weapon in weapons {
                rooms.listed.remove(weapon);
                if let Some(batch) = rooms.batches.get_mut(batch) {
                    batch.weapons.remove(weapon);
                }
            }
        }
        Fact::Certified { batch, certificate, .. } => {
            let by = stamp.by;
            let done = Done {
                entry,
                by: by.person.clone(),
                authority: by.authority.clone(),
                certificate: certificate.clone(),
            };
            armoury.rooms.disposal.batches.entry(batch.clone()).or_default().done = Some(done);
        }
        Fact::Destroyed { weapons, .. } => {
            for weapon in weapons {
                armoury.rooms.disposal.listed.remove(weapon);
                armoury.rooms.disposal.surplus.remove(weapon);
                armoury.set_standing(weapon, Standing::Destroyed);
            }
        }
        Fact::Left { weapons, exit, to, reference, border, together } => {
            for weapon in weapons {
                let left = Left {
                    entry,
                    exit: *exit,
                    to: to.clone(),
                    reference: reference.clone(),
                    border: border.clone(),
                    together: *together,
                    day: stamp.at.day(),
                };
                armoury.rooms.disposal.surplus.remove(weapon);
                armoury.rooms.disposal.left.insert(weapon.clone(), left);
                armoury.set_standing(weapon, Standing::LeftService);
            }
        }
    }
}

/// The open destruction list a weapon stands on.
pub fn batch_of<'a>(armoury: &'a Armoury, weapon: &WeaponId) -> Option<&'a str> {
    armoury.rooms.disposal.listed.get(weapon).map(String::as_str)
}

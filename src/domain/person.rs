//! A person as far as the chain may know: a key, a role, and what they may draw. Rank, name and badge are kept beside
//! the ledger (see `ledger::people`), where they can be forgotten.

use jiff::civil::Date;
use minicbor::{Decode, Encode};
use serde::{Deserialize, Serialize};

use super::ids::{PersonId, WeaponId};
use super::moment::date_text;

/// What somebody may do (armoury-practice section 1).
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Serialize, Deserialize, Encode, Decode)]
#[serde(rename_all = "snake_case")]
#[cbor(index_only)]
pub enum Role {
    /// Draws and returns weapons.
    #[n(0)]
    Bearer,
    /// Issues, receives, counts, reports.
    #[n(1)]
    Armourer,
    /// Stands at the counter and confirms.
    #[n(2)]
    Witness,
    /// Authorises exceptions, watches the board.
    #[n(3)]
    Supervisor,
    /// Counts by serial number; does not belong to the armoury.
    #[n(4)]
    InventoryOfficer,
    /// Owns the holding.
    #[n(5)]
    Commander,
    /// Keeps the station running.
    #[n(6)]
    Technician,
    /// Reads everything, changes nothing.
    #[n(7)]
    Inspector,
}

impl Role {
    /// Every role, in the order of the list in the issue of a person.
    pub const ALL: [Self; 8] = [
        Self::Bearer,
        Self::Armourer,
        Self::Witness,
        Self::Supervisor,
        Self::InventoryOfficer,
        Self::Commander,
        Self::Technician,
        Self::Inspector,
    ];

    /// The word used in files and on the command line.
    pub fn word(self) -> &'static str {
        match self {
            Self::Bearer => "bearer",
            Self::Armourer => "armourer",
            Self::Witness => "witness",
            Self::Supervisor => "supervisor",
            Self::InventoryOfficer => "inventory_officer",
            Self::Commander => "commander",
            Self::Technician => "technician",
            Self::Inspector => "inspector",
        }
    }

    /// The role of that word.
    pub fn from_word(word: &str) -> Option<Self> {
        Self::ALL.into_iter().find(|role| role.word() == word)
    }

    /// Roles that can stand as the second person of an act.
    pub const WITNESSES: &'static [Self] = &[Self::Armourer, Self::Witness, Self::Supervisor];

    /// Whether somebody of this role can stand as the second person of an act.
    pub fn may_witness(self) -> bool {
        Self::WITNESSES.contains(&self)
    }
}

/// What the chain holds of a person.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize, Encode, Decode)]
#[cbor(map)]
#[serde(deny_unknown_fields)]
pub struct Person {
    /// Their key.
    #[n(0)]
    pub id: PersonId,
    /// Their role.
    #[n(1)]
    pub role: Role,
    /// Last day on which the authorisation holds, that day included; none means no end.
    #[n(2)]
    #[cbor(with = "date_text", has_nil)]
    pub valid_until: Option<Date>,
    /// Which weapons they may draw.
    #[n(3)]
    pub may_draw: MayDraw,
    /// Not allowed for a reason that is nobody's business at the hatch.
    #[n(4)]
    pub suspended: bool,
    /// SHA-256 over a secret salt and the personal record kept beside the ledger.
    #[n(5)]
    #[cbor(with = "minicbor::bytes")]
    pub record_digest: [u8; 32],
}

/// Which weapons a person may draw.
#[derive(Debug, Clone, PartialEq, Eq, Default, Serialize, Deserialize, Encode, Decode)]
#[serde(rename_all = "snake_case")]
pub enum MayDraw {
    /// None.
    #[default]
    #[n(0)]
    Nothing,
    /// Every weapon.
    #[n(1)]
    All,
    /// Those whose id or model is listed.
    #[n(2)]
    Listed(#[n(0)] Vec<String>),
}

impl MayDraw {
    /// Reads the register's form: `*` for all, ids or models separated by `;`, empty for none.
    pub fn from_text(text: &str) -> Self {
        let names: Vec<String> =
            text.split(';').map(str::trim).filter(|name| !name.is_empty()).map(str::to_owned).collect();
        match names.as_slice() {
            [] => Self::Nothing,
            names if names.iter().any(|name| name == "*") => Self::All,
            _ => Self::Listed(names),
        }
    }

    /// Whether a weapon of that id and model is among them.
    pub fn covers(&self, weapon: &WeaponId, model: Option<&str>) -> bool {
        match self {
            Self::Nothing => false,
            Self::All => true,
            Self::Listed(names) => {
                names.iter().any(|name| name == weapon.as_str() || Some(name.as_str()) == model)
            }
        }
    }
}

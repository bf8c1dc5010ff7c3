//! What is entered of weapons that leave service.

use jiff::civil::Date;
use minicbor::{Decode, Encode};
use serde::{Deserialize, Serialize};

use super::super::Alarm;
use super::super::limits::named;
use super::super::report_line::ReportLine;
use super::super::transfer::Border;
use crate::domain::moment::date_text;
use crate::domain::{PersonId, WeaponId};

/// What is entered.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize, Encode, Decode)]
#[serde(rename_all = "snake_case")]
pub enum Fact {
    /// Weapons were declared surplus.
    #[n(0)]
    SurplusDeclared {
        /// Which.
        #[n(0)]
        weapons: Vec<WeaponId>,
    },
    /// They are in service again.
    #[n(1)]
    SurplusWithdrawn {
        /// Which.
        #[n(0)]
        weapons: Vec<WeaponId>,
    },
    /// They were put on a destruction list.
    #[n(2)]
    Listed {
        /// The list.
        #[n(0)]
        batch: String,
        /// Which.
        #[n(1)]
        weapons: Vec<WeaponId>,
    },
    /// They were taken off it.
    #[n(3)]
    Unlisted {
        /// The list.
        #[n(0)]
        batch: String,
        /// Which.
        #[n(1)]
        weapons: Vec<WeaponId>,
    },
    /// A list was destroyed: the certificate. The weapons follow in entries of their own.
    #[n(4)]
    Certified {
        /// The list.
        #[n(0)]
        batch: String,
        /// What the certificate says.
        #[n(1)]
        certificate: Certificate,
    },
    /// These were destroyed with it.
    #[n(5)]
    Destroyed {
        /// The list.
        #[n(0)]
        batch: String,
        /// The certificate's number.
        #[n(1)]
        certificate: String,
        /// Which.
        #[n(2)]
        weapons: Vec<WeaponId>,
    },
    /// These left service in another way.
    #[n(6)]
    Left {
        /// Which.
        #[n(0)]
        weapons: Vec<WeaponId>,
        /// In which way.
        #[n(1)]
        exit: Exit,
        /// Who has them now.
        #[n(2)]
        to: String,
        /// The paper it rests on.
        #[n(3)]
        reference: String,
        /// Where they cross a border.
        #[n(4)]
        border: Option<Border>,
        /// How many left together, where the list is longer than this entry.
        #[n(5)]
        together: u32,
    },
}

/// What a destruction certificate says.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize, Encode, Decode)]
#[serde(deny_unknown_fields)]
#[cbor(map)]
pub struct Certificate {
    /// Its number.
    #[n(0)]
    pub number: String,
    /// How: cut, melted, crushed, shredded.
    #[n(1)]
    pub method: String,
    /// Where.
    #[n(2)]
    pub place: String,
    /// On which day.
    #[n(3)]
    #[cbor(with = "date_text", has_nil)]
    pub on: Option<Date>,
    /// Who saw it, besides whoever enters it.
    #[n(4)]
    pub witnesses: Vec<PersonId>,
    /// SHA-256 of the photographs, hex.
    #[n(5)]
    pub photographs: Vec<String>,
    /// Weapons counted before.
    #[n(6)]
    pub before: u32,
    /// Weapons counted out as destroyed after.
    #[n(7)]
    pub after: u32,
}

/// A way out of service other than destruction.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize, Encode, Decode)]
#[serde(rename_all = "snake_case")]
#[cbor(index_only)]
pub enum Exit {
    /// To another agency of the same State.
    #[n(0)]
    Agency,
    /// Back to its owner.
    #[n(1)]
    Owner,
    /// Across a border.
    #[n(2)]
    Export,
    /// Given away.
    #[n(3)]
    Donation,
    /// Deactivated, to a museum.
    #[n(4)]
    Museum,
    /// To a court, as evidence.
    #[n(5)]
    Court,
}

impl Exit {
    /// The word used in files and on the command line.
    pub fn word(self) -> &'static str {
        match self {
            Self::Agency => "agency",
            Self::Owner => "owner",
            Self::Export => "export",
            Self::Donation => "donation",
            Self::Museum => "museum",
            Self::Court => "court",
        }
    }
}

impl Fact {
    /// The word for its kind.
    pub fn word(&self) -> &'static str {
        match self {
            Self::SurplusDeclared { .. } => "surplus_declared",
            Self::SurplusWithdrawn { .. } => "surplus_withdrawn",
            Self::Listed { .. } => "destruction_listed",
            Self::Unlisted { .. } => "destruction_unlisted",
            Self::Certified { .. } => "destruction_certified",
            Self::Destroyed { .. } => "weapons_destroyed",
            Self::Left { .. } => "weapons_left_service",
        }
    }

    /// The weapons it is about.
    pub fn weapons(&self) -> Vec<&WeaponId> {
        match self {
            Self::SurplusDeclared { weapons }
            | Self::SurplusWithdrawn { weapons }
            | Self::Listed { weapons, .. }
            | Self::Unlisted { weapons, .. }
            | Self::Destroyed { weapons, .. }
            | Self::Left { weapons, .. } => weapons.iter().collect(),
            Self::Certified { .. } => Vec::new(),
        }
    }

    /// The people it is about: the witnesses of a destruction.
    pub fn persons(&self) -> Vec<&PersonId> {
        match self {
            Self::Certified { certificate, .. } => certificate.witnesses.iter().collect(),
            _ => Vec::new(),
        }
    }

    /// What it says.
    pub fn line(&self) -> String {
        match self {
            Self::SurplusDeclared { weapons } => format!("{} surplus: {}", weapons.len(), named(weapons)),
            Self::SurplusWithdrawn { weapons } => {
                format!("{} in service again: {}", weapons.len(), named(weapons))
            }
            Self::Listed { batch, weapons } => {
                format!("destruction list {batch}: {} added: {}", weapons.len(), named(weapons))
            }
            Self::Unlisted { batch, weapons } => {
                format!("destruction list {batch}: {} taken off: {}", weapons.len(), named(weapons))
            }
            Self::Certified { batch, certificate } => {
                let Certificate { number, method, place, after, .. } = certificate;
                format!("destruction list {batch}: {after} {method} at {place}, certificate {number}")
            }
            Self::Destroyed { certificate, weapons, .. } => {
                format!("{} destroyed, certificate {certificate}: {}", weapons.len(), named(weapons))
            }
            Self::Left { weapons, exit, to, reference, .. } => {
                let list = named(weapons);
                format!("{} left service, {} to {to}, {reference}: {list}", weapons.len(), exit.word())
            }
        }
    }

    /// None: what is done on authority and before witnesses calls nobody.
    pub fn alarm(&self) -> Option<Alarm> {
        None
    }

    /// The line of a State's report it feeds.
    pub fn report_line(&self) -> Option<ReportLine> {
        match self {
            Self::Destroyed { .. } => Some(ReportLine::Destruction),
            Self::Left { border: Some(_), .. } | Self::Left { exit: Exit::Export, .. } => {
                Some(ReportLine::Export)
            }
            _ => None,
        }
    }
}

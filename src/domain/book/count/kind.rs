//! The words of a count.

use minicbor::{Decode, Encode};
use serde::{Deserialize, Serialize};

use crate::domain::ids::WeaponId;
use crate::domain::person::Role;
use crate::domain::weapon::Standing;

/// What kind of count it is (C-1, C-8).
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Serialize, Deserialize, Encode, Decode)]
#[serde(rename_all = "snake_case")]
#[cbor(index_only)]
pub enum Kind {
    /// At a change of key custody.
    #[n(0)]
    Handover,
    /// Numbers by type, by eye.
    #[n(1)]
    Muster,
    /// Every serial number, by the inventory officer.
    #[n(2)]
    Serials,
    /// A random sample.
    #[n(3)]
    Sample,
    /// An independent audit.
    #[n(4)]
    Audit,
    /// Taking over the armoury.
    #[n(5)]
    Takeover,
}

impl Kind {
    /// Every one.
    pub const ALL: [Self; 6] =
        [Self::Handover, Self::Muster, Self::Serials, Self::Sample, Self::Audit, Self::Takeover];

    /// The word used on screens and the command line.
    pub fn word(self) -> &'static str {
        match self {
            Self::Handover => "handover",
            Self::Muster => "muster",
            Self::Serials => "serials",
            Self::Sample => "sample",
            Self::Audit => "audit",
            Self::Takeover => "takeover",
        }
    }

    /// Who may count: the official inventory is not made by whoever keeps the weapons.
    pub fn counters(self) -> &'static [Role] {
        match self {
            Self::Handover => &[Role::Armourer, Role::Witness, Role::Supervisor, Role::Commander],
            Self::Muster => {
                &[Role::Armourer, Role::Witness, Role::Supervisor, Role::InventoryOfficer, Role::Commander]
            }
            Self::Serials => &[Role::InventoryOfficer],
            Self::Sample => &[Role::Supervisor, Role::InventoryOfficer, Role::Commander],
            Self::Audit => &[Role::InventoryOfficer, Role::Inspector, Role::Commander],
            Self::Takeover => &[Role::Armourer, Role::Supervisor, Role::Commander],
        }
    }

    /// Whether it must be made by somebody who does not keep the weapons.
    pub fn is_independent(self) -> bool {
        matches!(self, Self::Serials | Self::Audit)
    }

    /// Whether a random part of it is to be touched or shown to a camera (C-6).
    pub(super) fn is_sampled(self) -> bool {
        matches!(self, Self::Handover | Self::Serials | Self::Sample | Self::Audit)
    }
}

/// How something was seen.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize, Encode, Decode)]
#[serde(rename_all = "snake_case")]
#[cbor(index_only)]
pub enum How {
    /// Its tag was heard: evidence of a tag (C-6).
    #[n(0)]
    Tag,
    /// Its mark was read by a camera or a scanner.
    #[n(1)]
    Mark,
    /// Its number was read off and typed.
    #[n(2)]
    Typed,
    /// Somebody saw it.
    #[n(3)]
    Eye,
}

impl How {
    /// The words.
    pub fn word(self) -> &'static str {
        match self {
            Self::Tag => "by tag",
            Self::Mark => "by mark",
            Self::Typed => "typed",
            Self::Eye => "by eye",
        }
    }
}

/// What is there and should not be.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize, Encode, Decode)]
#[serde(rename_all = "snake_case")]
#[cbor(index_only)]
pub enum ExtraKind {
    /// A tag that is not in the book.
    #[n(0)]
    UnknownTag,
    /// A number, serial or mark that is not in the book.
    #[n(1)]
    UnknownNumber,
    /// The book says that it is with somebody.
    #[n(2)]
    Out,
    /// It belongs to another armoury, or was sent there, or has left service.
    #[n(3)]
    Elsewhere,
    /// The book says that it was destroyed.
    #[n(4)]
    Destroyed,
    /// It was not accounted for, or is on a list of lost and stolen weapons (D-3).
    #[n(5)]
    Missing,
    /// Its home is in another rack than the one that is counted: a finding, no difference (S-2).
    #[n(6)]
    OtherRack,
    /// A tag with its code on another chip: a copy.
    #[n(7)]
    Copy,
}

impl ExtraKind {
    /// The words.
    pub fn word(self) -> &'static str {
        match self {
            Self::UnknownTag => "unknown tag",
            Self::UnknownNumber => "not in the book",
            Self::Out => "out by the book",
            Self::Elsewhere => "belongs elsewhere",
            Self::Destroyed => "destroyed by the book",
            Self::Missing => "was not accounted for",
            Self::OtherRack => "of another rack",
            Self::Copy => "copy of its tag",
        }
    }

    /// Whether the count cannot be closed with it.
    pub fn is_difference(self) -> bool {
        self != Self::OtherRack
    }
}

/// Something that is there and should not be.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize, Encode, Decode)]
pub struct Stray {
    /// What kind.
    #[n(0)]
    pub kind: ExtraKind,
    /// Its number, or as much of its code as is known.
    #[n(1)]
    pub what: String,
    /// The weapon, where the book knows it.
    #[n(2)]
    pub weapon: Option<WeaponId>,
}

/// Whether a weapon of that standing lies in the room when nobody holds it.
pub fn is_here(standing: Standing) -> bool {
    matches!(standing, Standing::InService | Standing::Quarantined | Standing::Surplus | Standing::Exhibit)
}

//! What is entered of a weapon's record and life.

use minicbor::{Decode, Encode};
use serde::{Deserialize, Serialize};

use super::super::super::ids::{PersonId, ReadPoint, WeaponId};
use super::super::super::weapon::Identifier;

/// What is entered.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize, Encode, Decode)]
#[serde(rename_all = "snake_case")]
pub enum Fact {
    /// Fields of the record were corrected.
    #[n(0)]
    Corrected {
        /// Of which.
        #[n(0)]
        weapon: WeaponId,
        /// Which, from what to what.
        #[n(1)]
        changes: Vec<Change>,
        /// Why.
        #[n(2)]
        why: String,
    },
    /// A tag or a mark was bound to it.
    #[n(1)]
    Bound {
        /// To which.
        #[n(0)]
        weapon: WeaponId,
        /// What.
        #[n(1)]
        identifier: Identifier,
        /// What it took the place of.
        #[n(2)]
        replaced: Vec<Identifier>,
        /// It was typed, not shown.
        #[n(3)]
        typed: bool,
    },
    /// A tag or a mark was taken off.
    #[n(2)]
    Retired {
        /// Of which.
        #[n(0)]
        weapon: WeaponId,
        /// What.
        #[n(1)]
        identifier: Identifier,
        /// Why.
        #[n(2)]
        why: String,
    },
    /// It got a formal mark with a serial that the registry issued.
    #[n(3)]
    Marked {
        /// Which.
        #[n(0)]
        weapon: WeaponId,
        /// The serial.
        #[n(1)]
        serial: String,
        /// Where it stands.
        #[n(2)]
        position: String,
        /// The serial on record before.
        #[n(3)]
        was: Option<String>,
        /// Why.
        #[n(4)]
        why: String,
    },
    /// What belongs to it.
    #[n(4)]
    AttachmentsSet {
        /// To which.
        #[n(0)]
        weapon: WeaponId,
        /// Everything that does.
        #[n(1)]
        items: Vec<Attachment>,
    },
    /// What went out with it.
    #[n(5)]
    AttachmentsOut {
        /// With which.
        #[n(0)]
        weapon: WeaponId,
        /// To whom.
        #[n(1)]
        person: PersonId,
        /// What.
        #[n(2)]
        items: Vec<Attachment>,
    },
    /// What came back with it.
    #[n(6)]
    AttachmentsBack {
        /// With which.
        #[n(0)]
        weapon: WeaponId,
        /// From whom.
        #[n(1)]
        person: PersonId,
        /// What.
        #[n(2)]
        items: Vec<Attachment>,
        /// What went out and did not come back.
        #[n(3)]
        missing: Vec<Attachment>,
    },
    /// It is kept from issue.
    #[n(7)]
    Quarantined {
        /// Which.
        #[n(0)]
        weapon: WeaponId,
        /// Why.
        #[n(1)]
        reason: String,
        /// The slot apart.
        #[n(2)]
        place: Option<String>,
    },
    /// It may be issued again.
    #[n(8)]
    Released {
        /// Which.
        #[n(0)]
        weapon: WeaponId,
        /// On what finding.
        #[n(1)]
        why: String,
    },
    /// It waits for work.
    #[n(9)]
    Queued {
        /// Which.
        #[n(0)]
        weapon: WeaponId,
        /// What is to be done.
        #[n(1)]
        work: Work,
        /// Why.
        #[n(2)]
        why: Option<String>,
    },
    /// The work is done.
    #[n(10)]
    Done {
        /// Which.
        #[n(0)]
        weapon: WeaponId,
        /// What was done.
        #[n(1)]
        work: Work,
        /// It is fit for issue as far as this work goes.
        #[n(2)]
        fit: bool,
        /// What was found.
        #[n(3)]
        note: Option<String>,
    },
    /// It is a person's to draw.
    #[n(11)]
    Assigned {
        /// Which.
        #[n(0)]
        weapon: WeaponId,
        /// Whose.
        #[n(1)]
        person: PersonId,
    },
    /// It is nobody's in particular again.
    #[n(12)]
    Unassigned {
        /// Which.
        #[n(0)]
        weapon: WeaponId,
        /// Whose it was.
        #[n(1)]
        person: PersonId,
    },
    /// It has a home.
    #[n(13)]
    Housed {
        /// Which.
        #[n(0)]
        weapon: WeaponId,
        /// Room.
        #[n(1)]
        room: Option<String>,
        /// Rack.
        #[n(2)]
        rack: Option<String>,
        /// Slot.
        #[n(3)]
        slot: Option<String>,
    },
    /// An unknown tag or mark was shown to be bound.
    #[n(14)]
    Shown {
        /// What, its end only: it may become a badge.
        #[n(0)]
        thing: String,
        /// Where.
        #[n(1)]
        read_point: ReadPoint,
    },
}

/// A field that was corrected.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize, Encode, Decode)]
#[cbor(map)]
pub struct Change {
    /// Its name.
    #[n(0)]
    pub field: String,
    /// What stood there; empty for nothing.
    #[n(1)]
    pub old: String,
    /// What stands there now.
    #[n(2)]
    pub new: String,
}

/// Things of one kind that belong to a weapon (W-5): magazines, a sling, a bolt, an optic.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize, Encode, Decode)]
#[cbor(map)]
#[serde(deny_unknown_fields)]
pub struct Attachment {
    /// What ("magazine").
    #[n(0)]
    pub item: String,
    /// How many.
    #[n(1)]
    pub count: u32,
    /// Its number, where it has one.
    #[n(2)]
    pub serial: Option<String>,
}

/// What a weapon can wait for.
#[derive(
    Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize, Encode, Decode,
)]
#[serde(rename_all = "snake_case")]
#[cbor(index_only)]
pub enum Work {
    /// Cleaning.
    #[n(0)]
    Clean,
    /// Inspection.
    #[n(1)]
    Inspect,
    /// Repair.
    #[n(2)]
    Repair,
    /// Test firing.
    #[n(3)]
    TestFire,
}

impl Work {
    /// Every one.
    pub const ALL: [Self; 4] = [Self::Clean, Self::Inspect, Self::Repair, Self::TestFire];

    /// The word in files and on the command line.
    pub fn word(self) -> &'static str {
        match self {
            Self::Clean => "clean",
            Self::Inspect => "inspect",
            Self::Repair => "repair",
            Self::TestFire => "test_fire",
        }
    }
}

impl Attachment {
    /// "7 magazine", with its number where it has one.
    pub fn line(&self) -> String {
        match &self.serial {
            Some(serial) => format!("{} {} {serial}", self.count, self.item),
            None => format!("{} {}", self.count, self.item),
        }
    }
}

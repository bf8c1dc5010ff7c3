//! The apparatus: antennas, and what an entry says of readers and of tags that were written.

use minicbor::{Decode, Encode};
use serde::{Deserialize, Serialize};

use super::ids::{PersonId, ReadPoint, WeaponId};
use super::watched::Watched;

/// What the station knows of one antenna.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct AntennaPlan {
    /// Its reader's name in the configuration.
    pub reader: String,
    /// Which of the reader's, counted from 1.
    pub antenna: u8,
    /// Where it listens.
    pub read_point: ReadPoint,
    /// EPC of the reference tag that is fixed at it; none where there is none.
    pub control_tag: Option<Vec<u8>>,
    /// The median a tag must reach there, dBm; none leaves the setting for all.
    pub min_rssi_dbm: Option<i16>,
    /// The slots it stares at; none for an antenna at which weapons are shown.
    pub watches: Option<Watched>,
}

impl AntennaPlan {
    /// Whether this is that antenna.
    pub fn is(&self, reader: &str, antenna: u8) -> bool {
        self.antenna == antenna && self.reader == reader
    }
}

/// A reader was recognised by a number of its own: for the first time under its name, or in the place of another.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize, Encode, Decode)]
#[cbor(map)]
pub struct ReaderIdentified {
    /// Its name in the configuration.
    #[n(0)]
    pub name: String,
    /// What it speaks, as the configuration has it.
    #[n(1)]
    pub family: String,
    /// The number.
    #[n(2)]
    pub serial: String,
    /// The number of the one before it; none at the first sighting.
    #[n(3)]
    pub was: Option<String>,
    /// Whether the number is that of its USB adapter, because the reader tells none.
    #[n(4)]
    pub adapter: bool,
}

/// The numbers by which a reader was last recognised: like is compared with like.
#[derive(Debug, Clone, PartialEq, Eq, Default, Serialize, Deserialize)]
pub struct KnownNumbers {
    /// Its own.
    pub own: Option<String>,
    /// Its USB adapter's.
    pub adapter: Option<String>,
}

impl KnownNumbers {
    /// The last one of that kind.
    pub fn of(&self, adapter: bool) -> Option<&str> {
        if adapter { self.adapter.as_deref() } else { self.own.as_deref() }
    }

    pub(super) fn take(&mut self, reader: &ReaderIdentified) {
        let place = if reader.adapter { &mut self.adapter } else { &mut self.own };
        *place = Some(reader.serial.clone());
    }
}

/// Somebody worked on a tag with a reader. Passwords are never part of it.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize, Encode, Decode)]
#[cbor(map)]
pub struct TagNote {
    /// What was done.
    #[n(0)]
    pub work: TagWork,
    /// The reader, by its name in the configuration; none where no reader was needed.
    #[n(1)]
    pub reader: Option<String>,
    /// The EPC in lower-case hex; of a badge only its last four digits: a badge is personal.
    #[n(2)]
    pub epc: String,
    /// The EPC before it was written.
    #[n(3)]
    pub was: Option<String>,
    /// The chip's number in hex; not of a badge.
    #[n(4)]
    pub tid: Option<String>,
    /// The weapon it is for.
    #[n(5)]
    pub weapon: Option<WeaponId>,
    /// The person whose badge it is.
    #[n(6)]
    pub person: Option<PersonId>,
    /// On whose word: the role, and the operating system's number of the user where it is known.
    #[n(7)]
    pub by: String,
    /// Why it went no further, where it did not end well.
    #[n(8)]
    pub failed: Option<String>,
}

/// What can be done with a tag beside reading it.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize, Encode, Decode)]
#[serde(rename_all = "snake_case")]
#[cbor(index_only)]
pub enum TagWork {
    /// Its EPC was written.
    #[n(0)]
    Written,
    /// Its passwords were written and its memory locked.
    #[n(1)]
    Locked,
    /// Somebody was shown its passwords.
    #[n(2)]
    PasswordShown,
}

impl TagWork {
    /// The word used in exports.
    pub fn word(self) -> &'static str {
        match self {
            Self::Written => "written",
            Self::Locked => "locked",
            Self::PasswordShown => "password_shown",
        }
    }
}

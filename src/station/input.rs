//! Everything that happens to the station becomes one [`Input`], stamped at the edge, in one inbox.

use serde::{Deserialize, Serialize};
use tokio::sync::oneshot;
use uuid::Uuid;

use super::protocol::{Ask, Outcome};
use super::tags::TagDone;
use crate::domain::{Moment, Role, Seq};
use crate::scan::{CodeReading, TagReading};

/// An input with its time.
#[derive(Debug, Serialize, Deserialize)]
pub struct Stamped {
    /// When it reached the station.
    pub at: Moment,
    /// What.
    pub input: Input,
}

/// What can happen.
#[derive(Debug, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Input {
    /// A reader heard a tag.
    Tag(TagReading),
    /// A camera sees a code.
    Code(CodeReading),
    /// A device has something to say about itself.
    Device(DeviceReport),
    /// A reader says that one of its antennas is missing.
    Antenna {
        /// The reader's name in the configuration.
        reader: String,
        /// Which of its antennas, counted from 1.
        antenna: u8,
        /// What is wrong with it and what to try.
        #[serde(default)]
        fault: String,
    },
    /// The road to headquarters has something to say.
    Road(RoadReport),
    /// Somebody asks through the socket.
    Ask(Box<Asked>),
    /// A tag was worked on at a reader.
    Tagged(Box<TagDone>),
    /// How many screens are attached.
    Watchers(u32),
    /// Time passed.
    Tick,
    /// The station is to end.
    Stop,
}

/// How a device is.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct DeviceReport {
    /// Its name in the configuration.
    pub name: String,
    /// What it is.
    pub kind: DeviceKind,
    /// How it is.
    pub state: DeviceState,
    /// What is known about it.
    pub detail: String,
    /// Which device it is, where it has a number of its own.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub identity: Option<DeviceIdentity>,
    /// How a reader's line is doing.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub figures: Option<ReaderFigures>,
}

/// How a reader's line is doing. Counts are since the station's start.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
pub struct ReaderFigures {
    /// Reads handed on in the last second.
    pub reads_per_s: u32,
    /// Frames refused: damaged, implausible or cut short.
    pub refused_frames: u64,
    /// Bytes that belonged to no accepted frame.
    pub skipped_bytes: u64,
    /// Sightings dropped because they had no code at all.
    pub ghosts: u64,
    /// Sightings dropped because the tag's own checksum said that they were garbled on the air.
    pub air_errors: u64,
}

/// Which device it is among its like.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct DeviceIdentity {
    /// What it speaks.
    pub family: String,
    /// Its number.
    pub serial: String,
    /// Whether the number is that of its USB adapter, because the device tells none.
    #[serde(default)]
    pub adapter: bool,
}

/// What a device is.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum DeviceKind {
    /// A UHF reader.
    Reader,
    /// A camera.
    Camera,
    /// A bar code scanner.
    Scanner,
    /// Lamps, buzzer, lock.
    Panel,
}

impl DeviceKind {
    /// The word.
    pub fn word(self) -> &'static str {
        match self {
            Self::Reader => "reader",
            Self::Camera => "camera",
            Self::Scanner => "scanner",
            Self::Panel => "panel",
        }
    }
}

/// How a device is.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum DeviceState {
    /// Not heard of yet.
    Starting,
    /// Works.
    Up,
    /// Still works; its figures changed.
    Figures,
    /// Works, with something to know for the moment.
    Warning,
    /// Works, with something to know that stays so until it is mended.
    Limit,
    /// Does not work; it is being tried again.
    Down,
    /// Not there by intention.
    Off,
}

/// How the road to headquarters is.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum RoadReport {
    /// Headquarters answered.
    Up,
    /// It did not.
    Down {
        /// Why.
        why: String,
    },
    /// Headquarters signed for everything up to an entry.
    Receipt {
        /// The entry.
        seq: Seq,
        /// Its hash, hex.
        hash: String,
        /// The signed bytes, hex.
        raw: String,
    },
    /// Headquarters holds another history than ours.
    Fork {
        /// What is known about it.
        what: String,
    },
    /// Headquarters will not take our records.
    Refused {
        /// Why.
        why: String,
    },
}

/// A request through the socket.
#[derive(Debug, Serialize, Deserialize)]
pub struct Asked {
    /// Who asks, by the kernel's word.
    pub role: Option<Role>,
    /// The operating system's number of the user.
    #[serde(default)]
    pub user: Option<u32>,
    /// The act's id, kept for retries.
    pub command: Option<Uuid>,
    /// What.
    pub what: Ask,
    /// Where the answer goes; nowhere in a replay.
    #[serde(skip)]
    pub reply: Option<oneshot::Sender<Outcome>>,
}

//! Everything that happens to the station becomes one [`Input`], stamped at the edge, in one inbox.

use serde::{Deserialize, Serialize};
use tokio::sync::oneshot;
use uuid::Uuid;

use super::protocol::{Ask, Outcome};
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
    },
    /// The road to headquarters has something to say.
    Road(RoadReport),
    /// Somebody asks through the socket.
    Ask(Box<Asked>),
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
    /// `reader`, `camera`, `panel`.
    pub kind: DeviceKind,
    /// How it is.
    pub state: DeviceState,
    /// What is known about it.
    pub detail: String,
}

/// What a device is.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum DeviceKind {
    /// A UHF reader.
    Reader,
    /// A camera.
    Camera,
    /// Lamps, buzzer, lock.
    Panel,
}

impl DeviceKind {
    /// The word.
    pub fn word(self) -> &'static str {
        match self {
            Self::Reader => "reader",
            Self::Camera => "camera",
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
    /// Works, with something to know.
    Warning,
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
    /// The act's id, kept for retries.
    pub command: Option<Uuid>,
    /// What.
    pub what: Ask,
    /// Where the answer goes; nowhere in a replay.
    #[serde(skip)]
    pub reply: Option<oneshot::Sender<Outcome>>,
}

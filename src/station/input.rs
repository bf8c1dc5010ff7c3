//! Everything that happens to the station becomes one [`Input`], stamped at the edge, in one inbox.

use armoury_hardware::camera::AimHint;
use serde::{Deserialize, Serialize};
use tokio::sync::oneshot;
use uuid::Uuid;

use super::protocol::{Ask, Outcome};
use super::tags::TagDone;
use crate::domain::{Moment, ReadPoint, Role, Seq};
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
    /// A camera sees a code that is not taken.
    Aim(AimReport),
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
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
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
    /// How a camera is doing.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub camera: Option<CameraFigures>,
}

/// A code that somebody holds before a camera and that is not taken.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct AimReport {
    /// The camera's name in the configuration.
    pub camera: String,
    /// Where it looks.
    pub read_point: ReadPoint,
    /// What would help.
    pub hint: AimHint,
}

/// How a camera is doing. Counts are since the station's start.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
pub struct CameraFigures {
    /// Pictures that came in, a second.
    pub frames_per_s: f32,
    /// Pictures read.
    pub read: u64,
    /// Pictures not looked at: a newer one was there, nothing had changed, or there was no time.
    pub skipped: u64,
    /// Pictures given up because reading took too long or a reader stumbled.
    pub abandoned: u64,
    /// Mean time to read one, milliseconds.
    pub ms_per_frame: f32,
    /// What the last look was allowed to take, milliseconds; it follows the machine.
    pub budget_ms: f32,
    /// Kind and end of the last code that was taken.
    pub last_code: Option<String>,
    /// How long ago that was, seconds.
    pub last_code_ago_s: Option<u64>,
    /// What would help to read the code that is held before it now.
    pub aim: Option<AimHint>,
    /// How sharp the last code seen was, 0 to 1; 0.5 and more is in focus.
    pub sharpness: Option<f32>,
    /// Pixels a module of it.
    pub module_px: Option<f32>,
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

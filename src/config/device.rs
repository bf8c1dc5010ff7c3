//! Devices as the configuration names them: plain values, so that headquarters builds without the hardware crate.

use std::fmt;
use std::path::PathBuf;

use serde::{Serialize, Serializer};

use crate::domain::ReadPoint;

/// Highest antenna number: the family has 4 and 8 port readers (impinj-r2000-a0.md section 4).
pub(super) const ANTENNA_MAX: u8 = 8;

/// Transmit power taken, in dBm. The family's highest is 33 (impinj-r2000-a0.md section 3, command 66).
pub(super) const POWER_DBM: std::ops::RangeInclusive<i64> = 0..=33;

/// Line rates of the family (impinj-r2000-a0.md section 1).
pub(super) const BAUD: [i64; 2] = [38_400, 115_200];

/// Sides of a picture taken from a pipe, in pixels: nothing smaller holds a code, nothing larger is a camera of the
/// parts list, and a mistake must not ask for gigabytes a frame.
pub(super) const SIDE_PX: std::ops::RangeInclusive<i64> = 16..=4_096;

/// General purpose pins by their BCM number; 0 and 1 belong to the board's own identification chip.
pub(super) const PIN: std::ops::RangeInclusive<i64> = 2..=27;

/// `[[reader]]`: a UHF reader on a serial port.
#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
pub struct Reader {
    /// Its name on screens, in the log and in evidence.
    pub name: String,
    /// What it speaks.
    pub protocol: Protocol,
    /// The port, `/dev/serial/by-id/…` by preference.
    pub port: PathBuf,
    /// Line rate; none means: try what the protocol allows.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub baud: Option<u32>,
    /// Where it looks.
    pub read_point: ReadPoint,
    /// Transmit power in dBm, written to the reader at each start.
    pub power_dbm: u8,
    /// Antennas in use, counted from 1.
    pub antennas: Vec<u8>,
}

impl Reader {
    /// Transmit power where the file says nothing, in dBm: enough for a tray at arm's length. No sheet gives a figure
    /// (estimate); rfid-stream-cleaning.md section 4 says how to find the right one on site.
    pub const POWER_DBM: u8 = 23;

    /// Antennas where the file says nothing.
    pub const ANTENNAS: [u8; 1] = [1];
}

/// A reader's language.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize)]
#[serde(rename_all = "snake_case")]
pub enum Protocol {
    /// Impinj R2000 and E710 readers with the "A0" frames.
    R2000,
}

impl Protocol {
    pub(super) const WORDS: [(&'static str, Self); 1] = [("r2000", Self::R2000)];
}

/// `[[camera]]`: a source of grey frames.
#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
pub struct Camera {
    /// Its name on screens, in the log and in evidence.
    pub name: String,
    /// Where the pictures come from.
    pub source: CameraSource,
    /// What a pipe's frames look like.
    pub format: PictureFormat,
    /// Width of a pipe's frames in pixels.
    pub width: u32,
    /// Height of a pipe's frames in pixels.
    pub height: u32,
    /// Where it looks.
    pub read_point: ReadPoint,
}

impl Camera {
    /// Width and height where the file says nothing: the smallest picture every camera gives, a multiple of 64 wide.
    pub const SIZE_PX: (u32, u32) = (640, 480);
}

/// Where pictures come from. As text: `folder:DIR` or `pipe:COMMAND`.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum CameraSource {
    /// Picture files, in name order once, then the new ones.
    Folder(PathBuf),
    /// The standard output of a program, frame after frame; run by the shell.
    Pipe(String),
}

impl fmt::Display for CameraSource {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Folder(folder) => write!(f, "folder:{}", folder.display()),
            Self::Pipe(command) => write!(f, "pipe:{command}"),
        }
    }
}

impl Serialize for CameraSource {
    fn serialize<S: Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        serializer.collect_str(self)
    }
}

/// What the bytes of a pipe mean.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default, Serialize)]
#[serde(rename_all = "snake_case")]
pub enum PictureFormat {
    /// width x height bytes a frame.
    #[default]
    Grey,
    /// Half as much again; the first plane is the grey picture.
    Yuv420,
}

impl PictureFormat {
    pub(super) const WORDS: [(&'static str, Self); 2] = [("grey", Self::Grey), ("yuv420", Self::Yuv420)];
}

/// `[panel]`: lamps, buzzer and lock on the pins of a Raspberry Pi, by BCM number. What has no pin is not there.
#[derive(Debug, Clone, PartialEq, Eq, Default, Serialize)]
pub struct Panel {
    /// Red lamp.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub red: Option<u8>,
    /// Amber lamp.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub amber: Option<u8>,
    /// Green lamp.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub green: Option<u8>,
    /// Buzzer.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub buzzer: Option<u8>,
    /// Relay of the lock.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub lock: Option<u8>,
}

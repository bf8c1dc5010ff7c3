//! Cameras and panel as the configuration names them: plain values, so that headquarters builds without the hardware
//! crate.

use std::fmt;
use std::path::PathBuf;

use serde::{Serialize, Serializer};

use super::reading::Reading;
use crate::domain::ReadPoint;

/// Sides of a picture taken from a pipe, in pixels: nothing smaller holds a code, nothing larger is a camera of the
/// parts list, and a mistake must not ask for gigabytes a frame.
pub(super) const SIDE_PX: std::ops::RangeInclusive<i64> = 16..=4_096;

/// General purpose pins by their BCM number; 0 and 1 belong to the board's own identification chip.
pub(super) const PIN: std::ops::RangeInclusive<i64> = 2..=27;

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
    /// How its pictures are read.
    #[serde(flatten)]
    pub reading: Reading,
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

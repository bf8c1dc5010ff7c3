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

/// Exposure in microseconds: from the shortest of any sensor of the parts list to one second.
pub(super) const EXPOSURE_US: std::ops::RangeInclusive<i64> = 100..=1_000_000;

/// Focus in steps: UVC cameras count to 255 or 1023, Pi cameras to 32 dioptres.
pub(super) const FOCUS: std::ops::RangeInclusive<i64> = 0..=65_535;

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
    /// Width in pixels: of a pipe's frames, or as a camera is asked for it.
    pub width: u32,
    /// Height in pixels.
    pub height: u32,
    /// How long a picture is exposed, in microseconds; none leaves it to the camera.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub exposure_us: Option<u32>,
    /// Focus in the driver's steps, of a Pi camera in tenths of a dioptre; none leaves it to the camera.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub focus: Option<u32>,
    /// How its pictures are read.
    #[serde(flatten)]
    pub reading: Reading,
    /// Where it looks.
    pub read_point: ReadPoint,
    /// The lane its read point belongs to, where the hatch has several.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub lane: Option<String>,
}

impl Camera {
    /// Width and height where the file says nothing: the smallest picture every camera gives, a multiple of 64 wide.
    pub const SIZE_PX: (u32, u32) = (640, 480);
}

/// Where pictures come from. As text: `v4l2:DEVICE`, `rpicam:NUMBER`, `pipe:COMMAND`, `folder:DIR` or `file:PATH`.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum CameraSource {
    /// A USB camera, or any other Video4Linux device.
    V4l2(PathBuf),
    /// A Raspberry Pi camera by its number.
    Rpicam(u32),
    /// The standard output of a program, frame after frame; run by the shell.
    Pipe(String),
    /// Picture files, in name order once, then the new ones.
    Folder(PathBuf),
    /// One picture file, again whenever it is replaced.
    File(PathBuf),
}

impl CameraSource {
    /// What the configuration's reader says where a source is none of these.
    pub(super) const HOW: &'static str =
        "write \"v4l2:DEVICE\", \"rpicam:NUMBER\", \"pipe:COMMAND\", \"folder:DIR\" or \"file:PATH\"";

    /// Whether its pictures are of the size that the configuration says.
    pub(super) fn is_sized(&self) -> bool {
        matches!(self, Self::V4l2(_) | Self::Rpicam(_) | Self::Pipe(_))
    }

    /// Whether it has a driver that may be asked to hold exposure and focus.
    pub(super) fn is_driven(&self) -> bool {
        matches!(self, Self::V4l2(_) | Self::Rpicam(_))
    }

    /// The word before the colon.
    pub(super) fn kind(&self) -> &'static str {
        match self {
            Self::V4l2(_) => "v4l2",
            Self::Rpicam(_) => "rpicam",
            Self::Pipe(_) => "pipe",
            Self::Folder(_) => "folder",
            Self::File(_) => "file",
        }
    }
}

impl fmt::Display for CameraSource {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::V4l2(path) | Self::Folder(path) | Self::File(path) => {
                write!(f, "{}:{}", self.kind(), path.display())
            }
            Self::Rpicam(number) => write!(f, "rpicam:{number}"),
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

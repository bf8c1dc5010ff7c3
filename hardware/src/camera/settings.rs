//! What a camera is told: source, format, size, controls.

use std::fmt;
use std::path::PathBuf;
use std::str::FromStr;

use super::CameraError;
use crate::symbol::GreyFrame;

/// Where pictures come from. Written `v4l2:DEVICE`, `rpicam:NUMBER`, `pipe:COMMAND`, `folder:DIR` or `file:PATH`.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum CameraSource {
    /// A Video4Linux device: a USB camera. Best by its name under `/dev/v4l/by-id`, which stays the same.
    V4l2(PathBuf),
    /// A camera at a Raspberry Pi's ribbon connector, by the number `rpicam-hello --list-cameras` gives it.
    Rpicam(u32),
    /// A shell command that writes raw frames to its standard output.
    Pipe(String),
    /// Picture files in a folder: read in name order once, then watched for new ones.
    Folder(PathBuf),
    /// A single picture file: read once, and again whenever it is replaced.
    File(PathBuf),
}

impl FromStr for CameraSource {
    type Err = CameraError;

    fn from_str(text: &str) -> Result<Self, Self::Err> {
        let refused = || CameraError::Source { given: text.to_owned() };
        let (kind, rest) = text.split_once(':').ok_or_else(refused)?;
        if rest.trim().is_empty() || rest.contains('\0') {
            return Err(refused());
        }
        match kind {
            "v4l2" => Ok(Self::V4l2(PathBuf::from(rest))),
            "rpicam" => rest.trim().parse().map(Self::Rpicam).map_err(|_| refused()),
            "pipe" => Ok(Self::Pipe(rest.to_owned())),
            "folder" => Ok(Self::Folder(PathBuf::from(rest))),
            "file" => Ok(Self::File(PathBuf::from(rest))),
            _ => Err(refused()),
        }
    }
}

impl fmt::Display for CameraSource {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::V4l2(device) => write!(f, "v4l2:{}", device.display()),
            Self::Rpicam(number) => write!(f, "rpicam:{number}"),
            Self::Pipe(command) => write!(f, "pipe:{command}"),
            Self::Folder(folder) => write!(f, "folder:{}", folder.display()),
            Self::File(file) => write!(f, "file:{}", file.display()),
        }
    }
}

/// What one frame of a pipe looks like. Other sources say it themselves.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum PixelFormat {
    /// One byte a pixel.
    Grey,
    /// Planar YUV 4:2:0, as `rpicam-vid --codec yuv420` writes it: the first plane is the grey picture, two planes of half
    /// the width and height (rounded up) follow and are dropped.
    Yuv420,
}

impl PixelFormat {
    /// Bytes of one frame, in memory and on the pipe.
    #[must_use]
    pub fn frame_bytes(self, width: u32, height: u32) -> u64 {
        let plane = |w: u32, h: u32| u64::from(w) * u64::from(h);
        match self {
            Self::Grey => plane(width, height),
            Self::Yuv420 => plane(width, height) + 2 * plane(width.div_ceil(2), height.div_ceil(2)),
        }
    }

    /// The word it has in the configuration.
    #[must_use]
    pub fn word(self) -> &'static str {
        match self {
            Self::Grey => "grey",
            Self::Yuv420 => "yuv420",
        }
    }
}

impl FromStr for PixelFormat {
    type Err = CameraError;

    fn from_str(text: &str) -> Result<Self, Self::Err> {
        [Self::Grey, Self::Yuv420]
            .into_iter()
            .find(|format| format.word() == text)
            .ok_or_else(|| CameraError::Format { given: text.to_owned() })
    }
}

/// What the driver of a camera is asked to hold still. Left out: the camera's own automatic.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq)]
pub struct CameraControls {
    /// How long a picture is exposed, in microseconds.
    pub exposure_us: Option<u32>,
    /// Focus: the driver's own steps of a V4L2 camera; tenths of a dioptre of a Pi camera (10 is one metre, 50 is 20 cm).
    pub focus: Option<u32>,
}

/// One camera of the station.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct CameraSettings {
    /// What the station calls it.
    pub name: String,
    /// Where its pictures come from.
    pub source: CameraSource,
    /// What a frame of its pipe looks like.
    pub format: PixelFormat,
    /// Pixels a row: as a pipe delivers them (padding and all), as a V4L2 or Pi camera is asked for them.
    pub width: u32,
    /// Rows.
    pub height: u32,
    /// Exposure and focus, where the driver offers them.
    pub controls: CameraControls,
}

/// How the grey picture lies in the bytes of one frame: `height` rows of `row_bytes`, of which the first `width` count.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) struct Layout {
    pub(super) width: u32,
    pub(super) height: u32,
    pub(super) row_bytes: u32,
    pub(super) frame_bytes: u64,
}

impl Layout {
    /// A frame whose rows are not padded.
    pub(super) fn packed(format: PixelFormat, width: u32, height: u32) -> Self {
        Self { width, height, row_bytes: width, frame_bytes: format.frame_bytes(width, height) }
    }

    /// The picture in a frame; none where the bytes do not hold it.
    pub(super) fn picture(&self, frame: &[u8]) -> Option<GreyFrame> {
        let (width, height, row) = (self.width as usize, self.height as usize, self.row_bytes as usize);
        if row < width || frame.len() < row.checked_mul(height)? {
            return None;
        }
        let pixels = if row == width {
            frame[..row * height].to_vec()
        } else {
            frame.chunks_exact(row).take(height).flat_map(|padded| &padded[..width]).copied().collect()
        };
        GreyFrame::new(self.width, self.height, pixels).ok()
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn sources_are_written_as_in_the_configuration() {
        for text in [
            "folder:/var/pictures",
            "pipe:cat a:b | head",
            "v4l2:/dev/v4l/by-id/usb-Maker_Model-video-index0",
            "rpicam:1",
            "file:desk.png",
        ] {
            assert_eq!(
                text.parse::<CameraSource>().map(|source| source.to_string()).ok().as_deref(),
                Some(text)
            );
        }
        let wrong = [
            "",
            "folder",
            "folder:",
            "pipe: ",
            "/dev/video0",
            "Folder:x",
            "rpicam:a",
            "rpicam:-1",
            "v4l2:",
            "file:\0",
        ];
        for wrong in wrong {
            let error = wrong.parse::<CameraSource>().expect_err(wrong);
            assert!(error.to_string().contains("v4l2:DEVICE"), "{error}");
        }
    }

    #[test]
    fn a_yuv_frame_has_half_as_many_bytes_again_and_odd_sides_round_up() {
        assert_eq!(PixelFormat::Grey.frame_bytes(640, 480), 307_200);
        assert_eq!(PixelFormat::Yuv420.frame_bytes(640, 480), 460_800);
        assert_eq!(PixelFormat::Yuv420.frame_bytes(3, 5), 15 + 2 * 6);
        assert_eq!(PixelFormat::Yuv420.frame_bytes(u32::MAX, 1), u64::from(u32::MAX) + (1 << 32));
    }

    #[test]
    fn padding_is_cut_off_and_a_frame_that_is_too_short_is_none() {
        let layout = Layout { width: 3, height: 2, row_bytes: 4, frame_bytes: 12 };
        let bytes: Vec<u8> = (0..12).collect();
        assert_eq!(layout.picture(&bytes).map(|frame| frame.pixels), Some(vec![0, 1, 2, 4, 5, 6]));
        assert_eq!(layout.picture(&bytes[..7]), None);
        assert_eq!(Layout { row_bytes: 2, ..layout }.picture(&bytes), None);
        assert_eq!(Layout { row_bytes: u32::MAX, height: u32::MAX, ..layout }.picture(&bytes), None);
    }
}

//! The feed that is a capture program's pipe, a Raspberry Pi camera's too.

use std::sync::Arc;
use std::time::{Duration, Instant};

use super::child::{self, Capture, Farewell};
use super::feed::{Arrival, End, Feed, Opened};
use super::settings::{CameraSettings, Layout, PixelFormat};
use super::{CameraError, rpicam};
use crate::symbol::check_size;

/// A program that has not written a byte for this long is started again.
const NO_BYTE: Duration = Duration::from_secs(10);

/// A program that has fallen silent for this long is started again. Longer, because starting some shows old frames again.
const SILENT: Duration = Duration::from_secs(30);

/// A frame whose rest has not come after this long does not come any more.
const HALF: Duration = Duration::from_secs(3);

/// Starts a program that writes frames as they are configured.
pub(super) fn open(command: &str, settings: &CameraSettings) -> Opened {
    let CameraSettings { format, width, height, .. } = *settings;
    start(command.to_owned(), Layout::packed(format, width, height), format)
}

/// Starts a Raspberry Pi camera's program.
pub(super) fn open_pi(number: u32, settings: &CameraSettings) -> Opened {
    start(rpicam::command(number, settings), rpicam::layout(settings), PixelFormat::Yuv420)
}

fn start(command: String, layout: Layout, format: PixelFormat) -> Opened {
    let Layout { width, height, row_bytes, .. } = layout;
    if check_size(width, height).is_err() || check_size(row_bytes, height).is_err() {
        return Err(CameraError::Size { width, height });
    }
    match Capture::start(&command, layout) {
        Ok(capture) => {
            let started = Instant::now();
            Ok(Box::new(Pipe { command, layout, format, capture, started, last_frame: None }))
        }
        Err(source) => Err(CameraError::Start { command, source: Arc::new(source) }),
    }
}

/// A running capture program.
struct Pipe {
    command: String,
    layout: Layout,
    format: PixelFormat,
    capture: Capture,
    started: Instant,
    last_frame: Option<Instant>,
}

impl Feed for Pipe {
    fn what(&self) -> String {
        format!("{} x {} from {}", self.layout.width, self.layout.height, self.command)
    }

    fn next(&mut self, patience: Duration) -> Arrival {
        match self.capture.next(patience) {
            child::Arrival::Frame(frame, passed_over) => {
                self.last_frame = Some(Instant::now());
                Arrival::Frame(frame, passed_over)
            }
            child::Arrival::Nothing { unfinished, heard } => self
                .over_for_silence(unfinished, heard)
                .map_or(Arrival::Nothing, |why| Arrival::Over(why.into())),
            child::Arrival::OtherSize(burst) => Arrival::Over(self.other_size(burst).into()),
            child::Arrival::Ended { leftover } => Arrival::Over(self.ended(leftover)),
        }
    }
}

impl Pipe {
    fn over_for_silence(&mut self, unfinished: u64, heard: Option<Instant>) -> Option<CameraError> {
        let frame_bytes = self.layout.frame_bytes;
        let silent = heard.unwrap_or(self.started).elapsed();
        if unfinished > 0 && silent >= HALF {
            let (command, said) = (self.command.clone(), self.capture.finish().said);
            let seconds = silent.as_secs();
            return Some(CameraError::Half { command, bytes: unfinished, frame_bytes, seconds, said });
        }
        let without = self.last_frame.unwrap_or(self.started).elapsed();
        if without < if heard.is_none() { NO_BYTE } else { SILENT } {
            return None;
        }
        let (command, said) = (self.command.clone(), self.capture.finish().said);
        Some(CameraError::Silent { command, frame_bytes, seconds: without.as_secs(), said })
    }

    fn other_size(&self, burst: u64) -> CameraError {
        let Layout { width, height, frame_bytes, .. } = self.layout;
        let (command, format) = (self.command.clone(), self.format.word());
        CameraError::OtherSize { command, burst, width, height, format, frame_bytes }
    }

    fn ended(&mut self, leftover: u64) -> End {
        let Farewell { status, clean, said } = self.capture.finish();
        let (command, frame_bytes) = (self.command.clone(), self.layout.frame_bytes);
        let why = CameraError::Ended { command, status, leftover, frame_bytes, said };
        End { why, all_shown: clean && self.last_frame.is_some() }
    }
}

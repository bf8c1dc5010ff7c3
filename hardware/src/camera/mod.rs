//! Cameras: sources of grey pictures, and the thread that turns them into codes.
//!
//! | File | Does |
//! |---|---|
//! | `folder` | pictures put into a folder, in name order, then as they come |
//! | `pipe` | frames written by a capture program, supervised and restarted |
//! | `child` | the capture program: its process group, its output, its last words |
//! | `eye` | looks at pictures that follow each other |
//! | `schedule` | which of them, how hard, and how long that may take |
//! | `trust` | which codes are told: kinds, confirmation, check characters |
//! | `aim` | what helps a person to hold a code better |
//! | `lens` | what the camera sees as characters; the wish to read now |
//! | `still` | has anything changed since the last look? |
//! | `stop` | the wish to end, and the news that it has happened |
//! | `report` | what is told, and how often |
//!
//! A camera owns its threads. It never waits for anybody but its sink, and it ends with everything it started: a sink that
//! blocks delays pictures, which are skipped and counted, and nothing else.

mod aim;
mod child;
mod eye;
mod folder;
mod lens;
mod pipe;
mod report;
mod schedule;
mod still;
mod stop;
mod trust;

use std::fmt;
use std::io;
use std::path::PathBuf;
use std::str::FromStr;
use std::sync::{Arc, Mutex, PoisonError};
use std::thread::{self, JoinHandle};
use std::time::Duration;

pub use self::aim::AimHint;
pub use self::lens::{Lens, LensPicture};
use self::stop::Stop;
pub use self::trust::{Code39Format, Confirm, NotAFormat, ReadSettings};
use crate::symbol::{CodeRead, Sighting};

/// How long ending a camera may take before it is left to end by itself.
const END_PATIENCE: Duration = Duration::from_secs(3);

/// Where pictures come from. Written `folder:DIR` or `pipe:COMMAND`.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum CameraSource {
    /// Picture files in a folder: read in name order once, then watched for new ones.
    Folder(PathBuf),
    /// A shell command that writes raw frames to its standard output.
    Pipe(String),
}

impl FromStr for CameraSource {
    type Err = CameraError;

    fn from_str(text: &str) -> Result<Self, Self::Err> {
        match text.split_once(':') {
            Some(("folder", folder)) if !folder.trim().is_empty() => Ok(Self::Folder(PathBuf::from(folder))),
            Some(("pipe", command)) if !command.trim().is_empty() => Ok(Self::Pipe(command.to_owned())),
            _ => Err(CameraError::Source { given: text.to_owned() }),
        }
    }
}

impl fmt::Display for CameraSource {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Folder(folder) => write!(f, "folder:{}", folder.display()),
            Self::Pipe(command) => write!(f, "pipe:{command}"),
        }
    }
}

/// What one frame of a pipe looks like. A folder's pictures say it themselves.
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
}

impl FromStr for PixelFormat {
    type Err = CameraError;

    fn from_str(text: &str) -> Result<Self, Self::Err> {
        match text {
            "grey" => Ok(Self::Grey),
            "yuv420" => Ok(Self::Yuv420),
            _ => Err(CameraError::Format { given: text.to_owned() }),
        }
    }
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
    /// Pixels a row as the pipe delivers them: `rpicam-vid` pads widths to a multiple of 64 (780 arrives as 832).
    pub width: u32,
    /// Rows as the pipe delivers them.
    pub height: u32,
}

/// What a camera tells.
#[derive(Debug, Clone)]
pub enum CameraEvent {
    /// Pictures come, or the folder is there.
    Up {
        /// What it is, for the Devices screen.
        what: String,
    },
    /// A code was read, and confirmed where that is asked for. From a folder once for each file; from a pipe at most five times a second while it is in view.
    Code(CodeRead),
    /// How the camera is doing; once a second while pictures come, and seldom otherwise.
    Figures {
        /// Pictures that came in, over the last second or more.
        frames_per_s: f32,
        /// Mean time to read one picture over the same time; the last one while none is read.
        ms_per_frame: f32,
        /// What the last look was allowed to take, in milliseconds; it follows the machine.
        budget_ms: f32,
        /// Pictures read since the camera was started.
        read: u64,
        /// Pictures not looked at, because a newer one was there or nothing had changed.
        skipped: u64,
        /// Pictures given up because reading took too long or a reader panicked.
        abandoned: u64,
        /// How the last code lay, read or not, that was seen since the figures were told.
        sighting: Option<Sighting>,
    },
    /// A code is held before the camera and not taken: what would help. Again twice a second while it is.
    Aim(AimHint),
    /// Reading a picture took too long, or a reader stumbled; it was abandoned and replaced. Told at most every ten
    /// seconds, each counts in the figures.
    GivenUp {
        /// Why, as a sentence.
        why: String,
    },
    /// A picture that is no picture. Told once for each.
    Refused {
        /// The file's name, or the folder.
        file_or_what: String,
        /// Why, as a sentence.
        why: String,
    },
    /// No pictures come; the camera tries again by itself.
    Down {
        /// Why, and what to try.
        why: CameraError,
        /// When it tries again.
        retry_in_ms: u64,
    },
}

/// Why a camera gives no pictures.
#[derive(Debug, Clone, thiserror::Error)]
#[non_exhaustive]
pub enum CameraError {
    /// Not `folder:DIR` or `pipe:COMMAND`.
    #[error("{given:?} is no camera source: write folder:DIR or pipe:COMMAND")]
    Source {
        /// What was given.
        given: String,
    },
    /// Not `grey` or `yuv420`.
    #[error("{given:?} is no pixel format: write grey or yuv420")]
    Format {
        /// What was given.
        given: String,
    },
    /// The width and height make no frame.
    #[error(
        "a frame of {width} x {height} pixels cannot be read: set width and height to what the program delivers"
    )]
    Size {
        /// Pixels a row.
        width: u32,
        /// Rows.
        height: u32,
    },
    /// The folder is not there or cannot be listed.
    #[error("cannot list the picture folder {}: {source}: create it, or check its owner", path.display())]
    Folder {
        /// Which folder.
        path: PathBuf,
        /// Why.
        source: Arc<io::Error>,
    },
    /// The capture program cannot be started.
    #[error("cannot start {command:?}: {source}")]
    Start {
        /// The command.
        command: String,
        /// Why.
        source: Arc<io::Error>,
    },
    /// The capture program ended.
    #[error("{command:?} ended ({status}){leftover}{said}", leftover = Leftover(*leftover, *frame_bytes), said = Said(said))]
    Ended {
        /// The command.
        command: String,
        /// Its exit status in words.
        status: String,
        /// Bytes of a last frame that was not whole, and was dropped.
        leftover: u64,
        /// Bytes of a whole frame.
        frame_bytes: u64,
        /// The end of what it wrote to standard error.
        said: String,
    },
    /// The capture program runs and writes nothing.
    #[error(
        "{command:?} has written no whole frame of {frame_bytes} bytes for {seconds} s: check the camera's cable, width, \
         height and format{said}", said = Said(said)
    )]
    Silent {
        /// The command.
        command: String,
        /// Bytes of a whole frame.
        frame_bytes: u64,
        /// How long.
        seconds: u64,
        /// The end of what it wrote to standard error.
        said: String,
    },
    /// There is no thread for the camera.
    #[error("cannot start a thread for the camera: {source}")]
    Thread {
        /// Why.
        source: Arc<io::Error>,
    },
}

struct Leftover(u64, u64);

impl fmt::Display for Leftover {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self.0 {
            0 => Ok(()),
            bytes => {
                write!(f, " in the middle of a frame: the last {bytes} of {} bytes were dropped", self.1)
            }
        }
    }
}

struct Said<'a>(&'a str);

impl fmt::Display for Said<'_> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self.0 {
            "" => Ok(()),
            said => write!(f, "; it said: {said}"),
        }
    }
}

/// A running camera. Dropping it ends it as [`CameraHandle::stop`] does.
#[derive(Debug)]
pub struct CameraHandle {
    stop: Stop,
    thread: Option<JoinHandle<()>>,
}

/// Starts a camera on threads of its own; everything it has to tell goes to `sink`, from one thread.
///
/// A camera that cannot even be started tells [`CameraEvent::Down`] before this returns.
pub fn spawn(settings: CameraSettings, sink: impl FnMut(CameraEvent) + Send + 'static) -> CameraHandle {
    spawn_with(settings, ReadSettings::default(), sink)
}

/// The same, with a say in how its pictures are read.
pub fn spawn_with(
    settings: CameraSettings,
    reading: ReadSettings,
    sink: impl FnMut(CameraEvent) + Send + 'static,
) -> CameraHandle {
    let stop = Stop::default();
    let told = Arc::new(Mutex::new(Box::new(sink) as Box<dyn FnMut(CameraEvent) + Send>));
    let (seen, tell) = (stop.clone(), Arc::clone(&told));
    let run = move || {
        let _ended = EndsWithThread(seen.clone());
        let mut tell = |event| tell.lock().unwrap_or_else(PoisonError::into_inner)(event);
        match &settings.source {
            CameraSource::Folder(folder) => folder::run(folder, &reading, &seen, &mut tell),
            CameraSource::Pipe(command) => pipe::run(command, &settings, &reading, &seen, &mut tell),
        }
    };
    let thread = match thread::Builder::new().name("armoury-camera".into()).spawn(run) {
        Ok(thread) => Some(thread),
        Err(source) => {
            let why = CameraError::Thread { source: Arc::new(source) };
            told.lock().unwrap_or_else(PoisonError::into_inner)(CameraEvent::Down { why, retry_in_ms: 0 });
            None
        }
    };
    CameraHandle { stop, thread }
}

impl CameraHandle {
    /// Ends the camera and its program, and waits for that, but not for ever.
    pub fn stop(self) {
        drop(self);
    }
}

impl Drop for CameraHandle {
    fn drop(&mut self) {
        self.stop.ask();
        let Some(thread) = self.thread.take() else {
            return;
        };
        if !self.stop.ended_within(END_PATIENCE) {
            tracing::warn!("a camera is still busy after {END_PATIENCE:?} and is left to end by itself");
            return;
        }
        if thread.join().is_err() {
            tracing::warn!("a camera's thread panicked");
        }
    }
}

/// Tells that the thread has ended, also where it ended by a panic in the sink.
struct EndsWithThread(Stop);

impl Drop for EndsWithThread {
    fn drop(&mut self) {
        self.0.end();
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn sources_are_written_as_in_the_configuration() {
        let source = |text: &str| text.parse::<CameraSource>();
        assert_eq!(source("folder:/var/pictures").ok(), Some(CameraSource::Folder("/var/pictures".into())));
        assert_eq!(source("pipe:cat a:b | head").ok(), Some(CameraSource::Pipe("cat a:b | head".into())));
        for wrong in ["", "folder", "folder:", "pipe: ", "/dev/video0", "Folder:x"] {
            let error = source(wrong).expect_err(wrong);
            assert!(error.to_string().contains("folder:DIR or pipe:COMMAND"), "{error}");
        }
    }

    #[test]
    fn a_yuv_frame_has_half_as_many_bytes_again_and_odd_sides_round_up() {
        assert_eq!(PixelFormat::Grey.frame_bytes(640, 480), 307_200);
        assert_eq!(PixelFormat::Yuv420.frame_bytes(640, 480), 460_800);
        assert_eq!(PixelFormat::Yuv420.frame_bytes(3, 5), 15 + 2 * 6);
        assert_eq!(PixelFormat::Yuv420.frame_bytes(u32::MAX, 1), u64::from(u32::MAX) + (1 << 32));
    }
}

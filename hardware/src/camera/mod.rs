//! Cameras: sources of grey pictures, and the thread that turns them into codes.
//!
//! | File | Does |
//! |---|---|
//! | `settings` | what a camera is told: source, format, size, controls |
//! | `error` | why a camera gives no pictures, and what to try |
//! | `folder` | pictures put into a folder, in name order, then as they come; or a single file |
//! | `feed` | whatever gives frame after frame: opened, watched, opened again |
//! | `pipe` | the feed that is a capture program's pipe, a Raspberry Pi camera's too |
//! | `rpicam` | how a Raspberry Pi camera's program is called |
//! | `child` | the capture program: its process group, its output, its last words |
//! | `burst` | how much a program writes at a go: frames of another size, frames out of step |
//! | `v4l2` | the feed that is a USB camera or any other Video4Linux device |
//! | `look` | what a camera can do, and one picture of it on request |
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
mod burst;
mod child;
mod error;
mod eye;
mod feed;
mod folder;
mod lens;
mod look;
mod pipe;
mod report;
mod rpicam;
mod schedule;
mod settings;
mod still;
mod stop;
mod trust;
mod v4l2;

use std::sync::{Arc, Mutex, PoisonError};
use std::thread::{self, JoinHandle};
use std::time::Duration;

pub use self::aim::AimHint;
pub use self::error::CameraError;
pub use self::lens::{Lens, LensPicture};
pub use self::look::{PiCamera, pi_cameras, take_picture};
pub use self::settings::{CameraControls, CameraSettings, CameraSource, PixelFormat};
use self::stop::Stop;
pub use self::trust::{Code39Format, Confirm, NotAFormat, ReadSettings};
pub use self::v4l2::{Offer, OfferedFormat, offer};
use crate::symbol::{CodeRead, Sighting};

/// How long ending a camera may take before it is left to end by itself.
const END_PATIENCE: Duration = Duration::from_secs(3);

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
            CameraSource::File(file) => folder::run_file(file, &reading, &seen, &mut tell),
            CameraSource::V4l2(device) => {
                feed::run(&|| v4l2::open(device, &settings), &reading, &seen, &mut tell)
            }
            CameraSource::Rpicam(number) => {
                feed::run(&|| pipe::open_pi(*number, &settings), &reading, &seen, &mut tell)
            }
            CameraSource::Pipe(command) => {
                feed::run(&|| pipe::open(command, &settings), &reading, &seen, &mut tell)
            }
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

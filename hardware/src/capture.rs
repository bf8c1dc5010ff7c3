//! A port's bytes on paper: what went out and what came in, with its time, as text that a person can read and a test can
//! replay.
//!
//! ```text
//! # armoury capture 1
//! # family r2000
//! # left out: every byte while an order with a password runs, and 500 ms longer
//! # rate 115200
//! +0 > a00401727099
//! +12 < a006017208025d
//! # not shown: an order with a password
//! ```
//!
//! `+MS` counts from the beginning, `>` is sent and `<` received. Nothing else goes in: no name, no port. What would be a
//! secret is not in it:
//!
//! | Port | What is done |
//! |---|---|
//! | a reader | while an order runs that carries a password or reads one, and a moment longer, bytes are left out; that is said |
//! | a scanner | in every code each digit is written as 0, each letter as A or a; length, signs and line end stay (`scanner/masked.rs`) |
//!
//! A capture ends by itself after [`TIME_MAX`] or [`BYTES_MAX`], and its file is written by a thread of its own: a slow disk
//! loses pieces, which are counted, and never holds a device up.

pub(crate) mod recorded;

use std::fs::{File, OpenOptions};
use std::io::{self, BufWriter, Write};
use std::os::unix::fs::OpenOptionsExt;
use std::path::Path;
use std::sync::atomic::{AtomicBool, Ordering};
use std::sync::mpsc::{Receiver, SyncSender, TrySendError, sync_channel};
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};
use std::thread::JoinHandle;
use std::time::{Duration, Instant};

use serde::Serialize;

use crate::reader::Family;
use crate::scanner::ScannerKind;

pub use recorded::{Recorded, Seen, is_capture};

/// The first line of every capture.
const FIRST_LINE: &str = "# armoury capture 1";
/// Bytes of the line after which a capture ends by itself: six minutes of a line at 115,200 baud, and some 10 MB of text.
pub const BYTES_MAX: u64 = 4 * 1024 * 1024;
/// Time after which a capture ends by itself: long enough to see a fault that comes now and then, short enough to be
/// forgotten.
pub const TIME_MAX: Duration = Duration::from_secs(15 * 60);
/// Pieces that may wait for the disk; a slow one loses pieces, which is counted and said, and never holds up a reader.
const WAITING_MAX: usize = 1024;
/// How long after an order with a password bytes are left out: an answer that comes late may hold what was read.
const AFTER_A_SECRET: Duration = Duration::from_millis(500);

/// What is at a port.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Source {
    /// A reader.
    Reader(Family),
    /// A scanner.
    Scanner(ScannerKind),
}

impl Source {
    /// The head of a capture of it.
    fn head(self) -> String {
        match self {
            Self::Reader(family) => format!(
                "# family {}\n# left out: every byte while an order with a password runs, and {} ms longer\n",
                family.word(),
                AFTER_A_SECRET.as_millis()
            ),
            Self::Scanner(kind) => format!(
                "# scanner {}\n# changed: in every code digits are written as 0, letters as A or a, and what is not ASCII as ff\n",
                kind.name()
            ),
        }
    }
}

/// Captures one port, when it is told to. Cheap to clone; all clones are the same.
#[derive(Debug, Clone, Default)]
pub struct Capture(Arc<Shared>);

#[derive(Debug, Default)]
struct Shared {
    /// Asked for every piece of bytes, so that a capture that is off costs nothing.
    on: AtomicBool,
    state: Mutex<State>,
}

#[derive(Debug, Default)]
struct State {
    running: Option<Running>,
    /// Orders with a password that run now.
    secrets: u32,
    hidden_until: Option<Instant>,
    /// What is at the port, for the head.
    source: Option<Source>,
    /// The rate last written down.
    rate: Option<u32>,
}

/// A capture from its start until somebody ends it, also one that has ended by itself in between.
#[derive(Debug)]
struct Running {
    began: Instant,
    /// To the writer; none once it has ended by itself.
    to: Option<SyncSender<String>>,
    writer: JoinHandle<io::Result<()>>,
    bytes: u64,
    lost: u64,
    hiding: bool,
}

/// What became of a capture.
#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
pub struct Captured {
    /// Bytes of the line in it.
    pub bytes: u64,
    /// Pieces that the disk was too slow for.
    pub lost: u64,
}

/// Why a capture does not begin, or did not end well.
#[derive(Debug, thiserror::Error)]
pub enum CaptureError {
    /// One is running.
    #[error("a capture of this port is running: stop it first")]
    Running,
    /// None is running.
    #[error("no capture of this port is running")]
    NotRunning,
    /// The file.
    #[error("the capture cannot be written ({0}): name a new file in a folder that the station may write to")]
    File(#[from] io::Error),
    /// Text that is no capture.
    #[error("line {line} is not one of a capture: {why}")]
    Line {
        /// Counted from 1.
        line: usize,
        /// What is wrong.
        why: &'static str,
    },
    /// A head that names nothing this crate speaks.
    #[error(
        "nothing says what was captured: no line is \"# family NAME\" or \"# scanner NAME\" with a known name"
    )]
    NoSource,
}

impl Capture {
    /// Says what is at the port; goes into the head of each capture.
    pub fn describe(&self, source: Source) {
        let mut state = self.state();
        let is_new = state.source.replace(source) != Some(source);
        if let Some(running) = state.running.as_mut().filter(|_| is_new) {
            running.put(source.head());
        }
    }

    /// Begins a capture in a new file that only its owner reads.
    ///
    /// # Errors
    /// One is running already, or the file is there or cannot be made.
    pub fn start(&self, file: &Path) -> Result<(), CaptureError> {
        if self.is_running() {
            return Err(CaptureError::Running);
        }
        // Without the lock: a disk may be slow, and a driver may want the lock meanwhile.
        let file = OpenOptions::new().write(true).create_new(true).mode(0o600).open(file)?;
        let (to, from) = sync_channel(WAITING_MAX);
        let writer =
            std::thread::Builder::new().name("capture".to_owned()).spawn(move || write(file, &from))?;
        let mut running =
            Running { began: Instant::now(), to: Some(to), writer, bytes: 0, lost: 0, hiding: false };
        let mut state = self.state();
        if state.is_running() {
            return Err(CaptureError::Running);
        }
        running.put(format!("{FIRST_LINE}\n"));
        if let Some(source) = state.source {
            running.put(source.head());
        }
        state.rate = None;
        state.running = Some(running);
        self.0.on.store(true, Ordering::Release);
        Ok(())
    }

    /// Whether bytes are written down now; one that has ended by itself does not run.
    pub fn is_running(&self) -> bool {
        self.state().is_running()
    }

    /// Ends the capture; everything is in the file when this returns.
    ///
    /// # Errors
    /// None was running, or the file could not be written to its end.
    pub fn stop(&self) -> Result<Captured, CaptureError> {
        let running = self.state().running.take();
        self.0.on.store(false, Ordering::Release);
        let Some(Running { to, writer, bytes, lost, .. }) = running else {
            return Err(CaptureError::NotRunning);
        };
        if let Some(to) = to.filter(|_| lost > 0) {
            let said = format!("# {lost} pieces are missing: the disk was too slow\n");
            // The writer may have ended with an error of its own, which is the one to tell.
            if to.send(said).is_err() {
                tracing::debug!("the capture's writer has ended");
            }
        }
        let written = writer.join().unwrap_or_else(|_| Err(io::Error::other("its writer panicked")));
        written?;
        Ok(Captured { bytes, lost })
    }

    /// Bytes went out.
    pub(crate) fn sent(&self, rate: u32, bytes: &[u8]) {
        self.took(rate, '>', bytes);
    }

    /// Bytes came in.
    pub(crate) fn received(&self, rate: u32, bytes: &[u8]) {
        self.took(rate, '<', bytes);
    }

    /// Whether it is worth the trouble to make something up for the capture.
    pub(crate) fn is_on(&self) -> bool {
        self.0.on.load(Ordering::Acquire)
    }

    /// So many bytes came in; what of them may be shown follows when it is known.
    pub(crate) fn counted(&self, bytes: usize) {
        if self.is_on()
            && let Some(running) = &mut self.state().running
        {
            let ms = running.began.elapsed().as_millis();
            running.put(format!("# +{ms} {bytes} bytes came\n"));
        }
    }

    /// Leaves out what goes over the line as long as the answer lives, and a moment longer.
    pub(crate) fn hide(&self) -> Hidden {
        self.state().secrets += 1;
        Hidden(self.clone())
    }

    fn took(&self, rate: u32, way: char, bytes: &[u8]) {
        if !self.is_on() {
            return;
        }
        let mut state = self.state();
        let now = Instant::now();
        let hidden = state.secrets > 0 || state.hidden_until.is_some_and(|until| now < until);
        let rate_is_new = rate > 0 && state.rate.replace(rate) != Some(rate);
        let Some(running) = &mut state.running else { return };
        if running.bytes + bytes.len() as u64 > BYTES_MAX {
            running.end(&format!("{BYTES_MAX} bytes are enough"));
        } else if now.duration_since(running.began) > TIME_MAX {
            running.end(&format!("{} minutes are enough", TIME_MAX.as_secs() / 60));
        }
        if running.to.is_none() {
            self.0.on.store(false, Ordering::Release);
            return;
        }
        if rate_is_new {
            running.put(format!("# rate {rate}\n"));
        }
        if hidden {
            if !running.hiding {
                running.put("# not shown: an order with a password\n".to_owned());
            }
            running.hiding = true;
            return;
        }
        running.hiding = false;
        running.bytes += bytes.len() as u64;
        let ms = now.duration_since(running.began).as_millis();
        running.put(format!("+{ms} {way} {}\n", crate::reader::hex(bytes)));
    }

    fn state(&self) -> MutexGuard<'_, State> {
        self.0.state.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

impl State {
    fn is_running(&self) -> bool {
        self.running.as_ref().is_some_and(|running| running.to.is_some() && !running.writer.is_finished())
    }
}

impl Running {
    fn put(&mut self, text: String) {
        let Some(to) = &self.to else { return };
        if let Err(TrySendError::Full(_) | TrySendError::Disconnected(_)) = to.try_send(text) {
            self.lost += 1;
        }
    }

    /// Ends by itself; its writer finishes the file.
    fn end(&mut self, why: &str) {
        self.put(format!("# ended by itself: {why}\n"));
        self.to = None;
    }
}

/// While it lives nothing is captured.
#[derive(Debug)]
pub(crate) struct Hidden(Capture);

impl Drop for Hidden {
    fn drop(&mut self) {
        let mut state = self.0.state();
        state.secrets = state.secrets.saturating_sub(1);
        state.hidden_until = Some(Instant::now() + AFTER_A_SECRET);
    }
}

fn write(file: File, from: &Receiver<String>) -> io::Result<()> {
    let mut file = BufWriter::new(file);
    while let Ok(text) = from.recv() {
        file.write_all(text.as_bytes())?;
        // What waits is written in one go; then it is on the disk for whoever looks on.
        while let Ok(text) = from.try_recv() {
            file.write_all(text.as_bytes())?;
        }
        file.flush()?;
    }
    file.flush()
}

#[cfg(test)]
mod tests;

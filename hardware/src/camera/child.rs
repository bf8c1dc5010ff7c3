//! The capture program: its process group, its frames, its last words.

use std::io::{self, Read};
use std::os::fd::AsFd;
use std::os::unix::process::{CommandExt, ExitStatusExt};
use std::process::{Child, ChildStderr, ChildStdout, Command, ExitStatus, Stdio};
use std::sync::{Arc, Condvar, Mutex, MutexGuard, PoisonError};
use std::thread::{self, JoinHandle};
use std::time::{Duration, Instant};

use rustix::event::{PollFd, PollFlags, Timespec, poll};
use rustix::process::{Pid, Signal, WaitId, WaitIdOptions, kill_process_group, waitid};

use super::burst::{Bursts, Verdict};
use super::settings::Layout;
use crate::symbol::GreyFrame;

/// How long a program may take to end after it was asked to, before it is killed.
const TERM_PATIENCE: Duration = Duration::from_millis(300);

/// How long a program whose pipe is closed may take to end by itself.
const END_PATIENCE: Duration = Duration::from_millis(100);

/// A pipe that is silent for this long shows a pause between frames: half the time between frames at 30 a second.
const PAUSE: Timespec = Timespec { tv_sec: 0, tv_nsec: 15_000_000 };

/// How often a reading thread looks up from a silent pipe to see whether it should end.
const LOOK_UP: Timespec = Timespec { tv_sec: 0, tv_nsec: 100_000_000 };

/// What a pipe holds at most, unless somebody asks for more (pipe(7)).
const PIPE_BYTES: usize = 64 * 1024;

/// How much of standard error is kept: the last words, not the story.
const LAST_WORDS: usize = 600;

/// What the two readers of the program's output share with the camera.
#[derive(Default)]
struct Shared {
    state: Mutex<State>,
    changed: Condvar,
}

#[derive(Default)]
struct State {
    newest: Option<GreyFrame>,
    /// Frames that a newer one replaced before anybody looked.
    replaced: u64,
    /// Bytes of the frame that is not whole yet.
    unfinished: u64,
    /// When the last byte came; none where none came at all.
    heard: Option<Instant>,
    /// It writes so many bytes at a time, which is no frame.
    other_size: Option<u64>,
    ended: bool,
    stopping: bool,
    said: Vec<u8>,
}

/// What came from the program.
pub(crate) enum Arrival {
    /// The newest frame, and how many were passed over for it.
    Frame(GreyFrame, u64),
    /// No frame within the time; the bytes there are of one, and when the last byte came.
    Nothing { unfinished: u64, heard: Option<Instant> },
    /// The program writes so many bytes at a time, which is no frame.
    OtherSize(u64),
    /// The pipe is closed; so many bytes of an unfinished frame were dropped.
    Ended { leftover: u64 },
}

/// A running capture program. Dropping it kills its whole process group.
pub(crate) struct Capture {
    child: Child,
    shared: Arc<Shared>,
    readers: Vec<JoinHandle<()>>,
    status: Option<ExitStatus>,
}

impl Capture {
    /// Starts `sh -c command` as the leader of its own process group.
    pub(crate) fn start(command: &str, layout: Layout) -> io::Result<Self> {
        let mut child = Command::new("sh")
            .arg("-c")
            .arg(command)
            .stdin(Stdio::null())
            .stdout(Stdio::piped())
            .stderr(Stdio::piped())
            .process_group(0)
            .spawn()?;
        let (stdout, stderr) = (child.stdout.take(), child.stderr.take());
        // From here on the program is ours: whatever fails below, dropping kills it.
        let mut capture = Self { child, shared: Arc::default(), readers: Vec::new(), status: None };
        let (Some(stdout), Some(stderr)) = (stdout, stderr) else {
            return Err(io::Error::other("the program has no output to read"));
        };
        let shared = Arc::clone(&capture.shared);
        let frames = thread::Builder::new().name("armoury-frames".into());
        capture.readers.push(frames.spawn(move || read_frames(stdout, layout, &shared))?);
        let shared = Arc::clone(&capture.shared);
        let words = thread::Builder::new().name("armoury-words".into());
        capture.readers.push(words.spawn(move || read_words(stderr, &shared))?);
        Ok(capture)
    }

    /// Waits for the newest frame.
    pub(crate) fn next(&self, patience: Duration) -> Arrival {
        let deadline = Instant::now() + patience;
        let mut state = self.shared.lock();
        loop {
            if let Some(frame) = state.newest.take() {
                return Arrival::Frame(frame, std::mem::take(&mut state.replaced));
            }
            if let Some(burst) = state.other_size.take() {
                return Arrival::OtherSize(burst);
            }
            if state.ended {
                return Arrival::Ended { leftover: state.unfinished };
            }
            let left = deadline.saturating_duration_since(Instant::now());
            if left.is_zero() {
                return Arrival::Nothing { unfinished: state.unfinished, heard: state.heard };
            }
            state = self.shared.changed.wait_timeout(state, left).unwrap_or_else(PoisonError::into_inner).0;
        }
    }

    /// Ends the program if it still runs, and says how it ended.
    pub(crate) fn finish(&mut self) -> Farewell {
        self.end();
        let clean = self.status.is_some_and(|status| status.success());
        let status = self.status.map_or_else(|| "status unknown".to_owned(), in_words);
        let said = last_words(&self.shared.lock().said);
        Farewell { status, clean, said }
    }

    /// Asks, waits, kills. The group is killed before its leader is reaped, so that its number cannot belong to others.
    fn end(&mut self) {
        if self.status.is_some() {
            return;
        }
        let group = Pid::from_child(&self.child);
        if !has_ended(group, END_PATIENCE) {
            signal(group, Signal::TERM);
            has_ended(group, TERM_PATIENCE);
        }
        signal(group, Signal::KILL);
        self.status = self.child.wait().ok();
        let mut state = self.shared.lock();
        state.stopping = true;
        drop(state);
        for reader in self.readers.drain(..) {
            if reader.join().is_err() {
                tracing::warn!("a thread that read a capture program's output panicked");
            }
        }
    }
}

/// How a program ended.
pub(crate) struct Farewell {
    /// Its exit status in words.
    pub(crate) status: String,
    /// It ended by itself, with nothing to complain of.
    pub(crate) clean: bool,
    /// What it said last.
    pub(crate) said: String,
}

impl Drop for Capture {
    fn drop(&mut self) {
        self.end();
    }
}

impl Shared {
    fn lock(&self) -> MutexGuard<'_, State> {
        self.state.lock().unwrap_or_else(PoisonError::into_inner)
    }

    fn change(&self, change: impl FnOnce(&mut State)) {
        change(&mut self.lock());
        self.changed.notify_all();
    }
}

fn signal(group: Pid, signal: Signal) {
    match kill_process_group(group, signal) {
        Ok(()) | Err(rustix::io::Errno::SRCH) => {}
        Err(error) => tracing::warn!(%error, "cannot signal the capture program's group"),
    }
}

/// Whether the leader has ended, without reaping it.
fn has_ended(leader: Pid, patience: Duration) -> bool {
    let deadline = Instant::now() + patience;
    loop {
        let options = WaitIdOptions::EXITED | WaitIdOptions::NOHANG | WaitIdOptions::NOWAIT;
        match waitid(WaitId::Pid(leader), options) {
            Ok(None) if Instant::now() < deadline => thread::sleep(Duration::from_millis(5)),
            Ok(None) => return false,
            Ok(Some(_)) | Err(_) => return true,
        }
    }
}

fn in_words(status: ExitStatus) -> String {
    match (status.code(), status.signal()) {
        (Some(127), _) => "status 127: the shell did not find the program".to_owned(),
        (Some(code), _) => format!("status {code}"),
        (None, Some(signal)) => format!("killed by signal {signal}"),
        (None, None) => "status unknown".to_owned(),
    }
}

/// Lines become one, and nothing is left of them that could disturb a terminal.
fn last_words(said: &[u8]) -> String {
    let said = String::from_utf8_lossy(said);
    let lines = said.lines().map(|line| line.chars().filter(|c| !c.is_control()).collect::<String>());
    lines.filter(|line| !line.trim().is_empty()).collect::<Vec<_>>().join(" / ")
}

/// Reads as fast as the program writes, so that it never waits for us, and keeps only the newest whole frame.
fn read_frames(mut stdout: ChildStdout, layout: Layout, shared: &Shared) {
    let mut buffer = vec![0_u8; layout.frame_bytes as usize];
    let mut bursts = Bursts::of(layout.frame_bytes);
    let mut filled = 0;
    loop {
        let mut paused = || match bursts.pause(filled as u64) {
            Verdict::Fine => {}
            // What has come of a frame is the end of one whose beginning was lost.
            Verdict::OutOfStep => filled = 0,
            Verdict::OtherSize(burst) => shared.change(|state| state.other_size = Some(burst)),
        };
        if !readable(&stdout, shared, &mut paused) {
            break;
        }
        match stdout.read(&mut buffer[filled..]) {
            Ok(0) => break,
            Ok(bytes) => {
                filled += bytes;
                bursts.came(bytes as u64);
            }
            Err(error) if error.kind() == io::ErrorKind::Interrupted => continue,
            Err(error) => {
                tracing::warn!(%error, "cannot read the capture program's frames");
                break;
            }
        }
        let frame = (filled == buffer.len()).then(|| layout.picture(&buffer)).flatten();
        filled %= buffer.len();
        shared.change(|state| {
            state.heard = Some(Instant::now());
            state.unfinished = filled as u64;
            if frame.is_some() && std::mem::replace(&mut state.newest, frame).is_some() {
                state.replaced += 1;
            }
        });
    }
    shared.change(|state| state.ended = true);
}

fn read_words(mut stderr: ChildStderr, shared: &Shared) {
    let mut buffer = vec![0_u8; PIPE_BYTES];
    loop {
        // The very last words may stand in the pipe when the program is already gone: what is there is taken, once.
        let ending = !readable(&stderr, shared, &mut || {});
        if ending && !has_something(&stderr) {
            return;
        }
        match stderr.read(&mut buffer) {
            Ok(0) => return,
            Ok(bytes) => {
                let mut state = shared.lock();
                state.said.extend_from_slice(&buffer[..bytes]);
                let surplus = state.said.len().saturating_sub(LAST_WORDS);
                state.said.drain(..surplus);
            }
            Err(error) if error.kind() == io::ErrorKind::Interrupted => {}
            Err(_) => return,
        }
        if ending {
            return;
        }
    }
}

/// Whether a read would not wait.
fn has_something(pipe: &impl AsFd) -> bool {
    let mut fds = [PollFd::new(pipe, PollFlags::IN)];
    poll(&mut fds, Some(&Timespec { tv_sec: 0, tv_nsec: 0 })).is_ok_and(|ready| ready > 0)
}

/// Waits for something to read; no longer than until the camera is ended, even if a stranger holds the pipe open. Tells
/// when nothing comes for a moment.
fn readable(pipe: &impl AsFd, shared: &Shared, paused: &mut dyn FnMut()) -> bool {
    let mut patience = &PAUSE;
    while !shared.lock().stopping {
        let mut fds = [PollFd::new(pipe, PollFlags::IN)];
        match poll(&mut fds, Some(patience)) {
            Ok(0) => {
                paused();
                patience = &LOOK_UP;
            }
            Err(rustix::io::Errno::INTR) => {}
            Ok(_) => return true,
            Err(_) => return false,
        }
    }
    false
}

//! A reader that says something in every moment its line has.
//!
//! Between the station and a simulated reader of `armoury_hardware::bench`, which is found, set up and started as ever.
//! Each tag that one tells of is taken out of its field and from then on repeated here, frame by frame as it came, in
//! turn with all others, as fast as the line lets it: far more than any air interface gives. What is counted is what
//! has been written into the line.

use std::collections::{HashSet, VecDeque};
use std::fs::File;
use std::io::{self, ErrorKind, Read, Write};
use std::os::fd::AsFd;
use std::path::{Path, PathBuf};
use std::sync::atomic::{AtomicBool, AtomicU64, Ordering};
use std::sync::mpsc::{Receiver, Sender, channel};
use std::sync::{Arc, Mutex, PoisonError};
use std::thread::JoinHandle;
use std::time::{Duration, Instant};

use armoury_hardware::bench::{BenchReader, BenchSettings, BenchTag};
use armoury_hardware::reader::{Family, tag_reads};
use rustix::event::{PollFd, PollFlags, Timespec, poll};

use super::failure::{Outcome, Told};
use super::terminal::{Terminal, open};

/// Bytes a second of a line at 115,200 baud, eight bits and one stop bit.
pub const LINE_BYTES_PER_S: f64 = 11_520.0;

/// How long the line is left alone, most.
const LOOK: Timespec = Timespec { tv_sec: 0, tv_nsec: 1_000_000 };

/// What is made up for at once when this thread had to wait for a processor, as a share of a second: less than the
/// line's own buffer of 4,096 bytes.
const HELD_BACK: f64 = 0.25;

/// How fast it says it.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Pace {
    /// As a serial line at 115,200 baud; what the station does not fetch in time is lost.
    Line,
    /// As fast as the station fetches it.
    Unbounded,
}

/// The reader.
pub struct Flood {
    path: PathBuf,
    bench: Arc<BenchReader>,
    shared: Arc<Shared>,
    thread: Option<JoinHandle<()>>,
}

#[derive(Default)]
struct Shared {
    quit: AtomicBool,
    repeats: AtomicBool,
    reads: AtomicU64,
    bytes: AtomicU64,
    lost: AtomicU64,
    known: AtomicU64,
    laid: Mutex<Option<(Vec<u8>, Sender<Instant>)>>,
}

impl Flood {
    /// A reader of `family` before which `tags` lie. It says each once, until it is told to repeat them.
    pub fn start(family: Family, seed: u64, pace: Pace, tags: Vec<BenchTag>) -> Outcome<Self> {
        // The 288 alone of its family has reads one by one and antennas.
        let variant = if family == Family::Uhfreader18 { "288" } else { "" }.to_owned();
        let settings = BenchSettings { family, variant, seed, paced: false, ..BenchSettings::default() };
        let bench = Arc::new(BenchReader::start_with(settings)?);
        tags.into_iter().for_each(|tag| bench.place(tag));
        let inner = open(bench.path())?;
        let Terminal { line, held, path } = Terminal::new()?;
        rustix::io::ioctl_fionbio(&line, true)?;
        rustix::io::ioctl_fionbio(&inner, true)?;
        let shared = Arc::new(Shared::default());
        let mut talk = Talk {
            family,
            pace,
            bench: bench.clone(),
            shared: shared.clone(),
            line,
            inner,
            heard: Vec::new(),
            due: VecDeque::new(),
            rest: Vec::new(),
            known: HashSet::new(),
            turn: VecDeque::new(),
            may_send: 0.0,
            since: Instant::now(),
        };
        let thread = std::thread::Builder::new().name("flood".into()).spawn(move || {
            let _held = held;
            if let Err(error) = talk.live() {
                eprintln!("bench: failed to play a reader: {error}");
            }
        })?;
        Ok(Self { path, bench, shared, thread: Some(thread) })
    }

    /// The port.
    pub fn path(&self) -> &Path {
        &self.path
    }

    /// How many different tags the station has been told of.
    pub fn known(&self) -> u64 {
        self.shared.known.load(Ordering::Relaxed)
    }

    /// Begins, or ends, to say all of them again and again.
    pub fn repeat(&self, repeats: bool) {
        self.shared.repeats.store(repeats, Ordering::Relaxed);
    }

    /// Sightings written into the line so far.
    pub fn reads(&self) -> u64 {
        self.shared.reads.load(Ordering::Relaxed)
    }

    /// Bytes written into the line so far.
    pub fn bytes(&self) -> u64 {
        self.shared.bytes.load(Ordering::Relaxed)
    }

    /// Frames for which the line had no room, because the station did not fetch what was in it.
    pub fn lost(&self) -> u64 {
        self.shared.lost.load(Ordering::Relaxed)
    }

    /// Lays one more tag down, and gives the moments at which it is told of.
    pub fn lay(&self, tag: BenchTag) -> Receiver<Instant> {
        let (moments, told) = channel();
        *self.shared.laid.lock().unwrap_or_else(PoisonError::into_inner) = Some((tag.epc.clone(), moments));
        self.bench.place(tag);
        told
    }
}

impl Drop for Flood {
    fn drop(&mut self) {
        self.shared.quit.store(true, Ordering::Relaxed);
        if let Some(thread) = self.thread.take()
            && thread.join().is_err()
        {
            eprintln!("bench: a reader's thread had panicked");
        }
    }
}

/// A frame, and the codes of the tags in it.
#[derive(Clone)]
struct Frame {
    bytes: Vec<u8>,
    epcs: Vec<Vec<u8>>,
}

struct Talk {
    family: Family,
    pace: Pace,
    bench: Arc<BenchReader>,
    shared: Arc<Shared>,
    line: File,
    inner: File,
    heard: Vec<u8>,
    /// What the simulated reader said.
    due: VecDeque<Frame>,
    /// The end of a frame that the line took in part.
    rest: Vec<u8>,
    known: HashSet<Vec<u8>>,
    /// One frame for each tag; whose turn it is stands first.
    turn: VecDeque<Frame>,
    /// Bytes the line may take now.
    may_send: f64,
    since: Instant,
}

impl Talk {
    fn live(&mut self) -> io::Result<()> {
        while !self.shared.quit.load(Ordering::Relaxed) {
            self.wait()?;
            let mut question = [0; 512];
            if let Some(count) = read(&mut self.line, &mut question)? {
                self.inner.write_all(&question[..count])?;
            }
            self.hear()?;
            let now = Instant::now();
            let earned = now.duration_since(self.since).as_secs_f64() * LINE_BYTES_PER_S;
            self.may_send = (self.may_send + earned).min(LINE_BYTES_PER_S * HELD_BACK);
            self.since = now;
            while self.speak()? {}
        }
        Ok(())
    }

    fn wait(&self) -> io::Result<()> {
        let waits = self.pace == Pace::Unbounded && self.has_something() || !self.rest.is_empty();
        let line = if waits { PollFlags::IN | PollFlags::OUT } else { PollFlags::IN };
        let mut ends = [
            PollFd::from_borrowed_fd(self.line.as_fd(), line),
            PollFd::from_borrowed_fd(self.inner.as_fd(), PollFlags::IN),
        ];
        poll(&mut ends, Some(&LOOK))?;
        Ok(())
    }

    fn has_something(&self) -> bool {
        !self.due.is_empty() || !self.turn.is_empty() && self.shared.repeats.load(Ordering::Relaxed)
    }

    /// Takes what the simulated reader says, and each new tag out of its field.
    fn hear(&mut self) -> io::Result<()> {
        let mut bytes = [0; 4096];
        while let Some(count) = read(&mut self.inner, &mut bytes)? {
            self.heard.extend(&bytes[..count]);
        }
        while let Some(end) = frame_end(self.family, &self.heard).filter(|end| *end <= self.heard.len()) {
            let bytes: Vec<u8> = self.heard.drain(..end).collect();
            let mut epcs = Vec::new();
            tag_reads(self.family, &[&bytes], &mut |read| epcs.push(read.epc));
            let frame = Frame { bytes, epcs };
            if let [epc] = &frame.epcs[..]
                && self.known.insert(epc.clone())
            {
                self.bench.remove(epc);
                self.turn.push_front(frame.clone());
                self.shared.known.fetch_add(1, Ordering::Relaxed);
            }
            self.due.push_back(frame);
        }
        Ok(())
    }

    /// Says one frame, if there is one and the line lets it.
    fn speak(&mut self) -> io::Result<bool> {
        if !self.rest.is_empty() {
            let taken = write(&mut self.line, &self.rest)?;
            self.rest.drain(..taken);
            self.sent(taken);
            return Ok(self.rest.is_empty());
        }
        let Some(next) = self.due.front().or(self.turn.front().filter(|_| self.has_something())) else {
            return Ok(false);
        };
        if self.pace == Pace::Line && (next.bytes.len() as f64) > self.may_send {
            return Ok(false);
        }
        let frame = next.clone();
        self.mark(&frame);
        let taken = write(&mut self.line, &frame.bytes)?;
        if taken == 0 && self.pace == Pace::Unbounded {
            return Ok(false);
        }
        if self.due.pop_front().is_none() {
            self.turn.rotate_left(1);
        }
        if taken == 0 {
            // A serial line does not wait.
            self.may_send -= frame.bytes.len() as f64;
            self.shared.lost.fetch_add(1, Ordering::Relaxed);
            return Ok(true);
        }
        self.sent(taken);
        self.rest = frame.bytes[taken..].to_vec();
        self.shared.reads.fetch_add(frame.epcs.len() as u64, Ordering::Relaxed);
        Ok(self.rest.is_empty())
    }

    fn sent(&mut self, taken: usize) {
        self.may_send -= taken as f64;
        self.shared.bytes.fetch_add(taken as u64, Ordering::Relaxed);
    }

    /// Says when the tag that was laid down is told of.
    fn mark(&self, frame: &Frame) {
        let mut laid = self.shared.laid.lock().unwrap_or_else(PoisonError::into_inner);
        if let Some((epc, moments)) = &*laid
            && frame.epcs.contains(epc)
            && moments.send(Instant::now()).is_err()
        {
            // Nobody asks any more.
            *laid = None;
        }
    }
}

/// What is there to read; none if nothing is.
fn read(end: &mut File, bytes: &mut [u8]) -> io::Result<Option<usize>> {
    match end.read(bytes) {
        Ok(0) => Ok(None),
        Ok(count) => Ok(Some(count)),
        Err(error) if error.kind() == ErrorKind::WouldBlock => Ok(None),
        Err(error) => Err(error),
    }
}

/// How much the line took.
fn write(line: &mut File, bytes: &[u8]) -> io::Result<usize> {
    match line.write(bytes) {
        Err(error) if error.kind() == ErrorKind::WouldBlock => Ok(0),
        written => written,
    }
}

/// Where the frame ends that begins the bytes, as its own length says; none before the length has come.
fn frame_end(family: Family, bytes: &[u8]) -> Option<usize> {
    let byte = |at: usize| bytes.get(at).copied().map(usize::from);
    Some(match family {
        Family::R2000 => byte(1)? + 2,
        Family::Mercury => byte(1)? + 7,
        Family::Uhfreader18 => byte(0)? + 1,
        Family::M100 => byte(3)? * 256 + byte(4)? + 7,
        Family::Llrp => byte(2)? << 24 | byte(3)? << 16 | byte(4)? << 8 | byte(5)?,
    })
}

/// The moment of the sighting that completes `sightings`.
pub fn completed(told: &Receiver<Instant>, sightings: u32, within: Duration) -> Outcome<(Instant, Instant)> {
    let mut moments = Vec::new();
    for _ in 0..sightings {
        moments.push(told.recv_timeout(within).told("lay a weapon down: its reader does not tell of it")?);
    }
    let first = moments.first().copied();
    first.zip(moments.last().copied()).told("lay a weapon down: no sighting confirms it")
}

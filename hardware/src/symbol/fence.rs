//! The fence around the readers: a thread of their own, panics caught, a deadline.
//!
//! A picture that takes longer than the patience costs the desk exactly the patience: the worker is abandoned to finish
//! or not, and another takes its place. Abandoned workers are counted, and there are never more than a few.

use std::cell::Cell;
use std::collections::HashMap;
use std::panic::{AssertUnwindSafe, catch_unwind};
use std::sync::Once;
use std::sync::mpsc::{Receiver, RecvTimeoutError, SyncSender, sync_channel};
use std::thread::{self, JoinHandle};
use std::time::{Duration, Instant};

use super::frame::GreyFrame;
use super::{CodeRead, Effort, Recipe, Sighting, Symbology};

/// What the desk waits for a picture: half a second is felt as a pause, not as a fault.
const PATIENCE: Duration = Duration::from_millis(500);

/// The share of the patience after which no further look is begun.
const BEGIN_PERCENT: u32 = 60;

/// So many abandoned workers may still be busy, and with so many pixels: each holds its picture and works on a copy. Then
/// pictures are refused until one comes back.
const MAX_LATE: usize = 3;
const MAX_LATE_PIXELS: usize = 32_000_000;

/// Findings and progress of one picture on their way out; a worker that fills it waits, and is late.
const REPORTS: usize = 64;

/// The work inside the fence. The station's is [`Recipe`]; tests put in one that panics or never ends.
pub trait Engine: Send + 'static {
    /// Reads one picture, handing out each finding as soon as it is certain, and a code again when it has a witness.
    /// Begins nothing new after `until`.
    fn decode(
        &mut self,
        frame: &GreyFrame,
        effort: Effort,
        wanted: &[Symbology],
        until: Instant,
        found: &mut dyn FnMut(Finding),
    );
}

/// What an [`Engine`] hands out.
#[derive(Debug, Clone, PartialEq)]
pub enum Finding {
    /// A code was read, or read again by the witness.
    Code(CodeRead),
    /// How a code lies before the camera, read or not.
    Sighting(Sighting),
}

/// What came of one picture.
#[derive(Debug, Clone, Default, PartialEq)]
pub struct SymbolResult {
    /// Each code once, in the order found. Kept also when the reader was late afterwards.
    pub codes: Vec<CodeRead>,
    /// How the codes lie before the camera, those that were read first; a few at most.
    pub sightings: Vec<Sighting>,
    /// How long it took, in milliseconds.
    pub ms: f64,
    /// Why the picture was not read to the end, as a sentence; none where all went well.
    pub abandoned: Option<String>,
}

/// How often the fence was needed since the reader was made.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq)]
pub struct Faults {
    /// Pictures that took longer than the patience.
    pub abandoned: u64,
    /// Pictures at which a reader panicked.
    pub panicked: u64,
}

/// Reads symbols, never later than its patience and never taking the program with it.
pub struct SymbolReader {
    hire: Box<dyn Fn() -> Box<dyn Engine> + Send>,
    patience: Duration,
    worker: Option<Worker>,
    late: Vec<Late>,
    faults: Faults,
}

impl Default for SymbolReader {
    fn default() -> Self {
        Self::new()
    }
}

impl SymbolReader {
    /// The reader the station uses.
    #[must_use]
    pub fn new() -> Self {
        Self::with_engine(|| Box::new(Recipe::default()))
    }

    /// A reader around other work; `hire` is called for the first worker and for each that replaces a late one.
    pub fn with_engine(hire: impl Fn() -> Box<dyn Engine> + Send + 'static) -> Self {
        silence_fenced_panics();
        Self {
            hire: Box::new(hire),
            patience: PATIENCE,
            worker: None,
            late: Vec::new(),
            faults: Faults::default(),
        }
    }

    /// Changes how long a picture may take.
    #[must_use]
    pub fn with_patience(self, patience: Duration) -> Self {
        Self { patience, ..self }
    }

    /// How often the fence was needed.
    #[must_use]
    pub fn faults(&self) -> Faults {
        self.faults
    }

    /// How long a picture may take.
    #[must_use]
    pub fn patience(&self) -> Duration {
        self.patience
    }

    /// Reads one picture. Returns after the patience at the latest.
    pub fn read(&mut self, frame: &GreyFrame, effort: Effort, wanted: &[Symbology]) -> SymbolResult {
        self.read_within(frame, effort, wanted, self.patience)
    }

    /// The same; no further look is begun after `budget`.
    pub fn read_within(
        &mut self,
        frame: &GreyFrame,
        effort: Effort,
        wanted: &[Symbology],
        budget: Duration,
    ) -> SymbolResult {
        let started = Instant::now();
        let mut codes = Found::default();
        let until = started + budget.min(self.patience * BEGIN_PERCENT / 100);
        let abandoned = self.attempt(frame, effort, wanted, (started, until), &mut codes).err();
        let ms = started.elapsed().as_secs_f64() * 1000.0;
        SymbolResult { codes: codes.codes, sightings: codes.sightings, ms, abandoned }
    }

    fn attempt(
        &mut self,
        frame: &GreyFrame,
        effort: Effort,
        wanted: &[Symbology],
        (started, until): (Instant, Instant),
        codes: &mut Found,
    ) -> Result<(), String> {
        frame.check().map_err(|error| error.to_string())?;
        let worker = self.worker()?;
        let job = Job {
            frame: frame.clone(),
            effort,
            wanted: Symbology::ALL.into_iter().filter(|s| wanted.contains(s)).collect(),
            until,
        };
        if worker.jobs.send(job).is_err() {
            return Err("the symbol reader's thread has ended: the next picture gets a new one".into());
        }
        loop {
            let left = (started + self.patience).saturating_duration_since(Instant::now());
            match worker.reports.recv_timeout(left) {
                Ok(Report::Found(Finding::Code(code))) => codes.add(code),
                Ok(Report::Found(Finding::Sighting(sighting))) => codes.sightings.push(sighting),
                Ok(Report::Done { panicked: None }) => {
                    self.worker = Some(worker);
                    return Ok(());
                }
                Ok(Report::Done { panicked: Some(what) }) => {
                    self.worker = Some(worker);
                    self.faults.panicked += 1;
                    return Err(format!(
                        "a symbol reader stumbled over this picture ({what}): hold the mark differently"
                    ));
                }
                Err(RecvTimeoutError::Disconnected) => {
                    self.faults.panicked += 1;
                    return Err(
                        "the symbol reader's thread has ended: the next picture gets a new one".into()
                    );
                }
                Err(RecvTimeoutError::Timeout) => {
                    self.faults.abandoned += 1;
                    self.late.push(Late { thread: worker.thread, pixels: frame.pixels.len() });
                    let patience_ms = self.patience.as_millis();
                    return Err(format!("the picture took longer than {patience_ms} ms and was given up"));
                }
            }
        }
    }

    fn worker(&mut self) -> Result<Worker, String> {
        if let Some(worker) = self.worker.take() {
            return Ok(worker);
        }
        self.late.retain(|late| !late.thread.is_finished());
        let pixels: usize = self.late.iter().map(|late| late.pixels).sum();
        if self.late.len() >= MAX_LATE || pixels > MAX_LATE_PIXELS {
            self.faults.abandoned += 1;
            let late = self.late.len();
            return Err(format!("earlier pictures ({late}) are still being read: this one is passed over"));
        }
        Worker::hire((self.hire)()).map_err(|error| format!("no thread for the symbol reader: {error}"))
    }
}

/// A worker that was abandoned, and how large its picture is.
struct Late {
    thread: JoinHandle<()>,
    pixels: usize,
}

/// Whether the calling thread is one of the fenced ones.
///
/// A panic hook asks this: a panic in here is caught and counted, so it must neither restore a terminal nor end anything.
#[must_use]
pub fn on_fenced_thread() -> bool {
    FENCED.with(Cell::get)
}

thread_local! {
    static FENCED: Cell<bool> = const { Cell::new(false) };
}

/// Keeps caught panics out of standard error, where they would be drawn across a screen.
fn silence_fenced_panics() {
    static ONCE: Once = Once::new();
    ONCE.call_once(|| {
        let usual = std::panic::take_hook();
        std::panic::set_hook(Box::new(move |info| {
            if on_fenced_thread() {
                tracing::debug!(%info, "a symbol reader panicked and was caught");
            } else {
                usual(info);
            }
        }));
    });
}

struct Job {
    frame: GreyFrame,
    effort: Effort,
    wanted: Vec<Symbology>,
    until: Instant,
}

enum Report {
    Found(Finding),
    Done { panicked: Option<String> },
}

struct Worker {
    jobs: SyncSender<Job>,
    reports: Receiver<Report>,
    thread: JoinHandle<()>,
}

impl Worker {
    fn hire(engine: Box<dyn Engine>) -> std::io::Result<Self> {
        let (jobs, inbox) = sync_channel(1);
        let (outbox, reports) = sync_channel(REPORTS);
        let thread = thread::Builder::new()
            .name("armoury-symbols".into())
            .spawn(move || work(engine, &inbox, &outbox))?;
        Ok(Self { jobs, reports, thread })
    }
}

/// Ends when the reader that owns the worker is gone or has abandoned it.
fn work(mut engine: Box<dyn Engine>, inbox: &Receiver<Job>, outbox: &SyncSender<Report>) {
    FENCED.with(|fenced| fenced.set(true));
    for job in inbox {
        let result = catch_unwind(AssertUnwindSafe(|| {
            engine.decode(&job.frame, job.effort, &job.wanted, job.until, &mut |finding| {
                // Nobody listens any more: the worker was abandoned and ends after this picture.
                let _abandoned = outbox.send(Report::Found(finding));
            });
        }));
        let panicked = result.err().map(|payload| message(payload.as_ref()));
        if outbox.send(Report::Done { panicked }).is_err() {
            return;
        }
    }
}

fn message(payload: &(dyn std::any::Any + Send)) -> String {
    let text = payload.downcast_ref::<&str>().copied();
    text.or_else(|| payload.downcast_ref::<String>().map(String::as_str)).unwrap_or("no message").to_owned()
}

/// Each code once; a second report of it can only add the witness.
#[derive(Default)]
struct Found {
    codes: Vec<CodeRead>,
    sightings: Vec<Sighting>,
    places: HashMap<(Symbology, String), usize>,
}

impl Found {
    fn add(&mut self, code: CodeRead) {
        let key = (code.symbology, code.text.clone());
        match self.places.get(&key) {
            Some(&place) => self.codes[place].witnessed |= code.witnessed,
            None => {
                self.places.insert(key, self.codes.len());
                self.codes.push(code);
            }
        }
    }
}

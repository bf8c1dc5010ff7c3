//! The loop that brings the ledger to headquarters: one batch in flight, the cursor moved only by a proved receipt.
//!
//! Every answer may be lost and every batch may be sent twice; both are harmless. After anything unclear the next
//! attempt begins with a hello, so that both sides know where they stand before anything is sent.

use std::sync::{Arc, Mutex};
use std::time::Duration;

use ed25519_dalek::SigningKey;
use tokio::sync::{Notify, watch};

use super::backoff::{self, Backoff};
use super::courier::{Courier, Road, SyncError};
use super::course::{Course, Proof, asked};
use super::report::Report;
use super::tail::{self, Tail, TailError};
use super::wire::{Answer, Batch, Forked, Head, Held, Hello, Receipt, Refused, Reply};
use crate::domain::StationId;
use crate::ledger::entry::Hash;

/// How long a quiet road goes unproved before a hello is sent.
const QUIET: Duration = Duration::from_secs(60);

/// The first wait after a fork or a refusal: somebody must act first. The commonest case is a new station that
/// headquarters is just about to add.
const HALTED_FIRST: Duration = Duration::from_secs(15);

/// The longest such wait; each doubles the one before.
const HALTED_HIGHEST: Duration = Duration::from_secs(60 * 60);

/// Longest "busy" that is believed.
const BUSY_MAX: Duration = Duration::from_secs(5 * 60);

const SOFTWARE: &str = env!("CARGO_PKG_VERSION");

/// What the loop needs.
pub struct Outbox<T> {
    /// How to reach headquarters.
    pub road: Road,
    /// The name the station is registered under.
    pub station: StationId,
    /// The station's key.
    pub key: SigningKey,
    /// The ledger.
    pub tail: T,
    /// Number of the last entry with a receipt; 0 before the first.
    pub acknowledged: u64,
    /// Number of the newest entry.
    pub head: watch::Receiver<u64>,
    /// "Try now": ends any wait. Also to be given after a fork, once the station is in its next epoch.
    pub nudge: Arc<Notify>,
    /// Becomes true, or loses its sender, when the loop shall end.
    pub stop: watch::Receiver<bool>,
}

/// Runs until stopped. Dropping the future is as harmless as a power cut.
pub async fn run<T: Tail + 'static>(outbox: Outbox<T>, mut report: impl FnMut(Report) + Send) {
    let mut stop = outbox.stop.clone();
    let mut work = Work::new(outbox);
    loop {
        let round = async {
            let step = work.step(&mut report).await;
            let pause = work.settle(step, &mut report);
            work.wait(pause).await;
        };
        tokio::select! {
            biased;
            () = stopped(&mut stop) => return,
            () = round => {}
        }
    }
}

/// What a step came to.
enum Step {
    /// There may be more to do at once.
    Moved,
    /// Everything is sent.
    Idle,
}

/// How long to rest.
enum Pause {
    No,
    /// Until there is something new.
    Quiet,
    /// This long, whatever is new.
    Backoff(Duration),
    /// Until somebody acted.
    Halted,
}

struct Work<T> {
    road: Road,
    station: StationId,
    key: SigningKey,
    tail: Arc<Mutex<T>>,
    head: watch::Receiver<u64>,
    nudge: Arc<Notify>,
    courier: Option<Courier>,
    course: Course,
    backoff: Backoff,
    /// Whether headquarters said what it holds since the last failure.
    greeted: bool,
    /// Whether [`Report::Up`] was the last word about the road.
    up: bool,
    /// Whether what is sent now goes into a second history, or into quarantine.
    apart: bool,
    /// The ledger's epoch at the last hello.
    epoch: u32,
    /// Forks and refusals in a row.
    halts: u32,
}

impl<T: Tail + 'static> Work<T> {
    fn new(outbox: Outbox<T>) -> Self {
        Self {
            road: outbox.road,
            station: outbox.station,
            key: outbox.key,
            tail: Arc::new(Mutex::new(outbox.tail)),
            head: outbox.head,
            nudge: outbox.nudge,
            courier: None,
            course: Course::new(outbox.acknowledged),
            backoff: Backoff::default(),
            greeted: false,
            up: false,
            apart: false,
            epoch: 0,
            halts: 0,
        }
    }

    /// One round trip, or none where there is nothing to send.
    async fn step(&mut self, report: &mut (impl FnMut(Report) + Send)) -> Result<Step, SyncError> {
        let courier = match &self.courier {
            Some(courier) => courier.clone(),
            None => self.courier.insert(Courier::open(&self.road).await?).clone(),
        };
        if self.greeted {
            // Seen before the ledger is read: an entry that comes in between wakes the next wait.
            self.head.mark_unchanged();
            let (cursor, station) = (self.course.cursor(), self.station.clone());
            let next = read(&self.tail, move |t| tail::next_batch(t, cursor, &station, SOFTWARE)).await?;
            let Some(batch) = next else { return Ok(Step::Idle) };
            let packed = batch.pack(&self.key)?.bytes;
            let (first_seq, last_seq) = (batch.first_seq, batch.last_seq());
            report(Report::Sent { first_seq, last_seq, bytes: packed.len() });
            let reply = courier.push(packed).await?;
            self.pushed(&batch, reply, report).await
        } else {
            let hello = self.hello().await?;
            let packed = hello.pack(&self.key)?.bytes;
            let reply = courier.hello(packed).await?;
            self.epoch = hello.head.epoch;
            self.greeted(reply, report).await
        }
    }

    async fn hello(&self) -> Result<Hello, SyncError> {
        let (newest, acknowledged) = (*self.head.borrow(), self.course.acknowledged());
        let (head, acknowledged) =
            read(&self.tail, move |t| Ok((head_at(t, newest)?, head_at(t, acknowledged.min(newest))?)))
                .await?;
        let mut nonce = [0; 16];
        getrandom::fill(&mut nonce).map_err(SyncError::Random)?;
        let (station, software) = (self.station.clone(), SOFTWARE.to_owned());
        Ok(Hello { station, head, acknowledged, feed: 0, software, nonce })
    }

    async fn greeted(
        &mut self,
        reply: Reply,
        report: &mut (impl FnMut(Report) + Send),
    ) -> Result<Step, SyncError> {
        let held = match reply.answer {
            Answer::Held(held) => held,
            Answer::Busy(until_ms) => return Err(busy(until_ms, reply.at_ms)),
            Answer::Refused(Refused { code, text }) => return Err(SyncError::Refused { code, text }),
            _ => return Err(SyncError::Unexpected("it does not answer a hello")),
        };
        let own = self.own(asked(&held)).await?;
        let fork = self.course.greeted(self.epoch, &held, own);
        self.greeted = true;
        self.is_up(report);
        if let Some(fork) = fork {
            self.apart = true;
            report(Report::Fork(fork));
        } else if self.course.cursor() < self.course.acknowledged() {
            report(Report::Rewound { to: self.course.cursor() });
        }
        Ok(Step::Moved)
    }

    async fn pushed(
        &mut self,
        batch: &Batch,
        reply: Reply,
        report: &mut (impl FnMut(Report) + Send),
    ) -> Result<Step, SyncError> {
        match reply.answer {
            Answer::Receipt(raw) => self.receipt(batch, raw, report).await?,
            Answer::Need(held) => self.need(&held, report).await?,
            Answer::Fork(forked) => self.fork(batch, &forked, report).await?,
            Answer::Quarantined(Refused { text, .. }) => {
                self.course.set_apart(batch.last_seq());
                if !std::mem::replace(&mut self.apart, true) {
                    report(Report::Refused { why: SyncError::Quarantined { text } });
                }
            }
            Answer::Busy(until_ms) => return Err(busy(until_ms, reply.at_ms)),
            Answer::Refused(Refused { code, text }) => return Err(SyncError::Refused { code, text }),
            Answer::Held(_) => return Err(SyncError::Unexpected("it does not answer a batch")),
        }
        self.is_up(report);
        Ok(Step::Moved)
    }

    async fn receipt(
        &mut self,
        batch: &Batch,
        raw: Vec<u8>,
        report: &mut (impl FnMut(Report) + Send),
    ) -> Result<(), SyncError> {
        let receipt = Receipt::verify(&raw, &self.road.public_key)
            .map_err(|_| SyncError::Unexpected("the receipt in it is not signed by headquarters"))?;
        let (own, before) = (self.own(vec![receipt.head.seq]).await?, self.course.acknowledged());
        match self.course.receipted(&self.station, &receipt, batch.last_seq(), own)? {
            Proof::Held => {
                // Receipts again, for more than before: whatever was apart is joined.
                self.apart &= self.course.acknowledged() == before;
                report(Report::Receipt { receipt: Box::new(receipt), raw });
            }
            Proof::Fork(fork) => {
                report(Report::Fork(fork));
                return Err(SyncError::Unexpected(
                    "its receipt names an entry that this ledger does not hold",
                ));
            }
        }
        Ok(())
    }

    async fn need(&mut self, held: &Held, report: &mut (impl FnMut(Report) + Send)) -> Result<(), SyncError> {
        let own = self.own(asked(held)).await?;
        if !self.course.needed(held, own) {
            return Err(SyncError::Unexpected("it asks for earlier entries and holds all of them"));
        }
        report(Report::Rewound { to: self.course.cursor() });
        Ok(())
    }

    async fn fork(
        &mut self,
        batch: &Batch,
        forked: &Forked,
        report: &mut (impl FnMut(Report) + Send),
    ) -> Result<(), SyncError> {
        let (before, sent) = (self.course.cursor(), batch.last_seq());
        let own = self.own(vec![forked.other.seq, sent]).await?;
        let fork = self.course.forked(forked, sent, own);
        // In a higher epoch the station knows; what it wrote before is on its way to a receipt.
        if self.epoch <= forked.other.epoch && !std::mem::replace(&mut self.apart, true) {
            report(Report::Fork(fork));
        }
        if self.course.cursor() == before {
            return Err(SyncError::Unexpected("it tells of a fork and does not hold what was sent"));
        }
        Ok(())
    }

    /// The ledger's hashes at some numbers.
    async fn own(&self, seqs: Vec<u64>) -> Result<impl Fn(u64) -> Option<Hash> + use<T>, SyncError> {
        let found = read(&self.tail, move |t| {
            seqs.into_iter().map(|seq| Ok((seq, t.hash_at(seq)?))).collect::<Result<Vec<_>, TailError>>()
        })
        .await?;
        Ok(move |seq| found.iter().find(|(at, _)| *at == seq).and_then(|(_, hash)| *hash))
    }

    fn is_up(&mut self, report: &mut impl FnMut(Report)) {
        self.backoff.worked();
        if !std::mem::replace(&mut self.up, true) {
            report(Report::Up);
        }
    }

    /// What follows from a step: what to tell, and how long to rest.
    fn settle(&mut self, step: Result<Step, SyncError>, report: &mut impl FnMut(Report)) -> Pause {
        let why = match step {
            Ok(Step::Moved) => return Pause::No,
            Ok(Step::Idle) if self.apart => return Pause::Halted,
            Ok(Step::Idle) => {
                self.halts = 0;
                return Pause::Quiet;
            }
            Err(why) => why,
        };
        self.greeted = false;
        self.up = false;
        if why.is_permanent() {
            self.courier = None;
            report(Report::Refused { why });
            return Pause::Halted;
        }
        let jitter = self.backoff.failed(random());
        let wait = match &why {
            // Not all of them at the same moment.
            SyncError::Busy { for_ms } => {
                Duration::from_millis(*for_ms).min(BUSY_MAX) + jitter.min(backoff::FIRST)
            }
            _ => jitter,
        };
        report(Report::Down { why, retry_in_ms: u64::try_from(wait.as_millis()).unwrap_or(u64::MAX) });
        Pause::Backoff(wait)
    }

    async fn wait(&mut self, pause: Pause) {
        let longest = match pause {
            Pause::No => return,
            Pause::Quiet => QUIET,
            Pause::Backoff(wait) => wait,
            Pause::Halted => {
                let longest = HALTED_FIRST.saturating_mul(1 << self.halts.min(16)).min(HALTED_HIGHEST);
                self.halts = self.halts.saturating_add(1);
                longest
            }
        };
        let news = matches!(pause, Pause::Quiet);
        tokio::select! {
            // A ledger that is gone brings no news; the other two still end the wait.
            Ok(()) = self.head.changed(), if news => return,
            () = self.nudge.notified() => {}
            () = tokio::time::sleep(longest) => {}
        }
        self.greeted = false;
        self.apart = false;
    }
}

/// Reads the ledger on a thread that may block.
async fn read<T: Tail + 'static, R: Send + 'static>(
    tail: &Arc<Mutex<T>>,
    work: impl FnOnce(&mut T) -> Result<R, TailError> + Send + 'static,
) -> Result<R, SyncError> {
    let tail = Arc::clone(tail);
    let done = tokio::task::spawn_blocking(move || match tail.lock() {
        Ok(mut tail) => work(&mut tail),
        Err(_) => Err(TailError::read("an earlier read ended in a panic")),
    });
    Ok(done.await.map_err(TailError::read)??)
}

fn head_at(tail: &mut impl Tail, seq: u64) -> Result<Head, TailError> {
    let Some(before) = seq.checked_sub(1) else { return Ok(Head::NONE) };
    let entry = tail.after(before, 1, 1)?.into_iter().next();
    Ok(entry.map_or(Head::NONE, |entry| Head { epoch: entry.epoch, seq: entry.seq, hash: entry.hash }))
}

fn busy(until_ms: i64, at_ms: i64) -> SyncError {
    SyncError::Busy { for_ms: u64::try_from(until_ms.saturating_sub(at_ms)).unwrap_or(0) }
}

/// Randomness for waits. Without any the waits are the longest ones: slower, never a stampede.
fn random() -> u64 {
    getrandom::u64().unwrap_or(u64::MAX)
}

async fn stopped(stop: &mut watch::Receiver<bool>) {
    // An owner that is gone wants nothing more.
    if stop.wait_for(|stop| *stop).await.is_err() {
        tracing::debug!("the outbox ends, because its owner is gone");
    }
}

//! One bounded queue into which everything goes, stamped where it enters. Order is made here, once.

use std::sync::Arc;
use std::sync::atomic::{AtomicU64, Ordering};

use tokio::sync::mpsc::{self, error::TrySendError};

use super::clock::Clock;
use super::input::{Input, Stamped};
use super::view::InboxView;

/// Inputs that may wait: eight seconds of four readers that use the whole rate of their lines, some 500 reads a second
/// each at 115,200 baud. A disk that syncs beside other work holds the clerk up for two seconds now and then. Full, it
/// holds some 6 MB.
pub const INBOX_MAX: usize = 16_384;

/// Places that what comes again by itself leaves free, so that what must not be lost finds one at once.
pub const KEPT_FREE: usize = 256;

/// The way in.
#[derive(Debug, Clone)]
pub struct Inbox {
    queue: mpsc::Sender<Stamped>,
    clock: Clock,
    counts: Arc<Counts>,
}

#[derive(Debug, Default)]
struct Counts {
    dropped: AtomicU64,
    longest: AtomicU64,
}

/// A look at the inbox from the other side; does not keep it open.
#[derive(Debug, Clone)]
pub struct Gauge {
    queue: mpsc::WeakSender<Stamped>,
    counts: Arc<Counts>,
}

impl Gauge {
    /// Brings the inbox's own figures up to date.
    pub fn read(&self, view: &mut InboxView) {
        view.reads_dropped = self.counts.dropped.load(Ordering::Relaxed);
        view.longest = self.counts.longest.load(Ordering::Relaxed);
        view.waiting = self.queue.upgrade().map_or(0, |queue| waiting(&queue));
        view.room = INBOX_MAX as u64;
    }
}

/// The inbox is closed: the station is ending.
#[derive(Debug, Clone, Copy, PartialEq, Eq, thiserror::Error)]
#[error("hand something to the clerk: the station is ending")]
pub struct Ending;

impl Inbox {
    /// A queue and its other end.
    pub fn new(clock: Clock) -> (Self, mpsc::Receiver<Stamped>) {
        let (queue, rest) = mpsc::channel(INBOX_MAX);
        (Self { queue, clock, counts: Arc::default() }, rest)
    }

    /// Its figures, for whoever empties it.
    pub fn gauge(&self) -> Gauge {
        Gauge { queue: self.queue.downgrade(), counts: self.counts.clone() }
    }

    /// For what comes again by itself (a tag read, a tick, a reader's figures): never waits. Where too much waits
    /// already it is dropped, and a read that was dropped is counted.
    pub fn offer(&self, input: Input) {
        let is_read = matches!(input, Input::Tag(_));
        let dropped = self.queue.capacity() <= KEPT_FREE
            || match self.queue.try_send(self.stamp(input)) {
                Err(TrySendError::Full(_)) => true,
                // An ending station takes nothing, and that is no loss.
                Ok(()) | Err(TrySendError::Closed(_)) => false,
            };
        if !dropped {
            self.measure();
        } else if is_read {
            self.counts.dropped.fetch_add(1, Ordering::Relaxed);
        }
    }

    /// For what must not be lost: waits for a place.
    ///
    /// # Errors
    /// The station is ending.
    pub async fn put(&self, input: Input) -> Result<(), Ending> {
        let put = self.queue.send(self.stamp(input)).await.map_err(|_| Ending);
        self.measure();
        put
    }

    /// The same from a thread that may wait.
    ///
    /// # Errors
    /// The station is ending.
    pub fn put_blocking(&self, input: Input) -> Result<(), Ending> {
        let put = self.queue.blocking_send(self.stamp(input)).map_err(|_| Ending);
        self.measure();
        put
    }

    /// The same from within async code that cannot wait: a full queue is waited for on the side.
    pub fn put_soon(&self, input: Input) {
        let put = self.queue.try_send(self.stamp(input));
        self.measure();
        if let Err(TrySendError::Full(stamped)) = put {
            let queue = self.queue.clone();
            tokio::spawn(async move {
                if queue.send(stamped).await.is_err() {
                    tracing::debug!("the station ended before a device's report was taken");
                }
            });
        }
    }

    /// Keeps how many waited at most. The clerk may have taken some in between: then as many did not wait.
    fn measure(&self) {
        self.counts.longest.fetch_max(waiting(&self.queue), Ordering::Relaxed);
    }

    fn stamp(&self, input: Input) -> Stamped {
        Stamped { at: self.clock.now(), input }
    }
}

fn waiting(queue: &mpsc::Sender<Stamped>) -> u64 {
    (queue.max_capacity() - queue.capacity()) as u64
}

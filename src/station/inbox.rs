//! One bounded queue into which everything goes, stamped where it enters. Order is made here, once.

use std::sync::Arc;
use std::sync::atomic::{AtomicU64, Ordering};

use tokio::sync::mpsc::{self, error::TrySendError};

use super::clock::Clock;
use super::input::{Input, Stamped};

/// Inputs that may wait. At 700 reads a second this is some six seconds of a busy reader.
pub const INBOX_MAX: usize = 4096;

/// The way in.
#[derive(Debug, Clone)]
pub struct Inbox {
    queue: mpsc::Sender<Stamped>,
    clock: Clock,
    dropped: Arc<AtomicU64>,
}

/// The inbox is closed: the station is ending.
#[derive(Debug, Clone, Copy, PartialEq, Eq, thiserror::Error)]
#[error("hand something to the clerk: the station is ending")]
pub struct Ending;

impl Inbox {
    /// A queue and its other end.
    pub fn new(clock: Clock) -> (Self, mpsc::Receiver<Stamped>) {
        let (queue, rest) = mpsc::channel(INBOX_MAX);
        (Self { queue, clock, dropped: Arc::default() }, rest)
    }

    /// For what comes again by itself (a tag read, a tick): a full queue drops and counts it.
    pub fn offer(&self, input: Input) {
        let counts = matches!(input, Input::Tag(_));
        match self.queue.try_send(self.stamp(input)) {
            Err(TrySendError::Full(_)) if counts => drop(self.dropped.fetch_add(1, Ordering::Relaxed)),
            // A tick more or less is no loss, and an ending station takes nothing.
            _ => {}
        }
    }

    /// For what must not be lost: waits for a place.
    ///
    /// # Errors
    /// The station is ending.
    pub async fn put(&self, input: Input) -> Result<(), Ending> {
        self.queue.send(self.stamp(input)).await.map_err(|_| Ending)
    }

    /// The same from a thread that may wait.
    ///
    /// # Errors
    /// The station is ending.
    pub fn put_blocking(&self, input: Input) -> Result<(), Ending> {
        self.queue.blocking_send(self.stamp(input)).map_err(|_| Ending)
    }

    /// The same from within async code that cannot wait: a full queue is waited for on the side.
    pub fn put_soon(&self, input: Input) {
        if let Err(TrySendError::Full(stamped)) = self.queue.try_send(self.stamp(input)) {
            let queue = self.queue.clone();
            tokio::spawn(async move {
                if queue.send(stamped).await.is_err() {
                    tracing::debug!("the station ended before a device's report was taken");
                }
            });
        }
    }

    /// Tag reads dropped so far because the queue was full.
    pub fn dropped(&self) -> u64 {
        self.dropped.load(Ordering::Relaxed)
    }

    fn stamp(&self, input: Input) -> Stamped {
        Stamped { at: self.clock.now(), input }
    }
}

//! What the outbox reads from the ledger: the entries behind a number.

use super::wire::{BATCH_MAX_BYTES, BATCH_MAX_EVENTS, Batch};
use crate::domain::StationId;
use crate::ledger::entry::{Hash, entry_hash};

/// One entry as the ledger holds it.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Stored {
    /// Its number.
    pub seq: u64,
    /// Its epoch.
    pub epoch: u32,
    /// Hash of the entry before.
    pub prev: Hash,
    /// Its hash.
    pub hash: Hash,
    /// The stored bytes.
    pub payload: Vec<u8>,
}

/// The ledger, as far as the outbox is concerned. Called on a thread that may block.
pub trait Tail: Send {
    /// The entries numbered above `seq`, in order: at most `max_events`, and only as many as `max_bytes` of payload
    /// hold, but always at least one where there is one.
    ///
    /// # Errors
    /// When the ledger cannot be read.
    fn after(&mut self, seq: u64, max_events: usize, max_bytes: usize) -> Result<Vec<Stored>, TailError>;

    /// The hash of entry `seq`, if there is one.
    ///
    /// # Errors
    /// When the ledger cannot be read.
    fn hash_at(&mut self, seq: u64) -> Result<Option<Hash>, TailError>;
}

/// Why entries cannot be sent.
#[derive(Debug, thiserror::Error)]
pub enum TailError {
    /// The ledger could not be read.
    #[error("read the ledger for sending")]
    Read(#[source] Box<dyn std::error::Error + Send + Sync>),
    /// What was read is no chain; headquarters would refuse it.
    #[error("send entry {seq}: {why}; run `armoury ledger verify`")]
    Damaged {
        /// The entry.
        seq: u64,
        /// What is wrong with it.
        why: &'static str,
    },
}

impl TailError {
    /// A failed read and its cause.
    pub fn read(cause: impl Into<Box<dyn std::error::Error + Send + Sync>>) -> Self {
        Self::Read(cause.into())
    }
}

/// The next batch behind `cursor`, if there is anything: one epoch, within the limits, its chain checked.
///
/// # Errors
/// When the ledger cannot be read, or gives what is no chain.
pub fn next_batch(
    tail: &mut impl Tail,
    cursor: u64,
    station: &StationId,
    software: &str,
) -> Result<Option<Batch>, TailError> {
    let stored = tail.after(cursor, BATCH_MAX_EVENTS, BATCH_MAX_BYTES)?;
    let Some(first) = stored.first() else { return Ok(None) };
    let mut batch = Batch {
        station: station.clone(),
        epoch: first.epoch,
        first_seq: cursor + 1,
        prev: first.prev,
        last: first.prev,
        software: software.to_owned(),
        payloads: Vec::with_capacity(stored.len().min(BATCH_MAX_EVENTS)),
    };
    let mut bytes = 0;
    for (entry, seq) in stored.into_iter().zip(cursor + 1..) {
        bytes += entry.payload.len();
        let full = batch.payloads.len() == BATCH_MAX_EVENTS || bytes > BATCH_MAX_BYTES;
        if entry.epoch != batch.epoch || (full && !batch.payloads.is_empty()) {
            break;
        }
        if entry.seq != seq {
            return Err(TailError::Damaged { seq, why: "the ledger has a gap there" });
        }
        if entry.prev != batch.last {
            return Err(TailError::Damaged { seq, why: "it does not follow the entry before it" });
        }
        if entry_hash(&entry.prev, &entry.payload) != entry.hash {
            return Err(TailError::Damaged { seq, why: "its bytes do not give its hash" });
        }
        batch.last = entry.hash;
        batch.payloads.push(entry.payload);
    }
    Ok(Some(batch))
}

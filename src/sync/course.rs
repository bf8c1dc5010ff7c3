//! Where sending stands, and what an answer means for what is sent next. Pure: no clock, no I/O.
//!
//! Two numbers: `acknowledged`, up to which headquarters has proved that it holds this very chain (I10), and `cursor`,
//! from which sending goes on. The cursor may stand below (headquarters lost entries and is refilled) or above (entries
//! of a fork were delivered, but no receipt was given for them).

use super::wire::{Forked, Head, Held, Receipt};
use crate::domain::StationId;
use crate::ledger::entry::Hash;

/// Two histories under one station's name.
#[derive(Debug, Clone, Copy, PartialEq, Eq, thiserror::Error)]
pub enum Fork {
    /// Headquarters holds entries that this ledger lacks.
    #[error(
        "headquarters holds entry {} of this station, and this ledger lacks it: it was put back to an older state; \
         go to the next epoch before the next act",
        held.seq
    )]
    RolledBack {
        /// The last entry headquarters holds.
        held: Head,
        /// Number of the last entry known to be common; 0 for none.
        common: u64,
    },
    /// Headquarters holds other entries under the same numbers.
    #[error(
        "headquarters holds another entry {} of this station: a card was copied or put back; both histories are kept, \
         and the station must go to its next epoch",
        other.seq
    )]
    Parted {
        /// Number of the last entry known to be common; 0 for none.
        common: u64,
        /// The entry at headquarters that this ledger holds otherwise.
        other: Head,
    },
}

/// A receipt that proves nothing.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
pub enum BadReceipt {
    /// It is made out to somebody else.
    #[error("take a receipt made out to station {0}: it is not this station's")]
    Station(StationId),
    /// It is for another entry than the last one sent.
    #[error("take a receipt for entry {found}: entry {sent} was sent last")]
    Entry {
        /// Its entry.
        found: u64,
        /// The last entry of the batch.
        sent: u64,
    },
}

/// What became of a receipt.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
#[must_use]
pub enum Proof {
    /// The cursor moved.
    Held,
    /// It names an entry this ledger lacks or holds otherwise.
    Fork(Fork),
}

/// Where sending stands.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Course {
    acknowledged: u64,
    cursor: u64,
}

impl Course {
    /// Begins behind the last receipt.
    pub fn new(acknowledged: u64) -> Self {
        Self { acknowledged, cursor: acknowledged }
    }

    /// Number of the last entry headquarters has given a receipt for.
    pub fn acknowledged(&self) -> u64 {
        self.acknowledged
    }

    /// Entries above this number are sent next.
    pub fn cursor(&self) -> u64 {
        self.cursor
    }

    /// Headquarters said what it holds. `own` gives this ledger's hashes at the numbers of [`asked`].
    ///
    /// Entries it holds without this station having the receipt are sent again: only a receipt moves the cursor up.
    pub fn greeted(&mut self, epoch: u32, held: &Held, own: impl Fn(u64) -> Option<Hash>) -> Option<Fork> {
        let common = common(held, &own);
        self.cursor = self.acknowledged.min(common);
        // In a higher epoch the station knows of the fork already, and says so with every entry.
        if common == held.head.seq || epoch > held.head.epoch {
            return None;
        }
        Some(fork(held.head, common, &own))
    }

    /// Headquarters lacks what comes before the batch. Gives whether there is something to go back to.
    pub fn needed(&mut self, held: &Held, own: impl Fn(u64) -> Option<Hash>) -> bool {
        let common = common(held, &own);
        let back = common < self.cursor;
        self.cursor = self.cursor.min(common);
        back
    }

    /// A receipt, signed by headquarters, for a batch that ended with entry `sent`.
    ///
    /// # Errors
    /// A receipt for somebody or something else; nothing moves.
    pub fn receipted(
        &mut self,
        station: &StationId,
        receipt: &Receipt,
        sent: u64,
        own: impl Fn(u64) -> Option<Hash>,
    ) -> Result<Proof, BadReceipt> {
        if receipt.station != *station {
            return Err(BadReceipt::Station(receipt.station.clone()));
        }
        let head = receipt.head;
        if own(head.seq) != Some(head.hash) {
            return Ok(Proof::Fork(fork(head, self.acknowledged.min(head.seq.saturating_sub(1)), &own)));
        }
        if head.seq != sent {
            return Err(BadReceipt::Entry { found: head.seq, sent });
        }
        self.acknowledged = self.acknowledged.max(sent);
        self.cursor = sent;
        Ok(Proof::Held)
    }

    /// The batch is kept as a second history. Sending goes on behind it, so that nothing of either is lost, but nothing
    /// counts as acknowledged.
    pub fn forked(&mut self, forked: &Forked, sent: u64, own: impl Fn(u64) -> Option<Hash>) -> Fork {
        if forked.held.seq == sent && own(sent) == Some(forked.held.hash) {
            self.cursor = sent;
        }
        fork(forked.other, forked.point.seq, &own)
    }

    /// The batch is kept apart. Sending goes on behind it; nothing counts as acknowledged.
    pub fn set_apart(&mut self, sent: u64) {
        self.cursor = sent;
    }
}

/// The numbers at which a [`Held`] asks for this ledger's hashes.
pub fn asked(held: &Held) -> Vec<u64> {
    std::iter::once(&held.head).chain(&held.points).map(|point| point.seq).collect()
}

fn common(held: &Held, own: &impl Fn(u64) -> Option<Hash>) -> u64 {
    std::iter::once(&held.head)
        .chain(&held.points)
        .filter(|point| point.seq > 0 && own(point.seq) == Some(point.hash))
        .map(|point| point.seq)
        .max()
        .unwrap_or(0)
}

fn fork(other: Head, common: u64, own: &impl Fn(u64) -> Option<Hash>) -> Fork {
    match own(other.seq) {
        None => Fork::RolledBack { held: other, common },
        Some(_) => Fork::Parted { common, other },
    }
}

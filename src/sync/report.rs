//! What the outbox tells its owner.

use super::courier::SyncError;
use super::course::Fork;
use super::wire::Receipt;

/// What the loop tells its owner.
#[derive(Debug)]
pub enum Report {
    /// A batch is being sent; it may be the same again.
    Sent {
        /// Its first entry.
        first_seq: u64,
        /// Its last entry.
        last_seq: u64,
        /// Its size on the road.
        bytes: usize,
    },
    /// Headquarters holds this very chain up to `receipt.head`; checked against the ledger.
    Receipt {
        /// What it says.
        receipt: Box<Receipt>,
        /// Its bytes with headquarters' signature, to be kept.
        raw: Vec<u8>,
    },
    /// The road works (again).
    Up,
    /// A round trip did not work.
    Down {
        /// Why.
        why: SyncError,
        /// When the next one begins, unless nudged.
        retry_in_ms: u64,
    },
    /// Headquarters holds less than it gave receipts for, and is filled again from here.
    Rewound {
        /// Number of the last entry it still holds.
        to: u64,
    },
    /// There are two histories of this station. What there is goes on being delivered, but nothing is acknowledged.
    Fork(Fork),
    /// Nothing will be taken until somebody changes something; tried again ever more slowly, or when nudged.
    Refused {
        /// Why.
        why: SyncError,
    },
}

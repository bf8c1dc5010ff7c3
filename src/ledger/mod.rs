//! The record store: an append-only, hash-chained book in one SQLite file.
//!
//! | File | Is |
//! |---|---|
//! | `entry` | one entry's bytes, hash and content |
//! | `settings` | how the file is opened, read back, and refused when the store cannot keep its promise |
//! | `lock` | one process owns the data folder |
//! | `store` | the only writer |
//! | `read` | everybody else: entries, the tail for headquarters |
//! | `index` | which entries a weapon, a person, a name or a day stands in; made again when absent |
//! | `history` | the entries of one weapon or person, and what a moment is in numbers |
//! | `verify` | the check from the first entry to the head |
//! | `fold` | entries → memory, from a kept fold where there is one |
//! | `people` | the erasable part of a person's record |
//!
//! An entry is shown only after [`store::Ledger::append`] has returned it (I1); nothing is ever changed or removed
//! (I3); numbers have no gap (I4); hashes are over stored bytes (I5); memory is the fold of the entries (I6); an
//! operator's act asked twice is done once (I7).

pub mod entry;
mod fold;
pub mod history;
mod index;
pub mod lock;
pub mod people;
pub mod read;
pub mod settings;
pub mod store;
pub mod verify;

pub use entry::{Entry, Hash, Record, entry_hash};
pub use read::{Reader, Stored};
pub use store::{Draft, Ledger, Opened};

use crate::domain::Seq;

/// The ledger's file name in the data folder.
pub const FILE_NAME: &str = "ledger.db";

/// Why the record store cannot be used.
#[derive(Debug, thiserror::Error)]
pub enum LedgerError {
    /// The folder belongs to another process.
    #[error(transparent)]
    Lock(#[from] lock::LockError),
    /// SQLite says no.
    #[error("use the record store: {cause}{what_now}", cause = .0, what_now = advice(.0))]
    Sqlite(#[source] rusqlite::Error),
    /// A file beside the store.
    #[error("use {path}: {source}")]
    File {
        /// Which.
        path: String,
        /// Why.
        source: std::io::Error,
    },
    /// There is no ledger here.
    #[error(
        "open a ledger in {0}: there is none; make one with `armoury init --data {0} --live` or `--exercise`"
    )]
    Absent(String),
    /// There is one already.
    #[error("make a ledger in {0}: there is one already, and a ledger is never overwritten")]
    Present(String),
    /// A setting does not hold.
    #[error("open the record store: {setting} is {found}, not {wanted}; entries would not be safe")]
    Setting {
        /// Which.
        setting: &'static str,
        /// What was asked for.
        wanted: String,
        /// What it is.
        found: String,
    },
    /// The store was written by a newer program.
    #[error("open the record store: its version is {found}, this program knows {known}; use a newer program")]
    Version {
        /// In the file.
        found: i64,
        /// Ours.
        known: i64,
    },
    /// The file is no ledger any more.
    #[error("read the ledger: the file is damaged: {0}; keep the folder as it is and call headquarters")]
    Damaged(String),
    /// The chain does not hold.
    #[error("check the ledger: entry {seq} {what}; keep the folder as it is and call headquarters")]
    Broken {
        /// The first bad number.
        seq: Seq,
        /// What is wrong with it.
        what: String,
    },
    /// A personal record cannot be read or written.
    #[error("read a personal record: {0}")]
    Personal(#[source] serde_json::Error),
    /// No random bytes.
    #[error("get random bytes from the system: {0}")]
    Random(String),
    /// An entry that could not be read back.
    #[error("write an entry of {0} bytes: the largest is {max}; shorten its fields", max = entry::PAYLOAD_MAX_BYTES)]
    TooLong(usize),
    /// A write failed earlier and the store has not been opened again.
    #[error("write to the record store: an earlier write failed and the store is closed")]
    Closed,
}

impl LedgerError {
    /// Whether there is no room on the disk.
    pub fn is_full(&self) -> bool {
        matches!(self, Self::Sqlite(error) if error.sqlite_error_code() == Some(rusqlite::ErrorCode::DiskFull))
    }

    /// Whether the ledger itself does not hold: its chain, or the file it stands in.
    pub fn is_broken(&self) -> bool {
        matches!(self, Self::Broken { .. } | Self::Damaged(_))
    }
}

impl From<rusqlite::Error> for LedgerError {
    fn from(error: rusqlite::Error) -> Self {
        match error.sqlite_error_code() {
            Some(rusqlite::ErrorCode::NotADatabase | rusqlite::ErrorCode::DatabaseCorrupt) => {
                Self::Damaged(error.to_string())
            }
            _ => Self::Sqlite(error),
        }
    }
}

/// What to try where SQLite's own words do not say.
fn advice(error: &rusqlite::Error) -> &'static str {
    match error.sqlite_error_code() {
        Some(rusqlite::ErrorCode::DiskFull | rusqlite::ErrorCode::SystemIoFailure) => {
            "; is the disk full, or failing? `armoury doctor` looks at it"
        }
        Some(rusqlite::ErrorCode::ReadOnly | rusqlite::ErrorCode::CannotOpen) => {
            "; may this user read and write the folder, and is there room?"
        }
        _ => "",
    }
}

//! Checks that every entry is as it was written and follows the one before.
//!
//! Hashes are taken over stored bytes. A chain alone cannot show that its newest entries were cut off, or that
//! somebody with the whole station wrote it anew: the last receipt from headquarters narrows that (I10).

use rusqlite::{Connection, OptionalExtension};

use super::LedgerError;
use super::entry::{Hash, Record, entry_hash};
use crate::domain::Seq;

/// What a check found, when everything holds.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Checked {
    /// How many entries.
    pub entries: u64,
    /// The last one.
    pub head: (Seq, Hash),
    /// The last entry headquarters has signed for; its hash was compared too.
    pub receipt: Option<Seq>,
}

/// Checks everything from the first entry.
///
/// # Errors
/// [`LedgerError::Broken`] names the first bad number.
pub fn full(connection: &Connection) -> Result<Checked, LedgerError> {
    let mut walk = Walk::from((0, Hash::GENESIS));
    walk.run(connection, true)?;
    let receipt = check_receipt(connection)?;
    check_file(connection)?;
    Ok(Checked { entries: walk.count, head: walk.head, receipt })
}

/// Checks the last `length` entries and returns the head.
///
/// # Errors
/// As for [`full`].
pub fn tail(connection: &Connection, length: u64) -> Result<(Seq, Hash), LedgerError> {
    let last: Seq = connection.query_row("SELECT coalesce(max(seq), 0) FROM event", [], |row| row.get(0))?;
    let before = last.saturating_sub(length);
    let start = if before == 0 {
        (0, Hash::GENESIS)
    } else {
        let hash = hash_at(connection, before)?
            .ok_or_else(|| LedgerError::Broken { seq: before, what: "is not there".into() })?;
        (before, hash)
    };
    let mut walk = Walk::from(start);
    walk.run(connection, false)?;
    check_receipt(connection)?;
    Ok(walk.head)
}

/// The stored hash of entry `seq`.
///
/// # Errors
/// The store cannot be read.
pub fn hash_at(connection: &Connection, seq: Seq) -> Result<Option<Hash>, LedgerError> {
    let hash: Option<[u8; 32]> = connection
        .prepare_cached("SELECT hash FROM event WHERE seq = ?1")?
        .query_row([seq], |row| row.get(0))
        .optional()?;
    Ok(hash.map(Hash))
}

/// A walk along the chain.
struct Walk {
    head: (Seq, Hash),
    epoch: u32,
    count: u64,
}

impl Walk {
    fn from(head: (Seq, Hash)) -> Self {
        Self { head, epoch: 0, count: 0 }
    }

    /// Follows the chain to its end. `decode`: also read what the bytes say, not only that they are unchanged.
    fn run(&mut self, connection: &Connection, decode: bool) -> Result<(), LedgerError> {
        let mut statement =
            connection.prepare("SELECT seq, payload, hash FROM event WHERE seq > ?1 ORDER BY seq")?;
        let mut rows = statement.query([self.head.0])?;
        while let Some(row) = rows.next()? {
            let seq: Seq = row.get(0)?;
            let payload = row.get_ref(1)?.as_blob().map_err(rusqlite::Error::from)?;
            let hash = Hash(row.get(2)?);
            self.step(seq, payload, hash, decode)?;
        }
        Ok(())
    }

    fn step(&mut self, seq: Seq, payload: &[u8], hash: Hash, decode: bool) -> Result<(), LedgerError> {
        let broken = |seq, what: String| LedgerError::Broken { seq, what };
        let due = self.head.0 + 1;
        if seq != due {
            return Err(broken(due, format!("is missing: the next one stored is {seq}")));
        }
        if entry_hash(&self.head.1, payload) != hash {
            return Err(broken(seq, "is not as it was written, or does not follow the one before".into()));
        }
        if decode {
            let record =
                Record::decode(payload).map_err(|error| broken(seq, format!("cannot be read: {error}")))?;
            if record.seq != seq {
                return Err(broken(seq, format!("says of itself that it is number {}", record.seq)));
            }
            if record.epoch < self.epoch {
                return Err(broken(seq, format!("goes back to epoch {}", record.epoch)));
            }
            self.epoch = record.epoch;
        }
        self.head = (seq, hash);
        self.count += 1;
        Ok(())
    }
}

/// The pages of the file fit together, also those that hold no entry.
fn check_file(connection: &Connection) -> Result<(), LedgerError> {
    let found: String = connection.query_row("PRAGMA quick_check(1)", [], |row| row.get(0))?;
    if found == "ok" { Ok(()) } else { Err(LedgerError::Damaged(found.replace('\n', " "))) }
}

/// The entry headquarters signed for last is the one we hold.
fn check_receipt(connection: &Connection) -> Result<Option<Seq>, LedgerError> {
    let receipt: Option<(Seq, [u8; 32])> = connection
        .query_row("SELECT seq, hash FROM receipt ORDER BY seq DESC LIMIT 1", [], |row| {
            Ok((row.get(0)?, row.get(1)?))
        })
        .optional()?;
    let Some((seq, signed)) = receipt else { return Ok(None) };
    match hash_at(connection, seq)? {
        Some(Hash(held)) if held == signed => Ok(Some(seq)),
        Some(_) => Err(LedgerError::Broken { seq, what: "is not the one headquarters signed for".into() }),
        None => {
            Err(LedgerError::Broken { seq, what: "is missing although headquarters signed for it".into() })
        }
    }
}

//! Looking without touching: a connection that cannot write, beside the station or on a copy.

use std::path::Path;

use rusqlite::Connection;

use super::entry::{Entry, Hash, Record};
use super::people::{self, Roster};
use super::verify::{self, Checked};
use super::{LedgerError, settings};
use crate::domain::Seq;

/// A read-only view of a ledger.
#[derive(Debug)]
pub struct Reader {
    pub(super) connection: Connection,
}

/// An entry as it is stored.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Stored {
    /// Its number.
    pub seq: Seq,
    /// Its bytes.
    pub payload: Vec<u8>,
    /// The hash of the one before.
    pub prev: Hash,
    /// Its hash.
    pub hash: Hash,
}

impl Reader {
    /// Opens the ledger in `folder`.
    ///
    /// # Errors
    /// There is none, or it cannot be read.
    pub fn open(folder: &Path) -> Result<Self, LedgerError> {
        Ok(Self { connection: settings::open_reader(folder)? })
    }

    /// Checks everything.
    ///
    /// # Errors
    /// [`LedgerError::Broken`] names the first bad number.
    pub fn verify(&self) -> Result<Checked, LedgerError> {
        verify::full(&self.connection)
    }

    /// Names and badges.
    ///
    /// # Errors
    /// The store cannot be read.
    pub fn roster(&self) -> Result<Roster, LedgerError> {
        people::load(&self.connection)
    }

    /// What is kept of one person beside the ledger.
    ///
    /// # Errors
    /// The store cannot be read.
    pub fn kept(&self, id: &crate::domain::PersonId) -> Result<Option<people::Kept>, LedgerError> {
        people::load_one(&self.connection, id)
    }

    /// The number of the last entry headquarters has signed for; 0 for none.
    ///
    /// # Errors
    /// The store cannot be read.
    pub fn acknowledged(&self) -> Result<Seq, LedgerError> {
        Ok(self.connection.query_row("SELECT coalesce(max(seq), 0) FROM receipt", [], |row| row.get(0))?)
    }

    /// When the last receipt came, wall milliseconds.
    ///
    /// # Errors
    /// The store cannot be read.
    pub fn last_receipt_wall_ms(&self) -> Result<Option<i64>, LedgerError> {
        Ok(self.connection.query_row("SELECT max(wall_ms) FROM receipt", [], |row| row.get(0))?)
    }

    /// The stored hash of entry `seq`.
    ///
    /// # Errors
    /// The store cannot be read.
    pub fn hash_at(&self, seq: Seq) -> Result<Option<Hash>, LedgerError> {
        verify::hash_at(&self.connection, seq)
    }

    /// Up to `most` entries after `seq` with at most `bytes` of payload together, but at least one if there is one.
    ///
    /// # Errors
    /// The store cannot be read.
    pub fn after(&self, seq: Seq, most: usize, bytes: usize) -> Result<Vec<Stored>, LedgerError> {
        let mut found = Vec::new();
        let mut taken = 0;
        self.each_stored(seq, |stored| {
            taken += stored.payload.len();
            let fits = found.is_empty() || taken <= bytes;
            if fits {
                found.push(stored);
            }
            fits && found.len() < most
        })?;
        Ok(found)
    }

    /// Every entry after `seq`, decoded, in order.
    ///
    /// # Errors
    /// The store cannot be read, or holds what is no entry.
    pub fn each(
        &self,
        seq: Seq,
        mut take: impl FnMut(Entry) -> Result<(), LedgerError>,
    ) -> Result<(), LedgerError> {
        let mut outcome = Ok(());
        self.each_stored(seq, |Stored { seq, payload, prev, hash }| {
            outcome = Record::decode(&payload)
                .map_err(|error| LedgerError::Broken { seq, what: format!("cannot be read: {error}") })
                .and_then(|record| take(Entry { record, payload, prev, hash }));
            outcome.is_ok()
        })?;
        outcome
    }

    /// Every entry that belongs to this weapon's history, in order.
    ///
    /// # Errors
    /// The store cannot be read, or holds what is no entry.
    pub fn of_weapon(&self, weapon: &crate::domain::WeaponId) -> Result<Vec<Entry>, LedgerError> {
        let mut statement = self.connection.prepare_cached(
            "SELECT event.seq, payload, hash FROM event_weapon JOIN event USING (seq) WHERE weapon = ?1 ORDER BY seq",
        )?;
        let mut rows = statement.query([weapon.as_str()])?;
        let mut entries = Vec::new();
        while let Some(row) = rows.next()? {
            let (seq, payload): (Seq, Vec<u8>) = (row.get(0)?, row.get(1)?);
            let record = Record::decode(&payload)
                .map_err(|error| LedgerError::Broken { seq, what: format!("cannot be read: {error}") })?;
            let prev = self.hash_at(seq.saturating_sub(1))?.unwrap_or(Hash::GENESIS);
            entries.push(Entry { record, payload, prev, hash: Hash(row.get(2)?) });
        }
        Ok(entries)
    }

    fn each_stored(&self, seq: Seq, mut take: impl FnMut(Stored) -> bool) -> Result<(), LedgerError> {
        let mut prev = match seq {
            0 => Hash::GENESIS,
            _ => {
                self.hash_at(seq)?.ok_or_else(|| LedgerError::Broken { seq, what: "is not there".into() })?
            }
        };
        let mut statement = self
            .connection
            .prepare_cached("SELECT seq, payload, hash FROM event WHERE seq > ?1 ORDER BY seq")?;
        let mut rows = statement.query([seq])?;
        while let Some(row) = rows.next()? {
            let hash = Hash(row.get(2)?);
            if !take(Stored { seq: row.get(0)?, payload: row.get(1)?, prev, hash }) {
                break;
            }
            prev = hash;
        }
        Ok(())
    }

    /// The fold of the whole ledger, as the station holds it in memory (I6).
    ///
    /// # Errors
    /// The store cannot be read, or holds what is no entry.
    pub fn fold(&self) -> Result<crate::domain::Armoury, LedgerError> {
        let mut armoury = crate::domain::Armoury::default();
        self.each(0, |entry| {
            armoury.apply(entry.record.seq, entry.record.at, &entry.record.event);
            Ok(())
        })?;
        Ok(armoury)
    }

    /// The same, from the kept fold where there is one: what a station would hold in memory after a start.
    ///
    /// # Errors
    /// The store cannot be read, or holds what is no entry.
    pub fn armoury(&self) -> Result<crate::domain::Armoury, LedgerError> {
        super::fold::fold(&self.connection)
    }
}

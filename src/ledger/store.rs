//! The only writer.

use std::path::{Path, PathBuf};

use rusqlite::{Connection, OptionalExtension, Transaction, TransactionBehavior, params};
use uuid::Uuid;

use super::entry::{Entry, Hash, PAYLOAD_MAX_BYTES, Record, entry_hash};
use super::fold::{each_after, fold};
use super::people::{self, PersonRow, Roster};
use super::{FILE_NAME, LedgerError, index, lock::Lock, settings, verify};
use crate::domain::event::Created;
use crate::domain::{Armoury, Event, Moment, Practice, Seq, StationId};

/// How many entries before the head are checked at every start (`ledger-and-sync.md` section 6).
const TAIL_CHECKED: u64 = 10_000;

/// An event waiting to be written.
#[derive(Debug, Clone)]
pub struct Draft {
    /// What happened.
    pub event: Event,
    /// The personal part that goes beside the chain in the same transaction.
    pub person: Option<PersonRow>,
}

impl From<Event> for Draft {
    fn from(event: Event) -> Self {
        Self { event, person: None }
    }
}

/// The record store, open for writing. While it lives nobody else can have the folder.
#[derive(Debug)]
pub struct Ledger {
    /// None after a failed write: nothing is written until the store was opened and checked again.
    connection: Option<Connection>,
    folder: PathBuf,
    station: StationId,
    epoch: u32,
    incarnation: [u8; 16],
    head: (Seq, Hash),
    _lock: Lock,
}

/// A ledger with what it folds to.
#[derive(Debug)]
pub struct Opened {
    /// The store.
    pub ledger: Ledger,
    /// The fold of its entries.
    pub armoury: Armoury,
    /// Names and badges.
    pub roster: Roster,
}

impl Ledger {
    /// Makes a ledger in `folder` with its first entry.
    ///
    /// # Errors
    /// There is one already, or the folder cannot be written.
    pub fn create(
        folder: &Path,
        practice: Practice,
        station_key: [u8; 32],
        at: Moment,
    ) -> Result<Self, LedgerError> {
        let lock = Lock::take(folder, "init")?;
        if folder.join(FILE_NAME).exists() {
            return Err(LedgerError::Present(folder.display().to_string()));
        }
        let mut connection = settings::make_writer(folder)?;
        let tables = connection.transaction_with_behavior(TransactionBehavior::Exclusive)?;
        tables.execute_batch(include_str!("schema.sql"))?;
        index::create(&tables)?;
        tables.pragma_update(None, "user_version", settings::SCHEMA_VERSION)?;
        tables.commit()?;
        let mut ledger = Self {
            connection: Some(connection),
            folder: folder.to_owned(),
            station: StationId::new(""),
            epoch: 1,
            incarnation: random()?,
            head: (0, Hash::GENESIS),
            _lock: lock,
        };
        let created = Event::LedgerCreated(Created { practice, station_key });
        ledger.append(at, None, &[created.into()])?;
        sync_folder(folder)?;
        Ok(ledger)
    }

    /// Opens the ledger in `folder` for `what` ("station bravo"), checks its tail and folds it.
    ///
    /// # Errors
    /// Somebody else has it, a setting does not hold, or an entry is not as it was written.
    pub fn open(folder: &Path, what: &str) -> Result<Opened, LedgerError> {
        if !folder.join(FILE_NAME).is_file() {
            return Err(LedgerError::Absent(folder.display().to_string()));
        }
        let lock = Lock::take(folder, what)?;
        let mut connection = settings::open_writer(folder)?;
        let head = verify::tail(&connection, TAIL_CHECKED)?;
        index::complete(&mut connection)?;
        let armoury = fold(&connection)?;
        let epoch = epoch_of(&connection, head.0)?;
        let roster = people::load(&connection)?;
        let ledger = Self {
            connection: Some(connection),
            folder: folder.to_owned(),
            station: armoury.station.clone().unwrap_or_else(|| StationId::new("")),
            epoch,
            incarnation: random()?,
            head,
            _lock: lock,
        };
        Ok(Opened { ledger, armoury, roster })
    }

    /// The last entry's number and hash.
    pub fn head(&self) -> (Seq, Hash) {
        self.head
    }

    /// The folder it lies in.
    pub fn folder(&self) -> &Path {
        &self.folder
    }

    /// Whether the store takes entries; not after a failed write, until [`Ledger::reopen`].
    pub fn is_open(&self) -> bool {
        self.connection.is_some()
    }

    /// The entries an operator's act has made, if it was done before (I7).
    ///
    /// # Errors
    /// The store cannot be read.
    pub fn done_before(&self, command: Uuid) -> Result<Option<(Seq, Seq)>, LedgerError> {
        let connection = self.connection.as_ref().ok_or(LedgerError::Closed)?;
        Ok(connection
            .prepare_cached("SELECT first, last FROM command WHERE id = ?1")?
            .query_row([command.as_bytes().as_slice()], |row| Ok((row.get(0)?, row.get(1)?)))
            .optional()?)
    }

    /// Writes all drafts in one transaction and returns them once they are on the medium (I1, I2).
    ///
    /// # Errors
    /// Nothing was written. An entry longer than any reader takes is refused as it is. After any error of the store
    /// its connection is dropped: what is on the disk is known only after it was opened and checked again.
    pub fn append(
        &mut self,
        at: Moment,
        command: Option<Uuid>,
        drafts: &[Draft],
    ) -> Result<Vec<Entry>, LedgerError> {
        let entries = self.chain(at, command, drafts);
        // What no reader takes back must not be written: the ledger would not open again.
        if let Some(entry) = entries.iter().find(|entry| entry.payload.len() > PAYLOAD_MAX_BYTES) {
            return Err(LedgerError::TooLong(entry.payload.len()));
        }
        let mut connection = self.connection.take().ok_or(LedgerError::Closed)?;
        match write(&mut connection, command, drafts, &entries) {
            Ok(()) => {
                self.connection = Some(connection);
                if let Some(last) = entries.last() {
                    self.head = (last.record.seq, last.hash);
                }
                for entry in &entries {
                    if let Event::StationNamed(station) = &entry.record.event {
                        self.station = station.clone();
                    }
                }
                Ok(entries)
            }
            Err(error) => Err(error.into()),
        }
    }

    /// Opens the store again after a failed write and reports what is on the disk.
    ///
    /// # Errors
    /// As for [`Ledger::open`]; the store stays closed.
    pub fn reopen(&mut self) -> Result<(Seq, Hash), LedgerError> {
        self.connection = None;
        let connection = settings::open_writer(&self.folder)?;
        let head = verify::tail(&connection, TAIL_CHECKED)?;
        // A commit whose answer was an error may still have reached the medium.
        self.head = head;
        self.connection = Some(connection);
        Ok(head)
    }

    /// Entries after `seq`, for a fold that lags behind the disk.
    ///
    /// # Errors
    /// The store cannot be read, or holds what is no entry.
    pub fn after(&self, seq: Seq) -> Result<Vec<Record>, LedgerError> {
        let connection = self.connection.as_ref().ok_or(LedgerError::Closed)?;
        let mut records = Vec::new();
        each_after(connection, seq, |record| records.push(record))?;
        Ok(records)
    }

    /// Keeps headquarters' receipt for the entry `seq`.
    ///
    /// # Errors
    /// The store cannot be written; the receipt will come again.
    pub fn keep_receipt(
        &mut self,
        seq: Seq,
        hash: Hash,
        raw: &[u8],
        wall_ms: i64,
    ) -> Result<(), LedgerError> {
        let connection = self.connection.as_ref().ok_or(LedgerError::Closed)?;
        connection
            .prepare_cached(
                "INSERT OR REPLACE INTO receipt (seq, hash, raw, wall_ms) VALUES (?1, ?2, ?3, ?4)",
            )?
            .execute(params![seq, hash.0, raw, wall_ms])?;
        connection.execute("DELETE FROM receipt WHERE seq < (SELECT max(seq) FROM receipt)", [])?;
        Ok(())
    }

    /// Keeps the fold, so that the next start need not fold again.
    ///
    /// # Errors
    /// The store cannot be written; nothing depends on it.
    pub fn save_snapshot(&mut self, armoury: &Armoury) -> Result<(), LedgerError> {
        let state = serde_json::to_vec(armoury).map_err(LedgerError::Personal)?;
        let (seq, hash) = self.head;
        let connection = self.connection.as_ref().ok_or(LedgerError::Closed)?;
        connection
            .prepare_cached("INSERT OR REPLACE INTO snapshot (id, seq, hash, state) VALUES (1, ?1, ?2, ?3)")?
            .execute(params![seq, hash.0, state])?;
        Ok(())
    }

    /// Moves the write-ahead log into the file, as far as that can be done without waiting for a reader. The log keeps
    /// its size: commits that write over blocks it has are several times as fast as commits that make it longer.
    ///
    /// # Errors
    /// The store cannot be written.
    pub fn checkpoint(&mut self) -> Result<(), LedgerError> {
        self.move_log("PRAGMA wal_checkpoint(PASSIVE)")
    }

    /// The same at the end of a run, with nothing left of the log.
    ///
    /// # Errors
    /// The store cannot be written.
    pub fn empty_log(&mut self) -> Result<(), LedgerError> {
        self.move_log("PRAGMA wal_checkpoint(TRUNCATE)")
    }

    fn move_log(&mut self, how: &str) -> Result<(), LedgerError> {
        let connection = self.connection.as_ref().ok_or(LedgerError::Closed)?;
        connection.query_row(how, [], |_| Ok(()))?;
        Ok(())
    }

    /// Numbers and hashes for drafts, without writing them.
    fn chain(&self, at: Moment, command: Option<Uuid>, drafts: &[Draft]) -> Vec<Entry> {
        let (mut seq, mut prev) = self.head;
        let mut entries = Vec::with_capacity(drafts.len());
        for draft in drafts {
            seq += 1;
            let record = Record {
                station: self.station.clone(),
                epoch: self.epoch,
                seq,
                incarnation: self.incarnation,
                command,
                at,
                event: draft.event.clone(),
            };
            let payload = record.encode();
            let hash = entry_hash(&prev, &payload);
            entries.push(Entry { record, payload, prev, hash });
            prev = hash;
        }
        entries
    }
}

fn write(
    connection: &mut Connection,
    command: Option<Uuid>,
    drafts: &[Draft],
    entries: &[Entry],
) -> rusqlite::Result<()> {
    let transaction = connection.transaction_with_behavior(TransactionBehavior::Immediate)?;
    for (draft, entry) in drafts.iter().zip(entries) {
        write_entry(&transaction, entry)?;
        if let Some(row) = &draft.person {
            people::put(&transaction, row)?;
        }
    }
    if let (Some(command), Some(first), Some(last)) = (command, entries.first(), entries.last()) {
        transaction
            .prepare_cached("INSERT INTO command (id, first, last) VALUES (?1, ?2, ?3)")?
            .execute(params![command.as_bytes().as_slice(), first.record.seq, last.record.seq])?;
    }
    transaction.commit()
}

fn write_entry(transaction: &Transaction<'_>, entry: &Entry) -> rusqlite::Result<()> {
    transaction
        .prepare_cached("INSERT INTO event (seq, payload, hash) VALUES (?1, ?2, ?3)")?
        .execute(params![entry.record.seq, entry.payload, entry.hash.0])?;
    index::note(transaction, &entry.record)
}

/// The epoch of the entry `seq`.
fn epoch_of(connection: &Connection, seq: Seq) -> Result<u32, LedgerError> {
    let mut epoch = 1;
    each_after(connection, seq.saturating_sub(1), |record| epoch = record.epoch)?;
    Ok(epoch)
}

/// 128 random bits.
fn random() -> Result<[u8; 16], LedgerError> {
    let mut bytes = [0; 16];
    getrandom::fill(&mut bytes).map_err(|error| LedgerError::Random(error.to_string()))?;
    Ok(bytes)
}

/// Makes the folder's own list of names durable.
fn sync_folder(folder: &Path) -> Result<(), LedgerError> {
    std::fs::File::open(folder)
        .and_then(|handle| handle.sync_all())
        .map_err(|source| LedgerError::File { path: folder.display().to_string(), source })
}

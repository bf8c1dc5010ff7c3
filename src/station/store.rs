//! The record store as the clerk uses it: write, and when that fails say so, free the ballast, open and check again.

use std::fs::{self, OpenOptions};
use std::io::Write;
use std::path::{Path, PathBuf};

use uuid::Uuid;

use crate::domain::event::StoreNote;
use crate::domain::{Armoury, DeskKind, Event, Moment, Seq};
use crate::ledger::{Draft, Ledger, LedgerError, Record};

/// Room kept back for the day the disk is full: returns and the note about it still fit (`ledger-and-sync.md`
/// section 6).
pub const BALLAST_BYTES: u64 = 16 * 1024 * 1024;

/// The file that keeps it.
const BALLAST: &str = "ballast";

/// Free room at which the disk no longer counts as full.
const ROOM_BYTES: u64 = 4 * BALLAST_BYTES;

/// How the store is.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Health {
    /// Takes entries.
    Ok,
    /// The disk is full: what leaves is refused, what comes back still fits into the ballast.
    Full,
    /// Writes fail; it is tried again with every entry.
    Failing(String),
}

/// The ledger with its health.
#[derive(Debug)]
pub struct Store {
    ledger: Ledger,
    /// How it is.
    pub health: Health,
}

/// Why an entry is not in the ledger.
#[derive(Debug, thiserror::Error)]
#[error("{0}")]
pub struct NotSaved(pub String);

impl Store {
    /// Takes a ledger over and makes sure of the ballast.
    pub fn new(ledger: Ledger) -> Self {
        let mut store = Self { ledger, health: Health::Ok };
        if let Err(error) = make_ballast(store.ledger.folder()) {
            tracing::warn!("keep room for a full disk: {error}");
            store.health = if error.raw_os_error() == Some(rustix::io::Errno::NOSPC.raw_os_error()) {
                Health::Full
            } else {
                Health::Ok
            };
        }
        store
    }

    /// The ledger, to look at and for what is no entry.
    pub fn ledger(&mut self) -> &mut Ledger {
        &mut self.ledger
    }

    /// Writes drafts, durable on return. Memory follows: every entry that is on the disk is applied, also one whose
    /// commit answered with an error and got there all the same.
    ///
    /// # Errors
    /// They are not in the ledger. Nothing may be granted on their strength.
    pub fn write(
        &mut self,
        armoury: &mut Armoury,
        at: Moment,
        command: Option<Uuid>,
        drafts: &[Draft],
    ) -> Result<Vec<Record>, NotSaved> {
        if !self.ledger.is_open() {
            self.recover(armoury)?;
        }
        let due = self.ledger.head().0 + drafts.len() as u64;
        match self.ledger.append(at, command, drafts) {
            Ok(entries) => {
                let records: Vec<Record> = entries.into_iter().map(|entry| entry.record).collect();
                apply(armoury, &records);
                if matches!(self.health, Health::Failing(_)) {
                    self.health = Health::Ok;
                }
                Ok(records)
            }
            // The store is sound; what was asked of it was not.
            Err(error @ LedgerError::TooLong(_)) => Err(NotSaved(error.to_string())),
            Err(error) => match self.failed(armoury, at, &error, due) {
                // The ballast made room for what must not be turned away; once, since there is no more of it.
                Err(_) if error.is_full() && drafts.iter().all(fits_the_ballast) => {
                    self.append_once_more(armoury, at, command, drafts)
                }
                outcome => outcome,
            },
        }
    }

    /// Looks whether a full disk has room again; answers whether the health changed.
    pub fn look_at_room(&mut self, armoury: &mut Armoury, at: Moment) -> bool {
        if self.health != Health::Full || free_bytes(self.ledger.folder()) < ROOM_BYTES {
            return false;
        }
        if make_ballast(self.ledger.folder()).is_err() {
            return false;
        }
        self.health = Health::Ok;
        if let Err(error) = self.write(armoury, at, None, &[note("disk_free", "there is room again").into()])
        {
            tracing::warn!("note that the disk has room again: {error}");
        }
        true
    }

    /// A write failed and the connection is gone: whoever asked is answered from what is on the disk. `due`: the
    /// head if the commit got there although its answer was an error; there is no other writer.
    fn failed(
        &mut self,
        armoury: &mut Armoury,
        at: Moment,
        error: &LedgerError,
        due: Seq,
    ) -> Result<Vec<Record>, NotSaved> {
        tracing::error!("write to the ledger: {error}");
        let full = error.is_full();
        self.health = if full { Health::Full } else { Health::Failing(error.to_string()) };
        if full {
            release_ballast(self.ledger.folder());
        }
        let found = self.recover(armoury)?;
        if full {
            match self.ledger.append(at, None, &[note("disk_full", "the ballast was released").into()]) {
                Ok(entries) => {
                    apply(armoury, &entries.into_iter().map(|entry| entry.record).collect::<Vec<_>>())
                }
                Err(error) => tracing::error!("note that the disk is full: {error}"),
            }
        }
        if found.last().is_some_and(|record| record.seq == due) {
            return Ok(found);
        }
        Err(NotSaved(if full { "the disk is full".to_owned() } else { error.to_string() }))
    }

    fn append_once_more(
        &mut self,
        armoury: &mut Armoury,
        at: Moment,
        command: Option<Uuid>,
        drafts: &[Draft],
    ) -> Result<Vec<Record>, NotSaved> {
        let entries = self.ledger.append(at, command, drafts).map_err(|error| {
            tracing::error!("write to the ledger with the ballast released: {error}");
            NotSaved("the disk is full".to_owned())
        })?;
        let records: Vec<Record> = entries.into_iter().map(|entry| entry.record).collect();
        apply(armoury, &records);
        Ok(records)
    }

    /// Opens the store again, checks it and brings memory up to what is on the disk. Answers with what memory lacked.
    fn recover(&mut self, armoury: &mut Armoury) -> Result<Vec<Record>, NotSaved> {
        match self.ledger.reopen().and_then(|_| self.ledger.after(armoury.head)) {
            Ok(records) => {
                apply(armoury, &records);
                Ok(records)
            }
            Err(error) => {
                self.health = Health::Failing(error.to_string());
                Err(NotSaved(error.to_string()))
            }
        }
    }
}

fn apply(armoury: &mut Armoury, records: &[Record]) {
    for record in records {
        armoury.apply(record.seq, record.at, &record.event);
    }
}

/// Whether the room kept back is for this: what comes back and what happens to the station, but nothing that leaves
/// and no register.
fn fits_the_ballast(draft: &Draft) -> bool {
    match &draft.event {
        Event::Desk(desk) => desk.kind != DeskKind::Issued,
        Event::WeaponRegistered(_) | Event::PersonRegistered(_) => false,
        _ => true,
    }
}

fn note(what: &str, detail: &str) -> Event {
    Event::StoreNote(StoreNote { what: what.into(), detail: detail.into() })
}

fn ballast(folder: &Path) -> PathBuf {
    folder.join(BALLAST)
}

/// Makes the ballast file if it is not there in full. Written, not only sized: a hole keeps no room.
fn make_ballast(folder: &Path) -> std::io::Result<()> {
    let path = ballast(folder);
    if fs::metadata(&path).is_ok_and(|found| found.len() >= BALLAST_BYTES) {
        return Ok(());
    }
    let write = || {
        let mut file = OpenOptions::new().write(true).create(true).truncate(true).open(&path)?;
        let block = vec![0; 1 << 20];
        for _ in 0..BALLAST_BYTES >> 20 {
            file.write_all(&block)?;
        }
        file.sync_all()
    };
    write().inspect_err(|_| release_ballast(folder))
}

fn release_ballast(folder: &Path) {
    match fs::remove_file(ballast(folder)) {
        Err(error) if error.kind() != std::io::ErrorKind::NotFound => {
            tracing::error!("release the ballast: {error}");
        }
        _ => {}
    }
}

fn free_bytes(folder: &Path) -> u64 {
    rustix::fs::statvfs(folder).map_or(0, |found| found.f_bavail.saturating_mul(found.f_frsize))
}

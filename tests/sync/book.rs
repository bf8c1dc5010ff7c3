//! A station's chain made by hand, and a tail that reads it.

use std::sync::{Arc, Mutex, MutexGuard};

use armoury::domain::event::{Created, StoreNote};
use armoury::domain::{Event, Moment, Practice, StationId};
use armoury::ledger::entry::{Hash, Record, entry_hash};
use armoury::sync::wire::{BATCH_MAX_BYTES, Batch};
use armoury::sync::{Stored, Tail, TailError};
use ed25519_dalek::SigningKey;

/// A key for tests: the same for the same number.
pub fn key(number: u8) -> SigningKey {
    SigningKey::from_bytes(&[number; 32])
}

/// A chain. Clones share nothing: a cloned card.
#[derive(Clone)]
pub struct Book {
    pub station: StationId,
    pub epoch: u32,
    pub incarnation: u8,
    pub entries: Vec<Stored>,
}

impl Book {
    /// A ledger with its first entry.
    pub fn new(station: &str, key: &SigningKey, practice: Practice) -> Self {
        let mut book =
            Self { station: StationId::new(station), epoch: 1, incarnation: 1, entries: Vec::new() };
        let station_key = key.verifying_key().to_bytes();
        book.append(Event::LedgerCreated(Created { practice, station_key }));
        book
    }

    /// Writes `count` small entries.
    pub fn write(&mut self, count: u64) {
        for _ in 0..count {
            let detail = format!("entry {} of start {}", self.entries.len() + 1, self.incarnation);
            self.append(Event::StoreNote(StoreNote { what: "reopened".to_owned(), detail }));
        }
    }

    /// The history up to `seq`, opened by another start: what is written next differs.
    pub fn copy_at(&self, seq: u64) -> Self {
        let mut copy = self.clone();
        copy.entries.truncate(seq as usize);
        copy.incarnation += 1;
        copy
    }

    pub fn append(&mut self, event: Event) {
        let record = Record {
            station: self.station.clone(),
            epoch: self.epoch,
            seq: self.seq() + 1,
            incarnation: [self.incarnation; 16],
            command: None,
            at: Moment::at(1, 1_700_000_000_000),
            event,
        };
        self.append_bytes(record.encode());
    }

    /// Writes bytes that need not be an entry of this program's.
    pub fn append_bytes(&mut self, payload: Vec<u8>) {
        let prev = self.hash_at(self.seq());
        let hash = entry_hash(&prev, &payload);
        self.entries.push(Stored { seq: self.seq() + 1, epoch: self.epoch, prev, hash, payload });
    }

    pub fn seq(&self) -> u64 {
        self.entries.len() as u64
    }

    /// The hash of entry `seq`; that of nothing for 0.
    pub fn hash_at(&self, seq: u64) -> Hash {
        seq.checked_sub(1).map_or(Hash::GENESIS, |index| self.entries[index as usize].hash)
    }

    /// Entries `first` to `last` as a batch.
    pub fn batch(&self, first: u64, last: u64) -> Batch {
        let entries = &self.entries[first as usize - 1..last as usize];
        Batch {
            station: self.station.clone(),
            epoch: entries[0].epoch,
            first_seq: first,
            prev: self.hash_at(first - 1),
            last: self.hash_at(last),
            software: "test".to_owned(),
            payloads: entries.iter().map(|entry| entry.payload.clone()).collect(),
        }
    }
}

/// A book that a station writes while its outbox reads.
#[derive(Clone)]
pub struct Shared(pub Arc<Mutex<Book>>);

impl Shared {
    pub fn new(book: Book) -> Self {
        Self(Arc::new(Mutex::new(book)))
    }

    pub fn book(&self) -> MutexGuard<'_, Book> {
        self.0.lock().unwrap()
    }
}

impl Tail for Shared {
    fn after(&mut self, seq: u64, max_events: usize, max_bytes: usize) -> Result<Vec<Stored>, TailError> {
        assert!(max_bytes <= BATCH_MAX_BYTES);
        let book = self.book();
        let mut bytes = 0;
        let fits = |entry: &&Stored| {
            bytes += entry.payload.len();
            bytes <= max_bytes || bytes == entry.payload.len()
        };
        let behind = book.entries.iter().skip(seq as usize).take(max_events);
        Ok(behind.take_while(fits).cloned().collect())
    }

    fn hash_at(&mut self, seq: u64) -> Result<Option<Hash>, TailError> {
        let book = self.book();
        Ok((1..=book.seq()).contains(&seq).then(|| book.hash_at(seq)))
    }
}

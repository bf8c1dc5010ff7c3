//! What a durable record costs on this disk, with nothing around it.

use std::fs::{File, OpenOptions};
use std::io::Write;
use std::path::Path;
use std::time::{Duration, Instant};

use armoury::domain::Seq;
use armoury::ledger::{FILE_NAME, Ledger, Reader};
use armoury::station::clock::Clock;
use rustix::fs::statfs;

use super::book::Book;
use super::failure::Outcome;
use super::table::{Spread, Table};

/// Frames of the write-ahead log: page and header (SQLite file format, section 4.1).
const FRAME_BYTES: u64 = 4096 + 24;

/// Entries written to see what one costs; together far below SQLite's own checkpoint at 1,000 pages.
const ENTRIES: u64 = 100;

/// `f_type` of a file system in memory, where nothing is ever synced (statfs(2)).
const TMPFS: u64 = 0x0102_1994;

/// The least that any durable record costs: one append and one sync to a file that grows.
pub struct Floor {
    file: File,
    record: Vec<u8>,
}

impl Floor {
    /// A file beside the ledger, for records as long as the ledger's newest, which is entry `head`.
    pub fn beside(book: &Book, head: Seq) -> Outcome<Self> {
        let newest = Reader::open(book.folder())?.after(head.saturating_sub(1), 1, usize::MAX)?;
        let bytes = newest.first().map_or(0, |entry| entry.payload.len() + entry.hash.0.len());
        let path = book.folder().join("floor");
        let file = OpenOptions::new().create(true).append(true).open(path)?;
        Ok(Self { file, record: vec![0xA5; bytes] })
    }

    /// How long a record is.
    pub fn bytes(&self) -> usize {
        self.record.len()
    }

    /// Writes one record and waits until it is on the medium.
    pub fn once(&mut self) -> std::io::Result<Duration> {
        let began = Instant::now();
        self.file.write_all(&self.record)?;
        self.file.sync_data()?;
        Ok(began.elapsed())
    }
}

/// What one entry costs through the ledger alone, and how much SQLite writes for it.
pub fn of_the_store(book: &Book, table: &mut Table) -> Outcome<()> {
    let mut ledger = Ledger::open(book.folder(), "a bench")?.ledger;
    let mut floor = Floor::beside(book, ledger.head().0)?;
    ledger.checkpoint()?;
    let clock = Clock::new();
    let (mut appends, mut floors) = (Spread::default(), Spread::default());
    for number in 0..ENTRIES {
        let drafts = [book.crossing(ENTRIES - 1 - number)];
        let began = Instant::now();
        ledger.append(clock.now(), None, &drafts)?;
        appends.add(began.elapsed());
        floors.add(floor.once()?);
    }
    let log = std::fs::metadata(book.folder().join(format!("{FILE_NAME}-wal")))?.len();
    table.spread(&format!("floor: append {} bytes + sync", floor.bytes()), &floors);
    table.spread("Ledger::append alone", &appends);
    let frames = log as f64 / FRAME_BYTES as f64 / ENTRIES as f64;
    table.say("  write-ahead log for it", format!("{frames:.1}"), "pages");
    Ok(())
}

/// The disk in words, with a warning where syncing means nothing.
pub fn disk_of(folder: &Path) -> Outcome<String> {
    let in_memory = statfs(folder)?.f_type as u64 == TMPFS;
    let warning =
        if in_memory { " - IN MEMORY: ratios mean nothing here, name a disk with --dir" } else { "" };
    Ok(format!("{}{warning}", folder.parent().unwrap_or(folder).display()))
}

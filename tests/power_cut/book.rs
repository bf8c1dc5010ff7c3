//! What a screen was shown, and what the book holds of it.

use std::collections::BTreeMap;
use std::path::Path;

use armoury::domain::{Event, Seq};
use armoury::ledger::{Reader, Record};
use serde_json::Value;

/// What the screen showed of entries: number → verdict and item.
#[derive(Debug, Default)]
pub struct Shown {
    lines: BTreeMap<Seq, (String, String)>,
    /// The last number the screen named as the ledger's head, with its hash.
    head: (Seq, String),
}

impl Shown {
    /// Takes over what a picture shows; gives the items of lines that are new.
    pub fn look(&mut self, view: &Value) -> Vec<String> {
        let mut new = Vec::new();
        for line in view["recent"].as_array().expect("a list") {
            let seq = line["seq"].as_u64().expect("a number");
            let word = |key: &str| line[key].as_str().expect("a word").to_owned();
            if self.lines.insert(seq, (word("verdict"), word("item"))).is_none() {
                new.push(word("item"));
            }
        }
        let head = view["store"]["head"].as_u64().expect("a number");
        if head > self.head.0 {
            self.head = (head, view["store"]["head_hash"].as_str().expect("hex").to_owned());
        }
        new
    }

    /// Whether this entry was shown.
    pub fn has(&self, seq: Seq) -> bool {
        self.lines.contains_key(&seq)
    }

    /// How many were.
    pub fn count(&self) -> u32 {
        u32::try_from(self.lines.len()).expect("a few")
    }
}

/// The book as it lies on the disk.
pub struct Book {
    pub records: Vec<Record>,
}

impl Book {
    /// Reads it, also while a station writes.
    pub fn read(folder: &Path) -> Self {
        let reader = Reader::open(folder).expect("the ledger opens");
        let mut records = Vec::new();
        let each = reader.each(0, |entry| {
            records.push(entry.record);
            Ok(())
        });
        each.expect("every entry can be read");
        assert!(records.iter().zip(1..).all(|(record, seq)| record.seq == seq), "a number is missing");
        Self { records }
    }

    /// Reads one that nobody writes, and checks it: every entry as it was written, and memory equal to the fold.
    pub fn checked(folder: &Path) -> Self {
        let book = Self::read(folder);
        let reader = Reader::open(folder).expect("the ledger opens");
        let checked = reader.verify().expect("the ledger checks");
        assert_eq!(checked.entries, book.head());
        let (kept, folded) = (reader.armoury().expect("a state"), reader.fold().expect("a fold"));
        assert_eq!(kept, folded, "a start would believe something else than the book says");
        book
    }

    /// Everything shown is in it, as it was shown.
    pub fn holds(&self, folder: &Path, shown: &Shown) {
        for (seq, (verdict, item)) in &shown.lines {
            let record = self.records.get(*seq as usize - 1);
            let record = record.unwrap_or_else(|| panic!("entry {seq} was shown and is not in the ledger"));
            let Event::Desk(desk) = &record.event else { panic!("entry {seq} was shown and is {record:?}") };
            assert_eq!(desk.kind.verdict().word(), verdict, "entry {seq}");
            if let Some(weapon) = &desk.weapon {
                assert_eq!(weapon.as_str(), item, "entry {seq}");
            }
        }
        let (seq, hash) = &shown.head;
        let held = Reader::open(folder).and_then(|reader| reader.hash_at(*seq)).expect("the ledger opens");
        assert_eq!(held.expect("the head that was shown").to_string(), *hash, "entry {seq}");
    }

    /// The entries after `seq` that are presentations.
    pub fn desk_after(&self, seq: Seq) -> impl Iterator<Item = &Record> {
        self.records.iter().filter(move |record| record.seq > seq && matches!(record.event, Event::Desk(_)))
    }

    /// How often a weapon was registered.
    pub fn registered(&self, id: &str) -> usize {
        let registers = |record: &&Record| matches!(&record.event, Event::WeaponRegistered(weapon) if weapon.id.as_str() == id);
        self.records.iter().filter(registers).count()
    }

    /// Whether the last start says that the run before it was cut off.
    pub fn last_start_was_unclean(&self) -> bool {
        let start = self.records.iter().rev().find_map(|record| match &record.event {
            Event::Started(started) => Some(started.after_unclean_end),
            _ => None,
        });
        start.expect("a start")
    }

    /// The last number.
    pub fn head(&self) -> Seq {
        self.records.len() as Seq
    }
}

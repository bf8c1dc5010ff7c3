//! How far the check of the ledger is from being in anybody's way.

use std::hint::black_box;
use std::time::Instant;

use armoury::ledger::Reader;
use sha2::{Digest, Sha256};

use super::book::Book;
use super::failure::Outcome;
use super::table::{Table, thousands};

/// `ledger verify`, beside a bare hash over the same bytes.
pub fn verify(book: &Book, table: &mut Table) -> Outcome<()> {
    let reader = Reader::open(book.folder())?;
    let began = Instant::now();
    let checked = reader.verify()?;
    let whole = began.elapsed().as_secs_f64();
    let mut payloads = Vec::new();
    let mut after = 0;
    loop {
        let stored = reader.after(after, 10_000, usize::MAX)?;
        let Some(last) = stored.last() else { break };
        after = last.seq;
        payloads.extend(stored.into_iter().map(|entry| entry.payload));
    }
    let bytes: usize = payloads.iter().map(Vec::len).sum();
    let began = Instant::now();
    for payload in &payloads {
        black_box(Sha256::digest(payload));
    }
    let bare = began.elapsed().as_secs_f64();
    let rate = |seconds: f64| thousands((checked.entries as f64 / seconds) as u64);
    table.say(
        format!("ledger verify, {} entries, {} MB", thousands(checked.entries), bytes / 1_000_000),
        rate(whole),
        "entries/s",
    );
    table.say("  a bare SHA-256 over the same bytes", rate(bare), "entries/s");
    Ok(())
}

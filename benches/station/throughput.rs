//! How far the decoder and the check of the ledger are from being in anybody's way.

use std::hint::black_box;
use std::time::{Duration, Instant};

use armoury::ledger::Reader;
use armoury_hardware::reader::R2000Decoder;
use sha2::{Digest, Sha256};

use super::book::Book;
use super::failure::Outcome;
use super::table::{Table, thousands};

/// A real-time tag as a reader sends it: EPC of 12 bytes, antenna 1, -60 dBm (protocol sheet, section 4).
const FRAME: [u8; 21] = [
    0xA0, 0x13, 0x01, 0x89, 0x10, 0x30, 0x00, 0x34, 0x16, 0x45, 0x0F, 0x08, 0, 0, 0, 0, 0, 0x03, 0xE9, 0x45,
    0x00,
];

/// Bytes on an 8N1 line of 115,200 baud in a second: ten bits each.
const LINE_BYTES_PER_S: f64 = 11_520.0;

/// What a read from a serial port brings at once.
const CHUNK_BYTES: usize = 1024;

/// How long the decoder is fed.
const FEED: Duration = Duration::from_millis(500);

/// The decoder, fed with tags as fast as it takes them.
pub fn decoder(table: &mut Table) {
    let mut frame = FRAME;
    let sum = frame.iter().fold(0_u8, |sum, byte| sum.wrapping_add(*byte));
    frame[FRAME.len() - 1] = sum.wrapping_neg();
    let stream: Vec<u8> = frame.iter().copied().cycle().take(FRAME.len() * CHUNK_BYTES).collect();
    let mut decoder = R2000Decoder::new();
    let (mut bytes, mut frames, began) = (0, 0_u64, Instant::now());
    while began.elapsed() < FEED {
        for chunk in stream.chunks(CHUNK_BYTES) {
            decoder.push(chunk);
            while let Some(frame) = decoder.next() {
                black_box(frame);
                frames += 1;
            }
        }
        bytes += stream.len();
    }
    let per_s = bytes as f64 / began.elapsed().as_secs_f64();
    table.say("R2000 decoder", format!("{:.0}", per_s / 1e6), "MB/s");
    table.say("  in times of a line of 115,200 baud", thousands((per_s / LINE_BYTES_PER_S) as u64), "times");
    if frames != bytes as u64 / FRAME.len() as u64 {
        table.say("  FRAMES LOST", thousands(bytes as u64 / FRAME.len() as u64 - frames), "frames");
    }
}

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

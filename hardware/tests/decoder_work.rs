//! No stream of bytes, however made, costs a decoder more than so much work for each byte: a line full of false beginnings
//! with the longest lengths must not hold up the reads behind it. Work is counted, not timed.

#[path = "reader_support/seed.rs"]
mod seed;

use std::cell::Cell;

use armoury_hardware::reader::{
    Check, Decoder, Grammar, LlrpDecoder, M100Decoder, MercuryDecoder, R2000Decoder, Uhfreader18Decoder,
};
use proptest::prelude::*;
use seed::seeded;

thread_local! {
    static WORK: Cell<Work> = const { Cell::new(Work { checks: 0, bytes: 0 }) };
}

/// What a decoder did.
#[derive(Debug, Clone, Copy, Default)]
struct Work {
    /// How often it asked whether a frame begins at some byte.
    checks: u64,
    /// Bytes those questions looked at, at most.
    bytes: u64,
}

/// A family's grammar, with its work counted.
#[derive(Default)]
struct Counted<G>(G);

impl<G: Grammar> Grammar for Counted<G> {
    type Frame = G::Frame;
    const BUFFER_LIMIT: usize = G::BUFFER_LIMIT;
    const WEAK_CHECKSUM: bool = G::WEAK_CHECKSUM;

    fn may_begin(&self, byte: u8) -> bool {
        self.0.may_begin(byte)
    }

    fn check(&self, bytes: &[u8]) -> Check {
        let check = self.0.check(bytes);
        let looked_at = match check {
            Check::Frame(span) | Check::Not(_, span) => span,
            Check::Incomplete(_) => bytes.len(),
        };
        WORK.with(|work| {
            let Work { checks, bytes } = work.get();
            work.set(Work { checks: checks + 1, bytes: bytes + looked_at as u64 });
        });
        check
    }

    fn is_proven(&self, bytes: &[u8]) -> bool {
        self.0.is_proven(bytes)
    }

    fn frame(&self, bytes: &[u8]) -> Self::Frame {
        self.0.frame(bytes)
    }
}

/// The grammar behind a decoder's public name.
trait Decodes {
    type Grammar: Grammar;
}

impl<G: Grammar> Decodes for Decoder<G> {
    type Grammar = G;
}

/// What decoding `stream` costs, in pieces of that size, with a quiet gap at the end.
fn work<D: Decodes>(stream: &[u8], piece: usize) -> Work {
    WORK.set(Work::default());
    let mut decoder = Decoder::<Counted<D::Grammar>>::new();
    for piece in stream.chunks(piece) {
        decoder.push(piece);
        while decoder.next().is_some() {}
        assert!(decoder.pending_bytes() <= D::Grammar::BUFFER_LIMIT);
    }
    decoder.give_up_partial();
    while decoder.next().is_some() {}
    assert_eq!(decoder.pending_bytes(), 0, "whatever it was, it has been judged");
    WORK.get()
}

/// Repeats `pattern` to so many bytes.
fn repeated(pattern: &[u8], count: usize) -> Vec<u8> {
    pattern.iter().copied().cycle().take(count).collect()
}

/// A family, by what its frames look like at their worst.
struct Worst {
    name: &'static str,
    work: fn(&[u8], usize) -> Work,
    /// The longest frame. A checksum is computed over that many bytes for a false beginning, and not more.
    longest: u64,
    patterns: Vec<Vec<u8>>,
    /// What false beginnings are made of.
    alphabet: &'static [u8],
}

fn worst_of_all() -> [Worst; 5] {
    // A valid command to write 122 words, each pair of which seems to begin a frame.
    let mut nested =
        [&[0xA0, 0xFE, 1, 0x82, 0, 0, 0, 0, 3, 0, 122][..], &repeated(&[0xA0, 0x53, 1, 0x85], 244)].concat();
    let sum = nested.iter().fold(0_u8, |sum, &byte| sum.wrapping_add(byte));
    nested.push(sum.wrapping_neg());
    [
        Worst {
            name: "r2000",
            work: work::<R2000Decoder>,
            longest: 257,
            patterns: vec![
                vec![0xA0],
                vec![0xA0, 0x53, 0x01, 0x85],
                // A write of 122 words, with bank and number where they must be.
                vec![0xA0, 0xFE, 0x01, 0x82, 0, 0, 0, 0, 3, 0, 122],
                nested,
            ],
            alphabet: &[0xA0, 0xA0, 0x53, 0xFE, 0xFF, 0x04, 0x01, 0x81, 0x82, 0x85, 0x89, 0x00, 0x30, 122],
        },
        Worst {
            name: "mercury",
            work: work::<MercuryDecoder>,
            longest: 255,
            patterns: vec![
                vec![0xFF],
                vec![0xFF, 0xF8, 0x28, 0x00, 0x00],
                vec![0xFF, 0xF8, 0x2D, 0x7F, 0x00],
                vec![0xFF, 0xF8, 0x22, 0x00, 0x00, 0x10, 0x00, 0x1B, 0x01, 0xFF, 0x01],
            ],
            alphabet: &[0xFF, 0xFF, 0xF8, 0x28, 0x22, 0x2D, 0x00, 0x00, 0x7F, 0x10, 0x01, 0x05],
        },
        Worst {
            name: "uhfreader18",
            work: work::<Uhfreader18Decoder>,
            longest: 262,
            patterns: vec![
                vec![0xEF, 0x00, 0x02, 0x00],
                vec![0xF0, 0x00, 0x01, 0x03, 0x01, 0xE8, 0x0E],
                vec![0xF0, 0x00, 0x01, 0x01],
                vec![0xCF, 0x00, 0x00, 0x01, 0xFF, 0x00],
                vec![0x56, 0x00, 0x00, 0x00, 0x00],
            ],
            alphabet: &[0xF0, 0xEF, 0xCF, 0x04, 0x00, 0x00, 0x01, 0x02, 0x03, 0x72, 0x0C, 0x0E],
        },
        Worst {
            name: "m100",
            work: work::<M100Decoder>,
            longest: 307,
            patterns: vec![
                vec![0xBB],
                // Memory of 300 bytes, with an end mark where it must be.
                vec![0xBB, 1, 0x39, 0x01, 0x2C, 0x0E, 0x30, 0, 0, 0x7E, 0],
                vec![0xAA, 0, 0xAA, 0, 1],
                vec![0xBB, 2, 0x22, 0, 0x43, 0xC8, 0xF8, 0, 0x7E],
            ],
            alphabet: &[0xBB, 0xAA, 0x7E, 0xDD, 0x00, 0x01, 0x02, 0x22, 0x39, 0x2C, 0x11, 0x30],
        },
        Worst {
            name: "llrp",
            work: work::<LlrpDecoder>,
            // Of a message that cannot be, all that has come is refused at once; only its parameters were looked at, up
            // to a thousand.
            longest: u64::MAX,
            patterns: vec![
                vec![0x04],
                // A parameter that fits into a report of 1 MiB and holds the head of another.
                vec![0x00, 0xF0, 0x00, 0x0E, 0x04, 0x3D, 0x00, 0x10, 0, 0, 0, 0, 0, 1],
                vec![0x07, 0xFF, 0x00, 0x3F, 0xFF, 0xFF, 0, 0, 0, 1],
                vec![0x04, 0x3E, 0x00, 0x00, 0x00, 0x0A, 0, 0, 0, 1],
            ],
            alphabet: &[0x04, 0x08, 0x3D, 0x3F, 0x00, 0x00, 0xF0, 0x0A, 0x0E, 0x10, 0x01],
        },
    ]
}

/// The longest frame of all serial families.
const LONGEST_SERIAL: u64 = 307;

/// How much work so many bytes may make, fed in pieces of that size. Every byte is asked at most once whether it begins
/// a frame, and once more inside a valid frame of eight checksum bits; a beginning that waits for more bytes is asked
/// anew with each piece, together with what begins inside it.
fn allowed(worst: &Worst, bytes: usize, piece: usize) -> Work {
    let (bytes, pieces) = (bytes as u64, bytes.div_ceil(piece) as u64);
    let checks = 2 * bytes + pieces * LONGEST_SERIAL;
    Work { checks, bytes: checks.saturating_mul(worst.longest) }
}

fn hold(worst: &Worst, pattern: &[u8]) -> Result<(), TestCaseError> {
    for (bytes, piece) in [(16 * 1024, 4096), (64 * 1024, 4096), (4096, 1), (8192, 61)] {
        let (done, allowed) = ((worst.work)(&repeated(pattern, bytes), piece), allowed(worst, bytes, piece));
        prop_assert!(
            done.checks <= allowed.checks && done.bytes <= allowed.bytes,
            "{}: {pattern:02x?}, {bytes} bytes in pieces of {piece}: {done:?}, allowed {allowed:?}",
            worst.name
        );
    }
    Ok(())
}

#[test]
fn false_beginnings_with_the_longest_lengths_cost_no_more_than_their_checksums() {
    for worst in worst_of_all() {
        for pattern in &worst.patterns {
            hold(&worst, pattern).expect("bounded");
            let done = (worst.work)(&repeated(pattern, 64 * 1024), 4096);
            let per_byte = (done.checks as f64 / 65536.0, done.bytes as f64 / 65536.0);
            let shown = &pattern[..pattern.len().min(14)];
            println!("{} {shown:02x?}: {per_byte:.2?} checks and bytes a byte", worst.name);
        }
    }
}

#[test]
fn twice_the_bytes_are_twice_the_work() {
    for worst in worst_of_all().iter().filter(|worst| worst.name != "llrp") {
        for pattern in &worst.patterns {
            let once = (worst.work)(&repeated(pattern, 32 * 1024), 4096);
            let twice = (worst.work)(&repeated(pattern, 64 * 1024), 4096);
            let name = worst.name;
            assert!(twice.checks <= once.checks * 9 / 4 + 1024, "{name} {pattern:02x?}: {once:?} {twice:?}");
            assert!(twice.bytes <= once.bytes * 9 / 4 + 65_536, "{name} {pattern:02x?}: {once:?} {twice:?}");
        }
    }
}

proptest! {
    #![proptest_config(ProptestConfig { cases: 64, ..seeded() })]

    #[test]
    fn no_pattern_makes_more_work(family in 0_usize..5, picks in prop::collection::vec(any::<prop::sample::Index>(), 1..16)) {
        let worst = &worst_of_all()[family];
        let pattern: Vec<u8> = picks.iter().map(|pick| worst.alphabet[pick.index(worst.alphabet.len())]).collect();
        hold(worst, &pattern)?;
    }
}

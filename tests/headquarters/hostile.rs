//! Batches from people who mean harm, and from roads that damage what they carry.

use armoury::domain::{Practice, StationId};
use armoury::sync::wire::envelope::Kind;
use armoury::sync::wire::{Answer, BATCH_BODY_MAX_BYTES, Batch, Envelope, REQUEST_MAX_BYTES, WireError};
use proptest::prelude::*;

use crate::book::{Book, key};
use crate::{House, receipt};

/// The code of a refusal.
fn code(answer: Answer) -> String {
    match answer {
        Answer::Refused(why) => why.code,
        other => panic!("not refused but {other:?}"),
    }
}

fn story() -> (House, Book) {
    let (house, mut book) = (House::with("north", 1), Book::new("north", &key(1), Practice::Live));
    book.write(20);
    (house, book)
}

#[test]
fn a_stranger_and_a_forger_are_told_what_is_wrong() {
    let (mut house, book) = story();
    let mut stranger = book.batch(1, 5);
    stranger.station = StationId::new("west");
    let Answer::Refused(why) = house.send(&stranger.pack(&key(1)).unwrap().bytes) else { panic!() };
    assert_eq!(why.code, "unknown_station");
    assert!(why.text.contains("station add --id west"), "{}", why.text);
    assert_eq!(code(house.push(&book, &key(66), 1, 5)), "bad_signature");
    assert_eq!(house.status("north").entries, 0);
}

#[test]
fn a_batch_cut_or_changed_anywhere_stores_nothing() {
    let (mut house, book) = story();
    let good = book.batch(1, 20).pack(&key(1)).unwrap().bytes;
    for length in 0..good.len() {
        code(house.send(&good[..length]));
    }
    for bit in 0..good.len() * 8 {
        let mut bad = good.clone();
        bad[bit / 8] ^= 1 << (bit % 8);
        match house.send(&bad) {
            Answer::Refused(_) => {}
            // The one harmless change: the frame's own checks do not reach every bit, the signature reaches every entry.
            answer => {
                assert_eq!(receipt(&answer).head.hash, book.hash_at(20), "bit {bit}");
            }
        }
    }
    let mut longer = good.clone();
    longer.push(0);
    code(house.send(&longer));
    assert!(matches!(house.send(&good), Answer::Receipt(_)));
    assert_eq!((house.status("north").entries, house.status("north").forks), (20, 0));
}

/// An envelope around any packed body, with a signature that is not looked at before the sizes are.
fn envelope(coding: u8, length: u64, body: &[u8]) -> Vec<u8> {
    let mut bytes = Vec::new();
    minicbor::Encoder::new(&mut bytes)
        .map(6)
        .and_then(|e| e.u8(0)?.u8(1)?.u8(1)?.str("north")?.u8(2)?.u8(coding)?.u8(3)?.u64(length))
        .and_then(|e| e.u8(4)?.bytes(body)?.u8(5)?.bytes(&[0; 64]))
        .unwrap();
    bytes
}

#[test]
fn bombs_are_stopped_before_and_while_they_unpack() {
    let open = |bytes: &[u8]| Envelope::open(Kind::Batch, bytes).map(|_| ());
    let too_large = |result| matches!(result, Err(WireError::TooLarge { .. }));
    let bomb = zstd::bulk::compress(&vec![0; 256 * 1024 * 1024], 3).unwrap();
    assert!(bomb.len() < REQUEST_MAX_BYTES, "256 MiB in {} bytes", bomb.len());
    // Honest about its size, then not.
    assert!(too_large(open(&envelope(1, 256 * 1024 * 1024, &bomb))));
    assert!(open(&envelope(1, 100, &bomb)).is_err());
    // Many small frames one behind the other: each is harmless.
    let frame = zstd::bulk::compress(&vec![0; 64 * 1024], 3).unwrap();
    let frames: Vec<u8> = frame.iter().copied().cycle().take(frame.len() * 1000).collect();
    assert!(too_large(open(&envelope(1, BATCH_BODY_MAX_BYTES as u64, &frames))));
    assert!(too_large(open(&vec![0; REQUEST_MAX_BYTES + 1])));
    assert!(too_large(open(&envelope(0, u64::MAX, b"x"))));
    assert!(open(&envelope(7, 1, b"x")).is_err());
    assert!(open(&envelope(0, 2, b"x")).is_err());
    // Deep nesting in place of a batch.
    let deep = [vec![0x81; 60_000], vec![0x00]].concat();
    assert!(open(&deep).is_err());
    assert!(
        open(&envelope(0, deep.len() as u64, &deep)).is_ok(),
        "the content is looked at behind the signature"
    );
    let mut house = House::with("north", 1);
    let packed = Envelope::pack(Kind::Batch, &StationId::new("north"), &deep, &key(1)).unwrap();
    assert_eq!(code(house.send(&packed.bytes)), "malformed");
}

#[test]
fn a_signed_header_that_lies_is_refused() {
    let (mut house, book) = story();
    receipt(&house.push(&book, &key(1), 1, 10));
    let good = || book.batch(11, 20);
    type Lie = (&'static str, Box<dyn Fn(&mut Batch)>);
    let lies: [Lie; 6] = [
        ("another last hash", Box::new(|b| b.last = b.prev)),
        ("an entry left out", Box::new(|b| drop(b.payloads.remove(3)))),
        ("two entries swapped", Box::new(|b| b.payloads.swap(1, 2))),
        ("an entry changed", Box::new(|b| b.payloads[4][9] ^= 1)),
        ("another epoch", Box::new(|b| b.epoch = 2)),
        ("first without being it", Box::new(|b| b.first_seq = 1)),
    ];
    for (lie, tell) in lies {
        let mut batch = good();
        tell(&mut batch);
        assert_eq!(code(house.send(&batch.pack(&key(1)).unwrap().bytes)), "malformed", "{lie}");
    }
    // Entries under other numbers than their bytes say, with a chain that fits.
    let mut moved = good();
    moved.first_seq = 12;
    assert_eq!(code(house.send(&moved.pack(&key(1)).unwrap().bytes)), "malformed");
    assert_eq!(house.status("north").entries, 10);
    // Nothing, too much, and numbers that do not exist are not even packed.
    let mut batch = good();
    batch.payloads.clear();
    assert!(batch.pack(&key(1)).is_err());
    let mut batch = good();
    batch.first_seq = u64::MAX;
    assert!(batch.pack(&key(1)).is_err());
    let mut batch = good();
    batch.payloads = vec![vec![0; 40_000]; 2];
    assert!(batch.pack(&key(1)).is_err());
}

proptest! {
    #![proptest_config(ProptestConfig { cases: 256, failure_persistence: None, ..ProptestConfig::default() })]

    #[test]
    fn no_bytes_panic(bytes in proptest::collection::vec(any::<u8>(), 0..4096), coding in 0_u8..3) {
        for kind in [Kind::Batch, Kind::Hello] {
            if let Ok(envelope) = Envelope::open(kind, &bytes) {
                prop_assert!(Batch::read(&envelope, &key(1).verifying_key()).is_err());
            }
        }
        let _ = Envelope::open(Kind::Batch, &envelope(coding, bytes.len() as u64, &bytes));
        let packed = Envelope::pack(Kind::Batch, &StationId::new("north"), &bytes, &key(1)).unwrap();
        let opened = Envelope::open(Kind::Batch, &packed.bytes).unwrap();
        prop_assert_eq!(opened.verify(Kind::Batch, &key(1).verifying_key()).unwrap(), &bytes[..]);
        prop_assert!(opened.verify(Kind::Hello, &key(1).verifying_key()).is_err());
        let _ = Batch::read(&opened, &key(1).verifying_key());
    }
}

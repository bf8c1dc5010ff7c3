//! What an answer means for what is sent next, case by case.

use armoury::domain::StationId;
use armoury::ledger::entry::Hash;
use armoury::sync::Fork;
use armoury::sync::course::{BadReceipt, Course, Proof};
use armoury::sync::wire::{Forked, Head, Held, Receipt};

/// A ledger of `length` entries; entry n has a hash that n and the ledger's letter make.
fn ledger(letter: u8, length: u64) -> impl Fn(u64) -> Option<Hash> {
    move |seq| (1..=length).contains(&seq).then(|| hash(letter, seq))
}

fn hash(letter: u8, seq: u64) -> Hash {
    let mut bytes = [letter; 32];
    bytes[..8].copy_from_slice(&seq.to_be_bytes());
    Hash(bytes)
}

fn head(letter: u8, seq: u64) -> Head {
    Head { epoch: 1, seq, hash: hash(letter, seq) }
}

fn held(points: &[Head]) -> Held {
    Held { head: points.first().copied().unwrap_or(Head::NONE), points: points.to_vec() }
}

fn receipt(head: Head) -> Receipt {
    let station = StationId::new("north");
    Receipt { station, head, position: 1, log: Hash::GENESIS, received_ms: 0 }
}

#[test]
fn only_a_receipt_for_the_ledgers_own_entry_moves_the_cursor() {
    let north = StationId::new("north");
    let mut course = Course::new(5);
    let take = |course: &mut Course, receipt: Receipt, sent| {
        course.receipted(&north, &receipt, sent, ledger(b'a', 20))
    };
    assert_eq!(take(&mut course, receipt(head(b'a', 12)), 12), Ok(Proof::Held));
    assert_eq!((course.acknowledged(), course.cursor()), (12, 12));
    let before = course;
    // Another hash at that number, a number above the ledger's end, another entry than sent, another station.
    let parted = Fork::Parted { common: 12, other: head(b'b', 15) };
    assert_eq!(take(&mut course, receipt(head(b'b', 15)), 15), Ok(Proof::Fork(parted)));
    let rolled = Fork::RolledBack { held: head(b'a', 21), common: 12 };
    assert_eq!(take(&mut course, receipt(head(b'a', 21)), 15), Ok(Proof::Fork(rolled)));
    assert_eq!(
        take(&mut course, receipt(head(b'a', 14)), 15),
        Err(BadReceipt::Entry { found: 14, sent: 15 })
    );
    let mut foreign = receipt(head(b'a', 15));
    foreign.station = StationId::new("south");
    assert_eq!(take(&mut course, foreign, 15), Err(BadReceipt::Station(StationId::new("south"))));
    assert_eq!(course, before, "nothing moved");
}

#[test]
fn a_greeting_moves_the_cursor_back_but_never_forward() {
    let own = || ledger(b'a', 20);
    let cases: [(&str, u64, Held, u64, bool); 7] = [
        ("it holds what it gave receipts for", 10, held(&[head(b'a', 10)]), 10, false),
        ("it holds more, the receipts were lost", 10, held(&[head(b'a', 15), head(b'a', 1)]), 10, false),
        ("it lost some", 10, held(&[head(b'a', 4), head(b'a', 1)]), 4, false),
        ("it lost everything", 10, held(&[]), 0, false),
        ("it holds entries this ledger lacks", 20, held(&[head(b'a', 25), head(b'a', 18)]), 18, true),
        ("it holds others", 20, held(&[head(b'b', 20), head(b'b', 19), head(b'a', 17)]), 17, true),
        ("nothing is common", 20, held(&[head(b'b', 20), head(b'b', 1)]), 0, true),
    ];
    for (case, acknowledged, held, cursor, alarm) in cases {
        let mut course = Course::new(acknowledged);
        assert_eq!(course.greeted(1, &held, own()).is_some(), alarm, "{case}");
        assert_eq!((course.cursor(), course.acknowledged()), (cursor, acknowledged), "{case}");
        // In a higher epoch the station knows, and the cursor moves all the same.
        let mut course = Course::new(acknowledged);
        assert_eq!(course.greeted(2, &held, own()), None, "{case}");
        assert_eq!(course.cursor(), cursor, "{case}");
    }
}

#[test]
fn a_need_without_anything_to_go_back_to_is_noticed() {
    let mut course = Course::new(10);
    assert!(!course.needed(&held(&[head(b'a', 12)]), ledger(b'a', 20)), "it would be asked for ever");
    assert_eq!(course.cursor(), 10);
    assert!(course.needed(&held(&[head(b'a', 6), head(b'a', 5)]), ledger(b'a', 20)));
    assert_eq!((course.cursor(), course.acknowledged()), (6, 10));
}

#[test]
fn a_fork_goes_on_being_delivered_and_is_not_acknowledged() {
    let mut course = Course::new(10);
    let forked = Forked { point: head(b'a', 10), other: head(b'b', 11), held: head(b'a', 15) };
    assert_eq!(
        course.forked(&forked, 15, ledger(b'a', 20)),
        Fork::Parted { common: 10, other: head(b'b', 11) }
    );
    assert_eq!((course.cursor(), course.acknowledged()), (15, 10));
    let lie = Forked { held: head(b'b', 18), ..forked };
    assert!(matches!(course.forked(&lie, 18, ledger(b'a', 20)), Fork::Parted { .. }));
    assert_eq!(course.cursor(), 15, "what it does not hold was not delivered");
}

//! Headquarters, from raw bytes to a signed answer, and the program around it.

#[path = "sync/book.rs"]
mod book;
#[path = "headquarters/cli.rs"]
mod cli;
#[path = "headquarters/custody.rs"]
mod custody;
#[path = "headquarters/hostile.rs"]
mod hostile;

use armoury::domain::{Practice, StationId};
use armoury::hq::{Hq, StationStatus, Store, StoreError};
use armoury::sync::wire::{
    Answer, BATCH_MAX_BYTES, BATCH_MAX_EVENTS, Head, Hello, Receipt, Reply, request_digest,
};
use book::{Book, Shared, key};
use ed25519_dalek::SigningKey;
use tempfile::TempDir;

/// Headquarters' key in these stories.
const HQ: u8 = 200;

/// A headquarters in a folder of its own.
struct House {
    folder: TempDir,
    hq: Hq,
    clock_ms: i64,
}

impl House {
    fn new() -> Self {
        let folder = tempfile::tempdir().unwrap();
        let store = Store::create(&folder.path().join("hq.db"), &key(HQ).verifying_key()).unwrap();
        Self { folder, hq: Hq::new(store, key(HQ)).unwrap(), clock_ms: 1_800_000_000_000 }
    }

    /// With one station whose key is `key(number)`.
    fn with(station: &str, number: u8) -> Self {
        let house = Self::new();
        house.add(station, number);
        house
    }

    fn add(&self, station: &str, number: u8) {
        assert!(self.hq.add_station(&StationId::new(station), &key(number).verifying_key(), 0).unwrap());
    }

    fn send(&mut self, bytes: &[u8]) -> Answer {
        self.clock_ms += 1_000;
        let response = self.hq.receive_batch(bytes, self.clock_ms);
        let reply = Reply::open(&response.bytes, &request_digest(bytes), &key(HQ).verifying_key()).unwrap();
        assert_eq!(reply.answer, response.answer);
        reply.answer
    }

    fn push(&mut self, book: &Book, key: &SigningKey, first: u64, last: u64) -> Answer {
        self.send(&book.batch(first, last).pack(key).unwrap().bytes)
    }

    fn status(&self, station: &str) -> StationStatus {
        self.hq.status().unwrap().into_iter().find(|status| status.id.as_str() == station).unwrap()
    }
}

fn receipt(answer: &Answer) -> Receipt {
    let Answer::Receipt(raw) = answer else { panic!("no receipt but {answer:?}") };
    Receipt::verify(raw, &key(HQ).verifying_key()).unwrap()
}

fn head(book: &Book, seq: u64) -> Head {
    Head { epoch: book.entries[seq as usize - 1].epoch, seq, hash: book.hash_at(seq) }
}

/// Bytes that do not compress.
fn noise(bytes: usize) -> Vec<u8> {
    let mut state = 1_u64;
    let next = || {
        state = state.wrapping_mul(6_364_136_223_846_793_005).wrapping_add(1);
        (state >> 56) as u8
    };
    std::iter::repeat_with(next).take(bytes).collect()
}

#[test]
fn what_arrives_is_held_once_in_order_and_signed_for() {
    let (mut house, mut book) = (House::with("north", 1), Book::new("north", &key(1), Practice::Live));
    book.write(99);
    let first = receipt(&house.push(&book, &key(1), 1, 60));
    assert_eq!((first.station.as_str(), first.head, first.position), ("north", head(&book, 60), 1));
    let second = receipt(&house.push(&book, &key(1), 61, 100));
    assert_eq!((second.head, second.position), (head(&book, 100), 2));
    assert!(second.received_ms > first.received_ms);
    let status = house.status("north");
    assert_eq!((status.epoch, status.seq, status.entries, status.forks), (1, 100, 100, 0));
    assert_eq!(status.hash, Some(book.hash_at(100).to_string()));
    assert_eq!(status.practice, Some("live"));
}

#[test]
fn a_batch_sent_again_gets_the_same_receipt_and_adds_nothing() {
    let (mut house, mut book) = (House::with("north", 1), Book::new("north", &key(1), Practice::Live));
    book.write(9);
    let first = house.push(&book, &key(1), 1, 10);
    assert_eq!(house.push(&book, &key(1), 1, 10), first, "byte for byte, although the clock went on");
    // Cut otherwise: still nothing new, and the receipt names the position that brought the entries.
    let part = receipt(&house.push(&book, &key(1), 3, 7));
    assert_eq!((part.head, part.position), (head(&book, 7), 1));
    assert_eq!(part.received_ms, receipt(&first).received_ms);
    // Half of it known, half new.
    book.write(5);
    let mixed = receipt(&house.push(&book, &key(1), 8, 15));
    assert_eq!((mixed.head, mixed.position), (head(&book, 15), 2));
    assert_eq!((house.status("north").entries, house.hq.log_size().unwrap()), (15, 2));
}

#[test]
fn a_gap_is_not_stored_but_asked_for() {
    let (mut house, mut book) = (House::with("north", 1), Book::new("north", &key(1), Practice::Live));
    book.write(199);
    let Answer::Need(held) = house.push(&book, &key(1), 5, 9) else { panic!() };
    assert_eq!((held.head, held.points.len()), (Head::NONE, 0));
    receipt(&house.push(&book, &key(1), 1, 100));
    let Answer::Need(held) = house.push(&book, &key(1), 102, 200) else { panic!() };
    assert_eq!(held.head, head(&book, 100));
    let seqs: Vec<u64> = held.points.iter().map(|point| point.seq).collect();
    assert_eq!(seqs, [100, 99, 97, 93, 85, 69, 37, 1]);
    assert!(held.points.iter().all(|point| *point == head(&book, point.seq)));
    assert_eq!(house.status("north").entries, 100);
}

#[test]
fn a_cloned_card_makes_a_fork_and_both_histories_stay() {
    let (mut house, mut book) = (House::with("north", 1), Book::new("north", &key(1), Practice::Live));
    book.write(9);
    receipt(&house.push(&book, &key(1), 1, 10));
    let mut clone = book.copy_at(10);
    book.write(5);
    clone.write(3);
    receipt(&house.push(&book, &key(1), 11, 15));
    let Answer::Fork(fork) = house.push(&clone, &key(1), 11, 12) else { panic!("no fork") };
    assert_eq!((fork.point, fork.other, fork.held), (head(&book, 10), head(&book, 11), head(&clone, 12)));
    // Both go on; the first stays the one that counts.
    let Answer::Fork(again) = house.push(&clone, &key(1), 9, 13) else { panic!("no fork") };
    assert_eq!((again.point, again.held), (fork.point, head(&clone, 13)));
    book.write(1);
    receipt(&house.push(&book, &key(1), 16, 16));
    let status = house.status("north");
    assert_eq!((status.seq, status.entries, status.forks), (16, 16 + 3, 1));
    assert_eq!(status.hash, Some(book.hash_at(16).to_string()));
}

#[test]
fn a_third_history_and_one_from_the_first_entry_are_kept_as_well() {
    let (mut house, mut book) = (House::with("north", 1), Book::new("north", &key(1), Practice::Live));
    book.write(9);
    let (mut second, mut other) = (book.copy_at(4), Book::new("north", &key(1), Practice::Exercise));
    receipt(&house.push(&book, &key(1), 1, 10));
    second.write(4);
    let Answer::Fork(fork) = house.push(&second, &key(1), 5, 8) else { panic!("no fork") };
    assert_eq!(fork.point.seq, 4);
    let mut third = second.copy_at(6);
    third.write(9);
    let Answer::Fork(fork) = house.push(&third, &key(1), 1, 15) else { panic!("no fork") };
    assert_eq!((fork.point, fork.other), (head(&second, 6), head(&second, 7)));
    other.write(2);
    let Answer::Fork(fork) = house.push(&other, &key(1), 1, 3) else { panic!("no fork") };
    assert_eq!((fork.point, fork.other, fork.held), (Head::NONE, head(&book, 1), head(&other, 3)));
    let status = house.status("north");
    assert_eq!((status.entries, status.forks, status.practice), (10 + 4 + 9 + 3, 3, Some("live")));
}

#[test]
fn a_station_that_went_to_its_next_epoch_gets_receipts_again() {
    let (mut house, mut book) = (House::with("north", 1), Book::new("north", &key(1), Practice::Live));
    book.write(19);
    receipt(&house.push(&book, &key(1), 1, 20));
    // Put back to entry 12; the station noticed and says so with a higher epoch.
    let mut back = book.copy_at(12);
    back.epoch = 2;
    back.write(3);
    assert_eq!(receipt(&house.push(&back, &key(1), 13, 15)).head, head(&back, 15));
    let status = house.status("north");
    assert_eq!((status.epoch, status.seq, status.entries, status.forks), (2, 15, 23, 1));
}

#[test]
fn a_hello_is_answered_with_the_history_the_station_is_in() {
    let (mut house, mut book) = (House::with("north", 1), Book::new("north", &key(1), Practice::Live));
    book.write(9);
    receipt(&house.push(&book, &key(1), 1, 10));
    let mut clone = book.copy_at(8);
    clone.write(7);
    house.push(&clone, &key(1), 9, 11);
    let ask = |book: &Book, acknowledged| {
        let hello = Hello {
            station: book.station.clone(),
            head: head(book, book.seq()),
            acknowledged: head(book, acknowledged),
            feed: 0,
            software: "test".to_owned(),
            nonce: [7; 16],
        };
        let bytes = hello.pack(&key(1)).unwrap().bytes;
        let response = house.hq.receive_hello(&bytes, 5);
        let Answer::Held(held) = response.answer else { panic!("{:?}", response.answer) };
        held.head
    };
    assert_eq!(ask(&book, 10), head(&book, 10));
    // Its head is not held yet, but an entry only it has is.
    assert_eq!(ask(&clone, 9), head(&clone, 11));
}

#[test]
fn a_second_station_never_disturbs_the_first() {
    let mut house = House::with("north", 1);
    house.add("south", 2);
    let mut north = Book::new("north", &key(1), Practice::Live);
    let mut south = Book::new("south", &key(2), Practice::Exercise);
    north.write(20);
    south.write(20);
    receipt(&house.push(&north, &key(1), 1, 10));
    // South's key under north's name, and north's entries under south's name and key.
    assert!(
        matches!(house.push(&north, &key(2), 11, 12), Answer::Refused(why) if why.code == "bad_signature")
    );
    let mut stolen = north.clone();
    stolen.station = StationId::new("south");
    receipt(&house.push(&stolen, &key(2), 1, 15));
    receipt(&house.push(&north, &key(1), 11, 21));
    assert_eq!((house.status("north").seq, house.status("north").forks), (21, 0));
    assert!(matches!(house.push(&south, &key(2), 1, 21), Answer::Fork(_)));
    let order: Vec<_> = house.hq.status().unwrap().into_iter().map(|s| (s.id, s.practice)).collect();
    assert_eq!(order[0].1, Some("live"));
    assert_eq!(house.status("north").entries, 21);
}

#[test]
fn a_name_and_a_key_belong_together_for_good() {
    let house = House::with("north", 1);
    let add =
        |id: &str, number: u8| house.hq.add_station(&StationId::new(id), &key(number).verifying_key(), 0);
    assert!(!add("north", 1).unwrap(), "again changes nothing");
    assert!(matches!(add("north", 2), Err(StoreError::NameTaken(_))));
    assert!(matches!(add("south", 1), Err(StoreError::KeyTaken { .. })));
}

#[test]
fn bytes_nobody_can_read_yet_are_stored_all_the_same() {
    let (mut house, mut book) = (House::with("north", 1), Book::new("north", &key(1), Practice::Live));
    book.append_bytes(b"an entry of the year 2050".to_vec());
    book.append_bytes(Vec::new());
    book.entries.last_mut().unwrap().epoch = 1;
    assert_eq!(receipt(&house.push(&book, &key(1), 1, 3)).head, head(&book, 3));
    // A renamed station stays the same station.
    book.station = StationId::new("a new name on the door");
    book.write(2);
    book.station = StationId::new("north");
    assert_eq!(receipt(&house.push(&book, &key(1), 4, 5)).head, head(&book, 5));
}

#[test]
fn full_batches_pass_and_one_large_entry_always_does() {
    let (mut house, mut book) = (House::with("north", 1), Book::new("north", &key(1), Practice::Live));
    book.write(BATCH_MAX_EVENTS as u64 - 1);
    // As many entries as there may be, as many bytes as they may have.
    let batch = armoury::sync::tail::next_batch(&mut Shared::new(book.clone()), 0, &book.station, "test");
    let batch = batch.unwrap().unwrap();
    assert!(batch.payloads.iter().map(Vec::len).sum::<usize>() > BATCH_MAX_BYTES - 256);
    receipt(&house.send(&batch.pack(&key(1)).unwrap().bytes));
    let (sent, end) = (batch.last_seq(), book.seq());
    receipt(&house.push(&book, &key(1), sent + 1, (sent + end) / 2));
    receipt(&house.push(&book, &key(1), (sent + end) / 2 + 1, end));
    book.append_bytes(noise(BATCH_MAX_BYTES));
    receipt(&house.push(&book, &key(1), end + 1, end + 1));
    for _ in 0..BATCH_MAX_EVENTS {
        book.append_bytes(Vec::new());
    }
    let last = receipt(&house.push(&book, &key(1), book.seq() - 999, book.seq()));
    assert_eq!(last.head.seq, book.seq());
}

#[test]
fn what_a_closed_key_signs_is_set_apart_and_not_lost() {
    let (mut house, mut book) = (House::with("north", 1), Book::new("north", &key(1), Practice::Live));
    book.write(9);
    receipt(&house.push(&book, &key(1), 1, 5));
    let mut store = Store::open(&house.folder.path().join("hq.db")).unwrap();
    let close = |id: &str| StationId::new(id);
    assert_eq!(store.write(|tx| armoury::hq::registry::close(tx, &close("north"))).unwrap(), 1);
    for _ in 0..2 {
        assert!(matches!(house.push(&book, &key(1), 6, 10), Answer::Quarantined(_)));
    }
    let status = house.status("north");
    assert_eq!((status.seq, status.quarantined, status.public_keys.len()), (5, 1, 0));
}

#[test]
fn a_restart_changes_nothing_and_a_changed_record_is_noticed() {
    let (mut house, mut book) = (House::with("north", 1), Book::new("north", &key(1), Practice::Live));
    book.write(9);
    let first = house.push(&book, &key(1), 1, 5);
    let path = house.folder.path().join("hq.db");
    house.hq = Hq::new(Store::open(&path).unwrap(), key(HQ)).unwrap();
    assert_eq!(house.push(&book, &key(1), 1, 5), first);
    receipt(&house.push(&book, &key(1), 6, 10));
    assert!(matches!(Hq::new(Store::open(&path).unwrap(), key(9)), Err(StoreError::OtherKey { .. })));
    // The seat belts hold, and without them the log tells.
    let raw = rusqlite::Connection::open(&path).unwrap();
    for sql in [
        "UPDATE event SET payload = x'00' WHERE seq = 3",
        "DELETE FROM event WHERE seq = 10",
        "UPDATE receipt_log SET received_ms = 0",
        "DELETE FROM receipt_log WHERE position = 2",
        "UPDATE station_key SET key = zeroblob(32)",
        "INSERT INTO event SELECT station, branch, epoch, seq + 5, prev, zeroblob(32), payload, position
         FROM event WHERE seq = 10",
    ] {
        assert!(raw.execute(sql, []).is_err(), "{sql}");
    }
    raw.execute_batch(
        "DROP TRIGGER receipt_log_update; UPDATE receipt_log SET received_ms = 0 WHERE position = 1",
    )
    .unwrap();
    let Err(StoreError::Damaged(why)) = Store::open(&path) else { panic!("not noticed") };
    assert!(why.contains("position 1 "), "{why}");
}

#[test]
fn while_the_database_is_held_stations_are_told_to_come_back() {
    let (mut house, book) = (House::with("north", 1), Book::new("north", &key(1), Practice::Live));
    let raw = rusqlite::Connection::open(house.folder.path().join("hq.db")).unwrap();
    raw.execute_batch("BEGIN IMMEDIATE").unwrap();
    assert!(matches!(house.push(&book, &key(1), 1, 1), Answer::Busy(until) if until > house.clock_ms));
    // Looking needs no turn.
    assert!(Store::open(&house.folder.path().join("hq.db")).is_ok());
    raw.execute_batch("ROLLBACK").unwrap();
    receipt(&house.push(&book, &key(1), 1, 1));
    raw.pragma_update(None, "user_version", 99).unwrap();
    let newer = Store::open(&house.folder.path().join("hq.db"));
    assert!(matches!(newer, Err(StoreError::Newer { found: 99, .. })));
}

#[test]
fn a_flood_from_one_station_does_not_hold_up_the_others() {
    let (mut house, mut book) = (House::with("north", 1), Book::new("north", &key(1), Practice::Live));
    house.add("south", 2);
    book.write(9);
    let raw = rusqlite::Connection::open(house.folder.path().join("hq.db")).unwrap();
    raw.execute_batch("BEGIN IMMEDIATE").unwrap();
    let (hq, slow) = (house.hq.clone(), book.batch(1, 5).pack(&key(1)).unwrap().bytes);
    let slow = std::thread::spawn(move || hq.receive_batch(&slow, 0).answer);
    std::thread::sleep(std::time::Duration::from_millis(300));
    let begin = std::time::Instant::now();
    for last in 2..9 {
        assert!(matches!(house.push(&book, &key(1), 1, last), Answer::Busy(_)));
    }
    let head = Head::NONE;
    let (station, software) = (StationId::new("south"), "test".to_owned());
    let hello = Hello { station, head, acknowledged: head, feed: 0, software, nonce: [1; 16] };
    let hello = hello.pack(&key(2)).unwrap().bytes;
    assert!(matches!(house.hq.receive_hello(&hello, 0).answer, Answer::Held(_)));
    assert!(begin.elapsed() < std::time::Duration::from_secs(1), "{:?}", begin.elapsed());
    raw.execute_batch("ROLLBACK").unwrap();
    assert!(matches!(slow.join().unwrap(), Answer::Receipt(_)));
    receipt(&house.push(&book, &key(1), 6, 10));
}

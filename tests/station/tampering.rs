//! Evidence: a copy of the ledger that somebody has worked on does not check, and the first bad number is named.

use std::fs;
use std::path::Path;

use rusqlite::{Connection, params};

use crate::dice::Dice;
use crate::house::{House, armoury};

const SEED: u64 = 7_070;

/// One way to tamper with entry `seq`; answers with the first bad number.
type Tamper = fn(&Connection, u64, &mut Dice) -> u64;

const KINDS: [(&str, Tamper); 7] = [
    ("a byte edited", edit),
    ("a byte edited and its hash made anew", edit_with_hash),
    ("deleted", delete),
    ("two swapped", swap),
    ("two swapped with their hashes", swap_rows),
    ("one inserted", insert),
    ("a hash edited", edit_hash),
];

#[test]
fn whatever_is_done_to_a_copy_is_named_by_the_first_bad_number() {
    let house = House::new("--live");
    assert_eq!(house.station().stop().status, Some(0));
    let entries = house.entries().len() as u64;
    println!("seed {SEED}");
    let mut dice = Dice::new(SEED);
    let copies = tempfile::tempdir().expect("a folder");
    for (name, tamper) in KINDS {
        for trial in 0..6 {
            let copy = copies.path().join(format!("{name}-{trial}"));
            fs::create_dir(&copy).expect("a folder");
            fs::copy(house.data().join("ledger.db"), copy.join("ledger.db")).expect("a copy");
            let path = copy.to_str().expect("UTF-8");
            armoury(&["ledger", "verify", "--data", path]).done();
            // Not the last two: each kind needs a neighbour behind it.
            let seq = 1 + dice.below(entries - 2);
            let bad = tamper(&opened(&copy), seq, &mut dice);
            let said = armoury(&["ledger", "verify", "--data", path]).with(4);
            let named = format!("entry {bad} ");
            assert!(said.err.contains(&named), "{name} at {seq}: {named:?} is not in {}", said.err);
            assert_eq!(said.out, "", "{name} at {seq}");
        }
    }
    // A station does not run on it either.
    let copy = copies.path().join("deleted-0");
    for file in ["station.toml", "station.key"] {
        fs::copy(house.data().join(file), copy.join(file)).expect("a copy");
    }
    let config = copy.join("station.toml");
    let said = armoury(&["run", "--config", config.to_str().expect("UTF-8")]).with(4);
    assert!(said.err.contains("call headquarters"), "{}", said.err);
}

/// The copy, with the seat belt taken off.
fn opened(copy: &Path) -> Connection {
    let connection = Connection::open(copy.join("ledger.db")).expect("a ledger");
    connection
        .execute_batch(
            "DROP TRIGGER event_dense; DROP TRIGGER event_no_update; DROP TRIGGER event_no_delete;",
        )
        .expect("the triggers go");
    connection
}

fn row(connection: &Connection, seq: u64) -> (Vec<u8>, Vec<u8>) {
    connection
        .query_row("SELECT payload, hash FROM event WHERE seq = ?1", [seq], |row| {
            Ok((row.get(0)?, row.get(1)?))
        })
        .expect("the entry")
}

fn set(connection: &Connection, seq: u64, payload: &[u8], hash: &[u8]) {
    let changed = connection
        .execute("UPDATE event SET payload = ?2, hash = ?3 WHERE seq = ?1", params![seq, payload, hash])
        .expect("changed");
    assert_eq!(changed, 1);
}

fn flip(bytes: &mut [u8], dice: &mut Dice) {
    let at = dice.below(bytes.len() as u64) as usize;
    bytes[at] ^= 1 << dice.below(8);
}

fn edit(connection: &Connection, seq: u64, dice: &mut Dice) -> u64 {
    let (mut payload, hash) = row(connection, seq);
    flip(&mut payload, dice);
    set(connection, seq, &payload, &hash);
    seq
}

fn edit_with_hash(connection: &Connection, seq: u64, dice: &mut Dice) -> u64 {
    let (mut payload, _) = row(connection, seq);
    // The last byte after whose change the entry still reads, so that only the chain can tell.
    let bit = 1 << dice.below(3);
    let reads = |at: &usize| {
        let mut changed = payload.clone();
        changed[*at] ^= bit;
        armoury::ledger::Record::decode(&changed).is_ok_and(|record| record.seq == seq)
    };
    let at = (0..payload.len()).rev().find(reads).expect("a byte of some text or number");
    payload[at] ^= bit;
    let prev = if seq == 1 { vec![0; 32] } else { row(connection, seq - 1).1 };
    let prev = armoury::ledger::Hash(prev.try_into().expect("32 bytes"));
    set(connection, seq, &payload, &armoury::ledger::entry_hash(&prev, &payload).0);
    seq + 1
}

fn edit_hash(connection: &Connection, seq: u64, dice: &mut Dice) -> u64 {
    let (payload, mut hash) = row(connection, seq);
    flip(&mut hash, dice);
    set(connection, seq, &payload, &hash);
    seq
}

fn delete(connection: &Connection, seq: u64, _: &mut Dice) -> u64 {
    connection.execute("DELETE FROM event WHERE seq = ?1", [seq]).expect("deleted");
    seq
}

fn swap(connection: &Connection, seq: u64, _: &mut Dice) -> u64 {
    let ((one, one_hash), (two, two_hash)) = (row(connection, seq), row(connection, seq + 1));
    set(connection, seq, &two, &one_hash);
    set(connection, seq + 1, &one, &two_hash);
    seq
}

fn swap_rows(connection: &Connection, seq: u64, _: &mut Dice) -> u64 {
    let ((one, one_hash), (two, two_hash)) = (row(connection, seq), row(connection, seq + 1));
    set(connection, seq, &two, &two_hash);
    set(connection, seq + 1, &one, &one_hash);
    seq
}

/// Everything behind `seq` moves up by one, and a copy of `seq` takes the place.
fn insert(connection: &Connection, seq: u64, _: &mut Dice) -> u64 {
    connection.execute("UPDATE event SET seq = -seq WHERE seq > ?1", [seq]).expect("moved away");
    connection.execute("UPDATE event SET seq = 1 - seq WHERE seq < 0", []).expect("moved up");
    connection
        .execute("INSERT INTO event SELECT ?1 + 1, payload, hash FROM event WHERE seq = ?1", [seq])
        .expect("inserted");
    seq + 1
}

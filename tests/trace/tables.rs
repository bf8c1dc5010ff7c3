//! The index beside the ledger: made again when absent, in a file of the version before too, and never needed to be
//! right by whoever only reads.

use armoury::domain::WeaponId;
use armoury::domain::lead::{LeadKind, form};
use armoury::ledger::{FILE_NAME, Ledger};
use rusqlite::Connection;

use crate::house::{Desk, House};

const TABLES: [&str; 4] = ["event_weapon", "event_person", "clock_run", "lead"];

fn filled() -> House {
    let mut house = House::new();
    house.weapon("A1", |weapon| weapon.set_field("serial", "B-7").expect("a serial"));
    house.person("P7");
    house.clock("2026-05-14T09:00:00Z");
    house.desk(Desk::Issued, "A1", "P7");
    house.clock("2026-05-15T09:00:00Z");
    house.desk(Desk::Returned, "A1", "P7");
    house.close();
    house
}

fn open(house: &House) -> Connection {
    Connection::open(house.folder().join(FILE_NAME)).expect("the file")
}

fn dump(house: &House) -> Vec<Vec<String>> {
    let connection = open(house);
    let rows = |table: &&str| {
        let mut statement =
            connection.prepare(&format!("SELECT * FROM {table} ORDER BY 1, 2")).expect("a table");
        let columns = statement.column_count();
        let mut rows = statement.query([]).expect("rows");
        let mut lines = Vec::new();
        while let Some(row) = rows.next().expect("a row") {
            let value = |nth| format!("{:?}", row.get::<_, rusqlite::types::Value>(nth).expect("a value"));
            lines.push((0..columns).map(value).collect::<Vec<_>>().join("|"));
        }
        lines
    };
    TABLES.iter().map(rows).collect()
}

/// W-3. Whatever index is dropped, the next opening makes it as it was; a file of the version before gets them all.
#[test]
fn an_index_that_is_absent_is_made_again_as_it_was() {
    let house = filled();
    let before = dump(&house);
    assert!(before.iter().all(|rows| !rows.is_empty()), "{before:?}");
    for dropped in [&TABLES[..], &TABLES[..1], &TABLES[1..2], &TABLES[2..3], &TABLES[3..]] {
        let connection = open(&house);
        for table in dropped {
            connection.execute(&format!("DROP TABLE {table}"), []).expect("dropped");
        }
        connection.pragma_update(None, "user_version", 1).expect("the version before");
        drop(connection);
        // Somebody who only reads finds everything meanwhile.
        let reader = house.reader();
        let history = reader.history().expect("beside the file");
        let found = history.led_to(LeadKind::Serial, &form(LeadKind::Serial, "b7"), 9).expect("found");
        assert_eq!(found.iter().map(|one| one.weapon.clone()).collect::<Vec<_>>(), [WeaponId::from("A1")]);
        drop(reader);
        drop(Ledger::open(house.folder(), "a test").expect("it opens"));
        assert_eq!(dump(&house), before, "without {dropped:?}");
    }
    let version: i64 =
        open(&house).query_row("PRAGMA user_version", [], |row| row.get(0)).expect("a version");
    assert_eq!(version, armoury::ledger::settings::SCHEMA_VERSION);
}

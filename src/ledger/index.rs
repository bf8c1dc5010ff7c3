//! The index tables: which entries a weapon or a person stands in, where the wall clock's day changes, and which names
//! lead to a weapon. They are made from the entries, nothing else is in them, and one that is not there is made again.

use rusqlite::{Connection, Transaction, TransactionBehavior, params};

use super::LedgerError;
use super::entry::Record;
use super::fold::each_after;
use super::settings::SCHEMA_VERSION;
use crate::domain::Seq;
use crate::domain::lead::leads;

/// Milliseconds of a day.
pub(super) const DAY_MS: i64 = 86_400_000;

/// One table: its name, its columns, and how an entry is noted in it.
struct Table {
    name: &'static str,
    columns: &'static str,
    note: fn(&Connection, &Record) -> rusqlite::Result<()>,
}

const TABLES: [Table; 4] = [
    Table {
        name: "event_weapon",
        columns: "(weapon TEXT NOT NULL, seq INTEGER NOT NULL, PRIMARY KEY (weapon, seq)) STRICT, WITHOUT ROWID",
        note: note_weapons,
    },
    Table {
        name: "event_person",
        columns: "(person TEXT NOT NULL, seq INTEGER NOT NULL, PRIMARY KEY (person, seq)) STRICT, WITHOUT ROWID",
        note: note_persons,
    },
    // The first entry of each run of entries that claim the same day, counted from 1970 in UTC. Where the clock never
    // jumped there is one run a day.
    Table {
        name: "clock_run",
        columns: "(first INTEGER PRIMARY KEY, day INTEGER NOT NULL) STRICT",
        note: note_day,
    },
    // Every name that ever led to a weapon, those included that it bears no more.
    Table {
        name: "lead",
        columns: "(kind INTEGER NOT NULL, form TEXT NOT NULL, weapon TEXT NOT NULL, first INTEGER NOT NULL, \
                  PRIMARY KEY (kind, form, weapon)) STRICT, WITHOUT ROWID",
        note: note_leads,
    },
];

/// Makes the tables of a new ledger.
pub(super) fn create(transaction: &Transaction<'_>) -> rusqlite::Result<()> {
    TABLES.iter().try_for_each(|table| make(transaction, table, "TABLE"))
}

/// Notes one entry in every table, in the transaction that writes it.
pub(super) fn note(transaction: &Transaction<'_>, record: &Record) -> rusqlite::Result<()> {
    TABLES.iter().try_for_each(|table| (table.note)(transaction, record))
}

/// Makes what a writer's file lacks: tables that were dropped, or those of a file written by an older program. Where
/// nothing is missing this is one look at the file's list of tables.
pub(super) fn complete(connection: &mut Connection) -> Result<(), LedgerError> {
    let version: i64 = connection.query_row("PRAGMA user_version", [], |row| row.get(0))?;
    let absent = absent(connection)?;
    if absent.is_empty() && version == SCHEMA_VERSION {
        return Ok(());
    }
    let transaction = connection.transaction_with_behavior(TransactionBehavior::Immediate)?;
    fill(&transaction, &absent, "TABLE")?;
    transaction.pragma_update(None, "user_version", SCHEMA_VERSION)?;
    Ok(transaction.commit()?)
}

/// The same for a connection that cannot write: the tables stand beside the file for as long as it is open.
pub(super) fn stand_in(connection: &Connection) -> Result<(), LedgerError> {
    fill(connection, &absent(connection)?, "TEMP TABLE")
}

fn absent(connection: &Connection) -> Result<Vec<&'static Table>, LedgerError> {
    let mut known = connection.prepare_cached(
        "SELECT name FROM sqlite_master WHERE type = 'table' UNION SELECT name FROM sqlite_temp_master",
    )?;
    let names: Vec<String> = known.query_map([], |row| row.get(0))?.collect::<Result<_, _>>()?;
    Ok(TABLES.iter().filter(|table| !names.iter().any(|name| name == table.name)).collect())
}

fn make(connection: &Connection, table: &Table, what: &str) -> rusqlite::Result<()> {
    connection.execute_batch(&format!("CREATE {what} {} {}", table.name, table.columns))
}

fn fill(connection: &Connection, tables: &[&'static Table], what: &str) -> Result<(), LedgerError> {
    if tables.is_empty() {
        return Ok(());
    }
    tables.iter().try_for_each(|table| make(connection, table, what))?;
    let mut outcome = Ok(());
    each_after(connection, 0, |record| {
        if outcome.is_ok() {
            outcome = tables.iter().try_for_each(|table| (table.note)(connection, &record));
        }
    })?;
    Ok(outcome?)
}

fn note_weapons(connection: &Connection, record: &Record) -> rusqlite::Result<()> {
    for weapon in record.event.weapons() {
        connection
            .prepare_cached("INSERT OR IGNORE INTO event_weapon (weapon, seq) VALUES (?1, ?2)")?
            .execute(params![weapon.as_str(), record.seq])?;
    }
    Ok(())
}

fn note_persons(connection: &Connection, record: &Record) -> rusqlite::Result<()> {
    for person in record.event.persons() {
        connection
            .prepare_cached("INSERT OR IGNORE INTO event_person (person, seq) VALUES (?1, ?2)")?
            .execute(params![person.as_str(), record.seq])?;
    }
    Ok(())
}

fn note_day(connection: &Connection, record: &Record) -> rusqlite::Result<()> {
    let day = record.at.wall_ms.div_euclid(DAY_MS);
    connection
        .prepare_cached(
            "INSERT INTO clock_run (first, day) SELECT ?1, ?2 \
             WHERE (SELECT day FROM clock_run ORDER BY first DESC LIMIT 1) IS NOT ?2",
        )?
        .execute(params![record.seq, day])
        .map(drop)
}

fn note_leads(connection: &Connection, record: &Record) -> rusqlite::Result<()> {
    let seq: Seq = record.seq;
    for lead in leads(&record.event) {
        connection
            .prepare_cached("INSERT OR IGNORE INTO lead (kind, form, weapon, first) VALUES (?1, ?2, ?3, ?4)")?
            .execute(params![lead.kind as u8, lead.form, lead.weapon.as_str(), seq])?;
    }
    Ok(())
}

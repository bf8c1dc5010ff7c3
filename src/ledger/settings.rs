//! How the store's file is opened (`ledger-and-sync.md` section 6). Every setting is read back: a store that quietly
//! runs with another one would lose entries only on the day it matters.

use std::path::Path;
use std::time::Duration;

use rusqlite::config::DbConfig;
use rusqlite::limits::Limit;
use rusqlite::{Connection, OpenFlags};

use super::{FILE_NAME, LedgerError};

/// The oldest SQLite without the bug that could corrupt a WAL on reset: 3.51.3.
const SQLITE_OLDEST: i32 = 3_051_003;

/// Version of the tables, kept in the file's `user_version`. A file of version 1 has fewer index tables; they are made
/// when it is opened for writing.
pub const SCHEMA_VERSION: i64 = 2;

/// How long a reader waits for a checkpoint that holds the file.
const BUSY_MS: u64 = 5_000;

/// Opens the writer's connection.
///
/// `psow=0` makes SQLite pad every commit to a whole sector: a card that garbles the sector being written when the
/// power fails then garbles nothing that was committed before.
///
/// # Errors
/// A setting that does not hold, a file of a newer version, or one that is damaged; that one is left as it is.
pub fn open_writer(folder: &Path) -> Result<Connection, LedgerError> {
    let connection = connect_writer(folder)?;
    // Before the first setting is written: damage is evidence.
    check_version(&connection)?;
    set(connection)
}

/// Opens the writer's connection to a file that is not there yet.
///
/// # Errors
/// A setting that does not hold, or a file that cannot be made.
pub fn make_writer(folder: &Path) -> Result<Connection, LedgerError> {
    set(connect_writer(folder)?)
}

fn connect_writer(folder: &Path) -> Result<Connection, LedgerError> {
    let flags = OpenFlags::SQLITE_OPEN_READ_WRITE
        | OpenFlags::SQLITE_OPEN_CREATE
        | OpenFlags::SQLITE_OPEN_URI
        | OpenFlags::SQLITE_OPEN_NO_MUTEX;
    let connection = Connection::open_with_flags(uri(folder, "psow=0"), flags)?;
    guard(&connection)?;
    Ok(connection)
}

/// Writes the settings and reads them back.
fn set(connection: Connection) -> Result<Connection, LedgerError> {
    connection.pragma_update(None, "journal_mode", "WAL")?;
    connection.pragma_update(None, "synchronous", "FULL")?;
    connection.pragma_update(None, "foreign_keys", "ON")?;
    connection.pragma_update(None, "mmap_size", 0)?;
    check(&connection, "journal_mode", "wal")?;
    check(&connection, "synchronous", "2")?;
    check(&connection, "foreign_keys", "1")?;
    check(&connection, "trusted_schema", "0")?;
    check(&connection, "mmap_size", "0")?;
    check_psow(&connection)?;
    Ok(connection)
}

/// Opens a connection that cannot write.
///
/// A folder that may not be written to at all (a copy on a stick, evidence) is opened as it lies, provided that no
/// write-ahead log waits beside it.
///
/// # Errors
/// The file cannot be read, or is of a newer version.
pub fn open_reader(folder: &Path) -> Result<Connection, LedgerError> {
    if !folder.join(FILE_NAME).is_file() {
        return Err(LedgerError::Absent(folder.display().to_string()));
    }
    let flags =
        OpenFlags::SQLITE_OPEN_READ_ONLY | OpenFlags::SQLITE_OPEN_URI | OpenFlags::SQLITE_OPEN_NO_MUTEX;
    let connection = Connection::open_with_flags(uri(folder, "mode=ro"), flags)?;
    let reached = guard(&connection).and_then(|()| check_version(&connection));
    let wal = folder.join(format!("{FILE_NAME}-wal"));
    match reached {
        Err(LedgerError::Sqlite(_)) if !wal.exists() => {
            let connection = Connection::open_with_flags(uri(folder, "mode=ro&immutable=1"), flags)?;
            guard(&connection)?;
            check_version(&connection)?;
            Ok(connection)
        }
        Err(error) => Err(error),
        Ok(()) => Ok(connection),
    }
}

/// Refuses a file of another version than this program writes.
pub fn check_version(connection: &Connection) -> Result<(), LedgerError> {
    let found: i64 = connection.query_row("PRAGMA user_version", [], |row| row.get(0))?;
    match found {
        1..=SCHEMA_VERSION => Ok(()),
        // What a file has that was cut to nothing.
        0 => Err(LedgerError::Damaged("it holds no tables".into())),
        _ => Err(LedgerError::Version { found, known: SCHEMA_VERSION }),
    }
}

/// What holds for every connection: a good SQLite, no tricks from inside the file, bounded statements.
fn guard(connection: &Connection) -> Result<(), LedgerError> {
    if rusqlite::version_number() < SQLITE_OLDEST {
        return Err(LedgerError::Setting {
            setting: "the SQLite version",
            wanted: format!("{SQLITE_OLDEST} or newer"),
            found: rusqlite::version_number().to_string(),
        });
    }
    connection.busy_timeout(Duration::from_millis(BUSY_MS))?;
    connection.set_db_config(DbConfig::SQLITE_DBCONFIG_TRUSTED_SCHEMA, false)?;
    connection.set_db_config(DbConfig::SQLITE_DBCONFIG_DEFENSIVE, true)?;
    connection.set_limit(Limit::SQLITE_LIMIT_LENGTH, 1 << 30)?;
    Ok(())
}

fn check(connection: &Connection, setting: &'static str, wanted: &str) -> Result<(), LedgerError> {
    let found = connection.pragma_query_value(None, setting, |row| {
        row.get::<_, rusqlite::types::Value>(0).map(|value| match value {
            rusqlite::types::Value::Integer(number) => number.to_string(),
            rusqlite::types::Value::Text(text) => text,
            other => format!("{other:?}"),
        })
    })?;
    if found == wanted {
        Ok(())
    } else {
        Err(LedgerError::Setting { setting, wanted: wanted.to_owned(), found })
    }
}

/// No pragma shows `psow`: SQLite is asked through its file control, where -1 means "tell, do not set".
fn check_psow(connection: &Connection) -> Result<(), LedgerError> {
    let mut psow: std::ffi::c_int = -1;
    // SAFETY: the handle is that of an open connection which nobody else uses meanwhile; the name is a C string; this
    // file control reads and writes one int behind the pointer and keeps nothing.
    let code = unsafe {
        rusqlite::ffi::sqlite3_file_control(
            connection.handle(),
            c"main".as_ptr(),
            rusqlite::ffi::SQLITE_FCNTL_POWERSAFE_OVERWRITE,
            (&raw mut psow).cast(),
        )
    };
    if code == rusqlite::ffi::SQLITE_OK && psow == 0 {
        return Ok(());
    }
    let found = format!("{psow} (code {code})");
    Err(LedgerError::Setting { setting: "psow", wanted: "0".into(), found })
}

/// A `file:` URI of the store. Only what has a meaning in a URI is escaped.
fn uri(folder: &Path, query: &str) -> String {
    let path = folder.join(FILE_NAME).display().to_string();
    let path = path.replace('%', "%25").replace('?', "%3f").replace('#', "%23");
    format!("file:{path}?{query}")
}

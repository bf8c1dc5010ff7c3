//! Headquarters' database: opened with settings that are read back, written by one connection.

use std::os::unix::ffi::OsStrExt;
use std::os::unix::fs::OpenOptionsExt;
use std::path::{Path, PathBuf};
use std::time::Duration;

use ed25519_dalek::VerifyingKey;
use rusqlite::{Connection, OpenFlags, OptionalExtension, Transaction, TransactionBehavior};

use super::custody;
use super::schema::{APPLICATION_ID, MIGRATIONS};
use super::server::now_ms;
use super::{chain, log};
use crate::domain::StationId;

/// Older ones damage a write-ahead log in rare cases (`ledger-and-sync.md` section 6).
const SQLITE_MIN_VERSION: i32 = 3_051_003;

/// How long another process (`station add`) may hold the database before a caller is told to come back.
const BUSY_TIMEOUT: Duration = Duration::from_secs(2);

/// How many of the log's last positions are checked at opening.
const CHECKED_AT_OPENING: u64 = 10_000;

/// Why the database cannot do what was asked.
#[derive(Debug, thiserror::Error)]
pub enum StoreError {
    /// No such file.
    #[error("open headquarters' database {0}: it is not there; make one with `armoury-hq init`")]
    NotThere(PathBuf),
    /// A file of that name.
    #[error("make headquarters' database {0}: it is there already, and is left as it is")]
    Exists(PathBuf),
    /// The file cannot be made.
    #[error("make headquarters' database {path}: can this user write to that folder?")]
    Make {
        /// The file.
        path: PathBuf,
        /// The cause.
        #[source]
        source: std::io::Error,
    },
    /// Another program's file.
    #[error("open {0}: it is no database of headquarters; is it the right file?")]
    Foreign(PathBuf),
    /// A newer program's file.
    #[error(
        "open headquarters' database of version {found}: this program knows versions up to {known}; use a newer one"
    )]
    Newer {
        /// Its version.
        found: i64,
        /// The newest known.
        known: usize,
    },
    /// The library is too old.
    #[error("use SQLite {0}: versions before 3.51.3 can damage the database")]
    Library(&'static str),
    /// A setting did not take.
    #[error("set {name} of the database to {wanted}: it stays {found}; does its file system support it?")]
    Setting {
        /// The setting.
        name: &'static str,
        /// What it is.
        found: String,
        /// What it must be.
        wanted: &'static str,
    },
    /// Made with another key.
    #[error(
        "use this key with the database {path}: it was made with another one; restore the key made beside it"
    )]
    OtherKey {
        /// The database.
        path: PathBuf,
    },
    /// What is stored contradicts itself.
    #[error(
        "check headquarters' records: {0}; stop, keep the files as they are, and restore a backup: stations refill it"
    )]
    Damaged(String),
    /// The database refused or failed.
    #[error("use headquarters' database")]
    Database(#[from] rusqlite::Error),
    /// The name is taken.
    #[error(
        "register station {0}: the name is taken by a station with another key; see `armoury-hq station list`"
    )]
    NameTaken(StationId),
    /// The key is taken.
    #[error("register station {id}: its key belongs to station {by} already; each station makes its own key")]
    KeyTaken {
        /// The new name.
        id: StationId,
        /// Whose key it is.
        by: StationId,
    },
    /// No such station.
    #[error("find station {0}: none is registered under that name; see `armoury-hq station list`")]
    UnknownStation(StationId),
    /// As much is set apart as there may be.
    #[error("set a batch of station {0} apart: its quarantine is full; rule on what is there")]
    QuarantineFull(StationId),
}

/// The database.
pub struct Store {
    path: PathBuf,
    /// None after a failure: what a connection believes after a failed write or sync cannot be trusted, so the next
    /// caller gets a new one that reads what is on the medium.
    connection: Option<Connection>,
}

impl Store {
    /// Makes a new database for the headquarters of that key, readable by its owner alone.
    ///
    /// # Errors
    /// When the file is there or cannot be made.
    pub fn create(path: &Path, key: &VerifyingKey) -> Result<Self, StoreError> {
        let made = std::fs::OpenOptions::new().write(true).create_new(true).mode(0o600).open(path);
        made.map_err(|source| match source.kind() {
            std::io::ErrorKind::AlreadyExists => StoreError::Exists(path.to_owned()),
            _ => StoreError::Make { path: path.to_owned(), source },
        })?;
        let mut connection = connect(path, 0)?;
        let tx = connection.transaction_with_behavior(TransactionBehavior::Immediate)?;
        tx.pragma_update(None, "application_id", APPLICATION_ID)?;
        migrate(&tx)?;
        tx.execute("INSERT INTO meta (name, value) VALUES ('public_key', ?1)", [key.to_bytes()])?;
        tx.commit()?;
        Ok(Self { path: path.to_owned(), connection: Some(connection) })
    }

    /// Opens a database, brings it to the newest version, and checks that its records agree.
    ///
    /// # Errors
    /// When it is not there, not headquarters', newer than this program, or damaged.
    pub fn open(path: &Path) -> Result<Self, StoreError> {
        if !path.exists() {
            return Err(StoreError::NotThere(path.to_owned()));
        }
        let mut store = Self { path: path.to_owned(), connection: None };
        // Looking takes no turn from a headquarters that is writing.
        if store.read(version)? < MIGRATIONS.len() {
            store.write(|tx| {
                migrate(tx)?;
                custody::catch_up(tx, now_ms())
            })?;
        }
        store.read(|tx| {
            log::check(tx, CHECKED_AT_OPENING)?;
            chain::check_heads(tx)
        })?;
        Ok(store)
    }

    /// Another connection to the same database, opened when it is first used.
    pub fn another(&self) -> Self {
        Self { path: self.path.clone(), connection: None }
    }

    /// The file.
    pub fn path(&self) -> &Path {
        &self.path
    }

    /// The key it was made with.
    ///
    /// # Errors
    /// When the database cannot be read.
    pub fn public_key(&mut self) -> Result<VerifyingKey, StoreError> {
        let bytes: Option<[u8; 32]> = self.read(|tx| {
            let query = "SELECT value FROM meta WHERE name = 'public_key'";
            Ok(tx.query_row(query, [], |row| row.get(0)).optional()?)
        })?;
        bytes
            .and_then(|bytes| VerifyingKey::from_bytes(&bytes).ok())
            .ok_or_else(|| StoreError::Damaged("the database does not name its key".to_owned()))
    }

    /// Does `work` in one transaction that is on the medium when this returns; nothing of it stays on an error.
    ///
    /// # Errors
    /// What `work` gives, or a database that fails.
    pub fn write<R>(
        &mut self,
        work: impl FnOnce(&Transaction<'_>) -> Result<R, StoreError>,
    ) -> Result<R, StoreError> {
        self.transact(TransactionBehavior::Immediate, work)
    }

    /// Does `work` on one state of the database.
    ///
    /// # Errors
    /// What `work` gives, or a database that fails.
    pub fn read<R>(
        &mut self,
        work: impl FnOnce(&Transaction<'_>) -> Result<R, StoreError>,
    ) -> Result<R, StoreError> {
        self.transact(TransactionBehavior::Deferred, work)
    }

    /// Writes the write-ahead log back into the database, for an orderly end.
    ///
    /// # Errors
    /// When the database cannot be written.
    pub fn tidy(&mut self) -> Result<(), StoreError> {
        let connection = self.connection()?;
        connection.query_row("PRAGMA wal_checkpoint(TRUNCATE)", [], |_| Ok(()))?;
        Ok(())
    }

    fn transact<R>(
        &mut self,
        behavior: TransactionBehavior,
        work: impl FnOnce(&Transaction<'_>) -> Result<R, StoreError>,
    ) -> Result<R, StoreError> {
        let connection = self.connection()?;
        let result = (|| {
            let tx = connection.transaction_with_behavior(behavior)?;
            let value = work(&tx)?;
            tx.commit()?;
            Ok(value)
        })();
        if matches!(result, Err(StoreError::Database(_))) {
            self.connection = None;
        }
        result
    }

    fn connection(&mut self) -> Result<&mut Connection, StoreError> {
        Ok(match self.connection.take() {
            Some(connection) => self.connection.insert(connection),
            None => self.connection.insert(connect(&self.path, APPLICATION_ID)?),
        })
    }
}

/// Opens the file and sets the connection up; a file with another application id is left untouched.
fn connect(path: &Path, application: i32) -> Result<Connection, StoreError> {
    if rusqlite::version_number() < SQLITE_MIN_VERSION {
        return Err(StoreError::Library(rusqlite::version()));
    }
    let flags =
        OpenFlags::SQLITE_OPEN_READ_WRITE | OpenFlags::SQLITE_OPEN_URI | OpenFlags::SQLITE_OPEN_NO_MUTEX;
    let connection = Connection::open_with_flags(uri(path), flags)?;
    connection.busy_timeout(BUSY_TIMEOUT)?;
    let found = connection.query_row("PRAGMA application_id", [], |row| row.get::<_, i32>(0));
    match found {
        Ok(found) if found == application => {}
        Ok(_) => return Err(StoreError::Foreign(path.to_owned())),
        Err(why) if why.sqlite_error_code() == Some(rusqlite::ErrorCode::NotADatabase) => {
            return Err(StoreError::Foreign(path.to_owned()));
        }
        Err(why) => return Err(why.into()),
    }
    for (name, value, wanted) in [
        ("journal_mode", "wal", "wal"),
        ("synchronous", "FULL", "2"),
        ("foreign_keys", "ON", "1"),
        ("trusted_schema", "OFF", "0"),
        ("mmap_size", "0", "0"),
    ] {
        set(&connection, name, value, wanted)?;
    }
    Ok(connection)
}

/// Sets a pragma and reads it back.
fn set(
    connection: &Connection,
    name: &'static str,
    value: &str,
    wanted: &'static str,
) -> Result<(), StoreError> {
    connection.pragma_update_and_check(None, name, value, |_| Ok(())).optional()?;
    let found = connection.query_row(&format!("PRAGMA {name}"), [], |row| {
        Ok(match row.get_ref(0)? {
            rusqlite::types::ValueRef::Integer(number) => number.to_string(),
            other => other.as_str().unwrap_or_default().to_owned(),
        })
    });
    // mmap_size gives no row where the file system cannot map: that is as good as 0.
    let found = found.optional()?.unwrap_or_else(|| "0".to_owned());
    if found != wanted {
        return Err(StoreError::Setting { name, found, wanted });
    }
    Ok(())
}

/// `psow=0`: do not believe that a device leaves neighbouring sectors alone when power fails in a write.
fn uri(path: &Path) -> String {
    let mut uri = String::from("file:");
    for byte in path.as_os_str().as_bytes() {
        if byte.is_ascii_alphanumeric() || b"/-._~".contains(byte) {
            uri.push(char::from(*byte));
        } else {
            uri.push_str(&format!("%{byte:02x}"));
        }
    }
    uri.push_str("?psow=0");
    uri
}

fn version(tx: &Transaction<'_>) -> Result<usize, StoreError> {
    let known = MIGRATIONS.len();
    let found: i64 = tx.query_row("PRAGMA user_version", [], |row| row.get(0))?;
    let version = usize::try_from(found).ok().filter(|version| *version <= known);
    version.ok_or(StoreError::Newer { found, known })
}

/// The version is read inside the same transaction: two programs may open an old database at once.
fn migrate(tx: &Transaction<'_>) -> Result<(), StoreError> {
    for step in MIGRATIONS.get(version(tx)?..).unwrap_or_default() {
        tx.execute_batch(step)?;
    }
    tx.pragma_update(None, "user_version", MIGRATIONS.len() as i64)?;
    Ok(())
}

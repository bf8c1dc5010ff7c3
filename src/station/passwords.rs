//! Passwords of tags, in a file of their own beside the ledger: they never enter the chain, and one that is forgotten
//! here is forgotten.
//!
//! A password is durable here before it goes to a tag: a tag locked with a password that nobody has is waste.

use std::fs::OpenOptions;
use std::os::unix::fs::{OpenOptionsExt, PermissionsExt};
use std::path::{Path, PathBuf};

use armoury_hardware::reader::Password;
use armoury_hardware::reader::tagging::Secrets;
use rusqlite::{Connection, OptionalExtension, params};

/// The file's name in the data folder.
pub const FILE_NAME: &str = "tag-passwords.db";

const TABLES: &str = "
CREATE TABLE IF NOT EXISTS tag (
    tid     BLOB PRIMARY KEY,
    epc     BLOB NOT NULL,
    access  INTEGER NOT NULL,
    kill    INTEGER NOT NULL,
    wall_ms INTEGER NOT NULL
) STRICT, WITHOUT ROWID;
";

/// Why a password could not be kept or found.
#[derive(Debug, thiserror::Error)]
pub enum PasswordError {
    /// The file.
    #[error("use the file of tag passwords {path}: {why}; may the station's user write it?", path = path.display())]
    File {
        /// Which.
        path: PathBuf,
        /// Why.
        why: String,
    },
    /// The system gives no chance.
    #[error("draw a password: the system gives no random bytes ({0})")]
    Random(String),
}

/// What is on record of one tag.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct OnRecord {
    /// The chip's number.
    pub tid: Vec<u8>,
    /// The EPC it had when it was last worked on.
    pub epc: Vec<u8>,
    /// Its passwords.
    pub secrets: Secrets,
}

/// The file of a data folder.
#[derive(Debug, Clone)]
pub struct Passwords {
    path: PathBuf,
}

impl Passwords {
    /// The file in `folder`; made with the first password.
    pub fn of(folder: &Path) -> Self {
        Self { path: folder.join(FILE_NAME) }
    }

    /// The passwords of a chip: those on record, else new ones, which are on record when this returns.
    ///
    /// # Errors
    /// They could not be kept, and must not be used.
    pub fn for_chip(&self, tid: &[u8], epc: &[u8], wall_ms: i64) -> Result<Secrets, PasswordError> {
        if let Some(known) = self.of_chip(tid)? {
            return Ok(known.secrets);
        }
        let secrets = Secrets { access: draw()?, kill: draw()? };
        let connection = self.open()?;
        connection
            .execute(
                "INSERT INTO tag (tid, epc, access, kill, wall_ms) VALUES (?1, ?2, ?3, ?4, ?5)",
                params![tid, epc, secrets.access.0, secrets.kill.0, wall_ms],
            )
            .map_err(|error| self.fail(error))?;
        Ok(secrets)
    }

    /// What is on record of a chip.
    ///
    /// # Errors
    /// The file cannot be read.
    pub fn of_chip(&self, tid: &[u8]) -> Result<Option<OnRecord>, PasswordError> {
        self.find("SELECT tid, epc, access, kill FROM tag WHERE tid = ?1", tid)
    }

    /// What is on record of the tag that last had this EPC.
    ///
    /// # Errors
    /// The file cannot be read.
    pub fn of_epc(&self, epc: &[u8]) -> Result<Option<OnRecord>, PasswordError> {
        self.find("SELECT tid, epc, access, kill FROM tag WHERE epc = ?1 ORDER BY wall_ms DESC LIMIT 1", epc)
    }

    /// A chip that is on record has another EPC now.
    ///
    /// # Errors
    /// It could not be kept.
    pub fn renamed(&self, tid: &[u8], epc: &[u8]) -> Result<(), PasswordError> {
        if !self.path.exists() {
            return Ok(());
        }
        let connection = self.open()?;
        let renamed = connection.execute("UPDATE tag SET epc = ?2 WHERE tid = ?1", params![tid, epc]);
        renamed.map(drop).map_err(|error| self.fail(error))
    }

    fn find(&self, query: &str, key: &[u8]) -> Result<Option<OnRecord>, PasswordError> {
        if !self.path.exists() {
            return Ok(None);
        }
        let row = |row: &rusqlite::Row<'_>| {
            let secrets = Secrets { access: Password(row.get(2)?), kill: Password(row.get(3)?) };
            Ok(OnRecord { tid: row.get(0)?, epc: row.get(1)?, secrets })
        };
        self.open()?.query_row(query, [key], row).optional().map_err(|error| self.fail(error))
    }

    /// Opens the file so that a commit is on the medium when it returns, and what is erased is overwritten.
    fn open(&self) -> Result<Connection, PasswordError> {
        let fail =
            |why: std::io::Error| PasswordError::File { path: self.path.clone(), why: why.to_string() };
        // Made with its mode, so that nobody reads it for a moment. SQLite gives its journal the same.
        let file = OpenOptions::new().write(true).create(true).truncate(false).mode(0o600).open(&self.path);
        let file = file.map_err(fail)?;
        file.set_permissions(std::fs::Permissions::from_mode(0o600)).map_err(fail)?;
        let open = || {
            let connection = Connection::open(&self.path)?;
            connection.busy_timeout(std::time::Duration::from_secs(5))?;
            connection.pragma_update(None, "journal_mode", "DELETE")?;
            connection.pragma_update(None, "synchronous", "EXTRA")?;
            connection.pragma_update(None, "secure_delete", "ON")?;
            connection.execute_batch(TABLES)?;
            Ok(connection)
        };
        open().map_err(|error| self.fail(error))
    }

    fn fail(&self, error: rusqlite::Error) -> PasswordError {
        PasswordError::File { path: self.path.clone(), why: error.to_string() }
    }
}

/// A password from the system's random source. Zero would be none.
fn draw() -> Result<Password, PasswordError> {
    loop {
        let mut bytes = [0; 4];
        getrandom::fill(&mut bytes).map_err(|error| PasswordError::Random(error.to_string()))?;
        match u32::from_be_bytes(bytes) {
            0 => {}
            password => return Ok(Password(password)),
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_password_is_kept_before_it_is_given_and_only_its_owner_reads_the_file() {
        let folder = tempfile::tempdir().expect("a folder");
        let passwords = Passwords::of(folder.path());
        assert_eq!(passwords.of_chip(b"chip").expect("no file yet"), None);
        let first = passwords.for_chip(b"chip", b"old epc", 1).expect("kept");
        assert!(first.access != Password::NONE && first.kill != Password::NONE && first.access != first.kill);
        // Somebody else's view of the file: the same, and the same again after the tag was renamed.
        let again = Passwords::of(folder.path());
        assert_eq!(again.for_chip(b"chip", b"new epc", 2).expect("known"), first);
        again.renamed(b"chip", b"new epc").expect("kept");
        assert_eq!(again.of_epc(b"old epc").expect("read"), None);
        assert_eq!(again.of_epc(b"new epc").expect("read").expect("known").secrets, first);
        assert_ne!(again.for_chip(b"other", b"x", 3).expect("kept"), first);
        let mode = std::fs::metadata(folder.path().join(FILE_NAME)).expect("there").permissions().mode();
        assert_eq!(mode & 0o777, 0o600);
    }
}

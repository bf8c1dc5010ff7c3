//! The erasable table beside the chain: rank, name, unit and badge by key.
//!
//! An entry holds only a digest of what was recorded, made with a salt that lies here too: without the salt nobody
//! can try names until one fits, and with the row the salt goes (`architecture.md`, rulings).

use rusqlite::{Connection, params};
use sha2::{Digest, Sha256};

use super::LedgerError;
pub use crate::domain::roster::{Badge, Enrolment, Personal, Roster};
use crate::domain::{Person, PersonId};

/// A row of the table, ready to be written in the transaction of its entry.
#[derive(Debug, Clone)]
pub struct PersonRow {
    id: PersonId,
    salt: [u8; 16],
    record: String,
}

/// Splits a registration into what the chain may know and what it may not.
///
/// # Errors
/// The system gives no random bytes.
pub fn split(enrolment: &Enrolment, suspended: bool) -> Result<(Person, PersonRow), LedgerError> {
    let mut salt = [0; 16];
    getrandom::fill(&mut salt).map_err(|error| LedgerError::Random(error.to_string()))?;
    let record = serde_json::to_string(&enrolment.personal).map_err(LedgerError::Personal)?;
    let mut sha = Sha256::new();
    sha.update(b"armoury-person-1\0");
    sha.update(salt);
    sha.update(record.as_bytes());
    let person = Person {
        id: enrolment.id.clone(),
        role: enrolment.role,
        valid_until: enrolment.valid_until,
        may_draw: enrolment.may_draw.clone(),
        suspended,
        record_digest: sha.finalize().into(),
    };
    Ok((person, PersonRow { id: enrolment.id.clone(), salt, record }))
}

/// Writes one row, replacing an older one of that key.
pub(super) fn put(connection: &Connection, row: &PersonRow) -> rusqlite::Result<()> {
    connection
        .prepare_cached("INSERT OR REPLACE INTO person (id, salt, record) VALUES (?1, ?2, ?3)")?
        .execute(params![row.id.as_str(), row.salt, row.record])
        .map(drop)
}

/// Reads everybody.
pub(super) fn load(connection: &Connection) -> Result<Roster, LedgerError> {
    let mut statement = connection.prepare("SELECT id, record FROM person")?;
    let mut rows = statement.query([])?;
    let mut roster = Roster::default();
    while let Some(row) = rows.next()? {
        let id: String = row.get(0)?;
        let record: String = row.get(1)?;
        let personal: Personal = serde_json::from_str(&record).map_err(LedgerError::Personal)?;
        roster.insert(PersonId::new(id), personal);
    }
    Ok(roster)
}

//! The erasable table beside the chain: rank, name, unit and badge by key.
//!
//! An entry holds only a digest of what was recorded, made with a salt that lies here too: without the salt nobody
//! can try names until one fits, and with the row the salt goes (`architecture.md`, rulings).

use rusqlite::{Connection, OptionalExtension, params};
use sha2::{Digest, Sha256};

use super::LedgerError;
pub use crate::domain::roster::{Badge, Enrolment, Kept, Personal, Roster};
use crate::domain::{Person, PersonId};

/// A row of the table, ready to be written in the transaction of its entry.
#[derive(Debug, Clone)]
pub struct PersonRow {
    id: PersonId,
    salt: [u8; 16],
    record: String,
}

/// Splits a registration of somebody of whom nothing else is kept into what the chain may know and what it may not.
///
/// # Errors
/// The system gives no random bytes.
pub fn split(enrolment: &Enrolment, suspended: bool) -> Result<(Person, PersonRow), LedgerError> {
    let kept = Kept { personal: enrolment.personal.clone(), ..Kept::default() };
    let (digest, row) = seal(&enrolment.id, &kept)?;
    let person = Person {
        id: enrolment.id.clone(),
        role: enrolment.role,
        valid_until: enrolment.valid_until,
        may_draw: enrolment.may_draw.clone(),
        suspended,
        record_digest: digest,
    };
    Ok((person, row))
}

/// What is kept of a person as a row of the table, and the digest that goes into the chain.
///
/// # Errors
/// The system gives no random bytes.
pub fn seal(id: &PersonId, kept: &Kept) -> Result<([u8; 32], PersonRow), LedgerError> {
    let mut salt = [0; 16];
    getrandom::fill(&mut salt).map_err(|error| LedgerError::Random(error.to_string()))?;
    let record = serde_json::to_string(kept).map_err(LedgerError::Personal)?;
    let mut sha = Sha256::new();
    sha.update(b"armoury-person-1\0");
    sha.update(salt);
    sha.update(record.as_bytes());
    Ok((sha.finalize().into(), PersonRow { id: id.clone(), salt, record }))
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
        roster.keep(PersonId::new(id), read(&row.get::<_, String>(1)?)?);
    }
    Ok(roster)
}

/// Reads one row.
pub(super) fn load_one(connection: &Connection, id: &PersonId) -> Result<Option<Kept>, LedgerError> {
    let record: Option<String> = connection
        .prepare_cached("SELECT record FROM person WHERE id = ?1")?
        .query_row([id.as_str()], |row| row.get(0))
        .optional()?;
    record.map(|record| read(&record)).transpose()
}

/// A record as it is kept. The first ones held the personal part alone.
fn read(record: &str) -> Result<Kept, LedgerError> {
    match serde_json::from_str::<Personal>(record) {
        Ok(personal) => Ok(Kept { personal, ..Kept::default() }),
        Err(_) => serde_json::from_str(record).map_err(LedgerError::Personal),
    }
}

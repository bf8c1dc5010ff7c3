//! Which stations there are, by what keys they are known, and what is held of each.

use ed25519_dalek::VerifyingKey;
use rusqlite::{OptionalExtension, Transaction, params};
use serde::Serialize;

use super::chain;
use super::log;
use super::store::StoreError;
use crate::domain::StationId;
use crate::domain::moment::rfc3339;
use crate::ledger::entry::Hash;

/// Most bytes of one station in quarantine. A thief with a key must not fill headquarters' disk.
const QUARANTINE_MAX_BYTES: u64 = 64 * 1024 * 1024;

/// A registered station.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Station {
    /// Its row.
    pub number: i64,
    /// Its name.
    pub id: StationId,
    /// Its keys.
    pub keys: Vec<StationKey>,
}

/// A key of a station.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct StationKey {
    /// The key.
    pub key: VerifyingKey,
    /// Whether it was closed: what it signs is set apart.
    pub closed: bool,
}

/// What is held of a station, for people and programs.
#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
pub struct StationStatus {
    /// Its name.
    pub id: StationId,
    /// `live`, `exercise`, or none before its first entry.
    pub practice: Option<&'static str>,
    /// Epoch of the last entry held.
    pub epoch: u32,
    /// Number of the last entry held; 0 for none.
    pub seq: u64,
    /// Hash of the last entry held.
    pub hash: Option<String>,
    /// When that entry came, RFC 3339 in UTC.
    pub received_at: Option<String>,
    /// Entries held, those of forks included.
    pub entries: u64,
    /// How many times a second history turned up.
    pub forks: u64,
    /// Batches set apart.
    pub quarantined: u64,
    /// Its public keys in hex, closed ones left out.
    pub public_keys: Vec<String>,
}

/// Registers a station; gives whether it is new. The same name with the same key again changes nothing.
///
/// # Errors
/// The name has another key, or the key another name.
pub fn add(
    tx: &Transaction<'_>,
    id: &StationId,
    key: &VerifyingKey,
    now_ms: i64,
) -> Result<bool, StoreError> {
    let owner = tx
        .query_row(
            "SELECT s.id FROM station_key k JOIN station s ON s.number = k.station WHERE k.key = ?1",
            [key.to_bytes()],
            |row| row.get::<_, String>(0),
        )
        .optional()?;
    match owner {
        Some(owner) if owner == id.as_str() => return Ok(false),
        Some(owner) => return Err(StoreError::KeyTaken { id: id.clone(), by: StationId::new(owner) }),
        None => {}
    }
    if find(tx, id)?.is_some() {
        return Err(StoreError::NameTaken(id.clone()));
    }
    tx.execute("INSERT INTO station (id, added_ms) VALUES (?1, ?2)", params![id.as_str(), now_ms])?;
    let number = tx.last_insert_rowid();
    let (position, _) = log::end(tx)?;
    tx.execute(
        "INSERT INTO station_key (key, station, first_position) VALUES (?1, ?2, ?3)",
        params![key.to_bytes(), number, position],
    )?;
    Ok(true)
}

/// Closes every key of a station at the log's present end: what they sign from now on is set apart. Gives how many
/// were open.
///
/// # Errors
/// There is no such station, or the database fails.
pub fn close(tx: &Transaction<'_>, id: &StationId) -> Result<usize, StoreError> {
    let station = find(tx, id)?.ok_or_else(|| StoreError::UnknownStation(id.clone()))?;
    let (position, _) = log::end(tx)?;
    Ok(tx.execute(
        "UPDATE station_key SET last_position = ?2 WHERE station = ?1 AND last_position IS NULL",
        params![station.number, position],
    )?)
}

/// The station of that name.
///
/// # Errors
/// When the database cannot be read.
pub fn find(tx: &Transaction<'_>, id: &StationId) -> Result<Option<Station>, StoreError> {
    let mut query = tx.prepare_cached("SELECT number FROM station WHERE id = ?1")?;
    let number = query.query_row([id.as_str()], |row| row.get(0)).optional()?;
    number.map(|number| Ok(Station { number, id: id.clone(), keys: keys(tx, number)? })).transpose()
}

/// Sets a batch apart, once.
///
/// # Errors
/// The station's quarantine is full, or the database fails.
pub fn set_apart(
    tx: &Transaction<'_>,
    station: &Station,
    digest: &Hash,
    envelope: &[u8],
    now_ms: i64,
) -> Result<(), StoreError> {
    let known = "SELECT EXISTS (SELECT 1 FROM quarantine WHERE digest = ?1)";
    if tx.query_row(known, [digest.0], |row| row.get(0))? {
        return Ok(());
    }
    let held: u64 = tx.query_row(
        "SELECT ifnull(sum(length(envelope)), 0) FROM quarantine WHERE station = ?1",
        [station.number],
        |row| row.get(0),
    )?;
    if held + envelope.len() as u64 > QUARANTINE_MAX_BYTES {
        return Err(StoreError::QuarantineFull(station.id.clone()));
    }
    tx.execute(
        "INSERT INTO quarantine (digest, station, envelope, received_ms) VALUES (?1, ?2, ?3, ?4)",
        params![digest.0, station.number, envelope, now_ms],
    )?;
    Ok(())
}

/// What is held of each station: live ones first, then those not heard of, exercises last; by name.
///
/// # Errors
/// When the database cannot be read.
pub fn status(tx: &Transaction<'_>) -> Result<Vec<StationStatus>, StoreError> {
    let mut query = tx.prepare("SELECT number, id FROM station ORDER BY id")?;
    let rows =
        query.query_map([], |row| Ok((row.get::<_, i64>(0)?, StationId::new(row.get::<_, String>(1)?))))?;
    let mut all = Vec::new();
    for row in rows {
        let (number, id) = row?;
        all.push(status_of(tx, number, id)?);
    }
    all.sort_by_key(|station| match station.practice {
        Some("live") => 0,
        None => 1,
        Some(_) => 2,
    });
    Ok(all)
}

fn status_of(tx: &Transaction<'_>, number: i64, id: StationId) -> Result<StationStatus, StoreError> {
    let ends = chain::ends(tx, number)?;
    let current = ends.first();
    let mut received_at = None;
    if let Some(place) = current.map(|end| chain::find(tx, number, &end.head.hash)).transpose()?.flatten() {
        let query = "SELECT received_ms FROM receipt_log WHERE position = ?1";
        received_at = Some(rfc3339(tx.query_row(query, [place.position], |row| row.get(0))?));
    }
    let count = |query| tx.query_row(query, [number], |row| row.get::<_, u64>(0));
    let open = keys(tx, number)?.into_iter().filter(|key| !key.closed);
    Ok(StationStatus {
        id,
        practice: current.and_then(|end| end.practice).map(|practice| match practice {
            0 => "live",
            _ => "exercise",
        }),
        epoch: current.map_or(0, |end| end.head.epoch),
        seq: current.map_or(0, |end| end.head.seq),
        hash: current.map(|end| end.head.hash.to_string()),
        received_at,
        // Branches are dense, so nothing needs to be counted.
        entries: ends.iter().map(|end| end.head.seq - end.base_seq).sum(),
        forks: count("SELECT count(*) FROM fork WHERE station = ?1")?,
        quarantined: count("SELECT count(*) FROM quarantine WHERE station = ?1")?,
        public_keys: open.map(|key| Hash(key.key.to_bytes()).to_string()).collect(),
    })
}

fn keys(tx: &Transaction<'_>, station: i64) -> Result<Vec<StationKey>, StoreError> {
    let mut query = tx.prepare_cached(
        "SELECT key, last_position IS NOT NULL FROM station_key WHERE station = ?1 ORDER BY first_position",
    )?;
    let rows = query.query_map([station], |row| Ok((row.get::<_, [u8; 32]>(0)?, row.get(1)?)))?;
    rows.map(|row| {
        let (bytes, closed) = row?;
        let key = VerifyingKey::from_bytes(&bytes)
            .map_err(|_| StoreError::Damaged(format!("a key of station row {station} is no key")))?;
        Ok(StationKey { key, closed })
    })
    .collect()
}

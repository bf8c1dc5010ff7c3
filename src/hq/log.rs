//! The log of what was taken: one position for each batch that brought something new, each chained to the one before.
//!
//! A receipt names a position and the log's hash there, so headquarters cannot rewrite what it gave receipts for
//! without contradicting them.

use ed25519_dalek::SigningKey;
use minicbor::Encode;
use rusqlite::{OptionalExtension, Transaction};
use sha2::{Digest, Sha256};

use super::store::StoreError;
use crate::domain::StationId;
use crate::ledger::entry::Hash;
use crate::sync::wire::{Head, Receipt};

/// What a position of the log vouches for.
#[derive(Debug, Clone, PartialEq, Eq, Encode)]
#[cbor(map)]
pub struct Leaf {
    /// Its position, counted from 1.
    #[n(0)]
    pub position: u64,
    /// Whose batch.
    #[n(1)]
    pub station: StationId,
    /// Its last entry.
    #[n(2)]
    pub head: Head,
    /// Digest of the batch.
    #[n(3)]
    #[cbor(with = "minicbor::bytes")]
    pub digest: [u8; 32],
    /// When it came, wall milliseconds.
    #[n(4)]
    pub received_ms: i64,
}

/// The log's hash behind a leaf: `SHA-256("armoury-hq-log-1\0" || prev || leaf length, u64 big-endian || leaf in CBOR)`.
pub fn link(prev: &Hash, leaf: &Leaf) -> Hash {
    let bytes = minicbor::to_vec(leaf).expect("writing to a vector cannot fail");
    let mut sha = Sha256::new();
    sha.update(b"armoury-hq-log-1\0");
    sha.update(prev.0);
    sha.update((bytes.len() as u64).to_be_bytes());
    sha.update(bytes);
    Hash(sha.finalize().into())
}

/// Size and hash of the log; 0 and [`Hash::GENESIS`] before the first position.
///
/// # Errors
/// When the database cannot be read.
pub fn end(tx: &Transaction<'_>) -> Result<(u64, Hash), StoreError> {
    let mut query =
        tx.prepare_cached("SELECT position, hash FROM receipt_log ORDER BY position DESC LIMIT 1")?;
    let row = query.query_row([], |row| Ok((row.get(0)?, Hash(row.get(1)?)))).optional()?;
    Ok(row.unwrap_or((0, Hash::GENESIS)))
}

/// Appends a batch and gives its position.
///
/// # Errors
/// When the database cannot be written.
pub fn append(
    tx: &Transaction<'_>,
    station: (i64, &StationId),
    head: Head,
    digest: &Hash,
    received_ms: i64,
    key: &SigningKey,
) -> Result<u64, StoreError> {
    let (number, id) = station;
    let (size, prev) = end(tx)?;
    let leaf = Leaf { position: size + 1, station: id.clone(), head, digest: digest.0, received_ms };
    let log = link(&prev, &leaf);
    let receipt = Receipt { station: id.clone(), head, position: leaf.position, log, received_ms }.seal(key);
    tx.prepare_cached(
        "INSERT INTO receipt_log
         (position, prev, hash, station, epoch, seq, entry, digest, received_ms, road, receipt)
         VALUES (?1, ?2, ?3, ?4, ?5, ?6, ?7, ?8, ?9, 'https', ?10)",
    )?
    .execute(rusqlite::params![
        leaf.position,
        prev.0,
        log.0,
        number,
        head.epoch,
        head.seq,
        head.hash.0,
        digest.0,
        received_ms,
        receipt
    ])?;
    Ok(leaf.position)
}

/// The receipt for `head`, which the batch at `position` brought: the very bytes given then where the batch ended with
/// it, else one of the same position and time for the earlier entry.
///
/// # Errors
/// When the database cannot be read.
pub fn receipt(
    tx: &Transaction<'_>,
    station: &StationId,
    position: u64,
    head: Head,
    key: &SigningKey,
) -> Result<Vec<u8>, StoreError> {
    let mut query =
        tx.prepare_cached("SELECT entry, hash, received_ms, receipt FROM receipt_log WHERE position = ?1")?;
    let (entry, log, received_ms, receipt) = query.query_row([position], |row| {
        Ok((Hash(row.get(0)?), Hash(row.get(1)?), row.get(2)?, row.get::<_, Vec<u8>>(3)?))
    })?;
    if entry == head.hash {
        return Ok(receipt);
    }
    Ok(Receipt { station: station.clone(), head, position, log, received_ms }.seal(key))
}

/// Works out the hashes of the last `count` positions again.
///
/// # Errors
/// The first position that does not check, or a database that cannot be read.
pub fn check(tx: &Transaction<'_>, count: u64) -> Result<(), StoreError> {
    let (size, _) = end(tx)?;
    let mut query = tx.prepare(
        "SELECT l.position, l.prev, l.hash, s.id, l.epoch, l.seq, l.entry, l.digest, l.received_ms
         FROM receipt_log l JOIN station s ON s.number = l.station
         WHERE l.position > ?1 ORDER BY l.position",
    )?;
    let rows = query.query_map([size.saturating_sub(count)], |row| {
        let head = Head { epoch: row.get(4)?, seq: row.get(5)?, hash: Hash(row.get(6)?) };
        let (position, station) = (row.get(0)?, StationId::new(row.get::<_, String>(3)?));
        let leaf = Leaf { position, station, head, digest: row.get(7)?, received_ms: row.get(8)? };
        Ok((Hash(row.get(1)?), Hash(row.get(2)?), leaf))
    })?;
    let mut expected = if size > count { None } else { Some((1, Hash::GENESIS)) };
    for row in rows {
        let (prev, hash, leaf) = row?;
        let follows = expected.is_none_or(|at| at == (leaf.position, prev));
        if !follows || link(&prev, &leaf) != hash {
            return Err(StoreError::Damaged(format!("position {} of the log does not check", leaf.position)));
        }
        expected = Some((leaf.position + 1, hash));
    }
    Ok(())
}

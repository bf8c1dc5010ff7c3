//! What becomes of a batch, inside one transaction: entries, heads, forks and the log change together or not at all.

use ed25519_dalek::SigningKey;
use rusqlite::{OptionalExtension, Transaction, params};

use super::chain::{self, End, Place};
use super::registry::Station;
use super::store::StoreError;
use super::{custody, log};
use crate::domain::{Event, Practice};
use crate::ledger::entry::{Hash, Record};
use crate::sync::wire::{Answer, Batch, Forked, Head};

/// A batch whose signature, form and chain are checked.
pub struct Incoming<'a> {
    /// The batch.
    pub batch: &'a Batch,
    /// The hash of each entry, worked out from its bytes.
    pub links: &'a [Hash],
    /// Digest of the batch.
    pub digest: Hash,
    /// When it came, wall milliseconds.
    pub received_ms: i64,
}

/// Whether the bytes that can be read agree with the addresses the batch gives them.
///
/// Bytes this program cannot read are stored all the same: they are the record, and a later program will read them.
///
/// # Errors
/// The first entry that says otherwise, in words.
pub fn check_addresses(batch: &Batch) -> Result<(), String> {
    for (payload, seq) in batch.payloads.iter().zip(batch.first_seq..) {
        let Ok(record) = Record::decode(payload) else { continue };
        if record.seq != seq || record.epoch != batch.epoch {
            return Err(format!(
                "the bytes of entry {seq} of epoch {} say that they are entry {} of epoch {}",
                batch.epoch, record.seq, record.epoch
            ));
        }
    }
    Ok(())
}

/// Stores what is new of a batch and gives the answer. Nothing that is held is ever changed.
///
/// # Errors
/// When the database fails; then nothing of the batch is stored.
pub fn take(
    tx: &Transaction<'_>,
    station: &Station,
    incoming: &Incoming<'_>,
    key: &SigningKey,
) -> Result<Answer, StoreError> {
    let (batch, links) = (incoming.batch, incoming.links);
    let mut place = None;
    if batch.first_seq > 1 {
        place = chain::find(tx, station.number, &batch.prev)?.filter(|p| p.head.seq + 1 == batch.first_seq);
        if place.is_none() {
            return Ok(Answer::Need(chain::held(tx, station.number, &[])?));
        }
    }
    let mut known = 0;
    for hash in links {
        let Some(found) = chain::find(tx, station.number, hash)? else { break };
        place = Some(found);
        known += 1;
    }
    if known < links.len() {
        place = Some(store(tx, station, incoming, place, known, key)?);
        custody::catch_up(tx, incoming.received_ms)?;
    }
    match place {
        Some(last) => answer(tx, station, last, key),
        None => Err(StoreError::Damaged("a batch without entries passed the checks".to_owned())),
    }
}

/// Stores the entries from index `known` on, which follow `place`.
fn store(
    tx: &Transaction<'_>,
    station: &Station,
    incoming: &Incoming<'_>,
    place: Option<Place>,
    known: usize,
    key: &SigningKey,
) -> Result<Place, StoreError> {
    let batch = incoming.batch;
    let last = Head { epoch: batch.epoch, seq: batch.last_seq(), hash: batch.last };
    let owner = (station.number, &station.id);
    let position = log::append(tx, owner, last, &incoming.digest, incoming.received_ms, key)?;
    let end = branch_behind(tx, station.number, incoming, place, known)?;
    let mut insert = tx.prepare_cached(
        "INSERT INTO event (station, branch, epoch, seq, prev, hash, payload, position)
         VALUES (?1, ?2, ?3, ?4, ?5, ?6, ?7, ?8)",
    )?;
    let mut prev = place.map_or(Hash::GENESIS, |place| place.head.hash);
    let new = batch.payloads.iter().zip(incoming.links).zip(batch.first_seq..).skip(known);
    for ((payload, hash), seq) in new {
        insert.execute(params![
            station.number,
            end.branch,
            batch.epoch,
            seq,
            prev.0,
            hash.0,
            payload,
            position
        ])?;
        prev = *hash;
    }
    tx.prepare_cached("UPDATE head SET epoch = ?3, seq = ?4, hash = ?5 WHERE station = ?1 AND branch = ?2")?
        .execute(params![station.number, end.branch, last.epoch, last.seq, last.hash.0])?;
    Ok(Place { branch: end.branch, head: last, position })
}

/// The branch in which the first new entry goes: the one that ends at `place`, or a new one.
fn branch_behind(
    tx: &Transaction<'_>,
    station: i64,
    incoming: &Incoming<'_>,
    place: Option<Place>,
    known: usize,
) -> Result<End, StoreError> {
    let ends = chain::ends(tx, station)?;
    let parent = place.and_then(|place| ends.iter().find(|end| end.branch == place.branch));
    if let (Some(parent), Some(place)) = (parent, place)
        && parent.head.seq == place.head.seq
    {
        return Ok(*parent);
    }
    let point = place.map_or(Head::NONE, |place| place.head);
    let end = End {
        branch: ends.iter().map(|end| end.branch).max().unwrap_or(0) + 1,
        base_branch: place.map(|place| place.branch),
        base_seq: point.seq,
        head: point,
        practice: match parent {
            Some(parent) => parent.practice,
            None => incoming.batch.payloads.get(known).and_then(|first| practice(first)),
        },
    };
    tx.execute(
        "INSERT INTO head (station, branch, base_branch, base_seq, epoch, seq, hash, practice)
         VALUES (?1, ?2, ?3, ?4, ?5, ?6, ?7, ?8)",
        params![
            station,
            end.branch,
            end.base_branch,
            end.base_seq,
            point.epoch,
            point.seq,
            point.hash.0,
            end.practice
        ],
    )?;
    if let Some(first) = ends.iter().find(|end| end.branch == parent.map_or(1, |parent| parent.branch)) {
        let other = chain::at(tx, station, &ends, first, point.seq + 1)?.unwrap_or(first.head);
        tx.execute(
            "INSERT INTO fork (station, branch, point_epoch, point_seq, point_hash, other_epoch, other_hash,
                new_hash, first_seen_ms)
             VALUES (?1, ?2, ?3, ?4, ?5, ?6, ?7, ?8, ?9)",
            params![
                station,
                end.branch,
                point.epoch,
                point.seq,
                point.hash.0,
                other.epoch,
                other.hash.0,
                incoming.links.get(known).map_or([0; 32], |hash| hash.0),
                incoming.received_ms
            ],
        )?;
        tracing::warn!(
            station = %incoming.batch.station, seq = point.seq + 1,
            "a second history of this station: both are kept"
        );
    }
    Ok(end)
}

/// A receipt, unless the history that ends with `last` parted from an earlier one without saying so: a station that knows
/// of the fork is in a higher epoch than the entry it parted from.
fn answer(
    tx: &Transaction<'_>,
    station: &Station,
    last: Place,
    key: &SigningKey,
) -> Result<Answer, StoreError> {
    let mut query = tx.prepare_cached(
        "SELECT point_epoch, point_seq, point_hash, other_epoch, point_seq + 1, other_hash FROM fork
         WHERE station = ?1 AND branch = ?2",
    )?;
    let fork = query
        .query_row(params![station.number, last.branch], |row| {
            let (point, other) = (chain::head_from(row, 0)?, chain::head_from(row, 3)?);
            Ok(Forked { point, other, held: last.head })
        })
        .optional()?;
    if let Some(fork) = fork
        && last.head.epoch <= fork.other.epoch
    {
        return Ok(Answer::Fork(fork));
    }
    Ok(Answer::Receipt(log::receipt(tx, &station.id, last.position, last.head, key)?))
}

fn practice(first: &[u8]) -> Option<i64> {
    match Record::decode(first).ok()?.event {
        Event::LedgerCreated(created) => Some(match created.practice {
            Practice::Live => 0,
            Practice::Exercise => 1,
        }),
        _ => None,
    }
}

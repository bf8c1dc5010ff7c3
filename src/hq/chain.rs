//! The histories held of a station. Branch 1 is the first; a fork adds another that leaves its parent behind some entry.

use rusqlite::{OptionalExtension, Row, Transaction, params};

use super::store::StoreError;
use crate::ledger::entry::Hash;
use crate::sync::wire::{Head, Held};

/// Where an entry is held.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Place {
    /// The branch that stores it.
    pub branch: i64,
    /// Its address and hash.
    pub head: Head,
    /// The log position of the batch that brought it.
    pub position: u64,
}

/// The end of a branch.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct End {
    /// The branch.
    pub branch: i64,
    /// The branch it leaves, if it leaves one.
    pub base_branch: Option<i64>,
    /// The number behind which it begins.
    pub base_seq: u64,
    /// Its last entry.
    pub head: Head,
    /// What its first entry says: 0 live, 1 exercise.
    pub practice: Option<i64>,
}

/// Finds an entry by its hash. The hash fixes the number as well: it stands for the whole chain before it.
///
/// # Errors
/// When the database cannot be read.
pub fn find(tx: &Transaction<'_>, station: i64, hash: &Hash) -> Result<Option<Place>, StoreError> {
    let mut query = tx.prepare_cached(
        "SELECT branch, epoch, seq, hash, position FROM event WHERE station = ?1 AND hash = ?2",
    )?;
    Ok(query
        .query_row(params![station, hash.0], |row| {
            Ok(Place { branch: row.get(0)?, head: head_from(row, 1)?, position: row.get(4)? })
        })
        .optional()?)
}

/// All branches of a station, the one that counts as current first: highest epoch, then the one held first.
///
/// # Errors
/// When the database cannot be read.
pub fn ends(tx: &Transaction<'_>, station: i64) -> Result<Vec<End>, StoreError> {
    let mut query = tx.prepare_cached(
        "SELECT branch, epoch, seq, hash, base_branch, base_seq, practice FROM head
         WHERE station = ?1 ORDER BY epoch DESC, branch",
    )?;
    let rows = query.query_map([station], |row| {
        Ok(End {
            branch: row.get(0)?,
            head: head_from(row, 1)?,
            base_branch: row.get(4)?,
            base_seq: row.get(5)?,
            practice: row.get(6)?,
        })
    })?;
    Ok(rows.collect::<Result<_, _>>()?)
}

/// The entry with number `seq` in the history that ends with `end`.
///
/// # Errors
/// When the database cannot be read.
pub fn at(
    tx: &Transaction<'_>,
    station: i64,
    ends: &[End],
    end: &End,
    seq: u64,
) -> Result<Option<Head>, StoreError> {
    let mut end = end;
    while seq <= end.base_seq {
        // Each parent was there before its child, so this ends.
        let Some(parent) = ends.iter().find(|parent| Some(parent.branch) == end.base_branch) else {
            return Ok(None);
        };
        end = parent;
    }
    let mut query = tx.prepare_cached(
        "SELECT epoch, seq, hash FROM event WHERE station = ?1 AND branch = ?2 AND seq = ?3",
    )?;
    Ok(query.query_row(params![station, end.branch, seq], |row| head_from(row, 0)).optional()?)
}

/// What to tell a station about what is held of it: the branch that holds one of the entries it names, else the
/// current one; with points ever further apart to compare.
///
/// # Errors
/// When the database cannot be read.
pub fn held(tx: &Transaction<'_>, station: i64, named: &[Hash]) -> Result<Held, StoreError> {
    let ends = ends(tx, station)?;
    let mut chosen = ends.first();
    for hash in named {
        if let Some(place) = find(tx, station, hash)? {
            chosen = ends.iter().find(|end| end.branch == place.branch).or(chosen);
            break;
        }
    }
    let Some(end) = chosen else { return Ok(Held { head: Head::NONE, points: Vec::new() }) };
    let mut points = Vec::new();
    let (mut seq, mut stride) = (end.head.seq, 0_u64);
    while seq > 0 {
        points.extend(at(tx, station, &ends, end, seq)?);
        stride = stride.saturating_mul(2).max(1);
        // The first entry is always among them: who shares that one need not send it again.
        seq = if seq == 1 { 0 } else { seq.saturating_sub(stride).max(1) };
    }
    Ok(Held { head: end.head, points })
}

/// Checks that each branch ends with an entry that is there.
///
/// # Errors
/// A branch that does not, or a database that cannot be read.
pub fn check_heads(tx: &Transaction<'_>) -> Result<(), StoreError> {
    let bad = tx
        .query_row(
            "SELECT s.id, h.branch, h.seq FROM head h JOIN station s ON s.number = h.station
             WHERE NOT EXISTS (SELECT 1 FROM event e WHERE e.station = h.station AND e.branch = h.branch
                 AND e.seq = h.seq AND e.hash = h.hash AND e.epoch = h.epoch)
             OR EXISTS (SELECT 1 FROM event e WHERE e.station = h.station AND e.branch = h.branch
                 AND e.seq > h.seq)",
            [],
            |row| Ok((row.get::<_, String>(0)?, row.get::<_, i64>(1)?, row.get::<_, u64>(2)?)),
        )
        .optional()?;
    match bad {
        None => Ok(()),
        Some((id, branch, seq)) => {
            let why = format!("history {branch} of station {id} does not end with entry {seq} as noted");
            Err(StoreError::Damaged(why))
        }
    }
}

/// Epoch, number and hash from three columns.
pub fn head_from(row: &Row<'_>, first: usize) -> rusqlite::Result<Head> {
    Ok(Head { epoch: row.get(first)?, seq: row.get(first + 1)?, hash: Hash(row.get(first + 2)?) })
}

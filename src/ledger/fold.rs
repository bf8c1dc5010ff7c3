//! Memory is the fold of the entries (I6); a kept fold only makes starting fast.

use rusqlite::{Connection, OptionalExtension};

use super::LedgerError;
use super::entry::Record;
use crate::domain::{Armoury, Seq};

/// The fold of all entries: from the snapshot where it fits the chain, else from the first entry.
pub(super) fn fold(connection: &Connection) -> Result<Armoury, LedgerError> {
    let mut armoury = snapshot(connection)?.unwrap_or_default();
    armoury.reindex();
    each_after(connection, armoury.head, |record| armoury.apply(record.seq, record.at, &record.event))?;
    Ok(armoury)
}

/// The kept fold, if it still belongs to this chain.
fn snapshot(connection: &Connection) -> Result<Option<Armoury>, LedgerError> {
    let row: Option<(Seq, Vec<u8>, Vec<u8>)> = connection
        .query_row(
            "SELECT s.seq, s.state, s.hash FROM snapshot s JOIN event e ON e.seq = s.seq AND e.hash = s.hash",
            [],
            |row| Ok((row.get(0)?, row.get(1)?, row.get(2)?)),
        )
        .optional()?;
    Ok(row.and_then(|(seq, state, _)| match serde_json::from_slice::<Armoury>(&state) {
        Ok(armoury) if armoury.head == seq => Some(armoury),
        // A snapshot is a convenience: one that cannot be read is as good as none.
        Ok(_) | Err(_) => None,
    }))
}

/// Hands over every entry after `seq`, decoded, in order.
pub(super) fn each_after(
    connection: &Connection,
    seq: Seq,
    mut take: impl FnMut(Record),
) -> Result<(), LedgerError> {
    let mut statement =
        connection.prepare_cached("SELECT seq, payload FROM event WHERE seq > ?1 ORDER BY seq")?;
    let mut rows = statement.query([seq])?;
    while let Some(row) = rows.next()? {
        let seq: Seq = row.get(0)?;
        let payload = row.get_ref(1)?.as_blob().map_err(rusqlite::Error::from)?;
        let record = Record::decode(payload)
            .map_err(|error| LedgerError::Broken { seq, what: format!("cannot be read: {error}") })?;
        take(record);
    }
    Ok(())
}

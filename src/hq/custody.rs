//! Who holds which weapon, over all stations; and where two stations say so at once.
//!
//! Worked out from the entries in the order in which they came; it may be thrown away and worked out again. Nothing is
//! refused for it: both entries stand, custody is disputed until only one of them is open (`ledger-and-sync.md` section 5).

use rusqlite::{OptionalExtension, Transaction, params};
use serde::Serialize;

use super::store::StoreError;
use crate::domain::moment::rfc3339;
use crate::domain::{DeskEvent, DeskKind, Event, Identifier, PersonId, StationId, Weapon, WeaponId};
use crate::ledger::entry::Record;

/// Somebody holds a weapon, as one station says.
#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
pub struct Held {
    /// What tells the weapon from every other, at every station.
    pub identity: String,
    /// Which station.
    pub station: StationId,
    /// The weapon's number there.
    pub weapon: WeaponId,
    /// Who.
    pub person: Option<PersonId>,
    /// The entry that issued it.
    pub seq: u64,
    /// When, by that station's clock, RFC 3339 in UTC.
    pub issued_at: String,
    /// Another station says that somebody else holds it.
    pub disputed: bool,
}

/// Two stations issued one weapon.
#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
pub struct Dispute {
    /// What tells the weapon from every other.
    pub identity: String,
    /// The station whose entry came first.
    pub station: StationId,
    /// That entry.
    pub seq: u64,
    /// The other station.
    pub other_station: StationId,
    /// Its entry.
    pub other_seq: u64,
    /// When headquarters saw it, RFC 3339 in UTC.
    pub seen_at: String,
    /// Both are still open.
    pub open: bool,
}

/// Follows every entry that came since it last did.
///
/// # Errors
/// When the database fails.
pub fn catch_up(tx: &Transaction<'_>, now_ms: i64) -> Result<(), StoreError> {
    let from: u64 = tx.query_row("SELECT position FROM custody_upto", [], |row| row.get(0))?;
    let mut query = tx.prepare_cached(
        "SELECT position, station, seq, payload FROM event WHERE position > ?1 ORDER BY position, branch, seq",
    )?;
    let mut rows = query.query([from])?;
    let mut upto = from;
    while let Some(row) = rows.next()? {
        upto = row.get(0)?;
        let payload = row.get_ref(3)?.as_blob().map_err(rusqlite::Error::from)?;
        // What this program cannot read it holds all the same; a later one follows it.
        if let Ok(record) = Record::decode(payload) {
            follow(tx, Place { station: row.get(1)?, seq: row.get(2)?, now_ms }, &record)?;
        }
    }
    tx.execute("UPDATE custody_upto SET position = ?1", [upto])?;
    Ok(())
}

/// Everything held by somebody, disputed first.
///
/// # Errors
/// When the database cannot be read.
pub fn held(tx: &Transaction<'_>) -> Result<Vec<Held>, StoreError> {
    let mut query = tx.prepare(
        "SELECT c.identity, s.id, c.weapon, c.person, c.seq, c.issued_ms,
            EXISTS (SELECT 1 FROM custody o WHERE o.identity = c.identity AND o.station <> c.station) AS disputed
         FROM custody c JOIN station s ON s.number = c.station
         ORDER BY disputed DESC, c.identity, s.id",
    )?;
    let rows = query.query_map([], |row| {
        Ok(Held {
            identity: row.get(0)?,
            station: StationId::new(row.get::<_, String>(1)?),
            weapon: WeaponId::new(row.get::<_, String>(2)?),
            person: row.get::<_, Option<String>>(3)?.map(PersonId::new),
            seq: row.get(4)?,
            issued_at: rfc3339(row.get(5)?),
            disputed: row.get(6)?,
        })
    })?;
    Ok(rows.collect::<Result<_, _>>()?)
}

/// Every dispute there ever was, open ones first.
///
/// # Errors
/// When the database cannot be read.
pub fn disputes(tx: &Transaction<'_>) -> Result<Vec<Dispute>, StoreError> {
    let mut query = tx.prepare(
        "SELECT d.identity, s.id, d.seq, o.id, d.other_seq, d.seen_ms,
            (SELECT count(*) FROM custody c WHERE (c.station = d.station AND c.seq = d.seq)
                OR (c.station = d.other_station AND c.seq = d.other_seq)) = 2 AS open
         FROM custody_dispute d JOIN station s ON s.number = d.station JOIN station o ON o.number = d.other_station
         ORDER BY open DESC, d.seen_ms, d.identity",
    )?;
    let rows = query.query_map([], |row| {
        Ok(Dispute {
            identity: row.get(0)?,
            station: StationId::new(row.get::<_, String>(1)?),
            seq: row.get(2)?,
            other_station: StationId::new(row.get::<_, String>(3)?),
            other_seq: row.get(4)?,
            seen_at: rfc3339(row.get(5)?),
            open: row.get(6)?,
        })
    })?;
    Ok(rows.collect::<Result<_, _>>()?)
}

/// Where an entry stands.
struct Place {
    station: i64,
    seq: u64,
    now_ms: i64,
}

fn follow(tx: &Transaction<'_>, place: Place, record: &Record) -> Result<(), StoreError> {
    match &record.event {
        Event::WeaponRegistered(weapon) => known_as(tx, place.station, weapon),
        Event::Desk(desk) => match (desk.kind, &desk.weapon) {
            (DeskKind::Issued, Some(weapon)) => issued(tx, &place, record.at.wall_ms, weapon, desk),
            (DeskKind::Returned, Some(weapon)) => {
                tx.prepare_cached("DELETE FROM custody WHERE station = ?1 AND weapon = ?2")?
                    .execute(params![place.station, weapon.as_str()])?;
                Ok(())
            }
            _ => Ok(()),
        },
        _ => Ok(()),
    }
}

/// A station's number for a weapon, and which weapon that is.
fn known_as(tx: &Transaction<'_>, station: i64, weapon: &Weapon) -> Result<(), StoreError> {
    let Some(identity) = identity(weapon) else { return Ok(()) };
    tx.prepare_cached("INSERT OR REPLACE INTO weapon_known (station, weapon, identity) VALUES (?1, ?2, ?3)")?
        .execute(params![station, weapon.id.as_str(), identity])?;
    Ok(())
}

fn issued(
    tx: &Transaction<'_>,
    place: &Place,
    wall_ms: i64,
    weapon: &WeaponId,
    desk: &DeskEvent,
) -> Result<(), StoreError> {
    let known: Option<String> = tx
        .prepare_cached("SELECT identity FROM weapon_known WHERE station = ?1 AND weapon = ?2")?
        .query_row(params![place.station, weapon.as_str()], |row| row.get(0))
        .optional()?;
    // A weapon of which no more than its number is known is that station's own.
    let identity = known.unwrap_or_else(|| format!("{}:{weapon}", place.station));
    tx.prepare_cached(
        "INSERT INTO custody_dispute (identity, station, seq, other_station, other_seq, seen_ms)
         SELECT identity, station, seq, ?2, ?3, ?4 FROM custody WHERE identity = ?1 AND station <> ?2
         ON CONFLICT DO NOTHING",
    )?
    .execute(params![identity, place.station, place.seq, place.now_ms])?;
    if tx.changes() > 0 {
        tracing::warn!(%weapon, "two stations say that they have issued this weapon: both entries are kept");
    }
    let person = desk.person.as_ref().map(PersonId::as_str);
    tx.prepare_cached(
        "INSERT OR REPLACE INTO custody (identity, station, weapon, person, seq, issued_ms)
         VALUES (?1, ?2, ?3, ?4, ?5, ?6)",
    )?
    .execute(params![identity, place.station, weapon.as_str(), person, place.seq, wall_ms])?;
    Ok(())
}

/// Maker, model, calibre, country and serial (armoury-practice W-2); where the serial is not known, the code of its tag.
fn identity(weapon: &Weapon) -> Option<String> {
    let plain = |text: &Option<String>| {
        let letters = text.as_deref().unwrap_or_default().chars().filter(|letter| letter.is_alphanumeric());
        letters.flat_map(char::to_uppercase).collect::<String>()
    };
    let serial = plain(&weapon.serial);
    let maker = [&weapon.maker, &weapon.model, &weapon.calibre, &weapon.country].map(plain);
    if !serial.is_empty() && maker.iter().any(|part| !part.is_empty()) {
        return Some(format!("{} {serial}", maker.join(" ")));
    }
    weapon.identifiers.iter().find_map(|identifier| match identifier {
        Identifier::Tag { epc, .. } => Some(format!("tag {}", crate::identity::epc::hex(epc))),
        Identifier::Mark { .. } => None,
    })
}

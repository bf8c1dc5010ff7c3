//! History by name: the entries of one weapon or person, the weapons a name leads to, and which entries a moment lies
//! between. Order is that of the numbers; a wall time is a claim, and where the clock jumped it fits more than one place
//!

use std::ops::RangeInclusive;

use rusqlite::{Connection, OptionalExtension, params};

use super::LedgerError;
use super::entry::Record;
use super::index::{self, DAY_MS};
use super::read::Reader;
use crate::domain::lead::LeadKind;
use crate::domain::{PersonId, Seq, WeaponId};

/// Most places a moment is looked for in; a clock that jumped more often says nothing about any of them.
pub const PLACES_MAX: usize = 16;

/// The indexed side of a ledger.
#[derive(Debug)]
pub struct History<'r> {
    connection: &'r Connection,
}

/// A weapon that a name leads to.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Found {
    /// Which.
    pub weapon: WeaponId,
    /// The entry that gave it that name first.
    pub first: Seq,
}

/// Where a moment lies among the entries.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Moments {
    /// The number of the last entry before it; more than one where the clock jumped, in the ledger's order. 0 is before
    /// the first entry.
    pub after: Vec<Seq>,
    /// There are more places than [`PLACES_MAX`].
    pub more: bool,
}

/// A run of entries that claim the same day.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
struct Run {
    first: Seq,
    last: Seq,
    day: i64,
}

impl Reader {
    /// History by name. The index tables are used as they lie in the file; a file without them gets them beside it, and
    /// that takes as long as reading every entry once.
    ///
    /// # Errors
    /// The store cannot be read, or holds what is no entry.
    pub fn history(&self) -> Result<History<'_>, LedgerError> {
        index::stand_in(&self.connection)?;
        Ok(History { connection: &self.connection })
    }
}

impl History<'_> {
    /// The last entry's number; 0 in a ledger without entries.
    ///
    /// # Errors
    /// The store cannot be read.
    pub fn head(&self) -> Result<Seq, LedgerError> {
        Ok(self.connection.query_row("SELECT coalesce(max(seq), 0) FROM event", [], |row| row.get(0))?)
    }

    /// The entry of that number.
    ///
    /// # Errors
    /// The store cannot be read, or holds what is no entry.
    pub fn record(&self, seq: Seq) -> Result<Option<Record>, LedgerError> {
        let mut statement = self.connection.prepare_cached("SELECT payload FROM event WHERE seq = ?1")?;
        let payload: Option<Vec<u8>> = statement.query_row([seq], |row| row.get(0)).optional()?;
        payload.map(|payload| decode(seq, &payload)).transpose()
    }

    /// The entries about a weapon among those numbers, in order.
    ///
    /// # Errors
    /// The store cannot be read, or holds what is no entry.
    pub fn of_weapon(
        &self,
        weapon: &WeaponId,
        among: RangeInclusive<Seq>,
        take: impl FnMut(Record),
    ) -> Result<(), LedgerError> {
        let from = "event_weapon i JOIN event e ON e.seq = i.seq WHERE i.weapon = ?1";
        self.listed(from, weapon.as_str(), among, take)
    }

    /// The entries about a person among those numbers, in order.
    ///
    /// # Errors
    /// The store cannot be read, or holds what is no entry.
    pub fn of_person(
        &self,
        person: &PersonId,
        among: RangeInclusive<Seq>,
        take: impl FnMut(Record),
    ) -> Result<(), LedgerError> {
        let from = "event_person i JOIN event e ON e.seq = i.seq WHERE i.person = ?1";
        self.listed(from, person.as_str(), among, take)
    }

    /// The entries with those numbers, in order.
    ///
    /// # Errors
    /// The store cannot be read, or holds what is no entry.
    pub fn each(&self, among: RangeInclusive<Seq>, take: impl FnMut(Record)) -> Result<(), LedgerError> {
        self.listed("event i WHERE ?1 = ''", "", among, take)
    }

    /// The number of the last entry about a weapon among those numbers.
    ///
    /// # Errors
    /// The store cannot be read.
    pub fn last_of_weapon(
        &self,
        weapon: &WeaponId,
        among: RangeInclusive<Seq>,
    ) -> Result<Option<Seq>, LedgerError> {
        let (least, most) = among.into_inner();
        Ok(self
            .connection
            .prepare_cached("SELECT max(seq) FROM event_weapon WHERE weapon = ?1 AND seq BETWEEN ?2 AND ?3")?
            .query_row(params![weapon.as_str(), least, most.min(SEQ_MAX)], |row| row.get(0))?)
    }

    /// Whether an entry among those numbers names the person.
    ///
    /// # Errors
    /// The store cannot be read.
    pub fn knows_person(&self, person: &PersonId, among: RangeInclusive<Seq>) -> Result<bool, LedgerError> {
        let (least, most) = among.into_inner();
        let mut statement = self
            .connection
            .prepare_cached("SELECT 1 FROM event_person WHERE person = ?1 AND seq BETWEEN ?2 AND ?3")?;
        Ok(statement.exists(params![person.as_str(), least, most.min(SEQ_MAX)])?)
    }

    /// The weapons that a name leads to, by number, at most `most`.
    ///
    /// # Errors
    /// The store cannot be read.
    pub fn led_to(&self, kind: LeadKind, form: &str, most: usize) -> Result<Vec<Found>, LedgerError> {
        let most = i64::try_from(most).unwrap_or(i64::MAX);
        let mut statement = self.connection.prepare_cached(
            "SELECT weapon, first FROM lead WHERE kind = ?1 AND form = ?2 ORDER BY weapon LIMIT ?3",
        )?;
        let rows = statement.query_map(params![kind as u8, form, most], |row| {
            let weapon: String = row.get(0)?;
            Ok(Found { weapon: WeaponId::new(weapon), first: row.get(1)? })
        })?;
        Ok(rows.collect::<Result<_, _>>()?)
    }

    /// Whether a name leads to this weapon.
    ///
    /// # Errors
    /// The store cannot be read.
    pub fn leads_to(&self, kind: LeadKind, form: &str, weapon: &WeaponId) -> Result<bool, LedgerError> {
        let mut statement = self
            .connection
            .prepare_cached("SELECT 1 FROM lead WHERE kind = ?1 AND form = ?2 AND weapon = ?3")?;
        Ok(statement.exists(params![kind as u8, form, weapon.as_str()])?)
    }

    /// Where the moment `wall_ms` lies: behind every entry that claims a time up to it and is followed by one that
    /// claims a later time, or by none.
    ///
    /// # Errors
    /// The store cannot be read, or holds what is no entry.
    pub fn moments(&self, wall_ms: i64) -> Result<Moments, LedgerError> {
        let day = wall_ms.div_euclid(DAY_MS);
        let mut after = Vec::new();
        // Before the first entry nothing was claimed: what comes later comes after it.
        let mut earlier = true;
        for run in self.runs()? {
            if run.day != day {
                let is_earlier = run.day < day;
                if earlier && !is_earlier {
                    after.push(run.first - 1);
                }
                earlier = is_earlier;
                continue;
            }
            self.each(run.first..=run.last, |record| {
                let is_earlier = record.at.wall_ms <= wall_ms;
                if earlier && !is_earlier {
                    after.push(record.seq - 1);
                }
                earlier = is_earlier;
            })?;
        }
        if earlier {
            after.push(self.head()?);
        }
        let more = after.len() > PLACES_MAX;
        // The newest places are those people ask for.
        let after = after.split_off(after.len().saturating_sub(PLACES_MAX));
        Ok(Moments { after, more })
    }

    /// The numbers of the entries that claim a day from `first` to `last` (days since 1970 in UTC), as spans in order,
    /// and how often the clock went back a day or more in the whole ledger.
    ///
    /// # Errors
    /// The store cannot be read.
    pub fn days(&self, first: i64, last: i64) -> Result<(Vec<RangeInclusive<Seq>>, usize), LedgerError> {
        let runs = self.runs()?;
        let back = runs.windows(2).filter(|two| two[1].day < two[0].day).count();
        let mut spans: Vec<RangeInclusive<Seq>> = Vec::new();
        for run in runs.into_iter().filter(|run| (first..=last).contains(&run.day)) {
            match spans.last_mut() {
                Some(span) if *span.end() + 1 == run.first => *span = *span.start()..=run.last,
                _ => spans.push(run.first..=run.last),
            }
        }
        Ok((spans, back))
    }

    fn runs(&self) -> Result<Vec<Run>, LedgerError> {
        let mut statement =
            self.connection.prepare_cached("SELECT first, day FROM clock_run ORDER BY first")?;
        let rows = statement.query_map([], |row| Ok((row.get(0)?, row.get(1)?)))?;
        let starts: Vec<(Seq, i64)> = rows.collect::<Result<_, _>>()?;
        let head = self.head()?;
        let last = |nth: usize| starts.get(nth + 1).map_or(head, |(next, _)| next - 1);
        Ok(starts
            .iter()
            .enumerate()
            .map(|(nth, (first, day))| Run { first: *first, last: last(nth), day: *day })
            .collect())
    }

    fn listed(
        &self,
        from: &str,
        key: &str,
        among: RangeInclusive<Seq>,
        mut take: impl FnMut(Record),
    ) -> Result<(), LedgerError> {
        let (least, most) = among.into_inner();
        let mut statement = self.connection.prepare_cached(&format!(
            "SELECT i.seq, payload FROM {from} AND i.seq BETWEEN ?2 AND ?3 ORDER BY i.seq"
        ))?;
        let mut rows = statement.query(params![key, least, most.min(SEQ_MAX)])?;
        while let Some(row) = rows.next()? {
            let payload = row.get_ref(1)?.as_blob().map_err(rusqlite::Error::from)?;
            take(decode(row.get(0)?, payload)?);
        }
        Ok(())
    }
}

/// The largest number SQLite can hold.
const SEQ_MAX: Seq = i64::MAX as Seq;

fn decode(seq: Seq, payload: &[u8]) -> Result<Record, LedgerError> {
    Record::decode(payload)
        .map_err(|error| LedgerError::Broken { seq, what: format!("cannot be read: {error}") })
}

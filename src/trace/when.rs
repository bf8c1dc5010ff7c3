//! Moments and days in words: what somebody types, and where that lies among the entries.

use jiff::civil::{Date, DateTime};
use jiff::tz::TimeZone;
use serde::Serialize;

use crate::domain::Seq;
use crate::domain::moment::rfc3339;
use crate::ledger::LedgerError;
use crate::ledger::history::History;

/// A period of days, both included. Either end may be open.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default)]
pub struct Period {
    /// First day.
    pub from: Option<Date>,
    /// Last day.
    pub to: Option<Date>,
}

/// Where a moment lies.
#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
pub struct At {
    /// The moment asked for.
    pub moment: String,
    /// The number of the last entry before it, one for each place the clock's claims allow; more than one where the
    /// clock jumped.
    pub after: Vec<Seq>,
    /// Said where the place is in doubt.
    pub doubt: Option<String>,
}

/// Reads a day, `2026-05-14`.
///
/// # Errors
/// It is none.
pub fn day(text: &str) -> Result<Date, String> {
    text.parse().map_err(|_| format!("{text:?} is no day: write year-month-day, such as 2026-05-14"))
}

/// Reads a moment in wall milliseconds: with a zone (`2026-05-14T09:00:00Z`, `+02:00`), else by the station's own
/// clock on the wall; a day alone is its end.
///
/// # Errors
/// It is none.
pub fn moment(text: &str, zone: &TimeZone) -> Result<i64, String> {
    let wrong = || {
        format!("{text:?} is no moment: write 2026-05-14T09:00, with Z or an offset where it is not local")
    };
    if let Ok(stamp) = text.parse::<jiff::Timestamp>() {
        return Ok(stamp.as_millisecond());
    }
    let civil: DateTime = match text.parse::<Date>() {
        Ok(day) if text.len() <= 10 => day.at(23, 59, 59, 999_000_000),
        _ => text.parse().map_err(|_| wrong())?,
    };
    let zoned = civil.to_zoned(zone.clone()).map_err(|_| wrong())?;
    Ok(zoned.timestamp().as_millisecond())
}

/// Finds the moment `wall_ms` among the entries.
///
/// # Errors
/// The store cannot be read.
pub fn place(history: &History<'_>, wall_ms: i64) -> Result<At, LedgerError> {
    let found = history.moments(wall_ms)?;
    let doubt = match (found.after.first(), found.after.last()) {
        (Some(first), Some(last)) if first != last => Some(format!(
            "the clock jumped: by what it claimed, the moment lies behind {} entries between {first} and {last}{}",
            found.after.len(),
            if found.more { ", and behind earlier ones" } else { "" },
        )),
        _ => None,
    };
    Ok(At { moment: rfc3339(wall_ms), after: found.after, doubt })
}

impl Period {
    /// Whether the day lies in it; a day nobody knows does not.
    pub fn covers(self, day: Option<Date>) -> bool {
        day.is_some_and(|day| self.from.is_none_or(|from| from <= day) && self.to.is_none_or(|to| day <= to))
    }

    /// Whether nothing was said of it.
    pub fn is_open(self) -> bool {
        self.from.is_none() && self.to.is_none()
    }

    /// In words.
    pub fn words(self) -> String {
        match (self.from, self.to) {
            (None, None) => "the whole ledger".to_owned(),
            (Some(from), None) => format!("from {from}"),
            (None, Some(to)) => format!("to {to}"),
            (Some(from), Some(to)) => format!("{from} to {to}"),
        }
    }

    /// The numbers of the entries that may belong to it, as spans in order, a day more at both ends for every time
    /// zone; and how often the clock went back a day or more.
    ///
    /// # Errors
    /// The store cannot be read.
    pub fn spans(
        self,
        history: &History<'_>,
    ) -> Result<(Vec<std::ops::RangeInclusive<Seq>>, usize), LedgerError> {
        let number = |day: Date| i64::from((day - jiff::civil::date(1970, 1, 1)).get_days());
        let first = self.from.map_or(i64::MIN, |day| number(day) - 1);
        let last = self.to.map_or(i64::MAX, |day| number(day) + 1);
        history.days(first, last)
    }
}

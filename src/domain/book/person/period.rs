//! From a day to a day, both included: roles, passes and authorisations are held for a period.

use jiff::civil::Date;
use minicbor::{Decode, Encode};
use serde::{Deserialize, Serialize};

use crate::domain::moment::{Moment, date_text};

/// A period of whole days at the station; an end that is absent is open.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default, Serialize, Deserialize, Encode, Decode)]
#[cbor(map)]
#[serde(deny_unknown_fields, default)]
pub struct Period {
    /// First day.
    #[n(0)]
    #[cbor(with = "date_text", has_nil)]
    pub from: Option<Date>,
    /// Last day, that day included.
    #[n(1)]
    #[cbor(with = "date_text", has_nil)]
    pub until: Option<Date>,
}

/// Where a moment lies, seen from a period.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum When {
    /// The period has not begun.
    Ahead,
    /// It runs.
    Now,
    /// It has ended.
    Over,
}

impl Period {
    /// How things stand at `now`. A wall clock outside the calendar proves nothing: it ends no period and holds none
    /// up.
    pub fn at(self, now: Moment) -> When {
        let Some(today) = now.day() else { return When::Now };
        if self.until.is_some_and(|last| today > last) {
            return When::Over;
        }
        if self.from.is_some_and(|first| today < first) { When::Ahead } else { When::Now }
    }

    /// Whether it runs at `now`.
    pub fn runs(self, now: Moment) -> bool {
        self.at(now) == When::Now
    }

    /// Whether it has any day at all.
    pub fn is_possible(self) -> bool {
        !matches!((self.from, self.until), (Some(from), Some(until)) if until < from)
    }

    /// Days from its beginning, or from `today`, to its end, both included; none where it has no end.
    pub fn days(self, today: Option<Date>) -> Option<i32> {
        let from = self.from.or(today)?;
        let span = self.until?.since(from).ok()?;
        Some(span.get_days().saturating_add(1))
    }
}

impl std::fmt::Display for Period {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        match (self.from, self.until) {
            (None, None) => f.write_str("without end"),
            (Some(from), None) => write!(f, "from {from}"),
            (None, Some(until)) => write!(f, "until {until}"),
            (Some(from), Some(until)) => write!(f, "{from} to {until}"),
        }
    }
}

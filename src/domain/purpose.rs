//! What a weapon is drawn for, for how long, and on which paper (armoury-practice I-2, I-8).

use minicbor::{Decode, Encode};
use serde::{Deserialize, Serialize};

use super::moment::Moment;
use super::policy::Policy;

/// Milliseconds in an hour.
pub const HOUR_MS: i64 = 3_600_000;

/// Hours in a day, the longest a draw "until the end of the day" can last.
const DAY_HOURS: u32 = 24;

/// Most hours a draw may be set to last: ten years.
const HOURS_MAX: u32 = 87_600;

/// Why a weapon leaves (I-8).
#[derive(
    Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Default, Serialize, Deserialize, Encode, Decode,
)]
#[serde(rename_all = "snake_case")]
#[cbor(index_only)]
pub enum Purpose {
    /// Service: guard, patrol, training.
    #[default]
    #[n(0)]
    Duty,
    /// A day at the range.
    #[n(1)]
    Range,
    /// To a workshop.
    #[n(2)]
    Repair,
    /// To a court, as an exhibit.
    #[n(3)]
    Court,
    /// To another unit for a while.
    #[n(4)]
    Loan,
    /// Emergency issue: list first, sign later (I-7).
    #[n(5)]
    StandTo,
}

impl Purpose {
    /// Those that can be chosen at the desk; a stand-to is started, not chosen.
    pub const CHOICES: [Self; 5] = [Self::Duty, Self::Range, Self::Repair, Self::Court, Self::Loan];

    /// The word used in files, entries' exports and on the command line.
    pub fn word(self) -> &'static str {
        match self {
            Self::Duty => "duty",
            Self::Range => "range",
            Self::Repair => "repair",
            Self::Court => "court",
            Self::Loan => "loan",
            Self::StandTo => "stand_to",
        }
    }

    /// The purpose of that word.
    pub fn from_word(word: &str) -> Option<Self> {
        Self::CHOICES.into_iter().chain([Self::StandTo]).find(|purpose| purpose.word() == word)
    }

    /// For how long it is drawn by these rules.
    pub fn length(self, policy: &Policy) -> Length {
        match self {
            Self::Duty if policy.duty_until == Length::Open => Length::of_hours(policy.loan_hours),
            Self::Duty => policy.duty_until,
            Self::Range => policy.range_due,
            Self::Repair => policy.repair_due,
            Self::Court => policy.court_due,
            Self::Loan => policy.loan_due,
            Self::StandTo => Length::of_hours(policy.stand_to_hours),
        }
    }

    /// On which paper a draw of that length is written: the card for a day, the hand receipt for longer. A draw for
    /// service without an end stays on the card on its slot.
    pub fn paper(self, length: Length, policy: &Policy) -> Paper {
        let card = match length {
            Length::Open => matches!(self, Self::Duty | Self::StandTo),
            Length::Hours(hours) => hours <= policy.card_hours,
            Length::Until(_) => policy.card_hours >= DAY_HOURS,
        };
        if card { Paper::Card } else { Paper::HandReceipt }
    }
}

/// What custody is written on (I-2).
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize, Encode, Decode)]
#[serde(rename_all = "snake_case")]
#[cbor(index_only)]
pub enum Paper {
    /// The weapon card on the empty slot, one serial each (DA Form 3749).
    #[n(0)]
    Card,
    /// A signed list with a return date (DA Form 2062).
    #[n(1)]
    HandReceipt,
}

impl Paper {
    /// The word used in exports and on screens.
    pub fn word(self) -> &'static str {
        match self {
            Self::Card => "card",
            Self::HandReceipt => "hand_receipt",
        }
    }

    /// The same for people.
    pub fn title(self) -> &'static str {
        match self {
            Self::Card => "weapon card",
            Self::HandReceipt => "hand receipt",
        }
    }
}

/// For how long something is drawn. As text: `"12 h"`, `"18:00"` for the end of the day, `"open"` for no set time.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default, Serialize, Deserialize, Encode, Decode)]
#[serde(try_from = "String", into = "String")]
pub enum Length {
    /// No time is set.
    #[default]
    #[n(0)]
    Open,
    /// So many hours.
    #[n(1)]
    Hours(#[n(0)] u32),
    /// Until this minute of the day at the station; of the next day where it has passed.
    #[n(2)]
    Until(#[n(0)] u16),
}

/// A text that is no length.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
#[error("{0:?} is no time: write \"12 h\", a time of day such as \"18:00\", or \"open\"")]
pub struct NoLength(pub String);

impl Length {
    /// So many hours; none is no set time.
    pub fn of_hours(hours: u32) -> Self {
        if hours == 0 { Self::Open } else { Self::Hours(hours) }
    }

    /// When something drawn at `now` is due back, wall milliseconds; none where no time is set, or the clock is outside
    /// the calendar.
    pub fn due_wall_ms(self, now: Moment) -> Option<i64> {
        match self {
            Self::Open => None,
            Self::Hours(hours) => Some(now.wall_ms.saturating_add(i64::from(hours).saturating_mul(HOUR_MS))),
            Self::Until(minute) => {
                let stamp = jiff::Timestamp::from_millisecond(now.wall_ms).ok()?;
                let offset = jiff::tz::Offset::from_seconds(now.utc_offset_s).ok()?;
                let here = offset.to_datetime(stamp);
                let time = jiff::civil::time((minute / 60) as i8, (minute % 60) as i8, 0, 0);
                let today = here.date().to_datetime(time);
                let due = if today > here { today } else { here.date().tomorrow().ok()?.to_datetime(time) };
                Some(offset.to_timestamp(due).ok()?.as_millisecond())
            }
        }
    }
}

impl TryFrom<String> for Length {
    type Error = NoLength;

    fn try_from(text: String) -> Result<Self, NoLength> {
        let length = || {
            if text == "open" {
                return Some(Self::Open);
            }
            if let Some(hours) = text.strip_suffix('h') {
                let hours: u32 = hours.trim().parse().ok()?;
                return (1..=HOURS_MAX).contains(&hours).then_some(Self::Hours(hours));
            }
            let (hour, minute) = text.split_once(':')?;
            let two = |digits: &str| digits.len() == 2 && digits.bytes().all(|byte| byte.is_ascii_digit());
            let (hour, minute) = (two(hour).then_some(hour)?, two(minute).then_some(minute)?);
            let (hour, minute): (u16, u16) = (hour.parse().ok()?, minute.parse().ok()?);
            (hour < 24 && minute < 60).then_some(Self::Until(hour * 60 + minute))
        };
        length().ok_or(NoLength(text))
    }
}

impl From<Length> for String {
    fn from(length: Length) -> Self {
        match length {
            Length::Open => "open".into(),
            Length::Hours(hours) => format!("{hours} h"),
            Length::Until(minute) => format!("{:02}:{:02}", minute / 60, minute % 60),
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    /// 2026-05-14T09:00:00Z.
    const MORNING_MS: i64 = 1_778_749_200_000;

    #[test]
    fn the_end_of_the_day_is_today_or_tomorrow_at_the_stations_own_time() {
        let until = Length::Until(18 * 60);
        let now = Moment::at(0, MORNING_MS);
        assert_eq!(until.due_wall_ms(now), Some(MORNING_MS + 9 * HOUR_MS));
        let evening = Moment::at(0, MORNING_MS + 9 * HOUR_MS);
        assert_eq!(until.due_wall_ms(evening), Some(MORNING_MS + 33 * HOUR_MS));
        let east = Moment { utc_offset_s: 8 * 3_600, ..now };
        assert_eq!(until.due_wall_ms(east), Some(MORNING_MS + HOUR_MS));
        assert_eq!(until.due_wall_ms(Moment::at(0, i64::MAX)), None);
    }

    #[test]
    fn a_length_is_read_as_it_is_written_and_nothing_else() {
        for text in ["open", "12 h", "87600 h", "18:00", "00:00", "23:59"] {
            let length = Length::try_from(text.to_owned()).expect("a length");
            assert_eq!(String::from(length), text);
        }
        for text in
            ["", "0 h", "87601 h", "24:00", "18:60", "6:00", "-1:00", "+1:00", "12", "h", "::", "12 d"]
        {
            assert!(Length::try_from(text.to_owned()).is_err(), "{text:?}");
        }
    }
}

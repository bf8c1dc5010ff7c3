//! When something happened, as far as the station knows.
//!
//! Order comes from the ledger's numbers, never from here: a Pi starts without the right time and clocks jump
//! (`ledger-and-sync.md`, I15). A moment is a claim with its quality beside it.

use minicbor::{Decode, Encode};
use serde::{Deserialize, Serialize};

/// One instant: a counter that only runs forward, and the wall clock's claim.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize, Encode, Decode)]
#[cbor(map)]
pub struct Moment {
    /// Random number of this boot; counters of different boots do not compare.
    #[n(0)]
    #[cbor(with = "minicbor::bytes")]
    pub boot_id: [u8; 16],
    /// Milliseconds since boot, sleep included.
    #[n(1)]
    pub mono_ms: u64,
    /// Milliseconds since 1970 UTC by the wall clock.
    #[n(2)]
    pub wall_ms: i64,
    /// How far `wall_ms` can be believed.
    #[n(3)]
    pub quality: ClockQuality,
    /// How far the station's civil time was ahead of UTC, seconds: an authorisation ends with the day on its wall.
    #[n(4)]
    #[serde(default)]
    pub utc_offset_s: i32,
}

/// Where the wall clock last got its time from (`ledger-and-sync.md`, clock fields).
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Serialize, Deserialize, Encode, Decode)]
#[serde(rename_all = "snake_case")]
#[cbor(index_only)]
pub enum ClockQuality {
    /// Nothing vouches for it.
    #[n(0)]
    None,
    /// A person set it.
    #[n(1)]
    ByHand,
    /// A battery-backed clock chip.
    #[n(2)]
    Rtc,
    /// Headquarters' clock, over TLS.
    #[n(3)]
    Headquarters,
    /// A satellite receiver.
    #[n(4)]
    Gnss,
    /// The network's time servers.
    #[n(5)]
    Ntp,
}

impl ClockQuality {
    /// The word used in exports.
    pub fn word(self) -> &'static str {
        match self {
            Self::None => "none",
            Self::ByHand => "by_hand",
            Self::Rtc => "rtc",
            Self::Headquarters => "headquarters",
            Self::Gnss => "gnss",
            Self::Ntp => "ntp",
        }
    }
}

impl Moment {
    /// A moment for tests and replays: milliseconds on both clocks, boot 0.
    pub fn at(mono_ms: u64, wall_ms: i64) -> Self {
        Self { boot_id: [0; 16], mono_ms, wall_ms, quality: ClockQuality::Ntp, utc_offset_s: 0 }
    }

    /// Wall time as RFC 3339 in UTC with milliseconds; a time outside the calendar is shown as its number.
    pub fn rfc3339(&self) -> String {
        rfc3339(self.wall_ms)
    }

    /// The calendar day at the station.
    pub fn day(&self) -> Option<jiff::civil::Date> {
        let stamp = jiff::Timestamp::from_millisecond(self.wall_ms).ok()?;
        let offset = jiff::tz::Offset::from_seconds(self.utc_offset_s).ok()?;
        Some(offset.to_datetime(stamp).date())
    }
}

/// Wall milliseconds as RFC 3339 in UTC.
pub fn rfc3339(wall_ms: i64) -> String {
    jiff::Timestamp::from_millisecond(wall_ms)
        .map(|stamp| format!("{stamp:.3}"))
        .unwrap_or_else(|_| format!("{wall_ms} ms"))
}

/// A civil date inside CBOR: ISO text, so that it can be read in 30 years without a table.
pub mod date_text {
    use jiff::civil::Date;
    use minicbor::decode::Error as DecodeError;
    use minicbor::encode::{Error as EncodeError, Write};
    use minicbor::{Decoder, Encoder};

    /// Writes `2026-05-14`.
    pub fn encode<C, W: Write>(
        date: &Option<Date>,
        e: &mut Encoder<W>,
        _: &mut C,
    ) -> Result<(), EncodeError<W::Error>> {
        match date {
            Some(date) => e.str(&date.to_string())?.ok(),
            None => e.null()?.ok(),
        }
    }

    /// Reads what [`encode`] writes.
    pub fn decode<C>(d: &mut Decoder<'_>, _: &mut C) -> Result<Option<Date>, DecodeError> {
        if d.datatype()? == minicbor::data::Type::Null {
            d.null()?;
            return Ok(None);
        }
        let text = d.str()?;
        text.parse().map(Some).map_err(|_| DecodeError::message("not a date"))
    }

    /// An absent date is left out of the map.
    pub fn is_nil(date: &Option<Date>) -> bool {
        date.is_none()
    }

    /// What an absent key means.
    pub fn nil() -> Option<Option<Date>> {
        Some(None)
    }
}

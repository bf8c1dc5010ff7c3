//! `armoury clock`: what time it is here, how far that can be believed, and setting it by hand.

use clap::{Args, Subcommand};
use serde_json::json;

use super::act::{Asking, Signed};
use super::place::Place;
use super::{Failure, exit, say};
use crate::domain::book::Act;
use crate::domain::book::clock::Act as ClockAct;
use crate::domain::moment::rfc3339;
use crate::station::clock::Clock;

/// What can be done with the clock
#[derive(Debug, Subcommand)]
pub enum ClockCommand {
    /// Set it by hand: what it said before and after is entered
    Set(Set),
    /// Show it
    Show(Show),
}

/// A time
#[derive(Debug, Args)]
pub struct Set {
    /// 2026-05-14T09:00:00Z, or 2026-05-14T11:00 by the clock on the wall
    time: String,
    #[command(flatten)]
    signed: Signed,
}

/// How to show it
#[derive(Debug, Args)]
pub struct Show {
    #[command(flatten)]
    place: Place,
    /// One JSON object
    #[arg(long)]
    json: bool,
}

impl ClockCommand {
    /// What it asks of the book; the rest only looks.
    pub(super) fn asking(self) -> Result<Result<Asking, Show>, Failure> {
        match self {
            Self::Set(Set { time, signed }) => {
                let act = ClockAct::Set { wall_ms: wall_ms(&time)?, system: false };
                Ok(Ok(Asking { act: Act::Clock(act), signed }))
            }
            Self::Show(show) => Ok(Err(show)),
        }
    }

    pub(super) fn carry_out(self) -> Result<u8, Failure> {
        match self.asking()? {
            Ok(asking) => asking.carry_out(),
            Err(show) => show.carry_out(),
        }
    }
}

impl Show {
    fn carry_out(self) -> Result<u8, Failure> {
        let armoury = self.place.reader()?.armoury()?;
        let clock = Clock::new();
        clock.follow(&armoury);
        let now = clock.now();
        let last = armoury.rooms.clock.last;
        if self.json {
            say(json!({ "now": now.rfc3339(), "quality": now.quality.word(), "set_by_hand": last }));
            return Ok(exit::DONE);
        }
        say(format!("{}  vouched for by: {}", now.rfc3339(), now.quality.word()));
        if let Some(last) = last {
            let (before, after) = (rfc3339(last.before_ms), rfc3339(last.after_ms));
            say(format!("set by hand from {before} to {after} by entry {}", last.seq));
            if last.ahead_ms != 0 {
                say(format!(
                    "the system's clock was left as it is: the station goes by its own, {} ms away, until the system starts anew",
                    last.ahead_ms
                ));
            }
        }
        Ok(exit::DONE)
    }
}

/// A time as people write it, in wall milliseconds.
fn wall_ms(text: &str) -> Result<i64, Failure> {
    let stamp = text.parse::<jiff::Timestamp>().or_else(|error| {
        let civil: jiff::civil::DateTime = text.parse().map_err(|_| error)?;
        civil.to_zoned(jiff::tz::TimeZone::system()).map(|zoned| zoned.timestamp())
    });
    stamp.map(jiff::Timestamp::as_millisecond).map_err(|_| {
        Failure::usage(format!(
            "read the time {text:?}: write 2026-05-14T09:00:00Z, or 2026-05-14T11:00 by the wall"
        ))
    })
}

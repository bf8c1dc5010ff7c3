//! `armoury day`: opening and closing of the day.

use clap::{Args, Subcommand};
use serde_json::json;

use super::act::{Asking, Signed};
use super::place::Place;
use super::{Failure, exit, say};
use crate::domain::book::Act;
use crate::domain::book::day;
use crate::domain::moment::rfc3339;
use crate::domain::{Custody, Moment};
use crate::station::clock::Clock;

/// What can be done with the day
#[derive(Debug, Subcommand)]
pub enum DayCommand {
    /// Open the day: the room is as it was left, or says how not
    Open(Open),
    /// Close the day: every movement is reconciled
    Close(Close),
    /// Show the day: whether it is open, what is expected back, what keeps it open
    Show(Show),
}

/// An opening
#[derive(Debug, Args)]
pub struct Open {
    /// How room, seals and locks differ from how they were left
    #[arg(long, value_name = "TEXT")]
    differs: Option<String>,
    #[command(flatten)]
    signed: Signed,
}

/// A closing
#[derive(Debug, Args)]
pub struct Close {
    #[command(flatten)]
    signed: Signed,
}

/// What to show
#[derive(Debug, Args)]
pub struct Show {
    #[command(flatten)]
    place: Place,
    /// One JSON object
    #[arg(long)]
    json: bool,
}

impl DayCommand {
    /// What it asks of the book; the rest only looks.
    pub(super) fn asking(self) -> Result<Asking, Show> {
        let (act, signed) = match self {
            Self::Open(Open { differs, signed }) => (day::Act::Open { differs }, signed),
            Self::Close(Close { signed }) => (day::Act::Close {}, signed),
            Self::Show(show) => return Err(show),
        };
        Ok(Asking { act: Act::Day(act), signed })
    }

    pub(super) fn carry_out(self) -> Result<u8, Failure> {
        match self.asking() {
            Ok(asking) => asking.carry_out(),
            Err(show) => show.carry_out(),
        }
    }
}

impl Show {
    fn carry_out(self) -> Result<u8, Failure> {
        let armoury = self.place.reader()?.armoury()?;
        let now: Moment = Clock::new().now();
        let state = &armoury.rooms.day;
        let open = day::unreconciled(&armoury, now);
        let expected: Vec<_> = armoury.weapons().filter(|holding| day::is_expected(holding, now)).collect();
        if self.json {
            let ids: Vec<_> = expected.iter().map(|holding| &holding.weapon.id).collect();
            say(json!({
                "open": state.open, "last_closing": state.closed, "expected": ids, "unreconciled": open,
            }));
            return Ok(exit::DONE);
        }
        match (&state.open, &state.closed) {
            (Some(day), _) => say(format!("open since {} (entry {})", rfc3339(day.wall_ms), day.seq)),
            (None, Some(last)) => say(format!("closed {} (entry {})", rfc3339(last.wall_ms), last.seq)),
            (None, None) => say("no day was opened yet"),
        }
        for holding in expected {
            if let Custody::Out { to, due_wall_ms: Some(due), .. } = &holding.custody {
                say(format!("  expected {:<10} from {to} by {}", holding.weapon.id, rfc3339(*due)));
            }
        }
        for what in open {
            say(format!("  open     {what}"));
        }
        Ok(exit::DONE)
    }
}

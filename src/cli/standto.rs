//! `armoury standto`: emergency issue. One authority starts it, list first, sign later (`armoury loan sign`).

use clap::{Args, Subcommand};
use serde_json::json;

use super::act::{Asking, Signed};
use super::place::Place;
use super::{Failure, exit, say};
use crate::domain::book::Act;
use crate::domain::book::standto::{self, Running};
use crate::domain::moment::rfc3339;

/// What can be done with a stand-to
#[derive(Debug, Subcommand)]
pub enum StandToCommand {
    /// Start one; whoever starts it answers for it
    Start(Start),
    /// End it, when everything that left is signed for or back
    End(End),
    /// Show what left in it
    Show(Show),
}

/// A start
#[derive(Debug, Args)]
pub struct Start {
    #[command(flatten)]
    signed: Signed,
}

/// An end
#[derive(Debug, Args)]
pub struct End {
    /// What is neither signed for nor back is handed up as a discrepancy
    #[arg(long)]
    hand_up: bool,
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

impl StandToCommand {
    /// What it asks of the book; the rest only looks.
    pub(super) fn asking(self) -> Result<Asking, Show> {
        let (act, signed) = match self {
            Self::Start(Start { signed }) => (standto::Act::Start {}, signed),
            Self::End(End { hand_up, signed }) => (standto::Act::End { hand_up }, signed),
            Self::Show(show) => return Err(show),
        };
        Ok(Asking { act: Act::StandTo(act), signed })
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
        let running = &armoury.rooms.standto.running;
        if self.json {
            say(json!({ "stand_to": running }));
            return Ok(exit::DONE);
        }
        let Some(running) = running else {
            say("no stand-to lasts");
            return Ok(exit::DONE);
        };
        let Running { seq, authority, until_wall_ms, left, .. } = running;
        say(format!(
            "stand-to since entry {seq}, {authority} answers for it, to be reconciled by {}: {} left, {} open",
            rfc3339(*until_wall_ms),
            left.len(),
            running.open().count()
        ));
        for (weapon, left) in left {
            let how = match (left.back, left.to_sign) {
                (true, _) => "back",
                (false, true) => "to be signed",
                (false, false) => "signed for",
            };
            say(format!("{weapon:<10} entry {:<8} {how}", left.seq));
        }
        Ok(exit::DONE)
    }
}

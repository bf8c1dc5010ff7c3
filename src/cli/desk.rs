//! `armoury desk`: what can be done at the hatch where no device reads: a weapon typed, a purpose chosen.

use clap::{Args, Subcommand};
use serde_json::Value;

use super::act::Signed;
use super::loan::purpose;
use super::{Failure, exit, say};
use crate::domain::{Mode, PersonId, Purpose, WeaponId};
use crate::station::protocol::{Ask, Presented};

/// What can be done at the desk by hand
#[derive(Debug, Subcommand)]
pub enum DeskCommand {
    /// Issue a weapon that no device reads; the entry says that it was typed
    Issue(Typed),
    /// Take a weapon in that no device reads; the entry says that it was typed
    Return(Typed),
    /// What the next draws are for: duty, range, repair, court, loan
    Purpose(Choose),
}

/// A weapon by hand
#[derive(Debug, Args)]
pub struct Typed {
    /// Its number in the book
    #[arg(long, conflicts_with = "serial", required_unless_present = "serial")]
    id: Option<String>,
    /// Its serial as marked
    #[arg(long)]
    serial: Option<String>,
    /// Who draws or brings it
    #[arg(long)]
    person: Option<String>,
    /// What for: duty, range, repair, court, loan
    #[arg(long = "for", value_name = "PURPOSE", default_value = "duty", value_parser = purpose)]
    purpose: Purpose,
    #[command(flatten)]
    signed: Signed,
}

/// A choice
#[derive(Debug, Args)]
pub struct Choose {
    /// duty, range, repair, court, loan
    #[arg(value_parser = purpose)]
    purpose: Purpose,
    /// At which lane; left out, the one of everything that is in none
    #[arg(long, default_value = "")]
    lane: String,
    #[command(flatten)]
    place: super::place::Place,
}

impl DeskCommand {
    /// What it asks of the station, and where.
    ///
    /// # Errors
    /// A PIN cannot be read from where it was said to be.
    pub(super) fn ask(&self) -> Result<Ask, Failure> {
        Ok(match self {
            Self::Issue(typed) => typed.ask(Mode::Issue)?,
            Self::Return(typed) => typed.ask(Mode::Return)?,
            Self::Purpose(choose) => Ask::Choose { purpose: choose.purpose, lane: choose.lane.clone() },
        })
    }

    pub(super) fn carry_out(self) -> Result<u8, Failure> {
        let ask = self.ask()?;
        match &self {
            Self::Issue(typed) | Self::Return(typed) => {
                let outcome = typed.signed.place().change(ask)?;
                if typed.signed.json() {
                    say(&outcome);
                }
                told(&outcome, typed.signed.json())
            }
            Self::Purpose(choose) => {
                choose.place.ask(ask)?;
                say(format!("the next draws are for: {}", choose.purpose.word()));
                Ok(exit::DONE)
            }
        }
    }
}

impl Typed {
    fn ask(&self, mode: Mode) -> Result<Ask, Failure> {
        Ok(Ask::Present(Box::new(Presented {
            mode,
            weapon: self.id.clone().map(WeaponId::new),
            serial: self.serial.clone(),
            person: self.person.clone().map(PersonId::new),
            purpose: self.purpose,
            sign: self.signed.sign()?,
        })))
    }
}

/// Says what the desk answered: a no is entered too, and is a no.
fn told(outcome: &Value, quiet: bool) -> Result<u8, Failure> {
    let text = |key: &str| outcome[key].as_str().unwrap_or_default().to_owned();
    let number = outcome["first"].as_u64().unwrap_or_default();
    let done = matches!(outcome["kind"].as_str(), Some("issued" | "returned") | None);
    if !done {
        let why = [text("verdict"), text("why"), text("now")].join(" ");
        return Err(Failure::refused(format!("let it pass, entered as number {number}: {}", why.trim())));
    }
    if !quiet {
        let line = [text("verdict"), text("weapon"), text("person"), text("why")].join(" ");
        say(format!("entered as number {number}: {}", line.trim()));
    }
    Ok(exit::DONE)
}

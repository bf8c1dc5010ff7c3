//! Commands that ask the book for an act: who signs, how the answer is told. Every such command becomes an
//! [`Act`] first, so that a scenario can be written in the words of the command line.

use std::path::PathBuf;

use clap::{Args, Parser};
use serde_json::Value;

use super::place::Place;
use super::{Arguments, Failure, exit, say, secret};
use crate::domain::PersonId;
use crate::domain::book::{Act, Sign, pin_wanted};
use crate::station::protocol::Ask;

/// Who signs, and how the answer is shown
#[derive(Debug, Clone, Args)]
pub struct Signed {
    /// Who does it: a person of the book
    #[arg(long, value_name = "PERSON")]
    by: Option<String>,
    /// The second person
    #[arg(long, value_name = "PERSON")]
    witness: Option<String>,
    /// The order or reference on which it rests
    #[arg(long, value_name = "TEXT")]
    authority: Option<String>,
    /// Read the PIN of whoever does it from the first line of a file, or of standard input
    #[arg(long, value_name = "FILE|-")]
    pub(super) pin_from: Option<PathBuf>,
    /// The same for the second person's
    #[arg(long, value_name = "FILE|-")]
    witness_pin_from: Option<PathBuf>,
    #[command(flatten)]
    place: Place,
    /// One JSON object
    #[arg(long)]
    json: bool,
}

/// A command that asks for an act.
#[derive(Debug)]
pub(super) struct Asking {
    /// What.
    pub act: Act,
    /// On whose word.
    pub signed: Signed,
}

impl Signed {
    /// Where.
    pub(super) fn place(&self) -> &Place {
        &self.place
    }

    /// Whether the answer is one JSON object.
    pub(super) fn json(&self) -> bool {
        self.json
    }

    /// Who signs.
    ///
    /// # Errors
    /// A PIN cannot be read from where it was said to be.
    pub(super) fn sign(&self) -> Result<Sign, Failure> {
        let pin = |from: &Option<PathBuf>| from.as_deref().map(secret::pin_from).transpose();
        Ok(Sign {
            person: self.by.clone().map(PersonId::new),
            pin: pin(&self.pin_from)?,
            witness: self.witness.clone().map(PersonId::new),
            witness_pin: pin(&self.witness_pin_from)?,
            authority: self.authority.clone(),
            ..Sign::default()
        })
    }
}

impl Asking {
    /// Asks, and says what came of it.
    pub(super) fn carry_out(self) -> Result<u8, Failure> {
        let json = self.signed.json;
        let outcome = self.ask()?;
        if json {
            say(&outcome);
            return Ok(exit::DONE);
        }
        told(&outcome);
        if let Some(note) = outcome["note"].as_str() {
            say(note);
        }
        Ok(exit::DONE)
    }

    /// Asks, and gives what came of it. Where a PIN is wanted and somebody sits there, they are asked for it.
    pub(super) fn ask(self) -> Result<Value, Failure> {
        let mut sign = self.signed.sign()?;
        loop {
            let what = Ask::Act { act: Box::new(self.act.clone()), sign: sign.clone() };
            let failure = match self.signed.place.change(what) {
                Ok(outcome) => return Ok(outcome),
                Err(failure) => failure,
            };
            let Some(person) = pin_wanted(&failure.text) else { return Err(failure) };
            let pin =
                if sign.person.as_ref() == Some(&person) { &mut sign.pin } else { &mut sign.witness_pin };
            if pin.is_some() || !secret::can_ask() {
                return Err(failure);
            }
            *pin = Some(secret::ask(&format!("PIN of {person}: "))?);
        }
    }
}

/// Says what a change made.
pub(super) fn told(outcome: &Value) {
    match (outcome["entries"].as_u64(), outcome["first"].as_u64(), outcome["last"].as_u64()) {
        (Some(1), Some(first), _) => say(format!("entered as number {first}")),
        (Some(entries), Some(first), Some(last)) => {
            say(format!("entered {entries} records as numbers {first} to {last}"));
        }
        _ => say("nothing to enter"),
    }
}

/// What a command line asks of the book: `key take 7 --by P1`, without the program's name.
///
/// # Errors
/// It is no command, or one that only shows something.
pub fn ask_of(line: &str) -> Result<Ask, String> {
    let words = shlex::split(line).ok_or_else(|| format!("{line:?} has an open quote"))?;
    let words = std::iter::once("armoury".to_owned()).chain(words);
    let arguments = Arguments::try_parse_from(words).map_err(|error| error.to_string())?;
    if let super::Command::Desk(command) = &arguments.command {
        return command.ask().map_err(|failure| failure.text);
    }
    match arguments.command.asking() {
        Ok(Some(Asking { act, signed })) => {
            let sign = signed.sign().map_err(|failure| failure.text)?;
            Ok(Ask::Act { act: Box::new(act), sign })
        }
        Ok(None) => Err(format!("{line:?} asks for no act of the book")),
        Err(failure) => Err(failure.text),
    }
}

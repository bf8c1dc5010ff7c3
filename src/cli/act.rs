//! Commands that ask the book for an act: who signs, how the answer is told. Every such command becomes an
//! [`Act`] first, so that a scenario can be written in the words of the command line.

use clap::{Args, Parser};
use serde_json::Value;

use super::place::Place;
use super::{Arguments, Failure, exit, say};
use crate::domain::PersonId;
use crate::domain::book::{Act, Sign};
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
    pub(super) fn sign(&self) -> Sign {
        Sign {
            person: self.by.clone().map(PersonId::new),
            witness: self.witness.clone().map(PersonId::new),
            authority: self.authority.clone(),
            ..Sign::default()
        }
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
        Ok(exit::DONE)
    }

    /// Asks, and gives what came of it.
    pub(super) fn ask(self) -> Result<Value, Failure> {
        let sign = self.signed.sign();
        self.signed.place.change(Ask::Act { act: Box::new(self.act), sign })
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
        return Ok(command.ask());
    }
    match arguments.command.asking() {
        Ok(Some(Asking { act, signed })) => Ok(Ask::Act { act: Box::new(act), sign: signed.sign() }),
        Ok(None) => Err(format!("{line:?} asks for no act of the book")),
        Err(failure) => Err(failure.text),
    }
}

//! `armoury key`: the register of keys and seals.

use clap::{Args, Subcommand};
use serde_json::json;

use super::act::{Asking, Signed};
use super::place::Place;
use super::{Failure, exit, say};
use crate::domain::book::Act;
use crate::domain::book::key::{self, Key};

/// What can be done with keys
#[derive(Debug, Subcommand)]
pub enum KeyCommand {
    /// Enter a key in the register
    Register(Register),
    /// Take a key
    Take(OneKey),
    /// Give a key back
    Return(OneKey),
    /// Report a key lost
    Lost(OneKey),
    /// Show one key, or all
    Show(Show),
}

/// A new key
#[derive(Debug, Args)]
pub struct Register {
    /// Its number
    key: String,
    /// What it opens
    #[arg(long)]
    lock: String,
    /// The seal of a spare
    #[arg(long)]
    seal: Option<String>,
    #[command(flatten)]
    signed: Signed,
}

/// A key of the register
#[derive(Debug, Args)]
pub struct OneKey {
    /// Its number
    key: String,
    #[command(flatten)]
    signed: Signed,
}

/// What to show
#[derive(Debug, Args)]
pub struct Show {
    /// Which; all when absent
    key: Option<String>,
    #[command(flatten)]
    place: Place,
    /// One JSON object a line
    #[arg(long)]
    json: bool,
}

impl KeyCommand {
    /// What it asks of the book; the rest only looks.
    pub(super) fn asking(self) -> Result<Asking, Show> {
        let (act, signed) = match self {
            Self::Register(Register { key, lock, seal, signed }) => {
                (key::Act::Register { key, lock, seal }, signed)
            }
            Self::Take(OneKey { key, signed }) => (key::Act::Take { key }, signed),
            Self::Return(OneKey { key, signed }) => (key::Act::GiveBack { key }, signed),
            Self::Lost(OneKey { key, signed }) => (key::Act::Lose { key }, signed),
            Self::Show(show) => return Err(show),
        };
        Ok(Asking { act: Act::Key(act), signed })
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
        let wanted = |number: &String| self.key.as_ref().is_none_or(|key| key == number);
        let mut any = false;
        for (number, key) in armoury.rooms.key.keys.iter().filter(|(number, _)| wanted(number)) {
            any = true;
            say(if self.json {
                json!({ "key": number, "record": key }).to_string()
            } else {
                line(number, key)
            });
        }
        match self.key {
            Some(key) if !any => Err(Failure::refused(format!("find key {key}: it is not in the register"))),
            _ => Ok(exit::DONE),
        }
    }
}

fn line(number: &str, key: &Key) -> String {
    let place = match (&key.holder, key.lost) {
        (_, Some(_)) => "lost".to_owned(),
        (Some((holder, _)), _) => format!("with {holder}"),
        (None, _) => "in the cabinet".to_owned(),
    };
    format!("{number:<10} {:<24} {place}", key.lock)
}

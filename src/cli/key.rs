//! `armoury key`: the register of keys and seals.

use clap::{Args, Subcommand, ValueEnum};
use serde_json::json;

use super::act::{Asking, Signed};
use super::place::Place;
use super::{Failure, exit, say};
use crate::domain::book::Act;
use crate::domain::book::key::{self, Group, Key, Seal};

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
    /// Say that the lock of a key was changed: its keys are void
    LockChanged(LockChanged),
    /// Count what hangs in the cabinet
    Count(Present),
    /// Seals: put on, looked at, broken
    #[command(subcommand)]
    Seal(SealCommand),
    /// Show one key, or all
    Show(Show),
}

/// What can be done with seals
#[derive(Debug, Subcommand)]
pub enum SealCommand {
    /// Put a seal on
    Apply(ApplySeal),
    /// Look at a seal
    Check(CheckSeal),
    /// Break a seal on purpose
    Break(BreakSeal),
}

/// A new key
#[derive(Debug, Args)]
pub struct Register {
    /// Its number
    key: String,
    /// What it opens
    #[arg(long)]
    lock: String,
    /// The room or container which that lock closes, together with others
    #[arg(long)]
    room: Option<String>,
    /// What lies behind it
    #[arg(long, value_enum, default_value = "weapons")]
    group: GroupWord,
    /// The seal of a spare
    #[arg(long)]
    seal: Option<String>,
    #[command(flatten)]
    signed: Signed,
}

/// What lies behind a lock.
#[derive(Debug, Clone, Copy, ValueEnum)]
enum GroupWord {
    Weapons,
    Ammunition,
    Bolts,
    Other,
}

/// A key of the register
#[derive(Debug, Args)]
pub struct OneKey {
    /// Its number
    key: String,
    #[command(flatten)]
    signed: Signed,
}

/// A lock that was changed
#[derive(Debug, Args)]
pub struct LockChanged {
    /// A key of it
    key: String,
    /// The order of work
    #[arg(long)]
    reference: String,
    #[command(flatten)]
    signed: Signed,
}

/// The keys that are there
#[derive(Debug, Args)]
pub struct Present {
    /// Their numbers
    keys: Vec<String>,
    #[command(flatten)]
    signed: Signed,
}

/// A new seal
#[derive(Debug, Args)]
pub struct ApplySeal {
    /// Its number
    seal: String,
    /// What it closes
    #[arg(long)]
    on: String,
    #[command(flatten)]
    signed: Signed,
}

/// A look at a seal
#[derive(Debug, Args)]
pub struct CheckSeal {
    /// Its number
    seal: String,
    /// It is not whole, or bears another number
    #[arg(long)]
    broken: bool,
    #[command(flatten)]
    signed: Signed,
}

/// A seal to break
#[derive(Debug, Args)]
pub struct BreakSeal {
    /// Its number
    seal: String,
    /// Why
    #[arg(long)]
    reason: String,
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
            Self::Register(Register { key, lock, room, group, seal, signed }) => {
                (key::Act::Register { key, lock, seal, group: group.group(), room }, signed)
            }
            Self::Take(OneKey { key, signed }) => (key::Act::Take { key }, signed),
            Self::Return(OneKey { key, signed }) => (key::Act::GiveBack { key }, signed),
            Self::Lost(OneKey { key, signed }) => (key::Act::Lose { key }, signed),
            Self::LockChanged(LockChanged { key, reference, signed }) => {
                (key::Act::ChangeLock { key, reference }, signed)
            }
            Self::Count(Present { keys, signed }) => (key::Act::Count { present: keys }, signed),
            Self::Seal(SealCommand::Apply(ApplySeal { seal, on, signed })) => {
                (key::Act::ApplySeal { seal, on }, signed)
            }
            Self::Seal(SealCommand::Check(CheckSeal { seal, broken, signed })) => {
                (key::Act::CheckSeal { seal, intact: !broken }, signed)
            }
            Self::Seal(SealCommand::Break(BreakSeal { seal, reason, signed })) => {
                (key::Act::BreakSeal { seal, reason }, signed)
            }
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

impl GroupWord {
    fn group(self) -> Group {
        match self {
            Self::Weapons => Group::Weapons,
            Self::Ammunition => Group::Ammunition,
            Self::Bolts => Group::Bolts,
            Self::Other => Group::Other,
        }
    }
}

impl Show {
    fn carry_out(self) -> Result<u8, Failure> {
        let armoury = self.place.reader()?.armoury()?;
        let register = &armoury.rooms.key;
        let wanted = |number: &String| self.key.as_ref().is_none_or(|key| key == number);
        let mut any = false;
        for (number, key) in register.keys.iter().filter(|(number, _)| wanted(number)) {
            any = true;
            say(if self.json {
                json!({ "key": number, "record": key }).to_string()
            } else {
                line(number, key)
            });
        }
        for (number, seal) in register.seals.iter().filter(|(number, _)| wanted(number)) {
            any = true;
            say(if self.json {
                json!({ "seal": number, "record": seal }).to_string()
            } else {
                seal_line(number, seal)
            });
        }
        match self.key {
            Some(key) if !any => Err(Failure::refused(format!("find key {key}: it is not in the register"))),
            _ => Ok(exit::DONE),
        }
    }
}

fn line(number: &str, key: &Key) -> String {
    let place = match (&key.holder, key.lost, key.void) {
        (_, _, Some(_)) => "void: its lock was changed".to_owned(),
        (_, Some(_), _) => "lost".to_owned(),
        (Some((holder, _)), _, _) => format!("with {holder}"),
        (None, _, _) => "in the cabinet".to_owned(),
    };
    format!("{number:<10} {:<24} {place}", key.lock)
}

fn seal_line(number: &str, seal: &Seal) -> String {
    let state = match (seal.broken, seal.checked) {
        (Some(entry), _) => format!("broken (entry {entry})"),
        (None, Some(entry)) => format!("whole (looked at in entry {entry})"),
        (None, None) => "on".to_owned(),
    };
    format!("{number:<10} seal of {:<16} {state}", seal.on)
}

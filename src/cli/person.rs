//! `armoury person`: who is who, what they may, and until when.

use std::path::PathBuf;

use clap::{Args, Subcommand};
use jiff::civil::Date;

use super::act::{Asking, Signed};
use super::register::Intake;
use super::{Failure, secret};
use crate::domain::book::Act;
use crate::domain::book::person::{self, BadgeKind, Period, Private, Scope};
use crate::domain::roster::Badge;
use crate::domain::{PersonId, Role};
use crate::identity::epc::parse_epc_hex;

mod show;

use show::Show;

/// What can be done with people
#[derive(Debug, Subcommand)]
pub enum PersonCommand {
    /// Register the people of a CSV file, all or none
    Import(Box<Intake>),
    /// Show one person, or all: roles, what they may draw, badges, what they hold now
    Show(Show),
    /// Give somebody a role for a period, in writing
    Appoint(Appoint),
    /// End somebody's role
    Dismiss(Dismiss),
    /// Hand the supervisor's office over to a successor, before a witness
    HandOver(HandOver),
    /// Let an inspector in for some days
    Pass(Pass),
    /// Let somebody draw a weapon, a model or a category
    Authorise(Authorise),
    /// Take that away
    Revoke(Revoke),
    /// Suspend a person, or lift it
    Suspend(Suspend),
    /// Give, replace, lose or take back a badge
    #[command(subcommand)]
    Badge(BadgeCommand),
    /// Set somebody's PIN
    Pin(SetPin),
    /// Somebody leaves: the record stays and opens nothing
    Leave(Leave),
}

/// A role for a period
#[derive(Debug, Args)]
pub struct Appoint {
    /// The person
    person: String,
    /// bearer, armourer, witness, supervisor, inventory_officer, commander, technician or inspector
    #[arg(value_parser = role)]
    role: Role,
    #[command(flatten)]
    days: Days,
    #[command(flatten)]
    signed: Signed,
}

/// From a day to a day
#[derive(Debug, Args)]
struct Days {
    /// First day, 2026-05-14; today when absent
    #[arg(long, value_name = "DAY")]
    from: Option<Date>,
    /// Last day, that day included
    #[arg(long, value_name = "DAY")]
    until: Option<Date>,
}

/// The end of a role
#[derive(Debug, Args)]
pub struct Dismiss {
    /// The person
    person: String,
    /// Which role
    #[arg(value_parser = role)]
    role: Role,
    /// The last day on which it is held; now when absent
    #[arg(long, value_name = "DAY")]
    last_day: Option<Date>,
    #[command(flatten)]
    signed: Signed,
}

/// A successor
#[derive(Debug, Args)]
pub struct HandOver {
    /// Who is supervisor from now on
    to: String,
    /// Last day of the appointment
    #[arg(long, value_name = "DAY")]
    until: Option<Date>,
    #[command(flatten)]
    signed: Signed,
}

/// An inspector's pass
#[derive(Debug, Args)]
pub struct Pass {
    /// The inspector
    person: String,
    /// The last day
    #[arg(long, value_name = "DAY")]
    until: Date,
    #[command(flatten)]
    signed: Signed,
}

/// What somebody may draw
#[derive(Debug, Args)]
pub struct Authorise {
    /// The person
    person: String,
    /// weapon:A1042, model:L85A2, category:SA-4 or '*'
    #[arg(value_parser = Scope::from_text)]
    what: Scope,
    #[command(flatten)]
    days: Days,
    #[command(flatten)]
    signed: Signed,
}

/// What somebody may no longer draw
#[derive(Debug, Args)]
pub struct Revoke {
    /// The person
    person: String,
    /// weapon:A1042, model:L85A2, category:SA-4 or '*'
    #[arg(value_parser = Scope::from_text)]
    what: Scope,
    #[command(flatten)]
    signed: Signed,
}

/// A suspension
#[derive(Debug, Args)]
pub struct Suspend {
    /// The person
    id: String,
    /// Lift it
    #[arg(long, conflicts_with_all = ["until", "reason_from"])]
    lift: bool,
    /// The last day of it; until it is lifted when absent
    #[arg(long, value_name = "DAY")]
    until: Option<Date>,
    /// Read the reason, one line, from a file or standard input; it stays beside the ledger, for supervisors
    #[arg(long, value_name = "FILE|-")]
    reason_from: Option<PathBuf>,
    #[command(flatten)]
    signed: Signed,
}

/// What can be done with badges
#[derive(Debug, Subcommand)]
pub enum BadgeCommand {
    /// Give somebody a badge, also a second one
    Give(GiveBadge),
    /// Report a badge lost
    Lost(OneBadge),
    /// Take a badge back, also a lost one that was found
    Take(OneBadge),
}

/// A new badge
#[derive(Debug, Args)]
pub struct GiveBadge {
    /// The person
    person: String,
    /// A card that answers by radio: its EPC in hex
    #[arg(long, value_name = "HEX", required_unless_present = "code", conflicts_with = "code")]
    epc: Option<String>,
    /// A printed code: its text
    #[arg(long, value_name = "TEXT")]
    code: Option<String>,
    /// The number of the badge it replaces; 0 is the one of the register
    #[arg(long, value_name = "NUMBER")]
    replaces: Option<u32>,
    #[command(flatten)]
    signed: Signed,
}

/// A badge of somebody
#[derive(Debug, Args)]
pub struct OneBadge {
    /// The person
    person: String,
    /// Which; may be left out where they have one. 0 is the one of the register
    #[arg(long)]
    number: Option<u32>,
    #[command(flatten)]
    signed: Signed,
}

/// A new PIN: asked for on the terminal, or from the first line of --pin-from
#[derive(Debug, Args)]
pub struct SetPin {
    /// The person
    person: String,
    /// Read the PIN of whoever does it, which is their own old one where they change it, from a file or standard input
    #[arg(long, value_name = "FILE|-")]
    by_pin_from: Option<PathBuf>,
    #[command(flatten)]
    signed: Signed,
}

/// Who leaves
#[derive(Debug, Args)]
pub struct Leave {
    /// The person
    person: String,
    #[command(flatten)]
    signed: Signed,
}

/// What does not ask for an act.
#[derive(Debug)]
pub(super) enum Other {
    Import(Box<Intake>),
    Show(Show),
}

impl PersonCommand {
    /// What it asks of the book; the rest registers or only looks.
    pub(super) fn asking(self) -> Result<Result<Asking, Other>, Failure> {
        let (act, signed) = match self {
            Self::Import(import) => return Ok(Err(Other::Import(import))),
            Self::Show(show) => return Ok(Err(Other::Show(show))),
            Self::Appoint(Appoint { person, role, days, signed }) => {
                (person::Act::Appoint { person: key(person), role, period: days.period() }, signed)
            }
            Self::Dismiss(Dismiss { person, role, last_day, signed }) => {
                (person::Act::Dismiss { person: key(person), role, last_day }, signed)
            }
            Self::HandOver(HandOver { to, until, signed }) => {
                (person::Act::HandOver { to: key(to), until }, signed)
            }
            Self::Pass(Pass { person, until, signed }) => {
                (person::Act::Pass { person: key(person), until }, signed)
            }
            Self::Authorise(Authorise { person, what, days, signed }) => {
                (person::Act::Authorise { person: key(person), what, period: days.period() }, signed)
            }
            Self::Revoke(Revoke { person, what, signed }) => {
                (person::Act::Revoke { person: key(person), what }, signed)
            }
            Self::Suspend(suspend) => suspend.act()?,
            Self::Badge(command) => command.act()?,
            Self::Pin(set) => set.act()?,
            Self::Leave(Leave { person, signed }) => {
                (person::Act::Leave { person: key(person), private: Private::Nothing }, signed)
            }
        };
        Ok(Ok(Asking { act: Act::Person(act), signed }))
    }

    pub(super) fn carry_out(self) -> Result<u8, Failure> {
        match self.asking()? {
            Ok(asking) => asking.carry_out(),
            Err(Other::Import(import)) => import.persons(),
            Err(Other::Show(show)) => show.carry_out(),
        }
    }
}

impl Days {
    fn period(self) -> Period {
        Period { from: self.from, until: self.until }
    }
}

impl Suspend {
    fn act(self) -> Result<(person::Act, Signed), Failure> {
        let person = key(self.id);
        if self.lift {
            return Ok((person::Act::Lift { person }, self.signed));
        }
        let reason = self.reason_from.as_deref().map(secret::line_from).transpose()?;
        let private = reason.map_or(Private::Nothing, Private::Reason);
        Ok((person::Act::Suspend { person, until: self.until, private }, self.signed))
    }
}

impl BadgeCommand {
    fn act(self) -> Result<(person::Act, Signed), Failure> {
        let private = Private::Nothing;
        Ok(match self {
            Self::Give(give) => return give.act(),
            Self::Lost(OneBadge { person, number, signed }) => {
                (person::Act::LoseBadge { person: key(person), number, private }, signed)
            }
            Self::Take(OneBadge { person, number, signed }) => {
                (person::Act::TakeBadge { person: key(person), number, private }, signed)
            }
        })
    }
}

impl GiveBadge {
    fn act(self) -> Result<(person::Act, Signed), Failure> {
        let badge = match (self.epc, self.code) {
            (Some(epc), _) => Badge::Epc(
                parse_epc_hex(&epc)
                    .map_err(|error| Failure::usage(format!("read the badge's EPC: {error}")))?,
            ),
            (None, code) => Badge::Qr(code.unwrap_or_default()),
        };
        let (kind, replaces) = (BadgeKind::of(&badge), self.replaces);
        let act = person::Act::GiveBadge {
            person: key(self.person),
            kind,
            replaces,
            private: Private::Badge(badge),
        };
        Ok((act, self.signed))
    }
}

impl SetPin {
    fn act(mut self) -> Result<(person::Act, Signed), Failure> {
        let new = self.signed.pin_from.take();
        let pin = match new {
            Some(path) => secret::pin_from(&path)?,
            None => secret::ask_new(&self.person)?,
        };
        self.signed.pin_from = self.by_pin_from;
        Ok((person::Act::SetPin { person: key(self.person), private: Private::Pin(pin) }, self.signed))
    }
}

fn key(text: String) -> PersonId {
    PersonId::new(text)
}

fn role(text: &str) -> Result<Role, String> {
    Role::from_word(text).ok_or_else(|| {
        let words: Vec<&str> = Role::ALL.iter().map(|role| role.word()).collect();
        format!("the roles are {}", words.join(", "))
    })
}

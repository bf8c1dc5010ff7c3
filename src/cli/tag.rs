//! `armoury tag`: writing, locking and checking the one tag at a reader.

use clap::{Args, Subcommand};
use serde_json::Value;
use uuid::Uuid;

use super::place::{Place, StationOrLedger};
use super::{Failure, exit, runtime, say};
use crate::domain::{PersonId, WeaponId};
use crate::station::alone::{AloneError, work_on_a_tag};
use crate::station::keeper::Keeper;
use crate::station::protocol::Ask;

/// What can be done with tags
#[derive(Debug, Subcommand)]
pub enum TagCommand {
    /// Write an EPC to the one tag at the reader; for a weapon or a person it is enrolled as well
    Write(Write),
    /// Set random passwords on the tag and lock it
    Lock(AtReader),
    /// Say what is set on the tag, and whether its password on record works
    Check(AtReader),
    /// Show a tag's passwords; that they were looked at is entered
    Password(ShowPassword),
}

/// What to write
#[derive(Debug, Args)]
#[group(required = true, multiple = true)]
pub struct What {
    /// This EPC; left out, the one that the book has
    #[arg(long, value_name = "HEX")]
    epc: Option<String>,
    /// The tag is for this weapon
    #[arg(long, value_name = "ID", conflicts_with = "person")]
    weapon: Option<String>,
    /// The tag is this person's badge
    #[arg(long, value_name = "KEY")]
    person: Option<String>,
}

/// An EPC to write
#[derive(Debug, Args)]
pub struct Write {
    #[command(flatten)]
    what: What,
    #[command(flatten)]
    at: AtReader,
}

/// Where the tag lies
#[derive(Debug, Args)]
pub struct AtReader {
    /// The reader, by its name in the configuration; may be left out where there is one
    #[arg(long, value_name = "NAME")]
    reader: Option<String>,
    #[command(flatten)]
    place: Place,
    /// One JSON object
    #[arg(long)]
    json: bool,
}

/// Whose passwords
#[derive(Debug, Args)]
pub struct ShowPassword {
    /// The tag's EPC in hex
    epc: String,
    #[command(flatten)]
    place: Place,
    /// One JSON object
    #[arg(long)]
    json: bool,
}

impl TagCommand {
    pub(super) fn carry_out(self) -> Result<u8, Failure> {
        let (place, json, ask) = match self {
            Self::Write(Write { what: What { epc, weapon, person }, at }) => {
                let (weapon, person) = (weapon.map(WeaponId::new), person.map(PersonId::new));
                (at.place, at.json, Ask::TagWrite { reader: at.reader, epc, weapon, person })
            }
            Self::Lock(at) => (at.place, at.json, Ask::TagLock { reader: at.reader }),
            Self::Check(at) => (at.place, at.json, Ask::TagCheck { reader: at.reader }),
            Self::Password(show) => (show.place, show.json, Ask::TagPassword { epc: show.epc }),
        };
        let answer = asked(&place, ask)?;
        if json {
            say(&answer);
        } else {
            lines(&answer).iter().for_each(say);
        }
        Ok(exit::DONE)
    }
}

/// Through the socket where a station runs, else at the reader itself.
fn asked(place: &Place, ask: Ask) -> Result<Value, Failure> {
    let command = Uuid::now_v7();
    match place.station_or_ledger("a command that works on a tag")? {
        StationOrLedger::Station(mut client) => Ok(client.ask(Some(command), ask)?),
        StationOrLedger::Ledger(opened) => {
            let configuration = place.configuration()?;
            let mut keeper = Keeper::new(*opened);
            let done = runtime()?.block_on(work_on_a_tag(&configuration, &mut keeper, command, &ask));
            done.map_err(|error| match error {
                absent @ AloneError::Absent { .. } => Failure::absent(absent.to_string()),
                AloneError::Refused(why) => Failure::refused(why),
            })
        }
    }
}

/// The answer in lines, a field each.
fn lines(answer: &Value) -> Vec<String> {
    let fields = answer.as_object().into_iter().flatten();
    fields
        .filter(|(_, value)| !value.is_null())
        .map(|(name, value)| {
            let value = match value {
                Value::Bool(true) => "yes".to_owned(),
                Value::Bool(false) => "no".to_owned(),
                Value::String(text) => text.clone(),
                other => other.to_string(),
            };
            format!("{:<24} {value}", name.replace('_', " "))
        })
        .collect()
}

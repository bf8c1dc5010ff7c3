//! `armoury rack`: slot → card → person, as the station sees it.

use std::collections::BTreeMap;
use std::path::PathBuf;

use clap::{Args, Subcommand};

use super::act::{Asking, Signed};
use super::place::{Place, StationOrLedger};
use super::transfer::numbers;
use super::{Failure, exit, say};
use crate::domain::book::{Act, rack};
use crate::domain::moment::rfc3339;
use crate::identity::mark::printable;
use crate::station::protocol::Ask;
use crate::station::racks;
use crate::station::view::RackSlot;

/// What can be done with racks
#[derive(Debug, Subcommand)]
pub enum RackCommand {
    /// Show every slot: what hangs in it, else who has it
    Show(Show),
    /// Answer what a rack asks: somebody has looked
    Answer(Answer),
}

/// What to show
#[derive(Debug, Args)]
pub struct Show {
    /// Only this rack
    #[arg(long)]
    rack: Option<String>,
    /// Sorted by rack and slot, one line each; by what needs somebody first when absent
    #[arg(long)]
    by_slot: bool,
    #[command(flatten)]
    place: Place,
    /// One JSON object a line
    #[arg(long)]
    json: bool,
}

/// An answer
#[derive(Debug, Args)]
pub struct Answer {
    /// Numbers of weapons
    #[arg(required_unless_present = "list")]
    weapons: Vec<String>,
    /// A file with one number a line
    #[arg(long, value_name = "FILE")]
    list: Option<PathBuf>,
    /// What was found
    #[arg(long)]
    found: String,
    #[command(flatten)]
    signed: Signed,
}

impl RackCommand {
    /// What it asks of the book; the rest only looks.
    pub(super) fn asking(self) -> Result<Result<Asking, Show>, Failure> {
        match self {
            Self::Show(show) => Ok(Err(show)),
            Self::Answer(Answer { weapons, list, found, signed }) => {
                let act = rack::Act::Answer { weapons: numbers(weapons, list)?, found };
                Ok(Ok(Asking { act: Act::Rack(act), signed }))
            }
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
        let mut slots = self.slots()?;
        if let Some(rack) = &self.rack {
            slots.retain(|slot| slot.rack == *rack);
            if slots.is_empty() {
                return Err(Failure::refused(format!("find rack {rack}: no weapon has its home there")));
            }
        }
        if !self.by_slot {
            slots.sort_by_key(urgency);
        }
        for slot in &slots {
            say(if self.json { serde_json::to_string(slot)? } else { printable(&line(slot)).into_owned() });
        }
        Ok(exit::DONE)
    }

    /// As the running station sees them; without one, as the book has them.
    fn slots(&self) -> Result<Vec<RackSlot>, Failure> {
        match self.place.station_or_ledger("armoury rack show") {
            Ok(StationOrLedger::Station(mut client)) => {
                Ok(serde_json::from_value(client.ask(None, Ask::Racks {})?)?)
            }
            Ok(StationOrLedger::Ledger(opened)) => {
                Ok(racks::slots(&opened.armoury, &opened.roster, &BTreeMap::new()))
            }
            // A copy that cannot be written to is still a book.
            Err(_) => {
                let reader = self.place.reader()?;
                Ok(racks::slots(&reader.armoury()?, &reader.roster()?, &BTreeMap::new()))
            }
        }
    }
}

/// What needs somebody comes first.
fn urgency(slot: &RackSlot) -> u8 {
    match slot.state.as_str() {
        "should_not_be_here" => 0,
        "not_seen" => 1,
        "wrong_place" => 2,
        "probably" => 3,
        "out" => 4,
        "no_tag" => 5,
        _ => 6,
    }
}

fn line(slot: &RackSlot) -> String {
    let home = format!("{} {}", slot.rack, slot.slot);
    let what = match slot.state.as_str() {
        "not_seen" => match (slot.silent_s, &slot.doubt) {
            (Some(silent_s), None) => format!("not seen for {}", span(silent_s)),
            (Some(silent_s), Some(doubt)) => format!("not seen for {}, but {doubt}", span(silent_s)),
            (None, None) => "not seen".to_owned(),
            (None, Some(doubt)) => format!("not seen, but {doubt}"),
        },
        "wrong_place" | "should_not_be_here" => {
            let words = slot.state.replace('_', " ");
            format!("{words}, at {}", slot.place.as_deref().unwrap_or("an unknown place"))
        }
        state => state.replace('_', " "),
    };
    let card = slot.card.as_ref().map(|card| {
        let due = card.due_wall_ms.map(|due| format!(", due {}", minute(due))).unwrap_or_default();
        format!("  card: {} ({}) since {}{due}", card.name, card.person, minute(card.since_wall_ms))
    });
    format!("{home:<12} {:<12} {:<14} {what}{}", slot.weapon, slot.model, card.unwrap_or_default())
}

/// "4 min".
fn span(seconds: u64) -> String {
    match seconds {
        0..=119 => format!("{seconds} s"),
        120..=7_199 => format!("{} min", seconds / 60),
        _ => format!("{} h", seconds / 3_600),
    }
}

/// A time to the minute.
fn minute(wall_ms: i64) -> String {
    rfc3339(wall_ms).chars().take("2026-05-14T09:00".len()).collect()
}

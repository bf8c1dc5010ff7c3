//! `armoury access`: who went in and out.

use clap::{Args, Subcommand};
use jiff::civil::Date;
use serde_json::json;

use super::act::{Asking, Signed};
use super::place::Place;
use super::{Failure, exit, say};
use crate::domain::book::access::{Act as AccessAct, Day};
use crate::domain::book::{Act, Fact};
use crate::domain::{Event, PersonId};
use crate::ledger::{LedgerError, Record};

/// What can happen at the door
#[derive(Debug, Subcommand)]
pub enum AccessCommand {
    /// Somebody goes in; whoever may not is refused, and that is entered
    In(Passage),
    /// Somebody comes out
    Out(Passage),
    /// Somebody was turned away
    Refused(Refused),
    /// Who is inside, and how the days began and ended; with a day, everything of it
    Show(Show),
}

/// Somebody at the door
#[derive(Debug, Args)]
pub struct Passage {
    /// Who
    person: String,
    /// Which door
    #[arg(long)]
    door: Option<String>,
    #[command(flatten)]
    signed: Signed,
}

/// Somebody turned away
#[derive(Debug, Args)]
pub struct Refused {
    /// Who; left out where nobody knows them
    person: Option<String>,
    /// Which door
    #[arg(long)]
    door: Option<String>,
    #[command(flatten)]
    signed: Signed,
}

/// What to show
#[derive(Debug, Args)]
pub struct Show {
    /// Everything of that day, 2026-05-14
    #[arg(long)]
    day: Option<Date>,
    #[command(flatten)]
    place: Place,
    /// One JSON object a line
    #[arg(long)]
    json: bool,
}

impl AccessCommand {
    /// What it asks of the book; the rest only looks.
    pub(super) fn asking(self) -> Result<Asking, Show> {
        let (act, signed) = match self {
            Self::In(Passage { person, door, signed }) => {
                (AccessAct::In { person: PersonId::new(person), door }, signed)
            }
            Self::Out(Passage { person, door, signed }) => {
                (AccessAct::Out { person: PersonId::new(person), door }, signed)
            }
            Self::Refused(Refused { person, door, signed }) => {
                (AccessAct::Refused { person: person.map(PersonId::new), door }, signed)
            }
            Self::Show(show) => return Err(show),
        };
        Ok(Asking { act: Act::Access(act), signed })
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
        match self.day {
            Some(day) => self.one_day(day),
            None => self.all_days(),
        }
    }

    fn all_days(&self) -> Result<u8, Failure> {
        let state = self.place.reader()?.armoury()?.rooms.access;
        for (day, at_the_door) in &state.days {
            say(if self.json {
                json!({ "day": day, "record": at_the_door }).to_string()
            } else {
                day_line(*day, at_the_door)
            });
        }
        if self.json {
            say(json!({ "inside": state.inside }));
        } else {
            let inside: Vec<String> =
                state.inside.iter().map(|(person, seq)| format!("{person} (entry {seq})")).collect();
            say(format!(
                "inside     {}",
                if inside.is_empty() { "nobody".into() } else { inside.join(", ") }
            ));
        }
        Ok(exit::DONE)
    }

    /// Every entry of a day, in the order of their numbers. A clock that was turned may bring a day twice: the first
    /// entry of it is where the search begins, and it goes on to the end.
    fn one_day(&self, day: Date) -> Result<u8, Failure> {
        let reader = self.place.reader()?;
        // The index goes by days in UTC; the day at the station may begin in the one before or end in the one after.
        let utc = i64::from((day - jiff::civil::date(1970, 1, 1)).get_days());
        let (spans, _) = reader.history()?.days(utc - 1, utc + 1)?;
        let Some(first) = spans.first().map(|span| *span.start()) else {
            return Err(Failure::refused(format!("show {day}: there is no entry of that day")));
        };
        reader.each(first.saturating_sub(1), |entry| {
            if let Event::Book(booked) = &entry.record.event
                && let Fact::Access(_) = &booked.fact
                && entry.record.at.day() == Some(day)
            {
                self.print(&entry.record);
            }
            Ok::<(), LedgerError>(())
        })?;
        Ok(exit::DONE)
    }

    fn print(&self, record: &Record) {
        let Event::Book(booked) = &record.event else { return };
        say(if self.json {
            json!({
                "seq": record.seq,
                "at": record.at.rfc3339(),
                "kind": booked.fact.word(),
                "fact": booked.fact,
                "by": booked.by,
            })
            .to_string()
        } else {
            format!(
                "{:>8}  {}  {}  by {}",
                record.seq,
                record.at.rfc3339(),
                booked.fact.line(),
                booked.by.call()
            )
        });
    }
}

fn day_line(day: Date, record: &Day) -> String {
    let who = |found: &Option<(PersonId, u64)>, none: &str| {
        found.as_ref().map_or_else(|| none.to_owned(), |(person, seq)| format!("{person} (entry {seq})"))
    };
    format!(
        "{day} first in {}, last out {}, {} went in, {} turned away",
        who(&record.first_in, "nobody"),
        who(&record.last_out, "not yet"),
        record.went_in,
        record.turned_away
    )
}

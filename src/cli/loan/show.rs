//! `armoury loan show`: who has what, the latest first.

use clap::Args;
use serde_json::{Value, json};

use crate::cli::place::Place;
use crate::cli::{Failure, exit, say};
use crate::domain::book::loan::{self, Loan, SlotCard};
use crate::domain::moment::rfc3339;
use crate::domain::{Armoury, Custody, Holding, Moment, PersonId, Roster};
use crate::identity::mark::printable;
use crate::station::clock::Clock;

/// What to show
#[derive(Debug, Args)]
pub struct Show {
    /// Only what is overdue
    #[arg(long)]
    overdue: bool,
    /// Only what this person has
    #[arg(long, value_name = "PERSON")]
    person: Option<String>,
    /// Only this weapon
    #[arg(long, value_name = "WEAPON")]
    weapon: Option<String>,
    /// As the cards hang on the wall: slot, weapon, person
    #[arg(long, conflicts_with_all = ["overdue", "person", "weapon"])]
    by_slot: bool,
    #[command(flatten)]
    place: Place,
    /// One JSON object a line
    #[arg(long)]
    json: bool,
}

/// A weapon that is out.
struct Line<'a> {
    holding: &'a Holding,
    person: &'a PersonId,
    since: Moment,
    due_wall_ms: Option<i64>,
    late_ms: i64,
    loan: &'a Loan,
}

impl Show {
    pub(super) fn carry_out(self) -> Result<u8, Failure> {
        let reader = self.place.reader()?;
        let (armoury, roster) = (reader.armoury()?, reader.roster()?);
        if self.by_slot {
            loan::slot_cards(&armoury).iter().for_each(|card| say(self.card(card, &roster)));
            return Ok(exit::DONE);
        }
        let now_wall_ms = Clock::new().now().wall_ms;
        let mut lines: Vec<Line<'_>> = lines(&armoury, now_wall_ms);
        lines.retain(|line| {
            (!self.overdue || line.late_ms > 0)
                && self.person.as_deref().is_none_or(|person| line.person.as_str() == person)
                && self.weapon.as_deref().is_none_or(|weapon| line.holding.weapon.id.as_str() == weapon)
        });
        if let Some(weapon) = self.weapon.as_deref().filter(|_| lines.is_empty()) {
            let known = armoury.weapon(&weapon.into()).is_some();
            let what = if known { "it is in stock" } else { "it is not in the book" };
            return Err(Failure::refused(format!("show the draw of {weapon}: {what}")));
        }
        if let Some(person) =
            self.person.as_deref().filter(|person| armoury.person(&(*person).into()).is_none())
        {
            return Err(Failure::refused(format!(
                "show what {person} has: there is no such person in the book"
            )));
        }
        if self.json {
            lines.iter().for_each(|line| say(line.object(&roster)));
            return Ok(exit::DONE);
        }
        let overdue = lines.iter().filter(|line| line.late_ms > 0).count();
        say(format!("{} out · {overdue} overdue", lines.len()));
        if !lines.is_empty() {
            say(format!(
                "  {:<10} {:<12} {:<22} {:<10} {:<20} {:<20} {:<12} TERMS",
                "WEAPON", "TYPE", "PERSON", "UNIT", "OUT SINCE", "DUE", "LATE"
            ));
        }
        lines.iter().for_each(|line| say(printable(&line.text(&roster))));
        Ok(exit::DONE)
    }
}

impl Show {
    /// One glance at the rack: what is out of a slot, and who has it (I-2).
    fn card(&self, card: &SlotCard, roster: &Roster) -> String {
        if self.json {
            return json!(card).to_string();
        }
        let slot: Vec<&str> = card.rack.iter().chain(&card.slot).map(String::as_str).collect();
        let slot = if slot.is_empty() { "-".to_owned() } else { slot.join("-") };
        let who = roster.call(&card.person);
        let line =
            format!("{slot:<10} {:<10} {who:<22} {} No. {}", card.weapon, card.paper.title(), card.seq);
        printable(&line).into_owned()
    }
}

/// Everything that is out, the latest first, then by when it is due.
fn lines(armoury: &Armoury, now_wall_ms: i64) -> Vec<Line<'_>> {
    let mut lines: Vec<Line<'_>> = armoury
        .rooms
        .loan
        .open
        .iter()
        .filter_map(|(id, loan)| {
            let holding = armoury.weapon(id)?;
            let Custody::Out { to, since, due_wall_ms, .. } = &holding.custody else { return None };
            let late_ms = due_wall_ms.map_or(0, |due| {
                // Within its grace a weapon is not late; beyond it, it is late since its time.
                if loan::late_ms(armoury, due, now_wall_ms) < 0 { 0 } else { now_wall_ms.saturating_sub(due) }
            });
            Some(Line { holding, person: to, since: *since, due_wall_ms: *due_wall_ms, late_ms, loan })
        })
        .collect();
    lines.sort_by_key(|line| (std::cmp::Reverse(line.late_ms), line.due_wall_ms.unwrap_or(i64::MAX)));
    lines
}

impl Line<'_> {
    fn text(&self, roster: &Roster) -> String {
        let weapon = &self.holding.weapon;
        let unit =
            roster.personal(self.person).and_then(|personal| personal.unit.clone()).unwrap_or_default();
        let late = if self.late_ms > 0 { late(self.late_ms) } else { String::new() };
        let to_sign = if self.loan.to_sign { ", to be signed" } else { "" };
        format!(
            "{} {:<10} {:<12} {:<22} {:<10} {:<20} {:<20} {:<12} {}, {}{to_sign}",
            if self.late_ms > 0 { '!' } else { ' ' },
            weapon.id,
            weapon.model.as_deref().unwrap_or("-"),
            roster.call(self.person),
            unit,
            short(self.since.wall_ms),
            self.due_wall_ms.map_or_else(|| "-".to_owned(), short),
            late,
            self.loan.purpose.word(),
            self.loan.paper.title(),
        )
        .trim_end()
        .to_owned()
    }

    fn object(&self, roster: &Roster) -> Value {
        let weapon = &self.holding.weapon;
        json!({
            "weapon": weapon.id, "model": weapon.model, "serial": weapon.serial,
            "rack": weapon.rack, "slot": weapon.slot,
            "person": self.person, "name": roster.call(self.person),
            "since": self.since.rfc3339(), "due": self.due_wall_ms.map(rfc3339),
            "overdue": self.late_ms > 0, "late_ms": self.late_ms, "level": self.loan.level,
            "purpose": self.loan.purpose, "paper": self.loan.paper, "to_sign": self.loan.to_sign,
            "seq": self.loan.seq,
        })
    }
}

/// `2026-05-14T18:00:00Z`, without the milliseconds nobody reads.
fn short(wall_ms: i64) -> String {
    let text = rfc3339(wall_ms);
    match text.split_once('.') {
        Some((whole, _)) => format!("{whole}Z"),
        None => text,
    }
}

/// `3 h 41 min`.
fn late(ms: i64) -> String {
    let minutes = ms / 60_000;
    match (minutes / 1_440, minutes / 60) {
        (0, 0) => format!("{minutes} min"),
        (0, hours) => format!("{hours} h {} min", minutes % 60),
        (days, hours) => format!("{days} d {} h", hours % 24),
    }
}

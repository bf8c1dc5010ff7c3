//! `armoury loan receipt` and `armoury loan list`: the papers of the hatch (armoury-practice section 11). Paper and
//! screen carry the same number: that of the entry.

use std::path::{Path, PathBuf};

use clap::Args;

use super::super::paper::{Paper as Sheet, Row};
use super::super::place::Place;
use super::super::{Failure, exit, say};
use crate::domain::book::{self, loan};
use crate::domain::moment::rfc3339;
use crate::domain::{
    Armoury, Custody, DeskEvent, DeskKind, Event, Moment, Paper, PersonId, Purpose, Roster, Seq, WeaponId,
};
use crate::ledger::{LedgerError, Reader, Record};

/// The paper of one entry
#[derive(Debug, Args)]
pub struct Receipt {
    /// The number of the entry
    entry: Seq,
    #[command(flatten)]
    out: Out,
    #[command(flatten)]
    place: Place,
}

/// The issue list of a day
#[derive(Debug, Args)]
pub struct List {
    /// Which day, 2026-05-14; today when absent
    #[arg(long, value_name = "DAY")]
    day: Option<jiff::civil::Date>,
    #[command(flatten)]
    out: Out,
    #[command(flatten)]
    place: Place,
}

/// Where it goes
#[derive(Debug, Clone, Args)]
struct Out {
    /// Into this file, which must not be there: HTML where its name ends in .html, else text
    #[arg(long, value_name = "FILE")]
    out: Option<PathBuf>,
    /// HTML also without a file
    #[arg(long)]
    html: bool,
}

/// A movement of custody, whatever the road.
struct Moved<'a> {
    seq: Seq,
    at: Moment,
    out: bool,
    /// An issue or return was taken back by it.
    undo: bool,
    weapon: &'a WeaponId,
    person: &'a PersonId,
    second: Option<&'a PersonId>,
    brought_by: Option<&'a PersonId>,
    purpose: Purpose,
    paper: Paper,
    due_wall_ms: Option<i64>,
    to_sign: bool,
}

impl Receipt {
    pub(super) fn carry_out(self) -> Result<u8, Failure> {
        let reader = self.place.reader()?;
        let (armoury, roster) = (reader.armoury()?, reader.roster()?);
        let entry = self.entry;
        let no_paper = || Failure::refused(format!("print entry {entry}: it is no issue and no return"));
        let record = record(&reader, entry)?
            .ok_or_else(|| Failure::refused(format!("print entry {entry}: there is none of that number")))?;
        let moved = Moved::of(&record).filter(|moved| !moved.undo).ok_or_else(no_paper)?;
        self.out.put(&sheet_of(&moved, &record, &armoury, &roster))
    }
}

impl List {
    pub(super) fn carry_out(self) -> Result<u8, Failure> {
        let reader = self.place.reader()?;
        let (armoury, roster) = (reader.armoury()?, reader.roster()?);
        let today = || crate::station::clock::Clock::new().now().day();
        let day = self.day.or_else(today).ok_or_else(|| Failure::usage("print the list: name a --day"))?;
        let mut sheet = Sheet::new("Issue list", day.to_string());
        sheet.station(armoury.station.as_ref());
        sheet.head(["Entry", "Time", "", "Weapon", "Type", "Serial", "Person", "For", "Paper", "Due"]);
        reader.each(0, |entry| {
            let record = &entry.record;
            if record.at.day() == Some(day)
                && let Some(moved) = Moved::of(record)
            {
                sheet.row(moved.listed(&armoury, &roster));
            }
            Ok(())
        })?;
        sheet.sign(["Armourer", "Supervisor"]);
        self.out.put(&sheet)
    }
}

impl Out {
    fn put(&self, sheet: &Sheet) -> Result<u8, Failure> {
        let ends_in = |path: &Path| path.extension().is_some_and(|end| end == "html" || end == "htm");
        let html = self.html || self.out.as_deref().is_some_and(ends_in);
        let text = if html { sheet.html() } else { sheet.text() };
        let Some(path) = &self.out else {
            say(text.trim_end());
            return Ok(exit::DONE);
        };
        let fail = |error: std::io::Error| Failure::usage(format!("write {}: {error}", path.display()));
        let mut file = std::fs::File::create_new(path).map_err(fail)?;
        std::io::Write::write_all(&mut file, text.as_bytes()).map_err(fail)?;
        say(format!("written to {}", path.display()));
        Ok(exit::DONE)
    }
}

/// One entry, decoded.
fn record(reader: &Reader, seq: Seq) -> Result<Option<Record>, Failure> {
    let Some(before) = seq.checked_sub(1) else { return Ok(None) };
    if before > 0 && reader.hash_at(before)?.is_none() {
        return Ok(None);
    }
    match reader.after(before, 1, 0)?.first() {
        Some(stored) => Record::decode(&stored.payload)
            .map(Some)
            .map_err(|error| LedgerError::Broken { seq, what: format!("cannot be read: {error}") }.into()),
        None => Ok(None),
    }
}

impl<'a> Moved<'a> {
    fn of(record: &'a Record) -> Option<Self> {
        match &record.event {
            Event::Desk(desk) => Self::of_desk(record, desk),
            Event::Book(booked) => match &booked.fact {
                book::Fact::Loan(fact) => Self::of_loan(record, fact, booked.by.person.as_ref()),
                _ => None,
            },
            _ => None,
        }
    }

    fn of_desk(record: &'a Record, desk: &'a DeskEvent) -> Option<Self> {
        let (weapon, person) = (desk.weapon.as_ref()?, desk.person.as_ref()?);
        desk.kind.moves_custody().then(|| Self {
            seq: record.seq,
            at: record.at,
            out: desk.kind == DeskKind::Issued,
            undo: false,
            weapon,
            person,
            second: desk.witness.as_ref(),
            brought_by: desk.brought_by.as_ref(),
            purpose: desk.purpose.unwrap_or_default(),
            paper: desk.paper.unwrap_or(Paper::Card),
            due_wall_ms: desk.due_wall_ms,
            to_sign: desk.to_sign,
        })
    }

    fn of_loan(record: &'a Record, fact: &'a loan::Fact, by: Option<&'a PersonId>) -> Option<Self> {
        let blank = |weapon, person, out| Self {
            seq: record.seq,
            at: record.at,
            out,
            undo: false,
            weapon,
            person,
            second: by,
            brought_by: None,
            purpose: Purpose::Duty,
            paper: Paper::Card,
            due_wall_ms: None,
            to_sign: false,
        };
        match fact {
            loan::Fact::Granted { weapon, person, purpose, paper, due_wall_ms, .. } => Some(Self {
                purpose: *purpose,
                paper: *paper,
                due_wall_ms: *due_wall_ms,
                ..blank(weapon, person, true)
            }),
            loan::Fact::Undone { weapon, person, in_stock, .. } => {
                Some(Self { undo: true, ..blank(weapon, person, !in_stock) })
            }
            _ => None,
        }
    }

    fn listed(&self, armoury: &Armoury, roster: &Roster) -> Row {
        let left = self.out && !self.undo;
        let paper = if left { self.paper.title() } else { "" };
        let purpose = if left { self.purpose.word() } else { "" };
        let word = match (self.undo, self.out) {
            (true, true) => "UNDO IN",
            (true, false) => "UNDO OUT",
            (false, true) => "OUT",
            (false, false) => "IN",
        };
        Row::of([
            self.seq.to_string(),
            clock(self.at),
            word.to_owned(),
            self.weapon.to_string(),
            marked(armoury, self.weapon).0,
            marked(armoury, self.weapon).1,
            roster.call(self.person),
            purpose.to_owned(),
            if self.to_sign { format!("{paper}, to be signed") } else { paper.to_owned() },
            self.due_wall_ms.map(rfc3339).unwrap_or_default(),
        ])
    }
}

/// The paper of one movement: card, hand receipt, or the receipt of a return.
fn sheet_of(moved: &Moved<'_>, record: &Record, armoury: &Armoury, roster: &Roster) -> Sheet {
    let title = match (moved.out, moved.paper) {
        (false, _) => "Receipt of a return",
        (true, Paper::Card) => "Weapon card (DA Form 3749)",
        (true, Paper::HandReceipt) => "Hand receipt (DA Form 2062)",
    };
    let mut sheet = Sheet::new(title, format!("No. {}", moved.seq));
    sheet.station(Some(&record.station));
    sheet.fact("Date", record.at.rfc3339());
    sheet.fact(if moved.out { "Drawn by" } else { "Drawn by, now free of it" }, roster.call(moved.person));
    if let Some(other) = moved.brought_by {
        sheet.fact("Brought by", roster.call(other));
    }
    if let Some(second) = moved.second {
        sheet.fact("Second person", roster.call(second));
    }
    if moved.out {
        sheet.fact("For", moved.purpose.word());
        sheet.fact("Due back", moved.due_wall_ms.map_or_else(|| "no set time".to_owned(), rfc3339));
    }
    sheet.head(["Entry", "Quantity", "Weapon", "Type", "Calibre", "Serial", "Slot"]);
    for (seq, weapon) in items(moved, armoury) {
        let (model, serial) = marked(armoury, weapon);
        let record = armoury.weapon(weapon).map(|holding| &holding.weapon);
        let calibre = record.and_then(|weapon| weapon.calibre.clone()).unwrap_or_default();
        let slot = record.map(|weapon| [weapon.rack.clone(), weapon.slot.clone()]).unwrap_or_default();
        let slot: Vec<String> = slot.into_iter().flatten().collect();
        let number = (seq.to_string(), "1".to_owned(), weapon.to_string());
        sheet.row(Row::of([number.0, number.1, number.2, model, calibre, serial, slot.join("-")]));
    }
    let bearer = if moved.to_sign { "Bearer (to be signed)" } else { "Bearer" };
    sheet.sign([bearer, "Armourer"]);
    sheet
}

/// What stands on the paper: a card is for one serial; a hand receipt lists all that the same person has on hand
/// receipt for the same purpose.
fn items<'a>(moved: &Moved<'a>, armoury: &'a Armoury) -> Vec<(Seq, &'a WeaponId)> {
    let mut items = vec![(moved.seq, moved.weapon)];
    if moved.out && moved.paper == Paper::HandReceipt {
        let others = armoury.rooms.loan.open.iter().filter(|(id, loan)| {
            let theirs = armoury.weapon(id).is_some_and(
                |holding| matches!(&holding.custody, Custody::Out { to, .. } if to == moved.person),
            );
            theirs && loan.paper == moved.paper && loan.purpose == moved.purpose && loan.seq != moved.seq
        });
        items.extend(others.map(|(id, loan)| (loan.seq, id)));
        items.sort();
    }
    items
}

/// Type and serial as the book has them now.
fn marked(armoury: &Armoury, weapon: &WeaponId) -> (String, String) {
    let text = |field: Option<&String>| field.cloned().unwrap_or_default();
    let record = armoury.weapon(weapon).map(|holding| &holding.weapon);
    (
        text(record.and_then(|weapon| weapon.model.as_ref())),
        text(record.and_then(|weapon| weapon.serial.as_ref())),
    )
}

/// `09:41`, at the station's own time.
fn clock(at: Moment) -> String {
    let stamp = jiff::Timestamp::from_millisecond(at.wall_ms).ok();
    let offset = jiff::tz::Offset::from_seconds(at.utc_offset_s).ok();
    let here = stamp.zip(offset).map(|(stamp, offset)| offset.to_datetime(stamp));
    here.map_or_else(|| "-".to_owned(), |here| format!("{:02}:{:02}", here.hour(), here.minute()))
}

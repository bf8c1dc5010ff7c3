//! `armoury report`: what happened in a period, who typed serials by hand, and every list as a file.

mod export;
mod lists;
mod rows;

use clap::{Args, Subcommand};
use serde_json::{Value, json};

use super::place::Place;
use super::{Failure, exit, say};
use crate::domain::Moment;
use crate::station::clock::Clock;
use crate::trace::report::{Class, Report, Typed, of_period, typed};
use crate::trace::when::{self, Period};

/// What can be reported
#[derive(Debug, Subcommand)]
pub enum ReportCommand {
    /// Who typed serials by hand, and how often
    Typed(Span),
    /// Everything of one day
    Day(Day),
    /// Weapons out and back
    Movements(Span),
    /// Every answer at the desk that was not yes
    Refusals(Span),
    /// What was done against a warning, or accepted with something wrong
    Overrides(Span),
    /// Records and standings changed after they were entered
    Corrections(Span),
    /// Every jump of the clock and every change of its source
    Clock(Span),
    /// Every start and end of the station
    Restarts(Span),
    /// Runs that ended without a close
    PowerLoss(Span),
    /// Weapons shown and not read clearly
    Unclear(Span),
    /// Tags, marks and badges written, bound or replaced
    Tags(Span),
    /// Everything about counts
    Counts(Span),
    /// Questions answered and lists given out
    Traces(Span),
    /// Devices and the record store
    Devices(Span),
    /// Write a list as CSV or JSON
    Export(Box<export::Export>),
}

/// A period
#[derive(Debug, Args)]
pub struct Span {
    /// First day; the ledger's first where nothing is said
    #[arg(long, value_name = "DAY")]
    from: Option<String>,
    /// Last day; today where nothing is said
    #[arg(long, value_name = "DAY")]
    to: Option<String>,
    #[command(flatten)]
    place: Place,
    /// One JSON object
    #[arg(long)]
    json: bool,
}

/// A day
#[derive(Debug, Args)]
pub struct Day {
    /// Which; today where nothing is said
    day: Option<String>,
    #[command(flatten)]
    place: Place,
    /// One JSON object
    #[arg(long)]
    json: bool,
}

impl ReportCommand {
    pub(super) fn carry_out(self) -> Result<u8, Failure> {
        match self {
            Self::Typed(span) => span.typed(),
            Self::Day(day) => day.carry_out(),
            Self::Export(export) => export.carry_out(),
            Self::Movements(span) => span.of(Class::Movements),
            Self::Refusals(span) => span.of(Class::Refusals),
            Self::Overrides(span) => span.of(Class::Overrides),
            Self::Corrections(span) => span.of(Class::Corrections),
            Self::Clock(span) => span.of(Class::Clock),
            Self::Restarts(span) => span.of(Class::Restarts),
            Self::PowerLoss(span) => span.of(Class::PowerLoss),
            Self::Unclear(span) => span.of(Class::Unclear),
            Self::Tags(span) => span.of(Class::Tags),
            Self::Counts(span) => span.of(Class::Counts),
            Self::Traces(span) => span.of(Class::Traces),
            Self::Devices(span) => span.of(Class::Devices),
        }
    }
}

impl Span {
    fn period(&self) -> Result<Period, Failure> {
        let day = |text: &Option<String>| {
            text.as_deref().map(when::day).transpose().map_err(|why| Failure::usage(format!("report: {why}")))
        };
        let period = Period { from: day(&self.from)?, to: day(&self.to)? };
        if matches!((period.from, period.to), (Some(from), Some(to)) if to < from) {
            return Err(Failure::usage("report: the period ends before it begins: exchange --from and --to"));
        }
        Ok(period)
    }

    fn of(&self, class: Class) -> Result<u8, Failure> {
        let reader = self.place.reader()?;
        let report = of_period(&reader.history()?, self.period()?, &[class])?;
        let rows = report.rows.get(&class).map_or(&[][..], Vec::as_slice);
        let count = report.count.get(&class).copied().unwrap_or(0);
        if self.json {
            say(json!({
                "report": class, "period": report.period, "entries": report.entries, "count": count,
                "clock_went_back": report.clock_went_back, "rows": rows,
            }));
        } else {
            say(format!("{}, {}: {count} of {} entries", class.word(), report.period, report.entries));
            rows.iter().for_each(|row| say(rows::line(row)));
            doubt(report.clock_went_back);
        }
        Ok(exit::DONE)
    }

    fn typed(&self) -> Result<u8, Failure> {
        let reader = self.place.reader()?;
        let period = self.period()?;
        let (found, back) = typed(&reader.history()?, period)?;
        let points = u64::from(reader.armoury()?.policy.typed_share_percent);
        let stands_out = |one: &Typed| points > 0 && one.typed * 100 >= points * one.weapons && one.typed > 0;
        if self.json {
            let persons: Vec<Value> = found
                .iter()
                .map(|one| {
                    let mut row = json!(one);
                    row["stands_out"] = json!(stands_out(one));
                    row
                })
                .collect();
            say(json!({
                "report": "typed", "period": period.words(), "points_from_percent": points,
                "clock_went_back": back, "persons": persons,
            }));
            return Ok(exit::DONE);
        }
        say(format!("typed serials, {}", period.words()));
        for one in &found {
            say(format!(
                "{:<16} {:>6} of {:>6} weapons typed, {:>3} %{}",
                one.person.as_deref().unwrap_or("nobody signed"),
                one.typed,
                one.weapons,
                one.share_percent,
                if stands_out(one) { "  LOOK AT THIS" } else { "" }
            ));
        }
        if found.is_empty() {
            say("no weapon was identified in this time");
        }
        doubt(back);
        Ok(exit::DONE)
    }
}

impl Day {
    fn carry_out(&self) -> Result<u8, Failure> {
        let now: Moment = Clock::new().now();
        let day = match &self.day {
            Some(text) => when::day(text).map_err(|why| Failure::usage(format!("report: {why}")))?,
            None => now.day().ok_or_else(|| Failure::usage("report: say which day: the clock knows none"))?,
        };
        let period = Period { from: Some(day), to: Some(day) };
        let reader = self.place.reader()?;
        let report = of_period(&reader.history()?, period, &Class::ALL)?;
        if self.json {
            say(json!({ "report": "day", "day": day.to_string(), "found": report }));
            return Ok(exit::DONE);
        }
        let Report { entries, count, rows, clock_went_back, .. } = report;
        say(format!("{day}: {entries} entries"));
        for class in Class::ALL {
            say(format!("{}: {}", class.word(), count.get(&class).copied().unwrap_or(0)));
            for row in rows.get(&class).map_or(&[][..], Vec::as_slice) {
                say(rows::line(row));
            }
        }
        doubt(clock_went_back);
        Ok(exit::DONE)
    }
}

fn doubt(clock_went_back: usize) {
    if clock_went_back > 0 {
        say(format!(
            "careful: the clock went back a day or more {clock_went_back} times in this ledger; entries stand where \
             it claimed they belong"
        ));
    }
}

//! What happened in a period, by class: every refusal, override, correction, clock change, restart, power loss, tag
//! replaced, count (armoury-practice section 10), and the share of typed serials by person.

use std::collections::BTreeMap;

use serde::Serialize;
use serde_json::Value;

use super::life::Act;
use super::when::Period;
use crate::domain::book::Fact;
use crate::domain::{DeskKind, Event, Moment, Road, Seq};
use crate::ledger::history::History;
use crate::ledger::{LedgerError, Record};

/// Most rows kept of a report; more are only counted.
pub const ROWS_MAX: usize = 100_000;

/// A wall clock that parts from the counter by more than this was set or jumped, ms: what a time server corrects in
/// an hour's drift stays below.
const JUMP_MS: i64 = 2_000;

/// What a report is about.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Serialize)]
#[serde(rename_all = "snake_case")]
pub enum Class {
    /// The answer at the desk was not yes.
    Refusals,
    /// Something was done against a warning, or accepted with something wrong.
    Overrides,
    /// A record or a standing was changed after it was entered.
    Corrections,
    /// The wall clock jumped, was set, or is believed otherwise than before.
    Clock,
    /// The station started or ended.
    Restarts,
    /// The last run ended without a close: power or crash.
    PowerLoss,
    /// A weapon was shown and not read clearly.
    Unclear,
    /// A tag, mark or badge was written, bound or replaced.
    Tags,
    /// Anything about a count.
    Counts,
    /// Questions answered and lists given out.
    Traces,
    /// Devices and the record store.
    Devices,
    /// Weapons went out or came back.
    Movements,
}

impl Class {
    /// Every class.
    pub const ALL: [Self; 12] = [
        Self::Movements,
        Self::Refusals,
        Self::Overrides,
        Self::Corrections,
        Self::Clock,
        Self::Restarts,
        Self::PowerLoss,
        Self::Unclear,
        Self::Tags,
        Self::Counts,
        Self::Traces,
        Self::Devices,
    ];

    /// The word on the command line.
    pub fn word(self) -> &'static str {
        match self {
            Self::Refusals => "refusals",
            Self::Overrides => "overrides",
            Self::Corrections => "corrections",
            Self::Clock => "clock",
            Self::Restarts => "restarts",
            Self::PowerLoss => "power_loss",
            Self::Unclear => "unclear",
            Self::Tags => "tags",
            Self::Counts => "counts",
            Self::Traces => "traces",
            Self::Devices => "devices",
            Self::Movements => "movements",
        }
    }
}

/// One row: an entry, and what is to be said of it here.
#[derive(Debug, Clone, PartialEq, Serialize)]
pub struct Row {
    /// The weapon, where it is one.
    pub weapon: Option<crate::domain::WeaponId>,
    /// The entry.
    #[serde(flatten)]
    pub act: Act,
    /// What makes it a row of this report, where the entry itself does not say.
    pub note: Option<String>,
}

/// Rows by class.
#[derive(Debug, Clone, Default, PartialEq, Serialize)]
pub struct Report {
    /// The period, in words.
    pub period: String,
    /// How many entries lie in it.
    pub entries: u64,
    /// How often the clock went back a day or more in the whole ledger: what was entered then may claim another period.
    pub clock_went_back: usize,
    /// How many rows each class has, those beyond [`ROWS_MAX`] too.
    pub count: BTreeMap<Class, u64>,
    /// The rows.
    pub rows: BTreeMap<Class, Vec<Row>>,
}

/// Typed and read serials of one person.
#[derive(Debug, Clone, Default, PartialEq, Eq, Serialize)]
pub struct Typed {
    /// Who; none where nobody signed.
    pub person: Option<String>,
    /// How many weapons they identified.
    pub weapons: u64,
    /// How many of those by typing.
    pub typed: u64,
    /// The share in percent, rounded down.
    pub share_percent: u64,
    /// The entries with typed serials, the newest hundred.
    pub entries: Vec<Seq>,
}

/// Most entries named of one person's typed serials.
const NAMED_MAX: usize = 100;

/// Every entry of the classes asked for, in the period.
///
/// # Errors
/// The store cannot be read, or holds what is no entry.
pub fn of_period(history: &History<'_>, period: Period, classes: &[Class]) -> Result<Report, LedgerError> {
    let mut report = Report { period: period.words(), ..Report::default() };
    let mut corrected = Vec::new();
    report.clock_went_back = each(history, period, |before, record| {
        report.entries += 1;
        for class in classes {
            if let Some(note) = belongs(*class, before, record) {
                let row = Row {
                    weapon: record.event.weapon().cloned(),
                    act: Act::of(record),
                    note: (!note.is_empty()).then_some(note),
                };
                *report.count.entry(*class).or_default() += 1;
                let rows = report.rows.entry(*class).or_default();
                if rows.len() < ROWS_MAX {
                    rows.push(row);
                }
            }
        }
        let is_record = matches!(record.event, Event::WeaponRegistered(_) | Event::PersonRegistered(_));
        if is_record && classes.contains(&Class::Corrections) && corrected.len() < ROWS_MAX {
            corrected.push(record.clone());
        }
    })?;
    // A record entered a second time replaces the first: that is a correction.
    for record in corrected {
        let earlier = 1..=record.seq.saturating_sub(1);
        let known = match (&record.event, record.event.weapon()) {
            (_, Some(weapon)) => history.last_of_weapon(weapon, earlier)?.is_some(),
            (event, None) => match event.person() {
                Some(person) => history.knows_person(person, earlier)?,
                None => false,
            },
        };
        if known {
            *report.count.entry(Class::Corrections).or_default() += 1;
            let rows = report.rows.entry(Class::Corrections).or_default();
            let note = Some("replaces the record before it".to_owned());
            rows.push(Row { weapon: record.event.weapon().cloned(), act: Act::of(&record), note });
            rows.sort_by_key(|row| row.act.seq);
        }
    }
    Ok(report)
}

/// Who typed serials by hand in the period, and how often, the largest share first.
///
/// # Errors
/// The store cannot be read, or holds what is no entry.
pub fn typed(history: &History<'_>, period: Period) -> Result<(Vec<Typed>, usize), LedgerError> {
    let mut persons: BTreeMap<Option<String>, Typed> = BTreeMap::new();
    let back = each(history, period, |_, record| {
        let (weapons, by_hand) = identified(record);
        if weapons == 0 {
            return;
        }
        let who = keeper_of(record);
        let person = persons.entry(who.clone()).or_insert_with(|| Typed { person: who, ..Typed::default() });
        person.weapons += weapons;
        person.typed += by_hand;
        if by_hand > 0 {
            person.entries.push(record.seq);
            if person.entries.len() > NAMED_MAX {
                person.entries.remove(0);
            }
        }
    })?;
    let mut found: Vec<Typed> = persons.into_values().collect();
    for person in &mut found {
        person.share_percent = 100 * person.typed / person.weapons;
    }
    // By share, not by the rounded figure.
    found.sort_by(|one, other| (other.typed * one.weapons).cmp(&(one.typed * other.weapons)));
    Ok((found, back))
}

/// Hands over every entry of the period with the one before it; answers how often the clock went back.
fn each(
    history: &History<'_>,
    period: Period,
    mut take: impl FnMut(Option<Moment>, &Record),
) -> Result<usize, LedgerError> {
    let (spans, back) = period.spans(history)?;
    for span in spans {
        let mut before = history.record(span.start().saturating_sub(1))?.map(|record| record.at);
        history.each(span, |record| {
            if period.is_open() || period.covers(record.at.day()) {
                take(before, &record);
            }
            before = Some(record.at);
        })?;
    }
    Ok(back)
}

/// Whether an entry belongs to a class; with what is to be said of it beside the entry itself.
fn belongs(class: Class, before: Option<Moment>, record: &Record) -> Option<String> {
    let kind = record.event.kind();
    let is = |yes: bool| yes.then(String::new);
    match (class, &record.event) {
        (Class::Clock, _) => clock_change(before, record.at).or_else(|| is(kind.starts_with("clock_"))),
        (Class::Movements, Event::Desk(desk)) => is(desk.kind.moves_custody()),
        (Class::Refusals, Event::Desk(desk)) => is(!desk.kind.moves_custody()),
        (Class::Overrides, Event::Desk(desk)) => is(desk.kind.moves_custody() && desk.reason.is_some()),
        (Class::Unclear, Event::Desk(desk)) => is(desk.kind == DeskKind::Unclear),
        (Class::Restarts, Event::Started(_) | Event::Stopped) => is(true),
        (Class::PowerLoss, Event::Started(started)) => is(started.after_unclean_end),
        (Class::Corrections, Event::StandingSet(_) | Event::PolicySet(_)) => is(true),
        (Class::Tags, Event::Tag(_)) => is(true),
        (Class::Devices, Event::Device(_) | Event::StoreNote(_) | Event::ReaderIdentified(_)) => is(true),
        // Rooms of the book name their facts noun and verb.
        (Class::Refusals, Event::Book(_)) => is(says(kind, &["refused"])),
        (Class::Overrides, Event::Book(_)) => is(says(kind, &["overrid", "excused", "excepted"])),
        (Class::Corrections, Event::Book(_)) => is(says(kind, &["corrected", "undone", "reversed"])),
        (Class::Tags, Event::Book(_)) => {
            is(says(kind, &["tag_", "mark_", "badge_", "identifier_", "weapon_marked"]))
        }
        (Class::Counts, Event::Book(booked)) => is(room_of(&booked.fact).as_deref() == Some("count")),
        (Class::Traces, Event::Book(booked)) => is(room_of(&booked.fact).as_deref() == Some("trace")),
        _ => None,
    }
}

fn says(kind: &str, words: &[&str]) -> bool {
    words.iter().any(|word| kind.contains(word))
}

/// The room a fact belongs to: the name around it.
fn room_of(fact: &Fact) -> Option<String> {
    serde_json::to_value(fact).ok()?.as_object()?.keys().next().cloned()
}

/// What the wall clock did between two entries: the counter of one boot runs on, whatever the clock says.
fn clock_change(before: Option<Moment>, at: Moment) -> Option<String> {
    let before = before?;
    let went = at.wall_ms.saturating_sub(before.wall_ms);
    let jump = if before.boot_id == at.boot_id {
        let ran = i64::try_from(at.mono_ms.saturating_sub(before.mono_ms)).unwrap_or(i64::MAX);
        went.saturating_sub(ran)
    } else {
        // Between two boots only a step back shows.
        went.min(0)
    };
    if jump.abs() > JUMP_MS {
        let way = if jump < 0 { "back" } else { "forward" };
        return Some(format!(
            "the clock went {way} by {} s since the entry before",
            jump.unsigned_abs() / 1000
        ));
    }
    (before.quality != at.quality)
        .then(|| format!("the clock's source went from {} to {}", before.quality.word(), at.quality.word()))
}

/// On whose word a weapon was identified: whoever signed; at the desk the second person, who stands behind it.
fn keeper_of(record: &Record) -> Option<String> {
    match &record.event {
        Event::Book(booked) => Some(booked.by.call()),
        Event::Desk(desk) => desk.witness.as_ref().map(ToString::to_string),
        _ => None,
    }
}

/// How many weapons an entry identified, and how many of them by typing.
fn identified(record: &Record) -> (u64, u64) {
    match &record.event {
        Event::Desk(desk) => {
            let by = |road: Road| desk.evidence.iter().any(|read| read.road == road);
            let any = by(Road::Tag) || by(Road::Mark) || by(Road::Typed);
            (u64::from(any), u64::from(by(Road::Typed)))
        }
        Event::Book(booked) => {
            let mut counts = (0, 0);
            roads_in(&serde_json::to_value(&booked.fact).unwrap_or_default(), &mut counts);
            counts
        }
        _ => (0, 0),
    }
}

/// Every way by which a fact of some room says that weapons were seen: fields named so, whatever room.
fn roads_in(fact: &Value, counts: &mut (u64, u64)) {
    match fact {
        Value::Object(fields) => {
            let listed = fields.get("weapons").and_then(Value::as_array).map_or(1, Vec::len) as u64;
            for (name, value) in fields {
                let by_hand = match (name.as_str(), value) {
                    ("road" | "how" | "seen", Value::String(how)) => match how.as_str() {
                        "typed" => Some(true),
                        "tag" | "mark" => Some(false),
                        _ => None,
                    },
                    ("typed", Value::Bool(typed)) => Some(*typed),
                    _ => None,
                };
                match by_hand {
                    Some(by_hand) => {
                        counts.0 += listed;
                        counts.1 += if by_hand { listed } else { 0 };
                    }
                    None => roads_in(value, counts),
                }
            }
        }
        Value::Array(items) => items.iter().for_each(|item| roads_in(item, counts)),
        _ => {}
    }
}

#[cfg(test)]
mod tests {
    use serde_json::json;

    use super::*;

    /// A count that saw three weapons by typing typed three serials; a tag that was shown is no typing.
    #[test]
    fn typing_is_counted_weapon_by_weapon() {
        for (fact, told) in [
            (
                json!({ "count": { "seen": { "count": 7, "how": "typed", "weapons": ["A1", "A2", "A3"] } } }),
                (3, 3),
            ),
            (json!({ "count": { "seen": { "count": 7, "how": "tag", "weapons": ["A1", "A2"] } } }), (2, 0)),
            (json!({ "weapon": { "bound": { "weapon": "A1", "typed": true } } }), (1, 1)),
            (json!({ "weapon": { "bound": { "weapon": "A1", "typed": false } } }), (1, 0)),
            (json!({ "key": { "taken": { "key": "7" } } }), (0, 0)),
        ] {
            let mut counts = (0, 0);
            roads_in(&fact, &mut counts);
            assert_eq!(counts, told, "{fact}");
        }
    }
}

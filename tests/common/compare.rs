//! What was told beside what came: the differences, line by line, for a person to read.

use armoury::domain::event::Started;
use armoury::domain::moment::rfc3339;
use armoury::domain::{Custody, DeskEvent, Event, Mode, Paper, Purpose, Reason};
use armoury::ledger::Record;
use armoury_hardware::panel::Signal;

use crate::common::Station;
use crate::story::{EntryLine, Story};
use crate::{Log, Noted};

/// What differs between the entries that came and those that are told.
pub fn compare(story: &Story, log: &Log) -> String {
    let mut out = String::new();
    let mut alarms = 0;
    let mut came: Vec<(String, String)> = Vec::new();
    for (place, noted) in log.entries.iter().enumerate() {
        let told = story.entry.get(place);
        let rang = noted.alarms > alarms;
        alarms = noted.alarms;
        came.push((told.map_or_else(String::new, words), words_came(noted, rang, told)));
    }
    for told in story.entry.iter().skip(log.entries.len()) {
        came.push((words(told), String::new()));
    }
    if came.iter().all(|(told, came)| told == came) {
        return out;
    }
    for (place, (told, came)) in came.iter().enumerate() {
        let mark = if told == came { ' ' } else { '!' };
        out.push_str(&format!("{mark} {:>2}  told  {told}\n", place + 1));
        if told != came {
            out.push_str(&format!("      came  {came}\n"));
        }
    }
    out
}

/// A told entry in one line.
fn words(told: &EntryLine) -> String {
    let mut line = told.kind.clone();
    let mut add = |name: &str, value: Option<&str>| {
        if let Some(value) = value {
            line.push_str(&format!(" {name}={value}"));
        }
    };
    add("weapon", told.weapon.as_deref());
    add("person", told.person.as_deref());
    add("reason", told.reason.map(Reason::word));
    add("brought_by", told.brought_by.as_deref());
    add("witness", told.witness.as_deref());
    add("mode", told.mode.map(Mode::word));
    add("due", told.due.as_deref());
    add("purpose", told.purpose.map(Purpose::word));
    add("paper", told.paper.map(Paper::word));
    add("to_sign", told.to_sign.map(|to_sign| if to_sign { "yes" } else { "no" }));
    add("clock", told.clock.as_deref());
    add("by", told.by.as_deref());
    add("says", told.says.as_deref());
    add("screen", told.screen.map(|verdict| verdict.word()));
    add("alarm", told.alarm.then_some("yes"));
    line
}

/// The entry that came, as it would be told; of what a teller may leave out, only what this one told.
fn words_came(noted: &Noted, rang: bool, told: Option<&EntryLine>) -> String {
    let Record { event, at, .. } = &noted.record;
    let mut line = event.kind().to_owned();
    let mut add = |name: &str, value: Option<String>| {
        if let Some(value) = value {
            line.push_str(&format!(" {name}={value}"));
        }
    };
    let (mut due, mut terms) = (None, (None, None, false));
    if let Event::Desk(desk) = event {
        let DeskEvent { weapon, person, reason, brought_by, witness, due_wall_ms, .. } = &**desk;
        add("weapon", weapon.as_ref().map(ToString::to_string));
        add("person", person.as_ref().map(ToString::to_string));
        add("reason", reason.map(|reason| reason.word().to_owned()));
        add("brought_by", brought_by.as_ref().map(ToString::to_string));
        add("witness", witness.as_ref().map(ToString::to_string));
        due = due_wall_ms.map(short);
        terms = (desk.purpose, desk.paper, desk.to_sign);
    }
    if let Event::Book(booked) = event {
        add("witness", booked.by.witness.as_ref().map(ToString::to_string));
    }
    match event {
        Event::ModeSet(mode) => add("mode", Some(mode.word().to_owned())),
        Event::Started(Started { after_unclean_end: false, .. }) => {
            add("after", Some("an orderly end".into()))
        }
        _ => {}
    }
    add("due", due.filter(|_| told.is_some_and(|told| told.due.is_some())));
    let (purpose, paper, to_sign) = terms;
    let purpose = purpose.filter(|_| told.is_some_and(|told| told.purpose.is_some()));
    add("purpose", purpose.map(|purpose| purpose.word().to_owned()));
    let paper = paper.filter(|_| told.is_some_and(|told| told.paper.is_some()));
    add("paper", paper.map(|paper| paper.word().to_owned()));
    let to_sign = told.and_then(|told| told.to_sign).map(|_| if to_sign { "yes" } else { "no" });
    add("to_sign", to_sign.map(str::to_owned));
    add("clock", Some(short(at.wall_ms)).filter(|_| told.is_some_and(|told| told.clock.is_some())));
    if let Event::Book(booked) = event {
        let by = told.is_some_and(|told| told.by.is_some()).then(|| booked.by.call());
        add("by", by);
        let line = booked.fact.line();
        let says = told.and_then(|told| told.says.as_ref());
        add("says", says.map(|says| if line.contains(says) { says.clone() } else { line.clone() }));
    }
    add("screen", Some(noted.screen.clone()).filter(|_| told.is_none_or(|told| told.screen.is_some())));
    add("alarm", rang.then(|| "yes".to_owned()));
    line
}

/// A time to the second, as stories write it.
fn short(wall_ms: i64) -> String {
    format!("{}Z", rfc3339(wall_ms).split('.').next().unwrap_or_default())
}

/// What differs between the end that came and the one that is told.
pub fn compare_end(story: &Story, station: &Station) -> String {
    let end = &story.end;
    let armoury = station.armoury();
    let mut out = String::new();
    let mut differ = |what: &str, told: String, came: String| {
        if told != came {
            out.push_str(&format!("! end  {what}: told {told}, came {came}\n"));
        }
    };
    for line in &story.person {
        let told = end.holds.get(&line.id).cloned().unwrap_or_default();
        let holds = |weapon: &&armoury::domain::Holding| matches!(&weapon.custody, Custody::Out { to, .. } if to.as_str() == line.id);
        let came: Vec<String> =
            armoury.weapons().filter(holds).map(|held| held.weapon.id.to_string()).collect();
        differ(&format!("{} holds", line.id), format!("{told:?}"), format!("{came:?}"));
    }
    let counts = armoury.counts();
    let figure = |told: Option<u32>, came: u32| (told.unwrap_or(came).to_string(), came.to_string());
    let (told, came) = figure(end.in_stock, counts.in_stock);
    differ("in stock", told, came);
    let (told, came) = figure(end.out, counts.out);
    differ("out", told, came);
    let desk = &station.shown().desk;
    if let Some(screen) = end.screen {
        differ("screen", screen.word().into(), desk.verdict.word().into());
    }
    if let Some(why) = &end.why
        && !desk.why.contains(why)
    {
        differ("why", why.clone(), desk.why.clone());
    }
    if let Some(signals) = &end.signals {
        let came: Vec<String> = station.signals.iter().map(|signal: &Signal| format!("{signal:?}")).collect();
        differ("signals", signals.join(" "), came.join(" "));
    }
    out
}

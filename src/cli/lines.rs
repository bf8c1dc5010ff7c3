//! Entries as lines: what `run` and the headless demonstration print, and what `ledger export` writes.

use std::path::PathBuf;

use serde_json::{Value, json};
use tokio::sync::watch;

use super::say;
use crate::domain::book::report_line::ReportLine;
use crate::domain::{Event, PersonId, Road, Roster, Seq, TagNote};
use crate::ledger::{Entry, LedgerError, Reader};

/// Prints every entry after `from` as it comes, until the station is gone. With `names`, people are called by theirs.
pub(super) async fn print_entries(folder: PathBuf, mut head: watch::Receiver<Seq>, from: Seq, names: bool) {
    let mut last = from;
    loop {
        let folder = folder.clone();
        let printed = tokio::task::spawn_blocking(move || print_after(&folder, last, names)).await;
        match printed {
            Ok(Ok(seq)) => last = seq,
            Ok(Err(error)) => tracing::warn!("print entries: {error}"),
            Err(error) => tracing::warn!("print entries: {error}"),
        }
        if head.changed().await.is_err() {
            return;
        }
    }
}

/// Prints the entries after `seq` and returns the last one's number.
pub(super) fn print_after(folder: &std::path::Path, seq: Seq, names: bool) -> Result<Seq, LedgerError> {
    let reader = Reader::open(folder)?;
    let roster = if names { reader.roster()? } else { Roster::default() };
    let mut last = seq;
    reader.each(seq, |entry| {
        last = entry.record.seq;
        say(line(&entry, &roster));
        Ok(())
    })?;
    Ok(last)
}

/// One entry as a line for people.
pub(super) fn line(entry: &Entry, roster: &Roster) -> String {
    let record = &entry.record;
    let head = format!("{:>6}  {}", record.seq, record.at.rfc3339());
    match &record.event {
        Event::Desk(desk) => {
            let weapon = desk.weapon.as_ref().map_or("-", |id| id.as_str());
            let person = desk.person.as_ref().map_or_else(|| "-".to_owned(), |id| roster.call(id));
            let reason = desk.reason.map_or("", |reason| reason.word());
            let place = desk.read_point.as_ref().map_or("", |place| place.as_str());
            let verdict = desk.kind.verdict().word();
            format!("{head}  {verdict:<5}  {weapon:<10} {person:<20} {place:<12} {reason}")
                .trim_end()
                .to_owned()
        }
        event => format!("{head}  {}  {}", event.kind(), detail(event)).trim_end().to_owned(),
    }
}

/// What an entry that is no presentation is about.
fn detail(event: &Event) -> String {
    match event {
        Event::LedgerCreated(created) => format!("{:?}", created.practice).to_lowercase(),
        Event::Started(started) if started.after_unclean_end => {
            format!("version {}, after an unclean end", started.version)
        }
        Event::Started(started) => format!("version {}", started.version),
        Event::StationNamed(station) => station.to_string(),
        Event::WeaponRegistered(weapon) => weapon.id.to_string(),
        Event::StandingSet(set) => format!("{} {}", set.weapon, set.standing.word()),
        Event::PersonRegistered(person) => format!("{} {}", person.id, person.role.word()),
        Event::ModeSet(mode) => mode.word().to_owned(),
        Event::Device(note) => format!("{} {}: {}", note.name, note.state, note.detail),
        Event::StoreNote(note) => format!("{}: {}", note.what, note.detail),
        Event::ReaderIdentified(reader) => match &reader.was {
            Some(was) => format!("{} ({}) is {}, was {was}", reader.name, reader.family, reader.serial),
            None => format!("{} ({}) is {}", reader.name, reader.family, reader.serial),
        },
        Event::Tag(note) => tag_detail(note),
        Event::Book(booked) => {
            let witness = booked.by.witness.as_ref().map(|witness| format!(", witness {witness}"));
            format!("{} by {}{}", booked.fact.line(), booked.by.call(), witness.unwrap_or_default())
        }
        Event::PolicySet(_) | Event::Stopped | Event::Other(_) | Event::Desk(_) => String::new(),
    }
}

fn tag_detail(note: &TagNote) -> String {
    let of = match (&note.weapon, &note.person) {
        (Some(weapon), _) => format!(" of {weapon}"),
        (None, Some(person)) => format!(" of {person}"),
        (None, None) => String::new(),
    };
    let failed = note.failed.as_ref().map(|why| format!(", not to the end: {why}")).unwrap_or_default();
    format!("{} {}{of} by {}{failed}", note.work.word(), note.epc, note.by)
}

/// One entry as a JSON object: at least the fields named for `ledger export --json`.
pub(super) fn object(entry: &Entry) -> Value {
    let record = &entry.record;
    let mut object = json!({
        "seq": record.seq,
        "at": record.at.rfc3339(),
        "clock": {
            "wall_ms": record.at.wall_ms,
            "mono_ms": record.at.mono_ms,
            "boot_id": uuid::Uuid::from_bytes(record.at.boot_id),
            "utc_offset_s": record.at.utc_offset_s,
            "quality": record.at.quality.word(),
        },
        "kind": record.event.kind(),
        "verdict": null,
        "reason": null,
        "weapon": record.event.weapon(),
        "person": record.event.person(),
        "witness": null,
        "read_point": null,
        "evidence": [],
        "station": record.station,
        "epoch": record.epoch,
        "incarnation": uuid::Uuid::from_bytes(record.incarnation),
        "command": record.command,
        "prev": entry.prev.to_string(),
        "hash": entry.hash.to_string(),
    });
    match &record.event {
        Event::Desk(desk) => {
            object["verdict"] = json!(desk.kind.verdict());
            object["reason"] = json!(desk.reason);
            object["witness"] = json!(desk.witness);
            object["brought_by"] = json!(desk.brought_by.as_ref().map(PersonId::as_str));
            object["read_point"] = json!(desk.read_point);
            object["mode"] = json!(desk.mode);
            object["due"] = json!(desk.due_wall_ms.map(crate::domain::moment::rfc3339));
            object["predecessor"] = json!(desk.predecessor);
            object["evidence"] = json!(desk.evidence);
            object["purpose"] = json!(desk.purpose);
            object["paper"] = json!(desk.paper);
            object["to_sign"] = json!(desk.to_sign);
            object["manual"] = json!(desk.evidence.iter().any(|evidence| evidence.road == Road::Typed));
            object["by"] = json!(desk.by);
        }
        Event::WeaponRegistered(weapon) => object["record"] = json!(weapon),
        Event::PersonRegistered(person) => object["record"] = json!(person),
        Event::PolicySet(policy) => object["record"] = json!(policy),
        Event::ReaderIdentified(reader) => object["record"] = json!(reader),
        Event::Tag(note) => object["record"] = json!(note),
        Event::Book(booked) => {
            object["witness"] = json!(booked.by.witness);
            object["by"] = json!(booked.by);
            object["record"] = fact_record(&booked.fact);
            if let Some(line) = ReportLine::of(&booked.fact) {
                object["report_line"] = json!(line.word());
            }
        }
        event => {
            let detail = detail(event);
            if !detail.is_empty() {
                object["detail"] = json!(detail);
            }
        }
    }
    object
}

/// A fact's own fields; which fact it is stands in `kind`.
fn fact_record(fact: &crate::domain::book::Fact) -> Value {
    // Two names around the fields: the room's and the fact's.
    let mut fields = json!(fact);
    for _ in 0..2 {
        fields = match fields {
            Value::Object(mut named) if named.len() == 1 => {
                named.iter_mut().next().map(|(_, inner)| inner.take()).unwrap_or_default()
            }
            other => other,
        };
    }
    fields
}

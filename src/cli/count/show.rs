//! Counts to look at, and sheets to count with. Of a blind count that is open neither shows number or list (C-4).

use clap::{Args, ValueEnum};
use serde_json::{Value, json};

use crate::cli::place::Place;
use crate::cli::{Failure, exit, say};
use crate::domain::armoury::{Armoury, Holding};
use crate::domain::book::count::{Count, Done, NO_MODEL, Outcome, room};
use crate::domain::moment::rfc3339;
use crate::domain::{Seq, WeaponId};
use crate::ledger::{Reader, Record};

/// Entries read at a time when an old count is looked up.
const STEP: usize = 5_000;

/// The same in bytes.
const STEP_BYTES: usize = 16 * 1024 * 1024;

/// What to show
#[derive(Debug, Args)]
pub struct Show {
    /// Which; all when absent
    count: Option<Seq>,
    #[command(flatten)]
    place: Place,
    /// One JSON object a line
    #[arg(long)]
    json: bool,
}

/// What to print
#[derive(Debug, Args)]
pub struct Sheet {
    /// Which count; the register as it is now when absent
    count: Option<Seq>,
    /// Only this rack
    #[arg(long)]
    rack: Option<String>,
    /// In which order
    #[arg(long, value_enum, default_value = "rack")]
    order: Order,
    #[command(flatten)]
    place: Place,
    /// One JSON object a line
    #[arg(long)]
    json: bool,
}

/// The order of a sheet: lists in serial order make armourers re-rack weapons to match (section 11).
#[derive(Debug, Clone, Copy, PartialEq, Eq, ValueEnum)]
enum Order {
    /// As they hang on the wall
    Rack,
    /// By type and serial
    Serial,
}

impl Show {
    pub(super) fn carry_out(self) -> Result<u8, Failure> {
        let reader = self.place.reader()?;
        let armoury = reader.armoury()?;
        let state = &armoury.rooms.count;
        let wanted = |seq: &Seq| self.count.is_none_or(|count| count == *seq);
        let mut any = false;
        for (seq, done) in state.done.iter().filter(|(seq, _)| wanted(seq)) {
            any = true;
            if !self.json {
                say(done_line(*seq, done));
            }
            match self.count {
                Some(_) => {
                    let (then, count) = as_it_ended(&reader, *seq, done)?;
                    let outcome = count.compare(&then, *seq);
                    tell(&then, *seq, &count, &outcome, (self.json, Some(done)));
                }
                None if self.json => say(json!({ "count": seq, "over": done })),
                None => {}
            }
        }
        for (seq, count) in state.open.iter().filter(|(seq, _)| wanted(seq)) {
            any = true;
            let outcome = count.compare(&armoury, *seq);
            tell(&armoury, *seq, count, &outcome, (self.json, None));
        }
        match self.count {
            Some(count) if !any => {
                Err(Failure::refused(format!("find count {count}: there is none of that number")))
            }
            _ => Ok(exit::DONE),
        }
    }
}

impl Sheet {
    pub(super) fn carry_out(self) -> Result<u8, Failure> {
        let reader = self.place.reader()?;
        let armoury = reader.armoury()?;
        let Some(seq) = self.count else {
            if let Some((seq, _)) = armoury.rooms.count.open.iter().find(|(_, count)| count.blind) {
                return Err(Failure::refused(format!(
                    "print the register as a list: count {seq} is open and blind; write down what is there"
                )));
            }
            let list: Vec<&Holding> = room(&armoury, self.rack.as_deref()).collect();
            self.print(list, None, &format!("register at entry {}", armoury.head));
            return Ok(exit::DONE);
        };
        let state = &armoury.rooms.count;
        let (then, count) = match (state.open.get(&seq), state.done.get(&seq)) {
            (Some(count), _) if count.blind => {
                return Err(Failure::refused(format!(
                    "print the list of count {seq}: it is blind; write down what is there"
                )));
            }
            (Some(count), _) => (armoury.clone(), count.clone()),
            (None, Some(done)) => as_it_ended(&reader, seq, done)?,
            (None, None) => {
                return Err(Failure::refused(format!("find count {seq}: there is none of that number")));
            }
        };
        let wanted = |holding: &&Holding| {
            self.rack.as_ref().is_none_or(|rack| holding.weapon.rack.as_ref() == Some(rack))
        };
        let list = count.items.keys().filter_map(|id| then.weapon(id)).filter(wanted).collect();
        let title =
            format!("{} count {seq}, entry {seq}, begun {}", count.kind.word(), count.opened.rfc3339());
        self.print(list, Some(&count), &title);
        Ok(exit::DONE)
    }

    fn print(&self, mut list: Vec<&Holding>, count: Option<&Count>, title: &str) {
        let by_place = |holding: &&Holding| {
            let weapon = &holding.weapon;
            (weapon.rack.clone(), weapon.slot.as_deref().map(natural), weapon.id.clone())
        };
        match self.order {
            Order::Rack => list.sort_by_key(by_place),
            Order::Serial => list.sort_by_key(|holding| {
                let weapon = &holding.weapon;
                (weapon.model.clone(), weapon.serial.as_deref().map(natural), weapon.id.clone())
            }),
        }
        if !self.json {
            say(format!("COUNT SHEET · {title}"));
            say(format!("{:<4} {:<10} {:<12} {:<16} {:<16} [ ]", "", "NUMBER", "HOME", "TYPE", "SERIAL"));
        }
        for (place, holding) in list.iter().enumerate() {
            let weapon = &holding.weapon;
            let seen = count.and_then(|count| count.items.get(&weapon.id)).and_then(|item| item.seen());
            let (model, serial) = (weapon.model.as_deref(), weapon.serial.as_deref());
            if self.json {
                say(json!({
                    "line": place + 1, "weapon": weapon.id, "home": home(holding), "model": model,
                    "serial": serial, "seen": seen,
                }));
                continue;
            }
            let tick = if seen.is_some() { "[x]" } else { "[ ]" };
            say(format!(
                "{:<4} {:<10} {:<12} {:<16} {:<16} {tick}",
                place + 1,
                weapon.id,
                home(holding),
                model.unwrap_or(NO_MODEL),
                serial.unwrap_or("-")
            ));
        }
        if !self.json {
            say(format!("{} weapons. Counted by ______________ Witness ______________", list.len()));
        }
    }
}

/// A count as it was when it ended, and the book at that moment: read again from the ledger.
fn as_it_ended(reader: &Reader, seq: Seq, done: &Done) -> Result<(Armoury, Count), Failure> {
    let mut armoury = Armoury::default();
    while armoury.head + 1 < done.ended {
        let before = armoury.head;
        for stored in reader.after(armoury.head, STEP, STEP_BYTES)? {
            if stored.seq >= done.ended {
                break;
            }
            let record = Record::decode(&stored.payload)
                .map_err(|error| Failure::refused(format!("read entry {}: {error}", stored.seq)))?;
            armoury.apply(record.seq, record.at, &record.event);
        }
        if armoury.head == before {
            break;
        }
    }
    let count = armoury.rooms.count.open.get(&seq).cloned();
    count
        .map(|count| (armoury, count))
        .ok_or_else(|| Failure::refused(format!("find count {seq}: the ledger holds it no more as it was")))
}

fn tell(armoury: &Armoury, seq: Seq, count: &Count, outcome: &Outcome, (json, done): (bool, Option<&Done>)) {
    let hidden = count.blind && done.is_none();
    if json {
        return say(as_json(armoury, seq, count, outcome, done));
    }
    if done.is_none() {
        let rack = count.rack.as_ref().map(|rack| format!(" of rack {rack}")).unwrap_or_default();
        let counter = count.counter.as_ref().map_or("-", |id| id.as_str());
        let (kind, begun) = (count.kind.word(), count.opened.rfc3339());
        say(format!("count {seq} · {kind}{rack} · open since {begun} by {counter}"));
    }
    if hidden {
        return say(format!("  blind: {} seen so far", count.seen()));
    }
    let figures = &outcome.figures;
    say(format!(
        "  expected {} · seen {} · still to find {} · extra {} · left meanwhile {} · came {} · out at the start {}",
        figures.expected,
        figures.seen,
        figures.missing,
        figures.extras,
        figures.left,
        figures.came,
        figures.out
    ));
    for id in &outcome.missing {
        let place = armoury.weapon(id).map(home).unwrap_or_default();
        say(format!("  to find  {id:<10} {place}"));
    }
    for what in &outcome.extras {
        let kind = count.extras.get(what).map_or("", |extra| extra.kind.word());
        say(format!("  extra    {what:<10} {kind}"));
    }
    for (model, found, book) in &outcome.types {
        let found = found.map_or("not counted".to_owned(), |found| format!("{found} counted"));
        say(format!("  type     {model}: {found}, {book} in the book"));
    }
    for id in &outcome.unsampled {
        say(format!("  touch    {id:<10} or show it to a camera"));
    }
    for (id, item) in &count.items {
        if let Some(place) = &item.place {
            say(format!(
                "  place    {id:<10} in {place}, home {}",
                armoury.weapon(id).map(home).unwrap_or_default()
            ));
        }
    }
    for note in &count.notes {
        let weapon = note.weapon.as_ref().map_or("", |id| id.as_str());
        say(format!("  note     {weapon} {} (entry {})", note.text, note.seq));
    }
    if let Some(why) = &count.doubt {
        say(format!("  silence proves nothing: {why}"));
    }
}

fn as_json(armoury: &Armoury, seq: Seq, count: &Count, outcome: &Outcome, done: Option<&Done>) -> Value {
    let mut told = json!({
        "count": seq, "kind": count.kind, "rack": count.rack, "blind": count.blind,
        "opened": count.opened.rfc3339(), "counter": count.counter, "witness": count.witness,
        "outgoing": count.outgoing, "incoming": count.incoming, "state": done.map_or("open", |done| &done.how),
        "seen": count.seen(), "signed": count.signed, "notes": count.notes,
    });
    if let Some(done) = done {
        told["ended"] = json!(rfc3339(done.ended_wall_ms));
        told["ended_by_entry"] = json!(done.ended);
    }
    if count.blind && done.is_none() {
        return told;
    }
    let item = |id: &WeaponId| json!({ "weapon": id, "home": armoury.weapon(id).map(home) });
    let items: Vec<Value> = count
        .items
        .iter()
        .map(|(id, found)| json!({ "weapon": id, "tag": found.tag, "sight": found.sight, "place": found.place }))
        .collect();
    let types: Vec<Value> = outcome
        .types
        .iter()
        .map(|(model, found, book)| json!({ "model": model, "found": found, "expected": book }))
        .collect();
    told["figures"] = json!(outcome.figures);
    told["to_find"] = outcome.missing.iter().map(item).collect();
    told["left"] = json!(outcome.left);
    told["came"] = json!(outcome.came);
    told["extras"] = json!(count.extras);
    told["to_touch"] = json!(outcome.unsampled);
    told["types"] = json!(types);
    told["slots"] = json!(count.slots.map(|(filled, book)| json!({ "filled": filled, "expected": book })));
    told["doubt"] = json!(count.doubt);
    told["items"] = json!(items);
    told
}

fn done_line(seq: Seq, done: &Done) -> String {
    let rack = done.rack.as_ref().map(|rack| format!(" of rack {rack}")).unwrap_or_default();
    let counter = done.counter.as_ref().map_or("-", |id| id.as_str());
    let (kind, how, ended) = (done.kind.word(), done.how.replace('_', " "), rfc3339(done.ended_wall_ms));
    let figures = &done.figures;
    format!(
        "count {seq} · {kind}{rack} · {how} {ended} · by {counter} · {} of {} seen, {} not accounted for",
        figures.seen, figures.expected, figures.missing
    )
}

/// "B/12".
fn home(holding: &Holding) -> String {
    match (&holding.weapon.rack, &holding.weapon.slot) {
        (Some(rack), Some(slot)) => format!("{rack}/{slot}"),
        (Some(rack), None) => rack.clone(),
        _ => "-".to_owned(),
    }
}

/// Text so that 9 stands before 10.
fn natural(text: &str) -> Vec<(u64, String)> {
    let mut parts: Vec<(u64, String)> = Vec::new();
    for letter in text.chars() {
        let digit = letter.to_digit(10).map(u64::from);
        match (parts.last_mut(), digit) {
            (Some((number, word)), Some(digit)) if word.is_empty() => {
                *number = number.saturating_mul(10).saturating_add(digit);
            }
            (_, Some(digit)) => parts.push((digit, String::new())),
            (Some((_, word)), None) => word.push(letter),
            (None, None) => parts.push((0, letter.to_string())),
        }
    }
    parts
}

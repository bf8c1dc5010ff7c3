//! What is shown of weapons: record, state, history, lists.

use clap::Args;
use serde_json::{Value, json};

use super::super::place::Place;
use super::super::{Failure, book, exit, lines, say};
use crate::domain::book::weapon::{Attachment, attachment_totals, to_strip};
use crate::domain::record::FIELDS;
use crate::domain::{Armoury, Custody, Holding, Identifier, PersonId, Roster, Weapon, WeaponId};
use crate::identity::epc::hex;

/// One weapon
#[derive(Debug, Args)]
pub struct One {
    /// Which
    id: String,
    #[command(flatten)]
    place: Place,
    /// One JSON object a line
    #[arg(long)]
    json: bool,
}

/// All there are
#[derive(Debug, Args)]
pub struct All {
    #[command(flatten)]
    place: Place,
    /// One JSON object a line
    #[arg(long)]
    json: bool,
}

/// One weapon with everything, or a line for each.
pub(super) fn show(show: &book::Show) -> Result<u8, Failure> {
    let armoury = show.place.reader()?.armoury()?;
    let Some(id) = &show.id else {
        for holding in armoury.weapons() {
            say(if show.json { object(&armoury, holding)?.to_string() } else { weapon_line(holding) });
        }
        return Ok(exit::DONE);
    };
    let Some(holding) = armoury.weapon(&WeaponId::from(id.as_str())) else {
        return Err(Failure::refused(format!("find {id}: it is not in the book")));
    };
    if show.json {
        say(object(&armoury, holding)?);
    } else {
        say(weapon_line(holding));
        details(&armoury, holding).iter().for_each(say);
    }
    Ok(exit::DONE)
}

impl One {
    /// Every entry about the weapon, with what it changed in the record.
    pub(super) fn history(self) -> Result<u8, Failure> {
        let id = WeaponId::new(self.id);
        let entries = self.place.reader()?.of_weapon(&id)?;
        if entries.is_empty() {
            return Err(Failure::refused(format!("find {id}: the book has no entry about it")));
        }
        // Folded again from these entries alone: what each of them changed is the difference it makes.
        let mut life = Armoury::default();
        for entry in entries {
            let before = life.weapon(&id).map(|holding| holding.weapon.clone());
            let record = &entry.record;
            life.apply(record.seq, record.at, &record.event);
            let changes = match (&before, life.weapon(&id)) {
                (Some(before), Some(after)) => changes(before, &after.weapon),
                _ => Vec::new(),
            };
            if self.json {
                let mut object = lines::object(&entry);
                object["changes"] = changes.iter().map(Change::object).collect();
                say(object);
            } else {
                say(lines::line(&entry, &Roster::default()));
                changes.iter().for_each(|change| say(change.line()));
            }
        }
        Ok(exit::DONE)
    }
}

impl All {
    /// What belongs to weapons, and how much of it is out.
    pub(super) fn attachments(self) -> Result<u8, Failure> {
        let armoury = self.place.reader()?.armoury()?;
        for (item, (belongs, out)) in attachment_totals(&armoury) {
            say(match self.json {
                true => json!({ "item": item, "belongs": belongs, "out": out }).to_string(),
                false => format!("{item:<24} {belongs:>6} belong to weapons, {out} out"),
            });
        }
        Ok(exit::DONE)
    }

    /// What waits for work, the oldest first.
    pub(super) fn queues(self) -> Result<u8, Failure> {
        let armoury = self.place.reader()?.armoury()?;
        let queues = armoury.rooms.weapon.queues.iter();
        let mut waiting: Vec<_> =
            queues.flat_map(|(id, queued)| queued.iter().map(move |queued| (id, queued))).collect();
        waiting.sort_by_key(|(_, queued)| (queued.work, queued.seq));
        for (id, queued) in waiting {
            say(match self.json {
                true => json!({ "weapon": id, "queued": queued }).to_string(),
                false => {
                    let (since, why) = (queued.at.rfc3339(), queued.why.as_deref().unwrap_or_default());
                    let line =
                        format!("{:<10} {id:<10} since {since} by {}  {why}", queued.work.word(), queued.by);
                    line.trim_end().to_owned()
                }
            });
        }
        Ok(exit::DONE)
    }

    /// Weapons that are somebody's to draw, and where they are.
    pub(super) fn assigned(self) -> Result<u8, Failure> {
        let armoury = self.place.reader()?.armoury()?;
        for (id, (person, _)) in &armoury.rooms.weapon.assigned {
            let drawn_by = armoury.weapon(id).and_then(out_to);
            say(match self.json {
                true => json!({ "weapon": id, "person": person, "drawn_by": drawn_by }).to_string(),
                false => {
                    let drawn = drawn_by.map_or("in the rack".to_owned(), |to| format!("out to {to}"));
                    format!("{id:<10} {person:<12} {drawn}")
                }
            });
        }
        Ok(exit::DONE)
    }

    /// Weapons that bear a tag, by home (S-5).
    pub(super) fn strip_list(self) -> Result<u8, Failure> {
        let armoury = self.place.reader()?.armoury()?;
        let mut weapons: Vec<&Weapon> = to_strip(&armoury).collect();
        weapons.sort_by_key(|weapon| (&weapon.room, &weapon.rack, &weapon.slot, &weapon.id));
        for weapon in weapons {
            let tags: Vec<String> = weapon.identifiers.iter().filter_map(tag_hex).collect();
            let out = armoury.weapon(&weapon.id).and_then(out_to);
            say(match self.json {
                true => json!({ "weapon": weapon.id, "rack": weapon.rack, "slot": weapon.slot, "out_to": out, "tags": tags }).to_string(),
                false => {
                    let out = out.map(|to| format!("  out to {to}")).unwrap_or_default();
                    format!("[ ] {:<10} {:<16} {}{out}", weapon.id, home(weapon), tags.join(" "))
                }
            });
        }
        Ok(exit::DONE)
    }
}

fn out_to(holding: &Holding) -> Option<&PersonId> {
    match &holding.custody {
        Custody::Out { to, .. } => Some(to),
        Custody::In => None,
    }
}

fn weapon_line(holding: &Holding) -> String {
    let weapon = &holding.weapon;
    let text = |field: &Option<String>| field.clone().unwrap_or_else(|| "-".into());
    let custody = match &holding.custody {
        Custody::In => "in".to_owned(),
        Custody::Out { to, since, .. } => format!("out to {to} since {}", since.rfc3339()),
    };
    format!(
        "{:<10} {:<12} {:<14} {:<12} {custody}",
        weapon.id,
        text(&weapon.model),
        text(&weapon.serial),
        holding.standing.word()
    )
}

/// The record and the life beside it as one object: the fields of the holding, and `life`.
fn object(armoury: &Armoury, holding: &Holding) -> Result<Value, Failure> {
    let (id, state) = (&holding.weapon.id, &armoury.rooms.weapon);
    let retired: Vec<Value> =
        state.retired_from(id).map(|off| json!({ "what": off.what, "seq": off.seq })).collect();
    let mut object = serde_json::to_value(holding)?;
    object["life"] = json!({
        "attachments": state.attachments.get(id).map(Vec::as_slice).unwrap_or_default(),
        "handed_out": state.handed.get(id),
        "quarantine": state.quarantine.get(id),
        "queues": state.queues.get(id).map(Vec::as_slice).unwrap_or_default(),
        "assigned": state.assigned.get(id).map(|(person, seq)| json!({ "person": person, "seq": seq })),
        "retired": retired,
        "intake": armoury.rooms.intake.intakes.get(id),
    });
    Ok(object)
}

/// The record and the life beside it in lines: what is not known is left out.
fn details(armoury: &Armoury, holding: &Holding) -> Vec<String> {
    let (weapon, state) = (&holding.weapon, &armoury.rooms.weapon);
    let id = &weapon.id;
    let mut lines = Vec::new();
    let mut add = |name: &str, value: String| {
        if !value.is_empty() {
            lines.push(format!("  {:<14} {value}", name.replace('_', " ")));
        }
    };
    for field in FIELDS {
        add(field, weapon.field(field).unwrap_or_default());
    }
    for identifier in &weapon.identifiers {
        match identifier {
            Identifier::Tag { epc, tid } => {
                let chip = tid.as_deref().map(|tid| format!(", chip {}", hex(tid))).unwrap_or_default();
                add("tag", format!("{}{chip}", hex(epc)));
            }
            Identifier::Mark { text } => add("mark", text.clone()),
        }
    }
    for off in state.retired_from(id) {
        add("taken off", format!("{}, entry {}", off.what, off.seq));
    }
    add("assigned to", state.assigned.get(id).map(|(person, _)| person.to_string()).unwrap_or_default());
    add("belongs to it", state.attachments.get(id).map(|items| counted(items)).unwrap_or_default());
    if let Some(handed) = state.handed.get(id) {
        add("went out", format!("{} to {}, entry {}", counted(&handed.items), handed.person, handed.seq));
    }
    if let Some(held) = state.quarantine.get(id) {
        let place = held.place.as_ref().map(|place| format!(" in {place}")).unwrap_or_default();
        add("quarantine", format!("{}{place}, since {}", held.reason, held.at.rfc3339()));
    }
    for queued in state.queues.get(id).into_iter().flatten() {
        add("waits for", format!("{} since {} by {}", queued.work.word(), queued.at.rfc3339(), queued.by));
    }
    if let Some(case) = armoury.rooms.intake.intakes.get(id) {
        add("came in", format!("receipt {}, entry {}", case.intake.receipt, case.seq));
    }
    lines
}

/// A field that an entry changed.
struct Change {
    field: &'static str,
    old: String,
    new: String,
}

impl Change {
    fn object(&self) -> Value {
        json!({ "field": self.field, "old": self.old, "new": self.new })
    }

    fn line(&self) -> String {
        format!("{:>8}{} {:?} became {:?}", "", self.field, self.old, self.new)
    }
}

fn changes(before: &Weapon, after: &Weapon) -> Vec<Change> {
    let identifiers = |weapon: &Weapon| {
        let texts: Vec<String> = weapon.identifiers.iter().map(identifier_text).collect();
        texts.join("; ")
    };
    let fields = FIELDS.iter().map(|field| {
        (*field, before.field(field).unwrap_or_default(), after.field(field).unwrap_or_default())
    });
    let all = fields.chain([("identifiers", identifiers(before), identifiers(after))]);
    all.filter(|(_, old, new)| old != new).map(|(field, old, new)| Change { field, old, new }).collect()
}

fn identifier_text(identifier: &Identifier) -> String {
    match identifier {
        Identifier::Tag { epc, .. } => format!("tag {}", hex(epc)),
        Identifier::Mark { text } => format!("mark {text}"),
    }
}

fn tag_hex(identifier: &Identifier) -> Option<String> {
    match identifier {
        Identifier::Tag { epc, .. } => Some(hex(epc)),
        Identifier::Mark { .. } => None,
    }
}

fn counted(items: &[Attachment]) -> String {
    items.iter().map(Attachment::line).collect::<Vec<_>>().join(", ")
}

fn home(weapon: &Weapon) -> String {
    let parts: Vec<&str> =
        [&weapon.room, &weapon.rack, &weapon.slot].into_iter().flatten().map(String::as_str).collect();
    if parts.is_empty() { "-".to_owned() } else { parts.join("/") }
}

//! `armoury person show`: roles, what somebody may draw, badges, what they hold now.

use std::collections::BTreeMap;

use clap::Args;
use serde_json::{Value, json};

use crate::cli::place::Place;
use crate::cli::{Failure, exit, say};
use crate::domain::book::person::{Badge, Record, Word, roles, suspended};
use crate::domain::moment::rfc3339;
use crate::domain::{Armoury, Custody, Moment, Person, PersonId, Role, Roster};
use crate::identity::mark::printable;
use crate::station::clock::Clock;

/// What to show
#[derive(Debug, Args)]
pub struct Show {
    /// Which; all when absent
    id: Option<String>,
    #[command(flatten)]
    place: Place,
    /// One JSON object a line
    #[arg(long)]
    json: bool,
}

impl Show {
    pub(super) fn carry_out(self) -> Result<u8, Failure> {
        let reader = self.place.reader()?;
        let (armoury, roster) = (reader.armoury()?, reader.roster()?);
        let clock = Clock::new();
        clock.follow(&armoury);
        let view = View {
            held: held(&armoury),
            armoury: &armoury,
            roster: &roster,
            now: clock.now(),
            private: self.place.role() == Some(Role::Supervisor),
        };
        let wanted = self.id.as_deref().map(PersonId::from);
        let mut any = false;
        for person in armoury.persons().filter(|person| wanted.as_ref().is_none_or(|id| *id == person.id)) {
            any = true;
            if self.json {
                say(view.object(person)?);
            } else {
                say(view.line(person));
                if wanted.is_some() {
                    view.papers(person).iter().for_each(|line| say(printable(line)));
                }
            }
        }
        match &self.id {
            Some(id) if !any => Err(Failure::refused(format!("find {id}: they are not in the book"))),
            _ => Ok(exit::DONE),
        }
    }
}

/// A weapon in somebody's hands.
struct Held<'a> {
    weapon: &'a str,
    since: Moment,
    due_wall_ms: Option<i64>,
    seq: u64,
}

fn held(armoury: &Armoury) -> BTreeMap<&PersonId, Vec<Held<'_>>> {
    let mut held: BTreeMap<&PersonId, Vec<Held<'_>>> = BTreeMap::new();
    for holding in armoury.weapons() {
        if let Custody::Out { to, since, due_wall_ms, seq } = &holding.custody {
            let weapon = holding.weapon.id.as_str();
            held.entry(to).or_default().push(Held {
                weapon,
                since: *since,
                due_wall_ms: *due_wall_ms,
                seq: *seq,
            });
        }
    }
    held
}

struct View<'a> {
    held: BTreeMap<&'a PersonId, Vec<Held<'a>>>,
    armoury: &'a Armoury,
    roster: &'a Roster,
    now: Moment,
    /// Whether whoever looks is a supervisor.
    private: bool,
}

impl View<'_> {
    fn record(&self, person: &Person) -> Option<&Record> {
        self.armoury.rooms.person.people.get(&person.id)
    }

    fn roles(&self, person: &Person) -> Vec<&'static str> {
        roles(self.armoury, person, self.now).into_iter().map(Role::word).collect()
    }

    fn reason(&self, person: &Person) -> Option<&String> {
        self.roster.kept(&person.id)?.suspension.as_ref().filter(|_| self.private)
    }

    fn keys(&self, person: &Person) -> Vec<&String> {
        let keys = self.armoury.rooms.key.keys.iter();
        keys.filter(|(_, key)| key.holder.as_ref().is_some_and(|(holder, _)| *holder == person.id))
            .map(|(number, _)| number)
            .collect()
    }

    /// The register's record as it always was, and beside it the papers of the book.
    fn object(&self, person: &Person) -> Result<Value, Failure> {
        let mut object = serde_json::to_value(person)?;
        let record = self.record(person).cloned().unwrap_or_default();
        let held: Vec<Value> = self.held.get(&person.id).into_iter().flatten().map(held_object).collect();
        object["suspended"] = json!(suspended(self.armoury, person, self.now));
        object["name"] = json!(self.roster.call(&person.id));
        object["roles"] = json!(self.roles(person));
        object["appointments"] = json!(record.appointments);
        object["dismissals"] = json!(record.dismissals);
        object["authorisations"] = json!(record.words);
        object["suspension"] = json!(record.suspension);
        object["suspension_reason"] = json!(self.reason(person));
        object["badges"] = json!(record.badges);
        object["pin"] = json!(record.pin.as_ref().map(|pin| json!({ "set": pin.set, "misses": pin.misses })));
        object["left"] = json!(record.left);
        object["inside"] = json!(self.armoury.rooms.access.inside.get(&person.id));
        object["holds"] = json!(held);
        object["keys"] = json!(self.keys(person));
        Ok(object)
    }

    fn line(&self, person: &Person) -> String {
        let record = self.record(person);
        let roles = self.roles(person).join(" ");
        let mut marks = String::new();
        if record.is_some_and(|record| record.left.is_some()) {
            marks.push_str("  has left");
        }
        if suspended(self.armoury, person, self.now) {
            marks.push_str("  suspended");
        }
        let line = format!(
            "{:<12} {:<18} {:<24} holds {}{marks}",
            person.id,
            if roles.is_empty() { "-" } else { &roles },
            self.roster.call(&person.id),
            self.armoury.held_by(&person.id),
        );
        printable(&line).to_string()
    }

    /// Everything else, a line each.
    fn papers(&self, person: &Person) -> Vec<String> {
        let mut lines = Vec::new();
        let until = person.valid_until.map(|day| format!(" until {day}")).unwrap_or_default();
        lines.push(format!("  register      {}{until}, may draw {}", person.role.word(), drawn(person)));
        let Some(record) = self.record(person) else {
            lines.extend(self.hands(person));
            return lines;
        };
        for held in &record.appointments {
            let ended = held.ended.map(|seq| format!(", ended by entry {seq}")).unwrap_or_default();
            let order = held.authority.as_deref().unwrap_or("-");
            lines.push(format!(
                "  appointed     {} {} on {order} (entry {}){ended}",
                held.role.word(),
                held.period,
                held.seq
            ));
        }
        for (role, ending) in &record.dismissals {
            let day = ending.last_day.map(|day| format!(" after {day}")).unwrap_or_default();
            lines.push(format!("  dismissed     {}{day} (entry {})", role.word(), ending.seq));
        }
        lines.extend(record.words.iter().map(word_line));
        if let Some(suspension) = &record.suspension {
            let until = suspension.until.map(|day| format!(" until {day}")).unwrap_or_default();
            let reason = self.reason(person).map(|reason| format!(": {reason}")).unwrap_or_default();
            lines.push(format!("  suspended    {until} (entry {}){reason}", suspension.seq));
        }
        lines.extend(record.badges.iter().map(badge_line));
        if let Some(pin) = &record.pin {
            lines.push(format!("  PIN           set by entry {}, {} wrong since", pin.set, pin.misses));
        }
        lines.extend(self.hands(person));
        lines
    }

    /// What is in their hands.
    fn hands(&self, person: &Person) -> Vec<String> {
        let weapons = self.held.get(&person.id).into_iter().flatten().map(|held| {
            let due = held.due_wall_ms.map(|due| format!(", due {}", rfc3339(due))).unwrap_or_default();
            format!(
                "  holds         {} since {}{due} (entry {})",
                held.weapon,
                held.since.rfc3339(),
                held.seq
            )
        });
        let keys = self.keys(person).into_iter().map(|number| format!("  holds         key {number}"));
        weapons.chain(keys).collect()
    }
}

fn held_object(held: &Held<'_>) -> Value {
    json!({
        "weapon": held.weapon,
        "since": held.since.rfc3339(),
        "due": held.due_wall_ms.map(rfc3339),
        "seq": held.seq,
    })
}

fn drawn(person: &Person) -> String {
    use crate::domain::MayDraw;
    match &person.may_draw {
        MayDraw::Nothing => "nothing".to_owned(),
        MayDraw::All => "everything".to_owned(),
        MayDraw::Listed(names) => names.join(", "),
    }
}

fn word_line(word: &Word) -> String {
    let (verb, period) = match word.given {
        true => ("may draw", format!(" {}", word.period)),
        false => ("may not", String::new()),
    };
    format!("  {verb:<13} {}{period} (entry {})", word.what, word.seq)
}

fn badge_line(badge: &Badge) -> String {
    let kind = badge.kind.map_or("of the register", |kind| kind.word());
    let state = match (badge.lost, badge.over) {
        (_, Some(seq)) => format!("taken back by entry {seq}"),
        (Some(seq), None) => format!("lost by entry {seq}, shown {} times since", badge.shown_again),
        (None, None) => "in use".to_owned(),
    };
    format!("  badge {:<7} {kind}, {state}", badge.number)
}

//! What leads to a weapon: its serial, tag, mark, maker, where it was and who had it. An index of these is kept beside
//! the ledger, so that a weapon is found by a name it bore once, thirty years of entries later.

use serde_json::Value;

use super::event::{DeskEvent, DeskKind, Event};
use super::ids::{ReadPoint, WeaponId};
use super::weapon::{Identifier, Weapon};
use crate::identity::epc::parse_hex;
use crate::identity::serial::{confusable_form, search_form};
use crate::identity::{MarkId, TagId};

/// By what a weapon can be found. The numbers stand in the index and keep their meaning.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash)]
#[repr(u8)]
pub enum LeadKind {
    /// Serial in its search form.
    Serial = 0,
    /// Serial in the form in which easily confused characters are one; it suggests and never proves.
    Confusable = 1,
    /// Key of a tag.
    Tag = 2,
    /// Key of a mark a camera reads, or the text of one a person reads.
    Mark = 3,
    /// Maker.
    Maker = 4,
    /// Type or model.
    Model = 5,
    /// Calibre.
    Calibre = 6,
    /// Country of manufacture.
    Country = 7,
    /// Room, rack or read point.
    Place = 8,
    /// Who held it.
    Person = 9,
}

/// One name of one weapon.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Lead {
    /// By what.
    pub kind: LeadKind,
    /// In the form in which it is looked up, as [`form`] makes it.
    pub form: String,
    /// To which weapon.
    pub weapon: WeaponId,
}

/// The form in which `text` is looked up.
pub fn form(kind: LeadKind, text: &str) -> String {
    match kind {
        LeadKind::Confusable => confusable_form(text),
        LeadKind::Tag => match parse_hex(text) {
            Ok(epc) => TagId::from_epc(&epc).to_string(),
            Err(_) => text.to_owned(),
        },
        LeadKind::Mark => MarkId::from_text(text).as_str().to_owned(),
        LeadKind::Person => text.to_owned(),
        _ => search_form(text),
    }
}

/// Every name that an event gives to weapons.
pub fn leads(event: &Event) -> Vec<Lead> {
    match event {
        Event::WeaponRegistered(weapon) => of_record(weapon),
        Event::Desk(desk) => of_desk(desk),
        Event::Tag(note) => match &note.weapon {
            Some(weapon) => {
                let codes = note.was.iter().chain([&note.epc]);
                codes.filter_map(|code| lead(LeadKind::Tag, code, weapon)).collect()
            }
            None => Vec::new(),
        },
        Event::Book(booked) => match booked.fact.weapons()[..] {
            // Of a list of weapons nobody can tell which one a name in the fact belongs to.
            [weapon] => of_fact(&serde_json::to_value(&booked.fact).unwrap_or_default(), weapon),
            _ => Vec::new(),
        },
        _ => Vec::new(),
    }
}

/// Every name that a fact of the book gives its weapon: whole records, tags, marks, fields that were set or corrected.
/// Rooms name these things alike, so that none has to be known here and one that comes later is found too.
fn of_fact(fact: &Value, weapon: &WeaponId) -> Vec<Lead> {
    let mut found = Vec::new();
    match fact {
        Value::Array(items) => found.extend(items.iter().flat_map(|item| of_fact(item, weapon))),
        Value::Object(fields) => {
            if fields.contains_key("identifiers") {
                return serde_json::from_value(fact.clone())
                    .map(|record| of_record(&record))
                    .unwrap_or_default();
            }
            if let Ok(identifier) = serde_json::from_value::<Identifier>(fact.clone()) {
                let one = Weapon { identifiers: vec![identifier], ..Weapon::new(weapon.clone()) };
                return of_record(&one);
            }
            let text = |name: &str| fields.get(name).and_then(Value::as_str);
            if let (Some(field), Some(old), Some(new)) = (text("field"), text("old"), text("new")) {
                return [old, new].into_iter().flat_map(|value| of_field(field, value, weapon)).collect();
            }
            for (name, value) in fields {
                match value.as_str() {
                    Some(value) => found.extend(of_field(name, value, weapon)),
                    None => found.extend(of_fact(value, weapon)),
                }
            }
        }
        _ => {}
    }
    found
}

/// What a field of a record leads by; nothing where it is none, or none that names anything.
fn of_field(name: &str, value: &str, weapon: &WeaponId) -> Vec<Lead> {
    let mut one = Weapon::new(weapon.clone());
    one.set_field(name, value).map(|()| of_record(&one)).unwrap_or_default()
}

/// Every name on a record.
pub fn of_record(weapon: &Weapon) -> Vec<Lead> {
    let id = &weapon.id;
    let place = |text: &Option<String>| text.as_deref().and_then(|text| lead(LeadKind::Place, text, id));
    let mut found = Vec::new();
    let words = [
        (LeadKind::Serial, &weapon.serial),
        (LeadKind::Confusable, &weapon.serial),
        (LeadKind::Maker, &weapon.maker),
        (LeadKind::Model, &weapon.model),
        (LeadKind::Calibre, &weapon.calibre),
        (LeadKind::Country, &weapon.country),
    ];
    for (kind, text) in words {
        found.extend(text.as_deref().and_then(|text| lead(kind, text, id)));
    }
    found.extend(place(&weapon.room).into_iter().chain(place(&weapon.rack)));
    let tag = |tag: TagId| Lead { kind: LeadKind::Tag, form: tag.to_string(), weapon: id.clone() };
    found.extend(weapon.tag_ids().map(tag));
    let mark =
        |mark: MarkId| Lead { kind: LeadKind::Mark, form: mark.as_str().to_owned(), weapon: id.clone() };
    found.extend(weapon.mark_ids().map(mark));
    let seen = weapon.marks.iter().filter_map(|mark| mark.text.as_deref());
    let seen = seen.chain(weapon.import_marks.iter().map(String::as_str));
    found.extend(seen.filter_map(|text| lead(LeadKind::Mark, text, id)));
    found
}

fn of_desk(desk: &DeskEvent) -> Vec<Lead> {
    let Some(weapon) = desk.weapon.as_ref().filter(|_| desk.kind.moves_custody()) else {
        return Vec::new();
    };
    let place = desk.read_point.as_ref().map(ReadPoint::as_str);
    let holder = desk.person.as_ref().filter(|_| desk.kind == DeskKind::Issued);
    let place = place.and_then(|place| lead(LeadKind::Place, place, weapon));
    let holder = holder.and_then(|person| lead(LeadKind::Person, person.as_str(), weapon));
    place.into_iter().chain(holder).collect()
}

/// A text that says nothing leads nowhere.
fn lead(kind: LeadKind, text: &str, weapon: &WeaponId) -> Option<Lead> {
    let form = form(kind, text);
    (!form.is_empty()).then(|| Lead { kind, form, weapon: weapon.clone() })
}

#[cfg(test)]
mod tests {
    use serde_json::json;

    use super::*;

    fn names(fact: &Value) -> Vec<(LeadKind, String)> {
        let found = of_fact(fact, &WeaponId::from("A1"));
        assert!(found.iter().all(|lead| lead.weapon.as_str() == "A1"), "{found:?}");
        found.into_iter().map(|lead| (lead.kind, lead.form)).collect()
    }

    /// A tag that is bound, the one it replaced, a corrected serial old and new, a record inside a fact: all lead to
    /// the weapon, whatever room the fact is of.
    #[test]
    fn every_name_in_a_fact_leads_to_its_weapon() {
        let tag = |byte: u8| json!({ "tag": { "epc": [0xFF, byte], "tid": null } });
        let bound = json!({ "any": { "bound": {
            "weapon": "A1", "identifier": tag(1), "replaced": [tag(2), { "mark": { "text": "M-7" } }], "typed": false,
        } } });
        let epc = |byte: u8| (LeadKind::Tag, TagId::from_epc(&[0xFF, byte]).to_string());
        assert_eq!(names(&bound), [epc(1), epc(2), (LeadKind::Mark, "M-7".to_owned())]);

        let corrected = json!({ "corrected": { "weapon": "A1", "why": "typed wrong", "changes": [
            { "field": "serial", "old": "S-1", "new": "51" }, { "field": "year", "old": "", "new": "1984" },
        ] } });
        let serial = |kind, text: &str| (kind, text.to_owned());
        assert_eq!(
            names(&corrected),
            [
                serial(LeadKind::Serial, "S1"),
                serial(LeadKind::Confusable, "51"),
                serial(LeadKind::Serial, "51"),
                serial(LeadKind::Confusable, "51"),
            ]
        );
        let record = Weapon { maker: Some("FN".into()), ..Weapon::new(WeaponId::from("A1")) };
        assert_eq!(names(&json!({ "received": { "weapon": record } })), [(LeadKind::Maker, "FN".to_owned())]);
        assert_eq!(
            names(&json!({ "told": { "reference": "TR 7", "serial": 7, "rack": "B" } })),
            [(LeadKind::Place, "B".to_owned())]
        );
    }
}

//! What may stand only once: in the file, and against the book.
//!
//! Keys are those the desk looks up by, not the letters of the file: an EPC in small letters is the same tag, and a
//! tag that is both a badge and a weapon's would turn every presentation of it into a guess.

use std::collections::HashMap;
use std::fmt;
use std::hash::Hash;

use super::problem::quoted;
use super::table::Row;
use crate::domain::record::Identity;
use crate::domain::{PersonId, Weapon, WeaponId};
use crate::identity::serial::confusable_form;
use crate::identity::{MarkId, TagId};

/// Most rows remembered for one confusable serial: more of them are told by these.
const ALIKE_MAX: usize = 8;

/// What is registered already.
pub trait Known {
    /// Whether a weapon of that number was ever registered.
    fn weapon(&self, id: &WeaponId) -> bool;
    /// Whether a person of that key was ever registered.
    fn person(&self, id: &PersonId) -> bool;
    /// Who carries that tag.
    fn tag(&self, tag: &TagId) -> Option<Carrier>;
    /// The weapon whose tag has that chip number.
    fn tid(&self, tid: &[u8]) -> Option<WeaponId>;
    /// Who carries that mark.
    fn mark(&self, mark: &MarkId) -> Option<Carrier>;
    /// The weapons of that maker and model whose serial is easily confused with this one's, with their identity.
    fn alike(&self, _: &Alike) -> Vec<(WeaponId, Identity)> {
        Vec::new()
    }
}

/// Maker, model and the serial in the form in which easily confused characters are one.
pub type Alike = [String; 3];

/// What a weapon's serial may be confused by, and what names it; none without a serial.
pub fn alike_of(weapon: &Weapon) -> Option<(Alike, Identity)> {
    let identity = weapon.identity()?;
    let [maker, model, ..] = &identity;
    let serial = confusable_form(weapon.serial.as_deref().unwrap_or_default());
    Some(([maker.clone(), model.clone(), serial], identity))
}

/// A book without a record.
#[derive(Debug, Clone, Copy, Default)]
pub struct EmptyBook;

impl Known for EmptyBook {
    fn weapon(&self, _: &WeaponId) -> bool {
        false
    }

    fn person(&self, _: &PersonId) -> bool {
        false
    }

    fn tag(&self, _: &TagId) -> Option<Carrier> {
        None
    }

    fn tid(&self, _: &[u8]) -> Option<WeaponId> {
        None
    }

    fn mark(&self, _: &MarkId) -> Option<Carrier> {
        None
    }
}

/// What a tag or a mark is on.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Carrier {
    /// A weapon.
    Weapon(WeaponId),
    /// A person's badge.
    Badge(PersonId),
}

impl fmt::Display for Carrier {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Weapon(id) => write!(f, "weapon {id}"),
            Self::Badge(id) => write!(f, "the badge of {id}"),
        }
    }
}

/// What the rows so far have taken.
pub(super) struct Claims<'b, B> {
    book: &'b B,
    weapons: HashMap<WeaponId, usize>,
    persons: HashMap<PersonId, usize>,
    tags: HashMap<TagId, usize>,
    tids: HashMap<Vec<u8>, usize>,
    marks: HashMap<MarkId, usize>,
    serials: HashMap<Alike, Vec<(usize, Identity)>>,
    alike_checked: bool,
}

impl<'b, B: Known> Claims<'b, B> {
    pub(super) fn new(book: &'b B, alike_checked: bool) -> Self {
        Self {
            book,
            weapons: HashMap::new(),
            persons: HashMap::new(),
            tags: HashMap::new(),
            tids: HashMap::new(),
            marks: HashMap::new(),
            serials: HashMap::new(),
            alike_checked,
        }
    }

    pub(super) fn weapon(&mut self, row: &mut Row<'_>, id: &WeaponId) {
        let registered = self.book.weapon(id).then(|| "registered".to_owned());
        take(&mut self.weapons, id.clone(), row, "id", registered);
    }

    pub(super) fn person(&mut self, row: &mut Row<'_>, id: &PersonId) {
        let registered = self.book.person(id).then(|| "registered".to_owned());
        take(&mut self.persons, id.clone(), row, "id", registered);
    }

    pub(super) fn tag(&mut self, row: &mut Row<'_>, column: &str, epc: &[u8]) {
        let tag = TagId::from_epc(epc);
        let registered = self.book.tag(&tag).map(on);
        take(&mut self.tags, tag, row, column, registered);
    }

    pub(super) fn tid(&mut self, row: &mut Row<'_>, tid: &[u8]) {
        let registered = self.book.tid(tid).map(Carrier::Weapon).map(on);
        take(&mut self.tids, tid.to_vec(), row, "tid", registered);
    }

    /// A serial alone is no key (W-2): the same maker, model, calibre, country and serial are one weapon twice; of the
    /// same maker and model and easily confused, a person has to look.
    pub(super) fn serial(&mut self, row: &mut Row<'_>, weapon: &Weapon) {
        let Some((alike, identity)) = alike_of(weapon) else { return };
        let here = self.serials.entry(alike.clone()).or_default();
        let in_file = here.iter().map(|(line, other)| (format!("in line {line}"), other.clone()));
        let in_book = self.book.alike(&alike).into_iter();
        let in_book = in_book.map(|(id, other)| (format!("in the book, as {id}"), other));
        let others: Vec<(String, Identity)> = in_file.chain(in_book).collect();
        let is_named = !(identity[0].is_empty() && identity[1].is_empty());
        let twin = others.iter().find(|(_, other)| *other == identity);
        if let Some((place, _)) = twin.filter(|_| is_named || !self.alike_checked) {
            row.refuse(
                "serial",
                format!(
                    "this is a duplicate: the same maker, model, calibre, country and serial already stand {place}"
                ),
            );
        } else if let Some((place, other)) = others.first().filter(|_| twin.is_none() && !self.alike_checked)
            && other[4] != identity[4]
        {
            row.refuse(
                "serial",
                format!(
                    "is easily confused with {} {place}: compare both with the weapons, then import with \
                     --alike-checked",
                    quoted(&other[4])
                ),
            );
        }
        if here.len() < ALIKE_MAX {
            here.push((row.line, identity));
        }
    }

    pub(super) fn mark(&mut self, row: &mut Row<'_>, column: &str, text: &str) {
        let mark = MarkId::from_text(text);
        let registered = self.book.mark(&mark).map(on);
        take(&mut self.marks, mark, row, column, registered);
    }
}

fn on(carrier: Carrier) -> String {
    format!("on {carrier}")
}

/// Takes a key for this row, or notes who has it.
fn take<K: Hash + Eq>(
    taken: &mut HashMap<K, usize>,
    key: K,
    row: &mut Row<'_>,
    column: &str,
    registered: Option<String>,
) {
    let line = row.line;
    if let Some(registered) = registered {
        row.refuse(column, format!("this is a duplicate: in the book it is already {registered}"));
    } else if let Some(first) = taken.get(&key) {
        row.refuse(column, format!("this is a duplicate: it already stands in line {first}"));
    } else {
        taken.insert(key, line);
    }
}

//! Who is behind a person's key: rank, name, unit and badge.
//!
//! None of this enters the chain. It is kept beside it by key and can be erased; the entry of a registration holds
//! only a salted digest (`architecture.md`, rulings).

use std::collections::HashMap;

use serde::{Deserialize, Serialize};

use super::ids::PersonId;
use super::person::{MayDraw, Role};
use crate::identity::{MarkId, TagId};

/// A person as registered: what goes into the chain and what stays beside it.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Enrolment {
    /// Key.
    pub id: PersonId,
    /// Role.
    pub role: Role,
    /// Last day of the authorisation.
    pub valid_until: Option<jiff::civil::Date>,
    /// What they may draw.
    pub may_draw: MayDraw,
    /// The personal part.
    pub personal: Personal,
}

/// What can be forgotten.
#[derive(Debug, Clone, PartialEq, Eq, Default, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Personal {
    /// Rank as spoken ("Cpl").
    pub rank: Option<String>,
    /// Name as the screen shows it ("LEE J.").
    pub name: Option<String>,
    /// Unit.
    pub unit: Option<String>,
    /// What their badge says.
    pub badge: Option<Badge>,
}

/// A badge.
#[derive(Debug, Clone, PartialEq, Eq, Hash, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Badge {
    /// A UHF card: the bytes of its EPC bank.
    Epc(Vec<u8>),
    /// A QR code: its text.
    Qr(String),
}

/// Everybody's personal part, by key and by badge.
#[derive(Debug, Clone, Default, PartialEq)]
pub struct Roster {
    personal: HashMap<PersonId, Personal>,
    by_tag: HashMap<TagId, PersonId>,
    by_mark: HashMap<MarkId, PersonId>,
}

impl Roster {
    /// Takes a person in; a record already there is replaced, and its badge no longer opens anything.
    pub fn insert(&mut self, id: PersonId, personal: Personal) {
        // Only a badge that still opens this record: it may have been given to somebody else since.
        match self.personal.get(&id).and_then(|old| old.badge.as_ref()) {
            Some(Badge::Epc(epc)) => forget(&mut self.by_tag, &TagId::from_epc(epc), &id),
            Some(Badge::Qr(text)) => forget(&mut self.by_mark, &MarkId::from_text(text), &id),
            None => {}
        }
        match &personal.badge {
            Some(Badge::Epc(epc)) => drop(self.by_tag.insert(TagId::from_epc(epc), id.clone())),
            Some(Badge::Qr(text)) => drop(self.by_mark.insert(MarkId::from_text(text), id.clone())),
            None => {}
        }
        self.personal.insert(id, personal);
    }

    /// The personal part of that key.
    pub fn personal(&self, id: &PersonId) -> Option<&Personal> {
        self.personal.get(id)
    }

    /// Whose radio badge this is.
    pub fn by_tag(&self, tag: &TagId) -> Option<&PersonId> {
        self.by_tag.get(tag)
    }

    /// Whose printed badge this is.
    pub fn by_mark(&self, mark: &MarkId) -> Option<&PersonId> {
        self.by_mark.get(mark)
    }

    /// Rank and name, or the key where nothing is known.
    pub fn call(&self, id: &PersonId) -> String {
        match self.personal.get(id) {
            Some(Personal { rank: Some(rank), name: Some(name), .. }) => format!("{rank} {name}"),
            Some(Personal { name: Some(name), .. }) => name.clone(),
            _ => id.to_string(),
        }
    }
}

fn forget<K: std::hash::Hash + Eq>(badges: &mut HashMap<K, PersonId>, badge: &K, owner: &PersonId) {
    if badges.get(badge) == Some(owner) {
        badges.remove(badge);
    }
}

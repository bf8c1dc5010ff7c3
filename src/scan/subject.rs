//! What a tag or a code stands for in the book.

use super::presence::{Appeared, Presence, same_chip};
use crate::domain::{Armoury, PersonId, Roster, WeaponId};
use crate::identity::MarkId;
use crate::identity::epc::{self, Scheme};

/// The book as the desk consults it.
#[derive(Debug, Clone, Copy)]
pub struct Book<'a> {
    /// Weapons, people, rules.
    pub armoury: &'a Armoury,
    /// Badges.
    pub roster: &'a Roster,
    /// What is heard now.
    pub presence: &'a Presence,
}

/// What something in view stands for.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Subject {
    /// A person's badge.
    Badge(PersonId),
    /// A weapon.
    Weapon(WeaponId),
    /// A badge that is not in the book.
    UnknownBadge,
    /// Neither.
    Unknown,
}

impl Book<'_> {
    /// What a tag stands for.
    ///
    /// A tag that is not enrolled but carries the same unique item identifier as a weapon's mark is that weapon: an
    /// ADI tag and an IUID mark hold the same facts (`identifiers.md` section 7).
    pub fn of_tag(&self, appeared: &Appeared) -> Subject {
        if let Some(person) = self.roster.by_tag(&appeared.tag) {
            return Subject::Badge(person.clone());
        }
        if let Some(weapon) = self.armoury.weapon_by_tag(&appeared.tag) {
            return Subject::Weapon(weapon.clone());
        }
        let Ok(decoded) = epc::decode(&appeared.epc) else { return Subject::Unknown };
        let same_item = decoded.uii.as_deref().map(MarkId::from_text);
        match same_item.and_then(|mark| self.armoury.weapon_by_mark(&mark).cloned()) {
            Some(weapon) => Subject::Weapon(weapon),
            None if matches!(decoded.scheme, Scheme::Gsrn96 | Scheme::Gsrnp96) => Subject::UnknownBadge,
            None => Subject::Unknown,
        }
    }

    /// What a code stands for.
    pub fn of_mark(&self, mark: &MarkId) -> Subject {
        if let Some(person) = self.roster.by_mark(mark) {
            return Subject::Badge(person.clone());
        }
        match self.armoury.weapon_by_mark(mark) {
            Some(weapon) => Subject::Weapon(weapon.clone()),
            None => Subject::Unknown,
        }
    }

    /// Whether a chip answered with the tag's code that is another than the one enrolled, or two did. A chip that was
    /// not read proves nothing.
    pub fn foreign_chip(&self, weapon: &WeaponId, appeared: &Appeared) -> bool {
        let holding = self.armoury.weapon(weapon);
        let enrolled = holding.and_then(|holding| holding.weapon.enrolled_tid(&appeared.tag));
        let foreign = matches!((enrolled, &appeared.tid), (Some(enrolled), Some(read))
            if !same_chip(enrolled, read));
        foreign || appeared.other_tid.is_some()
    }
}

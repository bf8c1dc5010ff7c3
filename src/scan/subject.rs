//! What a tag or a code stands for in the book.

use super::presence::{Appeared, Presence};
use crate::domain::chip::can_be_one_chip;
use crate::domain::roster::Spent;
use crate::domain::{Armoury, Chip, PersonId, Roster, WeaponId};
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
    /// A weapon, and what its tag's chip says; a mark has none, so nothing speaks against it.
    Weapon(WeaponId, Chip),
    /// A tag or a mark that was taken off this weapon.
    Retired(WeaponId),
    /// A badge that was lost, replaced or given back.
    SpentBadge(Spent),
    /// A badge that is not in the book.
    UnknownBadge,
    /// Neither.
    Unknown,
}

impl Book<'_> {
    /// What a tag stands for.
    ///
    /// A chip that is enrolled with a weapon is that weapon, whatever code it answers with now: a tag can be written
    /// anew, a chip number cannot. A tag that is not enrolled but carries the same unique item identifier as a weapon's mark is that weapon: an
    /// ADI tag and an IUID mark hold the same facts (`identifiers.md` section 7).
    pub fn of_tag(&self, appeared: &Appeared) -> Subject {
        if let Some(weapon) = self.armoury.weapon_by_tag(&appeared.tag) {
            return Subject::Weapon(weapon.clone(), self.chip_of(weapon, appeared));
        }
        if let Some(weapon) = self.by_chip(appeared) {
            return Subject::Weapon(weapon.clone(), Chip::Rewritten);
        }
        if let Some(person) = self.roster.by_tag(&appeared.tag) {
            return Subject::Badge(person.clone());
        }
        if let Some(retired) = self.armoury.rooms.weapon.retired_tag(&appeared.tag) {
            return Subject::Retired(retired.weapon.clone());
        }
        if let Some(spent) = self.roster.spent_tag(&appeared.tag) {
            return Subject::SpentBadge(spent.clone());
        }
        let Ok(decoded) = epc::decode(&appeared.epc) else { return Subject::Unknown };
        let same_item = decoded.uii.as_deref().map(MarkId::from_text);
        match same_item.and_then(|mark| self.armoury.weapon_by_mark(&mark).cloned()) {
            Some(weapon) => {
                let chip = self.chip_of(&weapon, appeared);
                Subject::Weapon(weapon, chip)
            }
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
            Some(weapon) => Subject::Weapon(weapon.clone(), Chip::Unopposed),
            None => self.taken_off(mark),
        }
    }

    /// A code that stands for nothing any more, or never did.
    fn taken_off(&self, mark: &MarkId) -> Subject {
        if let Some(retired) = self.armoury.rooms.weapon.retired_mark(mark) {
            return Subject::Retired(retired.weapon.clone());
        }
        match self.roster.spent_mark(mark) {
            Some(spent) => Subject::SpentBadge(spent.clone()),
            None => Subject::Unknown,
        }
    }

    /// A tag of this weapon that lies in view and does not act by that.
    pub(super) fn resting(&self, weapon: &WeaponId) -> Option<Appeared> {
        let holding = self.armoury.weapon(weapon)?;
        holding.weapon.tag_ids().find_map(|tag| self.presence.resting(&tag))
    }

    /// The weapon with which a chip that answered is enrolled.
    fn by_chip(&self, appeared: &Appeared) -> Option<&WeaponId> {
        let chips = [&appeared.tid, &appeared.other_tid];
        chips.into_iter().flatten().find_map(|tid| self.armoury.weapon_by_chip(tid))
    }

    /// What a chip says that answered with the code of this weapon's tag: it is foreign if it is another than the one
    /// enrolled, if it is enrolled with another weapon, or if there are two. A chip that was not read proves nothing.
    fn chip_of(&self, weapon: &WeaponId, appeared: &Appeared) -> Chip {
        let enrolled =
            self.armoury.weapon(weapon).and_then(|holding| holding.weapon.enrolled_tid(&appeared.tag));
        let another = matches!((enrolled, &appeared.tid), (Some(enrolled), Some(read))
            if !can_be_one_chip(enrolled, read));
        let elsewhere = self.by_chip(appeared).is_some_and(|found| found != weapon);
        if another || elsewhere || appeared.other_tid.is_some() { Chip::Foreign } else { Chip::Unopposed }
    }
}

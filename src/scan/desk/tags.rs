//! What the desk makes of news of tags: which of them act, and which only lie there.

use super::pending::Seen;
use super::{Act, Book, Desk, Reading, Subject};
use crate::domain::{Chip, Custody, Item, Road, WeaponId};
use crate::scan::presence::{Appeared, News};
use crate::scan::view::Key;

impl Desk {
    /// There is news of a tag in view.
    pub fn tag(&mut self, book: Book<'_>, news: &News, now_ms: u64) -> Vec<Act> {
        match news {
            News::Appeared(appeared) => self.tag_appeared(book, appeared, now_ms),
            News::Stirred(appeared) => {
                if let Subject::Weapon(weapon, _) = book.of_tag(appeared) {
                    self.weapons.revive(&weapon);
                }
                self.tag_appeared(book, appeared, now_ms)
            }
            News::Chip(appeared) => self.chip_read(book, appeared, now_ms),
        }
    }

    fn tag_appeared(&mut self, book: Book<'_>, appeared: &Appeared, now_ms: u64) -> Vec<Act> {
        let reading = Reading::of_tag(appeared);
        let subject = book.of_tag(appeared);
        if !appeared.at_rest && self.lay_tag_aside(&subject, appeared, now_ms) {
            return Vec::new();
        }
        match subject {
            // Nobody shows what lies where it always lies. A badge only goes on vouching for whoever it vouched for.
            Subject::Badge(person) if appeared.at_rest && self.session.knows(&person) => {
                self.session.lies_again(book, &person, reading.key);
                self.ask(book, now_ms)
            }
            Subject::Badge(person) => self.badge(book, &person, reading, Road::BadgeTag, now_ms),
            Subject::Weapon(weapon, _) if appeared.at_rest => {
                self.lies_there(&weapon, reading.key);
                Vec::new()
            }
            Subject::Weapon(weapon, _) if appeared.since_start && is_out(book, &weapon) => {
                self.lies_there(&weapon, reading.key);
                vec![Act::LiesThere(weapon, appeared.tag.clone())]
            }
            Subject::Weapon(weapon, chip) => {
                let seen = Seen::by_tag(appeared, chip);
                self.weapon(book, &weapon, seen, reading, now_ms)
            }
            Subject::UnknownBadge | Subject::SpentBadge(_) | Subject::Unknown | Subject::Retired(_)
                if appeared.at_rest =>
            {
                Vec::new()
            }
            Subject::Retired(id) => self.unknown(Item::Retired { id }, reading, now_ms),
            Subject::SpentBadge(badge) => self.spent_badge(badge, reading, Road::BadgeTag, now_ms),
            Subject::UnknownBadge => self.stranger(reading, Road::BadgeTag, now_ms),
            Subject::Unknown => self.unknown(Item::UnknownTag, reading, now_ms),
        }
    }

    /// More is known of the chip of a tag that came into view before. What waits for an answer learns of it; a weapon
    /// that has had its answer gets a second one only if it turns out to be a copy.
    fn chip_read(&mut self, book: Book<'_>, appeared: &Appeared, now_ms: u64) -> Vec<Act> {
        let Subject::Weapon(weapon, chip) = book.of_tag(appeared) else {
            self.chip_of_aside(appeared);
            return Vec::new();
        };
        let reading = Reading::of_tag(appeared);
        if let Some(pending) = self.pending.iter_mut().find(|pending| pending.weapon == weapon) {
            pending.chip(chip, &reading.evidence);
            return self.ask(book, now_ms);
        }
        match chip {
            Chip::Foreign => {
                vec![Act::Decide(Box::new(self.request(Item::ForeignChip { id: weapon }, reading, now_ms)))]
            }
            // Only now is it known to be a weapon at all.
            Chip::Rewritten => self.weapon(book, &weapon, Seen::by_tag(appeared, chip), reading, now_ms),
            Chip::Unopposed => Vec::new(),
        }
    }

    /// Something of `weapon` lies there: it is in view and does not act, unless the weapon is just being shown.
    fn lies_there(&mut self, weapon: &WeaponId, key: Key) {
        let acts = self.weapons.is_shown(weapon);
        self.weapons.show(weapon, key);
        if !acts {
            self.weapons.spend(weapon);
        }
    }
}

/// Whether the book says that the weapon is with somebody.
fn is_out(book: Book<'_>, weapon: &WeaponId) -> bool {
    book.armoury.weapon(weapon).is_some_and(|holding| holding.custody != Custody::In)
}

//! What of each weapon is in view, and which weapons have acted already.

use std::collections::{BTreeMap, BTreeSet};

use crate::domain::WeaponId;
use crate::identity::{MarkId, TagId};

/// Something in view.
#[derive(Debug, Clone, PartialEq, Eq, PartialOrd, Ord)]
pub(super) enum Key {
    /// Heard by a reader.
    Tag(TagId),
    /// Seen by a camera or a scanner.
    Mark(MarkId),
}

/// The weapons in view. A weapon acts once per showing: it is *spent* until everything of it has left the view.
#[derive(Debug, Default)]
pub(super) struct WeaponsInView {
    keys: BTreeMap<WeaponId, BTreeSet<Key>>,
    spent: BTreeSet<WeaponId>,
    /// Weapons whose mark was seen since they came into view.
    marked: BTreeSet<WeaponId>,
}

impl WeaponsInView {
    /// Something of `weapon` came into view; answers whether the weapon may act.
    pub(super) fn show(&mut self, weapon: &WeaponId, key: Key) -> bool {
        if let Key::Mark(_) = key {
            self.marked.insert(weapon.clone());
        }
        self.keys.entry(weapon.clone()).or_default().insert(key);
        !self.spent.contains(weapon)
    }

    /// Something went out of view.
    pub(super) fn hide(&mut self, key: &Key) {
        let (spent, marked) = (&mut self.spent, &mut self.marked);
        self.keys.retain(|weapon, keys| {
            if keys.remove(key) && keys.is_empty() {
                spent.remove(weapon);
                marked.remove(weapon);
            }
            !keys.is_empty()
        });
    }

    /// The weapon has acted. One that was taken away before its turn came has nothing in view that could act twice.
    pub(super) fn spend(&mut self, weapon: &WeaponId) {
        if self.keys.contains_key(weapon) {
            self.spent.insert(weapon.clone());
        }
    }

    /// Whether anything of the weapon is in view.
    pub(super) fn has(&self, weapon: &WeaponId) -> bool {
        self.keys.contains_key(weapon)
    }

    /// Whether the weapon is in view and has not acted yet.
    pub(super) fn is_shown(&self, weapon: &WeaponId) -> bool {
        self.keys.contains_key(weapon) && !self.spent.contains(weapon)
    }

    /// Whether its mark has not been seen since it came into view: one that comes and goes is no new showing.
    pub(super) fn first_mark(&self, weapon: &WeaponId) -> bool {
        !self.marked.contains(weapon)
    }

    /// The weapon acts again, though it has not left: somebody plainly shows it.
    pub(super) fn revive(&mut self, weapon: &WeaponId) {
        self.spent.remove(weapon);
    }

    /// Nothing that lies there acts before it has left.
    pub(super) fn spend_all(&mut self) {
        self.spent.extend(self.keys.keys().cloned());
    }
}

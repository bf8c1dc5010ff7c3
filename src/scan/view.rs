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
}

impl WeaponsInView {
    /// Something of `weapon` came into view; answers whether the weapon may act.
    pub(super) fn show(&mut self, weapon: &WeaponId, key: Key) -> bool {
        self.keys.entry(weapon.clone()).or_default().insert(key);
        !self.spent.contains(weapon)
    }

    /// Something went out of view.
    pub(super) fn hide(&mut self, key: &Key) {
        let spent = &mut self.spent;
        self.keys.retain(|weapon, keys| {
            if keys.remove(key) && keys.is_empty() {
                spent.remove(weapon);
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

    /// Nothing that lies there acts before it has left.
    pub(super) fn spend_all(&mut self) {
        self.spent.extend(self.keys.keys().cloned());
    }
}

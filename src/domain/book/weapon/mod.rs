//! A weapon's record and life beside the desk (armoury-practice W-1 to W-6, S-2, S-5, I-4): corrections that keep the
//! old value, tags and marks bound, replaced and retired, formal marks, what belongs to it, quarantine, work queues,
//! whose it is and where its home is.

mod act;
mod bind;
mod fact;
mod kit;
mod plan;
mod state;
mod words;

pub use act::{Act, Having, Which};
pub(in crate::domain::book) use bind::free;
pub use bind::{ending, to_strip};
pub use fact::{Attachment, Change, Fact, Work};
pub use plan::plan;
pub(in crate::domain::book) use plan::{home_is_free, no_twin, said};
pub(in crate::domain) use state::identifiers_changed;
pub use state::{Handed, Held, Queued, Retired, State, attachment_totals, set_apart};

use super::super::armoury::Armoury;
use super::super::ids::WeaponId;
use super::super::moment::Moment;
use super::super::weapon::{Standing, Weapon};
use super::{Fact as AnyFact, Stamp};

/// What a fact adds to the names by which a weapon is known, as a record that holds only them; for whoever keeps an
/// index of every name it ever bore (W-3).
pub fn names_in(fact: &AnyFact) -> Option<Weapon> {
    match fact {
        AnyFact::Intake(super::intake::Fact::Received { weapon, .. }) => Some((**weapon).clone()),
        AnyFact::Weapon(fact) => {
            let mut record = Weapon::new((*fact.weapons().first()?).clone());
            match fact {
                Fact::Corrected { changes, .. } => {
                    changes.iter().for_each(|change| drop(record.set_field(&change.field, &change.new)));
                }
                Fact::Bound { identifier, .. } => record.identifiers.push(identifier.clone()),
                Fact::Marked { serial, position, .. } => record = state::marked(record, serial, position),
                Fact::Housed { room, rack, slot, .. } => {
                    (record.room, record.rack, record.slot) = (room.clone(), rack.clone(), slot.clone());
                }
                _ => return None,
            }
            Some(record)
        }
        _ => None,
    }
}

/// What has fallen due: nothing here.
pub fn due(_: &Armoury, _: Moment) -> Vec<AnyFact> {
    Vec::new()
}

/// Takes a durable fact into memory.
pub fn apply(armoury: &mut Armoury, stamp: Stamp<'_>, fact: &Fact) {
    match fact {
        Fact::Corrected { weapon, changes, .. } => {
            let Some(mut record) = armoury.weapon(weapon).map(|holding| holding.weapon.clone()) else {
                return;
            };
            for change in changes {
                // The plan tried each of them on a copy; a value this version does not know stays as it was.
                drop(record.set_field(&change.field, &change.new));
            }
            armoury.register_weapon(stamp.seq, &record);
        }
        Fact::Bound { weapon, identifier, replaced, .. } => {
            let Some(held) = record_of(armoury, weapon) else { return };
            let kept = held.identifiers.iter().filter(|found| !replaced.contains(found)).cloned();
            let identifiers = std::iter::once(identifier.clone()).chain(kept).collect();
            armoury.register_weapon(stamp.seq, &Weapon { identifiers, ..held });
        }
        Fact::Retired { weapon, identifier, .. } => {
            let Some(held) = record_of(armoury, weapon) else { return };
            let identifiers = held.identifiers.iter().filter(|found| *found != identifier).cloned().collect();
            armoury.register_weapon(stamp.seq, &Weapon { identifiers, ..held });
        }
        Fact::Marked { weapon, serial, position, .. } => {
            let Some(held) = record_of(armoury, weapon) else { return };
            armoury.register_weapon(stamp.seq, &state::marked(held, serial, position));
        }
        Fact::Housed { weapon, room, rack, slot } => {
            let Some(held) = record_of(armoury, weapon) else { return };
            let (room, rack, slot) = (room.clone(), rack.clone(), slot.clone());
            armoury.register_weapon(stamp.seq, &Weapon { room, rack, slot, ..held });
        }
        Fact::Quarantined { weapon, reason, place } => {
            armoury.set_standing(weapon, Standing::Quarantined);
            let held = Held { seq: stamp.seq, at: stamp.at, reason: reason.clone(), place: place.clone() };
            armoury.rooms.weapon.quarantine.insert(weapon.clone(), held);
        }
        Fact::Released { weapon, .. } => armoury.set_standing(weapon, Standing::InService),
        fact => armoury.rooms.weapon.take(stamp, fact),
    }
}

fn record_of(armoury: &Armoury, weapon: &WeaponId) -> Option<Weapon> {
    armoury.weapon(weapon).map(|holding| holding.weapon.clone())
}

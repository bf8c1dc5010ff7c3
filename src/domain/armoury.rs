//! The state of the armoury: the fold of its ledger.

mod custody;

use std::collections::btree_map::Entry;
use std::collections::{BTreeMap, HashMap};
use std::hash::Hash;

use serde::{Deserialize, Serialize};

use super::apparatus::KnownNumbers;
use super::book::{self, Rooms, Stamp};
use super::chip::{self, PROOF_BYTES};
use super::event::{Event, Practice};
use super::ids::{PersonId, Seq, StationId, WeaponId};
use super::moment::Moment;
use super::person::Person;
use super::policy::Policy;
use super::weapon::{Custody, Standing, Weapon};
use crate::identity::{MarkId, TagId};

/// Everything the station knows, in memory. Memory follows the ledger and never leads it: only [`Armoury::apply`]
/// changes it, and only with an event that is already durable.
#[derive(Debug, Clone, Default, PartialEq, Serialize, Deserialize)]
pub struct Armoury {
    /// The station's name, once it has one.
    pub station: Option<StationId>,
    /// Live or exercise.
    pub practice: Option<Practice>,
    /// The rules in force.
    pub policy: Policy,
    /// Every weapon ever registered.
    weapons: BTreeMap<WeaponId, Holding>,
    /// Every person ever registered.
    persons: BTreeMap<PersonId, Person>,
    /// The last applied entry.
    pub head: Seq,
    /// A start without an end after it: the station runs, or its last run was cut off.
    pub running: bool,
    counts: Counts,
    /// The book beside the desk.
    #[serde(default)]
    pub rooms: Rooms,
    /// The numbers by which each reader was last recognised, by its name.
    #[serde(default)]
    readers: BTreeMap<String, KnownNumbers>,
    /// How many weapons each person holds.
    #[serde(skip)]
    held: HashMap<PersonId, u32>,
    #[serde(skip)]
    by_tag: HashMap<TagId, WeaponId>,
    #[serde(skip)]
    by_mark: HashMap<MarkId, WeaponId>,
    #[serde(skip)]
    by_chip: HashMap<[u8; PROOF_BYTES], WeaponId>,
}

/// A weapon with its standing and custody.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
pub struct Holding {
    /// The register's record.
    pub weapon: Weapon,
    /// Whether it may leave at all.
    pub standing: Standing,
    /// Who answers for it.
    pub custody: Custody,
    /// The last entry that moved custody (I16).
    pub last_custody: Option<Seq>,
    /// Who held it last, for the rack and for "was with".
    pub last_holder: Option<PersonId>,
}

/// How many weapons are where.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default, Serialize, Deserialize)]
pub struct Counts {
    /// In stock and in service.
    pub in_stock: u32,
    /// With a person.
    pub out: u32,
    /// Hot-listed, on the way, gone for good or belonging elsewhere.
    pub elsewhere: u32,
    /// Destroyed; their records stay.
    pub destroyed: u32,
    /// In the room but not for issue: quarantined, surplus, exhibits.
    #[serde(default)]
    pub held_back: u32,
    /// Not accounted for.
    #[serde(default)]
    pub missing: u32,
}

impl Counts {
    /// The figure a weapon belongs to.
    fn place(&mut self, holding: &Holding) -> &mut u32 {
        match (&holding.custody, holding.standing) {
            (Custody::Out { .. }, _) => &mut self.out,
            (Custody::In, Standing::InService) => &mut self.in_stock,
            (Custody::In, Standing::Destroyed) => &mut self.destroyed,
            (Custody::In, Standing::Quarantined | Standing::Surplus | Standing::Exhibit) => {
                &mut self.held_back
            }
            (Custody::In, Standing::Missing) => &mut self.missing,
            (
                Custody::In,
                Standing::HotListed | Standing::NotHere | Standing::InTransit | Standing::LeftService,
            ) => &mut self.elsewhere,
        }
    }
}

impl Armoury {
    /// Takes one durable event into memory.
    pub fn apply(&mut self, seq: Seq, at: Moment, event: &Event) {
        self.head = seq;
        match event {
            Event::LedgerCreated(created) => {
                self.practice = Some(created.practice);
                self.rooms.count.began_wall_ms = Some(at.wall_ms);
            }
            Event::StationNamed(station) => self.station = Some(station.clone()),
            Event::WeaponRegistered(weapon) => self.register_weapon(seq, weapon),
            Event::StandingSet(set) => self.set_standing(&set.weapon, set.standing),
            Event::PersonRegistered(person) => {
                self.persons.insert(person.id.clone(), person.clone());
            }
            Event::PolicySet(policy) => self.policy = policy.clone(),
            Event::Desk(desk) => self.apply_desk(seq, at, desk),
            Event::Started(_) => self.running = true,
            Event::Stopped => self.running = false,
            Event::ReaderIdentified(reader) => {
                self.readers.entry(reader.name.clone()).or_default().take(reader);
            }
            Event::Book(booked) => {
                let stamp = Stamp { seq, at, by: &booked.by };
                book::apply(self, stamp, &booked.fact);
            }
            Event::ModeSet(_) | Event::Device(_) | Event::StoreNote(_) | Event::Tag(_) | Event::Other(_) => {}
        }
    }

    /// Rebuilds what a snapshot leaves out.
    pub fn reindex(&mut self) {
        self.by_tag.clear();
        self.by_mark.clear();
        self.by_chip.clear();
        self.held.clear();
        for (id, holding) in &self.weapons {
            self.by_tag.extend(holding.weapon.tag_ids().map(|tag| (tag, id.clone())));
            self.by_mark.extend(holding.weapon.mark_ids().map(|mark| (mark, id.clone())));
            self.by_chip.extend(holding.weapon.chips().map(|chip| (chip, id.clone())));
            if let Custody::Out { to, .. } = &holding.custody {
                *self.held.entry(to.clone()).or_default() += 1;
            }
        }
    }

    /// The weapon of that number.
    pub fn weapon(&self, id: &WeaponId) -> Option<&Holding> {
        self.weapons.get(id)
    }

    /// Every weapon, by number.
    pub fn weapons(&self) -> impl Iterator<Item = &Holding> {
        self.weapons.values()
    }

    /// The person of that key.
    pub fn person(&self, id: &PersonId) -> Option<&Person> {
        self.persons.get(id)
    }

    /// Every person, by key.
    pub fn persons(&self) -> impl Iterator<Item = &Person> {
        self.persons.values()
    }

    /// The weapon that carries this tag.
    pub fn weapon_by_tag(&self, tag: &TagId) -> Option<&WeaponId> {
        self.by_tag.get(tag)
    }

    /// The weapon that carries this mark.
    pub fn weapon_by_mark(&self, mark: &MarkId) -> Option<&WeaponId> {
        self.by_mark.get(mark)
    }

    /// The weapon whose tag has this chip. A number too short to name one chip leads nowhere.
    pub fn weapon_by_chip(&self, tid: &[u8]) -> Option<&WeaponId> {
        self.by_chip.get(&chip::proof(tid)?)
    }

    /// How many weapons this person holds now.
    pub fn held_by(&self, person: &PersonId) -> u32 {
        self.held.get(person).copied().unwrap_or(0)
    }

    /// The number by which the reader of that name was last recognised: its own, or its adapter's.
    pub fn reader_number(&self, name: &str, adapter: bool) -> Option<&str> {
        self.readers.get(name).and_then(|known| known.of(adapter))
    }

    /// Counts by place.
    pub fn counts(&self) -> Counts {
        self.counts
    }

    /// A weapon's record is replaced whole; its custody and standing stay.
    pub(super) fn register_weapon(&mut self, seq: Seq, weapon: &Weapon) {
        let old = self.weapons.get(&weapon.id);
        book::weapon::identifiers_changed(&mut self.rooms.weapon, seq, old.map(|old| &old.weapon), weapon);
        if let Some(old) = old {
            forget(&mut self.by_tag, old.weapon.tag_ids(), &weapon.id);
            forget(&mut self.by_mark, old.weapon.mark_ids(), &weapon.id);
            forget(&mut self.by_chip, old.weapon.chips(), &weapon.id);
        }
        self.by_tag.extend(weapon.tag_ids().map(|tag| (tag, weapon.id.clone())));
        self.by_mark.extend(weapon.mark_ids().map(|mark| (mark, weapon.id.clone())));
        self.by_chip.extend(weapon.chips().map(|chip| (chip, weapon.id.clone())));
        match self.weapons.entry(weapon.id.clone()) {
            Entry::Occupied(mut old) => old.get_mut().weapon = weapon.clone(),
            Entry::Vacant(place) => {
                let holding = place.insert(Holding {
                    weapon: weapon.clone(),
                    standing: Standing::InService,
                    custody: Custody::In,
                    last_custody: None,
                    last_holder: None,
                });
                *self.counts.place(holding) += 1;
            }
        }
    }

    /// Changes what may be done with a weapon; for facts of the book that do so.
    pub(super) fn set_standing(&mut self, weapon: &WeaponId, standing: Standing) {
        if standing != Standing::Quarantined {
            self.rooms.weapon.quarantine.remove(weapon);
        }
        if let Some(holding) = self.weapons.get_mut(weapon) {
            *self.counts.place(holding) -= 1;
            holding.standing = standing;
            *self.counts.place(holding) += 1;
        }
    }

    /// The record beside the ledger is another now; for facts of the book that go with one.
    pub(super) fn set_record_digest(&mut self, person: &PersonId, digest: [u8; 32]) {
        if let Some(person) = self.persons.get_mut(person) {
            person.record_digest = digest;
        }
    }

    /// The register's word on a suspension; for facts of the book that begin or end one.
    pub(super) fn set_suspended(&mut self, person: &PersonId, suspended: bool) {
        if let Some(person) = self.persons.get_mut(person) {
            person.suspended = suspended;
        }
    }
}

/// Takes out of `index` what leads to this weapon. Only that: a tag may have been moved to another weapon before this
/// record was replaced.
fn forget<K: Eq + Hash>(index: &mut HashMap<K, WeaponId>, keys: impl Iterator<Item = K>, weapon: &WeaponId) {
    for key in keys {
        if index.get(&key) == Some(weapon) {
            index.remove(&key);
        }
    }
}

//! What a weapon's life amounts to, beside its record.

use std::collections::BTreeMap;

use serde::{Deserialize, Serialize};

use super::super::super::armoury::{Armoury, Holding};
use super::super::super::ids::{PersonId, Seq, WeaponId};
use super::super::super::moment::Moment;
use super::super::super::record::{MarkQuality, Marking};
use super::super::super::weapon::{Identifier, Standing, Weapon};
use super::super::{Denied, Stamp, intake};
use super::words::named;
use super::{Attachment, Fact, Work};
use crate::identity::{MarkId, TagId};

/// Everything about weapons that is no field of the record.
#[derive(Debug, Clone, Default, PartialEq, Serialize, Deserialize)]
#[serde(default)]
pub struct State {
    /// What belongs to each (W-5).
    pub attachments: BTreeMap<WeaponId, Vec<Attachment>>,
    /// What went out with each and has not come back.
    pub handed: BTreeMap<WeaponId, Handed>,
    /// Why each is kept from issue, where somebody said so.
    pub quarantine: BTreeMap<WeaponId, Held>,
    /// What each waits for.
    pub queues: BTreeMap<WeaponId, Vec<Queued>>,
    /// Whose each is to draw, since which entry.
    pub assigned: BTreeMap<WeaponId, (PersonId, Seq)>,
    /// The last unknown thing that was shown to be bound: the entry, and its end.
    pub shown: Option<(Seq, String)>,
    /// Tags and marks that were taken off a weapon, by what they are known by.
    retired: BTreeMap<String, Retired>,
}

/// What went out with a weapon.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
pub struct Handed {
    /// By which entry.
    pub seq: Seq,
    /// To whom.
    pub person: PersonId,
    /// What.
    pub items: Vec<Attachment>,
}

/// Why a weapon is kept from issue.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
pub struct Held {
    /// By which entry.
    pub seq: Seq,
    /// Since when.
    pub at: Moment,
    /// Why.
    pub reason: String,
    /// The slot apart.
    pub place: Option<String>,
}

/// Work that a weapon waits for.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
pub struct Queued {
    /// What.
    pub work: Work,
    /// By which entry.
    pub seq: Seq,
    /// Since when.
    pub at: Moment,
    /// Who put it there.
    pub by: String,
    /// Why.
    pub why: Option<String>,
}

/// A tag or a mark that was taken off.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
pub struct Retired {
    /// The weapon it was on.
    pub weapon: WeaponId,
    /// By which entry.
    pub seq: Seq,
    /// What it is, in a few words.
    pub what: String,
}

impl State {
    /// The weapon from which this tag was taken.
    pub fn retired_tag(&self, tag: &TagId) -> Option<&Retired> {
        self.retired.get(&tag_key(tag))
    }

    /// The weapon from which this mark was taken.
    pub fn retired_mark(&self, mark: &MarkId) -> Option<&Retired> {
        self.retired.get(&mark_key(mark))
    }

    /// Everything that was taken off this weapon.
    pub fn retired_from<'a>(&'a self, weapon: &'a WeaponId) -> impl Iterator<Item = &'a Retired> + 'a {
        self.retired.values().filter(move |retired| retired.weapon == *weapon)
    }

    /// Whether it waits for this work.
    pub fn waits_for(&self, weapon: &WeaponId, work: Work) -> bool {
        self.queues.get(weapon).is_some_and(|queues| queues.iter().any(|queued| queued.work == work))
    }

    pub(super) fn take(&mut self, stamp: Stamp<'_>, fact: &Fact) {
        match fact {
            Fact::AttachmentsSet { weapon, items } if items.is_empty() => {
                self.attachments.remove(weapon);
            }
            Fact::AttachmentsSet { weapon, items } => {
                self.attachments.insert(weapon.clone(), items.clone());
            }
            Fact::AttachmentsOut { weapon, person, items } => {
                let handed = Handed { seq: stamp.seq, person: person.clone(), items: items.clone() };
                self.handed.insert(weapon.clone(), handed);
            }
            Fact::AttachmentsBack { weapon, .. } => {
                self.handed.remove(weapon);
            }
            Fact::Queued { weapon, work, why } => {
                let by = stamp.by.call();
                let queued = Queued { work: *work, seq: stamp.seq, at: stamp.at, by, why: why.clone() };
                self.queues.entry(weapon.clone()).or_default().push(queued);
            }
            Fact::Done { weapon, work, .. } => {
                if let Some(queues) = self.queues.get_mut(weapon) {
                    queues.retain(|queued| queued.work != *work);
                    if queues.is_empty() {
                        self.queues.remove(weapon);
                    }
                }
            }
            Fact::Assigned { weapon, person } => {
                self.assigned.insert(weapon.clone(), (person.clone(), stamp.seq));
            }
            Fact::Unassigned { weapon, .. } => {
                self.assigned.remove(weapon);
            }
            Fact::Shown { thing, .. } => self.shown = Some((stamp.seq, thing.clone())),
            // The rest changes the record, or nothing.
            _ => {}
        }
    }
}

/// What a tag or a mark is known by, as text: "tag …" or "mark …".
fn key_of(identifier: &Identifier) -> String {
    match identifier {
        Identifier::Tag { epc, .. } => tag_key(&TagId::from_epc(epc)),
        Identifier::Mark { text } => mark_key(&MarkId::from_text(text)),
    }
}

/// A record replaced another, by whatever road: what is no longer on the weapon is retired, and what is on it now is
/// not.
pub(in crate::domain) fn identifiers_changed(
    state: &mut State,
    seq: Seq,
    old: Option<&Weapon>,
    new: &Weapon,
) {
    let gone = old.iter().flat_map(|old| &old.identifiers).filter(|found| !new.identifiers.contains(found));
    for found in gone {
        state.retired.insert(key_of(found), Retired { weapon: new.id.clone(), seq, what: named(found) });
    }
    if !state.retired.is_empty() {
        new.identifiers.iter().for_each(|found| drop(state.retired.remove(&key_of(found))));
    }
}

/// Why this weapon may not simply be called in service again: somebody set it apart, and somebody else lets it go.
///
/// # Errors
/// What to do instead.
pub fn set_apart(armoury: &Armoury, weapon: &WeaponId, standing: Standing) -> Result<(), Denied> {
    if standing != Standing::InService {
        return Ok(());
    }
    if let Some(held) = armoury.rooms.weapon.quarantine.get(weapon) {
        return Denied::because(format!(
            "put {weapon} in service: it is quarantined ({}); release it with `armoury weapon release`",
            held.reason
        ));
    }
    match armoury.rooms.intake.intakes.get(weapon) {
        Some(case) if case.disposal.is_none() && armoury.weapon(weapon).is_some_and(is_exhibit) => {
            Denied::because(format!(
                "put {weapon} in service: it is an exhibit, receipt {}; see `armoury intake dispose`",
                case.intake.receipt
            ))
        }
        _ => Ok(()),
    }
}

fn is_exhibit(holding: &Holding) -> bool {
    intake::is_exhibit(holding.weapon.origin)
}

/// How many of each kind of thing belong to weapons, and how many of them are out: they are counted apart (W-5).
pub fn attachment_totals(armoury: &Armoury) -> BTreeMap<&str, (u64, u64)> {
    let mut totals: BTreeMap<&str, (u64, u64)> = BTreeMap::new();
    let state = &armoury.rooms.weapon;
    for attachment in state.attachments.values().flatten() {
        totals.entry(&attachment.item).or_default().0 += u64::from(attachment.count);
    }
    for attachment in state.handed.values().flat_map(|handed| &handed.items) {
        totals.entry(&attachment.item).or_default().1 += u64::from(attachment.count);
    }
    totals
}

/// The record after a formal mark: the serial is the one issued, and the mark stands among the others.
pub(super) fn marked(mut record: Weapon, serial: &str, position: &str) -> Weapon {
    record.serial = Some(serial.to_owned());
    record.marks.push(Marking {
        text: Some(serial.to_owned()),
        position: Some(position.to_owned()),
        quality: MarkQuality::Marked,
    });
    record
}

fn tag_key(tag: &TagId) -> String {
    format!("tag {tag}")
}

fn mark_key(mark: &MarkId) -> String {
    format!("mark {}", mark.as_str())
}

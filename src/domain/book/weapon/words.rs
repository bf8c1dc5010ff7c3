//! What facts of a weapon's life say: their words, what they are about, and a line for people.

use super::super::super::ids::{PersonId, WeaponId};
use super::super::super::weapon::Identifier;
use super::super::Alarm;
use super::{Attachment, Change, Fact};
use crate::identity::epc::hex;

impl Fact {
    /// The word for its kind.
    pub fn word(&self) -> &'static str {
        match self {
            Self::Corrected { .. } => "weapon_corrected",
            Self::Bound { .. } => "identifier_bound",
            Self::Retired { .. } => "identifier_retired",
            Self::Marked { .. } => "weapon_marked",
            Self::AttachmentsSet { .. } => "attachments_set",
            Self::AttachmentsOut { .. } => "attachments_out",
            Self::AttachmentsBack { .. } => "attachments_back",
            Self::Quarantined { .. } => "weapon_quarantined",
            Self::Released { .. } => "weapon_released",
            Self::Queued { .. } => "work_queued",
            Self::Done { .. } => "work_done",
            Self::Assigned { .. } => "weapon_assigned",
            Self::Unassigned { .. } => "weapon_unassigned",
            Self::Housed { .. } => "home_set",
            Self::Shown { .. } => "item_shown",
        }
    }

    /// The weapon it is about.
    pub fn weapons(&self) -> Vec<&WeaponId> {
        match self {
            Self::Corrected { weapon, .. }
            | Self::Bound { weapon, .. }
            | Self::Retired { weapon, .. }
            | Self::Marked { weapon, .. }
            | Self::AttachmentsSet { weapon, .. }
            | Self::AttachmentsOut { weapon, .. }
            | Self::AttachmentsBack { weapon, .. }
            | Self::Quarantined { weapon, .. }
            | Self::Released { weapon, .. }
            | Self::Queued { weapon, .. }
            | Self::Done { weapon, .. }
            | Self::Assigned { weapon, .. }
            | Self::Unassigned { weapon, .. }
            | Self::Housed { weapon, .. } => vec![weapon],
            Self::Shown { .. } => Vec::new(),
        }
    }

    /// The people it is about.
    pub fn persons(&self) -> Vec<&PersonId> {
        match self {
            Self::AttachmentsOut { person, .. }
            | Self::AttachmentsBack { person, .. }
            | Self::Assigned { person, .. }
            | Self::Unassigned { person, .. } => vec![person],
            _ => Vec::new(),
        }
    }

    /// What it says.
    pub fn line(&self) -> String {
        match self {
            Self::Corrected { weapon, changes, why } => {
                let change = |c: &Change| format!("{} {:?} to {:?}", c.field, c.old, c.new);
                format!("{weapon}: {}: {why}", listed(changes, change))
            }
            Self::Bound { weapon, identifier, replaced, typed } => {
                let typed = if *typed { ", typed" } else { "" };
                match replaced.as_slice() {
                    [] => format!("{weapon}: {}{typed}", named(identifier)),
                    old => {
                        format!("{weapon}: {} for {}{typed}", named(identifier), listed(old, named))
                    }
                }
            }
            Self::Retired { weapon, identifier, why } => format!("{weapon}: {}: {why}", named(identifier)),
            Self::Marked { weapon, serial, position, was, why } => {
                let was = was.as_ref().map(|was| format!(", was {was}")).unwrap_or_default();
                format!("{weapon}: {serial} on {position}{was}: {why}")
            }
            Self::AttachmentsSet { weapon, items } => format!("{weapon}: {}", list(items)),
            Self::AttachmentsOut { weapon, person, items } => {
                format!("{weapon} to {person}: {}", list(items))
            }
            Self::AttachmentsBack { weapon, person, items, missing } => {
                let missing = match missing.as_slice() {
                    [] => String::new(),
                    missing => format!("; missing: {}", list(missing)),
                };
                format!("{weapon} from {person}: {}{missing}", list(items))
            }
            Self::Quarantined { weapon, reason, place: Some(place) } => {
                format!("{weapon} in {place}: {reason}")
            }
            Self::Quarantined { weapon, reason, place: None } => format!("{weapon}: {reason}"),
            Self::Released { weapon, why } => format!("{weapon}: {why}"),
            Self::Queued { weapon, work, why } => worded(weapon, work.word(), why.as_ref()),
            Self::Done { weapon, work, fit, note } => {
                let fit = if *fit { "" } else { ", not fit" };
                worded(weapon, &format!("{}{fit}", work.word()), note.as_ref())
            }
            Self::Assigned { weapon, person } => format!("{weapon} to {person}"),
            Self::Unassigned { weapon, person } => format!("{weapon} from {person}"),
            Self::Housed { weapon, room, rack, slot } => {
                let parts: Vec<&str> = [room, rack, slot].into_iter().flatten().map(String::as_str).collect();
                format!("{weapon} in {}", parts.join("/"))
            }
            Self::Shown { thing, read_point } => format!("{thing} at {read_point}"),
        }
    }

    /// What came back with too little has to be looked for while the bearer is still there.
    pub fn alarm(&self) -> Option<Alarm> {
        let Self::AttachmentsBack { weapon, missing, .. } = self else { return None };
        (!missing.is_empty()).then(|| Alarm {
            priority: 3,
            what: format!("{weapon} came back without {}.", list(missing)),
            first_step: "Ask the bearer now. Look where the weapon was.",
        })
    }
}

/// A tag or a mark in a few words.
pub(super) fn named(identifier: &Identifier) -> String {
    match identifier {
        Identifier::Tag { epc, .. } => format!("tag {}", hex(epc)),
        Identifier::Mark { text } => format!("mark {text}"),
    }
}

fn list(items: &[Attachment]) -> String {
    if items.is_empty() { "nothing".to_owned() } else { listed(items, Attachment::line) }
}

fn listed<T>(items: &[T], line: impl Fn(&T) -> String) -> String {
    items.iter().map(line).collect::<Vec<_>>().join(", ")
}

fn worded(weapon: &WeaponId, work: &str, why: Option<&String>) -> String {
    match why {
        Some(why) => format!("{weapon} {work}: {why}"),
        None => format!("{weapon} {work}"),
    }
}

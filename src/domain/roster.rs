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

/// Everything that is kept of one person beside the ledger. It goes as a whole when the person is forgotten.
#[derive(Clone, PartialEq, Eq, Default, Serialize, Deserialize)]
#[serde(default)]
pub struct Kept {
    /// Rank, name, unit, the badge of the register.
    pub personal: Personal,
    /// Badges given later, and those that no longer open anything.
    #[serde(skip_serializing_if = "Vec::is_empty")]
    pub badges: Vec<KeptBadge>,
    /// What their PIN is checked with.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub pin: Option<PinHash>,
    /// Why they are suspended, for supervisors.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub suspension: Option<String>,
}

impl std::fmt::Debug for Kept {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.debug_struct("Kept").field("badges", &self.badges.len()).finish_non_exhaustive()
    }
}

/// A badge with its number among its owner's.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct KeptBadge {
    /// The number; 0 is the one of the register.
    pub number: u32,
    /// What it says.
    pub badge: Badge,
    /// What showing it does.
    pub state: BadgeState,
}

/// What showing a badge does.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum BadgeState {
    /// It opens.
    Open,
    /// It was reported lost: somebody has to come.
    Lost,
    /// It was given back or replaced.
    Over,
}

/// A PIN as it is kept: Argon2id with its own salt and cost. It shows itself to nobody.
#[derive(Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct PinHash {
    /// Memory, KiB.
    pub memory_kib: u32,
    /// Passes over it.
    pub passes: u32,
    /// Salt.
    pub salt: Vec<u8>,
    /// What comes out.
    pub hash: Vec<u8>,
}

impl std::fmt::Debug for PinHash {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.write_str("PinHash(…)")
    }
}

/// A badge that opens nothing.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Spent {
    /// Whose it was.
    pub person: PersonId,
    /// Its number among theirs.
    pub number: u32,
    /// Whether it was reported lost.
    pub lost: bool,
}

/// Everybody's personal part, by key and by badge.
#[derive(Debug, Clone, Default, PartialEq)]
pub struct Roster {
    kept: HashMap<PersonId, Kept>,
    by_badge: HashMap<BadgeKey, PersonId>,
    spent: HashMap<BadgeKey, Spent>,
}

/// What a badge is found by.
#[derive(Debug, Clone, PartialEq, Eq, Hash)]
enum BadgeKey {
    Tag(TagId),
    Mark(MarkId),
}

impl BadgeKey {
    fn of(badge: &Badge) -> Self {
        match badge {
            Badge::Epc(epc) => Self::Tag(TagId::from_epc(epc)),
            Badge::Qr(text) => Self::Mark(MarkId::from_text(text)),
        }
    }
}

impl Roster {
    /// Takes a person in; a personal part already there is replaced, and its badge no longer opens anything. What
    /// else is kept of them stays.
    pub fn insert(&mut self, id: PersonId, personal: Personal) {
        let kept = self.kept.get(&id).cloned().unwrap_or_default();
        self.keep(id, Kept { personal, ..kept });
    }

    /// Takes everything that is kept of a person in, in place of what was.
    pub fn keep(&mut self, id: PersonId, kept: Kept) {
        // Only badges that still lead to this record: one may have been given to somebody else since.
        if let Some(old) = self.kept.get(&id) {
            for badge in old.personal.badge.iter().chain(old.badges.iter().map(|kept| &kept.badge)) {
                let key = BadgeKey::of(badge);
                if self.by_badge.get(&key) == Some(&id) {
                    self.by_badge.remove(&key);
                }
                if self.spent.get(&key).is_some_and(|spent| spent.person == id) {
                    self.spent.remove(&key);
                }
            }
        }
        if let Some(badge) = &kept.personal.badge {
            self.by_badge.insert(BadgeKey::of(badge), id.clone());
        }
        for KeptBadge { number, badge, state } in &kept.badges {
            let key = BadgeKey::of(badge);
            match state {
                BadgeState::Open => drop(self.by_badge.insert(key, id.clone())),
                BadgeState::Lost | BadgeState::Over => {
                    let lost = *state == BadgeState::Lost;
                    self.spent.insert(key, Spent { person: id.clone(), number: *number, lost });
                }
            }
        }
        self.kept.insert(id, kept);
    }

    /// The personal part of that key.
    pub fn personal(&self, id: &PersonId) -> Option<&Personal> {
        self.kept.get(id).map(|kept| &kept.personal)
    }

    /// Everything that is kept of that key.
    pub fn kept(&self, id: &PersonId) -> Option<&Kept> {
        self.kept.get(id)
    }

    /// Whose radio badge this is.
    pub fn by_tag(&self, tag: &TagId) -> Option<&PersonId> {
        self.by_badge.get(&BadgeKey::Tag(tag.clone()))
    }

    /// Whose printed badge this is.
    pub fn by_mark(&self, mark: &MarkId) -> Option<&PersonId> {
        self.by_badge.get(&BadgeKey::Mark(mark.clone()))
    }

    /// Whose badge this radio badge was before it was lost, replaced or given back.
    pub fn spent_tag(&self, tag: &TagId) -> Option<&Spent> {
        self.spent.get(&BadgeKey::Tag(tag.clone()))
    }

    /// The same for a printed badge.
    pub fn spent_mark(&self, mark: &MarkId) -> Option<&Spent> {
        self.spent.get(&BadgeKey::Mark(mark.clone()))
    }

    /// Rank and name, or the key where nothing is known.
    pub fn call(&self, id: &PersonId) -> String {
        match self.personal(id) {
            Some(Personal { rank: Some(rank), name: Some(name), .. }) => format!("{rank} {name}"),
            Some(Personal { name: Some(name), .. }) => name.clone(),
            _ => id.to_string(),
        }
    }
}

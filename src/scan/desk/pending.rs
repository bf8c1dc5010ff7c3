//! A weapon that waits at the desk until enough is known about it.

use crate::domain::{Chip, Evidence, Item, PersonId, ReadPoint, WeaponId};
use crate::scan::presence::Appeared;

/// Most readings kept of one weapon. A tag that comes and goes while it waits adds nothing new after a few.
const EVIDENCE_MAX: usize = 8;

/// What of it was read.
#[derive(Debug, Clone, Copy, Default)]
pub(super) struct Seen {
    pub(super) by_tag: bool,
    pub(super) by_mark: bool,
    /// What the tag's chip says.
    pub(super) chip: Chip,
    /// Two read points hear it.
    pub(super) between_places: bool,
}

impl Seen {
    /// A tag was read, and its chip says `chip`.
    pub(super) fn by_tag(appeared: &Appeared, chip: Chip) -> Self {
        Self { by_tag: true, chip, between_places: appeared.between_places, ..Self::default() }
    }
}

/// A weapon that waits.
#[derive(Debug)]
pub(super) struct Pending {
    pub(super) weapon: WeaponId,
    pub(super) seen: Seen,
    /// The weapon whose mark was read instead of this one's.
    pub(super) contradicts: Option<WeaponId>,
    /// Who stood there with it; it does not go out on a badge that came later.
    pub(super) bearer: Option<PersonId>,
    pub(super) read_point: ReadPoint,
    pub(super) evidence: Vec<Evidence>,
    pub(super) since_ms: u64,
}

impl Pending {
    pub(super) fn new(weapon: &WeaponId, read_point: ReadPoint, now_ms: u64) -> Self {
        Self {
            weapon: weapon.clone(),
            seen: Seen::default(),
            contradicts: None,
            bearer: None,
            read_point,
            evidence: Vec::new(),
            since_ms: now_ms,
        }
    }

    /// Adds a reading.
    pub(super) fn add(&mut self, seen: Seen, evidence: Evidence) {
        self.seen.by_tag |= seen.by_tag;
        self.seen.by_mark |= seen.by_mark;
        self.seen.between_places |= seen.between_places;
        self.chip(seen.chip, &evidence);
        if self.evidence.len() < EVIDENCE_MAX {
            self.evidence.push(evidence);
        }
    }

    /// The chip was read: what was read of that tag before gets its number. What speaks against it outlasts what does
    /// not, and the louder news the other.
    pub(super) fn chip(&mut self, chip: Chip, evidence: &Evidence) {
        if self.seen.chip != Chip::Foreign && chip != Chip::Unopposed {
            self.seen.chip = chip;
        }
        for known in self.evidence.iter_mut().filter(|known| known.value == evidence.value) {
            if evidence.tid.is_some() {
                known.tid.clone_from(&evidence.tid);
            }
        }
    }

    pub(super) fn waited_ms(&self, now_ms: u64) -> u64 {
        now_ms.saturating_sub(self.since_ms)
    }

    pub(super) fn read_both(&self) -> bool {
        self.seen.by_tag && self.seen.by_mark
    }

    /// Only its tag (`true`) or only its mark was read, and nothing else is known to belong to it.
    pub(super) fn is_lone(&self, tag: bool) -> bool {
        self.seen.by_tag == tag && self.seen.by_mark != tag && self.contradicts.is_none()
    }

    /// What is shown, in the words of the decision.
    pub(super) fn item(&self) -> Item {
        let id = self.weapon.clone();
        let Seen { by_tag, by_mark, chip, between_places } = self.seen;
        match &self.contradicts {
            Some(marked) => Item::Disagree { by_tag: id, by_mark: Some(marked.clone()) },
            // A copied or rewritten tag is the louder news.
            None if between_places && chip == Chip::Unopposed => Item::Unsure { id },
            None => Item::Weapon { id, by_tag, by_mark, chip },
        }
    }
}

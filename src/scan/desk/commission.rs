//! Showing an unknown thing to have it bound: while somebody commissions, what would be refused as unknown is laid
//! aside for them. What is not bound in the end gets its entry all the same.

use super::{Act, Appeared, Desk, Reading, Subject};
use crate::domain::{Item, ReadPoint, WeaponId};
use crate::identity::MarkId;
use crate::scan::CodeReading;
use crate::scan::view::Key;

/// Most things laid aside at once: one is wanted, and two are one too many.
const ASIDE_MAX: usize = 8;

/// What somebody waits for.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Wanted {
    /// Tags.
    pub tags: bool,
    /// Marks.
    pub marks: bool,
    /// Only at this place.
    pub read_point: Option<ReadPoint>,
}

/// An unknown thing that was shown.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Shown {
    /// What.
    pub thing: Thing,
    /// Where.
    pub read_point: ReadPoint,
}

/// What it is.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Thing {
    /// A tag.
    Tag {
        /// Its EPC.
        epc: Vec<u8>,
        /// Its chip's number, if it was read.
        tid: Option<Vec<u8>>,
    },
    /// A mark, with its text.
    Mark(String),
}

/// What a showing has come to so far.
#[derive(Debug, Default)]
pub(super) struct Commission {
    wanted: Option<Wanted>,
    aside: Vec<Aside>,
}

/// A thing laid aside, with what its entry needs.
#[derive(Debug)]
struct Aside {
    shown: Shown,
    at_ms: u64,
    key: Key,
    /// None for one that nobody knows.
    retired_from: Option<WeaponId>,
    badge: bool,
    evidence: crate::domain::Evidence,
}

impl Desk {
    /// From now on unknown things of that kind are laid aside.
    pub fn want(&mut self, wanted: Wanted) {
        self.commission = Commission { wanted: Some(wanted), aside: Vec::new() };
    }

    /// What has been laid aside, and when the first of it was.
    pub fn laid_aside(&self) -> (Vec<&Shown>, Option<u64>) {
        let aside = &self.commission.aside;
        (aside.iter().map(|aside| &aside.shown).collect(), aside.first().map(|aside| aside.at_ms))
    }

    /// Ends it. What was laid aside is bound by whoever asked, or was not wanted after all and is answered as usual.
    pub fn want_no_more(&mut self, bound: bool, now_ms: u64) -> Vec<Act> {
        let Commission { aside, .. } = std::mem::take(&mut self.commission);
        if bound {
            return Vec::new();
        }
        let mut acts = Vec::new();
        for Aside { shown, key, retired_from, badge, evidence, .. } in aside {
            let reading = Reading { key, read_point: shown.read_point, evidence };
            let tag = matches!(shown.thing, Thing::Tag { .. });
            acts.extend(match (retired_from, badge, tag) {
                (Some(id), _, _) => self.unknown(Item::Retired { id }, reading, now_ms),
                (None, true, _) => self.stranger(reading, crate::domain::Road::BadgeTag, now_ms),
                (None, false, true) => self.unknown(Item::UnknownTag, reading, now_ms),
                (None, false, false) => self.unknown(Item::UnknownMark, reading, now_ms),
            });
        }
        acts
    }

    /// Takes a tag that stands for no weapon, where somebody waits for one.
    pub(super) fn lay_tag_aside(&mut self, subject: &Subject, appeared: &Appeared, now_ms: u64) -> bool {
        let Reading { key, read_point, evidence } = Reading::of_tag(appeared);
        let thing = Thing::Tag { epc: appeared.epc.clone(), tid: appeared.tid.clone() };
        // Two chips under one code are no tag to bind.
        let wanted = self.wants(true, &read_point) && appeared.other_tid.is_none();
        wanted && self.lay_aside(subject, Shown { thing, read_point }, key, evidence, now_ms)
    }

    /// Takes a mark that stands for nothing, where somebody waits for one.
    pub(super) fn lay_mark_aside(
        &mut self,
        subject: &Subject,
        code: &CodeReading,
        reading: &Reading,
        now_ms: u64,
    ) -> bool {
        // Only what can be written down and known again by its text.
        let is_text = MarkId::from_text(&code.text) == MarkId::from_bytes(&code.bytes);
        let shown = Shown { thing: Thing::Mark(code.text.clone()), read_point: code.read_point.clone() };
        let wanted = self.wants(false, &code.read_point) && is_text;
        wanted && self.lay_aside(subject, shown, reading.key.clone(), reading.evidence.clone(), now_ms)
    }

    /// More is known of the chip of a tag laid aside.
    pub(super) fn chip_of_aside(&mut self, appeared: &Appeared) {
        for aside in &mut self.commission.aside {
            if let Thing::Tag { epc, tid } = &mut aside.shown.thing
                && *epc == appeared.epc
            {
                tid.clone_from(&appeared.tid);
            }
        }
    }

    fn wants(&self, tag: bool, read_point: &ReadPoint) -> bool {
        self.commission.wanted.as_ref().is_some_and(|wanted| {
            let kind = if tag { wanted.tags } else { wanted.marks };
            kind && wanted.read_point.as_ref().is_none_or(|place| place == read_point)
        })
    }

    fn lay_aside(
        &mut self,
        subject: &Subject,
        shown: Shown,
        key: Key,
        evidence: crate::domain::Evidence,
        at_ms: u64,
    ) -> bool {
        let aside = &mut self.commission.aside;
        let again = aside.iter().any(|known| known.key == key);
        if !again && aside.len() < ASIDE_MAX {
            let (retired_from, badge) = match subject {
                Subject::Retired(weapon) => (Some(weapon.clone()), false),
                Subject::UnknownBadge => (None, true),
                Subject::Unknown => (None, false),
                Subject::Badge(_) | Subject::SpentBadge(_) | Subject::Weapon(..) => return false,
            };
            aside.push(Aside { shown, at_ms, key, retired_from, badge, evidence });
            return true;
        }
        again
    }
}

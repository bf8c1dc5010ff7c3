//! Where a tag is, and whether its silence can be believed (`rfid-stream-cleaning.md` section 5): absence of readings is
//! evidence only where a control tag was read throughout.

use super::{LEAVE_MAX_MS, Presence};
use crate::domain::AntennaPlan;
use crate::domain::ReadPoint;
use crate::identity::TagId;
use crate::scan::control::Control;
use crate::scan::gaps::Doubt;
use crate::scan::zone::Ear;

/// Whether a tag that is not heard is not there.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Absence {
    /// It is not there: control tags were read throughout.
    Believed,
    /// Nobody knows.
    Doubted(Doubt),
}

/// A tag that is heard, for whoever looks at all of them.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Heard {
    /// Its key.
    pub tag: TagId,
    /// Where it lies; none where that is not clear.
    pub place: Option<ReadPoint>,
    /// Where it was heard last as tags in place are.
    pub home: Option<ReadPoint>,
    /// When it was heard last at all, ms.
    pub heard_ms: u64,
}

/// Where a tag is, as far as can be told.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Whereabouts {
    /// There.
    At(ReadPoint),
    /// Heard, but not clearly: at two places alike, not confirmed, or silent for longer than it usually is.
    Unclear,
    /// Not heard.
    Unheard(Absence),
}

impl Presence {
    /// Where a tag is, as far as can be told now.
    pub fn whereabouts(&self, tag: &TagId, now_ms: u64) -> Whereabouts {
        let mut lies: Vec<ReadPoint> = self
            .of(tag)
            .filter_map(|track| track.lies_at(now_ms, &self.settings, (&self.ears, &self.gaps)))
            .collect();
        lies.sort();
        lies.dedup();
        if lies.len() == 1
            && let Some(place) = lies.pop()
        {
            return Whereabouts::At(place);
        }
        let faint = self.of(tag).any(|track| track.is_faint(now_ms, &self.settings, &self.ears));
        if faint || self.may_be_there(tag, now_ms) {
            return Whereabouts::Unclear;
        }
        Whereabouts::Unheard(self.absence(tag, now_ms))
    }

    /// Every tag that is heard, or may still be there, by code.
    pub fn heard(&self, now_ms: u64) -> Vec<Heard> {
        let around = (&self.ears, &self.gaps);
        let mut heard: Vec<(&[u8], Heard)> = Vec::new();
        for track in self.tracks.values() {
            let place = track.lies_at(now_ms, &self.settings, around);
            let faint = || track.is_faint(now_ms, &self.settings, &self.ears);
            if place.is_none() && !faint() && !track.may_be_there(now_ms, around) {
                continue;
            }
            let home = track.home(&self.ears).cloned();
            let (tag, heard_ms) = (track.tag.clone(), track.heard_ms());
            heard.push((&track.epc, Heard { tag, place, home, heard_ms }));
        }
        // The map has no order of its own; a replay must give the same one.
        heard.sort_by_key(|(epc, _)| *epc);
        heard.into_iter().map(|(_, heard)| heard).collect()
    }

    /// What speaks against believing a silence at a read point now: its antennas have a control tag each, and hear it.
    pub fn deafness(&self, read_point: &ReadPoint, now_ms: u64) -> Option<Doubt> {
        let window_ms = LEAVE_MAX_MS.max(self.settings.leave_ms);
        let mut there = self.controls.iter().filter(|control| control.plan().read_point == *read_point);
        let vouched =
            |ear: &Ear| self.controls.iter().any(|control| control.plan().is(&ear.reader, ear.antenna));
        if self.ears.at(read_point).next().is_none() || !self.ears.at(read_point).all(vouched) {
            return Some(Doubt::NoControlTag);
        }
        there.find_map(|control| self.doubt(control, now_ms, window_ms))
    }

    /// Whether a tag that is not in view can be held to be absent: only if control tags were read throughout. One must
    /// be where the tag was last, if that is known; and no other may speak of a deaf antenna, for the tag may lie there
    /// by now.
    pub fn absence(&self, tag: &TagId, now_ms: u64) -> Absence {
        if self.may_be_there(tag, now_ms) {
            return Absence::Doubted(Doubt::Heard);
        }
        let homes = self.of(tag).filter_map(|track| track.home(&self.ears));
        let vouched =
            |home: &ReadPoint| self.controls.iter().any(|control| control.plan().read_point == *home);
        if self.controls.is_empty() || !homes.into_iter().all(vouched) {
            return Absence::Doubted(Doubt::NoControlTag);
        }
        let window_ms = LEAVE_MAX_MS.max(self.settings.leave_ms);
        let doubts = self.controls.iter().filter_map(|control| self.doubt(control, now_ms, window_ms));
        doubts.min().map_or(Absence::Believed, Absence::Doubted)
    }

    fn may_be_there(&self, tag: &TagId, now_ms: u64) -> bool {
        self.of(tag).any(|track| track.may_be_there(now_ms, (&self.ears, &self.gaps)))
    }

    /// What speaks against an antenna's silence over the last `window_ms`.
    fn doubt(&self, control: &Control, now_ms: u64, window_ms: u64) -> Option<Doubt> {
        let AntennaPlan { reader, antenna, .. } = control.plan();
        if let Some(why) = self.gaps.why(reader, *antenna, now_ms.saturating_sub(window_ms), now_ms) {
            return Some(why);
        }
        if control.since_ms().is_none_or(|since_ms| now_ms.saturating_sub(since_ms) < window_ms) {
            return Some(Doubt::TooEarly);
        }
        control.ill().then_some(Doubt::ControlWeak)
    }
}

//! One tag that is heard: the visit it is on, and how it lies when it lies.

use super::TagReading;
use super::belief::Belief;
use super::gaps::Gaps;
use super::presence::{Appeared, LEAVE_MAX_MS, PresenceSettings};
use super::rest::{LIFTED_MS, REST_MS, Rest, STIR_DB};
use super::visit::Visit;
use super::zone::Ears;
use crate::domain::ReadPoint;
use crate::identity::TagId;

/// How long a tag whose reader is gone stays in view, ms. Longer than a link is lost for; shorter than a queue waits
/// for a badge that nobody can take away.
const HELD_MS: u64 = 30_000;

/// How likely the contrary may be where it is said without a person who confirms it that a tag lies there, or that it does
/// not. The first is greater: by far most tags are heard at the very moment, and the chance only ever nears it in a
/// silence of a second or two, at the end of which a weapon was more often screened than lifted.
const GONE_MAX: f64 = 0.2;
const THERE_MAX: f64 = 0.02;

/// What was there is not held to be absent after a shorter silence, ms: a hop sequence takes up to 4 s (section 3).
const HOPS_MS: u64 = 4_000;

/// How long a tag that was in view when its reader went is known again, ms.
const KNOWN_AGAIN_MS: u64 = 10 * 60_000;

/// One tag.
#[derive(Debug)]
pub(super) struct Track {
    pub(super) tag: TagId,
    pub(super) epc: Vec<u8>,
    pub(super) visit: Option<Visit>,
    rest: Rest,
    /// When it was last heard, however weakly, and by which antenna.
    heard_ms: u64,
    ear: usize,
    in_place: Option<InPlace>,
    last: Last,
}

/// That it was heard as tags in place are.
#[derive(Debug, Clone, Copy)]
struct InPlace {
    last_ms: u64,
    /// By which antenna.
    home: usize,
    belief: Belief,
}

/// How it went out of view last.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum Last {
    /// It has not been in view, or came into view only where it lies.
    FarOff,
    /// It was taken away.
    TakenAway,
    /// For want of a reader, not for want of the tag.
    LostSight,
}

/// What a reading changed.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Change {
    Appeared,
    Stirred,
    Chip,
}

/// How a visit ended.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Ending {
    /// It had not come into view.
    Unnoticed,
    /// It has left.
    Left,
}

impl InPlace {
    fn new(now_ms: u64, home: usize) -> Self {
        Self { last_ms: now_ms, home, belief: Belief::new(now_ms) }
    }

    /// What is held of it now.
    fn belief(&self, now_ms: u64, (ears, gaps): (&Ears, &Gaps)) -> Belief {
        self.belief.after(now_ms, self.deaf_ms(now_ms, (ears, gaps)))
    }

    /// For how long its antenna has not heard since it was heard there, ms.
    fn deaf_ms(&self, now_ms: u64, (ears, gaps): (&Ears, &Gaps)) -> u64 {
        let ear = ears.get(self.home);
        gaps.length_ms(&ear.reader, ear.antenna, self.last_ms, now_ms)
    }
}

impl Track {
    pub(super) fn new(tag: TagId, epc: Vec<u8>, now_ms: u64) -> Self {
        let rest = Rest::new(now_ms);
        Self { tag, epc, visit: None, rest, heard_ms: now_ms, ear: 0, in_place: None, last: Last::FarOff }
    }

    /// Takes a reading.
    pub(super) fn hear(
        &mut self,
        reading: &TagReading,
        (ear, since_start): (usize, bool),
        now_ms: u64,
        settings: &PresenceSettings,
        (ears, gaps): (&Ears, &Gaps),
    ) -> Option<Change> {
        self.heard_ms = now_ms;
        self.ear = ear;
        self.rest.hear(reading.rssi_dbm, now_ms);
        let visit = self.visit.get_or_insert_with(|| Visit::new(now_ms, ear, since_start));
        let sighting = visit.hear(reading, ear, now_ms, settings, (ears, gaps));
        if sighting.in_place {
            let in_place = self.in_place.get_or_insert_with(|| InPlace::new(now_ms, ear));
            let deaf_ms = in_place.deaf_ms(now_ms, (ears, gaps));
            in_place.belief.hear(sighting.loud, now_ms, deaf_ms);
            (in_place.last_ms, in_place.home) = (now_ms, ear);
        }
        if visit.present {
            if sighting.chip {
                return Some(Change::Chip);
            }
            let level_dbm = self.rest.level_dbm()?;
            let stirs = visit.stirs(reading, level_dbm.saturating_add(STIR_DB), settings, ears);
            return stirs.then(|| {
                visit.at_rest = false;
                self.rest.stir(now_ms);
                Change::Stirred
            });
        }
        let best = visit.confirmed(now_ms, settings, ears)?;
        visit.present = true;
        visit.settle(best.rssi_dbm);
        visit.at_rest = match self.rest.level_dbm() {
            Some(level_dbm) => best.rssi_dbm.is_none_or(|dbm| dbm < level_dbm.saturating_add(STIR_DB)),
            None => self.last == Last::LostSight,
        };
        match best.rssi_dbm {
            _ if !visit.at_rest => self.rest.stir(now_ms),
            Some(dbm) if self.rest.level_dbm().is_none() => self.rest.lay(dbm, now_ms),
            _ => {}
        }
        Some(Change::Appeared)
    }

    /// What is known of it, if it is in view.
    pub(super) fn appeared(
        &self,
        settings: &PresenceSettings,
        (ears, gaps): (&Ears, &Gaps),
    ) -> Option<Appeared> {
        let visit = self.visit.as_ref().filter(|visit| visit.present)?;
        let places = visit.places(settings, ears);
        let best = visit.best(&places, settings).or_else(|| places.first())?;
        let ear = ears.get(best.ear);
        let gap_ms = gaps.length_ms(&ear.reader, ear.antenna, visit.first_ms, visit.last_ms);
        Some(Appeared {
            tag: self.tag.clone(),
            epc: self.epc.clone(),
            tid: visit.tid.clone(),
            other_tid: visit.other_tid.clone(),
            read_point: best.read_point.clone(),
            antenna: ear.antenna,
            rssi_dbm: best.rssi_dbm,
            reads: best.reads,
            between_places: !best.has_to_itself(&places, settings.margin_db, ears),
            at_rest: visit.at_rest,
            since_start: visit.since_start,
            gap_ms: (gap_ms > 0).then_some(gap_ms),
        })
    }

    /// It lies there and has not moved: in view, and heard as it always is.
    pub(super) fn rests(&self) -> bool {
        self.visit.as_ref().is_some_and(|visit| visit.present)
            && (self.rest.level_dbm().is_some() || self.visit.as_ref().is_some_and(|visit| visit.at_rest))
    }

    /// Takes it for one that lies there, whatever it did before.
    pub(super) fn lay_to_rest(&mut self, now_ms: u64) {
        let Some(visit) = &mut self.visit else { return };
        visit.at_rest = true;
        self.last = Last::LostSight;
        if let Some(level_dbm) = visit.level_dbm() {
            self.rest.lay(level_dbm, now_ms);
        }
    }

    /// Ends the visit if the silence has lasted. The clock of silence stands still where nobody could hear.
    pub(super) fn end_visit(
        &mut self,
        now_ms: u64,
        settings: &PresenceSettings,
        (ears, gaps): (&Ears, &Gaps),
    ) -> Option<Ending> {
        let visit = self.visit.as_ref()?;
        let ear = ears.get(visit.ear);
        let deaf_ms = |since_ms| gaps.length_ms(&ear.reader, ear.antenna, since_ms, now_ms);
        let silent = visit.is_over(now_ms, settings, deaf_ms);
        if !silent && now_ms.saturating_sub(visit.last_ms) < LEAVE_MAX_MS.max(settings.leave_ms) + HELD_MS {
            return None;
        }
        let (present, at_rest) = (visit.present, visit.at_rest);
        self.visit = None;
        if !present {
            return Some(Ending::Unnoticed);
        }
        self.last = match self.last {
            _ if !silent => Last::LostSight,
            Last::FarOff if at_rest => Last::FarOff,
            _ => Last::TakenAway,
        };
        if self.last == Last::TakenAway && self.rest.level_dbm().is_none() {
            // How it is heard from now on is another story.
            self.rest.stir(now_ms);
        }
        Some(Ending::Left)
    }

    /// Its reader is gone, and was perhaps since then: a tag that was heard until then was not taken away.
    pub(super) fn lose_sight(&mut self, reader: &str, since_ms: u64, ears: &Ears) {
        let lately = self.heard_ms >= since_ms && ears.get(self.ear).reader == reader;
        if lately && self.visit.is_none() && self.last == Last::TakenAway {
            self.last = Last::LostSight;
        }
    }

    /// Whether there is anything left to remember of it.
    pub(super) fn is_over(&self, now_ms: u64, (ears, gaps): (&Ears, &Gaps)) -> bool {
        if self.visit.is_some() {
            return false;
        }
        let passed_ms = now_ms.saturating_sub(self.heard_ms);
        let ear = ears.get(self.ear);
        let silent_ms = passed_ms - gaps.length_ms(&ear.reader, ear.antenna, self.heard_ms, now_ms);
        match self.last {
            Last::LostSight => silent_ms >= LIFTED_MS || passed_ms >= KNOWN_AGAIN_MS,
            Last::TakenAway => silent_ms >= LIFTED_MS && !self.may_be_there(now_ms, (ears, gaps)),
            // What is heard so rarely that it never comes into view lies far off; there a silence says little.
            Last::FarOff => silent_ms >= REST_MS || passed_ms >= KNOWN_AGAIN_MS,
        }
    }

    /// Where it lies, if that can be said without a person who confirms it: nothing else explains what was heard, its
    /// antenna hears, and one place has it to itself. That it does not act, because it has lain there for long, is no
    /// matter here.
    pub(super) fn lies_at(
        &self,
        now_ms: u64,
        settings: &PresenceSettings,
        (ears, gaps): (&Ears, &Gaps),
    ) -> Option<ReadPoint> {
        let in_place = self.in_place?;
        let ear = ears.get(in_place.home);
        let sure = in_place.belief(now_ms, (ears, gaps)).gone() <= GONE_MAX;
        let hears = !gaps.is_deaf(&ear.reader, ear.antenna);
        self.visit.as_ref().filter(|_| sure && hears)?.lies_at(settings, ears)
    }

    /// Whether it is heard as often as only tags in place are, but more weakly: it may be there, badly placed.
    pub(super) fn is_faint(&self, now_ms: u64, settings: &PresenceSettings, ears: &Ears) -> bool {
        self.visit.as_ref().is_some_and(|visit| visit.is_faint(now_ms, settings, ears))
    }

    /// Whether it cannot be excluded that it is there, after it was heard as tags in place are.
    pub(super) fn may_be_there(&self, now_ms: u64, around: (&Ears, &Gaps)) -> bool {
        self.in_place.is_some_and(|in_place| {
            let was_there = in_place.belief.gone() < GONE_MAX;
            (was_there && now_ms.saturating_sub(in_place.last_ms) < HOPS_MS)
                || in_place.belief(now_ms, around).there() > THERE_MAX
        })
    }

    /// Where it was last heard as tags in place are.
    pub(super) fn home<'a>(&self, ears: &'a Ears) -> Option<&'a ReadPoint> {
        self.in_place.map(|in_place| &ears.get(in_place.home).read_point)
    }

    /// When it was last heard at all.
    pub(super) fn heard_ms(&self) -> u64 {
        self.heard_ms
    }
}

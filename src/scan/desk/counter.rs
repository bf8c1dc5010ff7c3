//! What people at one counter have chosen and shown besides weapons: what the next draws are for, whose badges were
//! freshly shown, and to what a card may still answer.

use std::collections::VecDeque;

use super::Desk;
use crate::domain::{DeskKind, PersonId, Purpose, Seq, WeaponId};

/// A purpose nobody has used for so long is forgotten, ms: tomorrow's guard does not draw "for the range".
const PURPOSE_LAPSES_MS: u64 = 600_000;

/// A question to a supervisor can be answered by card for so long, ms; by command as long as the weapon stays.
const ASKED_LAPSES_MS: u64 = 300_000;

/// A card that says how a weapon came back belongs to one returned here at most so long ago, ms.
const RETURNED_LAPSES_MS: u64 = 120_000;

/// Badges remembered.
const BADGES_MAX: usize = 8;

/// One counter.
#[derive(Debug, Default)]
pub(super) struct Counter {
    chosen: Option<(Purpose, u64)>,
    /// Who showed a badge, and when; the newest last.
    badges: VecDeque<(PersonId, u64)>,
    asked: Option<(Seq, u64)>,
    /// The entry by which custody moved here last.
    moved: Option<Seq>,
    returned: Option<(WeaponId, u64)>,
}

impl Counter {
    /// A badge of the book was shown.
    pub(super) fn badge(&mut self, person: &PersonId, now_ms: u64) {
        self.badges.retain(|(other, _)| other != person);
        self.badges.push_back((person.clone(), now_ms));
        if self.badges.len() > BADGES_MAX {
            self.badges.pop_front();
        }
    }

    /// The answer about a weapon is written.
    pub(super) fn answered(&mut self, weapon: &WeaponId, kind: DeskKind, seq: Seq, now_ms: u64) {
        if kind.moves_custody() {
            self.moved = Some(seq);
        }
        // The queue has moved on: a card that clears the next answer must not decide on the one before.
        if kind != DeskKind::Unclear {
            self.asked = None;
        }
        match kind {
            DeskKind::Asked => self.asked = Some((seq, now_ms)),
            DeskKind::Returned => self.returned = Some((weapon.clone(), now_ms)),
            DeskKind::Issued => {
                if let Some((_, used_ms)) = &mut self.chosen {
                    *used_ms = now_ms;
                }
            }
            DeskKind::Refused | DeskKind::Unclear => {}
        }
    }

    pub(super) fn purpose(&self, now_ms: u64) -> Purpose {
        let lasts = |used_ms: u64| now_ms.saturating_sub(used_ms) < PURPOSE_LAPSES_MS;
        self.chosen.filter(|(_, used_ms)| lasts(*used_ms)).map(|(purpose, _)| purpose).unwrap_or_default()
    }

    /// Nobody stands there any more.
    pub(super) fn forget(&mut self) {
        self.badges.clear();
        self.asked = None;
    }
}

impl Desk {
    /// What the next draws are for.
    pub fn choose(&mut self, purpose: Purpose, now_ms: u64) {
        self.counter.chosen = Some((purpose, now_ms));
    }

    /// What the next draw is for.
    pub fn chosen(&self, now_ms: u64) -> Purpose {
        self.counter.purpose(now_ms)
    }

    /// Whose badges were shown within the last `within_ms`, the newest first.
    pub fn fresh_badges(&self, within_ms: u64, now_ms: u64) -> Vec<PersonId> {
        let fresh = self
            .counter
            .badges
            .iter()
            .rev()
            .take_while(|(_, at_ms)| now_ms.saturating_sub(*at_ms) <= within_ms);
        fresh.map(|(person, _)| person.clone()).collect()
    }

    /// What a supervisor was asked here and has not answered, and how long ago, ms.
    pub fn asked(&self, now_ms: u64) -> Option<(Seq, u64)> {
        let (seq, at_ms) = self.counter.asked?;
        let passed_ms = now_ms.saturating_sub(at_ms);
        (passed_ms < ASKED_LAPSES_MS).then_some((seq, passed_ms))
    }

    /// It is answered; where a weapon left by that, by which entry.
    pub fn decided(&mut self, left: Option<Seq>) {
        self.counter.asked = None;
        self.counter.moved = left.or(self.counter.moved);
    }

    /// The entry by which custody moved here last.
    pub fn last_move(&self) -> Option<Seq> {
        self.counter.moved
    }

    /// The weapon that came back here last, a moment ago.
    pub fn just_returned(&self, now_ms: u64) -> Option<&WeaponId> {
        let (weapon, at_ms) = self.counter.returned.as_ref()?;
        (now_ms.saturating_sub(*at_ms) < RETURNED_LAPSES_MS).then_some(weapon)
    }
}

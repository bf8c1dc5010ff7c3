//! What of a look is told: each weapon's gravest finding, once, and together with what else its place has to tell.

use std::collections::BTreeMap;

use super::look::is_gone;
use super::{CALLS_AGAIN_MS, CROWDED_MS, RackWatch, Round, SETTLE_MS, Seen, TELL_EVERY_MS, is_kept};
use crate::domain::book::rack::{Doubtful, Fact, Telling, told};
use crate::domain::book::{disposal, transfer};
use crate::domain::{Armoury, Custody, Holding, ReadPoint, Standing, WeaponId};

/// Weapons named in one entry; more follow in the next.
const NAMED_MAX: usize = 500;

/// What there is to say of a weapon.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
enum Finding {
    Left,
    Question(Doubtful),
    Wrong,
    Back,
}

impl RackWatch {
    /// What is told after a look.
    pub(super) fn judge(&mut self, armoury: &Armoury, round: &Round, now_ms: u64) -> Vec<Fact> {
        let mut facts = self.forbidden(round, now_ms);
        let mut findings: BTreeMap<(ReadPoint, Finding), Vec<WeaponId>> = BTreeMap::new();
        for (weapon, seen) in &self.seen {
            let Some(holding) = armoury.weapon(weapon) else { continue };
            if let Some((place, finding)) = self.finding(armoury, holding, seen, now_ms)
                && is_news(armoury, weapon, &place, finding)
            {
                findings.entry((place, finding)).or_default().push(weapon.clone());
            }
        }
        for (place, finding) in self.crowds(armoury, round, now_ms) {
            findings.entry((place, finding)).or_default();
        }
        let mut told: Vec<ReadPoint> = Vec::new();
        for ((place, finding), weapons) in findings {
            if self.quiet_until_ms.get(&place).is_some_and(|until_ms| now_ms < *until_ms) {
                continue;
            }
            facts.extend(self.facts(armoury, round, (&place, finding), weapons));
            told.push(place);
        }
        self.quiet_until_ms.retain(|_, until_ms| now_ms < *until_ms);
        self.quiet_until_ms.extend(told.into_iter().map(|place| (place, now_ms + TELL_EVERY_MS)));
        facts
    }

    /// Weapons that must not be there call at once, and again when they come again.
    fn forbidden(&mut self, round: &Round, now_ms: u64) -> Vec<Fact> {
        self.forbidden_ms.retain(|_, heard_ms| now_ms.saturating_sub(*heard_ms) < CALLS_AGAIN_MS);
        let mut facts = Vec::new();
        for (weapon, place, standing) in &round.forbidden {
            if self.forbidden_ms.insert(weapon.clone(), now_ms).is_none() {
                let (place, weapon) = (place.clone(), weapon.clone());
                facts.push(Fact::Forbidden { place, weapon, standing: *standing });
            }
        }
        facts
    }

    /// A weapon that must not be there was heard at another reader.
    pub fn call(
        &mut self,
        weapon: &WeaponId,
        place: &ReadPoint,
        standing: Standing,
        now_ms: u64,
    ) -> Option<Fact> {
        let round = Round { forbidden: vec![(weapon.clone(), place.clone(), standing)], ..Round::default() };
        self.forbidden(&round, now_ms).pop()
    }

    /// The gravest thing to say of a weapon now, and where.
    fn finding(
        &self,
        armoury: &Armoury,
        holding: &Holding,
        seen: &Seen,
        now_ms: u64,
    ) -> Option<(ReadPoint, Finding)> {
        let place = seen.place.as_ref();
        if self.copied.contains(&holding.weapon.id) {
            return Some((place?.clone(), Finding::Question(Doubtful::Copied)));
        }
        if seen.hangs_now(now_ms) {
            let place = place?;
            return self
                .hanging(armoury, holding, seen, place, now_ms)
                .map(|finding| (place.clone(), finding));
        }
        let missing = is_racked(armoury, holding) && holding.weapon.tag_ids().next().is_some();
        if !missing {
            return None;
        }
        let policy = &armoury.policy;
        let left_ms = u64::from(policy.rack_left_after_s) * 1_000;
        let (place, allowed_ms, finding) = match place {
            Some(place) => (place, left_ms, Finding::Left),
            None if seen.since_start => (self.home(holding)?, left_ms, Finding::Question(Doubtful::NotHung)),
            None => {
                let unhung_ms = u64::from(policy.rack_unhung_minutes) * 60_000;
                (self.home(holding)?, unhung_ms, Finding::Question(Doubtful::NotHung))
            }
        };
        let over = allowed_ms > 0 && self.silent_ms(place, seen.last_ms, now_ms) >= allowed_ms;
        (over && self.doubt(place, now_ms).is_none()).then(|| (place.clone(), finding))
    }

    /// The same for one that hangs somewhere.
    fn hanging(
        &self,
        armoury: &Armoury,
        holding: &Holding,
        seen: &Seen,
        place: &ReadPoint,
        now_ms: u64,
    ) -> Option<Finding> {
        let settled = |settle_ms| seen.settled(now_ms, settle_ms);
        if holding.custody != Custody::In {
            return settled(2 * SETTLE_MS).then_some(Finding::Question(Doubtful::OutAnswers));
        }
        if is_gone(holding.standing) {
            return settled(SETTLE_MS).then_some(Finding::Question(Doubtful::GoneAnswers));
        }
        if is_kept(holding.standing) && self.belongs(holding, place) {
            return settled(SETTLE_MS).then_some(Finding::Back);
        }
        if !is_racked(armoury, holding) || holding.weapon.rack.is_none() {
            return None;
        }
        let wrong_ms = u64::from(armoury.policy.rack_wrong_after_s) * 1_000;
        settled(wrong_ms.max(SETTLE_MS)).then_some(Finding::Wrong)
    }

    /// Places at which more tags answer than weapons hang there by the book, and places where that is over.
    fn crowds(&mut self, armoury: &Armoury, round: &Round, now_ms: u64) -> Vec<(ReadPoint, Finding)> {
        let mut places: Vec<ReadPoint> = self.plans.iter().map(|plan| plan.read_point.clone()).collect();
        places.sort();
        places.dedup();
        let mut found = Vec::new();
        for place in places {
            let tally = round.at.get(&place);
            let strange = tally.map_or(0, |tally| tally.strange);
            let crowded = strange > 0
                && tally.map_or(0, |tally| tally.belonging) + strange > self.filled(armoury, &place);
            let (since, other) = match crowded {
                true => (&mut self.crowded_ms, &mut self.calm_ms),
                false => (&mut self.calm_ms, &mut self.crowded_ms),
            };
            other.remove(&place);
            let since_ms = *since.entry(place.clone()).or_insert(now_ms);
            let settled = now_ms.saturating_sub(since_ms) >= CROWDED_MS;
            let told = armoury.rooms.rack.crowded.contains_key(&place);
            if settled && crowded != told {
                let finding = if crowded { Finding::Question(Doubtful::Crowded) } else { Finding::Back };
                found.push((place, finding));
            }
        }
        found
    }

    /// A finding as entries.
    fn facts(
        &self,
        armoury: &Armoury,
        round: &Round,
        (place, finding): (&ReadPoint, Finding),
        weapons: Vec<WeaponId>,
    ) -> Vec<Fact> {
        let tally = round.at.get(place);
        let heard = tally.map_or(0, |tally| tally.weapons.len() as u32 + tally.strange);
        let filled = self.filled(armoury, place);
        let fact = |weapons: Vec<WeaponId>| {
            let place = place.clone();
            match finding {
                Finding::Left => Fact::LeftWithoutIssue { place, weapons },
                Finding::Wrong => Fact::WrongPlace { place, weapons },
                Finding::Back => Fact::Back { place, weapons },
                Finding::Question(doubt) => Fact::Question { place, doubt, weapons, heard, filled },
            }
        };
        match weapons.is_empty() {
            true => vec![fact(weapons)],
            false => weapons.chunks(NAMED_MAX).map(|weapons| fact(weapons.to_vec())).collect(),
        }
    }
}

/// Whether its rack is where a weapon should hang: it is ordinary stock, and neither packed for a transfer nor on a
/// destruction list. What is surplus, quarantined or an exhibit is kept apart.
fn is_racked(armoury: &Armoury, holding: &Holding) -> bool {
    let weapon = &holding.weapon.id;
    holding.custody == Custody::In
        && holding.standing == Standing::InService
        && transfer::aboard(armoury, weapon).is_none()
        && disposal::batch_of(armoury, weapon).is_none()
}

/// Whether a finding says more than was told last.
fn is_news(armoury: &Armoury, weapon: &WeaponId, place: &ReadPoint, finding: Finding) -> bool {
    let Some(told) = told(armoury, weapon) else { return finding != Finding::Back };
    match finding {
        Finding::Back => true,
        _ if told.what == Telling::Answered => false,
        Finding::Left => told.what != Telling::Left,
        Finding::Wrong => told.what != Telling::Wrong || told.place.as_ref() != Some(place),
        Finding::Question(doubt) => told.what != Telling::Question(doubt),
    }
}

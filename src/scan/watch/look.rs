//! One look: what is heard now, and what that makes of each weapon.

use super::{LOOK_GAP_MS, RackWatch, Round, Seen, is_kept};
use crate::domain::{Armoury, Custody, Holding, Policy, ReadPoint, Seq, Standing, WeaponId};
use crate::scan::gaps::Doubt;
use crate::scan::presence::{Heard, Presence};

/// Metal and bodies silence a tag for a moment, ms.
const PROBABLY_MS: u64 = 10_000;

/// What a look made of a weapon.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Look {
    /// Where it is, or should be.
    pub state: RackState,
    /// Where it hangs, or hung last.
    pub place: Option<ReadPoint>,
    /// How long ago it was heard last, ms; none where it has not been.
    pub silent_ms: Option<u64>,
    /// Why its silence proves nothing.
    pub doubt: Option<Doubt>,
}

/// How a weapon is, as a rack sees it.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum RackState {
    /// It hangs in its rack.
    There,
    /// It is heard, but not clearly, or nobody could hear.
    Probably,
    /// It is in by the book and was not heard for a while.
    NotSeen,
    /// It hangs in another rack than its own.
    WrongPlace,
    /// It hangs there and is out, or gone, by the book.
    ShouldNotBeHere,
    /// It is out: its card hangs on the slot.
    Out,
    /// It has no tag that could be heard.
    NoTag,
}

impl RackState {
    /// The word used in exports.
    pub fn word(self) -> &'static str {
        match self {
            Self::There => "there",
            Self::Probably => "probably",
            Self::NotSeen => "not_seen",
            Self::WrongPlace => "wrong_place",
            Self::ShouldNotBeHere => "should_not_be_here",
            Self::Out => "out",
            Self::NoTag => "no_tag",
        }
    }
}

impl RackWatch {
    /// Takes what is heard now into what is remembered.
    pub(super) fn remember(&mut self, armoury: &Armoury, desk: &Presence, now_ms: u64) -> Round {
        let first = self.seen.is_empty();
        self.looks.clear();
        self.follow_custody(armoury, first, now_ms);
        let mut round = Round::default();
        for heard in self.presence.heard(now_ms) {
            self.take_in(armoury, &heard, &mut round, now_ms);
        }
        // Somebody holds it at the desk: that is no silence.
        for heard in desk.heard(now_ms) {
            let weapon = self.weapon(armoury, &heard.tag).cloned();
            if let Some(seen) = weapon.and_then(|weapon| self.seen.get_mut(&weapon)) {
                seen.last_ms = now_ms;
            }
        }
        for holding in armoury.weapons() {
            if let Some(look) = self.look_at(holding, probably_ms(&armoury.policy), now_ms) {
                self.looks.insert(holding.weapon.id.clone(), look);
            }
        }
        round
    }

    /// One tag that is heard.
    fn take_in(&mut self, armoury: &Armoury, heard: &Heard, round: &mut Round, now_ms: u64) {
        let known = self.weapon(armoury, &heard.tag).and_then(|weapon| armoury.weapon(weapon));
        let Some(holding) = known else {
            if let Some(place) = heard.place.as_ref().filter(|_| !self.badges.contains(&heard.tag)) {
                round.at.entry(place.clone()).or_default().strange += 1;
            }
            return;
        };
        let weapon = &holding.weapon.id;
        if matches!(holding.standing, Standing::Destroyed | Standing::HotListed)
            && let Some(place) = heard.place.as_ref().or(heard.home.as_ref())
        {
            round.forbidden.push((weapon.clone(), place.clone(), holding.standing));
        }
        if let Some(place) = &heard.place {
            let kept = holding.custody == Custody::In && is_kept(holding.standing);
            let belongs = kept && self.belongs(holding, place);
            let tally = round.at.entry(place.clone()).or_default();
            if tally.weapons.insert(weapon.clone()) && belongs {
                tally.belonging += 1;
            }
        }
        let fresh = || Seen::new(holding.last_custody, false, now_ms);
        let seen = self.seen.entry(weapon.clone()).or_insert_with(fresh);
        match &heard.place {
            Some(place) => seen.hangs(place, now_ms),
            // Not clearly: it is where it was, or nowhere.
            None => seen.last_ms = seen.last_ms.max(heard.heard_ms.min(now_ms)),
        }
    }

    /// What was seen of a weapon before its custody moved says nothing of now.
    fn follow_custody(&mut self, armoury: &Armoury, first: bool, now_ms: u64) {
        for holding in armoury.weapons() {
            let watched = self.home(holding).is_some();
            match self.seen.get_mut(&holding.weapon.id) {
                Some(seen) if seen.custody != holding.last_custody => {
                    *seen = Seen::new(holding.last_custody, false, now_ms);
                }
                None if watched => {
                    let fresh = Seen::new(holding.last_custody, first, now_ms);
                    self.seen.insert(holding.weapon.id.clone(), fresh);
                }
                _ => {}
            }
        }
    }

    fn look_at(&self, holding: &Holding, probably_ms: u64, now_ms: u64) -> Option<Look> {
        let weapon: &WeaponId = &holding.weapon.id;
        let (home, seen) = (self.home(holding), self.seen.get(weapon));
        let hangs = seen.filter(|seen| seen.hangs_now(now_ms)).and_then(|seen| seen.place.as_ref());
        let silent_ms =
            seen.filter(|seen| seen.place.is_some()).map(|seen| now_ms - seen.last_ms.min(now_ms));
        let look = |state, doubt| {
            let place = hangs.or(seen.and_then(|seen| seen.place.as_ref())).or(home).cloned();
            Some(Look { state, place, silent_ms, doubt })
        };
        let kept = holding.custody == Custody::In && is_kept(holding.standing);
        if let Some(place) = hangs {
            return look(
                match kept {
                    false => RackState::ShouldNotBeHere,
                    true if self.belongs(holding, place) || holding.weapon.rack.is_none() => RackState::There,
                    true => RackState::WrongPlace,
                },
                None,
            );
        }
        let home = home?;
        match &holding.custody {
            Custody::Out { .. } => look(RackState::Out, None),
            Custody::In if !is_kept(holding.standing) => None,
            Custody::In if holding.weapon.tag_ids().next().is_none() => look(RackState::NoTag, None),
            Custody::In => {
                let doubt = self.doubt(home, now_ms);
                let lately = seen.is_some_and(|seen| {
                    seen.place.is_some() && self.silent_ms(home, seen.last_ms, now_ms) < probably_ms
                });
                let state = if lately { RackState::Probably } else { RackState::NotSeen };
                look(state, doubt)
            }
        }
    }

    /// How many slots of a place are filled by the book.
    pub(super) fn filled(&self, armoury: &Armoury, place: &ReadPoint) -> u32 {
        let filled = armoury.weapons().filter(|holding| {
            holding.custody == Custody::In && is_kept(holding.standing) && self.belongs(holding, place)
        });
        filled.count() as u32
    }
}

impl Seen {
    pub(super) fn new(custody: Option<Seq>, since_start: bool, now_ms: u64) -> Self {
        Self { custody, place: None, there_ms: (now_ms, now_ms), last_ms: now_ms, since_start }
    }

    /// It lies at that place at this look.
    fn hangs(&mut self, place: &ReadPoint, now_ms: u64) {
        let (since_ms, until_ms) = self.there_ms;
        let goes_on = self.place.as_ref() == Some(place) && now_ms.saturating_sub(until_ms) <= LOOK_GAP_MS;
        self.there_ms = (if goes_on { since_ms } else { now_ms }, now_ms);
        self.place = Some(place.clone());
        self.last_ms = now_ms;
    }

    /// It lay somewhere at the last look.
    pub(super) fn hangs_now(&self, now_ms: u64) -> bool {
        self.place.is_some() && self.there_ms.1 == now_ms
    }

    /// It has lain there for so long without a break.
    pub(super) fn settled(&self, now_ms: u64, settle_ms: u64) -> bool {
        self.hangs_now(now_ms) && now_ms.saturating_sub(self.there_ms.0) >= settle_ms
    }
}

/// For how long a silent weapon is probably still there, ms: never longer than until somebody is called.
fn probably_ms(policy: &Policy) -> u64 {
    match u64::from(policy.rack_left_after_s) * 1_000 {
        0 => PROBABLY_MS,
        left_ms => left_ms.min(PROBABLY_MS),
    }
}

/// Gone for good or for now by the book, and worth a question when it answers.
pub(super) fn is_gone(standing: Standing) -> bool {
    matches!(standing, Standing::Missing | Standing::InTransit | Standing::NotHere | Standing::LeftService)
}

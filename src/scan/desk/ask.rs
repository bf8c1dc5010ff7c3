//! When a request leaves the desk, and what it says.

use std::collections::VecDeque;

use super::pending::Pending;
use super::{Act, Book, Desk, Reading, Waiting};
use crate::domain::book::standto;
use crate::domain::{
    Bearer, Chip, Custody, Item, Mode, PersonId, Purpose, Reason, Request, Road, Standing, WeaponId,
};
use crate::scan::view::Key;

/// How long a weapon coming back waits for the badge of whoever brings it, at most, ms. A return needs no badge; this
/// only lets one laid down together with the weapon be read.
pub const RETURN_WAIT_MS: u64 = 1_500;

/// How long a tag and a mark of different weapons lie there before they count as a contradiction, ms: with several
/// weapons on the desk the partner of each may simply not have been read yet.
pub const PAIR_WAIT_MS: u64 = 1_500;

/// Weapons that come into view within this time of the last answer lie in one pile with the weapon answered, ms:
/// longer than the tags of a pile take to be confirmed one after the other, shorter than the next soldier takes to
/// step up.
const PILE_MS: u64 = 400;

/// A badge heard this shortly before a weapon came into view, or since, lies there with it, ms. A badge that is there
/// is heard many times a second; one taken away stays *in view* for seconds, until its silence is long enough.
const STILL_MS: u64 = 200;

/// How long a weapon laid down after an answer waits for a newer badge than the answered one that is heard no more,
/// ms: it may be the next soldier's, whose badge is read a moment later.
const NEWER_BADGE_WAIT_MS: u64 = 1_500;

/// Most weapons that wait at once. More lie on no counter; beyond it the oldest is answered as it is.
const WAITING_MAX: usize = 64;

impl Desk {
    /// Requests for everything that waits, whatever is still missing.
    pub fn answer_all(&mut self, book: Book<'_>, now_ms: u64) -> Vec<Act> {
        let pending = std::mem::take(&mut self.pending);
        pending.into_iter().map(|pending| self.answer(book, pending, now_ms)).collect()
    }

    /// What the desk waits for, and how long still, ms.
    pub fn waiting(&self, book: Book<'_>, now_ms: u64) -> Option<(Waiting, u64)> {
        let Some(pending) = self.pending.front() else {
            let bearer = self.session.bearer(now_ms);
            let left_ms = self.session.left_ms(now_ms);
            return bearer.person().map(|person| (Waiting::Weapon(person.clone()), left_ms));
        };
        let left_ms = self.settings.window_ms.saturating_sub(pending.waited_ms(now_ms));
        let weapon = pending.weapon.clone();
        let policy = &book.armoury.policy;
        let waiting = match self.bearer_of(pending, now_ms) {
            Bearer::None => Waiting::Badge(weapon),
            Bearer::Several => Waiting::OneBadge(weapon),
            Bearer::Known(_) if policy.two_readings && !pending.seen.by_mark => Waiting::Mark(weapon),
            Bearer::Known(_) if policy.two_readings && !pending.seen.by_tag => Waiting::Tag(weapon),
            Bearer::Known(_) if self.may_be_the_next_soldiers(book, pending) => Waiting::Badge(weapon),
            Bearer::Known(_) => Waiting::Witness(weapon),
        };
        Some((waiting, left_ms))
    }

    /// Requests for everything about which enough is known, or which has waited long enough.
    pub(super) fn ask(&mut self, book: Book<'_>, now_ms: u64) -> Vec<Act> {
        self.bind(book, now_ms);
        self.pair(book, now_ms);
        let mut acts = Vec::new();
        let mut over = self.pending.len().saturating_sub(WAITING_MAX);
        let lone = [true, false].map(|tag| self.pending.iter().any(|pending| pending.is_lone(tag)));
        let torn = lone == [true, true];
        let mut still = VecDeque::new();
        for pending in std::mem::take(&mut self.pending) {
            if over > 0 || self.is_ripe(book, &pending, torn, now_ms) {
                over = over.saturating_sub(1);
                acts.push(self.answer(book, pending, now_ms));
            } else {
                still.push_back(pending);
            }
        }
        self.pending = still;
        acts
    }

    /// The request about something that waits for nothing. Of a badge nobody knows the owner is not whoever stood there
    /// before.
    pub(super) fn request(&self, item: Item, reading: Reading, now_ms: u64) -> Request {
        let stranger = item == Item::UnknownBadge;
        let mut evidence = vec![reading.evidence];
        if !stranger {
            evidence.extend(self.session.evidence(now_ms).cloned());
        }
        Request {
            item,
            bearer: if stranger { Bearer::None } else { self.session.bearer(now_ms) },
            witness: if stranger { None } else { self.session.witness(now_ms) },
            mode: self.mode,
            read_point: Some(reading.read_point),
            evidence,
            too_soon: false,
            purpose: self.purpose(now_ms),
            by: None,
        }
    }

    /// Who stands there when a weapon is shown is the one who shows it.
    fn bind(&mut self, book: Book<'_>, now_ms: u64) {
        let Bearer::Known(bearer) = self.session.bearer(now_ms) else { return };
        let mut pending = std::mem::take(&mut self.pending);
        for pending in pending.iter_mut().filter(|pending| pending.bearer.is_none()) {
            if !self.may_be_the_next_soldiers(book, pending) {
                pending.bearer = Some(bearer.clone());
            }
        }
        self.pending = pending;
    }

    /// Where two readings are asked for: one weapon by its tag only and another by its mark only, left over for a
    /// while, contradict each other.
    fn pair(&mut self, book: Book<'_>, now_ms: u64) {
        if !book.armoury.policy.two_readings {
            return;
        }
        let alone = |tag: bool| {
            let mut found = self.pending.iter().enumerate().filter(|(_, pending)| pending.is_lone(tag));
            found.next().filter(|_| found.next().is_none()).map(|(place, pending)| (place, pending.since_ms))
        };
        let (Some((tag, tag_ms)), Some((mark, mark_ms))) = (alone(true), alone(false)) else { return };
        if now_ms.saturating_sub(tag_ms.max(mark_ms)) < PAIR_WAIT_MS {
            return;
        }
        let Some(marked) = self.pending.remove(mark) else { return };
        self.weapons.spend(&marked.weapon);
        let tag = if mark < tag { tag - 1 } else { tag };
        if let Some(tagged) = self.pending.get_mut(tag) {
            tagged.evidence.extend(marked.evidence);
            tagged.contradicts = Some(marked.weapon);
        }
    }

    /// Whether a request can leave now. `torn`: a lone tag and a lone mark lie there and may contradict each other.
    fn is_ripe(&self, book: Book<'_>, pending: &Pending, torn: bool, now_ms: u64) -> bool {
        let Some(holding) = book.armoury.weapon(&pending.weapon) else { return true };
        let waited_ms = pending.waited_ms(now_ms);
        let window_ms = self.settings.window_ms;
        let policy = &book.armoury.policy;
        let asks = |rule: bool, reason| rule && !standto::excuses(book.armoury, reason);
        if pending.contradicts.is_some() || waited_ms >= window_ms {
            return true;
        }
        if policy.two_readings && torn && !pending.read_both() && waited_ms < 2 * PAIR_WAIT_MS {
            return false;
        }
        let read_enough = !asks(policy.two_readings, Reason::OneReading) || pending.read_both();
        let bearer = self.bearer_of(pending, now_ms);
        if let (Custody::Out { to, .. }, Mode::Auto | Mode::Return) = (&holding.custody, self.mode) {
            let known =
                bearer.person().is_some_and(|bearer| self.brings(book, bearer, to, pending)) && read_enough;
            return known || waited_ms >= RETURN_WAIT_MS.min(window_ms);
        }
        let hopeless = holding.custody != Custody::In
            || self.mode == Mode::Return
            || holding.standing != Standing::InService
            || pending.seen.chip != Chip::Unopposed
            || pending.seen.between_places
            || self.too_soon(&pending.weapon, now_ms);
        // In a stand-to nobody is waited for longer than a badge laid down with the weapon takes to be read (I-7).
        let listed = book.armoury.rooms.standto.running.is_some()
            && policy.stand_to_without_badge
            && bearer == Bearer::None
            && waited_ms >= RETURN_WAIT_MS;
        let complete = (bearer.person().is_some() || listed)
            && read_enough
            && (!asks(policy.witness_for_issue, Reason::NoWitness) || self.session.witness(now_ms).is_some())
            && (!self.may_be_the_next_soldiers(book, pending) || waited_ms >= NEWER_BADGE_WAIT_MS);
        hopeless || complete
    }

    /// Whether it is plain that `bearer` brings a weapon that `holder` has drawn.
    fn brings(&self, book: Book<'_>, bearer: &PersonId, holder: &PersonId, pending: &Pending) -> bool {
        bearer == holder || !self.may_be_the_next_soldiers(book, pending)
    }

    /// Whether the weapon was laid down after the bearer's last answer, and the bearer's badge has not been heard
    /// beside it: then it may be another person's.
    fn may_be_the_next_soldiers(&self, book: Book<'_>, pending: &Pending) -> bool {
        let after = |answered_ms: u64| pending.since_ms > answered_ms.saturating_add(PILE_MS);
        if !self.session.answered_ms().is_some_and(after) {
            return false;
        }
        let heard_ms = |badge: &Key| match badge {
            Key::Tag(tag) => book.presence.last_heard_ms(tag),
            Key::Mark(mark) => self.codes.get(mark).map(|code| code.seen_ms),
        };
        let last_ms = self.session.bearers_badges().filter_map(heard_ms).max();
        last_ms.is_none_or(|last_ms| last_ms.saturating_add(STILL_MS) < pending.since_ms)
    }

    /// Whose weapon it is: who stands there now, unless somebody else stood there with it before. Whoever stepped
    /// aside as the second person was the first of two badges, not another bearer.
    fn bearer_of(&self, pending: &Pending, now_ms: u64) -> Bearer {
        match (self.session.bearer(now_ms), &pending.bearer) {
            (Bearer::Known(now), Some(before))
                if now != *before && self.session.witness(now_ms).as_ref() != Some(before) =>
            {
                Bearer::Several
            }
            (bearer, _) => bearer,
        }
    }

    /// What for, as chosen for the next draws.
    fn purpose(&self, now_ms: u64) -> Purpose {
        self.counter.purpose(now_ms)
    }

    fn too_soon(&self, weapon: &WeaponId, now_ms: u64) -> bool {
        let dead_time_ms = self.settings.dead_time_ms;
        self.moved_ms.get(weapon).is_some_and(|at_ms| now_ms.saturating_sub(*at_ms) < dead_time_ms)
    }

    fn answer(&mut self, book: Book<'_>, pending: Pending, now_ms: u64) -> Act {
        self.weapons.spend(&pending.weapon);
        let mut evidence = pending.evidence.clone();
        // A reader that was gone while the weapon waited may have missed what would have changed the answer.
        for heard in evidence.iter_mut().filter(|evidence| evidence.road == Road::Tag) {
            let Some(place) = &heard.read_point else { continue };
            let gap_ms = book.presence.gap_ms(place, pending.since_ms, now_ms);
            heard.gap_ms = heard.gap_ms.max((gap_ms > 0).then_some(gap_ms));
        }
        evidence.extend(self.session.evidence(now_ms).cloned());
        Act::Decide(Box::new(Request {
            item: pending.item(),
            bearer: self.bearer_of(&pending, now_ms),
            witness: self.session.witness(now_ms),
            mode: self.mode,
            too_soon: self.too_soon(&pending.weapon, now_ms),
            read_point: Some(pending.read_point),
            evidence,
            purpose: self.purpose(now_ms),
            by: None,
        }))
    }
}

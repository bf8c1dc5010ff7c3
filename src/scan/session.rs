//! Who stands at the desk: the bearer, and the second person.

use super::subject::Book;
use super::view::Key;
use crate::domain::book::person::could_witness;
use crate::domain::{Bearer, Evidence, PersonId};

/// How long a badge that lies in view still counts after its bearer was answered, at most, ms: time for the next of
/// several weapons. A badge forgotten there must not draw for the whole queue.
const LYING_AFTER_MS: u64 = 10_000;

/// The same for a badge that is no longer in view, ms: whoever was answered is about to walk away.
const AWAY_AFTER_MS: u64 = 5_000;

/// Whose badges were shown.
#[derive(Debug)]
pub(super) struct Session {
    window_ms: u64,
    bearer: Option<Shown>,
    witness: Option<Shown>,
    lying: Vec<Lying>,
}

/// A badge as it was shown.
#[derive(Debug, Clone)]
struct Shown {
    person: PersonId,
    may_witness: bool,
    /// Counts so long, also when it is out of view.
    until_ms: u64,
    /// When its bearer was answered last.
    answered_ms: Option<u64>,
    evidence: Evidence,
}

/// A badge in view now.
#[derive(Debug)]
struct Lying {
    key: Key,
    person: PersonId,
    may_witness: bool,
    /// Its owner counts as the bearer so long while it lies there.
    until_ms: u64,
}

impl Session {
    pub(super) fn new(window_ms: u64) -> Self {
        Self { window_ms, bearer: None, witness: None, lying: Vec::new() }
    }

    /// A badge came into view.
    ///
    /// The newest badge is the bearer's, so that a queue moves on. Somebody who may witness stands beside another
    /// bearer as the second person instead of taking their place. An armourer's badge lies at the desk all day: it
    /// draws only while it is freshly shown, and witnesses as long as it lies there.
    pub(super) fn show(
        &mut self,
        book: Book<'_>,
        person: &PersonId,
        key: Key,
        evidence: Evidence,
        now_ms: u64,
    ) {
        let may_witness = could_witness(book.armoury, person);
        let until_ms = now_ms.saturating_add(self.window_ms);
        let shown = Shown { person: person.clone(), may_witness, until_ms, answered_ms: None, evidence };
        match self.bearer.take() {
            Some(bearer) if bearer.person != shown.person => self.displace(bearer, shown, now_ms),
            _ => self.bearer = Some(shown),
        }
        self.lying.retain(|lying| lying.key != key);
        let until_ms = if may_witness { until_ms } else { u64::MAX };
        self.lying.push(Lying { key, person: person.clone(), may_witness, until_ms });
    }

    /// Whether this person stands there, or stood there last.
    pub(super) fn knows(&self, person: &PersonId) -> bool {
        self.bearer.iter().chain(&self.witness).any(|shown| shown.person == *person)
            || self.lying.iter().any(|lying| lying.person == *person)
    }

    /// A badge that lies there was out of earshot for a moment. It goes on vouching as it did, and is not fresh.
    pub(super) fn lies_again(&mut self, book: Book<'_>, person: &PersonId, key: Key) {
        let may_witness = could_witness(book.armoury, person);
        self.lying.retain(|lying| lying.key != key);
        self.lying.push(Lying { key, person: person.clone(), may_witness, until_ms: 0 });
    }

    /// Another person's badge than the bearer's was shown.
    fn displace(&mut self, bearer: Shown, shown: Shown, now_ms: u64) {
        let walked_away = bearer.answered_ms.is_some() && !self.lies(&bearer.person);
        if shown.may_witness && !walked_away && self.bears(&bearer, now_ms) {
            self.bearer = Some(bearer);
            self.witness = Some(shown);
            return;
        }
        if bearer.may_witness && self.witnesses(&bearer, now_ms) {
            self.witness = Some(bearer);
        }
        self.bearer = Some(shown);
    }

    /// A badge that is not in the book was shown: somebody else stands there now, so nothing more goes out on the
    /// badge of whoever stood there before. Who has a good badge lying there besides keeps it.
    pub(super) fn stranger(&mut self) {
        let stays =
            self.bearer.take().filter(|bearer| bearer.answered_ms.is_none() && self.lies(&bearer.person));
        self.bearer = stays;
    }

    /// A badge went out of view.
    pub(super) fn left(&mut self, key: &Key, now_ms: u64) {
        let Some(place) = self.lying.iter().position(|lying| lying.key == *key) else { return };
        let until_ms = now_ms.saturating_add(self.window_ms);
        let bore = self.bearer.as_ref().is_some_and(|bearer| self.bears(bearer, now_ms));
        let person = self.lying.remove(place).person;
        // Whoever was answered gets no new window by taking the badge away, nor does one that had stopped counting.
        if let Some(bearer) = &mut self.bearer
            && (bore && bearer.person == person && bearer.answered_ms.is_none())
        {
            bearer.until_ms = until_ms;
        }
        if let Some(witness) = &mut self.witness
            && (witness.person == person && witness.answered_ms.is_none())
        {
            witness.until_ms = until_ms;
        }
    }

    /// Whoever stands there was given an answer about a weapon; from now on they may be about to leave.
    pub(super) fn answered(&mut self, now_ms: u64) {
        let away_ms = now_ms.saturating_add(self.window_ms.min(AWAY_AFTER_MS));
        // Whoever stopped counting long ago is not called back by an answer to somebody else.
        let bears = self.bearer.as_ref().is_some_and(|bearer| self.bears(bearer, now_ms));
        let witnesses = self.witness.as_ref().is_some_and(|witness| self.witnesses(witness, now_ms));
        let bearer = self.bearer.as_mut().filter(|_| bears);
        let witness = self.witness.as_mut().filter(|_| witnesses);
        for shown in bearer.into_iter().chain(witness) {
            shown.until_ms = away_ms;
            shown.answered_ms = Some(now_ms);
        }
        if !bears {
            return;
        }
        let Some(bearer) = &self.bearer else { return };
        let lying_ms = now_ms.saturating_add(self.window_ms.min(LYING_AFTER_MS));
        for lying in self.lying.iter_mut().filter(|lying| lying.person == bearer.person) {
            lying.until_ms = lying_ms;
        }
    }

    /// Whose weapon it is that is shown now.
    pub(super) fn bearer(&self, now_ms: u64) -> Bearer {
        let Some(bearer) = self.bearer.as_ref().filter(|bearer| self.bears(bearer, now_ms)) else {
            return Bearer::None;
        };
        let another = self
            .lying
            .iter()
            .any(|lying| lying.person != bearer.person && !lying.may_witness && now_ms < lying.until_ms);
        if another { Bearer::Several } else { Bearer::Known(bearer.person.clone()) }
    }

    /// When the bearer was answered: from then on they may walk away.
    pub(super) fn answered_ms(&self) -> Option<u64> {
        self.bearer.as_ref()?.answered_ms
    }

    /// The bearer's badges that have not left the view.
    pub(super) fn bearers_badges(&self) -> impl Iterator<Item = &Key> {
        let bearer = self.bearer.as_ref().map(|bearer| &bearer.person);
        self.lying.iter().filter(move |lying| Some(&lying.person) == bearer).map(|lying| &lying.key)
    }

    /// The second person, if one stands there: never the bearer.
    pub(super) fn witness(&self, now_ms: u64) -> Option<PersonId> {
        self.second(now_ms).map(|witness| witness.person.clone())
    }

    /// How the bearer and the witness were identified.
    pub(super) fn evidence(&self, now_ms: u64) -> impl Iterator<Item = &Evidence> {
        let bearer = self.bearer.as_ref().filter(|bearer| self.bears(bearer, now_ms));
        bearer.into_iter().chain(self.second(now_ms)).map(|shown| &shown.evidence)
    }

    /// Forgets everybody; badges still in view count again once they left it.
    pub(super) fn forget(&mut self) {
        self.bearer = None;
        self.witness = None;
        self.lying.clear();
    }

    /// How long the bearer still counts, ms, if nothing more happens.
    pub(super) fn left_ms(&self, now_ms: u64) -> u64 {
        let Some(bearer) = &self.bearer else { return 0 };
        let lying = self.lying.iter().filter(|lying| lying.person == bearer.person);
        let until_ms = lying.map(|lying| lying.until_ms).max().unwrap_or(0).max(bearer.until_ms);
        until_ms.saturating_sub(now_ms).min(self.window_ms)
    }

    fn second(&self, now_ms: u64) -> Option<&Shown> {
        let witness = self.witness.as_ref().filter(|witness| self.witnesses(witness, now_ms))?;
        let same = self.bearer.as_ref().is_some_and(|bearer| bearer.person == witness.person);
        (!same).then_some(witness)
    }

    fn bears(&self, shown: &Shown, now_ms: u64) -> bool {
        now_ms < shown.until_ms
            || self.lying.iter().any(|lying| lying.person == shown.person && now_ms < lying.until_ms)
    }

    fn witnesses(&self, shown: &Shown, now_ms: u64) -> bool {
        now_ms < shown.until_ms || self.lies(&shown.person)
    }

    fn lies(&self, person: &PersonId) -> bool {
        self.lying.iter().any(|lying| lying.person == *person)
    }
}

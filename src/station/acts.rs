//! Acts of the book: who signs them, and what time brings about.

use std::collections::HashSet;

use serde_json::Value;
use uuid::Uuid;

use super::clock::Before;
use super::keeper::{Caller, Keeper};
use super::store::Health;
use crate::domain::book::{
    self, Act, Asked, Booked, By, Context, Denied, Fact, Origin, Sign, access, clock, person,
};
use crate::domain::{Event, Moment, Practice};
use crate::ledger::Draft;

/// Longest act that an entry keeps in full, bytes; of a longer one only the facts are kept, and the decision on it
/// cannot be made again.
const ACT_MAX_BYTES: usize = 16 * 1024;

/// What is said where the system's clock did not follow.
const SYSTEM_CLOCK_STAYS: &str = "the system's own clock stays as it is: this user may not set it (CAP_SYS_TIME), or this is an exercise; the station goes by the time given until the system starts anew";

impl Keeper {
    /// Carries out one act: signed, decided, entered.
    pub(super) fn act(
        &mut self,
        command: Option<Uuid>,
        caller: Caller,
        act: &Act,
        sign: &Sign,
        at: Moment,
    ) -> Result<Value, String> {
        self.no_badge(act)?;
        self.enter_misses(caller, sign, at)?;
        let by = self.signed(caller, act, sign, at).map_err(|denied| denied.0)?;
        self.act_by(command, &by, act, at)
    }

    /// Carries out one act on the word of somebody who is known: decided, entered.
    pub(super) fn act_by(
        &mut self,
        command: Option<Uuid>,
        by: &By,
        act: &Act,
        at: Moment,
    ) -> Result<Value, String> {
        let (act, record) = self.keep_apart(act.clone())?;
        let head = self.store.ledger().head().1.0;
        let context = Context { armoury: &self.armoury, by, now: at, head };
        let facts = book::plan(context, &act).map_err(|denied| denied.0)?;
        let leaves = |fact: &Fact| matches!(fact, Fact::Loan(book::loan::Fact::Granted { .. }));
        if self.store.health == Health::Full && facts.iter().any(leaves) {
            return Err("let it leave: the disk is full; what comes back still fits".into());
        }
        let (act, facts, clock_before) = self.set_clock(act, facts);
        let refused = access::turned_away(&act, &facts);
        let mut drafts = act_drafts(by, facts, act);
        if let (Some(draft), Some(record)) = (drafts.first_mut(), &record) {
            draft.person = Some(record.row.clone());
        }
        let outcome = self.enter(command, drafts, at);
        if let (Err(_), Some(clock), Some(before)) = (&outcome, &self.clock, clock_before) {
            clock.put_back(before);
        }
        let mut outcome = outcome?;
        if clock_before.is_some_and(|before| !before.moved_system()) {
            outcome["note"] = Value::from(SYSTEM_CLOCK_STAYS);
        }
        if let Some(record) = record {
            self.roster.keep(record.person, record.kept);
        }
        self.draw_samples(at);
        refused.map_or(Ok(outcome), Err)
    }

    /// Enters what has fallen due since the last look.
    ///
    /// # Errors
    /// It could not be written; it is still due.
    pub(super) fn enter_due(&mut self, at: Moment) -> Result<(), String> {
        self.draw_samples(at);
        let facts = book::due(&self.armoury, at);
        self.enter_by_itself(facts, at)
    }

    /// Enters what the station found out by itself.
    ///
    /// # Errors
    /// It could not be written.
    pub(super) fn enter_by_itself(&mut self, facts: Vec<Fact>, at: Moment) -> Result<(), String> {
        if facts.is_empty() {
            return Ok(());
        }
        let by = By::station();
        let due = facts.into_iter().map(|fact| booked(&by, fact, Origin::Due)).collect();
        self.enter(None, due, at).map(drop)
    }

    /// On whose word.
    pub(super) fn signed(&self, caller: Caller, act: &Act, sign: &Sign, at: Moment) -> Result<By, Denied> {
        book::sign(&self.armoury, act, sign, (caller.role, caller.user), at)
    }

    /// Sets the clock, where that is what was asked for; whether the system's follows goes into act and fact. A practice
    /// never moves the clock of the machine it runs on.
    fn set_clock(&self, mut act: Act, mut facts: Vec<Fact>) -> (Act, Vec<Fact>, Option<Before>) {
        let (Act::Clock(clock::Act::Set { wall_ms, system }), [Fact::Clock(fact)]) =
            (&mut act, &mut facts[..])
        else {
            return (act, facts, None);
        };
        let live = self.armoury.practice == Some(Practice::Live);
        let before = self.clock.as_ref().map(|clock| clock.set(*wall_ms, live));
        let clock::Fact::Set { system: told, .. } = fact;
        *system = before.is_some_and(Before::moved_system);
        *told = *system;
        (act, facts, before)
    }

    /// A wrong PIN is an entry, whatever becomes of the act.
    pub(super) fn enter_misses(&mut self, caller: Caller, sign: &Sign, at: Moment) -> Result<(), String> {
        let by = By { user: caller.user, ..By::station() };
        let tried = [(&sign.person, sign.pin_is), (&sign.witness, sign.witness_pin_is)];
        for (person, check) in tried.into_iter().filter_map(|(person, check)| Some((person.as_ref()?, check)))
        {
            if let Some(fact) = person::misses_to_enter(&self.armoury, person, check, at) {
                self.enter(None, drafts(&by, vec![fact]), at)?;
            }
        }
        Ok(())
    }
}

/// What was noted and nobody decided on, a draft each.
pub(super) fn drafts(by: &By, facts: Vec<Fact>) -> Vec<Draft> {
    facts.into_iter().map(|fact| booked(by, fact, Origin::Noted)).collect()
}

/// The facts of an act; the first one holds what was asked.
fn act_drafts(by: &By, facts: Vec<Fact>, act: Act) -> Vec<Draft> {
    let act = can_be_kept(&act, &facts).then_some(act);
    let count = u32::try_from(facts.len()).unwrap_or(u32::MAX);
    let mut first = Some(Origin::Asked(Box::new(Asked { act, facts: count })));
    facts.into_iter().map(|fact| booked(by, fact, first.take().unwrap_or(Origin::Follows))).collect()
}

/// Whether an entry may hold the act. Names never enter the chain: a text that an act says and its facts do not may be
/// one, and an act that is too long does not fit beside them.
fn can_be_kept(act: &Act, facts: &[Fact]) -> bool {
    let (Ok(act), Ok(facts)) = (serde_json::to_value(act), serde_json::to_value(facts)) else { return false };
    let mut said = HashSet::new();
    texts(&facts, &mut said);
    let mut asked = HashSet::new();
    texts(&act, &mut asked);
    act.to_string().len() <= ACT_MAX_BYTES
        && asked.into_iter().all(|text| said.contains(text) || is_word(text))
}

/// Every text among the values.
fn texts<'v>(value: &'v Value, into: &mut HashSet<&'v str>) {
    match value {
        Value::String(text) => drop(into.insert(text)),
        Value::Array(values) => values.iter().for_each(|value| texts(value, into)),
        Value::Object(fields) => fields.values().for_each(|value| texts(value, into)),
        _ => {}
    }
}

/// A word of this program, like the kind of a count, or a day: no name is written like that.
fn is_word(text: &str) -> bool {
    let is_plain = |byte: u8| byte.is_ascii_lowercase() || byte == b'_';
    text.len() <= 24 && (text.bytes().all(is_plain) || text.parse::<jiff::civil::Date>().is_ok())
}

fn booked(by: &By, fact: Fact, origin: Origin) -> Draft {
    Event::Book(Box::new(Booked { by: by.clone(), fact, origin })).into()
}

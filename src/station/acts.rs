//! Acts of the book: who signs them, and what time brings about.

use serde_json::Value;
use uuid::Uuid;

use super::keeper::{Caller, Keeper};
use super::store::Health;
use crate::domain::book::{self, Act, Booked, By, Context, Denied, Fact, Proof, Sign};
use crate::domain::{Event, Moment, PersonId, Role};
use crate::ledger::Draft;

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
        let head = self.store.ledger().head().1.0;
        let context = Context { armoury: &self.armoury, by, now: at, head };
        let facts = book::plan(context, act).map_err(|denied| denied.0)?;
        let leaves = |fact: &Fact| matches!(fact, Fact::Loan(book::loan::Fact::Granted { .. }));
        if self.store.health == Health::Full && facts.iter().any(leaves) {
            return Err("let it leave: the disk is full; what comes back still fits".into());
        }
        let done = self.enter(command, drafts(by, facts), at)?;
        self.draw_samples(at);
        Ok(done)
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
        self.enter(None, drafts(&By::station(), facts), at).map(drop)
    }

    /// On whose word: a person of the book in a role they hold, else the system's user in theirs.
    pub(super) fn signed(&self, caller: Caller, act: &Act, sign: &Sign, at: Moment) -> Result<By, Denied> {
        let allowed = act.allowed();
        let role = match &sign.person {
            Some(person) => book::hold(&self.armoury, person, allowed, at)?,
            None => {
                caller.role.filter(|role| allowed.contains(role)).ok_or_else(|| by_role(caller, allowed))?
            }
        };
        let witness = sign.witness.as_ref().map(|witness| self.second(witness, sign, at)).transpose()?;
        Ok(By {
            role: Some(role),
            person: sign.person.clone(),
            proof: Proof::Said,
            witness,
            witness_proof: Proof::Said,
            authority: sign.authority.clone(),
            user: caller.user,
        })
    }

    /// The second person: somebody else, of a role that may stand there.
    fn second(&self, witness: &PersonId, sign: &Sign, at: Moment) -> Result<PersonId, Denied> {
        if sign.person.as_ref() == Some(witness) {
            return Denied::because(format!("take {witness} as a witness: it is the same person"));
        }
        let may: Vec<Role> = Role::ALL.into_iter().filter(|role| role.may_witness()).collect();
        book::hold(&self.armoury, witness, &may, at).map(|_| witness.clone())
    }
}

fn by_role(caller: Caller, allowed: &[Role]) -> Denied {
    let takes: Vec<&str> = allowed.iter().map(|role| role.word()).collect();
    let takes = takes.join(" or ");
    Denied(match caller.role {
        Some(role) => format!("do that as {}: it takes {takes}; name a person with --by", role.word()),
        None => format!("do that: this user has no role here; it takes {takes}"),
    })
}

/// Facts on one word, to be entered.
pub(super) fn drafts(by: &By, facts: Vec<Fact>) -> Vec<Draft> {
    let booked = |fact| Event::Book(Box::new(Booked { by: by.clone(), fact }));
    facts.into_iter().map(|fact| booked(fact).into()).collect()
}

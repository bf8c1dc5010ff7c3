//! Old decisions made again: on the state before it, with the request that led to it, every decision must come out as
//! it did. National practice is a policy whose changes are entries, so nothing else is needed (armoury-practice, head
//! of the page).

use std::collections::VecDeque;

use super::armoury::Armoury;
use super::book::{self, Act, Booked, By, Context, Denied, Fact, Origin, PinCheck, Proof, Sign};
use super::decide::{Request, decide};
use super::event::{DeskEvent, Event};
use super::moment::Moment;

/// How a decision came out the second time.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Outcome {
    /// As it did.
    Same,
    /// Otherwise.
    Different {
        /// What was entered.
        then: String,
        /// What would be now.
        now: String,
    },
    /// The entry does not hold what was asked.
    Unknown,
}

/// Goes along a ledger.
#[derive(Debug, Default)]
pub struct Rerun {
    /// Facts that must follow: of the act, or of what had fallen due.
    follows: VecDeque<Fact>,
    /// When the facts were due that follow; none where they are an act's.
    due_at: Option<Moment>,
}

impl Rerun {
    /// Makes the decision behind an entry again. `before`: the book as it was; `head`: the hash of the entry before.
    /// None where the entry is no decision.
    pub fn step(&mut self, before: &Armoury, head: [u8; 32], at: Moment, event: &Event) -> Option<Outcome> {
        let Event::Book(booked) = event else {
            self.follows.clear();
            self.due_at = None;
            let Event::Desk(desk) = event else { return None };
            return Some(at_the_desk(before, at, desk));
        };
        match &booked.origin {
            Origin::Noted => None,
            Origin::Follows => Some(self.next(&booked.fact)),
            Origin::Due => {
                if self.due_at != Some(at) {
                    self.follows = book::due(before, at).into();
                    self.due_at = Some(at);
                }
                Some(self.next(&booked.fact))
            }
            Origin::Asked(asked) => {
                self.due_at = None;
                self.follows.clear();
                let Some(act) = &asked.act else { return Some(Outcome::Unknown) };
                Some(match plan(before, head, at, booked, act) {
                    Ok(facts) if facts.len() as u64 != u64::from(asked.facts) => Outcome::Different {
                        then: format!("{} facts", asked.facts),
                        now: format!("{} facts", facts.len()),
                    },
                    Ok(facts) => {
                        self.follows = facts.into();
                        self.next(&booked.fact)
                    }
                    Err(Denied(why)) => {
                        Outcome::Different { then: booked.fact.line(), now: format!("refused: {why}") }
                    }
                })
            }
        }
    }

    fn next(&mut self, entered: &Fact) -> Outcome {
        match self.follows.pop_front() {
            Some(fact) if fact == *entered => Outcome::Same,
            Some(fact) => Outcome::Different { then: words(entered), now: words(&fact) },
            None => Outcome::Unknown,
        }
    }
}

/// The decision at the desk.
fn at_the_desk(before: &Armoury, at: Moment, entered: &DeskEvent) -> Outcome {
    let Some(request) = Request::of(entered) else { return Outcome::Unknown };
    let again = decide(before, &request, at).event;
    if again == *entered {
        return Outcome::Same;
    }
    let words = |event: &DeskEvent| {
        let reason = event.reason.map(|reason| format!(" {}", reason.word())).unwrap_or_default();
        let person = event.person.as_ref().map(|person| format!(" {person}")).unwrap_or_default();
        let due =
            event.due_wall_ms.map(|due| format!(" due {}", super::moment::rfc3339(due))).unwrap_or_default();
        format!("{}{reason}{person}{due}", event.kind.word())
    };
    Outcome::Different { then: words(entered), now: words(&again) }
}

/// The decision on an act, with the signature as far as the entry tells of it: how a PIN came out is in it, what was
/// typed is not.
fn plan(
    before: &Armoury,
    head: [u8; 32],
    at: Moment,
    booked: &Booked,
    act: &Act,
) -> Result<Vec<Fact>, Denied> {
    let context = Context { armoury: before, by: &booked.by, now: at, head };
    let By { role, person, proof, witness, witness_proof, authority, user } = booked.by.clone();
    // Whose badge was shown at the desk, and what the station did by itself, was not signed for.
    if role.is_none() || proof == Proof::Badge || witness_proof == Proof::Badge {
        return book::plan(context, act);
    }
    let checked = |proof| if proof == Proof::Pin { PinCheck::Right } else { PinCheck::NotGiven };
    let (pin_is, witness_pin_is) = (checked(proof), checked(witness_proof));
    let sign = Sign { person, witness, authority, pin_is, witness_pin_is, ..Sign::default() };
    let by = book::sign(before, act, &sign, (role, user), at)?;
    if by.role != role {
        let now = by.role.map_or("nobody", |role| role.word());
        return Denied::because(format!("they would sign as {now}"));
    }
    book::plan(context, act)
}

fn words(fact: &Fact) -> String {
    format!("{} {}", fact.word(), fact.line())
}

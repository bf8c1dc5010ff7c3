//! Commissioning: the next unknown thing that is shown goes to whoever asked for it, to be bound to a weapon or a
//! person. Meanwhile it is not refused; what is not taken in the end is entered as any unknown thing is.

use serde_json::{Value, json};
use tokio::sync::oneshot;
use uuid::Uuid;

use super::acts::drafts;
use super::clerk::Clerk;
use super::keeper::{Caller, Keeper};
use super::protocol::{Ask, Outcome};
use crate::domain::book::{Act, By, Fact, intake, weapon};
use crate::domain::{Identifier, Moment, Weapon};
use crate::identity::epc::hex;
use crate::identity::{MarkId, TagId};
use crate::scan::desk::{Shown, Thing, Wanted};

/// Longest time somebody may wait for a thing to be shown, s; an ask is answered within a minute.
pub const SECONDS_MAX: u32 = 50;

/// How long it is waited whether a second thing appears beside the first, ms: tags of one pile are confirmed one
/// after the other.
const SETTLE_MS: u64 = 1_000;

/// Somebody waits for a thing to be shown.
#[derive(Debug)]
pub struct Showing {
    reply: Option<oneshot::Sender<Outcome>>,
    command: Option<Uuid>,
    caller: Caller,
    deadline_ms: u64,
}

impl Clerk {
    /// Begins to wait; the answer comes when something was shown, or nothing was for that time.
    pub(super) fn begin_showing(
        &mut self,
        what: Ask,
        (caller, command): (Caller, Option<Uuid>),
        reply: Option<oneshot::Sender<Outcome>>,
        at: Moment,
    ) {
        let Ask::NextShown { tags, marks, read_point, seconds } = what else { return };
        let refused = if self.showing.is_some() {
            Some(
                "wait for a thing to be shown: somebody else waits for one; ask again in a moment".to_owned(),
            )
        } else if !(1..=SECONDS_MAX).contains(&seconds) || !(tags || marks) {
            Some(format!("wait for a thing to be shown: say a tag or a mark, and 1 to {SECONDS_MAX} seconds"))
        } else {
            None
        };
        if let Some(why) = refused {
            return super::asks::answer(reply, Err(why));
        }
        let kind = if tags { "tag" } else { "mark" };
        self.board.notice(&format!("Show the {kind} that is to be bound, alone."), at);
        self.desks.want(&Wanted { tags, marks, read_point });
        let deadline_ms = at.mono_ms.saturating_add(u64::from(seconds) * 1_000);
        self.showing = Some(Showing { reply, command, caller, deadline_ms });
    }

    /// Whether it is time to answer.
    pub(super) fn look_at_showing(&mut self, at: Moment) {
        let Some(showing) = &self.showing else { return };
        let (shown, first_ms) = self.desks.laid_aside();
        let settled = first_ms.is_some_and(|first_ms| at.mono_ms.saturating_sub(first_ms) >= SETTLE_MS);
        if settled || at.mono_ms >= showing.deadline_ms {
            let one = match shown[..] {
                [one] => Ok(one.clone()),
                [] => Err("take what was shown: nothing unknown was; take it away, wait, and show it again"
                    .to_owned()),
                _ => Err(format!(
                    "take what was shown: {} unknown things lie there; show one alone",
                    shown.len()
                )),
            };
            self.end_showing(one, at);
        }
    }

    /// The station ends: what lies aside gets its entry.
    pub(super) fn break_showing(&mut self, at: Moment) {
        if self.showing.is_some() {
            self.end_showing(Err("take what was shown: the station is ending".to_owned()), at);
        }
    }

    fn end_showing(&mut self, shown: Result<Shown, String>, at: Moment) {
        let Some(Showing { reply, command, caller, .. }) = self.showing.take() else { return };
        let outcome = shown.and_then(|shown| self.enter_shown(&shown, caller, command, at));
        for (lane, act) in self.desks.want_no_more(outcome.is_ok(), at.mono_ms) {
            self.act(lane, act, at);
        }
        super::asks::answer(reply, outcome);
    }

    /// That it was shown is an entry, as every presentation is.
    fn enter_shown(
        &mut self,
        shown: &Shown,
        caller: Caller,
        command: Option<Uuid>,
        at: Moment,
    ) -> Result<Value, String> {
        let Shown { thing, read_point } = shown;
        let identifier = match thing {
            Thing::Tag { epc, tid } => Identifier::Tag { epc: epc.clone(), tid: tid.clone() },
            Thing::Mark(text) => Identifier::Mark { text: text.clone() },
        };
        let by = By { role: caller.role, user: caller.user, ..By::station() };
        let (thing, read_point) = (weapon::ending(&identifier), read_point.clone());
        let fact = Fact::Weapon(weapon::Fact::Shown { thing, read_point: read_point.clone() });
        let mut outcome = self.keeper.enter(command, drafts(&by, vec![fact]), at)?;
        self.outlets.head.send_replace(self.keeper.armoury.head);
        outcome["read_point"] = json!(read_point);
        match identifier {
            Identifier::Tag { epc, tid } => {
                outcome["epc"] = json!(hex(&epc));
                outcome["tid"] = json!(tid.as_deref().map(hex));
            }
            Identifier::Mark { text } => outcome["mark"] = json!(text),
        }
        Ok(outcome)
    }
}

impl Keeper {
    /// A badge is no weapon's tag or mark: badges lie beside the book, where a plan cannot see them.
    pub(super) fn no_badge(&self, act: &Act) -> Result<(), String> {
        let (id, identifiers): (_, &[Identifier]) = match act {
            Act::Weapon(weapon::Act::Bind { weapon, identifier, .. }) => {
                (weapon, std::slice::from_ref(identifier))
            }
            Act::Intake(intake::Act::Receive { weapon, .. }) => {
                let Weapon { id, identifiers, .. } = &**weapon;
                (id, identifiers)
            }
            _ => return Ok(()),
        };
        let owner = identifiers.iter().find_map(|identifier| match identifier {
            Identifier::Tag { epc, .. } => self.roster.by_tag(&TagId::from_epc(epc)),
            Identifier::Mark { text } => self.roster.by_mark(&MarkId::from_text(text)),
        });
        match owner {
            Some(owner) => Err(format!("bind to {id}: that is the badge of {owner}")),
            None => Ok(()),
        }
    }
}

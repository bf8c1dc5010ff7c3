//! What people ask for through the socket or the command line: always through the clerk, always an entry.

use serde_json::{Value, json};
use tokio::sync::mpsc::error::TrySendError;
use tokio::sync::oneshot;
use uuid::Uuid;

use super::clerk::Clerk;
use super::input::Asked;
use super::keeper::Caller;
use super::protocol::{Ask, Outcome, Part};
use super::tags::{TagDone, TagJob};
use crate::domain::{Moment, Role};

/// Roles that keep the book.
const KEEPERS: &[Role] = &[Role::Armourer, Role::Supervisor];

/// Roles that may change who may what.
const SUPERVISORS: &[Role] = &[Role::Supervisor, Role::Commander];

impl Clerk {
    /// Answers one ask.
    pub(super) fn ask(&mut self, asked: Asked, at: Moment) {
        let Asked { role, user, command, what, reply } = asked;
        let caller = Caller { role, user };
        let Some((what, reply)) = self.listen((command, caller), what, reply, at) else { return };
        if let (Ask::NextShown { .. }, Ok(())) = (&what, may(role, &what)) {
            return self.begin_showing(what, (caller, command), reply, at);
        }
        let planned = may(role, &what).and_then(|()| self.keeper.tag_plan(&what, said_by(role, user)));
        let outcome = match planned {
            Err(why) => Err(why),
            Ok(Some(plan)) => return self.hand_over(TagJob { plan, command, reply }),
            Ok(None) => match self.lenses.carry_out(&what) {
                Some(outcome) => outcome,
                None => match self.captures.carry_out(&what) {
                    // A disk may be slow: the desk does not wait for it.
                    Some(act) => return beside(reply, act),
                    None => self.carry_out(command, caller, what, at),
                },
            },
        };
        answer(reply, outcome);
    }

    /// Gives work on a tag to its reader; the desk goes on meanwhile, and the answer comes when it is entered.
    fn hand_over(&mut self, job: TagJob) {
        match self.keeper.done_before(job.command) {
            Ok(None) => {}
            Ok(Some(done)) => return answer(job.reply, Ok(done)),
            Err(why) => return answer(job.reply, Err(why)),
        }
        let refused = match &self.tags {
            None => Some((job, "work on a tag: this station has no readers")),
            Some(tags) => match tags.try_send(job) {
                Ok(()) => None,
                Err(TrySendError::Full(job)) => {
                    Some((job, "work on a tag: others are being worked on; ask again"))
                }
                Err(TrySendError::Closed(job)) => Some((job, "work on a tag: the station is ending")),
            },
        };
        if let Some((job, why)) = refused {
            answer(job.reply, Err(why.to_owned()));
        }
    }

    /// A tag was worked on: entered first, answered then.
    pub(super) fn tagged(&mut self, mut done: TagDone, at: Moment) {
        let outcome = self.keeper.tagged(&done, at);
        self.outlets.head.send_replace(self.keeper.armoury.head);
        answer(done.reply.take(), outcome);
    }

    fn carry_out(
        &mut self,
        command: Option<Uuid>,
        caller: Caller,
        what: Ask,
        at: Moment,
    ) -> Result<Value, String> {
        match what {
            Ask::Racks {} => self.racks(),
            Ask::Status {} => serde_json::to_value(self.view()).map_err(|error| error.to_string()),
            Ask::SetMode { mode } => {
                self.set_mode(mode, at);
                Ok(json!({ "mode": self.desks.mode().word() }))
            }
            Ask::Handled { seq } => {
                self.board.handled_entry(seq);
                Ok(Value::Null)
            }
            Ask::Acknowledge { alarm } => match self.board.acknowledge(alarm) {
                true => Ok(Value::Null),
                false => Err(format!("acknowledge alarm {alarm}: there is none of that number")),
            },
            Ask::TestPanel {} => {
                self.signal(armoury_hardware::panel::Signal::Alarm);
                Ok(Value::Null)
            }
            Ask::SyncNow {} => {
                self.outlets.nudge.notify_one();
                Ok(json!({ "waiting": self.view().sync.waiting }))
            }
            Ask::Choose { purpose, lane } => self.chosen(purpose, &lane, at),
            Ask::Present(shown) => self.present_typed(command, caller, &shown, at),
            Ask::Demo { .. } => Err("play a part: this station is no demonstration".into()),
            change => {
                let outcome = self.keeper.carry_out(command, caller, change, at);
                self.outlets.head.send_replace(self.keeper.armoury.head);
                self.show_booked(at);
                outcome
            }
        }
    }
}

/// Does something on a thread of its own and answers then.
fn beside(
    reply: Option<oneshot::Sender<Outcome>>,
    act: impl FnOnce() -> Result<Value, String> + Send + 'static,
) {
    let spawned = std::thread::Builder::new().name("ask".into()).spawn(move || answer(reply, act()));
    if let Err(error) = spawned {
        // Whoever asked sees that the line to them is gone.
        tracing::error!("start a thread for an ask: {error}");
    }
}

/// Tells whoever asked.
pub(super) fn answer(reply: Option<oneshot::Sender<Outcome>>, outcome: Result<Value, String>) {
    let outcome = outcome.map_or_else(|why| Outcome::Refused { why }, Outcome::Done);
    if let Some(reply) = reply
        && reply.send(outcome).is_err()
    {
        tracing::debug!("answer an ask: whoever asked has gone");
    }
}

/// On whose word something is done, as an entry says it.
pub(super) fn said_by(role: Option<Role>, user: Option<u32>) -> String {
    let role = role.map_or("nobody", Role::word);
    match user {
        Some(user) => format!("{role} (user {user})"),
        None => role.to_owned(),
    }
}

/// Whether somebody of that role may ask this.
pub(super) fn may(role: Option<Role>, what: &Ask) -> Result<(), String> {
    let allowed: &[Role] = match what {
        Ask::Status {} | Ask::Racks {} => return Ok(()),
        Ask::Choose { .. } => KEEPERS,
        Ask::SetMode { .. } | Ask::Handled { .. } | Ask::Acknowledge { .. } | Ask::SyncNow {} => KEEPERS,
        Ask::ImportWeapons { .. } | Ask::SetStanding { .. } | Ask::EnrolMarks { .. } => KEEPERS,
        Ask::NextShown { .. } => &[Role::Armourer, Role::Supervisor, Role::Commander],
        Ask::Stage { part: Part::Weapons(_), .. } => KEEPERS,
        Ask::Stage { part: Part::Persons(_), .. } => SUPERVISORS,
        // What came in pieces was asked for by somebody who may; a book of people holds only such pieces.
        Ask::ImportStaged { .. } => KEEPERS,
        Ask::EnrolBadges { .. } => SUPERVISORS,
        Ask::ImportPersons { .. } | Ask::Suspend { .. } | Ask::SetPolicy { .. } => SUPERVISORS,
        Ask::TagWrite { person: Some(_), .. } => SUPERVISORS,
        Ask::TagWrite { .. } | Ask::TagLock { .. } => KEEPERS,
        Ask::TagCheck { .. } | Ask::TestPanel {} => &[Role::Armourer, Role::Supervisor, Role::Technician],
        Ask::TagPassword { .. } => &[Role::Supervisor],
        Ask::CaptureStart { .. } | Ask::CaptureStop { .. } | Ask::CaptureTurn {} => {
            &[Role::Supervisor, Role::Technician]
        }
        // Who may hand out weapons may look through a camera; a picture may show whoever stands there.
        Ask::ReadNow { .. } | Ask::CameraPicture { .. } => {
            &[Role::Armourer, Role::Supervisor, Role::Technician]
        }
        // Each act says for itself who may; whoever asks may sign with a name of the book.
        Ask::Act { .. } | Ask::Present(_) | Ask::Demo { .. } => return Ok(()),
    };
    match role {
        Some(role) if allowed.contains(&role) => Ok(()),
        Some(role) => Err(format!(
            "do that as {}: it takes {}",
            role.word(),
            allowed.iter().map(|role| role.word()).collect::<Vec<_>>().join(" or ")
        )),
        None => Err("do that: this user has no role here; see [access] in the configuration".into()),
    }
}

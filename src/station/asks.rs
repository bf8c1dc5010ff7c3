//! What people ask for through the socket or the command line: always through the clerk, always an entry.

use serde_json::{Value, json};
use uuid::Uuid;

use super::clerk::Clerk;
use super::input::Asked;
use super::protocol::{Ask, Outcome};
use crate::domain::{Moment, Role};

/// Roles that keep the book.
const KEEPERS: &[Role] = &[Role::Armourer, Role::Supervisor];

/// Roles that may change who may what.
const SUPERVISORS: &[Role] = &[Role::Supervisor, Role::Commander];

impl Clerk {
    /// Answers one ask.
    pub(super) fn ask(&mut self, asked: Asked, at: Moment) {
        let Asked { role, command, what, reply } = asked;
        let outcome = match may(role, &what) {
            Ok(()) => self.carry_out(command, what, at),
            Err(why) => Err(why),
        };
        let outcome = outcome.map_or_else(|why| Outcome::Refused { why }, Outcome::Done);
        if let Some(reply) = reply
            && reply.send(outcome).is_err()
        {
            tracing::debug!("answer an ask: whoever asked has gone");
        }
    }

    fn carry_out(&mut self, command: Option<Uuid>, what: Ask, at: Moment) -> Result<Value, String> {
        match what {
            Ask::Status {} => serde_json::to_value(self.view()).map_err(|error| error.to_string()),
            Ask::SetMode { mode } => {
                self.set_mode(mode, at);
                Ok(json!({ "mode": self.desk.mode().word() }))
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
            Ask::Demo { .. } => Err("play a part: this station is no demonstration".into()),
            change => {
                let outcome = self.keeper.change(command, change, at);
                self.outlets.head.send_replace(self.keeper.armoury.head);
                outcome
            }
        }
    }
}

/// Whether somebody of that role may ask this.
fn may(role: Option<Role>, what: &Ask) -> Result<(), String> {
    let allowed: &[Role] = match what {
        Ask::Status {} => return Ok(()),
        Ask::SetMode { .. } | Ask::Handled { .. } | Ask::Acknowledge { .. } | Ask::SyncNow {} => KEEPERS,
        Ask::ImportWeapons { .. } | Ask::SetStanding { .. } => KEEPERS,
        Ask::ImportPersons { .. } | Ask::Suspend { .. } | Ask::SetPolicy { .. } => SUPERVISORS,
        Ask::TestPanel {} => &[Role::Armourer, Role::Supervisor, Role::Technician],
        Ask::Demo { .. } => return Ok(()),
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

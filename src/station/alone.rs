//! Work on a tag while no station runs: a command with the folder's lock opens the reader for itself.

use std::collections::BTreeMap;
use std::time::Duration;

use armoury_hardware::reader::{ReaderEvent, run_reader, tag_desk};
use serde_json::Value;
use tokio::sync::{mpsc, watch};
use uuid::Uuid;

use super::asks::{may, said_by};
use super::clock::Clock;
use super::keeper::Keeper;
use super::passwords::Passwords;
use super::peer;
use super::protocol::Ask;
use super::readers::settings_of;
use super::tags::{Bench, TagPlan, TagStep};
use crate::config::{Reader, StationConfig};

/// How long a reader may take to come up.
const UP_WITHIN: Duration = Duration::from_secs(15);

/// How long it may take to end.
const END_WITHIN: Duration = Duration::from_secs(3);

/// Why nothing was done.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
pub enum AloneError {
    /// The reader is not there.
    #[error("use the reader {reader}: {why}")]
    Absent {
        /// Which.
        reader: String,
        /// Why.
        why: String,
    },
    /// It was refused, or went wrong.
    #[error("{0}")]
    Refused(String),
}

/// Carries out one ask about a tag, and enters it.
///
/// # Errors
/// [`AloneError`]
pub async fn work_on_a_tag(
    configuration: &StationConfig,
    keeper: &mut Keeper,
    command: Uuid,
    ask: &Ask,
) -> Result<Value, AloneError> {
    let user = rustix::process::getuid().as_raw();
    let role = peer::role_of(&configuration.access, user, user);
    may(role, ask).map_err(AloneError::Refused)?;
    let planned = keeper.tag_plan(ask, said_by(role, Some(user))).map_err(AloneError::Refused)?;
    let plan =
        planned.ok_or_else(|| AloneError::Refused(format!("work on a tag: {ask:?} is about no tag")))?;
    let mut bench =
        Bench { desks: BTreeMap::new(), passwords: Passwords::of(keeper.store.ledger().folder()) };
    let mut done = if matches!(plan.what, TagStep::Password { .. }) {
        bench.carry_out(plan).await
    } else {
        let reader = reader_of(configuration, &plan)?;
        let running = Running::start(reader).await?;
        bench.desks.insert(reader.name.clone(), running.desk.clone());
        let done = bench.carry_out(TagPlan { reader: Some(reader.name.clone()), ..plan }).await;
        running.end().await;
        done
    };
    done.command = Some(command);
    keeper.tagged(&done, Clock::new().now()).map_err(AloneError::Refused)
}

/// The reader of the plan, or the only one.
fn reader_of<'c>(configuration: &'c StationConfig, plan: &TagPlan) -> Result<&'c Reader, AloneError> {
    let readers = &configuration.readers;
    let names = || readers.iter().map(|reader| reader.name.as_str()).collect::<Vec<_>>().join(", ");
    let found = match &plan.reader {
        Some(name) => readers.iter().find(|reader| reader.name == *name),
        None => readers.first().filter(|_| readers.len() == 1),
    };
    found.ok_or_else(|| {
        AloneError::Refused(match (&plan.reader, readers.len()) {
            (_, 0) => "work on a tag: no reader is configured".to_owned(),
            (Some(name), _) => format!("work on a tag: no reader is called {name:?}; there are {}", names()),
            (None, _) => format!("work on a tag: say at which reader it lies, with --reader: {}", names()),
        })
    })
}

/// A reader that runs for this command.
struct Running {
    desk: armoury_hardware::reader::TagDesk,
    stop: watch::Sender<bool>,
    task: tokio::task::JoinHandle<()>,
}

impl Running {
    async fn start(reader: &Reader) -> Result<Self, AloneError> {
        let (said, mut heard) = mpsc::unbounded_channel();
        let sink = move |event| {
            let news = match event {
                ReaderEvent::Up { .. } => Ok(()),
                ReaderEvent::Down { why, .. } => Err(why.to_string()),
                _ => return,
            };
            if said.send(news).is_err() {
                tracing::debug!("nobody listens to the reader any more");
            }
        };
        let (stop, stopped) = watch::channel(false);
        let (desk, orders) = tag_desk();
        let task = tokio::spawn(run_reader(settings_of(reader), sink, orders, stopped));
        let running = Self { desk, stop, task };
        // The driver goes on trying; whoever stands there wants to know the first reason.
        let why = match tokio::time::timeout(UP_WITHIN, heard.recv()).await {
            Ok(Some(Ok(()))) => return Ok(running),
            Ok(Some(Err(why))) => why,
            Ok(None) => "its driver has ended".to_owned(),
            Err(_) => format!("it has not answered within {} s", UP_WITHIN.as_secs()),
        };
        running.end().await;
        Err(AloneError::Absent { reader: reader.name.clone(), why })
    }

    async fn end(self) {
        self.stop.send_replace(true);
        if tokio::time::timeout(END_WITHIN, self.task).await.is_err() {
            tracing::warn!("the reader did not end in time");
        }
    }
}

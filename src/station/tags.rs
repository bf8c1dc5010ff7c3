//! Work on tags at a reader: what was asked is checked against the book, done at the reader beside everything else the
//! station does, and entered.
//!
//! ```text
//! Ask ─► clerk: may they, is the EPC free ─► TagJob ─► bench (a task) ─► reader's TagDesk
//!                                                        └─► Input::Tagged ─► clerk: entered, then answered
//! ```

use std::collections::BTreeMap;
use std::path::Path;

use armoury_hardware::reader::tagging::{self, Checked, Chip, TaggingError};
use armoury_hardware::reader::{Password, TagDesk};
use serde::{Deserialize, Serialize};
use serde_json::{Value, json};
use tokio::sync::{mpsc, oneshot};
use tokio::task::JoinHandle;
use uuid::Uuid;

use super::clock::Clock;
use super::inbox::Inbox;
use super::input::Input;
use super::passwords::{PasswordError, Passwords};
use super::protocol::Outcome;
use crate::domain::{PersonId, TagWork, WeaponId};
use crate::identity::epc::hex;

/// Jobs that may wait: people stand in front of one reader, and each sees the answer to theirs.
pub const JOBS_MAX: usize = 4;

/// What is to be done with a tag, checked against the book.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct TagPlan {
    /// At which reader; none means: the only one.
    pub reader: Option<String>,
    /// What.
    pub what: TagStep,
    /// On whose word.
    pub by: String,
}

/// One thing that can be done with a tag.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum TagStep {
    /// Write an EPC.
    Write {
        /// The EPC.
        epc: Vec<u8>,
        /// The weapon it is for.
        weapon: Option<WeaponId>,
        /// The person whose badge it is.
        person: Option<PersonId>,
    },
    /// Set passwords and lock.
    Lock,
    /// Look what is set.
    Check,
    /// Say the passwords of the tag with this EPC.
    Password {
        /// The EPC.
        epc: Vec<u8>,
    },
}

/// A plan on its way to the bench.
#[derive(Debug)]
pub struct TagJob {
    /// The plan.
    pub plan: TagPlan,
    /// The operator's act.
    pub command: Option<Uuid>,
    /// Where the answer goes.
    pub reply: Option<oneshot::Sender<Outcome>>,
}

/// What came of a job. It holds no password but in its answer, which is never written anywhere.
#[derive(Debug, Default, Serialize, Deserialize)]
pub struct TagDone {
    /// What was done; none where nothing is to be entered.
    pub work: Option<TagWork>,
    /// At which reader.
    pub reader: Option<String>,
    /// The tag's EPC now, hex.
    pub epc: String,
    /// Its EPC before, hex.
    pub was: Option<String>,
    /// Its chip's number, hex.
    pub tid: Option<String>,
    /// The weapon it is for.
    pub weapon: Option<WeaponId>,
    /// The person whose badge it is.
    pub person: Option<PersonId>,
    /// On whose word.
    pub by: String,
    /// Why it went no further.
    pub failed: Option<String>,
    /// The operator's act.
    pub command: Option<Uuid>,
    /// What to answer when everything is entered.
    #[serde(skip)]
    pub answer: Value,
    /// Where the answer goes; nowhere in a replay.
    #[serde(skip)]
    pub reply: Option<oneshot::Sender<Outcome>>,
}

/// Why a tag could not be worked on, as a sentence.
type Why = String;

/// Starts the task that does the jobs, one after the other.
pub fn start(
    desks: BTreeMap<String, TagDesk>,
    folder: &Path,
    inbox: Inbox,
    mut jobs: mpsc::Receiver<TagJob>,
) -> JoinHandle<()> {
    let bench = Bench { desks, passwords: Passwords::of(folder) };
    tokio::spawn(async move {
        while let Some(TagJob { plan, command, reply }) = jobs.recv().await {
            let mut done = bench.carry_out(plan).await;
            (done.command, done.reply) = (command, reply);
            if inbox.put(Input::Tagged(Box::new(done))).await.is_err() {
                tracing::error!(
                    "a tag was worked on while the station ended: look at it with `armoury tag check`"
                );
                return;
            }
        }
    })
}

/// The readers' desks and the passwords.
#[derive(Debug)]
pub struct Bench {
    /// Each reader's, by its name.
    pub desks: BTreeMap<String, TagDesk>,
    /// The file.
    pub passwords: Passwords,
}

impl Bench {
    /// Does what was planned, to the end or as far as it goes.
    pub async fn carry_out(&self, plan: TagPlan) -> TagDone {
        let TagPlan { reader, what, by } = plan;
        let mut done = TagDone { by, ..TagDone::default() };
        if let Err(why) = self.step(reader, what, &mut done).await {
            done.failed = Some(why);
        }
        done
    }

    async fn step(&self, reader: Option<String>, what: TagStep, done: &mut TagDone) -> Result<(), Why> {
        if let TagStep::Password { epc } = what {
            return self.password(&epc, done).await;
        }
        let (name, desk) = self.desk(reader)?;
        done.reader = Some(name);
        let chip = tagging::the_one_tag(desk).await.map_err(|error| error.to_string())?;
        done.epc = hex(&chip.epc);
        done.tid = Some(hex(&chip.tid));
        match what {
            TagStep::Write { epc, weapon, person } => {
                (done.weapon, done.person) = (weapon, person);
                self.write(desk, &chip, epc, done).await
            }
            TagStep::Lock => self.lock(desk, &chip, done).await,
            TagStep::Check | TagStep::Password { .. } => self.check(desk, &chip, done).await,
        }
    }

    async fn write(&self, desk: &TagDesk, chip: &Chip, epc: Vec<u8>, done: &mut TagDone) -> Result<(), Why> {
        // From here on the tag may be another than before: whatever comes of it is entered.
        (done.work, done.was) = (Some(TagWork::Written), Some(hex(&chip.epc)));
        done.epc = hex(&epc);
        let password = self.present_password(desk, chip).await?;
        let written =
            tagging::write_epc(desk, chip, &epc, password).await.map_err(|error| half_done(&error, chip))?;
        let (passwords, tid) = (self.passwords.clone(), written.tid);
        kept(move || passwords.renamed(&tid, &epc)).await?;
        done.answer = json!({ "epc": done.epc, "was": done.was, "tid": done.tid });
        Ok(())
    }

    async fn lock(&self, desk: &TagDesk, chip: &Chip, done: &mut TagDone) -> Result<(), Why> {
        done.work = Some(TagWork::Locked);
        let (passwords, on_tag) = (self.passwords.clone(), chip.clone());
        let wall_ms = Clock::new().now().wall_ms;
        let secrets = kept(move || passwords.for_chip(&on_tag.tid, &on_tag.epc, wall_ms)).await?;
        tagging::secure(desk, chip, &secrets).await.map_err(|error| half_done(&error, chip))?;
        done.answer = json!({ "epc": done.epc, "tid": done.tid, "locked": true });
        Ok(())
    }

    async fn check(&self, desk: &TagDesk, chip: &Chip, done: &mut TagDone) -> Result<(), Why> {
        let recorded = self.recorded(chip).await?;
        let checked = tagging::check(desk, chip, recorded).await.map_err(|error| error.to_string())?;
        let Checked { epc_locked, access_password, kill_password, recorded_works, .. } = checked;
        done.answer = json!({
            "reader": done.reader,
            "epc": done.epc,
            "tid": done.tid,
            "epc_locked": epc_locked,
            "access_password": access_password,
            "kill_password": kill_password,
            "recorded_password_works": recorded_works,
        });
        Ok(())
    }

    async fn password(&self, epc: &[u8], done: &mut TagDone) -> Result<(), Why> {
        done.epc = hex(epc);
        let (passwords, key) = (self.passwords.clone(), epc.to_vec());
        let known = kept(move || passwords.of_epc(&key)).await?;
        let known =
            known.ok_or_else(|| format!("no passwords are on record of a tag with the EPC {}", done.epc))?;
        done.work = Some(TagWork::PasswordShown);
        done.tid = Some(hex(&known.tid));
        done.answer = json!({
            "epc": done.epc,
            "tid": done.tid,
            "access_password": format!("{:08x}", known.secrets.access.0),
            "kill_password": format!("{:08x}", known.secrets.kill.0),
        });
        Ok(())
    }

    /// The password that opens the tag now: that on record where it fits, else none.
    async fn present_password(&self, desk: &TagDesk, chip: &Chip) -> Result<Password, Why> {
        let Some(recorded) = self.recorded(chip).await? else { return Ok(Password::NONE) };
        let fits = tagging::opens(desk, chip, recorded).await.map_err(|error| error.to_string())?;
        Ok(if fits { recorded } else { Password::NONE })
    }

    async fn recorded(&self, chip: &Chip) -> Result<Option<Password>, Why> {
        let (passwords, tid) = (self.passwords.clone(), chip.tid.clone());
        Ok(kept(move || passwords.of_chip(&tid)).await?.map(|known| known.secrets.access))
    }

    /// The reader of that name, or the only one.
    fn desk(&self, name: Option<String>) -> Result<(String, &TagDesk), Why> {
        let names = || self.desks.keys().map(String::as_str).collect::<Vec<_>>().join(", ");
        match (name, self.desks.iter().next()) {
            (Some(name), _) => match self.desks.get(&name) {
                Some(desk) => Ok((name, desk)),
                None => Err(format!("no reader is called {name:?}: there are {}", names())),
            },
            (None, Some((name, desk))) if self.desks.len() == 1 => Ok((name.clone(), desk)),
            (None, None) => Err("no reader is configured".to_owned()),
            (None, Some(_)) => Err(format!("say at which reader the tag lies, with --reader: {}", names())),
        }
    }
}

/// Why work on a tag stopped, and what to do about a tag that may be half done.
fn half_done(error: &TaggingError, chip: &Chip) -> Why {
    match error {
        // Nothing was written yet, and the same again would end the same.
        TaggingError::Epc(_) | TaggingError::Foreign => error.to_string(),
        _ => format!(
            "{error}. The tag may be half done: give the same command again, it goes on at the chip {}",
            hex(&chip.tid)
        ),
    }
}

/// Does what waits for a disk beside everything else.
async fn kept<T: Send + 'static>(
    act: impl FnOnce() -> Result<T, PasswordError> + Send + 'static,
) -> Result<T, Why> {
    match tokio::task::spawn_blocking(act).await {
        Ok(outcome) => outcome.map_err(|error| error.to_string()),
        Err(error) => Err(format!("use the file of tag passwords: {error}")),
    }
}

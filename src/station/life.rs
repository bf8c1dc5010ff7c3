//! Start and orderly end.
//!
//! Sources stop first, the queue drains, the clerk writes the last entry and keeps the fold, lamps go dark; and there
//! is a ceiling on all waiting. Killed at any moment instead, nothing that was shown is lost.

use std::path::PathBuf;
use std::sync::Arc;
use std::sync::atomic::AtomicU32;
use std::thread;
use std::time::Duration;

use armoury_hardware::capture::CaptureError;
use tokio::sync::{Notify, mpsc, watch};
use tokio::task::JoinHandle;

use super::cameras::Lenses;
use super::captures::Captures;
use super::clerk::{Clerk, ClerkSettings, Outlets};
use super::clock::Clock;
use super::devices::{self, Devices};
use super::inbox::Inbox;
use super::input::{Input, Stamped};
use super::pins::Pins;
use super::protocol::DemoAct;
use super::recording::Recorder;
use super::road::{self, Sender};
use super::socket::{self, Hub, SocketError};
use super::store::NotSaved;
use super::tags;
use super::view::View;
use crate::config::StationConfig;
use crate::domain::{Policy, Practice, Seq};
use crate::ledger::lock::SOCKET_WORD;
use crate::ledger::{Ledger, LedgerError, Reader};
use crate::scan::desk::DeskSettings;
use crate::scan::presence::PresenceSettings;
use crate::sync::keys::{KeyError, read_key_file};

/// The station's key in the data folder.
pub const KEY_FILE: &str = "station.key";

/// The rules in the data folder.
pub const POLICY_FILE: &str = "policy.toml";

/// How often time itself is an input.
const TICK: Duration = Duration::from_millis(100);

/// How long the clerk may take to end.
const END_TIMEOUT: Duration = Duration::from_secs(10);

/// What a run may be given beside its configuration.
#[derive(Debug, Default)]
pub struct Options {
    /// The rules; none leaves those of the ledger in force.
    pub policy: Option<Policy>,
    /// Write every input there.
    pub record: Option<PathBuf>,
    /// Write every reader's bytes into new files in this folder.
    pub capture: Option<PathBuf>,
    /// Where a demonstration's acts go. Given only with simulated devices, which open nothing but an exercise ledger.
    pub demo: Option<mpsc::Sender<DemoAct>>,
}

/// Why a station does not start, or ended.
#[derive(Debug, thiserror::Error)]
pub enum StationError {
    /// The record store.
    #[error(transparent)]
    Ledger(#[from] LedgerError),
    /// The start could not be entered.
    #[error("enter the start of the station: {0}")]
    NotSaved(#[from] NotSaved),
    /// The local socket.
    #[error(transparent)]
    Socket(#[from] SocketError),
    /// The station's key.
    #[error(
        "use the station's key (put its copy back, or let headquarters enrol this station anew after `armoury init`)"
    )]
    Key(#[from] KeyError),
    /// The recording.
    #[error("begin the recording {path}: {source}")]
    Recording {
        /// Where.
        path: String,
        /// Why.
        source: std::io::Error,
    },
    /// A capture.
    #[error("begin the captures: {0}")]
    Capture(CaptureError),
    /// The system gives no thread.
    #[error("start a thread: {0}")]
    Thread(std::io::Error),
    /// Simulated devices on a live ledger.
    #[error("open {0} for simulated devices: it is a live ledger; make one with `armoury init --exercise`")]
    Live(String),
    /// The clerk's thread is gone.
    #[error("go on: the clerk has stopped; what was shown is in the ledger, start the station again")]
    ClerkGone,
}

/// A running station.
#[derive(Debug)]
pub struct Station {
    /// The picture.
    pub view: watch::Receiver<Arc<View>>,
    /// The newest entry.
    pub head: watch::Receiver<Seq>,
    /// The way in, for inputs of a bench.
    pub inbox: Inbox,
    devices: Devices,
    captures: Captures,
    clerk: thread::JoinHandle<()>,
    panel: thread::JoinHandle<()>,
    tasks: Vec<JoinHandle<()>>,
    stop: watch::Sender<bool>,
    socket: PathBuf,
}

impl Station {
    /// Opens the ledger and starts everything in the configuration.
    ///
    /// # Errors
    /// Whatever makes it impossible to write, to be seen or to be asked. A device that is not there is no error: it is
    /// tried again.
    pub async fn start(configuration: &StationConfig, options: Options) -> Result<Self, StationError> {
        let folder = &configuration.station.data;
        let clock = Clock::new();
        let (id, socket) = (&configuration.station.id, configuration.station.socket.display());
        let opened = Ledger::open(folder, &format!("station {id}{SOCKET_WORD}{socket}"))?;
        clock.follow(&opened.armoury);
        let practice = opened.armoury.practice.unwrap_or(Practice::Live);
        if options.demo.is_some() && practice == Practice::Live {
            return Err(StationError::Live(folder.display().to_string()));
        }
        let key = read_key_file(&folder.join(KEY_FILE))?;
        let listener = socket::open(&configuration.station.socket).await?;
        let recorder = recorder(options.record)?;

        let (inbox, queue) = Inbox::new(clock.clone());
        let (signals, panel) =
            devices::start_panel(configuration.panel.as_ref(), &inbox).map_err(StationError::Thread)?;
        let reader = Reader::open(folder)?;
        let acknowledged = reader.acknowledged()?;
        let last_receipt_wall_ms = reader.last_receipt_wall_ms()?;
        let nudge = Arc::new(Notify::new());
        let (head, head_seen) = watch::channel(opened.armoury.head);
        let clerk_settings = clerk_settings(configuration, options.policy);
        let (tag_jobs, jobs) = mpsc::channel(tags::JOBS_MAX);
        let captures = Captures::of(configuration);
        let lenses = Lenses::of(configuration);
        if let Some(folder) = &options.capture {
            captures.start_all(folder, clock.now()).map_err(StationError::Capture)?;
        }
        let (clerk, view) = {
            let blank = super::board::Board::new(configuration.station.id.as_str(), practice, clock.now());
            let (view, view_seen) = watch::channel(Arc::new(blank.view().clone()));
            let outlets = Outlets { view, head, panel: signals, nudge: nudge.clone() };
            let mut clerk = Clerk::start(opened, &clerk_settings, outlets, clock.now())?;
            clerk.set_acknowledged(acknowledged, last_receipt_wall_ms);
            clerk.set_readers(tag_jobs, captures.clone());
            clerk.set_lenses(lenses.clone());
            clerk.set_inbox(inbox.gauge());
            clerk.set_clock(clock.clone());
            (clerk, view_seen)
        };
        let clerk = spawn_clerk(clerk, queue, recorder, clock).map_err(StationError::Thread)?;

        let (stop, stopped) = watch::channel(false);
        let hub = Hub {
            view: view.clone(),
            inbox: inbox.clone(),
            access: Arc::new(configuration.access.clone()),
            station: configuration.station.id.to_string(),
            practice,
            demo: options.demo,
            pins: Pins::of(folder),
            watchers: Arc::new(AtomicU32::new(0)),
        };
        let mut tasks = vec![
            tokio::spawn(socket::serve(listener, hub, stopped.clone())),
            tokio::spawn(tick(inbox.clone(), stopped.clone())),
        ];
        if let Some(headquarters) = &configuration.headquarters {
            let station = configuration.station.id.clone();
            let sender =
                Sender { station, key, reader, acknowledged, head: head_seen.clone(), nudge, stop: stopped };
            tasks.extend(road::start(headquarters, sender, &inbox));
        }
        let devices = Devices::start(configuration, &captures, &lenses, &inbox);
        tasks.push(tags::start(devices.desks(), folder, inbox.clone(), jobs));
        let socket = configuration.station.socket.clone();
        Ok(Self { view, head: head_seen, inbox, devices, captures, clerk, panel, tasks, stop, socket })
    }

    /// Whether the clerk has ended by itself, which it never should.
    pub fn is_lost(&self) -> bool {
        self.clerk.is_finished()
    }

    /// Ends in order.
    ///
    /// # Errors
    /// The clerk did not end as it should; what was shown is in the ledger all the same.
    pub async fn end(self) -> Result<(), StationError> {
        self.devices.end().await;
        self.captures.stop_all().await;
        self.stop.send_replace(true);
        if self.inbox.put(Input::Stop).await.is_err() {
            tracing::error!("the clerk was gone before the end");
        }
        let (clerk, panel) = (self.clerk, self.panel);
        let ended = tokio::task::spawn_blocking(move || clerk.join().is_ok() && panel.join().is_ok());
        let ended = tokio::time::timeout(END_TIMEOUT, ended).await;
        for task in self.tasks {
            task.abort();
        }
        if let Err(error) = std::fs::remove_file(&self.socket) {
            tracing::debug!("remove the socket: {error}");
        }
        if matches!(ended, Ok(Ok(true))) { Ok(()) } else { Err(StationError::ClerkGone) }
    }
}

/// The clerk's settings as the configuration has them.
pub fn clerk_settings(configuration: &StationConfig, policy: Option<Policy>) -> ClerkSettings {
    let (desk, presence) = (&configuration.desk, &configuration.presence);
    // The desk's switch asks for two readings whatever the rules say; it cannot take the demand away.
    let policy = match (policy, desk.two_readings) {
        (None, false) => None,
        (policy, two_readings) => {
            let policy = policy.unwrap_or_default();
            Some(Policy { two_readings: two_readings || policy.two_readings, ..policy })
        }
    };
    ClerkSettings {
        station: configuration.station.id.clone(),
        desk: DeskSettings { mode: desk.mode, window_ms: desk.window_ms, dead_time_ms: desk.dead_time_ms },
        lanes: configuration.lanes(),
        presence: PresenceSettings {
            sightings: presence.sightings,
            within_ms: presence.within_ms,
            min_rssi_dbm: presence.min_rssi_dbm,
            leave_ms: presence.leave_ms,
            margin_db: i16::try_from(presence.margin_db).unwrap_or(i16::MAX),
        },
        antennas: configuration.antenna_plans(),
        policy,
        headquarters: configuration.headquarters.is_some(),
    }
}

fn recorder(path: Option<PathBuf>) -> Result<Option<Recorder>, StationError> {
    path.map(|path| {
        Recorder::create(&path)
            .map_err(|source| StationError::Recording { path: path.display().to_string(), source })
    })
    .transpose()
}

fn spawn_clerk(
    mut clerk: Clerk,
    mut queue: mpsc::Receiver<Stamped>,
    mut recorder: Option<Recorder>,
    clock: Clock,
) -> std::io::Result<thread::JoinHandle<()>> {
    thread::Builder::new().name("clerk".into()).spawn(move || {
        while let Some(stamped) = queue.blocking_recv() {
            if let Some(open) = &mut recorder
                && let Err(error) = open.add(&stamped)
            {
                tracing::error!("add to the recording: {error}; it ends here");
                recorder = None;
            }
            if matches!(stamped.input, Input::Stop) {
                break;
            }
            clerk.take(stamped);
        }
        clerk.finish(clock.now());
    })
}

async fn tick(inbox: Inbox, mut stop: watch::Receiver<bool>) {
    let mut ticks = tokio::time::interval(TICK);
    ticks.set_missed_tick_behavior(tokio::time::MissedTickBehavior::Skip);
    loop {
        tokio::select! {
            () = stopped(&mut stop) => return,
            _ = ticks.tick() => inbox.offer(Input::Tick),
        }
    }
}

/// Waits for the word to stop, or for the end of whoever would give it.
pub(super) async fn stopped(stop: &mut watch::Receiver<bool>) {
    if stop.wait_for(|stop| *stop).await.is_err() {
        tracing::debug!("whoever would say stop has gone");
    }
}

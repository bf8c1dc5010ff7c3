//! `armoury run` and `armoury watch`.

use std::path::{Path, PathBuf};
use std::time::Duration;

use clap::{Args, ValueEnum};
use tokio::signal::unix::{Signal, SignalKind, signal};

use super::init::CONFIG_FILE;
use super::lines::print_entries;
use super::place::Place;
use super::{Failure, config_of, exit, runtime, say};
use crate::config::load_policy;
use crate::domain::Policy;
use crate::station::life::POLICY_FILE;
use crate::station::{Options, Station, StationError};
use crate::sync::with_causes;
use crate::tui;

/// The signal the kernel sends when a file would grow over its limit; ended by default, an ordinary write error when
/// it is heard.
const SIGXFSZ: i32 = 25;

/// How often it is looked whether the clerk still works.
const LOOK: Duration = Duration::from_millis(500);

/// The station, headless
#[derive(Debug, Args)]
pub struct Run {
    /// Configuration
    #[arg(long, env = "ARMOURY_CONFIG", value_name = "FILE")]
    config: Option<PathBuf>,
    /// Data folder, where its own station.toml is the configuration
    #[arg(long, env = "ARMOURY_DATA", value_name = "DIR")]
    data: Option<PathBuf>,
    /// Socket to open instead of the configured one
    #[arg(long, value_name = "PATH")]
    socket: Option<PathBuf>,
    /// Write every input to this new file, for replay
    #[arg(long, value_name = "FILE")]
    record: Option<PathBuf>,
    /// Write the bytes of every reader and scanner into new files in this folder, for replay
    #[arg(long, value_name = "DIR")]
    capture: Option<PathBuf>,
}

impl Run {
    pub(super) fn carry_out(self) -> Result<u8, Failure> {
        log_to_stderr();
        let path = match (&self.config, &self.data) {
            (Some(path), _) => path.clone(),
            (None, Some(folder)) => folder.join(CONFIG_FILE),
            (None, None) => return Err(Failure::usage("find the configuration: name it with --config FILE")),
        };
        let mut configuration = config_of(&path)?;
        if let Some(folder) = &self.data {
            configuration.station.data = std::path::absolute(folder).unwrap_or_else(|_| folder.clone());
        }
        if let Some(socket) = self.socket {
            configuration.station.socket = socket;
        }
        let policy = policy_of(&configuration.station.data)?;
        let options = Options { policy, record: self.record, capture: self.capture, demo: None };
        runtime()?.block_on(async {
            hear_file_limit();
            // Heard from before the start: a word to stop that comes in its first moments ends it in order too.
            let word = Word::listen()?;
            let station = Station::start(&configuration, options).await?;
            say(format!(
                "station {} runs: data {}, socket {}",
                configuration.station.id,
                configuration.station.data.display(),
                configuration.station.socket.display()
            ));
            let lines = tokio::spawn(print_entries(
                configuration.station.data.clone(),
                station.head.clone(),
                *station.head.borrow(),
                false,
            ));
            let outcome = until_told(&station, word).await;
            let ended = station.end().await;
            lines.abort();
            outcome.and(ended.map_err(Failure::from)).map(|()| exit::DONE)
        })
    }
}

/// The rules beside the ledger; without the file those of the ledger stay in force.
fn policy_of(folder: &Path) -> Result<Option<Policy>, Failure> {
    let path = folder.join(POLICY_FILE);
    if path.is_file() { Ok(Some(load_policy(&path)?)) } else { Ok(None) }
}

/// The signals that tell the station to end.
struct Word {
    terminate: Signal,
    interrupt: Signal,
    hang_up: Signal,
}

impl Word {
    fn listen() -> Result<Self, Failure> {
        let hear =
            |kind| signal(kind).map_err(|error| Failure::absent(format!("listen for signals: {error}")));
        Ok(Self {
            terminate: hear(SignalKind::terminate())?,
            interrupt: hear(SignalKind::interrupt())?,
            hang_up: hear(SignalKind::hangup())?,
        })
    }
}

/// Waits for SIGTERM, SIGINT or SIGHUP, or for the clerk to be lost.
async fn until_told(station: &Station, mut word: Word) -> Result<(), Failure> {
    let mut look = tokio::time::interval(LOOK);
    loop {
        tokio::select! {
            _ = word.terminate.recv() => return Ok(()),
            _ = word.interrupt.recv() => return Ok(()),
            _ = word.hang_up.recv() => return Ok(()),
            _ = look.tick() => if station.is_lost() {
                return Err(StationError::ClerkGone.into());
            },
        }
    }
}

/// From now on a file over its limit is a write error, which the store knows how to take.
pub(super) fn hear_file_limit() {
    match signal(SignalKind::from_raw(SIGXFSZ)) {
        Ok(mut limit) => drop(tokio::spawn(async move { while limit.recv().await.is_some() {} })),
        Err(error) => tracing::warn!("listen for the file size signal: {error}"),
    }
}

/// The log goes to standard error, where journald takes it; `RUST_LOG` says how much.
fn log_to_stderr() {
    let filter = tracing_subscriber::EnvFilter::try_from_default_env()
        .unwrap_or_else(|_| tracing_subscriber::EnvFilter::new("info"));
    let outcome = tracing_subscriber::fmt()
        .with_env_filter(filter)
        .with_writer(std::io::stderr)
        .with_ansi(std::io::IsTerminal::is_terminal(&std::io::stderr()))
        .try_init();
    if let Err(error) = outcome {
        eprintln!("armoury: the log was set up already: {error}");
    }
}

impl From<StationError> for Failure {
    fn from(error: StationError) -> Self {
        match error {
            StationError::Ledger(error) => error.into(),
            error @ StationError::Live(_) => Self::refused(error.to_string()),
            other => Self::absent(with_causes(&other)),
        }
    }
}

/// The screen, attached to a running station
#[derive(Debug, Args)]
pub struct Watch {
    #[command(flatten)]
    place: Place,
    /// Colours
    #[arg(long)]
    theme: Option<Theme>,
    /// Draw with ASCII letters only
    #[arg(long)]
    ascii: bool,
}

/// The themes of `ux.md` section 6.
#[derive(Debug, Clone, Copy, ValueEnum)]
enum Theme {
    Standard,
    ColourSafe,
    HighContrast,
    None,
}

impl Watch {
    pub(super) fn carry_out(self) -> Result<u8, Failure> {
        let theme = self.theme.map(|theme| match theme {
            Theme::Standard => tui::Theme::Standard,
            Theme::ColourSafe => tui::Theme::ColourSafe,
            Theme::HighContrast => tui::Theme::HighContrast,
            Theme::None => tui::Theme::None,
        });
        let socket = self.place.socket()?;
        let options = tui::Options { theme, ascii: self.ascii, caught: None };
        runtime()?.block_on(tui::watch(&socket, options)).map_err(screen_failure)?;
        Ok(exit::DONE)
    }
}

/// A screen that could not be shown.
pub(super) fn screen_failure(error: tui::WatchError) -> Failure {
    match error {
        tui::WatchError::NoTerminal => Failure::usage(format!("show the screen: {error}")),
        other => Failure::absent(format!("show the screen: {other}")),
    }
}

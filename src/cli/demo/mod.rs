//! `armoury demo`: a whole practice station. Readers and camera are simulated over the real protocols; ledger,
//! decisions, socket, screen and headquarters are the real ones.

mod director;
mod headquarters;
mod stage;

use std::io::IsTerminal;
use std::path::PathBuf;
use std::time::Duration;

use armoury_hardware::symbol::on_fenced_thread;
use clap::Args;
use tokio::signal::unix::{SignalKind, signal};
use tokio::sync::mpsc;

use self::director::Director;
use self::stage::Stage;
use super::run::{hear_file_limit, screen_failure};
use super::{Failure, exit, runtime, say};
use crate::station::{Options, Station};
use crate::tui;

/// How long a headless demonstration lasts when nobody says.
const HEADLESS_FOR: Duration = Duration::from_secs(20);

/// Acts of a person's that may wait.
const ACTS_MAX: usize = 4;

/// A whole practice station
#[derive(Debug, Args)]
pub struct Demo {
    /// One line per event instead of the screen
    #[arg(long)]
    headless: bool,
    /// End by itself after so long, "20s" or "2m"
    #[arg(long = "for", value_name = "TIME", value_parser = parse_time)]
    for_: Option<Duration>,
    /// Where chance begins; printed, so that a demonstration can be had again
    #[arg(long)]
    seed: Option<u64>,
    /// Folder to make for it; one for temporary files when absent
    #[arg(long, value_name = "DIR")]
    data: Option<PathBuf>,
}

impl Demo {
    pub(super) fn carry_out(self) -> Result<u8, Failure> {
        let headless = self.headless || !std::io::stdout().is_terminal();
        let seed = match self.seed {
            Some(seed) => seed,
            None => random_seed()?,
        };
        let folder = self.data.unwrap_or_else(|| {
            std::env::temp_dir().join(format!("armoury-demo-{}-{seed:x}", std::process::id()))
        });
        let stage = Stage::set(&folder, seed)?;
        let lasts = self.for_.or(headless.then_some(HEADLESS_FOR));
        let outcome = runtime()?.block_on(play(stage, seed, headless, lasts));
        // Said last, when the screen is the person's own again.
        say(format!("seed {seed}; everything this demonstration wrote is in {}", folder.display()));
        outcome.map(|()| exit::DONE)
    }
}

async fn play(stage: Stage, seed: u64, headless: bool, lasts: Option<Duration>) -> Result<(), Failure> {
    hear_file_limit();
    let (acts, asked) = mpsc::channel(ACTS_MAX);
    let options = Options { policy: None, record: None, capture: None, demo: Some(acts) };
    let station = Station::start(&stage.configuration, options).await?;
    let folder = stage.configuration.station.data.clone();
    let socket = stage.configuration.station.socket.clone();
    let from = *station.head.borrow();
    let lines = headless
        .then(|| tokio::spawn(super::lines::print_entries(folder.clone(), station.head.clone(), from, true)));
    let director = Director::new(stage, station.view.clone(), seed);
    let director = tokio::spawn(director.direct(asked));

    let screen = tui::Options { caught: Some(on_fenced_thread), ..tui::Options::default() };
    let outcome = if headless {
        wait(lasts).await
    } else {
        tokio::select! {
            shown = tui::watch(&socket, screen) => shown.map_err(screen_failure),
            waited = wait(lasts) => waited,
        }
    };
    let waiting = station.view.borrow().sync.waiting;
    // The devices outlive the station: a reader that is gone at the end would be entered as a fault.
    let ended = station.end().await;
    director.abort();
    let played = director.await;
    if let Some(lines) = lines {
        lines.abort();
        summary(&folder, waiting)?;
    }
    if let Err(error) = played
        && error.is_panic()
    {
        return Err(Failure::absent("go on with the demonstration: its director has stopped"));
    }
    outcome.and(ended.map_err(Failure::from))
}

/// Waits for the end of the time, or for SIGINT or SIGTERM.
async fn wait(lasts: Option<Duration>) -> Result<(), Failure> {
    let fail = |error: std::io::Error| Failure::absent(format!("listen for signals: {error}"));
    let mut interrupt = signal(SignalKind::interrupt()).map_err(fail)?;
    let mut terminate = signal(SignalKind::terminate()).map_err(fail)?;
    let time = async {
        match lasts {
            Some(lasts) => tokio::time::sleep(lasts).await,
            None => std::future::pending().await,
        }
    };
    tokio::select! {
        () = time => {}
        _ = interrupt.recv() => {}
        _ = terminate.recv() => {}
    }
    Ok(())
}

/// What it came to, from the ledger itself.
fn summary(folder: &std::path::Path, waiting: u64) -> Result<(), Failure> {
    use crate::domain::{DeskKind, Event};
    let reader = crate::ledger::Reader::open(folder)?;
    let checked = reader.verify()?;
    let mut counts = std::collections::BTreeMap::<&str, u32>::new();
    reader.each(0, |entry| {
        if let Event::Desk(desk) = &entry.record.event {
            *counts.entry(desk.kind.word()).or_default() += 1;
        }
        Ok(())
    })?;
    let kinds = [DeskKind::Issued, DeskKind::Returned, DeskKind::Refused, DeskKind::Asked, DeskKind::Unclear];
    let shown = kinds.map(|kind| format!("{} {}", counts.get(kind.word()).unwrap_or(&0), kind.word()));
    say(format!("summary  {}", shown.join(" · ")));
    let (seq, hash) = checked.head;
    say(format!("ledger   {} entries, all as they were written; head {seq} {hash}", checked.entries));
    say(format!(
        "sync     headquarters has signed up to {}; {waiting} waited at the end",
        reader.acknowledged()?
    ));
    Ok(())
}

/// "20s", "2m", or seconds.
pub(super) fn parse_time(text: &str) -> Result<Duration, String> {
    let (digits, unit) = match text.strip_suffix(['s', 'm']) {
        Some(digits) if text.ends_with('m') => (digits, 60),
        Some(digits) => (digits, 1),
        None => (text, 1),
    };
    let number: u64 = digits.parse().map_err(|_| format!("\"{text}\" is no time: write 20s or 2m"))?;
    Ok(Duration::from_secs(number.saturating_mul(unit)))
}

fn random_seed() -> Result<u64, Failure> {
    let mut bytes = [0; 4];
    getrandom::fill(&mut bytes).map_err(|error| Failure::absent(format!("get random bytes: {error}")))?;
    Ok(u64::from(u32::from_le_bytes(bytes)))
}

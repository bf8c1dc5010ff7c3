//! `armoury bench`: simulated readers and scanners from a script, for a station on this machine to be tried on.

use std::path::{Path, PathBuf};
use std::time::Duration;

use armoury_hardware::bench::{BenchReport, Deed, Script, ScriptBench};
use clap::Args;
use serde_json::json;
use tokio::signal::unix::{SignalKind, signal};
use tokio::time::{Instant, sleep_until};

use super::demo::parse_time;
use super::{Failure, exit, read_file, runtime, say};

/// The longest script.
const SCRIPT_BYTES: u64 = 1024 * 1024;

/// Simulated readers and scanners from a script, to try a station on
#[derive(Debug, Args)]
pub struct Bench {
    /// The script: [[reader]], [[scanner]] and [[act]]; config/bench.toml explains it
    script: PathBuf,
    /// End by itself after so long, "20s" or "2m"; else as the script says, or when it is ended
    #[arg(long = "for", value_name = "TIME", value_parser = parse_time)]
    for_: Option<Duration>,
    /// One JSON object per line
    #[arg(long)]
    json: bool,
}

impl Bench {
    pub(super) fn carry_out(self) -> Result<u8, Failure> {
        let script = read_script(&self.script)?;
        let lasts = self.for_.or(script.for_ms.map(Duration::from_millis));
        let folder = self.script.parent().unwrap_or(Path::new("."));
        let mut bench =
            ScriptBench::set_up(&script, folder).map_err(|error| Failure::absent(error.to_string()))?;
        for (device, port) in bench.ports() {
            match self.json {
                true => say(json!({ "device": device, "port": port.display().to_string() })),
                false => say(format!("{device}: {}", port.display())),
            }
        }
        let played = runtime()?.block_on(play(&script, &mut bench, lasts, self.json));
        let mut status = exit::DONE;
        for report in bench.reports() {
            if !report.complaints.is_empty() {
                status = exit::REFUSED;
            }
            tell(&report, self.json)?;
        }
        played.map(|()| status)
    }
}

fn read_script(path: &PathBuf) -> Result<Script, Failure> {
    let refused = |why: String| Failure::usage(format!("read the script {}: {why}", path.display()));
    let bytes = read_file(path, SCRIPT_BYTES)?;
    let text = String::from_utf8(bytes).map_err(|error| refused(error.to_string()))?;
    let script: Script = toml::from_str(&text).map_err(|error| refused(error.to_string()))?;
    match script.problems() {
        problems if problems.is_empty() => Ok(script),
        problems => Err(refused(problems.join("; "))),
    }
}

/// Does every deed at its time, until the end or until somebody ends it.
async fn play(
    script: &Script,
    bench: &mut ScriptBench,
    lasts: Option<Duration>,
    json: bool,
) -> Result<(), Failure> {
    let not_heard = |error: std::io::Error| Failure::absent(format!("listen for signals: {error}"));
    let mut interrupted = signal(SignalKind::interrupt()).map_err(not_heard)?;
    let mut ended = signal(SignalKind::terminate()).map_err(not_heard)?;
    let mut acts: Vec<(u64, &str, Deed)> = Vec::new();
    for act in &script.acts {
        acts.push((act.at_ms, &act.device, act.deed().map_err(Failure::usage)?));
    }
    // Stable: what happens at one moment happens in the order of the file.
    acts.sort_by_key(|(at_ms, ..)| *at_ms);
    let start = Instant::now();
    let mut acts = acts.into_iter().peekable();
    loop {
        let due = acts.peek().map(|(at_ms, ..)| start + Duration::from_millis(*at_ms));
        let end = lasts.map(|lasts| start + lasts);
        let next = match (due, end) {
            (Some(due), Some(end)) => Some(due.min(end)),
            (due, end) => due.or(end),
        };
        tokio::select! {
            () = sleep_or_wait(next) => {}
            _ = interrupted.recv() => return Ok(()),
            _ = ended.recv() => return Ok(()),
        }
        if end.is_some_and(|end| Instant::now() >= end)
            && due.is_none_or(|due| end.is_some_and(|end| due >= end))
        {
            return Ok(());
        }
        if let Some((at_ms, device, deed)) = acts.next() {
            let outcome = bench.act(device, &deed);
            let what = outcome.as_ref().err().map_or_else(|| words(&deed), ToString::to_string);
            match json {
                true => {
                    say(json!({ "at_ms": at_ms, "device": device, "did": what, "done": outcome.is_ok() }))
                }
                false => say(format!("{:>8.3} s  {device}: {what}", at_ms as f64 / 1000.0)),
            }
        }
    }
}

async fn sleep_or_wait(until: Option<Instant>) {
    match until {
        Some(until) => sleep_until(until).await,
        None => std::future::pending().await,
    }
}

fn words(deed: &Deed) -> String {
    let hex = crate::identity::epc::hex;
    match deed {
        Deed::Put(tag) => format!("put {} at antenna {}, {} dBm", hex(&tag.epc), tag.antenna, tag.rssi_dbm),
        Deed::Take(epc) => format!("take {}", hex(epc)),
        Deed::Clear => "all tags taken".into(),
        Deed::Show(text) => format!("show {text:?}"),
        Deed::Unplug => "unplugged".into(),
        Deed::Plug => "plugged in".into(),
        Deed::Stall(for_ms) => format!("deaf and mute for {for_ms} ms"),
        Deed::Noise(count) => format!("{count} bytes of noise"),
        Deed::Send(bytes) => format!("sent {}", hex(bytes)),
    }
}

fn tell(report: &BenchReport, json: bool) -> Result<(), Failure> {
    if json {
        say(serde_json::to_string(report)?);
        return Ok(());
    }
    let BenchReport { device, rounds, flash_writes, ghosts, complaints } = report;
    say(format!(
        "{device}: {rounds} rounds, {flash_writes} writes to flash, {ghosts} ghosts, {} complaints",
        complaints.len()
    ));
    for complaint in complaints {
        say(format!("    {complaint}"));
    }
    Ok(())
}

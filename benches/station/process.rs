//! The program itself: how fast it starts, what it holds in memory, what it burns while nothing happens.

use std::fs::File;
use std::io::{BufRead, BufReader, Write};
use std::os::unix::net::UnixStream;
use std::path::Path;
use std::process::{Child, Command, Stdio};
use std::time::{Duration, Instant};

use armoury::ledger::FILE_NAME;
use armoury::station::protocol::{FromClient, PROTOCOL};
use armoury_hardware::bench::{BenchReader, Nuisances};
use rusqlite::Connection;
use rustix::fs::{Advice, fadvise};
use rustix::process::{Pid, Signal, kill_process};

use super::book::Book;
use super::failure::{Outcome, Told, refuse};
use super::table::Table;

/// Longest start that is waited for.
const PATIENCE: Duration = Duration::from_secs(120);

/// How often it is tried whether the station answers.
const TRY_EVERY: Duration = Duration::from_millis(2);

/// Time in which readers are found and the first figures have come, before anything at rest is measured.
const SETTLE: Duration = Duration::from_secs(4);

/// How long a station at rest is watched.
const REST: Duration = Duration::from_secs(10);

/// The kernel counts a process's time in hundredths of a second on every architecture (proc(5), USER_HZ).
pub const TICKS_PER_S: f64 = 100.0;

/// The aims.
const START_S: f64 = 3.0;
const MEMORY_MB: f64 = 100.0;
const REST_PERCENT: f64 = 2.0;

/// Starts on a long ledger: with the kept fold, with a file that is not in memory, and with nothing kept at all. Also
/// two readers without tags before a station of that size.
pub fn long_ledger(book: &Book, name: &str, table: &mut Table) -> Outcome<()> {
    let run = tempfile::tempdir()?;
    let readers =
        [BenchReader::start(1, Nuisances::default())?, BenchReader::start(2, Nuisances::default())?];
    let ports = [readers[0].path(), readers[1].path()];
    let (path, configuration) = book.configuration(run.path(), &ports, "")?;
    let socket = &configuration.station.socket;

    forget_fold(book)?;
    let station = Running::start(&path, socket)?;
    table.say(format!("start without a kept fold, {name}"), format!("{:.2}", station.answered_s), "s");
    let (_, peak_mb) = station.memory_mb()?;
    table.say("  highest memory of it", format!("{peak_mb:.0}"), "MB");
    station.stop()?;

    let station = Running::start(&path, socket)?;
    table.at_most(format!("start, {name}"), station.answered_s, "s", START_S);
    let (rest_mb, peak_mb) = station.memory_mb()?;
    table.say("  memory (RSS), and highest so far", format!("{rest_mb:.0} / {peak_mb:.0}"), "MB");
    std::thread::sleep(SETTLE);
    let percent = station.burns_percent()?;
    table.at_most(format!("processor at rest, two readers, {name}"), percent, "% of one", REST_PERCENT);
    station.stop()?;

    forget_file(book)?;
    let station = Running::start(&path, socket)?;
    table.at_most("start, nothing of the ledger in the page cache", station.answered_s, "s", START_S);
    station.stop()
}

/// What a station of the size the aim names holds in memory and burns with two readers before which nothing lies.
pub fn memory_and_rest(book: &Book, table: &mut Table) -> Outcome<()> {
    let run = tempfile::tempdir()?;
    let readers =
        [BenchReader::start(1, Nuisances::default())?, BenchReader::start(2, Nuisances::default())?];
    let ports = [readers[0].path(), readers[1].path()];
    let (path, configuration) = book.configuration(run.path(), &ports, "")?;
    let socket = &configuration.station.socket;
    // The first start makes the ballast and the fold; every later one is like the second.
    Running::start(&path, socket)?.stop()?;
    let station = Running::start(&path, socket)?;
    table.at_most("start, 5,000 weapons", station.answered_s, "s", START_S);
    std::thread::sleep(SETTLE);
    let percent = station.burns_percent()?;
    table.at_most("processor at rest, two readers, 5,000 weapons", percent, "% of one", REST_PERCENT);
    let (rest_mb, peak_mb) = station.memory_mb()?;
    table.at_most("memory (RSS), 5,000 weapons", rest_mb, "MB", MEMORY_MB);
    table.say("  highest since its start", format!("{peak_mb:.0}"), "MB");
    station.stop()
}

/// `armoury run`, answering.
pub struct Running {
    child: Child,
    answered_s: f64,
}

impl Running {
    /// Starts it and waits until it answers on its socket.
    pub fn start(configuration: &Path, socket: &Path) -> Outcome<Self> {
        let began = Instant::now();
        let child = Command::new(env!("CARGO_BIN_EXE_armoury"))
            .args(["run", "--config"])
            .arg(configuration)
            .env("RUST_LOG", "error")
            .stdout(Stdio::null())
            .spawn()
            .told("start `armoury run`")?;
        let mut running = Self { child, answered_s: 0.0 };
        while !answers(socket) {
            if let Some(status) = running.child.try_wait()? {
                return refuse(format!("start `armoury run`: it ended with {status}"));
            }
            if began.elapsed() > PATIENCE {
                return refuse(format!("start `armoury run`: no answer within {PATIENCE:?}"));
            }
            std::thread::sleep(TRY_EVERY);
        }
        running.answered_s = began.elapsed().as_secs_f64();
        Ok(running)
    }

    /// Memory held now, and the most so far, in MB.
    pub fn memory_mb(&self) -> Outcome<(f64, f64)> {
        let status = std::fs::read_to_string(format!("/proc/{}/status", self.child.id()))?;
        let of = |key: &str| {
            let line = status.lines().find_map(|line| line.strip_prefix(key))?;
            line.trim().trim_end_matches(" kB").trim().parse::<f64>().ok()
        };
        let found = of("VmRSS:").zip(of("VmHWM:")).told("read the station's memory from /proc")?;
        Ok((found.0 * 1024.0 / 1e6, found.1 * 1024.0 / 1e6))
    }

    /// The share of one processor it takes while it is watched, in percent.
    fn burns_percent(&self) -> Outcome<f64> {
        let (before, began) = (self.ticks()?, Instant::now());
        std::thread::sleep(REST);
        let ticks = self.ticks()? - before;
        Ok(ticks as f64 / TICKS_PER_S / began.elapsed().as_secs_f64() * 100.0)
    }

    /// User and system time so far.
    pub fn ticks(&self) -> Outcome<u64> {
        let stat = std::fs::read_to_string(format!("/proc/{}/stat", self.child.id()))?;
        // The name in parentheses may hold anything; utime and stime are fields 14 and 15 (proc(5)).
        let fields: Vec<&str> = stat.rsplit(')').next().unwrap_or_default().split_whitespace().collect();
        let field = |number: usize| fields.get(number - 3).and_then(|text| text.parse::<u64>().ok());
        let (user, system) = field(14).zip(field(15)).told("read the station's processor time from /proc")?;
        Ok(user + system)
    }

    /// Ends it in order.
    pub fn stop(mut self) -> Outcome<()> {
        let pid =
            i32::try_from(self.child.id()).ok().and_then(Pid::from_raw).told("name the station's process")?;
        kill_process(pid, Signal::TERM)?;
        let status = self.child.wait()?;
        if !status.success() {
            return refuse(format!("end the station: it ended with {status}"));
        }
        Ok(())
    }
}

impl Drop for Running {
    fn drop(&mut self) {
        // Only after an error: an orderly end has been waited for by then.
        if let Ok(None) = self.child.try_wait()
            && let Err(error) = self.child.kill().and_then(|()| self.child.wait())
        {
            eprintln!("bench: failed to end the station: {error}");
        }
    }
}

/// Whether the station says hello.
fn answers(socket: &Path) -> bool {
    let hello = || -> Outcome<bool> {
        let mut stream = UnixStream::connect(socket)?;
        let hello = FromClient::Hello { protocol: PROTOCOL, watch: false, pace_ms: 0 };
        writeln!(stream, "{}", serde_json::to_string(&hello)?)?;
        let mut line = String::new();
        BufReader::new(stream).read_line(&mut line)?;
        Ok(line.contains("hello"))
    };
    hello().unwrap_or(false)
}

/// Deletes the kept fold, as anybody may at any time.
fn forget_fold(book: &Book) -> Outcome<()> {
    Connection::open(book.folder().join(FILE_NAME))?.execute("DELETE FROM snapshot", [])?;
    Ok(())
}

/// Takes the ledger's file out of the page cache, as after a boot.
pub fn forget_file(book: &Book) -> Outcome<()> {
    let file = File::open(book.folder().join(FILE_NAME))?;
    file.sync_all()?;
    fadvise(&file, 0, None, Advice::DontNeed)?;
    Ok(())
}

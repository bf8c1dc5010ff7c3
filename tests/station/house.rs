//! A data folder made by the real program, and stations that run on it.

use std::fs;
use std::io::{Read, Write};
use std::path::{Path, PathBuf};
use std::process::{Child, Command, ExitStatus, Stdio};
use std::sync::{Arc, Mutex};
use std::thread::{self, JoinHandle};
use std::time::{Duration, Instant};

use armoury_hardware::bench::{BenchReader, BenchSettings};
use rustix::process::{Pid, Signal, kill_process};
use serde_json::Value;

use crate::bench::{PERSONS, WEAPONS, badge_epc, hex, weapon_epc};

/// Longest wait for something that takes its time on a busy machine.
pub const PATIENCE: Duration = Duration::from_secs(40);

/// Time between two looks.
const BEAT: Duration = Duration::from_millis(20);

/// The program under test.
pub const ARMOURY: &str = env!("CARGO_BIN_EXE_armoury");

/// What the mark of weapon `W40` says.
pub const MARK: &str = "A1:9GEYXN25B9T";

/// What every configuration here begins with: one reader at the hatch, and times short enough for a test.
const CONFIGURATION: &str = r#"[station]
id = "alpha"
data = "."

[[reader]]
name = "hatch reader"
protocol = "r2000"
port = "../hatch"
baud = 115200
read_point = "hatch"
power_dbm = 24
antennas = [1]

[desk]
window_ms = 3000
dead_time_ms = 100

[presence]
sightings = 2
within_ms = 1000
leave_ms = 600
"#;

/// A folder with a ledger, keys, registers and a configuration, gone afterwards.
pub struct House {
    folder: tempfile::TempDir,
}

/// What a command answered.
#[derive(Debug)]
pub struct Said {
    pub status: Option<i32>,
    pub out: String,
    pub err: String,
}

impl House {
    /// Made with `--live` or `--exercise`, under `parent`, with the registers taken in.
    pub fn under(parent: &Path, practice: &str) -> Self {
        let folder = tempfile::Builder::new().prefix("armoury-").tempdir_in(parent).expect("a folder");
        let data = folder.path().join("data");
        let data = data.to_str().expect("a path in UTF-8");
        let made =
            armoury(&["init", "--data", data, practice, "--supervisor", "S1,DIAZ M.", "--station", "alpha"])
                .done();
        let house = Self { folder };
        house.write("made.txt", made.out);
        house.configure("");
        let weapons = house.write("weapons.csv", weapons_csv());
        let persons = house.write("persons.csv", persons_csv());
        house.armoury(&["weapon", "import", &weapons]).done();
        house.armoury(&["person", "import", &persons]).done();
        house
    }

    /// In the folder for temporary files.
    pub fn new(practice: &str) -> Self {
        Self::under(&std::env::temp_dir(), practice)
    }

    /// The data folder.
    pub fn data(&self) -> PathBuf {
        self.folder.path().join("data")
    }

    /// The station's socket.
    pub fn socket(&self) -> PathBuf {
        self.data().join("station.sock")
    }

    /// Writes a file beside the data folder and gives its path.
    pub fn write(&self, name: &str, bytes: impl AsRef<[u8]>) -> String {
        let path = self.folder.path().join(name);
        fs::write(&path, bytes).expect("a file");
        path.to_str().expect("a path in UTF-8").to_owned()
    }

    /// The configuration with something added.
    pub fn configure(&self, more: &str) {
        fs::write(self.data().join("station.toml"), format!("{CONFIGURATION}\n{more}")).expect("a file");
    }

    /// The reader at the hatch.
    pub fn reader(&self) -> BenchReader {
        let link = Some(self.folder.path().join("hatch"));
        BenchReader::start_with(BenchSettings { link, ..BenchSettings::default() }).expect("a reader")
    }

    /// A command on this folder.
    pub fn armoury(&self, arguments: &[&str]) -> Said {
        let data = self.data();
        armoury(&[arguments, &["--data", data.to_str().expect("UTF-8")]].concat())
    }

    /// The station's command.
    pub fn run(&self, more: &[&str]) -> Command {
        let mut command = Command::new(ARMOURY);
        command.arg("run").arg("--config").arg(self.data().join("station.toml")).args(more);
        command
    }

    /// A running station.
    pub fn station(&self) -> Station {
        Station::start(&mut self.run(&[]))
    }

    /// Every entry, as `ledger export` gives them.
    pub fn entries(&self) -> Vec<Value> {
        self.armoury(&["ledger", "export", "--json"]).done().objects()
    }
}

fn weapons_csv() -> String {
    let mut csv = "id,maker,country,model,calibre,serial,rack,slot,epc,mark\n".to_owned();
    for number in 1..=WEAPONS {
        let mark = if number == WEAPONS { MARK } else { "" };
        let epc = hex(&weapon_epc(number));
        csv +=
            &format!("W{number:02},BAE,GB,L85A3,5.56x45,{},A,{number:02},{epc},{mark}\n", 540_000 + number);
    }
    csv
}

fn persons_csv() -> String {
    let mut csv = "id,rank,name,unit,role,badge,may_draw\n".to_owned();
    for number in 1..=PERSONS {
        let may_draw = if number < PERSONS { "*" } else { "" };
        csv += &format!(
            "P{number},Pte,SOLDIER {number},1 Platoon,bearer,epc:{},{may_draw}\n",
            hex(&badge_epc(number))
        );
    }
    csv
}

/// Runs the program to its end.
pub fn armoury(arguments: &[&str]) -> Said {
    Said::of(Command::new(ARMOURY).args(arguments).stdin(Stdio::null()))
}

impl Said {
    /// Runs a command to its end; no command here may take longer than the patience.
    pub fn of(command: &mut Command) -> Self {
        let child = command.stdout(Stdio::piped()).stderr(Stdio::piped()).spawn().expect("the program");
        Listened::to(child).ends()
    }

    /// What is asked of one that must work.
    pub fn done(self) -> Self {
        self.with(0)
    }

    /// Checks the exit status, and that nothing panicked.
    pub fn with(self, status: i32) -> Self {
        assert_eq!(self.status, Some(status), "{}\n{}", self.out, self.err);
        self.sound()
    }

    fn sound(self) -> Self {
        assert!(!self.err.contains("panicked"), "{}", self.err);
        self
    }

    /// One JSON object a line.
    pub fn objects(&self) -> Vec<Value> {
        let object = |line| serde_json::from_str(line).unwrap_or_else(|error| panic!("{line}: {error}"));
        self.out.lines().map(object).collect()
    }
}

/// A child whose output is read all the time, so that it never waits for us.
struct Listened {
    child: Child,
    out: Arc<Mutex<Vec<u8>>>,
    err: Arc<Mutex<Vec<u8>>>,
    reading: Vec<JoinHandle<()>>,
}

impl Listened {
    fn to(mut child: Child) -> Self {
        let (out, err) = (Arc::default(), Arc::default());
        let reading = vec![
            collect(child.stdout.take().expect("piped"), &out),
            collect(child.stderr.take().expect("piped"), &err),
        ];
        Self { child, out, err, reading }
    }

    fn text(bytes: &Mutex<Vec<u8>>) -> String {
        String::from_utf8_lossy(&bytes.lock().expect("not poisoned")).into_owned()
    }

    fn ended(&mut self) -> Option<ExitStatus> {
        self.child.try_wait().expect("our child")
    }

    fn ends(mut self) -> Said {
        let mut status = None;
        until("the program ends", || {
            status = self.ended();
            status.is_some()
        });
        for reading in self.reading.drain(..) {
            reading.join().expect("reading ends");
        }
        let (out, err) = (Self::text(&self.out), Self::text(&self.err));
        Said { status: status.and_then(|status| status.code()), out, err }
    }
}

impl Drop for Listened {
    fn drop(&mut self) {
        if self.ended().is_none() {
            self.child.kill().expect("our child");
            self.child.wait().expect("our child");
        }
    }
}

fn collect(mut from: impl Read + Send + 'static, into: &Arc<Mutex<Vec<u8>>>) -> JoinHandle<()> {
    let into = Arc::clone(into);
    thread::spawn(move || {
        let mut bytes = [0; 4096];
        while let Ok(count @ 1..) = from.read(&mut bytes) {
            into.lock().expect("not poisoned").write_all(&bytes[..count]).expect("memory");
        }
    })
}

/// A station that runs; killed when dropped.
pub struct Station {
    listened: Listened,
}

impl Station {
    /// Starts it and waits until it says that it runs.
    pub fn start(command: &mut Command) -> Self {
        Self::start_until(command, " runs: ")
    }

    /// Starts a server and waits until it says `ready` on standard output.
    pub fn start_until(command: &mut Command, ready: &str) -> Self {
        let child = command.stdin(Stdio::null()).stdout(Stdio::piped()).stderr(Stdio::piped()).spawn();
        let mut listened = Listened::to(child.expect("the program"));
        until("it runs", || {
            let runs = Listened::text(&listened.out).contains(ready);
            let ended = !runs && listened.ended().is_some();
            assert!(!ended, "it ended: {}", Listened::text(&listened.err));
            runs
        });
        Self { listened }
    }

    /// Its process.
    pub fn pid(&self) -> Pid {
        Pid::from_child(&self.listened.child)
    }

    /// What it said on standard output so far.
    pub fn out(&self) -> String {
        Listened::text(&self.listened.out)
    }

    /// What it said on standard error so far.
    pub fn err(&self) -> String {
        Listened::text(&self.listened.err)
    }

    /// Asks it to end and waits for that.
    pub fn stop(self) -> Said {
        kill_process(self.pid(), Signal::TERM).expect("our child");
        self.listened.ends().sound()
    }

    /// Takes the power away.
    pub fn kill(self) -> Said {
        kill_process(self.pid(), Signal::KILL).expect("our child");
        self.listened.ends().sound()
    }
}

/// Waits for something, patiently.
pub fn until(what: &str, done: impl FnMut() -> bool) {
    until_within(PATIENCE, what, done);
}

/// Waits for something that takes its time even on an idle machine.
pub fn until_within(patience: Duration, what: &str, mut done: impl FnMut() -> bool) {
    let start = Instant::now();
    while !done() {
        assert!(start.elapsed() < patience, "{what}: waited {patience:?}");
        thread::sleep(BEAT);
    }
}

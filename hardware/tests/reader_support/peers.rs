//! Programs others wrote, installed by the tests themselves.

use std::fs::{self, File};
use std::io::{self, BufRead, BufReader, Write};
use std::path::{Path, PathBuf};
use std::process::{Child, ChildStdout, Command, Stdio};
use std::sync::OnceLock;

/// What is installed: at the versions the findings are about, and byte for byte the same.
const REQUIREMENTS: &str = include_str!("../peers/requirements.txt");

/// The Python that has the peers. Where it cannot be had the test says that it did not run; on CI that is a failure.
pub fn python() -> Option<&'static Path> {
    static READY: OnceLock<Result<PathBuf, String>> = OnceLock::new();
    match READY.get_or_init(install) {
        Ok(python) => Some(python),
        Err(why) => {
            assert!(std::env::var("CI").as_deref() != Ok("true"), "the peers are not there: {why}");
            // Not by a macro: what those print is kept back of a test that passes.
            let said = writeln!(io::stderr(), "DID NOT RUN: LLRP against programs of others: {why}");
            said.expect("somebody is told");
            None
        }
    }
}

/// Makes a virtual environment beside the build's other output, once for all runs.
fn install() -> Result<PathBuf, String> {
    let folder = Path::new(env!("CARGO_TARGET_TMPDIR")).join("llrp-peers");
    let (python, complete) = (folder.join("bin/python"), folder.join("complete"));
    // Several tests may want it at once, each in a process of its own.
    let turn = File::create(folder.with_extension("lock")).and_then(|lock| lock.lock().map(|()| lock));
    let turn = turn.map_err(|error| format!("{}: {error}", folder.display()))?;
    if fs::read_to_string(&complete).is_ok_and(|installed| installed == REQUIREMENTS) {
        return Ok(python);
    }
    let wanted = Path::new(env!("CARGO_MANIFEST_DIR")).join("tests/peers/requirements.txt");
    println!("installing the programs of {} into {}", wanted.display(), folder.display());
    // What an interrupted run left is replaced.
    run(Command::new("python3").args(["-m", "venv", "--clear"]).arg(&folder))
        .map_err(|why| format!("{why}\n(is python3-venv installed? ./dev test does it)"))?;
    // Their command lines would need more; the parts that talk to readers need nothing else.
    run(Command::new(&python)
        .args(["-m", "pip", "install", "--quiet", "--disable-pip-version-check", "--no-deps"])
        .args(["--only-binary", ":all:", "--require-hashes", "--requirement"])
        .arg(&wanted))?;
    run(Command::new(&python).args(["-c", "import llrpkit.emulator.core, llrpkit.reader, sllurp.llrp"]))?;
    fs::write(&complete, REQUIREMENTS).map_err(|error| error.to_string())?;
    drop(turn);
    Ok(python)
}

fn run(command: &mut Command) -> Result<(), String> {
    let output = command.output().map_err(|error| format!("{command:?}: {error}"))?;
    if output.status.success() {
        return Ok(());
    }
    Err(format!("{command:?}: {}", String::from_utf8_lossy(&output.stderr)))
}

/// A peer at work; ends with its value.
pub struct Peer {
    child: Child,
    lines: BufReader<ChildStdout>,
}

impl Peer {
    /// Starts one of the scripts beside the tests.
    pub fn start(python: &Path, script: &str, arguments: &[&str]) -> Self {
        let script = Path::new(env!("CARGO_MANIFEST_DIR")).join("tests/peers").join(script);
        let mut child = Command::new(python)
            .arg(script)
            .args(arguments)
            .stdin(Stdio::piped())
            .stdout(Stdio::piped())
            .spawn()
            .expect("the peer starts");
        let lines = BufReader::new(child.stdout.take().expect("its output"));
        Self { child, lines }
    }

    /// The next line it says, or `None` at its end.
    pub fn line(&mut self) -> Option<String> {
        let mut line = String::new();
        let count = self.lines.read_line(&mut line).expect("text");
        (count > 0).then(|| line.trim().to_owned())
    }

    /// Tells it something; gives its answer.
    pub fn ask(&mut self, what: &str) -> String {
        let stdin = self.child.stdin.as_mut().expect("its input");
        writeln!(stdin, "{what}").expect("it listens");
        self.line().expect("an answer")
    }

    /// Ends it as a power cut does.
    pub fn kill(&mut self) {
        self.child.kill().expect("it was there");
        self.child.wait().expect("it is gone");
    }
}

impl Drop for Peer {
    fn drop(&mut self) {
        // It may have ended by itself.
        let _ = self.child.kill();
        let _ = self.child.wait();
    }
}

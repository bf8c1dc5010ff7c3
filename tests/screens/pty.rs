//! A child of this test on a pseudo-terminal, and what its terminal shows.

use std::fs::{File, OpenOptions};
use std::io::{Read, Write};
use std::path::{Path, PathBuf};
use std::process::{Child, Command, ExitStatus, Stdio};
use std::sync::atomic::{AtomicBool, Ordering};
use std::sync::{Arc, Mutex};
use std::thread::{self, JoinHandle};
use std::time::{Duration, Instant};

use rustix::process::Pid;
use rustix::pty::{OpenptFlags, grantpt, openpt, ptsname, unlockpt};
use rustix::termios::{LocalModes, Winsize, tcgetattr, tcsetwinsize};

/// Tells the child which socket to watch.
pub const SOCKET: &str = "ARMOURY_SCREEN_SOCKET";

/// Tells the child to panic in another thread.
pub const PANIC: &str = "ARMOURY_SCREEN_PANIC";

/// Longest wait for something that takes its time on a busy machine.
const PATIENCE: Duration = Duration::from_secs(15);

/// A folder with a socket in it, gone afterwards.
pub struct Desk {
    _folder: tempfile::TempDir,
    pub socket: PathBuf,
}

impl Desk {
    pub fn new() -> Self {
        let folder = tempfile::tempdir().expect("a folder");
        let socket = folder.path().join("station.sock");
        Self { _folder: folder, socket }
    }
}

/// A child on a pseudo-terminal, and what its terminal shows.
pub struct Screen {
    child: Child,
    master: Option<File>,
    slave: File,
    terminal: Arc<Mutex<Shown>>,
    reading: Option<JoinHandle<()>>,
    hung_up: Arc<AtomicBool>,
}

struct Shown {
    parser: vt100::Parser,
    bytes: Vec<u8>,
}

impl Screen {
    pub fn start(socket: &Path, variables: &[(&str, &str)]) -> Self {
        let master = openpt(OpenptFlags::RDWR | OpenptFlags::NOCTTY | OpenptFlags::CLOEXEC).expect("a pty");
        grantpt(&master).expect("grantpt");
        unlockpt(&master).expect("unlockpt");
        let name = ptsname(&master, Vec::new()).expect("its name");
        let open = || {
            let name = name.to_str().expect("a name in ASCII");
            let mut options = OpenOptions::new();
            std::os::unix::fs::OpenOptionsExt::custom_flags(
                &mut options,
                rustix::fs::OFlags::NOCTTY.bits() as i32,
            );
            options.read(true).write(true).open(name).expect("the other end")
        };
        let slave = open();
        tcsetwinsize(&slave, winsize(80, 24)).expect("a size");
        let child = child(socket, variables)
            .stdin(Stdio::from(open()))
            .stdout(Stdio::from(open()))
            .stderr(Stdio::from(open()))
            .spawn()
            .expect("the child");
        let master = File::from(master);
        let shown = Shown { parser: vt100::Parser::new(24, 80, 0), bytes: Vec::new() };
        let terminal = Arc::new(Mutex::new(shown));
        let (mut from, filling) = (master.try_clone().expect("a second handle"), Arc::clone(&terminal));
        let hung_up = Arc::new(AtomicBool::new(false));
        let stop = Arc::clone(&hung_up);
        let reading = thread::spawn(move || {
            let mut bytes = [0; 4096];
            while !stop.load(Ordering::SeqCst) {
                if !has_bytes(&from) {
                    continue;
                }
                let Ok(read @ 1..) = from.read(&mut bytes) else { return };
                let mut shown = filling.lock().expect("the terminal");
                shown.parser.process(&bytes[..read]);
                shown.bytes.extend_from_slice(&bytes[..read]);
            }
        });
        Self { child, master: Some(master), slave, terminal, reading: Some(reading), hung_up }
    }

    /// Cuts the line, as a lost SSH connection does.
    pub fn hang_up(&mut self) {
        self.hung_up.store(true, Ordering::SeqCst);
        if let Some(reading) = self.reading.take() {
            reading.join().expect("the reader ends");
        }
        self.master = None;
    }

    pub fn text(&self) -> String {
        self.terminal.lock().expect("the terminal").parser.screen().contents()
    }

    /// Waits until it shows `text`; says how long that took.
    pub fn sees(&self, text: &str) -> Duration {
        let start = Instant::now();
        while !self.text().contains(text) {
            assert!(start.elapsed() < PATIENCE, "{text:?} did not appear in\n{}", self.text());
            thread::sleep(Duration::from_millis(10));
        }
        start.elapsed()
    }

    pub fn press(&mut self, keys: &str) {
        let master = self.master.as_mut().expect("the line is not cut");
        master.write_all(keys.as_bytes()).expect("the terminal takes keys");
    }

    pub fn resize(&self, columns: u16, rows: u16) {
        {
            let mut shown = self.terminal.lock().expect("the terminal");
            shown.parser.screen_mut().set_size(rows.max(1), columns.max(1));
        }
        tcsetwinsize(&self.slave, winsize(columns, rows)).expect("a new size");
    }

    /// Frames so far: each ends with the cursor hidden.
    pub fn frames(&self) -> usize {
        let shown = self.terminal.lock().expect("the terminal");
        shown.bytes.windows(6).filter(|bytes| bytes == b"\x1b[?25l").count()
    }

    pub fn is_raw(&self) -> bool {
        let modes = tcgetattr(&self.slave).expect("terminal settings").local_modes;
        !modes.intersects(LocalModes::ICANON | LocalModes::ECHO)
    }

    pub fn pid(&self) -> Pid {
        Pid::from_child(&self.child)
    }

    pub fn ends(&mut self) -> ExitStatus {
        let start = Instant::now();
        loop {
            if let Some(status) = self.child.try_wait().expect("the child is ours") {
                return status;
            }
            assert!(start.elapsed() < PATIENCE, "it does not end:\n{}", self.text());
            thread::sleep(Duration::from_millis(10));
        }
    }

    pub fn assert_given_back(&self) {
        until("the last bytes arrive", || {
            let shown = self.terminal.lock().expect("the terminal");
            let screen = shown.parser.screen();
            !screen.alternate_screen() && !screen.hide_cursor() && !screen.bracketed_paste()
        });
        let modes = tcgetattr(&self.slave).expect("terminal settings").local_modes;
        assert!(modes.contains(LocalModes::ICANON | LocalModes::ECHO | LocalModes::ISIG), "{modes:?}");
    }
}

impl Drop for Screen {
    fn drop(&mut self) {
        // It may have ended by itself, which is what most stories want.
        if matches!(self.child.try_wait(), Ok(None)) {
            self.child.kill().expect("the child is ours");
            self.child.wait().expect("the child is ours");
        }
    }
}

/// Waits a little for something to read.
fn has_bytes(from: &File) -> bool {
    let mut ready = [rustix::event::PollFd::new(from, rustix::event::PollFlags::IN)];
    let patience = rustix::event::Timespec { tv_sec: 0, tv_nsec: 20_000_000 };
    rustix::event::poll(&mut ready, Some(&patience)).is_ok_and(|count| count > 0)
}

pub fn child(socket: &Path, variables: &[(&str, &str)]) -> Command {
    let mut command = Command::new(std::env::current_exe().expect("this program"));
    command.args(["--exact", "terminal::the_child_of_the_stories", "--nocapture", "--test-threads=1"]);
    for unset in ["NO_COLOR", "SSH_CONNECTION", "RUST_BACKTRACE", PANIC] {
        command.env_remove(unset);
    }
    command.env(SOCKET, socket).env("TERM", "xterm-256color").env("TZ", "UTC");
    command.envs(variables.iter().copied());
    command
}

fn winsize(columns: u16, rows: u16) -> Winsize {
    Winsize { ws_row: rows, ws_col: columns, ws_xpixel: 0, ws_ypixel: 0 }
}

pub fn until(what: &str, mut done: impl FnMut() -> bool) {
    let start = Instant::now();
    while !done() {
        assert!(start.elapsed() < PATIENCE, "{what}: waited {PATIENCE:?}");
        thread::sleep(Duration::from_millis(10));
    }
}

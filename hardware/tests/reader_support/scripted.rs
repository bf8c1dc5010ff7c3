//! A reader of ten lines on a pseudo-terminal: it answers each piece of input and says something of its own.

use std::io::{ErrorKind, Read, Write};
use std::os::fd::AsFd;
use std::path::{Path, PathBuf};
use std::sync::Arc;
use std::sync::atomic::{AtomicBool, Ordering};
use std::thread::JoinHandle;
use std::time::{Duration, Instant};

use rustix::event::{PollFd, PollFlags, Timespec, poll};
use rustix::pty::{OpenptFlags, grantpt, openpt, ptsname, unlockpt};

/// Answers each piece of input with whatever a function makes of it, and says something of its own now and then.
pub struct Scripted {
    path: PathBuf,
    quit: Arc<AtomicBool>,
    thread: Option<JoinHandle<()>>,
}

impl Scripted {
    pub fn start(
        every: Duration,
        answer: impl Fn(&[u8]) -> Vec<u8> + Send + 'static,
        say: impl FnMut() -> Vec<u8> + Send + 'static,
    ) -> Self {
        let master = openpt(OpenptFlags::RDWR | OpenptFlags::NOCTTY).expect("a terminal");
        grantpt(&master).expect("granted");
        unlockpt(&master).expect("unlocked");
        rustix::io::ioctl_fionbio(&master, true).expect("it never blocks");
        let name = ptsname(&master, Vec::new()).expect("a name");
        let path = PathBuf::from(name.into_string().expect("ASCII"));
        let quit = Arc::new(AtomicBool::new(false));
        let thread = std::thread::spawn({
            let (path, quit) = (path.clone(), Arc::clone(&quit));
            move || {
                // Held open as a careless script does; without it the master reports a hang-up until somebody comes.
                let _slave = std::fs::File::open(path).expect("the other end");
                play(std::fs::File::from(master), &quit, every, answer, say);
            }
        });
        Self { path, quit, thread: Some(thread) }
    }

    pub fn path(&self) -> &Path {
        &self.path
    }
}

impl Drop for Scripted {
    fn drop(&mut self) {
        self.quit.store(true, Ordering::Relaxed);
        if let Some(thread) = self.thread.take() {
            thread.join().expect("the script ran to its end");
        }
    }
}

fn play(
    mut master: std::fs::File,
    quit: &AtomicBool,
    every: Duration,
    answer: impl Fn(&[u8]) -> Vec<u8>,
    mut say: impl FnMut() -> Vec<u8>,
) {
    let mut next = Instant::now() + every;
    while !quit.load(Ordering::Relaxed) {
        let wait = next.saturating_duration_since(Instant::now()).min(Duration::from_millis(20));
        let tick = Timespec { tv_sec: 0, tv_nsec: i64::from(wait.subsec_nanos()) };
        let mut ends = [PollFd::from_borrowed_fd(master.as_fd(), PollFlags::IN)];
        poll(&mut ends, Some(&tick)).expect("poll");
        if ends[0].revents().contains(PollFlags::IN) {
            let mut bytes = [0; 512];
            let count = master.read(&mut bytes).expect("readable");
            tell(&mut master, &answer(&bytes[..count]));
        }
        if Instant::now() >= next {
            next += every;
            tell(&mut master, &say());
        }
    }
}

/// What a station does not fetch is lost, as on a real line.
fn tell(master: &mut std::fs::File, bytes: &[u8]) {
    match master.write(bytes) {
        Ok(sent) => assert!(sent <= bytes.len()),
        Err(error) => assert_eq!(error.kind(), ErrorKind::WouldBlock, "{error}"),
    }
}

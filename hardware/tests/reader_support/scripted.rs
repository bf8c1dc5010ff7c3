//! A reader of ten lines: what somebody writes who has read half a page of the protocol.

use std::io::{Read, Write};
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
    let tick = Timespec { tv_sec: 0, tv_nsec: 20_000_000 };
    while !quit.load(Ordering::Relaxed) {
        let mut ends = [PollFd::from_borrowed_fd(master.as_fd(), PollFlags::IN)];
        poll(&mut ends, Some(&tick)).expect("poll");
        if ends[0].revents().contains(PollFlags::IN) {
            let mut bytes = [0; 512];
            let count = master.read(&mut bytes).expect("readable");
            master.write_all(&answer(&bytes[..count])).expect("written");
        }
        if Instant::now() >= next {
            next += every;
            master.write_all(&say()).expect("written");
        }
    }
}

/// A frame of the A0 protocol.
pub fn framed(address: u8, command: u8, data: &[u8]) -> Vec<u8> {
    let mut frame = vec![0xA0, data.len() as u8 + 3, address, command];
    frame.extend(data);
    let sum = frame.iter().fold(0_u8, |sum, &byte| sum.wrapping_add(byte));
    frame.push(sum.wrapping_neg());
    frame
}

/// A real-time tag at antenna 1.
pub fn tag_frame(address: u8, command: u8, epc: &[u8], rssi: u8) -> Vec<u8> {
    let mut data = vec![4 << 2, (epc.len() / 2 * 8) as u8, 0];
    data.extend(epc);
    data.push(rssi);
    framed(address, command, &data)
}

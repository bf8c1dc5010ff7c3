//! A reader of which it is known when its last byte left: the A0 protocol's other end, on a pseudo-terminal.
//!
//! `armoury_hardware::bench` has a better reader, but one that sends when its field says so. Here a weapon is shown on
//! demand and the moment is taken before the frame that completes the sightings is written, whole, in one write.

use std::fs::File;
use std::io::{Read, Write};
use std::os::fd::AsFd;
use std::path::{Path, PathBuf};
use std::sync::Arc;
use std::sync::atomic::{AtomicBool, Ordering};
use std::sync::mpsc::{Receiver, Sender, channel};
use std::thread::JoinHandle;
use std::time::{Duration, Instant};

use rustix::event::{PollFd, PollFlags, Timespec, poll};

use super::failure::{Outcome, Told};
use super::terminal::Terminal;

/// Header and address of every frame (protocol sheet, sections 2 and 3).
const HEADER: u8 = 0xA0;
const ADDRESS: u8 = 1;
const INVENTORY: u8 = 0x89;

/// Carrier index 4, antenna 1; and some -60 dBm, as from a tray (protocol sheet, section 5).
const FREQ_ANT: u8 = 4 << 2;
const RSSI: u8 = 69;

/// One pass over the field, and the way between two tags in it.
const PASS: Duration = Duration::from_millis(12);
const PER_TAG: Duration = Duration::from_millis(2);

/// How often it is looked whether the reader is to end.
const LOOK: Timespec = Timespec { tv_sec: 0, tv_nsec: 50_000_000 };

/// How long the station may take to ask for the next round.
const PATIENCE: Duration = Duration::from_secs(10);

/// The reader.
pub struct Peer {
    path: PathBuf,
    quit: Arc<AtomicBool>,
    show: Sender<Vec<u8>>,
    shown: Receiver<Instant>,
    thread: Option<JoinHandle<()>>,
}

impl Peer {
    /// Plugs a reader in before which the badge `badge` lies. A tag counts after `sightings`.
    pub fn plug_in(badge: Vec<u8>, sightings: u32) -> Outcome<Self> {
        let Terminal { line, held, path } = Terminal::new()?;
        let (show, orders) = channel();
        let (moments, shown) = channel();
        let reader = Reader { line, badge, sightings, orders, moments, heard: Vec::new() };
        let quit = Arc::new(AtomicBool::new(false));
        let told = quit.clone();
        let thread = std::thread::Builder::new().name("peer".into()).spawn(move || {
            let _held = held;
            if let Err(error) = reader.live(&told) {
                eprintln!("bench: failed to play the reader: {error}");
            }
        })?;
        Ok(Self { path, quit, show, shown, thread: Some(thread) })
    }

    /// The port.
    pub fn path(&self) -> &Path {
        &self.path
    }

    /// Lays a tag down.
    pub fn show(&self, epc: Vec<u8>) -> Outcome<()> {
        self.show.send(epc).told("show a tag: the reader has ended")
    }

    /// When the frame that completed the sightings began to be written.
    pub fn shown_at(&self) -> Outcome<Instant> {
        self.shown.recv_timeout(PATIENCE).told("show a tag: the station asks for no round")
    }
}

impl Drop for Peer {
    fn drop(&mut self) {
        self.quit.store(true, Ordering::Relaxed);
        if let Some(thread) = self.thread.take()
            && thread.join().is_err()
        {
            eprintln!("bench: the reader's thread had panicked");
        }
    }
}

struct Reader {
    line: File,
    badge: Vec<u8>,
    sightings: u32,
    orders: Receiver<Vec<u8>>,
    moments: Sender<Instant>,
    heard: Vec<u8>,
}

impl Reader {
    /// Answers until told to end.
    fn live(mut self, quit: &AtomicBool) -> std::io::Result<()> {
        while !quit.load(Ordering::Relaxed) {
            match self.question()? {
                Some(INVENTORY) => self.round()?,
                Some(command @ 0x72) => self.say(command, &[8, 2])?,
                Some(command @ 0x79) => self.say(command, &[2, 0, 6])?,
                Some(command @ 0x7B) => self.say(command, &[0, 35])?,
                Some(command) => self.say(command, &[0x10])?,
                None => {}
            }
        }
        Ok(())
    }

    /// The command of the next whole frame, if one came.
    fn question(&mut self) -> std::io::Result<Option<u8>> {
        let mut ends = [PollFd::from_borrowed_fd(self.line.as_fd(), PollFlags::IN)];
        poll(&mut ends, Some(&LOOK))?;
        if ends[0].revents().contains(PollFlags::IN) {
            let mut bytes = [0; 256];
            let count = self.line.read(&mut bytes)?;
            self.heard.extend(&bytes[..count]);
        }
        let &[HEADER, length, _, command, ..] = self.heard.as_slice() else {
            return Ok(None);
        };
        let end = usize::from(length) + 2;
        if self.heard.len() < end {
            return Ok(None);
        }
        self.heard.drain(..end);
        Ok(Some(command))
    }

    /// One round: the badge, and the tag whose turn it is, apart from each other as tags are on the air.
    fn round(&mut self) -> std::io::Result<()> {
        let badge = self.badge.clone();
        self.tag(&badge)?;
        if let Ok(epc) = self.orders.try_recv() {
            for _ in 1..self.sightings {
                std::thread::sleep(PER_TAG);
                self.tag(&epc)?;
            }
            std::thread::sleep(PER_TAG);
            let now = Instant::now();
            self.tag(&epc)?;
            self.moments.send(now).map_err(std::io::Error::other)?;
        }
        std::thread::sleep(PASS);
        self.say(INVENTORY, &[0, 0, 100, 0, 0, 0, 1])
    }

    fn tag(&mut self, epc: &[u8]) -> std::io::Result<()> {
        // The protocol control word holds the length in words in its upper five bits.
        let mut data = vec![FREQ_ANT, (epc.len() / 2) as u8 * 8, 0];
        data.extend(epc);
        data.push(RSSI);
        self.say(INVENTORY, &data)
    }

    fn say(&mut self, command: u8, data: &[u8]) -> std::io::Result<()> {
        let mut frame = vec![HEADER, data.len() as u8 + 3, ADDRESS, command];
        frame.extend(data);
        let sum = frame.iter().fold(0_u8, |sum, byte| sum.wrapping_add(*byte));
        frame.push(sum.wrapping_neg());
        self.line.write_all(&frame)
    }
}

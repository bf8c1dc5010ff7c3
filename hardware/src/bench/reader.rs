//! A simulated R2000 reader on a pseudo-terminal.

use std::io::{self, ErrorKind, Read, Write};
use std::os::fd::{AsFd, BorrowedFd};
use std::os::unix::net::UnixStream;
use std::path::{Path, PathBuf};
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};
use std::thread::JoinHandle;
use std::time::{Duration, Instant};

use rustix::event::{PollFd, PollFlags, Timespec, poll};

use super::Nuisances;
use super::a0::A0;
use super::field::BenchTag;
use super::pty::{Link, Plugged};

/// What a simulated reader is like.
#[derive(Debug, Clone)]
pub struct BenchSettings {
    /// Where all chance comes from.
    pub seed: u64,
    /// How bad line and field are.
    pub nuisances: Nuisances,
    /// Refuse an inventory before power and antenna were written.
    pub strict: bool,
    /// Send no faster than 115200 baud.
    pub paced: bool,
    /// The reader's address on the line.
    pub address: u8,
    /// Major and minor.
    pub firmware: [u8; 2],
    /// How many antenna ports it has.
    pub ports: u8,
    /// Antennas that are not screwed on, counted from 1.
    pub missing_antennas: Vec<u8>,
    /// Whether it knows the command for power in RAM.
    pub power_in_ram: bool,
    /// The name under which the port appears; `None` makes one in a folder for temporary files.
    pub link: Option<PathBuf>,
}

impl Default for BenchSettings {
    fn default() -> Self {
        Self {
            seed: 1,
            nuisances: Nuisances::default(),
            strict: true,
            paced: true,
            address: 1,
            firmware: [8, 2],
            ports: 4,
            missing_antennas: Vec::new(),
            power_in_ram: true,
            link: None,
        }
    }
}

/// A simulated R2000 reader. It runs on a thread of its own, sleeps while nothing is to be done, and ends when dropped.
pub struct BenchReader {
    shared: Arc<Shared>,
    link: Link,
    wake: UnixStream,
    thread: Option<JoinHandle<()>>,
}

struct Shared {
    state: Mutex<State>,
    started: Instant,
}

struct State {
    reader: A0,
    plugged: Option<Arc<Plugged>>,
    deaf_until: Duration,
    quit: bool,
}

impl BenchReader {
    /// Starts a strict, paced reader with four ports.
    ///
    /// # Errors
    /// When the system has no pseudo-terminal or no thread left, or the link cannot be made.
    pub fn start(seed: u64, nuisances: Nuisances) -> io::Result<Self> {
        Self::start_with(BenchSettings { seed, nuisances, ..BenchSettings::default() })
    }

    /// Starts a reader of any kind.
    ///
    /// # Errors
    /// As [`BenchReader::start`].
    pub fn start_with(settings: BenchSettings) -> io::Result<Self> {
        let link = Link::new(settings.link.clone())?;
        let plugged = Plugged::new()?;
        link.point_at(&plugged)?;
        let (wake, woken) = UnixStream::pair()?;
        wake.set_nonblocking(true)?;
        woken.set_nonblocking(true)?;
        let shared = Arc::new(Shared {
            state: Mutex::new(State {
                reader: A0::new(settings),
                plugged: Some(Arc::new(plugged)),
                deaf_until: Duration::ZERO,
                quit: false,
            }),
            started: Instant::now(),
        });
        let thread = std::thread::Builder::new().name("bench-reader".to_owned()).spawn({
            let shared = Arc::clone(&shared);
            move || live(&shared, woken)
        })?;
        Ok(Self { shared, link, wake, thread: Some(thread) })
    }

    /// The port's name; the same across unplugging, absent in between.
    pub fn path(&self) -> &Path {
        self.link.path()
    }

    /// Puts a tag into the field, or moves and changes the one with the same EPC.
    pub fn place(&self, tag: BenchTag) {
        let mut state = self.shared.lock();
        let tags = &mut state.reader.field.tags;
        tags.retain(|placed| placed.epc != tag.epc);
        tags.push(tag);
    }

    /// Takes a tag away.
    pub fn remove(&self, epc: &[u8]) {
        let mut state = self.shared.lock();
        state.reader.field.tags.retain(|tag| tag.epc != epc);
    }

    /// Takes all tags away.
    pub fn clear(&self) {
        self.shared.lock().reader.field.tags.clear();
    }

    /// The tags in the field.
    pub fn tags(&self) -> Vec<BenchTag> {
        self.shared.lock().reader.field.tags.clone()
    }

    /// EPCs of the tags that lie somewhere behind and are heard now and then.
    pub fn strays(&self) -> Vec<Vec<u8>> {
        self.shared.lock().reader.field.strays.clone()
    }

    /// EPCs of ghosts sent so far; an empty one is a ghost without EPC.
    pub fn ghosts(&self) -> Vec<Vec<u8>> {
        self.shared.lock().reader.field.ghosts.clone()
    }

    /// What the station did that a reader may not expect.
    pub fn complaints(&self) -> Vec<String> {
        self.shared.lock().reader.complaints.clone()
    }

    /// How often the station wrote to the flash memory.
    pub fn flash_writes(&self) -> u32 {
        self.shared.lock().reader.flash_writes
    }

    /// How many rounds were run.
    pub fn rounds(&self) -> u64 {
        self.shared.lock().reader.rounds
    }

    /// Pulls the plug: the station's line ends, and the port's name disappears.
    ///
    /// # Errors
    /// When the link cannot be removed.
    pub fn unplug(&self) -> io::Result<()> {
        self.link.remove()?;
        self.shared.lock().plugged = None;
        self.wake_up();
        Ok(())
    }

    /// Puts the plug back: the same name, another terminal, a reader that forgot its settings.
    ///
    /// # Errors
    /// When the system has no pseudo-terminal left or the link cannot be made.
    pub fn replug(&self) -> io::Result<()> {
        let plugged = Plugged::new()?;
        self.link.point_at(&plugged)?;
        {
            let mut state = self.shared.lock();
            state.reader.power_cycle();
            state.plugged = Some(Arc::new(plugged));
        }
        self.wake_up();
        Ok(())
    }

    /// Sends this many random bytes.
    pub fn mumble(&self, count: u16) {
        {
            let now = self.shared.now();
            let mut state = self.shared.lock();
            let reader = &mut state.reader;
            let bytes = reader.dice.bytes(u64::from(count));
            reader.wire.put(now, bytes);
        }
        self.wake_up();
    }

    /// Sends these bytes as they are, whatever they mean.
    pub fn send_raw(&self, bytes: &[u8]) {
        {
            let now = self.shared.now();
            self.shared.lock().reader.wire.put(now, bytes.to_vec());
        }
        self.wake_up();
    }

    /// Makes the reader deaf and mute for a while, as a bad supply does.
    pub fn stall(&self, for_ms: u64) {
        {
            let until = self.shared.now() + Duration::from_millis(for_ms);
            let mut state = self.shared.lock();
            state.deaf_until = until;
            state.reader.wire.hush_until(until);
        }
        self.wake_up();
    }

    fn wake_up(&self) {
        // A full pipe means that the thread has not yet seen earlier calls: it will.
        if let Err(error) = (&self.wake).write(&[1])
            && error.kind() != ErrorKind::WouldBlock
        {
            tracing::warn!(%error, "bench reader not woken");
        }
    }
}

impl Drop for BenchReader {
    fn drop(&mut self) {
        self.shared.lock().quit = true;
        self.wake_up();
        if let Some(thread) = self.thread.take()
            && thread.join().is_err()
        {
            tracing::error!("the bench reader's thread had panicked");
        }
    }
}

impl Shared {
    fn lock(&self) -> MutexGuard<'_, State> {
        self.state.lock().unwrap_or_else(PoisonError::into_inner)
    }

    /// Time since the reader's start, which is what its own times count from.
    fn now(&self) -> Duration {
        self.started.elapsed()
    }
}

/// The reader's life: send what is due, sleep until something is, take what comes.
fn live(shared: &Shared, mut woken: UnixStream) {
    loop {
        let (plugged, timeout) = {
            let mut state = shared.lock();
            if state.quit {
                return;
            }
            let now = shared.now();
            let plugged = state.plugged.clone();
            while let Some(bytes) = state.reader.wire.take_due(now) {
                if let Some(plugged) = &plugged {
                    send(plugged, &bytes);
                }
            }
            let due = state.reader.wire.next_due();
            (plugged, due.map(|due| due.saturating_sub(now)))
        };
        let came = wait(&woken, plugged.as_deref(), timeout);
        if came.woken {
            let mut bytes = [0; 64];
            while woken.read(&mut bytes).is_ok_and(|count| count > 0) {}
        }
        if let (true, Some(plugged)) = (came.bytes, plugged) {
            take(shared, &plugged);
        }
    }
}

struct Came {
    woken: bool,
    bytes: bool,
}

fn wait(woken: &UnixStream, plugged: Option<&Plugged>, timeout: Option<Duration>) -> Came {
    let timeout = timeout.map(|timeout| Timespec {
        tv_sec: timeout.as_secs() as i64,
        tv_nsec: i64::from(timeout.subsec_nanos()),
    });
    // Polling the same end twice is harmless and spares a second array while nothing is plugged in.
    let line: BorrowedFd<'_> = plugged.map_or(woken.as_fd(), |plugged| plugged.master.as_fd());
    let mut ends = [
        PollFd::from_borrowed_fd(woken.as_fd(), PollFlags::IN),
        PollFd::from_borrowed_fd(line, PollFlags::IN),
    ];
    match poll(&mut ends, timeout.as_ref()) {
        Ok(_) => Came {
            woken: !ends[0].revents().is_empty(),
            bytes: plugged.is_some() && ends[1].revents().contains(PollFlags::IN),
        },
        Err(error) => {
            if error != rustix::io::Errno::INTR {
                tracing::error!(%error, "bench reader cannot wait");
                std::thread::sleep(Duration::from_millis(100));
            }
            Came { woken: false, bytes: false }
        }
    }
}

/// Writes without ever blocking: what a station does not fetch is lost, as on a real line.
fn send(plugged: &Plugged, bytes: &[u8]) {
    match rustix::io::write(&plugged.master, bytes) {
        Ok(count) if count == bytes.len() => {}
        Ok(count) => tracing::debug!(lost = bytes.len() - count, "bench line overrun"),
        Err(error) => tracing::debug!(%error, "bench line overrun"),
    }
}

fn take(shared: &Shared, plugged: &Plugged) {
    let mut bytes = [0; 512];
    match rustix::io::read(&plugged.master, &mut bytes) {
        Ok(count) => {
            let now = shared.now();
            let mut state = shared.lock();
            if now >= state.deaf_until {
                state.reader.receive(&bytes[..count], now);
            }
        }
        Err(error) => tracing::debug!(%error, "bench line not read"),
    }
}

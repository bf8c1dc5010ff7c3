//! A simulated reader on a pseudo-terminal or at a network address.

use std::io::{self, ErrorKind, Read, Write};
use std::os::fd::AsFd;
use std::os::unix::net::UnixStream;
use std::path::{Path, PathBuf};
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};
use std::thread::JoinHandle;
use std::time::{Duration, Instant};

use rustix::event::{PollFd, PollFlags, Timespec, poll};

use super::Nuisances;
use super::a0::R2000Manners;
use super::field::BenchTag;
use super::firmware::{Firmware, Station, firmware};
use super::llrp::LlrpTraits;
use super::plug::{Came, Name, Plugged, Transport};
use crate::reader::Family;

/// What a simulated reader is like.
#[derive(Debug, Clone)]
pub struct BenchSettings {
    /// What it speaks.
    pub family: Family,
    /// Which make of that family, in words that the family's simulation knows; empty is the common one.
    pub variant: String,
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
    /// The most power it takes, dBm; `None` is what its family usually has.
    pub power_dbm_max: Option<u8>,
    /// It was made for the United States and takes no other region.
    pub us_only: bool,
    /// Whether it knows the command for power in RAM.
    pub power_in_ram: bool,
    /// What else an R2000 reader knows.
    pub r2000: R2000Manners,
    /// The name under which the port appears; `None` makes one in a folder for temporary files. Of no use over a network.
    pub link: Option<PathBuf>,
    /// How it is reached.
    pub transport: Transport,
    /// What an LLRP reader is like besides.
    pub llrp: LlrpTraits,
}

impl Default for BenchSettings {
    fn default() -> Self {
        Self {
            family: Family::R2000,
            variant: String::new(),
            seed: 1,
            nuisances: Nuisances::default(),
            strict: true,
            paced: true,
            address: 1,
            firmware: [8, 2],
            ports: 4,
            missing_antennas: Vec::new(),
            power_dbm_max: None,
            us_only: false,
            power_in_ram: true,
            r2000: R2000Manners::default(),
            link: None,
            transport: Transport::Usual,
            llrp: LlrpTraits::default(),
        }
    }
}

/// A simulated reader. It runs on a thread of its own, sleeps while nothing is to be done, and ends when dropped.
pub struct BenchReader {
    shared: Arc<Shared>,
    name: Name,
    wake: UnixStream,
    thread: Option<JoinHandle<()>>,
}

struct Shared {
    state: Mutex<State>,
    started: Instant,
}

struct State {
    reader: Box<dyn Firmware>,
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
        let network = match settings.transport {
            Transport::Usual => settings.family == Family::Llrp,
            Transport::Pty => false,
            Transport::Tcp => true,
        };
        let (name, plugged) = Name::new(network, settings.link.clone(), settings.family.word())?;
        let (wake, woken) = UnixStream::pair()?;
        wake.set_nonblocking(true)?;
        woken.set_nonblocking(true)?;
        let shared = Arc::new(Shared {
            state: Mutex::new(State {
                reader: firmware(settings),
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
        Ok(Self { shared, name, wake, thread: Some(thread) })
    }

    /// The port's name, as a driver is told it: a path that is absent while the reader is unplugged, or
    /// `tcp:ADDRESS:PORT`. The same across unplugging.
    pub fn path(&self) -> &Path {
        self.name.path()
    }

    /// Puts a tag into the field, or moves and changes the one with the same EPC.
    pub fn place(&self, tag: BenchTag) {
        self.with(|station| station.field.place(tag));
    }

    /// Takes a tag away.
    pub fn remove(&self, epc: &[u8]) {
        self.with(|station| station.field.remove(epc));
    }

    /// Takes all tags away.
    pub fn clear(&self) {
        self.with(|station| station.field.clear());
    }

    /// The tags in the field.
    pub fn tags(&self) -> Vec<BenchTag> {
        self.with(|station| station.field.tags())
    }

    /// EPCs of the tags that lie somewhere behind and are heard now and then.
    pub fn strays(&self) -> Vec<Vec<u8>> {
        self.with(|station| station.field.strays.clone())
    }

    /// EPCs of ghosts sent so far; an empty one is a ghost without EPC.
    pub fn ghosts(&self) -> Vec<Vec<u8>> {
        self.with(|station| station.field.ghosts.clone())
    }

    /// What the station did that a reader may not expect.
    pub fn complaints(&self) -> Vec<String> {
        self.with(|station| station.complaints.clone())
    }

    /// How often the station wrote to the flash memory.
    pub fn flash_writes(&self) -> u32 {
        self.with(|station| station.flash_writes)
    }

    /// How many rounds were run.
    pub fn rounds(&self) -> u64 {
        self.with(|station| station.rounds)
    }

    /// What the reader transmits with since its last start, once a station told it to; an R2000 reader's only.
    pub fn power_dbm(&self) -> Option<u8> {
        self.with(|station| station.power_dbm)
    }

    /// Pulls the plug: the station's line ends, and the port's name disappears.
    ///
    /// # Errors
    /// When the link cannot be removed.
    pub fn unplug(&self) -> io::Result<()> {
        self.name.remove()?;
        {
            let now = self.shared.now();
            let mut state = self.shared.lock();
            state.plugged = None;
            state.reader.left(now);
        }
        self.wake_up();
        Ok(())
    }

    /// Puts the plug back: the same name, another terminal, a reader that forgot its settings.
    ///
    /// # Errors
    /// When the system has no pseudo-terminal left, the link cannot be made, or somebody else took the address.
    pub fn replug(&self) -> io::Result<()> {
        let plugged = self.name.plug()?;
        {
            let mut state = self.shared.lock();
            state.reader.power_cycle();
            state.plugged = Some(Arc::new(plugged));
        }
        self.wake_up();
        Ok(())
    }

    /// Takes the reader's supply away for a moment, not its line: what it was saying ends in the middle, what it knew from
    /// RAM is gone, and it hears nothing for so long.
    pub fn brown_out(&self, for_ms: u64) {
        {
            let now = self.shared.now();
            let until = now + Duration::from_millis(for_ms);
            let mut state = self.shared.lock();
            let half = state.reader.station().wire.half_of_next();
            state.reader.power_cycle();
            state.deaf_until = until;
            let wire = &mut state.reader.station().wire;
            wire.put(now, half);
            wire.hush_after_this(until);
        }
        self.wake_up();
    }

    /// Sends this many random bytes.
    pub fn mumble(&self, count: u16) {
        {
            let now = self.shared.now();
            self.with(|station| {
                let bytes = station.dice.bytes(u64::from(count));
                station.wire.put(now, bytes);
            });
        }
        self.wake_up();
    }

    /// Sends these bytes as they are, whatever they mean.
    pub fn send_raw(&self, bytes: &[u8]) {
        {
            let now = self.shared.now();
            self.with(|station| station.wire.put(now, bytes.to_vec()));
        }
        self.wake_up();
    }

    /// Makes the reader deaf and mute for a while, as a bad supply does.
    pub fn stall(&self, for_ms: u64) {
        {
            let until = self.shared.now() + Duration::from_millis(for_ms);
            let mut state = self.shared.lock();
            state.deaf_until = until;
            state.reader.station().wire.hush_until(until);
        }
        self.wake_up();
    }

    fn with<T>(&self, look: impl FnOnce(&mut Station) -> T) -> T {
        look(self.shared.lock().reader.station())
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
            let wants = state.reader.live(now);
            let deaf_until = state.deaf_until;
            let station = state.reader.station();
            while let Some(bytes) = station.wire.take_due(now) {
                if let Some(plugged) = &plugged {
                    plugged.send(&bytes);
                }
            }
            if station.hang_up && station.wire.next_due().is_none() {
                station.hang_up = !plugged.as_deref().is_none_or(Plugged::hang_up);
                if !station.hang_up {
                    state.reader.left(now);
                }
            }
            let due = state.reader.station().wire.next_due();
            let hears_again = (deaf_until > now).then_some(deaf_until);
            let due = [due, wants, hears_again].into_iter().flatten().min();
            // While it is deaf, what comes waits outside and must not wake it again and again.
            let plugged = plugged.filter(|plugged| hears_again.is_none() || !plugged.keeps_bytes());
            (plugged, due.map(|due| due.saturating_sub(now)))
        };
        if wait(&woken, plugged.as_deref(), timeout) {
            let mut bytes = [0; 64];
            while woken.read(&mut bytes).is_ok_and(|count| count > 0) {}
        }
        if let Some(plugged) = plugged {
            take(shared, &plugged);
        }
    }
}

/// Sleeps until something is to be done; whether somebody woke the reader.
fn wait(woken: &UnixStream, plugged: Option<&Plugged>, timeout: Option<Duration>) -> bool {
    let timeout = timeout.map(|timeout| Timespec {
        tv_sec: timeout.as_secs() as i64,
        tv_nsec: i64::from(timeout.subsec_nanos()),
    });
    let waited = plugged.map_or(Ok(Vec::new()), Plugged::ends).and_then(|lines| {
        let mut ends = vec![PollFd::from_borrowed_fd(woken.as_fd(), PollFlags::IN)];
        ends.extend(lines.iter().map(|(line, writing)| {
            let flags = if *writing { PollFlags::IN | PollFlags::OUT } else { PollFlags::IN };
            PollFd::from_borrowed_fd(line.as_fd(), flags)
        }));
        match poll(&mut ends, timeout.as_ref()) {
            Ok(_) => Ok(!ends[0].revents().is_empty()),
            Err(rustix::io::Errno::INTR) => Ok(false),
            Err(error) => Err(error.into()),
        }
    });
    waited.unwrap_or_else(|error| {
        tracing::error!(%error, "bench reader cannot wait");
        std::thread::sleep(Duration::from_millis(100));
        true
    })
}

fn take(shared: &Shared, plugged: &Plugged) {
    for came in plugged.look() {
        let now = shared.now();
        let mut state = shared.lock();
        match came {
            Came::Bytes(bytes) => {
                if now >= state.deaf_until || plugged.keeps_bytes() {
                    state.reader.receive(&bytes, now);
                }
            }
            Came::Called => state.reader.called(now),
            Came::Left => state.reader.left(now),
            Came::Another(mut line) => {
                // The line does not block; what the system does not take at once a second client need not know.
                if let Err(error) = line.write_all(&state.reader.turn_away(now)) {
                    tracing::debug!(%error, "second client not told");
                }
            }
        }
    }
}

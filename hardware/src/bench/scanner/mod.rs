//! Simulated bar code scanners: serial ones on a pseudo-terminal, keyboards on a pipe or in the kernel.
//!
//! | File | Is |
//! |---|---|
//! | `mod.rs` | [`BenchScanner`]: a serial scanner one can show codes to, unplug and disturb |
//! | `gm65.rs` | a GM65 module's side: zones, modes, acknowledgements glued to scans |
//! | `ssi.rs` | an SSI scanner's side: packets sent again until they are acknowledged |
//! | `keyboard.rs` | [`BenchKeyboard`]: input events over a pipe |
//! | `uinput.rs` | [`KernelKeyboard`]: a keyboard the kernel itself takes for one |

mod gm65;
mod keyboard;
mod ssi;
mod uinput;

use std::io;
use std::path::{Path, PathBuf};
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};
use std::thread::JoinHandle;
use std::time::{Duration, Instant};

use rustix::event::{PollFd, PollFlags, Timespec, poll};

use super::dice::Dice;
use super::pty::{Link, Terminal};
pub use keyboard::BenchKeyboard;
pub use uinput::KernelKeyboard;

/// What kind of serial scanner to simulate.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum BenchScannerKind {
    /// Sends text with this line end and takes no commands.
    Line(&'static str),
    /// A GM65 module as it leaves the factory: manual mode, set-up codes on, no AIM identifiers.
    Gm65,
    /// An SSI scanner; `false` denies every parameter.
    Ssi(bool),
}

/// A device's side of the protocol. Times are since the bench's start.
trait Device: Send {
    /// A code is held before the lens.
    fn show(&mut self, text: &[u8], now: Duration);
    /// Bytes from the station.
    fn receive(&mut self, bytes: &[u8], now: Duration);
    /// What is to be sent by now.
    fn due(&mut self, now: Duration) -> Vec<u8>;
    /// Supply off and on.
    fn power_cycle(&mut self);
    /// What the station did that such a device does not expect.
    fn complaints(&self) -> Vec<String>;
    /// The next acknowledgement is glued to a scan of this text, or is lost, as the protocol has it.
    fn disturb_next_answer(&mut self, text: &[u8]);
    /// Whether a printed set-up code would change the device now.
    fn takes_setup_codes(&self) -> bool;
}

/// A simulated serial scanner. It runs on a thread of its own and ends when dropped.
pub struct BenchScanner {
    shared: Arc<Shared>,
    link: Link,
    thread: Option<JoinHandle<()>>,
}

struct Shared {
    state: Mutex<State>,
    started: Instant,
}

struct State {
    device: Box<dyn Device>,
    plugged: Option<Arc<Terminal>>,
    dice: Dice,
    deaf_until: Duration,
    quit: bool,
}

/// How long the thread sleeps when nothing comes.
const TICK: Timespec = Timespec { tv_sec: 0, tv_nsec: 5_000_000 };

impl BenchScanner {
    /// Starts a scanner; `seed` is where its noise comes from.
    ///
    /// # Errors
    /// When the system has no pseudo-terminal or no thread left, or the link cannot be made.
    pub fn start(kind: BenchScannerKind, seed: u64) -> io::Result<Self> {
        Self::start_at(kind, seed, None)
    }

    /// The same under a name of one's own.
    ///
    /// # Errors
    /// As [`BenchScanner::start`].
    pub fn start_at(kind: BenchScannerKind, seed: u64, link: Option<PathBuf>) -> io::Result<Self> {
        let link = Link::new(link, "scanner")?;
        let plugged = Terminal::new()?;
        link.point_at(&plugged)?;
        let device: Box<dyn Device> = match kind {
            BenchScannerKind::Line(end) => Box::new(LineDevice { end, out: Vec::new() }),
            BenchScannerKind::Gm65 => Box::new(gm65::Module::new()),
            BenchScannerKind::Ssi(settable) => Box::new(ssi::Engine::new(settable)),
        };
        let shared = Arc::new(Shared {
            state: Mutex::new(State {
                device,
                plugged: Some(Arc::new(plugged)),
                dice: Dice::new(seed),
                deaf_until: Duration::ZERO,
                quit: false,
            }),
            started: Instant::now(),
        });
        let thread = std::thread::Builder::new().name("bench-scanner".to_owned()).spawn({
            let shared = Arc::clone(&shared);
            move || live(&shared)
        })?;
        Ok(Self { shared, link, thread: Some(thread) })
    }

    /// The port's name; the same across unplugging, absent in between.
    pub fn path(&self) -> &Path {
        self.link.path()
    }

    /// Holds a code before the lens.
    pub fn show(&self, text: &[u8]) {
        let now = self.shared.now();
        self.shared.lock().device.show(text, now);
    }

    /// GM65: the next acknowledgement is sent into the middle of a scan of this text. SSI: the next acknowledgement of the
    /// station is lost.
    pub fn disturb_next_answer(&self, text: &[u8]) {
        self.shared.lock().device.disturb_next_answer(text);
    }

    /// Whether a printed set-up code would change the scanner now.
    pub fn takes_setup_codes(&self) -> bool {
        self.shared.lock().device.takes_setup_codes()
    }

    /// What the station did that such a scanner does not expect.
    pub fn complaints(&self) -> Vec<String> {
        self.shared.lock().device.complaints()
    }

    /// Sends these bytes as they are, whatever they mean.
    pub fn send_raw(&self, bytes: &[u8]) {
        self.shared.lock().send(bytes);
    }

    /// Sends this many random bytes.
    pub fn mumble(&self, count: u16) {
        let mut state = self.shared.lock();
        let bytes = state.dice.bytes(u64::from(count));
        state.send(&bytes);
    }

    /// Makes the scanner deaf and mute for a while.
    pub fn stall(&self, for_ms: u64) {
        let until = self.shared.now() + Duration::from_millis(for_ms);
        self.shared.lock().deaf_until = until;
    }

    /// The supply fails for a moment, the cable stays: settings are as at the factory.
    pub fn brown_out(&self) {
        self.shared.lock().device.power_cycle();
    }

    /// Pulls the plug: the station's line ends, and the port's name disappears.
    ///
    /// # Errors
    /// When the link cannot be removed.
    pub fn unplug(&self) -> io::Result<()> {
        self.link.remove()?;
        self.shared.lock().plugged = None;
        Ok(())
    }

    /// Puts the plug back: the same name, another terminal, a scanner that forgot its settings.
    ///
    /// # Errors
    /// When the system has no pseudo-terminal left or the link cannot be made.
    pub fn replug(&self) -> io::Result<()> {
        let plugged = Terminal::new()?;
        self.link.point_at(&plugged)?;
        let mut state = self.shared.lock();
        state.device.power_cycle();
        state.plugged = Some(Arc::new(plugged));
        Ok(())
    }
}

impl Drop for BenchScanner {
    fn drop(&mut self) {
        self.shared.lock().quit = true;
        if let Some(thread) = self.thread.take()
            && thread.join().is_err()
        {
            tracing::error!("the bench scanner's thread had panicked");
        }
    }
}

impl Shared {
    fn lock(&self) -> MutexGuard<'_, State> {
        self.state.lock().unwrap_or_else(PoisonError::into_inner)
    }

    fn now(&self) -> Duration {
        self.started.elapsed()
    }
}

impl State {
    /// Writes without ever blocking: what a station does not fetch is lost, as on a real line.
    fn send(&self, bytes: &[u8]) {
        let Some(plugged) = &self.plugged else { return };
        if bytes.is_empty() {
            return;
        }
        match rustix::io::write(&plugged.master, bytes) {
            Ok(count) if count == bytes.len() => {}
            Ok(count) => tracing::debug!(lost = bytes.len() - count, "bench line overrun"),
            Err(error) => tracing::debug!(%error, "bench line overrun"),
        }
    }
}

/// The scanner's life: send what is due, take what comes.
fn live(shared: &Shared) {
    let mut bytes = [0; 512];
    loop {
        let plugged = {
            let mut state = shared.lock();
            if state.quit {
                return;
            }
            let now = shared.now();
            if now >= state.deaf_until {
                let due = state.device.due(now);
                state.send(&due);
            }
            state.plugged.clone()
        };
        let Some(plugged) = plugged else {
            std::thread::sleep(Duration::from_millis(5));
            continue;
        };
        let mut ends = [PollFd::new(&plugged.master, PollFlags::IN)];
        if poll(&mut ends, Some(&TICK)).is_err() || !ends[0].revents().contains(PollFlags::IN) {
            continue;
        }
        if let Ok(count) = rustix::io::read(&plugged.master, &mut bytes) {
            let now = shared.now();
            let mut state = shared.lock();
            if now >= state.deaf_until {
                state.device.receive(&bytes[..count], now);
            }
        }
    }
}

/// A scanner that only sends text.
struct LineDevice {
    end: &'static str,
    out: Vec<u8>,
}

impl Device for LineDevice {
    fn show(&mut self, text: &[u8], _now: Duration) {
        self.out.extend_from_slice(text);
        self.out.extend_from_slice(self.end.as_bytes());
    }

    fn receive(&mut self, _bytes: &[u8], _now: Duration) {}

    fn due(&mut self, _now: Duration) -> Vec<u8> {
        std::mem::take(&mut self.out)
    }

    fn power_cycle(&mut self) {
        self.out.clear();
    }

    fn complaints(&self) -> Vec<String> {
        Vec::new()
    }

    fn disturb_next_answer(&mut self, _text: &[u8]) {}

    fn takes_setup_codes(&self) -> bool {
        true
    }
}

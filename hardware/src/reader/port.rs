//! Opening a serial port without hanging on it, and how long to wait before the next try.

use std::collections::hash_map::RandomState;
use std::hash::{BuildHasher, Hasher};
use std::io;
use std::path::Path;
use std::time::Duration;

use tokio::task::JoinHandle;
use tokio::time::timeout;
use tokio_serial::{DataBits, FlowControl, Parity, SerialPort, SerialStream, StopBits};

use super::ReaderError;

/// How long opening may take. A healthy adapter needs a few ms, one that just appeared some hundred.
const OPEN_WITHIN: Duration = Duration::from_secs(3);
/// The first wait after a failure: short, because most are a plug put back or an adapter that settles.
const FIRST_WAIT_MS: u64 = 250;
/// The longest wait: a reader put back is found within this time.
const LONGEST_WAIT_MS: u64 = 5_000;

/// Opens one port, again and again, with at most one attempt in flight.
pub(super) struct Opener {
    path: String,
    /// An attempt that outlived its time. It cannot be cancelled, so it is waited for instead of starting another: a
    /// dead adapter must not eat one thread per try.
    pending: Option<JoinHandle<tokio_serial::Result<SerialStream>>>,
}

impl Opener {
    pub(super) fn new(path: &str) -> Self {
        Self { path: path.to_owned(), pending: None }
    }

    /// Opens the port at `baud`, 8N1, without flow control, with DTR and RTS raised.
    pub(super) async fn open(&mut self, baud: u32) -> Result<SerialStream, ReaderError> {
        let path = self.path.clone();
        let attempt =
            self.pending.get_or_insert_with(|| tokio::task::spawn_blocking(move || open_now(&path, baud)));
        let ended = match timeout(OPEN_WITHIN, attempt).await {
            Ok(ended) => ended,
            Err(_) => {
                return Err(ReaderError::OpenStuck {
                    port: short_name(&self.path),
                    waited_ms: OPEN_WITHIN.as_millis() as u64,
                });
            }
        };
        self.pending = None;
        let mut line = match ended {
            Ok(Ok(line)) => line,
            Ok(Err(error)) => return Err(explain(&self.path, error)),
            Err(join) => {
                return Err(ReaderError::Open {
                    port: short_name(&self.path),
                    source: io::Error::other(join),
                });
            }
        };
        // An attempt that was waited for may have been started for another rate.
        line.set_baud_rate(baud).map_err(|error| explain(&self.path, error))?;
        Ok(line)
    }
}

/// The waits between tries: doubling, bounded, and a quarter of each by chance, so that several readers on one hub that
/// lost power together do not all come back in the same instant.
#[derive(Debug)]
pub(super) struct Backoff {
    next_ms: u64,
    chance: RandomState,
}

impl Backoff {
    pub(super) fn new() -> Self {
        Self { next_ms: FIRST_WAIT_MS, chance: RandomState::new() }
    }

    /// Begins again with the shortest wait, after something worked.
    pub(super) fn reset(&mut self) {
        self.next_ms = FIRST_WAIT_MS;
    }

    /// The wait before the next try.
    pub(super) fn next_ms(&mut self) -> u64 {
        let full = self.next_ms;
        self.next_ms = (full * 2).min(LONGEST_WAIT_MS);
        // A fresh hasher's value differs from state to state: chance enough for spreading, without another crate.
        self.chance = RandomState::new();
        let spread = full / 4;
        full - self.chance.build_hasher().finish() % (spread + 1)
    }
}

/// The port as a person calls it: without `/dev/`.
pub(super) fn short_name(path: &str) -> String {
    path.strip_prefix("/dev/").unwrap_or(path).to_owned()
}

fn open_now(path: &str, baud: u32) -> tokio_serial::Result<SerialStream> {
    let builder = tokio_serial::new(path, baud)
        .data_bits(DataBits::Eight)
        .parity(Parity::None)
        .stop_bits(StopBits::One)
        .flow_control(FlowControl::None)
        .exclusive(!is_pseudo_terminal(path));
    let mut line = SerialStream::open(&builder)?;
    // Asking for these in the builder has no effect. A pseudo-terminal has neither line and says so.
    for raised in [line.write_data_terminal_ready(true), line.write_request_to_send(true)] {
        if let Err(error) = raised {
            tracing::debug!(port = path, %error, "control line not set");
        }
    }
    Ok(line)
}

/// The kernel's exclusive mark stays on a pseudo-terminal as long as the program at its other end holds it open, so a
/// station that was killed would lock itself out. A real port loses the mark with its last user.
fn is_pseudo_terminal(path: &str) -> bool {
    Path::new(path).canonicalize().is_ok_and(|real| real.starts_with("/dev/pts"))
}

fn explain(path: &str, error: tokio_serial::Error) -> ReaderError {
    let port = short_name(path);
    match error.kind() {
        tokio_serial::ErrorKind::Io(io::ErrorKind::NotFound) => ReaderError::NotThere { port },
        tokio_serial::ErrorKind::Io(io::ErrorKind::PermissionDenied) => ReaderError::NotAllowed { port },
        tokio_serial::ErrorKind::NoDevice => ReaderError::Busy { port },
        _ => ReaderError::Open { port, source: error.into() },
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn waits_grow_are_bounded_and_begin_again() {
        let mut backoff = Backoff::new();
        let waits: Vec<u64> = (0..10).map(|_| backoff.next_ms()).collect();
        assert!((188..=250).contains(&waits[0]), "{waits:?}");
        assert!((3_750..=5_000).contains(&waits[9]), "{waits:?}");
        assert!(waits.iter().all(|&wait| wait <= LONGEST_WAIT_MS));
        backoff.reset();
        assert!(backoff.next_ms() <= FIRST_WAIT_MS);
    }

    #[test]
    fn a_port_that_is_not_there_is_named_with_the_cable_to_check() {
        let said = explain(
            "/dev/ttyUSB7",
            tokio_serial::Error::new(
                tokio_serial::ErrorKind::Io(io::ErrorKind::NotFound),
                "No such file or directory",
            ),
        )
        .to_string();
        assert_eq!(said, "no device at ttyUSB7: is the reader's cable plugged in?");
    }
}

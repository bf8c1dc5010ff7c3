//! A line to a reader, serial or over the network: opening it without hanging on it, and how long to wait before the
//! next try.

use std::collections::hash_map::RandomState;
use std::hash::{BuildHasher, Hasher};
use std::io;
use std::os::fd::{AsFd, AsRawFd, BorrowedFd, OwnedFd};
use std::path::Path;
use std::pin::Pin;
use std::task::{Context, Poll};
use std::time::Duration;

use rustix::fs::{FlockOperation, Mode, OFlags, flock};
use rustix::io::Errno;
use tokio::io::{AsyncRead, AsyncWrite, ReadBuf};
use tokio::net::{TcpListener, TcpStream};
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

/// How long a reader that calls by itself is waited for before the driver says that none has called.
const CALLED_WITHIN: Duration = Duration::from_secs(30);

/// A line whose rate can be changed: a serial port, a network connection (which has none), or a stand-in.
pub(crate) trait Line: AsyncRead + AsyncWrite + Unpin + Send {
    /// Changes the line's rate without closing it.
    fn set_rate(&mut self, baud: u32) -> io::Result<()>;
}

/// An open line.
#[derive(Debug)]
pub(crate) enum OpenLine {
    Serial(SerialStream),
    Network(TcpStream),
}

impl Line for OpenLine {
    fn set_rate(&mut self, baud: u32) -> io::Result<()> {
        match self {
            Self::Serial(line) => Ok(line.set_baud_rate(baud)?),
            Self::Network(_) => Ok(()),
        }
    }
}

impl AsyncRead for OpenLine {
    fn poll_read(self: Pin<&mut Self>, cx: &mut Context<'_>, buf: &mut ReadBuf<'_>) -> Poll<io::Result<()>> {
        match self.get_mut() {
            Self::Serial(line) => Pin::new(line).poll_read(cx, buf),
            Self::Network(line) => Pin::new(line).poll_read(cx, buf),
        }
    }
}

impl AsyncWrite for OpenLine {
    fn poll_write(self: Pin<&mut Self>, cx: &mut Context<'_>, bytes: &[u8]) -> Poll<io::Result<usize>> {
        match self.get_mut() {
            Self::Serial(line) => Pin::new(line).poll_write(cx, bytes),
            Self::Network(line) => Pin::new(line).poll_write(cx, bytes),
        }
    }

    fn poll_flush(self: Pin<&mut Self>, cx: &mut Context<'_>) -> Poll<io::Result<()>> {
        match self.get_mut() {
            Self::Serial(line) => Pin::new(line).poll_flush(cx),
            Self::Network(line) => Pin::new(line).poll_flush(cx),
        }
    }

    fn poll_shutdown(self: Pin<&mut Self>, cx: &mut Context<'_>) -> Poll<io::Result<()>> {
        match self.get_mut() {
            Self::Serial(line) => Pin::new(line).poll_shutdown(cx),
            Self::Network(line) => Pin::new(line).poll_shutdown(cx),
        }
    }
}

/// Where a line leads, by the way the port is written.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Road<'a> {
    /// A serial port's path.
    Serial(&'a str),
    /// `tcp:HOST:PORT`: the reader is called.
    Call(&'a str),
    /// `listen:ADDRESS:PORT`: the reader calls.
    Listen(&'a str),
}

impl<'a> Road<'a> {
    pub(crate) fn of(port: &'a str) -> Self {
        match (port.strip_prefix("tcp:"), port.strip_prefix("listen:")) {
            (Some(host), _) => Self::Call(host),
            (None, Some(address)) => Self::Listen(address),
            (None, None) => Self::Serial(port),
        }
    }
}

/// Opens one port, again and again, with at most one attempt in flight.
pub(crate) struct Opener {
    path: String,
    /// Kept between calls, so that a reader that calls while nobody waits is not turned away.
    listener: Option<TcpListener>,
    /// An attempt that outlived its time. It cannot be cancelled, so it is waited for instead of starting another: a
    /// dead adapter must not eat one thread per try.
    pending: Option<JoinHandle<tokio_serial::Result<SerialStream>>>,
}

impl Opener {
    pub(crate) fn new(path: &str) -> Self {
        Self { path: path.to_owned(), listener: None, pending: None }
    }

    /// Opens the line: a serial port at `baud`, 8N1, without flow control, with DTR and RTS raised; a connection
    /// without delay on small packets.
    pub(crate) async fn open(&mut self, baud: u32) -> Result<OpenLine, ReaderError> {
        let path = self.path.clone();
        match Road::of(&path) {
            Road::Serial(_) => self.open_serial(baud).await.map(OpenLine::Serial),
            Road::Call(host) => call(host, &path).await.map(OpenLine::Network),
            Road::Listen(address) => self.be_called(address).await.map(OpenLine::Network),
        }
    }

    async fn be_called(&mut self, address: &str) -> Result<TcpStream, ReaderError> {
        let failed = |source| ReaderError::Open { port: self.path.clone(), source };
        if self.listener.is_none() {
            self.listener = Some(TcpListener::bind(address).await.map_err(failed)?);
        }
        let Some(listener) = &self.listener else { return Err(failed(io::ErrorKind::NotConnected.into())) };
        match timeout(CALLED_WITHIN, listener.accept()).await {
            Ok(Ok((line, _))) => prepared(line).map_err(failed),
            Ok(Err(error)) => Err(failed(error)),
            Err(_) => Err(ReaderError::NotCalled {
                port: self.path.clone(),
                waited_ms: CALLED_WITHIN.as_millis() as u64,
            }),
        }
    }

    async fn open_serial(&mut self, baud: u32) -> Result<SerialStream, ReaderError> {
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
pub(crate) struct Backoff {
    next_ms: u64,
    chance: RandomState,
}

impl Backoff {
    pub(crate) fn new() -> Self {
        Self { next_ms: FIRST_WAIT_MS, chance: RandomState::new() }
    }

    /// Begins again with the shortest wait, after something worked.
    pub(crate) fn reset(&mut self) {
        self.next_ms = FIRST_WAIT_MS;
    }

    /// The wait before the next try.
    pub(crate) fn next_ms(&mut self) -> u64 {
        let full = self.next_ms;
        self.next_ms = (full * 2).min(LONGEST_WAIT_MS);
        // A fresh hasher's value differs from state to state: chance enough for spreading, without another crate.
        self.chance = RandomState::new();
        let spread = full / 4;
        full - self.chance.build_hasher().finish() % (spread + 1)
    }
}

/// The port as a person calls it: without `/dev/`.
pub(crate) fn short_name(path: &str) -> String {
    path.strip_prefix("/dev/").unwrap_or(path).to_owned()
}

async fn call(host: &str, port: &str) -> Result<TcpStream, ReaderError> {
    let failed = |source| ReaderError::NotReached { port: port.to_owned(), source };
    match timeout(OPEN_WITHIN, TcpStream::connect(host)).await {
        Ok(Ok(line)) => prepared(line).map_err(failed),
        Ok(Err(error)) => Err(failed(error)),
        Err(_) => Err(failed(io::ErrorKind::TimedOut.into())),
    }
}

fn prepared(line: TcpStream) -> io::Result<TcpStream> {
    line.set_nodelay(true)?;
    Ok(line)
}

fn open_now(path: &str, baud: u32) -> tokio_serial::Result<SerialStream> {
    let builder = tokio_serial::new(path, baud)
        .data_bits(DataBits::Eight)
        .parity(Parity::None)
        .stop_bits(StopBits::One)
        .flow_control(FlowControl::None)
        .exclusive(!is_pseudo_terminal(path));
    let asked = ask_first(path)?;
    let mut line = SerialStream::open(&builder)?;
    drop(asked);
    hold(line_of(&line))?;
    // Asking for these in the builder has no effect. A pseudo-terminal has neither line and says so.
    for raised in [line.write_data_terminal_ready(true), line.write_request_to_send(true)] {
        if let Err(error) = raised {
            tracing::debug!(port = path, %error, "control line not set");
        }
    }
    Ok(line)
}

/// Asks who holds the port before anything is set on it: opening sets the rate, and that of whoever is talking on it with
/// it. Open until the line is, so that the control lines do not drop in between.
fn ask_first(path: &str) -> tokio_serial::Result<OwnedFd> {
    let flags = OFlags::RDWR | OFlags::NOCTTY | OFlags::NONBLOCK | OFlags::CLOEXEC;
    let port = rustix::fs::open(path, flags, Mode::empty()).map_err(|errno| match errno {
        Errno::BUSY => held(),
        errno => io::Error::from(errno).into(),
    })?;
    hold(port.as_fd())?;
    if let Err(errno) = flock(&port, FlockOperation::Unlock) {
        tracing::debug!(port = path, %errno, "the port is let go with its descriptor");
    }
    Ok(port)
}

fn line_of(line: &SerialStream) -> BorrowedFd<'_> {
    // SAFETY: the descriptor is that of a line which is borrowed, and so stays open, as long as what is returned.
    unsafe { BorrowedFd::borrow_raw(line.as_raw_fd()) }
}

/// Holds the port against a second station, also one that runs as root, for whom the kernel's exclusive mark does not
/// count, and on a pseudo-terminal, which cannot have it. The kernel lets go with the line, however that ends.
fn hold(port: BorrowedFd<'_>) -> tokio_serial::Result<()> {
    match flock(port, FlockOperation::NonBlockingLockExclusive) {
        Ok(()) => Ok(()),
        Err(Errno::WOULDBLOCK) => Err(held()),
        Err(errno) => {
            tracing::debug!(%errno, "the port cannot be held");
            Ok(())
        }
    }
}

fn held() -> tokio_serial::Error {
    tokio_serial::Error::new(tokio_serial::ErrorKind::NoDevice, "held by another program")
}

/// The kernel's exclusive mark stays on a pseudo-terminal as long as the program at its other end holds it open, so a
/// station that was killed would lock itself out. A real port loses the mark with its last user.
pub(crate) fn is_pseudo_terminal(path: &str) -> bool {
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

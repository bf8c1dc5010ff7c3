//! How a simulated reader is reached: over a pseudo-terminal with a stable name, or over the network.

use std::io;
use std::net::SocketAddr;
use std::os::fd::{AsFd, OwnedFd};
use std::path::{Path, PathBuf};

use super::pty::{Link, Terminal};
use super::tcp::{Heard, Socket};

/// How a simulated reader is reached.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default)]
pub enum Transport {
    /// As its family usually is: an LLRP reader over the network, any other over a pseudo-terminal.
    #[default]
    Usual,
    /// Over a pseudo-terminal, as with a serial adapter.
    Pty,
    /// Over the network at this machine, one client at a time; a serial reader then sits behind a converter.
    Tcp,
}

/// What a driver is told to open. It stays the same while the reader is unplugged and put back.
pub(super) enum Name {
    Link(Link),
    Address { written: PathBuf, address: SocketAddr },
}

/// A simulated reader's plugged-in end. Dropping it pulls the plug.
pub(super) enum Plugged {
    Terminal(Terminal),
    Socket(Socket),
}

/// What has come from the station's side.
pub(super) type Came = Heard;

impl Name {
    /// A name, and the reader plugged in under it.
    pub(super) fn new(network: bool, link: Option<PathBuf>, device: &str) -> io::Result<(Self, Plugged)> {
        if network {
            let socket = Socket::new(None)?;
            let address = socket.address()?;
            let written = format!("tcp:{address}").into();
            return Ok((Self::Address { written, address }, Plugged::Socket(socket)));
        }
        let name = Self::Link(Link::new(link, device)?);
        let plugged = name.plug()?;
        Ok((name, plugged))
    }

    /// Plugs the reader in again.
    pub(super) fn plug(&self) -> io::Result<Plugged> {
        match self {
            Self::Link(link) => {
                let terminal = Terminal::new()?;
                link.point_at(&terminal)?;
                Ok(Plugged::Terminal(terminal))
            }
            Self::Address { address, .. } => Ok(Plugged::Socket(Socket::new(Some(*address))?)),
        }
    }

    pub(super) fn path(&self) -> &Path {
        match self {
            Self::Link(link) => link.path(),
            Self::Address { written, .. } => written,
        }
    }

    /// Takes the name away, where it can be seen without calling.
    pub(super) fn remove(&self) -> io::Result<()> {
        match self {
            Self::Link(link) => link.remove(),
            Self::Address { .. } => Ok(()),
        }
    }
}

impl Plugged {
    /// What to wait for, and whether to wait until it can be written to.
    pub(super) fn ends(&self) -> io::Result<Vec<(OwnedFd, bool)>> {
        match self {
            Self::Terminal(terminal) => Ok(vec![(terminal.master.as_fd().try_clone_to_owned()?, false)]),
            Self::Socket(socket) => {
                let (listener, client, writing) = socket.ends()?;
                Ok([(listener, false)].into_iter().chain(client.map(|client| (client, writing))).collect())
            }
        }
    }

    /// Sends without ever blocking. What a station does not fetch is lost on a serial line and waits on a network.
    pub(super) fn send(&self, bytes: &[u8]) {
        match self {
            Self::Terminal(terminal) => terminal.send(bytes),
            Self::Socket(socket) => socket.send(bytes),
        }
    }

    /// What has come since the last look.
    pub(super) fn look(&self) -> Vec<Came> {
        match self {
            Self::Terminal(terminal) => terminal.take().into_iter().map(Heard::Bytes).collect(),
            Self::Socket(socket) => socket.look(),
        }
    }

    /// Ends the connection, where there is one, once everything said has left it; whether that is so.
    pub(super) fn hang_up(&self) -> bool {
        match self {
            Self::Terminal(_) => true,
            Self::Socket(socket) => {
                let flushed = socket.is_flushed();
                if flushed {
                    socket.hang_up();
                }
                flushed
            }
        }
    }

    /// Whether what is not taken waits in the network: then a deaf reader misses nothing.
    pub(super) fn keeps_bytes(&self) -> bool {
        matches!(self, Self::Socket(_))
    }
}

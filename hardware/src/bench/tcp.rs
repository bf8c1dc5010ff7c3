//! A simulated reader's end of a network: one client at a time, as a reader has it.

use std::io::{self, ErrorKind, Read, Write};
use std::net::{Ipv4Addr, SocketAddr, TcpListener, TcpStream};
use std::os::fd::{AsFd, OwnedFd};
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};
use std::time::{Duration, Instant};

/// What a client has not fetched; a client that leaves more lying is cut off.
const BACKLOG_MAX: usize = 4 * 1024 * 1024;
/// How long the address of a reader just unplugged may still be taken.
const BIND_WITHIN: Duration = Duration::from_secs(5);

/// A listening address and the client, if there is one. Dropping it cuts the cable.
pub(super) struct Socket {
    listener: TcpListener,
    client: Mutex<Option<Client>>,
}

struct Client {
    line: Arc<TcpStream>,
    /// Bytes the system has not taken yet. On a network nothing is lost while the connection lives.
    backlog: Vec<u8>,
}

/// What has happened at the socket.
pub(super) enum Heard {
    /// A client came.
    Called,
    /// Another one came while one is there.
    Another(TcpStream),
    Bytes(Vec<u8>),
    /// The client is gone.
    Left,
}

impl Socket {
    /// Listens at `address`, or at a free port of this machine.
    pub(super) fn new(address: Option<SocketAddr>) -> io::Result<Self> {
        let began = Instant::now();
        let address = address.unwrap_or_else(|| (Ipv4Addr::LOCALHOST, 0).into());
        let listener = loop {
            match TcpListener::bind(address) {
                Err(error) if error.kind() == ErrorKind::AddrInUse && began.elapsed() < BIND_WITHIN => {
                    std::thread::sleep(Duration::from_millis(10));
                }
                bound => break bound?,
            }
        };
        listener.set_nonblocking(true)?;
        Ok(Self { listener, client: Mutex::new(None) })
    }

    pub(super) fn address(&self) -> io::Result<SocketAddr> {
        self.listener.local_addr()
    }

    /// What to wait for: the listener, the client, and whether the client is also to be written to.
    pub(super) fn ends(&self) -> io::Result<(OwnedFd, Option<OwnedFd>, bool)> {
        let listener = self.listener.as_fd().try_clone_to_owned()?;
        let client = self.client();
        let line = client.as_ref().map(|client| client.line.as_fd().try_clone_to_owned()).transpose()?;
        Ok((listener, line, client.as_ref().is_some_and(|client| !client.backlog.is_empty())))
    }

    /// Sends to the client, now or when the system takes it; without a client the bytes are gone.
    pub(super) fn send(&self, bytes: &[u8]) {
        let mut held = self.client();
        let Some(client) = held.as_mut() else { return };
        client.backlog.extend_from_slice(bytes);
        if let Err(error) = client.flush() {
            tracing::debug!(%error, "bench client cut off");
            *held = None;
        }
    }

    /// Whether everything said has left.
    pub(super) fn is_flushed(&self) -> bool {
        self.client().as_ref().is_none_or(|client| client.backlog.is_empty())
    }

    /// Ends the connection.
    pub(super) fn hang_up(&self) {
        *self.client() = None;
    }

    /// Everything that has happened since the last look.
    pub(super) fn look(&self) -> Vec<Heard> {
        let mut heard = Vec::new();
        while let Ok((line, _)) = self.listener.accept() {
            let ready = line.set_nonblocking(true).and_then(|()| line.set_nodelay(true));
            let mut held = self.client();
            if ready.is_err() {
                continue;
            }
            // A client that left is noticed before the next one is turned away.
            if held.as_mut().is_some_and(|client| !client.is_there(&mut heard)) {
                *held = None;
                heard.push(Heard::Left);
            }
            if held.is_some() {
                heard.push(Heard::Another(line));
            } else {
                *held = Some(Client { line: Arc::new(line), backlog: Vec::new() });
                heard.push(Heard::Called);
            }
        }
        let mut held = self.client();
        if let Some(client) = held.as_mut()
            && (client.flush().is_err() || !client.is_there(&mut heard))
        {
            *held = None;
            heard.push(Heard::Left);
        }
        heard
    }

    fn client(&self) -> MutexGuard<'_, Option<Client>> {
        self.client.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

impl Client {
    /// Takes what has come; false when the client is gone.
    fn is_there(&self, heard: &mut Vec<Heard>) -> bool {
        let mut bytes = [0; 4096];
        loop {
            match (&*self.line).read(&mut bytes) {
                Ok(0) => return false,
                Ok(count) => heard.push(Heard::Bytes(bytes[..count].to_vec())),
                Err(error) => {
                    return matches!(error.kind(), ErrorKind::WouldBlock | ErrorKind::Interrupted);
                }
            }
        }
    }

    fn flush(&mut self) -> io::Result<()> {
        while !self.backlog.is_empty() {
            match (&*self.line).write(&self.backlog) {
                Ok(0) => break,
                Ok(count) => drop(self.backlog.drain(..count)),
                Err(error) if error.kind() == ErrorKind::WouldBlock => break,
                Err(error) if error.kind() == ErrorKind::Interrupted => {}
                Err(error) => return Err(error),
            }
        }
        if self.backlog.len() > BACKLOG_MAX {
            return Err(io::Error::other("the client fetches nothing"));
        }
        Ok(())
    }
}

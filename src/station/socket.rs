//! The local socket: screens and commands attach here. They look and ask; nobody waits for them.

use std::os::unix::fs::PermissionsExt;
use std::path::{Path, PathBuf};
use std::sync::Arc;
use std::sync::atomic::{AtomicU32, Ordering};
use std::time::Duration;

use serde_json::{Map, Value};
use tokio::io::{AsyncBufReadExt, AsyncReadExt, AsyncWriteExt, BufReader};
use tokio::net::unix::{OwnedReadHalf, OwnedWriteHalf};
use tokio::net::{UnixListener, UnixStream};
use tokio::sync::{mpsc, oneshot, watch};
use tokio::time::{Instant, timeout};

use super::inbox::Inbox;
use super::input::{Asked, Input};
use super::peer;
use super::pins::Pins;
use super::protocol::{
    Answer, Ask, DemoAct, FromClient, FromStation, Hello, LINE_MAX_BYTES, LOOKER_LINE_MAX_BYTES, Outcome,
    PROTOCOL,
};
use super::view::View;
use crate::config::Access;
use crate::domain::{Practice, Role};

/// Most clients at once.
const CLIENTS_MAX: u32 = 64;

/// A client that has not taken a line in this time is dropped.
const SLOW: Duration = Duration::from_secs(2);

/// A client must say hello in this time.
const HELLO_TIMEOUT: Duration = Duration::from_secs(5);

/// Least time between two changes.
const PACE_FLOOR: Duration = Duration::from_millis(100);

/// Least time between two changes for a client that asks for more than an hour.
const PACE_CEILING: Duration = Duration::from_secs(10);

/// How long an ask may take.
const ASK_TIMEOUT: Duration = Duration::from_secs(60);

/// What the socket needs of the station.
#[derive(Debug, Clone)]
pub struct Hub {
    /// The picture.
    pub view: watch::Receiver<Arc<View>>,
    /// The way to the clerk.
    pub inbox: Inbox,
    /// Who may what.
    pub access: Arc<Access>,
    /// The station's name.
    pub station: String,
    /// Live or exercise.
    pub practice: Practice,
    /// Where a demonstration's acts go.
    pub demo: Option<mpsc::Sender<DemoAct>>,
    /// Who looks at PINs.
    pub pins: Pins,
    /// Screens attached.
    pub watchers: Arc<AtomicU32>,
}

/// Why the socket cannot be opened.
#[derive(Debug, thiserror::Error)]
pub enum SocketError {
    /// Somebody answers there.
    #[error("open the socket {}: another station answers there; stop it, or name another socket", .0.display())]
    Taken(PathBuf),
    /// It cannot be made.
    #[error("open the socket {}: {source}", .path.display())]
    Io {
        /// Which.
        path: PathBuf,
        /// Why.
        source: std::io::Error,
    },
}

/// Opens the socket. One that a dead station left behind is replaced.
///
/// # Errors
/// Another station answers there, or the file cannot be made.
pub async fn open(path: &Path) -> Result<UnixListener, SocketError> {
    let io = |source| SocketError::Io { path: path.to_owned(), source };
    if UnixStream::connect(path).await.is_ok() {
        return Err(SocketError::Taken(path.to_owned()));
    }
    match std::fs::symlink_metadata(path) {
        Ok(found) if std::os::unix::fs::FileTypeExt::is_socket(&found.file_type()) => {
            std::fs::remove_file(path).map_err(io)?;
        }
        Ok(_) => return Err(io(std::io::Error::other("there is a file of that name that is no socket"))),
        Err(_) => {}
    }
    let listener = UnixListener::bind(path).map_err(io)?;
    std::fs::set_permissions(path, std::fs::Permissions::from_mode(0o660)).map_err(io)?;
    Ok(listener)
}

/// Serves clients until stopped.
pub async fn serve(listener: UnixListener, hub: Hub, mut stop: watch::Receiver<bool>) {
    let clients = Arc::new(AtomicU32::new(0));
    loop {
        let stream = tokio::select! {
            () = super::life::stopped(&mut stop) => return,
            accepted = listener.accept() => match accepted {
                Ok((stream, _)) => stream,
                Err(error) => {
                    tracing::warn!("take a client on the socket: {error}");
                    tokio::time::sleep(Duration::from_millis(100)).await;
                    continue;
                }
            },
        };
        if clients.fetch_add(1, Ordering::Relaxed) >= CLIENTS_MAX {
            clients.fetch_sub(1, Ordering::Relaxed);
            tokio::spawn(turn_away(stream));
            continue;
        }
        let (hub, clients, mut stop) = (hub.clone(), clients.clone(), stop.clone());
        tokio::spawn(async move {
            tokio::select! {
                () = super::life::stopped(&mut stop) => {}
                ended = Client::attend(stream, hub) => {
                    if let Err(why) = ended {
                        tracing::info!("a client of the socket is dropped: {why}");
                    }
                }
            }
            clients.fetch_sub(1, Ordering::Relaxed);
        });
    }
}

/// Tells one client too many why it is not attended.
async fn turn_away(mut stream: UnixStream) {
    tracing::warn!("turn a client away: {CLIENTS_MAX} are attached already");
    let why = format!("{CLIENTS_MAX} clients are attached already: close one and try again");
    if let Ok(mut line) = serde_json::to_vec(&FromStation::Goodbye { why }) {
        line.push(b'\n');
        if !matches!(timeout(SLOW, stream.write_all(&line)).await, Ok(Ok(()))) {
            tracing::debug!("the client turned away did not wait to hear why");
        }
    }
}

/// Why a client is dropped.
#[derive(Debug, thiserror::Error)]
enum Dropped {
    #[error("it does not take what it asked for")]
    Slow,
    #[error("{0}")]
    Io(#[from] std::io::Error),
    #[error("line not understood: {0}")]
    Garbage(String),
    #[error("it speaks protocol {0}, this station {PROTOCOL}: use the same version of the program")]
    Version(u32),
}

struct Client {
    hub: Hub,
    role: Option<Role>,
    user: u32,
    write: OwnedWriteHalf,
    number: u64,
    shown: Option<Map<String, Value>>,
}

impl Client {
    async fn attend(stream: UnixStream, hub: Hub) -> Result<(), Dropped> {
        let own_uid = rustix::process::getuid().as_raw();
        let user = stream.peer_cred()?.uid();
        let role = peer::role_of(&hub.access, user, own_uid);
        let (read, write) = stream.into_split();
        let mut client = Self { hub, role, user, write, number: 0, shown: None };
        let outcome = client.converse(read).await;
        if let Err(why) = &outcome {
            let goodbye = FromStation::Goodbye { why: why.to_string() };
            if client.send(&goodbye).await.is_err() {
                tracing::debug!("a client left before it was told why");
            }
        }
        outcome
    }

    async fn converse(&mut self, read: OwnedReadHalf) -> Result<(), Dropped> {
        let mut lines = Lines { read: BufReader::new(read), line: Vec::new(), most: LOOKER_LINE_MAX_BYTES };
        let first = timeout(HELLO_TIMEOUT, lines.next()).await;
        let first = first.map_err(|_| Dropped::Garbage("no hello came".into()))??;
        let Some(first) = first else { return Ok(()) };
        let FromClient::Hello { protocol, watch, pace_ms } = first else {
            return Err(Dropped::Garbage("the first line is not a hello".into()));
        };
        if protocol != PROTOCOL {
            return Err(Dropped::Version(protocol));
        }
        self.send(&FromStation::Hello(Hello {
            protocol: PROTOCOL,
            version: env!("CARGO_PKG_VERSION").into(),
            station: self.hub.station.clone(),
            practice: self.hub.practice,
            role: self.role,
            demo: self.hub.demo.is_some(),
        }))
        .await?;
        // Only who may import anything has a use for a long line; sixty-four of them would fill a small machine.
        if self.role.is_some() {
            lines.most = LINE_MAX_BYTES;
        }
        let pace = Duration::from_millis(pace_ms).clamp(PACE_FLOOR, PACE_CEILING);
        let _attached = watch.then(|| Attached::new(&self.hub));
        self.attend_lines(&mut lines, watch, pace).await
    }

    async fn attend_lines(&mut self, lines: &mut Lines, watch: bool, pace: Duration) -> Result<(), Dropped> {
        let mut view = self.hub.view.clone();
        if watch {
            let picture = view.borrow_and_update().clone();
            self.picture(&picture).await?;
        }
        let mut next = Instant::now();
        loop {
            tokio::select! {
                line = lines.next() => match line? {
                    None => return Ok(()),
                    Some(FromClient::Picture {}) => {
                        let picture = view.borrow_and_update().clone();
                        self.picture(&picture).await?;
                    }
                    Some(FromClient::Ask { id, command, what }) => {
                        let outcome = self.ask(command, *what).await;
                        self.send(&FromStation::Answer(Answer { id, outcome })).await?;
                    }
                    Some(FromClient::Hello { .. }) => {
                        return Err(Dropped::Garbage("a second hello".into()));
                    }
                },
                changed = async { tokio::time::sleep_until(next).await; view.changed().await }, if watch => {
                    if changed.is_err() {
                        return Ok(());
                    }
                    next = Instant::now() + pace;
                    let picture = view.borrow_and_update().clone();
                    self.change(&picture).await?;
                }
            }
        }
    }

    async fn ask(&self, command: Option<uuid::Uuid>, what: Ask) -> Outcome {
        if let (Ask::Demo { act }, Some(demo)) = (&what, &self.hub.demo) {
            return match demo.try_send(*act) {
                Ok(()) => Outcome::Done(Value::Null),
                Err(_) => Outcome::Refused { why: "the last part is still being played".into() },
            };
        }
        let refused = |why: &str| Outcome::Refused { why: why.to_owned() };
        let what = match self.hub.pins.check(what).await {
            Ok(looked) => looked,
            Err(why) => return refused(&why),
        };
        let (reply, answer) = oneshot::channel();
        let asked = Asked { role: self.role, user: Some(self.user), command, what, reply: Some(reply) };
        if self.hub.inbox.put(Input::Ask(Box::new(asked))).await.is_err() {
            return refused("the station is ending");
        }
        match timeout(ASK_TIMEOUT, answer).await {
            Ok(Ok(outcome)) => outcome,
            Ok(Err(_)) => refused("the station is ending"),
            Err(_) => refused("the clerk did not answer in time; ask again with the same command id"),
        }
    }

    async fn picture(&mut self, view: &View) -> Result<(), Dropped> {
        self.number += 1;
        self.shown = Some(parts(view)?);
        self.send(&FromStation::Picture { n: self.number, view: Box::new(view.clone()) }).await
    }

    /// Sends the top-level parts that differ from what this client was shown.
    async fn change(&mut self, view: &View) -> Result<(), Dropped> {
        let new = parts(view)?;
        let old = self.shown.take().unwrap_or_default();
        let set: Map<String, Value> = new
            .iter()
            .filter(|(key, value)| old.get(*key) != Some(value))
            .map(|(k, v)| (k.clone(), v.clone()))
            .collect();
        self.shown = Some(new);
        if set.is_empty() {
            return Ok(());
        }
        self.number += 1;
        self.send(&FromStation::Change { n: self.number, set }).await
    }

    async fn send(&mut self, message: &FromStation) -> Result<(), Dropped> {
        let mut line = serde_json::to_vec(message).map_err(|error| Dropped::Garbage(error.to_string()))?;
        line.push(b'\n');
        match timeout(SLOW, self.write.write_all(&line)).await {
            Ok(written) => Ok(written?),
            Err(_) => Err(Dropped::Slow),
        }
    }
}

fn parts(view: &View) -> Result<Map<String, Value>, Dropped> {
    match serde_json::to_value(view) {
        Ok(Value::Object(parts)) => Ok(parts),
        Ok(_) => Ok(Map::new()),
        Err(error) => Err(Dropped::Garbage(error.to_string())),
    }
}

/// Counts a screen while it is attached.
struct Attached {
    hub: Hub,
}

impl Attached {
    fn new(hub: &Hub) -> Self {
        let count = hub.watchers.fetch_add(1, Ordering::Relaxed) + 1;
        hub.inbox.offer(Input::Watchers(count));
        Self { hub: hub.clone() }
    }
}

impl Drop for Attached {
    fn drop(&mut self) {
        let count = self.hub.watchers.fetch_sub(1, Ordering::Relaxed).saturating_sub(1);
        self.hub.inbox.offer(Input::Watchers(count));
    }
}

/// Lines of bounded length. What was read of a line is kept when waiting for the rest is given up.
struct Lines {
    read: BufReader<OwnedReadHalf>,
    line: Vec<u8>,
    /// Longest line taken, in bytes.
    most: usize,
}

impl Lines {
    /// The next message; none at the end.
    async fn next(&mut self) -> Result<Option<FromClient>, Dropped> {
        loop {
            let room = (self.most + 1).saturating_sub(self.line.len()) as u64;
            let length = (&mut self.read).take(room).read_until(b'\n', &mut self.line).await?;
            if self.line.len() > self.most {
                return Err(Dropped::Garbage(format!("longer than {} bytes", self.most)));
            }
            let whole = self.line.ends_with(b"\n");
            if !whole && length > 0 {
                continue;
            }
            let line = std::mem::take(&mut self.line);
            if line.is_empty() {
                return Ok(None);
            }
            if line.iter().all(u8::is_ascii_whitespace) {
                continue;
            }
            return serde_json::from_slice(&line)
                .map(Some)
                .map_err(|error| Dropped::Garbage(error.to_string()));
        }
    }
}

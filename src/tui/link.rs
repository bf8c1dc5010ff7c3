//! The road to the station: connects, greets, reads bounded lines, notices silence, tries again.

use std::io;
use std::path::{Path, PathBuf};
use std::time::Duration;

use tokio::io::{AsyncReadExt, AsyncWriteExt};
use tokio::net::UnixStream;
use tokio::net::unix::{OwnedReadHalf, OwnedWriteHalf};
use tokio::sync::mpsc;
use tokio::time::{Instant, sleep_until, timeout};
use uuid::Uuid;

use crate::station::protocol::{Answer, Ask, FromClient, Hello, LINE_MAX_BYTES, PROTOCOL};
use crate::station::view::View;

use super::feed::{Feed, FeedError, News};

/// Silence after which nothing on the screen may look current. The station sends a line each second; `ux.md` asks
/// for the mark within 2 s, and painting it takes its share.
pub const SILENCE: Duration = Duration::from_millis(1_800);

/// Longest wait for the first picture: a station that has just started may be reading its book.
const FIRST_PICTURE: Duration = Duration::from_secs(5);

/// Waits between attempts, seconds; the last one repeats.
const RETRY_S: [u64; 5] = [1, 1, 2, 3, 5];

/// Bytes a line buffer keeps after a long line.
const LINE_KEEP_BYTES: usize = 256 * 1024;

/// To the screen.
#[derive(Debug)]
pub enum FromLink {
    /// The station introduced itself.
    Hello(Hello),
    /// Any line came, at this time.
    Sign(Instant),
    /// A picture, whose line came at this time.
    View(Box<View>, Instant),
    /// An answer.
    Answer(Answer),
    /// The station is not there; what happened, and when the next attempt is.
    Lost {
        /// In a sentence.
        cause: String,
        /// When.
        retry_at: Instant,
    },
}

/// From the screen.
#[derive(Debug)]
pub enum ToLink {
    /// Ask the station.
    Ask {
        /// The screen's number for it.
        id: u64,
        /// What.
        what: Box<Ask>,
    },
    /// Do not wait for the next attempt.
    TryNow,
}

/// Why a connection ended.
#[derive(Debug, thiserror::Error)]
enum LinkError {
    #[error("no station is running here: nothing listens at {}", path.display())]
    NobodyThere { path: PathBuf, source: io::Error },
    #[error("your account may not open {}: ask for the station's group", path.display())]
    NotAllowed { path: PathBuf, source: io::Error },
    #[error("cannot reach the station at {}: {source}", path.display())]
    Unreachable { path: PathBuf, source: io::Error },
    #[error("the connection broke: {0}")]
    Broken(#[from] io::Error),
    #[error("the station closed the connection")]
    Closed,
    #[error("the station said goodbye: {0}")]
    Goodbye(String),
    #[error("the station has not answered for {} s", SILENCE.as_secs_f32().ceil())]
    Silent,
    #[error("the station sent a line of more than {LINE_MAX_BYTES} bytes")]
    LineTooLong,
    #[error(transparent)]
    Feed(#[from] FeedError),
    #[error("cannot put an ask into a line: {0}")]
    Encode(#[from] serde_json::Error),
}

/// Follows the station at `socket` until the screen hangs up.
pub async fn follow(
    socket: PathBuf,
    pace: Duration,
    out: mpsc::Sender<FromLink>,
    mut wishes: mpsc::Receiver<ToLink>,
) {
    let mut attempt = 0;
    loop {
        let mut link = Link { out: &out, wishes: &mut wishes, had_picture: false };
        let Err(error) = link.once(&socket, pace).await else { return };
        if link.had_picture {
            attempt = 0;
        }
        let wait = Duration::from_secs(RETRY_S[attempt.min(RETRY_S.len() - 1)]);
        attempt += 1;
        let retry_at = Instant::now() + wait;
        let lost = FromLink::Lost { cause: error.to_string(), retry_at };
        if out.send(lost).await.is_err() || !wait_for(retry_at, &mut wishes).await {
            return;
        }
    }
}

/// Waits, or less if somebody wants to try now; false when the screen has gone.
async fn wait_for(retry_at: Instant, wishes: &mut mpsc::Receiver<ToLink>) -> bool {
    loop {
        tokio::select! {
            () = sleep_until(retry_at) => return true,
            wish = wishes.recv() => match wish {
                Some(ToLink::TryNow) => return true,
                // The screen answers for asks of a lost connection itself.
                Some(ToLink::Ask { .. }) => {}
                None => return false,
            },
        }
    }
}

struct Link<'a> {
    out: &'a mpsc::Sender<FromLink>,
    wishes: &'a mut mpsc::Receiver<ToLink>,
    had_picture: bool,
}

impl Link<'_> {
    /// One connection from beginning to end; `Ok` when the screen has gone.
    async fn once(&mut self, socket: &Path, pace: Duration) -> Result<(), LinkError> {
        let connect = timeout(SILENCE, UnixStream::connect(socket)).await.map_err(|_| LinkError::Silent)?;
        let stream = connect.map_err(|source| unreachable_station(socket, source))?;
        let (read, mut write) = stream.into_split();
        let mut lines = Lines::new(read);
        let mut feed = Feed::default();
        let pace_ms = pace.as_millis() as u64;
        send(&mut write, &FromClient::Hello { protocol: PROTOCOL, watch: true, pace_ms }).await?;
        let mut sign_at = Instant::now();
        let mut owed_since = sign_at;
        loop {
            let deadline = match (self.had_picture, feed.owes_picture()) {
                (false, true) => owed_since + FIRST_PICTURE,
                (true, true) => owed_since.min(sign_at) + SILENCE,
                (_, false) => sign_at + SILENCE,
            };
            tokio::select! {
                line = lines.next() => {
                    sign_at = Instant::now();
                    let owed = feed.owes_picture();
                    let news = feed.take(line?)?;
                    if feed.owes_picture() && !owed {
                        owed_since = sign_at;
                    }
                    if matches!(news, News::Gap) {
                        send(&mut write, &FromClient::Picture {}).await?;
                    }
                    if !self.tell(news, sign_at).await? {
                        return Ok(());
                    }
                }
                wish = self.wishes.recv() => match wish {
                    Some(ToLink::Ask { id, what }) => {
                        let ask = FromClient::Ask { id, command: Some(Uuid::new_v4()), what };
                        send(&mut write, &ask).await?;
                    }
                    Some(ToLink::TryNow) => {}
                    None => return Ok(()),
                },
                () = sleep_until(deadline) => return Err(LinkError::Silent),
            }
        }
    }

    /// Passes news on; false when the screen has gone.
    async fn tell(&mut self, news: News, at: Instant) -> Result<bool, LinkError> {
        let message = match news {
            News::Hello(hello) => FromLink::Hello(hello),
            News::View(view) => {
                self.had_picture = true;
                FromLink::View(view, at)
            }
            News::Answer(answer) => FromLink::Answer(answer),
            News::Goodbye(why) => return Err(LinkError::Goodbye(why)),
            News::Gap | News::Nothing => FromLink::Sign(at),
        };
        Ok(self.out.send(message).await.is_ok())
    }
}

async fn send(write: &mut OwnedWriteHalf, message: &FromClient) -> Result<(), LinkError> {
    let mut line = serde_json::to_vec(message)?;
    line.push(b'\n');
    timeout(SILENCE, write.write_all(&line)).await.map_err(|_| LinkError::Silent)??;
    Ok(())
}

/// Lines of a socket, none longer than [`LINE_MAX_BYTES`].
struct Lines {
    read: OwnedReadHalf,
    buffer: Vec<u8>,
    /// Bytes at the start that have been given out.
    given: usize,
    /// Bytes at the start that hold no end of a line.
    searched: usize,
}

impl Lines {
    fn new(read: OwnedReadHalf) -> Self {
        Self { read, buffer: Vec::new(), given: 0, searched: 0 }
    }

    /// The next line without its end. Nothing is lost when the future is dropped before it is ready.
    async fn next(&mut self) -> Result<&[u8], LinkError> {
        self.buffer.drain(..std::mem::take(&mut self.given));
        if self.buffer.capacity() > LINE_KEEP_BYTES && self.buffer.len() < LINE_KEEP_BYTES {
            self.buffer.shrink_to(LINE_KEEP_BYTES);
        }
        loop {
            let fresh = &self.buffer[self.searched..];
            if let Some(end) = fresh.iter().position(|byte| *byte == b'\n') {
                let end = self.searched + end;
                if end > LINE_MAX_BYTES {
                    return Err(LinkError::LineTooLong);
                }
                self.given = end + 1;
                self.searched = 0;
                return Ok(&self.buffer[..end]);
            }
            self.searched = self.buffer.len();
            if self.searched > LINE_MAX_BYTES {
                return Err(LinkError::LineTooLong);
            }
            if self.read.read_buf(&mut self.buffer).await? == 0 {
                return Err(LinkError::Closed);
            }
        }
    }
}

fn unreachable_station(path: &Path, source: io::Error) -> LinkError {
    let path = path.to_owned();
    match source.kind() {
        io::ErrorKind::NotFound | io::ErrorKind::ConnectionRefused => LinkError::NobodyThere { path, source },
        io::ErrorKind::PermissionDenied => LinkError::NotAllowed { path, source },
        _ => LinkError::Unreachable { path, source },
    }
}

//! What is at a port: every family is tried at every rate it may have, the likeliest first.

use std::io;
use std::path::Path;
use std::pin::Pin;
use std::task::{Context, Poll};
use std::time::Duration;

use serde::Serialize;
use tokio::io::{AsyncRead, AsyncWrite, ReadBuf};
use tokio::sync::mpsc;
use tokio::time::{Instant, timeout, timeout_at};

use super::drive::Dialect;
use super::line::{Line, OpenLine, Opener, Road, is_pseudo_terminal, short_name};
use super::llrp::{self, Llrp};
use super::m100::M100;
use super::mercury::MercuryReader;
use super::orders::tag_desk;
use super::r2000::R2000;
use super::talk::Talk;
use super::uhfreader18::Uhfreader18;
use super::{Family, Identity, ReaderError, ReaderEvent, ReaderSettings};
use crate::holder::holders;

/// How long the search may take in all.
const SEARCH_WITHIN: Duration = Duration::from_secs(25);
/// How long one family may take at one rate: waking the slowest of them up takes two tries of a second each.
const TRY_WITHIN: Duration = Duration::from_secs(3);
/// Questions at each rate: the first may be spoilt by what an earlier conversation left behind.
const QUESTIONS: u32 = 2;
/// How long the line is listened to between two tries, so that a late answer is not taken for one to the next question.
const SETTLE: Duration = Duration::from_millis(60);
/// How long a reader that was found may take to stop what the question started.
const HUSH_WITHIN: Duration = Duration::from_secs(1);
/// Bytes kept of what came and was no reader's.
const FIRST_BYTES: usize = 32;

/// A reader that was found.
#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
pub struct Found {
    /// What it speaks.
    pub family: Family,
    /// Who it says it is.
    pub identity: Identity,
    /// The rate at which it was understood; 0 over a network.
    pub baud: u32,
}

/// Why no reader was found.
#[derive(Debug, thiserror::Error)]
pub enum FindError {
    /// The port cannot be used.
    #[error(transparent)]
    Port(#[from] ReaderError),
    /// Nothing came back at all.
    #[error(
        "nothing answers at {port}: silence for {waited_ms} ms; is it powered, and are TX and RX crossed? (tried {tried})"
    )]
    Silence {
        /// The port without its `/dev/`.
        port: String,
        /// How long was asked and listened.
        waited_ms: u64,
        /// Families with the rates at which each was asked for.
        tried: String,
    },
    /// Something came back, and no family understands it.
    #[error(
        "{bytes} bytes came from {port} and no reader family understands them: {guess}; they begin {first} (tried {tried})"
    )]
    Garbage {
        /// The port without its `/dev/`.
        port: String,
        /// How many bytes came.
        bytes: u64,
        /// The first of them, in lower-case hex.
        first: String,
        /// What that may mean.
        guess: &'static str,
        /// Families with the rates at which each was asked for.
        tried: String,
    },
}

/// Finds out what reader is at a port that nobody else uses, within half a minute.
///
/// # Errors
/// [`FindError`]: the port cannot be opened, or what came back is no reader's.
pub async fn find_reader(port: &str, baud: Option<u32>) -> Result<Found, FindError> {
    let began = Instant::now();
    // A reader on the network whose port is not said is looked for where those readers are.
    let port = llrp::with_default_port(ReaderSettings::new("search", Family::Llrp, port)).port;
    let mut search = Search {
        port: &port,
        until: began + SEARCH_WITHIN,
        opener: Opener::new(&port),
        heard: Heard::default(),
        tried: Vec::new(),
    };
    // A maker's tool holds no lock, and to root the kernel's exclusive mark does not count. On a pseudo-terminal whoever made
    // it has it open too.
    if let Road::Serial(path) = Road::of(&port)
        && !is_pseudo_terminal(path)
        && !holders(Path::new(path)).is_empty()
    {
        return Err(ReaderError::Busy { port: short_name(path) }.into());
    }
    let found = match Road::of(&port) {
        Road::Serial(_) => search.on_a_line(baud).await?,
        Road::Call(_) | Road::Listen(_) => search.on_the_network().await?,
    };
    found.ok_or_else(|| search.nothing(began.elapsed()))
}

/// One try: a family at a rate.
#[derive(Debug, Clone, Copy)]
struct Try {
    family: Family,
    baud: u32,
}

/// Every family at its likeliest rate, then every family at its next one. With a rate given, only that one.
fn tries(baud: Option<u32>) -> Vec<Try> {
    let families = || Family::ALL.into_iter().filter(|family| *family != Family::Llrp);
    if let Some(baud) = baud {
        return families().map(|family| Try { family, baud }).collect();
    }
    let most = families().map(|family| rates(family).len()).max().unwrap_or(0);
    let nth = |nth: usize| {
        families().filter_map(move |family| Some(Try { family, baud: *rates(family).get(nth)? }))
    };
    (0..most).flat_map(nth).collect()
}

fn rates(family: Family) -> &'static [u32] {
    match family {
        Family::R2000 => R2000::RATES,
        Family::Mercury => MercuryReader::RATES,
        Family::M100 => M100::RATES,
        Family::Uhfreader18 => Uhfreader18::RATES,
        Family::Llrp => &[],
    }
}

async fn ask(
    family: Family,
    port: &str,
    baud: u32,
    line: &mut Overheard,
) -> Result<Option<Found>, ReaderError> {
    match family {
        Family::R2000 => ask_one::<R2000>(port, baud, line).await,
        Family::Mercury => ask_one::<MercuryReader>(port, baud, line).await,
        Family::M100 => ask_one::<M100>(port, baud, line).await,
        Family::Uhfreader18 => ask_one::<Uhfreader18>(port, baud, line).await,
        Family::Llrp => ask_one::<Llrp>(port, baud, line).await,
    }
}

async fn ask_one<D: Dialect>(
    port: &str,
    baud: u32,
    line: &mut Overheard,
) -> Result<Option<Found>, ReaderError> {
    let (said, mut events) = mpsc::unbounded_channel();
    let sink = move |event| {
        if let ReaderEvent::Up { identity, .. } = event
            && said.send(identity).is_err()
        {
            tracing::debug!("the search has ended");
        }
    };
    let mut dialect = D::new(&ReaderSettings::new("search", D::FAMILY, port));
    let mut talk = Talk::<D::Speech, _>::new(sink, tag_desk().1, short_name(port), baud);
    let mut there = false;
    for question in 1..=QUESTIONS {
        talk.begin();
        there = dialect.probe(&mut talk, line, question == QUESTIONS).await?;
        if there {
            break;
        }
    }
    if there && timeout(HUSH_WITHIN, dialect.hush(&mut talk, line)).await.is_err() {
        tracing::debug!(port, "the reader that was found did not stop in time");
    }
    // The last word is the one that knows most.
    let mut identity = None;
    while let Ok(known) = events.try_recv() {
        identity = Some(known);
    }
    Ok(identity.filter(|_| there).map(|identity| Found { family: D::FAMILY, identity, baud }))
}

/// A search at one port.
struct Search<'p> {
    port: &'p str,
    until: Instant,
    opener: Opener,
    heard: Heard,
    tried: Vec<Try>,
}

impl Search<'_> {
    async fn on_a_line(&mut self, baud: Option<u32>) -> Result<Option<Found>, FindError> {
        let tries = tries(baud);
        let first = tries.first().map_or(115_200, |first| first.baud);
        let mut line = self.opened(first).await?;
        let mut nameless = None;
        for one in tries {
            match self.try_one(one, &mut line).await? {
                // A frame that only looks like one of this family has no firmware to tell: somebody else may.
                Some(found) if found.identity.firmware == Identity::unknown().firmware => {
                    nameless = nameless.or(Some(found));
                }
                Some(found) => return Ok(Some(found)),
                None => {}
            }
            if Instant::now() >= self.until {
                break;
            }
        }
        Ok(nameless)
    }

    /// A reader on the network is called anew for each family: it hangs up on what it does not understand.
    async fn on_the_network(&mut self) -> Result<Option<Found>, FindError> {
        let called_by_reader = matches!(Road::of(self.port), Road::Listen(_));
        let rest = Family::ALL.into_iter().filter(|family| *family != Family::Llrp && !called_by_reader);
        for family in std::iter::once(Family::Llrp).chain(rest) {
            let mut line = self.opened(0).await?;
            match self.try_one(Try { family, baud: 0 }, &mut line).await {
                Ok(Some(found)) => return Ok(Some(found)),
                // It speaks this family, and somebody else has it.
                Err(refused @ FindError::Port(ReaderError::Refused { .. })) => return Err(refused),
                // It hung up on what it does not understand, or said what this family does not.
                Ok(None) | Err(_) => {}
            }
            if Instant::now() >= self.until {
                break;
            }
        }
        Ok(None)
    }

    async fn opened(&mut self, baud: u32) -> Result<Overheard, FindError> {
        let late = || ReaderError::NoReply {
            port: short_name(self.port),
            waited_ms: SEARCH_WITHIN.as_millis() as u64,
        };
        let opened = timeout_at(self.until, self.opener.open(baud)).await;
        Ok(Overheard { line: opened.map_err(|_| late())??, heard: Heard::default() })
    }

    async fn try_one(
        &mut self,
        Try { family, baud }: Try,
        line: &mut Overheard,
    ) -> Result<Option<Found>, FindError> {
        if baud != 0 {
            let open = |source| ReaderError::Open { port: short_name(self.port), source };
            line.set_rate(baud).map_err(open)?;
        }
        self.tried.push(Try { family, baud });
        let until = self.until.min(Instant::now() + TRY_WITHIN);
        let asked = timeout_at(until, ask(family, self.port, baud, line)).await;
        let found = match asked {
            Ok(Ok(found)) => found,
            Ok(Err(why)) => {
                self.heard.add(&line.heard);
                return Err(why.into());
            }
            Err(_) => {
                tracing::debug!(port = self.port, family = family.word(), baud, "this try took too long");
                None
            }
        };
        if found.is_none() {
            settle(line).await;
        }
        self.heard.add(&line.heard);
        line.heard = Heard::default();
        Ok(found)
    }

    fn nothing(&self, waited: Duration) -> FindError {
        let (port, waited_ms) = (short_name(self.port), waited.as_millis() as u64);
        let tried = tried(&self.tried);
        if self.heard.bytes == 0 {
            return FindError::Silence { port, waited_ms, tried };
        }
        let first = super::inspect::hex(&self.heard.first);
        FindError::Garbage { port, bytes: self.heard.bytes, first, guess: guess(&self.heard.first), tried }
    }
}

/// The families that were asked for, each with its rates: what a technician reads over the telephone.
fn tried(tries: &[Try]) -> String {
    let of = |family: Family| {
        let rates: Vec<String> = tries
            .iter()
            .filter(|one| one.family == family && one.baud != 0)
            .map(|one| one.baud.to_string())
            .collect();
        tries
            .iter()
            .any(|one| one.family == family)
            .then(|| [&[family.word().to_owned()], &rates[..]].concat().join(" "))
    };
    Family::ALL.into_iter().filter_map(of).collect::<Vec<_>>().join(", ")
}

/// What bytes that no family understands may be.
fn guess(first: &[u8]) -> &'static str {
    let printable = first.iter().filter(|byte| matches!(byte, b' '..=b'~' | b'\r' | b'\n' | b'\t')).count();
    if printable * 10 >= first.len() * 9 {
        "they are text, so this may be a bar code scanner or another device"
    } else {
        "wrong rate? Name the right one with --baud; or it is no reader"
    }
}

/// Hears out what is still on its way.
async fn settle(line: &mut Overheard) {
    let until = Instant::now() + SETTLE;
    let mut chunk = [0; 512];
    loop {
        let mut buffer = ReadBuf::new(&mut chunk);
        let read = std::future::poll_fn(|cx| Pin::new(&mut *line).poll_read(cx, &mut buffer));
        match timeout_at(until, read).await {
            Ok(Ok(())) if !buffer.filled().is_empty() => {}
            // The next try finds out what became of a line that ended.
            _ => return,
        }
        if Instant::now() >= until {
            return;
        }
    }
}

/// What came over a line.
#[derive(Debug, Default)]
struct Heard {
    bytes: u64,
    first: Vec<u8>,
}

impl Heard {
    fn take(&mut self, bytes: &[u8]) {
        self.bytes += bytes.len() as u64;
        let room = FIRST_BYTES - self.first.len();
        self.first.extend(bytes.iter().take(room));
    }

    fn add(&mut self, other: &Self) {
        self.bytes += other.bytes;
        let room = FIRST_BYTES - self.first.len();
        self.first.extend(other.first.iter().take(room));
    }
}

/// A line whose bytes are counted on their way.
struct Overheard {
    line: OpenLine,
    heard: Heard,
}

impl Line for Overheard {
    fn set_rate(&mut self, baud: u32) -> io::Result<()> {
        self.line.set_rate(baud)
    }
}

impl AsyncRead for Overheard {
    fn poll_read(self: Pin<&mut Self>, cx: &mut Context<'_>, buf: &mut ReadBuf<'_>) -> Poll<io::Result<()>> {
        let this = self.get_mut();
        let before = buf.filled().len();
        let polled = Pin::new(&mut this.line).poll_read(cx, buf);
        this.heard.take(&buf.filled()[before..]);
        polled
    }
}

impl AsyncWrite for Overheard {
    fn poll_write(self: Pin<&mut Self>, cx: &mut Context<'_>, bytes: &[u8]) -> Poll<io::Result<usize>> {
        Pin::new(&mut self.get_mut().line).poll_write(cx, bytes)
    }

    fn poll_flush(self: Pin<&mut Self>, cx: &mut Context<'_>) -> Poll<io::Result<()>> {
        Pin::new(&mut self.get_mut().line).poll_flush(cx)
    }

    fn poll_shutdown(self: Pin<&mut Self>, cx: &mut Context<'_>) -> Poll<io::Result<()>> {
        Pin::new(&mut self.get_mut().line).poll_shutdown(cx)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn every_family_has_its_turn_before_any_has_its_second() {
        let tried = tries(None);
        let firsts: Vec<Family> = tried.iter().take(4).map(|one| one.family).collect();
        assert_eq!(firsts, [Family::Mercury, Family::R2000, Family::M100, Family::Uhfreader18]);
        let one_rate = tries(Some(9_600));
        assert_eq!(one_rate.len(), 4);
        assert!(one_rate.iter().all(|one| one.baud == 9_600));
    }

    #[test]
    fn text_is_told_from_a_wrong_rate() {
        assert!(guess(b"A1:9GEYXN25B9T\r\n").contains("text"));
        assert!(guess(&[0xDF, 0xEE, 0xF3, 0x97, 0xF7]).contains("wrong rate?"));
    }
}

//! One line: questions out, answers in, and whatever the reader says in between. The same for every family.

use std::io;
use std::time::Duration;

use tokio::io::{AsyncReadExt, AsyncWriteExt};
use tokio::time::{Instant, timeout, timeout_at};

use super::framing::{Decoder, Grammar, Step};
use super::line::Line;
use super::orders::TagOrders;
use super::{Identity, ReaderError, ReaderEvent, TagRead, limits};
use crate::capture::Capture;

/// How long a setting or a question waits for its answer. A reader needs 5 to 50 ms; the rest is for slow adapters.
pub(crate) const ANSWER_WITHIN: Duration = Duration::from_millis(300);
/// How long the line may refuse to take a command. A full line is no reason to stop listening.
const SEND_WITHIN: Duration = Duration::from_millis(250);
/// The pause after a command that will not be answered: two commands in one breath are one too many for simple firmware.
const BREATH: Duration = Duration::from_millis(20);
/// How often figures are told.
const FIGURES_EVERY: Duration = Duration::from_secs(1);
/// How often a question is repeated when its answer was visibly damaged.
const ASK_AGAIN: u32 = 2;
/// Sentences about settings that are said after one start; a driver has some dozen.
const SETTINGS_TOLD_MAX: usize = 64;
/// A valid frame in which another may begin waits this long for the other's bytes: those of frames in a burst follow at
/// once, and an answer held back for the whole quiet gap would look like none.
const RIVAL_GAP: Duration = Duration::from_millis(50);
/// The usual [`Speech::QUIET_GAP`], ms.
pub(crate) const QUIET_GAP_MS: u64 = 250;

/// What a family's frames mean to a conversation.
pub(crate) trait Speech: Grammar {
    /// After this long without a byte a half frame will not be finished. Cheap adapters hold the tail of a packet back
    /// for some 10 ms; a false beginning must not hide real frames for longer than a person notices.
    const QUIET_GAP: Duration = Duration::from_millis(QUIET_GAP_MS);

    /// Hands on every tag the frame carries, also one without an EPC: the conversation counts those.
    fn reads(&self, frame: &Self::Frame, hand_on: &mut dyn FnMut(TagRead));

    /// The address the frame came from, where the family has addresses.
    fn address(&self, _frame: &Self::Frame) -> Option<u8> {
        None
    }

    /// Whether a frame that is byte for byte the command just sent must be its echo (RX and TX joined by mistake). Not so
    /// where an answer can look exactly like its question: such a one is an echo only on a line that is known to echo.
    fn may_be_echo(&self, _frame: &Self::Frame) -> bool {
        true
    }
}

/// The state of the conversation with one reader, across openings of its line.
pub(crate) struct Talk<G, F> {
    sink: F,
    pub decoder: Decoder<G>,
    /// Writes down what goes over the line, when it is told to.
    pub capture: Capture,
    /// What is asked of the driver.
    pub orders: TagOrders,
    /// The port's name in messages.
    pub port: String,
    pub baud: u32,
    /// Whether [`ReaderEvent::Up`] has been said since the last [`ReaderEvent::Down`].
    pub up: bool,
    /// Whether a tag has been read since then.
    pub has_read: bool,
    /// When the last valid frame came.
    pub heard: Instant,
    /// How many valid frames have come.
    pub frames: u64,
    /// Bytes that came since the line was opened or probing began.
    pub bytes_heard: u64,
    byte_at: Instant,
    /// The address the last frame came from.
    address: Option<u8>,
    last_sent: Vec<u8>,
    /// The line has been heard to give back what was sent.
    echoes: bool,
    /// Questions this reader leaves unanswered; they are sent without waiting.
    mute: Vec<u16>,
    /// What has been said of the settings since the start.
    settings_told: Vec<String>,
    figures: Figures,
}

/// What [`ReaderEvent::Figures`] is made of.
struct Figures {
    since: Instant,
    reads: u32,
    ghosts: u64,
    air_errors: u64,
    rounds: u64,
    temperature_c: Option<i8>,
}

impl<G: Speech, F: FnMut(ReaderEvent) + Send> Talk<G, F> {
    pub(crate) fn new(sink: F, orders: TagOrders, port: String, baud: u32) -> Self {
        let now = Instant::now();
        let figures =
            Figures { since: now, reads: 0, ghosts: 0, air_errors: 0, rounds: 0, temperature_c: None };
        Self {
            sink,
            decoder: Decoder::new(),
            capture: Capture::default(),
            orders,
            port,
            baud,
            up: false,
            has_read: false,
            heard: now,
            frames: 0,
            bytes_heard: 0,
            byte_at: now,
            address: None,
            last_sent: Vec::new(),
            echoes: false,
            mute: Vec::new(),
            settings_told: Vec::new(),
            figures,
        }
    }

    /// Tells the owner.
    pub(crate) fn tell(&mut self, event: ReaderEvent) {
        (self.sink)(event);
    }

    /// Tells the owner something to know that does not stop the reading.
    pub(crate) fn warn(&mut self, what: impl Into<String>) {
        let what = what.into();
        tracing::warn!(port = %self.port, "{what}");
        self.tell(ReaderEvent::Warning { what, stands: false });
    }

    /// Tells the owner, once after each start, of a setting that the reader does not have or take.
    pub(crate) fn warn_of_setting(&mut self, what: impl Into<String>) {
        let what = what.into();
        if self.settings_told.contains(&what) || self.settings_told.len() >= SETTINGS_TOLD_MAX {
            return;
        }
        tracing::warn!(port = %self.port, "{what}");
        self.settings_told.push(what.clone());
        self.tell(ReaderEvent::Warning { what, stands: true });
    }

    /// Tells the owner that the reader does not have some of the wanted antennas, and uses `used`. `ports`: how many it
    /// has, where that is known.
    pub(crate) fn no_such_antennas(&mut self, missing: &[u8], used: &[u8], ports: Option<u16>) {
        if missing.is_empty() {
            return;
        }
        let what = limits::antennas(missing, used, ports);
        if self.settings_told.contains(&what) {
            return;
        }
        // Nothing is heard there, so nothing may be concluded from it.
        for &antenna in missing {
            self.tell(ReaderEvent::Antenna { antenna, fault: what.clone() });
        }
        self.warn_of_setting(what);
    }

    /// Forgets what was learnt of the reader's manners, for a fresh start.
    pub(crate) fn begin(&mut self) {
        self.mute.clear();
        self.settings_told.clear();
        self.echoes = false;
        self.bytes_heard = 0;
    }

    /// Forgets bytes of a line that is gone.
    pub(crate) fn hang_up(&mut self) {
        self.decoder.give_up_partial();
        while self.next_frame().is_some() {}
    }

    pub(crate) fn round_ended(&mut self) {
        self.figures.rounds += 1;
    }

    /// Keeps the reader's temperature for the next figures.
    pub(crate) fn temperature(&mut self, temperature_c: i8) {
        self.figures.temperature_c = Some(temperature_c);
    }

    /// Whether the reader is known to leave this question unanswered.
    pub(crate) fn is_mute(&self, question: u16) -> bool {
        self.mute.contains(&question)
    }

    /// Gives a question another chance: its answer may have been lost but once, and now somebody waits for it.
    pub(crate) fn unmute(&mut self, question: u16) {
        self.mute.retain(|&mute| mute != question);
    }

    /// Asks and waits for the answer, the first frame that `answers`. `None` when none comes, which is remembered under
    /// the question's number, so that a reader that never answers it is not waited for again. Tags that come in between
    /// are handed on.
    pub(crate) async fn ask<L: Line>(
        &mut self,
        line: &mut L,
        question: u16,
        bytes: &[u8],
        within: Duration,
        answers: impl Fn(&G::Frame) -> bool,
    ) -> Result<Option<G::Frame>, ReaderError> {
        for _ in 0..=ASK_AGAIN {
            self.send(line, bytes).await?;
            if self.is_mute(question) {
                let until = Instant::now() + BREATH;
                while self.receive(line, until).await?.is_some() {}
                return Ok(None);
            }
            let skipped = self.decoder.skipped_bytes();
            let until = Instant::now() + within;
            while let Some(frame) = self.receive(line, until).await? {
                if answers(&frame) {
                    return Ok(Some(frame));
                }
            }
            if self.decoder.skipped_bytes() == skipped {
                break;
            }
        }
        tracing::warn!(port = %self.port, question, "the reader does not answer this question; going on without");
        self.mute.push(question);
        Ok(None)
    }

    /// Sends a command and does not wait.
    pub(crate) async fn send<L: Line>(&mut self, line: &mut L, bytes: &[u8]) -> Result<(), ReaderError> {
        self.capture.sent(self.baud, bytes);
        let sent = timeout(SEND_WITHIN, line.write_all(bytes)).await;
        self.last_sent = bytes.to_vec();
        match sent {
            Ok(Ok(())) => Ok(()),
            Ok(Err(error)) => Err(self.gone(Some(error))),
            Err(_) => {
                tracing::warn!(port = %self.port, "the line takes no commands");
                Ok(())
            }
        }
    }

    /// The next frame, or `None` when `until` has come. Its tags have been handed on already.
    ///
    /// # Errors
    /// [`ReaderError::Gone`] when the line has ended.
    pub(crate) async fn receive<L: Line>(
        &mut self,
        line: &mut L,
        until: Instant,
    ) -> Result<Option<G::Frame>, ReaderError> {
        let mut chunk = [0; 4096];
        loop {
            if let Some(frame) = self.next_frame() {
                return Ok(Some(frame));
            }
            let now = Instant::now();
            self.tell_figures(now);
            // Asked here and not only by the timer: a line that never stops would never let the timer win.
            if now >= until {
                return Ok(None);
            }
            let held = self.decoder.holds_frame();
            let gap = self.byte_at + if held { RIVAL_GAP.min(G::QUIET_GAP) } else { G::QUIET_GAP };
            let half = self.decoder.pending_bytes() > 0;
            let wake = if half { until.min(gap) } else { until };
            match timeout_at(wake, line.read(&mut chunk)).await {
                Ok(Ok(0)) => return Err(self.gone(None)),
                Ok(Ok(count)) => {
                    self.capture.received(self.baud, &chunk[..count]);
                    self.decoder.push(&chunk[..count]);
                    self.bytes_heard += count as u64;
                    self.byte_at = Instant::now();
                }
                Ok(Err(error)) if error.kind() == io::ErrorKind::Interrupted => {}
                Ok(Err(error)) => return Err(self.gone(Some(error))),
                Err(_) if held && Instant::now() >= gap => self.decoder.settle(),
                Err(_) if half && Instant::now() >= gap => self.decoder.give_up_partial(),
                Err(_) => {}
            }
        }
    }

    /// Drops every byte that has come and comes until `until`: what is left of an earlier conversation.
    pub(crate) async fn drain<L: Line>(&mut self, line: &mut L, until: Instant) -> Result<(), ReaderError> {
        while self.receive(line, until).await?.is_some() {}
        self.decoder.give_up_partial();
        while self.next_frame().is_some() {}
        Ok(())
    }

    /// The reader's own report that it cannot work.
    pub(crate) fn fault(&self, code: u16, meaning: &'static str) -> ReaderError {
        ReaderError::Fault { port: self.port.clone(), code, meaning }
    }

    /// Says that the reader is there.
    pub(crate) fn say_up(&mut self, identity: Identity) {
        self.up = true;
        self.figures.since = Instant::now();
        self.tell(ReaderEvent::Up { identity, baud: self.baud });
    }

    /// Hands one sighting on, unless it is of nothing or garbled on the air: those are counted (stream-cleaning page,
    /// section 2, layers L1 and L2).
    pub(crate) fn hand_on(&mut self, read: TagRead) {
        if read.epc.is_empty() {
            self.figures.ghosts += 1;
            return;
        }
        if read.air_crc_valid == Some(false) {
            self.figures.air_errors += 1;
            return;
        }
        if !self.up {
            self.say_up(Identity { address: self.address, ..Identity::unknown() });
        }
        self.has_read = true;
        self.figures.reads += 1;
        self.orders.heard(&read);
        self.tell(ReaderEvent::Read(read));
    }

    fn gone(&self, source: Option<io::Error>) -> ReaderError {
        ReaderError::Gone { port: self.port.clone(), source }
    }

    /// The next frame at hand that is not our own echo.
    fn next_frame(&mut self) -> Option<G::Frame> {
        loop {
            match self.decoder.step() {
                Step::More => return None,
                Step::Skipped { .. } => {}
                Step::Frame(frame, range) => {
                    let same = self.decoder.bytes(range) == self.last_sent;
                    self.echoes |= same && self.decoder.grammar.may_be_echo(&frame);
                    if !(same && self.echoes) {
                        self.take(&frame);
                        return Some(frame);
                    }
                }
            }
        }
    }

    fn take(&mut self, frame: &G::Frame) {
        self.heard = Instant::now();
        self.frames += 1;
        self.address = self.decoder.grammar.address(frame);
        let mut reads = Vec::new();
        self.decoder.grammar.reads(frame, &mut |read| reads.push(read));
        for read in reads {
            self.hand_on(read);
        }
    }

    /// Only of a reader that is up: figures say that it works, and garbage has them too.
    fn tell_figures(&mut self, now: Instant) {
        let elapsed = now - self.figures.since;
        if !self.up || elapsed < FIGURES_EVERY {
            return;
        }
        let figures = ReaderEvent::Figures {
            reads_per_s: self.figures.reads as f32 / elapsed.as_secs_f32(),
            refused_frames: self.decoder.refused_frames(),
            ghosts: self.figures.ghosts,
            air_errors: self.figures.air_errors,
            skipped_bytes: self.decoder.skipped_bytes(),
            temperature_c: self.figures.temperature_c,
            rounds: self.figures.rounds,
        };
        self.figures.since = now;
        self.figures.reads = 0;
        self.tell(figures);
    }
}

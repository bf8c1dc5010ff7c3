//! One line: questions out, answers in, and whatever the reader says in between.

use std::io;
use std::time::Duration;

use tokio::io::{AsyncRead, AsyncReadExt, AsyncWrite, AsyncWriteExt};
use tokio::time::{Instant, timeout, timeout_at};
use tokio_serial::{SerialPort, SerialStream};

use super::code;
use super::frame::{Frame, R2000Decoder, command_bytes};
use super::reply::{Detail, Reply, TagRecord};
use crate::reader::{ReaderError, ReaderEvent};

/// How long a setting or a question waits for its answer. A reader needs 5 to 50 ms; the rest is for slow adapters.
pub(super) const ANSWER_WITHIN: Duration = Duration::from_millis(300);
/// After this long without a byte a half frame will not be finished. Cheap adapters hold the tail of a packet back for
/// some 10 ms; a false header must not hide real frames for longer than a person notices.
const QUIET_GAP: Duration = Duration::from_millis(250);
/// How long the line may refuse to take a command. A full line is no reason to stop listening.
const SEND_WITHIN: Duration = Duration::from_millis(250);
/// The pause after a command that will not be answered: two commands in one breath are one too many for simple firmware.
const BREATH: Duration = Duration::from_millis(20);
/// How often figures are told.
const FIGURES_EVERY: Duration = Duration::from_secs(1);
/// How often a question is repeated when its answer was visibly damaged.
const ASK_AGAIN: u32 = 2;

/// A line whose rate can be changed: a serial port, or a stand-in.
pub(super) trait Line: AsyncRead + AsyncWrite + Unpin + Send {
    /// Changes the line's rate without closing it.
    fn set_rate(&mut self, baud: u32) -> io::Result<()>;
}

impl Line for SerialStream {
    fn set_rate(&mut self, baud: u32) -> io::Result<()> {
        Ok(self.set_baud_rate(baud)?)
    }
}

/// A frame that is not a tag's.
#[derive(Debug)]
pub(super) struct Answer {
    pub command: u8,
    pub address: u8,
    pub detail: Detail,
}

/// The state of the conversation with one reader, across openings of its port.
pub(super) struct Talk<F> {
    sink: F,
    decoder: R2000Decoder,
    /// The port's name in messages.
    pub port: String,
    pub baud: u32,
    pub address: u8,
    /// Whether [`ReaderEvent::Up`] has been said since the last [`ReaderEvent::Down`].
    pub up: bool,
    /// When the last valid frame came.
    pub heard: Instant,
    /// How many valid frames have come.
    pub frames: u64,
    /// Bytes that came since the line was opened or probing began.
    pub bytes_heard: u64,
    byte_at: Instant,
    last_sent: Vec<u8>,
    /// Commands this reader leaves unanswered; they are sent without waiting.
    mute: Vec<u8>,
    figures: Figures,
}

/// What [`ReaderEvent::Figures`] is made of.
struct Figures {
    since: Instant,
    reads: u32,
    ghosts: u64,
    rounds: u64,
    temperature_c: Option<i8>,
}

impl<F: FnMut(ReaderEvent) + Send> Talk<F> {
    pub(super) fn new(sink: F, port: String, baud: u32) -> Self {
        let now = Instant::now();
        Self {
            sink,
            decoder: R2000Decoder::new(),
            port,
            baud,
            address: super::driver::EVERY_READER,
            up: false,
            heard: now,
            frames: 0,
            bytes_heard: 0,
            byte_at: now,
            last_sent: Vec::new(),
            mute: Vec::new(),
            figures: Figures { since: now, reads: 0, ghosts: 0, rounds: 0, temperature_c: None },
        }
    }

    /// Tells the owner.
    pub(super) fn tell(&mut self, event: ReaderEvent) {
        (self.sink)(event);
    }

    /// Forgets what was learnt of the reader's manners, for a fresh start.
    pub(super) fn begin(&mut self) {
        self.mute.clear();
        self.bytes_heard = 0;
        self.address = super::driver::EVERY_READER;
    }

    /// Forgets bytes of a line that is gone.
    pub(super) fn hang_up(&mut self) {
        self.decoder.give_up_partial();
        while let Some(frame) = self.decoder.next() {
            self.take(&frame);
        }
    }

    pub(super) fn round_ended(&mut self) {
        self.figures.rounds += 1;
    }

    pub(super) fn temperature(&mut self, temperature_c: i8) {
        self.figures.temperature_c = Some(temperature_c);
    }

    /// Whether the reader is known to leave `command` unanswered.
    pub(super) fn is_mute(&self, command: u8) -> bool {
        self.mute.contains(&command)
    }

    /// Asks and waits for the answer. `None` when none comes, which is remembered, so that a reader that never answers
    /// this command is not waited for again. Tags that come in between are handed on.
    pub(super) async fn ask<L: Line, const N: usize>(
        &mut self,
        line: &mut L,
        command: u8,
        data: [u8; N],
    ) -> Result<Option<Detail>, ReaderError> {
        for _ in 0..=ASK_AGAIN {
            self.send(line, command, data).await?;
            if self.is_mute(command) {
                let until = Instant::now() + BREATH;
                while self.receive(line, until).await?.is_some() {}
                return Ok(None);
            }
            let skipped = self.decoder.skipped_bytes();
            let until = Instant::now() + ANSWER_WITHIN;
            while let Some(answer) = self.receive(line, until).await? {
                if answer.command == command {
                    return Ok(Some(answer.detail));
                }
            }
            if self.decoder.skipped_bytes() == skipped {
                break;
            }
        }
        tracing::warn!(port = %self.port, command, "the reader does not answer this command; going on without");
        self.mute.push(command);
        Ok(None)
    }

    /// Sends a command and does not wait.
    pub(super) async fn send<L: Line, const N: usize>(
        &mut self,
        line: &mut L,
        command: u8,
        data: [u8; N],
    ) -> Result<(), ReaderError> {
        let bytes = command_bytes(self.address, command, data);
        let sent = timeout(SEND_WITHIN, line.write_all(&bytes)).await;
        self.last_sent = bytes;
        match sent {
            Ok(Ok(())) => Ok(()),
            Ok(Err(error)) => Err(self.gone(Some(error))),
            Err(_) => {
                tracing::warn!(port = %self.port, command, "the line takes no commands");
                Ok(())
            }
        }
    }

    /// The next frame that is not a tag's, or `None` when `until` has come. Tags are handed on as they arrive.
    ///
    /// # Errors
    /// [`ReaderError::Gone`] when the line has ended.
    pub(super) async fn receive<L: Line>(
        &mut self,
        line: &mut L,
        until: Instant,
    ) -> Result<Option<Answer>, ReaderError> {
        let mut chunk = [0; 1024];
        loop {
            while let Some(frame) = self.decoder.next() {
                if let Some(answer) = self.take(&frame) {
                    return Ok(Some(answer));
                }
            }
            let now = Instant::now();
            self.tell_figures(now);
            // Asked here and not only by the timer: a line that never stops would never let the timer win.
            if now >= until {
                return Ok(None);
            }
            let gap = self.byte_at + QUIET_GAP;
            let half = self.decoder.pending_bytes() > 0;
            let wake = if half { until.min(gap) } else { until };
            match timeout_at(wake, line.read(&mut chunk)).await {
                Ok(Ok(0)) => return Err(self.gone(None)),
                Ok(Ok(count)) => {
                    self.decoder.push(&chunk[..count]);
                    self.bytes_heard += count as u64;
                    self.byte_at = Instant::now();
                }
                Ok(Err(error)) if error.kind() == io::ErrorKind::Interrupted => {}
                Ok(Err(error)) => return Err(self.gone(Some(error))),
                Err(_) if half && Instant::now() >= gap => self.decoder.give_up_partial(),
                Err(_) => {}
            }
        }
    }

    /// The reader's own report that it cannot work.
    pub(super) fn fault(&self, code: u8) -> ReaderError {
        ReaderError::Fault {
            port: self.port.clone(),
            code,
            meaning: code::meaning(code).unwrap_or("an unknown fault"),
        }
    }

    /// Says that the reader is there.
    pub(super) fn say_up(&mut self, firmware: String) {
        self.up = true;
        self.tell(ReaderEvent::Up { firmware, baud: self.baud, address: self.address });
    }

    fn gone(&self, source: Option<io::Error>) -> ReaderError {
        ReaderError::Gone { port: self.port.clone(), source }
    }

    /// Takes a frame: a tag is handed on, our own echo is ignored, anything else is the caller's.
    fn take(&mut self, frame: &Frame) -> Option<Answer> {
        if self.is_echo(frame) {
            return None;
        }
        self.heard = Instant::now();
        self.frames += 1;
        match Reply::of(frame) {
            Reply::Tag(record) => {
                self.hand_on(*record, frame.address);
                None
            }
            Reply::Other(detail) => Some(Answer { command: frame.command, address: frame.address, detail }),
        }
    }

    /// Noise can pass the air's checksum with no EPC at all (stream-cleaning page, section 1): counted, not told.
    fn hand_on(&mut self, record: TagRecord, address: u8) {
        if record.read.epc.is_empty() {
            self.figures.ghosts += 1;
            return;
        }
        if !self.up {
            self.address = address;
            self.say_up("unknown".to_owned());
        }
        self.figures.reads += 1;
        self.tell(ReaderEvent::Read(record.read));
    }

    /// RX and TX joined by mistake, or a line that echoes: our own command is no sign of life. The code for "done" is
    /// excepted, because setting 16 dBm and its answer are the same bytes.
    fn is_echo(&self, frame: &Frame) -> bool {
        frame.data != [code::OK]
            && self.last_sent.get(2..4) == Some(&[frame.address, frame.command])
            && self.last_sent.get(4..self.last_sent.len() - 1) == Some(&frame.data)
    }

    fn tell_figures(&mut self, now: Instant) {
        let elapsed = now - self.figures.since;
        if elapsed < FIGURES_EVERY {
            return;
        }
        let figures = ReaderEvent::Figures {
            reads_per_s: self.figures.reads as f32 / elapsed.as_secs_f32(),
            refused_frames: self.decoder.refused_frames() + self.figures.ghosts,
            skipped_bytes: self.decoder.skipped_bytes(),
            temperature_c: self.figures.temperature_c,
            rounds: self.figures.rounds,
        };
        self.figures.since = now;
        self.figures.reads = 0;
        self.tell(figures);
    }
}

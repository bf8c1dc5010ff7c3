//! One serial line in use: bytes in, codes out, questions and answers in between.

use std::collections::VecDeque;
use std::io;
use std::time::Duration;

use tokio::io::{AsyncReadExt, AsyncWriteExt};
use tokio::time::{Instant, timeout, timeout_at};

use super::aim;
use super::error::{Refusal, ScannerError};
use super::gm65::{Gm65Decoder, Gm65Frame};
use super::heard::{Decode, Heard, RawCode};
use super::line::LineDecoder;
use super::masked;
use super::port::Line;
use super::ssi::{self, Resent, SsiDecoder, SsiPacket};
use super::told::Told;
use super::{ScannerEvent, ScannerKind};
use crate::capture::Capture;

/// After this long without a byte a code without a line end is over (scanner page, section 1: 50 to 100 ms at 9600).
const GAP: Duration = Duration::from_millis(100);
/// How long the line may refuse to take a command.
const SEND_WITHIN: Duration = Duration::from_millis(250);

/// A frame or packet that carries no code.
#[derive(Debug)]
pub(super) enum Answer {
    Frame(Gm65Frame),
    Packet(SsiPacket),
}

/// The conversation with one scanner, across openings of its port.
pub(super) struct Talk<F> {
    pub told: Told<F>,
    /// The port's name in messages.
    pub port: String,
    /// Writes down what goes over the line, when it is told to.
    pub capture: Capture,
    /// The line's rate now.
    pub baud: u32,
    /// Whether an AIM identifier at the front is to be taken for one.
    pub aim: bool,
    decoder: Box<dyn Decode + Send>,
    /// Decoded and not yet dealt with; filled only when empty.
    waiting: VecDeque<Heard>,
    /// How many codes and valid frames have come.
    pub signs: u64,
    /// When the last of them came.
    pub sign_at: Instant,
    /// Bytes that came since probing began.
    pub bytes_heard: u64,
    byte_at: Instant,
    resent: Resent,
    /// Packets of a code in pieces are coming.
    in_pieces: bool,
}

impl<F: FnMut(ScannerEvent) + Send> Talk<F> {
    pub(super) fn new(told: Told<F>, kind: ScannerKind, port: String) -> Self {
        let now = Instant::now();
        let decoder: Box<dyn Decode + Send> = match kind {
            ScannerKind::Gm65 => Box::new(Gm65Decoder::new()),
            ScannerKind::Ssi => Box::new(SsiDecoder::new()),
            ScannerKind::Line | ScannerKind::Keyboard => Box::new(LineDecoder::new()),
        };
        Self {
            told,
            port,
            capture: Capture::default(),
            baud: 0,
            aim: false,
            decoder,
            waiting: VecDeque::new(),
            signs: 0,
            sign_at: now,
            bytes_heard: 0,
            byte_at: now,
            resent: Resent::default(),
            in_pieces: false,
        }
    }

    /// Forgets the bytes of a line that is gone or had another rate. A code without its end may miss its tail.
    pub(super) fn hang_up(&mut self) {
        self.waiting.clear();
        for heard in self.decoder.give_up_partial() {
            match heard {
                Heard::Code(RawCode { bytes, .. }) | Heard::Refused { bytes, .. } => {
                    self.told.refuse(&Refusal::CutShort { missing: 1 }, &bytes);
                }
                Heard::Blank(_) | Heard::Frame(_) | Heard::Packet(_) => {}
            }
        }
        self.in_pieces = false;
    }

    /// Asks and waits for an answer that `pick` takes. Codes that come in between are handed on.
    pub(super) async fn ask<L: Line, T>(
        &mut self,
        line: &mut L,
        question: &[u8],
        within: Duration,
        pick: impl Fn(&Answer) -> Option<T>,
    ) -> Result<Option<T>, ScannerError> {
        self.send(line, question).await?;
        let until = Instant::now() + within;
        while let Some(answer) = self.receive(line, until).await? {
            if let Some(picked) = pick(&answer) {
                return Ok(Some(picked));
            }
        }
        Ok(None)
    }

    /// Listens for so long; answers nobody waits for are dropped.
    pub(super) async fn listen<L: Line>(&mut self, line: &mut L, time: Duration) -> Result<(), ScannerError> {
        let until = Instant::now() + time;
        while self.receive(line, until).await?.is_some() {}
        Ok(())
    }

    /// The next answer, or `None` when `until` has come. Codes are handed on as they arrive.
    ///
    /// # Errors
    /// [`ScannerError::Gone`] when the line has ended.
    pub(super) async fn receive<L: Line>(
        &mut self,
        line: &mut L,
        until: Instant,
    ) -> Result<Option<Answer>, ScannerError> {
        let mut chunk = [0; 1024];
        loop {
            while let Some(heard) = self.waiting.pop_front() {
                if let Some(answer) = self.take(line, heard).await? {
                    return Ok(Some(answer));
                }
            }
            self.told.figures();
            // Asked here and not only by the timer: a line that never stops would never let the timer win.
            if Instant::now() >= until {
                return Ok(None);
            }
            let gap = self.byte_at + GAP;
            let half = self.decoder.is_waiting();
            let wake = if half { until.min(gap) } else { until }.min(self.told.figures_at());
            match timeout_at(wake, line.read(&mut chunk)).await {
                Ok(Ok(0)) => return Err(self.gone(None)),
                Ok(Ok(count)) => {
                    let heard = self.decoder.push(&chunk[..count]);
                    masked::write(&self.capture, self.baud, count, &heard);
                    self.waiting.extend(heard);
                    self.bytes_heard += count as u64;
                    self.byte_at = Instant::now();
                }
                Ok(Err(error)) if error.kind() == io::ErrorKind::Interrupted => {}
                Ok(Err(error)) => return Err(self.gone(Some(error))),
                Err(_) if half && Instant::now() >= gap => {
                    let heard = self.decoder.give_up_partial();
                    masked::write(&self.capture, self.baud, 0, &heard);
                    self.waiting.extend(heard);
                }
                Err(_) => {}
            }
        }
    }

    async fn send<L: Line>(&mut self, line: &mut L, bytes: &[u8]) -> Result<(), ScannerError> {
        self.capture.sent(self.baud, bytes);
        match timeout(SEND_WITHIN, line.write_all(bytes)).await {
            Ok(Ok(())) => Ok(()),
            Ok(Err(error)) => Err(self.gone(Some(error))),
            Err(_) => {
                tracing::warn!(port = %self.port, "the line takes no commands");
                Ok(())
            }
        }
    }

    fn gone(&self, source: Option<io::Error>) -> ScannerError {
        ScannerError::Gone { port: self.port.clone(), source }
    }

    async fn take<L: Line>(&mut self, line: &mut L, heard: Heard) -> Result<Option<Answer>, ScannerError> {
        match heard {
            Heard::Blank(_) => Ok(None),
            Heard::Code(raw) => {
                // Noise before a pause can look like a code; with a line end behind it, hardly.
                let ended = raw.ended_by.is_some();
                if self.told.code(raw, self.aim, None) && ended {
                    self.sign();
                }
                Ok(None)
            }
            Heard::Refused { why, bytes } => {
                self.told.refuse(&why, &bytes);
                if why == (Refusal::SsiChecksum { opcode: ssi::DECODED }) {
                    let again = SsiPacket::from_host(ssi::NAK, &[ssi::RESEND]);
                    self.send(line, &again.bytes()).await?;
                }
                Ok(None)
            }
            // A command is our own, come back over joined wires: no sign of life.
            Heard::Frame(Gm65Frame::Command { .. }) => Ok(None),
            Heard::Frame(frame) => {
                self.sign();
                Ok(Some(Answer::Frame(frame)))
            }
            Heard::Packet(packet) if packet.opcode == ssi::DECODED => {
                // First of all, and also for one that is refused: what is not acknowledged comes again.
                self.send(line, &SsiPacket::from_host(ssi::ACK, &[]).bytes()).await?;
                self.sign();
                self.decoded(packet);
                Ok(None)
            }
            Heard::Packet(packet) if packet.source == ssi::HOST && !is_answer(packet.opcode) => Ok(None),
            Heard::Packet(packet) => {
                self.sign();
                Ok(Some(Answer::Packet(packet)))
            }
        }
    }

    fn sign(&mut self) {
        self.signs += 1;
        self.sign_at = Instant::now();
    }

    /// Hands on the code of a packet, once.
    fn decoded(&mut self, packet: SsiPacket) {
        let resent = self.resent.is_resent(&packet, Instant::now());
        let continued = packet.status & ssi::CONTINUED != 0;
        if std::mem::replace(&mut self.in_pieces, continued) || continued {
            return self.told.refuse(&Refusal::InPieces, &packet.data);
        }
        if resent {
            return;
        }
        match packet.data.split_first() {
            None => self.told.refuse(&Refusal::NoBarType, &packet.data),
            Some((&bar_type, content)) => {
                let raw = without_line_end(content);
                self.told.code(raw, self.aim, aim::kind_of_bar_type(bar_type));
            }
        }
    }
}

/// Opcodes that only ever answer; some scanners send them under the host's number.
fn is_answer(opcode: u8) -> bool {
    matches!(opcode, ssi::ACK | ssi::NAK)
}

/// A packet's content with the line end that the scanner may be set to send cut off. The packet itself says that the code
/// is complete.
pub(super) fn without_line_end(content: &[u8]) -> RawCode {
    let content = content.strip_suffix(b"\n").unwrap_or(content);
    let content = content.strip_suffix(b"\r").unwrap_or(content);
    RawCode { bytes: content.to_vec(), ended_by: Some(b'\r'), blame: None }
}

//! Question and answer by message id, and what the reader says in between: keep-alives are answered at once, whatever
//! goes on.

use std::time::Duration;

use tokio::time::Instant;

use super::code;
use super::driver::Llrp;
use super::frame::{Frame, Messages};
use super::kind::*;
use super::reply::{Event, Status, events, is_under_way, temperature_c};
use super::{build, rospec};
use crate::reader::line::Line;
use crate::reader::talk::Talk;
use crate::reader::{ReaderError, ReaderEvent};

/// How long an answer may take. Some readers need a second for their capabilities.
const ANSWER_WITHIN: Duration = Duration::from_secs(5);
/// How long the next question waits for the answer to the last, where nobody else does.
const LAST_ANSWER_WITHIN: Duration = Duration::from_millis(500);
/// How often the reader is told to send a keep-alive (protocol sheet, section 4: 10 to 60 s).
pub(super) const KEEPALIVE_EVERY: Duration = Duration::from_secs(10);
/// Three of them missed: nobody is there (protocol sheet, section 4).
pub(super) const DEAD_AFTER_KEEPALIVES: Duration = Duration::from_secs(30);
/// How often it is said that reads were lost in the reader.
const OVERFLOW_TOLD_EVERY: Duration = Duration::from_secs(10);
/// So many different sentences are remembered as said.
const WARNED_MAX: usize = 64;

impl Llrp {
    /// The next message, or `None` when `until` has come. Keep-alives and events have been seen to.
    ///
    /// # Errors
    /// When the connection ended, or is of no use any more.
    pub(super) async fn hear<L: Line, F: FnMut(ReaderEvent) + Send>(
        &mut self,
        talk: &mut Talk<Messages, F>,
        line: &mut L,
        until: Instant,
    ) -> Result<Option<Frame>, ReaderError> {
        let frame = talk.receive(line, until).await?;
        let strange = talk.decoder.skipped_bytes() - self.skipped_before;
        if strange > 0 {
            // Where one length was wrong, every later one would be guessed. A fresh connection is in step again.
            return Err(lost(
                talk,
                format!("{strange} bytes of it are no message: is it a reader that speaks LLRP?"),
            ));
        }
        if let Some(frame) = &frame {
            // Numbers of what it says unasked are its own.
            let unasked = matches!(frame.kind, RO_ACCESS_REPORT | KEEPALIVE | READER_EVENT_NOTIFICATION);
            if !unasked && self.unanswered == Some(frame.id) {
                self.unanswered = None;
            }
            self.mind(talk, line, frame).await?;
        }
        Ok(frame)
    }

    /// Sends a message under a fresh id, and gives the id.
    pub(super) async fn send<L: Line, F: FnMut(ReaderEvent) + Send>(
        &mut self,
        talk: &mut Talk<Messages, F>,
        line: &mut L,
        kind: u16,
        body: &[u8],
    ) -> Result<u32, ReaderError> {
        self.last_id = self.last_id.wrapping_add(1).max(1);
        talk.send(line, &build::message(self.version, kind, self.last_id, body)).await?;
        Ok(self.last_id)
    }

    /// Asks without waiting for the answer; gives the id it will have.
    pub(super) async fn put<L: Line, F: FnMut(ReaderEvent) + Send>(
        &mut self,
        talk: &mut Talk<Messages, F>,
        line: &mut L,
        kind: u16,
        body: &[u8],
    ) -> Result<u32, ReaderError> {
        let id = self.send(talk, line, kind, body).await?;
        self.unanswered = Some(id);
        Ok(id)
    }

    /// Waits, not for long, until the last question is answered: simple readers take one at a time, and the station may
    /// end in the middle of one.
    async fn be_answered<L: Line, F: FnMut(ReaderEvent) + Send>(
        &mut self,
        talk: &mut Talk<Messages, F>,
        line: &mut L,
    ) -> Result<(), ReaderError> {
        let until = Instant::now() + LAST_ANSWER_WITHIN;
        while self.unanswered.is_some()
            && let Some(frame) = self.hear(talk, line, until).await?
        {
            self.heard_between(&frame);
        }
        self.unanswered = None;
        Ok(())
    }

    /// Asks and waits for the message with the same id: the answer, or an error message in its place.
    ///
    /// # Errors
    /// As [`Llrp::hear`], and when no answer comes.
    pub(super) async fn ask<L: Line, F: FnMut(ReaderEvent) + Send>(
        &mut self,
        talk: &mut Talk<Messages, F>,
        line: &mut L,
        kind: u16,
        body: &[u8],
    ) -> Result<Frame, ReaderError> {
        self.be_answered(talk, line).await?;
        let id = self.put(talk, line, kind, body).await?;
        let asked = Instant::now();
        let (mut until, mut bytes) = (asked + ANSWER_WITHIN, talk.bytes_heard);
        loop {
            match self.hear(talk, line, until).await? {
                Some(frame)
                    if frame.id == id && (frame.kind == answer_to(kind) || frame.kind == ERROR_MESSAGE) =>
                {
                    return Ok(frame);
                }
                Some(frame) => self.heard_between(&frame),
                // A long answer on its way over a slow line.
                None if talk.decoder.pending_bytes() > 0
                    && talk.bytes_heard > bytes
                    && asked.elapsed() < DEAD_AFTER_KEEPALIVES =>
                {
                    bytes = talk.bytes_heard;
                    until = Instant::now() + ANSWER_WITHIN;
                }
                None => {
                    let waited_s = asked.elapsed().as_secs();
                    let why = format!(
                        "it has not answered message {kind} within {waited_s} s: switch it off and on"
                    );
                    return Err(lost(talk, why));
                }
            }
        }
    }

    /// Asks for something to be done, and gives how that ended.
    pub(super) async fn request<L: Line, F: FnMut(ReaderEvent) + Send>(
        &mut self,
        talk: &mut Talk<Messages, F>,
        line: &mut L,
        kind: u16,
        body: &[u8],
    ) -> Result<Status, ReaderError> {
        let answer = self.ask(talk, line, kind, body).await?;
        let status = Status::of(&answer).unwrap_or_else(|| Status {
            code: 103,
            text: "the answer has no status".to_owned(),
            blamed: String::new(),
        });
        if !status.is_ok() {
            tracing::info!(port = %talk.port, kind, %status, "the reader refuses a request");
        }
        Ok(status)
    }

    /// Warns, each sentence once.
    pub(super) fn warn_once<F: FnMut(ReaderEvent) + Send>(
        &mut self,
        talk: &mut Talk<Messages, F>,
        what: String,
    ) {
        if self.warned.len() < WARNED_MAX && self.warned.insert(what.clone()) {
            talk.warn(what);
        }
    }

    /// Sees to what the reader says unasked.
    async fn mind<L: Line, F: FnMut(ReaderEvent) + Send>(
        &mut self,
        talk: &mut Talk<Messages, F>,
        line: &mut L,
        frame: &Frame,
    ) -> Result<(), ReaderError> {
        match frame.kind {
            KEEPALIVE => {
                talk.send(line, &build::message(self.version, KEEPALIVE_ACK, frame.id, &[])).await?;
            }
            READER_EVENT_NOTIFICATION => {
                for event in events(frame).1 {
                    self.see(talk, frame.version, event)?;
                }
            }
            GET_READER_CONFIG_RESPONSE => {
                if let Some(celsius) = temperature_c(frame).and_then(|celsius| i8::try_from(celsius).ok()) {
                    talk.temperature(celsius);
                }
            }
            GET_ROSPECS_RESPONSE if is_under_way(frame, rospec::ROSPEC_ID) == Some(false) => {
                tracing::warn!(port = %talk.port, "the operation ended without a word");
                self.running = false;
            }
            ERROR_MESSAGE => {
                let status = Status::of(frame).map(|status| status.to_string());
                tracing::debug!(port = %talk.port, id = frame.id, ?status, "error message");
            }
            // The maker's own affair.
            CUSTOM => tracing::debug!(port = %talk.port, "custom message"),
            _ => {}
        }
        Ok(())
    }

    fn see<F: FnMut(ReaderEvent) + Send>(
        &mut self,
        talk: &mut Talk<Messages, F>,
        version: u8,
        event: Event,
    ) -> Result<(), ReaderError> {
        match event {
            Event::ConnectionAttempt(4) if self.hello.is_some() => {
                self.warn_once(talk, "another program tries to talk to the same reader".to_owned());
            }
            Event::ConnectionAttempt(status) => {
                if let Some(why) = code::attempt(status) {
                    return Err(ReaderError::Refused { port: talk.port.clone(), why: why.to_owned() });
                }
                self.hello = Some(version);
            }
            Event::ConnectionClose => {
                return Err(lost(talk, "the reader closes it: is it being restarted or set up?".to_owned()));
            }
            Event::Antenna { antenna, connected } => self.antenna(talk, antenna, connected),
            Event::Exception { text, antenna } => {
                let at = antenna.map_or_else(String::new, |antenna| format!(" at antenna {antenna}"));
                self.warn_once(talk, format!("the reader reports{at}: {text}"));
            }
            Event::BufferOverflow => {
                // One sentence for a run of them.
                if self.overflowed_at.is_none_or(|at| at.elapsed() >= OVERFLOW_TOLD_EVERY) {
                    self.overflowed_at = Some(Instant::now());
                    talk.warn("the reader's buffer ran over and reads were lost: is the network slow?");
                }
            }
            Event::BufferWarning(percent) => {
                tracing::warn!(port = %talk.port, percent, "the reader's buffer fills up");
            }
            Event::Operation { what: 1 | 2, rospec_id: rospec::ROSPEC_ID } => self.running = false,
            Event::Operation { .. } => {}
            Event::Other(kind) => tracing::debug!(port = %talk.port, kind, "event of no interest"),
        }
        Ok(())
    }

    /// An antenna in use came or went; told once until it has worked in between.
    pub(super) fn antenna<F: FnMut(ReaderEvent) + Send>(
        &mut self,
        talk: &mut Talk<Messages, F>,
        antenna: u16,
        connected: bool,
    ) {
        let Ok(antenna) = u8::try_from(antenna) else { return };
        if !self.settings.antennas_in_use().contains(&antenna) {
            return;
        }
        if connected {
            self.faulty.remove(&antenna);
        } else if self.faulty.insert(antenna) {
            let fault = format!("antenna {antenna} is missing: is its cable screwed on at both ends?");
            talk.tell(ReaderEvent::Antenna { antenna, fault });
        }
    }
}

/// A connection that is of no use any more.
pub(super) fn lost<F>(talk: &Talk<Messages, F>, why: String) -> ReaderError {
    ReaderError::Lost { port: talk.port.clone(), why }
}

/// The type of the answer to a question.
fn answer_to(kind: u16) -> u16 {
    match kind {
        CLOSE_CONNECTION => CLOSE_CONNECTION_RESPONSE,
        CUSTOM => CUSTOM,
        other => other + 10,
    }
}

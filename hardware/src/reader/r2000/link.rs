//! One question, one answer over an open line.

use tokio::time::Instant;

use super::code;
use super::detail::Detail;
use super::frame::{A0, Frame, command_bytes};
use super::reply::Reply;
use crate::reader::line::Line;
use crate::reader::talk::{ANSWER_WITHIN, Talk};
use crate::reader::{ReaderError, ReaderEvent};

/// The address every reader listens to, whatever its own.
pub(super) const EVERY_READER: u8 = 0xFF;

/// The conversation with one reader over an open line.
pub(super) struct Link<'a, L, F> {
    pub talk: &'a mut Talk<A0, F>,
    line: &'a mut L,
    address: u8,
}

impl<'a, L: Line, F: FnMut(ReaderEvent) + Send> Link<'a, L, F> {
    pub(super) fn new(talk: &'a mut Talk<A0, F>, line: &'a mut L, address: u8) -> Self {
        Self { talk, line, address }
    }

    /// Sends a command and does not wait.
    pub(super) async fn send(&mut self, command: u8, data: &[u8]) -> Result<(), ReaderError> {
        self.talk.send(self.line, &command_bytes(self.address, command, data)).await
    }

    /// The next frame and what it says, or `None` when `until` has come. Its tags have been handed on already.
    pub(super) async fn receive(&mut self, until: Instant) -> Result<Option<(Frame, Reply)>, ReaderError> {
        let frame = self.talk.receive(self.line, until).await?;
        Ok(frame.map(|frame| {
            let reply = self.grammar().reply(&frame);
            (frame, reply)
        }))
    }

    /// Asks and waits for what this reader says to it; `None` when it does not answer.
    pub(super) async fn ask(&mut self, command: u8, data: &[u8]) -> Result<Option<Detail>, ReaderError> {
        let bytes = command_bytes(self.address, command, data);
        let answers = |frame: &Frame| frame.command == command && matches!(Reply::of(frame), Reply::Other(_));
        let answer = self.talk.ask(self.line, command.into(), &bytes, ANSWER_WITHIN, answers).await?;
        Ok(answer.and_then(|frame| match Reply::of(&frame) {
            Reply::Other(detail) => Some(detail),
            Reply::Tag(_) => None,
        }))
    }

    /// Writes one setting; gives the code of a reader that refuses it. Silence counts as consent: the simplest of
    /// readers answer no setting at all, and read tags all the same.
    pub(super) async fn set(&mut self, command: u8, data: &[u8]) -> Result<Option<u8>, ReaderError> {
        match self.ask(command, data).await? {
            Some(Detail::Code { code, .. }) if code != code::OK => Ok(Some(code)),
            _ => Ok(None),
        }
    }

    /// Asks what a reader may or may not know, and only a reader that has not kept silent to that before.
    pub(super) async fn ask_if_answered(
        &mut self,
        command: u8,
        data: &[u8],
    ) -> Result<Option<Detail>, ReaderError> {
        if self.talk.is_mute(command.into()) { Ok(None) } else { self.ask(command, data).await }
    }

    /// What frames cannot say of this reader.
    pub(super) fn grammar(&mut self) -> &mut A0 {
        &mut self.talk.decoder.grammar
    }
}

//! Bytes → frames: driven by LEN, checked, and back in step after damage by moving on one byte at a time.

use super::check::{Check, HEADER, Refusal, check, checksum};

/// The most bytes a decoder keeps: half a second of a line at full speed, some sixty of the longest frames. More than
/// this undrained means that nobody is listening; the oldest bytes go.
const BUFFER_LIMIT: usize = 16 * 1024;

/// One message of the protocol; length, checksum and layout have been checked.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Frame {
    /// The reader's address; FF means every reader and appears in questions only.
    pub address: u8,
    /// The command, or the command that is answered.
    pub command: u8,
    /// Everything between command and checksum.
    pub data: Vec<u8>,
}

impl Frame {
    fn from_checked(bytes: &[u8]) -> Self {
        Self { address: bytes[2], command: bytes[3], data: bytes[4..bytes.len() - 1].to_vec() }
    }
}

/// Builds the bytes of a command.
pub(super) fn command_bytes<const N: usize>(address: u8, command: u8, data: [u8; N]) -> Vec<u8> {
    const { assert!(N + 3 <= u8::MAX as usize, "LEN is one byte") };
    let mut bytes = vec![HEADER, N as u8 + 3, address, command];
    bytes.extend_from_slice(&data);
    bytes.push(checksum(&bytes));
    bytes
}

/// Finds frames in bytes as they come. Knows no clock: whoever reads the line says when it has been quiet for so long
/// that a half frame will not be finished ([`R2000Decoder::give_up_partial`]).
///
/// Invariants: a frame comes out unaltered or not at all; the same bytes give the same frames however they are cut; the
/// buffer stays below a fixed limit.
#[derive(Debug, Default)]
pub struct R2000Decoder {
    buffer: Vec<u8>,
    /// Where the bytes begin that are not yet judged.
    start: usize,
    /// How many of them lie before a quiet gap: no frame that begins among them will get more bytes.
    stale: usize,
    refused_frames: u64,
    skipped_bytes: u64,
}

/// What one look at the buffer gives.
pub(crate) enum Step {
    /// Nothing to say before more bytes come.
    More,
    /// A frame, and the bytes it was made of.
    Frame(Frame, Vec<u8>),
    /// One byte is not part of any frame. `span` bytes from it on were claimed by what was refused.
    Skipped { byte: u8, why: Refusal, span: usize },
}

impl R2000Decoder {
    /// An empty decoder.
    pub fn new() -> Self {
        Self::default()
    }

    /// Adds bytes as they came from the line. Beyond the limit the oldest are dropped and counted as skipped.
    pub fn push(&mut self, bytes: &[u8]) {
        self.buffer.drain(..self.start);
        self.start = 0;
        let surplus = (self.buffer.len() + bytes.len()).saturating_sub(BUFFER_LIMIT);
        self.skipped_bytes += surplus as u64;
        let from_buffer = surplus.min(self.buffer.len());
        self.buffer.drain(..from_buffer);
        self.stale = self.stale.saturating_sub(from_buffer);
        self.buffer.extend_from_slice(&bytes[surplus - from_buffer..]);
    }

    /// The next frame, or `None` until more bytes come.
    #[expect(
        clippy::should_implement_trait,
        reason = "not an iterator: after `None` it goes on when bytes were pushed"
    )]
    pub fn next(&mut self) -> Option<Frame> {
        loop {
            match self.step() {
                Step::More => return None,
                Step::Frame(frame, _) => return Some(frame),
                Step::Skipped { .. } => {}
            }
        }
    }

    /// Declares the bytes at hand finished: a frame that is still short of bytes was cut, and what lies behind its
    /// first byte is looked at again. To be called after a quiet gap, then [`R2000Decoder::next`] until `None`, which
    /// leaves the buffer empty.
    pub fn give_up_partial(&mut self) {
        self.stale = self.pending_bytes();
    }

    /// Bytes at hand that are not yet judged.
    pub fn pending_bytes(&self) -> usize {
        self.buffer.len() - self.start
    }

    /// Frames refused so far: wrong checksum, implausible content, or cut short.
    pub fn refused_frames(&self) -> u64 {
        self.refused_frames
    }

    /// Bytes so far that belonged to no frame.
    pub fn skipped_bytes(&self) -> u64 {
        self.skipped_bytes
    }

    /// Judges the first byte at hand.
    pub(crate) fn step(&mut self) -> Step {
        let pending = &self.buffer[self.start..];
        let finished = self.stale > 0;
        match pending.first() {
            None => return Step::More,
            Some(&HEADER) => {}
            Some(_) => return self.skip(Refusal::Noise, 1),
        }
        match check(pending) {
            Check::Not(why, span) => self.skip(why, span),
            Check::Incomplete(missing) if finished => {
                let span = pending.len();
                self.skip(Refusal::Cut { missing }, span)
            }
            Check::Incomplete(_) => Step::More,
            Check::Frame(end) => match rival(pending, end) {
                Rival::Possible if !finished => Step::More,
                Rival::Real(at) => self.skip(Refusal::Overrun, at),
                Rival::Possible | Rival::None => self.take(end),
            },
        }
    }

    fn take(&mut self, end: usize) -> Step {
        let bytes = self.buffer[self.start..self.start + end].to_vec();
        self.advance(end);
        Step::Frame(Frame::from_checked(&bytes), bytes)
    }

    fn skip(&mut self, why: Refusal, span: usize) -> Step {
        let byte = self.buffer[self.start];
        self.skipped_bytes += 1;
        if !why.is_noise() {
            self.refused_frames += 1;
        }
        self.advance(1);
        Step::Skipped { byte, why, span }
    }

    fn advance(&mut self, count: usize) {
        self.start += count;
        self.stale = self.stale.saturating_sub(count);
    }
}

/// What else the bytes of a valid frame could be.
enum Rival {
    None,
    /// A frame may begin inside and reach beyond the end; its bytes have not all come.
    Possible,
    /// A whole valid frame begins at this index and reaches to the end or beyond.
    Real(usize),
}

/// Looks for a frame that begins inside the first `end` bytes and reaches to their end or beyond.
///
/// A frame that lost its tail takes the missing bytes from its successor, and one time in 256 the sum fits: a tag would
/// be altered and the successor lost. That two checksums fit by chance is a thousand times rarer, so the successor wins.
/// An EPC that merely contains A0 costs at most a short wait, and one that holds a whole frame inside is a tag: there the
/// strength and the sum follow.
fn rival(pending: &[u8], end: usize) -> Rival {
    let mut found = Rival::None;
    for at in 1..end {
        if pending[at] != HEADER {
            continue;
        }
        match check(&pending[at..]) {
            Check::Frame(length) if at + length >= end => return Rival::Real(at),
            Check::Incomplete(_) => found = Rival::Possible,
            _ => {}
        }
    }
    found
}

//! Bytes → frames, the same way for every protocol family: driven by length, checked, and back in step after damage by
//! moving on one byte at a time. What a family's frames look like is its [`Grammar`].

use std::ops::Range;

/// What the frames of one protocol family look like. Knows no clock and keeps no bytes.
pub trait Grammar: Default + Send + 'static {
    /// One message; length, checksum and layout have been checked.
    type Frame: std::fmt::Debug + Send;

    /// The most bytes a decoder keeps undrained; more means that nobody is listening, and the oldest go.
    const BUFFER_LIMIT: usize = 16 * 1024;

    /// Whether a frame that lost its tail can pass the checksum with bytes of its successor often enough to matter: so
    /// with eight bits of checksum. Then a whole frame that begins inside and reaches beyond the end wins.
    const WEAK_CHECKSUM: bool = false;

    /// Whether a frame may begin with this byte.
    fn may_begin(&self, byte: u8) -> bool;

    /// Judges `bytes`, which are not empty and whose first byte passed [`Grammar::may_begin`]. Must decide from the
    /// bytes alone, and must not give [`Check::Frame`] with an end beyond them.
    fn check(&self, bytes: &[u8]) -> Check;

    /// Whether a whole frame carries more proof than a weak checksum, as the tag's own: then a frame that seems to begin
    /// inside is a part of it.
    fn is_proven(&self, _bytes: &[u8]) -> bool {
        false
    }

    /// Reads a whole frame that [`Grammar::check`] let pass.
    fn frame(&self, bytes: &[u8]) -> Self::Frame;
}

/// What bytes are.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Check {
    /// A frame; it ends before this index.
    Frame(usize),
    /// Possibly a frame, still at least this many bytes short.
    Incomplete(usize),
    /// Not a frame; the claim reached over this many of the bytes.
    Not(Refusal, usize),
}

/// Why bytes were not taken for a frame.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
pub enum Refusal {
    /// No frame begins here.
    #[error("no frame begins here")]
    Noise,
    /// The length is below the shortest frame or above the longest of this kind.
    #[error("no frame begins here: length {0} is not one of this protocol")]
    Length(usize),
    /// The command is not of this protocol.
    #[error("no frame begins here: command {0:#04x} is not one of this protocol")]
    Command(u16),
    /// The whole frame is there and its checksum does not fit.
    #[error("wrong checksum: the frame says {}, its bytes make {}", digits(*.said, *.bits), digits(*.made, *.bits))]
    Checksum {
        /// What the frame says.
        said: u16,
        /// What it should have been.
        made: u16,
        /// How wide the checksum is: 8 or 16.
        bits: u8,
    },
    /// The tag's protocol control word and the frame disagree on the EPC's length.
    #[error("the tag's PC says {words} words of EPC, which does not fit length {len}")]
    EpcLength {
        /// EPC words by the tag's PC.
        words: u8,
        /// The frame's length field.
        len: usize,
    },
    /// The checksum holds, but no reply to this command is built like that.
    #[error("no reply to command {command:#04x} has length {len} and this content")]
    Layout {
        /// The command.
        command: u16,
        /// The frame's length field.
        len: usize,
    },
    /// The message's own length is plausible, and its parameters do not fill it.
    #[error("message {message} has no parameter that fits at byte {at}")]
    Parameter {
        /// The message's type.
        message: u16,
        /// Where in the message.
        at: usize,
    },
    /// The last byte is not the one that ends a frame.
    #[error("the frame ends in {0:02x}, which is not its end mark")]
    EndMark(u8),
    /// The checksum holds by chance: a whole frame begins inside and reaches beyond the end.
    #[error("cut short: the next frame begins before this one ends")]
    Overrun,
    /// The bytes end before the frame does.
    #[error("cut short: {missing} more bytes were announced")]
    Cut {
        /// How many bytes are missing; at least this many where the length itself is missing.
        missing: usize,
    },
}

impl Refusal {
    /// Whether these bytes merely lay about, as opposed to being a frame that went wrong.
    pub(crate) fn is_noise(&self) -> bool {
        matches!(self, Self::Noise | Self::Length(_) | Self::Command(_))
    }
}

fn digits(value: u16, bits: u8) -> String {
    format!("{value:0width$x}", width = usize::from(bits / 4))
}

/// Finds frames in bytes as they come. Knows no clock: whoever reads the line says when it has been quiet for so long
/// that a half frame will not be finished ([`Decoder::give_up_partial`]).
///
/// Invariants: a frame comes out unaltered or not at all; the same bytes give the same frames however they are cut; the
/// bytes not yet judged stay below [`Grammar::BUFFER_LIMIT`], and the buffer below three times that.
#[derive(Debug, Default)]
pub struct Decoder<G> {
    /// The family's frames; a driver may tell it what it has learnt of its reader.
    pub(crate) grammar: G,
    buffer: Vec<u8>,
    /// Where the bytes begin that are not yet judged.
    start: usize,
    /// How many of them lie before a quiet gap: no frame that begins among them will get more bytes.
    stale: usize,
    /// Length of the valid frame at hand that only the bytes of a rival could still overturn; 0 for none.
    held: usize,
    refused_frames: u64,
    skipped_bytes: u64,
}

/// What one look at the buffer gives.
pub(crate) enum Step<F> {
    /// Nothing to say before more bytes come.
    More,
    /// A frame, and where its bytes lie; [`Decoder::bytes`] has them until the next push.
    Frame(F, Range<usize>),
    /// One byte is not part of any frame. `span` bytes from it on were claimed by what was refused.
    Skipped { byte: u8, why: Refusal, span: usize },
}

impl<G: Grammar> Decoder<G> {
    /// An empty decoder.
    pub fn new() -> Self {
        Self::default()
    }

    /// Adds bytes as they came from the line. Beyond the limit the oldest are dropped and counted as skipped.
    pub fn push(&mut self, bytes: &[u8]) {
        // Judged bytes go when they are as many as those that stay: moving these then never costs more than judging
        // the others did, however small the pieces that come.
        if self.start >= self.pending_bytes() {
            self.buffer.drain(..self.start);
            self.start = 0;
        }
        let surplus = (self.pending_bytes() + bytes.len()).saturating_sub(G::BUFFER_LIMIT);
        self.skipped_bytes += surplus as u64;
        let from_buffer = surplus.min(self.pending_bytes());
        self.advance(from_buffer);
        self.buffer.extend_from_slice(&bytes[surplus - from_buffer..]);
    }

    /// The next frame, or `None` until more bytes come.
    #[expect(
        clippy::should_implement_trait,
        reason = "not an iterator: after `None` it goes on when bytes were pushed"
    )]
    pub fn next(&mut self) -> Option<G::Frame> {
        loop {
            match self.step() {
                Step::More => return None,
                Step::Frame(frame, _) => return Some(frame),
                Step::Skipped { .. } => {}
            }
        }
    }

    /// Declares the bytes at hand finished: a frame that is still short of bytes was cut, and what lies behind its
    /// first byte is looked at again. To be called after a quiet gap, then [`Decoder::next`] until `None`, which leaves
    /// the buffer empty.
    pub fn give_up_partial(&mut self) {
        self.stale = self.pending_bytes();
    }

    /// Whether a valid frame is at hand that waits only because another could begin inside it and reach beyond its end.
    pub(crate) fn holds_frame(&self) -> bool {
        self.held > 0
    }

    /// Declares that nothing followed the frame held back: no other began inside it. Bytes behind it may still grow.
    pub(crate) fn settle(&mut self) {
        self.stale = self.stale.max(self.held);
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

    /// The bytes of the frame a step has just given.
    pub(crate) fn bytes(&self, range: Range<usize>) -> &[u8] {
        &self.buffer[range]
    }

    /// Judges the first byte at hand.
    pub(crate) fn step(&mut self) -> Step<G::Frame> {
        self.held = 0;
        let pending = &self.buffer[self.start..];
        let finished = self.stale > 0;
        match pending.first() {
            None => return Step::More,
            Some(&first) if self.grammar.may_begin(first) => {}
            Some(_) => return self.skip(Refusal::Noise, 1),
        }
        match self.grammar.check(pending) {
            Check::Not(why, span) => self.skip(why, span),
            Check::Incomplete(missing) if finished => {
                let span = pending.len();
                self.skip(Refusal::Cut { missing }, span)
            }
            Check::Incomplete(_) => Step::More,
            Check::Frame(end) => match self.rival(pending, end) {
                Rival::Possible | Rival::Real(_) if self.grammar.is_proven(&pending[..end]) => self.take(end),
                Rival::Possible if !finished => {
                    self.held = end;
                    Step::More
                }
                Rival::Real(at) => self.skip(Refusal::Overrun, at),
                Rival::Possible | Rival::None => self.take(end),
            },
        }
    }

    fn take(&mut self, end: usize) -> Step<G::Frame> {
        let range = self.start..self.start + end;
        let frame = self.grammar.frame(&self.buffer[range.clone()]);
        self.advance(end);
        Step::Frame(frame, range)
    }

    fn skip(&mut self, why: Refusal, span: usize) -> Step<G::Frame> {
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

    /// Looks for a frame that begins inside the first `end` bytes and reaches to their end or beyond.
    ///
    /// A frame that lost its tail takes the missing bytes from its successor, and one time in 256 an eight-bit sum fits:
    /// a tag would be altered and the successor lost. That two checksums fit by chance is a thousand times rarer, so the
    /// successor wins. An EPC that merely contains a first byte costs at most a short wait, and one that holds a whole
    /// frame inside is a tag: there the strength and the sum follow.
    fn rival(&self, pending: &[u8], end: usize) -> Rival {
        if !G::WEAK_CHECKSUM {
            return Rival::None;
        }
        let mut found = Rival::None;
        for at in 1..end {
            if !self.grammar.may_begin(pending[at]) {
                continue;
            }
            match self.grammar.check(&pending[at..]) {
                Check::Frame(length) if at + length >= end => return Rival::Real(at),
                Check::Incomplete(_) => found = Rival::Possible,
                _ => {}
            }
        }
        found
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

#[cfg(test)]
mod tests {
    use super::Decoder;
    use crate::reader::r2000::A0;

    #[test]
    fn an_answer_that_ends_like_a_beginning_is_out_as_soon_as_nothing_follows() {
        let round_end = [0xA0, 0x0A, 0x01, 0x8B, 0x00, 0x00, 0x28, 0x00, 0x00, 0x00, 0x02, 0xA0];
        let mut decoder = Decoder::<A0>::new();
        decoder.push(&round_end);
        assert!(decoder.next().is_none() && decoder.holds_frame());
        decoder.settle();
        assert_eq!(decoder.next().expect("the end of the round").command, 0x8B);
        assert!(!decoder.holds_frame());
        // A half frame behind it is not given up with it.
        decoder.push(&round_end);
        decoder.push(&round_end[..4]);
        assert!(decoder.next().is_some() && decoder.next().is_none());
        decoder.settle();
        decoder.push(&round_end[4..]);
        assert!(decoder.next().is_none());
        decoder.settle();
        assert!(decoder.next().is_some());
        assert_eq!((decoder.skipped_bytes(), decoder.pending_bytes()), (0, 0));
    }
}

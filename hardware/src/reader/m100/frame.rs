//! The frames in both framings: marks, length, checksum and layout in, [`Frame`] out.

use super::check::{check, proven, sum};
use super::command::*;
use super::record::TagRecord;
use crate::reader::TagRead;
use crate::reader::framing::{Check, Decoder, Grammar};
use crate::reader::talk::Speech;

/// Bytes of a frame besides its parameters: first mark, kind, command, two of length, sum, last mark.
pub(super) const AROUND: usize = 7;

/// Finds M100 frames in bytes as they come.
pub type M100Decoder = Decoder<M100Grammar>;

/// The bytes a frame begins and ends with. Everything between them is the same in both framings.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Marks {
    /// The M100's own manual, YRM, JRD, M5Stack.
    Bb7e,
    /// Most boards that are sold as R200.
    Aadd,
}

impl Marks {
    pub(super) const ALL: [Self; 2] = [Self::Bb7e, Self::Aadd];

    pub(super) fn first(self) -> u8 {
        match self {
            Self::Bb7e => 0xBB,
            Self::Aadd => 0xAA,
        }
    }

    pub(super) fn last(self) -> u8 {
        match self {
            Self::Bb7e => 0x7E,
            Self::Aadd => 0xDD,
        }
    }

    /// The name the vectors use.
    pub(super) fn word(self) -> &'static str {
        match self {
            Self::Bb7e => "bb7e",
            Self::Aadd => "aadd",
        }
    }

    fn beginning(byte: u8) -> Option<Self> {
        Self::ALL.into_iter().find(|marks| marks.first() == byte)
    }
}

/// Who says something, and why.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Kind {
    /// The station asks.
    Command,
    /// The module answers.
    Response,
    /// The module tells of a tag.
    Notice,
}

impl Kind {
    pub(super) fn of(byte: u8) -> Option<Self> {
        Some(match byte {
            0 => Self::Command,
            1 => Self::Response,
            2 => Self::Notice,
            _ => return None,
        })
    }
}

/// What M100 frames look like: in both framings, until a driver has learnt which of them its module speaks.
#[derive(Debug, Default)]
pub struct M100Grammar {
    /// The only framing that counts, once it is known.
    pub(super) marks: Option<Marks>,
}

impl Grammar for M100Grammar {
    type Frame = Frame;
    const WEAK_CHECKSUM: bool = true;

    fn may_begin(&self, byte: u8) -> bool {
        match self.marks {
            Some(marks) => byte == marks.first(),
            None => byte == Marks::Bb7e.first() || byte == Marks::Aadd.first(),
        }
    }

    fn check(&self, bytes: &[u8]) -> Check {
        check(bytes, marks_of(bytes).last())
    }

    fn frame(&self, bytes: &[u8]) -> Frame {
        Frame {
            marks: marks_of(bytes),
            kind: Kind::of(bytes[1]).unwrap_or(Kind::Command),
            command: bytes[2],
            params: bytes[5..bytes.len() - 2].to_vec(),
        }
    }

    fn is_proven(&self, bytes: &[u8]) -> bool {
        proven(bytes)
    }
}

/// The framing of bytes whose first passed [`Grammar::may_begin`].
fn marks_of(bytes: &[u8]) -> Marks {
    bytes.first().copied().and_then(Marks::beginning).unwrap_or(Marks::Bb7e)
}

impl Speech for M100Grammar {
    /// Only notices are sightings: they alone carry the tag's own checksum. The EPC in an answer about memory has eight
    /// bits of sum behind it and is compared with the one that was asked.
    fn reads(&self, frame: &Frame, hand_on: &mut dyn FnMut(TagRead)) {
        if frame.kind == Kind::Notice
            && let Some(record) = TagRecord::of(frame)
        {
            hand_on(record.read);
        }
    }
}

/// One message of the protocol; length, checksum and layout have been checked.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Frame {
    /// The framing it came in.
    pub marks: Marks,
    /// Command, response or notice.
    pub kind: Kind,
    /// The command, or the command that is answered; FF in a response to a command that failed.
    pub command: u8,
    /// Everything between length and sum.
    pub params: Vec<u8>,
}

impl Frame {
    /// The code of a command that failed.
    pub(super) fn error(&self) -> Option<u8> {
        let failed = self.kind == Kind::Response && self.command == FAILED;
        failed.then(|| self.params.first().copied()).flatten()
    }
}

/// Builds the bytes of a command. The parameters are at most some ten words long, so their length fits two bytes.
pub(super) fn command_bytes(marks: Marks, command: u8, params: &[u8]) -> Vec<u8> {
    let [high, low] = (params.len() as u16).to_be_bytes();
    let mut bytes = Vec::with_capacity(params.len() + AROUND);
    bytes.extend([marks.first(), 0, command, high, low]);
    bytes.extend_from_slice(params);
    bytes.push(sum(&bytes[1..]));
    bytes.push(marks.last());
    bytes
}

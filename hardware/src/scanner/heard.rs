//! What the decoders of all kinds have in common.

use super::error::Refusal;
use super::gm65::Gm65Frame;
use super::ssi::SsiPacket;

/// A code as it came, not yet judged.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct RawCode {
    /// Everything before the line end.
    pub bytes: Vec<u8>,
    /// The byte that ended it; `None` where a pause did.
    pub ended_by: Option<u8>,
    /// What was known to be wrong on the way: the reason if the content is refused.
    pub blame: Option<Refusal>,
}

/// What a decoder makes of the bytes.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Heard {
    /// A code.
    Code(RawCode),
    /// A line end with nothing before it: the second half of CR LF, or an empty line.
    Blank(u8),
    /// A GM65 command or answer.
    Frame(Gm65Frame),
    /// An SSI packet.
    Packet(SsiPacket),
    /// Bytes that are nothing of this.
    Refused {
        /// Why.
        why: Refusal,
        /// The bytes; for keys the characters typed so far.
        bytes: Vec<u8>,
    },
}

/// Bytes in, codes out. Invariants of all implementations: the same bytes give the same codes however they are cut,
/// nothing panics, and what is held back stays below a fixed limit.
pub trait Decode {
    /// Takes bytes as they came.
    fn push(&mut self, bytes: &[u8]) -> Vec<Heard>;

    /// Declares the bytes at hand finished, after a pause: what is held back comes out. Afterwards nothing waits.
    fn give_up_partial(&mut self) -> Vec<Heard>;

    /// Whether something is held back until more bytes or a pause come.
    fn is_waiting(&self) -> bool;
}

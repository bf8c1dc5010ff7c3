//! The grammar of LLRP messages (protocol sheet, section 2).

use super::{check, kind, report};
use crate::reader::TagRead;
use crate::reader::framing::{Check, Decoder, Grammar};
use crate::reader::talk::Speech;

use std::time::Duration;

/// Reserved and version bits, type, length, message id.
pub(super) const HEADER: usize = 10;
/// The longest message that is believed.
pub(super) const LONGEST: usize = 4 * 1024 * 1024;
/// LLRP 1.0.1 in the header's version bits.
pub(super) const V1_0_1: u8 = 1;
/// LLRP 1.1.
pub(super) const V1_1: u8 = 2;

/// What LLRP messages look like.
#[derive(Debug, Default)]
pub struct Messages {
    /// The carrier frequencies by channel index from 1, kHz, once the reader has told its table.
    pub(super) channels_khz: Vec<u32>,
    /// The bytes are those of a connection from its beginning on, so that a message of a type nobody knows can be
    /// believed in and passed over by its length.
    pub(super) in_step: bool,
}

/// Finds LLRP messages in bytes as they come.
pub type LlrpDecoder = Decoder<Messages>;

/// One LLRP message.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Frame {
    /// 1 for LLRP 1.0.1, 2 for 1.1.
    pub version: u8,
    /// The message type.
    pub kind: u16,
    /// The message id; an answer repeats its question's.
    pub id: u32,
    /// What follows the header.
    pub body: Vec<u8>,
}

impl Grammar for Messages {
    type Frame = Frame;

    /// A whole message of the longest kind and one more piece from the line. The buffer grows with bytes that came, not
    /// with what a length claims.
    const BUFFER_LIMIT: usize = LONGEST + 64 * 1024;

    fn may_begin(&self, byte: u8) -> bool {
        byte >> 5 == 0 && matches!(byte >> 2 & 7, V1_0_1 | V1_1)
    }

    fn check(&self, bytes: &[u8]) -> Check {
        check::check(bytes, self.in_step)
    }

    fn frame(&self, bytes: &[u8]) -> Frame {
        Frame {
            version: bytes[0] >> 2 & 7,
            kind: check::kind_of([bytes[0], bytes[1]]),
            id: u32::from_be_bytes([bytes[6], bytes[7], bytes[8], bytes[9]]),
            body: bytes[HEADER..].to_vec(),
        }
    }
}

impl Speech for Messages {
    /// TCP loses nothing: a half message is finished as long as the connection lives, and whether it lives the
    /// keep-alives tell. This only ends what a reader left behind that went silent in mid-message.
    const QUIET_GAP: Duration = super::session::DEAD_AFTER_KEEPALIVES;

    fn reads(&self, frame: &Frame, hand_on: &mut dyn FnMut(TagRead)) {
        if frame.kind != kind::RO_ACCESS_REPORT {
            return;
        }
        report::each(&frame.body, &self.channels_khz, |record, _| match record {
            Ok(record) => hand_on(record.read),
            Err(bad) => tracing::debug!(%bad, "tag record abandoned"),
        });
    }

    /// A network connection has no echo, and an empty answer may well look like what was sent.
    fn may_be_echo(&self, _frame: &Frame) -> bool {
        false
    }
}

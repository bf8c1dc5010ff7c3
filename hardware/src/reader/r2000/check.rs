//! Whether bytes that begin with A0 are a frame. Eight bits of checksum let one random frame in 256 pass, so length,
//! command and the tag's own length must agree as well (protocol sheet, sections 2 and 8).

use super::command::*;

/// The first byte of every frame, in both directions.
pub(crate) const HEADER: u8 = 0xA0;
/// LEN of a frame without data: address, command, checksum.
const SHORTEST_LEN: u8 = 3;
/// LEN of a real-time tag with the longest EPC (31 words) and phase.
const LONGEST_TAG_LEN: u8 = 7 + 62 + 2;
/// LEN that no setting or figure reaches (the longest is the 12-byte identifier; vendors add some).
const LONGEST_SETTING_LEN: u8 = 0x20;

/// Why bytes were not taken for a frame.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
pub enum Refusal {
    /// No frame begins here.
    #[error("no frame begins here")]
    Noise,
    /// LEN is below the shortest frame or above the longest of this command.
    #[error("no frame begins here: LEN {0} is not one of this protocol")]
    Length(u8),
    /// The command is not of this protocol.
    #[error("no frame begins here: command {0:#04x} is not one of this protocol")]
    Command(u8),
    /// The whole frame is there and its bytes do not add up.
    #[error("wrong checksum: the frame says {said:02x}, its bytes make {made:02x}")]
    Checksum {
        /// The frame's last byte.
        said: u8,
        /// What it should have been.
        made: u8,
    },
    /// The tag's protocol control word and the frame disagree on the EPC's length.
    #[error("the tag's PC says {words} words of EPC, which does not fit LEN {len}")]
    EpcLength {
        /// EPC words by the tag's PC.
        words: u8,
        /// The frame's LEN.
        len: u8,
    },
    /// The checksum holds, but no reply to this command is built like that.
    #[error("no reply to command {command:#04x} has LEN {len} and this content")]
    Layout {
        /// The command byte.
        command: u8,
        /// The frame's LEN.
        len: u8,
    },
    /// The checksum holds by chance: a whole frame begins inside and reaches beyond the end.
    #[error("cut short: the next frame begins before this one ends")]
    Overrun,
    /// The bytes end before the frame does.
    #[error("cut short: {missing} more bytes were announced")]
    Cut {
        /// How many bytes are missing; at least this many where LEN itself is missing.
        missing: usize,
    },
}

impl Refusal {
    /// Whether these bytes merely lay about, as opposed to being a frame that went wrong.
    pub(crate) fn is_noise(&self) -> bool {
        matches!(self, Self::Noise | Self::Length(_) | Self::Command(_))
    }
}

/// What bytes beginning with [`HEADER`] are.
pub(super) enum Check {
    /// A frame; it ends before this index.
    Frame(usize),
    /// Possibly a frame, still this many bytes short.
    Incomplete(usize),
    /// Not a frame; the claim reached over this many of the bytes.
    Not(Refusal, usize),
}

/// Judges `bytes`, whose first is [`HEADER`].
pub(super) fn check(bytes: &[u8]) -> Check {
    let (Some(&len), Some(&command)) = (bytes.get(1), bytes.get(3)) else {
        return match bytes.get(1) {
            Some(&len) if len < SHORTEST_LEN => Check::Not(Refusal::Length(len), 1),
            Some(&len) => Check::Incomplete(usize::from(len) + 2 - bytes.len()),
            None => Check::Incomplete(usize::from(SHORTEST_LEN) + 1),
        };
    };
    match longest_len(command) {
        None => return Check::Not(Refusal::Command(command), 1),
        Some(longest) if !(SHORTEST_LEN..=longest).contains(&len) => {
            return Check::Not(Refusal::Length(len), 1);
        }
        Some(_) => {}
    }
    let end = usize::from(len) + 2;
    let Some(frame) = bytes.get(..end) else {
        return match early_refusal(bytes, len, command) {
            Some(refusal) => Check::Not(refusal, 1),
            None => Check::Incomplete(end - bytes.len()),
        };
    };
    let (said, body) = (frame[end - 1], &frame[..end - 1]);
    let made = checksum(body);
    if said != made {
        return Check::Not(Refusal::Checksum { said, made }, end);
    }
    match layout_refusal(len, command, &body[4..]) {
        Some(refusal) => Check::Not(refusal, end),
        None => Check::Frame(end),
    }
}

/// Two's complement of the 8-bit sum, so that a whole frame adds up to zero.
pub(super) fn checksum(bytes: &[u8]) -> u8 {
    bytes.iter().fold(0_u8, |sum, &byte| sum.wrapping_add(byte)).wrapping_neg()
}

/// The EPC's words by the first byte of the tag's PC (its upper five bits).
pub(super) fn epc_words(pc_high: u8) -> u8 {
    pc_high >> 3
}

/// Whether LEN of a real-time tag fits its PC: EPC bytes + 7, and 2 more where the firmware adds the phase.
fn tag_len_fits(len: u8, words: u8) -> bool {
    let without_phase = words * 2 + 7;
    len == without_phase || len == without_phase + 2
}

/// The longest LEN of a command, in either direction; `None` for a command this protocol does not have.
fn longest_len(command: u8) -> Option<u8> {
    match command {
        READ | WRITE | LOCK | KILL | BLOCK_WRITE | BUFFER_GET | BUFFER_GET_AND_CLEAR => Some(u8::MAX),
        INVENTORY | FAST_SWITCH | SESSION_INVENTORY | MATCH_SET | MATCH_GET => Some(LONGEST_TAG_LEN),
        0x60..=0x63
        | 0x66..=0x6A
        | 0x70..=0x7B
        | RETURN_LOSS
        | BUFFERED
        | 0x8C..=0x8E
        | BUFFER_COUNT
        | BUFFER_CLEAR => Some(LONGEST_SETTING_LEN),
        _ => None,
    }
}

/// Sees through a false header before all the bytes it claims have come, so that it does not hold up real frames.
fn early_refusal(bytes: &[u8], len: u8, command: u8) -> Option<Refusal> {
    match command {
        INVENTORY | FAST_SWITCH | SESSION_INVENTORY => inventory_refusal(len, command, bytes.get(5).copied()),
        _ => None,
    }
}

fn layout_refusal(len: u8, command: u8, data: &[u8]) -> Option<Refusal> {
    match command {
        INVENTORY | FAST_SWITCH | SESSION_INVENTORY => inventory_refusal(len, command, data.get(1).copied()),
        // An error code; the request itself, with and without password.
        READ if matches!(data.len(), 1 | 3 | 7) => None,
        // The request itself; an error code.
        BUFFER_GET | BUFFER_GET_AND_CLEAR if data.len() <= 1 => None,
        READ | BUFFER_GET | BUFFER_GET_AND_CLEAR => record_refusal(len, command, data),
        _ => None,
    }
}

/// Error code, antenna fault, end of round, a host's own command, or a tag whose PC fits (section 2, table by LEN).
fn inventory_refusal(len: u8, command: u8, pc_high: Option<u8>) -> Option<Refusal> {
    match (command, len) {
        (_, 0x04 | 0x0A) | (FAST_SWITCH, 0x05 | 0x0D | 0x20) | (SESSION_INVENTORY, 0x06) => None,
        (_, 7..) if len % 2 == 1 => {
            let words = epc_words(pc_high?);
            (!tag_len_fits(len, words)).then_some(Refusal::EpcLength { words, len })
        }
        _ => Some(Refusal::Layout { command, len }),
    }
}

/// A memory or buffer record: count, length, PC, EPC, CRC, data, and three bytes at the end (section 6).
fn record_refusal(len: u8, command: u8, data: &[u8]) -> Option<Refusal> {
    let layout = Refusal::Layout { command, len };
    let &[_, _, data_len, pc_high, .., read_len, _, _] = data else {
        return Some(layout);
    };
    let read_len = if command == READ { read_len } else { 0 };
    let epc_len = data_len.checked_sub(4).and_then(|rest| rest.checked_sub(read_len));
    let Some(epc_len) = epc_len.filter(|_| data.len() == usize::from(data_len) + 6) else {
        return Some(layout);
    };
    let words = epc_words(pc_high);
    (words * 2 != epc_len).then_some(Refusal::EpcLength { words, len })
}

//! Whether bytes that begin with A0 are a frame. Eight bits of checksum let one random frame in 256 pass, so length,
//! command and the tag's own length must agree as well (protocol sheet, sections 2 and 8).
//!
//! What a frame must look like inside is asked as soon as the bytes for the answer are there, so that a false beginning
//! does not hold up the real frames behind it.

use super::command::*;
use crate::reader::framing::{Check, Refusal};

/// The first byte of every frame, in both directions.
pub(crate) const HEADER: u8 = 0xA0;
/// Bytes of the chip number that Impinj's FastTID appends.
pub(super) const FAST_TID_BYTES: u8 = 12;
/// LEN of a frame without data: address, command, checksum.
const SHORTEST_LEN: u8 = 3;
/// LEN of a real-time tag without EPC.
const BARE_TAG_LEN: u8 = 7;
/// The phase that newer firmware adds.
const PHASE_BYTES: u8 = 2;
/// LEN of a real-time tag with the longest EPC (31 words), chip number and phase.
const LONGEST_TAG_LEN: u8 = BARE_TAG_LEN + 62 + FAST_TID_BYTES + PHASE_BYTES;
/// LEN that no setting or figure reaches (the longest is the 12-byte identifier; vendors add some).
const LONGEST_SETTING_LEN: u8 = 0x20;

/// Judges `bytes`, whose first is [`HEADER`].
pub(super) fn check(bytes: &[u8]) -> Check {
    let (Some(&len), Some(&command)) = (bytes.get(1), bytes.get(3)) else {
        return match bytes.get(1) {
            Some(&len) if len < SHORTEST_LEN => Check::Not(Refusal::Length(len.into()), 1),
            Some(&len) => Check::Incomplete(usize::from(len) + 2 - bytes.len()),
            None => Check::Incomplete(usize::from(SHORTEST_LEN) + 1),
        };
    };
    match longest_len(command) {
        None => return Check::Not(Refusal::Command(command.into()), 1),
        Some(longest) if !(SHORTEST_LEN..=longest).contains(&len) => {
            return Check::Not(Refusal::Length(len.into()), 1);
        }
        Some(_) => {}
    }
    let end = usize::from(len) + 2;
    let Some(frame) = bytes.get(..end) else {
        // The checksum may be among these bytes, but then none of the data is missing.
        let data = &bytes[4..bytes.len().min(end - 1)];
        return match layout_refusal(len, command, data) {
            Some(refusal) => Check::Not(refusal, 1),
            None => Check::Incomplete(end - bytes.len()),
        };
    };
    let (said, body) = (frame[end - 1], &frame[..end - 1]);
    let made = checksum(body);
    if said != made {
        return Check::Not(Refusal::Checksum { said: said.into(), made: made.into(), bits: 8 }, end);
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

/// Whether these are the first bytes, as far as they go, of a chip number by Impinj: class E2, designer 001, whatever the
/// three flags before it say (stream-cleaning page, section 7).
pub(super) fn may_be_impinj(tid: &[u8]) -> bool {
    tid.first().is_none_or(|&class| class == 0xE2)
        && tid.get(1).is_none_or(|&flags| flags & 0x1F == 0)
        && tid.get(2).is_none_or(|&designer| designer >> 4 == 1)
}

/// How many pairs of antenna and stay a command for a sequence of this many data bytes has: four, eight, or eight in the
/// extended form (section 5).
pub(super) fn sequence_pairs(data_len: usize) -> Option<usize> {
    match data_len {
        10 => Some(4),
        18 | 29 => Some(8),
        _ => None,
    }
}

/// The longest LEN of a command, in either direction; `None` for a command this protocol does not have.
fn longest_len(command: u8) -> Option<u8> {
    match command {
        READ | WRITE | LOCK | KILL | BLOCK_WRITE | BUFFER_GET | BUFFER_GET_AND_CLEAR => Some(u8::MAX),
        INVENTORY | FAST_SWITCH | SESSION_INVENTORY | MATCH_SET | MATCH_GET => Some(LONGEST_TAG_LEN),
        0x60..=0x63
        | 0x66..=0x6A
        | GROUP_SET
        | GROUP_GET
        | 0x70..=0x7B
        | RETURN_LOSS
        | BUFFERED
        | FAST_TID_IN_RAM..=FAST_TID_GET
        | BUFFER_COUNT
        | BUFFER_CLEAR => Some(LONGEST_SETTING_LEN),
        _ => None,
    }
}

/// What speaks against this content, of which `data` has come so far.
fn layout_refusal(len: u8, command: u8, data: &[u8]) -> Option<Refusal> {
    match command {
        INVENTORY | FAST_SWITCH | SESSION_INVENTORY => inventory_refusal(len, command, data),
        READ | WRITE | LOCK | KILL | BLOCK_WRITE | BUFFER_GET | BUFFER_GET_AND_CLEAR => {
            if may_be_request(len, command, data) { None } else { record_refusal(len, command, data) }
        }
        _ => None,
    }
}

/// Error code, antenna fault, end of round, a host's own command, or a tag whose PC fits (section 2, table by LEN).
fn inventory_refusal(len: u8, command: u8, data: &[u8]) -> Option<Refusal> {
    match (command, len) {
        (_, 0x04 | 0x0A) | (FAST_SWITCH, 0x05 | 0x0D | 0x20) | (SESSION_INVENTORY, 0x06) => return None,
        (FAST_SWITCH, 0x15) if may_be_eight_slots(data) => return None,
        (_, BARE_TAG_LEN..) if len % 2 == 1 => {}
        _ => return Some(Refusal::Layout { command: command.into(), len: len.into() }),
    }
    let words = epc_words(*data.get(1)?);
    let fits = match (len - BARE_TAG_LEN).checked_sub(words * 2) {
        Some(0 | PHASE_BYTES) => true,
        // More than the PC says: only a chip number may follow the EPC.
        Some(12 | 14) => data.get(3 + usize::from(words) * 2..).is_none_or(may_be_impinj),
        _ => false,
    };
    (!fits).then_some(Refusal::EpcLength { words, len: len.into() })
}

/// A sequence over eight slots has a tag's length: every other byte must be an antenna, or FF for none.
fn may_be_eight_slots(data: &[u8]) -> bool {
    data.iter().take(16).step_by(2).all(|&antenna| antenna < 16 || antenna == 0xFF)
}

/// An error code, or a host's own command to access memory (sections 3 and 6; 82 and 83 in makers' programs).
fn may_be_request(len: u8, command: u8, data: &[u8]) -> bool {
    let data_len = usize::from(len - SHORTEST_LEN);
    match command {
        _ if data_len == 1 => true,
        READ => matches!(data_len, 3 | 7),
        LOCK => data_len == 6,
        KILL => data_len == 4,
        WRITE | BLOCK_WRITE => {
            let fits = |&words: &u8| usize::from(words) * 2 + 7 == data_len;
            data.get(4).is_none_or(|&bank| bank <= 3) && data.get(6).is_none_or(fits)
        }
        _ => data_len == 0,
    }
}

/// A memory or buffer record: count, length, PC, EPC, CRC, data, and three bytes at the end (section 6).
fn record_refusal(len: u8, command: u8, data: &[u8]) -> Option<Refusal> {
    let layout = Refusal::Layout { command: command.into(), len: len.into() };
    let whole = usize::from(len - SHORTEST_LEN);
    // Count and length before, three bytes behind; PC and CRC inside.
    if whole < 3 + 4 + 3 {
        return Some(layout);
    }
    let &data_len = data.get(2)?;
    if usize::from(data_len) + 6 != whole {
        return Some(layout);
    }
    let words = epc_words(*data.get(3)?);
    let epc_length = Refusal::EpcLength { words, len: len.into() };
    let Some(behind) = (data_len - 4).checked_sub(words * 2) else {
        return Some(epc_length);
    };
    let read_len = match command {
        READ => *data.get(whole - 3)?,
        _ => 0,
    };
    if read_len > data_len - 4 {
        return Some(layout);
    }
    (behind != read_len).then_some(epc_length)
}

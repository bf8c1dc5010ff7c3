//! Whether bytes that begin with a frame's first mark are a frame. Eight bits of sum let one random frame in 256 pass, so
//! kind, command, length, last mark and the tag's own length must agree as well (protocol sheet, sections 2 and 4).

use std::ops::RangeInclusive;

use super::command::*;
use super::frame::{AROUND, Kind};
use super::record::{epc_len_fits, split_tag};
use crate::reader::air;
use crate::reader::framing::{Check, Refusal};

/// Parameter bytes that no frame exceeds (section 2).
const LONGEST: usize = 300;
/// The most bytes of extended control words and EPC: 31 words and two more.
const LONGEST_TAG: usize = 66;
/// RSSI, PC and checksum in a notice.
pub(super) const AROUND_TAG: usize = 5;

/// Judges `bytes`, whose first is a first mark, in the framing that ends in `last`.
pub(super) fn check(bytes: &[u8], last: u8) -> Check {
    let (kind, command, len) = match header(bytes) {
        Ok(header) => header,
        Err(check) => return check,
    };
    let end = len + AROUND;
    let Some(frame) = bytes.get(..end) else {
        return match tag_refusal(kind, command, len, &bytes[5..]) {
            Some(why) => Check::Not(why, 1),
            None => Check::Incomplete(end - bytes.len()),
        };
    };
    if frame[end - 1] != last {
        return Check::Not(Refusal::EndMark(frame[end - 1]), end);
    }
    let (said, made) = (frame[end - 2], sum(&frame[1..end - 2]));
    if said != made {
        return Check::Not(Refusal::Checksum { said: said.into(), made: made.into(), bits: 8 }, end);
    }
    let params = &frame[5..end - 2];
    match tag_refusal(kind, command, len, params).or_else(|| layout_refusal(kind, command, params)) {
        Some(why) => Check::Not(why, end),
        None => Check::Frame(end),
    }
}

/// The low byte of the sum from the kind to the last parameter; the first mark is left out.
pub(super) fn sum(bytes: &[u8]) -> u8 {
    bytes.iter().fold(0_u8, |sum, &byte| sum.wrapping_add(byte))
}

/// Whether a frame is a notice whose tag's own checksum holds: then its eight bits of sum do not stand alone.
pub(super) fn proven(frame: &[u8]) -> bool {
    let &[_, 2, _, _, _, _rssi, ref said @ .., high, low, _sum, _last] = frame else { return false };
    air::crc16(said) == u16::from_be_bytes([high, low])
}

/// Kind, command and length, as soon as each byte of them is there.
fn header(bytes: &[u8]) -> Result<(Kind, u8, usize), Check> {
    let not = |why| Err(Check::Not(why, 1));
    let missing = Check::Incomplete(AROUND.saturating_sub(bytes.len()).max(1));
    let Some(&kind) = bytes.get(1) else { return Err(missing) };
    let Some(kind) = Kind::of(kind) else { return not(Refusal::Noise) };
    let Some(&command) = bytes.get(2) else { return Err(missing) };
    let Some(lengths) = param_lengths(kind, command) else { return not(Refusal::Command(command.into())) };
    let Some(&high) = bytes.get(3) else { return Err(missing) };
    let least = usize::from(high) << 8;
    if least > *lengths.end() {
        return not(Refusal::Length(least));
    }
    let Some(&low) = bytes.get(4) else { return Err(missing) };
    let len = least | usize::from(low);
    if !lengths.contains(&len) {
        return not(Refusal::Length(len));
    }
    Ok((kind, command, len))
}

/// How many bytes of parameters a frame may have; `None` for a command this protocol does not have.
fn param_lengths(kind: Kind, command: u8) -> Option<RangeInclusive<usize>> {
    let asked_and_answered = match command {
        // Length of PC and EPC, both, and the outcome.
        READ => (9, LONGEST),
        WRITE => (9 + 64, LONGEST_TAG + 4),
        LOCK => (7, LONGEST_TAG + 4),
        KILL => (5, LONGEST_TAG + 4),
        PERMALOCK | PERMALOCK_REPLY => (LONGEST_TAG, LONGEST),
        CHIP_CONFIG..=CHIP_LAST => (LONGEST_TAG, LONGEST_TAG + 16),
        INFO => (1, 64),
        SELECT_GET | SELECT => (7 + 32, 7 + 32),
        HOP_LIST | BLOCKING | CHANNEL_RSSI => (64, 64),
        IDLE | GPIO | DEMODULATOR_SET | DEMODULATOR_GET | KEEP_SETTINGS => (4, 4),
        MULTI_POLL => (3, 1),
        QUERY_GET | QUERY_SET | BAUD | POWER_SET | POWER_GET => (2, 2),
        REGION_SET | REGION_GET | SELECT_MODE | SLEEP | IDLE_MINUTES | POLL | STOP | CHANNEL_GET
        | CHANNEL_SET | AUTO_HOP | CARRIER => (1, 1),
        FAILED => (0, LONGEST_TAG + 4),
        _ => return None,
    };
    match kind {
        Kind::Command if command == FAILED => None,
        Kind::Command => Some(0..=asked_and_answered.0),
        Kind::Response => Some(1..=asked_and_answered.1),
        Kind::Notice if matches!(command, POLL | MULTI_POLL) => Some(AROUND_TAG..=AROUND_TAG + LONGEST_TAG),
        Kind::Notice => None,
    }
}

/// Sees a tag's length that disagrees with the frame's, as soon as the tag's PC is there: a false beginning must not hold
/// up real frames.
fn tag_refusal(kind: Kind, command: u8, len: usize, params: &[u8]) -> Option<Refusal> {
    let (pc, tag_len) = match (kind, command, params) {
        (Kind::Notice, _, &[_rssi, high, low, ..]) => ([high, low], len.checked_sub(AROUND_TAG)?),
        (Kind::Response, READ, &[said_len, high, low, ..]) => {
            let tag_len = usize::from(said_len).checked_sub(2).filter(|tag_len| tag_len + 3 <= len);
            let Some(tag_len) = tag_len else { return Some(Refusal::Layout { command: READ.into(), len }) };
            ([high, low], tag_len)
        }
        _ => return None,
    };
    let pc = u16::from_be_bytes(pc);
    (!epc_len_fits(pc, tag_len)).then_some(Refusal::EpcLength { words: (pc >> 11) as u8, len })
}

fn layout_refusal(kind: Kind, command: u8, params: &[u8]) -> Option<Refusal> {
    let fits = match (kind, command, params) {
        (Kind::Notice, _, &[_rssi, ref tag @ .., _, _]) => split_tag(tag).is_some(),
        (Kind::Response, READ, &[said_len, ref rest @ ..]) => {
            rest.get(..usize::from(said_len)).is_some_and(|tag| split_tag(tag).is_some())
        }
        _ => true,
    };
    (!fits).then_some(Refusal::Layout { command: command.into(), len: params.len() })
}

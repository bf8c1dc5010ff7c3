//! Whether bytes that begin with FF are a frame. FF stands anywhere inside frames too, so what cannot be one is seen
//! through as early as its first bytes allow, and does not hold up the real frame behind it (protocol sheet, sections 2
//! and 10).

use super::frame::{COMMAND_REST, REPLY_REST, crc};
use super::opcode::*;
use super::reply::{self, Part};
use super::status;
use crate::reader::framing::{Check, Refusal};

/// The first byte of every frame, in both directions.
pub(super) const HEADER: u8 = 0xFF;
/// The longest LEN (section 10).
pub(super) const LONGEST_LEN: u8 = 248;
/// LEN of an answer that tells a fault; some repeat a few bytes of the question.
const LONGEST_FAULT_LEN: usize = 32;
/// Which is where the data of a reply begins.
const REPLY_DATA_AT: usize = 5;

/// Judges `bytes`, whose first is [`HEADER`]. A command is recognised too, because an adapter may echo it and a recording
/// may hold both directions; there is no mark that tells them apart but length and checksum.
pub(super) fn check(bytes: &[u8], without_crc: bool) -> Check {
    let Some(&len) = bytes.get(1) else { return Check::Incomplete(COMMAND_REST - 1) };
    if len > LONGEST_LEN {
        return Check::Not(Refusal::Length(len.into()), 1);
    }
    let len = usize::from(len);
    let Some(&opcode) = bytes.get(2) else { return Check::Incomplete(len + COMMAND_REST - bytes.len()) };
    if !is_known(opcode) {
        return Check::Not(Refusal::Command(opcode.into()), 1);
    }
    if without_crc {
        return match reply_refusal(opcode, len, bytes) {
            Some(refusal) => Check::Not(refusal, 1),
            None => bare_reply(bytes, opcode, len),
        };
    }
    let may_be_command = command_fits(opcode, len, bytes.get(3..).unwrap_or_default());
    if may_be_command
        && let Some(command) = bytes.get(..len + COMMAND_REST)
        && checksum_refusal(command).is_none()
    {
        return Check::Frame(len + COMMAND_REST);
    }
    match reply_refusal(opcode, len, bytes) {
        None => whole_reply(bytes, opcode, len),
        Some(refusal) if !may_be_command => Check::Not(refusal, 1),
        Some(_) => match bytes.get(..len + COMMAND_REST).map(checksum_refusal) {
            Some(Some(refusal)) => Check::Not(refusal, len + COMMAND_REST),
            // Its checksum fits, and it has been taken above.
            Some(None) => Check::Frame(len + COMMAND_REST),
            None => Check::Incomplete(len + COMMAND_REST - bytes.len()),
        },
    }
}

fn whole_reply(bytes: &[u8], opcode: u8, len: usize) -> Check {
    let end = len + REPLY_REST;
    let Some(frame) = bytes.get(..end) else { return Check::Incomplete(end - bytes.len()) };
    if let Some(refusal) = checksum_refusal(frame) {
        return Check::Not(refusal, end);
    }
    match layout_refusal(opcode, len, &frame[3..end - 2], false) {
        Some(refusal) => Check::Not(refusal, end),
        None => Check::Frame(end),
    }
}

/// A reply of a module that leaves the checksum out: only its content speaks for it.
fn bare_reply(bytes: &[u8], opcode: u8, len: usize) -> Check {
    let end = len + REPLY_DATA_AT;
    let Some(frame) = bytes.get(..end) else { return Check::Incomplete(end - bytes.len()) };
    match layout_refusal(opcode, len, &frame[3..], true) {
        Some(refusal) => Check::Not(refusal, end),
        None => Check::Frame(end),
    }
}

/// A whole frame with a wrong checksum.
fn checksum_refusal(frame: &[u8]) -> Option<Refusal> {
    let (body, &said) = frame.split_last_chunk::<2>()?;
    let (said, made) = (u16::from_be_bytes(said), crc(&body[1..]));
    (said != made).then_some(Refusal::Checksum { said, made, bits: 16 })
}

fn is_known(opcode: u8) -> bool {
    matches!(opcode, 0x03..=0x10 | 0x21..=0x30 | 0x60..=0x73 | 0x91..=0x9F | 0xAA)
}

/// Whether a command may have this length and begin like this.
fn command_fits(opcode: u8, len: usize, data: &[u8]) -> bool {
    let first = data.first().copied().filter(|_| len > 0);
    match opcode {
        VERSION | BOOT | PROGRAM | BUFFER_CLEAR | PROTOCOL_GET | REGION_GET | REGIONS_GET
        | POWER_MODE_GET | TEMPERATURE => len == 0,
        READ_SINGLE => len == 2 || (5..=80).contains(&len),
        // Option 00 has nothing behind the timeout; anything longer says so in the option, which no status begins with.
        READ_MULTIPLE => {
            len == 5 && first.is_none_or(|option| option == 0)
                || (7..=160).contains(&len) && first.is_none_or(|option| option & 0x10 != 0)
        }
        WRITE_DATA => (8..=160).contains(&len),
        READ_DATA => (8..=90).contains(&len),
        LOCK | KILL => (7..=90).contains(&len),
        BUFFER_GET => len == 3,
        CONTINUOUS => {
            len == 3 && data.get(2).is_none_or(|&option| option == 2)
                || (9..=180).contains(&len) && data.get(2).is_none_or(|&option| option != 0)
        }
        HARDWARE => len == 2,
        BAUD_SET => len == 4,
        ANTENNA_GET | POWER_GET => len <= 1,
        OPTION_GET | PARAMETER_GET | PROTOCOL_SET => len == 2,
        REGION_SET => (1..=4).contains(&len),
        POWER_MODE_SET => len == 1,
        OPTION_SET | PARAMETER_SET => (3..=16).contains(&len),
        ANTENNA_SET => (2..=64).contains(&len),
        POWER_SET => (2..=5).contains(&len),
        _ => false,
    }
}

/// Sees through what is no reply from as much of it as has come. What is refused here stays refused when more comes.
fn reply_refusal(opcode: u8, len: usize, bytes: &[u8]) -> Option<Refusal> {
    let &[high, ref behind @ ..] = bytes.get(3..)? else { return None };
    let low = behind.first().copied();
    if !status::is_plausible(high, low) {
        return Some(Refusal::Noise);
    }
    let longest = match u16::from_be_bytes([high, low?]) {
        status::OK => longest_len(opcode),
        // A firmware that stumbled names its file and line.
        0x7F00.. => usize::from(LONGEST_LEN),
        _ => LONGEST_FAULT_LEN,
    };
    if len > longest {
        return Some(Refusal::Length(len));
    }
    let is_stream = opcode == READ_MULTIPLE && high == 0 && low == Some(0) && len >= reply::STREAM_LEN;
    (is_stream && !reply::may_be_stream(bytes.get(REPLY_DATA_AT..)?)).then_some(Refusal::Noise)
}

/// The longest LEN of a good answer.
fn longest_len(opcode: u8) -> usize {
    match opcode {
        READ_SINGLE | READ_MULTIPLE | READ_DATA | BUFFER_GET | 0x2D | 0x65 | 0x6C | 0x6D | 0xAA => {
            usize::from(LONGEST_LEN)
        }
        VERSION | BOOT => reply::VERSION_LEN,
        0x60..=0x73 | HARDWARE => 64,
        _ => 32,
    }
}

/// Status and data of a whole reply. Without a checksum a tag's own takes its place, and a version must be whole.
fn layout_refusal(opcode: u8, len: usize, said: &[u8], without_crc: bool) -> Option<Refusal> {
    let (status, data) = said.split_first_chunk::<2>()?;
    if u16::from_be_bytes(*status) != status::OK {
        return None;
    }
    let bad = match opcode {
        READ_MULTIPLE => match reply::part(data) {
            Part::Broken => true,
            Part::Tag(tag) => without_crc && !tag.air_crc_valid(),
            _ => false,
        },
        BUFFER_GET => reply::buffer(data, &mut |_| {}).is_err(),
        VERSION | BOOT => without_crc && len != reply::VERSION_LEN,
        _ => false,
    };
    bad.then_some(Refusal::Layout { command: opcode.into(), len })
}

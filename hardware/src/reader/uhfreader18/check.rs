//! Whether bytes are a length-prefixed frame. Nothing marks its beginning, so every byte that could be a length is a
//! beginning; what follows must be a command of the protocol, a status that command can end in, and content that fits
//! the length exactly. Most false beginnings are seen through with their fourth byte (protocol sheet, sections 2 and 8).

use super::code;
use super::command::*;
use super::frame::{Frame, FrameKind, carries_tags, crc16};
use super::tags::{Fit, Shape, pushed_shape, shape_of};
use crate::reader::framing::{Check, Refusal};

/// LEN of a command without data: address, command, checksum.
pub(super) const SHORTEST_LEN: u8 = 4;
/// LEN above this is no real reader's (section 8: suspicious).
pub(super) const LONGEST_LEN: u8 = 0xF0;
/// What LEN counts besides the bytes between command and checksum.
const AROUND: usize = 4;
/// The longest EPC, in words.
const EPC_WORDS: u8 = 31;

/// Judges `bytes`, whose first is a length within bounds.
pub(super) fn check(known: Option<Shape>, bytes: &[u8]) -> Check {
    let len = usize::from(bytes[0]);
    let end = len + 1;
    let missing = end.saturating_sub(bytes.len());
    let (Some(&address), Some(&command)) = (bytes.get(1), bytes.get(2)) else {
        return Check::Incomplete(missing);
    };
    let total = len - AROUND;
    let content = &bytes[3..bytes.len().min(end - 2)];
    if missing > 0 {
        return match kind_of(known, address, command, content, total) {
            (Fit::No, _) if is_command(command) => Check::Not(Refusal::Length(len), 1),
            (Fit::No, _) => Check::Not(Refusal::Command(command.into()), 1),
            _ => Check::Incomplete(missing),
        };
    }
    // The first bytes alone, before the sum is worth computing.
    let head = &content[..content.len().min(1)];
    match kind_of(known, address, command, head, total) {
        (Fit::No, _) if is_command(command) => return Check::Not(Refusal::Length(len), 1),
        (Fit::No, _) => return Check::Not(Refusal::Command(command.into()), 1),
        _ => {}
    }
    let made = crc16(&bytes[..end - 2]);
    let said = u16::from_le_bytes([bytes[end - 2], bytes[end - 1]]);
    if said != made {
        return Check::Not(Refusal::Checksum { said, made, bits: 16 }, end);
    }
    match kind_of(known, address, command, content, total) {
        (Fit::Whole, _) => Check::Frame(end),
        _ => Check::Not(Refusal::Layout { command: command.into(), len }, end),
    }
}

/// Reads a frame that [`check`] let pass.
pub(super) fn frame(known: Option<Shape>, bytes: &[u8]) -> Frame {
    let (address, command) = (bytes[1], bytes[2]);
    let content = &bytes[3..bytes.len() - 2];
    let (_, kind) = kind_of(known, address, command, content, content.len());
    let (status, data) = match (kind, content.split_first()) {
        (FrameKind::Reply, Some((&status, data))) => (Some(status), data),
        (FrameKind::Either, Some((&status, _))) => (Some(status), content),
        _ => (None, content),
    };
    Frame { kind, address, command: command.into(), status, data: data.to_vec() }
}

/// Whether the `total` bytes between command and checksum, of which `content` has come, can be a reply, a command, or
/// both.
fn kind_of(known: Option<Shape>, address: u8, command: u8, content: &[u8], total: usize) -> (Fit, FrameKind) {
    // Every reader listens to FF; none has it as its own.
    let reply = if address == 0xFF { Fit::No } else { reply_fit(known, command, content, total) };
    if reply == Fit::Whole && !is_setting(command) {
        return (reply, FrameKind::Reply);
    }
    match (reply, command_fit(command, content, total)) {
        (Fit::Whole, Fit::Whole) => (Fit::Whole, FrameKind::Either),
        (Fit::Whole, _) => (Fit::Whole, FrameKind::Reply),
        (_, Fit::Whole) => (Fit::Whole, FrameKind::Command),
        (Fit::No, Fit::No) => (Fit::No, FrameKind::Command),
        _ => (Fit::SoFar, FrameKind::Command),
    }
}

fn reply_fit(known: Option<Shape>, command: u8, content: &[u8], total: usize) -> Fit {
    let Some(left) = total.checked_sub(1) else { return Fit::No };
    let Some((&status, data)) = content.split_first() else {
        return if is_command(command) { Fit::SoFar } else { Fit::No };
    };
    let fits = match (command, status) {
        (INVENTORY | SINGLE, _) if carries_tags(status) => {
            return records_fit(known, status, data, left);
        }
        (PUSH, code::OK) => return push_fit(known, data, left),
        (PUSH, code::HEARTBEAT) => (9..=24).contains(&left),
        (NONE, code::ILLEGAL) => left == 0,
        (NONE | PUSH, _) => false,
        (INVENTORY, code::STATISTICS) => left == 7,
        (INVENTORY | SINGLE, code::ANTENNA) => left <= 2,
        (_, code::OK) => ok_lengths(command, left),
        (READ | WRITE | WRITE_EPC | KILL | LOCK, code::TAG_ERROR) => left == 1,
        (READ | WRITE | WRITE_EPC | KILL | LOCK, 0x05 | 0x09..=0x0E | 0xF8..=0xFB)
        | (INVENTORY | SINGLE | BUFFERED..=QT_INVENTORY | BUFFER_READ, 0xF9..=0xFB)
        | (BUFFERED..=QT_INVENTORY, 0x01..=0x04 | 0x26 | code::ANTENNA)
        | (_, 0xFD..=0xFF) => left == 0 || (BUFFERED..=QT_INVENTORY).contains(&command),
        (INFO..=RETURN_LOSS, code::NOT_SAVED | 0x14 | code::ANTENNA | 0xF9) => left == 0,
        (TEMPERATURE, 0xF9) => left == 0,
        (BUFFER_READ, 0x01..=0x04) => true,
        _ => false,
    };
    complete(fits && is_command(command), content, total)
}

/// How many bytes may follow status 00.
fn ok_lengths(command: u8, left: usize) -> bool {
    match command {
        READ => left > 0 && left.is_multiple_of(2),
        INFO => (8..=20).contains(&left),
        MODE_GET_18 => (10..=14).contains(&left),
        MODE_GET_288 => (1..=40).contains(&left),
        SERIAL => left == 4,
        TEMPERATURE | BUFFER_COUNT => left == 2,
        RETURN_LOSS => left == 1,
        LOSS_LIMIT => left <= 1,
        BUFFERED..=QT_INVENTORY | BUFFER_READ => true,
        _ => left == 0,
    }
}

/// Tag records, or nothing at all: the frame that ends a round is often empty.
fn records_fit(known: Option<Shape>, status: u8, data: &[u8], left: usize) -> Fit {
    match (status, left) {
        (_, 0) => Fit::Whole,
        // A command: Q 4 in session 0. No reader is full without a tag.
        (code::MEMORY_FULL, 1) => Fit::No,
        _ => shape_of(known, data, left).0,
    }
}

fn push_fit(known: Option<Shape>, data: &[u8], left: usize) -> Fit {
    let longest = 2 * usize::from(EPC_WORDS) + 3 + 7;
    if left == 0 || left > longest {
        return Fit::No;
    }
    if data.len() < left {
        return Fit::SoFar;
    }
    complete(pushed_shape(known, data).is_some(), data, left)
}

/// The commands of the protocol as a host sends them.
fn command_fit(command: u8, content: &[u8], total: usize) -> Fit {
    let first = content.first().copied();
    let fits = match command {
        INFO | MODE_GET_18 | SERIAL | BUFFER_READ | BUFFER_CLEAR | BUFFER_COUNT | MODE_GET_288
        | TEMPERATURE | SINGLE => total == 0,
        ADDRESS | SCAN_TIME | BAUD | BEEP | ANTENNA_CHECK | MODE_SET_288 => total == 1,
        LOSS_LIMIT => total <= 1,
        POWER => matches!(total, 1 | 4 | 8),
        MULTIPLEX => matches!(total, 1 | 2),
        REGION => total == 2,
        PULSE => total == 3,
        MODE_SET_18 => total == 6,
        AUTO_SET_288 => (3..=30).contains(&total),
        RETURN_LOSS => total == 5,
        INVENTORY => return inventory_fit(content, total),
        BUFFERED..=QT_INVENTORY => (2..=60).contains(&total),
        READ => with_epc(first, 1, 7, total),
        KILL => with_epc(first, 1, 4, total),
        LOCK => with_epc(first, 1, 6, total),
        WRITE_EPC => with_epc(first, 1, 4, total),
        WRITE => match (first, content.get(1)) {
            (Some(words @ 1..=32), epc) => with_epc(epc.copied(), 2, 6 + 2 * usize::from(words), total),
            (Some(_), _) => false,
            (None, _) => total > 8,
        },
        _ => false,
    };
    complete(fits, content, total)
}

/// A command that names its tag: the EPC's words stand at its beginning; a mask of two bytes may stand at the end.
fn with_epc(words: Option<u8>, before: usize, behind: usize, total: usize) -> bool {
    match words {
        Some(words @ 0..=EPC_WORDS) => {
            let length = before + 2 * usize::from(words) + behind;
            total == length || total == length + 2
        }
        Some(_) => false,
        None => total >= before + behind,
    }
}

/// Nothing; `Q Session`, or a chip number's address and length; with `Target Ant Scan`; with a mask (section 4).
fn inventory_fit(content: &[u8], total: usize) -> Fit {
    let fits_at = |at: usize, fits: fn(u8) -> bool| content.get(at).is_none_or(|&byte| fits(byte));
    let session = fits_at(1, |session| session <= 0x0F || session >= 0xFD);
    let last_three = |there: bool| {
        !there || fits_at(total - 3, |target| target <= 1) && fits_at(total - 2, |ant| ant & 0xF0 == 0x80)
    };
    let fits = match total {
        0 => true,
        2 | 4 | 5 | 7 => session && last_three(total % 2 == 1),
        6..=50 => {
            let masked = content.get(5).map(|&bits| 6 + usize::from(bits).div_ceil(8));
            let rest = masked.map(|masked| total.checked_sub(masked));
            let mask = match rest {
                Some(Some(rest @ (0 | 2 | 3 | 5))) => last_three(rest % 2 == 1),
                Some(_) => false,
                None => true,
            };
            session && fits_at(2, |bank| (1..=3).contains(&bank)) && mask
        }
        _ => false,
    };
    complete(fits, content, total)
}

/// What fits so far, and whether all of it has come.
pub(super) fn complete(fits: bool, content: &[u8], total: usize) -> Fit {
    if !fits {
        Fit::No
    } else if content.len() < total {
        Fit::SoFar
    } else {
        Fit::Whole
    }
}

/// Whether setting a value and acknowledging it can be the same bytes.
fn is_setting(command: u8) -> bool {
    matches!(
        command,
        ADDRESS | SCAN_TIME | BAUD | POWER | MULTIPLEX | BEEP | ANTENNA_CHECK | LOSS_LIMIT | MODE_SET_288
    )
}

fn is_command(command: u8) -> bool {
    matches!(
        command,
        NONE | INVENTORY..=LOCK
            | SINGLE
            | BUFFERED..=QT_INVENTORY
            | INFO
            | REGION
            | ADDRESS
            | SCAN_TIME
            | BAUD
            | POWER
            | PULSE
            | MODE_SET_18
            | MODE_GET_18
            | MULTIPLEX
            | BEEP
            | SERIAL
            | ANTENNA_CHECK
            | LOSS_LIMIT
            | BUFFER_READ..=MODE_GET_288
            | RETURN_LOSS
            | TEMPERATURE
            | PUSH
    )
}

//! One field each: what it may hold and what to write instead.

use jiff::civil::Date;

use super::problem::quoted;
use crate::domain::ids::{ID_MAX_BYTES, is_id};
use crate::domain::record::CATEGORIES;
use crate::domain::{MayDraw, Role};
use crate::identity::epc::parse_hex;
use crate::ledger::people::Badge;

/// Longest field of plain words, in bytes: a label and a line on the screen end long before.
const WORDS_MAX_BYTES: usize = 256;

/// Longest text of a code, in bytes: what the largest QR code holds.
const CODE_MAX_BYTES: usize = 2_953;

/// Longest list of what a person may draw, in bytes; it stands in one entry of the ledger.
const MAY_DRAW_MAX_BYTES: usize = 8_192;

/// The EPC bank holds 1 to 31 words behind its protocol control word, which counts them in five bits.
const EPC_BYTES: std::ops::RangeInclusive<usize> = 2..=62;

/// Two words name the chip's model; longer ones hold its serial number.
const TID_BYTES: std::ops::RangeInclusive<usize> = 4..=64;

type Read<T> = Result<T, String>;

pub(super) fn id(value: &str) -> Read<String> {
    if is_id(value) {
        return Ok(value.to_owned());
    }
    Err(format!("{} is no id: at most {ID_MAX_BYTES} bytes, no control characters", quoted(value)))
}

/// Words for people. A line break, as spreadsheets leave them in a cell, becomes a space.
pub(super) fn words(value: &str) -> Read<String> {
    let line = value
        .split(['\r', '\n'])
        .map(str::trim)
        .filter(|part| !part.is_empty())
        .collect::<Vec<_>>()
        .join(" ");
    as_marked(&line)
}

/// Text that is kept as it stands.
pub(super) fn as_marked(value: &str) -> Read<String> {
    at_most(value, WORDS_MAX_BYTES)?;
    if value.chars().any(char::is_control) {
        return Err(format!("{} holds a control character: take it out", quoted(value)));
    }
    Ok(value.to_owned())
}

/// The text of a mark or a QR badge. The separators of ISO 15434 and GS1 (EOT, FS, GS, RS, US) belong to it.
pub(super) fn code_text(value: &str) -> Read<String> {
    at_most(value, CODE_MAX_BYTES)?;
    let foreign = |c: char| c.is_control() && !matches!(c, '\u{4}' | '\u{1c}'..='\u{1f}');
    if value.chars().any(foreign) {
        return Err(format!("{} holds a control character that no mark has: take it out", quoted(value)));
    }
    Ok(value.to_owned())
}

pub(super) fn category(value: &str) -> Read<String> {
    if CATEGORIES.contains(&value) {
        return Ok(value.to_owned());
    }
    Err(format!(
        "{} is no category: write SA-1 to SA-6 or LW-1 to LW-7, or unknown, or leave it empty",
        quoted(value)
    ))
}

pub(super) fn epc(value: &str) -> Read<Vec<u8>> {
    let bytes = hex(value)?;
    whole_words(&bytes, EPC_BYTES)?;
    if bytes.iter().all(|byte| *byte == 0) {
        return Err("is all zeros, which is a blank tag: write a code to the tag first".into());
    }
    Ok(bytes)
}

pub(super) fn tid(value: &str) -> Read<Vec<u8>> {
    let bytes = hex(value)?;
    whole_words(&bytes, TID_BYTES)?;
    Ok(bytes)
}

pub(super) fn badge(value: &str) -> Read<Badge> {
    match value.split_once(':') {
        Some(("epc", rest)) => epc(rest).map(Badge::Epc),
        Some(("qr", rest)) if !rest.is_empty() => code_text(rest).map(Badge::Qr),
        _ => Err(format!("{} is no badge: write epc:HEX or qr:TEXT", quoted(value))),
    }
}

pub(super) fn role(value: &str) -> Read<Role> {
    Role::from_word(value).ok_or_else(|| {
        let words = Role::ALL.map(Role::word);
        format!("{} is no role: write one of {}", quoted(value), words.join(" "))
    })
}

/// `2026-05-14`, or as `format` says, and no other way: 14/05/26 is another day in another country.
pub(super) fn date(value: &str, format: Option<&str>) -> Read<Date> {
    if let Some(format) = format {
        return Date::strptime(format, value).map_err(|_| {
            format!("{} is no date of the form {format}, as the mapping has it", quoted(value))
        });
    }
    let shape = value.len() == 10
        && value
            .bytes()
            .enumerate()
            .all(|(nth, byte)| if nth == 4 || nth == 7 { byte == b'-' } else { byte.is_ascii_digit() });
    let date = if shape { value.parse().ok() } else { None };
    date.ok_or_else(|| format!("{} is no date: write year-month-day, such as 2026-05-14", quoted(value)))
}

pub(super) fn may_draw(value: &str) -> Read<MayDraw> {
    at_most(value, MAY_DRAW_MAX_BYTES)?;
    // Each name as `words` leaves it, so that a model listed here is the model of the register.
    let names: Read<Vec<String>> =
        value.split(';').map(str::trim).filter(|name| !name.is_empty()).map(words).collect();
    Ok(MayDraw::from_text(&names?.join(";")))
}

fn at_most(value: &str, bytes: usize) -> Read<()> {
    if value.len() <= bytes {
        return Ok(());
    }
    Err(format!("{} is {} bytes long and at most {bytes} are taken: shorten it", quoted(value), value.len()))
}

fn whole_words(bytes: &[u8], length: std::ops::RangeInclusive<usize>) -> Read<()> {
    if bytes.len().is_multiple_of(2) && length.contains(&bytes.len()) {
        return Ok(());
    }
    let (least, most) = length.into_inner();
    Err(format!(
        "is {} bytes: a tag holds whole 16-bit words, {} to {} hex digits in fours",
        bytes.len(),
        2 * least,
        2 * most
    ))
}

fn hex(value: &str) -> Read<Vec<u8>> {
    let is_hex = value.bytes().all(|byte| byte.is_ascii_hexdigit());
    let bytes = if is_hex { parse_hex(value).ok() } else { None };
    bytes.ok_or_else(|| {
        let advice = if value.contains(['+', '.']) {
            "a spreadsheet made a number of it: format the column as text and fill it in again"
        } else if is_hex && !value.len().is_multiple_of(2) {
            "one digit is missing or too many"
        } else {
            "write digits 0 to 9 and A to F only, without spaces"
        };
        format!("{} is not hex of a tag: {advice}", quoted(value))
    })
}

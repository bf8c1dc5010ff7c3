//! What may be a code: control characters, character set, AIM identifier (scanner page, sections 1, 2 and 7).

use super::aim::{self, Kind};
use super::error::Refusal;
use super::heard::RawCode;
use super::{MAX_CODE_BYTES, ScannedCode};

/// The group separator, the one control character a code may hold: it ends GS1 values.
const GS: u8 = 0x1D;

/// Judges a raw code. `aim` says whether the scanner was set to send identifiers, `bar_type` what it said apart from the
/// content.
///
/// Bytes 80 to 9F are kept: they are half of every UTF-8 and GBK text, and what they look like is up to the screen.
pub(super) fn judged(
    raw: RawCode,
    aim: bool,
    bar_type: Option<Kind>,
) -> Result<(ScannedCode, Option<Kind>), (Refusal, Vec<u8>)> {
    if let Err(why) = admissible(&raw.bytes) {
        return Err((raw.blame.unwrap_or(why), raw.bytes));
    }
    let split = if aim { aim::split(&raw.bytes) } else { None };
    let (id, content) = match split {
        Some((id, content)) => (Some(id), content),
        None => (None, raw.bytes.as_slice()),
    };
    if content.is_empty() {
        return Err((Refusal::Empty, raw.bytes));
    }
    let kind = id.and_then(aim::kind_of_id).or(bar_type);
    let (text, decoded_as_latin1) = match std::str::from_utf8(content) {
        Ok(text) => (text.to_owned(), false),
        Err(_) => (content.iter().copied().map(char::from).collect(), true),
    };
    let code = ScannedCode {
        bytes: content.to_vec(),
        text,
        aim: id.map(str::to_owned),
        symbology: kind.map(|kind| kind.name),
        complete: raw.ended_by.is_some(),
        decoded_as_latin1,
    };
    Ok((code, kind))
}

fn admissible(bytes: &[u8]) -> Result<(), Refusal> {
    if bytes.len() > MAX_CODE_BYTES {
        return Err(Refusal::TooLong);
    }
    match bytes.iter().position(|&byte| byte.is_ascii_control() && byte != GS) {
        Some(at) => Err(Refusal::Control { byte: bytes[at], at }),
        None => Ok(()),
    }
}

//! Marks: what a camera or a scanner reads off an item, whatever the symbol.
//!
//! Sources: `domain/identifiers.md` section 7; MIL-STD-130N and ISO/IEC 15434 for unique item marks, GS1 General
//! Specifications for element strings, GS1 Digital Link for web addresses, which are taken apart and never opened.

mod gs1;
pub mod house;
mod iso15434;
mod link;

use std::borrow::Cow;
use std::fmt;

use super::MarkId;

/// The most bytes a mark may have: the digits a QR code of version 40 holds, the largest symbol there is.
pub const MARK_MAX_BYTES: usize = 7089;

/// What sort of identifier a mark carries.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
pub enum MarkKind {
    /// UII of enterprise and serial.
    Construct1,
    /// UII of enterprise, original part or lot, and serial.
    Construct2,
    /// UII given whole in data identifier 25S.
    Uii25S,
    /// Individual asset, 8004, in a mark, an element string or a Digital Link.
    Giai,
    /// Returnable asset with serial, 8003, in any of the three.
    Grai,
    /// Electronic serial number of a phone, 22S.
    Esn,
    /// Vehicle identification number, I.
    Vin,
    /// Trade item with serial, 01 and 21.
    GtinSerial,
    /// Place, 414 with or without 254.
    Gln,
    /// Person being served, 8018.
    Gsrn,
    /// Person serving, 8017.
    Gsrnp,
    /// Shipping crate, 00.
    Sscc,
    /// Document with serial, 253.
    Gdti,
    /// A house code of this program.
    House,
}

impl MarkKind {
    /// The name as `inspect mark` prints it.
    pub fn as_str(self) -> &'static str {
        match self {
            Self::Construct1 => "construct1",
            Self::Construct2 => "construct2",
            Self::Uii25S => "25S",
            Self::Giai => "GIAI",
            Self::Grai => "GRAI",
            Self::Esn => "ESN",
            Self::Vin => "VIN",
            Self::GtinSerial => "gtin_serial",
            Self::Gln => "gln",
            Self::Gsrn => "gsrn",
            Self::Gsrnp => "gsrnp",
            Self::Sscc => "sscc",
            Self::Gdti => "gdti",
            Self::House => "house",
        }
    }
}

impl fmt::Display for MarkKind {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(self.as_str())
    }
}

/// One element of a mark: a data identifier, text identifier or application identifier and what it holds.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Part {
    /// `17V`, `MFR`, `8004` …
    pub qualifier: String,
    /// What stands behind it, fit for a screen.
    pub value: String,
}

/// A mark that carries an identifier.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Mark {
    /// What sort.
    pub kind: MarkKind,
    /// The unique item identifier, for the kinds that are one (ISO 15434 kinds, GIAI, GRAI).
    pub uii: Option<String>,
    /// The elements in the order of the mark, also those that are no identity. Kept beside the UII because two
    /// different pairs of part and serial can join to the same UII.
    pub parts: Vec<Part>,
    /// The AIM symbology identifier the scanner sent in front, such as `]d2`.
    pub symbology_prefix: Option<String>,
    /// What was scanned, without AIM prefix and line end, fit for a screen: control characters are shown as symbols.
    pub text: String,
    /// The key of the register.
    pub key: MarkId,
}

/// Why a text is no identifier. The text itself is still a key, see [`MarkId`].
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
pub enum MarkError {
    /// Nothing at all.
    #[error("the mark is empty: scan it again")]
    Empty,
    /// More than a symbol can hold.
    #[error("{bytes} bytes are more than any symbol holds ({MARK_MAX_BYTES}): scan one mark at a time")]
    TooLong {
        /// How many there are.
        bytes: usize,
    },
    /// Plain text.
    #[error("plain text, no identifier: neither an ISO 15434 mark, nor a GS1 key, nor a house code")]
    NotAnIdentifier,
    /// Separators without what must stand around them.
    #[error("no ISO 15434 envelope: the data are separated as in a mark, but do not begin with [)> and RS")]
    NoEnvelope,
    /// A mark whose end is missing.
    #[error("the mark is cut off: it must end with RS and EOT; scan it again")]
    CutOff,
    /// A format this station does not read.
    #[error("format {0:?} is unknown: 05, 06 and 12 (or the old DD) carry unique item identifiers")]
    Format(String),
    /// Data that do not follow their format.
    #[error("{0:?} begins with no known identifier: the mark was made wrongly or misread")]
    Element(String),
    /// No identity in a well-formed mark.
    #[error("the mark holds no unique item identifier: {0}")]
    Missing(&'static str),
    /// More than one value where there must be one.
    #[error("the mark gives {0} more than once: which one is meant cannot be known")]
    Repeated(String),
    /// A character that may not stand there.
    #[error("{found:?} may not stand in {qualifier} {value:?}: {allowed}")]
    Character {
        /// Which element.
        qualifier: String,
        /// What it holds.
        value: String,
        /// The character.
        found: char,
        /// What may stand there.
        allowed: &'static str,
    },
    /// A value of the wrong length.
    #[error("{qualifier} {value:?} has the wrong length: {expected}")]
    Length {
        /// Which element.
        qualifier: String,
        /// What it holds.
        value: String,
        /// What is right.
        expected: &'static str,
    },
    /// A check digit that does not belong to its digits.
    #[error(
        "the check digit of {qualifier} {value:?} should be {expected}: misread or miswritten; scan it again"
    )]
    CheckDigit {
        /// Which key.
        qualifier: String,
        /// The digits found.
        value: String,
        /// The digit that would be right.
        expected: u8,
    },
    /// A web address without a GS1 key.
    #[error("a web address without a GS1 key in its path: it names nothing here and is not opened")]
    NotADigitalLink,
    /// A house code that is none.
    #[error(transparent)]
    House(#[from] house::HouseError),
}

/// Reads a mark.
///
/// # Errors
/// Says why the bytes are no identifier. They may still be somebody's key: [`MarkId::from_bytes`] never fails.
pub fn parse(bytes: &[u8]) -> Result<Mark, MarkError> {
    if bytes.len() > MARK_MAX_BYTES {
        return Err(MarkError::TooLong { bytes: bytes.len() });
    }
    let scanned = to_text(bytes);
    let (prefix, body) = strip(&scanned);
    if body.is_empty() {
        return Err(MarkError::Empty);
    }
    let found = if body.starts_with("[)>") {
        iso15434::parse(body)?
    } else if house::is_meant(body) {
        let code = house::check(body)?;
        Found { kind: MarkKind::House, uii: None, key: code, parts: Vec::new() }
    } else if link::is_meant(body) {
        link::parse(body)?
    } else if body.starts_with('(') {
        gs1::parse_bracketed(body)?
    } else if body.starts_with(GS) || prefix.is_some_and(gs1::is_announced_by) {
        gs1::parse_raw(body)?
    } else if body.contains(GS) {
        return Err(MarkError::NoEnvelope);
    } else {
        return Err(MarkError::NotAnIdentifier);
    };
    Ok(Mark {
        kind: found.kind,
        uii: found.uii,
        parts: found.parts.iter().map(|(qualifier, value)| part(qualifier, value)).collect(),
        symbology_prefix: prefix.map(str::to_owned),
        text: printable(body).into_owned(),
        key: MarkId::canonical(found.key),
    })
}

/// Makes a text fit for a screen: control characters become their symbols (U+2400 and on), and characters that reorder
/// or hide others become U+FFFD.
pub fn printable(text: &str) -> Cow<'_, str> {
    if text.chars().all(|c| shown(c) == c) { Cow::Borrowed(text) } else { text.chars().map(shown).collect() }
}

/// Group separator, between the elements of a mark; also how FNC1 is passed on.
const GS: char = '\u{1d}';

/// What a format found in a mark, before it is dressed for the outside.
struct Found {
    kind: MarkKind,
    uii: Option<String>,
    key: String,
    parts: Vec<(String, String)>,
}

/// UTF-8 where it is, Latin-1 otherwise, so that no byte is lost.
pub(super) fn to_text(bytes: &[u8]) -> Cow<'_, str> {
    match std::str::from_utf8(bytes) {
        Ok(text) => Cow::Borrowed(text),
        Err(_) => bytes.iter().copied().map(char::from).collect(),
    }
}

/// Takes the AIM symbology identifier (`]`, a letter, a digit or letter) off the front and line ends off the back.
pub(super) fn strip(text: &str) -> (Option<&str>, &str) {
    let text = text.trim_end_matches(['\r', '\n']);
    match text.as_bytes() {
        [b']', code, modifier, ..] if code.is_ascii_alphabetic() && modifier.is_ascii_alphanumeric() => {
            (Some(&text[..3]), &text[3..])
        }
        _ => (None, text),
    }
}

/// The beginning of a value for an error: fit for one line of a screen.
pub fn excerpt(value: &str) -> String {
    const SHOWN: usize = 40;
    let mut out: String = value.chars().take(SHOWN).map(shown).collect();
    if value.chars().nth(SHOWN).is_some() {
        out.push('…');
    }
    out
}

fn part(qualifier: &str, value: &str) -> Part {
    Part { qualifier: printable(qualifier).into_owned(), value: printable(value).into_owned() }
}

fn shown(c: char) -> char {
    match c {
        '\0'..='\u{1f}' => char::from_u32(0x2400 + u32::from(c)).unwrap_or(char::REPLACEMENT_CHARACTER),
        '\u{7f}' => '\u{2421}',
        '\u{80}'..='\u{9f}' | '\u{ad}' | '\u{61c}' | '\u{180e}' | '\u{feff}' => char::REPLACEMENT_CHARACTER,
        '\u{200b}'..='\u{200f}' | '\u{2028}'..='\u{202e}' | '\u{2060}'..='\u{206f}' => {
            char::REPLACEMENT_CHARACTER
        }
        '\u{fff9}'..='\u{fffb}' | '\u{e0000}'..='\u{e007f}' => char::REPLACEMENT_CHARACTER,
        _ => c,
    }
}

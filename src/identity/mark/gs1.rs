//! GS1 element strings: application identifiers and their values, raw as a symbol holds them or in brackets as people
//! write them, and which of them name one single thing.

use super::{Found, GS, MarkError, MarkKind, excerpt};
use crate::identity::epc::gs1_check_digit;
use crate::identity::epc::text::{is_gs1_character, path_escape};

/// AIM identifiers that say FNC1 stood in front: GS1-128, GS1 Data Matrix, GS1 QR, DataBar, DotCode (GS1 General
/// Specifications 5.1.2).
pub(super) fn is_announced_by(prefix: &str) -> bool {
    matches!(prefix, "]C1" | "]d2" | "]Q3" | "]e0" | "]e1" | "]e2" | "]J1")
}

/// Reads `(8004)06141415678`. People put spaces around the brackets; none can be part of a value.
pub(super) fn parse_bracketed(text: &str) -> Result<Found, MarkError> {
    let mut elements = Vec::new();
    let mut rest = text;
    while !rest.is_empty() {
        let Some((ai, after)) = bracket(rest) else {
            return Err(MarkError::Element(excerpt(rest)));
        };
        let after = after.trim_start_matches(' ');
        let length = match fixed_length(ai) {
            Some(length) => length.min(after.len()),
            // The value ends where the next identifier begins; brackets may also stand in a value.
            None => (0..after.len())
                .find(|at| after.get(*at..).is_some_and(|tail| bracket(tail).is_some()))
                .unwrap_or(after.len()),
        };
        let (value, next) =
            after.split_at_checked(length).ok_or_else(|| MarkError::Element(excerpt(rest)))?;
        let value = value.trim_end_matches(' ');
        if value.is_empty() {
            return Err(wrong_length(ai, value, "nothing stands behind it"));
        }
        elements.push((ai.to_owned(), value.to_owned()));
        rest = next.trim_start_matches(' ');
    }
    identify(elements)
}

/// Reads an element string as symbols hold it: values of variable length end at GS or at the end.
pub(super) fn parse_raw(text: &str) -> Result<Found, MarkError> {
    identify(split_raw(text)?)
}

/// Takes an element string apart without asking what it means.
fn split_raw(text: &str) -> Result<Vec<(String, String)>, MarkError> {
    let mut elements = Vec::new();
    let mut rest = text.trim_start_matches(GS);
    while !rest.is_empty() {
        let unknown = || MarkError::Element(excerpt(rest));
        let ai = ai_length(rest).and_then(|length| rest.get(..length)).ok_or_else(unknown)?;
        let after = &rest[ai.len()..];
        let length = match fixed_length(ai) {
            Some(length) => length.min(after.find(GS).unwrap_or(after.len())),
            None => after.find(GS).unwrap_or(after.len()),
        };
        let (value, next) = after.split_at_checked(length).ok_or_else(unknown)?;
        elements.push((ai.to_owned(), value.to_owned()));
        rest = next.trim_start_matches(GS);
    }
    Ok(elements)
}

/// The identifiers that name single things, strongest first: an asset key says more than the trade item it is one of.
const KEYS: [&str; 8] = ["8004", "8003", "01", "00", "8018", "8017", "253", "414"];

/// Finds the one key that names the item and gives it its canonical form: the plain value for an asset, which is its
/// UII, and the Digital Link path for the rest, because in an element string a serial may hold brackets of its own.
pub(super) fn identify(elements: Vec<(String, String)>) -> Result<Found, MarkError> {
    let mut chosen = None;
    for ai in KEYS {
        if let Some(value) = one(&elements, ai)? {
            chosen = Some((ai, value));
            break;
        }
    }
    let (ai, value) =
        chosen.ok_or(MarkError::Missing("none of 8004, 8003, 01 with 21, 00, 8018, 8017, 253, 414"))?;
    let (kind, qualifier) = match ai {
        "8004" => (giai(value).map(|()| MarkKind::Giai)?, None),
        "8003" => (grai(value).map(|()| MarkKind::Grai)?, None),
        "01" => {
            checked(ai, value, 14)?;
            let serial = one(&elements, "21")?.ok_or(MarkError::Missing(
                "a trade item without serial (21) is a kind of thing, not one thing",
            ))?;
            text("21", serial, 20)?;
            (MarkKind::GtinSerial, Some(("21", serial)))
        }
        "253" => (with_serial(ai, value, 13, 17).map(|()| MarkKind::Gdti)?, None),
        "414" => {
            checked(ai, value, 13)?;
            // The extension 0 stands for none (TDS 6.3.3).
            let extension = one(&elements, "254")?.filter(|extension| *extension != "0");
            if let Some(extension) = extension {
                text("254", extension, 20)?;
            }
            (MarkKind::Gln, extension.map(|extension| ("254", extension)))
        }
        _ => {
            checked(ai, value, 18)?;
            let kind = match ai {
                "00" => MarkKind::Sscc,
                "8018" => MarkKind::Gsrn,
                _ => MarkKind::Gsrnp,
            };
            (kind, None)
        }
    };
    let uii = matches!(kind, MarkKind::Giai | MarkKind::Grai).then(|| value.to_owned());
    let key = uii.clone().unwrap_or_else(|| path(ai, value, qualifier));
    Ok(Found { kind, uii, key, parts: elements })
}

fn path(ai: &str, value: &str, qualifier: Option<(&str, &str)>) -> String {
    let mut path = format!("/{ai}/{}", path_escape(value));
    if let Some((ai, value)) = qualifier {
        path.push_str(&format!("/{ai}/{}", path_escape(value)));
    }
    path
}

/// An asset: a company prefix (four digits at least) and a reference, 30 characters at most.
fn giai(value: &str) -> Result<(), MarkError> {
    text("8004", value, 30)?;
    if value.len() < 5 || !value.bytes().take(4).all(|byte| byte.is_ascii_digit()) {
        let expected = "a company prefix of 4 to 12 digits and a reference";
        return Err(wrong_length("8004", value, expected));
    }
    Ok(())
}

/// A returnable asset: 0, thirteen digits, serial. Without serial it is a kind of asset.
fn grai(value: &str) -> Result<(), MarkError> {
    if !value.starts_with('0') {
        let expected = "a 0, thirteen digits and a serial of 1 to 16 characters";
        return Err(wrong_length("8003", value, expected));
    }
    with_serial("8003", value, 14, 16)
}

fn with_serial(ai: &str, value: &str, digits: usize, max_serial: usize) -> Result<(), MarkError> {
    let (key, serial) = value.split_at_checked(digits).unwrap_or((value, ""));
    checked(ai, key, digits)?;
    if serial.is_empty() {
        return Err(MarkError::Missing("a type without serial is a kind of thing, not one thing"));
    }
    text(ai, serial, max_serial)?;
    Ok(())
}

/// Digits of a fixed number, the last of which is their check digit.
fn checked(ai: &str, value: &str, digits: usize) -> Result<(), MarkError> {
    let numeric = value.len() == digits && value.bytes().all(|byte| byte.is_ascii_digit());
    let Some((body, last)) = value.split_at_checked(digits - 1).filter(|_| numeric) else {
        let expected = "it is a number of fixed length with a check digit";
        return Err(wrong_length(ai, value, expected));
    };
    match gs1_check_digit(body) {
        Some(expected) if last != expected.to_string() => {
            Err(MarkError::CheckDigit { qualifier: ai.to_owned(), value: excerpt(value), expected })
        }
        _ => Ok(()),
    }
}

fn text(ai: &str, value: &str, max: usize) -> Result<(), MarkError> {
    if value.is_empty() || value.len() > max {
        let expected = "empty, or longer than the identifier allows";
        return Err(wrong_length(ai, value, expected));
    }
    Ok(())
}

/// The value of an identifier that must not stand there with two values.
fn one<'a>(elements: &'a [(String, String)], ai: &str) -> Result<Option<&'a str>, MarkError> {
    let mut values = elements.iter().filter(|(other, _)| other == ai).map(|(_, value)| value.as_str());
    let first = values.next();
    if values.any(|value| Some(value) != first) {
        return Err(MarkError::Repeated(format!("({ai})")));
    }
    if let Some(value) = first {
        characters(ai, value)?;
    }
    Ok(first)
}

fn characters(ai: &str, value: &str) -> Result<(), MarkError> {
    match value.chars().find(|c| !is_gs1_character(*c)) {
        Some(found) => Err(MarkError::Character {
            qualifier: ai.to_owned(),
            value: excerpt(value),
            found,
            allowed: "GS1 allows 82 characters, no spaces and no accents",
        }),
        None => Ok(()),
    }
}

fn wrong_length(ai: &str, value: &str, expected: &'static str) -> MarkError {
    MarkError::Length { qualifier: ai.to_owned(), value: excerpt(value), expected }
}

/// `(8004)rest` → `8004`, `rest`, when the brackets hold a possible identifier.
fn bracket(text: &str) -> Option<(&str, &str)> {
    let (ai, after) = text.strip_prefix('(')?.split_once(')')?;
    (ai_length(ai)? == ai.len()).then_some((ai, after))
}

/// How many digits the identifier has that `text` begins with, by its first two (GS1 General Specifications
/// figure 7.8.1-2); `None` where none begins so.
fn ai_length(text: &str) -> Option<usize> {
    let length = match text.get(..2)? {
        "00" | "01" | "02" | "03" | "10" | "11" | "12" | "13" | "15" | "16" | "17" | "20" | "21" | "22"
        | "30" | "37" => 2,
        "90" | "91" | "92" | "93" | "94" | "95" | "96" | "97" | "98" | "99" => 2,
        "23" | "24" | "25" | "40" | "41" | "42" | "71" => 3,
        "31" | "32" | "33" | "34" | "35" | "36" | "39" | "43" | "70" | "72" | "80" | "81" | "82" => 4,
        _ => return None,
    };
    let digits = text.get(..length)?;
    digits.bytes().all(|byte| byte.is_ascii_digit()).then_some(length)
}

/// The length of the value where it is fixed and no FNC1 needs to follow (GS1 General Specifications figure 7.8.5-2),
/// and of the person keys, whose length is as fixed.
fn fixed_length(ai: &str) -> Option<usize> {
    match ai.get(..2)? {
        "00" => Some(18),
        "01" | "02" | "03" => Some(14),
        "11" | "12" | "13" | "15" | "16" | "17" => Some(6),
        "20" => Some(2),
        "31" | "32" | "33" | "34" | "35" | "36" => Some(6),
        "41" => Some(13),
        "80" if ai == "8017" || ai == "8018" => Some(18),
        _ => None,
    }
}

//! The "+" schemes of TDS 2.x: no partition, digits as nibbles, texts that say how they are packed (section 14.5).
//!
//! The encoding indicators are those of TDS 2.3 table E: 001 is upper-case hex, 010 lower-case.

use super::decode::Cursor;
use super::schemes::Scheme;
use super::text::{Gs1Texts, is_gs1_character, is_uii_character, place};
use super::{Decoded, EpcError};

/// The host of canonical Digital Link URIs (GS1 Digital Link URI syntax 4.12).
const CANONICAL_HOST: &str = "https://id.gs1.org";

/// Decodes what follows the header of a "+" scheme.
pub(super) fn decode(mut cursor: Cursor<'_>) -> Result<Decoded, EpcError> {
    // Set when further data follow the EPC; they are no part of the identity.
    cursor.small(1)?;
    let filter = cursor.small(3)?;
    let scheme = cursor.scheme;
    let pairs = pairs(&mut cursor)?;
    let uii = match scheme {
        Scheme::GiaiPlus | Scheme::GraiPlus => pairs.first().map(|(_, value)| value.clone()),
        _ => None,
    };
    let texts = Gs1Texts(pairs);
    let digital_link = texts.digital_link();
    Ok(Decoded {
        scheme,
        pure_uri: format!("{CANONICAL_HOST}{digital_link}"),
        tag_uri: None,
        element_string: Some(texts.element_string()),
        digital_link: Some(digital_link),
        uii,
        filter: Some(filter),
    })
}

fn pairs(cursor: &mut Cursor<'_>) -> Result<Vec<(&'static str, String)>, EpcError> {
    Ok(match cursor.scheme {
        Scheme::SsccPlus => vec![("00", digits(cursor, 18)?)],
        Scheme::GsrnPlus => vec![("8018", digits(cursor, 18)?)],
        Scheme::GsrnpPlus => vec![("8017", digits(cursor, 18)?)],
        Scheme::SglnPlus => place(digits(cursor, 13)?, alphanumeric(cursor, "extension", 20)?),
        Scheme::GraiPlus => {
            let key = digits(cursor, 14)?;
            if !key.starts_with('0') {
                let value = u128::from(key.as_bytes()[0] - b'0');
                return Err(EpcError::Range { scheme: cursor.scheme, field: "leading digit", value });
            }
            vec![("8003", key + &alphanumeric(cursor, "serial", 16)?)]
        }
        Scheme::GdtiPlus => vec![("253", digits(cursor, 13)? + &alphanumeric(cursor, "serial", 17)?)],
        Scheme::SgcnPlus => vec![("255", digits(cursor, 13)? + &numeric(cursor, 12)?)],
        Scheme::ItipPlus => vec![("8006", digits(cursor, 18)?), ("21", alphanumeric(cursor, "serial", 20)?)],
        Scheme::GiaiPlus => vec![("8004", delimited(cursor, "asset reference", is_gs1_character)?)],
        Scheme::CpiPlus => {
            let part = delimited(cursor, "part reference", |c| is_uii_character(c) || c == '#')?;
            vec![("8010", part), ("8011", numeric(cursor, 12)?)]
        }
        Scheme::DsgtinPlus => {
            date(cursor)?;
            vec![("01", digits(cursor, 14)?), ("21", alphanumeric(cursor, "serial", 20)?)]
        }
        // SGTIN+ is the one that is left; the schemes of TDS 1.13 never come here.
        _ => vec![("01", digits(cursor, 14)?), ("21", alphanumeric(cursor, "serial", 20)?)],
    })
}

/// Fixed-length numeric, 14.5.4: four bits a digit.
fn digits(cursor: &mut Cursor<'_>, count: usize) -> Result<String, EpcError> {
    let mut out = String::with_capacity(count);
    for _ in 0..count {
        let value = cursor.small(4)?;
        if value > 9 {
            return Err(EpcError::Range { scheme: cursor.scheme, field: "digit", value: value.into() });
        }
        out.push(char::from(b'0' + value));
    }
    Ok(out)
}

/// Delimited or terminated numeric, 14.5.5: digits, then nibble F for the end or nibble E and a packed rest.
/// At most 30 characters in all, as 8004 and 8010 have.
fn delimited(
    cursor: &mut Cursor<'_>,
    field: &'static str,
    allowed: fn(char) -> bool,
) -> Result<String, EpcError> {
    const MAX: usize = 30;
    let scheme = cursor.scheme;
    let mut out = String::new();
    loop {
        match cursor.small(4)? {
            digit @ 0..=9 => out.push(char::from(b'0' + digit)),
            _ if out.is_empty() => return Err(EpcError::EmptyText { scheme, field }),
            0xF => break,
            0xE => {
                out.push_str(&alphanumeric(cursor, field, MAX)?);
                break;
            }
            value => {
                return Err(EpcError::Range { scheme, field: "digit", value: value.into() });
            }
        }
        if out.len() > MAX {
            break;
        }
    }
    if out.len() > MAX {
        return Err(EpcError::TooManyCharacters { scheme, field, max: MAX });
    }
    match out.chars().find(|c| !allowed(*c)) {
        Some(found) => Err(EpcError::Character { scheme, field, found }),
        None => Ok(out),
    }
}

/// Variable-length numeric without encoding indicator, 14.5.13, with the four-bit length of 8011 and 255.
fn numeric(cursor: &mut Cursor<'_>, max: usize) -> Result<String, EpcError> {
    let length = usize::from(cursor.small(4)?);
    check_length(cursor.scheme, "serial", length, max)?;
    integer(cursor, "serial", length)
}

/// Variable-length alphanumeric, 14.5.6: indicator, five-bit length, characters.
fn alphanumeric(cursor: &mut Cursor<'_>, field: &'static str, max: usize) -> Result<String, EpcError> {
    let scheme = cursor.scheme;
    let indicator = cursor.small(3)?;
    let length = usize::from(cursor.small(5)?);
    check_length(scheme, field, length, max)?;
    match indicator {
        0 => integer(cursor, field, length),
        1 => packed(cursor, length, 4, b"0123456789ABCDEF"),
        2 => packed(cursor, length, 4, b"0123456789abcdef"),
        3 => packed(cursor, length, 6, b"ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789-_"),
        4 => seven_bit(cursor, field, length),
        5 => urn_code_40(cursor, field, length),
        _ => Err(EpcError::Indicator { scheme, field, indicator }),
    }
}

fn check_length(scheme: Scheme, field: &'static str, length: usize, max: usize) -> Result<(), EpcError> {
    if length == 0 {
        return Err(EpcError::EmptyText { scheme, field });
    }
    if length > max {
        return Err(EpcError::TooManyCharacters { scheme, field, max });
    }
    Ok(())
}

/// A number of `length` digits, leading zeros kept, in ceiling(length × log2 10) bits: as many as the largest needs.
fn integer(cursor: &mut Cursor<'_>, field: &'static str, length: usize) -> Result<String, EpcError> {
    // A length has five bits at most, and 10^31 fits 128 bits.
    let limit = 10_u128.pow(length as u32);
    let bits = u128::BITS - (limit - 1).leading_zeros();
    let value = cursor.number(bits)?;
    if value >= limit {
        return Err(EpcError::Range { scheme: cursor.scheme, field, value });
    }
    Ok(format!("{value:0length$}"))
}

fn packed(cursor: &mut Cursor<'_>, length: usize, bits: u32, alphabet: &[u8]) -> Result<String, EpcError> {
    let mut out = String::with_capacity(length);
    for _ in 0..length {
        out.push(char::from(alphabet[usize::from(cursor.small(bits)?)]));
    }
    Ok(out)
}

fn seven_bit(cursor: &mut Cursor<'_>, field: &'static str, length: usize) -> Result<String, EpcError> {
    let mut out = String::with_capacity(length);
    for _ in 0..length {
        let found = char::from(cursor.small(7)?);
        // CPI+ also allows #; its own alphabet is checked on the whole text.
        if !is_gs1_character(found) && found != '#' {
            return Err(EpcError::Character { scheme: cursor.scheme, field, found });
        }
        out.push(found);
    }
    match out.contains('#') && cursor.scheme != Scheme::CpiPlus {
        true => Err(EpcError::Character { scheme: cursor.scheme, field, found: '#' }),
        false => Ok(out),
    }
}

/// Three characters in sixteen bits, 14.5.6.5; the last group may end in padding, no other.
fn urn_code_40(cursor: &mut Cursor<'_>, field: &'static str, length: usize) -> Result<String, EpcError> {
    const ALPHABET: &[u8; 40] = b"\0ABCDEFGHIJKLMNOPQRSTUVWXYZ-.:0123456789";
    let scheme = cursor.scheme;
    let mut out = String::with_capacity(length);
    for group in 0..length.div_ceil(3) {
        let value = cursor.number(16)?;
        if value == 0 || value > 64_000 {
            return Err(EpcError::Range { scheme, field, value });
        }
        let index = (value - 1) as usize;
        for (position, code) in [index / 1600, index / 40 % 40, index % 40].into_iter().enumerate() {
            let within = group * 3 + position < length;
            if within == (code == 0) {
                return Err(EpcError::Range { scheme, field, value });
            }
            if within {
                out.push(char::from(ALPHABET[code]));
            }
        }
    }
    Ok(out)
}

/// Prioritised date, 14.5.3. Checked because a wrong one says the bits are not what they seem.
fn date(cursor: &mut Cursor<'_>) -> Result<(), EpcError> {
    let scheme = cursor.scheme;
    let kind = cursor.number(4)?;
    let (year, month, day) = (cursor.number(7)?, cursor.number(4)?, cursor.number(5)?);
    // A year of two digits: whether 29 February exists is settled by the ones that can be, every fourth.
    let last = match month {
        2 if year % 4 == 0 => 29,
        2 => 28,
        4 | 6 | 9 | 11 => 30,
        _ => 31,
    };
    let checks = [
        ("date type", kind, kind <= 6),
        ("year", year, year <= 99),
        ("month", month, (1..=12).contains(&month)),
        ("day", day, day <= last),
    ];
    for (field, value, good) in checks {
        if !good {
            return Err(EpcError::Range { scheme, field, value });
        }
    }
    Ok(())
}

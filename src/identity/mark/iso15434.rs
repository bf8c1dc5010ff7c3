//! Unique item marks: the ISO/IEC 15434 envelope and the three formats that carry a UII (MIL-STD-130N).
//!
//! Nothing is mended here: an end that is cut off, a lower-case letter or a second serial refuses the mark, because a
//! mended mark could be another weapon's.

use super::{Found, GS, MarkError, MarkKind, excerpt, gs1};
use crate::identity::epc::text::{is_cage_character, is_uii_character};

const HEADER: &str = "[)>\u{1e}";
const RS: char = '\u{1e}';
const END: &str = "\u{1e}\u{4}";

/// Longest UII that the registry of MIL-STD-130 takes (K: from knowledge of the standard).
const UII_MAX: usize = 50;

/// Reads a mark that begins with `[)>`. Several formats may stand in one envelope; one of them must hold the UII, and
/// if two do they must agree.
pub(super) fn parse(text: &str) -> Result<Found, MarkError> {
    let body = text.strip_prefix(HEADER).ok_or(MarkError::NoEnvelope)?;
    let body = body.strip_suffix(END).ok_or(MarkError::CutOff)?;
    let mut best: Option<Found> = None;
    let mut refused = None;
    for block in body.split(RS) {
        let found = match format(block) {
            Ok(found) => found,
            // A format that this station does not read may stand beside one that it does.
            Err(error @ MarkError::Format(_)) => {
                refused = refused.or(Some(error));
                continue;
            }
            Err(error) => return Err(error),
        };
        best = match best {
            Some(best) if best.key != found.key => {
                return Err(MarkError::Repeated("the unique item identifier".to_owned()));
            }
            Some(mut best) => {
                best.parts.extend(found.parts);
                Some(best)
            }
            None => Some(found),
        };
    }
    best.ok_or_else(|| refused.unwrap_or(MarkError::Missing("the envelope is empty")))
}

fn format(block: &str) -> Result<Found, MarkError> {
    let (name, data) = block.split_once(GS).unwrap_or((block, ""));
    match name {
        "05" => application_identifiers(data),
        "06" => data_identifiers(data),
        // DD is the interim name under which format 12 was first marked.
        "12" | "DD" => text_identifiers(data),
        _ => Err(MarkError::Format(excerpt(name))),
    }
}

/// Format 05: 8004 or 8003 is the whole UII.
fn application_identifiers(data: &str) -> Result<Found, MarkError> {
    let found = gs1::parse_raw(data)?;
    let Some(uii) = &found.uii else {
        return Err(MarkError::Missing("format 05 carries it in 8004 or 8003"));
    };
    characters(&found.kind.to_string(), uii)?;
    Ok(found)
}

/// Format 06: data identifiers, up to three digits and a letter (ISO/IEC 15418).
fn data_identifiers(data: &str) -> Result<Found, MarkError> {
    let elements = split(data, |element| {
        let digits = element.bytes().take(3).take_while(u8::is_ascii_digit).count();
        element
            .as_bytes()
            .get(digits)
            .filter(|byte| byte.is_ascii_uppercase())
            .map(|_| (digits + 1, digits + 1))
    })?;
    let mark = Elements(&elements);
    let whole = mark.one("25S")?;
    let cage_serial = mark.one("18S")?;
    let (kind, uii) = if let Some(uii) = whole {
        if cage_serial.is_some_and(|value| format!("D{value}") != uii) {
            return Err(MarkError::Repeated("the unique item identifier".to_owned()));
        }
        (MarkKind::Uii25S, uii.to_owned())
    } else if let Some(value) = cage_serial {
        let (cage, serial) = value.split_at_checked(5).unwrap_or((value, ""));
        (MarkKind::Construct1, format!("D{}{}", code("18S", cage, 5)?, nonempty("18S", serial)?))
    } else if let Some((agency, enterprise)) = mark.enterprise(&[
        ("17V", Enterprise::Cage),
        ("7L", Enterprise::Dodaac),
        ("12V", Enterprise::Duns),
        ("3V", Enterprise::Gs1),
        ("18V", Enterprise::Other),
    ])? {
        let serial = mark.one("S")?.ok_or(MarkError::Missing("there is no serial number (S)"))?;
        let part = mark.part("1P", "1T")?.ok_or(MarkError::Missing(
            "a serial (S) counts within its part (1P) or lot (1T), and there is neither",
        ))?;
        (MarkKind::Construct2, format!("{agency}{enterprise}{part}{serial}"))
    } else if let Some(esn) = mark.one("22S")? {
        (MarkKind::Esn, esn.to_owned())
    } else if let Some(vin) = mark.one("I")? {
        (MarkKind::Vin, vin.to_owned())
    } else {
        return Err(MarkError::Missing("no 25S, 18S, enterprise (17V 7L 12V 3V 18V), 22S or I"));
    };
    finish(kind, uii, elements)
}

/// Format 12: text identifiers, three letters and a space.
fn text_identifiers(data: &str) -> Result<Found, MarkError> {
    let elements = split(data, |element| {
        let letters = element.bytes().take(3).filter(u8::is_ascii_uppercase).count();
        (letters == 3 && element.as_bytes().get(3) == Some(&b' ')).then_some((3, 4))
    })?;
    let mark = Elements(&elements);
    let (agency, enterprise) = mark
        .enterprise(&[
            ("MFR", Enterprise::Cage),
            ("SPL", Enterprise::Cage),
            ("CAG", Enterprise::Cage),
            ("DUN", Enterprise::Duns),
            ("EUC", Enterprise::Gs1),
        ])?
        .ok_or(MarkError::Missing("no enterprise (CAG MFR SPL DUN EUC)"))?;
    let within_enterprise = mark.part("SER", "UCN")?;
    let within_part = mark.one("SEQ")?;
    let (kind, uii) = match (within_enterprise, within_part) {
        (Some(_), Some(_)) => return Err(MarkError::Repeated("the serial number".to_owned())),
        (Some(serial), None) => (MarkKind::Construct1, format!("{agency}{enterprise}{serial}")),
        (None, Some(serial)) => {
            let part = mark.part("PNO", "LOT")?.ok_or(MarkError::Missing(
                "a serial (SEQ) counts within its part (PNO) or lot (LOT), and there is neither",
            ))?;
            (MarkKind::Construct2, format!("{agency}{enterprise}{part}{serial}"))
        }
        (None, None) => {
            return Err(MarkError::Missing("there is no serial number (SER UCN SEQ)"));
        }
    };
    finish(kind, uii, elements)
}

fn finish(kind: MarkKind, uii: String, parts: Vec<(String, String)>) -> Result<Found, MarkError> {
    characters(&kind.to_string(), &uii)?;
    if uii.len() > UII_MAX {
        let expected = "at most 50 characters";
        return Err(MarkError::Length { qualifier: kind.to_string(), value: excerpt(&uii), expected });
    }
    Ok(Found { kind, key: uii.clone(), uii: Some(uii), parts })
}

/// Cuts data at GS and each element into qualifier and value; `cut` says where the one ends and the other begins.
fn split(
    data: &str,
    cut: impl Fn(&str) -> Option<(usize, usize)>,
) -> Result<Vec<(String, String)>, MarkError> {
    let mut elements = Vec::new();
    for element in data.split(GS).filter(|element| !element.is_empty()) {
        let unknown = || MarkError::Element(excerpt(element));
        let (end, begin) = cut(element).ok_or_else(unknown)?;
        // Both borders lie behind ASCII characters.
        elements.push((element[..end].to_owned(), element[begin..].to_owned()));
    }
    Ok(elements)
}

/// How an enterprise is named, which decides the agency code in front of it.
#[derive(Clone, Copy)]
enum Enterprise {
    Cage,
    Dodaac,
    Duns,
    Gs1,
    Other,
}

struct Elements<'a>(&'a [(String, String)]);

impl<'a> Elements<'a> {
    /// The value of a qualifier that is part of the identity: at most once, not empty, of UII characters only.
    fn one(&self, qualifier: &str) -> Result<Option<&'a str>, MarkError> {
        let mut values =
            self.0.iter().filter(|(other, _)| other == qualifier).map(|(_, value)| value.as_str());
        let Some(value) = values.next() else {
            return Ok(None);
        };
        if values.next().is_some() {
            return Err(MarkError::Repeated(qualifier.to_owned()));
        }
        characters(qualifier, nonempty(qualifier, value)?)?;
        Ok(Some(value))
    }

    /// The value of one of two qualifiers that take each other's place.
    fn part(&self, first: &str, second: &str) -> Result<Option<&'a str>, MarkError> {
        match (self.one(first)?, self.one(second)?) {
            (Some(_), Some(_)) => Err(MarkError::Repeated(format!("{first} and {second}"))),
            (one, other) => Ok(one.or(other)),
        }
    }

    /// Agency code and enterprise. Qualifiers may repeat each other (maker and supplier) only with the same value.
    fn enterprise(&self, kinds: &[(&str, Enterprise)]) -> Result<Option<(&'static str, &'a str)>, MarkError> {
        let mut found = None;
        for (qualifier, kind) in kinds {
            let Some(value) = self.one(qualifier)? else {
                continue;
            };
            let agency = match kind {
                Enterprise::Cage => code(qualifier, value, 5).map(|_| "D")?,
                Enterprise::Dodaac => code(qualifier, value, 6).map(|_| "LD")?,
                Enterprise::Duns => {
                    number(qualifier, value, 9..=9, "a DUNS number has nine digits").map(|()| "UN")?
                }
                Enterprise::Gs1 => {
                    number(qualifier, value, 4..=12, "a GS1 prefix has 4 to 12 digits").map(|()| "")?
                }
                Enterprise::Other => "",
            };
            match found {
                Some(before) if before != (agency, value) => {
                    return Err(MarkError::Repeated("the enterprise".to_owned()));
                }
                _ => found = Some((agency, value)),
            }
        }
        Ok(found)
    }
}

fn nonempty<'a>(qualifier: &str, value: &'a str) -> Result<&'a str, MarkError> {
    if value.is_empty() {
        let expected = "nothing stands behind it";
        return Err(MarkError::Length { qualifier: qualifier.to_owned(), value: String::new(), expected });
    }
    Ok(value)
}

fn characters(qualifier: &str, value: &str) -> Result<(), MarkError> {
    match value.chars().find(|c| !is_uii_character(*c)) {
        Some(found) => Err(MarkError::Character {
            qualifier: qualifier.to_owned(),
            value: excerpt(value),
            found,
            allowed: "a unique item identifier has only A-Z, 0-9, - and /",
        }),
        None => Ok(()),
    }
}

/// A CAGE or DoDAAC of so many characters.
fn code<'a>(qualifier: &str, value: &'a str, length: usize) -> Result<&'a str, MarkError> {
    if let Some(found) = value.chars().find(|c| !is_cage_character(*c)) {
        let allowed = "a CAGE or DoDAAC has only digits and capitals without I and O";
        return Err(MarkError::Character {
            qualifier: qualifier.to_owned(),
            value: excerpt(value),
            found,
            allowed,
        });
    }
    if value.len() != length {
        let expected = "a CAGE has five characters, a DoDAAC six";
        return Err(MarkError::Length { qualifier: qualifier.to_owned(), value: excerpt(value), expected });
    }
    Ok(value)
}

fn number(
    qualifier: &str,
    value: &str,
    lengths: std::ops::RangeInclusive<usize>,
    expected: &'static str,
) -> Result<(), MarkError> {
    if !lengths.contains(&value.len()) || !value.bytes().all(|byte| byte.is_ascii_digit()) {
        return Err(MarkError::Length { qualifier: qualifier.to_owned(), value: excerpt(value), expected });
    }
    Ok(())
}

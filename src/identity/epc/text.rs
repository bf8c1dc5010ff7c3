//! The characters of the schemes, and the texts an identity is shown as: URIs, element strings, Digital Link paths.

use super::schemes::Scheme;
use super::{Decoded, Fields, gs1_check_digit};

/// Whether a character is one of the 82 that GS1 allows in serials and references (GS1 General Specifications
/// figure 7.11-1, TDS table A-1).
pub(crate) fn is_gs1_character(c: char) -> bool {
    matches!(
        c,
        '!' | '"'
            | '%'
            | '&'
            | '\''
            | '('
            | ')'
            | '*'
            | '+'
            | ','
            | '-'
            | '.'
            | '/'
            | ':'
            | ';'
            | '<'
            | '='
            | '>'
            | '?'
            | '_'
    ) || c.is_ascii_alphanumeric()
}

/// Whether a character may stand in a CAGE or DoDAAC: digits and capitals without I and O.
pub(crate) fn is_cage_character(c: char) -> bool {
    c.is_ascii_digit() || (c.is_ascii_uppercase() && c != 'I' && c != 'O')
}

/// Whether a character may stand in a part number or serial of a UII or an ADI tag.
pub(crate) fn is_uii_character(c: char) -> bool {
    c.is_ascii_uppercase() || c.is_ascii_digit() || c == '-' || c == '/'
}

/// The character of a six-bit value: the ASCII code without its two top bits.
pub(super) fn six_bit_character(value: u128) -> char {
    let code = (value & 0x3F) as u8;
    char::from(if code < 32 { code + 64 } else { code })
}

/// The six-bit value of a character from `@` to `_` or from space to `?`.
pub(super) fn six_bit_value(c: char) -> u128 {
    u128::from(c as u32) & 0x3F
}

/// Escapes what may not stand in a URN (TDS table A-1; `#` for ADI and CPI, table G-1).
pub(super) fn urn_escape(plain: &str) -> String {
    escape(plain, |c| matches!(c, '"' | '#' | '%' | '&' | '/' | '<' | '>' | '?'))
}

/// Escapes everything but the unreserved characters of RFC 3986, as a path segment of a Digital Link needs it.
pub(crate) fn path_escape(plain: &str) -> String {
    escape(plain, |c| !(c.is_ascii_alphanumeric() || matches!(c, '-' | '.' | '_' | '~')))
}

fn escape(plain: &str, must: impl Fn(char) -> bool) -> String {
    let mut out = String::with_capacity(plain.len());
    for c in plain.chars() {
        if must(c) {
            let mut utf8 = [0; 4];
            for byte in c.encode_utf8(&mut utf8).bytes() {
                out.push_str(&format!("%{byte:02X}"));
            }
        } else {
            out.push(c);
        }
    }
    out
}

/// Undoes percent escapes; `None` where a `%` has no two hex digits behind it or the result is no UTF-8.
pub(crate) fn unescape(escaped: &str) -> Option<String> {
    let mut bytes = escaped.bytes();
    let mut out = Vec::with_capacity(escaped.len());
    while let Some(byte) = bytes.next() {
        if byte == b'%' {
            let high = char::from(bytes.next()?).to_digit(16)?;
            let low = char::from(bytes.next()?).to_digit(16)?;
            out.push((high * 16 + low) as u8);
        } else {
            out.push(byte);
        }
    }
    String::from_utf8(out).ok()
}

/// Makes all texts of an identity whose scheme has `urn:epc` forms.
pub(super) fn assemble(scheme: Scheme, fields: Fields) -> Decoded {
    let body: Vec<String> = fields.components.iter().map(|part| urn_escape(part)).collect();
    let body = body.join(".");
    let filter = fields.filter.map(|filter| format!("{filter}.")).unwrap_or_default();
    let texts = gs1_texts(scheme, &fields.components);
    Decoded {
        scheme,
        pure_uri: format!("urn:epc:id:{}:{body}", scheme.urn()),
        tag_uri: Some(format!("urn:epc:tag:{scheme}:{filter}{body}")),
        element_string: texts.as_ref().map(Gs1Texts::element_string),
        digital_link: texts.as_ref().map(Gs1Texts::digital_link),
        uii: uii(scheme, &fields.components, texts.as_ref()),
        filter: fields.filter,
    }
}

/// Application identifiers with their values: the one source of element string and Digital Link.
pub(super) struct Gs1Texts(pub(super) Vec<(&'static str, String)>);

impl Gs1Texts {
    /// `(01)80614141123458(21)6789`
    pub(super) fn element_string(&self) -> String {
        self.0.iter().map(|(ai, value)| format!("({ai}){value}")).collect()
    }

    /// `/01/80614141123458/21/6789`
    pub(super) fn digital_link(&self) -> String {
        self.0.iter().map(|(ai, value)| format!("/{ai}/{}", path_escape(value))).collect()
    }
}

/// The GS1 key of an identity. GDTI has one too, but the fixtures of `domain/identifiers.md` hold it null for the tags
/// of TDS 1.13, and the station names documents by their URI only.
fn gs1_texts(scheme: Scheme, components: &[String]) -> Option<Gs1Texts> {
    let [company, reference, rest @ ..] = components else {
        return None;
    };
    let serial = rest.last().cloned().unwrap_or_default();
    let pairs = match scheme.urn() {
        "sgtin" => vec![("01", with_check(&interleaved(company, reference))?), ("21", serial)],
        "itip" => {
            let [piece, total, _] = rest else { return None };
            vec![
                ("8006", format!("{}{piece}{total}", with_check(&interleaved(company, reference))?)),
                ("21", serial),
            ]
        }
        "sscc" => vec![("00", with_check(&interleaved(company, reference))?)],
        "gsrn" => vec![("8018", with_check(&format!("{company}{reference}"))?)],
        "gsrnp" => vec![("8017", with_check(&format!("{company}{reference}"))?)],
        "sgln" => place(with_check(&format!("{company}{reference}"))?, serial),
        "grai" => vec![("8003", format!("0{}{serial}", with_check(&format!("{company}{reference}"))?))],
        "giai" => vec![("8004", format!("{company}{reference}"))],
        "cpi" => vec![("8010", format!("{company}{reference}")), ("8011", serial)],
        "sgcn" => vec![("255", format!("{}{serial}", with_check(&format!("{company}{reference}"))?))],
        _ => return None,
    };
    Some(Gs1Texts(pairs))
}

/// A place with its extension; the extension `0` stands for none (TDS 6.3.3).
pub(super) fn place(gln: String, extension: String) -> Vec<(&'static str, String)> {
    if extension == "0" { vec![("414", gln)] } else { vec![("414", gln), ("254", extension)] }
}

/// Puts the indicator or extension digit, which the URI keeps in the reference, back in front.
fn interleaved(company: &str, reference: &str) -> String {
    let (first, rest) = reference.split_at(1.min(reference.len()));
    format!("{first}{company}{rest}")
}

fn with_check(digits: &str) -> Option<String> {
    gs1_check_digit(digits).map(|check| format!("{digits}{check}"))
}

/// What a mark on the same item would carry: see `domain/identifiers.md` section 7.
fn uii(scheme: Scheme, components: &[String], texts: Option<&Gs1Texts>) -> Option<String> {
    match scheme.urn() {
        "giai" | "grai" => texts?.0.first().map(|(_, value)| value.clone()),
        // A serial with # was made up for the tag; no mark carries it.
        "adi" if components.iter().any(|part| part.contains('#')) => None,
        "adi" => {
            let agency = if components.first()?.len() == 6 { "LD" } else { "D" };
            Some(format!("{agency}{}", components.concat()))
        }
        _ => None,
    }
}

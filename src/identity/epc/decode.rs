//! From bits to identity, with every rule of TDS 14.4 enforced: what breaks one is no identity.

use super::bits::BitReader;
use super::schemes::{COMPANY_BITS, COMPANY_DIGITS, Layout, Reference, Scheme, Tail, layout};
use super::text::{assemble, is_cage_character, is_gs1_character, is_uii_character, six_bit_character};
use super::{Decoded, EpcError, Fields, plus};

/// Decodes the EPC of a tag, as read from bit 20h of bank 01. Bits beyond the scheme's own are padding and ignored.
///
/// # Errors
/// Says why the tag must be shown raw: blank, wrong bank, unknown or withdrawn scheme, cut off, or against the rules.
pub fn decode(epc: &[u8]) -> Result<Decoded, EpcError> {
    let Some(header) = epc.first().copied() else {
        return Err(EpcError::Empty);
    };
    let scheme = Scheme::from_header(header).ok_or_else(|| not_decodable(header))?;
    let mut cursor = Cursor { scheme, total: epc.len() * 8, reader: BitReader::new(epc) };
    cursor.number(8)?;
    if scheme.is_plus() {
        return plus::decode(cursor);
    }
    let fields = match scheme {
        Scheme::Gid96 => gid(&mut cursor)?,
        Scheme::Usdod96 => usdod(&mut cursor)?,
        Scheme::AdiVar => adi(&mut cursor)?,
        _ => {
            let layout = layout(scheme).ok_or(EpcError::UnknownHeader { header })?;
            partitioned(&mut cursor, &layout)?
        }
    };
    Ok(assemble(scheme, fields))
}

fn not_decodable(header: u8) -> EpcError {
    let name = match header {
        0x00 => return EpcError::Blank,
        0x3A => return EpcError::Withdrawn,
        0xCF => return EpcError::FirstGeneration,
        0xE2 => return EpcError::WrongBank,
        0xFF => return EpcError::Reserved,
        0xE6 => "CPI++",
        0xE7 => "GSRN++",
        0xE8 => "GSRNP++",
        0xE9 => "SGLN++",
        0xEA => "GDTI++",
        0xEB => "GRAI++",
        0xEC => "SGCN++",
        0xED => "ITIP++",
        0xEE => "GIAI++",
        0xEF => "SSCC++",
        0xFC => "DSGTIN++",
        0xFD => "SGTIN++",
        _ => return EpcError::UnknownHeader { header },
    };
    EpcError::WithHostName { header, name }
}

/// The reader together with what its errors must name.
pub(super) struct Cursor<'a> {
    pub(super) scheme: Scheme,
    total: usize,
    reader: BitReader<'a>,
}

impl Cursor<'_> {
    /// The next `bits` bits, which must be there.
    pub(super) fn number(&mut self, bits: u32) -> Result<u128, EpcError> {
        let needed = self.total - self.reader.remaining() + bits as usize;
        self.reader.take(bits).ok_or(EpcError::TooShort { scheme: self.scheme, needed, got: self.total })
    }

    /// The next `bits` (at most 8) bits as a small number.
    pub(super) fn small(&mut self, bits: u32) -> Result<u8, EpcError> {
        debug_assert!(bits <= 8);
        Ok(self.number(bits)? as u8)
    }

    /// Refuses a tag that is shorter than its scheme before any field is looked at.
    pub(super) fn need(&self, needed: usize) -> Result<(), EpcError> {
        if self.total < needed {
            return Err(EpcError::TooShort { scheme: self.scheme, needed, got: self.total });
        }
        Ok(())
    }

    fn zeros(&mut self, mut bits: u32, or: EpcError) -> Result<(), EpcError> {
        while bits > 0 {
            let step = bits.min(64);
            if self.number(step)? != 0 {
                return Err(or);
            }
            bits -= step;
        }
        Ok(())
    }

    /// Seven-bit characters in a field of `bits`, at most `max_chars`, then zeros to the end of the field.
    fn text(&mut self, field: &'static str, mut bits: u32, max_chars: usize) -> Result<String, EpcError> {
        let scheme = self.scheme;
        let mut out = String::new();
        while bits >= 7 && out.len() < max_chars {
            bits -= 7;
            let code = self.small(7)?;
            if code == 0 {
                break;
            }
            let found = char::from(code);
            if !is_gs1_character(found) {
                return Err(EpcError::Character { scheme, field, found });
            }
            out.push(found);
        }
        self.zeros(bits, EpcError::AfterEnd { scheme, field })?;
        if out.is_empty() { Err(EpcError::EmptyText { scheme, field }) } else { Ok(out) }
    }

    /// Six-bit characters up to 000000, found on six-bit steps only: `4` is 110100, so six zeros in a row also occur
    /// inside a text.
    fn six_bit_text(
        &mut self,
        field: &'static str,
        max_chars: usize,
        allowed: impl Fn(usize, char) -> bool,
    ) -> Result<String, EpcError> {
        let scheme = self.scheme;
        let mut out = String::new();
        loop {
            let Some(value) = self.reader.take(6) else {
                return Err(EpcError::Unterminated { scheme, field });
            };
            if value == 0 {
                return Ok(out);
            }
            if out.len() == max_chars {
                return Err(EpcError::TooManyCharacters { scheme, field, max: max_chars });
            }
            let found = six_bit_character(value);
            if !allowed(out.len(), found) {
                return Err(EpcError::Character { scheme, field, found });
            }
            out.push(found);
        }
    }
}

fn partitioned(cursor: &mut Cursor<'_>, layout: &Layout) -> Result<Fields, EpcError> {
    let scheme = cursor.scheme;
    cursor.need(layout.min_bits)?;
    let filter = cursor.small(3)?;
    let partition = cursor.small(3)?;
    let row = usize::from(partition);
    if row >= COMPANY_BITS.len() {
        return Err(EpcError::Partition { scheme, partition });
    }
    let value = cursor.number(COMPANY_BITS[row])?;
    let company = padded(value, COMPANY_DIGITS[row])
        .ok_or(EpcError::CompanyPrefix { value, digits: COMPANY_DIGITS[row] })?;
    let mut components = vec![company, reference(cursor, &layout.reference, row)?];
    if layout.pieces {
        for field in ["piece", "total"] {
            let value = cursor.number(7)?;
            components.push(padded(value, 2).ok_or(EpcError::Range { scheme, field, value })?);
        }
    }
    components.extend(tail(cursor, &layout.tail)?);
    Ok(Fields { filter: Some(filter), components })
}

fn reference(cursor: &mut Cursor<'_>, reference: &Reference, row: usize) -> Result<String, EpcError> {
    match reference {
        Reference::Digits { bits, digits } => {
            let value = cursor.number(bits[row])?;
            padded(value, digits[row]).ok_or(EpcError::Reference { value, digits: digits[row] })
        }
        Reference::Integer { bits, max_digits } => {
            let value = cursor.number(bits[row])?;
            let text = value.to_string();
            if text.len() > max_digits[row] {
                return Err(EpcError::Reference { value, digits: max_digits[row] });
            }
            Ok(text)
        }
        Reference::Text { bits, max_chars } => cursor.text("asset reference", bits[row], max_chars[row]),
        Reference::SixBit { max_chars } => {
            let field = "part reference";
            let text = cursor.six_bit_text(field, max_chars[row], |_, c| is_uii_character(c) || c == '#')?;
            if text.is_empty() {
                return Err(EpcError::EmptyText { scheme: cursor.scheme, field });
            }
            Ok(text)
        }
    }
}

fn tail(cursor: &mut Cursor<'_>, tail: &Tail) -> Result<Option<String>, EpcError> {
    let scheme = cursor.scheme;
    Ok(match tail {
        Tail::None => None,
        Tail::Zeros(bits) => {
            cursor.zeros(*bits, EpcError::ReservedBits { scheme })?;
            None
        }
        Tail::Integer { bits, limit } => {
            let value = cursor.number(*bits)?;
            if value >= *limit {
                return Err(EpcError::Range { scheme, field: "serial", value });
            }
            Some(value.to_string())
        }
        Tail::Text(chars) => Some(cursor.text("serial", *chars as u32 * 7, *chars)?),
        Tail::NumericString { bits, .. } => {
            let value = cursor.number(*bits)?;
            let text = value.to_string();
            match text.strip_prefix('1') {
                Some(digits) if !digits.is_empty() => Some(digits.to_owned()),
                _ => {
                    return Err(EpcError::Range { scheme, field: "serial", value });
                }
            }
        }
    })
}

fn gid(cursor: &mut Cursor<'_>) -> Result<Fields, EpcError> {
    cursor.need(96)?;
    let mut components = Vec::with_capacity(3);
    for bits in [28, 24, 36] {
        components.push(cursor.number(bits)?.to_string());
    }
    Ok(Fields { filter: None, components })
}

fn usdod(cursor: &mut Cursor<'_>) -> Result<Fields, EpcError> {
    cursor.need(96)?;
    let filter = cursor.small(4)?;
    let mut code = [' '; 6];
    for c in &mut code {
        *c = char::from(cursor.small(8)?);
    }
    let code = cage(cursor.scheme, &code)?;
    let serial = cursor.number(36)?.to_string();
    Ok(Fields { filter: Some(filter), components: vec![code, serial] })
}

fn adi(cursor: &mut Cursor<'_>) -> Result<Fields, EpcError> {
    let scheme = cursor.scheme;
    cursor.need(68)?;
    let filter = cursor.small(6)?;
    let mut code = [' '; 6];
    for c in &mut code {
        *c = six_bit_character(cursor.number(6)?);
    }
    let code = cage(scheme, &code)?;
    let part = cursor.six_bit_text("part number", 32, |_, c| is_uii_character(c))?;
    let serial =
        cursor.six_bit_text("serial", 30, |index, c| is_uii_character(c) || (index == 0 && c == '#'))?;
    // A # alone says "made up" of nothing.
    if serial.is_empty() || serial == "#" {
        return Err(EpcError::EmptyText { scheme, field: "serial" });
    }
    Ok(Fields { filter: Some(filter), components: vec![code, part, serial] })
}

/// A CAGE has a space in front of its five characters; a DoDAAC fills all six.
fn cage(scheme: Scheme, code: &[char; 6]) -> Result<String, EpcError> {
    let code = if code[0] == ' ' { &code[1..] } else { &code[..] };
    for found in code.iter().copied() {
        if !is_cage_character(found) {
            return Err(EpcError::Character { scheme, field: "CAGE or DoDAAC", found });
        }
    }
    Ok(code.iter().collect())
}

/// A number as exactly so many digits; no digits hold only zero.
fn padded(value: u128, digits: usize) -> Option<String> {
    if digits == 0 {
        return (value == 0).then(String::new);
    }
    let text = format!("{value:0digits$}");
    (text.len() == digits).then_some(text)
}

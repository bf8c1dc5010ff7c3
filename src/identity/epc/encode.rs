//! From a tag URI to the bits to be written into a tag: TDS 14.3, the exact inverse of decoding.

use super::EncodeError;
use super::bits::BitWriter;
use super::schemes::{COMPANY_BITS, COMPANY_DIGITS, Layout, Reference, Scheme, Tail, layout};
use super::text::{is_cage_character, is_gs1_character, is_uii_character, six_bit_value, unescape};

/// The bits of an EPC.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Encoded {
    /// Padded with zeros to whole 16-bit words, as the tag holds them.
    pub bytes: Vec<u8>,
    /// The scheme's own bits, without the padding.
    pub bit_length: usize,
}

/// Encodes a tag URI, `urn:epc:tag:giai-96:0.9520066.1005`, for every scheme of TDS 1.13 that is still in force.
///
/// # Errors
/// When the URI is none, its scheme has no encoding, or a field does not fit; each says which and what to try.
pub fn encode(tag_uri: &str) -> Result<Encoded, EncodeError> {
    let not_a_uri = || EncodeError::NotATagUri(tag_uri.to_owned());
    let body = tag_uri.strip_prefix("urn:epc:tag:").ok_or_else(not_a_uri)?;
    let (name, body) = body.split_once(':').ok_or_else(not_a_uri)?;
    let scheme = Scheme::from_tag_name(name).ok_or_else(|| EncodeError::Scheme(name.to_owned()))?;
    let mut out = Writer { scheme, bits: BitWriter::default() };
    out.bits.push(scheme.header().into(), 8);
    match scheme {
        Scheme::Gid96 => gid(&mut out, body)?,
        Scheme::Usdod96 => usdod(&mut out, body)?,
        Scheme::AdiVar => adi(&mut out, body)?,
        _ => {
            let layout = layout(scheme).ok_or_else(|| EncodeError::Scheme(name.to_owned()))?;
            partitioned(&mut out, &layout, body)?;
        }
    }
    let (bytes, bit_length) = out.bits.finish();
    Ok(Encoded { bytes, bit_length })
}

struct Writer {
    scheme: Scheme,
    bits: BitWriter,
}

impl Writer {
    /// Splits the body; only the last part may hold dots of its own.
    fn split<'a>(&self, body: &'a str, expected: usize) -> Result<Vec<&'a str>, EncodeError> {
        let parts: Vec<&str> = body.splitn(expected, '.').collect();
        if parts.len() != expected {
            return Err(EncodeError::Parts { scheme: self.scheme, expected, got: parts.len() });
        }
        Ok(parts)
    }

    /// A number without leading zeros, below `limit`.
    fn integer(
        &mut self,
        field: &'static str,
        value: &str,
        bits: u32,
        limit: u128,
    ) -> Result<(), EncodeError> {
        let (scheme, hint) = (self.scheme, self.hint());
        let number = self.digits(field, value)?;
        if value.len() > 1 && value.starts_with('0') {
            return Err(EncodeError::LeadingZero { scheme, field, value: value.to_owned(), hint });
        }
        match number {
            Some(number) if number < limit => self.bits.push(number, bits),
            _ => {
                return Err(EncodeError::TooLarge {
                    scheme,
                    field,
                    value: value.to_owned(),
                    max: limit - 1,
                    hint,
                });
            }
        }
        Ok(())
    }

    /// A number of exactly so many digits; the bits always hold them.
    fn padded(
        &mut self,
        field: &'static str,
        value: &str,
        bits: u32,
        digits: usize,
    ) -> Result<(), EncodeError> {
        if value.len() != digits {
            return Err(self.length(field, value, value.chars().count(), format!("exactly {digits}")));
        }
        let number = if digits == 0 { Some(0) } else { self.digits(field, value)? };
        self.bits.push(number.unwrap_or_default(), bits);
        Ok(())
    }

    /// The value of a run of digits; `Ok(None)` beyond 128 bits.
    fn digits(&self, field: &'static str, value: &str) -> Result<Option<u128>, EncodeError> {
        if value.is_empty() || !value.bytes().all(|byte| byte.is_ascii_digit()) {
            let value = value.to_owned();
            return Err(EncodeError::NotANumber { scheme: self.scheme, field, value, hint: self.hint() });
        }
        Ok(value.parse().ok())
    }

    /// Takes the escapes out of a text; what a URN may not hold must have been escaped.
    fn plain(&self, field: &'static str, value: &str) -> Result<String, EncodeError> {
        let bad = || EncodeError::Escape { scheme: self.scheme, field, value: value.to_owned() };
        if value.contains(['"', '#', '&', '/', '<', '>', '?']) {
            return Err(bad());
        }
        unescape(value).ok_or_else(bad)
    }

    /// Seven-bit characters, zeros to the end of the field.
    fn text(&mut self, field: &'static str, value: &str, bits: u32, max: usize) -> Result<(), EncodeError> {
        let plain = self.plain(field, value)?;
        self.check(field, &plain, 1..=max, |_, c| is_gs1_character(c))?;
        for byte in plain.bytes() {
            self.bits.push(byte.into(), 7);
        }
        self.bits.push_zeros(bits as usize - plain.len() * 7);
        Ok(())
    }

    /// Six-bit characters and their end mark.
    fn six_bit_text(
        &mut self,
        field: &'static str,
        value: &str,
        lengths: std::ops::RangeInclusive<usize>,
        allowed: impl Fn(usize, char) -> bool,
    ) -> Result<(), EncodeError> {
        let plain = self.plain(field, value)?;
        self.check(field, &plain, lengths, allowed)?;
        for c in plain.chars() {
            self.bits.push(six_bit_value(c), 6);
        }
        self.bits.push(0, 6);
        Ok(())
    }

    fn check(
        &self,
        field: &'static str,
        plain: &str,
        lengths: std::ops::RangeInclusive<usize>,
        allowed: impl Fn(usize, char) -> bool,
    ) -> Result<(), EncodeError> {
        if let Some((_, found)) = plain.chars().enumerate().find(|(index, c)| !allowed(*index, *c)) {
            return Err(EncodeError::Character { scheme: self.scheme, field, found });
        }
        let got = plain.chars().count();
        if !lengths.contains(&got) {
            return Err(self.length(field, plain, got, format!("{} to {}", lengths.start(), lengths.end())));
        }
        Ok(())
    }

    fn length(&self, field: &'static str, value: &str, got: usize, expected: String) -> EncodeError {
        EncodeError::Length { scheme: self.scheme, field, value: value.to_owned(), got, expected }
    }

    /// The scheme that holds what this one cannot.
    fn hint(&self) -> &'static str {
        match self.scheme {
            Scheme::Giai96 => "giai-202 holds letters, leading zeros and longer references",
            Scheme::Sgtin96 => "sgtin-198 holds letters, leading zeros and longer serials",
            Scheme::Grai96 => "grai-170 holds letters, leading zeros and longer serials",
            Scheme::Sgln96 => "sgln-195 holds letters, leading zeros and longer extensions",
            Scheme::Gdti96 => "gdti-174 holds letters, leading zeros and longer serials",
            Scheme::Cpi96 => "cpi-var holds letters, leading zeros and longer references",
            Scheme::Itip110 => "itip-212 holds letters, leading zeros and longer serials",
            _ => "write it as the scheme's table says",
        }
    }
}

fn partitioned(out: &mut Writer, layout: &Layout, body: &str) -> Result<(), EncodeError> {
    let parts = out.split(body, 1 + layout.components())?;
    let [filter, company, reference, rest @ ..] = parts.as_slice() else {
        return Err(EncodeError::Parts {
            scheme: out.scheme,
            expected: 1 + layout.components(),
            got: parts.len(),
        });
    };
    out.integer("filter", filter, 3, 8)?;
    let Some(row) = COMPANY_DIGITS.iter().position(|digits| *digits == company.len()) else {
        return Err(out.length("company prefix", company, company.chars().count(), "6 to 12".to_owned()));
    };
    out.bits.push(row as u128, 3);
    out.padded("company prefix", company, COMPANY_BITS[row], COMPANY_DIGITS[row])?;
    match &layout.reference {
        Reference::Digits { bits, digits } => out.padded("reference", reference, bits[row], digits[row])?,
        Reference::Integer { bits, max_digits } => {
            let limit = (1_u128 << bits[row]).min(10_u128.pow(max_digits[row] as u32));
            out.integer("reference", reference, bits[row], limit)?;
        }
        Reference::Text { bits, max_chars } => out.text("reference", reference, bits[row], max_chars[row])?,
        Reference::SixBit { max_chars } => {
            out.six_bit_text("reference", reference, 1..=max_chars[row], |_, c| {
                is_uii_character(c) || c == '#'
            })?;
        }
    }
    let mut rest = rest.iter();
    if layout.pieces {
        for (field, value) in ["piece", "total"].into_iter().zip(rest.by_ref().take(2)) {
            out.padded(field, value, 7, 2)?;
        }
    }
    let serial = rest.next().copied().unwrap_or_default();
    match &layout.tail {
        Tail::None => {}
        Tail::Zeros(bits) => out.bits.push(0, *bits),
        Tail::Integer { bits, limit } => out.integer("serial", serial, *bits, *limit)?,
        Tail::Text(chars) => out.text("serial", serial, *chars as u32 * 7, *chars)?,
        Tail::NumericString { bits, max_digits } => {
            if serial.len() > *max_digits {
                return Err(out.length(
                    "serial",
                    serial,
                    serial.chars().count(),
                    format!("1 to {max_digits}"),
                ));
            }
            let value = out.digits("serial", serial)?.unwrap_or_default();
            out.bits.push(10_u128.pow(serial.len() as u32) + value, *bits);
        }
    }
    debug_assert!(out.bits.bit_length() >= layout.min_bits);
    Ok(())
}

fn gid(out: &mut Writer, body: &str) -> Result<(), EncodeError> {
    let parts = out.split(body, 3)?;
    let fields = [("manager number", 28), ("object class", 24), ("serial", 36)];
    for ((field, bits), value) in fields.into_iter().zip(parts) {
        out.integer(field, value, bits, 1 << bits)?;
    }
    Ok(())
}

fn usdod(out: &mut Writer, body: &str) -> Result<(), EncodeError> {
    let parts = out.split(body, 3)?;
    out.integer("filter", parts[0], 4, 16)?;
    for c in cage(out, parts[1])?.chars() {
        out.bits.push(u128::from(c as u32), 8);
    }
    out.integer("serial", parts[2], 36, 1 << 36)
}

fn adi(out: &mut Writer, body: &str) -> Result<(), EncodeError> {
    let parts = out.split(body, 4)?;
    out.integer("filter", parts[0], 6, 64)?;
    for c in cage(out, parts[1])?.chars() {
        out.bits.push(six_bit_value(c), 6);
    }
    out.six_bit_text("part number", parts[2], 0..=32, |_, c| is_uii_character(c))?;
    // A # only says that the serial behind it was made up, so it needs one behind it.
    let shortest = if parts[3].starts_with("%23") { 2 } else { 1 };
    out.six_bit_text("serial", parts[3], shortest..=30, |index, c| {
        is_uii_character(c) || (index == 0 && c == '#')
    })
}

/// Six characters: a CAGE gets a space in front.
fn cage(out: &Writer, code: &str) -> Result<String, EncodeError> {
    let field = "CAGE or DoDAAC";
    out.check(field, code, 5..=6, |_, c| is_cage_character(c))?;
    Ok(format!("{code:>6}"))
}

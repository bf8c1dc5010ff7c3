//! Electronic Product Codes: the bits in bank 01 of a UHF tag, and the texts they stand for.
//!
//! Sources: GS1 EPC Tag Data Standard (TDS) 1.13 for the binary schemes, TDS 2.3 section 14.5 for the "+" schemes,
//! `domain/identifiers.md` sections 2 to 6 for what a station needs of them.
//!
//! The "+" schemes have no `urn:epc:id` form (TDS 2.3 section 6.3): their pure identity is the canonical Digital Link
//! URI, `https://id.gs1.org/8004/…`. It is a name; nothing here or elsewhere opens it. The date of a DSGTIN+ is data
//! about the item, not identity, and stands in none of the texts.

mod bits;
mod decode;
mod encode;
mod error;
mod plus;
mod schemes;
pub(crate) mod text;

pub use decode::decode;
pub use encode::{Encoded, encode};
pub use error::{EncodeError, EpcError};
pub use schemes::Scheme;

/// The most bytes an EPC can have: the length field of the PC word counts 16-bit words in five bits (Gen2, TDS 9.3).
pub const EPC_MAX_BYTES: usize = 62;

/// What an EPC says.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Decoded {
    /// How the tag was written.
    pub scheme: Scheme,
    /// The identity without filter and tag size: the key of everything. For a "+" scheme the canonical Digital Link URI.
    pub pure_uri: String,
    /// The identity with scheme and filter; the "+" schemes define none.
    pub tag_uri: Option<String>,
    /// The GS1 element string, `(8004)06141415678`, where the key has one.
    pub element_string: Option<String>,
    /// The GS1 Digital Link path, `/8004/06141415678`, where the key has one.
    pub digital_link: Option<String>,
    /// What a mark on the same item holds: the UII for ADI, the value of 8004 or 8003 for GIAI and GRAI.
    pub uii: Option<String>,
    /// A hint for filtering reads. Never identity, never a reason for a decision.
    pub filter: Option<u8>,
}

/// The parts of an identity in the order of its URI, plain, between bits and text.
struct Fields {
    filter: Option<u8>,
    components: Vec<String>,
}

/// The URI of a tag that cannot be decoded, `urn:epc:raw:<bits>.x<HEX>` (TDS 15.2.1).
pub fn raw_uri(epc: &[u8]) -> String {
    format!("urn:epc:raw:{}.x{}", epc.len() * 8, hex(epc).to_ascii_uppercase())
}

/// The URI of a tag written to ISO 17363 to 17367: toggle bit set, `afi` from the low byte of the PC word
/// (TDS 15.2.1).
pub fn iso_raw_uri(afi: u8, bytes: &[u8]) -> String {
    format!("urn:epc:raw:{}.x{afi:02X}.x{}", bytes.len() * 8, hex(bytes).to_ascii_uppercase())
}

/// The text of a tag written to ISO 17363 to 17367: six-bit characters up to 100001, or `None` where the end mark is
/// missing. Its data identifiers are those of a mark of format 06.
pub fn iso_text(bytes: &[u8]) -> Option<String> {
    const END: u128 = 0b10_0001;
    let mut reader = bits::BitReader::new(bytes);
    let mut out = String::new();
    loop {
        match reader.take(6)? {
            END => return Some(out),
            value => out.push(text::six_bit_character(value)),
        }
    }
}

/// Why a text is not a run of bytes in hex.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
pub enum HexError {
    /// Nothing but separators.
    #[error("no hex digits: give the bytes as pairs of 0-9 and A-F")]
    Empty,
    /// Something that is neither a hex digit nor a separator.
    #[error(
        "{found:?} at character {position} is not a hex digit: only 0-9, A-F, spaces and colons may stand here"
    )]
    Character {
        /// What stands there.
        found: char,
        /// Counted from 1.
        position: usize,
    },
    /// Half a byte too many or too few.
    #[error("{digits} hex digits are not whole bytes: one digit is missing or too many")]
    Odd {
        /// How many there are.
        digits: usize,
    },
    /// More than a tag can hold.
    #[error("{bytes} bytes are more than an EPC can have ({EPC_MAX_BYTES})")]
    TooLong {
        /// How many there are.
        bytes: usize,
    },
}

/// Reads whole bytes in hex; spaces and colons may stand between digits.
///
/// # Errors
/// On any other character, on an odd number of digits and on none.
pub fn parse_hex(text: &str) -> Result<Vec<u8>, HexError> {
    let digits = hex_digits(text)?;
    if digits.len() % 2 == 1 {
        return Err(HexError::Odd { digits: digits.len() });
    }
    Ok(pairs(&digits))
}

/// Reads an EPC in hex. As the standard prints EPCs to the nibble (`adi-var` of 146 bits has 37 digits), an odd number
/// of digits is completed with a zero on the right, the padding a tag has there anyway.
///
/// # Errors
/// As [`parse_hex`] but for the odd number, and when there are more than [`EPC_MAX_BYTES`].
pub fn parse_epc_hex(text: &str) -> Result<Vec<u8>, HexError> {
    let mut digits = hex_digits(text)?;
    if digits.len() % 2 == 1 {
        digits.push(0);
    }
    if digits.len() / 2 > EPC_MAX_BYTES {
        return Err(HexError::TooLong { bytes: digits.len() / 2 });
    }
    Ok(pairs(&digits))
}

/// Writes bytes as lower-case hex.
pub fn hex(bytes: &[u8]) -> String {
    bytes.iter().map(|byte| format!("{byte:02x}")).collect()
}

/// The GS1 check digit that belongs behind `digits`: weights 3, 1, 3 … from the right (GS1 General Specifications
/// 7.9). `None` where something is no digit.
pub fn gs1_check_digit(digits: &str) -> Option<u8> {
    let mut sum = 0_u32;
    for (index, c) in digits.chars().rev().enumerate() {
        let weight = if index % 2 == 0 { 3 } else { 1 };
        sum = (sum + weight * c.to_digit(10)?) % 10;
    }
    Some(((10 - sum) % 10) as u8)
}

/// The StoredCRC a Gen2 tag sends after PC and EPC: polynomial 1021h, preset FFFFh, not reflected, complemented
/// (ISO/IEC 18000-63 annex F; the check value of `123456789` is D64Eh).
pub fn air_crc16(pc_and_epc: &[u8]) -> u16 {
    let mut crc = 0xFFFF_u16;
    for byte in pc_and_epc {
        crc ^= u16::from(*byte) << 8;
        for _ in 0..8 {
            crc = if crc & 0x8000 == 0 { crc << 1 } else { crc << 1 ^ 0x1021 };
        }
    }
    !crc
}

fn hex_digits(text: &str) -> Result<Vec<u8>, HexError> {
    let mut digits = Vec::with_capacity(text.len());
    for (index, c) in text.chars().enumerate() {
        match c.to_digit(16) {
            Some(digit) => digits.push(digit as u8),
            None if c == ':' || c.is_ascii_whitespace() => {}
            None => {
                return Err(HexError::Character { found: c, position: index + 1 });
            }
        }
    }
    if digits.is_empty() { Err(HexError::Empty) } else { Ok(digits) }
}

fn pairs(digits: &[u8]) -> Vec<u8> {
    digits.chunks_exact(2).map(|pair| pair[0] << 4 | pair[1]).collect()
}

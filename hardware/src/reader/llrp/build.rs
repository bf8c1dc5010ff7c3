//! Messages and parameters to send. All values are the driver's own and short; the longest message is a reader operation
//! for 255 antennas with some 60 bytes each, which a parameter's 16-bit length holds.

use super::frame::HEADER;
use super::{IMPINJ, tlv};

/// A whole message.
pub(super) fn message(version: u8, kind: u16, id: u32, body: &[u8]) -> Vec<u8> {
    let mut bytes = Vec::with_capacity(HEADER + body.len());
    bytes.extend((u16::from(version) << 10 | kind).to_be_bytes());
    bytes.extend(((HEADER + body.len()) as u32).to_be_bytes());
    bytes.extend(id.to_be_bytes());
    bytes.extend(body);
    bytes
}

/// A parameter with a length, its value in parts.
pub(super) fn tlv(kind: u16, parts: &[&[u8]]) -> Vec<u8> {
    let length = 4 + parts.iter().map(|part| part.len()).sum::<usize>();
    debug_assert!(length <= usize::from(u16::MAX), "parameter {kind} has {length} bytes");
    let mut bytes = Vec::with_capacity(length);
    bytes.extend(kind.to_be_bytes());
    bytes.extend((length as u16).to_be_bytes());
    for part in parts {
        bytes.extend(*part);
    }
    bytes
}

/// One of Impinj's parameters.
pub(super) fn impinj(subtype: u32, value: &[u8]) -> Vec<u8> {
    tlv(tlv::CUSTOM, &[&IMPINJ.to_be_bytes(), &subtype.to_be_bytes(), value])
}

/// A count of bits and the bits: whole bytes.
pub(super) fn bits(bytes: &[u8]) -> Vec<u8> {
    [&((bytes.len() * 8) as u16).to_be_bytes()[..], bytes].concat()
}

//! Parameters: with a length (TLV, type from 128) and without (TV, type to 127). Nothing is read beyond the bounds of what
//! encloses it.

use super::tv;

/// One parameter.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Param<'a> {
    /// With a length; the value without it.
    Tlv(u16, &'a [u8]),
    /// Without.
    Tv(u8, &'a [u8]),
}

/// Why parameters cannot be read further.
#[derive(Debug, Clone, Copy, PartialEq, Eq, thiserror::Error)]
pub(super) enum Broken {
    /// There is no telling where the next one begins.
    #[error("parameter {0} has no length and is not known")]
    UnknownTv(u8),
    /// Too short for itself, or longer than what encloses it.
    #[error("parameter {0} does not fit into what encloses it")]
    Bounds(u16),
}

/// The parameters in some bytes, one after the other, up to the first that cannot be read.
pub(super) struct Params<'a>(pub &'a [u8]);

impl<'a> Iterator for Params<'a> {
    type Item = Result<Param<'a>, Broken>;

    fn next(&mut self) -> Option<Self::Item> {
        if self.0.is_empty() {
            return None;
        }
        let next = split(self.0);
        match next {
            Ok((param, rest)) => {
                self.0 = rest;
                Some(Ok(param))
            }
            Err(broken) => {
                self.0 = &[];
                Some(Err(broken))
            }
        }
    }
}

fn split(bytes: &[u8]) -> Result<(Param<'_>, &[u8]), Broken> {
    let first = bytes[0];
    if first & 0x80 != 0 {
        let kind = first & 0x7F;
        let size = tv_size(kind).ok_or(Broken::UnknownTv(kind))?;
        let (value, rest) = bytes[1..].split_at_checked(size).ok_or(Broken::Bounds(kind.into()))?;
        return Ok((Param::Tv(kind, value), rest));
    }
    let &[t0, t1, l0, l1] = bytes.first_chunk().ok_or(Broken::Bounds(first.into()))?;
    let (kind, length) = (u16::from_be_bytes([t0, t1]), usize::from(u16::from_be_bytes([l0, l1])));
    if !(128..=0x03FF).contains(&kind) || length < 4 {
        return Err(Broken::Bounds(kind));
    }
    let (whole, rest) = bytes.split_at_checked(length).ok_or(Broken::Bounds(kind))?;
    Ok((Param::Tlv(kind, &whole[4..]), rest))
}

/// Bytes of the value (protocol sheet, section 3; 15, 17 and 18 from the standard, section 16).
fn tv_size(kind: u8) -> Option<usize> {
    Some(match kind {
        tv::PEAK_RSSI => 1,
        tv::ANTENNA | tv::CHANNEL | tv::SEEN_COUNT | 10 | tv::CRC | tv::PC | 14 | 15 | 17 => 2,
        tv::XPC_W1 | tv::XPC_W2 => 2,
        tv::ROSPEC_ID | tv::ACCESSSPEC_ID | 18 => 4,
        tv::FIRST_SEEN_UTC..=tv::LAST_SEEN_UPTIME => 8,
        tv::EPC_96 => 12,
        _ => return None,
    })
}

/// The first parameter of that type with a length.
pub(super) fn find(bytes: &[u8], kind: u16) -> Option<&[u8]> {
    all(bytes, kind).next()
}

/// Every parameter of that type with a length, up to the first that cannot be read.
pub(super) fn all(bytes: &[u8], kind: u16) -> impl Iterator<Item = &[u8]> {
    Params(bytes).filter_map(move |param| match param {
        Ok(Param::Tlv(found, value)) if found == kind => Some(value),
        _ => None,
    })
}

/// Sixteen bits at an index.
pub(super) fn u16_at(bytes: &[u8], at: usize) -> Option<u16> {
    Some(u16::from_be_bytes(*bytes.get(at..)?.first_chunk()?))
}

/// Thirty-two bits at an index.
pub(super) fn u32_at(bytes: &[u8], at: usize) -> Option<u32> {
    Some(u32::from_be_bytes(*bytes.get(at..)?.first_chunk()?))
}

/// Bytes that are preceded by their count, at an index.
pub(super) fn counted(bytes: &[u8], at: usize) -> Option<&[u8]> {
    bytes.get(at + 2..)?.get(..usize::from(u16_at(bytes, at)?))
}

/// A text that is preceded by its count, at an index.
pub(super) fn text_at(bytes: &[u8], at: usize) -> Option<String> {
    counted(bytes, at).map(|text| String::from_utf8_lossy(text).into_owned())
}

/// A value that must have exactly these bytes.
pub(super) fn exact<const N: usize>(value: &[u8]) -> Option<[u8; N]> {
    value.try_into().ok()
}

/// A vendor's parameter: vendor, subtype, the rest.
pub(super) fn custom(value: &[u8]) -> Option<(u32, u32, &[u8])> {
    Some((u32_at(value, 0)?, u32_at(value, 4)?, value.get(8..)?))
}

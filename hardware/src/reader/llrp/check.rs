//! Whether bytes are an LLRP message. There is no checksum: what stands for it is a type that exists, a length that fits
//! the type, and parameters that fill the message to its end.

use super::frame::{HEADER, LONGEST};
use super::kind::*;
use super::tlv;
use crate::reader::framing::{Check, Refusal};

/// So many parameters are looked at before a message is believed; it bounds the work for a false beginning. What lies
/// behind is read with the same care, and spoils only its own message.
const LOOKED_AT: usize = 1000;

/// The longest message of an unknown type that is passed over.
const UNKNOWN_LONGEST: usize = 64 * 1024;

/// The type in a message's first two bytes.
pub(super) fn kind_of(head: [u8; 2]) -> u16 {
    u16::from_be_bytes(head) & 0x03FF
}

/// What a message type looks like behind its header.
struct Shape {
    /// Bytes before the first parameter.
    fixed: usize,
    parameters: Parameters,
}

enum Parameters {
    /// None: the length is exact.
    None,
    /// Any number, of any type.
    Any,
    /// Any number, of these types only.
    Of(&'static [u16]),
    /// This one first.
    First(u16),
    /// What the vendor likes.
    Opaque,
}

fn shape(kind: u16) -> Option<Shape> {
    use Parameters::{Any, First, None as Nothing, Of, Opaque};
    let (fixed, parameters) = match kind {
        CLOSE_CONNECTION
        | GET_ROSPECS
        | GET_ACCESSSPECS
        | GET_SUPPORTED_VERSION
        | GET_REPORT
        | KEEPALIVE
        | ENABLE_EVENTS_AND_REPORTS
        | KEEPALIVE_ACK => (0, Nothing),
        GET_READER_CAPABILITIES | SET_READER_CONFIG => (1, Any),
        GET_READER_CONFIG => (7, Any),
        ADD_ROSPEC => (0, First(tlv::ROSPEC)),
        ADD_ACCESSSPEC => (0, First(tlv::ACCESSSPEC)),
        DELETE_ROSPEC..=DISABLE_ROSPEC | DELETE_ACCESSSPEC..=DISABLE_ACCESSSPEC => (4, Nothing),
        SET_PROTOCOL_VERSION => (1, Nothing),
        // Answers: ten more than their question.
        CLOSE_CONNECTION_RESPONSE
        | GET_READER_CAPABILITIES_RESPONSE..=SET_READER_CONFIG_RESPONSE
        | 30..=36
        | 50..=54
        | SET_PROTOCOL_VERSION_RESPONSE
        | ERROR_MESSAGE => (0, First(tlv::STATUS)),
        GET_SUPPORTED_VERSION_RESPONSE => (2, First(tlv::STATUS)),
        CLIENT_REQUEST_OP => (0, First(tlv::TAG_REPORT)),
        CLIENT_REQUEST_OP_RESPONSE => (0, Any),
        RO_ACCESS_REPORT => (0, Of(&[tlv::TAG_REPORT, tlv::SURVEY_REPORT, tlv::CUSTOM])),
        READER_EVENT_NOTIFICATION => (0, First(tlv::EVENT_DATA)),
        CUSTOM => (5, Opaque),
        _ => return None,
    };
    Some(Shape { fixed, parameters })
}

/// Judges `bytes`, whose first has the reserved bits and the version of a message. `in_step` believes in types that do not
/// exist.
pub(super) fn check(bytes: &[u8], in_step: bool) -> Check {
    let Some(&head) = bytes.first_chunk::<2>() else { return Check::Incomplete(HEADER - bytes.len()) };
    let kind = kind_of(head);
    let (shape, longest) = match shape(kind) {
        Some(shape) => (shape, LONGEST),
        None if in_step => (Shape { fixed: 0, parameters: Parameters::Opaque }, UNKNOWN_LONGEST),
        None => return Check::Not(Refusal::Command(kind), 1),
    };
    // Bytes of the length as they come: a false beginning is to be found out early.
    let mut length = [0; 4];
    let come = bytes[2..].len().min(4);
    length[..come].copy_from_slice(&bytes[2..2 + come]);
    let length = usize::try_from(u32::from_be_bytes(length)).unwrap_or(usize::MAX);
    if length > longest {
        return Check::Not(Refusal::Length(length), 1);
    }
    if come < 4 {
        return Check::Incomplete(HEADER - bytes.len());
    }
    let begin = HEADER + shape.fixed;
    let fits = match shape.parameters {
        Parameters::None => length == begin,
        Parameters::First(_) => length >= begin + 4,
        Parameters::Any | Parameters::Of(_) | Parameters::Opaque => length >= begin,
    };
    if !fits {
        return Check::Not(Refusal::Length(length), 1);
    }
    if let Err(at) = parameters(bytes, begin, length, &shape.parameters) {
        return Check::Not(Refusal::Parameter { message: kind, at }, length.min(bytes.len()));
    }
    match length.checked_sub(bytes.len()) {
        Some(missing) if missing > 0 => Check::Incomplete(missing),
        _ => Check::Frame(length),
    }
}

/// Walks over the parameters that have come; gives the index of one that cannot be.
fn parameters(bytes: &[u8], begin: usize, end: usize, allowed: &Parameters) -> Result<(), usize> {
    if matches!(allowed, Parameters::None | Parameters::Opaque) {
        return Ok(());
    }
    let mut at = begin;
    for number in 0..LOOKED_AT {
        if at == end {
            return Ok(());
        }
        let Some(&[t0, t1, l0, l1]) = bytes.get(at..).and_then(<[u8]>::first_chunk) else {
            return if end - at < 4 { Err(at) } else { Ok(()) };
        };
        let (kind, length) = (u16::from_be_bytes([t0, t1]), usize::from(u16::from_be_bytes([l0, l1])));
        let expected = match allowed {
            Parameters::First(first) => number > 0 || kind == *first,
            Parameters::Of(kinds) => kinds.contains(&kind),
            _ => true,
        };
        if !(128..=tlv::CUSTOM).contains(&kind) || !expected || length < 4 || length > end - at {
            return Err(at);
        }
        at += length;
    }
    Ok(())
}

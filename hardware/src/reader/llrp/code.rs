//! Status and result codes, and what a driver makes of them (LLRP 1.0.1, section 13; 1.1, section 16).

use super::report::OpResult;
use super::tlv;
use crate::reader::{Password, TagError, TagOutcome, TagResult};

pub(super) const SUCCESS: u16 = 0;
pub(super) const UNSUPPORTED_MESSAGE: u16 = 109;
pub(super) const DEVICE_ERROR: u16 = 401;

/// What a status code means.
pub(super) fn meaning(code: u16) -> &'static str {
    match code {
        SUCCESS => "success",
        100 | 200 => "a parameter is wrong",
        101 | 201 => "a field is wrong",
        102 | 202 => "a parameter is not expected there",
        103 | 203 => "a parameter is missing",
        104 | 204 => "a parameter comes twice",
        105 | 205 => "there are more parameters than it holds",
        106 | 206 => "a field is out of range",
        107 | 207 => "a parameter is not known",
        108 | 208 => "a field is not known",
        UNSUPPORTED_MESSAGE => "the message is not supported",
        110 => "the protocol's version is not supported",
        111 | 209 => "a parameter is not supported",
        112 => "the message is not expected now",
        300 => "a value is invalid",
        301 => "a value is out of range",
        DEVICE_ERROR => "the device has an error",
        _ => "an unknown status",
    }
}

/// What the code of a connection attempt means, and what to try; `None` is success.
pub(super) fn attempt(code: u16) -> Option<&'static str> {
    Some(match code {
        0 => return None,
        1 => "it talks to a host it has called itself: take that host out of its configuration",
        2 => {
            "another client is connected: close the vendor's tool or the other station; after a cut cable it may \
              take a minute until it notices"
        }
        4 => "somebody else tries to connect at the same moment: is a second station set to this reader?",
        _ => "it takes no connection, and does not say why: switch it off and on",
    })
}

/// What the result of an ordered access means for whoever ordered it.
pub(super) fn outcome(result: &OpResult, password: Password) -> TagResult {
    use Fault::{Locked, LowPower, NoResponse, Overrun, Password as Wrong, Reader, Tag};
    let fault = match (result.kind, result.result) {
        (_, 0) => {
            return Ok(result.data.clone().map_or(TagOutcome::Done, TagOutcome::Words));
        }
        (tlv::READ_RESULT, 1) => Tag,
        (tlv::READ_RESULT, 2) => NoResponse,
        (tlv::READ_RESULT, 4) => Overrun,
        (tlv::READ_RESULT, 5) => Locked,
        (tlv::READ_RESULT, 6) => Wrong,
        (tlv::WRITE_RESULT | tlv::BLOCK_WRITE_RESULT, 1) => Overrun,
        (tlv::WRITE_RESULT | tlv::BLOCK_WRITE_RESULT, 2) => Locked,
        (tlv::WRITE_RESULT | tlv::BLOCK_WRITE_RESULT, 3) => LowPower,
        (tlv::WRITE_RESULT | tlv::BLOCK_WRITE_RESULT, 4) => Tag,
        (tlv::WRITE_RESULT | tlv::BLOCK_WRITE_RESULT, 5) => NoResponse,
        (tlv::WRITE_RESULT | tlv::BLOCK_WRITE_RESULT, 7) => Wrong,
        (tlv::LOCK_RESULT, 1) => LowPower,
        (tlv::LOCK_RESULT, 2) => Tag,
        (tlv::LOCK_RESULT, 3) => NoResponse,
        (tlv::LOCK_RESULT, 5) => Wrong,
        (tlv::LOCK_RESULT, 6) => Overrun,
        (tlv::LOCK_RESULT, 7) => Locked,
        _ => Reader,
    };
    let refused = |meaning| TagError::Refused { code: result.result.into(), meaning };
    Err(match fault {
        NoResponse => TagError::NoTag,
        Overrun => TagError::Overrun,
        Locked => TagError::Locked,
        LowPower => TagError::LowPower,
        Wrong => TagError::WrongPassword,
        // LLRP 1.0.1 has no code for a wrong password: a tag that answers to its EPC and not to the password is that.
        Tag if password != Password::NONE => TagError::WrongPassword,
        Tag => refused("the tag refuses and does not say why"),
        Reader => refused("the reader could not do it"),
    })
}

/// Whether another try may help.
pub(super) fn transient(result: &TagResult) -> bool {
    matches!(result, Err(TagError::NoTag | TagError::LowPower))
}

enum Fault {
    Tag,
    NoResponse,
    Overrun,
    Locked,
    LowPower,
    Password,
    Reader,
}

//! The error codes (protocol sheet, section 6) and what they mean for a tag.

use crate::reader::TagError;

/// A round without a tag, or with one that was garbled: not a fault, every empty round has it.
pub(super) const NO_TAG_IN_ROUND: u8 = 0x15;
/// The command is not built as the module wants it, or it has no such command.
pub(super) const COMMAND_FORMAT: u8 = 0x17;
const READ_NO_TAG: u8 = 0x09;
const WRITE_NO_TAG: u8 = 0x10;
const KILL_NO_TAG: u8 = 0x12;
const LOCK_NO_TAG: u8 = 0x13;
const PERMALOCK_NO_TAG: u8 = 0x14;
const PASSWORD: u8 = 0x16;

/// What a code means.
pub(super) fn meaning(code: u8) -> &'static str {
    match code {
        READ_NO_TAG => "no tag to read",
        WRITE_NO_TAG => "no tag to write",
        KILL_NO_TAG => "no tag to kill",
        LOCK_NO_TAG => "no tag to lock",
        PERMALOCK_NO_TAG => "no tag to lock for ever",
        NO_TAG_IN_ROUND => "no tag in this round",
        PASSWORD => "wrong access password",
        COMMAND_FORMAT => "wrong command or parameter",
        0x1A | 0x1B | 0x1D | 0x2A | 0x2B => "the chip maker's own command failed",
        0x20 => "no free radio channel",
        0x2E => "the QT command failed",
        0xA0..=0xEF => match code & 0x0F {
            0x0 => "the tag reports an error of another kind",
            0x3 => "the tag has no such memory",
            0x4 => "the tag's memory is locked",
            0xB => "the tag has not enough power",
            0xF => "the tag reports an error without a reason",
            _ => "the tag reports an unknown error",
        },
        _ => "an unknown error",
    }
}

/// What a code says to whoever wanted something of a tag. The upper half of a tag's own error says in which command it
/// came, the lower half is the Gen2 error.
pub(super) fn tag_error(code: u8) -> TagError {
    match (code, code & 0x0F) {
        (READ_NO_TAG | WRITE_NO_TAG | KILL_NO_TAG | LOCK_NO_TAG | PERMALOCK_NO_TAG | NO_TAG_IN_ROUND, _) => {
            TagError::NoTag
        }
        (PASSWORD, _) => TagError::WrongPassword,
        (0xA0..=0xEF, 0x3) => TagError::Overrun,
        (0xA0..=0xEF, 0x4) => TagError::Locked,
        (0xA0..=0xEF, 0xB) => TagError::LowPower,
        _ => TagError::Refused { code: code.into(), meaning: meaning(code) },
    }
}

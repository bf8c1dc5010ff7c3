//! The error codes (protocol sheet, section 7) and what a driver makes of them.

use crate::reader::TagError;

/// "Done" as an answer to a setting.
pub(super) const OK: u8 = 0x10;
/// The command, or one of its bytes, is not known to this firmware.
pub(super) const WRONG_PARAMETER: u8 = 0x41;
/// It did not work, and the reader does not say why.
pub(super) const FAILED: u8 = 0x11;
/// Nothing is screwed on there.
pub(super) const ANTENNA_MISSING: u8 = 0x22;
/// The setting is out of the reader's power range.
pub(super) const POWER_RANGE: u8 = 0x48;

/// The reader has no such antenna.
pub(super) const WRONG_ANTENNA: u8 = 0x47;

/// What a driver does about a code.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Trouble {
    /// The radio had a bad moment, or no tag is there: ask again.
    Transient,
    /// The antenna is missing: say so, keep the others running.
    Antenna,
    /// The reader is broken or reset: open it again, write the settings again.
    Fatal,
    /// A question the reader does not accept.
    Refused,
}

/// Sorts a code by what to do about it.
pub(super) fn trouble(code: u8) -> Trouble {
    match code {
        0x31 | 0x32 | 0x36 | 0x37 | 0x50 => Trouble::Transient,
        ANTENNA_MISSING | WRONG_ANTENNA => Trouble::Antenna,
        0x20 | 0x52 | 0x53 | 0x55 => Trouble::Fatal,
        _ => Trouble::Refused,
    }
}

/// What a code means to whoever wanted something of a tag.
pub(super) fn tag_error(code: u8) -> TagError {
    match code {
        0x31 | 0x36 | 0x50 => TagError::NoTag,
        0x40 => TagError::WrongPassword,
        0x42 | 0x46 => TagError::Overrun,
        0x54 | 0x57 => TagError::LowPower,
        code => TagError::Refused { code: code.into(), meaning: meaning(code).unwrap_or("an unknown fault") },
    }
}

/// Whether the same access may go well a moment later: the radio had a bad moment, or the tag stood badly.
pub(super) fn may_pass(code: u8) -> bool {
    trouble(code) == Trouble::Transient || matches!(code, 0x33 | 0x34)
}

/// What a code means, or `None` for a byte that is no code.
pub(super) fn meaning(code: u8) -> Option<&'static str> {
    Some(match code {
        OK => "ok",
        FAILED => "failed",
        0x20 => "controller was reset",
        0x21 => "carrier could not be switched on",
        ANTENNA_MISSING => "antenna missing",
        0x23 => "flash write failed",
        0x24 => "flash read failed",
        0x25 => "power could not be set",
        0x31 => "inventory failed",
        0x32 => "tag read failed",
        0x33 => "tag write failed",
        0x34 => "tag lock failed",
        0x35 => "tag kill failed",
        0x36 => "no tag",
        0x37 => "tag seen but access failed",
        0x38 => "buffer empty",
        0x3C => "NXP command failed",
        0x40 => "access denied or wrong password",
        0x41 => "wrong parameter",
        0x42 => "wrong word count",
        0x43 => "wrong memory bank",
        0x44 => "wrong lock area",
        0x45 => "wrong lock action",
        0x46 => "wrong address",
        WRONG_ANTENNA => "wrong antenna",
        POWER_RANGE => "power out of range",
        0x49 => "wrong region",
        0x4A => "wrong baud rate",
        0x4B => "wrong beeper mode",
        0x4C => "EPC match too long",
        0x4D => "EPC match has a wrong length",
        0x4E => "EPC match has a wrong mode",
        0x4F => "wrong frequency range",
        0x50 => "no RN16 from the tag",
        0x51 => "wrong DRM mode",
        0x52 => "PLL did not lock",
        0x53 => "radio chip does not answer",
        0x54 => "output power not reached",
        0x55 => "copyright check failed",
        0x56 => "spectrum regulation violated",
        0x57 => "output power too low",
        0xEE => "return loss could not be measured",
        _ => return None,
    })
}

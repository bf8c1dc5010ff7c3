//! The status codes (protocol sheet, section 7) and what a driver makes of them.

/// Done.
pub(super) const OK: u8 = 0x00;
/// The round is over.
pub(super) const ROUND_ENDED: u8 = 0x01;
/// The scan time is over; the tags count.
pub(super) const TIME_OVER: u8 = 0x02;
/// More frames of the same round follow.
pub(super) const MORE: u8 = 0x03;
/// The reader's memory is full; the tags count.
pub(super) const MEMORY_FULL: u8 = 0x04;
/// The tag refuses the access password.
pub(super) const PASSWORD: u8 = 0x05;
/// Saved for as long as there is power, not longer.
pub(super) const NOT_SAVED: u8 = 0x13;
/// Its power is fixed.
pub(super) const POWER_FIXED: u8 = 0x14;
/// A figure at the end of a round, when asked for.
pub(super) const STATISTICS: u8 = 0x26;
/// A reader in active mode is alive.
pub(super) const HEARTBEAT: u8 = 0x28;
/// The antenna is missing or badly matched.
pub(super) const ANTENNA: u8 = 0xF8;
/// The tag was there and not understood.
pub(super) const POOR_LINK: u8 = 0xFA;
/// No tag answers.
pub(super) const NO_TAG: u8 = 0xFB;
/// The tag refuses and says why in the next byte.
pub(super) const TAG_ERROR: u8 = 0xFC;
/// The command has a wrong length.
pub(super) const WRONG_LENGTH: u8 = 0xFD;
/// No such command, or it came damaged.
pub(super) const ILLEGAL: u8 = 0xFE;
/// A parameter is out of range.
pub(super) const PARAMETER: u8 = 0xFF;

/// What a driver does about a code that ends an inventory.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Trouble {
    /// Ask again.
    Transient,
    /// The antenna is missing: say so, keep the others running.
    Antenna,
    /// This reader does not take a question of this form.
    Form,
    /// Refused for good.
    Refused,
}

/// Sorts a code by what to do about it.
pub(super) fn trouble(status: u8) -> Trouble {
    match status {
        POOR_LINK | NO_TAG | 0xF9 | ILLEGAL => Trouble::Transient,
        ANTENNA => Trouble::Antenna,
        WRONG_LENGTH | PARAMETER => Trouble::Form,
        _ => Trouble::Refused,
    }
}

/// Whether a round has ended well.
pub(super) fn ends_round(status: u8) -> bool {
    matches!(status, OK | ROUND_ENDED | TIME_OVER | MEMORY_FULL | STATISTICS)
}

/// Whether a setting was taken, if only until the power goes.
pub(super) fn is_taken(status: u8) -> bool {
    matches!(status, OK | NOT_SAVED)
}

/// What a code means, or `None` for a byte that is no code.
pub(super) fn meaning(status: u8) -> Option<&'static str> {
    Some(match status {
        OK => "ok",
        ROUND_ENDED => "round finished",
        TIME_OVER => "scan time over",
        MORE => "more frames follow",
        MEMORY_FULL => "reader memory full",
        PASSWORD => "wrong access password",
        0x09 => "kill failed",
        0x0A => "kill password is zero",
        0x0B => "not supported by the tag",
        0x0C..=0x0E => "NXP protection command failed",
        0x10..=0x12 => "ISO 18000-6B command failed",
        NOT_SAVED => "not saved, works until power-off",
        POWER_FIXED => "power cannot be set",
        STATISTICS => "statistics",
        HEARTBEAT => "heartbeat",
        ANTENNA => "antenna fault",
        0xF9 => "execution failed",
        POOR_LINK => "poor link to the tag",
        NO_TAG => "no tag",
        TAG_ERROR => "the tag reports an error",
        WRONG_LENGTH => "wrong command length",
        ILLEGAL => "illegal command or damaged on the line",
        PARAMETER => "parameter out of range",
        _ => return None,
    })
}

/// What a tag's own error code means (EPC Gen2 air interface, annex I).
pub(super) fn tag_error_meaning(code: u8) -> &'static str {
    match code {
        0x03 => "the tag's memory ends before",
        0x04 => "that memory is locked",
        0x0B => "not enough power to write",
        0x0F => "the tag gives no reason",
        _ => "the tag gives another reason",
    }
}

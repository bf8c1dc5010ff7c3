//! The fault codes (protocol sheet, sections 5 and 8) and what a driver makes of them.

/// Done.
pub(super) const OK: u16 = 0x0000;
/// The module does not know the operation; in its bootloader it knows none of the air.
pub(super) const UNKNOWN_OPCODE: u16 = 0x0101;
/// Ends the stream, in some firmware.
pub(super) const BAD_LENGTH: u16 = 0x0100;
/// Nobody there, or nothing this cycle.
pub(super) const NO_TAG: u16 = 0x0400;
/// The tag's memory ends before.
pub(super) const OVERRUN: u16 = 0x0423;
/// That part of the tag's memory is locked.
pub(super) const LOCKED: u16 = 0x0424;
/// The tag has too little power to write.
pub(super) const LOW_POWER: u16 = 0x042B;

/// What a driver does about a code.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Trouble {
    /// Nothing at all.
    None,
    /// A bad moment: ask again.
    Transient,
    /// An antenna is missing, or sends the power back.
    Antenna,
    /// Too hot: the module slows down by itself.
    Hot,
    /// It forgot its region: write the settings again.
    RadioOff,
    /// Its own buffer is full.
    BufferFull,
    /// It is broken or fell over.
    Fatal,
    /// A question it does not accept.
    Refused,
}

/// Sorts a code by what to do about it.
pub(super) fn trouble(code: u16) -> Trouble {
    match code {
        OK | NO_TAG | 0x0600 => Trouble::None,
        0x0404 | 0x0406 | 0x040A | 0x0423..=0x042F | 0x0501 => Trouble::Transient,
        0x0503 | 0x0505 => Trouble::Antenna,
        0x0504 => Trouble::Hot,
        0x0405 => Trouble::RadioOff,
        0x0601 => Trouble::BufferFull,
        0x0200..=0x02FF | 0x7F00.. => Trouble::Fatal,
        _ => Trouble::Refused,
    }
}

/// Whether a status may begin so. The known codes lie together in small groups (section 8), and room is left for more.
pub(super) fn is_plausible(high: u8, low: Option<u8>) -> bool {
    match high {
        0x00 => low.is_none_or(|low| low == 0),
        0x01..=0x06 => low.is_none_or(|low| low < 0x40),
        0x7F => low.is_none_or(|low| low < 0x10),
        _ => false,
    }
}

/// What a code means.
pub(super) fn meaning(code: u16) -> Option<&'static str> {
    Some(match code {
        BAD_LENGTH => "wrong length of the command",
        UNKNOWN_OPCODE => "unknown operation, or the module is in its bootloader",
        0x0102 => "operation not built in",
        0x0103 => "power too high",
        0x0105 => "wrong parameter",
        0x0106 => "power too low",
        0x010A => "baud rate not supported",
        0x010B => "region not supported",
        0x0200 => "the firmware's own checksum is wrong",
        NO_TAG => "no tags found",
        0x0404 => "no data from the tag",
        0x0405 => "radio not on: no region is set",
        0x0406 => "writing the tag failed",
        0x040A => "general tag error",
        OVERRUN => "the tag's memory ends before",
        LOCKED => "the tag's memory is locked",
        0x0425 => "the tag's authentication failed",
        0x0426 => "making the tag untraceable failed",
        LOW_POWER => "the tag has not enough power",
        0x042F => "the tag reports an error without saying which",
        0x0501 => "radio channel busy",
        0x0503 => "antenna missing",
        0x0504 => "temperature exceeds limits, module throttles",
        0x0505 => "high return loss: antenna missing or bad cable",
        0x0600 => "tag buffer empty",
        0x0601 => "tag buffer full",
        0x7F00 => "system error",
        0x7F01 => "the firmware stopped itself",
        _ => return None,
    })
}

/// What a code means, in any case.
pub(super) fn words(code: u16) -> &'static str {
    meaning(code).unwrap_or("a fault that is not on the maker's list")
}

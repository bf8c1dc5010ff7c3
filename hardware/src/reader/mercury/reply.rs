//! What replies carry.

use super::frame::Frame;
use super::opcode::*;
use super::record::{Cursor, Record};
use super::status;

/// The shortest LEN at which a reply to a read is a part of a stream (protocol sheet, section 5).
pub(super) const STREAM_LEN: usize = 6;
/// LEN of a version.
pub(super) const VERSION_LEN: usize = 20;
/// The option's bit that says that a metadata word follows the search flags.
pub(super) const WITH_METADATA: u8 = 0x10;
/// The search flag for tags as they are read, one frame each.
pub(super) const STREAMING: u16 = 0x0008;

/// A part of a stream.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(super) enum Part<'a> {
    /// One tag.
    Tag(Record<'a>),
    /// How the module is doing.
    Report(Report),
    /// The stream has ended.
    End,
    /// Nothing, or nothing this program can read.
    Other,
    /// Says that it is a tag, and is not built like one.
    Broken,
}

/// How the module is doing; what it does not say is `None`.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq)]
pub(super) struct Report {
    pub flags: u16,
    pub freq_khz: Option<u32>,
    pub temperature_c: Option<i8>,
    pub ports: Option<(u8, u8)>,
}

/// Where a stream's reply begins: option, search flags, and a metadata mask where the option says so.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) struct Head {
    pub option: u8,
    pub search_flags: u16,
    pub metadata: Option<u16>,
    pub response_type: u8,
}

impl Head {
    /// Reads the head of a reply to a read; `None` where it is no part of a stream.
    pub fn parse(from: &mut Cursor<'_>) -> Option<Self> {
        if from.0.len() < STREAM_LEN {
            return None;
        }
        let (option, search_flags) = (from.u8()?, from.u16()?);
        if search_flags & STREAMING == 0 {
            return None;
        }
        let metadata = if option & WITH_METADATA == 0 { None } else { Some(from.u16()?) };
        Some(Self { option, search_flags, metadata, response_type: from.u8()? })
    }
}

/// Whether what has come of a reply's data may be the beginning of a stream's part, or of a read's plain count.
pub(super) fn may_be_stream(data: &[u8]) -> bool {
    let type_at = match data {
        &[option, _, flags_low, ..] if u16::from(flags_low) & STREAMING != 0 => {
            if option & WITH_METADATA == 0 { 3 } else { 5 }
        }
        _ => return true,
    };
    data.get(type_at).is_none_or(|&response_type| response_type <= 2)
}

/// Reads the data of a good reply to a read.
pub(super) fn part(data: &[u8]) -> Part<'_> {
    let mut from = Cursor(data);
    let Some(head) = Head::parse(&mut from) else { return Part::Other };
    match (head.response_type, head.metadata) {
        (0, _) => Part::End,
        (1, Some(mask)) if Record::can_be_read(mask) => match Record::parse(mask, &mut from) {
            Some(tag) if !tag.is_gen2() => Part::Other,
            Some(tag) if from.0.is_empty() => Part::Tag(tag),
            Some(_) | None => Part::Broken,
        },
        (2, _) => Report::parse(&mut from).map_or(Part::Broken, Part::Report),
        _ => Part::Other,
    }
}

impl Report {
    /// The fields come in this order, each only when flagged. A flag this program does not know shifts the rest, which is
    /// then left alone.
    fn parse(from: &mut Cursor<'_>) -> Option<Self> {
        let flags = from.u16()?;
        let mut report = Self { flags, ..Self::default() };
        if flags & 0x0001 != 0 {
            return Some(report);
        }
        if flags & 0x0002 != 0 {
            report.freq_khz = Some(from.u24()?);
        }
        if flags & 0x0004 != 0 {
            report.temperature_c = Some(from.u8()?.cast_signed());
        }
        if flags & 0x0008 != 0 {
            report.ports = Some((from.u8()?, from.u8()?));
        }
        Some(report)
    }
}

/// A tag buffer that is not built like one.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) struct BrokenBuffer;

/// Reads the tags of a buffer (section 6): metadata mask, option, count, records.
pub(super) fn buffer<'a>(data: &'a [u8], each: &mut dyn FnMut(Record<'a>)) -> Result<(), BrokenBuffer> {
    let mut from = Cursor(data);
    let (Some(mask), Some(_option), Some(count)) = (from.u16(), from.u8(), from.u8()) else { return Ok(()) };
    if !Record::can_be_read(mask) {
        return Ok(());
    }
    for _ in 0..count {
        let record = Record::parse(mask, &mut from).ok_or(BrokenBuffer)?;
        if record.is_gen2() {
            each(record);
        }
    }
    if from.0.is_empty() { Ok(()) } else { Err(BrokenBuffer) }
}

/// Every tag a frame carries.
pub(super) fn tags<'a>(frame: &'a Frame, each: &mut dyn FnMut(Record<'a>)) {
    if frame.status != Some(status::OK) {
        return;
    }
    match frame.opcode {
        READ_MULTIPLE => {
            if let Part::Tag(tag) = part(&frame.data) {
                each(tag);
            }
        }
        BUFFER_GET => {
            // The grammar has refused broken ones.
            let _: Result<(), BrokenBuffer> = buffer(&frame.data, each);
        }
        READ_SINGLE => single(&frame.data).into_iter().for_each(each),
        _ => {}
    }
}

/// The one tag of a single read: with option and metadata when those were asked for, else EPC and checksum alone.
fn single(data: &[u8]) -> Option<Record<'_>> {
    let mut from = Cursor(data);
    if let (Some(option), Some(mask)) = (from.u8(), from.u16())
        && option & WITH_METADATA != 0
        && Record::can_be_read(mask)
        && let Some(record) = Record::parse(mask, &mut from)
        && from.0.is_empty()
    {
        return Some(record);
    }
    Record::bare(data)
}

/// Who a module is.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) struct Version {
    pub bootloader: [u8; 4],
    pub hardware: [u8; 4],
    pub date: [u8; 4],
    pub firmware: [u8; 4],
    pub protocols: [u8; 4],
}

impl Version {
    pub fn parse(data: &[u8]) -> Option<Self> {
        let (words, []) = data.as_chunks::<4>() else { return None };
        let &[bootloader, hardware, date, firmware, protocols] = words else { return None };
        Some(Self { bootloader, hardware, date, firmware, protocols })
    }

    /// The firmware as the maker prints it: four pairs of digits.
    pub fn firmware_text(&self) -> String {
        self.firmware.map(|byte| format!("{byte:02x}")).join(".")
    }

    /// (K) The module by the first byte of its hardware word; the numbers are of the maker's own library.
    pub fn model(&self) -> Option<&'static str> {
        Some(match self.hardware[0] {
            0x00..=0x02 => "M5e",
            0x18 => "M6e",
            0x19 => "M6e-i",
            0x20 => "M6e-Micro",
            0x30 => "M6e-Nano",
            0x38 => "M7e",
            _ => return None,
        })
    }
}

/// The transmit power and its limits, all in hundredths of a dBm.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) struct Power {
    pub now_cdbm: i16,
    pub limits_cdbm: Option<(i16, i16)>,
}

impl Power {
    /// The answer to option 01 has the limits, greatest first; without option or to option 00 there is only the value.
    pub fn parse(data: &[u8]) -> Option<Self> {
        let word = |high: u8, low: u8| i16::from_be_bytes([high, low]);
        Some(match *data {
            [1, now, ow, max, ax, min, in_] => {
                Self { now_cdbm: word(now, ow), limits_cdbm: Some((word(min, in_), word(max, ax))) }
            }
            [0, now, ow] | [now, ow] => Self { now_cdbm: word(now, ow), limits_cdbm: None },
            _ => return None,
        })
    }
}

/// The serial number in a hardware answer: option, flags, one byte, its length, its characters (K).
pub(super) fn serial_number(data: &[u8]) -> Option<String> {
    let (&[_, _, _, len], rest) = data.split_first_chunk::<4>()?;
    let text = std::str::from_utf8(rest.get(..usize::from(len))?).ok()?;
    let text = text.trim_matches(|sign: char| sign == '\0' || sign.is_whitespace());
    let plain = !text.is_empty() && text.chars().all(|sign| sign.is_ascii_graphic());
    plain.then(|| text.to_owned())
}

/// The ports and whether something is connected to each, from an answer to detection.
pub(super) fn detected(data: &[u8]) -> Option<Vec<(u8, bool)>> {
    let (&option, pairs) = data.split_first()?;
    let (pairs, []) = pairs.as_chunks::<2>() else { return None };
    (option == 5 && !pairs.is_empty())
        .then(|| pairs.iter().map(|&[port, there]| (port, there != 0)).collect())
}

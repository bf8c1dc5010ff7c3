//! Tag records. Two generations of readers build them differently and do not say which they are, so a record is believed
//! when walking it by its own lengths ends exactly where the frame does (protocol sheet, section 4).

use super::frame::Uhf18;
use crate::reader::TagRead;

/// The longest EPC: 31 words.
const LONGEST_EPC: usize = 62;
/// Bytes of the chip's number that FastID appends.
const FAST_TID: usize = 12;
/// Phase (4) and frequency (3) behind a record that says it has them.
const PHASE_AND_FREQUENCY: usize = 7;
/// Bits of a record's length byte.
const HAS_TID: u8 = 0x80;
const HAS_PHASE: u8 = 0x40;
const LENGTH: u8 = 0x3F;

/// How a reader builds its tag records.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Shape {
    /// UHFReader18: `Num { len EPC }`, no antenna, no strength.
    Plain,
    /// 288, 86, E310: `Ant Num { len EPC RSSI [phase frequency] }`.
    Rich,
}

/// How a 288's antenna byte is meant.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Numbering {
    /// One bit per antenna: readers with 1, 4 or 8 ports.
    Mask,
    /// An index from 0: readers with 12 or 16 ports.
    Index,
}

/// One tag in a frame.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default)]
pub(super) struct Record<'a> {
    pub epc: &'a [u8],
    pub tid: Option<&'a [u8]>,
    pub antenna_byte: Option<u8>,
    pub rssi: Option<u8>,
    pub phase: Option<u32>,
    pub freq_khz: Option<u32>,
    pub read_count: Option<u8>,
}

/// Whether bytes can be the records they are taken for.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Fit {
    /// They are: the last ends where the data does.
    Whole,
    /// Nothing contradicts it yet; bytes are missing.
    SoFar,
    /// They are not.
    No,
}

/// Walks `total` bytes of records of which `data` has come, and shows each that is complete.
pub(super) fn walk<'a>(shape: Shape, data: &'a [u8], total: usize, each: impl FnMut(Record<'a>)) -> Fit {
    match shape {
        Shape::Plain => walk_plain(data, total, each),
        Shape::Rich => walk_rich(data, total, each),
    }
}

fn walk_plain<'a>(data: &'a [u8], total: usize, mut each: impl FnMut(Record<'a>)) -> Fit {
    let Some(&count) = data.first() else { return if total == 0 { Fit::No } else { Fit::SoFar } };
    let mut at = 1;
    for _ in 0..count {
        if at >= total {
            return Fit::No;
        }
        let Some(&len) = data.get(at) else { return Fit::SoFar };
        let len = usize::from(len);
        let end = at + 1 + len;
        if !is_epc_length(len) || end > total {
            return Fit::No;
        }
        if let Some(epc) = data.get(at + 1..end) {
            each(Record { epc, ..Record::default() });
        }
        at = end;
    }
    ended(at, data, total)
}

fn walk_rich<'a>(data: &'a [u8], total: usize, mut each: impl FnMut(Record<'a>)) -> Fit {
    if total < 2 {
        return Fit::No;
    }
    let &[antenna, count, ..] = data else { return Fit::SoFar };
    let mut at = 2;
    for _ in 0..count {
        if at >= total {
            return Fit::No;
        }
        let Some(&head) = data.get(at) else { return Fit::SoFar };
        let Some(length) = rich_length(head) else { return Fit::No };
        let end = at + length;
        if end > total {
            return Fit::No;
        }
        if let Some(bytes) = data.get(at..end) {
            each(rich_record(antenna, bytes));
        }
        at = end;
    }
    ended(at, data, total)
}

fn ended(at: usize, data: &[u8], total: usize) -> Fit {
    if at != total {
        Fit::No
    } else if data.len() < total {
        Fit::SoFar
    } else {
        Fit::Whole
    }
}

/// Whole words, and not more than an EPC can have.
fn is_epc_length(len: usize) -> bool {
    len <= LONGEST_EPC && len.is_multiple_of(2)
}

/// The length of a 288's record, its length byte included; `None` where that byte cannot be one.
fn rich_length(head: u8) -> Option<usize> {
    let len = usize::from(head & LENGTH);
    let epc = if head & HAS_TID == 0 { len } else { len.checked_sub(FAST_TID)? };
    let trailer = if head & HAS_PHASE == 0 { 0 } else { PHASE_AND_FREQUENCY };
    is_epc_length(epc).then_some(1 + len + 1 + trailer)
}

/// Reads a record whose length is [`rich_length`] of its first byte.
fn rich_record(antenna: u8, bytes: &[u8]) -> Record<'_> {
    let head = bytes[0];
    let (said, rest) = bytes[1..].split_at(usize::from(head & LENGTH));
    let (epc, tid) = if head & HAS_TID == 0 {
        (said, None)
    } else {
        let (epc, tid) = said.split_at(said.len() - FAST_TID);
        (epc, Some(tid))
    };
    let (phase, freq_khz) = match *rest {
        [_, p0, p1, p2, p3, f0, f1, f2] => {
            (Some(u32::from_be_bytes([p0, p1, p2, p3])), Some(u32::from_be_bytes([0, f0, f1, f2])))
        }
        _ => (None, None),
    };
    Record {
        epc,
        tid,
        antenna_byte: Some(antenna),
        rssi: rest.first().copied(),
        phase,
        freq_khz,
        read_count: None,
    }
}

/// Whether `data` can be an inventory's records, and of which shape. Where both fit (rare: an EPC that imitates lengths)
/// what is known of the reader decides, and without that the older shape, unless it would have to be a tag without EPC.
pub(super) fn shape_of(known: Option<Shape>, data: &[u8], total: usize) -> (Fit, Option<Shape>) {
    let mut empty = false;
    let plain = walk(Shape::Plain, data, total, |record| empty |= record.epc.is_empty());
    let rich = walk(Shape::Rich, data, total, |_| {});
    match (plain, rich) {
        (Fit::Whole, Fit::Whole) => {
            (Fit::Whole, known.or(Some(if empty { Shape::Rich } else { Shape::Plain })))
        }
        (Fit::Whole, _) => (Fit::Whole, Some(Shape::Plain)),
        (_, Fit::Whole) => (Fit::Whole, Some(Shape::Rich)),
        (Fit::No, Fit::No) => (Fit::No, None),
        _ => (Fit::SoFar, None),
    }
}

/// Which shape of reader pushed `data` by itself: the older says the EPC or memory words and nothing else, the newer
/// `Ant len EPC RSSI` (section 5). `None` when it is neither.
pub(super) fn pushed_shape(known: Option<Shape>, data: &[u8]) -> Option<Shape> {
    let plain = !data.is_empty() && is_epc_length(data.len());
    let rich = matches!(data, [_, head, ..] if rich_length(*head) == Some(data.len() - 1));
    match (plain, rich) {
        (true, true) => {
            let rich = is_usual(&rich_record(data[0], &data[1..]));
            known.or(Some(if rich { Shape::Rich } else { Shape::Plain }))
        }
        (true, false) => Some(Shape::Plain),
        (false, true) => Some(Shape::Rich),
        (false, false) => None,
    }
}

/// Whether a record is so usual that its bytes are no long EPC: 96 bits, an antenna there can be, a frequency in one of
/// the bands (section 3). Only a record with phase and frequency can be as long as an EPC.
fn is_usual(record: &Record<'_>) -> bool {
    let antenna = record.antenna_byte.is_some_and(|byte| byte < 16 || byte.is_power_of_two());
    let frequency = record.freq_khz.is_some_and(|khz| (840_000..=960_000).contains(&khz));
    record.epc.len() == 12 && antenna && frequency
}

/// The tag a reader pushed by itself; `None` for data that [`pushed_shape`] does not know.
pub(super) fn pushed(known: Option<Shape>, data: &[u8]) -> Option<Record<'_>> {
    Some(match pushed_shape(known, data)? {
        Shape::Plain => Record { epc: data, ..Record::default() },
        Shape::Rich => rich_record(data[0], &data[1..]),
    })
}

/// The records of a 288's own buffer: `Num { Ant len EPC RSSI Count }` (K: from public drivers, not on the sheet).
pub(super) fn buffered<'a>(data: &'a [u8], mut each: impl FnMut(Record<'a>)) -> Fit {
    let Some((&count, mut rest)) = data.split_first() else { return Fit::No };
    for _ in 0..count {
        let [antenna, len, after @ ..] = rest else { return Fit::No };
        let Some((epc, [rssi, times, after @ ..])) = after.split_at_checked(usize::from(*len)) else {
            return Fit::No;
        };
        if !is_epc_length(epc.len()) {
            return Fit::No;
        }
        each(Record {
            epc,
            antenna_byte: Some(*antenna),
            rssi: Some(*rssi),
            read_count: Some(*times),
            ..Record::default()
        });
        rest = after;
    }
    if rest.is_empty() { Fit::Whole } else { Fit::No }
}

impl Uhf18 {
    /// The antenna an antenna byte means, counted from 1. Several bits may be set: the lowest is taken. While it is not
    /// known which way this reader counts, the antenna that was asked settles it.
    pub(super) fn antenna(&self, byte: u8) -> u8 {
        let asked = self.asked_antenna.filter(|&index| numbering_of(index, byte).is_some());
        match (self.numbering, asked) {
            (Some(Numbering::Index), _) => byte.saturating_add(1),
            (None, Some(index)) => index.saturating_add(1),
            _ if byte == 0 => 1,
            _ => byte.trailing_zeros() as u8 + 1,
        }
    }

    /// The sighting a record tells of.
    pub(super) fn read(&self, record: &Record<'_>) -> TagRead {
        TagRead {
            epc: record.epc.to_vec(),
            pc: None,
            tid: record.tid.map(<[u8]>::to_vec),
            antenna: record.antenna_byte.map_or(1, |byte| self.antenna(byte)),
            rssi_dbm: None,
            rssi_raw: record.rssi,
            freq_khz: record.freq_khz,
            air_crc_valid: None,
        }
    }
}

/// How a reader counts that was asked for the antenna with this index and answers with this byte. The two ways never give
/// the same byte for the same antenna.
pub(super) fn numbering_of(asked: u8, byte: u8) -> Option<Numbering> {
    match byte {
        _ if 1_u8.checked_shl(asked.into()) == Some(byte) => Some(Numbering::Mask),
        _ if byte == asked => Some(Numbering::Index),
        _ => None,
    }
}

//! A tag's frame, field by field (protocol sheet, sections 4 and 6).

use super::check::{FAST_TID_BYTES, epc_words, may_be_impinj};
use crate::reader::{TagRead, air};

/// A tag, and what else the reader tells of it.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) struct TagRecord {
    pub read: TagRead,
    pub freq_index: u8,
    pub tag_crc: Option<u16>,
    /// The memory words that were asked for.
    pub data: Option<Vec<u8>>,
    /// How many tags the whole answer has, one frame each.
    pub tag_count: Option<u16>,
    pub read_count: Option<u8>,
    /// How a write, lock or kill ended for this tag.
    pub status: Option<u8>,
    /// The carrier's phase as newer firmware adds it; the sheet does not say its unit.
    pub phase_raw: Option<u16>,
}

/// `FreqAnt PC EPC [TID] RSSI [phase]`. Every other content of these commands has a length that does not fit: the end of
/// a round has an odd number of bytes, a code and a fault are too short.
///
/// A chip number between EPC and strength is known by the PC, which counts the EPC alone.
pub(super) fn real_time_tag(data: &[u8]) -> Option<TagRecord> {
    let (&[freq_antenna, pc_high, pc_low], rest) = data.split_first_chunk::<3>()?;
    let (epc, behind) = rest.split_at_checked(usize::from(epc_words(pc_high)) * 2)?;
    let (tid, behind) = match behind.len() {
        1 | 3 => (None, behind),
        13 | 15 => {
            let (tid, behind) = behind.split_at_checked(usize::from(FAST_TID_BYTES))?;
            (Some(tid).filter(|tid| may_be_impinj(tid)), behind)
        }
        _ => return None,
    };
    if rest.len() > epc.len() + 3 && tid.is_none() {
        return None;
    }
    let (&[rssi], phase) = behind.split_first_chunk::<1>()?;
    let mut record = record(epc, u16::from_be_bytes([pc_high, pc_low]), freq_antenna);
    record.hear_at(rssi);
    record.read.tid = tid.map(<[u8]>::to_vec);
    record.phase_raw = phase.first_chunk::<2>().map(|&phase| u16::from_be_bytes(phase));
    Some(record)
}

/// What stands behind a record's tag.
#[derive(Clone, Copy, PartialEq, Eq)]
pub(super) enum Trailer {
    /// Length of the data read, antenna, count.
    Memory,
    /// Strength, antenna, count.
    Buffer,
    /// Outcome, antenna, count.
    Outcome,
}

/// `TagCount DataLen PC EPC CRC [Data] x FreqAnt Count`.
pub(super) fn memory_record(data: &[u8], trailer: Trailer) -> Option<TagRecord> {
    let (body, &[first, freq_antenna, count]) = data.split_last_chunk::<3>()?;
    let (&[count_high, count_low, data_len], body) = body.split_first_chunk::<3>()?;
    if body.len() != usize::from(data_len) {
        return None;
    }
    let (&[pc_high, pc_low], said_behind) = body.split_first_chunk::<2>()?;
    let (epc, behind) = said_behind.split_at_checked(usize::from(epc_words(pc_high)) * 2)?;
    let (&crc, words) = behind.split_first_chunk::<2>()?;
    let expected = if trailer == Trailer::Memory { first } else { 0 };
    if words.len() != usize::from(expected) {
        return None;
    }
    let mut record = record(epc, u16::from_be_bytes([pc_high, pc_low]), freq_antenna);
    let crc = u16::from_be_bytes(crc);
    record.read.air_crc_valid = Some(air::crc16(&body[..2 + epc.len()]) == crc);
    record.tag_crc = Some(crc);
    record.tag_count = Some(u16::from_be_bytes([count_high, count_low]));
    record.read_count = Some(count);
    match trailer {
        Trailer::Memory => record.remember(words),
        Trailer::Buffer => record.hear_at(first),
        Trailer::Outcome => record.status = Some(first),
    }
    Some(record)
}

/// A tag with what every record has: frequency index in the upper six bits, antenna in the lower two.
fn record(epc: &[u8], pc: u16, freq_antenna: u8) -> TagRecord {
    let freq_index = freq_antenna >> 2;
    TagRecord {
        read: TagRead {
            epc: epc.to_vec(),
            pc: Some(pc),
            tid: None,
            antenna: (freq_antenna & 0x03) + 1,
            rssi_dbm: None,
            rssi_raw: None,
            freq_khz: freq_khz(freq_index),
            air_crc_valid: None,
        },
        freq_index,
        tag_crc: None,
        data: None,
        tag_count: None,
        read_count: None,
        status: None,
        phase_raw: None,
    }
}

impl TagRecord {
    /// Takes the strength byte: the lower seven bits are dBm + 129, bit 7 adds four to the antenna of an 8-port reader.
    fn hear_at(&mut self, rssi: u8) {
        self.read.rssi_raw = Some(rssi);
        self.read.rssi_dbm = Some(i16::from(rssi & 0x7F) - 129);
        if rssi & 0x80 != 0 {
            self.read.antenna += 4;
        }
    }

    /// Takes memory words. The reply does not name its bank; only a TID begins with the class identifier E2.
    fn remember(&mut self, words: &[u8]) {
        if words.first() == Some(&0xE2) {
            self.read.tid = Some(words.to_vec());
        }
        self.data = Some(words.to_vec());
    }
}

/// The frequency table of section 4: 0..6 from 865.0 MHz, 7..59 from 902.0 MHz, in steps of 0.5 MHz.
fn freq_khz(index: u8) -> Option<u32> {
    match index {
        0..=6 => Some(865_000 + 500 * u32::from(index)),
        7..=59 => Some(902_000 + 500 * u32::from(index - 7)),
        _ => None,
    }
}

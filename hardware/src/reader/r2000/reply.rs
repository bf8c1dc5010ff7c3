//! Frames → what they say.

use serde::Serialize;

use super::check::epc_words;
use super::code;
use super::command::*;
use super::frame::Frame;
use crate::reader::inspect::hex;
use crate::reader::{TagRead, air};

/// What a frame says.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) enum Reply {
    /// It carries a tag's EPC.
    Tag(Box<TagRecord>),
    /// Anything else.
    Other(Detail),
}

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
}

/// What a frame without a tag says. A command that was sent to a reader is recognised too, where a recording holds both
/// directions.
#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
#[serde(untagged)]
pub enum Detail {
    /// A code byte: how a setting or a question ended.
    Code { code: u8, meaning: &'static str },
    /// One antenna failed, the sequence goes on.
    AntennaFault { antenna_index: u8, code: u8, meaning: Option<&'static str> },
    /// The end of a real-time round; `total_read` counts reads, not tags.
    RoundEnd { antenna_index: u8, read_rate: u16, total_read: u32 },
    /// The end of a sequence over several antennas.
    SequenceEnd { total_read: u32, duration_ms: u32 },
    /// The end of an inventory into the reader's buffer.
    BufferedEnd { antenna_index: u8, tag_count: u16, read_rate: u16, total_read: u32 },
    /// The firmware's version.
    Firmware { major: u8, minor: u8 },
    /// The antenna in use, counted from 0 as on the wire.
    Antenna { antenna_index: u8 },
    /// Transmit power, the same for every antenna.
    Power { power_dbm: u8 },
    /// Transmit power, antenna by antenna.
    PowerEach { power_dbm: Vec<u8> },
    /// The magnitude: makers disagree on the sign byte (section 8).
    Temperature { temperature_c: u8, sign: u8 },
    /// A regulated band and the first and last frequency index in it.
    Region { region: u8, start: u8, end: u8 },
    /// A band of the user's own.
    OwnRegion { region: u8, spacing_khz: u16, channels: u8, start_khz: u32 },
    /// How well the antenna is matched.
    ReturnLoss { return_loss_db: u8 },
    /// The antenna detector's threshold; 0 is off.
    Threshold { threshold_db: u8 },
    /// The radio link's profile, D0 to D3.
    Profile { profile: u8 },
    /// The twelve bytes an owner may give a reader.
    Identifier { identifier: String },
    /// Whether Impinj's TID-with-EPC is on.
    FastTid { fast_tid: bool },
    /// How many tags lie in the reader's buffer.
    TagCount { tag_count: u16 },
    /// A command: real-time or buffered inventory.
    Repeat { repeat: u8 },
    /// A command: inventory in a session.
    Session { session: u8, target: u8, repeat: u8 },
    /// A command: sequence over several antennas, each with its stay.
    Sequence { slots: Vec<(u8, u8)>, interval_ms: u8, repeat: u8 },
    /// A command: read memory.
    ReadRequest { bank: u8, word_addr: u8, words: u8 },
    /// Data that this program has no use for.
    Raw { data: String },
    /// No data at all.
    Nothing {},
}

impl Detail {
    /// The code byte, where the frame carries one.
    pub fn status(&self) -> Option<u8> {
        match *self {
            Self::Code { code, .. } | Self::AntennaFault { code, .. } => Some(code),
            _ => None,
        }
    }
}

impl Reply {
    /// Reads a frame. There is no uniform status byte: length and command decide (section 2).
    pub(crate) fn of(frame: &Frame) -> Self {
        let record = match frame.command {
            INVENTORY | FAST_SWITCH | SESSION_INVENTORY => real_time_tag(&frame.data),
            READ => memory_record(&frame.data, Trailer::Memory),
            BUFFER_GET | BUFFER_GET_AND_CLEAR => memory_record(&frame.data, Trailer::Buffer),
            // (K) not on the sheet: writing commands answer per tag, built like a buffer record.
            WRITE | BLOCK_WRITE | LOCK | KILL => memory_record(&frame.data, Trailer::Outcome),
            _ => None,
        };
        match record {
            Some(record) => Self::Tag(Box::new(record)),
            None => Self::Other(detail(frame.command, &frame.data)),
        }
    }
}

/// `FreqAnt PC EPC RSSI [phase]` (section 4). Every other content of these commands has a length that does not fit: the
/// end of a round has an odd number of bytes, a code and a fault are too short.
fn real_time_tag(data: &[u8]) -> Option<TagRecord> {
    let (&[freq_antenna, pc_high, pc_low], rest) = data.split_first_chunk::<3>()?;
    let (epc, after) = rest.split_at_checked(usize::from(epc_words(pc_high)) * 2)?;
    let (&[rssi], phase) = after.split_first_chunk::<1>()?;
    if !matches!(phase.len(), 0 | 2) {
        return None;
    }
    let pc = u16::from_be_bytes([pc_high, pc_low]);
    let mut record = record(epc, pc, freq_antenna);
    record.hear_at(rssi);
    Some(record)
}

/// What stands behind a record's tag.
#[derive(Clone, Copy, PartialEq, Eq)]
enum Trailer {
    /// Length of the data read, antenna, count.
    Memory,
    /// Strength, antenna, count.
    Buffer,
    /// Outcome, antenna, count.
    Outcome,
}

/// `TagCount DataLen PC EPC CRC [Data] x FreqAnt Count` (section 6).
fn memory_record(data: &[u8], trailer: Trailer) -> Option<TagRecord> {
    let (body, &[first, freq_antenna, count]) = data.split_last_chunk::<3>()?;
    let (&[count_high, count_low, data_len], body) = body.split_first_chunk::<3>()?;
    if body.len() != usize::from(data_len) {
        return None;
    }
    let (&[pc_high, pc_low], body) = body.split_first_chunk::<2>()?;
    let (epc, body) = body.split_at_checked(usize::from(epc_words(pc_high)) * 2)?;
    let (&crc, words) = body.split_first_chunk::<2>()?;
    let expected = if trailer == Trailer::Memory { first } else { 0 };
    if words.len() != usize::from(expected) {
        return None;
    }
    let pc = u16::from_be_bytes([pc_high, pc_low]);
    let mut record = record(epc, pc, freq_antenna);
    let crc = u16::from_be_bytes(crc);
    let said = [&[pc_high, pc_low], epc].concat();
    record.read.air_crc_valid = Some(air::crc16(&said) == crc);
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

fn detail(command: u8, data: &[u8]) -> Detail {
    match data {
        [] => Detail::Nothing {},
        &[byte] => one_byte(command, byte),
        _ => several_bytes(command, data).unwrap_or_else(|| Detail::Raw { data: hex(data) }),
    }
}

/// One byte is an error to any command (section 2), except where a getter answers with one byte; what is no code is a
/// command's own argument.
fn one_byte(command: u8, byte: u8) -> Detail {
    match (command, byte, code::meaning(byte)) {
        (POWER_GET, 0..=33, _) => Detail::Power { power_dbm: byte },
        (RETURN_LOSS, 0..=0xED, _) => Detail::ReturnLoss { return_loss_db: byte },
        (_, code, Some(meaning)) => Detail::Code { code, meaning },
        (ANTENNA_SET | ANTENNA_GET, 0..=15, _) => Detail::Antenna { antenna_index: byte },
        (POWER_IN_RAM | POWER_IN_FLASH, ..) => Detail::Power { power_dbm: byte },
        (PROFILE_SET | PROFILE_GET, 0xD0..=0xD3, _) => Detail::Profile { profile: byte },
        (DETECTOR_GET, ..) => Detail::Threshold { threshold_db: byte },
        (FAST_TID_GET, 0x00 | 0x8D, _) => Detail::FastTid { fast_tid: byte == 0x8D },
        (INVENTORY | BUFFERED, ..) => Detail::Repeat { repeat: byte },
        _ => Detail::Raw { data: hex(&[byte]) },
    }
}

fn several_bytes(command: u8, data: &[u8]) -> Option<Detail> {
    Some(match (command, data) {
        (FIRMWARE, &[major, minor]) => Detail::Firmware { major, minor },
        (TEMPERATURE, &[sign, temperature_c]) => Detail::Temperature { temperature_c, sign },
        (POWER_IN_FLASH | POWER_GET, [_, _, _, _] | [_, _, _, _, _, _, _, _]) => {
            Detail::PowerEach { power_dbm: data.to_vec() }
        }
        (REGION_SET | REGION_GET, &[region, start, end]) => Detail::Region { region, start, end },
        (REGION_SET | REGION_GET, &[4, space, channels, high, mid, low]) => Detail::OwnRegion {
            region: 4,
            spacing_khz: u16::from(space) * 10,
            channels,
            start_khz: u32::from_be_bytes([0, high, mid, low]),
        },
        (INVENTORY | SESSION_INVENTORY, &[antenna_index, r0, r1, t0, t1, t2, t3]) => Detail::RoundEnd {
            antenna_index,
            read_rate: u16::from_be_bytes([r0, r1]),
            total_read: u32::from_be_bytes([t0, t1, t2, t3]),
        },
        (FAST_SWITCH, &[t0, t1, t2, d0, d1, d2, d3]) => Detail::SequenceEnd {
            total_read: u32::from_be_bytes([0, t0, t1, t2]),
            duration_ms: u32::from_be_bytes([d0, d1, d2, d3]),
        },
        (BUFFERED, &[antenna_index, c0, c1, r0, r1, t0, t1, t2, t3]) => Detail::BufferedEnd {
            antenna_index,
            tag_count: u16::from_be_bytes([c0, c1]),
            read_rate: u16::from_be_bytes([r0, r1]),
            total_read: u32::from_be_bytes([t0, t1, t2, t3]),
        },
        (FAST_SWITCH, &[antenna_index, code]) => {
            Detail::AntennaFault { antenna_index, code, meaning: code::meaning(code) }
        }
        (IDENTIFIER_GET | IDENTIFIER_SET, [..]) if data.len() == 12 => {
            Detail::Identifier { identifier: hex(data) }
        }
        (BUFFER_COUNT, &[high, low]) => Detail::TagCount { tag_count: u16::from_be_bytes([high, low]) },
        (SESSION_INVENTORY, &[session, target, repeat]) => Detail::Session { session, target, repeat },
        (READ, &[bank, word_addr, words] | &[bank, word_addr, words, _, _, _, _]) => {
            Detail::ReadRequest { bank, word_addr, words }
        }
        (FAST_SWITCH, _) => sequence(data)?,
        _ => return None,
    })
}

/// Pairs of antenna and stay: four of them, or eight in the extended form (section 5).
fn sequence(data: &[u8]) -> Option<Detail> {
    let pairs = match data.len() {
        10 => 4,
        29 => 8,
        _ => return None,
    };
    let (slots, rest) = data.split_at_checked(pairs * 2)?;
    Some(Detail::Sequence {
        slots: slots.chunks_exact(2).map(|pair| (pair[0], pair[1])).collect(),
        interval_ms: *rest.first()?,
        repeat: *rest.last()?,
    })
}

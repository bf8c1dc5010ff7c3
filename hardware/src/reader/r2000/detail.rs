//! What a frame without a tag says, field by field. A command that was sent to a reader is recognised too, where a
//! recording holds both directions; passwords in it are left out.

use serde::Serialize;

use super::check::sequence_pairs;
use super::code;
use super::command::*;
use crate::reader::inspect::hex;

/// What a frame without a tag says.
#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
#[serde(untagged)]
pub(crate) enum Detail {
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
    /// Which eight of a 16-port reader's antennas are in use: 0 or 1.
    Group { antenna_group: u8 },
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
    /// Access goes to the tag with this EPC alone; `None` goes to every tag.
    Match { match_epc: Option<String> },
    /// A command: real-time or buffered inventory.
    Repeat { repeat: u8 },
    /// A command: inventory in a session.
    Session { session: u8, target: u8, repeat: u8 },
    /// A command: sequence over several antennas, each with its stay.
    Sequence { slots: Vec<(u8, u8)>, interval_ms: u8, repeat: u8 },
    /// The same in the extended form.
    ExtendedSequence {
        slots: Vec<(u8, u8)>,
        interval_ms: u8,
        session: u8,
        target: u8,
        optimise: u8,
        ongoing: u8,
        target_quantity: u8,
        phase: u8,
        repeat: u8,
    },
    /// A command: read memory.
    ReadRequest { bank: u8, word_addr: u8, words: u8 },
    /// A command: write memory.
    WriteRequest { bank: u8, word_addr: u8, words: u8 },
    /// A command: lock or open an area.
    LockRequest { lock_area: u8, lock_action: u8 },
    /// Data that this program has no use for.
    Raw { data: String },
    /// No data at all.
    Nothing {},
}

impl Detail {
    /// The code byte, where the frame carries one.
    pub(crate) fn status(&self) -> Option<u8> {
        match *self {
            Self::Code { code, .. } | Self::AntennaFault { code, .. } => Some(code),
            _ => None,
        }
    }
}

/// Reads the data of a frame that carries no tag.
pub(super) fn detail(command: u8, data: &[u8]) -> Detail {
    match data {
        [] => Detail::Nothing {},
        &[byte] => one_byte(command, byte),
        _ => setting(command, data)
            .or_else(|| round(command, data))
            .or_else(|| request(command, data))
            .unwrap_or_else(|| Detail::Raw { data: hex(data) }),
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
        (GROUP_SET | GROUP_GET, 0..=1, _) => Detail::Group { antenna_group: byte },
        (POWER_IN_RAM | POWER_IN_FLASH, ..) => Detail::Power { power_dbm: byte },
        (PROFILE_SET | PROFILE_GET, 0xD0..=0xD3, _) => Detail::Profile { profile: byte },
        (DETECTOR_GET, ..) => Detail::Threshold { threshold_db: byte },
        (FAST_TID_IN_RAM..=FAST_TID_GET, FAST_TID_OFF | FAST_TID_ON, _) => {
            Detail::FastTid { fast_tid: byte == FAST_TID_ON }
        }
        (MATCH_SET | MATCH_GET, MATCH_NONE, _) => Detail::Match { match_epc: None },
        (INVENTORY | BUFFERED, ..) => Detail::Repeat { repeat: byte },
        _ => Detail::Raw { data: hex(&[byte]) },
    }
}

/// "On" for Impinj's FastTID ((?) in section 3: one source; anything else is taken for off).
const FAST_TID_ON: u8 = 0x8D;
/// "Off" for it.
pub(super) const FAST_TID_OFF: u8 = 0;
/// Mode of an EPC match: only the tag with this EPC (section 3).
pub(super) const MATCH_ONE: u8 = 0;
/// Mode of an EPC match: no match.
pub(super) const MATCH_NONE: u8 = 1;

fn setting(command: u8, data: &[u8]) -> Option<Detail> {
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
        (IDENTIFIER_GET | IDENTIFIER_SET, [..]) if data.len() == 12 => {
            Detail::Identifier { identifier: hex(data) }
        }
        (MATCH_SET | MATCH_GET, [MATCH_ONE, len, epc @ ..]) if usize::from(*len) == epc.len() => {
            Detail::Match { match_epc: Some(hex(epc)) }
        }
        (BUFFER_COUNT, &[high, low]) => Detail::TagCount { tag_count: u16::from_be_bytes([high, low]) },
        _ => return None,
    })
}

fn round(command: u8, data: &[u8]) -> Option<Detail> {
    Some(match (command, data) {
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
        _ => return None,
    })
}

fn request(command: u8, data: &[u8]) -> Option<Detail> {
    Some(match (command, data) {
        (SESSION_INVENTORY, &[session, target, repeat]) => Detail::Session { session, target, repeat },
        (READ, &[bank, word_addr, words] | &[bank, word_addr, words, _, _, _, _]) => {
            Detail::ReadRequest { bank, word_addr, words }
        }
        (WRITE | BLOCK_WRITE, &[_, _, _, _, bank, word_addr, words, ..]) => {
            Detail::WriteRequest { bank, word_addr, words }
        }
        (LOCK, &[_, _, _, _, lock_area, lock_action]) => Detail::LockRequest { lock_area, lock_action },
        // Nothing but the password.
        (KILL, _) => Detail::Nothing {},
        (FAST_SWITCH, _) => sequence(data)?,
        _ => return None,
    })
}

/// Pairs of antenna and stay: four or eight of them, or eight with what the extended form adds (section 5).
fn sequence(data: &[u8]) -> Option<Detail> {
    let pairs = sequence_pairs(data.len())?;
    let (slots, rest) = data.split_at_checked(pairs * 2)?;
    let slots = slots.chunks_exact(2).map(|pair| (pair[0], pair[1])).collect();
    Some(match *rest {
        [interval_ms, repeat] => Detail::Sequence { slots, interval_ms, repeat },
        [interval_ms, _, _, _, _, _, session, target, optimise, ongoing, target_quantity, phase, repeat] => {
            Detail::ExtendedSequence {
                slots,
                interval_ms,
                session,
                target,
                optimise,
                ongoing,
                target_quantity,
                phase,
                repeat,
            }
        }
        _ => return None,
    })
}

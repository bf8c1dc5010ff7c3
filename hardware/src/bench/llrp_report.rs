//! What an LLRP reader says of itself and of tags.

use super::field::Heard;
use super::firmware::Station;
use super::llrp_spec::Operation;
use super::llrp_wire::{custom, tlv, tv};
use super::memory::{TagFault, pc};
use super::reader::BenchSettings;
use crate::reader::{Access, Bank};

const IMPINJ: u32 = 25882;
/// A number nobody is registered with.
const NO_MAKER: u32 = 99_999;

/// Entries of its table of powers: a quarter of a dBm each, from 10 dBm to 30.
pub(super) fn powers(settings: &BenchSettings) -> u16 {
    1 + 4 * u16::from(settings.power_dbm_max.unwrap_or(30).saturating_sub(10))
}

/// Everything a reader says it can do.
pub(super) fn capabilities(settings: &BenchSettings) -> Vec<u8> {
    let traits = settings.llrp;
    let firmware = format!("{}.{}", settings.firmware[0], settings.firmware[1]);
    let maker = if traits.impinj { IMPINJ } else { NO_MAKER };
    let ports = u16::from(settings.ports);
    let mut general = [&ports.to_be_bytes()[..], &[0x40, 0], &maker.to_be_bytes()].concat();
    general.extend(2_001_002_u32.to_be_bytes());
    general.extend((firmware.len() as u16).to_be_bytes());
    general.extend(firmware.as_bytes());
    general.extend(tlv(139, &[0, 1, 0, 0]));
    general.extend(tlv(141, &[0, 0, 0, 0]));
    for antenna in 1..=ports {
        general.extend(tlv(140, &[&antenna.to_be_bytes()[..], &[0, 1, 1]].concat()));
    }
    let flags = if traits.impinj { 0x48 } else { 0x58 };
    let counts: Vec<u8> = [1_u32, 1, 1, 8, 8].iter().flat_map(|count| count.to_be_bytes()).collect();
    let llrp = [&[flags, 1, 0, 0][..], &counts].concat();
    // Austria, ETSI 302 208.
    let mut regulatory = [0, 40, 0, 2].to_vec();
    regulatory.extend(tlv(144, &band(settings)));
    let air = tlv(327, &[0, 0, 2]);
    [tlv(137, &general), tlv(142, &llrp), tlv(143, &regulatory), air].concat()
}

fn band(settings: &BenchSettings) -> Vec<u8> {
    let mut band = Vec::new();
    for index in 1..=powers(settings) {
        let centi_dbm = 1000 + 25 * (index - 1);
        band.extend(tlv(145, &[index.to_be_bytes(), centi_dbm.to_be_bytes()].concat()));
    }
    // The four channels of the upper European band, or four of those of the United States, kHz.
    let channels = if settings.us_only {
        [902_750_u32, 909_250, 915_250, 927_250]
    } else {
        [865_500, 866_000, 866_500, 867_000]
    };
    let channels: Vec<u8> = channels.iter().flat_map(|khz| khz.to_be_bytes()).collect();
    let fixed = tlv(148, &[&[0, 4][..], &channels].concat());
    band.extend(tlv(146, &[&[0][..], &fixed].concat()));
    let numbers: Vec<u8> =
        [274_000_u32, 1500, 6250, 25_000, 1875].iter().flat_map(|number| number.to_be_bytes()).collect();
    let mode = [&2_u32.to_be_bytes()[..], &[0x80, 2, 0, 2], &numbers].concat();
    band.extend(tlv(328, &tlv(329, &mode)));
    band
}

/// The reader's network address: one that says that it is its owner's own.
pub(super) fn identification(settings: &BenchSettings) -> Vec<u8> {
    let seed = settings.seed.to_be_bytes();
    tlv(218, &[&[0, 0, 8, 0x02, 0x00][..], &seed[2..]].concat())
}

/// Which antennas are screwed on.
pub(super) fn antenna_properties(settings: &BenchSettings) -> Vec<u8> {
    let one = |antenna: u8| {
        let connected = !settings.missing_antennas.contains(&antenna);
        tlv(221, &[u8::from(connected) << 7, 0, antenna, 0, 0])
    };
    (1..=settings.ports).flat_map(one).collect()
}

/// One tag in a report, with what the operation asks for.
pub(super) fn record(operation: &Operation, tag: &Heard, utc_us: u64, results: &[u8]) -> Vec<u8> {
    let wants = |bit: u16| operation.content >> bit & 1 == 1;
    let mut value = match tag.epc.len() {
        12 => tv(13, &tag.epc),
        bytes => tlv(241, &[&((bytes * 8) as u16).to_be_bytes()[..], &tag.epc].concat()),
    };
    let dbm = i16::from(tag.rssi_raw) - 129;
    let mut add = |wanted: bool, parameter: Vec<u8>| {
        if wanted {
            value.extend(parameter);
        }
    };
    add(wants(15), tv(9, &operation.id.to_be_bytes()));
    add(wants(14), tv(14, &[0, 1]));
    add(wants(13), tv(10, &[0, 1]));
    add(wants(12), tv(1, &[0, tag.antenna + 1]));
    add(wants(10), tv(6, &(dbm as i8).to_be_bytes()));
    add(wants(11), tv(7, &[0, tag.freq_index]));
    add(wants(9), tv(2, &utc_us.to_be_bytes()));
    add(wants(8), tv(4, &utc_us.to_be_bytes()));
    add(wants(7), tv(8, &[0, 1]));
    let said = [&pc(&tag.epc)[..], &tag.epc].concat();
    add(operation.memory & 0x40 != 0, tv(12, &pc(&tag.epc)));
    add(operation.memory & 0x80 != 0, tv(11, &crate::reader::air_crc16(&said).to_be_bytes()));
    add(!results.is_empty(), results.to_vec());
    add(operation.centi_dbm, custom(IMPINJ, 57, &(dbm * 100 - 10).to_be_bytes()));
    if let Some(tid) = tag.tid.as_ref().filter(|_| operation.fast_tid) {
        add(true, custom(IMPINJ, 55, &[&((tid.len() / 2) as u16).to_be_bytes()[..], tid].concat()));
    }
    tlv(240, &value)
}

/// Accesses a tag, and says how that ended.
pub(super) fn access(
    station: &mut Station,
    tag: &Heard,
    id: u16,
    password: u32,
    what: &Access,
    version: u8,
) -> Vec<u8> {
    let done = match what {
        // Two tags of one EPC have two chips; the one that was heard answers.
        Access::Read { bank: Bank::Tid, word, words } if tag.tid.is_some() => {
            let from = usize::from(*word) * 2;
            let tid = tag.tid.as_deref().unwrap_or_default();
            tid.get(from..from + usize::from(*words) * 2).map(<[u8]>::to_vec).ok_or(TagFault::Overrun)
        }
        _ => station
            .field
            .access(tag.antenna, Some(&tag.epc), password, what, &mut station.dice)
            .map(|(_, words)| words),
    };
    // Which code says what; LLRP 1.0.1 has none for a wrong password, nor, when reading, for where and what is closed.
    let (kind, no_tag, unspecific, overrun, locked, password) = match what {
        Access::Read { .. } => (349, 2, 1, 4, 5, 6),
        Access::Write { .. } => (350, 5, 4, 1, 2, 7),
        Access::Lock(_) => (352, 3, 2, 6, 7, 5),
    };
    let code = match (&done, version) {
        (Ok(_), _) => 0,
        (Err(TagFault::NoTag), _) => no_tag,
        (Err(TagFault::Overrun), _) if version > 1 || kind == 350 => overrun,
        (Err(TagFault::Locked), _) if version > 1 || kind == 350 => locked,
        (Err(TagFault::WrongPassword), 2) => password,
        (Err(_), _) => unspecific,
    };
    let mut value = [&[code][..], &id.to_be_bytes()].concat();
    match what {
        Access::Read { .. } => {
            let words = done.unwrap_or_default();
            value.extend(((words.len() / 2) as u16).to_be_bytes());
            value.extend(words);
        }
        Access::Write { data, .. } => {
            let written = if code == 0 { data.len() / 2 } else { 0 };
            value.extend((written as u16).to_be_bytes());
        }
        Access::Lock(_) => {}
    }
    tlv(kind, &value)
}

//! Tag reports → records (protocol sheet, sections 3 to 6).

use super::param::{Broken, Param, Params, custom, exact, u16_at};
use super::{IMPINJ, impinj, tlv, tv};
use crate::reader::{TagRead, air_crc16};

/// The longest EPC of a Gen2 tag: 31 words.
const EPC_BITS_MAX: u16 = 31 * 16;
/// The most bytes a tag's checksum covers: PC, two words of extended PC, EPC.
const COVERED_MAX: usize = 2 + 4 + EPC_BITS_MAX as usize / 8;
/// In the PC: the length counts XPC words too.
const XI: u16 = 0x0200;
/// Accesses with this bit in their id were ordered by somebody; what they read is not taken for a chip's number.
pub(super) const ORDERED: u16 = 0x4000;

/// One sighting, and what else the reader tells of it. Times are the reader's own and not to be trusted.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(super) struct Record {
    pub read: TagRead,
    pub peak_rssi_dbm: Option<i8>,
    /// Impinj's own figure, hundredths of a dBm.
    pub rssi_centi_dbm: Option<i16>,
    pub channel_index: Option<u16>,
    pub first_seen_utc_us: Option<u64>,
    pub last_seen_utc_us: Option<u64>,
    pub first_seen_uptime_us: Option<u64>,
    pub last_seen_uptime_us: Option<u64>,
    pub seen_count: Option<u16>,
    pub rospec_id: Option<u32>,
    pub accessspec_id: Option<u32>,
    pub crc: Option<u16>,
    pub xpc: [Option<u16>; 2],
    /// How accesses to this tag ended.
    pub results: Vec<OpResult>,
}

/// How one access to a tag ended.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(super) struct OpResult {
    /// The parameter's type.
    pub kind: u16,
    pub result: u8,
    pub op_spec_id: u16,
    /// What was read.
    pub data: Option<Vec<u8>>,
    pub words_written: Option<u16>,
}

/// Why a record is abandoned. Its neighbours are not: its own length is known.
#[derive(Debug, Clone, Copy, PartialEq, Eq, thiserror::Error)]
pub(super) enum Abandoned {
    #[error(transparent)]
    Broken(#[from] Broken),
    #[error("a parameter of type {0} has the wrong length")]
    Layout(u16),
    #[error("no EPC in it")]
    NoEpc,
    #[error("two EPCs in it")]
    TwoEpcs,
    /// A Gen2 EPC is whole words. Bits that do not fill a byte could only be handed on altered.
    #[error("an EPC of {0} bits is not one of a Gen2 tag")]
    EpcBits(u16),
    #[error("the tag's PC says {words} words of EPC, which does not fit {bytes} bytes")]
    EpcLength { words: u16, bytes: usize },
    #[error("there is no antenna {0}")]
    Antenna(u16),
}

/// Calls `each` with every record of a report and the record's bytes.
pub(super) fn each<'a>(
    body: &'a [u8],
    channels_khz: &[u32],
    mut each: impl FnMut(Result<Record, Abandoned>, &'a [u8]),
) {
    // A reader may leave out what has not changed since the record before, within one report.
    let mut antenna = None;
    for value in super::param::all(body, tlv::TAG_REPORT) {
        let record = record(value, channels_khz, antenna);
        if let Ok(record) = &record {
            antenna = Some(record.read.antenna);
        }
        each(record, value);
    }
}

fn record(value: &[u8], channels_khz: &[u32], antenna: Option<u8>) -> Result<Record, Abandoned> {
    let mut record = Record::empty(antenna.unwrap_or(1));
    let mut epc = None;
    for param in Params(value) {
        match param? {
            Param::Tv(tv::EPC_96, bytes) => set_epc(&mut epc, bytes)?,
            Param::Tlv(tlv::EPC_DATA, value) => set_epc(&mut epc, epc_data(value)?)?,
            Param::Tv(kind, value) => record.take_tv(kind, value)?,
            Param::Tlv(kind, value) => record.take_tlv(kind, value)?,
        }
    }
    record.read.epc = epc.ok_or(Abandoned::NoEpc)?.to_vec();
    record.read.freq_khz =
        record.channel_index.and_then(|index| channels_khz.get(usize::from(index).checked_sub(1)?)).copied();
    record.judge_air()?;
    Ok(record)
}

fn set_epc<'a>(epc: &mut Option<&'a [u8]>, bytes: &'a [u8]) -> Result<(), Abandoned> {
    if epc.replace(bytes).is_some() { Err(Abandoned::TwoEpcs) } else { Ok(()) }
}

/// A count of bits, then the bits, filled up to a byte.
fn epc_data(value: &[u8]) -> Result<&[u8], Abandoned> {
    let bits = u16_at(value, 0).ok_or(Abandoned::Layout(tlv::EPC_DATA))?;
    if bits % 8 != 0 || bits > EPC_BITS_MAX {
        return Err(Abandoned::EpcBits(bits));
    }
    let bytes = &value[2..];
    if bytes.len() != usize::from(bits / 8) {
        return Err(Abandoned::Layout(tlv::EPC_DATA));
    }
    Ok(bytes)
}

impl Record {
    fn empty(antenna: u8) -> Self {
        let read = TagRead {
            epc: Vec::new(),
            pc: None,
            tid: None,
            antenna,
            rssi_dbm: None,
            rssi_raw: None,
            freq_khz: None,
            air_crc_valid: None,
        };
        Self {
            read,
            peak_rssi_dbm: None,
            rssi_centi_dbm: None,
            channel_index: None,
            first_seen_utc_us: None,
            last_seen_utc_us: None,
            first_seen_uptime_us: None,
            last_seen_uptime_us: None,
            seen_count: None,
            rospec_id: None,
            accessspec_id: None,
            crc: None,
            xpc: [None; 2],
            results: Vec::new(),
        }
    }

    fn take_tv(&mut self, kind: u8, value: &[u8]) -> Result<(), Abandoned> {
        let word = exact::<2>(value).map(u16::from_be_bytes);
        let long = exact::<4>(value).map(u32::from_be_bytes);
        let time_us = exact::<8>(value).map(u64::from_be_bytes);
        match kind {
            tv::ANTENNA => {
                let number = word.unwrap_or_default();
                self.read.antenna = u8::try_from(number)
                    .ok()
                    .filter(|&number| number > 0)
                    .ok_or(Abandoned::Antenna(number))?;
            }
            tv::PEAK_RSSI => self.take_rssi(i8::from_be_bytes([value[0]])),
            tv::CHANNEL => self.channel_index = word,
            tv::SEEN_COUNT => self.seen_count = word,
            tv::CRC => self.crc = word,
            tv::PC => self.read.pc = word,
            tv::XPC_W1 => self.xpc[0] = word,
            tv::XPC_W2 => self.xpc[1] = word,
            tv::ROSPEC_ID => self.rospec_id = long,
            tv::ACCESSSPEC_ID => self.accessspec_id = long,
            tv::FIRST_SEEN_UTC => self.first_seen_utc_us = time_us,
            tv::LAST_SEEN_UTC => self.last_seen_utc_us = time_us,
            tv::FIRST_SEEN_UPTIME => self.first_seen_uptime_us = time_us,
            tv::LAST_SEEN_UPTIME => self.last_seen_uptime_us = time_us,
            _ => {}
        }
        Ok(())
    }

    /// Whole dBm, unless the finer figure has come.
    fn take_rssi(&mut self, dbm: i8) {
        self.peak_rssi_dbm = Some(dbm);
        if self.rssi_centi_dbm.is_none() {
            self.read.rssi_dbm = Some(dbm.into());
        }
    }

    fn take_tlv(&mut self, kind: u16, value: &[u8]) -> Result<(), Abandoned> {
        match kind {
            tlv::READ_RESULT..=tlv::BLOCK_WRITE_RESULT | 360..=362 => {
                let result = OpResult::of(kind, value).ok_or(Abandoned::Layout(kind))?;
                if let Some(data) = result.data.as_deref().filter(|_| result.is_chip_number()) {
                    self.read.tid = Some(data.to_vec());
                }
                self.results.push(result);
                Ok(())
            }
            tlv::CUSTOM => {
                self.take_custom(value);
                Ok(())
            }
            _ => Ok(()),
        }
    }

    fn take_custom(&mut self, value: &[u8]) {
        match custom(value) {
            Some((IMPINJ, impinj::PEAK_RSSI, value)) => {
                let Some(centi) = exact::<2>(value).map(i16::from_be_bytes) else { return };
                self.rssi_centi_dbm = Some(centi);
                self.read.rssi_dbm = Some((f32::from(centi) / 100.0).round() as i16);
            }
            Some((IMPINJ, impinj::SERIALIZED_TID, value)) => {
                let words = u16_at(value, 0).map(usize::from);
                if let (Some(words), Some(tid)) = (words, value.get(2..))
                    && tid.len() == words * 2
                    && is_tid(tid)
                {
                    self.read.tid = Some(tid.to_vec());
                }
            }
            _ => {}
        }
    }

    /// Compares the EPC's length with the tag's PC, and the tag's checksum with what it covers (stream-cleaning page,
    /// section 2, layers L0 and L1).
    fn judge_air(&mut self) -> Result<(), Abandoned> {
        let Some(pc) = self.read.pc else { return Ok(()) };
        let (words, bytes) = (pc >> 11, self.read.epc.len());
        let extended = self.xpc.iter().flatten().count();
        let says = usize::from(words) * 2;
        if says != bytes && !(pc & XI != 0 && says == bytes + extended * 2) {
            return Err(Abandoned::EpcLength { words, bytes });
        }
        let Some(crc) = self.crc else { return Ok(()) };
        self.read.air_crc_valid =
            Some(self.air_crc(pc, &[]) == crc || (extended > 0 && self.air_crc(pc, &self.xpc) == crc));
        Ok(())
    }

    /// The checksum a tag makes of its PC, these words and its EPC.
    fn air_crc(&self, pc: u16, words: &[Option<u16>]) -> u16 {
        let mut said = [0; COVERED_MAX];
        let mut length = 0;
        let words = std::iter::once(pc).chain(words.iter().flatten().copied()).flat_map(u16::to_be_bytes);
        // No EPC is longer than what there is room for.
        for (at, byte) in said.iter_mut().zip(words.chain(self.read.epc.iter().copied())) {
            *at = byte;
            length += 1;
        }
        air_crc16(&said[..length])
    }
}

impl OpResult {
    fn of(kind: u16, value: &[u8]) -> Option<Self> {
        let (&[result, id0, id1], rest) = value.split_first_chunk()?;
        let mut this = Self {
            kind,
            result,
            op_spec_id: u16::from_be_bytes([id0, id1]),
            data: None,
            words_written: None,
        };
        match kind {
            tlv::READ_RESULT => {
                let words = usize::from(u16_at(rest, 0)?);
                let data = rest.get(2..)?;
                if data.len() != words * 2 {
                    return None;
                }
                this.data = Some(data.to_vec());
            }
            tlv::WRITE_RESULT | tlv::BLOCK_WRITE_RESULT => this.words_written = Some(u16_at(rest, 0)?),
            _ => {}
        }
        Some(this)
    }

    /// The result does not name its bank; only what this program asks every tag for is a chip's number.
    fn is_chip_number(&self) -> bool {
        self.result == 0 && self.op_spec_id & ORDERED == 0 && self.data.as_deref().is_some_and(is_tid)
    }
}

/// A Gen2 chip's number begins with the class identifier E2 and has at least two words (stream-cleaning page,
/// section 7).
fn is_tid(bytes: &[u8]) -> bool {
    bytes.len() >= 4 && bytes[0] == 0xE2
}

//! A tag's record: which fields it has is said by a mask, and they come in the order of its bits (protocol sheet,
//! section 5). Every length is checked before it is used: a real tag without an EPC once crashed the maker's own parser.

use crate::reader::{TagRead, air};

/// The fields this program knows.
const KNOWN_MASK: u16 = 0x01FF;
/// The longest EPC: 31 words.
const LONGEST_EPC: usize = 62;
/// The tag's protocol control word says that an extension follows.
const PC_EXTENDED: u16 = 0x0200;
/// The extension says that a second one follows.
const XPC_EXTENDED: u16 = 0x8000;
/// The protocol's number for EPC Gen2.
pub(super) const GEN2: u8 = 5;
/// (K) later firmware: the embedded operation failed, and what follows is its fault code instead of data.
const DATA_IS_FAULT: u16 = 0x8000;

/// Bytes that are read from the front, never beyond their end.
#[derive(Debug, Clone, Copy)]
pub(super) struct Cursor<'a>(pub &'a [u8]);

impl<'a> Cursor<'a> {
    pub fn take(&mut self, count: usize) -> Option<&'a [u8]> {
        let (front, rest) = self.0.split_at_checked(count)?;
        self.0 = rest;
        Some(front)
    }

    fn array<const N: usize>(&mut self) -> Option<[u8; N]> {
        let (&front, rest) = self.0.split_first_chunk::<N>()?;
        self.0 = rest;
        Some(front)
    }

    pub fn u8(&mut self) -> Option<u8> {
        self.array().map(|[byte]| byte)
    }

    pub fn u16(&mut self) -> Option<u16> {
        self.array().map(u16::from_be_bytes)
    }

    pub fn u24(&mut self) -> Option<u32> {
        self.array().map(|[high, mid, low]| u32::from_be_bytes([0, high, mid, low]))
    }

    pub fn u32(&mut self) -> Option<u32> {
        self.array().map(u32::from_be_bytes)
    }
}

/// What a module tells of one tag.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub(crate) struct Record<'a> {
    pub read_count: Option<u8>,
    pub rssi_dbm: Option<i8>,
    /// Transmitting port in the upper half, receiving one in the lower; 0 means 16.
    pub antenna: Option<u8>,
    pub freq_khz: Option<u32>,
    /// Since the read command.
    pub timestamp_ms: Option<u32>,
    /// 0 to 180.
    pub phase: Option<u16>,
    pub protocol: Option<u8>,
    pub embedded: Option<Embedded<'a>>,
    pub gpio: Option<u8>,
    /// PC, EPC and the tag's checksum together.
    pub epc_bits: u16,
    /// Not in an answer without metadata.
    pub pc: Option<u16>,
    /// The extensions of the PC, none, one or two words.
    pub xpc: &'a [u8],
    pub epc: &'a [u8],
    pub tag_crc: u16,
    /// What the tag's checksum is over.
    said: &'a [u8],
}

/// What the embedded operation brought.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) struct Embedded<'a> {
    pub bits: u16,
    pub data: &'a [u8],
    pub failed: bool,
}

impl<'a> Record<'a> {
    /// Whether records with this mask can be read: a bit this program does not know would shift all that follows.
    pub fn can_be_read(mask: u16) -> bool {
        mask & !KNOWN_MASK == 0
    }

    /// Reads one record; `None` when the bytes are not built like that.
    pub fn parse(mask: u16, from: &mut Cursor<'a>) -> Option<Self> {
        // Some(None) for a field that is not in the mask, None for one that is and has no bytes.
        fn when<T>(mask: u16, bit: u16, read: impl FnOnce() -> Option<T>) -> Option<Option<T>> {
            if mask & bit == 0 { Some(None) } else { read().map(Some) }
        }
        let mut record = Self {
            read_count: when(mask, 0x0001, || from.u8())?,
            rssi_dbm: when(mask, 0x0002, || from.u8().map(u8::cast_signed))?,
            antenna: when(mask, 0x0004, || from.u8())?,
            freq_khz: when(mask, 0x0008, || from.u24())?,
            timestamp_ms: when(mask, 0x0010, || from.u32())?,
            phase: when(mask, 0x0020, || from.u16())?,
            protocol: when(mask, 0x0040, || from.u8())?,
            embedded: when(mask, 0x0080, || Embedded::parse(from))?,
            gpio: when(mask, 0x0100, || from.u8())?,
            epc_bits: from.u16()?,
            ..Self::default()
        };
        let field = from.take(usize::from(record.epc_bits).div_ceil(8))?;
        record.take_epc(field)?;
        Some(record)
    }

    /// PC, extensions of it, EPC, the tag's checksum.
    fn take_epc(&mut self, field: &'a [u8]) -> Option<()> {
        let (said, &tag_crc) = field.split_last_chunk::<2>()?;
        let mut rest = Cursor(said);
        let pc = rest.u16()?;
        if pc & PC_EXTENDED != 0 && rest.0.len() >= 2 {
            let first = rest.0.first_chunk::<2>().map_or(0, |&word| u16::from_be_bytes(word));
            let words = if first & XPC_EXTENDED != 0 && rest.0.len() >= 4 { 2 } else { 1 };
            self.xpc = rest.take(words * 2)?;
        }
        if rest.0.len() > LONGEST_EPC || rest.0.len() % 2 != 0 {
            return None;
        }
        self.pc = Some(pc);
        self.epc = rest.0;
        self.tag_crc = u16::from_be_bytes(tag_crc);
        self.said = said;
        Some(())
    }

    /// A record of the answer that has nothing but EPC and the tag's checksum.
    pub fn bare(data: &'a [u8]) -> Option<Self> {
        let (epc, &tag_crc) = data.split_last_chunk::<2>()?;
        let fits = epc.len() <= LONGEST_EPC && epc.len() % 2 == 0;
        fits.then(|| Self { epc, tag_crc: u16::from_be_bytes(tag_crc), ..Self::default() })
    }

    /// Whether the tag's own checksum holds. Without the PC that cannot be denied: its lower bits are the tag's secret.
    pub fn air_crc(&self) -> Option<bool> {
        match self.pc {
            Some(_) => Some(self.air_crc_valid()),
            None => (air::crc16(&[&self.assumed_pc().to_be_bytes(), self.epc].concat()) == self.tag_crc)
                .then_some(true),
        }
    }

    /// Whether the tag's own checksum holds over what the record says of PC, extensions and EPC.
    pub fn air_crc_valid(&self) -> bool {
        air::crc16(self.said) == self.tag_crc
    }

    /// The PC of a tag that sets nothing but its length.
    pub fn assumed_pc(&self) -> u16 {
        (self.epc.len() as u16 / 2) << 11
    }

    /// The transmitting and the receiving port, from 1.
    pub fn ports(&self) -> Option<(u8, u8)> {
        let port = |half: u8| if half == 0 { 16 } else { half };
        self.antenna.map(|both| (port(both >> 4), port(both & 0x0F)))
    }

    /// Whether it is of an EPC Gen2 tag, as far as it says.
    pub fn is_gen2(&self) -> bool {
        self.protocol.is_none_or(|protocol| protocol == GEN2)
    }

    /// The sighting. Data is taken for the chip's number when that was asked for, or begins like one.
    pub fn read(&self, data_is_tid: bool) -> TagRead {
        let data = self.embedded.filter(|embedded| !embedded.failed && !embedded.data.is_empty());
        let tid = data.filter(|one| data_is_tid || matches!(one.data[0], 0xE0 | 0xE2));
        TagRead {
            epc: self.epc.to_vec(),
            pc: self.pc,
            tid: tid.map(|one| one.data.to_vec()),
            antenna: self.ports().map_or(1, |(transmitting, _)| transmitting),
            rssi_dbm: self.rssi_dbm.map(i16::from),
            rssi_raw: None,
            freq_khz: self.freq_khz,
            air_crc_valid: self.air_crc(),
        }
    }
}

impl<'a> Embedded<'a> {
    fn parse(from: &mut Cursor<'a>) -> Option<Self> {
        let said = from.u16()?;
        let bits = said & !DATA_IS_FAULT;
        let data = from.take(usize::from(bits).div_ceil(8))?;
        Some(Self { bits, data, failed: said & DATA_IS_FAULT != 0 })
    }
}

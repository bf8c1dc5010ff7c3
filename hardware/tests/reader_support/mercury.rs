//! Frames of the Mercury protocol, made independently of the code under test.

/// A reply with its checksum.
pub fn reply(opcode: u8, status: u16, data: &[u8]) -> Vec<u8> {
    let len = u8::try_from(data.len()).expect("LEN is one byte");
    let [high, low] = status.to_be_bytes();
    sealed(&[&[0xFF, len, opcode, high, low], data].concat())
}

/// A command with its checksum.
pub fn command(opcode: u8, data: &[u8]) -> Vec<u8> {
    sealed(&[&[0xFF, data.len() as u8, opcode], data].concat())
}

/// A frame without its checksum, and the checksum: the sheet's nibble form.
pub fn sealed(body: &[u8]) -> Vec<u8> {
    const TABLE: [u16; 16] = [
        0x0000, 0x1021, 0x2042, 0x3063, 0x4084, 0x50A5, 0x60C6, 0x70E7, 0x8108, 0x9129, 0xA14A, 0xB16B,
        0xC18C, 0xD1AD, 0xE1CE, 0xF1EF,
    ];
    let mut r = 0xFFFF_u16;
    for byte in &body[1..] {
        for nibble in [byte >> 4, byte & 15] {
            r = (r << 4 | u16::from(nibble)) ^ TABLE[usize::from(r >> 12)];
        }
    }
    [body, &r.to_be_bytes()].concat()
}

/// A tag as a module streams it.
#[derive(Debug, Clone)]
pub struct Sent {
    pub mask: u16,
    pub rssi_dbm: i8,
    pub antenna: u8,
    /// What an embedded operation brought.
    pub data: Vec<u8>,
    pub pc: [u8; 2],
    pub epc: Vec<u8>,
}

impl Sent {
    /// A tag with every field, at antenna 1, with -60 dBm.
    pub fn new(epc: &[u8]) -> Self {
        Self {
            mask: 0x01FF,
            rssi_dbm: -60,
            antenna: 0x11,
            data: Vec::new(),
            pc: [(epc.len() / 2 * 8) as u8, 0],
            epc: epc.to_vec(),
        }
    }

    /// The fields behind the response type, in the order of the mask's bits.
    pub fn record(&self) -> Vec<u8> {
        let fields: [(u16, Vec<u8>); 9] = [
            (0x0001, vec![1]),
            (0x0002, vec![self.rssi_dbm as u8]),
            (0x0004, vec![self.antenna]),
            (0x0008, vec![0x0D, 0x37, 0xFC]),
            (0x0010, vec![0, 0, 1, 0x27]),
            (0x0020, vec![0, 90]),
            (0x0040, vec![5]),
            (0x0080, [&(self.data.len() as u16 * 8).to_be_bytes()[..], &self.data].concat()),
            (0x0100, vec![0x0F]),
        ];
        let mut record: Vec<u8> = Vec::new();
        for (bit, bytes) in fields {
            if self.mask & bit != 0 {
                record.extend(bytes);
            }
        }
        let said = [&self.pc[..], &self.epc].concat();
        record.extend((said.len() as u16 * 8 + 16).to_be_bytes());
        record.extend(&said);
        record.extend(air_crc(&said).to_be_bytes());
        record
    }

    /// The whole frame of a stream.
    pub fn frame(&self) -> Vec<u8> {
        let [high, low] = self.mask.to_be_bytes();
        let flags = if self.data.is_empty() { 0x1B } else { 0x1F };
        reply(0x22, 0, &[&[0x10, 0x00, flags, high, low, 0x01], self.record().as_slice()].concat())
    }
}

/// What a tag sends over the air.
pub fn air_crc(said: &[u8]) -> u16 {
    let shifted = said.iter().fold(0xFFFF_u16, |crc, &byte| {
        (0..8).fold(crc ^ u16::from(byte) << 8, |crc, _| crc << 1 ^ if crc >> 15 == 1 { 0x1021 } else { 0 })
    });
    !shifted
}

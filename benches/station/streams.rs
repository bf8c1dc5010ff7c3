//! Streams of sightings as each family's readers send them, made here from the protocol sheets: distinct 96-bit EPCs,
//! all fields a driver asks for.

use armoury_hardware::reader::Family;

/// A recorded stream that was never recorded.
pub struct Stream {
    pub family: Family,
    /// Its file, for the public decoders.
    pub file: &'static str,
    /// Whether our own decoder is measured on it.
    pub ours: bool,
    pub make: fn(u32) -> Vec<u8>,
}

pub const STREAMS: [Stream; 6] = [
    Stream { family: Family::Mercury, file: "mercury.bin", ours: true, make: mercury },
    Stream { family: Family::R2000, file: "r2000.bin", ours: true, make: r2000 },
    Stream { family: Family::Uhfreader18, file: "uhfreader18.bin", ours: true, make: uhfreader18 },
    Stream { family: Family::M100, file: "m100.bin", ours: true, make: |tags| m100(tags, 0xBB, 0x7E) },
    Stream { family: Family::M100, file: "m100-aa.bin", ours: false, make: |tags| m100(tags, 0xAA, 0xDD) },
    Stream { family: Family::Llrp, file: "llrp.bin", ours: true, make: llrp },
];

fn epc(number: u32) -> [u8; 12] {
    let mut epc = [0x34, 0x16, 0x45, 0x0F, 0x08, 0, 0, 0, 0, 0, 0, 0];
    epc[8..].copy_from_slice(&number.to_be_bytes());
    epc
}

/// PC, EPC and the checksum a tag sends (EPC Gen2 air interface, annex F).
fn air(number: u32) -> Vec<u8> {
    let mut said = vec![0x30, 0x00];
    said.extend(epc(number));
    let crc = !crc_1021(0xFFFF, &said);
    said.extend(crc.to_be_bytes());
    said
}

fn crc_1021(start: u16, bytes: &[u8]) -> u16 {
    bytes.iter().fold(start, |crc, &byte| {
        (0..8).fold(
            crc ^ u16::from(byte) << 8,
            |crc, _| {
                if crc & 0x8000 != 0 { crc << 1 ^ 0x1021 } else { crc << 1 }
            },
        )
    })
}

fn crc_8408(bytes: &[u8]) -> u16 {
    bytes.iter().fold(0xFFFF, |crc, &byte| {
        (0..8).fold(crc ^ u16::from(byte), |crc, _| if crc & 1 != 0 { crc >> 1 ^ 0x8408 } else { crc >> 1 })
    })
}

/// The record of thingmagic-mercury.md section 5, all metadata.
fn mercury(tags: u32) -> Vec<u8> {
    let mut stream = Vec::new();
    for number in 0..tags {
        let mut covered = vec![0x28, 0x22, 0, 0, 0x10, 0x00, 0x1B, 0x01, 0xFF, 0x01, 0x01, 0xC4, 0x11];
        covered.extend([0x0E, 0x16, 0x40, 0, 0, 0x01, 0x27, 0, 0, 0x05, 0, 0, 0x0F, 0x00, 0x80]);
        covered.extend(air(number));
        let (body, last) = covered.split_at(covered.len() - 2);
        let crc = crc_1021(0x1D0F, body) ^ u16::from_be_bytes([last[0], last[1]]);
        stream.push(0xFF);
        stream.extend(&covered);
        stream.extend(crc.to_be_bytes());
    }
    stream
}

/// A real-time tag (impinj-r2000-a0.md section 4); the round ends as often as a busy reader's does.
fn r2000(tags: u32) -> Vec<u8> {
    let mut stream = Vec::new();
    let mut say = |data: &[u8]| {
        let from = stream.len();
        stream.extend([0xA0, data.len() as u8 + 3, 0x01, 0x89]);
        stream.extend(data);
        let sum = stream[from..].iter().fold(0_u8, |sum, byte| sum.wrapping_add(*byte));
        stream.push(sum.wrapping_neg());
    };
    for number in 0..tags {
        let mut data = vec![0x10, 0x30, 0x00];
        data.extend(epc(number));
        data.push(0x45);
        say(&data);
    }
    say(&[0, 0, 0x11, 0, 0, 0, 5]);
    stream
}

/// Answer frames of a 288, one tag each (chafon-uhfreader18.md section 4).
fn uhfreader18(tags: u32) -> Vec<u8> {
    let mut stream = Vec::new();
    for number in 0..tags {
        let mut frame = vec![0x15, 0x00, 0x01, 0x03, 0x01, 0x01, 0x0C];
        frame.extend(epc(number));
        frame.push(0x4C);
        frame.extend(crc_8408(&frame).to_le_bytes());
        stream.extend(frame);
    }
    stream
}

/// Notices, and the "no tag" that ends a round (magicrf-m100-r200.md section 4).
fn m100(tags: u32, head: u8, tail: u8) -> Vec<u8> {
    let mut stream = Vec::new();
    let mut say = |body: &[u8]| {
        stream.push(head);
        stream.extend(body);
        stream.push(body.iter().fold(0_u8, |sum, byte| sum.wrapping_add(*byte)));
        stream.push(tail);
    };
    for number in 0..tags {
        let mut body = vec![0x02, 0x22, 0x00, 0x11, 0xCF];
        body.extend(air(number));
        say(&body);
    }
    say(&[0x01, 0xFF, 0x00, 0x01, 0x15]);
    stream
}

/// Reports of one sighting each (llrp.md section 3).
fn llrp(tags: u32) -> Vec<u8> {
    let mut stream = Vec::new();
    for number in 0..tags {
        let said = air(number);
        let mut data = vec![0x8D];
        data.extend(epc(number));
        data.extend([0x81, 0x00, 0x01, 0x86, 0xCE]);
        data.extend([0x82, 0x00, 0x04, 0xEC, 0x2E, 0xA8, 0x35, 0x4C, 0x09]);
        data.extend([0x84, 0x00, 0x04, 0xEC, 0x2E, 0xA8, 0x35, 0x4C, 0x09]);
        data.extend([0x88, 0x00, 0x01, 0x8C, 0x30, 0x00, 0x8B]);
        data.extend(&said[14..]);
        stream.extend([0x04, 0x3D]);
        stream.extend((data.len() as u32 + 14).to_be_bytes());
        stream.extend(number.to_be_bytes());
        stream.extend([0x00, 0xF0]);
        stream.extend((data.len() as u16 + 4).to_be_bytes());
        stream.extend(data);
    }
    stream
}

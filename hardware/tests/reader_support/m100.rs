//! Frames of the M100 protocol, made independently of the code under test.

/// First and last byte of a frame in the manual's framing.
pub const BB7E: [u8; 2] = [0xBB, 0x7E];
/// And on most R200 boards.
pub const AADD: [u8; 2] = [0xAA, 0xDD];

/// A whole frame.
pub fn frame(marks: [u8; 2], kind: u8, command: u8, params: &[u8]) -> Vec<u8> {
    let mut bytes = vec![marks[0], kind, command, (params.len() >> 8) as u8, params.len() as u8];
    bytes.extend(params);
    let sum: u32 = bytes[1..].iter().map(|&byte| u32::from(byte)).sum();
    bytes.extend([sum as u8, marks[1]]);
    bytes
}

/// A notice of a tag; the PC's length fits the EPC, `pc_low` are its other bits.
pub fn notice(marks: [u8; 2], rssi_dbm: i8, pc_low: u16, epc: &[u8]) -> Vec<u8> {
    let pc = ((epc.len() / 2) as u16) << 11 | pc_low;
    let said = [&pc.to_be_bytes()[..], epc].concat();
    let params = [&[rssi_dbm as u8], &said[..], &air_crc(&said).to_be_bytes()].concat();
    frame(marks, 2, 0x22, &params)
}

/// What a tag sends as its checksum: polynomial 1021 bit by bit, from ones, inverted.
pub fn air_crc(said: &[u8]) -> u16 {
    let bits = said.iter().flat_map(|byte| (0..8).rev().map(move |bit| byte >> bit & 1 == 1));
    !bits.fold(0xFFFF, |crc: u16, bit| crc << 1 ^ if (crc >> 15 == 1) != bit { 0x1021 } else { 0 })
}

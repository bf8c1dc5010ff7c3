//! Frames of the Chafon protocols, made independently of the code under test.

/// The checksum, bit by bit as the manual's C code has it.
pub fn crc(bytes: &[u8]) -> u16 {
    let mut crc = 0xFFFF_u16;
    for &byte in bytes {
        crc ^= u16::from(byte);
        for _ in 0..8 {
            crc = if crc & 1 == 1 { (crc >> 1) ^ 0x8408 } else { crc >> 1 };
        }
    }
    crc
}

/// A command.
pub fn command(address: u8, command: u8, data: &[u8]) -> Vec<u8> {
    let mut frame = vec![data.len() as u8 + 4, address, command];
    frame.extend(data);
    let sum = crc(&frame);
    frame.extend([sum as u8, (sum >> 8) as u8]);
    frame
}

/// A reply.
pub fn reply(address: u8, re_command: u8, status: u8, data: &[u8]) -> Vec<u8> {
    command(address, re_command, &[&[status], data].concat())
}

/// A CF frame.
pub fn prime(address: u8, command: u16, data: &[u8]) -> Vec<u8> {
    let mut frame = vec![0xCF, address, (command >> 8) as u8, command as u8, data.len() as u8];
    frame.extend(data);
    let sum = crc(&frame);
    frame.extend([(sum >> 8) as u8, sum as u8]);
    frame
}

/// A 288's tag, more to come.
pub fn rich(antenna: u8, epc: &[u8], rssi: u8) -> Vec<u8> {
    let data = [&[antenna, 1, epc.len() as u8], epc, &[rssi]].concat();
    reply(0, 1, 3, &data)
}

/// Bytes from hex.
pub fn bytes(hex: &str) -> Vec<u8> {
    (0..hex.len()).step_by(2).map(|at| u8::from_str_radix(&hex[at..at + 2], 16).expect("hex")).collect()
}

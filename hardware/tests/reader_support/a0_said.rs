//! What an R2000 reader says, for scripts of one and as what another family's driver must not take for its own.

/// A frame of the A0 protocol.
pub fn framed(address: u8, command: u8, data: &[u8]) -> Vec<u8> {
    let mut frame = vec![0xA0, data.len() as u8 + 3, address, command];
    frame.extend(data);
    let sum = frame.iter().fold(0_u8, |sum, &byte| sum.wrapping_add(byte));
    frame.push(sum.wrapping_neg());
    frame
}

/// A real-time tag at antenna 1.
pub fn tag_frame(address: u8, command: u8, epc: &[u8], rssi: u8) -> Vec<u8> {
    let mut data = vec![4 << 2, (epc.len() / 2 * 8) as u8, 0];
    data.extend(epc);
    data.push(rssi);
    framed(address, command, &data)
}

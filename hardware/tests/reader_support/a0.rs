//! Frames of the A0 protocol, made independently of the code under test, and what `inspect` says of them.

use armoury_hardware::reader::inspect_frames;
use serde_json::Value;

/// What `inspect frames` prints, as JSON.
pub fn inspected(input: &[u8]) -> Vec<Value> {
    inspect_frames("r2000", input)
        .expect("a known reader")
        .iter()
        .map(|one| serde_json::to_value(one).expect("JSON"))
        .collect()
}

/// The data of a real-time tag; the antenna counts from 0.
pub fn tag_data(epc: &[u8], rssi: u8, antenna: u8) -> Vec<u8> {
    let mut data = vec![4 << 2 | antenna, (epc.len() / 2 * 8) as u8, 0];
    data.extend(epc);
    data.push(rssi);
    data
}

/// A whole frame.
pub fn frame(address: u8, command: u8, data: &[u8]) -> Vec<u8> {
    sealed(&[&[0xA0, data.len() as u8 + 3, address, command], data].concat())
}

/// A frame without its checksum, and the checksum.
pub fn sealed(body: &[u8]) -> Vec<u8> {
    let sum: u32 = body.iter().map(|&byte| u32::from(byte)).sum();
    [body, &[(256 - sum % 256) as u8]].concat()
}

/// A text field, empty where there is none.
pub fn text(value: &Value, key: &str) -> String {
    value[key].as_str().unwrap_or_default().to_owned()
}

/// Bytes from hex.
pub fn bytes(hex: &str) -> Vec<u8> {
    (0..hex.len()).step_by(2).map(|at| u8::from_str_radix(&hex[at..at + 2], 16).expect("hex")).collect()
}

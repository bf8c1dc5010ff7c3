//! LLRP messages, made independently of the code under test, and what `inspect` says of them.

use armoury_hardware::reader::inspect_frames;
use serde_json::Value;

/// What `inspect frames` prints, as JSON.
pub fn inspected(input: &[u8]) -> Vec<Value> {
    inspect_frames("llrp", input)
        .expect("a known reader")
        .iter()
        .map(|one| serde_json::to_value(one).expect("JSON"))
        .collect()
}

/// A whole message of LLRP 1.0.1.
pub fn message(kind: u16, id: u32, body: &[u8]) -> Vec<u8> {
    let mut bytes = (0x0400 | kind).to_be_bytes().to_vec();
    bytes.extend((body.len() as u32 + 10).to_be_bytes());
    bytes.extend(id.to_be_bytes());
    bytes.extend(body);
    bytes
}

/// A parameter with a length.
pub fn tlv(kind: u16, value: &[u8]) -> Vec<u8> {
    let mut bytes = kind.to_be_bytes().to_vec();
    bytes.extend((value.len() as u16 + 4).to_be_bytes());
    bytes.extend(value);
    bytes
}

/// An EPC of whole bytes as parameter 241.
pub fn epc_data(epc: &[u8]) -> Vec<u8> {
    tlv(241, &[&((epc.len() * 8) as u16).to_be_bytes()[..], epc].concat())
}

/// One record of a report.
pub fn record(value: &[u8]) -> Vec<u8> {
    tlv(240, value)
}

/// A report with these records.
pub fn report(records: &[Vec<u8>]) -> Vec<u8> {
    message(61, 7, &records.concat())
}

/// The checksum a tag sends, bit by bit.
pub fn air_crc(bytes: &[u8]) -> u16 {
    let mut crc = 0xFFFF_u16;
    for bit in bytes.iter().flat_map(|byte| (0..8).rev().map(move |at| byte >> at & 1)) {
        let top = (crc >> 15) as u8 ^ bit;
        crc = (crc << 1) ^ if top == 1 { 0x1021 } else { 0 };
    }
    !crc
}

/// A text field, empty where there is none.
pub fn text(value: &Value, key: &str) -> String {
    value[key].as_str().unwrap_or_default().to_owned()
}

/// Hex from bytes.
pub fn hex(bytes: &[u8]) -> String {
    bytes.iter().map(|byte| format!("{byte:02x}")).collect()
}

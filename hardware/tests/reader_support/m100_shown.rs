//! What `inspect` says of M100 frames.

use armoury_hardware::reader::inspect_frames;
use serde_json::Value;

/// What `inspect frames` prints, as JSON.
pub fn inspected(input: &[u8]) -> Vec<Value> {
    let seen = inspect_frames("m100", input).expect("a known reader");
    seen.iter().map(|one| serde_json::to_value(one).expect("JSON")).collect()
}

/// A text field, empty where there is none.
pub fn text(value: &Value, key: &str) -> String {
    value[key].as_str().unwrap_or_default().to_owned()
}

/// Bytes from hex.
pub fn bytes(hex: &str) -> Vec<u8> {
    (0..hex.len()).step_by(2).map(|at| u8::from_str_radix(&hex[at..at + 2], 16).expect("hex")).collect()
}

/// Lower-case hex.
pub fn hex(bytes: &[u8]) -> String {
    bytes.iter().map(|byte| format!("{byte:02x}")).collect()
}

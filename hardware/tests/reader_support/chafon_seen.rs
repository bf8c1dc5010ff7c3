//! What `inspect` says of Chafon frames, and the frames no wire test needs.

use armoury_hardware::reader::inspect_frames;
use serde_json::Value;

use super::chafon::reply;

/// What `inspect frames` prints, as JSON.
pub fn inspected(input: &[u8]) -> Vec<Value> {
    inspect_frames("uhfreader18", input)
        .expect("a known reader")
        .iter()
        .map(|one| serde_json::to_value(one).expect("JSON"))
        .collect()
}

/// A UHFReader18's tags, more to come.
pub fn plain(epcs: &[&[u8]]) -> Vec<u8> {
    let mut data = vec![epcs.len() as u8];
    for epc in epcs {
        data.push(epc.len() as u8);
        data.extend(*epc);
    }
    reply(0, 1, 3, &data)
}

/// A text field, empty where there is none.
pub fn text(value: &Value, key: &str) -> String {
    value[key].as_str().unwrap_or_default().to_owned()
}

//! Tags, marks and serial numbers: the vectors of the domain page, the worked values of the standards, and what must hold
//! for any input.

#[path = "identity/epc.rs"]
mod epc_vectors;
#[path = "identity/inspect.rs"]
mod inspect;
#[path = "identity/mark.rs"]
mod mark_vectors;
#[path = "identity/plus.rs"]
mod plus_schemes;
#[path = "identity/properties.rs"]
mod properties;
#[path = "identity/rules.rs"]
mod rules;
#[path = "identity/serial.rs"]
mod serial_forms;

use serde_json::Value;

/// A vector file of the domain page, as it was copied beside the tests.
fn fixture(name: &str) -> Value {
    let path = format!("{}/tests/fixtures/{name}", env!("CARGO_MANIFEST_DIR"));
    let text = std::fs::read_to_string(&path).expect("the vectors lie beside the tests");
    serde_json::from_str(&text).expect("the vectors are JSON")
}

/// The list `key` of a vector file; an empty one would make a test that cannot fail.
fn cases<'a>(vectors: &'a Value, key: &str) -> &'a Vec<Value> {
    let list = vectors[key].as_array().expect("the vectors have this list");
    assert!(!list.is_empty(), "no vectors under {key}");
    list
}

/// The text `key` of a vector; `None` where it is null.
fn text<'a>(case: &'a Value, key: &str) -> Option<&'a str> {
    case[key].as_str()
}

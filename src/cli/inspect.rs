//! `armoury inspect epc` and `armoury inspect mark`: what the station makes of an identifier, without any ledger.

use serde_json::{Value, json};

use crate::identity::MarkId;
use crate::identity::epc::{self, Decoded, EpcError};
use crate::identity::mark::{self, Mark, MarkError};

/// Exit status where the input is an identifier.
const FOUND: i32 = 0;
/// Exit status where it is not; the output then holds the reason.
const REFUSED: i32 = 1;

/// `inspect epc HEX --json`: `scheme`, `pure_uri`, `tag_uri`, `element_string`, `digital_link`, then `uii`, `filter` and
/// `reason`. A tag that cannot be decoded has scheme `raw`, its raw URI and a reason; what is no hex has only a reason.
pub fn epc_json(hex: &str) -> (Value, i32) {
    let (values, reason) = match read(hex) {
        Read::Decoded(decoded) => (
            json!({
                "scheme": decoded.scheme.name(),
                "pure_uri": decoded.pure_uri,
                "tag_uri": decoded.tag_uri,
                "element_string": decoded.element_string,
                "digital_link": decoded.digital_link,
                "uii": decoded.uii,
                "filter": decoded.filter,
            }),
            None,
        ),
        Read::Raw(uri, error) => (no_epc(json!("raw"), json!(uri)), Some(error.to_string())),
        Read::NotHex(reason) => (no_epc(Value::Null, Value::Null), Some(reason)),
    };
    with_reason(values, reason)
}

/// `inspect epc HEX` for people.
pub fn epc_lines(hex: &str) -> (Vec<String>, i32) {
    match read(hex) {
        Read::Decoded(decoded) => {
            let mut lines = vec![line("scheme", decoded.scheme.name()), line("identity", &decoded.pure_uri)];
            let optional = [
                ("tag URI", decoded.tag_uri),
                ("element string", decoded.element_string),
                ("Digital Link", decoded.digital_link),
                ("UII", decoded.uii),
                ("filter", decoded.filter.map(|filter| filter.to_string())),
            ];
            lines.extend(
                optional.iter().filter_map(|(name, value)| value.as_ref().map(|value| line(name, value))),
            );
            (lines, FOUND)
        }
        Read::Raw(uri, error) => {
            (vec![line("scheme", "raw"), line("identity", &uri), line("reason", &error.to_string())], REFUSED)
        }
        Read::NotHex(reason) => (vec![line("reason", &reason)], REFUSED),
    }
}

/// `inspect mark TEXT --json`: `kind`, `uii`, then `key`, `parts`, `symbology`, `text` and `reason`. What is no
/// identifier has no kind and a reason; its `key` is still what a register would find it by.
pub fn mark_json(bytes: &[u8]) -> (Value, i32) {
    match mark::parse(bytes) {
        Ok(mark) => with_reason(mark_values(&mark), None),
        Err(error) => with_reason(
            json!({
                "kind": null,
                "uii": null,
                "key": MarkId::from_bytes(bytes).as_str(),
                "parts": [],
                "symbology": null,
                "text": mark::printable(&String::from_utf8_lossy(bytes)),
            }),
            Some(error.to_string()),
        ),
    }
}

/// `inspect mark TEXT` for people.
pub fn mark_lines(bytes: &[u8]) -> (Vec<String>, i32) {
    match mark::parse(bytes) {
        Ok(mark) => {
            let mut lines = vec![line("kind", mark.kind.as_str())];
            lines.extend(mark.uii.as_ref().map(|uii| line("UII", uii)));
            lines.push(line("key", &mark.key.to_string()));
            lines.extend(mark.symbology_prefix.as_ref().map(|prefix| line("symbology", prefix)));
            lines.extend(mark.parts.iter().map(|part| line(&part.qualifier, &part.value)));
            (lines, FOUND)
        }
        Err(error) => (refused_mark(bytes, &error), REFUSED),
    }
}

enum Read {
    Decoded(Decoded),
    Raw(String, EpcError),
    NotHex(String),
}

fn read(hex: &str) -> Read {
    match epc::parse_epc_hex(hex) {
        Ok(bytes) => match epc::decode(&bytes) {
            Ok(decoded) => Read::Decoded(decoded),
            Err(error) => Read::Raw(epc::raw_uri(&bytes), error),
        },
        Err(error) => Read::NotHex(error.to_string()),
    }
}

fn no_epc(scheme: Value, pure_uri: Value) -> Value {
    json!({
        "scheme": scheme,
        "pure_uri": pure_uri,
        "tag_uri": null,
        "element_string": null,
        "digital_link": null,
        "uii": null,
        "filter": null,
    })
}

fn mark_values(mark: &Mark) -> Value {
    let parts: Vec<Value> =
        mark.parts.iter().map(|part| json!({ "qualifier": part.qualifier, "value": part.value })).collect();
    json!({
        "kind": mark.kind.as_str(),
        "uii": mark.uii,
        "key": mark.key.as_str(),
        "parts": parts,
        "symbology": mark.symbology_prefix,
        "text": mark.text,
    })
}

fn refused_mark(bytes: &[u8], error: &MarkError) -> Vec<String> {
    vec![line("key", &MarkId::from_bytes(bytes).to_string()), line("reason", &error.to_string())]
}

fn with_reason(mut values: Value, reason: Option<String>) -> (Value, i32) {
    let status = if reason.is_some() { REFUSED } else { FOUND };
    values["reason"] = json!(reason);
    (values, status)
}

fn line(name: &str, value: &str) -> String {
    format!("{name:<16}{value}")
}

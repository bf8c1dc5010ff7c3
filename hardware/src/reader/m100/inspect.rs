//! What `armoury inspect frames` prints of an M100 frame.

use serde_json::{Map, Value, json};

use super::code;
use super::command::*;
use super::frame::{Frame, Kind, M100Grammar};
use super::record::{TagRecord, answer};
use crate::reader::inspect::{Inspect, Inspected, InspectedTag, hex, no_epc};

type Fields = Map<String, Value>;

impl Inspect for M100Grammar {
    fn inspected(&self, frame: &Frame, bytes: &[u8]) -> Vec<Inspected> {
        vec![match TagRecord::of(frame) {
            Some(record) if record.read.epc.is_empty() => no_epc(bytes),
            Some(record) => tag(record, frame),
            None => Inspected::Reply(reply(frame)),
        }]
    }
}

fn head(frame: &Frame) -> Fields {
    let kind = match frame.kind {
        Kind::Command => 0,
        Kind::Response => 1,
        Kind::Notice => 2,
    };
    fields(json!({ "command": frame.command, "type": kind, "variant": frame.marks.word() }))
}

fn tag(record: TagRecord, frame: &Frame) -> Inspected {
    let mut more = head(frame);
    let mut add = |name: &str, value: Option<Value>| {
        if let Some(value) = value {
            more.insert(name.to_owned(), value);
        }
    };
    add("xpc", (!record.xpc.is_empty()).then(|| json!(hex(&record.xpc))));
    add("tag_crc", record.tag_crc.map(|crc| json!(word(crc))));
    add("ul", record.said_len.map(Value::from));
    add("data", record.data.as_deref().map(|words| json!(hex(words))));
    add("result", record.result.map(Value::from));
    add("status", record.result.map(Value::from));
    Inspected::Tag(Box::new(InspectedTag::of(record.read, more)))
}

fn reply(frame: &Frame) -> Fields {
    let mut said = head(frame);
    let params = &frame.params[..];
    let status = match (frame.kind, frame.command, params) {
        (Kind::Response, FAILED, &[error, ref rest @ ..]) => {
            said.extend(fields(json!({ "error": error, "meaning": code::meaning(error) })));
            said.extend(chosen(rest).map(|(tag, _)| tag).unwrap_or_default());
            Some(error)
        }
        (Kind::Response, command, &[result]) if !answers_with_a_figure(command) => {
            said.insert("result".to_owned(), json!(result));
            Some(result)
        }
        _ => {
            said.extend(fields(content(frame.kind, frame.command, params).unwrap_or_else(|| match params {
                [] => json!({}),
                _ => json!({ "data": hex(params) }),
            })));
            None
        }
    };
    said.insert("status".to_owned(), json!(status));
    said
}

/// Whether the one byte of an answer is what was asked for, not how it ended.
fn answers_with_a_figure(command: u8) -> bool {
    matches!(command, REGION_GET | CHANNEL_GET)
}

/// What commands and the answers to questions say, field by field; `None` where this program has no words for it.
fn content(kind: Kind, command: u8, params: &[u8]) -> Option<Value> {
    Some(match (command, params) {
        (INFO, &[which]) => json!({ "info": which }),
        (INFO, &[which, ref text @ ..]) => json!({ "info": which, "text": String::from_utf8_lossy(text) }),
        (REGION_SET | REGION_GET, &[region]) => json!({ "region": region }),
        (SELECT | SELECT_GET, &[sel_param, p0, p1, p2, p3, mask_bits, truncate, ref mask @ ..]) => json!({
            "sel_param": sel_param,
            "pointer_bits": u32::from_be_bytes([p0, p1, p2, p3]),
            "mask_bits": mask_bits,
            "truncate": truncate,
            "mask": hex(mask),
        }),
        (SELECT_MODE, &[mode]) => json!({ "select_mode": mode }),
        (QUERY_SET | QUERY_GET, &[high, low]) => query(u16::from_be_bytes([high, low])),
        (BAUD, &[high, low]) => json!({ "baud": u32::from(u16::from_be_bytes([high, low])) * 100 }),
        (IDLE_MINUTES, &[minutes]) => json!({ "minutes": minutes }),
        (MULTI_POLL, &[_reserved, high, low]) => json!({ "count": u16::from_be_bytes([high, low]) }),
        (READ | WRITE | KILL | LOCK, _) if kind == Kind::Command => memory(command, params)?,
        (CHANNEL_GET | CHANNEL_SET, &[channel]) => json!({ "channel": channel }),
        (HOP_LIST, &[count, ref channels @ ..]) => json!({ "count": count, "channels": channels }),
        (AUTO_HOP, &[on]) => json!({ "auto_hop": on != 0 }),
        (CARRIER, &[on]) => json!({ "carrier": on != 0 }),
        (POWER_SET | POWER_GET, &[high, low]) => json!({ "power_cdbm": u16::from_be_bytes([high, low]) }),
        (DEMODULATOR_SET | DEMODULATOR_GET, &[mixer, if_gain, high, low]) => {
            json!({ "mixer": mixer, "if_gain": if_gain, "threshold": u16::from_be_bytes([high, low]) })
        }
        (BLOCKING | CHANNEL_RSSI, &[first, last, ref each @ ..]) => {
            let dbm: Vec<i8> = each.iter().map(|&byte| byte as i8).collect();
            json!({ "first_channel": first, "last_channel": last, "dbm": dbm })
        }
        // A word of the chip, not a sighting: the tag it came from is told, but the frame is about the setting.
        (CHIP_CONFIG, _) if kind == Kind::Response => {
            let (mut said, rest) = chosen(params)?;
            let &[high, low] = rest else { return None };
            said.insert("config_word".to_owned(), json!(word(u16::from_be_bytes([high, low]))));
            Value::Object(said)
        }
        (PERMALOCK_REPLY | CHIP_CONFIG..=CHIP_LAST, _) if kind == Kind::Response => {
            let (mut said, rest) = chosen(params)?;
            said.insert("data".to_owned(), json!(hex(rest)));
            Value::Object(said)
        }
        _ => return None,
    })
}

/// A command to a tag's memory; the password stands in front.
fn memory(command: u8, params: &[u8]) -> Option<Value> {
    let (password, rest) = params.split_first_chunk::<4>()?;
    let mut said = fields(json!({ "password": hex(password) }));
    match (command, rest) {
        (READ | WRITE, &[bank, a0, a1, w0, w1, ref data @ ..]) => {
            let (from, words) = (u16::from_be_bytes([a0, a1]), u16::from_be_bytes([w0, w1]));
            said.extend(fields(json!({ "bank": bank, "word_addr": from, "words": words })));
            if command == WRITE {
                said.insert("data".to_owned(), json!(hex(data)));
            }
        }
        (LOCK, &[high, mid, low]) => {
            let bits = u32::from_be_bytes([0, high, mid, low]);
            let (mask, action) = (bits >> 10 & 0x3FF, bits & 0x3FF);
            said.extend(fields(json!({ "lock_mask": mask, "lock_action": action })));
        }
        _ => {}
    }
    Some(Value::Object(said))
}

/// The fields of a Query: DR 1, M 2, TRext 1, Sel 2, session 2, target 1, Q 4 bits, and 3 that are nothing.
fn query(bits: u16) -> Value {
    json!({ "query": word(bits), "session": bits >> 8 & 3, "target": bits >> 7 & 1, "q": bits >> 3 & 15 })
}

/// The tag an answer is about, as fields, and what is left behind it.
fn chosen(params: &[u8]) -> Option<(Fields, &[u8])> {
    let (record, rest) = answer(params)?;
    let said = json!({
        "ul": record.said_len,
        "pc": record.read.pc.map(word),
        "epc": hex(&record.read.epc),
    });
    Some((fields(said), rest))
}

fn word(bits: u16) -> String {
    format!("{bits:04x}")
}

fn fields(value: Value) -> Fields {
    match value {
        Value::Object(fields) => fields,
        _ => Fields::new(),
    }
}

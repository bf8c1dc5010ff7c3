//! What `armoury inspect frames` prints of an LLRP message.

use serde_json::{Map, Value, json};

use super::capabilities::Capabilities;
use super::frame::{Frame, Messages};
use super::kind::*;
use super::param::{Params, find, u16_at, u32_at};
use super::reply::{Event, Status, events, serial, temperature_c, versions};
use super::report::{self, OpResult, Record};
use super::tlv;
use crate::reader::inspect::{Inspect, Inspected, InspectedTag, hex, no_epc};

impl Inspect for Messages {
    /// One object for every record of a report; one for any other message, and for a report without records.
    fn inspected(&self, frame: &Frame, _bytes: &[u8]) -> Vec<Inspected> {
        let mut seen = Vec::new();
        if frame.kind == RO_ACCESS_REPORT {
            report::each(&frame.body, &self.channels_khz, |record, bytes| {
                seen.push(match record {
                    Ok(record) if record.read.epc.is_empty() => no_epc(bytes),
                    Ok(record) => tag(record, frame),
                    Err(bad) => Inspected::Refused {
                        reason: format!("tag record abandoned: {bad}"),
                        bytes: hex(bytes),
                    },
                });
            });
            seen.extend(broken_end(&frame.body));
        }
        if seen.is_empty() {
            let mut fields = head(frame);
            fields.insert("status".to_owned(), Value::Null);
            fields.extend(detail(frame));
            seen.push(Inspected::Reply(fields));
        }
        seen
    }
}

/// What of a report cannot be read because a parameter in it does not fit.
fn broken_end(body: &[u8]) -> Option<Inspected> {
    let mut params = Params(body);
    let mut rest = body;
    loop {
        match params.next()? {
            Ok(_) => rest = params.0,
            Err(broken) => {
                return Some(Inspected::Refused { reason: broken.to_string(), bytes: hex(rest) });
            }
        }
    }
}

fn head(frame: &Frame) -> Map<String, Value> {
    object(json!({
        "command": frame.kind,
        "type": frame.kind,
        "version": frame.version,
        "message_id": frame.id,
    }))
}

fn tag(record: Record, frame: &Frame) -> Inspected {
    let mut more = head(frame);
    let mut add = |name: &str, value: Option<Value>| {
        if let Some(value) = value {
            more.insert(name.to_owned(), value);
        }
    };
    add("peak_rssi_dbm", record.peak_rssi_dbm.map(Value::from));
    add("rssi_centi_dbm", record.rssi_centi_dbm.map(Value::from));
    add("channel_index", record.channel_index.map(Value::from));
    add("first_seen_utc_us", record.first_seen_utc_us.map(Value::from));
    add("last_seen_utc_us", record.last_seen_utc_us.map(Value::from));
    add("first_seen_uptime_us", record.first_seen_uptime_us.map(Value::from));
    add("last_seen_uptime_us", record.last_seen_uptime_us.map(Value::from));
    add("seen_count", record.seen_count.map(Value::from));
    add("rospec_id", record.rospec_id.map(Value::from));
    add("accessspec_id", record.accessspec_id.map(Value::from));
    add("tag_crc", record.crc.map(|crc| json!(format!("{crc:04x}"))));
    add("xpc_w1", record.xpc[0].map(|word| json!(format!("{word:04x}"))));
    add("xpc_w2", record.xpc[1].map(|word| json!(format!("{word:04x}"))));
    for result in &record.results {
        let name = match result.kind {
            tlv::READ_RESULT => "read_op",
            tlv::WRITE_RESULT => "write_op",
            351 => "kill_op",
            tlv::LOCK_RESULT => "lock_op",
            353 => "block_erase_op",
            tlv::BLOCK_WRITE_RESULT => "block_write_op",
            _ => "other_op",
        };
        add(name, Some(operation(result)));
    }
    Inspected::Tag(Box::new(InspectedTag::of(record.read, more)))
}

fn operation(result: &OpResult) -> Value {
    let mut fields = object(json!({ "result": result.result, "op_spec_id": result.op_spec_id }));
    if let Some(data) = &result.data {
        fields.insert("words".to_owned(), json!(data.len() / 2));
        fields.insert("data".to_owned(), json!(hex(data)));
    }
    if let Some(words) = result.words_written {
        fields.insert("words_written".to_owned(), json!(words));
    }
    Value::Object(fields)
}

fn detail(frame: &Frame) -> Map<String, Value> {
    let mut fields = Map::new();
    if let Some(status) = Status::of(frame) {
        fields.insert("status".to_owned(), json!(status.code));
        fields.insert("status_code".to_owned(), json!(status.code));
        fields.insert("status_text".to_owned(), json!(status.text));
        if !status.blamed.is_empty() {
            fields.insert("status_blames".to_owned(), json!(status.blamed));
        }
    }
    fields.extend(match frame.kind {
        READER_EVENT_NOTIFICATION => notification(frame),
        GET_READER_CAPABILITIES_RESPONSE => capabilities(frame),
        GET_READER_CONFIG_RESPONSE => {
            object(json!({ "serial": serial(frame), "temperature_c": temperature_c(frame) }))
        }
        GET_SUPPORTED_VERSION_RESPONSE => versions(frame).map_or_else(Map::new, |(current, supported)| {
            object(json!({ "current_version": current, "supported_version": supported }))
        }),
        DELETE_ROSPEC..=DISABLE_ROSPEC => object(json!({ "rospec_id": u32_at(&frame.body, 0) })),
        DELETE_ACCESSSPEC..=DISABLE_ACCESSSPEC => object(json!({ "accessspec_id": u32_at(&frame.body, 0) })),
        ADD_ROSPEC => object(json!({
            "rospec_id": find(&frame.body, tlv::ROSPEC).and_then(|spec| u32_at(spec, 0)),
        })),
        ADD_ACCESSSPEC => access(frame),
        CUSTOM => object(json!({
            "vendor": u32_at(&frame.body, 0),
            "subtype": frame.body.get(4),
        })),
        _ => Map::new(),
    });
    fields
}

/// The first access that is asked for.
fn access(frame: &Frame) -> Map<String, Value> {
    let spec = find(&frame.body, tlv::ACCESSSPEC).unwrap_or_default();
    let mut fields = object(json!({ "accessspec_id": u32_at(spec, 0) }));
    let command = spec.get(12..).and_then(|behind| find(behind, tlv::ACCESS_COMMAND)).unwrap_or_default();
    for kind in [tlv::READ, tlv::WRITE] {
        if let Some(operation) = find(command, kind) {
            fields.extend(object(json!({
                "op_spec_id": u16_at(operation, 0),
                "bank": operation.get(6).map(|bank| bank >> 6),
                "word_ptr": u16_at(operation, 7),
                "words": u16_at(operation, 9),
            })));
        }
    }
    fields
}

fn notification(frame: &Frame) -> Map<String, Value> {
    let (utc_us, events) = events(frame);
    let mut fields = object(json!({ "utc_us": utc_us }));
    for event in events {
        let (name, value) = match event {
            Event::ConnectionAttempt(status) => ("connection_attempt", json!(status)),
            Event::ConnectionClose => ("connection_close", json!(true)),
            Event::Antenna { antenna, connected } => {
                ("antenna_event", json!({ "antenna": antenna, "connected": connected }))
            }
            Event::Exception { text, antenna } => ("exception", json!({ "text": text, "antenna": antenna })),
            Event::BufferWarning(percent) => ("buffer_percent", json!(percent)),
            Event::BufferOverflow => ("buffer_overflow", json!(true)),
            Event::Operation { what, rospec_id } => {
                ("rospec_event", json!({ "event": what, "rospec_id": rospec_id }))
            }
            Event::Other(kind) => ("other_event", json!(kind)),
        };
        fields.insert(name.to_owned(), value);
    }
    fields
}

fn capabilities(frame: &Frame) -> Map<String, Value> {
    let said = Capabilities::of(frame);
    object(json!({
        "antennas_max": said.antennas_max,
        "manufacturer": said.manufacturer,
        "model": said.model,
        "firmware": said.firmware,
        "state_aware": said.state_aware,
        "power_levels": said.powers.len(),
        "channels": said.channels_khz.len(),
    }))
}

fn object(value: Value) -> Map<String, Value> {
    match value {
        Value::Object(fields) => fields,
        _ => Map::new(),
    }
}

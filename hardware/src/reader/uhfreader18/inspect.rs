//! What `armoury inspect frames` prints of both framings.

use serde::Serialize;
use serde_json::{Map, Value, json};

use super::command::*;
use super::frame::{Beside, Frame, FrameKind, Uhf18, carries_tags};
use super::info::Info;
use super::tags::{Shape, shape_of};
use super::{code, prime};
use crate::reader::TagRead;
use crate::reader::inspect::{Inspect, Inspected, InspectedTag, hex, no_epc};

impl Inspect for Uhf18 {
    fn inspected(&self, frame: &Frame, bytes: &[u8]) -> Vec<Inspected> {
        let mut tags = Vec::new();
        self.each_tag(frame, |read, beside| tags.push((read, beside)));
        if tags.is_empty() {
            return vec![Inspected::Reply(self.reply(frame))];
        }
        let count = tags.len();
        tags.into_iter().map(|(read, beside)| tag(frame, bytes, read, &beside, count)).collect()
    }
}

fn tag(frame: &Frame, bytes: &[u8], read: TagRead, beside: &Beside, count: usize) -> Inspected {
    if read.epc.is_empty() {
        return no_epc(bytes);
    }
    let mut more = head(frame);
    let mut add = |name: &str, value: Option<Value>| {
        if let Some(value) = value {
            more.insert(name.to_owned(), value);
        }
    };
    add("antenna_bits", beside.antenna_bits.map(Value::from));
    add("phase", beside.phase.map(Value::from));
    add("read_count", beside.read_count.map(Value::from));
    add("channel", beside.channel.map(Value::from));
    add("rssi_tenths_dbm", beside.rssi_tenths_dbm.map(Value::from));
    let listed = !frame.is_prime() && frame.command != u16::from(PUSH);
    add("count", listed.then(|| json!(count)));
    Inspected::Tag(Box::new(InspectedTag::of(read, more)))
}

fn head(frame: &Frame) -> Map<String, Value> {
    let mut fields = Map::new();
    fields.insert("command".to_owned(), json!(frame.command));
    fields.insert("address".to_owned(), json!(frame.address));
    fields.insert("status".to_owned(), json!(frame.status));
    fields
}

impl Uhf18 {
    fn reply(&self, frame: &Frame) -> Map<String, Value> {
        let mut fields = head(frame);
        let meaning = if frame.is_prime() { prime::meaning } else { code::meaning };
        if let Some(meaning) = frame.status.and_then(meaning) {
            fields.insert("meaning".to_owned(), json!(meaning));
        }
        let said = match frame.kind {
            FrameKind::BridgeHeartbeat => {
                fields.insert("command".to_owned(), Value::Null);
                json!({ "heartbeat": true })
            }
            FrameKind::Reply => self.said(frame),
            FrameKind::Command | FrameKind::Either => asked(frame.command as u8, &frame.data),
            FrameKind::PrimeReply => said_by_prime(frame),
            FrameKind::PrimeCommand => asked_of_prime(frame),
        };
        if let Value::Object(said) = said {
            fields.extend(said);
        }
        fields
    }

    /// What a length-prefixed reader says when it tells of no tag.
    fn said(&self, frame: &Frame) -> Value {
        let status = frame.status.unwrap_or_default();
        match (frame.command as u8, status, &frame.data[..]) {
            (_, code::TAG_ERROR, &[error]) => {
                json!({ "tag_error": error, "tag_error_meaning": code::tag_error_meaning(error) })
            }
            (INVENTORY, code::STATISTICS, &[antenna, r0, r1, t0, t1, t2, t3]) => json!({
                "antenna_bits": antenna,
                "read_rate": u16::from_be_bytes([r0, r1]),
                "total_read": u32::from_be_bytes([t0, t1, t2, t3]),
            }),
            (INVENTORY | SINGLE, status, data) if carries_tags(status) => self.no_tags(data),
            (INVENTORY | SINGLE, code::ANTENNA, &[antenna, ..]) => json!({ "antenna_bits": antenna }),
            (PUSH, code::HEARTBEAT, data) => pushed_heartbeat(data),
            (INFO, code::OK, data) => object(Info::parse(data)),
            (SERIAL, code::OK, data) => json!({ "serial": hex(data) }),
            (TEMPERATURE, code::OK, &[sign, magnitude]) => {
                json!({ "temperature_c": magnitude, "sign": sign })
            }
            (RETURN_LOSS, code::OK, &[loss]) => json!({ "return_loss_db": loss }),
            (LOSS_LIMIT, code::OK, &[limit]) => json!({ "threshold_db": limit }),
            (BUFFER_COUNT, code::OK, &[high, low]) => {
                json!({ "tag_count": u16::from_be_bytes([high, low]) })
            }
            (MODE_GET_18, code::OK, &[_, _, _, _, mode, ..]) | (MODE_GET_288, code::OK, &[mode, ..]) => {
                json!({ "mode": mode, "data": hex(&frame.data) })
            }
            (_, _, []) => Value::Null,
            (_, _, data) => json!({ "data": hex(data) }),
        }
    }

    /// The frame of a round that carries no tag.
    fn no_tags(&self, data: &[u8]) -> Value {
        match (shape_of(self.shape, data, data.len()).1, data) {
            (Some(Shape::Rich), &[antenna, ..]) => {
                json!({ "antenna_bits": antenna, "count": 0, "tags": [] })
            }
            _ => json!({ "count": 0, "tags": [] }),
        }
    }
}

fn pushed_heartbeat(data: &[u8]) -> Value {
    let Some((&packet, rest)) = data.split_first_chunk::<4>() else { return Value::Null };
    let Some((antennas, &total)) = rest.split_last_chunk::<4>() else { return Value::Null };
    json!({
        "packet_no": u32::from_be_bytes(packet),
        "antenna_status": antennas,
        "total_read": u32::from_be_bytes(total),
    })
}

/// A command's arguments.
fn asked(command: u8, data: &[u8]) -> Value {
    match (command, data) {
        (_, []) => Value::Null,
        (INVENTORY, &[q, session, ref rest @ ..]) => asked_inventory(q, session, rest),
        (POWER, &[power_dbm]) => json!({ "power_dbm": power_dbm }),
        (ADDRESS, &[address]) => json!({ "new_addr": address }),
        (SCAN_TIME, &[time]) => json!({ "scan_time_100ms": time }),
        (BAUD, &[code]) => json!({ "baud_code": code }),
        (REGION, &[max, min]) => {
            json!({ "band": (max >> 6) << 2 | min >> 6, "max_ch": max & 0x3F, "min_ch": min & 0x3F })
        }
        (MULTIPLEX, data) => json!({ "antenna_mask": data[0] }),
        (MODE_SET_18 | MODE_SET_288, data) => json!({ "mode": data[0], "data": hex(data) }),
        (BEEP, &[on]) => json!({ "beep": on }),
        (ANTENNA_CHECK, &[on]) => json!({ "antenna_check": on }),
        (LOSS_LIMIT, &[limit]) => json!({ "threshold_db": limit }),
        (RETURN_LOSS, &[f0, f1, f2, f3, antenna]) => {
            json!({ "freq_khz": u32::from_be_bytes([f0, f1, f2, f3]), "antenna_index": antenna })
        }
        (READ, data) => asked_read(data).unwrap_or_else(|| json!({ "data": hex(data) })),
        (_, data) => json!({ "data": hex(data) }),
    }
}

fn asked_inventory(q: u8, session: u8, rest: &[u8]) -> Value {
    let mut said = json!({ "q": q & 0x0F, "session": session });
    if q & 0xF0 != 0 {
        said["statistics"] = json!(q & 0x80 != 0);
        said["fast_id"] = json!(q & 0x20 != 0);
        said["phase_asked"] = json!(q & 0x10 != 0);
    }
    if let &[target, antenna, scan] = rest {
        said["target"] = json!(target);
        said["antenna_index"] = json!(antenna & 0x0F);
        said["scan_time_100ms"] = json!(scan);
    } else if !rest.is_empty() {
        said["data"] = json!(hex(rest));
    }
    said
}

fn asked_read(data: &[u8]) -> Option<Value> {
    let (&words, rest) = data.split_first()?;
    let (epc, rest) = rest.split_at_checked(2 * usize::from(words))?;
    let (&[bank, pointer, count], rest) = rest.split_first_chunk::<3>()?;
    let password = rest.first_chunk::<4>()?;
    Some(json!({
        "epc_words": words,
        "selected_epc": hex(epc),
        "bank": bank,
        "word_ptr": pointer,
        "words": count,
        "password": hex(password),
    }))
}

fn said_by_prime(frame: &Frame) -> Value {
    match (frame.command, frame.status) {
        (prime::DEVICE_INFO, Some(0)) => object(Some(prime::Device::parse(&frame.data))),
        (prime::GET_PARAMETERS, Some(0)) => object(prime::Parameters::parse(&frame.data)),
        _ if frame.data.is_empty() => Value::Null,
        _ => json!({ "data": hex(&frame.data) }),
    }
}

fn asked_of_prime(frame: &Frame) -> Value {
    match frame.command {
        prime::SET_PARAMETERS => object(prime::Parameters::parse(&frame.data)),
        _ if frame.data.is_empty() => Value::Null,
        _ => json!({ "data": hex(&frame.data) }),
    }
}

/// A struct of plain values is an object in JSON.
fn object<T: Serialize>(said: Option<T>) -> Value {
    said.and_then(|said| serde_json::to_value(said).ok()).unwrap_or_default()
}

//! What `armoury inspect frames` prints of a Mercury frame.

use serde_json::{Map, Value, json};

use super::commands;
use super::frame::{Frame, Mercury};
use super::opcode::*;
use super::record::{Cursor, Record};
use super::reply::{self, Head, Part, Power, Version};
use super::status;
use crate::reader::inspect::{Inspect, Inspected, InspectedTag, hex, no_epc};

/// Field by field, as JSON.
pub(super) type Fields = Map<String, Value>;

impl Inspect for Mercury {
    fn inspected(&self, frame: &Frame, bytes: &[u8]) -> Vec<Inspected> {
        let mut seen = Vec::new();
        reply::tags(frame, &mut |tag| {
            seen.push(if tag.epc.is_empty() { no_epc(bytes) } else { self.tag(&tag, frame) });
        });
        if seen.is_empty() {
            let mut fields = head(frame);
            match frame.status {
                None => commands::describe(frame.opcode, &frame.data, &mut fields),
                Some(status) => describe(status, frame, &mut fields),
            }
            seen.push(Inspected::Reply(fields));
        }
        seen
    }
}

impl Mercury {
    fn tag(&self, tag: &Record<'_>, frame: &Frame) -> Inspected {
        let mut more = head(frame);
        stream_head(frame, &mut more);
        put(&mut more, "read_count", tag.read_count);
        if let (Some(both), Some((transmitting, receiving))) = (tag.antenna, tag.ports()) {
            put(&mut more, "antenna_byte", Some(hex(&[both])));
            put(&mut more, "tx_port", Some(transmitting));
            put(&mut more, "rx_port", Some(receiving));
        }
        put(&mut more, "freq_khz", tag.freq_khz);
        put(&mut more, "timestamp_ms", tag.timestamp_ms);
        put(&mut more, "phase_raw", tag.phase);
        put(&mut more, "protocol", tag.protocol);
        if let Some(embedded) = tag.embedded {
            put(&mut more, "data_bits", Some(embedded.bits));
            put(&mut more, "data", Some(hex(embedded.data)));
            put(&mut more, "data_failed", embedded.failed.then_some(true));
        }
        put(&mut more, "gpio", tag.gpio.map(|pins| hex(&[pins])));
        if tag.pc.is_some() {
            put(&mut more, "epc_field_bits", Some(tag.epc_bits));
        } else if tag.air_crc() == Some(true) {
            more.insert(format!("tag_crc_valid_with_assumed_pc_{:04x}", tag.assumed_pc()), json!(true));
        }
        put(&mut more, "xpc", (!tag.xpc.is_empty()).then(|| hex(tag.xpc)));
        put(&mut more, "tag_crc", Some(format!("{:04x}", tag.tag_crc)));
        Inspected::Tag(Box::new(InspectedTag::of(tag.read(self.data_is_tid), more)))
    }
}

pub(super) fn put(fields: &mut Fields, name: &str, value: Option<impl Into<Value>>) {
    if let Some(value) = value {
        fields.insert(name.to_owned(), value.into());
    }
}

/// What every frame has. A command has no status.
fn head(frame: &Frame) -> Fields {
    let mut fields = Fields::new();
    put(&mut fields, "command", Some(frame.opcode));
    put(&mut fields, "opcode", Some(frame.opcode));
    fields.insert("status".to_owned(), json!(frame.status));
    fields
}

/// Option, search flags and mask of a part of a stream.
fn stream_head(frame: &Frame, fields: &mut Fields) {
    if frame.opcode == READ_MULTIPLE
        && let Some(head) = Head::parse(&mut Cursor(&frame.data))
    {
        put(fields, "option", Some(head.option));
        put(fields, "search_flags", Some(head.search_flags));
        put(fields, "metadata", head.metadata);
        put(fields, "response_type", Some(head.response_type));
    }
}

/// A reply without a tag.
fn describe(code: u16, frame: &Frame, fields: &mut Fields) {
    put(fields, "meaning", meaning(code, frame));
    if code != status::OK {
        return put(fields, "data", (!frame.data.is_empty()).then(|| hex(&frame.data)));
    }
    stream_head(frame, fields);
    if !answer(frame.opcode, &frame.data, fields) && !frame.data.is_empty() {
        put(fields, "data", Some(hex(&frame.data)));
    }
}

fn meaning(code: u16, frame: &Frame) -> Option<&'static str> {
    match (frame.opcode, code, frame.data.as_slice()) {
        (READ_MULTIPLE, status::NO_TAG, []) => Some("keep-alive / no tag this cycle; NOT an error"),
        (READ_MULTIPLE, status::OK, []) => Some("end of an embedded cycle"),
        (CONTINUOUS, status::OK, [2, ..]) | (CONTINUOUS, status::BAD_LENGTH, []) => {
            Some("continuous read ended")
        }
        (_, status::OK, _) => None,
        _ => Some(status::words(code)),
    }
}

/// A good answer, by its operation; false where its data means nothing to this program.
fn answer(opcode: u8, data: &[u8], fields: &mut Fields) -> bool {
    match (opcode, data) {
        (VERSION | BOOT, _) => version(data, fields),
        (READ_MULTIPLE, _) => stream_part(data, fields),
        (POWER_GET, _) => power(data, fields),
        (HARDWARE, _) => {
            let serial = reply::serial_number(data);
            put(fields, "serial_number", serial.clone());
            serial.is_some()
        }
        (ANTENNA_GET, _) if reply::detected(data).is_some() => {
            put(fields, "option", Some(5));
            let pairs = reply::detected(data).unwrap_or_default();
            put(fields, "ports", Some(json!(pairs)));
            true
        }
        (ANTENNA_GET, &[transmitting, receiving]) => {
            put(fields, "tx_port", Some(transmitting));
            put(fields, "rx_port", Some(receiving));
            true
        }
        (PROGRAM, &[program]) => {
            put(fields, "program", Some(program));
            put(fields, "in_bootloader", Some(program & 3 == 1));
            true
        }
        (CONTINUOUS, &[option, ..]) => {
            put(fields, "option", Some(option));
            data.len() == 1
        }
        (PROTOCOL_GET, &[high, low]) => {
            put(fields, "protocol", Some(u16::from_be_bytes([high, low])));
            true
        }
        (REGION_GET, &[region]) => {
            put(fields, "region", Some(region));
            true
        }
        (POWER_MODE_GET, &[mode]) => {
            put(fields, "power_mode", Some(mode));
            true
        }
        (TEMPERATURE, &[celsius]) => {
            put(fields, "temperature_c", Some(celsius.cast_signed()));
            true
        }
        (OPTION_GET | PARAMETER_GET, &[first, key, ref value @ ..]) => {
            put(fields, if opcode == OPTION_GET { "option" } else { "protocol" }, Some(first));
            put(fields, "key", Some(key));
            put(fields, "value", Some(hex(value)));
            true
        }
        (BUFFER_GET, &[high, low, option, count, ..]) => {
            put(fields, "metadata", Some(u16::from_be_bytes([high, low])));
            put(fields, "read_option", Some(option));
            put(fields, "tag_count", Some(count));
            count == 0
        }
        // Words have an even number of bytes: with the echo of option and metadata the number is odd.
        (READ_DATA, &[option, high, low, ref words @ ..]) if words.len() % 2 == 0 => {
            put(fields, "option", Some(option));
            put(fields, "metadata", Some(u16::from_be_bytes([high, low])));
            put(fields, "data", Some(hex(words)));
            true
        }
        _ => false,
    }
}

fn version(data: &[u8], fields: &mut Fields) -> bool {
    let Some(version) = Version::parse(data) else { return false };
    put(fields, "bootloader", Some(hex(&version.bootloader)));
    put(fields, "hardware", Some(hex(&version.hardware)));
    put(fields, "fw_date", Some(hex(&version.date)));
    put(fields, "fw_version", Some(hex(&version.firmware)));
    put(fields, "protocols_bitmap", Some(hex(&version.protocols)));
    put(fields, "model", version.model());
    true
}

fn power(data: &[u8], fields: &mut Fields) -> bool {
    let Some(power) = Power::parse(data) else { return false };
    put(fields, "power_cdbm", Some(power.now_cdbm));
    if let Some((min_cdbm, max_cdbm)) = power.limits_cdbm {
        put(fields, "max_cdbm", Some(max_cdbm));
        put(fields, "min_cdbm", Some(min_cdbm));
    }
    true
}

/// A report, the end, or how many tags a read found that was not streamed.
fn stream_part(data: &[u8], fields: &mut Fields) -> bool {
    match (reply::part(data), data) {
        (Part::Report(report), _) => {
            put(fields, "report_flags", Some(report.flags));
            put(fields, "freq_khz", report.freq_khz);
            put(fields, "temperature_c", report.temperature_c);
            put(fields, "tx_port", report.ports.map(|(transmitting, _)| transmitting));
            put(fields, "rx_port", report.ports.map(|(_, receiving)| receiving));
            true
        }
        (Part::End, _) => true,
        (_, &[option, flags_high, flags_low, ref count @ ..]) => {
            put(fields, "option", Some(option));
            put(fields, "search_flags", Some(u16::from_be_bytes([flags_high, flags_low])));
            let count = match *count {
                [count] => Some(u32::from(count)),
                [high, b, c, low] => Some(u32::from_be_bytes([high, b, c, low])),
                _ => None,
            };
            put(fields, "tag_count", count);
            count.is_some()
        }
        _ => data.is_empty(),
    }
}

//! What `armoury inspect frames` prints of a command that was sent to a module.

use serde_json::json;

use super::inspect::{Fields, put};
use super::opcode::*;
use super::record::Cursor;
use super::reply::WITH_METADATA;
use crate::reader::inspect::hex;

/// The search flag for an operation on every tag that is read.
const EMBEDDED: u16 = 0x0004;

/// Adds what the command says. Data that is not understood to its end is shown as it is, except where it may hold a
/// tag's password.
pub(super) fn describe(opcode: u8, data: &[u8], fields: &mut Fields) {
    let mut from = Cursor(data);
    let understood = match opcode {
        READ_SINGLE => single(&mut from, fields),
        READ_MULTIPLE => search(&mut from, fields),
        CONTINUOUS => continuous(&mut from, fields),
        READ_DATA => read_data(&mut from, fields, true),
        WRITE_DATA => write_data(&mut from, fields),
        _ => setting(opcode, data, fields),
    };
    let secret = matches!(opcode, READ_DATA | WRITE_DATA | LOCK | KILL);
    if understood.is_none() && !data.is_empty() && !secret {
        put(fields, "data", Some(hex(data)));
    }
}

fn setting(opcode: u8, data: &[u8], fields: &mut Fields) -> Option<()> {
    match (opcode, data) {
        (REGION_SET, &[region]) => put(fields, "region", Some(region)),
        (PROTOCOL_SET, &[high, low]) => put(fields, "protocol", Some(u16::from_be_bytes([high, low]))),
        (POWER_SET, &[high, low]) => put(fields, "power_cdbm", Some(i16::from_be_bytes([high, low]))),
        (POWER_GET | ANTENNA_GET, &[option]) => put(fields, "option", Some(option)),
        (POWER_MODE_SET, &[mode]) => put(fields, "power_mode", Some(mode)),
        (BAUD_SET, &[a, b, c, d]) => put(fields, "baud", Some(u32::from_be_bytes([a, b, c, d]))),
        (HARDWARE, &[option, flags]) => {
            put(fields, "option", Some(option));
            put(fields, "flags", Some(flags));
        }
        (ANTENNA_SET, &[2, ref pairs @ ..]) if pairs.len() % 2 == 0 => {
            put(fields, "option", Some(2));
            put(fields, "pairs", Some(json!(pairs.as_chunks::<2>().0)));
        }
        (ANTENNA_SET, &[transmitting, receiving]) => {
            put(fields, "tx_port", Some(transmitting));
            put(fields, "rx_port", Some(receiving));
        }
        (BUFFER_GET, &[high, low, option]) => {
            put(fields, "metadata", Some(u16::from_be_bytes([high, low])));
            put(fields, "read_option", Some(option));
        }
        (OPTION_SET | OPTION_GET, &[option, key, ref value @ ..]) => {
            put(fields, "option", Some(option));
            put(fields, "key", Some(key));
            put(fields, "value", (!value.is_empty()).then(|| hex(value)));
        }
        (PARAMETER_SET | PARAMETER_GET, &[protocol, key, ref value @ ..]) => {
            put(fields, "protocol", Some(protocol));
            put(fields, "key", Some(key));
            put(fields, "value", (!value.is_empty()).then(|| hex(value)));
        }
        _ => return None,
    }
    Some(())
}

/// Timeout, and perhaps option and metadata.
fn single(from: &mut Cursor<'_>, fields: &mut Fields) -> Option<()> {
    put(fields, "timeout_ms", Some(from.u16()?));
    if let Some(option) = from.u8() {
        put(fields, "option", Some(option));
    }
    if let Some(metadata) = from.u16() {
        put(fields, "metadata", Some(metadata));
    }
    from.0.is_empty().then_some(())
}

/// Option, search flags, timeout; metadata where the option says so; an operation on each tag where the flags say so.
fn search(from: &mut Cursor<'_>, fields: &mut Fields) -> Option<()> {
    let (option, flags) = (from.u8()?, from.u16()?);
    fields.entry("option").or_insert(json!(option));
    put(fields, "search_flags", Some(flags));
    put(fields, "timeout_ms", Some(from.u16()?));
    if option & WITH_METADATA != 0 {
        put(fields, "metadata", Some(from.u16()?));
    }
    if flags & EMBEDDED != 0 {
        let (_count, len, opcode) = (from.u8()?, from.u8()?, from.u8()?);
        put(fields, "embedded_len", Some(len));
        put(fields, "embedded_opcode", Some(opcode));
        if opcode == READ_DATA {
            read_data(from, fields, false)?;
        }
    }
    from.0.is_empty().then_some(())
}

/// The wrapper: timeout, option, and to start with the operation, its flags, the protocol and the inner command.
fn continuous(from: &mut Cursor<'_>, fields: &mut Fields) -> Option<()> {
    let timeout_ms = from.u16()?;
    put(fields, "option", Some(from.u8()?));
    if from.0.is_empty() {
        return Some(());
    }
    put(fields, "wrapper_timeout_ms", Some(timeout_ms));
    put(fields, "sub_opcode", Some(from.u8()?));
    put(fields, "wrapper_flags", Some(from.u16()?));
    put(fields, "protocol", Some(from.u8()?));
    put(fields, "sub_len", Some(from.u8()?));
    let inner = from.u8()?;
    if inner == READ_MULTIPLE { search(from, fields) } else { None }
}

/// Timeout, option, metadata where the option says so, bank, address, count. What follows selects the tag and holds its
/// password: it is not shown.
fn read_data(from: &mut Cursor<'_>, fields: &mut Fields, alone: bool) -> Option<()> {
    let (timeout_ms, option) = (from.u16()?, from.u8()?);
    if alone {
        put(fields, "timeout_ms", Some(timeout_ms));
        put(fields, "option", Some(option));
    }
    if option & WITH_METADATA != 0 {
        put(fields, "metadata", Some(from.u16()?));
    }
    put(fields, "bank", Some(from.u8()?));
    put(fields, "word_addr", Some(from.u32()?));
    put(fields, "words", Some(from.u8()?));
    Some(())
}

/// Timeout, option, address, bank; behind that password, selection and data.
fn write_data(from: &mut Cursor<'_>, fields: &mut Fields) -> Option<()> {
    put(fields, "timeout_ms", Some(from.u16()?));
    put(fields, "option", Some(from.u8()?));
    put(fields, "word_addr", Some(from.u32()?));
    put(fields, "bank", Some(from.u8()?));
    Some(())
}

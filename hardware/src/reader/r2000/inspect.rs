//! What `armoury inspect frames` prints of an A0 frame.

use serde_json::{Map, Value, json};

use super::frame::{A0, Frame};
use super::record::TagRecord;
use super::reply::Reply;
use crate::reader::inspect::{Inspect, Inspected, InspectedTag, hex, no_epc};

impl Inspect for A0 {
    fn inspected(&self, frame: &Frame, bytes: &[u8]) -> Vec<Inspected> {
        vec![match self.reply(frame) {
            Reply::Tag(record) if record.read.epc.is_empty() => no_epc(bytes),
            Reply::Tag(record) => tag(*record, frame),
            Reply::Other(detail) => {
                let mut fields = head(frame);
                fields.insert("status".to_owned(), json!(detail.status()));
                // A detail is a struct of plain values; as JSON it is an object.
                if let Ok(Value::Object(said)) = serde_json::to_value(&detail) {
                    fields.extend(said);
                }
                Inspected::Reply(fields)
            }
        }]
    }
}

fn head(frame: &Frame) -> Map<String, Value> {
    let mut fields = Map::new();
    fields.insert("command".to_owned(), json!(frame.command));
    fields.insert("address".to_owned(), json!(frame.address));
    fields
}

fn tag(record: TagRecord, frame: &Frame) -> Inspected {
    let mut more = head(frame);
    let mut add = |name: &str, value: Option<Value>| {
        if let Some(value) = value {
            more.insert(name.to_owned(), value);
        }
    };
    add("freq_index", Some(json!(record.freq_index)));
    add("tag_crc", record.tag_crc.map(|crc| json!(format!("{crc:04x}"))));
    add("data", record.data.as_deref().map(|words| json!(hex(words))));
    add("tag_count", record.tag_count.map(Value::from));
    add("read_count", record.read_count.map(Value::from));
    add("status", record.status.map(Value::from));
    add("phase_raw", record.phase_raw.map(Value::from));
    Inspected::Tag(Box::new(InspectedTag::of(record.read, more)))
}

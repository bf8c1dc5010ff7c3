//! What the station makes of recorded bytes: `armoury inspect frames --reader NAME HEX`.

use serde::Serialize;

use super::r2000::{self, Detail, R2000Decoder, Refusal, Reply, Step, TagRecord};
use crate::reader::TagRead;

/// How many bytes are given to the decoder at once: below its buffer's limit, so that nothing is dropped.
const CHUNK: usize = 4096;

/// One frame, or a run of bytes that is none; `kind` in JSON says which.
#[derive(Debug, Clone, PartialEq, Serialize)]
#[serde(tag = "kind", rename_all = "snake_case")]
pub enum Inspected {
    /// A reply that carries an EPC.
    Tag(Box<InspectedTag>),
    /// Any other frame.
    Reply {
        /// The command that is answered, as a number.
        command: u8,
        /// The code byte, where there is one.
        status: Option<u8>,
        /// The reader's address on the line.
        address: u8,
        /// What the frame says, field by field.
        #[serde(flatten)]
        detail: Detail,
    },
    /// Bytes that are not a frame, or a frame that is not to be believed.
    Refused {
        /// Why, in words.
        reason: String,
        /// The bytes, in lower-case hex.
        bytes: String,
    },
}

/// A tag as `inspect` prints it: hex in lower case, antenna from 1, what the device does not tell left out, except the
/// strength in dBm, which is then null.
#[derive(Debug, Clone, PartialEq, Serialize)]
pub struct InspectedTag {
    /// The EPC.
    pub epc: String,
    /// Counted from 1.
    pub antenna: u8,
    /// Strength in dBm.
    pub rssi_dbm: Option<i16>,
    /// Strength as the device gave it.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub rssi_raw: Option<u8>,
    /// The tag's protocol control word, four digits.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub pc: Option<String>,
    /// The chip's number.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub tid: Option<String>,
    /// The memory words that were asked for.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub data: Option<String>,
    /// The device's index of the carrier frequency.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub freq_index: Option<u8>,
    /// The carrier in MHz.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub freq_mhz: Option<f64>,
    /// The tag's own checksum, four digits.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub tag_crc: Option<String>,
    /// Whether that checksum holds.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub air_crc_valid: Option<bool>,
    /// How many tags the whole answer has.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub tag_count: Option<u16>,
    /// How often the device read this tag.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub read_count: Option<u8>,
    /// How a write, lock or kill ended.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub status: Option<u8>,
    /// The command that is answered.
    pub command: u8,
    /// The reader's address on the line.
    pub address: u8,
}

/// The name is of no protocol family this crate speaks.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
#[error("no reader protocol is called {name:?}: try r2000")]
pub struct UnknownReader {
    /// The name as it was given.
    pub name: String,
}

/// Reads `bytes` as the driver of `reader` would, and says of every byte what became of it, in order.
///
/// # Errors
/// [`UnknownReader`] when there is no such protocol.
pub fn inspect_frames(reader: &str, bytes: &[u8]) -> Result<Vec<Inspected>, UnknownReader> {
    match reader.to_ascii_lowercase().as_str() {
        "r2000" | "r2000_a0" => Ok(inspect_r2000(bytes)),
        _ => Err(UnknownReader { name: reader.to_owned() }),
    }
}

fn inspect_r2000(bytes: &[u8]) -> Vec<Inspected> {
    let mut decoder = R2000Decoder::new();
    let mut seen = Vec::new();
    let mut refused = Refused::default();
    let mut drain = |decoder: &mut R2000Decoder| {
        loop {
            match decoder.step() {
                Step::More => return,
                Step::Skipped { byte, why, span } => refused.add(byte, &why, span, &mut seen),
                Step::Frame(frame, bytes) => {
                    refused.flush(&mut seen);
                    seen.push(inspected(&frame, &bytes));
                }
            }
        }
    };
    for chunk in bytes.chunks(CHUNK) {
        decoder.push(chunk);
        drain(&mut decoder);
    }
    decoder.give_up_partial();
    drain(&mut decoder);
    refused.flush(&mut seen);
    seen
}

fn inspected(frame: &r2000::Frame, bytes: &[u8]) -> Inspected {
    match Reply::of(frame) {
        Reply::Tag(record) if record.read.epc.is_empty() => {
            Inspected::Refused { reason: "zero-length EPC".to_owned(), bytes: hex(bytes) }
        }
        Reply::Tag(record) => Inspected::Tag(Box::new(tag(*record, frame))),
        Reply::Other(detail) => Inspected::Reply {
            command: frame.command,
            status: detail.status(),
            address: frame.address,
            detail,
        },
    }
}

fn tag(record: TagRecord, frame: &r2000::Frame) -> InspectedTag {
    let TagRead { epc, pc, tid, antenna, rssi_dbm, rssi_raw, freq_khz, air_crc_valid } = record.read;
    let word = |word: u16| format!("{word:04x}");
    InspectedTag {
        epc: hex(&epc),
        antenna,
        rssi_dbm,
        rssi_raw,
        pc: pc.map(word),
        tid: tid.as_deref().map(hex),
        data: record.data.as_deref().map(hex),
        freq_index: Some(record.freq_index),
        freq_mhz: freq_khz.map(|khz| f64::from(khz) / 1000.0),
        tag_crc: record.tag_crc.map(word),
        air_crc_valid,
        tag_count: record.tag_count,
        read_count: record.read_count,
        status: record.status,
        command: frame.command,
        address: frame.address,
    }
}

/// Bytes skipped one by one, put together again: a run of noise is one object, and a damaged frame is one object.
#[derive(Default)]
struct Refused {
    reason: String,
    bytes: Vec<u8>,
    noise: bool,
    /// How many of the next bytes still belong to the frame that was refused.
    claimed: usize,
}

impl Refused {
    fn add(&mut self, byte: u8, why: &Refusal, span: usize, seen: &mut Vec<Inspected>) {
        let noise = why.is_noise();
        let belongs = self.claimed > 0 || (noise && self.noise && !self.bytes.is_empty());
        if !belongs {
            self.flush(seen);
            self.reason = why.to_string();
            self.noise = noise;
            self.claimed = span;
        }
        self.bytes.push(byte);
        self.claimed = self.claimed.saturating_sub(1);
    }

    fn flush(&mut self, seen: &mut Vec<Inspected>) {
        if !self.bytes.is_empty() {
            seen.push(Inspected::Refused {
                reason: std::mem::take(&mut self.reason),
                bytes: hex(&self.bytes),
            });
        }
        self.bytes.clear();
        self.claimed = 0;
    }
}

/// Lower-case hex.
pub(super) fn hex(bytes: &[u8]) -> String {
    bytes.iter().map(|byte| format!("{byte:02x}")).collect()
}

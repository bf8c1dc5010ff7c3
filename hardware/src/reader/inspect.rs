//! What the station makes of recorded bytes: `armoury inspect frames --reader NAME HEX`.

use serde::Serialize;
use serde_json::{Map, Value};

use super::framing::{Decoder, Grammar, Refusal, Step};
use super::{Family, TagRead, llrp, m100, mercury, r2000, uhfreader18};

/// How many bytes are given to the decoder at once: below its buffer's limit, so that nothing is dropped.
const CHUNK: usize = 4096;

/// One frame, or a run of bytes that is none; `kind` in JSON says which.
#[derive(Debug, Clone, PartialEq, Serialize)]
#[serde(tag = "kind", rename_all = "snake_case")]
pub enum Inspected {
    /// A reply that carries an EPC.
    Tag(Box<InspectedTag>),
    /// Any other frame: what it says, field by field, under the names of the family's sheet. `command` is what is
    /// asked or answered, `status` the code byte where there is one.
    Reply(Map<String, Value>),
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
    /// The carrier in MHz.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub freq_mhz: Option<f64>,
    /// Whether the tag's own checksum holds.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub air_crc_valid: Option<bool>,
    /// What else the family tells: `command`, `address`, `tag_crc`, `read_count` and the like.
    #[serde(flatten)]
    pub more: Map<String, Value>,
}

impl InspectedTag {
    /// A sighting, with what else its frame says.
    pub(crate) fn of(read: TagRead, more: Map<String, Value>) -> Self {
        let TagRead { epc, pc, tid, antenna, rssi_dbm, rssi_raw, freq_khz, air_crc_valid } = read;
        Self {
            epc: hex(&epc),
            antenna,
            rssi_dbm,
            rssi_raw,
            pc: pc.map(|word| format!("{word:04x}")),
            tid: tid.as_deref().map(hex),
            freq_mhz: freq_khz.map(|khz| f64::from(khz) / 1000.0),
            air_crc_valid,
            more,
        }
    }
}

/// How a family's frames are printed.
pub(crate) trait Inspect: Grammar {
    /// What a frame says, one object or, where it carries several tags, more. `bytes` are the frame's own.
    fn inspected(&self, frame: &Self::Frame, bytes: &[u8]) -> Vec<Inspected>;
}

/// A sighting without an EPC is noise that passed the checksums.
pub(crate) fn no_epc(bytes: &[u8]) -> Inspected {
    Inspected::Refused { reason: "zero-length EPC".to_owned(), bytes: hex(bytes) }
}

/// The name is of no protocol family this crate speaks.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
#[error("no reader protocol is called {name:?}: try {}", Family::ALL.map(Family::word).join(", "))]
pub struct UnknownReader {
    /// The name as it was given.
    pub name: String,
}

/// Reads `bytes` as the driver of `reader` would, and says of every byte what became of it, in order.
///
/// # Errors
/// [`UnknownReader`] when there is no such protocol.
pub fn inspect_frames(reader: &str, bytes: &[u8]) -> Result<Vec<Inspected>, UnknownReader> {
    let family = Family::named(reader).ok_or_else(|| UnknownReader { name: reader.to_owned() })?;
    Ok(match family {
        Family::R2000 => inspect::<r2000::A0>(bytes),
        Family::Mercury => inspect::<mercury::Mercury>(bytes),
        Family::M100 => inspect::<m100::M100Grammar>(bytes),
        Family::Uhfreader18 => inspect::<uhfreader18::Uhf18>(bytes),
        Family::Llrp => inspect::<llrp::Messages>(bytes),
    })
}

fn inspect<G: Inspect>(bytes: &[u8]) -> Vec<Inspected> {
    let mut decoder = Decoder::<G>::new();
    let mut seen = Vec::new();
    let mut refused = Refused::default();
    for chunk in bytes.chunks(CHUNK) {
        decoder.push(chunk);
        drain(&mut decoder, &mut refused, &mut seen);
    }
    decoder.give_up_partial();
    drain(&mut decoder, &mut refused, &mut seen);
    refused.flush(&mut seen);
    seen
}

fn drain<G: Inspect>(decoder: &mut Decoder<G>, refused: &mut Refused, seen: &mut Vec<Inspected>) {
    loop {
        match decoder.step() {
            Step::More => return,
            Step::Skipped { byte, why, span } => refused.add(byte, &why, span, seen),
            Step::Frame(frame, range) => {
                refused.flush(seen);
                seen.extend(decoder.grammar.inspected(&frame, decoder.bytes(range)));
            }
        }
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
pub(crate) fn hex(bytes: &[u8]) -> String {
    bytes.iter().map(|byte| format!("{byte:02x}")).collect()
}

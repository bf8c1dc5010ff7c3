//! What the station makes of recorded bytes: `armoury inspect frames --reader gm65 HEX`.

use std::collections::BTreeMap;

use serde::Serialize;

use super::aim::{self, Kind};
use super::code::judged;
use super::error::Refusal;
use super::gm65::{self, Gm65Decoder, Gm65Frame};
use super::gs1;
use super::heard::{Decode, Heard, RawCode};
use super::keyboard::{EventSize, KeyboardDecoder};
use super::line::LineDecoder;
use super::ssi::{self, SsiDecoder, SsiPacket};
use super::talk::without_line_end;
use super::{KeyMap, ScannerKind};
use crate::reader::hex;

/// How many bytes are given to the decoder at once.
const CHUNK: usize = 4096;

/// One code, frame, or run of bytes that is neither; `kind` in JSON says which.
#[derive(Debug, Clone, PartialEq, Serialize)]
#[serde(tag = "kind", rename_all = "snake_case")]
pub enum InspectedScan {
    /// A code.
    Code(Box<InspectedCode>),
    /// A command or an answer, whichever way it goes.
    Reply(Box<InspectedReply>),
    /// What is not to be taken for a code.
    Refused {
        /// Why, in words.
        reason: String,
        /// The bytes in lower-case hex; of keys the characters typed.
        bytes: String,
    },
}

/// A code as `inspect` prints it. AIM identifiers are looked for as if the scanner were set to send them.
#[derive(Debug, Clone, Default, PartialEq, Serialize)]
pub struct InspectedCode {
    /// The content of a line scanner's code as text.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub payload: Option<String>,
    /// The content of any other scanner's code as text.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub scan: Option<String>,
    /// The AIM identifier, or null.
    pub aim: Option<String>,
    /// The kind of code as people call it, or null.
    pub symbology: Option<&'static str>,
    /// The kind of code as the station's files call it.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub format: Option<&'static str>,
    /// The GS1 elements, where the kind of code says that there are some.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub gs1: Option<BTreeMap<String, String>>,
    /// The content without AIM identifier and line end, in lower-case hex.
    pub bytes: String,
    /// The line end in hex; null where none came.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub terminator: Option<String>,
    /// Whether an end came.
    pub complete: bool,
    /// The bytes are not UTF-8.
    pub decoded_as_latin1: bool,
    /// GM65: an acknowledgement stood before or inside the scan.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub ack: Option<bool>,
    /// Keyboard: the layout it was read with.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub layout: Option<&'static str>,
    /// SSI: the packet's opcode.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub opcode: Option<u8>,
    /// SSI: the packet's source.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub source: Option<u8>,
    /// SSI: the packet's status.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub status: Option<u8>,
    /// SSI: the scanner's number for the kind of code.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub bar_type: Option<u8>,
}

/// A frame without a code as `inspect` prints it; what its protocol does not have is left out.
#[derive(Debug, Clone, Default, PartialEq, Serialize)]
pub struct InspectedReply {
    /// GM65: `read`, `write`, `save`, `heartbeat`, `ack`, `read_reply`.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub op: Option<&'static str>,
    /// GM65: the zone's address.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub addr: Option<u16>,
    /// GM65: how many bytes are to be read.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub count: Option<u8>,
    /// What is written, or was read, in lower-case hex.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub data: Option<String>,
    /// GM65: `wildcard` where AB CD stands for the checksum.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub crc: Option<&'static str>,
    /// GM65: the rate that is written.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub baud: Option<u32>,
    /// GM65: 0 is done.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub result: Option<u8>,
    /// SSI: the packet's opcode.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub opcode: Option<u8>,
    /// SSI: 0 scanner, 4 host.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub source: Option<u8>,
    /// SSI: the packet's status.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub status: Option<u8>,
    /// SSI: why a packet was not taken.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub cause: Option<u8>,
}

/// Reads `bytes` as the driver of `kind` would: `line`, `gm65`, `ssi`, `keyboard` or `evdev`, also with `barcode_` before
/// it. A keyboard is read with the layout of the United States, or with the one named behind a colon (`keyboard:de`).
/// `None` when there is no such scanner.
pub fn inspect_scanner(kind: &str, bytes: &[u8]) -> Option<Vec<InspectedScan>> {
    let kind = kind.to_ascii_lowercase();
    let kind = kind.strip_prefix("barcode_").unwrap_or(&kind);
    let (kind, layout) = kind.split_once(':').unwrap_or((kind, KeyMap::Us.name()));
    let map = KeyMap::ALL.into_iter().find(|map| map.name() == layout)?;
    let kind = match kind {
        "evdev" => ScannerKind::Keyboard,
        name => ScannerKind::ALL.into_iter().find(|kind| kind.name() == name)?,
    };
    let mut decoder: Box<dyn Decode> = match kind {
        ScannerKind::Line => Box::new(LineDecoder::new()),
        ScannerKind::Gm65 => Box::new(Gm65Decoder::new()),
        ScannerKind::Ssi => Box::new(SsiDecoder::new()),
        ScannerKind::Keyboard => Box::new(KeyboardDecoder::new(map, EventSize::of_recording(bytes))),
    };
    let mut page = Page { kind, map, seen: Vec::new(), ack: false, after_cr: false, in_pieces: false };
    for chunk in bytes.chunks(CHUNK) {
        page.add(decoder.push(chunk));
    }
    page.add(decoder.give_up_partial());
    Some(page.seen)
}

/// What was seen so far.
struct Page {
    kind: ScannerKind,
    map: KeyMap,
    seen: Vec<InspectedScan>,
    /// An acknowledgement came since the last code.
    ack: bool,
    /// The last thing was a code that ended in CR.
    after_cr: bool,
    /// Packets of a code in pieces are coming.
    in_pieces: bool,
}

impl Page {
    fn add(&mut self, heard: Vec<Heard>) {
        for heard in heard {
            let one = match heard {
                Heard::Code(raw) => self.code(raw, None),
                Heard::Blank(byte) => {
                    self.line_end(byte);
                    continue;
                }
                Heard::Frame(frame) => self.frame(frame),
                Heard::Packet(packet) if packet.opcode == ssi::DECODED => self.decoded(packet),
                Heard::Packet(packet) => packet_reply(&packet),
                Heard::Refused { why, bytes } => refused(&why.to_string(), &bytes),
            };
            self.seen.push(one);
        }
    }

    fn code(&mut self, raw: RawCode, bar_type: Option<Kind>) -> InspectedScan {
        let ended_by = raw.ended_by;
        self.after_cr = ended_by == Some(b'\r');
        let (code, kind) = match judged(raw, true, bar_type) {
            Ok(judged) => judged,
            Err((why, bytes)) => return refused(&why.to_string(), &bytes),
        };
        let is_line = self.kind == ScannerKind::Line;
        let on_a_line = matches!(self.kind, ScannerKind::Line | ScannerKind::Gm65);
        InspectedScan::Code(Box::new(InspectedCode {
            payload: is_line.then(|| code.text.clone()),
            scan: (!is_line).then_some(code.text),
            aim: code.aim,
            symbology: kind.map(|kind| kind.label),
            format: kind.map(|kind| kind.name),
            gs1: kind.filter(|kind| kind.gs1).and_then(|_| gs1::elements(&code.bytes)),
            bytes: hex(&code.bytes),
            terminator: ended_by.filter(|_| on_a_line).map(|byte| hex(&[byte])),
            complete: code.complete,
            decoded_as_latin1: code.decoded_as_latin1,
            ack: (self.kind == ScannerKind::Gm65).then(|| std::mem::take(&mut self.ack)),
            layout: (self.kind == ScannerKind::Keyboard).then_some(self.map.name()),
            ..InspectedCode::default()
        }))
    }

    /// The LF behind a CR belongs to the code before it.
    fn line_end(&mut self, byte: u8) {
        if std::mem::take(&mut self.after_cr)
            && byte == b'\n'
            && let Some(InspectedScan::Code(code)) = self.seen.last_mut()
        {
            code.terminator = Some("0d0a".to_owned());
        }
    }

    fn decoded(&mut self, packet: SsiPacket) -> InspectedScan {
        let continued = packet.status & ssi::CONTINUED != 0;
        if std::mem::replace(&mut self.in_pieces, continued) || continued {
            return refused(&Refusal::InPieces.to_string(), &packet.bytes());
        }
        let Some((&bar_type, content)) = packet.data.split_first() else {
            return refused(&Refusal::NoBarType.to_string(), &packet.bytes());
        };
        let mut seen = self.code(without_line_end(content), aim::kind_of_bar_type(bar_type));
        if let InspectedScan::Code(code) = &mut seen {
            code.opcode = Some(packet.opcode);
            code.source = Some(packet.source);
            code.status = Some(packet.status);
            code.bar_type = Some(bar_type);
        }
        seen
    }

    fn frame(&mut self, frame: Gm65Frame) -> InspectedScan {
        let reply = match frame {
            Gm65Frame::Reply { status, data } if data[..] == [0] => {
                self.ack = true;
                InspectedReply { op: Some("ack"), result: Some(status), ..InspectedReply::default() }
            }
            Gm65Frame::Reply { status, data } => InspectedReply {
                op: Some("read_reply"),
                data: Some(hex(&data)),
                result: (status != 0).then_some(status),
                ..InspectedReply::default()
            },
            Gm65Frame::Command { kind, address, data, wildcard } => {
                let crc = wildcard.then_some("wildcard");
                InspectedReply { crc, ..command(kind, address, &data) }
            }
        };
        InspectedScan::Reply(Box::new(reply))
    }
}

/// Where a GM65 keeps its rate, as a divisor of 3 MHz.
const BAUD_ADDRESS: u16 = 0x002A;
const BAUD_CLOCK_HZ: u32 = 3_000_000;
const BAUDS: [u32; 8] = [1_200, 4_800, 9_600, 14_400, 19_200, 38_400, 57_600, 115_200];

fn command(kind: u8, address: u16, data: &[u8]) -> InspectedReply {
    let empty = InspectedReply::default();
    let addr = Some(address);
    match kind {
        gm65::READ => InspectedReply { op: Some("read"), addr, count: data.first().copied(), ..empty },
        gm65::WRITE => {
            let baud = (address == BAUD_ADDRESS).then(|| baud(data)).flatten();
            InspectedReply { op: Some("write"), addr, data: Some(hex(data)), baud, ..empty }
        }
        gm65::SAVE => InspectedReply { op: Some("save"), ..empty },
        _ => InspectedReply { op: Some("heartbeat"), ..empty },
    }
}

fn baud(data: &[u8]) -> Option<u32> {
    let divisor = u32::from(u16::from_le_bytes(data.try_into().ok()?));
    let exact = BAUD_CLOCK_HZ.checked_div(divisor)?;
    Some(BAUDS.into_iter().find(|baud| baud.abs_diff(exact) * 100 < *baud).unwrap_or(exact))
}

fn packet_reply(packet: &SsiPacket) -> InspectedScan {
    InspectedScan::Reply(Box::new(InspectedReply {
        opcode: Some(packet.opcode),
        source: Some(packet.source),
        status: Some(packet.status),
        cause: packet.data.first().copied().filter(|_| packet.opcode == ssi::NAK),
        data: (!packet.data.is_empty()).then(|| hex(&packet.data)),
        ..InspectedReply::default()
    }))
}

fn refused(reason: &str, bytes: &[u8]) -> InspectedScan {
    InspectedScan::Refused { reason: reason.to_owned(), bytes: hex(bytes) }
}

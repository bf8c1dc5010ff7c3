//! The A0 frames: length, checksum and layout in, [`Frame`] out.

use super::check::{HEADER, check, checksum};
use super::code;
use super::command::RETURN_LOSS;
use super::record::TagRecord;
use super::reply::Reply;
use crate::reader::TagRead;
use crate::reader::framing::{Check, Decoder, Grammar};
use crate::reader::talk::Speech;

/// Finds A0 frames in bytes as they come.
pub type R2000Decoder = Decoder<A0>;

/// What A0 frames look like, and what the driver has told of its reader that the frames do not say.
#[derive(Debug, Default)]
pub struct A0 {
    /// The second eight of a 16-port reader's antennas are in use: every antenna in a frame is eight more.
    pub(super) second_group: bool,
    /// More than four antennas are in use: bit 7 of the count in a record of memory adds four to the antenna, because
    /// such a record has no strength byte that could ((K) makers' programs; the sheet has it for the strength only).
    pub(super) eight_ports: bool,
    /// What records of memory carry.
    pub(super) memory: Memory,
}

/// What records of memory carry: they do not say which bank they are of.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default)]
pub(super) enum Memory {
    /// A chip number where it begins like one.
    #[default]
    Unknown,
    /// A chip number of so many bytes.
    ChipNumber(usize),
    /// Something else, whatever it looks like.
    Other,
}

impl Grammar for A0 {
    type Frame = Frame;
    const WEAK_CHECKSUM: bool = true;

    fn may_begin(&self, byte: u8) -> bool {
        byte == HEADER
    }

    fn check(&self, bytes: &[u8]) -> Check {
        check(bytes)
    }

    fn frame(&self, bytes: &[u8]) -> Frame {
        Frame::from_checked(bytes)
    }
}

impl A0 {
    /// What a frame says, with what is known of its reader.
    pub(super) fn reply(&self, frame: &Frame) -> Reply {
        match Reply::of(frame) {
            Reply::Tag(mut record) => {
                self.complete(&mut record);
                Reply::Tag(record)
            }
            other => other,
        }
    }

    fn complete(&self, record: &mut TagRecord) {
        if self.eight_ports
            && record.read.rssi_raw.is_none()
            && let Some(count) = record.read_count
        {
            record.read.antenna += if count & 0x80 == 0 { 0 } else { 4 };
            record.read_count = Some(count & 0x7F);
        }
        if self.second_group {
            record.read.antenna += 8;
        }
        if let Some(data) = &record.data {
            match self.memory {
                Memory::Unknown => {}
                Memory::ChipNumber(bytes) => {
                    record.read.tid = Some(data.clone()).filter(|tid| tid.len() == bytes)
                }
                Memory::Other => record.read.tid = None,
            }
        }
    }
}

impl Speech for A0 {
    fn reads(&self, frame: &Frame, hand_on: &mut dyn FnMut(TagRead)) {
        if let Reply::Tag(record) = self.reply(frame) {
            hand_on(record.read);
        }
    }

    fn address(&self, frame: &Frame) -> Option<u8> {
        Some(frame.address)
    }

    /// Setting 16 dBm and its answer are the same bytes, and so are asking for the match at frequency 3 and the answer
    /// of 3 dB.
    fn may_be_echo(&self, frame: &Frame) -> bool {
        frame.data != [code::OK] && frame.command != RETURN_LOSS
    }
}

/// One message of the protocol; length, checksum and layout have been checked.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Frame {
    /// The reader's address; FF means every reader and appears in questions only.
    pub address: u8,
    /// The command, or the command that is answered.
    pub command: u8,
    /// Everything between command and checksum.
    pub data: Vec<u8>,
}

impl Frame {
    fn from_checked(bytes: &[u8]) -> Self {
        Self { address: bytes[2], command: bytes[3], data: bytes[4..bytes.len() - 1].to_vec() }
    }
}

/// The most data a command can carry: LEN is one byte.
const MOST_DATA: usize = 252;

/// Builds the bytes of a command; `data` is at most 252 bytes, which every caller holds to.
pub(super) fn command_bytes(address: u8, command: u8, data: &[u8]) -> Vec<u8> {
    debug_assert!(data.len() <= MOST_DATA, "{} bytes for command {command:#04x}", data.len());
    let mut bytes = vec![HEADER, data.len() as u8 + 3, address, command];
    bytes.extend_from_slice(data);
    bytes.push(checksum(&bytes));
    bytes
}

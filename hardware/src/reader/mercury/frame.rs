//! The frames of both directions: length, checksum and layout in, [`Frame`] out.

use crc::{CRC_16_SPI_FUJITSU, Crc, Table};

use super::check::{HEADER, check};
use super::reply::tags;
use crate::reader::TagRead;
use crate::reader::framing::{Check, Decoder, Grammar};
use crate::reader::talk::Speech;

/// Finds Mercury frames in bytes as they come.
pub type MercuryDecoder = Decoder<Mercury>;

/// Bytes of a command beyond its data: header, LEN, operation code, checksum. A reply without checksum has as many: its
/// status stands instead.
pub(super) const COMMAND_REST: usize = 5;
/// Bytes of a reply beyond its data: also the status.
pub(super) const REPLY_REST: usize = 7;

/// Polynomial 1021, start 1D0F, nothing reflected or inverted.
static CRC: Crc<u16, Table<16>> = Crc::<u16, Table<16>>::new(&CRC_16_SPI_FUJITSU);

/// What Mercury frames look like.
#[derive(Debug, Default)]
pub struct Mercury {
    /// The module leaves the checksum of its replies out (section 2: a program before us switched it off).
    pub(super) without_crc: bool,
    /// What a tag record carries as data is the chip's number: the driver asked for it.
    pub(super) data_is_tid: bool,
}

impl Grammar for Mercury {
    type Frame = Frame;

    fn may_begin(&self, byte: u8) -> bool {
        byte == HEADER
    }

    fn check(&self, bytes: &[u8]) -> Check {
        check(bytes, self.without_crc)
    }

    fn frame(&self, bytes: &[u8]) -> Frame {
        Frame::from_checked(bytes, self.without_crc)
    }
}

impl Speech for Mercury {
    fn reads(&self, frame: &Frame, hand_on: &mut dyn FnMut(TagRead)) {
        tags(frame, &mut |tag| hand_on(tag.read(self.data_is_tid)));
    }
}

/// One message of the protocol; length, checksum and layout have been checked.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Frame {
    /// What is asked, or what is answered.
    pub opcode: u8,
    /// How it went, 0 for well; `None` in what was sent to the module.
    pub status: Option<u16>,
    /// Everything between that and the checksum.
    pub data: Vec<u8>,
}

impl Frame {
    fn from_checked(bytes: &[u8], without_crc: bool) -> Self {
        let data_len = usize::from(bytes[1]);
        let is_reply = without_crc || bytes.len() == data_len + REPLY_REST;
        let data_at = if is_reply { 5 } else { 3 };
        Self {
            opcode: bytes[2],
            status: is_reply.then(|| u16::from_be_bytes([bytes[3], bytes[4]])),
            data: bytes[data_at..data_at + data_len].to_vec(),
        }
    }

    /// Whether this answers that operation, well or badly.
    pub(super) fn answers(&self, opcode: u8) -> bool {
        self.opcode == opcode && self.status.is_some()
    }
}

/// The checksum over `covered`: everything from LEN to the last data byte. The message is shifted into the bottom of the
/// register and no zeros follow it, so the last two bytes only meet the register at the end (section 2, the closed form).
pub(super) fn crc(covered: &[u8]) -> u16 {
    let Some((front, &last)) = covered.split_last_chunk::<2>() else { return 0 };
    CRC.checksum(front) ^ u16::from_be_bytes(last)
}

/// Builds the bytes of a command.
pub(super) fn command_bytes(opcode: u8, data: &[u8]) -> Vec<u8> {
    debug_assert!(data.len() <= usize::from(super::check::LONGEST_LEN), "LEN is one byte");
    let mut bytes = vec![HEADER, data.len() as u8, opcode];
    bytes.extend_from_slice(data);
    let crc = crc(&bytes[1..]);
    bytes.extend(crc.to_be_bytes());
    bytes
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_checksum_is_the_one_of_the_sheets_table() {
        assert_eq!(command_bytes(0x03, &[]), [0xFF, 0x00, 0x03, 0x1D, 0x0C]);
        assert_eq!(command_bytes(0x04, &[]), [0xFF, 0x00, 0x04, 0x1D, 0x0B]);
        // A datasheet prints 4BBE.
        assert_eq!(command_bytes(0x97, &[2]), [0xFF, 0x01, 0x97, 0x02, 0x4B, 0xBF]);
    }
}

//! Both framings in one grammar, because nobody can tell from a lid which of the two a reader speaks.

use crc::{CRC_16_MCRF4XX, Crc, Table};

use super::check;
use super::prime;
use super::tags::{Numbering, Shape, buffered, pushed, shape_of, walk};
use super::{code, command::*};
use crate::reader::TagRead;
use crate::reader::framing::{Check, Decoder, Grammar};
use crate::reader::talk::Speech;

/// Polynomial 8408 reflected, start FFFF, not inverted (protocol sheet, section 2).
static CRC: Crc<u16, Table<16>> = Crc::<u16, Table<16>>::new(&CRC_16_MCRF4XX);

/// Finds length-prefixed and CF frames in bytes as they come.
pub type Uhfreader18Decoder = Decoder<Uhf18>;

/// What the bridge in HW-VX units says about every 30 s: not a frame, though 56 is a legal length (protocol sheet,
/// section 5).
const BRIDGE_HEARTBEAT: [u8; 6] = [0x56, 0, 0, 0, 0, 0];

/// What the frames of this family look like, and what a driver has learnt of its reader.
#[derive(Debug, Default)]
pub struct Uhf18 {
    /// How this reader builds its tag records. `None` decides frame by frame.
    pub(super) shape: Option<Shape>,
    /// How it counts antennas.
    pub(super) numbering: Option<Numbering>,
    /// The index of the antenna that was last asked.
    pub(super) asked_antenna: Option<u8>,
}

/// One message; length, checksum and layout have been checked.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Frame {
    /// Which framing and direction.
    pub kind: FrameKind,
    /// The reader's address; FF means every reader and appears in commands only.
    pub address: u8,
    /// The command, or the command that is answered. 16 bits wide in CF frames.
    pub command: u16,
    /// The status of a reply.
    pub status: Option<u8>,
    /// What follows.
    pub data: Vec<u8>,
}

/// Which framing and direction.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum FrameKind {
    /// Length-prefixed, from the reader.
    Reply,
    /// Length-prefixed, to the reader.
    Command,
    /// Length-prefixed; setting a value and acknowledging it are the same bytes here. The byte stands in `status` and in
    /// `data`.
    Either,
    /// CF, from the reader.
    PrimeReply,
    /// CF, to the reader.
    PrimeCommand,
    /// The six bytes of a network bridge that is alive.
    BridgeHeartbeat,
}

impl Grammar for Uhf18 {
    type Frame = Frame;

    /// There is no start mark: any length this protocol can have may begin a frame.
    fn may_begin(&self, byte: u8) -> bool {
        (check::SHORTEST_LEN..=check::LONGEST_LEN).contains(&byte)
    }

    fn check(&self, bytes: &[u8]) -> Check {
        let heartbeat = bytes.iter().zip(BRIDGE_HEARTBEAT).take_while(|&(&byte, said)| byte == said).count();
        if heartbeat == BRIDGE_HEARTBEAT.len() {
            return Check::Frame(heartbeat);
        }
        // Its third byte makes the difference: no length-prefixed frame of that length answers command 00.
        if heartbeat == bytes.len() {
            return Check::Incomplete(BRIDGE_HEARTBEAT.len() - heartbeat);
        }
        match (bytes[0], bytes.get(2)) {
            (prime::HEADER, None | Some(0)) => prime::check(bytes),
            _ => check::check(self.shape, bytes),
        }
    }

    fn frame(&self, bytes: &[u8]) -> Frame {
        match (bytes[0], bytes[2]) {
            _ if bytes == BRIDGE_HEARTBEAT => Frame {
                kind: FrameKind::BridgeHeartbeat,
                address: 0,
                command: NONE.into(),
                status: None,
                data: Vec::new(),
            },
            (prime::HEADER, 0) => prime::frame(bytes),
            _ => check::frame(self.shape, bytes),
        }
    }
}

impl Speech for Uhf18 {
    /// The manual keeps gaps inside a frame under 15 ms; the rest is for adapters (protocol sheet, section 2).
    const QUIET_GAP: std::time::Duration = std::time::Duration::from_millis(50);

    fn reads(&self, frame: &Frame, hand_on: &mut dyn FnMut(TagRead)) {
        self.each_tag(frame, |read, _| hand_on(read));
    }

    fn address(&self, frame: &Frame) -> Option<u8> {
        (!matches!(frame.kind, FrameKind::BridgeHeartbeat)).then_some(frame.address)
    }

    /// Setting an address of 0 and its acknowledgement are the same bytes.
    fn may_be_echo(&self, frame: &Frame) -> bool {
        frame.kind != FrameKind::Either
    }
}

/// What a frame says of a tag beyond the sighting itself.
pub(super) struct Beside {
    pub antenna_bits: Option<u8>,
    pub phase: Option<u32>,
    pub read_count: Option<u8>,
    pub channel: Option<u8>,
    pub rssi_tenths_dbm: Option<i16>,
}

impl Uhf18 {
    /// Every tag a frame carries, also one without an EPC, with what else is said of it.
    pub(super) fn each_tag(&self, frame: &Frame, mut each: impl FnMut(TagRead, Beside)) {
        let mut record = |record: super::tags::Record<'_>| {
            let beside = Beside {
                antenna_bits: record.antenna_byte,
                phase: record.phase,
                read_count: record.read_count,
                channel: None,
                rssi_tenths_dbm: None,
            };
            each(self.read(&record), beside);
        };
        match (frame.kind, frame.command as u8, frame.status) {
            (FrameKind::Reply, INVENTORY | SINGLE, Some(status)) if carries_tags(status) => {
                if let (_, Some(shape)) = shape_of(self.shape, &frame.data, frame.data.len()) {
                    walk(shape, &frame.data, frame.data.len(), record);
                }
            }
            (FrameKind::Reply, PUSH, Some(code::OK)) => {
                if let Some(pushed) = pushed(self.shape, &frame.data) {
                    record(pushed);
                }
            }
            // Two walks: a record is shown only when all of them fit.
            (FrameKind::Reply, BUFFER_READ, Some(_)) if is_buffer(&frame.data) => {
                buffered(&frame.data, record);
            }
            (FrameKind::PrimeReply, ..) => {
                if let Some(tag) = prime::tag(frame) {
                    let beside = Beside {
                        antenna_bits: None,
                        phase: None,
                        read_count: None,
                        channel: tag.channel,
                        rssi_tenths_dbm: Some(tag.rssi_tenths_dbm),
                    };
                    each(tag.read(), beside);
                }
            }
            _ => {}
        }
    }
}

fn is_buffer(data: &[u8]) -> bool {
    buffered(data, |_| {}) == super::tags::Fit::Whole
}

/// Whether an inventory's frame with this status has tag records.
pub(super) fn carries_tags(status: u8) -> bool {
    status <= code::MEMORY_FULL
}

impl Frame {
    /// Whether a length-prefixed reader says this.
    pub(super) fn is_reply(&self) -> bool {
        matches!(self.kind, FrameKind::Reply | FrameKind::Either)
    }

    /// Whether a length-prefixed reader answers this command.
    pub(super) fn replies_to(&self, command: u8) -> bool {
        self.is_reply() && self.command == u16::from(command)
    }

    /// Whether this is a CF frame.
    pub(super) fn is_prime(&self) -> bool {
        matches!(self.kind, FrameKind::PrimeReply | FrameKind::PrimeCommand)
    }
}

/// The checksum of both framings; they differ in the order of its bytes.
pub(super) fn crc16(bytes: &[u8]) -> u16 {
    CRC.checksum(bytes)
}

/// Builds the bytes of a length-prefixed command; `None` where it would be longer than a frame can be.
pub(super) fn command_bytes(address: u8, command: u8, data: &[u8]) -> Option<Vec<u8>> {
    let len = u8::try_from(data.len() + 4).ok().filter(|&len| len <= check::LONGEST_LEN)?;
    let mut bytes = vec![len, address, command];
    bytes.extend_from_slice(data);
    let crc = crc16(&bytes);
    bytes.extend(crc.to_le_bytes());
    Some(bytes)
}

#[cfg(test)]
mod tests {
    use super::crc16;

    #[test]
    fn the_checksum_agrees_with_the_sheets_worked_examples() {
        assert_eq!(crc16(&[0x04, 0xFF, 0x21]), 0x9519);
        assert_eq!(crc16(&[0x04, 0x00, 0x21]), 0x6AD9);
        assert_eq!(crc16(&[0xCF, 0xFF, 0x00, 0x02, 0x00]), 0xE761);
    }
}

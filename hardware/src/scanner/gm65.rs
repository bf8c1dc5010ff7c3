//! GM65-type modules: frames of both directions, and scans with answers glued to them (scanner page, section 3).

use super::error::Refusal;
use super::heard::{Decode, Heard};
use super::line::LineDecoder;

/// Type byte of a command that reads zone bytes.
pub(super) const READ: u8 = 0x07;
/// Writes zone bytes, in RAM.
pub(super) const WRITE: u8 = 0x08;
/// Saves to flash. Never sent by the driver: flash wears out, and the driver writes at each start anyway.
pub(super) const SAVE: u8 = 0x09;
/// Asks for a sign of life.
pub(super) const HEARTBEAT: u8 = 0x0A;

/// Stands where a command's checksum would, and is always right.
const WILDCARD: [u8; 2] = [0xAB, 0xCD];

/// One frame; length and checksum have been checked.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Gm65Frame {
    /// From the host.
    Command {
        /// 07 read, 08 write, 09 save, 0A heartbeat.
        kind: u8,
        /// The zone's address.
        address: u16,
        /// What is written; for a read the count.
        data: Vec<u8>,
        /// The checksum is the wildcard AB CD.
        wildcard: bool,
    },
    /// From the module. A write that was done and a zone that holds 00 are answered by the same bytes.
    Reply {
        /// 00 means done.
        status: u8,
        /// The zone's bytes, or one 00.
        data: Vec<u8>,
    },
}

/// A command's bytes, with its real checksum.
pub(super) fn command(kind: u8, address: u16, data: u8) -> Vec<u8> {
    let [high, low] = address.to_be_bytes();
    sealed(&[0x7E, 0x00, kind, 1, high, low, data])
}

/// An answer's bytes, as a module sends them.
pub(crate) fn reply(data: &[u8]) -> Vec<u8> {
    let mut bytes = vec![0x02, 0x00, 0x00, data.len() as u8];
    bytes.extend_from_slice(data);
    sealed(&bytes)
}

fn sealed(bytes: &[u8]) -> Vec<u8> {
    [bytes, &crc(&bytes[2..]).to_be_bytes()].concat()
}

/// CRC-16/XMODEM: polynomial 1021, start 0, not reflected.
fn crc(bytes: &[u8]) -> u16 {
    let mut crc = 0_u16;
    for &byte in bytes {
        crc ^= u16::from(byte) << 8;
        for _ in 0..8 {
            let carry = crc & 0x8000 != 0;
            crc <<= 1;
            if carry {
                crc ^= 0x1021;
            }
        }
    }
    crc
}

/// What the bytes at hand begin with.
pub(crate) enum Begins {
    /// A frame of so many bytes.
    Frame(usize, Gm65Frame),
    /// What may become one.
    Incomplete,
    /// A frame but for its checksum.
    Damaged,
    /// Anything else.
    Other,
}

/// Looks for a frame at the front. A code holds no NUL, so the second byte settles nearly everything.
pub(crate) fn begins(bytes: &[u8]) -> Begins {
    // The heartbeat's answer begins with 03 in some manuals.
    let (is_command, before_data) = match bytes {
        [0x7E, ..] => (true, 6),
        [0x02 | 0x03, ..] => (false, 4),
        _ => return Begins::Other,
    };
    match bytes.get(1) {
        Some(0) => {}
        Some(_) => return Begins::Other,
        None => return Begins::Incomplete,
    }
    if is_command && bytes.get(2).is_some_and(|kind| !(READ..=HEARTBEAT).contains(kind)) {
        return Begins::Other;
    }
    let length = match bytes.get(3) {
        Some(0) => return Begins::Other,
        Some(&length) => usize::from(length),
        None => return Begins::Incomplete,
    };
    let end = before_data + length;
    let Some(seal) = bytes.get(end..end + 2) else { return Begins::Incomplete };
    let wildcard = is_command && seal == WILDCARD;
    if !wildcard && seal != crc(&bytes[2..end]).to_be_bytes() {
        return Begins::Damaged;
    }
    let data = bytes[before_data..end].to_vec();
    let frame = if is_command {
        let address = u16::from_be_bytes([bytes[4], bytes[5]]);
        Gm65Frame::Command { kind: bytes[2], address, data, wildcard }
    } else {
        Gm65Frame::Reply { status: bytes[2], data }
    };
    Begins::Frame(end + 2, frame)
}

/// Takes whole, checked frames out of the stream wherever they stand, also in the middle of a scan, and passes every
/// other byte on to a [`LineDecoder`].
#[derive(Debug, Default)]
pub struct Gm65Decoder {
    /// What may become a frame; at most the longest one.
    held: Vec<u8>,
    line: LineDecoder,
    /// A damaged frame lies in the line at hand.
    damaged: bool,
}

impl Gm65Decoder {
    /// An empty decoder.
    pub fn new() -> Self {
        Self::default()
    }

    fn judge(&mut self, finished: bool) -> Vec<Heard> {
        let mut heard = Vec::new();
        let mut start = 0;
        while start < self.held.len() {
            let taken = match begins(&self.held[start..]) {
                Begins::Frame(length, frame) => {
                    heard.push(Heard::Frame(frame));
                    length
                }
                Begins::Incomplete if !finished => break,
                Begins::Damaged => {
                    self.damaged = true;
                    heard.extend(self.pass_on(self.held[start]));
                    1
                }
                Begins::Incomplete | Begins::Other => {
                    heard.extend(self.pass_on(self.held[start]));
                    1
                }
            };
            start += taken;
        }
        self.held.drain(..start);
        heard
    }

    fn pass_on(&mut self, byte: u8) -> Option<Heard> {
        let heard = self.line.take(byte);
        self.blamed(heard)
    }

    fn blamed(&mut self, mut heard: Option<Heard>) -> Option<Heard> {
        if let Some(Heard::Code(code)) = &mut heard
            && std::mem::take(&mut self.damaged)
        {
            code.blame = Some(Refusal::Gm65Checksum);
        }
        heard
    }
}

impl Decode for Gm65Decoder {
    fn push(&mut self, bytes: &[u8]) -> Vec<Heard> {
        self.held.extend_from_slice(bytes);
        self.judge(false)
    }

    fn give_up_partial(&mut self) -> Vec<Heard> {
        let mut heard = self.judge(true);
        let rest = self.line.flush();
        heard.extend(self.blamed(rest));
        self.damaged = false;
        heard
    }

    fn is_waiting(&self) -> bool {
        !self.held.is_empty() || self.line.is_waiting()
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_worked_checksums_of_the_page_hold() {
        assert_eq!(command(WRITE, 2, 1), [0x7E, 0, 8, 1, 0, 2, 1, 0x02, 0xDA]);
        assert_eq!(command(SAVE, 0, 0), [0x7E, 0, 9, 1, 0, 0, 0, 0xDE, 0xC8]);
        assert_eq!(reply(&[0]), [2, 0, 0, 1, 0, 0x33, 0x31]);
    }
}

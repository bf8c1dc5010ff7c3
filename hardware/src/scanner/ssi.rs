//! Packets of the Simple Serial Interface (scanner page, section 4).

use std::time::Duration;

use tokio::time::Instant;

use super::error::Refusal;
use super::heard::{Decode, Heard};

/// The other side took the last packet.
pub(crate) const ACK: u8 = 0xD0;
/// The other side did not; the first data byte says why.
pub(crate) const NAK: u8 = 0xD1;
/// Reading on. Harmless at any time, so it also serves as the question for a sign of life.
pub(super) const ENABLE: u8 = 0xE9;
/// Sets parameters.
pub(crate) const PARAMETER: u8 = 0xC6;
/// A code: bar type, then the content.
pub(crate) const DECODED: u8 = 0xF3;

/// The cause in a NAK that asks for the packet once more.
pub(crate) const RESEND: u8 = 1;
/// Status bit of a packet that is sent once more.
const RETRANSMIT: u8 = 0x01;
/// Status bit of a packet that others follow (Zebra's guide; not on the scanner page).
pub(super) const CONTINUED: u8 = 0x02;
/// Source byte of packets from the scanner.
pub(crate) const SCANNER: u8 = 0x00;
/// Source byte of packets from the host; some makers' scanners use it as well.
pub(super) const HOST: u8 = 0x04;

/// A scanner waits about 2 s for its acknowledgement (scanner page, section 4).
const RESENT_WITHIN: Duration = Duration::from_millis(2_500);

/// LEN, opcode, source and status, which LEN counts.
const HEAD: usize = 4;

/// One packet; length and checksum have been checked.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct SsiPacket {
    /// What it is.
    pub opcode: u8,
    /// 00 scanner, 04 host.
    pub source: u8,
    /// Bit 0 once more, bit 1 continued, bit 3 to be kept for good.
    pub status: u8,
    /// Everything between status and checksum.
    pub data: Vec<u8>,
}

impl SsiPacket {
    /// The packet's bytes. Data beyond 251 bytes does not fit and is left out.
    pub fn bytes(&self) -> Vec<u8> {
        let data = &self.data[..self.data.len().min(usize::from(u8::MAX) - HEAD)];
        let mut bytes = vec![(HEAD + data.len()) as u8, self.opcode, self.source, self.status];
        bytes.extend_from_slice(data);
        let seal = checksum(&bytes);
        bytes.extend_from_slice(&seal.to_be_bytes());
        bytes
    }

    /// A packet from the host.
    pub(super) fn from_host(opcode: u8, data: &[u8]) -> Self {
        Self { opcode, source: HOST, status: 0, data: data.to_vec() }
    }
}

/// The two's complement of the 16-bit sum.
fn checksum(bytes: &[u8]) -> u16 {
    bytes.iter().fold(0_u16, |sum, &byte| sum.wrapping_add(u16::from(byte))).wrapping_neg()
}

/// Tells a code sent again from a code shown again.
#[derive(Debug, Default)]
pub(super) struct Resent {
    last: Option<(Vec<u8>, Instant)>,
}

impl Resent {
    /// Whether this packet is the one before once more, because its acknowledgement was lost: it says so, or it has the
    /// same content and came about when a scanner's patience ends.
    pub(super) fn is_resent(&mut self, packet: &SsiPacket, now: Instant) -> bool {
        let resent = self.last.as_ref().is_some_and(|(data, at)| {
            *data == packet.data
                && (packet.status & RETRANSMIT != 0 || now.duration_since(*at) < RESENT_WITHIN)
        });
        self.last = Some((packet.data.clone(), now));
        resent
    }
}

enum Begins {
    Packet(usize, SsiPacket),
    Incomplete { missing: usize },
    Damaged { opcode: u8, span: usize },
    Other,
}

fn begins(bytes: &[u8]) -> Begins {
    let Some(&length) = bytes.first() else { return Begins::Incomplete { missing: HEAD + 2 } };
    let end = usize::from(length);
    let source_fits = bytes.get(2).is_none_or(|&source| source == SCANNER || source == HOST);
    let status_fits = bytes.get(3).is_none_or(|&status| status < 0x10);
    if end < HEAD || !source_fits || !status_fits {
        return Begins::Other;
    }
    let Some(seal) = bytes.get(end..end + 2) else {
        return Begins::Incomplete { missing: end + 2 - bytes.len() };
    };
    if seal != checksum(&bytes[..end]).to_be_bytes() {
        return Begins::Damaged { opcode: bytes[1], span: end + 2 };
    }
    let data = bytes[HEAD..end].to_vec();
    Begins::Packet(end + 2, SsiPacket { opcode: bytes[1], source: bytes[2], status: bytes[3], data })
}

/// Finds packets: driven by LEN, checked, and back in step after damage by moving on one byte at a time.
#[derive(Debug, Default)]
pub struct SsiDecoder {
    /// Less than one packet between calls.
    held: Vec<u8>,
    refused: Run,
}

/// Bytes skipped one by one, put together again: a run of noise is one refusal, and so is a damaged packet.
#[derive(Debug, Default)]
struct Run {
    why: Option<Refusal>,
    bytes: Vec<u8>,
    /// How many of the next bytes still belong to the packet that was refused.
    claimed: usize,
}

/// A run that never ends is told in pieces.
const LONGEST_RUN: usize = 4096;

impl Run {
    fn add(&mut self, byte: u8, why: Refusal, span: usize, heard: &mut Vec<Heard>) {
        let noise = why == Refusal::NotAPacket;
        let belongs = self.claimed > 0 || noise && self.why == Some(Refusal::NotAPacket);
        if !belongs || self.bytes.len() >= LONGEST_RUN {
            self.end(heard);
            self.why = Some(why);
            self.claimed = span;
        }
        self.bytes.push(byte);
        self.claimed = self.claimed.saturating_sub(1);
    }

    fn end(&mut self, heard: &mut Vec<Heard>) {
        self.claimed = 0;
        if let Some(why) = self.why.take() {
            heard.push(Heard::Refused { why, bytes: std::mem::take(&mut self.bytes) });
        }
    }
}

impl SsiDecoder {
    /// An empty decoder.
    pub fn new() -> Self {
        Self::default()
    }

    fn judge(&mut self, finished: bool) -> Vec<Heard> {
        let mut heard = Vec::new();
        let mut start = 0;
        while start < self.held.len() {
            let left = self.held.len() - start;
            let (why, span) = match begins(&self.held[start..]) {
                Begins::Packet(length, packet) => {
                    self.refused.end(&mut heard);
                    heard.push(Heard::Packet(packet));
                    start += length;
                    continue;
                }
                Begins::Incomplete { .. } if !finished => break,
                Begins::Incomplete { missing } => (Refusal::CutShort { missing }, left),
                Begins::Damaged { opcode, span } => (Refusal::SsiChecksum { opcode }, span),
                Begins::Other => (Refusal::NotAPacket, 1),
            };
            self.refused.add(self.held[start], why, span, &mut heard);
            start += 1;
        }
        self.held.drain(..start);
        heard
    }
}

impl Decode for SsiDecoder {
    fn push(&mut self, bytes: &[u8]) -> Vec<Heard> {
        self.held.extend_from_slice(bytes);
        self.judge(false)
    }

    fn give_up_partial(&mut self) -> Vec<Heard> {
        let mut heard = self.judge(true);
        self.refused.end(&mut heard);
        heard
    }

    fn is_waiting(&self) -> bool {
        !self.held.is_empty() || self.refused.why.is_some()
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_code_sent_again_is_told_from_one_shown_again() {
        let start = Instant::now();
        let packet =
            |status, data: &[u8]| SsiPacket { opcode: DECODED, source: 0, status, data: data.to_vec() };
        let mut resent = Resent::default();
        for (at_ms, status, data, expected) in [
            (0, 1, b"A", false),
            (2_000, 0, b"A", true),
            (4_000, 0, b"A", true),
            (7_000, 0, b"A", false),
            (60_000, 1, b"A", true),
            (60_100, 0, b"B", false),
            (60_200, 0, b"A", false),
            (60_300, 1, b"B", false),
        ] {
            let now = start + Duration::from_millis(at_ms);
            assert_eq!(resent.is_resent(&packet(status, data), now), expected, "at {at_ms} ms");
        }
    }

    #[test]
    fn the_worked_packets_of_the_page_hold() {
        assert_eq!(SsiPacket::from_host(ACK, &[]).bytes(), [4, 0xD0, 4, 0, 0xFF, 0x28]);
        assert_eq!(SsiPacket::from_host(NAK, &[RESEND]).bytes(), [5, 0xD1, 4, 0, 1, 0xFF, 0x25]);
    }
}

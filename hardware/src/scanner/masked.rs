//! What a capture shows of a scanner. Badges and marks are codes, so no code is in it as it came: what shows a fault, its
//! length, its signs, its line end and its framing, stays, and whose it is does not.

use super::gm65::{self, Gm65Frame};
use super::heard::{Heard, RawCode};
use super::ssi;
use crate::capture::Capture;

/// Bytes of an AIM identifier: `]`, a letter, a figure. They say what kind of code it is and nothing else.
const AIM: usize = 3;

/// Writes down what came: so many bytes, and what they were.
pub(super) fn write(capture: &Capture, rate: u32, count: usize, heard: &[Heard]) {
    if !capture.is_on() {
        return;
    }
    capture.counted(count);
    for one in heard {
        let shown = shown(one);
        if !shown.is_empty() {
            capture.received(rate, &shown);
        }
    }
}

/// The bytes under which a capture is to be read back to the same thing, but for what is in the code.
fn shown(heard: &Heard) -> Vec<u8> {
    match heard {
        Heard::Code(RawCode { bytes, ended_by, .. }) => {
            let mut shown = masked(bytes);
            shown.extend(ended_by);
            shown
        }
        Heard::Blank(byte) => vec![*byte],
        Heard::Frame(Gm65Frame::Reply { data, .. }) => gm65::reply(data),
        // Our own, come back over joined wires: it was written down when it was sent.
        Heard::Frame(Gm65Frame::Command { .. }) => Vec::new(),
        Heard::Packet(packet) if packet.opcode == ssi::DECODED => {
            let mut packet = packet.clone();
            // The first byte is the bar type.
            if let Some((_, code)) = packet.data.split_first_mut() {
                let shown = masked(code);
                code.copy_from_slice(&shown);
            }
            packet.bytes()
        }
        Heard::Packet(packet) => packet.bytes(),
        Heard::Refused { bytes, .. } => masked(bytes),
    }
}

/// Every digit as 0, every letter as A or a, what is not ASCII as FF. Signs, control characters and an AIM identifier stay.
pub(super) fn masked(bytes: &[u8]) -> Vec<u8> {
    let kept = if bytes.first() == Some(&b']') { AIM.min(bytes.len()) } else { 0 };
    let (aim, code) = bytes.split_at(kept);
    let mask = |byte: &u8| match byte {
        b'0'..=b'9' => b'0',
        b'A'..=b'Z' => b'A',
        b'a'..=b'z' => b'a',
        0x80.. => 0xFF,
        other => *other,
    };
    aim.iter().copied().chain(code.iter().map(mask)).collect()
}

#[cfg(test)]
mod tests {
    use super::super::ssi::SsiPacket;
    use super::*;

    #[test]
    fn a_code_keeps_its_shape_and_loses_its_text() {
        assert_eq!(masked(b"]Q1A1:7k\x1d-9"), b"]Q1A0:0a\x1d-0");
        assert_eq!(masked("MÜLLER".as_bytes()), b"A\xff\xffAAAA");
        assert_eq!(masked(b"]"), b"]");
        let code = Heard::Code(RawCode { bytes: b"A1:Z".to_vec(), ended_by: Some(b'\r'), blame: None });
        assert_eq!(shown(&code), b"A0:A\r");
    }

    #[test]
    fn a_packet_keeps_its_bar_type_and_a_checksum_that_holds() {
        let packet = SsiPacket { opcode: ssi::DECODED, source: 0, status: 0, data: b"\x03HELLO42".to_vec() };
        let shown = shown(&Heard::Packet(packet.clone()));
        assert_eq!(shown, SsiPacket { data: b"\x03AAAAA00".to_vec(), ..packet }.bytes());
    }
}

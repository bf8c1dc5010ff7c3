//! An SSI scanner's side of its protocol (scanner page, section 4).

use std::collections::{BTreeMap, VecDeque};
use std::time::Duration;

use super::Device;
use crate::scanner::ssi_side::{ACK, DECODED, NAK, PARAMETER, RESEND, SCANNER};
use crate::scanner::{Decode, Heard, SsiDecoder, SsiPacket};

/// How long it waits for an acknowledgement.
const RESEND_AFTER: Duration = Duration::from_secs(2);
/// How often it sends a code before it gives up and complains.
const TIMES: u32 = 3;
const CODE_128: u8 = 0x03;
const SETUP_CODES: u8 = 0xEC;
const DENIED: u8 = 6;

/// A simulated scanner, in packet mode.
pub(super) struct Engine {
    settable: bool,
    parameters: BTreeMap<u8, u8>,
    decoder: SsiDecoder,
    out: Vec<u8>,
    /// Codes not yet acknowledged; the first is on its way.
    codes: VecDeque<Vec<u8>>,
    sent: u32,
    sent_at: Duration,
    lose_acks: u32,
    complaints: Vec<String>,
}

impl Engine {
    pub(super) fn new(settable: bool) -> Self {
        Self {
            settable,
            parameters: BTreeMap::from([(SETUP_CODES, 1)]),
            decoder: SsiDecoder::new(),
            out: Vec::new(),
            codes: VecDeque::new(),
            sent: 0,
            sent_at: Duration::ZERO,
            lose_acks: 0,
            complaints: Vec::new(),
        }
    }

    fn say(&mut self, opcode: u8, status: u8, data: &[u8]) {
        let packet = SsiPacket { opcode, source: SCANNER, status, data: data.to_vec() };
        self.out.extend(packet.bytes());
    }

    fn acknowledged(&mut self) {
        if self.lose_acks > 0 {
            self.lose_acks -= 1;
        } else if self.codes.pop_front().is_none() {
            self.complaints.push("an acknowledgement of nothing".to_owned());
        } else {
            self.sent = 0;
        }
    }

    fn set(&mut self, packet: &SsiPacket) {
        match packet.data[..] {
            [_, parameter, value] if self.settable => {
                if packet.status & 0x08 != 0 {
                    self.complaints.push(format!("parameter {parameter:#04x} set for good"));
                }
                self.parameters.insert(parameter, value);
                self.say(ACK, 0, &[]);
            }
            _ => self.say(NAK, 0, &[DENIED]),
        }
    }
}

impl Device for Engine {
    fn show(&mut self, text: &[u8], _now: Duration) {
        self.codes.push_back(text.to_vec());
    }

    fn receive(&mut self, bytes: &[u8], _now: Duration) {
        let mut heard = self.decoder.push(bytes);
        // A pseudo-terminal keeps a short packet together, so what is left is the byte that wakes a sleeping scanner.
        heard.extend(self.decoder.give_up_partial());
        for heard in heard {
            match heard {
                Heard::Packet(packet) => match packet.opcode {
                    ACK => self.acknowledged(),
                    // Sent again with the next look at what is due.
                    NAK if packet.data == [RESEND] => self.sent_at = Duration::ZERO,
                    PARAMETER => self.set(&packet),
                    0xE9 => self.say(ACK, 0, &[]),
                    opcode => self.complaints.push(format!("opcode {opcode:#04x}")),
                },
                Heard::Refused { bytes, .. } if bytes.iter().all(|&byte| byte == 0) => {}
                other => self.complaints.push(format!("{other:?}")),
            }
        }
    }

    fn due(&mut self, now: Duration) -> Vec<u8> {
        if let Some(code) = self.codes.front()
            && (self.sent == 0 || now >= self.sent_at + RESEND_AFTER || self.sent_at.is_zero())
        {
            if self.sent >= TIMES {
                self.complaints.push("a code was never acknowledged".to_owned());
                self.codes.pop_front();
                self.sent = 0;
            } else {
                let data = [&[CODE_128], code.as_slice()].concat();
                let status = u8::from(self.sent > 0);
                self.sent += 1;
                self.sent_at = now;
                self.say(DECODED, status, &data);
            }
        }
        std::mem::take(&mut self.out)
    }

    fn power_cycle(&mut self) {
        let complaints = std::mem::take(&mut self.complaints);
        *self = Self { complaints, ..Self::new(self.settable) };
    }

    fn complaints(&self) -> Vec<String> {
        self.complaints.clone()
    }

    fn disturb_next_answer(&mut self, _text: &[u8]) {
        self.lose_acks += 1;
    }

    fn takes_setup_codes(&self) -> bool {
        self.parameters.get(&SETUP_CODES) != Some(&0)
    }
}

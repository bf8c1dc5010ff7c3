//! A GM65 module's side of its protocol (scanner page, section 3).

use std::collections::{BTreeMap, BTreeSet};
use std::time::Duration;

use super::Device;
use crate::scanner::gm65_side::{Begins, Gm65Frame, begins, reply};

/// Zones as they leave the factory: manual mode with lights and beep, set-up codes on, no AIM identifiers.
const FACTORY: [(u16, u8); 4] = [(0x0000, 0xD4), (0x0003, 0x01), (0x0060, 0x20), (0x00D0, 0x00)];
const MODE: u16 = 0x0000;
const SETUP_CODES: u16 = 0x0003;
const AIM: u16 = 0x00D0;

/// A simulated module. It complains of everything a station should not do to one.
pub(super) struct Module {
    zones: BTreeMap<u16, u8>,
    /// Zones that were read since the supply came on.
    read: BTreeSet<u16>,
    heard: Vec<u8>,
    out: Vec<u8>,
    /// A scan the next answer is glued into.
    glue: Option<Vec<u8>>,
    complaints: Vec<String>,
}

impl Module {
    pub(super) fn new() -> Self {
        Self {
            zones: FACTORY.into(),
            read: BTreeSet::new(),
            heard: Vec::new(),
            out: Vec::new(),
            glue: None,
            complaints: Vec::new(),
        }
    }

    fn zone(&self, address: u16) -> u8 {
        self.zones.get(&address).copied().unwrap_or(0)
    }

    fn scan(&self, text: &[u8]) -> Vec<u8> {
        let id: &[u8] = if self.zone(AIM) & 0x80 != 0 { b"]Q1" } else { b"" };
        [id, text, b"\r\n"].concat()
    }

    fn answer(&mut self, bytes: &[u8]) {
        match self.glue.take() {
            Some(text) => {
                let scan = self.scan(&text);
                let (front, back) = scan.split_at(scan.len() / 2);
                self.out.extend([front, bytes, back].concat());
            }
            None => self.out.extend_from_slice(bytes),
        }
    }

    fn carry_out(&mut self, kind: u8, address: u16, data: &[u8], wildcard: bool) {
        if wildcard {
            self.complaints.push(format!("command {kind:#04x} without a real checksum"));
        }
        match (kind, data) {
            (0x07, [1]) if self.zones.contains_key(&address) => {
                self.read.insert(address);
                let byte = self.zone(address);
                self.answer(&reply(&[byte]));
            }
            (0x08, [byte]) if self.zones.contains_key(&address) => {
                if !self.read.contains(&address) {
                    self.complaints.push(format!("zone {address:#06x} written blindly"));
                }
                self.zones.insert(address, *byte);
                self.answer(&reply(&[0]));
            }
            (0x0A, [0]) if address == 0 => self.answer(&reply(&[0])),
            (0x09, _) => self.complaints.push("settings saved to flash".to_owned()),
            _ => self.complaints.push(format!("command {kind:#04x} to zone {address:#06x}")),
        }
    }
}

impl Device for Module {
    fn show(&mut self, text: &[u8], _now: Duration) {
        // In manual and command mode nothing is read before a trigger, and this bench has none.
        if self.zone(MODE) & 0b10 != 0 {
            self.out.extend(self.scan(text));
        }
    }

    fn receive(&mut self, bytes: &[u8], _now: Duration) {
        self.heard.extend_from_slice(bytes);
        loop {
            let used = match begins(&self.heard) {
                Begins::Frame(length, frame) => {
                    match frame {
                        Gm65Frame::Command { kind, address, data, wildcard } => {
                            self.carry_out(kind, address, &data, wildcard);
                        }
                        Gm65Frame::Reply { .. } => self.complaints.push("an answer from a station".into()),
                    }
                    length
                }
                Begins::Incomplete => return,
                Begins::Damaged | Begins::Other => {
                    self.complaints.push(format!("byte {:#04x} outside a command", self.heard[0]));
                    1
                }
            };
            self.heard.drain(..used);
            if self.heard.is_empty() {
                return;
            }
        }
    }

    fn due(&mut self, _now: Duration) -> Vec<u8> {
        std::mem::take(&mut self.out)
    }

    fn power_cycle(&mut self) {
        let complaints = std::mem::take(&mut self.complaints);
        *self = Self { complaints, ..Self::new() };
    }

    fn complaints(&self) -> Vec<String> {
        self.complaints.clone()
    }

    fn disturb_next_answer(&mut self, text: &[u8]) {
        self.glue = Some(text.to_vec());
    }

    fn takes_setup_codes(&self) -> bool {
        self.zone(SETUP_CODES) & 1 != 0
    }
}

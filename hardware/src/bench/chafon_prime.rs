//! The CF protocol of newer Chafon readers from the reader's side (protocol sheet, section 9): parameters in a block, and
//! a stream that goes on until it is stopped.

use std::time::Duration;

use super::chafon_bytes::checksum;
use super::firmware::{Firmware, Station};

const HEADER: u8 = 0xCF;
const EVERY_READER: u8 = 0xFF;
const OK: u8 = 0x00;
const REFUSED: u8 = 0x01;
/// Bytes around the data.
const AROUND: usize = 7;
/// How long the controller thinks.
const THINKS: Duration = Duration::from_millis(2);
/// One pass over the field.
const PASS: Duration = Duration::from_millis(20);
/// Where the parameters in use stand in their block.
const MODE: usize = 2;
const ANTENNAS: usize = 6;
const POWER: usize = 15;
/// As captured from a unit with one antenna, in answer mode.
const FACTORY: [u8; 25] = [
    0x00, 0x00, 0x00, 0x80, 0x04, 0x00, 0x01, 0x01, 0x03, 0x86, 0x02, 0xEE, 0x01, 0xF4, 0x31, 0x1E, 0x01,
    0x04, 0x00, 0x00, 0x0C, 0x00, 0x03, 0x01, 0x05,
];

/// One simulated reader, without its line.
pub(super) struct ChafonPrime {
    station: Station,
    parameters: [u8; 25],
    inbox: Vec<u8>,
    /// Somebody asked for the parameters, since the power came on.
    asked: bool,
    streams: bool,
    pass_at: Duration,
}

impl Firmware for ChafonPrime {
    fn station(&mut self) -> &mut Station {
        &mut self.station
    }

    fn power_cycle(&mut self) {
        self.station.power_cycle();
        self.inbox.clear();
        self.asked = false;
        self.streams = false;
    }

    fn receive(&mut self, bytes: &[u8], now: Duration) {
        self.inbox.extend_from_slice(bytes);
        loop {
            // Other protocols' questions are met when somebody looks for a reader.
            let begins = self.inbox.iter().position(|&byte| byte == HEADER);
            self.inbox.drain(..begins.unwrap_or(self.inbox.len()));
            let Some(&len) = self.inbox.get(4) else { return };
            let end = usize::from(len) + AROUND;
            if self.inbox.len() < end {
                return;
            }
            let frame: Vec<u8> = self.inbox.drain(..end).collect();
            if !self.inbox.is_empty() {
                self.station.complain("two commands in one breath".to_owned());
            }
            self.judge(&frame, now);
        }
    }

    fn live(&mut self, now: Duration) -> Option<Duration> {
        if !self.streams && self.parameters[MODE] != 1 {
            return None;
        }
        if now >= self.pass_at {
            self.pass_at = now + PASS;
            self.station.rounds += 1;
            let antennas = self.parameters[ANTENNAS];
            for index in (0..8).filter(|index| antennas >> index & 1 == 1) {
                for tag in self.station.field.listen(index, &mut self.station.dice) {
                    let tenths = (i16::from(tag.rssi_raw) - 129) * 10;
                    let [high, low] = tenths.to_be_bytes();
                    let before = [OK, high, low, index + 1, tag.freq_index, tag.epc.len() as u8];
                    self.say(now, 0x0001, &[&before, &tag.epc[..]].concat());
                }
            }
        }
        Some(self.pass_at)
    }
}

impl ChafonPrime {
    /// A reader in answer mode, or, as the variant `cf-active`, one that streams by itself.
    pub(super) fn new(station: Station) -> Self {
        let mut parameters = FACTORY;
        let most = station.settings.power_dbm_max.unwrap_or(FACTORY[POWER]);
        parameters[POWER] = parameters[POWER].min(most);
        parameters[MODE] = u8::from(station.settings.variant.ends_with("-active"));
        Self { station, parameters, inbox: Vec::new(), asked: false, streams: false, pass_at: Duration::ZERO }
    }

    fn judge(&mut self, frame: &[u8], now: Duration) {
        let &[_, address, high, low, _, ref data @ .., c1, c0] = frame else {
            return self.station.complain("a frame too short".to_owned());
        };
        let command = u16::from_be_bytes([high, low]);
        if checksum(&frame[..frame.len() - 2]) != u16::from_be_bytes([c1, c0]) {
            return self.station.complain(format!("wrong checksum in command {command:04x}"));
        }
        if address != EVERY_READER && address != self.station.settings.address {
            return;
        }
        if self.streams && command != 0x0002 {
            self.station.complain(format!("command {command:04x} while the stream runs"));
        }
        self.obey(command, data, now + THINKS);
    }

    fn obey(&mut self, command: u16, data: &[u8], at: Duration) {
        match (command, data) {
            (0x0070, []) => self.tell_device(at),
            (0x0072, []) => {
                self.asked = true;
                self.say(at, command, &[&[OK], &self.parameters[..]].concat());
            }
            (0x0071, block) => {
                let Ok(block) = <[u8; 25]>::try_from(block) else {
                    self.station.complain(format!("a block of {} bytes", data.len()));
                    return self.say(at, command, &[REFUSED]);
                };
                let most = self.station.settings.power_dbm_max;
                if most.is_some_and(|most| (most + 1..=33).contains(&block[POWER])) {
                    return self.say(at, command, &[REFUSED]);
                }
                if block == self.parameters {
                    self.station.complain("parameters were so already, and flash wears out".to_owned());
                }
                if block[POWER] > 33 || block[ANTENNAS] == 0 || block[17] > 15 || block[18] > 3 {
                    self.station.complain("a parameter out of range".to_owned());
                    return self.say(at, command, &[REFUSED]);
                }
                self.station.flash_writes += 1;
                self.parameters = block;
                self.say(at, command, &[OK]);
            }
            (0x0001, &[0..=1, _, _, _, _]) => {
                if self.station.settings.strict && !self.asked {
                    self.station.complain("started before anybody asked for the parameters".to_owned());
                    return self.say(at, command, &[REFUSED]);
                }
                self.streams = true;
                self.pass_at = at;
            }
            (0x0002, []) => {
                self.streams = false;
                self.say(at, command, &[OK]);
            }
            _ => self.station.complain(format!("command {command:04x} with {} bytes", data.len())),
        }
    }

    /// Names of 32 bytes and numbers of 12, of the board and of its radio module.
    fn tell_device(&mut self, at: Duration) {
        let [major, minor] = self.station.settings.firmware;
        let mut data = vec![OK];
        let mut put = |text: &str, width: usize| {
            data.extend(text.bytes().chain(std::iter::repeat(0)).take(width));
        };
        put("CP-20391", 32);
        put(&format!("UHF Bench Reader V{major}.{minor}"), 32);
        put(&format!("{:012}", self.station.settings.seed), 12);
        put("MU-910", 32);
        put("UHF Bench Radio V1.4", 32);
        put("000000000001", 12);
        self.say(at, 0x0070, &data);
    }

    fn say(&mut self, at: Duration, command: u16, data: &[u8]) {
        let Ok(len) = u8::try_from(data.len()) else { return };
        let [high, low] = command.to_be_bytes();
        let mut frame = vec![HEADER, self.station.settings.address, high, low, len];
        frame.extend(data);
        frame.extend(checksum(&frame).to_be_bytes());
        self.station.wire.say(at, &frame, &mut self.station.dice);
    }
}

//! The Mercury protocol from the module's side (protocol sheet, sections 2 to 8): frames, settings, questions. What goes
//! over the air is in `mercury_air.rs`.
//!
//! Stricter than a real module: it wakes up in its bootloader, takes one command at a time and none but Stop while it
//! streams, wants every setting written before the stream begins, and complains about whatever else comes.

use std::collections::HashMap;
use std::time::Duration;

use super::firmware::{Firmware, Station};
use super::mercury_air::Stream;

const HEADER: u8 = 0xFF;
/// How long the module thinks about a setting.
const THINKS: Duration = Duration::from_millis(1);
/// The longest data (section 10).
const MOST_DATA: u8 = 248;
/// What the transmitter can, in hundredths of a dBm.
const WEAKEST_CDBM: u16 = 500;
const STRONGEST_CDBM: u16 = 3150;
/// Major version below which a module is an M5e: it knows no operation inside a search, and no metadata in an access.
const FIRST_M6: u8 = 2;

pub(super) const DONE: u16 = 0x0000;
pub(super) const BAD_LENGTH: u16 = 0x0100;
pub(super) const UNKNOWN_OPCODE: u16 = 0x0101;
pub(super) const TOO_STRONG: u16 = 0x0103;
pub(super) const WRONG_PARAMETER: u16 = 0x0105;
pub(super) const TOO_WEAK: u16 = 0x0106;
pub(super) const NO_REGION: u16 = 0x010B;
pub(super) const RADIO_OFF: u16 = 0x0405;

/// One simulated module, without its line.
pub(super) struct Mercury {
    pub station: Station,
    inbox: Vec<u8>,
    pub state: State,
    pub stream: Option<Stream>,
    /// When the answer to the last command is out.
    busy_until: Duration,
}

/// What a power cycle resets.
#[derive(Default)]
pub(super) struct State {
    booted: bool,
    pub region: Option<u8>,
    protocol: bool,
    /// Antennas of the search list, counted from 1.
    pub list: Vec<u8>,
    /// The antenna for access.
    pub single: Option<u8>,
    pub session: Option<u8>,
    target: Option<u16>,
    q: bool,
    power: Option<u16>,
    sees_all: bool,
    no_crc: bool,
    /// Tags read lately in a session that remembers, and when.
    pub in_b: HashMap<Vec<u8>, Duration>,
}

impl Firmware for Mercury {
    fn station(&mut self) -> &mut Station {
        &mut self.station
    }

    /// A module that gets power says its version by itself (section 4).
    fn power_cycle(&mut self) {
        self.station.power_cycle();
        self.inbox.clear();
        self.stream = None;
        self.busy_until = Duration::ZERO;
        self.state = State::default();
        let version = self.version();
        self.reply(Duration::ZERO, 0x04, DONE, &version);
        self.busy_until = Duration::ZERO;
    }

    fn receive(&mut self, bytes: &[u8], now: Duration) {
        self.inbox.extend_from_slice(bytes);
        while let Some(&first) = self.inbox.first() {
            if first != HEADER {
                self.station.complain(format!("byte {first:02x} outside a frame"));
                self.inbox.remove(0);
                continue;
            }
            let Some(&len) = self.inbox.get(1) else { return };
            if len > MOST_DATA {
                // A run of FF wakes a module up; nothing else may claim so much.
                if len != HEADER {
                    self.station.complain(format!("LEN {len}"));
                }
                self.inbox.remove(0);
                continue;
            }
            let end = usize::from(len) + 5;
            if self.inbox.len() < end {
                return;
            }
            let frame: Vec<u8> = self.inbox.drain(..end).collect();
            self.judge(&frame, now);
        }
    }

    fn live(&mut self, now: Duration) -> Option<Duration> {
        self.pass(now)
    }
}

impl Mercury {
    pub(super) fn new(station: Station) -> Self {
        Self { station, inbox: Vec::new(), state: State::default(), stream: None, busy_until: Duration::ZERO }
    }

    /// Whether it is one of the old ones.
    pub(super) fn is_old(&self) -> bool {
        self.station.settings.firmware[0] < FIRST_M6
    }

    fn judge(&mut self, frame: &[u8], now: Duration) {
        let Some((body, &said)) = frame.split_last_chunk::<2>() else { return };
        let (opcode, data) = (body[2], &body[3..]);
        if checksum(&body[1..]) != u16::from_be_bytes(said) {
            return self.station.complain(format!("wrong checksum in command {opcode:02x}"));
        }
        let at = now + THINKS;
        if self.stream.is_some() && !self.is_stop(opcode, data) {
            return self.station.complain(format!("command {opcode:02x} while streaming"));
        }
        if now < self.busy_until && !self.is_stop(opcode, data) {
            self.station.complain(format!("command {opcode:02x} before the last was answered"));
        }
        if !self.state.booted && !matches!(opcode, 0x03 | 0x04 | 0x06 | 0x0C) {
            if !self.is_stop(opcode, data) {
                self.station.complain(format!("command {opcode:02x} in the bootloader"));
            }
            return self.reply(at, opcode, UNKNOWN_OPCODE, &[]);
        }
        self.obey(at, opcode, data);
    }

    fn is_stop(&self, opcode: u8, data: &[u8]) -> bool {
        (opcode, data) == (0x2F, &[0, 0, 2])
    }

    fn obey(&mut self, at: Duration, opcode: u8, data: &[u8]) {
        match (opcode, data) {
            (0x03, []) => self.reply(at, opcode, DONE, &self.version()),
            (0x04, []) => {
                self.state.booted = true;
                self.reply(at + Duration::from_millis(50), opcode, DONE, &self.version());
            }
            (0x0C, []) => {
                let program = if self.state.booted { 0x12 } else { 0x11 };
                self.reply(at, opcode, DONE, &[program]);
            }
            (0x10, [0x00, 0x40]) => {
                let serial = format!("MB{:08}", self.station.settings.seed);
                let mut data = vec![0x00, 0x40, 0x00, serial.len() as u8];
                data.extend(serial.bytes());
                self.reply(at, opcode, DONE, &data);
            }
            (0x24 | 0x25 | 0x28, _) => self.access(at, opcode, data),
            (0x2A, []) => self.reply(at, opcode, DONE, &[]),
            (0x2F, [0, 0, 2]) => {
                // Behind the tags that are still on their way.
                self.stream = None;
                self.reply(at, opcode, DONE, &[2]);
            }
            (0x2F, _) => self.start(at, data),
            (0x61, [5]) => {
                let missing = self.station.settings.missing_antennas.clone();
                let pairs = (1..=self.station.settings.ports)
                    .flat_map(|port| [port, u8::from(!missing.contains(&port))]);
                let data: Vec<u8> = std::iter::once(5).chain(pairs).collect();
                self.reply(at, opcode, DONE, &data);
            }
            (0x62, [1]) => {
                let most = self.strongest_cdbm();
                let words = [self.state.power.unwrap_or(most), most, WEAKEST_CDBM].map(u16::to_be_bytes);
                self.reply(at, opcode, DONE, &[&[1], words.as_flattened()].concat());
            }
            (0x67, []) => self.reply(at, opcode, DONE, &[self.state.region.unwrap_or(0)]),
            (0x71, []) => {
                self.reply(at, opcode, DONE, if self.station.settings.us_only { &[1] } else { &[1, 6, 8] })
            }
            (0x72, []) => {
                let celsius = self.station.dice.between(31, 38) as u8;
                self.reply(at, opcode, DONE, &[celsius]);
            }
            _ => {
                let status = self.write(opcode, data);
                if !matches!(status, DONE | TOO_STRONG | TOO_WEAK | NO_REGION) {
                    self.station.complain(format!("command {opcode:02x} with {data:02x?}"));
                }
                self.reply(at, opcode, status, &[]);
            }
        }
    }

    /// Takes a setting.
    fn write(&mut self, opcode: u8, data: &[u8]) -> u16 {
        let (ports, us_only) = (self.station.settings.ports, self.station.settings.us_only);
        let strongest_cdbm = self.strongest_cdbm();
        let state = &mut self.state;
        match (opcode, data) {
            (0x97, &[region]) => {
                if us_only && region != 1 || !matches!(region, 0x01..=0x09 | 0x0B..=0x0F | 0xFF) {
                    return NO_REGION;
                }
                state.region = Some(region);
            }
            (0x93, [0, 5]) => state.protocol = true,
            (0x91, &[2, ref pairs @ ..]) if !pairs.is_empty() && pairs.len() % 2 == 0 => {
                let fits = |pair: &[u8]| pair[0] == pair[1] && (1..=ports).contains(&pair[0]);
                if !pairs.chunks(2).all(fits) {
                    return WRONG_PARAMETER;
                }
                state.list = pairs.chunks(2).map(|pair| pair[0]).collect();
            }
            (0x91, &[transmitting, receiving]) => {
                if transmitting != receiving || !(1..=ports).contains(&transmitting) {
                    return WRONG_PARAMETER;
                }
                state.single = Some(transmitting);
            }
            (0x92, &[high, low]) => match u16::from_be_bytes([high, low]) {
                0..WEAKEST_CDBM => return TOO_WEAK,
                power if power > strongest_cdbm => return TOO_STRONG,
                power => state.power = Some(power),
            },
            (0x98, [0..=3]) => {}
            (0x9A, [0x01, 0x0C, filter @ 0..=1]) => state.sees_all = *filter == 0,
            (0x9A, [0x01, 0x1B, crc @ 0..=1]) => state.no_crc = *crc == 0,
            (0x9B, &[5, 0x00, session @ 0..=3]) => state.session = Some(session),
            (0x9B, &[5, 0x01, high @ 0..=1, low @ 0..=1]) => {
                state.target = Some(u16::from_be_bytes([high, low]));
            }
            (0x9B, [5, 0x12, 0] | [5, 0x12, 1, 0..=15]) => state.q = true,
            (0x91..=0x9B, _) => return BAD_LENGTH,
            _ => return UNKNOWN_OPCODE,
        }
        DONE
    }

    fn strongest_cdbm(&self) -> u16 {
        self.station.settings.power_dbm_max.map_or(STRONGEST_CDBM, |dbm| u16::from(dbm) * 100)
    }

    /// What is not yet written of what a stream needs.
    pub(super) fn unwritten(&self) -> Option<&'static str> {
        let state = &self.state;
        let written = [
            ("region", state.region.is_some()),
            ("protocol", state.protocol),
            ("antennas", !state.list.is_empty()),
            ("session", state.session.is_some()),
            ("target", state.target.is_some()),
            ("Q", state.q),
            ("power", state.power.is_some()),
            ("read filter", state.sees_all),
        ];
        written.iter().find(|(_, done)| !done).map(|&(name, _)| name)
    }

    /// Bootloader, hardware, date, firmware, protocols.
    fn version(&self) -> [u8; 20] {
        let [major, minor] = self.station.settings.firmware;
        let hardware = if self.is_old() { 0x01 } else { 0x18 };
        let words = [
            [0x12, 0x08, 0x01, 0x00],
            [hardware, 0x00, 0x00, 0x02],
            [0x20, 0x24, 0x03, 0x01],
            [major, minor, 0x01, 0x2C],
            [0x00, 0x00, 0x00, 0x10],
        ];
        let mut all = [0; 20];
        all.copy_from_slice(words.as_flattened());
        all
    }

    /// Answers, or says something of its own.
    pub(super) fn reply(&mut self, at: Duration, opcode: u8, status: u16, data: &[u8]) {
        let Ok(len) = u8::try_from(data.len()) else { return };
        let mut frame = vec![HEADER, len, opcode];
        frame.extend(status.to_be_bytes());
        frame.extend(data);
        if !self.state.no_crc {
            let checksum = checksum(&frame[1..]);
            frame.extend(checksum.to_be_bytes());
        }
        self.station.wire.say(at, &frame, &mut self.station.dice);
        self.busy_until = self.station.wire.free_at();
    }
}

/// Section 2, the nibble form: the message goes into the bottom of the register, and no zeros follow it.
fn checksum(covered: &[u8]) -> u16 {
    let table =
        |nibble: u16| (0..4).fold(nibble << 12, |r, _| r << 1 ^ if r & 0x8000 != 0 { 0x1021 } else { 0 });
    covered
        .iter()
        .flat_map(|&byte| [u16::from(byte >> 4), u16::from(byte & 15)])
        .fold(0xFFFF, |r, nibble| (r << 4 | nibble) ^ table(r >> 12))
}

#[cfg(test)]
mod tests {
    use super::checksum;

    #[test]
    fn the_checksum_is_the_one_of_the_sheet() {
        assert_eq!(checksum(&[0x00, 0x03]), 0x1D0C);
        assert_eq!(checksum(&[0x01, 0x97, 0x02]), 0x4BBF);
        assert_eq!(checksum(&[0x00, 0x22, 0x04, 0x00]), 0x84E0);
    }
}

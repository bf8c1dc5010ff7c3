//! The A0 protocol from the reader's side (protocol sheet, sections 2 to 7).
//!
//! Stricter than any real reader: one command at a time, exact lengths, settings before inventory, nothing written to
//! flash that is there already. Whatever a driver does wrong becomes a complaint a test can look at.
//!
//! | File | Is |
//! |---|---|
//! | `mod.rs` | frames and settings |
//! | `rounds.rs` | inventories, sequences, the reader's own buffer |
//! | `memory.rs` | reading, writing and locking tags |

mod memory;
mod rounds;

use std::collections::HashMap;
use std::time::Duration;

use super::field::Heard;
use super::firmware::{Firmware, Station};

const HEADER: u8 = 0xA0;
const EVERY_READER: u8 = 0xFF;
const OK: u8 = 0x10;
const ANTENNA_MISSING: u8 = 0x22;
const WRONG_PARAMETER: u8 = 0x41;
const WRONG_ANTENNA: u8 = 0x47;
const WRONG_POWER: u8 = 0x48;
const WRONG_REGION: u8 = 0x49;
/// The most any of them takes, dBm.
const STRONGEST_DBM: u8 = 33;
const RETURN_LOSS_FAILED: u8 = 0xEE;
const FAST_TID_ON: u8 = 0x8D;
/// What it transmits with when nobody ever said otherwise.
const FACTORY_DBM: u8 = 30;
/// How long the controller thinks about a setting.
const THINKS: Duration = Duration::from_millis(1);

/// What one R2000 firmware knows, and how it says no to the rest.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct R2000Manners {
    /// Knows a sequence over several antennas (8A).
    pub sequence: bool,
    /// Knows its extended form with session and target.
    pub extended_sequence: bool,
    /// Knows inventory in a session (8B).
    pub session_inventory: bool,
    /// Reads of memory carry a password, as newer firmware wants it; else they must not.
    pub reads_with_password: bool,
    /// Says nothing to what it does not know, instead of refusing it.
    pub keeps_silent: bool,
    /// Somebody saved Impinj's FastTID as on.
    pub fast_tid: bool,
    /// How little of the power comes back from an antenna that is there, dB.
    pub return_loss_db: u8,
    /// Twelve bytes of the maker or the owner.
    pub identifier: [u8; 12],
}

impl Default for R2000Manners {
    fn default() -> Self {
        Self {
            sequence: true,
            extended_sequence: true,
            session_inventory: true,
            reads_with_password: true,
            keeps_silent: false,
            fast_tid: false,
            return_loss_db: 18,
            identifier: *b"BENCH R2000\x01",
        }
    }
}

/// One simulated reader, without its line: bytes in at a time, bytes out at their times.
pub(super) struct A0 {
    station: Station,
    flash: Flash,
    inbox: Vec<u8>,
    state: State,
    buffer: Vec<Heard>,
    busy_until: Duration,
}

/// What is kept across power cycles.
struct Flash {
    /// The power it comes with.
    factory_dbm: u8,
    /// The power, once it was written.
    power_dbm: Option<u8>,
    region: Vec<u8>,
    fast_tid: bool,
    identifier: [u8; 12],
}

/// What a power cycle resets.
struct State {
    power_dbm: u8,
    power_written: bool,
    antenna: u8,
    antenna_written: bool,
    /// The second eight of sixteen antennas.
    second_group: bool,
    fast_tid: bool,
    /// The EPC that access is restricted to.
    matched: Option<Vec<u8>>,
    /// Tags in state B, and since when.
    inventoried: HashMap<Inventoried, Duration>,
}

/// A tag's flag in one session: the session, the EPC and the chip.
type Inventoried = (u8, Vec<u8>, Option<Vec<u8>>);

impl State {
    fn fresh(flash: &Flash) -> Self {
        Self {
            power_dbm: flash.power_dbm.unwrap_or(flash.factory_dbm),
            power_written: flash.power_dbm.is_some(),
            antenna: 0,
            antenna_written: false,
            second_group: false,
            fast_tid: flash.fast_tid,
            matched: None,
            inventoried: HashMap::new(),
        }
    }
}

impl Firmware for A0 {
    fn station(&mut self) -> &mut Station {
        &mut self.station
    }

    fn power_cycle(&mut self) {
        self.station.power_cycle();
        self.inbox.clear();
        self.buffer.clear();
        self.busy_until = Duration::ZERO;
        self.state = State::fresh(&self.flash);
    }

    fn receive(&mut self, bytes: &[u8], now: Duration) {
        self.inbox.extend_from_slice(bytes);
        while let Some(&first) = self.inbox.first() {
            if first != HEADER {
                self.station.complain(format!("byte {first:02x} outside a frame"));
                self.inbox.remove(0);
                continue;
            }
            let Some(&len) = self.inbox.get(1) else {
                return;
            };
            let end = usize::from(len) + 2;
            if self.inbox.len() < end {
                return;
            }
            let frame: Vec<u8> = self.inbox.drain(..end).collect();
            self.judge(&frame, now);
        }
    }
}

impl A0 {
    pub(super) fn new(station: Station) -> Self {
        let manners = &station.settings.r2000;
        let flash = Flash {
            factory_dbm: station.settings.power_dbm_max.map_or(FACTORY_DBM, |most| most.min(FACTORY_DBM)),
            power_dbm: None,
            region: if station.settings.us_only { vec![1, 7, 59] } else { vec![2, 0, 6] },
            fast_tid: manners.fast_tid,
            identifier: manners.identifier,
        };
        Self {
            state: State::fresh(&flash),
            flash,
            station,
            inbox: Vec::new(),
            buffer: Vec::new(),
            busy_until: Duration::ZERO,
        }
    }

    fn judge(&mut self, frame: &[u8], now: Duration) {
        let sum = frame.iter().fold(0_u8, |sum, &byte| sum.wrapping_add(byte));
        let &[_, _, address, command, ref data @ .., _] = frame else {
            return self.station.complain(format!("LEN {} is too short", frame[1]));
        };
        if sum != 0 {
            return self.station.complain(format!("wrong checksum in command {command:02x}"));
        }
        if address != EVERY_READER && address != self.station.settings.address {
            return;
        }
        if now < self.busy_until {
            return self.station.complain(format!("command {command:02x} while a round runs"));
        }
        let at = now + THINKS;
        let known = self.set(command, data, at)
            || self.get(command, data, at)
            || self.listen_to(command, data, at)
            || self.access(command, data, at);
        if known {
            return;
        }
        self.station.complain(format!("command {command:02x} with {} bytes", data.len()));
        if matches!(command, 0x60..=0x94) {
            self.reply(at, command, &[WRONG_PARAMETER]);
        }
    }

    /// Questions about the reader itself.
    fn get(&mut self, command: u8, data: &[u8], at: Duration) -> bool {
        let answer: Vec<u8> = match (command, data) {
            (0x63, []) => vec![0],
            (0x68, []) => self.flash.identifier.to_vec(),
            (0x6A, []) => vec![0xD1],
            (0x6D, []) if self.station.settings.ports > 8 => vec![self.state.second_group.into()],
            (0x72, []) => self.station.settings.firmware.to_vec(),
            (0x75, []) => vec![self.state.antenna],
            (0x77, []) => {
                // Whoever knows that it stands as wanted need not write it.
                self.state.power_written = true;
                vec![self.state.power_dbm]
            }
            (0x79, []) => self.flash.region.clone(),
            (0x7B, []) => vec![0, self.station.dice.between(31, 38) as u8],
            (0x7E, &[index @ 0..=59]) if !self.is_in_band(index) => {
                self.station.complain(format!("match asked at frequency {index}, outside the region"));
                vec![RETURN_LOSS_FAILED]
            }
            (0x7E, &[0..=59]) if self.is_missing(self.state.antenna) => vec![1],
            (0x7E, &[0..=59]) => vec![self.station.settings.r2000.return_loss_db],
            (0x86, []) => match &self.state.matched {
                Some(epc) => [&[0, epc.len() as u8], &epc[..]].concat(),
                None => vec![1],
            },
            (0x8E, []) => vec![if self.state.fast_tid { FAST_TID_ON } else { 0 }],
            _ => return false,
        };
        self.reply(at, command, &answer);
        true
    }

    /// Settings.
    fn set(&mut self, command: u8, data: &[u8], at: Duration) -> bool {
        let code = match (command, data) {
            (0x66 | 0x76, &[dbm]) => return self.set_power(at, command, dbm),
            (0x67, data) if data.len() == 12 => {
                self.station.flash_writes += 1;
                self.flash.identifier.copy_from_slice(data);
                OK
            }
            (0x6C, &[group @ 0..=1]) if self.station.settings.ports > 8 => {
                self.state.second_group = group == 1;
                OK
            }
            (0x74, &[index]) => self.set_antenna(index),
            (0x78, &[region, ..]) if self.station.settings.us_only && region != 1 => WRONG_REGION,
            (0x78, &[region @ 1..=3, start, end]) if start <= end && end <= 59 => {
                self.set_region(&[region, start, end])
            }
            (0x78, &[4, space, channels, ..]) if data.len() == 6 && space > 0 && channels > 0 => {
                self.set_region(data)
            }
            (0x7A, [0..=2]) => OK,
            (0x85, [1]) => {
                self.state.matched = None;
                OK
            }
            (0x85, [0, len, epc @ ..]) if usize::from(*len) == epc.len() && epc.len() <= 62 => {
                self.state.matched = Some(epc.to_vec());
                OK
            }
            (0x8C, &[wanted @ (0 | FAST_TID_ON)]) => {
                self.state.fast_tid = wanted == FAST_TID_ON;
                OK
            }
            (0x93, []) => {
                self.buffer.clear();
                OK
            }
            _ => return false,
        };
        self.reply(at, command, &[code]);
        true
    }

    fn set_power(&mut self, at: Duration, command: u8, dbm: u8) -> bool {
        let least = if command == 0x66 { 20 } else { 0 };
        if dbm > STRONGEST_DBM {
            self.station.complain(format!("power {dbm} dBm"));
        }
        if command == 0x66 && !self.station.settings.power_in_ram {
            self.refuse(at, command);
            return true;
        }
        if !(least..=self.station.settings.power_dbm_max.unwrap_or(STRONGEST_DBM)).contains(&dbm) {
            self.reply(at, command, &[WRONG_POWER]);
            return true;
        }
        if command == 0x76 {
            if self.flash.power_dbm == Some(dbm) {
                self.station.complain("power written to flash though it was there".to_owned());
            }
            self.station.flash_writes += 1;
            self.flash.power_dbm = Some(dbm);
        }
        self.state.power_dbm = dbm;
        self.state.power_written = true;
        self.station.power_dbm = Some(dbm);
        self.reply(at, command, &[OK]);
        true
    }

    fn set_region(&mut self, region: &[u8]) -> u8 {
        if self.flash.region == region {
            self.station.complain("region written to flash though it was there".to_owned());
        }
        self.station.flash_writes += 1;
        self.flash.region = region.to_vec();
        OK
    }

    fn set_antenna(&mut self, index: u8) -> u8 {
        let Some(antenna) = self.antenna_at(index) else {
            self.station.complain(format!("antenna index {index}"));
            return WRONG_ANTENNA;
        };
        self.state.antenna = antenna;
        self.state.antenna_written = true;
        OK
    }

    /// The antenna (index from 0 over the whole reader) that a command's index means now.
    fn antenna_at(&self, index: u8) -> Option<u8> {
        let antenna = index + if self.state.second_group { 8 } else { 0 };
        (index < 8 && antenna < self.station.settings.ports).then_some(antenna)
    }

    /// Whether the region lets it transmit at that index of the table; a band of the user's own is not in the table.
    fn is_in_band(&self, index: u8) -> bool {
        matches!(self.flash.region[..], [_, start, end] if (start..=end).contains(&index))
    }

    fn is_missing(&self, antenna: u8) -> bool {
        self.station.settings.missing_antennas.contains(&(antenna + 1))
    }

    /// Says no to what this firmware does not know.
    fn refuse(&mut self, at: Duration, command: u8) {
        if !self.station.settings.r2000.keeps_silent {
            self.reply(at, command, &[WRONG_PARAMETER]);
        }
    }

    fn reply(&mut self, at: Duration, command: u8, data: &[u8]) {
        let Ok(len) = u8::try_from(data.len() + 3) else {
            return;
        };
        let mut frame = vec![HEADER, len, self.station.settings.address, command];
        frame.extend(data);
        let sum = frame.iter().fold(0_u8, |sum, &byte| sum.wrapping_add(byte));
        frame.push(sum.wrapping_neg());
        self.station.wire.say(at, &frame, &mut self.station.dice);
    }
}

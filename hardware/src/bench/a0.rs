//! The A0 protocol from the reader's side (protocol sheet, sections 2 to 7).
//!
//! Stricter than any real reader: one command at a time, exact lengths, settings before inventory. Whatever a driver
//! does wrong becomes a complaint a test can look at.

use std::time::Duration;

use super::dice::Dice;
use super::field::{Field, Heard};
use super::reader::BenchSettings;
use super::wire::Wire;

const HEADER: u8 = 0xA0;
const EVERY_READER: u8 = 0xFF;
const OK: u8 = 0x10;
const ANTENNA_MISSING: u8 = 0x22;
const NO_TAG: u8 = 0x36;
const BUFFER_EMPTY: u8 = 0x38;
const WRONG_PARAMETER: u8 = 0x41;
const WRONG_BANK: u8 = 0x43;
const WRONG_ANTENNA: u8 = 0x47;
const WRONG_POWER: u8 = 0x48;
/// What it transmits with when nobody ever said otherwise.
const FACTORY_DBM: u8 = 30;
/// How long the controller thinks about a setting.
const THINKS: Duration = Duration::from_millis(1);
/// One pass over an empty field.
const SHORTEST_PASS: Duration = Duration::from_millis(12);
/// What one more tag adds: 500 tags a second.
const PER_TAG: Duration = Duration::from_millis(2);
/// Passes for repeat FF, "as fast as possible".
const ENDLESS_PASSES: u8 = 8;
/// Tags the reader's own buffer holds (section 8).
const BUFFER_TAGS: usize = 200;
/// The most complaints kept.
const MOST_COMPLAINTS: usize = 1000;

/// One simulated reader, without its line: bytes in at a time, bytes out at their times.
pub(super) struct A0 {
    settings: BenchSettings,
    pub dice: Dice,
    pub field: Field,
    pub wire: Wire,
    pub complaints: Vec<String>,
    pub flash_writes: u32,
    /// The power kept across power cycles, once it was written.
    flash_power_dbm: Option<u8>,
    pub rounds: u64,
    inbox: Vec<u8>,
    state: State,
    buffer: Vec<Heard>,
    busy_until: Duration,
}

/// What a power cycle resets.
struct State {
    power_dbm: u8,
    power_written: bool,
    antenna: u8,
    antenna_written: bool,
    region: [u8; 3],
}

impl State {
    fn fresh(flash_power_dbm: Option<u8>) -> Self {
        Self {
            power_dbm: flash_power_dbm.unwrap_or(FACTORY_DBM),
            power_written: flash_power_dbm.is_some(),
            antenna: 0,
            antenna_written: false,
            region: [2, 0, 6],
        }
    }
}

impl A0 {
    pub(super) fn new(settings: BenchSettings) -> Self {
        let mut dice = Dice::new(settings.seed);
        Self {
            field: Field::new(settings.nuisances, &mut dice),
            wire: Wire::new(settings.nuisances, settings.paced),
            dice,
            complaints: Vec::new(),
            flash_writes: 0,
            flash_power_dbm: None,
            rounds: 0,
            inbox: Vec::new(),
            state: State::fresh(None),
            buffer: Vec::new(),
            busy_until: Duration::ZERO,
            settings,
        }
    }

    /// Forgets everything that lives in RAM; the tags stay where they are.
    pub(super) fn power_cycle(&mut self) {
        self.wire = Wire::new(self.settings.nuisances, self.settings.paced);
        self.inbox.clear();
        self.buffer.clear();
        self.busy_until = Duration::ZERO;
        self.state = State::fresh(self.flash_power_dbm);
    }

    /// Takes what the station sent.
    pub(super) fn receive(&mut self, bytes: &[u8], now: Duration) {
        self.inbox.extend_from_slice(bytes);
        while let Some(&first) = self.inbox.first() {
            if first != HEADER {
                self.complain(format!("byte {first:02x} outside a frame"));
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

    fn judge(&mut self, frame: &[u8], now: Duration) {
        let sum = frame.iter().fold(0_u8, |sum, &byte| sum.wrapping_add(byte));
        let &[_, _, address, command, ref data @ .., _] = frame else {
            return self.complain(format!("LEN {} is too short", frame[1]));
        };
        if sum != 0 {
            return self.complain(format!("wrong checksum in command {command:02x}"));
        }
        if address != EVERY_READER && address != self.settings.address {
            return;
        }
        if now < self.busy_until {
            return self.complain(format!("command {command:02x} while a round runs"));
        }
        self.obey(command, data, now);
    }

    fn obey(&mut self, command: u8, data: &[u8], now: Duration) {
        let at = now + THINKS;
        match (command, data) {
            (0x72, []) => self.reply(at, command, &self.settings.firmware.clone()),
            (0x66 | 0x76, &[dbm]) => self.set_power(at, command, dbm),
            (0x77, []) => self.reply(at, command, &[self.state.power_dbm]),
            (0x74, &[index]) => self.set_antenna(at, index),
            (0x75, []) => self.reply(at, command, &[self.state.antenna]),
            (0x78, &[region @ 1..=3, start, end]) if start <= end && end <= 59 => {
                self.state.region = [region, start, end];
                self.reply(at, command, &[OK]);
            }
            (0x79, []) => self.reply(at, command, &self.state.region.clone()),
            (0x7A, [0..=2]) | (0x93, []) => {
                if command == 0x93 {
                    self.buffer.clear();
                }
                self.reply(at, command, &[OK]);
            }
            (0x7B, []) => {
                let celsius = self.dice.between(31, 38) as u8;
                self.reply(at, command, &[0, celsius]);
            }
            (0x80, &[repeat]) => self.buffered(at, repeat),
            (0x81, &[bank, address, words] | &[bank, address, words, _, _, _, _]) => {
                self.read_memory(at, bank, address, words);
            }
            (0x89, &[repeat]) => self.inventory(at, command, repeat),
            (0x8B, &[0..=3, 0..=1, repeat] | &[0..=3, 0..=1, 0..=3, repeat]) => {
                self.inventory(at, command, repeat);
            }
            (0x8A, &[ref pairs @ .., _interval, repeat]) if matches!(pairs.len(), 8 | 16) => {
                self.sequence(at, pairs, repeat);
            }
            (0x90 | 0x91, []) => self.tell_buffer(at, command),
            (0x92, []) => {
                let count = (self.buffer.len() as u16).to_be_bytes();
                self.reply(at, command, &count);
            }
            (0x66..=0x94, _) => {
                self.complain(format!("command {command:02x} with {} bytes", data.len()));
                self.reply(at, command, &[WRONG_PARAMETER]);
            }
            _ => self.complain(format!("unknown command {command:02x}")),
        }
    }

    fn set_power(&mut self, at: Duration, command: u8, dbm: u8) {
        if dbm > 33 {
            self.complain(format!("power {dbm} dBm"));
            return self.reply(at, command, &[WRONG_POWER]);
        }
        if command == 0x66 && !self.settings.power_in_ram {
            return self.reply(at, command, &[WRONG_PARAMETER]);
        }
        if command == 0x76 {
            self.flash_writes += 1;
            self.flash_power_dbm = Some(dbm);
        }
        self.state.power_dbm = dbm;
        self.state.power_written = true;
        self.reply(at, command, &[OK]);
    }

    fn set_antenna(&mut self, at: Duration, index: u8) {
        if index >= self.settings.ports {
            self.complain(format!("antenna index {index}"));
            return self.reply(at, 0x74, &[WRONG_ANTENNA]);
        }
        self.state.antenna = index;
        self.state.antenna_written = true;
        self.reply(at, 0x74, &[OK]);
    }

    fn inventory(&mut self, at: Duration, command: u8, repeat: u8) {
        let ready = self.state.power_written && self.state.antenna_written;
        if self.settings.strict && !ready {
            self.complain("inventory before power and antenna were written".to_owned());
            return self.reply(at, command, &[WRONG_PARAMETER]);
        }
        let antenna = self.state.antenna;
        if self.is_missing(antenna) {
            return self.reply(at, command, &[ANTENNA_MISSING]);
        }
        let (end, total) = self.passes(at, command, antenna, repeat);
        let rate = (u128::from(total) * 1000 / (end - at).as_millis().max(1)) as u16;
        let mut data = vec![antenna];
        data.extend(rate.to_be_bytes());
        data.extend(total.to_be_bytes());
        self.end_round(end, command, &data);
    }

    fn sequence(&mut self, at: Duration, pairs: &[u8], repeat: u8) {
        let (mut now, mut total) = (at, 0);
        for pair in pairs.chunks_exact(2) {
            let (antenna, stay) = (pair[0], pair[1]);
            if antenna >= self.settings.ports {
                continue;
            }
            if self.is_missing(antenna) {
                self.reply(now, 0x8A, &[antenna, ANTENNA_MISSING]);
                continue;
            }
            let (end, reads) = self.passes(now, 0x8A, antenna, stay.min(repeat));
            (now, total) = (end, total + reads);
        }
        let mut data = total.to_be_bytes()[1..].to_vec();
        data.extend(((now - at).as_millis() as u32).to_be_bytes());
        self.end_round(now, 0x8A, &data);
    }

    /// Passes over the field; each read is sent when it happens. Gives the end and the number of reads.
    fn passes(&mut self, at: Duration, command: u8, antenna: u8, repeat: u8) -> (Duration, u32) {
        let (mut now, mut total) = (at, 0);
        for _ in 0..repeat.clamp(1, ENDLESS_PASSES) {
            let heard = self.field.listen(antenna, &mut self.dice);
            let length = SHORTEST_PASS.max(PER_TAG * heard.len() as u32);
            for (order, tag) in heard.iter().enumerate() {
                let due = now + length * (order as u32 + 1) / (heard.len() as u32 + 1);
                self.reply(due, command, &real_time(tag));
                total += 1;
            }
            now += length;
        }
        (now, total)
    }

    fn end_round(&mut self, end: Duration, command: u8, data: &[u8]) {
        self.reply(end, command, data);
        self.rounds += 1;
        self.busy_until = self.wire.free_at();
        if self.dice.chance(self.settings.nuisances.stalls) {
            let stall_ms = self.dice.between(500, 2000);
            self.wire.hush_until(end + Duration::from_millis(stall_ms));
        }
    }

    fn buffered(&mut self, at: Duration, repeat: u8) {
        let antenna = self.state.antenna;
        let mut total = 0_u32;
        for _ in 0..repeat.clamp(1, ENDLESS_PASSES) {
            for heard in self.field.listen(antenna, &mut self.dice) {
                total += 1;
                let known = self.buffer.iter().any(|tag| tag.epc == heard.epc);
                if !known && self.buffer.len() < BUFFER_TAGS {
                    self.buffer.push(heard);
                }
            }
        }
        let mut data = vec![antenna];
        data.extend((self.buffer.len() as u16).to_be_bytes());
        data.extend([0, 0]);
        data.extend(total.to_be_bytes());
        self.end_round(at + SHORTEST_PASS, 0x80, &data);
    }

    fn tell_buffer(&mut self, at: Duration, command: u8) {
        let tags = self.buffer.clone();
        if tags.is_empty() {
            return self.reply(at, command, &[BUFFER_EMPTY]);
        }
        for tag in &tags {
            let tail = [tag.rssi_raw, tag.freq_index << 2 | tag.antenna, 1];
            self.record(at, command, tags.len(), tag, &[], tail);
        }
        if command == 0x91 {
            self.buffer.clear();
        }
    }

    fn read_memory(&mut self, at: Duration, bank: u8, address: u8, words: u8) {
        if bank != 2 {
            return self.reply(at, 0x81, &[WRONG_BANK]);
        }
        let (from, count) = (usize::from(address) * 2, usize::from(words) * 2);
        let heard = self.field.listen(self.state.antenna, &mut self.dice);
        let found: Vec<(Heard, Vec<u8>)> = heard
            .into_iter()
            .filter_map(|tag| {
                let words = tag.tid.as_ref()?.get(from..from + count)?.to_vec();
                Some((tag, words))
            })
            .collect();
        if found.is_empty() {
            return self.reply(at, 0x81, &[NO_TAG]);
        }
        for (tag, words) in &found {
            let tail = [words.len() as u8, tag.freq_index << 2 | tag.antenna, 1];
            self.record(at, 0x81, found.len(), tag, words, tail);
        }
        self.busy_until = self.wire.free_at();
    }

    /// `TagCount DataLen PC EPC CRC Data` and three bytes; a record too long for one frame is left out.
    fn record(&mut self, at: Duration, command: u8, tags: usize, tag: &Heard, words: &[u8], tail: [u8; 3]) {
        let said = [&pc(&tag.epc)[..], &tag.epc].concat();
        let Ok(data_len) = u8::try_from(said.len() + 2 + words.len()) else {
            return;
        };
        let mut data = (tags as u16).to_be_bytes().to_vec();
        data.push(data_len);
        data.extend(&said);
        data.extend(crate::reader::air_crc16(&said).to_be_bytes());
        data.extend(words);
        data.extend(tail);
        self.reply(at, command, &data);
    }

    fn is_missing(&self, antenna: u8) -> bool {
        self.settings.missing_antennas.contains(&(antenna + 1))
    }

    fn reply(&mut self, at: Duration, command: u8, data: &[u8]) {
        let Ok(len) = u8::try_from(data.len() + 3) else {
            return;
        };
        let mut frame = vec![HEADER, len, self.settings.address, command];
        frame.extend(data);
        let sum = frame.iter().fold(0_u8, |sum, &byte| sum.wrapping_add(byte));
        frame.push(sum.wrapping_neg());
        self.wire.say(at, &frame, &mut self.dice);
    }

    fn complain(&mut self, complaint: String) {
        if self.complaints.len() < MOST_COMPLAINTS {
            self.complaints.push(complaint);
        }
    }
}

/// `FreqAnt PC EPC RSSI`; antennas 5 to 8 show in bit 7 of the strength.
fn real_time(tag: &Heard) -> Vec<u8> {
    let mut data = vec![tag.freq_index << 2 | (tag.antenna & 3)];
    data.extend(pc(&tag.epc));
    data.extend(&tag.epc);
    data.push(tag.rssi_raw | if tag.antenna > 3 { 0x80 } else { 0 });
    data
}

/// The protocol control word of an EPC: its length in words in the upper five bits.
fn pc(epc: &[u8]) -> [u8; 2] {
    [(epc.len() / 2) as u8 * 8, 0]
}

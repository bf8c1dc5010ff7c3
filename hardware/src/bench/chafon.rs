//! The Chafon protocol from the reader's side (protocol sheet, sections 2 to 7), in its two generations.
//!
//! Stricter than any real reader: one command at a time, exact lengths, the reader's own report before anything is
//! changed, and nothing written to flash that is there already.

use std::time::Duration;

use super::chafon_bytes::{Asked, checksum, lock_arguments, read_arguments, write_arguments};
use super::field::Heard;
use super::firmware::{Firmware, Station};
use super::memory::TagFault;

const EVERY_READER: u8 = 0xFF;
const OK: u8 = 0x00;
const FINISHED: u8 = 0x01;
const MORE: u8 = 0x03;
const WRONG_PASSWORD: u8 = 0x05;
const ANTENNA_FAULT: u8 = 0xF8;
const NO_TAG: u8 = 0xFB;
const TAG_ERROR: u8 = 0xFC;
const WRONG_LENGTH: u8 = 0xFD;
const ILLEGAL: u8 = 0xFE;
const WRONG_PARAMETER: u8 = 0xFF;
const PUSH: u8 = 0xEE;
/// Longer gaps inside a frame lose it (section 2).
const LONGEST_GAP: Duration = Duration::from_millis(15);
/// How long the controller thinks about a setting.
const THINKS: Duration = Duration::from_millis(2);
/// How long a tag's memory takes.
const ACCESS: Duration = Duration::from_millis(15);
/// One pass over an empty field, and what one more tag adds.
const SHORTEST_PASS: Duration = Duration::from_millis(12);
const PER_TAG: Duration = Duration::from_millis(3);
/// How often a reader in active mode looks for tags.
const PUSH_EVERY: Duration = Duration::from_millis(60);
/// The most bytes of records in one frame of the older generation.
const FRAME_FULL: usize = 200;

/// One simulated reader, without its line.
pub(super) struct Chafon {
    station: Station,
    rich: bool,
    flash: Flash,
    inbox: Vec<u8>,
    heard_at: Duration,
    /// Somebody asked who this is, since the power came on.
    asked: bool,
    busy_until: Duration,
    push_at: Duration,
}

/// What the reader keeps without power.
struct Flash {
    power_dbm: u8,
    band: [u8; 2],
    scan_time: u8,
    antennas: u8,
    mode: u8,
}

impl Firmware for Chafon {
    fn station(&mut self) -> &mut Station {
        &mut self.station
    }

    fn power_cycle(&mut self) {
        self.station.power_cycle();
        self.inbox.clear();
        self.asked = false;
        self.busy_until = Duration::ZERO;
    }

    fn receive(&mut self, bytes: &[u8], now: Duration) {
        if !self.inbox.is_empty() && now > self.heard_at + LONGEST_GAP {
            self.station.complain(format!("{} bytes without an end", self.inbox.len()));
            self.inbox.clear();
        }
        self.heard_at = now;
        self.inbox.extend_from_slice(bytes);
        while let Some(&len) = self.inbox.first() {
            let end = usize::from(len) + 1;
            if self.inbox.len() < end {
                return;
            }
            let frame: Vec<u8> = self.inbox.drain(..end).collect();
            self.judge(&frame, now);
        }
    }

    /// In active mode the reader says by itself what it hears.
    fn live(&mut self, now: Duration) -> Option<Duration> {
        if self.flash.mode == 0 {
            return None;
        }
        if now >= self.push_at {
            self.push_at = now + PUSH_EVERY;
            for index in self.enabled() {
                for tag in self.station.field.listen(index, &mut self.station.dice) {
                    let record = [&[tag.epc.len() as u8], &tag.epc[..], &[tag.rssi_raw]].concat();
                    match self.rich {
                        true => {
                            self.reply(now, PUSH, OK, &[&[self.antenna_byte(index)], &record[..]].concat())
                        }
                        false if tag.epc.is_empty() => {}
                        false => self.reply(now, PUSH, OK, &tag.epc),
                    }
                }
            }
        }
        Some(self.push_at)
    }
}

impl Chafon {
    /// A reader of the newer generation, unless the variant begins with `18`; `-active` behind it puts it into its
    /// active mode.
    pub(super) fn new(station: Station) -> Self {
        let variant = &station.settings.variant;
        let mode = u8::from(variant.ends_with("-active"));
        let rich = !variant.starts_with("18");
        let power_dbm = station.settings.power_dbm_max.unwrap_or(30).min(30);
        let band = if station.settings.us_only { [0x31, 0x80] } else { [0x4E, 0x00] };
        Self {
            rich,
            flash: Flash { power_dbm, band, scan_time: 10, antennas: 1, mode },
            station,
            inbox: Vec::new(),
            heard_at: Duration::ZERO,
            asked: false,
            busy_until: Duration::ZERO,
            push_at: Duration::ZERO,
        }
    }

    fn judge(&mut self, frame: &[u8], now: Duration) {
        let &[_, address, command, ref data @ .., low, high] = frame else {
            return self.station.complain(format!("LEN {} is too short", frame[0]));
        };
        if checksum(&frame[..frame.len() - 2]) != u16::from_le_bytes([low, high]) {
            self.station.complain(format!("wrong checksum in command {command:02x}"));
            return self.reply(now + THINKS, 0, ILLEGAL, &[]);
        }
        if address != EVERY_READER && address != self.station.settings.address {
            return;
        }
        if now < self.busy_until {
            return self.station.complain(format!("command {command:02x} while another runs"));
        }
        let active = self.flash.mode != 0;
        if active && command < 0x21 {
            return;
        }
        self.obey(command, data, now + THINKS);
        self.busy_until = self.busy_until.max(now + THINKS);
    }

    fn obey(&mut self, command: u8, data: &[u8], at: Duration) {
        let plain = !self.rich;
        match (command, data) {
            (0x21, []) => self.tell_info(at),
            (0x4C, []) if self.rich => {
                let serial = (self.station.settings.seed as u32).to_be_bytes();
                self.reply(at, command, OK, &serial);
            }
            (0x92, []) if self.rich => {
                let celsius = self.station.dice.between(31, 38) as u8;
                self.reply(at, command, OK, &[1, celsius]);
            }
            (0x91, &[_, _, _, _, index]) if self.rich => {
                let loss_db = if self.is_missing(index) { 1 } else { 14 };
                self.reply(at, command, OK, &[loss_db]);
            }
            (0x2F, &[dbm]) => {
                let most = self.station.settings.power_dbm_max;
                if most.is_some_and(|most| (most + 1..=33).contains(&dbm)) {
                    return self.reply(at, command, WRONG_PARAMETER, &[]);
                }
                let taken = dbm <= if self.rich { 33 } else { 30 };
                self.keep(at, command, taken, dbm, |flash| &mut flash.power_dbm);
            }
            // The band's upper bits with the highest channel, the lower with the lowest: 2 is the United States.
            (0x22, &[max, min]) if self.station.settings.us_only && (max >> 6, min >> 6) != (0, 2) => {
                self.reply(at, command, WRONG_PARAMETER, &[]);
            }
            (0x22, &[max, min]) => {
                self.keep(at, command, max & 0x3F >= min & 0x3F, [max, min], |flash| &mut flash.band);
            }
            (0x25, &[time]) => self.keep(at, command, time >= 3, time, |flash| &mut flash.scan_time),
            (0x3F, &[mask]) if self.rich => {
                let ports = self.station.settings.ports.min(8);
                if u16::from(mask) >= 1 << ports {
                    return self.reply(at, command, WRONG_PARAMETER, &[]);
                }
                let taken = mask != 0;
                self.keep(at, command, taken, mask, |flash| &mut flash.antennas);
            }
            (0x36, []) if plain => {
                let mode = self.flash.mode;
                self.reply(at, command, OK, &[0, 30, 10, 15, mode, 2, 1, 0, 1, 0, 8, 0]);
            }
            (0x35, &[mode @ 0..=3, 2, 1, 0, 1, 0]) if plain => {
                self.keep(at, command, true, mode, |flash| &mut flash.mode);
            }
            (0x77, []) if self.rich => {
                let mode = self.flash.mode;
                self.reply(at, command, OK, &[mode, 0, 0, 0, 4, 1]);
            }
            (0x76, &[mode @ 0..=2]) if self.rich => {
                self.keep(at, command, true, mode, |flash| &mut flash.mode);
            }
            (0x01, data) => self.inventory(at, data),
            (0x02, data) => self.access(at, command, data, read_arguments),
            (0x03, data) => self.access(at, command, data, write_arguments),
            (0x06, data) => self.access(at, command, data, lock_arguments),
            _ => {
                self.station.complain(format!("command {command:02x} with {} bytes", data.len()));
                self.reply(at, 0, ILLEGAL, &[]);
            }
        }
    }

    fn tell_info(&mut self, at: Duration) {
        self.asked = true;
        let [major, minor] = self.station.settings.firmware;
        let Flash { power_dbm, band: [max, min], scan_time, antennas, .. } = self.flash;
        let kind = if self.rich { 0x0C } else { 0x09 };
        let mut data = vec![major, minor, kind, 0x03, max, min, power_dbm, scan_time];
        if self.rich {
            data.extend([antennas, 0, 0, 0]);
        }
        self.reply(at, 0x21, OK, &data);
    }

    /// Writes one value to flash.
    fn keep<T: PartialEq + Copy>(
        &mut self,
        at: Duration,
        command: u8,
        taken: bool,
        value: T,
        place: impl Fn(&mut Flash) -> &mut T,
    ) {
        if !taken {
            self.station.complain(format!("setting {command:02x} out of range"));
            return self.reply(at, command, WRONG_PARAMETER, &[]);
        }
        let kept = place(&mut self.flash);
        if *kept == value {
            self.station.complain(format!("setting {command:02x} was so already, and flash wears out"));
        }
        *kept = value;
        self.station.flash_writes += 1;
        if !self.asked {
            self.station.complain(format!("setting {command:02x} before anybody asked who this is"));
        }
        self.reply(at, command, OK, &[]);
    }

    fn inventory(&mut self, at: Duration, data: &[u8]) {
        if self.station.settings.strict && !self.asked {
            self.station.complain("inventory before anybody asked who this is".to_owned());
            return self.reply(at, 0x01, ILLEGAL, &[]);
        }
        match (self.rich, data) {
            (false, []) => self.plain_round(at),
            (true, &[q, 0..=3 | 0xFD..=0xFF, 0..=1, antenna @ 0x80..=0x8F, 1..=100]) => {
                self.rich_round(at, antenna & 0x0F, q & 0x20 != 0);
            }
            (true, &[_, 0..=3 | 0xFD..=0xFF]) => {
                let first = self.enabled().first().copied().unwrap_or(0);
                self.rich_round(at, first, false);
            }
            _ => {
                self.station.complain(format!("inventory with {} bytes", data.len()));
                self.reply(at, 0x01, WRONG_LENGTH, &[]);
            }
        }
    }

    /// All tags of a round in as few frames as possible.
    fn plain_round(&mut self, at: Duration) {
        let heard = self.station.field.listen(0, &mut self.station.dice);
        let end = at + SHORTEST_PASS.max(PER_TAG * heard.len() as u32);
        let mut frames = vec![(0_u8, Vec::new())];
        for tag in &heard {
            if frames.last().is_some_and(|(_, records)| records.len() > FRAME_FULL - 64) {
                frames.push((0, Vec::new()));
            }
            if let Some((count, records)) = frames.last_mut() {
                *count += 1;
                records.push(tag.epc.len() as u8);
                records.extend(&tag.epc);
            }
        }
        let last = frames.len() - 1;
        for (order, (count, records)) in frames.into_iter().enumerate() {
            let status = match (order == last, count) {
                (false, _) => MORE,
                (true, 0) => NO_TAG,
                (true, _) => FINISHED,
            };
            let data = if status == NO_TAG { Vec::new() } else { [&[count], &records[..]].concat() };
            self.reply(end, 0x01, status, &data);
        }
        self.end_round(end);
    }

    /// Tags as they are heard, one to a frame, now and then two.
    fn rich_round(&mut self, at: Duration, index: u8, fast_id: bool) {
        if index >= self.station.settings.ports {
            self.station.complain(format!("antenna index {index}"));
            return self.reply(at, 0x01, WRONG_PARAMETER, &[]);
        }
        let antenna = self.antenna_byte(index);
        if self.is_missing(index) {
            return self.reply(at, 0x01, ANTENNA_FAULT, &[antenna]);
        }
        let heard = self.station.field.listen(index, &mut self.station.dice);
        let length = SHORTEST_PASS.max(PER_TAG * heard.len() as u32);
        let mut rest = &heard[..];
        let mut order = 0;
        while !rest.is_empty() {
            let together = if rest.len() > 1 && self.station.dice.chance(0.2) { 2 } else { 1 };
            let (now, later) = rest.split_at(together);
            rest = later;
            order += together as u32;
            let records: Vec<u8> = now.iter().flat_map(|tag| record(tag, fast_id)).collect();
            let due = at + length * order / (heard.len() as u32 + 1);
            self.reply(due, 0x01, MORE, &[&[antenna, together as u8], &records[..]].concat());
        }
        self.reply(at + length, 0x01, FINISHED, &[antenna, 0]);
        self.end_round(at + length);
    }

    fn end_round(&mut self, end: Duration) {
        self.station.rounds += 1;
        self.busy_until = self.station.wire.free_at();
        if self.station.dice.chance(self.station.settings.nuisances.stalls) {
            let stall_ms = self.station.dice.between(500, 2000);
            self.station.wire.hush_until(end + Duration::from_millis(stall_ms));
        }
    }

    /// One access to the tag whose EPC the command names, at whichever enabled antenna it lies.
    fn access(&mut self, at: Duration, command: u8, data: &[u8], arguments: fn(&[u8]) -> Option<Asked<'_>>) {
        let Some((epc, access, password)) = arguments(data) else {
            self.station.complain(format!("command {command:02x} with {} bytes", data.len()));
            return self.reply(at, command, WRONG_LENGTH, &[]);
        };
        let chosen = (!epc.is_empty()).then_some(epc);
        let password = u32::from_be_bytes(password);
        let mut result = Err(TagFault::NoTag);
        for index in self.enabled() {
            let station = &mut self.station;
            result = station.field.access(index, chosen, password, &access, &mut station.dice);
            if result.as_ref().err() != Some(&TagFault::NoTag) {
                break;
            }
        }
        let at = at + ACCESS;
        match result {
            Ok((_, words)) => self.reply(at, command, OK, &words),
            Err(TagFault::NoTag) => self.reply(at, command, NO_TAG, &[]),
            Err(TagFault::WrongPassword) => self.reply(at, command, WRONG_PASSWORD, &[]),
            Err(TagFault::Locked) => self.reply(at, command, TAG_ERROR, &[0x04]),
            Err(TagFault::Overrun) => self.reply(at, command, TAG_ERROR, &[0x03]),
        }
        self.busy_until = self.station.wire.free_at();
    }

    /// Indices of the antennas that are switched on.
    fn enabled(&self) -> Vec<u8> {
        if !self.rich {
            return vec![0];
        }
        (0..8).filter(|index| self.flash.antennas >> index & 1 == 1).collect()
    }

    /// One bit per antenna up to 8 ports, an index beyond (section 4).
    fn antenna_byte(&self, index: u8) -> u8 {
        if self.station.settings.ports <= 8 { 1 << index } else { index }
    }

    fn is_missing(&self, index: u8) -> bool {
        self.station.settings.missing_antennas.contains(&(index + 1))
    }

    fn reply(&mut self, at: Duration, command: u8, status: u8, data: &[u8]) {
        let Ok(len) = u8::try_from(data.len() + 5) else {
            return;
        };
        let mut frame = vec![len, self.station.settings.address, command, status];
        frame.extend(data);
        frame.extend(checksum(&frame).to_le_bytes());
        self.station.wire.say(at, &frame, &mut self.station.dice);
    }
}

/// `len EPC RSSI`; with the chip's number behind the EPC where it was asked for and an Impinj chip knows how.
fn record(tag: &Heard, fast_id: bool) -> Vec<u8> {
    let tid =
        tag.tid.as_deref().filter(|tid| fast_id && tid.len() == 12 && tid.starts_with(&[0xE2, 0x80, 0x11]));
    let mut record = vec![tag.epc.len() as u8];
    record.extend(&tag.epc);
    if let Some(tid) = tid {
        record[0] = (record[0] + 12) | 0x80;
        record.extend(tid);
    }
    record.push(tag.rssi_raw);
    record
}

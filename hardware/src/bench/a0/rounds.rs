//! Inventories and sequences (protocol sheet, sections 4 and 5), and the reader's own buffer (section 6).

use std::time::Duration;

use super::super::field::Heard;
use super::super::memory::pc;
use super::{A0, ANTENNA_MISSING, WRONG_PARAMETER};

const BUFFER_EMPTY: u8 = 0x38;
/// One pass over an empty field.
const SHORTEST_PASS: Duration = Duration::from_millis(12);
/// What one more tag adds: 500 tags a second.
const PER_TAG: Duration = Duration::from_millis(2);
/// Passes for repeat FF, "as fast as possible".
const ENDLESS_PASSES: u8 = 8;
/// Tags the reader's own buffer holds (section 8).
const BUFFER_TAGS: usize = 200;
/// How long a tag keeps state B (stream-cleaning page, section 6): S1 in any case, S2 and S3 in the field.
const S1_KEEPS: Duration = Duration::from_secs(1);
const S2_KEEPS: Duration = Duration::from_secs(30);

/// How a round asks the tags.
#[derive(Clone, Copy)]
struct Asks {
    session: u8,
    /// 0 for A, 1 for B.
    target: u8,
    phase: bool,
}

impl Asks {
    const PLAIN: Self = Self { session: 0, target: 0, phase: false };
}

impl A0 {
    /// Commands that listen to the tags.
    pub(super) fn listen_to(&mut self, command: u8, data: &[u8], at: Duration) -> bool {
        let manners = &self.station.settings.r2000;
        match (command, data) {
            (0x89, &[repeat]) => self.inventory(at, command, Asks::PLAIN, repeat),
            (0x8A, _) if !manners.sequence => self.refuse(at, command),
            (0x8B, _) if !manners.session_inventory => self.refuse(at, command),
            (0x8A, data) if data.len() == 29 && !manners.extended_sequence => self.refuse(at, command),
            (0x8B, &[session @ 0..=3, target @ 0..=1, repeat])
            | (0x8B, &[session @ 0..=3, target @ 0..=1, 0..=3, repeat]) => {
                self.inventory(at, command, Asks { session, target, phase: false }, repeat);
            }
            (0x8A, &[ref pairs @ .., _interval, repeat]) if pairs.len() == 8 => {
                self.sequence(at, pairs, Asks::PLAIN, repeat);
            }
            (0x8A, &[ref pairs @ .., _interval, repeat])
                if pairs.len() == 16 && self.station.settings.ports > 4 =>
            {
                self.sequence(at, pairs, Asks::PLAIN, repeat);
            }
            (
                0x8A,
                &[
                    ref pairs @ ..,
                    _interval,
                    0,
                    0,
                    0,
                    0,
                    0,
                    session @ 0..=3,
                    target @ 0..=1,
                    _optimise @ 0..=1,
                    _ongoing @ 0..=1,
                    _target_quantity,
                    phase @ 0..=1,
                    repeat,
                ],
            ) if pairs.len() == 16 => {
                self.sequence(at, pairs, Asks { session, target, phase: phase == 1 }, repeat);
            }
            (0x80, &[repeat]) => self.buffered(at, repeat),
            (0x90 | 0x91, []) => self.tell_buffer(at, command),
            (0x92, []) => {
                let count = (self.buffer.len() as u16).to_be_bytes();
                self.reply(at, command, &count);
            }
            _ => return false,
        }
        true
    }

    fn is_ready(&mut self, at: Duration, command: u8, needs_antenna: bool) -> bool {
        let ready = self.state.power_written && (self.state.antenna_written || !needs_antenna);
        if self.station.settings.strict && !ready {
            self.station.complain("inventory before power and antenna were written".to_owned());
            self.reply(at, command, &[WRONG_PARAMETER]);
            return false;
        }
        true
    }

    fn inventory(&mut self, at: Duration, command: u8, asks: Asks, repeat: u8) {
        if !self.is_ready(at, command, true) {
            return;
        }
        let antenna = self.state.antenna;
        if self.is_missing(antenna) {
            return self.reply(at, command, &[ANTENNA_MISSING]);
        }
        let (end, total) = self.passes(at, command, antenna, asks, repeat);
        let rate = (u128::from(total) * 1000 / (end - at).as_millis().max(1)) as u16;
        let mut data = vec![antenna % 8];
        data.extend(rate.to_be_bytes());
        data.extend(total.to_be_bytes());
        self.end_round(end, command, &data);
    }

    fn sequence(&mut self, at: Duration, pairs: &[u8], asks: Asks, repeat: u8) {
        if !self.is_ready(at, 0x8A, false) {
            return;
        }
        let used: Vec<(u8, u8)> = pairs
            .chunks_exact(2)
            .map(|pair| (pair[0], pair[1]))
            .filter(|&(index, _)| index != 0xFF)
            .collect();
        let slots = pairs.len() as u8 / 2;
        if used.is_empty() || used.iter().any(|&(index, stay)| index >= slots || stay == 0) {
            self.station.complain(format!("sequence over {used:?}"));
            return self.reply(at, 0x8A, &[WRONG_PARAMETER]);
        }
        let (mut now, mut total) = (at, 0);
        for (index, stay) in used {
            let Some(antenna) = self.antenna_at(index) else {
                self.station.complain(format!("antenna index {index} in a sequence"));
                continue;
            };
            if self.is_missing(antenna) {
                self.reply(now, 0x8A, &[index, ANTENNA_MISSING]);
                continue;
            }
            let (end, reads) = self.passes(now, 0x8A, antenna, asks, stay.min(repeat));
            (now, total) = (end, total + reads);
        }
        let mut data = total.to_be_bytes()[1..].to_vec();
        data.extend(((now - at).as_millis() as u32).to_be_bytes());
        self.end_round(now, 0x8A, &data);
    }

    /// Passes over the field; each read is sent when it happens. Gives the end and the number of reads.
    fn passes(&mut self, at: Duration, command: u8, antenna: u8, asks: Asks, repeat: u8) -> (Duration, u32) {
        let (mut now, mut total) = (at, 0);
        for _ in 0..repeat.clamp(1, ENDLESS_PASSES) {
            let heard = self.hear(antenna, asks, now);
            let length = SHORTEST_PASS.max(PER_TAG * heard.len() as u32);
            for (order, tag) in heard.iter().enumerate() {
                let due = now + length * (order as u32 + 1) / (heard.len() as u32 + 1);
                let mut data = real_time(tag, self.state.fast_tid);
                if asks.phase {
                    data.extend([0, self.station.dice.byte()]);
                }
                self.reply(due, command, &data);
                total += 1;
            }
            now += length;
        }
        (now, total)
    }

    /// What one pass hears of the tags that are in the state asked for; those change it.
    fn hear(&mut self, antenna: u8, asks: Asks, now: Duration) -> Vec<Heard> {
        let mut heard = self.station.field.listen(antenna, &mut self.station.dice);
        let keeps = match asks.session {
            // The carrier is off between two rounds: everybody is in state A again.
            0 => Duration::ZERO,
            1 => S1_KEEPS,
            _ => S2_KEEPS,
        };
        let inventoried = &mut self.state.inventoried;
        inventoried.retain(|_, since| now.saturating_sub(*since) < S2_KEEPS);
        heard.retain(|tag| {
            let key = (asks.session, tag.epc.clone(), tag.tid.clone());
            let in_b = inventoried.get(&key).is_some_and(|&since| now.saturating_sub(since) < keeps);
            if in_b != (asks.target == 1) {
                return false;
            }
            if in_b {
                inventoried.remove(&key);
            } else {
                inventoried.insert(key, now);
            }
            true
        });
        heard
    }

    fn end_round(&mut self, end: Duration, command: u8, data: &[u8]) {
        self.reply(end, command, data);
        self.station.rounds += 1;
        self.busy_until = self.station.wire.free_at();
        if self.station.dice.chance(self.station.settings.nuisances.stalls) {
            let stall_ms = self.station.dice.between(500, 2000);
            self.station.wire.hush_until(end + Duration::from_millis(stall_ms));
        }
    }

    fn buffered(&mut self, at: Duration, repeat: u8) {
        let antenna = self.state.antenna;
        let mut total = 0_u32;
        for _ in 0..repeat.clamp(1, ENDLESS_PASSES) {
            for heard in self.station.field.listen(antenna, &mut self.station.dice) {
                total += 1;
                let known = self.buffer.iter().any(|tag| tag.epc == heard.epc);
                if !known && self.buffer.len() < BUFFER_TAGS {
                    self.buffer.push(heard);
                }
            }
        }
        let mut data = vec![antenna % 8];
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
            let tail = [tag.rssi_raw | upper_four(tag), freq_antenna(tag), 1];
            self.record(at, command, tags.len(), tag, &[], tail);
        }
        if command == 0x91 {
            self.buffer.clear();
        }
    }

    /// `TagCount DataLen PC EPC CRC Data` and three bytes; a record too long for one frame is left out.
    pub(super) fn record(
        &mut self,
        at: Duration,
        command: u8,
        tags: usize,
        tag: &Heard,
        words: &[u8],
        tail: [u8; 3],
    ) {
        let mut said = pc(&tag.epc).to_vec();
        said.extend(&tag.epc);
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
}

/// Frequency index and the lower two bits of the antenna.
pub(super) fn freq_antenna(tag: &Heard) -> u8 {
    tag.freq_index << 2 | (tag.antenna & 3)
}

/// The third bit of the antenna, where a byte has its bit 7 to spare.
pub(super) fn upper_four(tag: &Heard) -> u8 {
    if tag.antenna & 4 == 0 { 0 } else { 0x80 }
}

/// `FreqAnt PC EPC RSSI`. With FastTID on, an Impinj chip answers as if its number were part of the EPC.
fn real_time(tag: &Heard, fast_tid: bool) -> Vec<u8> {
    let mut epc = tag.epc.clone();
    if let Some(tid) = tag.tid.as_ref().filter(|tid| fast_tid && tid.starts_with(&[0xE2, 0x80, 0x11])) {
        epc.extend(tid);
    }
    let mut data = vec![freq_antenna(tag)];
    data.extend(pc(&epc));
    data.extend(&epc);
    data.push(tag.rssi_raw | upper_four(tag));
    data
}

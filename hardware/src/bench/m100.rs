//! The M100 protocol from the module's side (protocol sheet, sections 2 to 7), in either framing.
//!
//! Stricter than any real module: settings before polling, exact lengths, nothing but Stop while it polls, one command
//! at a time. Whatever a driver does wrong becomes a complaint a test can look at.

use std::time::Duration;

use super::field::Heard;
use super::firmware::{Firmware, Station};
use super::m100_air::Air;
use super::memory::{TagFault, pc};
use crate::reader::{Access, Bank, LockBits};

const OK: u8 = 0x00;
const NO_TAG_IN_ROUND: u8 = 0x15;
const WRONG_PASSWORD: u8 = 0x16;
const WRONG_COMMAND: u8 = 0x17;
/// The strongest it can send, in hundredths of a dBm; more is taken and not done (section 4).
const STRONGEST_CDBM: u16 = 2650;
/// How long the controller thinks about a setting.
const THINKS: Duration = Duration::from_millis(2);
/// A round in which no tag answers.
const SHORTEST_ROUND: Duration = Duration::from_millis(15);
/// What one more tag adds: some 200 tags a second.
const PER_TAG: Duration = Duration::from_millis(5);
/// How long an access to a tag takes, and each word written on top.
const ACCESS: Duration = Duration::from_millis(10);
const PER_WORD: Duration = Duration::from_millis(8);
/// First and last byte of a frame.
const MARKS: [[u8; 2]; 2] = [[0xBB, 0x7E], [0xAA, 0xDD]];

/// One simulated module, without its line. Words of [`BenchSettings::variant`](super::BenchSettings): `aadd` frames like
/// most R200 boards, `e720` knows only their way of choosing a tag, `asleep` swallows the first command.
pub(super) struct M100 {
    station: Station,
    marks: [u8; 2],
    e720: bool,
    inbox: Vec<u8>,
    state: State,
    air: Air,
    busy_until: Duration,
}

/// What a power cycle resets.
struct State {
    asleep: bool,
    region: u8,
    power_cdbm: u16,
    power_written: bool,
    query_written: bool,
    query: u16,
    select_mode: u8,
    select: Vec<u8>,
    /// Rounds still to be done, and when the next begins.
    polling: Option<(u32, Duration)>,
}

impl State {
    fn fresh(variant: &str) -> Self {
        Self {
            asleep: variant.contains("asleep"),
            region: 1,
            power_cdbm: 2600,
            power_written: false,
            query_written: false,
            query: 0x1020,
            select_mode: 1,
            select: Vec::new(),
            polling: None,
        }
    }
}

impl Firmware for M100 {
    fn station(&mut self) -> &mut Station {
        &mut self.station
    }

    fn power_cycle(&mut self) {
        self.station.power_cycle();
        self.inbox.clear();
        self.busy_until = Duration::ZERO;
        self.state = State::fresh(&self.station.settings.variant);
    }

    fn receive(&mut self, bytes: &[u8], now: Duration) {
        if std::mem::take(&mut self.state.asleep) {
            return;
        }
        self.inbox.extend_from_slice(bytes);
        while let Some(&first) = self.inbox.first() {
            let Some(marks) = MARKS.into_iter().find(|marks| marks[0] == first) else {
                self.station.complain(format!("byte {first:02x} outside a frame"));
                self.inbox.remove(0);
                continue;
            };
            let &[_, _, _, high, low, ..] = &self.inbox[..] else { return };
            let end = usize::from(u16::from_be_bytes([high, low])) + 7;
            if self.inbox.len() < end {
                return;
            }
            let frame: Vec<u8> = self.inbox.drain(..end).collect();
            // A driver that looks for its module asks in both framings; the other one is not ours.
            if marks == self.marks {
                self.judge(&frame, now);
            }
        }
    }

    fn live(&mut self, now: Duration) -> Option<Duration> {
        while let Some((left, at)) = self.state.polling {
            if at > now {
                return Some(at);
            }
            let end = self.round(at);
            self.state.polling = left.checked_sub(1).filter(|&left| left > 0).map(|left| (left, end));
        }
        None
    }
}

impl M100 {
    pub(super) fn new(station: Station) -> Self {
        let variant = station.settings.variant.clone();
        Self {
            marks: MARKS[usize::from(variant.contains("aadd"))],
            e720: variant.contains("e720"),
            inbox: Vec::new(),
            state: State::fresh(&variant),
            air: Air::default(),
            busy_until: Duration::ZERO,
            station,
        }
    }

    fn judge(&mut self, frame: &[u8], now: Duration) {
        let &[_, kind, command, _, _, ref params @ .., said, last] = frame else { return };
        let sum = frame[1..frame.len() - 2].iter().fold(0_u8, |sum, &byte| sum.wrapping_add(byte));
        if last != self.marks[1] || said != sum || kind != 0 {
            return self.station.complain(format!("damaged command {command:02x}"));
        }
        if self.state.polling.is_some() && command != 0x28 {
            return self.station.complain(format!("command {command:02x} while polling"));
        }
        if now < self.busy_until {
            return self.station.complain(format!("command {command:02x} while another is done"));
        }
        self.obey(command, params, now + THINKS);
    }

    fn obey(&mut self, command: u8, params: &[u8], at: Duration) {
        match (command, params) {
            (0x03, &[which @ 0..=2]) => {
                let [major, minor] = self.station.settings.firmware;
                let software = format!("V{major}.{minor}");
                let text = ["M100 26dBm V1.0", &software, "MagicRf"][usize::from(which)];
                self.reply(at, command, &[&[which], text.as_bytes()].concat());
            }
            (0x07, &[region @ (1 | 2 | 3 | 4 | 6)]) => {
                self.state.region = if self.station.settings.us_only { 2 } else { region };
                self.reply(at, command, &[OK]);
            }
            (0x08, []) => self.reply(at, command, &[self.state.region]),
            (0x0C, _) => self.select(at, params),
            (0x0D, []) => self.reply(at, command, &self.state.query.to_be_bytes()),
            (0x0E, &[high, low]) => {
                self.state.query = u16::from_be_bytes([high, low]);
                self.state.query_written = true;
                self.reply(at, command, &[OK]);
            }
            // Confirmed under the number of Select (section 3).
            (0x12, &[mode @ 0..=2]) => {
                self.state.select_mode = mode;
                self.reply(at, 0x0C, &[OK]);
            }
            (0x22, []) => {
                let end = self.round(at);
                self.busy_until = end;
            }
            (0x27, &[0x22, high, low]) => self.poll(at, u16::from_be_bytes([high, low])),
            (0x28, []) => {
                self.state.polling = None;
                self.reply(at, command, &[OK]);
            }
            (0x39 | 0x49 | 0x82, _) => self.access(at, command, params),
            (0xAD, [0 | 0xFF]) => self.reply(at, command, &[OK]),
            (0xB6, &[high, low]) => {
                let most = self.station.settings.power_dbm_max;
                let most = most.map_or(STRONGEST_CDBM, |dbm| u16::from(dbm) * 100);
                self.state.power_cdbm = u16::from_be_bytes([high, low]).min(most);
                self.state.power_written = true;
                self.reply(at, command, &[OK]);
            }
            (0xB7, []) => self.reply(at, command, &self.state.power_cdbm.to_be_bytes()),
            _ => {
                self.station.complain(format!("command {command:02x} with {} bytes", params.len()));
                self.fail(at, WRONG_COMMAND, &[]);
            }
        }
    }

    fn select(&mut self, at: Duration, params: &[u8]) {
        let clears = params == [0x23, 0, 0, 0, 0, 0x60, 0];
        let fits = match params {
            &[0x01 | 0x23, 0, 0, 0, 0x20, bits, 0, ref mask @ ..] => mask.len() * 8 == usize::from(bits),
            _ => clears,
        };
        if !fits {
            self.station.complain(format!("Select {params:02x?}"));
            return self.fail(at, WRONG_COMMAND, &[]);
        }
        self.state.select = if clears { Vec::new() } else { params.to_vec() };
        self.state.select_mode = 2;
        self.reply(at, 0x0C, &[OK]);
    }

    fn poll(&mut self, at: Duration, count: u16) {
        let ready = self.state.power_written && self.state.query_written && self.state.select_mode == 1;
        if self.station.settings.strict && !ready {
            self.station.complain("polling before power, Query and select mode were written".to_owned());
            return self.fail(at, WRONG_COMMAND, &[]);
        }
        self.state.polling = Some((u32::from(count), at));
    }

    /// One round over the field; each tag is told when it answers. Gives the round's end.
    fn round(&mut self, at: Duration) -> Duration {
        let Station { field, dice, .. } = &mut self.station;
        let mut heard = field.listen(0, dice);
        self.air.answering(self.state.query, at, &mut heard);
        let length = SHORTEST_ROUND.max(PER_TAG * heard.len() as u32);
        for (order, tag) in heard.iter().enumerate() {
            let due = at + length * (order as u32 + 1) / (heard.len() as u32 + 1);
            self.notice(due, tag);
        }
        if heard.is_empty() {
            self.fail(at + length, NO_TAG_IN_ROUND, &[]);
        }
        self.station.rounds += 1;
        let mut end = (at + length).max(self.station.wire.free_at());
        if self.station.dice.chance(self.station.settings.nuisances.stalls) {
            end += Duration::from_millis(self.station.dice.between(500, 2000));
            self.station.wire.hush_until(end);
        }
        end
    }

    /// `RSSI PC EPC CRC`. As often as there are ghosts, the tag is garbled on the air and its own checksum does not fit.
    fn notice(&mut self, at: Duration, tag: &Heard) {
        let mut said = [&pc(&tag.epc)[..], &tag.epc].concat();
        let crc = crate::reader::air_crc16(&said).to_be_bytes();
        let garbled = self.station.dice.chance(self.station.settings.nuisances.ghosts);
        if let (true, Some(last)) = (garbled && said.len() > 2, said.last_mut()) {
            *last ^= 0x5A;
        }
        let rssi = (i16::from(tag.rssi_raw) - 129) as u8;
        self.say(at, 2, 0x22, &[&[rssi], &said[..], &crc].concat());
    }

    fn access(&mut self, at: Duration, command: u8, params: &[u8]) {
        let Some((password, access)) = understood(command, params) else {
            self.station.complain(format!("command {command:02x} with {} bytes", params.len()));
            return self.fail(at, WRONG_COMMAND, &[]);
        };
        let words = if let Access::Write { data, .. } = &access { data.len() as u32 / 2 } else { 0 };
        let at = at + ACCESS + PER_WORD * words;
        self.busy_until = at;
        let (no_tag, upper) = match command {
            0x39 => (0x09, 0xA0),
            0x49 => (0x10, 0xB0),
            _ => (0x13, 0xC0),
        };
        // Session S0, target A: another one does not find what Select chose.
        if self.state.query & 0x0380 != 0 {
            self.station.complain(format!("access with Query {:04x}", self.state.query));
            return self.fail(at, no_tag, &[]);
        }
        let Some(chosen) = self.chosen() else { return self.fail(at, no_tag, &[]) };
        let Station { field, dice, .. } = &mut self.station;
        let done = field.access(0, Some(&chosen), password, &access, dice);
        let tag = [&pc(&chosen)[..], &chosen].concat();
        let tag = [&[tag.len() as u8], &tag[..]].concat();
        match done {
            Ok((_, words)) if command == 0x39 => self.reply(at, command, &[&tag[..], &words].concat()),
            Ok(_) => self.reply(at, command, &[&tag[..], &[OK]].concat()),
            Err(TagFault::NoTag) => self.fail(at, no_tag, &[]),
            Err(TagFault::WrongPassword) => self.fail(at, WRONG_PASSWORD, &tag),
            Err(TagFault::Locked) => self.fail(at, upper | 0x4, &tag),
            Err(TagFault::Overrun) => self.fail(at, upper | 0x3, &tag),
        }
    }

    /// The EPC of the tag that Select has chosen; without a choice the module understands, whichever is there.
    fn chosen(&mut self) -> Option<Vec<u8>> {
        if self.state.select_mode != 2 || self.state.select.is_empty() {
            self.station.complain("access without Select".to_owned());
        }
        let ours = if self.e720 { 0x23 } else { 0x01 };
        let mask = match &self.state.select[..] {
            &[form, _, _, _, _, _, _, ref mask @ ..] if form == ours => mask,
            _ => &[],
        };
        let tags = self.station.field.tags();
        tags.into_iter().find(|tag| tag.antenna == 1 && tag.epc.starts_with(mask)).map(|tag| tag.epc)
    }

    fn fail(&mut self, at: Duration, code: u8, tag: &[u8]) {
        self.reply(at, 0xFF, &[&[code], tag].concat());
    }

    fn reply(&mut self, at: Duration, command: u8, params: &[u8]) {
        self.say(at, 1, command, params);
    }

    fn say(&mut self, at: Duration, kind: u8, command: u8, params: &[u8]) {
        let [high, low] = (params.len() as u16).to_be_bytes();
        let body = [&[kind, command, high, low], params].concat();
        let sum = body.iter().fold(0_u8, |sum, &byte| sum.wrapping_add(byte));
        let frame = [&self.marks[..1], &body, &[sum, self.marks[1]]].concat();
        self.station.wire.say(at, &frame, &mut self.station.dice);
    }
}

/// Password and access, if the parameters have exactly the length the command wants.
fn understood(command: u8, params: &[u8]) -> Option<(u32, Access)> {
    let (&password, rest) = params.split_first_chunk::<4>()?;
    let access = match (command, rest) {
        (0x82, &[high @ 0..=0x0F, mid, low]) => {
            let bits = u32::from_be_bytes([0, high, mid, low]);
            Access::Lock(LockBits { mask: (bits >> 10) as u16, action: (bits & 0x3FF) as u16 })
        }
        (0x39 | 0x49, &[bank, a0, a1, w0, w1, ref data @ ..]) => {
            let bank = [Bank::Reserved, Bank::Epc, Bank::Tid, Bank::User].into_iter().nth(bank.into())?;
            let (word, words) = (u16::from_be_bytes([a0, a1]), u16::from_be_bytes([w0, w1]));
            match command {
                0x39 if data.is_empty() => Access::Read { bank, word, words: u8::try_from(words).ok()? },
                0x49 if words <= 32 && data.len() == usize::from(words) * 2 => {
                    Access::Write { bank, word, data: data.to_vec() }
                }
                _ => return None,
            }
        }
        _ => return None,
    };
    Some((u32::from_be_bytes(password), access))
}

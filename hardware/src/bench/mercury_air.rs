//! What a simulated Mercury module does over the air: the stream of sightings, and access to one tag's memory.

use std::time::Duration;

use super::field::Heard;
use super::memory::{TagFault, pc};
use super::mercury::{BAD_LENGTH, DONE, Mercury, RADIO_OFF, WRONG_PARAMETER};
use crate::reader::{Access, Bank, LockBits};

/// One pass over an empty field.
const SHORTEST_PASS: Duration = Duration::from_millis(12);
/// What one more tag adds: 500 tags a second.
const PER_TAG: Duration = Duration::from_millis(2);
/// At the end of a cycle the module says that it lives.
const CYCLE: Duration = Duration::from_millis(1000);
/// How long one access takes.
const ACCESS_TAKES: Duration = Duration::from_millis(15);
/// How long a tag that was read stays in B, in a session that remembers.
const REMEMBERS: Duration = Duration::from_secs(2);
/// Words of the chip's number that are read with each sighting.
const TID_WORDS: usize = 6;

/// Nothing this cycle.
const NO_TAG: u16 = 0x0400;
const GENERAL_TAG_ERROR: u16 = 0x040A;
const TAG_OVERRUN: u16 = 0x0423;
const TAG_LOCKED: u16 = 0x0424;
const RETURN_LOSS: u16 = 0x0505;

/// A continuous read that is going on.
pub(super) struct Stream {
    with_chips: bool,
    began: Duration,
    next_pass: Duration,
    cycle_ends: Duration,
    turn: usize,
}

/// The head of an access command: who is meant, with which password.
struct Aim {
    password: u32,
    epc: Option<Vec<u8>>,
}

impl Mercury {
    /// Begins a continuous read, when every setting is there and every byte is right.
    pub(super) fn start(&mut self, at: Duration, data: &[u8]) {
        let &[0, 0, 1, 0x22, 0, 0, 5, inner_len, 0x22, ref inner @ ..] = data else {
            self.station.complain(format!("continuous read with {data:02x?}"));
            return self.reply(at, 0x2F, BAD_LENGTH, &[]);
        };
        let with_chips = match inner {
            [0x10, 0x00, 0x1B, _, _, 0x01, 0xFF] => false,
            [0x10, 0x00, 0x1F, _, _, 0x01, 0xFF, 0x01, 0x09, 0x28, _, _, 0, 2, 0, 0, 0, 0, 6] => true,
            _ => {
                self.station.complain(format!("inner read with {inner:02x?}"));
                return self.reply(at, 0x2F, WRONG_PARAMETER, &[]);
            }
        };
        if usize::from(inner_len) != inner.len() {
            self.station.complain(format!("inner length {inner_len} of {}", inner.len()));
            return self.reply(at, 0x2F, BAD_LENGTH, &[]);
        }
        if self.state.region.is_none() {
            self.station.complain("radio used without a region".to_owned());
            return self.reply(at, 0x2F, RADIO_OFF, &[]);
        }
        if let Some(missing) = self.unwritten().filter(|_| self.station.settings.strict) {
            self.station.complain(format!("continuous read before {missing} was written"));
            return self.reply(at, 0x2F, WRONG_PARAMETER, &[]);
        }
        if with_chips && self.is_old() {
            return self.reply(at, 0x2F, WRONG_PARAMETER, &[]);
        }
        self.reply(at, 0x2F, DONE, &[1]);
        self.stream = Some(Stream { with_chips, began: at, next_pass: at, cycle_ends: at + CYCLE, turn: 0 });
    }

    /// Does what the stream does by now; gives the time of the next pass.
    pub(super) fn pass(&mut self, now: Duration) -> Option<Duration> {
        let stream = self.stream.as_ref()?;
        if now < stream.next_pass {
            return Some(stream.next_pass);
        }
        let (with_chips, began, turn) = (stream.with_chips, stream.began, stream.turn);
        let cycle_over = now >= stream.cycle_ends;
        let antenna = self.state.list[turn % self.state.list.len()];
        let mut length = SHORTEST_PASS;
        if !self.station.settings.missing_antennas.contains(&antenna) {
            let heard = self.station.field.listen(antenna - 1, &mut self.station.dice);
            length = length.max(PER_TAG * heard.len() as u32);
            for (order, tag) in heard.iter().enumerate() {
                let due = now + length * (order as u32 + 1) / (heard.len() as u32 + 1);
                let data = record(tag, (due - began).as_millis() as u32, with_chips);
                self.reply(due, 0x22, DONE, &data);
                self.remember(tag, due);
            }
            self.station.rounds += 1;
        }
        if cycle_over {
            self.end_cycle(now + length);
        }
        let next_pass = (now + length).max(self.station.wire.free_at());
        let stream = self.stream.as_mut()?;
        stream.next_pass = next_pass;
        stream.turn = turn + 1;
        if cycle_over {
            stream.cycle_ends = now + CYCLE;
        }
        Some(next_pass)
    }

    fn end_cycle(&mut self, at: Duration) {
        let missing = self.station.settings.missing_antennas.clone();
        if self.state.list.iter().any(|antenna| missing.contains(antenna)) {
            self.reply(at, 0x22, RETURN_LOSS, &[]);
        }
        self.reply(at, 0x22, NO_TAG, &[]);
        if self.station.dice.chance(self.station.settings.nuisances.stalls) {
            let stall_ms = self.station.dice.between(500, 2000);
            self.station.wire.hush_until(at + Duration::from_millis(stall_ms));
        }
    }

    /// In sessions S1 to S3 a tag that was read goes to B and stays there for a while.
    fn remember(&mut self, tag: &Heard, at: Duration) {
        if self.state.session.is_some_and(|session| session > 0) {
            self.state.in_b.insert(tag.epc.clone(), at);
        }
    }

    /// Reads, writes or locks one tag.
    pub(super) fn access(&mut self, at: Duration, opcode: u8, data: &[u8]) {
        let old = self.is_old();
        let understood = match opcode {
            0x28 if old => short_read(data),
            0x28 => read(data),
            0x24 => write(data),
            _ => lock(data),
        };
        let Some((aim, access, echo)) = understood else {
            // An old module is asked in the new way first; that is no driver's fault.
            if !(old && opcode == 0x28) {
                self.station.complain(format!("access {opcode:02x} with {data:02x?}"));
            }
            return self.reply(at, opcode, WRONG_PARAMETER, &[]);
        };
        let Some(antenna) = self.state.single.filter(|_| self.state.region.is_some()) else {
            self.station.complain("access without an antenna of its own".to_owned());
            return self.reply(at, opcode, RADIO_OFF, &[]);
        };
        let at = at + ACCESS_TAKES;
        if self.is_mute(&aim, at) {
            self.station.complain("access to a tag that is in B".to_owned());
            return self.reply(at, opcode, NO_TAG, &[]);
        }
        let Self { station, .. } = self;
        let epc = aim.epc.as_deref();
        let done = station.field.access(antenna - 1, epc, aim.password, &access, &mut station.dice);
        match done {
            Ok((_, words)) => self.reply(at, opcode, DONE, &[echo, words].concat()),
            Err(TagFault::NoTag) => self.reply(at, opcode, NO_TAG, &[]),
            // A tag that was given a wrong password says nothing more.
            Err(TagFault::WrongPassword) => self.reply(at, opcode, GENERAL_TAG_ERROR, &[]),
            Err(TagFault::Locked) => self.reply(at, opcode, TAG_LOCKED, &[]),
            Err(TagFault::Overrun) => self.reply(at, opcode, TAG_OVERRUN, &[]),
        }
    }

    /// Access asks for state A: in a session that remembers, a tag just read does not hear it (section 7).
    fn is_mute(&self, aim: &Aim, at: Duration) -> bool {
        let remembers = self.state.session.is_some_and(|session| session > 0);
        let read = aim.epc.as_ref().and_then(|epc| self.state.in_b.get(epc));
        remembers && read.is_some_and(|&read| at < read + REMEMBERS)
    }
}

/// Every field of mask 01FF in its order, behind the head of a stream's reply.
fn record(tag: &Heard, timestamp_ms: u32, with_chips: bool) -> Vec<u8> {
    let flags = if with_chips { 0x1F } else { 0x1B };
    let port = tag.antenna + 1;
    let strength_dbm = (i16::from(tag.rssi_raw) - 129) as i8;
    let freq_khz = 865_000 + 500 * u32::from(tag.freq_index);
    let chip = tag.tid.as_deref().filter(|_| with_chips).and_then(|tid| tid.get(..TID_WORDS * 2));
    let chip = chip.unwrap_or_default();
    let mut data = vec![0x10, 0x00, flags, 0x01, 0xFF, 0x01, 1, strength_dbm as u8];
    data.push((port & 15) << 4 | (port & 15));
    data.extend(&freq_khz.to_be_bytes()[1..]);
    data.extend(timestamp_ms.to_be_bytes());
    data.extend([0, 90, 5]);
    data.extend((chip.len() as u16 * 8).to_be_bytes());
    data.extend(chip);
    data.push(0x0F);
    let said = [&pc(&tag.epc)[..], &tag.epc].concat();
    data.extend((said.len() as u16 * 8 + 16).to_be_bytes());
    data.extend(&said);
    data.extend(crate::reader::air_crc16(&said).to_be_bytes());
    data
}

type Understood = Option<(Aim, Access, Vec<u8>)>;

/// `timeout option metadata bank address count`, then password and selection; option and metadata are repeated.
fn read(data: &[u8]) -> Understood {
    let (&[_, _, option, 0, 0, bank, a, b, c, d, words], rest) = data.split_first_chunk::<11>()? else {
        return None;
    };
    if option & 0x10 == 0 {
        return None;
    }
    let access = read_access(bank, [a, b, c, d], words)?;
    Some((with_password(option & !0x10, rest)?, access, vec![option, 0, 0]))
}

/// The same without metadata, as the old ones have it.
fn short_read(data: &[u8]) -> Understood {
    let &[_, _, option, bank, a, b, c, d, words, ref rest @ ..] = data else { return None };
    if option & 0x10 != 0 {
        return None;
    }
    Some((with_password(option, rest)?, read_access(bank, [a, b, c, d], words)?, Vec::new()))
}

fn read_access(bank: u8, address: [u8; 4], words: u8) -> Option<Access> {
    let word = u16::try_from(u32::from_be_bytes(address)).ok()?;
    (words > 0).then_some(Access::Read { bank: bank_of(bank)?, word, words })
}

/// `timeout option address bank`, then password, selection, and the data itself.
fn write(data: &[u8]) -> Understood {
    let &[_, _, option, a, b, c, d, bank, ref rest @ ..] = data else { return None };
    let (aim, words) = aim(option, rest)?;
    let word = u16::try_from(u32::from_be_bytes([a, b, c, d])).ok()?;
    let whole = !words.is_empty() && words.len() % 2 == 0;
    whole.then_some((aim, Access::Write { bank: bank_of(bank)?, word, data: words.to_vec() }, Vec::new()))
}

/// `timeout option password mask action`, then the selection.
fn lock(data: &[u8]) -> Understood {
    let &[_, _, option, p, q, r, s, m, n, x, y, ref rest @ ..] = data else { return None };
    let aim = with_password(option, &[&[p, q, r, s], rest].concat())?;
    let (mask, action) = (u16::from_be_bytes([m, n]), u16::from_be_bytes([x, y]));
    (mask < 0x400 && action < 0x400).then_some((aim, Access::Lock(LockBits { mask, action }), Vec::new()))
}

/// Password and selection, and nothing behind them.
fn with_password(option: u8, data: &[u8]) -> Option<Aim> {
    let (aim, rest) = aim(option, data)?;
    rest.is_empty().then_some(aim)
}

/// Option 05 has the password alone, option 01 password, length in bits and EPC; 20 makes the length two bytes.
fn aim(option: u8, data: &[u8]) -> Option<(Aim, &[u8])> {
    let (&password, rest) = data.split_first_chunk::<4>()?;
    let password = u32::from_be_bytes(password);
    let (bits, rest) = match (option, rest) {
        (0x05, _) => return Some((Aim { password, epc: None }, rest)),
        (0x01, &[bits, ref rest @ ..]) => (u16::from(bits), rest),
        (0x21, &[high, low, ref rest @ ..]) => (u16::from_be_bytes([high, low]), rest),
        _ => return None,
    };
    let (epc, rest) = rest.split_at_checked(usize::from(bits / 8))?;
    (bits > 0 && bits % 16 == 0).then(|| (Aim { password, epc: Some(epc.to_vec()) }, rest))
}

fn bank_of(number: u8) -> Option<Bank> {
    [Bank::Reserved, Bank::Epc, Bank::Tid, Bank::User].into_iter().find(|bank| bank.number() == number)
}

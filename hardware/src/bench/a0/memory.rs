//! Reading, writing and locking tags (protocol sheet, section 6). Commands go to every tag at the antenna that was
//! selected, or to the one whose EPC was set as match.

use std::time::Duration;

use super::super::field::Heard;
use super::super::memory::TagFault;
use super::rounds::{freq_antenna, upper_four};
use super::{A0, OK};
use crate::reader::{Access, Bank, LockBits};

const READ_FAILED: u8 = 0x32;
const WRITE_FAILED: u8 = 0x33;
const LOCK_FAILED: u8 = 0x34;
const NO_TAG: u8 = 0x36;
const SEEN_NOT_READ: u8 = 0x37;
const WRONG_PASSWORD: u8 = 0x40;
const WRONG_BANK: u8 = 0x43;
const WRONG_LOCK_AREA: u8 = 0x44;
const WRONG_ADDRESS: u8 = 0x46;
/// What one access to one tag takes.
const PER_ACCESS: Duration = Duration::from_millis(8);

impl A0 {
    /// Commands that access the memory of tags.
    pub(super) fn access(&mut self, command: u8, data: &[u8], at: Duration) -> bool {
        let with_password = self.station.settings.r2000.reads_with_password;
        match (command, data) {
            (0x81, &[bank, word, words]) if !with_password && words > 0 => {
                self.read(at, bank, word, words, 0);
            }
            (0x81, &[bank, word, words, p0, p1, p2, p3]) if with_password && words > 0 => {
                self.read(at, bank, word, words, u32::from_be_bytes([p0, p1, p2, p3]));
            }
            (0x81, data) if matches!(data.len(), 3 | 7) => self.refuse(at, command),
            (0x82 | 0x94, &[p0, p1, p2, p3, bank, word, words, ref data @ ..])
                if words > 0 && data.len() == usize::from(words) * 2 =>
            {
                let Some(bank) = bank_of(bank) else {
                    self.reply(at, command, &[WRONG_BANK]);
                    return true;
                };
                let access = Access::Write { bank, word: word.into(), data: data.to_vec() };
                self.change(at, command, u32::from_be_bytes([p0, p1, p2, p3]), &access, WRITE_FAILED);
            }
            (0x83, &[p0, p1, p2, p3, area, action]) => {
                let Some(bits) = lock_bits(area, action) else {
                    self.reply(at, command, &[WRONG_LOCK_AREA]);
                    return true;
                };
                let password = u32::from_be_bytes([p0, p1, p2, p3]);
                self.change(at, command, password, &Access::Lock(bits), LOCK_FAILED);
            }
            _ => return false,
        }
        true
    }

    /// The EPCs that a command goes to now.
    fn addressed(&self) -> Vec<Vec<u8>> {
        let here = self.state.antenna + 1;
        let matched = |epc: &Vec<u8>| self.state.matched.as_ref().is_none_or(|only| only == epc);
        let tags = self.station.field.tags().into_iter();
        tags.filter(|tag| tag.antenna == here).map(|tag| tag.epc).filter(matched).collect()
    }

    fn read(&mut self, at: Duration, bank: u8, word: u8, words: u8, password: u32) {
        let Some(bank) = bank_of(bank) else {
            return self.reply(at, 0x81, &[WRONG_BANK]);
        };
        // Chip numbers are read as the tags are heard: two of them may have the same EPC.
        let (found, fault) = if bank == Bank::Tid && password == 0 {
            self.chip_numbers(word, words)
        } else {
            self.words_of(password, &Access::Read { bank, word: word.into(), words })
        };
        if found.is_empty() {
            return self.reply(at, 0x81, &[fault]);
        }
        let at = at + PER_ACCESS * found.len() as u32;
        for (tag, words) in &found {
            let tail = [words.len() as u8, freq_antenna(tag), 1 | upper_four(tag)];
            self.record(at, 0x81, found.len(), tag, words, tail);
        }
        self.busy_until = self.station.wire.free_at();
    }

    fn chip_numbers(&mut self, word: u8, words: u8) -> (Vec<(Heard, Vec<u8>)>, u8) {
        let (from, count) = (usize::from(word) * 2, usize::from(words) * 2);
        let addressed = self.addressed();
        let heard = self.station.field.listen(self.state.antenna, &mut self.station.dice);
        let fault = if heard.is_empty() { NO_TAG } else { SEEN_NOT_READ };
        let found = heard.into_iter().filter(|tag| addressed.contains(&tag.epc)).filter_map(|tag| {
            let words = tag.tid.as_ref()?.get(from..from + count)?.to_vec();
            Some((tag, words))
        });
        (found.collect(), fault)
    }

    fn words_of(&mut self, password: u32, access: &Access) -> (Vec<(Heard, Vec<u8>)>, u8) {
        let (mut found, mut code) = (Vec::new(), NO_TAG);
        for epc in self.addressed() {
            match self.access_one(&epc, password, access) {
                Ok(words) => found.push((self.as_heard(&epc), words)),
                Err(fault) => code = code_of(fault, READ_FAILED),
            }
        }
        (found, code)
    }

    /// Writes or locks every tag addressed; each confirms for itself.
    fn change(&mut self, at: Duration, command: u8, password: u32, access: &Access, failed: u8) {
        let addressed = self.addressed();
        if self.state.matched.is_none() && addressed.len() > 1 {
            self.station.complain(format!("command {command:02x} to {} tags at once", addressed.len()));
        }
        let (mut done, mut code) = (Vec::new(), NO_TAG);
        for epc in addressed {
            match self.access_one(&epc, password, access) {
                Ok(_) => done.push(self.as_heard(&epc)),
                Err(fault) => code = code_of(fault, failed),
            }
        }
        if done.is_empty() {
            return self.reply(at, command, &[code]);
        }
        let at = at + PER_ACCESS * done.len() as u32;
        for tag in &done {
            self.record(at, command, done.len(), tag, &[], [OK, freq_antenna(tag), 1 | upper_four(tag)]);
        }
        self.busy_until = self.station.wire.free_at();
    }

    fn access_one(&mut self, epc: &[u8], password: u32, access: &Access) -> Result<Vec<u8>, TagFault> {
        let antenna = self.state.antenna;
        let (field, dice) = (&mut self.station.field, &mut self.station.dice);
        field.access(antenna, Some(epc), password, access, dice).map(|(_, words)| words)
    }

    /// The tag as a record shows it.
    fn as_heard(&mut self, epc: &[u8]) -> Heard {
        Heard {
            epc: epc.to_vec(),
            tid: None,
            antenna: self.state.antenna,
            rssi_raw: 0,
            freq_index: self.station.dice.between(1, 4) as u8,
        }
    }
}

fn bank_of(number: u8) -> Option<Bank> {
    [Bank::Reserved, Bank::Epc, Bank::Tid, Bank::User].into_iter().find(|bank| bank.number() == number)
}

fn code_of(fault: TagFault, failed: u8) -> u8 {
    match fault {
        TagFault::NoTag => NO_TAG,
        TagFault::WrongPassword => WRONG_PASSWORD,
        TagFault::Overrun => WRONG_ADDRESS,
        TagFault::Locked => failed,
    }
}

/// Area 1 user, 2 TID, 3 EPC, 4 access password, 5 kill password; action 0 open, 1 lock, 2 and 3 the same for ever.
fn lock_bits(area: u8, action: u8) -> Option<LockBits> {
    if !(1..=5).contains(&area) || action > 3 {
        return None;
    }
    let pair = 2 * (area - 1);
    let (mask, action) = match action {
        0 => (0b10, 0b00),
        1 => (0b10, 0b10),
        2 => (0b11, 0b01),
        _ => (0b11, 0b11),
    };
    Some(LockBits { mask: mask << pair, action: action << pair })
}

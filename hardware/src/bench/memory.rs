//! A simulated tag's memory, with passwords and locks as the Gen2 air interface has them.

use super::field::BenchTag;
use crate::reader::{Access, Bank, LockBits};

/// Words of user memory, as common chips have them.
const USER_WORDS: usize = 32;
/// The longest EPC: 31 words.
const EPC_BYTES_MAX: usize = 62;

/// A tag on the bench with all its banks.
#[derive(Debug, Clone)]
pub(crate) struct Placed {
    pub tag: BenchTag,
    /// Kill password, access password.
    reserved: [u8; 8],
    user: Vec<u8>,
    /// Ten bits: for each area, from the highest pair down (kill password, access password, EPC, TID, user), whether it
    /// needs the password and whether that is for ever.
    locks: u16,
}

/// What a tag answers instead of obeying.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum TagFault {
    /// Nobody there.
    NoTag,
    /// The password is wrong.
    WrongPassword,
    /// Gen2 error 04.
    Locked,
    /// Gen2 error 03.
    Overrun,
}

impl Placed {
    pub(crate) fn new(tag: BenchTag) -> Self {
        // The chip's number is locked by the factory, for ever.
        Self { tag, reserved: [0; 8], user: vec![0; USER_WORDS * 2], locks: 0b00_0000_1100 }
    }

    /// What the tag does when it is accessed with `password`, 0 for none.
    pub(crate) fn access(&mut self, password: u32, access: &Access) -> Result<Vec<u8>, TagFault> {
        let own =
            u32::from_be_bytes([self.reserved[4], self.reserved[5], self.reserved[6], self.reserved[7]]);
        if password != 0 && password != own {
            return Err(TagFault::WrongPassword);
        }
        let secured = password == own;
        match access {
            Access::Read { bank, word, words } => self.read(*bank, *word, *words, secured),
            Access::Write { bank, word, data } => {
                self.write(*bank, *word, data, secured).map(|()| Vec::new())
            }
            Access::Lock(bits) => self.lock(*bits, secured).map(|()| Vec::new()),
        }
    }

    fn read(&self, bank: Bank, word: u16, words: u8, secured: bool) -> Result<Vec<u8>, TagFault> {
        let from = usize::from(word) * 2;
        let to = from + usize::from(words) * 2;
        if bank == Bank::Reserved && self.protected(from, secured, Bank::Reserved) {
            return Err(TagFault::Locked);
        }
        self.bank(bank).get(from..to).map(<[u8]>::to_vec).ok_or(TagFault::Overrun)
    }

    fn bank(&self, bank: Bank) -> Vec<u8> {
        match bank {
            Bank::Reserved => self.reserved.to_vec(),
            Bank::Tid => self.tag.tid.clone().unwrap_or_default(),
            Bank::User => self.user.clone(),
            Bank::Epc => {
                let said = [&pc(&self.tag.epc)[..], &self.tag.epc].concat();
                [&crate::reader::air_crc16(&said).to_be_bytes()[..], &said].concat()
            }
        }
    }

    fn write(&mut self, bank: Bank, word: u16, data: &[u8], secured: bool) -> Result<(), TagFault> {
        let from = usize::from(word) * 2;
        let to = from + data.len();
        if self.protected(from, secured, bank) {
            return Err(TagFault::Locked);
        }
        match bank {
            Bank::Tid => Err(TagFault::Locked),
            Bank::Reserved => put(&mut self.reserved, from, to, data),
            Bank::User => put(&mut self.user, from, to, data),
            Bank::Epc => self.write_epc(from, to, data),
        }
    }

    /// Words 0 (the checksum, made by the tag itself) cannot be written; the upper five bits of word 1 say how much of
    /// what follows is the EPC.
    fn write_epc(&mut self, from: usize, to: usize, data: &[u8]) -> Result<(), TagFault> {
        let mut bank = self.bank(Bank::Epc);
        bank.resize(4 + EPC_BYTES_MAX, 0);
        if from < 2 {
            return Err(TagFault::Locked);
        }
        put(&mut bank, from, to, data)?;
        let bytes = usize::from(bank[2] >> 3) * 2;
        self.tag.epc = bank.get(4..4 + bytes).ok_or(TagFault::Overrun)?.to_vec();
        Ok(())
    }

    fn lock(&mut self, bits: LockBits, secured: bool) -> Result<(), TagFault> {
        if !secured {
            return Err(TagFault::Locked);
        }
        for area in 0..5 {
            let (lock_bit, ever_bit) = (1 << (2 * area + 1), 1 << (2 * area));
            let changes = bits.mask & (lock_bit | ever_bit);
            let wanted = (self.locks & !changes) | (bits.action & changes);
            if self.locks & ever_bit != 0
                && wanted & (lock_bit | ever_bit) != self.locks & (lock_bit | ever_bit)
            {
                return Err(TagFault::Locked);
            }
            self.locks = wanted;
        }
        Ok(())
    }

    /// Whether that part of the memory is closed: to reading too, where it is a password.
    fn protected(&self, from: usize, secured: bool, bank: Bank) -> bool {
        let area = match bank {
            Bank::Reserved if from < 4 => 4,
            Bank::Reserved => 3,
            Bank::Epc => 2,
            Bank::Tid => 1,
            Bank::User => 0,
        };
        let (locked, for_ever) = (self.locks >> (2 * area + 1) & 1 == 1, self.locks >> (2 * area) & 1 == 1);
        let closed_for_all = locked && for_ever;
        if bank == Bank::Tid { false } else { closed_for_all || (locked && !secured) }
    }
}

fn put(bank: &mut [u8], from: usize, to: usize, data: &[u8]) -> Result<(), TagFault> {
    bank.get_mut(from..to).ok_or(TagFault::Overrun)?.copy_from_slice(data);
    Ok(())
}

/// The protocol control word of an EPC: its length in words in the upper five bits.
pub(super) fn pc(epc: &[u8]) -> [u8; 2] {
    [(epc.len() / 2) as u8 * 8, 0]
}

#[cfg(test)]
mod tests {
    use super::*;

    fn tag() -> Placed {
        Placed::new(BenchTag {
            epc: vec![0x30; 12],
            tid: Some(vec![0xE2; 12]),
            antenna: 1,
            rssi_dbm: -50,
            read_rate: 1.0,
        })
    }

    #[test]
    fn a_locked_epc_is_written_only_with_the_password() {
        let mut tag = tag();
        let write = |bank, word, data: &[u8]| Access::Write { bank, word, data: data.to_vec() };
        tag.access(0, &write(Bank::Reserved, 2, &[0, 0, 0, 7])).expect("open from the factory");
        // Lock the EPC and the access password (EPC Gen2 air interface, table 6.50).
        let lock = Access::Lock(LockBits { mask: 0b00_1010_0000, action: 0b00_1010_0000 });
        assert_eq!(tag.access(0, &lock), Err(TagFault::Locked));
        tag.access(7, &lock).expect("the right password");
        let new = write(Bank::Epc, 1, &[&[0x10, 0][..], &[0xAB; 4]].concat());
        assert_eq!(tag.access(0, &new), Err(TagFault::Locked));
        assert_eq!(tag.access(8, &new), Err(TagFault::WrongPassword));
        tag.access(7, &new).expect("the right password");
        assert_eq!(tag.tag.epc, [0xAB; 4]);
        let read = Access::Read { bank: Bank::Reserved, word: 2, words: 2 };
        assert_eq!(tag.access(0, &read), Err(TagFault::Locked));
        assert_eq!(tag.access(7, &read), Ok(vec![0, 0, 0, 7]));
    }
}

//! The Chafon protocol's checksum and the arguments of its memory commands, from the reader's side (protocol sheet,
//! sections 2, 3 and 6).

use crate::reader::{Access, Bank, LockBits};

/// The EPC that chooses a tag (empty for any), what to do with it, and the password.
pub(super) type Asked<'a> = (&'a [u8], Access, [u8; 4]);

fn bank(number: u8) -> Option<Bank> {
    Some(match number {
        0 => Bank::Reserved,
        1 => Bank::Epc,
        2 => Bank::Tid,
        3 => Bank::User,
        _ => return None,
    })
}

/// `ENum EPC Mem WordPtr Num Pwd`.
pub(super) fn read_arguments(data: &[u8]) -> Option<Asked<'_>> {
    let (&words, rest) = data.split_first()?;
    let (epc, rest) = rest.split_at_checked(usize::from(words) * 2)?;
    let &[number, pointer, words @ 1..=120, a, b, c, d] = rest else { return None };
    let access = Access::Read { bank: bank(number)?, word: pointer.into(), words };
    Some((epc, access, [a, b, c, d]))
}

/// `WNum ENum EPC Mem WordPtr Wdt Pwd`.
pub(super) fn write_arguments(data: &[u8]) -> Option<Asked<'_>> {
    let (&[count, words], rest) = data.split_first_chunk::<2>()?;
    let (epc, rest) = rest.split_at_checked(usize::from(words) * 2)?;
    let (&[number, pointer], rest) = rest.split_first_chunk::<2>()?;
    let (words, password) = rest.split_at_checked(usize::from(count.max(1)) * 2)?;
    let access = Access::Write { bank: bank(number)?, word: pointer.into(), data: words.to_vec() };
    Some((epc, access, password.try_into().ok()?))
}

/// `ENum EPC Select Protect Pwd`; Gen2 has the five areas in the same order, two bits each.
pub(super) fn lock_arguments(data: &[u8]) -> Option<Asked<'_>> {
    let (&words, rest) = data.split_first()?;
    let (epc, rest) = rest.split_at_checked(usize::from(words) * 2)?;
    let &[area @ 0..=4, protect @ 0..=3, a, b, c, d] = rest else { return None };
    let shift = 8 - 2 * area;
    let bits = LockBits { mask: 3 << shift, action: u16::from(protect) << shift };
    Some((epc, Access::Lock(bits), [a, b, c, d]))
}

/// CRC-16, polynomial 8408, bit by bit as the manual has it.
pub(super) fn checksum(bytes: &[u8]) -> u16 {
    let mut crc = 0xFFFF_u16;
    for &byte in bytes {
        crc ^= u16::from(byte);
        for _ in 0..8 {
            crc = if crc & 1 == 1 { (crc >> 1) ^ 0x8408 } else { crc >> 1 };
        }
    }
    crc
}

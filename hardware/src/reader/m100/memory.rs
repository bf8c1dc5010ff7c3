//! The parameters of commands to a tag's memory.

use crate::reader::{Bank, LockBits, Password};

/// Password, bank, first word, number of words (section 3).
pub(super) fn memory_params(password: Password, bank: Bank, word: u16, words: u16) -> Vec<u8> {
    let mut params = password.0.to_be_bytes().to_vec();
    params.push(bank.number());
    params.extend(word.to_be_bytes());
    params.extend(words.to_be_bytes());
    params
}

/// Password and the twenty bits of a Lock in three bytes: mask, then action.
pub(super) fn lock_params(password: Password, bits: LockBits) -> Vec<u8> {
    let payload = u32::from(bits.mask & 0x3FF) << 10 | u32::from(bits.action & 0x3FF);
    let mut params = password.0.to_be_bytes().to_vec();
    params.extend_from_slice(&payload.to_be_bytes()[1..]);
    params
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_lock_is_built_as_in_the_manual() {
        // Lock the access password: mask and action bit 7 (M100 firmware command manual, lock example 02 00 80).
        let bits = LockBits { mask: 0x080, action: 0x080 };
        assert_eq!(lock_params(Password(0x0000_FFFF), bits), [0, 0, 0xFF, 0xFF, 0x02, 0x00, 0x80]);
    }
}

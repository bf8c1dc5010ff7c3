//! An access to tags' memory, as the reader wants it described (protocol sheet, section 5).

use super::build::{bits, tlv};
use super::tlv;
use crate::reader::{Access, Bank, LockBits, Password, TagError};

/// The number of the access that reads every tag's chip number, and of its only operation.
pub(super) const CHIPS_ID: u32 = 1;
/// The number of an ordered access.
pub(super) const ORDER_ID: u32 = 2;
/// Words of a chip's number: 96 bits (stream-cleaning page, section 7).
const TID_WORDS: u16 = 6;
/// Where an EPC begins in its bank, in bits: behind checksum and PC.
const EPC_AT_BIT: u16 = 0x20;

/// Reads the chip's number of every tag, without end.
pub(super) fn chips() -> Vec<u8> {
    let read = read(CHIPS_ID as u16, Password::NONE, Bank::Tid, 0, TID_WORDS);
    access(CHIPS_ID, 0, &target(&[]), &read)
}

/// Does one thing to one tag, once; `op_spec_id` comes back with the result.
///
/// # Errors
/// [`TagError::NotOffered`] for what LLRP cannot say.
pub(super) fn order(
    op_spec_id: u16,
    epc: &[u8],
    password: Password,
    what: &Access,
) -> Result<Vec<u8>, TagError> {
    let operation = match what {
        Access::Read { bank, word, words } => read(op_spec_id, password, *bank, *word, (*words).into()),
        Access::Write { bank, word, data } => write(op_spec_id, password, *bank, *word, data),
        Access::Lock(bits) => lock(op_spec_id, password, *bits)?,
    };
    Ok(access(ORDER_ID, 1, &target(epc), &operation))
}

/// Any antenna, Gen2, disabled, any reader operation; ends after so many times, or never.
fn access(id: u32, times: u16, target: &[u8], operation: &[u8]) -> Vec<u8> {
    let stop = tlv(tlv::ACCESS_STOP, &[&[u8::from(times > 0)], &times.to_be_bytes()]);
    let tags = tlv(tlv::TAG_SPEC, &[target]);
    let command = tlv(tlv::ACCESS_COMMAND, &[&tags, operation]);
    // At the end of the access, without waiting for a report of the inventory.
    let report = tlv(tlv::ACCESS_REPORT, &[&[1]]);
    tlv(tlv::ACCESSSPEC, &[&id.to_be_bytes(), &[0, 0, 1, 0, 0, 0, 0, 0], &stop, &command, &report])
}

/// The tags whose EPC begins so; all with no EPC.
fn target(epc: &[u8]) -> Vec<u8> {
    if epc.is_empty() {
        return tlv(tlv::TARGET_TAG, &[&[0x20, 0, 0, 0, 0, 0, 0]]);
    }
    let (mask, data) = (bits(&vec![0xFF; epc.len()]), bits(epc));
    // The bank in the upper two bits, then: what matches.
    let bank = Bank::Epc.number() << 6 | 0x20;
    tlv(tlv::TARGET_TAG, &[&[bank], &EPC_AT_BIT.to_be_bytes(), &mask, &data])
}

fn read(id: u16, password: Password, bank: Bank, word: u16, words: u16) -> Vec<u8> {
    let bank = [bank.number() << 6];
    tlv(
        tlv::READ,
        &[&id.to_be_bytes(), &password.0.to_be_bytes(), &bank, &word.to_be_bytes(), &words.to_be_bytes()],
    )
}

fn write(id: u16, password: Password, bank: Bank, word: u16, data: &[u8]) -> Vec<u8> {
    let words = ((data.len() / 2) as u16).to_be_bytes();
    let bank = [bank.number() << 6];
    let word = word.to_be_bytes();
    tlv(tlv::WRITE, &[&id.to_be_bytes(), &password.0.to_be_bytes(), &bank, &word, &words, data])
}

fn lock(id: u16, password: Password, bits: LockBits) -> Result<Vec<u8>, TagError> {
    let mut payloads = Vec::new();
    // From the highest pair down: kill password, access password, EPC, TID, user; LLRP numbers them so from 0.
    for area in 0..5_u8 {
        let shift = 2 * (4 - area);
        let (mask, action) = (bits.mask >> shift & 3, bits.action >> shift & 3);
        let privilege = match (mask, action) {
            (0, _) => continue,
            (3, 2) | (2, 2 | 3) => 0,
            (3, 3) => 1,
            (3, 1) => 2,
            (3, 0) | (2, _) => 3,
            _ => return Err(TagError::NotOffered("LLRP makes no lock permanent without setting it")),
        };
        payloads.extend(tlv(tlv::LOCK_PAYLOAD, &[&[privilege, area]]));
    }
    if payloads.is_empty() {
        return Err(TagError::NotOffered("a lock that changes nothing"));
    }
    Ok(tlv(tlv::LOCK, &[&id.to_be_bytes(), &password.0.to_be_bytes(), &payloads]))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn lock_bits_become_privileges_area_by_area() {
        // Write-lock the access password and the EPC, lock the kill password for ever, open the user memory.
        let bits = LockBits { mask: 0b11_11_11_00_11, action: 0b11_10_10_00_00 };
        let lock = lock(7, Password(5), bits).expect("can be said");
        let payloads: Vec<&[u8]> = super::super::param::all(&lock[10..], tlv::LOCK_PAYLOAD).collect();
        assert_eq!(payloads, [&[1, 0][..], &[0, 1], &[0, 2], &[3, 4]]);
        let half = LockBits { mask: 0b01, action: 0b01 };
        assert!(matches!(super::lock(7, Password(5), half), Err(TagError::NotOffered(_))));
    }

    #[test]
    fn the_chip_number_access_is_the_captured_one_but_for_its_numbers() {
        // llrp-v017 has operation 0, stops after three and names antenna, protocol and report as here.
        let ours: String = chips().iter().map(|byte| format!("{byte:02x}")).collect();
        let captured = "00cf003e0000000100000100000000000\
                        0d0000701000300d100220152000f0153000b200000000000000155000f000000000000800000000600ef000501";
        assert_eq!(ours.len(), captured.len());
        let same = ours.chars().zip(captured.chars()).filter(|(a, b)| a == b).count();
        // Stop trigger (two digits) and the operation's number (one).
        assert_eq!(ours.len() - same, 3, "{ours}");
    }
}

//! What a chip number (TID) can prove.
//!
//! A chip number begins with four bytes that name maker and model, the same in millions of chips; the serial follows
//! (`rfid-stream-cleaning.md` section 7). Readers give it in the length they were asked for, so two readings of one chip
//! may differ in length.

/// Bytes that name maker and model. A number of no more than these has no serial: it tells a chip of another model and
/// nothing else.
pub const MODEL_BYTES: usize = 4;

/// Bytes that must agree before two readings are held to be of one chip: six words. Chips of one batch share more than
/// the model.
pub const PROOF_BYTES: usize = 12;

/// Whether a chip number holds a serial at all. What a memory that could not be read answers with is none.
pub fn has_serial(tid: &[u8]) -> bool {
    tid.get(MODEL_BYTES..).is_some_and(|serial| {
        serial.iter().any(|byte| *byte != 0x00) && serial.iter().any(|byte| *byte != 0xff)
    })
}

/// Whether two readings can be of one chip: what they have in common agrees.
pub fn can_be_one_chip(one: &[u8], other: &[u8]) -> bool {
    !one.is_empty() && !other.is_empty() && one.iter().zip(other).all(|(a, b)| a == b)
}

/// The part of a chip number that names one chip, if it is long enough to.
pub fn proof(tid: &[u8]) -> Option<[u8; PROOF_BYTES]> {
    let head = tid.get(..PROOF_BYTES)?.try_into().ok()?;
    has_serial(tid).then_some(head)
}

#[cfg(test)]
mod tests {
    use super::*;

    const CHIP: [u8; 12] = [0xe2, 0x80, 0x11, 0x91, 0x20, 0x00, 0x74, 0x01, 0x23, 0x45, 0x67, 0x89];

    #[test]
    fn four_bytes_name_a_model_and_no_chip() {
        assert!(!has_serial(&CHIP[..4]) && proof(&CHIP[..8]).is_none());
        assert!(can_be_one_chip(&CHIP, &CHIP[..4]), "the same model speaks against nothing");
        assert!(!can_be_one_chip(&CHIP, &[0xe2, 0x80, 0x68, 0x90]), "another model is another chip");
    }

    #[test]
    fn a_bank_that_could_not_be_read_is_no_serial() {
        assert!(!has_serial(&[&CHIP[..4], &[0; 8]].concat()));
        assert!(!has_serial(&[0xff; 12]) && !has_serial(&[]));
        assert_eq!(proof(&CHIP), Some(CHIP));
    }
}

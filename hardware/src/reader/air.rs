//! The checksum a Gen2 tag sends over the air.

use crc::{CRC_16_GENIBUS, Crc, Table};

static AIR: Crc<u16, Table<16>> = Crc::<u16, Table<16>>::new(&CRC_16_GENIBUS);

/// Computes the CRC-16 of PC and EPC as a tag does: polynomial 1021, start FFFF, inverted at the end (EPC Gen2 air
/// interface, annex F; the stream-cleaning page, section 2, layer L1).
pub(crate) fn crc16(bytes: &[u8]) -> u16 {
    AIR.checksum(bytes)
}

#[cfg(test)]
mod tests {
    use super::crc16;

    #[test]
    fn agrees_with_the_checksum_a_real_tag_sent() {
        // r2000_a0-v024: PC 3000, EPC 30396062C3950D400011B897, the tag's CRC CD0B.
        let said = [0x30, 0x00, 0x30, 0x39, 0x60, 0x62, 0xC3, 0x95, 0x0D, 0x40, 0x00, 0x11, 0xB8, 0x97];
        assert_eq!(crc16(&said), 0xCD0B);
    }
}

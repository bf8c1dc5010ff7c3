//! Reading and writing fields that do not begin on byte borders, most significant bit first.

/// Reads bit fields from the front of a byte slice.
pub(super) struct BitReader<'a> {
    bytes: &'a [u8],
    at: usize,
}

impl<'a> BitReader<'a> {
    /// Starts at the first bit of `bytes`.
    pub(super) fn new(bytes: &'a [u8]) -> Self {
        Self { bytes, at: 0 }
    }

    /// Bits that are left.
    pub(super) fn remaining(&self) -> usize {
        self.bytes.len() * 8 - self.at
    }

    /// The next `count` bits (at most 128) as a number, or `None`, taking nothing, when fewer are left.
    pub(super) fn take(&mut self, count: u32) -> Option<u128> {
        debug_assert!(count <= 128);
        if self.remaining() < count as usize {
            return None;
        }
        let mut value = 0;
        for _ in 0..count {
            let bit = self.bytes[self.at / 8] >> (7 - self.at % 8) & 1;
            value = value << 1 | u128::from(bit);
            self.at += 1;
        }
        Some(value)
    }
}

/// Collects bit fields into bytes.
#[derive(Default)]
pub(super) struct BitWriter {
    bytes: Vec<u8>,
    bit_length: usize,
}

impl BitWriter {
    /// Appends the low `count` bits of `value`. The caller has checked that the value fits.
    pub(super) fn push(&mut self, value: u128, count: u32) {
        debug_assert!(count >= 128 || value >> count == 0);
        for shift in (0..count).rev() {
            if self.bit_length.is_multiple_of(8) {
                self.bytes.push(0);
            }
            if value >> shift & 1 == 1 {
                self.bytes[self.bit_length / 8] |= 0x80 >> (self.bit_length % 8);
            }
            self.bit_length += 1;
        }
    }

    /// Appends zero bits, any number of them.
    pub(super) fn push_zeros(&mut self, count: usize) {
        for _ in 0..count {
            self.push(0, 1);
        }
    }

    /// Bits written so far.
    pub(super) fn bit_length(&self) -> usize {
        self.bit_length
    }

    /// The bytes, padded with zeros to whole 16-bit words as a tag holds them, and the length before padding.
    pub(super) fn finish(mut self) -> (Vec<u8>, usize) {
        if self.bytes.len() % 2 == 1 {
            self.bytes.push(0);
        }
        (self.bytes, self.bit_length)
    }
}

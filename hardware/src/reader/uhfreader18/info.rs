//! Who a length-prefixed reader says it is (command 21; protocol sheet, section 3).

use serde::Serialize;

use super::tags::Shape;
use crate::reader::Region;

/// Bytes a UHFReader18 answers with; later readers add four.
const SHORT: usize = 8;

/// The answer to command 21.
#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
pub(super) struct Info {
    pub fw: String,
    #[serde(rename = "type")]
    pub kind: u8,
    /// Bit 1: Gen2, bit 0: ISO 18000-6B.
    pub protocols: u8,
    pub band: u8,
    pub max_ch: u8,
    pub min_ch: u8,
    pub power_dbm: u8,
    pub scan_time_100ms: u8,
    #[serde(skip_serializing_if = "Option::is_none")]
    pub antenna_mask: Option<u8>,
    #[serde(skip_serializing_if = "Option::is_none")]
    pub beep: Option<u8>,
    #[serde(skip_serializing_if = "Option::is_none")]
    pub antenna_check: Option<u8>,
}

impl Info {
    pub(super) fn parse(data: &[u8]) -> Option<Self> {
        let (&[major, minor, kind, protocols, max, min, power_dbm, scan_time_100ms], rest) =
            data.split_first_chunk::<SHORT>()?;
        Some(Self {
            fw: format!("{major}.{minor}"),
            kind,
            protocols,
            band: (max >> 6) << 2 | min >> 6,
            max_ch: max & 0x3F,
            min_ch: min & 0x3F,
            power_dbm,
            scan_time_100ms,
            antenna_mask: rest.first().copied(),
            beep: rest.get(1).copied(),
            antenna_check: rest.get(3).copied(),
        })
    }

    /// How this reader builds its records, as far as its answer tells; the first tag has the last word.
    pub(super) fn shape(&self) -> Shape {
        if self.antenna_mask.is_some() { Shape::Rich } else { Shape::Plain }
    }

    /// The maker's name for it, where the type byte is known.
    pub(super) fn model(&self) -> Option<&'static str> {
        Some(match self.kind {
            0x03 | 0x08 => "RRU9803M",
            0x09 => "UHFReader18",
            0x0C => "UHFReader288M",
            0x0F | 0x10 => "UHFReader86",
            0x16 => "RRU9883M",
            0x20 => "UHFReader288MP",
            0x3D => "E310",
            0x75 => "MU804",
            0x8B => "UHFReader288ADV",
            _ => return None,
        })
    }

    /// How many antenna ports that model has; only the readers without an antenna in their records are sure to have one.
    pub(super) fn ports(&self) -> Option<u8> {
        match (self.shape(), self.kind) {
            (Shape::Plain, _) => Some(1),
            (_, 0x0C | 0x20 | 0x75) => Some(4),
            _ => None,
        }
    }

    /// The band as the two bytes of command 22.
    pub(super) fn band_bytes(&self) -> [u8; 2] {
        [(self.band >> 2) << 6 | self.max_ch, (self.band & 3) << 6 | self.min_ch]
    }

    /// A frequency in the middle of the band, kHz, for measuring an antenna.
    pub(super) fn middle_khz(&self) -> u32 {
        let channel = u32::from(self.min_ch + self.max_ch) / 2;
        match self.band {
            0 => 902_600 + 400 * channel,
            1 => 920_125 + 250 * channel,
            3 => 917_100 + 200 * channel,
            4 => 865_100 + 200 * channel,
            6 => 868_000 + 100 * channel,
            7 => 916_200 + 900 * channel,
            8 => 840_125 + 250 * channel,
            9 => 865_700 + 600 * channel,
            0x0A => 922_250 + 500 * channel,
            0x0C => 902_000 + 500 * channel,
            _ => 902_750 + 500 * channel,
        }
    }
}

/// The two bytes of command 22 (highest, then lowest channel, the band in their upper bits) for a region; `None` where
/// this family has no band for it.
pub(super) fn band_bytes(region: Region) -> Option<[u8; 2]> {
    let (band, low, high) = match region {
        Region::China => (1, 0, 19),
        Region::Us => (2, 0, 49),
        // 920.25 to 925.75 MHz in the US raster.
        Region::Australia => (2, 35, 46),
        Region::Korea => (3, 0, 31),
        Region::Eu => (4, 0, 14),
        // 865.1 to 866.9 MHz in the European raster.
        Region::India => (4, 0, 9),
        Region::Japan => return None,
    };
    Some([(band >> 2) << 6 | high, (band & 3) << 6 | low])
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_bands_are_those_real_readers_report() {
        assert_eq!(band_bytes(Region::Us), Some([0x31, 0x80]));
        assert_eq!(band_bytes(Region::Eu), Some([0x4E, 0x00]));
        let info = Info::parse(&[0, 22, 0x0C, 3, 0x4E, 0, 30, 10, 1, 0, 0, 0]).expect("twelve bytes");
        assert_eq!(Some(info.band_bytes()), band_bytes(Region::Eu));
        assert_eq!((info.middle_khz(), info.shape()), (866_500, Shape::Rich));
    }
}

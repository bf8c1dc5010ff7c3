//! What a device says it can do: antennas, powers, frequencies (LLRP 1.0.1, section 9.2).

use super::frame::Frame;
use super::param::{all, find, text_at, u16_at, u32_at};
use super::{IMPINJ, tlv};
use crate::reader::Region;

/// Entries of one table that are kept; the longest known has some 200.
const TABLE_MAX: usize = 1024;

/// What a device says it can do.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub(super) struct Capabilities {
    pub antennas_max: u16,
    /// The maker's private enterprise number.
    pub manufacturer: u32,
    pub model: u32,
    pub firmware: String,
    /// Whether an inventory can ask for tags in one state.
    pub state_aware: bool,
    /// Index and power in hundredths of a dBm.
    pub powers: Vec<(u16, i16)>,
    pub hopping: bool,
    /// The first table's number.
    pub hop_table: Option<u8>,
    /// By channel index from 1, kHz.
    pub channels_khz: Vec<u32>,
}

/// A power of the device's table, and how it fits what was asked for.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) struct Power {
    pub index: u16,
    pub centi_dbm: i16,
    /// The table ends before what was asked for.
    pub clamped: bool,
}

impl Capabilities {
    /// Reads the answer; what is not in it stays empty.
    pub(super) fn of(frame: &Frame) -> Self {
        let mut this = Self::default();
        if let Some(general) = find(&frame.body, tlv::GENERAL_DEVICE) {
            this.antennas_max = u16_at(general, 0).unwrap_or_default();
            this.manufacturer = u32_at(general, 4).unwrap_or_default();
            this.model = u32_at(general, 8).unwrap_or_default();
            this.firmware = text_at(general, 12).unwrap_or_default();
        }
        if let Some([flags, ..]) = find(&frame.body, tlv::LLRP_CAPABILITIES) {
            this.state_aware = flags & 0x10 != 0;
        }
        // Country and standard come before the band.
        let band = find(&frame.body, tlv::REGULATORY)
            .and_then(|regulatory| find(regulatory.get(4..)?, tlv::UHF_BAND))
            .unwrap_or_default();
        this.powers = all(band, tlv::POWER_ENTRY)
            .filter_map(|entry| Some((u16_at(entry, 0)?, u16_at(entry, 2)?.cast_signed())))
            .take(TABLE_MAX)
            .collect();
        if let Some([hopping, tables @ ..]) = find(band, tlv::FREQUENCIES) {
            this.hopping = hopping & 0x80 != 0;
            let hop = find(tables, tlv::HOP_TABLE);
            this.hop_table = hop.and_then(|table| table.first().copied());
            let list = hop.and_then(|table| table.get(2..)).or_else(|| find(tables, tlv::FIXED_TABLE));
            this.channels_khz = list.map(frequencies).unwrap_or_default();
        }
        this
    }

    pub(super) fn is_impinj(&self) -> bool {
        self.manufacturer == IMPINJ
    }

    /// Maker and model in words.
    pub(super) fn model_name(&self) -> String {
        // (K) private enterprise numbers, as registered with IANA.
        let maker = match self.manufacturer {
            IMPINJ => "Impinj".to_owned(),
            161 => "Zebra".to_owned(),
            26554 => "ThingMagic".to_owned(),
            24831 => "Sirit".to_owned(),
            other => format!("maker {other}"),
        };
        format!("{maker}, model {}", self.model)
    }

    /// The highest power of the table that is not above `dbm`; where all are above it, the lowest.
    pub(super) fn power(&self, dbm: u8) -> Option<Power> {
        let asked = i16::from(dbm) * 100;
        let centi = |&&(_, centi_dbm): &&(u16, i16)| centi_dbm;
        let below = self.powers.iter().filter(|&&(_, centi_dbm)| centi_dbm <= asked).max_by_key(centi);
        let highest = self.powers.iter().map(|&(_, centi_dbm)| centi_dbm).max()?;
        let chosen = below.or_else(|| self.powers.iter().min_by_key(centi));
        chosen.map(|&(index, centi_dbm)| Power {
            index,
            centi_dbm,
            clamped: centi_dbm > asked || highest < asked,
        })
    }

    /// A frequency of the device's table that lies outside a region's band, kHz.
    pub(super) fn outside(&self, region: Region) -> Option<u32> {
        let band = band(region);
        self.channels_khz.iter().copied().find(|khz| !band.contains(khz))
    }

    /// The regions in whose bands all of the device's frequencies lie; none where it tells none.
    pub(super) fn regions(&self) -> Vec<Region> {
        let fits = |region: &Region| self.outside(*region).is_none();
        let told = !self.channels_khz.is_empty();
        Region::ALL.into_iter().filter(|region| told && fits(region)).collect()
    }
}

/// A region's band, kHz.
fn band(region: Region) -> std::ops::RangeInclusive<u32> {
    match region {
        Region::Eu => 865_000..=868_000,
        Region::Us => 902_000..=928_000,
        Region::China => 920_000..=925_000,
        Region::Korea => 917_000..=923_000,
        Region::Japan => 916_000..=921_000,
        Region::India => 865_000..=867_000,
        Region::Australia => 920_000..=926_000,
    }
}

/// A count, then kHz.
fn frequencies(table: &[u8]) -> Vec<u32> {
    let count = usize::from(u16_at(table, 0).unwrap_or_default()).min(TABLE_MAX);
    (0..count).map_while(|at| u32_at(table, 2 + at * 4)).collect()
}

#[cfg(test)]
mod tests {
    use super::*;

    fn with(powers: &[(u16, i16)]) -> Capabilities {
        Capabilities { powers: powers.to_vec(), ..Capabilities::default() }
    }

    #[test]
    fn the_power_is_the_highest_not_above_what_was_asked_for() {
        // Not in order: nothing says that a table is.
        let table = with(&[(3, 2_325), (1, 1_000), (2, 2_275), (4, 3_000)]);
        let chosen = |dbm| table.power(dbm).map(|power| (power.index, power.clamped));
        assert_eq!(chosen(23), Some((2, false)));
        assert_eq!(chosen(30), Some((4, false)));
        assert_eq!(chosen(33), Some((4, true)), "more than it has");
        assert_eq!(chosen(5), Some((1, true)), "less than it can");
        assert_eq!(with(&[]).power(20), None);
    }

    #[test]
    fn a_table_of_another_region_is_noticed() {
        let table = Capabilities { channels_khz: vec![865_700, 866_300], ..Capabilities::default() };
        assert_eq!(table.outside(Region::Eu), None);
        assert_eq!(table.outside(Region::Us), Some(865_700));
    }
}

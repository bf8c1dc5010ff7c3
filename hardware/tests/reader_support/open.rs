//! A driver of the R2000 family, whatever stands at its port.

use std::path::Path;

use armoury_hardware::reader::{Family, ReaderSettings};

use super::station::Station;

impl Station {
    pub fn open(port: &Path, antennas: &[u8]) -> Self {
        let settings = ReaderSettings {
            power_dbm: 26,
            antennas: antennas.to_vec(),
            ..ReaderSettings::new("hatch", Family::R2000, &port.to_string_lossy())
        };
        Self::with(settings)
    }
}

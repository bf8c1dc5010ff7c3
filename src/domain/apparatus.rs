//! The apparatus: antennas.

use super::ids::ReadPoint;

/// What the station knows of one antenna.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct AntennaPlan {
    /// Its reader's name in the configuration.
    pub reader: String,
    /// Which of the reader's, counted from 1.
    pub antenna: u8,
    /// Where it listens.
    pub read_point: ReadPoint,
    /// EPC of the reference tag that is fixed at it; none where there is none.
    pub control_tag: Option<Vec<u8>>,
    /// The median a tag must reach there, dBm; none leaves the setting for all.
    pub min_rssi_dbm: Option<i16>,
}

impl AntennaPlan {
    /// Whether this is that antenna.
    pub fn is(&self, reader: &str, antenna: u8) -> bool {
        self.antenna == antenna && self.reader == reader
    }
}

//! What the station knows of its antennas.

use super::TagReading;
use crate::domain::{AntennaPlan, ReadPoint};

/// Most antennas told apart. More are on no desk; what they hear is counted, not followed.
pub const EARS_MAX: usize = 256;

/// An antenna that has been heard of, by the configuration or by a reading.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(super) struct Ear {
    pub(super) reader: String,
    pub(super) antenna: u8,
    pub(super) read_point: ReadPoint,
    /// The median a tag must reach there, dBm.
    pub(super) min_rssi_dbm: i16,
}

/// Every antenna heard of. A sighting keeps its place in this list instead of names.
#[derive(Debug, Default)]
pub(super) struct Ears {
    list: Vec<Ear>,
}

impl Ears {
    /// The antennas of the configuration.
    pub(super) fn new(plans: &[AntennaPlan], min_rssi_dbm: i16) -> Self {
        let ear = |plan: &AntennaPlan| Ear {
            reader: plan.reader.clone(),
            antenna: plan.antenna,
            read_point: plan.read_point.clone(),
            min_rssi_dbm: plan.min_rssi_dbm.unwrap_or(min_rssi_dbm),
        };
        Self { list: plans.iter().take(EARS_MAX).map(ear).collect() }
    }

    /// The antenna that heard `reading`; none if there are too many.
    pub(super) fn of(&mut self, reading: &TagReading, min_rssi_dbm: i16) -> Option<usize> {
        let same = |ear: &Ear| ear.antenna == reading.antenna && ear.reader == reading.reader;
        let exact = self.list.iter().position(|ear| same(ear) && ear.read_point == reading.read_point);
        if exact.is_some() || self.list.len() >= EARS_MAX {
            return exact;
        }
        let planned_dbm = self.list.iter().find(|ear| same(ear)).map(|ear| ear.min_rssi_dbm);
        self.list.push(Ear {
            reader: reading.reader.clone(),
            antenna: reading.antenna,
            read_point: reading.read_point.clone(),
            min_rssi_dbm: planned_dbm.unwrap_or(min_rssi_dbm),
        });
        Some(self.list.len() - 1)
    }

    /// The antenna at that place of the list, which [`Ears::of`] gave.
    pub(super) fn get(&self, place: usize) -> &Ear {
        self.list.get(place).expect("places are only given by this list, and it never shrinks")
    }

    /// Whether an antenna of that reader has been heard of.
    pub(super) fn has_reader(&self, reader: &str) -> bool {
        self.list.iter().any(|ear| ear.reader == reader)
    }

    /// Antennas of a read point.
    pub(super) fn at<'a>(&'a self, read_point: &'a ReadPoint) -> impl Iterator<Item = &'a Ear> {
        self.list.iter().filter(move |ear| ear.read_point == *read_point)
    }
}

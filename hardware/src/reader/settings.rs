//! What a driver must know of its reader: where it is, and how it is to use the air.

use serde::Serialize;

use super::Family;
use crate::capture::Capture;

/// What a driver must know of its reader.
#[derive(Debug, Clone)]
pub struct ReaderSettings {
    /// The reader's name in the configuration; it appears in the log.
    pub name: String,
    /// What it speaks.
    pub family: Family,
    /// The port's path, `/dev/serial/by-id/…` by preference (a symlink is followed at each opening); `tcp:HOST:PORT` for
    /// a reader that is called over the network, `listen:ADDRESS:PORT` for one that calls.
    pub port: String,
    /// The line's rate; `None` probes what the family allows.
    pub baud: Option<u32>,
    /// Transmit power in dBm, written at each start.
    pub power_dbm: u8,
    /// Antennas to use, counted from 1; several take turns. An empty list means antenna 1.
    pub antennas: Vec<u8>,
    /// The radio region written at each start; `None` leaves the reader's own.
    pub region: Option<Region>,
    /// Which of a tag's four inventoried flags is used.
    pub session: Session,
    /// Which tags are asked.
    pub target: Target,
    /// Slots per round as a power of two, 0 to 15; `None` lets the reader choose.
    pub q: Option<u8>,
    /// Read the chip's number (TID) of every tag that comes into view.
    pub read_tid: bool,
    /// Writes down what goes over the line, when it is told to.
    pub capture: Capture,
}

impl ReaderSettings {
    /// Settings with which a reader of that family on that port reads tags near antenna 1.
    pub fn new(name: &str, family: Family, port: &str) -> Self {
        Self {
            name: name.to_owned(),
            family,
            port: port.to_owned(),
            baud: None,
            power_dbm: 23,
            antennas: vec![1],
            region: None,
            session: Session::S0,
            target: Target::A,
            q: None,
            read_tid: true,
            capture: Capture::default(),
        }
    }

    /// The antennas to use; never empty.
    pub(crate) fn antennas_in_use(&self) -> Vec<u8> {
        if self.antennas.is_empty() { vec![1] } else { self.antennas.clone() }
    }
}

/// A Gen2 session (stream-cleaning page, section 6). Two readers side by side use different ones.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize)]
#[serde(rename_all = "snake_case")]
pub enum Session {
    /// Forgets at once when the field is gone: live presence, access to memory.
    S0,
    /// Forgets after 0.5 to 5 s whatever happens: trays with moderate numbers.
    S1,
    /// Keeps as long as powered and some seconds longer: large numbers that lie still.
    S2,
    /// As S2, for the reader beside it.
    S3,
}

impl Session {
    /// 0 to 3, as it goes over the air.
    pub fn number(self) -> u8 {
        self as u8
    }
}

/// Which tags are asked (stream-cleaning page, section 6).
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, Serialize)]
#[serde(rename_all = "snake_case")]
pub enum Target {
    /// Those in state A: quiet after one answer, as long as the session lasts.
    A,
    /// Those in state B.
    B,
    /// A and B in turn: answers go on all the time.
    Ab,
}

/// A radio region: what the law of the place allows. The figures are in each family's own table.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, Serialize)]
#[serde(rename_all = "snake_case")]
pub enum Region {
    /// Europe, Africa and others, 865 to 868 MHz (ETSI EN 302 208).
    Eu,
    /// United States and others, 902 to 928 MHz (FCC part 15).
    Us,
    /// China, 920 to 925 MHz.
    China,
    /// Korea, 917 to 923 MHz.
    Korea,
    /// Japan, 916 to 921 MHz.
    Japan,
    /// India, 865 to 867 MHz.
    India,
    /// Australia, 920 to 926 MHz.
    Australia,
}

impl Region {
    /// Every region.
    pub const ALL: [Self; 7] =
        [Self::Eu, Self::Us, Self::China, Self::Korea, Self::Japan, Self::India, Self::Australia];

    /// The name in the configuration.
    pub fn word(self) -> &'static str {
        match self {
            Self::Eu => "eu",
            Self::Us => "us",
            Self::China => "china",
            Self::Korea => "korea",
            Self::Japan => "japan",
            Self::India => "india",
            Self::Australia => "australia",
        }
    }
}

//! `[[reader]]`: a UHF reader as the configuration names it, and what each family of readers can be told.

use std::fmt;
use std::path::{Path, PathBuf};

use serde::{Serialize, Serializer};

use crate::domain::AntennaPlan;
use crate::domain::ReadPoint;
use crate::domain::Watched;

/// Transmit power taken, in dBm. The highest of any family is 33 (impinj-r2000-a0.md section 3, command 66); what the
/// reader at hand can give, its driver finds out and says.
pub(super) const POWER_DBM: std::ops::RangeInclusive<i64> = 0..=33;

/// `[[reader]]`: a UHF reader on a serial port or on the network.
#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
pub struct Reader {
    /// Its name on screens, in the log and in evidence.
    pub name: String,
    /// What it speaks.
    pub protocol: Protocol,
    /// Where it is.
    pub port: Port,
    /// Line rate; none means: try what the protocol allows.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub baud: Option<u32>,
    /// Where it looks; an antenna may look somewhere else.
    pub read_point: ReadPoint,
    /// The lane its read points belong to, where the hatch has several.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub lane: Option<String>,
    /// Transmit power in dBm, written to the reader at each start.
    pub power_dbm: u8,
    /// Antennas in use, counted from 1.
    pub antennas: Vec<u8>,
    /// Radio region, written at each start; none leaves the reader's own.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub region: Option<Region>,
    /// Which of a tag's four flags is used; readers side by side use different ones.
    pub session: Session,
    /// Which tags are asked.
    pub target: Target,
    /// Slots per round as a power of two; none lets the reader choose.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub q: Option<u8>,
    /// Whether the chip's number is read too.
    pub read_tid: bool,
    /// The slots it stares at; none for a reader at which weapons are shown.
    #[serde(skip_serializing_if = "Option::is_none", serialize_with = "as_text")]
    pub watches: Option<Watched>,
    /// `[[reader.antenna]]`: what is particular to one antenna.
    #[serde(rename = "antenna", skip_serializing_if = "Vec::is_empty")]
    pub particular: Vec<Antenna>,
}

impl Reader {
    /// Transmit power where the file says nothing, in dBm: enough for a tray at arm's length. No sheet gives a figure
    /// (estimate); rfid-stream-cleaning.md section 4 says how to find the right one on site.
    pub const POWER_DBM: u8 = 23;

    /// Antennas where the file says nothing.
    pub const ANTENNAS: [u8; 1] = [1];

    /// Its read points, each with its lane, in the order of the file.
    pub(super) fn lanes(&self) -> impl Iterator<Item = (&ReadPoint, Option<&String>)> {
        let of_antennas = self.particular.iter().map(|antenna| {
            let lane = antenna.lane.as_ref().or(self.lane.as_ref());
            (antenna.read_point.as_ref().unwrap_or(&self.read_point), lane)
        });
        // Where every antenna looks somewhere of its own, nothing is read where the reader itself would look.
        let apart = |number: &u8| {
            self.particular.iter().any(|antenna| antenna.number == *number && antenna.read_point.is_some())
        };
        let own = (!self.antennas.iter().all(apart)).then_some((&self.read_point, self.lane.as_ref()));
        own.into_iter().chain(of_antennas)
    }

    /// What each antenna in use looks at, in the order of the file.
    pub(super) fn antenna_plans(&self) -> impl Iterator<Item = AntennaPlan> + '_ {
        self.antennas.iter().map(|&number| {
            let particular = self.particular.iter().find(|antenna| antenna.number == number);
            AntennaPlan {
                reader: self.name.clone(),
                antenna: number,
                read_point: particular
                    .and_then(|antenna| antenna.read_point.clone())
                    .unwrap_or_else(|| self.read_point.clone()),
                control_tag: particular.and_then(|antenna| antenna.control_tag.clone()),
                min_rssi_dbm: particular.and_then(|antenna| antenna.min_rssi_dbm),
                watches: particular
                    .and_then(|antenna| antenna.watches.clone())
                    .or_else(|| self.watches.clone()),
            }
        })
    }
}

/// `[[reader.antenna]]`: one antenna that differs from what its reader says.
#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
pub struct Antenna {
    /// Counted from 1.
    pub number: u8,
    /// Where it looks; none means: where the reader does.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub read_point: Option<ReadPoint>,
    /// Its lane; none means: that of its reader.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub lane: Option<String>,
    /// EPC of the tag fixed within its reach, by which it is known that the antenna hears at all.
    #[serde(skip_serializing_if = "Option::is_none", serialize_with = "hex_text")]
    pub control_tag: Option<Vec<u8>>,
    /// Weaker reads are not counted, in dBm; none means: as in `[presence]`.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub min_rssi_dbm: Option<i16>,
    /// The slots it stares at; none means: as its reader.
    #[serde(skip_serializing_if = "Option::is_none", serialize_with = "as_text")]
    pub watches: Option<Watched>,
}

/// Where a reader is. As text: a path, `tcp:HOST:PORT` or `listen:ADDRESS:PORT`.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Port {
    /// A serial port's path, `/dev/serial/by-id/…` by preference.
    Serial(PathBuf),
    /// `tcp:HOST:PORT` for a reader that is called, `listen:ADDRESS:PORT` for one that calls.
    Network(String),
}

impl Port {
    /// The path, where it is one.
    pub fn path(&self) -> Option<&Path> {
        match self {
            Self::Serial(path) => Some(path),
            Self::Network(_) => None,
        }
    }
}

impl fmt::Display for Port {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Serial(path) => write!(f, "{}", path.display()),
            Self::Network(road) => f.write_str(road),
        }
    }
}

impl Serialize for Port {
    fn serialize<S: Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        serializer.collect_str(self)
    }
}

/// A reader's language.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize)]
#[serde(rename_all = "snake_case")]
pub enum Protocol {
    /// ThingMagic and JADAK modules, and the Silion ones that speak their frames.
    Mercury,
    /// Impinj R2000 and E710 readers with the "A0" frames.
    R2000,
    /// Chafon, UHFReader18, UHFReader86, UHFReader288 and the newer "CF" frames.
    Uhfreader18,
    /// MagicRF M100, R200 and their many names.
    M100,
    /// Fixed readers on the network.
    Llrp,
}

impl Protocol {
    pub(super) const WORDS: [(&'static str, Self); 5] = [
        ("mercury", Self::Mercury),
        ("r2000", Self::R2000),
        ("uhfreader18", Self::Uhfreader18),
        ("m100", Self::M100),
        ("llrp", Self::Llrp),
    ];

    /// The name in the configuration.
    pub fn word(self) -> &'static str {
        match self {
            Self::Mercury => "mercury",
            Self::R2000 => "r2000",
            Self::Uhfreader18 => "uhfreader18",
            Self::M100 => "m100",
            Self::Llrp => "llrp",
        }
    }

    /// Rates of a serial line, the likeliest first; none for a family that has no serial line.
    pub(super) fn rates(self) -> &'static [u32] {
        match self {
            // thingmagic-mercury.md section 5: the vendor's own list of rates to try, and section 9 on the M6e's need of
            // the fastest.
            Self::Mercury => &[115_200, 9_600, 921_600, 460_800, 230_400, 57_600, 38_400, 19_200],
            // impinj-r2000-a0.md section 1.
            Self::R2000 => &[115_200, 38_400],
            // chafon-uhfreader18.md section 1.
            Self::Uhfreader18 => &[57_600, 115_200, 38_400, 19_200, 9_600],
            // magicrf-m100-r200.md section 1; command 11 takes any multiple of 100, these are what adapters offer.
            Self::M100 => &[115_200, 57_600, 38_400, 19_200, 9_600],
            Self::Llrp => &[],
        }
    }

    /// The highest antenna number.
    pub(super) fn antenna_max(self) -> u8 {
        match self {
            // thingmagic-mercury.md, metadata: a nibble, 0 means 16.
            Self::Mercury => 16,
            // impinj-r2000-a0.md section 4: 4 and 8 port readers.
            Self::R2000 => 8,
            // chafon-uhfreader18.md section 4: a mask on up to 8 ports, a plain number beyond.
            Self::Uhfreader18 => 16,
            // magicrf-m100-r200.md: one antenna.
            Self::M100 => 1,
            // llrp.md: 16 bits; no fixed reader or hub has more than this (estimate).
            Self::Llrp => 64,
        }
    }
}

/// What the law of the place allows on the air.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize)]
#[serde(rename_all = "snake_case")]
pub enum Region {
    /// 865 to 868 MHz.
    Eu,
    /// 902 to 928 MHz.
    Us,
    /// 920 to 925 MHz.
    China,
    /// 917 to 923 MHz.
    Korea,
    /// 916 to 921 MHz.
    Japan,
    /// 865 to 867 MHz.
    India,
    /// 920 to 926 MHz.
    Australia,
}

impl Region {
    pub(super) const WORDS: [(&'static str, Self); 7] = [
        ("eu", Self::Eu),
        ("us", Self::Us),
        ("china", Self::China),
        ("korea", Self::Korea),
        ("japan", Self::Japan),
        ("india", Self::India),
        ("australia", Self::Australia),
    ];
}

/// A Gen2 session (rfid-stream-cleaning.md section 6).
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize)]
#[serde(rename_all = "snake_case")]
pub enum Session {
    /// Forgets at once when the field is gone.
    S0,
    /// Forgets after 0.5 to 5 s whatever happens.
    S1,
    /// Keeps as long as powered.
    S2,
    /// The same, for the reader beside it.
    S3,
}

impl Session {
    pub(super) const WORDS: [(&'static str, Self); 4] =
        [("s0", Self::S0), ("s1", Self::S1), ("s2", Self::S2), ("s3", Self::S3)];

    /// The name in the configuration.
    pub fn word(self) -> &'static str {
        match self {
            Self::S0 => "s0",
            Self::S1 => "s1",
            Self::S2 => "s2",
            Self::S3 => "s3",
        }
    }

    /// The order in which readers get them: live presence first, then the two that keep a tag's state while it is
    /// powered, S1 last, which forgets in the middle of a round.
    pub(super) const IN_TURN: [Self; 4] = [Self::S0, Self::S2, Self::S3, Self::S1];
}

/// Which tags are asked.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize)]
#[serde(rename_all = "snake_case")]
pub enum Target {
    /// Those in state A.
    A,
    /// Those in state B.
    B,
    /// A and B in turn.
    Ab,
}

impl Target {
    pub(super) const WORDS: [(&'static str, Self); 3] = [("a", Self::A), ("b", Self::B), ("ab", Self::Ab)];

    /// What keeps a tag answering in that session, so that presence can be told: outside S0 a tag that was asked in one
    /// state is quiet until the other is asked (rfid-stream-cleaning.md section 6).
    pub(super) fn for_session(session: Session) -> Self {
        if session == Session::S0 { Self::A } else { Self::Ab }
    }
}

fn as_text<S: Serializer>(watched: &Option<Watched>, serializer: S) -> Result<S::Ok, S::Error> {
    match watched {
        Some(watched) => serializer.collect_str(watched),
        None => serializer.serialize_none(),
    }
}

fn hex_text<S: Serializer>(bytes: &Option<Vec<u8>>, serializer: S) -> Result<S::Ok, S::Error> {
    match bytes {
        Some(bytes) => serializer.collect_str(&crate::identity::epc::hex(bytes)),
        None => serializer.serialize_none(),
    }
}

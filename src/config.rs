//! `station.toml` and `policy.toml`, read once into typed values. Unknown keys and contradictions are refused, every
//! one with its line, its key and what to do about it; whatever is left out has the default written here.
//!
//! | File | Is |
//! |---|---|
//! | `access.rs` | who may do what over the local socket |
//! | `reader.rs`, `scanner.rs`, `device.rs` | readers, scanners, cameras and panel as the configuration names them |
//! | `reading.rs` | how a camera's pictures are read |
//! | `parse.rs`, `parse/` | the walk through the file, section by section |
//! | `checks.rs` | what no single key can tell: contradictions |
//! | `section.rs` | one table of the file: typed values, ranges, keys nobody asked for |
//! | `error.rs` | a problem, and the refusal that lists them |
//! | `sample.rs` | the annotated samples that `armoury init` writes |
//!
//! Nothing here opens a device, asks for the time or knows the ledger. Secrets are paths, never values.

mod access;
mod checks;
mod device;
mod error;
mod parse;
mod policy;
mod reader;
mod reading;
mod sample;
mod scanner;
mod section;

use std::collections::BTreeMap;
use std::path::{Path, PathBuf};

use serde::Serialize;

pub use access::{Access, Principal};
pub use device::{Camera, CameraSource, Panel, PictureFormat};
pub use error::{ConfigError, Problem};
pub use policy::{load_policy, parse_policy};
pub use reader::{Antenna, Port, Protocol, Reader, Region, Session, Target};
pub use reading::{Confirm, Reading, Symbology};
pub use sample::{sample_policy, sample_station};
pub use scanner::{KeyMap, Scanner, ScannerKind};

use crate::domain::AntennaPlan;
use crate::domain::{Mode, ReadPoint, StationId};

/// Largest configuration file taken, in bytes. The annotated sample is a hundredth of it; a larger file is a mistake.
pub const FILE_MAX_BYTES: usize = 1024 * 1024;

/// Everything `station.toml` says, checked. Its paths are joined to the folder of the file.
#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
pub struct StationConfig {
    /// `[station]`
    pub station: Station,
    /// `[[reader]]`, in the order of the file.
    #[serde(rename = "reader", skip_serializing_if = "Vec::is_empty")]
    pub readers: Vec<Reader>,
    /// `[[camera]]`, in the order of the file.
    #[serde(rename = "camera", skip_serializing_if = "Vec::is_empty")]
    pub cameras: Vec<Camera>,
    /// `[[scanner]]`, in the order of the file.
    #[serde(rename = "scanner", skip_serializing_if = "Vec::is_empty")]
    pub scanners: Vec<Scanner>,
    /// `[desk]`
    pub desk: Desk,
    /// `[presence]`
    pub presence: Presence,
    /// `[headquarters]`; without it the ledger stays here until a stick carries it.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub headquarters: Option<Headquarters>,
    /// `[access]`
    pub access: Access,
    /// `[panel]`; without it lamps and lock are only said in the log.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub panel: Option<Panel>,
}

/// `[station]`: who this is and where its book lies.
#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
pub struct Station {
    /// The station's name, the same as at headquarters.
    pub id: StationId,
    /// The data folder.
    pub data: PathBuf,
    /// The local socket that screens and commands attach to.
    pub socket: PathBuf,
}

/// `[desk]`: how presentations become requests.
#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
pub struct Desk {
    /// Which way weapons go.
    pub mode: Mode,
    /// How long a badge waits for its weapon, and a weapon for its badge, in milliseconds.
    pub window_ms: u64,
    /// How long the desk ignores the same item after it answered, in milliseconds; 0 means not at all.
    pub dead_time_ms: u64,
    /// A weapon counts as identified only when tag and mark were both read and agree.
    pub two_readings: bool,
}

impl Default for Desk {
    fn default() -> Self {
        Self {
            mode: Mode::Auto,
            // "Show your badge. 20 s left" (ux.md, scan verdicts).
            window_ms: 20_000,
            // A verdict's lamp stays 3 s (ux.md, sounds and lamps); until it is dark the same item is the same scan.
            dead_time_ms: 3_000,
            two_readings: false,
        }
    }
}

/// `[presence]`: when a tag counts as being at a read point (rfid-stream-cleaning.md sections 2 and 3).
#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
pub struct Presence {
    /// So many reads …
    pub sightings: u32,
    /// … within so many milliseconds make a tag present.
    pub within_ms: u64,
    /// Weaker reads are not counted, in dBm.
    pub min_rssi_dbm: i16,
    /// A tag not read for so long has left, in milliseconds.
    pub leave_ms: u64,
    /// By how much a read point must hear a tag louder than the next one to own it, in dB.
    pub margin_db: u16,
}

impl Default for Presence {
    fn default() -> Self {
        Self {
            // L3: k = 3 in 2 s.
            sightings: 3,
            within_ms: 2_000,
            // L4 starts 10 dB below the median of a test tag in place. About -65 dBm is what a tag in a tray gives at
            // this power (estimate); the one real frame of the reader's sheet is at -74. A site survey replaces it.
            min_rssi_dbm: -75,
            // Section 3: T_out = max(2 s, …).
            leave_ms: 2_000,
            // L4: margin 6 dB.
            margin_db: 6,
        }
    }
}

/// `[headquarters]`: the road there and whose signature counts.
#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
pub struct Headquarters {
    /// Address of the server; none means receipts come by stick only.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub url: Option<String>,
    /// The certificate that vouches for the server, PEM.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub ca_file: Option<PathBuf>,
    /// Ed25519 key that signs receipts.
    #[serde(serialize_with = "hex_text")]
    pub public_key: [u8; 32],
}

impl StationConfig {
    /// What a file that holds nothing but the station's name means.
    pub fn defaults(id: StationId, base_dir: &Path) -> Self {
        let data = parse::resolve(base_dir, Path::new("."));
        Self {
            station: Station { id, socket: data.join(SOCKET_NAME), data },
            readers: Vec::new(),
            cameras: Vec::new(),
            scanners: Vec::new(),
            desk: Desk::default(),
            presence: Presence::default(),
            headquarters: None,
            access: Access::default(),
            panel: None,
        }
    }

    /// Which read points make a lane of their own.
    pub fn lanes(&self) -> BTreeMap<ReadPoint, String> {
        let readers = self.readers.iter().flat_map(Reader::lanes);
        let cameras = self.cameras.iter().map(|camera| (&camera.read_point, camera.lane.as_ref()));
        let scanners = self.scanners.iter().map(|scanner| (&scanner.read_point, scanner.lane.as_ref()));
        let all = readers.chain(cameras).chain(scanners);
        all.filter_map(|(place, lane)| Some((place.clone(), lane?.clone()))).collect()
    }

    /// What each antenna in use looks at, reader by reader.
    pub fn antenna_plans(&self) -> Vec<AntennaPlan> {
        self.readers.iter().flat_map(Reader::antenna_plans).collect()
    }
}

/// The socket's name inside the data folder, where `[station] socket` says nothing else.
pub const SOCKET_NAME: &str = "station.sock";

/// Reads and checks a station's configuration. Relative paths in it count from the file's folder.
///
/// # Errors
/// The file cannot be read, or it holds at least one problem; all that could be found are listed.
pub fn load(path: &Path) -> Result<StationConfig, ConfigError> {
    let text = error::read(path)?;
    let whole = std::path::absolute(path).unwrap_or_else(|_| path.to_owned());
    let base_dir = whole.parent().unwrap_or(Path::new("/"));
    parse(&text, base_dir)
        .map_err(|problems| ConfigError::Refused { file: path.display().to_string(), problems })
}

/// Checks the text of a configuration; relative paths in it count from `base_dir`.
///
/// # Errors
/// Every problem that could be found, in the order of the lines.
pub fn parse(text: &str, base_dir: &Path) -> Result<StationConfig, Vec<Problem>> {
    parse::station_config(text, base_dir)
}

fn hex_text<S: serde::Serializer>(bytes: &[u8; 32], serializer: S) -> Result<S::Ok, S::Error> {
    serializer.collect_str(&format_args!("{}", crate::identity::epc::hex(bytes)))
}

//! UHF readers: bytes from a line become [`TagRead`]s.
//!
//! Each protocol family has a pure frame decoder (bytes in, frames out, no clock, no I/O) and a dialect that finds its
//! reader, writes its settings and keeps it reading. The drivers know nothing of weapons or people, and they never filter
//! by identity: what was heard is handed on, stamped by whoever owns the sink. Only what is noise by its own checksum, or
//! has no EPC at all, is dropped and counted.
//!
//! | File | Is |
//! |---|---|
//! | `family.rs` | the families by name |
//! | `framing.rs` | bytes → frames, whatever the family |
//! | `line.rs` | opening a serial port or a connection without hanging on it, and how long to wait before the next try |
//! | `talk.rs` | one question, one answer, and what arrives in between |
//! | `drive.rs` | a reader's life: open, find, read, begin again |
//! | `orders.rs` | what is asked of a running driver: look, read, write, lock |
//! | `find.rs` | what reader is at a port |
//! | `tagging.rs` | writing, locking and checking a tag through those orders |
//! | `chips.rs` | which tags' chip numbers are to be read |
//! | `settings.rs` | what a driver must know of its reader |
//! | `limits.rs` | what a reader cannot do of it, in words |
//! | `mercury/` `r2000/` `uhfreader18/` `m100/` `llrp/` | a family each |
//! | `air.rs` | the checksum a tag sends over the air |
//! | `inspect.rs` | what `armoury inspect frames` prints |
//! | `reads.rs` | the sightings in recorded bytes, without a reader |
//! | `error.rs` | why a reader is down, for the person who can fix it |

mod air;
mod chips;
mod drive;
mod error;
mod family;
mod find;
mod framing;
mod inspect;
mod limits;
pub(crate) mod line;
mod llrp;
mod m100;
mod mercury;
mod orders;
mod r2000;
mod reads;
mod settings;
pub mod tagging;
mod talk;
mod uhfreader18;

use serde::Serialize;
use tokio::sync::watch;

pub(crate) use air::crc16 as air_crc16;
pub use error::ReaderError;
pub use family::Family;
pub use find::{FindError, Found, find_reader};
pub use framing::{Check, Decoder, Grammar, Refusal};
pub(crate) use inspect::hex;
pub use inspect::{Inspected, InspectedTag, UnknownReader, inspect_frames};
pub use llrp::LlrpDecoder;
pub use m100::M100Decoder;
pub use mercury::MercuryDecoder;
pub use orders::{
    Access, Bank, LockBits, Password, SeenTag, TagAccess, TagCommand, TagDesk, TagError, TagOrders,
    TagOutcome, TagResult, tag_desk,
};
pub use r2000::R2000Decoder;
pub use reads::{DecodeCounts, tag_reads};
pub use settings::{ReaderSettings, Region, Session, Target};
pub(crate) use talk::QUIET_GAP_MS;
pub use uhfreader18::Uhfreader18Decoder;

/// One sighting of one tag, as the reader told it.
#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
pub struct TagRead {
    /// The EPC bank's identity, whole 16-bit words, never empty in an event.
    pub epc: Vec<u8>,
    /// The tag's protocol control word, where the reader gives it.
    pub pc: Option<u16>,
    /// The chip's own number, where the reader was asked for it.
    pub tid: Option<Vec<u8>>,
    /// The reader's antenna, counted from 1.
    pub antenna: u8,
    /// Strength in dBm, where the reader states one.
    pub rssi_dbm: Option<i16>,
    /// The reader's own figure of strength, as it came.
    pub rssi_raw: Option<u8>,
    /// The carrier's frequency in kHz, where the reader gives it.
    pub freq_khz: Option<u32>,
    /// Whether the tag's own checksum over PC and EPC holds; `None` where the reader does not pass it on.
    pub air_crc_valid: Option<bool>,
}

/// Who a reader says it is; what it does not tell is `None`.
#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
pub struct Identity {
    /// The maker's name for it, as far as the protocol tells.
    pub model: Option<String>,
    /// The firmware's version as the maker writes it, or `unknown` when the reader sends tags but does not say.
    pub firmware: String,
    /// A number of this very device: another one at the same port is another reader.
    pub serial: Option<String>,
    /// Its address on a shared line.
    pub address: Option<u8>,
    /// How many antenna ports it has.
    pub antennas: Option<u8>,
}

impl Identity {
    /// A reader that is heard and says nothing of itself.
    pub fn unknown() -> Self {
        Self { model: None, firmware: "unknown".to_owned(), serial: None, address: None, antennas: None }
    }
}

/// What a driver tells whoever runs it.
#[derive(Debug)]
pub enum ReaderEvent {
    /// The reader answered; comes before the first read after a start or a [`ReaderEvent::Down`], and again when the
    /// firmware becomes known only after the first read.
    Up {
        /// Who it is.
        identity: Identity,
        /// The rate at which it was understood; 0 over a network.
        baud: u32,
    },
    /// A tag was heard.
    Read(TagRead),
    /// An antenna does not work while the others go on. Said once, and again only after it had worked in between.
    Antenna {
        /// Counted from 1.
        antenna: u8,
        /// What is wrong and what to try.
        fault: String,
    },
    /// Something to know that does not stop the reading: a setting refused or clamped, too hot, a chip number not read.
    Warning {
        /// What, and what to try.
        what: String,
        /// It stays true until somebody mends the configuration or changes the reader, and is said once after each
        /// start; else it is of this moment.
        stands: bool,
    },
    /// How the line is doing, once a second.
    Figures {
        /// Reads handed on in the last second.
        reads_per_s: f32,
        /// Frames refused since the start: damaged, implausible or cut short.
        refused_frames: u64,
        /// Sightings dropped since the start because they had no EPC at all.
        ghosts: u64,
        /// Sightings dropped since the start because the tag's own checksum said they were garbled on the air.
        air_errors: u64,
        /// Bytes since the start that belonged to no accepted frame.
        skipped_bytes: u64,
        /// The reader's temperature; the sign byte is not trusted, so this is a magnitude.
        temperature_c: Option<i8>,
        /// Inventory rounds finished since the start.
        rounds: u64,
    },
    /// The reader cannot be used now; the driver goes on trying.
    Down {
        /// Its `Display` is the sentence for the person at the hatch.
        why: ReaderError,
        /// When the next try begins.
        retry_in_ms: u64,
    },
}

/// Keeps one reader reading until `stop` becomes true or its sender is dropped: opens the line, finds the reader and its
/// rate, writes the settings, takes inventory, serves `orders` in between, and begins again with a bounded, spread wait
/// after anything went wrong. Returns with the reader hushed and the line closed.
///
/// The sink is called from within, in order, and must not block. It hears every tag frame that is valid, also one that
/// comes unasked, during probing or from a reader that answers nothing else.
pub async fn run_reader(
    settings: ReaderSettings,
    sink: impl FnMut(ReaderEvent) + Send,
    orders: TagOrders,
    stop: watch::Receiver<bool>,
) {
    match settings.family {
        Family::R2000 => drive::run::<r2000::R2000>(settings, sink, orders, stop).await,
        Family::Mercury => drive::run::<mercury::MercuryReader>(settings, sink, orders, stop).await,
        Family::M100 => drive::run::<m100::M100>(settings, sink, orders, stop).await,
        Family::Uhfreader18 => drive::run::<uhfreader18::Uhfreader18>(settings, sink, orders, stop).await,
        Family::Llrp => {
            drive::run::<llrp::Llrp>(llrp::with_default_port(settings), sink, orders, stop).await;
        }
    }
}

//! UHF readers: bytes from a serial line become [`TagRead`]s.
//!
//! Each protocol family has a pure frame decoder (bytes in, frames out, no clock, no I/O) and a driver that owns one
//! line: it finds the reader, writes its settings, keeps it reading, and opens it again after it was gone. The drivers
//! know nothing of weapons or people, and they never filter by identity: what was heard is handed on, stamped by whoever
//! owns the sink.
//!
//! | File | Is |
//! |---|---|
//! | `r2000/` | Impinj R2000 and E710 readers with the "A0" protocol |
//! | `port.rs` | opening a serial port without hanging on it, and how long to wait before the next try |
//! | `air.rs` | the checksum a tag sends over the air |
//! | `inspect.rs` | what `armoury inspect frames` prints |
//! | `error.rs` | why a reader is down, for the person who can fix it |

mod air;
mod error;
mod inspect;
mod port;
mod r2000;

use serde::Serialize;

pub(crate) use air::crc16 as air_crc16;
pub use error::ReaderError;
pub use inspect::{Inspected, InspectedTag, UnknownReader, inspect_frames};
pub use r2000::{Detail, Frame, R2000Decoder, Refusal, run_r2000};

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

/// What a driver must know of its reader.
#[derive(Debug, Clone)]
pub struct ReaderSettings {
    /// The reader's name in the configuration; it appears in the log.
    pub name: String,
    /// The port's path, `/dev/serial/by-id/…` by preference; a symlink is followed at each opening.
    pub port: String,
    /// The line's rate; `None` probes what the family allows.
    pub baud: Option<u32>,
    /// Transmit power in dBm, written at each start.
    pub power_dbm: u8,
    /// Antennas to use, counted from 1; several take turns, round by round. An empty list means antenna 1.
    pub antennas: Vec<u8>,
}

/// What a driver tells whoever runs it.
#[derive(Debug)]
pub enum ReaderEvent {
    /// The reader answered; comes before the first read after a start or a [`ReaderEvent::Down`], and again when the
    /// firmware becomes known only after the first read.
    Up {
        /// `major.minor`, or `unknown` when the reader sends tags but does not say.
        firmware: String,
        /// The rate at which it was understood.
        baud: u32,
        /// Its address on the line.
        address: u8,
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
    /// How the line is doing, once a second.
    Figures {
        /// Reads handed on in the last second.
        reads_per_s: f32,
        /// Frames refused since the start: damaged, implausible, cut short, or without an EPC.
        refused_frames: u64,
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

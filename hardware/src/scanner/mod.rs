//! Bar code scanners: bytes from a serial line, or keys from an input device, become [`ScannedCode`]s.
//!
//! Each kind has a pure decoder (bytes in, codes out, no clock, no I/O); one driver keeps the serial kinds going and one
//! the keyboards. A code is handed on whole and unaltered or refused with a reason; nothing in here knows what it means.
//!
//! | File | Is |
//! |---|---|
//! | `line.rs` | text that ends in CR, LF or both |
//! | `gm65.rs` | GM65-type modules: commands, and answers glued to the scans |
//! | `ssi.rs` | Simple Serial Interface packets |
//! | `keyboard/` | scanners that pose as a keyboard: input events, key maps, exclusive grab |
//! | `code.rs` | what may be a code: control characters, character set, AIM identifier |
//! | `aim.rs` `gs1.rs` | tables: AIM identifiers, SSI bar types; GS1 elements |
//! | `masked.rs` | what a capture shows of it: no code as it came |
//! | `told.rs` | what the owner hears: repeats left out, figures, how long to wait |
//! | `talk.rs` `drive.rs` | one serial line in use; finding the scanner, its settings, coming back |
//! | `port.rs` | the line itself |
//! | `settle.rs` | the settings written at each start |
//! | `inspect.rs` | what `armoury inspect frames` prints |
//! | `error.rs` | why a scanner is down, why bytes are no code |

mod aim;
mod code;
mod drive;
mod error;
mod gm65;
mod gs1;
mod heard;
mod inspect;
mod keyboard;
mod line;
mod masked;
mod port;
mod settle;
mod ssi;
mod talk;
mod told;

use serde::{Deserialize, Serialize};

use crate::capture::Capture;

pub use drive::run_scanner;
pub use error::{Refusal, ScannerError};
pub use gm65::{Gm65Decoder, Gm65Frame};
pub use heard::{Decode, Heard, RawCode};
pub use inspect::{InspectedCode, InspectedReply, InspectedScan, inspect_scanner};
pub use keyboard::{EventSize, KeyboardDecoder, Stroke, strokes_for};
pub use line::LineDecoder;
pub use ssi::{SsiDecoder, SsiPacket};

/// The other side of a GM65's protocol, for the bench.
pub(crate) mod gm65_side {
    pub(crate) use super::gm65::{Begins, Gm65Frame, begins, reply};
}

/// The other side of SSI, for the bench.
pub(crate) mod ssi_side {
    pub(crate) use super::ssi::{ACK, DECODED, NAK, PARAMETER, RESEND, SCANNER};
}

/// The other side of a keyboard, for the bench.
pub(crate) mod keyboard_side {
    pub(crate) use super::keyboard::{LEFT_SHIFT, RIGHT_ALT, encode};
}

/// The most bytes a code may have (scanner page, section 1: cap at 4 to 8 KiB). The largest QR code holds 2953.
pub const MAX_CODE_BYTES: usize = 8 * 1024;

/// How a scanner delivers its codes.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum ScannerKind {
    /// Text with a line end over a serial line; nothing is ever sent to it.
    Line,
    /// A GM65, GM805, GM861, GM812 or Waveshare module in serial mode: set up by the driver, watched by heartbeat.
    Gm65,
    /// Packets of the Simple Serial Interface (Zebra engines, Grow GM67).
    Ssi,
    /// A scanner that types, read from its input device.
    Keyboard,
}

impl ScannerKind {
    /// All of them.
    pub const ALL: [Self; 4] = [Self::Line, Self::Gm65, Self::Ssi, Self::Keyboard];

    /// The word in the configuration.
    #[must_use]
    pub const fn name(self) -> &'static str {
        match self {
            Self::Line => "line",
            Self::Gm65 => "gm65",
            Self::Ssi => "ssi",
            Self::Keyboard => "keyboard",
        }
    }
}

/// The layout a typing scanner is set to: its keys are places on a keyboard, not letters.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, Default, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum KeyMap {
    /// United States, what nearly every scanner is set to when new.
    #[default]
    Us,
    /// United Kingdom.
    Gb,
    /// Germany and Austria.
    De,
    /// France.
    Fr,
}

impl KeyMap {
    /// All of them.
    pub const ALL: [Self; 4] = [Self::Us, Self::Gb, Self::De, Self::Fr];

    /// The word in the configuration.
    #[must_use]
    pub const fn name(self) -> &'static str {
        match self {
            Self::Us => "us",
            Self::Gb => "gb",
            Self::De => "de",
            Self::Fr => "fr",
        }
    }
}

/// What a driver must know of its scanner.
#[derive(Debug, Clone)]
pub struct ScannerSettings {
    /// The scanner's name in the configuration; it appears in the log.
    pub name: String,
    /// How it delivers codes.
    pub kind: ScannerKind,
    /// The port's path: `/dev/serial/by-id/…`, or `/dev/input/by-id/…-event-kbd` for a keyboard. A symlink is followed at
    /// each opening.
    pub port: String,
    /// The line's rate; `None` means 9600 for [`ScannerKind::Line`] and probing for the kinds that answer. A USB device
    /// and a keyboard do without.
    pub baud: Option<u32>,
    /// Whether the device was set to send AIM identifiers. Where it was not, a `]` at the front belongs to the code. A
    /// GM65 and an SSI scanner are set to it by the driver.
    pub aim: bool,
    /// The layout a keyboard scanner is set to.
    pub key_map: KeyMap,
    /// Writes down what comes over the line, when it is told to; no code goes into it as it came.
    pub capture: Capture,
}

/// What a driver tells whoever runs it.
#[derive(Debug)]
pub enum ScannerEvent {
    /// The scanner is there. Comes before the first code after a start or a [`ScannerEvent::Down`], and again when more
    /// becomes known or its settings had to be written once more.
    Up {
        /// What it is and how it was set, for a person.
        what: String,
    },
    /// A code was read. The same code in view without a pause of one and a half seconds is told once.
    Code(ScannedCode),
    /// Something came that is not to be taken for a code. At most ten a second are told; all are counted.
    Refused {
        /// Why, with what to try.
        why: String,
    },
    /// Counts since the start, once a second while the scanner is open.
    Figures {
        /// Codes handed on.
        codes: u64,
        /// Codes, packets and runs of noise refused.
        refused: u64,
    },
    /// The scanner cannot be used now; the driver goes on trying.
    Down {
        /// Its `Display` is the sentence for the person at the hatch.
        why: ScannerError,
        /// When the next try begins.
        retry_in_ms: u64,
    },
}

/// One code as the scanner sent it.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct ScannedCode {
    /// The content without AIM identifier and line end; never empty. No control character but GS (1D).
    pub bytes: Vec<u8>,
    /// The content as text: UTF-8 where it is, else Latin-1. May hold characters that a screen must make visible.
    pub text: String,
    /// The AIM identifier (`]Q1`), where the scanner sends it.
    pub aim: Option<String>,
    /// The kind of code under the name pictures have (`qr`, `data_matrix`, `code128`, `code39`, …), where it is known.
    pub symbology: Option<&'static str>,
    /// False where no line end came and a pause ended the code: its tail may be missing.
    pub complete: bool,
    /// The bytes are not UTF-8; the text is a guess that loses nothing.
    pub decoded_as_latin1: bool,
}

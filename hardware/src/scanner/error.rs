//! Why a scanner is down and why bytes are no code, said so that the person beside it can put it right.

use std::io;

use super::MAX_CODE_BYTES;
use crate::reader::ReaderError;

/// Why a scanner cannot be used now. Every sentence fits after "scanner down:" and ends in what to try.
#[derive(Debug, thiserror::Error)]
pub enum ScannerError {
    /// The port's path does not exist.
    #[error("no scanner at {port}: is its cable plugged in, or the wireless scanner awake?")]
    NotThere {
        /// The port without its `/dev/`.
        port: String,
    },
    /// The operating system refuses.
    #[error(
        "{port} may not be opened by this user: is the station's user in the group that owns it (dialout, or input for a keyboard scanner)?"
    )]
    NotAllowed {
        /// The port without its `/dev/`.
        port: String,
    },
    /// Somebody else holds the serial port.
    #[error("{port} is held by another program: close the maker's tool or the second station")]
    Busy {
        /// The port without its `/dev/`.
        port: String,
    },
    /// Somebody else has grabbed the keyboard: its codes would go there, or to both.
    #[error(
        "{port} is grabbed by another program, so its codes would not come here alone: end that program (evtest, a key remapper, a second station)"
    )]
    Grabbed {
        /// The port without its `/dev/`.
        port: String,
    },
    /// The path leads to something that sends no input events.
    #[error(
        "{port} is not an input device: name the scanner's link in /dev/input/by-id that ends in event-kbd"
    )]
    NotAKeyboard {
        /// The port without its `/dev/`.
        port: String,
    },
    /// Opening failed in some other way.
    #[error("{port} cannot be opened ({source}): is it the right path?")]
    Open {
        /// The port without its `/dev/`.
        port: String,
        /// What the operating system said.
        source: io::Error,
    },
    /// The operating system neither opens nor refuses.
    #[error("opening {port} did not end within {waited_ms} ms: pull the scanner and put it back")]
    OpenStuck {
        /// The port without its `/dev/`.
        port: String,
        /// How long the driver waited.
        waited_ms: u64,
    },
    /// Nothing at all came back while probing.
    #[error(
        "no reply from the scanner on {port} within {waited_ms} ms: is it powered, in serial mode, and are TX and RX crossed?"
    )]
    NoReply {
        /// The port without its `/dev/`.
        port: String,
        /// How long the driver probed, over all rates.
        waited_ms: u64,
    },
    /// Bytes came back while probing, but no answer of this protocol and no code.
    #[error(
        "{bytes} bytes came from {port}, none of them a scanner's answer at {rates} baud: is it the right device, and its rate one of these?"
    )]
    Garbled {
        /// The port without its `/dev/`.
        port: String,
        /// How many bytes came.
        bytes: u64,
        /// The rates tried.
        rates: String,
    },
    /// The scanner was there and stopped answering.
    #[error("the scanner on {port} fell silent {silent_ms} ms ago: check its power and its cable")]
    Silent {
        /// The port without its `/dev/`.
        port: String,
        /// How long nothing had been heard.
        silent_ms: u64,
    },
    /// The line ended: unplugged, or the adapter reset, or a wireless scanner fell asleep.
    #[error("the scanner on {port} was unplugged or fell asleep{}: plug it in again or press its trigger", because(.source))]
    Gone {
        /// The port without its `/dev/`.
        port: String,
        /// What the operating system said, where it said anything.
        source: Option<io::Error>,
    },
}

impl ScannerError {
    /// The scanner's words for what went wrong while opening a serial port.
    pub(super) fn opening(error: ReaderError, port: &str) -> Self {
        match error {
            ReaderError::NotThere { port } => Self::NotThere { port },
            ReaderError::NotAllowed { port } => Self::NotAllowed { port },
            ReaderError::Busy { port } => Self::Busy { port },
            ReaderError::OpenStuck { port, waited_ms } => Self::OpenStuck { port, waited_ms },
            ReaderError::Open { port, source } => Self::Open { port, source },
            other => Self::Open { port: port.to_owned(), source: io::Error::other(other) },
        }
    }

    /// Whether the port must be closed and opened again. Where only the scanner is quiet the port stays open, so that
    /// its first byte is heard.
    pub fn needs_reopening(&self) -> bool {
        !matches!(self, Self::NoReply { .. } | Self::Garbled { .. } | Self::Silent { .. })
    }
}

fn because(source: &Option<io::Error>) -> String {
    source.as_ref().map_or_else(String::new, |error| format!(" ({error})"))
}

/// Why bytes or keys are not taken for a code.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
pub enum Refusal {
    /// A control character other than GS (scanner page, section 7).
    #[error(
        "holds {byte:#04x}, a control character, at byte {at}: only GS may stand in a code; if every code is refused, check the scanner's rate"
    )]
    Control {
        /// The character.
        byte: u8,
        /// Where, counted from 0.
        at: usize,
    },
    /// No line end within the limit.
    #[error(
        "longer than {MAX_CODE_BYTES} bytes without an end: is it a code scanner, and set to end a code with CR or LF?"
    )]
    TooLong,
    /// An AIM identifier and nothing behind it.
    #[error("an AIM identifier without content: scan again")]
    Empty,
    /// A GM65 frame that is whole but does not add up.
    #[error("damaged answer: its checksum does not hold")]
    Gm65Checksum,
    /// An SSI packet that is whole but does not add up.
    #[error("damaged packet: its checksum does not hold")]
    SsiChecksum {
        /// What the packet would have been.
        opcode: u8,
    },
    /// Bytes that cannot begin an SSI packet.
    #[error("no SSI packet: is the scanner set to packets, and its rate right?")]
    NotAPacket,
    /// The line was quiet before the packet was whole.
    #[error("cut short: {missing} bytes did not come")]
    CutShort {
        /// How many were still to come.
        missing: usize,
    },
    /// A code sent in several packets, which no source at hand describes well enough to put together.
    #[error("a code sent in several packets: the longest that is read over SSI has 250 bytes")]
    InPieces,
    /// An SSI packet with a code and no room for one.
    #[error("a code packet without a bar type")]
    NoBarType,
    /// Bytes that cannot be an input event.
    #[error("no input event: is it an input device?")]
    NotAnEvent,
    /// The kernel's queue overflowed: keys are missing.
    #[error("keys were lost because the queue overflowed: scan again")]
    Overflow,
    /// A pause between two keys.
    #[error("a pause of over 100 ms between keys: typed by hand, or the scanner sends no Enter after a code")]
    Pause,
    /// A key that has no character on this layout.
    #[error("key {key} has no character on the {layout} layout: is the scanner set to that layout?")]
    UnknownKey {
        /// The kernel's number of the key.
        key: u16,
        /// The layout's name.
        layout: &'static str,
    },
    /// An accent and a letter in two strokes.
    #[error(
        "an accent was typed before a letter: set the scanner to send Alt codes, or use a serial scanner"
    )]
    DeadKey,
    /// A number typed with Alt that means different characters on different systems.
    #[error("Alt and {number} without a leading 0 is ambiguous: set the scanner to a leading zero")]
    AltNumber {
        /// The number typed.
        number: u32,
    },
    /// Bytes typed with Alt and letters typed with keys, both outside ASCII: the character set is not clear.
    #[error("two ways of typing accented letters in one code: set the scanner to one of them")]
    MixedCharacterSets,
}

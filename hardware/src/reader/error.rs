//! Why a reader is down, said so that the person beside it can put it right.

use std::io;

/// Why a reader cannot be used now. Every sentence fits after "reader down:" and ends in what to try.
#[derive(Debug, thiserror::Error)]
pub enum ReaderError {
    /// The port's path does not exist.
    #[error("no device at {port}: is the reader's cable plugged in?")]
    NotThere {
        /// The port without its `/dev/`.
        port: String,
    },
    /// The operating system refuses.
    #[error(
        "{port} may not be opened by this user: is the station's user in the group that owns it (dialout)?"
    )]
    NotAllowed {
        /// The port without its `/dev/`.
        port: String,
    },
    /// Somebody else holds the port.
    #[error("{port} is held by another program: close the vendor's tool or the second station")]
    Busy {
        /// The port without its `/dev/`.
        port: String,
    },
    /// Opening failed in some other way.
    #[error("{port} cannot be opened as a serial port ({source}): is it the right path?")]
    Open {
        /// The port without its `/dev/`.
        port: String,
        /// What the operating system said.
        source: io::Error,
    },
    /// The operating system neither opens nor refuses.
    #[error("opening {port} did not end within {waited_ms} ms: pull the adapter and put it back")]
    OpenStuck {
        /// The port without its `/dev/`.
        port: String,
        /// How long the driver waited.
        waited_ms: u64,
    },
    /// Nothing at all came back while probing.
    #[error(
        "no reply from the reader on {port} within {waited_ms} ms: is it powered, and are TX and RX crossed?"
    )]
    NoReply {
        /// The port without its `/dev/`.
        port: String,
        /// How long the driver probed, over all rates.
        waited_ms: u64,
    },
    /// Bytes came back while probing, but no frame of this protocol.
    #[error(
        "{bytes} bytes came from {port}, none of them a reader's frame at {rates} baud: is it the right device, and its rate one of these?"
    )]
    Garbled {
        /// The port without its `/dev/`.
        port: String,
        /// How many bytes came.
        bytes: u64,
        /// The rates tried.
        rates: String,
    },
    /// The reader was there and stopped answering.
    #[error("the reader on {port} fell silent {silent_ms} ms ago: check its power and its cable")]
    Silent {
        /// The port without its `/dev/`.
        port: String,
        /// How long nothing had been heard.
        silent_ms: u64,
    },
    /// The line ended: unplugged, or the adapter reset.
    #[error("the reader on {port} was unplugged or its adapter failed{}: plug it in again", because(.source))]
    Gone {
        /// The port without its `/dev/`.
        port: String,
        /// What the operating system said, where it said anything: a pulled adapter often just ends the stream.
        source: Option<io::Error>,
    },
    /// The reader itself reports that it cannot work.
    #[error(
        "the reader on {port} reports {code:#04x}, {meaning}: switch it off and on; if that does not help, it needs repair"
    )]
    Fault {
        /// The port without its `/dev/`.
        port: String,
        /// The protocol's error code.
        code: u8,
        /// What the code means.
        meaning: &'static str,
    },
}

impl ReaderError {
    /// Whether the port must be closed and opened again. Where only the reader is quiet the port stays open, so that
    /// its first byte is heard.
    pub fn needs_reopening(&self) -> bool {
        !matches!(self, Self::NoReply { .. } | Self::Garbled { .. } | Self::Silent { .. })
    }
}

fn because(source: &Option<io::Error>) -> String {
    source.as_ref().map_or_else(String::new, |error| format!(" ({error})"))
}

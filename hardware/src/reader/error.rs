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
    /// The network leads to no reader.
    #[error("no reader answers at {port} ({source}): is it switched on, and its network cable in?")]
    NotReached {
        /// `tcp:HOST:PORT`.
        port: String,
        /// What the operating system said.
        source: io::Error,
    },
    /// The reader was to call and did not.
    #[error(
        "no reader has called at {port} within {waited_ms} ms: is this station's address set in the reader?"
    )]
    NotCalled {
        /// `listen:ADDRESS:PORT`.
        port: String,
        /// How long the driver waited.
        waited_ms: u64,
    },
    /// The reader is there and takes no conversation now.
    #[error("the reader on {port} refuses: {why}")]
    Refused {
        /// The port.
        port: String,
        /// What it said, and what to try.
        why: String,
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
    #[error("{}", gone(port, .source))]
    Gone {
        /// The port without its `/dev/`.
        port: String,
        /// What the operating system said, where it said anything: a pulled adapter often just ends the stream.
        source: Option<io::Error>,
    },
    /// A network connection that is of no use any more, though it was not cut.
    #[error("the connection to the reader on {port} is given up: {why}")]
    Lost {
        /// `tcp:HOST:PORT` or `listen:ADDRESS:PORT`.
        port: String,
        /// What is wrong with it, and what to try.
        why: String,
    },
    /// The reader itself reports that it cannot work.
    #[error(
        "the reader on {port} reports {code:#04x}, {meaning}: switch it off and on; if that does not help, it needs repair"
    )]
    Fault {
        /// The port without its `/dev/`.
        port: String,
        /// The protocol's error code.
        code: u16,
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

fn gone(port: &str, source: &Option<io::Error>) -> String {
    let because = because(source);
    if port.starts_with("tcp:") || port.starts_with("listen:") {
        return format!(
            "the reader on {port} ended the connection{because}: check its power and its network cable"
        );
    }
    format!("the reader on {port} was unplugged or its adapter failed{because}: plug it in again")
}

fn because(source: &Option<io::Error>) -> String {
    source.as_ref().map_or_else(String::new, |error| format!(" ({error})"))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn nobody_is_told_to_look_for_an_adapter_where_there_is_a_network() {
        let said = |port: &str| ReaderError::Gone { port: port.to_owned(), source: None }.to_string();
        assert!(said("tcp:10.0.0.7:5084").ends_with("check its power and its network cable"));
        assert!(said("listen:0.0.0.0:5084").ends_with("check its power and its network cable"));
        assert!(said("ttyUSB0").ends_with("plug it in again"));
    }
}

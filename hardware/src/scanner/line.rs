//! Codes as text with a line end.

use super::MAX_CODE_BYTES;
use super::error::Refusal;
use super::heard::{Decode, Heard, RawCode};

/// Splits bytes at CR, LF and CR LF (scanner page, section 1). The first byte of a line end ends the code at once; the
/// LF behind a CR is an empty line and comes as [`Heard::Blank`].
#[derive(Debug, Default)]
pub struct LineDecoder {
    held: Vec<u8>,
    /// The line was too long already: what follows up to its end belongs to it.
    overlong: bool,
}

impl LineDecoder {
    /// An empty decoder.
    pub fn new() -> Self {
        Self::default()
    }

    pub(super) fn take(&mut self, byte: u8) -> Option<Heard> {
        if matches!(byte, b'\r' | b'\n') {
            let overlong = std::mem::take(&mut self.overlong);
            return match (self.held.is_empty(), overlong) {
                (true, false) => Some(Heard::Blank(byte)),
                (true, true) => None,
                (false, _) => Some(self.ended(Some(byte), overlong)),
            };
        }
        self.held.push(byte);
        if self.held.len() <= MAX_CODE_BYTES {
            return None;
        }
        self.overlong = true;
        Some(self.ended(None, true))
    }

    pub(super) fn flush(&mut self) -> Option<Heard> {
        let overlong = std::mem::take(&mut self.overlong);
        (!self.held.is_empty()).then(|| self.ended(None, overlong))
    }

    fn ended(&mut self, ended_by: Option<u8>, overlong: bool) -> Heard {
        let bytes = std::mem::take(&mut self.held);
        if overlong {
            Heard::Refused { why: Refusal::TooLong, bytes }
        } else {
            Heard::Code(RawCode { bytes, ended_by, blame: None })
        }
    }
}

impl Decode for LineDecoder {
    fn push(&mut self, bytes: &[u8]) -> Vec<Heard> {
        bytes.iter().filter_map(|&byte| self.take(byte)).collect()
    }

    fn give_up_partial(&mut self) -> Vec<Heard> {
        self.flush().into_iter().collect()
    }

    fn is_waiting(&self) -> bool {
        !self.held.is_empty() || self.overlong
    }
}

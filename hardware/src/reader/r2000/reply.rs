//! Frames → what they say.

use super::command::*;
use super::detail::{Detail, detail};
use super::frame::Frame;
use super::record::{TagRecord, Trailer, memory_record, real_time_tag};

/// What a frame says.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) enum Reply {
    /// It carries a tag's EPC.
    Tag(Box<TagRecord>),
    /// Anything else.
    Other(Detail),
}

impl Reply {
    /// Reads a frame. There is no uniform status byte: length and command decide (protocol sheet, section 2).
    pub(crate) fn of(frame: &Frame) -> Self {
        let record = match frame.command {
            INVENTORY | FAST_SWITCH | SESSION_INVENTORY => real_time_tag(&frame.data),
            READ => memory_record(&frame.data, Trailer::Memory),
            BUFFER_GET | BUFFER_GET_AND_CLEAR => memory_record(&frame.data, Trailer::Buffer),
            // (K) not on the sheet: writing commands answer per tag, built like a buffer record.
            WRITE | BLOCK_WRITE | LOCK | KILL => memory_record(&frame.data, Trailer::Outcome),
            _ => None,
        };
        match record {
            Some(record) => Self::Tag(Box::new(record)),
            None => Self::Other(detail(frame.command, &frame.data)),
        }
    }
}

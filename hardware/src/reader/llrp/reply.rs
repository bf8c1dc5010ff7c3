//! What messages other than tag reports say.

use super::frame::Frame;
use super::kind::*;
use super::param::{Param, Params, counted, custom, exact, find, text_at, u16_at, u32_at};
use super::{IMPINJ, code, impinj, tlv, tv};

/// Parameters in parameters that a status may blame; a reader operation nests six deep.
const BLAMED_MAX: usize = 8;

/// How a request ended.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(super) struct Status {
    /// 0 is success.
    pub code: u16,
    /// The reader's own words.
    pub text: String,
    /// The parameters from the outermost on, and the field, that it blames; empty where it blames none.
    pub blamed: String,
}

impl Status {
    /// The status in an answer; an answer without one cannot be read.
    pub(super) fn of(frame: &Frame) -> Option<Self> {
        let body = match frame.kind {
            CUSTOM => frame.body.get(5..)?,
            GET_SUPPORTED_VERSION_RESPONSE => frame.body.get(2..)?,
            _ => &frame.body,
        };
        let value = find(body, tlv::STATUS)?;
        let words = counted(value, 2).unwrap_or_default();
        let behind = value.get(4 + words.len()..).unwrap_or_default();
        Some(Self {
            code: u16_at(value, 0)?,
            text: String::from_utf8_lossy(words).into_owned(),
            blamed: blamed(behind),
        })
    }

    pub(super) fn is_ok(&self) -> bool {
        self.code == code::SUCCESS
    }
}

impl std::fmt::Display for Status {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        write!(f, "{}, {}", self.code, code::meaning(self.code))?;
        if !self.text.is_empty() {
            write!(f, ": {}", self.text)?;
        }
        if !self.blamed.is_empty() {
            write!(f, " ({})", self.blamed)?;
        }
        Ok(())
    }
}

/// What the errors behind a status blame, nested as the parameters of the message are (LLRP 1.0.1, section 13.2).
fn blamed(mut errors: &[u8]) -> String {
    let mut blamed = Vec::new();
    while blamed.len() < BLAMED_MAX
        && let Some(Ok(Param::Tlv(kind, value))) = Params(errors).next()
        && let Some(number) = u16_at(value, 0)
    {
        match kind {
            tlv::FIELD_ERROR => blamed.push(format!("field {number}")),
            tlv::PARAMETER_ERROR => blamed.push(format!("parameter {number}")),
            _ => break,
        }
        // Behind number and code.
        errors = if kind == tlv::PARAMETER_ERROR { value.get(4..).unwrap_or_default() } else { &[] };
    }
    blamed.join(", ")
}

/// What a reader tells unasked.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(super) enum Event {
    /// How the attempt to connect ended; 0 is success.
    ConnectionAttempt(u16),
    /// It is about to close the connection.
    ConnectionClose,
    /// An antenna came or went.
    Antenna { antenna: u16, connected: bool },
    /// Something went wrong in the reader.
    Exception { text: String, antenna: Option<u16> },
    /// Its buffer of reports fills up, percent.
    BufferWarning(u8),
    /// Reports were lost in it.
    BufferOverflow,
    /// A reader operation began (0), ended (1) or was pushed aside (2).
    Operation { what: u8, rospec_id: u32 },
    /// Anything else, by parameter type.
    Other(u16),
}

/// The time and the events of a notification, as far as they can be read.
pub(super) fn events(frame: &Frame) -> (Option<u64>, Vec<Event>) {
    let data = find(&frame.body, tlv::EVENT_DATA).unwrap_or_default();
    let (mut utc_us, mut events) = (None, Vec::new());
    for param in Params(data) {
        match param {
            Ok(Param::Tlv(tlv::UTC_TIMESTAMP, value)) => utc_us = exact(value).map(u64::from_be_bytes),
            Ok(Param::Tlv(kind, value)) => events.push(event(kind, value).unwrap_or(Event::Other(kind))),
            Ok(Param::Tv(..)) => {}
            Err(broken) => {
                tracing::debug!(%broken, "event not read to its end");
                break;
            }
        }
    }
    (utc_us, events)
}

fn event(kind: u16, value: &[u8]) -> Option<Event> {
    Some(match kind {
        tlv::CONNECTION_ATTEMPT => Event::ConnectionAttempt(u16_at(value, 0)?),
        tlv::CONNECTION_CLOSE => Event::ConnectionClose,
        tlv::ANTENNA_EVENT => Event::Antenna { connected: *value.first()? == 1, antenna: u16_at(value, 1)? },
        tlv::BUFFER_WARNING => Event::BufferWarning(*value.first()?),
        tlv::BUFFER_OVERFLOW => Event::BufferOverflow,
        tlv::ROSPEC_EVENT => Event::Operation { what: *value.first()?, rospec_id: u32_at(value, 1)? },
        tlv::EXCEPTION => {
            let text = text_at(value, 0)?;
            let behind = value.get(2 + usize::from(u16_at(value, 0)?)..)?;
            let antenna = Params(behind).find_map(|param| match param {
                Ok(Param::Tv(tv::ANTENNA, value)) => exact(value).map(u16::from_be_bytes),
                _ => None,
            });
            Event::Exception { text, antenna }
        }
        _ => return None,
    })
}

/// The reader's own number out of its configuration: its network address or an EPC, in hex.
pub(super) fn serial(frame: &Frame) -> Option<String> {
    let value = find(&frame.body, tlv::IDENTIFICATION)?;
    let number = counted(value, 1)?;
    (!number.is_empty()).then(|| crate::reader::inspect::hex(number))
}

/// Which antennas its configuration calls connected.
pub(super) fn antennas(frame: &Frame) -> Vec<(u16, bool)> {
    super::param::all(&frame.body, tlv::ANTENNA_PROPERTIES)
        .filter_map(|value| Some((u16_at(value, 1)?, value.first()? & 0x80 != 0)))
        .collect()
}

/// Whether the reader's list of operations has that one under way; `None` where the message is no such list.
pub(super) fn is_under_way(frame: &Frame, rospec_id: u32) -> Option<bool> {
    if frame.kind != GET_ROSPECS_RESPONSE || !Status::of(frame)?.is_ok() {
        return None;
    }
    // Its number, its priority, and its state: 2 is active.
    let mut all = super::param::all(&frame.body, tlv::ROSPEC);
    Some(all.any(|spec| u32_at(spec, 0) == Some(rospec_id) && spec.get(5) == Some(&2)))
}

/// An Impinj reader's temperature, degrees Celsius.
pub(super) fn temperature_c(frame: &Frame) -> Option<i16> {
    super::param::all(&frame.body, tlv::CUSTOM).find_map(|value| match custom(value)? {
        (IMPINJ, impinj::TEMPERATURE, value) => exact(value).map(i16::from_be_bytes),
        _ => None,
    })
}

/// The version in use and the highest one offered.
pub(super) fn versions(frame: &Frame) -> Option<(u8, u8)> {
    match (frame.kind, &frame.body[..]) {
        (GET_SUPPORTED_VERSION_RESPONSE, &[current, supported, ..]) => Some((current, supported)),
        _ => None,
    }
}

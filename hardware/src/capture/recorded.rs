//! A capture read back, and what the decoder of its port makes of it.

use serde::Serialize;

use super::{CaptureError, FIRST_LINE, Source};
use crate::reader::{Family, Inspected, QUIET_GAP_MS, inspect_frames};
use crate::scanner::{InspectedScan, ScannerKind, inspect_scanner};

/// The largest capture read back, in bytes of text.
const TEXT_MAX: usize = 64 * 1024 * 1024;

/// Whether a text begins as a capture does.
pub fn is_capture(text: &[u8]) -> bool {
    text.starts_with(FIRST_LINE.as_bytes())
}

/// A capture read back.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Recorded {
    /// What was at the port, by its head.
    pub source: Option<Source>,
    /// What came in, piece by piece, with its time in ms.
    pub received: Vec<(u64, Vec<u8>)>,
}

/// What a decoder says of a capture: what [`inspect_frames`] or [`inspect_scanner`] do.
#[derive(Debug, Clone, PartialEq, Serialize)]
#[serde(untagged)]
pub enum Seen {
    /// Of a reader's.
    Reader(Inspected),
    /// Of a scanner's.
    Scanner(InspectedScan),
}

impl Recorded {
    /// Reads the text of a capture.
    ///
    /// # Errors
    /// The first line that is none of a capture.
    pub fn parse(text: &str) -> Result<Self, CaptureError> {
        let refused = |line, why| CaptureError::Line { line, why };
        if text.len() > TEXT_MAX {
            return Err(refused(1, "the file is too large"));
        }
        let mut lines = text.lines().enumerate();
        if lines.next().is_none_or(|(_, first)| first.trim_end() != FIRST_LINE) {
            return Err(refused(1, "it does not begin with \"# armoury capture 1\""));
        }
        let mut recorded = Self { source: None, received: Vec::new() };
        for (nth, line) in lines {
            let line = line.trim_end();
            match line.strip_prefix('#') {
                Some(said) => recorded.source = source(said.trim_start()).or(recorded.source),
                None if line.is_empty() => {}
                None => recorded.received.extend(piece(line).map_err(|why| refused(nth + 1, why))?),
            }
        }
        Ok(recorded)
    }

    /// What the decoder of what was at the port makes of it.
    ///
    /// # Errors
    /// The head does not say what was there.
    pub fn inspect(&self) -> Result<Vec<Seen>, CaptureError> {
        let mut seen = Vec::new();
        match self.source.ok_or(CaptureError::NoSource)? {
            Source::Reader(family) => {
                for piece in self.pieces() {
                    let frames = inspect_frames(family.word(), &piece).map_err(|_| CaptureError::NoSource)?;
                    seen.extend(frames.into_iter().map(Seen::Reader));
                }
            }
            Source::Scanner(kind) => {
                // What was typed is written down as text.
                let kind = if kind == ScannerKind::Keyboard { ScannerKind::Line } else { kind };
                for piece in self.pieces() {
                    let codes = inspect_scanner(kind.name(), &piece).ok_or(CaptureError::NoSource)?;
                    seen.extend(codes.into_iter().map(Seen::Scanner));
                }
            }
        }
        Ok(seen)
    }

    /// What came in, put together as a driver's decoder saw it: a new piece after each gap in which it would have given
    /// up a half frame.
    pub fn pieces(&self) -> Vec<Vec<u8>> {
        let mut pieces: Vec<Vec<u8>> = Vec::new();
        let mut last = None;
        for (ms, bytes) in &self.received {
            match pieces.last_mut() {
                Some(piece) if last.is_some_and(|last| ms.saturating_sub(last) < QUIET_GAP_MS) => {
                    piece.extend(bytes)
                }
                _ => pieces.push(bytes.clone()),
            }
            last = Some(*ms);
        }
        pieces
    }
}

/// What a line of the head says about the port, if it does.
fn source(said: &str) -> Option<Source> {
    if let Some(family) = said.strip_prefix("family ") {
        return Family::named(family).map(Source::Reader);
    }
    let name = said.strip_prefix("scanner ")?;
    ScannerKind::ALL.into_iter().find(|kind| kind.name() == name).map(Source::Scanner)
}

/// One line with bytes; what was sent is no piece.
fn piece(line: &str) -> Result<Option<(u64, Vec<u8>)>, &'static str> {
    let mut words = line.splitn(3, ' ');
    let ms = words.next().and_then(|ms| ms.strip_prefix('+')).and_then(|ms| ms.parse().ok());
    let ms: u64 = ms.ok_or("it does not begin with + and a time in ms")?;
    let way = words.next();
    let bytes = words.next().and_then(from_hex).ok_or("it does not end in hex")?;
    match way {
        Some("<") => Ok(Some((ms, bytes))),
        Some(">") => Ok(None),
        _ => Err("neither < nor > says which way the bytes went"),
    }
}

pub(crate) fn from_hex(text: &str) -> Option<Vec<u8>> {
    let digits = text.trim().as_bytes();
    if digits.len() % 2 == 1 || digits.is_empty() {
        return None;
    }
    let digit = |byte: u8| char::from(byte).to_digit(16).map(|value| value as u8);
    digits.chunks_exact(2).map(|pair| Some(digit(pair[0])? << 4 | digit(pair[1])?)).collect()
}

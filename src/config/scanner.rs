//! `[[scanner]]`: a bar code scanner as the configuration names it.

use std::path::PathBuf;

use serde::Serialize;

use crate::domain::ReadPoint;

/// Rates a scanner's line may have (barcode-scanners.md sections 1 and 3).
pub(super) const BAUD: [u32; 7] = [9_600, 115_200, 57_600, 38_400, 19_200, 4_800, 2_400];

/// `[[scanner]]`: a bar code scanner on a serial port, or one that types.
#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
pub struct Scanner {
    /// Its name on screens, in the log and in evidence.
    pub name: String,
    /// How it speaks.
    pub kind: ScannerKind,
    /// Its port: `/dev/serial/by-id/…`, or `/dev/input/by-id/…-event-kbd` for one that types.
    pub port: PathBuf,
    /// Line rate; none means: the kind's own.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub baud: Option<u32>,
    /// Whether it is set to put the AIM identifier before each code.
    pub aim: bool,
    /// The keyboard it pretends to be; only one that types has one.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub key_map: Option<KeyMap>,
    /// Where it looks.
    pub read_point: ReadPoint,
    /// The lane its read point belongs to, where the hatch has several.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub lane: Option<String>,
}

/// How a scanner speaks.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize)]
#[serde(rename_all = "snake_case")]
pub enum ScannerKind {
    /// Lines of text.
    Line,
    /// GM65, GM805, GM861, Waveshare: text, and commands in between.
    Gm65,
    /// Packets with acknowledgement: Zebra engines and GM67.
    Ssi,
    /// Keys.
    Keyboard,
}

impl ScannerKind {
    pub(super) const WORDS: [(&'static str, Self); 4] =
        [("line", Self::Line), ("gm65", Self::Gm65), ("ssi", Self::Ssi), ("keyboard", Self::Keyboard)];

    /// The name in the configuration.
    pub fn word(self) -> &'static str {
        match self {
            Self::Line => "line",
            Self::Gm65 => "gm65",
            Self::Ssi => "ssi",
            Self::Keyboard => "keyboard",
        }
    }
}

/// A keyboard layout.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default, Serialize)]
#[serde(rename_all = "snake_case")]
pub enum KeyMap {
    /// As scanners come from the factory.
    #[default]
    Us,
    /// British.
    Gb,
    /// German.
    De,
    /// French.
    Fr,
}

impl KeyMap {
    pub(super) const WORDS: [(&'static str, Self); 4] =
        [("us", Self::Us), ("gb", Self::Gb), ("de", Self::De), ("fr", Self::Fr)];
}

//! `armoury status` and `armoury inspect`: looking, touching nothing.

use std::path::PathBuf;

use armoury_hardware::reader::inspect_frames;
use armoury_hardware::symbol::{SymbolReader, inspect_image};
use clap::{Args, Subcommand};

use super::inspect::{epc_json, epc_lines, mark_json, mark_lines};
use super::place::Place;
use super::{Failure, exit, say};
use crate::identity::epc::parse_hex;
use crate::station::protocol::Ask;
use crate::station::view::View;

/// One picture of a running station
#[derive(Debug, Args)]
pub struct Status {
    #[command(flatten)]
    place: Place,
    /// One JSON object
    #[arg(long)]
    json: bool,
}

impl Status {
    pub(super) fn carry_out(self) -> Result<u8, Failure> {
        let picture = self.place.ask(Ask::Status {})?;
        if self.json {
            say(picture);
            return Ok(exit::DONE);
        }
        let view: View = serde_json::from_value(picture)?;
        for line in status_lines(&view) {
            say(line);
        }
        Ok(exit::DONE)
    }
}

/// The picture in lines.
fn status_lines(view: &View) -> Vec<String> {
    let station = &view.station;
    let practice = match station.practice {
        crate::domain::Practice::Live => "live",
        crate::domain::Practice::Exercise => "EXERCISE",
    };
    let counts = &view.counts;
    let mut lines = vec![
        format!("{}  {practice}  mode {}  version {}", station.id, station.mode.word(), station.version),
        format!("desk     {}  {} {}", view.desk.verdict.word(), view.desk.why, view.desk.now),
        format!(
            "weapons  {} in · {} out · {} elsewhere · {} destroyed",
            counts.in_stock, counts.out, counts.elsewhere, counts.destroyed
        ),
        format!("store    {} · head {} {}", view.store.state, view.store.head, view.store.detail),
        format!(
            "sync     {} · {} wait · signed up to {} {}",
            view.sync.state, view.sync.waiting, view.sync.acknowledged, view.sync.detail
        ),
    ];
    lines.extend(
        view.devices.iter().map(|device| {
            format!("{:<8} {} · {} · {}", device.kind, device.name, device.state, device.detail)
        }),
    );
    lines.extend(view.alarms.iter().map(|alarm| format!("alarm {}  {}", alarm.priority, alarm.what)));
    lines
}

/// What the station makes of things
#[derive(Debug, Subcommand)]
pub enum Inspect {
    /// A tag's EPC in hex
    Epc {
        /// The hex
        hex: String,
        /// One JSON object
        #[arg(long)]
        json: bool,
    },
    /// The text of a mark
    Mark {
        /// The text as scanned
        #[arg(required_unless_present = "hex", conflicts_with = "hex")]
        text: Option<String>,
        /// The same as bytes in hex
        #[arg(long, value_name = "HEX")]
        hex: Option<String>,
        /// One JSON object
        #[arg(long)]
        json: bool,
    },
    /// Bytes from a reader
    Frames {
        /// The reader's protocol, such as r2000
        #[arg(long, value_name = "NAME")]
        reader: String,
        /// The bytes in hex
        hex: String,
        /// One JSON object per frame
        #[arg(long)]
        json: bool,
    },
    /// Picture files
    Image {
        /// The files
        #[arg(required = true)]
        files: Vec<PathBuf>,
        /// One JSON object per file
        #[arg(long)]
        json: bool,
    },
}

impl Inspect {
    pub(super) fn carry_out(self) -> Result<u8, Failure> {
        match self {
            Self::Epc { hex, json: true } => Ok(objects([epc_json(&hex)])),
            Self::Epc { hex, json: false } => Ok(lines(epc_lines(&hex))),
            Self::Mark { text, hex, json } => {
                let bytes = match (text, hex) {
                    (_, Some(hex)) => parse_hex(&hex)
                        .map_err(|error| Failure::usage(format!("read the mark's hex: {error}")))?,
                    (text, None) => text.unwrap_or_default().into_bytes(),
                };
                Ok(if json { objects([mark_json(&bytes)]) } else { lines(mark_lines(&bytes)) })
            }
            Self::Frames { reader, hex, json } => frames(&reader, &hex, json),
            Self::Image { files, json } => images(&files, json),
        }
    }
}

fn frames(reader: &str, hex: &str, json: bool) -> Result<u8, Failure> {
    let bytes = parse_hex(hex).map_err(|error| Failure::usage(format!("read the frames' hex: {error}")))?;
    let found =
        inspect_frames(reader, &bytes).map_err(|error| Failure::usage(format!("inspect frames: {error}")))?;
    for frame in found {
        let object = serde_json::to_value(&frame)?;
        if json {
            say(object);
        } else {
            say(plain(&object));
        }
    }
    Ok(exit::DONE)
}

/// Pictures one after the other. A file that is no picture does not stop the rest, but the command says so.
fn images(files: &[PathBuf], json: bool) -> Result<u8, Failure> {
    let mut reader = SymbolReader::new();
    let mut status = exit::DONE;
    for file in files {
        let object = serde_json::to_value(inspect_image(&file.display().to_string(), &mut reader))?;
        if object.get("reason").is_some_and(|reason| !reason.is_null()) {
            status = exit::REFUSED;
        }
        if json {
            say(object);
        } else {
            say(plain(&object));
        }
    }
    Ok(status)
}

/// An object as `key value` pairs on one line.
fn plain(object: &serde_json::Value) -> String {
    let Some(fields) = object.as_object() else { return object.to_string() };
    let pairs = fields.iter().map(|(key, value)| match value.as_str() {
        Some(text) => format!("{key} {}", crate::identity::mark::printable(text)),
        None => format!("{key} {value}"),
    });
    pairs.collect::<Vec<_>>().join("  ")
}

fn objects(found: impl IntoIterator<Item = (serde_json::Value, i32)>) -> u8 {
    let mut status = 0;
    for (object, exit) in found {
        say(object);
        status = exit;
    }
    u8::try_from(status).unwrap_or(exit::REFUSED)
}

fn lines((lines, status): (Vec<String>, i32)) -> u8 {
    for line in lines {
        say(line);
    }
    u8::try_from(status).unwrap_or(exit::REFUSED)
}

//! `armoury status` and `armoury inspect`: looking, touching nothing.

use std::path::{Path, PathBuf};

use armoury_hardware::capture::{Recorded, Seen, is_capture};
use armoury_hardware::reader::{Family, inspect_frames};
use armoury_hardware::scanner::{ScannerKind, inspect_scanner};
use armoury_hardware::symbol::{SymbolReader, inspect_image};
use clap::{Args, Subcommand};

use super::inspect::{epc_json, epc_lines, mark_json, mark_lines};
use super::place::Place;
use super::{Failure, exit, ports, read_file, say};
use crate::identity::epc::parse_hex;
use crate::identity::mark::printable;
use crate::station::protocol::Ask;
use crate::station::view::View;

/// Largest capture taken, in bytes of text: a capture ends by itself long before.
const CAPTURE_MAX_BYTES: u64 = 64 * 1024 * 1024;

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
        // Names, marks and what programs say of themselves may hold what a terminal obeys.
        for line in status_lines(&view) {
            say(printable(&line));
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
    let (counts, inbox) = (&view.counts, &view.inbox);
    let mut lines = vec![
        format!("{}  {practice}  mode {}  version {}", station.id, station.mode.word(), station.version),
        format!("desk     {}  {} {}", view.desk.verdict.word(), view.desk.why, view.desk.now),
        format!(
            "weapons  {} in · {} out · {} held back · {} elsewhere · {} destroyed · {} not accounted for",
            counts.in_stock, counts.out, counts.held_back, counts.elsewhere, counts.destroyed, counts.missing
        ),
        format!("store    {} · head {} {}", view.store.state, view.store.head, view.store.detail),
        format!(
            "reads    {} taken · {} dropped · {} refused · {} not followed · queue {}, at most {} of {}",
            inbox.reads_taken,
            inbox.reads_dropped,
            inbox.reads_refused,
            inbox.reads_not_followed,
            inbox.waiting,
            inbox.longest,
            inbox.room
        ),
        format!(
            "sync     {} · {} wait · signed up to {} {}",
            view.sync.state, view.sync.waiting, view.sync.acknowledged, view.sync.detail
        ),
    ];
    if !station.purpose.is_empty() {
        lines.push(format!("draws    the next are for {}", station.purpose));
    }
    if let Some(stand_to) = &station.stand_to {
        lines.push(format!(
            "STAND-TO since entry {} · {} answers · {} left · {} neither signed for nor back",
            stand_to.seq, stand_to.authority, stand_to.left, stand_to.open
        ));
    }
    for device in &view.devices {
        lines.push(format!("{:<8} {} · {} · {}", device.kind, device.name, device.state, device.detail));
        lines.extend(device.warnings.iter().map(|warning| format!("{:<8} {warning}", "")));
    }
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
    /// Bytes from a reader or a scanner
    Frames {
        /// What speaks: mercury, r2000, uhfreader18, m100 or llrp; of scanners line, gm65, ssi or keyboard (keyboard:de)
        #[arg(long, value_name = "NAME", conflicts_with = "capture")]
        reader: Option<String>,
        /// The bytes in hex, or a capture's file
        #[arg(required_unless_present = "capture", conflicts_with = "capture")]
        hex: Option<String>,
        /// What a capture holds, in place of a name and bytes
        #[arg(long, value_name = "FILE")]
        capture: Option<PathBuf>,
        /// One JSON object per frame
        #[arg(long)]
        json: bool,
    },
    /// What reader is at a port that nobody uses: its family, rate and number
    Reader {
        /// A serial port's path, tcp:HOST:PORT or listen:ADDRESS:PORT
        port: String,
        /// Try only this rate
        #[arg(long, value_name = "BAUD")]
        baud: Option<u32>,
        /// One JSON object
        #[arg(long)]
        json: bool,
    },
    /// What is plugged in, by names that stay
    Ports {
        /// One JSON object per port
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
            Self::Frames { capture: Some(file), json, .. } => captured(&file, json),
            Self::Frames { reader, hex, json, .. } => {
                let hex = hex.unwrap_or_default();
                match (reader, Path::new(&hex)) {
                    (_, file) if is_capture_file(file) => captured(&file.to_owned(), json),
                    (Some(reader), _) => frames(&reader, &hex, json),
                    (None, _) => Err(Failure::usage(format!(
                        "inspect frames: say what speaks with --reader NAME: {}; or name a capture's file",
                        names()
                    ))),
                }
            }
            Self::Reader { port, baud, json } => ports::reader(&port, baud, json),
            Self::Ports { json } => ports::ports(json),
            Self::Image { files, json } => images(&files, json),
        }
    }
}

fn frames(reader: &str, hex: &str, json: bool) -> Result<u8, Failure> {
    let bytes = parse_hex(hex).map_err(|error| Failure::usage(format!("read the frames' hex: {error}")))?;
    let found = match (inspect_frames(reader, &bytes), inspect_scanner(reader, &bytes)) {
        (Ok(frames), _) => frames.into_iter().map(Seen::Reader).collect::<Vec<_>>(),
        (_, Some(codes)) => codes.into_iter().map(Seen::Scanner).collect(),
        (Err(_), None) => {
            let what = format!("inspect frames: nothing is called {reader:?}: try {}", names());
            return Err(Failure::usage(what));
        }
    };
    for frame in found {
        print(&serde_json::to_value(&frame)?, json);
    }
    Ok(exit::DONE)
}

/// Every name of what speaks.
fn names() -> String {
    let readers = Family::ALL.map(Family::word);
    let scanners = ScannerKind::ALL.map(ScannerKind::name);
    readers.into_iter().chain(scanners).collect::<Vec<_>>().join(", ")
}

/// Whether there is a file of that name that begins as captures do.
fn is_capture_file(file: &Path) -> bool {
    use std::io::Read;
    let mut begin = [0; 32];
    file.is_file()
        && std::fs::File::open(file)
            .and_then(|mut file| file.read(&mut begin))
            .is_ok_and(|count| is_capture(&begin[..count]))
}

/// A capture, as its reader's decoder saw it.
fn captured(file: &PathBuf, json: bool) -> Result<u8, Failure> {
    let wrong = |error: &dyn std::fmt::Display| Failure::usage(format!("read {}: {error}", file.display()));
    let text = String::from_utf8(read_file(file, CAPTURE_MAX_BYTES)?).map_err(|error| wrong(&error))?;
    let recorded = Recorded::parse(&text).map_err(|error| wrong(&error))?;
    for frame in recorded.inspect().map_err(|error| wrong(&error))? {
        print(&serde_json::to_value(&frame)?, json);
    }
    Ok(exit::DONE)
}

fn print(object: &serde_json::Value, json: bool) {
    if json {
        say(object);
    } else {
        say(plain(object));
    }
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
        print(&object, json);
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

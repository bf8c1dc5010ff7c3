//! Captures of the lines of readers and scanners: begun and ended on a running station, and what is asked about them.

use std::collections::BTreeMap;
use std::fs::DirBuilder;
use std::os::unix::fs::DirBuilderExt;
use std::path::{Path, PathBuf};

use armoury_hardware::capture::{Capture, CaptureError, Captured, Source, TIME_MAX};
use serde_json::{Value, json};

use super::clock::Clock;
use super::protocol::Ask;
use super::readers::family;
use super::scanners::kind;
use crate::config::StationConfig;
use crate::domain::Moment;

/// The folder in the data folder for captures whose file nobody named.
const FOLDER: &str = "captures";

/// One capture for each reader and scanner, by its name; all are off until somebody begins one.
#[derive(Debug, Clone, Default)]
pub struct Captures {
    all: BTreeMap<String, Port>,
    folder: PathBuf,
}

/// One port.
#[derive(Debug, Clone)]
struct Port {
    capture: Capture,
    /// What its files are called: with a number in the place of a name.
    word: String,
}

/// What carries an ask out, on a thread that may wait for a disk.
type Act = Box<dyn FnOnce() -> Result<Value, String> + Send>;

impl Captures {
    /// Those of the devices in the configuration.
    pub fn of(configuration: &StationConfig) -> Self {
        let readers = configuration.readers.iter().zip(1..).map(|(reader, nth)| {
            (reader.name.clone(), Source::Reader(family(reader.protocol)), format!("reader-{nth}"))
        });
        let scanners = configuration.scanners.iter().zip(1..).map(|(scanner, nth)| {
            (scanner.name.clone(), Source::Scanner(kind(scanner.kind)), format!("scanner-{nth}"))
        });
        let all = readers.chain(scanners).map(|(name, source, word)| {
            let capture = Capture::default();
            capture.describe(source);
            (name, Port { capture, word })
        });
        Self { all: all.collect(), folder: configuration.station.data.join(FOLDER) }
    }

    /// That of a reader or scanner; one that nobody can begin where there is none of that name.
    pub fn of_device(&self, name: &str) -> Capture {
        self.all.get(name).map(|port| port.capture.clone()).unwrap_or_default()
    }

    /// Begins one for every device that has none running, in new files in that folder, which only their owner reads.
    ///
    /// # Errors
    /// A file cannot be made; those begun before go on.
    pub fn start_all(&self, folder: &Path, at: Moment) -> Result<usize, CaptureError> {
        DirBuilder::new().recursive(true).mode(0o700).create(folder)?;
        let mut begun = 0;
        for port in self.all.values().filter(|port| !port.capture.is_running()) {
            port.capture.start(&folder.join(format!("{}-{}.capture", port.word, at.wall_ms)))?;
            begun += 1;
        }
        Ok(begun)
    }

    /// Ends all that run.
    pub async fn stop_all(self) {
        let ended = tokio::task::spawn_blocking(move || self.end_all());
        if let Err(error) = ended.await {
            tracing::error!("end the captures: {error}");
        }
    }

    /// What an ask about a capture comes to. `None`: it is about something else.
    pub fn carry_out(&self, what: &Ask) -> Option<Act> {
        let captures = self.clone();
        Some(match what.clone() {
            Ask::CaptureStart { device: Some(device), file } => {
                Box::new(move || captures.start(&device, file))
            }
            Ask::CaptureStart { device: None, file: None } => Box::new(move || captures.start_each()),
            Ask::CaptureStart { device: None, file: Some(_) } => {
                Box::new(|| Err("capture into one file: say which reader or scanner".to_owned()))
            }
            Ask::CaptureStop { device: Some(device) } => Box::new(move || captures.stop(&device)),
            Ask::CaptureStop { device: None } => Box::new(move || Ok(captures.stop_each())),
            Ask::CaptureTurn {} => Box::new(move || {
                let runs = captures.all.values().any(|port| port.capture.is_running());
                if runs { Ok(captures.stop_each()) } else { captures.start_each() }
            }),
            _ => return None,
        })
    }

    fn start(&self, device: &str, file: Option<PathBuf>) -> Result<Value, String> {
        let port = self.port(device)?;
        let told = |error: CaptureError| format!("capture {device}: {error}");
        let file = match file {
            Some(file) if !file.is_absolute() => {
                let file = file.display();
                return Err(format!("capture {device} into {file}: name the file from the root on"));
            }
            Some(file) => file,
            None => {
                let made = DirBuilder::new().recursive(true).mode(0o700).create(&self.folder);
                made.map_err(|error| told(error.into()))?;
                let wall_ms = Clock::new().now().wall_ms;
                self.folder.join(format!("{}-{wall_ms}.capture", port.word))
            }
        };
        port.capture.start(&file).map_err(told)?;
        Ok(json!({ "device": device, "file": file }))
    }

    fn start_each(&self) -> Result<Value, String> {
        if self.all.is_empty() {
            return Err("capture: no reader and no scanner is configured".to_owned());
        }
        let begun = self.start_all(&self.folder, Clock::new().now());
        let begun = begun.map_err(|error| format!("capture into {}: {error}", self.folder.display()))?;
        let minutes = TIME_MAX.as_secs() / 60;
        let said = format!(
            "Writing {begun} lines down in {} for {minutes} min at most. C again ends it.",
            self.folder.display()
        );
        Ok(json!({ "folder": self.folder, "lines": begun, "said": said }))
    }

    fn stop(&self, device: &str) -> Result<Value, String> {
        let ended = self.port(device)?.capture.stop();
        let Captured { bytes, lost } = ended.map_err(|error| format!("capture {device}: {error}"))?;
        Ok(json!({ "device": device, "bytes": bytes, "lost": lost }))
    }

    fn stop_each(&self) -> Value {
        let (files, Captured { bytes, lost }) = self.end_all();
        let missing = if lost > 0 { ", some lost: the disk was too slow" } else { "" };
        let said = format!("{bytes} bytes of {files} lines are written down{missing}.");
        json!({ "lines": files, "bytes": bytes, "lost": lost, "said": said })
    }

    /// How many ended, with what is in them together.
    fn end_all(&self) -> (usize, Captured) {
        let (mut files, mut all) = (0, Captured { bytes: 0, lost: 0 });
        for (name, port) in &self.all {
            match port.capture.stop() {
                Ok(Captured { bytes, lost }) => {
                    files += 1;
                    all.bytes += bytes;
                    all.lost += lost;
                }
                Err(CaptureError::NotRunning) => {}
                Err(error) => tracing::error!("end the capture of {name}: {error}"),
            }
        }
        (files, all)
    }

    fn port(&self, device: &str) -> Result<&Port, String> {
        let names = || self.all.keys().cloned().collect::<Vec<_>>().join(", ");
        self.all.get(device).ok_or_else(|| {
            format!("capture {device:?}: no reader and no scanner is called so; there are {}", names())
        })
    }
}

//! Recordings: every input with its time, one JSON object a line. A recording replays the whole station.
//!
//! It holds what came in, names of newly registered people included; strip them before a recording leaves the house.

use std::fs::{File, OpenOptions};
use std::io::{BufRead, BufReader, BufWriter, Write};
use std::os::unix::fs::OpenOptionsExt;
use std::path::Path;

use super::input::{Input, Stamped};

/// Longest line of a recording, in bytes.
const LINE_MAX_BYTES: u64 = 16 * 1024 * 1024;

/// Writes a recording.
#[derive(Debug)]
pub struct Recorder {
    file: BufWriter<File>,
}

/// Why a recording cannot be read.
#[derive(Debug, thiserror::Error)]
pub enum RecordingError {
    /// The file.
    #[error("read the recording: {0}")]
    Io(#[from] std::io::Error),
    /// A line that is no input.
    #[error("read the recording: line {line}: {source}")]
    Line {
        /// Which.
        line: u64,
        /// Why.
        source: serde_json::Error,
    },
}

impl Recorder {
    /// Begins a new file; one that is there is never written over.
    ///
    /// # Errors
    /// It is there, or cannot be made.
    pub fn create(path: &Path) -> std::io::Result<Self> {
        let file = OpenOptions::new().write(true).create_new(true).mode(0o600).open(path)?;
        Ok(Self { file: BufWriter::new(file) })
    }

    /// Adds one input; ticks are flushed to the file with what came before them.
    ///
    /// # Errors
    /// The file cannot be written.
    pub fn add(&mut self, stamped: &Stamped) -> std::io::Result<()> {
        serde_json::to_writer(&mut self.file, stamped)?;
        self.file.write_all(b"\n")?;
        if matches!(stamped.input, Input::Tick) { self.file.flush() } else { Ok(()) }
    }
}

/// Reads a recording, one input after the other, in bounded memory.
///
/// # Errors
/// The first line that is no input, with its number.
pub fn read(path: &Path, mut take: impl FnMut(Stamped)) -> Result<(), RecordingError> {
    let mut file = BufReader::new(File::open(path)?);
    let mut text = Vec::new();
    for line in 1.. {
        text.clear();
        let length = std::io::Read::take(&mut file, LINE_MAX_BYTES).read_until(b'\n', &mut text)?;
        if length == 0 {
            return Ok(());
        }
        take(serde_json::from_slice(&text).map_err(|source| RecordingError::Line { line, source })?);
    }
    Ok(())
}

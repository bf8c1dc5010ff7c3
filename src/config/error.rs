//! What is wrong with a configuration, for the person who wrote it.

use std::fmt;
use std::path::{Path, PathBuf};

use super::FILE_MAX_BYTES;

/// One thing that is wrong, and what to do about it.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Problem {
    /// Line in the file, the first is 1.
    pub line: usize,
    /// The key with its section (`desk.window_ms`); empty where the file is not even TOML.
    pub key: String,
    /// What is wrong, with the value, and what to write instead.
    pub what: String,
}

impl fmt::Display for Problem {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self.key.as_str() {
            "" => write!(f, "line {}: {}", self.line, self.what),
            key => write!(f, "line {}, {key}: {}", self.line, self.what),
        }
    }
}

/// Why there is no configuration.
#[derive(Debug, thiserror::Error)]
pub enum ConfigError {
    /// The file could not be read.
    #[error("read the configuration {path}: {source}; `armoury init` makes a folder with a sample in it", path = path.display())]
    Unreadable {
        /// Which.
        path: PathBuf,
        /// Why.
        source: std::io::Error,
    },
    /// It is no text of a sensible size.
    #[error("read the configuration {path}: {why}", path = path.display())]
    NoText {
        /// Which.
        path: PathBuf,
        /// Why.
        why: String,
    },
    /// It was read and is wrong.
    #[error("{}", Listed { file, problems })]
    Refused {
        /// The file as it was named.
        file: String,
        /// Everything that was found, in the order of the lines; never empty.
        problems: Vec<Problem>,
    },
}

struct Listed<'a> {
    file: &'a str,
    problems: &'a [Problem],
}

impl fmt::Display for Listed<'_> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        for (nth, problem) in self.problems.iter().enumerate() {
            let gap = if nth == 0 { "" } else { "\n" };
            write!(f, "{gap}{}, {problem}", self.file)?;
        }
        Ok(())
    }
}

/// The text of a configuration file.
pub(super) fn read(path: &Path) -> Result<String, ConfigError> {
    use std::io::Read;

    let unreadable = |source| ConfigError::Unreadable { path: path.to_owned(), source };
    let no_text = |why| ConfigError::NoText { path: path.to_owned(), why };
    let file = std::fs::File::open(path).map_err(unreadable)?;
    let mut bytes = Vec::new();
    file.take(FILE_MAX_BYTES as u64 + 1).read_to_end(&mut bytes).map_err(unreadable)?;
    if bytes.len() > FILE_MAX_BYTES {
        return Err(no_text(format!("it is larger than {FILE_MAX_BYTES} bytes, so it is no configuration")));
    }
    String::from_utf8(bytes).map_err(|bad| {
        let line = line_of(bad.as_bytes(), bad.utf8_error().valid_up_to());
        no_text(format!("line {line} is not UTF-8; save it as UTF-8 text"))
    })
}

/// The line, counted from 1, that holds the byte at `offset`.
pub(super) fn line_of(text: &[u8], offset: usize) -> usize {
    1 + text.iter().take(offset).filter(|byte| **byte == b'\n').count()
}

//! What is wrong with a register, by line and column.

use std::fmt;

/// Most problems kept; a file with more is not a register, and a list that long is not read.
const LISTED_MAX: usize = 10_000;

/// One thing that is wrong.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Problem {
    /// Line of the file, the first is 1, also where fields hold line breaks.
    pub line: usize,
    /// The column's name; empty where the whole row or file is meant.
    pub column: String,
    /// What is wrong, with the value, and what to write instead.
    pub what: String,
}

impl fmt::Display for Problem {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self.column.as_str() {
            "" => write!(f, "line {}: {}", self.line, self.what),
            column => write!(f, "line {}, {column}: {}", self.line, self.what),
        }
    }
}

/// Everything that is wrong, in the order of the lines.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct Problems {
    listed: Vec<Problem>,
    unlisted: usize,
}

impl Problems {
    /// The problems, at most ten thousand.
    pub fn listed(&self) -> &[Problem] {
        &self.listed
    }

    /// How many there are, those beyond the list included.
    pub fn count(&self) -> usize {
        self.listed.len() + self.unlisted
    }

    pub(super) fn is_empty(&self) -> bool {
        self.listed.is_empty()
    }

    pub(super) fn add(&mut self, line: usize, column: &str, what: impl Into<String>) {
        if self.listed.len() < LISTED_MAX {
            self.listed.push(Problem { line, column: column.to_owned(), what: what.into() });
        } else {
            self.unlisted += 1;
        }
    }
}

impl fmt::Display for Problems {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        for problem in &self.listed {
            writeln!(f, "{problem}")?;
        }
        if self.unlisted > 0 {
            writeln!(f, "and {} more problems", self.unlisted)?;
        }
        f.write_str("nothing was imported: correct the file and import it again")
    }
}

impl std::error::Error for Problems {}

/// A value as messages quote it: short enough for a line, control characters made visible.
pub(super) fn quoted(value: &str) -> String {
    const SHOWN_CHARS: usize = 60;
    match value.char_indices().nth(SHOWN_CHARS) {
        Some((end, _)) => format!("{:?}…", &value[..end]),
        None => format!("{value:?}"),
    }
}

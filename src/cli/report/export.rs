//! `armoury report export`: every list as a file that others can read (P-1, P-3). Cells never begin a formula; names of
//! people only where somebody who may gives them out, and that is an entry before the file is there.

use std::borrow::Cow;
use std::fs::File;
use std::io::{BufWriter, Write};
use std::path::{Path, PathBuf};

use clap::{Args, ValueEnum};
use serde_json::{Map, Value, json};
use sha2::{Digest, Sha256};

use crate::cli::act::Signed;
use crate::cli::{Failure, cell, exit, say};
use crate::domain::book::{Act, trace as book};
use crate::station::protocol::Ask;

use super::lists::{List, Source};

/// A list as a file
#[derive(Debug, Args)]
pub struct Export {
    /// Which list
    #[arg(long, value_name = "LIST")]
    what: What,
    /// As what
    #[arg(long, value_name = "FORMAT", default_value = "csv")]
    format: Format,
    /// Into which folder; a file that is there already is never written over
    #[arg(long, value_name = "DIR")]
    out: PathBuf,
    /// With names of people and their badges; a supervisor or commander answers for it
    #[arg(long)]
    names: bool,
    #[command(flatten)]
    signed: Signed,
}

/// The lists.
#[derive(Debug, Clone, Copy, PartialEq, Eq, ValueEnum)]
#[value(rename_all = "snake_case")]
enum What {
    /// The register of weapons, as it can be imported again
    Weapons,
    /// Every tag and mark on them
    Identifiers,
    /// People: keys, roles, authorisations
    People,
    /// Who holds what
    Holdings,
    /// How many of what stand where
    Counts,
    /// For a national registry: serial, type, maker, calibre, custodian, status, event
    Registry,
    /// The keys and seals
    Keys,
    /// Every entry of the ledger
    Entries,
    /// All of these
    All,
}

#[derive(Debug, Clone, Copy, PartialEq, Eq, ValueEnum)]
enum Format {
    Csv,
    Json,
}

impl What {
    fn lists(self) -> Vec<List> {
        match self {
            Self::Weapons => vec![List::Weapons],
            Self::Identifiers => vec![List::Identifiers],
            Self::People => vec![List::People],
            Self::Holdings => vec![List::Holdings],
            Self::Counts => vec![List::Counts],
            Self::Registry => vec![List::Registry],
            Self::Keys => vec![List::Keys],
            Self::Entries => vec![List::Entries],
            Self::All => List::ALL.to_vec(),
        }
    }
}

/// A file that is not there yet under its name.
struct Written {
    list: List,
    new: PathBuf,
    path: PathBuf,
    rows: u32,
    digest: String,
}

impl Export {
    pub(in crate::cli) fn carry_out(self) -> Result<u8, Failure> {
        let place = self.signed.place().clone();
        std::fs::create_dir_all(&self.out).map_err(|error| at(&self.out, &error))?;
        let source = Source::read(&place.reader()?, self.names)?;
        let mut written = Vec::new();
        let outcome = self.write_all(&source, &place.reader()?, &mut written);
        let outcome = outcome.and_then(|()| self.give_out(&written));
        if let Err(failure) = outcome {
            for file in &written {
                // What was not given out must not lie about; that it could not be removed is said too.
                if let Err(error) = std::fs::remove_file(&file.new) {
                    return Err(Failure::absent(format!(
                        "{}; and {}",
                        failure.text,
                        at(&file.new, &error).text
                    )));
                }
            }
            return Err(failure);
        }
        for file in written {
            std::fs::rename(&file.new, &file.path).map_err(|error| at(&file.path, &error))?;
            let (path, rows, digest) = (file.path.display().to_string(), file.rows, file.digest);
            say(match self.signed.json() {
                true => json!({ "list": file.list.word(), "file": path, "rows": rows, "sha256": digest })
                    .to_string(),
                false => format!("{path}: {rows} rows, SHA-256 {digest}"),
            });
        }
        Ok(exit::DONE)
    }

    fn write_all(
        &self,
        source: &Source,
        reader: &crate::ledger::Reader,
        written: &mut Vec<Written>,
    ) -> Result<(), Failure> {
        for list in self.what.lists() {
            let ending = if self.format == Format::Csv { "csv" } else { "json" };
            let path = self.out.join(format!("{}.{ending}", list.word()));
            if path.exists() {
                return Err(Failure::refused(format!(
                    "write {}: it is there already; name another folder with --out",
                    path.display()
                )));
            }
            let new = self.out.join(format!(".{}.{ending}.{}.new", list.word(), std::process::id()));
            let file = File::create_new(&new).map_err(|error| at(&new, &error))?;
            written.push(Written { list, new: new.clone(), path, rows: 0, digest: String::new() });
            let mut out = Out::new(file, self.format, list.columns(self.names));
            out.begin().map_err(|error| at(&new, &error))?;
            source.each(list, reader, |row| out.row(&row).map_err(|error| at(&new, &error)))?;
            let (rows, digest) = out.end().map_err(|error| at(&new, &error))?;
            if let Some(last) = written.last_mut() {
                (last.rows, last.digest) = (rows, digest);
            }
        }
        Ok(())
    }

    /// Names leave only on somebody's word, and that is entered before they do.
    fn give_out(&self, written: &[Written]) -> Result<(), Failure> {
        for file in written.iter().filter(|file| self.names && file.list.holds_names()) {
            let what = file.list.word().to_owned();
            let given = book::GivenOut { what, rows: file.rows, digest: file.digest.clone() };
            let act = Box::new(Act::Trace(book::Act::GiveOut(given)));
            self.signed.place().change(Ask::Act { act, sign: self.signed.sign()? })?;
        }
        Ok(())
    }
}

/// Rows into a file, with a digest over its bytes.
struct Out {
    file: BufWriter<File>,
    digest: Sha256,
    format: Format,
    columns: Vec<&'static str>,
    rows: u32,
}

impl Out {
    fn new(file: File, format: Format, columns: Vec<&'static str>) -> Self {
        Self { file: BufWriter::new(file), digest: Sha256::new(), format, columns, rows: 0 }
    }

    fn begin(&mut self) -> std::io::Result<()> {
        match self.format {
            Format::Csv => {
                let header = cell::row(self.columns.iter().map(|column| Cow::Borrowed(*column)));
                self.put(&header)
            }
            Format::Json => self.put("["),
        }
    }

    fn row(&mut self, row: &Map<String, Value>) -> std::io::Result<()> {
        let text = match self.format {
            Format::Csv => cell::row(self.columns.iter().map(|column| words(row.get(*column)))),
            Format::Json => {
                format!("{}\n{}", if self.rows > 0 { "," } else { "" }, Value::Object(row.clone()))
            }
        };
        self.rows += 1;
        self.put(&text)
    }

    fn end(mut self) -> std::io::Result<(u32, String)> {
        if self.format == Format::Json {
            self.put("\n]\n")?;
        }
        self.file.flush()?;
        self.file.get_ref().sync_all()?;
        let digest = self.digest.finalize().iter().map(|byte| format!("{byte:02x}")).collect();
        Ok((self.rows, digest))
    }

    fn put(&mut self, text: &str) -> std::io::Result<()> {
        self.digest.update(text.as_bytes());
        self.file.write_all(text.as_bytes())
    }
}

/// A value as a cell.
fn words(value: Option<&Value>) -> Cow<'_, str> {
    match value {
        None | Some(Value::Null) => Cow::Borrowed(""),
        Some(Value::String(text)) => Cow::Borrowed(text),
        Some(other) => Cow::Owned(other.to_string()),
    }
}

fn at(path: &Path, error: &std::io::Error) -> Failure {
    Failure::absent(format!("write {}: {error}", path.display()))
}

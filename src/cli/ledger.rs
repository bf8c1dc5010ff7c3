//! `armoury ledger`: evidence, also on a copy and without a station.

use clap::{Args, Subcommand};

use super::lines::{line, object};
use super::place::Place;
use super::{Failure, exit, say};
use crate::domain::Seq;

/// What can be done with a ledger
#[derive(Debug, Subcommand)]
pub enum LedgerCommand {
    /// Check every entry from the first, and print the head
    Verify(Verify),
    /// Write every entry
    Export(Export),
}

/// Check every entry
#[derive(Debug, Args)]
pub struct Verify {
    #[command(flatten)]
    place: Place,
    /// One JSON object
    #[arg(long)]
    json: bool,
}

/// Write every entry
#[derive(Debug, Args)]
pub struct Export {
    #[command(flatten)]
    place: Place,
    /// One JSON object a line
    #[arg(long)]
    json: bool,
    /// Only the entries after this number
    #[arg(long, value_name = "SEQ", default_value_t = 0)]
    after: Seq,
}

impl LedgerCommand {
    pub(super) fn carry_out(self) -> Result<u8, Failure> {
        match self {
            Self::Verify(verify) => verify.carry_out(),
            Self::Export(export) => export.carry_out(),
        }
    }
}

impl Verify {
    fn carry_out(self) -> Result<u8, Failure> {
        let checked = self.place.reader()?.verify()?;
        let (seq, hash) = checked.head;
        if self.json {
            say(serde_json::json!({
                "entries": checked.entries, "seq": seq, "hash": hash.to_string(), "receipt": checked.receipt,
            }));
        } else {
            say(format!("{} entries, all as they were written", checked.entries));
            say(format!("head {seq} {hash}"));
            match checked.receipt {
                Some(receipt) => say(format!("headquarters has signed for everything up to {receipt}")),
                None => say("headquarters has signed for nothing yet"),
            }
        }
        Ok(exit::DONE)
    }
}

impl Export {
    fn carry_out(self) -> Result<u8, Failure> {
        let reader = self.place.reader()?;
        // Names stay at home: an export is shown to people the station does not know.
        let roster = crate::domain::Roster::default();
        reader.each(self.after, |entry| {
            if self.json {
                say(object(&entry));
            } else {
                say(line(&entry, &roster));
            }
            Ok(())
        })?;
        Ok(exit::DONE)
    }
}

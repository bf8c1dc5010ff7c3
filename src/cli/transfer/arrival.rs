//! The receiver's commands.

use std::collections::BTreeMap;
use std::path::PathBuf;

use clap::Args;

use super::show::Document;
use super::{paper, texts};
use crate::cli::Failure;
use crate::cli::act::Signed;
use crate::domain::book::transfer::{self, Arrival};
use crate::domain::{StationId, WeaponId};

/// A crate that is here
#[derive(Debug, Args)]
pub struct Arrive {
    /// Its document's file
    #[arg(long, value_name = "FILE")]
    document: PathBuf,
    #[command(flatten)]
    signed: Signed,
}

/// What was found in a crate
#[derive(Debug, Args)]
pub struct Check {
    /// The transfer's number at its sender
    transfer: String,
    /// The sender
    #[arg(long)]
    from: String,
    /// Serials, marks or tags as read; NUMBER=SERIAL where two weapons bear one serial
    seen: Vec<String>,
    /// A file with one reading a line
    #[arg(long, value_name = "FILE")]
    list: Option<PathBuf>,
    #[command(flatten)]
    signed: Signed,
}

/// The signature
#[derive(Debug, Args)]
pub struct Receive {
    /// The transfer's number at its sender, where it was entered before
    #[arg(required_unless_present = "document", requires = "from")]
    transfer: Option<String>,
    /// The sender
    #[arg(long)]
    from: Option<String>,
    /// Its document's file
    #[arg(long, value_name = "FILE")]
    document: Option<PathBuf>,
    /// Weapons counted
    #[arg(long)]
    counted: u32,
    /// Serials, marks or tags as read; NUMBER=SERIAL where two weapons bear one serial
    #[arg(long, num_args = 1.., value_name = "READING")]
    seen: Vec<String>,
    /// A file with one reading a line
    #[arg(long, value_name = "FILE")]
    list: Option<PathBuf>,
    /// Seals found whole
    #[arg(long, num_args = 1.., value_name = "NUMBER")]
    seal: Vec<String>,
    /// A number of this armoury for a weapon whose own is taken: THEIRS=OURS
    #[arg(long = "as", num_args = 1.., value_name = "THEIRS=OURS", value_parser = renamed)]
    renamed: Vec<(WeaponId, WeaponId)>,
    /// Where the receipt that goes back is written
    #[arg(long, value_name = "FILE")]
    out: Option<PathBuf>,
    #[command(flatten)]
    signed: Signed,
}

/// A crate that is turned away
#[derive(Debug, Args)]
pub struct Reject {
    /// Its document's file
    #[arg(long, value_name = "FILE")]
    document: PathBuf,
    /// Why
    #[arg(long)]
    why: String,
    /// Where the receipt that goes back is written
    #[arg(long, value_name = "FILE")]
    out: Option<PathBuf>,
    #[command(flatten)]
    signed: Signed,
}

impl Arrive {
    pub(super) fn asking(self) -> Result<(transfer::Act, Signed), Failure> {
        let document = Box::new(paper(&self.document)?);
        Ok((transfer::Act::Arrive { document }, self.signed))
    }
}

impl Check {
    pub(super) fn asking(self) -> Result<(transfer::Act, Signed), Failure> {
        let (from, transfer) = (StationId::new(self.from), self.transfer);
        let seen = texts(self.seen, self.list)?;
        Ok((transfer::Act::Check { from, transfer, seen }, self.signed))
    }
}

impl Receive {
    pub(super) fn asking(self) -> Result<(transfer::Act, Signed), Failure> {
        let arrival = Arrival {
            document: self.document.as_deref().map(paper).transpose()?,
            from: self.from.map(StationId::new),
            transfer: self.transfer,
            counted: self.counted,
            seen: texts(self.seen, self.list)?,
            seals: self.seal,
            renamed: self.renamed.into_iter().collect::<BTreeMap<_, _>>(),
        };
        Ok((transfer::Act::Receive(Box::new(arrival)), self.signed))
    }

    /// The receipt that is written afterwards.
    pub(super) fn receipt(&self) -> Option<Document> {
        let out = Some(self.out.clone()?);
        match &self.document {
            Some(document) => of_document(document, out),
            None => Some(Document {
                transfer: self.transfer.clone()?,
                from: self.from.clone().map(StationId::new),
                out,
            }),
        }
    }
}

impl Reject {
    pub(super) fn asking(self) -> Result<(transfer::Act, Signed), Failure> {
        let document = Box::new(paper(&self.document)?);
        Ok((transfer::Act::Reject { document, why: self.why }, self.signed))
    }

    /// The receipt that is written afterwards.
    pub(super) fn receipt(&self) -> Option<Document> {
        of_document(&self.document, Some(self.out.clone()?))
    }
}

/// The receipt for what that document announces.
fn of_document(document: &std::path::Path, out: Option<PathBuf>) -> Option<Document> {
    let transfer::Dispatch { transfer, from, .. } = paper(document).ok()?.content;
    Some(Document { transfer, from: Some(from), out })
}

/// Reads `A1042=B7`.
fn renamed(text: &str) -> Result<(WeaponId, WeaponId), String> {
    match text.split_once('=') {
        Some((theirs, ours)) if !theirs.is_empty() && !ours.is_empty() => {
            Ok((WeaponId::from(theirs), WeaponId::from(ours)))
        }
        _ => Err(format!("{text:?} renames nothing: write THEIRS=OURS")),
    }
}

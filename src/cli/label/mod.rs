//! `armoury label`: marks, badges, slot labels and command cards, printed so that this station reads them again.
//!
//! Printing changes nothing. Only `--enrol` enters something: a fresh house code for whatever has none yet, and before
//! the label is written, because a label that the book does not know would be stopped at the desk.

mod print;
mod what;

use std::path::PathBuf;

use clap::{Args, Subcommand, ValueEnum};

use super::Failure;
use super::place::Place;
use crate::label::{Dpi, LabelError, Paper, Size};
use armoury_hardware::symbol::Symbology;

/// Labels to print
#[derive(Debug, Subcommand)]
pub enum LabelCommand {
    /// Marks for weapons: the mark in the book, never a name, a serial number or a model
    Weapon(Things),
    /// Badges for people
    Person(People),
    /// Labels for the homes on the wall, named RACK/SLOT
    Slot(Slots),
    /// Command cards: issue, return, auto, ok, cancel, repeat, ack, call-supervisor
    Card(Cards),
}

/// Which of those in the book
#[derive(Debug, Args)]
#[group(required = true, multiple = false)]
pub struct Which {
    /// Their ids
    #[arg(value_name = "ID")]
    ids: Vec<String>,
    /// All of them; of weapons those that are neither destroyed nor elsewhere, of people those without a radio card
    #[arg(long)]
    all: bool,
}

/// Labels for what is in the book
#[derive(Debug, Args)]
pub struct Things {
    #[command(flatten)]
    which: Which,
    /// Make a house code for each that has none, and enter it in the book
    #[arg(long)]
    enrol: bool,
    /// Print the armoury's own number on the label too; without it, it stands only beside the label on a sheet
    #[arg(long)]
    show_id: bool,
    #[command(flatten)]
    place: Place,
    #[command(flatten)]
    how: How,
}

/// Badges
#[derive(Debug, Args)]
pub struct People {
    #[command(flatten)]
    things: Things,
    /// Print rank and name too
    #[arg(long)]
    name: bool,
}

/// Labels for homes
#[derive(Debug, Args)]
pub struct Slots {
    #[command(flatten)]
    which: Which,
    #[command(flatten)]
    place: Place,
    #[command(flatten)]
    how: How,
}

/// Command cards
#[derive(Debug, Args)]
pub struct Cards {
    #[command(flatten)]
    which: Which,
    #[command(flatten)]
    how: How,
}

/// How to print
#[derive(Debug, Args)]
pub struct How {
    /// One label as a drawing, a label printer's language, or a page of many to cut
    #[arg(long, value_enum, default_value = "svg")]
    format: Format,
    /// The kind of symbol: qr or datamatrix
    #[arg(long, value_enum, default_value = "qr")]
    symbol: Symbol,
    /// The printer's dots per inch: 203, 300 or 600; by default 203 for zpl and 600 for the others
    #[arg(long, value_name = "DPI", value_parser = dpi)]
    dpi: Option<Dpi>,
    /// What a module of the symbol should measure, in millimetres; left out, as large as there is room, up to 1
    #[arg(long, value_name = "MM", value_parser = crate::label::length)]
    module_mm: Option<u32>,
    /// The label, in millimetres; by default 50x25, and 85x54 for badges and cards
    #[arg(long, value_name = "WxH")]
    size: Option<Size>,
    /// The paper of an html page
    #[arg(long, value_enum, default_value = "a4")]
    paper: PaperName,
    /// Where to write it; - is standard output
    #[arg(long, value_name = "FILE", default_value = "-")]
    out: PathBuf,
}

/// The formats.
#[derive(Debug, Clone, Copy, PartialEq, Eq, ValueEnum)]
enum Format {
    Svg,
    Zpl,
    Html,
}

/// The symbols that have modules.
#[derive(Debug, Clone, Copy, PartialEq, Eq, ValueEnum)]
enum Symbol {
    Qr,
    #[value(name = "datamatrix", alias = "data_matrix")]
    DataMatrix,
}

impl Symbol {
    fn symbology(self) -> Symbology {
        match self {
            Self::Qr => Symbology::Qr,
            Self::DataMatrix => Symbology::DataMatrix,
        }
    }
}

/// The papers.
#[derive(Debug, Clone, Copy, PartialEq, Eq, ValueEnum)]
enum PaperName {
    A4,
    Letter,
}

impl PaperName {
    fn paper(self) -> Paper {
        match self {
            Self::A4 => Paper::A4,
            Self::Letter => Paper::Letter,
        }
    }
}

/// The marks of weapons that were just bound, into a file whose ending says the format. One that has no mark gets a
/// house code.
pub(super) fn after_binding(ids: Vec<String>, place: Place, file: &std::path::Path) -> Result<u8, Failure> {
    let format = match file.extension().and_then(|ending| ending.to_str()) {
        Some("svg") => Format::Svg,
        Some("zpl") => Format::Zpl,
        Some("html") => Format::Html,
        _ => {
            return Err(Failure::usage(format!(
                "print into {}: name it .svg, .zpl or .html",
                file.display()
            )));
        }
    };
    let how = How {
        format,
        symbol: Symbol::Qr,
        dpi: None,
        module_mm: None,
        size: None,
        paper: PaperName::A4,
        out: file.to_owned(),
    };
    what::weapons(Things { which: Which { ids, all: false }, enrol: true, show_id: false, place, how })
}

fn dpi(text: &str) -> Result<Dpi, String> {
    let found = text.parse().ok().and_then(Dpi::from_number);
    found.ok_or_else(|| "label and laser printers have 203, 300 or 600".to_owned())
}

impl LabelCommand {
    pub(super) fn carry_out(self) -> Result<u8, Failure> {
        match self {
            Self::Weapon(things) => what::weapons(things),
            Self::Person(people) => what::people(people),
            Self::Slot(slots) => what::slots(slots),
            Self::Card(cards) => what::cards(cards),
        }
    }
}

impl From<LabelError> for Failure {
    fn from(error: LabelError) -> Self {
        Self::refused(error.to_string())
    }
}

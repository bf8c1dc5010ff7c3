//! From labels to a document: laid out, read back, entered, and only then written.

use std::io::{BufWriter, Write};
use std::os::unix::fs::OpenOptionsExt;
use std::path::Path;

use armoury_hardware::symbol::{Effort, SymbolReader};

use super::{Failure, Format, How};
use crate::cli::exit;
use crate::cli::place::Place;
use crate::identity::mark::{excerpt, printable};
use crate::label::{Dpi, Label, LabelError, Placed, Sheet, Size, Stock, millimetres, svg, zpl};
use crate::station::protocol::Ask;

/// Pixels a module has when a symbol is read back: what a camera should have (`hardware/README.md`, Picture).
const PROOF_PX: u32 = 5;

/// Pixels a camera has across (`hardware/README.md`, Picture).
const CAMERA_PX: u32 = 1280;

/// What is to be printed.
pub(super) struct Job<'p> {
    /// The labels.
    pub labels: Vec<Label>,
    /// What has to be in the book before they are, and where that is.
    pub enrol: Option<(Ask, &'p Place)>,
}

/// Prints, or refuses before anything was entered or written.
pub(super) fn print(how: &How, usual: Size, job: Job<'_>) -> Result<u8, Failure> {
    let Job { labels, enrol } = job;
    let press = Press::new(how, usual, labels.len())?;
    let smallest = press.proof(&labels)?;
    let entered = enrol.is_some();
    if let Some((ask, place)) = enrol {
        place.change(ask)?;
    }
    press.write(&how.out, &labels).map_err(|failure| match entered {
        // The codes are in the book now: the same command prints them.
        true => Failure {
            text: format!("{}; the new codes are in the book: give the command again", failure.text),
            ..failure
        },
        false => failure,
    })?;
    for label in &labels {
        let said = format!("{:<12} {}", printable(&label.caption), printable(&label.code));
        eprintln!("{}", said.trim_start());
    }
    eprintln!("{}", told(labels.len(), &press.stock.dpi, smallest));
    Ok(exit::DONE)
}

/// A format with what it needs. Labels go through it one sheet at a time, because a whole armoury's would not fit
/// into memory.
struct Press {
    stock: Stock,
    format: Bed,
}

/// What is drawn at a time.
enum Bed {
    Svg,
    Zpl,
    Html(Sheet),
}

impl Press {
    fn new(how: &How, usual: Size, labels: usize) -> Result<Self, Failure> {
        let [coarse, .., fine] = Dpi::ALL;
        let stock = Stock {
            size: how.size.unwrap_or(usual),
            dpi: how.dpi.unwrap_or(if how.format == Format::Zpl { coarse } else { fine }),
            symbology: how.symbol.symbology(),
            module_um: how.module_mm,
        };
        let format = match (how.format, labels) {
            (_, 0) => return Err(Failure::refused("print labels: there is nothing to print")),
            (Format::Svg, 1) => Bed::Svg,
            (Format::Svg, _) => {
                return Err(Failure::usage(format!(
                    "print {labels} labels as svg, which holds one: take --format html for sheets to cut, or zpl for a label printer"
                )));
            }
            (Format::Zpl, _) => Bed::Zpl,
            (Format::Html, _) => Bed::Html(Sheet::new(how.paper.paper(), stock.size, stock.dpi)?),
        };
        Ok(Self { stock, format })
    }

    /// Labels that are drawn together.
    fn at_a_time(&self) -> usize {
        match &self.format {
            Bed::Svg | Bed::Zpl => 1,
            Bed::Html(sheet) => sheet.labels(),
        }
    }

    fn placed(&self, labels: &[Label]) -> Result<Vec<Placed>, Failure> {
        let place = |label: &Label| label.place(&self.stock).map_err(|error| refused(&label.caption, &error));
        labels.iter().map(place).collect()
    }

    fn drawn(&self, placed: &[Placed]) -> Result<String, Failure> {
        let format = |label: &Placed| zpl(label).map_err(|error| refused(&label.caption, &error));
        match &self.format {
            Bed::Svg => Ok(placed.iter().map(svg).collect()),
            Bed::Zpl => placed.iter().map(format).collect(),
            Bed::Html(sheet) => Ok(sheet.page(placed)),
        }
    }

    /// Goes through everything without writing it, so that nothing is entered that cannot be printed. Answers with the
    /// dots of the smallest module.
    fn proof(&self, labels: &[Label]) -> Result<u32, Failure> {
        let mut reader = SymbolReader::new();
        let mut smallest = u32::MAX;
        for labels in labels.chunks(self.at_a_time()) {
            let placed = self.placed(labels)?;
            self.drawn(&placed)?;
            for label in &placed {
                read_back(label, &mut reader)?;
                smallest = smallest.min(label.module);
            }
        }
        Ok(smallest)
    }

    fn write(&self, out: &Path, labels: &[Label]) -> Result<(), Failure> {
        let fail = |error: std::io::Error| Failure::absent(format!("write {}: {error}", out.display()));
        let mut writer = BufWriter::new(opened(out).map_err(fail)?);
        let (head, foot) = match &self.format {
            Bed::Html(sheet) => (sheet.head(), sheet.foot()),
            Bed::Svg | Bed::Zpl => (String::new(), ""),
        };
        let pages = labels.chunks(self.at_a_time()).map(|labels| self.drawn(&self.placed(labels)?));
        for piece in [Ok(head)].into_iter().chain(pages).chain([Ok(foot.to_owned())]) {
            match writer.write_all(piece?.as_bytes()) {
                Err(error) if wants_no_more(&error, out) => return Ok(()),
                written => written.map_err(fail)?,
            }
        }
        match writer.flush() {
            Err(error) if wants_no_more(&error, out) => Ok(()),
            written => written.map_err(fail),
        }
    }
}

/// Of many labels one is in the way: which.
fn refused(caption: &str, error: &LabelError) -> Failure {
    let whose =
        if caption.is_empty() { String::new() } else { format!(" (the label of {})", excerpt(caption)) };
    Failure::refused(format!("{error}{whose}"))
}

/// Whoever has closed standard output wants no more of it.
fn wants_no_more(error: &std::io::Error, out: &Path) -> bool {
    error.kind() == std::io::ErrorKind::BrokenPipe && is_stdout(out)
}

fn is_stdout(out: &Path) -> bool {
    out == Path::new("-")
}

/// Where the document goes. A badge is a key: a new file is its owner's alone.
fn opened(out: &Path) -> std::io::Result<Box<dyn Write>> {
    if is_stdout(out) {
        return Ok(Box::new(std::io::stdout().lock()));
    }
    let file = std::fs::OpenOptions::new().write(true).create(true).truncate(true).mode(0o600).open(out)?;
    Ok(Box::new(file))
}

/// Everything that is printed is read first, by the reader that stands at the desk.
fn read_back(label: &Placed, reader: &mut SymbolReader) -> Result<(), Failure> {
    let modules = &label.modules;
    let picture = modules.picture(PROOF_PX).map_err(LabelError::from)?;
    let result = reader.read(&picture, Effort::Full, &[modules.symbology()]);
    if matches!(result.codes.as_slice(), [code] if code.text == modules.text()) {
        return Ok(());
    }
    Err(Failure::refused(format!(
        "print {:?}: our own reader does not read it back as it is; take the other --symbol, or a code of plain letters and digits",
        excerpt(modules.text())
    )))
}

/// How many were printed, and from how far a camera reads them.
fn told(labels: usize, dpi: &Dpi, smallest: u32) -> String {
    let module_um = dpi.length_um(smallest);
    let labels = if labels == 1 { "1 label".to_owned() } else { format!("{labels} labels") };
    let field_mm = CAMERA_PX / PROOF_PX * module_um / 1000;
    format!(
        "{labels}: modules of {} mm, {smallest} dots at {dpi} dpi; a camera of {CAMERA_PX} pixels reads them over a field of {field_mm} mm",
        millimetres(module_um)
    )
}

//! Labels: a text as a symbol and a line that people can read, laid out in the printer's own dots. Values go in,
//! documents come out; nothing is opened or written here, and what is refused is refused with its numbers.
//!
//! | File | Is |
//! |---|---|
//! | `size` | millimetres, dots, label sizes, paper |
//! | `layout` | where symbol and letters stand: a module is a whole number of dots, so that no row is wider than another |
//! | `svg` | one label as SVG |
//! | `zpl` | one label for a label printer |
//! | `sheet` | many labels on A4 or Letter: one HTML page that needs nothing else |
//! | `letters` | letters as dots, for printers whose own we do not know |

mod layout;
mod letters;
mod sheet;
mod size;
mod svg;
mod zpl;

pub use layout::{Placed, Row};
pub use sheet::Sheet;
pub use size::{Dpi, MODULE_MIN_DOTS, MODULE_MIN_UM, Paper, Size, TEXT_MIN_UM, length, millimetres};
pub use svg::svg;
pub use zpl::zpl;

use armoury_hardware::symbol::{Modules, PictureError, Symbology};

use crate::identity::mark::printable;

/// What a label says.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Label {
    /// What the symbol holds.
    pub code: String,
    /// What people read, line by line.
    pub lines: Vec<String>,
    /// What stands beside the label on a sheet and is cut off: which thing it belongs on.
    pub caption: String,
}

/// What it is printed on, and by what.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Stock {
    /// The label.
    pub size: Size,
    /// The printer's dots.
    pub dpi: Dpi,
    /// The kind of symbol, QR or Data Matrix.
    pub symbology: Symbology,
    /// The module that is wanted, in micrometres; none takes the largest that has room.
    pub module_um: Option<u32>,
}

impl Label {
    /// Lays the label out.
    ///
    /// # Errors
    /// What cannot be printed so that it can be read.
    pub fn place(&self, stock: &Stock) -> Result<Placed, LabelError> {
        let modules = Modules::of(&self.code, stock.symbology)?;
        let lines: Vec<String> =
            self.lines.iter().map(|line| clean(line)).filter(|line| !line.is_empty()).collect();
        layout::place(modules, &lines, clean(&self.caption), stock)
    }
}

/// A text in which nothing is left that a printer or a browser could take for more than a letter. Characters that no
/// XML may hold are replaced as control characters are.
fn clean(text: &str) -> String {
    let fit = |c: char| if u32::from(c) & 0xfffe == 0xfffe { char::REPLACEMENT_CHARACTER } else { c };
    printable(text).trim().chars().map(fit).collect()
}

/// Why a label is not printed.
#[derive(Debug, thiserror::Error)]
pub enum LabelError {
    /// No size.
    #[error("read the size {0:?}: write WIDTHxHEIGHT in millimetres, each from 5 to 300, such as 50x25")]
    Size(String),
    /// No length.
    #[error("read the length {0:?}: write millimetres from 0.01 to 300, such as 0.5")]
    Length(String),
    /// The symbol cannot hold the text.
    #[error(transparent)]
    Symbol(#[from] PictureError),
    /// Modules that no camera makes out.
    #[error(
        "print modules of {} mm: at {dpi} dpi that is {dots} dots of {} mm, and the least that reads is {} dots of {} mm; take a larger --module-mm, or a printer with more dots",
        millimetres(*wanted_um), millimetres(dpi.length_um(*dots)), least_dots, millimetres(dpi.length_um(*least_dots))
    )]
    ModuleTooSmall {
        /// Asked for.
        wanted_um: u32,
        /// The printer.
        dpi: Dpi,
        /// What it comes to.
        dots: u32,
        /// What it must come to.
        least_dots: u32,
    },
    /// The symbol has no room.
    #[error(
        "print {code:?}: its {across} x {down} modules of {} mm with quiet zones and margins need {} x {} mm, and the label has {size}; take a larger --size, a smaller --module-mm or more --dpi",
        millimetres(*module_um), millimetres(needs_um.0), millimetres(needs_um.1)
    )]
    SymbolTooLarge {
        /// The text of the symbol, or its beginning.
        code: String,
        /// Modules a row.
        across: u32,
        /// Rows.
        down: u32,
        /// The module tried, the smallest allowed.
        module_um: u32,
        /// Room it takes.
        needs_um: (u32, u32),
        /// Room there is.
        size: Size,
    },
    /// The letters have no room.
    #[error(
        "print {text:?}: {letters} letters of {} mm, the smallest that people read, do not fit beside or below a symbol of {} x {} mm on a label of {size}; take a larger --size, or a smaller --module-mm",
        millimetres(*letter_um), millimetres(symbol_um.0), millimetres(symbol_um.1)
    )]
    TextTooLong {
        /// The lines, or their beginning.
        text: String,
        /// How many letters.
        letters: usize,
        /// Their height.
        letter_um: u32,
        /// The symbol with its quiet zone.
        symbol_um: (u32, u32),
        /// Room there is.
        size: Size,
    },
    /// A letter that is not known as dots.
    #[error(
        "print {text:?} on a label printer: there are no dots for {letter:?}; take --format svg or html, whose letters are the computer's"
    )]
    NoDots {
        /// The letter.
        letter: char,
        /// The line it stands in.
        text: String,
    },
    /// More dots than a label printer takes.
    #[error("print a label of {size} at {dpi} dpi: a row of {bytes} bytes is more than the printer's {most}")]
    RowTooLong {
        /// The label.
        size: Size,
        /// The printer.
        dpi: Dpi,
        /// Needed.
        bytes: u32,
        /// Possible.
        most: u32,
    },
    /// The label is larger than the paper.
    #[error("print labels of {size} on {paper}: between its margins it has {room}; take a smaller --size")]
    PaperTooSmall {
        /// The label.
        size: Size,
        /// The paper.
        paper: Paper,
        /// Between the margins.
        room: Size,
    },
}

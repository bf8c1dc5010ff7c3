//! Picture → text.
//!
//! | File | Does |
//! |---|---|
//! | `frame` | [`GreyFrame`]: a grey picture whose size is checked |
//! | `picture` | loads PNG, JPEG and WebP files under limits set before anything is decoded |
//! | `enhance` | what a second look needs: enlarged, reduced, sharpened, thresholded copies |
//! | `areas` | where in a picture a code could lie |
//! | `bars` | Code 128 out of focus, read as a whole |
//! | `shapes` | the characters of Code 128 |
//! | `flatten` | a grid over a code seen at an angle, on cloth or on round stock |
//! | `fit` | that grid moved and bent until it lies on the modules |
//! | `zxing` | the first reader |
//! | `witness` | the second reader, rqrr: says whether it makes the same of a QR code |
//! | `sighting` | how a code lies before the camera: size, tilt, light, sharpness |
//! | `vouched` | which codes the second reader confirmed a moment ago |
//! | `recipe` | in which order the looks are taken, and when to stop |
//! | `fence` | [`SymbolReader`]: the recipe on a thread of its own, with a deadline |
//! | `inspect` | one file, one answer: what `inspect image` prints |
//! | `draw` | the other way: text → picture, for labels, the demo and the tests |
//!
//! A code that cannot be read is no error: the list is empty. Nothing in here waits longer than the reader's patience,
//! panics because of a picture, or opens what a text points to.

mod areas;
mod bars;
mod draw;
mod enhance;
mod fence;
mod fit;
mod flatten;
mod frame;
mod inspect;
mod picture;
mod recipe;
mod shapes;
mod sighting;
mod vouched;
mod witness;
mod zxing;

use std::fmt;

use serde::Serialize;

pub use draw::{Modules, draw};
pub use fence::{Engine, Faults, Finding, SymbolReader, SymbolResult, on_fenced_thread};
pub(crate) use frame::check_size;
pub use frame::{GreyFrame, MAX_PIXELS};
pub use inspect::{Inspected, InspectedCode, inspect_image};
pub(crate) use picture::grey_picture;
pub use picture::{PictureError, load_picture};
pub use recipe::Recipe;
pub use sighting::Sighting;

/// The kinds of printed code the station reads.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, PartialOrd, Ord, Serialize)]
#[serde(rename_all = "snake_case")]
pub enum Symbology {
    /// QR Code, model 1 and 2 (ISO/IEC 18004).
    Qr,
    /// Data Matrix ECC 200 (ISO/IEC 16022).
    DataMatrix,
    /// Code 128 (ISO/IEC 15417).
    #[serde(rename = "code128")]
    Code128,
    /// Code 39 (ISO/IEC 16388), no check character demanded.
    #[serde(rename = "code39")]
    Code39,
}

impl Symbology {
    /// All of them, in the order in which they are looked for.
    pub const ALL: [Self; 4] = [Self::Qr, Self::DataMatrix, Self::Code128, Self::Code39];

    /// The name used in files, in `--json` and on the command line.
    #[must_use]
    pub const fn name(self) -> &'static str {
        match self {
            Self::Qr => "qr",
            Self::DataMatrix => "data_matrix",
            Self::Code128 => "code128",
            Self::Code39 => "code39",
        }
    }

    pub(crate) const fn is_matrix(self) -> bool {
        matches!(self, Self::Qr | Self::DataMatrix)
    }
}

impl fmt::Display for Symbology {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(self.name())
    }
}

/// Which program made the text out of the picture.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, Serialize)]
pub enum Decoder {
    /// zxing-cpp, the first reader, for all kinds.
    #[serde(rename = "zxing-cpp")]
    ZxingCpp,
    /// rqrr, the independent second reader, for QR only.
    #[serde(rename = "rqrr")]
    Rqrr,
}

impl Decoder {
    /// The name used in files and in `--json`.
    #[must_use]
    pub const fn name(self) -> &'static str {
        match self {
            Self::ZxingCpp => "zxing-cpp",
            Self::Rqrr => "rqrr",
        }
    }
}

impl fmt::Display for Decoder {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(self.name())
    }
}

/// One code read in one picture.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct CodeRead {
    /// The content as text. GS1 symbols come without the leading FNC1, later ones are GS (0x1D). May hold control
    /// characters: whoever shows it must make them visible.
    pub text: String,
    /// The content as it was printed, before any guess of a character set.
    pub bytes: Vec<u8>,
    /// The AIM identifier ("]d2" for a GS1 Data Matrix), where the reader gives one.
    pub aim: Option<String>,
    /// The kind of code.
    pub symbology: Symbology,
    /// Who read it.
    pub decoder: Decoder,
    /// Both readers found the same bytes in the same place. Only QR codes can have a witness.
    pub witnessed: bool,
    /// The corners in pixels of the picture, clockwise from the code's own top left.
    pub corners: Option<[(i32, i32); 4]>,
}

/// How hard to look.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Effort {
    /// One cheap look, for each frame of a moving picture.
    Quick,
    /// Everything that helps, for stills and for every fourth frame.
    Full,
}

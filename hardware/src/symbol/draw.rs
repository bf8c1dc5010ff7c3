//! The other way: text → picture.

use zxingcpp::{BarcodeCreator, BarcodeFormat, BarcodeWriter};

use super::Symbology;
use super::frame::{GreyFrame, check_size};
use super::picture::PictureError;

/// Draws a text as a code, with its quiet zone, `module_px` pixels a module.
///
/// # Errors
/// [`PictureError::Draw`] where this kind of code cannot hold the text or `module_px` is 0,
/// [`PictureError::Dimensions`] where the picture would be larger than any that is read.
pub fn draw(text: &str, symbology: Symbology, module_px: u32) -> Result<GreyFrame, PictureError> {
    let (creator, writer) = (zxingcpp::create(format_of(symbology)), zxingcpp::write().add_quiet_zones(true));
    magnified(&written(text, symbology, &creator, &writer)?, module_px, symbology, text)
}

/// The modules of a matrix symbol, one by one and without quiet zone: what a printer is told, which has dots and no
/// pixels.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Modules {
    /// What is written in it.
    text: String,
    symbology: Symbology,
    /// One pixel a module.
    small: GreyFrame,
}

impl Modules {
    /// Writes a text as QR, with level M or a better one where that costs no room, or as a square Data Matrix.
    ///
    /// # Errors
    /// [`PictureError::Draw`] where this kind of code cannot hold the text, or has bars and no modules.
    pub fn of(text: &str, symbology: Symbology) -> Result<Self, PictureError> {
        let options = match symbology {
            Symbology::Qr => "ecLevel=M",
            Symbology::DataMatrix => "forceSquare",
            Symbology::Code128 | Symbology::Code39 => {
                let reason = "it has bars; qr and data_matrix have modules".to_owned();
                return Err(PictureError::Draw { symbology, bytes: text.len(), reason });
            }
        };
        let creator = zxingcpp::create(format_of(symbology)).options(options);
        let writer = zxingcpp::write().add_quiet_zones(false);
        let small = written(text, symbology, &creator, &writer)?;
        Ok(Self { text: text.to_owned(), symbology, small })
    }

    /// What is written in it.
    #[must_use]
    pub fn text(&self) -> &str {
        &self.text
    }

    /// Its kind.
    #[must_use]
    pub fn symbology(&self) -> Symbology {
        self.symbology
    }

    /// Modules a row.
    #[must_use]
    pub fn width(&self) -> u32 {
        self.small.width
    }

    /// Rows.
    #[must_use]
    pub fn height(&self) -> u32 {
        self.small.height
    }

    /// Whether the module in column `x` of row `y` is dark; outside there is nothing dark.
    #[must_use]
    pub fn is_dark(&self, x: u32, y: u32) -> bool {
        let pixel = self.small.pixels.get(self.small.w() * y as usize + x as usize);
        x < self.small.width && pixel.is_some_and(|pixel| *pixel < 128)
    }

    /// Modules that must stay blank on each side: four for QR (ISO/IEC 18004), one for Data Matrix (ISO/IEC 16022), of
    /// which we take two, because print grows and a hand cuts (K: both from knowledge of the standards).
    #[must_use]
    pub fn quiet_modules(&self) -> u32 {
        if self.symbology == Symbology::Qr { 4 } else { 2 }
    }

    /// A picture with the quiet zone, `module_px` pixels a module.
    ///
    /// # Errors
    /// As [`draw`].
    pub fn picture(&self, module_px: u32) -> Result<GreyFrame, PictureError> {
        let quiet = self.quiet_modules() as usize;
        let (width, height) = (self.small.w() + 2 * quiet, self.small.h() + 2 * quiet);
        let mut pixels = vec![u8::MAX; width * height];
        for (row, line) in self.small.rows().zip(pixels.chunks_exact_mut(width).skip(quiet)) {
            line[quiet..quiet + row.len()].copy_from_slice(row);
        }
        magnified(&GreyFrame::derived(width, height, pixels), module_px, self.symbology, &self.text)
    }
}

/// The writer's picture with one pixel a module.
fn written(
    text: &str,
    symbology: Symbology,
    creator: &BarcodeCreator,
    writer: &BarcodeWriter,
) -> Result<GreyFrame, PictureError> {
    let refused = |reason: String| PictureError::Draw { symbology, bytes: text.len(), reason };
    if text.is_empty() {
        return Err(refused("there is no text".into()));
    }
    let code = creator.from_str(text).and_then(|code| code.to_image_with(writer));
    let image = code.map_err(|error| refused(error.to_string()))?;
    let side = |side: i32| u32::try_from(side).map_err(|_| refused("the writer made no picture".into()));
    GreyFrame::new(side(image.width())?, side(image.height())?, image.data())
}

const fn format_of(symbology: Symbology) -> BarcodeFormat {
    match symbology {
        Symbology::Qr => BarcodeFormat::QRCode,
        Symbology::DataMatrix => BarcodeFormat::DataMatrix,
        Symbology::Code128 => BarcodeFormat::Code128,
        Symbology::Code39 => BarcodeFormat::Code39,
    }
}

/// Each pixel as a square; the size is checked before there is a picture of it.
fn magnified(
    small: &GreyFrame,
    factor: u32,
    symbology: Symbology,
    text: &str,
) -> Result<GreyFrame, PictureError> {
    if factor == 0 {
        let reason = "a module needs at least one pixel".to_owned();
        return Err(PictureError::Draw { symbology, bytes: text.len(), reason });
    }
    let width = small.width.saturating_mul(factor);
    let height = small.height.saturating_mul(factor);
    let mut pixels = Vec::with_capacity(check_size(width, height)?);
    for row in small.rows() {
        let start = pixels.len();
        for &pixel in row {
            pixels.resize(pixels.len() + factor as usize, pixel);
        }
        let end = pixels.len();
        for _ in 1..factor {
            pixels.extend_from_within(start..end);
        }
    }
    GreyFrame::new(width, height, pixels)
}

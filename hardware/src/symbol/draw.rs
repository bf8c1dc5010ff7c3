//! The other way: text → picture.

use zxingcpp::BarcodeFormat;

use super::Symbology;
use super::frame::{GreyFrame, check_size};
use super::picture::PictureError;

/// Draws a text as a code, with its quiet zone, `module_px` pixels a module.
///
/// # Errors
/// [`PictureError::Draw`] where this kind of code cannot hold the text or `module_px` is 0,
/// [`PictureError::Dimensions`] where the picture would be larger than any that is read.
pub fn draw(text: &str, symbology: Symbology, module_px: u32) -> Result<GreyFrame, PictureError> {
    let refused = |reason: String| PictureError::Draw { symbology, bytes: text.len(), reason };
    if module_px == 0 {
        return Err(refused("a module needs at least one pixel".into()));
    }
    if text.is_empty() {
        return Err(refused("there is no text".into()));
    }
    let image = zxingcpp::create(format_of(symbology))
        .from_str(text)
        .and_then(|code| code.to_image_with(&zxingcpp::write().scale(1).add_quiet_zones(true)))
        .map_err(|error| refused(error.to_string()))?;
    let side = |side: i32| u32::try_from(side).map_err(|_| refused("the writer made no picture".into()));
    let small = GreyFrame::new(side(image.width())?, side(image.height())?, image.data())?;
    magnified(&small, module_px)
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
fn magnified(small: &GreyFrame, factor: u32) -> Result<GreyFrame, PictureError> {
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

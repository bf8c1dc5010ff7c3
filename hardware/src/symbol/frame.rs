//! The grey picture everything else works on.

use std::path::Path;

use super::picture::PictureError;

/// The largest picture that is looked at: 64 megapixels, above any camera one would put on a desk.
pub const MAX_PIXELS: u64 = 64 * 1000 * 1000;

/// A grey picture, one byte a pixel, rows from the top, no padding; 0 is black.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct GreyFrame {
    /// Pixels a row.
    pub width: u32,
    /// Rows.
    pub height: u32,
    /// `width * height` bytes.
    pub pixels: Vec<u8>,
}

impl GreyFrame {
    /// Makes a frame of pixels that are already there.
    ///
    /// # Errors
    /// [`PictureError::Dimensions`] for an empty or too large picture, [`PictureError::Length`] where the number of
    /// bytes is not width x height.
    pub fn new(width: u32, height: u32, pixels: Vec<u8>) -> Result<Self, PictureError> {
        let frame = Self { width, height, pixels };
        frame.check()?;
        Ok(frame)
    }

    /// Writes the frame as a PNG file, replacing what is there.
    ///
    /// # Errors
    /// [`PictureError::Write`] where the file cannot be written, and what [`GreyFrame::new`] refuses.
    pub fn save_png(&self, path: &Path) -> Result<(), PictureError> {
        self.check()?;
        image::save_buffer_with_format(
            path,
            &self.pixels,
            self.width,
            self.height,
            image::ExtendedColorType::L8,
            image::ImageFormat::Png,
        )
        .map_err(|source| PictureError::Write { path: path.to_path_buf(), source })
    }

    /// The fields are public, so whoever hands bytes to native code asks again.
    pub(crate) fn check(&self) -> Result<(), PictureError> {
        let pixels = check_size(self.width, self.height)?;
        if self.pixels.len() == pixels {
            return Ok(());
        }
        Err(PictureError::Length { width: self.width, height: self.height, bytes: self.pixels.len() })
    }

    /// A frame made by our own arithmetic, where length and size follow from a checked frame.
    pub(crate) fn derived(width: usize, height: usize, pixels: Vec<u8>) -> Self {
        debug_assert_eq!(width * height, pixels.len());
        Self { width: width as u32, height: height as u32, pixels }
    }

    pub(crate) fn w(&self) -> usize {
        self.width as usize
    }

    pub(crate) fn h(&self) -> usize {
        self.height as usize
    }

    pub(crate) fn rows(&self) -> impl Iterator<Item = &[u8]> {
        self.pixels.chunks_exact(self.w())
    }
}

/// The number of pixels, where a picture of this size is looked at at all.
pub(crate) fn check_size(width: u32, height: u32) -> Result<usize, PictureError> {
    let pixels = u64::from(width) * u64::from(height);
    // The native reader counts pixels of a row in 16 bits.
    let side = u32::from(u16::MAX);
    if pixels == 0 || pixels > MAX_PIXELS || width > side || height > side {
        return Err(PictureError::Dimensions { width, height });
    }
    Ok(pixels as usize)
}

//! Loading a picture file, distrusting every byte of it.
//!
//! The size of the file, of the picture and of what decoding will take are all checked before a pixel is decoded, so that
//! a small file that unfolds into gigabytes costs nothing.

use std::fs::File;
use std::io::{self, Cursor, Read};
use std::path::{Path, PathBuf};

use image::{DynamicImage, ImageDecoder, ImageFormat, ImageReader, Limits};
use rustix::fs::OFlags;

use super::frame::{GreyFrame, MAX_PIXELS, check_size};

/// The largest file opened. A phone's 50-megapixel JPEG has 20 MiB.
const MAX_FILE_BYTES: u64 = 40 * 1024 * 1024;

/// The most memory loading one picture may take, file, decoder and result together.
const MAX_LOAD_BYTES: u64 = 256 * 1024 * 1024;

/// What is wrong with a picture. Reads after "failed to load the picture: ".
#[derive(Debug, thiserror::Error)]
#[non_exhaustive]
pub enum PictureError {
    /// The file cannot be opened or read.
    #[error("cannot read {}: {source}", path.display())]
    Read {
        /// Which file.
        path: PathBuf,
        /// Why.
        source: io::Error,
    },
    /// A folder, a pipe, a device.
    #[error("{} is not a file", path.display())]
    NotAFile {
        /// What was named.
        path: PathBuf,
    },
    /// The file is too long to be a photograph.
    #[error("the file has {bytes} bytes, more than the {limit} a picture may have")]
    FileTooLong {
        /// Its length.
        bytes: u64,
        /// The most that is read.
        limit: u64,
    },
    /// Not PNG, JPEG or WebP by its content; the name does not count.
    #[error("this is no picture: only PNG, JPEG and WebP are read")]
    NotAPicture,
    /// Zero, or larger than any camera.
    #[error("a picture of {width} x {height} pixels is not looked at: it must have 1 to {MAX_PIXELS} pixels")]
    Dimensions {
        /// Pixels a row.
        width: u32,
        /// Rows.
        height: u32,
    },
    /// Decoding it would take too much memory.
    #[error(
        "a {width} x {height} picture of this kind needs {needed} bytes to decode, more than {limit}: save it smaller"
    )]
    TooMuchMemory {
        /// Pixels a row.
        width: u32,
        /// Rows.
        height: u32,
        /// What decoding would take.
        needed: u64,
        /// What it may take.
        limit: u64,
    },
    /// The end is missing: still being written, or cut.
    #[error("the picture breaks off before its end: it is still being written, or was cut")]
    Truncated,
    /// The content contradicts itself.
    #[error("the picture is damaged: {source}")]
    Damaged {
        /// What the decoder says.
        source: image::ImageError,
    },
    /// The pixels do not fill the picture.
    #[error("{bytes} bytes do not make a picture of {width} x {height} pixels")]
    Length {
        /// Pixels a row.
        width: u32,
        /// Rows.
        height: u32,
        /// How many bytes there are.
        bytes: usize,
    },
    /// The picture cannot be written.
    #[error("cannot write {}: {source}", path.display())]
    Write {
        /// Which file.
        path: PathBuf,
        /// Why.
        source: image::ImageError,
    },
    /// The text cannot be drawn as this kind of code.
    #[error("cannot draw a text of {bytes} bytes as {symbology}: {reason}")]
    Draw {
        /// The kind of code.
        symbology: super::Symbology,
        /// How long the text is.
        bytes: usize,
        /// What the writer says.
        reason: String,
    },
}

/// Loads a PNG, JPEG or WebP file as grey picture; transparent parts lie on white.
///
/// # Errors
/// [`PictureError`]; a file that is still being written is [`PictureError::Truncated`] or [`PictureError::Damaged`].
pub fn load_picture(path: impl AsRef<Path>) -> Result<GreyFrame, PictureError> {
    grey_picture(&read_file(path.as_ref())?)
}

/// The grey picture in the bytes of a PNG, JPEG or WebP file.
pub(crate) fn grey_picture(bytes: &[u8]) -> Result<GreyFrame, PictureError> {
    let format = image::guess_format(bytes).map_err(|_| PictureError::NotAPicture)?;
    let jpeg = match format {
        ImageFormat::Jpeg => Some(JpegShape::of(bytes)),
        ImageFormat::Png | ImageFormat::WebP => None,
        _ => return Err(PictureError::NotAPicture),
    };
    if jpeg.as_ref().is_some_and(|shape| !shape.complete) {
        // The decoder would fill the missing part with grey and call it a picture.
        return Err(PictureError::Truncated);
    }
    decode(bytes, format, jpeg)
}

fn read_file(path: &Path) -> Result<Vec<u8>, PictureError> {
    let failed = |source| PictureError::Read { path: path.to_path_buf(), source };
    // Not blocking, or a named pipe among the pictures would hold the camera for ever.
    let descriptor = rustix::fs::open(
        path,
        OFlags::RDONLY | OFlags::NONBLOCK | OFlags::CLOEXEC,
        rustix::fs::Mode::empty(),
    )
    .map_err(|errno| failed(errno.into()))?;
    let file = File::from(descriptor);
    let metadata = file.metadata().map_err(failed)?;
    if !metadata.is_file() {
        return Err(PictureError::NotAFile { path: path.to_path_buf() });
    }
    let too_long = |bytes| PictureError::FileTooLong { bytes, limit: MAX_FILE_BYTES };
    if metadata.len() > MAX_FILE_BYTES {
        return Err(too_long(metadata.len()));
    }
    let mut bytes = Vec::new();
    // One byte more than allowed, so that a file that grows meanwhile is noticed.
    file.take(MAX_FILE_BYTES + 1).read_to_end(&mut bytes).map_err(failed)?;
    if bytes.len() as u64 > MAX_FILE_BYTES {
        return Err(too_long(bytes.len() as u64));
    }
    Ok(bytes)
}

fn decode(bytes: &[u8], format: ImageFormat, jpeg: Option<JpegShape>) -> Result<GreyFrame, PictureError> {
    let mut limits = Limits::no_limits();
    limits.max_image_width = Some(u32::from(u16::MAX));
    limits.max_image_height = Some(u32::from(u16::MAX));
    limits.max_alloc = Some(MAX_LOAD_BYTES);
    let mut reader = ImageReader::with_format(Cursor::new(bytes), format);
    reader.limits(limits);
    let decoder = reader.into_decoder().map_err(damaged)?;
    let (width, height) = decoder.dimensions();
    let pixels = check_size(width, height)? as u64;
    let needed = memory_needed(pixels, decoder.total_bytes(), bytes.len() as u64, format, jpeg);
    if needed > MAX_LOAD_BYTES {
        return Err(PictureError::TooMuchMemory { width, height, needed, limit: MAX_LOAD_BYTES });
    }
    let picture = DynamicImage::from_decoder(decoder).map_err(damaged)?;
    GreyFrame::new(width, height, grey(picture))
}

/// A careful estimate: the decoders do not count their own working memory.
fn memory_needed(pixels: u64, decoded: u64, file: u64, format: ImageFormat, jpeg: Option<JpegShape>) -> u64 {
    let working = match (format, jpeg) {
        // A progressive JPEG is kept as coefficients, two bytes for each of up to three components, until the last scan.
        (ImageFormat::Jpeg, Some(shape)) if shape.progressive => file + pixels * 6,
        (ImageFormat::Jpeg, _) => file,
        // The WebP decoder holds one picture of four bytes a pixel beside the result.
        (ImageFormat::WebP, _) => pixels * 4,
        _ => 0,
    };
    // A grey picture is handed on without a copy; counting the copy all the same keeps the sum simple.
    file.saturating_add(decoded).saturating_add(pixels).saturating_add(working)
}

fn damaged(source: image::ImageError) -> PictureError {
    if let image::ImageError::IoError(error) = &source
        && error.kind() == io::ErrorKind::UnexpectedEof
    {
        return PictureError::Truncated;
    }
    PictureError::Damaged { source }
}

/// Grey by the weights of ITU-R BT.709, as the `image` crate uses them; transparent parts lie on white, because a label
/// with a transparent ground is meant for paper.
fn grey(picture: DynamicImage) -> Vec<u8> {
    match picture {
        DynamicImage::ImageLuma8(picture) => picture.into_raw(),
        DynamicImage::ImageLumaA8(picture) => {
            picture.as_raw().chunks_exact(2).map(|p| on_white(p[0], p[1])).collect()
        }
        DynamicImage::ImageRgb8(picture) => picture.as_raw().chunks_exact(3).map(luma).collect(),
        DynamicImage::ImageRgba8(picture) => {
            picture.as_raw().chunks_exact(4).map(|p| on_white(luma(p), p[3])).collect()
        }
        DynamicImage::ImageLumaA16(picture) => {
            picture.as_raw().chunks_exact(2).map(|p| on_white(high(p[0]), high(p[1]))).collect()
        }
        DynamicImage::ImageRgba16(picture) => picture
            .as_raw()
            .chunks_exact(4)
            .map(|p| on_white(luma(&[high(p[0]), high(p[1]), high(p[2])]), high(p[3])))
            .collect(),
        other => other.into_luma8().into_raw(),
    }
}

fn high(sample: u16) -> u8 {
    (sample >> 8) as u8
}

fn luma(rgb: &[u8]) -> u8 {
    let sum = 2126 * u32::from(rgb[0]) + 7152 * u32::from(rgb[1]) + 722 * u32::from(rgb[2]);
    (sum / 10_000) as u8
}

fn on_white(grey: u8, alpha: u8) -> u8 {
    let (grey, alpha) = (u32::from(grey), u32::from(alpha));
    ((grey * alpha + 255 * (255 - alpha)) / 255) as u8
}

/// What the markers of a JPEG file say about it (ITU-T T.81 annex B).
struct JpegShape {
    progressive: bool,
    complete: bool,
}

impl JpegShape {
    /// Walks the segments up to the first scan, so that a preview inside a segment is not taken for the picture.
    fn of(bytes: &[u8]) -> Self {
        let mut progressive = false;
        let mut at = 2;
        while let Some(&[0xFF, marker, high, low]) = bytes.get(at..at + 4) {
            match marker {
                0xFF => {
                    at += 1; // fill byte
                    continue;
                }
                0xC2 | 0xC6 | 0xCA | 0xCE => progressive = true,
                0xDA => {
                    // Inside a scan 0xFF is always followed by 0 or a restart number: this pair is the end.
                    let complete = bytes[at..].windows(2).any(|pair| pair == [0xFF, 0xD9]);
                    return Self { progressive, complete };
                }
                _ => {}
            }
            at += 2 + usize::from(u16::from_be_bytes([high, low]));
        }
        Self { progressive, complete: false }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_preview_inside_a_segment_is_not_the_end_of_the_picture() {
        let mut bytes = vec![0xFF, 0xD8, 0xFF, 0xE1, 0x00, 0x06, 0xFF, 0xD8, 0xFF, 0xD9];
        bytes.extend([0xFF, 0xC2, 0x00, 0x02, 0xFF, 0xDA, 0x00, 0x02, 0x11, 0x22]);
        let cut = JpegShape::of(&bytes);
        assert!(cut.progressive && !cut.complete);
        bytes.extend([0xFF, 0xD9]);
        assert!(JpegShape::of(&bytes).complete);
    }

    #[test]
    fn transparent_black_is_white_paper() {
        assert_eq!(on_white(0, 0), 255);
        assert_eq!(on_white(0, 255), 0);
        assert_eq!(luma(&[255, 255, 255]), 255);
    }

    #[test]
    fn a_progressive_jpeg_is_held_to_a_smaller_size() {
        let shape = |progressive| Some(JpegShape { progressive, complete: true });
        let pixels = 30_000_000;
        let plain = memory_needed(pixels, pixels * 3, 10, ImageFormat::Jpeg, shape(false));
        let progressive = memory_needed(pixels, pixels * 3, 10, ImageFormat::Jpeg, shape(true));
        assert!(plain <= MAX_LOAD_BYTES && progressive > MAX_LOAD_BYTES);
    }
}

//! The second reader: rqrr, an independent program for QR codes.
//!
//! It panics on some pictures and has no bound on its time, so it gets at most one megapixel, its panics are caught
//! here, and the whole runs inside the fence, whose deadline covers the rest.

use std::panic::{AssertUnwindSafe, catch_unwind};

use rqrr::PreparedImage;
use zxingcpp::BarcodeFormat;

use super::frame::GreyFrame;
use super::zxing::latin1;
use super::{CodeRead, Decoder, Symbology, enhance};

/// The most that is handed to rqrr in one piece.
const MAX_PIXELS: usize = 1_000_000;

/// A crop up to this size is enlarged: with fewer than about three pixels a module rqrr finds no finder.
const SMALL_CROP: usize = 160 * 160;

/// More grids than a rack of labels shows are not codes but texture.
const MAX_GRIDS: usize = 16;

/// Whether the second reader finds the same bytes where the first one found a code.
pub(crate) fn confirms(picture: &GreyFrame, read: &CodeRead, inverted: bool) -> bool {
    let Some(corners) = read.corners else {
        return false;
    };
    let mut crop = around(picture, corners);
    if inverted {
        crop = enhance::inverted(&crop);
    }
    if crop.pixels.len() <= SMALL_CROP {
        crop = enhance::enlarged(&crop);
    }
    let agrees = |crop: &GreyFrame| testify(crop).iter().any(|code| code.bytes == read.bytes);
    agrees(&crop) || agrees(&enhance::otsu(&crop))
}

/// Everything the second reader finds in a picture by its own means; nothing where it panics.
pub(crate) fn testify(picture: &GreyFrame) -> Vec<CodeRead> {
    let factor = reduction(picture);
    let reduced = (factor > 1).then(|| enhance::reduced(picture, factor));
    let frame = reduced.as_ref().unwrap_or(picture);
    // A panic was told by the fence's hook; the first reader's findings must not be lost with it.
    let grids = catch_unwind(AssertUnwindSafe(|| grids(frame))).unwrap_or_default();
    grids.into_iter().filter_map(|grid| code(grid, factor as i32)).collect()
}

type GridBytes = (Vec<u8>, [(i32, i32); 4]);

fn grids(frame: &GreyFrame) -> Vec<GridBytes> {
    let mut prepared =
        PreparedImage::prepare_from_greyscale(frame.w(), frame.h(), |x, y| frame.pixels[y * frame.w() + x]);
    let mut found = Vec::new();
    for grid in prepared.detect_grids().into_iter().take(MAX_GRIDS) {
        let mut bytes = Vec::new();
        if grid.decode_to(&mut bytes).is_ok() {
            found.push((bytes, grid.bounds.map(|p| (p.x, p.y))));
        }
    }
    found
}

fn code((bytes, corners): GridBytes, factor: i32) -> Option<CodeRead> {
    if bytes.is_empty() {
        return None;
    }
    let scaled = |v: i32| v.saturating_mul(factor);
    Some(CodeRead {
        text: text(&bytes),
        bytes,
        aim: None,
        symbology: Symbology::Qr,
        decoder: Decoder::Rqrr,
        witnessed: false,
        corners: Some(corners.map(|(x, y)| (scaled(x), scaled(y)))),
    })
}

/// UTF-8 where it is UTF-8, else Shift-JIS where it looks like it, else Latin-1: the order in which zxing-cpp guesses, so
/// that both readers give the same text for the same bytes.
fn text(bytes: &[u8]) -> String {
    if let Ok(text) = std::str::from_utf8(bytes) {
        return text.to_owned();
    }
    if looks_like_shift_jis(bytes)
        && let Some(text) = shift_jis(bytes)
    {
        return text;
    }
    latin1(bytes)
}

/// Whether bytes are well-formed Shift-JIS (JIS X 0208 annex 1) and either hold three such characters in a row or bytes
/// that Latin-1 does not use.
fn looks_like_shift_jis(bytes: &[u8]) -> bool {
    let (mut run, mut longest, mut not_latin) = (0, 0, false);
    let mut rest = bytes.iter();
    while let Some(&byte) = rest.next() {
        not_latin |= (0x80..0xA0).contains(&byte);
        match byte {
            0x20..=0x7F | b'\n' | b'\r' => run = 0,
            0xA1..=0xDF => run += 1,
            0x81..=0x9F | 0xE0..=0xEF => match rest.next() {
                Some(0x40..=0x7E | 0x80..=0xFC) => run += 1,
                _ => return false,
            },
            _ => return false,
        }
        longest = longest.max(run);
    }
    longest >= 3 || not_latin
}

/// Lets zxing-cpp convert: a code that is told its bytes are Shift-JIS (ECI 20) knows its text.
fn shift_jis(bytes: &[u8]) -> Option<String> {
    let code = zxingcpp::create(BarcodeFormat::QRCode).options("eci=20").from_slice(bytes).ok()?;
    Some(code.text()).filter(|text| code.bytes() == bytes && !text.is_empty())
}

fn reduction(picture: &GreyFrame) -> usize {
    (1_usize..).find(|f| (picture.w() / f) * (picture.h() / f) <= MAX_PIXELS).unwrap_or(1)
}

/// The code with a quiet zone around it; corners outside the picture are cut.
fn around(picture: &GreyFrame, corners: [(i32, i32); 4]) -> GreyFrame {
    let (xs, ys) = (corners.map(|c| i64::from(c.0)), corners.map(|c| i64::from(c.1)));
    let bounds = |v: [i64; 4]| (v.into_iter().min().unwrap_or(0), v.into_iter().max().unwrap_or(0));
    let ((left, right), (top, bottom)) = (bounds(xs), bounds(ys));
    // Four modules of the smallest code (21 modules) are a fifth of its side.
    let margin = ((right - left).max(bottom - top) / 5).max(8);
    let inside = |v: i64| v.max(0) as usize;
    let (left, top) = (inside(left - margin), inside(top - margin));
    let width = inside(right + margin).saturating_sub(left);
    let height = inside(bottom + margin).saturating_sub(top);
    enhance::cropped(picture, left, top, width, height)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn bytes_of_other_character_sets_become_the_text_they_were() {
        assert_eq!(text("Gewehr Nº 7".as_bytes()), "Gewehr Nº 7");
        assert_eq!(text(&[0x83, 0x66, 0x83, 0x55, 0x83, 0x43, 0x83, 0x93]), "デザイン");
        assert_eq!(text(&[b'a', 0xE9, b'b', b'c']), "aébc");
        assert_eq!(text(&[0xFF, 0x00, 0x41]), "\u{ff}\u{0}A");
    }

    #[test]
    fn no_more_than_a_megapixel_is_handed_over() {
        let picture = GreyFrame::derived(3000, 1500, vec![200; 4_500_000]);
        assert_eq!(reduction(&picture), 3);
        assert_eq!(testify(&picture), []);
    }

    #[test]
    fn corners_far_outside_are_cut_to_the_picture() {
        let picture = GreyFrame::derived(10, 10, vec![9; 100]);
        let crop = around(&picture, [(i32::MIN, -5), (i32::MAX, 3), (50, i32::MAX), (-7, 12)]);
        assert_eq!((crop.width, crop.height), (10, 10));
    }
}

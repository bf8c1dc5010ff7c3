//! The first reader: zxing-cpp, called one look at a time.

use zxingcpp::{Barcode, BarcodeFormat, BarcodeReader, ImageFormat, ImageView, TextMode};

use super::frame::GreyFrame;
use super::{CodeRead, Decoder, Symbology};

/// How one look is taken.
#[derive(Debug, Clone, Copy)]
pub(crate) struct Look {
    /// Search every row and every angle, not only the middle rows and the upright.
    pub harder: bool,
    /// Look for light codes on dark ground too.
    pub inverted: bool,
    /// Look at reduced copies too.
    pub reduced: bool,
    /// How many rows must agree on a bar code: the more, the fewer readings out of wood grain and railings.
    pub min_lines: i32,
}

impl Look {
    /// Everything the library offers; other looks differ from it in what they name.
    pub(crate) const THOROUGH: Self = Self { harder: true, inverted: true, reduced: true, min_lines: 2 };
}

/// Where a derived frame lies in the picture it was made of: `picture = frame * scale + offset`.
#[derive(Debug, Clone, Copy)]
pub(crate) struct Place {
    pub scale: f32,
    pub left: i32,
    pub top: i32,
}

impl Place {
    pub(crate) const WHOLE: Self = Self { scale: 1.0, left: 0, top: 0 };

    pub(crate) fn scaled(scale: f32) -> Self {
        Self { scale, ..Self::WHOLE }
    }

    pub(crate) fn point(self, x: i32, y: i32) -> (i32, i32) {
        let map = |v: i32, offset: i32| ((v as f32 * self.scale).round() as i32).saturating_add(offset);
        (map(x, self.left), map(y, self.top))
    }
}

/// A code and what the second reader needs to know about it.
pub(crate) struct Seen {
    pub read: CodeRead,
    /// Light modules on dark ground.
    pub inverted: bool,
}

/// Looks at a frame once. A failure inside the library finds nothing.
pub(crate) fn look(frame: &GreyFrame, wanted: &[Symbology], look: Look, place: Place) -> Vec<Seen> {
    let formats: Vec<BarcodeFormat> = wanted.iter().flat_map(|&s| formats_of(s)).copied().collect();
    if formats.is_empty() {
        // An empty list means "all kinds" to the library.
        return Vec::new();
    }
    let reader = BarcodeReader::new()
        .formats(formats)
        .try_harder(look.harder)
        .try_rotate(look.harder)
        .try_invert(look.inverted)
        .try_downscale(look.reduced)
        .min_line_count(look.min_lines)
        .text_mode(TextMode::Plain);
    let found = ImageView::from_slice(&frame.pixels, frame.width, frame.height, ImageFormat::Lum)
        .and_then(|view| reader.from(view));
    match found {
        Ok(codes) => codes.iter().filter_map(|code| seen(code, place)).collect(),
        Err(error) => {
            tracing::debug!(%error, "zxing-cpp could not look at a frame");
            Vec::new()
        }
    }
}

/// The corners of QR codes and Data Matrix symbols that are there but cannot be decoded, the largest first.
pub(crate) fn undecoded(frame: &GreyFrame, wanted: &[Symbology]) -> Vec<[(i32, i32); 4]> {
    let matrix = wanted.iter().filter(|s| s.is_matrix());
    let formats: Vec<BarcodeFormat> = matrix.flat_map(|&s| formats_of(s)).copied().collect();
    if formats.is_empty() {
        return Vec::new();
    }
    let reader = BarcodeReader::new().formats(formats).try_downscale(false).return_errors(true);
    let found = ImageView::from_slice(&frame.pixels, frame.width, frame.height, ImageFormat::Lum)
        .and_then(|view| reader.from(view));
    let mut corners: Vec<[(i32, i32); 4]> = match found {
        Ok(codes) => codes.iter().map(|code| corners(code, Place::WHOLE)).collect(),
        Err(_) => Vec::new(),
    };
    corners.sort_by_key(|c| std::cmp::Reverse(extent(c)));
    corners
}

fn extent(corners: &[(i32, i32); 4]) -> u64 {
    let spread = |v: [i32; 4]| {
        let (low, high) =
            v.into_iter().fold((i32::MAX, i32::MIN), |(low, high), v| (low.min(v), high.max(v)));
        u64::from(low.abs_diff(high))
    };
    spread(corners.map(|c| c.0)) * spread(corners.map(|c| c.1))
}

fn corners(code: &Barcode, place: Place) -> [(i32, i32); 4] {
    let at = code.position();
    [at.top_left, at.top_right, at.bottom_right, at.bottom_left].map(|p| place.point(p.x, p.y))
}

/// Micro QR and rMQR are left out: few bits protect them, and nobody marks weapons with them.
fn formats_of(symbology: Symbology) -> &'static [BarcodeFormat] {
    match symbology {
        Symbology::Qr => &[BarcodeFormat::QRCodeModel1, BarcodeFormat::QRCodeModel2],
        Symbology::DataMatrix => &[BarcodeFormat::DataMatrix],
        Symbology::Code128 => &[BarcodeFormat::Code128],
        Symbology::Code39 => &[BarcodeFormat::Code39],
    }
}

fn seen(code: &Barcode, place: Place) -> Option<Seen> {
    if !code.is_valid() {
        return None;
    }
    // Never `format()`: the library has variants of Code 39 that the Rust enum lacks.
    let symbology = match code.symbology() {
        BarcodeFormat::QRCode => Symbology::Qr,
        BarcodeFormat::DataMatrix => Symbology::DataMatrix,
        BarcodeFormat::Code128 => Symbology::Code128,
        BarcodeFormat::Code39 => Symbology::Code39,
        _ => return None,
    };
    let bytes = code.bytes();
    let mut text = text_of(code, &bytes);
    if symbology == Symbology::Code39 {
        text = code39_text(text, &code.symbology_identifier())?;
    }
    // What the scanner prints is what was printed on the label, also where the library rewrote it.
    let bytes = if symbology == Symbology::Code39 { text.clone().into_bytes() } else { bytes };
    let read = CodeRead {
        text,
        bytes,
        aim: Some(code.symbology_identifier()).filter(|aim| !aim.is_empty()),
        symbology,
        decoder: Decoder::ZxingCpp,
        witnessed: false,
        corners: Some(corners(code, place)),
    };
    (!read.text.is_empty()).then_some(Seen { read, inverted: code.is_inverted() })
}

/// The library's text, by the code's own character set or a guess; its interface cuts a text at the first NUL, so such a
/// text is made here.
fn text_of(code: &Barcode, bytes: &[u8]) -> String {
    if !bytes.contains(&0) {
        return code.text();
    }
    match std::str::from_utf8(bytes) {
        Ok(text) => text.to_owned(),
        Err(_) => latin1(bytes),
    }
}

/// Each byte as the character of the same number (ISO/IEC 8859-1).
pub(crate) fn latin1(bytes: &[u8]) -> String {
    bytes.iter().map(|&byte| char::from(byte)).collect()
}

/// Decides between the two readings of a Code 39 symbol.
///
/// A symbol does not say whether `/A` means those two characters or, in the "full ASCII" convention, `!`. The library
/// prefers full ASCII, which would turn the serial `M4/A1` into `M4!1`. Small letters are what full ASCII is used for,
/// so only a text with small letters keeps that reading; any other gets its printed characters back, and one that could
/// have been printed in two ways is not read at all.
fn code39_text(text: String, identifier: &str) -> Option<String> {
    let full_ascii = matches!(identifier, "]A4" | "]A5" | "]A7");
    if !full_ascii || text.bytes().any(|b| b.is_ascii_lowercase()) {
        return Some(text);
    }
    let shifted =
        text.bytes().filter(|b| !matches!(b, b'0'..=b'9' | b'A'..=b'Z' | b' ' | b'-' | b'.')).count();
    let either_way = text.bytes().filter(|b| matches!(b, b'-' | b'.')).count();
    if either_way > 0 && shifted + either_way > 1 {
        return None;
    }
    let mut printed = String::new();
    for byte in text.bytes() {
        match byte {
            b'0'..=b'9' | b'A'..=b'Z' | b' ' => printed.push(char::from(byte)),
            1..=26 => printed.extend(['$', char::from(byte + 64)]),
            27..=31 => printed.extend(['%', char::from(byte + 38)]),
            b'!'..=b'/' => printed.extend(['/', char::from(byte + 32)]),
            b':' => printed.push_str("/Z"),
            b';'..=b'?' => printed.extend(['%', char::from(byte + 11)]),
            b'['..=b'_' => printed.extend(['%', char::from(byte - 16)]),
            b'{'..=b'~' => printed.extend(['%', char::from(byte - 43)]),
            b'@' => printed.push_str("%V"),
            b'`' => printed.push_str("%W"),
            // NUL and DEL: DEL alone has four spellings.
            _ => return None,
        }
    }
    Some(printed)
}

#[cfg(test)]
mod tests {
    use super::*;

    fn code39(text: &str) -> Option<String> {
        code39_text(text.to_owned(), "]A4")
    }

    #[test]
    fn a_serial_with_a_slash_is_not_taken_for_full_ascii() {
        assert_eq!(code39("M4!1").as_deref(), Some("M4/A1"));
        assert_eq!(code39("A-4").as_deref(), Some("A/M4"));
        assert_eq!(code39("\u{1}7").as_deref(), Some("$A7"));
        assert_eq!(code39("X;1").as_deref(), Some("X%F1"));
    }

    #[test]
    fn small_letters_keep_the_full_ascii_reading() {
        assert_eq!(code39("Code-39!").as_deref(), Some("Code-39!"));
    }

    #[test]
    fn what_could_be_printed_in_two_ways_is_not_read() {
        assert_eq!(code39("A-4!1"), None);
        assert_eq!(code39("\u{7f}"), None);
    }

    #[test]
    fn a_plain_symbol_is_left_alone() {
        assert_eq!(code39_text("A-4".into(), "]A0").as_deref(), Some("A-4"));
    }
}

//! The first reader: zxing-cpp, called one look at a time.

use zxingcpp::{Barcode, BarcodeFormat, BarcodeReader, Binarizer, ImageFormat, ImageView, TextMode};

use super::frame::GreyFrame;
use super::{CodeRead, Decoder, Symbology, enhance};

/// How one look is taken.
#[derive(Debug, Clone, Copy)]
pub(crate) struct Look {
    /// Search every row, not only the middle ones.
    pub harder: bool,
    /// Search codes that lie on their side, too.
    pub rotate: bool,
    /// How many rows must agree on a bar code: the more, the fewer readings out of wood grain and railings.
    pub min_lines: i32,
}

impl Look {
    /// Every row and every angle, once; other looks differ from it in what they name. None looks at inverted or reduced
    /// copies: those are looks of their own.
    pub(crate) const PLAIN: Self = Self { harder: true, rotate: true, min_lines: 2 };
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

    /// The place of a part of the frame that begins at this pixel, drawn so many times larger.
    pub(crate) fn of_part(self, left: usize, top: usize, larger: f32) -> Self {
        let (left, top) = self.point(left as i32, top as i32);
        Self { scale: self.scale / larger, left, top }
    }

    pub(crate) fn point(self, x: i32, y: i32) -> (i32, i32) {
        let map = |v: i32, offset: i32| ((v as f32 * self.scale).round() as i32).saturating_add(offset);
        (map(x, self.left), map(y, self.top))
    }

    /// The other way: from the picture to the derived frame.
    pub(crate) fn back(self, (x, y): (i32, i32)) -> (i32, i32) {
        let map = |v: i32, offset: i32| (v.saturating_sub(offset) as f32 / self.scale).round() as i32;
        (map(x, self.left), map(y, self.top))
    }
}

/// A code and what the second reader needs to know about it.
pub(crate) struct Seen {
    pub read: CodeRead,
    /// Modules a row and rows, of a matrix.
    pub modules: Option<Modules>,
    /// Light modules on dark ground.
    pub inverted: bool,
}

/// Columns and rows of a matrix.
pub(crate) type Modules = (u32, u32);

/// A matrix that is there but could not be decoded.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) struct Suspect {
    pub symbology: Symbology,
    /// Clockwise from the code's own top left.
    pub corners: [(i32, i32); 4],
    pub modules: Option<Modules>,
}

/// What one look found.
#[derive(Default)]
pub(crate) struct Found {
    pub seen: Vec<Seen>,
    pub suspects: Vec<Suspect>,
}

/// Looks at a frame once. A failure inside the library finds nothing.
pub(crate) fn look(frame: &GreyFrame, wanted: &[Symbology], look: Look, place: Place) -> Found {
    let formats: Vec<BarcodeFormat> = wanted.iter().flat_map(|&s| formats_of(s)).copied().collect();
    if formats.is_empty() {
        // An empty list means "all kinds" to the library.
        return Found::default();
    }
    let reader = BarcodeReader::new()
        .formats(formats)
        .try_harder(look.harder)
        .try_rotate(look.rotate)
        .try_invert(false)
        .try_downscale(false)
        .min_line_count(look.min_lines)
        .return_errors(true)
        .text_mode(TextMode::Plain);
    let codes = ImageView::from_slice(&frame.pixels, frame.width, frame.height, ImageFormat::Lum)
        .and_then(|view| reader.from(view));
    match codes {
        Ok(codes) => Found {
            seen: codes.iter().filter_map(|code| seen(code, place)).collect(),
            suspects: codes.iter().filter_map(|code| suspect(code, place)).collect(),
        },
        Err(error) => {
            tracing::debug!(%error, "zxing-cpp could not look at a frame");
            Found::default()
        }
    }
}

/// Decodes a QR code whose modules are known, one pixel each, black or white.
pub(crate) fn decoded(modules: &GreyFrame) -> Option<Seen> {
    const QUIET: usize = 4;
    let drawn = enhance::magnified(&with_finders(modules), QUIET);
    let reader = BarcodeReader::new()
        .formats([BarcodeFormat::QRCode])
        .is_pure(true)
        .binarizer(Binarizer::FixedThreshold)
        .text_mode(TextMode::Plain);
    let view = ImageView::from_slice(&drawn.pixels, drawn.width, drawn.height, ImageFormat::Lum).ok()?;
    reader.from(view).ok()?.iter().find_map(|code| seen(code, Place::WHOLE))
}

/// The three finders carry no text, and the library wants them whole (ISO/IEC 18004, 5.3.2 and 5.3.3).
fn with_finders(modules: &GreyFrame) -> GreyFrame {
    const FINDER: usize = 7;
    let (mut with, side) = (modules.clone(), modules.w());
    let far = side.saturating_sub(FINDER);
    for (left, top) in [(0, 0), (far, 0), (0, far)] {
        // With the light modules around each, where they are not outside.
        for y in top.saturating_sub(1)..(top + FINDER + 1).min(modules.h()) {
            for x in left.saturating_sub(1)..(left + FINDER + 1).min(side) {
                let ring = (x + 4).abs_diff(left + 7).max((y + 4).abs_diff(top + 7));
                with.pixels[y * side + x] = if matches!(ring, 0 | 1 | 3) { 0 } else { 255 };
            }
        }
    }
    with
}

fn corners(code: &Barcode, place: Place) -> [(i32, i32); 4] {
    let at = code.position();
    [at.top_left, at.top_right, at.bottom_right, at.bottom_left].map(|p| place.point(p.x, p.y))
}

fn suspect(code: &Barcode, place: Place) -> Option<Suspect> {
    let symbology = symbology_of(code).filter(|s| s.is_matrix() && !code.is_valid())?;
    Some(Suspect { symbology, corners: corners(code, place), modules: modules(code) })
}

/// Never by `format()`: the library has variants of Code 39 that the Rust enum lacks.
fn symbology_of(code: &Barcode) -> Option<Symbology> {
    match code.symbology() {
        BarcodeFormat::QRCode => Some(Symbology::Qr),
        BarcodeFormat::DataMatrix => Some(Symbology::DataMatrix),
        BarcodeFormat::Code128 => Some(Symbology::Code128),
        BarcodeFormat::Code39 => Some(Symbology::Code39),
        _ => None,
    }
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
    let symbology = symbology_of(code)?;
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
    (!read.text.is_empty()).then_some(Seen { read, modules: modules(code), inverted: code.is_inverted() })
}

/// A QR code of version n has 17 + 4n modules a side (ISO/IEC 18004, 5.3.1); of a Data Matrix the library tells rows and
/// columns.
fn modules(code: &Barcode) -> Option<Modules> {
    let version = code.extra_with_key("Version");
    if let Some((rows, columns)) = version.split_once('x') {
        let side = |side: &str| side.parse().ok().filter(|side| (8..=144).contains(side));
        return Some((side(columns)?, side(rows)?));
    }
    let version: u32 = version.parse().ok()?;
    let side = 17 + 4 * version;
    (1..=40).contains(&version).then_some((side, side))
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

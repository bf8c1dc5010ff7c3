//! A label for printers that speak ZPL II.
//!
//! Such printers draw symbols and letters themselves (`^BQ`, `^BX`, `^A0`). We send every dot instead: what a printer
//! makes of a text depends on its firmware, its fonts and its escapes, and could not be tested here; a picture is
//! printed as it was tested, and no text of ours is ever in reach of the printer's command language. Sources: ZPL II
//! Programming Guide, `^GF`, `^FO`, `^PW`, `^LL`.

use super::layout::LETTER;
use super::letters::dots_of;
use super::svg::put;
use super::{LabelError, Placed, Row};

/// The most bytes a graphic field may have (ZPL II Programming Guide, `^GF`): a larger count is cut off silently.
const FIELD_MAX_BYTES: u32 = 99_999;

/// One label as a format of its own.
///
/// # Errors
/// [`LabelError::NoDots`], [`LabelError::RowTooLong`].
pub fn zpl(label: &Placed) -> Result<String, LabelError> {
    let Placed { width, height, .. } = label;
    // Direction, mirroring, reversal and the home position stay set from one format to the next: ours sets them.
    let mut format = format!("^XA\n^PW{width}\n^LL{height}\n^LH0,0\n^PON\n^PMN\n^LRN\n");
    let (modules, module) = (&label.modules, label.module);
    let symbol = Area {
        at: label.symbol,
        width: modules.width() * module,
        height: modules.height() * module,
        ink: &|x, y| modules.is_dark(x / module, y / module),
    };
    draw(&mut format, label, &symbol)?;
    for row in &label.rows {
        letters(&mut format, label, row)?;
    }
    format.push_str("^PQ1\n^XZ\n");
    Ok(format)
}

/// A rectangle of the label, and which of its dots are dark.
struct Area<'a> {
    at: (u32, u32),
    width: u32,
    height: u32,
    ink: &'a dyn Fn(u32, u32) -> bool,
}

fn letters(format: &mut String, label: &Placed, row: &Row) -> Result<(), LabelError> {
    let unknown = |letter: char| LabelError::NoDots { letter, text: row.text.clone() };
    let glyphs: Vec<[u8; 8]> = row
        .text
        .chars()
        .map(|letter| dots_of(letter).ok_or_else(|| unknown(letter)))
        .collect::<Result<_, _>>()?;
    let scale = row.letter / LETTER;
    let ink = |x: u32, y: u32| {
        let (column, line) = (x / scale % LETTER, (y / scale) as usize);
        let glyph = glyphs.get((x / row.letter) as usize).and_then(|glyph| glyph.get(line));
        glyph.is_some_and(|dots| dots >> column & 1 == 1)
    };
    draw(format, label, &Area { at: (row.x, row.y), width: row.width(), height: row.letter, ink: &ink })
}

/// Draws an area in as many fields as it takes, one above the other, a line of hex for each row of dots.
fn draw(format: &mut String, label: &Placed, area: &Area<'_>) -> Result<(), LabelError> {
    let bytes = area.width.div_ceil(8);
    if bytes > FIELD_MAX_BYTES {
        let Placed { size, dpi, .. } = label;
        return Err(LabelError::RowTooLong { size: *size, dpi: *dpi, bytes, most: FIELD_MAX_BYTES });
    }
    let band = (FIELD_MAX_BYTES / bytes.max(1)).max(1);
    let (left, top) = area.at;
    let mut y = 0;
    while y < area.height {
        let rows = band.min(area.height - y);
        let total = rows * bytes;
        put(format, format_args!("^FO{left},{}^GFA,{total},{total},{bytes},\n", top + y));
        for row in y..y + rows {
            for byte in 0..bytes {
                put(format, format_args!("{:02X}", eight_dots(area, byte * 8, row)));
            }
            format.push('\n');
        }
        format.push_str("^FS\n");
        y += rows;
    }
    Ok(())
}

/// The first of eight dots is the highest bit.
fn eight_dots(area: &Area<'_>, x: u32, y: u32) -> u8 {
    (x..x + 8).fold(0, |byte, x| byte << 1 | u8::from(x < area.width && (area.ink)(x, y)))
}

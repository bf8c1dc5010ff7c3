//! Big letters from 8x8 dots (`ux.md` section 2), legible from three metres.
//!
//! A cell is about twice as high as wide, so a dot is `s` columns wide and `s` half rows high. Where a dot takes whole
//! rows a coloured space will do, so that any font can show a verdict; else some cells have one half (`▀`, `▄`), and
//! then all are glyphs: ink and ground of one name need not be equally bright.

use font8x8::{BASIC_FONTS, GREEK_FONTS, LATIN_FONTS, UnicodeFonts};
use unicode_normalization::UnicodeNormalization;

use super::paint::Painter;
use super::theme::Tone;

/// Most letters of an item number or a name in big letters; longer ones are nine and a point.
pub const LETTERS_MAX: usize = 10;

/// Dots a letter takes, side and height.
const SIDE: u16 = 8;

/// How large a dot is.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Size {
    /// Columns.
    pub across: u16,
    /// Half rows.
    pub half_rows: u16,
}

impl Size {
    /// Eight columns by four rows.
    pub const ONE: Self = Self { across: 1, half_rows: 1 };
    /// Eight by eight: for terminals without half blocks.
    pub const TALL: Self = Self { across: 1, half_rows: 2 };
    /// Sixteen by eight.
    pub const TWO: Self = Self { across: 2, half_rows: 2 };
    /// Twenty-four by twelve.
    pub const THREE: Self = Self { across: 3, half_rows: 3 };
    /// Thirty-two by sixteen.
    pub const FOUR: Self = Self { across: 4, half_rows: 4 };

    /// Rows that `dot_rows` rows of dots take.
    pub fn rows(self, dot_rows: u16) -> u16 {
        (dot_rows * self.half_rows).div_ceil(2)
    }
}

/// An arrow to the right: out of the hatch.
pub const ARROW_OUT: [u8; 8] =
    rows(["........", "....##..", ".....##.", "########", "########", ".....##.", "....##..", "........"]);

/// An arrow to the left: into the hatch.
pub const ARROW_IN: [u8; 8] =
    rows(["........", "..##....", ".##.....", "########", "########", ".##.....", "..##....", "........"]);

/// A word as columns of dots; bit `r` of a column is the dot in row `r`.
#[derive(Debug, Clone, PartialEq, Eq, Default)]
pub struct Dots(Vec<u8>);

impl Dots {
    /// `text` in capitals, not wider than `cells`: at the full pitch, else letters close together, else shortened to a
    /// point. None if a letter has no dots (then ordinary text must do) or nothing fits.
    pub fn fitting(text: &str, cells: u16, size: Size) -> Option<Self> {
        let letters: Vec<[u8; 8]> =
            text.trim().to_uppercase().nfc().take(4 * LETTERS_MAX).map(dots_of).collect::<Option<_>>()?;
        if letters.is_empty() {
            return None;
        }
        let point = dots_of('.')?;
        let mut kept = letters.len().min(LETTERS_MAX);
        let whole = kept == letters.len();
        if !whole {
            kept = LETTERS_MAX - 1;
        }
        let fits = |dots: &Self| dots.width(size) <= cells;
        while kept > 0 {
            let mut shown = letters[..kept].to_vec();
            if kept < letters.len() {
                shown.push(point);
            }
            if let Some(dots) = [Self::pitched(&shown), Self::close(&shown)].into_iter().find(fits) {
                return Some(dots);
            }
            kept -= 1;
        }
        None
    }

    /// One picture of our own.
    pub fn picture(rows: [u8; 8]) -> Self {
        Self::pitched(&[columns(rows)])
    }

    /// Columns it takes.
    pub fn width(&self, size: Size) -> u16 {
        (self.0.len() as u16).saturating_mul(size.across)
    }

    /// Paints it, `dot_rows` of its eight rows, with its upper left corner at (`x`, `y`), not beyond column `end`.
    pub fn paint(
        &self,
        painter: &mut Painter<'_>,
        (x, y, end): (u16, u16, u16),
        (size, dot_rows): (Size, u16),
        tone: Tone,
    ) {
        let half_rows = dot_rows.min(SIDE) * size.half_rows;
        let whole_cells = size.half_rows % 2 == 0;
        for (dot_column, mask) in self.0.iter().enumerate() {
            for within in 0..size.across {
                let column = x.saturating_add(dot_column as u16 * size.across + within);
                if column >= end {
                    return;
                }
                for row in 0..half_rows.div_ceil(2) {
                    let inked = |half: u16| half < half_rows && mask >> (half / size.half_rows) & 1 == 1;
                    let at = y.saturating_add(row);
                    match (inked(2 * row), inked(2 * row + 1)) {
                        (true, true) if whole_cells => painter.block(column, at, tone),
                        (true, true) => painter.glyph(column, at, '█', tone),
                        (true, false) => painter.glyph(column, at, '▀', tone),
                        (false, true) => painter.glyph(column, at, '▄', tone),
                        (false, false) => {}
                    }
                }
            }
        }
    }

    /// Every letter eight dots wide, so that numbers stand in columns.
    fn pitched(letters: &[[u8; 8]]) -> Self {
        let mut dots: Vec<u8> = letters.iter().flatten().copied().collect();
        while dots.last() == Some(&0) {
            dots.pop();
        }
        Self(dots)
    }

    /// Every letter as wide as it is, one dot apart.
    fn close(letters: &[[u8; 8]]) -> Self {
        let mut dots = Vec::new();
        for letter in letters {
            let first = letter.iter().position(|column| *column != 0);
            let last = letter.iter().rposition(|column| *column != 0);
            match (first, last) {
                (Some(first), Some(last)) => dots.extend_from_slice(&letter[first..=last]),
                _ => dots.extend([0, 0]),
            }
            dots.push(0);
        }
        dots.pop();
        Self(dots)
    }
}

/// The dots of a letter, as columns; without its marks where only the bare letter has a picture.
fn dots_of(letter: char) -> Option<[u8; 8]> {
    let find = |c: char| BASIC_FONTS.get(c).or_else(|| LATIN_FONTS.get(c)).or_else(|| GREEK_FONTS.get(c));
    if letter.is_control() {
        return None;
    }
    find(letter).or_else(|| std::iter::once(letter).nfd().next().and_then(find)).map(columns)
}

/// The font keeps rows with the leftmost dot in the lowest bit.
fn columns(rows: [u8; 8]) -> [u8; 8] {
    let mut columns = [0; 8];
    for (at, row) in rows.iter().enumerate() {
        for (column, mask) in columns.iter_mut().enumerate() {
            *mask |= (row >> column & 1) << at;
        }
    }
    columns
}

const fn rows(drawn: [&str; 8]) -> [u8; 8] {
    let mut rows = [0; 8];
    let mut row = 0;
    while row < 8 {
        let line = drawn[row].as_bytes();
        let mut column = 0;
        while column < 8 {
            if line[column] == b'#' {
                rows[row] |= 1 << column;
            }
            column += 1;
        }
        row += 1;
    }
    rows
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn every_verdict_word_fits_80_columns() {
        for word in ["READY", "OUT", "IN", "STOP", "ASK", "AGAIN", "WAIT"] {
            let dots = Dots::fitting(word, 76, Size::TWO).expect(word);
            assert_ne!(dots, Dots::fitting("X.", 76, Size::TWO).expect("x"));
            assert!(dots.width(Size::TWO) <= 76, "{word} takes {}", dots.width(Size::TWO));
        }
    }

    #[test]
    fn ten_letters_fit_and_eleven_become_nine_and_a_point() {
        let ten = Dots::fitting("ABCDEFGHIJ", 76, Size::ONE).expect("ten");
        let eleven = Dots::fitting("ABCDEFGHIJK", 76, Size::ONE).expect("eleven");
        assert_eq!(eleven, Dots::fitting("ABCDEFGHI.", 76, Size::ONE).expect("nine and a point"));
        assert_ne!(ten, eleven);
    }

    #[test]
    fn marks_fall_off_a_letter_that_has_no_picture_with_them() {
        assert_eq!(Dots::fitting("NGUYỄN", 76, Size::ONE), Dots::fitting("NGUYEN", 76, Size::ONE));
        assert_ne!(Dots::fitting("MÜLLER", 76, Size::ONE), Dots::fitting("MULLER", 76, Size::ONE));
        assert_eq!(Dots::fitting("李", 76, Size::ONE), None);
        assert_eq!(Dots::fitting("", 76, Size::ONE), None);
    }
}

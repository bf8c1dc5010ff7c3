//! Letters as dots. A printer's own letters differ from printer to printer; these are the same on all.

use font8x8::{BASIC_FONTS, GREEK_FONTS, LATIN_FONTS, UnicodeFonts};

/// The eight rows of a letter, bit 0 at the left; none for one whose dots are not known.
pub(super) fn dots_of(letter: char) -> Option<[u8; 8]> {
    BASIC_FONTS.get(letter).or_else(|| LATIN_FONTS.get(letter)).or_else(|| GREEK_FONTS.get(letter))
}

//! Serial numbers as people type and read them. The number as marked is stored untouched; these forms only compare.
//!
//! `domain/identifiers.md` section 8. Leading zeros count, and a serial alone names no weapon: makers repeat them.

use unicode_normalization::UnicodeNormalization;

/// The form to search by: NFKC, upper case, without spaces, dots, dashes and slashes.
pub fn search_form(serial: &str) -> String {
    let mut form = reduce(serial);
    // Upper case can make a character that NFKC takes apart again; three rounds settle every one of them.
    for _ in 0..3 {
        let next = reduce(&form);
        if next == form {
            break;
        }
        form = next;
    }
    form
}

/// The form on top of [`search_form`] in which easily confused characters are one. It may only ever suggest a
/// candidate to a person: two weapons can share it.
pub fn confusable_form(serial: &str) -> String {
    search_form(serial).chars().map(unconfused).collect()
}

fn reduce(text: &str) -> String {
    text.nfkc()
        .filter(|c| !is_filler(*c))
        .collect::<String>()
        .to_uppercase()
        .nfkc()
        .filter(|c| !is_filler(*c))
        .collect()
}

/// Spaces, dots, dashes and slashes of any script, and marks that show nothing.
fn is_filler(c: char) -> bool {
    c.is_whitespace()
        || matches!(
            c,
            '.' | '\u{b7}' | '\u{2022}' | '\u{2024}' | '\u{2027}' | '\u{22c5}' | '\u{3002}' | '\u{30fb}'
        )
        || matches!(
            c,
            '-' | '_' | '\u{ad}' | '\u{58a}' | '\u{2010}'..='\u{2015}' | '\u{2043}' | '\u{2212}' | '\u{30fc}'
        )
        || matches!(c, '/' | '\\' | '\u{2044}' | '\u{2215}' | '\u{29f8}')
        || matches!(c, '\u{200b}'..='\u{200f}' | '\u{202a}'..='\u{202e}' | '\u{2060}' | '\u{feff}')
}

fn unconfused(c: char) -> char {
    let latin = match c {
        'А' => 'A',
        'В' => 'B',
        'Е' | 'Ё' => 'E',
        'К' => 'K',
        'М' => 'M',
        'Н' => 'H',
        'О' => 'O',
        'Р' => 'P',
        'С' => 'C',
        'Т' => 'T',
        'У' => 'Y',
        'Х' => 'X',
        'І' | 'Ӏ' => 'I',
        'Ј' => 'J',
        'Ѕ' => 'S',
        'З' => '3',
        other => other,
    };
    match latin {
        'O' => '0',
        'I' | 'L' => '1',
        'S' => '5',
        'B' => '8',
        'Z' => '2',
        other => other,
    }
}

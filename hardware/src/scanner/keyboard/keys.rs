//! Which key is which character on which layout. Keys are the kernel's numbers, which name places (scanner page,
//! section 6); the other layouts are those of the same name on Windows, which is what scanners imitate.

use super::super::KeyMap;

/// What a key does on a layout.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Key {
    /// Types a character.
    Types(char),
    /// Types nothing by itself: the accent of the next letter, or of a space itself.
    Accent(char),
}

/// One pressing of a key.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Stroke {
    /// The kernel's number of the key.
    pub key: u16,
    /// With shift.
    pub shift: bool,
    /// With the right Alt key.
    pub alt_gr: bool,
}

pub(super) const ENTER: u16 = 28;
pub(super) const KEYPAD_ENTER: u16 = 96;
pub(super) const LEFT_CTRL: u16 = 29;
pub(super) const RIGHT_CTRL: u16 = 97;
pub(crate) const LEFT_SHIFT: u16 = 42;
pub(super) const RIGHT_SHIFT: u16 = 54;
pub(super) const LEFT_ALT: u16 = 56;
pub(crate) const RIGHT_ALT: u16 = 100;
pub(super) const NUM_LOCK: u16 = 69;
/// Many scanners type GS as F8, the others as Ctrl and `]` (scanner page, section 2).
pub(super) const F8: u16 = 66;
/// Where `]` is on the layout of the United States; scanners press it with Ctrl whatever layout they are set to.
pub(super) const RIGHT_BRACKET: u16 = 27;

/// Keys in a row: the first one's number, then what they type alone, with shift, with AltGr. NUL is nothing.
type Row = (u16, &'static str, &'static str, &'static str);

const US: &[Row] = &[
    (2, "1234567890-=", "!@#$%^&*()_+", ""),
    (16, "qwertyuiop[]", "QWERTYUIOP{}", ""),
    (30, "asdfghjkl;'`", "ASDFGHJKL:\"~", ""),
    (43, "\\zxcvbnm,./", "|ZXCVBNM<>?", ""),
];
const GB: &[Row] = &[
    (2, "1234567890-=", "!\"£$%^&*()_+", "\0\0\0€"),
    (16, "qwertyuiop[]", "QWERTYUIOP{}", ""),
    (30, "asdfghjkl;'`", "ASDFGHJKL:@¬", ""),
    (43, "#zxcvbnm,./", "~ZXCVBNM<>?", ""),
    (86, "\\", "|", ""),
];
const DE: &[Row] = &[
    (2, "1234567890ß´", "!\"§$%&/()=?`", "\0²³\0\0\0{[]}\\"),
    (16, "qwertzuiopü+", "QWERTZUIOPÜ*", "@\0€\0\0\0\0\0\0\0\0~"),
    (30, "asdfghjklöä^", "ASDFGHJKLÖÄ°", ""),
    (43, "#yxcvbnm,.-", "'YXCVBNM;:_", "\0\0\0\0\0\0\0µ"),
    (86, "<", ">", "|"),
];
const FR: &[Row] = &[
    (2, "&é\"'(-è_çà)=", "1234567890°+", "\0~#{[|`\\^@]}"),
    (16, "azertyuiop^$", "AZERTYUIOP¨£", "\0\0€\0\0\0\0\0\0\0\0¤"),
    (30, "qsdfghjklmù²", "QSDFGHJKLM%", ""),
    (43, "*wxcvbn,;:!", "µWXCVBN?./§", ""),
    (86, "<", ">", ""),
];
/// The keypad without its decimal key.
const KEYPAD: Row = (71, "789-456+1230", "789-456+1230", "");
/// The same on all layouts.
const EVERYWHERE: &[Row] =
    &[(15, "\t", "", ""), (55, "*", "*", ""), (57, " ", " ", ""), KEYPAD, (98, "/", "/", "")];
/// The keypad's decimal key.
const DECIMAL: u16 = 83;

const fn rows(map: KeyMap) -> &'static [Row] {
    match map {
        KeyMap::Us => US,
        KeyMap::Gb => GB,
        KeyMap::De => DE,
        KeyMap::Fr => FR,
    }
}

/// Accents that wait for the next key: key number and character.
const fn accents(map: KeyMap) -> &'static [(u16, char)] {
    match map {
        KeyMap::Us | KeyMap::Gb => &[],
        KeyMap::De => &[(13, '´'), (13, '`'), (41, '^')],
        KeyMap::Fr => &[(3, '~'), (8, '`'), (26, '^'), (26, '¨')],
    }
}

/// What a stroke does; `None` where the layout gives it no character.
pub(super) fn key(stroke: Stroke, map: KeyMap) -> Option<Key> {
    if stroke.key == DECIMAL {
        return Some(Key::Types(if map == KeyMap::De { ',' } else { '.' }));
    }
    let character = rows(map).iter().chain(EVERYWHERE).find_map(|row| in_row(row, stroke))?;
    let accent = accents(map).contains(&(stroke.key, character));
    Some(if accent { Key::Accent(character) } else { Key::Types(character) })
}

fn in_row(&(first, plain, shifted, alt_gr): &Row, stroke: Stroke) -> Option<char> {
    let index = usize::from(stroke.key.checked_sub(first)?);
    let level = match (stroke.shift, stroke.alt_gr) {
        (false, false) => plain,
        (true, false) => shifted,
        (false, true) => alt_gr,
        (true, true) => return None,
    };
    level.chars().nth(index).filter(|&character| character != '\0')
}

/// The digit on a keypad key.
pub(super) fn keypad_digit(key: u16) -> Option<u32> {
    in_row(&KEYPAD, Stroke { key, shift: false, alt_gr: false })?.to_digit(10)
}

/// The strokes that type a text on a layout, GS as F8, without the Enter; `None` where a character has no key of its own.
pub fn strokes_for(text: &str, map: KeyMap) -> Option<Vec<Stroke>> {
    text.chars().map(|character| stroke_for(character, map)).collect()
}

fn stroke_for(character: char, map: KeyMap) -> Option<Stroke> {
    if character == '\u{1d}' {
        return Some(Stroke { key: F8, shift: false, alt_gr: false });
    }
    (1..=u16::from(u8::MAX))
        .flat_map(|key| {
            [(false, false), (true, false), (false, true)].map(|(shift, alt_gr)| Stroke {
                key,
                shift,
                alt_gr,
            })
        })
        .find(|&stroke| key(stroke, map) == Some(Key::Types(character)))
}

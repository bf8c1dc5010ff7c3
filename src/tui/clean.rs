//! Text that may stand on a terminal: the one place where what others wrote is made harmless.
//!
//! Ids, names and sentences come from import files, tags, marks and other programs. A control character in one of
//! them would reach the terminal as a command; a direction mark would turn the line around. Neither gets past here.

use ratatui::buffer::CellWidth;
use unicode_normalization::UnicodeNormalization;

/// Most characters of one text that are looked at: more than the widest line any screen has.
const CHARS_MAX: usize = 1_000;

/// Most marks that may stand on one letter; more climb over the lines above (Vietnamese needs two).
const MARKS_MAX: usize = 3;

/// What stands for a character that may not be shown.
const UNSHOWN: char = '?';

/// Takes out what a terminal would obey instead of show; in `ascii`, also what it may have no picture for.
pub fn clean(text: &str, ascii: bool) -> String {
    let mut out = String::with_capacity(text.len().min(CHARS_MAX));
    let mut marks = 0;
    for c in text.chars().take(CHARS_MAX) {
        match c {
            '\t' | '\n' | '\r' | '\u{2028}' | '\u{2029}' | '\u{a0}' => out.push(' '),
            c if c.is_control() || is_invisible_order(c) => out.push(UNSHOWN),
            c if ascii => push_ascii(&mut out, c),
            c if is_mark(c) => {
                marks += 1;
                if marks <= MARKS_MAX && !out.is_empty() {
                    out.push(c);
                }
                continue;
            }
            c => out.push(c),
        }
        marks = 0;
    }
    out
}

/// Width in terminal cells.
pub fn width(text: &str) -> usize {
    // One byte is one cell; ratatui's own rule asserts that it is not a control character.
    if text.len() == 1 { 1 } else { usize::from(text.cell_width()) }
}

/// The text, or as many whole characters of it as leave room for `...`, within `cells`.
pub fn cut(text: &str, cells: usize) -> String {
    let head: String = text.chars().take(CHARS_MAX).collect();
    if head.len() == text.len() && width(&head) <= cells {
        return head;
    }
    let (room, dots) = if cells > 3 { (cells - 3, "...") } else { (cells, "") };
    let mut kept = String::new();
    for c in head.chars() {
        kept.push(c);
        if width(&kept) > room {
            kept.pop();
            break;
        }
    }
    kept.truncate(kept.trim_end().len());
    kept + dots
}

/// Cleans, and breaks at spaces into at most `lines_max` lines of `cells`; what is left over ends in `...`.
pub fn wrap(text: &str, cells: usize, lines_max: usize) -> Vec<String> {
    let mut lines: Vec<String> = Vec::new();
    let text = clean(text, false);
    let mut rest = text.trim();
    while !rest.is_empty() && lines.len() < lines_max {
        if lines.len() + 1 == lines_max {
            lines.push(cut(rest, cells));
            break;
        }
        let line = head_line(rest, cells);
        if line == 0 {
            lines.push(cut(rest, cells));
            break;
        }
        lines.push(rest[..line].trim_end().to_owned());
        rest = rest[line..].trim_start();
    }
    lines
}

/// How many bytes of `text` make the first line: up to the last space that fits, else to the last whole character.
fn head_line(text: &str, cells: usize) -> usize {
    let mut fits = 0;
    let mut at_space = 0;
    for (at, c) in text.char_indices().take(CHARS_MAX) {
        let end = at + c.len_utf8();
        if c == ' ' {
            at_space = at;
        } else if width(&text[..end]) > cells {
            return if at_space > 0 { at_space } else { fits };
        }
        fits = end;
    }
    fits
}

/// Characters that have no picture but change how others are laid out (direction, joining, tagging).
fn is_invisible_order(c: char) -> bool {
    matches!(c,
        '\u{ad}' | '\u{61c}' | '\u{180e}' | '\u{200b}'..='\u{200f}' | '\u{202a}'..='\u{202e}'
        | '\u{2060}'..='\u{206f}' | '\u{feff}' | '\u{fff0}'..='\u{fffb}' | '\u{fe00}'..='\u{fe0f}'
        | '\u{1bca0}'..='\u{1bca3}' | '\u{1d173}'..='\u{1d17a}' | '\u{e0000}'..='\u{e0fff}')
}

fn is_mark(c: char) -> bool {
    c > '\u{2ff}' && c.encode_utf8(&mut [0; 4]).cell_width() == 0
}

/// Our own glyphs by their stand-ins (`ux.md` section 6), letters without their marks, the rest as unshown.
fn push_ascii(out: &mut String, c: char) {
    match c {
        c if c.is_ascii() => out.push(c),
        '┌' | '┐' | '└' | '┘' | '├' | '┤' => out.push('+'),
        '─' | '▀' => out.push('-'),
        '│' | '▌' => out.push('|'),
        '╔' | '═' | '╗' | '║' | '╚' | '╝' | '█' | '▓' | '▒' | '░' | '■' => {
            out.push('#')
        }
        '▄' | '·' => out.push('.'),
        '→' | '»' => out.push('>'),
        '←' | '«' => out.push('<'),
        '°' => {}
        c => {
            let mut base = std::iter::once(c).nfkd().filter(|part| !is_mark(*part));
            match (base.next(), base.next()) {
                (Some(only), None) if only.is_ascii() && !only.is_control() => out.push(only),
                _ => out.push(UNSHOWN),
            }
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn nothing_a_terminal_obeys_gets_through() {
        assert_eq!(clean("A\u{1b}[2J1\u{9b}31m\u{7}", false), "A?[2J1?31m?");
        assert_eq!(clean("LEE\u{202e}EEL\u{200f}", false), "LEE?EEL?");
        assert_eq!(clean("one\ttwo\r\nthree", false), "one two  three");
    }

    #[test]
    fn a_tower_of_marks_is_cut_down_and_two_are_kept() {
        let tower = format!("e{}", "\u{301}".repeat(40));
        assert_eq!(clean(&tower, false).chars().count(), 1 + MARKS_MAX);
        assert_eq!(clean("NGUYE\u{302}\u{303}N", false), "NGUYE\u{302}\u{303}N");
    }

    #[test]
    fn ascii_keeps_the_letter_under_the_mark() {
        assert_eq!(clean("Nguyễn · 21 °C → 李", true), "Nguyen . 21 C > ?");
    }

    #[test]
    fn cutting_never_splits_a_wide_character() {
        assert_eq!(cut("李小龙", 6), "李小龙");
        assert_eq!(cut("李小龙王", 7), "李小...");
        assert_eq!(cut("李小龙王", 6), "李...");
        assert_eq!(cut("李小", 1), "");
        assert_eq!(cut("abc", 0), "");
    }

    #[test]
    fn wrapping_breaks_at_spaces_and_ends_in_dots() {
        assert_eq!(wrap("one two three", 8, 2), ["one two", "three"]);
        assert_eq!(wrap("one two three four", 8, 2), ["one two", "three..."]);
        assert_eq!(wrap("abcdefghij", 4, 3), ["abcd", "efgh", "ij"]);
        assert_eq!(wrap("李小龙", 1, 3), [""]);
        assert!(wrap("", 10, 2).is_empty());
    }
}

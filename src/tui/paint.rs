//! The brush: every character on a screen goes through here, cleaned, cut and inside the frame.

use ratatui::buffer::Buffer;
use ratatui::layout::Rect;
use ratatui::style::Style;

use super::clean;
use super::theme::{Theme, Tone};

/// One frame being painted.
pub struct Painter<'a> {
    buf: &'a mut Buffer,
    theme: Theme,
    ascii: bool,
}

impl<'a> Painter<'a> {
    /// Starts on `buf`, all of it in the plain tone.
    pub fn new(buf: &'a mut Buffer, theme: Theme, ascii: bool) -> Self {
        let mut painter = Self { buf, theme, ascii };
        let all = painter.buf.area;
        painter.fill(all, Tone::Plain);
        painter
    }

    /// Where it may paint.
    pub fn area(&self) -> Rect {
        self.buf.area
    }

    /// Whether only ASCII may be painted.
    pub fn ascii(&self) -> bool {
        self.ascii
    }

    /// How a tone looks in this theme.
    pub fn style(&self, tone: Tone) -> Style {
        self.theme.style(tone)
    }

    /// Writes at most `cells` cells of `text`, cut with `...`; returns the column after it.
    pub fn text(&mut self, x: u16, y: u16, cells: u16, text: &str, tone: Tone) -> u16 {
        if cells == 0 || !self.has(x, y) {
            return x;
        }
        let room = cells.min(self.buf.area.right() - x);
        let shown = clean::cut(&clean::clean(text, self.ascii), usize::from(room));
        let style = self.style(tone);
        self.buf.set_stringn(x, y, shown, usize::from(room), style).0
    }

    /// Writes so that the text ends before column `end`; returns the column it begins at.
    pub fn text_before(&mut self, end: u16, y: u16, cells: u16, text: &str, tone: Tone) -> u16 {
        let shown = clean::cut(&clean::clean(text, self.ascii), usize::from(cells));
        let start = end.saturating_sub(clean::width(&shown) as u16);
        self.text(start, y, cells, &shown, tone);
        start
    }

    /// Writes several pieces one after the other.
    pub fn pieces(&mut self, mut x: u16, y: u16, cells: u16, pieces: &[(&str, Tone)]) -> u16 {
        let end = x.saturating_add(cells);
        for (text, tone) in pieces {
            x = self.text(x, y, end.saturating_sub(x), text, *tone);
        }
        x
    }

    /// Makes a field of one tone, without text.
    pub fn fill(&mut self, area: Rect, tone: Tone) {
        let style = self.style(tone);
        let area = area.intersection(self.buf.area);
        for y in area.top()..area.bottom() {
            for x in area.left()..area.right() {
                self.buf[(x, y)].reset();
                self.buf[(x, y)].set_style(style);
            }
        }
    }

    /// One glyph of our own.
    pub fn glyph(&mut self, x: u16, y: u16, glyph: char, tone: Tone) {
        let style = self.style(tone);
        let shown = clean::clean(glyph.encode_utf8(&mut [0; 4]), self.ascii);
        if let Some(cell) = self.buf.cell_mut((x, y)) {
            cell.set_symbol(&shown).set_style(style);
        }
    }

    /// A dot of a big letter that fills its cell: a coloured space, so that no font can lack it; without colours a
    /// block.
    pub fn block(&mut self, x: u16, y: u16, tone: Tone) {
        if self.theme == Theme::None {
            return self.glyph(x, y, '█', tone);
        }
        let style = self.style(tone);
        if let (Some(cell), Some(ink)) = (self.buf.cell_mut((x, y)), style.fg) {
            cell.set_symbol(" ").set_style(style.bg(ink));
        }
    }

    /// A frame, single or double.
    pub fn frame(&mut self, area: Rect, double: bool, tone: Tone) {
        if area.width < 2 || area.height < 2 {
            return;
        }
        let (right, bottom) = (area.right() - 1, area.bottom() - 1);
        let [corners, lines] = if double { ["╔╗╚╝", "═║"] } else { ["┌┐└┘", "─│"] };
        let mut lines = lines.chars();
        let (flat, upright) = (lines.next().unwrap_or('-'), lines.next().unwrap_or('|'));
        for x in area.left() + 1..right {
            self.glyph(x, area.top(), flat, tone);
            self.glyph(x, bottom, flat, tone);
        }
        for y in area.top() + 1..bottom {
            self.glyph(area.left(), y, upright, tone);
            self.glyph(right, y, upright, tone);
        }
        let places = [(area.left(), area.top()), (right, area.top()), (area.left(), bottom), (right, bottom)];
        for (corner, (x, y)) in corners.chars().zip(places) {
            self.glyph(x, y, corner, tone);
        }
    }

    /// The upper edge of a frame in a tone of its own.
    pub fn edge(&mut self, area: Rect, double: bool, tone: Tone) {
        for x in area.left() + 1..area.right().saturating_sub(1) {
            self.glyph(x, area.top(), if double { '═' } else { '─' }, tone);
        }
    }

    /// A line across `area` at row `y`, joined to a single frame at both ends.
    pub fn rule(&mut self, area: Rect, y: u16, double: bool, tone: Tone) {
        if area.width < 2 {
            return;
        }
        for x in area.left() + 1..area.right() - 1 {
            self.glyph(x, y, '─', tone);
        }
        let ends = if double { ['║', '║'] } else { ['├', '┤'] };
        self.glyph(area.left(), y, ends[0], tone);
        self.glyph(area.right() - 1, y, ends[1], tone);
    }

    fn has(&self, x: u16, y: u16) -> bool {
        self.buf.area.contains((x, y).into())
    }
}

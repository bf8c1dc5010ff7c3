//! Where symbol and letters stand on a label, in dots.

use armoury_hardware::symbol::Modules;

use super::size::TEXT_MIN_UM;
use super::{Dpi, LabelError, Size, Stock};
use crate::identity::mark::excerpt;

/// Kept blank along every edge, in micrometres: label printers are a millimetre off.
const MARGIN_UM: u32 = 1000;

/// The largest module taken without being asked, in micrometres: a camera of 1280 pixels reads it over a field of
/// 256 mm, and the room is better spent on letters.
const MODULE_ENOUGH_UM: u32 = 1000;

/// The largest letters, in micrometres: beyond that they are no easier to read.
const TEXT_MAX_UM: u32 = 8000;

/// Dots of a letter each way, before it is enlarged.
pub(super) const LETTER: u32 = 8;

/// Dots between two rows of letters, before they are enlarged.
const BETWEEN: u32 = 2;

/// A label with everything in its place.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Placed {
    /// Dots across.
    pub width: u32,
    /// Dots down.
    pub height: u32,
    /// The printer's dots.
    pub dpi: Dpi,
    /// What it is printed on.
    pub size: Size,
    /// The symbol.
    pub modules: Modules,
    /// Dots a module, each way.
    pub module: u32,
    /// Where the symbol's first module begins; its quiet zone lies around it.
    pub symbol: (u32, u32),
    /// The letters.
    pub rows: Vec<Row>,
    /// Which thing the label belongs on, for what surrounds it.
    pub caption: String,
}

/// Letters in a row, each in a square of its own.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Row {
    /// The letters.
    pub text: String,
    /// Dots from the left.
    pub x: u32,
    /// Dots from the top.
    pub y: u32,
    /// Dots of a letter's square, each way: a multiple of eight.
    pub letter: u32,
}

impl Row {
    /// Dots across.
    pub fn width(&self) -> u32 {
        self.text.chars().count() as u32 * self.letter
    }
}

impl Placed {
    /// What a module measures, in micrometres.
    pub fn module_um(&self) -> u32 {
        self.dpi.length_um(self.module)
    }

    /// The dark parts of the symbol as rectangles, left, top, width, height in dots, none beside another that could be
    /// one with it.
    pub fn rectangles(&self) -> Vec<[u32; 4]> {
        let mut open: Vec<[u32; 4]> = Vec::new();
        let mut done = Vec::new();
        for y in 0..self.modules.height() {
            let runs = runs(&self.modules, y);
            let (kept, closed): (Vec<_>, Vec<_>) =
                open.into_iter().partition(|[x, _, width, _]| runs.contains(&(*x, *width)));
            done.extend(closed);
            open = kept;
            for (x, width) in runs {
                match open.iter_mut().find(|known| known[0] == x) {
                    Some(known) => known[3] += 1,
                    None => open.push([x, y, width, 1]),
                }
            }
        }
        done.extend(open);
        done.sort_by_key(|[x, y, ..]| (*y, *x));
        let (left, top) = self.symbol;
        let in_dots = |[x, y, width, height]: [u32; 4]| {
            [left + x * self.module, top + y * self.module, width * self.module, height * self.module]
        };
        done.into_iter().map(in_dots).collect()
    }
}

/// Dark modules of a row that stand together: where they begin, how many.
fn runs(modules: &Modules, y: u32) -> Vec<(u32, u32)> {
    let mut runs: Vec<(u32, u32)> = Vec::new();
    for x in (0..modules.width()).filter(|x| modules.is_dark(*x, y)) {
        match runs.last_mut() {
            Some((start, length)) if *start + *length == x => *length += 1,
            _ => runs.push((x, 1)),
        }
    }
    runs
}

/// Finds the largest module that leaves room for letters people can read, letters beside the symbol or below it.
pub(super) fn place(
    modules: Modules,
    lines: &[String],
    caption: String,
    stock: &Stock,
) -> Result<Placed, LabelError> {
    let desk = Desk::new(&modules, stock);
    let least = stock.dpi.least_module();
    let most = match stock.module_um {
        None => desk.largest().min(stock.dpi.nearest_dots(MODULE_ENOUGH_UM)).max(least),
        Some(wanted_um) => match stock.dpi.nearest_dots(wanted_um) {
            dots if dots < least => {
                return Err(LabelError::ModuleTooSmall {
                    wanted_um,
                    dpi: stock.dpi,
                    dots,
                    least_dots: least,
                });
            }
            dots => dots,
        },
    };
    let smallest = if stock.module_um.is_some() { most } else { least };
    let found = (smallest..=most).rev().find_map(|module| desk.arranged(module, lines));
    let Some(Arranged { module, symbol, rows, .. }) = found else {
        return Err(desk.refused(smallest, lines, &modules));
    };
    let Desk { width, height, .. } = desk;
    Ok(Placed { width, height, dpi: stock.dpi, size: stock.size, modules, module, symbol, rows, caption })
}

/// What has to be put where.
struct Desk<'a> {
    stock: &'a Stock,
    width: u32,
    height: u32,
    margin: u32,
    /// Modules across and down, quiet zone and all.
    across: u32,
    down: u32,
    quiet: u32,
}

struct Arranged {
    module: u32,
    symbol: (u32, u32),
    rows: Vec<Row>,
    /// No word is broken.
    whole: bool,
}

impl Arranged {
    /// What is easier to read is more: whole words, then larger letters.
    fn legibility(&self) -> (bool, u32) {
        (self.whole, self.rows.first().map_or(0, |row| row.letter))
    }
}

/// A rectangle in dots.
#[derive(Clone, Copy)]
struct Area {
    x: u32,
    y: u32,
    width: u32,
    height: u32,
}

impl<'a> Desk<'a> {
    fn new(modules: &Modules, stock: &'a Stock) -> Self {
        let quiet = modules.quiet_modules();
        Self {
            stock,
            width: stock.dpi.dots(stock.size.width_um),
            height: stock.dpi.dots(stock.size.height_um),
            margin: stock.dpi.dots(MARGIN_UM),
            across: modules.width() + 2 * quiet,
            down: modules.height() + 2 * quiet,
            quiet,
        }
    }

    /// Dots between the margins, across and down.
    fn room(&self) -> (u32, u32) {
        (self.width.saturating_sub(2 * self.margin), self.height.saturating_sub(2 * self.margin))
    }

    /// The largest module with which the symbol alone has room.
    fn largest(&self) -> u32 {
        let (width, height) = self.room();
        (width / self.across).min(height / self.down)
    }

    /// The better of the two places for the letters.
    fn arranged(&self, module: u32, lines: &[String]) -> Option<Arranged> {
        let (beside, below) = (self.beside(module, lines), self.below(module, lines));
        match (beside, below) {
            (Some(beside), Some(below)) if below.legibility() > beside.legibility() => Some(below),
            (Some(found), _) | (None, Some(found)) => Some(found),
            (None, None) => None,
        }
    }

    fn beside(&self, module: u32, lines: &[String]) -> Option<Arranged> {
        let (width, height) = self.room();
        let (taken, tall) = (module * self.across, module * self.down);
        if taken > width || tall > height {
            return None;
        }
        let (x, y) = (self.margin, self.margin + (height - tall) / 2);
        let area = Area { x: self.margin + taken, y: self.margin, width: width - taken, height };
        self.with_letters(module, (x, y), lines, area)
    }

    fn below(&self, module: u32, lines: &[String]) -> Option<Arranged> {
        let (width, height) = self.room();
        let (wide, taken) = (module * self.across, module * self.down);
        if wide > width || taken > height {
            return None;
        }
        let (x, y) = (self.margin + (width - wide) / 2, self.margin);
        let area = Area { x: self.margin, y: self.margin + taken, width, height: height - taken };
        self.with_letters(module, (x, y), lines, area)
    }

    fn with_letters(
        &self,
        module: u32,
        (x, y): (u32, u32),
        lines: &[String],
        area: Area,
    ) -> Option<Arranged> {
        let symbol = (x + self.quiet * module, y + self.quiet * module);
        let least = self.least_scale();
        let most = (self.stock.dpi.dots(TEXT_MAX_UM) / LETTER).max(least);
        // Words stay whole if they can; else they are broken as seldom as the smallest letters need it.
        let whole = (least..=most).rev().find_map(|scale| rows(lines, area, scale, None));
        if let Some(rows) = whole {
            return Some(Arranged { module, symbol, rows, whole: true });
        }
        let fewest = rows(lines, area, least, Some(usize::MAX))?.len();
        let rows = (least..=most).rev().find_map(|scale| rows(lines, area, scale, Some(fewest)))?;
        Some(Arranged { module, symbol, rows, whole: false })
    }

    /// How often a letter's dots must be repeated so that people can read it.
    fn least_scale(&self) -> u32 {
        self.stock.dpi.dots(TEXT_MIN_UM).div_ceil(LETTER)
    }

    fn refused(&self, module: u32, lines: &[String], modules: &Modules) -> LabelError {
        let (dpi, size) = (self.stock.dpi, self.stock.size);
        let (wide, tall) = (module * self.across, module * self.down);
        let (width, height) = self.room();
        if wide > width || tall > height {
            let with_margins = |dots: u32| dpi.length_um(dots + 2 * self.margin);
            return LabelError::SymbolTooLarge {
                code: excerpt(modules.text()),
                across: modules.width(),
                down: modules.height(),
                module_um: dpi.length_um(module),
                needs_um: (with_margins(wide), with_margins(tall)),
                size,
            };
        }
        LabelError::TextTooLong {
            text: excerpt(&lines.join(" ")),
            letters: lines.iter().map(|line| line.chars().count()).sum(),
            letter_um: dpi.length_um(self.least_scale() * LETTER),
            symbol_um: (dpi.length_um(wide), dpi.length_um(tall)),
            size,
        }
    }
}

/// The lines in letters of that size, in the middle of the area; none where they have no room. Words are broken only
/// where a number of rows is given, and into no more than that.
fn rows(lines: &[String], area: Area, scale: u32, broken_into: Option<usize>) -> Option<Vec<Row>> {
    let letter = scale * LETTER;
    let per_row = (area.width / letter) as usize;
    if lines.is_empty() {
        return Some(Vec::new());
    }
    let mut texts = Vec::new();
    for line in lines {
        match (between_words(line, per_row), broken_into) {
            (Some(rows), _) => texts.extend(rows),
            (None, Some(_)) if per_row > 0 => texts.extend(in_even_parts(line, per_row)),
            (None, _) => return None,
        }
    }
    if broken_into.is_some_and(|most| texts.len() > most) {
        return None;
    }
    let pitch = letter + BETWEEN * scale;
    let tall = u32::try_from(texts.len()).ok()?.checked_mul(pitch)? - BETWEEN * scale;
    let spare = area.height.checked_sub(tall)?;
    let row = |(nth, text): (usize, String)| {
        let wide = text.chars().count() as u32 * letter;
        let (x, y) = (area.x + (area.width - wide) / 2, area.y + spare / 2 + nth as u32 * pitch);
        Row { text, x, y, letter }
    };
    Some(texts.into_iter().enumerate().map(row).collect())
}

/// A line in rows of at most so many letters, broken between words; none where a word has no room.
fn between_words(line: &str, per_row: usize) -> Option<Vec<String>> {
    let mut rows: Vec<String> = Vec::new();
    for word in line.split(' ').filter(|word| !word.is_empty()) {
        let letters = word.chars().count();
        match rows.last_mut() {
            _ if letters > per_row => return None,
            Some(row) if row.chars().count() + 1 + letters <= per_row => {
                row.push(' ');
                row.push_str(word);
            }
            _ => rows.push(word.to_owned()),
        }
    }
    Some(rows)
}

/// A line in as few rows as it takes, all of the same length but the last.
fn in_even_parts(line: &str, per_row: usize) -> Vec<String> {
    let letters: Vec<char> = line.chars().collect();
    let rows = letters.len().div_ceil(per_row);
    let part = |part: &[char]| part.iter().collect::<String>().trim().to_owned();
    letters.chunks(letters.len().div_ceil(rows)).map(part).filter(|part| !part.is_empty()).collect()
}

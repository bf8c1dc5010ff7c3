//! The three facts that must be legible from three metres: the verdict, the item, the person.

use ratatui::layout::Rect;

use crate::domain::Verdict;
use crate::station::view::View;
use crate::tui::big::{ARROW_IN, ARROW_OUT, Dots, Size};
use crate::tui::paint::Painter;
use crate::tui::theme::Tone;
use crate::tui::ui::standing;
use crate::tui::words;

/// Rows of dots a capital takes; the eighth is for tails and the space below.
pub const CAPITAL: u16 = 7;

/// Rows of dots of a fact: tails are shown, and the next line stands apart.
const FACT: u16 = 8;

/// How large things are shown.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Sizes {
    /// The verdict.
    pub verdict: Size,
    /// The item.
    pub item: Size,
    /// The person; none: in ordinary letters.
    pub person: Option<Size>,
}

/// From the largest to the one that always fits.
const SIZES: [Sizes; 4] = [
    Sizes { verdict: Size::FOUR, item: Size::TWO, person: Some(Size::TWO) },
    Sizes { verdict: Size::THREE, item: Size::TWO, person: Some(Size::TWO) },
    Sizes { verdict: Size::THREE, item: Size::ONE, person: Some(Size::ONE) },
    Sizes { verdict: Size::TWO, item: Size::ONE, person: Some(Size::ONE) },
];

/// The same without half blocks.
const SIZES_ASCII: [Sizes; 4] = [
    Sizes { verdict: Size::FOUR, item: Size::TWO, person: Some(Size::TWO) },
    Sizes { verdict: Size::TWO, item: Size::TWO, person: Some(Size::TWO) },
    Sizes { verdict: Size::TWO, item: Size::TALL, person: Some(Size::TALL) },
    Sizes { verdict: Size::TWO, item: Size::TALL, person: None },
];

/// What the big letters say.
pub struct Big {
    verdict: Verdict,
    item: Option<String>,
    person: Option<String>,
}

impl Big {
    /// Out of a picture.
    pub fn of(view: &View) -> Self {
        let verdict = standing(view);
        if verdict != view.desk.verdict {
            // What belongs to a verdict goes with it.
            return Self { verdict, item: None, person: None };
        }
        let item = match view.desk.items.as_slice() {
            [] => None,
            [item] => Some(item.id.clone()),
            items => Some(format!("{} ITEMS", items.len())),
        };
        let person = view.desk.person.as_ref().map(|person| person.name.clone());
        Self { verdict, item, person }
    }

    /// The largest sizes that leave `rows_left` of `area`.
    pub fn sizes(&self, area: Rect, rows_left: u16, ascii: bool) -> Sizes {
        let all = if ascii { SIZES_ASCII } else { SIZES };
        let fits = |sizes: &Sizes| {
            self.rows(*sizes) + rows_left <= area.height
                && self.verdict_width(sizes.verdict) <= area.width
                && (sizes.item.across == 1 || self.facts_fit(area.width, sizes.item))
        };
        all.into_iter().find(fits).unwrap_or(all[all.len() - 1])
    }

    /// Rows it takes.
    pub fn rows(&self, sizes: Sizes) -> u16 {
        let item = self.item.as_ref().map_or(0, |_| sizes.item.rows(FACT));
        let person = self.person.as_ref().map_or(0, |_| person_rows(sizes));
        self.verdict_rows(sizes) + item + person
    }

    /// Rows the word alone takes.
    pub fn verdict_rows(&self, sizes: Sizes) -> u16 {
        match self.verdict {
            // A row above and below, and two for the prompt.
            Verdict::Ready => Size::ONE.rows(FACT) + 4,
            _ => sizes.verdict.rows(CAPITAL),
        }
    }

    /// Paints the word at the top of `area`, whose ground the caller has laid.
    pub fn paint_word(&self, painter: &mut Painter<'_>, area: Rect, sizes: Sizes, prompt: &str) {
        if self.verdict == Verdict::Ready {
            return paint_ready(painter, area, prompt);
        }
        let tone = words::verdict_tone(self.verdict);
        let size = sizes.verdict;
        if let Some(dots) = Dots::fitting(self.verdict.word(), area.width, size) {
            dots.paint(painter, (area.x, area.y, area.right()), (size, CAPITAL), tone);
        }
        if let Some(sign) = self.sign() {
            let x = area.right().saturating_sub(sign.width(size));
            sign.paint(painter, (x, area.y, area.right()), (size, CAPITAL), tone);
        }
    }

    /// Paints item and person at the top of `area`; returns the row below.
    pub fn paint_facts(&self, painter: &mut Painter<'_>, area: Rect, sizes: Sizes, ground: Tone) -> u16 {
        let tone = if ground == Tone::Plain { Tone::Bright } else { ground };
        let mut y = area.y;
        if let Some(item) = &self.item {
            paint_fact(painter, Rect { y, ..area }, item, sizes.item, tone);
            y += sizes.item.rows(FACT);
        }
        if let Some(person) = &self.person {
            match sizes.person {
                Some(size) => paint_fact(painter, Rect { y, ..area }, person, size, tone),
                None => drop(painter.text(area.x, y, area.width, person, tone)),
            }
            y += person_rows(sizes);
        }
        y
    }

    fn verdict_width(&self, size: Size) -> u16 {
        let pitch = 8 * size.across;
        let sign = self.sign().map_or(0, |sign| sign.width(size) + size.across);
        match self.verdict {
            Verdict::Ready => 0,
            verdict => (verdict.word().len() as u16 * pitch).saturating_sub(size.across) + sign,
        }
    }

    fn facts_fit(&self, width: u16, size: Size) -> bool {
        let whole =
            |text: &String| Dots::fitting(text, u16::MAX, size).is_some_and(|dots| dots.width(size) <= width);
        [&self.item, &self.person].into_iter().flatten().all(whole)
    }

    /// The shape beside the word: a direction, or a question.
    fn sign(&self) -> Option<Dots> {
        match self.verdict {
            Verdict::Out => Some(Dots::picture(ARROW_OUT)),
            Verdict::In => Some(Dots::picture(ARROW_IN)),
            Verdict::Ask => Dots::fitting("?", 8, Size::ONE),
            _ => None,
        }
    }
}

fn person_rows(sizes: Sizes) -> u16 {
    sizes.person.map_or(1, |size| size.rows(FACT))
}

fn paint_fact(painter: &mut Painter<'_>, area: Rect, text: &str, size: Size, tone: Tone) {
    match Dots::fitting(text, area.width, size) {
        Some(dots) => dots.paint(painter, (area.x, area.y, area.right()), (size, FACT), tone),
        // Letters without dots of their own (Chinese, Arabic) are shown as the terminal has them.
        None => drop(painter.text(area.x, area.y + size.rows(FACT) / 2 - 1, area.width, text, tone)),
    }
}

fn paint_ready(painter: &mut Painter<'_>, area: Rect, prompt: &str) {
    let size = if painter.ascii() { Size::TALL } else { Size::ONE };
    // Tall letters take the free rows too.
    let rows = if painter.ascii() { CAPITAL } else { FACT };
    let y = if painter.ascii() { area.y } else { area.y + 1 };
    if let Some(dots) = Dots::fitting(Verdict::Ready.word(), area.width, size) {
        dots.paint(painter, (area.x, y, area.right()), (size, rows), Tone::Ready);
    }
    painter.text(
        area.x,
        area.y + Size::ONE.rows(FACT) + 2 + u16::from(painter.ascii()),
        area.width,
        prompt,
        Tone::Bright,
    );
}

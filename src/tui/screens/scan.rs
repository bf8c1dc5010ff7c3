//! Scan: the page that hangs over the hatch.

use ratatui::layout::Rect;

use crate::domain::Verdict;
use crate::station::view::{Recent, View};
use crate::tui::clean;
use crate::tui::paint::Painter;
use crate::tui::theme::Tone;
use crate::tui::ui::{Scene, Ui, standing};
use crate::tui::words;

use super::chrome;
use super::condition;
use super::desk::Big;
use super::inside;
use super::notes::{self, notes};

/// Fewest lines of the recent list that larger letters must leave.
const RECENT_MIN: u16 = 3;

/// Rows of notes that larger letters must leave.
const NOTES_MIN: u16 = 2;

/// Prompt of an idle desk.
const PROMPT: &str = "Show badge, then item";

/// Paints the page.
pub fn paint(painter: &mut Painter<'_>, view: &View, scene: &Scene, ui: &Ui) {
    let whole = painter.area();
    let verdict = standing(view);
    let double = verdict == Verdict::Stop;
    let line = if double { Tone::StopFrame } else { Tone::Frame };
    let field = (verdict != Verdict::Ready).then(|| words::verdict_tone(verdict));
    chrome::header(painter, "SCAN", view, ui, field);
    chrome::footer(painter, scene, ui);

    let strip_rows = chrome::strip_rows(view);
    let strip_y = whole.bottom() - 1 - strip_rows;
    chrome::strip(painter, strip_y, strip_rows, view);
    let low_y = strip_y - 1;
    painter.rule(whole, low_y, double, line);

    let page = inside(whole);
    let upper = Rect { height: low_y - page.y, ..page };
    let body = match condition::pane_width(whole) {
        0 => upper,
        pane => {
            let body = Rect { width: upper.width - pane, ..upper };
            condition::pane(painter, Rect { x: body.right(), width: pane, ..upper }, (view, ui), line);
            body
        }
    };
    let below = desk(painter, body, view, ui);
    painter.rule(Rect { x: body.x - 2, width: body.width + 4, ..whole }, below, double, line);
    if body.width < upper.width {
        painter.glyph(body.right() + 1, below, '┤', line);
    }
    entry(painter, body, below, view, scene, ui);
    let list = Rect { y: below + 1, height: low_y.saturating_sub(below + 1), ..body };
    let list = held(painter, list, view, ui);
    lists(painter, list, low_y, view, ui);
}

/// The big letters and the notes under them; returns the row below.
fn desk(painter: &mut Painter<'_>, body: Rect, view: &View, ui: &Ui) -> u16 {
    let verdict = standing(view);
    let big = Big::of(view);
    let held_rows = u16::from(!view.held.is_empty());
    let sizes = big.sizes(body, 2 + held_rows + NOTES_MIN + RECENT_MIN, ui.ascii);
    let room = body.height.saturating_sub(big.rows(sizes) + 1 + held_rows);
    // STOP and ASK colour all that belongs to them; with the others the facts stand on black.
    let waits = matches!(verdict, Verdict::Stop | Verdict::Ask);
    // What must be said goes before everything; then a row that keeps the letters of the word apart from what
    // follows, then the list, then what else is known of the item.
    let needed = notes::needed_rows(view, body.width).max(NOTES_MIN);
    let lines = match verdict {
        Verdict::Ready => Vec::new(),
        _ => notes(view, ui, body.width, usize::from(room.min(needed.max(room.saturating_sub(2))))),
    };
    let lines_rows = lines.len() as u16;
    let gap = u16::from(verdict != Verdict::Ready && lines_rows < room);
    let field = match verdict {
        Verdict::Ready => 0,
        _ if waits => big.rows(sizes) + gap + lines_rows,
        _ => big.verdict_rows(sizes) + gap,
    };
    let tone = words::verdict_tone(verdict);
    painter.fill(Rect { x: body.x - 1, width: body.width + 2, height: field, ..body }, tone);
    let ground = if waits { tone } else { Tone::Plain };
    big.paint_word(painter, body, sizes, prompt(view));
    let below = Rect { y: body.y + big.verdict_rows(sizes) + gap, ..body };
    let y = big.paint_facts(painter, below, sizes, ground);
    notes::paint(painter, Rect { y, ..body }, &lines, ground);
    y + lines_rows
}

fn prompt(view: &View) -> &str {
    let idle = view.desk.verdict == Verdict::Ready;
    if idle && !view.desk.now.is_empty() { &view.desk.now } else { PROMPT }
}

/// The word and the entry behind it in small letters, for the telephone and for eyes that read; beside it the keys of
/// a demonstration.
fn entry(painter: &mut Painter<'_>, body: Rect, y: u16, view: &View, scene: &Scene, ui: &Ui) {
    let end = chrome::demo_keys(painter, body, y, scene, ui);
    let verdict = standing(view);
    let word = format!(" {} ", verdict.word());
    let mut text = word.clone();
    if let Some(seq) = view.desk.seq.filter(|_| verdict == view.desk.verdict) {
        let lane = if view.desk.lane.is_empty() { String::new() } else { format!("· {} ", view.desk.lane) };
        text = format!("{word}· entry {seq} {lane}");
    }
    let room = end.saturating_sub(body.x);
    for text in [text, word] {
        if clean::width(&text) <= usize::from(room) {
            painter.text(body.x, y, room, &text, Tone::Plain);
            return;
        }
    }
}

/// The banner of what was pushed aside; returns what is left of the list's room.
fn held(painter: &mut Painter<'_>, list: Rect, view: &View, ui: &Ui) -> Rect {
    if view.held.is_empty() || list.height == 0 {
        return list;
    }
    let hint = match (ui.may_act(), view.desk.stays) {
        (false, _) => "",
        // Enter is for what stands in big letters first.
        (true, true) => "next",
        (true, false) => "Enter when handled",
    };
    chrome::held(painter, list, &view.held, hint);
    Rect { y: list.y + 1, height: list.height - 1, ..list }
}

/// The last presentations, and the state of everything behind them: in the rule on a small frame, beside the list on a
/// larger one, in the pane on a large one.
fn lists(painter: &mut Painter<'_>, list: Rect, low_y: u16, view: &View, ui: &Ui) {
    let whole = painter.area();
    if condition::pane_width(whole) > 0 {
        return recent(painter, list, &view.recent, ui);
    }
    let beside = condition::beside_width(whole, list.height);
    if beside == 0 {
        condition::line(painter, low_y, view, ui);
        return recent(painter, list, &view.recent, ui);
    }
    recent(painter, Rect { width: list.width - beside - 2, ..list }, &view.recent, ui);
    let lines = Rect { x: list.right() - beside, width: beside, ..list };
    condition::lines(painter, lines, view, ui);
}

fn recent(painter: &mut Painter<'_>, list: Rect, recent: &[Recent], ui: &Ui) {
    let person_cells = match list.width {
        90.. => 28,
        70.. => 18,
        _ => 15,
    };
    for (y, one) in (list.y..list.bottom()).zip(recent) {
        let end = list.right();
        painter.text(list.x, y, 8, &words::clock(one.wall_ms, &ui.zone), Tone::Plain);
        let word = one.verdict.word();
        painter.text(list.x + 9, y, 5, word, words::listed_tone(one.verdict));
        painter.text(list.x + 15, y, 10, &one.item, Tone::Plain);
        painter.text(list.x + 26, y, person_cells, &one.person, Tone::Plain);
        let x = list.x + 27 + person_cells;
        painter.text(x, y, end.saturating_sub(x), &one.note, Tone::Plain);
    }
}

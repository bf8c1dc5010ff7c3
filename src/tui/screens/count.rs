//! Stocktake: how far the count that is open has come, then only what needs doing (`ux.md` section 3).

use ratatui::layout::Rect;

use crate::station::view::{CountView, View};
use crate::tui::paint::Painter;
use crate::tui::theme::Tone;
use crate::tui::ui::{Scene, Ui};
use crate::tui::words;

use super::chrome;
use super::inside;

/// Paints the page.
pub fn paint(painter: &mut Painter<'_>, view: &View, scene: &Scene, ui: &Ui) {
    let whole = painter.area();
    chrome::header(painter, "7 STOCKTAKE", view, ui, None);
    chrome::footer(painter, scene, ui);
    let page = inside(whole);
    chrome::desk_line(painter, page.y, view);
    painter.rule(whole, page.y + 1, false, Tone::Frame);
    let strip = chrome::strip_rows(view);
    let strip_y = page.bottom() - strip;
    painter.rule(whole, strip_y - 1, false, Tone::Frame);
    chrome::demo_keys(painter, page, strip_y - 1, scene, ui);
    chrome::strip(painter, strip_y, strip, view);
    let body = Rect { y: page.y + 2, height: (strip_y - 1).saturating_sub(page.y + 2), ..page };
    match &view.count {
        None => {
            let what = "No count is open. Begin one: armoury count open KIND --by PERSON.";
            painter.text(body.x, body.y + 1, body.width, what, Tone::Plain);
        }
        Some(count) => open(painter, whole, body, count, (view, ui)),
    }
}

fn open(painter: &mut Painter<'_>, whole: Rect, body: Rect, count: &CountView, (view, ui): (&View, &Ui)) {
    let rack = if count.rack.is_empty() { String::new() } else { format!(" of rack {}", count.rack) };
    let since = words::since(count.opened_wall_ms, view.station.wall_ms, &ui.zone);
    let head =
        format!("{} count{rack} · entry {} · since {since} by {}", count.kind, count.seq, count.counter);
    painter.text(body.x, body.y, body.width, &head, Tone::Bright);
    let Some(figures) = &count.figures else {
        let what = format!("Blind: {} seen so far. What is expected is compared afterwards.", count.seen);
        painter.text(body.x, body.y + 1, body.width, &what, Tone::Plain);
        return;
    };
    let done = figures.seen + figures.left;
    let share = if figures.expected == 0 { 100 } else { u64::from(done) * 100 / u64::from(figures.expected) };
    let tail = format!("{share} %   {done} of {}", figures.expected);
    let end = painter.text_before(body.right(), body.y + 1, 24, &tail, Tone::Bright);
    let room = end.saturating_sub(body.x + 2);
    let filled = u16::try_from(u64::from(room) * share.min(100) / 100).unwrap_or(room);
    let bar =
        format!("{}{}", "█".repeat(usize::from(filled)), "░".repeat(usize::from(room - filled.min(room))));
    painter.text(body.x, body.y + 1, room, &bar, Tone::Bright);
    let line = format!(
        "Expected here {} · seen {} · still to find {} · extra {} · left {} · out {}",
        figures.expected, figures.seen, figures.missing, figures.extras, figures.left, figures.out
    );
    painter.text(body.x, body.y + 2, body.width, &line, Tone::Plain);
    painter.rule(whole, body.y + 3, false, Tone::Frame);
    let half = body.width / 2;
    let lists = [
        ("TO FIND", &count.to_find, figures.missing, body.x),
        ("EXTRA", &count.extras, figures.extras, body.x + half),
    ];
    let top = body.y + 4;
    let rows = usize::from(body.bottom().saturating_sub(top + 2));
    for (heading, list, all, x) in lists {
        painter.text(x, top, half - 1, heading, Tone::Bright);
        let skip = usize::from(ui.scroll).min(list.len().saturating_sub(rows));
        for (y, line) in (top + 1..).zip(list.iter().skip(skip).take(rows)) {
            painter.text(x, y, half - 1, line, Tone::Plain);
        }
        let shown = list.len().saturating_sub(skip).min(rows);
        let more = usize::try_from(all).unwrap_or(usize::MAX).saturating_sub(skip + shown);
        if more > 0 {
            painter.text_before(x + half - 2, top, 12, &format!("{more} more"), Tone::Dim);
        }
    }
    let last = body.bottom() - 1;
    let next = match (figures.missing, figures.extras, count.to_touch) {
        (0, 0, 0) => "NOW  It comes out: close it, two people (armoury count close).".to_owned(),
        (0, 0, touch) => format!("NOW  Touch {touch}, or show them to a camera: a reader hears tags."),
        _ => "NOW  Look for them by eye. What cannot be found is handed up.".to_owned(),
    };
    painter.text(body.x, last, body.width, &next, Tone::Plain);
}

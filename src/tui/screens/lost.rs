//! The station does not answer. Nothing here may look current.

use ratatui::layout::Rect;

use crate::domain::Practice;
use crate::tui::big::{Dots, Size};
use crate::tui::clean::wrap;
use crate::tui::paint::Painter;
use crate::tui::theme::Tone;
use crate::tui::ui::{Lost, Scene, Ui};
use crate::tui::words;

use super::chrome;
use super::desk::CAPITAL;
use super::inside;

/// What people need to know, and what to do meanwhile (`ux.md`, lost link).
const TOLD: [&str; 3] = [
    "The station program does not answer.  Nothing on this screen is current.",
    "Do not hand out or take in items.  Use the paper register.",
    "Call: duty signaller, then unit armourer.",
];

/// Paints the page.
pub fn paint(painter: &mut Painter<'_>, lost: &Lost, scene: &Scene, ui: &Ui) {
    let whole = painter.area();
    painter.frame(whole, false, Tone::Frame);
    let x = painter.text(whole.x + 1, whole.y, 20, " NOT CONNECTED ", Tone::AlarmNew);
    if let Some(old) = &lost.old {
        if old.station.practice == Practice::Exercise {
            painter.text(x, whole.y, 12, chrome::EXERCISE, Tone::Exercise);
        }
        let stopped = format!(" screen stopped {} ", words::clock(old.station.wall_ms, &ui.zone));
        painter.text_before(whole.right() - 2, whole.y, 40, &stopped, Tone::Plain);
    }
    chrome::footer(painter, scene, ui);

    let page = inside(whole);
    // Tall letters take the free rows, or nothing would be left for what people must read.
    let (size, free) = if ui.ascii { (Size::TALL, 0) } else { (Size::ONE, 1) };
    let mut y = page.y + free;
    for word in ["NOT", "CONNECTED"] {
        if let Some(dots) = Dots::fitting(word, page.width, size) {
            dots.paint(painter, (page.x, y, page.right()), (size, CAPITAL), Tone::Bright);
        }
        y += size.rows(CAPITAL);
    }
    y += free;
    for line in TOLD {
        painter.text(page.x, y, page.width, line, Tone::Bright);
        y += 1;
    }
    y += free;
    let again = match lost.retry_in_s {
        0 => "Trying now".to_owned(),
        seconds => format!("Trying again in {seconds} s"),
    };
    painter.text(page.x, y, page.width, &again, Tone::Plain);
    y += 1;
    for line in wrap(&format!("Cause: {}.", lost.cause.trim_end_matches('.')), usize::from(page.width), 2) {
        painter.text(page.x, y, page.width, &line, Tone::Plain);
        y += 1;
    }
    old_counts(painter, Rect { y: y + free, height: 1, ..page }, lost, ui);
}

/// What was last known, dim and called old.
fn old_counts(painter: &mut Painter<'_>, row: Rect, lost: &Lost, ui: &Ui) {
    let Some(old) = &lost.old else { return };
    let at = words::day_clock(old.station.wall_ms, &ui.zone);
    let text = format!("(old, {at}: {} · {} alarms)", words::counts(old), old.alarms.len());
    painter.text(row.x, row.y, row.width, &text, Tone::Dim);
}

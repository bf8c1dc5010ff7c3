//! Alarms: what needs action, and its first step.

use ratatui::layout::Rect;

use crate::station::view::{Alarm, AlarmState, View};
use crate::tui::clean::wrap;
use crate::tui::paint::Painter;
use crate::tui::theme::Tone;
use crate::tui::ui::{Scene, Ui, alarms_by_need};
use crate::tui::words;

use super::chrome;
use super::inside;

/// Rows for the first step.
const STEP_ROWS: u16 = 3;

/// Paints the page.
pub fn paint(painter: &mut Painter<'_>, view: &View, scene: &Scene, ui: &Ui) {
    let whole = painter.area();
    chrome::header(painter, "4 ALARMS", view, ui, None);
    chrome::footer(painter, scene, ui);
    let page = inside(whole);
    chrome::desk_line(painter, page.y, view);
    painter.rule(whole, page.y + 1, false, Tone::Frame);

    let keys_y = page.bottom() - STEP_ROWS - 1;
    painter.rule(whole, keys_y, false, Tone::Frame);
    chrome::demo_keys(painter, page, keys_y, scene, ui);

    let list = Rect { y: page.y + 2, height: keys_y - page.y - 2, ..page };
    let alarms = alarms_by_need(view);
    let Some(selected) = ui.selected(view) else {
        painter.text(list.x, list.y + 1, list.width, "No alarms. Nothing to do.", Tone::Plain);
        return;
    };
    let heading = "  PRI   STATE    SINCE         WHAT";
    painter.text(list.x, list.y, list.width, heading, Tone::Bright);
    let rows = usize::from(list.height.saturating_sub(1));
    let here = alarms.iter().position(|alarm| alarm.id == selected.id).unwrap_or(0);
    // The chosen line is always in sight, and the list moves no more than it must.
    let first = (here + 1).saturating_sub(rows);
    for (y, alarm) in (list.y + 1..list.bottom()).zip(&alarms[first..]) {
        row(painter, Rect { y, height: 1, ..list }, alarm, alarm.id == selected.id, (view, ui));
    }
    let step = Rect { y: keys_y + 1, height: STEP_ROWS, ..page };
    painter.text(step.x, step.y, 4, "DO", Tone::Bright);
    let lines = wrap(&selected.first_step, usize::from(step.width - 4), usize::from(STEP_ROWS));
    for (y, line) in (step.y..).zip(lines) {
        painter.text(step.x + 4, y, step.width - 4, &line, Tone::Plain);
    }
}

fn row(painter: &mut Painter<'_>, area: Rect, alarm: &Alarm, selected: bool, (view, ui): (&View, &Ui)) {
    let plain = if selected { Tone::Selected } else { Tone::Plain };
    painter.fill(area, plain);
    let mark = if selected { "■" } else { " " };
    painter.text(area.x, area.y, 1, mark, plain);
    painter.text(area.x + 2, area.y, 5, &chrome::priority(alarm), chrome::alarm_tone(alarm));
    let state = match alarm.state {
        AlarmState::New => "NEW",
        AlarmState::Acked => "ACKED",
        AlarmState::Cleared => "CLEARED",
    };
    painter.text(area.x + 8, area.y, 8, state, plain);
    let since = words::since(alarm.since_wall_ms, view.station.wall_ms, &ui.zone);
    painter.text(area.x + 17, area.y, 13, &since, plain);
    let x = area.x + 31;
    painter.text(x, area.y, area.right().saturating_sub(x), &alarm.what, plain);
}

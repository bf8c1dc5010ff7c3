//! How the station itself is: devices, road and record store, in one line, in a few, or in a pane of their own.

use ratatui::layout::Rect;

use crate::station::view::{Device, View};
use crate::tui::clean;
use crate::tui::paint::Painter;
use crate::tui::theme::Tone;
use crate::tui::ui::{Ui, alarms_by_need};
use crate::tui::words;

use super::chrome;

/// Frame from which there is a pane (`ux.md`, large screen).
const PANE_FROM: (u16, u16) = (140, 40);

/// Cells of the pane, its line included.
const PANE: u16 = 46;

/// Frame width from which the state stands beside the recent list.
const BESIDE_FROM: u16 = 100;

/// Cells of the state beside the recent list.
const BESIDE: u16 = 30;

/// Most cells of a name.
const NAME_MAX: usize = 17;

/// Cells of a state word.
const STATE: u16 = 8;

/// Fewest cells in which a detail says something.
const DETAIL_MIN: u16 = 12;

/// Alarms in the pane.
const PANE_ALARMS: usize = 5;

/// Cells of the pane for this frame; 0: no room for one.
pub fn pane_width(frame: Rect) -> u16 {
    if frame.width >= PANE_FROM.0 && frame.height >= PANE_FROM.1 { PANE } else { 0 }
}

/// Cells for the state beside a list of so many rows; 0: no room.
pub fn beside_width(frame: Rect, rows: u16) -> u16 {
    if frame.width >= BESIDE_FROM && rows >= 3 { BESIDE } else { 0 }
}

/// Everything in one row, in the rule at row `y`: devices left, road right. Where not all devices fit, those that are
/// not well are named and the others counted.
pub fn line(painter: &mut Painter<'_>, y: u16, view: &View, ui: &Ui) {
    let area = super::inside(painter.area());
    let road = format!(" {} ", words::sync_line(view, &ui.zone));
    let end = painter.text_before(area.right(), y, area.width / 2, &road, words::sync_tone(&view.sync));
    let room = end.saturating_sub(area.x + 1);

    let mut all: Vec<(String, Tone)> = Vec::new();
    let mut unwell: Vec<(String, Tone)> = Vec::new();
    if view.store.state != "ok" {
        all.push((format!("record store {}", view.store.state), Tone::AlarmNew));
    }
    unwell.extend(all.clone());
    for device in &view.devices {
        let piece = (format!("{} {}", device.name, device.state), words::device_tone(device));
        if piece.1 != Tone::Plain {
            unwell.push(piece.clone());
        }
        all.push(piece);
    }
    let well = view.devices.iter().filter(|device| words::device_tone(device) == Tone::Plain).count();
    if well > 0 {
        let others = if unwell.is_empty() { "devices" } else { "others" };
        unwell.push((format!("{well} {others} ok"), Tone::Plain));
    }
    let width = |pieces: &[(String, Tone)]| -> usize {
        pieces.iter().map(|(text, _)| clean::width(&clean::clean(text, ui.ascii)) + 3).sum()
    };
    let pieces = if width(&all) <= usize::from(room) { all } else { unwell };
    let mut x = area.x;
    let last = area.x + room;
    for (at, (text, tone)) in pieces.iter().enumerate() {
        x = painter.text(x, y, last.saturating_sub(x), if at == 0 { " " } else { " · " }, Tone::Plain);
        x = painter.text(x, y, last.saturating_sub(x), text, *tone);
    }
    if !pieces.is_empty() {
        painter.text(x, y, last.saturating_sub(x), " ", Tone::Plain);
    }
}

/// One row each: the road, the record store where it is not well, the devices. Where not all devices fit, those that
/// are not well come first and the last row counts the others.
pub fn lines(painter: &mut Painter<'_>, area: Rect, view: &View, ui: &Ui) {
    if area.height == 0 {
        return;
    }
    let road = words::sync_line(view, &ui.zone);
    let x = painter.text(area.x, area.y, area.width, &road, words::sync_tone(&view.sync));
    detail(painter, (x + 2, area.y, area.right()), &view.sync.detail);
    let area = Rect { y: area.y + 1, height: area.height - 1, ..area };
    let mut rows: Vec<(String, String, Tone, &str)> = Vec::new();
    if view.store.state != "ok" {
        rows.push(("record store".into(), view.store.state.clone(), Tone::AlarmNew, &view.store.detail));
    }
    let left = usize::from(area.height).saturating_sub(rows.len());
    let mut devices: Vec<&Device> = view.devices.iter().collect();
    let mut others = 0;
    if devices.len() > left {
        devices.sort_by_key(|device| words::device_tone(device) == Tone::Plain);
        others = devices.len() + 1 - left.max(1);
        devices.truncate(left.saturating_sub(1));
    }
    rows.extend(devices.iter().map(|device| {
        (device.name.clone(), device.state.clone(), words::device_tone(device), device.detail.as_str())
    }));
    let name_cells = rows.iter().map(|(name, ..)| clean::width(&clean::clean(name, ui.ascii))).max();
    let name_cells = name_cells.unwrap_or(0).clamp(8, NAME_MAX) as u16;
    for (y, (name, state, tone, known)) in (area.y..area.bottom()).zip(&rows) {
        painter.text(area.x, y, name_cells, name, Tone::Plain);
        let x = area.x + name_cells + 1;
        painter.text(x, y, STATE, state, *tone);
        detail(painter, (x + STATE + 1, y, area.right()), known);
    }
    let last = area.y + rows.len() as u16;
    if others > 0 && last < area.bottom() {
        let all_well = view.devices.iter().filter(|device| words::device_tone(device) == Tone::Plain).count();
        let text = if all_well >= others {
            format!("{others} devices ok")
        } else {
            format!("{others} more (5 Devices)")
        };
        painter.text(area.x, last, area.width, &text, Tone::Plain);
    }
}

/// What is known beside the state, where there is room to say it.
fn detail(painter: &mut Painter<'_>, (x, y, end): (u16, u16, u16), known: &str) {
    let room = end.saturating_sub(x);
    if room >= DETAIL_MIN {
        painter.text(x, y, room, known, Tone::Plain);
    }
}

/// The right side of a large frame: newest alarms, then devices, road and store, one line each.
pub fn pane(painter: &mut Painter<'_>, area: Rect, (view, ui): (&View, &Ui), line: Tone) {
    let upright = area.x + 1;
    for y in area.y..area.bottom() {
        painter.glyph(upright, y, '│', line);
    }
    let inner = Rect { x: upright + 2, width: area.width.saturating_sub(3), ..area };
    let mut y = inner.y;
    painter.text(inner.x, y, inner.width, "ALARMS", Tone::Bright);
    y += 1;
    let alarms = alarms_by_need(view);
    if alarms.is_empty() {
        painter.text(inner.x, y, inner.width, "No alarms", Tone::Plain);
        y += 1;
    }
    for alarm in alarms.iter().take(PANE_ALARMS) {
        let mark = chrome::priority(alarm);
        let x = painter.text(inner.x, y, inner.width, &mark, chrome::alarm_tone(alarm)) + 1;
        painter.text(
            x,
            y,
            5,
            &words::since(alarm.since_wall_ms, view.station.wall_ms, &ui.zone),
            Tone::Plain,
        );
        painter.text(x + 6, y, inner.right().saturating_sub(x + 6), &alarm.what, Tone::Plain);
        y += 1;
    }
    if alarms.len() > PANE_ALARMS {
        let more = format!("and {} more (4 Alarms)", alarms.len() - PANE_ALARMS);
        painter.text(inner.x, y, inner.width, &more, Tone::Plain);
        y += 1;
    }
    y += 1;
    painter.text(inner.x, y, inner.width, "DEVICES AND ROAD", Tone::Bright);
    y += 1;
    lines(painter, Rect { y, height: inner.bottom().saturating_sub(y), ..inner }, view, ui);
}

//! Devices and sync: what the station works with, one line each.

use ratatui::layout::Rect;

use crate::station::view::{Device, View};
use crate::tui::clean::{width, wrap};
use crate::tui::paint::Painter;
use crate::tui::theme::Tone;
use crate::tui::ui::{CameraPicture, Scene, Ui};
use crate::tui::words;

use super::chrome;
use super::inside;

/// Rows of road, store and station.
const LOWER_ROWS: u16 = 7;

/// Cells of the name column.
const NAME: u16 = 16;

/// Cells of the state column.
const STATE: u16 = 10;

/// Cells of the age of the last sign of life.
const AGE: u16 = 14;

/// Cells before what stands below a device.
const INDENT: u16 = 2;

/// Rows of one sentence below a device.
const BELOW_ROWS: usize = 4;

/// Digits of a hash that people compare by eye.
const HASH_SHOWN: usize = 16;

/// Paints the page.
pub fn paint(painter: &mut Painter<'_>, view: &View, scene: &Scene, ui: &Ui) {
    let whole = painter.area();
    chrome::header(painter, "5 DEVICES", view, ui, None);
    chrome::footer(painter, scene, ui);
    let page = inside(whole);
    chrome::desk_line(painter, page.y, view);
    painter.rule(whole, page.y + 1, false, Tone::Frame);
    if let Some(picture) = &ui.picture {
        let area = Rect { y: page.y + 2, height: page.height.saturating_sub(2), ..page };
        return seen(painter, area, picture);
    }
    let rule_y = page.bottom() - LOWER_ROWS - 1;
    painter.rule(whole, rule_y, false, Tone::Frame);
    chrome::demo_keys(painter, page, rule_y, scene, ui);
    devices(painter, Rect { y: page.y + 2, height: rule_y - page.y - 2, ..page }, view, ui);
    let lower = Rect { y: rule_y + 1, height: LOWER_ROWS, ..page };
    for (y, (name, state, tone, detail)) in (lower.y..lower.bottom()).zip(lower_rows(view, ui)) {
        line(painter, Rect { y, height: 1, ..lower }, (name, &state, tone, &detail));
    }
}

/// What a camera sees, in the middle.
fn seen(painter: &mut Painter<'_>, area: Rect, picture: &CameraPicture) {
    let age = words::age(i64::try_from(picture.age_ms).unwrap_or(i64::MAX));
    let title = format!("{} · {age} old · v again, Esc back", picture.camera);
    painter.text(area.x, area.y, area.width, &title, Tone::Plain);
    for (y, row) in (area.y + 1..area.bottom()).zip(&picture.rows) {
        let cells = u16::try_from(row.len()).unwrap_or(u16::MAX).min(area.width);
        let x = area.x + (area.width - cells) / 2;
        painter.text(x, y, cells, row, Tone::Plain);
    }
}

fn devices(painter: &mut Painter<'_>, area: Rect, view: &View, ui: &Ui) {
    if view.devices.is_empty() {
        painter.text(area.x, area.y, area.width, "No device is configured.", Tone::Plain);
        return;
    }
    let lines: Vec<Line<'_>> = view.devices.iter().flat_map(|device| lines(device, area.width)).collect();
    let rows = usize::from(area.height);
    let first = usize::from(ui.scroll).min(lines.len().saturating_sub(rows));
    for (y, one) in (area.y..area.bottom()).zip(&lines[first..]) {
        let left = lines.len().saturating_sub(first + rows);
        if y + 1 == area.bottom() && left > 0 {
            painter.text(area.x, y, area.width, &format!("and {} more below (j)", left + 1), Tone::Plain);
            return;
        }
        let mut row = Rect { y, height: 1, ..area };
        let device = match one {
            Line::Device(device) => device,
            Line::Below(words, tone) => {
                painter.text(area.x + INDENT, y, area.width - INDENT, words, *tone);
                continue;
            }
        };
        if let Some(at) = device.last_sign_wall_ms {
            let age = format!("{} ago", words::age(view.station.wall_ms.saturating_sub(at)));
            painter.text_before(area.right(), y, AGE, &age, Tone::Plain);
            row.width -= AGE + 1;
        }
        let detail = if fits(device, area.width) { device.detail.as_str() } else { "" };
        line(painter, row, (&device.name, &device.state, words::device_tone(device), detail));
    }
}

/// One row of the list.
enum Line<'v> {
    Device(&'v Device),
    /// A piece of what is known about it, where its own row is too short, or of what it warns of.
    Below(String, Tone),
}

/// A device's own row, and below it what does not fit there and what it warns of: that is for somebody who mends it,
/// and must not be cut off.
fn lines(device: &Device, cells: u16) -> Vec<Line<'_>> {
    let below = usize::from(cells.saturating_sub(INDENT));
    let rows =
        |words: &str, tone| wrap(words, below, BELOW_ROWS).into_iter().map(move |row| Line::Below(row, tone));
    let detail = (!fits(device, cells)).then(|| rows(&device.detail, Tone::Plain));
    let warnings = device.warnings.iter().flat_map(|warning| rows(warning, Tone::Ask));
    std::iter::once(Line::Device(device)).chain(detail.into_iter().flatten()).chain(warnings).collect()
}

/// Whether what is known about a device fits its own row.
fn fits(device: &Device, cells: u16) -> bool {
    let age = if device.last_sign_wall_ms.is_some() { AGE + 1 } else { 0 };
    width(&device.detail) <= usize::from(cells.saturating_sub(NAME + STATE + age))
}

fn lower_rows(view: &View, ui: &Ui) -> Vec<(&'static str, String, Tone, String)> {
    let now = view.station.wall_ms;
    let (sync, store, station) = (&view.sync, &view.store, &view.station);
    let mut waits = format!("{} wait · {} acknowledged", sync.waiting, sync.acknowledged);
    if let Some(at) = sync.last_receipt_wall_ms {
        waits += &format!(" · last receipt {}", words::since(at, now, &ui.zone));
    }
    let detail = match sync.down_since_wall_ms.filter(|_| sync.state != "ok") {
        Some(at) => format!("since {} · {}", words::since(at, now, &ui.zone), sync.detail),
        None => sync.detail.clone(),
    };
    let store_tone = if store.state == "ok" { Tone::Plain } else { Tone::AlarmNew };
    let hash: String = store.head_hash.chars().take(HASH_SHOWN).collect();
    let up = i64::try_from(station.up_ms).unwrap_or(i64::MAX);
    let clock_tone = if station.clock == "none" { Tone::Ask } else { Tone::Plain };
    let inbox = &view.inbox;
    let (state, tone) =
        if inbox.reads_dropped == 0 { ("ok", Tone::Plain) } else { ("dropped", Tone::AlarmNew) };
    let reads = format!(
        "{} dropped of {} · {} wait, at most {}",
        inbox.reads_dropped,
        inbox.reads_taken + inbox.reads_dropped,
        inbox.waiting,
        inbox.longest
    );
    vec![
        ("Headquarters", sync.state.clone(), words::sync_tone(sync), detail),
        ("", String::new(), Tone::Plain, waits),
        ("Record store", store.state.clone(), store_tone, store.detail.clone()),
        ("", String::new(), Tone::Plain, format!("entry {} · hash {hash}...", store.head)),
        ("Tag reads", state.to_owned(), tone, reads),
        ("Clock", station.clock.clone(), clock_tone, words::day_clock(now, &ui.zone)),
        (
            "Station",
            format!("v{}", station.version),
            Tone::Plain,
            format!("{} · up {}", station.id, words::age(up)),
        ),
    ]
}

fn line(painter: &mut Painter<'_>, area: Rect, (name, state, tone, detail): (&str, &str, Tone, &str)) {
    painter.text(area.x, area.y, NAME - 1, name, Tone::Plain);
    painter.text(area.x + NAME, area.y, STATE - 1, state, tone);
    let x = area.x + NAME + STATE;
    painter.text(x, area.y, area.right().saturating_sub(x), detail, Tone::Plain);
}

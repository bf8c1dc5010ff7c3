//! What every page has: header, footer, alarm strip, and the line that keeps the desk in sight.

use ratatui::layout::Rect;

use crate::domain::{Practice, Verdict};
use crate::station::view::{Alarm, AlarmState, Recent, View};
use crate::tui::bindings::{self, Binding, Place};
use crate::tui::clean;
use crate::tui::paint::Painter;
use crate::tui::theme::Tone;
use crate::tui::ui::{Scene, Ui, alarms_by_need, standing};
use crate::tui::words;

use super::inside;

/// The word no screen of an exercise may be without.
pub const EXERCISE: &str = " EXERCISE ";

/// Frame and header of a page of the running station. With a `field` the header belongs to it, so that big letters
/// below do not run into a dark line.
pub fn header(painter: &mut Painter<'_>, title: &str, view: &View, ui: &Ui, field: Option<Tone>) {
    let area = painter.area();
    let double = field == Some(Tone::Stop);
    painter.frame(area, double, if double { Tone::StopFrame } else { Tone::Frame });
    if let Some(tone) = field {
        painter.edge(area, double, tone);
    }
    let plain = field.unwrap_or(Tone::Plain);
    let hq_tone = match words::sync_tone(&view.sync) {
        Tone::Plain | Tone::Dim => plain,
        unwell => unwell,
    };
    let hq = format!(" HQ {} ", view.sync.state);
    let end = painter.text_before(area.right() - 2, area.y, 24, &hq, hq_tone);
    let mut x = painter.text(area.x + 1, area.y, 24, &format!(" {title} "), field.unwrap_or(Tone::Bright));

    let mode = words::header_mode(view);
    let exercise = if view.station.practice == Practice::Exercise { EXERCISE } else { "" };
    let station = clean::clean(&view.station.id, ui.ascii);
    let room =
        usize::from(end.saturating_sub(x)).saturating_sub(clean::width(&mode) + clean::width(exercise) + 4);
    let watching = if view.watchers > 0 { format!("{} watching · ", view.watchers) } else { String::new() };
    let day_clock = words::day_clock(view.station.wall_ms, &ui.zone);
    let clock = words::clock(view.station.wall_ms, &ui.zone);
    // The day gives way to the station's name.
    let right = [format!(" {watching}{day_clock} ·"), format!(" {watching}{clock} ·")];
    let fits = |right: &&String| clean::width(right) + clean::width(&station) <= room;
    let right = right.iter().find(fits).unwrap_or(&right[1]);
    let end = painter.text_before(end, area.y, 60, right, plain);

    let station = clean::cut(&station, room.saturating_sub(clean::width(right)));
    let mut piece = |x: u16, text: &str, tone| painter.text(x, area.y, end.saturating_sub(x), text, tone);
    if !station.is_empty() {
        x = piece(x, &format!("· {station} "), plain);
    }
    x = piece(x, &mode, plain);
    piece(x, exercise, Tone::Exercise);
}

/// The last row: keys that work now, or the answer to the last one.
pub fn footer(painter: &mut Painter<'_>, scene: &Scene, ui: &Ui) {
    let area = painter.area();
    let (y, room) = (area.bottom() - 1, area.width - 4);
    if let Some(message) = &ui.message {
        let tone = if message.refused { Tone::Ask } else { Tone::Bright };
        painter.text(area.x + 2, y, room, &format!(" {} ", message.text), tone);
        return;
    }
    let mut x = area.x + 1;
    if let (true, Scene::Live(view)) = (ui.choosing_mode, scene) {
        let asks = format!(" Mode is {}. Make it ", words::mode(view.station.mode));
        x = painter.text(x, y, room, &asks, Tone::Ask);
    }
    binding_row(painter, x, y, area.right() - 2, &bindings::named(ui, scene, Place::Footer));
}

/// Keys of the demonstration at the right of row `y`, if this is one; returns the column they begin at.
pub fn demo_keys(painter: &mut Painter<'_>, area: Rect, y: u16, scene: &Scene, ui: &Ui) -> u16 {
    let row = bindings::named(ui, scene, Place::Demo);
    let width: usize = row.iter().map(binding_width).sum();
    let start = area.right().saturating_sub(width as u16).max(area.x);
    binding_row(painter, start, y, area.right(), &row);
    start
}

fn binding_row(painter: &mut Painter<'_>, mut x: u16, y: u16, end: u16, row: &[Binding]) {
    for binding in row {
        // A key that is only half named would be worse than one that stands in the help alone.
        if usize::from(end.saturating_sub(x)) < binding_width(binding) {
            return;
        }
        x = painter.text(x, y, end - x, &format!(" {} ", binding.name), Tone::Bright);
        x = painter.text(x, y, end - x, &format!("{} ", binding.label), Tone::Plain);
    }
}

fn binding_width(binding: &Binding) -> usize {
    clean::width(binding.name) + clean::width(binding.label) + 3
}

/// Rows [`strip`] takes: one more for the first step where something waits to be acknowledged.
pub fn strip_rows(view: &View) -> u16 {
    let waits = alarms_by_need(view).first().is_some_and(|alarm| alarm.state != AlarmState::Acked);
    if waits { 2 } else { 1 }
}

/// Alarms and counts; `rows` of them from row `y`.
pub fn strip(painter: &mut Painter<'_>, y: u16, rows: u16, view: &View) {
    let area = inside(painter.area());
    let counts = words::counts(view);
    let start = painter.text_before(area.right(), y, area.width, &counts, Tone::Plain);
    let room = start.saturating_sub(area.x + 2);
    let alarms = alarms_by_need(view);
    let Some(first) = alarms.first() else {
        painter.text(area.x, y, room, "No alarms", Tone::Plain);
        return;
    };
    let waiting = alarms.iter().filter(|alarm| alarm.state != AlarmState::Acked).count();
    let count = match (waiting, alarms.len()) {
        (0, 1) => "1 alarm, acknowledged".to_owned(),
        (0, all) => format!("{all} alarms, all acknowledged"),
        (1, 1) => "1 alarm".to_owned(),
        (waiting, all) => format!("{all} alarms, {waiting} to acknowledge"),
    };
    let tone = alarm_tone(first);
    let x = painter.text(area.x, y, room, &format!("{} {count} ", priority(first)), tone);
    if rows < 2 {
        painter.text(x + 1, y, (area.x + room).saturating_sub(x + 1), &first.what, Tone::Plain);
        return;
    }
    let x = painter.text(area.x, y + 1, area.width / 2, &first.what, Tone::Bright);
    let x = painter.text(x + 2, y + 1, 3, "DO ", Tone::Bright);
    let step = format!("{}  (4 Alarms)", first.first_step);
    painter.text(x, y + 1, area.right().saturating_sub(x), &step, Tone::Plain);
}

/// `» 1 !`: a mark for what nobody has acknowledged, the number, and a shape for each priority.
pub fn priority(alarm: &Alarm) -> String {
    let mark = if alarm.state == AlarmState::New { '»' } else { ' ' };
    let shape = match alarm.priority {
        1 => '!',
        2 => '*',
        _ => '-',
    };
    format!("{mark} {} {shape}", alarm.priority)
}

/// How an alarm looks.
pub fn alarm_tone(alarm: &Alarm) -> Tone {
    match alarm.state {
        AlarmState::New => Tone::AlarmNew,
        AlarmState::Acked => Tone::Plain,
        AlarmState::Cleared => Tone::Ask,
    }
}

/// The newest STOP or ASK that was pushed aside, in the first row of `area`; how many more wait is said with it, and
/// at the end the `hint`.
pub fn held(painter: &mut Painter<'_>, area: Rect, held: &[Recent], hint: &str) {
    let Some(first) = held.first() else { return };
    let y = area.y;
    let tone = words::verdict_tone(first.verdict);
    painter.fill(Rect::new(area.x - 1, y, area.width + 2, 1), tone);
    let more = if held.len() > 1 { format!("+{} more  ", held.len() - 1) } else { String::new() };
    let end = painter.text_before(area.right(), y, area.width / 2, &format!("{more}{hint}"), tone);
    let text = format!("{} waits  {}  {}  {}", first.verdict.word(), first.item, first.person, first.note);
    painter.text(area.x, y, end.saturating_sub(area.x + 2), &text, tone);
}

/// The desk in one row, for pages that are not the desk's. A STOP must not be missed because somebody reads a list.
pub fn desk_line(painter: &mut Painter<'_>, y: u16, view: &View) {
    let verdict = standing(view);
    if !view.desk.stays && !view.held.is_empty() {
        return held(painter, Rect { y, ..inside(painter.area()) }, &view.held, "1 Scan");
    }
    let area = inside(painter.area());
    let tone = words::verdict_tone(verdict);
    if verdict == Verdict::Ready {
        painter.text(area.x, y, area.width, "READY  Show badge, then item", Tone::Plain);
        return;
    }
    painter.fill(Rect::new(area.x - 1, y, area.width + 2, 1), tone);
    let end = painter.text_before(area.right(), y, area.width / 2, "1 Scan", tone);
    let item = match view.desk.items.as_slice() {
        [] => String::new(),
        [item] => item.id.clone(),
        items => format!("{} ITEMS", items.len()),
    };
    let person = view.desk.person.as_ref().map(words::person).unwrap_or_default();
    let text = format!("{}  {item}  {person}  {}", verdict.word(), view.desk.why);
    painter.text(area.x, y, end.saturating_sub(area.x + 2), &text, tone);
}

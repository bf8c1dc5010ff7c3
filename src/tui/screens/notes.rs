//! The lines under the big letters: the item and the person in small, or why and what now.

use crate::domain::Verdict;
use crate::station::view::{ItemView, View};
use crate::tui::clean::wrap;
use crate::tui::paint::Painter;
use crate::tui::theme::Tone;
use crate::tui::ui::{Ui, standing};
use crate::tui::words;

use ratatui::layout::Rect;

/// Columns of the words WHY and NOW with the space after them.
const LABEL: u16 = 6;

/// One line, in two halves.
#[derive(Debug, Default)]
pub struct Note {
    label: &'static str,
    left: String,
    right: String,
}

/// The lines for what stands at the desk, at most `rows` of `cells`, the most needed first.
pub fn notes(view: &View, ui: &Ui, cells: u16, rows: usize) -> Vec<Note> {
    let desk = &view.desk;
    let several = desk.items.len() > 1;
    let mut notes = Vec::new();
    if !desk.why.is_empty() || !desk.now.is_empty() {
        let spoken_rows = if several { rows.saturating_sub(1).max(2) } else { rows };
        notes.extend(spoken(view, cells, spoken_rows));
    }
    let left = rows.saturating_sub(notes.len());
    match desk.items.as_slice() {
        [one] => notes.extend(one_item(one, view, ui)),
        [] => notes.extend(person_only(view)),
        items => {
            notes.extend(several_items(items, cells, left));
            if desk.why.is_empty() {
                notes.extend(person_only(view));
            }
        }
    }
    notes.truncate(rows);
    notes
}

/// Rows that WHY, NOW and several items take where there is room.
pub fn needed_rows(view: &View, cells: u16) -> u16 {
    let items = if view.desk.items.len() > 1 { view.desk.items.len() } else { 0 };
    u16::try_from(spoken(view, cells, usize::MAX).len() + items).unwrap_or(u16::MAX)
}

/// Writes them from row `y` in `tone`.
pub fn paint(painter: &mut Painter<'_>, area: Rect, notes: &[Note], tone: Tone) {
    for (y, note) in (area.y..).zip(notes) {
        let mut x = area.x;
        if !note.label.is_empty() {
            painter.text(x, y, LABEL, note.label, tone);
            x += LABEL;
        } else if note.left.starts_with(' ') {
            x += LABEL - 1;
        }
        let half = area.x + area.width * 11 / 20;
        let end = if note.right.is_empty() { area.right() } else { half - 1 };
        if note.right.starts_with('[') {
            let end = painter.text_before(area.right(), y, area.width / 3, &note.right, tone);
            painter.text(x, y, end.saturating_sub(x + 1), &note.left, tone);
        } else {
            painter.text(x, y, end.saturating_sub(x), &note.left, tone);
            painter.text(half, y, area.right().saturating_sub(half), &note.right, tone);
        }
    }
}

fn one_item(item: &ItemView, view: &View, ui: &Ui) -> Vec<Note> {
    let desk = &view.desk;
    let mut facts = vec![];
    if !item.model.is_empty() {
        facts.push(item.model.clone());
    }
    if !item.serial.is_empty() {
        facts.push(format!("serial {}", item.serial));
    }
    if !item.home.is_empty() {
        facts.push(format!("rack {}", item.home));
    }
    let verdict = standing(view);
    let mut second = Note::default();
    if let Some(due) = item.due_wall_ms.filter(|_| verdict == Verdict::Out) {
        second.left = format!("Due back {}", words::due(due, view.station.wall_ms, &ui.zone));
    }
    if !item.terms.is_empty() && verdict == Verdict::Out {
        let gap = if second.left.is_empty() { "" } else { " · " };
        second.left = format!("{}{gap}{}", second.left, item.terms);
    }
    let mut first = Note { left: facts.join("  "), ..Note::default() };
    if let Some(person) = &desk.person {
        first.right = format!("{}  {}", words::person(person), person.unit);
    }
    if let (Some(person), Verdict::Out | Verdict::In) = (&desk.person, verdict) {
        second.right = match person.holds {
            1 => "Now holds 1 item".into(),
            holds => format!("Now holds {holds} items"),
        };
    }
    let told = |note: &Note| !note.left.is_empty() || !note.right.is_empty();
    [first, second].into_iter().filter(told).collect()
}

fn person_only(view: &View) -> Option<Note> {
    let person = view.desk.person.as_ref()?;
    let left = format!("{}  {}", words::person(person), person.unit);
    Some(Note { left, right: format!("Holds {}", person.holds), ..Note::default() })
}

/// A line each, the loudest first; where there is no room for that, all in running text.
fn several_items(items: &[ItemView], cells: u16, rows: usize) -> Vec<Note> {
    let mut items: Vec<&ItemView> = items.iter().collect();
    items.sort_by_key(|item| std::cmp::Reverse(item.verdict));
    if items.len() <= rows {
        return items.iter().map(|item| listed(item, &items)).collect();
    }
    let running: Vec<String> =
        items.iter().map(|item| format!("{} {}", item.verdict.word(), item.id)).collect();
    let lines = wrap(&running.join(" · "), usize::from(cells), rows);
    lines.into_iter().map(|left| Note { left, ..Note::default() }).collect()
}

fn listed(item: &ItemView, all: &[&ItemView]) -> Note {
    let widest = all.iter().map(|item| item.id.chars().count()).max().unwrap_or(0).min(12);
    let left =
        format!("{:<5}  {:<widest$}  {}  serial {}", item.verdict.word(), item.id, item.model, item.serial);
    let right = if item.home.is_empty() { String::new() } else { format!("rack {}", item.home) };
    Note { left, right, ..Note::default() }
}

/// WHY and NOW, each in up to two lines where there is room, with the code at the end of the last.
fn spoken(view: &View, cells: u16, rows: usize) -> Vec<Note> {
    let desk = &view.desk;
    let code = if desk.code.is_empty() { String::new() } else { format!("[{}]", desk.code) };
    let text_cells = usize::from(cells.saturating_sub(LABEL));
    let last_cells = text_cells.saturating_sub(if code.is_empty() { 0 } else { code.chars().count() + 2 });
    let (why_rows, now_rows) = match rows {
        0..=2 => (1, 1),
        // One of them can have a second line: NOW first, it is what people do.
        3 => (if wrap(&desk.now, last_cells, 2).len() > 1 { 1 } else { 2 }, 2),
        _ => (2, 2),
    };
    let mut notes = labelled("WHY", wrap(&desk.why, text_cells, why_rows));
    notes.extend(labelled("NOW", wrap(&desk.now, last_cells, now_rows)));
    if let Some(last) = notes.last_mut() {
        last.right = code;
    }
    notes
}

fn labelled(label: &'static str, lines: Vec<String>) -> Vec<Note> {
    let note = |(at, line): (usize, String)| match at {
        0 => Note { label, left: line, ..Note::default() },
        _ => Note { left: format!(" {line}"), ..Note::default() },
    };
    lines.into_iter().enumerate().map(note).collect()
}

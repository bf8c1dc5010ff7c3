//! Help: the keys, the words, the lamps and the sounds.

use ratatui::layout::Rect;

use crate::domain::Verdict;
use crate::station::view::View;
use crate::tui::paint::Painter;
use crate::tui::theme::Tone;
use crate::tui::ui::{Scene, Ui};
use crate::tui::words;

use super::chrome;
use super::inside;

/// Keys, in the order a hand learns them.
const KEYS: [(&str, &str); 12] = [
    ("1", "Scan: the desk"),
    ("4", "Alarms    A acknowledges"),
    ("5 6", "Devices and sync"),
    ("7", "Stocktake: the open count"),
    ("n", "read the mark now"),
    ("t R C v", "test, send, capture, view (5)"),
    ("Enter", "the STOP or ASK is handled"),
    ("m", "1-3 mode, 4-8 draws are for"),
    ("Esc 0", "back to Scan"),
    ("arrows", "move; also j k g G"),
    ("Ctrl-L", "paint everything again"),
    ("q", "leave; the station goes on"),
];

/// Keys of the demonstration.
const DEMO_KEYS: &str = "d a soldier draws   b one brings back   x one tries what they may not";

/// The rest of them.
const DEMO_KEYS_MORE: &str = "r road to headquarters   c left reader's cable   p soldiers wait or go on";

/// Words with lamp and sound (`ux.md` section 7).
const WORDS: [(Verdict, &str, &str, &str); 7] = [
    (Verdict::Ready, "nothing is going on", "green blip", "none"),
    (Verdict::Out, "the item is with the person", "green", "two short"),
    (Verdict::In, "the item is back", "green", "one short"),
    (Verdict::Stop, "no: read WHY and NOW", "red", "one long, low"),
    (Verdict::Ask, "a supervisor decides", "amber", "three slow"),
    (Verdict::Again, "not read clearly: show it again", "amber", "two low ticks"),
    (Verdict::Wait, "busy or starting", "amber", "two low ticks"),
];

/// Paints the page.
pub fn paint(painter: &mut Painter<'_>, view: &View, scene: &Scene, ui: &Ui) {
    let whole = painter.area();
    chrome::header(painter, "HELP", view, ui, None);
    chrome::footer(painter, scene, ui);
    let page = inside(whole);
    chrome::desk_line(painter, page.y, view);
    painter.rule(whole, page.y + 1, false, Tone::Frame);
    let mut y = page.y + 2;
    for pair in KEYS.chunks(2) {
        for (at, (key, what)) in pair.iter().enumerate() {
            let x = page.x + at as u16 * (page.width / 2);
            painter.text(x, y, 8, key, Tone::Bright);
            painter.text(x + 8, y, page.width / 2 - 9, what, Tone::Plain);
        }
        y += 1;
    }
    painter.rule(whole, y, false, Tone::Frame);
    chrome::demo_keys(painter, page, y, scene, ui);
    y += 1;
    for (verdict, meaning, lamp, sound) in WORDS {
        word_row(
            painter,
            Rect { y, height: 1, ..page },
            (verdict.word(), words::verdict_tone(verdict)),
            [meaning, lamp, sound],
        );
        y += 1;
    }
    let alarm = ["act, then acknowledge (4)", "red, blinking", "five fast, each minute"];
    word_row(painter, Rect { y, height: 1, ..page }, ("ALARM", Tone::AlarmNew), alarm);
    y += 1;
    painter.text(
        page.x,
        y,
        page.width,
        "All dark and silent: the station is dead. Use the paper register.",
        Tone::Plain,
    );
    y += 1;
    if ui.demo {
        painter.text(page.x, y, page.width, DEMO_KEYS, Tone::Plain);
        painter.text(page.x, y + 1, page.width, DEMO_KEYS_MORE, Tone::Plain);
    }
    y = page.bottom() - 1;
    let version = format!("armoury {}, screen {}", view.station.version, env!("CARGO_PKG_VERSION"));
    painter.text(page.x, y, page.width, &version, Tone::Plain);
}

fn word_row(painter: &mut Painter<'_>, row: Rect, (word, tone): (&str, Tone), columns: [&str; 3]) {
    painter.text(row.x, row.y, 6, word, tone);
    for (text, x) in columns.into_iter().zip([8, 42, 57]) {
        let x = row.x + x;
        painter.text(x, row.y, row.right().saturating_sub(x).min(33), text, Tone::Plain);
    }
}

//! A frame too small for any page still says why, and the verdict if it fits.

use crate::domain::Practice;
use crate::tui::clean;
use crate::tui::paint::Painter;
use crate::tui::theme::Tone;
use crate::tui::ui::{Scene, standing};
use crate::tui::words;

use super::{HEIGHT_MIN, WIDTH_MIN};

/// Paints it.
pub fn paint(painter: &mut Painter<'_>, scene: &Scene) {
    let area = painter.area();
    let now = format!("(now {} x {})", area.width, area.height);
    let asks = [
        format!("Make the window at least {WIDTH_MIN} x {HEIGHT_MIN} {now}"),
        format!("{WIDTH_MIN} x {HEIGHT_MIN} needed"),
        format!("{WIDTH_MIN}x{HEIGHT_MIN}"),
    ];
    let ask = asks.iter().find(|ask| clean::width(ask) <= usize::from(area.width));
    let mut lines: Vec<(&str, Tone)> = ask.map(|ask| (ask.as_str(), Tone::Bright)).into_iter().collect();
    let view = match scene {
        Scene::Live(view) => {
            let verdict = standing(view);
            lines.push((verdict.word(), words::verdict_tone(verdict)));
            Some(&**view)
        }
        Scene::Lost(lost) => {
            lines.push(("NOT CONNECTED", Tone::AlarmNew));
            lost.old.as_ref()
        }
    };
    if view.is_some_and(|view| view.station.practice == Practice::Exercise) {
        lines.push(("EXERCISE", Tone::Exercise));
    }
    lines.retain(|(line, _)| clean::width(line) <= usize::from(area.width));
    lines.truncate(usize::from(area.height));
    let top = area.y + (area.height - lines.len() as u16) / 2;
    for (y, (line, tone)) in (top..).zip(lines) {
        let x = area.x + (area.width - clean::width(line) as u16) / 2;
        painter.text(x, y, area.width, line, tone);
    }
}

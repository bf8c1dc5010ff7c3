//! The pages, as pure pictures of a [`Scene`] and a [`Ui`].

mod alarms;
mod chrome;
mod condition;
mod count;
mod desk;
mod devices;
mod help;
mod lost;
mod notes;
mod scan;
mod small;

use ratatui::Frame;
use ratatui::layout::Rect;

use super::paint::Painter;
use super::ui::{Page, Scene, Ui};

/// Narrowest frame the pages are made for (`ux.md` section 2).
pub const WIDTH_MIN: u16 = 80;

/// Lowest frame the pages are made for.
pub const HEIGHT_MIN: u16 = 24;

/// Paints one frame. Everything shown comes from the arguments; no clock is read and nothing is kept.
pub fn render(frame: &mut Frame<'_>, scene: &Scene, ui: &Ui) {
    let area = frame.area();
    if area.is_empty() {
        return;
    }
    let mut painter = Painter::new(frame.buffer_mut(), ui.theme, ui.ascii);
    if area.width < WIDTH_MIN || area.height < HEIGHT_MIN {
        return small::paint(&mut painter, scene);
    }
    match (scene, ui.page) {
        (Scene::Lost(lost), _) => lost::paint(&mut painter, lost, scene, ui),
        (Scene::Live(view), Page::Scan) => scan::paint(&mut painter, view, scene, ui),
        (Scene::Live(view), Page::Alarms) => alarms::paint(&mut painter, view, scene, ui),
        (Scene::Live(view), Page::Devices) => devices::paint(&mut painter, view, scene, ui),
        (Scene::Live(view), Page::Count) => count::paint(&mut painter, view, scene, ui),
        (Scene::Live(view), Page::Help) => help::paint(&mut painter, view, scene, ui),
    }
}

/// The inside of a frame, with one free column at each side.
fn inside(area: Rect) -> Rect {
    Rect::new(area.x + 2, area.y + 1, area.width.saturating_sub(4), area.height.saturating_sub(2))
}

//! Which keys there are on a page now, what they do, and why one does nothing.
//!
//! One table serves the footer and the handler, so that the footer cannot name a key that does not work, and a key
//! that is not allowed answers with the reason.

use crate::domain::{Mode, Purpose};
use crate::station::protocol::DemoAct;
use crate::station::view::{AlarmState, View};

use super::keys::{Action, Key, Wish};
use super::ui::{Page, Scene, Ui, alarms_by_need, waits_for_somebody};
use super::words;

/// A key with what it does now.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Binding {
    /// The key.
    pub key: Key,
    /// The key as printed.
    pub name: &'static str,
    /// What it is for.
    pub label: &'static str,
    /// Where it is named.
    pub place: Place,
    /// What it does.
    pub does: Action,
}

/// Where a key is named.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Place {
    /// In the last row.
    Footer,
    /// In the row of the demonstration.
    Demo,
    /// Only in the help.
    Unnamed,
}

/// What a press does.
pub fn on_key(ui: &Ui, scene: &Scene, key: Key) -> Action {
    match key {
        Key::Interrupt => return Action::Leave,
        Key::Repaint => return Action::Repaint,
        _ => {}
    }
    match bindings(ui, scene).into_iter().find(|binding| binding.key == key) {
        Some(binding) => binding.does,
        None => why_not(ui, scene, key),
    }
}

/// Every key that means something now.
pub fn bindings(ui: &Ui, scene: &Scene) -> Vec<Binding> {
    let mut table = Table(Vec::new());
    match scene {
        Scene::Lost(_) => {
            table.footer(Key::Enter, "Enter", "Try now", Action::TryNow);
            table.footer(Key::Char('q'), "q", "Leave", Action::Leave);
        }
        Scene::Live(view) if ui.choosing_mode => mode_keys(&mut table, view),
        Scene::Live(view) => {
            page_keys(&mut table, ui, view);
            common_keys(&mut table, ui, view);
            if ui.demo {
                demo_keys(&mut table);
            }
        }
    }
    table.0
}

/// Keys the last row may name: those that work.
pub fn named(ui: &Ui, scene: &Scene, place: Place) -> Vec<Binding> {
    let works = |binding: &Binding| !matches!(binding.does, Action::Refuse(_) | Action::Nothing);
    bindings(ui, scene).into_iter().filter(|binding| binding.place == place && works(binding)).collect()
}

struct Table(Vec<Binding>);

impl Table {
    fn footer(&mut self, key: Key, name: &'static str, label: &'static str, does: Action) {
        self.0.push(Binding { key, name, label, place: Place::Footer, does });
    }

    fn unnamed(&mut self, key: Key, does: Action) {
        self.0.push(Binding { key, name: "", label: "", place: Place::Unnamed, does });
    }
}

fn mode_keys(table: &mut Table, view: &View) {
    let choices = [
        ('1', "1", "Auto", Mode::Auto),
        ('2', "2", "Issue", Mode::Issue),
        ('3', "3", "Return", Mode::Return),
    ];
    for (key, name, label, mode) in choices {
        let does = if mode == view.station.mode {
            Action::Refuse(format!("The mode is {} already. Esc leaves it so.", words::mode(mode)))
        } else {
            Action::Wish(Wish::SetMode(mode))
        };
        table.footer(Key::Char(key), name, label, does);
    }
    // What the next draws are for stands in the help: the row has no room for it.
    for (key, purpose) in ('4'..='8').zip(Purpose::CHOICES) {
        table.unnamed(Key::Char(key), Action::Wish(Wish::Choose(purpose)));
    }
    table.footer(Key::Esc, "Esc", "Leave it", Action::KeepMode);
    table.unnamed(Key::Char('0'), Action::KeepMode);
}

/// The entry of the STOP or ASK that Enter is about: the desk's own, else the newest that was pushed aside.
fn waiting_entry(view: &View) -> Option<u64> {
    if view.desk.stays { view.desk.seq } else { view.held.first().map(|line| line.seq) }
}

fn page_keys(table: &mut Table, ui: &Ui, view: &View) {
    match ui.page {
        Page::Scan => {
            let handled = if waits_for_somebody(view) {
                acting(ui, Action::Wish(Wish::Handled(waiting_entry(view))))
            } else {
                Action::Refuse("Nothing waits to be handled.".into())
            };
            table.footer(Key::Enter, "Enter", "Handled", handled);
            let read = match ui.next_camera(view) {
                Some(_) => acting(ui, Action::Wish(Wish::ReadNow)),
                None => Action::Refuse("Read now: no camera is configured.".into()),
            };
            table.footer(Key::Char('n'), "n", "Read now", read);
            // A key is no person: what takes one says how it is done.
            let refuse = |why: &str| Action::Refuse(why.to_owned());
            table.unnamed(Key::Char('S'), refuse("Supervisor decides: badge first, then card OK or CANCEL."));
            table.unnamed(Key::Char('u'), refuse("Undo: armourer's badge first, then card UNDO."));
        }
        Page::Alarms => alarm_keys(table, ui, view),
        Page::Devices => {
            table.footer(Key::Char('t'), "t", "Lamps", acting(ui, Action::Wish(Wish::TestPanel)));
            let send = match view.sync.state.as_str() {
                "off" => Action::Refuse("Send: no headquarters is configured.".into()),
                _ => acting(ui, Action::Wish(Wish::SyncNow)),
            };
            table.footer(Key::Char('R'), "R", "Send", send);
            table.footer(Key::Char('C'), "C", "Capture", acting(ui, Action::Wish(Wish::Capture)));
            let look = match ui.next_camera(view) {
                Some(camera) => acting(ui, Action::Wish(Wish::Picture(camera.to_owned()))),
                None => Action::Refuse("Look: no camera is configured.".into()),
            };
            table.footer(Key::Char('v'), "v", "View", look);
            moves(table, Action::Scroll(-1), Action::Scroll(1), Action::Scroll(-100), Action::Scroll(100));
        }
        Page::Count | Page::Help => {
            moves(table, Action::Scroll(-1), Action::Scroll(1), Action::Scroll(-100), Action::Scroll(100));
        }
    }
}

fn alarm_keys(table: &mut Table, ui: &Ui, view: &View) {
    let acknowledge = match ui.selected(view) {
        None => Action::Refuse("There is no alarm to acknowledge.".into()),
        Some(alarm) if alarm.state == AlarmState::Acked => {
            Action::Refuse("This alarm is acknowledged already.".into())
        }
        Some(alarm) => acting(ui, Action::Wish(Wish::Acknowledge(alarm.id))),
    };
    table.footer(Key::Char('A'), "A", "Acknowledge", acknowledge);
    let alarms = alarms_by_need(view);
    let here = ui.selected(view).and_then(|one| alarms.iter().position(|alarm| alarm.id == one.id));
    let to = |place: Option<usize>| {
        place.and_then(|place| alarms.get(place)).map_or(Action::Nothing, |alarm| Action::Select(alarm.id))
    };
    moves(
        table,
        to(here.and_then(|here| here.checked_sub(1))),
        to(here.map(|here| here + 1)),
        to(here.map(|_| 0)),
        to(alarms.len().checked_sub(1)),
    );
}

fn moves(table: &mut Table, up: Action, down: Action, first: Action, last: Action) {
    for (keys, does) in [
        ([Key::Up, Key::Char('k')], up),
        ([Key::Down, Key::Char('j')], down),
        ([Key::Home, Key::Char('g')], first),
        ([Key::End, Key::Char('G')], last),
    ] {
        for key in keys {
            table.unnamed(key, does.clone());
        }
    }
}

fn common_keys(table: &mut Table, ui: &Ui, view: &View) {
    let pages = [
        (Key::F1, "F1", "Help", Page::Help),
        (Key::Char('1'), "1", "Scan", Page::Scan),
        (Key::Char('4'), "4", "Alarms", Page::Alarms),
        (Key::Char('5'), "5", "Devices", Page::Devices),
    ];
    for (key, name, label, page) in pages {
        if page == ui.page {
            table.unnamed(key, Action::Nothing);
        } else if page == Page::Scan && ui.page == Page::Devices {
            // Esc, named in the same row, leads there too.
            table.unnamed(key, Action::Open(page));
        } else {
            table.footer(key, name, label, Action::Open(page));
        }
    }
    table.unnamed(Key::Char('?'), Action::Open(Page::Help));
    if view.count.is_some() {
        let open = Action::Open(Page::Count);
        match ui.page {
            // The row of Devices is full.
            Page::Count | Page::Devices => table.unnamed(Key::Char('7'), open),
            _ => table.footer(Key::Char('7'), "7", "Count", open),
        }
    }
    table.unnamed(Key::Char('6'), Action::Open(Page::Devices));
    let choose = acting(ui, Action::ChooseMode);
    if ui.page == Page::Scan {
        table.footer(Key::Char('m'), "m", "Mode", choose);
        table.unnamed(Key::Esc, Action::Nothing);
        table.unnamed(Key::Char('0'), Action::Nothing);
    } else {
        table.unnamed(Key::Char('m'), choose);
        let back = if ui.picture.is_some() { Action::ClosePicture } else { Action::Open(Page::Scan) };
        table.footer(Key::Esc, "Esc", "Back", back);
        table.unnamed(Key::Char('0'), Action::Open(Page::Scan));
    }
    table.footer(Key::Char('q'), "q", "Leave", Action::Leave);
}

fn demo_keys(table: &mut Table) {
    let parts = [
        ('d', "d", "Draw", DemoAct::Draw),
        ('b', "b", "Bring back", DemoAct::Return),
        ('x', "x", "Wrong", DemoAct::Wrong),
        ('r', "r", "Road", DemoAct::Road),
        ('c', "c", "Cable", DemoAct::Cable),
        ('p', "p", "Pause", DemoAct::Pause),
    ];
    for (key, name, label, act) in parts {
        let does = Action::Wish(Wish::Demo(act));
        table.0.push(Binding { key: Key::Char(key), name, label, place: Place::Demo, does });
    }
}

fn acting(ui: &Ui, action: Action) -> Action {
    if ui.may_act() {
        return action;
    }
    Action::Refuse(match ui.role {
        Some(role) => format!("Look only: your role here is {}.", role.word().replace('_', " ")),
        None => "Look only: your account has no role at this station.".into(),
    })
}

/// The answer to a key that is not in the table.
fn why_not(ui: &Ui, scene: &Scene, key: Key) -> Action {
    let Scene::Live(view) = scene else {
        return Action::Refuse("Not connected. Enter tries again, q leaves.".into());
    };
    if ui.choosing_mode {
        let mode = words::mode(view.station.mode);
        return Action::Refuse(format!("Press 1, 2 or 3 for the mode, or Esc to leave it at {mode}."));
    }
    let other_case = |c: char| if c.is_lowercase() { c.to_ascii_uppercase() } else { c.to_ascii_lowercase() };
    match key {
        Key::Char('n') => Action::Refuse("n works on Scan (1).".into()),
        Key::Char(c @ ('a' | 't' | 'T' | 'A' | 'R' | 'C' | 'v'))
            if !is_bound(ui, scene, Key::Char(other_case(c))) =>
        {
            let page = if c.eq_ignore_ascii_case(&'a') { "Alarms (4)" } else { "Devices (5)" };
            Action::Refuse(format!("{c} works on {page}."))
        }
        Key::Char(c) if is_bound(ui, scene, Key::Char(other_case(c))) => {
            Action::Refuse(format!("Press {}, not {c}.", other_case(c)))
        }
        Key::Char(c) if !c.is_control() => {
            Action::Refuse(format!("{c} does nothing here. F1 shows the keys."))
        }
        _ => Action::Nothing,
    }
}

fn is_bound(ui: &Ui, scene: &Scene, key: Key) -> bool {
    bindings(ui, scene).iter().any(|binding| binding.key == key)
}

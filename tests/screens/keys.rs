//! Every key the footer names does something; every other key says why it does not.

use armoury::domain::{Mode, Role};
use armoury::station::protocol::DemoAct;
use armoury::tui::bindings::{Place, named, on_key};
use armoury::tui::keys::{Action, Key, Wish, turn};
use armoury::tui::ui::CameraPicture;
use armoury::tui::{Page, Scene, Ui};

use super::pictures::{PAGES, all_views, live, lost, ready, stop, text, ui};

/// Every state the footer can be in.
fn states() -> Vec<(String, Ui, Scene)> {
    let mut states = Vec::new();
    let scenes: Vec<(&str, Scene)> =
        all_views().into_iter().map(|(name, view)| (name, live(view))).chain([("lost", lost())]).collect();
    for (name, scene) in scenes {
        for page in PAGES {
            for role in [None, Some(Role::Inspector), Some(Role::Armourer), Some(Role::Technician)] {
                for (demo, choosing_mode) in [(false, false), (true, false), (false, true)] {
                    let ui = Ui { page, role, demo, choosing_mode, ..ui() };
                    states.push((
                        format!("{name} {page:?} {role:?} {demo} {choosing_mode}"),
                        ui,
                        scene.clone(),
                    ));
                }
            }
        }
    }
    states
}

#[test]
fn every_key_in_the_footer_does_something() {
    for (state, ui, scene) in states() {
        for place in [Place::Footer, Place::Demo] {
            for binding in named(&ui, &scene, place) {
                let action = on_key(&ui, &scene, binding.key);
                let mut after = ui.clone();
                turn(&mut after, &action);
                let leaves_the_screen =
                    matches!(action, Action::Leave | Action::TryNow | Action::Wish(_) | Action::Repaint);
                assert!(after != ui || leaves_the_screen, "{state}: {} {:?}", binding.name, action);
                assert!(!matches!(action, Action::Refuse(_)), "{state}: {} refuses", binding.name);
            }
        }
    }
}

#[test]
fn the_footer_is_wide_enough_for_what_matters() {
    for (state, ui, scene) in states() {
        let shown = text(&super::pictures::painted(&scene, &ui, (80, 24)));
        for binding in named(&ui, &scene, Place::Footer).into_iter().chain(named(&ui, &scene, Place::Demo)) {
            let words = format!(" {} {} ", binding.name, binding.label);
            assert!(shown.contains(&words), "{state}: {words:?} is not on\n{shown}");
        }
    }
}

#[test]
fn every_printable_key_answers() {
    for (state, ui, scene) in states() {
        for c in ' '..='~' {
            let action = on_key(&ui, &scene, Key::Char(c));
            let silent = matches!(action, Action::Nothing);
            // A page's own number, Esc's twin on Scan, and a list that ends.
            let may_be_silent = "01456jkgG".contains(c);
            assert!(!silent || may_be_silent, "{state}: {c} says nothing");
        }
    }
}

#[test]
fn a_look_only_screen_asks_for_nothing() {
    for (state, ui, scene) in states() {
        if ui.role != Some(Role::Inspector) && ui.role.is_some() || ui.choosing_mode {
            continue;
        }
        for key in (' '..='~').map(Key::Char).chain([Key::Enter, Key::Esc, Key::F1]) {
            if let Action::Wish(wish) = on_key(&ui, &scene, key) {
                assert!(ui.demo && matches!(wish, Wish::Demo(_)), "{state}: {key:?} asks for {wish:?}");
            }
        }
    }
}

#[test]
fn the_reason_is_given_to_a_key_that_is_not_allowed() {
    let inspector = Ui { role: Some(Role::Inspector), ..ui() };
    let says = |ui: &Ui, scene: &Scene, key| match on_key(ui, scene, key) {
        Action::Refuse(why) => why,
        other => panic!("{key:?} did {other:?}"),
    };
    let alarms = Ui { page: Page::Alarms, ..ui() };
    assert_eq!(says(&inspector, &live(stop()), Key::Enter), "Look only: your role here is inspector.");
    assert_eq!(says(&ui(), &live(ready()), Key::Enter), "Nothing waits to be handled.");
    assert_eq!(says(&alarms, &live(ready()), Key::Char('A')), "There is no alarm to acknowledge.");
    assert_eq!(says(&alarms, &live(ready()), Key::Char('a')), "Press A, not a.");
    assert_eq!(says(&ui(), &live(ready()), Key::Char('A')), "A works on Alarms (4).");
    assert_eq!(says(&ui(), &live(ready()), Key::Char('7')), "7 does nothing here. F1 shows the keys.");
    let mut off = ready();
    off.sync.state = "off".into();
    let devices = Ui { page: Page::Devices, ..ui() };
    assert_eq!(says(&devices, &live(off), Key::Char('R')), "Send: no headquarters is configured.");
}

#[test]
fn the_mode_is_confirmed_with_another_key() {
    let (mut ui, scene) = (ui(), live(ready()));
    let first = on_key(&ui, &scene, Key::Char('m'));
    assert_eq!(first, Action::ChooseMode);
    turn(&mut ui, &first);
    assert!(matches!(on_key(&ui, &scene, Key::Char('m')), Action::Refuse(_)));
    assert!(matches!(on_key(&ui, &scene, Key::Char('1')), Action::Refuse(_)), "it is AUTO already");
    let second = on_key(&ui, &scene, Key::Char('3'));
    assert_eq!(second, Action::Wish(Wish::SetMode(Mode::Return)));
    turn(&mut ui, &second);
    assert!(!ui.choosing_mode);
}

#[test]
fn acknowledging_acts_on_the_line_that_is_marked() {
    let scene = live(super::pictures::alarmed());
    let mut ui = Ui { page: Page::Alarms, ..ui() };
    assert_eq!(on_key(&ui, &scene, Key::Char('A')), Action::Wish(Wish::Acknowledge(9)));
    let down = on_key(&ui, &scene, Key::Down);
    turn(&mut ui, &down);
    assert_eq!(on_key(&ui, &scene, Key::Char('A')), Action::Wish(Wish::Acknowledge(8)));
    let last = on_key(&ui, &scene, Key::Char('G'));
    turn(&mut ui, &last);
    assert!(matches!(on_key(&ui, &scene, Key::Char('A')), Action::Refuse(_)), "7 is acknowledged already");
    assert_eq!(on_key(&ui, &scene, Key::Down), Action::Nothing);
}

#[test]
fn road_and_send_are_told_apart_by_their_case() {
    let demo = Ui { demo: true, page: Page::Devices, ..ui() };
    let scene = live(ready());
    assert_eq!(on_key(&demo, &scene, Key::Char('r')), Action::Wish(Wish::Demo(DemoAct::Road)));
    assert_eq!(on_key(&demo, &scene, Key::Char('R')), Action::Wish(Wish::SyncNow));
}

#[test]
fn the_camera_is_asked_to_read_on_scan_and_to_show_what_it_sees_on_devices() {
    let scene = live(super::pictures::silent());
    assert_eq!(on_key(&ui(), &scene, Key::Char('n')), Action::Wish(Wish::ReadNow));
    let mut ui = Ui { page: Page::Devices, ..ui() };
    assert_eq!(on_key(&ui, &scene, Key::Char('v')), Action::Wish(Wish::Picture("camera".into())));
    assert!(matches!(on_key(&ui, &scene, Key::Char('n')), Action::Refuse(why) if why.contains("Scan")));
    let rows = vec!["@@@   ".to_owned(), "   @@@".to_owned()];
    ui.picture = Some(CameraPicture { camera: "camera".into(), age_ms: 2_000, rows });
    let shown = text(&super::pictures::painted(&scene, &ui, (80, 24)));
    for line in ["camera · 2 s old", "@@@   ", "   @@@"] {
        assert!(shown.contains(line), "{line:?} is not on\n{shown}");
    }
    let back = on_key(&ui, &scene, Key::Esc);
    turn(&mut ui, &back);
    assert_eq!((ui.page, ui.picture), (Page::Devices, None), "first back to the list");
}

#[test]
fn a_station_without_a_camera_says_so() {
    let mut view = ready();
    view.devices.retain(|device| device.kind != "camera");
    let scene = live(view);
    let devices = Ui { page: Page::Devices, ..ui() };
    for (ui, key) in [(ui(), 'n'), (devices, 'v')] {
        assert!(
            matches!(on_key(&ui, &scene, Key::Char(key)), Action::Refuse(why) if why.contains("no camera"))
        );
    }
}

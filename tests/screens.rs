//! The screen, seen by tests: pictures with their colours, keys, hostile input, and a whole life in a terminal.

#![cfg(feature = "station")]

#[path = "screens/hostile.rs"]
mod hostile;
#[path = "screens/keys.rs"]
mod keys;
#[path = "screens/pictures.rs"]
mod pictures;
#[path = "screens/pty.rs"]
mod pty;
#[path = "screens/stub.rs"]
mod stub;
#[path = "screens/terminal.rs"]
mod terminal;

use armoury::domain::{Mode, Practice};
use armoury::tui::ui::Message;
use armoury::tui::{Lost, Page, Scene, Theme, Ui};
use pictures::{dump, live, lost, ui};

const SMALL: (u16, u16) = (80, 24);
const MIDDLE: (u16, u16) = (100, 30);
const LARGE: (u16, u16) = (160, 48);

/// Compares the Scan page of every picture at one size.
fn scan_at(size: (u16, u16)) {
    for (name, view) in pictures::all_views() {
        let name = format!("scan_{name}_{}x{}", size.0, size.1);
        insta::assert_snapshot!(name, dump(&live(view), &ui(), size));
    }
}

#[test]
fn the_scan_page_of_every_verdict_on_the_smallest_screen() {
    scan_at(SMALL);
}

#[test]
fn the_scan_page_of_every_verdict_on_a_middle_screen() {
    scan_at(MIDDLE);
}

#[test]
fn a_large_screen_uses_its_room() {
    let mut view = pictures::alarmed();
    view.desk = pictures::out().desk;
    insta::assert_snapshot!("scan_out_160x48", dump(&live(view), &ui(), LARGE));
    insta::assert_snapshot!("scan_ready_160x48", dump(&live(pictures::silent()), &ui(), LARGE));
    insta::assert_snapshot!("scan_stop_160x48", dump(&live(pictures::stop()), &ui(), LARGE));
    insta::assert_snapshot!("scan_out_140x40", dump(&live(pictures::out()), &ui(), (140, 40)));
}

/// I-2, I-7, I-8: what is not a day's duty on the card is said, and so is a stand-to.
#[test]
fn another_purpose_and_a_stand_to_are_said() {
    let mut view = pictures::out();
    view.station.purpose = "REPAIR".into();
    view.desk.items[0].terms = "repair, hand receipt".into();
    view.desk.lane = "left".into();
    insta::assert_snapshot!("scan_out_repair_80x24", dump(&live(view.clone()), &ui(), SMALL));
    view.station.stand_to = Some(armoury::station::view::StandToView {
        seq: 4700,
        authority: "P3".into(),
        until_wall_ms: view.station.wall_ms,
        left: 3,
        open: 1,
    });
    view.desk.items[0].terms = "stand-to, to be signed".into();
    insta::assert_snapshot!("scan_out_stand_to_80x24", dump(&live(view), &ui(), SMALL));
}

#[test]
fn the_other_pages() {
    for (page, name) in [(Page::Alarms, "alarms"), (Page::Devices, "devices"), (Page::Help, "help")] {
        let ui = Ui { page, ..ui() };
        let mut view = pictures::alarmed();
        view.devices = pictures::silent().devices;
        view.sync = pictures::hq_down().sync;
        insta::assert_snapshot!(format!("{name}_80x24"), dump(&live(view.clone()), &ui, SMALL));
        insta::assert_snapshot!(format!("{name}_100x30"), dump(&live(view), &ui, MIDDLE));
    }
    let mut view = pictures::stop();
    view.devices = pictures::warned();
    let ui = Ui { page: Page::Devices, ..ui() };
    insta::assert_snapshot!("devices_warned_80x24", dump(&live(view), &ui, SMALL));
    let ui = Ui { page: Page::Alarms, ..ui };
    insta::assert_snapshot!("alarms_none_80x24", dump(&live(pictures::stop()), &ui, SMALL));
}

#[test]
fn the_count_page() {
    let ui = Ui { page: Page::Count, ..ui() };
    insta::assert_snapshot!("count_80x24", dump(&live(pictures::counting()), &ui, SMALL));
    insta::assert_snapshot!("count_100x30", dump(&live(pictures::counting()), &ui, MIDDLE));
    insta::assert_snapshot!("count_blind_80x24", dump(&live(pictures::counting_blind()), &ui, SMALL));
    insta::assert_snapshot!("count_none_80x24", dump(&live(pictures::ready()), &ui, SMALL));
}

#[test]
fn an_exercise_says_so_on_every_page() {
    let mut view = pictures::out();
    view.station.practice = Practice::Exercise;
    view.station.mode = Mode::Return;
    let demo = Ui { demo: true, ..ui() };
    insta::assert_snapshot!("exercise_demo_80x24", dump(&live(view.clone()), &demo, SMALL));
    let help = Ui { page: Page::Help, ..demo.clone() };
    insta::assert_snapshot!("exercise_demo_help_80x24", dump(&live(view.clone()), &help, SMALL));
    for page in pictures::PAGES {
        let ui = Ui { page, ..demo.clone() };
        let shown = pictures::text(&pictures::painted(&live(view.clone()), &ui, SMALL));
        assert!(shown.contains(" EXERCISE "), "{page:?} hides the exercise:\n{shown}");
    }
    for scene in [live(view.clone()), Scene::Lost(Box::new(Lost { old: Some(view), ..Lost::default() }))] {
        for size in [SMALL, (60, 20)] {
            let shown = pictures::text(&pictures::painted(&scene, &ui(), size));
            assert!(shown.contains("EXERCISE"), "{size:?} hides the exercise:\n{shown}");
        }
    }
}

#[test]
fn a_dead_station_never_looks_alive() {
    for size in [SMALL, MIDDLE] {
        insta::assert_snapshot!(format!("lost_{}x{}", size.0, size.1), dump(&lost(), &ui(), size));
    }
    let cause = "no station is running here: nothing listens at /run/armoury/station.sock".to_owned();
    let never = Scene::Lost(Box::new(Lost { old: None, cause, retry_in_s: 0 }));
    insta::assert_snapshot!("lost_never_there_80x24", dump(&never, &ui(), SMALL));
    for page in pictures::PAGES {
        let ui = Ui { page, ..ui() };
        let shown = pictures::text(&pictures::painted(&lost(), &ui, SMALL));
        assert!(shown.contains("NOT CONNECTED"), "{page:?}");
        assert!(!shown.contains("Due back"), "{page:?} still shows the last verdict");
        assert!(!shown.contains("HQ ok"), "{page:?} still shows the road as it was");
    }
}

#[test]
fn a_window_that_is_too_small_says_so() {
    insta::assert_snapshot!("too_small_71x20", dump(&live(pictures::stop()), &ui(), (71, 20)));
    insta::assert_snapshot!("too_small_12x3", dump(&lost(), &ui(), (12, 3)));
}

#[test]
fn the_other_themes() {
    let themes =
        [(Theme::None, "none"), (Theme::ColourSafe, "colour_safe"), (Theme::HighContrast, "contrast")];
    for (theme, name) in themes {
        let ui = Ui { theme, ..ui() };
        insta::assert_snapshot!(format!("theme_{name}_out"), dump(&live(pictures::out()), &ui, SMALL));
        insta::assert_snapshot!(format!("theme_{name}_stop"), dump(&live(pictures::stop()), &ui, SMALL));
    }
    let ui = Ui { theme: Theme::None, ..ui() };
    insta::assert_snapshot!("theme_none_ask", dump(&live(pictures::ask()), &ui, SMALL));
    insta::assert_snapshot!("theme_none_again", dump(&live(pictures::again()), &ui, SMALL));
}

#[test]
fn ascii_alone_is_enough() {
    for theme in [Theme::Standard, Theme::None] {
        let ui = Ui { ascii: true, theme, ..ui() };
        for (name, view) in
            [("out", pictures::out()), ("stop", pictures::stop()), ("wide", pictures::wide_names())]
        {
            let name = format!("ascii_{}_{name}", theme.word());
            insta::assert_snapshot!(name, dump(&live(view), &ui, SMALL));
        }
    }
}

#[test]
fn the_footer_asks_and_answers() {
    let choosing = Ui { choosing_mode: true, ..ui() };
    insta::assert_snapshot!("choosing_mode", dump(&live(pictures::ready()), &choosing, SMALL));
    let message = Some(Message { text: "Look only: your role here is inspector.".into(), refused: true });
    let refused = Ui { message, ..ui() };
    insta::assert_snapshot!("refused_key", dump(&live(pictures::ready()), &refused, SMALL));
}

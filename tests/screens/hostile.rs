//! Whatever size, whatever text: no panic, nothing a terminal would obey, no glyph a console lacks, and no verdict that
//! only its colour tells from another.

use armoury::domain::{Mode, Practice, Verdict};
use armoury::station::view::{ItemView, View};
use armoury::tui::feed::Feed;
use armoury::tui::{Lost, Scene, Theme, Ui};
use proptest::prelude::*;
use proptest::test_runner::RngSeed;
use ratatui::buffer::{Buffer, CellWidth};
use ratatui::style::{Color, Modifier};

use super::pictures::{PAGES, all_views, live, lost, painted, person, ui};

/// Everything `ux.md` section 6 allows beside ASCII.
const GLYPHS: &str = "┌─┐│└┘╔═╗║╚╝├┤█▀▄▌░▒▓■→←·«»°";

fn hostile_text() -> impl Strategy<Value = String> {
    prop_oneof![
        ".{0,40}",
        any::<String>(),
        Just("\u{1b}[31m\u{1b}]0;pwned\u{7}\u{9b}2J".to_owned()),
        Just("\u{202e}\u{2066}\u{200f}\u{feff}\u{0}\u{8}\u{7f}\r\n".to_owned()),
        Just("e\u{301}\u{301}\u{301}\u{301}\u{301}\u{301}\u{301}".repeat(9)),
        Just("👩‍👩‍👧‍👦🇩🇪👍🏽ﾞﾟ한국어مرحبا".to_owned()),
        Just("突击步枪".repeat(60)),
        Just(String::new()),
    ]
}

prop_compose! {
    fn hostile_view()(
        base in 0..14_usize,
        texts in prop::collection::vec(hostile_text(), 20),
        times in prop::collection::vec(any::<i64>(), 8),
        items in 0..6_usize,
        copies in 0..40_usize,
        number in any::<u64>(),
        exercise in any::<bool>(),
    ) -> View {
        let mut view = all_views().swap_remove(base).1;
        let mut texts = texts.into_iter().cycle();
        let mut text = || texts.next().unwrap_or_default();
        view.station.id = text();
        view.station.clock = text();
        view.station.version = text();
        view.station.wall_ms = times[0];
        view.station.up_ms = number;
        view.station.mode = Mode::Return;
        view.station.practice = if exercise { Practice::Exercise } else { Practice::Live };
        view.desk.until_wall_ms = (times[1] > 0).then_some(times[2]);
        let verdicts = [Verdict::Out, Verdict::Stop, Verdict::Ask];
        view.desk.items = (0..items).map(|at| ItemView {
            id: text(), model: text(), serial: text(), home: text(),
            verdict: verdicts[at % 3], due_wall_ms: Some(times[3]), terms: text(),
        }).collect();
        view.desk.person = (items != 1).then(|| person(&text(), &text(), &text(), u32::MAX));
        (view.desk.why, view.desk.now, view.desk.code) = (text(), text(), text());
        for one in &mut view.recent {
            (one.item, one.person, one.note, one.wall_ms) = (text(), text(), text(), times[4]);
        }
        view.held = view.recent.iter().take(copies).cloned().collect();
        for alarm in &mut view.alarms {
            (alarm.what, alarm.first_step, alarm.since_wall_ms) = (text(), text(), times[5]);
        }
        view.alarms = view.alarms.iter().cycle().take(copies.min(view.alarms.len() * 40)).cloned().collect();
        for device in &mut view.devices {
            (device.name, device.state, device.detail) = (text(), text(), text());
            device.last_sign_wall_ms = Some(times[6]);
        }
        view.devices = view.devices.iter().cycle().take(copies).cloned().collect();
        (view.sync.state, view.sync.detail, view.sync.waiting) = (text(), text(), number);
        view.sync.down_since_wall_ms = Some(times[7]);
        (view.store.state, view.store.detail, view.store.head_hash) = (text(), text(), text());
        view
    }
}

fn assert_harmless(buffer: &Buffer, ascii: bool) {
    for (at, cell) in buffer.content.iter().enumerate() {
        let symbol = cell.symbol();
        assert!(!symbol.chars().any(char::is_control), "a control character at {at}: {symbol:?}");
        let ordering =
            |c| matches!(c, '\u{200b}'..='\u{200f}' | '\u{202a}'..='\u{202e}' | '\u{2066}'..='\u{2069}');
        assert!(!symbol.chars().any(ordering), "a direction mark at {at}: {symbol:?}");
        assert!(symbol.chars().count() <= 8, "a tower of marks at {at}: {symbol:?}");
        assert!(!ascii || symbol.is_ascii(), "not ASCII at {at}: {symbol:?}");
        let column = at as u16 % buffer.area.width;
        assert!(column + cell.cell_width().max(1) <= buffer.area.width, "over the edge at {at}: {symbol:?}");
    }
}

/// The seed of the random pictures, printed so that a failure can be had again: `ARMOURY_SEED=… cargo test`.
fn seeded(cases: u32) -> ProptestConfig {
    let given = std::env::var("ARMOURY_SEED").ok();
    let seed = given.map_or(0x5CAE_0001, |text| text.parse().expect("ARMOURY_SEED is a number"));
    println!("seed {seed}");
    ProptestConfig {
        cases,
        rng_seed: RngSeed::Fixed(seed),
        failure_persistence: None,
        ..ProptestConfig::default()
    }
}

proptest! {
    #![proptest_config(seeded(400))]

    #[test]
    fn no_size_and_no_text_breaks_the_screen(
        view in hostile_view(),
        size in (0..200_u16, 0..80_u16),
        page in 0..4_usize,
        theme in 0..4_usize,
        (ascii, demo, is_lost, choosing_mode) in any::<(bool, bool, bool, bool)>(),
        scroll in any::<u16>(),
        cause in hostile_text(),
    ) {
        let page = PAGES[page];
        let ui = Ui { page, theme: Theme::ALL[theme], ascii, demo, choosing_mode, scroll, ..ui() };
        let scene = if is_lost {
            Scene::Lost(Box::new(Lost { old: Some(view), cause, retry_in_s: u64::MAX }))
        } else {
            live(view)
        };
        assert_harmless(&painted(&scene, &ui, size), ascii);
    }

    #[test]
    fn no_line_breaks_the_feed(lines in prop::collection::vec(prop::collection::vec(any::<u8>(), 0..60), 0..8)) {
        let mut feed = Feed::default();
        for line in lines {
            prop_assert!(feed.take(&line).is_err());
        }
    }
}

#[test]
fn every_size_is_painted() {
    for width in 0..=165 {
        for height in (0..=60).step_by(if width % 20 == 0 { 1 } else { 7 }) {
            painted(&live(super::pictures::several()), &ui(), (width, height));
            painted(&lost(), &ui(), (width, height));
        }
    }
}

#[test]
fn our_own_glyphs_are_all_in_the_consoles_font() {
    for (name, mut view) in all_views() {
        if name == "wide_names" {
            continue;
        }
        view.station.practice = Practice::Exercise;
        for page in PAGES {
            for size in [(80, 24), (100, 30), (160, 48)] {
                let ui = Ui { page, demo: true, ..ui() };
                for cell in &painted(&live(view.clone()), &ui, size).content {
                    let known = |c: char| c.is_ascii() || GLYPHS.contains(c);
                    assert!(
                        cell.symbol().chars().all(known),
                        "{name} {page:?} {size:?}: {:?}",
                        cell.symbol()
                    );
                }
            }
        }
    }
}

#[test]
fn only_the_sixteen_named_colours_are_used() {
    for (name, view) in all_views() {
        for theme in Theme::ALL {
            let ui = Ui { theme, ..ui() };
            for cell in &painted(&live(view.clone()), &ui, (160, 48)).content {
                for colour in [cell.fg, cell.bg] {
                    assert!(!matches!(colour, Color::Rgb(..) | Color::Indexed(_)), "{name}: {colour:?}");
                    assert!(
                        theme != Theme::None || colour == Color::Reset,
                        "{name}: {colour:?} without colours"
                    );
                }
            }
        }
    }
}

/// How light a colour is in a grey photograph, in steps a photograph keeps apart.
fn lightness(colour: Color) -> u8 {
    match colour {
        Color::Black | Color::Reset => 0,
        Color::DarkGray | Color::Blue | Color::Red | Color::Magenta => 1,
        Color::Green | Color::Cyan | Color::LightRed => 2,
        Color::Gray | Color::Yellow => 3,
        _ => 4,
    }
}

/// The verdict's word and shape as a grey photograph from three metres shows them: which halves of which cells are
/// lighter than black, small letters left out.
fn grey(buffer: &Buffer, colour: bool) -> Vec<u8> {
    let light = |cell: &ratatui::buffer::Cell| {
        let reversed = cell.modifier.contains(Modifier::REVERSED);
        let (fg, bg) = match (colour, reversed) {
            (true, _) => (lightness(cell.fg), lightness(cell.bg)),
            (false, true) => (0, 4),
            (false, false) => (4, 0),
        };
        match cell.symbol() {
            "█" => fg,
            "▀" | "▄" | "═" | "║" => fg ^ 8,
            _ => bg,
        }
    };
    buffer.content.iter().map(light).collect()
}

#[test]
fn no_two_verdicts_look_the_same_in_a_grey_photograph() {
    let verdicts = ["ready", "out", "in", "stop", "ask", "again", "wait"];
    for theme in Theme::ALL {
        let ui = Ui { theme, ..ui() };
        let mut seen: Vec<(&str, Vec<u8>, String)> = Vec::new();
        for (name, mut view) in all_views().into_iter().filter(|(name, _)| verdicts.contains(name)) {
            // The same item and person for all, so that only the verdict can differ.
            view.desk.items = super::pictures::out().desk.items;
            view.desk.person = super::pictures::out().desk.person;
            (view.desk.why, view.desk.now, view.desk.code) = Default::default();
            let buffer = painted(&live(view), &ui, (80, 24));
            let photograph = grey(&buffer, theme != Theme::None);
            let words = super::pictures::text(&buffer);
            for (other, photo, text) in &seen {
                let differ = photograph.iter().zip(photo).filter(|(a, b)| a != b).count();
                assert!(differ > 40, "{theme:?}: {name} and {other} differ in {differ} cells only");
                assert_ne!(&words, text, "{theme:?}: {name} and {other} are the same in plain text");
            }
            seen.push((name, photograph, words));
        }
    }
}

#[test]
fn an_accepted_verdict_does_not_outlive_its_time() {
    let mut view = super::pictures::out();
    view.desk.until_wall_ms = Some(view.station.wall_ms);
    let shown = super::pictures::text(&painted(&live(view), &ui(), (80, 24)));
    assert!(shown.contains("Show badge, then item"), "{shown}");
    assert!(!shown.contains("Due back"), "{shown}");
    let mut view = super::pictures::stop();
    view.desk.until_wall_ms = Some(0);
    let shown = super::pictures::text(&painted(&live(view), &ui(), (80, 24)));
    assert!(shown.contains("E-SCAN-21"), "a STOP stays until somebody acts:\n{shown}");
}

#[test]
fn a_stop_is_seen_from_every_page() {
    for page in PAGES {
        for view in [super::pictures::stop(), super::pictures::held()] {
            let ui = Ui { page, ..ui() };
            let shown = super::pictures::text(&painted(&live(view), &ui, (80, 24)));
            let stop = shown.lines().any(|line| line.contains("STOP") && line.contains("A0310"))
                || shown.contains("STOP · entry 4710");
            assert!(stop, "{page:?}:\n{shown}");
        }
    }
}

//! The whole life of a screen in a real terminal: this test runs itself again as a child on a pseudo-terminal.

use std::path::Path;
use std::process::Stdio;
use std::thread;
use std::time::{Duration, Instant};

use armoury::domain::Verdict;
use armoury::station::protocol::{Ask, DemoAct, FromClient};
use armoury::tui::{Options, watch};
use rustix::process::{Signal, kill_process};

use super::pictures;
use super::pty::{Desk, PANIC, SOCKET, Screen, child, until};
use super::stub::Stub;

/// The child's whole life; started by hand it has no socket to watch and nothing to do.
#[test]
fn the_child_of_the_stories() {
    let Ok(socket) = std::env::var(SOCKET) else { return };
    // A session of its own with the pseudo-terminal as its terminal, so that sizes and signals are the right ones.
    if rustix::process::setsid().is_ok() {
        rustix::process::ioctl_tiocsctty(std::io::stdin()).ok();
    }
    if std::env::var(PANIC).is_ok() {
        thread::spawn(|| {
            thread::sleep(Duration::from_secs(1));
            panic!("the clerk fell over");
        });
    }
    let runtime = tokio::runtime::Runtime::new().expect("a runtime");
    let code = match runtime.block_on(watch(Path::new(&socket), Options::default())) {
        Ok(()) => 0,
        Err(error) => {
            eprintln!("{error}");
            i32::from(error.exit_status())
        }
    };
    std::process::exit(code);
}

#[test]
fn a_screen_lives_through_a_scan_a_resize_and_the_death_of_its_station() {
    let desk = Desk::new();
    let stub = Stub::start(&desk.socket, pictures::ready());
    let mut screen = Screen::start(&desk.socket, &[]);
    screen.sees("Show badge, then item");
    assert!(screen.is_raw(), "keys must come one by one");

    stub.show(pictures::out());
    screen.sees("OUT · entry 4710");
    screen.resize(1, 1);
    thread::sleep(Duration::from_millis(400));
    screen.resize(0, 0);
    thread::sleep(Duration::from_millis(400));
    screen.resize(100, 30);
    screen.sees("OUT · entry 4710");
    screen.resize(80, 24);
    screen.sees("Cpl LEE J.  2 Platoon");

    drop(stub);
    let took = screen.sees("NOT CONNECTED");
    assert!(took < Duration::from_secs(2), "an old picture stood for {took:?}");
    assert!(!screen.text().contains("Cpl LEE"), "the last verdict still stands:\n{}", screen.text());
    screen.sees("no station is running here");

    let _stub = Stub::start(&desk.socket, pictures::stop());
    screen.sees("E-SCAN-21");
    screen.press("q");
    assert!(screen.ends().success());
    screen.assert_given_back();
}

#[test]
fn a_station_that_only_falls_silent_is_gone_within_two_seconds() {
    let desk = Desk::new();
    let stub = Stub::start(&desk.socket, pictures::ready());
    let mut screen = Screen::start(&desk.socket, &[]);
    screen.sees("Show badge, then item");
    stub.mute(true);
    let took = screen.sees("NOT CONNECTED");
    assert!(took < Duration::from_millis(2_200), "an old picture stood for {took:?}");
    assert!(took > Duration::from_millis(1_000), "a pause of a second is no death: {took:?}");
    stub.mute(false);
    screen.sees("Show badge, then item");
    screen.press("\u{3}");
    assert!(screen.ends().success());
}

#[test]
fn a_missing_number_brings_a_fresh_picture_and_a_bad_line_a_new_connection() {
    let desk = Desk::new();
    let stub = Stub::start(&desk.socket, pictures::ready());
    let screen = Screen::start(&desk.socket, &[]);
    screen.sees("Show badge, then item");
    stub.skip_a_number();
    until("the screen asks for a picture", || {
        stub.heard().iter().any(|message| matches!(message, FromClient::Picture {}))
    });
    stub.show(pictures::out());
    screen.sees("OUT · entry 4710");

    stub.send_raw(b"{\"picture\":\x1b[2J}\n");
    screen.sees("cannot be read");
    screen.sees("OUT · entry 4710");
    let long = vec![b'x'; armoury::station::protocol::LINE_MAX_BYTES + 2];
    stub.send_raw(&long);
    screen.sees("a line of more than");
    screen.sees("OUT · entry 4710");
    let hellos = || stub.heard().iter().filter(|one| matches!(one, FromClient::Hello { .. })).count();
    assert_eq!(hellos(), 3);
}

#[test]
fn keys_ask_the_station_once_and_its_refusal_is_shown() {
    let desk = Desk::new();
    let stub = Stub::start(&desk.socket, pictures::stop());
    let mut screen = Screen::start(&desk.socket, &[]);
    screen.sees("Enter Handled");
    for _ in 0..20 {
        screen.press("\r");
        thread::sleep(Duration::from_millis(30));
    }
    screen.sees("Noted as handled.");
    assert!(
        matches!(stub.asks()[..], [Ask::Handled { .. }]),
        "a held key acted more than once: {:?}",
        stub.asks()
    );

    screen.press("d");
    screen.sees("The next soldier draws a weapon.");
    assert!(matches!(stub.asks()[..], [_, Ask::Demo { act: DemoAct::Draw }]));

    stub.refuse("The left lane is busy.");
    screen.press("5");
    screen.sees("5 DEVICES");
    screen.press("t");
    screen.sees("The left lane is busy.");
    screen.press("z");
    screen.sees("z does nothing here");
    screen.press("\u{1b}[200~dddq\u{1b}[201~");
    screen.press("1");
    screen.sees("F1 Help");
    assert_eq!(stub.asks().len(), 3, "pasted text is no key");
}

#[test]
fn signals_give_the_terminal_back() {
    for signal in [Signal::TERM, Signal::HUP, Signal::INT] {
        let desk = Desk::new();
        let _stub = Stub::start(&desk.socket, pictures::ready());
        let mut screen = Screen::start(&desk.socket, &[]);
        screen.sees("Show badge, then item");
        kill_process(screen.pid(), signal).expect("the child lives");
        assert!(screen.ends().success(), "{signal:?}");
        screen.assert_given_back();
    }
}

#[test]
fn a_cut_line_ends_the_screen() {
    let desk = Desk::new();
    let _stub = Stub::start(&desk.socket, pictures::ready());
    let mut screen = Screen::start(&desk.socket, &[]);
    screen.sees("Show badge, then item");
    screen.hang_up();
    screen.ends();
}

#[test]
fn a_panic_elsewhere_gives_the_terminal_back_and_can_be_read() {
    let desk = Desk::new();
    let _stub = Stub::start(&desk.socket, pictures::ready());
    let mut screen = Screen::start(&desk.socket, &[(PANIC, "1")]);
    let status = screen.ends();
    assert_eq!(status.code(), Some(3), "{}", screen.text());
    screen.sees("the clerk fell over");
    screen.sees("a part of this program stopped");
    screen.assert_given_back();
}

#[test]
fn without_a_terminal_it_says_what_to_use_instead() {
    let desk = Desk::new();
    let output = child(&desk.socket, &[]).stdin(Stdio::null()).output().expect("the child runs");
    assert_eq!(output.status.code(), Some(2));
    let said = String::from_utf8_lossy(&output.stderr);
    assert!(said.contains("armoury status"), "{said}");
}

#[test]
fn frames_are_no_more_than_the_line_bears() {
    for (variables, most) in [(&[("SSH_CONNECTION", "10.0.0.1 5 10.0.0.2 22")][..], 2), (&[], 10)] {
        let desk = Desk::new();
        let stub = Stub::start(&desk.socket, pictures::ready());
        let screen = Screen::start(&desk.socket, variables);
        screen.sees("Show badge, then item");
        let before = screen.frames();
        let start = Instant::now();
        while start.elapsed() < Duration::from_secs(3) {
            let view =
                if start.elapsed().as_millis() % 100 < 50 { pictures::out() } else { pictures::back() };
            stub.show(view);
            thread::sleep(Duration::from_millis(20));
        }
        let frames = screen.frames() - before;
        assert!(frames <= 3 * most + 1, "{frames} frames in 3 s where {most} a second are allowed");
        assert!(frames > most, "{frames} frames in 3 s: the screen stands still");
    }
}

#[test]
fn half_a_wide_letter_is_never_left_behind() {
    let desk = Desk::new();
    let stub = Stub::start(&desk.socket, pictures::wide_names());
    let screen = Screen::start(&desk.socket, &[]);
    screen.sees("欧阳小龙");
    let mut next = pictures::back();
    next.desk.seq = Some(4_711);
    stub.show(next.clone());
    screen.sees("IN · entry 4711");
    // The clock runs on; everything else must be what a fresh terminal shows.
    let fresh = pictures::text(&pictures::painted(&pictures::live(next.clone()), &demo_ui(), (80, 24)));
    let body = |text: &str| text.lines().skip(1).map(str::trim_end).collect::<Vec<_>>().join("\n");
    until("the old letters are gone", || body(&screen.text()) == body(&fresh));
    assert_eq!(next.desk.verdict, Verdict::In);
}

fn demo_ui() -> armoury::tui::Ui {
    armoury::tui::Ui { demo: true, ..pictures::ui() }
}

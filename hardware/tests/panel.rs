//! The panel: what each signal looks like, when the lock opens, and what is left behind.

use std::sync::{Arc, Mutex};
use std::thread;
use std::time::{Duration, Instant};

use armoury_hardware::panel::{
    GpioPins, LOCK_OPEN_MS, Outputs, Panel, PanelError, Player, PrintedPanel, Shown, Signal, Step,
    open_panel, rhythm, self_test,
};

const PINS: GpioPins = GpioPins::KIT;

/// Plays a table without a clock: what is shown in each of so many milliseconds.
fn unrolled(steps: &[Step], ms: usize) -> Vec<Shown> {
    let mut film = Vec::new();
    let (mut at, mut turns, mut now) = (0, vec![0; steps.len()], Shown::SAFE);
    while film.len() < ms {
        match steps[at] {
            Step::Show(shown, for_ms) => {
                now = shown;
                film.resize(film.len() + for_ms as usize, shown);
                at += 1;
            }
            Step::Back(to, times) if times.is_none_or(|times| turns[at] < times) => {
                turns[at] += 1;
                at = to;
            }
            Step::Back(..) => {
                turns[at] = 0;
                at += 1;
            }
            Step::Hold => film.resize(ms, now),
        }
    }
    film.truncate(ms);
    film
}

/// How long each sound lasts and when it begins.
fn sounds(film: &[Shown]) -> Vec<(usize, usize)> {
    let mut sounds: Vec<(usize, usize)> = Vec::new();
    for (ms, _) in film.iter().enumerate().filter(|(_, shown)| shown.buzzer) {
        match sounds.last_mut() {
            Some((begin, length)) if *begin + *length == ms => *length += 1,
            _ => sounds.push((ms, 1)),
        }
    }
    sounds
}

#[test]
fn every_rhythm_is_a_table_that_can_be_played_for_ever() {
    for steps in Signal::ALL.into_iter().map(rhythm).chain([self_test()]) {
        assert!(matches!(steps.last(), Some(Step::Hold | Step::Back(_, None))), "{steps:?}");
        for (i, step) in steps.iter().enumerate() {
            if let Step::Back(to, _) = step {
                let turn: u32 =
                    steps[*to..i].iter().map(|s| if let Step::Show(_, ms) = s { *ms } else { 0 }).sum();
                assert!(*to < i && turn > 0, "a turn without time would never end: {steps:?}");
            }
        }
    }
}

#[test]
fn the_lock_opens_for_out_for_three_seconds_and_for_nothing_else() {
    for signal in Signal::ALL {
        let film = unrolled(rhythm(signal), 70_000);
        let open = film.iter().filter(|shown| shown.open).count();
        assert_eq!(open, if signal == Signal::Out { LOCK_OPEN_MS as usize } else { 0 }, "{signal:?}");
        assert!(film[3000..].iter().all(|shown| !shown.open), "{signal:?}");
    }
    assert!(unrolled(self_test(), 5000).iter().all(|shown| !shown.open), "a self-test never opens the lock");
}

#[test]
fn sounds_are_those_of_the_grammar() {
    let of = |signal| sounds(&unrolled(rhythm(signal), 59_000));
    assert_eq!(of(Signal::Dark), []);
    assert_eq!(of(Signal::Ready), []);
    assert_eq!(of(Signal::Out), [(0, 80), (140, 80)]);
    assert_eq!(of(Signal::In), [(0, 120)]);
    assert_eq!(of(Signal::Again), [(0, 20), (100, 20)]);
    assert_eq!(of(Signal::Ask), [(0, 200), (400, 200), (800, 200)]);
    assert_eq!(of(Signal::Stop), [(0, 900)]);
    assert_eq!(of(Signal::Alarm).len(), 5);
    let alarm = sounds(&unrolled(rhythm(Signal::Alarm), 62_000));
    assert_eq!((alarm.len(), alarm[5].0), (10, 60_000), "five again after a minute: {alarm:?}");
}

#[test]
fn lamps_are_those_of_the_grammar() {
    let lit = |signal, lamp: fn(&Shown) -> bool, from: usize, to: usize| {
        let film = unrolled(rhythm(signal), to);
        film[from..].iter().filter(|shown| lamp(shown)).count()
    };
    assert_eq!(lit(Signal::Ready, |s| s.green, 0, 10_000), 200, "0.1 s every 5 s");
    assert_eq!(lit(Signal::Out, |s| s.green, 0, 3000), 3000);
    assert_eq!(lit(Signal::In, |s| s.green, 0, 3000), 3000);
    assert_eq!(lit(Signal::Wait, |s| s.amber, 0, 20_000), 10_000, "once a second");
    assert_eq!(lit(Signal::Ask, |s| s.amber, 0, 20_000), 20_000);
    assert_eq!(lit(Signal::Stop, |s| s.red, 0, 20_000), 20_000);
    assert_eq!(lit(Signal::Alarm, |s| s.red, 0, 120_000), 60_000, "twice a second");
    for signal in Signal::ALL {
        let film = unrolled(rhythm(signal), 60_000);
        let lamps = |s: &Shown| u8::from(s.red) + u8::from(s.amber) + u8::from(s.green);
        assert!(film.iter().all(|shown| lamps(shown) <= 1), "{signal:?}: one lamp at a time");
    }
}

/// Writes down what is set; fails when told to.
#[derive(Clone, Default)]
struct Notebook {
    set: Arc<Mutex<Vec<Shown>>>,
    broken: bool,
}

impl Outputs for Notebook {
    fn set(&mut self, shown: Shown) -> Result<(), PanelError> {
        self.set.lock().expect("no panic").push(shown);
        if self.broken { Err(PanelError::NotAPi) } else { Ok(()) }
    }
}

fn wait_for(notebook: &Notebook, what: impl Fn(&Shown) -> bool) {
    let deadline = Instant::now() + Duration::from_secs(5);
    while !notebook.set.lock().expect("no panic").last().is_some_and(&what) {
        assert!(Instant::now() < deadline, "never shown");
        thread::sleep(Duration::from_millis(2));
    }
}

#[test]
fn the_lock_is_shut_by_the_next_signal_and_by_the_end() {
    for next in [Some(Signal::Stop), Some(Signal::In), Some(Signal::Dark), None] {
        let notebook = Notebook::default();
        let mut player = Player::start(notebook.clone()).expect("a thread");
        player.show(Signal::Out).expect("shown");
        wait_for(&notebook, |shown| shown.open);
        if let Some(next) = next {
            player.show(next).expect("shown");
            wait_for(&notebook, |shown| !shown.open);
        }
        drop(player);
        let set = notebook.set.lock().expect("no panic");
        assert_eq!((set.first(), set.last()), (Some(&Shown::SAFE), Some(&Shown::SAFE)), "{next:?}");
    }
}

#[test]
fn outputs_that_fail_are_told_with_the_next_signal() {
    let notebook = Notebook { broken: true, ..Notebook::default() };
    let mut player = Player::start(notebook.clone()).expect("a thread");
    wait_for(&notebook, |shown| shown.red);
    assert!(player.show(Signal::Ready).is_err());
}

#[test]
fn one_pin_for_two_outputs_is_refused_and_both_are_named() {
    let error = GpioPins { lock: Some(22), ..PINS }.check().expect_err("22 is the green lamp");
    assert_eq!(error.to_string(), "the green lamp and the lock are both on GPIO 22: give each its own pin");
    let error = GpioPins { buzzer: Some(40), ..PINS }.check().expect_err("no such pin");
    assert!(error.to_string().contains("the buzzer is on GPIO 40"), "{error}");
    assert!(PINS.check().is_ok());
}

#[test]
fn off_a_pi_it_says_so_and_the_station_goes_on() {
    if std::path::Path::new("/sys/firmware/devicetree/base/model").exists() {
        println!("DID NOT RUN: this may be a Pi, and its pins may drive something");
        return;
    }
    let (mut panel, why) = open_panel(Some(PINS));
    let why = why.expect("there is no header here").to_string();
    assert!(why.contains("no Raspberry Pi") && why.contains("printed instead"), "{why}");
    panel.show(Signal::Ready).expect("the stand-in prints");
    assert!(open_panel(None).1.is_none(), "nobody asked for pins");
}

#[test]
fn the_stand_in_prints_one_line_for_each_signal() {
    let mut printed = Vec::new();
    for signal in Signal::ALL {
        PrintedPanel::new(&mut printed).show(signal).expect("a vector takes everything");
    }
    let printed = String::from_utf8(printed).expect("text");
    assert_eq!(printed.lines().count(), Signal::ALL.len());
    assert!(printed.contains("panel: OUT, green 3 s, two short, lock open 3 s\n"), "{printed}");
    assert_eq!(printed.matches("lock open").count(), 1);
}

//! The lamp and sound grammar (design page on the screen, section 7) as a table.
//!
//! Told apart by rhythm alone, so that a buzzer of one tone and a person who sees no colours are served.

use super::Signal;

/// How long the lock stays open after [`Signal::Out`], in milliseconds.
pub const LOCK_OPEN_MS: u32 = 3000;

/// What the outputs do for a while.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default)]
pub struct Shown {
    /// The red lamp.
    pub red: bool,
    /// The amber lamp.
    pub amber: bool,
    /// The green lamp.
    pub green: bool,
    /// The buzzer.
    pub buzzer: bool,
    /// The lock relay; `false` is locked.
    pub open: bool,
}

impl Shown {
    /// Everything off, lock shut: what is left behind by every way of ending.
    pub const SAFE: Self = Self { red: false, amber: false, green: false, buzzer: false, open: false };
}

/// One step of a rhythm.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Step {
    /// Show this for so many milliseconds.
    Show(Shown, u32),
    /// Go back to the step with this number, so many times; none is for ever.
    Back(usize, Option<u16>),
    /// Keep what is shown until the next signal.
    Hold,
}

const DARK: Shown = Shown::SAFE;
const RED: Shown = Shown { red: true, ..DARK };
const AMBER: Shown = Shown { amber: true, ..DARK };
const GREEN: Shown = Shown { green: true, ..DARK };
const OPEN: Shown = Shown { open: true, ..GREEN };

const fn loud(shown: Shown) -> Shown {
    Shown { buzzer: true, ..shown }
}

/// Alive: a green blip every five seconds.
static READY: [Step; 3] = [Step::Show(GREEN, 100), Step::Show(DARK, 4900), Step::Back(0, None)];

/// Two short, green and open for three seconds; then alive.
static OUT: [Step; 7] = [
    Step::Show(loud(OPEN), 80),
    Step::Show(OPEN, 60),
    Step::Show(loud(OPEN), 80),
    Step::Show(OPEN, LOCK_OPEN_MS - 220),
    Step::Show(DARK, 4900),
    Step::Show(GREEN, 100),
    Step::Back(4, None),
];

/// One short, green for three seconds; then alive.
static IN: [Step; 5] = [
    Step::Show(loud(GREEN), 120),
    Step::Show(GREEN, 2880),
    Step::Show(DARK, 4900),
    Step::Show(GREEN, 100),
    Step::Back(2, None),
];

/// Two ticks, amber once a second.
static AGAIN: [Step; 7] = [
    Step::Show(loud(AMBER), 20),
    Step::Show(AMBER, 80),
    Step::Show(loud(AMBER), 20),
    Step::Show(AMBER, 380),
    Step::Show(DARK, 500),
    Step::Show(AMBER, 500),
    Step::Back(4, None),
];

/// Three slow pulses, amber steady.
static ASK: [Step; 7] = [
    Step::Show(loud(AMBER), 200),
    Step::Show(AMBER, 200),
    Step::Show(loud(AMBER), 200),
    Step::Show(AMBER, 200),
    Step::Show(loud(AMBER), 200),
    Step::Show(AMBER, 0),
    Step::Hold,
];

/// One long, red steady.
static STOP: [Step; 3] = [Step::Show(loud(RED), 900), Step::Show(RED, 0), Step::Hold];

/// Five fast, red twice a second; the sound again after a minute.
static ALARM: [Step; 12] = [
    Step::Show(loud(RED), 125),
    Step::Show(RED, 125),
    Step::Show(loud(DARK), 125),
    Step::Show(DARK, 125),
    Step::Back(0, Some(1)),
    Step::Show(loud(RED), 125),
    Step::Show(RED, 125),
    Step::Show(DARK, 250),
    // A second and a half so far; 117 silent turns of half a second make it a minute.
    Step::Show(RED, 250),
    Step::Show(DARK, 250),
    Step::Back(8, Some(116)),
    Step::Back(0, None),
];

/// Each lamp half a second, one tick: a dead lamp is seen in the morning, not when it is needed.
static SELF_TEST: [Step; 6] = [
    Step::Show(RED, 500),
    Step::Show(AMBER, 500),
    Step::Show(GREEN, 500),
    Step::Show(loud(DARK), 20),
    Step::Show(DARK, 0),
    Step::Hold,
];

static NOTHING: [Step; 2] = [Step::Show(DARK, 0), Step::Hold];

/// The steps of a signal's rhythm.
#[must_use]
pub fn rhythm(signal: Signal) -> &'static [Step] {
    match signal {
        Signal::Dark => &NOTHING,
        Signal::Ready => &READY,
        Signal::Out => &OUT,
        Signal::In => &IN,
        Signal::Again | Signal::Wait => &AGAIN,
        Signal::Ask => &ASK,
        Signal::Stop => &STOP,
        Signal::Alarm => &ALARM,
    }
}

/// What is played once when the panel is opened.
#[must_use]
pub fn self_test() -> &'static [Step] {
    &SELF_TEST
}

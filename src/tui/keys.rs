//! Keys, what they can do, and the guard against gloves and held keys.

use crossterm::event::{Event, KeyCode, KeyEventKind, KeyModifiers};

use crate::domain::{Mode, Purpose};
use crate::station::protocol::{Ask, DemoAct};

use super::ui::{Message, Page, Ui};
use super::words;

/// Presses of the same acting key closer than this are one press (`ux.md` section 5).
const BOUNCE_MS: u64 = 150;

/// A held key repeats first after half a second at most on the terminals we know; an answer to a person's decision
/// must not be given twice by it.
const HOLD_MS: u64 = 600;

/// What a camera sees is asked for in at most so many columns and rows: what the smallest screen has room for.
const PICTURE: (u16, u16) = (76, 18);

/// A key, as far as screens care.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
pub enum Key {
    /// A character.
    Char(char),
    /// Enter, also on the number pad.
    Enter,
    /// Esc.
    Esc,
    /// F1.
    F1,
    /// One line up.
    Up,
    /// One line down.
    Down,
    /// To the first line.
    Home,
    /// To the last line.
    End,
    /// Ctrl-C: leave, whatever is open.
    Interrupt,
    /// Ctrl-L: paint everything again.
    Repaint,
}

/// What a key does.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Action {
    /// Nothing at all.
    Nothing,
    /// Leave the screen.
    Leave,
    /// Paint everything again.
    Repaint,
    /// Try to reach the station now.
    TryNow,
    /// Open a page.
    Open(Page),
    /// Ask for the new mode.
    ChooseMode,
    /// Leave the mode as it is.
    KeepMode,
    /// Show the list of devices again.
    ClosePicture,
    /// Move to this alarm.
    Select(u64),
    /// Move a long page by so many lines.
    Scroll(i16),
    /// Ask the station for something.
    Wish(Wish),
    /// Not now; the reason.
    Refuse(String),
}

/// What a key can ask the station for.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Wish {
    /// The STOP or ASK of that entry is dealt with; one that could not be entered has no number.
    Handled(Option<u64>),
    /// Somebody has seen the alarm.
    Acknowledge(u64),
    /// Direction at the desk.
    SetMode(Mode),
    /// What the next draws are for.
    Choose(Purpose),
    /// Lamp and buzzer.
    TestPanel,
    /// Send what waits.
    SyncNow,
    /// Write the lines of readers and scanners down, or end that.
    Capture,
    /// Read with all there is for a moment.
    ReadNow,
    /// What that camera sees.
    Picture(String),
    /// A part in the demonstration.
    Demo(DemoAct),
}

impl Wish {
    /// As the protocol has it.
    pub fn ask(&self) -> Ask {
        match self {
            Self::Handled(seq) => Ask::Handled { seq: *seq },
            Self::Acknowledge(alarm) => Ask::Acknowledge { alarm: *alarm },
            Self::SetMode(mode) => Ask::SetMode { mode: *mode },
            Self::Choose(purpose) => Ask::Choose { purpose: *purpose, lane: String::new() },
            Self::TestPanel => Ask::TestPanel {},
            Self::SyncNow => Ask::SyncNow {},
            Self::Capture => Ask::CaptureTurn {},
            Self::ReadNow => Ask::ReadNow { camera: None },
            Self::Picture(camera) => {
                Ask::CameraPicture { camera: Some(camera.clone()), columns: PICTURE.0, rows: PICTURE.1 }
            }
            Self::Demo(act) => Ask::Demo { act: *act },
        }
    }

    /// What is said when the station has done it.
    pub fn done(&self) -> String {
        match self {
            Self::Handled(_) => "Noted as handled.".into(),
            Self::Acknowledge(_) => "Acknowledged. The alarm stays until its cause is gone.".into(),
            Self::SetMode(mode) => format!("Mode is {}.", words::mode(*mode)),
            Self::Choose(purpose) => format!("The next draws are for: {}.", purpose.word()),
            Self::TestPanel => "Lamps one after the other, then the buzzer.".into(),
            Self::SyncNow => "Sending to headquarters.".into(),
            Self::Capture => "The lines are written down, or no more.".into(),
            Self::ReadNow => "Reading with all there is. Hold the mark still.".into(),
            Self::Picture(camera) => format!("This is what {camera} sees."),
            Self::Demo(DemoAct::Draw) => "The next soldier draws a weapon.".into(),
            Self::Demo(DemoAct::Return) => "Somebody brings theirs back.".into(),
            Self::Demo(DemoAct::Wrong) => "Somebody tries what they may not.".into(),
            Self::Demo(DemoAct::Road) => "The road to headquarters changes.".into(),
            Self::Demo(DemoAct::Cable) => "The left reader's cable is pulled, or put back.".into(),
            Self::Demo(DemoAct::Pause) => "The soldiers wait, or go on.".into(),
        }
    }

    /// Whether both come from one key: a held Enter must not go through all that waits.
    fn same_key(&self, other: &Self) -> bool {
        let pair = (self, other);
        self == other || matches!(pair, (Self::Handled(_), Self::Handled(_)))
    }

    /// Milliseconds within which a second press of the same key is the first one.
    fn guard_ms(&self) -> u64 {
        if matches!(self, Self::Demo(_) | Self::Picture(_)) { BOUNCE_MS } else { HOLD_MS }
    }
}

/// Carries out what concerns only this screen; the rest is the caller's.
pub fn turn(ui: &mut Ui, action: &Action) {
    ui.message = None;
    match action {
        Action::Open(page) => {
            ui.page = *page;
            ui.picture = None;
            ui.scroll = 0;
        }
        Action::ClosePicture => ui.picture = None,
        Action::ChooseMode => ui.choosing_mode = true,
        Action::KeepMode | Action::Wish(Wish::SetMode(_) | Wish::Choose(_)) => ui.choosing_mode = false,
        Action::Select(alarm) => ui.selected_alarm = Some(*alarm),
        Action::Scroll(lines) => ui.scroll = ui.scroll.saturating_add_signed(*lines),
        Action::Refuse(why) => ui.message = Some(Message { text: why.clone(), refused: true }),
        Action::Wish(_) | Action::TryNow | Action::Nothing | Action::Leave | Action::Repaint => {}
    }
}

/// The key behind a terminal's event; paste, mouse and releases are none.
pub fn key_of(event: &Event) -> Option<Key> {
    let Event::Key(press) = event else { return None };
    if press.kind != KeyEventKind::Press {
        return None;
    }
    if press.modifiers.contains(KeyModifiers::CONTROL) {
        return match press.code {
            KeyCode::Char('c' | 'C') => Some(Key::Interrupt),
            KeyCode::Char('l' | 'L') => Some(Key::Repaint),
            _ => None,
        };
    }
    if press.modifiers.intersects(KeyModifiers::ALT | KeyModifiers::SUPER | KeyModifiers::META) {
        return None;
    }
    match press.code {
        KeyCode::Char(c) => Some(Key::Char(c)),
        KeyCode::Enter => Some(Key::Enter),
        KeyCode::Esc => Some(Key::Esc),
        KeyCode::F(1) => Some(Key::F1),
        KeyCode::Up => Some(Key::Up),
        KeyCode::Down => Some(Key::Down),
        KeyCode::Home | KeyCode::PageUp => Some(Key::Home),
        KeyCode::End | KeyCode::PageDown => Some(Key::End),
        _ => None,
    }
}

/// Lets one press through where a glove or a held key makes several.
#[derive(Debug, Clone, Default)]
pub struct Guard {
    last: Option<(Wish, u64)>,
}

impl Guard {
    /// Whether this press counts; `now_ms` only runs forward. Presses that do not count prolong the wait, so that a
    /// key held for ten seconds acts once.
    pub fn admits(&mut self, wish: Wish, now_ms: u64) -> bool {
        let blocked = self.last.as_ref().is_some_and(|(last, at_ms)| {
            last.same_key(&wish) && now_ms.saturating_sub(*at_ms) < wish.guard_ms()
        });
        self.last = Some((wish, now_ms));
        !blocked
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_held_key_acts_once() {
        let mut guard = Guard::default();
        assert!(guard.admits(Wish::Handled(Some(1)), 1_000));
        assert!(!guard.admits(Wish::Handled(Some(2)), 1_500));
        for at_ms in (1_533..11_000).step_by(33) {
            assert!(!guard.admits(Wish::Handled(None), at_ms));
        }
        assert!(guard.admits(Wish::Handled(None), 12_000));
    }

    #[test]
    fn a_bouncing_key_acts_once_and_a_quick_hand_acts_twice() {
        let mut guard = Guard::default();
        let draw = || Wish::Demo(DemoAct::Draw);
        assert!(guard.admits(draw(), 0));
        assert!(!guard.admits(draw(), 149));
        assert!(guard.admits(draw(), 300));
        assert!(guard.admits(Wish::SyncNow, 310));
    }
}

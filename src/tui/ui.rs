//! What a screen knows beside the station's picture: which page is open, how it looks, what it last said.

use jiff::tz::TimeZone;
use serde::Deserialize;

use crate::domain::{Role, Verdict};
use crate::station::view::{Alarm, AlarmState, View};

use super::theme::Theme;

/// What there is to show.
#[derive(Debug, Clone, PartialEq)]
pub enum Scene {
    /// The station answers; this is its newest picture.
    Live(Box<View>),
    /// It does not. Nothing on the screen may look current.
    Lost(Box<Lost>),
}

/// The station is gone, or was never there.
#[derive(Debug, Clone, PartialEq, Default)]
pub struct Lost {
    /// The last picture, if there ever was one.
    pub old: Option<View>,
    /// What happened, in a sentence.
    pub cause: String,
    /// Whole seconds until the next attempt; 0 while one runs.
    pub retry_in_s: u64,
}

/// State of one screen.
#[derive(Debug, Clone, PartialEq)]
pub struct Ui {
    /// The open page.
    pub page: Page,
    /// How colours are used.
    pub theme: Theme,
    /// Whether only ASCII may be shown.
    pub ascii: bool,
    /// The zone times are shown in.
    pub zone: TimeZone,
    /// What this screen may do, by the station's word; none may only look.
    pub role: Option<Role>,
    /// A demonstration: keys play its parts.
    pub demo: bool,
    /// What was last said to whoever pressed a key; it stands in the place of the footer.
    pub message: Option<Message>,
    /// `m` was pressed and waits for the mode.
    pub choosing_mode: bool,
    /// The alarm the keys act on; none: the first.
    pub selected_alarm: Option<u64>,
    /// Lines a long page has been moved up by.
    pub scroll: u16,
    /// What a camera saw when it was asked; it stands on Devices in the place of the list.
    pub picture: Option<CameraPicture>,
}

/// What a camera saw, as characters.
#[derive(Debug, Clone, PartialEq, Eq, Deserialize)]
pub struct CameraPicture {
    /// Its name.
    pub camera: String,
    /// How old the picture was when it was asked for, milliseconds.
    pub age_ms: u64,
    /// The rows.
    pub rows: Vec<String>,
}

/// A page.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
pub enum Page {
    /// The desk.
    Scan,
    /// What needs action.
    Alarms,
    /// Devices, road and record store.
    Devices,
    /// The count that is open.
    Count,
    /// Keys, words, lamps and sounds.
    Help,
}

/// An answer to a key.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Message {
    /// What.
    pub text: String,
    /// Whether it says no.
    pub refused: bool,
}

impl Ui {
    /// A fresh screen.
    pub fn new(theme: Theme, ascii: bool, zone: TimeZone) -> Self {
        Self {
            page: Page::Scan,
            theme,
            ascii,
            zone,
            role: None,
            demo: false,
            message: None,
            choosing_mode: false,
            selected_alarm: None,
            scroll: 0,
            picture: None,
        }
    }

    /// The camera whose picture a key asks for: the first, or the one after that which is shown.
    pub fn next_camera<'v>(&self, view: &'v View) -> Option<&'v str> {
        let cameras =
            || view.devices.iter().filter(|device| device.kind == "camera").map(|device| &*device.name);
        let shown = self.picture.as_ref().map(|picture| picture.camera.as_str());
        let after = cameras().skip_while(|name| Some(*name) != shown).nth(1);
        after.or_else(|| cameras().next())
    }

    /// Whether this screen may ask for changes at all. Which of them is the station's to say: a rule kept in two
    /// places would be two rules.
    pub fn may_act(&self) -> bool {
        matches!(self.role, Some(Role::Armourer | Role::Supervisor | Role::Commander | Role::Technician))
    }

    /// The alarm the keys act on.
    pub fn selected<'v>(&self, view: &'v View) -> Option<&'v Alarm> {
        let alarms = alarms_by_need(view);
        let chosen = alarms.iter().find(|alarm| Some(alarm.id) == self.selected_alarm);
        chosen.or(alarms.first()).copied()
    }
}

/// Alarms in the order they ask for somebody: unacknowledged before the rest, loud before quiet, new before old.
pub fn alarms_by_need(view: &View) -> Vec<&Alarm> {
    let mut alarms: Vec<&Alarm> = view.alarms.iter().collect();
    alarms.sort_by_key(|alarm| {
        let rank = match alarm.state {
            AlarmState::New => 0,
            AlarmState::Cleared => 1,
            AlarmState::Acked => 2,
        };
        (rank, alarm.priority, std::cmp::Reverse(alarm.since_wall_ms), alarm.id)
    });
    alarms
}

/// What the desk says now: an accepted verdict whose time is over is READY, even if the station has not said so yet.
pub fn standing(view: &View) -> Verdict {
    let over = view.desk.until_wall_ms.is_some_and(|until| until <= view.station.wall_ms);
    if over && !view.desk.stays { Verdict::Ready } else { view.desk.verdict }
}

/// Whether a STOP or ASK waits for somebody.
pub fn waits_for_somebody(view: &View) -> bool {
    view.desk.stays || !view.held.is_empty()
}

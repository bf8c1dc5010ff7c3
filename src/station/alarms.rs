//! Alarms on the board: raised, seen, cleared. An alarm is for action; what asks for none is a line in the log.

use super::board::Board;
use super::input::DeviceKind;
use super::view::{Alarm, AlarmState};
use crate::domain::{Moment, Reason, WeaponId};

/// Alarms kept; the oldest goes first.
const ALARMS_MAX: usize = 50;

/// Reads were dropped because too many waited: what is said of it, and the first step.
pub const READS_DROPPED: (&str, &str) = (
    "The readers tell more than the station can take: reads were dropped.",
    "Take away the tags that need not lie there. Show items again that were not seen.",
);

impl Board {
    /// Raises an alarm; one of the same words that still stands is not raised twice.
    pub fn alarm(&mut self, priority: u8, what: String, first_step: &str, now: Moment) {
        let standing = self.view.alarms.iter_mut().find(|alarm| alarm.what == what);
        if let Some(alarm) = standing {
            if alarm.state != AlarmState::New {
                alarm.state = AlarmState::New;
                alarm.since_wall_ms = now.wall_ms;
            }
            return;
        }
        let alarm = Alarm {
            id: self.next_alarm,
            priority,
            state: AlarmState::New,
            since_wall_ms: now.wall_ms,
            what,
            first_step: first_step.into(),
        };
        self.next_alarm += 1;
        self.view.alarms.insert(0, alarm);
        self.view.alarms.truncate(ALARMS_MAX);
    }

    /// The cause of an alarm is gone: it goes too if somebody has seen it.
    pub fn clear_alarm(&mut self, what: &str) {
        self.view.alarms.retain(|alarm| !(alarm.what == what && alarm.state == AlarmState::Acked));
        for alarm in self.view.alarms.iter_mut().filter(|alarm| alarm.what == what) {
            alarm.state = AlarmState::Cleared;
        }
    }

    /// Somebody has seen the alarm. Answers whether there is one of that number.
    pub fn acknowledge(&mut self, id: u64) -> bool {
        let Some(place) = self.view.alarms.iter().position(|alarm| alarm.id == id) else { return false };
        if self.view.alarms[place].state == AlarmState::Cleared {
            self.view.alarms.remove(place);
        } else {
            self.view.alarms[place].state = AlarmState::Acked;
        }
        true
    }

    /// The newest alarm nobody has acknowledged.
    pub fn newest_alarm(&self) -> Option<u64> {
        self.view.alarms.iter().find(|alarm| alarm.state != AlarmState::Acked).map(|alarm| alarm.id)
    }
}

/// A weapon that is out and lies at the desk since the start: what is said of it, and the first step.
pub fn lies_there(weapon: &WeaponId) -> (String, &'static str) {
    let what = format!("{weapon} is out and has lain here since the start: not taken in.");
    (what, "Is it given back? Lift it, wait, lay it down again.")
}

/// A device does not answer: the first step.
pub fn silent_device(kind: DeviceKind) -> &'static str {
    match kind {
        DeviceKind::Reader | DeviceKind::Camera => "Check cable and lamp. Use the other lane.",
        DeviceKind::Scanner => "Check its cable. Pull it and put it back. Use another scanner.",
        DeviceKind::Panel => "Look at the screen, not at the lamps. Check the panel's wires.",
    }
}

/// Another device stands in a known one's place: the first step.
pub fn swapped_device(kind: DeviceKind) -> &'static str {
    match kind {
        DeviceKind::Reader => "Find out who changed it. Check its antennas and its power.",
        DeviceKind::Scanner => "Find out who changed it. Scan a mark that you know and compare the screen.",
        DeviceKind::Camera => "Find out who changed it. Hold a mark that you know into its picture.",
        DeviceKind::Panel => "Find out who changed it. Try lamps, buzzer and lock.",
    }
}

/// An antenna whose control tag is heard far too rarely, or not at all.
pub fn ill_antenna(reader: &str, antenna: u8) -> (String, &'static str) {
    let what = format!("reader {reader} antenna {antenna}: its control tag is hardly read.");
    (what, "Look at antenna, cable and control tag. Do not count by radio there.")
}

/// How loud an alarm for a reason is, and the first step.
pub fn alarm_words(reason: Reason) -> (u8, &'static str) {
    match reason {
        Reason::Destroyed | Reason::HotListed => (1, "Keep the weapon here. Close the door. Call the guard."),
        Reason::Missing => (2, "Keep the weapon here. Record it as recovered: place, finder, condition."),
        _ => (2, "Lay the weapon aside. Compare tag, mark and serial. Call the supervisor."),
    }
}

//! Times, ages and counts in words (`ux.md` section 8): 24-hour clock, day and month name, digits, units.

use jiff::Zoned;
use jiff::tz::TimeZone;

use crate::domain::armoury::Counts;
use crate::domain::{Mode, Verdict};
use crate::station::view::{Device, PersonView, SyncView, View};

use super::theme::Tone;

const MONTHS: [&str; 12] =
    ["Jan", "Feb", "Mar", "Apr", "May", "Jun", "Jul", "Aug", "Sep", "Oct", "Nov", "Dec"];

/// `09:41:07`.
pub fn clock(wall_ms: i64, zone: &TimeZone) -> String {
    match local(wall_ms, zone) {
        Some(at) => format!("{:02}:{:02}:{:02}", at.hour(), at.minute(), at.second()),
        None => "--:--:--".into(),
    }
}

/// `14 May 09:41:07`.
pub fn day_clock(wall_ms: i64, zone: &TimeZone) -> String {
    match local(wall_ms, zone) {
        Some(at) => format!("{} {}", day(&at), clock(wall_ms, zone)),
        None => "no time".into(),
    }
}

/// `09:41`, with the day where that is not today.
pub fn since(wall_ms: i64, now_wall_ms: i64, zone: &TimeZone) -> String {
    match (local(wall_ms, zone), local(now_wall_ms, zone)) {
        (Some(at), Some(now)) if at.date() == now.date() => hour(&at),
        (Some(at), _) => format!("{} {}", day(&at), hour(&at)),
        _ => "--:--".into(),
    }
}

/// `today 18:00`, `tomorrow 08:00`, `16 May 18:00`.
pub fn due(wall_ms: i64, now_wall_ms: i64, zone: &TimeZone) -> String {
    match (local(wall_ms, zone), local(now_wall_ms, zone)) {
        (Some(at), Some(now)) if at.date() == now.date() => format!("today {}", hour(&at)),
        (Some(at), Some(now)) if now.date().tomorrow().is_ok_and(|next| at.date() == next) => {
            format!("tomorrow {}", hour(&at))
        }
        (Some(at), _) => format!("{} {}", day(&at), hour(&at)),
        _ => "--:--".into(),
    }
}

/// `14 s`, `12 min`, `3 h 41 min`, `2 d 3 h`; a time that lies ahead (the clock was set back) is `0 s`.
pub fn age(ms: i64) -> String {
    let seconds = ms.max(0) / 1_000;
    let (minutes, hours) = (seconds / 60, seconds / 3_600);
    match (hours / 24, hours, minutes) {
        (0, 0, 0) => format!("{seconds} s"),
        (0, 0, minutes) => format!("{minutes} min"),
        (0, hours, minutes) => format!("{hours} h {} min", minutes % 60),
        (days, hours, _) => format!("{days} d {} h", hours % 24),
    }
}

/// `61 in · 17 out · 2 elsewhere`; of a blind count nothing.
pub fn counts(view: &View) -> String {
    let counts = &view.counts;
    if view.count.is_some() && *counts == Counts::default() {
        return "numbers hidden: blind count".to_owned();
    }
    let mut text = format!("{} in · {} out · {} elsewhere", counts.in_stock, counts.out, counts.elsewhere);
    if counts.held_back > 0 {
        text += &format!(" · {} held back", counts.held_back);
    }
    if counts.missing > 0 {
        text += &format!(" · {} not accounted for", counts.missing);
    }
    if counts.destroyed > 0 {
        text += &format!(" · {} destroyed", counts.destroyed);
    }
    text
}

/// Rank and name.
pub fn person(person: &PersonView) -> String {
    format!("{} {}", person.rank, person.name).trim().to_owned()
}

/// The mode as the header shows it.
pub fn mode(mode: Mode) -> &'static str {
    match mode {
        Mode::Auto => "AUTO",
        Mode::Issue => "ISSUE",
        Mode::Return => "RETURN",
    }
}

/// The mode, what the next draws are for, and whether a stand-to lasts.
pub fn header_mode(view: &View) -> String {
    let station = &view.station;
    let stand_to = station.stand_to.as_ref().map(|_| "STAND-TO");
    let purpose = Some(station.purpose.as_str()).filter(|purpose| !purpose.is_empty() && stand_to.is_none());
    let words = [Some(mode(station.mode)), purpose, stand_to];
    words.into_iter().flatten().map(|word| format!("· {word} ")).collect()
}

/// How a verdict looks.
pub fn verdict_tone(verdict: Verdict) -> Tone {
    match verdict {
        Verdict::Ready => Tone::Ready,
        Verdict::Out | Verdict::In => Tone::Accepted,
        Verdict::Stop => Tone::Stop,
        Verdict::Ask => Tone::Ask,
        Verdict::Again | Verdict::Wait => Tone::Again,
    }
}

/// How a verdict looks in a list, where only what asks for somebody stands out.
pub fn listed_tone(verdict: Verdict) -> Tone {
    match verdict {
        Verdict::Stop | Verdict::Ask => verdict_tone(verdict),
        _ => Tone::Plain,
    }
}

/// How a device's state word looks.
pub fn device_tone(device: &Device) -> Tone {
    match device.state.as_str() {
        "ok" => Tone::Plain,
        "off" => Tone::Dim,
        "starting" => Tone::Again,
        _ => Tone::AlarmNew,
    }
}

/// How the state of the road to headquarters looks.
pub fn sync_tone(sync: &SyncView) -> Tone {
    match sync.state.as_str() {
        "ok" => Tone::Plain,
        "off" => Tone::Dim,
        "down" => Tone::Ask,
        _ => Tone::AlarmNew,
    }
}

/// `HQ ok · 0 wait`, `HQ down since 08:50 · 12 wait`, and the record store where it is not well.
pub fn sync_line(view: &View, zone: &TimeZone) -> String {
    let sync = &view.sync;
    let mut text = format!("HQ {}", sync.state);
    if let (true, Some(down)) = (sync.state != "ok", sync.down_since_wall_ms) {
        text += &format!(" since {}", since(down, view.station.wall_ms, zone));
    }
    if sync.state != "off" {
        text += &format!(" · {} wait", sync.waiting);
    }
    text
}

fn local(wall_ms: i64, zone: &TimeZone) -> Option<Zoned> {
    Some(jiff::Timestamp::from_millisecond(wall_ms).ok()?.to_zoned(zone.clone()))
}

fn day(at: &Zoned) -> String {
    let month = MONTHS.get(at.month().unsigned_abs() as usize - 1).copied().unwrap_or("?");
    format!("{} {month}", at.day())
}

fn hour(at: &Zoned) -> String {
    format!("{:02}:{:02}", at.hour(), at.minute())
}

#[cfg(test)]
mod tests {
    use super::*;

    const MAY_14_0941: i64 = 1_778_751_667_000;

    #[test]
    fn times_are_said_as_people_say_them() {
        let (utc, hour) = (TimeZone::UTC, 3_600_000);
        assert_eq!(day_clock(MAY_14_0941, &utc), "14 May 09:41:07");
        assert_eq!(due(MAY_14_0941 + hour, MAY_14_0941, &utc), "today 10:41");
        assert_eq!(due(MAY_14_0941 + 24 * hour, MAY_14_0941, &utc), "tomorrow 09:41");
        assert_eq!(due(MAY_14_0941 + 48 * hour, MAY_14_0941, &utc), "16 May 09:41");
        assert_eq!(since(MAY_14_0941 - 24 * hour, MAY_14_0941, &utc), "13 May 09:41");
        assert_eq!(age(56_460_000), "15 h 41 min");
        assert_eq!(age(-5), "0 s");
    }

    #[test]
    fn a_time_outside_the_calendar_is_shown_as_none() {
        assert_eq!(clock(i64::MAX, &TimeZone::UTC), "--:--:--");
        assert_eq!(since(i64::MIN, 0, &TimeZone::UTC), "--:--");
        assert_eq!(age(i64::MIN), "0 s");
    }
}

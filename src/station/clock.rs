//! The only place that reads a clock. Everything further in receives a [`Moment`].

use std::path::Path;

use std::sync::Arc;
use std::sync::atomic::{AtomicBool, AtomicI64, Ordering};

use rustix::time::{ClockId, Timespec, clock_gettime, clock_settime};

use crate::domain::{Armoury, ClockQuality, Moment};

/// Where the kernel says which boot this is.
const BOOT_ID: &str = "/proc/sys/kernel/random/boot_id";

/// Written by systemd-timesyncd once the network's time was taken over.
const SYNCHRONISED: &str = "/run/systemd/timesync/synchronized";

/// The first battery-backed clock chip.
const RTC: &str = "/dev/rtc0";

/// Reads moments of this boot. Its copies go by the same setting.
#[derive(Debug, Clone)]
pub struct Clock {
    boot_id: [u8; 16],
    zone: jiff::tz::TimeZone,
    hand: Arc<Hand>,
}

/// What somebody has set by hand.
#[derive(Debug, Default)]
struct Hand {
    /// Whether somebody has.
    set: AtomicBool,
    /// Whether the network's time was known then: the hand is believed before it. Time that the network brings later
    /// is believed before the hand.
    despite_network: AtomicBool,
    /// How far the station's time is ahead of the system's since, ms.
    ahead_ms: AtomicI64,
}

/// How the clock went before it was set by hand.
#[derive(Debug, Clone, Copy)]
pub struct Before {
    set: bool,
    despite_network: bool,
    ahead_ms: i64,
    /// By how much the system's clock was moved, ms.
    moved_ms: i64,
}

impl Before {
    /// Whether the system's clock was moved.
    pub fn moved_system(self) -> bool {
        self.moved_ms != 0
    }
}

impl Clock {
    /// Learns which boot this is. Where the kernel does not tell, the boot is 0 and counters of different boots look
    /// alike; order never depends on it.
    pub fn new() -> Self {
        let text = std::fs::read_to_string(BOOT_ID).unwrap_or_default();
        let boot_id = uuid::Uuid::try_parse(text.trim()).map(uuid::Uuid::into_bytes).unwrap_or_default();
        Self { boot_id, zone: jiff::tz::TimeZone::system(), hand: Arc::default() }
    }

    /// Goes by what was set by hand in this boot, if something was.
    pub fn follow(&self, armoury: &Armoury) {
        if let Some(last) = armoury.rooms.clock.last.as_ref().filter(|last| last.boot_id == self.boot_id) {
            self.hand.ahead_ms.store(last.ahead_ms, Ordering::Relaxed);
            self.hand.despite_network.store(last.before_quality > ClockQuality::Rtc, Ordering::Relaxed);
            self.hand.set.store(true, Ordering::Relaxed);
        }
    }

    /// Sets the clock by hand: the system's where `system` says that it is meant and the user may, else the station's
    /// alone, until the system starts anew.
    pub fn set(&self, wall_ms: i64, system: bool) -> Before {
        let found_ms = milliseconds(clock_gettime(ClockId::Realtime));
        let despite_network =
            self.now().quality > ClockQuality::Rtc || self.hand.despite_network.load(Ordering::Relaxed);
        let before = Before {
            despite_network: self.hand.despite_network.swap(despite_network, Ordering::Relaxed),
            set: self.hand.set.swap(true, Ordering::Relaxed),
            ahead_ms: self.hand.ahead_ms.load(Ordering::Relaxed),
            moved_ms: 0,
        };
        let moved = system && clock_settime(ClockId::Realtime, timespec(wall_ms)).is_ok();
        let ahead_ms = if moved { 0 } else { wall_ms.saturating_sub(found_ms) };
        self.hand.ahead_ms.store(ahead_ms, Ordering::Relaxed);
        Before { moved_ms: if moved { wall_ms.saturating_sub(found_ms) } else { 0 }, ..before }
    }

    /// As if it had not been set: that could not be entered.
    pub fn put_back(&self, before: Before) {
        if before.moved_system() {
            let now_ms = milliseconds(clock_gettime(ClockId::Realtime));
            if let Err(error) =
                clock_settime(ClockId::Realtime, timespec(now_ms.saturating_sub(before.moved_ms)))
            {
                tracing::error!("put the system's clock back: {error}");
            }
        }
        self.hand.ahead_ms.store(before.ahead_ms, Ordering::Relaxed);
        self.hand.despite_network.store(before.despite_network, Ordering::Relaxed);
        self.hand.set.store(before.set, Ordering::Relaxed);
    }

    /// Now.
    pub fn now(&self) -> Moment {
        let boot = clock_gettime(ClockId::Boottime);
        let wall = clock_gettime(ClockId::Realtime);
        let mut quality = quality();
        let mut wall_ms = milliseconds(wall);
        let by_network = quality > ClockQuality::Rtc && !self.hand.despite_network.load(Ordering::Relaxed);
        if !by_network && self.hand.set.load(Ordering::Relaxed) {
            wall_ms = wall_ms.saturating_add(self.hand.ahead_ms.load(Ordering::Relaxed));
            quality = ClockQuality::ByHand;
        }
        // A time outside the calendar has no civil offset; UTC is as good as any.
        let utc_offset_s = jiff::Timestamp::from_millisecond(wall_ms)
            .map_or(0, |stamp| self.zone.to_offset(stamp).seconds());
        Moment {
            boot_id: self.boot_id,
            mono_ms: u64::try_from(milliseconds(boot)).unwrap_or(0),
            wall_ms,
            quality,
            utc_offset_s,
        }
    }
}

impl Default for Clock {
    fn default() -> Self {
        Self::new()
    }
}

fn milliseconds(time: rustix::time::Timespec) -> i64 {
    time.tv_sec.saturating_mul(1000).saturating_add(time.tv_nsec / 1_000_000)
}

fn timespec(wall_ms: i64) -> Timespec {
    Timespec { tv_sec: wall_ms.div_euclid(1000), tv_nsec: wall_ms.rem_euclid(1000) * 1_000_000 }
}

/// What vouches for the system's wall clock.
fn quality() -> ClockQuality {
    if Path::new(SYNCHRONISED).exists() {
        ClockQuality::Ntp
    } else if Path::new(RTC).exists() {
        ClockQuality::Rtc
    } else {
        ClockQuality::None
    }
}

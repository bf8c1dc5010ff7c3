//! The only place that reads a clock. Everything further in receives a [`Moment`].

use std::path::Path;

use rustix::time::{ClockId, clock_gettime};

use crate::domain::{ClockQuality, Moment};

/// Where the kernel says which boot this is.
const BOOT_ID: &str = "/proc/sys/kernel/random/boot_id";

/// Written by systemd-timesyncd once the network's time was taken over.
const SYNCHRONISED: &str = "/run/systemd/timesync/synchronized";

/// The first battery-backed clock chip.
const RTC: &str = "/dev/rtc0";

/// Reads moments of this boot.
#[derive(Debug, Clone)]
pub struct Clock {
    boot_id: [u8; 16],
    zone: jiff::tz::TimeZone,
}

impl Clock {
    /// Learns which boot this is. Where the kernel does not tell, the boot is 0 and counters of different boots look
    /// alike; order never depends on it.
    pub fn new() -> Self {
        let text = std::fs::read_to_string(BOOT_ID).unwrap_or_default();
        let boot_id = uuid::Uuid::try_parse(text.trim()).map(uuid::Uuid::into_bytes).unwrap_or_default();
        Self { boot_id, zone: jiff::tz::TimeZone::system() }
    }

    /// Now.
    pub fn now(&self) -> Moment {
        let boot = clock_gettime(ClockId::Boottime);
        let wall = clock_gettime(ClockId::Realtime);
        let wall_ms = milliseconds(wall);
        // A time outside the calendar has no civil offset; UTC is as good as any.
        let utc_offset_s = jiff::Timestamp::from_millisecond(wall_ms)
            .map_or(0, |stamp| self.zone.to_offset(stamp).seconds());
        Moment {
            boot_id: self.boot_id,
            mono_ms: u64::try_from(milliseconds(boot)).unwrap_or(0),
            wall_ms,
            quality: quality(),
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

/// What vouches for the wall clock.
fn quality() -> ClockQuality {
    if Path::new(SYNCHRONISED).exists() {
        ClockQuality::Ntp
    } else if Path::new(RTC).exists() {
        ClockQuality::Rtc
    } else {
        ClockQuality::None
    }
}

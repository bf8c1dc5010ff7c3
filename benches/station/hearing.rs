//! What it costs to make out, read by read, which tags are in view.

use std::time::Instant;

use armoury::config::Presence as Thresholds;
use armoury::domain::ReadPoint;
use armoury::scan::TagReading;
use armoury::scan::presence::{Presence, PresenceSettings};

use super::book::weapon_epc;
use super::failure::Outcome;
use super::table::Table;

/// Reads measured.
const READS: u64 = 400_000;

/// Reads in a second of the time that is told: four readers that use the whole rate of their lines.
const READS_PER_S: u64 = 2_000;

/// Reads between two ticks of the clock, which comes ten times a second.
const READS_PER_TICK: u64 = READS_PER_S / 10;

/// Presence alone: `tags` on a counter, and as many in the racks behind it, too weak to come into view.
pub fn measure(tags: u32, table: &mut Table) -> Outcome<()> {
    for (place, rssi_dbm) in [("on the counter", -55), ("in the racks behind", -85)] {
        let mut presence = Presence::new(settings(), Vec::new());
        let mut readings: Vec<TagReading> =
            (0..tags).map(|tag| Ok(reading(tag, weapon_epc(tag)?, rssi_dbm))).collect::<Outcome<_>>()?;
        let began = Instant::now();
        for number in 0..READS {
            let now_ms = number * 1_000 / READS_PER_S;
            let reading = &mut readings[(number % u64::from(tags)) as usize];
            // Nothing is heard twice at quite the same strength.
            reading.rssi_dbm = Some(rssi_dbm + (number / u64::from(tags) % 3) as i16);
            presence.read(reading, now_ms);
            if number.is_multiple_of(READS_PER_TICK) {
                presence.tick(now_ms);
            }
        }
        let us = began.elapsed().as_secs_f64() * 1e6 / READS as f64;
        table.say(
            format!("presence alone, {tags} tags {place}, ticks included"),
            format!("{us:.2}"),
            "us/read",
        );
    }
    Ok(())
}

fn settings() -> PresenceSettings {
    let Thresholds { sightings, within_ms, min_rssi_dbm, leave_ms, margin_db, .. } = Thresholds::default();
    let margin_db = i16::try_from(margin_db).unwrap_or(i16::MAX);
    PresenceSettings { sightings, within_ms, min_rssi_dbm, leave_ms, margin_db }
}

fn reading(tag: u32, epc: Vec<u8>, rssi_dbm: i16) -> TagReading {
    let reader = tag % 4;
    TagReading {
        reader: format!("reader {reader}"),
        read_point: ReadPoint::new(format!("lane {reader}")),
        epc,
        tid: None,
        antenna: 1,
        rssi_dbm: Some(rssi_dbm),
        rssi_raw: None,
        pc: None,
    }
}

//! A tag's visit: from its first sighting to the silence that ends it.

use std::collections::VecDeque;

use super::TagReading;
use super::gaps::Gaps;
use super::places::{Heard, Place, places};
use super::presence::{LEAVE_MAX_MS, PresenceSettings, SIGHTINGS_MAX};
use super::smooth::Smoother;
use super::zone::Ears;
use crate::domain::ReadPoint;
use crate::domain::chip::{can_be_one_chip, has_serial};

/// Sightings with a chip number that confirm a tag: noise does not invent the same code and chip twice
/// (`rfid-stream-cleaning.md` section 2, L3).
const CHIP_SIGHTINGS: u32 = 2;

/// A sighting so much weaker than the tag lay is a stray one, as from the rack, dB (section 8: strays are 10 to 20 dB
/// weaker).
const STRAY_DB: i16 = 10;

/// Faint sightings at one place within [`LEAVE_MAX_MS`] that are more than strays.
const FAINT_READS: u32 = 6;

/// What a reading is to a visit.
#[derive(Debug, Clone, Copy)]
pub(super) struct Sighting {
    /// It is as strong as tags in place are.
    pub(super) in_place: bool,
    /// It exceeds the threshold by more than the margin.
    pub(super) loud: bool,
    /// It brought news of the chip.
    pub(super) chip: bool,
}

/// A visit.
#[derive(Debug)]
pub(super) struct Visit {
    pub(super) tid: Option<Vec<u8>>,
    pub(super) other_tid: Option<Vec<u8>>,
    heard: VecDeque<Heard>,
    pub(super) first_ms: u64,
    /// When it was last heard well enough to stay, and by which antenna.
    pub(super) last_ms: u64,
    pub(super) ear: usize,
    pub(super) present: bool,
    /// It came into view where it had been lying.
    pub(super) at_rest: bool,
    pub(super) since_start: bool,
    /// When it was last heard as tags in place are, by which antenna, how regularly, and how strongly.
    in_place_ms: Option<u64>,
    home: usize,
    smoother: Smoother,
    level_dbm: Option<i16>,
}

impl Visit {
    /// It begins.
    pub(super) fn new(now_ms: u64, ear: usize, since_start: bool) -> Self {
        Self {
            tid: None,
            other_tid: None,
            heard: VecDeque::new(),
            first_ms: now_ms,
            last_ms: now_ms,
            ear,
            present: false,
            at_rest: false,
            since_start,
            in_place_ms: None,
            home: ear,
            smoother: Smoother::default(),
            level_dbm: None,
        }
    }

    /// Takes a reading; answers what it is.
    pub(super) fn hear(
        &mut self,
        reading: &TagReading,
        ear: usize,
        now_ms: u64,
        settings: &PresenceSettings,
        (ears, gaps): (&Ears, &Gaps),
    ) -> Sighting {
        // A reader that gives no strength in dBm leaves only silence to tell that a tag has gone.
        let own = ears.get(ear);
        let stays_dbm = own.min_rssi_dbm.saturating_sub(settings.margin_db);
        if reading.rssi_dbm.is_none_or(|dbm| dbm >= stays_dbm) {
            self.last_ms = now_ms;
            self.ear = ear;
        }
        // It lies at one place: what another one hears of it counts only if that is as loud.
        let elsewhere = ears.get(self.home).read_point != own.read_point;
        let weaker_db = if elsewhere { settings.margin_db.min(STRAY_DB) } else { STRAY_DB };
        let stray_dbm = self.level_dbm.map_or(i16::MIN, |level_dbm| level_dbm.saturating_sub(weaker_db));
        let in_place = reading.rssi_dbm.is_none_or(|dbm| dbm >= own.min_rssi_dbm && dbm > stray_dbm);
        if in_place {
            let since_ms = self.in_place_ms.replace(now_ms).unwrap_or(now_ms);
            let deaf_ms = gaps.length_ms(&own.reader, own.antenna, since_ms, now_ms);
            self.home = ear;
            self.smoother.hear(now_ms, deaf_ms);
            // One decibel a sighting: the level follows the median, not the single reading.
            self.level_dbm =
                self.level_dbm.zip(reading.rssi_dbm).map(|(level, dbm)| level + (dbm - level).signum());
        }
        while self.heard.len() >= SIGHTINGS_MAX
            || self.heard.front().is_some_and(|old| now_ms.saturating_sub(old.at_ms) > LEAVE_MAX_MS)
        {
            self.heard.pop_front();
        }
        self.heard.push_back(Heard {
            at_ms: now_ms,
            ear,
            rssi_dbm: reading.rssi_dbm,
            rssi_raw: reading.rssi_raw,
            chip: reading.tid.as_deref().is_some_and(has_serial),
            in_place,
        });
        let loud_dbm = own.min_rssi_dbm.saturating_add(settings.margin_db);
        Sighting {
            in_place,
            loud: reading.rssi_dbm.is_some_and(|dbm| dbm > loud_dbm),
            chip: reading.tid.as_deref().is_some_and(|tid| self.chip(tid)),
        }
    }

    /// It came into view, at this strength.
    pub(super) fn settle(&mut self, rssi_dbm: Option<i16>) {
        self.level_dbm = rssi_dbm;
    }

    /// How strongly it is heard where it is.
    pub(super) fn level_dbm(&self) -> Option<i16> {
        self.level_dbm
    }

    /// Whether its silence has lasted: it is not heard at all for the time set, and not as a tag in place for longer
    /// than its own rate allows. Single strays from the rack do not keep on a desk what was taken from it.
    /// `deaf_ms`: for how long since a time nobody listened.
    pub(super) fn is_over(
        &self,
        now_ms: u64,
        settings: &PresenceSettings,
        deaf_ms: impl Fn(u64) -> u64,
    ) -> bool {
        let silent = |since_ms: u64, long_ms: u64| {
            let passed_ms = now_ms.saturating_sub(since_ms);
            passed_ms >= long_ms && passed_ms - deaf_ms(since_ms) >= long_ms
        };
        silent(self.last_ms, settings.leave_ms)
            && self.in_place_ms.is_none_or(|since_ms| silent(since_ms, self.silence_ms(settings)))
    }

    /// The place that has it to itself, of all that heard it of late as tags in place are heard.
    pub(super) fn lies_at(&self, settings: &PresenceSettings, ears: &Ears) -> Option<ReadPoint> {
        let places = places(self.heard.iter().filter(|heard| heard.in_place), ears);
        let best = places.first().filter(|_| self.present)?;
        best.has_to_itself(&places, settings.margin_db, ears).then(|| best.read_point.clone())
    }

    /// Whether one antenna heard it more weakly than tags in place are, but by less than the margin, and more often than
    /// strays are heard: in 15 of a hundred epochs, where strays come to five and tags in place to thirty (section 8).
    pub(super) fn is_faint(&self, now_ms: u64, settings: &PresenceSettings, ears: &Ears) -> bool {
        let near = |heard: &&Heard| {
            let stays_dbm = ears.get(heard.ear).min_rssi_dbm.saturating_sub(settings.margin_db);
            !heard.in_place
                && now_ms.saturating_sub(heard.at_ms) <= LEAVE_MAX_MS
                && heard.rssi_dbm.is_none_or(|dbm| dbm >= stays_dbm)
        };
        let faint = places(self.heard.iter().filter(near), ears);
        faint.iter().any(|place| place.reads >= FAINT_READS)
    }

    /// What each place heard within the window that counts, the best first.
    pub(super) fn places(&self, settings: &PresenceSettings, ears: &Ears) -> Vec<Place> {
        let newest_ms = self.heard.back().map_or(0, |heard| heard.at_ms);
        let oldest_ms = newest_ms.saturating_sub(settings.within_ms);
        places(self.heard.iter().filter(|heard| heard.at_ms >= oldest_ms), ears)
    }

    /// The tag has appeared if one read point confirms it: the best of those that do.
    pub(super) fn confirmed(&self, now_ms: u64, settings: &PresenceSettings, ears: &Ears) -> Option<Place> {
        let places = self.places(settings, ears);
        let best = self.best(&places, settings)?;
        // A louder place may only have come later: it is waited for as long as sightings count, and no longer.
        let louder_comes = places.iter().any(|next| {
            next.reads < self.needed(next, settings)
                && next.rssi_dbm > best.rssi_dbm
                && !best.leads(next, settings.margin_db, ears)
        });
        let waits = louder_comes && now_ms.saturating_sub(self.first_ms) < settings.within_ms;
        (!waits).then(|| best.clone())
    }

    /// The best place that confirms the tag.
    pub(super) fn best<'a>(&self, places: &'a [Place], settings: &PresenceSettings) -> Option<&'a Place> {
        places.iter().find(|place| {
            place.reads >= self.needed(place, settings) && place.over_db.is_none_or(|over_db| over_db >= 0)
        })
    }

    /// Sightings that confirm the tag at a place.
    pub(super) fn needed(&self, place: &Place, settings: &PresenceSettings) -> u32 {
        let needed = settings.sightings.min(SIGHTINGS_MAX as u32);
        if place.chip_twice && self.other_tid.is_none() { needed.min(CHIP_SIGHTINGS) } else { needed }
    }

    /// Whether it is confirmed anew, and now at `louder_dbm` or above.
    pub(super) fn stirs(
        &self,
        reading: &TagReading,
        louder_dbm: i16,
        settings: &PresenceSettings,
        ears: &Ears,
    ) -> bool {
        if reading.rssi_dbm.is_none_or(|dbm| dbm < louder_dbm) {
            return false;
        }
        let places = self.places(settings, ears);
        self.best(&places, settings).and_then(|best| best.rssi_dbm).is_some_and(|dbm| dbm >= louder_dbm)
    }

    /// How long a silence must be, ms: the setting, or more for a tag that is heard rarely.
    fn silence_ms(&self, settings: &PresenceSettings) -> u64 {
        self.smoother.leaves_after_ms().min(LEAVE_MAX_MS).max(settings.leave_ms)
    }

    /// A chip number was read; answers whether it says anything new. Readers give it in the length they were asked
    /// for: a longer form of the same is no other chip, but it can be compared further.
    fn chip(&mut self, tid: &[u8]) -> bool {
        match &mut self.tid {
            _ if tid.is_empty() => false,
            None => {
                self.tid = Some(tid.to_vec());
                true
            }
            Some(known) if can_be_one_chip(known, tid) => {
                let longer = tid.len() > known.len();
                if longer {
                    *known = tid.to_vec();
                }
                longer
            }
            Some(_) => self.other_tid.replace(tid.to_vec()).is_none(),
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    const CHIP: &[u8] = &[0xE2, 0x80, 0x68, 0x90, 0x20, 0, 0, 0, 0x50, 0x78, 0xF4, 0x87];

    /// Whether the visit is confirmed after these readings, and where: moment, place, strength, with its chip number.
    fn confirmed(told: &[(u64, &str, i16, bool)]) -> Option<String> {
        let settings = PresenceSettings {
            sightings: 3,
            within_ms: 2_000,
            min_rssi_dbm: -75,
            leave_ms: 2_000,
            margin_db: 6,
        };
        let (mut ears, gaps) = (Ears::default(), Gaps::default());
        let mut visit = Visit::new(0, 0, false);
        for &(at_ms, place, rssi_dbm, with_chip) in told {
            let reading = TagReading {
                reader: place.into(),
                read_point: ReadPoint::from(place),
                epc: vec![0x34; 12],
                tid: with_chip.then(|| CHIP.to_vec()),
                antenna: 1,
                rssi_dbm: Some(rssi_dbm),
                rssi_raw: None,
                pc: None,
            };
            let ear = ears.of(&reading, settings.min_rssi_dbm).expect("few antennas");
            visit.hear(&reading, ear, at_ms, &settings, (&ears, &gaps));
        }
        let (now_ms, ..) = *told.last()?;
        Some(visit.confirmed(now_ms, &settings, &ears)?.read_point.to_string())
    }

    #[test]
    fn a_louder_place_that_has_not_read_the_chip_yet_is_waited_for() {
        let chip_far_off = [(0, "far", -60, true), (0, "near", -50, true), (100, "near", -50, false)];
        let twice = [&chip_far_off[..], &[(200, "far", -60, true)]].concat();
        assert_eq!(confirmed(&twice), None, "two answers with the chip confirm it, but not there");
        let thrice = [&twice[..], &[(300, "near", -50, false)]].concat();
        assert_eq!(confirmed(&thrice), Some("near".to_owned()));
        let only_there = [(0, "far", -60, true), (200, "far", -60, true)];
        assert_eq!(confirmed(&only_there), Some("far".to_owned()), "who is alone is not kept waiting");
    }
}

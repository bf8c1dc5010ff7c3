//! Which tags are in view: confirmation, strength and leaving with hysteresis (`rfid-stream-cleaning.md`, layers L3
//! to L5 in their simple form).
//!
//! A tag appears after k sightings within a window at one read point whose median strength passes the threshold. It
//! stays as long as it is heard not much weaker than that, and leaves after a silence: arriving is harder than
//! staying, so that a weapon on metal does not come and go, and yet one hung up in a rack within earshot does leave.

use std::collections::{HashMap, VecDeque};

use super::TagReading;
use crate::domain::ReadPoint;
use crate::identity::TagId;

/// Most tags followed at once. A box of tags beyond that is counted, not followed.
pub const TAGS_MAX: usize = 4096;

/// Most sightings kept per tag: enough for a median, and for k up to it.
pub const SIGHTINGS_MAX: usize = 64;

/// A read point that hears a tag so many times as often as the next owns it, whatever the strengths
/// (`rfid-stream-cleaning.md` section 4).
const COUNT_LEAD: u32 = 3;

/// The thresholds.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct PresenceSettings {
    /// k: sightings that confirm a tag.
    pub sightings: u32,
    /// The window they must fall into, ms.
    pub within_ms: u64,
    /// The median must reach this.
    pub min_rssi_dbm: i16,
    /// Silence after which a tag has left, ms.
    pub leave_ms: u64,
    /// How much stronger the best read point must be than the next; and how much weaker than `min_rssi_dbm` a tag in
    /// view may become before it counts as silent.
    pub margin_db: i16,
}

/// A tag that came into view, with what confirmed it.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Appeared {
    /// Its key.
    pub tag: TagId,
    /// Its EPC.
    pub epc: Vec<u8>,
    /// Its chip number, if it was read.
    pub tid: Option<Vec<u8>>,
    /// Another chip number that answered with the same code: there are two of it.
    pub other_tid: Option<Vec<u8>>,
    /// Where it is strongest.
    pub read_point: ReadPoint,
    /// The antenna that heard it last there.
    pub antenna: u8,
    /// Median strength there.
    pub rssi_dbm: Option<i16>,
    /// Sightings that confirmed it.
    pub reads: u32,
    /// Another read point hears it nearly as well.
    pub between_places: bool,
}

/// Everything that was heard lately.
#[derive(Debug)]
pub struct Presence {
    settings: PresenceSettings,
    tracks: HashMap<Vec<u8>, Track>,
    /// Reads of tags that were not followed because [`TAGS_MAX`] were already.
    pub not_followed: u64,
}

#[derive(Debug)]
struct Track {
    tag: TagId,
    tid: Option<Vec<u8>>,
    other_tid: Option<Vec<u8>>,
    heard: VecDeque<Heard>,
    first_ms: u64,
    last_ms: u64,
    present: bool,
}

#[derive(Debug, Clone)]
struct Heard {
    at_ms: u64,
    read_point: ReadPoint,
    antenna: u8,
    rssi_dbm: Option<i16>,
}

impl Presence {
    /// Nothing in view.
    pub fn new(settings: PresenceSettings) -> Self {
        Self { settings, tracks: HashMap::new(), not_followed: 0 }
    }

    /// Takes one reading; says if its tag has now appeared.
    pub fn read(&mut self, reading: &TagReading, now_ms: u64) -> Option<Appeared> {
        if !self.tracks.contains_key(&reading.epc) {
            if self.tracks.len() >= TAGS_MAX {
                self.not_followed += 1;
                return None;
            }
            let track = Track {
                tag: TagId::from_epc(&reading.epc),
                tid: None,
                other_tid: None,
                heard: VecDeque::new(),
                first_ms: now_ms,
                last_ms: now_ms,
                present: false,
            };
            self.tracks.insert(reading.epc.clone(), track);
        }
        let settings = self.settings;
        let track = self.tracks.get_mut(&reading.epc)?;
        track.hear(reading, now_ms, &settings);
        if track.present {
            return None;
        }
        let appeared = track.confirmed(&reading.epc, now_ms, &settings)?;
        track.present = true;
        Some(appeared)
    }

    /// Says which tags have left by now.
    pub fn tick(&mut self, now_ms: u64) -> Vec<TagId> {
        let leave_ms = self.settings.leave_ms;
        let mut left = Vec::new();
        self.tracks.retain(|_, track| {
            let gone = now_ms.saturating_sub(track.last_ms) >= leave_ms;
            if gone && track.present {
                left.push(track.tag.clone());
            }
            !gone
        });
        // One identity can be coded in tags of two sizes: it has left when the last of them has.
        left.retain(|tag| !self.tracks.values().any(|track| track.present && track.tag == *tag));
        // The map has no order of its own; a replay must give the same one.
        left.sort();
        left.dedup();
        left
    }

    /// When a tag in view was heard last, at a strength that keeps it there.
    pub fn last_heard_ms(&self, tag: &TagId) -> Option<u64> {
        let heard = self.tracks.values().filter(|track| track.present && track.tag == *tag);
        heard.map(|track| track.last_ms).max()
    }

    /// How many tags are in view.
    pub fn in_view(&self) -> usize {
        self.tracks.values().filter(|track| track.present).count()
    }
}

impl Track {
    fn hear(&mut self, reading: &TagReading, now_ms: u64, settings: &PresenceSettings) {
        // A reader that gives no strength in dBm leaves only silence to tell that a tag has gone.
        let stays_dbm = settings.min_rssi_dbm.saturating_sub(settings.margin_db);
        if reading.rssi_dbm.is_none_or(|dbm| dbm >= stays_dbm) {
            self.last_ms = now_ms;
        }
        if let Some(tid) = &reading.tid {
            self.chip(tid);
        }
        if self.heard.len() >= SIGHTINGS_MAX {
            self.heard.pop_front();
        }
        self.heard.push_back(Heard {
            at_ms: now_ms,
            read_point: reading.read_point.clone(),
            antenna: reading.antenna,
            rssi_dbm: reading.rssi_dbm,
        });
        let oldest_ms = now_ms.saturating_sub(settings.within_ms);
        while self.heard.front().is_some_and(|heard| heard.at_ms < oldest_ms) {
            self.heard.pop_front();
        }
    }

    /// A chip number was read. Readers give it in the length they were asked for: a longer form of the same is no
    /// other chip.
    fn chip(&mut self, tid: &[u8]) {
        match &mut self.tid {
            None => self.tid = Some(tid.to_vec()),
            Some(known) if same_chip(known, tid) => {
                if tid.len() > known.len() {
                    *known = tid.to_vec();
                }
            }
            Some(_) => self.other_tid = Some(tid.to_vec()),
        }
    }

    /// The tag has appeared if one read point confirms it: of those that do, the strongest.
    fn confirmed(&self, epc: &[u8], now_ms: u64, settings: &PresenceSettings) -> Option<Appeared> {
        let places = self.places();
        let needed = settings.sightings.min(SIGHTINGS_MAX as u32);
        let best = places.iter().find(|place| {
            place.reads >= needed && place.rssi_dbm.is_none_or(|dbm| dbm >= settings.min_rssi_dbm)
        })?;
        let rivals: Vec<&Place> = places
            .iter()
            .filter(|place| place.read_point != best.read_point && !best.leads(place, settings.margin_db))
            .collect();
        // A louder place may only have come later: it is waited for as long as sightings count, and no longer.
        let louder_comes = rivals.iter().any(|next| next.reads < needed && next.rssi_dbm > best.rssi_dbm);
        if louder_comes && now_ms.saturating_sub(self.first_ms) < settings.within_ms {
            return None;
        }
        Some(Appeared {
            tag: self.tag.clone(),
            epc: epc.to_vec(),
            tid: self.tid.clone(),
            other_tid: self.other_tid.clone(),
            read_point: best.read_point.clone(),
            antenna: best.antenna,
            rssi_dbm: best.rssi_dbm,
            reads: best.reads,
            between_places: !rivals.is_empty(),
        })
    }

    /// What each read point heard, the best first: by strength, then by count, then by name.
    fn places(&self) -> Vec<Place> {
        let mut places: Vec<Place> = Vec::new();
        for heard in &self.heard {
            if !places.iter().any(|place| place.read_point == heard.read_point) {
                let there = self.heard.iter().filter(|other| other.read_point == heard.read_point);
                places.push(Place::of(heard, there));
            }
        }
        places.sort_by(|a, b| {
            b.rssi_dbm.cmp(&a.rssi_dbm).then(b.reads.cmp(&a.reads)).then(a.read_point.cmp(&b.read_point))
        });
        places
    }
}

struct Place {
    read_point: ReadPoint,
    antenna: u8,
    reads: u32,
    rssi_dbm: Option<i16>,
}

impl Place {
    fn of<'a>(first: &Heard, there: impl Iterator<Item = &'a Heard>) -> Self {
        let mut strengths = Vec::new();
        let (mut reads, mut antenna) = (0, first.antenna);
        for heard in there {
            reads += 1;
            antenna = heard.antenna;
            strengths.extend(heard.rssi_dbm);
        }
        strengths.sort_unstable();
        let rssi_dbm = strengths.get(strengths.len() / 2).copied();
        Self { read_point: first.read_point.clone(), antenna, reads, rssi_dbm }
    }

    /// Whether this place has the tag to itself as against `next`: clearly stronger, or heard far more often.
    fn leads(&self, next: &Self, margin_db: i16) -> bool {
        let louder = match (self.rssi_dbm, next.rssi_dbm) {
            (Some(here), Some(there)) => here.saturating_sub(there) >= margin_db,
            _ => false,
        };
        louder || self.reads >= next.reads.saturating_mul(COUNT_LEAD)
    }
}

/// Whether two readings of a chip number can be of one chip: what they have in common agrees.
pub(super) fn same_chip(one: &[u8], other: &[u8]) -> bool {
    !one.is_empty() && !other.is_empty() && one.iter().zip(other).all(|(a, b)| a == b)
}

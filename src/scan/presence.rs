//! Which tags are in view (`rfid-stream-cleaning.md`, layers L2 to L5), and whether a silence can be believed.
//!
//! A tag appears after k sightings within a window at one read point whose median strength passes the threshold. It
//! stays as long as it is heard not much weaker than that, and leaves after a silence: arriving is harder than
//! staying, so that a weapon on metal does not come and go, and yet one hung up in a rack within earshot does leave.
//! How long a silence must be follows from how regularly the tag was heard (`smooth`); where nobody could hear, the
//! clock of silence stands still (`gaps`). A tag that lies where it always lies does not act (`rest`).

mod absence;

use std::collections::{HashMap, HashSet};

pub use absence::{Absence, Heard, Whereabouts};

use super::TagReading;
use super::control::{Control, Health};
use super::gaps::{Deaf, Doubt, Gaps};
use super::track::{Change, Ending, Track};
use super::zone::Ears;
use crate::domain::AntennaPlan;
use crate::domain::ReadPoint;
use crate::identity::TagId;

/// Most tags followed at once. A box of tags beyond that is counted, not followed.
pub const TAGS_MAX: usize = 8192;

/// Most sightings kept per tag: enough for a median, and for k up to it.
pub const SIGHTINGS_MAX: usize = 64;

/// The longest silence that is waited for, ms, unless `leave_ms` is longer. A tag read in fewer than one of six epochs
/// would need more; it was hardly confirmed.
pub const LEAVE_MAX_MS: u64 = 10_000;

/// A tag heard so soon after its reader came up for the first time lay there before, ms. Longer would find more of the
/// weakest tags that lie there, and turn away whoever steps up as soon as the screen says that the reader answers.
pub const START_MS: u64 = 1_000;

/// A reader whose cable was pulled is silent for so long before its driver says that it is gone, ms: drivers wait 3 to
/// 4 s for an answer.
pub const UNNOTICED_MS: u64 = 5_000;

/// Fewest and most bytes of an EPC that a weapon's or a badge's tag can hold (`rfid-stream-cleaning.md` section 2, L2).
const EPC_BYTES: std::ops::RangeInclusive<usize> = 4..=62;

/// The thresholds.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct PresenceSettings {
    /// k: sightings that confirm a tag.
    pub sightings: u32,
    /// The window they must fall into, ms.
    pub within_ms: u64,
    /// The median must reach this.
    pub min_rssi_dbm: i16,
    /// Silence after which a tag has left, ms; a tag that is heard rarely is given more.
    pub leave_ms: u64,
    /// How much stronger the best read point must be than the next; and how much weaker than `min_rssi_dbm` a tag in
    /// view may become before it counts as silent.
    pub margin_db: i16,
}

/// What a reading told.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum News {
    /// The tag came into view.
    Appeared(Appeared),
    /// A tag that lay at rest is suddenly far louder: somebody holds it out.
    Stirred(Appeared),
    /// More is known of the chip of a tag in view.
    Chip(Appeared),
}

impl News {
    /// The tag it is about.
    pub fn appeared(&self) -> &Appeared {
        match self {
            Self::Appeared(appeared) | Self::Stirred(appeared) | Self::Chip(appeared) => appeared,
        }
    }
}

/// A tag in view, with what confirmed it.
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
    /// It is heard where it always lies.
    pub at_rest: bool,
    /// It lay there when its reader came up for the first time.
    pub since_start: bool,
    /// For how long of the time since its first sighting its antenna did not hear, ms.
    pub gap_ms: Option<u64>,
}

/// Everything that was heard lately.
#[derive(Debug)]
pub struct Presence {
    settings: PresenceSettings,
    ears: Ears,
    gaps: Gaps,
    controls: Vec<Control>,
    control_tags: HashSet<Vec<u8>>,
    /// When each reader came up for the first time.
    started_ms: HashMap<String, u64>,
    tracks: HashMap<Vec<u8>, Track>,
    /// Reads of tags that were not followed because [`TAGS_MAX`] were already.
    pub not_followed: u64,
    /// Reads whose code is no code: empty, too long, or of another length than the tag says.
    pub refused: u64,
}

impl Presence {
    /// Nothing in view.
    pub fn new(settings: PresenceSettings, antennas: Vec<AntennaPlan>) -> Self {
        let controls: Vec<Control> = antennas.iter().filter_map(Control::of).collect();
        Self {
            settings,
            ears: Ears::new(&antennas, settings.min_rssi_dbm),
            gaps: Gaps::default(),
            control_tags: controls.iter().map(|control| control.epc().to_vec()).collect(),
            controls,
            started_ms: HashMap::new(),
            tracks: HashMap::new(),
            not_followed: 0,
            refused: 0,
        }
    }

    /// A reader works: for the first time, still, or again after a gap.
    pub fn reader_up(&mut self, reader: &str, now_ms: u64) {
        self.gaps.close(reader, None, Doubt::ReaderGap, now_ms);
        if !self.started_ms.contains_key(reader) && self.started_ms.len() < TAGS_MAX {
            self.started_ms.insert(reader.to_owned(), now_ms);
        }
    }

    /// A reader is gone: nothing is concluded from its silence, nor from that in which nobody had noticed it yet.
    pub fn reader_down(&mut self, reader: &str, now_ms: u64) {
        let since_ms = now_ms.saturating_sub(UNNOTICED_MS);
        let deaf = Deaf { reader: reader.to_owned(), antenna: None, why: Doubt::ReaderGap };
        self.gaps.open(deaf, since_ms);
        let ears = &self.ears;
        self.tracks.values_mut().for_each(|track| track.lose_sight(reader, since_ms, ears));
    }

    /// The reader says that an antenna is missing; the first reading from it ends that.
    pub fn antenna_down(&mut self, reader: &str, antenna: u8, now_ms: u64) {
        let deaf = Deaf { reader: reader.to_owned(), antenna: Some(antenna), why: Doubt::AntennaMissing };
        self.gaps.open(deaf, now_ms);
    }

    /// Whether an antenna counts as missing.
    pub fn antenna_is_down(&self, reader: &str, antenna: u8) -> bool {
        self.gaps.is_open(reader, antenna, Doubt::AntennaMissing)
    }

    /// Takes one reading; says what it told of its tag.
    pub fn read(&mut self, reading: &TagReading, now_ms: u64) -> Option<News> {
        if !is_plausible(reading) {
            self.refused += 1;
            return None;
        }
        self.gaps.close(&reading.reader, Some(reading.antenna), Doubt::AntennaMissing, now_ms);
        if self.control_tags.contains(&reading.epc) {
            // Whatever else hears it, it is fixed at its antenna and no item.
            let own = |control: &&mut Control| {
                control.plan().is(&reading.reader, reading.antenna) && control.epc() == reading.epc.as_slice()
            };
            self.controls.iter_mut().filter(own).for_each(|control| control.hear(now_ms, &mut self.gaps));
            return None;
        }
        let Some(ear) = self.place_for(reading, now_ms) else {
            self.not_followed += 1;
            return None;
        };
        let up_ms = self.started_ms.get(&reading.reader);
        let since_start = up_ms.is_some_and(|up_ms| now_ms.saturating_sub(*up_ms) <= START_MS);
        let track = self.tracks.get_mut(&reading.epc)?;
        let around = (&self.ears, &self.gaps);
        let change = track.hear(reading, (ear, since_start), now_ms, &self.settings, around)?;
        let appeared = track.appeared(&self.settings, around)?;
        Some(match change {
            Change::Appeared => News::Appeared(appeared),
            Change::Stirred => News::Stirred(appeared),
            Change::Chip => News::Chip(appeared),
        })
    }

    /// Says which tags have left by now.
    pub fn tick(&mut self, now_ms: u64) -> Vec<TagId> {
        for control in &mut self.controls {
            control.advance(now_ms, &mut self.gaps);
        }
        let mut left = Vec::new();
        let around = (&self.ears, &self.gaps);
        self.tracks.retain(|_, track| {
            if track.end_visit(now_ms, &self.settings, around) == Some(Ending::Left) {
                left.push(track.tag.clone());
            }
            !track.is_over(now_ms, around)
        });
        // One identity can be coded in tags of two sizes: it has left when the last of them has.
        left.retain(|tag| self.last_heard_ms(tag).is_none());
        // The map has no order of its own; a replay must give the same one.
        left.sort();
        left.dedup();
        left
    }

    /// When a tag in view was heard last, at a strength that keeps it there.
    pub fn last_heard_ms(&self, tag: &TagId) -> Option<u64> {
        let visits = self.of(tag).filter_map(|track| track.visit.as_ref());
        visits.filter(|visit| visit.present).map(|visit| visit.last_ms).max()
    }

    /// How many tags are in view.
    pub fn in_view(&self) -> usize {
        self.tracks.values().filter(|track| track.visit.as_ref().is_some_and(|visit| visit.present)).count()
    }

    /// Whether there is a reader of that name, by the configuration or by what was heard.
    pub fn knows_reader(&self, reader: &str) -> bool {
        self.started_ms.contains_key(reader) || self.ears.has_reader(reader)
    }

    /// Tags in view that were heard well since `since_ms`, by one reader where one is named, without those `known`
    /// already; in the order of their codes.
    pub fn heard_since(
        &self,
        reader: Option<&str>,
        since_ms: u64,
        known: &HashSet<Vec<u8>>,
    ) -> Vec<Appeared> {
        let heard = |track: &&Track| {
            let visit = track.visit.as_ref().filter(|visit| visit.present && visit.last_ms >= since_ms);
            visit.is_some_and(|visit| reader.is_none_or(|reader| self.ears.get(visit.ear).reader == reader))
                && !known.contains(&track.epc)
        };
        let mut found: Vec<Appeared> = self
            .tracks
            .values()
            .filter(heard)
            .filter_map(|track| track.appeared(&self.settings, (&self.ears, &self.gaps)))
            .collect();
        found.sort_by(|a, b| a.epc.cmp(&b.epc));
        found
    }

    /// Whether that reader, or any where none is named, looks where this tag came into view.
    pub fn is_heard_by(&self, appeared: &Appeared, reader: Option<&str>) -> bool {
        reader.is_none_or(|reader| self.ears.at(&appeared.read_point).any(|ear| ear.reader == reader))
    }

    /// What is known of a tag that lies in view and does not act by that.
    pub fn resting(&self, tag: &TagId) -> Option<Appeared> {
        let mut resting: Vec<&Track> = self.of(tag).filter(|track| track.rests()).collect();
        resting.sort_by(|a, b| a.epc.cmp(&b.epc));
        resting.first()?.appeared(&self.settings, (&self.ears, &self.gaps))
    }

    /// Takes a tag in view for one that lies there: it acts when it was lifted, or is suddenly far louder.
    pub fn lay_to_rest(&mut self, tag: &TagId, now_ms: u64) {
        for track in self.tracks.values_mut().filter(|track| track.tag == *tag) {
            track.lay_to_rest(now_ms);
        }
    }

    /// For how long between two times some antenna of a read point did not hear, ms.
    pub fn gap_ms(&self, read_point: &ReadPoint, from_ms: u64, to_ms: u64) -> u64 {
        let gaps =
            self.ears.at(read_point).map(|ear| self.gaps.length_ms(&ear.reader, ear.antenna, from_ms, to_ms));
        gaps.max().unwrap_or(0)
    }

    /// How the antennas with a control tag are, in the order of the configuration.
    pub fn health(&self) -> impl Iterator<Item = Health> {
        self.controls.iter().map(Control::health)
    }

    /// Tracks of a tag: more than one where one identity is coded in tags of two sizes.
    fn of<'a>(&'a self, tag: &'a TagId) -> impl Iterator<Item = &'a Track> {
        self.tracks.values().filter(move |track| track.tag == *tag)
    }

    /// The place of the antenna that heard `reading`, with a track for its tag; none if there are too many of either.
    fn place_for(&mut self, reading: &TagReading, now_ms: u64) -> Option<usize> {
        let ear = self.ears.of(reading, self.settings.min_rssi_dbm)?;
        if !self.tracks.contains_key(&reading.epc) {
            if self.tracks.len() >= TAGS_MAX {
                self.make_room()?;
            }
            let track = Track::new(TagId::from_epc(&reading.epc), reading.epc.clone(), now_ms);
            self.tracks.insert(reading.epc.clone(), track);
        }
        Some(ear)
    }

    /// Forgets the tag that has not been heard for longest, of those that are not being heard.
    fn make_room(&mut self) -> Option<()> {
        let silent = self.tracks.values().filter(|track| track.visit.is_none());
        let oldest = silent.min_by(|a, b| a.heard_ms().cmp(&b.heard_ms()).then(a.epc.cmp(&b.epc)))?;
        let epc = oldest.epc.clone();
        self.tracks.remove(&epc).map(drop)
    }
}

/// Whether a code can be one: of a length that tags have, and of the length the tag itself says. An extended control
/// word (XPC) is counted in that length, whether the reader passes it on or not (Gen2 v2, StoredPC).
fn is_plausible(reading: &TagReading) -> bool {
    const EXTENDED: u16 = 0x0200;
    let length = reading.epc.len();
    let agrees = |pc: u16| {
        let said = 2 * usize::from(pc >> 11);
        said == length || (pc & EXTENDED != 0 && (said == length + 2 || said == length + 4))
    };
    EPC_BYTES.contains(&length) && reading.pc.is_none_or(agrees)
}

//! Several lanes at one hatch: each has a desk with a session of its own, so that two people can be served at the same
//! moment. A pad and a lens of one lane belong together by their read points; without lanes in the configuration there
//! is one desk for everything.
//!
//! What must not be split stays whole: a weapon in view belongs to the lane that saw it first until it has left, so
//! that a lens across the hatch cannot answer it a second time, and its dead time holds at every lane.

use std::collections::BTreeMap;

use super::CodeReading;
use super::desk::{Act, Desk, DeskSettings, Shown, Waiting, Wanted};
use super::flood::Flood;
use super::presence::News;
use super::subject::{Book, Subject};
use crate::domain::{DeskKind, Mode, Purpose, ReadPoint, Seq, WeaponId};
use crate::identity::{MarkId, TagId};

/// Which lane a read point belongs to, by name.
pub type LanePlan = BTreeMap<ReadPoint, String>;

/// The place of a lane among the others; the first is the one of everything that names none.
pub type Lane = usize;

/// All lanes.
#[derive(Debug)]
pub struct Desks {
    lanes: Vec<(String, Desk)>,
    places: BTreeMap<ReadPoint, Lane>,
    /// The bound on unknown things is one for the hatch: whichever lane is at work has it.
    flood: Flood,
}

impl Desks {
    /// An empty desk for each lane of the plan, and one for what is in none.
    pub fn new(settings: DeskSettings, plan: &LanePlan) -> Self {
        let mut lanes = vec![(String::new(), Desk::new(settings))];
        let mut places = BTreeMap::new();
        for (place, name) in plan {
            let known = lanes.iter().position(|(lane, _)| lane == name);
            let lane = known.unwrap_or_else(|| {
                lanes.push((name.clone(), Desk::new(settings)));
                lanes.len() - 1
            });
            places.insert(place.clone(), lane);
        }
        Self { lanes, places, flood: Flood::default() }
    }

    /// The lane of that name.
    pub fn named(&self, name: &str) -> Option<Lane> {
        self.lanes.iter().position(|(lane, _)| lane == name)
    }

    /// What that lane is called; nothing where there is one lane only.
    pub fn name(&self, lane: Lane) -> &str {
        self.lanes.get(lane).map_or("", |(name, _)| name)
    }

    /// The desk of a lane; a lane that is not there is the first.
    pub fn at(&mut self, lane: Lane) -> &mut Desk {
        let lane = if lane < self.lanes.len() { lane } else { 0 };
        &mut self.lanes[lane].1
    }

    /// The direction in force, the same at every lane.
    pub fn mode(&self) -> Mode {
        self.lanes[0].1.mode()
    }

    /// Changes the direction everywhere.
    pub fn set_mode(&mut self, mode: Mode) {
        self.each(|desk| desk.set_mode(mode));
    }

    /// Unknown things that were not entered because too many came at once.
    pub fn flooded(&self) -> u64 {
        self.flood.turned_away()
    }

    /// The answer about a weapon is written: whoever stands at that lane is served; the weapon's dead time begins
    /// everywhere.
    pub fn answered(&mut self, lane: Lane, weapon: &WeaponId, kind: DeskKind, seq: Seq, now_ms: u64) {
        for (place, (_, desk)) in self.lanes.iter_mut().enumerate() {
            if place == lane {
                desk.answered(weapon, kind, seq, now_ms);
            } else if kind.moves_custody() {
                desk.moved(weapon, now_ms);
            }
        }
    }

    /// Custody of the weapon moved by somebody's word.
    pub fn moved(&mut self, weapon: &WeaponId, now_ms: u64) {
        self.each(|desk| desk.moved(weapon, now_ms));
    }

    /// A tag went out of view.
    pub fn tag_left(&mut self, tag: &TagId, now_ms: u64) {
        self.each(|desk| desk.tag_left(tag, now_ms));
    }

    /// There is news of a tag in view.
    pub fn tag(&mut self, book: Book<'_>, news: &News, now_ms: u64) -> Vec<(Lane, Act)> {
        let appeared = news.appeared();
        let subject = book.of_tag(appeared);
        let lane = self.lane_of(&appeared.read_point, &subject);
        if matches!(subject, Subject::Badge(_)) {
            // A badge lies at one lane: it was carried over.
            for (_, (_, desk)) in self.lanes.iter_mut().enumerate().filter(|(place, _)| *place != lane) {
                desk.tag_left(&appeared.tag, now_ms);
            }
        }
        self.work(lane, |desk| desk.tag(book, news, now_ms))
    }

    /// A camera or a scanner sees a code.
    pub fn code(&mut self, book: Book<'_>, reading: &CodeReading, now_ms: u64) -> Vec<(Lane, Act)> {
        let subject = book.of_mark(&MarkId::from_bytes(&reading.bytes));
        let lane = self.lane_of(&reading.read_point, &subject);
        self.work(lane, |desk| desk.code(book, reading, now_ms))
    }

    /// Time passed.
    pub fn tick(&mut self, book: Book<'_>, now_ms: u64) -> Vec<(Lane, Act)> {
        self.every(|desk| desk.tick(book, now_ms))
    }

    /// Requests for everything that waits, whatever is still missing.
    pub fn answer_all(&mut self, book: Book<'_>, now_ms: u64) -> Vec<(Lane, Act)> {
        self.every(|desk| desk.answer_all(book, now_ms))
    }

    /// Whether somebody stands at one of them with a badge that counts.
    pub fn is_attended(&self, now_ms: u64) -> bool {
        self.lanes.iter().any(|(_, desk)| desk.is_attended(now_ms))
    }

    /// From now on unknown things of that kind are laid aside, wherever they are shown.
    pub fn want(&mut self, wanted: &Wanted) {
        self.each(|desk| desk.want(wanted.clone()));
    }

    /// What has been laid aside, and when the first of it was.
    pub fn laid_aside(&self) -> (Vec<&Shown>, Option<u64>) {
        let (mut all, mut first_ms) = (Vec::new(), None);
        for (_, desk) in &self.lanes {
            let (shown, at_ms) = desk.laid_aside();
            all.extend(shown);
            first_ms = [first_ms, at_ms].into_iter().flatten().min();
        }
        (all, first_ms)
    }

    /// Ends it. What was laid aside is bound by whoever asked, or is answered as usual.
    pub fn want_no_more(&mut self, bound: bool, now_ms: u64) -> Vec<(Lane, Act)> {
        let mut acts = Vec::new();
        for lane in 0..self.lanes.len() {
            acts.extend(self.work(lane, |desk| desk.want_no_more(bound, now_ms)));
        }
        acts
    }

    /// What is waited for, and how long still, ms: first what lies at a lane and lacks something.
    pub fn waiting(&self, book: Book<'_>, now_ms: u64) -> Option<(Lane, Waiting, u64)> {
        let waiting = self.lanes.iter().enumerate().filter_map(|(lane, (_, desk))| {
            desk.waiting(book, now_ms).map(|(waiting, left_ms)| (lane, waiting, left_ms))
        });
        waiting.min_by_key(|(lane, waiting, _)| (matches!(waiting, Waiting::Weapon(_)), *lane))
    }

    /// What the next draws are for, where that is not duty; with the lane where there are several.
    pub fn chosen(&self, now_ms: u64) -> String {
        let chosen = self.lanes.iter().filter_map(|(name, desk)| match desk.chosen(now_ms) {
            Purpose::Duty => None,
            purpose if name.is_empty() => Some(purpose.word().to_uppercase()),
            purpose => Some(format!("{} {name}", purpose.word().to_uppercase())),
        });
        chosen.collect::<Vec<_>>().join(", ")
    }

    /// The lane of something read at `place`. A weapon belongs to the one that has it already.
    fn lane_of(&self, place: &ReadPoint, subject: &Subject) -> Lane {
        let here = self.places.get(place).copied().unwrap_or(0);
        let Subject::Weapon(weapon, _) = subject else { return here };
        self.lanes.iter().position(|(_, desk)| desk.concerns(weapon)).unwrap_or(here)
    }

    /// One lane at work.
    fn work(&mut self, lane: Lane, act: impl FnOnce(&mut Desk) -> Vec<Act>) -> Vec<(Lane, Act)> {
        let mut flood = std::mem::take(&mut self.flood);
        let desk = self.at(lane);
        desk.lend(&mut flood);
        let acts = act(desk);
        desk.lend(&mut flood);
        self.flood = flood;
        at_lane(lane, acts).collect()
    }

    fn each(&mut self, act: impl Fn(&mut Desk)) {
        self.lanes.iter_mut().for_each(|(_, desk)| act(desk));
    }

    fn every(&mut self, mut act: impl FnMut(&mut Desk) -> Vec<Act>) -> Vec<(Lane, Act)> {
        self.lanes.iter_mut().enumerate().flat_map(|(lane, (_, desk))| at_lane(lane, act(desk))).collect()
    }
}

fn at_lane(lane: Lane, acts: Vec<Act>) -> impl Iterator<Item = (Lane, Act)> {
    acts.into_iter().map(move |act| (lane, act))
}

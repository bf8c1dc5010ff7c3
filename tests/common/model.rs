//! A small second opinion: which showings of weapons and unknown things owe an entry. It knows nothing of badges, rules
//! or custody, only that every presentation gets exactly one answer, and that a weapon which has acted must leave the
//! view before it acts again.

use std::collections::{BTreeMap, BTreeSet, VecDeque};

use armoury::domain::{DeskEvent, Event, WeaponId};
use armoury::identity::epc;
use armoury::ledger::Record;
use armoury::scan::desk::CODE_LEAVE_MS;
use armoury::scan::flood::{UNKNOWN_MAX, WINDOW_MS};
use armoury::scan::presence::PresenceSettings;
use armoury::station::input::Input;

use crate::common;

/// A reading of a tag: when, where, how strong.
type Heard = (u64, String, i16);

/// Milliseconds of an epoch, and the longest silence that is waited for.
const EPOCH_MS: u64 = 250;
const LEAVE_MAX_MS: u64 = 10_000;

/// In which epochs a tag was heard, the newest last, and over how many of them its rate is taken.
#[derive(Default)]
struct Rate {
    epochs: Vec<bool>,
    last: u64,
    window: usize,
}

impl Rate {
    /// Heard once more; the window grows by two an epoch and is halved when its newer half falls short by two sigma.
    fn hear(&mut self, now_ms: u64) {
        let epoch = now_ms / EPOCH_MS;
        if self.epochs.is_empty() {
            (self.epochs, self.last, self.window) = (vec![true], epoch, 1);
            return;
        }
        let passed = (epoch - self.last) as usize;
        if passed == 0 {
            return;
        }
        self.last = epoch;
        self.epochs.extend((1..=passed).map(|step| step == passed));
        let surplus = self.epochs.len().saturating_sub(64);
        self.epochs.drain(..surplus);
        self.window = (self.window + 2 * passed).clamp(passed.min(64), self.epochs.len());
        let half = self.window / 2;
        let older = self.heard(2 * half) - self.heard(half);
        let before = (older + 0.5) / (half as f64 + 1.0);
        let expected = half as f64 * before;
        if expected - self.heard(half) > 2.0 * (expected * (1.0 - before)).sqrt() {
            let p = self.heard(self.window) / self.window as f64;
            let likely = (0.05_f64.recip().ln() / p).ceil() as usize;
            self.window = (self.window / 2).min(likely).max(passed.min(64)).max(1);
            self.epochs.drain(..self.epochs.len() - self.window);
        }
    }

    fn heard(&self, window: usize) -> f64 {
        self.epochs.iter().rev().take(window).filter(|heard| **heard).count() as f64
    }

    /// How long a silence must be, ms.
    fn leave_ms(&self, least_ms: u64) -> u64 {
        let heard = self.heard(self.window);
        // Heard in every epoch, or never well: the setting alone. Else four silent epochs more than were counted.
        let weak = heard < self.window as f64;
        let p = heard / (self.window + 4) as f64;
        let epochs_ms = if weak { (0.001_f64.recip().ln() / p).ceil() as u64 * EPOCH_MS } else { 0 };
        epochs_ms.min(LEAVE_MAX_MS).max(least_ms)
    }
}

/// A tag that is heard.
#[derive(Default)]
struct Track {
    rate: Rate,
    /// When it was last heard as tags in place are: above the threshold, and not ten decibels weaker than it lay; six
    /// where that is another place.
    in_place_ms: Option<u64>,
    home: String,
    level_dbm: Option<i16>,
    heard: Vec<Heard>,
    first_ms: u64,
    /// When it was last heard well enough to stay in view.
    last_ms: u64,
    present: bool,
}

/// What a weapon owes.
#[derive(Debug, Default)]
struct Owed {
    /// Its tag and mark in view, as text.
    in_view: BTreeSet<String>,
    spent: bool,
    /// Shown and not answered since.
    since_ms: Option<u64>,
    /// Whether it was answered cannot be known before it is out of view after this time.
    doubt_until_ms: Option<u64>,
}

/// The model.
pub struct Model {
    presence: PresenceSettings,
    window_ms: u64,
    tags: BTreeMap<String, Track>,
    /// When something was last in view.
    seen_ms: BTreeMap<String, u64>,
    codes: BTreeMap<String, u64>,
    /// Which weapon a tag or a mark belongs to.
    owners: BTreeMap<String, WeaponId>,
    /// Badges and cards: they owe nothing.
    quiet: BTreeSet<String>,
    owed: BTreeMap<WeaponId, Owed>,
    unknown_ms: VecDeque<u64>,
    /// The record store takes nothing.
    pub broken: bool,
}

impl Model {
    /// Knows the book's weapons and badges by what is on them.
    pub fn new(
        book: &common::Book,
        presence: PresenceSettings,
        window_ms: u64,
        quiet: BTreeSet<String>,
    ) -> Self {
        let mut owners = BTreeMap::new();
        for (weapon, _) in &book.weapons {
            let id = weapon.id.as_str();
            owners.insert(epc::hex(&common::weapon_epc(id)), weapon.id.clone());
            owners.insert(common::weapon_mark(id), weapon.id.clone());
        }
        Self {
            presence,
            window_ms,
            tags: BTreeMap::new(),
            seen_ms: BTreeMap::new(),
            codes: BTreeMap::new(),
            owners,
            quiet,
            owed: BTreeMap::new(),
            unknown_ms: VecDeque::new(),
            broken: false,
        }
    }

    /// A restart: nothing is in view, nothing is remembered.
    pub fn restart(&mut self) {
        self.tags.clear();
        self.seen_ms.clear();
        self.codes.clear();
        self.owed.clear();
        self.unknown_ms.clear();
    }

    /// The record store failed: which showings were answered with "not saved" cannot be seen from outside.
    pub fn doubt(&mut self, now_ms: u64) {
        let until_ms = now_ms + self.window_ms;
        for owed in self.owed.values_mut() {
            owed.doubt_until_ms = Some(until_ms);
        }
    }

    /// Takes an input and the entries that came of it.
    pub fn follow(&mut self, input: &Input, now_ms: u64, entries: &[Record]) -> Result<(), String> {
        self.leave(input, now_ms);
        let appeared = self.appeared(input, now_ms);
        self.seen_ms.extend(appeared.clone().map(|key| (key, now_ms)));
        let mut unknown = 0;
        if let Some(key) = &appeared {
            match self.owners.get(key).cloned() {
                Some(weapon) => self.show(&weapon, key, now_ms, entries),
                None if self.quiet.contains(key) => {}
                None => unknown = usize::from(self.admits(now_ms) && !self.broken),
            }
        }
        for record in entries {
            if let Event::Desk(desk) = &record.event {
                match desk.weapon {
                    Some(_) => self.answered(desk)?,
                    None if unknown == 1 => unknown = 0,
                    None => return Err(format!("an answer to nothing that was shown: {desk:?}")),
                }
            }
        }
        if unknown == 1 {
            return Err(format!("{appeared:?} is not in the book and was not answered"));
        }
        self.overdue(now_ms)
    }

    /// An orderly end owes nothing.
    pub fn closed(&mut self, entries: &[Record]) -> Result<(), String> {
        for record in entries {
            if let Event::Desk(desk) = &record.event {
                self.answered(desk)?;
            }
        }
        let open =
            self.owed.iter().find(|(_, owed)| owed.since_ms.is_some() && owed.doubt_until_ms.is_none());
        open.map_or(Ok(()), |(weapon, _)| Err(format!("the station ended and {weapon} had no answer")))
    }

    /// Whether this has been in view at some time within `within_ms` before now, as far as a badge goes.
    pub fn seen_lately(&self, key: &str, now_ms: u64, within_ms: u64) -> bool {
        self.seen_ms.get(key).is_some_and(|seen_ms| now_ms - seen_ms <= within_ms)
    }

    /// What goes out of view with time: tags with a tick, codes with a tick or another code.
    fn leave(&mut self, input: &Input, now_ms: u64) {
        let mut left: Vec<String> = Vec::new();
        if matches!(input, Input::Tick) {
            let leave_ms = self.presence.leave_ms;
            self.tags.retain(|key, track| {
                let rate_ms = track.rate.leave_ms(leave_ms);
                let stays = now_ms - track.last_ms < leave_ms
                    || track.in_place_ms.is_some_and(|in_place_ms| now_ms - in_place_ms < rate_ms);
                if !stays {
                    left.push(key.clone());
                }
                stays
            });
        }
        if matches!(input, Input::Tick | Input::Code(_)) {
            self.codes.retain(|key, seen_ms| {
                let stays = now_ms - *seen_ms < CODE_LEAVE_MS;
                if !stays {
                    left.push(key.clone());
                }
                stays
            });
        }
        let tags = self.tags.iter().filter(|(_, track)| track.present).map(|(key, _)| key);
        self.seen_ms.extend(tags.chain(self.codes.keys()).map(|key| (key.clone(), now_ms)));
        for key in left {
            let Some(owed) = self.owners.get(&key).and_then(|weapon| self.owed.get_mut(weapon)) else {
                continue;
            };
            owed.in_view.remove(&key);
            if owed.in_view.is_empty() {
                owed.spent = false;
                if owed.doubt_until_ms.is_some_and(|until_ms| now_ms > until_ms) {
                    *owed = Owed::default();
                }
            }
        }
    }

    /// What comes into view with this input.
    fn appeared(&mut self, input: &Input, now_ms: u64) -> Option<String> {
        match input {
            Input::Tag(reading) => {
                let PresenceSettings { sightings, within_ms, min_rssi_dbm, margin_db, .. } = self.presence;
                let key = epc::hex(&reading.epc);
                let place = reading.read_point.to_string();
                let Track { rate, in_place_ms, home, level_dbm, heard, first_ms, last_ms, present } =
                    self.tags.entry(key.clone()).or_insert_with(|| Track {
                        first_ms: now_ms,
                        last_ms: now_ms,
                        home: place.clone(),
                        ..Track::default()
                    });
                let dbm = reading.rssi_dbm?;
                if dbm >= min_rssi_dbm - margin_db {
                    *last_ms = now_ms;
                }
                let weaker_db = if *home == place { 10 } else { margin_db };
                if dbm >= min_rssi_dbm && level_dbm.is_none_or(|level| dbm > level - weaker_db) {
                    home.clone_from(&place);
                    *in_place_ms = Some(now_ms);
                    rate.hear(now_ms);
                    *level_dbm = level_dbm.map(|level| level + (dbm - level).signum());
                }
                heard.push((now_ms, place, dbm));
                heard.retain(|(at_ms, ..)| now_ms - at_ms <= within_ms);
                let places: BTreeSet<&String> = heard.iter().map(|(_, place, _)| place).collect();
                // Strength in the middle, how often, and the sum of powers in tenths of a decibel, at each place.
                let there = places.into_iter().map(|place| {
                    let mut dbm: Vec<i16> =
                        heard.iter().filter(|(_, other, _)| other == place).map(|(.., dbm)| *dbm).collect();
                    dbm.sort_unstable();
                    let power: f64 = dbm.iter().map(|dbm| 10_f64.powf(f64::from(*dbm) / 10.0)).sum();
                    (dbm[dbm.len() / 2], dbm.len(), power)
                });
                let there: Vec<(i16, usize, f64)> = there.collect();
                type Place = (i16, usize, f64);
                let enough = |place: &&Place| place.1 >= sightings as usize && place.0 >= min_rssi_dbm;
                let best = there.iter().filter(enough).max_by(|a, b| a.2.total_cmp(&b.2));
                let louder_comes = |best: &Place| {
                    let db = |place: &Place| 10.0 * (place.2 / place.1 as f64).log10();
                    let leads = |next: &Place| {
                        best.1 >= 3 * next.1 || db(best) - db(next) >= f64::from(margin_db) - 0.005
                    };
                    let few = |next: &&Place| next.1 < sightings as usize && !leads(next);
                    there.iter().filter(few).any(|next| next.0 > best.0) && now_ms - *first_ms < within_ms
                };
                let confirmed = !*present && best.is_some_and(|best| !louder_comes(best));
                if confirmed {
                    *level_dbm = best.map(|best| best.0);
                }
                *present |= confirmed;
                confirmed.then_some(key)
            }
            Input::Code(reading) => {
                self.codes.insert(reading.text.clone(), now_ms).is_none().then(|| reading.text.clone())
            }
            _ => None,
        }
    }

    fn show(&mut self, weapon: &WeaponId, key: &str, now_ms: u64, entries: &[Record]) {
        let answers = |record: &Record| record.event.weapon() == Some(weapon);
        let window_ms = self.window_ms;
        let broken = self.broken;
        let owed = self.owed.entry(weapon.clone()).or_default();
        // What waited may have been answered before this came into view, in the same input: then it owes anew.
        let answered = owed.since_ms.is_some() && owed.in_view.is_empty() && entries.iter().any(answers);
        if answered || broken || owed.doubt_until_ms.is_some() {
            owed.doubt_until_ms = Some(now_ms + window_ms + common::TICK_MS);
        }
        owed.in_view.insert(key.to_owned());
        if !owed.spent && owed.since_ms.is_none() {
            owed.since_ms = Some(now_ms);
        }
    }

    /// An entry answers for every weapon whose tag or mark it names.
    fn answered(&mut self, desk: &DeskEvent) -> Result<(), String> {
        let named = desk.evidence.iter().filter_map(|evidence| self.owners.get(&evidence.value));
        let weapons: BTreeSet<WeaponId> = named.chain(&desk.weapon).cloned().collect();
        for weapon in weapons {
            let Some(owed) = self.owed.get_mut(&weapon) else {
                return Err(format!("{weapon} was never shown: {desk:?}"));
            };
            if owed.doubt_until_ms.is_some() {
                continue;
            }
            if owed.since_ms.take().is_none() {
                return Err(format!("a second answer to one showing of {weapon}: {desk:?}"));
            }
            owed.spent = !owed.in_view.is_empty();
        }
        Ok(())
    }

    fn overdue(&self, now_ms: u64) -> Result<(), String> {
        // A tick later than the window at most.
        let limit_ms = self.window_ms + common::TICK_MS;
        let late = self.owed.iter().find(|(_, owed)| {
            owed.doubt_until_ms.is_none()
                && owed.since_ms.is_some_and(|since_ms| now_ms - since_ms > limit_ms)
        });
        late.map_or(Ok(()), |(weapon, owed)| {
            Err(format!("{weapon} has waited too long for an answer: {owed:?}"))
        })
    }

    fn admits(&mut self, now_ms: u64) -> bool {
        self.unknown_ms.retain(|at_ms| now_ms - at_ms < WINDOW_MS);
        let admits = self.unknown_ms.len() < UNKNOWN_MAX;
        if admits {
            self.unknown_ms.push_back(now_ms);
        }
        admits
    }
}

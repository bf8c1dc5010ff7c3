//! Antennas that stare at racks: what hangs there, what should, and what of that somebody has to know (S-2).
//!
//! They have a presence of their own: what hangs in a rack is not shown at the desk, and what is shown at the desk has
//! left the rack. A silence counts only where the antenna's control tag was read throughout, and its clock stands still
//! while nobody could hear. What is told once is not told again before something has changed, and one place tells no
//! oftener than every ten seconds, everything that has come together as one.

mod judge;
mod look;

use std::collections::{BTreeMap, BTreeSet, HashMap, HashSet};

pub use look::{Look, RackState};

use super::TagReading;
use super::gaps::Doubt;
use super::presence::{Appeared, News, Presence, PresenceSettings};
use super::subject::{Book, Subject};
use crate::domain::book::rack::Fact;
use crate::domain::{AntennaPlan, Armoury, Chip, Holding, ReadPoint, Roster, Seq, Standing, WeaponId};
use crate::identity::TagId;

/// What a place tells is told together and no oftener than this, ms.
const TELL_EVERY_MS: u64 = 10_000;

/// A tag has to lie so long where it lies before that is believed, ms.
const SETTLE_MS: u64 = 5_000;

/// Longer where a whole rack's figures are at stake: weapons are being hung up and taken, ms.
const CROWDED_MS: u64 = 30_000;

/// Two looks further apart are no continuous looking, ms.
const LOOK_GAP_MS: u64 = 5_000;

/// A weapon that must not be there calls again after it was silent for so long, ms.
const CALLS_AGAIN_MS: u64 = 10 * 60_000;

/// Most tags whose meaning is kept beside the book's own.
const MEANINGS_MAX: usize = 4_096;

/// The watch over all racks.
#[derive(Debug)]
pub struct RackWatch {
    plans: Vec<AntennaPlan>,
    /// The plans that stare at a rack, by its name.
    racks: HashMap<String, Vec<usize>>,
    presence: Presence,
    /// What tags mean that the book does not know by their code: by chip, or by the mark's identity.
    meant: HashMap<TagId, WeaponId>,
    /// Badges heard: whoever stands at the rack is no weapon.
    badges: HashSet<TagId>,
    /// Weapons whose tag answered with a chip that is not the one enrolled.
    copied: BTreeSet<WeaponId>,
    seen: BTreeMap<WeaponId, Seen>,
    /// Since when each place has had more tags than weapons, ms.
    crowded_ms: BTreeMap<ReadPoint, u64>,
    /// Since when it has not.
    calm_ms: BTreeMap<ReadPoint, u64>,
    /// Before when a place tells nothing more, ms.
    quiet_until_ms: BTreeMap<ReadPoint, u64>,
    /// Weapons that must not be there, and when they were heard last, ms.
    forbidden_ms: BTreeMap<WeaponId, u64>,
    looks: BTreeMap<WeaponId, Look>,
}

/// What one look heard.
#[derive(Debug, Default)]
struct Round {
    /// Place by place.
    at: BTreeMap<ReadPoint, Tally>,
    /// Weapons that must not be there at all.
    forbidden: Vec<(WeaponId, ReadPoint, Standing)>,
}

/// What answers at a place.
#[derive(Debug, Default)]
struct Tally {
    weapons: BTreeSet<WeaponId>,
    /// Of those, the ones that hang where they should.
    belonging: u32,
    /// Tags that mean no weapon, badges apart.
    strange: u32,
}

/// What is remembered of a weapon since its custody moved last.
#[derive(Debug, Clone)]
struct Seen {
    custody: Option<Seq>,
    /// Where it hung last; none before it was heard anywhere.
    place: Option<ReadPoint>,
    /// Since when it has been there without a break, and when it was found there last, ms.
    there_ms: (u64, u64),
    /// When it was heard last; before it was heard, since when it has been looked for, ms.
    last_ms: u64,
    /// It is looked for since the watch began, and was hanging somewhere before that.
    since_start: bool,
}

impl RackWatch {
    /// The watch of those antennas that stare at slots.
    pub fn new(settings: PresenceSettings, antennas: &[AntennaPlan]) -> Self {
        let plans: Vec<AntennaPlan> =
            antennas.iter().filter(|plan| plan.watches.is_some()).cloned().collect();
        let mut racks: HashMap<String, Vec<usize>> = HashMap::new();
        for (place, watched) in
            plans.iter().enumerate().filter_map(|(place, plan)| Some((place, plan.watches.as_ref()?)))
        {
            racks.entry(watched.rack().to_owned()).or_default().push(place);
        }
        Self {
            presence: Presence::new(settings, plans.clone()),
            plans,
            racks,
            meant: HashMap::new(),
            badges: HashSet::new(),
            copied: BTreeSet::new(),
            seen: BTreeMap::new(),
            crowded_ms: BTreeMap::new(),
            calm_ms: BTreeMap::new(),
            quiet_until_ms: BTreeMap::new(),
            forbidden_ms: BTreeMap::new(),
            looks: BTreeMap::new(),
        }
    }

    /// Whether there is anything to watch.
    pub fn is_idle(&self) -> bool {
        self.plans.is_empty()
    }

    /// Whether that antenna stares at a rack.
    pub fn is_watching(&self, reader: &str, antenna: u8) -> bool {
        self.plans.iter().any(|plan| plan.is(reader, antenna))
    }

    /// What its antennas hear.
    pub fn presence(&self) -> &Presence {
        &self.presence
    }

    /// The same, for news of readers.
    pub fn presence_mut(&mut self) -> &mut Presence {
        &mut self.presence
    }

    /// Takes a reading of one of its antennas.
    pub fn read(&mut self, armoury: &Armoury, roster: &Roster, reading: &TagReading, now_ms: u64) {
        let Some(news) = self.presence.read(reading, now_ms) else { return };
        let (News::Appeared(appeared) | News::Stirred(appeared) | News::Chip(appeared)) = news;
        let book = Book { armoury, roster, presence: &self.presence };
        let subject = book.of_tag(&appeared);
        self.note(&appeared, subject);
    }

    /// Time passed.
    pub fn tick(&mut self, now_ms: u64) {
        for tag in self.presence.tick(now_ms) {
            self.meant.remove(&tag);
            self.badges.remove(&tag);
        }
    }

    /// Looks at every rack: what is told now. `desk` is what lies at the desk, which is nowhere missing.
    pub fn look(&mut self, armoury: &Armoury, desk: &Presence, now_ms: u64) -> Vec<Fact> {
        if self.is_idle() {
            return Vec::new();
        }
        let round = self.remember(armoury, desk, now_ms);
        self.judge(armoury, &round, now_ms)
    }

    /// What was told last could not be entered: it is still to be told.
    pub fn not_entered(&mut self) {
        self.quiet_until_ms.clear();
        self.forbidden_ms.clear();
    }

    /// What the last look made of each weapon that hangs in a watched rack, or should.
    pub fn looks(&self) -> &BTreeMap<WeaponId, Look> {
        &self.looks
    }

    fn note(&mut self, appeared: &Appeared, subject: Subject) {
        match subject {
            Subject::Weapon(weapon, chip) => {
                if chip == Chip::Foreign {
                    self.copied.insert(weapon.clone());
                }
                if self.meant.len() < MEANINGS_MAX {
                    self.meant.insert(appeared.tag.clone(), weapon);
                }
            }
            Subject::Badge(_) | Subject::UnknownBadge if self.badges.len() < MEANINGS_MAX => {
                self.badges.insert(appeared.tag.clone());
            }
            _ => {}
        }
    }

    /// The weapon a tag means.
    fn weapon<'a>(&'a self, armoury: &'a Armoury, tag: &TagId) -> Option<&'a WeaponId> {
        armoury.weapon_by_tag(tag).or_else(|| self.meant.get(tag))
    }

    /// Where a weapon's slot is stared at, if it is.
    fn home<'a>(&'a self, holding: &'a Holding) -> Option<&'a ReadPoint> {
        self.staring_at(holding).next()
    }

    /// Whether a weapon belongs where it is.
    fn belongs(&self, holding: &Holding, place: &ReadPoint) -> bool {
        self.staring_at(holding).any(|read_point| read_point == place)
    }

    /// The places that stare at a weapon's slot.
    fn staring_at<'a>(&'a self, holding: &'a Holding) -> impl Iterator<Item = &'a ReadPoint> {
        let (rack, slot) = (holding.weapon.rack.as_deref(), holding.weapon.slot.as_deref());
        let plans = rack.and_then(|rack| self.racks.get(rack)).into_iter().flatten();
        let plans = plans.filter_map(|place| self.plans.get(*place));
        plans
            .filter(move |plan| plan.watches.as_ref().is_some_and(|watched| watched.covers(rack, slot)))
            .map(|plan| &plan.read_point)
    }

    /// For how long a weapon's place has listened in vain, ms; time in which nobody could hear does not count.
    fn silent_ms(&self, place: &ReadPoint, since_ms: u64, now_ms: u64) -> u64 {
        let passed_ms = now_ms.saturating_sub(since_ms);
        passed_ms.saturating_sub(self.presence.gap_ms(place, since_ms, now_ms))
    }

    fn doubt(&self, place: &ReadPoint, now_ms: u64) -> Option<Doubt> {
        self.presence.deafness(place, now_ms)
    }
}

/// In the room by the book, whether it may be issued or not.
fn is_kept(standing: Standing) -> bool {
    matches!(standing, Standing::InService | Standing::Quarantined | Standing::Surplus | Standing::Exhibit)
}

//! A count in progress: the frozen list, what was seen of it, and how it compares with the book now (C-3).

use std::collections::{BTreeMap, BTreeSet};

use serde::{Deserialize, Serialize};
use sha2::{Digest, Sha256};

use super::figures::Figures;
use super::kind::{ExtraKind, How, Kind, is_here};
use crate::domain::armoury::{Armoury, Holding};
use crate::domain::ids::{PersonId, Seq, WeaponId};
use crate::domain::moment::Moment;
use crate::domain::weapon::{Custody, Standing};

/// A weapon without a type in the book.
pub const NO_MODEL: &str = "no type";

/// A count that is open.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
pub struct Count {
    /// What kind.
    pub kind: Kind,
    /// Only this rack.
    pub rack: Option<String>,
    /// Whoever counts is told neither number nor list (C-4).
    pub blind: bool,
    /// When it began.
    pub opened: Moment,
    /// Who counts.
    pub counter: Option<PersonId>,
    /// Who stands beside.
    pub witness: Option<PersonId>,
    /// Who hands over.
    pub outgoing: Option<PersonId>,
    /// Who takes over.
    pub incoming: Option<PersonId>,
    /// The key whose custody opened it.
    pub key: Option<String>,
    /// The list, frozen at the start.
    pub items: BTreeMap<WeaponId, Item>,
    /// With somebody at the start.
    pub out: u32,
    /// Of the list, which are to be touched or shown to a camera; none until it was drawn.
    pub sample: Option<BTreeSet<WeaponId>>,
    /// There, and should not be.
    pub extras: BTreeMap<String, Extra>,
    /// Numbers by type: found, and in the book at that moment.
    pub tallies: BTreeMap<String, (u32, u32)>,
    /// Slots filled, and weapons in the room by the book at that moment.
    pub slots: Option<(u32, u32)>,
    /// Why the last silence of a reader proved nothing.
    pub doubt: Option<String>,
    /// Findings in words.
    pub notes: Vec<Note>,
    /// Who has signed, as what.
    pub signed: BTreeMap<String, PersonId>,
}

/// A weapon of the list.
#[derive(Debug, Clone, Default, PartialEq, Serialize, Deserialize)]
pub struct Item {
    /// Its tag was heard.
    pub tag: Option<Sighting>,
    /// It was seen by mark, typed or by eye.
    pub sight: Option<Sighting>,
    /// Where, if not at home (S-2).
    pub place: Option<String>,
}

impl Item {
    /// How it was seen best.
    pub fn seen(&self) -> Option<&Sighting> {
        self.sight.as_ref().or(self.tag.as_ref())
    }
}

/// How, when and by whom something was seen.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
pub struct Sighting {
    /// How.
    pub how: How,
    /// The entry.
    pub seq: Seq,
    /// When, wall milliseconds.
    pub wall_ms: i64,
    /// By whom; none where the station did it.
    pub by: Option<PersonId>,
}

/// Something that is there and should not be.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
pub struct Extra {
    /// What kind.
    pub kind: ExtraKind,
    /// The weapon, where the book knows it.
    pub weapon: Option<WeaponId>,
    /// How it was seen.
    pub seen: Sighting,
}

/// A finding in words.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
pub struct Note {
    /// The entry.
    pub seq: Seq,
    /// About this weapon.
    pub weapon: Option<WeaponId>,
    /// What.
    pub text: String,
}

/// How a count compares with the book.
#[derive(Debug, Clone, Default, PartialEq)]
pub struct Outcome {
    /// The figures.
    pub figures: Figures,
    /// Not seen.
    pub missing: Vec<WeaponId>,
    /// Gone since the start, with an entry.
    pub left: Vec<WeaponId>,
    /// Came since the start, with an entry.
    pub came: Vec<WeaponId>,
    /// There, and should not be, still.
    pub extras: Vec<String>,
    /// Of the sample, not yet touched or shown to a camera.
    pub unsampled: Vec<WeaponId>,
    /// Types whose number differs, or was not counted: found if it was, in the book.
    pub types: Vec<(String, Option<u32>, u32)>,
    /// Slots filled and weapons in the book at that moment, where they differ (C-6).
    pub slots: Option<(u32, u32)>,
}

impl Outcome {
    /// Whether room and book agree.
    pub fn agrees(&self) -> bool {
        self.missing.is_empty() && self.extras.is_empty() && self.types.is_empty() && self.slots.is_none()
    }
}

/// What has become of a weapon of the list.
enum Fate {
    /// Seen, or over the desk and back.
    There,
    /// Gone with an entry of its own.
    Left,
    /// Not seen.
    Missing,
}

impl Count {
    /// Compares it with the book as it is now.
    pub fn compare(&self, armoury: &Armoury, opened: Seq) -> Outcome {
        let mut outcome = Outcome::default();
        let whole = matches!(self.kind, Kind::Handover | Kind::Serials | Kind::Audit | Kind::Takeover);
        for (id, item) in &self.items {
            let asked = whole || (self.kind == Kind::Sample && self.is_sampled(id));
            match self.fate(armoury, opened, id, item) {
                _ if !asked => continue,
                Fate::There => {
                    outcome.figures.seen += 1;
                    outcome.figures.by_tag_only += u32::from(item.sight.is_none() && item.tag.is_some());
                }
                Fate::Left => outcome.left.push(id.clone()),
                Fate::Missing => outcome.missing.push(id.clone()),
            }
            outcome.figures.expected += 1;
            outcome.figures.misplaced += u32::from(item.place.is_some());
        }
        outcome.came = self.came(armoury);
        outcome.extras = self
            .extras
            .iter()
            .filter(|(_, extra)| stands(armoury, extra))
            .map(|(what, _)| what.clone())
            .collect();
        outcome.unsampled = self.unsampled(armoury);
        outcome.slots = self.slots.filter(|(filled, book)| filled != book);
        if self.kind == Kind::Muster {
            self.compare_types(armoury, &mut outcome);
        }
        let figures = &mut outcome.figures;
        figures.left = number(outcome.left.len());
        figures.missing = figures.expected - figures.seen - figures.left;
        figures.came = number(outcome.came.len());
        figures.extras = number(outcome.extras.len());
        figures.out = self.out;
        outcome
    }

    /// How many weapons of the list were seen.
    pub fn seen(&self) -> usize {
        self.items.values().filter(|item| item.seen().is_some()).count()
    }

    /// Whether anything was found by it yet.
    pub fn has_entries(&self) -> bool {
        let entered = !self.extras.is_empty() || !self.tallies.is_empty() || !self.notes.is_empty();
        entered || self.slots.is_some() || self.seen() > 0
    }

    /// Whether the slots must be counted: something was heard and not seen.
    pub fn rests_on_tags(&self) -> bool {
        self.items.values().any(|item| item.tag.is_some() && item.sight.is_none())
    }

    /// What has become of a weapon of the list since the start. The book is asked, not the clock.
    fn fate(&self, armoury: &Armoury, opened: Seq, id: &WeaponId, item: &Item) -> Fate {
        let Some(holding) = armoury.weapon(id) else { return Fate::Left };
        let moved = holding.last_custody.is_some_and(|seq| seq > opened);
        let seen = match self.kind {
            // Serial by serial, by two people who look (C-8).
            Kind::Takeover | Kind::Sample => item.sight.is_some(),
            _ => item.seen().is_some(),
        };
        match holding.custody {
            Custody::Out { .. } => Fate::Left,
            Custody::In if holding.standing == Standing::Missing => Fate::Missing,
            Custody::In if !is_here(holding.standing) => Fate::Left,
            Custody::In if moved || seen => Fate::There,
            Custody::In => Fate::Missing,
        }
    }

    fn is_sampled(&self, id: &WeaponId) -> bool {
        self.sample.as_ref().is_some_and(|sample| sample.contains(id))
    }

    fn unsampled(&self, armoury: &Armoury) -> Vec<WeaponId> {
        let due = |id: &&WeaponId| {
            let seen = self.items.get(*id).is_some_and(|item| item.sight.is_some());
            !seen && armoury.weapon(id).is_some_and(in_room)
        };
        self.sample.iter().flatten().filter(due).cloned().collect()
    }

    fn came(&self, armoury: &Armoury) -> Vec<WeaponId> {
        room(armoury, self.rack.as_deref())
            .map(|holding| &holding.weapon.id)
            .filter(|id| !self.items.contains_key(*id))
            .cloned()
            .collect()
    }

    fn compare_types(&self, armoury: &Armoury, outcome: &mut Outcome) {
        let mut models: BTreeSet<&str> =
            self.items.keys().filter_map(|id| armoury.weapon(id)).map(model_of).collect();
        models.extend(self.tallies.keys().map(String::as_str));
        for model in models {
            match self.tallies.get(model) {
                Some((found, book)) if found == book => {
                    outcome.figures.expected += book;
                    outcome.figures.seen += found;
                }
                Some((found, book)) => {
                    outcome.figures.expected += book;
                    outcome.figures.seen += (*found).min(*book);
                    outcome.types.push((model.to_owned(), Some(*found), *book));
                }
                None => {
                    let book = of_model(armoury, self.rack.as_deref(), model);
                    outcome.figures.expected += book;
                    outcome.types.push((model.to_owned(), None, book));
                }
            }
        }
    }
}

/// Whether an extra is still one: a weapon that came in over the desk meanwhile is none.
fn stands(armoury: &Armoury, extra: &Extra) -> bool {
    extra.kind.is_difference()
        && match (&extra.weapon, extra.kind) {
            (_, ExtraKind::Copy) | (None, _) => true,
            (Some(id), _) => !armoury.weapon(id).is_some_and(in_room),
        }
}

/// Whether the book says that it lies in the room.
pub fn in_room(holding: &Holding) -> bool {
    matches!(holding.custody, Custody::In) && is_here(holding.standing)
}

/// The weapons that should lie in the room, or in one rack of it.
pub fn room<'a>(armoury: &'a Armoury, rack: Option<&'a str>) -> impl Iterator<Item = &'a Holding> {
    armoury.weapons().filter(move |holding| {
        in_room(holding) && rack.is_none_or(|rack| holding.weapon.rack.as_deref() == Some(rack))
    })
}

/// A weapon's type.
pub fn model_of(holding: &Holding) -> &str {
    holding.weapon.model.as_deref().unwrap_or(NO_MODEL)
}

/// How many of a type should lie there.
pub(super) fn of_model(armoury: &Armoury, rack: Option<&str>, model: &str) -> u32 {
    number(room(armoury, rack).filter(|holding| model_of(holding) == model).count())
}

/// SHA-256 over a list: the weapons' numbers in order, each followed by a line feed.
pub fn digest<'a>(list: impl Iterator<Item = &'a WeaponId>) -> [u8; 32] {
    let mut sha = Sha256::new();
    for id in list {
        sha.update(id.as_str().as_bytes());
        sha.update(b"\n");
    }
    sha.finalize().into()
}

/// Which weapons of a list are drawn: those whose hash with the seed is smallest. Whoever has the ledger can draw again.
pub fn draw<'a>(
    list: impl Iterator<Item = &'a WeaponId>,
    (percent, least): (u32, u32),
    seed: &[u8; 32],
) -> BTreeSet<WeaponId> {
    let mut ranked: Vec<([u8; 32], &WeaponId)> = list
        .map(|id| {
            let mut sha = Sha256::new();
            sha.update(b"armoury-sample-1\0");
            sha.update(seed);
            sha.update(id.as_str().as_bytes());
            (sha.finalize().into(), id)
        })
        .collect();
    let share = (ranked.len() * percent.min(100) as usize).div_ceil(100);
    ranked.sort_unstable();
    ranked.into_iter().take(share.max(least as usize)).map(|(_, id)| id.clone()).collect()
}

/// A length as a figure.
pub(super) fn number(length: usize) -> u32 {
    u32::try_from(length).unwrap_or(u32::MAX)
}

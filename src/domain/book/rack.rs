//! The racks under watch (S-2): what antennas that stare at slots give cause to enter. Only changes that matter are
//! entered, many at one place as one entry; a question asks somebody to look and changes nothing.

use std::collections::BTreeMap;

use minicbor::{Decode, Encode};
use serde::{Deserialize, Serialize};

use super::limits::{batches, distinct, named, text};
use super::{Alarm, Context, Denied, Fact as AnyFact, Stamp};
use crate::domain::{Armoury, Moment, PersonId, ReadPoint, Role, Seq, Standing, WeaponId};

/// What can be asked.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case", deny_unknown_fields)]
pub enum Act {
    /// Answer what the racks ask about weapons: somebody has looked.
    Answer {
        /// Which weapons.
        weapons: Vec<WeaponId>,
        /// What was found.
        found: String,
    },
}

/// What is entered.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize, Encode, Decode)]
#[serde(rename_all = "snake_case")]
pub enum Fact {
    /// Weapons in stock hung there and are gone, and were not issued.
    #[n(0)]
    LeftWithoutIssue {
        /// Where they hung.
        #[n(0)]
        place: ReadPoint,
        /// Which.
        #[n(1)]
        weapons: Vec<WeaponId>,
    },
    /// They hang where they do not belong.
    #[n(1)]
    WrongPlace {
        /// Where they hang.
        #[n(0)]
        place: ReadPoint,
        /// Which.
        #[n(1)]
        weapons: Vec<WeaponId>,
    },
    /// They hang where they belong again.
    #[n(2)]
    Back {
        /// Where.
        #[n(0)]
        place: ReadPoint,
        /// Which; none where the tags there are no longer more than the slots.
        #[n(1)]
        weapons: Vec<WeaponId>,
    },
    /// Somebody has to look.
    #[n(3)]
    Question {
        /// Where.
        #[n(0)]
        place: ReadPoint,
        /// Why.
        #[n(1)]
        doubt: Doubtful,
        /// Which weapons, as far as that is known.
        #[n(2)]
        weapons: Vec<WeaponId>,
        /// Tags that answer there.
        #[n(3)]
        heard: u32,
        /// Slots there in which a weapon should hang.
        #[n(4)]
        filled: u32,
    },
    /// A weapon answers that must not be there at all.
    #[n(4)]
    Forbidden {
        /// Where.
        #[n(0)]
        place: ReadPoint,
        /// Which.
        #[n(1)]
        weapon: WeaponId,
        /// What the book says of it.
        #[n(2)]
        standing: Standing,
    },
    /// Somebody has looked.
    #[n(5)]
    Answered {
        /// After which weapons.
        #[n(0)]
        weapons: Vec<WeaponId>,
        /// What was found.
        #[n(1)]
        found: String,
    },
}

/// Why a rack asks.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Serialize, Deserialize, Encode, Decode)]
#[serde(rename_all = "snake_case")]
#[cbor(index_only)]
pub enum Doubtful {
    /// It is out by the book and answers in the rack: no return, a question.
    #[n(0)]
    OutAnswers,
    /// It is in by the book and was not heard in its rack.
    #[n(1)]
    NotHung,
    /// It is gone by the book (missing, in transit, left service, another armoury's) and answers.
    #[n(2)]
    GoneAnswers,
    /// More tags answer than slots are filled: cloned tags?
    #[n(3)]
    Crowded,
    /// A tag answers with another chip than the one enrolled.
    #[n(4)]
    Copied,
}

/// What the racks have told.
#[derive(Debug, Clone, Default, PartialEq, Serialize, Deserialize)]
#[serde(default)]
pub struct State {
    /// What was told last of a weapon.
    pub told: BTreeMap<WeaponId, Told>,
    /// Places with more tags than filled slots, and the entry that says so.
    pub crowded: BTreeMap<ReadPoint, Seq>,
}

/// What was told of a weapon.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
pub struct Told {
    /// What.
    pub what: Telling,
    /// Where; none for an answer.
    pub place: Option<ReadPoint>,
    /// The entry.
    pub entry: Seq,
    /// The entry that had moved its custody last: what was told before that is an old story.
    pub custody: Option<Seq>,
}

/// The kinds of telling.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Telling {
    /// It left without an issue.
    Left,
    /// It hangs in the wrong place.
    Wrong,
    /// Somebody has to look.
    Question(Doubtful),
    /// Somebody has looked.
    Answered,
}

impl Act {
    /// Who may ask this.
    pub fn allowed(&self) -> &'static [Role] {
        &[Role::Armourer, Role::Supervisor, Role::Commander]
    }
}

impl Doubtful {
    /// The word used in exports.
    pub fn word(self) -> &'static str {
        match self {
            Self::OutAnswers => "out_answers",
            Self::NotHung => "not_hung",
            Self::GoneAnswers => "gone_answers",
            Self::Crowded => "crowded",
            Self::Copied => "copied",
        }
    }

    /// In a sentence.
    fn words(self) -> &'static str {
        match self {
            Self::OutAnswers => "out by the book and answering here",
            Self::NotHung => "in by the book and not heard here",
            Self::GoneAnswers => "gone by the book and answering here",
            Self::Crowded => "more tags than weapons",
            Self::Copied => "answering with another chip than enrolled",
        }
    }

    fn first_step(self) -> &'static str {
        match self {
            Self::OutAnswers => "Look into the slot. Is it back? Then take it in at the desk.",
            Self::NotHung => "Look into the slot. Is the weapon there, and its tag on it?",
            Self::GoneAnswers => "Keep the weapon. Compare its serial. Record it as recovered.",
            Self::Crowded | Self::Copied => "Count the weapons by eye. Look for tags without a weapon.",
        }
    }
}

impl Fact {
    /// The word for its kind.
    pub fn word(&self) -> &'static str {
        match self {
            Self::LeftWithoutIssue { .. } => "rack_left_without_issue",
            Self::WrongPlace { .. } => "rack_wrong_place",
            Self::Back { .. } => "rack_back",
            Self::Question { .. } => "rack_question",
            Self::Forbidden { .. } => "rack_forbidden",
            Self::Answered { .. } => "rack_answered",
        }
    }

    /// The weapons it is about.
    pub fn weapons(&self) -> Vec<&WeaponId> {
        match self {
            Self::LeftWithoutIssue { weapons, .. }
            | Self::WrongPlace { weapons, .. }
            | Self::Back { weapons, .. }
            | Self::Question { weapons, .. }
            | Self::Answered { weapons, .. } => weapons.iter().collect(),
            Self::Forbidden { weapon, .. } => vec![weapon],
        }
    }

    /// The people it is about: none.
    pub fn persons(&self) -> Vec<&PersonId> {
        Vec::new()
    }

    /// What it says.
    pub fn line(&self) -> String {
        match self {
            Self::LeftWithoutIssue { place, weapons } => {
                format!("{} left {place} without an issue", named(weapons))
            }
            Self::WrongPlace { place, weapons } => {
                format!("{} in the wrong place, at {place}", named(weapons))
            }
            Self::Back { place, weapons } if weapons.is_empty() => {
                format!("{place}: as many tags as weapons again")
            }
            Self::Back { place, weapons } => format!("{} back in {place}", named(weapons)),
            Self::Question { place, doubt, weapons, heard, filled } => {
                let figures = format!("{heard} tags, {filled} filled slots");
                match weapons.is_empty() {
                    true => format!("{place}: {} ({figures})", doubt.words()),
                    false => format!("{place}: {} {} ({figures})", named(weapons), doubt.words()),
                }
            }
            Self::Forbidden { place, weapon, standing } => {
                format!("{weapon} is {} and answers at {place}", standing.word().replace('_', " "))
            }
            Self::Answered { weapons, found } => format!("{}: looked, {found}", named(weapons)),
        }
    }

    /// Who has to come. A weapon in the wrong slot is a finding, not an error (S-2).
    pub fn alarm(&self) -> Option<Alarm> {
        let (priority, first_step) = match self {
            Self::LeftWithoutIssue { .. } => (1, "Close the door. Look into the slot. Ask who took it."),
            Self::Forbidden { .. } => (1, "Keep the weapon here. Close the door. Call the guard."),
            Self::Question { doubt, .. } => (2, doubt.first_step()),
            Self::WrongPlace { .. } | Self::Back { .. } | Self::Answered { .. } => return None,
        };
        Some(Alarm { priority, what: format!("{}.", self.line()), first_step })
    }
}

/// Decides on an act.
///
/// # Errors
/// Why not.
pub fn plan(context: Context<'_>, act: &Act) -> Result<Vec<AnyFact>, Denied> {
    let Act::Answer { weapons, found } = act;
    context.by.named()?;
    distinct(weapons)?;
    let found = text("what was found", found)?;
    for weapon in weapons {
        if told(context.armoury, weapon).is_none_or(|told| told.what == Telling::Answered) {
            return Denied::because(format!("answer about {weapon}: no rack asks about it"));
        }
    }
    let answered = |weapons| AnyFact::Rack(Fact::Answered { weapons, found: found.clone() });
    Ok(batches(weapons).map(answered).collect())
}

/// What has fallen due: nothing here; the antennas tell.
pub fn due(_: &Armoury, _: Moment) -> Vec<AnyFact> {
    Vec::new()
}

/// Takes a durable fact into memory.
pub fn apply(armoury: &mut Armoury, stamp: Stamp<'_>, fact: &Fact) {
    let (what, place, weapons) = match fact {
        Fact::LeftWithoutIssue { place, weapons } => (Telling::Left, Some(place), weapons),
        Fact::WrongPlace { place, weapons } => (Telling::Wrong, Some(place), weapons),
        Fact::Question { place, doubt, weapons, .. } => {
            if *doubt == Doubtful::Crowded {
                armoury.rooms.rack.crowded.insert(place.clone(), stamp.seq);
            }
            (Telling::Question(*doubt), Some(place), weapons)
        }
        Fact::Answered { weapons, .. } => (Telling::Answered, None, weapons),
        Fact::Back { place, weapons } => {
            if weapons.is_empty() {
                armoury.rooms.rack.crowded.remove(place);
            }
            for weapon in weapons {
                armoury.rooms.rack.told.remove(weapon);
            }
            return;
        }
        Fact::Forbidden { .. } => return,
    };
    for weapon in weapons {
        let custody = armoury.weapon(weapon).and_then(|holding| holding.last_custody);
        let told = Told { what, place: place.cloned(), entry: stamp.seq, custody };
        armoury.rooms.rack.told.insert(weapon.clone(), told);
    }
}

/// What was told of a weapon since its custody moved last.
pub fn told<'a>(armoury: &'a Armoury, weapon: &WeaponId) -> Option<&'a Told> {
    let told = armoury.rooms.rack.told.get(weapon)?;
    (armoury.weapon(weapon)?.last_custody == told.custody).then_some(told)
}

//! Who went in and who came out (armoury-practice R-3): access allowed or refused is an entry, and so are the first in
//! and the last out of each day.

use std::collections::BTreeMap;

use jiff::civil::Date;
use minicbor::{Decode, Encode};
use serde::{Deserialize, Serialize};

use super::super::armoury::Armoury;
use super::super::ids::{PersonId, Seq, WeaponId, is_id};
use super::super::moment::Moment;
use super::super::person::{Person, Role};
use super::person::{has_left, holds, suspended};
use super::{Alarm, Context, Denied, Fact as AnyFact, Stamp};

/// Days kept at hand; the entries of older ones are in the ledger.
const DAYS_MAX: usize = 400;

/// What can be asked.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case", deny_unknown_fields)]
pub enum Act {
    /// Somebody goes in.
    In {
        /// Who.
        person: PersonId,
        /// Through which door.
        #[serde(default)]
        door: Option<String>,
    },
    /// Somebody comes out.
    Out {
        /// Who.
        person: PersonId,
        /// Through which door.
        #[serde(default)]
        door: Option<String>,
    },
    /// Somebody was turned away at the door.
    Refused {
        /// Who; none where nobody knows.
        person: Option<PersonId>,
        /// At which door.
        #[serde(default)]
        door: Option<String>,
    },
}

/// What is entered.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize, Encode, Decode)]
#[serde(rename_all = "snake_case")]
pub enum Fact {
    /// Somebody went in.
    #[n(0)]
    WentIn {
        /// Who.
        #[n(0)]
        person: PersonId,
        /// Through which door.
        #[n(1)]
        door: Option<String>,
        /// The first of the day.
        #[n(2)]
        first: bool,
    },
    /// Somebody came out.
    #[n(1)]
    CameOut {
        /// Who.
        #[n(0)]
        person: PersonId,
        /// Through which door.
        #[n(1)]
        door: Option<String>,
        /// Nobody is left inside.
        #[n(2)]
        last: bool,
        /// Weapons not accounted for at that moment, where nobody is left inside.
        #[n(3)]
        missing: u32,
        /// Keys that are not in the cabinet at that moment, where nobody is left inside.
        #[n(4)]
        keys: u32,
    },
    /// Somebody was turned away.
    #[n(2)]
    TurnedAway {
        /// Who; none where nobody knows.
        #[n(0)]
        person: Option<PersonId>,
        /// At which door.
        #[n(1)]
        door: Option<String>,
        /// Why.
        #[n(2)]
        why: Why,
    },
}

/// Why somebody was turned away.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize, Encode, Decode)]
#[serde(rename_all = "snake_case")]
#[cbor(index_only)]
pub enum Why {
    /// Whoever stood at the door said no.
    #[n(0)]
    AtTheDoor,
    /// Suspended: no more than that is said.
    #[n(1)]
    NotToday,
    /// Their roles do not open the door alone, and nobody is inside whose roles do.
    #[n(2)]
    NotAlone,
    /// They have left.
    #[n(3)]
    HasLeft,
}

impl Why {
    /// For people.
    pub fn words(self) -> &'static str {
        match self {
            Self::AtTheDoor => "turned away at the door",
            Self::NotToday => "not allowed today",
            Self::NotAlone => "only in the company of somebody who may be inside alone",
            Self::HasLeft => "they have left",
        }
    }
}

/// Who is inside, and how the days began and ended.
#[derive(Debug, Clone, Default, PartialEq, Serialize, Deserialize)]
#[serde(default)]
pub struct State {
    /// Who is inside, since which entry.
    pub inside: BTreeMap<PersonId, Seq>,
    /// The last days on which the door was used.
    pub days: BTreeMap<Date, Day>,
}

/// A day at the door.
#[derive(Debug, Clone, Default, PartialEq, Serialize, Deserialize)]
#[serde(default)]
pub struct Day {
    /// Who went in first, by which entry.
    pub first_in: Option<(PersonId, Seq)>,
    /// Who came out last and left nobody inside, by which entry; none while somebody is inside.
    pub last_out: Option<(PersonId, Seq)>,
    /// How many went in.
    pub went_in: u32,
    /// How many were turned away.
    pub turned_away: u32,
}

/// Who keeps the door.
const DOORKEEPERS: &[Role] = &[Role::Armourer, Role::Witness, Role::Supervisor, Role::Commander];

impl Act {
    /// Who may ask this.
    pub fn allowed(&self) -> &'static [Role] {
        DOORKEEPERS
    }
}

impl Fact {
    /// The word for its kind.
    pub fn word(&self) -> &'static str {
        match self {
            Self::WentIn { .. } => "access_in",
            Self::CameOut { .. } => "access_out",
            Self::TurnedAway { .. } => "access_refused",
        }
    }

    /// The weapons it is about: none.
    pub fn weapons(&self) -> Vec<&WeaponId> {
        Vec::new()
    }

    /// The people it is about.
    pub fn persons(&self) -> Vec<&PersonId> {
        match self {
            Self::WentIn { person, .. } | Self::CameOut { person, .. } => vec![person],
            Self::TurnedAway { person, .. } => person.iter().collect(),
        }
    }

    /// What it says.
    pub fn line(&self) -> String {
        let at = |door: &Option<String>| door.as_ref().map(|door| format!(" at {door}")).unwrap_or_default();
        match self {
            Self::WentIn { person, door, first } => {
                format!("{person} went in{}{}", at(door), if *first { ", first of the day" } else { "" })
            }
            Self::CameOut { person, door, last: false, .. } => format!("{person} came out{}", at(door)),
            Self::CameOut { person, door, last: true, missing, keys } => {
                let left = left_behind(*missing, *keys).map(|what| format!(": {what}")).unwrap_or_default();
                format!("{person} came out{}, nobody is inside{left}", at(door))
            }
            Self::TurnedAway { person, door, why } => {
                let who = person.as_ref().map_or("somebody", PersonId::as_str);
                format!("{who} was refused{}: {}", at(door), why.words())
            }
        }
    }

    /// A room that is left while something is open.
    pub fn alarm(&self) -> Option<Alarm> {
        let Self::CameOut { person, last: true, missing, keys, .. } = self else { return None };
        Some(Alarm {
            priority: 2,
            what: format!("{person} was the last out: {}.", left_behind(*missing, *keys)?),
            first_step: "Call them back before the door is sealed. Count again, bring the keys to the cabinet.",
        })
    }
}

/// What is open when nobody is inside.
fn left_behind(missing: u32, keys: u32) -> Option<String> {
    let weapons = match missing {
        0 => None,
        1 => Some("1 weapon is not accounted for".to_owned()),
        more => Some(format!("{more} weapons are not accounted for")),
    };
    let keys = match keys {
        0 => None,
        1 => Some("1 key is out".to_owned()),
        more => Some(format!("{more} keys are out")),
    };
    let what: Vec<String> = weapons.into_iter().chain(keys).collect();
    (!what.is_empty()).then(|| what.join(", "))
}

/// Decides on an act. Whoever may not go in is turned away, and that is an entry too.
///
/// # Errors
/// It makes no sense as it stands.
pub fn plan(context: Context<'_>, act: &Act) -> Result<Vec<AnyFact>, Denied> {
    let fact = match act {
        Act::In { person, door } => go_in(context, person, named(door)?)?,
        Act::Out { person, door } => come_out(context, person, named(door)?)?,
        Act::Refused { person, door } => {
            if let Some(person) = person {
                of_the_book(context, person)?;
            }
            Fact::TurnedAway { person: person.clone(), door: named(door)?, why: Why::AtTheDoor }
        }
    };
    Ok(vec![AnyFact::Access(fact)])
}

/// Why the door stayed shut, for whoever asked to have it opened; none where it opened or a refusal was reported.
pub fn turned_away(act: &super::Act, facts: &[AnyFact]) -> Option<String> {
    let (super::Act::Access(Act::In { .. }), [AnyFact::Access(Fact::TurnedAway { person, why, .. })]) =
        (act, facts)
    else {
        return None;
    };
    let who = person.as_ref().map_or("them", PersonId::as_str);
    Some(format!("let {who} in: {}; it is entered that they were refused", why.words()))
}

/// What has fallen due: nothing here.
pub fn due(_: &Armoury, _: Moment) -> Vec<AnyFact> {
    Vec::new()
}

/// Takes a durable fact into memory.
pub fn apply(armoury: &mut Armoury, stamp: Stamp<'_>, fact: &Fact) {
    let state = &mut armoury.rooms.access;
    match fact {
        Fact::WentIn { person, .. } => drop(state.inside.insert(person.clone(), stamp.seq)),
        Fact::CameOut { person, .. } => drop(state.inside.remove(person)),
        Fact::TurnedAway { .. } => {}
    }
    let Some(today) = stamp.at.day() else { return };
    let day = state.days.entry(today).or_default();
    match fact {
        Fact::WentIn { person, .. } => {
            day.went_in = day.went_in.saturating_add(1);
            day.first_in.get_or_insert_with(|| (person.clone(), stamp.seq));
            day.last_out = None;
        }
        Fact::CameOut { person, last: true, .. } => day.last_out = Some((person.clone(), stamp.seq)),
        Fact::CameOut { .. } => {}
        Fact::TurnedAway { .. } => day.turned_away = day.turned_away.saturating_add(1),
    }
    while state.days.len() > DAYS_MAX {
        state.days.pop_first();
    }
}

fn go_in(context: Context<'_>, id: &PersonId, door: Option<String>) -> Result<Fact, Denied> {
    let (armoury, now) = (context.armoury, context.now);
    let state = &armoury.rooms.access;
    if let Some(seq) = state.inside.get(id) {
        return Denied::because(format!(
            "let {id} in: they are inside since entry {seq}; enter first that they came out"
        ));
    }
    let person = of_the_book(context, id)?;
    let alone = &armoury.policy.access_alone;
    let why = if has_left(armoury, id) {
        Some(Why::HasLeft)
    } else if suspended(armoury, person, now) {
        Some(Why::NotToday)
    } else if holds(armoury, id, alone, now) {
        None
    } else {
        let in_company = state.inside.keys().any(|inside| holds(armoury, inside, alone, now));
        (!in_company).then_some(Why::NotAlone)
    };
    Ok(match why {
        Some(why) => Fact::TurnedAway { person: Some(id.clone()), door, why },
        None => {
            let first = now
                .day()
                .is_some_and(|today| state.days.get(&today).is_none_or(|day| day.first_in.is_none()));
            Fact::WentIn { person: id.clone(), door, first }
        }
    })
}

/// What is typed of a stranger may be a name, and names never enter the chain.
fn of_the_book<'a>(context: Context<'a>, id: &PersonId) -> Result<&'a Person, Denied> {
    context.armoury.person(id).ok_or_else(|| {
        Denied(format!(
            "find {id} at the door: there is no such person in the book; enter a stranger who was refused with `armoury access refused`, without a name"
        ))
    })
}

fn come_out(context: Context<'_>, id: &PersonId, door: Option<String>) -> Result<Fact, Denied> {
    let armoury = context.armoury;
    let inside = &armoury.rooms.access.inside;
    if !inside.contains_key(id) {
        return Denied::because(format!("let {id} out: nobody entered that they went in; enter that first"));
    }
    let last = inside.len() == 1;
    let keys = armoury.rooms.key.keys.values().filter(|key| key.holder.is_some()).count();
    let (missing, keys) =
        if last { (armoury.counts().missing, u32::try_from(keys).unwrap_or(u32::MAX)) } else { (0, 0) };
    Ok(Fact::CameOut { person: id.clone(), door, last, missing, keys })
}

fn named(door: &Option<String>) -> Result<Option<String>, Denied> {
    match door {
        Some(name) if !is_id(name) => Denied::because("name the door in a word or two"),
        door => Ok(door.clone()),
    }
}

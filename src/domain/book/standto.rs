//! Stand-to, the emergency issue (armoury-practice I-7): one authority starts it, weapons are listed first and signed
//! for later, everything that left is reconciled within a set time, and it ends only when that is done or handed up.

use std::collections::BTreeMap;

use minicbor::{Decode, Encode};
use serde::{Deserialize, Serialize};

use super::super::armoury::Armoury;
use super::super::event::Reason;
use super::super::ids::{PersonId, Seq, WeaponId};
use super::super::moment::{Moment, rfc3339};
use super::super::person::Role;
use super::super::purpose::HOUR_MS;
use super::super::weapon::Standing;
use super::{Alarm, Context, Denied, Fact as AnyFact, Stamp};

/// How many weapons a sentence names.
const NAMED_MAX: usize = 5;

/// What can be asked.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case", deny_unknown_fields)]
pub enum Act {
    /// Begin.
    Start {},
    /// End it.
    End {
        /// What is neither signed for nor back is handed up as a discrepancy.
        hand_up: bool,
    },
}

/// What is entered.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize, Encode, Decode)]
#[serde(rename_all = "snake_case")]
pub enum Fact {
    /// It began.
    #[n(0)]
    Started {
        /// Who answers for it, and for what is not signed for.
        #[n(0)]
        authority: PersonId,
        /// When everything is to be reconciled, wall milliseconds.
        #[n(1)]
        until_wall_ms: i64,
    },
    /// The time is over and weapons are neither signed for nor back.
    #[n(1)]
    Overran {
        /// How often it has been said.
        #[n(0)]
        level: u8,
        /// How many weapons.
        #[n(1)]
        open: u32,
        /// Who answers for them.
        #[n(2)]
        authority: PersonId,
    },
    /// A weapon that nobody signed for is handed up: not accounted for.
    #[n(2)]
    HandedUp {
        /// Which.
        #[n(0)]
        weapon: WeaponId,
        /// Who answered for it.
        #[n(1)]
        authority: PersonId,
        /// The entry by which it left.
        #[n(2)]
        loan: Seq,
    },
    /// It ended.
    #[n(3)]
    Ended {
        /// Weapons that left in it.
        #[n(0)]
        left: u32,
        /// Of these, back by now.
        #[n(1)]
        back: u32,
        /// Handed up.
        #[n(2)]
        handed_up: u32,
    },
}

/// The stand-to that lasts, if one does.
#[derive(Debug, Clone, Default, PartialEq, Serialize, Deserialize)]
#[serde(default)]
pub struct State {
    /// It lasts.
    pub running: Option<Running>,
}

/// A stand-to that lasts.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
pub struct Running {
    /// The entry that began it.
    pub seq: Seq,
    /// Who answers for it.
    pub authority: PersonId,
    /// When it began.
    pub since: Moment,
    /// When everything is to be reconciled, wall milliseconds.
    pub until_wall_ms: i64,
    /// How often it has been said that the time is over.
    pub level: u8,
    /// What left in it: by which entry, and whether it is back.
    pub left: BTreeMap<WeaponId, Left>,
}

/// A weapon that left in a stand-to.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
pub struct Left {
    /// The entry by which it left last.
    pub seq: Seq,
    /// Nobody has signed for it.
    pub to_sign: bool,
    /// It is back.
    pub back: bool,
}

/// Who may start one.
const AUTHORITIES: &[Role] = &[Role::Supervisor, Role::Commander];

impl Act {
    /// Who may ask this.
    pub fn allowed(&self) -> &'static [Role] {
        AUTHORITIES
    }
}

impl Fact {
    /// The word for its kind.
    pub fn word(&self) -> &'static str {
        match self {
            Self::Started { .. } => "stand_to_started",
            Self::Overran { .. } => "stand_to_overran",
            Self::HandedUp { .. } => "stand_to_handed_up",
            Self::Ended { .. } => "stand_to_ended",
        }
    }

    /// The weapons it is about.
    pub fn weapons(&self) -> Vec<&WeaponId> {
        match self {
            Self::HandedUp { weapon, .. } => vec![weapon],
            Self::Started { .. } | Self::Overran { .. } | Self::Ended { .. } => Vec::new(),
        }
    }

    /// The people it is about.
    pub fn persons(&self) -> Vec<&PersonId> {
        match self {
            Self::Started { authority, .. }
            | Self::Overran { authority, .. }
            | Self::HandedUp { authority, .. } => vec![authority],
            Self::Ended { .. } => Vec::new(),
        }
    }

    /// What it says.
    pub fn line(&self) -> String {
        match self {
            Self::Started { authority, until_wall_ms } => {
                format!("on the authority of {authority}, to be reconciled by {}", rfc3339(*until_wall_ms))
            }
            Self::Overran { open, authority, .. } => {
                format!("{} neither signed for nor back, {authority} answers", weapons(*open))
            }
            Self::HandedUp { weapon, authority, loan } => {
                format!("{weapon} not accounted for, left by entry {loan} in the name of {authority}")
            }
            Self::Ended { left, back, handed_up } => {
                format!("{} left, {back} back, {handed_up} handed up", weapons(*left))
            }
        }
    }

    /// What is open after its time, and what is handed up, asks for somebody.
    pub fn alarm(&self) -> Option<Alarm> {
        match self {
            Self::Started { .. } => Some(Alarm {
                priority: 2,
                what: "Stand-to: weapons leave on a list.".into(),
                first_step: "When it is over: sign for what left, take in the rest, end it.",
            }),
            Self::Overran { level, open, authority } => Some(Alarm {
                priority: if *level > 1 { 1 } else { 2 },
                what: format!(
                    "Stand-to is to be reconciled: {} neither signed for nor back, {authority} answers.",
                    weapons(*open)
                ),
                first_step: "Let their bearers sign, take the others in. What is left is handed up.",
            }),
            Self::HandedUp { weapon, .. } => Some(Alarm {
                priority: 1,
                what: format!("{weapon} is not accounted for since the stand-to."),
                first_step: "Look for it. Ask who drew it. Report the discrepancy.",
            }),
            Self::Ended { .. } => None,
        }
    }
}

/// "1 weapon", "3 weapons".
fn weapons(number: u32) -> String {
    format!("{number} weapon{}", if number == 1 { "" } else { "s" })
}

impl Running {
    /// What is said of it as long as it lasts.
    pub fn alarm(&self) -> Option<Alarm> {
        match self.level {
            0 => Fact::Started { authority: self.authority.clone(), until_wall_ms: self.until_wall_ms },
            level => {
                let open = self.open().count() as u32;
                Fact::Overran { level, open, authority: self.authority.clone() }
            }
        }
        .alarm()
    }

    /// What is neither signed for nor back.
    pub fn open(&self) -> impl Iterator<Item = (&WeaponId, &Left)> {
        self.left.iter().filter(|(_, left)| left.to_sign && !left.back)
    }
}

/// Whether a stand-to lasts in which this reason against an issue stops nobody.
pub fn excuses(armoury: &Armoury, reason: Reason) -> bool {
    let eased = armoury.rooms.standto.running.is_some() && armoury.policy.stand_to_relaxed;
    eased
        && matches!(
            reason,
            Reason::OneReading | Reason::NoWitness | Reason::AuthorisationExpired | Reason::TooMany
        )
}

/// Decides on an act.
///
/// # Errors
/// Why not.
pub fn plan(context: Context<'_>, act: &Act) -> Result<Vec<AnyFact>, Denied> {
    let person = context.by.named()?;
    match (act, &context.armoury.rooms.standto.running) {
        (Act::Start {}, None) => {
            let hours = i64::from(context.armoury.policy.stand_to_hours);
            let until_wall_ms = context.now.wall_ms.saturating_add(hours.saturating_mul(HOUR_MS));
            Ok(vec![AnyFact::StandTo(Fact::Started { authority: person.clone(), until_wall_ms })])
        }
        (Act::Start {}, Some(running)) => Denied::because(format!(
            "start a stand-to: one lasts since entry {}, {} answers for it",
            running.seq, running.authority
        )),
        (Act::End { .. }, None) => Denied::because("end the stand-to: none lasts"),
        (Act::End { hand_up }, Some(running)) => end(context, running, person, *hand_up),
    }
}

fn end(
    context: Context<'_>,
    running: &Running,
    person: &PersonId,
    hand_up: bool,
) -> Result<Vec<AnyFact>, Denied> {
    if *person != running.authority && context.by.role != Some(Role::Commander) {
        return Denied::because(format!(
            "end the stand-to: {} started it and ends it, or a commander",
            running.authority
        ));
    }
    let open: Vec<(&WeaponId, &Left)> = running.open().collect();
    if !open.is_empty() && !hand_up {
        let named: Vec<&str> = open.iter().take(NAMED_MAX).map(|(weapon, _)| weapon.as_str()).collect();
        let more = if open.len() > NAMED_MAX { " and more" } else { "" };
        return Denied::because(format!(
            "end the stand-to: {} neither signed for nor back ({}{more}); let their bearers sign, take them in, or \
             hand them up with --hand-up",
            weapons(open.len() as u32),
            named.join(", ")
        ));
    }
    let handed = open.iter().map(|(weapon, left)| Fact::HandedUp {
        weapon: (*weapon).clone(),
        authority: running.authority.clone(),
        loan: left.seq,
    });
    let ended = Fact::Ended {
        left: running.left.len() as u32,
        back: running.left.values().filter(|left| left.back).count() as u32,
        handed_up: open.len() as u32,
    };
    Ok(handed.chain([ended]).map(AnyFact::StandTo).collect())
}

/// What has fallen due: the time to reconcile is over, and once more when twice of it is.
pub fn due(armoury: &Armoury, now: Moment) -> Vec<AnyFact> {
    let Some(running) = &armoury.rooms.standto.running else { return Vec::new() };
    let whole_ms = running.until_wall_ms.saturating_sub(running.since.wall_ms).max(HOUR_MS);
    let level = match now.wall_ms {
        wall_ms if wall_ms < running.until_wall_ms => 0,
        wall_ms if wall_ms < running.until_wall_ms.saturating_add(whole_ms) => 1,
        _ => 2,
    };
    if level <= running.level {
        return Vec::new();
    }
    let open = running.open().count() as u32;
    if open == 0 {
        return Vec::new();
    }
    vec![AnyFact::StandTo(Fact::Overran { level, open, authority: running.authority.clone() })]
}

/// Takes a durable fact into memory.
pub fn apply(armoury: &mut Armoury, stamp: Stamp<'_>, fact: &Fact) {
    match fact {
        Fact::Started { authority, until_wall_ms } => {
            armoury.rooms.standto.running = Some(Running {
                seq: stamp.seq,
                authority: authority.clone(),
                since: stamp.at,
                until_wall_ms: *until_wall_ms,
                level: 0,
                left: BTreeMap::new(),
            });
        }
        Fact::Overran { level, .. } => {
            if let Some(running) = &mut armoury.rooms.standto.running {
                running.level = *level;
            }
        }
        Fact::HandedUp { weapon, .. } => armoury.set_standing(weapon, Standing::Missing),
        Fact::Ended { .. } => armoury.rooms.standto.running = None,
    }
}

/// A weapon left, was signed for or came back: the list of a stand-to that lasts follows.
pub(in crate::domain) fn moved(armoury: &mut Armoury, weapon: &WeaponId, left: Option<Left>) {
    let Some(running) = &mut armoury.rooms.standto.running else { return };
    match (left, running.left.get_mut(weapon)) {
        (Some(left), _) => drop(running.left.insert(weapon.clone(), left)),
        (None, Some(known)) => known.back = true,
        (None, None) => {}
    }
}

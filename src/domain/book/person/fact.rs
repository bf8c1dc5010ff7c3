//! What is entered about people: keys, roles and dates; never a name, a reason or what a badge says.

use jiff::civil::Date;
use minicbor::{Decode, Encode};
use serde::{Deserialize, Serialize};

use super::act::{BadgeKind, Digest, Scope};
use super::{Alarm, Period};
use crate::domain::ids::{PersonId, WeaponId};
use crate::domain::moment::date_text;
use crate::domain::person::Role;

/// What is entered.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize, Encode, Decode)]
#[serde(rename_all = "snake_case")]
pub enum Fact {
    /// Somebody holds a role; the order stands with whoever answers for the entry.
    #[n(0)]
    Appointed {
        /// Who.
        #[n(0)]
        person: PersonId,
        /// Which.
        #[n(1)]
        role: Role,
        /// For how long.
        #[n(2)]
        period: Period,
    },
    /// A role has ended, or will.
    #[n(1)]
    Dismissed {
        /// Whose.
        #[n(0)]
        person: PersonId,
        /// Which.
        #[n(1)]
        role: Role,
        /// The last day on which it is held; none from this entry on.
        #[n(2)]
        #[cbor(with = "date_text", has_nil)]
        last_day: Option<Date>,
    },
    /// Somebody may draw more.
    #[n(2)]
    Authorised {
        /// Who.
        #[n(0)]
        person: PersonId,
        /// What.
        #[n(1)]
        what: Scope,
        /// For how long.
        #[n(2)]
        period: Period,
    },
    /// Somebody may draw less.
    #[n(3)]
    Revoked {
        /// Who.
        #[n(0)]
        person: PersonId,
        /// What.
        #[n(1)]
        what: Scope,
    },
    /// Somebody is suspended.
    #[n(4)]
    Suspended {
        /// Who.
        #[n(0)]
        person: PersonId,
        /// The last day of it.
        #[n(1)]
        #[cbor(with = "date_text", has_nil)]
        until: Option<Date>,
        /// The record beside the ledger.
        #[n(2)]
        record: Digest,
    },
    /// No longer.
    #[n(5)]
    Lifted {
        /// Who.
        #[n(0)]
        person: PersonId,
    },
    /// Somebody has a badge.
    #[n(6)]
    BadgeGiven {
        /// Who.
        #[n(0)]
        person: PersonId,
        /// Its number among theirs.
        #[n(1)]
        number: u32,
        /// What it is.
        #[n(2)]
        kind: BadgeKind,
        /// The number of the one it stands for from now on.
        #[n(3)]
        replaces: Option<u32>,
        /// The record beside the ledger.
        #[n(4)]
        record: Digest,
    },
    /// A badge is lost.
    #[n(7)]
    BadgeLost {
        /// Whose.
        #[n(0)]
        person: PersonId,
        /// Its number.
        #[n(1)]
        number: u32,
        /// The record beside the ledger.
        #[n(2)]
        record: Digest,
    },
    /// A badge was given back.
    #[n(8)]
    BadgeTaken {
        /// Whose.
        #[n(0)]
        person: PersonId,
        /// Its number.
        #[n(1)]
        number: u32,
        /// The record beside the ledger.
        #[n(2)]
        record: Digest,
    },
    /// Somebody has a new PIN.
    #[n(9)]
    PinSet {
        /// Who.
        #[n(0)]
        person: PersonId,
        /// The record beside the ledger.
        #[n(1)]
        record: Digest,
    },
    /// Somebody gave a PIN that is not this person's.
    #[n(10)]
    PinMissed {
        /// Whose.
        #[n(0)]
        person: PersonId,
        /// How many times since the last right one.
        #[n(1)]
        misses: u32,
        /// Whether somebody has to come.
        #[n(2)]
        alarm: bool,
    },
    /// A badge that is reported lost was shown at the hatch.
    #[n(11)]
    LostBadgeShown {
        /// Whose.
        #[n(0)]
        person: PersonId,
        /// Its number.
        #[n(1)]
        number: u32,
    },
    /// Somebody has left.
    #[n(12)]
    Left {
        /// Who.
        #[n(0)]
        person: PersonId,
        /// The record beside the ledger.
        #[n(1)]
        record: Digest,
    },
    /// The last supervisor's office ends soon and nobody is appointed after them.
    #[n(13)]
    SuccessionDue {
        /// Who holds it.
        #[n(0)]
        person: PersonId,
        /// The last day of it.
        #[n(1)]
        #[cbor(with = "date_text", has_nil)]
        last_day: Option<Date>,
    },
}

impl Fact {
    /// The word for its kind.
    pub fn word(&self) -> &'static str {
        match self {
            Self::Appointed { .. } => "person_appointed",
            Self::Dismissed { .. } => "person_dismissed",
            Self::Authorised { .. } => "person_authorised",
            Self::Revoked { .. } => "authorisation_revoked",
            Self::Suspended { .. } => "person_suspended",
            Self::Lifted { .. } => "suspension_lifted",
            Self::BadgeGiven { .. } => "badge_given",
            Self::BadgeLost { .. } => "badge_lost",
            Self::BadgeTaken { .. } => "badge_taken_back",
            Self::PinSet { .. } => "pin_set",
            Self::PinMissed { .. } => "pin_missed",
            Self::LostBadgeShown { .. } => "lost_badge_shown",
            Self::Left { .. } => "person_left",
            Self::SuccessionDue { .. } => "succession_due",
        }
    }

    /// Who it is about.
    pub fn person(&self) -> &PersonId {
        match self {
            Self::Appointed { person, .. }
            | Self::Dismissed { person, .. }
            | Self::Authorised { person, .. }
            | Self::Revoked { person, .. }
            | Self::Suspended { person, .. }
            | Self::Lifted { person }
            | Self::BadgeGiven { person, .. }
            | Self::BadgeLost { person, .. }
            | Self::BadgeTaken { person, .. }
            | Self::PinSet { person, .. }
            | Self::PinMissed { person, .. }
            | Self::LostBadgeShown { person, .. }
            | Self::Left { person, .. }
            | Self::SuccessionDue { person, .. } => person,
        }
    }

    /// The record beside the ledger that goes with it.
    pub fn record(&self) -> Option<Digest> {
        match self {
            Self::Suspended { record, .. }
            | Self::BadgeGiven { record, .. }
            | Self::BadgeLost { record, .. }
            | Self::BadgeTaken { record, .. }
            | Self::PinSet { record, .. }
            | Self::Left { record, .. } => Some(*record),
            _ => None,
        }
    }

    /// The weapons it is about: none.
    pub fn weapons(&self) -> Vec<&WeaponId> {
        Vec::new()
    }

    /// The people it is about.
    pub fn persons(&self) -> Vec<&PersonId> {
        vec![self.person()]
    }

    /// What it says. Whose lost badge was shown is said to supervisors only, so not here.
    pub fn line(&self) -> String {
        match self {
            Self::Appointed { person, role, period } => format!("{person} is {} {period}", role.word()),
            Self::Dismissed { person, role, last_day: None } => {
                format!("{person} is no longer {}", role.word())
            }
            Self::Dismissed { person, role, last_day: Some(day) } => {
                format!("{person} is {} until {day}", role.word())
            }
            Self::Authorised { person, what, period } => format!("{person} may draw {what} {period}"),
            Self::Revoked { person, what } => format!("{person} may no longer draw {what}"),
            Self::Suspended { person, until: None, .. } => format!("{person} is suspended"),
            Self::Suspended { person, until: Some(day), .. } => format!("{person} is suspended until {day}"),
            Self::Lifted { person } => format!("{person} is no longer suspended"),
            Self::BadgeGiven { person, number, kind, replaces, .. } => {
                let instead = replaces.map(|old| format!(" in place of {old}")).unwrap_or_default();
                format!("{person} has badge {number}, a {}{instead}", kind.word())
            }
            Self::BadgeLost { person, number, .. } => format!("badge {number} of {person}"),
            Self::BadgeTaken { person, number, .. } => format!("badge {number} of {person}"),
            Self::PinSet { person, .. } => format!("{person} has a new PIN"),
            Self::PinMissed { person, misses, .. } => format!("not the PIN of {person}, {misses} in a row"),
            Self::LostBadgeShown { .. } => "a lost badge was shown".to_owned(),
            Self::Left { person, .. } => format!("{person} has left"),
            Self::SuccessionDue { person, last_day } => {
                let day = last_day.map(|day| format!(" until {day}")).unwrap_or_default();
                format!("{person} is the last supervisor{day}, and nobody is appointed after them")
            }
        }
    }

    /// Who has to come: somebody tries PINs, or carries a badge that is not theirs.
    pub fn alarm(&self) -> Option<Alarm> {
        match self {
            Self::PinMissed { person, misses, alarm: true } => Some(missed_too_often(person, *misses)),
            Self::SuccessionDue { last_day: Some(day), .. } => Some(Alarm {
                priority: 3,
                what: format!(
                    "The last supervisor's office ends on {day}, and nobody is appointed after them."
                ),
                first_step: "Appoint a successor: armoury person appoint, or armoury person hand-over.",
            }),
            Self::LostBadgeShown { .. } => Some(Alarm {
                priority: 1,
                what: "A badge that is reported lost was shown at the hatch.".to_owned(),
                first_step: "Keep whoever shows it there. A supervisor sees whose it is: armoury person show.",
            }),
            _ => None,
        }
    }
}

/// What is said of wrong PINs.
pub(super) fn missed_too_often(person: &PersonId, misses: u32) -> Alarm {
    Alarm {
        priority: 2,
        what: format!("{misses} wrong PINs in a row for {person}."),
        first_step: "Go and see who tries. A forgotten PIN is set anew: armoury person pin.",
    }
}

//! What can be asked about people.

use jiff::civil::Date;
use minicbor::{Decode, Encode};
use serde::{Deserialize, Serialize};

use super::Period;
use crate::domain::ids::{ID_MAX_BYTES, PersonId};
use crate::domain::person::Role;
use crate::domain::roster::{Badge, PinHash};
use crate::domain::weapon::Weapon;

/// What can be asked.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case", deny_unknown_fields)]
pub enum Act {
    /// Give somebody a role for a period, in writing.
    Appoint {
        /// Whom.
        person: PersonId,
        /// To what.
        role: Role,
        /// For how long.
        #[serde(default)]
        period: Period,
    },
    /// End somebody's role.
    Dismiss {
        /// Whose.
        person: PersonId,
        /// Which.
        role: Role,
        /// The last day on which it is held; none ends it now.
        #[serde(default)]
        last_day: Option<Date>,
    },
    /// Hand the supervisor's office over to a successor: theirs begins as the giver's ends.
    HandOver {
        /// The successor.
        to: PersonId,
        /// The last day of the successor's appointment.
        #[serde(default)]
        until: Option<Date>,
    },
    /// Let an inspector in for some days.
    Pass {
        /// Whom.
        person: PersonId,
        /// The last day.
        until: Date,
    },
    /// Let somebody draw more.
    Authorise {
        /// Whom.
        person: PersonId,
        /// What.
        what: Scope,
        /// For how long.
        #[serde(default)]
        period: Period,
    },
    /// Take that away, also where the register gave it.
    Revoke {
        /// From whom.
        person: PersonId,
        /// What.
        what: Scope,
    },
    /// Keep somebody from drawing and acting, for a reason that is nobody's business at the hatch.
    Suspend {
        /// Whom.
        person: PersonId,
        /// The last day of it; none until it is lifted.
        #[serde(default)]
        until: Option<Date>,
        /// The reason.
        #[serde(default)]
        private: Private,
    },
    /// End a suspension.
    Lift {
        /// Whose.
        person: PersonId,
    },
    /// Give somebody a badge.
    GiveBadge {
        /// Whom.
        person: PersonId,
        /// What it is.
        kind: BadgeKind,
        /// The number of the one it stands for from now on.
        #[serde(default)]
        replaces: Option<u32>,
        /// What it says.
        #[serde(default)]
        private: Private,
    },
    /// Report a badge lost.
    LoseBadge {
        /// Whose.
        person: PersonId,
        /// Its number, 0 for the one of the register; none where they have one badge only.
        #[serde(default)]
        number: Option<u32>,
        /// The record without it.
        #[serde(default)]
        private: Private,
    },
    /// Take a badge back.
    TakeBadge {
        /// Whose.
        person: PersonId,
        /// Its number, 0 for the one of the register; none where they have one badge only.
        #[serde(default)]
        number: Option<u32>,
        /// The record without it.
        #[serde(default)]
        private: Private,
    },
    /// Set somebody's PIN.
    SetPin {
        /// Whose.
        person: PersonId,
        /// The PIN.
        #[serde(default)]
        private: Private,
    },
    /// Somebody has left: the record stays and opens nothing.
    Leave {
        /// Who.
        person: PersonId,
        /// The record without badges.
        #[serde(default)]
        private: Private,
    },
}

/// What may not enter the chain: it comes with the act, is kept beside the ledger, and the act is decided on with the
/// digest of the record in its place.
#[derive(Clone, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(from = "Sent", into = "Sent")]
pub enum Private {
    /// Nothing was said.
    #[default]
    Nothing,
    /// What a badge says.
    Badge(Badge),
    /// Why somebody is suspended.
    Reason(String),
    /// A PIN.
    Pin(Pin),
    /// A PIN as it will be kept; written nowhere else.
    NewPin(PinHash),
    /// Why somebody is suspended, as it will be kept; written nowhere else.
    NewReason(String),
    /// It lies beside the ledger, in a record with this digest.
    Kept(Digest),
}

/// What of it goes over the socket, into a recording and into an entry. What the station has taken over to be kept
/// goes nowhere.
#[derive(Clone, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
enum Sent {
    Nothing,
    Badge(Badge),
    Reason(String),
    Pin(Pin),
    Kept(Digest),
}

impl From<Private> for Sent {
    fn from(private: Private) -> Self {
        match private {
            Private::Nothing | Private::NewPin(_) | Private::NewReason(_) => Self::Nothing,
            Private::Badge(badge) => Self::Badge(badge),
            Private::Reason(reason) => Self::Reason(reason),
            Private::Pin(pin) => Self::Pin(pin),
            Private::Kept(digest) => Self::Kept(digest),
        }
    }
}

impl From<Sent> for Private {
    fn from(sent: Sent) -> Self {
        match sent {
            Sent::Nothing => Self::Nothing,
            Sent::Badge(badge) => Self::Badge(badge),
            Sent::Reason(reason) => Self::Reason(reason),
            Sent::Pin(pin) => Self::Pin(pin),
            Sent::Kept(digest) => Self::Kept(digest),
        }
    }
}

impl std::fmt::Debug for Private {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.write_str(match self {
            Self::Nothing => "Nothing",
            Self::Badge(_) => "Badge(…)",
            Self::Reason(_) => "Reason(…)",
            Self::Pin(_) => "Pin(…)",
            Self::NewPin(_) => "NewPin(…)",
            Self::NewReason(_) => "NewReason(…)",
            Self::Kept(_) => "Kept(…)",
        })
    }
}

/// A PIN as it was typed. It shows itself to nobody.
#[derive(Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(transparent)]
pub struct Pin(String);

impl Pin {
    /// Takes what was typed; blanks at the ends are none of it.
    pub fn new(typed: &str) -> Self {
        Self(typed.trim().to_owned())
    }

    /// The digits, for whoever checks them.
    pub fn digits(&self) -> &str {
        &self.0
    }
}

impl std::fmt::Debug for Pin {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.write_str("Pin(…)")
    }
}

/// SHA-256 of a salt and the record kept beside the ledger.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Encode, Decode)]
#[cbor(transparent)]
pub struct Digest(
    #[n(0)]
    #[cbor(with = "minicbor::bytes")]
    pub [u8; 32],
);

impl Serialize for Digest {
    fn serialize<S: serde::Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        serializer.serialize_str(&crate::identity::epc::hex(&self.0))
    }
}

impl<'de> Deserialize<'de> for Digest {
    fn deserialize<D: serde::Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        let text = String::deserialize(deserializer)?;
        let bytes = crate::identity::epc::parse_hex(&text).ok().and_then(|bytes| bytes.try_into().ok());
        bytes.map(Self).ok_or_else(|| serde::de::Error::custom("no digest of 64 hex digits"))
    }
}

/// What a badge is.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize, Encode, Decode)]
#[serde(rename_all = "snake_case")]
#[cbor(index_only)]
pub enum BadgeKind {
    /// A card that answers by radio.
    #[n(0)]
    Tag,
    /// A printed code.
    #[n(1)]
    Qr,
}

impl BadgeKind {
    /// What this badge is.
    pub fn of(badge: &Badge) -> Self {
        match badge {
            Badge::Epc(_) => Self::Tag,
            Badge::Qr(_) => Self::Qr,
        }
    }

    /// The word.
    pub fn word(self) -> &'static str {
        match self {
            Self::Tag => "tag",
            Self::Qr => "qr",
        }
    }
}

/// Which weapons an authorisation is about.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize, Encode, Decode)]
#[serde(rename_all = "snake_case")]
pub enum Scope {
    /// Every weapon.
    #[n(0)]
    All,
    /// One weapon, by its number.
    #[n(1)]
    Weapon(#[n(0)] String),
    /// Every weapon of a type or model.
    #[n(2)]
    Model(#[n(0)] String),
    /// Every weapon of a UN category, `SA-1` to `LW-7`.
    #[n(3)]
    Category(#[n(0)] String),
}

impl Scope {
    /// Reads `*`, `weapon:A1042`, `model:L85A2`, `category:SA-4`.
    ///
    /// # Errors
    /// What it should look like.
    pub fn from_text(text: &str) -> Result<Self, String> {
        let scope = match text.split_once(':') {
            None if text.trim() == "*" => Self::All,
            Some(("weapon", name)) => Self::Weapon(name.trim().to_owned()),
            Some(("model", name)) => Self::Model(name.trim().to_owned()),
            Some(("category", name)) => Self::Category(name.trim().to_owned()),
            _ => return Err(format!("{text:?}: write weapon:A1042, model:L85A2, category:SA-4 or '*'")),
        };
        if scope.is_plain() { Ok(scope) } else { Err(format!("{text:?}: name it in a few words")) }
    }

    /// Whether its name is one: not empty, not endless.
    pub fn is_plain(&self) -> bool {
        match self {
            Self::All => true,
            Self::Weapon(name) | Self::Model(name) | Self::Category(name) => {
                !name.is_empty() && name.len() <= 4 * ID_MAX_BYTES && !name.chars().any(char::is_control)
            }
        }
    }

    /// Whether this weapon is among them.
    pub fn covers(&self, weapon: &Weapon) -> bool {
        match self {
            Self::All => true,
            Self::Weapon(id) => weapon.id.as_str() == id,
            Self::Model(model) => weapon.model.as_ref() == Some(model),
            Self::Category(category) => weapon.category.as_ref() == Some(category),
        }
    }
}

impl std::fmt::Display for Scope {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        match self {
            Self::All => f.write_str("every weapon"),
            Self::Weapon(name) => write!(f, "weapon {name}"),
            Self::Model(name) => write!(f, "model {name}"),
            Self::Category(name) => write!(f, "category {name}"),
        }
    }
}

/// Who may change who may what.
pub(super) const SUPERVISORS: &[Role] = &[Role::Supervisor, Role::Commander];

/// Who may report a badge lost: whoever stands at the hatch hears of it first.
const AT_THE_HATCH: &[Role] = &[Role::Supervisor, Role::Commander, Role::Armourer, Role::Witness];

impl Act {
    /// Who may ask this.
    pub fn allowed(&self) -> &'static [Role] {
        match self {
            Self::LoseBadge { .. } => AT_THE_HATCH,
            // Everybody changes their own.
            Self::SetPin { .. } => &Role::ALL,
            Self::HandOver { .. } => &[Role::Supervisor],
            _ => SUPERVISORS,
        }
    }

    /// Who it is about.
    pub fn person(&self) -> &PersonId {
        match self {
            Self::HandOver { to: person, .. }
            | Self::Appoint { person, .. }
            | Self::Dismiss { person, .. }
            | Self::Pass { person, .. }
            | Self::Authorise { person, .. }
            | Self::Revoke { person, .. }
            | Self::Suspend { person, .. }
            | Self::Lift { person }
            | Self::GiveBadge { person, .. }
            | Self::LoseBadge { person, .. }
            | Self::TakeBadge { person, .. }
            | Self::SetPin { person, .. }
            | Self::Leave { person, .. } => person,
        }
    }

    /// The part that goes beside the ledger, where the act has one.
    pub fn private(&mut self) -> Option<&mut Private> {
        match self {
            Self::Suspend { private, .. }
            | Self::GiveBadge { private, .. }
            | Self::LoseBadge { private, .. }
            | Self::TakeBadge { private, .. }
            | Self::SetPin { private, .. }
            | Self::Leave { private, .. } => Some(private),
            _ => None,
        }
    }
}

//! On whose word: who acted, in what role, before whom, on what authority.

use minicbor::{Decode, Encode};
use serde::{Deserialize, Serialize};

use super::super::armoury::Armoury;
use super::super::ids::PersonId;
use super::super::moment::Moment;
use super::super::person::Role;
use super::person::{self, Pin};

/// Who answers for an entry.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize, Encode, Decode)]
#[cbor(map)]
pub struct By {
    /// The role in which it was done; none where the station did it by itself.
    #[n(0)]
    pub role: Option<Role>,
    /// Who; none where only the system's user is known.
    #[n(1)]
    pub person: Option<PersonId>,
    /// How that is known.
    #[n(2)]
    pub proof: Proof,
    /// The second person.
    #[n(3)]
    pub witness: Option<PersonId>,
    /// How that is known.
    #[n(4)]
    pub witness_proof: Proof,
    /// The order or reference on which it rests.
    #[n(5)]
    pub authority: Option<String>,
    /// The system's number of the user who typed it.
    #[n(6)]
    pub user: Option<u32>,
}

/// How it is known who somebody is.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default, Serialize, Deserialize, Encode, Decode)]
#[serde(rename_all = "snake_case")]
#[cbor(index_only)]
pub enum Proof {
    /// It was only said.
    #[default]
    #[n(0)]
    Said,
    /// Their PIN.
    #[n(1)]
    Pin,
    /// Their badge.
    #[n(2)]
    Badge,
}

/// What came of looking at a PIN.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum PinCheck {
    /// None was given.
    #[default]
    NotGiven,
    /// It is theirs.
    Right,
    /// It is not.
    Wrong,
}

impl PinCheck {
    fn is_absent(&self) -> bool {
        *self == Self::NotGiven
    }
}

/// How somebody signs an act they ask for.
#[derive(Debug, Clone, PartialEq, Eq, Default, Serialize, Deserialize)]
#[serde(deny_unknown_fields, default)]
pub struct Sign {
    /// Who acts.
    pub person: Option<PersonId>,
    /// Their PIN.
    pub pin: Option<Pin>,
    /// The second person.
    pub witness: Option<PersonId>,
    /// Their PIN.
    pub witness_pin: Option<Pin>,
    /// The order or reference on which it rests.
    pub authority: Option<String>,
    /// What came of looking at the PIN; the station says so before the act enters its inbox, whatever was sent.
    #[serde(skip_serializing_if = "PinCheck::is_absent")]
    pub pin_is: PinCheck,
    /// The same of the second person's.
    #[serde(skip_serializing_if = "PinCheck::is_absent")]
    pub witness_pin_is: PinCheck,
}

/// Why an act is refused: a sentence that says who may, or what to do first.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
#[error("{0}")]
pub struct Denied(pub String);

impl Denied {
    /// Refuses with this sentence.
    pub fn because<T>(why: impl Into<String>) -> Result<T, Self> {
        Err(Self(why.into()))
    }
}

impl By {
    /// The station itself: a clock, a reader.
    pub fn station() -> Self {
        Self {
            role: None,
            person: None,
            proof: Proof::Said,
            witness: None,
            witness_proof: Proof::Said,
            authority: None,
            user: None,
        }
    }

    /// Who it was, for people: the person, else the role and the system's user.
    pub fn call(&self) -> String {
        match (&self.person, self.role, self.user) {
            (Some(person), _, _) => person.to_string(),
            (None, Some(role), Some(user)) => format!("{} (user {user})", role.word()),
            (None, Some(role), None) => role.word().to_owned(),
            (None, None, _) => "the station".to_owned(),
        }
    }

    /// The person who acts, where the rule asks for a name.
    ///
    /// # Errors
    /// Nobody was named.
    pub fn named(&self) -> Result<&PersonId, Denied> {
        self.person.as_ref().ok_or_else(|| Denied("say who does it: name the person with --by".into()))
    }

    /// The second person, where the rule asks for two.
    ///
    /// # Errors
    /// Nobody was named, or the same person twice.
    pub fn witnessed(&self) -> Result<&PersonId, Denied> {
        match &self.witness {
            None => Denied::because("it takes two people: name the second with --witness"),
            Some(witness) if self.person.as_ref() == Some(witness) => {
                Denied::because(format!("it takes two people: {witness} cannot be their own witness"))
            }
            Some(witness) => Ok(witness),
        }
    }
}

/// Which of `allowed` this person holds at `now`: appointed, not suspended, not expired, not gone.
///
/// # Errors
/// They are not in the book, or hold none of them now.
pub fn hold(armoury: &Armoury, person: &PersonId, allowed: &[Role], now: Moment) -> Result<Role, Denied> {
    let Some(found) = armoury.person(person) else {
        return Denied::because(format!("act as {person}: there is no such person in the book"));
    };
    if person::has_left(armoury, person) {
        return Denied::because(format!("act as {person}: they have left"));
    }
    if person::suspended(armoury, found, now) {
        return Denied::because(format!("act as {person}: not allowed today"));
    }
    let held = person::roles(armoury, found, now);
    match allowed.iter().find(|role| held.contains(role)) {
        Some(role) => Ok(*role),
        None => Denied::because(format!("act as {person}: it takes {}", words(allowed))),
    }
}

/// "armourer or supervisor".
pub(in crate::domain) fn words(roles: &[Role]) -> String {
    roles.iter().map(|role| role.word()).collect::<Vec<_>>().join(" or ")
}

//! What is entered of weapons that come in from outside.

use minicbor::{Decode, Encode};
use serde::{Deserialize, Serialize};

use super::super::super::ids::{PersonId, WeaponId};
use super::super::super::record::{Origin, words};
use super::super::super::weapon::{Standing, Weapon};
use super::super::Alarm;

/// What is entered.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize, Encode, Decode)]
#[serde(rename_all = "snake_case")]
pub enum Fact {
    /// A weapon came into the room.
    #[n(0)]
    Received {
        /// Its record.
        #[n(0)]
        weapon: Box<Weapon>,
        /// How it came.
        #[n(1)]
        intake: Intake,
    },
    /// It was given into other hands.
    #[n(1)]
    HandedOver {
        /// Which.
        #[n(0)]
        weapon: WeaponId,
        /// To what office.
        #[n(1)]
        to: String,
        /// Who carries it.
        #[n(2)]
        carrier: Option<PersonId>,
        /// The request or receipt.
        #[n(3)]
        reference: String,
    },
    /// It came back from there.
    #[n(2)]
    TakenBack {
        /// Which.
        #[n(0)]
        weapon: WeaponId,
        /// From what office.
        #[n(1)]
        from: String,
        /// The receipt.
        #[n(2)]
        reference: String,
    },
    /// A trace request went out.
    #[n(3)]
    TraceRequested {
        /// For which.
        #[n(0)]
        weapon: WeaponId,
        /// Its reference.
        #[n(1)]
        reference: String,
    },
    /// It was answered.
    #[n(4)]
    TraceAnswered {
        /// For which.
        #[n(0)]
        weapon: WeaponId,
        /// How.
        #[n(1)]
        outcome: TraceOutcome,
        /// The answer's reference.
        #[n(2)]
        reference: String,
    },
    /// A court has decided.
    #[n(5)]
    Ordered {
        /// On which.
        #[n(0)]
        weapon: WeaponId,
        /// The order's reference.
        #[n(1)]
        reference: String,
    },
    /// It left the register of exhibits for good.
    #[n(6)]
    Disposed {
        /// Which.
        #[n(0)]
        weapon: WeaponId,
        /// How.
        #[n(1)]
        how: Disposal,
        /// The paper on which it rests.
        #[n(2)]
        reference: String,
    },
}

/// How a weapon came here. It names no person who is not in the book: a case file does.
#[derive(Debug, Clone, PartialEq, Eq, Default, Serialize, Deserialize, Encode, Decode)]
#[cbor(map)]
#[serde(default, deny_unknown_fields)]
pub struct Intake {
    /// Number of the receipt that was given for it.
    #[n(0)]
    pub receipt: String,
    /// The day it was taken, year-month-day; the entry has its own time.
    #[n(1)]
    pub day: Option<String>,
    /// Where.
    #[n(2)]
    pub place: Option<String>,
    /// The unit that brought it.
    #[n(3)]
    pub unit: Option<String>,
    /// The case.
    #[n(4)]
    pub case: Option<String>,
    /// In connection with what.
    #[n(5)]
    pub context: Option<LegalContext>,
    /// Who found it, where they are in the book.
    #[n(6)]
    pub finder: Option<PersonId>,
    /// It was loaded when it came.
    #[n(7)]
    pub loaded: bool,
    /// Who made it safe.
    #[n(8)]
    pub made_safe_by: Option<PersonId>,
    /// Rounds that came with it.
    #[n(9)]
    pub rounds: u32,
    /// Photographs of marks and weapon: SHA-256 of each file, hex.
    #[n(10)]
    #[cbor(skip_if = "Vec::is_empty")]
    pub photos: Vec<String>,
}

words! {
    /// In connection with what it was taken (`un-categories.md` section 6).
    LegalContext {
        /// Trafficking.
        0 Trafficking = "trafficking",
        /// Possession without a licence.
        1 Possession = "possession",
        /// Another crime.
        2 OtherCrime = "other_crime",
        /// None: handed in, or found without a case.
        3 None = "none",
    }
}

words! {
    /// How a trace request was answered (`un-categories.md` section 4).
    TraceOutcome {
        /// It was in that stock.
        0 FoundHere = "found_here",
        /// It passed through, to somebody.
        1 PassedThrough = "passed_through",
        /// It is recorded there as destroyed.
        2 Destroyed = "destroyed",
        /// There is no record.
        3 NoRecord = "no_record",
        /// There are several candidates.
        4 Ambiguous = "ambiguous",
        /// The answer was refused.
        5 Refused = "refused",
    }
}

words! {
    /// What becomes of an exhibit.
    Disposal {
        /// It goes to its owner.
        0 ReturnedToOwner = "returned_to_owner",
        /// It goes to another authority.
        1 ToAuthority = "to_authority",
        /// It is taken into service here.
        2 IntoService = "into_service",
        /// It is set apart for destruction.
        3 ForDestruction = "for_destruction",
    }
}

impl Disposal {
    /// What may be done with the weapon from then on. One for destruction is stored apart until a batch takes it.
    pub fn standing(self) -> Standing {
        match self {
            Self::ReturnedToOwner | Self::ToAuthority => Standing::LeftService,
            Self::IntoService => Standing::InService,
            Self::ForDestruction => Standing::Surplus,
        }
    }
}

impl TraceOutcome {
    /// Whether its origin is known by that (indicator 16.4.2).
    pub fn is_traced(self) -> bool {
        matches!(self, Self::FoundHere | Self::PassedThrough | Self::Destroyed)
    }
}

impl Fact {
    /// The weapon it is about.
    pub(super) fn weapon(&self) -> &WeaponId {
        match self {
            Self::Received { weapon, .. } => &weapon.id,
            Self::HandedOver { weapon, .. }
            | Self::TakenBack { weapon, .. }
            | Self::TraceRequested { weapon, .. }
            | Self::TraceAnswered { weapon, .. }
            | Self::Ordered { weapon, .. }
            | Self::Disposed { weapon, .. } => weapon,
        }
    }

    /// The word for its kind.
    pub fn word(&self) -> &'static str {
        match self {
            Self::Received { .. } => "intake_received",
            Self::HandedOver { .. } => "exhibit_handed_over",
            Self::TakenBack { .. } => "exhibit_taken_back",
            Self::TraceRequested { .. } => "trace_requested",
            Self::TraceAnswered { .. } => "trace_answered",
            Self::Ordered { .. } => "court_ordered",
            Self::Disposed { .. } => "exhibit_disposed",
        }
    }

    /// The weapon it is about.
    pub fn weapons(&self) -> Vec<&WeaponId> {
        vec![self.weapon()]
    }

    /// The people it is about.
    pub fn persons(&self) -> Vec<&PersonId> {
        match self {
            Self::Received { intake, .. } => intake.finder.iter().chain(&intake.made_safe_by).collect(),
            Self::HandedOver { carrier, .. } => carrier.iter().collect(),
            _ => Vec::new(),
        }
    }

    /// What it says.
    pub fn line(&self) -> String {
        match self {
            Self::Received { weapon, intake } => {
                let origin = weapon.origin.map_or("received", Origin::word);
                let place = intake.place.as_ref().map(|place| format!(" at {place}")).unwrap_or_default();
                let case = intake.case.as_ref().map(|case| format!(", case {case}")).unwrap_or_default();
                let loaded = if intake.loaded { ", was loaded" } else { "" };
                format!("{} {origin}{place}, receipt {}{case}{loaded}", weapon.id, intake.receipt)
            }
            Self::HandedOver { weapon, to, reference, .. } => format!("{weapon} to {to}: {reference}"),
            Self::TakenBack { weapon, from, reference } => format!("{weapon} from {from}: {reference}"),
            Self::TraceRequested { weapon, reference } | Self::Ordered { weapon, reference } => {
                format!("{weapon}: {reference}")
            }
            Self::TraceAnswered { weapon, outcome, reference } => {
                format!("{weapon} {}: {reference}", outcome.word())
            }
            Self::Disposed { weapon, how, reference } => format!("{weapon} {}: {reference}", how.word()),
        }
    }

    /// Nobody has to come.
    pub fn alarm(&self) -> Option<Alarm> {
        None
    }
}

//! The one place where it is decided what may leave and what came back.

mod give_back;
mod issue;
mod shown;

pub use shown::Shown;

use minicbor::{Decode, Encode};

use super::armoury::{Armoury, Holding};
use super::book::By;
use super::event::{DeskEvent, DeskKind, Evidence, Mode, Reason, Verdict};
use super::ids::{PersonId, ReadPoint, WeaponId};
use super::moment::Moment;
use super::purpose::Purpose;
use super::weapon::{Custody, Standing};

/// What the desk saw and made of it: one presentation.
#[derive(Debug, Clone, PartialEq)]
pub struct Request {
    /// What was shown.
    pub item: Item,
    /// Who showed it.
    pub bearer: Bearer,
    /// A second person whose badge was shown.
    pub witness: Option<PersonId>,
    /// The direction in force.
    pub mode: Mode,
    /// Where.
    pub read_point: Option<ReadPoint>,
    /// The readings.
    pub evidence: Vec<Evidence>,
    /// The same weapon acted less than the dead time ago.
    pub too_soon: bool,
    /// What for, as chosen at the desk (I-8).
    pub purpose: Purpose,
    /// Who typed it, where no device read it.
    pub by: Option<By>,
}

/// The thing shown at the desk.
#[derive(Debug, Clone, PartialEq, Eq, Encode, Decode)]
pub enum Item {
    /// A weapon of the book.
    #[n(0)]
    Weapon {
        /// Which.
        #[n(0)]
        id: WeaponId,
        /// Its tag was read.
        #[n(1)]
        by_tag: bool,
        /// Its mark was read.
        #[n(2)]
        by_mark: bool,
        /// What its tag's chip says.
        #[n(3)]
        chip: Chip,
    },
    /// A weapon that has had its answer, and whose tag has since answered with a chip that is not the one enrolled.
    #[n(1)]
    ForeignChip {
        /// Which it claims to be.
        #[n(0)]
        id: WeaponId,
    },
    /// Tag and mark name different weapons.
    #[n(2)]
    Disagree {
        /// What the tag says.
        #[n(0)]
        by_tag: WeaponId,
        /// What the mark says.
        #[n(1)]
        by_mark: Option<WeaponId>,
    },
    /// A weapon seen in a way that could be another's presentation.
    #[n(3)]
    Unsure {
        /// Which it may be.
        #[n(0)]
        id: WeaponId,
    },
    /// A tag or a mark that was taken off a weapon.
    #[n(7)]
    Retired {
        /// From which.
        #[n(0)]
        id: WeaponId,
    },
    /// A tag that is not in the book.
    #[n(4)]
    UnknownTag,
    /// A mark that is not in the book.
    #[n(5)]
    UnknownMark,
    /// A badge that is not in the book.
    #[n(6)]
    UnknownBadge,
}

/// What the chip of a weapon's tag says.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default, Encode, Decode)]
#[cbor(index_only)]
pub enum Chip {
    /// Nothing speaks against it: it is the one enrolled, or its number was not read.
    #[default]
    #[n(0)]
    Unopposed,
    /// It is enrolled with this weapon, but answers with another code than then.
    #[n(1)]
    Rewritten,
    /// It is not the one enrolled.
    #[n(2)]
    Foreign,
}

/// Whose badge was shown.
#[derive(Debug, Clone, PartialEq, Eq, Encode, Decode)]
pub enum Bearer {
    /// Nobody's.
    #[n(0)]
    None,
    /// This person's.
    #[n(1)]
    Known(#[n(0)] PersonId),
    /// More than one, and no telling whose the item is.
    #[n(2)]
    Several,
}

impl Bearer {
    /// The person, where there is exactly one.
    pub fn person(&self) -> Option<&PersonId> {
        match self {
            Self::Known(person) => Some(person),
            Self::None | Self::Several => None,
        }
    }
}

/// What is to be written, and so what is to be shown.
#[derive(Debug, Clone, PartialEq)]
#[must_use = "a decision that is not written did not happen"]
pub struct Decision {
    /// The one entry of this presentation.
    pub event: DeskEvent,
    /// Why somebody has to come, if somebody has to.
    pub alarm: Option<Reason>,
}

impl Decision {
    /// The word for the screen.
    pub fn verdict(&self) -> Verdict {
        self.event.kind.verdict()
    }
}

/// Decides on one presentation.
///
/// Pure: the same armoury, request and moment give the same decision for ever. `now` serves only for dates
/// (authorisations, due times); nothing is ordered by it.
pub fn decide(armoury: &Armoury, request: &Request, now: Moment) -> Decision {
    match &request.item {
        Item::UnknownTag => blank(request, DeskKind::Refused, Reason::UnknownTag),
        Item::UnknownMark => blank(request, DeskKind::Refused, Reason::UnknownMark),
        Item::UnknownBadge => blank(request, DeskKind::Refused, Reason::UnknownBadge),
        // It proves nothing of the weapon, which may have another by now; but it should be in the box of old tags.
        Item::Retired { id } => match armoury.weapon(id) {
            Some(holding) => about(request, holding, DeskKind::Asked, Reason::Retired),
            None => blank(request, DeskKind::Asked, Reason::Retired),
        },
        Item::Weapon { id, .. } | Item::Unsure { id } | Item::ForeignChip { id } => {
            known(armoury, request, id, now)
        }
        Item::Disagree { by_tag, by_mark } => {
            known(armoury, request, more_likely(armoury, by_tag, by_mark.as_ref()), now)
        }
    }
}

/// Tag and mark name two weapons and one lies there. One that is out may be it, and a return is a fact; if both are,
/// the mark is believed, because a tag comes off more easily.
fn more_likely<'a>(armoury: &Armoury, by_tag: &'a WeaponId, by_mark: Option<&'a WeaponId>) -> &'a WeaponId {
    let is_out = |id: &&WeaponId| armoury.weapon(id).is_some_and(|found| found.custody != Custody::In);
    by_mark.filter(is_out).unwrap_or(by_tag)
}

fn known(armoury: &Armoury, request: &Request, id: &WeaponId, now: Moment) -> Decision {
    match armoury.weapon(id) {
        Some(holding) => decide_weapon(armoury, request, holding, now),
        // The desk looked it up a moment ago; a weapon is never removed from the book.
        None => blank(request, DeskKind::Refused, Reason::UnknownTag),
    }
}

/// Direction follows custody unless the mode sets it. A weapon that is out and shown is coming back, except in ISSUE
/// mode, where it is refused (`architecture.md`, rulings). Where the mode says no, what is wrong with the weapon
/// itself is said first: a destroyed weapon is the louder news.
fn decide_weapon(armoury: &Armoury, request: &Request, holding: &Holding, now: Moment) -> Decision {
    if let Item::ForeignChip { .. } = request.item {
        // Nothing new was shown, so custody stays where it is: somebody has to look.
        return about(request, holding, DeskKind::Refused, Reason::CloneSuspected);
    }
    let mode_says = match (&holding.custody, request.mode) {
        (Custody::Out { to, .. }, Mode::Auto | Mode::Return) => {
            return give_back::give_back(request, holding, to);
        }
        (Custody::In, Mode::Auto | Mode::Issue) => return issue::issue(armoury, request, holding, now),
        (Custody::Out { .. }, Mode::Issue) => Reason::AlreadyOut,
        (Custody::In, Mode::Return) => Reason::AlreadyIn,
    };
    let reason = fault_of(request, holding).unwrap_or(mode_says);
    about(request, holding, refusal_kind(reason), reason)
}

/// What is wrong with the weapon itself, whoever shows it and whatever for.
fn fault_of(request: &Request, holding: &Holding) -> Option<Reason> {
    standing_reason(holding.standing).or(match &request.item {
        Item::Disagree { .. } => Some(Reason::MarkMismatch),
        Item::Weapon { chip: Chip::Foreign, .. } => Some(Reason::CloneSuspected),
        Item::Weapon { chip: Chip::Rewritten, .. } => Some(Reason::TagRewritten),
        _ => None,
    })
}

/// What a standing other than in service says at the desk.
fn standing_reason(standing: Standing) -> Option<Reason> {
    match standing {
        Standing::InService => None,
        Standing::Destroyed => Some(Reason::Destroyed),
        Standing::HotListed => Some(Reason::HotListed),
        Standing::NotHere | Standing::InTransit | Standing::LeftService => Some(Reason::NotHere),
        Standing::Quarantined | Standing::Surplus | Standing::Exhibit => Some(Reason::HeldBack),
        Standing::Missing => Some(Reason::Missing),
    }
}

fn refusal_kind(reason: Reason) -> DeskKind {
    if reason == Reason::NotHere { DeskKind::Asked } else { DeskKind::Refused }
}

/// Reasons for which somebody has to come, whatever the verdict.
fn alarm_for(reason: Reason) -> Option<Reason> {
    match reason {
        Reason::Destroyed
        | Reason::HotListed
        | Reason::CloneSuspected
        | Reason::Missing
        | Reason::Retired
        | Reason::TagRewritten
        | Reason::MarkMismatch => Some(reason),
        _ => None,
    }
}

/// An answer about a weapon.
fn about(request: &Request, holding: &Holding, kind: DeskKind, reason: Reason) -> Decision {
    let mut decision = blank(request, kind, reason);
    decision.event.weapon = Some(holding.weapon.id.clone());
    decision.event.predecessor = holding.last_custody;
    decision
}

/// An answer in which no weapon was identified.
fn blank(request: &Request, kind: DeskKind, reason: Reason) -> Decision {
    Decision {
        event: DeskEvent {
            reason: Some(reason),
            person: request.bearer.person().cloned(),
            witness: request.witness.clone(),
            read_point: request.read_point.clone(),
            mode: request.mode,
            evidence: request.evidence.clone(),
            by: request.by.clone(),
            shown: Some(Box::new(request.shown())),
            ..DeskEvent::new(kind)
        },
        alarm: alarm_for(reason),
    }
}

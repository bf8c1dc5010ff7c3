//! What an entry must hold of a request beside its own fields, so that the decision can be made again.

use minicbor::{Decode, Encode};

use super::super::event::DeskEvent;
use super::super::ids::PersonId;
use super::super::purpose::Purpose;
use super::{Bearer, Item, Request};

/// The rest of a request: mode, read point and evidence stand in the entry itself.
#[derive(Debug, Clone, PartialEq, Eq, Encode, Decode)]
#[cbor(map)]
pub struct Shown {
    /// What was shown.
    #[n(0)]
    pub item: Item,
    /// Who showed it.
    #[n(1)]
    pub bearer: Bearer,
    /// A second person whose badge was shown.
    #[n(2)]
    pub witness: Option<PersonId>,
    /// The same weapon acted less than the dead time ago.
    #[n(3)]
    pub too_soon: bool,
    /// What it was to be drawn for; an answer about no weapon does not say it elsewhere.
    #[n(4)]
    #[cbor(default)]
    pub purpose: Purpose,
}

impl Request {
    /// What an entry must hold of it beside its own fields.
    pub fn shown(&self) -> Shown {
        Shown {
            item: self.item.clone(),
            bearer: self.bearer.clone(),
            witness: self.witness.clone(),
            too_soon: self.too_soon,
            purpose: self.purpose,
        }
    }

    /// The request behind an entry; none where the entry is of a program that did not keep it.
    pub fn of(entered: &DeskEvent) -> Option<Self> {
        let Shown { item, bearer, witness, too_soon, purpose } = entered.shown.as_deref()?.clone();
        Some(Self {
            item,
            bearer,
            witness,
            mode: entered.mode,
            read_point: entered.read_point.clone(),
            evidence: entered.evidence.clone(),
            too_soon,
            purpose,
            by: entered.by.clone(),
        })
    }
}

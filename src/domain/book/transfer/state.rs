//! What the entries of transfers amount to: those this station sends, and those that come to it.

use std::collections::{BTreeMap, BTreeSet};

use jiff::civil::Date;
use serde::{Deserialize, Serialize};

use super::papers::{Border, Carrier, Consignment, Dispatch, Item, Outcome, Purpose, Receipt};
use crate::domain::{PersonId, Seq, Standing, StationId, WeaponId};

/// Every transfer there ever was.
#[derive(Debug, Clone, Default, PartialEq, Serialize, Deserialize)]
#[serde(default)]
pub struct State {
    /// Those of this station, by number.
    pub sent: BTreeMap<String, Outbound>,
    /// Those of others, by sender and number.
    pub coming: BTreeMap<StationId, BTreeMap<String, Inbound>>,
    /// Which transfer a weapon is packed for or travels with.
    pub aboard: BTreeMap<WeaponId, String>,
}

/// A transfer this station sends.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
pub struct Outbound {
    /// The receiver.
    pub to: StationId,
    /// Why.
    pub purpose: Purpose,
    /// Where it crosses a border.
    pub border: Option<Border>,
    /// How far it is.
    pub stage: Stage,
    /// The entry that opened it.
    pub opened: Seq,
    /// What is on its list.
    pub weapons: BTreeSet<WeaponId>,
    /// How it left, once it has.
    pub departure: Option<Departure>,
    /// Who carried it since which entry.
    pub carriers: Vec<(Seq, Carrier)>,
    /// When a receipt was asked for (T-4).
    pub follow_up: Option<FollowUp>,
    /// What the receiver said.
    pub receipt: Option<Told>,
    /// On the list and not received.
    pub short: BTreeSet<WeaponId>,
    /// The entry that took it back (T-5).
    pub reversed: Option<Seq>,
}

/// How far a transfer is.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Stage {
    /// Its list is being made.
    Packing,
    /// On its way.
    InTransit,
    /// The receiver turned it away: on its way back.
    Rejected,
    /// Received, all of it.
    Delivered,
    /// Received, and some of it was not there.
    Short,
    /// Taken back.
    Reversed,
}

impl Stage {
    /// A few words for people.
    pub fn words(self) -> &'static str {
        match self {
            Self::Packing => "being packed",
            Self::InTransit => "in transit",
            Self::Rejected => "turned away, on its way back",
            Self::Delivered => "received",
            Self::Short => "received short",
            Self::Reversed => "taken back",
        }
    }
}

/// How it left.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
pub struct Departure {
    /// The entry.
    pub entry: Seq,
    /// Who sent it.
    pub sender: Option<PersonId>,
    /// How.
    pub consignment: Consignment,
    /// Digest of the dispatch document.
    pub digest: String,
    /// The list with its records as they were then.
    pub items: Vec<Item>,
}

/// That a receipt was asked for.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
pub struct FollowUp {
    /// The entry by which it fell due.
    pub entry: Seq,
    /// On which day.
    pub day: Option<Date>,
    /// The entry by which somebody asked.
    pub asked: Option<Seq>,
    /// The entry by which it was found that nobody answered.
    pub unanswered: Option<Seq>,
}

/// What the receiver said.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
pub struct Told {
    /// The entry in which it stands here.
    pub entry: Seq,
    /// Whether it was taken.
    pub outcome: Outcome,
    /// Weapons counted there.
    pub counted: u32,
    /// Number of the receiver's entry.
    pub receipt: Seq,
}

/// A transfer that comes to this station.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
pub struct Inbound {
    /// Why.
    pub purpose: Purpose,
    /// Where it crosses a border.
    pub border: Option<Border>,
    /// How it travelled.
    pub consignment: Consignment,
    /// Digest of the dispatch document.
    pub digest: String,
    /// The entry by which it stands here.
    pub arrived: Seq,
    /// What the sender says is in it.
    pub items: Vec<Item>,
    /// Found in it so far.
    pub checked: BTreeSet<WeaponId>,
    /// Found in it and not on the list.
    pub extra: Vec<String>,
    /// How it ended.
    pub ended: Option<Ended>,
}

/// How a transfer ended at its receiver.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
pub struct Ended {
    /// The entry.
    pub entry: Seq,
    /// Whether it was taken.
    pub outcome: Outcome,
    /// Weapons counted.
    pub counted: u32,
    /// On the list and not in the crate.
    pub short: Vec<WeaponId>,
}

impl Outbound {
    /// A transfer whose list is empty.
    pub(super) fn new(to: &StationId, purpose: Purpose, border: Option<&Border>, opened: Seq) -> Self {
        Self {
            to: to.clone(),
            purpose,
            border: border.cloned(),
            stage: Stage::Packing,
            opened,
            weapons: BTreeSet::new(),
            departure: None,
            carriers: Vec::new(),
            follow_up: None,
            receipt: None,
            short: BTreeSet::new(),
            reversed: None,
        }
    }

    /// Whether its weapons are between two armouries.
    pub fn travels(&self) -> bool {
        matches!(self.stage, Stage::InTransit | Stage::Rejected)
    }

    /// What a weapon of it was before it left.
    pub(super) fn standing_before(&self, weapon: &WeaponId) -> Standing {
        let items = self.departure.iter().flat_map(|departure| &departure.items);
        items.filter(|item| item.weapon.id == *weapon).map(|item| item.standing).next().unwrap_or_default()
    }

    /// The document that travels with it; none before it has left.
    pub fn dispatch(&self, transfer: &str, from: &StationId) -> Option<Dispatch> {
        let departure = self.departure.as_ref()?;
        Some(Dispatch {
            transfer: transfer.to_owned(),
            from: from.clone(),
            to: self.to.clone(),
            purpose: self.purpose,
            border: self.border.clone(),
            consignment: departure.consignment.clone(),
            items: departure.items.clone(),
        })
    }
}

impl Inbound {
    /// What a document announces.
    pub(super) fn new(document: &Dispatch, digest: &str, arrived: Seq) -> Self {
        Self {
            purpose: document.purpose,
            border: document.border.clone(),
            consignment: document.consignment.clone(),
            digest: digest.to_owned(),
            arrived,
            items: document.items.clone(),
            checked: BTreeSet::new(),
            extra: Vec::new(),
            ended: None,
        }
    }

    /// The document that goes back; none before it was signed for or turned away.
    pub fn receipt(&self, transfer: &str, from: &StationId, to: &StationId) -> Option<Receipt> {
        let ended = self.ended.as_ref()?;
        Some(Receipt {
            transfer: transfer.to_owned(),
            from: from.clone(),
            to: to.clone(),
            dispatch: self.digest.clone(),
            outcome: ended.outcome,
            counted: ended.counted,
            short: ended.short.clone(),
            extra: self.extra.clone(),
            entry: ended.entry,
        })
    }
}

impl State {
    /// A transfer of another station.
    pub fn inbound(&self, from: &StationId, transfer: &str) -> Option<&Inbound> {
        self.coming.get(from)?.get(transfer)
    }

    pub(super) fn inbound_mut(&mut self, from: &StationId, transfer: &str) -> Option<&mut Inbound> {
        self.coming.get_mut(from)?.get_mut(transfer)
    }
}

//! Weapons between armouries (armoury-practice T-1 to T-5).
//!
//! A transfer has two sides, and each enters its own half: the sender packs and dispatches, the receiver counts, checks
//! and signs. Between the two the weapons are in transit and somebody is named as carrying them. A document with a
//! digest goes with the crate and a receipt comes back; what is short is reported against the list and never adjusted.

mod fact;
mod list;
mod papers;
mod receiving;
mod sending;
mod sent;
mod state;
mod words;

use serde::{Deserialize, Serialize};

pub use fact::{Fact, Taken};
pub use papers::{
    Border, Carrier, Consignment, Content, Dispatch, Item, Outcome, Paper, Purpose, Quantity, Receipt,
};
pub use receiving::Arrival;
pub(super) use sending::crossing;
pub use state::{Departure, Ended, FollowUp, Inbound, Outbound, Stage, State, Told};

use super::{Context, Denied, Fact as AnyFact, Stamp, discrepancy};
use crate::domain::{Armoury, Custody, Moment, Role, Standing, StationId, WeaponId};

/// What can be asked.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case", deny_unknown_fields)]
pub enum Act {
    /// Begin one.
    Open {
        /// Its number.
        transfer: String,
        /// The receiver.
        to: StationId,
        /// Why.
        purpose: Purpose,
        /// Where it crosses a border.
        border: Option<Border>,
    },
    /// Put weapons on its list and into the crate.
    Pack {
        /// Which transfer.
        transfer: String,
        /// Which weapons.
        weapons: Vec<WeaponId>,
    },
    /// Take them off again.
    Unpack {
        /// Which transfer.
        transfer: String,
        /// Which weapons.
        weapons: Vec<WeaponId>,
    },
    /// Let it leave.
    Dispatch {
        /// Which transfer.
        transfer: String,
        /// How.
        consignment: Consignment,
    },
    /// Name another carrier.
    Carrier {
        /// Which transfer.
        transfer: String,
        /// Who carries it now.
        carrier: Carrier,
        /// Where it changed hands.
        place: String,
        /// Seals put on there.
        seals: Vec<String>,
    },
    /// The receiver was asked for the receipt.
    FollowUp {
        /// Which transfer.
        transfer: String,
        /// By which letter or call.
        reference: String,
    },
    /// The receiver's receipt has come.
    Confirm {
        /// The receipt.
        receipt: Box<Paper<Receipt>>,
    },
    /// Take it back.
    Reverse {
        /// Which transfer.
        transfer: String,
        /// Weapons counted.
        counted: u32,
        /// What they are, by number.
        seen: Vec<WeaponId>,
    },
    /// Another armoury's crate is here.
    Arrive {
        /// Its document.
        document: Box<Paper<Dispatch>>,
    },
    /// Weapons found in it.
    Check {
        /// The sender.
        from: StationId,
        /// Its number there.
        transfer: String,
        /// Serials, marks or tags, as read.
        seen: Vec<String>,
    },
    /// Sign for it.
    Receive(Box<Arrival>),
    /// Turn it away.
    Reject {
        /// Its document.
        document: Box<Paper<Dispatch>>,
        /// Why.
        why: String,
    },
}

/// Who packs.
const PACKERS: &[Role] = &[Role::Armourer, Role::Supervisor];

/// Who lets a crate leave, and signs for one.
const SIGNERS: &[Role] = &[Role::Armourer, Role::Supervisor, Role::Commander];

/// Who closes and takes back.
const CLOSERS: &[Role] = &[Role::Supervisor, Role::Commander];

impl Act {
    /// Who may ask this.
    pub fn allowed(&self) -> &'static [Role] {
        match self {
            Self::Open { .. } | Self::Pack { .. } | Self::Unpack { .. } | Self::Arrive { .. } => PACKERS,
            Self::Check { .. } => PACKERS,
            Self::Dispatch { .. } | Self::Carrier { .. } | Self::FollowUp { .. } => SIGNERS,
            Self::Receive(_) | Self::Reject { .. } => SIGNERS,
            Self::Confirm { .. } | Self::Reverse { .. } => CLOSERS,
        }
    }
}

/// Decides on an act.
///
/// # Errors
/// Why not.
pub fn plan(context: Context<'_>, act: &Act) -> Result<Vec<AnyFact>, Denied> {
    match act {
        Act::Open { transfer, to, purpose, border } => {
            sending::open(context, transfer, to, *purpose, border.as_ref())
        }
        Act::Pack { transfer, weapons } => sending::pack(context, transfer, weapons),
        Act::Unpack { transfer, weapons } => sending::unpack(context, transfer, weapons),
        Act::Dispatch { transfer, consignment } => sending::dispatch(context, transfer, consignment),
        Act::Carrier { transfer, carrier, place, seals } => {
            sending::carrier(context, transfer, carrier, place, seals)
        }
        Act::FollowUp { transfer, reference } => sending::follow_up(context, transfer, reference),
        Act::Confirm { receipt } => sending::confirm(context, receipt),
        Act::Reverse { transfer, counted, seen } => sending::reverse(context, transfer, *counted, seen),
        Act::Arrive { document } => receiving::arrive(context, document),
        Act::Check { from, transfer, seen } => receiving::check(context, from, transfer, seen),
        Act::Receive(arrival) => receiving::receive(context, arrival),
        Act::Reject { document, why } => receiving::reject(context, document, why),
    }
    .map(|facts| with_cases(context.armoury, facts))
}

/// What has fallen due: a receipt that did not come, and a question that was not answered (T-4).
pub fn due(armoury: &Armoury, now: Moment) -> Vec<AnyFact> {
    with_cases(armoury, sending::due(armoury, now))
}

/// Takes a durable fact into memory.
pub fn apply(armoury: &mut Armoury, stamp: Stamp<'_>, fact: &Fact) {
    match fact {
        Fact::Arrived { .. }
        | Fact::Listed { .. }
        | Fact::Checked { .. }
        | Fact::Received { .. }
        | Fact::TakenIn { .. }
        | Fact::Short { .. }
        | Fact::Rejected { .. } => receiving::apply(armoury, stamp, fact),
        _ => sent::apply(armoury, stamp, fact),
    }
}

/// Every weapon that was sent and not received opens a case at its sender (T-3, T-4).
fn with_cases(armoury: &Armoury, facts: Vec<Fact>) -> Vec<AnyFact> {
    let mut all = Vec::with_capacity(facts.len());
    for fact in facts {
        let weapons =
            if let Fact::NotReceived { weapons, .. } = &fact { weapons.clone() } else { Vec::new() };
        all.push(AnyFact::Transfer(fact));
        let missing = weapons.into_iter().filter(|weapon| discrepancy::open_case(armoury, weapon).is_none());
        all.extend(missing.map(|weapon| {
            let what = discrepancy::What::Weapon(weapon);
            AnyFact::Discrepancy(discrepancy::suspect(armoury, what, discrepancy::Cause::Transfer, None))
        }));
    }
    all
}

/// The transfer a weapon is packed for, or travels with.
pub fn aboard<'a>(armoury: &'a Armoury, weapon: &WeaponId) -> Option<&'a str> {
    armoury.rooms.transfer.aboard.get(weapon).map(String::as_str)
}

/// Whether a weapon may be sent away, or leave for good: it is in the room, on no other list, and accounted for.
///
/// # Errors
/// What stands against it.
pub(in crate::domain) fn may_leave(armoury: &Armoury, weapon: &WeaponId) -> Result<(), Denied> {
    let Some(holding) = armoury.weapon(weapon) else {
        return Denied::because(format!("take {weapon}: there is no such weapon in the book"));
    };
    if let Custody::Out { to, .. } = &holding.custody {
        return Denied::because(format!("take {weapon}: it is out with {to} and has to come back first"));
    }
    let counts = &armoury.rooms.count.open;
    if let Some((count, _)) = counts.iter().find(|(_, count)| count.items.contains_key(weapon)) {
        return Denied::because(format!(
            "take {weapon}: it is on the list of count {count}; finish that first"
        ));
    }
    let why = match holding.standing {
        Standing::InService | Standing::Quarantined | Standing::Surplus | Standing::Exhibit => return Ok(()),
        Standing::Missing => "it is not accounted for; find it first",
        Standing::HotListed => "it is hot-listed; keep it and call the guard",
        Standing::Destroyed => "it is destroyed",
        Standing::InTransit => "it is in transit already",
        Standing::NotHere => "it belongs to another armoury",
        Standing::LeftService => "it has left service",
    };
    Denied::because(format!("take {weapon}: {why}"))
}

/// Where an act has to rest on two people.
///
/// # Errors
/// Nobody, or only one, is named.
fn two_people(context: Context<'_>) -> Result<(), Denied> {
    context.by.named()?;
    if context.armoury.policy.transfer_two_people {
        context.by.witnessed()?;
    }
    Ok(())
}

/// This station's name.
///
/// # Errors
/// It has none yet.
fn here<'a>(context: Context<'a>) -> Result<&'a StationId, Denied> {
    let named = context.armoury.station.as_ref();
    named.ok_or_else(|| Denied("do that: the station has no name yet; start it once".into()))
}

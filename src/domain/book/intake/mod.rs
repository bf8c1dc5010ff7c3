//! What enters the room, whatever the reason (armoury-practice D-4): one register for bought, received, seized, found
//! and surrendered weapons. Of the last three it holds what the questionnaire on illicit arms flows asks for
//! (`un-categories.md` section 6): where from, in what connection, who had it since, traced or not, the court's order,
//! and what became of it.

mod fact;
mod plan;

use std::collections::BTreeMap;

use serde::{Deserialize, Serialize};

pub use fact::{Disposal, Fact, Intake, LegalContext, TraceOutcome};
pub use plan::plan;

use super::super::armoury::Armoury;
use super::super::ids::{PersonId, Seq, WeaponId};
use super::super::moment::Moment;
use super::super::person::Role;
use super::super::record::Origin;
use super::super::weapon::{Standing, Weapon};
use super::{Fact as AnyFact, Stamp};

/// What can be asked.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case", deny_unknown_fields)]
pub enum Act {
    /// Take a weapon into the room and the book.
    Receive {
        /// Its record; the origin says how it came.
        weapon: Box<Weapon>,
        /// How it came here.
        intake: Box<Intake>,
        /// It is another weapon although everything that names one is equal (W-2).
        twin: bool,
    },
    /// Give an exhibit into other hands: a laboratory, a court.
    HandOver {
        /// Which.
        weapon: WeaponId,
        /// To what office.
        to: String,
        /// Who carries it.
        carrier: Option<PersonId>,
        /// The request or receipt.
        reference: String,
    },
    /// Take it back from there.
    TakeBack {
        /// Which.
        weapon: WeaponId,
        /// The receipt.
        reference: String,
    },
    /// A trace request went out.
    Trace {
        /// For which.
        weapon: WeaponId,
        /// Its reference.
        reference: String,
    },
    /// It was answered.
    TraceAnswer {
        /// For which.
        weapon: WeaponId,
        /// How.
        outcome: TraceOutcome,
        /// The answer's reference.
        reference: String,
    },
    /// A court has decided.
    Order {
        /// On which.
        weapon: WeaponId,
        /// The order's reference.
        reference: String,
    },
    /// It leaves the register of exhibits for good.
    Dispose {
        /// Which.
        weapon: WeaponId,
        /// How.
        how: Disposal,
        /// The paper on which it rests.
        reference: String,
    },
}

/// The register.
#[derive(Debug, Clone, Default, PartialEq, Serialize, Deserialize)]
#[serde(default)]
pub struct State {
    /// Every weapon that was ever taken in, by number.
    pub intakes: BTreeMap<WeaponId, Case>,
    /// By receipt number.
    receipts: BTreeMap<String, WeaponId>,
}

/// One weapon's line in the register.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
pub struct Case {
    /// How it came here.
    pub intake: Intake,
    /// By which entry.
    pub seq: Seq,
    /// When that was.
    pub at: Moment,
    /// Who had it since, oldest first.
    pub chain: Vec<Link>,
    /// Requests to trace it, oldest first.
    pub traces: Vec<Trace>,
    /// The court's order, and the entry.
    pub order: Option<(String, Seq)>,
    /// What became of it, the paper, and the entry.
    pub disposal: Option<(Disposal, String, Seq)>,
}

/// One link of the custody chain.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
pub struct Link {
    /// By which entry.
    pub seq: Seq,
    /// When.
    pub at: Moment,
    /// Who has it from then on; none is the room.
    pub holder: Option<String>,
    /// Who carried it.
    pub carrier: Option<PersonId>,
    /// On whose word.
    pub by: String,
    /// The paper.
    pub reference: String,
}

/// One request to trace it.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
pub struct Trace {
    /// By which entry.
    pub seq: Seq,
    /// Its reference.
    pub reference: String,
    /// How it was answered.
    pub outcome: Option<TraceOutcome>,
    /// The answer's reference.
    pub answer: Option<String>,
}

impl State {
    /// Which weapon has this receipt number.
    pub fn by_receipt(&self, receipt: &str) -> Option<&WeaponId> {
        self.receipts.get(receipt)
    }
}

impl Case {
    /// Who has it now, where that is not the room.
    pub fn elsewhere(&self) -> Option<&str> {
        self.chain.last().and_then(|link| link.holder.as_deref())
    }
}

/// Who takes weapons in.
const RECEIVERS: &[Role] = &[Role::Armourer, Role::Supervisor, Role::Commander];

/// Who decides what becomes of an exhibit.
const DECIDERS: &[Role] = &[Role::Supervisor, Role::Commander];

impl Act {
    /// Who may ask this.
    pub fn allowed(&self) -> &'static [Role] {
        match self {
            Self::Receive { .. } | Self::HandOver { .. } | Self::TakeBack { .. } => RECEIVERS,
            Self::Trace { .. } | Self::TraceAnswer { .. } | Self::Order { .. } | Self::Dispose { .. } => {
                DECIDERS
            }
        }
    }
}

/// Whether a weapon of that origin is kept as an exhibit and never issued.
pub fn is_exhibit(origin: Option<Origin>) -> bool {
    matches!(origin, Some(Origin::Seized | Origin::Found | Origin::Surrendered))
}

/// What has fallen due: nothing here.
pub fn due(_: &Armoury, _: Moment) -> Vec<AnyFact> {
    Vec::new()
}

/// Takes a durable fact into memory.
pub fn apply(armoury: &mut Armoury, stamp: Stamp<'_>, fact: &Fact) {
    match fact {
        Fact::Received { weapon, .. } => {
            armoury.register_weapon(stamp.seq, weapon);
            if is_exhibit(weapon.origin) {
                armoury.set_standing(&weapon.id, Standing::Exhibit);
            }
        }
        Fact::HandedOver { weapon, .. } => armoury.set_standing(weapon, Standing::NotHere),
        Fact::TakenBack { weapon, .. } => armoury.set_standing(weapon, Standing::Exhibit),
        Fact::Disposed { weapon, how, .. } => armoury.set_standing(weapon, how.standing()),
        Fact::TraceRequested { .. } | Fact::TraceAnswered { .. } | Fact::Ordered { .. } => {}
    }
    armoury.rooms.intake.take(stamp, fact);
}

impl State {
    fn take(&mut self, stamp: Stamp<'_>, fact: &Fact) {
        if let Fact::Received { weapon, intake } = fact {
            self.receipts.insert(intake.receipt.clone(), weapon.id.clone());
            let case = Case {
                intake: intake.clone(),
                seq: stamp.seq,
                at: stamp.at,
                chain: Vec::new(),
                traces: Vec::new(),
                order: None,
                disposal: None,
            };
            self.intakes.insert(weapon.id.clone(), case);
            return;
        }
        let Some(case) = self.intakes.get_mut(fact.weapon()) else { return };
        let link = |holder: Option<String>, carrier: Option<PersonId>, reference: &str| Link {
            seq: stamp.seq,
            at: stamp.at,
            holder,
            carrier,
            by: stamp.by.call(),
            reference: reference.to_owned(),
        };
        match fact {
            Fact::HandedOver { to, carrier, reference, .. } => {
                case.chain.push(link(Some(to.clone()), carrier.clone(), reference));
            }
            Fact::TakenBack { reference, .. } => case.chain.push(link(None, None, reference)),
            Fact::TraceRequested { reference, .. } => case.traces.push(Trace {
                seq: stamp.seq,
                reference: reference.clone(),
                outcome: None,
                answer: None,
            }),
            Fact::TraceAnswered { outcome, reference, .. } => {
                if let Some(trace) = case.traces.iter_mut().rev().find(|trace| trace.outcome.is_none()) {
                    trace.outcome = Some(*outcome);
                    trace.answer = Some(reference.clone());
                }
            }
            Fact::Ordered { reference, .. } => case.order = Some((reference.clone(), stamp.seq)),
            Fact::Disposed { how, reference, .. } => {
                case.disposal = Some((*how, reference.clone(), stamp.seq));
            }
            Fact::Received { .. } => {}
        }
    }
}

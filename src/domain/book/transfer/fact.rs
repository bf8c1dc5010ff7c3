//! What is entered of transfers.

use minicbor::{Decode, Encode};
use serde::{Deserialize, Serialize};

use super::super::report_line::ReportLine;
use super::papers::{Border, Carrier, Consignment, Item, Outcome, Purpose};
use crate::domain::{PersonId, Seq, StationId, WeaponId};

/// What is entered. A list stands in entries of its own, of so many weapons each as fit into one.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize, Encode, Decode)]
#[serde(rename_all = "snake_case")]
pub enum Fact {
    /// A transfer was begun; nothing is on its list yet.
    #[n(0)]
    Opened {
        /// Its number.
        #[n(0)]
        transfer: String,
        /// The receiver.
        #[n(1)]
        to: StationId,
        /// Why.
        #[n(2)]
        purpose: Purpose,
        /// Where it crosses a border.
        #[n(3)]
        border: Option<Border>,
    },
    /// Weapons were put on its list and into the crate.
    #[n(1)]
    Packed {
        /// Which transfer.
        #[n(0)]
        transfer: String,
        /// Which weapons.
        #[n(1)]
        weapons: Vec<WeaponId>,
    },
    /// Weapons were taken off it again.
    #[n(2)]
    Unpacked {
        /// Which transfer.
        #[n(0)]
        transfer: String,
        /// Which weapons.
        #[n(1)]
        weapons: Vec<WeaponId>,
    },
    /// It left.
    #[n(3)]
    Dispatched {
        /// Which transfer.
        #[n(0)]
        transfer: String,
        /// How.
        #[n(1)]
        consignment: Consignment,
        /// How many.
        #[n(2)]
        count: u32,
        /// Digest of the document that travels with it.
        #[n(3)]
        digest: String,
        /// Why, so that this entry alone says which report it feeds.
        #[n(4)]
        purpose: Purpose,
    },
    /// These left with it.
    #[n(4)]
    Sent {
        /// Which transfer.
        #[n(0)]
        transfer: String,
        /// Which weapons.
        #[n(1)]
        weapons: Vec<WeaponId>,
    },
    /// Somebody else carries it now.
    #[n(5)]
    CarrierChanged {
        /// Which transfer.
        #[n(0)]
        transfer: String,
        /// Who.
        #[n(1)]
        carrier: Carrier,
        /// Where it changed hands.
        #[n(2)]
        place: String,
        /// Seals that were put on there.
        #[n(3)]
        seals: Vec<String>,
    },
    /// No receipt in the time that the rules allow: the receiver is to be asked.
    #[n(6)]
    FollowUpDue {
        /// Which transfer.
        #[n(0)]
        transfer: String,
        /// The receiver.
        #[n(1)]
        to: StationId,
        /// Days that the rules allow.
        #[n(2)]
        days: u32,
    },
    /// The receiver was asked.
    #[n(7)]
    FollowedUp {
        /// Which transfer.
        #[n(0)]
        transfer: String,
        /// By which letter or call.
        #[n(1)]
        reference: String,
    },
    /// Nobody answered: its weapons are not accounted for.
    #[n(8)]
    Unanswered {
        /// Which transfer.
        #[n(0)]
        transfer: String,
        /// The receiver.
        #[n(1)]
        to: StationId,
        /// How many weapons.
        #[n(2)]
        count: u32,
    },
    /// The receiver's receipt is here.
    #[n(9)]
    Confirmed {
        /// Which transfer.
        #[n(0)]
        transfer: String,
        /// Whether it was taken.
        #[n(1)]
        outcome: Outcome,
        /// Weapons counted there.
        #[n(2)]
        counted: u32,
        /// Weapons sent.
        #[n(3)]
        sent: u32,
        /// Number of the receiver's entry.
        #[n(4)]
        receipt: Seq,
    },
    /// These are the receiver's now.
    #[n(10)]
    Delivered {
        /// Which transfer.
        #[n(0)]
        transfer: String,
        /// Which weapons.
        #[n(1)]
        weapons: Vec<WeaponId>,
    },
    /// These left and were not received.
    #[n(11)]
    NotReceived {
        /// Which transfer.
        #[n(0)]
        transfer: String,
        /// Which weapons.
        #[n(1)]
        weapons: Vec<WeaponId>,
    },
    /// It was taken back.
    #[n(12)]
    Reversed {
        /// Which transfer.
        #[n(0)]
        transfer: String,
        /// Weapons counted when it was back.
        #[n(1)]
        counted: u32,
        /// Weapons sent.
        #[n(2)]
        sent: u32,
    },
    /// These are back from it.
    #[n(13)]
    Restored {
        /// Which transfer.
        #[n(0)]
        transfer: String,
        /// Which weapons.
        #[n(1)]
        weapons: Vec<WeaponId>,
    },
    /// Another armoury's crate stands here.
    #[n(14)]
    Arrived {
        /// The sender.
        #[n(0)]
        from: StationId,
        /// Its number there.
        #[n(1)]
        transfer: String,
        /// Why.
        #[n(2)]
        purpose: Purpose,
        /// Where it crossed a border.
        #[n(3)]
        border: Option<Border>,
        /// How it travelled.
        #[n(4)]
        consignment: Consignment,
        /// How many the sender says are in it.
        #[n(5)]
        count: u32,
        /// Digest of the dispatch document.
        #[n(6)]
        digest: String,
    },
    /// What the sender says is in it.
    #[n(15)]
    Listed {
        /// The sender.
        #[n(0)]
        from: StationId,
        /// Its number there.
        #[n(1)]
        transfer: String,
        /// Which weapons, with their records.
        #[n(2)]
        items: Vec<Item>,
    },
    /// Found in it.
    #[n(16)]
    Checked {
        /// The sender.
        #[n(0)]
        from: StationId,
        /// Its number there.
        #[n(1)]
        transfer: String,
        /// By the sender's numbers.
        #[n(2)]
        weapons: Vec<WeaponId>,
        /// Not on the list, as written on them.
        #[n(3)]
        extra: Vec<String>,
    },
    /// It was counted, checked and signed for.
    #[n(17)]
    Received {
        /// The sender.
        #[n(0)]
        from: StationId,
        /// Its number there.
        #[n(1)]
        transfer: String,
        /// Weapons counted.
        #[n(2)]
        counted: u32,
        /// Weapons on the list.
        #[n(3)]
        listed: u32,
        /// Weapons found that are not on it.
        #[n(4)]
        extra: u32,
        /// Seals that are missing, broken or others than listed.
        #[n(5)]
        seals: Vec<String>,
        /// Why, so that this entry alone says which report it feeds.
        #[n(6)]
        purpose: Purpose,
    },
    /// These entered the register.
    #[n(18)]
    TakenIn {
        /// The sender.
        #[n(0)]
        from: StationId,
        /// Its number there.
        #[n(1)]
        transfer: String,
        /// Which.
        #[n(2)]
        weapons: Vec<Taken>,
    },
    /// These are on the list and were not in the crate.
    #[n(19)]
    Short {
        /// The sender.
        #[n(0)]
        from: StationId,
        /// Its number there.
        #[n(1)]
        transfer: String,
        /// By the sender's numbers.
        #[n(2)]
        weapons: Vec<WeaponId>,
    },
    /// It was turned away.
    #[n(20)]
    Rejected {
        /// The sender.
        #[n(0)]
        from: StationId,
        /// Its number there.
        #[n(1)]
        transfer: String,
        /// Why.
        #[n(2)]
        why: String,
    },
}

/// A weapon that entered the register.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize, Encode, Decode)]
#[cbor(map)]
pub struct Taken {
    /// Its number here.
    #[n(0)]
    pub weapon: WeaponId,
    /// Its number at the sender, if that was another.
    #[n(1)]
    pub was: Option<WeaponId>,
}

impl Fact {
    /// The word for its kind.
    pub fn word(&self) -> &'static str {
        match self {
            Self::Opened { .. } => "transfer_opened",
            Self::Packed { .. } => "transfer_packed",
            Self::Unpacked { .. } => "transfer_unpacked",
            Self::Dispatched { .. } => "transfer_dispatched",
            Self::Sent { .. } => "transfer_sent",
            Self::CarrierChanged { .. } => "transfer_carrier_changed",
            Self::FollowUpDue { .. } => "transfer_follow_up_due",
            Self::FollowedUp { .. } => "transfer_followed_up",
            Self::Unanswered { .. } => "transfer_unanswered",
            Self::Confirmed { .. } => "transfer_confirmed",
            Self::Delivered { .. } => "transfer_delivered",
            Self::NotReceived { .. } => "transfer_not_received",
            Self::Reversed { .. } => "transfer_reversed",
            Self::Restored { .. } => "transfer_restored",
            Self::Arrived { .. } => "transfer_arrived",
            Self::Listed { .. } => "transfer_listed",
            Self::Checked { .. } => "transfer_checked",
            Self::Received { .. } => "transfer_received",
            Self::TakenIn { .. } => "transfer_taken_in",
            Self::Short { .. } => "transfer_short",
            Self::Rejected { .. } => "transfer_rejected",
        }
    }

    /// The weapons of this station it is about. What another armoury's list names is in no history here until it has
    /// been received.
    pub fn weapons(&self) -> Vec<&WeaponId> {
        match self {
            Self::Packed { weapons, .. }
            | Self::Unpacked { weapons, .. }
            | Self::Sent { weapons, .. }
            | Self::Delivered { weapons, .. }
            | Self::NotReceived { weapons, .. }
            | Self::Restored { weapons, .. } => weapons.iter().collect(),
            Self::TakenIn { weapons, .. } => weapons.iter().map(|taken| &taken.weapon).collect(),
            _ => Vec::new(),
        }
    }

    /// The people of this station's book it is about: carrier and escort. Those of another station are in another book.
    pub fn persons(&self) -> Vec<&PersonId> {
        fn carrying(carrier: &Carrier) -> Option<&PersonId> {
            match carrier {
                Carrier::Person(person) => Some(person),
                Carrier::Firm(_) => None,
            }
        }
        match self {
            Self::Dispatched { consignment, .. } => {
                carrying(&consignment.carrier).into_iter().chain(&consignment.escort).collect()
            }
            Self::CarrierChanged { carrier, .. } => carrying(carrier).into_iter().collect(),
            _ => Vec::new(),
        }
    }

    /// The line of a State's report it feeds; moves between a State's own armouries feed none.
    pub fn report_line(&self) -> Option<ReportLine> {
        match self {
            Self::Dispatched { purpose, .. } => purpose.line_sent(),
            Self::Received { purpose, .. } => purpose.line_received(),
            _ => None,
        }
    }
}

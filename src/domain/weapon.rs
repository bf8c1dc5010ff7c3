//! A weapon: one record each, never one per type (armoury-practice W-1).

use minicbor::{Decode, Encode};
use serde::{Deserialize, Serialize};

use super::chip::{self, PROOF_BYTES};
use super::ids::{PersonId, Seq, WeaponId};
use super::moment::Moment;
use super::record::{Condition, Marking, Origin};
use crate::identity::{MarkId, TagId};

/// What the register says of one weapon. Unknown fields are empty, never guessed.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize, Encode, Decode)]
#[cbor(map)]
#[serde(deny_unknown_fields)]
pub struct Weapon {
    /// The armoury's number.
    #[n(0)]
    pub id: WeaponId,
    /// Maker as marked.
    #[n(1)]
    pub maker: Option<String>,
    /// Country of manufacture as marked.
    #[n(2)]
    pub country: Option<String>,
    /// Type or model.
    #[n(3)]
    pub model: Option<String>,
    /// Calibre as marked.
    #[n(4)]
    pub calibre: Option<String>,
    /// Serial as marked; not a key on its own (W-2).
    #[n(5)]
    pub serial: Option<String>,
    /// UN category code, `SA-1` to `LW-7` (`un-categories.md` section 1).
    #[n(6)]
    pub category: Option<String>,
    /// Rack of its home slot.
    #[n(7)]
    pub rack: Option<String>,
    /// Slot in that rack.
    #[n(8)]
    pub slot: Option<String>,
    /// What a reader or a camera may find on it.
    #[n(9)]
    pub identifiers: Vec<Identifier>,
    /// Year of manufacture.
    #[n(10)]
    #[serde(default)]
    pub year: Option<u16>,
    /// The unit that owns it.
    #[n(11)]
    #[serde(default)]
    pub owner: Option<String>,
    /// How it came here.
    #[n(12)]
    #[serde(default)]
    pub origin: Option<Origin>,
    /// Marks of the States that imported it, as marked.
    #[n(13)]
    #[cbor(skip_if = "Vec::is_empty")]
    #[serde(default)]
    pub import_marks: Vec<String>,
    /// Marks as people see them, with position and quality (W-4).
    #[n(14)]
    #[cbor(skip_if = "Vec::is_empty")]
    #[serde(default)]
    pub marks: Vec<Marking>,
    /// The state it is in.
    #[n(15)]
    #[serde(default)]
    pub condition: Option<Condition>,
    /// Room of its home slot.
    #[n(16)]
    #[serde(default)]
    pub room: Option<String>,
}

/// Something on a weapon that a device can read.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize, Encode, Decode)]
#[serde(rename_all = "snake_case")]
pub enum Identifier {
    /// A UHF tag: its code as held in the EPC bank and, where enrolled, its chip's number.
    #[n(0)]
    Tag {
        /// EPC bytes.
        #[n(0)]
        #[cbor(with = "minicbor::bytes")]
        epc: Vec<u8>,
        /// TID bytes; a tag that answers with another is suspected of being a copy.
        #[n(1)]
        #[cbor(with = "minicbor::bytes")]
        tid: Option<Vec<u8>>,
    },
    /// A mark a camera can read, with its text as marked.
    #[n(1)]
    Mark {
        /// The text.
        #[n(0)]
        text: String,
    },
}

impl Weapon {
    /// A weapon of which nothing is known but its number.
    pub fn new(id: WeaponId) -> Self {
        Self {
            id,
            maker: None,
            country: None,
            model: None,
            calibre: None,
            serial: None,
            category: None,
            rack: None,
            slot: None,
            identifiers: Vec::new(),
            year: None,
            owner: None,
            origin: None,
            import_marks: Vec::new(),
            marks: Vec::new(),
            condition: None,
            room: None,
        }
    }

    /// Keys of its tags.
    pub fn tag_ids(&self) -> impl Iterator<Item = TagId> + '_ {
        self.identifiers.iter().filter_map(|identifier| match identifier {
            Identifier::Tag { epc, .. } => Some(TagId::from_epc(epc)),
            Identifier::Mark { .. } => None,
        })
    }

    /// Keys of its marks.
    pub fn mark_ids(&self) -> impl Iterator<Item = MarkId> + '_ {
        self.identifiers.iter().filter_map(|identifier| match identifier {
            Identifier::Mark { text } => Some(MarkId::from_text(text)),
            Identifier::Tag { .. } => None,
        })
    }

    /// What names the chips of its tags, where enough of them was enrolled.
    pub fn chips(&self) -> impl Iterator<Item = [u8; PROOF_BYTES]> + '_ {
        self.identifiers.iter().filter_map(|identifier| match identifier {
            Identifier::Tag { tid: Some(tid), .. } => chip::proof(tid),
            _ => None,
        })
    }

    /// The chip number enrolled with the tag `tag`, if one was.
    pub fn enrolled_tid(&self, tag: &TagId) -> Option<&[u8]> {
        self.identifiers.iter().find_map(|identifier| match identifier {
            Identifier::Tag { epc, tid: Some(tid) } if TagId::from_epc(epc) == *tag => Some(tid.as_slice()),
            _ => None,
        })
    }
}

/// Whether a weapon may be handed out at all, apart from who asks.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default, Serialize, Deserialize, Encode, Decode)]
#[serde(rename_all = "snake_case")]
#[cbor(index_only)]
pub enum Standing {
    /// Ordinary stock.
    #[default]
    #[n(0)]
    InService,
    /// On a list of lost or stolen weapons.
    #[n(1)]
    HotListed,
    /// Destroyed with a certificate; seen again it is the loudest alarm.
    #[n(2)]
    Destroyed,
    /// Belongs to another armoury.
    #[n(3)]
    NotHere,
    /// In the room, unfit for issue: damaged, unclean, under repair (I-4).
    #[n(4)]
    Quarantined,
    /// Not accounted for (D-1); shown again it is recovered, never quietly restored (D-3).
    #[n(5)]
    Missing,
    /// Sent to another armoury and not yet received (T-1).
    #[n(6)]
    InTransit,
    /// Left service for good: other agency, owner, export, museum.
    #[n(7)]
    LeftService,
    /// Declared surplus by an authority; stored apart until it leaves.
    #[n(8)]
    Surplus,
    /// Seized, found or surrendered: kept, never issued (D-4).
    #[n(9)]
    Exhibit,
}

impl Standing {
    /// The word used on screens and in the command line.
    pub fn word(self) -> &'static str {
        match self {
            Self::InService => "in_service",
            Self::HotListed => "hot_listed",
            Self::Destroyed => "destroyed",
            Self::NotHere => "not_here",
            Self::Quarantined => "quarantined",
            Self::Missing => "missing",
            Self::InTransit => "in_transit",
            Self::LeftService => "left_service",
            Self::Surplus => "surplus",
            Self::Exhibit => "exhibit",
        }
    }
}

/// Who answers for a weapon now.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Custody {
    /// The armoury.
    In,
    /// A person.
    Out {
        /// The bearer.
        to: PersonId,
        /// When it was issued.
        since: Moment,
        /// When it is due back, wall milliseconds.
        due_wall_ms: Option<i64>,
        /// The entry that issued it.
        seq: Seq,
    },
}

//! What is entered about a count.

use minicbor::{Decode, Encode};
use serde::{Deserialize, Serialize};

use super::super::Alarm;
use super::figures::Figures;
use super::kind::{ExtraKind, How, Kind, Stray};
use crate::domain::ids::{PersonId, Seq, WeaponId};

/// What is entered.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize, Encode, Decode)]
#[serde(rename_all = "snake_case")]
pub enum Fact {
    /// A count began; the number of this entry is its number. The list is that of the book at this entry.
    #[n(0)]
    Opened {
        /// What kind.
        #[n(0)]
        kind: Kind,
        /// Only this rack.
        #[n(1)]
        rack: Option<String>,
        /// How many weapons are on the list; left out of a blind count (C-4).
        #[n(2)]
        number: Option<u32>,
        /// SHA-256 over the list: the weapons' numbers in order, each followed by a line feed.
        #[n(3)]
        #[cbor(with = "minicbor::bytes")]
        #[serde(with = "crate::domain::book::hex32")]
        digest: [u8; 32],
        /// Who hands over.
        #[n(4)]
        outgoing: Option<PersonId>,
        /// Who takes over.
        #[n(5)]
        incoming: Option<PersonId>,
        /// The key whose custody changed (S-4).
        #[n(6)]
        key: Option<String>,
    },
    /// Which weapons are to be touched or shown to a camera follows from a hash that nobody knew before (C-6).
    #[n(1)]
    SampleDrawn {
        /// The count.
        #[n(0)]
        count: Seq,
        /// How many per cent, at least how many.
        #[n(1)]
        share: (u32, u32),
        /// The entry whose hash it follows from.
        #[n(2)]
        entry: Seq,
        /// That hash.
        #[n(3)]
        #[cbor(with = "minicbor::bytes")]
        #[serde(with = "crate::domain::book::hex32")]
        hash: [u8; 32],
    },
    /// Weapons were seen.
    #[n(2)]
    Seen {
        /// The count.
        #[n(0)]
        count: Seq,
        /// How.
        #[n(1)]
        how: How,
        /// Which.
        #[n(2)]
        weapons: Vec<WeaponId>,
        /// Where, if not at home.
        #[n(3)]
        place: Option<String>,
    },
    /// Things are there that should not be.
    #[n(3)]
    Strays {
        /// The count.
        #[n(0)]
        count: Seq,
        /// How they were seen.
        #[n(1)]
        how: How,
        /// Which.
        #[n(2)]
        strays: Vec<Stray>,
    },
    /// A reader listened.
    #[n(4)]
    Swept {
        /// The count.
        #[n(0)]
        count: Seq,
        /// Which; all of them when left out.
        #[n(1)]
        reader: Option<String>,
        /// For how long, milliseconds.
        #[n(2)]
        ms: u64,
        /// Tags of weapons it heard.
        #[n(3)]
        heard: u32,
        /// Why its silence about the others proves nothing, where it does not.
        #[n(4)]
        doubt: Option<String>,
    },
    /// So many of a type.
    #[n(5)]
    Tallied {
        /// The count.
        #[n(0)]
        count: Seq,
        /// The type.
        #[n(1)]
        model: String,
        /// How many.
        #[n(2)]
        found: u32,
    },
    /// So many slots are filled (C-6).
    #[n(6)]
    SlotsCounted {
        /// The count.
        #[n(0)]
        count: Seq,
        /// How many.
        #[n(1)]
        filled: u32,
    },
    /// A finding in words.
    #[n(7)]
    Noted {
        /// The count.
        #[n(0)]
        count: Seq,
        /// About this weapon.
        #[n(1)]
        weapon: Option<WeaponId>,
        /// What.
        #[n(2)]
        text: String,
    },
    /// Marks shown to a camera count from now on, or no longer.
    #[n(8)]
    ScanSet {
        /// The count.
        #[n(0)]
        count: Seq,
        /// Whether they do.
        #[n(1)]
        on: bool,
        /// Only at this read point.
        #[n(2)]
        read_point: Option<String>,
    },
    /// Somebody signed: nothing is added afterwards (C-8).
    #[n(9)]
    Signed {
        /// The count.
        #[n(0)]
        count: Seq,
        /// As whom: `outgoing`, `incoming`, `witness`.
        #[n(1)]
        part: String,
    },
    /// It came out.
    #[n(10)]
    Closed {
        /// The count.
        #[n(0)]
        count: Seq,
        /// With these figures.
        #[n(1)]
        figures: Figures,
    },
    /// It did not come out; somebody above has to decide (C-5).
    #[n(11)]
    HandedUp {
        /// The count.
        #[n(0)]
        count: Seq,
        /// With these figures.
        #[n(1)]
        figures: Figures,
        /// Why.
        #[n(2)]
        reason: String,
    },
    /// It was a mistake.
    #[n(12)]
    Cancelled {
        /// The count.
        #[n(0)]
        count: Seq,
        /// Why.
        #[n(1)]
        reason: String,
    },
    /// The armoury has a new holder, with these differences inherited (C-8).
    #[n(13)]
    TakenOver {
        /// The count.
        #[n(0)]
        count: Seq,
        /// Who handed over.
        #[n(1)]
        outgoing: PersonId,
        /// Who answers from now on.
        #[n(2)]
        incoming: PersonId,
        /// Who witnessed.
        #[n(3)]
        witness: PersonId,
        /// Weapons not accounted for, and cases that are open: every one is now the new holder's.
        #[n(4)]
        inherited: Vec<String>,
        /// The figures.
        #[n(5)]
        figures: Figures,
    },
    /// A count should have been made by now (C-2).
    #[n(14)]
    Overdue {
        /// Which kind.
        #[n(0)]
        kind: Kind,
        /// Since when none was finished, wall milliseconds.
        #[n(1)]
        since_wall_ms: i64,
        /// How many periods ago that is.
        #[n(2)]
        periods: u32,
    },
}

impl Fact {
    /// The word for its kind.
    pub fn word(&self) -> &'static str {
        match self {
            Self::Opened { .. } => "count_opened",
            Self::SampleDrawn { .. } => "sample_drawn",
            Self::Seen { .. } => "weapons_seen",
            Self::Strays { .. } => "extras_found",
            Self::Swept { .. } => "reader_swept",
            Self::Tallied { .. } => "type_counted",
            Self::SlotsCounted { .. } => "slots_counted",
            Self::Noted { .. } => "count_noted",
            Self::ScanSet { .. } => "count_scan_set",
            Self::Signed { .. } => "count_signed",
            Self::Closed { .. } => "count_closed",
            Self::HandedUp { .. } => "count_handed_up",
            Self::Cancelled { .. } => "count_cancelled",
            Self::TakenOver { .. } => "armoury_taken_over",
            Self::Overdue { .. } => "count_overdue",
        }
    }

    /// The weapons it is about.
    pub fn weapons(&self) -> Vec<&WeaponId> {
        match self {
            Self::Seen { weapons, .. } => weapons.iter().collect(),
            Self::Strays { strays, .. } => strays.iter().filter_map(|stray| stray.weapon.as_ref()).collect(),
            Self::Noted { weapon, .. } => weapon.iter().collect(),
            _ => Vec::new(),
        }
    }

    /// The people it is about.
    pub fn persons(&self) -> Vec<&PersonId> {
        match self {
            Self::Opened { outgoing, incoming, .. } => outgoing.iter().chain(incoming).collect(),
            Self::TakenOver { outgoing, incoming, witness, .. } => vec![outgoing, incoming, witness],
            _ => Vec::new(),
        }
    }

    /// What it says. Of a blind count it never says how many are expected.
    pub fn line(&self) -> String {
        match self {
            Self::Opened { kind, rack, number, key, .. } => {
                let rack = rack.as_ref().map(|rack| format!(" of rack {rack}")).unwrap_or_default();
                let number = number.map_or(", blind".to_owned(), |number| format!(", {number} expected"));
                let key = key.as_ref().map(|key| format!(", key {key} changed hands")).unwrap_or_default();
                format!("{} count{rack}{number}{key}", kind.word())
            }
            Self::SampleDrawn { count, entry, .. } => {
                format!("count {count}, from the hash of entry {entry}")
            }
            Self::Seen { count, how, weapons, place } => {
                let place = place.as_ref().map(|place| format!(" in {place}")).unwrap_or_default();
                format!("count {count}: {} {}{place}", few(weapons), how.word())
            }
            Self::Strays { count, strays, .. } => {
                let names: Vec<String> = strays
                    .iter()
                    .take(3)
                    .map(|stray| format!("{} {}", stray.what, stray.kind.word()))
                    .collect();
                let more =
                    if strays.len() > 3 { format!(" and {} more", strays.len() - 3) } else { String::new() };
                format!("count {count}: {}{more}", names.join(", "))
            }
            Self::Swept { count, reader, heard, doubt, .. } => {
                let reader = reader.as_ref().map(|reader| format!(" by {reader}")).unwrap_or_default();
                let doubt =
                    doubt.as_ref().map(|why| format!("; silence proves nothing: {why}")).unwrap_or_default();
                format!("count {count}: {heard} tags heard{reader}{doubt}")
            }
            Self::Tallied { count, model, found } => format!("count {count}: {found} {model}"),
            Self::SlotsCounted { count, filled } => format!("count {count}: {filled} slots filled"),
            Self::Noted { count, weapon, text } => {
                let weapon = weapon.as_ref().map(|id| format!("{id}: ")).unwrap_or_default();
                format!("count {count}: {weapon}{text}")
            }
            Self::ScanSet { count, on, .. } => {
                format!("count {count}: marks {}", if *on { "count" } else { "no longer count" })
            }
            Self::Signed { count, part } => format!("count {count} as {part}"),
            Self::Closed { count, figures } => format!("count {count}: {}", figures.line()),
            Self::HandedUp { count, figures, reason } => {
                format!("count {count}: {}: {reason}", figures.line())
            }
            Self::Cancelled { count, reason } => format!("count {count}: {reason}"),
            Self::TakenOver { count, outgoing, incoming, inherited, .. } => {
                format!(
                    "count {count}: from {outgoing} to {incoming}, {} differences inherited",
                    inherited.len()
                )
            }
            Self::Overdue { kind, .. } => format!("{} count", kind.word()),
        }
    }

    /// Who has to come.
    pub fn alarm(&self) -> Option<Alarm> {
        let (priority, what, first_step) = match self {
            Self::HandedUp { count, figures, .. } => (
                1,
                format!("Count {count} does not come out: {} not accounted for.", figures.missing),
                "Nobody leaves. Count again, two people, by eye.",
            ),
            Self::Strays { count, strays, .. } => {
                let loud = strays.iter().find(|stray| {
                    matches!(stray.kind, ExtraKind::Destroyed | ExtraKind::Missing | ExtraKind::Copy)
                })?;
                (
                    1,
                    format!("Count {count}: {} {}.", loud.what, loud.kind.word()),
                    "Lay it aside, touch nothing on it, call the supervisor.",
                )
            }
            Self::Overdue { kind, .. } => {
                (2, format!("The {} count is overdue.", kind.word()), "Name who counts, and when.")
            }
            _ => return None,
        };
        Some(Alarm { priority, what, first_step })
    }
}

/// "A1", "A1, A2, A3", "A1, A2, A3 and 20 more".
fn few(weapons: &[WeaponId]) -> String {
    let names: Vec<&str> = weapons.iter().take(3).map(WeaponId::as_str).collect();
    match weapons.len().saturating_sub(3) {
        0 => names.join(", "),
        more => format!("{} and {more} more", names.join(", ")),
    }
}

//! What happened: the facts an entry of the ledger can hold.

use minicbor::{Decode, Encode};
use serde::{Deserialize, Serialize};

use super::apparatus::{ReaderIdentified, TagNote};
use super::book::{Booked, By};
use super::decide::Shown;
use super::ids::{PersonId, ReadPoint, Seq, StationId, WeaponId};
use super::person::Person;
use super::policy::Policy;
use super::purpose::{Paper, Purpose};
pub use super::reason::Reason;
use super::weapon::{Standing, Weapon};

/// One fact. Everything the station knows is the fold of these.
#[derive(Debug, Clone, PartialEq)]
pub enum Event {
    /// The first entry of every ledger.
    LedgerCreated(Created),
    /// The ledger was opened by a station that now acts.
    Started(Started),
    /// An orderly end.
    Stopped,
    /// The station's name changed, or was given.
    StationNamed(StationId),
    /// A weapon entered the register, or its record was replaced by a newer one.
    WeaponRegistered(Box<Weapon>),
    /// A weapon's standing changed.
    StandingSet(StandingSet),
    /// A person entered the register, or their record was replaced.
    PersonRegistered(Person),
    /// The rules changed.
    PolicySet(Policy),
    /// Direction at the desk changed.
    ModeSet(Mode),
    /// A presentation at the desk, whatever the answer.
    Desk(Box<DeskEvent>),
    /// A device came, went, or was swapped.
    Device(DeviceNote),
    /// Something about the record store itself that must be remembered.
    StoreNote(StoreNote),
    /// A reader was recognised by its number, or is another than before.
    ReaderIdentified(ReaderIdentified),
    /// A tag was written or locked, or its passwords were looked at.
    Tag(Box<TagNote>),
    /// Something of the book beside the desk.
    Book(Box<Booked>),
    /// A kind this version does not know; its bytes are kept and checked all the same.
    Other(String),
}

impl Event {
    /// The word for the kind, as exported.
    pub fn kind(&self) -> &str {
        match self {
            Self::LedgerCreated(_) => "ledger_created",
            Self::Started(_) => "started",
            Self::Stopped => "stopped",
            Self::StationNamed(_) => "station_named",
            Self::WeaponRegistered(_) => "weapon_registered",
            Self::StandingSet(_) => "standing_set",
            Self::PersonRegistered(_) => "person_registered",
            Self::PolicySet(_) => "policy_set",
            Self::ModeSet(_) => "mode_set",
            Self::Desk(desk) => desk.kind.word(),
            Self::Device(_) => "device",
            Self::StoreNote(_) => "store",
            Self::ReaderIdentified(_) => "reader_identified",
            Self::Tag(_) => "tag",
            Self::Book(booked) => booked.fact.word(),
            Self::Other(kind) => kind,
        }
    }

    /// The weapon it is about, if it is about one.
    pub fn weapon(&self) -> Option<&WeaponId> {
        match self {
            Self::WeaponRegistered(weapon) => Some(&weapon.id),
            Self::StandingSet(set) => Some(&set.weapon),
            Self::Desk(desk) => desk.weapon.as_ref(),
            Self::Tag(note) => note.weapon.as_ref(),
            Self::Book(booked) => match booked.fact.weapons()[..] {
                [weapon] => Some(weapon),
                _ => None,
            },
            _ => None,
        }
    }

    /// The person it is about, if it is about one.
    pub fn person(&self) -> Option<&PersonId> {
        match self {
            Self::PersonRegistered(person) => Some(&person.id),
            Self::Desk(desk) => desk.person.as_ref(),
            Self::Tag(note) => note.person.as_ref(),
            Self::Book(booked) => match booked.fact.persons()[..] {
                [person] => Some(person),
                _ => None,
            },
            _ => None,
        }
    }

    /// Every weapon whose history it belongs to.
    pub fn weapons(&self) -> Vec<&WeaponId> {
        match self {
            Self::Book(booked) => booked.fact.weapons(),
            event => event.weapon().into_iter().collect(),
        }
    }

    /// Everybody whose history it belongs to: holder, bringer, witness, whoever acted.
    pub fn persons(&self) -> Vec<&PersonId> {
        let mut persons = match self {
            Self::Book(booked) => {
                let by = &booked.by;
                let mut persons = booked.fact.persons();
                persons.extend(by.person.iter().chain(&by.witness));
                persons
            }
            Self::Desk(desk) => {
                let typed = desk.by.iter().flat_map(|by| by.person.iter().chain(&by.witness));
                desk.person.iter().chain(&desk.brought_by).chain(&desk.witness).chain(typed).collect()
            }
            event => event.person().into_iter().collect(),
        };
        persons.sort();
        persons.dedup();
        persons
    }
}

/// Chosen once, when the ledger is made.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize, Encode, Decode)]
#[serde(rename_all = "snake_case")]
#[cbor(index_only)]
pub enum Practice {
    /// Real weapons, real people.
    #[n(0)]
    Live,
    /// Training and demonstration; every screen says so.
    #[n(1)]
    Exercise,
}

/// The genesis of a ledger.
#[derive(Debug, Clone, PartialEq, Eq, Encode, Decode)]
#[cbor(map)]
pub struct Created {
    /// Live or exercise.
    #[n(0)]
    pub practice: Practice,
    /// Ed25519 public key of the station.
    #[n(1)]
    #[cbor(with = "minicbor::bytes")]
    pub station_key: [u8; 32],
}

/// A start of the station.
#[derive(Debug, Clone, PartialEq, Eq, Encode, Decode)]
#[cbor(map)]
pub struct Started {
    /// Version of the program.
    #[n(0)]
    pub version: String,
    /// The last run did not end in order: power cut, kill or crash.
    #[n(1)]
    pub after_unclean_end: bool,
}

/// A change of standing.
#[derive(Debug, Clone, PartialEq, Eq, Encode, Decode)]
#[cbor(map)]
pub struct StandingSet {
    /// The weapon.
    #[n(0)]
    pub weapon: WeaponId,
    /// What it is now.
    #[n(1)]
    pub standing: Standing,
    /// On whose authority, with reference.
    #[n(2)]
    pub authority: Option<String>,
}

/// Which way weapons go at the desk.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default, Serialize, Deserialize, Encode, Decode)]
#[serde(rename_all = "snake_case")]
#[cbor(index_only)]
pub enum Mode {
    /// Direction follows custody: what is in goes out, what is out comes in.
    #[default]
    #[n(0)]
    Auto,
    /// Only issue.
    #[n(1)]
    Issue,
    /// Only return.
    #[n(2)]
    Return,
}

impl Mode {
    /// The word used in files and exports.
    pub fn word(self) -> &'static str {
        match self {
            Self::Auto => "auto",
            Self::Issue => "issue",
            Self::Return => "return",
        }
    }
}

/// What became of a presentation.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum DeskKind {
    /// The weapon left with the person.
    Issued,
    /// The weapon came back.
    Returned,
    /// No.
    Refused,
    /// A supervisor must decide.
    Asked,
    /// Not read clearly; show it again.
    Unclear,
}

impl DeskKind {
    /// The word used in entries.
    pub fn word(self) -> &'static str {
        match self {
            Self::Issued => "issued",
            Self::Returned => "returned",
            Self::Refused => "refused",
            Self::Asked => "asked",
            Self::Unclear => "unclear",
        }
    }

    /// The kind of that word.
    pub fn from_word(word: &str) -> Option<Self> {
        [Self::Issued, Self::Returned, Self::Refused, Self::Asked, Self::Unclear]
            .into_iter()
            .find(|kind| kind.word() == word)
    }

    /// What the screen says.
    pub fn verdict(self) -> Verdict {
        match self {
            Self::Issued => Verdict::Out,
            Self::Returned => Verdict::In,
            Self::Refused => Verdict::Stop,
            Self::Asked => Verdict::Ask,
            Self::Unclear => Verdict::Again,
        }
    }

    /// Whether custody moved.
    pub fn moves_custody(self) -> bool {
        matches!(self, Self::Issued | Self::Returned)
    }
}

/// The word on the screen (`ux.md` section 3). Ordered by how loudly it asks for somebody.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize)]
#[serde(rename_all = "UPPERCASE")]
pub enum Verdict {
    /// Nothing is going on.
    Ready,
    /// Busy or starting.
    Wait,
    /// Came in.
    In,
    /// Went out.
    Out,
    /// Show it again.
    Again,
    /// A supervisor must decide.
    Ask,
    /// No.
    Stop,
}

impl Verdict {
    /// The word.
    pub fn word(self) -> &'static str {
        match self {
            Self::Ready => "READY",
            Self::Wait => "WAIT",
            Self::In => "IN",
            Self::Out => "OUT",
            Self::Again => "AGAIN",
            Self::Ask => "ASK",
            Self::Stop => "STOP",
        }
    }
}

/// One presentation at the desk and its answer. Exactly one entry each, also when the answer is no.
#[derive(Debug, Clone, PartialEq)]
pub struct DeskEvent {
    /// What became of it.
    pub kind: DeskKind,
    /// Why, where there is something to say.
    pub reason: Option<Reason>,
    /// The weapon, where one was identified.
    pub weapon: Option<WeaponId>,
    /// Whose custody began or ended; on a refusal, who asked.
    pub person: Option<PersonId>,
    /// Who brought it, where that is not `person` (I-3).
    pub brought_by: Option<PersonId>,
    /// The second person.
    pub witness: Option<PersonId>,
    /// Where.
    pub read_point: Option<ReadPoint>,
    /// The direction in force.
    pub mode: Mode,
    /// When it is due back, wall milliseconds.
    pub due_wall_ms: Option<i64>,
    /// The last entry that moved custody of this weapon, as the station knew it (I16); none for the first.
    pub predecessor: Option<Seq>,
    /// How the station knew.
    pub evidence: Vec<Evidence>,
    /// What it was drawn for (I-8); only where a weapon left, or was to leave.
    pub purpose: Option<Purpose>,
    /// On which paper it left (I-2).
    pub paper: Option<Paper>,
    /// It left without its bearer's badge: `person` answers for it until somebody signs (I-7).
    pub to_sign: bool,
    /// Who typed it, where no device read it.
    pub by: Option<By>,
    /// What of the request is not in the fields above: with it the decision can be made again. None in entries of
    /// older programs.
    pub shown: Option<Box<Shown>>,
}

impl DeskEvent {
    /// An answer of this kind about nothing yet.
    pub fn new(kind: DeskKind) -> Self {
        Self {
            kind,
            reason: None,
            weapon: None,
            person: None,
            brought_by: None,
            witness: None,
            read_point: None,
            mode: Mode::Auto,
            due_wall_ms: None,
            predecessor: None,
            evidence: Vec::new(),
            purpose: None,
            paper: None,
            to_sign: false,
            by: None,
            shown: None,
        }
    }
}

/// One reading that led to a decision.
#[derive(Debug, Clone, PartialEq, Eq, Default, Serialize, Deserialize, Encode, Decode)]
#[cbor(map)]
pub struct Evidence {
    /// By what road.
    #[n(0)]
    pub road: Road,
    /// EPC in lower-case hex, or the mark's text. Of a badge only its last four characters: a badge is personal.
    #[n(1)]
    pub value: String,
    /// Chip number in hex, where it was read.
    #[n(2)]
    pub tid: Option<String>,
    /// Antenna, counted from 1.
    #[n(3)]
    pub antenna: Option<u8>,
    /// Median strength over the readings.
    #[n(4)]
    pub rssi_dbm: Option<i16>,
    /// How many readings confirmed it.
    #[n(5)]
    pub reads: Option<u32>,
    /// The place.
    #[n(6)]
    pub read_point: Option<ReadPoint>,
    /// For how long of the presentation its reader or antenna did not hear, ms; absent where it heard throughout. What
    /// was not read in that time proves nothing.
    #[n(7)]
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub gap_ms: Option<u64>,
}

/// How something was read.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default, Serialize, Deserialize, Encode, Decode)]
#[serde(rename_all = "snake_case")]
#[cbor(index_only)]
pub enum Road {
    /// By radio.
    #[default]
    #[n(0)]
    Tag,
    /// By camera or scanner.
    #[n(1)]
    Mark,
    /// A person's badge by radio.
    #[n(2)]
    BadgeTag,
    /// A person's badge by camera or scanner.
    #[n(3)]
    BadgeMark,
    /// Typed by hand.
    #[n(4)]
    Typed,
}

/// Something that happened to a device.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize, Encode, Decode)]
#[cbor(map)]
pub struct DeviceNote {
    /// Its name in the configuration.
    #[n(0)]
    pub name: String,
    /// `up` or `down`; of an antenna, by its control tag, `ill` or `well`.
    #[n(1)]
    pub state: String,
    /// What is known about it.
    #[n(2)]
    pub detail: String,
}

/// Something that happened to the record store.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize, Encode, Decode)]
#[cbor(map)]
pub struct StoreNote {
    /// `disk_full`, `disk_free`, `reopened`.
    #[n(0)]
    pub what: String,
    /// What is known about it.
    #[n(1)]
    pub detail: String,
}

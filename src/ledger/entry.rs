//! One entry: its stored bytes, its place in the chain, and what the bytes say.
//!
//! The bytes are deterministic CBOR (RFC 8949 section 4.2) with small integer keys: a map in ascending key order,
//! definite lengths, absent fields left out. They are written once and never encoded again; checking hashes what is
//! stored (`ledger-and-sync.md`, I5).

use minicbor::{Decode, Encode};
use sha2::{Digest, Sha256};
use uuid::Uuid;

use crate::domain::apparatus::{ReaderIdentified, TagNote};
use crate::domain::book::{Asked, Booked, By, Origin};
use crate::domain::decide::Shown;
use crate::domain::event::{Created, DeviceNote, StandingSet, Started, StoreNote};
use crate::domain::{
    DeskEvent, DeskKind, Event, Evidence, Mode, Moment, Paper, Person, PersonId, Policy, Purpose, ReadPoint,
    Reason, Seq, StationId, Weapon, WeaponId,
};

/// The payload format this version writes.
pub const FORMAT: u16 = 1;

/// Largest payload taken from a disk, a stick or a network, in bytes. The largest entry the station writes (a weapon
/// with long fields) is far below it.
pub const PAYLOAD_MAX_BYTES: usize = 64 * 1024;

/// A link of the chain.
#[derive(Clone, Copy, PartialEq, Eq, Hash)]
pub struct Hash(pub [u8; 32]);

impl Hash {
    /// What the first entry follows.
    pub const GENESIS: Self = Self([0; 32]);

    /// Reads 64 hex digits.
    pub fn from_hex(text: &str) -> Option<Self> {
        let bytes = crate::identity::epc::parse_hex(text).ok()?;
        bytes.try_into().ok().map(Self)
    }
}

impl std::fmt::Display for Hash {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        self.0.iter().try_for_each(|byte| write!(f, "{byte:02x}"))
    }
}

impl std::fmt::Debug for Hash {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        std::fmt::Display::fmt(self, f)
    }
}

/// The hash of an entry:
/// `SHA-256("armoury-entry-1\0" || prev || payload length, u64 big-endian || payload)` (`architecture.md`, rulings).
pub fn entry_hash(prev: &Hash, payload: &[u8]) -> Hash {
    let mut sha = Sha256::new();
    sha.update(b"armoury-entry-1\0");
    sha.update(prev.0);
    sha.update((payload.len() as u64).to_be_bytes());
    sha.update(payload);
    Hash(sha.finalize().into())
}

/// An event with the address the ledger gave it.
#[derive(Debug, Clone, PartialEq)]
pub struct Entry {
    /// What the bytes say.
    pub record: Record,
    /// The stored bytes.
    pub payload: Vec<u8>,
    /// The hash of the entry before.
    pub prev: Hash,
    /// This entry's hash.
    pub hash: Hash,
}

/// An entry's content, decoded.
#[derive(Debug, Clone, PartialEq)]
pub struct Record {
    /// The station's name when it was written.
    pub station: StationId,
    /// The epoch.
    pub epoch: u32,
    /// Its number.
    pub seq: Seq,
    /// Random number of the start that wrote it.
    pub incarnation: [u8; 16],
    /// The operator's act it belongs to; none where the station acted on its own or on a presentation.
    pub command: Option<Uuid>,
    /// When.
    pub at: Moment,
    /// What happened.
    pub event: Event,
}

/// Why bytes are not an entry.
#[derive(Debug, thiserror::Error)]
pub enum EntryError {
    /// The bytes are no CBOR of the known shape.
    #[error("decode the entry: {0}")]
    Shape(#[from] minicbor::decode::Error),
    /// A format written by a newer program.
    #[error("read an entry of format {0}: this program knows formats up to {FORMAT}; use a newer one")]
    Format(u16),
    /// A field that the kind needs is absent.
    #[error("read an entry of kind {kind}: it holds no {field}")]
    Missing {
        /// The kind.
        kind: String,
        /// The field.
        field: &'static str,
    },
    /// More bytes than any entry has.
    #[error("read an entry of {0} bytes: the largest is {PAYLOAD_MAX_BYTES}")]
    TooLong(usize),
}

/// The layout of the stored bytes. Keys are never given a new meaning; unknown keys are skipped here and kept in the
/// bytes.
#[derive(Debug, Clone, Default, Encode, Decode)]
#[cbor(map)]
struct Payload {
    #[n(0)]
    format: u16,
    #[n(1)]
    station: String,
    #[n(2)]
    epoch: u32,
    #[n(3)]
    seq: u64,
    #[n(4)]
    #[cbor(with = "minicbor::bytes")]
    incarnation: [u8; 16],
    #[n(5)]
    #[cbor(with = "minicbor::bytes")]
    command: Option<[u8; 16]>,
    #[n(6)]
    kind: String,
    #[n(7)]
    at: Option<Moment>,
    #[n(8)]
    weapon: Option<WeaponId>,
    #[n(9)]
    person: Option<PersonId>,
    #[n(10)]
    brought_by: Option<PersonId>,
    #[n(11)]
    witness: Option<PersonId>,
    #[n(12)]
    reason: Option<String>,
    #[n(13)]
    read_point: Option<ReadPoint>,
    #[n(14)]
    mode: Option<Mode>,
    #[n(15)]
    due_wall_ms: Option<i64>,
    #[n(16)]
    predecessor: Option<u64>,
    #[n(17)]
    evidence: Option<Vec<Evidence>>,
    #[n(18)]
    shown: Option<Shown>,
    #[n(20)]
    purpose: Option<Purpose>,
    #[n(21)]
    paper: Option<Paper>,
    #[n(22)]
    to_sign: Option<bool>,
    #[n(32)]
    created: Option<Created>,
    #[n(33)]
    started: Option<Started>,
    #[n(34)]
    named: Option<StationId>,
    #[n(35)]
    weapon_record: Option<Weapon>,
    #[n(36)]
    standing: Option<StandingSet>,
    #[n(37)]
    person_record: Option<Person>,
    #[n(38)]
    policy: Option<Policy>,
    #[n(39)]
    device: Option<DeviceNote>,
    #[n(40)]
    store: Option<StoreNote>,
    #[n(41)]
    reader: Option<ReaderIdentified>,
    #[n(42)]
    tag: Option<TagNote>,
    #[n(43)]
    by: Option<By>,
    /// A fact of the book, encoded apart: one that a newer program wrote is then no damage.
    #[n(44)]
    #[cbor(with = "minicbor::bytes")]
    fact: Option<Vec<u8>>,
    #[n(45)]
    origin: Option<OriginKind>,
    /// The act as it was asked, in JSON as the socket knows it.
    #[n(46)]
    act: Option<String>,
    /// How many facts came of it.
    #[n(47)]
    facts: Option<u32>,
}

/// What led to a fact of the book; absent where it was only noted.
#[derive(Debug, Clone, Copy, Encode, Decode)]
#[cbor(index_only)]
enum OriginKind {
    #[n(0)]
    Due,
    #[n(1)]
    Asked,
    #[n(2)]
    Follows,
}

impl Record {
    /// The bytes to store.
    pub fn encode(&self) -> Vec<u8> {
        let mut payload = Payload {
            format: FORMAT,
            station: self.station.as_str().to_owned(),
            epoch: self.epoch,
            seq: self.seq,
            incarnation: self.incarnation,
            command: self.command.map(Uuid::into_bytes),
            kind: self.event.kind().to_owned(),
            at: Some(self.at),
            ..Payload::default()
        };
        payload.put(&self.event);
        minicbor::to_vec(&payload).expect("writing to a vector cannot fail")
    }

    /// Reads stored bytes.
    ///
    /// # Errors
    /// Anything that is not an entry; nothing is guessed.
    pub fn decode(bytes: &[u8]) -> Result<Self, EntryError> {
        if bytes.len() > PAYLOAD_MAX_BYTES {
            return Err(EntryError::TooLong(bytes.len()));
        }
        let payload: Payload = minicbor::decode(bytes)?;
        if payload.format > FORMAT {
            return Err(EntryError::Format(payload.format));
        }
        let at = payload.at.ok_or_else(|| payload.missing("clock"))?;
        Ok(Self {
            station: StationId::new(payload.station.clone()),
            epoch: payload.epoch,
            seq: payload.seq,
            incarnation: payload.incarnation,
            command: payload.command.map(Uuid::from_bytes),
            at,
            event: payload.take()?,
        })
    }
}

impl Payload {
    fn missing(&self, field: &'static str) -> EntryError {
        EntryError::Missing { kind: self.kind.clone(), field }
    }

    fn put(&mut self, event: &Event) {
        match event {
            Event::LedgerCreated(created) => self.created = Some(created.clone()),
            Event::Started(started) => self.started = Some(started.clone()),
            Event::StationNamed(station) => self.named = Some(station.clone()),
            Event::WeaponRegistered(weapon) => {
                self.weapon = Some(weapon.id.clone());
                self.weapon_record = Some(Weapon::clone(weapon));
            }
            Event::StandingSet(set) => {
                self.weapon = Some(set.weapon.clone());
                self.standing = Some(set.clone());
            }
            Event::PersonRegistered(person) => {
                self.person = Some(person.id.clone());
                self.person_record = Some(person.clone());
            }
            Event::PolicySet(policy) => self.policy = Some(policy.clone()),
            Event::ModeSet(mode) => self.mode = Some(*mode),
            Event::Desk(desk) => self.put_desk(desk),
            Event::Device(note) => self.device = Some(note.clone()),
            Event::StoreNote(note) => self.store = Some(note.clone()),
            Event::ReaderIdentified(reader) => self.reader = Some(reader.clone()),
            Event::Tag(note) => self.put_tag(note),
            Event::Book(booked) => self.put_booked(booked),
            Event::Stopped | Event::Other(_) => {}
        }
    }

    fn put_booked(&mut self, booked: &Booked) {
        let fact = minicbor::to_vec(&booked.fact).expect("writing to a vector cannot fail");
        (self.by, self.fact) = (Some(booked.by.clone()), Some(fact));
        self.origin = match &booked.origin {
            Origin::Noted => None,
            Origin::Due => Some(OriginKind::Due),
            Origin::Follows => Some(OriginKind::Follows),
            Origin::Asked(asked) => {
                self.act = asked.act.as_ref().and_then(|act| serde_json::to_string(act).ok());
                self.facts = Some(asked.facts);
                Some(OriginKind::Asked)
            }
        };
    }

    fn origin(&self) -> Origin {
        match self.origin {
            None => Origin::Noted,
            Some(OriginKind::Due) => Origin::Due,
            Some(OriginKind::Follows) => Origin::Follows,
            Some(OriginKind::Asked) => Origin::Asked(Box::new(Asked {
                // An act this version does not know is still an act: its bytes are kept.
                act: self.act.as_deref().and_then(|act| serde_json::from_str(act).ok()),
                facts: self.facts.unwrap_or(1),
            })),
        }
    }

    fn put_tag(&mut self, note: &TagNote) {
        self.weapon = note.weapon.clone();
        self.person = note.person.clone();
        self.tag = Some(note.clone());
    }

    fn put_desk(&mut self, desk: &DeskEvent) {
        self.weapon = desk.weapon.clone();
        self.person = desk.person.clone();
        self.brought_by = desk.brought_by.clone();
        self.witness = desk.witness.clone();
        self.reason = desk.reason.map(|reason| reason.word().to_owned());
        self.read_point = desk.read_point.clone();
        self.mode = Some(desk.mode);
        self.due_wall_ms = desk.due_wall_ms;
        self.predecessor = desk.predecessor;
        self.evidence = Some(desk.evidence.clone());
        (self.purpose, self.paper) = (desk.purpose, desk.paper);
        self.to_sign = desk.to_sign.then_some(true);
        self.by = desk.by.clone();
        self.shown = desk.shown.as_deref().cloned();
    }

    /// The fact of the book; none where this version does not know its kind.
    fn booked(&self) -> Result<Option<Booked>, EntryError> {
        let Some(fact) = &self.fact else { return Ok(None) };
        let by = self.by.clone().ok_or_else(|| self.missing("author"))?;
        match minicbor::decode(fact) {
            Ok(fact) => Ok(Some(Booked { by, fact, origin: self.origin() })),
            Err(error) if error.is_unknown_variant() => Ok(None),
            Err(error) => Err(error.into()),
        }
    }

    fn take(self) -> Result<Event, EntryError> {
        let missing = |field| EntryError::Missing { kind: self.kind.clone(), field };
        Ok(match self.kind.as_str() {
            "ledger_created" => Event::LedgerCreated(self.created.ok_or_else(|| missing("creation"))?),
            "started" => Event::Started(self.started.ok_or_else(|| missing("start"))?),
            "stopped" => Event::Stopped,
            "station_named" => Event::StationNamed(self.named.ok_or_else(|| missing("name"))?),
            "weapon_registered" => {
                Event::WeaponRegistered(Box::new(self.weapon_record.ok_or_else(|| missing("weapon"))?))
            }
            "standing_set" => Event::StandingSet(self.standing.ok_or_else(|| missing("standing"))?),
            "person_registered" => {
                Event::PersonRegistered(self.person_record.ok_or_else(|| missing("person"))?)
            }
            "policy_set" => Event::PolicySet(self.policy.ok_or_else(|| missing("policy"))?),
            "mode_set" => Event::ModeSet(self.mode.ok_or_else(|| missing("mode"))?),
            "device" => Event::Device(self.device.ok_or_else(|| missing("device"))?),
            "store" => Event::StoreNote(self.store.ok_or_else(|| missing("note"))?),
            "reader_identified" => Event::ReaderIdentified(self.reader.ok_or_else(|| missing("reader"))?),
            "tag" => Event::Tag(Box::new(self.tag.ok_or_else(|| missing("tag"))?)),
            word => match DeskKind::from_word(word) {
                Some(kind) => Event::Desk(Box::new(DeskEvent {
                    kind,
                    // A reason this version has no word for is still a reason: the bytes keep it.
                    reason: self.reason.as_deref().and_then(Reason::from_word),
                    weapon: self.weapon,
                    person: self.person,
                    brought_by: self.brought_by,
                    witness: self.witness,
                    read_point: self.read_point,
                    mode: self.mode.ok_or_else(|| missing("mode"))?,
                    due_wall_ms: self.due_wall_ms,
                    predecessor: self.predecessor,
                    evidence: self.evidence.unwrap_or_default(),
                    purpose: self.purpose,
                    paper: self.paper,
                    to_sign: self.to_sign.unwrap_or_default(),
                    by: self.by,
                    shown: self.shown.map(Box::new),
                })),
                None => match self.booked()? {
                    Some(booked) => Event::Book(Box::new(booked)),
                    None => Event::Other(self.kind),
                },
            },
        })
    }
}

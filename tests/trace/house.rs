//! A ledger written entry by entry, with a clock that says what a test wants.

use std::path::Path;

use armoury::domain::event::{DeskEvent, DeskKind, StandingSet};
use armoury::domain::roster::{Enrolment, Personal};
use armoury::domain::{
    Event, Evidence, Identifier, MayDraw, Moment, PersonId, Practice, ReadPoint, Road, Role, Seq, Standing,
    Weapon, WeaponId,
};
use armoury::identity::epc::parse_hex;
use armoury::ledger::{Draft, Ledger, Reader, people};

/// What happens at the desk.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Desk {
    Issued,
    Returned,
    Refused,
}

/// A ledger in a folder of its own.
pub struct House {
    folder: tempfile::TempDir,
    ledger: Option<Ledger>,
    weapons: Vec<Weapon>,
    pub at: Moment,
    /// By what weapons are identified at the desk from now on.
    pub road: Road,
}

impl House {
    pub fn new() -> Self {
        let folder = tempfile::tempdir_in("/dev/shm").or_else(|_| tempfile::tempdir()).expect("a folder");
        let at = Moment::at(1_000, wall("2020-01-01T00:00:00Z"));
        let ledger = Ledger::create(folder.path(), Practice::Exercise, [7; 32], at).expect("an empty folder");
        Self { folder, ledger: Some(ledger), weapons: Vec::new(), at, road: Road::Tag }
    }

    pub fn folder(&self) -> &Path {
        self.folder.path()
    }

    /// Looks without touching.
    pub fn reader(&self) -> Reader {
        Reader::open(self.folder()).expect("a ledger")
    }

    /// Lets the folder go, so that a command may have it.
    pub fn close(&mut self) {
        self.ledger = None;
    }

    /// What the wall clock says from now on; the counter only runs on.
    pub fn clock(&mut self, text: &str) {
        self.at.wall_ms = wall(text);
        self.at.mono_ms += 1_000;
    }

    /// Both clocks run on.
    pub fn passes_ms(&mut self, ms: u32) {
        self.at.mono_ms += u64::from(ms);
        self.at.wall_ms += i64::from(ms);
    }

    pub fn enter(&mut self, draft: impl Into<Draft>) -> Seq {
        let ledger = self.ledger.as_mut().expect("the ledger is open");
        ledger.append(self.at, None, &[draft.into()]).expect("an entry");
        ledger.head().0
    }

    pub fn weapon(&mut self, id: &str, make: impl Fn(&mut Weapon)) -> Seq {
        let mut weapon = Weapon::new(WeaponId::from(id));
        make(&mut weapon);
        self.weapons.push(weapon.clone());
        self.enter(Event::WeaponRegistered(Box::new(weapon)))
    }

    /// Gives a weapon another tag in the place of the one it has.
    pub fn tag(&mut self, id: &str, epc: &str) -> Seq {
        let weapon = self.weapons.iter_mut().find(|weapon| weapon.id.as_str() == id).expect("a weapon");
        weapon.identifiers = vec![Identifier::Tag { epc: parse_hex(epc).expect("hex"), tid: None }];
        let weapon = weapon.clone();
        self.enter(Event::WeaponRegistered(Box::new(weapon)))
    }

    pub fn person(&mut self, id: &str) -> Seq {
        let personal = Personal { name: Some(format!("=NAME OF {id}")), ..Personal::default() };
        let enrolment = Enrolment {
            id: PersonId::from(id),
            role: Role::Bearer,
            valid_until: None,
            may_draw: MayDraw::All,
            personal,
        };
        let (person, row) = people::split(&enrolment, false).expect("random bytes");
        self.enter(Draft { event: Event::PersonRegistered(person), person: Some(row) })
    }

    pub fn standing(&mut self, id: &str, standing: Standing, authority: Option<&str>) -> Seq {
        let authority = authority.map(str::to_owned);
        self.enter(Event::StandingSet(StandingSet { weapon: WeaponId::from(id), standing, authority }))
    }

    pub fn desk(&mut self, kind: Desk, weapon: &str, person: &str) -> Seq {
        self.desk_before(kind, weapon, person, Some("W1"))
    }

    pub fn desk_before(&mut self, kind: Desk, weapon: &str, person: &str, witness: Option<&str>) -> Seq {
        let (kind, reason) = match kind {
            Desk::Issued => (DeskKind::Issued, None),
            Desk::Returned => (DeskKind::Returned, None),
            Desk::Refused => (DeskKind::Refused, Some(armoury::domain::Reason::Suspended)),
        };
        let place = Some(ReadPoint::from("pad"));
        let read = Evidence {
            road: self.road,
            value: "3034".into(),
            antenna: Some(1),
            read_point: place.clone(),
            ..Evidence::default()
        };
        self.enter(Event::Desk(Box::new(DeskEvent {
            reason,
            weapon: Some(WeaponId::from(weapon)),
            person: Some(PersonId::from(person)),
            witness: witness.map(PersonId::from),
            read_point: place,
            evidence: vec![read],
            ..DeskEvent::new(kind)
        })))
    }
}

/// "2026-05-14T09:00:00Z" in milliseconds.
pub fn wall(text: &str) -> i64 {
    text.parse::<jiff::Timestamp>().expect("a time in UTC").as_millisecond()
}

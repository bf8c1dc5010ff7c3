//! A whole station without devices: the real clerk over a real ledger in a folder of its own, with a clock that only
//! moves when a test moves it. After each input it is checked that nothing is claimed that is not written.

use std::sync::Arc;

use armoury::domain::event::StandingSet;
use armoury::domain::rerun::{Outcome, Rerun};
use armoury::domain::roster::{Badge, Enrolment};
use armoury::domain::{
    AntennaPlan, Armoury, Custody, DeskKind, Event, Identifier, Moment, PersonId, Policy, Practice,
    ReadPoint, Seq, Standing, StationId, Verdict, Weapon, WeaponId,
};
use armoury::identity::epc;
use armoury::ledger::{Draft, Ledger, Reader, Record, people};
use armoury::scan::desk::DeskSettings;
use armoury::scan::lanes::LanePlan;
use armoury::scan::presence::PresenceSettings;
use armoury::scan::{CodeReading, TagReading};
use armoury::station::clerk::{Clerk, ClerkSettings, Outlets};
use armoury::station::input::{Input, Stamped};
use armoury::station::view::View;
use armoury_hardware::panel::Signal;
use tokio::sync::{mpsc, watch};

/// The reader that hears everything, with one antenna.
pub const READER: &str = "hatch";

/// Milliseconds between two ticks, as in a running station.
pub const TICK_MS: u64 = 100;

/// The book a station starts with.
#[derive(Debug, Clone, Default)]
pub struct Book {
    /// The rules.
    pub policy: Policy,
    /// Weapons with their standing.
    pub weapons: Vec<(Weapon, Standing)>,
    /// People, and whether they are suspended.
    pub people: Vec<(Enrolment, bool)>,
    /// Antennas of which the configuration says something.
    pub antennas: Vec<AntennaPlan>,
    /// Which read points make a lane of their own.
    pub lanes: LanePlan,
}

/// A running station.
pub struct Station {
    folder: tempfile::TempDir,
    settings: ClerkSettings,
    clerk: Option<Clerk>,
    /// Everything shown on the panel so far, starts excepted.
    pub signals: Vec<Signal>,
    panel: mpsc::Receiver<Signal>,
    view: watch::Receiver<Arc<View>>,
    outlets: Outlets,
    /// The ledger, read-only.
    pub reader: Reader,
    /// Counter of this boot, ms.
    pub mono_ms: u64,
    /// What the wall clock says beyond the counter, ms.
    pub wall_offset_ms: i64,
    checked: Seq,
    followed: Armoury,
    issued: usize,
}

impl Station {
    /// Makes a ledger with `book` in it and starts a station on it.
    pub fn start(book: &Book, desk: DeskSettings, presence: PresenceSettings, wall_ms: i64) -> Self {
        let folder = folder();
        let at = Moment::at(0, wall_ms);
        let mut ledger =
            Ledger::create(folder.path(), Practice::Exercise, [7; 32], at).expect("an empty folder");
        ledger.append(at, None, &drafts(book)).expect("the book can be written");
        drop(ledger);
        let (outlets, panel, view) = outlets();
        let reader = Reader::open(folder.path()).expect("the ledger is there");
        let settings = ClerkSettings {
            station: StationId::from("bravo"),
            desk,
            lanes: book.lanes.clone(),
            presence,
            antennas: book.antennas.clone(),
            policy: None,
            headquarters: false,
        };
        let mut station = Self {
            folder,
            settings,
            clerk: None,
            signals: Vec::new(),
            panel,
            view,
            outlets,
            reader,
            mono_ms: 1_000,
            wall_offset_ms: wall_ms - 1_000,
            checked: 0,
            followed: Armoury::default(),
            issued: 0,
        };
        station.power_on();
        station
    }

    /// The power fails: nothing is closed, what was written is what there is.
    pub fn power_off(&mut self) {
        self.drain();
        self.clerk = None;
    }

    /// Starts a clerk on what the ledger holds.
    pub fn power_on(&mut self) {
        let opened = Ledger::open(self.folder.path(), "a test").expect("the ledger opens after any end");
        let at = self.now();
        self.clerk = Some(
            Clerk::start(opened, &self.settings, self.outlets.clone(), at).expect("the start is written"),
        );
        self.check();
    }

    /// The orderly end, and the start after it.
    pub fn restart_in_order(&mut self) {
        let at = self.now();
        if let Some(clerk) = self.clerk.take() {
            clerk.finish(at);
        }
        self.drain();
        self.power_on();
    }

    /// One input, now; then everything that must hold.
    pub fn feed(&mut self, input: Input) {
        let at = self.now();
        self.clerk().take(Stamped { at, input });
        self.check();
    }

    /// From now on the record store takes no entry.
    pub fn break_ledger(&mut self) {
        self.outside("CREATE TRIGGER IF NOT EXISTS broken BEFORE INSERT ON event BEGIN SELECT RAISE(ABORT, 'broken'); END");
    }

    /// The record store takes entries again.
    pub fn mend_ledger(&mut self) {
        self.outside("DROP TRIGGER IF EXISTS broken");
    }

    fn outside(&self, statement: &str) {
        let file = self.folder.path().join(armoury::ledger::FILE_NAME);
        let connection = rusqlite::Connection::open(file).expect("the store can be opened");
        connection.execute_batch(statement).expect("the store can be changed from outside");
    }

    /// The clerk that is running.
    pub fn clerk(&mut self) -> &mut Clerk {
        self.clerk.as_mut().expect("the station runs")
    }

    /// What the clock says.
    pub fn now(&self) -> Moment {
        let mono_ms = i64::try_from(self.mono_ms).expect("a test is short");
        Moment::at(self.mono_ms, mono_ms + self.wall_offset_ms)
    }

    /// The newest picture that screens were given.
    pub fn shown(&self) -> Arc<View> {
        self.view.borrow().clone()
    }

    /// The state as the clerk holds it.
    pub fn armoury(&self) -> &Armoury {
        self.clerk.as_ref().expect("the station runs").armoury()
    }

    /// Entries after `seq`.
    pub fn entries(&self, seq: Seq) -> Vec<Record> {
        let mut records = Vec::new();
        self.reader
            .each(seq, |entry| {
                records.push(entry.record);
                Ok(())
            })
            .expect("the ledger can be read");
        records
    }

    /// Checks the whole chain, that the fold of the ledger from its first entry is what the clerk believes, and that
    /// every decision on the way comes out the same when it is made again.
    pub fn check_whole(&self) {
        self.reader.verify().expect("the chain holds");
        let (mut folded, mut rerun) = (Armoury::default(), Rerun::default());
        let each = self.reader.each(0, |entry| {
            let record = &entry.record;
            match rerun.step(&folded, entry.prev.0, record.at, &record.event) {
                None | Some(Outcome::Same) => {}
                // An act that says what its facts do not is not kept: it may be a name.
                Some(Outcome::Unknown) if matches!(record.event, Event::Book(_)) => {}
                Some(other) => panic!("entry {} comes out differently: {other:?}: {record:?}", record.seq),
            }
            folded.apply(record.seq, record.at, &record.event);
            Ok(())
        });
        each.expect("the ledger can be read");
        assert_eq!(folded, *self.armoury(), "memory is the fold of the ledger");
    }

    /// What must hold after each input.
    fn check(&mut self) {
        self.drain();
        let fresh = self.entries(self.checked);
        for record in &fresh {
            assert_eq!(record.seq, self.checked + 1, "numbers have no gap");
            self.checked = record.seq;
            self.followed.apply(record.seq, record.at, &record.event);
            if let Event::Desk(desk) = &record.event {
                check_entry(desk);
            }
            self.issued += usize::from(leaves(&record.event));
        }
        let clerk = self.clerk.as_ref().expect("the station runs");
        assert_eq!(self.followed, *clerk.armoury(), "memory is the fold of the ledger");
        // IN may be said again by a REPEAT card; OUT opens the lock.
        let opened = self.signals.iter().filter(|signal| **signal == Signal::Out).count();
        assert!(opened <= self.issued, "the lock was opened {opened} times for {} issues", self.issued);
        if !fresh.is_empty() {
            check_custody(&self.followed);
        }
        self.check_shown();
    }

    /// A word of granting on the screen stands on its entry.
    fn check_shown(&self) {
        let view = self.shown();
        if !matches!(view.desk.verdict, Verdict::Out | Verdict::In) {
            return;
        }
        let seq = view.desk.seq.expect("OUT and IN are never said without an entry");
        let record = self.entries(seq - 1).into_iter().next().expect("the entry is there");
        let moves = match &record.event {
            Event::Desk(desk) => desk.kind.moves_custody(),
            event => leaves(event),
        };
        assert!(moves, "{:?} is shown for {:?}", view.desk.verdict, record.event);
    }

    fn drain(&mut self) {
        while let Ok(signal) = self.panel.try_recv() {
            self.signals.push(signal);
        }
    }
}

/// The EPC a weapon's tag carries in these tests.
pub fn weapon_epc(id: &str) -> Vec<u8> {
    epc::encode(&format!("urn:epc:tag:giai-202:0.0614141.{id}")).expect("the id fits into a tag").bytes
}

/// The mark on a weapon in these tests.
pub fn weapon_mark(id: &str) -> String {
    format!("MARK/{id}")
}

/// The EPC on somebody's card in these tests: a service relation number (GSRN) made from their key.
pub fn badge_epc(id: &str) -> Vec<u8> {
    let number = id.bytes().fold(7_u64, |sum, byte| (sum * 257 + u64::from(byte)) % 10_000_000_000);
    epc::encode(&format!("urn:epc:tag:gsrn-96:0.0614141.{number:010}")).expect("ten digits").bytes
}

/// What is printed on somebody's card in these tests.
pub fn badge_text(id: &str) -> String {
    format!("BADGE/{id}")
}

/// A weapon with a tag and a mark.
pub fn weapon(id: &str, model: Option<String>, tid: Option<Vec<u8>>) -> Weapon {
    Weapon {
        model,
        identifiers: vec![
            Identifier::Tag { epc: weapon_epc(id), tid },
            Identifier::Mark { text: weapon_mark(id) },
        ],
        ..Weapon::new(WeaponId::from(id))
    }
}

/// What a person's card says.
pub fn badge(id: &str, printed: bool) -> Badge {
    if printed { Badge::Qr(badge_text(id)) } else { Badge::Epc(badge_epc(id)) }
}

/// A reader heard a tag.
pub fn tag(epc: Vec<u8>, read_point: &str, rssi_dbm: Option<i16>, tid: Option<Vec<u8>>) -> Input {
    Input::Tag(TagReading {
        reader: READER.into(),
        read_point: ReadPoint::from(read_point),
        epc,
        tid,
        antenna: 1,
        rssi_dbm,
        rssi_raw: None,
        pc: None,
    })
}

/// A camera sees a code.
pub fn code(text: &str, read_point: &str) -> Input {
    Input::Code(CodeReading {
        read_point: ReadPoint::from(read_point),
        bytes: text.as_bytes().to_vec(),
        text: text.to_owned(),
    })
}

fn drafts(book: &Book) -> Vec<Draft> {
    let mut drafts: Vec<Draft> = vec![Event::PolicySet(book.policy.clone()).into()];
    for (weapon, standing) in &book.weapons {
        drafts.push(Event::WeaponRegistered(Box::new(weapon.clone())).into());
        if *standing != Standing::InService {
            let set = StandingSet { weapon: weapon.id.clone(), standing: *standing, authority: None };
            drafts.push(Event::StandingSet(set).into());
        }
    }
    for (enrolment, suspended) in &book.people {
        let (person, row) = people::split(enrolment, *suspended).expect("the system has random bytes");
        drafts.push(Draft { event: Event::PersonRegistered(person), person: Some(row) });
    }
    drafts
}

fn outlets() -> (Outlets, mpsc::Receiver<Signal>, watch::Receiver<Arc<View>>) {
    let (panel_in, panel) = mpsc::channel(1_024);
    let nothing = armoury::station::board::Board::new("", Practice::Exercise, Moment::at(0, 0));
    let (view_in, view) = watch::channel(Arc::new(nothing.view().clone()));
    let (head, _) = watch::channel(0);
    let nudge = Arc::new(tokio::sync::Notify::new());
    (Outlets { view: view_in, head, panel: panel_in, nudge }, panel, view)
}

/// In memory where the system has such a folder: what a cut of the power leaves is another test's business.
fn folder() -> tempfile::TempDir {
    tempfile::tempdir_in("/dev/shm").or_else(|_| tempfile::tempdir()).expect("a folder for the ledger")
}

/// Whether a weapon leaves by it: shown at the desk, or let go by a supervisor.
fn leaves(event: &Event) -> bool {
    match event {
        Event::Desk(desk) => desk.kind == DeskKind::Issued,
        event => event.kind() == "loan_granted",
    }
}

fn check_entry(desk: &armoury::domain::DeskEvent) {
    assert!(!desk.evidence.is_empty(), "how did the station know? {desk:?}");
    match desk.kind {
        DeskKind::Issued => {
            assert!(desk.weapon.is_some() && desk.person.is_some() && desk.reason.is_none(), "{desk:?}");
        }
        DeskKind::Returned => assert!(desk.weapon.is_some() && desk.person.is_some(), "{desk:?}"),
        DeskKind::Refused | DeskKind::Asked | DeskKind::Unclear => {
            assert!(desk.reason.is_some(), "an answer of no says why: {desk:?}");
        }
    }
    assert!(
        desk.witness.is_none() || desk.witness != desk.person,
        "nobody witnesses for themselves: {desk:?}"
    );
}

/// Each weapon is in one place, and the counts say so.
fn check_custody(armoury: &Armoury) {
    let counts = armoury.counts();
    let there = counts.in_stock + counts.out + counts.held_back;
    let total = there + counts.elsewhere + counts.destroyed + counts.missing;
    assert_eq!(total as usize, armoury.weapons().count(), "the counts cover every weapon once");
    let holders = armoury.weapons().filter_map(|held| match &held.custody {
        Custody::Out { to, .. } => Some(to),
        Custody::In => None,
    });
    let out: Vec<&PersonId> = holders.collect();
    let open: Vec<&WeaponId> = armoury.rooms.loan.open.keys().collect();
    let drawn: Vec<&WeaponId> =
        armoury.weapons().filter(|held| held.custody != Custody::In).map(|held| &held.weapon.id).collect();
    assert_eq!(open, drawn, "an open draw for every weapon that is out, and for no other");
    assert_eq!(out.len(), counts.out as usize);
    for person in armoury.persons() {
        let held = out.iter().filter(|holder| ***holder == person.id).count();
        assert_eq!(armoury.held_by(&person.id) as usize, held, "what {} holds", person.id);
    }
}

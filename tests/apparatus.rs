//! What the book says of its readers and of the tags it makes: a swapped reader, a tag written for a weapon or as a badge,
//! and what is refused before anything is written.

#![cfg(feature = "station")]

use std::path::Path;
use std::sync::Arc;

use armoury::config::StationConfig;
use armoury::domain::roster::{Badge, Enrolment, Personal};
use armoury::domain::{
    Event, Identifier, MayDraw, Moment, PersonId, Practice, Role, StationId, TagWork, Weapon, WeaponId,
};
use armoury::identity::epc::{hex, parse_hex};
use armoury::ledger::{Ledger, Reader, Record};
use armoury::station::board::Board;
use armoury::station::clerk::{Clerk, Outlets};
use armoury::station::input::{Asked, DeviceIdentity, DeviceKind, DeviceReport, DeviceState, Input, Stamped};
use armoury::station::keeper::{Caller, Keeper};
use armoury::station::life::clerk_settings;
use armoury::station::protocol::{Ask, Outcome};
use armoury::station::tags::{TagDone, TagStep};
use tokio::sync::{Notify, mpsc, oneshot, watch};

const RIFLE_EPC: &str = "3416450f0800000000000001";
const BADGE_EPC: &str = "2d16450f0800000fa1000000";

fn at(seconds: u64) -> Moment {
    Moment::at(seconds * 1_000, 1_700_000_000_000 + seconds as i64 * 1_000)
}

/// A ledger with a rifle that has a tag, one that has none, and a soldier with a radio badge.
fn house() -> tempfile::TempDir {
    let folder = tempfile::tempdir().expect("a folder");
    drop(Ledger::create(folder.path(), Practice::Live, [7; 32], at(0)).expect("a ledger"));
    let mut keeper = keeper(folder.path());
    let weapon = |id: &str, identifiers| Weapon { identifiers, ..Weapon::new(WeaponId::from(id)) };
    let tag = Identifier::Tag { epc: bytes(RIFLE_EPC), tid: None };
    let weapons = vec![weapon("W1", vec![tag]), weapon("W2", Vec::new())];
    keeper.change(None, Caller::owner(), Ask::ImportWeapons { weapons }, at(1)).expect("registered");
    let personal = Personal {
        name: Some("LEE J.".into()),
        badge: Some(Badge::Epc(bytes(BADGE_EPC))),
        ..Personal::default()
    };
    let persons = vec![Enrolment {
        id: PersonId::from("P1"),
        role: Role::Bearer,
        valid_until: None,
        may_draw: MayDraw::All,
        personal,
    }];
    keeper.change(None, Caller::owner(), Ask::ImportPersons { persons }, at(1)).expect("registered");
    folder
}

fn bytes(text: &str) -> Vec<u8> {
    parse_hex(text).expect("hex")
}

fn keeper(folder: &Path) -> Keeper {
    Keeper::new(Ledger::open(folder, "a test").expect("a ledger"))
}

fn clerk(folder: &Path) -> Clerk {
    let configuration = StationConfig::defaults(StationId::from("alpha"), folder);
    let board = Board::new("alpha", Practice::Live, at(0));
    let outlets = Outlets {
        view: watch::Sender::new(Arc::new(board.view().clone())),
        head: watch::Sender::new(0),
        panel: mpsc::channel(1).0,
        nudge: Arc::new(Notify::new()),
    };
    let opened = Ledger::open(folder, "a test").expect("a ledger");
    Clerk::start(opened, &clerk_settings(&configuration, None), outlets, at(2)).expect("started")
}

fn entries(folder: &Path) -> Vec<Record> {
    let mut records = Vec::new();
    Reader::open(folder)
        .expect("a ledger")
        .each(0, |entry| {
            records.push(entry.record);
            Ok(())
        })
        .expect("read");
    records
}

/// The reader comes up and says which it is.
fn up(serial: &str, adapter: bool, seconds: u64) -> Stamped {
    let identity = Some(DeviceIdentity { family: "mercury".into(), serial: serial.into(), adapter });
    let report = DeviceReport {
        name: "hatch".into(),
        kind: DeviceKind::Reader,
        state: DeviceState::Up,
        detail: String::new(),
        identity,
        figures: None,
        camera: None,
    };
    Stamped { at: at(seconds), input: Input::Device(report) }
}

#[test]
fn a_swapped_reader_is_entered_and_somebody_is_told() {
    let folder = house();
    let mut station = clerk(folder.path());
    station.take(up("A1", false, 10));
    station.take(up("A1", false, 20));
    assert_eq!(station.view().alarms, [], "the first one is a fact, not an alarm");
    station.finish(at(30));

    // What the ledger says is known after a restart, from the kept fold and from the entries alone.
    let mut station = clerk(folder.path());
    station.take(up("A1", false, 40));
    assert!(station.view().alarms.is_empty());
    station.take(up("B2", false, 50));
    let alarm = &station.view().alarms[0];
    assert_eq!((alarm.what.as_str(), alarm.priority), ("hatch is another device: number B2, was A1.", 2));
    // An adapter's number is another kind of number: like is compared with like.
    station.take(up("USB7", true, 60));
    station.take(up("USB8", true, 70));
    assert_eq!(station.view().alarms.len(), 2);
    station.finish(at(80));

    let told: Vec<_> = entries(folder.path())
        .into_iter()
        .filter_map(|record| match record.event {
            Event::ReaderIdentified(reader) => Some((reader.serial, reader.was, reader.adapter)),
            _ => None,
        })
        .collect();
    let one = |serial: &str, was: Option<&str>, adapter| (serial.to_owned(), was.map(str::to_owned), adapter);
    assert_eq!(
        told,
        [
            one("A1", None, false),
            one("B2", Some("A1"), false),
            one("USB7", None, true),
            one("USB8", Some("USB7"), true),
        ]
    );
    let reader = Reader::open(folder.path()).expect("a ledger");
    assert_eq!(reader.fold().expect("folded"), {
        let mut armoury = reader.armoury().expect("from the kept fold");
        armoury.reindex();
        armoury
    });
}

fn write(epc: Option<&str>, weapon: Option<&str>, person: Option<&str>) -> Ask {
    Ask::TagWrite {
        reader: None,
        epc: epc.map(str::to_owned),
        weapon: weapon.map(WeaponId::from),
        person: person.map(PersonId::from),
    }
}

#[test]
fn what_would_make_a_copy_or_a_stranger_is_refused_before_it_is_written() {
    let folder = house();
    let keeper = keeper(folder.path());
    for (ask, why) in [
        (write(None, None, None), "which EPC"),
        (write(Some("30zz"), None, None), "read the EPC"),
        (write(Some("303402"), None, None), "whole 16-bit words"),
        (write(Some(RIFLE_EPC), None, None), "it is that of W1"),
        (write(Some(RIFLE_EPC), Some("W2"), None), "it is that of W1"),
        (write(Some(BADGE_EPC), Some("W1"), None), "it is the badge of P1"),
        (write(None, Some("W2"), None), "no EPC for it; say it with --epc HEX"),
        (write(None, Some("W9"), None), "no EPC for it"),
        (write(Some("3034"), Some("W9"), None), "no such weapon"),
        (write(Some("3034"), None, Some("P9")), "no such person"),
        (write(Some("3034"), Some("W1"), Some("P1")), "say which EPC"),
    ] {
        let refused = keeper.tag_plan(&ask, "armourer".into()).expect_err("refused");
        assert!(refused.contains(why), "{ask:?}: {refused}");
    }
    let planned =
        |ask: Ask| keeper.tag_plan(&ask, String::new()).expect("planned").expect("about a tag").what;
    let TagStep::Write { epc, weapon, .. } = planned(write(None, Some("W1"), None)) else {
        panic!("a write")
    };
    assert_eq!((hex(&epc).as_str(), weapon), (RIFLE_EPC, Some(WeaponId::from("W1"))));
    let TagStep::Write { epc, .. } = planned(write(None, None, Some("P1"))) else { panic!("a write") };
    assert_eq!(hex(&epc), BADGE_EPC);
    assert_eq!(keeper.tag_plan(&Ask::Status {}, String::new()), Ok(None), "about something else");
}

fn written(epc: &str, weapon: Option<&str>, person: Option<&str>) -> TagDone {
    TagDone {
        work: Some(TagWork::Written),
        reader: Some("hatch".into()),
        epc: epc.into(),
        was: Some("e28011602000aaaabbbbcccc".into()),
        tid: Some("e280116020000000000000a1".into()),
        weapon: weapon.map(WeaponId::from),
        person: person.map(PersonId::from),
        by: "armourer (user 1000)".into(),
        answer: serde_json::json!({ "epc": epc }),
        ..TagDone::default()
    }
}

#[test]
fn a_tag_written_for_a_weapon_is_enrolled_with_its_chip() {
    let folder = house();
    let mut station = clerk(folder.path());
    let (reply, mut answer) = oneshot::channel();
    let done = TagDone { reply: Some(reply), ..written(RIFLE_EPC, Some("W1"), None) };
    station.take(Stamped { at: at(10), input: Input::Tagged(Box::new(done)) });
    assert!(matches!(answer.try_recv(), Ok(Outcome::Done(_))));
    station.take(Stamped { at: at(20), input: Input::Tagged(Box::new(written("3034", Some("W2"), None))) });
    let held =
        |id: &str| station.armoury().weapon(&WeaponId::from(id)).expect("known").weapon.identifiers.clone();
    let tag = |epc: &str| Identifier::Tag { epc: bytes(epc), tid: Some(bytes("e280116020000000000000a1")) };
    assert_eq!(held("W1"), [tag(RIFLE_EPC)], "the old record of that EPC is replaced");
    assert_eq!(held("W2"), [tag("3034")]);

    // The same again adds an entry of the work and none of the register.
    station.take(Stamped { at: at(30), input: Input::Tagged(Box::new(written("3034", Some("W2"), None))) });
    // A write that went wrong enrols nothing.
    let failed =
        TagDone { failed: Some("the tag did not answer".into()), ..written("3035", Some("W2"), None) };
    station.take(Stamped { at: at(40), input: Input::Tagged(Box::new(failed)) });
    assert_eq!(
        station.armoury().weapon(&WeaponId::from("W2")).expect("known").weapon.identifiers,
        [tag("3034")]
    );
    station.finish(at(50));

    let kinds: Vec<String> =
        entries(folder.path()).iter().map(|record| record.event.kind().to_owned()).collect();
    let last = &kinds[kinds.len() - 7..];
    assert_eq!(last, ["tag", "weapon_registered", "tag", "weapon_registered", "tag", "tag", "stopped"]);
}

#[test]
fn a_badge_is_enrolled_beside_the_chain_and_only_its_tail_is_in_it() {
    let folder = house();
    let new = "2d16450f0800000fb2000000";
    let mut station = clerk(folder.path());
    station.take(Stamped { at: at(10), input: Input::Tagged(Box::new(written(new, None, Some("P1")))) });
    let failed = TagDone {
        failed: Some(format!("the tag holds {new} after {BADGE_EPC} was written")),
        ..written(BADGE_EPC, None, Some("P1"))
    };
    station.take(Stamped { at: at(20), input: Input::Tagged(Box::new(failed)) });
    station.finish(at(30));
    let opened = Ledger::open(folder.path(), "a test").expect("a ledger");
    let personal = opened.roster.personal(&PersonId::from("P1")).expect("known");
    assert_eq!(personal.badge, Some(Badge::Epc(bytes(new))));
    assert_eq!(personal.name.as_deref(), Some("LEE J."));
    for record in entries(folder.path()) {
        let payload = record.encode();
        let text = String::from_utf8_lossy(&payload);
        for secret in [new, BADGE_EPC, "e280116020000000000000a1"] {
            assert!(!text.contains(secret), "{:?}", record.event);
        }
        if let Event::Tag(note) = record.event {
            assert!(["0000", "000000"].contains(&note.epc.as_str()), "{note:?}");
            assert_eq!((note.tid, note.was.as_deref()), (None, Some("cccc")));
        }
    }
}

#[test]
fn only_a_supervisor_is_shown_a_password_and_nobody_works_without_a_role() {
    let folder = house();
    let mut station = clerk(folder.path());
    let mut ask = |role, what| {
        let (reply, mut answer) = oneshot::channel();
        let asked = Asked { role, user: Some(1000), command: None, what, reply: Some(reply) };
        station.take(Stamped { at: at(10), input: Input::Ask(Box::new(asked)) });
        match answer.try_recv().expect("answered at once: there are no readers") {
            Outcome::Refused { why } => why,
            Outcome::Done(done) => panic!("done: {done}"),
        }
    };
    let password = || Ask::TagPassword { epc: RIFLE_EPC.into() };
    assert!(ask(Some(Role::Armourer), password()).contains("it takes supervisor"));
    assert!(ask(Some(Role::Supervisor), password()).contains("this station has no readers"));
    assert!(ask(None, Ask::TagCheck { reader: None }).contains("no role here"));
    assert!(
        ask(Some(Role::Technician), Ask::TagLock { reader: None })
            .contains("it takes armourer or supervisor")
    );
    assert!(ask(Some(Role::Armourer), write(Some("3034"), None, Some("P1"))).contains("it takes supervisor"));
    assert!(ask(Some(Role::Armourer), write(Some(RIFLE_EPC), Some("W2"), None)).contains("it is that of W1"));
}

#[test]
fn a_recording_of_work_on_a_tag_holds_no_answer() {
    let done = TagDone {
        answer: serde_json::json!({ "access_password": "12345678" }),
        ..written("3034", None, None)
    };
    let text = serde_json::to_string(&Input::Tagged(Box::new(done))).expect("recordable");
    assert!(!text.contains("12345678"), "{text}");
    let back: Input = serde_json::from_str(&text).expect("replayable");
    assert!(matches!(back, Input::Tagged(done) if done.epc == "3034"));
}

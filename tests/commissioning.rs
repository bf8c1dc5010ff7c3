//! Commissioning at the desk: an unknown thing is shown and bound, and whatever is not bound is entered as it always is.

mod common;

use armoury::domain::book::weapon::{Act, Having};
use armoury::domain::book::{self, Fact, Sign, weapon};
use armoury::domain::roster::{Enrolment, Personal};
use armoury::domain::{
    DeskKind, Event, Identifier, MayDraw, Mode, PersonId, Policy, Reason, Role, Standing, Weapon, WeaponId,
};
use armoury::identity::epc::{hex, parse_hex};
use armoury::scan::desk::DeskSettings;
use armoury::scan::presence::PresenceSettings;
use armoury::station::input::{Asked, Input};
use armoury::station::protocol::{Ask, Outcome};
use common::{Book, Station, TICK_MS};
use serde_json::Value;
use tokio::sync::oneshot::Receiver;

const TAG: &str = "3074257bf40000000000162e";
const OTHER: &str = "3074257bf40000000000162f";
const CHIP: &str = "e280116020001234567890ab";

/// W-5, R-1. A tag nobody knows is shown to whoever asked for it: one entry says so, nothing is refused, and bound
/// with a second person it is the weapon's, chip and all.
#[test]
fn a_tag_that_is_shown_becomes_the_weapons() {
    let mut station = station();
    let mut answer = wait(&mut station, true, None, 20);
    show(&mut station, TAG, "pad", Some(CHIP));
    let shown = done(&mut answer);
    assert_eq!((shown["epc"].as_str(), shown["tid"].as_str()), (Some(TAG), Some(CHIP)));
    assert_eq!(shown["read_point"].as_str(), Some("pad"));
    let seq = shown["first"].as_u64().expect("it is an entry");
    assert_eq!(kinds(&station), ["item_shown"]);

    let other = act(&mut station, bind("A1", OTHER, Some(seq)), Some("P2"));
    assert!(refused(other).contains("shows another thing"), "what was not shown is not bound as shown");
    let alone = act(&mut station, bind("A1", TAG, Some(seq)), None);
    assert!(refused(alone).contains("it takes two people"));
    let another = act(&mut station, bind("A2", TAG, Some(seq)), Some("P2"));
    assert!(
        refused(another).contains("say --replace"),
        "a weapon has one tag unless somebody says otherwise"
    );
    act(&mut station, bind("A1", TAG, Some(seq)), Some("P2")).expect("bound");
    let held = &station.armoury().weapon(&WeaponId::from("A1")).expect("known").weapon;
    assert_eq!(held.identifiers, [tag(TAG)]);
    let records = station.entries(0);
    let last = records.last().expect("an entry");
    let Event::Book(booked) = &last.event else { panic!("{last:?}") };
    assert!(
        matches!(&booked.fact, Fact::Weapon(weapon::Fact::Bound { typed: false, .. })),
        "it was shown: {booked:?}"
    );
    station.check_whole();
}

/// I-1. Two unknown tags are one too many: nothing is bound, and each has the entry it would have had.
#[test]
fn two_tags_at_once_are_not_told_apart() {
    let mut station = station();
    let mut answer = wait(&mut station, true, None, 20);
    for _ in 0..10 {
        for epc in [TAG, OTHER] {
            station.feed(common::tag(parse_hex(epc).expect("hex"), "pad", Some(-55), None));
        }
        pass(&mut station, TICK_MS);
    }
    pass(&mut station, 2_000);
    assert!(refused(said(&mut answer)).contains("2 unknown things lie there"));
    assert_eq!(unknown(&station), [Reason::UnknownTag, Reason::UnknownTag]);
    station.check_whole();
}

/// I-1. Who shows nothing is told so; what is shown afterwards, or elsewhere, or is a mark where a tag was wanted, is refused
/// as ever.
#[test]
fn only_what_was_asked_for_is_laid_aside() {
    let mut station = station();
    let mut answer = wait(&mut station, true, Some("bench"), 5);
    show(&mut station, TAG, "pad", None);
    station.feed(common::code("WHATEVER", "lens"));
    assert_eq!(unknown(&station), [Reason::UnknownTag, Reason::UnknownMark]);
    pass(&mut station, 6_000);
    assert!(refused(said(&mut answer)).contains("nothing unknown was"));
    show(&mut station, OTHER, "bench", None);
    assert_eq!(unknown(&station).len(), 3);
    station.check_whole();
}

/// A badge that is shown to be bound is told whole to whoever asked; the entry holds its end only.
#[test]
fn a_badge_that_is_shown_stays_private() {
    let mut station = station();
    let epc = hex(&common::badge_epc("P9"));
    let mut answer = wait(&mut station, true, None, 20);
    show(&mut station, &epc, "pad", None);
    assert_eq!(done(&mut answer)["epc"].as_str(), Some(epc.as_str()));
    let records = station.entries(0);
    let entry = format!("{:?}", records.last().expect("an entry").event);
    assert!(entry.contains("ending") && !entry.contains(&epc), "{entry}");
}

/// I-1. A mark is shown to the camera and bound by what it says; a badge of the book is nobody's mark.
#[test]
fn a_mark_that_is_shown_becomes_the_weapons() {
    let mut station = station();
    let mut answer = ask_next(&mut station, false, None, 20, Some(Role::Armourer));
    station.feed(common::code("A1:MARK", "lens"));
    pass(&mut station, 2_000);
    let shown = done(&mut answer);
    assert_eq!(shown["mark"].as_str(), Some("A1:MARK"));
    let identifier = Identifier::Mark { text: "A1:MARK".into() };
    let weapon = WeaponId::from("A1");
    let shown = shown["first"].as_u64();
    let mark = Act::Bind { weapon: weapon.clone(), identifier, having: Having::None, shown };
    act(&mut station, mark, Some("P2")).expect("bound");
    let text = common::badge_text("P2");
    let badge =
        Act::Bind { weapon, identifier: Identifier::Mark { text }, having: Having::Keep, shown: None };
    assert!(refused(act(&mut station, badge, Some("P2"))).contains("badge of P2"));
}

/// Nothing that is shown gets lost: a station that ends meanwhile enters it, one that cannot write refuses it; and one
/// waits at a time.
#[test]
fn nothing_laid_aside_is_lost() {
    let mut station = station();
    let mut first = wait(&mut station, true, None, 20);
    let mut second = wait(&mut station, true, None, 20);
    assert!(refused(said(&mut second)).contains("somebody else waits"));
    for _ in 0..3 {
        station.feed(common::tag(parse_hex(TAG).expect("hex"), "pad", Some(-55), None));
        pass(&mut station, TICK_MS);
    }
    station.restart_in_order();
    assert!(refused(said(&mut first)).contains("ending"));
    assert_eq!(unknown(&station), [Reason::UnknownTag]);

    let mut bearer = ask_next(&mut station, true, None, 20, Some(Role::Inspector));
    assert!(refused(said(&mut bearer)).contains("it takes armourer"));
    let mut long = wait(&mut station, true, None, 3_600);
    assert!(refused(said(&mut long)).contains("1 to 50 seconds"));

    let mut cut = wait(&mut station, true, None, 20);
    station.power_off();
    station.power_on();
    assert!(cut.try_recv().is_err(), "whoever asked sees that the line is gone");

    let mut unwritten = wait(&mut station, true, None, 20);
    station.break_ledger();
    show(&mut station, OTHER, "pad", None);
    assert!(refused(said(&mut unwritten)).contains("nothing was changed"));
    station.mend_ledger();
    station.check_whole();
}

fn station() -> Station {
    let person = |id: &str, role| {
        let personal = Personal { badge: Some(common::badge(id, true)), ..Personal::default() };
        let enrolment =
            Enrolment { id: PersonId::from(id), role, valid_until: None, may_draw: MayDraw::All, personal };
        (enrolment, false)
    };
    let book = Book {
        policy: Policy::default(),
        weapons: [Weapon::new(WeaponId::from("A1")), common::weapon("A2", None, None)]
            .map(|weapon| (weapon, Standing::InService))
            .into(),
        people: vec![person("P1", Role::Armourer), person("P2", Role::Witness)],
        ..Book::default()
    };
    let desk = DeskSettings { mode: Mode::Auto, window_ms: 8_000, dead_time_ms: 2_000 };
    let presence =
        PresenceSettings { sightings: 2, within_ms: 2_000, min_rssi_dbm: -65, leave_ms: 1_000, margin_db: 6 };
    Station::start(&book, desk, presence, 1_778_749_200_000)
}

fn wait(station: &mut Station, tags: bool, read_point: Option<&str>, seconds: u32) -> Receiver<Outcome> {
    ask_next(station, tags, read_point, seconds, Some(Role::Armourer))
}

fn ask_next(
    station: &mut Station,
    tags: bool,
    read_point: Option<&str>,
    seconds: u32,
    role: Option<Role>,
) -> Receiver<Outcome> {
    let read_point = read_point.map(Into::into);
    ask(station, role, Ask::NextShown { tags, marks: !tags, read_point, seconds })
}

fn ask(station: &mut Station, role: Option<Role>, what: Ask) -> Receiver<Outcome> {
    let (reply, answer) = tokio::sync::oneshot::channel();
    station.feed(Input::Ask(Box::new(Asked { role, user: None, command: None, what, reply: Some(reply) })));
    answer
}

fn act(station: &mut Station, act: Act, witness: Option<&str>) -> Result<Value, String> {
    let sign =
        Sign { person: Some(PersonId::from("P1")), witness: witness.map(PersonId::from), ..Sign::default() };
    let what = Ask::Act { act: Box::new(book::Act::Weapon(act)), sign };
    said(&mut ask(station, None, what))
}

fn bind(weapon: &str, epc: &str, shown: Option<u64>) -> Act {
    Act::Bind { weapon: WeaponId::from(weapon), identifier: tag(epc), having: Having::None, shown }
}

fn tag(epc: &str) -> Identifier {
    let tid = (epc == TAG).then(|| parse_hex(CHIP).expect("hex"));
    Identifier::Tag { epc: parse_hex(epc).expect("hex"), tid }
}

/// A tag lies there for a second and is taken away; then time passes.
fn show(station: &mut Station, epc: &str, place: &str, chip: Option<&str>) {
    let tid = chip.map(|chip| parse_hex(chip).expect("hex"));
    for _ in 0..10 {
        station.feed(common::tag(parse_hex(epc).expect("hex"), place, Some(-55), tid.clone()));
        pass(station, TICK_MS);
    }
    pass(station, 3_000);
}

fn pass(station: &mut Station, ms: u64) {
    for _ in 0..ms / TICK_MS {
        station.mono_ms += TICK_MS;
        station.feed(Input::Tick);
    }
}

fn said(answer: &mut Receiver<Outcome>) -> Result<Value, String> {
    match answer.try_recv().expect("it is answered") {
        Outcome::Done(value) => Ok(value),
        Outcome::Refused { why } => Err(why),
    }
}

fn done(answer: &mut Receiver<Outcome>) -> Value {
    said(answer).expect("something was shown")
}

fn refused(outcome: Result<Value, String>) -> String {
    outcome.expect_err("refused")
}

/// The kinds of entries after the start.
fn kinds(station: &Station) -> Vec<String> {
    let records = station.entries(0);
    let start = records.iter().rposition(|record| record.event.kind() == "started").unwrap_or_default();
    records[start + 1..].iter().map(|record| record.event.kind().to_owned()).collect()
}

/// Why what was unknown was refused.
fn unknown(station: &Station) -> Vec<Reason> {
    let desks = station.entries(0).into_iter().filter_map(|record| match record.event {
        Event::Desk(desk) if desk.kind == DeskKind::Refused => desk.reason,
        _ => None,
    });
    desks.collect()
}

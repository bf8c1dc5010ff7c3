//! Random armouries, people, readings and accidents from one number, held against what must always be true: one holder
//! a weapon, memory is the fold of the ledger, nothing granted without its entry, one entry a presentation, and the
//! same again when the inputs are played a second time.
//!
//! `ARMOURY_SEED=N` plays one world; `ARMOURY_SOAK_MINUTES=N` plays fresh ones for so long.

mod common;
#[path = "common/dice.rs"]
mod dice;
#[path = "common/model.rs"]
mod model;
#[path = "common/world.rs"]
mod world;

use std::time::{Duration, Instant};

use armoury::domain::{DeskEvent, DeskKind, Event, Mode, Moment, Standing};
use armoury::identity::epc;
use armoury::ledger::Record;
use armoury::station::input::Stamped;
use common::{Station, TICK_MS};
use model::Model;
use world::{Accident, World};

/// Worlds of a plain test run.
const SEEDS: std::ops::RangeInclusive<u64> = 1..=16;

/// How long a world lasts, ms of its own time.
const WORLD_MS: u64 = 150_000;

/// 2026-05-14T09:00:00Z.
const START_WALL_MS: i64 = 1_778_749_200_000;

/// A badge out of view counts so long at most after its bearer was answered (`scan/session.rs`), or for the window.
const BADGE_SLACK_MS: u64 = 12_000;

#[test]
fn random_worlds_keep_the_book_straight() {
    let fixed = std::env::var("ARMOURY_SEED").ok().and_then(|seed| seed.parse::<u64>().ok());
    let minutes = std::env::var("ARMOURY_SOAK_MINUTES").ok().and_then(|text| text.parse::<u64>().ok());
    let mut sum = Sum::default();
    match (fixed, minutes) {
        (Some(seed), _) => sum.add(play(seed)),
        (None, Some(minutes)) => {
            let until = Instant::now() + Duration::from_secs(minutes * 60);
            while Instant::now() < until {
                sum.add(play(fresh_seed()));
            }
        }
        (None, None) => SEEDS.for_each(|seed| sum.add(play(seed))),
    }
    println!("{sum:?}");
    // A world in which nothing happens proves nothing.
    assert!(fixed.is_some() || (sum.issued > 20 && sum.returned > 20 && sum.said_no > 50), "{sum:?}");
}

/// What happened in all worlds.
#[derive(Debug, Default)]
struct Sum {
    worlds: u64,
    inputs: u64,
    issued: u64,
    returned: u64,
    said_no: u64,
    accidents: u64,
}

impl Sum {
    fn add(&mut self, other: Self) {
        self.worlds += 1;
        self.inputs += other.inputs;
        self.issued += other.issued;
        self.returned += other.returned;
        self.said_no += other.said_no;
        self.accidents += other.accidents;
    }
}

/// A line of the recording of a world.
enum Line {
    Input(String),
    Accident(Moment, Accident),
}

fn play(seed: u64) -> Sum {
    println!("seed {seed}: play it again with ARMOURY_SEED={seed}");
    let outcome = std::panic::catch_unwind(|| {
        let (sum, first, lines) = live(seed);
        replay(seed, &first, &lines);
        sum
    });
    outcome.unwrap_or_else(|panic| {
        let text = panic.downcast_ref::<String>().map_or("see above", String::as_str);
        panic!("seed {seed}: {text}")
    })
}

/// Lives through a world; answers with its entries and its recording.
fn live(seed: u64) -> (Sum, Vec<Record>, Vec<Line>) {
    let mut world = World::new(seed);
    let mut station = Station::start(&world.book, world.desk, world.presence, START_WALL_MS);
    let mut model = Model::new(&world.book, world.presence, world.desk.window_ms, world.quiet.clone());
    let mut lines = Vec::new();
    let mut sum = Sum::default();
    let begun = station.armoury().head;
    while station.mono_ms < WORLD_MS {
        let tick_ms = station.mono_ms - station.mono_ms % TICK_MS + TICK_MS;
        let (inputs, accident) = world.tick(tick_ms);
        if let Some(accident) = accident {
            sum.accidents += 1;
            station.mono_ms = tick_ms;
            lines.push(Line::Accident(station.now(), accident));
            befall(&mut station, Some(&mut model), accident);
        }
        let tick = (tick_ms + TICK_MS - 1, armoury::station::input::Input::Tick);
        for (at_ms, input) in inputs.into_iter().chain([tick]) {
            station.mono_ms = at_ms;
            sum.inputs += 1;
            let stamped = Stamped { at: station.now(), input };
            let text = serde_json::to_string(&stamped).expect("an input can be recorded");
            let Stamped { input, .. } = serde_json::from_str(&text).expect("and read again");
            let head = station.armoury().head;
            station.feed(stamped.input);
            let fresh = station.entries(head);
            if let Err(why) = model.follow(&input, at_ms, &fresh) {
                panic!("at {at_ms} ms, {input:?}: {why}");
            }
            if model.broken {
                model.doubt(at_ms);
            }
            fresh.iter().for_each(|record| check_issue(&world, &station, &model, record));
            lines.push(Line::Input(text));
        }
    }
    station.check_whole();
    let entries = station.entries(begun);
    let count =
        |kind: DeskKind| entries.iter().filter(|record| record.event.kind() == kind.word()).count() as u64;
    sum.issued = count(DeskKind::Issued);
    sum.returned = count(DeskKind::Returned);
    sum.said_no = count(DeskKind::Refused) + count(DeskKind::Asked) + count(DeskKind::Unclear);
    (sum, entries, lines)
}

fn befall(station: &mut Station, mut model: Option<&mut Model>, accident: Accident) {
    let now_ms = station.mono_ms;
    match accident {
        Accident::PowerFails => {
            station.mend_ledger();
            station.power_off();
            station.power_on();
            station.check_whole();
        }
        Accident::Restart => {
            let head = station.armoury().head;
            station.restart_in_order();
            station.check_whole();
            if let Some(model) = &mut model {
                let closed = model.closed(&station.entries(head));
                assert_eq!(closed, Ok(()));
            }
        }
        Accident::StoreFails => station.break_ledger(),
        Accident::StoreWorks => station.mend_ledger(),
        Accident::ClockJumps(by_ms) => station.wall_offset_ms += by_ms,
    }
    let Some(model) = model else { return };
    match accident {
        Accident::PowerFails | Accident::Restart => {
            model.broken = false;
            model.restart();
        }
        Accident::StoreFails => model.broken = true,
        Accident::StoreWorks => {
            model.doubt(now_ms);
            model.broken = false;
        }
        Accident::ClockJumps(_) => {}
    }
}

/// What left was in the book, in stock, and its bearer was there and allowed to have it: asked of the book itself,
/// not of what decided.
fn check_issue(world: &World, station: &Station, model: &Model, record: &Record) {
    let Event::Desk(desk) = &record.event else { return };
    let DeskEvent { kind: DeskKind::Issued, weapon: Some(weapon), person: Some(person), .. } = &**desk else {
        return;
    };
    let (known, standing) =
        world.book.weapons.iter().find(|(known, _)| known.id == *weapon).expect("a weapon of the book");
    assert_eq!(*standing, Standing::InService, "{desk:?}");
    let (enrolment, suspended) =
        world.book.people.iter().find(|(known, _)| known.id == *person).expect("a person of the book");
    assert!(!suspended, "{desk:?}");
    assert!(enrolment.may_draw.covers(weapon, known.model.as_deref()), "{desk:?}");
    let day = record.at.day().expect("a day of the calendar");
    assert!(enrolment.valid_until.is_none_or(|last| day <= last), "{desk:?}");
    assert_ne!(desk.mode, Mode::Return, "{desk:?}");
    let policy = &world.book.policy;
    let limit = policy.weapons_per_person;
    assert!(limit == 0 || station.armoury().held_by(person) <= limit, "{desk:?}");
    if policy.witness_for_issue {
        let witness = desk.witness.as_ref().expect("a second person");
        let (witness, suspended) =
            world.book.people.iter().find(|(known, _)| known.id == *witness).expect("a person of the book");
        assert!(witness.role.may_witness() && !suspended && witness.id != *person, "{desk:?}");
    }
    let keys = [epc::hex(&common::badge_epc(person.as_str())), common::badge_text(person.as_str())];
    let within_ms = world.desk.window_ms.max(BADGE_SLACK_MS);
    let shown = keys.iter().any(|key| model.seen_lately(key, record.at.mono_ms, within_ms));
    assert!(shown, "the badge of {person} was not shown lately: {desk:?}");
}

/// The same inputs give the same entries: what a number, a hash or a map's order decides must not show.
fn replay(seed: u64, first: &[Record], lines: &[Line]) {
    let world = World::new(seed);
    let mut station = Station::start(&world.book, world.desk, world.presence, START_WALL_MS);
    let begun = station.armoury().head;
    for line in lines {
        match line {
            Line::Accident(at, accident) => {
                station.mono_ms = at.mono_ms;
                befall(&mut station, None, *accident);
            }
            Line::Input(text) => {
                let Stamped { at, input } = serde_json::from_str(text).expect("a recorded input");
                station.mono_ms = at.mono_ms;
                station.feed(input);
                assert_eq!(station.now(), at, "the clock of the recording");
            }
        }
    }
    let second = station.entries(begun);
    assert_eq!(first.len(), second.len(), "a replay makes as many entries");
    for (one, other) in first.iter().zip(&second) {
        assert_eq!(
            (one.seq, one.at, &one.event),
            (other.seq, other.at, &other.event),
            "a replay is the same"
        );
    }
}

fn fresh_seed() -> u64 {
    let mut bytes = [0; 8];
    getrandom::fill(&mut bytes).expect("the system has random bytes");
    u64::from_le_bytes(bytes)
}

//! Random weeks in an armoury: papers asked for by anybody, weapons shown at the desk, power cuts, a store that fails, a
//! clock that jumps. After each input: memory is the fold of the ledger, each weapon is in one place, nobody did what
//! their role forbids, a refusal entered nothing, and an act asked twice was done once.
//!
//! `ARMOURY_SEED=N` plays one world; `ARMOURY_SOAK_MINUTES=N` plays fresh ones for so long.

mod common;
#[path = "common/dice.rs"]
mod dice;
#[path = "common/papers.rs"]
mod papers;

use std::collections::BTreeMap;
use std::time::{Duration, Instant};

use armoury::cli::act::ask_of;
use armoury::domain::book::Booked;
use armoury::domain::roster::{Enrolment, Personal};
use armoury::domain::{Event, MayDraw, PersonId, Policy, Role, Standing};
use armoury::ledger::Record;
use armoury::scan::desk::DeskSettings;
use armoury::scan::presence::PresenceSettings;
use armoury::station::input::{Asked, Input};
use armoury::station::protocol::Outcome;
use common::{Book, Station, TICK_MS};
use dice::Dice;
use papers::{PAPERS, Paper};
use uuid::Uuid;

/// Worlds of a plain test run.
const SEEDS: std::ops::RangeInclusive<u64> = 1..=40;

/// What happens in a world.
const STEPS: usize = 70;

/// 2026-05-14T09:00:00Z.
const START_WALL_MS: i64 = 1_778_749_200_000;

/// Everybody, with the role they were registered with.
const PEOPLE: [(&str, Role); 11] = [
    ("P1", Role::Armourer),
    ("P2", Role::Armourer),
    ("P3", Role::Supervisor),
    ("P4", Role::Supervisor),
    ("P5", Role::Witness),
    ("P6", Role::InventoryOfficer),
    ("P7", Role::Commander),
    ("P8", Role::Bearer),
    ("P9", Role::Bearer),
    ("P10", Role::Technician),
    ("P11", Role::Inspector),
];

#[test]
fn random_weeks_keep_the_book_straight() {
    let fixed = std::env::var("ARMOURY_SEED").ok().and_then(|seed| seed.parse::<u64>().ok());
    let minutes = std::env::var("ARMOURY_SOAK_MINUTES").ok().and_then(|text| text.parse::<u64>().ok());
    let mut sum = Sum::default();
    match (fixed, minutes) {
        (Some(seed), _) => play(seed, &mut sum),
        (None, Some(minutes)) => {
            let until = Instant::now() + Duration::from_secs(minutes * 60);
            while Instant::now() < until {
                play(fresh_seed(), &mut sum);
            }
        }
        (None, None) => SEEDS.for_each(|seed| play(seed, &mut sum)),
    }
    println!(
        "{} worlds, {} papers done, {} refused",
        sum.worlds,
        sum.done.values().sum::<u64>(),
        sum.refused
    );
    for (kind, count) in &sum.done {
        println!("{count:>8}  {kind}");
    }
    if fixed.is_none() {
        // A world in which nothing happens proves nothing.
        assert!(sum.refused > 100 && sum.done.values().sum::<u64>() > 100, "{sum:?}");
        let never: Vec<&str> = PAPERS
            .iter()
            .filter(|paper| !sum.tried.contains_key(paper.line))
            .map(|paper| paper.line)
            .collect();
        assert!(never.is_empty(), "never tried: {never:?}");
    }
}

/// What happened in all worlds.
#[derive(Debug, Default)]
struct Sum {
    worlds: u64,
    refused: u64,
    /// Entries of the book, by kind.
    done: BTreeMap<String, u64>,
    /// Papers, by their line: how often they were done.
    tried: BTreeMap<&'static str, u64>,
}

fn play(seed: u64, sum: &mut Sum) {
    println!("seed {seed}: play it again with ARMOURY_SEED={seed}");
    let mut told = std::mem::take(sum);
    let outcome = std::panic::catch_unwind(move || {
        World::new(seed).live(&mut told);
        told
    });
    *sum = outcome.unwrap_or_else(|panic| {
        let text = panic.downcast_ref::<String>().map_or("see above", String::as_str);
        panic!("seed {seed}: {text}")
    });
    sum.worlds += 1;
}

struct World {
    dice: Dice,
    station: Station,
    weapons: Vec<String>,
    store_works: bool,
}

impl World {
    fn new(seed: u64) -> Self {
        let mut dice = Dice(seed);
        let weapons: Vec<String> = (1..=dice.between(4, 14)).map(|n| format!("A{n}")).collect();
        let policy = Policy {
            two_readings: false,
            witness_for_issue: dice.percent(20),
            loan_hours: dice.between(0, 30) as u32,
            weapons_per_person: dice.between(0, 3) as u32,
            ..Policy::default()
        };
        let weapon = |id: &String| (common::weapon(id, Some("L85A3".into()), None), Standing::InService);
        let person = |(id, role): &(&str, Role)| {
            let personal = Personal { badge: Some(common::badge(id, false)), ..Personal::default() };
            let may_draw = MayDraw::All;
            (Enrolment { id: PersonId::from(*id), role: *role, valid_until: None, may_draw, personal }, false)
        };
        let book = Book {
            policy,
            weapons: weapons.iter().map(weapon).collect(),
            people: PEOPLE.iter().map(person).collect(),
            ..Book::default()
        };
        let desk = DeskSettings { mode: armoury::domain::Mode::Auto, window_ms: 10_000, dead_time_ms: 2_000 };
        let presence = PresenceSettings {
            sightings: 2,
            within_ms: 2_000,
            min_rssi_dbm: -75,
            leave_ms: 1_000,
            margin_db: 6,
        };
        let station = Station::start(&book, desk, presence, START_WALL_MS);
        Self { dice, station, weapons, store_works: true }
    }

    fn live(mut self, sum: &mut Sum) {
        let begun = self.station.armoury().head;
        for _ in 0..STEPS {
            match self.dice.between(0, 99) {
                0..=59 => self.paper(sum),
                60..=89 => self.visit(),
                90..=92 => self.time_passes(),
                93 => self.station.wall_offset_ms += (self.dice.between(0, 4) as i64 - 2) * 365 * 86_400_000,
                94..=95 => self.restart(true),
                96..=97 => self.restart(false),
                _ => {
                    self.store_works = !self.store_works;
                    if self.store_works { self.station.mend_ledger() } else { self.station.break_ledger() }
                }
            }
        }
        self.restart(true);
        self.station.check_whole();
        for record in self.station.entries(begun) {
            if let Event::Book(booked) = &record.event {
                *sum.done.entry(booked.fact.word().to_owned()).or_default() += 1;
            }
        }
    }

    /// Somebody asks for something, perhaps twice.
    fn paper(&mut self, sum: &mut Sum) {
        let paper = self.dice.pick(PAPERS);
        *sum.tried.entry(paper.line).or_default() += 1;
        let may: Vec<&str> =
            PEOPLE.iter().filter(|(_, role)| paper.may.contains(role)).map(|(id, _)| *id).collect();
        let signer = if self.dice.percent(70) { *self.dice.pick(&may) } else { self.dice.pick(&PEOPLE).0 };
        let line = self.filled(paper, signer);
        let command = Uuid::from_u128(u128::from(self.dice.next()) << 64 | u128::from(self.dice.next()));
        let head = self.station.armoury().head;
        let first = self.ask(&line, command);
        let fresh = self.station.entries(head);
        match &first {
            Outcome::Refused { .. } => {
                sum.refused += 1;
                // Whoever is turned away at the door is entered all the same.
                let own = |record: &&Record| {
                    record.command == Some(command) && record.event.kind() != "access_refused"
                };
                let entered: Vec<&Record> = fresh.iter().filter(own).collect();
                assert!(entered.is_empty(), "{line}: refused, and yet {entered:?}");
            }
            Outcome::Done(_) => check_done(paper, &line, signer, command, &fresh),
        }
        if self.dice.percent(20) {
            let head = self.station.armoury().head;
            let second = self.ask(&line, command);
            if let (Outcome::Done(first), Outcome::Done(second)) = (&first, &second) {
                assert_eq!(first["first"], second["first"], "{line}: an act asked twice is one act");
                let again = self.station.entries(head);
                assert!(again.iter().all(|record| record.command != Some(command)), "{line}: {again:?}");
            }
        }
    }

    fn filled(&mut self, paper: &Paper, signer: &str) -> String {
        let mut line = String::new();
        for word in paper.line.split(' ') {
            let word = match word {
                "{weapon}" => self.dice.pick(&self.weapons).clone(),
                "{person}" => self.dice.pick(&PEOPLE).0.to_owned(),
                word if word.contains("{n}") => word.replace("{n}", &self.dice.between(1, 3).to_string()),
                "{day}" => format!("2026-{:02}-14", self.dice.between(1, 12)),
                word => word.to_owned(),
            };
            line += &word;
            line.push(' ');
        }
        line += &format!("--by {signer}");
        if self.dice.percent(60) {
            line += &format!(" --witness {}", self.dice.pick(&PEOPLE).0);
        }
        if self.dice.percent(60) {
            line += " --authority 'order 7'";
        }
        line
    }

    fn ask(&mut self, line: &str, command: Uuid) -> Outcome {
        let what = ask_of(line).unwrap_or_else(|error| panic!("{line}: {error}"));
        let (reply, mut answer) = tokio::sync::oneshot::channel();
        let role = Some(Role::Supervisor);
        let asked = Asked { role, user: Some(1_000), command: Some(command), what, reply: Some(reply) };
        self.station.feed(Input::Ask(Box::new(asked)));
        answer.try_recv().expect("every ask is answered at once")
    }

    /// A badge and a weapon lie on the desk for a while; the weapon gets exactly one answer.
    fn visit(&mut self) {
        let weapon = self.dice.pick(&self.weapons).clone();
        let person = self.dice.pick(&PEOPLE).0;
        let by_mark = self.dice.percent(30);
        let head = self.station.armoury().head;
        for tick in 0..20 {
            if tick < 8 {
                self.station.feed(common::tag(common::badge_epc(person), "left lane", Some(-55), None));
            }
            if (2..12).contains(&tick) {
                self.station.feed(match by_mark {
                    true => common::code(&common::weapon_mark(&weapon), "left lane"),
                    false => common::tag(common::weapon_epc(&weapon), "left lane", Some(-55), None),
                });
            }
            self.station.mono_ms += TICK_MS;
            self.station.feed(Input::Tick);
        }
        // Until everything has left and the window is over.
        for _ in 0..30 {
            self.station.mono_ms += 1_000;
            self.station.feed(Input::Tick);
        }
        let of_it = |record: &&Record| matches!(&record.event, Event::Desk(desk) if desk.weapon.as_ref().is_some_and(|id| id.as_str() == weapon));
        let answers = self.station.entries(head).iter().filter(of_it).count();
        let owed = usize::from(self.store_works);
        assert_eq!(answers, owed, "{weapon} was shown once and answered {answers} times");
    }

    fn time_passes(&mut self) {
        for _ in 0..self.dice.between(1, 8) {
            self.station.mono_ms += self.dice.between(1, 12 * 3_600) * 1_000;
            self.station.feed(Input::Tick);
        }
    }

    fn restart(&mut self, cut: bool) {
        self.store_works = true;
        self.station.mend_ledger();
        if cut {
            self.station.power_off();
            self.station.power_on();
        } else {
            self.station.restart_in_order();
        }
        self.station.check_whole();
    }
}

/// What was done was asked by whoever may: told by this table and not by what decided.
fn check_done(paper: &Paper, line: &str, signer: &str, command: Uuid, fresh: &[Record]) {
    let own: Vec<&Record> = fresh.iter().filter(|record| record.command == Some(command)).collect();
    // What was counted already is counted once.
    assert!(!own.is_empty() || line.starts_with("count seen"), "{line}: done without an entry");
    for record in own {
        let Event::Book(booked) = &record.event else { panic!("{line}: {record:?} is no entry of the book") };
        let Booked { by, .. } = &**booked;
        assert_eq!(by.person.as_ref().map(PersonId::as_str), Some(signer), "{line}");
        let role = by.role.expect("somebody acted in a role");
        assert!(paper.may.contains(&role), "{line}: done by a {}", role.word());
        assert!(by.witness.as_ref().is_none_or(|witness| witness.as_str() != signer), "{line}");
        assert!(!paper.two || by.witness.is_some(), "{line}: done by one alone");
    }
}

fn fresh_seed() -> u64 {
    let mut bytes = [0; 8];
    getrandom::fill(&mut bytes).expect("the system has random bytes");
    u64::from_le_bytes(bytes)
}

#[test]
fn every_paper_is_a_command_line() {
    for paper in PAPERS {
        let line = paper
            .line
            .replace("{weapon}", "A1")
            .replace("{person}", "P1")
            .replace("{n}", "1")
            .replace("{day}", "2026-05-14");
        ask_of(&line).unwrap_or_else(|error| panic!("{line}: {error}"));
    }
}

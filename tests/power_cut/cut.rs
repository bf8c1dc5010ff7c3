//! One run of the station that ends with a kill, and what must be true after it.

use std::collections::BTreeSet;
use std::sync::atomic::{AtomicBool, Ordering};
use std::thread;
use std::time::{Duration, Instant};

use armoury_hardware::bench::BenchReader;
use rustix::process::{Pid, Signal, kill_process};
use serde_json::{Value, json};
use uuid::Uuid;

use crate::bench::{WEAPONS, badge, weapon};
use crate::book::{Book, Shown};
use crate::dice::Dice;
use crate::house::{House, PATIENCE, Station};
use crate::watcher::Watcher;

/// The latest moment of a kill after the reader came up, ms.
const LATEST_MS: u64 = 1_200;

/// Most weapons of one pile.
const PILE: u64 = 5;

/// What happened.
#[derive(Debug, Default, Clone, Copy)]
pub struct Tally {
    pub kills: u32,
    /// Presentations that a screen was shown.
    pub shown: u32,
    /// Presentations that were in the ledger and had not been shown.
    pub not_shown: u32,
    /// Operators' acts that were cut off before their answer, and of these the ones that were done all the same.
    pub asks_cut: u32,
    pub asks_done: u32,
}

/// A house, its reader, and chance.
pub struct Scene<'h> {
    house: &'h House,
    reader: BenchReader,
    dice: Dice,
    pub tally: Tally,
    /// What this run has shown so far.
    shown: Shown,
    /// Weapons that lie there and have not been answered on the screen.
    open: BTreeSet<u32>,
    last_weapon: u32,
    watcher: Option<Watcher>,
    killed: bool,
}

impl<'h> Scene<'h> {
    pub fn new(house: &'h House, seed: u64) -> Self {
        Self {
            house,
            reader: house.reader(),
            dice: Dice::new(seed),
            tally: Tally::default(),
            shown: Shown::default(),
            open: BTreeSet::new(),
            last_weapon: 0,
            watcher: None,
            killed: false,
        }
    }

    /// Starts the station, plays until the power goes, and checks the book.
    pub fn cut(&mut self, play: fn(&mut Self)) {
        let first = self.tally.kills == 0;
        let station = self.start(!first);
        self.wait_for_the_reader();
        let before = Book::read(&self.house.data()).head();
        let after =
            Duration::from_millis(self.dice.below(LATEST_MS)) + Duration::from_micros(self.dice.below(1000));
        let act = Act::new(&mut self.dice);
        let killed = AtomicBool::new(false);
        let answered = thread::scope(|scope| {
            let operator = scope.spawn(|| act.ask_until_killed(self.house, &killed));
            scope.spawn(|| kill_after(after, station.pid(), &killed));
            while !self.killed {
                play(self);
            }
            operator.join().expect("the operator")
        });
        self.reader.clear();
        let said = station.kill();
        assert!(!said.err.contains("ERROR"), "{}", said.err);
        self.tally.kills += 1;
        self.look_into_the_book(before);
        self.ask_again(&act, answered);
    }

    /// The last run, ended in order.
    pub fn end(self) -> Tally {
        let station = self.start(true);
        assert_eq!(station.stop().status, Some(0));
        let book = Book::checked(&self.house.data());
        assert!(book.last_start_was_unclean());
        assert_eq!(self.house.station().stop().status, Some(0));
        assert!(!Book::checked(&self.house.data()).last_start_was_unclean());
        self.tally
    }

    /// One soldier after the other, each with one weapon: the next comes when the last was answered.
    pub fn one_at_a_time(&mut self) {
        self.present(1);
    }

    /// A soldier with several weapons at a time.
    pub fn piles(&mut self) {
        let pile = 1 + self.dice.below(PILE);
        self.present(pile);
    }

    /// Shows a badge and weapons that were not shown lately, and waits until the screen has answered each.
    fn present(&mut self, pile: u64) {
        let person = self.person();
        self.reader.place(badge(person));
        self.open = (0..pile).map(|_| self.weapon()).collect();
        for number in self.open.clone() {
            self.reader.place(weapon(number));
        }
        self.watch();
        self.reader.clear();
    }

    fn person(&mut self) -> u32 {
        1 + u32::try_from(self.dice.below(2)).expect("small")
    }

    fn weapon(&mut self) -> u32 {
        self.last_weapon = self.last_weapon % WEAPONS + 1;
        self.last_weapon
    }

    fn start(&self, unclean: bool) -> Station {
        let station = self.house.station();
        assert!(station.out().contains("station alpha runs") && !station.err().contains("ERROR"));
        let book = Book::read(&self.house.data());
        assert_eq!(book.last_start_was_unclean(), unclean, "after {} kills", self.tally.kills);
        station
    }

    /// A kill before the reader works would interrupt nobody.
    fn wait_for_the_reader(&mut self) {
        let mut watcher = Watcher::attach(&self.house.socket());
        let mut up = false;
        watcher.look(PATIENCE, |view| {
            up = view["devices"][0]["state"] == "ok";
            up
        });
        assert!(up, "the reader does not come up");
        self.watcher = Some(watcher);
    }

    /// Looks at the screen until every weapon that was laid down is answered, or the station is gone.
    fn watch(&mut self) {
        let socket = self.house.socket();
        let mut watcher = self.watcher.take().or_else(|| Watcher::try_attach(&socket));
        let (shown, open) = (&mut self.shown, &mut self.open);
        let alive = watcher.as_mut().is_some_and(|watcher| {
            watcher.look(PATIENCE, |view| {
                for item in shown.look(view) {
                    open.retain(|number| item != format!("W{number:02}"));
                }
                open.is_empty()
            })
        });
        self.killed = !alive;
        assert!(self.killed || self.open.is_empty(), "not answered: {:?}", self.open);
        self.watcher = watcher.filter(|_| alive);
    }

    fn look_into_the_book(&mut self, before: u64) {
        let shown = std::mem::take(&mut self.shown);
        self.killed = false;
        let book = Book::checked(&self.house.data());
        book.holds(&self.house.data(), &shown);
        let not_shown: Vec<_> = book.desk_after(before).filter(|record| !shown.has(record.seq)).collect();
        assert!(not_shown.len() <= self.open.len(), "committed and not shown: {not_shown:#?}");
        self.tally.shown += shown.count();
        self.tally.not_shown += u32::try_from(not_shown.len()).expect("a few");
    }

    /// The operator does not know whether the act that was cut off was done, and asks again: it is done once.
    fn ask_again(&mut self, act: &Act, answered: u32) {
        let book = Book::checked(&self.house.data());
        for number in 0..answered {
            assert_eq!(book.registered(&act.id(number)), 1, "{} was answered as done", act.id(number));
        }
        let cut = act.id(answered);
        let done = book.registered(&cut);
        assert_eq!(book.registered(&act.id(answered + 1)), 0, "more than one act was not answered");
        self.tally.asks_cut += 1;
        self.tally.asks_done += u32::try_from(done).expect("at most one");
        let station = self.start(true);
        let mut watcher = Watcher::attach(&self.house.socket());
        let first = watcher.ask(&act.message(answered), |_| {}).expect("an answer");
        let second = watcher.ask(&act.message(answered), |_| {}).expect("an answer");
        assert_eq!(first, second, "asked again, another answer");
        assert_eq!(first["done"]["entries"], 1, "{first}");
        station.kill();
        watcher.rest(|_| {});
        assert_eq!(Book::checked(&self.house.data()).registered(&cut), 1);
    }
}

fn kill_after(time: Duration, pid: Pid, killed: &AtomicBool) {
    // The moment of the kill is the stimulus; nothing is concluded from how long it took.
    let start = Instant::now();
    while start.elapsed() < time {
        thread::sleep(Duration::from_micros(200));
    }
    killed.store(true, Ordering::SeqCst);
    kill_process(pid, Signal::KILL).expect("our child");
}

/// An operator who registers one weapon after the other, each with a command id of its own.
struct Act {
    run: u64,
}

impl Act {
    fn new(dice: &mut Dice) -> Self {
        Self { run: dice.next() }
    }

    fn id(&self, number: u32) -> String {
        format!("X{:016x}-{number}", self.run)
    }

    fn message(&self, number: u32) -> Value {
        let command = Uuid::from_u64_pair(self.run, u64::from(number));
        let weapon = json!({
            "id": self.id(number), "maker": null, "country": null, "model": null, "calibre": null, "serial": null,
            "category": null, "rack": null, "slot": null, "identifiers": [],
        });
        json!({ "id": number, "command": command, "do": { "import_weapons": { "weapons": [weapon] } } })
    }

    /// How many were answered as done before the station was gone.
    fn ask_until_killed(&self, house: &House, killed: &AtomicBool) -> u32 {
        let Some(mut watcher) = Watcher::try_attach(&house.socket()) else { return 0 };
        for number in 0.. {
            let Some(answer) = watcher.ask(&self.message(number), |_| {}) else {
                assert!(killed.load(Ordering::SeqCst), "the station hung up before it was killed");
                return number;
            };
            assert_eq!(answer["done"]["entries"], 1, "{answer}");
        }
        unreachable!("the station is killed long before")
    }
}

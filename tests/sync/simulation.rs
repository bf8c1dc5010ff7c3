//! Random roads against a model. The model is the stations' own books; whatever the road does, headquarters holds a prefix
//! of each, and all of it once the road is good.
//!
//! `ARMOURY_SEED` runs one world again; `ARMOURY_SEEDS` says how many worlds to run.

use std::sync::{Arc, Mutex};
use std::time::Duration;

use armoury::domain::Practice;
use armoury::hq::Store;

use crate::book::{Book, key};
use crate::house::House;
use crate::proxy::{self, Fault};
use crate::station::{Said, Station};

/// Worlds in an ordinary test run.
const WORLDS: u64 = 12;

/// A small generator, so that a seed means the same world for ever (splitmix64).
#[derive(Clone)]
struct Dice(u64);

impl Dice {
    fn next(&mut self) -> u64 {
        self.0 = self.0.wrapping_add(0x9e37_79b9_7f4a_7c15);
        let mut z = self.0;
        z = (z ^ (z >> 30)).wrapping_mul(0xbf58_476d_1ce4_e5b9);
        z = (z ^ (z >> 27)).wrapping_mul(0x94d0_49bb_1331_11eb);
        z ^ (z >> 31)
    }

    fn below(&mut self, limit: u64) -> u64 {
        self.next() % limit
    }
}

fn number(name: &str) -> Option<u64> {
    std::env::var(name).ok().map(|text| text.parse().unwrap_or_else(|_| panic!("{name} must be a number")))
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn headquarters_always_holds_a_prefix_and_in_the_end_everything() {
    if let Some(seed) = number("ARMOURY_SEED") {
        println!("{:?}", world(seed).await);
        return;
    }
    let mut seen = Seen::default();
    for seed in 1..=number("ARMOURY_SEEDS").unwrap_or(WORLDS) {
        let world = world(seed).await;
        seen = Seen {
            again: seen.again + world.again,
            down: seen.down + world.down,
            rewound: seen.rewound + world.rewound,
        };
    }
    println!("{seen:?}");
    // Worlds in which nothing went wrong would show nothing.
    assert!(seen.again > 0 && seen.down > 0 && seen.rewound > 0, "{seen:?}");
}

/// What went wrong in a world.
#[derive(Debug, Default)]
struct Seen {
    /// Batches that began at or below an entry sent before.
    again: usize,
    down: usize,
    rewound: usize,
}

impl Seen {
    fn add(&mut self, said: &[Said]) {
        let mut highest = 0;
        for one in said {
            match one {
                Said::Sent(first, last) => {
                    self.again += usize::from(*first <= highest);
                    highest = highest.max(*last);
                }
                Said::Down(_) => self.down += 1,
                Said::Rewound(_) => self.rewound += 1,
                _ => {}
            }
        }
    }
}

async fn world(seed: u64) -> Seen {
    let mut seen = Seen::default();
    println!("ARMOURY_SEED={seed}");
    let mut dice = Dice(seed);
    let mut house = House::plain().await;
    // How bad the road is: out of 100 requests, so many suffer.
    let (badness, good) = (dice.below(90), Arc::new(Mutex::new(false)));
    let names = ["north", "south", "west"];
    let mut stations = Vec::new();
    for (name, who) in names.into_iter().zip(1_u8..) {
        house.add(name, who);
        let (mut fate, repaired) = (Dice(dice.next()), Arc::clone(&good));
        let fate = move || match fate.below(100) >= badness || *repaired.lock().unwrap() {
            true => Fault::None,
            false => Fault::ALL[fate.below(Fault::ALL.len() as u64) as usize],
        };
        let road = proxy::road(house.address.clone(), Arc::new(Mutex::new(fate))).await;
        let book = Book::new(name, &key(who), Practice::Exercise);
        stations.push(Station::start(book, who, &format!("http://{road}"), 0));
    }
    for _ in 0..40 {
        let station = &stations[dice.below(3) as usize];
        match dice.below(12) {
            0 => {
                house.stop().await;
                tokio::time::sleep(Duration::from_millis(dice.below(20))).await;
                house.start().await;
            }
            1 => put_back(&mut house, &stations, &mut dice).await,
            2 => station.write(dice.below(1_500)),
            _ => station.write(1 + dice.below(5)),
        }
        for station in &stations {
            station.nudge.notify_one();
        }
        tokio::time::sleep(Duration::from_millis(dice.below(15))).await;
        check(&house, &stations, &names, seed);
    }
    *good.lock().unwrap() = true;
    for (station, name) in stations.into_iter().zip(names) {
        station.write(1);
        station.push_through().await;
        let status = house.status(name);
        let book = station.shared.book().clone();
        assert_eq!((status.entries, status.forks), (book.seq(), 0), "seed {seed}, {name}");
        assert_eq!(status.hash, Some(book.hash_at(book.seq()).to_string()), "seed {seed}, {name}");
        for receipt in station.receipts() {
            assert_eq!(receipt.head.hash, book.hash_at(receipt.head.seq), "seed {seed}, {name}");
        }
        seen.add(&station.said());
        station.stop().await;
        compare(&house, name, &book, seed);
    }
    house.stop().await;
    // Opening checks the log and the heads.
    Store::open(&house.database()).unwrap();
    seen
}

/// Puts headquarters back to a copy made now, after more has arrived.
async fn put_back(house: &mut House, stations: &[Station], dice: &mut Dice) {
    house.stop().await;
    let copy = house.folder.path().join("copy.db");
    std::fs::copy(house.database(), &copy).unwrap();
    house.start().await;
    for station in stations {
        station.write(1 + dice.below(100));
        station.nudge.notify_one();
    }
    tokio::time::sleep(Duration::from_millis(20 + dice.below(60))).await;
    house.stop().await;
    std::fs::rename(&copy, house.database()).unwrap();
    house.start().await;
}

/// What must hold at any moment, on any road.
fn check(house: &House, stations: &[Station], names: &[&str], seed: u64) {
    for (station, name) in stations.iter().zip(names) {
        let status = house.status(name);
        let book = station.shared.book();
        assert!(status.seq <= book.seq(), "seed {seed}, {name}: nothing is invented");
        assert_eq!((status.entries, status.forks), (status.seq, 0), "seed {seed}, {name}: no gap, no double");
        if status.seq > 0 {
            let held = book.hash_at(status.seq).to_string();
            assert_eq!(status.hash, Some(held), "seed {seed}, {name}: a prefix of the book");
        }
        let wrong = station.said().into_iter().find(|said| matches!(said, Said::Fork(_) | Said::Refused(_)));
        assert_eq!(wrong, None, "seed {seed}, {name}: a bad road is no fork and no refusal");
    }
}

/// Every stored byte against the book.
fn compare(house: &House, name: &str, book: &Book, seed: u64) {
    let raw = rusqlite::Connection::open(house.database()).unwrap();
    let mut query = raw
        .prepare("SELECT e.payload FROM event e JOIN station s ON s.number = e.station WHERE s.id = ?1 ORDER BY e.seq")
        .unwrap();
    let stored =
        query.query_map([name], |row| row.get(0)).unwrap().collect::<Result<Vec<Vec<u8>>, _>>().unwrap();
    assert!(stored.iter().eq(book.entries.iter().map(|entry| &entry.payload)), "seed {seed}, {name}");
}

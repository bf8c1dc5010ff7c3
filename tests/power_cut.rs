//! The power goes in the middle of issues: the real station is killed again and again while soldiers draw and bring
//! back, and what a screen has shown is in the ledger every time.
//!
//! `ledger-and-sync.md` section 7: no shown event lost, at most one committed but not shown, a retry gives the same
//! event. In `test` a share of the 200 kills that fits, with fixed seeds; with `ARMOURY_SOAK_MINUTES` all of them and
//! as many more as the time allows, with fresh seeds.

#![cfg(feature = "station")]

#[path = "station/bench.rs"]
mod bench;
#[path = "power_cut/book.rs"]
mod book;
#[path = "power_cut/cut.rs"]
mod cut;
#[path = "station/dice.rs"]
mod dice;
#[path = "station/house.rs"]
mod house;
#[path = "station/watcher.rs"]
mod watcher;

use std::time::{Duration, Instant, SystemTime, UNIX_EPOCH};

use cut::Scene;
use house::House;

/// The seed of the kills in `test`.
const SEED: u64 = 41;

/// How many kills each story stands for; both together the 200 of the issue.
const WHOLE: u32 = 100;

/// The part of them that `test` has time for.
const SHARE: u32 = 20;

/// A part of `test` that takes longer than this is cut short, and says so.
const TIME: Duration = Duration::from_secs(30);

#[test]
fn one_at_a_time_nothing_shown_is_lost_and_at_most_one_is_not_shown() {
    killed(SEED, |scene| scene.one_at_a_time());
}

#[test]
fn of_piles_of_weapons_nothing_shown_is_lost() {
    killed(SEED + 1, |scene| scene.piles());
}

/// Kills a station as often as there is time for, with a new house for every share: each kill reads the whole book.
fn killed(seed: u64, play: fn(&mut Scene<'_>)) {
    let soak =
        std::env::var("ARMOURY_SOAK_MINUTES").ok().map(|text| text.parse::<u64>().expect("whole minutes"));
    let fresh = || SystemTime::now().duration_since(UNIX_EPOCH).map_or(0, |time| time.as_nanos() as u64);
    let mut seed = if soak.is_some() { seed ^ fresh() } else { seed };
    let start = Instant::now();
    let mut kills = 0;
    loop {
        let time = if soak.is_some() { Duration::MAX } else { TIME };
        kills += share(seed, play, time);
        match soak {
            Some(minutes) if kills < WHOLE || start.elapsed() < Duration::from_secs(60 * minutes) => {
                seed += 2
            }
            _ => break,
        }
    }
    println!("{kills} kills in {:.1} s", start.elapsed().as_secs_f64());
}

/// One house; checks the book after each kill, and the whole of it at the end.
fn share(seed: u64, play: fn(&mut Scene<'_>), time: Duration) -> u32 {
    println!("seed {seed}");
    let start = Instant::now();
    let house = House::new("--exercise");
    let mut scene = Scene::new(&house, seed);
    while scene.tally.kills < SHARE {
        if start.elapsed() > time {
            println!("CUT SHORT after {} of {SHARE} kills: this machine is slow today", scene.tally.kills);
            break;
        }
        scene.cut(play);
    }
    let tally = scene.end();
    println!("{tally:?}");
    assert!(tally.shown > 0, "nothing was shown: {tally:?}");
    let checked = &house.armoury(&["ledger", "verify", "--json"]).done().objects()[0];
    assert_eq!(checked["entries"], house.entries().len());
    tally.kills
}

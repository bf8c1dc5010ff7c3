//! Whether the station can be believed about what lies before it: ten thousand sessions of twenty weapons with weak
//! tags, strays, ghosts, bursts of silence, lost links and dead antennas (`rfid-stream-cleaning.md` section 8), and the
//! small stories behind the layers.
//!
//! A plain run plays a fixed share. `ARMOURY_SEED=N` plays one room; with `ARMOURY_SOAK_MINUTES=N` fresh rooms are
//! played for so long and until they are enough to tell the bounds with 95 % confidence.

#[path = "cleaning/bound.rs"]
mod bound;
#[path = "station/dice.rs"]
mod dice;
#[path = "cleaning/room.rs"]
mod room;
#[path = "cleaning/sessions.rs"]
mod sessions;
#[path = "cleaning/silence.rs"]
mod silence;

use std::sync::Mutex;
use std::sync::atomic::{AtomicU64, Ordering};
use std::time::{Duration, Instant};

use armoury::scan::presence::PresenceSettings;
use bound::{lower, upper};
use sessions::{ITEMS, SESSIONS, SETTINGS, SURVEYED_DBM, Tally, play};

/// What is accepted (section 8): per item held to be there that is not, per item held to be absent that is not, and of
/// all items those that are left to the operator.
const FALSE_PRESENT: f64 = 1e-4;
const FALSE_ABSENT: f64 = 1e-3;
const AMBIGUOUS: f64 = 0.02;

/// Rooms of a plain run; and rooms of a soak at least: twice the page's ten thousand sessions, so that rates well below
/// what is accepted can be told with 95 % confidence.
const SHARE: u64 = 2_500 / SESSIONS;
const WHOLE: u64 = 20_000 / SESSIONS;

#[test]
fn desk_sessions() {
    let fixed = std::env::var("ARMOURY_SEED").ok().and_then(|seed| seed.parse::<u64>().ok());
    let minutes = std::env::var("ARMOURY_SOAK_MINUTES").ok().and_then(|text| text.parse::<u64>().ok());
    let first = fixed.or_else(|| minutes.map(|_| fresh_seed())).unwrap_or(20_260_514);
    println!("rooms of {SESSIONS} sessions from seed {first}; ARMOURY_SEED=N plays the room of that seed");
    let until = Instant::now() + Duration::from_secs(60 * minutes.unwrap_or(0));
    let rooms = match (fixed, minutes) {
        (Some(_), _) => 1,
        (None, Some(_)) => WHOLE,
        (None, None) => SHARE,
    };
    let tally = rooms_of(first, SETTINGS, SURVEYED_DBM, |played| {
        played < rooms || (minutes.is_some() && Instant::now() < until)
    });
    report(&tally);
    assert_eq!(tally.items, tally.sessions * ITEMS as u64);
    assert!(tally.there > 0 && tally.not_there > 0, "a room in which nothing lies proves nothing");
    for (what, hits, trials, limit) in figures(&tally) {
        // Few sessions cannot prove a rate; that it is exceeded they can.
        assert!(lower(hits, trials) <= limit, "{what}: {hits} of {trials}, accepted are {limit}");
        if minutes.is_some() {
            let bound = upper(hits, trials);
            assert!(bound <= limit, "{what}: up to {bound:.1e} with 95 % confidence, accepted are {limit}");
        }
    }
}

/// The bounds are not met by whatever is set: one sighting for a proof and no threshold believes every stray.
#[test]
fn a_wrong_setting_is_found_out() {
    let wrong = PresenceSettings { sightings: 1, margin_db: 0, ..SETTINGS };
    let tally = rooms_of(7, wrong, -100, |played| played < 1);
    report(&tally);
    let rate = lower(tally.false_present, tally.not_there);
    assert!(rate > 10.0 * FALSE_PRESENT, "strays were believed: {rate}");
}

/// Figures with what they are counted of and what is accepted of them.
fn figures(tally: &Tally) -> [(&'static str, u64, u64, f64); 3] {
    [
        ("false present", tally.false_present, tally.not_there, FALSE_PRESENT),
        ("false absent", tally.false_absent, tally.there, FALSE_ABSENT),
        ("ambiguous", tally.ambiguous, tally.items, AMBIGUOUS),
    ]
}

fn report(tally: &Tally) {
    println!("{tally:?}");
    for (what, hits, trials, limit) in figures(tally) {
        let rate = hits as f64 / trials.max(1) as f64;
        let (low, high) = (lower(hits, trials), upper(hits, trials));
        println!(
            "{what}: {hits} of {trials} = {rate:.1e}; 95 % sure above {low:.1e}, 95 % sure below {high:.1e}; \
             accepted {limit:.0e}"
        );
    }
}

/// Plays rooms on every processor as long as `goes_on` says so of the number begun.
fn rooms_of(
    first: u64,
    settings: PresenceSettings,
    min_rssi_dbm: i16,
    goes_on: impl Fn(u64) -> bool + Sync,
) -> Tally {
    let (begun, sum) = (AtomicU64::new(0), Mutex::new(Tally::default()));
    std::thread::scope(|scope| {
        for _ in 0..std::thread::available_parallelism().map_or(1, std::num::NonZero::get) {
            scope.spawn(|| {
                loop {
                    let number = begun.fetch_add(1, Ordering::Relaxed);
                    if !goes_on(number) {
                        break;
                    }
                    let tally = play(first.wrapping_add(number), settings, min_rssi_dbm);
                    sum.lock().expect("no room panicked").add(&tally);
                }
            });
        }
    });
    sum.into_inner().expect("no room panicked")
}

fn fresh_seed() -> u64 {
    let mut bytes = [0; 8];
    getrandom::fill(&mut bytes).expect("the system has random bytes");
    u64::from_le_bytes(bytes)
}

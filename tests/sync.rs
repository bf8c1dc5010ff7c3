//! The road to headquarters over real sockets: what arrives, what is lost on the way, and what is said about it.

#[path = "sync/book.rs"]
mod book;
#[path = "sync/course.rs"]
mod course;
#[path = "sync/house.rs"]
mod house;
#[path = "sync/proxy.rs"]
mod proxy;
#[path = "sync/simulation.rs"]
mod simulation;
#[path = "sync/station.rs"]
mod station;
#[path = "sync/wire.rs"]
mod wire;

use std::sync::{Arc, Mutex};
use std::time::{Duration, Instant};

use armoury::domain::Practice;
use armoury::sync::{Fork, Outbox, run};
use book::{Book, Shared, key};
use house::House;
use proxy::Fault;
use station::{Said, Station, road};
use tokio::sync::{Notify, watch};

fn book(station: &str, number: u8, entries: u64) -> Book {
    let mut book = Book::new(station, &key(number), Practice::Live);
    book.write(entries - 1);
    book
}

fn refused(said: &[Said], words: &str) -> bool {
    said.iter().any(|one| matches!(one, Said::Refused(why) if why.contains(words)))
}

/// A road with these faults first and none after.
async fn bad_road(house: &House, faults: &[Fault]) -> String {
    let mut left = faults.to_vec();
    left.reverse();
    let fate = move || left.pop().unwrap_or(Fault::None);
    format!("http://{}", proxy::road(house.address.clone(), Arc::new(Mutex::new(fate))).await)
}

#[tokio::test]
async fn everything_behind_the_last_receipt_arrives_once_and_in_order() {
    let house = House::plain().await;
    house.add("north", 1);
    let station = Station::start(book("north", 1, 2_500), 1, &format!("http://{}/", house.address), 0);
    station.until_all_held().await;
    for _ in 0..20 {
        station.write(3);
        station.until_all_held().await;
    }
    let status = house.status("north");
    let newest = station.shared.book().hash_at(2_560);
    assert_eq!((status.entries, status.hash), (2_560, Some(newest.to_string())));
    let mut next = 1;
    for said in station.said() {
        if let Said::Sent(first, last) = said {
            assert_eq!(first, next, "nothing is sent twice on a good road");
            next = last + 1;
        }
    }
    assert!(station.receipts().windows(2).all(|two| two[0].head.seq < two[1].head.seq));
    assert_eq!(station.said()[0], Said::Up);
    // Started again behind the last receipt it sends only what is new.
    let mut book = station.shared.book().clone();
    station.stop().await;
    book.write(1);
    let station = Station::start(book, 1, &format!("http://{}", house.address), 2_560);
    station.until_all_held().await;
    assert_eq!(station.said()[..2], [Said::Up, Said::Sent(2_561, 2_561)]);
    station.stop().await;
}

#[tokio::test]
async fn over_tls_only_the_named_root_is_trusted() {
    let (house, other) = (House::with_tls().await, House::with_tls().await);
    house.add("north", 1);
    let url = format!("https://{}", house.address);
    let ca = |house: &House| Some(house.folder.path().join("ca.pem"));
    let good = Station::on(road(&url, ca(&house), House::key()), book("north", 1, 300), 1, 0);
    good.until_all_held().await;
    let wrong = Station::on(road(&url, ca(&other), House::key()), book("north", 1, 300), 1, 0);
    wrong
        .until("the certificate is not trusted", |said| {
            said.iter().any(|one| matches!(one, Said::Down(why) if why.contains("certificate")))
        })
        .await;
    let none = road(&url, Some(house.folder.path().join("absent.pem")), House::key());
    let none = Station::on(none, book("north", 1, 300), 1, 0);
    none.until("the file is missing", |said| refused(said, "absent.pem")).await;
    let empty = road(&url, Some(house.folder.path().join("key.pem")), House::key());
    let empty = Station::on(empty, book("north", 1, 300), 1, 0);
    empty.until("the file holds no certificate", |said| refused(said, "key.pem")).await;
    assert!(wrong.receipts().is_empty() && none.receipts().is_empty() && empty.receipts().is_empty());
    // Plain HTTP at the TLS port is an answer from nobody.
    let plain = Station::start(book("north", 1, 300), 1, &format!("http://{}", house.address), 0);
    plain.until("down", |said| matches!(said, [Said::Down(_), ..])).await;
    for station in [good, wrong, none, empty, plain] {
        station.stop().await;
    }
}

#[tokio::test]
async fn lost_answers_and_broken_roads_make_nothing_double() {
    use Fault::*;
    let house = House::plain().await;
    house.add("north", 1);
    let faults = [
        LoseRequest,
        None,
        LoseAnswer,
        None,
        LoseAnswer,
        CutAnswer,
        None,
        CutRequest,
        None,
        FlipAnswer,
        None,
        FlipRequest,
        None,
        Twice,
        AgainLater,
        None,
        LoseAnswer,
    ];
    let station = Station::start(book("north", 1, 3_000), 1, &bad_road(&house, &faults).await, 0);
    station.push_through().await;
    let status = house.status("north");
    assert_eq!((status.entries, status.seq, status.forks), (3_000, 3_000, 0));
    assert!(station.said().iter().any(|one| matches!(one, Said::Down(_))));
    assert!(!station.said().iter().any(|one| matches!(one, Said::Refused(_) | Said::Fork(_))));
    station.stop().await;
}

#[tokio::test]
async fn the_first_wait_is_short_and_a_nudge_ends_it() {
    let mut house = House::plain().await;
    house.add("north", 1);
    let url = format!("http://{}", house.address);
    house.stop().await;
    let station = Station::start(book("north", 1, 5), 1, &url, 0);
    station
        .until("three failures", |said| {
            said.iter().filter(|one| matches!(one, Said::Down(why) if why.contains("is the road up"))).count()
                >= 3
        })
        .await;
    house.start().await;
    let begin = Instant::now();
    station.nudge.notify_one();
    station.until_all_held().await;
    assert!(begin.elapsed() < Duration::from_secs(1), "{:?}", begin.elapsed());
    // A road that went away while nothing was to be sent, and an entry afterwards.
    house.stop().await;
    station.write(1);
    station.until("down again", |said| matches!(said.last(), Some(Said::Down(_)))).await;
    house.start().await;
    station.until_all_held().await;
    assert_eq!(house.status("north").entries, 6);
    station.stop().await;
}

#[tokio::test]
async fn a_second_station_does_not_disturb_the_first() {
    let house = House::plain().await;
    house.add("north", 1);
    house.add("south", 2);
    let url = format!("http://{}", house.address);
    let north = Station::start(book("north", 1, 1_500), 1, &url, 0);
    let south = Station::start(book("south", 2, 1_500), 2, &url, 0);
    // One with the wrong key, and one nobody knows.
    let forger = Station::start(book("north", 1, 50), 3, &url, 0);
    let stranger = Station::start(book("west", 3, 50), 3, &url, 0);
    forger.until("refused", |said| refused(said, "bad_signature")).await;
    stranger.until("refused", |said| refused(said, "station add --id west")).await;
    north.until_all_held().await;
    south.until_all_held().await;
    for station in ["north", "south"] {
        let status = house.status(station);
        assert_eq!((status.entries, status.forks), (1_500, 0), "{station}");
    }
    // Added now, without a restart; a nudge and it goes.
    house.add("west", 3);
    stranger.nudge.notify_one();
    stranger.until_all_held().await;
    for station in [north, south, forger, stranger] {
        station.stop().await;
    }
}

#[tokio::test]
async fn answers_under_another_key_count_for_nothing() {
    let house = House::plain().await;
    house.add("north", 1);
    let url = format!("http://{}", house.address);
    let station = Station::on(road(&url, None, key(9).verifying_key()), book("north", 1, 5), 1, 0);
    station
        .until("not signed", |said| {
            said.iter().any(|one| matches!(one, Said::Down(why) if why.contains("did not sign")))
        })
        .await;
    assert!(!station.said().iter().any(|one| matches!(one, Said::Up | Said::Receipt(_))));
    station.stop().await;
}

#[tokio::test]
async fn plain_http_to_another_machine_is_refused_before_anything_is_sent() {
    let station = Station::start(book("north", 1, 5), 1, "http://hq.example:8470", 0);
    station.until("refused", |said| refused(said, "plain http is for this machine only")).await;
    assert_eq!(station.said().len(), 1);
    station.stop().await;
}

#[tokio::test]
async fn a_cloned_card_is_told_and_both_histories_are_kept() {
    let house = House::plain().await;
    house.add("north", 1);
    let url = format!("http://{}", house.address);
    let station = Station::start(book("north", 1, 10), 1, &url, 0);
    station.until_all_held().await;
    let mut clone = station.shared.book().copy_at(10);
    station.write(700);
    station.until_all_held().await;
    // The clone was away for long: what it wrote fills more than one batch.
    clone.write(1_200);
    let clone = Station::start(clone, 1, &url, 10);
    clone.until("told of the fork", |said| said.iter().any(|one| matches!(one, Said::Fork(_)))).await;
    let begin = Instant::now();
    while house.status("north").entries < 710 + 1_200 {
        assert!(begin.elapsed() < Duration::from_secs(20), "{:?}", clone.said());
        tokio::time::sleep(Duration::from_millis(10)).await;
    }
    let status = house.status("north");
    assert_eq!((status.seq, status.forks), (710, 1));
    assert!(clone.receipts().is_empty(), "nothing of the second history is acknowledged");
    assert!(matches!(
        clone.said().iter().find(|one| matches!(one, Said::Fork(_))),
        Some(Said::Fork(Fork::Parted { common: 1..=10, .. }))
    ));
    // The first goes on undisturbed; the second goes to its next epoch and has receipts again.
    station.write(1);
    station.until_all_held().await;
    clone.shared.book().epoch = 2;
    clone.write(1);
    clone.push_through().await;
    assert_eq!(house.status("north").epoch, 2);
    station.stop().await;
    clone.stop().await;
}

#[tokio::test]
async fn a_ledger_put_back_to_an_older_state_is_told_so() {
    let house = House::plain().await;
    house.add("north", 1);
    let url = format!("http://{}", house.address);
    let station = Station::start(book("north", 1, 40), 1, &url, 0);
    station.until_all_held().await;
    let back = station.shared.book().copy_at(25);
    station.stop().await;
    let station = Station::start(back, 1, &url, 25);
    station
        .until("told", |said| {
            said.iter().any(|one| matches!(one, Said::Fork(Fork::RolledBack { held, .. }) if held.seq == 40))
        })
        .await;
    assert_eq!((house.status("north").entries, house.status("north").forks), (40, 0));
    station.stop().await;
}

#[tokio::test]
async fn headquarters_put_back_to_an_older_copy_is_filled_again() {
    let mut house = House::plain().await;
    house.add("north", 1);
    let url = format!("http://{}", house.address);
    let station = Station::start(book("north", 1, 900), 1, &url, 0);
    station.until_all_held().await;
    house.stop().await;
    let copy = house.folder.path().join("copy.db");
    std::fs::copy(house.database(), &copy).unwrap();
    house.start().await;
    station.write(900);
    station.push_through().await;
    house.stop().await;
    std::fs::rename(&copy, house.database()).unwrap();
    house.start().await;
    assert_eq!(house.status("north").entries, 900);
    station.write(1);
    station.push_through().await;
    assert_eq!((house.status("north").entries, house.status("north").forks), (1_801, 0));
    assert!(station.said().contains(&Said::Rewound(900)), "{:?}", station.said());
    station.stop().await;
}

#[tokio::test]
async fn what_is_no_chain_is_never_sent() {
    let house = House::plain().await;
    house.add("north", 1);
    let mut damaged = book("north", 1, 30);
    damaged.entries[16].payload[20] ^= 1;
    let station = Station::start(damaged, 1, &format!("http://{}", house.address), 0);
    station.until("refused", |said| refused(said, "entry 17: its bytes do not give its hash")).await;
    assert_eq!(house.status("north").entries, 0);
    station.stop().await;
}

#[tokio::test]
async fn it_stops_at_once_even_while_nobody_answers() {
    // A listener that accepts and says nothing.
    let silent = tokio::net::TcpListener::bind("127.0.0.1:0").await.unwrap();
    let station =
        Station::start(book("north", 1, 5), 1, &format!("http://{}", silent.local_addr().unwrap()), 0);
    let _held = silent.accept().await.unwrap();
    let begin = Instant::now();
    station.stop().await;
    assert!(begin.elapsed() < Duration::from_secs(1));
    // And when its owner is gone without a word.
    let (stop, stopped) = watch::channel(false);
    let outbox = Outbox {
        road: road("http://127.0.0.1:1", None, House::key()),
        station: "north".into(),
        key: key(1),
        tail: Shared::new(book("north", 1, 5)),
        acknowledged: 0,
        head: watch::channel(5).1,
        nudge: Arc::new(Notify::new()),
        stop: stopped,
    };
    let task = tokio::spawn(run(outbox, |_| {}));
    drop(stop);
    tokio::time::timeout(Duration::from_secs(5), task).await.expect("it ends").unwrap();
}

//! Clients of the socket that are no screens: they talk rubbish, stop half way, or never listen.

use std::io::{ErrorKind, Read, Write};
use std::os::unix::net::UnixStream;
use std::thread;
use std::time::{Duration, Instant};

use serde_json::{Value, json};

use crate::desk::{desk_entries, draws};
use crate::house::{House, PATIENCE, Station};
use crate::watcher::Watcher;

const HELLO: &str = "{\"hello\":{\"protocol\":1}}\n";

/// Longest line a client may send, in bytes (`station/protocol.rs`).
const LINE_MAX_BYTES: usize = 16 * 1024 * 1024;

/// A station with a screen that must not notice anything.
fn started(house: &House) -> (Station, Watcher) {
    let station = house.station();
    let watcher = Watcher::attach(&house.socket());
    (station, watcher)
}

fn client(house: &House) -> UnixStream {
    let client = UnixStream::connect(house.socket()).expect("the socket answers");
    client.set_read_timeout(Some(PATIENCE)).expect("a timeout");
    client
}

/// Everything the station says until it hangs up.
fn hears_until_hung_up(mut client: UnixStream) -> Vec<Value> {
    let mut text = Vec::new();
    match client.read_to_end(&mut text) {
        Ok(_) => {}
        // It hung up with bytes of ours unread.
        Err(error) if error.kind() == ErrorKind::ConnectionReset => {}
        Err(error) => panic!("the station does not hang up: {error}"),
    }
    String::from_utf8(text)
        .expect("UTF-8")
        .lines()
        .map(|line| serde_json::from_str(line).unwrap_or_else(|error| panic!("{line}: {error}")))
        .collect()
}

fn goodbye(lines: &[Value]) -> &str {
    lines.last().and_then(|line| line["goodbye"]["why"].as_str()).unwrap_or("")
}

#[test]
fn whoever_talks_rubbish_is_told_and_dropped() {
    let house = House::new("--live");
    let reader = house.reader();
    let (station, mut watcher) = started(&house);
    let half = "{\"hello\":{\"proto";
    let deep = "[".repeat(4_000);
    let second_hello = [HELLO, HELLO].concat();
    let ask_first = "{\"ask\":{\"id\":1,\"do\":{\"status\":{}}}}\n";
    let unknown_ask = [HELLO, "{\"ask\":{\"id\":1,\"do\":{\"open_the_door\":{}}}}\n"].concat();
    let unknown_field = [HELLO, "{\"ask\":{\"id\":1,\"do\":{\"status\":{}},\"as\":\"root\"}}\n"].concat();
    for (said, why) in [
        (b"GET / HTTP/1.1\r\n\r\n".as_slice(), "line not understood"),
        (b"\xFF\xFE\x00\x80\n", "line not understood"),
        (b"{}\n", "line not understood"),
        (b"null\n", "line not understood"),
        (ask_first.as_bytes(), "not a hello"),
        (b"{\"hello\":{\"protocol\":99}}\n", "protocol 99"),
        (second_hello.as_bytes(), "second hello"),
        (unknown_ask.as_bytes(), "open_the_door"),
        (unknown_field.as_bytes(), "line not understood"),
        ([deep.as_bytes(), b"\n"].concat().as_slice(), "line not understood"),
    ] {
        let mut client = client(&house);
        client.write_all(said).expect("taken");
        let lines = hears_until_hung_up(client);
        let shown = String::from_utf8_lossy(&said[..said.len().min(60)]);
        assert!(goodbye(&lines).contains(why), "{shown:?} was answered with {lines:?}");
    }
    // Half a line and gone is no line.
    let mut gone = client(&house);
    gone.write_all(half.as_bytes()).expect("taken");
    gone.shutdown(std::net::Shutdown::Write).expect("half closed");
    hears_until_hung_up(gone);
    draws(&reader, &mut watcher, 1, 1);
    assert_eq!(station.stop().status, Some(0));
    assert_eq!(desk_entries(&house).len(), 1);
}

#[test]
fn a_line_without_an_end_is_cut_off() {
    let house = House::new("--live");
    let reader = house.reader();
    let (station, mut watcher) = started(&house);
    // Before the hello there is nothing long to say; after it, a register of sixteen mebibytes at most.
    for (first, most) in [("", 64 * 1024), (HELLO, LINE_MAX_BYTES + 4 * 1024 * 1024)] {
        let mut client = client(&house);
        client.write_all(first.as_bytes()).expect("taken");
        let block = vec![b'x'; 64 * 1024];
        let mut sent = 0;
        while sent < most && client.write_all(&block).is_ok() {
            sent += block.len();
        }
        assert!(goodbye(&hears_until_hung_up(client)).contains("longer than"));
    }
    draws(&reader, &mut watcher, 1, 1);
    assert_eq!(station.stop().status, Some(0));
}

#[test]
fn who_says_nothing_is_not_waited_for() {
    let house = House::new("--live");
    let (station, mut watcher) = started(&house);
    let mut half = client(&house);
    half.write_all(b"{\"hello\"").expect("taken");
    let silent: Vec<_> = (0..10).map(|_| client(&house)).chain([half]).collect();
    for client in silent {
        assert!(goodbye(&hears_until_hung_up(client)).contains("no hello came"));
    }
    watcher.until("the screen is still served", |view| view["watchers"] == 1);
    assert_eq!(station.stop().status, Some(0));
}

#[test]
fn who_never_reads_is_dropped_and_nobody_else_notices() {
    let house = House::new("--live");
    let reader = house.reader();
    let (station, mut watcher) = started(&house);
    let mut deaf = client(&house);
    deaf.set_write_timeout(Some(PATIENCE)).expect("a timeout");
    let asking = thread::spawn(move || {
        deaf.write_all(HELLO.as_bytes()).expect("taken");
        let start = Instant::now();
        // Pictures nobody fetches fill the line; then the station gives up, and our writes fail.
        while deaf.write_all(b"{\"picture\":{}}\n").is_ok() {
            assert!(start.elapsed() < PATIENCE, "a client that never reads is served for ever");
        }
    });
    for number in 1..=3 {
        draws(&reader, &mut watcher, 1, number);
    }
    asking.join().expect("the deaf client was dropped");
    crate::house::until("it is in the log", || station.err().contains("does not take what it asked for"));
    draws(&reader, &mut watcher, 2, 4);
    assert_eq!(station.stop().status, Some(0));
}

#[test]
fn more_clients_than_there_is_room_for_are_turned_away() {
    let house = House::new("--live");
    let reader = house.reader();
    let (station, mut watcher) = started(&house);
    let crowd: Vec<_> = (0..80)
        .map(|_| {
            let mut client = client(&house);
            // One that is turned away is closed before it can speak.
            let spoke = client.write_all(HELLO.as_bytes()).is_ok();
            client.set_read_timeout(Some(Duration::from_secs(10))).expect("a timeout");
            let mut byte = [0];
            spoke && matches!(client.read(&mut byte), Ok(1)).then_some(()).is_some()
        })
        .collect();
    assert!(crowd.iter().all(|served| *served), "each left before the next came");
    let crowd: Vec<_> = (0..80).map(|_| client(&house)).collect();
    draws(&reader, &mut watcher, 1, 1);
    drop(crowd);
    crate::house::until("there is room again", || house.armoury(&["status"]).status == Some(0));
    assert_eq!(station.stop().status, Some(0));
}

#[test]
fn an_ask_without_a_role_or_a_sense_is_answered_with_why_not() {
    let house = House::new("--live");
    // Whoever runs this test is a mere inspector here.
    let user = rustix::process::getuid().as_raw();
    let passwd = std::fs::read_to_string("/etc/passwd").unwrap_or_default();
    let user = passwd.lines().find(|line| line.split(':').nth(2) == Some(&user.to_string()));
    let Some(user) = user.and_then(|line| line.split(':').next()) else {
        println!("DID NOT RUN: this user has no name");
        return;
    };
    house.configure(&format!("[access]\ninspector = [\"user:{user}\"]\n"));
    let (station, mut watcher) = started(&house);
    for (ask, why) in [
        (json!({"set_mode": {"mode": "issue"}}), "it takes armourer or supervisor"),
        (json!({"import_weapons": {"weapons": []}}), "it takes"),
        (json!({"suspend": {"person": "P1", "suspended": true}}), "it takes supervisor"),
        (json!({"demo": {"act": "draw"}}), "no demonstration"),
    ] {
        let answer = watcher.ask(&json!({"id": 1, "do": ask}), |_| {}).expect("an answer");
        assert!(answer["refused"]["why"].as_str().expect("why").contains(why), "{answer}");
    }
    let answer = watcher.ask(&json!({"id": 2, "do": {"status": {}}}), |_| {}).expect("an answer");
    assert_eq!(answer["done"]["station"]["id"], "alpha");
    let more = house.write("more.csv", "id\nX1\n");
    assert!(house.armoury(&["weapon", "import", &more]).with(1).err.contains("inspector"));
    assert_eq!(station.stop().status, Some(0));
}

//! The road to headquarters, with headquarters as a process of its own.

use std::path::PathBuf;
use std::process::{Command, Stdio};

use serde_json::Value;

use crate::desk::draws;
use crate::house::{House, Said, Station, until};
use crate::watcher::Watcher;

const HQ: &str = env!("CARGO_BIN_EXE_armoury-hq");

/// A headquarters in a folder.
struct Headquarters {
    database: String,
}

impl Headquarters {
    fn make(house: &House) -> (Self, String) {
        let folder: PathBuf = house.data().parent().expect("a folder").to_owned();
        let hq = Self { database: format!("sqlite:{}", folder.join("hq/hq.db").display()) };
        let public_key = last_word(&hq.run(&["init"]).out, "public key:");
        let made = std::fs::read_to_string(folder.join("made.txt")).expect("what init said");
        let station_key = last_word(&made, "station public key");
        hq.run(&["station", "add", "--id", "alpha", "--public-key", &station_key]);
        (hq, public_key)
    }

    fn command(&self, arguments: &[&str]) -> Command {
        let mut command = Command::new(HQ);
        command.args(arguments).args(["--database", &self.database]).stdin(Stdio::null());
        command
    }

    fn run(&self, arguments: &[&str]) -> Said {
        Said::of(&mut self.command(arguments)).done()
    }

    /// Serves at `address`; gives where it listens.
    fn serve(&self, address: &str) -> (Station, String) {
        let serving =
            Station::start_until(&mut self.command(&["serve", "--listen", address]), " listens on ");
        let line = serving.out();
        let url = line.split_whitespace().find(|word| word.starts_with("http://")).expect("an address");
        let url = url.to_owned();
        (serving, url)
    }

    /// What it holds of the station: number and hash of the last entry.
    fn held(&self) -> (Value, Value) {
        let status = &self.run(&["status", "--json"]).objects()[0];
        assert_eq!(
            (&status["id"], &status["forks"], &status["quarantined"]),
            (&"alpha".into(), &0.into(), &0.into())
        );
        (status["seq"].clone(), status["hash"].clone())
    }
}

fn last_word(text: &str, after: &str) -> String {
    let line =
        text.lines().find(|line| line.starts_with(after)).unwrap_or_else(|| panic!("{after} in {text}"));
    line.split_whitespace().last().expect("a word").to_owned()
}

#[test]
fn headquarters_holds_everything_also_after_a_time_without_a_road() {
    let house = House::new("--live");
    let (hq, public_key) = Headquarters::make(&house);
    let (serving, url) = hq.serve("127.0.0.1:0");
    house.configure(&format!("[headquarters]\nurl = \"{url}\"\npublic_key = \"{public_key}\"\n"));
    let reader = house.reader();
    let station = house.station();
    let mut watcher = Watcher::attach(&house.socket());
    draws(&reader, &mut watcher, 1, 1);
    let sent = |watcher: &mut Watcher| {
        watcher.until("everything is signed for", |view| {
            view["sync"]["state"] == "ok"
                && view["sync"]["waiting"] == 0
                && view["sync"]["acknowledged"] == view["store"]["head"]
        })
    };
    let picture = sent(&mut watcher);
    assert_eq!(hq.held(), (picture["store"]["head"].clone(), picture["store"]["head_hash"].clone()));

    // The road is gone: entries wait, the desk goes on.
    assert_eq!(serving.stop().status, Some(0));
    let before = draws(&reader, &mut watcher, 1, 2)["seq"].clone();
    draws(&reader, &mut watcher, 2, 3);
    watcher.until("the road is told as down", |view| {
        view["sync"]["state"] == "down"
            && view["sync"]["waiting"].as_u64() >= Some(2)
            && view["sync"]["detail"].as_str().is_some_and(|why| !why.is_empty())
    });
    let status = &house.armoury(&["sync", "status", "--json"]).done().objects()[0];
    assert!(status["acknowledged"].as_u64() < before.as_u64(), "{status}");

    // It is back, at the same place.
    let address = url.strip_prefix("http://").expect("http");
    let (serving, _) = hq.serve(address);
    house.armoury(&["sync", "now"]).done();
    let picture = sent(&mut watcher);
    assert_eq!(hq.held(), (picture["store"]["head"].clone(), picture["store"]["head_hash"].clone()));

    // What is entered last goes with the next start.
    assert_eq!(station.stop().status, Some(0));
    let checked = house.armoury(&["ledger", "verify", "--json"]).done();
    assert_eq!(checked.objects()[0]["receipt"], picture["sync"]["acknowledged"]);
    let station = house.station();
    let head = house.entries().len();
    until("the end of the last run is held too", || hq.held().0.as_u64() >= Some(head as u64));
    assert_eq!(station.stop().status, Some(0));
    assert_eq!(serving.stop().status, Some(0));
}

#[test]
fn a_receipt_signed_by_somebody_else_counts_for_nothing() {
    let house = House::new("--live");
    let (hq, _) = Headquarters::make(&house);
    let (_serving, url) = hq.serve("127.0.0.1:0");
    // A good key, but another's.
    let other = "d75a980182b10ab7d54bfed3c964073a0ee172f3daa62325af021a68f707511a";
    house.configure(&format!("[headquarters]\nurl = \"{url}\"\npublic_key = \"{other}\"\n"));
    let reader = house.reader();
    let station = house.station();
    let mut watcher = Watcher::attach(&house.socket());
    let picture = watcher.until("the road does not count as up", |view| {
        matches!(view["sync"]["state"].as_str(), Some("down" | "refused"))
    });
    assert_eq!(picture["sync"]["acknowledged"], 0);
    draws(&reader, &mut watcher, 1, 1);
    assert_eq!(station.stop().status, Some(0));
}

//! Commissioning with the real program: a tag is shown at the reader, bound, written and locked; a rack slot by slot.

use std::thread::{self, JoinHandle};
use std::time::{Duration, Instant};

use armoury_hardware::bench::{BenchReader, BenchTag};
use serde_json::Value;

use crate::desk::device_is;
use crate::house::{House, Said, until};
use crate::watcher::Watcher;

/// How long a tag lies there before it is taken away and shown again, and how long it is away.
const SHOWN: Duration = Duration::from_secs(4);
const AWAY: Duration = Duration::from_secs(2);

/// What is written to the tag after it was bound.
const WRITTEN: &str = "30340242201d8840000000c8";

fn blank(number: u8) -> BenchTag {
    let epc = vec![0xE2, 0x80, 0x11, 0x60, 0x60, 0, 2, 9, 0, 0, 0, number];
    let tid = vec![0xE2, 0x80, 0x11, 0x60, 0x20, 0, 0, 0, 0, 0, 0, number];
    BenchTag { epc, tid: Some(tid), antenna: 1, rssi_dbm: -45, read_rate: 1.0 }
}

/// W-5, S-5. A tag that is shown becomes the weapon's, is written and locked, and its label is printed; then a rack is
/// commissioned slot by slot, the second before the tenth.
#[test]
fn a_tag_that_is_shown_is_bound_written_and_locked_and_a_rack_follows() {
    let house = House::new("--exercise");
    let weapons = house.write("more.csv", "id,rack,slot\nR2,Z,2\nR10,Z,10\nR1,Y,1\n");
    let people = house.write("people.csv", "id,role,name,badge\nA1,armourer,HALL,qr:BADGE-A1\n");
    house.armoury(&["weapon", "import", &weapons]).done();
    house.armoury(&["person", "import", &people]).done();
    let alone = house.armoury(&["weapon", "bind", "R1", "--by", "A1"]).with(3);
    assert!(alone.err.contains("--epc"), "{}", alone.err);
    let reader = house.reader();
    let station = house.station();
    device_is(&mut Watcher::attach(&house.socket()), "hatch reader", "ok");

    let label = house.write("label.svg", "");
    let bound = asked(&house, &["R1", "--write", WRITTEN, "--lock", "--label", &label]);
    show_until(&house, &reader, &[blank(1)], bound, 1);
    assert!(std::fs::read_to_string(&label).expect("the label").contains("<svg"));
    let shown = show(&house, "R1");
    let tags = tags_of(&shown);
    assert_eq!(tags.len(), 1, "{shown}");
    assert_eq!(tags[0]["epc"], bytes(WRITTEN), "{shown}");
    assert!(tags[0]["tid"].is_array(), "{shown}");
    let checked = house.armoury(&["tag", "check", "--json"]);
    reader.clear();

    let rack = asked(&house, &["--rack", "Z"]);
    show_until(&house, &reader, &[blank(2), blank(3)], rack, 3);
    let entries = house.entries();
    let bound: Vec<&Value> = entries
        .iter()
        .filter(|entry| entry["kind"] == "identifier_bound")
        .map(|entry| &entry["weapon"])
        .collect();
    assert_eq!(bound, ["R1", "R2", "R10"]);
    assert_ne!(tags_of(&show(&house, "R2")), tags_of(&show(&house, "R10")));
    let none = house.armoury(&["weapon", "bind", "--rack", "Z", "--by", "A1", "--witness", "S1"]).with(1);
    assert!(none.err.contains("no weapon in the room"), "{}", none.err);
    assert_eq!(station.stop().status, Some(0));
    let checked = checked.done().objects().remove(0);
    assert_eq!(
        (&checked["epc_locked"], &checked["as_in_the_book"]),
        (&true.into(), &true.into()),
        "{checked}"
    );
    assert!(entries.iter().any(|entry| entry["kind"] == "item_shown"));
}

/// A binding that waits for something to be shown.
fn asked(house: &House, more: &[&str]) -> JoinHandle<Said> {
    let data = house.data().to_str().expect("UTF-8").to_owned();
    let more: Vec<String> = more.iter().map(ToString::to_string).collect();
    thread::spawn(move || {
        let signed = ["--by", "A1", "--witness", "S1", "--data", &data];
        let more = more.iter().map(String::as_str);
        let words: Vec<&str> = ["weapon", "bind"].into_iter().chain(more).chain(signed).collect();
        crate::house::armoury(&words)
    })
}

/// Shows one tag after the other, each until it was taken, until the command ends well.
fn show_until(
    house: &House,
    reader: &BenchReader,
    tags: &[BenchTag],
    command: JoinHandle<Said>,
    taken: usize,
) {
    let taken_so_far = || house.entries().iter().filter(|entry| entry["kind"] == "item_shown").count();
    let first = taken - tags.len();
    for (nth, tag) in tags.iter().enumerate() {
        while taken_so_far() <= first + nth && !command.is_finished() {
            reader.place(tag.clone());
            let since = Instant::now();
            while since.elapsed() < SHOWN && taken_so_far() <= first + nth && !command.is_finished() {
                thread::sleep(Duration::from_millis(100));
            }
            if taken_so_far() <= first + nth {
                // Shown too early: it has to be lifted and shown again.
                reader.remove(&tag.epc);
                thread::sleep(AWAY);
            }
        }
        if nth + 1 < tags.len() {
            reader.remove(&tag.epc);
        }
    }
    until("the command ends", || command.is_finished());
    command.join().expect("the command ended").done();
}

fn show(house: &House, weapon: &str) -> Value {
    house.armoury(&["weapon", "show", weapon, "--json"]).done().objects().remove(0)
}

fn tags_of(shown: &Value) -> Vec<Value> {
    let identifiers = shown["weapon"]["identifiers"].as_array().expect("a list");
    identifiers.iter().filter_map(|found| found.get("tag").cloned()).collect()
}

fn bytes(hex: &str) -> Value {
    armoury::identity::epc::parse_hex(hex).expect("hex").into()
}

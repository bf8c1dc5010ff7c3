//! One weapon crosses the desk.

use serde_json::Value;

use crate::bench::{badge, hex, weapon, weapon_epc};
use crate::desk::{answered, brings, desk_entries, draws, show, step_back};
use crate::house::{House, until};
use crate::watcher::Watcher;

/// What every entry of `ledger export --json` names.
const NAMED: [&str; 13] = [
    "seq",
    "at",
    "clock",
    "kind",
    "verdict",
    "reason",
    "weapon",
    "person",
    "witness",
    "read_point",
    "evidence",
    "prev",
    "hash",
];

#[test]
fn one_weapon_goes_out_and_comes_back() {
    let house = House::new("--live");
    let reader = house.reader();
    let station = house.station();
    let mut watcher = Watcher::attach(&house.socket());
    let hello = watcher.until("a picture", |_| true);
    assert_eq!(hello["station"]["practice"], "live");

    let out = draws(&reader, &mut watcher, 1, 7);
    assert_eq!(out["person"], "Pte SOLDIER 1");
    let picture = &house.armoury(&["status", "--json"]).done().objects()[0];
    assert_eq!((&picture["counts"]["out"], &picture["station"]["id"]), (&1.into(), &"alpha".into()));
    assert_eq!(custody(&house, "W07")["out"]["to"], "P1");
    until("status in words says so too", || {
        house.armoury(&["status"]).done().out.lines().any(|line| line.contains("alpha"))
    });

    step_back(&reader);
    brings(&reader, &mut watcher, 1, 7);
    assert_eq!(custody(&house, "W07"), "in");

    // Whoever may draw nothing gets nothing, and a tag that nobody knows is told as one.
    step_back(&reader);
    reader.place(badge(3));
    watcher.until("the next soldier stands there", |view| view["desk"]["person"]["name"] == "SOLDIER 3");
    let refused = show(&reader, &mut watcher, &[badge(3), weapon(8)], &answered("STOP", 8));
    assert_eq!(refused["note"], "may not draw this weapon");
    show(&reader, &mut watcher, &[weapon(4_000)], &|line| line["note"] == "tag not in the book");

    let said = station.stop();
    assert_eq!(said.status, Some(0), "{}", said.err);
    assert!(!house.socket().exists(), "the socket is still there");
    watcher.rest(|_| {});
    assert_eq!(reader.complaints(), Vec::<String>::new());
    assert_the_book_tells_it(&house, &said.out);
}

fn assert_the_book_tells_it(house: &House, printed: &str) {
    let entries = house.entries();
    let mut prev = Value::from("0".repeat(64));
    for (place, entry) in entries.iter().enumerate() {
        let missing: Vec<_> = NAMED.iter().filter(|name| entry.get(**name).is_none()).collect();
        assert!(missing.is_empty(), "{missing:?} not in {entry}");
        assert_eq!(entry["seq"], place + 1);
        assert_eq!(entry["prev"], prev);
        prev = entry["hash"].clone();
    }
    assert_eq!(entries.last().expect("an entry")["kind"], "stopped");
    let desk = desk_entries(house);
    let told: Vec<_> =
        desk.iter().map(|entry| [&entry["kind"], &entry["reason"], &entry["weapon"]]).collect();
    let none = Value::Null;
    let [w7, w8] = ["W07", "W08"].map(Value::from);
    assert_eq!(
        told,
        [
            [&"issued".into(), &none, &w7],
            [&"returned".into(), &none, &w7],
            [&"refused".into(), &"not_authorised".into(), &w8],
            [&"refused".into(), &"unknown_tag".into(), &none],
        ]
    );
    let issued = &desk[0];
    assert_eq!((&issued["verdict"], &issued["person"]), (&"OUT".into(), &"P1".into()));
    assert_eq!((&issued["read_point"], &issued["witness"]), (&"hatch".into(), &none));
    let by_tag = issued["evidence"].as_array().expect("a list").iter().find(|one| one["road"] == "tag");
    assert_eq!(by_tag.expect("the tag")["value"], hex(&weapon_epc(7)));
    assert!(!issued.to_string().contains("SOLDIER"), "names never enter the chain: {issued}");

    let checked = &house.armoury(&["ledger", "verify", "--json"]).done().objects()[0];
    assert_eq!((&checked["seq"], &checked["hash"]), (&entries.len().into(), &prev));
    let words = house.armoury(&["ledger", "verify"]).done().out;
    assert!(words.contains(prev.as_str().expect("hex")), "{words}");
    // What `run` prints is the book, line by line.
    assert!(printed.contains("OUT    W07") && printed.contains("not_authorised"), "{printed}");
}

fn custody(house: &House, id: &str) -> Value {
    house.armoury(&["weapon", "show", id, "--json"]).done().objects()[0]["custody"].clone()
}

#[test]
fn a_pile_of_weapons_goes_out_on_one_badge() {
    let house = House::new("--exercise");
    let reader = house.reader();
    let station = house.station();
    let mut watcher = Watcher::attach(&house.socket());
    let pile: Vec<_> = [badge(2)].into_iter().chain((1..=6).map(weapon)).collect();
    for tag in pile {
        reader.place(tag);
    }
    watcher.until("six weapons are out", |view| view["counts"]["out"] == 6);
    assert_eq!(station.stop().status, Some(0));
    let mut weapons: Vec<_> = desk_entries(&house)
        .iter()
        .map(|entry| {
            assert_eq!((&entry["kind"], &entry["person"]), (&"issued".into(), &"P2".into()));
            entry["weapon"].as_str().expect("a weapon").to_owned()
        })
        .collect();
    weapons.sort();
    assert_eq!(weapons, ["W01", "W02", "W03", "W04", "W05", "W06"]);
}

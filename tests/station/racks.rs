//! A reader that stares at a rack, from its serial line to the entry (S-2, X-3).

use armoury_hardware::bench::{BenchReader, BenchSettings, BenchTag};
use serde_json::Value;

use crate::bench::{weapon, weapon_epc};
use crate::desk::{desk_entries, device_is};
use crate::house::{House, until};
use crate::watcher::Watcher;

/// The rack's reader, with a control tag at its antenna.
const WALL: &str = r#"[[reader]]
name = "wall reader"
protocol = "r2000"
port = "../wall"
watches = "rack A slots 1-2"
read_point = "wall"

[[reader.antenna]]
number = 1
control_tag = "30340242201d8840000000c8"
"#;

#[test]
fn a_weapon_is_taken_from_its_rack() {
    let house = House::new("--live");
    let rules = house.write("rules.toml", "rack_left_after_s = 3\n");
    house.armoury(&["policy", "set", &rules]).done();
    house.armoury(&["weapon", "standing", "W09", "destroyed", "--authority", "certificate 1"]).done();
    house.configure(WALL);
    let link = Some(house.data().parent().expect("a folder").join("wall"));
    let wall = BenchReader::start_with(BenchSettings { link, ..BenchSettings::default() }).expect("a reader");
    let control = armoury::identity::epc::parse_hex("30340242201d8840000000c8").expect("hex");
    wall.place(BenchTag { epc: control, ..weapon(1) });
    wall.place(weapon(1));
    wall.place(weapon(2));
    let _hatch = house.reader();
    let station = house.station();
    let mut watcher = Watcher::attach(&house.socket());
    device_is(&mut watcher, "wall reader", "ok");

    let state = |number: usize| {
        let shown = house.armoury(&["rack", "show", "--rack", "A", "--by-slot", "--json"]).done().objects();
        shown[number - 1]["state"].as_str().expect("a state").to_owned()
    };
    until("both hang there", || state(1) == "there" && state(2) == "there");
    let kinds = |house: &House| -> Vec<Value> {
        house.entries().into_iter().map(|entry| entry["kind"].clone()).collect()
    };
    wall.remove(&weapon_epc(2));
    until("it is missed", || kinds(&house).contains(&"rack_left_without_issue".into()));
    assert_eq!((state(1).as_str(), state(2).as_str()), ("there", "not_seen"));
    wall.place(weapon(2));
    until("it is back", || kinds(&house).contains(&"rack_back".into()));

    wall.place(weapon(9));
    until("the destroyed one is heard", || kinds(&house).contains(&"rack_forbidden".into()));
    let alarms = watcher.until("the loudest alarm", |view| {
        let alarms = view["alarms"].as_array().expect("a list");
        alarms.iter().any(|alarm| {
            alarm["priority"] == 1 && alarm["what"].as_str().is_some_and(|it| it.contains("W09"))
        })
    });
    assert!(alarms["recent"].as_array().expect("a list").is_empty(), "nobody showed anything");
    assert_eq!(station.stop().status, Some(0));
    assert!(desk_entries(&house).is_empty(), "what hangs in a rack asks for nothing at the desk");
    house.armoury(&["ledger", "verify"]).done();
}

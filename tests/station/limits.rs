//! What a reader cannot do of the configuration stands on the screen and in `armoury status` until it is mended.

use armoury_hardware::bench::{BenchReader, BenchSettings};
use armoury_hardware::reader::Family;
use serde_json::Value;

use crate::bench::badge;
use crate::desk::{device_is, line_of};
use crate::house::House;
use crate::watcher::Watcher;

fn warnings(view: &Value, name: &str) -> Vec<String> {
    let list = line_of(view, name)["warnings"].as_array().cloned().unwrap_or_default();
    list.iter().filter_map(Value::as_str).map(str::to_owned).collect()
}

fn warns(view: &Value, words: &str) -> bool {
    warnings(view, "gate").iter().any(|what| what.contains(words))
}

#[test]
fn a_power_the_reader_has_not_and_a_missing_antenna_stand_until_they_are_mended() {
    let house = House::new("--exercise");
    let gate = BenchReader::start_with(BenchSettings {
        family: Family::Mercury,
        ports: 2,
        missing_antennas: vec![2],
        power_dbm_max: Some(20),
        seed: 8,
        ..BenchSettings::default()
    })
    .expect("a reader");
    house.configure(&format!(
        "[[reader]]\nname = \"gate\"\nprotocol = \"mercury\"\nport = \"{}\"\npower_dbm = 27\nantennas = [1, 2, 4]\n",
        gate.path().display()
    ));
    let station = house.station();
    let mut watcher = Watcher::attach(&house.socket());
    device_is(&mut watcher, "gate", "ok");
    let power = "write power_dbm = 20 into station.toml";
    watcher.until("all three are told", |view| {
        warns(view, power) && warns(view, "no antenna 4") && warns(view, "antenna 2 is missing")
    });
    // The figures of three seconds come, and none of them takes a warning's place.
    gate.place(badge(1));
    let mut figures = 0;
    watcher.until("figures came", |view| {
        let line = line_of(view, "gate");
        let detail = line["detail"].as_str().unwrap_or_default();
        assert!(warns(view, power), "{line}");
        assert!(!detail.contains("power_dbm"), "{line}");
        figures += u32::from(detail.contains("reads/s") && detail.contains("session s"));
        figures >= 3
    });
    let told = house.armoury(&["status", "--json"]).done().objects().remove(0);
    assert_eq!(warnings(&told, "gate").len(), 3, "{told}");
    let said = house.armoury(&["status"]).done().out;
    assert!(said.contains(power) && said.contains("antenna 2 is missing"), "{said}");
    gate.unplug().expect("pulled");
    watcher.until("a reader that is gone wants nothing", |view| {
        line_of(view, "gate")["state"] == "SILENT" && !warns(view, power)
    });
    gate.replug().expect("put back");
    watcher.until("it says so again", |view| warns(view, power));
    assert_eq!(station.stop().status, Some(0));
}

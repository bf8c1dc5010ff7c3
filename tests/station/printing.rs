//! Labels are printed while the station runs: their codes go through its clerk, and the desk knows them at once.

use crate::house::House;

#[test]
fn a_code_that_is_enrolled_while_the_station_runs_is_entered_by_it() {
    let house = House::new("--exercise");
    let station = house.station();
    let before = house.entries().len();
    let printed = house.armoury(&["label", "weapon", "W07", "W08", "--enrol", "--format", "zpl"]).done();
    assert_eq!(printed.out.matches("^XA").count(), 2);
    let entries = house.entries();
    let entered: Vec<_> =
        entries[before..].iter().filter(|entry| entry["kind"] == "weapon_registered").collect();
    assert_eq!(entered.len(), 2, "{entries:?}");
    let shown = house.armoury(&["weapon", "show", "W07", "--json"]).done().out;
    assert!(shown.contains("\"mark\""), "{shown}");
    drop(station);
}

//! A recording of the inbox is the whole station.

use crate::bench::{badge, weapon};
use crate::desk::{answered, brings, desk_entries, draws, show, step_back};
use crate::house::{House, Said, Station, armoury};
use crate::watcher::Watcher;

#[test]
fn a_recording_replayed_into_an_exercise_tells_the_same_story() {
    let house = House::new("--live");
    let reader = house.reader();
    let recording = house.data().parent().expect("a folder").join("inbox.jsonl");
    let recording = recording.to_str().expect("UTF-8");
    let station = Station::start(&mut house.run(&["--record", recording]));
    let mut watcher = Watcher::attach(&house.socket());
    draws(&reader, &mut watcher, 1, 1);
    draws(&reader, &mut watcher, 2, 2);
    show(&reader, &mut watcher, &[badge(3), weapon(3)], &answered("STOP", 3));
    show(&reader, &mut watcher, &[weapon(4_000)], &|line| line["note"] == "tag not in the book");
    let late = house.write("late.csv", "id,epc\nX1,34164500000000000000AA01\n");
    house.armoury(&["weapon", "import", &late]).done();
    step_back(&reader);
    // Somebody else brings it.
    brings(&reader, &mut watcher, 2, 1);
    assert_eq!(station.stop().status, Some(0));
    // A recording is never written over.
    let again = Said::of(&mut house.run(&["--record", recording])).with(3);
    assert!(again.err.contains(recording), "{}", again.err);

    let practice = House::new("--exercise");
    let config = house.data().join("station.toml");
    let config = config.to_str().expect("UTF-8");
    let replay = ["replay", recording, "--config", config];
    let said = practice.armoury(&replay).done();
    assert!(said.out.contains("OUT    W01"), "{}", said.out);
    let story = |house: &House| -> Vec<_> {
        let entries = desk_entries(house).into_iter();
        entries
            .map(|entry| ["kind", "reason", "weapon", "person", "brought_by"].map(|key| entry[key].clone()))
            .collect()
    };
    let told = story(&house);
    assert_eq!(told.len(), 5, "{told:#?}");
    assert_eq!(story(&practice), told);
    practice.armoury(&["weapon", "show", "X1"]).done();
    practice.armoury(&["ledger", "verify"]).done();

    // Never into a live one; and a file that is no recording is told by its line.
    let live = house.armoury(&replay).with(1);
    assert!(live.err.contains("it is a live ledger"), "{}", live.err);
    let rubbish = house.write("rubbish.jsonl", "{\"at\":1}\n");
    let path = practice.data();
    let said =
        armoury(&["replay", &rubbish, "--config", config, "--data", path.to_str().expect("UTF-8")]).with(2);
    assert!(said.err.contains("line 1"), "{}", said.err);
}

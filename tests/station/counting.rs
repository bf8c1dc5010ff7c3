//! Counts as people type them: the real program on a data folder, and a reader that listens for one.

use crate::bench::weapon;
use crate::house::{House, until};

/// Two armourers, an inventory officer, a supervisor.
const STAFF: &str = "id,rank,name,role\n\
    A1,Sgt,HALL P.,armourer\n\
    A2,Cpl,OKAFOR B.,armourer\n\
    I1,Capt,NOVAK J.,inventory_officer\n\
    S2,Lt,DIAZ M.,supervisor\n";

fn house() -> House {
    let house = House::new("--exercise");
    let staff = house.write("staff.csv", STAFF);
    house.armoury(&["person", "import", &staff]).done();
    house
}

/// C-4: neither the answer, nor what is shown, nor the sheet, nor the export says how many or which.
#[test]
fn a_blind_count_tells_its_counter_nothing() {
    let house = house();
    let opened =
        house.armoury(&["count", "open", "serials", "--blind", "--by", "I1", "--json"]).done().objects();
    let count = opened[0]["first"].as_u64().expect("the number of the count").to_string();
    house.armoury(&["count", "seen", "W01", "W02", "NOSUCH", "--by", "I1"]).done();
    let told = house.armoury(&["count", "show"]).done().out;
    assert_eq!(told.lines().nth(1), Some("  blind: 2 seen so far"), "{told}");
    for look in [&["count", "show"][..], &["count", "show", "--json"], &["count", "show", &count, "--json"]] {
        let told = house.armoury(look).done().out;
        assert!(told.contains("blind") && !told.contains("W03"), "{told}");
        assert!(!told.contains("expected") && !told.contains("figures"), "{told}");
        assert!(!told.contains("to_find") && !told.contains("items"), "{told}");
    }
    let sheet = house.armoury(&["count", "sheet", &count]).with(1);
    assert!(sheet.err.contains("it is blind") && sheet.out.is_empty(), "{}", sheet.err);
    house.armoury(&["count", "sheet"]).with(1);
    // Nor does the picture that every screen shows.
    let station = house.station();
    let mut picture = Vec::new();
    until("the picture has the count", || {
        picture = house.armoury(&["status", "--json"]).done().objects();
        picture[0]["count"].is_object()
    });
    assert_eq!(picture[0]["counts"]["in_stock"], 0, "{}", picture[0]["counts"]);
    assert!(picture[0]["count"]["figures"].is_null() && picture[0]["count"]["seen"] == 2, "{}", picture[0]);
    station.stop();
    let close = house.armoury(&["count", "close", "--by", "I1", "--witness", "S2"]).with(1);
    assert!(
        close.err.contains("differ") && !close.err.contains("W03") && !close.err.contains("accounted"),
        "{}",
        close.err
    );
    let entries = house.entries();
    let opening = entries.iter().find(|entry| entry["kind"] == "count_opened").expect("it is entered");
    assert!(!opening.to_string().contains("40 expected"), "{opening}");
    // Afterwards it is compared.
    let every: Vec<String> = (1..=40).map(|number| format!("W{number:02}")).collect();
    let seen: Vec<&str> = ["count", "seen"].into_iter().chain(every.iter().map(String::as_str)).collect();
    house.armoury(&[&seen[..], &["--by", "I1"]].concat()).done();
    let hand_up = ["count", "hand-up", "--reason", "one too many", "--by", "I1", "--witness", "S2"];
    house.armoury(&hand_up).done();
    let told = house.armoury(&["count", "show", &count, "--json"]).done().objects();
    assert_eq!((&told[0]["figures"]["expected"], &told[0]["figures"]["extras"]), (&40.into(), &1.into()));
    assert_eq!(told[0]["state"], "handed_up");
}

/// C-7: years later a count is still there as it was: who, when, what was seen and how. C-1: on paper by rack or by
/// serial, with a tick column and the number of its entry (section 11).
#[test]
fn a_count_is_kept_and_printed() {
    let house = house();
    let opened = house.armoury(&["count", "open", "handover", "--by", "A1", "--json"]).done().objects();
    let count = opened[0]["first"].as_u64().expect("the number of the count").to_string();
    let sheet = house.armoury(&["count", "sheet", &count, "--order", "serial"]).done().out;
    assert!(sheet.contains(&format!("handover count {count}, entry {count}")), "{sheet}");
    assert!(sheet.contains("[ ]") && sheet.contains("540040") && sheet.contains("40 weapons"), "{sheet}");
    let every: Vec<String> = (1..=40).map(|number| (540_000 + number).to_string()).collect();
    let seen: Vec<&str> = ["count", "seen"].into_iter().chain(every.iter().map(String::as_str)).collect();
    house.armoury(&[&seen[..], &["--by", "A1"]].concat()).done();
    house.armoury(&["count", "note", "sling torn", "--weapon", "W07", "--by", "A1"]).done();
    house.armoury(&["count", "close", "--by", "A1", "--witness", "A2"]).done();
    house.armoury(&["count", "open", "sample", "--by", "S2"]).done();

    let told = house.armoury(&["count", "show", &count, "--json"]).done().objects();
    let told = &told[0];
    assert_eq!((&told["state"], &told["counter"]), (&"closed".into(), &"A1".into()), "{told}");
    let items = told["items"].as_array().expect("the list");
    assert_eq!(items.len(), 40);
    assert!(
        items.iter().all(|item| item["sight"]["how"] == "typed" && item["sight"]["by"] == "A1"),
        "{told}"
    );
    assert_eq!(told["notes"][0]["text"], "sling torn");
    let sheet = house.armoury(&["count", "sheet", &count]).done().out;
    assert_eq!(sheet.matches("[x]").count(), 40, "{sheet}");
    let places: Vec<&str> = sheet
        .lines()
        .filter_map(|line| line.split_whitespace().find(|word| word.starts_with("A/")))
        .collect();
    assert!(places.is_sorted() && places.len() == 40, "{places:?}");
    house.armoury(&["count", "show", "99999"]).with(1);
}

/// A reader at a running station listens for a count; without a station nobody does.
#[test]
fn a_reader_listens_for_a_count() {
    let house = house();
    house.armoury(&["count", "open", "handover", "--by", "A1"]).done();
    let refused = house.armoury(&["count", "sweep", "--for", "2s", "--by", "A1"]).with(1);
    assert!(refused.err.contains("no station is running"), "{}", refused.err);
    let reader = house.reader();
    let station = house.station();
    for number in 1..=20 {
        reader.place(weapon(number));
    }
    let wrong = house.armoury(&["count", "sweep", "--for", "2s", "--reader", "door", "--by", "A1"]).with(1);
    assert!(wrong.err.contains("no reader of that name"), "{}", wrong.err);
    house.armoury(&["count", "sweep", "--for", "6s", "--reader", "hatch reader", "--by", "A1"]).done();
    let told = house.armoury(&["count", "show", "--json"]).done().objects();
    let items = told[0]["items"].as_array().expect("the list");
    let heard = items.iter().filter(|item| item["tag"]["how"] == "tag").count();
    assert_eq!(heard, 20, "{}", told[0]);
    assert_eq!(told[0]["figures"]["missing"], 20, "{}", told[0]);
    assert!(told[0]["doubt"].is_string(), "no control tag vouches for silence: {}", told[0]);
    station.stop();
    let kinds = ["issued", "refused", "asked", "unclear"];
    let entries = house.entries();
    let desk = entries.iter().filter(|entry| kinds.iter().any(|kind| entry["kind"] == *kind)).count();
    let heard = entries.iter().filter(|entry| entry["kind"] == "weapons_seen").count();
    assert_eq!((desk, heard), (0, 1), "the desk is quiet about a count, and it takes one entry");
}

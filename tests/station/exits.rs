//! What scripts lean on: exit statuses, and errors that say what, why, and what now.

use crate::house::{House, Said, armoury};

#[test]
fn wrong_usage_ends_with_2() {
    for wrong in [
        &["fly"][..],
        &["run"],
        &["status"],
        &["init", "--data", "/nowhere"],
        &["init", "--data", "/nowhere", "--live", "--exercise"],
        &["weapon", "show", "A1"],
        &["inspect", "epc"],
        &["replay"],
    ] {
        let said = armoury(wrong).with(2);
        assert!(!said.err.is_empty() && said.out.is_empty(), "{wrong:?}: {said:?}");
    }
    armoury(&["--help"]).done();
    armoury(&["--version"]).done();
}

#[test]
fn a_station_that_is_not_there_ends_with_3() {
    let house = House::new("--live");
    for asks in [&["status", "--json"][..], &["sync", "now"]] {
        let said = house.armoury(asks).with(3);
        assert!(said.err.contains("station.sock") && said.err.contains("is it running?"), "{}", said.err);
    }
    // Looking at the book needs no station.
    house.armoury(&["weapon", "show", "W01", "--json"]).done();
    house.armoury(&["ledger", "verify"]).done();
}

#[test]
fn what_is_refused_or_not_found_ends_with_1() {
    let house = House::new("--live");
    let said = house.armoury(&["weapon", "show", "W99"]).with(1);
    assert!(said.err.contains("W99"), "{}", said.err);
    let twice = house.write("twice.csv", "id,serial\nX1,5\nW01,6\nX1,7\n");
    let said = house.armoury(&["weapon", "import", &twice]).with(1);
    assert!(said.err.contains("line 3") && said.err.contains("line 4"), "{}", said.err);
    house.armoury(&["weapon", "show", "X1"]).with(1);
    let again = house.armoury(&["init", "--live", "--supervisor", "S1,DIAZ M."]).with(1);
    assert!(again.err.contains("never overwritten"), "{}", again.err);
    armoury(&["inspect", "epc", "00"]).with(1);
}

#[test]
fn a_register_can_be_taken_in_while_the_station_runs() {
    let house = House::new("--live");
    let station = house.station();
    let more = house.write("more.csv", "id,serial\nX1,5\nX2,6\n");
    // One by the folder, which finds the socket; one by the socket alone.
    let said = house.armoury(&["weapon", "import", &more]).done();
    assert!(said.out.contains("entered 2 records"), "{}", said.out);
    let more = house.write("more.csv", "id,serial\nX3,5\n");
    let socket = house.socket();
    let socket = socket.to_str().expect("UTF-8");
    armoury(&["weapon", "import", &more, "--socket", socket]).done();
    let twice = armoury(&["weapon", "import", &more, "--socket", socket]).with(1);
    assert!(twice.err.contains("X3"), "{}", twice.err);
    assert_eq!(station.stop().status, Some(0));
    for id in ["X1", "X2", "X3"] {
        house.armoury(&["weapon", "show", id]).done();
    }
}

#[test]
fn a_wrong_configuration_is_told_by_file_line_and_key() {
    let house = House::new("--live");
    let path = house.data().join("station.toml");
    for (text, line, key) in [
        ("[station]\nid = \"a\"\ncolour = 3\n", "line 3", "station.colour"),
        ("[station]\nid = \"a\"\n\n[desk]\nmode = \"sideways\"\n", "line 5", "desk.mode"),
        ("[station]\nid = \"a\"\n[[reader]]\nname = \"x\"\nprotocol = \"r2000\"\n", "line 3", "reader.port"),
        ("[station]\nid = \"a\"\n[desk]\nwindow_ms = -1\n", "line 4", "desk.window_ms"),
        ("[station]\nid = \"a\"\n[headquarters]\nurl = \"http://hq.example\"\n", "line", "headquarters"),
        ("[station\n", "line 1", ""),
    ] {
        std::fs::write(&path, text).expect("a file");
        let said = Said::of(&mut house.run(&[])).with(2);
        for part in [path.to_str().expect("UTF-8"), line, key] {
            assert!(said.err.contains(part), "{part} is not in: {}", said.err);
        }
    }
    std::fs::remove_file(&path).expect("removed");
    let said = Said::of(&mut house.run(&[])).with(2);
    assert!(said.err.contains("station.toml") && said.err.contains("armoury init"), "{}", said.err);
    std::fs::write(house.data().join("policy.toml"), "loan_hours = \"long\"\n").expect("a file");
    house.configure("");
    let said = Said::of(&mut house.run(&[])).with(2);
    assert!(said.err.contains("policy.toml") && said.err.contains("loan_hours"), "{}", said.err);
}

#[test]
fn a_second_station_is_told_who_holds_the_folder() {
    let house = House::new("--live");
    let station = house.station();
    let second = house.data().join("second.sock");
    let said = Said::of(&mut house.run(&["--socket", second.to_str().expect("UTF-8")])).with(1);
    let pid = station.pid().as_raw_nonzero().to_string();
    for part in ["alpha", &pid, "station.sock"] {
        assert!(said.err.contains(part), "{part} is not in: {}", said.err);
    }
    assert!(!second.exists());
    // The first goes on.
    house.armoury(&["status"]).done();
    assert_eq!(station.stop().status, Some(0));
}

#[test]
fn what_a_killed_station_left_behind_is_in_nobodys_way() {
    let house = House::new("--live");
    house.station().kill();
    assert!(house.socket().exists(), "a killed station tidies nothing up");
    assert!(house.armoury(&["status"]).with(3).err.contains("is it running?"));
    let station = house.station();
    let started = house.entries().into_iter().rfind(|entry| entry["kind"] == "started").expect("an entry");
    assert!(
        started["detail"].as_str().is_some_and(|text| text.ends_with("after an unclean end")),
        "{started}"
    );
    assert_eq!(station.stop().status, Some(0));
    assert_eq!(house.station().stop().status, Some(0));
    let started = house.entries().into_iter().rfind(|entry| entry["kind"] == "started").expect("an entry");
    assert!(!started.to_string().contains("unclean"), "{started}");
}

#[test]
fn a_screen_without_a_terminal_says_so() {
    let house = House::new("--exercise");
    let station = house.station();
    let said = house.armoury(&["watch"]).with(2);
    assert!(said.err.contains("terminal"), "{}", said.err);
    assert_eq!(station.stop().status, Some(0));
}

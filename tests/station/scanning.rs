//! Bar code scanners at the desk, captures of the lines, and looking at a port that the station has.

use std::fs;
use std::os::unix::fs::PermissionsExt;

use armoury_hardware::bench::{BenchKeyboard, BenchScanner, BenchScannerKind};
use armoury_hardware::scanner::KeyMap;
use serde_json::Value;

use crate::bench::badge;
use crate::desk::{desk_entries, device_is, draws, line_of};
use crate::house::{House, MARK, armoury, until};
use crate::watcher::Watcher;

fn scanner_at(house: &House, kind: &str, scanner: &BenchScanner) {
    house.configure(&format!(
        "[[scanner]]\nname = \"hand scanner\"\nkind = \"{kind}\"\nport = \"{}\"\nread_point = \"hatch\"\n",
        scanner.path().display()
    ));
}

#[test]
fn a_scanned_mark_is_an_item_at_the_desk_and_a_pulled_scanner_comes_back() {
    for (kind, bench) in [
        ("line", BenchScannerKind::Line("\r\n")),
        ("gm65", BenchScannerKind::Gm65),
        ("ssi", BenchScannerKind::Ssi(true)),
    ] {
        let house = House::new("--exercise");
        let scanner = BenchScanner::start(bench, 3).expect("a scanner");
        scanner_at(&house, kind, &scanner);
        let reader = house.reader();
        let station = house.station();
        let mut watcher = Watcher::attach(&house.socket());
        device_is(&mut watcher, "hand scanner", "ok");
        scanner.unplug().expect("pulled");
        device_is(&mut watcher, "hand scanner", "SILENT");
        scanner.replug().expect("put back");
        device_is(&mut watcher, "hand scanner", "ok");

        reader.place(badge(1));
        watcher.until("the badge is read", |view| view["desk"]["person"]["name"] == "SOLDIER 1");
        scanner.show(MARK.as_bytes());
        watcher.until("the weapon goes out", |view| view["recent"][0]["item"] == "W40");
        assert_eq!(station.stop().status, Some(0));
        let entries = desk_entries(&house);
        let told: Vec<_> = entries.iter().map(|entry| (&entry["kind"], &entry["person"])).collect();
        assert_eq!(told, [(&"issued".into(), &"P1".into())], "{kind}");
        let evidence = entries[0]["evidence"].as_array().expect("a list");
        assert!(
            evidence.iter().any(|one| one["road"] == "mark" && one["value"] == MARK),
            "{kind}: {evidence:?}"
        );
        assert_eq!(scanner.complaints(), Vec::<String>::new());
    }
}

/// A soldier whose badge is a printed code.
fn soldier_with_a_printed_badge(house: &House) {
    let csv = "id,rank,name,unit,role,badge,may_draw\nP9,Pte,SOLDIER 9,1 Platoon,bearer,qr:BADGE-9,*\n";
    house.armoury(&["person", "import", &house.write("more.csv", csv)]).done();
}

fn is_issued_to_soldier_9(house: &House) {
    let entries = desk_entries(house);
    let told: Vec<_> =
        entries.iter().map(|entry| (&entry["kind"], &entry["person"], &entry["weapon"])).collect();
    assert_eq!(told, [(&"issued".into(), &"P9".into(), &"W40".into())]);
}

#[test]
fn a_printed_badge_and_a_mark_before_a_scanner_are_an_issue_without_any_radio() {
    let house = House::new("--exercise");
    soldier_with_a_printed_badge(&house);
    let scanner = BenchScanner::start(BenchScannerKind::Line("\r\n"), 4).expect("a scanner");
    scanner_at(&house, "line", &scanner);
    let station = house.station();
    let mut watcher = Watcher::attach(&house.socket());
    device_is(&mut watcher, "hand scanner", "ok");
    scanner.show(b"BADGE-9");
    watcher.until("the badge is read", |view| view["desk"]["person"]["name"] == "SOLDIER 9");
    scanner.show(MARK.as_bytes());
    watcher.until("the weapon goes out", |view| view["recent"][0]["item"] == "W40");
    assert_eq!(station.stop().status, Some(0));
    is_issued_to_soldier_9(&house);
}

#[test]
fn a_scanner_that_types_is_heard_at_the_desk_and_a_pulled_one_comes_back() {
    let house = House::new("--exercise");
    soldier_with_a_printed_badge(&house);
    let mut keyboard = BenchKeyboard::start().expect("a keyboard");
    house.configure(&format!(
        "[[scanner]]\nname = \"hand scanner\"\nkind = \"keyboard\"\nport = \"{}\"\nread_point = \"hatch\"\n\
         key_map = \"de\"\n",
        keyboard.path().display()
    ));
    let station = house.station();
    let mut watcher = Watcher::attach(&house.socket());
    device_is(&mut watcher, "hand scanner", "ok");
    keyboard.unplug().expect("pulled");
    let view = watcher.until("it is missed", |view| {
        line_of(view, "hand scanner")["state"] == "SILENT" && view["alarms"][0]["what"] != Value::Null
    });
    let alarms = view["alarms"].as_array().expect("a list");
    let alarm = alarms.iter().find(|alarm| alarm["what"] == "hand scanner does not answer.");
    let step = alarm.expect("an alarm")["first_step"].as_str().expect("a text");
    assert!(step.contains("another scanner") && !step.contains("lane"), "{step}");
    keyboard.replug().expect("put back");
    device_is(&mut watcher, "hand scanner", "ok");
    keyboard.types("BADGE-9", KeyMap::De, 2).expect("typed");
    watcher.until("the badge is read", |view| view["desk"]["person"]["name"] == "SOLDIER 9");
    keyboard.types(MARK, KeyMap::De, 2).expect("typed");
    watcher.until("the weapon goes out", |view| view["recent"][0]["item"] == "W40");
    assert_eq!(station.stop().status, Some(0));
    is_issued_to_soldier_9(&house);
}

#[test]
fn the_lines_of_a_running_station_are_written_down_without_names_and_read_back() {
    let house = House::new("--exercise");
    let scanner = BenchScanner::start(BenchScannerKind::Line("\r\n"), 3).expect("a scanner");
    scanner_at(&house, "line", &scanner);
    let reader = house.reader();
    let station = house.station();
    let mut watcher = Watcher::attach(&house.socket());
    device_is(&mut watcher, "hatch reader", "ok");
    device_is(&mut watcher, "hand scanner", "ok");
    let said = house.armoury(&["capture", "start"]).done();
    assert!(said.out.contains("2 lines"), "{}", said.out);
    let again = house.armoury(&["capture", "start", "hatch reader"]).with(1);
    assert!(again.err.contains("stop it first"), "{}", again.err);
    draws(&reader, &mut watcher, 1, 1);
    scanner.show(b"SECRET-7");
    watcher.until("the code came", |view| view.to_string().contains("1 codes"));
    let said = house.armoury(&["capture", "stop"]).done();
    assert!(said.out.contains("bytes of 2 lines are captured"), "{}", said.out);
    let none = house.armoury(&["capture", "stop", "nobody"]).with(1);
    assert!(none.err.contains("there are hand scanner, hatch reader"), "{}", none.err);

    let mut found = Vec::new();
    for entry in fs::read_dir(house.data().join("captures")).expect("the folder") {
        let path = entry.expect("an entry").path();
        let mode = fs::metadata(&path).expect("there").permissions().mode();
        assert_eq!(mode & 0o777, 0o600, "{}", path.display());
        let text = fs::read_to_string(&path).expect("text");
        assert!(
            !text.contains("hatch") && !text.contains("hand") && !text.contains("534543524554"),
            "{text}"
        );
        let path = path.to_str().expect("UTF-8").to_owned();
        // Named as a file, and in the place of the bytes.
        let seen = armoury(&["inspect", "frames", &path, "--json"]).done().objects();
        assert_eq!(armoury(&["inspect", "frames", "--capture", &path, "--json"]).done().objects(), seen);
        found.extend(seen);
    }
    assert!(
        found
            .iter()
            .any(|one| one["kind"] == "tag" && one["epc"] == crate::bench::hex(&crate::bench::weapon_epc(1)))
    );
    assert!(found.iter().any(|one| one["kind"] == "code" && one["payload"] == "AAAAAA-0"), "{found:?}");
    assert_eq!(station.stop().status, Some(0));
}

#[test]
fn a_port_that_the_station_has_is_left_alone_and_its_holder_named() {
    let house = House::new("--exercise");
    let reader = house.reader();
    let station = house.station();
    let mut watcher = Watcher::attach(&house.socket());
    device_is(&mut watcher, "hatch reader", "ok");
    let port = house.data().parent().expect("a folder").join("hatch");
    let port = port.to_str().expect("UTF-8");
    let said = armoury(&["inspect", "reader", port]).with(1);
    assert!(said.err.contains("held by another program"), "{}", said.err);
    assert!(said.err.contains(&format!("process {}", station.pid())), "{}", said.err);
    // Nothing was done to the line: the next soldier is heard as before.
    draws(&reader, &mut watcher, 1, 2);
    assert_eq!(reader.complaints(), Vec::<String>::new());
    assert_eq!(station.stop().status, Some(0));
    let said = armoury(&["inspect", "reader", port]).done();
    for words in ["family    r2000", "firmware", "115200 baud", "protocol = \"r2000\""] {
        assert!(said.out.contains(words), "{words}: {}", said.out);
    }
}

#[test]
fn names_of_what_speaks_are_said_and_the_doctor_needs_no_configuration() {
    let said = armoury(&["inspect", "frames", "--reader", "rodinbell", "a0"]).with(2);
    for name in ["mercury", "r2000", "uhfreader18", "m100", "llrp", "line", "gm65", "ssi", "keyboard"] {
        assert!(said.err.contains(name), "{name}: {}", said.err);
    }
    armoury(&["inspect", "frames", "a0"]).with(2);
    let said = armoury(&["inspect", "frames", "--reader", "line", "41310d0a", "--json"]).done();
    assert_eq!(said.objects()[0]["payload"], "A1");
    let mut said = None;
    until("the doctor has looked", || {
        said = Some(armoury(&["doctor"]));
        true
    });
    assert!(said.expect("said").out.contains("plugged in"));
}

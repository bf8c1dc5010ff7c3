//! The serial line on its worst day: rubbish, halves, repetitions, and no cable at all.

use armoury_hardware::bench::BenchReader;
use serde_json::Value;

use crate::bench::{badge, weapon, weapon_epc};
use crate::desk::{brings, desk_entries, device_is, draws, entry, show};
use crate::dice::Dice;
use crate::house::{House, armoury, until};
use crate::watcher::Watcher;

/// The rubbish of this test.
const SEED: u64 = 20_260;

#[test]
fn rubbish_on_the_line_makes_no_entry_and_stops_nothing() {
    let house = House::new("--live");
    let reader = house.reader();
    let station = house.station();
    let mut watcher = Watcher::attach(&house.socket());
    device_is(&mut watcher, "hatch reader", "ok");
    draws(&reader, &mut watcher, 1, 1);

    let frame = tag_frame(&weapon_epc(2));
    let mut cut = Vec::new();
    for end in 1..frame.len() {
        cut.extend_from_slice(&frame[..end]);
    }
    println!("seed {SEED}");
    let mut dice = Dice::new(SEED);
    let random: Vec<u8> = (0..4_000).map(|_| dice.below(256) as u8).collect();
    for rubbish in [&cut, &random, &vec![0xA0; 600], &vec![0xFF; 600], &[0xA0, 0xFF].repeat(300)] {
        for piece in rubbish.chunks(200) {
            reader.send_raw(piece);
        }
    }
    device_is(&mut watcher, "hatch reader", "ok");
    // A queue that is still being sent would be cut by what follows.
    draws(&reader, &mut watcher, 1, 3);
    assert_eq!(desk_entries(&house).len(), 2, "{:#?}", desk_entries(&house));

    // The same frame over and over is one weapon that lies there.
    for _ in 0..300 {
        reader.send_raw(&tag_frame(&weapon_epc(4)));
    }
    reader.place(badge(1));
    watcher.until("the weapon goes out", |view| view["recent"][0]["item"] == "W04");
    draws(&reader, &mut watcher, 1, 5);
    assert_eq!(station.stop().status, Some(0));
    let told: Vec<_> = desk_entries(&house).iter().map(|entry| entry["weapon"].clone()).collect();
    assert_eq!(told, ["W01", "W03", "W04", "W05"].map(Value::from));
    house.armoury(&["ledger", "verify"]).done();
}

#[test]
fn a_pulled_reader_is_an_alarm_until_it_is_back() {
    let house = House::new("--live");
    let other = house.data().parent().expect("a folder").join("second");
    let other_reader = BenchReader::start_with(armoury_hardware::bench::BenchSettings {
        link: Some(other),
        ..Default::default()
    })
    .expect("a second reader");
    house.configure("[[reader]]\nname = \"second reader\"\nprotocol = \"r2000\"\nport = \"../second\"\n");
    let reader = house.reader();
    let station = house.station();
    let mut watcher = Watcher::attach(&house.socket());
    device_is(&mut watcher, "hatch reader", "ok");
    device_is(&mut watcher, "second reader", "ok");
    draws(&reader, &mut watcher, 1, 1);

    reader.unplug().expect("unplugged");
    let why = device_is(&mut watcher, "hatch reader", "SILENT");
    assert!(why.contains("again in"), "{why}");
    let alarmed = |view: &Value, state: &str| {
        view["alarms"].as_array().expect("a list").iter().any(|alarm| {
            alarm["state"] == state
                && alarm["what"].as_str().is_some_and(|what| what.contains("hatch reader"))
        })
    };
    watcher.until("an alarm", |view| alarmed(view, "NEW"));
    // The other lane goes on.
    draws(&other_reader, &mut watcher, 2, 2);
    reader.replug().expect("put back");
    device_is(&mut watcher, "hatch reader", "ok");
    watcher.until("the alarm is over", |view| alarmed(view, "CLEARED"));
    brings(&reader, &mut watcher, 1, 1);
    assert_eq!(station.stop().status, Some(0));
    let about: Vec<_> = house
        .entries()
        .iter()
        .filter(|entry| entry["kind"] == "device")
        .filter_map(|entry| {
            entry["detail"].as_str().and_then(|text| text.strip_prefix("hatch reader ")).map(str::to_owned)
        })
        .map(|text| text.split(':').next().expect("a word").to_owned())
        .collect();
    assert_eq!(about, ["up", "down", "up"]);
}

#[test]
fn a_reader_on_a_line_worse_than_any_still_issues() {
    let house = House::new("--exercise");
    let link = house.data().parent().expect("a folder").join("hatch");
    let reader = BenchReader::start_with(armoury_hardware::bench::BenchSettings {
        link: Some(link),
        nuisances: armoury_hardware::bench::Nuisances::harsh(),
        ..Default::default()
    })
    .expect("a reader");
    let station = house.station();
    let mut watcher = Watcher::attach(&house.socket());
    show(&reader, &mut watcher, &[badge(1), weapon(1)], &crate::desk::answered("OUT", 1));
    reader.mumble(2_000);
    show(&reader, &mut watcher, &[badge(2), weapon(2)], &crate::desk::answered("OUT", 2));
    assert_eq!(station.stop().status, Some(0));
    // A ghost may be a presentation of something unknown; no weapon moves that was not there.
    let moved: Vec<_> = desk_entries(&house)
        .into_iter()
        .filter(|entry| entry["kind"] == "issued" || entry["kind"] == "returned")
        .map(|entry| entry["weapon"].clone())
        .collect();
    assert!(moved.iter().all(|weapon| *weapon == "W01" || *weapon == "W02"), "{moved:?}");
}

#[test]
fn a_port_that_is_not_there_is_told_with_what_to_check() {
    let house = House::new("--live");
    let station = house.station();
    let mut watcher = Watcher::attach(&house.socket());
    let why = device_is(&mut watcher, "hatch reader", "SILENT");
    assert!(why.contains("cable"), "{why}");
    entry(&house, "that it is down", |entry| entry["kind"] == "device");
    // The cable is found.
    let reader = house.reader();
    device_is(&mut watcher, "hatch reader", "ok");
    draws(&reader, &mut watcher, 1, 1);
    let config = house.data().join("station.toml");
    let config = config.to_str().expect("UTF-8");
    until("doctor finds the port", || {
        armoury(&["doctor", "--config", config]).out.contains("ok      reader hatch reader")
    });
    assert_eq!(station.stop().status, Some(0));
}

/// A real-time tag at antenna 1 from the reader at address 1 (impinj-r2000-a0.md section 5).
fn tag_frame(epc: &[u8]) -> Vec<u8> {
    let mut data = vec![4 << 2, (epc.len() / 2 * 8) as u8, 0];
    data.extend(epc);
    data.push(79);
    let mut frame = vec![0xA0, data.len() as u8 + 3, 1, 0x89];
    frame.extend(data);
    let sum = frame.iter().fold(0_u8, |sum, &byte| sum.wrapping_add(byte));
    frame.push(sum.wrapping_neg());
    frame
}

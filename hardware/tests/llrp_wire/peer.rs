//! LLRP against peers no one here wrote, which the test installs itself: our driver at llrpkit's reader emulator, sllurp's
//! and llrpkit's clients at our simulated reader.
//!
//! Found at llrpkit 0.3.0:
//! * The emulator refuses to delete all operations where there are none (status 100), and releasing held reports
//!   (ERROR_MESSAGE 109). The driver goes on; the simulated reader has that manner as `LlrpTraits::fussy`.
//! * It ignores what a report was asked to hold: no PC and no checksum come, so nothing proves a read on the air.
//! * It never begins an operation that starts by itself; the driver starts its own by message.
//! * It names no serial number, so that a swapped one would not be noticed.
//! * With an access in place a report holds its result for the very tag, and EPCs of other lengths than 96 bits come as
//!   they should: this is where the driver was shown to read them from another's hand.
//! * Its client writes no settings before it begins, and deletes by number what may not be there.
//!
//! Found at sllurp 3.0.5: the package lacks a module its command line needs; the library works. It asks for no extended PC, takes
//! operations in the order given and leaves politely. It has no reader's side.

use super::peers::{self, Peer};
use super::station::Station;
use super::{epc, tid};

use std::collections::HashSet;

use armoury_hardware::bench::{BenchReader, BenchSettings, BenchTag, LlrpTraits};
use armoury_hardware::reader::{
    Access, Bank, Family, Password, ReaderError, ReaderEvent, ReaderSettings, Session, TagAccess, TagCommand,
    TagError, TagOutcome,
};
use serde_json::{Value, json};

/// The tags of the emulator, as its script has them.
const EMULATED: [&str; 4] = [
    "3034a0130189000000000001",
    "3034a0130189000000000002",
    "aabbccdd00112233",
    "00112233445566778899aabbccddeeff",
];

#[tokio::test(flavor = "multi_thread")]
async fn our_driver_reads_the_tags_of_llrpkits_emulator() {
    let Some(python) = peers::python() else { return };
    let (mut emulator, settings) = emulator(python);
    let mut station = Station::with(settings.clone());
    let identity = station.until("Up", |event| match event {
        ReaderEvent::Up { identity, .. } => Some(identity),
        _ => None,
    });
    let identity = identity.await;
    assert_eq!(identity.model.as_deref(), Some("Impinj, model 700"));
    assert_eq!((identity.firmware.as_str(), identity.antennas), ("llrpkit-emu 0.1", Some(4)));
    assert_eq!(identity.serial, None);
    station.see_all(EMULATED.into_iter().map(bytes)).await;
    // The chip's number comes with the report, as the emulator has it for an Impinj; the strength is its finer one.
    let read = station.read_of(&bytes(EMULATED[2])).await;
    assert_eq!(read.tid, Some(bytes("e2801105aabbccdd00112233")));
    assert_eq!((read.antenna, read.freq_khz.is_some()), (1, true));
    assert_eq!((read.pc, read.air_crc_valid), (None, None), "it was asked for both");
    assert!((-56..=-40).contains(&read.rssi_dbm.expect("dBm")), "{read:?}");
    // Deleting what is not there and releasing reports that are not held are refused, and that is all.
    assert_eq!(
        emulator.ask("refused"),
        "refused DELETE_ROSPEC_RESPONSE:100 DELETE_ROSPEC_RESPONSE:100 ERROR_MESSAGE:109"
    );
    assert_eq!(emulator.ask("keepalive"), "acks 1");
    assert_eq!(emulator.ask("antenna 2 0"), "done");
    let antenna = station.until("Antenna", |event| match event {
        ReaderEvent::Antenna { antenna, .. } => Some(antenna),
        _ => None,
    });
    assert_eq!(antenna.await, 2);
    station.stop.send(true).expect("still running");
    station.task.await.expect("no panic");
    assert_eq!(emulator.ask("left"), "left 0 0");
    let mut station = Station::with(settings);
    station.read_of(&bytes(EMULATED[0])).await;
    emulator.kill();
    let (why, _) = station.next_down().await;
    assert!(matches!(why, ReaderError::Gone { .. }), "{why}");
    let (why, _) = station.next_down().await;
    assert!(matches!(why, ReaderError::NotReached { .. }), "{why}");
}

#[tokio::test(flavor = "multi_thread")]
async fn our_orders_are_done_by_llrpkits_emulator() {
    let Some(python) = peers::python() else { return };
    let (mut emulator, settings) = emulator(python);
    let mut station = Station::with(ReaderSettings { session: Session::S1, ..settings });
    station.read_of(&bytes(EMULATED[0])).await;
    let order = async |password: u32, access: Access| {
        let epc = bytes(EMULATED[0]);
        station.desk.order(TagCommand::Access(TagAccess { epc, password: Password(password), access })).await
    };
    let write = Access::Write { bank: Bank::User, word: 4, data: vec![1, 2, 3, 4] };
    assert_eq!(order(0, write).await, Ok(TagOutcome::Done));
    let read = Access::Read { bank: Bank::User, word: 4, words: 2 };
    assert_eq!(order(0, read.clone()).await, Ok(TagOutcome::Words(vec![1, 2, 3, 4])));
    assert_eq!(emulator.ask(&format!("password {} 77", EMULATED[0])), "done");
    assert_eq!(order(78, read.clone()).await, Err(TagError::WrongPassword));
    assert_eq!(order(77, read).await, Ok(TagOutcome::Words(vec![1, 2, 3, 4])));
    let overrun = Access::Write { bank: Bank::User, word: 31, data: vec![0; 4] };
    assert_eq!(order(77, overrun).await, Err(TagError::Overrun));
    station.read_of(&bytes(EMULATED[2])).await;
}

#[tokio::test(flavor = "multi_thread")]
async fn sllurps_client_is_served_by_our_simulated_reader() {
    let Some(python) = peers::python() else { return };
    let bench = bench(LlrpTraits::default(), true);
    let said = visit(python, "sllurp_client.py", &bench);
    let tags: Vec<&Value> = said.iter().map(|line| &line["tag"]).filter(|tag| !tag.is_null()).collect();
    let epcs: HashSet<&str> = tags.iter().filter_map(|tag| tag["EPC"].as_str()).collect();
    assert_eq!(epcs, HashSet::from([&*hex(&epc(1)), &*hex(&epc(2)), "aabbccdd"]), "{said:?}");
    let first = tags.iter().find(|tag| tag["EPC"] == hex(&epc(1))).expect("seen");
    assert_eq!(
        (&first["AntennaID"], &first["TagSeenCount"], &first["C1G2PC"]),
        (&json!(1), &json!(1), &json!(0x3000))
    );
    assert!((-62..=-58).contains(&first["PeakRSSI"].as_i64().expect("dBm")), "{first}");
    let field = |name: &str| {
        said.iter().find_map(|line| line.get(name)).unwrap_or_else(|| panic!("no {name}: {said:?}"))
    };
    assert_eq!((field("enough"), field("firmware")), (&json!(true), &json!("8.2")));
    assert_eq!(field("powers"), &json!([82, 30.0]));
    let results = field("results");
    assert_eq!(results["11"], json!([0, hex(&tid(1)), null]));
    assert_eq!(results["12"], json!([0, "", 2]));
    assert_eq!(results["13"], json!([0, "0badcafe", null]));
    assert_eq!((field("alive"), field("state")), (&json!(false), &json!(true)));
    assert_eq!(bench.complaints(), Vec::<String>::new());
    let rounds = bench.rounds();
    tokio::time::sleep(std::time::Duration::from_millis(200)).await;
    assert_eq!(bench.rounds(), rounds, "it has taken its operation away");
}

#[tokio::test(flavor = "multi_thread")]
async fn llrpkits_client_is_served_by_our_simulated_reader() {
    let Some(python) = peers::python() else { return };
    for impinj in [false, true] {
        // It writes no settings before it begins, which a strict bench would not stand.
        let bench = bench(LlrpTraits { impinj, ..LlrpTraits::default() }, false);
        let said = visit(python, "llrpkit_client.py", &bench);
        let known = &said[0];
        assert_eq!(
            (&known["firmware"], &known["antennas"], &known["impinj"]),
            (&json!("8.2"), &json!(4), &json!(impinj))
        );
        assert_eq!((&known["power_index"], &known["modes"]), (&json!(41), &json!(1)));
        assert_eq!(known["frequencies"], json!([865_500, 866_000, 866_500, 867_000]));
        assert_eq!(known["temperature"].is_number(), impinj, "{known}");
        let epcs: HashSet<&str> = said.iter().filter_map(|tag| tag["epc"].as_str()).collect();
        assert_eq!(epcs, HashSet::from([&*hex(&epc(1)), &*hex(&epc(2)), "aabbccdd"]), "{said:?}");
        let first = said.iter().find(|tag| tag["epc"] == hex(&epc(1))).expect("seen");
        assert_eq!(first["tid"], if impinj { json!(hex(&tid(1))) } else { Value::Null });
        assert_eq!(said.last().expect("the memory")["read"], "c0ffee00", "{said:?}");
        // It deletes by number what may not be there, before it begins and after it was done.
        let other: Vec<String> =
            bench.complaints().into_iter().filter(|one| !one.contains(": there is no ")).collect();
        assert_eq!(other, Vec::<String>::new());
    }
}

/// The emulator, and settings of a station for it.
fn emulator(python: &std::path::Path) -> (Peer, ReaderSettings) {
    let mut emulator = Peer::start(python, "llrpkit_emulator.py", &[]);
    let line = emulator.line().expect("its port");
    let port = line.strip_prefix("port ").expect("its port");
    let settings = ReaderSettings {
        antennas: vec![1, 2],
        ..ReaderSettings::new("gate", Family::Llrp, &format!("tcp:127.0.0.1:{port}"))
    };
    (emulator, settings)
}

/// A simulated reader with three tags, one of them not of 96 bits.
fn bench(llrp: LlrpTraits, strict: bool) -> BenchReader {
    let like = BenchSettings { family: Family::Llrp, llrp, strict, ..BenchSettings::default() };
    let bench = BenchReader::start_with(like).expect("a bench");
    for (epc, antenna) in [(epc(1), 1), (epc(2), 2), (vec![0xAA, 0xBB, 0xCC, 0xDD], 2)] {
        bench.place(BenchTag { tid: Some(tid(1)), epc, antenna, rssi_dbm: -60, read_rate: 1.0 });
    }
    bench
}

/// Runs a client to its end; what it said.
fn visit(python: &std::path::Path, script: &str, bench: &BenchReader) -> Vec<Value> {
    let address = bench.path().to_str().and_then(|path| path.strip_prefix("tcp:")).expect("an address");
    let (host, port) = address.split_once(':').expect("host and port");
    let mut client = Peer::start(python, script, &[host, port, &hex(&epc(1))]);
    std::iter::from_fn(|| client.line())
        .map(|line| serde_json::from_str(&line).unwrap_or_else(|error| panic!("{error}: {line}")))
        .collect()
}

fn bytes(hex: &str) -> Vec<u8> {
    (0..hex.len()).step_by(2).map(|at| u8::from_str_radix(&hex[at..at + 2], 16).expect("hex")).collect()
}

fn hex(bytes: &[u8]) -> String {
    bytes.iter().map(|byte| format!("{byte:02x}")).collect()
}

//! The LLRP driver over real connections, against the simulated reader; the modules have what goes wrong on the way, and
//! peers that others wrote.

#[path = "llrp_wire/faults.rs"]
mod faults;
#[path = "reader_support/figures.rs"]
mod figures;
#[path = "reader_support/open.rs"]
mod open;
#[path = "llrp_wire/peer.rs"]
mod peer;
#[path = "reader_support/peers.rs"]
mod peers;
#[path = "llrp_wire/relay.rs"]
mod relay;
#[path = "reader_support/station.rs"]
mod station;
#[path = "reader_support/temperature.rs"]
mod temperature;

use std::collections::BTreeSet;
use std::net::TcpListener;
use std::time::{Duration, Instant};

use armoury_hardware::bench::{BenchReader, BenchSettings, BenchTag, LlrpTraits, Transport};
use armoury_hardware::reader::{
    Access, Bank, Family, LockBits, Password, ReaderError, ReaderEvent, ReaderSettings, Region, Session,
    TagAccess, TagCommand, TagError, TagOutcome, TagResult, Target,
};
use relay::{Manner, Relay};
use station::Station;

#[tokio::test(flavor = "multi_thread")]
async fn a_cold_start_is_accepted_asks_writes_and_reads() {
    let bench = bench(1, |_| {});
    for number in 0..3 {
        bench.place(tag(number, 1));
    }
    let mut station = Station::with(settings(&bench));
    let identity = station
        .until("Up", |event| match event {
            ReaderEvent::Up { identity, baud } => Some((identity, baud)),
            _ => None,
        })
        .await;
    assert_eq!((identity.0.firmware.as_str(), identity.0.antennas, identity.1), ("8.2", Some(4), 0));
    assert_eq!(identity.0.model.as_deref(), Some("maker 99999, model 2001002"));
    assert_eq!(identity.0.serial.as_deref(), Some("0200000000000001"));
    let read = station.read_of(&epc(1)).await;
    assert_eq!((read.antenna, read.pc, read.air_crc_valid), (1, Some(0x3000), Some(true)));
    assert!((-62..=-58).contains(&read.rssi_dbm.expect("dBm")), "{read:?}");
    assert!((865_000..=868_000).contains(&read.freq_khz.expect("kHz")), "{read:?}");
    station.see_all((0..3).map(epc)).await;
    let figures = station.figures().await;
    assert_eq!((figures.refused, figures.skipped), (0, 0));
    assert_eq!(bench.complaints(), Vec::<String>::new());
}

#[tokio::test(flavor = "multi_thread")]
async fn chip_numbers_come_by_an_access_or_with_an_impinjs_reports() {
    // The last: an Impinj with tags that do not know its shortcut.
    for (impinj, version, fast_tid) in [(false, 1, true), (false, 2, true), (true, 1, true), (true, 1, false)]
    {
        let like = LlrpTraits { impinj, version, fast_tid, ..LlrpTraits::default() };
        let bench = bench(2, |settings| settings.llrp = like);
        bench.place(BenchTag { tid: Some(tid(7)), ..tag(7, 2) });
        let mut station = Station::with(ReaderSettings { antennas: vec![1, 2], ..settings(&bench) });
        let found = station.until("chip number", |event| match event {
            ReaderEvent::Read(read) if read.tid.is_some() => Some(read),
            _ => None,
        });
        let read = found.await;
        assert_eq!((read.epc, read.tid, read.antenna), (epc(7), Some(tid(7)), 2), "{like:?}");
        if impinj {
            let celsius = loop {
                if let Some(celsius) = station.temperature_c().await {
                    break celsius;
                }
            };
            assert!((31..=38).contains(&celsius));
        }
        assert_eq!(bench.complaints(), Vec::<String>::new(), "{like:?}");
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn stopping_leaves_the_reader_clean_and_a_killed_station_is_cleaned_up_after() {
    let bench = bench(8, |_| {});
    bench.place(tag(1, 1));
    let mut killed = Station::with(settings(&bench));
    killed.read_of(&epc(1)).await;
    killed.task.abort();
    // The kernel has closed its line by then; else the next one would be a second client.
    assert!(killed.task.await.expect_err("it was killed").is_cancelled());
    let mut station = Station::with(settings(&bench));
    station.read_of(&epc(1)).await;
    station.stop.send(true).expect("still running");
    let asked = Instant::now();
    station.task.await.expect("no panic");
    assert!(asked.elapsed() < Duration::from_millis(1500), "{:?}", asked.elapsed());
    let rounds = bench.rounds();
    tokio::time::sleep(Duration::from_millis(300)).await;
    assert_eq!(bench.rounds(), rounds, "the reader goes on reading for nobody");
    assert_eq!(bench.complaints(), Vec::<String>::new());
}

#[tokio::test(flavor = "multi_thread")]
async fn orders_are_done_at_one_tag_and_reading_goes_on() {
    for (session, target, version, impinj) in [
        (Session::S0, Target::A, 1, false),
        (Session::S2, Target::A, 2, false),
        (Session::S1, Target::A, 1, true),
    ] {
        let like = LlrpTraits { impinj, version, ..LlrpTraits::default() };
        let bench = bench(10, |settings| settings.llrp = like);
        bench.place(BenchTag { tid: Some(tid(1)), read_rate: 1.0, ..tag(1, 1) });
        bench.place(BenchTag { tid: Some(tid(2)), read_rate: 1.0, ..tag(2, 1) });
        let mut station = Station::with(ReaderSettings { session, target, ..settings(&bench) });
        station.read_of(&epc(2)).await;
        let order = async |epc: Vec<u8>, password: u32, access: Access| -> TagResult {
            station
                .desk
                .order(TagCommand::Access(TagAccess { epc, password: Password(password), access }))
                .await
        };
        let read = |bank, words| Access::Read { bank, word: 0, words };
        let write = |bank, word, data: &[u8]| Access::Write { bank, word, data: data.to_vec() };
        assert_eq!(order(epc(1), 0, read(Bank::Tid, 6)).await, Ok(TagOutcome::Words(tid(1))));
        let user = write(Bank::User, 3, &[0xE2, 1, 2, 3]);
        assert_eq!(order(epc(1), 0, user).await, Ok(TagOutcome::Done));
        let back = Access::Read { bank: Bank::User, word: 3, words: 2 };
        assert_eq!(order(epc(1), 0, back).await, Ok(TagOutcome::Words(vec![0xE2, 1, 2, 3])));
        let password = write(Bank::Reserved, 2, &[0, 0, 0, 7]);
        assert_eq!(order(epc(1), 0, password).await, Ok(TagOutcome::Done));
        // Access password and EPC, locked (EPC Gen2 air interface, table 6.50).
        let lock = LockBits { mask: 0b00_1010_0000, action: 0b00_1010_0000 };
        assert_eq!(order(epc(1), 8, Access::Lock(lock)).await, Err(TagError::WrongPassword));
        assert_eq!(order(epc(1), 7, Access::Lock(lock)).await, Ok(TagOutcome::Done));
        let new = write(Bank::Epc, 2, &[0xAA; 12]);
        assert_eq!(order(epc(1), 0, new.clone()).await, Err(TagError::Locked));
        assert_eq!(order(epc(1), 7, new).await, Ok(TagOutcome::Done));
        let beyond = write(Bank::User, 31, &[1, 2, 3, 4]);
        assert_eq!(order(epc(2), 0, beyond).await, Err(TagError::Overrun));
        station.read_of(&[0xAA; 12]).await;
        assert_eq!(bench.complaints(), Vec::<String>::new(), "{session:?}");
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn an_order_for_a_tag_that_is_not_there_says_so() {
    let bench = bench(11, |_| {});
    bench.place(tag(1, 1));
    let mut station = Station::with(settings(&bench));
    station.read_of(&epc(1)).await;
    let access = Access::Read { bank: Bank::User, word: 0, words: 1 };
    let order = TagAccess { epc: epc(9), password: Password::NONE, access };
    assert_eq!(station.desk.order(TagCommand::Access(order)).await, Err(TagError::NoTag));
    station.read_of(&epc(1)).await;
}

#[tokio::test(flavor = "multi_thread")]
async fn a_reader_that_talks_to_somebody_else_says_so() {
    let bench = bench(12, |_| {});
    bench.place(tag(1, 1));
    let mut first = Station::with(settings(&bench));
    first.read_of(&epc(1)).await;
    let mut second = Station::with(settings(&bench));
    let (why, _) = second.next_down().await;
    assert!(matches!(why, ReaderError::Refused { .. }), "{why}");
    assert!(why.to_string().contains("another client is connected: close the vendor's tool"), "{why}");
    let warning = first.until("Warning", |event| match event {
        ReaderEvent::Warning { what, .. } => Some(what),
        _ => None,
    });
    assert!(warning.await.contains("another program"));
    first.read_of(&epc(1)).await;
    first.stop.send(true).expect("still running");
    second.read_of(&epc(1)).await;
}

#[tokio::test(flavor = "multi_thread")]
async fn antennas_powers_and_regions_are_held_against_the_reader() {
    let bench = bench(13, |like| like.missing_antennas = vec![2]);
    bench.place(tag(3, 3));
    let asked = ReaderSettings {
        antennas: vec![2, 3, 9],
        power_dbm: 33,
        region: Some(Region::Us),
        ..settings(&bench)
    };
    let mut station = Station::with(asked);
    let mut said = BTreeSet::new();
    station
        .for_a_while(Duration::from_secs(2), |event| match event {
            ReaderEvent::Warning { what, .. } => assert!(said.insert(what), "twice"),
            // Of an antenna it does not have both an event and the warning tell, in the same words.
            ReaderEvent::Antenna { antenna, fault } => assert!(antenna == 9 || said.insert(fault), "twice"),
            _ => {}
        })
        .await;
    let said: Vec<&str> = said.iter().map(String::as_str).collect();
    assert_eq!(
        said,
        [
            "antenna 2 is missing: is its cable screwed on at both ends?",
            "power_dbm = 33 is more than the reader can: it transmits with 30 dBm; write power_dbm = 30 into station.toml",
            "region = \"us\" cannot be had from this reader (it sends at 865.5 MHz): it has \"eu\" \"india\"; where one of them is the law of the place, write it into station.toml",
            "the reader has antennas 1 to 4 and has no antenna 9: not used; write antennas = [2, 3] into station.toml",
        ]
    );
    assert_eq!(station.read_of(&epc(3)).await.antenna, 3);
    // Screwed on, and off again: told once more.
    bench.send_raw(&event(&[0, 255, 0, 7, 1, 0, 2]));
    bench.send_raw(&event(&[0, 255, 0, 7, 0, 0, 2]));
    let antenna = station.until("Antenna", |event| match event {
        ReaderEvent::Antenna { antenna, .. } => Some(antenna),
        _ => None,
    });
    assert_eq!(antenna.await, 2);
    assert_eq!(bench.complaints(), Vec::<String>::new());
}

#[tokio::test(flavor = "multi_thread")]
async fn what_a_reader_refuses_is_no_reason_to_give_up() {
    let bench = bench(14, |like| like.llrp.fussy = true);
    bench.place(tag(1, 1));
    for _ in 0..2 {
        let mut station = Station::with(settings(&bench));
        let warning = station.until("Warning", |event| match event {
            ReaderEvent::Warning { what, .. } => Some(what),
            _ => None,
        });
        assert_eq!(
            warning.await,
            "the reader does not tell all its events: 301, a value is out of range: event 3"
        );
        station.read_of(&epc(1)).await;
        station.stop.send(true).expect("still running");
        station.task.await.expect("no panic");
    }
    assert_eq!(bench.complaints(), Vec::<String>::new());
}

#[tokio::test(flavor = "multi_thread")]
async fn a_reader_may_call_by_itself() {
    let bench = bench(15, |_| {});
    bench.place(tag(1, 1));
    let free = TcpListener::bind("127.0.0.1:0").expect("a port").local_addr().expect("its number");
    let relay = Relay::calling(&bench, free);
    let mut station = Station::with(ReaderSettings { port: relay.port.clone(), ..settings(&bench) });
    station.read_of(&epc(1)).await;
    // It goes out in the middle of a message, and calls again.
    relay.set(Manner::Breaks);
    let (why, _) = station.next_down().await;
    assert!(matches!(why, ReaderError::Gone { .. }), "{why}");
    station.read_of(&epc(1)).await;
    assert_eq!(bench.complaints(), Vec::<String>::new());
}

#[tokio::test(flavor = "multi_thread")]
async fn a_serial_reader_behind_a_converter_is_read_over_the_network() {
    let like = BenchSettings { transport: Transport::Tcp, seed: 16, ..BenchSettings::default() };
    let bench = BenchReader::start_with(like).expect("a bench");
    bench.place(tag(1, 1));
    let mut station = Station::open(bench.path(), &[1]);
    station.read_of(&epc(1)).await;
    bench.unplug().expect("unplugged");
    station.next_down().await;
    bench.replug().expect("plugged in");
    station.read_of(&epc(1)).await;
    assert_eq!(bench.complaints(), Vec::<String>::new());
}

fn bench(seed: u64, change: impl FnOnce(&mut BenchSettings)) -> BenchReader {
    let mut like = BenchSettings { family: Family::Llrp, seed, ..BenchSettings::default() };
    change(&mut like);
    BenchReader::start_with(like).expect("a bench")
}

fn settings(bench: &BenchReader) -> ReaderSettings {
    ReaderSettings::new("gate", Family::Llrp, &bench.path().to_string_lossy())
}

/// An event with that parameter, from a reader's clock that was never set.
fn event(parameter: &[u8]) -> Vec<u8> {
    let data = [&[0, 128, 0, 12][..], &[0; 8], parameter].concat();
    let sized = |before: &[u8], more: u8, value: &[u8]| [before, &[value.len() as u8 + more], value].concat();
    let data = sized(&[0, 246, 0], 4, &data);
    let body = [&[0, 0, 0, 9][..], &data].concat();
    sized(&[4, 63, 0, 0, 0], 6, &body)
}

fn epc(number: u8) -> Vec<u8> {
    vec![0x30, 0x34, 0xA0, 0x13, 0x01, 0x89, 0, 0, 0, 0, 0xA0, number]
}

fn tid(number: u8) -> Vec<u8> {
    vec![0xE2, 0x80, 0x68, 0x94, 0, 0, 0, 0, 1, 2, 3, number]
}

fn tag(number: u8, antenna: u8) -> BenchTag {
    BenchTag { epc: epc(number), tid: None, antenna, rssi_dbm: -60, read_rate: 0.8 }
}

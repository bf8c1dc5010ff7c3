//! The real R2000 driver over real pseudo-terminals, against the simulated reader: cold start, plugs, garbage, silence.
//! The modules have the rest; `simple_readers.rs` has scripts that know very little of the protocol.

#[path = "reader_support/a0_said.rs"]
mod a0_said;
#[path = "r2000_wire/antennas.rs"]
mod antennas;
#[path = "r2000_wire/chips.rs"]
mod chips;
#[path = "reader_support/figures.rs"]
mod figures;
#[path = "reader_support/open.rs"]
mod open;
#[path = "r2000_wire/orders.rs"]
mod orders;
#[path = "reader_support/rate.rs"]
mod rate;
#[path = "reader_support/scripted.rs"]
mod scripted;
#[path = "r2000_wire/settings.rs"]
mod settings;
#[path = "reader_support/simple_readers.rs"]
mod simple_readers;
#[path = "reader_support/station.rs"]
mod station;
#[path = "reader_support/temperature.rs"]
mod temperature;

use std::collections::HashSet;
use std::io::{Read, Write};
use std::path::Path;
use std::time::{Duration, Instant};

use a0_said::framed;
use armoury_hardware::bench::{BenchReader, BenchSettings, BenchTag, Nuisances};
use armoury_hardware::reader::{ReaderError, ReaderEvent};
use station::Station;

#[tokio::test(flavor = "multi_thread")]
async fn a_cold_start_finds_the_reader_writes_its_settings_and_reads() {
    let bench = BenchReader::start(1, Nuisances::default()).expect("a bench");
    for number in 0..3 {
        bench.place(tag(number, 1));
    }
    let mut station = Station::open(bench.path(), &[1]);
    let up = station.next_up().await;
    assert_eq!(up, ("8.2".to_owned(), 115_200, 1));
    let read = station.read_of(&epc(1)).await;
    assert_eq!((read.antenna, read.pc), (1, Some(0x3000)));
    assert!((-62..=-58).contains(&read.rssi_dbm.expect("dBm")), "{read:?}");
    assert!((865_000..=868_000).contains(&read.freq_khz.expect("kHz")), "{read:?}");
    station.see_all((0..3).map(epc)).await;
    assert!(station.began.elapsed() < Duration::from_secs(2), "{:?}", station.began.elapsed());
    let figures = station.figures().await;
    assert_eq!((figures.refused, figures.skipped), (0, 0));
    assert!((30..=40).contains(&station.temperature_c().await.expect("asked at the start")));
    assert_eq!(bench.complaints(), Vec::<String>::new());
    assert_eq!(bench.flash_writes(), 0);
}

#[tokio::test(flavor = "multi_thread")]
async fn rounds_follow_each_other_without_a_pause() {
    let bench = BenchReader::start(2, Nuisances::default()).expect("a bench");
    let mut station = Station::open(bench.path(), &[1]);
    station.next_up().await;
    station.figures().await;
    let before = (bench.rounds(), Instant::now());
    tokio::time::sleep(Duration::from_secs(2)).await;
    let per_s = (bench.rounds() - before.0) as f64 / before.1.elapsed().as_secs_f64();
    println!("rounds per second: {per_s:.0}");
    // A pass takes 12 ms, question and thought 2 ms: some 70 a second, half of that on a busy machine.
    assert!((30.0..=100.0).contains(&per_s), "{per_s}");
}

#[tokio::test(flavor = "multi_thread")]
async fn antennas_take_turns_and_a_missing_one_is_told_once() {
    let bench = BenchReader::start_with(BenchSettings {
        seed: 3,
        missing_antennas: vec![2],
        ..BenchSettings::default()
    })
    .expect("a bench");
    bench.place(tag(1, 1));
    bench.place(tag(3, 3));
    let mut station = Station::open(bench.path(), &[1, 2, 3]);
    assert_eq!(station.read_of(&epc(1)).await.antenna, 1);
    assert_eq!(station.read_of(&epc(3)).await.antenna, 3);
    let mut faults = Vec::new();
    station
        .for_a_while(Duration::from_secs(2), |event| {
            if let ReaderEvent::Antenna { antenna, fault } = event {
                faults.push((antenna, fault));
            }
        })
        .await;
    faults.append(&mut station.antenna_faults);
    assert_eq!(faults.len(), 1, "{faults:?}");
    assert!(faults[0].0 == 2 && faults[0].1.contains("antenna 2"), "{faults:?}");
    assert_eq!(station.read_of(&epc(3)).await.antenna, 3);
    assert_eq!(bench.complaints(), Vec::<String>::new());
}

#[tokio::test(flavor = "multi_thread")]
async fn a_reader_pulled_and_put_back_is_found_again() {
    let bench = BenchReader::start(4, Nuisances::default()).expect("a bench");
    bench.place(tag(1, 1));
    let mut station = Station::open(bench.path(), &[1]);
    station.read_of(&epc(1)).await;
    bench.unplug().expect("unplugged");
    let pulled = Instant::now();
    let (why, retry_in_ms) = station.next_down().await;
    assert!(matches!(why, ReaderError::Gone { .. }), "{why}");
    assert!(why.to_string().contains("plug it in again"), "{why}");
    assert!(pulled.elapsed() < Duration::from_secs(1) && retry_in_ms <= 250);
    let (why, _) = station.next_down().await;
    assert!(matches!(why, ReaderError::NotThere { .. }), "{why}");
    bench.replug().expect("plugged in");
    station.next_up().await;
    station.read_of(&epc(1)).await;
    // Power and antenna were written again: a strict reader would complain otherwise.
    assert_eq!(bench.complaints(), Vec::<String>::new());
}

#[tokio::test(flavor = "multi_thread")]
async fn a_port_that_is_not_there_yet_is_waited_for() {
    let bench = BenchReader::start(5, Nuisances::default()).expect("a bench");
    bench.place(tag(1, 1));
    bench.unplug().expect("unplugged");
    let mut station = Station::open(bench.path(), &[1]);
    let (why, _) = station.next_down().await;
    assert!(why.to_string().contains("is the reader's cable plugged in?"), "{why}");
    bench.replug().expect("plugged in");
    station.read_of(&epc(1)).await;
}

#[tokio::test(flavor = "multi_thread")]
async fn garbage_between_the_frames_changes_nothing() {
    let bench = BenchReader::start(6, Nuisances::default()).expect("a bench");
    bench.place(tag(1, 1));
    bench.mumble(300);
    let mut station = Station::open(bench.path(), &[1]);
    station.next_up().await;
    let mut seen = HashSet::new();
    for _ in 0..10 {
        bench.mumble(200);
        station
            .for_a_while(Duration::from_millis(200), |event| {
                if let ReaderEvent::Read(read) = event {
                    seen.insert(read.epc);
                }
            })
            .await;
    }
    assert_eq!(seen, HashSet::from([epc(1)]));
    assert!(station.figures().await.skipped >= 1_000);
}

#[tokio::test(flavor = "multi_thread")]
async fn a_reader_that_falls_silent_is_told_and_taken_up_again() {
    let bench = BenchReader::start(7, Nuisances::default()).expect("a bench");
    bench.place(tag(1, 1));
    let mut station = Station::open(bench.path(), &[1]);
    station.read_of(&epc(1)).await;
    bench.stall(8_000);
    let (why, _) = station.next_down().await;
    assert!(matches!(why, ReaderError::Silent { .. }), "{why}");
    assert!(why.to_string().contains("check its power"), "{why}");
    let (why, _) = station.next_down().await;
    assert!(matches!(why, ReaderError::NoReply { .. }), "{why}");
    station.next_up().await;
    station.read_of(&epc(1)).await;
}

#[tokio::test(flavor = "multi_thread")]
async fn a_reader_that_loses_its_power_for_a_moment_reads_with_its_power_at_its_antenna_again() {
    let settings = BenchSettings { seed: 12, strict: false, ..BenchSettings::default() };
    let bench = BenchReader::start_with(settings).expect("a bench");
    // Without power a reader forgets its antenna, and asks the first.
    bench.place(tag(1, 1));
    bench.place(tag(3, 3));
    let mut station = Station::open(bench.path(), &[3]);
    station.read_of(&epc(3)).await;
    for gone_ms in [50, 1_200] {
        bench.brown_out(gone_ms);
        station.for_a_while(Duration::from_millis(500), |_| {}).await;
        station.read_of(&epc(3)).await;
        let mut elsewhere = 0;
        station
            .for_a_while(Duration::from_millis(500), |event| match event {
                ReaderEvent::Read(read) => elsewhere += u32::from(read.antenna != 3),
                ReaderEvent::Down { why, .. } => panic!("{why}"),
                _ => {}
            })
            .await;
        assert_eq!((elsewhere, bench.power_dbm()), (0, Some(26)), "after {gone_ms} ms");
    }
    assert_eq!((bench.complaints(), bench.flash_writes()), (Vec::new(), 0));
}

#[tokio::test(flavor = "multi_thread")]
async fn a_bad_line_hides_no_tag_and_invents_none() {
    let seed = std::env::var("ARMOURY_SEED").ok().and_then(|seed| seed.parse().ok()).unwrap_or(8);
    println!("seed {seed}");
    let bench = BenchReader::start(seed, Nuisances::harsh()).expect("a bench");
    for number in 0..20 {
        bench.place(tag(number, 1));
    }
    let mut station = Station::open(bench.path(), &[1]);
    let mut seen = HashSet::new();
    let mut reads = 0;
    station
        .for_a_while(Duration::from_secs(6), |event| {
            if let ReaderEvent::Read(read) = event {
                reads += 1;
                seen.insert(read.epc);
            }
        })
        .await;
    let placed: HashSet<Vec<u8>> = (0..20).map(epc).collect();
    let missing: Vec<_> = placed.difference(&seen).collect();
    assert!(missing.is_empty(), "seed {seed}: never seen: {missing:02x?}");
    let known: HashSet<Vec<u8>> =
        [placed.into_iter().collect(), bench.strays(), bench.ghosts()].concat().into_iter().collect();
    let invented: Vec<_> = seen.difference(&known).collect();
    assert!(invented.is_empty(), "seed {seed}: invented: {invented:02x?}");
    assert!(!seen.contains(&Vec::new()), "a ghost without EPC was handed on");
    let figures = station.figures().await;
    println!("{reads} reads, {figures:?}");
    assert!(figures.refused > 0 && figures.skipped > 0);
}

#[tokio::test(flavor = "multi_thread")]
async fn stopping_closes_the_port() {
    let bench = BenchReader::start(9, Nuisances::default()).expect("a bench");
    let real = bench.path().canonicalize().expect("a terminal");
    let mut station = Station::open(bench.path(), &[1]);
    station.next_up().await;
    assert_eq!(open_ends(&real), 2, "the bench's own and the station's");
    let asked = Instant::now();
    station.stop.send(true).expect("still running");
    station.task.await.expect("no panic");
    assert!(asked.elapsed() < Duration::from_millis(500));
    assert_eq!(open_ends(&real), 1);
}

#[tokio::test(flavor = "multi_thread")]
async fn power_goes_to_flash_only_where_it_must_and_only_once() {
    let bench =
        BenchReader::start_with(BenchSettings { seed: 10, power_in_ram: false, ..BenchSettings::default() })
            .expect("a bench");
    bench.place(tag(1, 1));
    for _ in 0..2 {
        let mut station = Station::open(bench.path(), &[1]);
        station.read_of(&epc(1)).await;
        station.stop.send(true).expect("still running");
        station.task.await.expect("no panic");
    }
    assert_eq!(bench.flash_writes(), 1);
}

#[tokio::test(flavor = "multi_thread")]
async fn the_bench_answers_a_chip_number_question_with_a_valid_record() {
    let bench = BenchReader::start(11, Nuisances::default()).expect("a bench");
    let mut placed = tag(1, 1);
    placed.tid = Some(vec![0xE2, 0x80, 0x68, 0x94, 0, 1, 2, 3, 4, 5, 6, 7]);
    bench.place(placed.clone());
    let mut line = std::fs::OpenOptions::new().read(true).write(true).open(bench.path()).expect("the port");
    line.write_all(&framed(0xFF, 0x81, &[2, 0, 6, 0, 0, 0, 0])).expect("sent");
    let mut bytes = [0; 64];
    let mut count = 0;
    while count < 39 {
        count += line.read(&mut bytes[count..]).expect("an answer");
    }
    let seen = armoury_hardware::reader::inspect_frames("r2000", &bytes[..count]).expect("known");
    let seen = serde_json::to_value(&seen).expect("JSON");
    assert_eq!(seen[0]["kind"], "tag", "{seen}");
    assert_eq!(seen[0]["tid"], "e28068940001020304050607");
    assert_eq!(seen[0]["air_crc_valid"], true);
}

fn epc(number: u8) -> Vec<u8> {
    vec![0x30, 0x34, 0xA0, 0x13, 0x01, 0x89, 0, 0, 0, 0, 0xA0, number]
}

fn tag(number: u8, antenna: u8) -> BenchTag {
    BenchTag { epc: epc(number), tid: None, antenna, rssi_dbm: -60, read_rate: 0.8 }
}

/// How many descriptors of this process are open on a terminal.
fn open_ends(terminal: &Path) -> usize {
    std::fs::read_dir("/proc/self/fd")
        .expect("descriptors")
        .filter_map(|entry| std::fs::read_link(entry.ok()?.path()).ok())
        .filter(|target| target == terminal)
        .count()
}

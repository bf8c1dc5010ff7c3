//! The Chafon driver over real pseudo-terminals and a network, against simulated readers of every generation.

#[path = "reader_support/a0_said.rs"]
mod a0_said;
#[path = "reader_support/chafon.rs"]
mod chafon;
#[path = "reader_support/chafon_faults.rs"]
mod chafon_faults;
#[path = "reader_support/chafon_simple.rs"]
mod chafon_simple;
#[path = "reader_support/figures.rs"]
mod figures;
#[path = "reader_support/scripted.rs"]
mod scripted;
#[path = "reader_support/station.rs"]
mod station;
#[path = "reader_support/temperature.rs"]
mod temperature;

use std::collections::HashSet;
use std::task::Poll;
use std::time::{Duration, Instant};

use armoury_hardware::bench::{BenchReader, BenchSettings, BenchTag, Nuisances};
use armoury_hardware::reader::{
    Access, Bank, Family, Identity, LockBits, Password, ReaderError, ReaderEvent, ReaderSettings, Region,
    TagAccess, TagCommand, TagError, TagOutcome, TagRead,
};
use station::Station;

#[tokio::test(flavor = "multi_thread")]
async fn a_288_is_found_set_up_and_read_and_its_flash_spared_the_second_time() {
    let bench = bench("", 1);
    for number in 0..3 {
        bench.place(tag(number, 1));
    }
    let mut station = Station::with(settings(&bench, &[1]));
    let (identity, baud) = next_identity(&mut station).await;
    assert_eq!((identity.model.as_deref(), identity.firmware.as_str()), (Some("UHFReader288M"), "8.2"));
    assert_eq!((identity.serial.as_deref(), identity.address), (Some("00000001"), Some(1)));
    assert_eq!((identity.antennas, baud), (Some(4), 57_600));
    station.see_all((0..3).map(epc)).await;
    let read = station.read_of(&epc(1)).await;
    assert_eq!((read.antenna, read.rssi_dbm, read.pc), (1, None, None));
    assert!((64..=74).contains(&read.rssi_raw.expect("raw")), "{read:?}");
    let figures = station.figures().await;
    assert_eq!((figures.refused, figures.skipped), (0, 0));
    assert!((30..=40).contains(&station.temperature_c().await.expect("asked at the start")));
    assert_eq!(bench.flash_writes(), 1, "the power alone differs");
    ended(station).await;
    let mut station = Station::with(settings(&bench, &[1]));
    station.read_of(&epc(1)).await;
    assert_eq!((bench.flash_writes(), bench.complaints()), (1, Vec::new()));
}

#[tokio::test(flavor = "multi_thread")]
async fn a_uhfreader18_is_read_without_strength_and_asked_for_each_chip() {
    let bench = bench("18", 2);
    bench.place(chip(1, 1, [0xE2, 0x00, 0x34, 0x12]));
    bench.place(chip(2, 1, [0xE2, 0x80, 0x11, 0x05]));
    let mut station = Station::with(settings(&bench, &[1]));
    let (identity, _) = next_identity(&mut station).await;
    assert_eq!((identity.model.as_deref(), identity.antennas), (Some("UHFReader18"), Some(1)));
    let read = station.read_of(&epc(1)).await;
    assert_eq!((read.antenna, read.rssi_raw, read.rssi_dbm), (1, None, None));
    for number in [1, 2] {
        let read = with_chip(&mut station, &epc(number)).await;
        assert_eq!(read.tid.expect("asked for")[11], number);
    }
    // Power, and a scan time short enough for orders.
    assert_eq!((bench.flash_writes(), bench.complaints()), (2, Vec::new()));
}

#[tokio::test(flavor = "multi_thread")]
async fn antennas_take_turns_and_a_missing_one_is_told_once() {
    for ports in [4, 16] {
        let bench = BenchReader::start_with(BenchSettings {
            missing_antennas: vec![2],
            ports,
            ..bench_settings("", 3)
        })
        .expect("a bench");
        bench.place(tag(1, 1));
        bench.place(tag(3, 3));
        let mut station = Station::with(settings(&bench, &[1, 2, 3]));
        assert_eq!(station.read_of(&epc(1)).await.antenna, 1, "{ports} ports");
        assert_eq!(station.read_of(&epc(3)).await.antenna, 3, "{ports} ports");
        let mut faults = Vec::new();
        station
            .for_a_while(Duration::from_millis(1200), |event| match event {
                ReaderEvent::Antenna { antenna, fault } => faults.push((antenna, fault)),
                ReaderEvent::Read(read) => assert_eq!(read.antenna, read.epc[11], "{ports} ports"),
                _ => {}
            })
            .await;
        faults.append(&mut station.antenna_faults);
        assert_eq!(faults.len(), 1, "{faults:?}");
        assert!(faults[0].0 == 2 && faults[0].1.contains("return loss 1 dB"), "{faults:?}");
        assert_eq!(bench.complaints(), Vec::<String>::new());
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn an_impinj_chip_says_its_number_with_its_epc_and_others_are_asked() {
    let bench = bench("", 4);
    bench.place(chip(1, 1, [0xE2, 0x80, 0x11, 0x05]));
    bench.place(chip(2, 1, [0xE2, 0x80, 0x68, 0x94]));
    let mut station = Station::with(settings(&bench, &[1]));
    for number in [1, 2] {
        let read = with_chip(&mut station, &epc(number)).await;
        assert_eq!(read.tid.expect("asked for")[11], number);
    }
    assert_eq!(bench.complaints(), Vec::<String>::new());
}

#[tokio::test(flavor = "multi_thread")]
async fn the_region_and_too_much_power_are_set_as_far_as_the_reader_can() {
    let bench = bench("18", 5);
    bench.place(tag(1, 1));
    let wanted = ReaderSettings { power_dbm: 33, region: Some(Region::Us), ..settings(&bench, &[1, 2]) };
    let mut station = Station::with(wanted);
    let mut warnings = Vec::new();
    station
        .until("read", |event| match event {
            ReaderEvent::Warning { what, .. } => {
                warnings.push(what);
                None
            }
            ReaderEvent::Read(_) => Some(()),
            _ => None,
        })
        .await;
    assert!(warnings.iter().any(|what| what.contains("transmits with 30 dBm")), "{warnings:?}");
    assert!(warnings.iter().any(|what| what.contains("one antenna")), "{warnings:?}");
    // Region and scan time; the power is 30 dBm already.
    assert_eq!((bench.flash_writes(), bench.complaints()), (2, Vec::new()));
}

#[tokio::test(flavor = "multi_thread")]
async fn a_reader_in_active_mode_is_heard_at_once_and_brought_to_answer() {
    for variant in ["18-active", "288-active"] {
        let bench = bench(variant, 6);
        bench.place(chip(1, 1, [0xE2, 0x80, 0x68, 0x94]));
        let mut station = Station::with(settings(&bench, &[1]));
        station.read_of(&epc(1)).await;
        // Only a reader in answer mode reads chips.
        let read = with_chip(&mut station, &epc(1)).await;
        assert_eq!(read.tid.expect("asked for")[11], 1, "{variant}");
        assert!(bench.rounds() > 0, "{variant}");
        assert_eq!(bench.complaints(), Vec::<String>::new(), "{variant}");
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn a_cf_reader_streams_and_is_left_quiet() {
    together(["cf", "cf-active"], async |variant| {
        let bench = bench(variant, 7);
        bench.place(tag(1, 1));
        bench.place(tag(2, 2));
        let mut station = Station::with(ReaderSettings { baud: Some(115_200), ..settings(&bench, &[1, 2]) });
        let (identity, _) = next_identity(&mut station).await;
        if variant == "cf" {
            assert_eq!(identity.model.as_deref(), Some("CP-20391"));
            assert_eq!(identity.firmware, "UHF Bench Reader V8.2");
        }
        let read = station.read_of(&epc(2)).await;
        assert_eq!((read.antenna, read.rssi_raw), (2, None), "{variant}");
        assert!((-62..=-58).contains(&read.rssi_dbm.expect("dBm")), "{read:?}");
        station.read_of(&epc(1)).await;
        // A field without a tag is no silent reader.
        bench.clear();
        let mut downs = 0;
        station
            .for_a_while(Duration::from_secs(3), |event| {
                downs += u32::from(matches!(event, ReaderEvent::Down { .. }));
            })
            .await;
        assert_eq!(downs, 0, "{variant}");
        ended(station).await;
        tokio::time::sleep(Duration::from_millis(100)).await;
        let rounds = bench.rounds();
        tokio::time::sleep(Duration::from_millis(200)).await;
        assert_eq!(bench.rounds(), rounds, "{variant}: still streaming");
        assert_eq!((bench.flash_writes(), bench.complaints()), (1, Vec::new()), "{variant}");
    })
    .await;
}

#[tokio::test(flavor = "multi_thread")]
async fn a_reader_pulled_and_put_back_is_found_again() {
    together(["", "18", "cf"], async |variant| {
        let bench = bench(variant, 8);
        bench.place(tag(1, 1));
        let mut station = Station::with(settings(&bench, &[1]));
        station.read_of(&epc(1)).await;
        bench.unplug().expect("unplugged");
        let (why, _) = station.next_down().await;
        assert!(matches!(why, ReaderError::Gone { .. }), "{variant}: {why}");
        bench.replug().expect("plugged in");
        station.next_up().await;
        station.read_of(&epc(1)).await;
        assert_eq!(bench.complaints(), Vec::<String>::new(), "{variant}");
    })
    .await;
}

#[tokio::test(flavor = "multi_thread")]
async fn garbage_between_the_frames_changes_nothing() {
    together(["", "cf"], async |variant| {
        let bench = bench(variant, 9);
        bench.place(tag(1, 1));
        bench.mumble(300);
        let mut station = Station::with(settings(&bench, &[1]));
        station.next_up().await;
        let mut seen = HashSet::new();
        for _ in 0..6 {
            bench.mumble(200);
            station
                .for_a_while(Duration::from_millis(200), |event| {
                    if let ReaderEvent::Read(read) = event {
                        seen.insert(read.epc);
                    }
                })
                .await;
        }
        assert_eq!(seen, HashSet::from([epc(1)]), "{variant}");
        assert!(station.figures().await.skipped >= 1_000, "{variant}");
    })
    .await;
}

#[tokio::test(flavor = "multi_thread")]
async fn a_reader_that_falls_silent_is_told_and_taken_up_again() {
    // As long as the driver may wait for a chip's number and for every repeated question.
    together([("", 9_000), ("cf", 4_000)], async |(variant, silent_ms)| {
        let bench = bench(variant, 10);
        bench.place(tag(1, 1));
        let mut station = Station::with(ReaderSettings { baud: Some(115_200), ..settings(&bench, &[1]) });
        station.read_of(&epc(1)).await;
        bench.stall(silent_ms);
        let (why, _) = station.next_down().await;
        assert!(matches!(why, ReaderError::Silent { .. }), "{variant}: {why}");
        station.next_up().await;
        station.read_of(&epc(1)).await;
    })
    .await;
}

#[tokio::test(flavor = "multi_thread")]
async fn a_bad_line_hides_no_tag_and_invents_none() {
    let seed = std::env::var("SEED").ok().and_then(|seed| seed.parse().ok()).unwrap_or(11);
    println!("seed {seed}");
    together(["", "18", "cf"], async |variant| worn(variant, seed).await).await;
}

async fn worn(variant: &'static str, seed: u64) {
    let bench = BenchReader::start_with(BenchSettings {
        nuisances: Nuisances::harsh(),
        ..bench_settings(variant, seed)
    })
    .expect("a bench");
    for number in 0..20 {
        bench.place(tag(number, 1));
    }
    let mut station = Station::with(ReaderSettings { read_tid: false, ..settings(&bench, &[1]) });
    let (mut seen, mut reads) = (HashSet::new(), 0);
    station
        .for_a_while(Duration::from_secs(5), |event| {
            if let ReaderEvent::Read(read) = event {
                reads += 1;
                seen.insert(read.epc);
            }
        })
        .await;
    let placed: HashSet<Vec<u8>> = (0..20).map(epc).collect();
    let missing: Vec<_> = placed.difference(&seen).collect();
    assert!(missing.is_empty(), "{variant} seed {seed}: never seen: {missing:02x?}");
    let known: HashSet<Vec<u8>> =
        [placed.into_iter().collect(), bench.strays(), bench.ghosts()].concat().into_iter().collect();
    let invented: Vec<_> = seen.difference(&known).collect();
    assert!(invented.is_empty(), "{variant} seed {seed}: invented: {invented:02x?}");
    assert!(!seen.contains(&Vec::new()), "a ghost without EPC was handed on");
    let figures = station.figures().await;
    println!("{variant}: {reads} reads, {figures:?}");
    assert!(figures.skipped > 0);
}

#[tokio::test(flavor = "multi_thread")]
async fn a_tag_is_written_locked_and_closed_to_whoever_lacks_the_password() {
    for variant in ["", "18"] {
        let bench = bench(variant, 12);
        bench.place(BenchTag { read_rate: 1.0, ..chip(1, 1, [0xE2, 0x80, 0x68, 0x94]) });
        let mut station = Station::with(settings(&bench, &[1]));
        station.read_of(&epc(1)).await;
        let desk = station.desk.clone();
        let order = |password, access| {
            let desk = desk.clone();
            async move {
                let access = TagAccess { epc: epc(1), password: Password(password), access };
                desk.order(TagCommand::Access(access)).await
            }
        };
        let write = |bank, word, data: &[u8]| Access::Write { bank, word, data: data.to_vec() };
        let read = |bank, word, words| Access::Read { bank, word, words };
        assert_eq!(order(0, write(Bank::Reserved, 2, &[0, 0, 0, 7])).await, Ok(TagOutcome::Done));
        let lock = LockBits { mask: 0b00_11_11_00_11, action: 0b00_10_10_00_10 };
        assert_eq!(order(7, Access::Lock(lock)).await, Ok(TagOutcome::Done));
        assert_eq!(order(7, write(Bank::User, 4, b"armoury.")).await, Ok(TagOutcome::Done));
        let words = Ok(TagOutcome::Words(b"armoury.".to_vec()));
        assert_eq!(order(7, read(Bank::User, 4, 4)).await, words);
        assert_eq!(order(8, read(Bank::User, 4, 4)).await, Err(TagError::WrongPassword));
        assert_eq!(order(0, write(Bank::User, 4, &[0, 0])).await, Err(TagError::Locked));
        assert_eq!(order(7, read(Bank::User, 31, 2)).await, Err(TagError::Overrun));
        assert!(matches!(order(7, read(Bank::User, 300, 2)).await, Err(TagError::NotOffered(_))));
        let looked = desk.order(TagCommand::Look { for_ms: 500 }).await;
        let Ok(TagOutcome::Seen(seen)) = looked else { panic!("{looked:?}") };
        assert!(seen.len() == 1 && seen[0].epc == epc(1) && seen[0].reads > 0, "{seen:?}");
        bench.clear();
        assert_eq!(order(7, read(Bank::User, 4, 4)).await, Err(TagError::NoTag), "{variant}");
        bench.place(tag(9, 1));
        station.read_of(&epc(9)).await;
        assert_eq!(bench.complaints(), Vec::<String>::new(), "{variant}");
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn a_cf_reader_says_that_it_writes_no_tags() {
    let bench = bench("cf", 13);
    bench.place(tag(1, 1));
    let mut station = Station::with(settings(&bench, &[1]));
    station.read_of(&epc(1)).await;
    let access = Access::Read { bank: Bank::Tid, word: 0, words: 6 };
    let access = TagAccess { epc: epc(1), password: Password::NONE, access };
    let said = station.desk.order(TagCommand::Access(access)).await;
    assert!(matches!(said, Err(TagError::NotOffered(_))), "{said:?}");
    station.read_of(&epc(1)).await;
}

/// Runs the same story on several readers at once, because most of its time is waiting.
async fn together<T, const N: usize>(each: [T; N], story: impl AsyncFn(T)) {
    let mut stories: Vec<_> = each.into_iter().map(|one| Box::pin(story(one))).collect();
    std::future::poll_fn(|cx| {
        stories.retain_mut(|story| story.as_mut().poll(cx).is_pending());
        if stories.is_empty() { Poll::Ready(()) } else { Poll::Pending }
    })
    .await;
}

fn bench_settings(variant: &str, seed: u64) -> BenchSettings {
    BenchSettings {
        family: Family::Uhfreader18,
        variant: variant.to_owned(),
        seed,
        ..BenchSettings::default()
    }
}

fn bench(variant: &str, seed: u64) -> BenchReader {
    BenchReader::start_with(bench_settings(variant, seed)).expect("a bench")
}

fn settings(bench: &BenchReader, antennas: &[u8]) -> ReaderSettings {
    ReaderSettings {
        power_dbm: 26,
        antennas: antennas.to_vec(),
        ..ReaderSettings::new("hatch", Family::Uhfreader18, &bench.path().to_string_lossy())
    }
}

async fn next_identity(station: &mut Station) -> (Identity, u32) {
    station
        .until("Up", |event| match event {
            ReaderEvent::Up { identity, baud } => Some((identity, baud)),
            _ => None,
        })
        .await
}

async fn with_chip(station: &mut Station, epc: &[u8]) -> TagRead {
    station
        .until("chip number", |event| match event {
            ReaderEvent::Read(read) if read.epc == epc && read.tid.is_some() => Some(read),
            _ => None,
        })
        .await
}

async fn ended(station: Station) {
    let asked = Instant::now();
    station.stop.send(true).expect("still running");
    station.task.await.expect("no panic");
    assert!(asked.elapsed() < Duration::from_secs(1), "{:?}", asked.elapsed());
}

fn epc(number: u8) -> Vec<u8> {
    vec![0x30, 0x34, 0xA0, 0x13, 0x01, 0x89, 0, 0, 0, 0, 0xA0, number]
}

fn tag(number: u8, antenna: u8) -> BenchTag {
    BenchTag { epc: epc(number), tid: None, antenna, rssi_dbm: -60, read_rate: 0.8 }
}

fn chip(number: u8, antenna: u8, maker: [u8; 4]) -> BenchTag {
    let tid = [&maker[..], &[0; 7], &[number]].concat();
    BenchTag { tid: Some(tid), ..tag(number, antenna) }
}

//! The Mercury driver and what goes wrong: cables, power, heat, a module left streaming, one without checksums, and
//! readers of a few lines. All of it ends in reads again, without a person.

use std::collections::HashSet;
use std::io::{Read, Write};
use std::time::{Duration, Instant};

use armoury_hardware::bench::{BenchReader, BenchSettings};
use armoury_hardware::reader::{ReaderError, ReaderEvent};

use super::a0_said::{framed, tag_frame};
use super::mercury::{Sent, command, reply};
use super::module::{bench, epc, settings, tag};
use super::scripted::Scripted;
use super::scripts::scripted;
use super::station::Station;

fn reading(seed: u64) -> (BenchReader, Station) {
    let bench = bench(BenchSettings { seed, ..BenchSettings::default() });
    bench.place(tag(1, 1));
    let station = Station::with(settings(&bench));
    (bench, station)
}

#[tokio::test(flavor = "multi_thread")]
async fn a_module_pulled_and_put_back_is_found_again() {
    let (bench, mut station) = reading(21);
    station.read_of(&epc(1)).await;
    // Half a record, as a brown-out leaves it.
    bench.send_raw(&Sent::new(&epc(1)).frame()[..20]);
    bench.unplug().expect("unplugged");
    let pulled = Instant::now();
    let (why, retry_in_ms) = station.next_down().await;
    assert!(matches!(why, ReaderError::Gone { .. }), "{why}");
    assert!(pulled.elapsed() < Duration::from_secs(1) && retry_in_ms <= 250);
    let (why, _) = station.next_down().await;
    assert!(matches!(why, ReaderError::NotThere { .. }), "{why}");
    bench.replug().expect("plugged in");
    station.next_up().await;
    station.read_of(&epc(1)).await;
    assert_eq!(bench.complaints(), Vec::<String>::new(), "every setting was written again");
}

#[tokio::test(flavor = "multi_thread")]
async fn a_module_that_falls_silent_is_told_and_taken_up_again() {
    let (bench, mut station) = reading(22);
    station.read_of(&epc(1)).await;
    bench.stall(6_500);
    let (why, _) = station.next_down().await;
    assert!(matches!(why, ReaderError::Silent { .. }), "{why}");
    station.next_up().await;
    station.read_of(&epc(1)).await;
}

#[tokio::test(flavor = "multi_thread")]
async fn garbage_between_the_frames_changes_nothing() {
    let (bench, mut station) = reading(23);
    bench.mumble(300);
    station.next_up().await;
    let mut seen = HashSet::new();
    for _ in 0..8 {
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
async fn a_module_left_streaming_is_stopped_and_set_up() {
    let (bench, mut station) = reading(24);
    station.read_of(&epc(1)).await;
    station.task.abort();
    assert!(station.task.await.expect_err("killed").is_cancelled());
    let before = bench.rounds();
    tokio::time::sleep(Duration::from_millis(200)).await;
    assert!(bench.rounds() > before, "it streams into nothing");
    let mut station = Station::with(settings(&bench));
    // It may be heard before it is known, and known before it is heard.
    let serial = station
        .until("serial number", |event| match event {
            ReaderEvent::Up { identity, .. } => identity.serial,
            _ => None,
        })
        .await;
    assert_eq!(serial, "MB00000024");
    station.read_of(&epc(1)).await;
    // Whoever comes in between may ask before it knows: the one question is all.
    assert!(
        bench.complaints().iter().all(|one| one == "command 03 while streaming"),
        "{:?}",
        bench.complaints()
    );
}

#[tokio::test(flavor = "multi_thread")]
async fn a_module_without_checksums_is_told_to_add_them() {
    let bench = bench(BenchSettings { seed: 25, ..BenchSettings::default() });
    bench.place(tag(1, 1));
    {
        let mut line =
            std::fs::OpenOptions::new().read(true).write(true).open(bench.path()).expect("the port");
        for (command, answer_len) in [(command(0x04, &[]), 27), (command(0x9A, &[1, 0x1B, 0]), 5)] {
            line.write_all(&command).expect("sent");
            let mut answer = vec![0; answer_len];
            line.read_exact(&mut answer).expect("an answer");
        }
    }
    let mut station = Station::with(settings(&bench));
    let read = station.read_of(&epc(1)).await;
    assert_eq!(read.air_crc_valid, Some(true));
    let figures = station.figures().await;
    station.figures().await;
    assert_eq!(station.figures().await.refused, figures.refused, "the stream has its checksums");
    assert_eq!(bench.complaints(), Vec::<String>::new());
}

#[tokio::test(flavor = "multi_thread")]
async fn heat_and_a_bad_antenna_are_told_once_and_reading_goes_on() {
    let (bench, mut station) = reading(26);
    station.read_of(&epc(1)).await;
    station.figures().await;
    assert!(station.reads_per_s().await > 5.0);
    for _ in 0..3 {
        bench.send_raw(&reply(0x22, 0x0504, &[]));
        bench.send_raw(&reply(0x22, 0x0505, &[]));
    }
    let (mut warnings, mut reads) = (Vec::new(), 0);
    station
        .for_a_while(Duration::from_secs(1), |event| match event {
            ReaderEvent::Warning { what, .. } => warnings.push(what),
            ReaderEvent::Antenna { antenna, .. } => warnings.push(format!("antenna {antenna}")),
            ReaderEvent::Read(_) => reads += 1,
            ReaderEvent::Down { why, .. } => panic!("{why}"),
            _ => {}
        })
        .await;
    assert!(reads > 10, "{reads}");
    assert_eq!(warnings.iter().filter(|what| what.contains("too hot")).count(), 1, "{warnings:?}");
    assert_eq!(warnings.iter().filter(|what| *what == "antenna 1").count(), 1, "{warnings:?}");
}

#[tokio::test(flavor = "multi_thread")]
async fn a_module_that_restarts_or_loses_its_region_is_set_up_again() {
    let (bench, mut station) = reading(27);
    station.read_of(&epc(1)).await;
    for (fault, word) in [
        (reply(0x04, 0, &[0x11; 20]), "restarted by itself"),
        (reply(0x22, 0x0405, &[]), "lost its settings"),
    ] {
        bench.send_raw(&fault);
        let what = station
            .until("warning", |event| match event {
                ReaderEvent::Warning { what, .. } => Some(what),
                ReaderEvent::Down { why, .. } => panic!("{why}"),
                _ => None,
            })
            .await;
        assert!(what.contains(word), "{what}");
        station.for_a_while(Duration::from_secs(1), |_| {}).await;
        station.read_of(&epc(1)).await;
    }
    bench.send_raw(&reply(0x22, 0x7F01, b"\0\0\x01\x17rfid/hop.c"));
    let (why, _) = station.next_down().await;
    assert!(matches!(why, ReaderError::Fault { code: 0x7F01, .. }), "{why}");
    station.next_up().await;
    station.read_of(&epc(1)).await;
    assert_eq!(bench.complaints(), Vec::<String>::new());
}

#[tokio::test(flavor = "multi_thread")]
async fn a_reader_that_only_streams_tags_is_a_reader() {
    let say = || Sent::new(&epc(1)).frame();
    let script = Scripted::start(Duration::from_millis(100), |_| Vec::new(), say);
    let mut station = scripted(&script);
    assert_eq!(station.next_up().await.0, "unknown");
    station.read_of(&epc(1)).await;
    let mut downs = 0;
    station
        .for_a_while(Duration::from_secs(3), |event| {
            downs += u32::from(matches!(event, ReaderEvent::Down { .. }));
        })
        .await;
    assert_eq!(downs, 0);
}

#[tokio::test(flavor = "multi_thread")]
async fn a_reader_that_answers_the_least_is_read() {
    let answers = |asked: &[u8]| match asked.get(2) {
        Some(0x03) => reply(0x03, 0, &[0x30; 20]),
        Some(0x2F) if asked.get(5) == Some(&1) => {
            [reply(0x2F, 0, &[1]), Sent::new(&epc(1)).frame(), reply(0x22, 0x0400, &[])].concat()
        }
        Some(0x2F) => reply(0x2F, 0, &[2]),
        Some(&opcode) => reply(opcode, 0, &[]),
        None => Vec::new(),
    };
    let script = Scripted::start(Duration::from_secs(3600), answers, Vec::new);
    let mut station = scripted(&script);
    assert_eq!(station.next_up().await, ("30.30.30.30".to_owned(), 115_200, 0));
    for _ in 0..3 {
        station.read_of(&epc(1)).await;
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn silence_echoes_and_a_refused_region_are_told_in_words_that_help() {
    let mute = Scripted::start(Duration::from_secs(3600), |_| Vec::new(), Vec::new);
    let echo = Scripted::start(Duration::from_secs(3600), <[u8]>::to_vec, Vec::new);
    let american = Scripted::start(
        Duration::from_secs(3600),
        |asked: &[u8]| match asked.get(2) {
            Some(0x03) => reply(0x03, 0, &[0x18; 20]),
            Some(0x97) => reply(0x97, 0x010B, &[]),
            Some(&opcode) => reply(opcode, 0, &[]),
            None => Vec::new(),
        },
        Vec::new,
    );
    let other_protocol = Scripted::start(
        Duration::from_millis(200),
        |_| framed(1, 0x72, &[8, 2]),
        || tag_frame(1, 0x89, &epc(1), 0x45),
    );
    let mut stations = [scripted(&mute), scripted(&echo), scripted(&american), scripted(&other_protocol)];
    let (why, _) = stations[0].next_down().await;
    assert!(matches!(why, ReaderError::NoReply { .. }), "{why}");
    let (why, _) = stations[1].next_down().await;
    assert!(matches!(why, ReaderError::Garbled { .. }), "our own echo is no reader: {why}");
    let (why, _) = stations[2].next_down().await;
    let said = why.to_string();
    assert!(said.contains("region = \"eu\"") && said.contains("region not supported"), "{said}");
    let (why, _) = stations[3].next_down().await;
    assert!(
        matches!(why, ReaderError::Garbled { .. }),
        "another protocol's tags are not taken for ours: {why}"
    );
}

#[tokio::test(flavor = "multi_thread")]
async fn a_driver_of_another_family_finds_no_reader_in_a_module() {
    let bench = bench(BenchSettings { seed: 28, ..BenchSettings::default() });
    let mut station = Station::open(bench.path(), &[1]);
    let (why, _) = station.next_down().await;
    assert!(!why.needs_reopening(), "{why}");
}

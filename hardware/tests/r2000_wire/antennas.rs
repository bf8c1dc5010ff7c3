//! Several antennas: in one sequence where the reader knows it, in turns where it does not.

use std::collections::HashMap;
use std::time::Duration;

use armoury_hardware::bench::{BenchReader, BenchSettings, Nuisances, R2000Manners};
use armoury_hardware::reader::{Family, ReaderEvent, ReaderSettings, Region, Session, Target};

use super::station::Station;
use super::{epc, tag};

pub fn bench(seed: u64, ports: u8, r2000: R2000Manners) -> BenchReader {
    BenchReader::start_with(BenchSettings { seed, ports, r2000, ..BenchSettings::default() })
        .expect("a bench")
}

pub fn settings(bench: &BenchReader, antennas: &[u8]) -> ReaderSettings {
    ReaderSettings {
        antennas: antennas.to_vec(),
        ..ReaderSettings::new("hatch", Family::R2000, &bench.path().to_string_lossy())
    }
}

/// How often each tag is read, and what is warned of, within a time.
async fn counted(station: &mut Station, time: Duration) -> (HashMap<Vec<u8>, u32>, Vec<String>) {
    let (mut reads, mut warnings) = (HashMap::new(), Vec::new());
    station
        .for_a_while(time, |event| match event {
            ReaderEvent::Read(read) => *reads.entry(read.epc).or_default() += 1,
            ReaderEvent::Warning { what, .. } => warnings.push(what),
            _ => {}
        })
        .await;
    (reads, warnings)
}

#[tokio::test(flavor = "multi_thread")]
async fn all_eight_antennas_are_heard_under_their_own_numbers() {
    for (seed, extended_sequence) in [(21, true), (22, false)] {
        let bench = bench(seed, 8, R2000Manners { extended_sequence, ..R2000Manners::default() });
        for antenna in 1..=8 {
            bench.place(tag(antenna, antenna));
        }
        let mut station = Station::with(settings(&bench, &[1, 2, 3, 4, 5, 6, 7, 8]));
        for antenna in 1..=8 {
            assert_eq!(station.read_of(&epc(antenna)).await.antenna, antenna);
        }
        assert_eq!(bench.complaints(), Vec::<String>::new());
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn a_reader_with_sixteen_ports_is_switched_between_its_two_groups() {
    let bench = bench(23, 16, R2000Manners::default());
    for antenna in [2, 7, 9, 16] {
        bench.place(tag(antenna, antenna));
    }
    let mut station = Station::with(settings(&bench, &[2, 7, 9, 16]));
    for antenna in [16, 2, 9, 7] {
        assert_eq!(station.read_of(&epc(antenna)).await.antenna, antenna);
    }
    assert_eq!(bench.complaints(), Vec::<String>::new());
}

/// In session S2 each tag answers once and then rests, which tells that session and target arrived.
#[tokio::test(flavor = "multi_thread")]
async fn session_and_target_go_with_a_sequence_and_with_a_round() {
    for (seed, antennas) in [(24, &[1, 2][..]), (25, &[1][..])] {
        for (target, continues) in [(Target::A, false), (Target::Ab, true)] {
            let bench = bench(seed, 4, R2000Manners::default());
            bench.place(tag(1, 1));
            let mut station = Station::with(ReaderSettings {
                session: Session::S2,
                target,
                read_tid: false,
                ..settings(&bench, antennas)
            });
            let (reads, warnings) = counted(&mut station, Duration::from_secs(1)).await;
            let count = reads.get(&epc(1)).copied().unwrap_or(0);
            assert_eq!(count > 1, continues, "{count} reads over {antennas:?} with {target:?}");
            assert!(count >= 1 && warnings.is_empty(), "{count} {warnings:?}");
            assert_eq!(bench.complaints(), Vec::<String>::new());
        }
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn a_reader_without_sequences_gives_each_antenna_its_turn() {
    for (seed, keeps_silent) in [(26, false), (27, true)] {
        let old = R2000Manners {
            sequence: false,
            extended_sequence: false,
            session_inventory: false,
            keeps_silent,
            ..R2000Manners::default()
        };
        let bench = bench(seed, 4, old);
        bench.place(tag(1, 1));
        bench.place(tag(4, 4));
        let mut station = Station::with(settings(&bench, &[1, 4]));
        assert_eq!(station.read_of(&epc(4)).await.antenna, 4);
        assert_eq!(station.read_of(&epc(1)).await.antenna, 1);
        let (reads, warnings) = counted(&mut station, Duration::from_millis(500)).await;
        assert!(reads.len() == 2 && warnings.is_empty(), "{reads:?} {warnings:?}");
        assert_eq!(bench.complaints(), Vec::<String>::new());
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn a_session_the_reader_cannot_take_is_told() {
    let old = R2000Manners { sequence: false, session_inventory: false, ..R2000Manners::default() };
    let bench = bench(28, 4, old);
    bench.place(tag(1, 1));
    let mut station = Station::with(ReaderSettings { session: Session::S1, ..settings(&bench, &[1, 2]) });
    let what = station
        .until("warning", |event| match event {
            ReaderEvent::Warning { what, .. } => Some(what),
            _ => None,
        })
        .await;
    assert!(what.contains("session"), "{what}");
    station.read_of(&epc(1)).await;
}

#[tokio::test(flavor = "multi_thread")]
async fn a_badly_matched_antenna_is_told_while_it_reads() {
    // To measure is to transmit: the bench complains where that is outside the region.
    for region in [None, Some(Region::Us), Some(Region::India)] {
        let bench = bench(29, 4, R2000Manners { return_loss_db: 2, ..R2000Manners::default() });
        bench.place(tag(1, 1));
        let mut station = Station::with(ReaderSettings { region, ..settings(&bench, &[1]) });
        station.read_of(&epc(1)).await;
        let (antenna, fault) = station
            .until("antenna fault", |event| match event {
                ReaderEvent::Antenna { antenna, fault } => Some((antenna, fault)),
                _ => None,
            })
            .await;
        assert!(antenna == 1 && fault.contains("return loss 2 dB"), "{fault}");
        station.read_of(&epc(1)).await;
        assert_eq!(bench.complaints(), Vec::<String>::new(), "{region:?}");
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn a_bad_line_hides_no_tag_of_a_sequence_either() {
    let seed = std::env::var("ARMOURY_SEED").ok().and_then(|seed| seed.parse().ok()).unwrap_or(30);
    println!("seed {seed}");
    let harsh = BenchSettings { seed, ports: 8, nuisances: Nuisances::harsh(), ..BenchSettings::default() };
    let bench = BenchReader::start_with(harsh).expect("a bench");
    for number in 1..=8 {
        bench.place(tag(number, number));
    }
    let mut station = Station::with(settings(&bench, &[1, 2, 3, 4, 5, 6, 7, 8]));
    station.see_all((1..=8).map(epc)).await;
}

//! The M100 driver over real pseudo-terminals, against the simulated module.

#[path = "reader_support/a0_said.rs"]
mod a0_said;
#[path = "m100_wire/faults.rs"]
mod faults;
#[path = "reader_support/figures.rs"]
mod figures;
#[path = "reader_support/m100.rs"]
mod m100;
#[path = "reader_support/open.rs"]
mod open;
#[path = "reader_support/rate.rs"]
mod rate;
#[path = "reader_support/scripted.rs"]
mod scripted;
#[path = "reader_support/station.rs"]
mod station;
#[path = "reader_support/temperature.rs"]
mod temperature;

use std::collections::{HashMap, HashSet};
use std::io::{Read, Write};
use std::time::{Duration, Instant};

use armoury_hardware::bench::{BenchReader, BenchSettings, BenchTag, Nuisances};
use armoury_hardware::reader::{
    Access, Bank, Family, Identity, LockBits, Password, ReaderEvent, ReaderSettings, Region, Session,
    TagAccess, TagCommand, TagError, TagOutcome, TagResult, Target,
};
use m100::{AADD, frame};
use station::Station;
use tokio::task::JoinSet;

#[tokio::test(flavor = "multi_thread")]
async fn a_cold_start_in_either_framing_writes_the_settings_and_reads() {
    let cases = [("", 1), ("aadd", 2), ("aadd asleep", 3), ("asleep", 4)];
    side_by_side(cases.map(|(variant, seed)| cold_start(variant, seed))).await;
}

async fn cold_start(variant: &'static str, seed: u64) {
    let bench = bench(variant, seed, Nuisances::default());
    for number in 0..3 {
        bench.place(tag(number));
    }
    let mut station =
        Station::with(ReaderSettings { region: Some(Region::Eu), q: Some(3), ..settings(&bench) });
    let (identity, baud) = up(&mut station).await;
    assert_eq!(identity.model.as_deref(), Some("M100 26dBm V1.0 (MagicRf)"), "{variant}");
    assert_eq!((identity.firmware.as_str(), identity.antennas, baud), ("V8.2", Some(1), 115_200));
    let read = station.read_of(&epc(1)).await;
    assert_eq!((read.antenna, read.pc, read.air_crc_valid), (1, Some(0x3000), Some(true)));
    assert!((-62..=-58).contains(&read.rssi_dbm.expect("dBm")), "{read:?}");
    station.see_all((0..3).map(epc)).await;
    let figures = station.figures().await;
    assert_eq!((figures.refused, figures.skipped), (0, 0), "{variant}");
    assert_eq!(bench.complaints(), Vec::<String>::new(), "{variant}");
}

#[tokio::test(flavor = "multi_thread")]
async fn chip_numbers_are_read_in_between_and_the_polling_goes_on() {
    let cases = [("", Session::S0), ("e720", Session::S0), ("aadd", Session::S2)];
    side_by_side(cases.map(|(variant, session)| six_chips(variant, session))).await;
}

async fn six_chips(variant: &'static str, session: Session) {
    let bench = bench(variant, 11, Nuisances::default());
    for number in 0..5 {
        bench.place(tag(number));
    }
    // A chip with four bytes has no number of its own, and that is what it says.
    bench.place(BenchTag { tid: Some(vec![0xE2, 0, 0x34, 0x12]), ..tag(5) });
    let target = Target::Ab;
    let mut station = Station::with(ReaderSettings { session, target, ..settings(&bench) });
    let mut chips = HashMap::new();
    let began = Instant::now();
    while chips.len() < 6 {
        let (epc, tid) = station.until("chip number", chip).await;
        chips.insert(epc, tid);
    }
    println!("{variant:?}: six chip numbers in {:?}", began.elapsed());
    let expected: HashMap<_, _> =
        bench.tags().into_iter().map(|tag| (tag.epc, tag.tid.expect("a chip"))).collect();
    assert_eq!(chips, expected, "{variant}");
    for number in 0..6 {
        station.read_of(&epc(number)).await;
    }
    assert_eq!(bench.complaints(), Vec::<String>::new(), "{variant}");
}

#[tokio::test(flavor = "multi_thread")]
async fn targets_in_turn_keep_tags_talking_where_one_target_silences_them() {
    let (a_alone, in_turn) = tokio::join!(reads_in_s2(Target::A), reads_in_s2(Target::Ab));
    assert_eq!(a_alone, 0, "once asked, it keeps quiet");
    assert!(in_turn > 0, "asked in its other state, it answers again");
}

/// How often a tag is read in some two seconds after the first time.
async fn reads_in_s2(target: Target) -> u32 {
    let bench = bench("", 12, Nuisances::default());
    bench.place(BenchTag { read_rate: 1.0, ..tag(1) });
    let session = Session::S2;
    let mut station = Station::with(ReaderSettings { session, target, read_tid: false, ..settings(&bench) });
    station.read_of(&epc(1)).await;
    let mut reads = 0;
    station
        .for_a_while(Duration::from_millis(2200), |event| {
            reads += u32::from(matches!(event, ReaderEvent::Read(_)));
        })
        .await;
    assert_eq!(bench.complaints(), Vec::<String>::new());
    reads
}

#[tokio::test(flavor = "multi_thread")]
async fn what_the_module_cannot_do_is_told() {
    let bench = bench("", 13, Nuisances::default());
    bench.place(tag(1));
    let mut station = Station::with(ReaderSettings {
        power_dbm: 30,
        antennas: vec![1, 2],
        region: Some(Region::Japan),
        ..settings(&bench)
    });
    let mut warnings = Vec::new();
    while warnings.len() < 3 {
        let warning = |event| if let ReaderEvent::Warning { what, .. } = event { Some(what) } else { None };
        warnings.push(station.until("warning", warning).await);
    }
    let all = warnings.join("\n");
    assert!(all.contains("no antenna 2") && all.contains("japan") && all.contains("26.50 dBm"), "{all}");
    station.read_of(&epc(1)).await;
}

#[tokio::test(flavor = "multi_thread")]
async fn an_order_reads_writes_and_locks_one_tag_among_others() {
    let cases = [("aadd", Session::S1), ("e720", Session::S0)];
    side_by_side(cases.map(|(variant, session)| orders(variant, session))).await;
}

async fn orders(variant: &'static str, session: Session) {
    let bench = bench(variant, 14, Nuisances::default());
    for number in 0..3 {
        bench.place(tag(number));
    }
    let settings = ReaderSettings { session, read_tid: false, ..settings(&bench) };
    let mut station = Station::with(settings);
    station.read_of(&epc(1)).await;
    let write = |bank, word, data: &[u8]| Access::Write { bank, word, data: data.to_vec() };
    let read = |bank, word, words| Access::Read { bank, word, words };
    let (none, secret, wrong) = (Password::NONE, Password(0x1122_3344), Password(7));

    assert_eq!(order(&station, 1, none, write(Bank::User, 2, b"A1B2")).await, Ok(TagOutcome::Done));
    let words = order(&station, 1, none, read(Bank::User, 1, 3)).await;
    assert_eq!(words, Ok(TagOutcome::Words(b"\0\0A1B2".to_vec())));
    let other = order(&station, 2, none, read(Bank::User, 2, 2)).await;
    assert_eq!(other, Ok(TagOutcome::Words(vec![0; 4])), "no other tag was written");

    let password = write(Bank::Reserved, 2, &[0x11, 0x22, 0x33, 0x44]);
    assert_eq!(order(&station, 1, none, password).await, Ok(TagOutcome::Done));
    // The access password and the EPC (EPC Gen2 air interface, table 6.50).
    let lock = LockBits { mask: 0b00_1010_0000, action: 0b00_1010_0000 };
    assert_eq!(order(&station, 1, wrong, Access::Lock(lock)).await, Err(TagError::WrongPassword));
    assert_eq!(order(&station, 1, secret, Access::Lock(lock)).await, Ok(TagOutcome::Done));
    let new = write(Bank::Epc, 2, &epc(9));
    assert_eq!(order(&station, 1, none, new.clone()).await, Err(TagError::Locked));
    assert_eq!(order(&station, 1, wrong, new.clone()).await, Err(TagError::WrongPassword));
    assert_eq!(order(&station, 1, secret, new).await, Ok(TagOutcome::Done));
    station.read_of(&epc(9)).await;

    assert_eq!(order(&station, 9, secret, read(Bank::User, 40, 1)).await, Err(TagError::Overrun));
    assert_eq!(order(&station, 77, none, read(Bank::Tid, 0, 6)).await, Err(TagError::NoTag));
    let odd = order(&station, 9, secret, write(Bank::User, 0, &[1])).await;
    assert!(matches!(odd, Err(TagError::NotOffered(_))), "{odd:?}");
    let look = station.desk.order(TagCommand::Look { for_ms: 300 }).await;
    let Ok(TagOutcome::Seen(seen)) = look else { panic!("{look:?}") };
    let epcs: Vec<Vec<u8>> = seen.into_iter().map(|tag| tag.epc).collect();
    // In S1 a tag that has answered keeps quiet for a while.
    assert!(session == Session::S1 || epcs == [epc(0), epc(2), epc(9)], "{epcs:?}");
    assert_eq!(bench.complaints(), Vec::<String>::new(), "{variant}");
}

#[tokio::test(flavor = "multi_thread")]
async fn a_bad_line_hides_no_tag_and_invents_none() {
    let seed = std::env::var("ARMOURY_SEED").ok().and_then(|seed| seed.parse().ok()).unwrap_or(17);
    println!("seed {seed}");
    let bench = bench("", seed, Nuisances { ghosts: 0.05, ..Nuisances::harsh() });
    for number in 0..20 {
        bench.place(tag(number));
    }
    let mut station = Station::with(settings(&bench));
    let (mut seen, mut wrong_chips, mut dropped) = (HashSet::new(), Vec::new(), 0);
    let chips: HashMap<_, _> = bench.tags().into_iter().map(|tag| (tag.epc, tag.tid)).collect();
    station
        .for_a_while(Duration::from_secs(6), |event| match event {
            ReaderEvent::Read(read) => {
                if read.tid.is_some() && chips.get(&read.epc) != Some(&read.tid) {
                    wrong_chips.push(read.clone());
                }
                seen.insert(read.epc);
            }
            ReaderEvent::Figures { air_errors, .. } => dropped = air_errors,
            _ => {}
        })
        .await;
    let placed: HashSet<Vec<u8>> = (0..20).map(epc).collect();
    let missing: Vec<_> = placed.difference(&seen).collect();
    assert!(missing.is_empty(), "seed {seed}: never seen: {missing:02x?}");
    let known: HashSet<Vec<u8>> =
        [placed.into_iter().collect(), bench.strays(), bench.ghosts()].concat().into_iter().collect();
    let invented: Vec<_> = seen.difference(&known).collect();
    assert!(invented.is_empty(), "seed {seed}: invented: {invented:02x?}");
    assert!(wrong_chips.is_empty(), "seed {seed}: {wrong_chips:?}");
    assert!(!seen.contains(&Vec::new()), "a ghost without EPC was handed on");
    assert!(dropped > 0, "seed {seed}: garbled ones are dropped and counted");
}

#[tokio::test(flavor = "multi_thread")]
async fn stopping_leaves_the_module_quiet_and_a_killed_stations_polling_is_ended() {
    let bench = bench("aadd", 18, Nuisances::default());
    bench.place(tag(1));
    let mut station = Station::with(settings(&bench));
    station.read_of(&epc(1)).await;
    station.stop.send(true).expect("still running");
    station.task.await.expect("no panic");
    let rounds = bench.rounds();
    tokio::time::sleep(Duration::from_millis(300)).await;
    assert_eq!(bench.rounds(), rounds, "it polls on");
    assert_eq!(bench.complaints(), Vec::<String>::new());

    // Somebody else has set it going and gone away.
    let mut line = std::fs::OpenOptions::new().read(true).write(true).open(bench.path()).expect("the port");
    for (command, params) in [(0xB6, &[0x0A, 0x28][..]), (0x0E, &[0x10, 0x20]), (0x12, &[1])] {
        line.write_all(&frame(AADD, 0, command, params)).expect("sent");
        line.read_exact(&mut [0; 8]).expect("an answer");
    }
    line.write_all(&frame(AADD, 0, 0x27, &[0x22, 0xFF, 0xFF])).expect("sent");
    line.read_exact(&mut [0; 24]).expect("it polls");
    drop(line);
    let mut station = Station::with(settings(&bench));
    while up(&mut station).await.0.firmware != "V8.2" {}
    station.read_of(&epc(1)).await;
    assert_eq!(bench.complaints(), Vec::<String>::new());
}

/// Runs the cases of one story at the same time: they mostly wait.
async fn side_by_side(cases: impl IntoIterator<Item = impl Future<Output = ()> + Send + 'static>) {
    let mut running: JoinSet<()> = cases.into_iter().collect();
    while let Some(ended) = running.join_next().await {
        ended.expect("the case holds");
    }
}

fn bench(variant: &str, seed: u64, nuisances: Nuisances) -> BenchReader {
    let settings = BenchSettings {
        family: Family::M100,
        variant: variant.to_owned(),
        seed,
        nuisances,
        ..BenchSettings::default()
    };
    BenchReader::start_with(settings).expect("a bench")
}

fn settings(bench: &BenchReader) -> ReaderSettings {
    ReaderSettings {
        power_dbm: 26,
        ..ReaderSettings::new("hatch", Family::M100, &bench.path().to_string_lossy())
    }
}

async fn up(station: &mut Station) -> (Identity, u32) {
    station
        .until("Up", |event| match event {
            ReaderEvent::Up { identity, baud } => Some((identity, baud)),
            _ => None,
        })
        .await
}

async fn order(station: &Station, number: u8, password: Password, access: Access) -> TagResult {
    let order = station.desk.order(TagCommand::Access(TagAccess { epc: epc(number), password, access }));
    tokio::time::timeout(Duration::from_secs(10), order).await.expect("every order ends")
}

fn chip(event: ReaderEvent) -> Option<(Vec<u8>, Vec<u8>)> {
    match event {
        ReaderEvent::Read(read) => read.tid.map(|tid| (read.epc, tid)),
        _ => None,
    }
}

fn epc(number: u8) -> Vec<u8> {
    vec![0x30, 0x34, 0xAA, 0x00, 0xBB, 0x01, 0xFF, 0x7E, 0xDD, 0, 0xBB, number]
}

fn tag(number: u8) -> BenchTag {
    let tid = Some(vec![0xE2, 0x80, 0x68, 0x94, 0x20, 0, 0x50, 0x0E, 0x88, 0xC6, 0xA4, number]);
    BenchTag { epc: epc(number), tid, antenna: 1, rssi_dbm: -60, read_rate: 0.9 }
}

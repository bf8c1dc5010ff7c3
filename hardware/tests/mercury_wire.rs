//! The Mercury driver over a real pseudo-terminal, against the simulated module; `reader_support/mercury_faults.rs` has what goes
//! wrong.

#[path = "reader_support/a0_said.rs"]
mod a0_said;
#[path = "reader_support/mercury_faults.rs"]
mod faults;
#[path = "reader_support/figures.rs"]
mod figures;
#[path = "reader_support/mercury.rs"]
mod mercury;
#[path = "reader_support/module.rs"]
mod module;
#[path = "reader_support/open.rs"]
mod open;
#[path = "reader_support/rate.rs"]
mod rate;
#[path = "reader_support/scripted.rs"]
mod scripted;
#[path = "reader_support/mercury_scripts.rs"]
mod scripts;
#[path = "reader_support/station.rs"]
mod station;
#[path = "reader_support/temperature.rs"]
mod temperature;

use std::collections::HashSet;
use std::time::Duration;

use armoury_hardware::bench::{BenchSettings, Nuisances};
use armoury_hardware::reader::{
    Access, Bank, LockBits, Password, ReaderEvent, ReaderSettings, Session, TagAccess, TagCommand, TagError,
    TagOutcome,
};
use module::{bench, chip, epc, settings, tag};
use station::Station;

#[tokio::test(flavor = "multi_thread")]
async fn a_cold_start_boots_the_module_writes_its_settings_and_reads() {
    let bench = bench(BenchSettings { seed: 1, ..BenchSettings::default() });
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
    assert_eq!(identity.0.firmware, "08.02.01.2c");
    assert_eq!(
        (identity.0.model.as_deref(), identity.0.serial.as_deref()),
        (Some("M6e"), Some("MB00000001"))
    );
    assert_eq!((identity.0.antennas, identity.1), (Some(4), 115_200));
    let read = station.read_of(&epc(1)).await;
    assert_eq!((read.antenna, read.pc, read.air_crc_valid), (1, Some(0x3000), Some(true)));
    assert!((-62..=-58).contains(&read.rssi_dbm.expect("dBm")), "{read:?}");
    assert!((865_000..=868_000).contains(&read.freq_khz.expect("kHz")), "{read:?}");
    assert_eq!(read.tid, Some(chip(1)), "the stream brings the chip's number");
    station.see_all((0..3).map(epc)).await;
    assert!(station.began.elapsed() < Duration::from_secs(3), "{:?}", station.began.elapsed());
    let figures = station.figures().await;
    assert_eq!((figures.refused, figures.skipped), (0, 0));
    assert!((30..=40).contains(&station.temperature_c().await.expect("asked at the start")));
    assert_eq!(bench.complaints(), Vec::<String>::new());
}

#[tokio::test(flavor = "multi_thread")]
async fn an_old_module_reads_chip_numbers_tag_by_tag() {
    let bench = bench(BenchSettings { seed: 2, firmware: [1, 7], ..BenchSettings::default() });
    let mut short = tag(2, 2);
    short.tid = Some(vec![0xE2, 0x00, 0x34, 0x12, 1, 2, 3, 4]);
    bench.place(tag(1, 1));
    bench.place(short);
    let mut station =
        Station::with(ReaderSettings { antennas: vec![1, 2], session: Session::S2, ..settings(&bench) });
    let mut chips = HashSet::new();
    station
        .until("chip numbers", |event| {
            if let ReaderEvent::Read(read) = event
                && let Some(tid) = read.tid
            {
                chips.insert((read.epc, tid, read.antenna));
            }
            (chips.len() == 2).then_some(())
        })
        .await;
    let short = vec![0xE2, 0x00, 0x34, 0x12, 1, 2, 3, 4];
    assert_eq!(chips, HashSet::from([(epc(1), chip(1), 1), (epc(2), short, 2)]));
    station.see_all([epc(1), epc(2)].into_iter()).await;
    assert_eq!(bench.complaints(), Vec::<String>::new(), "access goes on in S0");
}

#[tokio::test(flavor = "multi_thread")]
async fn antennas_take_turns_and_a_missing_one_is_told_once() {
    let bench = bench(BenchSettings { seed: 3, missing_antennas: vec![2], ..BenchSettings::default() });
    bench.place(tag(1, 1));
    bench.place(tag(3, 3));
    let mut station = Station::with(ReaderSettings { antennas: vec![1, 2, 3, 7], ..settings(&bench) });
    assert_eq!(station.read_of(&epc(1)).await.antenna, 1);
    assert_eq!(station.read_of(&epc(3)).await.antenna, 3);
    station.for_a_while(Duration::from_millis(1500), |_| {}).await;
    assert_eq!(station.read_of(&epc(3)).await.antenna, 3);
    let faults = &station.antenna_faults;
    assert_eq!(faults.iter().map(|(antenna, _)| *antenna).collect::<Vec<_>>(), [2, 7], "{faults:?}");
    assert!(faults[0].1.contains("antenna 2 is missing") && faults[1].1.contains("has no antenna 7"));
    assert_eq!(bench.complaints(), Vec::<String>::new());
}

#[tokio::test(flavor = "multi_thread")]
async fn more_power_than_the_module_has_is_told_and_lowered() {
    let bench = bench(BenchSettings { seed: 4, ..BenchSettings::default() });
    bench.place(tag(1, 1));
    let mut station = Station::with(ReaderSettings { power_dbm: 33, ..settings(&bench) });
    let what = station
        .until("warning", |event| match event {
            ReaderEvent::Warning { what, .. } => Some(what),
            _ => None,
        })
        .await;
    assert!(what.contains("power_dbm = 33") && what.contains("31.50 dBm"), "{what}");
    station.read_of(&epc(1)).await;
    assert_eq!(bench.complaints(), Vec::<String>::new());
}

#[tokio::test(flavor = "multi_thread")]
async fn stopping_leaves_the_module_quiet_and_closes_the_port() {
    let bench = bench(BenchSettings { seed: 5, ..BenchSettings::default() });
    bench.place(tag(1, 1));
    let mut station = Station::with(settings(&bench));
    station.read_of(&epc(1)).await;
    station.stop.send(true).expect("still running");
    station.task.await.expect("no panic");
    let rounds = bench.rounds();
    tokio::time::sleep(Duration::from_millis(300)).await;
    assert_eq!(bench.rounds(), rounds, "the module went on reading");
    assert_eq!(bench.complaints(), Vec::<String>::new());
}

#[tokio::test(flavor = "multi_thread")]
async fn an_order_reads_writes_and_locks_and_a_wrong_password_is_refused() {
    let bench = bench(BenchSettings { seed: 6, ..BenchSettings::default() });
    bench.place(tag(1, 2));
    let mut station =
        Station::with(ReaderSettings { antennas: vec![1, 2], session: Session::S1, ..settings(&bench) });
    station.read_of(&epc(1)).await;
    let order = |password: u32, access: Access| {
        let access = TagAccess { epc: epc(1), password: Password(password), access };
        station.desk.order(TagCommand::Access(access))
    };
    let words = |bank, word, words| Access::Read { bank, word, words };
    let write = |bank, word, data: &[u8]| Access::Write { bank, word, data: data.to_vec() };
    assert_eq!(order(0, words(Bank::Tid, 0, 6)).await, Ok(TagOutcome::Words(chip(1))));
    assert_eq!(order(0, write(Bank::User, 3, &[1, 2, 3, 4])).await, Ok(TagOutcome::Done));
    assert_eq!(order(0, words(Bank::User, 3, 2)).await, Ok(TagOutcome::Words(vec![1, 2, 3, 4])));
    assert_eq!(order(0, words(Bank::User, 500, 2)).await, Err(TagError::Overrun));
    let password = 0xCAFE_BABE_u32;
    let secret = write(Bank::Reserved, 2, &password.to_be_bytes());
    assert_eq!(order(0, secret).await, Ok(TagOutcome::Done));
    let lock = || Access::Lock(LockBits { mask: 0b00_1000_0010, action: 0b00_1000_0010 });
    assert_eq!(order(0x1234, lock()).await, Err(TagError::WrongPassword));
    assert_eq!(order(password, lock()).await, Ok(TagOutcome::Done));
    assert_eq!(order(0, write(Bank::User, 0, &[9, 9])).await, Err(TagError::Locked));
    assert_eq!(order(password, write(Bank::User, 0, &[9, 9])).await, Ok(TagOutcome::Done));
    let other = TagAccess { epc: epc(9), password: Password::NONE, access: words(Bank::Tid, 0, 2) };
    assert_eq!(station.desk.order(TagCommand::Access(other)).await, Err(TagError::NoTag));
    let look = station.desk.order(TagCommand::Look { for_ms: 600 }).await;
    assert!(
        matches!(&look, Ok(TagOutcome::Seen(seen)) if seen.len() == 1 && seen[0].epc == epc(1)),
        "{look:?}"
    );
    station.read_of(&epc(1)).await;
    assert_eq!(bench.complaints(), Vec::<String>::new());
}

#[tokio::test(flavor = "multi_thread")]
async fn a_bad_line_hides_no_tag_and_invents_none() {
    let seed = std::env::var("SEED").ok().and_then(|seed| seed.parse().ok()).unwrap_or(8);
    println!("seed {seed}");
    let bench = bench(BenchSettings { seed, nuisances: Nuisances::harsh(), ..BenchSettings::default() });
    for number in 0..20 {
        bench.place(tag(number, 1));
    }
    let mut station = Station::with(settings(&bench));
    let mut seen = HashSet::new();
    let (mut reads, mut altered) = (0, Vec::new());
    station
        .for_a_while(Duration::from_secs(6), |event| {
            if let ReaderEvent::Read(read) = event {
                reads += 1;
                if read.tid.as_ref().is_some_and(|tid| *tid != chip(*read.epc.last().expect("an EPC"))) {
                    altered.push(read.clone());
                }
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
    assert!(altered.is_empty(), "seed {seed}: chips of other tags: {altered:02x?}");
    let figures = station.figures().await;
    println!("{reads} reads, {figures:?}");
    assert!(figures.refused > 0 && figures.skipped > 0);
}

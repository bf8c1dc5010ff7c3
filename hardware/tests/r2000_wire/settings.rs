//! Settings written at start, clamped to what the reader takes, and sparing its flash.

use std::time::Duration;

use armoury_hardware::bench::{BenchReader, BenchSettings, R2000Manners};
use armoury_hardware::reader::{ReaderEvent, ReaderSettings, Region};

use super::antennas::{bench, settings};
use super::station::Station;
use super::{epc, tag};

/// Runs a driver until it has read tag 1; what it warned of until a little later.
async fn warnings(bench: &BenchReader, wanted: ReaderSettings) -> Vec<String> {
    bench.place(tag(1, 1));
    let mut station = Station::with(wanted);
    let mut warnings = Vec::new();
    let mut note = |event| {
        if let ReaderEvent::Warning { what, .. } = event {
            warnings.push(what);
            return None;
        }
        matches!(event, ReaderEvent::Read(read) if read.epc == epc(1)).then_some(())
    };
    station.until("read", &mut note).await;
    station.for_a_while(Duration::from_millis(100), |event| _ = note(event)).await;
    station.stop.send(true).expect("still running");
    station.task.await.expect("no panic");
    warnings
}

#[tokio::test(flavor = "multi_thread")]
async fn a_region_is_written_to_flash_once_and_only_where_it_differs() {
    let bench = bench(61, 4, R2000Manners::default());
    let none = Vec::<String>::new();
    for (region, writes) in [
        (None, 0),
        (Some(Region::Eu), 0),
        (Some(Region::Us), 1),
        (Some(Region::Us), 1),
        (Some(Region::Japan), 2),
        (Some(Region::Japan), 2),
        (Some(Region::Eu), 3),
        // Within Europe's band as it stands: nothing is written, but India's is narrower than what is there.
        (Some(Region::India), 4),
        (Some(Region::Eu), 4),
    ] {
        assert_eq!(warnings(&bench, ReaderSettings { region, ..settings(&bench, &[1]) }).await, none);
        assert_eq!(bench.flash_writes(), writes, "{region:?}");
    }
    assert_eq!(bench.complaints(), none);
}

#[tokio::test(flavor = "multi_thread")]
async fn power_beyond_the_readers_is_clamped_and_told() {
    let weak = BenchSettings { seed: 62, power_dbm_max: Some(27), ..BenchSettings::default() };
    let bench = BenchReader::start_with(weak).expect("a bench");
    let told = warnings(&bench, ReaderSettings { power_dbm: 30, ..settings(&bench, &[1]) }).await;
    assert!(told.len() == 1 && told[0].contains("27 dBm"), "{told:?}");
    assert_eq!((bench.complaints(), bench.flash_writes()), (Vec::new(), 0));
}

#[tokio::test(flavor = "multi_thread")]
async fn power_too_low_for_ram_goes_to_flash_once() {
    let bench = bench(63, 4, R2000Manners::default());
    for _ in 0..2 {
        let told = warnings(&bench, ReaderSettings { power_dbm: 12, ..settings(&bench, &[1]) }).await;
        assert_eq!(told, Vec::<String>::new());
    }
    assert_eq!((bench.complaints(), bench.flash_writes()), (Vec::new(), 1));
}

#[tokio::test(flavor = "multi_thread")]
async fn q_and_antennas_that_no_reader_has_are_told() {
    let bench = bench(64, 4, R2000Manners::default());
    let told = warnings(&bench, ReaderSettings { q: Some(4), ..settings(&bench, &[1, 17]) }).await;
    assert!(told.len() == 2 && told[0].contains("chooses q") && told[1].contains("antenna 17"), "{told:?}");
}

#[tokio::test(flavor = "multi_thread")]
async fn a_swapped_reader_is_known_by_its_number() {
    let identifier = *b"HATCH LEFT 1";
    for (identifier, serial) in
        [(identifier, Some("4841544348204c4546542031".to_owned())), ([0xFF; 12], None)]
    {
        let bench = bench(65, 4, R2000Manners { identifier, ..R2000Manners::default() });
        let mut station = Station::with(settings(&bench, &[1]));
        let told = station
            .until("Up", |event| match event {
                ReaderEvent::Up { identity, .. } => Some(identity.serial),
                _ => None,
            })
            .await;
        assert_eq!(told, serial);
    }
}

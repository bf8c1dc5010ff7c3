//! What is at a port: a reader, silence, noise, or somebody else's business.

#[path = "reader_support/scripted.rs"]
mod scripted;

use std::time::{Duration, Instant};

use armoury_hardware::bench::{BenchReader, BenchSettings, BenchTag, Nuisances, Transport};
use armoury_hardware::reader::{
    Family, FindError, ReaderError, ReaderEvent, ReaderSettings, find_reader, run_reader, tag_desk,
};
use scripted::Scripted;
use tokio::sync::{mpsc, watch};

/// What the whole search may take.
const LIMIT: Duration = Duration::from_secs(30);

#[tokio::test(flavor = "multi_thread")]
async fn a_reader_is_found_and_says_who_it_is() {
    let settings = BenchSettings { address: 7, firmware: [3, 4], ..BenchSettings::default() };
    let bench = BenchReader::start_with(settings).expect("a bench");
    let found = find_reader(bench.path().to_str().expect("UTF-8"), None).await.expect("found");
    assert_eq!((found.family, found.baud), (Family::R2000, 115_200));
    assert_eq!((found.identity.firmware.as_str(), found.identity.address), ("3.4", Some(7)));
    // The port is free again, and the reader works as before.
    let again = find_reader(bench.path().to_str().expect("UTF-8"), Some(38_400)).await.expect("found again");
    assert_eq!(again.baud, 38_400);
    // Other families were asked before it; their words are nothing to it, and its own were in order.
    let complaints = bench.complaints();
    assert!(complaints.iter().all(|complaint| complaint.ends_with("outside a frame")), "{complaints:?}");
}

#[tokio::test(flavor = "multi_thread")]
async fn every_family_is_found_on_its_line_and_says_who_it_is() {
    for (family, variant, ports, serial) in [
        (Family::R2000, "", None, true),
        (Family::Mercury, "", Some(4), true),
        (Family::M100, "", Some(1), false),
        (Family::M100, "aadd", Some(1), false),
        (Family::Uhfreader18, "", Some(4), true),
        (Family::Uhfreader18, "18", None, false),
        (Family::Uhfreader18, "cf", None, true),
        (Family::Uhfreader18, "cf-active", None, true),
        (Family::Llrp, "", Some(4), true),
    ] {
        let settings = BenchSettings { family, variant: variant.to_owned(), ..BenchSettings::default() };
        let bench = BenchReader::start_with(settings).expect("a bench");
        let began = Instant::now();
        let found = find_reader(bench.path().to_str().expect("UTF-8"), None).await;
        let found = found.unwrap_or_else(|why| panic!("{family:?} {variant}: {why}"));
        println!("{family:?} {variant}: {found:?} in {:?}", began.elapsed());
        assert_eq!(found.family, family, "{variant}: {found:?}");
        assert_ne!(found.identity.firmware, "unknown", "{family:?} {variant}");
        assert_eq!(found.identity.serial.is_some(), serial, "{family:?} {variant}: {found:?}");
        if ports.is_some() {
            assert_eq!(found.identity.antennas, ports, "{family:?} {variant}: {found:?}");
        }
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn a_serial_reader_behind_a_network_adapter_is_found() {
    for family in [Family::R2000, Family::Mercury, Family::M100, Family::Uhfreader18] {
        let settings = BenchSettings { family, transport: Transport::Tcp, ..BenchSettings::default() };
        let bench = BenchReader::start_with(settings).expect("a bench");
        let found = find_reader(bench.path().to_str().expect("UTF-8"), None).await;
        let found = found.unwrap_or_else(|why| panic!("{family:?}: {why}"));
        assert_eq!((found.family, found.baud), (family, 0));
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn a_reader_behind_a_bad_line_is_found() {
    for seed in 0..5 {
        let bench = BenchReader::start(seed, Nuisances::harsh()).expect("a bench");
        let found = find_reader(bench.path().to_str().expect("UTF-8"), None).await;
        let found = found.unwrap_or_else(|why| panic!("seed {seed}: {why}"));
        assert_eq!(found.family, Family::R2000, "seed {seed}");
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn silence_is_told_from_noise_and_both_end_in_time() {
    let silent = Scripted::start(Duration::from_secs(60), |_| Vec::new(), Vec::new);
    let began = Instant::now();
    let why = find_reader(silent.path().to_str().expect("UTF-8"), None).await.expect_err("nobody there");
    assert!(matches!(why, FindError::Silence { waited_ms: 1.., .. }), "{why}");
    assert!(why.to_string().contains("TX and RX"), "{why}");
    assert!(why.to_string().contains("(tried mercury 115200 9600"), "{why}");
    println!("silence: {:?}: {why}", began.elapsed());
    assert!(began.elapsed() < LIMIT, "{:?}", began.elapsed());

    // What a reader at another rate looks like (protocol sheet of the R2000, section 9).
    let wrong_rate = [0xDF, 0xEE, 0xF3, 0x97, 0xF7];
    let noisy = Scripted::start(Duration::from_secs(60), move |_| wrong_rate.to_vec(), Vec::new);
    let began = Instant::now();
    let why = find_reader(noisy.path().to_str().expect("UTF-8"), None).await.expect_err("no reader");
    let FindError::Garbage { bytes, first, guess, .. } = &why else { panic!("{why}") };
    assert!(*bytes >= 10 && first.starts_with("dfeef397f7") && first.len() <= 64, "{why}");
    assert!(guess.contains("wrong rate?"), "{why}");
    assert!(began.elapsed() < LIMIT, "{:?}", began.elapsed());
}

#[tokio::test(flavor = "multi_thread")]
async fn a_line_that_never_stops_ends_in_time_and_text_is_seen_as_text() {
    let chatter = Scripted::start(Duration::from_millis(2), |_| Vec::new(), || b"4006381333931\r\n".to_vec());
    let began = Instant::now();
    let why = find_reader(chatter.path().to_str().expect("UTF-8"), None).await.expect_err("no reader");
    assert!(why.to_string().contains("bar code scanner"), "{why}");
    assert!(began.elapsed() < LIMIT, "{:?}", began.elapsed());
}

#[tokio::test(flavor = "multi_thread")]
async fn a_port_that_somebody_uses_is_left_alone() {
    let bench = BenchReader::start(9, Nuisances::default()).expect("a bench");
    bench.place(BenchTag { epc: vec![0x30; 12], tid: None, antenna: 1, rssi_dbm: -50, read_rate: 1.0 });
    let path = bench.path().to_str().expect("UTF-8").to_owned();
    let (heard, mut events) = mpsc::unbounded_channel();
    let (stop, stopped) = watch::channel(false);
    let sink = move |event| {
        // The test may have ended before the driver.
        let _ = heard.send(event);
    };
    let settings = ReaderSettings::new("hatch", Family::R2000, &path);
    let driver = tokio::spawn(run_reader(settings, sink, tag_desk().1, stopped));
    let reads = |event: &ReaderEvent| matches!(event, ReaderEvent::Read(_));
    while !events.recv().await.as_ref().is_some_and(reads) {}

    let why = find_reader(&path, None).await.expect_err("it is in use");
    assert!(matches!(why, FindError::Port(ReaderError::Busy { .. })), "{why}");
    stop.send_replace(true);
    driver.await.expect("ended");
    find_reader(&path, None).await.expect("free again");
}

#[tokio::test(flavor = "multi_thread")]
async fn a_port_that_is_not_there_is_said_at_once() {
    let why = find_reader("/dev/serial/by-id/nothing", None).await.expect_err("not there");
    assert!(why.to_string().contains("is the reader's cable plugged in?"), "{why}");
    let why = find_reader("tcp:127.0.0.1:1", None).await.expect_err("nobody there");
    assert!(why.to_string().contains("no reader answers at tcp:127.0.0.1:1"), "{why}");
}

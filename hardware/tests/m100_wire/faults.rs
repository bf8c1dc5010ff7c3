//! The M100 driver and what goes wrong: cables, power, garbage, somebody else's module. All of it ends in reads again.

use std::collections::HashSet;
use std::time::Duration;

use armoury_hardware::bench::Nuisances;
use armoury_hardware::reader::{
    Access, Family, LockBits, Password, ReaderError, ReaderEvent, ReaderSettings, TagError,
};

use super::a0_said::tag_frame;
use super::m100::{BB7E, frame, notice};
use super::scripted::Scripted;
use super::station::Station;
use super::{bench, epc, order, settings, tag, up};

#[tokio::test(flavor = "multi_thread")]
async fn a_module_that_loses_its_power_for_a_moment_gets_its_settings_again() {
    let bench = bench("", 21, Nuisances::default());
    bench.place(tag(1));
    let mut station = Station::with(settings(&bench));
    station.read_of(&epc(1)).await;
    for gone_ms in [50, 700] {
        bench.brown_out(gone_ms);
        // What was on its way when the power went.
        station.for_a_while(Duration::from_millis(100), |_| {}).await;
        let mut downs = 0;
        station
            .until("read", |event| {
                downs += u32::from(matches!(event, ReaderEvent::Down { .. }));
                matches!(event, ReaderEvent::Read(read) if read.epc == epc(1)).then_some(())
            })
            .await;
        assert_eq!(downs, 0, "a moment of {gone_ms} ms is nothing to speak of");
    }
    let figures = station.figures().await;
    assert!(figures.refused <= 2, "half a frame is no frame: {figures:?}");
    // Power, Query and select mode were written before the polling: a strict module would complain otherwise.
    assert_eq!(bench.complaints(), Vec::<String>::new());
    bench.brown_out(6_000);
    let (why, _) = station.next_down().await;
    assert!(matches!(why, ReaderError::Silent { .. }), "{why}");
    up(&mut station).await;
    station.read_of(&epc(1)).await;
    assert_eq!(bench.complaints(), Vec::<String>::new());
}

#[tokio::test(flavor = "multi_thread")]
async fn a_module_pulled_and_put_back_gets_its_settings_again() {
    let bench = bench("aadd", 15, Nuisances::default());
    bench.place(tag(1));
    let mut station = Station::with(settings(&bench));
    station.read_of(&epc(1)).await;
    bench.unplug().expect("unplugged");
    let (why, retry_in_ms) = station.next_down().await;
    assert!(matches!(why, ReaderError::Gone { .. }) && retry_in_ms <= 250, "{why}");
    let (why, _) = station.next_down().await;
    assert!(matches!(why, ReaderError::NotThere { .. }), "{why}");
    let refused = order(&station, 1, Password::NONE, Access::Lock(LockBits { mask: 0, action: 0 })).await;
    assert!(matches!(refused, Err(TagError::ReaderDown { .. })), "{refused:?}");
    bench.replug().expect("plugged in");
    assert_eq!(station.next_up().await, ("V8.2".to_owned(), 115_200, 0));
    station.read_of(&epc(1)).await;
    assert_eq!(bench.complaints(), Vec::<String>::new());
}

#[tokio::test(flavor = "multi_thread")]
async fn a_module_that_falls_silent_is_told_and_taken_up_again() {
    let bench = bench("", 16, Nuisances::default());
    bench.place(tag(1));
    let mut station = Station::with(settings(&bench));
    station.read_of(&epc(1)).await;
    // A short one is nothing to speak of.
    bench.stall(1_200);
    let mut downs = 0;
    station
        .for_a_while(Duration::from_millis(2_000), |event| {
            downs += u32::from(matches!(event, ReaderEvent::Down { .. }));
        })
        .await;
    assert_eq!(downs, 0);
    bench.stall(6_000);
    let (why, _) = station.next_down().await;
    assert!(matches!(why, ReaderError::Silent { .. }), "{why}");
    up(&mut station).await;
    station.read_of(&epc(1)).await;
}

#[tokio::test(flavor = "multi_thread")]
async fn garbage_and_our_own_echo_are_no_module_and_garbage_beside_one_changes_nothing() {
    let echo = Scripted::start(Duration::from_secs(3600), <[u8]>::to_vec, Vec::new);
    let mut station =
        Station::with(ReaderSettings::new("hatch", Family::M100, &echo.path().to_string_lossy()));
    let (why, _) = station.next_down().await;
    assert!(matches!(why, ReaderError::Garbled { .. }), "{why}");

    let bench = bench("", 19, Nuisances::default());
    bench.place(tag(1));
    bench.mumble(300);
    let mut station = Station::with(settings(&bench));
    up(&mut station).await;
    let mut seen = HashSet::new();
    for _ in 0..6 {
        bench.mumble(200);
        // A frame of another family is garbage as well.
        bench.send_raw(&tag_frame(1, 0x89, &epc(7), 0x45));
        station
            .for_a_while(Duration::from_millis(200), |event| {
                if let ReaderEvent::Read(read) = event {
                    seen.insert(read.epc);
                }
            })
            .await;
    }
    assert_eq!(seen, HashSet::from([epc(1)]));
    let figures = station.figures().await;
    assert!(figures.skipped >= 1_300, "{figures:?}");
    assert!(station.reads_per_s().await > 1.0);
    assert_eq!(station.temperature_c().await, None, "the protocol has none");
}

#[tokio::test(flavor = "multi_thread")]
async fn a_station_that_takes_it_for_another_family_says_that_nothing_answers_and_does_no_harm() {
    let bench = bench("", 20, Nuisances::default());
    bench.place(tag(1));
    let mut wrong = Station::open(bench.path(), &[1]);
    let (why, _) = wrong.next_down().await;
    assert!(matches!(why, ReaderError::NoReply { .. }), "{why}");
    wrong.stop.send(true).expect("still running");
    wrong.task.await.expect("no panic");
    let mut station = Station::with(settings(&bench));
    station.read_of(&epc(1)).await;
}

#[tokio::test(flavor = "multi_thread")]
async fn a_module_that_knows_single_rounds_alone_is_read() {
    let answers = |command: &[u8]| match command.get(2) {
        Some(0x03) => frame(BB7E, 1, 0x03, b"\0R200"),
        Some(0x22) => notice(BB7E, -50, 0, &epc(1)),
        _ => Vec::new(),
    };
    let script = Scripted::start(Duration::from_secs(3600), answers, Vec::new);
    let port = script.path().to_string_lossy().into_owned();
    let mut station = Station::with(ReaderSettings {
        read_tid: false,
        ..ReaderSettings::new("hatch", Family::M100, &port)
    });
    for _ in 0..20 {
        station.read_of(&epc(1)).await;
    }
    let took = station.began.elapsed();
    assert!(took < Duration::from_secs(15), "rounds follow each other: {took:?}");
}

//! The driver against readers of a few lines, as somebody writes them who has read half a page of the protocol.

use std::time::Duration;

use armoury_hardware::reader::{ReaderError, ReaderEvent};

use super::a0_said::{framed, tag_frame};
use super::epc;
use super::scripted::Scripted;
use super::station::Station;

#[tokio::test(flavor = "multi_thread")]
async fn a_reader_that_only_streams_tags_is_a_reader() {
    let script =
        Scripted::start(Duration::from_millis(100), |_| Vec::new(), || tag_frame(1, 0x89, &epc(1), 0x45));
    let mut station = Station::open(script.path(), &[1]);
    assert_eq!(station.next_up().await, ("unknown".to_owned(), 115_200, 1));
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
async fn a_reader_that_answers_the_least_is_read_and_not_run_hot() {
    let answers = |command: &[u8]| match command.get(3) {
        Some(0x72) => framed(0, 0x72, &[1, 9]),
        Some(0x89 | 0x8B) => {
            [tag_frame(0, command[3], &epc(1), 0x45), framed(0, command[3], &[0, 0, 1, 0, 0, 0, 1])].concat()
        }
        _ => Vec::new(),
    };
    let script = Scripted::start(Duration::from_secs(3600), answers, Vec::new);
    let mut station = Station::open(script.path(), &[1, 2]);
    assert_eq!(station.next_up().await, ("1.9".to_owned(), 115_200, 0));
    station.read_of(&epc(1)).await;
    assert!(station.began.elapsed() < Duration::from_secs(3), "{:?}", station.began.elapsed());
    station.figures().await;
    let rate = station.reads_per_s().await;
    assert!((20.0..=110.0).contains(&rate), "{rate}");
}

#[tokio::test(flavor = "multi_thread")]
async fn a_reader_that_knows_inventory_alone_is_a_reader() {
    let answers = |command: &[u8]| match command.get(3) {
        Some(0x89) => tag_frame(1, 0x89, &epc(1), 0x45),
        _ => Vec::new(),
    };
    let script = Scripted::start(Duration::from_secs(3600), answers, Vec::new);
    let mut station = Station::open(script.path(), &[1]);
    for _ in 0..5 {
        station.read_of(&epc(1)).await;
    }
    let took = station.began.elapsed();
    assert!(took < Duration::from_secs(6), "{took:?}");
}

#[tokio::test(flavor = "multi_thread")]
async fn a_frame_in_two_halves_is_one_frame() {
    let whole = tag_frame(1, 0x89, &epc(1), 0x45);
    let mut halves = [whole[..9].to_vec(), whole[9..].to_vec()].into_iter().cycle();
    let script = Scripted::start(
        Duration::from_millis(120),
        |_| Vec::new(),
        move || halves.next().unwrap_or_default(),
    );
    let mut station = Station::open(script.path(), &[1]);
    station.read_of(&epc(1)).await;
}

#[tokio::test(flavor = "multi_thread")]
async fn silence_and_nonsense_are_told_in_words_that_help() {
    let mute = Scripted::start(Duration::from_secs(3600), |_| Vec::new(), Vec::new);
    let mut station = Station::open(mute.path(), &[1]);
    let (why, _) = station.next_down().await;
    let said = why.to_string();
    assert!(said.starts_with("no reply from the reader on "), "{said}");
    assert!(said.ends_with("is it powered, and are TX and RX crossed?"), "{said}");

    let echo = Scripted::start(Duration::from_secs(3600), <[u8]>::to_vec, Vec::new);
    let mut station = Station::open(echo.path(), &[1]);
    let (why, _) = station.next_down().await;
    assert!(matches!(why, ReaderError::Garbled { .. }), "our own echo is no reader: {why}");

    let wrong_rate =
        Scripted::start(Duration::from_secs(3600), |_| vec![0xDF, 0xEE, 0xF3, 0x97, 0xF7], Vec::new);
    let mut station = Station::open(wrong_rate.path(), &[1]);
    let (why, _) = station.next_down().await;
    assert!(why.to_string().contains("115200 or 38400 baud"), "{why}");
}

#[tokio::test(flavor = "multi_thread")]
async fn a_reader_that_reports_a_dead_radio_is_down_with_the_reason() {
    let answers = |command: &[u8]| match command.get(3) {
        Some(0x72) => framed(1, 0x72, &[8, 2]),
        Some(0x89) => framed(1, 0x89, &[0x53]),
        Some(&setting) => framed(1, setting, &[0x10]),
        None => Vec::new(),
    };
    let script = Scripted::start(Duration::from_secs(3600), answers, Vec::new);
    let mut station = Station::open(script.path(), &[1]);
    let (why, _) = station.next_down().await;
    assert!(matches!(why, ReaderError::Fault { code: 0x53, .. }), "{why}");
    assert!(why.needs_reopening());
}

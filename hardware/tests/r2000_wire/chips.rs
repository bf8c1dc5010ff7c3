//! Chip numbers.

use std::collections::HashSet;

use armoury_hardware::bench::{BenchReader, BenchTag, R2000Manners};
use armoury_hardware::reader::ReaderEvent;

use super::antennas::{bench, settings};
use super::station::Station;
use super::{epc, tag};

fn with_chip(number: u8, antenna: u8, tid: &[u8]) -> BenchTag {
    BenchTag { tid: Some(tid.to_vec()), ..tag(number, antenna) }
}

fn whole(number: u8) -> Vec<u8> {
    vec![0xE2, 0x80, 0x68, 0x94, 0x20, 0, 0x50, 0, 0, 0, 0, number]
}

/// Waits until chip numbers of so many tags, or of so many chips, were read; antenna, EPC and number of each.
async fn numbers(station: &mut Station, count: usize) -> HashSet<(u8, Vec<u8>, Vec<u8>)> {
    let mut seen = HashSet::new();
    station
        .until("chip number of every tag", |event| {
            if let ReaderEvent::Read(read) = event
                && let Some(tid) = read.tid
            {
                assert_ne!(read.air_crc_valid, Some(false));
                seen.insert((read.antenna, read.epc, tid));
            }
            (seen.len() >= count).then_some(())
        })
        .await;
    seen
}

#[tokio::test(flavor = "multi_thread")]
async fn every_tags_chip_number_is_read_soon_after_it_came_into_view() {
    let bench = bench(41, 8, R2000Manners::default());
    let mut expected = HashSet::new();
    for (number, antenna) in [(1, 1), (2, 1), (3, 3), (4, 7)] {
        bench.place(with_chip(number, antenna, &whole(number)));
        expected.insert((antenna, epc(number), whole(number)));
    }
    let mut station = Station::with(settings(&bench, &[1, 3, 7]));
    assert_eq!(numbers(&mut station, 4).await, expected);
    assert_eq!(bench.complaints(), Vec::<String>::new());
}

#[tokio::test(flavor = "multi_thread")]
async fn older_firmware_is_asked_without_a_password() {
    for (seed, keeps_silent) in [(42, false), (43, true)] {
        let old = R2000Manners { reads_with_password: false, keeps_silent, ..R2000Manners::default() };
        let bench = bench(seed, 4, old);
        bench.place(with_chip(1, 1, &whole(1)));
        let mut station = Station::with(settings(&bench, &[1]));
        assert_eq!(numbers(&mut station, 1).await, HashSet::from([(1, epc(1), whole(1))]));
        assert_eq!(bench.complaints(), Vec::<String>::new());
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn a_chip_without_a_serial_gives_its_two_words_and_a_whole_one_never_does() {
    let bench = bench(44, 4, R2000Manners::default());
    let short = [0xE2, 0x00, 0x34, 0x12];
    bench.place(with_chip(1, 1, &short));
    bench.place(with_chip(2, 1, &whole(2)));
    // Reads badly: misses must not make its number look short.
    bench.place(BenchTag { read_rate: 0.3, ..with_chip(3, 1, &whole(3)) });
    let mut station = Station::with(settings(&bench, &[1]));
    let expected = HashSet::from([(1, epc(1), short.to_vec()), (1, epc(2), whole(2)), (1, epc(3), whole(3))]);
    assert_eq!(numbers(&mut station, 3).await, expected);
}

#[tokio::test(flavor = "multi_thread")]
async fn two_chips_with_one_epc_are_both_told() {
    let bench = bench(45, 4, R2000Manners::default());
    bench.place(with_chip(1, 1, &whole(1)));
    bench.place(with_chip(1, 1, &whole(9)));
    let mut station = Station::with(settings(&bench, &[1]));
    let expected = HashSet::from([(1, epc(1), whole(1)), (1, epc(1), whole(9))]);
    assert_eq!(numbers(&mut station, 2).await, expected);
}

#[tokio::test(flavor = "multi_thread")]
async fn fast_tid_left_on_by_somebody_does_not_change_an_epc() {
    let bench: BenchReader = bench(46, 4, R2000Manners { fast_tid: true, ..R2000Manners::default() });
    let impinj = [0xE2, 0x80, 0x11, 0x05, 0x20, 0, 0x50, 0, 0, 0, 0, 7];
    bench.place(with_chip(1, 1, &impinj));
    let mut station = Station::with(settings(&bench, &[1]));
    let first = station
        .until("read", |event| match event {
            ReaderEvent::Read(read) => Some(read),
            _ => None,
        })
        .await;
    assert_eq!(first.epc, epc(1));
    assert_eq!(numbers(&mut station, 1).await, HashSet::from([(1, epc(1), impinj.to_vec())]));
    assert_eq!(bench.flash_writes(), 0);
}

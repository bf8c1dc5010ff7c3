//! Which tags are in view, for any stream of readings.

use armoury::domain::ReadPoint;
use armoury::identity::TagId;
use armoury::scan::TagReading;
use armoury::scan::presence::{Appeared, LEAVE_MAX_MS, News, Presence, PresenceSettings, TAGS_MAX};
use proptest::prelude::*;

use super::holds;

/// The defaults of the configuration.
const SETTINGS: PresenceSettings =
    PresenceSettings { sightings: 3, within_ms: 2_000, min_rssi_dbm: -75, leave_ms: 2_000, margin_db: 6 };

const EPC: [u8; 12] = [0xe2, 0x80, 0x11, 0x60, 0x60, 0x00, 0x02, 0x09, 0x44, 0xa1, 0x7f, 0x3a];

#[test]
fn a_tag_appears_at_the_kth_sighting_within_the_window() {
    let mut presence = Presence::new(SETTINGS, Vec::new());
    assert_eq!(appears(&mut presence, &reading(-60), 0), None, "one is a ghost");
    assert_eq!(appears(&mut presence, &reading(-60), 500), None, "two can be a stray");
    assert_eq!(appears(&mut presence, &reading(-60), 2_100), None, "the first is too long ago");
    let appeared = appears(&mut presence, &reading(-64), 2_200).expect("three within two seconds");
    assert_eq!((appeared.reads, appeared.rssi_dbm), (3, Some(-60)));
    assert_eq!(appears(&mut presence, &reading(-60), 2_300), None, "it appears once");
}

#[test]
fn a_weak_tag_does_not_appear_and_one_in_view_stays_a_little_longer() {
    let mut presence = Presence::new(SETTINGS, Vec::new());
    for at_ms in (0..5_000).step_by(100) {
        assert_eq!(presence.read(&reading(-78), at_ms), None, "weaker than asked for");
        assert!(presence.tick(at_ms).is_empty());
    }
    let mut presence = Presence::new(SETTINGS, Vec::new());
    (0..3).for_each(|at_ms| drop(presence.read(&reading(-60), at_ms)));
    for at_ms in (100..10_000).step_by(100) {
        drop(presence.read(&reading(-78), at_ms));
        assert!(presence.tick(at_ms).is_empty(), "a little weaker than to arrive is enough to stay");
    }
    for at_ms in (10_000..11_900).step_by(100) {
        drop(presence.read(&reading(-90), at_ms));
        assert!(presence.tick(at_ms).is_empty());
    }
    assert_eq!(presence.tick(11_900), [TagId::from_epc(&EPC)], "far weaker is as good as silent");
    assert_eq!(presence.in_view(), 0);
}

#[test]
fn without_strengths_silence_alone_tells() {
    let mut presence = Presence::new(SETTINGS, Vec::new());
    let plain = TagReading { rssi_dbm: None, ..reading(0) };
    let appeared = (0..3).find_map(|at_ms| appears(&mut presence, &plain, at_ms)).expect("three sightings");
    assert_eq!((appeared.rssi_dbm, appeared.between_places), (None, false));
    assert!(presence.tick(2_001).is_empty());
    assert_eq!(presence.tick(2_002).len(), 1);
}

#[test]
fn one_identity_in_two_tags_leaves_with_the_last() {
    let uris = ["urn:epc:tag:giai-96:0.0614141.5678", "urn:epc:tag:giai-202:0.0614141.5678"];
    let epcs = uris.map(|uri| armoury::identity::epc::encode(uri).expect("an identity").bytes);
    let mut presence = Presence::new(SETTINGS, Vec::new());
    for epc in &epcs {
        (0..3).for_each(|at_ms| drop(presence.read(&TagReading { epc: epc.clone(), ..reading(-60) }, at_ms)));
    }
    for at_ms in (250..=1_000).step_by(250) {
        drop(presence.read(&TagReading { epc: epcs[1].clone(), ..reading(-60) }, at_ms));
    }
    assert!(presence.tick(2_500).is_empty(), "the other one is still there");
    assert_eq!(presence.tick(3_000).len(), 1);
}

#[test]
fn a_box_of_tags_is_bounded_and_the_room_comes_back() {
    let mut presence = Presence::new(SETTINGS, Vec::new());
    for number in 0..TAGS_MAX as u32 + 100 {
        let epc = [[0xaa; 8].as_slice(), &number.to_be_bytes()].concat();
        drop(presence.read(&TagReading { epc, ..reading(-60) }, 0));
    }
    assert_eq!(presence.not_followed, 100);
    presence.tick(2_000);
    let appeared = (2_000..2_003).find_map(|at_ms| presence.read(&reading(-60), at_ms));
    assert!(appeared.is_some(), "what left makes room");
}

/// Whatever is heard: a tag appears only after enough readings at one place, appears and leaves in turn, and leaves by
/// itself in the end.
#[test]
fn any_stream_of_readings() {
    let readings = proptest::collection::vec((0_u64..900, -95_i16..-40, 0..3_usize, any::<bool>()), 1..120);
    let settings = (1_u32..6, 200_u64..3_000, 200_u64..3_000).prop_map(|(sightings, within_ms, leave_ms)| {
        PresenceSettings { sightings, within_ms, leave_ms, ..SETTINGS }
    });
    holds("any stream of readings", (settings, readings), |(settings, readings)| {
        let mut presence = Presence::new(settings, Vec::new());
        let mut heard: Vec<(u64, usize, i16)> = Vec::new();
        let (mut now_ms, mut in_view, mut last_ms) = (0, false, 0);
        for (gap_ms, rssi_dbm, place, tick) in readings {
            now_ms += gap_ms;
            if tick && !presence.tick(now_ms).is_empty() {
                prop_assert!(in_view && now_ms - last_ms >= settings.leave_ms, "left too early");
                in_view = false;
            }
            heard.push((now_ms, place, rssi_dbm));
            if rssi_dbm >= settings.min_rssi_dbm - settings.margin_db {
                last_ms = now_ms;
            }
            let read_point = ReadPoint::from(["left", "right", "door"][place]);
            let reading = TagReading { read_point, ..reading(rssi_dbm) };
            let Some(appeared) = appears(&mut presence, &reading, now_ms) else {
                continue;
            };
            prop_assert!(!in_view, "appeared twice");
            in_view = true;
            let there = |(at_ms, place, _): &&(u64, usize, i16)| {
                now_ms - at_ms <= settings.within_ms
                    && appeared.read_point.as_str() == ["left", "right", "door"][*place]
            };
            let count = heard.iter().filter(there).count();
            prop_assert!(count >= settings.sightings as usize, "{count} readings are too few");
            prop_assert!(heard.iter().filter(there).any(|(.., dbm)| *dbm >= settings.min_rssi_dbm));
            prop_assert!(appeared.rssi_dbm.is_some_and(|dbm| dbm >= settings.min_rssi_dbm));
        }
        let left = presence.tick(now_ms + settings.leave_ms.max(LEAVE_MAX_MS));
        prop_assert_eq!(left.len(), usize::from(in_view));
        prop_assert_eq!(presence.in_view(), 0);
        Ok(())
    });
}

/// What has come into view with a reading.
fn appears(presence: &mut Presence, reading: &TagReading, now_ms: u64) -> Option<Appeared> {
    match presence.read(reading, now_ms)? {
        News::Appeared(appeared) => Some(appeared),
        other => panic!("there are neither chips nor tags at rest here: {other:?}"),
    }
}

fn reading(rssi_dbm: i16) -> TagReading {
    TagReading {
        reader: "hatch".into(),
        read_point: ReadPoint::from("pad"),
        epc: EPC.to_vec(),
        tid: None,
        antenna: 1,
        rssi_dbm: Some(rssi_dbm),
        rssi_raw: None,
        pc: None,
    }
}

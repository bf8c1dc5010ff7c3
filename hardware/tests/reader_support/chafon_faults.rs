//! The Chafon driver and what goes wrong: late answers, bad moments, half frames, a reader left streaming, questions it
//! calls illegal. All of it ends in reads again, without a person.

use std::collections::HashSet;
use std::sync::Mutex;
use std::sync::atomic::{AtomicBool, Ordering};
use std::time::Duration;

use armoury_hardware::reader::{
    Access, Bank, Family, Password, ReaderEvent, ReaderSettings, Region, TagAccess, TagCommand, TagError,
    TagOutcome, TagResult,
};

use super::chafon::{reply, rich};
use super::scripted::Scripted;
use super::station::Station;
use super::{bench, epc, next_identity, settings, tag};

const NEVER: Duration = Duration::from_secs(3600);

fn scripted(script: &Scripted, read_tid: bool) -> Station {
    let settings = ReaderSettings::new("hatch", Family::Uhfreader18, &script.path().to_string_lossy());
    Station::with(ReaderSettings { read_tid, baud: Some(57_600), ..settings })
}

/// What a UHFReader18 in answer mode says of itself, at the power and scan time the driver wants.
fn plainly(asked: &[u8]) -> Vec<u8> {
    match asked.get(2) {
        Some(0x21) => reply(0, 0x21, 0, &[2, 1, 0x09, 3, 0x31, 0x80, 23, 3]),
        Some(0x36) => reply(0, 0x36, 0, &[0, 30, 10, 15, 0, 2, 1, 0, 1, 0, 8, 0]),
        Some(0x01) => reply(0, 1, 1, &[&[2, 12], &epc(1)[..], &[12], &epc(2)].concat()),
        Some(&other) => reply(0, other, 0, &[]),
        None => Vec::new(),
    }
}

/// The number of a tag's chip.
fn chip(number: u8) -> [u8; 12] {
    [0xE2, 0, 0x34, 0x12, 0, 0, 0, 0, 0, 0, 0, number]
}

#[tokio::test(flavor = "multi_thread")]
async fn an_answer_that_comes_late_is_not_taken_for_the_answer_to_the_next_question() {
    let late = Mutex::new(None::<Vec<u8>>);
    let held_back = AtomicBool::new(false);
    let script = Scripted::start(
        NEVER,
        move |asked| {
            let now = match asked.get(2) {
                Some(0x02) => {
                    let answer = reply(0, 2, 0, &chip(asked[15]));
                    if !held_back.swap(true, Ordering::Relaxed) {
                        *late.lock().expect("no panic") = Some(answer);
                        return Vec::new();
                    }
                    answer
                }
                _ => plainly(asked),
            };
            [late.lock().expect("no panic").take().unwrap_or_default(), now].concat()
        },
        Vec::new,
    );
    let mut station = scripted(&script, true);
    let mut chips = HashSet::new();
    station
        .until("both chips", |event| {
            if let ReaderEvent::Read(read) = event
                && let Some(tid) = read.tid
            {
                assert_eq!(tid, chip(read.epc[11]), "the chip of another tag");
                chips.insert(tid);
            }
            (chips.len() == 2).then_some(())
        })
        .await;
}

#[tokio::test(flavor = "multi_thread")]
async fn bad_moments_are_tried_again_and_what_a_tag_says_is_told() {
    let says: [(u8, &[u8]); 14] = [
        (0xFA, &[]),
        (0xFA, &[]),
        (0x00, &[1, 2, 3, 4]),
        (0xFC, &[0x04]),
        (0xFC, &[0x03]),
        (0xFC, &[0x0B]),
        (0xFC, &[0x0F]),
        (0x05, &[]),
        // The tag is taken away.
        (0xFA, &[]),
        (0xFB, &[]),
        (0xFB, &[]),
        (0xFF, &[]),
        // Damaged on the line.
        (0xFE, &[]),
        (0x00, &[1, 2, 3, 4]),
    ];
    let says = Mutex::new(says.into_iter());
    let script = Scripted::start(
        NEVER,
        move |asked| match (asked.get(2), says.lock().expect("no panic")) {
            (Some(0x02), mut says) => {
                let (status, data) = says.next().expect("not asked more than that");
                reply(0, if status == 0xFE { 0 } else { 2 }, status, data)
            }
            _ => plainly(asked),
        },
        Vec::new,
    );
    let mut station = scripted(&script, false);
    station.read_of(&epc(1)).await;
    let words = || Ok(TagOutcome::Words(vec![1, 2, 3, 4]));
    let refused = |told: TagResult, said: u32| {
        assert!(matches!(told, Err(TagError::Refused { code, .. }) if code == said), "{told:?}");
    };
    assert_eq!(order(&station).await, words());
    assert_eq!(order(&station).await, Err(TagError::Locked));
    assert_eq!(order(&station).await, Err(TagError::Overrun));
    assert_eq!(order(&station).await, Err(TagError::LowPower));
    refused(order(&station).await, 0xFC0F);
    assert_eq!(order(&station).await, Err(TagError::WrongPassword));
    assert_eq!(order(&station).await, Err(TagError::NoTag));
    refused(order(&station).await, 0xFF);
    assert_eq!(order(&station).await, words());
    station.read_of(&epc(1)).await;
}

async fn order(station: &Station) -> TagResult {
    let access = Access::Read { bank: Bank::User, word: 0, words: 2 };
    let access = TagAccess { epc: epc(1), password: Password::NONE, access };
    station.desk.order(TagCommand::Access(access)).await
}

#[tokio::test(flavor = "multi_thread")]
async fn a_reader_that_calls_what_it_does_not_know_illegal_is_asked_in_its_own_way() {
    // Says of itself what an older one says, and takes inventories in the newer form alone.
    let script = Scripted::start(
        NEVER,
        |asked| match (asked.get(2), asked.len()) {
            (Some(0x01), 7) => [rich(1, &epc(1), 80), reply(0, 1, 1, &[1, 0])].concat(),
            (Some(0x01), _) => reply(0, 0, 0xFE, &[]),
            _ => plainly(asked),
        },
        Vec::new,
    );
    let mut station = scripted(&script, false);
    assert_eq!(station.read_of(&epc(1)).await.rssi_raw, Some(80));
}

#[tokio::test(flavor = "multi_thread")]
async fn a_frame_cut_by_a_brown_out_costs_a_moment_and_no_tag() {
    let bench = bench("", 31);
    bench.place(tag(1, 1));
    let mut station = Station::with(ReaderSettings { read_tid: false, ..settings(&bench, &[1]) });
    station.read_of(&epc(1)).await;
    for _ in 0..2 {
        bench.send_raw(&rich(1, &epc(1), 80)[..11]);
        bench.stall(400);
        let mut reads = 0;
        station
            .until("reads after the brown-out", |event| {
                match event {
                    ReaderEvent::Read(read) => {
                        assert_eq!(read.epc, epc(1));
                        reads += 1;
                    }
                    ReaderEvent::Down { why, .. } => panic!("{why}"),
                    _ => {}
                }
                (reads == 20).then_some(())
            })
            .await;
    }
    // The second half frame may be the last that came.
    assert!(station.figures().await.refused >= 1);
}

#[tokio::test(flavor = "multi_thread")]
async fn a_cf_reader_left_streaming_is_stopped_known_and_set_up() {
    let bench = bench("cf", 32);
    bench.place(tag(1, 1));
    let mut station = Station::with(settings(&bench, &[1]));
    station.read_of(&epc(1)).await;
    station.task.abort();
    assert!(station.task.await.expect_err("killed").is_cancelled());
    let mut station = Station::with(settings(&bench, &[1]));
    let model = station
        .until("model", |event| match event {
            ReaderEvent::Up { identity, .. } => identity.model,
            _ => None,
        })
        .await;
    assert_eq!(model, "CP-20391");
    station.read_of(&epc(1)).await;
    assert_eq!(bench.complaints(), Vec::<String>::new());
}

#[tokio::test(flavor = "multi_thread")]
async fn a_region_the_family_lacks_is_told_and_the_readers_own_is_kept() {
    let bench = bench("", 33);
    bench.place(tag(1, 1));
    let wanted = ReaderSettings { region: Some(Region::Japan), power_dbm: 30, ..settings(&bench, &[1]) };
    let mut station = Station::with(wanted);
    assert_eq!(next_identity(&mut station).await.0.model.as_deref(), Some("UHFReader288M"));
    let what = station
        .until("warning", |event| match event {
            ReaderEvent::Warning { what, .. } => Some(what),
            _ => None,
        })
        .await;
    assert!(what.contains("region = \"japan\"") && what.contains("it has \"eu\""), "{what}");
    station.read_of(&epc(1)).await;
    assert_eq!((bench.flash_writes(), bench.complaints()), (0, Vec::new()));
}

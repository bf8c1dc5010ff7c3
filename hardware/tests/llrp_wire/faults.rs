//! What goes wrong between the driver and its reader: power, cables, slow and broken networks, and readers that do as they
//! like.

use std::collections::HashSet;
use std::time::{Duration, Instant};

use armoury_hardware::bench::{BenchReader, BenchTag, Nuisances};
use armoury_hardware::reader::{
    Access, Bank, Password, ReaderError, ReaderEvent, ReaderSettings, TagAccess, TagCommand, TagError,
    TagOutcome,
};

use super::relay::{Manner, Relay};
use super::station::Station;
use super::{bench, epc, event, settings, tag, tid};

/// What takes its time, though not the machine's.
#[tokio::test(flavor = "multi_thread")]
async fn silence_quiet_and_trouble_side_by_side() {
    tokio::join!(
        a_reader_that_falls_silent_is_told_and_taken_up_again(),
        a_quiet_field_is_not_a_silent_reader(true),
        a_quiet_field_is_not_a_silent_reader(false),
        a_connection_that_died_without_a_word_is_noticed(),
        an_answer_that_drips_is_waited_for(),
        an_operation_that_ended_without_a_word_is_begun_anew(),
        a_bad_field_and_breaking_connections_hide_no_tag_and_invent_none(),
    );
}

#[tokio::test(flavor = "multi_thread")]
async fn a_reader_unplugged_and_put_back_is_found_at_the_same_address() {
    let bench = bench(4, |_| {});
    bench.place(tag(1, 1));
    let path = bench.path().to_owned();
    let mut station = Station::with(settings(&bench));
    station.read_of(&epc(1)).await;
    bench.unplug().expect("unplugged");
    let (why, retry_in_ms) = station.next_down().await;
    assert!(matches!(why, ReaderError::Gone { .. }) && retry_in_ms <= 250, "{why}");
    let (why, _) = station.next_down().await;
    assert!(matches!(why, ReaderError::NotReached { .. }), "{why}");
    assert!(why.to_string().contains("is it switched on"), "{why}");
    bench.replug().expect("plugged in");
    assert_eq!(bench.path(), path);
    station.next_up().await;
    station.read_of(&epc(1)).await;
    assert_eq!(bench.complaints(), Vec::<String>::new());
}

#[tokio::test(flavor = "multi_thread")]
async fn a_stream_out_of_step_is_given_up_and_begun_anew() {
    let bench = bench(5, |_| {});
    bench.place(tag(1, 1));
    let mut station = Station::with(settings(&bench));
    for garbage in [&[0xFF; 40][..], &[4, 61, 0, 0, 0, 9, 0, 0, 0, 1], &[4, 61, 0xFF, 0xFF]] {
        station.read_of(&epc(1)).await;
        bench.send_raw(garbage);
        let (why, _) = station.next_down().await;
        assert!(matches!(why, ReaderError::Lost { .. }), "{why}");
        assert!(why.to_string().contains("are no message"), "{why}");
    }
    station.next_up().await;
    station.read_of(&epc(1)).await;
    // What the connection left in the reader was taken away: a second operation would be refused.
    assert_eq!(bench.complaints(), Vec::<String>::new());
}

async fn a_reader_that_falls_silent_is_told_and_taken_up_again() {
    let bench = bench(6, |_| {});
    bench.place(tag(1, 1));
    let mut station = Station::with(settings(&bench));
    station.read_of(&epc(1)).await;
    bench.stall(11_000);
    let (why, _) = station.next_down().await;
    assert!(why.to_string().contains("not a word for 9 s"), "{why}");
    assert!(why.needs_reopening());
    station.next_up().await;
    station.read_of(&epc(1)).await;
}

async fn a_quiet_field_is_not_a_silent_reader(keepalives: bool) {
    let bench = bench(7, |like| like.llrp.keepalives = keepalives);
    let mut station = Station::with(settings(&bench));
    station.next_up().await;
    let mut downs = 0;
    let empty = |event| downs += u32::from(matches!(event, ReaderEvent::Down { .. }));
    station.for_a_while(Duration::from_secs(if keepalives { 1 } else { 10 }), empty).await;
    assert_eq!(downs, 0);
    // Answered at once; this bench never sent one by itself, and says so.
    bench.send_raw(&[4, 62, 0, 0, 0, 10, 0, 0, 1, 2]);
    let until = Instant::now() + Duration::from_secs(5);
    while bench.complaints().is_empty() && Instant::now() < until {
        tokio::time::sleep(Duration::from_millis(20)).await;
    }
    assert_eq!(bench.complaints(), ["a keep-alive answered that was not sent"]);
}

async fn a_bad_field_and_breaking_connections_hide_no_tag_and_invent_none() {
    let seed = std::env::var("ARMOURY_SEED").ok().and_then(|seed| seed.parse().ok()).unwrap_or(9);
    println!("ARMOURY_SEED={seed}");
    let bench = bench(seed, |like| like.nuisances = Nuisances::harsh());
    for number in 0..20 {
        bench.place(tag(number, 1));
    }
    let mut station = Station::with(settings(&bench));
    let (mut seen, mut reads, mut downs) = (HashSet::new(), 0, 0);
    station
        .for_a_while(Duration::from_secs(10), |event| match event {
            ReaderEvent::Read(read) => {
                reads += 1;
                seen.insert(read.epc);
            }
            ReaderEvent::Down { .. } => downs += 1,
            _ => {}
        })
        .await;
    println!("{reads} reads, {downs} times down");
    let placed: HashSet<Vec<u8>> = (0..20).map(epc).collect();
    let missing: Vec<_> = placed.difference(&seen).collect();
    assert!(missing.is_empty(), "seed {seed}: never seen: {missing:02x?}");
    let known: HashSet<Vec<u8>> =
        [placed.into_iter().collect(), bench.strays(), bench.ghosts()].concat().into_iter().collect();
    let invented: Vec<_> = seen.difference(&known).collect();
    assert!(invented.is_empty(), "seed {seed}: invented: {invented:02x?}");
    assert!(!seen.contains(&Vec::new()), "a ghost without EPC was handed on");
}

#[tokio::test(flavor = "multi_thread")]
async fn a_reader_that_says_one_byte_at_a_time_is_understood() {
    let bench = bench(17, |_| {});
    bench.place(tag(1, 1));
    let relay = Relay::before(&bench, Manner::Bytewise(100));
    let mut station = through(&relay, &bench);
    station.read_of(&epc(1)).await;
    let figures = station.figures().await;
    assert_eq!((figures.refused, figures.skipped), (0, 0));
    assert_eq!(bench.complaints(), Vec::<String>::new());
}

async fn an_operation_that_ended_without_a_word_is_begun_anew() {
    // This one tells no events, because it does not know one of them.
    let bench = bench(24, |like| like.llrp.fussy = true);
    let relay = Relay::before(&bench, Manner::Plain);
    let mut station = through(&relay, &bench);
    station.next_up().await;
    bench.place(tag(1, 1));
    station.read_of(&epc(1)).await;
    relay.say_to_reader(&[4, 23, 0, 0, 0, 14, 0xFF, 0xFF, 0xFF, 0xF0, 0, 0, 0, 1]);
    let rounds = async {
        loop {
            let rounds = bench.rounds();
            tokio::time::sleep(Duration::from_millis(300)).await;
            if bench.rounds() == rounds {
                return rounds;
            }
        }
    };
    let stopped_at = rounds.await;
    let until = Instant::now() + Duration::from_secs(20);
    while bench.rounds() == stopped_at && Instant::now() < until {
        station.figures().await;
    }
    station.read_of(&epc(1)).await;
    assert_eq!(bench.complaints(), Vec::<String>::new());
}

async fn an_answer_that_drips_is_waited_for() {
    let bench = bench(23, |_| {});
    bench.place(tag(1, 1));
    // Its capabilities alone take longer than any answer may: as long as they come, they are waited for.
    let slow = Relay::before(&bench, Manner::Bytewise(8000));
    let mut station = through(&slow, &bench);
    let model = station.until("Up", |event| match event {
        ReaderEvent::Up { identity, .. } => Some(identity.model),
        ReaderEvent::Down { why, .. } => panic!("{why}"),
        _ => None,
    });
    assert_eq!(model.await.as_deref(), Some("maker 99999, model 2001002"));
    slow.set(Manner::Plain);
    station.read_of(&epc(1)).await;
}

async fn a_connection_that_died_without_a_word_is_noticed() {
    let bench = bench(18, |_| {});
    bench.place(tag(1, 1));
    let relay = Relay::before(&bench, Manner::Plain);
    let mut station = through(&relay, &bench);
    station.read_of(&epc(1)).await;
    relay.set(Manner::HalfOpen);
    let (why, _) = station.next_down().await;
    assert!(why.to_string().contains("not a word for 9 s"), "{why}");
    relay.set(Manner::Plain);
    station.next_up().await;
    station.read_of(&epc(1)).await;
    assert_eq!(bench.complaints(), Vec::<String>::new());
}

#[tokio::test(flavor = "multi_thread")]
async fn a_reader_that_breaks_off_in_the_middle_of_a_message_is_taken_up_again() {
    let bench = bench(19, |_| {});
    bench.place(tag(1, 1));
    let relay = Relay::before(&bench, Manner::Plain);
    let mut station = through(&relay, &bench);
    for _ in 0..3 {
        station.read_of(&epc(1)).await;
        relay.set(Manner::Breaks);
        let (why, _) = station.next_down().await;
        assert!(matches!(why, ReaderError::Gone { .. }), "{why}");
    }
    station.read_of(&epc(1)).await;
    assert_eq!(bench.complaints(), Vec::<String>::new());
}

#[tokio::test(flavor = "multi_thread")]
async fn what_a_reader_says_on_the_side_is_told_once_or_passed_over() {
    let bench = bench(20, |_| {});
    bench.place(tag(1, 1));
    let mut station = Station::with(settings(&bench));
    station.read_of(&epc(1)).await;
    // Of no type that exists, one of a vendor's, and an error nobody asked for.
    bench.send_raw(&[7, 200, 0, 0, 0, 13, 0, 0, 0, 1, 4, 61, 0]);
    bench.send_raw(&[7, 255, 0, 0, 0, 17, 0, 0, 0, 2, 0, 0, 101, 26, 77, 1, 2]);
    bench.send_raw(&[4, 100, 0, 0, 0, 18, 0, 0, 0, 3, 1, 31, 0, 8, 0, 100, 0, 0]);
    // Its buffer fills up and runs over, an input changes, and it reports twice that it is hot at antenna 2.
    for said in [
        &[0, 250, 0, 5, 90][..],
        &[0, 251, 0, 4],
        &[0, 251, 0, 4],
        &[0, 248, 0, 7, 0, 1, 0x80],
        &[0, 252, 0, 13, 0, 4, b'h', b'o', b't', b'!', 0x81, 0, 2],
        &[0, 252, 0, 13, 0, 4, b'h', b'o', b't', b'!', 0x81, 0, 2],
    ] {
        bench.send_raw(&event(said));
    }
    let mut said = Vec::new();
    station
        .until("the exception", |event| match event {
            ReaderEvent::Warning { what, .. } => {
                said.push(what);
                (said.len() == 2).then_some(())
            }
            ReaderEvent::Down { why, .. } => panic!("{why}"),
            _ => None,
        })
        .await;
    assert_eq!(
        said,
        [
            "the reader's buffer ran over and reads were lost: is the network slow?",
            "the reader reports at antenna 2: hot!",
        ]
    );
    station
        .for_a_while(Duration::from_secs(1), |event| {
            assert!(!matches!(event, ReaderEvent::Warning { .. } | ReaderEvent::Down { .. }), "{event:?}");
        })
        .await;
    station.read_of(&epc(1)).await;
    assert_eq!(station.figures().await.skipped, 0);
    assert_eq!(bench.complaints(), Vec::<String>::new());
}

#[tokio::test(flavor = "multi_thread")]
async fn an_operation_that_the_reader_ended_is_begun_anew() {
    let bench = bench(21, |_| {});
    bench.place(tag(1, 1));
    let mut station = Station::with(settings(&bench));
    station.read_of(&epc(1)).await;
    // Somebody else's ends, then ours, and at last the reader closes the connection.
    bench.send_raw(&event(&[0, 249, 0, 13, 1, 0, 0, 0, 9, 0, 0, 0, 0]));
    bench.send_raw(&event(&[0, 249, 0, 13, 2, 0, 0, 0, 1, 0, 0, 0, 9]));
    // It has not really, which this bench says: the operation is taken away, and begun anew.
    let until = Instant::now() + Duration::from_secs(10);
    while bench.complaints().is_empty() && Instant::now() < until {
        station.figures().await;
    }
    assert_eq!(bench.complaints(), ["message 22: operation 1 is Active"]);
    station.read_of(&epc(1)).await;
    bench.send_raw(&event(&[1, 1, 0, 4]));
    let (why, _) = station.next_down().await;
    assert!(why.to_string().contains("the reader closes it"), "{why}");
    station.read_of(&epc(1)).await;
    assert_eq!(bench.complaints().len(), 1, "{:?}", bench.complaints());
}

#[tokio::test(flavor = "multi_thread")]
async fn what_another_tag_answered_is_not_taken_for_the_one_meant() {
    let bench = bench(22, |_| {});
    // The second begins with all of the first.
    let (short, long) = (epc(1), [epc(1), vec![0xAB, 0xCD]].concat());
    bench.place(BenchTag { tid: Some(tid(1)), read_rate: 1.0, ..tag(1, 1) });
    bench.place(BenchTag { epc: long.clone(), tid: Some(tid(2)), read_rate: 1.0, ..tag(1, 1) });
    let mut station = Station::with(settings(&bench));
    station.see_all([short.clone(), long.clone()].into_iter()).await;
    for (epc, chip) in [(short, tid(1)), (long, tid(2))] {
        let access = Access::Read { bank: Bank::Tid, word: 0, words: 6 };
        let order = TagAccess { epc, password: Password::NONE, access };
        match station.desk.order(TagCommand::Access(order)).await {
            Ok(TagOutcome::Words(words)) => assert_eq!(words, chip),
            other => assert_eq!(other, Err(TagError::NoTag)),
        }
    }
}

/// A driver at the other side of a relay.
fn through(relay: &Relay, bench: &BenchReader) -> Station {
    Station::with(ReaderSettings { port: relay.port.clone(), ..settings(bench) })
}

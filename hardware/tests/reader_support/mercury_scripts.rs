//! The Mercury driver against modules of a few lines: late answers, bad moments, a restart in the middle of a frame.

use std::collections::HashSet;
use std::sync::atomic::{AtomicBool, AtomicU32, Ordering};
use std::sync::{Arc, Mutex};
use std::time::{Duration, Instant};

use armoury_hardware::reader::{
    Access, Bank, Family, Password, ReaderEvent, ReaderSettings, TagAccess, TagCommand, TagError, TagOutcome,
    TagResult,
};

use super::mercury::{Sent, reply};
use super::module::{chip, epc};
use super::scripted::Scripted;
use super::station::Station;

const NEVER: Duration = Duration::from_secs(3600);

/// A driver of the module a script plays.
pub fn scripted(script: &Scripted) -> Station {
    let settings = ReaderSettings::new("hatch", Family::Mercury, &script.path().to_string_lossy());
    Station::with(ReaderSettings { baud: Some(115_200), ..settings })
}

/// What every module answers that needs no thought: who it is, the start and the stop of the stream, settings.
fn plainly(asked: &[u8]) -> Vec<u8> {
    match (asked.get(2), asked.get(5)) {
        (Some(0x03), _) => reply(0x03, 0, &[0x18; 20]),
        (Some(0x2F), Some(&option)) => reply(0x2F, 0, &[option]),
        (Some(&opcode), _) => reply(opcode, 0, &[]),
        (None, _) => Vec::new(),
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn an_answer_that_comes_late_is_not_taken_for_the_answer_to_the_next_question() {
    let late = Mutex::new(None::<Vec<u8>>);
    let held_back = AtomicBool::new(false);
    let script = Scripted::start(
        NEVER,
        move |asked| {
            let now = match (asked.get(2), asked.get(5)) {
                // Knows no chip numbers while it streams.
                (Some(0x2F), Some(1)) if asked.len() > 25 => reply(0x2F, 0x0105, &[]),
                (Some(0x2F), Some(1)) => [1, 2]
                    .map(|number| Sent::new(&epc(number)).frame())
                    .into_iter()
                    .fold(reply(0x2F, 0, &[1]), |said, tag| [said, tag].concat()),
                (Some(0x28), _) => {
                    let answer = reply(0x28, 0, &[&[0x11, 0, 0], &chip(asked[30])[..]].concat());
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
    let mut station = scripted(&script);
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
    let says = [
        // No data, general error, and then the words.
        0x0404, 0x040A, 0, 0x0424, 0x0423, // Too little power, until it is given up.
        0x042B, 0x042B, 0x042B, // The tag is taken away.
        0x0400, 0x0400, 0x0400, // The firmware falls over.
        0x7F01, 0,
    ];
    let says = Mutex::new(says.into_iter());
    let script = Scripted::start(
        Duration::from_millis(100),
        move |asked| match asked.get(2) {
            Some(0x28) => {
                let status = says.lock().expect("no panic").next().unwrap_or(0);
                let words: &[u8] = if status == 0 { &[0x11, 0, 0, 1, 2, 3, 4] } else { &[] };
                reply(0x28, status, words)
            }
            _ => plainly(asked),
        },
        || reply(0x22, 0x0400, &[]),
    );
    let settings = ReaderSettings::new("hatch", Family::Mercury, &script.path().to_string_lossy());
    let mut station = Station::with(ReaderSettings { read_tid: false, ..settings });
    station.next_up().await;
    let words = || Ok(TagOutcome::Words(vec![1, 2, 3, 4]));
    assert_eq!(order(&station).await, words());
    assert_eq!(order(&station).await, Err(TagError::Locked));
    assert_eq!(order(&station).await, Err(TagError::Overrun));
    assert_eq!(order(&station).await, Err(TagError::LowPower));
    assert_eq!(order(&station).await, Err(TagError::NoTag));
    let fell = order(&station).await;
    assert!(matches!(&fell, Err(TagError::ReaderDown { why }) if why.contains("0x7f01")), "{fell:?}");
    station.next_up().await;
    assert_eq!(order(&station).await, words());
}

async fn order(station: &Station) -> TagResult {
    let access = Access::Read { bank: Bank::User, word: 0, words: 2 };
    let access = TagAccess { epc: epc(1), password: Password::NONE, access };
    station.desk.order(TagCommand::Access(access)).await
}

/// What a module that can restart is in the middle of.
#[derive(Default)]
struct Life {
    booted: AtomicBool,
    streams: AtomicBool,
    boots: AtomicU32,
    said: AtomicU32,
}

impl Life {
    fn answer(&self, asked: &[u8]) -> Vec<u8> {
        let booted = self.booted.load(Ordering::Relaxed);
        match (asked.get(2), asked.get(5)) {
            (Some(0x04), _) => {
                self.boots.fetch_add(1, Ordering::Relaxed);
                self.booted.store(true, Ordering::Relaxed);
                reply(0x04, 0, &[0x18; 20])
            }
            (Some(0x0C), _) => reply(0x0C, 0, &[if booted { 0x12 } else { 0x11 }]),
            (Some(0x03), _) => plainly(asked),
            (Some(&opcode), _) if !booted => reply(opcode, 0x0101, &[]),
            (Some(0x2F), Some(&option)) => {
                self.streams.store(option == 1, Ordering::Relaxed);
                plainly(asked)
            }
            _ => plainly(asked),
        }
    }

    /// A tag; the tenth breaks off, because the supply does, and the module says its version as it comes up.
    fn say(&self) -> Vec<u8> {
        if !self.streams.load(Ordering::Relaxed) {
            return Vec::new();
        }
        let tag = Sent::new(&epc(1)).frame();
        if self.said.fetch_add(1, Ordering::Relaxed) != 9 {
            return tag;
        }
        self.booted.store(false, Ordering::Relaxed);
        self.streams.store(false, Ordering::Relaxed);
        [&tag[..20], &reply(0x04, 0, &[0x18; 20])].concat()
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn a_module_that_restarts_in_mid_frame_is_booted_and_set_up_again() {
    let life = Arc::new(Life::default());
    let (answering, saying) = (Arc::clone(&life), Arc::clone(&life));
    let script = Scripted::start(
        Duration::from_millis(50),
        move |asked| answering.answer(asked),
        move || saying.say(),
    );
    let mut station = scripted(&script);
    station.read_of(&epc(1)).await;
    station
        .until("word of the restart", |event| match event {
            ReaderEvent::Warning { what, .. } => what.contains("restarted by itself").then_some(()),
            ReaderEvent::Down { why, .. } => panic!("{why}"),
            _ => None,
        })
        .await;
    station.read_of(&epc(1)).await;
    assert_eq!(life.boots.load(Ordering::Relaxed), 2);
}

#[tokio::test(flavor = "multi_thread")]
async fn a_module_not_yet_known_is_told_to_stop_when_the_station_ends() {
    let [asked, stopped] = [(); 2].map(|()| Arc::new(AtomicBool::new(false)));
    let script = Scripted::start(
        NEVER,
        {
            let (asked, stopped) = (Arc::clone(&asked), Arc::clone(&stopped));
            move |command: &[u8]| {
                asked.store(true, Ordering::Relaxed);
                if command.ends_with(&[0x2F, 0, 0, 2, 0x5E, 0x86]) {
                    stopped.store(true, Ordering::Relaxed);
                }
                Vec::new()
            }
        },
        Vec::new,
    );
    let station = scripted(&script);
    holds(&asked).await;
    station.stop.send(true).expect("still running");
    station.task.await.expect("no panic");
    holds(&stopped).await;
}

async fn holds(flag: &AtomicBool) {
    let began = Instant::now();
    while !flag.load(Ordering::Relaxed) {
        assert!(began.elapsed() < Duration::from_secs(20), "it never came");
        tokio::time::sleep(Duration::from_millis(10)).await;
    }
}

//! The Chafon driver against readers of a few lines, as somebody writes them who has read half a page of the protocol.

use std::io::{Read, Write};
use std::time::Duration;

use armoury_hardware::reader::{Family, ReaderError, ReaderEvent, ReaderSettings};

use super::a0_said::tag_frame;
use super::chafon::{self, prime, reply, rich};
use super::scripted::Scripted;
use super::station::Station;
use super::{ended, epc, together};

/// What a reader says to a question.
type Answer = Box<dyn Fn(&[u8]) -> Vec<u8> + Send>;

#[tokio::test(flavor = "multi_thread")]
async fn a_reader_that_only_pushes_is_a_reader() {
    let say = [
        reply(0, 0xEE, 0, &epc(1)),
        // A network bridge's sign of life, and a 288's.
        [chafon::bytes("560000000000"), reply(0, 0xEE, 0x28, &[0, 0, 0, 1, 0, 0, 0, 0, 1])].concat(),
    ];
    let mut say = say.into_iter().cycle();
    let script =
        Scripted::start(Duration::from_millis(100), |_| Vec::new(), move || say.next().unwrap_or_default());
    let port = script.path().to_string_lossy().into_owned();
    let mut station = Station::with(ReaderSettings::new("hatch", Family::Uhfreader18, &port));
    assert_eq!(station.next_up().await, ("unknown".to_owned(), 57_600, 0));
    station.read_of(&epc(1)).await;
    let mut downs = 0;
    station
        .for_a_while(Duration::from_secs(4), |event| {
            downs += u32::from(matches!(event, ReaderEvent::Down { .. }));
        })
        .await;
    assert_eq!(downs, 0);
}

#[tokio::test(flavor = "multi_thread")]
async fn a_reader_that_answers_the_least_is_read_whatever_it_does_not_know() {
    // Knows who it is, and the short inventory; to the rest it says "parameter".
    let answers = |question: &[u8]| match question.get(2) {
        Some(0x21) => reply(5, 0x21, 0, &[2, 1, 0x20, 3, 0x31, 0x80, 23, 3, 1, 0, 0, 0]),
        Some(0x01) if question.len() == 7 => {
            [rich(1, &epc(1), 80), reply(5, 1, 1, &[1, 0])].concat().to_vec()
        }
        Some(&other) => reply(5, other, 0xFF, &[]),
        None => Vec::new(),
    };
    let script = Scripted::start(Duration::from_secs(3600), answers, Vec::new);
    let port = script.path().to_string_lossy().into_owned();
    let mut station = Station::with(ReaderSettings::new("hatch", Family::Uhfreader18, &port));
    assert_eq!(station.next_up().await, ("2.1".to_owned(), 57_600, 5));
    station.read_of(&epc(1)).await;
    assert!(station.began.elapsed() < Duration::from_secs(3), "{:?}", station.began.elapsed());
}

#[tokio::test(flavor = "multi_thread")]
async fn silence_and_nonsense_are_told_in_words_that_help() {
    let never = Duration::from_secs(3600);
    let readers: [(_, Answer); 4] = [
        ("no reply", Box::new(|_| Vec::new())),
        // Our own echo is no reader, nor is one of another protocol.
        ("bytes came", Box::new(<[u8]>::to_vec)),
        ("bytes came", Box::new(|_| tag_frame(1, 0x89, &epc(1), 0x45))),
        ("at 57600 baud", Box::new(|_| vec![0xDF, 0xEE, 0xF3, 0x97])),
    ];
    together(readers, async |(said, answer)| {
        let script = Scripted::start(never, answer, Vec::new);
        let port = script.path().to_string_lossy().into_owned();
        let settings = ReaderSettings::new("hatch", Family::Uhfreader18, &port);
        let mut station = Station::with(ReaderSettings { baud: Some(57_600), ..settings });
        let (why, _) = station.next_down().await;
        assert!(matches!(why, ReaderError::NoReply { .. } | ReaderError::Garbled { .. }), "{why}");
        assert!(why.to_string().contains(said), "{why}");
    })
    .await;
}

#[tokio::test(flavor = "multi_thread")]
async fn both_framings_are_found_over_the_network() {
    let older = |question: &[u8]| match question.get(2) {
        Some(0x21) => reply(0, 0x21, 0, &[2, 1, 0x20, 3, 0x31, 0x80, 23, 3, 1, 0, 0, 0]),
        Some(0x01) => [rich(1, &epc(1), 80), reply(0, 1, 1, &[1, 0])].concat(),
        _ => Vec::new(),
    };
    let newer = |question: &[u8]| match (question.first(), question.get(3)) {
        (Some(0xCF), Some(0x70)) => prime(0, 0x70, &[&[0][..], &[b'C'; 152]].concat()),
        (Some(0xCF), Some(0x01)) => prime(0, 1, &[&[0, 0xFD, 0x08, 1, 0, 12], &epc(2)[..]].concat()),
        (Some(0xCF), Some(0x02)) => prime(0, 2, &[0]),
        _ => Vec::new(),
    };
    for (answers, number) in [(Box::new(older) as Answer, 1), (Box::new(newer), 2)] {
        let listener = std::net::TcpListener::bind("127.0.0.1:0").expect("a port");
        let port = format!("tcp:{}", listener.local_addr().expect("an address"));
        let mut station = Station::with(ReaderSettings::new("gate", Family::Uhfreader18, &port));
        let peer = std::thread::spawn(move || {
            let (mut line, _) = listener.accept().expect("called");
            let mut bytes = [0; 512];
            while let Ok(count @ 1..) = line.read(&mut bytes) {
                if line.write_all(&answers(&bytes[..count])).is_err() {
                    break;
                }
            }
        });
        assert_eq!(station.read_of(&epc(number)).await.antenna, 1);
        ended(station).await;
        peer.join().expect("no panic");
    }
}

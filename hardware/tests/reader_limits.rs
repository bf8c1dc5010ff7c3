//! What `station.toml` wants and the reader does not have: every family uses the most it can, says so once, with the
//! wanted figure, the real one and what to write, and reads all the same.

use std::time::Duration;

use armoury_hardware::bench::{BenchReader, BenchSettings, BenchTag, R2000Manners};
use armoury_hardware::reader::{
    Family, ReaderEvent, ReaderSettings, Region, Session, Target, run_reader, tag_desk,
};
use tokio::sync::{mpsc, watch};
use tokio::task::JoinHandle;

const EPC: [u8; 12] = [0x30, 0x34, 0x25, 0x75, 0x11, 0, 0, 0, 0, 0, 0, 7];

/// One reader as it is, what is wanted of it, and what it must say: a word list for each sentence.
struct Case {
    name: &'static str,
    bench: BenchSettings,
    wanted: fn(&mut ReaderSettings),
    sentences: &'static [&'static [&'static str]],
}

fn bench(family: Family, variant: &str) -> BenchSettings {
    BenchSettings { family, variant: variant.to_owned(), seed: 31, ..BenchSettings::default() }
}

/// A driver at work, and what it tells.
struct Driver {
    events: mpsc::UnboundedReceiver<ReaderEvent>,
    stop: watch::Sender<bool>,
    task: JoinHandle<()>,
}

impl Driver {
    fn start(settings: ReaderSettings) -> Self {
        let (sender, events) = mpsc::unbounded_channel();
        let (stop, stopped) = watch::channel(false);
        let (_, orders) = tag_desk();
        // The test may have ended before the driver.
        let sink = move |event| _ = sender.send(event);
        Self { events, stop, task: tokio::spawn(run_reader(settings, sink, orders, stopped)) }
    }

    /// The next event; fails after 20 s.
    async fn next(&mut self, name: &str) -> ReaderEvent {
        let next = tokio::time::timeout(Duration::from_secs(20), self.events.recv()).await;
        next.unwrap_or_else(|_| panic!("{name}: nothing within 20 s")).expect("the driver runs")
    }
}

/// Runs a driver until it has read the tag over and over and told figures after that; gives what it said of its settings.
async fn said(case: &Case) -> Vec<String> {
    let reader = BenchReader::start_with(case.bench.clone()).expect("a reader");
    reader.place(BenchTag {
        epc: EPC.to_vec(),
        tid: Some(vec![0xE2, 0x80, 0x11, 0, 0x20, 0, 1, 2, 3, 4, 5, 6]),
        antenna: 1,
        rssi_dbm: -50,
        read_rate: 1.0,
    });
    let path = reader.path().to_string_lossy().into_owned();
    let mut settings =
        ReaderSettings { power_dbm: 20, ..ReaderSettings::new("gate", case.bench.family, &path) };
    (case.wanted)(&mut settings);
    let mut driver = Driver::start(settings);
    let (mut said, mut reads) = (Vec::new(), 0);
    loop {
        match driver.next(case.name).await {
            ReaderEvent::Warning { what, stands: true } => said.push(what),
            ReaderEvent::Read(read) if read.epc == EPC => reads += 1,
            ReaderEvent::Figures { .. } if reads >= 6 => break,
            ReaderEvent::Down { why, .. } => panic!("{}: {why}", case.name),
            _ => {}
        }
    }
    driver.stop.send(true).expect("still running");
    driver.task.await.expect("no panic");
    said
}

async fn check(cases: Vec<Case>) {
    for case in cases {
        let said = tokio::time::timeout(Duration::from_secs(20), said(&case)).await;
        let said = said.unwrap_or_else(|_| panic!("{}: it does not read", case.name));
        assert_eq!(said.len(), case.sentences.len(), "{}: {said:#?}", case.name);
        for (words, sentence) in case.sentences.iter().zip(&said) {
            for word in *words {
                assert!(sentence.contains(word), "{}: {word:?} is not in {sentence:?}", case.name);
            }
        }
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn power_beyond_the_reader_becomes_the_most_it_can() {
    let weak = |family, variant| BenchSettings { power_dbm_max: Some(26), ..bench(family, variant) };
    let in_flash =
        BenchSettings { power_in_ram: false, r2000: R2000Manners::default(), ..weak(Family::R2000, "") };
    let cases = [
        ("mercury", weak(Family::Mercury, "")),
        ("r2000", weak(Family::R2000, "")),
        ("r2000, power in flash only", in_flash),
        ("uhfreader18", weak(Family::Uhfreader18, "18")),
        ("288", weak(Family::Uhfreader18, "")),
        ("cf", weak(Family::Uhfreader18, "cf")),
        ("m100", weak(Family::M100, "")),
        ("llrp", weak(Family::Llrp, "")),
    ];
    let cases = cases.map(|(name, bench)| Case {
        name,
        bench,
        wanted: |settings| (settings.power_dbm, settings.read_tid) = (33, false),
        sentences: &[&["power_dbm = 33", "26 dBm", "write power_dbm = 26 into station.toml"]],
    });
    check(cases.into()).await;
}

#[tokio::test(flavor = "multi_thread")]
async fn a_region_the_reader_does_not_have_is_told_with_those_it_has() {
    let american = |family, variant| BenchSettings { us_only: true, ..bench(family, variant) };
    let cases = [
        ("r2000", american(Family::R2000, "")),
        ("uhfreader18", american(Family::Uhfreader18, "18")),
        ("cf", american(Family::Uhfreader18, "cf")),
        ("m100", american(Family::M100, "")),
        ("llrp", american(Family::Llrp, "")),
    ];
    let cases = cases.map(|(name, bench)| Case {
        name,
        bench,
        wanted: |settings| (settings.region, settings.read_tid) = (Some(Region::Eu), false),
        sentences: match name {
            // What it refuses it says by a code, and what it keeps by its band.
            "uhfreader18" => &[&["refuses region"], &["region = \"eu\"", "it has \"us\""]],
            _ => &[&["region = \"eu\"", "it has \"us\""]],
        },
    });
    check(cases.into()).await;
}

#[tokio::test(flavor = "multi_thread")]
async fn a_module_that_refuses_its_region_does_not_transmit_and_names_those_it_has() {
    let bench = BenchSettings { us_only: true, ..bench(Family::Mercury, "") };
    let reader = BenchReader::start_with(bench).expect("a reader");
    let path = reader.path().to_string_lossy().into_owned();
    let wanted =
        ReaderSettings { region: Some(Region::Eu), ..ReaderSettings::new("gate", Family::Mercury, &path) };
    let mut driver = Driver::start(wanted);
    let why = loop {
        if let ReaderEvent::Down { why, .. } = driver.next("mercury").await {
            break why.to_string();
        }
    };
    assert!(why.contains("region = \"eu\"") && why.contains("it has \"us\""), "{why}");
    assert_eq!((reader.complaints(), reader.rounds()), (Vec::new(), 0));
}

#[tokio::test(flavor = "multi_thread")]
async fn antennas_the_reader_does_not_have_are_named_and_not_used() {
    let few = |family, variant, ports| BenchSettings { ports, ..bench(family, variant) };
    let named: &[&[&str]] = &[&["no antenna 3, 7", "not used", "write antennas = [1]"]];
    let cases = [
        ("mercury", few(Family::Mercury, "", 2), named),
        ("r2000", few(Family::R2000, "", 2), named),
        ("uhfreader18", few(Family::Uhfreader18, "18", 1), named),
        ("m100", few(Family::M100, "", 1), named),
        ("llrp", few(Family::Llrp, "", 2), named),
    ];
    let cases = cases.map(|(name, bench, sentences)| Case {
        name,
        bench,
        wanted: |settings| (settings.antennas, settings.read_tid) = (vec![1, 3, 7], false),
        sentences,
    });
    check(cases.into()).await;
    // A 288 says that it is one with four, and then takes two only.
    check(vec![Case {
        name: "288",
        bench: few(Family::Uhfreader18, "", 2),
        wanted: |settings| (settings.antennas, settings.read_tid) = (vec![1, 3, 7], false),
        sentences: &[&["antennas 1 to 4", "no antenna 7", "[1, 3]"], &["no antenna 3", "[1]"]],
    }])
    .await;
}

#[tokio::test(flavor = "multi_thread")]
async fn what_the_protocol_cannot_set_is_said_once() {
    let all: fn(&mut ReaderSettings) = |settings| {
        (settings.session, settings.target, settings.q) = (Session::S2, Target::B, Some(5));
        settings.read_tid = false;
    };
    let old = R2000Manners {
        sequence: false,
        extended_sequence: false,
        session_inventory: false,
        ..R2000Manners::default()
    };
    check(vec![
        Case {
            name: "uhfreader18",
            bench: bench(Family::Uhfreader18, "18"),
            wanted: all,
            sentences: &[&["chooses session, target, q itself", "station.toml"]],
        },
        Case {
            name: "cf",
            bench: bench(Family::Uhfreader18, "cf"),
            wanted: all,
            sentences: &[&["state A", "target = \"a\""]],
        },
        Case {
            name: "r2000",
            bench: BenchSettings { r2000: old, ..bench(Family::R2000, "") },
            wanted: all,
            sentences: &[&["chooses q itself"], &["chooses session, target itself"]],
        },
    ])
    .await;
}

#[tokio::test(flavor = "multi_thread")]
async fn what_the_reader_can_do_is_done_without_a_word() {
    let wanted: fn(&mut ReaderSettings) = |settings| {
        (settings.power_dbm, settings.antennas) = (21, vec![1]);
        settings.read_tid = false;
    };
    let cases = [
        ("mercury", bench(Family::Mercury, "")),
        ("r2000", bench(Family::R2000, "")),
        ("uhfreader18", bench(Family::Uhfreader18, "18")),
        ("288", bench(Family::Uhfreader18, "")),
        ("cf", bench(Family::Uhfreader18, "cf")),
        ("m100", bench(Family::M100, "")),
        ("llrp", bench(Family::Llrp, "")),
    ];
    let cases = cases.map(|(name, bench)| Case { name, bench, wanted, sentences: &[] });
    tokio::time::timeout(Duration::from_secs(60), check(cases.into())).await.expect("within a minute");
}

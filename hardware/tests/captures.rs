//! A conversation on paper is the conversation: what a driver heard over the worst of lines is heard again from its
//! capture, and captures from the field are tests for ever.
//!
//! To add one: put `NAME.capture` into `tests/fixtures/captures`, and beside it `NAME.reads` with what it must give, an
//! EPC and how often it was read, a line each. Those of the bench are made by this test itself:
//! `ARMOURY_KEEP_CAPTURES=FOLDER`.

use std::collections::BTreeMap;
use std::path::{Path, PathBuf};
use std::time::{Duration, Instant};

use armoury_hardware::bench::{
    BenchReader, BenchScanner, BenchScannerKind, BenchSettings, BenchTag, Nuisances,
};
use armoury_hardware::capture::{Capture, Recorded, Seen};
use armoury_hardware::reader::{Family, Inspected, ReaderEvent, ReaderSettings, run_reader, tag_desk};
use armoury_hardware::scanner::{
    InspectedScan, KeyMap, ScannerEvent, ScannerKind, ScannerSettings, run_scanner,
};
use tokio::sync::{mpsc, watch};

/// Reads after which a conversation is long enough.
const READS: u32 = 60;
/// Longest wait for them.
const PATIENCE: Duration = Duration::from_secs(40);

#[tokio::test(flavor = "multi_thread")]
async fn a_harsh_conversation_is_heard_again_from_its_capture() {
    let seed = std::env::var("ARMOURY_SEED").ok().and_then(|seed| seed.parse().ok()).unwrap_or(11_u64);
    println!("ARMOURY_SEED={seed}");
    for family in Family::ALL {
        let (text, live) = harsh(family, seed).await;
        let head = format!("# armoury capture 1\n# family {}\n# left out: ", family.word());
        assert!(text.starts_with(&head), "{}", &text[..80]);
        assert!(live.values().sum::<u32>() >= READS, "{family:?}: {live:?}");
        assert_eq!(replayed(&text), live, "{family:?}");
        if let Some(folder) = std::env::var_os("ARMOURY_KEEP_CAPTURES") {
            let file = Path::new(&folder).join(format!("{}_on_a_harsh_line.capture", family.word()));
            std::fs::write(file.with_extension("reads"), listed(&live)).expect("kept");
            std::fs::write(file, text).expect("kept");
        }
    }
}

/// A capture of a reader on a bad line, and what its driver handed on.
async fn harsh(family: Family, seed: u64) -> (String, BTreeMap<String, u32>) {
    let folder = tempfile::tempdir().expect("a folder");
    let file = folder.path().join("harsh.capture");
    // Without long silences: a driver that begins anew forgets half frames that no capture knows of.
    let harsh = Nuisances { stalls: 0.0, ..Nuisances::harsh() };
    let settings = BenchSettings { family, seed, nuisances: harsh, ..BenchSettings::default() };
    let bench = BenchReader::start_with(settings).expect("a bench");
    for number in 1..=3 {
        let epc = vec![0x30, number, 0, 0, 0, 0, 0, 0, 0, 0, 0, number];
        bench.place(BenchTag { epc, tid: None, antenna: 1, rssi_dbm: -55, read_rate: 0.9 });
    }
    let capture = Capture::default();
    capture.start(&file).expect("begun");
    let settings = ReaderSettings {
        capture: capture.clone(),
        read_tid: false,
        ..ReaderSettings::new("secret name", family, &bench.path().to_string_lossy())
    };
    let (heard, mut events) = mpsc::unbounded_channel();
    let (stop, stopped) = watch::channel(false);
    let sink = move |event| {
        if let ReaderEvent::Read(read) = event {
            // The test may have ended before the driver.
            let _ = heard.send(read.epc);
        }
    };
    let driver = tokio::spawn(run_reader(settings, sink, tag_desk().1, stopped));
    let mut live: BTreeMap<String, u32> = BTreeMap::new();
    let until = Instant::now() + PATIENCE;
    while live.values().sum::<u32>() < READS && Instant::now() < until {
        if let Ok(Some(epc)) = tokio::time::timeout(Duration::from_secs(1), events.recv()).await {
            *live.entry(hex(&epc)).or_default() += 1;
        }
    }
    stop.send_replace(true);
    driver.await.expect("ended");
    assert_eq!(capture.stop().expect("written").lost, 0);
    while let Ok(epc) = events.try_recv() {
        *live.entry(hex(&epc)).or_default() += 1;
    }
    let text = std::fs::read_to_string(&file).expect("text");
    assert!(!text.contains("secret name") && !text.contains(&*bench.path().to_string_lossy()));
    (text, live)
}

#[tokio::test(flavor = "multi_thread")]
async fn a_scanners_capture_has_its_conversation_and_no_code_as_it_came() {
    for (kind, bench) in [
        (ScannerKind::Line, BenchScannerKind::Line("\r\n")),
        (ScannerKind::Gm65, BenchScannerKind::Gm65),
        (ScannerKind::Ssi, BenchScannerKind::Ssi(true)),
    ] {
        let folder = tempfile::tempdir().expect("a folder");
        let file = folder.path().join("scanner.capture");
        let bench = BenchScanner::start(bench, 5).expect("a bench");
        let capture = Capture::default();
        capture.start(&file).expect("begun");
        let settings = ScannerSettings {
            name: "secret name".to_owned(),
            kind,
            port: bench.path().to_string_lossy().into_owned(),
            baud: Some(9_600),
            aim: false,
            key_map: KeyMap::Us,
            capture: capture.clone(),
        };
        let (heard, mut events) = mpsc::unbounded_channel();
        let (stop, stopped) = watch::channel(false);
        let sink = move |event| {
            // The test may have ended before the driver.
            let _ = heard.send(event);
        };
        let driver = tokio::spawn(run_scanner(settings, sink, stopped));
        let mut until = async |wanted: fn(&ScannerEvent) -> bool| loop {
            let event =
                tokio::time::timeout(PATIENCE, events.recv()).await.expect("in time").expect("it runs");
            if wanted(&event) {
                return;
            }
        };
        until(|event| matches!(event, ScannerEvent::Up { .. })).await;
        bench.show(b"LEE-J.4711");
        until(|event| matches!(event, ScannerEvent::Code(_))).await;
        stop.send_replace(true);
        driver.await.expect("ended");
        capture.stop().expect("written");
        let text = std::fs::read_to_string(&file).expect("text");
        assert!(text.starts_with(&format!("# armoury capture 1\n# scanner {}\n", kind.name())), "{text}");
        for secret in ["secret name", &hex(b"LEE"), &hex(b"4711")] {
            assert!(!text.contains(secret), "{kind:?}: {secret} in {text}");
        }
        let seen = Recorded::parse(&text).expect("a capture").inspect().expect("a known scanner");
        let codes: Vec<String> = seen
            .iter()
            .filter_map(|seen| match seen {
                Seen::Scanner(InspectedScan::Code(code)) => Some(code.bytes.clone()),
                _ => None,
            })
            .collect();
        assert_eq!(codes, [hex(b"AAA-A.0000")], "{kind:?}: {text}");
    }
}

#[test]
fn every_capture_from_the_field_gives_what_it_gave() {
    let folder = Path::new(env!("CARGO_MANIFEST_DIR")).join("tests/fixtures/captures");
    let mut captures: Vec<PathBuf> = std::fs::read_dir(&folder)
        .expect("the folder")
        .map(|entry| entry.expect("an entry").path())
        .collect();
    captures.retain(|path| path.extension().is_some_and(|kind| kind == "capture"));
    captures.sort();
    assert!(!captures.is_empty(), "{} holds no capture", folder.display());
    for capture in captures {
        let text = std::fs::read_to_string(&capture).expect("text");
        let wanted = std::fs::read_to_string(capture.with_extension("reads"))
            .unwrap_or_else(|error| panic!("what {} gives: {error}", capture.display()));
        assert!(text.len() < 20_000, "{} is {} bytes long", capture.display(), text.len());
        assert_eq!(listed(&replayed(&text)), wanted, "{}", capture.display());
    }
}

/// The reads in a capture that a driver hands on: neither of nothing nor garbled on the air.
fn replayed(text: &str) -> BTreeMap<String, u32> {
    let recorded = Recorded::parse(text).expect("a capture");
    let mut reads = BTreeMap::new();
    for seen in recorded.inspect().expect("a known family") {
        if let Seen::Reader(Inspected::Tag(tag)) = seen
            && !tag.epc.is_empty()
            && tag.air_crc_valid != Some(false)
        {
            *reads.entry(tag.epc).or_default() += 1;
        }
    }
    reads
}

/// An EPC and how often it was read, a line each.
fn listed(reads: &BTreeMap<String, u32>) -> String {
    reads.iter().map(|(epc, reads)| format!("{epc} {reads}\n")).collect()
}

fn hex(bytes: &[u8]) -> String {
    bytes.iter().map(|byte| format!("{byte:02x}")).collect()
}

//! The real drivers over real pseudo-terminals and pipes, against simulated scanners.

#[path = "scanner_support/station.rs"]
mod station;

use std::path::Path;
use std::time::{Duration, Instant};

use armoury_hardware::bench::{BenchKeyboard, BenchScanner, BenchScannerKind, KernelKeyboard};
use armoury_hardware::scanner::{KeyMap, ScannerError, ScannerEvent, ScannerKind, ScannerSettings};
use station::{Station, settings};

fn line_bench(seed: u64) -> BenchScanner {
    BenchScanner::start(BenchScannerKind::Line("\r\n"), seed).expect("a bench")
}

fn gm65_bench(seed: u64) -> BenchScanner {
    BenchScanner::start(BenchScannerKind::Gm65, seed).expect("a bench")
}

#[tokio::test(flavor = "multi_thread")]
async fn a_line_scanner_is_heard_from_the_first_code() {
    let bench = line_bench(1);
    let mut station =
        Station::open(ScannerSettings { aim: true, ..settings(ScannerKind::Line, bench.path()) });
    let up = station.next_up().await;
    assert!(up.contains("9600 baud") && up.contains("set-up codes"), "{up}");
    bench.show(b"]d2010952123456788821SER00042\x1d10LOT7");
    let code = station.next_code().await;
    assert_eq!(code.bytes, b"010952123456788821SER00042\x1d10LOT7");
    assert_eq!((code.aim.as_deref(), code.symbology), (Some("]d2"), Some("data_matrix")));
    assert!(code.complete && !code.decoded_as_latin1);
    station.end().await;
}

#[tokio::test(flavor = "multi_thread")]
async fn without_aim_a_bracket_belongs_to_the_marking() {
    let bench = line_bench(2);
    let mut station = Station::open(settings(ScannerKind::Line, bench.path()));
    station.next_up().await;
    bench.show(b"]Q1ARM-0042");
    let code = station.next_code().await;
    assert_eq!((code.text.as_str(), code.aim, code.symbology), ("]Q1ARM-0042", None, None));
}

#[tokio::test(flavor = "multi_thread")]
async fn a_code_without_line_end_is_handed_on_after_a_pause_and_marked() {
    let bench = BenchScanner::start(BenchScannerKind::Line(""), 3).expect("a bench");
    let mut station = Station::open(settings(ScannerKind::Line, bench.path()));
    station.next_up().await;
    bench.show(b"ARM-0042");
    let code = station.next_code().await;
    assert_eq!((code.text.as_str(), code.complete), ("ARM-0042", false));
}

#[tokio::test(flavor = "multi_thread")]
async fn a_code_that_stays_in_view_is_one_scan_and_shown_again_it_is_another() {
    let bench = line_bench(4);
    let mut station = Station::open(settings(ScannerKind::Line, bench.path()));
    station.next_up().await;
    for _ in 0..10 {
        bench.show(b"A-1");
        tokio::time::sleep(Duration::from_millis(100)).await;
    }
    bench.show(b"B-2");
    assert_eq!(station.next_code().await.text, "A-1");
    assert_eq!(station.next_code().await.text, "B-2");
    tokio::time::sleep(Duration::from_millis(1_700)).await;
    bench.show(b"A-1");
    assert_eq!(station.next_code().await.text, "A-1");
    assert_eq!(station.figures(3).await, (3, 0));
}

#[tokio::test(flavor = "multi_thread")]
async fn garbage_is_refused_with_a_reason_and_the_next_code_is_read() {
    let bench = line_bench(5);
    let mut station = Station::open(settings(ScannerKind::Line, bench.path()));
    station.next_up().await;
    bench.send_raw(b"\x00\xff\x01 not a code\r");
    let why = station.next_refusal().await;
    assert!(why.contains("0x00") && why.contains("rate"), "{why}");
    for _ in 0..5 {
        bench.mumble(300);
    }
    bench.send_raw(b"\r");
    tokio::time::sleep(Duration::from_millis(300)).await;
    bench.show(b"ARM-0042");
    station
        .until("the code", |event| match event {
            ScannerEvent::Code(code) if code.text == "ARM-0042" => Some(()),
            _ => None,
        })
        .await;
    let (_, refused) = station.figures(2).await;
    assert!(refused >= 1);
    assert!(station.refusals.len() <= 20, "told in measure: {}", station.refusals.len());
}

#[tokio::test(flavor = "multi_thread")]
async fn every_kind_is_pulled_and_put_back_and_waited_for() {
    let kinds = [
        (BenchScannerKind::Line("\r"), ScannerKind::Line),
        (BenchScannerKind::Gm65, ScannerKind::Gm65),
        (BenchScannerKind::Ssi(true), ScannerKind::Ssi),
    ];
    for (simulated, kind) in kinds {
        let bench = BenchScanner::start(simulated, 6).expect("a bench");
        bench.unplug().expect("unplugged");
        let mut station = Station::open(settings(kind, bench.path()));
        let (why, retry_in_ms) = station.next_down().await;
        assert!(matches!(why, ScannerError::NotThere { .. }), "{kind:?}: {why}");
        assert!(why.to_string().contains("plugged in") && retry_in_ms <= 250, "{why}");
        bench.replug().expect("plugged in");
        station.next_up().await;
        bench.show(b"ARM-0001");
        assert_eq!(station.next_code().await.text, "ARM-0001", "{kind:?}");
        bench.unplug().expect("unplugged");
        let (why, retry_in_ms) = station.next_down().await;
        assert!(matches!(why, ScannerError::Gone { .. }), "{kind:?}: {why}");
        assert!(why.needs_reopening() && retry_in_ms <= 5_000);
        bench.replug().expect("plugged in");
        station.next_up().await;
        bench.show(b"ARM-0002");
        assert_eq!(station.next_code().await.text, "ARM-0002", "{kind:?}");
        assert_eq!(bench.complaints(), Vec::<String>::new(), "{kind:?}");
        station.end().await;
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn a_gm65_is_set_up_without_touching_its_flash_and_takes_no_setup_codes() {
    let bench = gm65_bench(7);
    assert!(bench.takes_setup_codes(), "as it leaves the factory");
    let mut station = Station::open(settings(ScannerKind::Gm65, bench.path()));
    let up = station.next_up().await;
    assert!(up.contains("set-up codes are off") && up.contains("reads on its own"), "{up}");
    assert!(!bench.takes_setup_codes());
    bench.show(b"ARM-0042");
    let code = station.next_code().await;
    assert_eq!(
        (code.text.as_str(), code.aim.as_deref(), code.symbology),
        ("ARM-0042", Some("]Q1"), Some("qr"))
    );
    assert_eq!(bench.complaints(), Vec::<String>::new());
}

#[tokio::test(flavor = "multi_thread")]
async fn an_answer_glued_into_a_scan_hides_neither() {
    let bench = gm65_bench(8);
    bench.disturb_next_answer(b"ARM-0042");
    let mut station = Station::open(settings(ScannerKind::Gm65, bench.path()));
    // The first answer is the one to the first question, in the middle of a scan.
    assert_eq!(station.next_code().await.text, "ARM-0042");
    let up = station.until("the settings", |event| match event {
        ScannerEvent::Up { what } if what.contains("GM65") => Some(what),
        _ => None,
    });
    assert!(up.await.contains("set-up codes are off"));
    assert_eq!(bench.complaints(), Vec::<String>::new());
}

#[tokio::test(flavor = "multi_thread")]
async fn a_gm65_that_kept_its_settings_is_understood_before_they_are_known() {
    let bench = gm65_bench(16);
    let mut station = Station::open(settings(ScannerKind::Gm65, bench.path()));
    station.next_up().await;
    station.end().await;
    bench.disturb_next_answer(b"ARM-0042");
    let mut station = Station::open(settings(ScannerKind::Gm65, bench.path()));
    let code = station.next_code().await;
    assert_eq!((code.text.as_str(), code.aim.as_deref()), ("ARM-0042", Some("]Q1")));
}

#[tokio::test(flavor = "multi_thread")]
async fn a_gm65_that_lost_its_supply_for_a_moment_is_set_up_again() {
    let bench = gm65_bench(9);
    let mut station = Station::open(settings(ScannerKind::Gm65, bench.path()));
    station.next_up().await;
    bench.brown_out();
    assert!(bench.takes_setup_codes());
    station.next_up().await;
    assert!(!bench.takes_setup_codes());
}

#[tokio::test(flavor = "multi_thread")]
async fn a_gm65_that_falls_silent_is_told_and_taken_up_again() {
    let bench = gm65_bench(10);
    let mut station = Station::open(settings(ScannerKind::Gm65, bench.path()));
    station.next_up().await;
    bench.stall(16_000);
    let (why, _) = station.next_down().await;
    assert!(matches!(why, ScannerError::Silent { .. }), "{why}");
    assert!(why.to_string().contains("check its power"), "{why}");
    station.next_up().await;
    bench.show(b"ARM-0042");
    assert_eq!(station.next_code().await.text, "ARM-0042");
}

#[tokio::test(flavor = "multi_thread")]
async fn a_scanner_that_only_sends_codes_is_used_all_the_same() {
    let bench = line_bench(11);
    let mut station = Station::open(settings(ScannerKind::Gm65, bench.path()));
    let (why, _) = station.next_down().await;
    assert!(matches!(why, ScannerError::NoReply { .. }), "{why}");
    bench.show(b"ARM-0042");
    assert_eq!(station.next_code().await.text, "ARM-0042");
    let up = station.until("what is known", |event| match event {
        ScannerEvent::Up { what } if what.contains("NOT") => Some(what),
        _ => None,
    });
    assert!(up.await.contains("answers no command"));
    bench.show(b"ARM-0043");
    assert_eq!(station.next_code().await.text, "ARM-0043");
}

#[tokio::test(flavor = "multi_thread")]
async fn a_wrong_device_is_called_garbled() {
    let bench = line_bench(12);
    let mut station = Station::open(settings(ScannerKind::Ssi, bench.path()));
    let bench = &bench;
    let chatter = async {
        loop {
            bench.show(b"$GPGGA,123519,4807.038,N");
            tokio::time::sleep(Duration::from_millis(50)).await;
        }
    };
    let (why, _) = tokio::select! {
        down = station.next_down() => down,
        () = chatter => unreachable!("it never ends"),
    };
    assert!(matches!(why, ScannerError::Garbled { .. }), "{why}");
    assert!(why.to_string().contains("9600 or 115200"), "{why}");
}

#[tokio::test(flavor = "multi_thread")]
async fn ssi_codes_are_acknowledged_and_one_sent_again_is_not_a_second_scan() {
    let bench = BenchScanner::start(BenchScannerKind::Ssi(true), 13).expect("a bench");
    assert!(bench.takes_setup_codes());
    let mut station = Station::open(settings(ScannerKind::Ssi, bench.path()));
    let up = station.next_up().await;
    assert!(up.contains("set-up codes are off"), "{up}");
    assert!(!bench.takes_setup_codes());
    bench.disturb_next_answer(b"");
    bench.show(b"ARM-0042");
    let code = station.next_code().await;
    assert_eq!((code.text.as_str(), code.symbology), ("ARM-0042", Some("code128")));
    // Sent again after two seconds, because its acknowledgement was lost; only then the next.
    bench.show(b"ARM-0043");
    assert_eq!(station.next_code().await.text, "ARM-0043");
    assert_eq!(station.figures(2).await, (2, 0));
    assert_eq!(bench.complaints(), Vec::<String>::new());
}

#[tokio::test(flavor = "multi_thread")]
async fn an_ssi_scanner_that_denies_every_setting_is_used_and_said_to_be_open() {
    let bench = BenchScanner::start(BenchScannerKind::Ssi(false), 14).expect("a bench");
    let mut station = Station::open(settings(ScannerKind::Ssi, bench.path()));
    let up = station.next_up().await;
    assert!(up.contains("could NOT be switched off"), "{up}");
    bench.send_raw(&[0x0B, 0xF3, 0x00, 0x00, 0x03, b'D', b'A', b'M', b'A', b'G', b'E', 0x00, 0x00]);
    assert!(station.next_refusal().await.contains("checksum"));
    bench.show(b"ARM-0042");
    assert_eq!(station.next_code().await.text, "ARM-0042");
}

#[tokio::test(flavor = "multi_thread")]
async fn a_keyboard_scanner_is_read_by_its_layout_pulled_and_put_back() {
    let mut bench = BenchKeyboard::start().expect("a pipe");
    let german = ScannerSettings { key_map: KeyMap::De, ..settings(ScannerKind::Keyboard, bench.path()) };
    let mut station = Station::open(german);
    let up = station.next_up().await;
    assert!(up.contains("de layout") && up.contains("stand-in"), "{up}");
    bench.types("Büchse/Y{7}\u{1d}@", KeyMap::De, 4).expect("typed");
    let code = station.next_code().await;
    assert_eq!(code.text, "Büchse/Y{7}\u{1d}@");
    assert!(code.complete && !code.decoded_as_latin1);
    bench.unplug().expect("unplugged");
    let (why, _) = station.next_down().await;
    assert!(matches!(why, ScannerError::Gone { .. }), "{why}");
    let (why, _) = station.next_down().await;
    assert!(matches!(why, ScannerError::NotThere { .. }), "{why}");
    bench.replug().expect("plugged in");
    station.next_up().await;
    bench.types("ARM-0042", KeyMap::De, 4).expect("typed");
    assert_eq!(station.next_code().await.text, "ARM-0042");
    station.end().await;
}

#[tokio::test(flavor = "multi_thread")]
async fn typing_by_hand_garbage_and_lost_keys_make_no_code() {
    let mut bench = BenchKeyboard::start().expect("a pipe");
    let mut station = Station::open(settings(ScannerKind::Keyboard, bench.path()));
    station.next_up().await;
    bench.types("rm -rf", KeyMap::Us, 150).expect("typed");
    assert!(station.next_refusal().await.contains("by hand"));
    bench.pause(1_000);
    bench.overflow().expect("sent");
    bench.types("TAIL", KeyMap::Us, 4).expect("typed");
    station
        .until("the overflow", |event| match event {
            ScannerEvent::Refused { why } => why.contains("overflowed").then_some(()),
            ScannerEvent::Code(code) => panic!("{code:?}"),
            _ => None,
        })
        .await;
    bench.pause(1_000);
    bench.send(&[0xAA; 37]).expect("sent");
    bench.types("LOST", KeyMap::Us, 4).expect("typed");
    bench.pause(1_000);
    bench.types("ARM-0042", KeyMap::Us, 4).expect("typed");
    assert_eq!(station.next_code().await.text, "ARM-0042");
}

#[tokio::test(flavor = "multi_thread")]
async fn what_is_no_keyboard_is_not_read_as_one() {
    let mut station = Station::open(settings(ScannerKind::Keyboard, Path::new("/dev/null")));
    let (why, _) = station.next_down().await;
    assert!(matches!(why, ScannerError::NotAKeyboard { .. }), "{why}");
    assert!(why.to_string().contains("event-kbd"), "{why}");
    let file = tempfile::NamedTempFile::new().expect("a file");
    let mut station = Station::open(settings(ScannerKind::Keyboard, file.path()));
    assert!(matches!(station.next_down().await.0, ScannerError::NotAKeyboard { .. }));
}

#[tokio::test(flavor = "multi_thread")]
async fn a_keyboard_in_the_kernel_is_grabbed_and_its_keys_go_nowhere_else() {
    let bench = match KernelKeyboard::create() {
        Ok(bench) => bench,
        Err(error) => {
            println!("NOT RUN: the kernel part of keyboard scanners (grab, unplug): /dev/uinput: {error}");
            return;
        }
    };
    let mut station = Station::open(settings(ScannerKind::Keyboard, bench.path()));
    assert!(station.next_up().await.contains("go nowhere else"));
    let mut second = Station::open(settings(ScannerKind::Keyboard, bench.path()));
    let (why, _) = second.next_down().await;
    assert!(matches!(why, ScannerError::Grabbed { .. }), "{why}");
    second.end().await;
    bench.types("Arm-0042", KeyMap::Us).expect("typed");
    assert_eq!(station.next_code().await.text, "Arm-0042");
    drop(bench);
    let (why, _) = station.next_down().await;
    assert!(matches!(why, ScannerError::Gone { .. }), "{why}");
}

#[tokio::test(flavor = "multi_thread")]
async fn stopping_closes_the_port_at_once() {
    let bench = gm65_bench(15);
    let real = bench.path().canonicalize().expect("a terminal");
    let mut station = Station::open(settings(ScannerKind::Gm65, bench.path()));
    station.next_up().await;
    assert_eq!(open_ends(&real), 2, "the bench's own and the station's");
    let asked = Instant::now();
    station.end().await;
    assert!(asked.elapsed() < Duration::from_secs(4));
    assert_eq!(open_ends(&real), 1);
}

/// How many descriptors of this process are open on a terminal.
fn open_ends(terminal: &Path) -> usize {
    std::fs::read_dir("/proc/self/fd")
        .expect("descriptors")
        .filter_map(|entry| std::fs::read_link(entry.ok()?.path()).ok())
        .filter(|target| target == terminal)
        .count()
}

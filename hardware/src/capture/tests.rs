//! What is in a capture, what is not, and where it ends.

use super::recorded::Recorded;
use super::*;

fn captured(act: impl FnOnce(&Capture)) -> String {
    let folder = tempfile::tempdir().expect("a folder");
    let file = folder.path().join("capture");
    let capture = Capture::default();
    capture.describe(Source::Reader(Family::R2000));
    capture.start(&file).expect("begun");
    act(&capture);
    capture.stop().expect("written");
    std::fs::read_to_string(file).expect("text")
}

#[test]
fn what_went_over_the_line_is_read_back() {
    let text = captured(|capture| {
        capture.sent(115_200, &[0xA0, 4]);
        capture.received(115_200, &[1, 2, 3]);
        std::thread::sleep(Duration::from_millis(300));
        capture.received(38_400, &[4]);
        capture.received(38_400, &[5]);
    });
    assert!(text.starts_with("# armoury capture 1\n# family r2000\n"), "{text}");
    assert!(text.contains(" > a004\n") && text.contains("# rate 38400\n"), "{text}");
    let recorded = Recorded::parse(&text).expect("a capture");
    assert_eq!(recorded.source, Some(Source::Reader(Family::R2000)));
    assert_eq!(recorded.pieces(), [vec![1, 2, 3], vec![4, 5]]);
}

#[test]
fn nothing_is_captured_around_a_password() {
    let text = captured(|capture| {
        capture.received(115_200, &[1]);
        let hidden = capture.hide();
        capture.sent(115_200, &[0xDE, 0xAD]);
        capture.received(115_200, &[0xBE, 0xEF]);
        drop(hidden);
        // An answer that comes late.
        capture.received(115_200, &[0xBE, 0xEF]);
        std::thread::sleep(AFTER_A_SECRET + Duration::from_millis(20));
        capture.received(115_200, &[2]);
    });
    assert!(!text.contains("dead") && !text.contains("beef"), "{text}");
    assert_eq!(text.matches("# not shown: an order with a password").count(), 1, "{text}");
    assert_eq!(Recorded::parse(&text).expect("a capture").received.len(), 2);
}

#[test]
fn a_capture_ends_by_itself_before_it_fills_the_disk() {
    let text = captured(|capture| {
        let chunk = vec![0xAA; 64 * 1024];
        for _ in 0..100 {
            capture.received(115_200, &chunk);
            std::thread::sleep(Duration::from_millis(1));
        }
    });
    assert!(text.ends_with("bytes are enough\n"), "{}", &text[text.len() - 80..]);
    assert!((text.len() as u64) < BYTES_MAX * 2 + 100_000);
}

#[test]
fn a_file_that_is_there_is_left_alone_and_two_captures_do_not_run_at_once() {
    let folder = tempfile::tempdir().expect("a folder");
    let file = folder.path().join("precious");
    std::fs::write(&file, "x").expect("a file");
    let capture = Capture::default();
    assert!(matches!(capture.start(&file), Err(CaptureError::File(_))));
    assert!(matches!(capture.stop(), Err(CaptureError::NotRunning)));
    capture.start(&folder.path().join("one")).expect("begun");
    assert!(matches!(capture.start(&folder.path().join("two")), Err(CaptureError::Running)));
    assert_eq!(std::fs::read_to_string(file).expect("text"), "x");
}

#[test]
fn what_is_no_capture_is_refused_by_line() {
    for (text, line) in [
        ("", 1),
        ("hello", 1),
        ("# armoury capture 1\n\n5 < aa", 3),
        ("# armoury capture 1\n+5 = aa", 2),
        ("# armoury capture 1\n+5 < a", 2),
        ("# armoury capture 1\n+5 <", 2),
        ("# armoury capture 1\n+99999999999999999999999 < aa", 2),
    ] {
        let refused = Recorded::parse(text).expect_err(text);
        assert!(matches!(refused, CaptureError::Line { line: at, .. } if at == line), "{text:?}: {refused}");
    }
}

#[test]
fn what_is_at_the_port_may_become_known_later_and_is_said_once() {
    let folder = tempfile::tempdir().expect("a folder");
    let file = folder.path().join("capture");
    let capture = Capture::default();
    capture.start(&file).expect("begun");
    for _ in 0..2 {
        capture.describe(Source::Scanner(ScannerKind::Gm65));
    }
    capture.stop().expect("written");
    let text = std::fs::read_to_string(file).expect("text");
    assert_eq!(text.matches("# scanner gm65\n# changed: ").count(), 1, "{text}");
}

#[test]
fn one_that_has_ended_by_itself_makes_room_for_the_next() {
    let folder = tempfile::tempdir().expect("a folder");
    let capture = Capture::default();
    capture.start(&folder.path().join("one")).expect("begun");
    capture.received(0, &vec![0; BYTES_MAX as usize + 1]);
    assert!(!capture.is_running());
    capture.start(&folder.path().join("two")).expect("begun");
    capture.received(0, &[7]);
    assert_eq!(capture.stop().expect("written"), Captured { bytes: 1, lost: 0 });
}

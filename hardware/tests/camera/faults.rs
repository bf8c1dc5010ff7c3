//! Faults of cameras: each is told with what to do, and is over by itself once its cause is.

use std::fs;
use std::path::Path;
use std::process::Command;
use std::time::{Duration, Instant};

use armoury_hardware::camera::{
    CameraControls, CameraError, CameraEvent, CameraSettings, CameraSource, PixelFormat, offer, take_picture,
};

use super::{Camera, PATIENCE, SIZE, camera, frame_file, save};

/// A program of which every life but the first does `then`; the first does `first`.
fn at_first(folder: &Path, first: &str, then: &str) -> String {
    let seen = folder.join("seen");
    let seen = seen.display();
    format!("if [ -e {seen} ]; then {then}; else touch {seen}; {first}; fi")
}

/// Frame after frame, with a camera's pause between them.
fn frames(file: &str) -> String {
    format!("while :; do cat {file}; sleep 0.05; done")
}

fn settings(source: CameraSource) -> CameraSettings {
    let (width, height) = SIZE;
    let controls = CameraControls::default();
    CameraSettings { name: "desk".into(), source, format: PixelFormat::Grey, width, height, controls }
}

#[test]
fn a_child_that_is_killed_is_started_again() {
    let folder = tempfile::tempdir().expect("a folder");
    let frame = frame_file(folder.path(), "frame", "alive", PixelFormat::Grey);
    let pid = folder.path().join("pid");
    let camera =
        Camera::pipe(format!("echo $$ >{}; {}", pid.display(), frames(&frame)), PixelFormat::Grey, SIZE);
    assert_eq!(camera.code(), "alive");
    let leader = fs::read_to_string(&pid).expect("the shell wrote it");
    assert!(
        Command::new("kill").args(["-KILL", leader.trim()]).status().is_ok_and(|status| status.success())
    );
    let (why, retry_in_ms) = camera.down();
    let why = why.to_string();
    assert!(why.contains("killed by signal 9") && why.contains("started again"), "{why}");
    assert!(retry_in_ms <= 10_000, "{retry_in_ms}");
    camera.up();
    assert_eq!(camera.code(), "alive");
    assert_ne!(fs::read_to_string(&pid).expect("written again"), leader);
}

#[test]
fn a_camera_that_is_pulled_comes_back_when_it_is_plugged_in_again() {
    let folder = tempfile::tempdir().expect("a folder");
    let frame = frame_file(folder.path(), "frame", "plugged", PixelFormat::Grey);
    // The device is a file that goes away while the program reads it.
    let device = folder.path().join("device");
    fs::copy(&frame, &device).expect("plugged in");
    let command = format!(
        "while cat {0} 2>/dev/null; do sleep 0.05; done; printf 'probing\\ncannot open\\033[2J %s: No such device\\n' {0} >&2; exit 1",
        device.display()
    );
    let camera = Camera::pipe(command, PixelFormat::Grey, SIZE);
    assert_eq!(camera.code(), "plugged");
    fs::remove_file(&device).expect("pulled");
    let why = camera.down().0.to_string();
    assert!(why.contains("status 1") && why.contains("No such device"), "the program's last words: {why}");
    assert!(!why.contains('\u{1b}') && !why.contains('\n'), "nothing that disturbs a screen: {why:?}");
    fs::copy(&frame, &device).expect("plugged in again");
    camera.up();
    assert_eq!(camera.code(), "plugged");
}

#[test]
fn a_child_that_writes_nothing_is_told_and_started_again() {
    let folder = tempfile::tempdir().expect("a folder");
    let frame = frame_file(folder.path(), "frame", "at last", PixelFormat::Grey);
    let command = at_first(folder.path(), "echo 'waiting for the sensor' >&2; sleep 600", &frames(&frame));
    let camera = Camera::pipe(command, PixelFormat::Grey, SIZE);
    let why = camera.down().0;
    assert!(matches!(why, CameraError::Silent { .. }), "{why}");
    let why = why.to_string();
    for part in ["no whole frame of 76800 bytes", "check the camera's cable", "waiting for the sensor"] {
        assert!(why.contains(part), "{part}: {why}");
    }
    assert_eq!(camera.code(), "at last");
}

#[test]
fn half_a_frame_and_then_nothing_is_told_and_started_again() {
    let folder = tempfile::tempdir().expect("a folder");
    let frame = frame_file(folder.path(), "frame", "whole", PixelFormat::Grey);
    let command = at_first(folder.path(), &format!("head -c 38400 {frame}; sleep 600"), &frames(&frame));
    let camera = Camera::pipe(command, PixelFormat::Grey, SIZE);
    let why = camera.down().0;
    assert!(matches!(why, CameraError::Half { bytes: 38_400, frame_bytes: 76_800, .. }), "{why}");
    assert!(why.to_string().contains("38400 of 76800 bytes came"), "{why}");
    assert_eq!(camera.code(), "whole");
}

#[test]
fn half_a_frame_in_the_stream_does_not_spoil_those_that_follow() {
    let folder = tempfile::tempdir().expect("a folder");
    let frame = frame_file(folder.path(), "frame", "in step", PixelFormat::Grey);
    let camera = Camera::pipe(
        format!("head -c 40000 {frame}; sleep 0.1; {}", frames(&frame)),
        PixelFormat::Grey,
        SIZE,
    );
    assert_eq!(camera.code(), "in step");
    let downs = camera.all_within(Duration::from_millis(500));
    assert!(downs.iter().all(|event| matches!(event, CameraEvent::Code(_))), "{downs:?}");
}

#[test]
fn frames_of_another_size_are_told_with_what_they_may_be_and_the_right_size_is_read() {
    let folder = tempfile::tempdir().expect("a folder");
    let frame = frame_file(folder.path(), "frame", "fits", PixelFormat::Grey);
    let other = folder.path().join("other");
    fs::write(&other, vec![90; 640 * 360]).expect("written");
    let command = at_first(folder.path(), &frames(&other.display().to_string()), &frames(&frame));
    let camera = Camera::pipe(command, PixelFormat::Grey, SIZE);
    let why = camera.down().0;
    assert!(matches!(why, CameraError::OtherSize { burst: 230_400, .. }), "{why}");
    let why = why.to_string();
    for part in
        ["as many as 640 x 360 in grey", "a frame of 320 x 240 in grey has 76800", "set width, height"]
    {
        assert!(why.contains(part), "{part}: {why}");
    }
    assert_eq!(camera.code(), "fits");
}

#[test]
fn a_usb_camera_that_is_not_there_or_none_is_told_and_asked_for_again() {
    let folder = tempfile::tempdir().expect("a folder");
    let device = folder.path().join("usb-camera-index0");
    let camera = camera(CameraSource::V4l2(device.clone()), PixelFormat::Grey, SIZE);
    let (why, retry_in_ms) = camera.down();
    assert!(matches!(why, CameraError::NotThere { .. }) && why.to_string().contains("plug it in"), "{why}");
    assert!(retry_in_ms > 0);
    // Something comes under its name; it is no camera, and nothing waits for it.
    fs::write(&device, "x").expect("written");
    let deadline = Instant::now() + PATIENCE;
    loop {
        let (why, _) = camera.down();
        if matches!(why, CameraError::NotACamera { .. }) {
            break;
        }
        assert!(Instant::now() < deadline, "{why}");
    }
    assert!(matches!(offer(&device), Err(CameraError::NotACamera { .. })));
    assert!(matches!(offer(Path::new("/dev/null")), Err(CameraError::NotACamera { .. })));
    camera.handle.stop();
}

#[test]
fn a_single_picture_is_read_once_and_again_when_it_is_replaced() {
    let folder = tempfile::tempdir().expect("a folder");
    let file = folder.path().join("desk.png");
    let camera = camera(CameraSource::File(file.clone()), PixelFormat::Grey, SIZE);
    let why = camera.down().0;
    assert!(matches!(why, CameraError::File { .. }) && why.to_string().contains("put one there"), "{why}");
    save(folder.path(), "desk.png", "first");
    save(folder.path(), "other.png", "beside it");
    assert!(camera.up().contains("desk.png"));
    assert_eq!(camera.code(), "first");
    save(folder.path(), "desk.png", "a second picture");
    assert_eq!(camera.code(), "a second picture");
    assert!(
        camera.all_within(Duration::from_millis(600)).is_empty(),
        "told once, and not what lies beside it"
    );
    fs::remove_file(&file).expect("removed");
    camera.down();
    save(folder.path(), "desk.png", "third");
    camera.up();
    assert_eq!(camera.code(), "third");
    fs::write(&file, "no picture at all").expect("written");
    assert!(camera.refused().1.contains("no picture"));
}

#[test]
fn a_test_picture_is_taken_of_every_source() {
    let folder = tempfile::tempdir().expect("a folder");
    save(folder.path(), "still.png", "still");
    let still = folder.path().join("still.png");
    let expected = take_picture(&settings(CameraSource::File(still)), PATIENCE).expect("a picture");
    let newest = take_picture(&settings(CameraSource::Folder(folder.path().into())), PATIENCE);
    assert_eq!(newest.ok(), Some(expected));
    let frame = frame_file(folder.path(), "frame", "moving", PixelFormat::Grey);
    for command in [frames(&frame), format!("cat {frame}")] {
        let picture = take_picture(&settings(CameraSource::Pipe(command)), PATIENCE).expect("a picture");
        assert_eq!((picture.width, picture.height), SIZE);
    }
    let none =
        |source| take_picture(&settings(source), Duration::from_millis(300)).expect_err("none").to_string();
    assert!(none(CameraSource::Pipe("sleep 60".into())).contains("no picture came"));
    assert!(none(CameraSource::Pipe("echo 'no camera' >&2; exit 4".into())).contains("no camera"));
    assert!(none(CameraSource::V4l2("/dev/no-such-camera".into())).contains("plug it in"));
    let empty = tempfile::tempdir().expect("a folder");
    assert!(none(CameraSource::Folder(empty.path().into())).contains("is empty"));
}

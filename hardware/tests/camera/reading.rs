//! Which codes a camera takes, what it says of those it does not, and what it shows.

use std::fs;
use std::path::Path;

use armoury_hardware::camera::{
    AimHint, CameraEvent, CameraSource, Confirm, Lens, PixelFormat, ReadSettings,
};
use armoury_hardware::symbol::{GreyFrame, Symbology, draw};

use crate::{Camera, SIZE, camera_with, pasted};

/// Shows frames of raw files one after the other, over and over, fifteen a second.
fn showing(files: &[&str]) -> String {
    let shown: String = files.iter().map(|file| format!("cat {file}; sleep 0.066; ")).collect();
    format!("while :; do {shown}done")
}

fn grey(folder: &Path, name: &str, picture: &GreyFrame) -> String {
    assert_eq!((picture.width, picture.height), SIZE);
    let path = folder.join(name);
    fs::write(&path, &picture.pixels).expect("written");
    path.to_str().expect("a plain name").to_owned()
}

fn in_front(symbology: Symbology, text: &str) -> GreyFrame {
    pasted(&[&draw(text, symbology, 4).expect("fits")], SIZE.0, SIZE.1)
}

#[test]
fn only_the_kinds_of_code_that_are_asked_for_are_read() {
    let folder = tempfile::tempdir().expect("a folder");
    let qr = draw("a qr code", Symbology::Qr, 3).expect("fits");
    let dm = draw("a data matrix", Symbology::DataMatrix, 3).expect("fits");
    let both = grey(folder.path(), "both", &pasted(&[&qr, &dm], SIZE.0, SIZE.1));
    let reading = ReadSettings { symbologies: vec![Symbology::DataMatrix], ..ReadSettings::default() };
    let source = CameraSource::Pipe(showing(&[&both]));
    let camera = camera_with(source, PixelFormat::Grey, SIZE, reading);
    assert_eq!([camera.code(), camera.code(), camera.code()], ["a data matrix"; 3]);
}

#[test]
fn a_code_that_has_to_be_seen_twice_is_not_told_when_it_flashes_by() {
    let folder = tempfile::tempdir().expect("a folder");
    let empty = GreyFrame::new(SIZE.0, SIZE.1, vec![230; (SIZE.0 * SIZE.1) as usize]).expect("a frame");
    let empty = grey(folder.path(), "empty", &empty);
    let flash = grey(folder.path(), "flash", &in_front(Symbology::DataMatrix, "a flash"));
    let held = grey(folder.path(), "held", &in_front(Symbology::DataMatrix, "held"));
    let reading = ReadSettings { confirm: Confirm::TwoFrames, ..ReadSettings::default() };
    // One single frame of the first, then the second for as long as anybody looks.
    let command = format!(
        "cat {empty}; sleep 0.5; cat {flash}; sleep 0.2; cat {empty}; sleep 3.5; while :; do cat {held}; sleep 0.066; done"
    );
    let camera = camera_with(CameraSource::Pipe(command), PixelFormat::Grey, SIZE, reading);
    assert_eq!(camera.code(), "held");
}

#[test]
fn a_code_that_nothing_can_confirm_is_a_hint_and_not_a_code() {
    let folder = tempfile::tempdir().expect("a folder");
    let frame = grey(folder.path(), "frame", &in_front(Symbology::DataMatrix, "never confirmed"));
    let reading = ReadSettings { confirm: Confirm::BothReaders, ..ReadSettings::default() };
    let camera = camera_with(CameraSource::Pipe(showing(&[&frame])), PixelFormat::Grey, SIZE, reading);
    assert_eq!([camera.hint(), camera.hint()], [AimHint::Unconfirmed; 2]);

    let bars = pasted(&[&draw("WITHOUT", Symbology::Code39, 1).expect("fits")], SIZE.0, SIZE.1);
    let bars = grey(folder.path(), "bars", &bars);
    let camera = Camera::pipe(showing(&[&bars]), PixelFormat::Grey, SIZE);
    assert_eq!(camera.hint(), AimHint::Unchecked);
}

#[test]
fn both_readers_confirm_a_qr_code() {
    let folder = tempfile::tempdir().expect("a folder");
    let frame = grey(folder.path(), "frame", &in_front(Symbology::Qr, "seen by both"));
    let reading = ReadSettings { confirm: Confirm::BothReaders, ..ReadSettings::default() };
    let camera = camera_with(CameraSource::Pipe(showing(&[&frame])), PixelFormat::Grey, SIZE, reading);
    assert_eq!(camera.code(), "seen by both");
}

#[test]
fn whoever_holds_a_code_in_the_dark_is_told_so() {
    let folder = tempfile::tempdir().expect("a folder");
    let code = pasted(&[&draw("A1:7K2M9QX4TB3", Symbology::Qr, 5).expect("fits")], SIZE.0, SIZE.1);
    // Dark, and a corner of it under a thumb: there is nothing to read.
    let (width, mut pixels) = (SIZE.0 as usize, code.pixels);
    pixels.iter_mut().for_each(|grey| *grey /= 6);
    for y in 80..145 {
        pixels[y * width + 80..y * width + 145].fill(20);
    }
    let frame = grey(folder.path(), "dark", &GreyFrame::new(SIZE.0, SIZE.1, pixels).expect("a frame"));
    let camera = Camera::pipe(showing(&[&frame]), PixelFormat::Grey, SIZE);
    assert_eq!(camera.hint(), AimHint::TooDark);
}

#[test]
fn to_read_now_is_answered_also_where_there_is_nothing_and_the_lens_shows_what_is_there() {
    let folder = tempfile::tempdir().expect("a folder");
    let empty = grey(folder.path(), "empty", &pasted(&[], SIZE.0, SIZE.1));
    let (lens, source) = (Lens::default(), CameraSource::Pipe(showing(&[&empty])));
    assert_eq!(lens.picture(40, 20), None);
    let reading = ReadSettings { lens: lens.clone(), ..ReadSettings::default() };
    let camera = camera_with(source, PixelFormat::Grey, SIZE, reading);
    camera.up();
    lens.read_now();
    assert_eq!(camera.hint(), AimHint::NoCode);
    let picture = lens.picture(40, 20).expect("frames have come");
    assert_eq!((picture.rows.len(), picture.rows[0].len()), (15, 40));
    let (read, budget_ms) = camera.wait("no figures", |event| match event {
        CameraEvent::Figures { read, budget_ms, .. } => Some((read, budget_ms)),
        _ => None,
    });
    assert!(read > 0 && budget_ms > 0.0, "{read} read, {budget_ms} ms allowed");
}

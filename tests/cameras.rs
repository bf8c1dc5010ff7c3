//! A Raspberry Pi's camera program and the doctor, over the real binary and a program that stands in for the camera's.

use std::fs;
use std::os::unix::fs::PermissionsExt;
use std::path::{Path, PathBuf};
use std::process::{Command, Output};

use armoury_hardware::symbol::{GreyFrame, Symbology, draw};

/// Writes frames whose rows are padded to a multiple of 64 bytes, as the real one does; keeps what it was called with.
const RPICAM_VID: &str = r#"#!/bin/sh
echo "$*" >>"$FAKE/called"
echo $$ >>"$FAKE/pids"
if [ -e "$FAKE/broken" ]; then echo 'probing' >&2; echo 'ERROR: no cameras available' >&2; exit 255; fi
while :; do cat "$FAKE/frame"; sleep 0.05; done
"#;

const RPICAM_HELLO: &str = r#"#!/bin/sh
echo 'Available cameras'
echo '0 : imx219 [3280x2464 10-bit RGGB] (/base/soc/i2c0mux/i2c@1/imx219@10)'
"#;

/// A folder with the stand-ins, a frame and a configuration.
struct Pi {
    folder: tempfile::TempDir,
}

impl Pi {
    /// A camera that shows a mark in frames of this size.
    fn new(text: &str, width: u32, height: u32) -> Self {
        let pi = Self { folder: tempfile::tempdir().expect("a folder") };
        for (name, script) in [("rpicam-vid", RPICAM_VID), ("rpicam-hello", RPICAM_HELLO)] {
            let path = pi.path(name);
            fs::write(&path, script).expect("written");
            fs::set_permissions(&path, fs::Permissions::from_mode(0o755)).expect("allowed");
        }
        fs::write(pi.path("frame"), padded_frame(text, width, height)).expect("written");
        fs::write(
            pi.path("station.toml"),
            format!(
                "[station]\nid = \"S1\"\n[[camera]]\nname = \"left lens\"\nsource = \"rpicam:0\"\nwidth = {width}\n\
                 height = {height}\nexposure_us = 8000\nfocus = 50\n[[camera]]\nname = \"still\"\nsource = \"file:still.png\"\n"
            ),
        )
        .expect("written");
        pi
    }

    fn path(&self, name: &str) -> PathBuf {
        self.folder.path().join(name)
    }

    fn doctor(&self, arguments: &[&str]) -> Output {
        let path = std::env::var("PATH").expect("there is one");
        Command::new(env!("CARGO_BIN_EXE_armoury"))
            .arg("doctor")
            .arg("--config")
            .arg(self.path("station.toml"))
            .args(arguments)
            .env("PATH", format!("{}:{path}", self.folder.path().display()))
            .env("FAKE", self.folder.path())
            .output()
            .expect("it runs")
    }
}

/// One frame as it lies in the image processor's memory: rows padded with something that is no picture.
fn padded_frame(text: &str, width: u32, height: u32) -> Vec<u8> {
    let code = draw(text, Symbology::Qr, 5).expect("fits");
    let row_bytes = (width as usize).next_multiple_of(64);
    let mut bytes = Vec::new();
    for y in 0..height as usize {
        let mut row = vec![220; width as usize];
        if let Some(drawn) = code.pixels.chunks_exact(code.width as usize).nth(y) {
            row[..drawn.len()].copy_from_slice(drawn);
        }
        row.resize(row_bytes, (y * 7) as u8);
        bytes.extend(row);
    }
    bytes.resize(row_bytes * height as usize * 3 / 2, 128);
    bytes
}

fn out(output: &Output) -> String {
    String::from_utf8_lossy(&output.stdout).into_owned()
}

fn loaded(path: &Path) -> GreyFrame {
    armoury_hardware::symbol::load_picture(path).expect("a picture")
}

#[test]
fn a_test_picture_of_a_pi_camera_is_whole_although_its_rows_are_padded() {
    for (width, height) in [(780, 600), (640, 480)] {
        let pi = Pi::new("MARK 7", width, height);
        let file = pi.path("test.png");
        let taken = pi.doctor(&["--camera", "left lens", "--picture", file.to_str().expect("plain")]);
        assert_eq!(taken.status.code(), Some(0), "{}", String::from_utf8_lossy(&taken.stderr));
        let said = out(&taken);
        assert!(
            said.contains(&format!("{width} x {height} of left lens")) && said.contains("code    qr MARK 7"),
            "{said}"
        );
        let picture = loaded(&file);
        assert_eq!((picture.width, picture.height), (width, height));
        assert!(
            picture
                .pixels
                .chunks_exact(width as usize)
                .skip(300)
                .all(|row| row.iter().all(|&pixel| pixel == 220))
        );
        let called = fs::read_to_string(pi.path("called")).expect("it was called");
        for part in [
            "--camera 0",
            &format!("--width {width}"),
            "--codec yuv420",
            "--shutter 8000",
            "--lens-position 5.0",
        ] {
            assert!(called.contains(part), "{part}: {called}");
        }
        let pids = fs::read_to_string(pi.path("pids")).expect("it ran");
        for pid in pids.lines() {
            assert!(!Path::new("/proc").join(pid).exists(), "{pid} was left behind");
        }
    }
}

#[test]
fn a_pi_camera_that_fails_is_told_with_its_programs_last_line() {
    let pi = Pi::new("MARK 7", 640, 480);
    fs::write(pi.path("broken"), "").expect("written");
    let failed = pi.doctor(&["--camera", "left lens", "--picture", "x.png"]);
    assert_eq!(failed.status.code(), Some(3));
    let why = String::from_utf8_lossy(&failed.stderr).into_owned();
    assert!(why.contains("status 255") && why.contains("ERROR: no cameras available"), "{why}");
}

#[test]
fn the_doctor_lists_cameras_and_says_what_is_wrong_with_the_configured_ones() {
    let pi = Pi::new("MARK 7", 640, 480);
    let said = out(&pi.doctor(&[]));
    assert!(said.contains("ok      camera left lens · rpicam:0"), "{said}");
    assert!(
        said.contains("plugged in: Pi camera imx219 [3280x2464 10-bit RGGB] · source = \"rpicam:0\""),
        "{said}"
    );
    let missing = said.lines().skip_while(|line| !line.contains("camera still · file:")).nth(1);
    assert!(missing.is_some_and(|advice| advice.contains("Put one there")), "{said}");
    fs::write(
        pi.path("station.toml"),
        "[station]\nid = \"S1\"\n[[camera]]\nname = \"usb\"\nsource = \"v4l2:/dev/v4l/by-id/no-such-camera\"\n",
    )
    .expect("written");
    let said = out(&pi.doctor(&[]));
    assert!(
        said.contains("LOOK    camera usb · v4l2:/dev/v4l/by-id/no-such-camera\n        no camera at"),
        "{said}"
    );
}

#[test]
fn whose_picture_is_asked_for_where_there_is_more_than_one_camera() {
    let pi = Pi::new("MARK 7", 640, 480);
    let which = pi.doctor(&["--picture", "x.png"]);
    assert_eq!(which.status.code(), Some(2));
    assert!(String::from_utf8_lossy(&which.stderr).contains("left lens, still"));
    let unknown = pi.doctor(&["--picture", "x.png", "--camera", "right lens"]);
    assert_eq!(unknown.status.code(), Some(2));
    assert!(String::from_utf8_lossy(&unknown.stderr).contains("configured are left lens, still"));
    draw("STILL", Symbology::Qr, 5).expect("fits").save_png(&pi.path("any.png")).expect("written");
    let source = format!("file:{}", pi.path("any.png").display());
    let taken = pi.doctor(&["--camera", &source, "--picture", pi.path("copy.png").to_str().expect("plain")]);
    assert!(out(&taken).contains("code    qr STILL"), "{}", out(&taken));
}

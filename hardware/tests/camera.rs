//! Cameras: folders that fill, programs that end, pictures that are none.

#[path = "camera/faults.rs"]
mod faults;
#[path = "camera/reading.rs"]
mod reading;

use std::fs;
use std::path::Path;
use std::sync::mpsc::{Receiver, RecvTimeoutError, channel};
use std::time::{Duration, Instant};

use armoury_hardware::camera::{
    AimHint, CameraControls, CameraError, CameraEvent, CameraHandle, CameraSettings, CameraSource,
    PixelFormat, ReadSettings, spawn_with,
};
use armoury_hardware::symbol::{GreyFrame, Symbology, draw};

/// Generous, because the machine that runs the tests may be busy; nothing waits this long when all is well.
const PATIENCE: Duration = Duration::from_secs(20);

struct Camera {
    handle: CameraHandle,
    events: Receiver<CameraEvent>,
}

fn camera(source: CameraSource, format: PixelFormat, size: (u32, u32)) -> Camera {
    camera_with(source, format, size, ReadSettings::default())
}

fn camera_with(source: CameraSource, format: PixelFormat, size: (u32, u32), reading: ReadSettings) -> Camera {
    let (tell, events) = channel();
    let settings = CameraSettings {
        name: "desk".into(),
        source,
        format,
        width: size.0,
        height: size.1,
        controls: CameraControls::default(),
    };
    let handle = spawn_with(settings, reading, move |event| {
        // The test may have heard enough.
        let _gone = tell.send(event);
    });
    Camera { handle, events }
}

impl Camera {
    fn folder(folder: &Path) -> Self {
        camera(CameraSource::Folder(folder.to_path_buf()), PixelFormat::Grey, (0, 0))
    }

    fn pipe(command: String, format: PixelFormat, size: (u32, u32)) -> Self {
        camera(CameraSource::Pipe(command), format, size)
    }

    /// The next event of a kind; others are passed over.
    fn wait<T>(&self, what: &str, pick: impl Fn(CameraEvent) -> Option<T>) -> T {
        let deadline = Instant::now() + PATIENCE;
        loop {
            match self.events.recv_timeout(deadline.saturating_duration_since(Instant::now())) {
                Ok(event) => {
                    if let Some(found) = pick(event) {
                        return found;
                    }
                }
                Err(error) => panic!("{what}: {error}"),
            }
        }
    }

    fn code(&self) -> String {
        self.wait("no code", |event| match event {
            CameraEvent::Code(code) => Some(code.text),
            CameraEvent::Refused { file_or_what, why } => panic!("refused {file_or_what}: {why}"),
            _ => None,
        })
    }

    fn hint(&self) -> AimHint {
        self.wait("no hint", |event| match event {
            CameraEvent::Aim(hint) => Some(hint),
            CameraEvent::Code(code) => panic!("{:?} was taken", code.text),
            _ => None,
        })
    }

    fn refused(&self) -> (String, String) {
        self.wait("nothing refused", |event| match event {
            CameraEvent::Refused { file_or_what, why } => Some((file_or_what, why)),
            _ => None,
        })
    }

    fn down(&self) -> (CameraError, u64) {
        self.wait("not down", |event| match event {
            CameraEvent::Down { why, retry_in_ms } => Some((why, retry_in_ms)),
            _ => None,
        })
    }

    fn up(&self) -> String {
        self.wait("not up", |event| if let CameraEvent::Up { what } = event { Some(what) } else { None })
    }

    /// What is told within a while, without the figures.
    fn all_within(&self, time: Duration) -> Vec<CameraEvent> {
        let deadline = Instant::now() + time;
        let mut all = Vec::new();
        loop {
            match self.events.recv_timeout(deadline.saturating_duration_since(Instant::now())) {
                Ok(CameraEvent::Figures { .. }) => {}
                Ok(event) => all.push(event),
                Err(RecvTimeoutError::Timeout | RecvTimeoutError::Disconnected) => return all,
            }
        }
    }
}

fn save(folder: &Path, name: &str, text: &str) {
    draw(text, Symbology::Qr, 4).expect("fits").save_png(&folder.join(name)).expect("written");
}

#[test]
fn a_folder_is_read_in_name_order_and_then_watched() {
    let folder = tempfile::tempdir().expect("a folder");
    for name in ["c", "a", "b"] {
        save(folder.path(), &format!("{name}.png"), &format!("mark {name}"));
    }
    fs::create_dir(folder.path().join("aa.png")).expect("a folder is no picture");
    fs::write(folder.path().join(".hidden.png"), "x").expect("written");
    let camera = Camera::folder(folder.path());
    assert!(camera.up().contains("3 files"));
    assert_eq!([camera.code(), camera.code(), camera.code()], ["mark a", "mark b", "mark c"]);
    save(folder.path(), "0-later.png", "mark later");
    assert_eq!(camera.code(), "mark later");
    assert!(camera.all_within(Duration::from_millis(700)).is_empty(), "each file is told once");
    camera.handle.stop();
}

#[test]
fn a_picture_that_is_none_is_refused_once_and_one_half_written_is_waited_for() {
    let folder = tempfile::tempdir().expect("a folder");
    fs::write(folder.path().join("notes.txt"), "not a picture").expect("written");
    save(folder.path(), "whole", "the mark");
    let whole = fs::read(folder.path().join("whole")).expect("just written");
    fs::remove_file(folder.path().join("whole")).expect("removed");
    let slow = folder.path().join("slow.png");
    fs::write(&slow, &whole[..whole.len() / 2]).expect("written");
    let camera = Camera::folder(folder.path());
    camera.up();
    let early = camera.all_within(Duration::from_millis(900));
    assert!(early.is_empty(), "too soon to say anything: {early:?}");
    fs::write(&slow, &whole).expect("written");
    assert_eq!(camera.code(), "the mark", "the half picture became a whole one before it was refused");
    let (file, why) = camera.refused();
    assert_eq!(file, "notes.txt");
    assert!(why.contains("no picture"), "{why}");
    let after = camera.all_within(Duration::from_millis(2600));
    assert!(after.is_empty(), "told once: {after:?}");
}

#[test]
fn a_folder_may_come_late_and_go_away() {
    let place = tempfile::tempdir().expect("a folder");
    let folder = place.path().join("pictures");
    let camera = Camera::folder(&folder);
    let (why, retry_in_ms) = camera.down();
    assert!(why.to_string().contains("create it") && retry_in_ms > 0, "{why}");
    fs::create_dir(&folder).expect("made");
    save(&folder, "a.png", "first");
    camera.up();
    assert_eq!(camera.code(), "first");
    fs::remove_dir_all(&folder).expect("gone");
    camera.down();
    fs::create_dir(&folder).expect("made again");
    save(&folder, "a.png", "second");
    camera.up();
    assert_eq!(camera.code(), "second", "a file of an old name in a new folder is a new file");
}

#[test]
fn two_codes_in_one_picture_are_both_told_once() {
    let folder = tempfile::tempdir().expect("a folder");
    let qr = draw("badge 7", Symbology::Qr, 4).expect("fits");
    let dm = draw("weapon 12", Symbology::DataMatrix, 4).expect("fits");
    pasted(&[&qr, &dm], 500, 300).save_png(&folder.path().join("both.png")).expect("written");
    let camera = Camera::folder(folder.path());
    let mut both = [camera.code(), camera.code()];
    both.sort();
    assert_eq!(both, ["badge 7", "weapon 12"]);
    assert!(camera.all_within(Duration::from_millis(500)).is_empty());
}

/// Codes side by side on light grey.
fn pasted(codes: &[&GreyFrame], width: u32, height: u32) -> GreyFrame {
    let mut pixels = vec![230; (width * height) as usize];
    let mut left = 20;
    for code in codes {
        for (y, row) in code.pixels.chunks_exact(code.width as usize).enumerate() {
            let start = (20 + y) * width as usize + left;
            pixels[start..start + row.len()].copy_from_slice(row);
        }
        left += code.width as usize + 40;
    }
    GreyFrame::new(width, height, pixels).expect("a picture")
}

const SIZE: (u32, u32) = (320, 240);

/// A file with one raw frame, and what has to follow the grey plane.
fn frame_file(folder: &Path, name: &str, text: &str, format: PixelFormat) -> String {
    let code = draw(text, Symbology::Qr, 5).expect("fits");
    let mut bytes = pasted(&[&code], SIZE.0, SIZE.1).pixels;
    bytes.resize(format.frame_bytes(SIZE.0, SIZE.1) as usize, 128);
    let path = folder.join(name);
    fs::write(&path, bytes).expect("written");
    path.to_str().expect("a plain name").to_owned()
}

#[test]
fn a_programs_frames_are_read_while_it_runs_and_a_mark_that_stays_is_told_again() {
    for format in [PixelFormat::Grey, PixelFormat::Yuv420] {
        let folder = tempfile::tempdir().expect("a folder");
        let frame = frame_file(folder.path(), "frame", "in view", format);
        let camera = Camera::pipe(format!("while :; do cat {frame}; sleep 0.03; done"), format, SIZE);
        assert!(camera.up().starts_with("320 x 240 from"));
        assert_eq!(camera.code(), "in view");
        let second = camera.all_within(Duration::from_secs(1));
        let told = second.iter().filter(|event| matches!(event, CameraEvent::Code(_))).count();
        assert!((2..=6).contains(&told), "about five times a second, not for each of thirty frames: {told}");
        let (read, skipped) = camera.wait("no figures", |event| match event {
            CameraEvent::Figures { read, skipped, .. } => Some((read, skipped)),
            _ => None,
        });
        assert!(
            skipped > read,
            "a picture that stands still is not read again: {read} read, {skipped} skipped"
        );
    }
}

#[test]
fn the_newest_frame_counts_and_the_program_never_waits() {
    let folder = tempfile::tempdir().expect("a folder");
    let old = frame_file(folder.path(), "old", "old", PixelFormat::Grey);
    let new = frame_file(folder.path(), "new", "new", PixelFormat::Grey);
    let done = folder.path().join("done");
    // Far more than a pipe holds, written as fast as it goes.
    let command = format!(
        "i=0; while [ $i -lt 200 ]; do cat {old}; i=$((i+1)); done; cat {new}; touch {}; sleep 60",
        done.display()
    );
    let camera = Camera::pipe(command, PixelFormat::Grey, SIZE);
    let deadline = Instant::now() + PATIENCE;
    while camera.code() != "new" {
        assert!(Instant::now() < deadline);
    }
    // The shell touches it after its last byte; the picture may be read before that.
    while !done.exists() {
        assert!(Instant::now() < deadline, "everything was taken off the pipe");
        std::thread::sleep(Duration::from_millis(10));
    }
}

#[test]
fn a_program_that_ends_is_told_with_its_last_words_and_started_again() {
    let folder = tempfile::tempdir().expect("a folder");
    let frame = frame_file(folder.path(), "frame", "again", PixelFormat::Grey);
    let command = format!("cat {frame}; head -c 1000 {frame}; echo 'no camera on port 0' >&2; exit 3");
    let camera = Camera::pipe(command, PixelFormat::Grey, SIZE);
    assert_eq!(camera.code(), "again");
    let (why, first) = camera.down();
    let told = why.to_string();
    for part in ["status 3", "no camera on port 0", "1000 of 76800 bytes were dropped"] {
        assert!(told.contains(part), "{part}: {told}");
    }
    camera.up();
    let (_, second) = camera.down();
    assert!(second > first, "each time a longer pause: {first} then {second}");
}

#[test]
fn a_program_that_has_shown_all_it_had_is_not_hurried_into_showing_it_again() {
    let folder = tempfile::tempdir().expect("a folder");
    let frame = frame_file(folder.path(), "frame", "once", PixelFormat::Grey);
    let camera = Camera::pipe(format!("cat {frame}"), PixelFormat::Grey, SIZE);
    assert_eq!(camera.code(), "once");
    let (why, pause_ms) = camera.down();
    assert!(pause_ms >= 10_000, "{why}: again in {pause_ms} ms");
}

#[test]
fn a_program_that_is_not_there_and_a_size_that_is_none_are_told() {
    let camera = Camera::pipe("no-such-program-here".into(), PixelFormat::Grey, SIZE);
    let (why, _) = camera.down();
    assert!(why.to_string().contains("did not find the program"), "{why}");
    let camera = Camera::pipe("cat /dev/zero".into(), PixelFormat::Grey, (0, 480));
    assert!(matches!(camera.down().0, CameraError::Size { .. }));
}

#[test]
fn stopping_kills_the_program_and_everything_it_started() {
    let folder = tempfile::tempdir().expect("a folder");
    let frame = frame_file(folder.path(), "frame", "alive", PixelFormat::Grey);
    let pids = folder.path().join("pids");
    // One child of the shell that ignores being asked, one that holds the pipe open.
    let command = format!(
        "(trap '' TERM; while :; do sleep 0.05; done) & echo $! >{0}; sleep 300 & echo $! >>{0}; echo $$ >>{0}; cat {frame}; wait",
        pids.display()
    );
    let camera = Camera::pipe(command, PixelFormat::Grey, SIZE);
    assert_eq!(camera.code(), "alive");
    let started = fs::read_to_string(&pids).expect("the shell wrote them");
    let alive = || started.lines().filter(|pid| running(pid)).count();
    assert_eq!(alive(), 3);
    let before = Instant::now();
    camera.handle.stop();
    assert!(before.elapsed() < Duration::from_secs(4), "{:?}", before.elapsed());
    let deadline = Instant::now() + Duration::from_secs(5);
    while alive() > 0 {
        assert!(Instant::now() < deadline, "still running: {started}");
        std::thread::sleep(Duration::from_millis(20));
    }
}

/// Whether a process runs; one that only waits to be reaped by somebody else does not.
fn running(pid: &str) -> bool {
    let stat = fs::read_to_string(format!("/proc/{pid}/stat")).unwrap_or_default();
    stat.rsplit(')').next().is_some_and(|rest| !rest.is_empty() && !rest.trim_start().starts_with('Z'))
}

#[test]
fn a_camera_ends_promptly_whatever_it_is_doing() {
    let folder = tempfile::tempdir().expect("a folder");
    for camera in [
        Camera::folder(folder.path()),
        Camera::folder(Path::new("/no/such/folder")),
        Camera::pipe("sleep 300".into(), PixelFormat::Grey, SIZE),
        Camera::pipe("exit 1".into(), PixelFormat::Grey, SIZE),
        Camera::pipe("cat /dev/zero".into(), PixelFormat::Yuv420, SIZE),
    ] {
        std::thread::sleep(Duration::from_millis(300));
        let before = Instant::now();
        drop(camera.handle);
        assert!(before.elapsed() < Duration::from_secs(3), "{:?}", before.elapsed());
    }
}

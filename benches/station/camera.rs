//! Frames from a capture program, fifteen a second: whether every mark that is held before the camera becomes one entry
//! for each time it is shown, how long that takes from its first frame to a screen, and what it costs.

use std::collections::HashMap;
use std::fs::{File, OpenOptions};
use std::io::Write;
use std::path::{Path, PathBuf};
use std::sync::mpsc::{Receiver, Sender, channel};
use std::thread::JoinHandle;
use std::time::{Duration, Instant};

use armoury::config::Presence;
use armoury::domain::Event;
use armoury::identity::epc::hex;
use armoury::ledger::Reader;
use armoury_hardware::symbol::{Symbology, draw};
use rustix::fs::{CWD, FileType, Mode, mknodat};

use super::book::{Book, badge_epc, weapon_epc, weapon_id};
use super::failure::{Outcome, Told, refuse};
use super::load::{Screen, status};
use super::peer::Peer;
use super::process::{Running, TICKS_PER_S};
use super::table::{Spread, Table};

/// The camera.
const SIZE: (usize, usize) = (640, 480);
const FRAMES_PER_S: u32 = 15;

/// A mark is held so many frames, and then there is none for so many: a showing a second.
const HELD: u32 = 9;
const EMPTY: u32 = 6;

/// Pixels a module: as from a hand at reading distance.
const MODULE_PX: u32 = 5;

/// Grey of the desk, and how far a pixel strays from it by noise.
const DESK: u8 = 150;
const NOISE: u8 = 7;

/// Weapons in the register.
const WEAPONS: u32 = 1_000;

/// How long after the last frame an answer may come, at least.
const AFTER: Duration = Duration::from_secs(3);

/// A slice of waiting.
const SLICE: Duration = Duration::from_secs(2);

/// What a hand does not feel, from the first frame to the screen, ms.
const LATENCY_MS: f64 = 500.0;

/// Holds marks before the camera of a real station for so long.
pub fn measure(folder: &Path, seconds: u64, table: &mut Table) -> Outcome<()> {
    let book = Book::make(&folder.join("camera"), WEAPONS)?;
    let run = tempfile::tempdir()?;
    let pipe = run.path().join("frames");
    mknodat(CWD, &pipe, FileType::Fifo, Mode::from_raw_mode(0o600), 0)?;
    let peer = Peer::plug_in(badge_epc(0)?, Presence::default().sightings)?;
    let (path, configuration) = book.configuration(run.path(), &[peer.path()], &section(&pipe))?;
    let station = Running::start(&path, &configuration.station.socket)?;
    let mut screen = Screen::attach(&configuration.station.socket)?;
    screen.until_person()?;

    let (ticks, began) = (station.ticks()?, Instant::now());
    let hand = Hand::hold(pipe, u32::try_from(seconds)?)?;
    let seen = follow(&mut screen, &hand, began + Duration::from_secs(seconds) + AFTER)?;
    let (shown, pipe) = hand.done()?;
    let percent = (station.ticks()? - ticks) as f64 / TICKS_PER_S / began.elapsed().as_secs_f64() * 100.0;
    let view = status(&configuration.station.socket)?;
    let (_, memory_mb) = station.memory_mb()?;
    station.stop()?;
    drop(pipe);

    let entries = entries(&book)?;
    let wrong = shown.iter().filter(|(weapon, _)| entries.get(weapon.as_str()) != Some(&1)).count();
    let mut latency = Spread::default();
    for (weapon, at) in &shown {
        if let Some(said) = seen.get(weapon) {
            latency.add(said.saturating_duration_since(*at));
        }
    }
    table.say(
        format!("camera at {FRAMES_PER_S} frames/s of {} x {}, {seconds} s: marks shown", SIZE.0, SIZE.1),
        shown.len().to_string(),
        "marks",
    );
    table.at_most("  marks that did not become exactly one entry", wrong as f64, "marks", 0.0);
    let others = entries.values().sum::<usize>().saturating_sub(shown.len() - wrong);
    table.at_most("  entries beside those", others as f64, "entries", wrong as f64);
    table.at_most("  first frame to a screen, p50", latency.at_ms(0.5), "ms", LATENCY_MS);
    table.say("  first frame to a screen, longest", format!("{:.0}", latency.at_ms(1.0)), "ms");
    table.say("  processor share of the station", format!("{percent:.1}"), "% of one");
    table.say("  highest memory of it", format!("{memory_mb:.0}"), "MB");
    let figures =
        view.devices.into_iter().find_map(|device| device.camera).told("see the camera's figures")?;
    table.say(
        "  frames read / skipped / given up",
        format!("{} / {} / {}", figures.read, figures.skipped, figures.abandoned),
        "frames",
    );
    table.say(
        "  a frame read, of what it may take",
        format!("{:.1} / {:.0}", figures.ms_per_frame, figures.budget_ms),
        "ms",
    );
    Ok(())
}

fn section(pipe: &Path) -> String {
    format!(
        "\n[[camera]]\nname = \"lens\"\nsource = \"pipe:cat {}\"\nformat = \"grey\"\nwidth = {}\nheight = {}\n\
         read_point = \"left lane\"\n",
        pipe.display(),
        SIZE.0,
        SIZE.1
    )
}

/// When a screen said first what became of each weapon.
fn follow(screen: &mut Screen, hand: &Hand, end: Instant) -> Outcome<HashMap<String, Instant>> {
    let mut seen = HashMap::new();
    while Instant::now() < end || !hand.has_ended() {
        let until = Instant::now() + SLICE;
        screen.until("the station go on", |screen| {
            let now = Instant::now();
            for line in &screen.recent {
                seen.entry(line.item.clone()).or_insert(now);
            }
            now >= until
        })?;
    }
    Ok(seen)
}

/// How many entries of the desk there are about each weapon.
fn entries(book: &Book) -> Outcome<HashMap<String, usize>> {
    let mut entries = HashMap::new();
    Reader::open(book.folder())?.each(0, |entry| {
        if let Event::Desk(desk) = &entry.record.event {
            let weapon = desk.weapon.as_ref().map_or("?", |id| id.as_str());
            *entries.entry(weapon.to_owned()).or_insert(0) += 1;
        }
        Ok(())
    })?;
    Ok(entries)
}

/// Somebody who holds one mark after the other before the camera.
struct Hand {
    thread: JoinHandle<Outcome<File>>,
    shown: Receiver<(String, Instant)>,
}

impl Hand {
    /// A mark a second.
    fn hold(pipe: PathBuf, marks: u32) -> Outcome<Self> {
        let (tell, shown) = channel();
        let thread = std::thread::Builder::new()
            .name("hand".into())
            .spawn(move || play(&pipe, marks.min(WEAPONS), &tell))?;
        Ok(Self { thread, shown })
    }

    fn has_ended(&self) -> bool {
        self.thread.is_finished()
    }

    /// Which weapons were shown, and when the first frame of each was written; and the pipe, whose end would be the
    /// camera's.
    fn done(self) -> Outcome<(Vec<(String, Instant)>, File)> {
        let pipe = match self.thread.join() {
            Ok(outcome) => outcome?,
            Err(_) => return refuse("hold marks before the camera: the thread panicked"),
        };
        Ok((self.shown.into_iter().collect(), pipe))
    }
}

fn play(pipe: &Path, marks: u32, tell: &Sender<(String, Instant)>) -> Outcome<File> {
    let mut pipe = OpenOptions::new().write(true).open(pipe)?;
    let (began, mut frame, mut dice) = (Instant::now(), 0, 7_u64);
    for number in 0..marks {
        let held = held(number)?;
        for nth in 0..HELD + EMPTY {
            let due = began + Duration::from_secs(1) * frame / FRAMES_PER_S;
            std::thread::sleep(due.saturating_duration_since(Instant::now()));
            frame += 1;
            write(&mut pipe, (nth < HELD).then_some(&held[..]), &mut dice)?;
            if nth == 0 {
                tell.send((weapon_id(number).as_str().to_owned(), Instant::now()))?;
            }
        }
    }
    Ok(pipe)
}

/// A picture in which the mark of a weapon is held: QR and Data Matrix in turn, each in another place.
fn held(number: u32) -> Outcome<Vec<u8>> {
    let kind = if number.is_multiple_of(2) { Symbology::Qr } else { Symbology::DataMatrix };
    let text = format!("D9521141{}", hex(&weapon_epc(number)?));
    let mark = draw(&text, kind, MODULE_PX).map_err(|error| super::Failure(error.to_string()))?;
    let (width, height) = (mark.width as usize, mark.height as usize);
    let (room_x, room_y) = (SIZE.0 - width, SIZE.1 - height);
    let (left, top) = (number as usize * 97 % room_x, number as usize * 61 % room_y);
    let mut picture = vec![DESK; SIZE.0 * SIZE.1];
    for (y, row) in mark.pixels.chunks_exact(width).enumerate() {
        let start = (top + y) * SIZE.0 + left;
        // Paper and ink under a lamp, not white and black.
        let under_a_lamp = row.iter().map(|grey| 40 + grey / 255 * 170);
        picture[start..start + width].iter_mut().zip(under_a_lamp).for_each(|(to, grey)| *to = grey);
    }
    Ok(picture)
}

/// One frame, with the noise of a sensor: no two are the same.
fn write(pipe: &mut File, picture: Option<&[u8]>, dice: &mut u64) -> Outcome<()> {
    let mut frame = picture.map_or_else(|| vec![DESK; SIZE.0 * SIZE.1], <[u8]>::to_vec);
    for grey in &mut frame {
        // xorshift64 (Marsaglia 2003): quick, and the same on every machine.
        *dice ^= *dice << 13;
        *dice ^= *dice >> 7;
        *dice ^= *dice << 17;
        *grey = grey.saturating_add((*dice % u64::from(NOISE)) as u8);
    }
    pipe.write_all(&frame)?;
    Ok(())
}

//! Readers that use the whole rate of their lines, with hundreds of tags in view: whether the program itself loses a
//! read, what it costs, and whether the desk still answers.

use std::io::{BufRead, BufReader, Write};
use std::os::unix::net::UnixStream;
use std::path::Path;
use std::process::Command;
use std::time::{Duration, Instant};

use armoury::config::Presence;
use armoury::domain::Verdict;
use armoury::station::protocol::{FromClient, FromStation, PROTOCOL};
use armoury::station::view::{DeskView, Recent, View};
use armoury_hardware::bench::BenchTag;
use armoury_hardware::reader::Family;

use super::book::{Book, badge_epc, weapon_epc, weapon_id};
use super::failure::{Outcome, refuse};
use super::flood::{Flood, LINE_BYTES_PER_S, Pace, completed};
use super::hearing;
use super::process::{Running, TICKS_PER_S};
use super::table::{Spread, Table, thousands};

/// Tags in view, shared out among the readers.
const TAGS: u32 = 400;

/// The families that speak over a serial line, reader after reader.
const FAMILIES: [Family; 4] = [Family::R2000, Family::Mercury, Family::Uhfreader18, Family::M100];

/// Weapons in the register: those in view, and some to be laid down.
const WEAPONS: u32 = 1_000;

/// Weapons laid down in the middle of the time, one after the other.
const LAID: u32 = 5;

/// How strongly everything is heard, dBm: as on a counter.
const RSSI_DBM: i16 = -55;

/// How long the desk waits for a badge to the weapons that are in view from the start. All of them have had their
/// answer before the first is laid down.
const WINDOW_MS: u64 = 3_000;

/// How long the badge lies there before the first weapon.
const BADGE_FIRST: Duration = Duration::from_secs(1);

/// How long between two weapons: longer than the weapons of one pile lie apart.
const APART: Duration = Duration::from_millis(600);

/// How long anything may take before the bench gives up.
const PATIENCE: Duration = Duration::from_secs(30);

/// How long the figures must stay as they are to be the last.
const SETTLED: Duration = Duration::from_millis(2_500);

/// Four readers for the whole time; then, for a quarter of it each, four times as many, and four without a rate.
pub fn measure(folder: &Path, seconds: u64, table: &mut Table) -> Outcome<()> {
    let rounds = [
        (4, Pace::Line, seconds),
        (16, Pace::Line, seconds.div_ceil(4)),
        (4, Pace::Unbounded, seconds.div_ceil(4)),
    ];
    for (number, (readers, pace, seconds)) in rounds.into_iter().enumerate() {
        let book = Book::make(&folder.join(format!("load {number}")), WEAPONS)?;
        let ran = run(&book, readers, pace, Duration::from_secs(seconds))?;
        ran.tell(readers, pace, table);
    }
    hearing::measure(TAGS, table)
}

/// What was measured.
struct Ran {
    seconds: f64,
    /// Of each family: sightings and bytes a second and reader.
    families: Vec<(Family, f64, f64)>,
    sent: u64,
    line_lost: u64,
    view: View,
    percent: f64,
    memory_mb: f64,
    from_laying: Spread,
    from_sighting: Spread,
}

fn run(book: &Book, readers: u32, pace: Pace, time: Duration) -> Outcome<Ran> {
    let run = tempfile::tempdir()?;
    let share = TAGS / readers;
    let mut floods = Vec::new();
    for (number, family) in (0..readers).zip(FAMILIES.into_iter().cycle()) {
        let tags = (number * share..(number + 1) * share).map(|weapon| Ok(tag(weapon_epc(weapon)?)));
        floods.push((
            family,
            Flood::start(family, u64::from(number) + 1, pace, tags.collect::<Outcome<_>>()?)?,
        ));
    }
    let (path, configuration) = book.configuration(run.path(), &[], &sections(&floods))?;
    let socket = &configuration.station.socket;
    let station = Running::start(&path, socket)?;
    let began = Instant::now();
    while floods.iter().any(|(_, flood)| flood.known() < u64::from(share)) {
        if began.elapsed() > PATIENCE {
            let known: Vec<String> =
                floods.iter().map(|(family, flood)| format!("{} {}", family.word(), flood.known())).collect();
            return refuse(format!("hear of every tag: {}", known.join(", ")));
        }
        std::thread::sleep(Duration::from_millis(20));
    }

    let before: Vec<(u64, u64)> = floods.iter().map(|(_, flood)| (flood.reads(), flood.bytes())).collect();
    let (ticks, began) = (station.ticks()?, Instant::now());
    floods.iter().for_each(|(_, flood)| flood.repeat(true));
    sleep_until(began + (time / 2).saturating_sub(BADGE_FIRST));
    // Not before: the station drops a screen that does not read.
    let (from_laying, from_sighting) = lay_down(&floods[0].1, &mut Screen::attach(socket)?)?;
    sleep_until(began + time);
    let seconds = began.elapsed().as_secs_f64();
    let percent = (station.ticks()? - ticks) as f64 / TICKS_PER_S / seconds * 100.0;
    let families = floods.iter().zip(before).take(FAMILIES.len()).map(|((family, flood), (reads, bytes))| {
        (*family, (flood.reads() - reads) as f64 / seconds, (flood.bytes() - bytes) as f64 / seconds)
    });
    let families = families.collect();
    floods.iter().for_each(|(_, flood)| flood.repeat(false));
    let view = settled(socket)?;
    let (_, memory_mb) = station.memory_mb()?;
    let of_all = |figure: fn(&Flood) -> u64| floods.iter().map(|(_, flood)| figure(flood)).sum();
    let (sent, line_lost) = (of_all(Flood::reads), of_all(Flood::lost));
    station.stop()?;
    Ok(Ran { seconds, families, sent, line_lost, view, percent, memory_mb, from_laying, from_sighting })
}

impl Ran {
    fn tell(&self, readers: u32, pace: Pace, table: &mut Table) {
        let Self { view, .. } = self;
        let inbox = &view.inbox;
        let rate = if pace == Pace::Line { "at full line rate" } else { "as fast as they are heard" };
        table.say(
            format!("{readers} readers {rate}, {TAGS} tags in view, for {:.0} s: reads sent", self.seconds),
            thousands(self.sent),
            "reads",
        );
        for (family, reads_per_s, bytes_per_s) in &self.families {
            let of_the_line = bytes_per_s / LINE_BYTES_PER_S * 100.0;
            let figure = format!("  each {} reader, with {of_the_line:.0} % of its line", family.word());
            table.say(figure, format!("{reads_per_s:.0}"), "reads/s");
        }
        let refused: u64 =
            view.devices.iter().flat_map(|device| device.figures).map(|it| it.refused_frames).sum();
        let told = inbox.reads_taken + inbox.reads_dropped + refused;
        // On a serial line nothing may be lost at all; without a rate nothing may be lost unsaid.
        table.at_most("  reads lost without a word", self.sent.saturating_sub(told) as f64, "reads", 0.0);
        if pace == Pace::Line {
            table.at_most("  frames for which a line had no room", self.line_lost as f64, "frames", 0.0);
            table.at_most("  frames refused and counted", refused as f64, "frames", 0.0);
            table.at_most("  reads dropped and counted", inbox.reads_dropped as f64, "reads", 0.0);
        } else {
            table.say("  frames refused and counted", thousands(refused), "frames");
            table.say("  reads dropped and counted", thousands(inbox.reads_dropped), "reads");
        }
        table.say("  reads taken", format!("{:.0}", inbox.reads_taken as f64 / self.seconds), "reads/s");
        table.say(
            format!("  longest inbox, of {}", thousands(inbox.room)),
            thousands(inbox.longest),
            "inputs",
        );
        table.say("  processor share of the station", format!("{:.1}", self.percent), "% of one");
        table.say("  highest memory of it", format!("{:.0}", self.memory_mb), "MB");
        for (name, spread) in [("laid down", &self.from_laying), ("confirming sighting", &self.from_sighting)]
        {
            let figure = format!("  weapon: {name} to a screen, of {LAID} the middle / the longest");
            table.say(figure, format!("{:.0} / {:.0}", spread.at_ms(0.5), spread.at_ms(1.0)), "ms");
        }
    }
}

/// A badge, and weapons one after the other: how long until a screen says OUT, counted from the first sighting and from
/// the one that confirms.
fn lay_down(reader: &Flood, screen: &mut Screen) -> Outcome<(Spread, Spread)> {
    let sightings = Presence::default().sightings;
    completed(&reader.lay(tag(badge_epc(0)?)), sightings, PATIENCE)?;
    screen.until_person()?;
    let (mut from_laying, mut from_sighting) = (Spread::default(), Spread::default());
    for number in TAGS..TAGS + LAID {
        let id = weapon_id(number);
        let told = reader.lay(tag(weapon_epc(number)?));
        let shown = screen.until_out(id.as_str())?;
        let (first, confirms) = completed(&told, sightings, PATIENCE)?;
        from_laying.add(shown.saturating_duration_since(first));
        from_sighting.add(shown.saturating_duration_since(confirms));
        std::thread::sleep(APART);
    }
    Ok((from_laying, from_sighting))
}

/// A screen, as far as the desk and the newest verdicts go.
pub struct Screen {
    lines: BufReader<UnixStream>,
    desk: Option<DeskView>,
    pub recent: Vec<Recent>,
}

impl Screen {
    /// Attaches one.
    pub fn attach(socket: &Path) -> Outcome<Self> {
        let mut stream = UnixStream::connect(socket)?;
        stream.set_read_timeout(Some(PATIENCE))?;
        let hello = FromClient::Hello { protocol: PROTOCOL, watch: true, pace_ms: 0 };
        writeln!(stream, "{}", serde_json::to_string(&hello)?)?;
        Ok(Self { lines: BufReader::new(stream), desk: None, recent: Vec::new() })
    }

    /// Reads on until the picture is as wanted; gives the moment.
    pub fn until(&mut self, what: &str, mut wanted: impl FnMut(&Self) -> bool) -> Outcome<Instant> {
        let began = Instant::now();
        loop {
            let mut line = String::new();
            if self.lines.read_line(&mut line)? == 0 || began.elapsed() > PATIENCE {
                return refuse(format!("see {what}: the newest is {:?}", self.recent.first()));
            }
            let now = Instant::now();
            match serde_json::from_str(&line)? {
                FromStation::Picture { view, .. } => {
                    self.desk = Some(view.desk);
                    self.recent = view.recent;
                }
                FromStation::Change { mut set, .. } => {
                    if let Some(desk) = set.remove("desk") {
                        self.desk = Some(serde_json::from_value(desk)?);
                    }
                    if let Some(recent) = set.remove("recent") {
                        self.recent = serde_json::from_value(recent)?;
                    }
                }
                _ => {}
            }
            if wanted(self) {
                return Ok(now);
            }
        }
    }

    /// Waits until somebody stands at the desk.
    pub fn until_person(&mut self) -> Outcome<Instant> {
        self.until("who stands there", |screen| {
            screen.desk.as_ref().is_some_and(|desk| desk.person.is_some())
        })
    }

    /// Waits until `weapon` is said to go out.
    fn until_out(&mut self, weapon: &str) -> Outcome<Instant> {
        self.until(&format!("{weapon} go out"), |screen| {
            screen.recent.iter().any(|line| line.item == weapon && line.verdict == Verdict::Out)
        })
    }
}

/// The station's picture once its figures stay as they are.
fn settled(socket: &Path) -> Outcome<View> {
    let began = Instant::now();
    let mut before = status(socket)?;
    loop {
        std::thread::sleep(SETTLED);
        let now = status(socket)?;
        if (now.inbox.reads_taken, now.inbox.reads_dropped)
            == (before.inbox.reads_taken, before.inbox.reads_dropped)
        {
            return Ok(now);
        }
        if began.elapsed() > PATIENCE {
            return refuse("see the readers fall silent");
        }
        before = now;
    }
}

/// What `armoury status --json` prints.
pub fn status(socket: &Path) -> Outcome<View> {
    let mut command = Command::new(env!("CARGO_BIN_EXE_armoury"));
    let said = command.args(["status", "--json", "--socket"]).arg(socket).output()?;
    if !said.status.success() {
        return refuse(format!("ask the station: {}", String::from_utf8_lossy(&said.stderr)));
    }
    Ok(serde_json::from_slice(&said.stdout)?)
}

/// The readers and the desk of the configuration.
fn sections(floods: &[(Family, Flood)]) -> String {
    let mut text = format!("\n[desk]\nwindow_ms = {WINDOW_MS}\n");
    for (number, (family, flood)) in floods.iter().enumerate() {
        text += &format!(
            "\n[[reader]]\nname = \"reader {number}\"\nprotocol = \"{}\"\nport = \"{}\"\n\
             read_point = \"lane {number}\"\nread_tid = false\n",
            family.word(),
            flood.path().display(),
        );
    }
    text
}

fn tag(epc: Vec<u8>) -> BenchTag {
    BenchTag { epc, tid: None, antenna: 1, rssi_dbm: RSSI_DBM, read_rate: 1.0 }
}

fn sleep_until(then: Instant) {
    std::thread::sleep(then.saturating_duration_since(Instant::now()));
}

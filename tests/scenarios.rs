//! Stories at the desk, one file each in `tests/scenarios`: who is in the book, what is shown and when, which entries
//! must follow, how things stand in the end. To add one, add a file; a failure shows what was expected beside what
//! came.

mod common;
#[path = "common/compare.rs"]
mod compare;
#[path = "common/crates.rs"]
mod crates;
#[path = "common/large.rs"]
mod large;
#[path = "common/ranges.rs"]
mod ranges;
#[path = "common/story.rs"]
mod story;

use std::path::{Path, PathBuf};

use armoury::domain::{Mode, PersonId, Reason, Role};
use armoury::ledger::Record;
use armoury::scan::TagReading;
use armoury::station::input::{Asked, DeviceKind, DeviceReport, DeviceState, Input};
use armoury::station::pins;
use armoury::station::protocol::{Ask, Outcome};
use armoury::station::view::AlarmState;
use common::{Station, TICK_MS};
use compare::{compare, compare_end};
use crates::with_papers;
use story::{Power, Reader, Show, Store, Story, hex, ms, wall_ms};

/// How often a tag is read and a code seen where a story says nothing.
const EVERY_MS: u64 = 200;

/// How long something is shown where a story says nothing.
const LASTING_MS: u64 = 1_000;

/// How long a story goes on after its last presentation: longer than any waiting time of the desk.
const AFTER_MS: u64 = 30_000;

#[test]
fn every_story_ends_as_it_is_told() {
    let mut failures = String::new();
    let files = stories();
    for file in &files {
        let name = name(file);
        let outcome = std::panic::catch_unwind(|| play(&read(file)));
        match outcome {
            Ok(Ok(())) => println!("{name}: as told"),
            Ok(Err(differences)) => failures.push_str(&format!("\n{name}\n{differences}")),
            Err(panic) => failures.push_str(&format!("\n{name}\n{}", words_of(panic.as_ref()))),
        }
    }
    println!("{} stories", files.len());
    assert!(failures.is_empty(), "{failures}");
}

#[test]
fn every_reason_has_its_story() {
    let told: Vec<Reason> =
        stories().iter().flat_map(|file| read(file).entry).filter_map(|entry| entry.reason).collect();
    for reason in Reason::ALL {
        assert!(told.contains(reason), "no story tells of {}", reason.word());
        let file = folder().join(format!("{}.toml", reason.word()));
        assert!(file.is_file(), "the story of {} has no file of its name", reason.word());
    }
}

/// A file in the wrong place, or of the wrong kind, would be a story nobody hears.
#[test]
fn every_file_here_is_played() {
    for (place, ending) in [("scenarios", "toml"), ("replays", "jsonl")] {
        for entry in std::fs::read_dir(folder().with_file_name(place)).expect("the folder is there") {
            let path = entry.expect("the folder can be read").path();
            assert!(
                path.extension().is_some_and(|found| found == ending),
                "{} is not played",
                path.display()
            );
        }
    }
    let told: Vec<Story> = stories().iter().map(|file| read(file)).collect();
    for entry in std::fs::read_dir(folder().with_file_name("replays")).expect("the folder is there") {
        let path = entry.expect("the folder can be read").path();
        let file = path.file_name().and_then(|name| name.to_str()).expect("a plain name");
        let replayed = told.iter().any(|story| story.replay.as_deref() == Some(file));
        assert!(replayed, "no story plays {file}");
    }
}

#[test]
fn an_unknown_key_in_a_story_is_refused() {
    let text = std::fs::read_to_string(folder().join("no_badge.toml")).expect("the story is there");
    let story: Result<Story, _> = toml::from_str(&format!("storry = \"x\"\n{text}"));
    let error = story.expect_err("a key nobody knows").to_string();
    assert!(error.contains("storry"), "{error}");
}

/// Something happens at a time.
enum Happening<'a> {
    Input(Box<dyn Fn() -> Input + 'a>),
    Clock(i64),
    Power,
    Ledger(Store),
    Command(&'a Story, &'a Show),
}

/// Plays a story; answers with what differs from how it is told.
fn play(story: &Story) -> Result<(), String> {
    let settings = &story.settings;
    let mut station = Station::start(&story.book(), story.desk(), story.presence(), wall_ms(&settings.clock));
    let first = station.armoury().head;
    let mut log = Log::default();
    match &story.replay {
        Some(file) => play_recording(&mut station, file, &mut log, first),
        None => play_timeline(&mut station, story, &mut log, first),
    }
    station.check_whole();
    let mut differences = compare(story, &log);
    differences.push_str(&compare_end(story, &station));
    // Starting again from the ledger alone gives the same armoury.
    let before = station.armoury().weapons().cloned().collect::<Vec<_>>();
    station.restart_in_order();
    assert_eq!(before, station.armoury().weapons().cloned().collect::<Vec<_>>(), "a restart changes nothing");
    station.check_whole();
    if differences.is_empty() { Ok(()) } else { Err(differences) }
}

/// What was entered, with what the screen said at that moment.
#[derive(Default)]
struct Log {
    entries: Vec<Noted>,
}

struct Noted {
    record: Record,
    screen: String,
    alarms: usize,
}

impl Log {
    fn note(&mut self, station: &Station, first: u64) {
        let seen = self.entries.last().map_or(first, |noted| noted.record.seq);
        let view = station.shown();
        let alarms = view.alarms.iter().filter(|alarm| alarm.state == AlarmState::New).count();
        for record in station.entries(seen) {
            self.entries.push(Noted { record, screen: view.desk.verdict.word().into(), alarms });
        }
    }
}

fn play_timeline(station: &mut Station, story: &Story, log: &mut Log, first: u64) {
    let mut timeline: Vec<(u64, Happening<'_>)> = Vec::new();
    for show in &story.show {
        happen(story, show, &mut timeline);
    }
    timeline.sort_by_key(|(at_ms, _)| *at_ms);
    let last_ms = timeline.last().map_or(0, |(at_ms, _)| *at_ms);
    let end_ms = last_ms + story.end.after.as_deref().map_or(AFTER_MS, ms);
    let start_ms = station.mono_ms;
    let mut timeline = timeline.into_iter().peekable();
    for tick_ms in (TICK_MS..=end_ms).step_by(TICK_MS as usize) {
        while let Some((at_ms, happening)) = timeline.next_if(|(at_ms, _)| *at_ms < tick_ms) {
            station.mono_ms = start_ms + at_ms;
            take(station, happening);
            log.note(station, first);
        }
        station.mono_ms = start_ms + tick_ms;
        station.feed(Input::Tick);
        log.note(station, first);
    }
}

fn play_recording(station: &mut Station, file: &str, log: &mut Log, first: u64) {
    let path = folder().with_file_name("replays").join(file);
    let start_ms = station.mono_ms;
    armoury::station::recording::read(&path, |stamped| {
        let mono_ms = start_ms + stamped.at.mono_ms;
        station.mono_ms = mono_ms;
        station.wall_offset_ms = stamped.at.wall_ms - mono_ms as i64;
        station.feed(stamped.input);
        log.note(station, first);
    })
    .expect("the recording can be read");
}

fn take(station: &mut Station, happening: Happening<'_>) {
    match happening {
        Happening::Input(input) => station.feed(input()),
        Happening::Clock(wall_ms) => station.wall_offset_ms = wall_ms - station.mono_ms as i64,
        Happening::Power => {
            station.power_off();
            station.power_on();
        }
        Happening::Ledger(Store::Fails) => station.break_ledger(),
        Happening::Ledger(Store::Works) => station.mend_ledger(),
        Happening::Command(story, show) => command(station, story, show),
    }
}

/// Somebody types a command, and is answered as told.
fn command(station: &mut Station, story: &Story, show: &Show) {
    let line = show.command.as_deref().expect("a command");
    let written = with_papers(line, &story.crates, &story.receipt, station.armoury());
    let with_pins = show.with_pins(&written.line);
    let (what, said) = match armoury::cli::trace::question(with_pins.line(), &station.reader) {
        Some(question) => question.unwrap_or_else(|error| panic!("{line}: {error}")),
        None => {
            let asked = armoury::cli::act::ask_of(with_pins.line());
            (asked.unwrap_or_else(|error| panic!("{line}: {error}")), String::new())
        }
    };
    let told = show.told.as_deref().unwrap_or_default();
    assert!(said.contains(told), "{line}: told {told:?}, came\n{said}");
    let (reply, mut answer) = tokio::sync::oneshot::channel();
    let mut what = what;
    // As the socket does, before an ask enters the inbox.
    let roster = station.reader.roster().expect("the table beside the ledger");
    let kept = |person: &PersonId| Ok(roster.kept(person).and_then(|kept| kept.pin.clone()));
    if let Err(why) = pins::check(&mut what, kept) {
        return told_no(line, &why, show);
    }
    let role = Some(Role::Supervisor);
    let asked = Asked { role, user: None, command: None, what, reply: Some(reply) };
    station.feed(Input::Ask(Box::new(asked)));
    let answer = answer.try_recv();
    // Whoever lets readers listen is answered when they have done.
    if answer.is_err() && line.starts_with("count sweep") && show.refused.is_none() {
        return;
    }
    match (answer.expect("every command is answered"), &show.refused) {
        (Outcome::Done(_), None) => {}
        (Outcome::Refused { why }, _) => told_no(line, &why, show),
        (Outcome::Done(_), Some(told)) => panic!("{line}: told that {told:?}, but it was done"),
    }
}

/// The answer is no, for the reason that is told.
fn told_no(line: &str, why: &str, show: &Show) {
    match &show.refused {
        Some(told) if why.contains(told) => {}
        Some(told) => panic!("{line}: told that {told:?}, came {why:?}"),
        None => panic!("{line}: refused: {why}"),
    }
}

/// Spreads one line of a story over time.
fn happen<'a>(story: &'a Story, show: &'a Show, timeline: &mut Vec<(u64, Happening<'a>)>) {
    let at_ms = ms(&show.at);
    if let Some(clock) = &show.clock {
        timeline.push((at_ms, Happening::Clock(wall_ms(clock))));
    }
    if let Some(mode) = show.key {
        timeline.push((at_ms, Happening::Input(Box::new(move || press(mode)))));
    }
    if show.power == Some(Power::Fails) {
        timeline.push((at_ms, Happening::Power));
    }
    if let Some(store) = show.ledger {
        timeline.push((at_ms, Happening::Ledger(store)));
    }
    if let Some(reader) = show.reader {
        let state = match reader {
            Reader::Up => DeviceState::Up,
            Reader::Down => DeviceState::Down,
        };
        timeline.push((at_ms, Happening::Input(Box::new(move || reader_is(state)))));
    }
    if show.command.is_some() {
        timeline.push((at_ms, Happening::Command(story, show)));
    }
    let Some(reading) = reading(story, show) else { return };
    let every_ms = show.every.as_deref().map_or(EVERY_MS, ms);
    let lasting_ms = show.lasting.as_deref().map_or(LASTING_MS, ms);
    let reading = std::rc::Rc::new(reading);
    for offset_ms in (0..=lasting_ms).step_by(every_ms as usize) {
        let reading = std::rc::Rc::clone(&reading);
        timeline.push((at_ms + offset_ms, Happening::Input(Box::new(move || reading()))));
    }
}

/// One reading of what a line shows.
fn reading<'a>(story: &'a Story, show: &'a Show) -> Option<Box<dyn Fn() -> Input + 'a>> {
    let tag_place = show.place.as_deref().unwrap_or("pad");
    let code_place = show.place.as_deref().unwrap_or("lens");
    let rssi_dbm = Some(show.rssi_dbm.unwrap_or(-55));
    let tag = move |epc: Vec<u8>| -> Box<dyn Fn() -> Input + 'a> {
        let tid = show.tid.as_deref().map(hex);
        let antenna = story.antenna_at(tag_place);
        Box::new(move || at_antenna(antenna, common::tag(epc.clone(), tag_place, rssi_dbm, tid.clone())))
    };
    let code = move |text: String| -> Box<dyn Fn() -> Input + 'a> {
        Box::new(move || common::code(&text, code_place))
    };
    let things = [
        show.badge.as_ref().map(|person| match story.is_printed(person) {
            true => code(common::badge_text(person)),
            false => tag(common::badge_epc(person)),
        }),
        show.tag.as_ref().map(|id| tag(common::weapon_epc(id))),
        show.mark.as_ref().map(|id| code(common::weapon_mark(id))),
        show.card.as_ref().map(|word| code(format!("CMD:{word}"))),
        show.code.as_ref().map(|text| code(text.clone())),
        show.epc.as_ref().map(|epc| tag(hex(epc))),
    ];
    let mut things = things.into_iter().flatten();
    let thing = things.next();
    assert!(things.next().is_none(), "one thing a line: {show:?}");
    thing
}

/// Another antenna of the reader heard it.
fn at_antenna(antenna: u8, input: Input) -> Input {
    match input {
        Input::Tag(reading) => Input::Tag(TagReading { antenna, ..reading }),
        other => other,
    }
}

/// The reader has something to say about itself.
fn reader_is(state: DeviceState) -> Input {
    let (name, detail) = (common::READER.into(), String::new());
    Input::Device(DeviceReport {
        name,
        kind: DeviceKind::Reader,
        state,
        detail,
        identity: None,
        figures: None,
        camera: None,
    })
}

fn press(mode: Mode) -> Input {
    let what = Ask::SetMode { mode };
    Input::Ask(Box::new(Asked { role: Some(Role::Armourer), user: None, command: None, what, reply: None }))
}

fn folder() -> PathBuf {
    Path::new(env!("CARGO_MANIFEST_DIR")).join("tests/scenarios")
}

/// Every story, by name.
fn stories() -> Vec<PathBuf> {
    let entries = std::fs::read_dir(folder()).expect("the stories are there");
    let mut files: Vec<PathBuf> =
        entries.map(|entry| entry.expect("the folder can be read").path()).collect();
    files.sort();
    assert!(files.len() >= Reason::ALL.len(), "stories are missing");
    files
}

fn read(file: &Path) -> Story {
    let text = std::fs::read_to_string(file).expect("the story can be read");
    let mut table: toml::Table =
        toml::from_str(&text).unwrap_or_else(|error| panic!("{}: {error}", name(file)));
    ranges::expand(&mut table);
    let story: Story = table.try_into().unwrap_or_else(|error| panic!("{}: {error}", name(file)));
    assert!(!story.story.trim().is_empty(), "{}: say what happens", name(file));
    story
}

fn name(file: &Path) -> String {
    file.file_name().map(|name| name.to_string_lossy().into_owned()).unwrap_or_default()
}

fn words_of(panic: &(dyn std::any::Any + Send)) -> String {
    let text = panic.downcast_ref::<String>().cloned();
    text.or_else(|| panic.downcast_ref::<&str>().map(ToString::to_string)).unwrap_or_else(|| "a panic".into())
}

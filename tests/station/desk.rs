//! Soldiers at the desk: what they show and what the station answers.

use std::thread;
use std::time::Duration;

use armoury_hardware::bench::{BenchReader, BenchTag};
use serde_json::Value;

use crate::bench::{badge, weapon};
use crate::house::{House, PATIENCE};
use crate::watcher::Watcher;

/// Longer than a tag counts as present after its last reading.
const GONE: Duration = Duration::from_millis(900);

/// How long the next soldier takes to step up at least: what is shown sooner after an answer lies in one pile with what
/// was answered, and is the answered soldier's.
const STEP_UP: Duration = Duration::from_millis(600);

/// Longest a soldier waits before they show everything again.
const SHOW_AGAIN: Duration = Duration::from_secs(8);

/// The soldier shows badge and weapon until the weapon went out; gives the line of the recent list.
pub fn draws(reader: &BenchReader, watcher: &mut Watcher, person: u32, number: u32) -> Value {
    show(reader, watcher, &[badge(person), weapon(number)], &answered("OUT", number))
}

/// The soldier shows badge and weapon until the weapon came in.
pub fn brings(reader: &BenchReader, watcher: &mut Watcher, person: u32, number: u32) -> Value {
    show(reader, watcher, &[badge(person), weapon(number)], &answered("IN", number))
}

/// Shows tags until something new stands in the recent list and is as wanted; takes them away again.
pub fn show(
    reader: &BenchReader,
    watcher: &mut Watcher,
    tags: &[BenchTag],
    wanted: &dyn Fn(&Value) -> bool,
) -> Value {
    let before = newest(&watcher.until("a picture", |_| true));
    for _ in 0..4 {
        for tag in tags {
            reader.place(tag.clone());
        }
        let mut found = None;
        let answered = watcher.within(SHOW_AGAIN, |view| {
            let recent = view["recent"].as_array().expect("a list");
            let new = |line: &&Value| line["seq"].as_u64() > Some(before);
            found = recent.iter().filter(new).find(|line| wanted(line)).cloned();
            found.is_some()
        });
        reader.clear();
        if let (Ok(_), Some(line)) = (answered, found) {
            thread::sleep(STEP_UP);
            return line;
        }
        thread::sleep(GONE);
    }
    panic!("not answered as wanted: {:#}", watcher.until("a picture", |_| true));
}

impl Watcher {
    /// Waits until the picture is as wanted.
    pub fn until(&mut self, what: &str, wanted: impl FnMut(&Value) -> bool) -> Value {
        self.within(PATIENCE, wanted).unwrap_or_else(|shown| {
            panic!("{what}: waited {PATIENCE:?}, shown is {shown:#}");
        })
    }

    /// The same for a shorter time; when it is over, what is shown then.
    pub fn within(&mut self, time: Duration, mut wanted: impl FnMut(&Value) -> bool) -> Result<Value, Value> {
        let (mut found, mut shown) = (false, Value::Null);
        let alive = self.look(time, |view| {
            found = wanted(view);
            shown.clone_from(view);
            found
        });
        assert!(alive, "the station hung up; shown was {shown:#}");
        if found { Ok(shown) } else { Err(shown) }
    }
}

/// Lets everything that was shown leave the field.
pub fn step_back(reader: &BenchReader) {
    reader.clear();
    thread::sleep(GONE);
}

/// A line of the recent list about weapon `number`.
pub fn answered(verdict: &'static str, number: u32) -> impl Fn(&Value) -> bool {
    move |line| line["verdict"] == verdict && line["item"] == format!("W{number:02}")
}

/// The number of the newest line of the recent list.
fn newest(view: &Value) -> u64 {
    view["recent"][0]["seq"].as_u64().unwrap_or(0)
}

/// The entries of presentations.
pub fn desk_entries(house: &House) -> Vec<Value> {
    house.entries().into_iter().filter(|entry| !entry["verdict"].is_null()).collect()
}

/// Waits until the device's line says so; gives its detail.
pub fn device_is(watcher: &mut Watcher, name: &str, state: &str) -> String {
    let view = watcher.until(&format!("{name} is {state}"), |view| line_of(view, name)["state"] == state);
    line_of(&view, name)["detail"].as_str().expect("a text").to_owned()
}

/// A device's line.
pub fn line_of<'v>(view: &'v Value, name: &str) -> &'v Value {
    let devices = view["devices"].as_array().expect("a list");
    devices.iter().find(|device| device["name"] == name).unwrap_or(&Value::Null)
}

/// Waits for an entry.
pub fn entry(house: &House, what: &str, wanted: impl Fn(&Value) -> bool) -> Value {
    let mut found = None;
    crate::house::until(what, || {
        found = house.entries().into_iter().find(&wanted);
        found.is_some()
    });
    found.expect("it was waited for")
}

//! No room on the disk, and files that may not grow.

use std::fs::{self, File};
use std::io::{ErrorKind, Write};
use std::path::Path;
use std::process::{Command, Stdio};

use rustix::process::{Resource, Rlimit, prlimit};
use serde_json::Value;

use crate::bench::{badge, weapon};
use crate::desk::{brings, desk_entries, draws, entry, step_back};
use crate::house::{House, Said};
use crate::watcher::Watcher;

/// Tells the child that it may mount what it likes.
const OWN_MOUNTS: &str = "ARMOURY_TEST_OWN_MOUNTS";

#[test]
fn a_ledger_that_cannot_grow_grants_nothing_and_comes_back() {
    let house = House::new("--live");
    let reader = house.reader();
    let station = house.station();
    let mut watcher = Watcher::attach(&house.socket());
    draws(&reader, &mut watcher, 1, 1);
    let before = house.entries().len();
    let limit = |most| {
        let limits = Rlimit { current: most, maximum: None };
        prlimit(Some(station.pid()), Resource::Fsize, limits).expect("our child");
    };

    limit(Some(4096));
    present(&reader, 2, 2);
    let said = watcher.until("nothing is granted", not_saved);
    assert_eq!(said["desk"]["verdict"], "STOP");
    assert_eq!(said["desk"]["seq"], Value::Null);
    assert_eq!(said["desk"]["now"], "Item stays. Paper register. Call signals.");
    assert_eq!(said["counts"]["out"], 1);
    step_back(&reader);
    // A return is stopped by nothing but this.
    present(&reader, 1, 1);
    watcher.until("the return is told as not saved", |view| {
        not_saved(view) && view["desk"]["items"][0]["id"] == "W01"
    });
    assert_eq!(house.entries().len(), before);
    step_back(&reader);

    limit(None);
    brings(&reader, &mut watcher, 1, 1);
    draws(&reader, &mut watcher, 2, 3);
    watcher.until("the store is well again", |view| view["store"]["state"] == "ok");
    assert_eq!(station.stop().status, Some(0));
    house.armoury(&["ledger", "verify"]).done();
    assert_eq!(told(&house), [("issued", "W01"), ("returned", "W01"), ("issued", "W03")].map(owned));
}

#[test]
fn a_full_disk() {
    let mut command = Command::new("unshare");
    command.args(["--mount", "--propagation", "private"]);
    if !rustix::process::geteuid().is_root() {
        command.arg("--map-root-user");
    }
    let mut can_mount = Command::new("unshare");
    can_mount.args(command.get_args()).args(["mount", "-t", "tmpfs", "none", "/tmp"]);
    if !can_mount.stderr(Stdio::null()).status().is_ok_and(|status| status.success()) {
        println!("DID NOT RUN: this system lets nobody mount a small disk");
        return;
    }
    let program = std::env::current_exe().expect("this program");
    command.arg(program).args(["--exact", "full::in_mounts_of_its_own", "--nocapture"]).env(OWN_MOUNTS, "1");
    let said = Said::of(&mut command);
    print!("{}{}", said.out, said.err);
    assert_eq!(said.status, Some(0));
    assert!(said.out.contains("1 passed"));
}

/// The other half of the story above, in a name space where a small disk can be mounted.
#[test]
fn in_mounts_of_its_own() {
    if std::env::var_os(OWN_MOUNTS).is_none() {
        return;
    }
    let disk = tempfile::tempdir().expect("a folder");
    let mount =
        Command::new("mount").args(["-t", "tmpfs", "-o", "size=160m", "none"]).arg(disk.path()).status();
    assert!(mount.expect("mount").success());
    let house = House::under(disk.path(), "--live");
    let filler = disk.path().join("filler");
    let reader = house.reader();
    let station = house.station();
    let mut watcher = Watcher::attach(&house.socket());
    draws(&reader, &mut watcher, 1, 1);
    draws(&reader, &mut watcher, 1, 2);

    fill(&filler);
    present(&reader, 2, 3);
    let said = watcher.until("nothing is granted", not_saved);
    assert_eq!((&said["desk"]["verdict"], &said["counts"]["out"]), (&"STOP".into(), &2.into()));
    assert_eq!(said["store"]["state"], "full");
    entry(&house, "one entry says so", |entry| {
        entry["kind"] == "store" && entry["detail"].as_str().is_some_and(|text| text.starts_with("disk_full"))
    });
    step_back(&reader);
    brings(&reader, &mut watcher, 1, 1);
    step_back(&reader);
    present(&reader, 2, 4);
    watcher.until("still nothing leaves", |view| not_saved(view) && view["desk"]["items"][0]["id"] == "W04");
    step_back(&reader);

    fs::remove_file(&filler).expect("removed");
    watcher.until("there is room again", |view| view["store"]["state"] == "ok");
    draws(&reader, &mut watcher, 2, 5);
    step_back(&reader);

    // This time the one that meets the full disk is a return.
    fill(&filler);
    brings(&reader, &mut watcher, 1, 2);
    assert_eq!(watcher.until("it is full", |_| true)["store"]["state"], "full");
    assert_eq!(station.stop().status, Some(0));

    // Nothing left at all, the ballast neither: who cannot write does not start, and says why.
    fill(&filler);
    let said = Said::of(&mut house.run(&[])).with(3);
    assert!(
        ["the disk is full", "is the disk full"].iter().any(|words| said.err.contains(words)),
        "{}",
        said.err
    );
    fs::remove_file(&filler).expect("removed");
    let station = house.station();
    let mut watcher = Watcher::attach(&house.socket());
    draws(&reader, &mut watcher, 2, 6);
    assert_eq!(station.stop().status, Some(0));
    house.armoury(&["ledger", "verify"]).done();
    let moved = ["issued", "issued", "returned", "issued", "returned", "issued"];
    let weapons = ["W01", "W02", "W01", "W05", "W02", "W06"];
    assert_eq!(told(&house), moved.into_iter().zip(weapons).map(owned).collect::<Vec<_>>());
}

fn present(reader: &armoury_hardware::bench::BenchReader, person: u32, number: u32) {
    reader.place(badge(person));
    reader.place(weapon(number));
}

fn not_saved(view: &Value) -> bool {
    view["desk"]["why"].as_str().is_some_and(|why| why.starts_with("The record could not be saved"))
}

fn told(house: &House) -> Vec<(String, String)> {
    let word = |value: &Value| value.as_str().expect("a word").to_owned();
    desk_entries(house).iter().map(|entry| (word(&entry["kind"]), word(&entry["weapon"]))).collect()
}

fn owned((kind, weapon): (&str, &str)) -> (String, String) {
    (kind.to_owned(), weapon.to_owned())
}

/// Takes the last byte of room.
fn fill(path: &Path) {
    let mut file = File::options().create(true).append(true).open(path).expect("a file");
    for size in [1 << 20, 4096, 1] {
        let block = vec![0x55; size];
        loop {
            match file.write_all(&block) {
                Ok(()) => {}
                Err(error) if error.kind() == ErrorKind::StorageFull => break,
                Err(error) => panic!("fill the disk: {error}"),
            }
        }
    }
}

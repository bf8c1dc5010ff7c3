//! Tags written, locked and checked at readers of every family: with the real program, on its own and beside a station.

use std::fs;
use std::os::unix::fs::PermissionsExt;
use std::process::Stdio;

use armoury_hardware::bench::{BenchReader, BenchSettings, BenchTag};
use armoury_hardware::reader::Family;
use serde_json::Value;

use crate::bench::{hex, weapon_epc};
use crate::desk::device_is;
use crate::house::{House, until};
use crate::watcher::Watcher;

/// What a chip holds before anybody wrote it.
const BLANK: [u8; 12] = [0xE2, 0x80, 0x11, 0x60, 0x60, 0, 2, 9, 0, 0, 0, 1];

fn blank(number: u8) -> BenchTag {
    let mut epc = BLANK.to_vec();
    epc[11] = number;
    let tid = [0xE2, 0x80, 0x11, 0x60, 0x20, 0, 0, 0, 0, 0, 0, number];
    BenchTag { epc, tid: Some(tid.to_vec()), antenna: 1, rssi_dbm: -45, read_rate: 1.0 }
}

/// A house whose one reader speaks `family`.
fn house_with(family: Family) -> (House, BenchReader) {
    let house = House::new("--exercise");
    let link = (family != Family::Llrp).then(|| house.data().parent().expect("a folder").join("hatch"));
    let bench = BenchReader::start_with(BenchSettings { family, link, ..BenchSettings::default() });
    let bench = bench.expect("a reader");
    let configuration = format!(
        "[station]\nid = \"alpha\"\ndata = \".\"\n\n[[reader]]\nname = \"bench\"\nprotocol = \"{}\"\nport = \"{}\"\n\
         read_point = \"hatch\"\nregion = \"eu\"\n",
        family.word(),
        bench.path().display()
    );
    fs::write(house.data().join("station.toml"), configuration).expect("a file");
    (house, bench)
}

fn object(house: &House, arguments: &[&str]) -> Value {
    house.armoury(&[arguments, &["--json"]].concat()).done().objects().remove(0)
}

#[test]
fn a_tag_is_written_locked_and_checked_at_a_mercury_reader() {
    written_locked_and_checked(Family::Mercury);
}

#[test]
fn a_tag_is_written_locked_and_checked_at_a_r2000_reader() {
    written_locked_and_checked(Family::R2000);
}

#[test]
fn a_tag_is_written_locked_and_checked_at_a_m100_reader() {
    written_locked_and_checked(Family::M100);
}

#[test]
fn a_tag_is_written_locked_and_checked_at_a_uhfreader18_reader() {
    written_locked_and_checked(Family::Uhfreader18);
}

#[test]
fn a_tag_is_written_locked_and_checked_at_a_llrp_reader() {
    written_locked_and_checked(Family::Llrp);
}

fn written_locked_and_checked(family: Family) {
    let (house, bench) = house_with(family);
    let said = house.armoury(&["tag", "check"]).with(1);
    assert!(said.err.contains("no tag answers"), "{family:?}: {}", said.err);
    bench.place(blank(1));
    let epc = hex(&weapon_epc(7));
    let written = object(&house, &["tag", "write", "--weapon", "W07"]);
    assert_eq!((&written["epc"], &written["was"]), (&epc.clone().into(), &hex(&BLANK).into()), "{family:?}");
    assert_eq!(hex(&bench.tags()[0].epc), epc, "{family:?}");
    let checked = object(&house, &["tag", "check"]);
    assert_eq!(
        (&checked["epc_locked"], &checked["as_in_the_book"]),
        (&false.into(), &true.into()),
        "{checked}"
    );
    assert_eq!(object(&house, &["tag", "lock"])["locked"], true, "{family:?}");
    let checked = object(&house, &["tag", "check"]);
    assert_eq!(checked["epc_locked"], true, "{family:?}: {checked}");
    assert_eq!(checked["recorded_password_works"], true, "{family:?}: {checked}");
    assert_eq!(
        (&checked["access_password"], &checked["kill_password"]),
        (&"locked".into(), &"locked".into())
    );

    // A second tag arrives: nothing is written to either.
    bench.place(blank(2));
    let said = house.armoury(&["tag", "write", "--epc", "30340242201d8840000000c8"]).with(1);
    assert!(said.err.contains("2 tags answer and one may be written"), "{family:?}: {}", said.err);
    bench.remove(&blank(2).epc);
    // Locked, it is still written by whoever has its password.
    let other = object(&house, &["tag", "write", "--epc", "30340242201d8840000000c8"]);
    // The chip is on record under another EPC, and whoever wrote is told.
    assert_eq!(other["as_in_the_book"], false, "{family:?}: {other}");
    assert!(other["book"].as_str().is_some_and(|says| says.contains("the chip of W07")), "{other}");
    assert_eq!(object(&house, &["tag", "check"])["as_in_the_book"], false, "{family:?}");
    object(&house, &["tag", "write", "--weapon", "W07"]);

    let secret = object(&house, &["tag", "password", &epc]);
    let access = secret["access_password"].as_str().expect("hex").to_owned();
    let book: String = house.entries().iter().map(Value::to_string).collect();
    assert!(!book.contains(&access) && book.contains("password_shown"), "{family:?}");
    let kept = house.data().join("tag-passwords.db");
    assert_eq!(fs::metadata(&kept).expect("there").permissions().mode() & 0o777, 0o600);

    // Somebody else's lock.
    fs::remove_file(kept).expect("gone");
    let said = house.armoury(&["tag", "lock"]).with(1);
    assert!(
        said.err.contains("locked with a password that is not on record here"),
        "{family:?}: {}",
        said.err
    );
    let said = house.armoury(&["tag", "write", "--epc", "30340242201d8840000000c8"]).with(1);
    assert!(said.err.contains("locked"), "{family:?}: {}", said.err);
    assert_eq!(bench.complaints(), Vec::<String>::new(), "{family:?}");
}

#[test]
fn a_lock_that_the_power_cut_short_is_taken_up_again() {
    let (house, bench) = house_with(Family::R2000);
    bench.place(blank(1));
    object(&house, &["tag", "write", "--weapon", "W07"]);
    let kept = house.data().join("tag-passwords.db");
    let data = house.data();
    let arguments = ["tag", "lock", "--data", data.to_str().expect("UTF-8")];
    let mut child = std::process::Command::new(env!("CARGO_BIN_EXE_armoury"))
        .args(arguments)
        .stdout(Stdio::null())
        .stderr(Stdio::null())
        .spawn()
        .expect("the program");
    // The passwords are on record before the tag has them.
    until("the passwords are on record", || kept.exists() || child.try_wait().expect("our child").is_some());
    child.kill().expect("our child");
    child.wait().expect("our child");
    assert_eq!(object(&house, &["tag", "lock"])["locked"], true);
    let checked = object(&house, &["tag", "check"]);
    assert_eq!((&checked["epc_locked"], &checked["recorded_password_works"]), (&true.into(), &true.into()));
}

#[test]
fn a_tag_taken_away_while_it_is_written_is_told_and_taken_up_again_beside_a_running_station() {
    let (house, bench) = house_with(Family::R2000);
    let station = house.station();
    let mut watcher = Watcher::attach(&house.socket());
    device_is(&mut watcher, "bench", "ok");
    bench.place(BenchTag { read_rate: 1.0, ..blank(1) });
    let data = house.data();
    let writing = std::thread::spawn(move || {
        let data = data.to_str().expect("UTF-8").to_owned();
        crate::house::armoury(&["tag", "write", "--weapon", "W07", "--data", &data])
    });
    until("the EPC is written", || hex(&bench.tags()[0].epc) == hex(&weapon_epc(7)));
    bench.clear();
    let said = writing.join().expect("the command ended");
    // Gone before it was read back, or just after: never said to be good when it was not looked at.
    if said.status != Some(0) {
        assert_eq!(said.status, Some(1), "{}", said.err);
        assert!(said.err.contains("give the same command again"), "{}", said.err);
    }
    bench.place(BenchTag { epc: weapon_epc(7), ..blank(1) });
    let written = object(&house, &["tag", "write", "--weapon", "W07"]);
    assert_eq!(written["epc"], hex(&weapon_epc(7)));
    assert_eq!(object(&house, &["tag", "check"])["as_in_the_book"], true);
    assert_eq!(station.stop().status, Some(0));
}

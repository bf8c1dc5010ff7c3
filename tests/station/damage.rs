//! Keys, folders and ledger files as somebody should never leave them.

use std::fs::{self, Permissions};
use std::os::unix::fs::PermissionsExt;
use std::process::{Command, Stdio};

use crate::house::{ARMOURY, House, Said};

#[test]
fn without_its_key_a_station_does_not_start_and_says_what_to_do() {
    let house = House::new("--live");
    let key = house.data().join("station.key");
    let digits = fs::read(&key).expect("the key");
    fs::remove_file(&key).expect("removed");
    let said = Said::of(&mut house.run(&[])).with(3);
    for part in ["station.key", "No such file", "put its copy back"] {
        assert!(said.err.contains(part), "{part} is not in: {}", said.err);
    }
    fs::write(&key, "rubbish").expect("written");
    let said = Said::of(&mut house.run(&[])).with(3);
    assert!(said.err.contains("64 hex digits"), "{}", said.err);

    // A key that others can read is a warning: refusing would close the hatch.
    fs::write(&key, digits).expect("written");
    fs::set_permissions(&key, Permissions::from_mode(0o644)).expect("readable by all");
    let station = house.station();
    assert!(station.err().contains("chmod 600"), "{}", station.err());
    assert_eq!(station.stop().status, Some(0));
}

#[test]
fn a_damaged_ledger_ends_every_command_with_4() {
    let house = House::new("--live");
    let path = house.data().join("ledger.db");
    let whole = fs::read(&path).expect("the ledger");
    assert!(!house.data().join("ledger.db-wal").exists(), "commands leave no log behind");
    let mut overwritten = whole.clone();
    overwritten[..4096].fill(0x5A);
    let mut torn = whole.clone();
    let middle = torn.len() / 2;
    torn[middle..].fill(0);
    let damages: [(&str, Vec<u8>); 6] = [
        ("garbage", b"this is no ledger, and never was one.\n".repeat(400)),
        ("empty", Vec::new()),
        ("first page overwritten", overwritten),
        ("cut to a page", whole[..4096].to_vec()),
        ("cut in half, within a page", whole[..middle - 100].to_vec()),
        ("second half lost", torn),
    ];
    for (name, bytes) in damages {
        fs::write(&path, &bytes).expect("written");
        for command in [&["ledger", "verify"][..], &["ledger", "export", "--json"], &["weapon", "show"]] {
            let said = house.armoury(command);
            // Where the damage lies elsewhere, a command may not meet it; the check always does.
            let met = command[1] == "verify" || said.status != Some(0);
            let said = if met { said.with(4) } else { said };
            assert!(!met || said.err.contains("call headquarters"), "{name}: {}", said.err);
        }
        let said = Said::of(&mut house.run(&[])).with(4);
        assert!(said.err.contains("keep the folder as it is"), "{name}: {}", said.err);
        assert!(fs::read(&path).expect("the ledger") == bytes, "{name}: the evidence was touched");
    }
    fs::write(&path, whole).expect("written");
    assert_eq!(house.station().stop().status, Some(0));
}

#[test]
fn a_folder_that_cannot_be_written_to_can_be_read() {
    let house = House::new("--live");
    let data = house.data();
    let data = data.to_str().expect("UTF-8");
    let read_only = |arguments: &[&str]| {
        let mut command = Command::new("unshare");
        command.args(["--mount", "--propagation", "private"]);
        if !rustix::process::geteuid().is_root() {
            command.arg("--map-root-user");
        }
        let script = "mount --bind \"$0\" \"$0\" && mount -o remount,bind,ro \"$0\" || exit 77; exec \"$@\"";
        command.args(["sh", "-c", script, data]).args(arguments).stdin(Stdio::null());
        Said::of(&mut command)
    };
    if read_only(&["true"]).status != Some(0) {
        println!("DID NOT RUN: this system lets nobody mount a folder read-only");
        return;
    }
    let config = format!("{data}/station.toml");
    let said = read_only(&[ARMOURY, "run", "--config", &config]);
    let said = said.with(1);
    assert!(said.err.contains("Read-only file system") && said.err.contains(data), "{}", said.err);
    let told = read_only(&[ARMOURY, "weapon", "show", "W01", "--data", data]).done();
    assert!(told.out.contains("W01"), "{}", told.out);
    read_only(&[ARMOURY, "ledger", "verify", "--data", data]).done();
    let csv = house.write("more.csv", "id\nX1\n");
    let said = read_only(&[ARMOURY, "weapon", "import", &csv, "--data", data]).with(1);
    assert!(said.err.contains("may this user write to it?"), "{}", said.err);
    assert_eq!(house.station().stop().status, Some(0));
}

//! A bench from a script in a process of its own: readers of every family at one station, on lines gone bad.

use std::collections::BTreeSet;
use std::fs;
use std::process::{Command, Stdio};
use std::time::Duration;

use serde_json::Value;

use crate::bench::{badge_epc, hex, weapon_epc};
use crate::house::{ARMOURY, House, Station, armoury, until_within};

/// Protocol, make and number of the weapon that lies at it.
const LANES: [(&str, &str, u32); 7] = [
    ("r2000", "", 1),
    ("mercury", "", 2),
    ("uhfreader18", "", 3),
    ("uhfreader18", "cf", 4),
    ("m100", "", 5),
    ("m100", "aadd", 6),
    ("llrp", "", 7),
];

/// How often the whole row of lanes has its turn, and how long a turn is.
const TURNS: u64 = 6;
const TURN_MS: u64 = 2_000 * LANES.len() as u64;

/// How long all turns may take, and what comes before them.
const PATIENCE: Duration = Duration::from_secs(120);

/// A station with the times it has where nobody writes any.
const CONFIGURATION: &str = "[station]\nid = \"alpha\"\ndata = \".\"\n";

/// Every lane's reader; soldier 1 goes from lane to lane, where the weapons lie ready.
fn script() -> String {
    let nuisances = "{ cut_writes = 0.2, missed_reads = 0.2, wrong_checksums = 0.01, noise_bytes = 0.02 }";
    let mut script = "seed = 20260401\n".to_owned();
    for (protocol, variant, number) in LANES {
        let place = if protocol == "llrp" { String::new() } else { format!("port = \"lane{number}\"\n") };
        script += &format!(
            "[[reader]]\nname = \"lane{number}\"\nprotocol = \"{protocol}\"\nvariant = \"{variant}\"\n{place}\
             nuisances = {nuisances}\n"
        );
    }
    // Who was not understood steps back and up again: on a busy machine a whole lane may be late.
    for turn in 0..TURNS {
        for (_, _, number) in LANES {
            let at_ms = 5_000 + turn * TURN_MS + 2_000 * u64::from(number);
            let mut act = |at_ms: u64, what: &str| {
                script += &format!("[[act]]\nat_ms = {at_ms}\ndevice = \"lane{number}\"\n{what}\n");
            };
            if turn > 0 {
                act(at_ms - 4_000, "clear = true");
            }
            for epc in [badge_epc(1), weapon_epc(number)] {
                act(at_ms, &format!("put.epc = \"{}\"", hex(&epc)));
            }
        }
    }
    script
}

/// Where the bench says that each device is.
fn ports(bench: &Station) -> Vec<(String, String)> {
    let lines = bench.out();
    let said = lines.lines().filter_map(|line| serde_json::from_str::<Value>(line).ok());
    said.filter_map(|said| Some((said["device"].as_str()?.to_owned(), said["port"].as_str()?.to_owned())))
        .collect()
}

#[test]
fn readers_of_every_family_hand_out_their_weapons_and_find_nothing_to_complain_of() {
    let house = House::new("--exercise");
    let script = house.write("bench.toml", script());
    let mut command = Command::new(ARMOURY);
    command.args(["bench", &script, "--json"]).stdin(Stdio::null());
    let bench = Station::start_until(&mut command, "lane7");
    let mut configuration = CONFIGURATION.to_owned();
    for (device, port) in ports(&bench) {
        let number: u32 = device.trim_start_matches("lane").parse().expect("lane and number");
        let (protocol, ..) = LANES.into_iter().find(|lane| lane.2 == number).expect("a lane");
        configuration +=
            &format!("[[reader]]\nname = \"{device}\"\nprotocol = \"{protocol}\"\nport = \"{port}\"\n");
    }
    fs::write(house.data().join("station.toml"), configuration).expect("a file");
    let station = house.station();
    let issued = || -> Vec<String> {
        let entries = house.entries();
        let issues = entries.iter().filter(|entry| entry["kind"] == "issued");
        issues.map(|entry| entry["weapon"].as_str().expect("a weapon").to_owned()).collect()
    };
    let every: BTreeSet<String> = LANES.iter().map(|(_, _, number)| format!("W{number:02}")).collect();
    until_within(PATIENCE, "every weapon is out", || issued().into_iter().collect::<BTreeSet<_>>() == every);
    station.stop().with(0);
    let said = bench.stop();
    assert_eq!(said.status, Some(0), "{}", said.out);
}

#[test]
fn a_script_that_cannot_be_played_says_everything_that_is_wrong() {
    let house = House::new("--exercise");
    let script = house.write(
        "bench.toml",
        "[[reader]]\nname = \"a\"\nprotocol = \"m100\"\n\
         [[act]]\nat_ms = 1\ndevice = \"a\"\n\
         [[act]]\nat_ms = 2\ndevice = \"b\"\nunplug = true\n\
         [[act]]\nat_ms = 3\ndevice = \"a\"\nput = { epc = \"30\" }\n\
         [[act]]\nat_ms = 4\ndevice = \"a\"\nshow = \"text\"\n",
    );
    let said = armoury(&["bench", &script]).with(2);
    for word in [
        "nothing happens to \"a\"",
        "no device is called \"b\"",
        "an EPC of 1 bytes",
        "no scanner is called \"a\"",
    ] {
        assert!(said.err.contains(word), "{word}: {}", said.err);
    }
    let script = house.write("bench.toml", "[[reader]]\nname = \"a\"\nprotocol = \"zigbee\"\n");
    let said = armoury(&["bench", &script]).with(2);
    assert!(said.err.contains("no protocol is called \"zigbee\": write mercury, r2000"), "{}", said.err);
}

#[test]
fn the_sample_script_plays() {
    let sample = concat!(env!("CARGO_MANIFEST_DIR"), "/config/bench.toml");
    let house = House::new("--exercise");
    let script = house.write("bench.toml", std::fs::read(sample).expect("the sample"));
    let said = armoury(&["bench", &script, "--for", "1s"]).done();
    assert!(said.out.contains("left: ") && said.out.contains("0 complaints"), "{}", said.out);
}

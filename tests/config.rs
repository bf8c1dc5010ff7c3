//! The configuration: what is left out has its default, what is wrong is refused by line and key, all at once, and the
//! annotated samples say the truth.

#[path = "config/devices.rs"]
mod devices;
#[path = "config/samples.rs"]
mod samples;

use std::path::{Path, PathBuf};

use armoury::config::{
    Camera, CameraSource, ConfigError, Panel, PictureFormat, Port, Principal, Problem, Protocol, Reader,
    Reading, Session, StationConfig, Target, load, parse,
};
use armoury::domain::{ReadPoint, Role, StationId};

const BASE: &str = "/srv/armoury";

fn good(text: &str) -> StationConfig {
    parse(text, Path::new(BASE)).unwrap_or_else(|problems| panic!("refused: {}", listed(&problems)))
}

/// Checks that exactly these problems are found: line, key, and a piece of the sentence each.
fn refused(text: &str, expected: &[(usize, &str, &str)]) {
    let problems = match parse(text, Path::new(BASE)) {
        Ok(config) => panic!("taken: {config:?}\nfrom:\n{text}"),
        Err(problems) => problems,
    };
    let fits = problems.len() == expected.len()
        && problems.iter().zip(expected).all(|(problem, (line, key, piece))| {
            problem.line == *line && problem.key == *key && problem.what.contains(piece)
        });
    assert!(fits, "expected {expected:?}\nfound:\n{}\nin:\n{text}", listed(&problems));
}

fn listed(problems: &[Problem]) -> String {
    problems.iter().map(|problem| format!("{problem}\n")).collect()
}

/// A station's section, two lines, to put in front of what is tested: that begins in line 3.
const STATION: &str = "[station]\nid = \"S1\"\n";

fn refused_after_station(text: &str, expected: &[(usize, &str, &str)]) {
    refused(&format!("{STATION}{text}"), expected);
}

#[test]
fn a_name_alone_is_a_configuration() {
    let config = good(STATION);
    assert_eq!(config, StationConfig::defaults(StationId::from("S1"), Path::new(BASE)));
    assert_eq!(config.station.data, PathBuf::from("/srv/armoury"));
    assert_eq!(config.station.socket, PathBuf::from("/srv/armoury/station.sock"));
}

#[test]
fn devices_take_what_is_written_and_default_the_rest() {
    let config = good(
        r#"
[station]
id = "Tor 3"
data = "book"

[[reader]]
name = "left lane"
port = "/dev/ttyUSB0"

[[reader]]
name = "right"
protocol = "r2000"
port = "pty/right"
baud = 38400
read_point = "right lane"
power_dbm = 0
antennas = [8, 1]

[[camera]]
name = "lens"
source = "pipe: rpicam-vid --codec yuv420 -o - | tee a:b"
format = "yuv420"
width = 1280
height = 720
read_point = "right lane"

[[camera]]
name = "files"
source = "folder:pictures"

[headquarters]
url = "https://hq.example:8443"
ca_file = "hq.pem"
public_key = "000102030405060708090A0B0C0D0E0F101112131415161718191A1B1C1D1E1F"

[access]
supervisor = ["user:kovac"]
armourer = ["group:armourers", "user:mbeki"]

[panel]
red = 17
lock = 24
"#,
    );
    assert_eq!(config.station.socket, PathBuf::from("/srv/armoury/book/station.sock"));
    assert_eq!(
        config.readers,
        [
            Reader {
                name: "left lane".into(),
                protocol: Protocol::R2000,
                port: Port::Serial("/dev/ttyUSB0".into()),
                baud: None,
                read_point: ReadPoint::from("left lane"),
                lane: None,
                power_dbm: Reader::POWER_DBM,
                antennas: vec![1],
                region: None,
                session: Session::S0,
                target: Target::A,
                q: None,
                read_tid: true,
                watches: None,
                particular: Vec::new(),
            },
            Reader {
                name: "right".into(),
                protocol: Protocol::R2000,
                port: Port::Serial("/srv/armoury/pty/right".into()),
                baud: Some(38_400),
                read_point: ReadPoint::from("right lane"),
                lane: None,
                power_dbm: 0,
                antennas: vec![8, 1],
                region: None,
                session: Session::S2,
                target: Target::Ab,
                q: None,
                read_tid: true,
                watches: None,
                particular: Vec::new(),
            },
        ]
    );
    assert_eq!(
        config.cameras,
        [
            Camera {
                name: "lens".into(),
                source: CameraSource::Pipe("rpicam-vid --codec yuv420 -o - | tee a:b".into()),
                format: PictureFormat::Yuv420,
                width: 1280,
                height: 720,
                exposure_us: None,
                focus: None,
                reading: Reading::default(),
                read_point: ReadPoint::from("right lane"),
                lane: None,
            },
            Camera {
                name: "files".into(),
                source: CameraSource::Folder("/srv/armoury/pictures".into()),
                format: PictureFormat::Grey,
                width: 640,
                height: 480,
                exposure_us: None,
                focus: None,
                reading: Reading::default(),
                read_point: ReadPoint::from("files"),
                lane: None,
            },
        ]
    );
    let headquarters = config.headquarters.expect("named");
    assert_eq!(headquarters.public_key, std::array::from_fn(|nth| nth as u8));
    assert_eq!(headquarters.ca_file, Some("/srv/armoury/hq.pem".into()));
    assert_eq!(config.panel, Some(Panel { red: Some(17), lock: Some(24), ..Panel::default() }));
}

#[test]
fn a_user_s_own_line_wins_and_among_groups_the_role_that_may_most() {
    let config = good(
        "[station]\nid = \"S\"\n[access]\ninspector = [\"user:eve\", \"group:audit\"]\narmourer = [\"group:armourers\"]\n",
    );
    let role = |user: &str, groups: &[&str]| config.access.role_of(user, groups.iter().copied());
    assert_eq!(role("bob", &[]), None);
    assert_eq!(role("bob", &["users", "audit"]), Some(Role::Inspector));
    assert_eq!(role("bob", &["audit", "armourers"]), Some(Role::Armourer));
    assert_eq!(role("eve", &["armourers"]), Some(Role::Inspector));
    assert_eq!(config.access.by_role()[&Role::Armourer], [Principal::Group("armourers".into())]);
}

#[test]
fn every_problem_is_found_at_once_in_the_order_of_the_lines() {
    refused(
        r#"[station]
name = "S1"
[[reader]]
name = "left"
prot = "/dev/ttyUSB0"
power_dbm = 40
[desk]
mode = "both"
window_ms = 0
two_readings = "yes"
[presense]
sightings = 3
"#,
        &[
            (1, "station.id", "is missing"),
            (2, "station.name", "does not exist"),
            (3, "reader.port", "is missing"),
            (5, "reader.prot", "did you mean `port`"),
            (6, "reader.power_dbm", "40 dBm is outside what is possible: give 0 to 33"),
            (8, "desk.mode", "\"both\" is not known: write \"auto\" or \"issue\" or \"return\""),
            (9, "desk.window_ms", "0 ms"),
            (10, "desk.two_readings", "true or false"),
            (11, "presense", "did you mean `presence`"),
        ],
    );
}

#[test]
fn what_is_no_toml_is_refused_by_line() {
    refused("[station]\nid = \"S1\n", &[(2, "", "")]);
    refused("[station]\nid = \"S1\"\nid = \"S2\"\n", &[(3, "", "duplicate")]);
    refused("", &[(1, "station", "[station]")]);
    refused("station = 1\n", &[(1, "station", "a section, [station]")]);
}

#[test]
fn names_paths_and_types_are_checked() {
    refused("[station]\nid = \" S1\"\n", &[(2, "station.id", "no space at either end")]);
    refused("[station]\nid = \"\"\n", &[(2, "station.id", "is empty")]);
    refused("[station]\nid = 7\n", &[(2, "station.id", "a text in quotes")]);
    refused("[station]\nid = \"S\"\ndata = \"a\\u0000\"\n", &[(3, "station.data", "zero byte")]);
    let deep = "d".repeat(100);
    refused(&format!("{STATION}data = \"{deep}\"\n"), &[(1, "station.socket", "at most 107")]);
    refused(&format!("{STATION}socket = \"{deep}\"\n"), &[(3, "station.socket", "113 bytes")]);
}

#[test]
fn devices_that_share_what_they_must_not_are_refused_with_both_lines() {
    refused_after_station(
        "[[reader]]\nname = \"a\"\nport = \"/dev/ttyUSB0\"\n[[reader]]\nname = \"b\"\nport = \"/dev/./ttyUSB0\"\n\
         [[camera]]\nname = \"a\"\nsource = \"folder:p\"\n[[camera]]\nname = \"c\"\nsource = \"folder:./p\"\n",
        &[
            (8, "reader.port", "already the port of the device in line 5"),
            (10, "camera.name", "already the name of the device in line 4"),
            (14, "camera.source", "already feeds the camera in line 11"),
        ],
    );
    refused_after_station(
        "[panel]\nred = 17\ngreen = 17\nlock = 1\n",
        &[(5, "panel.green", "already that of red in line 4"), (6, "panel.lock", "give 2 to 27")],
    );
}

#[test]
fn presence_that_could_never_be_or_never_stay_is_refused() {
    refused_after_station(
        "[presence]\nsightings = 5\nwithin_ms = 2\n",
        &[(5, "presence.within_ms", "at most 4")],
    );
    refused_after_station(
        "[presence]\nsightings = 2\nwithin_ms = 4000\nleave_ms = 500\n",
        &[(6, "presence.leave_ms", "at least 2000")],
    );
    refused_after_station("[presence]\nsightings = 0\n", &[(4, "presence.sightings", "1 to 1000")]);
    refused_after_station("[presence]\nmin_rssi_dbm = 70\n", &[(4, "presence.min_rssi_dbm", "-130 to 0")]);
    let quick = good(&format!("{STATION}[presence]\nsightings = 1\nwithin_ms = 5000\nleave_ms = 300\n"));
    assert_eq!(quick.presence.leave_ms, 300, "one read is enough, so no second one can come too late");
}

#[test]
fn a_road_to_headquarters_must_be_closed_and_its_receipts_believable() {
    let key = format!("public_key = \"{}\"\n", "ab".repeat(32));
    let hq = |lines: &str, expected: &[(usize, &str, &str)]| {
        refused_after_station(&format!("[headquarters]\n{lines}"), expected);
    };
    hq("url = \"https://hq.example\"\n", &[(3, "headquarters.public_key", "no receipt can be believed")]);
    hq("public_key = \"abc\"\n", &[(4, "headquarters.public_key", "64 hex digits")]);
    hq(&format!("{key}ca_file = \"a.pem\"\n"), &[(5, "headquarters.ca_file", "no url names one")]);
    for (url, piece) in [
        ("http://hq.example", "open line"),
        ("http://10.0.0.1:80", "open line"),
        ("ftp://127.0.0.1", "no road"),
        ("hq.example:8443", "no road"),
        ("https://", "no address"),
        ("https://a:b@hq.example", "password"),
        ("https://hq.example/?x=1", "after a ?"),
    ] {
        hq(&format!("{key}url = \"{url}\"\n"), &[(5, "headquarters.url", piece)]);
    }
    for url in ["http://127.0.0.1:8080", "http://[::1]:1", "http://localhost:9", "https://hq.example/armoury"]
    {
        let config = good(&format!("{STATION}[headquarters]\n{key}url = \"{url}\"\n"));
        assert_eq!(config.headquarters.and_then(|hq| hq.url).as_deref(), Some(url));
    }
    let by_stick = good(&format!("{STATION}[headquarters]\n{key}"));
    assert!(by_stick.headquarters.is_some_and(|hq| hq.url.is_none()));
}

#[test]
fn access_names_each_user_and_group_once() {
    refused_after_station(
        "[access]\nking = [\"user:a\"]\narmourer = [\"a\", \"user:\", 3]\nwitness = \"user:a\"\n",
        &[
            (4, "access.king", "does not exist"),
            (5, "access.armourer", "\"a\" names nobody"),
            (5, "access.armourer", "\"user:\" names nobody"),
            (5, "access.armourer", "a list of texts"),
            (6, "access.witness", "a list such as"),
        ],
    );
    refused_after_station(
        "[access]\narmourer = [\"user:a\",\n  \"user:a\"]\nsupervisor = [\"user:a\"]\n",
        &[(5, "access.armourer", "listed twice"), (6, "access.supervisor", "already listed as armourer")],
    );
}

#[test]
fn a_refusal_names_the_file_and_a_missing_file_says_what_makes_one() {
    let folder = tempfile::tempdir().expect("temporary folder");
    let file = folder.path().join("station.toml");
    let missing = load(&file).expect_err("not there").to_string();
    assert!(missing.contains("station.toml") && missing.contains("armoury init"), "{missing}");

    std::fs::write(&file, "[station]\nid = \"S1\"\nidd = 1\nsocket = 2\n").expect("write");
    let text = load(&file).expect_err("wrong").to_string();
    let lines: Vec<&str> = text.lines().collect();
    assert_eq!(lines.len(), 2, "{text}");
    assert!(lines[0].starts_with(&format!("{}, line 3, station.idd: ", file.display())), "{text}");
    assert!(lines[1].starts_with(&format!("{}, line 4, station.socket: ", file.display())), "{text}");

    std::fs::write(&file, b"[station]\nid = \"\xff\"\n").expect("write");
    let text = load(&file).expect_err("no text").to_string();
    assert!(text.contains("line 2 is not UTF-8"), "{text}");

    std::fs::write(&file, vec![b'#'; 2 * 1024 * 1024]).expect("write");
    assert!(matches!(load(&file), Err(ConfigError::NoText { .. })));

    std::fs::write(&file, STATION).expect("write");
    let config = load(&file).expect("right");
    assert_eq!(config.station.data, folder.path(), "relative paths count from the file's folder");
}

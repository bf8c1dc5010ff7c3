//! Readers, their antennas, cameras and scanners: held to what the devices can, and to not standing in each other's way.

use std::os::unix::fs::symlink;
use std::path::{Path, PathBuf};

use armoury::config::{
    Confirm, KeyMap, Port, Protocol, Reading, ScannerKind, Session, Symbology, Target, parse,
};
use armoury::domain::AntennaPlan;
use armoury::domain::ReadPoint;

use crate::{STATION, good, refused_after_station};

#[test]
fn readers_and_cameras_are_held_to_what_the_devices_can() {
    let reader = "[[reader]]\nname = \"a\"\nport = \"/dev/ttyUSB0\"\n";
    let reader_with = |line: &str, piece: &str| {
        let key = format!("reader.{}", line.split(' ').next().expect("a key"));
        refused_after_station(&format!("{reader}{line}\n"), &[(6, &key, piece)]);
    };
    reader_with("protocol = \"rodinbell\"", "write \"mercury\" or \"r2000\" or \"uhfreader18\"");
    reader_with("baud = 9600", "115200 or 38400");
    reader_with("power_dbm = -1", "0 to 33");
    reader_with("power_dbm = 20.5", "a whole number");
    reader_with("antennas = []", "the list is empty");
    reader_with("antennas = [0]", "counted from 1 to 8");
    reader_with("antennas = [9]", "counted from 1 to 8");
    reader_with("antennas = [1, 2, 1]", "antenna 1 is listed twice");
    reader_with("antennas = 1", "a list such as");
    reader_with("read_point = \"\"", "is empty");
    refused_after_station("[reader]\nname = \"a\"\n", &[(3, "reader", "two brackets")]);
    refused_after_station("reader = [1]\n", &[(3, "station.reader", "does not exist")]);

    let camera = |lines: &str, expected: &[(usize, &str, &str)]| {
        refused_after_station(&format!("[[camera]]\nname = \"c\"\n{lines}"), expected);
    };
    camera("", &[(3, "camera.source", "is missing")]);
    camera(
        "source = \"pictures\"\n",
        &[(5, "camera.source", "\"pipe:COMMAND\", \"folder:DIR\" or \"file:PATH\"")],
    );
    camera("source = \"rpicam:left\"\n", &[(5, "camera.source", "rpicam:NUMBER")]);
    camera("source = \"v4l2:\"\n", &[(5, "camera.source", "is no source")]);
    camera("source = \"v4l2:/dev/video0\"\nwidth = 0\n", &[(6, "camera.width", "16 to 4096")]);
    camera(
        "source = \"v4l2:/dev/video0\"\nexposure_us = 1\n",
        &[(6, "camera.exposure_us", "100 to 1000000")],
    );
    camera("source = \"pipe:x\"\nfocus = 3\n", &[(6, "camera.focus", "a pipe has no driver")]);
    camera(
        "source = \"file:x.png\"\nexposure_us = 900\n",
        &[(6, "camera.exposure_us", "a file has no driver")],
    );
    camera(
        "source = \"v4l2:/dev/video0\"\nformat = \"yuv420\"\n",
        &[(6, "camera.format", "this source is a v4l2")],
    );
    camera("source = \"folder:\"\n", &[(5, "camera.source", "is no source")]);
    camera("source = \"pipe:x\"\nwidth = 0\n", &[(6, "camera.width", "0 pixels")]);
    camera("source = \"pipe:x\"\nheight = 100000\n", &[(6, "camera.height", "16 to 4096")]);
    camera("source = \"pipe:x\"\nformat = \"rgb\"\n", &[(6, "camera.format", "\"grey\" or \"yuv420\"")]);
    camera("source = \"pipe:x\"\nformat = \"yuv420\"\nwidth = 641\n", &[(7, "camera.width", "odd")]);
    camera("source = \"folder:x\"\nformat = \"yuv420\"\n", &[(6, "camera.format", "is a folder")]);
}

#[test]
fn every_family_is_held_to_its_own_lines_rates_and_antennas() {
    let reader = |protocol: &str, port: &str, lines: &str| {
        format!("[[reader]]\nname = \"a\"\nprotocol = \"{protocol}\"\nport = \"{port}\"\n{lines}")
    };
    for (protocol, port, lines, key, piece) in [
        ("llrp", "/dev/ttyUSB0", "", "port", "write \"tcp:HOST:5084\""),
        ("llrp", "tcp:reader", "", "port", "is no address"),
        ("llrp", "tcp:reader:0", "", "port", "is no address"),
        ("llrp", "tcp:a b:5084", "", "port", "is no address"),
        ("llrp", "tcp:fe80::1:5084", "", "port", "is no address"),
        ("r2000", "listen:5084", "", "port", "is no address"),
    ] {
        refused_after_station(&reader(protocol, port, lines), &[(6, &format!("reader.{key}"), piece)]);
    }
    for (protocol, port, line, key, piece) in [
        ("llrp", "tcp:reader:5084", "baud = 115200", "baud", "has no rate"),
        ("uhfreader18", "/dev/x", "baud = 250000", "baud", "57600 or 115200"),
        ("m100", "/dev/x", "antennas = [2]", "antennas", "has one antenna: write [1]"),
        ("mercury", "/dev/x", "antennas = [17]", "antennas", "from 1 to 16"),
        ("r2000", "/dev/x", "region = \"mars\"", "region", "\"eu\" or \"us\""),
        ("r2000", "/dev/x", "session = \"s4\"", "session", "\"s0\" or"),
        ("r2000", "/dev/x", "target = \"c\"", "target", "\"a\" or \"b\" or \"ab\""),
        ("r2000", "/dev/x", "q = 16", "q", "give 0 to 15"),
        ("r2000", "/dev/x", "read_tid = 1", "read_tid", "true or false"),
    ] {
        let text = reader(protocol, port, &format!("{line}\n"));
        refused_after_station(&text, &[(7, &format!("reader.{key}"), piece)]);
    }
    let config =
        good(&format!("{STATION}{}", reader("mercury", "listen:[::]:5084", "antennas = [16]\nq = 0\n")));
    assert_eq!(config.readers[0].protocol, Protocol::Mercury);
    assert_eq!(config.readers[0].port, Port::Network("listen:[::]:5084".into()));
    assert_eq!(config.readers[0].q, Some(0));
}

/// Readers `a`, `b`, … each on a port of its own, with a line each.
fn readers(lines: &[&str]) -> String {
    let reader = |(nth, line): (usize, &&str)| {
        let name = char::from(b'a' + nth as u8);
        format!("[[reader]]\nname = \"{name}\"\nport = \"/dev/{name}\"\n{line}\n")
    };
    lines.iter().enumerate().map(reader).collect()
}

#[test]
fn readers_side_by_side_get_different_sessions() {
    let sessions = |lines: &[&str]| {
        let config = good(&format!("{STATION}{}", readers(lines)));
        config.readers.iter().map(|reader| reader.session).collect::<Vec<_>>()
    };
    assert_eq!(sessions(&["", "", "", ""]), [Session::S0, Session::S2, Session::S3, Session::S1]);
    let named = sessions(&["", "session = \"s0\"", "session = \"s3\"", ""]);
    assert_eq!(named, [Session::S2, Session::S0, Session::S3, Session::S1]);
    assert_eq!(sessions(&["", "", "", "", "", ""])[4..], [Session::S0, Session::S2]);
    let same = "session = \"s1\"";
    refused_after_station(&readers(&[same, "", same]), &[(14, "reader.session", "in line 6 too")]);
    let at_one_place = "read_point = \"hatch\"\nsession = \"s1\"";
    for words in ["reader \"a\" in line 7", "both look at \"hatch\"", "\"b\" would", "session = \"s0\""] {
        let five = readers(&[at_one_place, at_one_place, "", "", ""]);
        refused_after_station(&five, &[(12, "reader.session", words)]);
    }
    assert_eq!(
        sessions(&[same, same, "", "", ""])[..2],
        [Session::S1, Session::S1],
        "four are not enough for five"
    );

    let config = good(&format!("{STATION}{}", readers(&["session = \"s0\"", "", "target = \"b\""])));
    let targets: Vec<Target> = config.readers.iter().map(|reader| reader.target).collect();
    assert_eq!(
        targets,
        [Target::A, Target::Ab, Target::B],
        "outside s0 a tag asked in one state falls silent"
    );
}

#[test]
fn an_antenna_may_look_somewhere_else_and_has_its_own_control_tag() {
    let text = format!(
        "{STATION}{}[[reader.antenna]]\nnumber = 3\nread_point = \"door\"\n\
         control_tag = \"3034 0242 201d 8840 0000 00c8\"\nmin_rssi_dbm = -60\n[[reader]]\nname = \"z\"\nport = \"/dev/z\"\n",
        readers(&["antennas = [1, 3]\nread_point = \"lane\""])
    );
    let plan = |reader: &str, antenna, read_point: &str| AntennaPlan {
        reader: reader.into(),
        antenna,
        read_point: ReadPoint::from(read_point),
        control_tag: None,
        min_rssi_dbm: None,
        watches: None,
    };
    let tag = vec![0x30, 0x34, 0x02, 0x42, 0x20, 0x1d, 0x88, 0x40, 0, 0, 0, 0xc8];
    assert_eq!(
        good(&text).antenna_plans(),
        [
            plan("a", 1, "lane"),
            AntennaPlan { control_tag: Some(tag), min_rssi_dbm: Some(-60), ..plan("a", 3, "door") },
            plan("z", 1, "z"),
        ]
    );
}

#[test]
fn antennas_that_contradict_each_other_are_refused() {
    let antenna = |lines: &str| format!("{}[[reader.antenna]]\n{lines}", readers(&["antennas = [1, 2]"]));
    let number = "reader.antenna.number";
    refused_after_station(
        &antenna("number = 3\n"),
        &[(8, number, "not in use: add it to antennas, which are [1, 2]")],
    );
    refused_after_station(&antenna("read_point = \"x\"\n"), &[(7, number, "is missing")]);
    refused_after_station(
        &antenna("number = 1\n[[reader.antenna]]\nnumber = 1\n"),
        &[(10, number, "has a table already")],
    );
    let tag = "reader.antenna.control_tag";
    refused_after_station(&antenna("number = 1\ncontrol_tag = \"30zz\"\n"), &[(9, tag, "is no EPC")]);
    refused_after_station(
        &antenna("number = 1\ncontrol_tag = \"303402\"\n"),
        &[(9, tag, "whole 16-bit words")],
    );
    refused_after_station(
        &antenna(
            "number = 1\ncontrol_tag = \"3034\"\n[[reader.antenna]]\nnumber = 2\ncontrol_tag = \"30 34\"\n",
        ),
        &[(12, tag, "already the control tag in line 9")],
    );
    refused_after_station(
        &antenna("number = 1\nmin_rssi_dbm = 1\n"),
        &[(9, "reader.antenna.min_rssi_dbm", "-130 to 0")],
    );
    refused_after_station(
        &antenna("number = 1\nanntenna = 1\n"),
        &[(9, "reader.antenna.anntenna", "does not exist")],
    );
}

#[test]
fn one_device_under_two_names_is_one_device() {
    let folder = tempfile::tempdir().expect("temporary folder");
    let (real, by_id) = (folder.path().join("ttyUSB0"), folder.path().join("by-id"));
    std::fs::write(&real, "").expect("a file");
    symlink(&real, &by_id).expect("a link");
    let text = format!(
        "[[reader]]\nname = \"a\"\nport = {:?}\n[[scanner]]\nname = \"b\"\nport = {:?}\n",
        real.display().to_string(),
        by_id.display().to_string()
    );
    refused_after_station(
        &text,
        &[(8, "scanner.port", "already the port of the device in line 5, there called")],
    );
    refused_after_station(
        "[[reader]]\nname = \"a\"\nport = \"tcp:r:1\"\n[[reader]]\nname = \"b\"\nport = \"tcp:r:1\"\n",
        &[(8, "reader.port", "already the port")],
    );
}

#[test]
fn scanners_take_what_is_written_and_are_held_to_what_they_can() {
    let config = good(&format!(
        "{STATION}[[scanner]]\nname = \"s\"\nport = \"pty/s\"\n[[scanner]]\nname = \"k\"\nkind = \"keyboard\"\n\
         port = \"/dev/input/by-id/k-event-kbd\"\nkey_map = \"de\"\naim = true\nread_point = \"hatch\"\n"
    ));
    let [plain, typing] = config.scanners.as_slice() else { panic!("{:?}", config.scanners) };
    assert_eq!((plain.kind, plain.baud, plain.aim, plain.key_map), (ScannerKind::Line, None, false, None));
    assert_eq!(
        (&plain.port, &plain.read_point),
        (&PathBuf::from("/srv/armoury/pty/s"), &ReadPoint::from("s"))
    );
    assert_eq!((typing.kind, typing.aim, typing.key_map), (ScannerKind::Keyboard, true, Some(KeyMap::De)));
    assert_eq!(typing.read_point, ReadPoint::from("hatch"));

    let scanner = |lines: &str, expected: &[(usize, &str, &str)]| {
        refused_after_station(&format!("[[scanner]]\nname = \"s\"\nport = \"/dev/x\"\n{lines}"), expected);
    };
    scanner("kind = \"laser\"\n", &[(6, "scanner.kind", "\"line\" or \"gm65\" or \"ssi\" or \"keyboard\"")]);
    scanner("baud = 300\n", &[(6, "scanner.baud", "not among the rates")]);
    scanner("kind = \"keyboard\"\nbaud = 9600\n", &[(7, "scanner.baud", "has no line")]);
    scanner("key_map = \"de\"\n", &[(6, "scanner.key_map", "only a scanner that types")]);
    scanner("aim = \"yes\"\n", &[(6, "scanner.aim", "true or false")]);
    scanner("power_dbm = 3\n", &[(6, "scanner.power_dbm", "does not exist")]);
    refused_after_station("[[scanner]]\nname = \"s\"\n", &[(3, "scanner.port", "/dev/input/by-id")]);
}

#[test]
fn what_a_camera_reads_is_held_to_what_can_be_confirmed() {
    let camera = |lines: &str, expected: &[(usize, &str, &str)]| {
        let text = format!("[[camera]]\nname = \"c\"\nsource = \"pipe:x\"\n{lines}");
        refused_after_station(&text, expected);
    };
    let key = "camera.symbologies";
    camera("symbologies = \"qr\"\n", &[(6, key, "a list such as")]);
    camera("symbologies = []\n", &[(6, key, "the list is empty")]);
    camera("symbologies = [\"qr\", \"aztec\"]\n", &[(6, key, "\"code128\" or \"code39\"")]);
    camera("symbologies = [\"qr\", \"qr\"]\n", &[(6, key, "twice")]);
    camera("confirm = \"twice\"\n", &[(6, "camera.confirm", "\"two_frames\"")]);
    camera(
        "confirm = \"both_readers\"\nsymbologies = [\"qr\", \"data_matrix\"]\n",
        &[(7, key, "only \"qr\" has a second reader")],
    );
    camera("code39_format = \"a##\"\n", &[(6, "camera.code39_format", "@ for a letter")]);
    camera(
        "symbologies = [\"qr\"]\ncode39_format = \"@##\"\n",
        &[(7, "camera.code39_format", "is not among the symbologies")],
    );
}

#[test]
fn a_camera_reads_everything_unless_told_otherwise() {
    let reading = |lines: &str| {
        let text = format!("[station]\nid = \"a\"\n[[camera]]\nname = \"c\"\nsource = \"pipe:x\"\n{lines}");
        parse(&text, Path::new("/srv")).expect("a configuration").cameras.remove(0).reading
    };
    assert_eq!(reading(""), Reading::default());
    let both = reading("confirm = \"both_readers\"\n");
    assert_eq!((both.confirm, both.symbologies), (Confirm::BothReaders, vec![Symbology::Qr]));
    let named = reading("symbologies = [\"code39\"]\nconfirm = \"two_frames\"\ncode39_format = \"@-##\"\n");
    assert_eq!((named.confirm, &named.symbologies[..]), (Confirm::TwoFrames, &[Symbology::Code39][..]));
    assert_eq!(named.code39_format.as_deref(), Some("@-##"));
}

#[test]
fn an_antenna_stares_at_slots() {
    let text = "[station]\nid = \"a\"\n[[reader]]\nname = \"wall\"\nport = \"/dev/x\"\nantennas = [1, 2]\n\
                watches = \"rack A slots 1-8, 12\"\n[[reader.antenna]]\nnumber = 2\nwatches = \"rack B\"\n";
    let plans = parse(text, Path::new("/")).expect("right").antenna_plans();
    let watched: Vec<String> = plans.iter().flat_map(|plan| &plan.watches).map(ToString::to_string).collect();
    assert_eq!(watched, ["rack A slots 1-8, 12", "rack B"]);
    let wrong = text.replace("rack B", "shelf B");
    let problems = parse(&wrong, Path::new("/")).expect_err("no slots");
    assert_eq!(
        (problems.len(), problems[0].line, problems[0].key.as_str()),
        (1, 10, "reader.antenna.watches")
    );
}

/// I-6: what looks at one place serves one person; a read point in two lanes is refused with both lines.
#[test]
fn a_lane_is_made_of_read_points() {
    let reader =
        |name: &str, lines: &str| format!("[[reader]]\nname = \"{name}\"\nport = \"/dev/{name}\"\n{lines}\n");
    let two = [
        reader("pad1", "read_point = \"left\"\nlane = \"left\""),
        reader("pad2", "antennas = [1, 2]\nlane = \"right\""),
        "[[reader.antenna]]\nnumber = 2\nread_point = \"door\"\nlane = \"door\"\n".to_owned(),
        "[[camera]]\nname = \"lens1\"\nsource = \"rpicam:0\"\nread_point = \"left\"\nlane = \"left\"\n"
            .to_owned(),
        "[[scanner]]\nname = \"hand\"\nport = \"/dev/hand\"\nlane = \"right\"\n".to_owned(),
        "[[camera]]\nname = \"gate\"\nsource = \"rpicam:1\"\n".to_owned(),
    ];
    let lanes = good(&format!("{STATION}{}", two.concat())).lanes();
    let told: Vec<(&str, &str)> = lanes.iter().map(|(place, lane)| (place.as_str(), lane.as_str())).collect();
    assert_eq!(told, [("door", "door"), ("hand", "right"), ("left", "left"), ("pad2", "right")]);

    let split = [
        reader("pad1", "read_point = \"left\"\nlane = \"left\""),
        "[[camera]]\nname = \"lens1\"\nsource = \"rpicam:0\"\nread_point = \"left\"\nlane = \"right\"\n"
            .to_owned(),
    ];
    refused_after_station(&split.concat(), &[(12, "lane", "is in \"right\" here and in \"left\" in line 7")]);
}

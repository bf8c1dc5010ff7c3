//! The annotated samples say the truth, and what is written out reads back.

use std::path::Path;

use armoury::config::{
    Antenna, Camera, CameraSource, Desk, Headquarters, KeyMap, Panel, PictureFormat, Port, Presence,
    Protocol, Reader, Reading, Region, Scanner, ScannerKind, Session, StationConfig, Target, load_policy,
    parse, parse_policy, sample_policy, sample_station,
};
use armoury::domain::{Mode, Policy, ReadPoint, StationId};
use proptest::prelude::*;

use crate::{BASE, good, listed};

#[test]
fn the_sample_says_what_the_defaults_are() {
    let sample = sample_station("S1");
    assert_eq!(good(&sample), StationConfig::defaults(StationId::from("S1"), Path::new(BASE)));

    // Equality alone would also hold for an empty file: every setting has to be written out.
    let written: toml::Table = toml::from_str(&sample).expect("TOML");
    let keys = |table: &toml::Table| table.keys().cloned().collect::<Vec<_>>();
    for (section, default) in [
        ("desk", toml::Table::try_from(Desk::default()).expect("a table")),
        ("presence", toml::Table::try_from(Presence::default()).expect("a table")),
    ] {
        let written = written[section].as_table().expect("a section");
        assert_eq!(keys(written), keys(&default), "[{section}] in config/station.toml: write out every key");
    }
    assert_eq!(keys(written["station"].as_table().expect("a section")), ["data", "id"]);
}

#[test]
fn the_examples_in_the_sample_work_and_show_every_key() {
    let uncommented: String = sample_station("S1")
        .lines()
        .map(|line| match line.strip_prefix('#') {
            Some(example) if !example.starts_with([' ', '-']) && !example.is_empty() => {
                format!("{example}\n")
            }
            _ => format!("{line}\n"),
        })
        .collect();
    let config = good(&uncommented);
    assert_eq!((config.readers.len(), config.cameras.len(), config.scanners.len()), (1, 4, 2));
    let (reader, antenna) = (&config.readers[0], &config.readers[0].particular[0]);
    assert_eq!((reader.session, reader.target, reader.read_tid), (Session::S0, Target::A, true));
    assert_eq!(antenna.read_point.as_ref(), Some(&reader.read_point));
    assert_eq!((config.scanners[0].aim, config.scanners[1].key_map), (false, Some(KeyMap::Us)));
    assert_eq!(config.readers[0].power_dbm, Reader::POWER_DBM);
    assert_eq!(config.readers[0].antennas, Reader::ANTENNAS);
    assert_eq!((config.cameras[0].width, config.cameras[0].height), Camera::SIZE_PX);
    assert_eq!(config.readers[0].read_point, config.cameras[0].read_point);
    assert_eq!(config.desk.mode, Mode::Auto);

    // Everything the program can hold stands in the sample: a key left out there is a key nobody finds.
    let full = toml::Table::try_from(&config).expect("a table");
    let shown: toml::Table = toml::from_str(&uncommented).expect("TOML");
    for (section, value) in &full {
        let one = |value: &toml::Value| vec![value.as_table().expect("a section").clone()];
        let each = |value: &toml::Value| match value {
            toml::Value::Array(items) => items.iter().flat_map(one).collect(),
            other => one(other),
        };
        let shown = each(&shown[section]);
        for key in each(value).iter().flat_map(|full| full.keys()) {
            let found = shown.iter().any(|table| table.contains_key(key));
            assert!(found, "config/station.toml does not show {section}.{key}");
        }
    }
    let all = Panel { red: Some(17), amber: Some(27), green: Some(22), buzzer: Some(23), lock: Some(24) };
    assert_eq!(config.panel, Some(all));
}

#[test]
fn the_sample_takes_any_name() {
    for id in ["S1", "Tor \"Nord\"", "a\\b", "حامية", "id = \"armoury-1\""] {
        assert_eq!(good(&sample_station(id)).station.id.as_str(), id);
    }
}

#[test]
fn the_policy_sample_says_what_the_defaults_are() {
    assert_eq!(parse_policy(sample_policy()).expect("right"), Policy::default());
    let written: toml::Table = toml::from_str(sample_policy()).expect("TOML");
    let all = toml::Table::try_from(Policy::default()).expect("a table");
    let missing: Vec<&String> = all.keys().filter(|key| !written.contains_key(*key)).collect();
    assert!(missing.is_empty(), "config/policy.toml does not show {missing:?}");
    assert_eq!(parse_policy("").expect("right"), Policy::default());
}

#[test]
fn a_policy_s_problems_are_all_found_by_line() {
    let text = "two_readings = true\nloan_hours = -1\nwitnes_for_issue = true\n\nexpired_stops = \"no\"\n";
    let problems = parse_policy(text).expect_err("wrong");
    let found: Vec<(usize, &str)> = problems.iter().map(|p| (p.line, p.key.as_str())).collect();
    assert_eq!(found, [(2, "loan_hours"), (3, "witnes_for_issue"), (5, "expired_stops")]);
    assert!(problems[1].what.contains("did you mean `witness_for_issue`"), "{}", problems[1]);

    let folder = tempfile::tempdir().expect("temporary folder");
    let file = folder.path().join("policy.toml");
    std::fs::write(&file, text).expect("write");
    let text = load_policy(&file).expect_err("wrong").to_string();
    assert!(text.starts_with(&format!("{}, line 2, loan_hours: ", file.display())), "{text}");
    std::fs::write(&file, "loan_hours = 12\n").expect("write");
    assert_eq!(load_policy(&file).expect("right"), Policy { loan_hours: 12, ..Policy::default() });
}

fn any_reader() -> impl Strategy<Value = Reader> {
    let protocol = prop_oneof![
        Just((Protocol::R2000, Some(38_400))),
        Just((Protocol::Mercury, Some(921_600))),
        Just((Protocol::Uhfreader18, None)),
        Just((Protocol::Llrp, None)),
    ];
    let region = proptest::option::of(prop_oneof![Just(Region::Eu), Just(Region::Australia)]);
    let session = prop_oneof![Just(Session::S0), Just(Session::S1), Just(Session::S2), Just(Session::S3)];
    let target = prop_oneof![Just(Target::A), Just(Target::B), Just(Target::Ab)];
    let particular = proptest::option::of((
        proptest::option::of("[a-z]{1,9}"),
        proptest::option::of(proptest::collection::vec(any::<[u8; 2]>(), 1..31)),
        proptest::option::of(-130i16..=0),
    ));
    let numbers = (0u8..=33, 1u8..=8, proptest::option::of(0u8..=15), any::<bool>());
    (protocol, numbers, region, session, target, particular).prop_map(
        |((protocol, baud), (power_dbm, antenna, q, read_tid), region, session, target, particular)| Reader {
            name: "a reader".into(),
            protocol,
            port: match protocol {
                Protocol::Llrp => Port::Network("tcp:[fe80::1]:5084".into()),
                _ => Port::Serial("/dev/x".into()),
            },
            baud,
            read_point: ReadPoint::from("a place"),
            lane: None,
            power_dbm,
            antennas: vec![antenna],
            region,
            session,
            target,
            q,
            read_tid,
            watches: None,
            particular: particular
                .map(|(place, tag, min_rssi_dbm)| Antenna {
                    number: antenna,
                    read_point: place.map(ReadPoint::new),
                    lane: None,
                    control_tag: tag.map(|words| words.concat()),
                    min_rssi_dbm,
                    watches: None,
                })
                .into_iter()
                .collect(),
        },
    )
}

fn any_scanner() -> impl Strategy<Value = Scanner> {
    let kind = prop_oneof![
        Just((ScannerKind::Line, Some(115_200), None)),
        Just((ScannerKind::Gm65, None, None)),
        Just((ScannerKind::Ssi, Some(9_600), None)),
        Just((ScannerKind::Keyboard, None, Some(KeyMap::Fr))),
    ];
    (kind, any::<bool>()).prop_map(|((kind, baud, key_map), aim)| Scanner {
        name: "a scanner".into(),
        kind,
        port: "/dev/y".into(),
        baud,
        aim,
        key_map,
        read_point: ReadPoint::from("a scanner"),
        lane: None,
    })
}

fn any_config() -> impl Strategy<Value = StationConfig> {
    let name = || "[a-zA-Z\"\\\\é][a-z 0-9]{0,10}[a-z]";
    let source = prop_oneof![
        "[a-z/]{1,12}".prop_map(|folder| CameraSource::Folder(format!("/pictures{folder}").into())),
        "[a-z/]{1,12}".prop_map(|file| CameraSource::File(format!("/pictures{file}.png").into())),
        "[a-z:]{1,12}".prop_map(|device| CameraSource::V4l2(format!("/dev/v4l/{device}").into())),
        any::<u32>().prop_map(CameraSource::Rpicam),
        "[a-z][a-z -|:'\"]{0,12}[a-z]".prop_map(CameraSource::Pipe),
    ];
    let desk = (1u64..600_000, 0u64..600_000, any::<bool>());
    let presence = (1u32..9, 100u64..5_000, -130i16..=0, 0u16..=60);
    let devices = (
        proptest::option::of(any_reader()),
        proptest::option::of(source),
        proptest::option::of(any_scanner()),
    );
    (name(), devices, desk, presence, any::<Option<[u8; 32]>>()).prop_map(
        |(id, (reader, source, scanner), desk, presence, key)| {
            let mut config = StationConfig::defaults(StationId::new(id.clone()), Path::new(BASE));
            config.readers.extend(reader);
            config.cameras.extend(source.map(|source| Camera {
                exposure_us: matches!(source, CameraSource::V4l2(_)).then_some(8_000),
                focus: matches!(source, CameraSource::Rpicam(_)).then_some(25),
                name: format!("{id} c"),
                source,
                format: PictureFormat::Grey,
                width: 640,
                height: 480,
                reading: Reading::default(),
                read_point: ReadPoint::new(id),
                lane: None,
            }));
            config.scanners.extend(scanner);
            (config.desk.window_ms, config.desk.dead_time_ms, config.desk.two_readings) = desk;
            let (sightings, within_ms, min_rssi_dbm, margin_db) = presence;
            config.presence = Presence { sightings, within_ms, min_rssi_dbm, leave_ms: within_ms, margin_db };
            config.headquarters = key.map(|public_key| Headquarters { url: None, ca_file: None, public_key });
            config
        },
    )
}

proptest! {
    #[test]
    fn what_is_written_out_reads_back_the_same(config in any_config()) {
        let text = toml::to_string(&config).expect("TOML");
        let back = parse(&text, Path::new(BASE)).map_err(|p| TestCaseError::fail(format!("{}\n{text}", listed(&p))))?;
        prop_assert_eq!(back, config);
    }

    #[test]
    fn no_text_panics(text in "\\PC*", cut in any::<prop::sample::Index>()) {
        let _ = (parse(&text, Path::new(BASE)), parse_policy(&text));
        let sample = sample_station(&text);
        let at = (0..=cut.index(sample.len())).rev().find(|at| sample.is_char_boundary(*at)).unwrap_or(0);
        let torn = format!("{}{text}{}", &sample[..at], &sample[at..]);
        for problem in parse(&torn, Path::new(BASE)).err().unwrap_or_default() {
            prop_assert!(problem.line >= 1 && problem.line <= torn.lines().count() + 1);
        }
    }
}

//! The annotated samples say the truth, and what is written out reads back.

use std::path::Path;

use armoury::config::{
    Camera, CameraSource, Desk, Headquarters, Panel, PictureFormat, Presence, Protocol, Reader,
    StationConfig, load_policy, parse, parse_policy, sample_policy, sample_station,
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
    assert_eq!((config.readers.len(), config.cameras.len()), (1, 2));
    assert_eq!(config.readers[0].power_dbm, Reader::POWER_DBM);
    assert_eq!(config.readers[0].antennas, Reader::ANTENNAS);
    assert_eq!((config.cameras[0].width, config.cameras[0].height), Camera::SIZE_PX);
    assert_eq!(config.readers[0].read_point, config.cameras[0].read_point);
    assert_eq!(config.desk.mode, Mode::Auto);

    // Everything the program can hold stands in the sample: a key left out there is a key nobody finds.
    let full = toml::Table::try_from(&config).expect("a table");
    let shown: toml::Table = toml::from_str(&uncommented).expect("TOML");
    for (section, value) in &full {
        let (full, shown) = match value {
            toml::Value::Array(items) => (items[0].as_table(), shown[section][0].as_table()),
            other => (other.as_table(), shown[section].as_table()),
        };
        let (full, shown) = (full.expect("a section"), shown.expect("a section"));
        for key in full.keys() {
            assert!(shown.contains_key(key), "config/station.toml does not show {section}.{key}");
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

fn any_config() -> impl Strategy<Value = StationConfig> {
    let name = || "[a-zA-Z\"\\\\é][a-z 0-9]{0,10}[a-z]";
    let reader = (0u8..=33, proptest::option::of(prop_oneof![Just(38_400u32), Just(115_200)]), 1u8..=8);
    let source = prop_oneof![
        "[a-z/]{1,12}".prop_map(|folder| CameraSource::Folder(format!("/pictures{folder}").into())),
        "[a-z][a-z -|:'\"]{0,12}[a-z]".prop_map(CameraSource::Pipe),
    ];
    let desk = (1u64..600_000, 0u64..600_000, any::<bool>());
    let presence = (1u32..9, 100u64..5_000, -130i16..=0, 0u16..=60);
    (
        name(),
        proptest::option::of(reader),
        proptest::option::of(source),
        desk,
        presence,
        any::<Option<[u8; 32]>>(),
    )
        .prop_map(|(id, reader, source, desk, presence, key)| {
            let mut config = StationConfig::defaults(StationId::new(id.clone()), Path::new(BASE));
            config.readers.extend(reader.map(|(power_dbm, baud, antenna)| Reader {
                name: format!("{id} r"),
                protocol: Protocol::R2000,
                port: "/dev/x".into(),
                baud,
                read_point: ReadPoint::new(id.clone()),
                power_dbm,
                antennas: vec![antenna],
            }));
            config.cameras.extend(source.map(|source| Camera {
                name: format!("{id} c"),
                source,
                format: PictureFormat::Grey,
                width: 640,
                height: 480,
                read_point: ReadPoint::new(id),
            }));
            (config.desk.window_ms, config.desk.dead_time_ms, config.desk.two_readings) = desk;
            let (sightings, within_ms, min_rssi_dbm, margin_db) = presence;
            config.presence = Presence { sightings, within_ms, min_rssi_dbm, leave_ms: within_ms, margin_db };
            config.headquarters = key.map(|public_key| Headquarters { url: None, ca_file: None, public_key });
            config
        })
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

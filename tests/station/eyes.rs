//! Marks in pictures: a folder, a pipe, and pictures that are none.

use std::fs;
use std::net::TcpListener;
use std::path::{Path, PathBuf};

use armoury_hardware::symbol::{Symbology, draw};
use serde_json::{Value, json};

use crate::bench::badge;
use crate::desk::{desk_entries, device_is, draws, entry};
use crate::house::{House, MARK, until};
use crate::watcher::Watcher;

/// Photographs that every decoder reads, with what they say (`expected.tsv`).
const PHOTOGRAPHS: [(&str, &str); 2] = [
    ("images/zxing-datamatrix-1/GUID.png", "10f27ce-acb7-4e4e-a7ae-a0b98da6ed4a"),
    ("images/zxing-qrcode-1/13.png", "http://google.com/gwt/n?u=bluenile.com"),
];

const FOLDER: &str = "[[camera]]\nname = \"lens\"\nsource = \"folder:../pictures\"\nread_point = \"hatch\"\n";

#[test]
fn a_photograph_of_a_mark_is_an_item_at_the_desk() {
    let Some(photographs) = photographs() else { return };
    let house = House::new("--live");
    let register = format!("id,mark\nDM1,{}\nQR1,{}\n", PHOTOGRAPHS[0].1, PHOTOGRAPHS[1].1);
    let register = house.write("marked.csv", register);
    house.armoury(&["weapon", "import", &register]).done();
    let pictures = pictures(&house);
    house.configure(FOLDER);
    let reader = house.reader();
    let station = house.station();
    let mut watcher = Watcher::attach(&house.socket());
    reader.place(badge(1));
    watcher.until("the badge is read", |view| view["desk"]["person"]["name"] == "SOLDIER 1");
    for (number, (photograph, weapon)) in photographs.iter().zip(["DM1", "QR1"]).enumerate() {
        fs::copy(photograph, pictures.join(format!("{number}.png"))).expect("a copy");
        watcher.until(weapon, |view| {
            view["recent"].as_array().expect("a list").iter().any(|line| line["item"] == weapon)
        });
    }
    assert_eq!(station.stop().status, Some(0));
    let told: Vec<_> = desk_entries(&house);
    for (entry, (weapon, text)) in told.iter().zip([("DM1", PHOTOGRAPHS[0].1), ("QR1", PHOTOGRAPHS[1].1)]) {
        assert_eq!((&entry["kind"], &entry["weapon"]), (&"issued".into(), &weapon.into()));
        assert_eq!((&entry["person"], &entry["read_point"]), (&"P1".into(), &"hatch".into()));
        let evidence = entry["evidence"].as_array().expect("a list");
        assert!(evidence.iter().any(|one| one["road"] == "mark" && one["value"] == text), "{entry}");
    }
    assert_eq!(told.len(), 2);
}

#[test]
fn grey_frames_from_a_pipe_are_read_too() {
    let house = House::new("--live");
    let frame = draw(MARK, Symbology::DataMatrix, 8).expect("a code");
    let raw = house.write("frame.grey", &frame.pixels);
    let (width, height) = (frame.width, frame.height);
    // A program that shows one frame and then, like a lens behind a shutter, nothing.
    house.configure(&format!(
        "[[camera]]\nname = \"lens\"\nsource = \"pipe:cat {raw} && exec sleep 600\"\nformat = \"grey\"\n\
         width = {width}\nheight = {height}\nread_point = \"hatch\"\n"
    ));
    let reader = house.reader();
    reader.place(badge(2));
    let station = house.station();
    let mut watcher = Watcher::attach(&house.socket());
    watcher.until("the mark is an item", |view| view["recent"][0]["item"] == "W40");
    assert_eq!(station.stop().status, Some(0));
    let told = desk_entries(&house);
    let by_mark = |one: &Value| one["road"] == "mark" && one["value"] == MARK;
    assert_eq!((&told[0]["kind"], &told[0]["weapon"]), (&"issued".into(), &"W40".into()));
    assert!(told[0]["evidence"].as_array().expect("a list").iter().any(by_mark), "{}", told[0]);
}

#[test]
fn a_picture_that_is_none_is_told_by_name_and_stops_nothing() {
    let house = House::new("--live");
    let pictures = pictures(&house);
    house.configure(FOLDER);
    let whole = draw(MARK, Symbology::Qr, 6).expect("a code");
    let good = pictures.join("z-good.part");
    whole.save_png(&good).expect("a picture");
    let png = fs::read(&good).expect("its bytes");
    fs::write(pictures.join("a-text.png"), "this is no picture\n").expect("a file");
    fs::write(pictures.join("b-cut.png"), &png[..png.len() / 2]).expect("a file");
    fs::write(pictures.join("c-empty.jpg"), "").expect("a file");
    // A header that promises a picture of 4 gigapixels.
    let mut huge = png.clone();
    huge[16..24].copy_from_slice(&[0, 1, 0, 0, 0, 1, 0, 0]);
    fs::write(pictures.join("d-huge.png"), huge).expect("a file");
    let reader = house.reader();
    let station = house.station();
    let mut watcher = Watcher::attach(&house.socket());
    for name in ["a-text.png", "b-cut.png", "c-empty.jpg", "d-huge.png"] {
        until("it is told by its name, with a reason", || {
            let said = station.err();
            let told = said.lines().find_map(|line| line.split_once(&format!("camera lens: {name}: ")));
            told.is_some_and(|(_, why)| why.len() > 10)
        });
    }
    device_is(&mut watcher, "lens", "ok");
    reader.place(badge(1));
    watcher.until("the badge is read", |view| view["desk"]["person"]["name"] == "SOLDIER 1");
    fs::rename(&good, pictures.join("z-good.png")).expect("renamed");
    watcher.until("the good one is read", |view| view["recent"][0]["item"] == "W40");
    draws(&reader, &mut watcher, 1, 3);
    assert_eq!(station.stop().status, Some(0));
    assert_eq!(desk_entries(&house).len(), 2);
}

#[test]
fn a_camera_that_is_not_there_is_an_alarm_and_not_the_end() {
    let house = House::new("--live");
    house.configure(
        "[[camera]]\nname = \"gone\"\nsource = \"folder:../nowhere\"\n\n\
         [[camera]]\nname = \"broken\"\nsource = \"pipe:exit 7\"\nwidth = 64\nheight = 64\n",
    );
    let reader = house.reader();
    let station = house.station();
    let mut watcher = Watcher::attach(&house.socket());
    for name in ["gone", "broken"] {
        let why = device_is(&mut watcher, name, "SILENT");
        assert!(why.contains("nowhere") || why.contains('7'), "{why}");
        entry(&house, "that it is down", |entry| {
            entry["kind"] == "device" && entry["detail"].as_str().is_some_and(|text| text.starts_with(name))
        });
    }
    draws(&reader, &mut watcher, 1, 3);
    assert_eq!(station.stop().status, Some(0));
}

/// The mark of a weapon as raw frames of a camera that shows it over and over.
fn held(house: &House, text: &str, more: &str) -> String {
    let frame = draw(text, Symbology::DataMatrix, 6).expect("a code");
    let raw = house.write("held.grey", &frame.pixels);
    format!(
        "[[camera]]\nname = \"lens\"\nsource = \"pipe:while cat {raw}; do sleep 0.05; done\"\nwidth = {}\n\
         height = {}\nread_point = \"hatch\"\n{more}",
        frame.width, frame.height
    )
}

#[test]
fn a_camera_tells_its_figures_and_shows_what_it_sees() {
    let house = House::new("--live");
    house.configure(&held(&house, MARK, "symbologies = [\"data_matrix\"]\nconfirm = \"two_frames\"\n"));
    let reader = house.reader();
    reader.place(badge(1));
    let station = house.station();
    let mut watcher = Watcher::attach(&house.socket());
    watcher.until("the mark is an item", |view| view["recent"][0]["item"] == "W40");
    let told = watcher.until("the figures come", |view| {
        let lens = view["devices"].as_array().expect("a list").iter().find(|one| one["name"] == "lens");
        lens.is_some_and(|lens| lens["camera"]["last_code"].is_string())
    });
    let lens = told["devices"].as_array().expect("a list").iter().find(|one| one["name"] == "lens");
    let figures = &lens.expect("the camera")["camera"];
    assert_eq!(figures["last_code"], "data_matrix ..5B9T", "its end and no more");
    assert!(!told.to_string().contains(MARK), "the whole mark is in no picture: {told}");
    for figure in ["frames_per_s", "read", "budget_ms", "sharpness"] {
        assert!(figures[figure].as_f64().is_some_and(|value| value > 0.0), "{figure}: {figures}");
    }
    assert_eq!(figures["abandoned"], 0);
    let mut ask = |what: Value| watcher.ask(&json!({ "id": 1, "do": what }), |_| ()).expect("an answer");
    let picture = ask(json!({ "camera_picture": { "columns": 9999, "rows": 40 } }));
    let rows = picture["done"]["rows"].as_array().unwrap_or_else(|| panic!("{picture}"));
    assert!((10..=40).contains(&rows.len()), "{picture}");
    assert!(rows.iter().all(|row| row.as_str().is_some_and(|row| row.len() <= 160 && row.is_ascii())));
    assert_eq!(ask(json!({ "read_now": {} }))["done"]["cameras"], json!(["lens"]));
    let refused = ask(json!({ "read_now": { "camera": "lends" } }));
    assert!(refused["refused"]["why"].as_str().is_some_and(|why| why.contains("there is lens")), "{refused}");
    assert_eq!(station.stop().status, Some(0));
}

#[test]
fn a_code_that_is_not_confirmed_is_a_hint_and_never_an_act() {
    let house = House::new("--live");
    let frame = draw("WITHOUT", Symbology::Code39, 2).expect("a code");
    let raw = house.write("bars.grey", &frame.pixels);
    house.configure(&format!(
        "[[camera]]\nname = \"lens\"\nsource = \"pipe:while cat {raw}; do sleep 0.05; done\"\nwidth = {}\n\
         height = {}\nread_point = \"hatch\"\n",
        frame.width, frame.height
    ));
    let station = house.station();
    let mut watcher = Watcher::attach(&house.socket());
    let view = watcher.until("the desk says what is wrong", |view| {
        view["desk"]["why"] == "Bar code without check character."
    });
    assert_eq!(view["desk"]["verdict"], "AGAIN");
    assert_eq!(station.stop().status, Some(0));
    assert!(desk_entries(&house).is_empty(), "nothing was done: {:?}", desk_entries(&house));
}

#[test]
fn a_link_is_never_opened_and_control_characters_reach_no_screen() {
    let door = TcpListener::bind("127.0.0.1:0").expect("a port");
    door.set_nonblocking(true).expect("a door one can look through");
    let link = format!("http://{}/8004/A1", door.local_addr().expect("an address"));
    let evil = "\u{1b}[2J\u{1b}]0;gone\u{7}\u{9b}31mRED\r\n\u{202e}txt";
    let house = House::new("--live");
    let pictures = pictures(&house);
    house.configure(FOLDER);
    let station = house.station();
    let mut watcher = Watcher::attach(&house.socket());
    for (name, text) in [("a.png", link.as_str()), ("b.png", evil), ("c.png", &format!("CMD:{evil}"))] {
        let part = pictures.join(format!("{name}.part"));
        draw(text, Symbology::Qr, 5).expect("a code").save_png(&part).expect("a picture");
        fs::rename(part, pictures.join(name)).expect("renamed");
    }
    // A name that a terminal would obey is told, made harmless.
    fs::write(pictures.join("\u{1b}[2Jd.png"), "no picture").expect("a file");
    until("both are answered", || desk_entries(&house).len() >= 2);
    until("the name is told", || station.err().contains("[2Jd.png"));
    watcher.until("the name is shown", |view| view["devices"].to_string().contains("[2Jd.png"));
    let shown = house.armoury(&["status", "--socket", house.socket().to_str().expect("a path")]).done().out;
    assert!(shown.lines().count() > 4, "{shown}");
    let harmless = |text: &str| text.chars().all(|c| c == '\n' || !(c.is_control() || c == '\u{202e}'));
    assert!(harmless(&shown), "{shown:?}");
    let said = station.stop();
    assert_eq!(said.status, Some(0));
    let warned: Vec<&str> = said.err.lines().filter(|line| line.contains("d.png")).collect();
    assert!(warned.iter().all(|line| !line.contains("\u{1b}[2J")), "{warned:?}");
    let nobody = door.accept().expect_err("nobody may come through the door");
    assert_eq!(nobody.kind(), std::io::ErrorKind::WouldBlock);
}

fn pictures(house: &House) -> PathBuf {
    let pictures = house.data().parent().expect("a folder").join("pictures");
    fs::create_dir(&pictures).expect("a folder");
    pictures
}

/// Where the photographs are; none where there are none, which is a failure in CI.
fn photographs() -> Option<Vec<PathBuf>> {
    let here = Path::new(env!("CARGO_MANIFEST_DIR"));
    let folder =
        std::env::var_os("ARMOURY_SYMBOLS").map_or_else(|| here.join("../shared/symbols"), PathBuf::from);
    let found: Vec<_> = PHOTOGRAPHS.iter().map(|(name, _)| folder.join(name)).collect();
    if found.iter().all(|path| path.is_file()) {
        return Some(found);
    }
    let place = folder.display();
    assert!(std::env::var("CI").as_deref() != Ok("true"), "no photographs in {place}: set ARMOURY_SYMBOLS");
    println!("DID NOT RUN: no photographs in {place}; set ARMOURY_SYMBOLS to the folder with expected.tsv");
    None
}

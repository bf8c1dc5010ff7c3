//! Public photographs with known texts: how many are read, and that none is read wrongly.

use std::time::Duration;

use armoury_hardware::symbol::{Effort, SymbolReader, Symbology, load_picture};

use crate::gallery::{Judged, Photograph, photographs, turned};

/// The measured floor per kind, in percent of the pictures, upright. Never lower these to make a change pass.
const FLOORS: [(&str, f64); 4] = [("qr", 97.0), ("dm", 94.0), ("c128", 97.0), ("c39", 97.0)];

/// The public photographs, or none where they are not there; in CI that is a failure.
fn here() -> Option<Vec<Photograph>> {
    let (folder, pictures) = photographs();
    if pictures.is_none() {
        let folder = folder.display();
        assert!(
            std::env::var("CI").as_deref() != Ok("true"),
            "no photographs in {folder}: set ARMOURY_SYMBOLS"
        );
        println!(
            "DID NOT RUN: no photographs in {folder}; set ARMOURY_SYMBOLS to the folder with expected.tsv"
        );
    }
    pictures
}

#[derive(Default)]
struct Tally {
    pictures: usize,
    read: usize,
    wrong: Vec<String>,
    unread: Vec<String>,
}

impl Tally {
    fn of(pictures: &[Photograph], kind: &str, quarters: usize) -> Self {
        let mut reader = SymbolReader::new().with_patience(Duration::from_secs(20));
        let mut tally = Self::default();
        for picture in pictures.iter().filter(|p| p.kind == kind) {
            let frame = turned(load_picture(&picture.path).expect("every photograph loads"), quarters);
            let result = reader.read(&frame, Effort::Full, &Symbology::ALL);
            assert_eq!(result.abandoned, None, "{}", picture.name);
            let codes = result.codes.iter().map(|code| (code.symbology, code.text.as_str()));
            tally.pictures += 1;
            match picture.judge(codes) {
                Judged::Read => tally.read += 1,
                Judged::Nothing => tally.unread.push(picture.name.clone()),
                Judged::Wrong => tally.wrong.push(format!("{}: {:?}", picture.name, result.codes)),
            }
        }
        println!(
            "{kind:>5} turned {:>3}: {} of {} read, wrong {:?}, unread {:?}",
            quarters * 90,
            tally.read,
            tally.pictures,
            tally.wrong,
            tally.unread
        );
        assert!(tally.wrong.is_empty(), "{kind} turned {}: wrong texts {:?}", quarters * 90, tally.wrong);
        tally
    }

    fn percent(&self) -> f64 {
        100.0 * self.read as f64 / self.pictures as f64
    }
}

#[test]
fn the_photographs_are_read_at_least_as_well_as_measured() {
    let Some(pictures) = here() else {
        return;
    };
    for (kind, floor) in FLOORS {
        let percent = Tally::of(&pictures, kind, 0).percent();
        assert!(percent >= floor, "{kind}: {percent:.1} % read, measured were {floor} %");
    }
}

#[test]
fn nothing_is_read_where_there_is_nothing() {
    let Some(pictures) = here() else {
        return;
    };
    for quarters in 0..4 {
        assert_eq!(Tally::of(&pictures, "none", quarters).read, 0);
    }
}

#[test]
fn a_turned_photograph_reads_nearly_as_well() {
    let Some(pictures) = here() else {
        return;
    };
    for (kind, floor) in FLOORS {
        for quarters in 1..4 {
            let percent = Tally::of(&pictures, kind, quarters).percent();
            assert!(percent >= floor - 2.0, "{kind} turned {}: {percent:.1} % read", quarters * 90);
        }
    }
}

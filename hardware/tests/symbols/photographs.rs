//! Public photographs with known texts: how many are read, and that none is read wrongly.

use std::path::{Path, PathBuf};
use std::time::Duration;

use armoury_hardware::symbol::{CodeRead, Effort, GreyFrame, SymbolReader, Symbology, load_picture};

/// The measured floor per kind, in percent of the pictures, upright. Never lower these to make a change pass.
///
/// Code 128 misses one of nine, whose bars are out of focus by more than a module.
const FLOORS: [(&str, f64); 4] = [("qr", 96.0), ("dm", 94.0), ("c128", 88.8), ("c39", 97.0)];

struct Photograph {
    path: PathBuf,
    name: String,
    kind: String,
    text: Option<String>,
}

/// The public photographs, or none where they are not there; in CI that is a failure.
fn photographs() -> Option<Vec<Photograph>> {
    let here = Path::new(env!("CARGO_MANIFEST_DIR"));
    let folder =
        std::env::var_os("ARMOURY_SYMBOLS").map_or_else(|| here.join("../../shared/symbols"), PathBuf::from);
    let Ok(list) = std::fs::read_to_string(folder.join("expected.tsv")) else {
        let where_ = folder.display();
        assert!(
            std::env::var("CI").as_deref() != Ok("true"),
            "no photographs in {where_}: set ARMOURY_SYMBOLS"
        );
        println!(
            "DID NOT RUN: no photographs in {where_}; set ARMOURY_SYMBOLS to the folder with expected.tsv"
        );
        return None;
    };
    let lines = list.lines().filter(|line| !line.starts_with('#') && !line.is_empty());
    Some(lines.map(|line| photograph(&folder, line)).collect())
}

fn photograph(folder: &Path, line: &str) -> Photograph {
    let fields: Vec<&str> = line.split('\t').collect();
    Photograph {
        path: folder.join(fields[0]),
        name: fields[0].to_owned(),
        kind: fields[1].to_owned(),
        text: serde_json::from_str(fields[2]).expect("the expected text is a JSON string or null"),
    }
}

fn kind_of(symbology: Symbology) -> &'static str {
    match symbology {
        Symbology::Qr => "qr",
        Symbology::DataMatrix => "dm",
        Symbology::Code128 => "c128",
        Symbology::Code39 => "c39",
    }
}

/// Compared as the README of the pictures says: without trailing line ends.
fn same(read: &str, expected: &str) -> bool {
    read.trim_end_matches(['\r', '\n']) == expected.trim_end_matches(['\r', '\n'])
}

#[derive(Default)]
struct Tally {
    pictures: usize,
    read: usize,
    witnessed: usize,
    wrong: Vec<String>,
    unread: Vec<String>,
    ms: Vec<f64>,
}

impl Tally {
    fn percent(&self) -> f64 {
        100.0 * self.read as f64 / self.pictures as f64
    }

    fn line(&mut self, kind: &str) -> String {
        self.ms.sort_by(f64::total_cmp);
        let mean = self.ms.iter().sum::<f64>() / self.ms.len() as f64;
        let p95 = self.ms[(self.ms.len() * 95 / 100).min(self.ms.len() - 1)];
        let longest = self.ms[self.ms.len() - 1];
        format!(
            "{kind:>5}  {:>4} pictures  {:>4} read  {:>5.1} %  {:>3} wrong  {:>3} witnessed  {mean:>6.1} ms mean  {p95:>6.1} p95  {longest:>6.1} longest",
            self.pictures,
            self.read,
            self.percent(),
            self.wrong.len(),
            self.witnessed,
        )
    }
}

fn tally(pictures: &[Photograph], kind: &str, turn: impl Fn(GreyFrame) -> GreyFrame) -> Tally {
    let mut reader = SymbolReader::new().with_patience(Duration::from_secs(20));
    let mut tally = Tally::default();
    for picture in pictures.iter().filter(|p| p.kind == kind) {
        let frame = turn(load_picture(&picture.path).expect("every photograph loads"));
        let result = reader.read(&frame, Effort::Full, &Symbology::ALL);
        tally.pictures += 1;
        tally.ms.push(result.ms);
        assert_eq!(result.abandoned, None, "{}", picture.name);
        let fits = |code: &CodeRead| {
            kind_of(code.symbology) == kind
                && picture.text.as_ref().is_some_and(|text| same(&code.text, text))
        };
        match result.codes.iter().find(|code| fits(code)) {
            Some(code) => {
                tally.read += 1;
                tally.witnessed += usize::from(code.witnessed);
            }
            None => {
                let of_kind = result.codes.iter().filter(|c| kind == "none" || kind_of(c.symbology) == kind);
                let texts: Vec<String> =
                    of_kind.map(|c| format!("{} {:?} by {}", c.symbology, c.text, c.decoder)).collect();
                if texts.is_empty() {
                    tally.unread.push(picture.name.clone());
                } else {
                    tally.wrong.push(format!("{}: {texts:?}", picture.name));
                }
            }
        }
    }
    tally
}

#[test]
fn the_photographs_are_read_at_least_as_well_as_measured() {
    let Some(pictures) = photographs() else {
        return;
    };
    let mut short = Vec::new();
    for (kind, floor) in FLOORS {
        let mut tally = tally(&pictures, kind, |frame| frame);
        println!("{}\n       unread {:?}\n       wrong {:?}", tally.line(kind), tally.unread, tally.wrong);
        if tally.percent() < floor || !tally.wrong.is_empty() {
            short.push(tally.line(kind));
        }
    }
    assert!(short.is_empty(), "below the floor, or a wrong text:\n{}", short.join("\n"));
}

#[test]
fn nothing_is_read_where_there_is_nothing() {
    let Some(pictures) = photographs() else {
        return;
    };
    for turns in 0..4 {
        let mut tally = tally(&pictures, "none", |frame| turned(frame, turns));
        println!("{} turned {}", tally.line("none"), turns * 90);
        assert!(tally.wrong.is_empty(), "false readings: {:?}", tally.wrong);
    }
}

#[test]
fn a_turned_photograph_reads_nearly_as_well() {
    let Some(pictures) = photographs() else {
        return;
    };
    for (kind, floor) in FLOORS {
        for turns in 1..4 {
            let mut tally = tally(&pictures, kind, |frame| turned(frame, turns));
            println!(
                "{} turned {}: unread {:?} wrong {:?}",
                tally.line(kind),
                turns * 90,
                tally.unread,
                tally.wrong
            );
            assert!(tally.percent() >= floor - 2.0, "{kind} turned {}: {:.1} %", turns * 90, tally.percent());
            assert!(tally.wrong.is_empty(), "wrong texts: {:?}", tally.wrong);
        }
    }
}

fn turned(frame: GreyFrame, quarters: usize) -> GreyFrame {
    (0..quarters).fold(frame, |frame, _| {
        let (w, h) = (frame.width as usize, frame.height as usize);
        let pixels =
            (0..w).flat_map(|x| (0..h).rev().map(move |y| (x, y))).map(|(x, y)| frame.pixels[y * w + x]);
        GreyFrame::new(frame.height, frame.width, pixels.collect()).expect("same number of pixels")
    })
}

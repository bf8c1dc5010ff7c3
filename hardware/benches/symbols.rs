//! `./dev bench symbols`: what is read of public photographs and of drawn scenes, and how long it takes on this machine.
//!
//! The photographs go through the very function that `armoury inspect image` prints, in four rotations. A missed aim is
//! printed, never a failure: machines differ. Times are wall clock, so measure on a machine that does nothing else.

#[path = "../tests/symbols/gallery.rs"]
mod gallery;
#[path = "../tests/symbols/scenes.rs"]
mod scenes;

use std::collections::BTreeMap;
use std::path::Path;
use std::process::ExitCode;

use armoury_hardware::symbol::{Effort, GreyFrame, SymbolReader, Symbology, inspect_image, load_picture};

use gallery::{Judged, Photograph, photographs, turned};
use scenes::{FIVE_FRAMES, Scene};

/// Drawn scenes for each kind and size.
const SCENES: u64 = 400;

/// The least share of photographs that should be read upright, in percent, by kind.
const AIMS: [(&str, f64); 4] = [("qr", 96.0), ("dm", 94.0), ("c128", 97.0), ("c39", 97.0)];

const MEAN_MS: f64 = 4.0;
const EMPTY_MS: f64 = 12.0;
const LONGEST_MS: f64 = 500.0;

fn main() -> ExitCode {
    match of_photographs() {
        Ok(()) => {
            of_an_empty_frame();
            of_scenes();
            ExitCode::SUCCESS
        }
        Err(what) => {
            eprintln!("bench: failed to {what}");
            ExitCode::FAILURE
        }
    }
}

fn of_photographs() -> Result<(), String> {
    let (folder, pictures) = photographs();
    let Some(pictures) = pictures else {
        return Err(format!("find expected.tsv in {}: name its folder in ARMOURY_SYMBOLS", folder.display()));
    };
    let turned =
        tempfile::tempdir().map_err(|error| format!("make a folder for turned pictures: {error}"))?;
    let mut rows: BTreeMap<(String, String), Row> = BTreeMap::new();
    let mut reader = SymbolReader::new();
    for picture in &pictures {
        for quarters in 0..4 {
            let (judged, ms) = inspect(picture, quarters, turned.path(), &mut reader)?;
            let kinds = [
                (picture.kind.clone(), set(picture).to_owned()),
                (picture.kind.clone(), "ALL SETS".to_owned()),
                ("all".to_owned(), "ALL SETS".to_owned()),
            ];
            for kind in kinds {
                rows.entry(kind).or_default().add(&picture.kind, quarters, judged, ms);
            }
        }
    }
    println!(
        "{:4}  {:22} {:>8}  {:>4} {:>4} {:>4} {:>4}  {:>5} {:>5}  {:>7} {:>7} {:>7}",
        "kind", "set", "pictures", "read", "90", "180", "270", "wrong", "false", "ms mean", "p95", "longest"
    );
    for ((kind, set), row) in &mut rows {
        row.print(kind, set);
    }
    println!();
    for (kind, aim) in AIMS {
        if let Some(row) = rows.get(&(kind.to_owned(), "ALL SETS".to_owned())) {
            let least = (1..4).map(|quarters| row.percent(quarters)).fold(100.0, f64::min);
            tell(&format!("{kind} read upright, percent"), row.percent(0), aim, row.percent(0) >= aim);
            let turned = row.percent(0) - least;
            tell(&format!("{kind} lost in the worst rotation, points"), turned, 2.0, turned <= 2.0);
        }
    }
    if let Some(row) = rows.get(&("all".to_owned(), "ALL SETS".to_owned())) {
        tell(
            "wrong texts and false readings",
            (row.wrong + row.invented) as f64,
            0.0,
            row.wrong + row.invented == 0,
        );
        tell("ms a picture, mean", row.mean(), MEAN_MS, row.mean() <= MEAN_MS);
        tell("ms a picture, longest", row.longest(), LONGEST_MS, row.longest() <= LONGEST_MS);
    }
    Ok(())
}

/// The collection a picture comes from.
fn set(picture: &Photograph) -> &str {
    picture.name.trim_start_matches("images/").split('/').next().unwrap_or_default()
}

fn inspect(
    picture: &Photograph,
    quarters: usize,
    folder: &Path,
    reader: &mut SymbolReader,
) -> Result<(Judged, f64), String> {
    let mut path = picture.path.clone();
    if quarters > 0 {
        let told = |error| format!("turn {}: {error}", picture.name);
        path = folder.join("turned.png");
        turned(load_picture(&picture.path).map_err(told)?, quarters).save_png(&path).map_err(told)?;
    }
    let inspected = inspect_image(&path.display().to_string(), reader);
    if let Some(reason) = inspected.reason {
        return Err(format!("read {}: {reason}", picture.name));
    }
    let codes = inspected.codes.iter().map(|code| (code.symbology, code.text.as_str()));
    Ok((picture.judge(codes), inspected.ms))
}

#[derive(Default)]
struct Row {
    pictures: usize,
    read: [usize; 4],
    wrong: usize,
    /// Read where there is no code.
    invented: usize,
    ms: Vec<f64>,
}

impl Row {
    fn add(&mut self, kind: &str, quarters: usize, judged: Judged, ms: f64) {
        self.pictures += usize::from(quarters == 0);
        match judged {
            Judged::Read => self.read[quarters] += 1,
            Judged::Wrong if kind == "none" => self.invented += 1,
            Judged::Wrong => self.wrong += 1,
            Judged::Nothing => {}
        }
        let place = self.ms.partition_point(|other| *other <= ms);
        self.ms.insert(place, ms);
    }

    fn percent(&self, quarters: usize) -> f64 {
        100.0 * self.read[quarters] as f64 / self.pictures.max(1) as f64
    }

    fn mean(&self) -> f64 {
        self.ms.iter().sum::<f64>() / self.ms.len().max(1) as f64
    }

    fn longest(&self) -> f64 {
        self.ms.last().copied().unwrap_or_default()
    }

    fn print(&self, kind: &str, set: &str) {
        let p95 = self.ms.get(self.ms.len() * 95 / 100).copied().unwrap_or_default();
        let [upright, quarter, half, three] = self.read;
        println!(
            "{kind:4}  {set:22} {:>8}  {upright:>4} {quarter:>4} {half:>4} {three:>4}  {:>5} {:>5}  {:>7.2} {p95:>7.2} {:>7.2}",
            self.pictures,
            self.wrong,
            self.invented,
            self.mean(),
            self.longest()
        );
    }
}

/// A desk without a mark, as a camera sees it most of the day.
fn of_an_empty_frame() {
    let mut state = 1_u64;
    let mut noise = || {
        state = state.wrapping_mul(6_364_136_223_846_793_005).wrapping_add(1_442_695_040_888_963_407);
        (state >> 61) as u8
    };
    let pixels = (0..720).flat_map(|y| (0..1280).map(move |x| (x, y)));
    let pixels = pixels.map(|(x, y)| 90 + (x / 20 + y / 30) as u8 + noise()).collect();
    let Ok(frame) = GreyFrame::new(1280, 720, pixels) else { return };
    for (name, effort) in [("full effort", Effort::Full), ("quick", Effort::Quick)] {
        let mut reader = SymbolReader::new();
        let ms = (0..30).map(|_| reader.read(&frame, effort, &Symbology::ALL).ms).sum::<f64>() / 30.0;
        tell(&format!("ms an empty 1280x720 frame, {name}"), ms, EMPTY_MS, ms <= EMPTY_MS);
    }
}

fn of_scenes() {
    println!("\nlabels drawn in perspective, 5 to 8 px a module, {SCENES} of each, seeds from 1");
    println!("{:12} {:>9}  {:>12}  {:>13}  {:>6}", "kind", "frame", "single frame", "within 5", "aim");
    for (symbology, aim) in [(Symbology::Qr, 99.5), (Symbology::DataMatrix, 95.0)] {
        for size in [(640, 480), (1280, 720)] {
            let mut reader = SymbolReader::new();
            let mut read = |efforts: &[Effort]| {
                let scenes = (1..=SCENES).map(|seed| Scene::new(seed, symbology, size));
                let read = scenes.filter(|scene| scene.is_read(&mut reader, efforts)).count();
                100.0 * read as f64 / SCENES as f64
            };
            let (single, within) = (read(&[Effort::Full]), read(&FIVE_FRAMES));
            let frame = format!("{}x{}", size.0, size.1);
            let met = if within >= aim { "met" } else { "NOT MET" };
            println!(
                "{:12} {frame:>9}  {single:>10.1} %  {within:>11.1} %  {aim:>6}  {met}",
                symbology.name()
            );
        }
    }
}

fn tell(figure: &str, value: f64, aim: f64, met: bool) {
    println!("{figure:44} {value:>8.2}  aim {aim:>5}  {}", if met { "met" } else { "NOT MET" });
}

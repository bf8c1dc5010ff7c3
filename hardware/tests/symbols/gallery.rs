//! Public photographs with known texts, and how the readings of them are judged.

use std::path::{Path, PathBuf};

use armoury_hardware::symbol::{GreyFrame, Symbology};

/// One picture of the list.
#[derive(Debug, Clone)]
pub struct Photograph {
    /// Where it lies.
    pub path: PathBuf,
    /// Its name in the list: `images/SET/FILE`.
    pub name: String,
    /// "qr", "dm", "c128", "c39", or "none" for a picture without a code.
    pub kind: String,
    /// The text in it.
    pub text: Option<String>,
}

/// The folder of the photographs and what is in it; none where there is no list.
pub fn photographs() -> (PathBuf, Option<Vec<Photograph>>) {
    let here = Path::new(env!("CARGO_MANIFEST_DIR"));
    let folder =
        std::env::var_os("ARMOURY_SYMBOLS").map_or_else(|| here.join("../../shared/symbols"), PathBuf::from);
    let Ok(list) = std::fs::read_to_string(folder.join("expected.tsv")) else {
        return (folder, None);
    };
    let lines = list.lines().filter(|line| !line.starts_with('#') && !line.is_empty());
    let pictures = lines.map(|line| photograph(&folder, line)).collect();
    (folder, Some(pictures))
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

/// What became of one picture.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Judged {
    /// The text is among what was read.
    Read,
    /// Nothing was read; of a picture without a code that is right.
    Nothing,
    /// Something else was read.
    Wrong,
}

impl Photograph {
    /// Judges what was read: kinds and texts.
    pub fn judge<'a>(&self, codes: impl Iterator<Item = (Symbology, &'a str)>) -> Judged {
        let mut judged = Judged::Nothing;
        for (symbology, text) in codes {
            let fits = kind_of(symbology) == self.kind;
            if fits && self.text.as_deref().is_some_and(|expected| same(text, expected)) {
                return Judged::Read;
            }
            judged = Judged::Wrong;
        }
        judged
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

/// A picture turned clockwise by so many quarters.
pub fn turned(frame: GreyFrame, quarters: usize) -> GreyFrame {
    (0..quarters).fold(frame, |frame, _| {
        let (w, h) = (frame.width as usize, frame.height as usize);
        let pixels =
            (0..w).flat_map(|x| (0..h).rev().map(move |y| (x, y))).map(|(x, y)| frame.pixels[y * w + x]);
        GreyFrame::new(frame.height, frame.width, pixels.collect()).expect("same number of pixels")
    })
}

//! One file, one answer: what `inspect image` prints.

use std::time::Instant;

use serde::Serialize;

use super::{Decoder, Effort, SymbolReader, Symbology, load_picture};

/// What the station makes of one picture file.
#[derive(Debug, Clone, PartialEq, Serialize)]
pub struct Inspected {
    /// The file as it was named.
    pub file: String,
    /// The codes in it; empty where there is none.
    pub codes: Vec<InspectedCode>,
    /// Decoding time in milliseconds, without loading the file.
    pub ms: f64,
    /// Why there is no full answer: the file is no picture, or reading it was given up.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub reason: Option<String>,
}

/// One code in an [`Inspected`] picture.
#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
pub struct InspectedCode {
    /// Its kind.
    pub symbology: Symbology,
    /// Its text.
    pub text: String,
    /// Who read it.
    pub decoder: Decoder,
}

/// Reads all codes of a picture file, with full effort. Never fails: what is wrong is the `reason`.
#[must_use]
pub fn inspect_image(path: &str, reader: &mut SymbolReader) -> Inspected {
    let file = path.to_owned();
    let picture = match load_picture(path) {
        Ok(picture) => picture,
        Err(error) => {
            return Inspected { file, codes: Vec::new(), ms: 0.0, reason: Some(error.to_string()) };
        }
    };
    let started = Instant::now();
    let result = reader.read(&picture, Effort::Full, &Symbology::ALL);
    let ms = (started.elapsed().as_secs_f64() * 1_000_000.0).round() / 1000.0;
    let code = |code: super::CodeRead| InspectedCode {
        symbology: code.symbology,
        text: code.text,
        decoder: code.decoder,
    };
    Inspected { file, codes: result.codes.into_iter().map(code).collect(), ms, reason: result.abandoned }
}

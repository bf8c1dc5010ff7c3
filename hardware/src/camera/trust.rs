//! Which of the codes that were read are told: what a camera may read at all, and what has to confirm it.

use std::str::FromStr;
use std::time::{Duration, Instant};

use super::Lens;
use crate::symbol::{CodeRead, Symbology};

/// How a camera's pictures are read.
#[derive(Debug, Clone)]
pub struct ReadSettings {
    /// The kinds of code that are looked for.
    pub symbologies: Vec<Symbology>,
    /// What has to confirm a code before it is told.
    pub confirm: Confirm,
    /// The form of every Code 39; none demands its check character instead.
    pub code39: Option<Code39Format>,
    /// Through which others see what the camera sees, and ask it to read now.
    pub lens: Lens,
}

impl Default for ReadSettings {
    fn default() -> Self {
        let symbologies = Symbology::ALL.to_vec();
        Self { symbologies, confirm: Confirm::None, code39: None, lens: Lens::default() }
    }
}

/// What has to confirm a code.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Confirm {
    /// Nothing.
    None,
    /// Another picture with the same content.
    TwoFrames,
    /// The second reader. Only QR codes have one.
    BothReaders,
}

/// The fixed form of a Code 39: `#` stands for a digit, `@` for a letter, everything else for itself. Neither of the two
/// is a character of Code 39.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Code39Format(String);

/// Not a form of a Code 39.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
#[error(
    "{0:?} is no form of a Code 39: write # for a digit, @ for a letter, other characters of Code 39 as they are"
)]
pub struct NotAFormat(String);

impl FromStr for Code39Format {
    type Err = NotAFormat;

    fn from_str(text: &str) -> Result<Self, Self::Err> {
        let fits = |c| matches!(c, '#' | '@') || value(c).is_some();
        if text.trim().is_empty() || !text.chars().all(fits) {
            return Err(NotAFormat(text.to_owned()));
        }
        Ok(Self(text.to_owned()))
    }
}

impl Code39Format {
    fn is_form_of(&self, text: &str) -> bool {
        let fits = |(form, c): (char, char)| match form {
            '#' => c.is_ascii_digit(),
            '@' => c.is_ascii_uppercase(),
            form => form == c,
        };
        self.0.chars().count() == text.chars().count() && self.0.chars().zip(text.chars()).all(fits)
    }
}

/// The characters of Code 39 in the order of their values (ISO/IEC 16388, annex A).
const CODE39: &str = "0123456789ABCDEFGHIJKLMNOPQRSTUVWXYZ-. $/+%";

fn value(c: char) -> Option<usize> {
    CODE39.find(c)
}

/// Whether the last character is the check character of those before it: the sum of their values, modulo 43.
fn has_check_character(text: &str) -> bool {
    let values: Option<Vec<usize>> = text.chars().map(value).collect();
    match values.as_deref().and_then(<[usize]>::split_last) {
        Some((check, data)) if !data.is_empty() => data.iter().sum::<usize>() % CODE39.len() == *check,
        _ => false,
    }
}

/// A confirmation holds so long after the code was seen last: a code in view is looked at more often.
const HOLDS: Duration = Duration::from_secs(3);

/// More different codes are not waited for.
const MAX_KNOWN: usize = 256;

/// What became of one picture's codes.
#[derive(Debug, Default)]
pub(crate) struct Sifted {
    /// Those to tell.
    pub(crate) trusted: Vec<CodeRead>,
    /// How many wait for a confirmation.
    pub(crate) unconfirmed: usize,
    /// How many Code 39 have neither check character nor form.
    pub(crate) unchecked: usize,
}

/// Remembers what was read and what has confirmed it.
#[derive(Debug)]
pub(crate) struct Trust {
    confirm: Confirm,
    code39: Option<Code39Format>,
    /// Pictures of a folder come when they come: a confirmation then waits for ever.
    holds: Option<Duration>,
    known: Vec<Known>,
}

#[derive(Debug)]
struct Known {
    symbology: Symbology,
    bytes: Vec<u8>,
    confirmed: bool,
    at: Instant,
}

impl Trust {
    /// For pictures that follow each other.
    pub(crate) fn moving(settings: &ReadSettings) -> Self {
        Self { holds: Some(HOLDS), ..Self::single(settings) }
    }

    /// For single pictures.
    pub(crate) fn single(settings: &ReadSettings) -> Self {
        Self { confirm: settings.confirm, code39: settings.code39.clone(), holds: None, known: Vec::new() }
    }

    /// Takes the codes of one picture.
    pub(crate) fn sift(&mut self, codes: Vec<CodeRead>, now: Instant) -> Sifted {
        let mut sifted = Sifted::default();
        if let Some(holds) = self.holds {
            self.known.retain(|known| now.saturating_duration_since(known.at) < holds);
        }
        for code in codes {
            if code.symbology == Symbology::Code39 && !self.is_checked(&code.text) {
                sifted.unchecked += 1;
            } else if self.confirm == Confirm::None || self.is_confirmed(&code, now) {
                sifted.trusted.push(code);
            } else {
                sifted.unconfirmed += 1;
            }
        }
        sifted
    }

    fn is_checked(&self, text: &str) -> bool {
        match &self.code39 {
            Some(format) => format.is_form_of(text),
            None => has_check_character(text),
        }
    }

    fn is_confirmed(&mut self, code: &CodeRead, now: Instant) -> bool {
        let by_witness = self.confirm == Confirm::BothReaders && code.witnessed;
        let same = |known: &&mut Known| known.symbology == code.symbology && known.bytes == code.bytes;
        if let Some(known) = self.known.iter_mut().find(same) {
            known.at = now;
            known.confirmed |= by_witness || self.confirm == Confirm::TwoFrames;
            return known.confirmed;
        }
        if self.known.len() == MAX_KNOWN {
            self.known.remove(0);
        }
        let (symbology, bytes) = (code.symbology, code.bytes.clone());
        self.known.push(Known { symbology, bytes, confirmed: by_witness, at: now });
        by_witness
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::symbol::Decoder;

    fn code(text: &str, symbology: Symbology, witnessed: bool) -> CodeRead {
        let decoder = Decoder::ZxingCpp;
        let bytes = text.into();
        CodeRead { text: text.into(), bytes, aim: None, symbology, decoder, witnessed, corners: None }
    }

    fn trust(confirm: Confirm, code39: Option<&str>) -> Trust {
        let code39 = code39.map(|text| text.parse().expect("a form"));
        Trust::moving(&ReadSettings { confirm, code39, ..ReadSettings::default() })
    }

    #[test]
    fn two_pictures_with_the_same_content_confirm_each_other() {
        let (mut trust, start) = (trust(Confirm::TwoFrames, None), Instant::now());
        let mut told = |text, after| {
            trust.sift(vec![code(text, Symbology::DataMatrix, true)], start + after).trusted.len()
        };
        let frame = Duration::from_millis(67);
        assert_eq!((told("A", frame), told("B", 2 * frame), told("A", 3 * frame)), (0, 0, 1));
        assert_eq!(told("A", 4 * frame), 1, "it stays confirmed while it is in view");
        assert_eq!(told("B", 2 * HOLDS), 0, "the first one is too long ago");
        assert_eq!(told("A", 2 * HOLDS), 0, "it was away");
    }

    #[test]
    fn the_second_reader_confirms_qr_codes_and_nothing_else_does() {
        let (mut trust, now) = (trust(Confirm::BothReaders, None), Instant::now());
        let mut told = |witnessed, symbology| {
            let sifted = trust.sift(vec![code("A", symbology, witnessed)], now);
            (sifted.trusted.len(), sifted.unconfirmed)
        };
        assert_eq!(told(false, Symbology::Qr), (0, 1));
        assert_eq!(told(false, Symbology::Qr), (0, 1), "seen twice is not seen by both");
        assert_eq!(told(true, Symbology::Qr), (1, 0));
        assert_eq!(told(false, Symbology::Qr), (1, 0), "it was confirmed a moment ago");
        assert_eq!(told(false, Symbology::DataMatrix), (0, 1));
    }

    #[test]
    fn a_code_39_needs_its_check_character_or_its_form() {
        let now = Instant::now();
        let taken = |format, text| {
            let sifted = trust(Confirm::None, format).sift(vec![code(text, Symbology::Code39, false)], now);
            assert_eq!(sifted.trusted.len() + sifted.unchecked, 1);
            sifted.trusted.len() == 1
        };
        // "CODE39" has the check character W (ISO/IEC 16388 gives the sum 75 modulo 43 as 32).
        assert!(taken(None, "CODE39W") && !taken(None, "CODE39") && !taken(None, "CODE39X"));
        assert!(!taken(None, "") && !taken(None, "A") && !taken(None, "code39W"));
        assert!(taken(Some("@####"), "A0310") && taken(Some("R-##"), "R-07"));
        assert!(
            !taken(Some("@####"), "A031") && !taken(Some("@####"), "AB310") && !taken(Some("@#"), "CODE39W")
        );
        for wrong in ["", " ", "a##", "[A-Z]"] {
            assert!(wrong.parse::<Code39Format>().is_err(), "{wrong:?}");
        }
        let qr = trust(Confirm::None, Some("@#")).sift(vec![code("anything", Symbology::Qr, false)], now);
        assert_eq!(qr.trusted.len(), 1);
    }

    #[test]
    fn what_is_remembered_stays_little() {
        let (mut trust, now) = (trust(Confirm::TwoFrames, None), Instant::now());
        for n in 0..2 * MAX_KNOWN {
            trust.sift(vec![code(&n.to_string(), Symbology::Qr, false)], now);
        }
        assert_eq!(trust.known.len(), MAX_KNOWN);
    }
}

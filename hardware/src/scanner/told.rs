//! What the owner of a scanner hears: codes once, refusals in measure, figures every second.

use std::time::Duration;

use tokio::time::Instant;

use super::aim::Kind;
use super::code::judged;
use super::error::{Refusal, ScannerError};
use super::heard::RawCode;
use super::port::Backoff;
use super::{ScannedCode, ScannerEvent};
use crate::reader::hex;

/// The same code within this time is the same scan (scanner page, section 7: 1 to 2 s; scanners that read on their own
/// repeat at 3 to 10 Hz).
const SAME_SCAN: Duration = Duration::from_millis(1_500);
/// How many different codes are remembered: more than can lie before one scanner.
const REMEMBERED: usize = 16;
/// How often figures are told.
const FIGURES_EVERY: Duration = Duration::from_secs(1);
/// How many refusals are told between two figures: a line at a wrong rate makes hundreds a second.
const TOLD_REFUSALS: u32 = 10;

/// Everything that goes out to the owner of one scanner.
pub(super) struct Told<F> {
    sink: F,
    /// The scanner's name in the log.
    name: String,
    /// Whether [`ScannerEvent::Up`] has been said since the last [`ScannerEvent::Down`].
    pub up: bool,
    repeats: Repeats,
    backoff: Backoff,
    codes: u64,
    refused: u64,
    refusals_told: u32,
    figures_at: Instant,
}

impl<F: FnMut(ScannerEvent) + Send> Told<F> {
    pub(super) fn new(sink: F, name: String) -> Self {
        Self {
            sink,
            name,
            up: false,
            repeats: Repeats::default(),
            backoff: Backoff::new(),
            codes: 0,
            refused: 0,
            refusals_told: 0,
            figures_at: Instant::now() + FIGURES_EVERY,
        }
    }

    /// Judges a code and hands it on, unless it is still the same scan.
    pub(super) fn code(&mut self, raw: RawCode, aim: bool, bar_type: Option<Kind>) -> bool {
        match judged(raw, aim, bar_type) {
            Ok((code, _)) => {
                self.hand_on(code);
                true
            }
            Err((why, bytes)) => {
                self.refuse(&why, &bytes);
                false
            }
        }
    }

    fn hand_on(&mut self, code: ScannedCode) {
        tracing::debug!(scanner = %self.name, bytes = %hex(&code.bytes), aim = ?code.aim, "code");
        if self.repeats.is_repeat(&code, Instant::now()) {
            return;
        }
        if !self.up {
            self.up("it sends codes; nothing else is known of it yet".to_owned());
        }
        self.codes += 1;
        (self.sink)(ScannerEvent::Code(code));
    }

    /// Counts a refusal, and tells it unless too many were told just now.
    pub(super) fn refuse(&mut self, why: &Refusal, bytes: &[u8]) {
        tracing::debug!(scanner = %self.name, bytes = %hex(bytes), %why, "refused");
        self.refused += 1;
        if self.refusals_told < TOLD_REFUSALS {
            self.refusals_told += 1;
            (self.sink)(ScannerEvent::Refused { why: why.to_string() });
        }
    }

    /// Says that the scanner is there.
    pub(super) fn up(&mut self, what: String) {
        self.up = true;
        self.backoff.reset();
        tracing::info!(scanner = %self.name, %what, "scanner up");
        (self.sink)(ScannerEvent::Up { what });
    }

    /// Says why it is not, and gives the wait before the next try.
    pub(super) fn down(&mut self, why: ScannerError) -> Duration {
        let retry_in_ms = self.backoff.next_ms();
        self.up = false;
        (self.sink)(ScannerEvent::Down { why, retry_in_ms });
        Duration::from_millis(retry_in_ms)
    }

    /// When [`Told::figures`] has something to say.
    pub(super) fn figures_at(&self) -> Instant {
        self.figures_at
    }

    /// Tells the figures when it is time.
    pub(super) fn figures(&mut self) {
        let now = Instant::now();
        if now < self.figures_at {
            return;
        }
        self.figures_at = now + FIGURES_EVERY;
        self.refusals_told = 0;
        if self.up {
            (self.sink)(ScannerEvent::Figures { codes: self.codes, refused: self.refused });
        }
    }
}

/// Which codes lie before the scanner, and since when they were last seen.
#[derive(Default)]
struct Repeats {
    seen: Vec<(Vec<u8>, Option<String>, Instant)>,
}

impl Repeats {
    /// Whether the code was seen within [`SAME_SCAN`]. Each sighting renews that, so a code that lies under a scanner is
    /// one scan, and the same code shown again after a pause is a new one.
    fn is_repeat(&mut self, code: &ScannedCode, now: Instant) -> bool {
        self.seen.retain(|&(_, _, at)| now.duration_since(at) < SAME_SCAN);
        let known = self.seen.iter().position(|(bytes, aim, _)| *bytes == code.bytes && *aim == code.aim);
        if let Some(index) = known {
            self.seen[index].2 = now;
            return true;
        }
        if self.seen.len() >= REMEMBERED {
            self.seen.remove(0);
        }
        self.seen.push((code.bytes.clone(), code.aim.clone(), now));
        false
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn code(text: &str) -> ScannedCode {
        let raw = RawCode { bytes: text.as_bytes().to_vec(), ended_by: Some(b'\r'), blame: None };
        judged(raw, false, None).expect("a code").0
    }

    #[test]
    fn a_code_that_stays_in_view_is_one_scan_and_one_shown_again_is_two() {
        let mut repeats = Repeats::default();
        let start = Instant::now();
        let at = |ms: u64| start + Duration::from_millis(ms);
        assert!(!repeats.is_repeat(&code("A"), at(0)));
        for step in 1..100 {
            assert!(repeats.is_repeat(&code("A"), at(step * 300)), "still in view");
            assert_eq!(repeats.is_repeat(&code("B"), at(step * 300 + 5)), step > 1, "beside it");
        }
        assert!(!repeats.is_repeat(&code("A"), at(99 * 300 + 1_500)), "after a pause");
    }

    #[test]
    fn what_is_remembered_is_bounded() {
        let mut repeats = Repeats::default();
        let now = Instant::now();
        for number in 0..1_000 {
            assert!(!repeats.is_repeat(&code(&number.to_string()), now));
        }
        assert_eq!(repeats.seen.len(), REMEMBERED);
        assert!(repeats.is_repeat(&code("999"), now));
    }
}

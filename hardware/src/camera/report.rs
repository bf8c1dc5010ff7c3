//! What a camera tells, and how often.

use std::time::{Duration, Instant};

use super::CameraEvent;
use crate::symbol::{CodeRead, Sighting, SymbolResult, Symbology};

/// A code in view is told again after this long: the desk needs to know that it is still there, five times a second.
const AGAIN: Duration = Duration::from_millis(200);

/// Figures are told this often while pictures come.
const FIGURES: Duration = Duration::from_secs(1);

/// Figures of a camera to which nothing happens are told this often, so that "alive" can be told from "stuck".
const IDLE_FIGURES: Duration = Duration::from_secs(10);

/// Counts what happens to pictures and turns it into [`CameraEvent::Figures`].
#[derive(Debug)]
pub(crate) struct Figures {
    /// The last code that was measured since they were told.
    sighting: Option<Sighting>,
    budget_ms: f64,
    since: Instant,
    came: u64,
    took_ms: f64,
    /// The mean when it was told last; it holds while nothing is read.
    mean_ms: f64,
    timed: u64,
    read: u64,
    skipped: u64,
    abandoned: u64,
}

impl Figures {
    pub(crate) fn new() -> Self {
        Self {
            sighting: None,
            budget_ms: 0.0,
            since: Instant::now(),
            came: 0,
            took_ms: 0.0,
            mean_ms: 0.0,
            timed: 0,
            read: 0,
            skipped: 0,
            abandoned: 0,
        }
    }

    /// A picture was read; so many milliseconds were allowed.
    pub(crate) fn read(&mut self, result: &SymbolResult, budget_ms: f64) {
        self.budget_ms = budget_ms;
        self.sighting = result.sightings.first().cloned().or(self.sighting.take());
        self.came += 1;
        self.timed += 1;
        self.took_ms += result.ms;
        self.read += 1;
        self.abandoned += u64::from(result.abandoned.is_some());
    }

    /// Pictures were not looked at.
    pub(crate) fn skipped(&mut self, pictures: u64) {
        self.came += pictures;
        self.skipped += pictures;
    }

    /// Tells the figures when it is time.
    pub(crate) fn tell_when_due(&mut self, tell: &mut dyn FnMut(CameraEvent)) {
        let elapsed = self.since.elapsed();
        if elapsed >= if self.came > 0 { FIGURES } else { IDLE_FIGURES } {
            self.tell(tell);
        }
    }

    /// Tells the figures now.
    pub(crate) fn tell(&mut self, tell: &mut dyn FnMut(CameraEvent)) {
        let seconds = self.since.elapsed().as_secs_f32().max(0.001);
        if self.timed > 0 {
            self.mean_ms = self.took_ms / self.timed as f64;
        }
        tell(CameraEvent::Figures {
            frames_per_s: self.came as f32 / seconds,
            ms_per_frame: self.mean_ms as f32,
            budget_ms: self.budget_ms as f32,
            read: self.read,
            skipped: self.skipped,
            abandoned: self.abandoned,
            sighting: self.sighting.take(),
        });
        (self.since, self.came, self.took_ms, self.timed) = (Instant::now(), 0, 0.0, 0);
    }
}

/// The codes told lately, so that none is told more than five times a second.
#[derive(Debug, Default)]
pub(crate) struct Lately {
    told: Vec<(Symbology, String, Instant)>,
}

impl Lately {
    /// Tells the codes that were not told just now.
    pub(crate) fn tell(&mut self, codes: &[CodeRead], now: Instant, tell: &mut dyn FnMut(CameraEvent)) {
        self.told.retain(|(_, _, at)| now.saturating_duration_since(*at) < AGAIN);
        for code in codes {
            let known = self
                .told
                .iter()
                .any(|(symbology, text, _)| *symbology == code.symbology && *text == code.text);
            if !known {
                self.told.push((code.symbology, code.text.clone(), now));
                tell(CameraEvent::Code(code.clone()));
            }
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::symbol::Decoder;

    fn code(text: &str) -> CodeRead {
        CodeRead {
            text: text.into(),
            bytes: text.into(),
            aim: None,
            symbology: Symbology::Qr,
            decoder: Decoder::ZxingCpp,
            witnessed: false,
            corners: None,
        }
    }

    #[test]
    fn a_code_in_view_is_told_five_times_a_second() {
        let mut lately = Lately::default();
        let mut told = 0;
        let start = Instant::now();
        for frame in 0..60 {
            let now = start + Duration::from_millis(frame * 50);
            lately.tell(&[code("A"), code("B")], now, &mut |_| told += 1);
        }
        assert_eq!(told, 2 * 15, "three seconds of two codes");
        assert!(lately.told.len() <= 2);
    }

    #[test]
    fn figures_count_since_the_start_and_rates_since_the_last_time() {
        let mut figures = Figures::new();
        let late = SymbolResult { ms: 8.0, abandoned: Some("late".into()), ..SymbolResult::default() };
        figures.read(&late, 40.0);
        figures.skipped(3);
        let mut events = Vec::new();
        figures.tell(&mut |event| events.push(event));
        figures.tell(&mut |event| events.push(event));
        let [
            CameraEvent::Figures {
                ms_per_frame: first_ms,
                budget_ms: 40.0,
                read: 1,
                skipped: 3,
                abandoned: 1,
                ..
            },
            CameraEvent::Figures { frames_per_s, ms_per_frame, read: 1, skipped: 3, abandoned: 1, .. },
        ] = events.as_slice()
        else {
            panic!("{events:?}");
        };
        assert!((*first_ms - 8.0).abs() < 0.01 && *frames_per_s == 0.0 && ms_per_frame == first_ms);
    }
}

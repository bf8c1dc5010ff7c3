//! Looks at pictures that follow each other, and tells what is worth telling.

use std::time::{Duration, Instant};

use super::aim::{Aim, AimHint};
use super::report::{Figures, Lately};
use super::schedule::{Before, Next, Schedule};
use super::still::Stillness;
use super::trust::{ReadSettings, Sifted, Trust};
use super::{CameraEvent, Lens};
use crate::symbol::{CodeRead, Effort, GreyFrame, SymbolReader, SymbolResult, Symbology};

/// A picture that was given up is told once in so long; the figures count them all.
const GIVEN_UP_AGAIN: Duration = Duration::from_secs(10);

/// Looks at frames and remembers what it saw.
pub(crate) struct Eye {
    /// What happened to the pictures.
    pub(crate) figures: Figures,
    symbologies: Vec<Symbology>,
    lens: Lens,
    reader: SymbolReader,
    still: Stillness,
    schedule: Schedule,
    trust: Trust,
    aim: Aim,
    lately: Lately,
    /// What the last look found; it holds for frames without change.
    in_view: Vec<CodeRead>,
    hint: Option<AimHint>,
    /// The picture that does not change has had its thorough look, or shows a code.
    exhausted: bool,
    /// Somebody asked to read now, and nothing was read yet.
    waits: bool,
    given_up: Option<Instant>,
}

impl Eye {
    pub(crate) fn new(settings: &ReadSettings) -> Self {
        Self {
            figures: Figures::new(),
            symbologies: settings.symbologies.clone(),
            lens: settings.lens.clone(),
            reader: SymbolReader::new(),
            still: Stillness::default(),
            schedule: Schedule::new(),
            trust: Trust::moving(settings),
            aim: Aim::default(),
            lately: Lately::default(),
            in_view: Vec::new(),
            hint: None,
            exhausted: false,
            waits: false,
            given_up: None,
        }
    }

    /// Takes the newest picture.
    pub(crate) fn see(&mut self, frame: &GreyFrame, tell: &mut dyn FnMut(CameraEvent)) {
        let now = Instant::now();
        self.lens.show(frame, now);
        let before = Before {
            same: !self.still.differs(frame),
            exhausted: self.exhausted,
            believed: self.hint.is_some() && !self.aim.is_poster(now),
            asked: self.lens.is_asked(now),
        };
        match self.schedule.next(before, now) {
            Next::Pass => {
                self.figures.skipped(1);
                if !before.same {
                    return;
                }
            }
            Next::Look(effort, budget) => self.look(frame, effort, budget, tell),
        }
        self.lately.tell(&self.in_view, now, tell);
        self.help(before.asked, now, tell);
    }

    fn look(
        &mut self,
        frame: &GreyFrame,
        effort: Effort,
        budget: Duration,
        tell: &mut dyn FnMut(CameraEvent),
    ) {
        self.still.remember(frame);
        let mut result = self.reader.read_within(frame, effort, &self.symbologies, budget);
        self.schedule.spent(effort, result.ms);
        self.figures.read(&result, self.schedule.budget_ms());
        self.given_up(&mut result, tell);
        let read = !result.codes.is_empty();
        let sifted = self.trust.sift(result.codes, Instant::now());
        self.hint = match &sifted.trusted[..] {
            [] => hint(&sifted).or_else(|| result.sightings.iter().find_map(AimHint::of)),
            _ => None,
        };
        self.exhausted = effort == Effort::Full || (read && sifted.unconfirmed == 0);
        self.in_view = sifted.trusted;
    }

    /// What helps a person to hold the code better, and an answer to whoever asked to read now.
    fn help(&mut self, asked: bool, now: Instant, tell: &mut dyn FnMut(CameraEvent)) {
        let taken = !self.in_view.is_empty();
        let waited = std::mem::replace(&mut self.waits, asked && !taken);
        if waited && !asked && !taken {
            return self.aim.tell(self.hint.unwrap_or(AimHint::NoCode), now, tell);
        }
        self.aim.look(taken, self.hint, now, tell);
    }

    /// A reader that was late was abandoned, one that stumbled was caught: somebody should know.
    fn given_up(&mut self, result: &mut SymbolResult, tell: &mut dyn FnMut(CameraEvent)) {
        let Some(why) = result.abandoned.take() else {
            return;
        };
        let now = Instant::now();
        if self.given_up.is_none_or(|at| now.saturating_duration_since(at) >= GIVEN_UP_AGAIN) {
            self.given_up = Some(now);
            tell(CameraEvent::GivenUp { why });
        }
    }
}

/// Why a code that was read is not taken.
pub(crate) fn hint(sifted: &Sifted) -> Option<AimHint> {
    if !sifted.trusted.is_empty() {
        None
    } else if sifted.unconfirmed > 0 {
        Some(AimHint::Unconfirmed)
    } else {
        (sifted.unchecked > 0).then_some(AimHint::Unchecked)
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::symbol::{Engine, Finding};

    /// A reader that never comes back in time.
    struct Slow;

    impl Engine for Slow {
        fn decode(
            &mut self,
            _: &GreyFrame,
            _: Effort,
            _: &[Symbology],
            _: Instant,
            _: &mut dyn FnMut(Finding),
        ) {
            std::thread::sleep(Duration::from_millis(500));
        }
    }

    #[test]
    fn a_reader_that_is_late_is_told_once_and_counted_each_time() {
        let mut eye = Eye::new(&ReadSettings::default());
        eye.reader = SymbolReader::with_engine(|| Box::new(Slow)).with_patience(Duration::from_millis(10));
        let mut told = Vec::new();
        for grey in [10, 100] {
            let frame = GreyFrame::new(64, 64, vec![grey; 64 * 64]).expect("a frame");
            eye.see(&frame, &mut |event| told.push(event));
        }
        eye.figures.tell(&mut |event| told.push(event));
        assert!(
            matches!(&told[..], [CameraEvent::GivenUp { why }, CameraEvent::Figures { abandoned: 2, .. }]
                if why.contains("given up")),
            "{told:?}"
        );
    }
}

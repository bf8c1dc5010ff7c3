//! How sure it is that a tag still lies where it was heard (`rfid-stream-cleaning.md` sections 1 and 3): the chances of
//! three states, weighed anew with every epoch.
//!
//! A tag lies there and is heard in some share of the epochs; or it lies there and metal or a body screens it; or it has
//! gone, and what is heard now and then is a stray answer from the rack. One silence can be any of the three and one
//! sighting any of two: only the run of both tells, and nothing is concluded from the last second alone. A tag that lay
//! there for a minute is there again as soon as it answers after it was screened; one that was taken away is not there
//! again by a single stray.
//!
//! Only sums, products and quotients are taken, which every machine rounds alike: a replay comes to the same result.

use super::smooth::EPOCH_MS;

/// The chance that a weapon is taken away in an epoch, or laid down: once in some minutes.
const MOVED: f64 = 0.001;

/// The chance that a tag is screened in an epoch: once in twenty seconds (section 8).
const SCREENED: f64 = 0.0125;

/// Screening has so many stages, each of which ends in an epoch with this chance: together 1.25 s in the mean, and
/// rarely more than 2.5 s (section 8: 0.5 to 2 s). A single stage would now and then last for ever.
const STAGES: usize = 3;
const STAGE_ENDS: f64 = 0.6;

/// The chance that a tag from the rack is heard in an epoch as strongly as tags in place are: five in a hundred strays
/// at most (section 8), of which few are so strong.
const STRAY: f64 = 0.02;

/// The same for a sighting that exceeds the threshold by more than the margin.
const LOUD_STRAY: f64 = 0.002;

/// Rates that tags in place have, and how many epochs the rate is taken over at most: what was before fades.
const RATES: std::ops::RangeInclusive<f64> = 0.25..=0.97;
const EPOCHS_MAX: f64 = 64.0;

/// Before anything is known of a tag's rate, so many epochs of it are supposed.
const SUPPOSED: (f64, f64) = (1.8, 3.0);

/// More epochs of silence than this make no difference any more.
const SILENCE_MAX: u64 = 240;

/// What is held of one tag. The three chances sum up to one.
#[derive(Debug, Clone, Copy)]
pub(super) struct Belief {
    lies: f64,
    screened: [f64; STAGES],
    gone: f64,
    /// Epochs in which it was heard, of those in which it lay there unscreened; each as likely as it was.
    heard: f64,
    epochs: f64,
    /// The epoch up to which this is.
    epoch: u64,
}

impl Belief {
    /// Nothing was heard before `now_ms`.
    pub(super) fn new(now_ms: u64) -> Self {
        let (heard, epochs) = SUPPOSED;
        let epoch = (now_ms / EPOCH_MS).saturating_sub(1);
        Self { lies: 0.0, screened: [0.0; STAGES], gone: 1.0, heard, epochs, epoch }
    }

    /// It was heard as tags in place are; one sighting an epoch counts. `loud`: far above the threshold. `deaf_ms`: for
    /// how long since the last sighting nobody listened.
    pub(super) fn hear(&mut self, loud: bool, now_ms: u64, deaf_ms: u64) {
        let epoch = now_ms / EPOCH_MS;
        if epoch > self.epoch {
            *self = self.after(now_ms, deaf_ms);
            self.step();
            self.weigh(self.rate(), 0.0, if loud { LOUD_STRAY } else { STRAY });
            self.heard += self.lies;
            self.learn();
            self.epoch = epoch;
        }
    }

    /// What is held at `now_ms` if there was silence since; the epoch that goes on is not counted.
    pub(super) fn after(&self, now_ms: u64, deaf_ms: u64) -> Self {
        let mut after = *self;
        let passed = (now_ms / EPOCH_MS).saturating_sub(self.epoch.saturating_add(1));
        let deaf = (deaf_ms / EPOCH_MS).min(passed);
        (0..deaf.min(SILENCE_MAX)).for_each(|_| after.step());
        for _ in 0..(passed - deaf).min(SILENCE_MAX) {
            after.step();
            after.weigh(1.0 - after.rate(), 1.0, 1.0 - STRAY);
            after.learn();
        }
        after.epoch = self.epoch.saturating_add(passed);
        after
    }

    /// The chance that it has gone.
    pub(super) fn gone(&self) -> f64 {
        self.gone
    }

    /// The chance that it is there, heard or screened.
    pub(super) fn there(&self) -> f64 {
        1.0 - self.gone
    }

    /// An epoch passes, and whatever can happen may have happened.
    fn step(&mut self) {
        let Self { lies, screened, gone, .. } = *self;
        let mut enters = lies * SCREENED;
        for (stage, was) in self.screened.iter_mut().zip(screened) {
            *stage = was * (1.0 - STAGE_ENDS - MOVED) + enters;
            enters = was * STAGE_ENDS;
        }
        self.lies = lies * (1.0 - SCREENED - MOVED) + enters + gone * MOVED;
        self.gone = gone * (1.0 - MOVED) + (1.0 - gone) * MOVED;
    }

    /// What was heard or not weighs the states by how well each explains it. The last never comes to nothing.
    fn weigh(&mut self, lies: f64, screened: f64, gone: f64) {
        self.lies *= lies;
        self.screened.iter_mut().for_each(|stage| *stage *= screened);
        self.gone *= gone;
        let sum = self.lies + self.screened.iter().sum::<f64>() + self.gone;
        self.lies /= sum;
        self.screened.iter_mut().for_each(|stage| *stage /= sum);
        self.gone /= sum;
    }

    fn learn(&mut self) {
        self.epochs += self.lies;
        if self.epochs > EPOCHS_MAX {
            self.epochs /= 2.0;
            self.heard /= 2.0;
        }
    }

    fn rate(&self) -> f64 {
        (self.heard / self.epochs).clamp(*RATES.start(), *RATES.end())
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    /// Heard in the epochs marked `x`, and then not for `silent` epochs.
    fn gone(pattern: &str, silent: u64) -> f64 {
        let mut belief = Belief::new(0);
        for (epoch, _) in pattern.char_indices().filter(|(_, mark)| *mark == 'x') {
            belief.hear(false, epoch as u64 * EPOCH_MS, 0);
        }
        let last = pattern.rfind('x').unwrap_or(0) as u64;
        belief.after((last + silent + 1) * EPOCH_MS, 0).gone()
    }

    #[test]
    fn one_sighting_is_a_stray_and_some_are_a_tag() {
        assert!(gone("x", 0) > 0.9);
        assert!(gone("x......x.........x...........x", 0) > 0.9, "as strays come");
        assert!(gone("xxxx", 0) < 0.1 && gone("x.x..x.xx", 0) < 0.05);
    }

    #[test]
    fn a_silence_says_the_more_the_more_regularly_the_tag_was_heard() {
        let (steady, rare) = ("x".repeat(60), "x..".repeat(20));
        for silent in [4, 8, 12] {
            assert!(gone(&steady, silent) > gone(&rare, silent), "after {silent} epochs");
        }
        assert!(gone(&steady, 4) < 0.2, "metal screens it for a moment");
        assert!(gone(&steady, 16) > 0.98 && gone(&rare, 16) < 0.9 && gone(&rare, 28) > 0.9);
    }

    #[test]
    fn what_was_screened_is_soon_there_again_and_what_has_gone_is_not() {
        let lay = "xx.xxx.x".repeat(10);
        assert!(gone(&format!("{lay}........x"), 0) < 0.05, "two seconds are a screened tag's");
        assert!(gone(&format!("{lay}................................x"), 0) > 0.5, "eight are not");
        assert!(gone(&format!("{lay}................................xx.x"), 0) < 0.1, "laid down again");
    }

    #[test]
    fn chances_stay_chances_whatever_time_does() {
        let mut belief = Belief::new(0);
        for now_ms in [0, 250, 500, u64::MAX, 0, 1_000, u64::MAX - 1] {
            belief.hear(true, now_ms, u64::MAX);
            let after = belief.after(u64::MAX, 0);
            for chance in [belief.gone(), belief.there(), after.gone(), after.there()] {
                assert!((-1e-9..=1.0 + 1e-9).contains(&chance), "{belief:?} {after:?}");
            }
        }
    }

    #[test]
    fn where_nobody_listened_nothing_was_silent() {
        let mut belief = Belief::new(0);
        (0..40).for_each(|epoch| belief.hear(false, epoch * EPOCH_MS, 0));
        let now_ms = 40 * EPOCH_MS + 30_000;
        assert!(belief.after(now_ms, 30_000).gone() < 0.2);
        assert!(belief.after(now_ms, 0).gone() > 0.98);
    }
}

//! How regularly a tag is heard, and so how long a silence must be before it says that the tag has gone (SMURF,
//! `rfid-stream-cleaning.md` section 3).
//!
//! Time is cut into epochs. The share of epochs in which a tag was heard is its read rate; over how many epochs it is
//! taken adapts: the window grows by two with every epoch as long as the rate holds, and where the newer half falls
//! short of the older by more than two sigma it is halved, because the tag is not heard as it was. A silence that is
//! still going on never counts, so that it does not lengthen itself.

/// An epoch, ms (`rfid-stream-cleaning.md` section 3: 0.2 to 0.25 s).
pub const EPOCH_MS: u64 = 250;

/// Most epochs the rate is taken over: as many as a word has bits.
const WINDOW_MAX: u32 = u64::BITS;

/// A rate of few epochs is no more than a guess, and a tag that was heard by luck is not to be missed for want of it:
/// to a silence that says that it has left belong so many silent epochs more than were counted. Of a tag heard in three
/// epochs of ten it is said four times more rarely, in the first seconds; one that was heard for long is hardly waited for
/// longer.
const DOUBT: u32 = 4;

/// Epochs the window grows by.
const GROWTH: u32 = 2;

/// How sure a silence is to mean something, as ln(1/d) in ten thousandths.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Surety {
    /// d = 0.05: the window of the transition test.
    Likely = 29_957,
    /// d = 0.01: a tag that is there is rarely silent for so long.
    Sure = 46_052,
    /// d = 0.001: it has left.
    Certain = 69_078,
}

/// The epochs in which something was heard.
#[derive(Debug, Clone, Copy, Default)]
pub(super) struct Smoother {
    /// The lowest bit is the epoch of the last sighting.
    heard: u64,
    /// The epoch of the last sighting, counted from zero time.
    epoch: u64,
    /// Epochs the rate is taken over, from the last sighting back; 0 before the first.
    window: u32,
    /// Epochs since the first sighting, or since the last halving, both included.
    age: u32,
}

impl Smoother {
    /// A sighting. `deaf_ms`: for how long since the last one nobody listened. Answers whether it is the first of its
    /// epoch.
    pub(super) fn hear(&mut self, now_ms: u64, deaf_ms: u64) -> bool {
        let epoch = now_ms / EPOCH_MS;
        if self.window == 0 {
            *self = Self { heard: 1, epoch, window: 1, age: 1 };
            return true;
        }
        let passed = epoch.saturating_sub(self.epoch);
        if passed == 0 {
            return false;
        }
        self.epoch = epoch;
        let passed = u32::try_from(passed.saturating_sub(deaf_ms / EPOCH_MS).max(1)).unwrap_or(WINDOW_MAX);
        self.heard = self.heard.checked_shl(passed).unwrap_or(0) | 1;
        self.age = self.age.saturating_add(passed).min(WINDOW_MAX);
        // At least everything since the last sighting: the silence just ended belongs to the rate.
        let grown = self.window.saturating_add(passed.saturating_mul(GROWTH));
        self.window = grown.clamp(passed.min(WINDOW_MAX), self.age);
        if self.fell_short() {
            let likely = self.epochs(Surety::Likely).min(WINDOW_MAX);
            self.window = (self.window / 2).min(likely).max(passed.min(WINDOW_MAX)).max(1);
            // What was before is another story, and the window does not grow back into it.
            self.age = self.window;
        }
        true
    }

    /// Epochs of silence that a tag of this rate keeps with the chance that `surety` stands for:
    /// `ceil(ln(1/d) / p)`. Of one that was heard in every epoch nothing is known but that; it is none.
    fn epochs(&self, surety: Surety) -> u32 {
        self.epochs_of(surety, self.window)
    }

    /// The same, ms.
    pub(super) fn silence_ms(&self, surety: Surety) -> u64 {
        u64::from(self.epochs(surety)) * EPOCH_MS
    }

    /// After how long a silence a tag of this rate has left, ms: the epochs of [`Surety::Certain`], where the rate is one
    /// that some more silence would have left.
    pub(super) fn leaves_after_ms(&self) -> u64 {
        u64::from(self.epochs_of(Surety::Certain, self.window.saturating_add(DOUBT))) * EPOCH_MS
    }

    /// Where what was heard was heard in so many epochs.
    fn epochs_of(&self, surety: Surety, of: u32) -> u32 {
        let heard = self.sightings(self.window);
        if heard == self.window {
            return 0;
        }
        (surety as u32 * of).div_ceil(10_000 * heard)
    }

    /// Epochs with a sighting among the newest `window`.
    fn sightings(&self, window: u32) -> u32 {
        let mask = u64::MAX.checked_shr(WINDOW_MAX.saturating_sub(window)).unwrap_or(0);
        (self.heard & mask).count_ones()
    }

    /// The transition test, in whole numbers: with the rate p of the older half of the window, the newer half of h
    /// epochs holds fewer sightings than `h·p - 2·sqrt(h·p·(1 - p))`. The rate is taken half an epoch off its ends:
    /// one that was heard throughout may miss an epoch.
    fn fell_short(&self) -> bool {
        let half = self.window / 2;
        let newer = self.sightings(half);
        let older = self.sightings(2 * half) - newer;
        let [h, seen, heard, of] = [half, newer, 2 * older + 1, 2 * half + 2].map(i64::from);
        let short = h * heard - seen * of;
        short > 0 && short * short > 4 * h * heard * (of - heard)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    /// Heard in the epochs marked `x`.
    fn heard(pattern: &str) -> Smoother {
        let mut smoother = Smoother::default();
        for (epoch, _) in pattern.char_indices().filter(|(_, mark)| *mark == 'x') {
            smoother.hear(epoch as u64 * EPOCH_MS, 0);
        }
        smoother
    }

    #[test]
    fn the_windows_of_the_page() {
        // Section 3, the numbers in brackets.
        let half = heard(&"x.".repeat(31));
        let [likely, sure, certain] = [Surety::Likely, Surety::Sure, Surety::Certain].map(|s| half.epochs(s));
        assert!((5..=6).contains(&likely) && (9..=10).contains(&sure) && (13..=14).contains(&certain));
        let nearly = heard(&("x".repeat(30) + "." + &"x".repeat(32)));
        assert_eq!(nearly.epochs(Surety::Certain), 8);
        let tenth = heard(&"x.........".repeat(7));
        assert!((55..=70).contains(&tenth.epochs(Surety::Certain)), "{tenth:?}");
    }

    #[test]
    fn the_silence_that_goes_on_does_not_count() {
        let strong = heard("xxxxxxxxxx");
        let later = heard("xxxxxxxxxx..............");
        assert_eq!(strong.leaves_after_ms(), later.leaves_after_ms());
    }

    #[test]
    fn of_a_tag_just_laid_down_the_rate_is_doubted() {
        let (young, known) = (heard("x.x.x"), heard(&"x.".repeat(32)));
        assert_eq!((young.epochs(Surety::Certain), young.leaves_after_ms() / EPOCH_MS), (12, 21));
        assert_eq!((known.epochs(Surety::Certain), known.leaves_after_ms() / EPOCH_MS), (14, 15));
        assert_eq!(heard("xxx").leaves_after_ms(), 0, "and of one heard throughout only the setting tells");
    }

    #[test]
    fn a_tag_that_is_heard_worse_than_before_is_soon_given_more_time() {
        let steady = heard(&"x".repeat(64));
        let screened = heard(&("x".repeat(64) + "....x....x....x"));
        assert_eq!(steady.epochs(Surety::Certain), 0);
        assert!(screened.epochs(Surety::Certain) > 20, "{screened:?}");
        assert!(screened.window < 20, "what was before no longer counts: {screened:?}");
    }

    #[test]
    fn nobody_is_blamed_for_not_being_heard_in_a_gap() {
        let mut strong = heard("xxxxxxxxxx");
        strong.hear(9 * EPOCH_MS + 60_000, 59_800);
        assert_eq!(strong.epochs(Surety::Certain), 0);
    }

    #[test]
    fn time_that_jumps_far_ahead_is_one_long_silence() {
        let mut smoother = heard("xxxx");
        smoother.hear(u64::MAX, 0);
        smoother.hear(0, u64::MAX);
        assert!(smoother.epochs(Surety::Certain) >= 7);
        assert_eq!(Smoother::default().epochs(Surety::Certain), 0);
    }
}

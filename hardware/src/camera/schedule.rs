//! Which picture is looked at, how hard, and how long that may take.
//!
//! A camera earns time while time passes, a share of one processor, and looking spends it. Where looks are cheap the
//! account is full and each picture is looked at, every fourth with all options; on a slow computer thorough looks are
//! shorter, then rarer, and at last pictures are passed over. Somebody who asks to read now does not wait for any of it.

use std::time::{Duration, Instant};

use crate::symbol::Effort;

/// The share of one processor that a camera may use while nobody asks.
const SHARE: f64 = 0.7;

/// Every fourth look is thorough.
const THOROUGH_EVERY: u64 = 4;

/// An unchanged picture is looked at again after this long all the same, or after this where a code is believed in it.
const LOOK_AGAIN: Duration = Duration::from_secs(2);
const BELIEVED_AGAIN: Duration = Duration::from_millis(400);

/// What is saved at most, ms: the longest look a desk does not feel.
const SAVED_MAX_MS: f64 = 300.0;

/// What a look may always take beyond what looks take here, ms: time to ask the second reader.
const LEAST_MS: f64 = 20.0;

/// The time between pictures that is assumed before there were two, ms.
const FIRST_INTERVAL_MS: f64 = 67.0;

/// What is known of a picture before it is looked at.
#[derive(Debug, Clone, Copy, Default)]
pub(crate) struct Before {
    /// It does not differ from the one looked at last.
    pub(crate) same: bool,
    /// Looking at the same again would tell nothing new: it had its thorough look, or shows a code that was told.
    pub(crate) exhausted: bool,
    /// A code was seen in the last one and not read, or read and not confirmed.
    pub(crate) believed: bool,
    /// A person asks to read now.
    pub(crate) asked: bool,
}

/// What is done with a picture.
#[derive(Debug, Clone, Copy, PartialEq)]
pub(crate) enum Next {
    /// It is not looked at.
    Pass,
    /// It is looked at so hard, and no further look is begun after so long.
    Look(Effort, Duration),
}

/// The account.
#[derive(Debug)]
pub(crate) struct Schedule {
    saved_ms: f64,
    most_ms: f64,
    interval_ms: f64,
    quick_ms: f64,
    last_frame: Option<Instant>,
    last_look: Option<Instant>,
    looks: u64,
    budget_ms: f64,
}

impl Schedule {
    pub(crate) fn new() -> Self {
        Self {
            saved_ms: SAVED_MAX_MS,
            most_ms: SAVED_MAX_MS,
            interval_ms: FIRST_INTERVAL_MS,
            quick_ms: 0.0,
            last_frame: None,
            last_look: None,
            looks: 0,
            budget_ms: 0.0,
        }
    }

    /// What the last look was allowed, ms.
    pub(crate) fn budget_ms(&self) -> f64 {
        self.budget_ms
    }

    /// A picture came.
    pub(crate) fn next(&mut self, before: Before, now: Instant) -> Next {
        self.earn(now);
        if before.asked {
            return self.look(Effort::Full, SAVED_MAX_MS, now);
        }
        let again = if before.believed { BELIEVED_AGAIN } else { LOOK_AGAIN };
        let fresh = self.last_look.is_some_and(|at| now.saturating_duration_since(at) < again);
        if (before.same && before.exhausted && fresh) || self.saved_ms <= 0.0 {
            return Next::Pass;
        }
        // A picture that stands still without a code gets its thorough look at once: nothing else is waiting.
        let turn = self.looks % THOROUGH_EVERY == THOROUGH_EVERY - 1;
        let affordable = self.saved_ms >= (2.0 * self.quick_ms).min(0.9 * self.most_ms);
        if turn && !affordable {
            // It is saved up for: quick looks alone would never leave enough.
            return Next::Pass;
        }
        let thorough = affordable && (turn || before.same || before.believed);
        let effort = if thorough { Effort::Full } else { Effort::Quick };
        self.look(effort, self.saved_ms.max(self.quick_ms + LEAST_MS), now)
    }

    /// A look took so long.
    pub(crate) fn spent(&mut self, effort: Effort, ms: f64) {
        self.saved_ms -= ms;
        if effort == Effort::Quick {
            self.quick_ms = smooth(self.quick_ms, ms);
        }
    }

    fn look(&mut self, effort: Effort, budget_ms: f64, now: Instant) -> Next {
        self.looks += 1;
        self.last_look = Some(now);
        self.budget_ms = budget_ms;
        Next::Look(effort, Duration::from_secs_f64(budget_ms / 1000.0))
    }

    fn earn(&mut self, now: Instant) {
        if let Some(last) = self.last_frame.replace(now) {
            let passed_ms = now.saturating_duration_since(last).as_secs_f64() * 1000.0;
            self.interval_ms = smooth(self.interval_ms, passed_ms.min(1000.0));
            // One thorough look may take what four pictures earn: then the next four are looked at all the same.
            let four_ms = THOROUGH_EVERY as f64 * self.interval_ms;
            self.most_ms = (four_ms * SHARE).clamp(LEAST_MS, SAVED_MAX_MS);
            self.saved_ms = (self.saved_ms + passed_ms * SHARE).min(self.most_ms);
        }
    }
}

/// A tenth of the new to nine of the old.
fn smooth(old: f64, new: f64) -> f64 {
    if old == 0.0 { new } else { old * 0.9 + new * 0.1 }
}

#[cfg(test)]
mod tests {
    use super::*;

    const FRAME: Duration = Duration::from_millis(67);

    /// So many changing pictures on a machine where looks take so long: passed over, quick, thorough.
    fn run(pictures: u32, before: Before, quick_ms: f64, full_ms: f64) -> (u32, u32, u32) {
        let (mut schedule, mut now) = (Schedule::new(), Instant::now());
        let mut count = (0, 0, 0);
        for _ in 0..pictures {
            match schedule.next(before, now) {
                Next::Pass => count.0 += 1,
                Next::Look(Effort::Quick, _) => {
                    count.1 += 1;
                    schedule.spent(Effort::Quick, quick_ms);
                }
                Next::Look(Effort::Full, budget) => {
                    count.2 += 1;
                    schedule.spent(Effort::Full, full_ms.min(budget.as_secs_f64() * 1000.0));
                }
            }
            now += FRAME;
        }
        count
    }

    #[test]
    fn a_fast_machine_looks_at_each_picture_and_at_every_fourth_thoroughly() {
        assert_eq!(run(400, Before::default(), 5.0, 30.0), (0, 300, 100));
    }

    #[test]
    fn a_slow_machine_passes_pictures_over_and_still_looks_thoroughly_now_and_then() {
        let (passed, quick, full) = run(400, Before::default(), 90.0, 400.0);
        let used_ms = f64::from(quick) * 90.0 + f64::from(full) * 100.0;
        assert!(passed > 100 && quick > 100 && full > 10, "{passed} {quick} {full}");
        assert!(used_ms <= 400.0 * 67.0, "more than one processor: {used_ms}");
    }

    #[test]
    fn what_does_not_change_is_passed_over_but_not_for_ever() {
        let still = Before { same: true, exhausted: true, ..Before::default() };
        let (passed, quick, full) = run(300, still, 5.0, 30.0);
        assert_eq!((passed + full, quick), (300, 0));
        assert!((9..=12).contains(&full), "{full} looks in 20 s");
        let believed = Before { believed: true, ..still };
        assert!(run(300, believed, 5.0, 30.0).2 >= 40, "a code that is there is tried more often");
    }

    #[test]
    fn somebody_who_asks_gets_everything_at_each_picture() {
        let asked = Before { asked: true, same: true, exhausted: true, believed: false };
        assert_eq!(run(20, asked, 90.0, 300.0), (0, 0, 20));
    }

    #[test]
    fn a_code_believed_to_be_there_gets_thorough_looks_one_after_the_other() {
        let believed = Before { believed: true, ..Before::default() };
        assert_eq!(run(100, believed, 5.0, 30.0), (0, 0, 100));
    }
}

//! A bound on what unknown things can do: a box of foreign tags must not fill the disk.

use std::collections::VecDeque;

/// Unknown things answered in [`WINDOW_MS`]; what comes beyond is counted, not entered.
pub const UNKNOWN_MAX: usize = 60;

/// See [`UNKNOWN_MAX`], ms.
pub const WINDOW_MS: u64 = 60_000;

/// Counts unknown things.
#[derive(Debug, Default)]
pub(super) struct Flood {
    admitted_ms: VecDeque<u64>,
    turned_away: u64,
}

impl Flood {
    /// Whether one more is answered now.
    pub(super) fn admits(&mut self, now_ms: u64) -> bool {
        while self.admitted_ms.front().is_some_and(|at_ms| now_ms.saturating_sub(*at_ms) >= WINDOW_MS) {
            self.admitted_ms.pop_front();
        }
        let admits = self.admitted_ms.len() < UNKNOWN_MAX;
        if admits {
            self.admitted_ms.push_back(now_ms);
        } else {
            self.turned_away += 1;
        }
        admits
    }

    /// How many were not.
    pub(super) fn turned_away(&self) -> u64 {
        self.turned_away
    }
}

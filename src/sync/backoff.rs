//! How long to wait after a failure: exponential with full jitter, capped.
//!
//! Full jitter (any time between nothing and the ceiling) spreads five hundred stations that lost the same road at the
//! same second (`ledger-and-sync.md` section 7).

use std::time::Duration;

/// Ceiling of the first wait.
pub const FIRST: Duration = Duration::from_secs(1);

/// Highest ceiling.
pub const HIGHEST: Duration = Duration::from_secs(5 * 60);

/// Counts failures in a row.
#[derive(Debug, Default, Clone, Copy)]
pub struct Backoff {
    failures: u32,
}

impl Backoff {
    /// The wait after one more failure, given any 64 random bits.
    pub fn failed(&mut self, random: u64) -> Duration {
        let ceiling = FIRST.saturating_mul(1 << self.failures.min(16)).min(HIGHEST);
        self.failures = self.failures.saturating_add(1);
        share(ceiling, random)
    }

    /// A round trip worked.
    pub fn worked(&mut self) {
        self.failures = 0;
    }
}

/// The part of `whole` that `random` names, evenly spread.
pub fn share(whole: Duration, random: u64) -> Duration {
    // The top 32 bits as a fraction: exact enough for a wait, and no overflow for any duration used here.
    let millis = (u128::from(random >> 32) * whole.as_millis()) >> 32;
    Duration::from_millis(u64::try_from(millis).unwrap_or(u64::MAX))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_ceiling_doubles_to_five_minutes_and_falls_back_after_success() {
        let mut backoff = Backoff::default();
        let ceilings: Vec<_> = (0..12).map(|_| backoff.failed(u64::MAX).as_millis().div_ceil(1000)).collect();
        assert_eq!(ceilings, [1, 2, 4, 8, 16, 32, 64, 128, 256, 300, 300, 300]);
        backoff.worked();
        assert!(backoff.failed(u64::MAX) < FIRST);
        assert_eq!(backoff.failed(0), Duration::ZERO);
    }
}

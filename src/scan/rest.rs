//! Tags that lie where they always lie: in the rack within earshot, on the edge of the pad. They do not act by being
//! heard (`rfid-stream-cleaning.md` section 4, background list).

/// A tag heard for so long, hardly moving, is at rest, ms.
pub const REST_MS: u64 = 60_000;

/// A tag that is at rest acts again when it is heard so much stronger than its own median, dB.
pub const STIR_DB: i16 = 10;

/// A tag at rest that is silent for so long has been taken away, ms: longer than metal silences a tag (0.5 to 2 s),
/// shorter than lifting a weapon, checking it and showing it again.
pub const LIFTED_MS: u64 = 5_000;

/// What lies keeps its strength: nine tenths of its readings lie within so many dB of each other. Who carries a tag
/// about moves it through far more.
const SPREAD_DB: i16 = 6;

/// Fewer readings than this in a minute have no median to speak of.
const READS_MIN: u32 = 3;

/// Steps of strength told apart, of [`STEP_DB`] each, from [`WEAKEST_DBM`] up.
const STEPS: usize = 64;
const STEP_DB: i16 = 2;
const WEAKEST_DBM: i16 = -127;

/// How a tag was heard over the last minute, and the median of the minute before if it lay still then.
#[derive(Debug, Clone)]
pub(super) struct Rest {
    since_ms: u64,
    counts: [u16; STEPS],
    reads: u32,
    level_dbm: Option<i16>,
}

impl Rest {
    pub(super) fn new(now_ms: u64) -> Self {
        Self { since_ms: now_ms, counts: [0; STEPS], reads: 0, level_dbm: None }
    }

    /// The tag's own median, where it is at rest.
    pub(super) fn level_dbm(&self) -> Option<i16> {
        self.level_dbm
    }

    /// It lies there, whatever it did before.
    pub(super) fn lay(&mut self, dbm: i16, now_ms: u64) {
        *self = Self { level_dbm: Some(dbm), ..Self::new(now_ms) };
    }

    /// It moved, or it acted: the minute begins anew.
    pub(super) fn stir(&mut self, now_ms: u64) {
        *self = Self::new(now_ms);
    }

    /// It was heard. A reader without strengths leaves nothing to tell lying from moving.
    pub(super) fn hear(&mut self, rssi_dbm: Option<i16>, now_ms: u64) {
        let Some(dbm) = rssi_dbm else { return };
        if now_ms.saturating_sub(self.since_ms) >= REST_MS {
            // A minute of silence between single readings says nothing new.
            if self.reads >= READS_MIN {
                let still = self.at(95) - self.at(5) <= SPREAD_DB;
                self.level_dbm = still.then(|| self.at(50));
            }
            *self = Self { level_dbm: self.level_dbm, ..Self::new(now_ms) };
        }
        let step = usize::try_from(dbm.max(WEAKEST_DBM).saturating_sub(WEAKEST_DBM) / STEP_DB).unwrap_or(0);
        if let Some(count) = self.counts.get_mut(step.min(STEPS - 1)) {
            *count = count.saturating_add(1);
        }
        self.reads = self.reads.saturating_add(1);
    }

    /// The strength below which so many of a hundred readings lie, dBm.
    fn at(&self, percent: u32) -> i16 {
        let wanted = (self.reads * percent).div_ceil(100).max(1);
        let mut below = 0;
        let step = self.counts.iter().position(|count| {
            below += u32::from(*count);
            below >= wanted
        });
        let step = i16::try_from(step.unwrap_or(STEPS - 1)).unwrap_or(0);
        WEAKEST_DBM + step * STEP_DB
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn what_keeps_its_strength_for_a_minute_is_at_rest() {
        let mut rest = Rest::new(0);
        for second in 0..60 {
            rest.hear(Some(-80 + (second % 3) as i16), second * 1_000);
            assert_eq!(rest.level_dbm(), None);
        }
        rest.hear(Some(-80), 60_000);
        assert_eq!(rest.level_dbm(), Some(-79), "in steps of two");
    }

    #[test]
    fn what_is_carried_about_is_not() {
        let mut rest = Rest::new(0);
        (0..=120).for_each(|second| rest.hear(Some(-80 + (second % 15) as i16), second * 1_000));
        assert_eq!(rest.level_dbm(), None);
        (121..=240).for_each(|second| rest.hear(Some(-70), second * 1_000));
        assert!(rest.level_dbm().is_some(), "laid down it is");
    }

    #[test]
    fn figures_out_of_any_range() {
        let mut rest = Rest::new(0);
        for (second, dbm) in (0..200).zip([i16::MIN, i16::MAX, 0, -127, -1].into_iter().cycle()) {
            rest.hear(Some(dbm), second * 1_000);
        }
        rest.hear(None, u64::MAX);
        assert_eq!(rest.level_dbm(), None);
    }
}

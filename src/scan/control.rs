//! Control tags: a reference tag fixed at an antenna, whose read rate is the antenna's health, and without which a
//! silence proves nothing (`rfid-stream-cleaning.md` section 5).

use super::gaps::{Deaf, Doubt, Gaps};
use super::smooth::{EPOCH_MS, Smoother, Surety};
use crate::domain::AntennaPlan;

/// How long the baseline is learnt, in epochs of listening: two minutes.
const LEARN_EPOCHS: u32 = 480;

/// Epochs the rate of now is taken over: 16 s.
const RECENT_EPOCHS: u32 = u64::BITS;

/// A control tag heard in less than so many of a hundred epochs is nothing to learn a baseline from.
const LEARN_MIN_PERCENT: u32 = 20;

/// Below so many of a hundred parts of its baseline a control tag raises the alarm (section 5).
pub const ALARM_PERCENT: u32 = 50;

/// And above so many it is well again: an alarm that comes and goes is none.
pub const WELL_PERCENT: u32 = 60;

/// A control tag is not called silent before this, ms: metal and bodies silence any tag for a moment.
const SILENT_MIN_MS: u64 = 1_250;

/// How an antenna is, by its control tag.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Health {
    /// Its reader.
    pub reader: String,
    /// Which of the reader's, counted from 1.
    pub antenna: u8,
    /// How often its control tag is read, in hundredths of its baseline; of all epochs while that is being learnt. None
    /// before there is a figure.
    pub percent: Option<u8>,
    /// Far worse than it was, or not heard at all.
    pub ill: bool,
}

/// One control tag.
#[derive(Debug)]
pub(super) struct Control {
    plan: AntennaPlan,
    epc: Vec<u8>,
    /// The epochs of listening in which it was heard, the newest lowest.
    heard: u64,
    /// Epochs of listening since the start, up to [`RECENT_EPOCHS`].
    listened: u32,
    /// The epoch up to which this is.
    epoch: Option<u64>,
    last_ms: Option<u64>,
    /// When listening began.
    since_ms: Option<u64>,
    rate: Smoother,
    learnt: (u32, u32),
    /// Epochs heard, of [`LEARN_EPOCHS`].
    baseline: Option<u32>,
    ill: bool,
}

impl Control {
    /// The control tag of a plan that has one.
    pub(super) fn of(plan: &AntennaPlan) -> Option<Self> {
        Some(Self {
            epc: plan.control_tag.clone()?,
            plan: plan.clone(),
            heard: 0,
            listened: 0,
            epoch: None,
            last_ms: None,
            since_ms: None,
            rate: Smoother::default(),
            learnt: (0, 0),
            baseline: None,
            ill: false,
        })
    }

    pub(super) fn plan(&self) -> &AntennaPlan {
        &self.plan
    }

    pub(super) fn epc(&self) -> &[u8] {
        &self.epc
    }

    pub(super) fn ill(&self) -> bool {
        self.ill
    }

    /// When listening began.
    pub(super) fn since_ms(&self) -> Option<u64> {
        self.since_ms
    }

    /// It was heard at its own antenna.
    pub(super) fn hear(&mut self, now_ms: u64, gaps: &mut Gaps) {
        let AntennaPlan { reader, antenna, .. } = &self.plan;
        gaps.close(reader, Some(*antenna), Doubt::ControlSilent, now_ms);
        let deaf_ms = self.last_ms.map_or(0, |last_ms| gaps.outage_ms(reader, *antenna, last_ms, now_ms));
        self.rate.hear(now_ms, deaf_ms);
        self.last_ms = Some(now_ms);
        self.advance(now_ms, gaps);
        if self.heard & 1 == 0 {
            self.heard |= 1;
            self.learnt.0 += u32::from(self.baseline.is_none());
        }
    }

    /// Time passed. Epochs in which the reader or the antenna was not there are not held against the tag.
    pub(super) fn advance(&mut self, now_ms: u64, gaps: &mut Gaps) {
        let now = now_ms / EPOCH_MS;
        let AntennaPlan { reader, antenna, .. } = &self.plan;
        let gone = gaps.is_open(reader, *antenna, Doubt::ReaderGap)
            || gaps.is_open(reader, *antenna, Doubt::AntennaMissing);
        let since_ms = *self.since_ms.get_or_insert(now_ms);
        let passed = now.saturating_sub(*self.epoch.get_or_insert(now));
        self.epoch = Some(now);
        if gone || passed == 0 {
            return;
        }
        let passed = u32::try_from(passed).unwrap_or(RECENT_EPOCHS).min(RECENT_EPOCHS);
        self.heard = self.heard.checked_shl(passed).unwrap_or(0);
        self.listened = self.listened.saturating_add(passed).min(RECENT_EPOCHS);
        self.learn(passed);
        self.judge();
        let heard_ms = self.last_ms.unwrap_or(since_ms);
        let silent_ms = now_ms.saturating_sub(heard_ms)
            - gaps.outage_ms(&self.plan.reader, self.plan.antenna, heard_ms, now_ms);
        if silent_ms >= self.rate.silence_ms(Surety::Sure).max(SILENT_MIN_MS) {
            let deaf = Deaf {
                reader: self.plan.reader.clone(),
                antenna: Some(self.plan.antenna),
                why: Doubt::ControlSilent,
            };
            gaps.open(deaf, heard_ms);
        }
    }

    /// Figures for a person.
    pub(super) fn health(&self) -> Health {
        let percent = (self.listened >= RECENT_EPOCHS / 4)
            .then(|| u8::try_from(self.percent().min(100)).unwrap_or(100));
        Health { reader: self.plan.reader.clone(), antenna: self.plan.antenna, percent, ill: self.ill }
    }

    fn learn(&mut self, passed: u32) {
        if self.baseline.is_some() {
            return;
        }
        self.learnt.1 += passed;
        if self.learnt.1 >= LEARN_EPOCHS {
            let (heard, listened) = std::mem::take(&mut self.learnt);
            let healthy = heard * 100 >= listened * LEARN_MIN_PERCENT;
            self.baseline = healthy.then(|| heard * LEARN_EPOCHS / listened);
        }
    }

    /// How often it is heard now, in hundredths of the baseline, or of all epochs.
    fn percent(&self) -> u32 {
        let now = self.heard.count_ones() * LEARN_EPOCHS * 100 / self.listened.max(1);
        now / self.baseline.unwrap_or(LEARN_EPOCHS).max(1)
    }

    /// Ill below half of the baseline; without one, when it is hardly heard at all.
    fn judge(&mut self) {
        if self.listened < RECENT_EPOCHS {
            return;
        }
        let (alarm, well) = match self.baseline {
            Some(_) => (ALARM_PERCENT, WELL_PERCENT),
            None => (LEARN_MIN_PERCENT / 2, LEARN_MIN_PERCENT),
        };
        let percent = self.percent();
        self.ill = if self.ill { percent < well } else { percent < alarm };
    }
}

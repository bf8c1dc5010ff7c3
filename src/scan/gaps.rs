//! When a reader or an antenna did not hear: what was not read then proves nothing.

use std::collections::VecDeque;

/// Most gaps remembered; of more the oldest that is over goes first.
pub const GAPS_MAX: usize = 256;

/// How long a gap that is over is remembered, ms. No silence is measured over a longer time.
pub const REMEMBERED_MS: u64 = 10 * 60_000;

/// Why silence proves nothing.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
pub enum Doubt {
    /// The reader was not there.
    ReaderGap,
    /// The reader says that the antenna is missing.
    AntennaMissing,
    /// The antenna's control tag was not read.
    ControlSilent,
    /// The antenna's control tag is read far less often than it was.
    ControlWeak,
    /// No control tag is fixed there that could vouch.
    NoControlTag,
    /// The station has not listened long enough yet.
    TooEarly,
    /// It is heard at this moment.
    Heard,
}

impl Doubt {
    /// A few words for a person.
    pub fn words(self) -> &'static str {
        match self {
            Self::ReaderGap => "the reader was gone",
            Self::AntennaMissing => "the antenna is missing",
            Self::ControlSilent => "the control tag was silent",
            Self::ControlWeak => "the control tag is weak",
            Self::NoControlTag => "there is no control tag",
            Self::TooEarly => "not listened long enough",
            Self::Heard => "it is heard",
        }
    }
}

/// Who did not hear.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(super) struct Deaf {
    pub(super) reader: String,
    /// None: all its antennas.
    pub(super) antenna: Option<u8>,
    pub(super) why: Doubt,
}

#[derive(Debug)]
struct Gap {
    deaf: Deaf,
    from_ms: u64,
    /// None while it goes on.
    until_ms: Option<u64>,
}

/// The gaps of all readers, the oldest first.
#[derive(Debug, Default)]
pub(super) struct Gaps {
    list: VecDeque<Gap>,
}

impl Gaps {
    /// A gap begins, or is found to have begun; one that goes on already stays as it is.
    pub(super) fn open(&mut self, deaf: Deaf, from_ms: u64) {
        if self.list.iter().any(|gap| gap.until_ms.is_none() && gap.deaf == deaf) {
            return;
        }
        if self.list.len() >= GAPS_MAX {
            let over = self.list.iter().position(|gap| gap.until_ms.is_some());
            self.list.remove(over.unwrap_or(0));
        }
        self.list.push_back(Gap { deaf, from_ms, until_ms: None });
    }

    /// A gap ends. Answers whether there was one.
    pub(super) fn close(&mut self, reader: &str, antenna: Option<u8>, why: Doubt, now_ms: u64) -> bool {
        let mut closed = false;
        for gap in self.list.iter_mut().filter(|gap| gap.until_ms.is_none()) {
            if gap.deaf.reader == reader && gap.deaf.antenna == antenna && gap.deaf.why == why {
                gap.until_ms = Some(now_ms);
                closed = true;
            }
        }
        self.list.retain(|gap| {
            gap.until_ms.is_none_or(|until_ms| now_ms.saturating_sub(until_ms) < REMEMBERED_MS)
        });
        closed
    }

    /// For how long between two times the antenna did not hear, ms.
    pub(super) fn length_ms(&self, reader: &str, antenna: u8, from_ms: u64, to_ms: u64) -> u64 {
        length_ms(self.touching(reader, antenna, from_ms, to_ms), from_ms)
    }

    /// The same without what the control tag itself gave rise to: for the control tag a silence is what is measured.
    pub(super) fn outage_ms(&self, reader: &str, antenna: u8, from_ms: u64, to_ms: u64) -> u64 {
        let outages = self.touching(reader, antenna, from_ms, to_ms);
        length_ms(outages.filter(|(.., why)| *why != Doubt::ControlSilent), from_ms)
    }

    /// Why the antenna did not hear for some time between two times, if it did not.
    pub(super) fn why(&self, reader: &str, antenna: u8, from_ms: u64, to_ms: u64) -> Option<Doubt> {
        self.touching(reader, antenna, from_ms, to_ms).map(|(.., why)| why).min()
    }

    /// Whether the antenna does not hear now.
    pub(super) fn is_deaf(&self, reader: &str, antenna: u8) -> bool {
        self.list.iter().any(|gap| gap.until_ms.is_none() && gap.concerns(reader, antenna))
    }

    /// Whether a gap goes on.
    pub(super) fn is_open(&self, reader: &str, antenna: u8, why: Doubt) -> bool {
        let mut open = self.list.iter().filter(|gap| gap.until_ms.is_none() && gap.deaf.why == why);
        open.any(|gap| gap.concerns(reader, antenna))
    }

    /// The parts of gaps between two times.
    fn touching(
        &self,
        reader: &str,
        antenna: u8,
        from_ms: u64,
        to_ms: u64,
    ) -> impl Iterator<Item = (u64, u64, Doubt)> {
        self.list.iter().filter(move |gap| gap.concerns(reader, antenna)).filter_map(move |gap| {
            let from = gap.from_ms.max(from_ms);
            let until = gap.until_ms.unwrap_or(u64::MAX).min(to_ms);
            (from < until).then_some((from, until, gap.deaf.why))
        })
    }
}

/// How long spans are together, where they overlap counted once.
fn length_ms(spans: impl Iterator<Item = (u64, u64, Doubt)>, from_ms: u64) -> u64 {
    let mut spans: Vec<(u64, u64)> = spans.map(|(from, until, _)| (from, until)).collect();
    spans.sort_unstable();
    let (mut length_ms, mut covered_ms) = (0, from_ms);
    for (from, until) in spans {
        length_ms += until.saturating_sub(from.max(covered_ms));
        covered_ms = covered_ms.max(until);
    }
    length_ms
}

impl Gap {
    fn concerns(&self, reader: &str, antenna: u8) -> bool {
        self.deaf.reader == reader && self.deaf.antenna.is_none_or(|own| own == antenna)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn deaf(antenna: Option<u8>, why: Doubt) -> Deaf {
        Deaf { reader: "hatch".into(), antenna, why }
    }

    #[test]
    fn gaps_that_overlap_count_once() {
        let mut gaps = Gaps::default();
        gaps.open(deaf(None, Doubt::ReaderGap), 1_000);
        gaps.open(deaf(Some(2), Doubt::ControlSilent), 2_000);
        gaps.close("hatch", None, Doubt::ReaderGap, 4_000);
        gaps.close("hatch", Some(2), Doubt::ControlSilent, 5_000);
        assert_eq!(gaps.length_ms("hatch", 2, 0, 10_000), 4_000);
        assert_eq!(gaps.length_ms("hatch", 1, 0, 10_000), 3_000);
        assert_eq!(gaps.outage_ms("hatch", 2, 0, 10_000), 3_000);
        assert_eq!(gaps.length_ms("hatch", 2, 3_000, 4_500), 1_500);
        assert_eq!(gaps.length_ms("bench", 2, 0, 10_000), 0);
        assert_eq!(gaps.why("hatch", 1, 4_000, 10_000), None, "it was over");
    }

    #[test]
    fn what_is_remembered_is_bounded() {
        let mut gaps = Gaps::default();
        for n in 0..10_000 {
            gaps.open(deaf(None, Doubt::ReaderGap), n);
            assert!(gaps.close("hatch", None, Doubt::ReaderGap, n + 1));
        }
        assert_eq!(gaps.list.len(), GAPS_MAX);
        gaps.open(deaf(None, Doubt::ReaderGap), 20_000_000);
        gaps.close("hatch", None, Doubt::ReaderGap, 20_000_001);
        assert_eq!(gaps.list.len(), 1, "what is long past is forgotten");
    }
}

//! What a device warned of, and until when that is shown.

use super::input::{DeviceReport, DeviceState};

/// How long a warning of a moment is shown, and a fault of an antenna at least, ms.
const SHOWN_MS: u64 = 60_000;

/// Sentences kept of one device; the oldest of a moment go first.
const KEPT_MAX: usize = 12;

/// What one device warned of.
#[derive(Debug, Default)]
pub struct Warnings {
    kept: Vec<Warning>,
}

#[derive(Debug)]
struct Warning {
    what: String,
    last: Last,
    since_ms: u64,
}

/// Until when a warning is shown.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum Last {
    Moment,
    /// Until the device goes down: when it is back it says so again.
    Mended,
    /// Until that antenna has worked, whatever its reader does in between.
    AntennaWorks(u8),
}

impl Warnings {
    /// Takes a device's word about itself.
    pub fn take(&mut self, report: &DeviceReport, now_ms: u64) {
        match report.state {
            DeviceState::Warning => self.keep(report.detail.clone(), Last::Moment, now_ms),
            DeviceState::Limit => self.keep(report.detail.clone(), Last::Mended, now_ms),
            DeviceState::Down | DeviceState::Off | DeviceState::Starting => {
                self.kept.retain(|warning| matches!(warning.last, Last::AntennaWorks(_)));
            }
            DeviceState::Up | DeviceState::Figures => {}
        }
    }

    /// Takes an antenna's fault.
    pub fn antenna(&mut self, antenna: u8, fault: String, now_ms: u64) {
        self.keep(fault, Last::AntennaWorks(antenna), now_ms);
    }

    /// Forgets what is over. `missing` says whether an antenna still counts as missing.
    pub fn pass(&mut self, now_ms: u64, missing: impl Fn(u8) -> bool) {
        self.kept.retain(|warning| {
            let fresh = now_ms.saturating_sub(warning.since_ms) < SHOWN_MS;
            match warning.last {
                Last::Moment => fresh,
                Last::Mended => true,
                Last::AntennaWorks(antenna) => fresh || missing(antenna),
            }
        });
    }

    /// The sentences to show, each once, what must be mended first.
    pub fn sentences(&self, now_ms: u64) -> Vec<String> {
        let shown = |warning: &&Warning| {
            warning.last != Last::Moment || now_ms.saturating_sub(warning.since_ms) < SHOWN_MS
        };
        let mut kept: Vec<&Warning> = self.kept.iter().filter(shown).collect();
        kept.sort_by_key(|warning| warning.last == Last::Moment);
        let mut sentences: Vec<String> = Vec::new();
        for warning in kept {
            if !sentences.contains(&warning.what) {
                sentences.push(warning.what.clone());
            }
        }
        sentences
    }

    fn keep(&mut self, what: String, last: Last, now_ms: u64) {
        self.kept.retain(|warning| warning.what != what || warning.last != last);
        if self.kept.len() >= KEPT_MAX {
            let oldest = self.kept.iter().position(|warning| warning.last == Last::Moment);
            self.kept.remove(oldest.unwrap_or(0));
        }
        self.kept.push(Warning { what, last, since_ms: now_ms });
    }
}

#[cfg(test)]
mod tests {
    use super::super::input::DeviceKind;
    use super::*;

    fn report(state: DeviceState, detail: &str) -> DeviceReport {
        DeviceReport {
            name: "gate".into(),
            kind: DeviceKind::Reader,
            state,
            detail: detail.into(),
            identity: None,
            figures: None,
            camera: None,
        }
    }

    #[test]
    fn a_limit_stands_until_the_reader_goes_and_a_missing_antenna_until_it_works() {
        let mut warnings = Warnings::default();
        warnings.take(&report(DeviceState::Limit, "power"), 0);
        warnings.take(&report(DeviceState::Warning, "hot"), 0);
        warnings.antenna(2, "antenna 2 is missing".into(), 0);
        warnings.antenna(2, "antenna 2 is missing".into(), 1);
        warnings.take(&report(DeviceState::Figures, "24 reads/s"), 1_000);
        assert_eq!(warnings.sentences(1_000), ["power", "antenna 2 is missing", "hot"]);
        warnings.pass(SHOWN_MS + 10, |_| true);
        assert_eq!(warnings.sentences(SHOWN_MS + 10), ["power", "antenna 2 is missing"]);
        warnings.take(&report(DeviceState::Down, "gone"), SHOWN_MS + 20);
        assert_eq!(warnings.sentences(SHOWN_MS + 20), ["antenna 2 is missing"]);
        warnings.pass(SHOWN_MS + 30, |_| false);
        assert!(warnings.sentences(SHOWN_MS + 30).is_empty());
    }
}

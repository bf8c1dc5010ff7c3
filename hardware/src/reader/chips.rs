//! Which tags' chip numbers are to be read now, for families that read them tag by tag.

use std::collections::HashMap;
use std::time::Duration;

use tokio::time::Instant;

/// Tags followed at once; beyond that the longest unheard gives way.
const TAGS_MAX: usize = 512;
/// A tag unheard for so long is a new one when it comes back: it may be another chip with the same EPC.
const NEW_AFTER: Duration = Duration::from_secs(2);
/// Tries in one go (stream-cleaning page, section 7: fails k times, then unverified).
const TRIES: u8 = 3;
/// The wait between two tries at one tag: a tag that stood badly needs a moment.
const BETWEEN_TRIES: Duration = Duration::from_millis(150);
/// How often the number of a tag that stays is read again.
const AGAIN_AFTER: Duration = Duration::from_secs(10);

/// The plan of chip numbers to read.
#[derive(Debug, Default)]
pub(crate) struct Chips {
    tags: HashMap<Vec<u8>, Chip>,
}

#[derive(Debug)]
struct Chip {
    heard: Instant,
    due: Instant,
    tries: u8,
}

impl Chip {
    fn is_due(&self, now: Instant) -> bool {
        self.due <= now && now.duration_since(self.heard) < NEW_AFTER
    }
}

impl Chips {
    /// A tag was heard. If its number came along, none needs to be read for a while.
    pub(crate) fn heard(&mut self, epc: &[u8], with_tid: bool, now: Instant) {
        if let Some(chip) = self.tags.get_mut(epc) {
            if now.duration_since(chip.heard) > NEW_AFTER {
                *chip = Chip { heard: now, due: now, tries: 0 };
            }
            chip.heard = now;
        } else {
            if self.tags.len() >= TAGS_MAX {
                self.forget_oldest();
            }
            self.tags.insert(epc.to_vec(), Chip { heard: now, due: now, tries: 0 });
        }
        if with_tid {
            self.done(epc, now);
        }
    }

    /// Whether [`Chips::next`] would name a tag.
    pub(crate) fn is_due(&self, now: Instant) -> bool {
        self.tags.values().any(|chip| chip.is_due(now))
    }

    /// A tag whose number is due, and which was heard just now; the longest due first. It counts as tried.
    pub(crate) fn next(&mut self, now: Instant) -> Option<Vec<u8>> {
        let due = self.tags.iter().filter(|(_, chip)| chip.is_due(now));
        let epc = due.min_by_key(|(epc, chip)| (chip.due, *epc)).map(|(epc, _)| epc.clone())?;
        let chip = self.tags.get_mut(&epc)?;
        chip.tries += 1;
        let rests = if chip.tries >= TRIES { AGAIN_AFTER } else { BETWEEN_TRIES };
        if chip.tries >= TRIES {
            chip.tries = 0;
        }
        chip.due = now + rests;
        Some(epc)
    }

    /// The number was read.
    pub(crate) fn done(&mut self, epc: &[u8], now: Instant) {
        if let Some(chip) = self.tags.get_mut(epc) {
            chip.tries = 0;
            chip.due = now + AGAIN_AFTER;
        }
    }

    fn forget_oldest(&mut self) {
        let oldest = self.tags.iter().min_by_key(|(epc, chip)| (chip.heard, *epc));
        if let Some(epc) = oldest.map(|(epc, _)| epc.clone()) {
            self.tags.remove(&epc);
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[tokio::test]
    async fn a_new_tag_is_asked_for_its_chip_three_times_and_then_left_alone() {
        let (mut chips, now) = (Chips::default(), Instant::now());
        chips.heard(b"rifle", false, now);
        let at = |ms: u64| now + Duration::from_millis(ms);
        let mut asked = Vec::new();
        for ms in (0..5_000).step_by(50) {
            chips.heard(b"rifle", false, at(ms));
            if chips.next(at(ms)).is_some() {
                asked.push(ms);
            }
        }
        assert_eq!(asked, [0, 150, 300]);
        assert_eq!(chips.next(at(10_300)), None, "not heard for long");
        chips.heard(b"rifle", false, at(10_300));
        assert!(chips.next(at(10_300)).is_some(), "it came back: it may be another chip");
        chips.done(b"rifle", at(10_300));
        chips.heard(b"rifle", false, at(11_000));
        assert_eq!(chips.next(at(11_000)), None);
    }

    #[tokio::test]
    async fn a_flood_of_ghosts_does_not_grow_without_bound() {
        let (mut chips, now) = (Chips::default(), Instant::now());
        for ghost in 0..10_000_u32 {
            chips.heard(&ghost.to_be_bytes(), false, now + Duration::from_micros(u64::from(ghost)));
        }
        assert_eq!(chips.tags.len(), TAGS_MAX);
    }
}

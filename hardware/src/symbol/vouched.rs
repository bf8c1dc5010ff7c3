//! Which codes of a moving picture the second reader confirmed a moment ago.
//!
//! A mark lies before the camera for seconds; asking the witness at each frame costs more than reading it does.

use std::time::{Duration, Instant};

use super::{CodeRead, Symbology};

/// A confirmation holds so long: a print cannot be exchanged unseen for another with the same bytes in the same place.
const HOLDS: Duration = Duration::from_secs(2);

/// More codes than this are not before a camera at once.
const MAX_KNOWN: usize = 8;

#[derive(Debug, Default)]
pub(crate) struct Vouched {
    known: Vec<Known>,
}

#[derive(Debug)]
struct Known {
    symbology: Symbology,
    bytes: Vec<u8>,
    corners: [(i32, i32); 4],
    at: Instant,
}

impl Vouched {
    /// Whether the same bytes were confirmed a moment ago about where this code lies.
    pub(crate) fn knows(&self, code: &CodeRead, now: Instant) -> bool {
        let Some(corners) = code.corners else {
            return false;
        };
        self.known.iter().any(|known| {
            known.symbology == code.symbology
                && known.bytes == code.bytes
                && now.saturating_duration_since(known.at) < HOLDS
                && overlap(known.corners, corners)
        })
    }

    /// Remembers a confirmation; the oldest gives way.
    pub(crate) fn remember(&mut self, code: &CodeRead, now: Instant) {
        let Some(corners) = code.corners else {
            return;
        };
        self.known
            .retain(|known| known.bytes != code.bytes && now.saturating_duration_since(known.at) < HOLDS);
        if self.known.len() == MAX_KNOWN {
            self.known.remove(0);
        }
        self.known.push(Known { symbology: code.symbology, bytes: code.bytes.clone(), corners, at: now });
    }
}

/// Whether the middle of one code lies within the bounds of the other.
fn overlap(one: [(i32, i32); 4], other: [(i32, i32); 4]) -> bool {
    let middle = |v: [i32; 4]| v.iter().map(|&v| i64::from(v)).sum::<i64>() / 4;
    let within =
        |v: [i32; 4], at: i64| v.iter().any(|&v| i64::from(v) <= at) && v.iter().any(|&v| i64::from(v) >= at);
    within(one.map(|c| c.0), middle(other.map(|c| c.0)))
        && within(one.map(|c| c.1), middle(other.map(|c| c.1)))
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::symbol::Decoder;

    fn code(text: &str, left: i32) -> CodeRead {
        CodeRead {
            text: text.into(),
            bytes: text.into(),
            aim: None,
            symbology: Symbology::Qr,
            decoder: Decoder::ZxingCpp,
            witnessed: false,
            corners: Some([(left, 0), (left + 40, 0), (left + 40, 40), (left, 40)]),
        }
    }

    #[test]
    fn only_the_same_bytes_in_the_same_place_a_moment_ago_are_known() {
        let start = Instant::now();
        let mut vouched = Vouched::default();
        assert!(!vouched.knows(&code("A", 100), start));
        vouched.remember(&code("A", 100), start);
        assert!(vouched.knows(&code("A", 110), start + Duration::from_millis(66)), "a hand shakes");
        assert!(!vouched.knows(&code("A", 300), start), "another place");
        assert!(!vouched.knows(&code("B", 100), start), "another code");
        assert!(!vouched.knows(&code("A", 100), start + HOLDS), "too long ago");
        assert!(!vouched.knows(&CodeRead { corners: None, ..code("A", 100) }, start));
    }

    #[test]
    fn what_is_known_stays_little() {
        let mut vouched = Vouched::default();
        let now = Instant::now();
        (0..100).for_each(|n| vouched.remember(&code(&n.to_string(), 0), now));
        (0..100).for_each(|_| vouched.remember(&code("99", 0), now));
        assert_eq!(vouched.known.len(), MAX_KNOWN);
    }
}

//! What the tags' inventoried flags make of a Query (stream-cleaning page, section 6).

use std::collections::HashMap;
use std::time::Duration;

use super::field::Heard;

/// How long a tag stays in state B in session S1, whatever happens.
const S1_KEEPS: Duration = Duration::from_secs(2);
/// The same in S2 and S3, counted from its last answer; a tag that lies in the field keeps it longer.
const S2_KEEPS: Duration = Duration::from_secs(20);

/// Which tags are in state B, by session, and until when.
#[derive(Debug, Default)]
pub(super) struct Air {
    in_b: HashMap<(u16, Vec<u8>), Duration>,
}

impl Air {
    /// Leaves those of `heard` that answer a Query at a time, and turns their state. In S0 every round begins afresh,
    /// because the carrier pauses in between.
    pub(super) fn answering(&mut self, query: u16, at: Duration, heard: &mut Vec<Heard>) {
        let (session, asks_b) = (query >> 8 & 3, query & 0x0080 != 0);
        if session == 0 {
            if asks_b {
                heard.clear();
            }
            return;
        }
        self.in_b.retain(|_, until| *until > at);
        let keeps = if session == 1 { S1_KEEPS } else { S2_KEEPS };
        heard.retain(|tag| {
            let key = (session, tag.epc.clone());
            let is_b = self.in_b.contains_key(&key);
            match (asks_b, is_b) {
                (false, false) => self.in_b.insert(key, at + keeps),
                (true, true) => self.in_b.remove(&key),
                _ => return false,
            };
            true
        });
    }
}

//! Bytes with their due times, and what a bad line does to them.

use std::collections::VecDeque;
use std::time::Duration;

use super::Nuisances;
use super::dice::Dice;

/// One byte at 115200 8N1, in µs: ten bits.
const BYTE_US: u64 = 87;
/// The most pieces that wait to be sent; a command that asks for more gets a shorter answer.
const MOST_PIECES: usize = 4096;

/// Frames spared after a loss: together longer than the longest tail of a tag.
const SPARED_AFTER_LOSS: u32 = 6;

/// What the reader is about to send. Times are since the reader's start.
pub(super) struct Wire {
    nuisances: Nuisances,
    paced: bool,
    pieces: VecDeque<(Duration, Vec<u8>)>,
    /// When the last piece will be out.
    free_at: Duration,
    /// Frames to be spared after one that lost its tail: two losses in a row can make a frame that no receiver is able to
    /// tell from a real one, since eight bits of checksum are all there is.
    spared: u32,
}

impl Wire {
    pub(super) fn new(nuisances: Nuisances, paced: bool) -> Self {
        Self { nuisances, paced, pieces: VecDeque::new(), free_at: Duration::ZERO, spared: 0 }
    }

    /// Sends a frame, not before `at` and behind everything said before, as well as the line lets it.
    pub(super) fn say(&mut self, at: Duration, frame: &[u8], dice: &mut Dice) {
        if self.spared > 0 {
            self.spared -= 1;
            return self.put(at, frame.to_vec());
        }
        let bad = self.nuisances;
        let copies = if dice.chance(bad.duplicate_frames) { 2 } else { 1 };
        for _ in 0..copies {
            if dice.chance(bad.noise_bytes) {
                let count = dice.between(1, 12);
                self.put(at, dice.bytes(count));
            }
            let mut bytes = frame.to_vec();
            if dice.chance(bad.wrong_checksums) {
                damage(&mut bytes, dice);
            }
            if dice.chance(bad.lost_tails) {
                let kept = dice.between(1, bytes.len() as u64 - 1);
                bytes.truncate(kept as usize);
                self.put_in_pieces(at, bytes, dice);
                self.spared = SPARED_AFTER_LOSS;
                return;
            }
            self.put_in_pieces(at, bytes, dice);
        }
    }

    /// Sends bytes as they are.
    pub(super) fn put(&mut self, at: Duration, bytes: Vec<u8>) {
        if self.pieces.len() >= MOST_PIECES {
            return;
        }
        let mut due = at.max(self.free_at);
        if self.paced {
            due += Duration::from_micros(BYTE_US * bytes.len() as u64);
        }
        self.free_at = due;
        self.pieces.push_back((due, bytes));
    }

    /// Whether so much waits that a reader who may lose whole messages, but not parts of one, had better say nothing.
    pub(super) fn is_full(&self) -> bool {
        self.pieces.len() > MOST_PIECES / 2
    }

    /// Forgets what has not been sent: whom it was for is gone.
    pub(super) fn forget(&mut self) {
        self.pieces.clear();
        self.free_at = Duration::ZERO;
    }

    /// The first half of what would have been sent next, as a supply that fails leaves it.
    pub(super) fn half_of_next(&self) -> Vec<u8> {
        self.pieces.front().map_or_else(Vec::new, |(_, bytes)| bytes[..bytes.len() / 2].to_vec())
    }

    /// Says what waits already, and nothing more until `at`.
    pub(super) fn hush_after_this(&mut self, at: Duration) {
        self.free_at = self.free_at.max(at);
    }

    /// Says nothing until `at`.
    pub(super) fn hush_until(&mut self, at: Duration) {
        self.free_at = self.free_at.max(at);
        for (due, _) in &mut self.pieces {
            *due = (*due).max(at);
        }
    }

    /// When the next piece is due.
    pub(super) fn next_due(&self) -> Option<Duration> {
        self.pieces.front().map(|&(due, _)| due)
    }

    /// When everything said so far is out.
    pub(super) fn free_at(&self) -> Duration {
        self.free_at
    }

    /// The next piece that is due by `now`.
    pub(super) fn take_due(&mut self, now: Duration) -> Option<Vec<u8>> {
        if self.next_due()? > now {
            return None;
        }
        self.pieces.pop_front().map(|(_, bytes)| bytes)
    }

    /// Sends bytes whole, though not in one breath.
    pub(super) fn put_in_pieces(&mut self, at: Duration, bytes: Vec<u8>, dice: &mut Dice) {
        let mut rest = bytes;
        while rest.len() > 1 && dice.chance(self.nuisances.cut_writes) {
            let cut = dice.between(1, rest.len() as u64 - 1) as usize;
            let tail = rest.split_off(cut);
            self.put(at, rest);
            self.free_at += Duration::from_millis(dice.between(1, 20));
            rest = tail;
        }
        self.put(at, rest);
    }
}

/// Changes one byte behind the header; an 8-bit sum never misses a single one.
fn damage(bytes: &mut [u8], dice: &mut Dice) {
    let at = dice.between(1, bytes.len() as u64 - 1) as usize;
    bytes[at] ^= dice.between(1, 255) as u8;
}

//! How much a program writes at a go. A pipe has no frame marks, but a camera pauses between frames: what comes between two
//! pauses is a frame, whatever size the configuration says.

use std::collections::VecDeque;

use super::settings::PixelFormat;

/// So many bursts of one length make a judgement: less than a second at 15 frames a second.
const ALIKE: usize = 12;

/// A burst smaller than this part of a frame is a piece that travels on its own, and no frame.
const SMALLEST_PART: u64 = 16;

/// Sizes cameras have, for the guess at what the program writes.
const SIZES: [(u32, u32); 12] = [
    (160, 120),
    (320, 240),
    (640, 360),
    (640, 480),
    (800, 600),
    (832, 480),
    (1024, 768),
    (1280, 720),
    (1280, 960),
    (1296, 972),
    (1920, 1080),
    (1920, 1088),
];

/// What the bursts of a program say about its frames.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Verdict {
    /// Nothing is wrong, or nothing can be said.
    Fine,
    /// It writes so many bytes at a time, and that is no frame.
    OtherSize(u64),
    /// It writes whole frames, and we read across two of them.
    OutOfStep,
}

/// The lengths of the last bursts.
#[derive(Debug)]
pub(super) struct Bursts {
    frame_bytes: u64,
    running: u64,
    last: VecDeque<u64>,
}

impl Bursts {
    pub(super) fn of(frame_bytes: u64) -> Self {
        Self { frame_bytes, running: 0, last: VecDeque::with_capacity(ALIKE) }
    }

    /// Bytes came.
    pub(super) fn came(&mut self, bytes: u64) {
        self.running += bytes;
    }

    /// The program pauses with so many bytes of a frame not yet whole.
    pub(super) fn pause(&mut self, filled: u64) -> Verdict {
        let burst = std::mem::take(&mut self.running);
        if burst == 0 {
            return Verdict::Fine;
        }
        if self.last.len() == ALIKE {
            self.last.pop_front();
        }
        self.last.push_back(burst);
        if self.last.len() < ALIKE || self.last.iter().any(|&other| other != burst) {
            return Verdict::Fine;
        }
        let whole_frames = burst.is_multiple_of(self.frame_bytes);
        let pieces = self.frame_bytes.is_multiple_of(burst) || burst < self.frame_bytes / SMALLEST_PART;
        // 640 x 480 has four times 320 x 240: what is exactly a picture of another size is one, and not four at a go.
        let verdict = if burst != self.frame_bytes && fitting(burst).next().is_some() {
            Verdict::OtherSize(burst)
        } else if whole_frames {
            if filled == 0 { Verdict::Fine } else { Verdict::OutOfStep }
        } else if pieces {
            Verdict::Fine
        } else {
            Verdict::OtherSize(burst)
        };
        if verdict != Verdict::Fine {
            self.last.clear();
        }
        verdict
    }
}

/// What size of picture has so many bytes; nothing where none that is known has.
pub(super) fn guess(bytes: u64) -> String {
    let fitting: Vec<String> = fitting(bytes).collect();
    if fitting.is_empty() { String::new() } else { format!(" (as many as {})", fitting.join(" or ")) }
}

/// The known pictures of so many bytes, in words.
fn fitting(bytes: u64) -> impl Iterator<Item = String> {
    let known = [PixelFormat::Grey, PixelFormat::Yuv420]
        .into_iter()
        .flat_map(|format| SIZES.into_iter().map(move |(width, height)| (width, height, format)));
    known
        .filter(move |(width, height, format)| format.frame_bytes(*width, *height) == bytes)
        .map(|(width, height, format)| format!("{width} x {height} in {}", format.word()))
}

#[cfg(test)]
mod tests {
    use super::*;

    fn judged(frame_bytes: u64, bursts: impl IntoIterator<Item = u64>) -> Verdict {
        let mut watch = Bursts::of(frame_bytes);
        let mut total = 0;
        let mut verdict = Verdict::Fine;
        for burst in bursts {
            watch.came(burst / 2);
            watch.came(burst - burst / 2);
            total += burst;
            let next = watch.pause(total % frame_bytes);
            if next != Verdict::Fine {
                verdict = next;
            }
        }
        verdict
    }

    #[test]
    fn frames_of_another_size_are_known_by_their_bursts() {
        assert_eq!(judged(307_200, [230_400; 14]), Verdict::OtherSize(230_400));
        assert_eq!(judged(307_200, [460_800; 12]), Verdict::OtherSize(460_800));
        assert_eq!(judged(307_200, [460_800; 11]), Verdict::Fine, "too few to judge");
        assert_eq!(
            judged(76_800, [307_200; 12]),
            Verdict::OtherSize(307_200),
            "640 x 480 is no four of 320 x 240"
        );
        assert_eq!(judged(307_200, [76_800; 12]), Verdict::OtherSize(76_800), "nor the other way round");
        assert_eq!(guess(230_400), " (as many as 640 x 360 in grey)");
        assert_eq!(guess(460_800), " (as many as 640 x 480 in yuv420)");
        assert_eq!(guess(1), "");
    }

    #[test]
    fn half_a_frame_puts_the_rest_out_of_step() {
        assert_eq!(judged(1000, std::iter::once(500).chain([1000; 20])), Verdict::OutOfStep);
        assert_eq!(judged(1000, std::iter::once(500).chain([2000; 20])), Verdict::OutOfStep);
    }

    #[test]
    fn what_travels_in_pieces_or_unevenly_is_left_alone() {
        assert_eq!(judged(1000, [1000; 50]), Verdict::Fine);
        assert_eq!(judged(1000, [3000; 50]), Verdict::Fine, "three frames at a go");
        assert_eq!(judged(1000, [250; 50]), Verdict::Fine, "a frame in four pieces");
        assert_eq!(judged(307_200, [1_448; 5_000]), Verdict::Fine, "a network's packets");
        assert_eq!(judged(1000, (0..200).map(|nth| 700 + nth % 5)), Verdict::Fine, "no rule to it");
    }
}

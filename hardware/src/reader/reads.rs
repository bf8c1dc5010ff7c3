//! The sightings in recorded bytes, without a reader: for replays, measurements and fuzzing.

use super::framing::{Decoder, Step};
use super::talk::Speech;
use super::{Family, TagRead, llrp, m100, mercury, r2000, uhfreader18};

/// What became of recorded bytes.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default)]
pub struct DecodeCounts {
    /// Frames accepted, of any kind.
    pub frames: u64,
    /// Bytes in them.
    pub frame_bytes: u64,
    /// Frames refused: damaged, implausible or cut short.
    pub refused_frames: u64,
    /// Bytes that belonged to no accepted frame.
    pub skipped_bytes: u64,
}

/// Hands on every sighting in `pieces`, bytes as they came from a reader's line, piece by piece, with a quiet gap after
/// the last. As a driver, before it drops what has no EPC or a wrong checksum of the air.
pub fn tag_reads(family: Family, pieces: &[&[u8]], hand_on: &mut dyn FnMut(TagRead)) -> DecodeCounts {
    match family {
        Family::R2000 => reads_of::<r2000::A0>(pieces, hand_on),
        Family::Mercury => reads_of::<mercury::Mercury>(pieces, hand_on),
        Family::Uhfreader18 => reads_of::<uhfreader18::Uhf18>(pieces, hand_on),
        Family::M100 => reads_of::<m100::M100Grammar>(pieces, hand_on),
        Family::Llrp => reads_of::<llrp::Messages>(pieces, hand_on),
    }
}

fn reads_of<G: Speech>(pieces: &[&[u8]], hand_on: &mut dyn FnMut(TagRead)) -> DecodeCounts {
    let mut decoder = Decoder::<G>::new();
    let mut counts = DecodeCounts::default();
    for piece in pieces {
        // In portions that no decoder has to drop.
        for portion in piece.chunks(4096) {
            decoder.push(portion);
            drain(&mut decoder, &mut counts, hand_on);
        }
    }
    decoder.give_up_partial();
    drain(&mut decoder, &mut counts, hand_on);
    counts.refused_frames = decoder.refused_frames();
    counts.skipped_bytes = decoder.skipped_bytes();
    counts
}

fn drain<G: Speech>(decoder: &mut Decoder<G>, counts: &mut DecodeCounts, hand_on: &mut dyn FnMut(TagRead)) {
    loop {
        match decoder.step() {
            Step::More => return,
            Step::Skipped { .. } => {}
            Step::Frame(frame, range) => {
                counts.frames += 1;
                counts.frame_bytes += range.len() as u64;
                decoder.grammar.reads(&frame, hand_on);
            }
        }
    }
}

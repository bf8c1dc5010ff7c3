//! The A0 decoder against chance: whatever is on the line, a tag arrives unaltered or not at all.

#[path = "reader_support/a0.rs"]
mod a0;

use a0::{bytes, frame, inspected, tag_data, text};
use armoury_hardware::reader::R2000Decoder;
use proptest::prelude::*;

/// One tag on the wire: EPC, strength byte, antenna, and whether the phase follows.
#[derive(Debug, Clone)]
struct Sent {
    epc: Vec<u8>,
    rssi: u8,
    antenna: u8,
    phase: Option<[u8; 2]>,
}

impl Sent {
    fn bytes(&self) -> Vec<u8> {
        let mut data = tag_data(&self.epc, self.rssi, self.antenna);
        data.extend(self.phase.iter().flatten());
        frame(1, 0x89, &data)
    }
}

prop_compose! {
    fn any_tag()(
        words in 1_usize..=31,
        seed in prop::collection::vec(prop_oneof![4 => any::<u8>(), 1 => prop::sample::select(vec![0xA0, 0x13, 0x01, 0x89])], 62),
        rssi in any::<u8>(), antenna in 0_u8..4, phase in prop::option::of(any::<[u8; 2]>()),
    ) -> Sent {
        Sent { epc: seed[..words * 2].to_vec(), rssi, antenna, phase }
    }
}

/// Noise without a header: it cannot hide a frame nor be one.
fn headless_noise() -> impl Strategy<Value = Vec<u8>> {
    prop::collection::vec(any::<u8>().prop_map(|byte| if byte == 0xA0 { 0x0A } else { byte }), 0..40)
}

/// Feeds `stream` in pieces of the given sizes, with a quiet gap at the end; every tag that came out.
fn tags_of(stream: &[u8], pieces: &[usize]) -> Vec<(Vec<u8>, i64, u64)> {
    let mut decoder = R2000Decoder::new();
    let (mut rest, mut frames) = (stream, Vec::new());
    for &size in pieces.iter().cycle() {
        let (piece, behind) = rest.split_at(size.min(rest.len()));
        decoder.push(piece);
        frames.extend(std::iter::from_fn(|| decoder.next()));
        rest = behind;
        if rest.is_empty() {
            break;
        }
    }
    decoder.give_up_partial();
    frames.extend(std::iter::from_fn(|| decoder.next()));
    assert_eq!(decoder.pending_bytes(), 0);
    let whole: Vec<u8> = frames.iter().flat_map(|f| frame(f.address, f.command, &f.data)).collect();
    inspected(&whole)
        .iter()
        .filter(|one| one["kind"] == "tag")
        .map(|one| {
            let (rssi, antenna) = (one["rssi_dbm"].as_i64(), one["antenna"].as_u64());
            (bytes(&text(one, "epc")), rssi.expect("dBm"), antenna.expect("antenna"))
        })
        .collect()
}

fn expected(sent: &Sent) -> (Vec<u8>, i64, u64) {
    let eight_port = if sent.rssi & 0x80 != 0 { 4 } else { 0 };
    (sent.epc.clone(), i64::from(sent.rssi & 0x7F) - 129, u64::from(sent.antenna) + 1 + eight_port)
}

/// Whether, by ill luck, the tail of a frame is a frame as well: then nobody can tell which of the two was sent.
fn ends_in_a_frame(bytes: &[u8]) -> bool {
    (1..bytes.len() - 1).any(|at| {
        let tail = &bytes[at..];
        let sum = tail.iter().fold(0_u8, |sum, &byte| sum.wrapping_add(byte));
        tail[0] == 0xA0 && usize::from(tail[1]) + 2 == tail.len() && sum == 0
    })
}

/// Whether `part` is `whole` with some left out.
fn is_part_of<T: PartialEq>(part: &[T], whole: &[T]) -> bool {
    let mut whole = whole.iter();
    part.iter().all(|one| whole.any(|other| other == one))
}

proptest! {
    #[test]
    fn a_lone_tag_arrives_once_and_unaltered(
        sent in any_tag(), before in headless_noise(), after in headless_noise(),
        pieces in prop::collection::vec(1_usize..30, 1..8),
    ) {
        let stream = [before, sent.bytes(), after].concat();
        let seen = tags_of(&stream, &pieces);
        // What follows can only spoil a tag whose own bytes look like the beginning of a frame.
        if !sent.bytes()[1..].contains(&0xA0) {
            prop_assert_eq!(&seen, &vec![expected(&sent)]);
        }
        prop_assert!(is_part_of(&seen, &[expected(&sent)]), "{seen:?}");
    }

    #[test]
    fn whatever_its_epc_a_tag_before_a_quiet_line_arrives(
        sent in any_tag(), before in headless_noise(), pieces in prop::collection::vec(1_usize..30, 1..8),
    ) {
        prop_assume!(!ends_in_a_frame(&sent.bytes()));
        let seen = tags_of(&[before, sent.bytes()].concat(), &pieces);
        prop_assert_eq!(seen, vec![expected(&sent)]);
    }

    #[test]
    fn tags_between_any_noise_are_never_altered_nor_doubled(
        sent in prop::collection::vec((prop::collection::vec(any::<u8>(), 0..40), any_tag()), 1..12),
        pieces in prop::collection::vec(1_usize..50, 1..8),
    ) {
        let stream: Vec<u8> = sent.iter().flat_map(|(noise, tag)| [noise.clone(), tag.bytes()].concat()).collect();
        let whole: Vec<_> = sent.iter().map(|(_, tag)| expected(tag)).collect();
        let seen = tags_of(&stream, &pieces);
        prop_assert!(is_part_of(&seen, &whole), "{seen:?}");
    }

    #[test]
    fn a_lost_tail_never_alters_a_tag(
        first in any_tag(), cut in any::<prop::sample::Index>(), rest in prop::collection::vec(any_tag(), 8),
        pieces in prop::collection::vec(1_usize..50, 1..8),
    ) {
        let mut stream = first.bytes();
        stream.truncate(1 + cut.index(stream.len() - 1));
        stream.extend(rest.iter().flat_map(Sent::bytes));
        let whole: Vec<_> = rest.iter().map(expected).collect();
        let seen = tags_of(&stream, &pieces);
        prop_assert!(is_part_of(&seen, &whole), "{seen:?}");
    }

    #[test]
    fn the_same_bytes_give_the_same_tags_however_they_are_cut(
        sent in prop::collection::vec((prop::collection::vec(any::<u8>(), 0..20), any_tag()), 1..8),
        pieces in prop::collection::vec(1_usize..50, 1..8),
    ) {
        let stream: Vec<u8> = sent.iter().flat_map(|(noise, tag)| [noise.clone(), tag.bytes()].concat()).collect();
        prop_assert_eq!(tags_of(&stream, &pieces), tags_of(&stream, &[stream.len()]));
    }

    #[test]
    fn random_bytes_are_accounted_for_and_never_pile_up(
        chunks in prop::collection::vec(prop::collection::vec(prop_oneof![any::<u8>(), Just(0xA0), Just(0x89), 0_u8..12], 0..3000), 1..12),
        drain in any::<bool>(),
    ) {
        let mut decoder = R2000Decoder::new();
        let (mut pushed, mut framed) = (0, 0);
        for chunk in &chunks {
            decoder.push(chunk);
            pushed += chunk.len();
            while let Some(frame) = drain.then(|| decoder.next()).flatten() {
                framed += frame.data.len() + 5;
            }
            let bound = if drain { 600 } else { 16 * 1024 };
            prop_assert!(decoder.pending_bytes() <= bound);
        }
        decoder.give_up_partial();
        while let Some(frame) = decoder.next() {
            framed += frame.data.len() + 5;
        }
        prop_assert_eq!(decoder.pending_bytes(), 0);
        prop_assert_eq!(framed + decoder.skipped_bytes() as usize, pushed);
        let all = chunks.concat();
        prop_assert_eq!(inspected(&all).is_empty(), all.is_empty());
    }
}

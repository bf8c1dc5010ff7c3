//! The M100 decoder against chance: whatever is on the line, a tag arrives unaltered or not at all. A failing case prints
//! its seed.

#[path = "reader_support/m100.rs"]
mod m100;
#[path = "reader_support/m100_shown.rs"]
mod m100_shown;
#[path = "reader_support/seed.rs"]
mod seed;

use armoury_hardware::reader::M100Decoder;
use m100::{AADD, BB7E, frame, notice};
use m100_shown::{bytes, hex, inspected, text};
use proptest::prelude::*;
use seed::seeded;

/// One tag on the wire.
#[derive(Debug, Clone)]
struct Sent {
    marks: [u8; 2],
    epc: Vec<u8>,
    rssi_dbm: i8,
    pc_low: u16,
}

impl Sent {
    fn bytes(&self) -> Vec<u8> {
        notice(self.marks, self.rssi_dbm, self.pc_low, &self.epc)
    }

    fn expected(&self) -> (Vec<u8>, i64) {
        (self.epc.clone(), self.rssi_dbm.into())
    }
}

prop_compose! {
    /// Bytes that frames are made of are more frequent than chance has them.
    fn any_tag(least_words: usize)(
        marks in prop::sample::select(vec![BB7E, AADD]), words in least_words..=31,
        seed in prop::collection::vec(
            prop_oneof![4 => any::<u8>(), 1 => prop::sample::select(vec![0xBB, 0xAA, 0x02, 0x22, 0x00, 0x11, 0x7E, 0xDD])],
            62,
        ),
        rssi_dbm in any::<i8>(),
        // Extended control words would be part of what follows; they have a test of their own.
        pc_low in (0_u16..0x0800).prop_map(|bits| bits & !0x0200),
    ) -> Sent {
        Sent { marks, epc: seed[..words * 2].to_vec(), rssi_dbm, pc_low }
    }
}

fn noise() -> impl Strategy<Value = Vec<u8>> {
    prop::collection::vec(any::<u8>(), 0..40)
}

/// Noise without a first mark: it cannot hide a frame nor be one.
fn markless_noise() -> impl Strategy<Value = Vec<u8>> {
    let replaced = |byte| if matches!(byte, 0xAA | 0xBB) { 0x0A } else { byte };
    prop::collection::vec(any::<u8>().prop_map(replaced), 0..40)
}

fn pieces() -> impl Strategy<Value = Vec<usize>> {
    prop::collection::vec(1_usize..50, 1..8)
}

/// Feeds `stream` in pieces of the given sizes, with a quiet gap at the end; every tag that a driver would hand on.
fn tags_of(stream: &[u8], pieces: &[usize]) -> Vec<(Vec<u8>, i64)> {
    let mut decoder = M100Decoder::new();
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
    let whole = frames.iter().flat_map(|seen| frame(BB7E, seen.kind as u8, seen.command, &seen.params));
    inspected(&whole.collect::<Vec<u8>>())
        .iter()
        .filter(|one| one["kind"] == "tag" && one["air_crc_valid"] == true)
        .map(|one| (bytes(&text(one, "epc")), one["rssi_dbm"].as_i64().expect("dBm")))
        .collect()
}

/// Whether `part` is `whole` with some left out.
fn is_part_of<T: PartialEq>(part: &[T], whole: &[T]) -> bool {
    let mut whole = whole.iter();
    part.iter().all(|one| whole.any(|other| other == one))
}

fn stream_of(sent: &[(Vec<u8>, Sent)]) -> Vec<u8> {
    sent.iter().flat_map(|(noise, tag)| [noise.clone(), tag.bytes()].concat()).collect()
}

proptest! {
    #![proptest_config(seeded())]

    #[test]
    fn a_tag_arrives_once_and_unaltered_whatever_its_epc_holds(
        sent in any_tag(1), before in markless_noise(), after in noise(), pieces in pieces(),
    ) {
        let stream = [before, sent.bytes(), after].concat();
        prop_assert_eq!(tags_of(&stream, &pieces), vec![sent.expected()]);
    }

    #[test]
    fn a_tag_without_an_epc_is_no_tag(sent in any_tag(0), before in markless_noise(), pieces in pieces()) {
        let empty = Sent { epc: Vec::new(), ..sent };
        prop_assert_eq!(tags_of(&[before, empty.bytes()].concat(), &pieces), Vec::new());
    }

    #[test]
    fn tags_between_any_noise_are_never_altered_nor_doubled(
        sent in prop::collection::vec((noise(), any_tag(1)), 1..12), pieces in pieces(),
    ) {
        let whole: Vec<_> = sent.iter().map(|(_, tag)| tag.expected()).collect();
        let seen = tags_of(&stream_of(&sent), &pieces);
        prop_assert!(is_part_of(&seen, &whole), "{seen:?}");
    }

    #[test]
    fn a_lost_tail_never_alters_a_tag(
        first in any_tag(1), cut in any::<prop::sample::Index>(),
        rest in prop::collection::vec(any_tag(1), 8), pieces in pieces(),
    ) {
        let mut stream = first.bytes();
        stream.truncate(1 + cut.index(stream.len() - 1));
        stream.extend(rest.iter().flat_map(Sent::bytes));
        let whole: Vec<_> = rest.iter().map(Sent::expected).collect();
        let seen = tags_of(&stream, &pieces);
        prop_assert!(is_part_of(&seen, &whole), "{seen:?}");
        prop_assert!(!seen.is_empty(), "one cut must not hide eight tags");
    }

    #[test]
    fn one_changed_byte_never_alters_a_tag(
        sent in any_tag(1), at in any::<prop::sample::Index>(), change in 1_u8..=255, pieces in pieces(),
    ) {
        let mut stream = sent.bytes();
        let at = at.index(stream.len());
        stream[at] ^= change;
        let seen = tags_of(&stream, &pieces);
        prop_assert!(is_part_of(&seen, &[sent.expected()]), "{seen:?} out of {}", hex(&stream));
    }

    #[test]
    fn the_same_bytes_give_the_same_tags_however_they_are_cut(
        sent in prop::collection::vec((noise(), any_tag(1)), 1..8), pieces in pieces(),
    ) {
        let stream = stream_of(&sent);
        prop_assert_eq!(tags_of(&stream, &pieces), tags_of(&stream, &[stream.len()]));
    }

    #[test]
    fn random_bytes_are_accounted_for_and_never_pile_up(
        chunks in prop::collection::vec(
            prop::collection::vec(prop_oneof![any::<u8>(), Just(0xBB), Just(0xAA), Just(0x39), 0_u8..3], 0..3000),
            1..12,
        ),
        drain in any::<bool>(),
    ) {
        let mut decoder = M100Decoder::new();
        let (mut pushed, mut framed) = (0, 0);
        for chunk in &chunks {
            decoder.push(chunk);
            pushed += chunk.len();
            while let Some(frame) = drain.then(|| decoder.next()).flatten() {
                framed += frame.params.len() + 7;
            }
            let bound = if drain { 2 * 307 } else { 16 * 1024 };
            prop_assert!(decoder.pending_bytes() <= bound);
        }
        decoder.give_up_partial();
        while let Some(frame) = decoder.next() {
            framed += frame.params.len() + 7;
        }
        prop_assert_eq!(decoder.pending_bytes(), 0);
        prop_assert_eq!(framed + decoder.skipped_bytes() as usize, pushed);
        let all = chunks.concat();
        prop_assert_eq!(inspected(&all).is_empty(), all.is_empty());
    }
}

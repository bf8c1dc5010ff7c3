//! The Mercury decoder against chance: whatever is on the line, a tag arrives unaltered or not at all.
//! The seed is printed; set `ARMOURY_SEED` to repeat a run or to try another.

#[path = "reader_support/mercury.rs"]
mod mercury;
#[path = "reader_support/seed.rs"]
mod seed;
#[path = "reader_support/mercury_seen.rs"]
mod seen;

use armoury_hardware::reader::MercuryDecoder;
use mercury::Sent;
use proptest::prelude::*;
use seed::seeded;
use seen::{bytes, inspected, text};

/// What a test compares: EPC, strength, antenna, chip number.
type Arrived = (Vec<u8>, Option<i64>, u64, String);

prop_compose! {
    /// A tag with any EPC of 1 to 31 words, rich in bytes that begin frames.
    fn any_tag()(
        words in 1_usize..=31,
        seed in prop::collection::vec(prop_oneof![4 => any::<u8>(), 1 => prop::sample::select(vec![0xFF, 0x22, 0x00, 0x04])], 62),
        rssi_dbm in any::<i8>(), antenna in any::<u8>(), mask in 0_u16..0x0200,
        data in prop::sample::select(vec![vec![], vec![0xE2, 0x80, 0x11, 0x05], vec![0xE2; 12]]),
    ) -> Sent {
        Sent { mask, rssi_dbm, antenna, data, ..Sent::new(&seed[..words * 2]) }
    }
}

/// Noise in which no frame can begin: it cannot hide a frame nor be one.
fn headless_noise() -> impl Strategy<Value = Vec<u8>> {
    prop::collection::vec(any::<u8>().prop_map(|byte| if byte == 0xFF { 0xFE } else { byte }), 0..40)
}

/// Feeds `stream` in pieces of the given sizes, with a quiet gap at the end; the frames that came out, in full.
fn frames_of(stream: &[u8], pieces: &[usize]) -> Vec<Vec<u8>> {
    let mut decoder = MercuryDecoder::new();
    let (mut rest, mut frames) = (stream, Vec::new());
    let mut take = |decoder: &mut MercuryDecoder| {
        while let Some(frame) = decoder.next() {
            frames.push(match frame.status {
                Some(status) => mercury::reply(frame.opcode, status, &frame.data),
                None => mercury::command(frame.opcode, &frame.data),
            });
        }
    };
    for &size in pieces.iter().cycle() {
        let (piece, behind) = rest.split_at(size.min(rest.len()));
        decoder.push(piece);
        take(&mut decoder);
        rest = behind;
        if rest.is_empty() {
            break;
        }
    }
    decoder.give_up_partial();
    take(&mut decoder);
    assert_eq!(decoder.pending_bytes(), 0);
    frames
}

/// The tags that came out and that the tag's own checksum vouches for.
fn tags_of(stream: &[u8], pieces: &[usize]) -> Vec<Arrived> {
    inspected(&frames_of(stream, pieces).concat())
        .iter()
        .filter(|one| one["kind"] == "tag" && one["air_crc_valid"] == true)
        .map(|one| {
            let antenna = one["antenna"].as_u64().expect("antenna");
            (bytes(&text(one, "epc")), one["rssi_dbm"].as_i64(), antenna, text(one, "tid"))
        })
        .collect()
}

fn expected(sent: &Sent) -> Arrived {
    let port = if sent.antenna >> 4 == 0 { 16 } else { u64::from(sent.antenna >> 4) };
    let has = |bit: u16| sent.mask & bit != 0;
    (
        sent.epc.clone(),
        has(0x0002).then_some(i64::from(sent.rssi_dbm)),
        if has(0x0004) { port } else { 1 },
        if has(0x0080) { seen::hex(&sent.data) } else { String::new() },
    )
}

/// Whether nothing came out that was not sent: one damaged frame in 65536 has a fitting checksum, and then the frames it
/// reaches over are lost. That is what sixteen bits are worth; were it more often, proptest would give up.
fn no_luck(stream: &[u8], sent: &[Sent]) -> bool {
    let sent: Vec<Vec<u8>> = sent.iter().map(Sent::frame).collect();
    frames_of(stream, &[1000]).iter().all(|frame| sent.contains(frame))
}

/// Whether `part` is `whole` with some left out.
fn is_part_of<T: PartialEq>(part: &[T], whole: &[T]) -> bool {
    let mut whole = whole.iter();
    part.iter().all(|one| whole.any(|other| other == one))
}

proptest! {
    #![proptest_config(seeded())]

    #[test]
    fn a_lone_tag_arrives_once_and_unaltered(
        sent in any_tag(), before in headless_noise(), after in prop::collection::vec(any::<u8>(), 0..40),
        pieces in prop::collection::vec(1_usize..30, 1..8),
    ) {
        let seen = tags_of(&[before, sent.frame(), after].concat(), &pieces);
        prop_assert_eq!(seen, vec![expected(&sent)]);
    }

    #[test]
    fn tags_between_any_noise_are_never_altered_nor_doubled(
        sent in prop::collection::vec((prop::collection::vec(any::<u8>(), 0..40), any_tag()), 1..12),
        pieces in prop::collection::vec(1_usize..50, 1..8),
    ) {
        let stream: Vec<u8> = sent.iter().flat_map(|(noise, tag)| [noise.clone(), tag.frame()].concat()).collect();
        let whole: Vec<_> = sent.iter().map(|(_, tag)| expected(tag)).collect();
        let seen = tags_of(&stream, &pieces);
        prop_assert!(is_part_of(&seen, &whole), "{seen:?}");
    }

    #[test]
    fn a_lost_tail_costs_no_tag_but_its_own(
        first in any_tag(), cut in any::<prop::sample::Index>(), rest in prop::collection::vec(any_tag(), 8),
        pieces in prop::collection::vec(1_usize..50, 1..8),
    ) {
        let mut stream = first.frame();
        stream.truncate(1 + cut.index(stream.len() - 1));
        stream.extend(rest.iter().flat_map(Sent::frame));
        prop_assume!(no_luck(&stream, &rest));
        let whole: Vec<_> = rest.iter().map(expected).collect();
        prop_assert_eq!(tags_of(&stream, &pieces), whole);
    }

    #[test]
    fn an_altered_byte_alters_no_tag(
        sent in any_tag(), at in any::<prop::sample::Index>(), flip in 1_u8..=255, next in any_tag(),
    ) {
        let mut stream = sent.frame();
        let at = at.index(stream.len());
        stream[at] ^= flip;
        stream.extend(next.frame());
        prop_assume!(no_luck(&stream, std::slice::from_ref(&next)));
        prop_assert_eq!(tags_of(&stream, &[1000]), vec![expected(&next)]);
    }

    #[test]
    fn the_same_bytes_give_the_same_frames_however_they_are_cut(
        sent in prop::collection::vec((prop::collection::vec(prop_oneof![any::<u8>(), Just(0xFF), Just(0x22), Just(0)], 0..60), any_tag()), 1..8),
        pieces in prop::collection::vec(1_usize..50, 1..8),
    ) {
        let stream: Vec<u8> = sent.iter().flat_map(|(noise, tag)| [noise.clone(), tag.frame()].concat()).collect();
        prop_assert_eq!(frames_of(&stream, &pieces), frames_of(&stream, &[stream.len()]));
    }

    #[test]
    fn any_content_under_a_good_checksum_is_read_without_a_crash(
        opcode in prop_oneof![Just(0x22_u8), Just(0x29), Just(0x28), Just(0x21), Just(0x03), any::<u8>()],
        head in prop::sample::select(vec![vec![], vec![0x10, 0x00, 0x1B, 0x01, 0xFF, 0x01], vec![0x00, 0x00, 0x08, 0x02], vec![0x01, 0xFF, 0, 3]]),
        tail in prop::collection::vec(prop_oneof![any::<u8>(), Just(0), Just(0xFF)], 0..120),
        status in prop_oneof![9 => Just(0_u16), 1 => any::<u16>()],
    ) {
        let data = [head, tail].concat();
        for frame in [mercury::reply(opcode, status, &data), mercury::command(opcode, &data)] {
            prop_assert!(!inspected(&frame).is_empty());
        }
    }

    #[test]
    fn random_bytes_are_accounted_for_and_never_pile_up(
        chunks in prop::collection::vec(prop::collection::vec(prop_oneof![any::<u8>(), Just(0xFF), Just(0x22), 0_u8..12], 0..3000), 1..12),
        drain in any::<bool>(),
    ) {
        let mut decoder = MercuryDecoder::new();
        let (mut pushed, mut framed) = (0, 0);
        for chunk in &chunks {
            decoder.push(chunk);
            pushed += chunk.len();
            while let Some(frame) = drain.then(|| decoder.next()).flatten() {
                framed += frame.data.len() + if frame.status.is_some() { 7 } else { 5 };
            }
            let bound = if drain { 256 } else { 16 * 1024 };
            prop_assert!(decoder.pending_bytes() <= bound);
        }
        decoder.give_up_partial();
        while let Some(frame) = decoder.next() {
            framed += frame.data.len() + if frame.status.is_some() { 7 } else { 5 };
        }
        prop_assert_eq!(decoder.pending_bytes(), 0);
        prop_assert_eq!(framed + decoder.skipped_bytes() as usize, pushed);
        let all = chunks.concat();
        prop_assert_eq!(inspected(&all).is_empty(), all.is_empty());
    }
}

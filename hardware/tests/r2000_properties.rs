//! The A0 decoder against chance: whatever is on the line, a tag arrives unaltered or not at all.

#[path = "reader_support/a0.rs"]
mod a0;
#[path = "reader_support/seed.rs"]
mod seed;

use a0::{bytes, frame, inspected, tag_data, text};
use armoury_hardware::reader::R2000Decoder;
use proptest::prelude::*;
use seed::seeded;

/// One tag on the wire, in whatever frame carries tags.
#[derive(Debug, Clone)]
struct Sent {
    epc: Vec<u8>,
    rssi: u8,
    antenna: u8,
    carrier: Carrier,
}

#[derive(Debug, Clone)]
enum Carrier {
    /// Told as it is heard; newer firmware adds the phase.
    RealTime { command: u8, phase: Option<[u8; 2]> },
    /// From the reader's buffer.
    Buffer { command: u8 },
    /// With memory words that are nobody's chip number.
    Memory { words: Vec<u8> },
}

impl Sent {
    fn bytes(&self) -> Vec<u8> {
        let real_time = tag_data(&self.epc, self.rssi, self.antenna);
        let (freq_antenna, said) = (real_time[0], &real_time[1..real_time.len() - 1]);
        let record = |words: &[u8], first: u8| {
            let body = [said, &air_crc(said).to_be_bytes(), words].concat();
            [&[0, 1, body.len() as u8], &body[..], &[first, freq_antenna, 1]].concat()
        };
        match &self.carrier {
            Carrier::RealTime { command, phase } => {
                let phase = phase.iter().flatten().copied().collect::<Vec<u8>>();
                frame(1, *command, &[real_time, phase].concat())
            }
            Carrier::Buffer { command } => frame(1, *command, &record(&[], self.rssi)),
            Carrier::Memory { words } => frame(1, 0x81, &record(words, words.len() as u8)),
        }
    }
}

/// The checksum a tag sends, bit by bit (EPC Gen2 air interface, annex F).
fn air_crc(said: &[u8]) -> u16 {
    let bits = said.iter().flat_map(|byte| (0..8).rev().map(move |bit| u16::from(byte >> bit & 1)));
    !bits.fold(0xFFFF, |crc: u16, bit| if crc >> 15 == bit { crc << 1 } else { crc << 1 ^ 0x1021 })
}

fn any_carrier() -> impl Strategy<Value = Carrier> {
    prop_oneof![
        3 => (prop::sample::select(vec![0x89, 0x8A, 0x8B]), prop::option::of(any::<[u8; 2]>()))
            .prop_map(|(command, phase)| Carrier::RealTime { command, phase }),
        1 => prop::sample::select(vec![0x90, 0x91]).prop_map(|command| Carrier::Buffer { command }),
        1 => prop::collection::vec(any::<[u8; 2]>(), 0..32)
            .prop_map(|words| Carrier::Memory { words: words.concat() }),
    ]
}

prop_compose! {
    fn any_tag()(
        words in 1_usize..=31,
        seed in prop::collection::vec(prop_oneof![4 => any::<u8>(), 1 => prop::sample::select(vec![0xA0, 0x13, 0x01, 0x89])], 62),
        rssi in any::<u8>(), antenna in 0_u8..4, carrier in any_carrier(),
    ) -> Sent {
        Sent { epc: seed[..words * 2].to_vec(), rssi, antenna, carrier }
    }
}

/// Noise without a header: it cannot hide a frame nor be one.
fn headless_noise() -> impl Strategy<Value = Vec<u8>> {
    prop::collection::vec(any::<u8>().prop_map(|byte| if byte == 0xA0 { 0x0A } else { byte }), 0..40)
}

/// EPC, strength in dBm where the frame has one, antenna.
type Seen = (Vec<u8>, Option<i64>, u64);

/// Feeds `stream` in pieces of the given sizes, with a quiet gap at the end; every tag that came out.
fn tags_of(stream: &[u8], pieces: &[usize]) -> Vec<Seen> {
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
            assert_ne!(one["air_crc_valid"], false, "{one}");
            (bytes(&text(one, "epc")), rssi, antenna.expect("antenna"))
        })
        .collect()
}

fn expected(sent: &Sent) -> Seen {
    let antenna = u64::from(sent.antenna) + 1;
    if let Carrier::Memory { .. } = sent.carrier {
        return (sent.epc.clone(), None, antenna);
    }
    let eight_port = if sent.rssi & 0x80 != 0 { 4 } else { 0 };
    (sent.epc.clone(), Some(i64::from(sent.rssi & 0x7F) - 129), antenna + eight_port)
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
    #![proptest_config(seeded())]

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
        let kept = 1 + cut.index(stream.len() - 1);
        // A lost byte that is the first of the next frame is not lost.
        prop_assume!(stream[kept] != rest[0].bytes()[0]);
        stream.truncate(kept);
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

//! The LLRP decoder against chance: whatever is in the stream, a tag arrives unaltered or not at all.

#[path = "reader_support/llrp.rs"]
mod llrp;

use armoury_hardware::reader::LlrpDecoder;
use llrp::{air_crc, epc_data, hex, inspected, message, record, report, text, tlv};
use proptest::prelude::*;
use serde_json::Value;

/// One tag on the wire.
#[derive(Debug, Clone)]
struct Sent {
    epc: Vec<u8>,
    dbm: i8,
    antenna: u8,
    time_us: u64,
    id: u32,
}

impl Sent {
    /// What a reader says that was asked for PC and checksum.
    fn record(&self) -> Vec<u8> {
        let mut value = match self.epc.len() {
            12 => [&[0x8D], &self.epc[..]].concat(),
            _ => epc_data(&self.epc),
        };
        let pc = [(self.epc.len() / 2 * 8) as u8, 0];
        value.extend([0x81, 0, self.antenna, 0x86, self.dbm as u8, 0x82]);
        value.extend(self.time_us.to_be_bytes());
        value.extend([0x8C, pc[0], pc[1], 0x8B]);
        value.extend(air_crc(&[&pc[..], &self.epc].concat()).to_be_bytes());
        record(&value)
    }

    fn bytes(&self) -> Vec<u8> {
        message(61, self.id, &self.record())
    }

    fn told(&self) -> (String, i64, u64) {
        (hex(&self.epc), self.dbm.into(), self.antenna.into())
    }
}

prop_compose! {
    fn any_tag()(
        words in 0_usize..=31,
        seed in prop::collection::vec(prop_oneof![4 => any::<u8>(), 1 => prop::sample::select(vec![4, 0x3D, 0x3E, 0, 0xF0, 0x0A])], 62),
        dbm in any::<i8>(), antenna in 1_u8..=32, time_us in any::<u64>(), id in any::<u32>(),
    ) -> Sent {
        Sent { epc: seed[..words * 2].to_vec(), dbm, antenna, time_us, id }
    }
}

/// Noise in which no message can begin.
fn quiet_noise() -> impl Strategy<Value = Vec<u8>> {
    prop::collection::vec(any::<u8>().prop_map(|byte| if byte < 0x20 { byte | 0x80 } else { byte }), 0..40)
}

fn tags(seen: &[Value]) -> Vec<(String, i64, u64)> {
    seen.iter()
        .filter(|one| one["kind"] == "tag" && one["air_crc_valid"] == true)
        .map(|one| {
            let (dbm, antenna) = (one["rssi_dbm"].as_i64(), one["antenna"].as_u64());
            (text(one, "epc"), dbm.expect("dBm"), antenna.expect("antenna"))
        })
        .collect()
}

/// Feeds `stream` in pieces of the given sizes, with a quiet gap at the end; every frame that came out.
fn frames_of(stream: &[u8], pieces: &[usize]) -> Vec<(u8, u16, u32, Vec<u8>)> {
    let mut decoder = LlrpDecoder::new();
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
    frames.into_iter().map(|frame| (frame.version, frame.kind, frame.id, frame.body)).collect()
}

fn tags_of(stream: &[u8], pieces: &[usize]) -> Vec<(String, i64, u64)> {
    frames_of(stream, pieces)
        .iter()
        .flat_map(|(_, kind, id, body)| tags(&inspected(&message(*kind, *id, body))))
        .collect()
}

/// A tag without an EPC is none.
fn told(sent: &[Sent]) -> Vec<(String, i64, u64)> {
    sent.iter().filter(|tag| !tag.epc.is_empty()).map(Sent::told).collect()
}

/// Whether `part` is `whole` with some left out.
fn is_part_of<T: PartialEq>(part: &[T], whole: &[T]) -> bool {
    let mut whole = whole.iter();
    part.iter().all(|one| whole.any(|other| other == one))
}

proptest! {
    #[test]
    fn whatever_its_epc_a_tag_arrives_once_and_unaltered(
        sent in prop::collection::vec((quiet_noise(), any_tag()), 1..10), after in quiet_noise(),
        pieces in prop::collection::vec(1_usize..60, 1..8),
    ) {
        let mut stream: Vec<u8> = sent.iter().flat_map(|(noise, tag)| [noise.clone(), tag.bytes()].concat()).collect();
        stream.extend(after);
        let whole: Vec<Sent> = sent.into_iter().map(|(_, tag)| tag).collect();
        prop_assert_eq!(tags_of(&stream, &pieces), told(&whole));
    }

    #[test]
    fn tags_in_one_report_arrive_in_its_order(sent in prop::collection::vec(any_tag(), 0..20)) {
        let records: Vec<Vec<u8>> = sent.iter().map(Sent::record).collect();
        prop_assert_eq!(tags(&inspected(&report(&records))), told(&sent));
    }

    #[test]
    fn between_any_noise_and_behind_lost_tails_no_tag_is_altered(
        sent in prop::collection::vec((prop::collection::vec(any::<u8>(), 0..40), any_tag(), prop::option::weighted(0.3, any::<prop::sample::Index>())), 1..12),
        pieces in prop::collection::vec(1_usize..60, 1..8),
    ) {
        let mut stream = Vec::new();
        for (noise, tag, cut) in &sent {
            stream.extend(noise);
            let mut bytes = tag.bytes();
            if let Some(cut) = cut {
                bytes.truncate(1 + cut.index(bytes.len() - 1));
            }
            stream.extend(bytes);
        }
        let epcs: Vec<String> = sent.iter().map(|(_, tag, _)| hex(&tag.epc)).collect();
        let seen: Vec<String> = tags_of(&stream, &pieces).into_iter().map(|(epc, _, _)| epc).collect();
        prop_assert!(is_part_of(&seen, &epcs), "{seen:?}");
    }

    #[test]
    fn the_same_bytes_give_the_same_messages_however_they_are_cut(
        sent in prop::collection::vec((prop::collection::vec(prop_oneof![any::<u8>(), Just(4), Just(0)], 0..20), any_tag()), 1..8),
        pieces in prop::collection::vec(1_usize..60, 1..8),
    ) {
        let stream: Vec<u8> = sent.iter().flat_map(|(noise, tag)| [noise.clone(), tag.bytes()].concat()).collect();
        prop_assert_eq!(frames_of(&stream, &pieces), frames_of(&stream, &[stream.len()]));
    }

    #[test]
    fn any_change_of_one_byte_is_a_tag_less_or_a_tag_the_same(sent in any_tag(), at in any::<prop::sample::Index>(), flip in 1_u8..) {
        let mut bytes = sent.bytes();
        let at = at.index(bytes.len());
        bytes[at] ^= flip;
        // Strength and antenna have no checksum: they may be missing, or other ones.
        for one in inspected(&bytes).iter().filter(|one| one["air_crc_valid"] == true) {
            prop_assert_eq!(text(one, "epc"), hex(&sent.epc));
        }
    }

    #[test]
    fn random_bytes_are_accounted_for_and_never_pile_up(
        chunks in prop::collection::vec((prop::collection::vec(prop_oneof![any::<u8>(), Just(0x04), Just(0x3D), Just(0_u8), 0_u8..12], 0..60), 1_usize..60), 1..12),
        drain in any::<bool>(),
    ) {
        let mut decoder = LlrpDecoder::new();
        let (mut pushed, mut framed) = (0, 0);
        // Noise that comes again and again nests one false beginning in the other.
        for chunk in chunks.iter().map(|(noise, times)| noise.repeat(*times)) {
            decoder.push(&chunk);
            pushed += chunk.len();
            while let Some(frame) = drain.then(|| decoder.next()).flatten() {
                framed += frame.body.len() + 10;
            }
            prop_assert!(decoder.pending_bytes() <= pushed);
        }
        decoder.give_up_partial();
        while let Some(frame) = decoder.next() {
            framed += frame.body.len() + 10;
        }
        prop_assert_eq!(decoder.pending_bytes(), 0);
        prop_assert_eq!(framed + decoder.skipped_bytes() as usize, pushed);
    }

    #[test]
    fn any_content_under_a_true_header_is_read_without_panic(
        kind in prop::sample::select(vec![1_u16, 2, 3, 4, 11, 12, 13, 20, 30, 40, 45, 55, 56, 61, 63, 100, 1023]),
        first in prop::sample::select(vec![128_u16, 137, 143, 177, 207, 240, 246, 287, 1023]),
        value in prop::collection::vec(prop_oneof![any::<u8>(), Just(0), prop::sample::select(vec![0x81, 0x8D, 0x86, 0xF1, 0x5D, 1, 4])], 0..120),
        before in prop::collection::vec(any::<u8>(), 0..8),
    ) {
        let body = [before, tlv(first, &value)].concat();
        prop_assert!(!inspected(&message(kind, 1, &body)).is_empty());
        prop_assert!(!inspected(&message(kind, 1, &tlv(first, &value))).is_empty());
    }
}

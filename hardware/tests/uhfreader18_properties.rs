//! The Chafon decoder against chance: whatever is on the line, a tag arrives unaltered or not at all.
//! The seed is printed; set `ARMOURY_SEED` to repeat a run or to try another.

#[path = "reader_support/chafon.rs"]
mod chafon;
#[path = "reader_support/chafon_seen.rs"]
mod chafon_seen;
#[path = "reader_support/seed.rs"]
mod seed;

use armoury_hardware::reader::Uhfreader18Decoder;
use chafon::{bytes, prime, reply, rich};
use chafon_seen::{inspected, plain, text};
use proptest::prelude::*;
use seed::seeded;

/// How a tag is said.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum Way {
    /// UHFReader18 in answer mode.
    Plain,
    /// 288 in answer mode.
    Rich,
    /// UHFReader18 in active mode.
    Push,
    /// CF, two bytes before the length.
    Prime,
    /// CF, one byte before the length.
    ShortPrime,
}

#[derive(Debug, Clone)]
struct Sent {
    epc: Vec<u8>,
    strength: u8,
    antenna: u8,
    way: Way,
}

/// EPC, antenna, raw strength, dBm.
type Seen = (Vec<u8>, u64, Option<u64>, Option<i64>);

impl Sent {
    fn bytes(&self) -> Vec<u8> {
        let len = self.epc.len() as u8;
        match self.way {
            Way::Plain => plain(&[&self.epc]),
            Way::Rich => rich(1 << self.antenna, &self.epc, self.strength),
            Way::Push => reply(0, 0xEE, 0, &self.epc),
            Way::Prime => {
                prime(0, 1, &[&[0, 0xFD, self.strength, self.antenna + 1, 7, len], &self.epc[..]].concat())
            }
            Way::ShortPrime => {
                prime(0, 1, &[&[0, 0xFD, self.strength, self.antenna + 1, len], &self.epc[..]].concat())
            }
        }
    }

    fn expected(&self) -> Seen {
        let antenna = u64::from(self.antenna) + 1;
        let tenths = i16::from_be_bytes([0xFD, self.strength]);
        let dbm = (f64::from(tenths) / 10.0).round() as i64;
        match self.way {
            Way::Plain | Way::Push => (self.epc.clone(), 1, None, None),
            Way::Rich => (self.epc.clone(), antenna, Some(self.strength.into()), None),
            Way::Prime | Way::ShortPrime => (self.epc.clone(), antenna, None, Some(dbm)),
        }
    }
}

prop_compose! {
    fn any_tag()(
        words in 0_usize..=31,
        seed in prop::collection::vec(
            prop_oneof![4 => any::<u8>(), 1 => prop::sample::select(vec![0xCF, 0x15, 0x01, 0x03, 0xEE, 0x00, 0x0C])], 62),
        strength in any::<u8>(), antenna in 0_u8..8,
        way in prop::sample::select(vec![Way::Plain, Way::Rich, Way::Push, Way::Prime, Way::ShortPrime]),
    ) -> Sent {
        // A push of nothing is no push.
        let words = if way == Way::Push { words.max(1) } else { words };
        Sent { epc: seed[..words * 2].to_vec(), strength, antenna, way }
    }
}

fn noise() -> impl Strategy<Value = Vec<u8>> {
    prop::collection::vec(any::<u8>(), 0..40)
}

/// Feeds `stream` in pieces of the given sizes, with a quiet gap at the end; every frame that came out, as bytes.
fn frames_of(stream: &[u8], pieces: &[usize]) -> Vec<u8> {
    let mut decoder = Uhfreader18Decoder::new();
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
    let again = |kind: &str, address, command: u16, status: Option<u8>, data: &[u8]| {
        let data = [status.as_slice(), data].concat();
        match kind {
            "BridgeHeartbeat" => bytes("560000000000"),
            "PrimeReply" | "PrimeCommand" => prime(address, command, &data),
            // The one byte of these stands in both places.
            "Either" => chafon::command(address, command as u8, &data[1..]),
            _ => chafon::command(address, command as u8, &data),
        }
    };
    frames
        .iter()
        .flat_map(|f| again(&format!("{:?}", f.kind), f.address, f.command, f.status, &f.data))
        .collect()
}

fn tags_of(stream: &[u8], pieces: &[usize]) -> Vec<Seen> {
    inspected(&frames_of(stream, pieces))
        .iter()
        .filter(|one| one["kind"] == "tag")
        .map(|one| {
            let (raw, dbm) = (one["rssi_raw"].as_u64(), one["rssi_dbm"].as_i64());
            (bytes(&text(one, "epc")), one["antenna"].as_u64().expect("antenna"), raw, dbm)
        })
        .collect()
}

/// What must arrive: a sighting of nothing is refused.
fn expected<'a>(sent: impl IntoIterator<Item = &'a Sent>) -> Vec<Seen> {
    sent.into_iter().filter(|one| !one.epc.is_empty()).map(Sent::expected).collect()
}

/// Whether `part` is `whole` with some left out.
fn is_part_of<T: PartialEq>(part: &[T], whole: &[T]) -> bool {
    let mut whole = whole.iter();
    part.iter().all(|one| whole.any(|other| other == one))
}

proptest! {
    #![proptest_config(seeded())]

    // Two bytes of checksum and the walk over the records: noise that makes a frame is not to be met here.
    #[test]
    fn a_tag_arrives_once_and_unaltered_whatever_stands_before_and_behind(
        sent in any_tag(), before in noise(), after in noise(),
        pieces in prop::collection::vec(1_usize..30, 1..8),
    ) {
        let seen = tags_of(&[before, sent.bytes(), after].concat(), &pieces);
        prop_assert_eq!(seen, expected([&sent]));
    }

    #[test]
    fn tags_between_noise_all_arrive_in_order(
        sent in prop::collection::vec((noise(), any_tag()), 1..12),
        pieces in prop::collection::vec(1_usize..50, 1..8),
    ) {
        let stream: Vec<u8> =
            sent.iter().flat_map(|(noise, tag)| [noise.clone(), tag.bytes()].concat()).collect();
        let seen = tags_of(&stream, &pieces);
        prop_assert_eq!(seen, expected(sent.iter().map(|(_, tag)| tag)));
    }

    #[test]
    fn a_lost_tail_loses_one_tag_and_alters_none(
        first in any_tag(), cut in any::<prop::sample::Index>(), rest in prop::collection::vec(any_tag(), 8),
        pieces in prop::collection::vec(1_usize..50, 1..8),
    ) {
        let mut stream = first.bytes();
        let kept = 1 + cut.index(stream.len() - 1);
        // A lost byte that is the first of the next frame is not lost.
        prop_assume!(stream[kept] != rest[0].bytes()[0]);
        stream.truncate(kept);
        stream.extend(rest.iter().flat_map(Sent::bytes));
        // Where the next frame begins with the very byte that was lost, the first is whole and the next is not.
        let (seen, all) = (tags_of(&stream, &pieces), expected(std::iter::once(&first).chain(&rest)));
        prop_assert!(is_part_of(&seen, &all) && seen.len() + 1 >= all.len(), "{seen:?}");
    }

    #[test]
    fn a_changed_byte_loses_one_tag_and_alters_none(
        sent in prop::collection::vec(any_tag(), 1..6), which in any::<prop::sample::Index>(),
        at in any::<prop::sample::Index>(), change in 1_u8..,
        pieces in prop::collection::vec(1_usize..50, 1..8),
    ) {
        let mut frames: Vec<Vec<u8>> = sent.iter().map(Sent::bytes).collect();
        let frame = which.get_mut(&mut frames);
        let at = at.index(frame.len());
        frame[at] ^= change;
        let seen = tags_of(&frames.concat(), &pieces);
        let all = expected(&sent);
        prop_assert!(is_part_of(&seen, &all) && seen.len() + 1 >= all.len(), "{seen:?}");
    }

    #[test]
    fn the_same_bytes_give_the_same_frames_however_they_are_cut(
        sent in prop::collection::vec((noise(), any_tag()), 1..8),
        pieces in prop::collection::vec(1_usize..50, 1..8),
    ) {
        let stream: Vec<u8> =
            sent.iter().flat_map(|(noise, tag)| [noise.clone(), tag.bytes()].concat()).collect();
        prop_assert_eq!(frames_of(&stream, &pieces), frames_of(&stream, &[stream.len()]));
    }

    #[test]
    fn random_bytes_are_accounted_for_and_never_pile_up(
        chunks in prop::collection::vec(prop::collection::vec(prop_oneof![any::<u8>(), Just(0xCF), Just(1), 0_u8..12, Just(0x56)], 0..3000), 1..12),
        drain in any::<bool>(),
    ) {
        let mut decoder = Uhfreader18Decoder::new();
        let mut pushed = 0;
        for chunk in &chunks {
            decoder.push(chunk);
            pushed += chunk.len();
            while let Some(frame) = drain.then(|| decoder.next()).flatten() {
                prop_assert!(frame.data.len() < 256);
            }
            // The longest frame of either kind, less one byte; without draining, the buffer's own limit.
            let bound = if drain { 262 } else { 16 * 1024 };
            prop_assert!(decoder.pending_bytes() <= bound);
        }
        decoder.give_up_partial();
        while decoder.next().is_some() {}
        prop_assert_eq!(decoder.pending_bytes(), 0);
        prop_assert!(decoder.skipped_bytes() as usize <= pushed);
        let all = chunks.concat();
        prop_assert_eq!(inspected(&all).is_empty(), all.is_empty());
    }
}

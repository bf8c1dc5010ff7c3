//! The scanners' decoders against chance: a code arrives unaltered or not at all, however the bytes are cut.

#[path = "reader_support/seed.rs"]
mod seed;

use armoury_hardware::scanner::{
    Decode, EventSize, Gm65Decoder, Heard, KeyMap, KeyboardDecoder, LineDecoder, SsiDecoder, SsiPacket,
    inspect_scanner,
};
use proptest::prelude::*;
use seed::seeded;

const ACK: [u8; 7] = [2, 0, 0, 1, 0, 0x33, 0x31];
const KINDS: [&str; 4] = ["line", "gm65", "ssi", "keyboard"];

fn decoder(kind: &str) -> Box<dyn Decode> {
    match kind {
        "line" => Box::new(LineDecoder::new()),
        "gm65" => Box::new(Gm65Decoder::new()),
        "ssi" => Box::new(SsiDecoder::new()),
        _ => Box::new(KeyboardDecoder::new(KeyMap::Us, EventSize::Bits64)),
    }
}

/// Codes and frames, in order, of a stream in pieces of these sizes with a pause at the end.
fn heard_of(kind: &str, stream: &[u8], pieces: &[usize]) -> Vec<Heard> {
    let mut decoder = decoder(kind);
    let (mut rest, mut heard) = (stream, Vec::new());
    for &size in pieces.iter().cycle() {
        let (piece, behind) = rest.split_at(size.min(rest.len()));
        heard.extend(decoder.push(piece));
        rest = behind;
        if rest.is_empty() {
            break;
        }
    }
    heard.extend(decoder.give_up_partial());
    assert!(!decoder.is_waiting(), "{kind}: something still waits after a pause");
    heard.retain(|one| !matches!(one, Heard::Refused { .. }));
    heard
}

fn codes_of(kind: &str, stream: &[u8], pieces: &[usize]) -> Vec<Vec<u8>> {
    let codes = heard_of(kind, stream, pieces).into_iter().filter_map(|one| match one {
        Heard::Code(code) => Some(code.bytes),
        Heard::Packet(packet) if packet.opcode == 0xF3 => Some(packet.data),
        _ => None,
    });
    codes.collect()
}

/// Bytes a code may hold.
fn content() -> impl Strategy<Value = Vec<u8>> {
    let byte = prop_oneof![4 => 0x20_u8..0x7F, 1 => 0x80_u8..=0xFF, 1 => Just(0x1D), 1 => Just(b'~')];
    prop::collection::vec(byte, 1..60)
}

/// Bytes that hurt: starts of frames, checksums, line ends.
fn noise() -> impl Strategy<Value = Vec<u8>> {
    let byte = prop_oneof![
        any::<u8>(),
        prop::sample::select(vec![0x02, 0x00, 0x7E, 0x01, 0x33, 0x31, 0x03, 0x0D, 0x0A, 0xF3, 0x04])
    ];
    prop::collection::vec(byte, 0..60)
}

fn pieces() -> impl Strategy<Value = Vec<usize>> {
    prop::collection::vec(1_usize..40, 1..8)
}

fn is_part_of<T: PartialEq>(part: &[T], whole: &[T]) -> bool {
    let mut whole = whole.iter();
    part.iter().all(|one| whole.any(|other| other == one))
}

fn packet(status: u8, data: &[u8]) -> Vec<u8> {
    SsiPacket { opcode: 0xF3, source: 0, status, data: data.to_vec() }.bytes()
}

/// Whether, by ill luck, noise and packet together are another valid packet: nobody can tell which of the two was sent.
fn made_a_packet(heard: &[Heard]) -> bool {
    heard.iter().any(|one| matches!(one, Heard::Packet(packet) if packet.opcode != 0xF3))
}

proptest! {
    #![proptest_config(seeded())]

    #[test]
    fn however_the_bytes_are_cut_they_say_the_same(stream in noise(), more in content(), pieces in pieces()) {
        let stream = [stream, ACK.to_vec(), more, b"\r\n".to_vec(), packet(0, b"\x03AB"), ACK.to_vec()].concat();
        for kind in KINDS {
            let whole = heard_of(kind, &stream, &[stream.len()]);
            prop_assert_eq!(heard_of(kind, &stream, &pieces), whole, "{}", kind);
        }
    }

    #[test]
    fn answers_glued_into_scans_neither_hide_nor_alter_them(
        scans in prop::collection::vec((content(), any::<prop::sample::Index>()), 1..8), pieces in pieces(),
    ) {
        let mut stream = Vec::new();
        for (scan, at) in &scans {
            let (front, back) = scan.split_at(at.index(scan.len() + 1));
            stream.extend([front, &ACK, back, b"\r\n"].concat());
        }
        let sent: Vec<Vec<u8>> = scans.into_iter().map(|(scan, _)| scan).collect();
        prop_assert_eq!(codes_of("gm65", &stream, &pieces), sent);
    }

    #[test]
    fn lines_arrive_whole_behind_noise_that_ended(
        noises in prop::collection::vec((noise(), content()), 1..8), pieces in pieces(),
    ) {
        let mut stream = Vec::new();
        let mut sent = Vec::new();
        for (noise, code) in noises {
            stream.extend(noise);
            stream.push(b'\r');
            stream.extend(&code);
            stream.push(b'\r');
            sent.push(code);
        }
        let seen = codes_of("line", &stream, &pieces);
        prop_assert!(is_part_of(&sent, &seen), "{sent:02x?} in {seen:02x?}");
    }

    #[test]
    fn packets_between_any_noise_are_never_altered_nor_doubled(
        sent in prop::collection::vec((noise(), content()), 1..8), pieces in pieces(),
    ) {
        let stream: Vec<u8> =
            sent.iter().flat_map(|(noise, code)| [noise.clone(), packet(0, code)].concat()).collect();
        let codes: Vec<Vec<u8>> = sent.into_iter().map(|(_, code)| code).collect();
        prop_assert!(is_part_of(&codes_of("ssi", &stream, &pieces), &codes));
    }

    #[test]
    fn a_packet_before_a_pause_arrives_whatever_came_before_it(
        noise in noise(), code in content(), pieces in pieces(),
    ) {
        let stream = [noise, packet(0, &code)].concat();
        prop_assume!(!made_a_packet(&heard_of("ssi", &stream, &pieces)));
        let seen = codes_of("ssi", &stream, &pieces);
        prop_assert_eq!(seen.last(), Some(&code));
    }

    #[test]
    fn a_packet_that_lost_its_tail_is_lost_and_nothing_else(
        first in content(), cut in any::<prop::sample::Index>(),
        rest in prop::collection::vec(content(), 6), pieces in pieces(),
    ) {
        let mut stream = packet(0, &first);
        stream.truncate(1 + cut.index(stream.len() - 1));
        stream.extend(rest.iter().flat_map(|code| packet(0, code)));
        // A lost last byte may be the first of the next packet: then this packet is whole, and the next lost its head.
        let all = [vec![first], rest].concat();
        let codes = codes_of("ssi", &stream, &pieces);
        prop_assert!(is_part_of(&codes, &all) && codes.len() < all.len());
    }

    #[test]
    fn random_bytes_neither_break_nor_pile_up(
        chunks in prop::collection::vec(prop::collection::vec(
            prop_oneof![any::<u8>(), Just(0_u8), Just(2), Just(0x7E), Just(1), Just(0xFF)], 0..3000), 1..10),
    ) {
        for kind in KINDS {
            let mut decoder = decoder(kind);
            let mut pushed = 0;
            for chunk in &chunks {
                pushed += chunk.len();
                let told: usize = decoder.push(chunk).len();
                prop_assert!(told <= chunk.len() + 8, "{}: {} things out of {} bytes", kind, told, chunk.len());
            }
            decoder.give_up_partial();
            prop_assert!(!decoder.is_waiting());
            let all = chunks.concat();
            let seen = inspect_scanner(kind, &all).expect("known");
            prop_assert!(seen.len() <= pushed);
        }
    }

    #[test]
    fn no_code_is_longer_than_the_limit(length in 8_000_usize..9_000, tail in content()) {
        let stream = [vec![b'A'; length], b"\r".to_vec(), tail.clone(), b"\r".to_vec()].concat();
        for kind in ["line", "gm65"] {
            let codes = codes_of(kind, &stream, &[1024]);
            prop_assert_eq!(codes.len(), if length <= 8192 { 2 } else { 1 });
            prop_assert_eq!(codes.last(), Some(&tail));
        }
    }
}

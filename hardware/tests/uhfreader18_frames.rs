//! The Chafon decoder against recorded frames and against damage; `uhfreader18_properties.rs` has it against chance.

#[path = "reader_support/chafon.rs"]
mod chafon;
#[path = "reader_support/chafon_seen.rs"]
mod chafon_seen;

use armoury_hardware::reader::{Uhfreader18Decoder, inspect_frames};
use chafon::{bytes, command, prime, reply, rich};
use chafon_seen::{inspected, plain, text};
use serde_json::{Value, json};

const VECTORS: &str = include_str!("fixtures/vectors.json");

#[test]
fn every_recorded_frame_is_read_as_the_vectors_say() {
    let tried = vectors("uhfreader18").iter().map(one).count();
    assert_eq!(tried, 24);
}

#[test]
fn the_newer_framing_goes_by_the_same_name() {
    let tried = vectors("uhf_prime_cf").iter().map(one).count();
    assert_eq!(tried, 5);
    for name in ["uhfreader18", "uhf_prime_cf", "chafon"] {
        let seen = inspect_frames(name, &bytes("cfff000200e761")).expect("a known reader");
        assert_eq!(serde_json::to_value(&seen).expect("JSON")[0]["command"], 2, "{name}");
    }
}

/// One vector, whatever it is.
fn one(vector: &Value) {
    let (id, expect) = (text(vector, "id"), &vector["expect"]);
    let seen = inspected(&bytes(&text(vector, "hex")));
    if expect["kind"] == "heartbeat" {
        assert_eq!(seen.len(), 1, "{id}: {seen:?}");
        assert_eq!((&seen[0]["kind"], &seen[0]["heartbeat"]), (&json!("reply"), &json!(true)), "{id}");
    } else if vector["kind"] == "stream" {
        let tags: Vec<Value> =
            seen.iter().filter(|one| one["kind"] == "tag").map(|tag| tag["epc"].clone()).collect();
        assert_eq!(json!(seen.len()), expect["frames"], "{id}");
        assert_eq!(json!(tags), expect["tags"], "{id}");
    } else if expect["expect"] == "reject: CRC" {
        assert_eq!(seen.len(), 1, "{id}: {seen:?}");
        assert_eq!(seen[0]["kind"], "refused", "{id}");
        assert!(text(&seen[0], "reason").contains("wrong checksum"), "{id}: {seen:?}");
        assert_eq!(seen[0]["bytes"], vector["hex"], "{id}");
    } else {
        holds(&id, &seen, expect);
    }
}

/// Every field of `expect`, under the name `inspect` uses; of a frame with several tags in each of its tags.
fn holds(id: &str, seen: &[Value], expect: &Value) {
    let tags = expect["tags"].as_array().cloned().unwrap_or_default();
    assert_eq!(seen.len(), tags.len().max(1), "{id}: {seen:?}");
    let kind = if tags.is_empty() && expect["epc"].is_null() { "reply" } else { "tag" };
    for (at, one) in seen.iter().enumerate() {
        assert_eq!(one["kind"], kind, "{id}: {one}");
        for (name, value) in expect.as_object().expect("an object") {
            match name.as_str() {
                "cmd" => assert_eq!(&one["command"], value, "{id}: {one}"),
                "addr" => assert_eq!(&one["address"], value, "{id}: {one}"),
                "tags" if tags.is_empty() => assert_eq!(one["tags"], json!([]), "{id}: {one}"),
                "tags" => {
                    for (name, value) in tags[at].as_object().expect("an object") {
                        assert_eq!(&one[name], value, "{id}: {name} in {one}");
                    }
                }
                same => assert_eq!(&one[same], value, "{id}: {same} in {one}"),
            }
        }
        if kind == "tag" {
            assert_eq!(one["rssi_dbm"], Value::Null, "{id}: only a raw figure is known");
        }
    }
}

#[test]
fn fast_id_phase_and_frequency_stand_behind_the_epc() {
    let tid = bytes("e28011002000000000000001");
    let epc = [0x30; 12];
    let mut record = vec![0x80 | 0x40 | 24];
    record.extend([&epc[..], &tid, &[0x51], &[0, 0, 1, 2], &[0x0D, 0x34, 0x78]].concat());
    let seen = inspected(&reply(0, 1, 3, &[&[0x80, 1][..], &record].concat()));
    assert_eq!(seen.len(), 1, "{seen:?}");
    assert_eq!((text(&seen[0], "epc"), text(&seen[0], "tid")), (hex(&epc), hex(&tid)));
    assert_eq!((&seen[0]["antenna"], &seen[0]["rssi_raw"]), (&json!(8), &json!(0x51)));
    assert_eq!((&seen[0]["phase"], &seen[0]["freq_mhz"]), (&json!(258), &json!(865.4)));
}

#[test]
fn one_frame_may_hold_many_tags_of_many_lengths() {
    let epcs: [&[u8]; 4] = [&[1, 2], &[3; 12], &[4; 62], &[5; 6]];
    let seen = inspected(&plain(&epcs));
    let heard: Vec<String> = seen.iter().map(|one| text(one, "epc")).collect();
    assert_eq!(heard, epcs.map(hex));
    let mut data = vec![2, epcs.len() as u8];
    for epc in epcs {
        data.extend([&[epc.len() as u8], epc, &[77]].concat());
    }
    let seen = inspected(&reply(3, 1, 1, &data));
    let heard: Vec<String> = seen.iter().map(|one| text(one, "epc")).collect();
    assert_eq!(heard, epcs.map(hex));
    assert!(seen.iter().all(|one| one["antenna"] == 2 && one["count"] == 4 && one["address"] == 3));
}

#[test]
fn a_288_in_active_mode_says_antenna_and_strength_and_that_it_is_alive() {
    let push = reply(0, 0xEE, 0, &[&[4, 12][..], &[0x77; 12], &[99]].concat());
    let seen = inspected(&push);
    assert_eq!(seen[0]["epc"], "77".repeat(12));
    assert_eq!((&seen[0]["antenna"], &seen[0]["rssi_raw"]), (&json!(3), &json!(99)));
    // With phase and frequency a record is as long as an EPC could be: the frequency tells them apart.
    let record = [&[4, 0x4C][..], &[0x77; 12], &[99, 0, 0, 0, 9]].concat();
    let seen = inspected(&reply(0, 0xEE, 0, &[&record[..], &[0x0D, 0x37, 0xFC]].concat()));
    assert_eq!(seen[0]["epc"], "77".repeat(12));
    assert_eq!((&seen[0]["antenna"], &seen[0]["freq_mhz"]), (&json!(3), &json!(866.3)));
    let epc = [&record[..], &[0x77, 0x77, 0x77]].concat();
    let seen = inspected(&reply(0, 0xEE, 0, &epc));
    assert_eq!((text(&seen[0], "epc"), &seen[0]["antenna"]), (hex(&epc), &json!(1)));
    let seen = inspected(&reply(0, 0xEE, 0x28, &[0, 0, 0, 9, 1, 0, 0, 0, 0, 0, 2, 1]));
    assert_eq!(seen[0]["packet_no"], 9);
    assert_eq!((&seen[0]["antenna_status"], &seen[0]["total_read"]), (&json!([1, 0, 0, 0]), &json!(513)));
}

#[test]
fn what_the_reader_says_besides_tags_is_named() {
    for (frame, name, value) in [
        (reply(0, 0x92, 0, &[1, 41]), "temperature_c", json!(41)),
        (reply(0, 0x91, 0, &[12]), "return_loss_db", json!(12)),
        (reply(0, 0x74, 0, &[1, 0]), "tag_count", json!(256)),
        (reply(0, 0x02, 0xFC, &[0x04]), "tag_error_meaning", json!("that memory is locked")),
        (reply(0, 0x02, 0x00, &[0xE2, 0x80]), "data", json!("e280")),
        (reply(0, 0x01, 0xF8, &[2]), "antenna_bits", json!(2)),
        (reply(0, 0x01, 0x26, &[1, 0, 40, 0, 0, 1, 0]), "total_read", json!(256)),
        (reply(0, 0x01, 0xFB, &[]), "meaning", json!("no tag")),
        (command(0xFF, 0x22, &[0x4E, 0]), "band", json!(4)),
        (command(0, 0x01, &[0x24, 0, 1, 0x81, 3]), "antenna_index", json!(1)),
    ] {
        let seen = inspected(&frame);
        assert_eq!(seen.len(), 1, "{seen:?}");
        assert_eq!(seen[0]["kind"], "reply", "{seen:?}");
        assert_eq!(seen[0][name], value, "{seen:?}");
    }
}

#[test]
fn a_cf_reader_pushes_tags_with_one_byte_or_two_before_the_length() {
    // As captured from a CP-20391 with one antenna: -76.0 dBm, antenna 1, channel 0, an EPC of two words.
    let seen = inspected(&bytes("cf0100010a00fd0801000400000020b387"));
    assert_eq!((text(&seen[0], "epc"), &seen[0]["rssi_dbm"]), ("00000020".to_owned(), &json!(-76)));
    assert_eq!((&seen[0]["antenna"], &seen[0]["channel"]), (&json!(1), &json!(0)));
    let short = prime(0, 1, &[&[0, 0xFD, 0x12, 3, 12][..], &[0x0B; 12]].concat());
    let seen = inspected(&short);
    assert_eq!((text(&seen[0], "epc"), &seen[0]["rssi_dbm"]), ("0b".repeat(12), &json!(-75)));
    assert_eq!(seen[0]["antenna"], 3);
    let seen = inspected(&prime(0, 1, &[0x12]));
    assert_eq!((&seen[0]["kind"], &seen[0]["meaning"]), (&json!("reply"), &json!("round finished")));
    let seen = inspected(&prime(0, 1, &[0, 0xFD, 0x12, 1, 0, 0]));
    assert_eq!(text(&seen[0], "reason"), "zero-length EPC");
}

#[test]
fn a_cf_readers_parameters_and_device_are_read() {
    let seen = inspected(&bytes(
        "cf0000721a00000001800400010103860 2ee01f4312101040000 0c000301052c68".replace(' ', "").as_str(),
    ));
    assert_eq!((&seen[0]["mode"], &seen[0]["power_dbm"]), (&json!(1), &json!(33)), "{seen:?}");
    assert_eq!(
        (&seen[0]["q"], &seen[0]["session"], &seen[0]["start_mhz"]),
        (&json!(4), &json!(0), &json!(902))
    );
    let mut device = vec![0];
    for (text, width) in [("CP-1", 32), ("UHF 1.2", 32), ("serial-0042.", 12), ("MU-910", 32), ("V1.4", 32)] {
        device.extend(text.bytes().chain(std::iter::repeat(0)).take(width));
    }
    device.extend([0; 12]);
    let seen = inspected(&prime(1, 0x70, &device));
    assert_eq!((&seen[0]["model"], &seen[0]["fw"]), (&json!("CP-1"), &json!("UHF 1.2")), "{seen:?}");
    assert_eq!(seen[0]["serial"], hex(b"serial-0042."));
    let seen = inspected(&prime(1, 0x70, b"\0CF-591 v1.2"));
    assert_eq!((&seen[0]["kind"], &seen[0]["status"]), (&json!("reply"), &json!(0)), "{seen:?}");
}

#[test]
fn what_cannot_be_a_frame_is_refused_with_the_reason() {
    let tag = rich(1, &[0x22; 12], 80);
    let mut wrong = tag.clone();
    wrong[10] ^= 1;
    // Good checksums, impossible content: an EPC of half a word, records that end too early.
    let half_word = rich(1, &[0x22; 11], 80);
    let early = reply(0, 1, 3, &[1, 2, 2, 0xAA, 0xBB, 80]);
    for (what, input, reason) in [
        ("a changed byte", wrong, "wrong checksum"),
        ("no EPC at all", rich(1, &[], 80), "zero-length EPC"),
        ("no EPC of an old reader", plain(&[&[], &[]]), "zero-length EPC"),
        ("half a word", half_word, "no reply to command 0x01"),
        ("a record too few", early, "no reply to command 0x01"),
        ("noise", bytes("00ff00ffff"), "no frame begins here"),
    ] {
        let seen = inspected(&input);
        assert!(seen.iter().all(|one| one["kind"] == "refused"), "{what}: {seen:?}");
        assert!(text(&seen[0], "reason").contains(reason), "{what}: {seen:?}");
        let refused: String = seen.iter().take(1).map(|one| text(one, "bytes")).collect();
        assert_eq!(refused, hex(&input), "{what}");
    }
    let seen = inspected(&tag[..15]);
    assert_eq!(text(&seen[0], "reason"), "cut short: 7 more bytes were announced");
}

#[test]
fn noise_damage_heartbeats_and_frames_come_out_in_order() {
    let tag = rich(2, &[0x33; 12], 64);
    let mut damaged = tag.clone();
    damaged[10] ^= 4;
    let noise = bytes("00ff03f1ff");
    let heartbeat = bytes("560000000000");
    let stop = prime(0, 2, &[0]);
    let input =
        [&noise[..], &damaged, &tag, &heartbeat, &tag, &stop, &noise, &plain(&[&[9; 4]]), &tag[..9]].concat();
    let seen = inspected(&input);
    let kinds: Vec<String> = seen.iter().map(|one| text(one, "kind")).collect();
    assert_eq!(
        kinds,
        ["refused", "refused", "tag", "reply", "tag", "reply", "refused", "tag", "refused"],
        "{seen:?}"
    );
    assert_eq!(text(&seen[0], "bytes"), hex(&noise));
    assert_eq!(text(&seen[1], "bytes"), hex(&damaged));
    assert_eq!(text(&seen[8], "bytes"), hex(&tag[..9]));
}

#[test]
fn one_byte_of_noise_never_holds_up_the_frames_behind_it() {
    let tag = rich(1, &[0x5A; 12], 70);
    let mut held = Vec::new();
    for noise in 0..=255_u8 {
        let mut decoder = Uhfreader18Decoder::new();
        decoder.push(&[noise]);
        decoder.push(&tag);
        let Some(frame) = decoder.next() else {
            held.push(noise);
            continue;
        };
        assert_eq!(frame.data.len(), 16, "{noise:02x}");
    }
    assert_eq!(held, Vec::<u8>::new());
}

#[test]
fn a_false_beginning_is_given_up_when_the_line_was_quiet() {
    let mut decoder = Uhfreader18Decoder::new();
    let tag = rich(1, &[0x66; 12], 64);
    // Says that 60 bytes of memory words follow.
    decoder.push(&bytes("3d000200"));
    decoder.push(&tag);
    assert!(decoder.next().is_none());
    decoder.give_up_partial();
    assert_eq!(decoder.next().expect("the tag behind it").data.len(), 16);
    assert!(decoder.next().is_none());
    assert_eq!((decoder.pending_bytes(), decoder.skipped_bytes()), (0, 4));
}

fn vectors(family: &str) -> Vec<Value> {
    let all: Value = serde_json::from_str(VECTORS).expect("the fixture is JSON");
    let list = all["vectors"].as_array().expect("a list").clone();
    list.into_iter().filter(|one| one["family"] == family).collect()
}

fn hex(bytes: &[u8]) -> String {
    bytes.iter().map(|byte| format!("{byte:02x}")).collect()
}

//! The Mercury decoder against recorded frames and against damage; `mercury_properties.rs` has it against chance.

#[path = "reader_support/mercury.rs"]
mod mercury;
#[path = "reader_support/mercury_seen.rs"]
mod seen;

use armoury_hardware::reader::MercuryDecoder;
use mercury::{Sent, command, reply, sealed};
use seen::{bytes, hex, inspected, text};
use serde_json::{Value, json};

const VECTORS: &str = include_str!("fixtures/vectors.json");

#[test]
fn every_recorded_frame_is_read_as_the_vectors_say() {
    let all: Value = serde_json::from_str(VECTORS).expect("the fixture is JSON");
    let mut tried = 0;
    for vector in all["vectors"].as_array().expect("a list") {
        if vector["family"] != "thingmagic" {
            continue;
        }
        let (id, expect) = (text(vector, "id"), &vector["expect"]);
        let seen = inspected(&bytes(&text(vector, "hex")));
        if vector["kind"] == "stream" {
            stream_holds(&id, &seen, expect);
        } else {
            assert_eq!(seen.len(), 1, "{id}: {seen:?}");
            assert_eq!(seen[0]["command"], expect["opcode"], "{id}");
            assert_eq!(seen[0]["status"], expect["status"], "{id}");
            holds(&id, &seen[0], expect);
        }
        tried += 1;
    }
    assert_eq!(tried, 29);
}

/// Every field of `expect`, under the name `inspect` uses.
fn holds(id: &str, seen: &Value, expect: &Value) {
    let kind = if expect["epc"].is_string() { "tag" } else { "reply" };
    assert_eq!(seen["kind"], kind, "{id}: {seen}");
    for (name, value) in expect.as_object().expect("an object") {
        let ours = if name == "tag_crc_valid" { "air_crc_valid" } else { name };
        assert_eq!(&seen[ours], value, "{id}: {name} in {seen}");
    }
}

fn stream_holds(id: &str, seen: &[Value], expect: &Value) {
    let (refused, frames): (Vec<&Value>, Vec<&Value>) = seen.iter().partition(|one| one["kind"] == "refused");
    let expected = expect["frames"].as_array().expect("frames");
    assert_eq!(frames.len(), expected.len(), "{id}: {seen:?}");
    for (frame, expect) in frames.iter().zip(expected) {
        holds(id, frame, expect);
    }
    if let Some(count) = expect["discarded_prefix_bytes"].as_u64() {
        assert_eq!(
            seen[0],
            json!({ "kind": "refused", "reason": "no frame begins here", "bytes": "0000fefe7f" })
        );
        assert_eq!((refused.len(), count), (1, 5), "{id}");
    }
}

#[test]
fn fields_are_read_by_the_mask_and_not_by_their_place() {
    for mask in [0x0000, 0x0007, 0x0082, 0x008E, 0x0155, 0x01FF] {
        let sent = Sent { mask, antenna: 0x22, data: vec![0xE2, 0x80], ..Sent::new(&[0xAB; 6]) };
        let seen = inspected(&sent.frame());
        assert_eq!(seen.len(), 1, "{mask:04x}: {seen:?}");
        assert_eq!(
            (&seen[0]["kind"], &seen[0]["epc"]),
            (&json!("tag"), &json!("abababababab")),
            "{mask:04x}"
        );
        assert_eq!(seen[0]["rssi_dbm"], if mask & 2 != 0 { json!(-60) } else { Value::Null }, "{mask:04x}");
        assert_eq!(seen[0]["antenna"], if mask & 4 != 0 { 2 } else { 1 }, "{mask:04x}");
        assert_eq!(seen[0]["tid"], if mask & 0x80 != 0 { json!("e280") } else { Value::Null }, "{mask:04x}");
        assert_eq!(seen[0]["freq_mhz"], if mask & 8 != 0 { json!(866.3) } else { Value::Null }, "{mask:04x}");
        assert_eq!(seen[0]["air_crc_valid"], true, "{mask:04x}");
    }
}

#[test]
fn a_half_byte_of_zero_is_port_16_and_the_transmitting_one_counts() {
    for (antenna, counted, ports) in [(0x00, 16, (16, 16)), (0x12, 1, (1, 2)), (0xF0, 15, (15, 16))] {
        let seen = inspected(&Sent { antenna, ..Sent::new(&[1, 2]) }.frame());
        assert_eq!(seen[0]["antenna"], counted, "{seen:?}");
        assert_eq!((&seen[0]["tx_port"], &seen[0]["rx_port"]), (&json!(ports.0), &json!(ports.1)));
    }
}

#[test]
fn an_extended_control_word_is_not_part_of_the_epc() {
    let epc = [0x30, 0x39, 0x60, 0x62];
    let word = Sent { pc: [0x1A, 0x00], epc: [&[0x40, 0x01], &epc[..]].concat(), ..Sent::new(&epc) };
    let two = Sent { pc: [0x22, 0x00], epc: [&[0xC0, 0x01, 0, 7], &epc[..]].concat(), ..Sent::new(&epc) };
    for (sent, xpc) in [(word, "4001"), (two, "c0010007")] {
        let seen = inspected(&sent.frame());
        assert_eq!((&seen[0]["epc"], &seen[0]["xpc"]), (&json!("30396062"), &json!(xpc)), "{seen:?}");
        assert_eq!(seen[0]["air_crc_valid"], true, "the tag's checksum is over the extension too");
    }
}

#[test]
fn a_tag_without_an_epc_is_refused_and_crashes_nothing() {
    // As captured once: 32 bits of EPC field, PC 0218 with the extension's bit, nothing behind it.
    let captured = Sent { pc: [0x02, 0x18], ..Sent::new(&[]) };
    let only_extension = Sent { pc: [0x0A, 0x00], epc: vec![0x40, 0x00], ..Sent::new(&[]) };
    for sent in [captured, only_extension] {
        let seen = inspected(&sent.frame());
        assert_eq!(seen.len(), 1, "{seen:?}");
        assert_eq!(
            (text(&seen[0], "kind"), text(&seen[0], "reason")),
            ("refused".into(), "zero-length EPC".into())
        );
        assert_eq!(text(&seen[0], "bytes"), hex(&sent.frame()));
    }
}

#[test]
fn a_record_that_contradicts_its_own_lengths_is_refused() {
    let good = Sent::new(&[0x11; 12]).record();
    let head = [0x10, 0x00, 0x1B, 0x01, 0xFF, 0x01];
    let with = |at: usize, value: u8| {
        let mut record = good.clone();
        record[at] = value;
        record
    };
    // Data of 64 kbit; an EPC field of 8 bits, of 24 bits, of one word too many, of 8 kbit; a byte too many behind it.
    let broken = [
        with(13, 0x7F),
        with(17, 8),
        with(17, 24),
        with(17, 144),
        with(16, 0x04),
        [&good[..], &[0]].concat(),
    ];
    for record in broken {
        let input = reply(0x22, 0, &[&head, record.as_slice()].concat());
        let seen = inspected(&input);
        assert_eq!(seen.len(), 1, "{seen:?}");
        assert!(text(&seen[0], "reason").starts_with("no reply to command 0x22"), "{seen:?}");
    }
}

#[test]
fn a_checksum_of_the_common_kind_is_refused() {
    // A datasheet prints 4BBE for "set region 2".
    let seen = inspected(&bytes("ff0197024bbe"));
    assert_eq!(text(&seen[0], "reason"), "wrong checksum: the frame says 4bbe, its bytes make 4bbf");
    let mut altered = Sent::new(&[0x22; 12]).frame();
    altered[33] ^= 0x10;
    let seen = inspected(&altered);
    assert_eq!(seen.len(), 1, "{seen:?}");
    assert!(text(&seen[0], "reason").starts_with("wrong checksum"), "{seen:?}");
    // The same damage with the frame's checksum made good again: only the tag's own notices.
    let end = altered.len() - 2;
    let seen = inspected(&sealed(&altered[..end]));
    assert_eq!((&seen[0]["kind"], &seen[0]["air_crc_valid"]), (&json!("tag"), &json!(false)));
}

#[test]
fn a_length_beyond_the_longest_is_refused_at_once() {
    let mut decoder = MercuryDecoder::new();
    decoder.push(&[0xFF, 249, 0x22]);
    assert!(decoder.next().is_none());
    assert_eq!((decoder.pending_bytes(), decoder.skipped_bytes()), (0, 3));
    let seen = inspected(&[0xFF, 249, 0x22, 0, 0]);
    assert!(text(&seen[0], "reason").contains("length 249"), "{seen:?}");
}

#[test]
fn a_false_beginning_is_seen_through_before_its_bytes_have_come() {
    let tag = Sent::new(&[0x66; 12]).frame();
    for lie in ["fff822aa", "ff3022000010001b01ff07", "ff289700", "ff80970000", "ff0103"] {
        let mut decoder = MercuryDecoder::new();
        decoder.push(&bytes(lie));
        decoder.push(&tag);
        assert!(decoder.next().is_some(), "{lie} holds up the tag behind it");
    }
}

#[test]
fn a_buffer_holds_several_tags() {
    let one = Sent { antenna: 0x33, ..Sent::new(&[0x01; 12]) }.record();
    let two = Sent::new(&[0x02; 4]).record();
    let seen = inspected(&reply(0x29, 0, &[&[0x01, 0xFF, 0x00, 2], &one[..], &two[..]].concat()));
    assert_eq!(seen.len(), 2, "{seen:?}");
    assert_eq!((&seen[0]["epc"], &seen[0]["antenna"]), (&json!("01".repeat(12)), &json!(3)));
    assert_eq!((&seen[1]["epc"], &seen[1]["antenna"]), (&json!("02".repeat(4)), &json!(1)));
    let short = reply(0x29, 0, &[&[0x01, 0xFF, 0x00, 3], &one[..], &two[..]].concat());
    assert_eq!(inspected(&short)[0]["kind"], "refused");
    let empty = inspected(&reply(0x29, 0x0400, &[]));
    assert_eq!((&empty[0]["kind"], &empty[0]["status"]), (&json!("reply"), &json!(0x0400)));
}

#[test]
fn reports_ends_and_faults_of_a_stream_are_told_apart() {
    let with_metadata = [0x10, 0x00, 0x1B, 0x01, 0xFF];
    let report = [0x02, 0x00, 0x0E, 0x0D, 0x37, 0xFC, 0xF6, 2, 3];
    let seen = inspected(&reply(0x22, 0, &[&with_metadata[..], &report].concat()));
    assert_eq!((&seen[0]["response_type"], &seen[0]["temperature_c"]), (&json!(2), &json!(-10)), "{seen:?}");
    assert_eq!(
        (&seen[0]["freq_khz"], &seen[0]["tx_port"], &seen[0]["rx_port"]),
        (&json!(866_300), &json!(2), &json!(3))
    );
    // Without the option's bit the type stands two bytes earlier.
    let seen = inspected(&reply(0x22, 0, &[&[0x00, 0x00, 0x0B, 0x02, 0x00, 0x04, 45][..]].concat()));
    assert_eq!((&seen[0]["response_type"], &seen[0]["temperature_c"]), (&json!(2), &json!(45)), "{seen:?}");
    let end = inspected(&reply(0x22, 0, &[&with_metadata[..], &[0x00]].concat()));
    assert_eq!((&end[0]["kind"], &end[0]["response_type"]), (&json!("reply"), &json!(0)));
    for (code, word) in
        [(0x0504, "throttles"), (0x0505, "return loss"), (0x0601, "full"), (0x7F01, "firmware")]
    {
        let data = if code == 0x7F01 { &b"\0\0\x01\x17rfid/hop.c"[..] } else { &[] };
        let seen = inspected(&reply(0x22, code, data));
        assert!(text(&seen[0], "meaning").contains(word), "{seen:?}");
        assert_eq!(seen[0]["status"], code);
    }
}

#[test]
fn memory_is_told_without_the_echo_before_it() {
    let words = [0xE2, 0x80, 0x11, 0x05, 0x20, 0x00];
    let seen = inspected(&reply(0x28, 0, &[&[0x10, 0x00, 0x00][..], &words].concat()));
    assert_eq!((&seen[0]["option"], &seen[0]["metadata"]), (&json!(0x10), &json!(0)), "{seen:?}");
    assert_eq!(text(&seen[0], "data"), "e28011052000");
    // Older modules echo nothing.
    let seen = inspected(&reply(0x28, 0, &words));
    assert_eq!((text(&seen[0], "data"), &seen[0]["option"]), ("e28011052000".to_owned(), &Value::Null));
}

#[test]
fn the_embedded_operations_fault_code_is_no_chip_number() {
    let mut record = Sent { data: vec![0x04, 0x23], ..Sent::new(&[0x11; 12]) }.record();
    record[13] |= 0x80;
    let seen =
        inspected(&reply(0x22, 0, &[&[0x10, 0x00, 0x1F, 0x01, 0xFF, 0x01], record.as_slice()].concat()));
    assert_eq!((&seen[0]["kind"], &seen[0]["data_failed"]), (&json!("tag"), &json!(true)), "{seen:?}");
    assert_eq!((&seen[0]["data"], &seen[0]["tid"]), (&json!("0423"), &Value::Null));
}

#[test]
fn passwords_in_a_recording_are_not_printed() {
    let write = [0x03, 0xE8, 0x01, 0, 0, 0, 2, 0, 0xCA, 0xFE, 0xBA, 0xBE, 16, 0xAB, 0xCD, 0x12, 0x34];
    let lock = [0x03, 0xE8, 0x05, 0xCA, 0xFE, 0xBA, 0xBE, 0, 0x20, 0, 0x20];
    for (opcode, data) in [(0x24, &write[..]), (0x25, &lock[..])] {
        let seen = inspected(&command(opcode, data));
        assert_eq!((&seen[0]["kind"], &seen[0]["opcode"]), (&json!("reply"), &json!(opcode)), "{seen:?}");
        assert!(!seen[0].to_string().contains("cafebabe"), "{seen:?}");
    }
}

#[test]
fn noise_damage_and_frames_come_out_in_order() {
    let tag = Sent::new(&[0x33; 12]).frame();
    let mut damaged = tag.clone();
    damaged[30] ^= 0x04;
    let noise = bytes("00ff01ff01015566");
    let input = [&noise[..], &damaged, &damaged, &tag, &noise, &tag, &tag[..9]].concat();
    let seen = inspected(&input);
    let kinds: Vec<String> = seen.iter().map(|one| text(one, "kind")).collect();
    assert_eq!(kinds, ["refused", "refused", "refused", "tag", "refused", "tag", "refused"], "{seen:?}");
    assert_eq!(text(&seen[0], "bytes"), hex(&noise));
    assert_eq!(text(&seen[2], "bytes"), hex(&damaged));
    assert!(text(&seen[6], "reason").starts_with("cut short"), "{seen:?}");
}

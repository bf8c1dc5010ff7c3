//! The M100 decoder against recorded frames and against damage; `m100_properties.rs` has it against chance.

#[path = "reader_support/m100.rs"]
mod m100;
#[path = "reader_support/m100_shown.rs"]
mod m100_shown;

use armoury_hardware::reader::M100Decoder;
use m100::{AADD, BB7E, frame, notice};
use m100_shown::{bytes, hex, inspected, text};
use serde_json::{Value, json};

const VECTORS: &str = include_str!("fixtures/vectors.json");

#[test]
fn every_recorded_frame_is_read_as_the_vectors_say() {
    let all: Value = serde_json::from_str(VECTORS).expect("the fixture is JSON");
    let mut tried = 0;
    for vector in all["vectors"].as_array().expect("a list") {
        if vector["family"] != "m100_r200" {
            continue;
        }
        let (id, expect) = (text(vector, "id"), &vector["expect"]);
        let seen = inspected(&bytes(&text(vector, "hex")));
        if vector["kind"] == "stream" {
            let frames = seen.iter().filter(|one| one["kind"] != "refused").count();
            let tags = seen.iter().filter(|one| one["kind"] == "tag");
            let epcs: Vec<Value> = tags.map(|tag| tag["epc"].clone()).collect();
            assert_eq!(
                (json!(frames), json!(epcs)),
                (expect["frames"].clone(), expect["tags"].clone()),
                "{id}"
            );
            assert_eq!((&seen[0]["kind"], &seen[0]["bytes"]), (&json!("refused"), &json!("00ff7e")), "{id}");
        } else if vector["checksum_valid"] == false {
            assert_eq!(seen.len(), 1, "{id}: {seen:?}");
            assert_eq!((&seen[0]["kind"], &seen[0]["bytes"]), (&json!("refused"), &vector["hex"]), "{id}");
            assert!(text(&seen[0], "reason").contains("checksum"), "{id}: {seen:?}");
        } else {
            assert_eq!(seen.len(), 1, "{id}: {seen:?}");
            assert_eq!(seen[0]["variant"], vector["variant"], "{id}");
            holds(&id, &seen[0], expect);
        }
        tried += 1;
    }
    assert_eq!(tried, 24);
}

/// Every field of `expect`, under the name `inspect` uses.
fn holds(id: &str, seen: &Value, expect: &Value) {
    let kind = if expect["epc"].is_string() { "tag" } else { "reply" };
    assert_eq!(seen["kind"], kind, "{id}: {seen}");
    for (name, value) in expect.as_object().expect("an object") {
        let ours = match name.as_str() {
            "cmd" => "command",
            "tag_crc_valid" => "air_crc_valid",
            same => same,
        };
        assert_eq!(&seen[ours], value, "{id}: {name} in {seen}");
    }
    let status = expect.get("error").or(expect.get("result"));
    assert_eq!(&seen["status"], status.unwrap_or(&Value::Null), "{id}");
}

#[test]
fn epcs_of_every_length_come_in_both_framings_whatever_else_the_pc_says() {
    for marks in [BB7E, AADD] {
        for words in 1..=31 {
            let epc: Vec<u8> = (0..words * 2).map(|at| marks[at % 2]).collect();
            for pc_low in [0, 0x0400, 0x01FF] {
                let seen = inspected(&notice(marks, -128 + words as i8, pc_low, &epc));
                assert_eq!(seen.len(), 1, "{seen:?}");
                assert_eq!((text(&seen[0], "epc"), &seen[0]["air_crc_valid"]), (hex(&epc), &json!(true)));
                assert_eq!(seen[0]["rssi_dbm"], json!(-128 + words as i16));
                assert_eq!(text(&seen[0], "pc"), format!("{:04x}", (words as u16) << 11 | pc_low));
            }
        }
    }
}

#[test]
fn a_notice_under_the_number_of_the_multiple_polling_is_one_as_well() {
    let params = bytes("c9340030751feb705c5904e3d50d703a76");
    let seen = inspected(&frame(BB7E, 2, 0x27, &params));
    assert_eq!((&seen[0]["kind"], &seen[0]["command"]), (&json!("tag"), &json!(0x27)), "{seen:?}");
}

#[test]
fn extended_control_words_are_not_the_epc() {
    // The PC counts them; the second one is there when the first begins with a one.
    for (xpc, epc) in [("0123", "e2801160"), ("81234567", "e2801160"), ("0123", "")] {
        let (words, said) = ((xpc.len() + epc.len()) / 4, [bytes(xpc), bytes(epc)].concat());
        let seen = inspected(&notice(BB7E, -50, 0x0200, &said));
        let pc = format!("{:04x}", words << 11 | 0x0200);
        if epc.is_empty() {
            assert_eq!(
                (text(&seen[0], "kind"), text(&seen[0], "reason")),
                ("refused".into(), "zero-length EPC".into())
            );
        } else {
            assert_eq!((text(&seen[0], "epc"), text(&seen[0], "xpc")), (epc.to_owned(), xpc.to_owned()));
            assert_eq!((text(&seen[0], "pc"), &seen[0]["air_crc_valid"]), (pc, &json!(true)));
        }
    }
}

#[test]
fn a_tag_garbled_on_the_air_is_shown_with_its_checksum_broken() {
    let mut whole = notice(AADD, -60, 0, &[0x30; 12]);
    whole[12] ^= 0x10;
    let resealed = frame(AADD, 2, 0x22, &whole[5..whole.len() - 2]);
    let seen = inspected(&resealed);
    assert_eq!((&seen[0]["kind"], &seen[0]["air_crc_valid"]), (&json!("tag"), &json!(false)), "{seen:?}");
}

#[test]
fn memory_answers_and_failures_say_which_tag_it_was() {
    let tag = bytes("0e3000e28068900000500e88c6a4a7");
    let read = inspected(&frame(AADD, 1, 0x39, &[&tag[..], &bytes("e28068942000500e")].concat()));
    assert_eq!((&read[0]["kind"], &read[0]["tid"]), (&json!("tag"), &json!("e28068942000500e")), "{read:?}");
    assert_eq!((&read[0]["antenna"], &read[0]["rssi_dbm"]), (&json!(1), &Value::Null));
    let written = inspected(&frame(AADD, 1, 0x49, &[&tag[..], &[0]].concat()));
    assert_eq!((&written[0]["kind"], &written[0]["result"]), (&json!("tag"), &json!(0)), "{written:?}");
    let refused = inspected(&frame(AADD, 1, 0xFF, &[&[0x16], &tag[..]].concat()));
    assert_eq!(
        (&refused[0]["error"], &refused[0]["epc"]),
        (&json!(0x16), &json!("e28068900000500e88c6a4a7"))
    );
    assert_eq!(refused[0]["meaning"], "wrong access password");
    let locked = inspected(&frame(AADD, 1, 0xFF, &[0xB4]));
    assert_eq!(
        (&locked[0]["status"], &locked[0]["meaning"]),
        (&json!(0xB4), &json!("the tag's memory is locked"))
    );
}

#[test]
fn settings_are_read_in_both_directions() {
    for (kind, command, params, field, value) in [
        (1, 0x08, "03", "region", json!(3)),
        (1, 0xB7, "07d0", "power_cdbm", json!(2000)),
        (0, 0x0E, "12b8", "session", json!(2)),
        (0, 0x0E, "12b8", "target", json!(1)),
        (1, 0x0D, "12b8", "q", json!(7)),
        (1, 0x03, "004d313030203236", "text", json!("M100 26")),
        (0, 0x12, "01", "select_mode", json!(1)),
        (1, 0xF1, "030601b0", "threshold", json!(0x1B0)),
        (1, 0xF3, "0002c4c5c6", "dbm", json!([-60, -59, -58])),
        (0, 0x82, "0000ffff020080", "lock_mask", json!(0x80)),
        (0, 0x49, "0000ffff03000000021234abcd", "data", json!("1234abcd")),
        (1, 0xAB, "00", "result", json!(0)),
    ] {
        let seen = inspected(&frame(BB7E, kind, command, &bytes(params)));
        assert_eq!((seen.len(), &seen[0]["kind"]), (1, &json!("reply")), "{seen:?}");
        assert_eq!(seen[0][field], value, "{seen:?}");
    }
}

#[test]
fn what_cannot_be_a_frame_is_refused_with_the_reason() {
    let good = notice(BB7E, -50, 0, &[0x11; 12]);
    let with = |at: usize, byte: u8| {
        let mut bytes = good.clone();
        bytes[at] = byte;
        bytes
    };
    let mut wrong_pc = good[5..22].to_vec();
    wrong_pc[1] = 0x20;
    let read_past = frame(BB7E, 1, 0x39, &bytes("203000e2801160"));
    for (what, input, reason) in [
        ("another end mark", with(23, 0xDD), "the frame ends in dd"),
        ("another sum", with(22, good[22] ^ 1), "wrong checksum"),
        ("no such kind", with(1, 3), "no frame begins here"),
        ("no such command", with(2, 0x66), "command 0x66"),
        ("too long", with(3, 2), "length"),
        ("PC and length differ", frame(BB7E, 2, 0x22, &wrong_pc), "4 words"),
        ("UL reaches beyond the frame", read_past, "no reply to command 0x39"),
        ("no EPC", notice(BB7E, -50, 0, &[]), "zero-length EPC"),
        ("cut at the end", good[..20].to_vec(), "cut short: 4 more bytes"),
        ("a lone first mark", vec![0xAA], "cut short"),
        ("the other framing's end", frame([0xBB, 0xDD], 1, 0x28, &[0]), "the frame ends in dd"),
    ] {
        let seen = inspected(&input);
        assert!(seen.iter().all(|one| one["kind"] == "refused"), "{what}: {seen:?}");
        assert!(text(&seen[0], "reason").contains(reason), "{what}: {seen:?}");
        let all: String = seen.iter().map(|one| text(one, "bytes")).collect();
        assert_eq!(all, hex(&input), "{what}");
    }
}

#[test]
fn an_epc_that_holds_frames_is_one_tag_and_holds_nothing_up() {
    // A whole empty round; the beginning of a long answer; the first mark as the last byte.
    for inside in ["bb01ff000115167ebb01ff00", "bb013900f0263000bb022200", "e28011600000aa0000bb00bb"] {
        for marks in [BB7E, AADD] {
            let mut decoder = M100Decoder::new();
            decoder.push(&notice(marks, -40, 0, &bytes(inside)));
            let got = decoder.next().expect("at once, without waiting for what might follow");
            assert_eq!((got.params.len(), decoder.pending_bytes()), (17, 0), "{inside}");
            assert_eq!(decoder.skipped_bytes(), 0);
        }
    }
}

#[test]
fn a_frame_that_borrows_its_successors_bytes_is_not_believed() {
    // An answer lost its tail; by ill luck the successor's sum and end mark fit where its own were.
    let successor = notice(BB7E, -45, 0, &[0x44; 12]);
    let (lucky, lost) = (0..=255_u8)
        .map(|last| {
            let data = [&bytes("0e30005555555555555555555555551234")[..], &[0x56, last]].concat();
            let whole = frame(BB7E, 1, 0x39, &[&data[..], &successor[..22]].concat());
            (whole, data.len() + 5)
        })
        .find(|(whole, _)| whole[whole.len() - 2] == successor[22])
        .map(|(whole, kept)| (whole.clone(), whole[..kept].to_vec()))
        .expect("one of 256 last bytes makes the sum fit");
    assert_eq!(lucky, [&lost[..], &successor].concat());
    let seen = inspected(&lucky);
    assert_eq!(seen.len(), 2, "{seen:?}");
    assert_eq!((text(&seen[0], "kind"), text(&seen[0], "bytes")), ("refused".to_owned(), hex(&lost)));
    assert!(text(&seen[0], "reason").contains("cut short"), "{seen:?}");
    assert_eq!(text(&seen[1], "epc"), "44".repeat(12));
}

#[test]
fn a_false_beginning_holds_up_real_frames_only_until_the_line_was_quiet() {
    let tag = notice(AADD, -45, 0, &[0x66; 12]);
    let mut decoder = M100Decoder::new();
    // Says that 250 bytes of a channel's strengths follow; no such answer is that long.
    decoder.push(&bytes("bb01f300fa"));
    decoder.push(&tag);
    assert!(decoder.next().is_some(), "seen through at once");
    // Says that 60 bytes follow, which may be.
    decoder.push(&bytes("bb01f3003c"));
    decoder.push(&tag);
    assert!(decoder.next().is_none());
    decoder.give_up_partial();
    assert!(decoder.next().is_some());
    assert_eq!((decoder.pending_bytes(), decoder.skipped_bytes()), (0, 10));
}

//! The A0 decoder against recorded frames and against damage; `reader_properties.rs` has it against chance.

#[path = "reader_support/a0.rs"]
mod a0;

use a0::{bytes, frame, inspected, sealed, tag_data, text};
use armoury_hardware::reader::{Inspected, R2000Decoder, inspect_frames};
use serde_json::{Value, json};

const VECTORS: &str = include_str!("fixtures/vectors.json");

#[test]
fn every_recorded_frame_is_read_as_the_vectors_say() {
    let mut tried = 0;
    for vector in vectors("r2000_a0") {
        let (id, expect) = (text(&vector, "id"), &vector["expect"]);
        let seen = inspected(&bytes(&text(&vector, "hex")));
        if vector["kind"] == "stream" {
            let tags: Vec<&Value> = seen.iter().filter(|one| one["kind"] == "tag").collect();
            let epcs: Vec<Value> = tags.iter().map(|tag| tag["epc"].clone()).collect();
            assert_eq!(json!(seen.len()), expect["frames"], "{id}");
            assert_eq!(json!(epcs), expect["tags"], "{id}");
            assert_eq!(seen[2]["total_read"], expect["total_read"], "{id}");
        } else if expect["expect"] == "reject: checksum" {
            assert_eq!(seen.len(), 1, "{id}: {seen:?}");
            assert_eq!(seen[0]["kind"], "refused", "{id}");
            assert!(text(&seen[0], "reason").contains("checksum"), "{id}");
            assert_eq!(seen[0]["bytes"], vector["hex"], "{id}");
        } else {
            assert_eq!(seen.len(), 1, "{id}: {seen:?}");
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
            "addr" => "address",
            "tag_crc_valid" => "air_crc_valid",
            // Lengths on the wire; the data itself is compared.
            "data_len" | "read_len" => continue,
            same => same,
        };
        assert_eq!(&seen[ours], value, "{id}: {name} in {seen}");
    }
    if let Some(code) = expect.get("code") {
        assert_eq!(&seen["status"], code, "{id}");
    } else if kind == "reply" {
        assert!(seen["status"].is_null(), "{id}");
    }
}

#[test]
fn a_memory_reply_gives_the_chip_number_and_the_tags_own_checksum() {
    let whole = "a0210181000118300030396062c3950d400011b897cd0be280689020005001080b018d";
    let seen = inspected(&bytes(whole));
    assert_eq!(seen[0]["tid"], "e280689020005001");
    assert_eq!(seen[0]["rssi_dbm"], Value::Null);
    assert_eq!(seen[0]["air_crc_valid"], true);
    // The same with one bit of the EPC changed and the frame's sum made good again: only the tag's checksum notices.
    let mut altered = bytes(whole);
    altered[9] ^= 1;
    let seen = inspected(&sealed(&altered[..altered.len() - 1]));
    assert_eq!(seen[0]["air_crc_valid"], false);
}

#[test]
fn a_buffer_record_is_a_tag_with_strength_and_checksum() {
    let mut record = vec![0x00, 0x01, 16, 0x30, 0x00];
    record.extend(bytes("300833b2ddd9014000000001"));
    record.extend([0xBE, 0xEF, 0x62, 4 << 2 | 1, 3]);
    for command in [0x90, 0x91] {
        let seen = inspected(&frame(1, command, &record));
        assert_eq!(seen[0]["kind"], "tag", "{seen:?}");
        assert_eq!(seen[0]["epc"], "300833b2ddd9014000000001");
        assert_eq!((&seen[0]["antenna"], &seen[0]["rssi_dbm"]), (&json!(2), &json!(-31)));
        assert_eq!((&seen[0]["freq_mhz"], &seen[0]["read_count"]), (&json!(867.0), &json!(3)));
        assert_eq!((&seen[0]["tag_crc"], &seen[0]["air_crc_valid"]), (&json!("beef"), &json!(false)));
    }
}

#[test]
fn newer_firmware_adds_the_phase_and_changes_nothing_else() {
    let mut data = tag_data(&[0xE2; 12], 0x37, 0);
    data.extend([0x12, 0x34]);
    let seen = inspected(&frame(1, 0x89, &data));
    assert_eq!(seen[0]["epc"], "e2".repeat(12));
    assert_eq!(seen[0]["rssi_dbm"], -74);
}

#[test]
fn what_cannot_be_a_tag_is_refused_with_the_reason() {
    let mut wrong_pc = tag_data(&[0x11; 12], 0x40, 0);
    wrong_pc[1] = 0x20;
    let wrong_pc = frame(1, 0x89, &wrong_pc);
    let nothing = frame(1, 0x89, &tag_data(&[], 0x40, 0));
    let mut cut = frame(1, 0x89, &tag_data(&[0x22; 12], 0x40, 0));
    cut.truncate(15);
    for (what, input, reason) in [
        ("PC and length differ", wrong_pc, "4 words"),
        ("no EPC at all", nothing, "zero-length EPC"),
        ("cut at the end", cut, "cut short: 6 more bytes"),
        ("noise", bytes("dfeef397f7"), "no frame begins here"),
        ("a lone header", bytes("a0"), "cut short"),
    ] {
        let seen = inspected(&input);
        assert_eq!(seen.len(), 1, "{what}: {seen:?}");
        assert_eq!(seen[0]["kind"], "refused", "{what}");
        assert!(text(&seen[0], "reason").contains(reason), "{what}: {seen:?}");
        assert_eq!(text(&seen[0], "bytes"), hex(&input), "{what}");
    }
}

#[test]
fn noise_damage_and_frames_come_out_in_order() {
    let tag = frame(1, 0x89, &tag_data(&[0x33; 12], 0x40, 1));
    let mut damaged = tag.clone();
    damaged[10] ^= 0x04;
    // The false header in the noise names no command of the protocol.
    let noise = bytes("00ffa00355c0");
    let input = [&noise[..], &damaged, &damaged, &tag, &noise, &tag, &tag[..9]].concat();
    let seen = inspected(&input);
    let kinds: Vec<String> = seen.iter().map(|one| text(one, "kind")).collect();
    assert_eq!(kinds, ["refused", "refused", "refused", "tag", "refused", "tag", "refused"], "{seen:?}");
    assert_eq!(seen[0]["bytes"], hex(&noise));
    assert!(text(&seen[1], "reason").contains("checksum"));
    assert_eq!(seen[2]["bytes"], hex(&damaged));
    assert_eq!(seen[6]["bytes"], hex(&tag[..9]));
}

#[test]
fn a_frame_that_borrows_its_successors_bytes_is_not_believed() {
    // The first tag lost its last two bytes, and by ill luck its sum fits with the successor's first two.
    let successor = frame(1, 0x89, &tag_data(&[0x44; 12], 0x40, 0));
    let (lucky, lost) = (0..=255_u8)
        .map(|last| {
            let mut epc = [0x55; 12];
            epc[11] = last;
            let whole = frame(1, 0x89, &tag_data(&epc, 0x41, 0));
            let kept = whole[..whole.len() - 2].to_vec();
            ([&kept[..], &successor[..2]].concat(), kept)
        })
        .find(|(borrowed, _)| borrowed.iter().fold(0_u8, |sum, &b| sum.wrapping_add(b)) == 0)
        .expect("one of 256 last bytes makes the sum fit");
    assert!(matches!(&inspect(&lucky)[..], [Inspected::Tag(_)]), "alone it passes");
    let seen = inspected(&[&lost[..], &successor].concat());
    assert_eq!(seen.len(), 2, "{seen:?}");
    assert!(text(&seen[0], "reason").contains("cut short"), "{seen:?}");
    assert_eq!(seen[1]["epc"], "44".repeat(12));
}

#[test]
fn an_epc_that_holds_a_whole_frame_is_still_one_tag() {
    let mut epc = bytes("e280a0030172ea000000a003");
    for last in 0..=255 {
        epc[11] = last;
        let seen = inspected(&frame(1, 0x89, &tag_data(&epc, 0x40, 0)));
        assert_eq!(seen.len(), 1, "{seen:?}");
        assert_eq!(text(&seen[0], "epc"), hex(&epc));
    }
}

#[test]
fn a_false_header_holds_up_real_frames_only_until_the_line_was_quiet() {
    let tag = frame(1, 0x89, &tag_data(&[0x66; 12], 0x40, 0));
    let mut decoder = R2000Decoder::new();
    // Says that 200 bytes of a memory reply follow, and begins like one: one tag, 191 bytes, PC 3000.
    let header = bytes("a0c801810001bf3000");
    decoder.push(&header);
    decoder.push(&tag);
    assert!(decoder.next().is_none());
    decoder.give_up_partial();
    assert_eq!(decoder.next().expect("the tag behind it").data.len(), 16);
    assert!(decoder.next().is_none());
    assert_eq!((decoder.pending_bytes(), decoder.skipped_bytes()), (0, header.len() as u64));
    // The next bytes are judged afresh, also when they come in pieces.
    decoder.push(&tag[..7]);
    assert!(decoder.next().is_none());
    decoder.push(&tag[7..]);
    assert!(decoder.next().is_some());
}

#[test]
fn a_false_header_is_seen_through_as_soon_as_its_content_contradicts_it() {
    let tag = frame(1, 0x89, &tag_data(&[0x66; 12], 0x40, 0));
    for header in ["a0c80181", "a0c80182", "a0c80190", "a01f0189", "a015018a"] {
        let mut decoder = R2000Decoder::new();
        decoder.push(&[&bytes(header)[..], &tag].concat());
        assert_eq!(decoder.next().expect("the tag behind it").data.len(), 16, "{header}");
    }
}

#[test]
fn a_sequence_is_recognised_in_every_form() {
    let pairs = bytes("0001010102010301040105010601ff00");
    let eight = inspected(&frame(1, 0x8A, &[&pairs[..], &[5, 1]].concat()));
    assert_eq!(eight[0]["kind"], "reply", "{eight:?}");
    assert_eq!(eight[0]["slots"][6], json!([6, 1]));
    assert_eq!((&eight[0]["interval_ms"], &eight[0]["repeat"]), (&json!(5), &json!(1)));
    let extended = [&pairs[..], &[0; 6], &[2, 1, 0, 0, 0, 1, 1]].concat();
    let extended = frame(1, 0x8A, &extended);
    assert_eq!(extended[1], 0x20, "the LEN the sheet names");
    let extended = inspected(&extended);
    assert_eq!(extended[0]["slots"][7], json!([255, 0]), "{extended:?}");
    let said = ["session", "target", "phase", "repeat"].map(|name| extended[0][name].clone());
    assert_eq!(said, [json!(2), json!(1), json!(1), json!(1)]);
}

#[test]
fn a_chip_number_behind_the_epc_is_split_off_by_the_pc() {
    let (epc, tid) = (bytes("300833b2ddd9014000000001"), bytes("e2801105200076c4d3a10934"));
    let fast = |tid: &[u8], phase: &[u8]| {
        let mut data = tag_data(&epc, 0x62, 2);
        let rssi = data.pop().expect("a strength");
        inspected(&frame(1, 0x8A, &[&data[..], tid, &[rssi], phase].concat()))
    };
    let plain = fast(&tid, &[]);
    assert_eq!((&plain[0]["epc"], &plain[0]["tid"]), (&json!(hex(&epc)), &json!(hex(&tid))), "{plain:?}");
    assert_eq!((&plain[0]["rssi_dbm"], &plain[0]["antenna"]), (&json!(-31), &json!(3)));
    let phase = fast(&tid, &[0x12, 0x34]);
    assert_eq!((&phase[0]["tid"], &phase[0]["phase_raw"]), (&json!(hex(&tid)), &json!(0x1234)), "{phase:?}");
    // Only Impinj's chips do this; anything else behind the EPC contradicts the PC.
    let alien = fast(&bytes("e200341201371c0011b89701"), &[]);
    assert!(text(&alien[0], "reason").contains("6 words"), "{alien:?}");
}

#[test]
fn a_write_is_confirmed_tag_by_tag_and_its_password_is_not_shown() {
    let mut record = vec![0x00, 0x01, 16, 0x30, 0x00];
    record.extend(bytes("30396062c3950d400011b897cd0b10"));
    record.extend([2 << 2 | 3, 1]);
    for command in [0x82, 0x83, 0x84, 0x94] {
        let seen = inspected(&frame(1, command, &record));
        assert_eq!(seen[0]["kind"], "tag", "{seen:?}");
        assert_eq!((&seen[0]["status"], &seen[0]["air_crc_valid"]), (&json!(0x10), &json!(true)));
    }
    let asked = inspected(&frame(1, 0x82, &bytes("deadbeef0302011234")));
    assert_eq!(
        (&asked[0]["bank"], &asked[0]["word_addr"], &asked[0]["words"]),
        (&json!(3), &json!(2), &json!(1))
    );
    let locked = inspected(&frame(1, 0x83, &bytes("deadbeef0301")));
    assert_eq!((&locked[0]["lock_area"], &locked[0]["lock_action"]), (&json!(3), &json!(1)));
    let killed = inspected(&frame(1, 0x84, &bytes("deadbeef")));
    for seen in [asked, locked, killed] {
        assert_eq!(seen[0]["kind"], "reply");
        assert!(!seen[0].to_string().contains("deadbeef"), "{seen:?}");
    }
    let refused = inspected(&frame(1, 0x82, &[0x33]));
    assert_eq!((&refused[0]["code"], &refused[0]["meaning"]), (&json!(0x33), &json!("tag write failed")));
}

#[test]
fn what_a_reader_says_of_itself_has_a_name() {
    for (command, data, name, value) in [
        (0x6D, "01", "antenna_group", json!(1)),
        (0x77, "1e1e1d1c1e1e1e1e", "power_dbm", json!([30, 30, 29, 28, 30, 30, 30, 30])),
        (0x79, "020006", "region", json!(2)),
        (0x79, "0478040dfd40", "start_khz", json!(916_800)),
        (0x7B, "0123", "temperature_c", json!(35)),
        (0x7E, "12", "return_loss_db", json!(18)),
        (0x8E, "8d", "fast_tid", json!(true)),
        (0x8E, "00", "fast_tid", json!(false)),
        (0x86, "0004e2001122", "match_epc", json!("e2001122")),
        (0x92, "0007", "tag_count", json!(7)),
        (0x80, "00000700250000012c", "total_read", json!(300)),
        (0x68, "303132333435363738394142", "identifier", json!("303132333435363738394142")),
    ] {
        let seen = inspected(&frame(1, command, &bytes(data)));
        assert_eq!(seen[0][name], value, "{command:02x} {data}: {seen:?}");
        assert_eq!((&seen[0]["kind"], &seen[0]["command"]), (&json!("reply"), &json!(command)));
    }
}

#[test]
fn an_unknown_reader_is_named() {
    let error = inspect_frames("r9000", &[]).expect_err("no such reader");
    assert!(error.to_string().contains("r9000"), "{error}");
}

fn vectors(family: &str) -> Vec<Value> {
    let all: Value = serde_json::from_str(VECTORS).expect("the fixture is JSON");
    let list = all["vectors"].as_array().expect("a list").clone();
    list.into_iter().filter(|one| one["family"] == family).collect()
}

fn inspect(input: &[u8]) -> Vec<Inspected> {
    inspect_frames("r2000", input).expect("a known reader")
}

fn hex(bytes: &[u8]) -> String {
    bytes.iter().map(|byte| format!("{byte:02x}")).collect()
}

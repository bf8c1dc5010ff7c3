//! The scanners' decoders against recorded bytes and against damage, through what `inspect` prints;
//! `scanner_properties.rs` has them against chance.

use armoury_hardware::scanner::inspect_scanner;
use serde_json::{Value, json};

const VECTORS: &str = include_str!("fixtures/vectors.json");

fn vectors(family: &str) -> Vec<Value> {
    let all: Value = serde_json::from_str(VECTORS).expect("JSON");
    let vectors = all["vectors"].as_array().expect("a list");
    vectors.iter().filter(|vector| vector["family"] == family).cloned().collect()
}

fn bytes(hex: &str) -> Vec<u8> {
    let digits = hex.as_bytes().chunks(2);
    digits.map(|two| u8::from_str_radix(str::from_utf8(two).expect("ASCII"), 16).expect("hex")).collect()
}

fn inspected(kind: &str, bytes: &[u8]) -> Vec<Value> {
    let seen = inspect_scanner(kind, bytes).unwrap_or_else(|| panic!("{kind} is known"));
    seen.iter().map(|one| serde_json::to_value(one).expect("JSON")).collect()
}

/// Every field of `expect` stands in the object under the same name.
fn holds(id: &Value, seen: &Value, expect: &Value) {
    for (name, value) in expect.as_object().expect("an object") {
        assert_eq!(seen.get(name), Some(value), "{id}: {name} in {seen}");
    }
}

#[test]
fn every_recorded_frame_and_stream_is_read_as_the_vectors_say() {
    let families = [("barcode_gm65", 8), ("barcode_ssi", 5), ("barcode_line", 5), ("barcode_evdev", 2)];
    for (family, count) in families {
        let vectors = vectors(family);
        assert_eq!(vectors.len(), count, "{family}");
        for vector in vectors {
            let seen = inspected(family, &bytes(vector["hex"].as_str().expect("hex")));
            let codes: Vec<&Value> = seen.iter().filter(|one| one["kind"] == "code").collect();
            let expected_codes = if vector["kind"] == "stream" { 1 } else { 0 };
            assert_eq!(codes.len(), expected_codes, "{}: {seen:?}", vector["id"]);
            holds(&vector["id"], codes.first().copied().unwrap_or(&seen[0]), &vector["expect"]);
            assert!(seen.iter().all(|one| one["kind"] != "refused"), "{}: {seen:?}", vector["id"]);
            let frames = if vector["id"] == "barcode_gm65-v008" { 2 } else { 1 };
            assert_eq!(seen.len(), frames, "{}: {seen:?}", vector["id"]);
        }
    }
    assert_eq!(inspect_scanner("barcode_dark", b"1"), None);
    assert_eq!(inspect_scanner("keyboard:martian", b"1"), None);
}

#[test]
fn any_line_end_will_do_and_none_is_told() {
    let seen = inspected("line", b"ONE\rTWO\nTHREE\r\nFOUR\r\r\n\nFIVE");
    let told: Vec<Value> = seen.iter().map(|one| json!([one["payload"], one["terminator"]])).collect();
    assert_eq!(
        told,
        [
            json!(["ONE", "0d"]),
            json!(["TWO", "0a"]),
            json!(["THREE", "0d0a"]),
            json!(["FOUR", "0d"]),
            json!(["FIVE", null])
        ]
    );
    let complete: Vec<&Value> = seen.iter().map(|one| &one["complete"]).collect();
    assert_eq!(complete, [true, true, true, true, false]);
}

#[test]
fn control_characters_but_gs_refuse_the_code_and_only_it() {
    for control in (0..0x20_u8).chain([0x7F]).filter(|byte| ![0x0A, 0x0D].contains(byte)) {
        let line = [b"RIFLE", [control].as_slice(), b"1\rNEXT\r"].concat();
        let seen = inspected("line", &line);
        assert_eq!(seen.len(), 2, "{control:#04x}: {seen:?}");
        if control == 0x1D {
            assert_eq!(seen[0]["bytes"], "5249464c451d31");
        } else {
            assert_eq!(seen[0]["kind"], "refused", "{control:#04x}");
            let reason = seen[0]["reason"].as_str().expect("a reason");
            assert!(reason.contains(&format!("{control:#04x}")) && reason.contains("byte 5"), "{reason}");
        }
        assert_eq!(seen[1]["payload"], "NEXT");
    }
}

#[test]
fn bytes_are_kept_and_text_that_is_not_utf8_is_marked() {
    let seen = inspected("line", "Gewehr Ö7\r".as_bytes());
    assert_eq!((&seen[0]["payload"], &seen[0]["decoded_as_latin1"]), (&json!("Gewehr Ö7"), &json!(false)));
    let high: Vec<u8> = (0x80..=0xFF).collect();
    let seen = inspected("line", &[high.as_slice(), b"\r"].concat());
    assert_eq!(seen[0]["decoded_as_latin1"], true);
    assert_eq!(seen[0]["payload"].as_str().expect("text").chars().count(), 128);
    assert_eq!(bytes(seen[0]["bytes"].as_str().expect("hex")), high);
}

#[test]
fn an_aim_identifier_is_one_only_at_the_front_and_with_something_behind_it() {
    let of = |line: &str| inspected("line", line.as_bytes()).remove(0);
    for (line, aim, symbology, format) in [
        ("]A0X\r", "]A0", json!("Code 39"), json!("code39")),
        ("]C1X\r", "]C1", json!("GS1-128"), json!("code128")),
        ("]d1X\r", "]d1", json!("DataMatrix"), json!("data_matrix")),
        ("]Q3X\r", "]Q3", json!("GS1 QR Code"), json!("qr")),
        ("]E0X\r", "]E0", json!("EAN-13"), json!("ean13")),
        ("]zCX\r", "]zC", json!("Aztec"), json!("aztec")),
        ("]y9X\r", "]y9", Value::Null, Value::Null),
    ] {
        let seen = of(line);
        assert_eq!((&seen["aim"], &seen["payload"]), (&json!(aim), &json!("X")), "{seen}");
        assert_eq!((&seen["symbology"], seen.get("format").unwrap_or(&Value::Null)), (&symbology, &format));
    }
    for plain in ["]\r", "]Q\r", "]11X\r", "]Q?X\r", "X]Q1Y\r"] {
        let seen = of(plain);
        assert_eq!((&seen["aim"], &seen["payload"]), (&Value::Null, &json!(plain.trim_end())), "{seen}");
    }
    assert_eq!(of("]Q1\r")["kind"], "refused");
}

#[test]
fn gs1_elements_are_taken_apart_where_the_code_says_so() {
    let seen = inspected("line", b"]d2010952123456788817261231310300012521A1\x1d10B/2\r");
    let expected = json!({"01": "09521234567888", "17": "261231", "3103": "000125", "21": "A1", "10": "B/2"});
    assert_eq!(seen[0]["gs1"], expected);
    assert!(inspected("line", b"]d20109521\r")[0].get("gs1").is_none(), "cut short");
    assert!(inspected("line", b"]d10109521234567888\r")[0].get("gs1").is_none(), "not a GS1 code");
}

#[test]
fn a_line_without_end_is_refused_once_it_is_too_long_and_the_next_is_read() {
    let seen = inspected("line", &[&[b'A'; 8192], b"\rNEXT\r".as_slice()].concat());
    assert_eq!((&seen[0]["kind"], &seen[1]["payload"]), (&json!("code"), &json!("NEXT")));
    let seen = inspected("line", &[&[b'A'; 8194], b"\rNEXT\r".as_slice()].concat());
    assert_eq!((&seen[0]["kind"], &seen[1]["kind"]), (&json!("refused"), &json!("refused")));
    assert!(seen[0]["reason"].as_str().expect("a reason").contains("8192"));
    assert_eq!(seen[2]["payload"], "NEXT");
}

#[test]
fn answers_are_taken_out_of_a_scan_wherever_they_stand() {
    let ack = bytes("02000001003331");
    let scan = b"]Q1ARM-0042\r\n";
    for at in 0..=scan.len() {
        let stream = [&scan[..at], &ack, &scan[at..]].concat();
        let seen = inspected("gm65", &stream);
        let code = seen.iter().find(|one| one["kind"] == "code").unwrap_or_else(|| panic!("{at}: {seen:?}"));
        assert_eq!((&code["scan"], &code["aim"]), (&json!("ARM-0042"), &json!("]Q1")), "{at}");
        assert_eq!(code["ack"], at < 12, "{at}");
        assert_eq!(seen.len(), 2, "{at}: {seen:?}");
    }
    // The heartbeat's answer as some manuals have it, and a zone that holds a line end.
    let seen = inspected("gm65", &bytes("030000010033310200000107430641300d"));
    assert_eq!(seen[0]["op"], "ack", "{seen:?}");
}

#[test]
fn a_damaged_answer_is_called_one_and_never_becomes_part_of_a_code() {
    let seen = inspected("gm65", &bytes("020000010033300d41420d"));
    assert_eq!(seen[0]["kind"], "refused", "{seen:?}");
    assert!(seen[0]["reason"].as_str().expect("a reason").contains("checksum"), "{seen:?}");
    assert_eq!(seen[1]["scan"], "AB");
}

#[test]
fn an_ssi_code_has_its_bar_type_and_a_damaged_packet_is_one_refusal() {
    let seen = inspected("ssi", &bytes("0bf3000003524946313131fd5d"));
    assert_eq!(seen.len(), 1, "{seen:?}");
    let whole = ssi(0xF3, 0, b"\x03ARM-0042\r\n");
    let seen = inspected("ssi", &whole);
    assert_eq!((&seen[0]["kind"], &seen[0]["scan"]), (&json!("code"), &json!("ARM-0042")), "{seen:?}");
    assert_eq!((&seen[0]["opcode"], &seen[0]["bar_type"]), (&json!(0xF3), &json!(3)));
    assert_eq!(seen[0]["symbology"], "Code 128");
    for at in 0..whole.len() {
        let mut damaged = whole.clone();
        damaged[at] ^= 0x10;
        let seen = inspected("ssi", &[damaged.as_slice(), &ssi(0xF3, 0, b"\x03NEXT")].concat());
        let codes: Vec<&Value> = seen.iter().filter(|one| one["kind"] == "code").collect();
        assert_eq!(codes.len(), 1, "byte {at}: {seen:?}");
        assert_eq!(codes[0]["scan"], "NEXT", "byte {at}");
    }
    let mut damaged = whole.clone();
    damaged[6] ^= 1;
    let seen = inspected("ssi", &damaged);
    assert_eq!(seen.len(), 1, "{seen:?}");
    assert!(seen[0]["reason"].as_str().expect("a reason").contains("checksum"), "{seen:?}");
}

#[test]
fn a_code_in_several_packets_is_refused_to_its_last_piece() {
    let stream = [ssi(0xF3, 2, b"\x1cFIRST"), ssi(0xF3, 0, b"\x1cLAST"), ssi(0xF3, 0, b"\x1cWHOLE")].concat();
    let seen = inspected("ssi", &stream);
    let kinds: Vec<&Value> = seen.iter().map(|one| &one["kind"]).collect();
    assert_eq!(kinds, ["refused", "refused", "code"], "{seen:?}");
    assert_eq!(seen[2]["scan"], "WHOLE");
}

fn ssi(opcode: u8, status: u8, data: &[u8]) -> Vec<u8> {
    let mut packet = vec![4 + data.len() as u8, opcode, 0, status];
    packet.extend_from_slice(data);
    let sum = packet.iter().fold(0_u16, |sum, &byte| sum + u16::from(byte));
    packet.extend(sum.wrapping_neg().to_be_bytes());
    packet
}

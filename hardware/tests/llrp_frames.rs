//! The LLRP decoder against recorded messages and against odd ones; `llrp_properties.rs` has it against chance.

#[path = "reader_support/llrp.rs"]
mod llrp;

use armoury_hardware::reader::LlrpDecoder;
use llrp::{air_crc, epc_data, hex, inspected, message, record, report, text, tlv};
use serde_json::{Value, json};

const VECTORS: &str = include_str!("fixtures/vectors.json");

#[test]
fn every_recorded_message_is_read_as_the_vectors_say() {
    let all: Value = serde_json::from_str(VECTORS).expect("the fixture is JSON");
    let mut tried = 0;
    for vector in all["vectors"].as_array().expect("a list").iter().filter(|one| one["family"] == "llrp") {
        let (id, expect) = (text(vector, "id"), &vector["expect"]);
        let seen = inspected(&bytes(&text(vector, "hex")));
        tried += 1;
        if vector["kind"] == "stream" {
            let tags = seen.iter().filter(|one| one["kind"] == "tag").count();
            assert_eq!(json!(tags), expect["complete_messages"], "{id}");
            let rest = seen.last().expect("a remainder");
            assert_eq!(json!(text(rest, "bytes").len() / 2), expect["remainder_bytes"], "{id}");
            assert!(text(rest, "reason").contains("cut short"), "{id}: {rest}");
            continue;
        }
        let head = ["version", "type", "message_id"];
        if let Some(tags) = expect["tags"].as_array() {
            assert_eq!(seen.len(), tags.len(), "{id}: {seen:?}");
            for (seen, tag) in seen.iter().zip(tags) {
                assert_eq!(seen["kind"], "tag", "{id}: {seen}");
                assert_eq!(seen["rssi_dbm"], tag["peak_rssi_dbm"], "{id}");
                holds(&id, seen, tag, &[]);
                head.iter().for_each(|name| assert_eq!(seen[name], expect[name], "{id}: {name}"));
            }
        } else {
            assert_eq!(seen.len(), 1, "{id}: {seen:?}");
            assert_eq!(seen[0]["kind"], "reply", "{id}");
            holds(&id, &seen[0], expect, &["tags"]);
            assert_eq!(seen[0]["status"], expect.get("status_code").cloned().unwrap_or_default(), "{id}");
        }
    }
    assert_eq!(tried, 19);
}

/// Every field of `expect`, under the same name.
fn holds(id: &str, seen: &Value, expect: &Value, but: &[&str]) {
    for (name, value) in expect.as_object().expect("an object") {
        if !but.contains(&name.as_str()) {
            assert_eq!(&seen[name], value, "{id}: {name} in {seen}");
        }
    }
}

#[test]
fn an_epc_of_any_length_is_read_and_never_cut_to_fit() {
    for length in [2, 4, 12, 14, 16, 62] {
        let epc = vec![0xB5; length];
        let as_bits = [&epc_data(&epc)[..], &[0x81, 0, 3]].concat();
        for value in [seen(&epc, 3, -61), as_bits] {
            let seen = inspected(&report(&[record(&value)]));
            assert_eq!((text(&seen[0], "epc"), &seen[0]["antenna"]), (hex(&epc), &json!(3)), "{length}");
        }
    }
    // Twelve bits are no Gen2 EPC; neither is one longer than 31 words.
    let odd = tlv(241, &[0, 12, 0xAB, 0xC0]);
    let long = epc_data(&[7; 64]);
    let short = tlv(241, &[0, 96, 1, 2, 3]);
    for value in [odd, long, short] {
        let seen = inspected(&report(&[record(&value)]));
        assert_eq!(seen[0]["kind"], "refused", "{seen:?}");
        assert!(text(&seen[0], "reason").starts_with("tag record abandoned: "), "{seen:?}");
    }
    let ghost = inspected(&report(&[record(&seen(&[], 1, -80))]));
    assert!(text(&ghost[0], "reason").contains("zero-length EPC"), "{ghost:?}");
}

#[test]
fn several_tags_a_report_and_none() {
    let records: Vec<Vec<u8>> = (1..=3).map(|n| record(&seen(&[n; 12], n.into(), -40))).collect();
    let three = inspected(&report(&records));
    assert_eq!(
        three.iter().map(|one| text(one, "epc")).collect::<Vec<_>>(),
        [1, 2, 3].map(|n| hex(&[n; 12]))
    );
    let none = inspected(&report(&[]));
    assert_eq!((none.len(), &none[0]["kind"], &none[0]["type"]), (1, &json!("reply"), &json!(61)));
    // Within one report a reader may leave out an antenna that has not changed.
    let brief = record(&[&[0x8D][..], &[9; 12]].concat());
    let two = inspected(&report(&[record(&seen(&[8; 12], 4, -40)), brief]));
    assert_eq!((&two[1]["antenna"], &two[1]["rssi_dbm"]), (&json!(4), &Value::Null));
}

#[test]
fn what_cannot_be_read_spoils_its_own_record_only() {
    let good = record(&seen(&[5; 12], 2, -50));
    let unknown_tv = record(&[&seen(&[1; 12], 1, -50)[..], &[0x80 | 77, 1, 2, 3]].concat());
    let beyond = record(&[&seen(&[2; 12], 1, -50)[..], &[0x01, 0x5D, 0xFF, 0x00]].concat());
    let half = record(&[&seen(&[3; 12], 1, -50)[..], &[0x82, 1, 2]].concat());
    let no_antenna = record(&seen(&[4; 12], 0, -50));
    let twice = record(&[&seen(&[6; 12], 1, -50)[..], &[0x8D], &[7; 12]].concat());
    for (bad, why) in [
        (unknown_tv, "parameter 77 has no length"),
        (beyond, "parameter 349 does not fit"),
        (half, "parameter 2 does not fit"),
        (no_antenna, "no antenna 0"),
        (twice, "two EPCs"),
        (record(&[0x81, 0, 1]), "no EPC"),
    ] {
        let seen = inspected(&report(&[good.clone(), bad, good.clone()]));
        let kinds: Vec<String> = seen.iter().map(|one| text(one, "kind")).collect();
        assert_eq!(kinds, ["tag", "refused", "tag"], "{seen:?}");
        assert!(text(&seen[1], "reason").contains(why), "{seen:?}");
        assert_eq!(seen[2]["epc"], "05".repeat(12));
    }
    // A parameter with a length that nobody knows is passed over.
    let vendors = record(
        &[&seen(&[1; 12], 1, -50)[..], &tlv(1023, &[0, 0, 1, 2, 0, 0, 0, 9, 4]), &[0x88, 0, 6]].concat(),
    );
    assert_eq!(inspected(&report(&[vendors]))[0]["seen_count"], 6);
}

#[test]
fn the_tags_own_checksum_is_recomputed_and_its_pc_believed() {
    let epc = bytes("30396062c3950d400011b897");
    let with = |pc: u16, crc: u16, more: &[u8]| {
        let value =
            [&seen(&epc, 1, -50)[..], &[0x8C], &pc.to_be_bytes(), &[0x8B], &crc.to_be_bytes(), more].concat();
        inspected(&report(&[record(&value)])).remove(0)
    };
    let good = with(0x3000, 0xCD0B, &[]);
    assert_eq!(
        (&good["air_crc_valid"], &good["pc"], &good["tag_crc"]),
        (&json!(true), &json!("3000"), &json!("cd0b"))
    );
    assert_eq!(with(0x3000, 0xCD0A, &[])["air_crc_valid"], false);
    assert!(text(&with(0x2800, 0xCD0B, &[]), "reason").contains("5 words of EPC"));
    // A tag with a word of extended PC counts it in its length and in its checksum.
    let crc = air_crc(&[&[0x3A, 0x00, 0x12, 0x34], &epc[..]].concat());
    let extended = with(0x3A00, crc, &[0x80 | 19, 0x12, 0x34]);
    assert_eq!((&extended["air_crc_valid"], &extended["xpc_w1"]), (&json!(true), &json!("1234")));
}

#[test]
fn impinjs_own_strength_and_chip_number_are_read() {
    let custom = |subtype: u32, value: &[u8]| {
        tlv(1023, &[&25882_u32.to_be_bytes()[..], &subtype.to_be_bytes(), value].concat())
    };
    let tid = bytes("e2801105010b016210000001");
    let value =
        [seen(&[1; 12], 1, -49), custom(57, &[0xEC, 0x82]), custom(55, &[&[0, 6], &tid[..]].concat())]
            .concat();
    let one = &inspected(&report(&[record(&value)]))[0];
    assert_eq!(
        (&one["rssi_centi_dbm"], &one["rssi_dbm"], &one["peak_rssi_dbm"]),
        (&json!(-4990), &json!(-50), &json!(-49))
    );
    assert_eq!(one["tid"], hex(&tid));
}

#[test]
fn results_of_accesses_are_told_and_only_the_stations_own_is_a_chip_number() {
    let read = |id: u16| {
        let result = [&[0][..], &id.to_be_bytes(), &[0, 2], &bytes("e2801105")].concat();
        inspected(&report(&[record(&[seen(&[1; 12], 1, -50), tlv(349, &result)].concat())])).remove(0)
    };
    assert_eq!((&read(1)["tid"], &read(1)["read_op"]["words"]), (&json!("e2801105"), &json!(2)));
    assert_eq!(read(0x4001)["tid"], Value::Null, "somebody ordered to read a memory that looks like it");
    let value = [seen(&[1; 12], 1, -50), tlv(350, &[2, 0, 9, 0, 0]), tlv(352, &[0, 0, 8])].concat();
    let one = &inspected(&report(&[record(&value)]))[0];
    assert_eq!(one["write_op"], json!({ "result": 2, "op_spec_id": 9, "words_written": 0 }));
    assert_eq!(one["lock_op"], json!({ "result": 0, "op_spec_id": 8 }));
}

#[test]
fn events_and_errors_are_told() {
    let event = |event: Vec<u8>| {
        let body = [tlv(128, &5_u64.to_be_bytes()), event].concat();
        inspected(&message(63, 1, &tlv(246, &body))).remove(0)
    };
    assert_eq!(event(tlv(256, &[0, 2]))["connection_attempt"], 2);
    assert_eq!(event(tlv(257, &[]))["connection_close"], true);
    assert_eq!(event(tlv(255, &[0, 0, 3]))["antenna_event"], json!({ "antenna": 3, "connected": false }));
    let exception = [&[0, 5][..], b"hot!\xFF", &[0x81, 0, 2]].concat();
    assert_eq!(event(tlv(252, &exception))["exception"]["antenna"], 2);
    let refused = tlv(287, &[&[0, 109, 0, 2][..], b"no"].concat());
    let error = inspected(&message(100, 77, &refused)).remove(0);
    assert_eq!(
        (&error["status"], &error["status_text"], &error["message_id"]),
        (&json!(109), &json!("no"), &json!(77))
    );
    assert_eq!(error.get("status_blames"), None);
    // The field in a parameter in a parameter; the last claims to be longer than it can be.
    let field = tlv(288, &[0, 2, 0, 106]);
    let inner = tlv(289, &[&[0, 183, 0, 100][..], &field].concat());
    let outer = tlv(289, &[&[0, 177, 0, 100][..], &inner].concat());
    let blames = |errors: &[u8]| {
        let status = tlv(287, &[&[0, 100, 0, 0][..], errors].concat());
        inspected(&message(30, 7, &status)).remove(0)["status_blames"].clone()
    };
    assert_eq!(blames(&outer), "parameter 177, parameter 183, field 2");
    assert_eq!(blames(&[&outer[..8], &[1, 0x21, 0xFF, 0xFF]].concat()), Value::Null);
    assert_eq!(blames(&tlv(289, &[&[0, 177, 0, 100][..], &[1, 0x21, 0xFF, 0xFF]].concat())), "parameter 177");
    let deep = (0..1000).fold(Vec::new(), |within, _| {
        tlv(289, &[&[0, 177, 0, 100][..], &within[..within.len().min(60_000)]].concat())
    });
    assert_eq!(blames(&deep), ["parameter 177"; 8].join(", "));
}

#[test]
fn noise_is_stepped_over_byte_by_byte_and_false_beginnings_hold_nothing_up() {
    let tag = report(&[record(&seen(&[0x33; 12], 1, -45))]);
    // Headers that lie: no such type, a length below the header, one above 4 MiB, a keep-alive of eleven bytes, a report
    // whose first parameter is none.
    let lies = [
        "047f0000000a00000001",
        "043d0000000900000001",
        "043d0040000100000001",
        "043e0000000b00000001",
        "043d000001000000000100f1000a",
    ];
    for lie in lies {
        let noise = bytes(lie);
        let mut decoder = LlrpDecoder::new();
        decoder.push(&noise);
        decoder.push(&tag);
        let frame = decoder.next().unwrap_or_else(|| panic!("held up by {lie}"));
        assert_eq!((frame.kind, frame.id), (61, 7), "{lie}");
        let seen = inspected(&[&noise[..], &tag, &noise[..3], &tag].concat());
        let kinds: Vec<String> = seen.iter().map(|one| text(one, "kind")).collect();
        assert_eq!(kinds, ["refused", "tag", "refused", "tag"], "{lie}: {seen:?}");
        assert_eq!(text(&seen[0], "bytes"), lie);
    }
    let cut = inspected(&[&tag[..], &tag[..20]].concat());
    assert!(
        text(&cut[1], "reason").contains(&format!("cut short: {} more bytes", tag.len() - 20)),
        "{cut:?}"
    );
}

#[test]
fn a_message_of_four_mebibytes_is_taken_and_its_length_alone_takes_no_memory() {
    let one = record(&seen(&[0x44; 12], 1, -45));
    let count = (4 * 1024 * 1024 - 10) / one.len();
    let whole = report(&vec![one; count]);
    let mut decoder = LlrpDecoder::new();
    for piece in whole.chunks(4096) {
        assert!(decoder.next().is_none());
        decoder.push(piece);
    }
    assert_eq!(decoder.next().expect("the message").body.len(), whole.len() - 10);
    assert_eq!(inspected(&whole).len(), count);
    decoder.push(&bytes("043d0040000000000001"));
    assert!(decoder.next().is_none());
    assert_eq!(decoder.pending_bytes(), 10);
}

#[test]
fn both_versions_are_read() {
    let mut newer = report(&[record(&seen(&[1; 12], 1, -45))]);
    newer[0] = 0x08;
    let seen = inspected(&newer);
    assert_eq!((&seen[0]["version"], &seen[0]["kind"]), (&json!(2), &json!("tag")));
    newer[0] = 0x0C;
    assert_eq!(inspected(&newer)[0]["kind"], "refused", "there is no version 3");
}

/// Antenna and strength behind an EPC.
fn seen(epc: &[u8], antenna: u16, dbm: i8) -> Vec<u8> {
    let mut value = if epc.len() == 12 { [&[0x8D], epc].concat() } else { epc_data(epc) };
    value.push(0x81);
    value.extend(antenna.to_be_bytes());
    value.extend([0x86, dbm as u8]);
    value
}

/// Bytes from hex.
fn bytes(hex: &str) -> Vec<u8> {
    (0..hex.len()).step_by(2).map(|at| u8::from_str_radix(&hex[at..at + 2], 16).expect("hex")).collect()
}

//! `inspect epc` and `inspect mark`: the shapes scripts lean on, and the exit status.

use armoury::cli::inspect::{epc_json, epc_lines, mark_json, mark_lines};
use serde_json::{Value, json};

use super::{cases, fixture, text};

#[test]
fn an_epc_is_printed_with_the_keys_scripts_lean_on() {
    let vectors = fixture("epc-vectors.json");
    for case in cases(&vectors, "decode") {
        let (value, status) = epc_json(text(case, "hex").unwrap());
        assert_eq!(status, 0);
        for key in ["scheme", "pure_uri", "tag_uri", "element_string"] {
            assert_eq!(value[key], case[key], "{}", case["id"]);
        }
        assert_eq!(value["digital_link"], case["digital_link_path"], "{}", case["id"]);
        assert_eq!(value["reason"], Value::Null);
    }
    for case in cases(&vectors, "plus_schemes") {
        let (value, status) = epc_json(text(case, "hex").unwrap());
        assert_eq!((status, &value["digital_link"]), (0, &case["digital_link_path"]));
    }
}

#[test]
fn a_tag_that_cannot_be_decoded_is_raw_and_refused() {
    let vectors = fixture("epc-vectors.json");
    for case in cases(&vectors, "decode_reject") {
        let hex = text(case, "hex").unwrap();
        let (value, status) = epc_json(hex);
        assert_eq!(status, 1);
        assert_eq!(value["scheme"], json!("raw"));
        assert_eq!(value["pure_uri"], json!(format!("urn:epc:raw:{}.x{hex}", hex.len() * 4)));
        assert_eq!(value["tag_uri"], Value::Null);
        assert!(value["reason"].as_str().is_some_and(|reason| !reason.is_empty()));
    }
    let (value, status) = epc_json("not hex");
    assert_eq!((status, &value["scheme"], &value["pure_uri"]), (1, &Value::Null, &Value::Null));
    assert!(value["reason"].is_string());
}

#[test]
fn a_mark_is_printed_with_kind_and_uii() {
    let vectors = fixture("mark-vectors.json");
    for case in cases(&vectors, "decode") {
        let (value, status) = mark_json(text(case, "raw").unwrap().as_bytes());
        assert_eq!((status, &value["kind"], &value["uii"]), (0, &case["kind"], &case["uii"]));
    }
    for case in cases(&vectors, "reject") {
        let (value, status) = mark_json(text(case, "raw").unwrap().as_bytes());
        assert_eq!((status, &value["kind"], &value["uii"]), (1, &Value::Null, &Value::Null));
        assert!(value["reason"].is_string());
    }
    let (value, _) = mark_json(b"]d2018061414112345821AB");
    assert_eq!(value["kind"], json!("gtin_serial"));
    assert_eq!(value["symbology"], json!("]d2"));
    assert_eq!(value["key"], json!("/01/80614141123458/21/AB"));
}

#[test]
fn people_get_lines() {
    let (lines, status) = epc_lines("3474257BF40000000000162E");
    assert_eq!(status, 0);
    assert!(lines.iter().any(|line| line.ends_with("urn:epc:id:giai:0614141.5678")));
    let (lines, status) = epc_lines("00");
    assert_eq!(status, 1);
    assert!(lines.iter().any(|line| line.contains("blank tag")));
    assert_eq!(epc_lines("zz").1, 1);
    let (lines, status) = mark_lines(b"[)>\x1e06\x1d18S1MVX9M4112233\x1e\x04");
    assert_eq!(status, 0);
    assert!(lines.iter().any(|line| line.ends_with("D1MVX9M4112233")));
    let (lines, status) = mark_lines(b"\x1b[2Jboo");
    assert_eq!(status, 1);
    assert!(!lines.concat().contains('\x1b'));
}

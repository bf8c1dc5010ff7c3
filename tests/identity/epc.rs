//! EPC vectors: decoding, encoding, refusals, and what readers send around an EPC.

use armoury::identity::TagId;
use armoury::identity::epc::{
    self, EPC_MAX_BYTES, EpcError, HexError, air_crc16, decode, encode, gs1_check_digit, hex, iso_raw_uri,
    iso_text, parse_epc_hex, parse_hex, raw_uri,
};

use super::{cases, fixture, text};

fn bytes(hex: &str) -> Vec<u8> {
    parse_epc_hex(hex).expect("a vector is hex")
}

#[test]
fn every_vector_decodes_to_all_its_texts() {
    let vectors = fixture("epc-vectors.json");
    for case in cases(&vectors, "decode") {
        let id = text(case, "id").unwrap();
        for key in ["hex", "epc_words_hex"] {
            let epc = bytes(text(case, key).unwrap());
            let decoded = decode(&epc).unwrap_or_else(|error| panic!("{id}: {error}"));
            assert_eq!(Some(decoded.scheme.name()), text(case, "scheme"), "{id}");
            assert_eq!(decoded.tag_uri.as_deref(), text(case, "tag_uri"), "{id}");
            assert_eq!(Some(decoded.pure_uri.as_str()), text(case, "pure_uri"), "{id}");
            assert_eq!(decoded.element_string.as_deref(), text(case, "element_string"), "{id}");
            assert_eq!(decoded.digital_link.as_deref(), text(case, "digital_link_path"), "{id}");
            assert_eq!(Some(TagId::from_epc(&epc).as_str()), text(case, "pure_uri"), "{id}");
        }
    }
}

#[test]
fn every_vector_encodes_to_the_words_on_the_tag() {
    let vectors = fixture("epc-vectors.json");
    for case in cases(&vectors, "decode") {
        let id = text(case, "id").unwrap();
        let encoded = encode(text(case, "tag_uri").unwrap()).unwrap_or_else(|error| panic!("{id}: {error}"));
        assert_eq!(encoded.bit_length as u64, case["bit_length"].as_u64().unwrap(), "{id}");
        assert_eq!(encoded.bytes, parse_hex(text(case, "epc_words_hex").unwrap()).unwrap(), "{id}");
    }
}

#[test]
fn the_air_checksum_covers_pc_and_epc() {
    assert_eq!(air_crc16(b"123456789"), 0xD64E);
    let vectors = fixture("epc-vectors.json");
    for case in cases(&vectors, "decode") {
        let id = text(case, "id").unwrap();
        let pc = parse_hex(text(case, "pc_hex").unwrap()).unwrap();
        let epc = parse_hex(text(case, "epc_words_hex").unwrap()).unwrap();
        assert_eq!(usize::from(pc[0] >> 3) * 2, epc.len(), "{id}: L counts the words");
        let crc = air_crc16(&[pc, epc].concat());
        assert_eq!(format!("{crc:04X}"), text(case, "crc16_hex").unwrap(), "{id}");
    }
}

#[test]
fn what_breaks_a_rule_is_shown_raw_with_a_reason() {
    let vectors = fixture("epc-vectors.json");
    for case in cases(&vectors, "decode_reject") {
        let epc = bytes(text(case, "hex").unwrap());
        let because = text(case, "reject_because").unwrap();
        let error = decode(&epc).expect_err(because);
        assert!(error.to_string().len() > 20, "{because}: {error}");
        assert_eq!(TagId::from_epc(&epc).as_str(), raw_uri(&epc), "{because}");
    }
}

#[test]
fn what_does_not_fit_a_tag_is_not_encoded() {
    let vectors = fixture("epc-vectors.json");
    for case in cases(&vectors, "encode_reject") {
        let because = text(case, "reject_because").unwrap();
        let error = encode(text(case, "tag_uri").unwrap()).expect_err(because).to_string();
        if because.contains("giai-202") {
            assert!(error.contains("giai-202"), "{because}: {error}");
        }
    }
    for uri in [
        "urn:epc:id:giai:0614141.5678",
        "urn:epc:tag:giai+:3.952114132a",
        "urn:epc:tag:gdti-113:3.0614141.12345.1",
        "urn:epc:tag:giai-202:0.9520066.A/B",
        "urn:epc:tag:giai-202:0.9520066.A%2",
        "urn:epc:tag:giai-96:8.9520066.1",
        "urn:epc:tag:giai-96:0.95200.1",
        "urn:epc:tag:sgtin-96:0.9520066.00001.1",
        "urn:epc:tag:sgtin-96:0.9520066.000001",
        "urn:epc:tag:adi-var:1.1MVX9..%23",
        "urn:epc:tag:adi-var:1.1MVX9..",
        "urn:epc:tag:usdod-96:16.1MVX9.1",
        "urn:epc:tag:sgcn-96:3.4012345.67890.1234567890123",
        "urn:epc:tag:cpi-96:3.952114112345.1234.1",
        "urn:epc:tag:cpi-var:3.0614141.5PQ7.1000000000000",
        "",
    ] {
        assert!(encode(uri).is_err(), "{uri}");
    }
}

/// TDS 1.13 and 2.3, annex E.3: the schemes that the domain page's vectors leave out.
#[test]
fn the_standards_other_examples() {
    let examples = [
        ("3C76451FD400C0E680003039", "urn:epc:tag:cpi-96:3.9521141.98765.12345"),
        ("3D74257BF75411DEF6B4CC00000003039000", "urn:epc:tag:cpi-var:3.0614141.5PQ7%2FZ43.12345"),
        ("3F76451FD612640000019907000", "urn:epc:tag:sgcn-96:3.9521141.67890.04711"),
        ("4076451FD40C0E40820000000F54", "urn:epc:tag:itip-110:3.9521141.012345.01.02.981"),
        (
            "4176451FD40C0E4082DBDD8B36600000000000000000000000000000",
            "urn:epc:tag:itip-212:3.9521141.012345.01.02.mw133",
        ),
        ("2E76451FD4499602D2000000", "urn:epc:tag:gsrnp-96:3.9521141.1234567890"),
        ("311BA1B300CE0A6A83000000", "urn:epc:tag:sscc-96:0.952012.03456789123"),
    ];
    for (hex, uri) in examples {
        let epc = bytes(hex);
        let decoded = decode(&epc).unwrap();
        assert_eq!(decoded.tag_uri.as_deref(), Some(uri));
        let encoded = encode(uri).unwrap();
        assert_eq!(encoded.bytes, epc[..encoded.bytes.len()], "{uri}");
    }
    let coupon = decode(&bytes("3F76451FD612640000019907")).unwrap();
    assert_eq!(coupon.element_string.as_deref(), Some("(255)952114167890904711"));
    let component = decode(&bytes("3D74257BF75411DEF6B4CC00000003039000")).unwrap();
    assert_eq!(component.digital_link.as_deref(), Some("/8010/06141415PQ7%2FZ43/8011/12345"));
    let piece = decode(&bytes("4076451FD40C0E40820000000F54")).unwrap();
    assert_eq!(piece.element_string.as_deref(), Some("(8006)095211411234540102(21)981"));
}

#[test]
fn plus_schemes_give_digital_links() {
    let vectors = fixture("epc-vectors.json");
    for case in cases(&vectors, "plus_schemes") {
        let decoded = decode(&bytes(text(case, "hex").unwrap())).unwrap();
        assert_eq!(decoded.digital_link.as_deref(), text(case, "digital_link_path"));
        assert_eq!(decoded.scheme.name(), text(case, "scheme").unwrap().to_lowercase());
        assert_eq!(decoded.tag_uri, None);
        assert_eq!(
            decoded.pure_uri,
            format!("https://id.gs1.org{}", text(case, "digital_link_path").unwrap())
        );
        assert_eq!(decoded.filter, Some(3));
    }
    // TDS 2.3 annex E.3.
    for (hex, link) in [
        ("FB342CDE795211411234538566CB0AFC4", "/01/79521141123453/21/32a%2Fb"),
        ("F90095201234567891235", "/00/095201234567891235"),
        ("F2395211411234548566CB0AFC4", "/414/9521141123454/254/32a%2Fb"),
        ("F53952114112345678906", "/8017/952114112345678906"),
        ("F6395211411234540458B8", "/253/95211411234545678"),
        ("F0395211415E87A145BAFB4D19A8C0E4", "/8010/95211415PQ7%2FZ43/8011/12345"),
        ("F839521141678909509338", "/255/952114167890904711"),
        ("F3309521141123454010266AE27FDF35", "/8006/095211411234540102/21/rif981"),
    ] {
        assert_eq!(decode(&bytes(hex)).unwrap().digital_link.as_deref(), Some(link), "{hex}");
    }
}

#[test]
fn each_header_of_the_page_is_known() {
    let said = |header: u8| decode(&[header, 0x95, 0x20, 0, 0, 0, 0, 0, 0, 0, 0, 0]).unwrap_err();
    assert_eq!(said(0x00), EpcError::Blank);
    assert_eq!(said(0xE2), EpcError::WrongBank);
    assert_eq!(said(0xCF), EpcError::FirstGeneration);
    assert_eq!(said(0x3A), EpcError::Withdrawn);
    assert_eq!(said(0xFF), EpcError::Reserved);
    assert_eq!(said(0x07), EpcError::UnknownHeader { header: 0x07 });
    assert_eq!(decode(&[]), Err(EpcError::Empty));
    for header in (0xE6..=0xEF).chain([0xFC, 0xFD]) {
        assert!(matches!(said(header), EpcError::WithHostName { .. }), "{header:02X}");
        assert!(said(header).to_string().contains("++"));
    }
    for header in [0x2C, 0x2D, 0x2E, 0x2F, 0x36, 0x37, 0x38, 0x39, 0x3B, 0x3C, 0x3D, 0x3E, 0x3F, 0x40, 0x41] {
        assert!(!matches!(decode(&[header]), Ok(_) | Err(EpcError::UnknownHeader { .. })), "{header:02X}");
    }
    assert!(said(0x00).to_string().starts_with("blank tag"));
    assert!(said(0xE2).to_string().contains("the reader is in the wrong bank"));
}

#[test]
fn one_asset_has_one_key_whatever_the_tag() {
    let small = encode("urn:epc:tag:giai-96:3.0614141.5678").unwrap();
    let large = encode("urn:epc:tag:giai-202:0.0614141.5678").unwrap();
    assert_eq!(TagId::from_epc(&small.bytes), TagId::from_epc(&large.bytes));
    let mut padded = small.bytes.clone();
    padded.extend([0xAB, 0xCD]);
    assert_eq!(TagId::from_epc(&small.bytes), TagId::from_epc(&padded));
}

#[test]
fn a_serial_with_dots_stays_whole() {
    let uri = "urn:epc:tag:sgtin-198:3.0614141.712345.A.B..C";
    let decoded = decode(&encode(uri).unwrap().bytes).unwrap();
    assert_eq!(decoded.tag_uri.as_deref(), Some(uri));
}

#[test]
fn a_false_terminator_inside_a_character_ends_nothing() {
    // `4` is 110100 and the terminator 000000: six zeros in a row begin inside the character.
    let decoded = decode(&bytes("3B0E0CF5E76C9047759AD00373DC7602E7200")).unwrap();
    assert_eq!(decoded.pure_uri, "urn:epc:id:adi:35962.PQ7VZ4.M37GXB92");
    assert_eq!(decoded.uii.as_deref(), Some("D35962PQ7VZ4M37GXB92"));
}

#[test]
fn tails_and_raw_uris_for_screens() {
    assert_eq!(TagId::from_epc(&bytes("3474257BF40000000000162E")).tail(), "5678");
    assert_eq!(TagId::from_epc(&bytes("E28011606000020000007f3a")).tail(), "7F3A");
    assert_eq!(
        TagId::from_epc(&bytes("3874257BF59B2C2BF10000000000000000000000000000000000")).tail(),
        "2A/B"
    );
    assert_eq!(raw_uri(&bytes("e280116060007f3a")), "urn:epc:raw:64.xE280116060007F3A");
    assert_eq!(iso_raw_uri(0xA1, &[0x4d, 0x0a]), "urn:epc:raw:16.xA1.x4D0A");
    // 25S, then the end mark: 110010 110101 010011 100001.
    assert_eq!(iso_text(&[0b1100_1011, 0b0101_0100, 0b1110_0001]).as_deref(), Some("25S"));
    assert_eq!(iso_text(&[0b1100_1011, 0b0101_0100]), None);
}

#[test]
fn hex_is_strict_and_says_where() {
    assert_eq!(parse_hex("34 74:25\t7b"), Ok(vec![0x34, 0x74, 0x25, 0x7b]));
    assert_eq!(parse_hex("347"), Err(HexError::Odd { digits: 3 }));
    assert_eq!(parse_hex("34x7"), Err(HexError::Character { found: 'x', position: 3 }));
    assert_eq!(parse_hex(" : "), Err(HexError::Empty));
    assert_eq!(parse_epc_hex("347"), Ok(vec![0x34, 0x70]));
    assert_eq!(parse_epc_hex(&"00".repeat(63)), Err(HexError::TooLong { bytes: 63 }));
    assert_eq!(parse_epc_hex(&"30".repeat(EPC_MAX_BYTES)).map(|epc| epc.len()), Ok(62));
    assert_eq!(hex(&[0xAB, 0x01]), "ab01");
}

#[test]
fn check_digits() {
    assert_eq!(gs1_check_digit("8061414112345"), Some(8));
    assert_eq!(gs1_check_digit(""), Some(0));
    assert_eq!(gs1_check_digit("12a"), None);
    assert_eq!(epc::Scheme::ALL.len(), 33);
}

//! Mark vectors, and one key for one item whatever brought it.

use armoury::identity::MarkId;
use armoury::identity::epc::{decode, encode};
use armoury::identity::mark::{MarkError, MarkKind, house, parse, printable};

use super::{cases, fixture, text};

#[test]
fn every_vector_gives_its_uii() {
    let vectors = fixture("mark-vectors.json");
    for case in cases(&vectors, "decode") {
        let raw = text(case, "raw").unwrap();
        let mark = parse(raw.as_bytes()).unwrap_or_else(|error| panic!("{raw:?}: {error}"));
        assert_eq!(Some(mark.kind.as_str()), text(case, "kind"), "{raw:?}");
        assert_eq!(mark.uii.as_deref(), text(case, "uii"), "{raw:?}");
        assert_eq!(Some(MarkId::from_text(raw).as_str()), text(case, "uii"), "{raw:?}");
        // As a register would hold it.
        assert_eq!(MarkId::from_text(text(case, "uii").unwrap()), mark.key, "{raw:?}");
    }
}

#[test]
fn every_broken_vector_is_refused_and_gets_no_ones_key() {
    let vectors = fixture("mark-vectors.json");
    for case in cases(&vectors, "reject") {
        let (raw, because) = (text(case, "raw").unwrap(), text(case, "reject_because").unwrap());
        let error = parse(raw.as_bytes()).expect_err(because);
        assert!(!error.to_string().contains(char::is_control), "{because}: {error}");
        assert_eq!(MarkId::from_text(raw).as_str(), raw, "{because}");
    }
}

#[test]
fn the_reason_fits_the_fault() {
    let reason = |raw: &str| parse(raw.as_bytes()).unwrap_err();
    assert_eq!(reason("17V1MVX9\x1d1P1\x1dS1"), MarkError::NoEnvelope);
    assert_eq!(reason("[)>\x1e06\x1d17V1MVX9\x1d1P1\x1dS1\x1e"), MarkError::CutOff);
    assert_eq!(reason("[)>\x1e07\x1dS1\x1e\x04"), MarkError::Format("07".to_owned()));
    assert_eq!(
        reason("[)>\x1e06\x1d17V1MVX9\x1d1P1\x1dS1\x1dS1\x1e\x04"),
        MarkError::Repeated("S".to_owned())
    );
    assert!(matches!(reason("[)>\x1e06\x1d17V1MVX9\x1dS1\x1e\x04"), MarkError::Missing(_)));
    assert!(matches!(reason("[)>\x1e06\x1d17V1MVX\x1d1P1\x1dS1\x1e\x04"), MarkError::Length { .. }));
    assert!(matches!(reason("(01)80614141123459(21)1"), MarkError::CheckDigit { expected: 8, .. }));
    assert!(matches!(reason("(01)80614141123458"), MarkError::Missing(_)));
    assert!(matches!(reason("https://example.org/about"), MarkError::NotADigitalLink));
    assert_eq!(reason("AK-0047"), MarkError::NotAnIdentifier);
    assert_eq!(reason("]Q1\r\n"), MarkError::Empty);
    assert!(matches!(parse(&[b'1'; 7090]), Err(MarkError::TooLong { bytes: 7090 })));
}

#[test]
fn other_enterprises_and_equivalents() {
    let uii = |body: &str| {
        parse(format!("[)>\x1e{body}\x1e\x04").as_bytes()).map(|mark| (mark.kind, mark.uii.unwrap()))
    };
    assert_eq!(uii("06\x1d18VD1MVX9\x1d1PA\x1dS1"), Ok((MarkKind::Construct2, "D1MVX9A1".to_owned())));
    assert_eq!(uii("06\x1d22S80A12BC4"), Ok((MarkKind::Esn, "80A12BC4".to_owned())));
    assert_eq!(uii("06\x1dI1HGBH41JXMN109186"), Ok((MarkKind::Vin, "1HGBH41JXMN109186".to_owned())));
    assert_eq!(uii("12\x1dDUN 123456789\x1dUCN A1"), Ok((MarkKind::Construct1, "UN123456789A1".to_owned())));
    assert_eq!(
        uii("12\x1dEUC 9520066\x1dLOT 7\x1dSEQ A1"),
        Ok((MarkKind::Construct2, "95200667A1".to_owned()))
    );
    assert_eq!(uii("05\x1d8003095200660000171234"), Ok((MarkKind::Grai, "095200660000171234".to_owned())));
    // Two formats in one envelope, one of them only text.
    assert_eq!(uii("07\x1dfree\x1e06\x1d25SD1MVX9M4"), Ok((MarkKind::Uii25S, "D1MVX9M4".to_owned())));
    assert!(uii("06\x1d25SD1MVX9M4\x1e06\x1d25SD1MVX9M5").is_err());
    assert!(uii("06\x1d25SD1MVX9M4\x1d18S1MVX9M5").is_err());
    assert!(uii("06\x1d17V1MVX9\x1d1PA\x1d1TB\x1dS1").is_err());
}

#[test]
fn parts_stay_beside_the_uii() {
    let mark = parse(b"[)>\x1e06\x1d17V1MVX9\x1d1P9377480\x1dSW123\x1d30P9377480-A\x1e\x04").unwrap();
    let parts: Vec<(&str, &str)> =
        mark.parts.iter().map(|part| (part.qualifier.as_str(), part.value.as_str())).collect();
    assert_eq!(parts, [("17V", "1MVX9"), ("1P", "9377480"), ("S", "W123"), ("30P", "9377480-A")]);
    // Two pairs that join to the same text: the key is the same, the parts tell.
    let other = parse(b"[)>\x1e06\x1d17V1MVX9\x1d1P937748\x1dS0W123\x1e\x04").unwrap();
    assert_eq!(mark.key, other.key);
    assert_ne!(mark.parts[1], other.parts[1]);
}

#[test]
fn one_asset_marked_four_ways_has_one_key() {
    let key = MarkId::from_text("06141419999960MH80312");
    for text in [
        "[)>\x1e05\x1d800406141419999960MH80312\x1d21MH80312\x1e\x04",
        "(8004)06141419999960MH80312",
        "(8004)06141419999960MH80312(21)MH80312",
        "(8004) 06141419999960MH80312 (21) MH80312",
        "]d2800406141419999960MH80312\x1d21MH80312\r\n",
        "\x1d800406141419999960MH80312",
        "]C1\x1d800406141419999960MH80312",
        "https://id.gs1.org/8004/06141419999960MH80312",
        "HTTP://EXAMPLE.COM/8004/06141419999960MH80312",
        "]Q1https://armoury.example/any/path/8004/06141419999960MH80312?11=200101#x",
        "06141419999960MH80312\n",
    ] {
        assert_eq!(MarkId::from_text(text), key, "{text:?}");
    }
}

#[test]
fn a_tag_and_a_mark_of_one_weapon_meet() {
    let tag = decode(&encode("urn:epc:tag:adi-var:1.1MVX9..M4112233").unwrap().bytes).unwrap();
    let mark = MarkId::from_text("[)>\x1e06\x1d18S1MVX9M4112233\x1e\x04");
    assert_eq!(tag.uii.as_deref(), Some(mark.as_str()));
    assert_eq!(MarkId::from_text("D1MVX9M4112233"), mark);
    let made_up = decode(&encode("urn:epc:tag:adi-var:1.1MVX9..%230001").unwrap().bytes).unwrap();
    assert_eq!(made_up.uii, None, "a serial made up for the tag is on no mark");
    let grai = decode(&encode("urn:epc:tag:grai-170:0.9520066.00001.R-0001").unwrap().bytes).unwrap();
    assert_eq!(grai.uii.as_deref(), Some(MarkId::from_text("(8003)09520066000017R-0001").as_str()));
}

#[test]
fn gs1_keys_have_the_key_of_their_tag() {
    for (tag, forms) in [
        (
            "urn:epc:tag:sgtin-198:3.0614141.712345.32a%2Fb",
            [
                "(01)70614141123451(21)32a/b",
                "]d201706141411234512132a/b",
                "https://a.b/01/70614141123451/21/32a%2Fb",
            ],
        ),
        (
            "urn:epc:tag:gsrn-96:0.9520066.0000000042",
            [
                "(8018) 952006600000000428",
                "\x1d8018952006600000000428",
                "https://a.b/8018/952006600000000428/",
            ],
        ),
        (
            "urn:epc:tag:sscc-96:3.0614141.1234567890",
            ["(00)106141412345678908", "]C100106141412345678908", "http://a.b/00/106141412345678908"],
        ),
        (
            "urn:epc:tag:sgln-96:3.0614141.12345.5678",
            [
                "(414)0614141123452(254)5678",
                "]d241406141411234522545678",
                "https://a.b/414/0614141123452/254/5678",
            ],
        ),
    ] {
        let decoded = decode(&encode(tag).unwrap().bytes).unwrap();
        for form in forms {
            assert_eq!(Some(MarkId::from_text(form).as_str()), decoded.digital_link.as_deref(), "{form:?}");
        }
    }
    // Shorter GTINs and a place without extension.
    assert_eq!(MarkId::from_text("https://a.b/01/9506000134352/21/1").as_str(), "/01/09506000134352/21/1");
    assert_eq!(MarkId::from_text("(414)9520066000123(254)0").as_str(), "/414/9520066000123");
}

#[test]
fn a_serial_with_brackets_is_not_cut() {
    let scanned = MarkId::from_text("]d2018061414112345821A(10)B");
    assert_eq!(scanned.as_str(), "/01/80614141123458/21/A%2810%29B");
    assert_eq!(MarkId::from_text(scanned.as_str()), scanned);
    assert_ne!(MarkId::from_text("(01)80614141123458(21)A(10)B"), scanned);
}

#[test]
fn house_codes_are_checked() {
    let code = house::make([0, 1, 2, 3, 4, 5, 6, 7, 8, 9]);
    assert_eq!(code.len(), 14);
    // Luhn mod 32 by hand: from the right 9·2, 8, 7·2, 6, 5·2, 4, 3·2, 2, 1·2, 0 are 70, and 96 is the next multiple of 32.
    assert_eq!(code, "A1:0123456789T");
    assert_eq!(house::check(&code.to_lowercase()), Ok(code.clone()));
    assert_eq!(parse(code.as_bytes()).unwrap().kind, MarkKind::House);
    assert_eq!(MarkId::from_text(&format!("]Q1{}\r\n", code.to_lowercase())).as_str(), code);
    for wrong in [
        "A1:0123456789S",
        "A1:012345678T",
        "A1:0123456789TT",
        "A1:012345678IT",
        "B1:0123456789T",
        "A1:",
        "A1:é123456789T",
    ] {
        assert!(house::check(wrong).is_err(), "{wrong}");
        assert_ne!(MarkId::from_text(wrong).as_str(), code);
        assert!(parse(wrong.as_bytes()).is_err(), "{wrong}");
    }
}

#[test]
fn one_wrong_character_never_makes_another_house_code() {
    const ALPHABET: &str = "0123456789ABCDEFGHJKMNPQRSTVWXYZ";
    let code = house::make([31, 7, 0, 19, 22, 4, 4, 30, 11, 16]);
    for at in 3..code.len() {
        for c in ALPHABET.chars().filter(|c| !code[at..].starts_with(*c)) {
            let mut wrong = code.clone();
            wrong.replace_range(at..=at, &c.to_string());
            assert!(house::check(&wrong).is_err(), "{wrong} passes beside {code}");
        }
    }
}

#[test]
fn a_cut_off_mark_never_gets_the_key_of_the_whole_one() {
    for mark in [
        "[)>\x1e06\x1d17V1MVX9\x1d1P9377480\x1dSW123\x1e\x04",
        "[)>\x1e12\x1dMFR 0CVA5\x1dSER 674A36458\x1e\x04",
        "[)>\x1e05\x1d800406141419999960MH80312\x1e\x04",
        "(8018)952006600000000428",
        "A1:0123456789T",
    ] {
        let key = MarkId::from_text(mark);
        for end in 0..mark.len() {
            assert!(parse(&mark.as_bytes()[..end]).is_err(), "{:?}", &mark[..end]);
            assert_ne!(MarkId::from_text(&mark[..end]), key, "{:?}", &mark[..end]);
        }
    }
}

#[test]
fn screens_get_no_control_characters() {
    let mark = parse(b"[)>\x1e06\x1d25SD1MVX9M4112233\x1e\x04").unwrap();
    assert_eq!(mark.text, "[)>␞06␝25SD1MVX9M4112233␞␄");
    assert_eq!(printable("a\u{1b}[31mb\u{202e}c\u{7f}"), "a␛[31mb\u{fffd}c␡");
    assert_eq!(MarkId::from_text("a\u{1b}b").as_str(), "a\u{1b}b");
    assert_eq!(MarkId::from_text("a\u{1b}b").to_string(), "a␛b");
    assert_eq!(MarkId::from_bytes(&[0x41, 0xE9]).as_str(), "Aé");
}

//! Other people's books: their columns, words, dates, encodings and separators.

use armoury::cli::import::{EmptyBook, Mapping, Reading, persons_from, weapons, weapons_from};
use armoury::domain::{Role, Weapon};

use super::{refused, weapons_refused};

fn reading(mapping: &str) -> Reading {
    Reading { mapping: Mapping::parse(mapping).expect("a mapping"), alike_checked: false }
}

const THEIRS: &str = r#"
separator = ";"
ignore_other_columns = true

[columns]
id = "Nr."
serial = "Waffennummer"
category = "Gattung"
year = "Baujahr"

[constants]
maker = "Steyr"
owner = "2. Kompanie"

[values.category]
"Sturmgewehr" = "SA-4"
"Pistole" = "SA-1"
"#;

#[test]
fn a_mapping_says_which_column_is_which_and_what_its_words_mean() {
    let text = "Gattung;Bemerkung;Nr.;Waffennummer;Baujahr\nSturmgewehr;gut;1;0512;1988\nPistole;;2;A-7;\nSA-6;;3;;\n";
    let read = weapons_from(text.as_bytes(), &reading(THEIRS), &EmptyBook).expect("right");
    let short = |weapon: &Weapon| {
        ["maker", "owner", "category", "serial", "year"].map(|field| weapon.field(field).expect("a field"))
    };
    assert_eq!(short(&read[0]), ["Steyr", "2. Kompanie", "SA-4", "0512", "1988"]);
    assert_eq!(short(&read[1]), ["Steyr", "2. Kompanie", "SA-1", "A-7", ""]);
    assert_eq!(short(&read[2]), ["Steyr", "2. Kompanie", "SA-6", "", ""]);
    let wrong = "Gattung;Nr.;Waffennummer;Baujahr\nMusket;1;1;88\n";
    refused(
        weapons_from(wrong.as_bytes(), &reading(THEIRS), &EmptyBook),
        &[(2, "category", "\"Musket\" is no category"), (2, "year", "four digits")],
    );
}

#[test]
fn the_sample_mapping_reads_and_names_every_key() {
    let text = include_str!("../../config/mapping.toml");
    let mapping = Mapping::parse(text).expect("the sample");
    let keys = [
        "encoding",
        "separator",
        "sheet",
        "header_line",
        "ignore_other_columns",
        "columns",
        "constants",
        "values",
        "dates",
    ];
    let written: toml::Table = toml::from_str(text).expect("TOML");
    assert_eq!(written.keys().map(String::as_str).collect::<std::collections::BTreeSet<_>>(), keys.into());
    let book =
        "Arms book\n\nNr.;Waffennummer;Typ;Gattung;Baujahr;Bemerkung\n1;0512;StG 77;Sturmgewehr;1988;gut\n";
    let reading = Reading { mapping, alike_checked: false };
    let read = weapons_from(book.as_bytes(), &reading, &EmptyBook).expect("right");
    assert_eq!((read[0].category.as_deref(), read[0].year), (Some("SA-4"), Some(1988)));
}

#[test]
fn a_mapping_that_cannot_be_meant_is_refused() {
    for (mapping, piece) in
        [("colour = 1", "colour"), ("separator = \"|\"", "separator"), ("[columns]\nid = 3", "string")]
    {
        let why = Mapping::parse(mapping).expect_err("refused");
        assert!(why.contains(piece), "{mapping}: {why}");
    }
    let of = |mapping: &str| weapons_from(b"id,x\n1,2\n", &reading(mapping), &EmptyBook);
    refused(of("[columns]\ncolour = \"x\""), &[(1, "", "names \"colour\" in [columns]")]);
    refused(
        of("[columns]\nmaker = \"x\"\n[constants]\nmaker = \"y\""),
        &[(1, "", "a column and a constant")],
    );
    refused(of("[columns]\nmaker = \"x\"\nmodel = \"x\""), &[(1, "", "to two fields")]);
    refused(of("[columns]\nmaker = \"x\"\nmodel = \"y\""), &[(1, "model", "no such column")]);
    refused(of("encoding = \"klingon\""), &[(1, "", "there is no encoding")]);
}

#[test]
fn dates_are_read_as_the_mapping_says_and_no_other_way() {
    let mapping = "header_line = 3\n[constants]\nrole = \"bearer\"\n[dates]\nvalid_until = \"%d.%m.%Y\"";
    let text = "A Company\n\nid,valid_until\nP1,14.05.2026\nP2,2026-05-14\n";
    refused(
        persons_from(text.as_bytes(), &reading(mapping), &EmptyBook),
        &[(5, "valid_until", "of the form %d.%m.%Y")],
    );
    let right = persons_from(text.replace("2026-05-14", "").as_bytes(), &reading(mapping), &EmptyBook);
    let right = right.expect("right");
    assert_eq!(right[0].valid_until, Some(jiff::civil::date(2026, 5, 14)));
    assert_eq!((right[1].valid_until, right[1].role), (None, Role::Bearer));
}

#[test]
fn separators_are_found_from_the_header() {
    for text in
        ["id;maker;model\nA1;x,y;z\n", "id\tmaker\tmodel\nA1\tx,y\tz\n", "id,maker,model\nA1,\"x,y\",z\n"]
    {
        let read = weapons(text.as_bytes(), &EmptyBook).expect("right");
        assert_eq!((read[0].maker.as_deref(), read[0].model.as_deref()), (Some("x,y"), Some("z")), "{text}");
    }
    weapons_refused("nothing;known\nA1;x\n", &[(1, "", "a header is required")]);
}

#[test]
fn encodings_come_from_their_first_bytes_or_by_name() {
    let text = "id,maker\nA1,Čeština Łucznik\n";
    let wide = |units: Vec<u8>, mark: &[u8]| [mark, &units].concat();
    let le = wide(text.encode_utf16().flat_map(u16::to_le_bytes).collect(), b"\xff\xfe");
    let be = wide(text.encode_utf16().flat_map(u16::to_be_bytes).collect(), b"\xfe\xff");
    let marked = [b"\xef\xbb\xbf".as_slice(), text.as_bytes()].concat();
    for bytes in [le.as_slice(), &be, &marked, text.as_bytes()] {
        let read = weapons(bytes, &EmptyBook).expect("right");
        assert_eq!(read[0].maker.as_deref(), Some("Čeština Łucznik"));
    }
    for (name, bytes, maker) in [
        ("windows-1252", b"id,maker\nA1,Walth\xe9r\n".as_slice(), "Walthér"),
        ("windows-1251", b"id,maker\nA1,\xc8\xe6\xec\xe0\xf8\n", "Ижмаш"),
        ("iso-8859-2", b"id,maker\nA1,\xa3ucznik\n", "Łucznik"),
        ("iso-8859-5", b"id,maker\nA1,\xb8\xd6\n", "Иж"),
    ] {
        let mapping = reading(&format!("encoding = {name:?}"));
        let read = weapons_from(bytes, &mapping, &EmptyBook).expect("right");
        assert_eq!(read[0].maker.as_deref(), Some(maker), "{name}");
        // A file whose first bytes say otherwise is not what was named.
        refused(weapons_from(&marked, &mapping, &EmptyBook), &[(1, "", "the file begins as UTF-8 does")]);
    }
    let cut = [
        b"\xff\xfe".as_slice(),
        &"id,maker\nA1,x".encode_utf16().flat_map(u16::to_le_bytes).collect::<Vec<u8>>(),
        b"\x00\xd8",
    ]
    .concat();
    refused(weapons(&cut, &EmptyBook), &[(2, "maker", "is not UTF-16LE")]);
}

#[test]
fn a_formula_is_no_value_and_a_guarded_one_is() {
    weapons_refused("id,model\nA1,=1+1\n", &[(2, "model", "is a formula")]);
    let read = weapons(b"id,model,serial\nA1,'=x,'-7\n", &EmptyBook).expect("right");
    assert_eq!((read[0].model.as_deref(), read[0].serial.as_deref()), (Some("=x"), Some("-7")));
}

/// W-2. One serial on two weapons is normal; one identity on two is one weapon twice, and what only looks like another
/// of the same maker and model has to be compared by a person.
#[test]
fn serials_that_look_alike_are_told_until_somebody_has_looked() {
    let text = "id,maker,model,serial\nA1,Colt,M4,O12S\nA2,Colt,M4,0I25\nA3,FN,M4,O12S\nA4,colt,m4,o-12s\n";
    weapons_refused(
        text,
        &[
            (3, "serial", "is easily confused with \"O12S\" in line 2"),
            (5, "serial", "the same maker, model, calibre, country and serial already stand in line 2"),
        ],
    );
    let looked = Reading { alike_checked: true, ..Reading::default() };
    refused(weapons_from(text.as_bytes(), &looked, &EmptyBook), &[(5, "serial", "the same maker")]);
    let right = text.replace("A4,colt,m4,o-12s\n", "");
    assert_eq!(weapons_from(right.as_bytes(), &looked, &EmptyBook).expect("looked at").len(), 3);
}

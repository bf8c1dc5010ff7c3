//! Properties: what is written out comes back, and no bytes upset the reader.

use armoury::cli::cell::{guarded, unguarded};
use armoury::cli::import::{EmptyBook, PERSON_COLUMNS, Problems, WEAPON_COLUMNS, persons, weapons};
use armoury::domain::{Identifier, MayDraw, PersonId, Role, Weapon, WeaponId};
use armoury::ledger::people::{Badge, Enrolment, Personal};
use proptest::prelude::*;

fn words() -> impl Strategy<Value = Option<String>> {
    proptest::option::of("[\"',;a-zA-Zé中م0-9][ \"',;:a-zé中م0-9-]{0,12}[\"',;a-z0-9]")
}

fn unique_bytes(nth: usize, length: usize) -> Vec<u8> {
    // Header FF has no scheme: the tag is its whole bytes. Under 34 what follows the 96th bit is no identity.
    let mut bytes = vec![0xff; 2 + 2 * length];
    bytes.extend_from_slice(&(nth as u32).to_be_bytes());
    bytes
}

fn weapon_rows() -> impl Strategy<Value = Vec<Weapon>> {
    let texts = proptest::collection::vec(words(), 7);
    let row = (
        texts,
        proptest::option::of((0usize..=28, any::<bool>())),
        proptest::option::of("[a-z,\" ]{0,8}[a-z]"),
        0u8..14,
    );
    proptest::collection::vec(row, 0..12).prop_map(|rows| {
        let rows = rows.into_iter().enumerate();
        rows.map(|(nth, (texts, tag, mark, category))| {
            let [maker, country, model, calibre, serial, rack, slot] = texts.try_into().expect("seven texts");
            let tag = tag.map(|(length, with_tid)| Identifier::Tag {
                epc: unique_bytes(nth, length),
                tid: with_tid.then(|| unique_bytes(nth, 4)),
            });
            let mark = mark.map(|text| Identifier::Mark { text: format!("{nth}{text}") });
            let category = match category {
                0 => None,
                small @ 1..=6 => Some(format!("SA-{small}")),
                light => Some(format!("LW-{}", light - 6)),
            };
            let id = WeaponId::new(format!("A,{nth}\"é"));
            let identifiers = tag.into_iter().chain(mark).collect();
            let bare = Weapon::new(id);
            Weapon { maker, country, model, calibre, serial, category, rack, slot, identifiers, ..bare }
        })
        .collect()
    })
}

fn person_rows() -> impl Strategy<Value = Vec<Enrolment>> {
    let date = proptest::option::of((1970i16..2100, 1i8..=12, 1i8..=28));
    let draw = prop_oneof![
        Just(MayDraw::Nothing),
        Just(MayDraw::All),
        proptest::collection::vec("[a-z,\"][a-z 0-9,\"]{0,6}[a-z]", 1..4).prop_map(MayDraw::Listed),
    ];
    let row = (words(), words(), words(), 0..Role::ALL.len(), 0u8..3, date, draw);
    proptest::collection::vec(row, 0..12).prop_map(|rows| {
        let rows = rows.into_iter().enumerate();
        rows.map(|(nth, (rank, name, unit, role, badge, date, may_draw))| {
            let badge = match badge {
                0 => None,
                1 => Some(Badge::Epc(unique_bytes(nth, 4))),
                _ => Some(Badge::Qr(format!("b:{nth}, \""))),
            };
            Enrolment {
                id: PersonId::new(format!("P{nth}")),
                role: Role::ALL[role],
                valid_until: date.map(|(year, month, day)| jiff::civil::date(year, month, day)),
                may_draw,
                personal: Personal { rank, name, unit, badge },
            }
        })
        .collect()
    })
}

/// Writes rows with another program's idea of CSV.
fn written(header: &[&str], rows: impl Iterator<Item = Vec<String>>) -> Vec<u8> {
    let mut writer = csv::WriterBuilder::new().terminator(csv::Terminator::CRLF).from_writer(Vec::new());
    writer.write_record(header).expect("to memory");
    for row in rows {
        writer.write_record(row.iter().map(|field| guarded(field).into_owned())).expect("to memory");
    }
    writer.into_inner().expect("to memory")
}

fn hex(bytes: &[u8]) -> String {
    bytes.iter().map(|byte| format!("{byte:02X}")).collect()
}

fn weapon_fields(weapon: &Weapon) -> Vec<String> {
    let (mut epc_hex, mut tid_hex, mut mark) = (String::new(), String::new(), String::new());
    for identifier in &weapon.identifiers {
        match identifier {
            Identifier::Tag { epc, tid } => {
                (epc_hex, tid_hex) = (hex(epc), tid.as_deref().map(hex).unwrap_or_default())
            }
            Identifier::Mark { text } => mark.clone_from(text),
        }
    }
    let value = |column: &str| match column {
        "id" => weapon.id.as_str().to_owned(),
        "epc" => epc_hex.clone(),
        "tid" => tid_hex.clone(),
        "mark" => mark.clone(),
        field => weapon.field(field).expect("a field of the record"),
    };
    WEAPON_COLUMNS.into_iter().map(value).collect()
}

fn person_fields(person: &Enrolment) -> Vec<String> {
    let Personal { rank, name, unit, badge } = person.personal.clone();
    let badge = match badge {
        None => String::new(),
        Some(Badge::Epc(epc)) => format!("epc:{}", hex(&epc)),
        Some(Badge::Qr(text)) => format!("qr:{text}"),
    };
    let may_draw = match &person.may_draw {
        MayDraw::Nothing => String::new(),
        MayDraw::All => "*".into(),
        MayDraw::Listed(names) => names.join(";"),
    };
    let [rank, name, unit] = [rank, name, unit].map(Option::unwrap_or_default);
    let valid_until = person.valid_until.map(|date| date.to_string()).unwrap_or_default();
    vec![person.id.to_string(), rank, name, unit, person.role.word().into(), badge, valid_until, may_draw]
}

proptest! {
    /// P-1. No cell begins a formula, whatever the text, and the text comes back.
    #[test]
    fn a_guarded_cell_is_never_a_formula_and_comes_back(text in "['=+@\t\r\n-]{0,3}[ -~é]{0,6}") {
        let cell = guarded(&text).into_owned();
        prop_assert!(!cell.starts_with(['=', '+', '-', '@', '\t', '\r']), "{cell:?}");
        prop_assert_eq!(unguarded(&cell), &text);
    }

    #[test]
    fn weapons_written_out_come_back_the_same(rows in weapon_rows()) {
        let bytes = written(&WEAPON_COLUMNS, rows.iter().map(weapon_fields));
        let back = weapons(&bytes, &EmptyBook).map_err(|problems| TestCaseError::fail(problems.to_string()))?;
        prop_assert_eq!(back, rows);
    }

    #[test]
    fn people_written_out_come_back_the_same(rows in person_rows()) {
        let bytes = written(&PERSON_COLUMNS, rows.iter().map(person_fields));
        let back = persons(&bytes, &EmptyBook).map_err(|problems| TestCaseError::fail(problems.to_string()))?;
        prop_assert_eq!(back, rows);
    }

    #[test]
    fn no_bytes_panic_and_every_problem_has_a_line_of_the_file(
        noise in proptest::collection::vec(prop_oneof![
            Just(b','), Just(b'"'), Just(b'\n'), Just(b'\r'), Just(b';'), any::<u8>(),
        ], 0..200),
        with_header in any::<bool>(),
    ) {
        let header: &[u8] = if with_header { b"id,epc,tid,mark,category,model\n" } else { b"" };
        let bytes = [header, &noise].concat();
        let lines = 1 + bytes.iter().filter(|byte| matches!(byte, b'\n' | b'\r')).count();
        for problem in weapons(&bytes, &EmptyBook).err().iter().flat_map(Problems::listed) {
            prop_assert!((1..=lines).contains(&problem.line), "{}", problem);
        }
        let _ = persons(&bytes, &EmptyBook);
    }

    #[test]
    fn a_row_that_fits_no_header_is_never_taken(fields in proptest::collection::vec("[a-z]{1,4}", 1..9)) {
        prop_assume!(fields.len() != 3);
        let bytes = format!("id,maker,model\n{}\n", fields.join(","));
        prop_assert!(weapons(bytes.as_bytes(), &EmptyBook).is_err());
    }
}

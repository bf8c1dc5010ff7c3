//! Registers from CSV: what is right is taken whole, what is wrong is told line by line and nothing is taken.

#[path = "import/books.rs"]
mod books;
#[path = "import/faults.rs"]
mod faults;
#[path = "import/properties.rs"]
mod properties;
#[path = "import/workbooks.rs"]
mod workbooks;

use std::collections::HashMap;

use armoury::cli::import::{Carrier, EmptyBook, Known, Problems, persons, weapons};
use armoury::domain::{Identifier, MayDraw, PersonId, Role, Weapon, WeaponId};
use armoury::identity::{MarkId, TagId};
use armoury::ledger::people::{Badge, Enrolment, Personal};

/// Checks that exactly these problems are found: line, column, and a piece of the sentence each.
fn refused<T: std::fmt::Debug>(read: Result<Vec<T>, Problems>, expected: &[(usize, &str, &str)]) {
    let problems = read.expect_err("taken");
    let fits = problems.listed().len() == expected.len()
        && problems.listed().iter().zip(expected).all(|(problem, (line, column, piece))| {
            problem.line == *line && problem.column == *column && problem.what.contains(piece)
        });
    assert!(fits, "expected {expected:#?}\nfound:\n{problems}");
}

fn weapons_refused(text: &str, expected: &[(usize, &str, &str)]) {
    refused(weapons(text.as_bytes(), &EmptyBook), expected);
}

fn persons_refused(text: &str, expected: &[(usize, &str, &str)]) {
    refused(persons(text.as_bytes(), &EmptyBook), expected);
}

#[test]
fn every_column_of_a_weapon_is_taken() {
    let text = "id,maker,country,model,calibre,serial,category,rack,slot,epc,tid,mark\n\
                A1042,ZASTAVA,RS,M70AB2,7.62x39,512345,SA-4,B,12,3474257bf40000000000162E,E2801160200012345678ABCD,A1:0123456789X\n";
    let read = weapons(text.as_bytes(), &EmptyBook).expect("right");
    let some = |text: &str| Some(text.to_owned());
    let expected = Weapon {
        maker: some("ZASTAVA"),
        country: some("RS"),
        model: some("M70AB2"),
        calibre: some("7.62x39"),
        serial: some("512345"),
        category: some("SA-4"),
        rack: some("B"),
        slot: some("12"),
        identifiers: vec![
            Identifier::Tag {
                epc: vec![0x34, 0x74, 0x25, 0x7b, 0xf4, 0, 0, 0, 0, 0, 0x16, 0x2e],
                tid: Some(vec![0xe2, 0x80, 0x11, 0x60, 0x20, 0, 0x12, 0x34, 0x56, 0x78, 0xab, 0xcd]),
            },
            Identifier::Mark { text: "A1:0123456789X".into() },
        ],
        ..Weapon::new(WeaponId::from("A1042"))
    };
    assert_eq!(read, [expected]);
}

#[test]
fn every_column_of_a_person_is_taken() {
    let text = "id,rank,name,unit,role,badge,valid_until,may_draw\n\
                P1,Cpl,Kovač Marija,1 Pl,inventory_officer,epc:30396062c3950d400011b897,2026-05-14,M21; A1042 ;\n\
                P2,,,,bearer,qr:any text: even this,,*\n";
    let read = persons(text.as_bytes(), &EmptyBook).expect("right");
    let epc = vec![0x30, 0x39, 0x60, 0x62, 0xc3, 0x95, 0x0d, 0x40, 0x00, 0x11, 0xb8, 0x97];
    let some = |text: &str| Some(text.to_owned());
    let first = Enrolment {
        id: PersonId::from("P1"),
        role: Role::InventoryOfficer,
        valid_until: Some(jiff::civil::date(2026, 5, 14)),
        may_draw: MayDraw::Listed(vec!["M21".into(), "A1042".into()]),
        personal: Personal {
            rank: some("Cpl"),
            name: some("Kovač Marija"),
            unit: some("1 Pl"),
            badge: Some(Badge::Epc(epc)),
        },
    };
    let second = Enrolment {
        id: PersonId::from("P2"),
        role: Role::Bearer,
        valid_until: None,
        may_draw: MayDraw::All,
        personal: Personal { badge: Some(Badge::Qr("any text: even this".into())), ..Personal::default() },
    };
    assert_eq!(read, [first, second]);
}

#[test]
fn order_is_free_and_what_is_not_there_is_unknown() {
    // A mark of spreadsheets at the start, their line ends, spaces at the ends of fields, empty rows below the last.
    let text = "\u{feff} serial , id \r\n 007 ,A1\r\n\r\n,A2\r\n,\r\n , \r\n";
    let read = weapons(text.as_bytes(), &EmptyBook).expect("right");
    assert_eq!(read.len(), 2);
    assert_eq!((read[0].id.as_str(), read[0].serial.as_deref()), ("A1", Some("007")));
    assert_eq!((read[1].id.as_str(), read[1].serial.as_deref()), ("A2", None));
    assert!(read[0].identifiers.is_empty() && read[0].maker.is_none());
    assert_eq!(weapons(b"id,serial", &EmptyBook).expect("a header alone is an empty register"), []);
    let person = &persons(b"role,id\nbearer,P1", &EmptyBook).expect("right")[0];
    assert_eq!((&person.may_draw, &person.personal), (&MayDraw::Nothing, &Personal::default()));
}

#[test]
fn a_header_is_required_and_knows_its_columns() {
    let none = "a header is required";
    weapons_refused("", &[(1, "", "the file is empty")]);
    weapons_refused("\u{feff}\r\n\r\n", &[(1, "", "the file is empty")]);
    weapons_refused("A1,ZASTAVA,RS\n", &[(1, "", none)]);
    weapons_refused("\nA1,ZASTAVA,RS\n", &[(2, "", none)]);
    weapons_refused(
        "id,colour,ID,\nA1,x,y,z\n",
        &[
            (1, "", "unknown column \"colour\""),
            (1, "", "unknown column \"ID\""),
            (1, "", "a column without a name"),
        ],
    );
    weapons_refused(
        "serial,maker,serial\n1,2,3\n",
        &[(1, "serial", "names this column twice"), (1, "id", "the header lacks this column")],
    );
    persons_refused("id,name\nP1,x\n", &[(1, "role", "the header lacks this column")]);
    weapons_refused("\"id,maker\nA1,x\n", &[(1, "", "never closed")]);
    refused(weapons(b"\xff\xfei\0d", &EmptyBook), &[(1, "", "UTF-16")]);
}

#[test]
fn every_problem_is_told_by_its_line_also_after_fields_with_line_breaks() {
    weapons_refused(
        "id,model,category,epc,tid,mark\r\n\
         A1,\"M21\r\nlong\r\nbarrel\",SA-7,,,\r\n\
         \r\n\
         ,M21,sa-4,ABC,,\r\n\
         A2,M21\r\n\
         A3,\"M\"\"21\",LW-7,3E+12,,\r\n\
         A4,M21,LW-8,3412 5678,ABCD,\"a\u{7}b\"\r\n",
        &[
            (2, "category", "SA-1 to SA-6 or LW-1 to LW-7"),
            (6, "id", "is empty"),
            (6, "category", "\"sa-4\""),
            (6, "epc", "one digit is missing"),
            (7, "", "2 fields and the header 6"),
            (8, "epc", "a spreadsheet made a number of it"),
            (9, "category", "LW-8"),
            (9, "epc", "without spaces"),
            (9, "tid", "2 bytes"),
            (9, "mark", "control character"),
        ],
    );
    let read = weapons(b"id,model,serial\nA1,\"M21\r\n long\n\nbarrel\",\"a,\"\"b\"\"\"\n", &EmptyBook)
        .expect("right");
    assert_eq!(read[0].model.as_deref(), Some("M21 long barrel"));
    assert_eq!(read[0].serial.as_deref(), Some("a,\"b\""));
    weapons_refused("id,serial\nA1,\"12\n34\"\n", &[(2, "serial", "control character")]);
}

#[test]
fn stray_quotes_are_refused_where_they_stand() {
    weapons_refused(
        "id,model\nA1,5\" gun\nA2,\"x\"y\nA3,\"ok\"\nA4,z\n,\n\nA5,\"open\nA6,x\n",
        &[(2, "", "a quote inside a field"), (3, "", "text after a closing quote"), (8, "", "never closed")],
    );
}

#[test]
fn fields_are_held_to_what_they_mean() {
    let epc = |hex: &str, piece: &str| weapons_refused(&format!("id,epc\nA1,{hex}\n"), &[(2, "epc", piece)]);
    epc("ABCDEF", "3 bytes: a tag holds whole 16-bit words, 4 to 124 hex digits");
    epc(&"ab".repeat(64), "64 bytes");
    epc("000000000000", "a blank tag");
    epc("xyz1", "digits 0 to 9");
    epc("ÄÖ", "digits 0 to 9");
    weapons_refused("id,tid\nA1,E2801160\n", &[(2, "tid", "a chip number without an EPC")]);
    weapons_refused(&format!("id,model\nA1,{}\n", "m".repeat(257)), &[(2, "model", "257 bytes long")]);
    weapons_refused(&format!("id\n{}\n", "i".repeat(65)), &[(2, "id", "is no id")]);
    for category in ["SA-1", "SA-6", "LW-1", "LW-7"] {
        assert!(weapons(format!("id,category\nA1,{category}\n").as_bytes(), &EmptyBook).is_ok());
    }
    for category in ["SA-0", "LW-0", "SA-", "SA-11", "SA-01", "SA-+1", "XX-1"] {
        weapons_refused(&format!("id,category\nA1,{category}\n"), &[(2, "category", "is no category")]);
    }
    let person = |column: &str, value: &str, piece: &str| {
        persons_refused(&format!("id,role,{column}\nP1,bearer,{value}\n"), &[(2, column, piece)]);
    };
    person("badge", "3034", "write epc:HEX or qr:TEXT");
    person("badge", "qr:", "write epc:HEX or qr:TEXT");
    person("badge", "epc:", "is not hex");
    person("badge", "epc:12", "1 bytes");
    for date in ["14/05/2026", "2026-5-14", "2026-02-30", "20260514", "2026-05-14T10:00"] {
        person("valid_until", date, "such as 2026-05-14");
    }
    persons_refused(
        "id,role\nP1,Bearer\nP2,\n",
        &[(2, "role", "write one of bearer armourer"), (3, "role", "is empty")],
    );
    let gs = weapons("id,mark\nA1,[)>\u{1e}06\u{1d}18S1MVX9M4112233\u{1e}\u{4}\n".as_bytes(), &EmptyBook)
        .expect("right");
    let mark = MarkId::from_text("[)>\u{1e}06\u{1d}18S1MVX9M4112233\u{1e}\u{4}");
    assert_eq!(gs[0].mark_ids().collect::<Vec<_>>(), [mark]);
}

#[test]
fn what_is_no_text_is_refused_by_line_and_column() {
    refused(
        weapons(b"id,maker\nA1,Walth\xe9r\nA2,ok\n\xff,x\n", &EmptyBook),
        &[(2, "maker", "is not UTF-8"), (4, "id", "is not UTF-8")],
    );
}

#[test]
fn nothing_may_stand_twice() {
    weapons_refused(
        "id,epc,tid,mark\n\
         A1,3034ABCD,E2801160,m1\n\
         A1,3034abce,e2801161,m2\n\
         A2,3034abcd,E2801162,m3\n\
         A3,3034ABCF,e2801160,m4\n\
         A4,,,m1\n\
         A4,3034abcd,,\n",
        &[
            (3, "id", "already stands in line 2"),
            (4, "epc", "already stands in line 2"),
            (5, "tid", "already stands in line 2"),
            (6, "mark", "already stands in line 2"),
            (7, "id", "already stands in line 6"),
            (7, "epc", "already stands in line 2"),
        ],
    );
    persons_refused(
        "id,role,badge\nP1,bearer,epc:3034ABCD\nP1,bearer,qr:x\nP2,bearer,epc:3034abcd\nP3,bearer,qr:x\n",
        &[
            (3, "id", "already stands in line 2"),
            (4, "badge", "already stands in line 2"),
            (5, "badge", "already stands in line 3"),
        ],
    );
}

/// A book with a few records.
#[derive(Default)]
struct Book {
    weapons: Vec<&'static str>,
    persons: Vec<&'static str>,
    tags: HashMap<TagId, Carrier>,
    marks: HashMap<MarkId, Carrier>,
    tids: HashMap<Vec<u8>, WeaponId>,
}

impl Known for Book {
    fn weapon(&self, id: &WeaponId) -> bool {
        self.weapons.contains(&id.as_str())
    }
    fn person(&self, id: &PersonId) -> bool {
        self.persons.contains(&id.as_str())
    }
    fn tag(&self, tag: &TagId) -> Option<Carrier> {
        self.tags.get(tag).cloned()
    }
    fn tid(&self, tid: &[u8]) -> Option<WeaponId> {
        self.tids.get(tid).cloned()
    }
    fn mark(&self, mark: &MarkId) -> Option<Carrier> {
        self.marks.get(mark).cloned()
    }
}

#[test]
fn what_is_in_the_book_is_a_duplicate_and_a_badge_is_no_weapon() {
    let weapon = Carrier::Weapon(WeaponId::from("A1"));
    let badge = Carrier::Badge(PersonId::from("P1"));
    let book = Book {
        weapons: vec!["A1"],
        persons: vec!["P1"],
        tags: [
            (TagId::from_epc(&[0x30, 0x34]), weapon.clone()),
            (TagId::from_epc(&[0x30, 0x35]), badge.clone()),
        ]
        .into(),
        marks: [(MarkId::from_text("w"), weapon), (MarkId::from_text("b"), badge)].into(),
        tids: [(vec![0xe2, 0x80, 0x11, 0x60], WeaponId::from("A1"))].into(),
    };
    let text = "id,epc,tid,mark\nA1,3034,E2801160,w\nA2,3035,,b\nA3,3036,E2801161,new\n";
    refused(
        weapons(text.as_bytes(), &book),
        &[
            (2, "id", "already registered"),
            (2, "epc", "already on weapon A1"),
            (2, "tid", "already on weapon A1"),
            (2, "mark", "already on weapon A1"),
            (3, "epc", "already on the badge of P1"),
            (3, "mark", "already on the badge of P1"),
        ],
    );
    let text = "id,role,badge\nP1,bearer,epc:3035\nP2,bearer,epc:3034\nP3,bearer,qr:w\n";
    refused(
        persons(text.as_bytes(), &book),
        &[
            (2, "id", "already registered"),
            (2, "badge", "already on the badge of P1"),
            (3, "badge", "already on weapon A1"),
            (4, "badge", "already on weapon A1"),
        ],
    );
}

#[test]
fn a_file_too_large_and_a_list_too_long_end_in_a_sentence() {
    let large = vec![b'a'; 17 * 1024 * 1024];
    refused(weapons(&large, &EmptyBook), &[(1, "", "split it")]);
    let wrong = format!("id,model\n{}", "x\n".repeat(20_000));
    let problems = weapons(wrong.as_bytes(), &EmptyBook).expect_err("wrong");
    assert_eq!((problems.listed().len(), problems.count()), (10_000, 20_000));
    assert!(problems.to_string().contains("and 10000 more problems"));
    let commas = [b"id\n".as_slice(), &[b','; 1_000_000]].concat();
    assert_eq!(weapons(&commas, &EmptyBook).expect("a row of nothing"), []);
    let wide = [b"id\n".as_slice(), &[b','; 1_000_000], b"x"].concat();
    assert!(weapons(&wide, &EmptyBook).is_ok(), "what lies beyond every column is not kept");
}

#[test]
fn the_demonstration_s_registers_are_right() {
    let read = weapons(include_bytes!("../config/demo/weapons.csv"), &EmptyBook).expect("right");
    assert_eq!(read.len(), 60);
    assert!(read.iter().all(|weapon| weapon.identifiers.len() == 2));
    let people = persons(include_bytes!("../config/demo/persons.csv"), &EmptyBook).expect("right");
    assert_eq!(people.len(), 40);
    let badges: Vec<TagId> = people
        .iter()
        .filter_map(|person| match &person.personal.badge {
            Some(Badge::Epc(epc)) => Some(TagId::from_epc(epc)),
            _ => None,
        })
        .collect();
    assert!(
        read.iter().flat_map(Weapon::tag_ids).all(|tag| !badges.contains(&tag)),
        "a badge is no weapon's tag"
    );
    for role in Role::ALL {
        assert!(people.iter().any(|person| person.role == role), "nobody is {}", role.word());
    }
}

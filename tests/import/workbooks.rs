//! Workbooks: what a spreadsheet means, and files made to harm whoever opens them.

use std::io::{Cursor, Write};

use armoury::cli::import::{EmptyBook, Mapping, Reading, persons_from, weapons, weapons_from};
use zip::write::SimpleFileOptions;

use super::refused;

/// A workbook of these sheets, each the inside of `sheetData`.
fn workbook(sheets: &[(&str, &str)]) -> Vec<u8> {
    let strings = "<sst xmlns=\"http://schemas.openxmlformats.org/spreadsheetml/2006/main\"/>";
    packed(sheets, strings)
}

fn packed(sheets: &[(&str, &str)], strings: &str) -> Vec<u8> {
    let main = "xmlns=\"http://schemas.openxmlformats.org/spreadsheetml/2006/main\"";
    let office = "http://schemas.openxmlformats.org/officeDocument/2006/relationships";
    let package = "http://schemas.openxmlformats.org/package/2006/relationships";
    let mut names = String::new();
    let mut links = String::new();
    let mut parts = vec![("xl/sharedStrings.xml".to_owned(), strings.to_owned())];
    for (nth, (name, data)) in sheets.iter().enumerate() {
        let id = nth + 1;
        names += &format!("<sheet name=\"{name}\" sheetId=\"{id}\" r:id=\"rId{id}\"/>");
        links += &format!(
            "<Relationship Id=\"rId{id}\" Type=\"{office}/worksheet\" Target=\"worksheets/sheet{id}.xml\"/>"
        );
        parts.push((
            format!("xl/worksheets/sheet{id}.xml"),
            format!("<?xml version=\"1.0\"?><worksheet {main}><sheetData>{data}</sheetData></worksheet>"),
        ));
    }
    parts.push((
        "xl/workbook.xml".into(),
        format!("<workbook {main} xmlns:r=\"{office}\"><sheets>{names}</sheets></workbook>"),
    ));
    parts.push((
        "xl/_rels/workbook.xml.rels".into(),
        format!("<Relationships xmlns=\"{package}\">{links}</Relationships>"),
    ));
    // Format 14 is a date.
    let styles = format!(
        "<styleSheet {main}><cellXfs count=\"2\"><xf numFmtId=\"0\"/><xf numFmtId=\"14\"/></cellXfs></styleSheet>"
    );
    parts.push(("xl/styles.xml".into(), styles));
    parts.push(("_rels/.rels".into(), format!("<Relationships xmlns=\"{package}\"><Relationship Id=\"r1\" Type=\"{office}/officeDocument\" Target=\"xl/workbook.xml\"/></Relationships>")));
    let mut writer = zip::ZipWriter::new(Cursor::new(Vec::new()));
    for (name, content) in parts {
        writer.start_file(name, SimpleFileOptions::default()).expect("to memory");
        writer.write_all(content.as_bytes()).expect("to memory");
    }
    writer.finish().expect("to memory").into_inner()
}

/// A row of text cells, one for each that is not empty.
fn texts(line: usize, cells: &[&str]) -> String {
    let cell = |(nth, text): (usize, &&str)| {
        let column = char::from(b'A' + nth as u8);
        format!("<c r=\"{column}{line}\" t=\"inlineStr\"><is><t>{text}</t></is></c>")
    };
    let cells: String = cells.iter().enumerate().filter(|(_, text)| !text.is_empty()).map(cell).collect();
    format!("<row r=\"{line}\">{cells}</row>")
}

#[test]
fn a_sheet_is_read_like_a_table_with_the_lines_of_the_sheet() {
    let rows = [
        texts(1, &["id", "serial", "maker", "epc"]),
        texts(2, &["A1", "0012", "Zastava", "FF01"]),
        texts(5, &["A2", "", "", ""]),
        "<row r=\"6\"><c r=\"A6\" t=\"inlineStr\"><is><t>A3</t></is></c><c r=\"B6\"><v>512345</v></c></row>"
            .to_owned(),
    ]
    .concat();
    let read = weapons(&workbook(&[("Register", &rows)]), &EmptyBook).expect("right");
    assert_eq!(read.len(), 3);
    assert_eq!((read[0].serial.as_deref(), read[0].maker.as_deref()), (Some("0012"), Some("Zastava")));
    assert_eq!((read[2].id.as_str(), read[2].serial.as_deref()), ("A3", Some("512345")));
    let wrong = rows + &texts(9, &["A1"]) + &texts(12, &["A9", "", "", "XY"]);
    refused(
        weapons(&workbook(&[("Register", &wrong)]), &EmptyBook),
        &[(9, "id", "already stands in line 2"), (12, "epc", "is not hex")],
    );
}

#[test]
fn formulas_errors_and_numbers_for_codes_are_told() {
    let rows = [
        texts(1, &["id", "serial", "epc", "model"]),
        "<row r=\"2\"><c r=\"A2\" t=\"inlineStr\"><is><t>A1</t></is></c><c r=\"B2\"><f>C2+1</f><v>7</v></c>\
         <c r=\"C2\"><v>3.4E+23</v></c><c r=\"D2\" t=\"e\"><v>#REF!</v></c></row>"
            .to_owned(),
    ]
    .concat();
    refused(
        weapons(&workbook(&[("x", &rows)]), &EmptyBook),
        &[(2, "serial", "is a formula"), (2, "epc", "is a number"), (2, "model", "#REF!")],
    );
}

#[test]
fn a_date_of_the_workbook_is_a_date_whatever_the_mapping_says() {
    let rows = texts(1, &["id", "role", "valid_until"])
        + "<row r=\"2\"><c r=\"A2\" t=\"inlineStr\"><is><t>P1</t></is></c><c r=\"B2\" t=\"inlineStr\"><is><t>bearer</t></is></c>\
           <c r=\"C2\" s=\"1\"><v>46156</v></c></row>"
        + &texts(3, &["P2", "bearer", "14.05.2026"]);
    let mapping = Mapping::parse("[dates]\nvalid_until = \"%d.%m.%Y\"").expect("a mapping");
    let reading = Reading { mapping, alike_checked: false };
    let read = persons_from(&workbook(&[("x", &rows)]), &reading, &EmptyBook).expect("right");
    let day = Some(jiff::civil::date(2026, 5, 14));
    assert_eq!((read[0].valid_until, read[1].valid_until), (day, day));
}

#[test]
fn a_workbook_of_several_sheets_wants_to_be_told_which() {
    let (one, other) = (texts(1, &["id"]) + &texts(2, &["A1"]), texts(1, &["id"]) + &texts(2, &["B1"]));
    let file = workbook(&[("2025", &one), ("2026", &other)]);
    refused(
        weapons(&file, &EmptyBook),
        &[(1, "", "say which sheet with --sheet: the workbook has \"2025\", \"2026\"")],
    );
    let mapping = Mapping { sheet: Some("2026".into()), ..Mapping::default() };
    let reading = Reading { mapping, alike_checked: false };
    assert_eq!(weapons_from(&file, &reading, &EmptyBook).expect("right")[0].id.as_str(), "B1");
}

/// What a stranger's stick may hold: each ends in a sentence, soon, and without eating the machine's memory.
#[test]
fn hostile_workbooks_end_in_a_sentence() {
    let bomb = workbook(&[("x", &" ".repeat(200 * 1024 * 1024))]);
    assert!(bomb.len() < 2 * 1024 * 1024, "a small file: {} bytes", bomb.len());
    refused(weapons(&bomb, &EmptyBook), &[(1, "", "unpacks to more than")]);

    let far = texts(1, &["id"])
        + "<row r=\"1048576\"><c r=\"XFD1048576\" t=\"inlineStr\"><is><t>x</t></is></c></row>";
    assert_eq!(
        weapons(&workbook(&[("x", &far)]), &EmptyBook).expect("what lies beyond every column is left out"),
        []
    );
    let deep = texts(1, &["id"]) + &texts(900_000, &["A1"]);
    refused(weapons(&workbook(&[("x", &deep)]), &EmptyBook), &[(1, "", "more than 200000 rows")]);
    let back = texts(1, &["id"]) + &texts(5, &["A1"]) + &texts(3, &["A2"]);
    refused(weapons(&workbook(&[("x", &back)]), &EmptyBook), &[(1, "", "not in order")]);

    let strings = "<sst xmlns=\"http://schemas.openxmlformats.org/spreadsheetml/2006/main\" uniqueCount=\"999999999999\"/>";
    refused(
        weapons(&packed(&[("x", &texts(1, &["id"]))], strings), &EmptyBook),
        &[(1, "", "not as any spreadsheet writes it")],
    );
    let shared = texts(1, &["id"])
        + "<row r=\"2\"><c r=\"A2\"><f t=\"shared\" ref=\"A2\" si=\"888888888888\">1</f><v>1</v></c></row>";
    refused(
        weapons(&workbook(&[("x", &shared)]), &EmptyBook),
        &[(1, "", "not as any spreadsheet writes it")],
    );

    let whole = workbook(&[("x", &texts(1, &["id"]))]);
    for cut in [4, 30, whole.len() / 2, whole.len() - 1] {
        assert!(weapons(&whole[..cut], &EmptyBook).is_err(), "cut at {cut}");
    }
    assert!(weapons(b"PK\x03\x04 and then nothing of the kind", &EmptyBook).is_err());
}

/// Every byte of a small workbook changed, one at a time: no answer but a register or a sentence.
#[test]
fn no_changed_byte_upsets_the_reader() {
    let whole = workbook(&[("x", &(texts(1, &["id", "serial"]) + &texts(2, &["A1", "7"])))]);
    for at in 0..whole.len() {
        let mut bytes = whole.clone();
        bytes[at] ^= 0x55;
        let _ = weapons(&bytes, &EmptyBook);
    }
}

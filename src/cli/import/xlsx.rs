//! A workbook's sheet to rows. A workbook is an archive, and a small archive can hold a mountain: it is measured before
//! it is read, cells come one by one, and only what a register can have is kept.

use std::borrow::Cow;
use std::io::{Cursor, Read};
use std::panic::{AssertUnwindSafe, catch_unwind};

use calamine::{DataRef, Reader, Xlsx};

use super::csv::{FIELDS_MAX, Note, Record};
use super::mapping::Mapping;

/// Most parts of a workbook.
const PARTS_MAX: usize = 2_000;

/// Largest workbook unpacked, in bytes: sixteen times what a packed register has.
const UNPACKED_MAX_BYTES: u64 = 128 * 1024 * 1024;

/// Most rows taken.
const ROWS_MAX: u32 = 200_000;

/// Longest text of one cell kept, in bytes: longer than any field, so that a field too long is still seen as one.
const CELL_MAX_BYTES: usize = 32 * 1024;

/// Most bytes of text kept of a sheet.
const TEXT_MAX_BYTES: usize = 64 * 1024 * 1024;

/// Largest number that counts something inside a workbook: memory is set aside by such numbers before anything is read.
const COUNT_MAX: u64 = 4_000_000;

/// Attributes whose numbers a reader sets memory aside for.
const COUNTS: [&[u8]; 3] = [b"uniqueCount", b"count", b"si"];

/// The rows of the sheet asked for.
///
/// # Errors
/// It is no workbook that can be read, or too large; the sentence says what to do.
pub(super) fn rows(bytes: &[u8], mapping: &Mapping) -> Result<Vec<Record<'static>>, String> {
    measure(bytes)?;
    // The parser is somebody else's and the file is a stranger's: what it trips over is one more file nobody can read.
    let read = catch_unwind(AssertUnwindSafe(|| sheet(bytes, mapping)));
    read.unwrap_or_else(|_| Err("the workbook is damaged: save it anew, or as CSV".to_owned()))
}

/// Unpacks every part once without keeping it: what an archive says of its own size is not to be believed.
fn measure(bytes: &[u8]) -> Result<(), String> {
    let damaged =
        |error: &dyn std::fmt::Display| format!("the workbook cannot be read: {error}; save it as CSV");
    let mut archive = zip::ZipArchive::new(Cursor::new(bytes)).map_err(|error| damaged(&error))?;
    if archive.len() > PARTS_MAX {
        return Err(format!("the workbook has {} parts and at most {PARTS_MAX} are taken", archive.len()));
    }
    let mut left = UNPACKED_MAX_BYTES;
    for nth in 0..archive.len() {
        let part = archive.by_index(nth).map_err(|error| damaged(&error))?;
        let is_xml = part.name().is_ok_and(|name| name.ends_with(".xml") || name.ends_with(".rels"));
        let mut content = Vec::new();
        let length = part.take(left + 1).read_to_end(&mut content).map_err(|error| damaged(&error))? as u64;
        left = left.checked_sub(length).ok_or_else(|| {
            format!("the workbook unpacks to more than {UNPACKED_MAX_BYTES} bytes: it is no register")
        })?;
        if is_xml && (content.contains(&0) || has_absurd_count(&content)) {
            return Err("the workbook is not as any spreadsheet writes it: save it as CSV".to_owned());
        }
    }
    Ok(())
}

/// Whether an attribute that counts something says a number no workbook reaches.
fn has_absurd_count(xml: &[u8]) -> bool {
    let mut rest = xml;
    while let Some(at) = rest.iter().position(|byte| *byte == b'=') {
        let (before, after) = (&rest[..at], &rest[at + 1..]);
        let before = before.trim_ascii_end();
        let digits: Vec<u8> = after
            .iter()
            .skip_while(|byte| byte.is_ascii_whitespace() || matches!(byte, b'"' | b'\''))
            .take_while(|byte| byte.is_ascii_digit())
            .take(20)
            .copied()
            .collect();
        if COUNTS.iter().any(|name| before.ends_with(name)) {
            let number = std::str::from_utf8(&digits).ok().and_then(|digits| digits.parse::<u64>().ok());
            if !digits.is_empty() && number.is_none_or(|number| number > COUNT_MAX) {
                return true;
            }
        }
        rest = after;
    }
    false
}

fn sheet(bytes: &[u8], mapping: &Mapping) -> Result<Vec<Record<'static>>, String> {
    let damaged =
        |error: calamine::XlsxError| format!("the workbook cannot be read: {error}; save it as CSV");
    let mut workbook: Xlsx<_> = Xlsx::new(Cursor::new(bytes)).map_err(damaged)?;
    let names = workbook.sheet_names();
    let name = match (&mapping.sheet, names.as_slice()) {
        (Some(name), names) if names.contains(name) => name.clone(),
        (None, [only]) => only.clone(),
        (_, names) => {
            let names: Vec<String> = names.iter().take(20).map(|name| format!("{name:?}")).collect();
            return Err(format!("say which sheet with --sheet: the workbook has {}", names.join(", ")));
        }
    };
    let mut cells = workbook.worksheet_cells_reader(&name).map_err(damaged)?;
    let mut rows: Vec<Record<'static>> = Vec::new();
    let mut kept = 0_usize;
    while let Some(cell) = cells.next_cell_with_formula_metadata().map_err(damaged)? {
        let (row, column) = (cell.pos.0, cell.pos.1 as usize);
        if matches!(cell.value, DataRef::Empty) && cell.formula.is_none() || column >= FIELDS_MAX {
            continue;
        }
        if row >= ROWS_MAX {
            return Err(format!("the sheet has more than {ROWS_MAX} rows: split it"));
        }
        let line = row as usize + 1;
        // A register is written row by row; a cell of an earlier row would open a row that was closed.
        match rows.last() {
            Some(last) if last.line == line => {}
            Some(last) if last.line > line => {
                return Err("the sheet's rows are not in order: save it anew".into());
            }
            _ => rows.push(Record { line, fields: Vec::new(), bad_quote: None, notes: Vec::new() }),
        }
        let Some(record) = rows.last_mut() else { continue };
        let (mut text, mut note) = words(&cell.value);
        if cell.formula.is_some() {
            note = Some(Note::Formula);
        }
        if text.len() > CELL_MAX_BYTES {
            let whole = (0..=CELL_MAX_BYTES).rev().find(|end| text.is_char_boundary(*end)).unwrap_or(0);
            text.truncate(whole);
        }
        kept += text.len() + size_of::<Cow<'_, [u8]>>();
        if kept > TEXT_MAX_BYTES {
            return Err(format!("the sheet holds more than {TEXT_MAX_BYTES} bytes of text: split it"));
        }
        while record.fields.len() <= column {
            record.fields.push(Cow::Borrowed(b""));
        }
        record.fields[column] = Cow::Owned(text.into_bytes());
        record.notes.extend(note.map(|note| (column, note)));
    }
    Ok(rows)
}

/// What a cell says, as somebody would have typed it.
fn words(value: &DataRef<'_>) -> (String, Option<Note>) {
    match value {
        DataRef::Empty => (String::new(), None),
        DataRef::String(text) | DataRef::DurationIso(text) => (text.clone(), None),
        DataRef::SharedString(text) => ((*text).to_owned(), None),
        DataRef::Int(number) => (number.to_string(), Some(Note::Number)),
        // `{}` writes the shortest digits that are this number, and no exponent.
        DataRef::Float(number) => (number.to_string(), Some(Note::Number)),
        DataRef::Bool(yes) => (yes.to_string(), None),
        DataRef::DateTimeIso(text) => {
            (text.strip_suffix("T00:00:00").unwrap_or(text).to_owned(), Some(Note::Date))
        }
        DataRef::DateTime(date) => {
            let (year, month, day, hour, minute, second, _) = date.to_ymd_hms_milli();
            let mut text = format!("{year:04}-{month:02}-{day:02}");
            if (hour, minute, second) != (0, 0, 0) {
                text += &format!("T{hour:02}:{minute:02}:{second:02}");
            }
            (text, Some(Note::Date))
        }
        DataRef::Error(error) => (error.to_string(), Some(Note::Broken)),
    }
}

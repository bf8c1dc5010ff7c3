//! Rows to named fields: the header, columns nobody knows, rows of another length.

use super::FILE_MAX_BYTES;
use super::csv::{Record, Records};
use super::problem::{Problems, quoted};

/// The columns of a register.
pub(super) struct Columns {
    /// Every column there is.
    pub all: &'static [&'static str],
    /// Those that have to be there and to be filled.
    pub required: &'static [&'static str],
}

/// A register being read.
pub(super) struct Table<'a> {
    records: Records<'a>,
    header: Vec<&'static str>,
}

impl<'a> Table<'a> {
    /// Reads the header; none where the rest cannot be read because of it.
    pub(super) fn open(bytes: &'a [u8], columns: &Columns, problems: &mut Problems) -> Option<Self> {
        if bytes.len() > FILE_MAX_BYTES {
            let what = format!(
                "the file has {} bytes and at most {FILE_MAX_BYTES} are taken: split it",
                bytes.len()
            );
            problems.add(1, "", what);
            return None;
        }
        if bytes.starts_with(b"\xff\xfe") || bytes.starts_with(b"\xfe\xff") {
            problems.add(1, "", "this is UTF-16: save it as \"CSV UTF-8\"");
            return None;
        }
        let mut records = Records::new(bytes);
        let Some(first) = records.next() else {
            let what =
                format!("the file is empty: the first line names the columns, {}", columns.all.join(","));
            problems.add(1, "", what);
            return None;
        };
        let header = header(&first, columns, problems)?;
        Some(Self { records, header })
    }

    /// The next row that says anything and has the length of the header; others are noted or, when all their fields
    /// are empty, left out: spreadsheets write such rows below the last one.
    pub(super) fn next_row<'t>(&'t mut self, problems: &'t mut Problems) -> Option<Row<'t>> {
        loop {
            let record = self.records.next()?;
            if let Some((line, what)) = record.bad_quote {
                problems.add(line, "", what);
                continue;
            }
            let mut fields = Vec::with_capacity(record.fields.len());
            let mut is_text = true;
            for (nth, bytes) in record.fields.iter().enumerate() {
                let text = std::str::from_utf8(bytes).unwrap_or_else(|_| {
                    is_text = false;
                    let column = self.header.get(nth).copied().unwrap_or("");
                    problems.add(record.line, column, "is not UTF-8: save the file as \"CSV UTF-8\"");
                    ""
                });
                fields.push(trimmed(text).to_owned());
            }
            let says_nothing = fields.iter().all(String::is_empty);
            if !is_text || says_nothing {
                continue;
            }
            if fields.len() != self.header.len() {
                problems.add(record.line, "", length(fields.len(), self.header.len()));
                continue;
            }
            return Some(Row { line: record.line, header: &self.header, fields, problems });
        }
    }
}

/// One row with its names.
pub(super) struct Row<'t> {
    /// The line it begins in.
    pub line: usize,
    header: &'t [&'static str],
    fields: Vec<String>,
    problems: &'t mut Problems,
}

impl Row<'_> {
    /// Whether the field is unknown: empty, or its column is not there.
    pub(super) fn is_empty(&self, column: &str) -> bool {
        self.value(column).is_empty()
    }

    /// A field that may be unknown.
    pub(super) fn optional<T>(
        &mut self,
        column: &str,
        read: impl Fn(&str) -> Result<T, String>,
    ) -> Option<T> {
        let value = self.value(column);
        if value.is_empty() {
            return None;
        }
        match read(value) {
            Ok(value) => Some(value),
            Err(what) => {
                self.refuse(column, what);
                None
            }
        }
    }

    /// A field that has to be there.
    pub(super) fn required<T>(
        &mut self,
        column: &str,
        read: impl Fn(&str) -> Result<T, String>,
    ) -> Option<T> {
        if self.is_empty(column) {
            self.refuse(column, "is empty: every row needs it");
            return None;
        }
        self.optional(column, read)
    }

    /// Notes what is wrong with a field of this row.
    pub(super) fn refuse(&mut self, column: &str, what: impl Into<String>) {
        self.problems.add(self.line, column, what);
    }

    fn value(&self, column: &str) -> &str {
        let nth = self.header.iter().position(|name| *name == column);
        nth.and_then(|nth| self.fields.get(nth)).map_or("", String::as_str)
    }
}

fn header(record: &Record<'_>, columns: &Columns, problems: &mut Problems) -> Option<Vec<&'static str>> {
    let before = problems.count();
    if let Some((line, what)) = record.bad_quote {
        problems.add(line, "", what);
        return None;
    }
    let names: Vec<String> =
        record.fields.iter().map(|name| trimmed(&String::from_utf8_lossy(name)).to_owned()).collect();
    let known = |name: &str| columns.all.iter().copied().find(|column| *column == name);
    if !names.iter().any(|name| known(name).is_some()) {
        problems.add(record.line, "", no_header(&names, columns));
        return None;
    }
    let mut header: Vec<&'static str> = Vec::new();
    for name in &names {
        match known(name) {
            Some(column) if header.contains(&column) => {
                problems.add(record.line, column, "the header names this column twice: keep one");
            }
            Some(column) => header.push(column),
            None if name.is_empty() => {
                problems.add(record.line, "", "the header has a column without a name: take it out");
            }
            None => {
                let what = format!("unknown column {}: there are {}", quoted(name), columns.all.join(","));
                problems.add(record.line, "", what);
            }
        }
    }
    for column in columns.required.iter().filter(|column| !header.contains(column)) {
        problems.add(record.line, column, "the header lacks this column: every row needs it");
    }
    (problems.count() == before).then_some(header)
}

fn no_header(names: &[String], columns: &Columns) -> String {
    let wanted = columns.all.join(",");
    for (mark, called) in [(';', "semicolons"), ('\t', "tabs")] {
        if names.len() == 1 && names[0].contains(mark) {
            return format!("the columns are separated by {called}: save the file with commas, {wanted}");
        }
    }
    format!("a header is required and this line names no known column: the columns are {wanted}")
}

fn length(found: usize, wanted: usize) -> String {
    let advice = "a field that holds a comma or a line break stands in quotes, and every quote is closed";
    format!("the row has {found} fields and the header {wanted}: {advice}")
}

/// Without the spaces a spreadsheet or a hand left at the ends. The separators inside a mark are no spaces.
fn trimmed(text: &str) -> &str {
    text.trim_matches([' ', '\t', '\u{a0}'])
}

//! Rows to named fields: the header, columns nobody knows, their words and ours, rows of another length.

use super::FILE_MAX_BYTES;
use super::csv::{Note, Record, Records};
use super::mapping::Mapping;
use super::problem::{Problems, quoted};
use super::source::{self, Text};
use super::xlsx;
use crate::cli::cell::unguarded;

/// The columns of a register.
pub(super) struct Columns {
    /// Every column there is.
    pub all: &'static [&'static str],
    /// Those that have to be there and to be filled.
    pub required: &'static [&'static str],
    /// Those whose text a spreadsheet spoils when it takes it for a number.
    pub codes: &'static [&'static str],
}

/// A register's rows, as they come.
enum Rows<'a> {
    Text(Records<'a>),
    Sheet(std::vec::IntoIter<Record<'static>>),
}

/// A register being read.
pub(super) struct Table<'a> {
    rows: Rows<'a>,
    mapping: &'a Mapping,
    columns: &'a Columns,
    /// Our field of each column; none for one that is left out.
    header: Vec<Option<&'static str>>,
    /// What the text was brought from; none for UTF-8.
    from: Option<&'static str>,
}

/// A file that is no register at all, or what can be read of it.
pub(super) enum Opened<'b> {
    Text(Text<'b>),
    Sheet(Vec<Record<'static>>),
}

/// The file's text or its sheet; none where the rest cannot be read because of something.
pub(super) fn open<'b>(bytes: &'b [u8], mapping: &Mapping, problems: &mut Problems) -> Option<Opened<'b>> {
    let opened = match bytes.len() {
        too_many if too_many > FILE_MAX_BYTES => {
            Err(format!("the file has {too_many} bytes and at most {FILE_MAX_BYTES} are taken: split it"))
        }
        _ if source::is_workbook(bytes) => xlsx::rows(bytes, mapping).map(Opened::Sheet),
        _ => source::text(bytes, mapping).map(Opened::Text),
    };
    opened.map_err(|what| problems.add(1, "", what)).ok()
}

impl<'a> Table<'a> {
    /// Reads the header; none where the rest cannot be read because of it.
    pub(super) fn read(
        opened: &'a mut Opened<'_>,
        mapping: &'a Mapping,
        columns: &'a Columns,
        problems: &mut Problems,
    ) -> Option<Self> {
        if let Err(what) = mapping.check(columns) {
            problems.add(1, "", what);
            return None;
        }
        let (mut rows, from) = match opened {
            Opened::Sheet(rows) => (Rows::Sheet(std::mem::take(rows).into_iter()), None),
            Opened::Text(text) => {
                let separator = source::separator(&text.bytes, mapping, columns);
                (Rows::Text(Records::new(&text.bytes, separator)), text.from)
            }
        };
        let Some(first) = rows.find(|record| record.line >= mapping.header_line) else {
            let what =
                format!("the file is empty: the first line names the columns, {}", columns.all.join(","));
            problems.add(1, "", what);
            return None;
        };
        let header = header(&first, mapping, columns, problems)?;
        Some(Self { rows, mapping, columns, header, from })
    }

    /// The next row that says anything and has the length of the header; others are noted or, when all their fields
    /// are empty, left out: spreadsheets write such rows below the last one.
    pub(super) fn next_row<'t>(&'t mut self, problems: &'t mut Problems) -> Option<Row<'t>> {
        loop {
            let mut record = self.rows.next()?;
            if let Some((line, what)) = record.bad_quote {
                problems.add(line, "", what);
                continue;
            }
            // A sheet leaves out empty cells at a row's end, and what stands beyond its header has no name.
            if matches!(self.rows, Rows::Sheet(_)) {
                record.fields.resize(self.header.len(), "".as_bytes().into());
            }
            let mut fields = Vec::with_capacity(record.fields.len());
            for (nth, bytes) in record.fields.iter().enumerate() {
                fields.push(self.field(nth, bytes, &record, problems));
            }
            let says_nothing = fields.iter().all(|field| field.as_ref().is_some_and(String::is_empty));
            if says_nothing {
                continue;
            }
            if fields.len() != self.header.len() {
                problems.add(record.line, "", length(fields.len(), self.header.len()));
                continue;
            }
            let Self { header, mapping, .. } = self;
            return Some(Row { line: record.line, header, mapping, fields, notes: record.notes, problems });
        }
    }

    /// One field as text; none where it cannot be taken, which is noted.
    fn field(
        &self,
        nth: usize,
        bytes: &[u8],
        record: &Record<'_>,
        problems: &mut Problems,
    ) -> Option<String> {
        // What lies beyond the header has no name; the row's length is told instead.
        let column = match self.header.get(nth) {
            Some(Some(column)) => column,
            Some(None) => return Some(String::new()),
            None => "",
        };
        let mut refuse = |what: String| {
            problems.add(record.line, column, what);
            None
        };
        let Ok(text) = std::str::from_utf8(bytes) else {
            return refuse(
                "is not UTF-8: save the file as \"CSV UTF-8\", or name its encoding with --encoding".into(),
            );
        };
        if let Some(from) = self.from
            && text.contains('\u{fffd}')
        {
            return refuse(format!("{} is not {from}: name the file's true encoding", quoted(text)));
        }
        let text = trimmed(text);
        let note = record.notes.iter().find(|(place, _)| *place == nth).map(|(_, note)| *note);
        let is_code = self.columns.codes.contains(&column);
        match note {
            Some(Note::Formula) => refuse("is a formula: copy the sheet and paste it as values".into()),
            Some(Note::Broken) => refuse(format!("holds an error of the spreadsheet, {text}")),
            Some(Note::Number) if is_code => refuse(
                "is a number to the spreadsheet, which spoils long codes and leading zeros: format the column as \
                 text and fill it in again"
                    .into(),
            ),
            _ if text.starts_with('=') && !column.is_empty() => {
                refuse(format!("{} is a formula: write what it comes to", quoted(text)))
            }
            _ => Some(unguarded(text).to_owned()),
        }
    }
}

impl<'a> Iterator for Rows<'a> {
    type Item = Record<'a>;

    fn next(&mut self) -> Option<Record<'a>> {
        match self {
            Self::Text(records) => records.next(),
            Self::Sheet(rows) => rows.next(),
        }
    }
}

/// One row with its names.
pub(super) struct Row<'t> {
    /// The line it begins in.
    pub line: usize,
    header: &'t [Option<&'static str>],
    mapping: &'t Mapping,
    fields: Vec<Option<String>>,
    notes: Vec<(usize, Note)>,
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
        // What could not be read has been told of already.
        let is_spoilt = self.place(column).is_some_and(|nth| matches!(self.fields.get(nth), Some(None)));
        if self.is_empty(column) && !is_spoilt {
            self.refuse(column, "is empty: every row needs it");
            return None;
        }
        self.optional(column, read)
    }

    /// Notes what is wrong with a field of this row.
    pub(super) fn refuse(&mut self, column: &str, what: impl Into<String>) {
        self.problems.add(self.line, column, what);
    }

    /// How dates of this column are written here; none for the one way that is ours.
    pub(super) fn date_format(&self, column: &str) -> Option<&str> {
        let place = self.place(column)?;
        // A date the workbook itself knows as one has been brought into our form.
        let is_ours = self.notes.iter().any(|(nth, note)| *nth == place && *note == Note::Date);
        self.mapping.dates.get(column).filter(|_| !is_ours).map(String::as_str)
    }

    fn place(&self, column: &str) -> Option<usize> {
        self.header.iter().position(|name| *name == Some(column))
    }

    fn value(&self, column: &str) -> &str {
        let field = self.place(column).and_then(|nth| self.fields.get(nth)?.as_deref());
        let theirs = field.unwrap_or("");
        match self.mapping.constants.get(column) {
            Some(constant) => constant,
            None => self.mapping.translated(column, theirs),
        }
    }
}

fn header(
    record: &Record<'_>,
    mapping: &Mapping,
    columns: &Columns,
    problems: &mut Problems,
) -> Option<Vec<Option<&'static str>>> {
    let before = problems.count();
    if let Some((line, what)) = record.bad_quote {
        problems.add(line, "", what);
        return None;
    }
    let names: Vec<String> =
        record.fields.iter().map(|name| trimmed(&String::from_utf8_lossy(name)).to_owned()).collect();
    let known = |name: &str| mapping.field(name, columns);
    if !names.iter().any(|name| known(name).is_some()) {
        problems.add(record.line, "", no_header(&names, columns));
        return None;
    }
    let mut header: Vec<Option<&'static str>> = Vec::new();
    for name in &names {
        match known(name) {
            Some(column) if header.contains(&Some(column)) => {
                problems.add(record.line, column, "the header names this column twice: keep one");
            }
            Some(column) => header.push(Some(column)),
            None if mapping.ignore_other_columns => header.push(None),
            None if name.is_empty() => {
                problems.add(record.line, "", "the header has a column without a name: take it out");
            }
            None => {
                let what = format!("unknown column {}: there are {}", quoted(name), columns.all.join(","));
                problems.add(record.line, "", what);
            }
        }
    }
    for (field, theirs) in &mapping.columns {
        if !names.contains(theirs) {
            let what =
                format!("the mapping takes it from {}, and the header has no such column", quoted(theirs));
            problems.add(record.line, field, what);
        }
    }
    let is_given = |column: &str| header.contains(&Some(column)) || mapping.constants.contains_key(column);
    for column in
        columns.required.iter().filter(|column| !is_given(column) && !mapping.columns.contains_key(**column))
    {
        problems.add(record.line, column, "the header lacks this column: every row needs it");
    }
    (problems.count() == before).then_some(header)
}

fn no_header(names: &[String], columns: &Columns) -> String {
    let wanted = columns.all.join(",");
    let found: Vec<String> = names.iter().take(12).map(|name| quoted(name)).collect();
    format!(
        "a header is required and this line names no known column: the columns are {wanted}; found {}; a mapping file \
         says which of them is which",
        found.join(",")
    )
}

fn length(found: usize, wanted: usize) -> String {
    let advice = "a field that holds a comma or a line break stands in quotes, and every quote is closed";
    format!("the row has {found} fields and the header {wanted}: {advice}")
}

/// Without the spaces a spreadsheet or a hand left at the ends. The separators inside a mark are no spaces.
fn trimmed(text: &str) -> &str {
    text.trim_matches([' ', '\t', '\u{a0}'])
}

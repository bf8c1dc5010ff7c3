//! Bytes to rows as RFC 4180 has them, and no kinder: a parser that guesses what a stray quote meant moves a serial into
//! the next column. Each row knows the line it begins in, counted as an editor counts.

use std::borrow::Cow;

/// Most fields kept of a row: more than any header has, so that a row too long is still seen as one.
pub(super) const FIELDS_MAX: usize = 64;

/// One row.
pub(super) struct Record<'a> {
    /// The line it begins in.
    pub line: usize,
    /// Its fields, quotes taken off.
    pub fields: Vec<Cow<'a, [u8]>>,
    /// What is wrong with its quotes, with the line of the quote.
    pub bad_quote: Option<(usize, &'static str)>,
    /// What a workbook says of its cells beside their text, by place in the row.
    pub notes: Vec<(usize, Note)>,
}

/// What a cell of a workbook is, where it is no text.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Note {
    /// Calculated from other cells.
    Formula,
    /// A number: leading zeros and long codes are gone.
    Number,
    /// A date, brought into its one form.
    Date,
    /// A calculation that failed.
    Broken,
}

/// The rows of a file, empty lines left out.
pub(super) struct Records<'a> {
    bytes: &'a [u8],
    at: usize,
    line: usize,
    separator: u8,
}

impl<'a> Records<'a> {
    pub(super) fn new(bytes: &'a [u8], separator: u8) -> Self {
        let text = bytes.strip_prefix(b"\xef\xbb\xbf").unwrap_or(bytes);
        Self { bytes: text, at: 0, line: 1, separator }
    }

    fn peek(&self) -> Option<u8> {
        self.bytes.get(self.at).copied()
    }

    /// Steps over a line's end, if one is here.
    fn line_end(&mut self) -> bool {
        let length = match self.bytes.get(self.at..) {
            Some([b'\r', b'\n', ..]) => 2,
            Some([b'\r' | b'\n', ..]) => 1,
            _ => return false,
        };
        self.at += length;
        self.line += 1;
        true
    }

    /// Steps to the next separator or line's end; the bytes passed.
    fn plain(&mut self) -> &'a [u8] {
        let rest = &self.bytes[self.at..];
        let ends = |byte: &u8| *byte == self.separator || matches!(byte, b'\r' | b'\n');
        let length = rest.iter().position(ends).unwrap_or(rest.len());
        self.at += length;
        &rest[..length]
    }

    fn field(&mut self, bad_quote: &mut Option<(usize, &'static str)>) -> Cow<'a, [u8]> {
        let line = self.line;
        if self.peek() != Some(b'"') {
            let plain = self.plain();
            if plain.contains(&b'"') {
                let what = "a quote inside a field: put the whole field in quotes and write the quote twice";
                bad_quote.get_or_insert((line, what));
            }
            return Cow::Borrowed(plain);
        }
        let Some(value) = self.quoted() else {
            bad_quote.get_or_insert((line, "a quote opens a field here and is never closed"));
            return Cow::Borrowed(b"");
        };
        if !self.plain().is_empty() {
            let what =
                "text after a closing quote: put the whole field in quotes and write an inner quote twice";
            bad_quote.get_or_insert((line, what));
        }
        value
    }

    /// A field in quotes; none where the file ends first.
    fn quoted(&mut self) -> Option<Cow<'a, [u8]>> {
        self.at += 1;
        let mut start = self.at;
        let mut value = Vec::new();
        loop {
            match self.peek()? {
                b'"' => {
                    let piece = &self.bytes[start..self.at];
                    self.at += 1;
                    if self.peek() != Some(b'"') {
                        return Some(if value.is_empty() {
                            Cow::Borrowed(piece)
                        } else {
                            [&value, piece].concat().into()
                        });
                    }
                    value.extend_from_slice(piece);
                    value.push(b'"');
                    self.at += 1;
                    start = self.at;
                }
                b'\r' | b'\n' => {
                    self.line_end();
                }
                _ => self.at += 1,
            }
        }
    }
}

impl<'a> Iterator for Records<'a> {
    type Item = Record<'a>;

    fn next(&mut self) -> Option<Record<'a>> {
        while self.line_end() {}
        self.peek()?;
        let mut record = Record { line: self.line, fields: Vec::new(), bad_quote: None, notes: Vec::new() };
        loop {
            let field = self.field(&mut record.bad_quote);
            if record.fields.len() < FIELDS_MAX {
                record.fields.push(field);
            }
            if self.peek() == Some(self.separator) {
                self.at += 1;
            } else {
                self.line_end();
                return Some(record);
            }
        }
    }
}

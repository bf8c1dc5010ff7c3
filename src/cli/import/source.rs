//! A file's bytes to text or to a workbook: encodings by name or by their first bytes, never by guessing; a wrong guess
//! changes names without anybody noticing.

use std::borrow::Cow;

use encoding_rs::{Encoding, UTF_8, UTF_16BE, UTF_16LE};

use super::csv::Records;
use super::mapping::Mapping;
use super::table::Columns;

/// The separators a file may have, the likeliest first.
const SEPARATORS: [u8; 3] = [b',', b';', b'\t'];

/// A file's text.
pub(super) struct Text<'b> {
    /// In UTF-8, as far as it is text at all.
    pub bytes: Cow<'b, [u8]>,
    /// The encoding it was brought from; none where the bytes are as they were.
    pub from: Option<&'static str>,
}

/// Whether the file is a workbook: every one of them is a ZIP archive.
pub(super) fn is_workbook(bytes: &[u8]) -> bool {
    bytes.starts_with(b"PK\x03\x04")
}

/// The file as UTF-8.
///
/// # Errors
/// The encoding named does not exist, or is not that of the file's first bytes.
pub(super) fn text<'b>(bytes: &'b [u8], mapping: &Mapping) -> Result<Text<'b>, String> {
    let marked = Encoding::for_bom(bytes).map(|(encoding, _)| encoding);
    let named = match &mapping.encoding {
        None => None,
        Some(label) => Some(Encoding::for_label(label.trim().as_bytes()).ok_or_else(|| {
            format!(
                "there is no encoding {label:?}: name utf-8, utf-16le, utf-16be, windows-1252, windows-1251, \
                 iso-8859-2 or another of that kind"
            )
        })?),
    };
    if let (Some(marked), Some(named)) = (marked, named)
        && marked != named
    {
        return Err(format!(
            "the file begins as {} does and {} was named: leave the name out",
            marked.name(),
            named.name()
        ));
    }
    let encoding = marked.or(named).unwrap_or(UTF_8);
    if encoding == UTF_8 {
        return Ok(Text { bytes: Cow::Borrowed(bytes), from: None });
    }
    if (encoding == UTF_16LE || encoding == UTF_16BE) && !bytes.len().is_multiple_of(2) {
        return Err(format!("the file is cut off: {} has two bytes a character", encoding.name()));
    }
    let (text, _) = encoding.decode_with_bom_removal(bytes);
    Ok(Text { bytes: Cow::Owned(text.into_owned().into_bytes()), from: Some(encoding.name()) })
}

/// What stands between two fields: as said, else whichever finds the most known columns in the header.
pub(super) fn separator(bytes: &[u8], mapping: &Mapping, columns: &Columns) -> u8 {
    if let Some(separator) = mapping.separator {
        return separator as u8;
    }
    let known = |separator: u8| {
        let header = Records::new(bytes, separator).find(|record| record.line >= mapping.header_line);
        let fields = header.map(|record| record.fields).unwrap_or_default();
        let is_known = |field: &&Cow<'_, [u8]>| {
            let name = String::from_utf8_lossy(field);
            mapping.field(name.trim(), columns).is_some()
        };
        fields.iter().filter(is_known).count()
    };
    // The first of the best: a header of one column has no separator at all.
    let mut best = (SEPARATORS[0], known(SEPARATORS[0]));
    for separator in SEPARATORS.into_iter().skip(1) {
        let found = known(separator);
        if found > best.1 {
            best = (separator, found);
        }
    }
    best.0
}

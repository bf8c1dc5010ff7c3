//! How somebody else's book becomes ours: which of their columns is which of our fields, what their words mean, what
//! holds for every row, how they write dates.

use std::collections::BTreeMap;

use serde::Deserialize;

use super::table::Columns;

/// A mapping file. Every key may be left out; one that does not exist is refused.
#[derive(Debug, Clone, Default, PartialEq, Eq, Deserialize)]
#[serde(deny_unknown_fields, default)]
pub struct Mapping {
    /// How the file's letters are encoded (`utf-8`, `utf-16le`, `windows-1252`, `windows-1251`, `iso-8859-2` …). Where
    /// nothing is said it is UTF-8, or what the file's first bytes say.
    pub encoding: Option<String>,
    /// What stands between two fields: `,` `;` or a tab. Where nothing is said, whichever finds known columns.
    pub separator: Option<char>,
    /// The sheet of a workbook; may be left out where there is one.
    pub sheet: Option<String>,
    /// The line with the names of the columns, counted from 1; what stands above is left out.
    pub header_line: usize,
    /// Columns nobody named here are left out; otherwise they are refused.
    pub ignore_other_columns: bool,
    /// Our field = their column.
    pub columns: BTreeMap<String, String>,
    /// Our field = the value of every row.
    pub constants: BTreeMap<String, String>,
    /// Our field = their words and ours.
    pub values: BTreeMap<String, BTreeMap<String, String>>,
    /// Our field = how they write a date, such as `%d.%m.%Y`.
    pub dates: BTreeMap<String, String>,
}

impl Mapping {
    /// Reads a mapping file.
    ///
    /// # Errors
    /// It is no TOML, or names what does not exist; the sentence says where.
    pub fn parse(text: &str) -> Result<Self, String> {
        let mapping: Self = toml::from_str(text).map_err(|error| error.to_string())?;
        if let Some(separator) = mapping.separator
            && !matches!(separator, ',' | ';' | '\t')
        {
            return Err(format!("separator = {separator:?}: it is ',', ';' or a tab"));
        }
        Ok(mapping)
    }

    /// Whether every field named is one of these columns, and none is named twice.
    pub(super) fn check(&self, columns: &Columns) -> Result<(), String> {
        let named = [
            ("columns", self.columns.keys().collect::<Vec<_>>()),
            ("constants", self.constants.keys().collect()),
            ("values", self.values.keys().collect()),
            ("dates", self.dates.keys().collect()),
        ];
        for (section, fields) in named {
            if let Some(field) = fields.into_iter().find(|field| !columns.all.contains(&field.as_str())) {
                let all = columns.all.join(",");
                return Err(format!("the mapping names {field:?} in [{section}]: the fields are {all}"));
            }
        }
        if let Some(field) = self.constants.keys().find(|field| self.columns.contains_key(*field)) {
            return Err(format!("the mapping gives {field} a column and a constant: keep one"));
        }
        let mut theirs: Vec<&String> = self.columns.values().collect();
        theirs.sort();
        if let Some(twice) = theirs.windows(2).find(|two| two[0] == two[1]) {
            return Err(format!("the mapping gives the column {:?} to two fields: keep one", twice[0]));
        }
        Ok(())
    }

    /// Our field behind their column; none where nobody knows it.
    pub(super) fn field(&self, theirs: &str, columns: &Columns) -> Option<&'static str> {
        let mapped =
            self.columns.iter().find(|(_, column)| *column == theirs).map(|(field, _)| field.as_str());
        // A column of our own name is ours, unless the mapping takes that field from another one.
        let own = (!self.columns.contains_key(theirs)).then_some(theirs);
        let field = mapped.or(own)?;
        columns.all.iter().copied().find(|column| *column == field)
    }

    /// Our word for theirs, where the mapping has one.
    pub(super) fn translated<'a>(&'a self, field: &str, theirs: &'a str) -> &'a str {
        self.values.get(field).and_then(|words| words.get(theirs)).map_or(theirs, String::as_str)
    }
}

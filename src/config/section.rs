//! One table of the file: hands out typed values, notes what is wrong with them and which keys nobody asked for.

use std::ops::{Range, RangeInclusive};
use std::path::PathBuf;

use toml::Spanned;
use toml::de::{DeTable, DeValue};

use super::error::{Problem, line_of};

/// Collects problems; knows the text, so that a position becomes a line.
pub(super) struct Log<'t> {
    text: &'t str,
    problems: Vec<Problem>,
}

impl<'t> Log<'t> {
    pub(super) fn new(text: &'t str) -> Self {
        Self { text, problems: Vec::new() }
    }

    /// Notes what is wrong at that byte of the text.
    pub(super) fn add(&mut self, at: usize, key: impl Into<String>, what: impl Into<String>) {
        self.problems.push(Problem { line: self.line(at), key: key.into(), what: what.into() });
    }

    pub(super) fn line(&self, at: usize) -> usize {
        line_of(self.text.as_bytes(), at)
    }

    /// The problems in the order of the lines.
    pub(super) fn into_problems(mut self) -> Vec<Problem> {
        self.problems.sort_by_key(|problem| problem.line);
        self.problems
    }
}

/// A value and where it stands.
#[derive(Debug, Clone)]
pub(super) struct Found<T> {
    pub value: T,
    pub at: usize,
}

/// A table that is being read.
pub(super) struct Section<'s, 't> {
    name: String,
    at: usize,
    table: &'s DeTable<'t>,
    known: Vec<&'static str>,
    pub log: &'s mut Log<'t>,
}

impl<'s, 't> Section<'s, 't> {
    /// `name` is the section's name in messages; empty for the file itself.
    pub(super) fn new(
        name: impl Into<String>,
        at: usize,
        table: &'s DeTable<'t>,
        log: &'s mut Log<'t>,
    ) -> Self {
        Self { name: name.into(), at, table, known: Vec::new(), log }
    }

    /// Where it stands.
    pub(super) fn at(&self) -> usize {
        self.at
    }

    /// The key with its section, as messages name it.
    pub(super) fn path(&self, key: &str) -> String {
        if self.name.is_empty() { key.to_owned() } else { format!("{}.{key}", self.name) }
    }

    /// Notes what is wrong with that key at that place.
    pub(super) fn refuse(&mut self, at: usize, key: &str, what: impl Into<String>) {
        let path = self.path(key);
        self.log.add(at, path, what);
    }

    /// Notes that the key has to be there.
    pub(super) fn missing(&mut self, key: &str, advice: &str) {
        self.refuse(self.at, key, format!("is missing: {advice}"));
    }

    /// The value as it stands, with where its key begins.
    pub(super) fn raw(&mut self, key: &'static str) -> Option<Found<&'s DeValue<'t>>> {
        self.known.push(key);
        let (name, value) = self.table.get_key_value(key)?;
        Some(Found { value: value.get_ref(), at: name.span().start })
    }

    /// Everything in the table, for sections whose keys are looked up by the caller.
    pub(super) fn entries(
        &self,
    ) -> impl Iterator<Item = (&'s str, Range<usize>, &'s Spanned<DeValue<'t>>)> + use<'s, 't> {
        self.table.iter().map(|(key, value)| (key.get_ref().as_ref(), key.span(), value))
    }

    /// A text that is not empty.
    pub(super) fn text(&mut self, key: &'static str) -> Option<Found<String>> {
        let found = self.raw(key)?;
        match found.value.as_str() {
            Some(text) if text.trim().is_empty() => {
                self.refuse(found.at, key, "is empty: fill it in or leave the key out");
                None
            }
            Some(text) => Some(Found { value: text.to_owned(), at: found.at }),
            None => self.wrong_type(key, &found, "a text in quotes"),
        }
    }

    /// A path.
    pub(super) fn file(&mut self, key: &'static str) -> Option<Found<PathBuf>> {
        let found = self.text(key)?;
        if found.value.contains('\0') {
            self.refuse(found.at, key, "holds a zero byte, which no path may");
            return None;
        }
        Some(Found { value: PathBuf::from(found.value), at: found.at })
    }

    /// A whole number inside a range.
    pub(super) fn number<T: TryFrom<i64>>(
        &mut self,
        key: &'static str,
        range: RangeInclusive<i64>,
        unit: &str,
    ) -> Option<Found<T>> {
        let found = self.raw(key)?;
        let Some(number) = integer(found.value) else {
            return self.wrong_type(key, &found, "a whole number");
        };
        let value = if range.contains(&number) { T::try_from(number).ok() } else { None };
        if value.is_none() {
            let (low, high) = range.into_inner();
            self.refuse(
                found.at,
                key,
                format!("{number}{unit} is outside what is possible: give {low} to {high}"),
            );
        }
        Some(Found { value: value?, at: found.at })
    }

    /// `true` or `false`.
    pub(super) fn flag(&mut self, key: &'static str) -> Option<bool> {
        let found = self.raw(key)?;
        match found.value.as_bool() {
            Some(flag) => Some(flag),
            None => self.wrong_type(key, &found, "true or false, without quotes"),
        }
    }

    /// One of a few words.
    pub(super) fn word<T: Copy>(&mut self, key: &'static str, words: &[(&str, T)]) -> Option<Found<T>> {
        let found = self.text(key)?;
        if let Some((_, value)) = words.iter().find(|(word, _)| *word == found.value) {
            return Some(Found { value: *value, at: found.at });
        }
        let known: Vec<String> = words.iter().map(|(word, _)| format!("\"{word}\"")).collect();
        self.refuse(found.at, key, format!("{:?} is not known: write {}", found.value, known.join(" or ")));
        None
    }

    /// Notes that the value is of another kind.
    pub(super) fn wrong_type<T>(
        &mut self,
        key: &str,
        found: &Found<&DeValue<'_>>,
        wanted: &str,
    ) -> Option<T> {
        let kind = found.value.type_str();
        self.refuse(found.at, key, format!("is of the kind \"{kind}\": write {wanted}"));
        None
    }

    /// Refuses every key nobody asked for.
    pub(super) fn finish(self) {
        for (key, span, _) in self.entries() {
            if !self.known.contains(&key) {
                let what = unknown_key(key, &self.known);
                let path = self.path(key);
                self.log.add(span.start, path, what);
            }
        }
    }
}

/// A TOML integer, whatever base it was written in; none where it is something else or too large.
pub(super) fn integer(value: &DeValue<'_>) -> Option<i64> {
    let integer = value.as_integer()?;
    i64::from_str_radix(integer.as_str(), integer.radix()).ok()
}

/// What to say of a key that does not exist.
pub(super) fn unknown_key(key: &str, known: &[&str]) -> String {
    match known.iter().map(|word| (distance(key, word), *word)).min() {
        Some((few, word)) if few <= 2 && few < word.len() => {
            format!("this key does not exist: did you mean `{word}`?")
        }
        _ => format!("this key does not exist: take it out; there are {}", known.join(", ")),
    }
}

/// Edits between two words (Levenshtein), for "did you mean".
fn distance(a: &str, b: &str) -> usize {
    // A key longer than any of ours by far needs no table to be called far away.
    if a.len() > 64 {
        return a.len();
    }
    let b: Vec<char> = b.chars().collect();
    let mut row: Vec<usize> = (0..=b.len()).collect();
    for (i, from) in a.chars().enumerate() {
        let mut diagonal = row[0];
        row[0] = i + 1;
        for (j, to) in b.iter().enumerate() {
            let cost = diagonal + usize::from(from != *to);
            diagonal = row[j + 1];
            row[j + 1] = cost.min(row[j] + 1).min(diagonal + 1);
        }
    }
    row[b.len()]
}

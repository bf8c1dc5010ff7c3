//! `policy.toml`: the rules of this armoury as a file, to be set through the clerk.

use std::path::Path;

use serde::Deserialize;
use toml::Spanned;
use toml::de::{DeTable, Deserializer};

use super::error::{self, ConfigError, Problem};
use super::section::{Log, unknown_key};
use crate::domain::Policy;
use crate::domain::policy::Contradiction;

/// Reads a policy; what the file leaves out has its default.
///
/// # Errors
/// The file cannot be read, or it holds at least one problem; all that could be found are listed.
pub fn load_policy(path: &Path) -> Result<Policy, ConfigError> {
    let text = error::read(path)?;
    parse_policy(&text)
        .map_err(|problems| ConfigError::Refused { file: path.display().to_string(), problems })
}

/// Checks the text of a policy.
///
/// # Errors
/// Every problem that could be found, in the order of the lines.
pub fn parse_policy(text: &str) -> Result<Policy, Vec<Problem>> {
    let mut log = Log::new(text);
    let (root, errors) = DeTable::parse_recoverable(text);
    for error in &errors {
        log.add(error.span().map_or(0, |span| span.start), "", error.message().replace('\n', ": "));
    }
    if !errors.is_empty() {
        return Err(log.into_problems());
    }
    let known = policy_keys();
    let known: Vec<&str> = known.iter().map(String::as_str).collect();
    // Every key has a default, so each can be tried alone: one wrong key does not hide the next.
    for (key, value) in root.get_ref() {
        let name = key.get_ref().as_ref();
        let alone = DeTable::from_iter([(key.clone(), value.clone())]);
        let tried = Policy::deserialize(Deserializer::from(Spanned::new(root.span(), alone)));
        match tried {
            Ok(_) => {}
            Err(_) if !known.contains(&name) => log.add(key.span().start, name, unknown_key(name, &known)),
            Err(why) => {
                let why = format!("{}: the comments in the sample say what fits", why.message());
                log.add(key.span().start, name, why);
            }
        }
    }
    let problems = log.into_problems();
    if !problems.is_empty() {
        return Err(problems);
    }
    let policy: Policy = toml::from_str(text).map_err(|why| {
        let line = error::line_of(text.as_bytes(), why.span().map_or(0, |span| span.start));
        vec![Problem { line, key: String::new(), what: why.message().to_owned() }]
    })?;
    let against: Vec<Problem> =
        policy.contradictions().iter().map(|found| contradiction(text, root.get_ref(), found)).collect();
    if against.is_empty() { Ok(policy) } else { Err(against) }
}

/// A contradiction at the line of the key that the file sets, the other of the two named in the sentence.
fn contradiction(text: &str, table: &DeTable<'_>, found: &Contradiction) -> Problem {
    let (one, other) = found.keys;
    let set = |name: &str| {
        table.iter().find(|(key, _)| key.get_ref().as_ref() == name).map(|(key, _)| key.span().start)
    };
    let (key, start) = match (set(one), set(other)) {
        (Some(start), _) => (one, start),
        (None, Some(start)) => (other, start),
        (None, None) => (one, 0),
    };
    let line = error::line_of(text.as_bytes(), start);
    Problem { line, key: key.to_owned(), what: found.to_string() }
}

/// The keys of a policy, from the type itself, so that none can be forgotten here.
fn policy_keys() -> Vec<String> {
    match toml::Table::try_from(Policy::default()) {
        Ok(table) => table.keys().cloned().collect(),
        Err(_) => Vec::new(),
    }
}

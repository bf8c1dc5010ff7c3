//! GS1 Digital Link: a web address whose path holds a key. Host and query are not identity, and nothing is opened.

use super::{Found, MarkError, excerpt, gs1};
use crate::identity::epc::text::unescape;

/// The most pairs a key can have: a trade item with variant, batch and serial (GS1 Digital Link URI syntax 4.3).
const PAIRS_MAX: usize = 4;

/// Whether a text is a web address at all.
pub(super) fn is_meant(text: &str) -> bool {
    ["http://", "https://"].into_iter().any(|scheme| {
        let start = text.as_bytes().get(..scheme.len());
        start.is_some_and(|start| start.eq_ignore_ascii_case(scheme.as_bytes()))
    })
}

/// Reads the key out of the path: pairs of application identifier and value at its end, whatever stands before them.
pub(super) fn parse(text: &str) -> Result<Found, MarkError> {
    let (_scheme, rest) = text.split_once("://").ok_or(MarkError::NotADigitalLink)?;
    let path = rest.split(['?', '#']).next().unwrap_or_default();
    let mut segments = path.trim_end_matches('/').split('/');
    // The host, which names who made the label and nothing else.
    segments.next();
    let segments: Vec<&str> = segments.collect();
    let mut start = segments.len().saturating_sub(2 * PAIRS_MAX);
    let mut refused = None;
    // The key begins at the first segment from which on everything is pairs; a shop's own path may stand in front.
    while start + 1 < segments.len() {
        if is_key(segments[start]) && (segments.len() - start).is_multiple_of(2) {
            match pairs(&segments[start..]).and_then(gs1::identify) {
                Ok(found) => return Ok(found),
                Err(error) => refused = refused.or(Some(error)),
            }
        }
        start += 1;
    }
    Err(refused.unwrap_or(MarkError::NotADigitalLink))
}

/// The identifiers a path may begin with, as far as they name single things.
fn is_key(segment: &str) -> bool {
    matches!(segment, "00" | "01" | "253" | "414" | "8003" | "8004" | "8017" | "8018")
}

fn pairs(segments: &[&str]) -> Result<Vec<(String, String)>, MarkError> {
    let mut elements = Vec::with_capacity(segments.len() / 2);
    for pair in segments.chunks_exact(2) {
        let (ai, escaped) = (pair[0], pair[1]);
        if !(2..=4).contains(&ai.len()) || !ai.bytes().all(|byte| byte.is_ascii_digit()) {
            return Err(MarkError::Element(excerpt(ai)));
        }
        let value = unescape(escaped).ok_or_else(|| MarkError::Element(excerpt(escaped)))?;
        // A Digital Link may give a shorter GTIN; in an element string it always has fourteen digits.
        let value = match (ai, value.len()) {
            ("01", 8 | 12 | 13) => format!("{value:0>14}"),
            _ => value,
        };
        elements.push((ai.to_owned(), value));
    }
    Ok(elements)
}

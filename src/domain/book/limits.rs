//! Bounds on what an act may hold, so that no entry outgrows its largest size and no list the memory.

use super::Denied;
use crate::domain::WeaponId;

/// Longest free text, bytes.
pub const TEXT_MAX_BYTES: usize = 1_000;

/// Longest list in one act.
pub const LIST_MAX: usize = 10_000;

/// Weapons named in one entry: of the longest numbers, half of what an entry holds.
pub const BATCH: usize = 500;

/// Weapons named in one sentence; the rest is a figure.
const NAMED_MAX: usize = 4;

/// A text that has to be there, without the space around it.
///
/// # Errors
/// It is empty, too long, or holds what no paper can show.
pub(in crate::domain) fn text(what: &str, text: &str) -> Result<String, Denied> {
    let text = text.trim();
    if text.is_empty() {
        return Denied::because(format!("take it without {what}: say it"));
    }
    if text.len() > TEXT_MAX_BYTES || text.chars().any(char::is_control) {
        return Denied::because(format!(
            "take {what}: it is longer than {TEXT_MAX_BYTES} bytes or holds control characters"
        ));
    }
    Ok(text.to_owned())
}

/// Several of them.
///
/// # Errors
/// One is no text, or there are too many.
pub(in crate::domain) fn texts(what: &str, texts: &[String], most: usize) -> Result<Vec<String>, Denied> {
    if texts.len() > most {
        return Denied::because(format!("take {} of {what}: at most {most}", texts.len()));
    }
    texts.iter().map(|one| text(what, one)).collect()
}

/// A list of weapons: some, not too many, none twice.
///
/// # Errors
/// Which of these it is not.
pub(in crate::domain) fn distinct(weapons: &[WeaponId]) -> Result<(), Denied> {
    if weapons.is_empty() {
        return Denied::because("do that: name at least one weapon");
    }
    if weapons.len() > LIST_MAX {
        return Denied::because(format!("take {} weapons at once: at most {LIST_MAX}", weapons.len()));
    }
    let mut sorted: Vec<&WeaponId> = weapons.iter().collect();
    sorted.sort();
    match sorted.windows(2).find(|pair| pair[0] == pair[1]) {
        Some(pair) => Denied::because(format!("take {} twice: it stands in the list twice", pair[0])),
        None => Ok(()),
    }
}

/// A list in pieces that each fit into an entry.
pub(in crate::domain) fn batches(weapons: &[WeaponId]) -> impl Iterator<Item = Vec<WeaponId>> {
    weapons.chunks(BATCH).map(<[WeaponId]>::to_vec)
}

/// "A1042, A1043 and 38 more".
pub(in crate::domain) fn named(weapons: &[WeaponId]) -> String {
    let shown: Vec<&str> = weapons.iter().take(NAMED_MAX).map(WeaponId::as_str).collect();
    match weapons.len().saturating_sub(NAMED_MAX) {
        0 => shown.join(", "),
        more => format!("{} and {more} more", shown.join(", ")),
    }
}

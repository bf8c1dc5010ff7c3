//! What of a `[[camera]]` is about reading.

use crate::config::reading::{Confirm, Reading, Symbology};
use crate::config::section::{Found, Section};

/// The characters of Code 39 beside letters and digits, and the two that stand for any of those.
const FORM: &str = "-. $/+%@#";

/// Kinds of code, what confirms them, and the form of a Code 39.
pub(super) fn reading(section: &mut Section<'_, '_>) -> Reading {
    let confirm = section.word("confirm", &Confirm::WORDS);
    let both = confirm.as_ref().is_some_and(|found| found.value == Confirm::BothReaders);
    let symbologies = symbologies(section, both);
    let code39_format = code39_format(section, symbologies.as_deref());
    // A code that can never be confirmed need not be looked for.
    let by_default = if both { vec![Symbology::Qr] } else { Symbology::ALL.to_vec() };
    Reading {
        symbologies: symbologies.unwrap_or(by_default),
        confirm: confirm.map(|found| found.value).unwrap_or_default(),
        code39_format,
    }
}

fn symbologies(section: &mut Section<'_, '_>, both: bool) -> Option<Vec<Symbology>> {
    const KEY: &str = "symbologies";
    let found = section.raw(KEY)?;
    let Some(list) = found.value.as_array() else {
        return section.wrong_type(KEY, &found, "a list such as [\"qr\", \"data_matrix\"]");
    };
    let mut symbologies = Vec::new();
    for item in list.iter() {
        let at = item.span().start;
        let word = item.get_ref().as_str();
        let known = Symbology::WORDS.iter().find(|(known, _)| Some(*known) == word);
        match known.map(|(_, symbology)| *symbology) {
            None => {
                let words = Symbology::WORDS.map(|(word, _)| format!("\"{word}\"")).join(" or ");
                section.refuse(at, KEY, format!("one of the list is no kind of code: write {words}"));
            }
            Some(symbology) if symbologies.contains(&symbology) => {
                section.refuse(at, KEY, "a kind of code is listed twice: once is enough");
            }
            Some(symbology) if both && symbology != Symbology::Qr => {
                let what = "only \"qr\" has a second reader: with confirm = \"both_readers\" no other code would \
                            ever be taken; write [\"qr\"], or confirm = \"two_frames\"";
                section.refuse(at, KEY, what);
            }
            Some(symbology) => symbologies.push(symbology),
        }
    }
    if list.is_empty() {
        section.refuse(found.at, KEY, "the list is empty: name at least one, or leave the key out for all");
    }
    Some(symbologies)
}

fn code39_format(section: &mut Section<'_, '_>, symbologies: Option<&[Symbology]>) -> Option<String> {
    const KEY: &str = "code39_format";
    let Found { value, at } = section.text(KEY)?;
    let fits = |c: char| c.is_ascii_digit() || c.is_ascii_uppercase() || FORM.contains(c);
    if !value.chars().all(fits) {
        let what = format!(
            "{value:?} is no form of a Code 39: write # for a digit, @ for a letter, other characters of Code 39 as they are"
        );
        section.refuse(at, KEY, what);
    } else if symbologies.is_some_and(|listed| !listed.contains(&Symbology::Code39)) {
        section.refuse(
            at,
            KEY,
            "\"code39\" is not among the symbologies: add it there, or take this key out",
        );
    }
    Some(value)
}

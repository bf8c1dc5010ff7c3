//! What stands on a label: by what the book says, or by a fresh house code.

use std::collections::BTreeSet;

use super::print::{Job, print};
use super::{Cards, Failure, People, Slots, Things, Which};
use crate::domain::armoury::Holding;
use crate::domain::roster::Badge;
use crate::domain::{Armoury, Identifier, Person, Roster, Standing, Weapon};
use crate::identity::mark::{self, house, printable};
use crate::label::{Label, Size};
use crate::ledger::Reader;
use crate::scan::card::Card;
use crate::scan::slot::Slot;
use crate::station::protocol::{Ask, NewBadge, NewMark};

/// A label for a thing.
const LABEL: Size = Size::of_mm(50, 25);

/// A card as it is carried (ISO/IEC 7810 ID-1), to the millimetre.
const CARD: Size = Size::of_mm(85, 54);

/// How many names an error lists.
const LISTED: usize = 5;

pub(super) fn weapons(things: Things) -> Result<u8, Failure> {
    let Things { which, enrol, show_id, place, how } = things;
    let armoury = place.reader()?.armoury()?;
    // Of all of them those that can be here; one that is named is printed wherever it is.
    let wanted =
        |held: &&Holding| !which.all || !matches!(held.standing, Standing::Destroyed | Standing::NotHere);
    let book = armoury.weapons().filter(wanted).map(|held| &held.weapon);
    let found = chosen(&which, book, |weapon| weapon.id.as_str())?;
    let mut new = Vec::new();
    let mut labels = Vec::new();
    for weapon in found {
        let code = match mark_of(weapon) {
            Some(text) => text.to_owned(),
            None => {
                let text = fresh(&armoury, None)?;
                new.push(NewMark { weapon: weapon.id.clone(), text: text.clone() });
                text
            }
        };
        labels.push(label(weapon.id.as_str(), show_id, None, code));
    }
    demand_enrol(enrol, "mark", new.iter().map(|new| new.weapon.as_str()))?;
    let ask = (!new.is_empty()).then_some(Ask::EnrolMarks { marks: new });
    print(&how, LABEL, Job { labels, enrol: ask.map(|ask| (ask, &place)) })
}

pub(super) fn people(people: People) -> Result<u8, Failure> {
    let People { things: Things { which, enrol, show_id, place, how }, name } = people;
    let reader: Reader = place.reader()?;
    let (armoury, roster) = (reader.armoury()?, reader.roster()?);
    let found = chosen(&which, armoury.persons(), |person| person.id.as_str())?;
    let mut new = Vec::new();
    let mut labels = Vec::new();
    for Person { id, .. } in found {
        let code = match roster.personal(id).and_then(|personal| personal.badge.as_ref()) {
            Some(Badge::Qr(text)) => text.clone(),
            // Everybody's badges were asked for: whoever has a radio card needs none.
            Some(Badge::Epc(_)) if which.all => continue,
            Some(Badge::Epc(_)) => {
                return Err(Failure::refused(format!(
                    "print a badge for {id}: theirs is a radio card, and a person has one badge; write it with `armoury tag write --person {id}`"
                )));
            }
            None => {
                let text = fresh(&armoury, Some(&roster))?;
                new.push(NewBadge { person: id.clone(), text: text.clone() });
                text
            }
        };
        labels.push(label(id.as_str(), show_id, name.then(|| roster.call(id)), code));
    }
    demand_enrol(enrol, "badge", new.iter().map(|new| new.person.as_str()))?;
    let ask = (!new.is_empty()).then_some(Ask::EnrolBadges { badges: new });
    print(&how, CARD, Job { labels, enrol: ask.map(|ask| (ask, &place)) })
}

pub(super) fn slots(slots: Slots) -> Result<u8, Failure> {
    let Slots { which, place, how } = slots;
    let named = |name: &str| {
        Slot::from_name(name).ok_or_else(|| {
            let name = printable(name);
            Failure::usage(format!(
                "print a label for the slot {name:?}: write RACK/SLOT, such as B/12, with no other / in it"
            ))
        })
    };
    let found: Vec<Slot> = if which.all {
        let armoury = place.reader()?.armoury()?;
        let homes: BTreeSet<String> = armoury
            .weapons()
            .filter_map(|held| Some(format!("{}/{}", held.weapon.rack.as_ref()?, held.weapon.slot.as_ref()?)))
            .collect();
        homes.iter().map(|home| named(home)).collect::<Result<_, _>>()?
    } else {
        which.ids.iter().map(|name| named(name)).collect::<Result<_, _>>()?
    };
    let labels =
        found.iter().map(|slot| Label { code: slot.text(), lines: vec![slot.name()], caption: slot.name() });
    print(&how, LABEL, Job { labels: labels.collect(), enrol: None })
}

pub(super) fn cards(cards: Cards) -> Result<u8, Failure> {
    let Cards { which, how } = cards;
    let named = |name: &String| {
        let word = name.replace(['-', '_'], " ");
        let found = Card::ALL.into_iter().find(|card| card.word().eq_ignore_ascii_case(&word));
        found.ok_or_else(|| {
            let names = Card::ALL.map(|card| card.word().to_lowercase().replace(' ', "-")).join(", ");
            Failure::usage(format!("print the card {:?}: there are {names}", printable(name)))
        })
    };
    let found: Vec<Card> = match which.all {
        true => Card::ALL.to_vec(),
        false => which.ids.iter().map(named).collect::<Result<_, _>>()?,
    };
    let labels = found.iter().map(|card| Label {
        code: card.text(),
        lines: vec![card.word().to_owned()],
        caption: String::new(),
    });
    print(&how, CARD, Job { labels: labels.collect(), enrol: None })
}

/// A label with the code as people read it.
fn label(id: &str, show_id: bool, name: Option<String>, code: String) -> Label {
    let lines = show_id.then(|| id.to_owned()).into_iter().chain(name).chain([readable(&code)]);
    Label { lines: lines.collect(), caption: id.to_owned(), code }
}

/// The code without what only machines need.
fn readable(code: &str) -> String {
    match mark::parse(code.as_bytes()) {
        Ok(mark) => mark.key.to_string(),
        Err(_) => code.to_owned(),
    }
}

/// The mark to print: the house code where there is one, because only that tells a finder nothing.
fn mark_of(weapon: &Weapon) -> Option<&str> {
    let mut marks = weapon.identifiers.iter().filter_map(|found| match found {
        Identifier::Mark { text } => Some(text.as_str()),
        Identifier::Tag { .. } => None,
    });
    let first = marks.clone().next();
    marks.find(|text| house::check(text).is_ok()).or(first)
}

/// A house code that stands for nothing yet.
fn fresh(armoury: &Armoury, roster: Option<&Roster>) -> Result<String, Failure> {
    loop {
        let mut random = [0; 10];
        getrandom::fill(&mut random)
            .map_err(|error| Failure::absent(format!("make a house code: no random numbers: {error}")))?;
        let code = house::make(random);
        let mark = crate::identity::MarkId::from_text(&code);
        let known = armoury.weapon_by_mark(&mark).is_some()
            || roster.is_some_and(|roster| roster.by_mark(&mark).is_some());
        if !known {
            return Ok(code);
        }
    }
}

/// Those named, in that order, or all in the order of their ids.
fn chosen<'a, T>(
    which: &Which,
    book: impl Iterator<Item = &'a T>,
    id_of: impl Fn(&T) -> &str,
) -> Result<Vec<&'a T>, Failure> {
    let mut book: Vec<&T> = book.collect();
    book.sort_by(|a, b| id_of(a).cmp(id_of(b)));
    if which.all {
        return Ok(book);
    }
    let find = |id: &String| match book.binary_search_by(|one| id_of(one).cmp(id)) {
        Ok(at) => Ok(book[at]),
        Err(_) => Err(Failure::refused(format!("print {}: it is not in the book", printable(id)))),
    };
    which.ids.iter().map(find).collect()
}

/// Nothing is entered unless asked, and nothing is printed that would not be known.
fn demand_enrol<'a>(
    enrol: bool,
    what: &str,
    without: impl ExactSizeIterator<Item = &'a str>,
) -> Result<(), Failure> {
    let count = without.len();
    if enrol || count == 0 {
        return Ok(());
    }
    let mut listed = without.take(LISTED).collect::<Vec<_>>().join(", ");
    if count > LISTED {
        listed.push_str(&format!(" and {} more", count - LISTED));
    }
    Err(Failure::refused(format!(
        "print {listed}: there is no {what} in the book to print; --enrol makes a house code for each, enters it and prints it"
    )))
}

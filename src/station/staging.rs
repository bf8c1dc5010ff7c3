//! A book too long for one line comes in pieces. They are kept beside the ledger's memory and are nothing until the
//! last word enters all of them at once; a client that never says it has cost some memory until the next book comes.

use serde_json::{Value, json};
use uuid::Uuid;

use super::keeper::Keeper;
use super::protocol::{Ask, Part};
use crate::domain::Weapon;
use crate::domain::roster::Enrolment;

/// Most records kept of a book that is coming in.
pub const STAGED_MAX: usize = 200_000;

/// What has come of a book so far.
#[derive(Debug)]
pub(super) struct Staged {
    book: Uuid,
    weapons: Vec<Weapon>,
    persons: Vec<Enrolment>,
}

impl Staged {
    fn len(&self) -> usize {
        self.weapons.len() + self.persons.len()
    }
}

impl Keeper {
    /// Keeps one piece; the first one of a new book puts another that never was finished away.
    ///
    /// # Errors
    /// A piece is missing before it, or the book is too long; what came of it is put away.
    pub(super) fn stage(&mut self, book: Uuid, after: usize, part: Part) -> Result<Value, String> {
        let mut staged = match self.staged.take().filter(|staged| staged.book == book) {
            Some(staged) => staged,
            None => Staged { book, weapons: Vec::new(), persons: Vec::new() },
        };
        if staged.len() != after {
            return Err(format!(
                "take a piece of the book: {} records came before it and it follows {after}; send the book again",
                staged.len()
            ));
        }
        match part {
            Part::Weapons(weapons) if staged.persons.is_empty() => staged.weapons.extend(weapons),
            Part::Persons(persons) if staged.weapons.is_empty() => staged.persons.extend(persons),
            _ => {
                return Err(
                    "take a piece of the book: it holds weapons and people; send them apart".to_owned()
                );
            }
        }
        if staged.len() > STAGED_MAX {
            return Err(format!("take the book: it has more than {STAGED_MAX} records; split it"));
        }
        let kept = staged.len();
        self.staged = Some(staged);
        Ok(json!({ "staged": kept }))
    }

    /// The whole book as one change.
    ///
    /// # Errors
    /// Not all of it came.
    pub(super) fn unstage(&mut self, book: Uuid, count: usize) -> Result<Ask, String> {
        let staged = self.staged.take().filter(|staged| staged.book == book && staged.len() == count);
        let staged = staged.ok_or_else(|| {
            "enter the book: not all of its pieces came, or another book came between; send it again"
                .to_owned()
        })?;
        Ok(match staged.persons.is_empty() {
            true => Ask::ImportWeapons { weapons: staged.weapons },
            false => Ask::ImportPersons { persons: staged.persons },
        })
    }
}

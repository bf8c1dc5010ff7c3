//! Printed codes become part of the book: a weapon's mark, a person's badge.

use std::collections::HashSet;

use serde_json::Value;
use uuid::Uuid;

use super::keeper::Keeper;
use super::protocol::{NewBadge, NewMark};
use crate::domain::roster::Badge;
use crate::domain::{Event, Identifier, Moment, Weapon};
use crate::identity::MarkId;

impl Keeper {
    /// Enters marks that weapons carry from now on, all or none.
    pub(super) fn enrol_marks(
        &mut self,
        command: Option<Uuid>,
        marks: &[NewMark],
        at: Moment,
    ) -> Result<Value, String> {
        let mut seen = HashSet::new();
        let mut drafts = Vec::with_capacity(marks.len());
        for NewMark { weapon, text } in marks {
            let holding = self.armoury.weapon(weapon).ok_or_else(|| {
                format!("enrol a mark for {weapon}: there is no such weapon in the book; import it first")
            })?;
            let new = self.new_code(text).map_err(|why| format!("enrol a mark for {weapon}: {why}"))?;
            // One record a weapon: a second one in the same list would forget the first.
            if !seen.insert(new.as_str().to_owned()) || !seen.insert(format!("weapon {weapon}")) {
                return Err(format!("enrol a mark for {weapon}: it stands twice in the list"));
            }
            let mut identifiers = holding.weapon.identifiers.clone();
            identifiers.push(Identifier::Mark { text: text.clone() });
            drafts.push(
                Event::WeaponRegistered(Box::new(Weapon { identifiers, ..holding.weapon.clone() })).into(),
            );
        }
        self.enter(command, drafts, at)
    }

    /// Enters printed badges of people who have none, all or none.
    pub(super) fn enrol_badges(
        &mut self,
        command: Option<Uuid>,
        badges: &[NewBadge],
        at: Moment,
    ) -> Result<Value, String> {
        let mut seen = HashSet::new();
        let mut drafts = Vec::with_capacity(badges.len());
        let mut enrolments = Vec::with_capacity(badges.len());
        for NewBadge { person: id, text } in badges {
            let person = self.armoury.person(id).ok_or_else(|| {
                format!("enrol a badge for {id}: there is no such person in the book; import them first")
            })?;
            if self.roster.personal(id).is_some_and(|personal| personal.badge.is_some()) {
                return Err(format!("enrol a badge for {id}: they have one, and a person has one badge"));
            }
            let new = self.new_code(text).map_err(|why| format!("enrol a badge for {id}: {why}"))?;
            if !seen.insert(new.as_str().to_owned()) || !seen.insert(format!("person {id}")) {
                return Err(format!("enrol a badge for {id}: it stands twice in the list"));
            }
            let (draft, enrolment) = self.with_badge(person, Badge::Qr(text.clone()))?;
            drafts.push(draft);
            enrolments.push(enrolment);
        }
        let outcome = self.enter(command, drafts, at)?;
        for enrolment in enrolments {
            self.roster.insert(enrolment.id, enrolment.personal);
        }
        Ok(outcome)
    }

    /// The key of a code that stands for nothing yet.
    fn new_code(&self, text: &str) -> Result<MarkId, String> {
        let mark = MarkId::from_text(text);
        if mark.as_str().is_empty() {
            return Err("the code is empty".to_owned());
        }
        match (self.armoury.weapon_by_mark(&mark), self.roster.by_mark(&mark)) {
            (Some(owner), _) => Err(format!("the code {mark} is that of {owner}")),
            (None, Some(owner)) => Err(format!("the code {mark} is the badge of {owner}")),
            (None, None) => Ok(mark),
        }
    }
}

//! What of an act may not enter the chain: it becomes the person's record beside the ledger, and the act is decided on
//! with that record's digest.

use super::keeper::Keeper;
use crate::domain::PersonId;
use crate::domain::book::Act;
use crate::domain::book::person::{Act as PersonAct, BadgeKind, Digest, Private, next_badge};
use crate::domain::roster::{BadgeState, Kept, KeptBadge};
use crate::ledger::people::{self, PersonRow};

/// A person's record as it will be once the act is entered.
pub(super) struct NewRecord {
    /// Whose.
    pub person: PersonId,
    /// What is kept.
    pub kept: Kept,
    /// The same as a row.
    pub row: PersonRow,
}

impl Keeper {
    /// Takes the private part out of an act. None where it has none.
    ///
    /// # Errors
    /// What is to be kept makes no sense.
    pub(super) fn keep_apart(&self, act: Act) -> Result<(Act, Option<NewRecord>), String> {
        let Act::Person(mut act) = act else { return Ok((act, None)) };
        let person = act.person().clone();
        // Of whom there is no record the decision says so itself.
        if act.private().is_none() || self.armoury.person(&person).is_none() {
            return Ok((Act::Person(act), None));
        }
        let mut kept = self.roster.kept(&person).cloned().unwrap_or_default();
        self.rewrite(&mut kept, &mut act)?;
        let (digest, row) = people::seal(&person, &kept).map_err(|error| error.to_string())?;
        if let Some(private) = act.private() {
            *private = Private::Kept(Digest(digest));
        }
        Ok((Act::Person(act), Some(NewRecord { person, kept, row })))
    }

    /// What the act does to the record.
    fn rewrite(&self, kept: &mut Kept, act: &mut PersonAct) -> Result<(), String> {
        let id = act.person().clone();
        match act {
            PersonAct::Suspend { private, .. } => {
                kept.suspension = match std::mem::take(private) {
                    Private::NewReason(reason) => Some(reason),
                    _ => None,
                };
            }
            // Without one in a replay: a recording holds none.
            PersonAct::SetPin { private, .. } => {
                kept.pin = match std::mem::take(private) {
                    Private::NewPin(pin) => Some(pin),
                    _ => None,
                };
            }
            PersonAct::GiveBadge { kind, replaces, private, .. } => {
                let Private::Badge(badge) = std::mem::take(private) else {
                    return Err(format!("give {id} a badge: say what it says, with --epc or --code"));
                };
                if self.has_badge(&badge) {
                    return Err(format!("give {id} that badge: it is in the book already"));
                }
                if let Some(old) = replaces {
                    put_away(kept, &id, *old, BadgeState::Over)?;
                }
                // The station reads what it is, whatever was asked.
                *kind = BadgeKind::of(&badge);
                let number = next_badge(&self.armoury, &id);
                kept.badges.push(KeptBadge { number, badge, state: BadgeState::Open });
            }
            PersonAct::LoseBadge { number, .. } => {
                put_away(kept, &id, *number.insert(which(kept, &id, *number)?), BadgeState::Lost)?;
            }
            PersonAct::TakeBadge { number, .. } => {
                put_away(kept, &id, *number.insert(which(kept, &id, *number)?), BadgeState::Over)?;
            }
            PersonAct::Leave { .. } => {
                if kept.personal.badge.is_some() {
                    put_away(kept, &id, 0, BadgeState::Over)?;
                }
                for badge in kept.badges.iter_mut().filter(|badge| badge.state == BadgeState::Open) {
                    badge.state = BadgeState::Over;
                }
                kept.pin = None;
            }
            _ => {}
        }
        Ok(())
    }
}

/// The badge of that number, or the only one that opens something.
fn which(kept: &Kept, id: &PersonId, number: Option<u32>) -> Result<u32, String> {
    let open = kept.badges.iter().filter(|badge| badge.state == BadgeState::Open).map(|badge| badge.number);
    let open: Vec<u32> = kept.personal.badge.iter().map(|_| 0).chain(open).collect();
    match (number, &open[..]) {
        (Some(number), _) => Ok(number),
        (None, [number]) => Ok(*number),
        (None, []) => Err(format!("find the badge of {id}: they have none")),
        (None, several) => {
            let several: Vec<String> = several.iter().map(ToString::to_string).collect();
            Err(format!(
                "find the badge of {id}: they have {}; say which with --number",
                several.join(" and ")
            ))
        }
    }
}

/// A badge opens nothing from now on.
fn put_away(kept: &mut Kept, id: &PersonId, number: u32, state: BadgeState) -> Result<(), String> {
    if number == 0
        && let Some(badge) = kept.personal.badge.take()
    {
        kept.badges.push(KeptBadge { number, badge, state });
        return Ok(());
    }
    match kept.badges.iter_mut().rev().find(|badge| badge.number == number) {
        Some(badge) => {
            badge.state = state;
            Ok(())
        }
        None if number == 0 => Err(format!("find the badge of {id} in the register: it holds none")),
        // The decision says what is wrong with that number.
        None => Ok(()),
    }
}

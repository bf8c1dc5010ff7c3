//! What the book says of a tag that is to be written, and what it says afterwards.

use serde_json::Value;

use super::keeper::Keeper;
use super::protocol::Ask;
use super::tags::{TagDone, TagPlan, TagStep};
use crate::domain::book::person::has_left;
use crate::domain::roster::{Badge, Enrolment, Kept};
use crate::domain::{Event, Identifier, Moment, Person, PersonId, TagNote, TagWork, Weapon, WeaponId};
use crate::identity::TagId;
use crate::identity::epc::{hex, parse_epc_hex, parse_hex};
use crate::ledger::{Draft, people};

/// Digits of a badge's EPC that an entry holds: a badge is personal.
const BADGE_DIGITS: usize = 4;

impl Keeper {
    /// What an ask about a tag comes to, by what the book says. `None`: it is about something else.
    ///
    /// # Errors
    /// Why not, in a sentence.
    pub fn tag_plan(&self, what: &Ask, by: String) -> Result<Option<TagPlan>, String> {
        let (reader, what) = match what {
            Ask::TagWrite { reader, epc, weapon, person } => {
                (reader, self.write_plan(epc.as_deref(), weapon.as_ref(), person.as_ref())?)
            }
            Ask::TagLock { reader } => (reader, TagStep::Lock),
            Ask::TagCheck { reader } => (reader, TagStep::Check),
            Ask::TagPassword { epc } => (&None, TagStep::Password { epc: given_epc(epc)? }),
            _ => return Ok(None),
        };
        Ok(Some(TagPlan { reader: reader.clone(), what, by }))
    }

    /// Enters what was done, the tag's owner with it; then it may be answered.
    ///
    /// # Errors
    /// It failed, or could not be entered.
    pub fn tagged(&mut self, done: &TagDone, at: Moment) -> Result<Value, String> {
        if let Some(work) = done.work {
            let mut drafts = vec![Event::Tag(Box::new(note(work, done))).into()];
            let mut badge = None;
            if work == TagWork::Written && done.failed.is_none() {
                drafts.extend(self.weapon_draft(done));
                badge = self.badge_draft(done)?;
                drafts.extend(badge.as_ref().map(|(draft, _)| draft.clone()));
            }
            self.write(at, done.command, &drafts).map_err(|error| {
                format!("enter what was done to the tag {}: {error}; the tag has been worked on", done.epc)
            })?;
            if let Some((_, enrolment)) = badge {
                self.roster.insert(enrolment.id, enrolment.personal);
            }
        }
        match &done.failed {
            Some(why) => Err(format!("work on the tag: {why}")),
            None => Ok(self.with_the_book(done)),
        }
    }

    /// The answer, and after a check or a write what the book says of this tag.
    fn with_the_book(&self, done: &TagDone) -> Value {
        let mut answer = done.answer.clone();
        if let (Some(fields), Ok(epc), Some(Ok(tid))) =
            (answer.as_object_mut(), parse_hex(&done.epc), done.tid.as_deref().map(parse_hex))
            && (fields.contains_key("epc_locked") || done.work == Some(TagWork::Written))
        {
            let (good, says) = self.book_says(&epc, &tid);
            fields.insert("as_in_the_book".into(), Value::Bool(good));
            fields.insert("book".into(), Value::String(says));
        }
        answer
    }

    /// Whether the tag is what the book says, in a sentence.
    fn book_says(&self, epc: &[u8], tid: &[u8]) -> (bool, String) {
        let tag = TagId::from_epc(epc);
        if let Some(id) = self.armoury.weapon_by_tag(&tag) {
            let holding = self.armoury.weapon(id);
            let chip =
                holding.iter().flat_map(|holding| &holding.weapon.identifiers).find_map(
                    |found| match found {
                        Identifier::Tag { epc: known, tid: Some(chip) } if known == epc => {
                            Some(chip.as_slice())
                        }
                        _ => None,
                    },
                );
            return match chip {
                Some(chip) if chip == tid => (true, format!("the tag of {id}, with the chip on record")),
                Some(chip) => (
                    false,
                    format!(
                        "the EPC of {id}, but on another chip than {}: this tag may be a copy; keep it and find out who made it",
                        hex(chip)
                    ),
                ),
                None => (
                    true,
                    format!(
                        "the tag of {id}; its chip is not on record: `armoury tag write --weapon {id}` enters it"
                    ),
                ),
            };
        }
        if let Some(id) = self.roster.by_tag(&tag) {
            return (true, format!("the badge of {id}"));
        }
        match self.armoury.weapon_by_chip(tid) {
            Some(id) => (
                false,
                format!(
                    "the chip of {id} under another EPC than on record: a write was not finished; give `armoury tag write --weapon {id}` again"
                ),
            ),
            None => (false, "not in the book".to_owned()),
        }
    }

    fn write_plan(
        &self,
        epc: Option<&str>,
        weapon: Option<&WeaponId>,
        person: Option<&PersonId>,
    ) -> Result<TagStep, String> {
        let epc = match (epc, weapon, person) {
            (Some(epc), _, None) | (Some(epc), None, _) => given_epc(epc)?,
            (None, Some(id), None) => self.epc_of_weapon(id)?,
            (None, None, Some(id)) => self.epc_of_badge(id)?,
            _ => {
                return Err("write a tag: say which EPC, or for which weapon, or for which person".to_owned());
            }
        };
        if let Some(id) = weapon
            && self.armoury.policy.no_weapon_tags
        {
            return Err(format!(
                "write a tag for {id}: the rules here allow no tags in weapons; bind a mark"
            ));
        }
        if let Some(id) = weapon
            && self.armoury.weapon(id).is_none()
        {
            return Err(format!(
                "write a tag for {id}: there is no such weapon in the book; import it first"
            ));
        }
        if let Some(id) = person
            && self.armoury.person(id).is_none()
        {
            return Err(format!(
                "write a badge for {id}: there is no such person in the book; import them first"
            ));
        }
        let tag = TagId::from_epc(&epc);
        match (self.armoury.weapon_by_tag(&tag), self.roster.by_tag(&tag)) {
            (Some(owner), _) if Some(owner) != weapon => Err(format!(
                "write the EPC {}: it is that of {owner}, and a second tag would be a copy",
                hex(&epc)
            )),
            (_, Some(owner)) if Some(owner) != person => Err(format!(
                "write the EPC {}: it is the badge of {owner}, and a second one would be a copy",
                hex(&epc)
            )),
            _ => Ok(TagStep::Write { epc, weapon: weapon.cloned(), person: person.cloned() }),
        }
    }

    fn epc_of_weapon(&self, id: &WeaponId) -> Result<Vec<u8>, String> {
        let holding = self.armoury.weapon(id);
        let mut tags =
            holding.iter().flat_map(|holding| &holding.weapon.identifiers).filter_map(|found| match found {
                Identifier::Tag { epc, .. } => Some(epc.clone()),
                Identifier::Mark { .. } => None,
            });
        match (tags.next(), tags.next()) {
            (Some(epc), None) => Ok(epc),
            (Some(_), Some(_)) => {
                Err(format!("write a tag for {id}: the book has several; say which with --epc HEX"))
            }
            (None, _) => {
                Err(format!("write a tag for {id}: the book has no EPC for it; say it with --epc HEX"))
            }
        }
    }

    fn epc_of_badge(&self, id: &PersonId) -> Result<Vec<u8>, String> {
        match self.roster.personal(id).and_then(|personal| personal.badge.as_ref()) {
            Some(Badge::Epc(epc)) => Ok(epc.clone()),
            Some(Badge::Qr(_)) | None => {
                Err(format!("write a badge for {id}: the book has no EPC for it; say it with --epc HEX"))
            }
        }
    }

    /// The weapon's record with the tag it has now: EPC and chip are enrolled together.
    fn weapon_draft(&self, done: &TagDone) -> Option<Draft> {
        let held = &self.armoury.weapon(done.weapon.as_ref()?)?.weapon;
        let (epc, tid) = (parse_hex(&done.epc).ok()?, parse_hex(done.tid.as_deref()?).ok()?);
        let enrolled = Identifier::Tag { epc: epc.clone(), tid: Some(tid.clone()) };
        if held.identifiers.contains(&enrolled) {
            return None;
        }
        // The same EPC on another chip, or the same chip under its old EPC, is the tag that was replaced.
        let replaced = |found: &Identifier| match found {
            Identifier::Tag { epc: old, tid: chip } => *old == epc || chip.as_ref() == Some(&tid),
            Identifier::Mark { .. } => false,
        };
        let kept = held.identifiers.iter().filter(|found| !replaced(found)).cloned();
        let identifiers = std::iter::once(enrolled).chain(kept).collect();
        Some(Event::WeaponRegistered(Box::new(Weapon { identifiers, ..held.clone() })).into())
    }

    /// The person's record with the badge they have now.
    fn badge_draft(&self, done: &TagDone) -> Result<Option<(Draft, Enrolment)>, String> {
        let Some(person) = done.person.as_ref().and_then(|id| self.armoury.person(id)) else {
            return Ok(None);
        };
        let epc = parse_hex(&done.epc).map_err(|error| format!("read the badge's EPC: {error}"))?;
        let badge = Badge::Epc(epc);
        let known = self.roster.personal(&person.id).and_then(|personal| personal.badge.as_ref());
        if known == Some(&badge) {
            return Ok(None);
        }
        self.with_badge(person, badge).map(Some)
    }

    /// A person's record with another badge.
    pub(super) fn with_badge(&self, person: &Person, badge: Badge) -> Result<(Draft, Enrolment), String> {
        if has_left(&self.armoury, &person.id) {
            return Err(format!("give {} a badge: they have left", person.id));
        }
        let mut personal = self.roster.personal(&person.id).cloned().unwrap_or_default();
        personal.badge = Some(badge);
        let enrolment = Enrolment {
            id: person.id.clone(),
            role: person.role,
            valid_until: person.valid_until,
            may_draw: person.may_draw.clone(),
            personal,
        };
        let kept = self.roster.kept(&person.id).cloned().unwrap_or_default();
        let kept = Kept { personal: enrolment.personal.clone(), ..kept };
        let (record_digest, row) = people::seal(&person.id, &kept).map_err(|error| error.to_string())?;
        let person = Person { record_digest, ..person.clone() };
        Ok((Draft { event: Event::PersonRegistered(person), person: Some(row) }, enrolment))
    }
}

/// What the entry holds: of a badge no more than its tail.
fn note(work: TagWork, done: &TagDone) -> TagNote {
    let personal = done.person.is_some();
    let short = |epc: &String| {
        let tail = epc.len().saturating_sub(if personal { BADGE_DIGITS } else { epc.len() });
        epc.get(tail..).unwrap_or_default().to_owned()
    };
    TagNote {
        work,
        reader: done.reader.clone(),
        epc: short(&done.epc),
        was: done.was.as_ref().map(short),
        tid: done.tid.clone().filter(|_| !personal),
        weapon: done.weapon.clone(),
        person: done.person.clone(),
        by: done.by.clone(),
        // An error may name the EPC.
        failed: match &done.failed {
            Some(_) if personal => Some("the badge was not written to the end".to_owned()),
            failed => failed.clone(),
        },
    }
}

/// An EPC as somebody typed it: whole words, as a tag holds them.
fn given_epc(text: &str) -> Result<Vec<u8>, String> {
    let epc = parse_epc_hex(text).map_err(|error| format!("read the EPC {text:?}: {error}"))?;
    if epc.is_empty() || epc.len() % 2 == 1 {
        return Err(format!(
            "read the EPC {text:?}: it has {} bytes and a tag holds whole 16-bit words",
            epc.len()
        ));
    }
    Ok(epc)
}

//! What belongs to a weapon, goes out with it and comes back (W-5).

use super::super::super::ids::WeaponId;
use super::super::super::record::FIELD_MAX_BYTES;
use super::super::super::weapon::Custody;
use super::super::{Context, Denied};
use super::plan::known;
use super::{Attachment, Fact};

/// Most kinds of things that belong to one weapon: six to ten are usual (W-5).
const ATTACHMENTS_MAX: usize = 50;

/// Most of one kind.
const COUNT_MAX: u32 = 10_000;

pub(super) fn set_attachments(
    context: Context<'_>,
    weapon: &WeaponId,
    items: &[Attachment],
) -> Result<Fact, Denied> {
    known(context, weapon)?;
    sound(weapon, items)?;
    Ok(Fact::AttachmentsSet { weapon: weapon.clone(), items: items.to_vec() })
}

pub(super) fn hand_out(
    context: Context<'_>,
    weapon: &WeaponId,
    items: &[Attachment],
) -> Result<Fact, Denied> {
    let holding = known(context, weapon)?;
    let Custody::Out { to, .. } = &holding.custody else {
        return Denied::because(format!(
            "hand out what belongs to {weapon}: it is in the rack; issue it first"
        ));
    };
    if context.armoury.rooms.weapon.handed.contains_key(weapon) {
        return Denied::because(format!(
            "hand out what belongs to {weapon}: it is entered already; take it back first"
        ));
    }
    let own = context.armoury.rooms.weapon.attachments.get(weapon).map(Vec::as_slice).unwrap_or_default();
    let items = if items.is_empty() { own } else { items };
    if items.is_empty() {
        return Denied::because(format!(
            "hand out what belongs to {weapon}: nothing does; name it, or set it with `weapon attach`"
        ));
    }
    sound(weapon, items)?;
    Ok(Fact::AttachmentsOut { weapon: weapon.clone(), person: to.clone(), items: items.to_vec() })
}

/// Always taken: what is missing is said, and somebody comes.
pub(super) fn take_back(
    context: Context<'_>,
    weapon: &WeaponId,
    items: Option<&[Attachment]>,
) -> Result<Fact, Denied> {
    known(context, weapon)?;
    let Some(handed) = context.armoury.rooms.weapon.handed.get(weapon) else {
        return Denied::because(format!("take back what went out with {weapon}: the book has nothing out"));
    };
    let items = items.unwrap_or(&handed.items);
    sound(weapon, items)?;
    let missing = handed.items.iter().filter_map(|out| {
        let back = items.iter().filter(|back| back.item == out.item && back.serial == out.serial);
        let back: u32 = back.map(|back| back.count).fold(0, u32::saturating_add);
        let count = out.count.saturating_sub(back);
        (count > 0).then(|| Attachment { count, ..out.clone() })
    });
    let missing = missing.collect();
    let person = handed.person.clone();
    Ok(Fact::AttachmentsBack { weapon: weapon.clone(), person, items: items.to_vec(), missing })
}

fn sound(weapon: &WeaponId, items: &[Attachment]) -> Result<(), Denied> {
    let fits = |text: &str| {
        !text.trim().is_empty() && text.len() <= FIELD_MAX_BYTES && !text.contains(char::is_control)
    };
    if items.len() > ATTACHMENTS_MAX {
        return Denied::because(format!("enter what belongs to {weapon}: at most {ATTACHMENTS_MAX} kinds"));
    }
    let wrong = items.iter().enumerate().find(|(nth, one)| {
        let twice =
            items.iter().take(*nth).any(|before| before.item == one.item && before.serial == one.serial);
        let named = fits(&one.item) && one.serial.as_deref().is_none_or(fits);
        twice || !named || !(1..=COUNT_MAX).contains(&one.count) || (one.serial.is_some() && one.count != 1)
    });
    match wrong {
        None => Ok(()),
        Some((_, one)) => Denied::because(format!(
            "enter {:?} of {weapon}: each kind once, counted from 1 to {COUNT_MAX}, and one of each number",
            one.line()
        )),
    }
}

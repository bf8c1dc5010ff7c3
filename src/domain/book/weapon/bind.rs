//! Tags and marks that come onto a weapon and go from it.

use super::super::super::ids::{Seq, WeaponId};
use super::super::super::weapon::{Identifier, Standing, Weapon};
use super::super::{Context, Denied};
use super::Fact;
use super::act::{Having, Which};
use super::plan::{in_room, known, said};
use super::words::named;
use crate::identity::{MarkId, TagId};

/// Bytes of an EPC bank that holds a code (`identifiers.md`): whole 16-bit words.
const EPC_BYTES: std::ops::RangeInclusive<usize> = 2..=62;

/// Bytes of a chip's number.
const TID_BYTES: std::ops::RangeInclusive<usize> = 4..=64;

/// Bytes of the largest QR code.
const MARK_MAX_BYTES: usize = 2_953;

/// Most tags and marks on one weapon.
const IDENTIFIERS_MAX: usize = 8;

/// Most weapons stripped in one act.
const STRIPPED_MAX: usize = 10_000;

pub(super) fn bind(
    context: Context<'_>,
    weapon: &WeaponId,
    identifier: &Identifier,
    having: Having,
    shown: Option<Seq>,
) -> Result<Fact, Denied> {
    let held = &in_room(context, weapon, "bind to")?.weapon;
    free(context, weapon, identifier)?;
    if held.identifiers.len() >= IDENTIFIERS_MAX {
        return Denied::because(format!(
            "bind to {weapon}: it has {IDENTIFIERS_MAX} tags and marks; retire one first"
        ));
    }
    let old: Vec<&Identifier> =
        held.identifiers.iter().filter(|found| same_kind(found, identifier)).collect();
    let replaced = match (having, old.first()) {
        (Having::Keep, _) | (Having::None | Having::Replace, None) => Vec::new(),
        (Having::None, Some(found)) => {
            return Denied::because(format!(
                "bind to {weapon}: it has the {}; say --replace to retire that, or --second to keep both",
                named(found)
            ));
        }
        (Having::Replace, Some(_)) => old.into_iter().cloned().collect(),
    };
    if let Some(seq) = shown
        && context.armoury.rooms.weapon.shown != Some((seq, ending(identifier)))
    {
        return Denied::because(format!("bind to {weapon}: entry {seq} shows another thing; show it again"));
    }
    if !context.armoury.policy.binds_alone {
        context.by.witnessed()?;
    }
    let (identifier, typed) = (identifier.clone(), shown.is_none());
    Ok(Fact::Bound { weapon: weapon.clone(), identifier, replaced, typed })
}

/// Whether a tag or a mark is one, and stands for nothing yet.
pub(in crate::domain::book) fn free(
    context: Context<'_>,
    weapon: &WeaponId,
    identifier: &Identifier,
) -> Result<(), Denied> {
    let armoury = context.armoury;
    let owner = match identifier {
        Identifier::Tag { epc, tid } => {
            if armoury.policy.no_weapon_tags {
                return Denied::because(format!(
                    "bind a tag to {weapon}: the rules here allow no tags in weapons; bind a mark"
                ));
            }
            let whole = |bytes: &[u8], most: &std::ops::RangeInclusive<usize>| {
                bytes.len().is_multiple_of(2) && most.contains(&bytes.len())
            };
            let tid_is_whole = tid.as_deref().is_none_or(|tid| whole(tid, &TID_BYTES));
            if !whole(epc, &EPC_BYTES) || !tid_is_whole || epc.iter().all(|byte| *byte == 0) {
                return Denied::because(format!(
                    "bind to {weapon}: a tag holds whole 16-bit words, and not only zeros; write a code to it first"
                ));
            }
            let by_chip = tid.as_deref().and_then(|tid| armoury.weapon_by_chip(tid));
            armoury.weapon_by_tag(&TagId::from_epc(epc)).or(by_chip.filter(|owner| *owner != weapon))
        }
        Identifier::Mark { text } => {
            let mark = MarkId::from_text(text);
            if mark.as_str().is_empty() || text.len() > MARK_MAX_BYTES {
                return Denied::because(format!(
                    "bind to {weapon}: a mark has a text of at most {MARK_MAX_BYTES} bytes"
                ));
            }
            armoury.weapon_by_mark(&mark)
        }
    };
    match owner {
        None => Ok(()),
        Some(owner) => Denied::because(format!(
            "bind to {weapon}: the {} is on {owner}; retire it there first",
            named(identifier)
        )),
    }
}

pub(super) fn retire(
    context: Context<'_>,
    weapon: &WeaponId,
    what: &Which,
    why: &str,
) -> Result<Vec<Fact>, Denied> {
    let why = said("why", why)?;
    let held = &known(context, weapon)?.weapon;
    let wanted = |found: &&Identifier| match (what, found) {
        (Which::Tags, Identifier::Tag { .. }) | (Which::Marks, Identifier::Mark { .. }) => true,
        (Which::One(Identifier::Tag { epc: one, .. }), Identifier::Tag { epc, .. }) => one == epc,
        (Which::One(one), found) => one == *found,
        _ => false,
    };
    let found: Vec<&Identifier> = held.identifiers.iter().filter(wanted).collect();
    if found.is_empty() {
        return Denied::because(format!("retire it from {weapon}: the book has no such tag or mark on it"));
    }
    if !context.armoury.policy.binds_alone {
        context.by.witnessed()?;
    }
    Ok(found.into_iter().map(|found| retired(weapon, found, &why)).collect())
}

pub(super) fn strip(context: Context<'_>, weapons: &[WeaponId], why: &str) -> Result<Vec<Fact>, Denied> {
    let why = said("why", why)?;
    if weapons.is_empty() || weapons.len() > STRIPPED_MAX {
        return Denied::because(format!("strip tags: name 1 to {STRIPPED_MAX} weapons"));
    }
    if !context.armoury.policy.binds_alone {
        context.by.witnessed()?;
    }
    let mut facts = Vec::new();
    let mut seen = std::collections::BTreeSet::new();
    for weapon in weapons.iter().filter(|weapon| seen.insert(*weapon)) {
        let held = &known(context, weapon)?.weapon;
        let tags: Vec<&Identifier> = tags_of(held).collect();
        if tags.is_empty() {
            return Denied::because(format!("strip {weapon}: the book has no tag on it"));
        }
        if !held.identifiers.iter().any(|found| matches!(found, Identifier::Mark { .. }))
            && held.serial.is_none()
        {
            return Denied::because(format!(
                "strip {weapon}: without its tag nothing would name it; give it a mark first"
            ));
        }
        facts.extend(tags.into_iter().map(|tag| retired(weapon, tag, &why)));
    }
    Ok(facts)
}

/// The weapons that bear a tag and could leave the armoury with it (S-5).
pub fn to_strip(armoury: &super::super::super::armoury::Armoury) -> impl Iterator<Item = &Weapon> {
    let here = |standing: Standing| {
        !matches!(
            standing,
            Standing::Destroyed | Standing::LeftService | Standing::NotHere | Standing::InTransit
        )
    };
    let holdings = armoury.weapons().filter(move |holding| here(holding.standing));
    holdings.map(|holding| &holding.weapon).filter(|weapon| tags_of(weapon).next().is_some())
}

/// A tag or a mark by its end: enough to know it again, too little to copy it.
pub fn ending(identifier: &Identifier) -> String {
    match identifier {
        Identifier::Tag { epc, .. } => format!("tag ending {}", TagId::from_epc(epc).tail()),
        Identifier::Mark { text } => {
            let end: Vec<char> = text.chars().filter(|c| !c.is_control()).rev().take(4).collect();
            format!("mark ending {}", end.into_iter().rev().collect::<String>())
        }
    }
}

fn tags_of(weapon: &Weapon) -> impl Iterator<Item = &Identifier> {
    weapon.identifiers.iter().filter(|found| matches!(found, Identifier::Tag { .. }))
}

fn retired(weapon: &WeaponId, identifier: &Identifier, why: &str) -> Fact {
    Fact::Retired { weapon: weapon.clone(), identifier: identifier.clone(), why: why.to_owned() }
}

fn same_kind(one: &Identifier, other: &Identifier) -> bool {
    std::mem::discriminant(one) == std::mem::discriminant(other)
}

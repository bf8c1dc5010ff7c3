//! What may be declared surplus, destroyed, let go; and by whom, before whom.

use std::collections::BTreeSet;

use super::super::limits::{batches, distinct, text, texts};
use super::super::transfer::{self, Border, crossing};
use super::{Act, Batch, Certificate, Exit, Fact, batch_of};
use crate::domain::book::{Context, Denied, Fact as AnyFact, hold};
use crate::domain::ids::is_id;
use crate::domain::{Armoury, PersonId, Role, Standing, WeaponId};

/// Who may stand witness to a destruction: whoever may at the counter, and those who come to see.
const WITNESSES: &[Role] = &[
    Role::Armourer,
    Role::Witness,
    Role::Supervisor,
    Role::InventoryOfficer,
    Role::Commander,
    Role::Inspector,
];

/// Most witnesses and photographs on one certificate.
const SEEN_MAX: usize = 100;

/// Hex digits of a photograph's SHA-256.
const SHA256_DIGITS: usize = 64;

/// Decides on an act.
///
/// # Errors
/// Why not.
pub fn plan(context: Context<'_>, act: &Act) -> Result<Vec<AnyFact>, Denied> {
    let facts = match act {
        Act::Surplus { weapons } => surplus(context, weapons)?,
        Act::Keep { weapons } => keep(context, weapons)?,
        Act::List { batch, weapons } => list(context, batch, weapons)?,
        Act::Unlist { batch, weapons } => unlist(context, batch, weapons)?,
        Act::Destroy { batch, certificate } => destroy(context, batch, certificate)?,
        Act::Leave { weapons, exit, to, reference, border } => {
            leave(context, weapons, *exit, (to, reference), border.as_ref())?
        }
    };
    Ok(facts.into_iter().map(AnyFact::Disposal).collect())
}

fn surplus(context: Context<'_>, weapons: &[WeaponId]) -> Result<Vec<Fact>, Denied> {
    authorised(context, "declare surplus")?;
    distinct(weapons)?;
    for weapon in weapons {
        let standing = free(context.armoury, weapon, None)?;
        if !matches!(standing, Standing::InService | Standing::Quarantined) {
            return Denied::because(format!("declare {weapon} surplus: it is {} already", said(standing)));
        }
    }
    Ok(batches(weapons).map(|weapons| Fact::SurplusDeclared { weapons }).collect())
}

fn keep(context: Context<'_>, weapons: &[WeaponId]) -> Result<Vec<Fact>, Denied> {
    authorised(context, "take surplus back into service")?;
    distinct(weapons)?;
    for weapon in weapons {
        if free(context.armoury, weapon, None)? != Standing::Surplus {
            return Denied::because(format!("take {weapon} back into service: it is not surplus"));
        }
    }
    Ok(batches(weapons).map(|weapons| Fact::SurplusWithdrawn { weapons }).collect())
}

fn list(context: Context<'_>, batch: &str, weapons: &[WeaponId]) -> Result<Vec<Fact>, Denied> {
    if !is_id(batch) {
        return Denied::because("open a destruction list: it needs a short number");
    }
    if context.armoury.rooms.disposal.batches.contains_key(batch) {
        open(context.armoury, batch)?;
    }
    distinct(weapons)?;
    for weapon in weapons {
        may_be_destroyed(context.armoury, weapon, batch)?;
        if batch_of(context.armoury, weapon).is_some() {
            return Denied::because(format!("list {weapon}: it stands on {batch} already"));
        }
    }
    Ok(batches(weapons).map(|weapons| Fact::Listed { batch: batch.to_owned(), weapons }).collect())
}

fn unlist(context: Context<'_>, batch: &str, weapons: &[WeaponId]) -> Result<Vec<Fact>, Denied> {
    let found = open(context.armoury, batch)?;
    distinct(weapons)?;
    if let Some(weapon) = weapons.iter().find(|weapon| !found.weapons.contains(*weapon)) {
        return Denied::because(format!("take {weapon} off {batch}: it does not stand on it"));
    }
    Ok(batches(weapons).map(|weapons| Fact::Unlisted { batch: batch.to_owned(), weapons }).collect())
}

/// Authority, list by serial, method, place, date, witnesses, photographs, count before and after, certificate number.
fn destroy(context: Context<'_>, batch: &str, told: &Certificate) -> Result<Vec<Fact>, Denied> {
    let found = open(context.armoury, batch)?;
    authorised(context, "destroy")?;
    if found.weapons.is_empty() {
        return Denied::because(format!("destroy {batch}: nothing stands on it"));
    }
    found.weapons.iter().try_for_each(|weapon| may_be_destroyed(context.armoury, weapon, batch))?;
    let count = found.weapons.len();
    for (when, counted) in [("before", told.before), ("after", told.after)] {
        if counted as usize != count {
            return Denied::because(format!(
                "destroy {batch}: {counted} counted {when} and {count} listed; stop, count again, keep them apart"
            ));
        }
    }
    let certificate = certificate(context, batch, told)?;
    let weapons: Vec<WeaponId> = found.weapons.iter().cloned().collect();
    let number = certificate.number.clone();
    let destroyed = batches(&weapons).map(|weapons| Fact::Destroyed {
        batch: batch.to_owned(),
        certificate: number.clone(),
        weapons,
    });
    let destroyed: Vec<Fact> = destroyed.collect();
    let certified = Fact::Certified { batch: batch.to_owned(), certificate };
    Ok(std::iter::once(certified).chain(destroyed).collect())
}

/// A certificate, as it will be entered.
fn certificate(context: Context<'_>, batch: &str, told: &Certificate) -> Result<Certificate, Denied> {
    let number = text("the certificate's number", &told.number)?;
    let done = context.armoury.rooms.disposal.batches.values().filter_map(|batch| batch.done.as_ref());
    if let Some(other) = done.into_iter().find(|done| done.certificate.number == number) {
        return Denied::because(format!(
            "destroy {batch}: certificate {number} is that of entry {}; give this one its own",
            other.entry
        ));
    }
    let Some(on) = told.on else {
        return Denied::because(format!("destroy {batch}: say on which day it was done"));
    };
    if context.now.day().is_some_and(|today| on > today) {
        return Denied::because(format!("destroy {batch}: {on} has not come; it is entered when it is done"));
    }
    Ok(Certificate {
        number,
        method: text("the method", &told.method)?,
        place: text("the place", &told.place)?,
        on: Some(on),
        witnesses: witnesses(context, batch, &told.witnesses)?,
        photographs: photographs(context, batch, &told.photographs)?,
        before: told.before,
        after: told.after,
    })
}

/// At least so many who saw it, besides whoever enters it; a second signature counts as one.
fn witnesses(context: Context<'_>, batch: &str, told: &[PersonId]) -> Result<Vec<PersonId>, Denied> {
    let actor = context.by.named()?;
    if told.len() > SEEN_MAX {
        return Denied::because(format!("destroy {batch}: at most {SEEN_MAX} witnesses"));
    }
    let seen: BTreeSet<&PersonId> = told.iter().chain(&context.by.witness).collect();
    if seen.contains(actor) {
        return Denied::because(format!("destroy {batch}: {actor} cannot be their own witness"));
    }
    for person in &seen {
        hold(context.armoury, person, WITNESSES, context.now)?;
    }
    let wanted = context.armoury.policy.destruction_witnesses as usize;
    if seen.len() < wanted {
        return Denied::because(format!(
            "destroy {batch}: it takes {wanted} witnesses besides {actor}, and {} are named",
            seen.len()
        ));
    }
    Ok(seen.into_iter().cloned().collect())
}

fn photographs(context: Context<'_>, batch: &str, told: &[String]) -> Result<Vec<String>, Denied> {
    let mut hashes = texts("photographs", told, SEEN_MAX)?;
    let digest = |hash: &String| hash.len() == SHA256_DIGITS && hash.bytes().all(|b| b.is_ascii_hexdigit());
    if !hashes.iter().all(digest) {
        return Denied::because(format!("destroy {batch}: a photograph is named by its SHA-256 in hex"));
    }
    hashes.iter_mut().for_each(|hash| hash.make_ascii_lowercase());
    hashes.sort();
    hashes.dedup();
    let wanted = context.armoury.policy.destruction_photographs as usize;
    if hashes.len() < wanted {
        return Denied::because(format!(
            "destroy {batch}: it takes {wanted} different photographs, and there are {}",
            hashes.len()
        ));
    }
    Ok(hashes)
}

fn leave(
    context: Context<'_>,
    weapons: &[WeaponId],
    exit: Exit,
    (to, reference): (&str, &str),
    border: Option<&Border>,
) -> Result<Vec<Fact>, Denied> {
    authorised(context, "let weapons leave service")?;
    distinct(weapons)?;
    weapons.iter().try_for_each(|weapon| free(context.armoury, weapon, None).map(drop))?;
    let border = border.map(crossing).transpose()?;
    match &border {
        None if exit == Exit::Export => {
            return Denied::because(
                "export weapons: name the authorisation, how many it allows, and the State they go to",
            );
        }
        Some(border) if (border.authorised as usize) < weapons.len() => {
            return Denied::because(format!(
                "export {} weapons: {} allows {}",
                weapons.len(),
                border.authorisation,
                border.authorised
            ));
        }
        _ => {}
    }
    let (to, reference) = (text("who has them now", to)?, text("the reference", reference)?);
    let together = weapons.len() as u32;
    let left = |weapons| Fact::Left {
        weapons,
        exit,
        to: to.clone(),
        reference: reference.clone(),
        border: border.clone(),
        together,
    };
    Ok(batches(weapons).map(left).collect())
}

/// Whoever acts is named, and the order it rests on.
fn authorised(context: Context<'_>, what: &str) -> Result<(), Denied> {
    context.by.named()?;
    match &context.by.authority {
        Some(_) => Ok(()),
        None => Denied::because(format!("{what}: name the order it rests on with --authority")),
    }
}

/// A list that is not closed.
fn open<'a>(armoury: &'a Armoury, batch: &str) -> Result<&'a Batch, Denied> {
    match armoury.rooms.disposal.batches.get(batch) {
        None => Denied::because(format!("find destruction list {batch}: there is none of that number")),
        Some(Batch { done: Some(done), .. }) => Denied::because(format!(
            "change destruction list {batch}: it is closed by certificate {} in entry {}",
            done.certificate.number, done.entry
        )),
        Some(open) => Ok(open),
    }
}

/// What is destroyed was declared surplus first, or is an exhibit whose case is closed.
fn may_be_destroyed(armoury: &Armoury, weapon: &WeaponId, batch: &str) -> Result<(), Denied> {
    let standing = free(armoury, weapon, Some(batch))?;
    let declared = matches!(standing, Standing::Surplus | Standing::Exhibit);
    if armoury.policy.surplus_before_destruction && !declared {
        return Denied::because(format!(
            "list {weapon} for destruction: it is {}; a supervisor or commander declares it surplus first",
            said(standing)
        ));
    }
    Ok(())
}

/// A weapon that is in the room and on no other list; its standing.
fn free(armoury: &Armoury, weapon: &WeaponId, batch: Option<&str>) -> Result<Standing, Denied> {
    transfer::may_leave(armoury, weapon)?;
    if let Some(transfer) = transfer::aboard(armoury, weapon) {
        return Denied::because(format!("take {weapon}: it is packed for transfer {transfer}"));
    }
    if let Some(other) = batch_of(armoury, weapon).filter(|other| batch != Some(*other)) {
        return Denied::because(format!("take {weapon}: it is on the destruction list {other}"));
    }
    Ok(armoury.weapon(weapon).map(|holding| holding.standing).unwrap_or_default())
}

/// A standing in a sentence.
fn said(standing: Standing) -> String {
    standing.word().replace('_', " ")
}

//! What may be done with keys and seals.

use super::super::discrepancy::{self, Cause, What, said};
use super::super::{Context, Denied, Fact as AnyFact, count};
use super::{Act, Fact, Group, Key, State};
use crate::domain::ids::{PersonId, is_id};

/// Most keys of a register, and most numbers in one act.
const KEYS_MAX: usize = 1_000;

/// Most seals ever.
const SEALS_MAX: usize = 100_000;

/// Decides on an act.
///
/// # Errors
/// Why not.
pub fn plan(context: Context<'_>, act: &Act) -> Result<Vec<AnyFact>, Denied> {
    let fact = match act {
        Act::Register { key, lock, seal, group, room } => {
            register(context, key, lock, seal.as_deref(), (*group, room.as_deref()))?
        }
        Act::Take { key } => return take(context, key),
        Act::GiveBack { key } => give_back(context, key)?,
        Act::Lose { key } => lose(context, key)?,
        Act::ChangeLock { key, reference } => change_lock(context, key, reference)?,
        Act::Count { present } => return counted(context, present),
        Act::ApplySeal { seal, on } => apply_seal(context, seal, on)?,
        Act::CheckSeal { seal, intact } => {
            context.by.named()?;
            unbroken(context, seal)?;
            Fact::SealChecked { seal: seal.clone(), intact: *intact }
        }
        Act::BreakSeal { seal, reason } => {
            context.by.named()?;
            context.by.witnessed()?;
            unbroken(context, seal)?;
            Fact::SealBroken { seal: seal.clone(), reason: said("say why", reason)? }
        }
    };
    Ok(vec![AnyFact::Key(fact)])
}

fn register(
    context: Context<'_>,
    key: &str,
    lock: &str,
    seal: Option<&str>,
    (group, room): (Group, Option<&str>),
) -> Result<Fact, Denied> {
    let state = &context.armoury.rooms.key;
    if !is_id(key) || lock.trim().is_empty() {
        return Denied::because("register the key: it needs a short number and the lock it opens");
    }
    let lock = said("name the lock", lock)?;
    let room = room.map(|room| said("name the room", room)).transpose()?;
    if state.keys.contains_key(key) {
        return Denied::because(format!("register key {key}: it is in the register already"));
    }
    if state.keys.len() >= KEYS_MAX {
        return Denied::because(format!("register key {key}: the register holds {KEYS_MAX} keys"));
    }
    if let Some(seal) = seal {
        new_seal(state, seal)?;
    }
    let seal = seal.map(str::to_owned);
    Ok(Fact::Registered { key: key.to_owned(), lock, seal, group: Some(group), room })
}

/// A key goes to somebody. If that is another person than the last, the room is counted (S-4).
fn take(context: Context<'_>, key: &str) -> Result<Vec<AnyFact>, Denied> {
    let person = context.by.named()?;
    let (key, found) = known(context, key)?;
    let no = |why: String| Denied::because(format!("take key {key}: {why}"));
    if found.lost.is_some() {
        return no("it is reported lost; its lock is to be changed".into());
    }
    if found.void.is_some() {
        return no("its lock was changed; it opens nothing any more".into());
    }
    if let Some((holder, _)) = &found.holder {
        return no(format!("{holder} holds it"));
    }
    let state = &context.armoury.rooms.key;
    if state.is_sealed(found) {
        let seal = found.seal.as_deref().unwrap_or_default();
        return no(format!("it is a spare under seal {seal}; the seal is broken first (key seal break)"));
    }
    let mut facts = Vec::new();
    if let Some(against) = forbidden(context, person, &key, found) {
        let authorised = context.by.authority.as_deref().is_some_and(|text| !text.trim().is_empty());
        if !authorised || context.by.witnessed().is_err() {
            return no(format!(
                "{against}; another person takes it, or name --authority and --witness for an exception that is entered"
            ));
        }
        facts.push(AnyFact::Key(Fact::Excepted { key: key.clone(), person: person.clone(), against }));
    }
    facts.push(AnyFact::Key(Fact::Taken { key: key.clone(), person: person.clone() }));
    let guards = matches!(found.group, Group::Weapons | Group::Bolts);
    if let Some(last) = found.last_holder.as_ref().filter(|last| *last != person && guards) {
        facts.extend(count::opened_by_key(context.armoury, &key, (last, person)));
    }
    Ok(facts)
}

/// The rule against which this person would take this key, if they hold another already.
fn forbidden(context: Context<'_>, person: &PersonId, key: &str, wanted: &Key) -> Option<String> {
    let policy = &context.armoury.policy;
    let held = context.armoury.rooms.key.keys.iter().filter(|(number, found)| {
        number.as_str() != key && found.holder.as_ref().is_some_and(|(holder, _)| holder == person)
    });
    for (number, found) in held {
        let apart =
            found.group != wanted.group && found.group != Group::Other && wanted.group != Group::Other;
        if apart && policy.separate_key_groups {
            let (one, other) = (found.group.word(), wanted.group.word());
            return Some(format!(
                "{person} holds key {number} of {one}, and nobody opens {one} and {other} alone"
            ));
        }
        let same_room = wanted.room.is_some() && found.room == wanted.room && found.lock != wanted.lock;
        if same_room && policy.two_locks_two_holders {
            let room = wanted.room.as_deref().unwrap_or_default();
            return Some(format!("{person} holds key {number} of {room}, and two locks have two holders"));
        }
    }
    None
}

fn give_back(context: Context<'_>, key: &str) -> Result<Fact, Denied> {
    let person = context.by.named()?;
    let (key, found) = known(context, key)?;
    if found.holder.is_none() && found.lost.is_none() {
        return Denied::because(format!("give back key {key}: it is in the cabinet"));
    }
    Ok(Fact::GivenBack { key, person: person.clone() })
}

fn lose(context: Context<'_>, key: &str) -> Result<Fact, Denied> {
    let (key, found) = known(context, key)?;
    if found.lost.is_some() || found.void.is_some() {
        return Denied::because(format!("report key {key} lost: it is reported, or opens nothing any more"));
    }
    Ok(Fact::Lost { key, person: found.holder.as_ref().map(|(person, _)| person.clone()) })
}

fn change_lock(context: Context<'_>, key: &str, reference: &str) -> Result<Fact, Denied> {
    context.by.named()?;
    let (key, found) = known(context, key)?;
    if found.void.is_some() {
        return Denied::because(format!("change the lock of key {key}: it was changed already"));
    }
    let same = |other: &&Key| other.lock == found.lock && other.room == found.room && other.void.is_none();
    let keys = context.armoury.rooms.key.keys.iter().filter(|(_, other)| same(other));
    Ok(Fact::LockChanged {
        lock: found.lock.clone(),
        keys: keys.map(|(number, _)| number.clone()).collect(),
        reference: said("give the reference", reference)?,
    })
}

/// What hangs in the cabinet beside what should. What is not there is a discrepancy (S-3).
fn counted(context: Context<'_>, present: &[String]) -> Result<Vec<AnyFact>, Denied> {
    context.by.named()?;
    if present.len() > KEYS_MAX || !present.iter().all(|key| is_id(key)) {
        return Denied::because(format!("count the keys: at most {KEYS_MAX} numbers"));
    }
    let armoury = context.armoury;
    let keys = &armoury.rooms.key.keys;
    let missing: Vec<String> = keys
        .iter()
        .filter(|(number, key)| key.is_in() && !present.contains(number))
        .map(|(number, _)| number.clone())
        .collect();
    let mut strange: Vec<String> = present
        .iter()
        .filter(|number| !keys.get(*number).is_some_and(|key| key.is_in() || key.void.is_some()))
        .cloned()
        .collect();
    strange.sort();
    strange.dedup();
    let mut facts = Vec::new();
    for number in &missing {
        let what = What::Thing(format!("key {number}"));
        if !armoury.rooms.discrepancy.open_cases().any(|(_, case)| case.what == what) {
            facts.push(AnyFact::Discrepancy(discrepancy::suspect(armoury, what, Cause::Key, None)));
        }
    }
    let present = present.iter().collect::<std::collections::BTreeSet<_>>().len();
    let present = u32::try_from(present).unwrap_or(u32::MAX);
    facts.push(AnyFact::Key(Fact::Counted { present, missing, strange }));
    Ok(facts)
}

fn apply_seal(context: Context<'_>, seal: &str, on: &str) -> Result<Fact, Denied> {
    context.by.named()?;
    new_seal(&context.armoury.rooms.key, seal)?;
    Ok(Fact::SealApplied { seal: seal.to_owned(), on: said("say what it closes", on)? })
}

/// A number that was never used: one that comes twice proves nothing.
fn new_seal(state: &State, seal: &str) -> Result<(), Denied> {
    if !is_id(seal) {
        return Denied::because("put the seal on: it needs its number");
    }
    if state.seals.contains_key(seal) {
        return Denied::because(format!(
            "put seal {seal} on: a seal of that number was used already; take another"
        ));
    }
    if state.seals.len() >= SEALS_MAX {
        return Denied::because(format!("put seal {seal} on: the register holds {SEALS_MAX} seals"));
    }
    Ok(())
}

fn unbroken(context: Context<'_>, seal: &str) -> Result<(), Denied> {
    match context.armoury.rooms.key.seals.get(seal) {
        None => Denied::because(format!("find seal {seal}: it is not in the register")),
        Some(found) if found.broken.is_some() => {
            Denied::because(format!("look at seal {seal}: it was broken before; put a new one on"))
        }
        Some(_) => Ok(()),
    }
}

fn known<'a>(context: Context<'a>, key: &str) -> Result<(String, &'a Key), Denied> {
    match context.armoury.rooms.key.keys.get(key) {
        Some(found) => Ok((key.to_owned(), found)),
        None => Denied::because(format!("find key {key}: it is not in the register")),
    }
}

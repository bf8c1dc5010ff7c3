//! Signing an act: who may, before whom, and whether their PIN is needed.

use super::super::armoury::Armoury;
use super::super::ids::PersonId;
use super::super::moment::Moment;
use super::super::person::Role;
use super::Act;
use super::by::{By, Denied, PinCheck, Proof, Sign, hold, words};
use super::person::{Act as PersonAct, lock_wait_s};

/// Longest name of an order, bytes.
const ORDER_MAX_BYTES: usize = 1_000;

/// How a refusal begins that a PIN would answer.
const PIN_WANTED: &str = "go on without the PIN of ";

/// Whose PIN a refusal asks for.
pub fn pin_wanted(why: &str) -> Option<PersonId> {
    why.strip_prefix(PIN_WANTED)?.split_once(':').map(|(person, _)| PersonId::new(person))
}

/// On whose word: a person of the book in a role they hold, else the system's user in theirs. `role`, `user`: what the
/// system's user may do here, and their number.
///
/// # Errors
/// They may not, or it is not known well enough that it is they.
pub fn sign(
    armoury: &Armoury,
    act: &Act,
    sign: &Sign,
    user: (Option<Role>, Option<u32>),
    now: Moment,
) -> Result<By, Denied> {
    // Setting a PIN needs none: nobody could begin.
    let pin_free = matches!(act, Act::Person(PersonAct::SetPin { .. }));
    sign_as(armoury, Needs { allowed: act.allowed(), pin_free }, sign, user, now)
}

/// What a signature needs.
#[derive(Debug, Clone, Copy)]
pub struct Needs<'a> {
    /// In one of these roles.
    pub allowed: &'a [Role],
    /// No PIN, whatever the rules ask of the role.
    pub pin_free: bool,
}

/// The same for what is no act, like a weapon presented by hand.
///
/// # Errors
/// As [`sign`].
pub fn sign_as(
    armoury: &Armoury,
    needs: Needs<'_>,
    sign: &Sign,
    (role, user): (Option<Role>, Option<u32>),
    now: Moment,
) -> Result<By, Denied> {
    let allowed = needs.allowed;
    if let Some(authority) = &sign.authority
        && (authority.len() > ORDER_MAX_BYTES || authority.chars().any(char::is_control))
    {
        return Denied::because(format!("name the order: one line of at most {ORDER_MAX_BYTES} bytes"));
    }
    let (role, known_by) = match &sign.person {
        Some(person) => {
            let role = hold(armoury, person, allowed, now)?;
            (role, proof(armoury, needs, person, role, sign.pin_is, now)?)
        }
        None => (user_role(armoury, needs, role)?, Proof::Said),
    };
    let witness_proof = match &sign.witness {
        None => Proof::Said,
        Some(witness) if sign.person.as_ref() == Some(witness) => {
            return Denied::because(format!("take {witness} as a witness: it is the same person"));
        }
        Some(witness) => {
            let role = hold(armoury, witness, Role::WITNESSES, now)?;
            proof(armoury, needs, witness, role, sign.witness_pin_is, now)?
        }
    };
    Ok(By {
        role: Some(role),
        person: sign.person.clone(),
        proof: known_by,
        witness: sign.witness.clone(),
        witness_proof,
        authority: sign.authority.clone(),
        user,
    })
}

/// The role of a system's user who names nobody of the book.
fn user_role(armoury: &Armoury, needs: Needs<'_>, role: Option<Role>) -> Result<Role, Denied> {
    let allowed = needs.allowed;
    match role {
        Some(role) if !allowed.contains(&role) => Denied::because(format!(
            "do that as {}: it takes {}; name a person with --by",
            role.word(),
            words(allowed)
        )),
        Some(role) if needs_pin(armoury, needs, role) => Denied::because(format!(
            "do that as {}: here such an act needs a PIN; name the person with --by",
            role.word()
        )),
        Some(role) => Ok(role),
        None => Denied::because(format!("do that: this user has no role here; it takes {}", words(allowed))),
    }
}

/// How it is known that it is this person: whoever has a PIN signs with it.
fn proof(
    armoury: &Armoury,
    needs: Needs<'_>,
    person: &PersonId,
    role: Role,
    check: PinCheck,
    now: Moment,
) -> Result<Proof, Denied> {
    let has_pin = armoury.rooms.person.people.get(person).is_some_and(|record| record.pin.is_some());
    let wait_s = lock_wait_s(armoury, person, now);
    match check {
        _ if has_pin && wait_s > 0 => {
            Denied::because(format!("sign as {person}: too many wrong PINs; wait {wait_s} s and try again"))
        }
        PinCheck::Right if has_pin => Ok(Proof::Pin),
        PinCheck::NotGiven if has_pin => Denied::because(format!(
            "{PIN_WANTED}{person}: they have one and sign with it; give it with --pin-from, a witness's with --witness-pin-from"
        )),
        PinCheck::Wrong if has_pin => Denied::because(format!(
            "sign as {person}: that is not their PIN; it is entered that it was tried"
        )),
        PinCheck::NotGiven if needs_pin(armoury, needs, role) => Denied::because(format!(
            "sign as {person}: an act of {} needs a PIN here and they have none; a supervisor sets one with `armoury person pin {person}`",
            role.word()
        )),
        PinCheck::NotGiven => Ok(Proof::Said),
        PinCheck::Right | PinCheck::Wrong => {
            Denied::because(format!("sign as {person}: they have no PIN; leave it out"))
        }
    }
}

/// Whether acts of that role need a PIN.
fn needs_pin(armoury: &Armoury, needs: Needs<'_>, role: Role) -> bool {
    armoury.policy.pin_for.contains(&role) && !needs.pin_free
}

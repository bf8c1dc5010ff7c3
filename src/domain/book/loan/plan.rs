//! What is decided about draws. Every refusal says why, and who may or what to do first.

use super::super::super::armoury::{Armoury, Holding};
use super::super::super::event::Reason;
use super::super::super::ids::{PersonId, Seq, WeaponId};
use super::super::super::moment::Moment;
use super::super::super::person::Role;
use super::super::super::purpose::{HOUR_MS, Length};
use super::super::super::weapon::{Custody, Standing};
use super::super::{Context, Denied, Fact as AnyFact};
use super::{Act, Asked, DrawnBefore, Fact, Loan, Move, ReturnNote, TEXT_MAX_BYTES, Until};

/// Decides on an act.
///
/// # Errors
/// Why not.
pub fn plan(context: Context<'_>, act: &Act) -> Result<Vec<AnyFact>, Denied> {
    let fact = match act {
        Act::Extend { weapon, until, why } => extend(context, weapon, *until, why)?,
        Act::Undo { entry } => undo(context, *entry)?,
        Act::Sign { weapon } => sign(context, weapon)?,
        Act::Decide { entry, grant, why } => answer(context, *entry, *grant, why)?,
        Act::Note { weapon, note } => noted(context, weapon, note)?,
        Act::DrawnBefore(drawn) => drawn_before(context.armoury, drawn)?,
    };
    Ok(vec![AnyFact::Loan(fact)])
}

/// The draw of a weapon that is out.
struct Out<'a> {
    person: &'a PersonId,
    since: Moment,
    due_wall_ms: Option<i64>,
    loan: &'a Loan,
}

fn extend(context: Context<'_>, weapon: &WeaponId, until: Until, why: &str) -> Result<Fact, Denied> {
    let verb = "extend the draw";
    let out = out(context.armoury, weapon, verb)?;
    let why = said(why, &format!("{verb} of {weapon}"))?;
    if context.by.named()? == out.person {
        return Denied::because(format!(
            "{verb} of {weapon}: {} holds it; it takes another armourer or supervisor",
            out.person
        ));
    }
    let due_wall_ms = match until {
        Until::At(wall_ms) => Some(wall_ms),
        Until::For(length) => length.due_wall_ms(context.now),
    };
    let Some(due_wall_ms) = due_wall_ms.filter(|due| *due > context.now.wall_ms) else {
        return Denied::because(format!("{verb} of {weapon}: give a time that lies ahead"));
    };
    let policy = &context.armoury.policy;
    let most_ms = i64::from(policy.extend_max_hours).saturating_mul(HOUR_MS);
    if most_ms > 0 && due_wall_ms.saturating_sub(context.now.wall_ms) > most_ms {
        let hours = policy.extend_max_hours;
        return Denied::because(format!("{verb} of {weapon}: at most {hours} hours from now are allowed"));
    }
    // A draw of a day and a minute is longer than a day.
    let hours = due_wall_ms.saturating_sub(out.since.wall_ms).max(0).saturating_add(HOUR_MS - 1) / HOUR_MS;
    let length = Length::Hours(u32::try_from(hours).unwrap_or(u32::MAX));
    Ok(Fact::Extended {
        weapon: weapon.clone(),
        person: out.person.clone(),
        loan: out.loan.seq,
        was_wall_ms: out.due_wall_ms,
        due_wall_ms,
        paper: out.loan.purpose.paper(length, policy),
        why,
    })
}

fn undo(context: Context<'_>, entry: Option<Seq>) -> Result<Fact, Denied> {
    let limit_s = context.armoury.policy.undo_s;
    let moves = &context.armoury.rooms.loan.moves;
    let found = match entry {
        Some(seq) => moves.iter().find(|one| one.seq == seq),
        None => moves.back(),
    };
    let Some(found) = found.filter(|one| recent(one, context.now, limit_s)) else {
        let what = entry.map_or_else(|| "undo".to_owned(), |seq| format!("undo entry {seq}"));
        return Denied::because(format!(
            "{what}: it is no issue or return of the last {limit_s} s; show the weapon at the desk instead"
        ));
    };
    let Move { seq, weapon, person, before, .. } = found;
    let holding = known(context.armoury, weapon, "undo")?;
    if holding.last_custody != Some(*seq) {
        return Denied::because(format!("undo entry {seq}: {weapon} has moved since"));
    }
    if *before != Custody::In && holding.custody != Custody::In {
        return Denied::because(format!(
            "undo entry {seq}: {weapon} was out already then; bring it in at the desk instead"
        ));
    }
    own(context, found)?;
    let in_stock = *before == Custody::In;
    if !in_stock && holding.standing != Standing::InService {
        return Denied::because(format!(
            "undo return {seq}: {weapon} is {} by now and stays here",
            holding.standing.word()
        ));
    }
    Ok(Fact::Undone { weapon: weapon.clone(), person: person.clone(), undoes: *seq, in_stock })
}

/// Whether the movement is of the last `limit_s` seconds: by the counter where it is the same boot's, else by the
/// wall clock, which then has to make sense.
fn recent(one: &Move, now: Moment, limit_s: u32) -> bool {
    let passed_ms = if one.at.boot_id == now.boot_id {
        i64::try_from(now.mono_ms.saturating_sub(one.at.mono_ms)).unwrap_or(i64::MAX)
    } else {
        now.wall_ms.saturating_sub(one.at.wall_ms)
    };
    (0..=i64::from(limit_s) * 1_000).contains(&passed_ms) && limit_s > 0
}

/// Who may take a movement back: its second person where it had one, else whoever keeps the desk; never the bearer
/// alone, who could walk off with a weapon that the book has in stock.
fn own(context: Context<'_>, one: &Move) -> Result<(), Denied> {
    let above = matches!(context.by.role, Some(Role::Supervisor | Role::Commander));
    match (&context.by.person, &one.witness) {
        (Some(person), _) if *person == one.person => Denied::because(format!(
            "undo entry {}: {person} drew it; it takes another armourer, witness or supervisor",
            one.seq
        )),
        (Some(person), Some(witness)) if person != witness && !above => Denied::because(format!(
            "undo entry {}: {witness} stood by it and can undo it, or a supervisor",
            one.seq
        )),
        (None, _) if context.by.user.is_none() => context.by.named().map(drop),
        _ => Ok(()),
    }
}

fn sign(context: Context<'_>, weapon: &WeaponId) -> Result<Fact, Denied> {
    let person = context.by.named()?;
    context.by.witnessed()?;
    let out = out(context.armoury, weapon, "sign for")?;
    if !out.loan.to_sign {
        return Denied::because(format!("sign for {weapon}: {} has signed for it", out.person));
    }
    Ok(Fact::Signed {
        weapon: weapon.clone(),
        person: person.clone(),
        from: out.person.clone(),
        loan: out.loan.seq,
    })
}

fn answer(context: Context<'_>, entry: Seq, grant: bool, why: &str) -> Result<Fact, Denied> {
    let verb = format!("decide on entry {entry}");
    let why = said(why, &verb)?;
    let supervisor = context.by.named()?;
    let Some(asked) = context.armoury.rooms.loan.asked.get(&entry) else {
        return Denied::because(format!("{verb}: it asks nothing, or was decided; show the weapon again"));
    };
    let Asked { weapon, person, reason, purpose, predecessor } = asked;
    if person.as_ref() == Some(supervisor) {
        return Denied::because(format!("{verb}: {supervisor} asked for it; another supervisor decides"));
    }
    let holding = known(context.armoury, weapon, &verb)?;
    let weapon = weapon.clone();
    if !grant {
        return Ok(Fact::Declined { weapon, person: person.clone(), asked: entry, why });
    }
    if *reason == Some(Reason::NotHere) {
        return Ok(Fact::Kept { weapon, asked: entry, why });
    }
    if holding.custody != Custody::In || holding.last_custody != *predecessor {
        return Denied::because(format!("{verb}: {weapon} has moved since"));
    }
    if holding.standing != Standing::InService {
        return Denied::because(format!("{verb}: {weapon} is {}", holding.standing.word()));
    }
    let Some(bearer) = person.as_ref().and_then(|id| context.armoury.person(id)) else {
        return Denied::because(format!("{verb}: it names nobody to whom {weapon} could go"));
    };
    if bearer.suspended {
        return Denied::because(format!("{verb}: {} is not allowed today", bearer.id));
    }
    let policy = &context.armoury.policy;
    let length = purpose.length(policy);
    Ok(Fact::Granted {
        weapon,
        person: bearer.id.clone(),
        asked: entry,
        purpose: *purpose,
        paper: purpose.paper(length, policy),
        due_wall_ms: length.due_wall_ms(context.now),
        why,
        predecessor: *predecessor,
    })
}

fn noted(context: Context<'_>, weapon: &WeaponId, note: &ReturnNote) -> Result<Fact, Denied> {
    let verb = format!("note the return of {weapon}");
    let holding = known(context.armoury, weapon, &verb)?;
    let (Custody::In, Some(entry)) = (&holding.custody, holding.last_custody) else {
        return Denied::because(format!("{verb}: it has not come back; show it at the desk first"));
    };
    if *note == ReturnNote::default() {
        return Denied::because(format!("{verb}: say at least one thing about it"));
    }
    for text in [&note.condition, &note.brought_because, &note.unfit].into_iter().flatten() {
        said(text, &verb)?;
    }
    let person = holding.last_holder.clone();
    Ok(Fact::Noted { weapon: weapon.clone(), person, entry, note: note.clone() })
}

/// That a weapon of an older book is out: what an import enters for one with a holder.
///
/// # Errors
/// It is not in stock, or nobody of that key is in the book.
pub fn drawn_before(armoury: &Armoury, drawn: &DrawnBefore) -> Result<Fact, Denied> {
    let DrawnBefore { weapon, person, since_wall_ms, due_wall_ms, purpose } = drawn;
    let verb = format!("enter that {weapon} is out");
    let holding = known(armoury, weapon, &verb)?;
    if let Custody::Out { to, .. } = &holding.custody {
        return Denied::because(format!("{verb}: it is out to {to} already"));
    }
    if armoury.person(person).is_none() {
        return Denied::because(format!("{verb}: {person} is not in the book; register the person first"));
    }
    Ok(Fact::DrawnBefore {
        weapon: weapon.clone(),
        person: person.clone(),
        since_wall_ms: *since_wall_ms,
        due_wall_ms: *due_wall_ms,
        purpose: *purpose,
    })
}

fn known<'a>(armoury: &'a Armoury, weapon: &WeaponId, verb: &str) -> Result<&'a Holding, Denied> {
    armoury.weapon(weapon).ok_or_else(|| Denied(format!("{verb}: {weapon} is not in the book")))
}

fn out<'a>(armoury: &'a Armoury, weapon: &WeaponId, verb: &str) -> Result<Out<'a>, Denied> {
    let holding = known(armoury, weapon, verb)?;
    match (&holding.custody, armoury.rooms.loan.open.get(weapon)) {
        (Custody::Out { to, since, due_wall_ms, .. }, Some(loan)) => {
            Ok(Out { person: to, since: *since, due_wall_ms: *due_wall_ms, loan })
        }
        _ => Denied::because(format!("{verb} of {weapon}: it is in stock")),
    }
}

/// A reason that is there and not too long.
fn said(why: &str, verb: &str) -> Result<String, Denied> {
    let why = why.trim();
    if why.is_empty() || why.len() > TEXT_MAX_BYTES || why.chars().any(char::is_control) {
        return Denied::because(format!(
            "{verb}: say why, in at most {TEXT_MAX_BYTES} letters, without names"
        ));
    }
    Ok(why.to_owned())
}

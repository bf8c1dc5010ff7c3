//! How a count ends: it comes out and is closed, or it does not and is handed up (C-5). A takeover ends with a
//! certificate (C-8).

use super::super::discrepancy::{self, Cause, Stage, Step, What, said};
use super::super::{Context, Denied, Fact as AnyFact, Stamp};
use super::fact::Fact;
use super::figures::Figures;
use super::kind::Kind;
use super::sheet::{Count, Outcome};
use super::{Done, State};
use crate::domain::armoury::Armoury;
use crate::domain::ids::{PersonId, Seq, WeaponId};

/// Most differences that become cases one by one. A count with more was not made.
const CASES_MAX: usize = 500;

/// Who signs a takeover, in the order in which the certificate names them.
const PARTS: [&str; 3] = ["outgoing", "incoming", "witness"];

/// Signs a takeover or a handover.
pub(super) fn sign(context: Context<'_>, (seq, count): (Seq, &Count)) -> Result<Fact, Denied> {
    let person = context.by.named()?;
    if !matches!(count.kind, Kind::Takeover | Kind::Handover) {
        return Denied::because(format!(
            "sign count {seq}: a {} count is signed by whoever closes it",
            count.kind.word()
        ));
    }
    let part = match person {
        person if count.outgoing.as_ref() == Some(person) => PARTS[0],
        person if count.incoming.as_ref() == Some(person) => PARTS[1],
        _ => PARTS[2],
    };
    if count.kind == Kind::Takeover && part == PARTS[2] && count.witness.as_ref() != Some(person) {
        return Denied::because(format!(
            "sign count {seq} as {person}: it takes outgoing, incoming and the witness it was opened with"
        ));
    }
    if let Some(who) = count.signed.get(part) {
        return Denied::because(format!("sign count {seq} as {part}: {who} has signed"));
    }
    if count.kind == Kind::Takeover {
        counted(count, &count.compare(context.armoury, seq), seq)?;
    }
    Ok(Fact::Signed { count: seq, part: part.to_owned() })
}

/// Closes a count that comes out.
pub(super) fn close(context: Context<'_>, (seq, count): (Seq, &Count)) -> Result<Vec<AnyFact>, Denied> {
    let armoury = context.armoury;
    context.by.named()?;
    let outcome = count.compare(armoury, seq);
    if count.kind == Kind::Takeover {
        return take_over(context, seq, count, &outcome);
    }
    context.by.witnessed()?;
    by_counter(context, (seq, count), "close")?;
    comes_out(seq, count, &outcome)?;
    counted(count, &outcome, seq)?;
    slots(context, seq, count)?;
    let keys = &armoury.rooms.key;
    if count.kind == Kind::Handover && armoury.policy.keys_at_handover && keys.is_uncounted_since(seq) {
        return Denied::because(format!("close count {seq}: count the keys first (key count)"));
    }
    Ok(vec![AnyFact::Count(Fact::Closed { count: seq, figures: outcome.figures })])
}

/// An independent count is ended by whoever made it, never by whoever keeps the weapons.
fn by_counter(context: Context<'_>, (seq, count): (Seq, &Count), verb: &str) -> Result<(), Denied> {
    let person = context.by.named()?;
    if count.kind.is_independent() && count.counter.as_ref() != Some(person) {
        let counter = count.counter.as_ref().map_or("who counted", |id| id.as_str());
        return Denied::because(format!("{verb} count {seq} as {person}: {counter} counted and ends it"));
    }
    Ok(())
}

/// Hands one up that does not come out: every difference becomes a case with clocks of its own; one that is a case
/// already was counted again by this.
pub(super) fn hand_up(
    context: Context<'_>,
    (seq, count): (Seq, &Count),
    reason: &str,
) -> Result<Vec<AnyFact>, Denied> {
    context.by.named()?;
    by_counter(context, (seq, count), "hand up")?;
    let reason = said("say why", reason)?;
    let outcome = count.compare(context.armoury, seq);
    if outcome.agrees() {
        return Denied::because(format!("hand up count {seq}: it comes out; close it"));
    }
    let mut facts = cases(context, seq, &outcome)?;
    facts.push(AnyFact::Count(Fact::HandedUp { count: seq, figures: outcome.figures, reason }));
    Ok(facts)
}

/// Gives up a count that was begun by mistake: one in which something was entered, or that a key opened, is finished.
pub(super) fn cancel(
    context: Context<'_>,
    (seq, count): (Seq, &Count),
    reason: &str,
) -> Result<Fact, Denied> {
    context.by.named()?;
    if let Some(key) = &count.key {
        return Denied::because(format!(
            "give up count {seq}: key {key} changed hands; close it or hand it up"
        ));
    }
    if count.has_entries() {
        return Denied::because(format!(
            "give up count {seq}: something was entered in it; close it or hand it up"
        ));
    }
    Ok(Fact::Cancelled { count: seq, reason: said("say why", reason)? })
}

/// Takes the end of a count into memory.
pub(super) fn end(armoury: &mut Armoury, stamp: Stamp<'_>, count: Seq, how: &str, figures: &Figures) {
    let state = &mut armoury.rooms.count;
    let Some(found) = state.open.remove(&count) else { return };
    if state.scanning.as_ref().is_some_and(|(scanning, _)| *scanning == count) {
        state.scanning = None;
    }
    if how != "cancelled" && found.rack.is_none() {
        finished(state, &found, stamp.at.wall_ms);
    }
    let done = Done {
        kind: found.kind,
        rack: found.rack,
        counter: found.counter,
        opened_wall_ms: found.opened.wall_ms,
        ended_wall_ms: stamp.at.wall_ms,
        ended: stamp.seq,
        how: how.to_owned(),
        figures: figures.clone(),
    };
    state.done.insert(count, done);
}

/// A whole count stands for the smaller ones too.
fn finished(state: &mut State, count: &Count, wall_ms: i64) {
    let covered: &[Kind] = match count.kind {
        Kind::Audit => &[Kind::Audit, Kind::Serials, Kind::Sample],
        Kind::Serials => &[Kind::Serials, Kind::Sample],
        Kind::Takeover => &[Kind::Takeover, Kind::Sample],
        Kind::Handover => &[Kind::Handover],
        Kind::Muster => &[Kind::Muster],
        Kind::Sample => &[Kind::Sample],
    };
    state.last.extend(covered.iter().map(|kind| (*kind, wall_ms)));
    if count.kind == Kind::Serials {
        state.last_officer = count.counter.clone();
    }
}

/// The takeover certificate: all three have signed what was found, and every difference is the new holder's from now
/// on.
fn take_over(
    context: Context<'_>,
    seq: Seq,
    count: &Count,
    outcome: &Outcome,
) -> Result<Vec<AnyFact>, Denied> {
    let missing: Vec<&str> = PARTS.into_iter().filter(|part| !count.signed.contains_key(*part)).collect();
    let (Some(outgoing), Some(incoming), Some(witness)) =
        (count.signed.get(PARTS[0]), count.signed.get(PARTS[1]), count.signed.get(PARTS[2]))
    else {
        return Denied::because(format!(
            "close count {seq}: it is not signed by {} (count sign)",
            missing.join(", ")
        ));
    };
    let mut facts = Vec::new();
    for mut fact in cases(context, seq, outcome)? {
        if let AnyFact::Discrepancy(discrepancy::Fact::Suspected { owner, .. }) = &mut fact {
            *owner = Some(incoming.clone());
        }
        facts.push(fact);
    }
    let state = &context.armoury.rooms.discrepancy;
    let mut inherited: Vec<String> = outcome.missing.iter().map(WeaponId::to_string).collect();
    inherited.extend(outcome.extras.iter().cloned());
    for (case, found) in state.open_cases().take(CASES_MAX) {
        let name = format!("case {case}: {}", found.what.call());
        if found.what.weapon().is_none_or(|id| !outcome.missing.contains(id)) {
            inherited.push(name);
        }
        if found.owner.as_ref() != Some(incoming) {
            facts.push(AnyFact::Discrepancy(discrepancy::Fact::Stepped {
                case,
                weapon: found.what.weapon().cloned(),
                step: Step::Assigned { owner: incoming.clone() },
                reason: format!("armoury taken over, count {seq}"),
                reference: None,
            }));
        }
    }
    inherited.truncate(CASES_MAX);
    let figures = outcome.figures.clone();
    facts.push(AnyFact::Count(Fact::TakenOver {
        count: seq,
        outgoing: outgoing.clone(),
        incoming: incoming.clone(),
        witness: witness.clone(),
        inherited,
        figures: figures.clone(),
    }));
    facts.push(AnyFact::Count(Fact::Closed { count: seq, figures }));
    Ok(facts)
}

/// The cases that a count's differences are.
fn cases(context: Context<'_>, seq: Seq, outcome: &Outcome) -> Result<Vec<AnyFact>, Denied> {
    let differences = outcome.missing.len() + outcome.extras.len() + outcome.types.len();
    if differences > CASES_MAX {
        return Denied::because(format!(
            "hand up count {seq}: {differences} differences; count the room first, or rack by rack (--rack)"
        ));
    }
    let armoury = context.armoury;
    let suspect = |what| AnyFact::Discrepancy(discrepancy::suspect(armoury, what, Cause::Count, Some(seq)));
    let mut facts = Vec::new();
    for id in &outcome.missing {
        match discrepancy::open_case(armoury, id) {
            None => facts.push(suspect(What::Weapon(id.clone()))),
            Some((case, found)) => facts.extend(recounted(context, (seq, id), (case, found))),
        }
    }
    let known = |what: &What| armoury.rooms.discrepancy.open_cases().any(|(_, case)| case.what == *what);
    let others = outcome.extras.iter().map(|what| What::Extra(what.clone()));
    let types = outcome.types.iter().map(|(model, found, book)| What::Numbers {
        model: model.clone(),
        expected: *book,
        found: found.unwrap_or(0),
    });
    let slots = outcome.slots.map(|(found, expected)| What::Numbers {
        model: "filled slots".to_owned(),
        expected,
        found,
    });
    facts.extend(others.chain(types).chain(slots).filter(|what| !known(what)).map(suspect));
    Ok(facts)
}

/// A count that began after the case and was made by two people, not by whoever raised it alone, is the recount (D-1).
fn recounted(
    context: Context<'_>,
    (count, weapon): (Seq, &WeaponId),
    (case, found): (Seq, &discrepancy::Case),
) -> Option<AnyFact> {
    let again = found.stage == Stage::Suspected && count > case;
    let other = context.by.person.is_some() && context.by.person != found.raised_by;
    (again && other && context.by.witnessed().is_ok()).then(|| {
        AnyFact::Discrepancy(discrepancy::Fact::Stepped {
            case,
            weapon: Some(weapon.clone()),
            step: Step::Confirmed { recount: Some(count) },
            reason: "not seen in the recount".to_owned(),
            reference: None,
        })
    })
}

/// Whether room and book agree. A blind count is not told where they do not (C-4).
fn comes_out(seq: Seq, count: &Count, outcome: &Outcome) -> Result<(), Denied> {
    if outcome.agrees() {
        return Ok(());
    }
    if count.blind {
        return Denied::because(format!(
            "close count {seq}: what was counted and the book differ; count again, or hand it up (count hand-up)"
        ));
    }
    let mut differ = Vec::new();
    if !outcome.missing.is_empty() {
        differ.push(format!(
            "{} not accounted for ({})",
            outcome.missing.len(),
            names(outcome.missing.iter())
        ));
    }
    if !outcome.extras.is_empty() {
        differ.push(format!("{} extra ({})", outcome.extras.len(), names(outcome.extras.iter())));
    }
    for (model, found, book) in outcome.types.iter().take(5) {
        differ.push(match found {
            Some(found) => format!("{model}: {found} counted, {book} in the book"),
            None => format!("{model} not counted (count tally)"),
        });
    }
    if let Some((filled, book)) = outcome.slots {
        differ.push(format!("{filled} slots filled and {book} weapons in the book; a tag is no weapon"));
    }
    Denied::because(format!(
        "close count {seq}: {}; look for them, or hand it up (count hand-up)",
        differ.join(", ")
    ))
}

/// Whether the sample was touched or shown to a camera (C-6).
fn counted(count: &Count, outcome: &Outcome, seq: Seq) -> Result<(), Denied> {
    if count.sample.is_none() {
        return Denied::because(format!("close count {seq}: its sample is being drawn; ask again"));
    }
    if !outcome.unsampled.is_empty() {
        return Denied::because(format!(
            "close count {seq}: a reader hears tags, not weapons; touch these or show them to a camera: {}",
            names(outcome.unsampled.iter())
        ));
    }
    Ok(())
}

/// Whether the slots were counted, where only tags speak for some weapons (C-6).
fn slots(context: Context<'_>, seq: Seq, count: &Count) -> Result<(), Denied> {
    if count.slots.is_none() && context.armoury.policy.slots_against_tags && count.rests_on_tags() {
        return Denied::because(format!(
            "close count {seq}: some weapons were only heard; count the filled slots (count slots)"
        ));
    }
    Ok(())
}

/// The first few of a list.
fn names<T: ToString>(list: impl ExactSizeIterator<Item = T>) -> String {
    const FEW: usize = 20;
    let more = list.len().saturating_sub(FEW);
    let names: Vec<String> = list.take(FEW).map(|name| name.to_string()).collect();
    match more {
        0 => names.join(", "),
        more => format!("{} and {more} more", names.join(", ")),
    }
}

impl Count {
    /// Whether this person takes part in it.
    pub fn is_of(&self, person: &PersonId) -> bool {
        [&self.counter, &self.witness, &self.outgoing, &self.incoming]
            .into_iter()
            .flatten()
            .any(|who| who == person)
    }
}

//! Discrepancies (armoury-practice section 6): register and room differ. Suspected, confirmed by recount, reported,
//! under inquiry, found or written off; every change with a person, a time and a reason. Nobody closes their own.

mod case;
mod fact;

use std::collections::BTreeMap;

use serde::{Deserialize, Serialize};

pub use case::{Case, Stage};
pub use fact::{Cause, Clock, Fact, Step, What};

use super::{Context, Denied, Fact as AnyFact, Stamp};
use crate::domain::armoury::Armoury;
use crate::domain::ids::{PersonId, Seq, WeaponId};
use crate::domain::moment::Moment;
use crate::domain::person::Role;
use crate::domain::weapon::{Custody, Standing};

/// Longest text an act takes, bytes.
pub const TEXT_MAX_BYTES: usize = 1_000;

/// What can be asked.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case", deny_unknown_fields)]
pub enum Act {
    /// Say that something is not accounted for.
    Suspect {
        /// What.
        what: What,
        /// The entry behind it.
        source: Option<Seq>,
    },
    /// Take a case a step on.
    Step {
        /// Its number, or that of a weapon whose case is open.
        case: String,
        /// Which.
        step: Step,
        /// Why.
        reason: String,
        /// The reference of a report, an inquiry, a write-off.
        reference: Option<String>,
    },
}

/// The cases.
#[derive(Debug, Clone, Default, PartialEq, Serialize, Deserialize)]
#[serde(default)]
pub struct State {
    /// Every case ever opened, by the number of its first entry.
    pub cases: BTreeMap<Seq, Case>,
    /// The open case of each weapon.
    pub open: BTreeMap<WeaponId, Seq>,
}

impl State {
    /// The cases that are still open.
    pub fn open_cases(&self) -> impl Iterator<Item = (Seq, &Case)> {
        self.cases.iter().filter(|(_, case)| case.stage.is_open()).map(|(seq, case)| (*seq, case))
    }
}

impl Act {
    /// Who may ask this.
    pub fn allowed(&self) -> &'static [Role] {
        const REPORTERS: &[Role] =
            &[Role::Armourer, Role::Witness, Role::Supervisor, Role::InventoryOfficer, Role::Commander];
        const AUTHORITIES: &[Role] = &[Role::Supervisor, Role::Commander];
        match self {
            Self::Suspect { .. } => REPORTERS,
            Self::Step { step, .. } => match step {
                Step::Confirmed { .. } | Step::Explained | Step::Reported { .. } => REPORTERS,
                Step::Recovered { .. } | Step::Inquired | Step::Assigned { .. } => AUTHORITIES,
                Step::WrittenOff => &[Role::Commander],
                // The clock itself says so.
                Step::Passed { .. } => &[],
            },
        }
    }
}

/// The fact that something is not accounted for, to be entered by whoever noticed: a count, the desk, a transfer. A
/// weapon that has an open case already keeps it; the fact then only adds to it.
pub fn suspect(armoury: &Armoury, what: What, cause: Cause, source: Option<Seq>) -> Fact {
    let held = what.weapon().and_then(|weapon| armoury.weapon(weapon));
    let owner = held.and_then(|holding| match &holding.custody {
        Custody::Out { to, .. } => Some(to.clone()),
        Custody::In => None,
    });
    Fact::Suspected { what, cause, source, owner }
}

/// The open case of a weapon.
pub fn open_case<'a>(armoury: &'a Armoury, weapon: &WeaponId) -> Option<(Seq, &'a Case)> {
    let state = &armoury.rooms.discrepancy;
    let seq = state.open.get(weapon)?;
    state.cases.get(seq).map(|case| (*seq, case))
}

/// Decides on an act.
///
/// # Errors
/// Why not, and who may.
pub fn plan(context: Context<'_>, act: &Act) -> Result<Vec<AnyFact>, Denied> {
    let fact = match act {
        Act::Suspect { what, source } => raise(context, what, *source)?,
        Act::Step { case, step, reason, reference } => {
            let reason = said("say why", reason)?;
            let reference = reference.as_deref().map(|text| said("give the reference", text)).transpose()?;
            let (case, found) = known(context, case)?;
            check(context, case, found, step, reference.as_deref())?;
            let weapon = found.what.weapon().cloned();
            Fact::Stepped { case, weapon, step: step.clone(), reason, reference }
        }
    };
    Ok(vec![AnyFact::Discrepancy(fact)])
}

/// What has fallen due: deadlines that passed, each said once.
pub fn due(armoury: &Armoury, now: Moment) -> Vec<AnyFact> {
    let mut facts = Vec::new();
    for (case, found) in armoury.rooms.discrepancy.open_cases() {
        for clock in Clock::ALL {
            let over = found.deadline_ms(&armoury.policy, clock).is_some_and(|end| now.wall_ms >= end);
            if over && found.runs(clock) && !found.passed.contains(&clock) {
                let (weapon, step) = (found.what.weapon().cloned(), Step::Passed { clock });
                let fact = Fact::Stepped { case, weapon, step, reason: String::new(), reference: None };
                facts.push(AnyFact::Discrepancy(fact));
            }
        }
    }
    facts
}

/// Takes a durable fact into memory.
pub fn apply(armoury: &mut Armoury, stamp: Stamp<'_>, fact: &Fact) {
    match fact {
        Fact::Suspected { what, cause, source, owner } => {
            let state = &mut armoury.rooms.discrepancy;
            if let Some(known) = what.weapon().and_then(|weapon| state.open.get(weapon))
                && let Some(case) = state.cases.get_mut(known)
            {
                case.last = stamp.seq;
                return;
            }
            if let Some(weapon) = what.weapon() {
                state.open.insert(weapon.clone(), stamp.seq);
            }
            let case = Case {
                what: what.clone(),
                cause: *cause,
                source: *source,
                stage: Stage::Suspected,
                raised_by: stamp.by.person.clone(),
                owner: owner.clone().or_else(|| stamp.by.person.clone()),
                since_wall_ms: stamp.at.wall_ms,
                reported: std::collections::BTreeSet::new(),
                passed: std::collections::BTreeSet::new(),
                last: stamp.seq,
            };
            state.cases.insert(stamp.seq, case);
        }
        Fact::Stepped { case, weapon, step, .. } => stepped(armoury, stamp, *case, weapon.as_ref(), step),
    }
}

fn stepped(armoury: &mut Armoury, stamp: Stamp<'_>, case: Seq, weapon: Option<&WeaponId>, step: &Step) {
    let state = &mut armoury.rooms.discrepancy;
    let Some(found) = state.cases.get_mut(&case) else { return };
    found.step(step);
    found.last = stamp.seq;
    let over = !found.stage.is_open();
    let Some(weapon) = weapon else { return };
    if over {
        state.open.remove(weapon);
    }
    match step {
        Step::Confirmed { .. } => armoury.set_standing(weapon, Standing::Missing),
        // Never quietly restored (D-3): somebody looks at it before it is issued again.
        Step::Recovered { .. } => armoury.set_standing(weapon, Standing::Quarantined),
        // Off the holding, but not forgotten: seen again, it is the weapon everybody looks for.
        Step::WrittenOff => armoury.set_standing(weapon, Standing::HotListed),
        _ => {}
    }
}

fn raise(context: Context<'_>, what: &What, source: Option<Seq>) -> Result<Fact, Denied> {
    context.by.named()?;
    let armoury = context.armoury;
    match what {
        What::Weapon(weapon) => {
            if armoury.weapon(weapon).is_none() {
                return Denied::because(format!("look for {weapon}: there is no such weapon in the book"));
            }
            if let Some((case, _)) = open_case(armoury, weapon) {
                return Denied::because(format!("open a case for {weapon}: case {case} is open already"));
            }
        }
        What::Numbers { model: text, .. } | What::Extra(text) | What::Thing(text) => {
            said("say what it is", text)?;
        }
    }
    Ok(suspect(armoury, what.clone(), Cause::Report, source))
}

/// Whether a case may take this step now, and on this word.
fn check(
    context: Context<'_>,
    case: Seq,
    found: &Case,
    step: &Step,
    reference: Option<&str>,
) -> Result<(), Denied> {
    let no = |why: String| Denied::because(format!("change case {case}: {why}"));
    if !found.stage.is_open() {
        return no(format!("it is {}; open a new one", found.stage.word()));
    }
    let person = context.by.named()?;
    match step {
        Step::Passed { .. } => return no("only the clock says that".into()),
        Step::Confirmed { recount } => confirmable(context, case, found, *recount)?,
        Step::Explained if found.stage != Stage::Suspected => {
            return no(format!(
                "it is {}: what turns up now is recovered (discrepancy recover)",
                found.stage.word()
            ));
        }
        Step::Explained => {
            others(found, person, "explain")?;
            context.by.witnessed()?;
        }
        Step::Reported { to: Clock::Recount } => return no("a recount is no report".into()),
        Step::Reported { to } if found.reported.contains(to) => {
            return no(format!("{} has been told", to.word()));
        }
        Step::Reported { .. } | Step::Inquired | Step::WrittenOff | Step::Recovered { .. }
            if found.stage == Stage::Suspected =>
        {
            return no("it is only suspected: count again first (discrepancy confirm, or explain)".into());
        }
        Step::Reported { .. } | Step::Inquired if reference.is_none() => {
            return no("give the number under which it was taken: --reference".into());
        }
        Step::Reported { .. } | Step::Inquired => {}
        Step::Recovered { place, condition, finder } => {
            others(found, person, "close")?;
            said("say where it was found", place)?;
            said("say in what condition", condition)?;
            if let Some(finder) = finder
                && context.armoury.person(finder).is_none()
            {
                return no(format!("{finder} is not in the book; name a person of it, or nobody"));
            }
        }
        Step::WrittenOff => {
            others(found, person, "close")?;
            if context.by.authority.as_deref().is_none_or(|text| text.trim().is_empty())
                || reference.is_none()
            {
                return no("a write-off needs --authority and --reference".into());
            }
        }
        Step::Assigned { owner } => {
            if context.armoury.person(owner).is_none() {
                return no(format!("{owner} is not in the book"));
            }
        }
    }
    Ok(())
}

/// A recount is made by two people who look, and not by whoever raised it alone. Radio says nothing here: it hears
/// tags.
fn confirmable(context: Context<'_>, case: Seq, found: &Case, recount: Option<Seq>) -> Result<(), Denied> {
    if found.stage != Stage::Suspected {
        return Denied::because(format!("confirm case {case}: it is {} already", found.stage.word()));
    }
    context.by.witnessed()?;
    if let Some(recount) = recount
        && recount <= case
    {
        return Denied::because(format!(
            "confirm case {case} by count {recount}: that count was before it; count again"
        ));
    }
    Ok(())
}

/// Nobody closes their own discrepancy (armoury-practice section 1).
fn others(found: &Case, person: &PersonId, verb: &str) -> Result<(), Denied> {
    let own = found.raised_by.as_ref() == Some(person) || found.owner.as_ref() == Some(person);
    if own {
        return Denied::because(format!(
            "{verb} the case as {person}: nobody closes their own discrepancy; another supervisor or the commander may"
        ));
    }
    Ok(())
}

/// The case of that number, or the open case of that weapon.
fn known<'a>(context: Context<'a>, name: &str) -> Result<(Seq, &'a Case), Denied> {
    let cases = &context.armoury.rooms.discrepancy.cases;
    let by_number = name.parse().ok().and_then(|seq: Seq| cases.get_key_value(&seq));
    match by_number {
        Some((seq, case)) => Ok((*seq, case)),
        None => open_case(context.armoury, &WeaponId::from(name))
            .ok_or_else(|| Denied(format!("find case {name}: there is none of that number"))),
    }
}

/// A text that says something and is not too long.
///
/// # Errors
/// It is empty, too long, or holds control characters.
pub(super) fn said(what: &str, text: &str) -> Result<String, Denied> {
    let text = text.trim();
    if text.is_empty() {
        return Denied::because(format!("{what}: it may not be empty"));
    }
    if text.len() > TEXT_MAX_BYTES || text.chars().any(char::is_control) {
        return Denied::because(format!("{what}: at most {TEXT_MAX_BYTES} bytes, in one line"));
    }
    Ok(text.to_owned())
}

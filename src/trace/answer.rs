//! How a question ends: found here, passed through, destroyed, no record, ambiguous, refused (`un-categories.md`
//! section 4), with what was searched, for people and for programs.

use serde::Serialize;
use serde_json::{Value, json};
use sha2::{Digest, Sha256};

use super::life::{Life, State, Step};
use super::person::Hands;
use super::query::{Candidate, Query, Searched};
use super::when::{At, place};
use crate::domain::book::trace::{Answered, NAMED_MAX, Outcome, Refusal};
use crate::domain::{Event, PersonId, Seq, Standing, WeaponId};
use crate::ledger::history::History;
use crate::ledger::{LedgerError, Reader};

/// Most candidates described in one answer; more are counted.
pub const DESCRIBED_MAX: usize = 50;

/// What is asked beside the question itself.
#[derive(Debug, Default)]
pub struct Wish {
    /// For this moment too, wall milliseconds.
    pub at_wall_ms: Option<i64>,
    /// How many of the newest steps of a life are told; custody and standing always.
    pub steps: usize,
    /// Nothing is told, for this reason.
    pub refuse: Option<Refusal>,
    /// Other ledgers searched beside this one.
    pub archives: Vec<(String, Reader)>,
}

/// An answer.
#[derive(Debug, Clone, PartialEq)]
pub struct Answer {
    /// How it ended.
    pub outcome: Outcome,
    /// Weapons of this ledger that were told of.
    pub weapons: Vec<WeaponId>,
    /// How many weapons fitted, here and in archives.
    pub candidates: u32,
    /// The person asked about.
    pub person: Option<PersonId>,
    /// The last entry searched.
    pub through: Seq,
    /// Whether confusable serials were searched.
    pub confusable: bool,
    /// Why nothing is told.
    pub refused: Option<Refusal>,
    /// What is told.
    pub told: Value,
}

/// A candidate with what tells it from the others.
#[derive(Debug, Clone, PartialEq, Serialize)]
struct Described {
    #[serde(flatten)]
    candidate: Candidate,
    archive: Option<String>,
    maker: Option<String>,
    model: Option<String>,
    calibre: Option<String>,
    country: Option<String>,
    serial: Option<String>,
    standing: Standing,
}

/// Answers a question about weapons.
///
/// # Errors
/// A store cannot be read, or holds what is no entry.
pub fn of_weapons(history: &History<'_>, query: &Query, wish: &Wish) -> Result<Answer, LedgerError> {
    let mut searched = query.searched(history)?;
    searched.archives = wish.archives.iter().map(|(name, _)| name.clone()).collect();
    let through = history.head()?;
    if let Some(why) = wish.refuse {
        return Ok(refusal(why, through, query.confusable));
    }
    let (mut found, mut more) = query.candidates(history)?;
    let mut elsewhere = Vec::new();
    for (name, archive) in &wish.archives {
        let history = archive.history()?;
        let (theirs, more_of_theirs) = query.candidates(&history)?;
        more |= more_of_theirs;
        for one in theirs.into_iter().filter(|one| !found.iter().any(|ours| ours.weapon == one.weapon)) {
            elsewhere.push(describe(&history, one, Some(name.clone()))?);
        }
    }
    let candidates = u32::try_from(found.len() + elsewhere.len()).unwrap_or(u32::MAX);
    let exact = found.iter().filter(|one| !one.confusable).count();
    let sure = exact == 1 && !elsewhere.iter().any(|one| !one.candidate.confusable);
    if sure {
        // The very name stands first; what only looks like it is told beside it.
        let alike = found.split_off(1);
        let others = alike.into_iter().take(DESCRIBED_MAX);
        let others: Vec<Described> =
            others.map(|one| describe(history, one, None)).collect::<Result<_, _>>()?;
        let Some(one) = found.pop() else { return Ok(nothing(&searched, through)) };
        let life = Life::read(history, &one.weapon, through)?;
        let (outcome, mut told) = of_life(&life);
        told["authorised_by"] = authorised(history, &life.state)?;
        told["weapon_id"] = json!(one.weapon);
        told["at"] = at(history, &one.weapon, wish)?;
        told["history"] = json!(newest(&life.steps, wish.steps));
        told["entries"] = json!(life.entries);
        told["also"] = json!(others);
        told["elsewhere"] = json!(elsewhere);
        told["searched"] = json!(searched);
        return Ok(Answer {
            outcome,
            weapons: vec![one.weapon],
            candidates: 1,
            told,
            ..empty(through, query.confusable)
        });
    }
    if candidates == 0 {
        return Ok(Answer { confusable: query.confusable, ..nothing(&searched, through) });
    }
    let weapons = found.iter().take(NAMED_MAX).map(|one| one.weapon.clone()).collect();
    let mut described = Vec::new();
    for one in found.into_iter().take(DESCRIBED_MAX) {
        described.push(describe(history, one, None)?);
    }
    described.extend(elsewhere);
    described.truncate(DESCRIBED_MAX);
    let told = json!({
        "outcome": Outcome::Ambiguous, "candidates": described, "fit": candidates, "more": more,
        "searched": searched,
    });
    Ok(Answer { outcome: Outcome::Ambiguous, weapons, candidates, told, ..empty(through, query.confusable) })
}

/// Answers a question about a person.
///
/// # Errors
/// The store cannot be read, or holds what is no entry.
pub fn of_person(history: &History<'_>, person: &PersonId, wish: &Wish) -> Result<Answer, LedgerError> {
    let through = history.head()?;
    if let Some(why) = wish.refuse {
        return Ok(Answer { person: Some(person.clone()), ..refusal(why, through, false) });
    }
    let query = Query::default();
    let mut searched = query.searched(history)?;
    searched.names = vec![format!("person {person}")];
    let now = Hands::read(history, person, through)?;
    if now.entries == 0 {
        return Ok(Answer { person: Some(person.clone()), ..nothing(&searched, through) });
    }
    let then = match wish.at_wall_ms {
        None => Value::Null,
        Some(wall_ms) => {
            let at = place(history, wall_ms)?;
            let mut states = Vec::new();
            for after in &at.after {
                let hands = Hands::read(history, person, *after)?;
                states.push(json!({ "after": after, "role": hands.role, "holds": hands.holds }));
            }
            placed(&at, states)
        }
    };
    let mut weapons: Vec<WeaponId> = now.holds.iter().map(|span| span.weapon.clone()).collect();
    let candidates = u32::try_from(weapons.len()).unwrap_or(u32::MAX);
    weapons.truncate(NAMED_MAX);
    let held = &now.held[now.held.len().saturating_sub(wish.steps)..];
    let told = json!({
        "outcome": Outcome::FoundHere, "person": person, "role": now.role, "suspended": now.suspended,
        "holds": now.holds, "held": held, "entries": now.entries, "at": then, "searched": searched,
    });
    let person = Some(person.clone());
    Ok(Answer { outcome: Outcome::FoundHere, weapons, candidates, person, told, ..empty(through, false) })
}

impl Answer {
    /// SHA-256 over what is told, in hex.
    pub fn digest(&self) -> String {
        let digest = Sha256::digest(self.told.to_string().as_bytes());
        digest.iter().map(|byte| format!("{byte:02x}")).collect()
    }

    /// The answer as it is entered.
    pub fn entered(&self, asked_by: Option<String>, reference: Option<String>) -> Answered {
        Answered {
            outcome: self.outcome,
            weapons: self.weapons.clone(),
            candidates: self.candidates,
            person: self.person.clone(),
            asked_by,
            reference,
            through: self.through,
            confusable: self.confusable,
            refused: self.refused,
            digest: self.digest(),
        }
    }
}

fn empty(through: Seq, confusable: bool) -> Answer {
    Answer {
        outcome: Outcome::NoRecord,
        weapons: Vec::new(),
        candidates: 0,
        person: None,
        through,
        confusable,
        refused: None,
        told: Value::Null,
    }
}

fn refusal(why: Refusal, through: Seq, confusable: bool) -> Answer {
    let told = json!({ "outcome": Outcome::Refused, "reason": why });
    Answer { outcome: Outcome::Refused, refused: Some(why), told, ..empty(through, confusable) }
}

fn nothing(searched: &Searched, through: Seq) -> Answer {
    let told = json!({ "outcome": Outcome::NoRecord, "searched": searched });
    Answer { told, ..empty(through, searched.confusable) }
}

/// What a weapon's standing says of the question.
fn of_life(life: &Life) -> (Outcome, Value) {
    let state = &life.state;
    let outcome = match state.standing {
        Standing::Destroyed => Outcome::Destroyed,
        Standing::LeftService | Standing::InTransit | Standing::NotHere if state.holder.is_none() => {
            Outcome::PassedThrough
        }
        _ => Outcome::FoundHere,
    };
    let mut told = json!({
        "outcome": outcome, "weapon": state.weapon, "standing": state.standing, "holder": state.holder,
        "home": home(state.weapon.as_ref()), "due_wall_ms": state.due_wall_ms,
        "custody": state.custody_by, "standing_since": state.standing_by,
    });
    if let Some(act) = &state.standing_by {
        let word = match outcome {
            Outcome::Destroyed => "certificate",
            Outcome::PassedThrough => "to_whom",
            _ => "because",
        };
        // A standing set by hand says no more than its word; a fact of a room names the batch, the receiver, the list.
        let says = Some(&act.says).filter(|says| act.kind != "standing_set" && !says.is_empty());
        let grounds: Vec<&str> = says.into_iter().chain(&act.authority).map(String::as_str).collect();
        told[word] = json!(if grounds.is_empty() { act.says.clone() } else { grounds.join(", authority ") });
        told["when"] = json!(act.at);
    }
    (outcome, told)
}

/// On what the custody of a holder rests beside the act itself: their own record as it was then.
fn authorised(history: &History<'_>, state: &State) -> Result<Value, LedgerError> {
    let (Some(holder), Some(act)) = (&state.holder, &state.custody_by) else { return Ok(Value::Null) };
    let mut found = Value::Null;
    history.of_person(holder, 1..=act.seq, |record| {
        if let Event::PersonRegistered(person) = &record.event {
            found = json!({
                "seq": record.seq, "role": person.role, "may_draw": person.may_draw,
                "valid_until": person.valid_until.map(|day| day.to_string()),
            });
        }
    })?;
    Ok(found)
}

/// Where the weapon should be: the home of its record.
fn home(weapon: Option<&crate::domain::Weapon>) -> Value {
    weapon.map_or(
        Value::Null,
        |weapon| json!({ "room": weapon.room, "rack": weapon.rack, "slot": weapon.slot }),
    )
}

/// How it stood with a weapon at the moment asked for, at every place that moment may lie.
fn at(history: &History<'_>, weapon: &WeaponId, wish: &Wish) -> Result<Value, LedgerError> {
    let Some(wall_ms) = wish.at_wall_ms else { return Ok(Value::Null) };
    let at = place(history, wall_ms)?;
    let mut states = Vec::new();
    for after in &at.after {
        let state = Life::read(history, weapon, *after)?.state;
        states.push(json!({
            "after": after, "known": state.weapon.is_some(), "holder": state.holder,
            "standing": state.standing, "custody": state.custody_by,
            "standing_since": state.standing_by, "home": home(state.weapon.as_ref()),
            "authorised_by": authorised(history, &state)?,
        }));
    }
    Ok(placed(&at, states))
}

fn placed(at: &At, states: Vec<Value>) -> Value {
    json!({ "moment": at.moment, "after": at.after, "doubt": at.doubt, "states": states })
}

/// Every change of custody or standing, and of the rest the newest.
fn newest(steps: &[Step], most: usize) -> Vec<&Step> {
    let moved = |step: &Step| step.moved_custody || step.moved_standing;
    let mut kept: Vec<&Step> = steps.iter().rev().filter(|step| moved(step)).take(most).collect();
    let rest = most - kept.len();
    kept.extend(steps.iter().rev().filter(|step| !moved(step)).take(rest));
    kept.sort_by_key(|step| step.act.seq);
    kept
}

fn describe(
    history: &History<'_>,
    candidate: Candidate,
    archive: Option<String>,
) -> Result<Described, LedgerError> {
    let state = Life::read(history, &candidate.weapon, Seq::MAX)?.state;
    let weapon = state.weapon.unwrap_or_else(|| crate::domain::Weapon::new(candidate.weapon.clone()));
    Ok(Described {
        candidate,
        archive,
        maker: weapon.maker,
        model: weapon.model,
        calibre: weapon.calibre,
        country: weapon.country,
        serial: weapon.serial,
        standing: state.standing,
    })
}

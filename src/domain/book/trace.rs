//! What was told of weapons and people, and what was given out (armoury-practice; `un-categories.md`
//! section 4). The search is done beside the clerk, on the ledger as it lies; here the answer becomes an entry: who
//! asked, what was searched, how it ended, and a digest of what was told. No name of a person is in it.

use std::collections::BTreeMap;

use minicbor::{Decode, Encode};
use serde::{Deserialize, Serialize};

use super::super::armoury::Armoury;
use super::super::ids::{PersonId, Seq, WeaponId};
use super::super::moment::Moment;
use super::super::person::Role;
use super::{Alarm, Context, Denied, Fact as AnyFact, Stamp};

/// Longest reference and longest name of an office, in bytes.
pub const WORDS_MAX_BYTES: usize = 200;

/// Most weapons whose numbers stand in one answer; more candidates are only counted.
pub const NAMED_MAX: usize = 20;

/// What can be asked.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case", deny_unknown_fields)]
pub enum Act {
    /// Enter how a question was answered.
    Answer(Answered),
    /// Enter that a list with names of people was given out.
    GiveOut(GivenOut),
}

/// What is entered.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize, Encode, Decode)]
#[serde(rename_all = "snake_case")]
pub enum Fact {
    /// A question was answered.
    #[n(0)]
    Answered(#[n(0)] Answered),
    /// A list with names of people was given out.
    #[n(1)]
    GivenOut(#[n(0)] GivenOut),
}

/// How a question was answered.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize, Encode, Decode)]
#[cbor(map)]
#[serde(deny_unknown_fields)]
pub struct Answered {
    /// How it ended.
    #[n(0)]
    pub outcome: Outcome,
    /// The weapons told of, at most [`NAMED_MAX`].
    #[n(1)]
    pub weapons: Vec<WeaponId>,
    /// How many weapons fitted.
    #[n(2)]
    pub candidates: u32,
    /// The person asked about, where it was one.
    #[n(3)]
    pub person: Option<PersonId>,
    /// The office that asked; an office, never a person.
    #[n(4)]
    pub asked_by: Option<String>,
    /// The reference of the request.
    #[n(5)]
    pub reference: Option<String>,
    /// The last entry that was searched.
    #[n(6)]
    pub through: Seq,
    /// Whether serials easily confused with the one asked for were searched too.
    #[n(7)]
    pub confusable: bool,
    /// Why nothing was told, where the answer is a refusal.
    #[n(8)]
    pub refused: Option<Refusal>,
    /// SHA-256 over what was told, in hex: whoever shows a page later can be checked.
    #[n(9)]
    pub digest: String,
}

/// A list that was given out.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize, Encode, Decode)]
#[cbor(map)]
#[serde(deny_unknown_fields)]
pub struct GivenOut {
    /// Which list.
    #[n(0)]
    pub what: String,
    /// How many rows it has.
    #[n(1)]
    pub rows: u32,
    /// SHA-256 over the file, in hex.
    #[n(2)]
    pub digest: String,
}

/// How a question about weapons ends (`un-categories.md` section 4, reply outcomes).
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Serialize, Deserialize, Encode, Decode)]
#[serde(rename_all = "snake_case")]
#[cbor(index_only)]
pub enum Outcome {
    /// It belongs here, in the room or with a person.
    #[n(0)]
    FoundHere,
    /// It was here and went on.
    #[n(1)]
    PassedThrough,
    /// It was destroyed.
    #[n(2)]
    Destroyed,
    /// Nothing that was searched knows it; not the same as "never here".
    #[n(3)]
    NoRecord,
    /// More than one weapon fits.
    #[n(4)]
    Ambiguous,
    /// Nothing is told.
    #[n(5)]
    Refused,
}

/// Why nothing is told.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Serialize, Deserialize, Encode, Decode)]
#[serde(rename_all = "snake_case")]
#[cbor(index_only)]
pub enum Refusal {
    /// A criminal inquiry would suffer.
    #[n(0)]
    CriminalInquiry,
    /// What would be told is confidential.
    #[n(1)]
    Confidential,
    /// National security.
    #[n(2)]
    NationalSecurity,
    /// The request lacks what it has to say.
    #[n(3)]
    Incomplete,
}

impl Outcome {
    /// The word used in entries and answers.
    pub fn word(self) -> &'static str {
        match self {
            Self::FoundHere => "found_here",
            Self::PassedThrough => "passed_through",
            Self::Destroyed => "destroyed",
            Self::NoRecord => "no_record",
            Self::Ambiguous => "ambiguous",
            Self::Refused => "refused",
        }
    }
}

impl Refusal {
    /// The word used in entries and answers.
    pub fn word(self) -> &'static str {
        match self {
            Self::CriminalInquiry => "criminal_inquiry",
            Self::Confidential => "confidential",
            Self::NationalSecurity => "national_security",
            Self::Incomplete => "incomplete",
        }
    }
}

/// What the answers so far amount to.
#[derive(Debug, Clone, Default, PartialEq, Serialize, Deserialize)]
#[serde(default)]
pub struct State {
    /// How many questions ended how, by the outcome's word; the State reports them every two years.
    pub answers: BTreeMap<String, u32>,
}

/// Who may answer, and who may look into everything.
const ANSWERERS: &[Role] =
    &[Role::Armourer, Role::Supervisor, Role::InventoryOfficer, Role::Commander, Role::Inspector];

/// Who may keep an answer back, and who may give names out.
const DECIDERS: &[Role] = &[Role::Supervisor, Role::Commander];

impl Act {
    /// Who may ask this.
    pub fn allowed(&self) -> &'static [Role] {
        match self {
            Self::Answer(answered) if answered.outcome == Outcome::Refused => DECIDERS,
            Self::Answer(_) => ANSWERERS,
            Self::GiveOut(_) => DECIDERS,
        }
    }
}

impl Fact {
    /// The word for its kind.
    pub fn word(&self) -> &'static str {
        match self {
            Self::Answered(_) => "trace_told",
            Self::GivenOut(_) => "list_given_out",
        }
    }

    /// The weapons told of.
    pub fn weapons(&self) -> Vec<&WeaponId> {
        match self {
            Self::Answered(answered) => answered.weapons.iter().collect(),
            Self::GivenOut(_) => Vec::new(),
        }
    }

    /// The person asked about.
    pub fn persons(&self) -> Vec<&PersonId> {
        match self {
            Self::Answered(answered) => answered.person.iter().collect(),
            Self::GivenOut(_) => Vec::new(),
        }
    }

    /// What it says.
    pub fn line(&self) -> String {
        match self {
            Self::Answered(answered) => answered.line(),
            Self::GivenOut(list) => format!("{}, {} rows with names", list.what, list.rows),
        }
    }

    /// Nobody has to come.
    pub fn alarm(&self) -> Option<Alarm> {
        None
    }
}

impl Answered {
    fn line(&self) -> String {
        let mut line = self.outcome.word().to_owned();
        if let Some(refused) = self.refused {
            line += &format!(" ({})", refused.word());
        }
        if let Some(person) = &self.person {
            line += &format!(" person {person}");
        }
        match &self.weapons[..] {
            [weapon] => line += &format!(" {weapon}"),
            _ if self.candidates > 0 => line += &format!(" {} weapons", self.candidates),
            _ => {}
        }
        if let Some(reference) = &self.reference {
            line += &format!(", reference {reference}");
        }
        if let Some(office) = &self.asked_by {
            line += &format!(", asked by {office}");
        }
        line + &format!(", searched to entry {}", self.through)
    }
}

/// Decides on an act.
///
/// # Errors
/// Why not.
pub fn plan(context: Context<'_>, act: &Act) -> Result<Vec<AnyFact>, Denied> {
    let fact = match act {
        Act::Answer(answered) => {
            check(context, answered)?;
            Fact::Answered(answered.clone())
        }
        Act::GiveOut(list) => {
            check_words("what the list is", Some(&list.what))?;
            check_digest(&list.digest)?;
            if context.armoury.policy.lists_without_names {
                return Denied::because(format!(
                    "give out {} with names: the rules of this armoury forbid it (lists_without_names); leave the \
                     names out",
                    list.what
                ));
            }
            Fact::GivenOut(list.clone())
        }
    };
    Ok(vec![AnyFact::Trace(fact)])
}

/// What has fallen due: nothing here.
pub fn due(_: &Armoury, _: Moment) -> Vec<AnyFact> {
    Vec::new()
}

/// Takes a durable fact into memory.
pub fn apply(armoury: &mut Armoury, _: Stamp<'_>, fact: &Fact) {
    if let Fact::Answered(answered) = fact {
        let count = armoury.rooms.trace.answers.entry(answered.outcome.word().to_owned()).or_default();
        *count = count.saturating_add(1);
    }
}

fn check(context: Context<'_>, answered: &Answered) -> Result<(), Denied> {
    check_words("the reference", answered.reference.as_ref())?;
    check_words("the office", answered.asked_by.as_ref())?;
    check_digest(&answered.digest)?;
    let named = answered.weapons.len();
    let fits = match answered.outcome {
        Outcome::FoundHere | Outcome::PassedThrough | Outcome::Destroyed if answered.person.is_none() => {
            named <= 1 && answered.candidates == 1
        }
        Outcome::Ambiguous => answered.candidates > 0 && named <= NAMED_MAX,
        Outcome::NoRecord => named == 0 && answered.candidates == 0,
        _ => named <= NAMED_MAX,
    };
    if !fits || answered.refused.is_some() != (answered.outcome == Outcome::Refused) {
        return Denied::because(format!(
            "enter the answer: {} does not go with {named} weapons named and {} that fit",
            answered.outcome.word(),
            answered.candidates
        ));
    }
    if let Some(weapon) = answered.weapons.iter().find(|id| context.armoury.weapon(id).is_none()) {
        return Denied::because(format!("enter the answer: there is no weapon {weapon} in the book"));
    }
    if answered.through > context.armoury.head {
        return Denied::because("enter the answer: it says it searched entries that are not there yet");
    }
    Ok(())
}

fn check_words(what: &str, words: Option<&String>) -> Result<(), Denied> {
    match words {
        Some(words) if words.trim().is_empty() => {
            Denied::because(format!("enter the answer: {what} is empty"))
        }
        Some(words) if words.len() > WORDS_MAX_BYTES || words.chars().any(char::is_control) => {
            Denied::because(format!(
                "enter the answer: {what} is one line of at most {WORDS_MAX_BYTES} bytes, this is another thing"
            ))
        }
        _ => Ok(()),
    }
}

fn check_digest(digest: &str) -> Result<(), Denied> {
    if digest.len() == 64 && digest.bytes().all(|byte| matches!(byte, b'0'..=b'9' | b'a'..=b'f')) {
        return Ok(());
    }
    Denied::because("enter the answer: its digest is 64 hex digits")
}

//! `armoury discrepancy`: what register and room disagree on, from suspicion to the end.

use clap::{Args, Subcommand, ValueEnum};
use serde_json::json;

use super::act::{Asking, Signed};
use super::place::Place;
use super::{Failure, exit, say};
use crate::domain::book::Act;
use crate::domain::book::discrepancy::{self, Case, Clock, Step, What};
use crate::domain::moment::rfc3339;
use crate::domain::{PersonId, Policy, Seq, WeaponId};

/// What can be done with discrepancies
#[derive(Debug, Subcommand)]
pub enum DiscrepancyCommand {
    /// Say that something is not accounted for
    Suspect(Suspect),
    /// Say that two people counted again and it is not there
    Confirm(Confirm),
    /// Say that it was there all the time
    Explain(Plain),
    /// Say that somebody was told
    Report(Report),
    /// Say that an inquiry began
    Inquiry(Referenced),
    /// Record that it was found: where, by whom, in what condition
    Recovered(Recovered),
    /// Take it off the holding; --authority says on whose order
    WriteOff(Referenced),
    /// Make another answer for it
    Assign(Assign),
    /// Show one case, or all
    Show(Show),
}

/// A new case
#[derive(Debug, Args)]
pub struct Suspect {
    /// The weapon
    #[arg(required_unless_present = "thing")]
    weapon: Option<String>,
    /// Something else: a part, a seal, a crate
    #[arg(long, conflicts_with = "weapon")]
    thing: Option<String>,
    /// The entry behind it
    #[arg(long)]
    source: Option<Seq>,
    #[command(flatten)]
    signed: Signed,
}

/// A recount
#[derive(Debug, Args)]
pub struct Confirm {
    /// The number of the case, or of the weapon whose case is open
    case: String,
    /// The count that says so
    #[arg(long)]
    count: Option<Seq>,
    /// Where was looked
    #[arg(long)]
    reason: String,
    #[command(flatten)]
    signed: Signed,
}

/// A case and why
#[derive(Debug, Args)]
pub struct Plain {
    /// The number of the case, or of the weapon whose case is open
    case: String,
    /// Why
    #[arg(long)]
    reason: String,
    #[command(flatten)]
    signed: Signed,
}

/// A report
#[derive(Debug, Args)]
pub struct Report {
    /// The number of the case, or of the weapon whose case is open
    case: String,
    /// Who was told
    #[arg(long)]
    to: Told,
    /// The number under which they took it
    #[arg(long)]
    reference: Option<String>,
    /// What they were told
    #[arg(long)]
    reason: String,
    #[command(flatten)]
    signed: Signed,
}

/// Whom one tells.
#[derive(Debug, Clone, Copy, ValueEnum)]
enum Told {
    Commander,
    Police,
    Headquarters,
    Registry,
}

/// A case, a reference and why
#[derive(Debug, Args)]
pub struct Referenced {
    /// The number of the case, or of the weapon whose case is open
    case: String,
    /// Its number on paper
    #[arg(long)]
    reference: Option<String>,
    /// Why
    #[arg(long)]
    reason: String,
    #[command(flatten)]
    signed: Signed,
}

/// A weapon that was found
#[derive(Debug, Args)]
pub struct Recovered {
    /// The number of the case, or of the weapon whose case is open
    case: String,
    /// Where
    #[arg(long)]
    place: String,
    /// How it was
    #[arg(long)]
    condition: String,
    /// By whom, if they are in the book
    #[arg(long)]
    finder: Option<String>,
    /// The report of whoever found it
    #[arg(long)]
    reference: Option<String>,
    /// How it was found
    #[arg(long)]
    reason: String,
    #[command(flatten)]
    signed: Signed,
}

/// A new owner
#[derive(Debug, Args)]
pub struct Assign {
    /// The number of the case, or of the weapon whose case is open
    case: String,
    /// Who answers for it now
    #[arg(long)]
    to: String,
    /// Why
    #[arg(long)]
    reason: String,
    #[command(flatten)]
    signed: Signed,
}

/// What to show
#[derive(Debug, Args)]
pub struct Show {
    /// Which; all when absent
    case: Option<Seq>,
    /// Only those that are open
    #[arg(long)]
    open: bool,
    #[command(flatten)]
    place: Place,
    /// One JSON object a line
    #[arg(long)]
    json: bool,
}

impl DiscrepancyCommand {
    /// What it asks of the book; the rest only looks.
    pub(super) fn asking(self) -> Result<Asking, Show> {
        let (case, step, reason, reference, signed) = match self {
            Self::Suspect(Suspect { weapon, thing, source, signed }) => {
                let what = match weapon {
                    Some(weapon) => What::Weapon(WeaponId::new(weapon)),
                    None => What::Thing(thing.unwrap_or_default()),
                };
                let act = discrepancy::Act::Suspect { what, source };
                return Ok(Asking { act: Act::Discrepancy(act), signed });
            }
            Self::Confirm(Confirm { case, count, reason, signed }) => {
                (case, Step::Confirmed { recount: count }, reason, None, signed)
            }
            Self::Explain(Plain { case, reason, signed }) => (case, Step::Explained, reason, None, signed),
            Self::Report(Report { case, to, reference, reason, signed }) => {
                (case, Step::Reported { to: to.clock() }, reason, reference, signed)
            }
            Self::Inquiry(Referenced { case, reference, reason, signed }) => {
                (case, Step::Inquired, reason, reference, signed)
            }
            Self::Recovered(Recovered { case, place, condition, finder, reference, reason, signed }) => {
                let finder = finder.map(PersonId::new);
                (case, Step::Recovered { place, finder, condition }, reason, reference, signed)
            }
            Self::WriteOff(Referenced { case, reference, reason, signed }) => {
                (case, Step::WrittenOff, reason, reference, signed)
            }
            Self::Assign(Assign { case, to, reason, signed }) => {
                (case, Step::Assigned { owner: PersonId::new(to) }, reason, None, signed)
            }
            Self::Show(show) => return Err(show),
        };
        let act = discrepancy::Act::Step { case, step, reason, reference };
        Ok(Asking { act: Act::Discrepancy(act), signed })
    }

    pub(super) fn carry_out(self) -> Result<u8, Failure> {
        match self.asking() {
            Ok(asking) => asking.carry_out(),
            Err(show) => show.carry_out(),
        }
    }
}

impl Told {
    fn clock(self) -> Clock {
        match self {
            Self::Commander => Clock::Commander,
            Self::Police => Clock::Police,
            Self::Headquarters => Clock::Headquarters,
            Self::Registry => Clock::Registry,
        }
    }
}

impl Show {
    fn carry_out(self) -> Result<u8, Failure> {
        let armoury = self.place.reader()?.armoury()?;
        let wanted = |seq: &Seq, case: &Case| {
            self.case.is_none_or(|wanted| wanted == *seq) && (!self.open || case.stage.is_open())
        };
        let mut any = false;
        for (seq, case) in armoury.rooms.discrepancy.cases.iter().filter(|(seq, case)| wanted(seq, case)) {
            any = true;
            say(if self.json {
                json!({ "case": seq, "record": case, "deadlines": deadlines(case, &armoury.policy) })
                    .to_string()
            } else {
                line(*seq, case, &armoury.policy)
            });
        }
        match self.case {
            Some(case) if !any => {
                Err(Failure::refused(format!("find case {case}: there is none of that number")))
            }
            _ => Ok(exit::DONE),
        }
    }
}

/// The clocks that run, with their ends.
fn deadlines(case: &Case, policy: &Policy) -> serde_json::Map<String, serde_json::Value> {
    Clock::ALL
        .into_iter()
        .filter(|clock| case.runs(*clock))
        .filter_map(|clock| Some((clock.word().to_owned(), json!(rfc3339(case.deadline_ms(policy, clock)?)))))
        .collect()
}

fn line(seq: Seq, case: &Case, policy: &Policy) -> String {
    let owner = case.owner.as_ref().map_or("nobody", |id| id.as_str());
    let next = deadlines(case, policy)
        .into_iter()
        .map(|(clock, end)| format!("{clock} by {}", end.as_str().unwrap_or_default()));
    let next: Vec<String> = next.collect();
    format!(
        "case {seq} · {} · {} since {} · with {owner} · {}",
        case.what.call(),
        case.stage.word(),
        rfc3339(case.since_wall_ms),
        if next.is_empty() { "no clock runs".to_owned() } else { next.join(", ") }
    )
}

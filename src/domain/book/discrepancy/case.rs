//! A case: what is known of one discrepancy, and the clocks that run on it.

use std::collections::BTreeSet;

use serde::{Deserialize, Serialize};

use super::fact::{Cause, Clock, Step, What};
use crate::domain::ids::{PersonId, Seq};
use crate::domain::policy::Policy;

const MINUTE_MS: i64 = 60_000;

/// How far a case has come (D-1).
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Stage {
    /// Register and room differ; nobody has counted again.
    Suspected,
    /// Counted again by two people.
    Confirmed,
    /// Somebody outside was told.
    Reported,
    /// Looked into.
    UnderInquiry,
    /// It was there all the time: the suspicion was wrong.
    Explained,
    /// Found and recovered.
    Found,
    /// Taken off the holding.
    WrittenOff,
}

impl Stage {
    /// The words on screens and paper.
    pub fn word(self) -> &'static str {
        match self {
            Self::Suspected => "suspected",
            Self::Confirmed => "confirmed",
            Self::Reported => "reported",
            Self::UnderInquiry => "under inquiry",
            Self::Explained => "explained",
            Self::Found => "found",
            Self::WrittenOff => "written off",
        }
    }

    /// Whether something is still to be done.
    pub fn is_open(self) -> bool {
        self <= Self::UnderInquiry
    }
}

/// One discrepancy.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
pub struct Case {
    /// What.
    pub what: What,
    /// What brought it to light.
    pub cause: Cause,
    /// The entry behind it.
    pub source: Option<Seq>,
    /// How far it has come.
    pub stage: Stage,
    /// Who raised it; none where the station did.
    pub raised_by: Option<PersonId>,
    /// Who answers for it now.
    pub owner: Option<PersonId>,
    /// When it was discovered, wall milliseconds: from here the clocks run (D-2).
    pub since_wall_ms: i64,
    /// Who has been told.
    pub reported: BTreeSet<Clock>,
    /// Deadlines that have passed and were said to have.
    pub passed: BTreeSet<Clock>,
    /// The last entry about it.
    pub last: Seq,
}

impl Case {
    /// When a clock ends, wall milliseconds; none where policy sets none.
    pub fn deadline_ms(&self, policy: &Policy, clock: Clock) -> Option<i64> {
        let minutes = match clock {
            Clock::Recount => policy.recount_minutes,
            Clock::Commander => policy.report_commander_minutes,
            Clock::Police => policy.report_police_minutes,
            Clock::Headquarters => policy.report_headquarters_minutes,
            Clock::Registry => policy.report_registry_minutes,
        };
        (minutes > 0).then(|| self.since_wall_ms.saturating_add(i64::from(minutes) * MINUTE_MS))
    }

    /// Whether a clock still runs: before the recount only the first, afterwards until the report is made.
    pub fn runs(&self, clock: Clock) -> bool {
        match (self.stage, clock) {
            (Stage::Suspected, Clock::Recount) => true,
            (Stage::Suspected, _) | (_, Clock::Recount) => false,
            (stage, clock) => stage.is_open() && !self.reported.contains(&clock),
        }
    }

    /// Takes a step.
    pub(super) fn step(&mut self, step: &Step) {
        match step {
            Step::Confirmed { .. } => self.stage = Stage::Confirmed,
            Step::Explained => self.stage = Stage::Explained,
            Step::Reported { to } => {
                self.reported.insert(*to);
                self.stage = self.stage.max(Stage::Reported);
            }
            Step::Inquired => self.stage = Stage::UnderInquiry,
            Step::Recovered { .. } => self.stage = Stage::Found,
            Step::WrittenOff => self.stage = Stage::WrittenOff,
            Step::Assigned { owner } => self.owner = Some(owner.clone()),
            Step::Passed { clock } => {
                self.passed.insert(*clock);
            }
        }
    }
}

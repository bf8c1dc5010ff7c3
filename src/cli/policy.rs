//! `armoury policy replay`: every old decision, made again.

use std::path::PathBuf;

use clap::Args;
use serde_json::{Value, json};

use super::place::Place;
use super::{Failure, exit, say};
use crate::domain::Armoury;
use crate::domain::rerun::{Outcome, Rerun};
use crate::ledger::LedgerError;

/// Most differences that are listed; they are all counted.
const LISTED_MAX: usize = 10_000;

/// Make every old decision again
#[derive(Debug, Args)]
pub struct Replay {
    /// With the rules of this file in place of those that were in force: what would they have changed?
    #[arg(long = "with", value_name = "FILE")]
    rules: Option<PathBuf>,
    #[command(flatten)]
    place: Place,
    /// One JSON object
    #[arg(long)]
    json: bool,
}

/// What came of it.
#[derive(Debug, Default)]
struct Sum {
    decisions: u64,
    same: u64,
    unknown: u64,
    different: u64,
    listed: Vec<Value>,
}

impl Sum {
    fn add(&mut self, seq: u64, outcome: Outcome) {
        self.decisions += 1;
        match outcome {
            Outcome::Same => self.same += 1,
            Outcome::Unknown => self.unknown += 1,
            Outcome::Different { then, now } => {
                self.different += 1;
                if self.listed.len() < LISTED_MAX {
                    self.listed.push(json!({ "seq": seq, "then": then, "now": now }));
                }
            }
        }
    }
}

impl Replay {
    pub(super) fn carry_out(self) -> Result<u8, Failure> {
        let rules = self.rules.as_deref().map(crate::config::load_policy).transpose()?;
        let mut armoury = Armoury::default();
        let mut rerun = Rerun::default();
        let mut sum = Sum::default();
        self.place.reader()?.each(0, |entry| {
            let record = &entry.record;
            if let Some(rules) = &rules
                && armoury.policy != *rules
            {
                armoury.policy = rules.clone();
            }
            if let Some(outcome) = rerun.step(&armoury, entry.prev.0, record.at, &record.event) {
                sum.add(record.seq, outcome);
            }
            armoury.apply(record.seq, record.at, &record.event);
            Ok::<(), LedgerError>(())
        })?;
        self.tell(&sum);
        // What other rules would have changed is an answer; what the same rules change is a fault.
        Ok(if sum.different > 0 && rules.is_none() { exit::REFUSED } else { exit::DONE })
    }

    fn tell(&self, sum: &Sum) {
        let Sum { decisions, same, unknown, different, listed } = sum;
        if self.json {
            say(json!({
                "decisions": decisions,
                "same": same,
                "unknown": unknown,
                "different": different,
                "differences": listed,
            }));
            return;
        }
        let text = |value: &Value| value.as_str().unwrap_or_default().to_owned();
        for one in listed {
            say(format!("{:>8}  then {}  now {}", one["seq"], text(&one["then"]), text(&one["now"])));
        }
        say(format!(
            "{decisions} decisions: {same} come out the same, {different} differently, {unknown} do not hold what was asked"
        ));
    }
}

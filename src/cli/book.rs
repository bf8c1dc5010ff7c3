//! `armoury policy`, and what the registers take from files: always through the clerk, always an entry.

use std::path::{Path, PathBuf};

use clap::{Args, Subcommand, ValueEnum};
use serde_json::{Value, json};

use super::place::Place;
use super::{Failure, exit, say};
use crate::domain::{Standing, WeaponId};
use crate::station::life::POLICY_FILE;
use crate::station::protocol::Ask;

/// What can be done with the rules
#[derive(Debug, Subcommand)]
pub enum PolicyCommand {
    /// Show the rules in force
    Show(Show),
    /// Replace the rules by those of a file
    Set(Import),
    /// Make every old decision again and say which would come out differently
    Replay(super::policy::Replay),
}

/// A file to take in
#[derive(Debug, Args)]
pub struct Import {
    /// The file
    file: PathBuf,
    #[command(flatten)]
    place: Place,
}

/// What to show
#[derive(Debug, Args)]
pub struct Show {
    /// Which; all when absent
    pub(super) id: Option<String>,
    #[command(flatten)]
    pub(super) place: Place,
    /// One JSON object a line
    #[arg(long)]
    pub(super) json: bool,
}

/// A change of standing
#[derive(Debug, Args)]
pub struct SetStanding {
    /// The weapon
    id: String,
    /// What it is now
    standing: StandingWord,
    /// On whose authority, with reference
    #[arg(long)]
    authority: Option<String>,
    #[command(flatten)]
    place: Place,
}

/// The words for a standing.
#[derive(Debug, Clone, Copy, ValueEnum)]
#[value(rename_all = "snake_case")]
enum StandingWord {
    InService,
    HotListed,
    Destroyed,
    NotHere,
    Quarantined,
    Missing,
    InTransit,
    LeftService,
    Surplus,
    Exhibit,
}

impl SetStanding {
    pub(super) fn carry_out(self) -> Result<u8, Failure> {
        let standing = match self.standing {
            StandingWord::InService => Standing::InService,
            StandingWord::HotListed => Standing::HotListed,
            StandingWord::Destroyed => Standing::Destroyed,
            StandingWord::NotHere => Standing::NotHere,
            StandingWord::Quarantined => Standing::Quarantined,
            StandingWord::Missing => Standing::Missing,
            StandingWord::InTransit => Standing::InTransit,
            StandingWord::LeftService => Standing::LeftService,
            StandingWord::Surplus => Standing::Surplus,
            StandingWord::Exhibit => Standing::Exhibit,
        };
        let weapon = WeaponId::new(self.id);
        told(self.place.change(Ask::SetStanding { weapon, standing, authority: self.authority })?)
    }
}

impl PolicyCommand {
    pub(super) fn carry_out(self) -> Result<u8, Failure> {
        match self {
            Self::Show(show) => {
                let policy = show.place.reader()?.armoury()?.policy;
                if show.json {
                    say(json!(policy));
                } else {
                    let text =
                        toml::to_string(&policy).map_err(|error| Failure::refused(error.to_string()))?;
                    say(text.trim_end());
                }
                Ok(exit::DONE)
            }
            Self::Replay(replay) => replay.carry_out(),
            Self::Set(Import { file, place }) => {
                let outcome = place.change(Ask::SetPolicy { policy: crate::config::load_policy(&file)? })?;
                keep_policy_file(&file, &place)?;
                told(outcome)
            }
        }
    }
}

/// The rules' file in the data folder is what the next start compares with: it becomes the one just entered.
fn keep_policy_file(file: &Path, place: &Place) -> Result<(), Failure> {
    let Ok(folder) = place.folder() else { return Ok(()) };
    let (kept, new) = (folder.join(POLICY_FILE), folder.join(format!("{POLICY_FILE}.new")));
    let fail = |error: std::io::Error| {
        Failure::absent(format!("keep the rules as {}: {error}; copy them there by hand", kept.display()))
    };
    std::fs::copy(file, &new).map_err(fail)?;
    std::fs::rename(&new, &kept).map_err(fail)
}

/// Says what a change made.
fn told(outcome: Value) -> Result<u8, Failure> {
    match (outcome["entries"].as_u64(), outcome["first"].as_u64(), outcome["last"].as_u64()) {
        (Some(1), Some(first), _) => say(format!("entered as number {first}")),
        (Some(entries), Some(first), Some(last)) => {
            say(format!("entered {entries} records as numbers {first} to {last}"));
        }
        _ => say("nothing to enter"),
    }
    Ok(exit::DONE)
}

//! `armoury replay`: a recording of the inbox, fed to an exercise ledger.

use std::path::PathBuf;
use std::sync::Arc;

use clap::Args;
use tokio::sync::{Notify, mpsc, watch};

use super::lines::print_after;
use super::place::Place;
use super::{Failure, config_of, exit};
use crate::domain::Practice;
use crate::ledger::Ledger;
use crate::station::board::Board;
use crate::station::clerk::{Clerk, Outlets};
use crate::station::input::Input;
use crate::station::life::clerk_settings;
use crate::station::{StationError, recording};

/// Feed a recording to an exercise ledger
#[derive(Debug, Args)]
pub struct Replay {
    /// The recording
    file: PathBuf,
    /// Configuration with the desk's settings
    #[arg(long = "config", value_name = "FILE")]
    settings: PathBuf,
    #[command(flatten)]
    place: Place,
}

impl Replay {
    pub(super) fn carry_out(self) -> Result<u8, Failure> {
        let folder = self.place.folder()?;
        let configuration = config_of(&self.settings)?;
        let opened = Ledger::open(&folder, "a replay")?;
        if opened.armoury.practice != Some(Practice::Exercise) {
            return Err(StationError::Live(folder.display().to_string()).into());
        }
        let before = opened.armoury.head;
        let mut waiting = Some((opened, clerk_settings(&configuration, None)));
        let mut clerk: Option<Clerk> = None;
        let mut last = None;
        let mut failed = None;
        recording::read(&self.file, |stamped| {
            last = Some(stamped.at);
            if let Some((opened, settings)) = waiting.take() {
                let practice = opened.armoury.practice.unwrap_or(Practice::Exercise);
                let board = Board::new(settings.station.as_str(), practice, stamped.at);
                match Clerk::start(opened, &settings, nowhere(&board), stamped.at) {
                    Ok(started) => clerk = Some(started),
                    Err(error) => failed = Some(error),
                }
            }
            if let Some(clerk) = clerk.as_mut().filter(|_| !matches!(stamped.input, Input::Stop)) {
                clerk.take(stamped);
            }
        })
        .map_err(|error| Failure::usage(error.to_string()))?;
        if let Some(error) = failed {
            return Err(StationError::NotSaved(error).into());
        }
        if let (Some(clerk), Some(at)) = (clerk, last) {
            clerk.finish(at);
        }
        print_after(&folder, before, false)?;
        Ok(exit::DONE)
    }
}

/// Outlets that lead nowhere: a replay shows nothing and moves no lock.
fn nowhere(board: &Board) -> Outlets {
    Outlets {
        view: watch::Sender::new(Arc::new(board.view().clone())),
        head: watch::Sender::new(0),
        panel: mpsc::channel(1).0,
        nudge: Arc::new(Notify::new()),
    }
}

//! `armoury sync`: the road to headquarters.

use clap::{Args, Subcommand};

use super::place::Place;
use super::{Failure, exit, say};
use crate::station::protocol::Ask;

/// What can be done about the road
#[derive(Debug, Subcommand)]
pub enum SyncCommand {
    /// Send what waits, now
    Now(Now),
    /// How many entries wait, and what headquarters has signed for
    Status(Now),
}

/// The station
#[derive(Debug, Args)]
pub struct Now {
    #[command(flatten)]
    place: Place,
    /// One JSON object
    #[arg(long)]
    json: bool,
}

impl SyncCommand {
    pub(super) fn carry_out(self) -> Result<u8, Failure> {
        match self {
            Self::Now(now) => {
                let answer = now.place.ask(Ask::SyncNow {})?;
                if now.json {
                    say(answer);
                } else {
                    say(format!("{} records wait; the station sends them now", answer["waiting"]));
                }
                Ok(exit::DONE)
            }
            Self::Status(status) => status.status(),
        }
    }
}

impl Now {
    /// From the ledger itself, so that it answers without a station too.
    fn status(self) -> Result<u8, Failure> {
        let reader = self.place.reader()?;
        let (head, acknowledged) = (reader.armoury()?.head, reader.acknowledged()?);
        let last = reader.last_receipt_wall_ms()?.map(crate::domain::moment::rfc3339);
        let waiting = head.saturating_sub(acknowledged);
        if self.json {
            say(serde_json::json!({
                "head": head, "acknowledged": acknowledged, "waiting": waiting, "last_receipt": last,
            }));
        } else {
            say(format!("{waiting} records wait; headquarters has signed up to {acknowledged} of {head}"));
            say(format!("last receipt {}", last.as_deref().unwrap_or("never")));
        }
        Ok(exit::DONE)
    }
}

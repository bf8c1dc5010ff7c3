//! What the clerk does with news from around the desk: devices that come and go, headquarters' answers, and quiet
//! moments.

use super::clerk::Clerk;
use super::input::{DeviceReport, DeviceState, RoadReport};
use crate::domain::event::DeviceNote;
use crate::domain::{Event, Moment, Seq};
use crate::ledger::{Hash, LedgerError};

/// Entries after which the fold is kept again while nothing is going on.
const SNAPSHOT_EVERY: u64 = 2_000;

impl Clerk {
    /// A device's line on the screen; that it came or went is an entry, and its silence an alarm.
    pub(super) fn device(&mut self, report: &DeviceReport, at: Moment) {
        let was_down = self
            .board
            .view()
            .devices
            .iter()
            .any(|device| device.name == report.name && device.state == "SILENT");
        self.board.device(report, at);
        let what = format!("{} does not answer.", report.name);
        let note = match report.state {
            DeviceState::Down if !was_down => {
                self.board.alarm(2, what, "Check cable and lamp. Use the other lane.", at);
                "down"
            }
            DeviceState::Up => {
                self.board.clear_alarm(&what);
                "up"
            }
            _ => return,
        };
        let event = Event::Device(DeviceNote {
            name: report.name.clone(),
            state: note.into(),
            detail: report.detail.clone(),
        });
        if let Err(error) = self.write(at, None, &[event.into()]) {
            tracing::error!("enter that {} is {note}: {error}", report.name);
        }
    }

    /// News of the road to headquarters.
    pub(super) fn road(&mut self, report: RoadReport, at: Moment) {
        let outcome = match report {
            RoadReport::Receipt { seq, hash, raw } => self.receipt(seq, &hash, &raw, at),
            other => {
                self.road_state(other, at);
                Ok(())
            }
        };
        if let Err(error) = outcome {
            tracing::error!("keep headquarters' receipt: {error}");
        }
    }

    fn receipt(&mut self, seq: Seq, hash: &str, raw: &str, at: Moment) -> Result<(), LedgerError> {
        let (Some(hash), Ok(raw)) = (Hash::from_hex(hash), crate::identity::epc::parse_hex(raw)) else {
            return Ok(());
        };
        self.keeper.store.ledger().keep_receipt(seq, hash, &raw, at.wall_ms)?;
        let sync = &mut self.board.view_mut().sync;
        sync.acknowledged = sync.acknowledged.max(seq);
        sync.last_receipt_wall_ms = Some(at.wall_ms);
        self.road_state(RoadReport::Up, at);
        Ok(())
    }

    fn road_state(&mut self, report: RoadReport, at: Moment) {
        let (state, detail) = match report {
            RoadReport::Up | RoadReport::Receipt { .. } => ("ok", String::new()),
            RoadReport::Down { why } => ("down", why),
            RoadReport::Refused { why } => ("refused", why),
            RoadReport::Fork { what } => {
                self.board.alarm(
                    1,
                    format!("Headquarters holds another history: {what}"),
                    "Call headquarters at once.",
                    at,
                );
                ("fork", what)
            }
        };
        let sync = &mut self.board.view_mut().sync;
        sync.down_since_wall_ms =
            if state == "ok" { None } else { Some(sync.down_since_wall_ms.unwrap_or(at.wall_ms)) };
        sync.state = state.into();
        sync.detail = detail;
    }

    /// Nothing is going on: time for the log and the fold.
    pub(super) fn tidy_up(&mut self) {
        if self.keeper.armoury.head > self.checkpointed {
            self.checkpointed = self.keeper.armoury.head;
            if let Err(error) = self.keeper.store.ledger().checkpoint() {
                tracing::warn!("move the write-ahead log into the file: {error}");
            }
        }
        if self.keeper.armoury.head >= self.snapshot_seq + SNAPSHOT_EVERY {
            self.keep_fold();
        }
    }

    /// Keeps the fold.
    pub(super) fn keep_fold(&mut self) {
        self.snapshot_seq = self.keeper.armoury.head;
        let kept = self.keeper.store.ledger().save_snapshot(&self.keeper.armoury);
        if let Err(error) = kept {
            tracing::warn!("keep the fold of the ledger: {error}");
        }
    }
}

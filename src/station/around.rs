//! What the clerk does with news from around the desk: devices that come and go, headquarters' answers, and quiet
//! moments.

use super::clerk::Clerk;
use super::input::{DeviceIdentity, DeviceKind, DeviceReport, DeviceState, RoadReport};
use super::{alarms, words};
use crate::domain::event::DeviceNote;
use crate::domain::{Event, Moment, ReaderIdentified, Seq};
use crate::ledger::{Hash, LedgerError};
use crate::scan::control::Health;

/// Entries after which the fold is kept again while nothing is going on.
const SNAPSHOT_EVERY: u64 = 2_000;

/// After so long without a read dropped the station keeps up again, ms.
const DROPPED_MS: u64 = 60_000;

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
        if report.kind == DeviceKind::Reader {
            self.hearing(report, at);
        }
        if let Some(identity) = &report.identity {
            self.recognise(report.kind, &report.name, identity, at);
        }
        let what = format!("{} does not answer.", report.name);
        let note = match report.state {
            DeviceState::Down if !was_down => {
                self.board.alarm(2, what, alarms::silent_device(report.kind), at);
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

    /// A reader or scanner that is another than the ledger says is entered, and somebody looks why. Who may swap one may
    /// also have put one there that says what it likes.
    fn recognise(&mut self, kind: DeviceKind, name: &str, identity: &DeviceIdentity, at: Moment) {
        let DeviceIdentity { family, serial, adapter } = identity;
        let was = self.keeper.armoury.reader_number(name, *adapter).map(str::to_owned);
        if was.as_deref() == Some(serial) {
            return;
        }
        if let Some(was) = &was {
            let what = format!("{name} is another device: number {serial}, was {was}.");
            self.board.alarm(2, what, alarms::swapped_device(kind), at);
        }
        let (name, family, serial) = (name.to_owned(), family.clone(), serial.clone());
        let event =
            Event::ReaderIdentified(ReaderIdentified { name, family, serial, was, adapter: *adapter });
        if let Err(error) = self.write(at, None, &[event.into()]) {
            tracing::error!("enter which reader this is: {error}");
        }
    }

    /// What a reader's state means for what is heard: nothing is concluded from the silence of one that is gone.
    fn hearing(&mut self, report: &DeviceReport, at: Moment) {
        match report.state {
            DeviceState::Up | DeviceState::Figures => {
                self.presence.reader_up(&report.name, at.mono_ms);
                self.watch.presence_mut().reader_up(&report.name, at.mono_ms);
            }
            DeviceState::Down => {
                self.presence.reader_down(&report.name, at.mono_ms);
                self.watch.presence_mut().reader_down(&report.name, at.mono_ms);
            }
            DeviceState::Starting | DeviceState::Warning | DeviceState::Limit | DeviceState::Off => {}
        }
    }

    /// How the antennas are by their control tags: figures for the board, and an alarm and an entry when one falls ill
    /// or is well again.
    pub(super) fn look_at_antennas(&mut self, at: Moment) {
        let (presence, watch) = (&self.presence, self.watch.presence());
        self.board.look_at_warnings(at.mono_ms, |reader, antenna| {
            presence.antenna_is_down(reader, antenna) || watch.antenna_is_down(reader, antenna)
        });
        let health: Vec<Health> = presence.health().chain(watch.health()).collect();
        for antenna in &health {
            let (what, first_step) = alarms::ill_antenna(&antenna.reader, antenna.antenna);
            let known_ill = self.board.antenna(antenna);
            match (known_ill, antenna.ill) {
                (false, true) => self.board.alarm(2, what, first_step, at),
                (true, false) => self.board.clear_alarm(&what),
                _ => continue,
            }
            let note = DeviceNote {
                name: format!("{} antenna {}", antenna.reader, antenna.antenna),
                state: if antenna.ill { "ill" } else { "well" }.into(),
                detail: words::control_tag(antenna),
            };
            if let Err(error) = self.write(at, None, &[Event::Device(note.clone()).into()]) {
                tracing::error!("enter that {} is {}: {error}", note.name, note.state);
            }
        }
    }

    /// How many reads came and went, and that some were dropped: the loss of a read is never a silent one.
    pub(super) fn look_at_inbox(&mut self, at: Moment) {
        let (desk, racks) = (&self.presence, self.watch.presence());
        let refused = desk.refused + racks.refused;
        let not_followed = desk.not_followed + racks.not_followed;
        let inbox = &mut self.board.view_mut().inbox;
        inbox.reads_refused = refused;
        inbox.reads_not_followed = not_followed;
        let before = inbox.reads_dropped;
        if let Some(gauge) = &self.inbox {
            gauge.read(inbox);
        }
        let drops = inbox.reads_dropped > before;
        let (what, first_step) = alarms::READS_DROPPED;
        if drops {
            self.dropped_ms = Some(at.mono_ms);
            self.board.alarm(2, what.into(), first_step, at);
        } else if self.dropped_ms.is_some_and(|last_ms| at.mono_ms.saturating_sub(last_ms) >= DROPPED_MS) {
            self.dropped_ms = None;
            self.board.clear_alarm(what);
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

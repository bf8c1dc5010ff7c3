//! What the clerk shows: the picture for every screen, lamps and buzzer.

use std::sync::Arc;

use armoury_hardware::panel::Signal;

use super::clerk::{Clerk, book};
use super::store::Health;
use super::view::{StandToView, View};
use crate::domain::armoury::Counts;
use crate::domain::book::standto::Running;
use crate::domain::{Armoury, Moment, Verdict};

impl Clerk {
    pub(super) fn sound(&mut self, verdict: Verdict) {
        self.signal(match verdict {
            Verdict::Ready => Signal::Ready,
            Verdict::Wait => Signal::Wait,
            Verdict::In => Signal::In,
            Verdict::Out => Signal::Out,
            Verdict::Again => Signal::Again,
            Verdict::Ask => Signal::Ask,
            Verdict::Stop => Signal::Stop,
        });
    }

    /// The panel is told, never waited for: a lamp that lags must not hold up the queue.
    pub(super) fn signal(&mut self, signal: Signal) {
        self.signal = signal;
        if let Err(error) = self.outlets.panel.try_send(signal) {
            tracing::debug!("show {signal:?} on the panel: {error}");
        }
    }

    /// Brings the picture up to date and publishes it where it changed.
    pub(super) fn refresh(&mut self, at: Moment) {
        self.board.clock(at);
        let book = book(&self.keeper, &self.presence);
        let waiting = self.desks.waiting(book, at.mono_ms);
        let purpose = self.desks.chosen(at.mono_ms);
        let waiting = waiting.map(|(lane, waiting, left_ms)| {
            self.board.at_lane(self.desks.name(lane));
            (waiting, left_ms)
        });
        self.board.prompt(waiting, &self.keeper.armoury, &self.keeper.roster);
        let (head, hash) = self.keeper.store.ledger().head();
        let (state, detail) = match &self.keeper.store.health {
            Health::Ok => ("ok", String::new()),
            Health::Full => ("full", "the disk is full: only returns are taken".to_owned()),
            Health::Failing(why) => ("broken", why.clone()),
        };
        let view = self.board.view_mut();
        view.station.mode = self.desks.mode();
        view.station.purpose = purpose;
        view.station.stand_to = self.keeper.armoury.rooms.standto.running.as_ref().map(stand_to_view);
        view.counts = counts(&self.keeper.armoury);
        view.sync.waiting = head.saturating_sub(view.sync.acknowledged);
        view.store.head = head;
        view.store.head_hash = hash.to_string();
        view.store.state = state.into();
        view.store.detail = detail;
        let view = self.board.view();
        self.outlets.view.send_if_modified(|shown| {
            // A screen's clock runs in seconds; nothing is sent for less.
            let same_second = shown.station.wall_ms.div_euclid(1000) == view.station.wall_ms.div_euclid(1000);
            if same_second && same_but_clock(shown, view) {
                return false;
            }
            *shown = Arc::new(view.clone());
            true
        });
    }
}

fn stand_to_view(running: &Running) -> StandToView {
    StandToView {
        seq: running.seq,
        authority: running.authority.to_string(),
        until_wall_ms: running.until_wall_ms,
        left: running.left.len() as u32,
        open: running.open().count() as u32,
    }
}

/// The figures for every screen; none of them while a blind count is open: whoever counts stands before one (C-4).
fn counts(armoury: &Armoury) -> Counts {
    let blind = armoury.rooms.count.open.values().any(|count| count.blind);
    if blind { Counts::default() } else { armoury.counts() }
}

/// Whether two pictures differ in nothing but the running clock, and the figures of the inbox that run with it.
fn same_but_clock(shown: &View, view: &View) -> bool {
    let mut station = shown.station.clone();
    station.wall_ms = view.station.wall_ms;
    station.up_ms = view.station.up_ms;
    station == view.station
        && shown.desk == view.desk
        && shown.held == view.held
        && shown.recent == view.recent
        && shown.counts == view.counts
        && shown.alarms == view.alarms
        && shown.devices == view.devices
        && shown.sync == view.sync
        && shown.store == view.store
        && shown.watchers == view.watchers
        && shown.count == view.count
}

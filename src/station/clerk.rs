//! The clerk: one thread that owns the book, the desk and the ledger's only writing connection, and takes one input
//! after the other.

use std::sync::Arc;

use armoury_hardware::panel::Signal;
use tokio::sync::{mpsc, watch};

use super::acts::drafts;
use super::alarms;
use super::board::Board;
use super::cameras::Lenses;
use super::captures::Captures;
use super::clock::Clock;
use super::commission::Showing;
use super::counting::Listening;
use super::inbox::Gauge;
use super::input::{Input, Stamped};
use super::keeper::Keeper;
use super::store::{Health, NotSaved};
use super::tags::TagJob;
use super::view::View;
use crate::domain::AntennaPlan;
use crate::domain::book::{By, Fact, person};
use crate::domain::event::Started;
use crate::domain::roster::Spent;
use crate::domain::{
    Armoury, DeskEvent, DeskKind, Event, Mode, Moment, Policy, Practice, Request, Seq, StationId, Verdict,
    decide,
};
use crate::ledger::{Draft, Opened, Record};
use crate::scan::desk::{Act, DeskSettings};
use crate::scan::lanes::{Desks, Lane, LanePlan};
use crate::scan::presence::{Presence, PresenceSettings};
use crate::scan::subject::Book;
use crate::scan::watch::RackWatch;

/// A desk that has been quiet for so long is idle, ms: time for the write-ahead log and the snapshot.
const IDLE_MS: u64 = 5_000;

/// How often a full disk is looked at again, ms.
const ROOM_EVERY_MS: u64 = 10_000;

/// How often it is looked at what has fallen due in the book, ms.
const DUE_EVERY_MS: u64 = 1_000;

/// What the clerk needs to know beside the ledger.
#[derive(Debug, Clone)]
pub struct ClerkSettings {
    /// The station's name.
    pub station: StationId,
    /// The desk.
    pub desk: DeskSettings,
    /// Which read points make a lane of their own.
    pub lanes: LanePlan,
    /// Thresholds of presence.
    pub presence: PresenceSettings,
    /// The antennas of the configuration.
    pub antennas: Vec<AntennaPlan>,
    /// The rules of the configuration; none leaves those of the ledger in force.
    pub policy: Option<Policy>,
    /// Whether there is a headquarters to send to.
    pub headquarters: bool,
}

/// Where the clerk's results go. Facts are in the ledger by then; these are pictures and signals.
#[derive(Debug, Clone)]
pub struct Outlets {
    /// The picture for every screen.
    pub view: watch::Sender<Arc<View>>,
    /// The newest entry, for whoever sends entries on.
    pub head: watch::Sender<Seq>,
    /// Lamps, buzzer, lock.
    pub panel: mpsc::Sender<Signal>,
    /// Send to headquarters now.
    pub nudge: Arc<tokio::sync::Notify>,
}

/// The owner of everything that must be true.
#[derive(Debug)]
pub struct Clerk {
    pub(super) keeper: Keeper,
    pub(super) presence: Presence,
    /// The antennas that stare at racks.
    pub(super) watch: RackWatch,
    pub(super) desks: Desks,
    pub(super) board: Board,
    pub(super) outlets: Outlets,
    /// Who works on tags at the readers; nobody in a replay.
    pub(super) tags: Option<mpsc::Sender<TagJob>>,
    /// The readers' captures; none in a replay.
    pub(super) captures: Captures,
    /// The cameras' lenses; none in a replay.
    pub(super) lenses: Lenses,
    /// Where inputs wait; nowhere in a replay.
    pub(super) inbox: Option<Gauge>,
    /// When reads were dropped last, while that is an alarm.
    pub(super) dropped_ms: Option<u64>,
    /// Readers that listen for a count.
    pub(super) listening: Option<Listening>,
    /// Somebody waits for an unknown thing to be shown.
    pub(super) showing: Option<Showing>,
    flooded: u64,
    last_input_ms: u64,
    last_room_ms: u64,
    last_due_ms: u64,
    pub(super) snapshot_seq: Seq,
    pub(super) checkpointed: Seq,
    pub(super) signal: Signal,
}

impl Clerk {
    /// Takes over an opened ledger and enters the start.
    ///
    /// # Errors
    /// The start cannot be written: a station that cannot write does not start.
    pub fn start(
        opened: Opened,
        settings: &ClerkSettings,
        outlets: Outlets,
        at: Moment,
    ) -> Result<Self, NotSaved> {
        let keeper = Keeper::new(opened);
        let practice = keeper.armoury.practice.unwrap_or(Practice::Live);
        let mut clerk = Self {
            presence: Presence::new(settings.presence, shown_at(&settings.antennas)),
            watch: RackWatch::new(settings.presence, &settings.antennas),
            desks: Desks::new(settings.desk, &settings.lanes),
            board: Board::new(settings.station.as_str(), practice, at),
            snapshot_seq: keeper.armoury.head,
            checkpointed: keeper.armoury.head,
            keeper,
            outlets,
            tags: None,
            captures: Captures::default(),
            lenses: Lenses::default(),
            inbox: None,
            dropped_ms: None,
            listening: None,
            showing: None,
            flooded: 0,
            last_input_ms: at.mono_ms,
            last_room_ms: at.mono_ms,
            last_due_ms: at.mono_ms,
            signal: Signal::Dark,
        };
        let mut drafts: Vec<Draft> = Vec::new();
        if clerk.keeper.armoury.station.as_ref() != Some(&settings.station) {
            drafts.push(Event::StationNamed(settings.station.clone()).into());
        }
        let version = env!("CARGO_PKG_VERSION").to_owned();
        let after_unclean_end = clerk.keeper.armoury.running;
        drafts.push(Event::Started(Started { version, after_unclean_end }).into());
        if let Some(policy) =
            settings.policy.as_ref().filter(|policy| **policy != clerk.keeper.armoury.policy)
        {
            drafts.push(Event::PolicySet(policy.clone()).into());
        }
        clerk.write(at, None, &drafts)?;
        let view = clerk.board.view_mut();
        view.counts = clerk.keeper.armoury.counts();
        view.sync.state = if settings.headquarters { "starting".into() } else { "off".into() };
        if after_unclean_end {
            clerk.board.alarm(
                3,
                "The last run ended without a close: power or crash.".into(),
                "Check the power supply.",
                at,
            );
        }
        clerk.recall_alarms(at);
        clerk.keeper.alarms.extend(person::standing_alarms(&clerk.keeper.armoury));
        clerk.raise_alarms(at);
        clerk.refresh(at);
        Ok(clerk)
    }

    /// What headquarters has signed for so far, for the picture.
    pub fn set_acknowledged(&mut self, seq: Seq, wall_ms: Option<i64>) {
        let sync = &mut self.board.view_mut().sync;
        sync.acknowledged = seq;
        sync.last_receipt_wall_ms = wall_ms;
    }

    /// Who works on tags at the readers, and the readers' captures.
    pub fn set_readers(&mut self, tags: mpsc::Sender<TagJob>, captures: Captures) {
        self.tags = Some(tags);
        self.captures = captures;
    }

    /// The cameras' lenses.
    pub fn set_lenses(&mut self, lenses: Lenses) {
        self.lenses = lenses;
    }

    /// Where inputs wait.
    pub fn set_inbox(&mut self, inbox: Gauge) {
        self.inbox = Some(inbox);
    }

    /// The clock that people may set by hand.
    pub fn set_clock(&mut self, clock: Clock) {
        self.keeper.clock = Some(clock);
    }

    /// Takes one input to its end: decided, written, applied, shown.
    pub fn take(&mut self, stamped: Stamped) {
        let Stamped { at, input } = stamped;
        // A tag that goes on being heard is no news: some tag always lies in view.
        let from_within = matches!(
            input,
            Input::Tick | Input::Device(_) | Input::Antenna { .. } | Input::Aim(_) | Input::Watchers(_)
        );
        if !from_within && !matches!(input, Input::Tag(_)) {
            self.last_input_ms = at.mono_ms;
        }
        let acts = match input {
            Input::Tag(reading) => {
                self.board.view_mut().inbox.reads_taken += 1;
                if self.watch.is_watching(&reading.reader, reading.antenna) {
                    let Keeper { armoury, roster, .. } = &self.keeper;
                    return self.watch.read(armoury, roster, &reading, at.mono_ms);
                }
                let Some(news) = self.presence.read(&reading, at.mono_ms) else { return };
                self.last_input_ms = at.mono_ms;
                if self.is_for_the_count(&news, at) {
                    return;
                }
                let book = book(&self.keeper, &self.presence);
                let acts = self.desks.tag(book, &news, at.mono_ms);
                self.lies_in_hearing(&news, at);
                acts
            }
            Input::Aim(report) => {
                self.board.aim(report.hint, at);
                Vec::new()
            }
            Input::Code(reading) => {
                self.board.aimed();
                if self.mark_counts(&reading, at) {
                    return self.refresh(at);
                }
                let book = book(&self.keeper, &self.presence);
                self.desks.code(book, &reading, at.mono_ms)
            }
            Input::Tick => self.tick(at),
            Input::Device(report) => {
                self.device(&report, at);
                Vec::new()
            }
            Input::Antenna { reader, antenna, fault } => {
                self.board.antenna_fault(&reader, antenna, fault, at);
                self.presence.antenna_down(&reader, antenna, at.mono_ms);
                self.watch.presence_mut().antenna_down(&reader, antenna, at.mono_ms);
                Vec::new()
            }
            Input::Road(report) => {
                self.road(report, at);
                Vec::new()
            }
            Input::Ask(asked) => {
                self.ask(*asked, at);
                Vec::new()
            }
            Input::Tagged(done) => {
                self.tagged(*done, at);
                Vec::new()
            }
            Input::Watchers(watchers) => {
                self.board.view_mut().watchers = watchers;
                Vec::new()
            }
            Input::Stop => Vec::new(),
        };
        for (lane, act) in acts {
            self.act(lane, act, at);
        }
        self.look_at_showing(at);
        self.refresh(at);
    }

    /// The orderly end: an answer to what waits, the last entry, the fold kept, the log moved into the file, lamps dark.
    pub fn finish(mut self, at: Moment) {
        self.break_showing(at);
        self.answer_waiting(at);
        self.stop_listening(at);
        if let Err(error) = self.write(at, None, &[Event::Stopped.into()]) {
            tracing::error!("enter the end of the run: {error}");
        }
        self.keep_fold();
        if let Err(error) = self.keeper.store.ledger().empty_log() {
            tracing::warn!("move the write-ahead log into the file: {error}");
        }
        self.signal(Signal::Dark);
    }

    /// Everything the station shows.
    pub fn view(&self) -> &View {
        self.board.view()
    }

    /// The state, for tests and checks of it.
    pub fn armoury(&self) -> &Armoury {
        &self.keeper.armoury
    }

    fn tick(&mut self, at: Moment) -> Vec<(Lane, Act)> {
        for tag in self.presence.tick(at.mono_ms) {
            self.desks.tag_left(&tag, at.mono_ms);
        }
        self.watch.tick(at.mono_ms);
        self.look_at_antennas(at);
        if at.mono_ms.saturating_sub(self.last_room_ms) >= ROOM_EVERY_MS {
            self.last_room_ms = at.mono_ms;
            self.keeper.store.look_at_room(&mut self.keeper.armoury, at);
        }
        if at.mono_ms.saturating_sub(self.last_input_ms) >= IDLE_MS {
            self.tidy_up();
        }
        self.look_at_listening(at);
        self.look_at_book(at);
        self.look_at_flood(at);
        self.look_at_inbox(at);
        let book = book(&self.keeper, &self.presence);
        self.desks.tick(book, at.mono_ms)
    }

    /// What falls due without anybody's doing, once a second.
    fn look_at_book(&mut self, at: Moment) {
        if at.mono_ms.saturating_sub(self.last_due_ms) < DUE_EVERY_MS {
            return;
        }
        self.last_due_ms = at.mono_ms;
        if let Err(why) = self.keeper.enter_due(at) {
            tracing::error!("enter what fell due: {why}");
        }
        self.look_at_racks(at);
        self.outlets.head.send_replace(self.keeper.armoury.head);
        self.show_booked(at);
        self.show_count();
    }

    /// What changes of the book gave cause for.
    pub(super) fn raise_alarms(&mut self, at: Moment) {
        for alarm in std::mem::take(&mut self.keeper.alarms) {
            self.board.alarm(alarm.priority, alarm.what, alarm.first_step, at);
        }
    }

    /// What is not entered is at least said: the one exception to "every presentation leaves an entry".
    fn look_at_flood(&mut self, at: Moment) {
        let flooded = self.desks.flooded();
        if flooded > self.flooded {
            self.flooded = flooded;
            let what = "Too many unknown items at once: not all were entered.".into();
            self.board.alarm(2, what, "Clear the desk. Show items one by one.", at);
        }
    }

    pub(super) fn act(&mut self, lane: Lane, act: Act, at: Moment) {
        match act {
            Act::Decide(request) => drop(self.present_for(None, lane, &request, at)),
            Act::Card(card) => self.card(lane, card, at),
            Act::CardRefused(why) => self.board.notice(&why, at),
            Act::LostBadge(badge) => self.lost_badge(&badge, at),
            Act::LiesThere(weapon, tag) => {
                self.presence.lay_to_rest(&tag, at.mono_ms);
                let (what, first_step) = alarms::lies_there(&weapon);
                self.board.alarm(3, what, first_step, at);
            }
        }
    }

    /// A badge that is reported lost was shown. That it is refused has its own entry.
    fn lost_badge(&mut self, badge: &Spent, at: Moment) {
        let Spent { person, number, .. } = badge;
        let fact = person::Fact::LostBadgeShown { person: person.clone(), number: *number };
        if let Err(why) = self.keeper.enter(None, drafts(&By::station(), vec![Fact::Person(fact)]), at) {
            tracing::error!("enter that a lost badge was shown: {why}");
        }
        self.outlets.head.send_replace(self.keeper.armoury.head);
        self.raise_alarms(at);
    }

    /// One presentation: decide, write, and only then believe and show it. Answers with its entry, if it has one.
    pub(super) fn present_for(
        &mut self,
        command: Option<uuid::Uuid>,
        lane: Lane,
        request: &Request,
        at: Moment,
    ) -> Option<Record> {
        let decision = decide(&self.keeper.armoury, request, at);
        let before = decision.event.weapon.as_ref().and_then(|id| self.keeper.armoury.weapon(id)).cloned();
        if self.keeper.store.health == Health::Full && decision.event.kind == DeskKind::Issued {
            self.unsaved(&decision.event, "the disk is full");
            return None;
        }
        let event = decision.event.clone();
        match self.write(at, command, &[Event::Desk(Box::new(event.clone())).into()]) {
            Ok(records) => {
                for record in &records {
                    self.written(lane, record, before.as_ref(), at);
                }
                if let Some(reason) = decision.alarm {
                    let weapon = event.weapon.as_ref().map_or("an unknown item", |id| id.as_str());
                    let (priority, first_step) = alarms::alarm_words(reason);
                    let what = format!("{weapon}: {}", super::words::short(reason));
                    self.board.alarm(priority, what, first_step, at);
                }
                self.sound(event.kind.verdict());
                records.into_iter().next()
            }
            Err(error) => {
                self.unsaved(&event, &error.0);
                None
            }
        }
    }

    fn written(&mut self, lane: Lane, record: &Record, before: Option<&crate::domain::Holding>, at: Moment) {
        let Event::Desk(desk) = &record.event else { return };
        self.board.at_lane(self.desks.name(lane));
        self.board.presented(
            (record.seq, record.at),
            desk,
            before,
            &self.keeper.armoury,
            &self.keeper.roster,
        );
        if let Some(weapon) = &desk.weapon {
            self.board.clear_alarm(&alarms::lies_there(weapon).0);
            self.desks.answered(lane, weapon, desk.kind, record.seq, at.mono_ms);
            if desk.kind == DeskKind::Returned
                && let Some(before) = before
            {
                self.board.clear_overdue(before);
            }
        }
    }

    fn unsaved(&mut self, event: &DeskEvent, cause: &str) {
        self.board.not_saved(event, &self.keeper.armoury, &self.keeper.roster, cause);
        self.sound(Verdict::Stop);
    }

    /// Whatever waits at the desk was a presentation too and gets its entry.
    pub(super) fn answer_waiting(&mut self, at: Moment) {
        let book = book(&self.keeper, &self.presence);
        for (lane, act) in self.desks.answer_all(book, at.mono_ms) {
            self.act(lane, act, at);
        }
    }

    /// A change of direction counts only once it is written.
    pub(super) fn set_mode(&mut self, mode: Mode, at: Moment) {
        if mode == self.desks.mode() {
            return;
        }
        self.answer_waiting(at);
        match self.write(at, None, &[Event::ModeSet(mode).into()]) {
            Ok(_) => self.desks.set_mode(mode),
            Err(error) => self.board.notice(&format!("The mode could not be changed: {error}"), at),
        }
    }

    /// Writes and lets memory follow; nothing else writes.
    pub(super) fn write(
        &mut self,
        at: Moment,
        command: Option<uuid::Uuid>,
        drafts: &[Draft],
    ) -> Result<Vec<Record>, NotSaved> {
        let outcome = self.keeper.write(at, command, drafts);
        self.outlets.head.send_replace(self.keeper.armoury.head);
        outcome
    }
}

/// The antennas at which weapons are shown: those that stare at racks take nothing in.
fn shown_at(antennas: &[AntennaPlan]) -> Vec<AntennaPlan> {
    antennas.iter().filter(|plan| plan.watches.is_none()).cloned().collect()
}

/// The book as the desk consults it.
pub(super) fn book<'a>(keeper: &'a Keeper, presence: &'a Presence) -> Book<'a> {
    Book { armoury: &keeper.armoury, roster: &keeper.roster, presence }
}

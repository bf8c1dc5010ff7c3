//! Rounds without end: one question, the tags, the end of the round, the next question. Between them orders, chip
//! numbers and the reader's health.

use std::convert::Infallible;
use std::time::Duration;

use tokio::time::Instant;

use super::antennas::Antennas;
use super::code::{self, Trouble, trouble};
use super::command::*;
use super::health::Health;
use super::link::Link;
use super::numbers::Numbers;
use super::question::{Form, Question, needs_session};
use super::round::RoundEnd;
use super::setup::{self, Setup};
use super::words::Words;
use crate::reader::line::{Backoff, Line};
use crate::reader::{ReaderError, ReaderEvent, ReaderSettings, Target, limits};

/// No real round is shorter, so this delays none; it keeps a simulated reader from eating the processor.
const SHORTEST_ROUND: Duration = Duration::from_millis(10);
/// The pause after a transient error.
const AFTER_TRANSIENT: Duration = Duration::from_millis(20);
/// The pause after a question the reader refuses, and while every antenna rests.
const AFTER_REFUSAL: Duration = Duration::from_secs(1);
/// Orders are looked for at least this often.
const ORDERS_EVERY: Duration = Duration::from_millis(100);

/// Takes inventory over all antennas, in the richest way the reader knows.
pub(super) struct Inventory {
    settings: ReaderSettings,
    pub(super) antennas: Antennas,
    form: Form,
    /// The reader has answered this form.
    proven: bool,
    /// The next round asks the tags in state B.
    state_b: bool,
    pub(super) numbers: Numbers,
    pub(super) words: Words,
    health: Health,
    /// Access goes to one EPC until this is taken back.
    pub(super) matched: bool,
    /// The question for a round that has not ended.
    pub(super) under_way: Option<u8>,
    /// Refusals told.
    warned: Vec<u8>,
    setup: Setup,
    /// The reader was silent, or suddenly refuses what it knew: it may have lost its power for a moment, and with it
    /// antenna and power.
    pub(super) doubtful: bool,
    /// The end of the last round named its antenna, and not just as 0.
    pub(super) names_antennas: bool,
    /// That has been seen to, and no round has ended since.
    restored: bool,
}

impl Inventory {
    /// Nothing known of the reader yet, except what came of the settings.
    pub(super) fn new(settings: &ReaderSettings, setup: Setup) -> Self {
        let simple = setup.simple;
        let antennas = Antennas::new(&settings.antennas_in_use());
        Self {
            form: Form::richest(antennas.len(), simple),
            proven: false,
            state_b: settings.target == Target::B,
            numbers: Numbers::new(antennas.len(), settings.read_tid && !simple),
            words: Words::default(),
            health: Health::new(&setup),
            matched: false,
            under_way: None,
            warned: Vec::new(),
            setup,
            doubtful: false,
            names_antennas: false,
            restored: false,
            antennas,
            settings: settings.clone(),
        }
    }

    /// Takes inventory until something goes wrong that needs a fresh start.
    pub(super) async fn run<L: Line, F: FnMut(ReaderEvent) + Send>(
        &mut self,
        link: &mut Link<'_, L, F>,
        backoff: &mut Backoff,
    ) -> Result<Infallible, ReaderError> {
        link.grammar().eight_ports = self.antennas.beyond_four();
        self.tell_limits(link).await?;
        let mut next_at = Instant::now();
        loop {
            self.pause(link, next_at).await?;
            self.restore(link).await?;
            self.serve_orders(link).await?;
            self.look_after(link).await?;
            self.read_numbers(link).await?;
            let asked = Instant::now();
            next_at = match self.one_round(link).await? {
                RoundEnd::Done => {
                    self.restored = false;
                    backoff.reset();
                    asked + SHORTEST_ROUND
                }
                RoundEnd::Lost => {
                    backoff.reset();
                    Instant::now()
                }
                RoundEnd::Unknown => Instant::now(),
                RoundEnd::Trouble(code) => {
                    if trouble(code) == Trouble::Transient {
                        backoff.reset();
                    }
                    Instant::now() + self.after_trouble(link, code)?
                }
            };
        }
    }

    /// Ends the conversation and takes back what would bother the reader's next user.
    pub(super) async fn leave<L: Line, F: FnMut(ReaderEvent) + Send>(
        &mut self,
        link: &mut Link<'_, L, F>,
    ) -> Result<(), ReaderError> {
        self.hear_out(link).await?;
        if self.matched { self.match_none(link).await } else { Ok(()) }
    }

    /// Writes again what a reader forgets with its supply, where it may have done so.
    async fn restore<L: Line, F: FnMut(ReaderEvent) + Send>(
        &mut self,
        link: &mut Link<'_, L, F>,
    ) -> Result<(), ReaderError> {
        if std::mem::take(&mut self.doubtful) {
            self.restored = true;
            self.antennas.forget_choice();
            setup::write_again(link, &self.setup).await?;
        }
        Ok(())
    }

    /// Says what of the settings goes beyond this protocol and this reader. In a sequence a reader passes over antennas
    /// it does not have without a word, so each is chosen once.
    async fn tell_limits<L: Line, F: FnMut(ReaderEvent) + Send>(
        &mut self,
        link: &mut Link<'_, L, F>,
    ) -> Result<(), ReaderError> {
        let wanted = self.settings.antennas_in_use();
        let mut used = Vec::new();
        for at in 0..self.antennas.len() {
            let (group, index) = self.antennas.place(at);
            // Those of the second group are met when their turn comes: only readers that know groups have them.
            let asked = wanted.len() > 1 && group == 0;
            if !asked || link.set(ANTENNA_SET, &[index]).await? != Some(code::WRONG_ANTENNA) {
                used.push(self.antennas.number(at));
            }
        }
        let missing: Vec<u8> = wanted.into_iter().filter(|number| !used.contains(number)).collect();
        if !used.is_empty() {
            self.antennas = Antennas::new(&used);
            link.talk.no_such_antennas(&missing, &used, None);
        }
        self.tell_lost_session(link);
        Ok(())
    }

    fn tell_lost_session<L: Line, F: FnMut(ReaderEvent) + Send>(&self, link: &mut Link<'_, L, F>) {
        if !self.form.has_session() && needs_session(&self.settings) {
            link.talk.warn_of_setting(limits::not_settable(&["session", "target"]));
        }
    }

    /// Listening, not sleeping: what comes unasked is heard as well. An order ends the pause.
    async fn pause<L: Line, F: FnMut(ReaderEvent) + Send>(
        &mut self,
        link: &mut Link<'_, L, F>,
        until: Instant,
    ) -> Result<(), ReaderError> {
        loop {
            let step = until.min(Instant::now() + ORDERS_EVERY);
            while link.receive(step).await?.is_some() {}
            let now = Instant::now();
            if now >= until || link.talk.orders.access_waits(now) {
                return Ok(());
            }
        }
    }

    /// A round over the antennas whose turn it is.
    async fn one_round<L: Line, F: FnMut(ReaderEvent) + Send>(
        &mut self,
        link: &mut Link<'_, L, F>,
    ) -> Result<RoundEnd, ReaderError> {
        let now = Instant::now();
        let turn: Vec<usize> = if self.form.is_sequence() {
            self.antennas.sequence(now)
        } else {
            self.antennas.turn(now).into_iter().collect()
        };
        let Some(&first) = turn.first() else {
            // All of them rest.
            self.pause(link, now + AFTER_REFUSAL).await?;
            return Ok(RoundEnd::Unknown);
        };
        let refused = if self.form.is_sequence() {
            self.select_group(link, first).await?
        } else {
            self.select(link, first).await?
        };
        if let Some(code) = refused {
            for at in turn {
                self.rest_antenna(link, at, code);
            }
            return Ok(RoundEnd::Unknown);
        }
        let indices: Vec<u8> = turn.iter().map(|&at| self.antennas.place(at).1).collect();
        let question = Question::new(self.form, &indices, self.settings.session, self.state_b.into());
        let proven = self.proven || self.form == Form::Plain;
        let end = self.round(link, &question, &turn, proven).await?;
        if self.form.is_sequence() {
            self.antennas.in_use = None;
        }
        match end {
            RoundEnd::Done => {
                self.proven = true;
                self.state_b ^= self.settings.target == Target::Ab;
            }
            RoundEnd::Lost => {
                self.proven = true;
                self.doubtful = true;
            }
            RoundEnd::Unknown => self.ask_plainer(link),
            RoundEnd::Trouble(code) => return self.trouble_in_round(link, &turn, code),
        }
        Ok(end)
    }

    /// Sorts a code the reader gave instead of a round: an antenna's fault, or a question it does not know.
    fn trouble_in_round<L: Line, F: FnMut(ReaderEvent) + Send>(
        &mut self,
        link: &mut Link<'_, L, F>,
        turn: &[usize],
        code: u8,
    ) -> Result<RoundEnd, ReaderError> {
        match (trouble(code), turn) {
            (Trouble::Antenna, &[at]) => {
                self.rest_antenna(link, at, code);
                Ok(RoundEnd::Unknown)
            }
            // Some antenna of the sequence: only turns tell which.
            (Trouble::Antenna, _) => {
                self.form = Form::Session;
                self.proven = false;
                Ok(RoundEnd::Unknown)
            }
            (Trouble::Refused, _) if !self.proven && self.form != Form::Plain => {
                self.ask_plainer(link);
                Ok(RoundEnd::Unknown)
            }
            (kind, _) => {
                self.proven |= kind == Trouble::Transient;
                Ok(RoundEnd::Trouble(code))
            }
        }
    }

    /// Goes on with the next plainer way to ask.
    fn ask_plainer<L: Line, F: FnMut(ReaderEvent) + Send>(&mut self, link: &mut Link<'_, L, F>) {
        let Some(form) = self.form.plainer(&self.settings) else { return };
        tracing::info!(port = %link.talk.port, from = ?self.form, to = ?form, "the reader does not know this question");
        let had_session = self.form.has_session();
        self.form = form;
        self.proven = false;
        if had_session {
            self.tell_lost_session(link);
        }
    }

    /// What a code means for the next round: the pause before it, or an error that needs a fresh start.
    fn after_trouble<L: Line, F: FnMut(ReaderEvent) + Send>(
        &mut self,
        link: &mut Link<'_, L, F>,
        code: u8,
    ) -> Result<Duration, ReaderError> {
        let meaning = code::meaning(code).unwrap_or("an unknown fault");
        match trouble(code) {
            Trouble::Transient => Ok(AFTER_TRANSIENT),
            Trouble::Fatal => Err(link.talk.fault(code.into(), meaning)),
            Trouble::Antenna | Trouble::Refused if !self.restored => {
                self.doubtful = true;
                Ok(AFTER_TRANSIENT)
            }
            Trouble::Antenna | Trouble::Refused => {
                if !self.warned.contains(&code) {
                    self.warned.push(code);
                    link.talk.warn(format!("the reader refuses an inventory: {code:#04x}, {meaning}"));
                }
                Ok(AFTER_REFUSAL)
            }
        }
    }

    /// Leaves an antenna out for a while, and tells it where that is new.
    pub(super) fn rest_antenna<L: Line, F: FnMut(ReaderEvent) + Send>(
        &mut self,
        link: &mut Link<'_, L, F>,
        at: usize,
        code: u8,
    ) {
        let Some((antenna, fault)) = self.antennas.rest(at, code, Instant::now()) else { return };
        if code == code::WRONG_ANTENNA {
            let (missing, used) = self.antennas.sorted();
            link.talk.no_such_antennas(&missing, &used, None);
        } else {
            link.talk.tell(ReaderEvent::Antenna { antenna, fault });
        }
    }

    /// Points the commands for a single antenna at this one; gives the code of a reader that refuses it.
    pub(super) async fn select<L: Line, F: FnMut(ReaderEvent) + Send>(
        &mut self,
        link: &mut Link<'_, L, F>,
        at: usize,
    ) -> Result<Option<u8>, ReaderError> {
        if self.antennas.in_use == Some(at) {
            return Ok(None);
        }
        if let Some(code) = self.select_group(link, at).await? {
            return Ok(Some(code));
        }
        let refused = link.set(ANTENNA_SET, &[self.antennas.place(at).1]).await?;
        self.antennas.in_use = refused.is_none().then_some(at);
        Ok(refused)
    }

    /// Switches a 16-port reader to the eight antennas this one is among.
    async fn select_group<L: Line, F: FnMut(ReaderEvent) + Send>(
        &mut self,
        link: &mut Link<'_, L, F>,
        at: usize,
    ) -> Result<Option<u8>, ReaderError> {
        let (group, _) = self.antennas.place(at);
        if self.antennas.group == Some(group) {
            return Ok(None);
        }
        self.antennas.in_use = None;
        let refused = link.set(GROUP_SET, &[group]).await?;
        if refused.is_none() {
            self.antennas.group = Some(group);
            link.grammar().second_group = group == 1;
        }
        Ok(refused.map(|_| code::WRONG_ANTENNA))
    }

    /// The temperature, and one antenna's match, when they are due.
    async fn look_after<L: Line, F: FnMut(ReaderEvent) + Send>(
        &mut self,
        link: &mut Link<'_, L, F>,
    ) -> Result<(), ReaderError> {
        let now = Instant::now();
        if self.health.temperature_is_due(now) {
            self.health.take_temperature(link).await?;
        }
        if let Some(at) = self.health.match_is_due(self.antennas.len(), now)
            && !self.antennas.is_told(at)
            && self.select(link, at).await?.is_none()
        {
            let number = self.antennas.number(at);
            self.health.check_match(link, at, number).await?;
        }
        Ok(())
    }
}

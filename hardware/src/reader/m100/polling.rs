//! Polling without end, and what interrupts it: an order, a chip number, the other target, silence.

use std::collections::HashSet;
use std::convert::Infallible;
use std::time::Duration;

use tokio::time::Instant;

use super::code;
use super::command::*;
use super::driver::M100;
use super::frame::{Frame, Kind, M100Grammar};
use super::record::TagRecord;
use super::settings::turned;
use crate::reader::chips::Chips;
use crate::reader::line::{Backoff, Line};
use crate::reader::talk::Talk;
use crate::reader::{ReaderError, ReaderEvent, Session, Target};

/// The parameters of a polling of 65535 rounds (protocol sheet, section 4).
const MANY_ROUNDS: [u8; 3] = [0x22, 0xFF, 0xFF];
/// The polling is ordered anew this often: 65535 of the shortest rounds take longer, so it never ends by itself.
const ORDERED_ANEW: Duration = Duration::from_secs(60);
/// A polling that says nothing for so long has ended; an empty round says so itself (section 4).
const ENDED_AFTER: Duration = Duration::from_millis(500);
/// A module that says nothing for so long, whatever it is asked, is not there.
const SILENT_AFTER: Duration = Duration::from_secs(3);
/// How often somebody who waits is looked for.
const LOOK_UP: Duration = Duration::from_millis(50);
/// How long one target is asked at most before the other has its turn.
const TARGET_TURN: Duration = Duration::from_millis(500);
/// So many empty rounds after a tag, and every tag of this target has answered: the other has its turn at once. In a
/// session that keeps its state, waiting longer would hear each tag only once a turn.
const EMPTY_ROUNDS: u32 = 3;
/// How long the polling goes on at least between two interruptions for chip numbers.
const BETWEEN_CHIPS: Duration = Duration::from_millis(150);
/// How many pollings in a row may bring nothing before rounds are asked for one by one.
const FRUITLESS: u32 = 2;
/// A single round has ended when nothing came for so long after a tag.
const ROUND_ENDED_AFTER: Duration = Duration::from_millis(60);
/// The shortest single round.
const SHORTEST_ROUND: Duration = Duration::from_millis(15);
/// The most tags a round is followed by name.
const ROUND_TAGS: usize = 512;

/// Why the polling is interrupted.
enum Pause {
    /// Somebody waits for an access.
    Access,
    /// The chip number of this tag is due.
    Chip(Vec<u8>),
    /// The other target's turn, or time to order the polling anew.
    Turn,
    /// Nothing comes any more.
    Silence,
}

/// What is remembered from one interruption to the next.
struct Course {
    chips: Chips,
    chips_at: Instant,
    /// The tags of the round that goes on: one that answers again begins the next.
    round: HashSet<Vec<u8>>,
    /// The Query in use, whose target may take turns.
    query: u16,
    /// Rounds are asked for one by one: the module does not know the other way.
    single: bool,
    /// Pollings in a row that brought nothing.
    fruitless: u32,
}

impl M100 {
    /// Polls until something goes wrong that needs a fresh start.
    pub(super) async fn poll<L: Line, F: FnMut(ReaderEvent) + Send>(
        &mut self,
        talk: &mut Talk<M100Grammar, F>,
        line: &mut L,
        backoff: &mut Backoff,
    ) -> Result<Infallible, ReaderError> {
        let mut course = Course {
            chips: Chips::default(),
            chips_at: Instant::now() + BETWEEN_CHIPS,
            round: HashSet::new(),
            query: self.query,
            single: false,
            fruitless: 0,
        };
        loop {
            let pause = self.hear(talk, line, backoff, &mut course).await?;
            let stopped = self.stop(talk, line).await?;
            match pause {
                Pause::Access => {
                    self.serve_order(talk, line, course.query).await?;
                }
                Pause::Chip(epc) => {
                    self.read_chips(talk, line, course.query, epc, &mut course.chips).await?;
                    course.chips_at = Instant::now() + BETWEEN_CHIPS;
                }
                Pause::Turn => {
                    if self.targets_take_turns() {
                        course.query = turned(course.query);
                        self.set_query(talk, line, course.query).await?;
                    }
                }
                Pause::Silence => self.find_again(talk, line, &mut course, stopped).await?,
            }
        }
    }

    /// In S0 a tag forgets its state when the carrier pauses between rounds: there target A alone hears it again and
    /// again.
    fn targets_take_turns(&self) -> bool {
        self.settings.target == Target::Ab && self.settings.session != Session::S0
    }

    /// Orders the polling and hears it until something interrupts it.
    async fn hear<L: Line, F: FnMut(ReaderEvent) + Send>(
        &mut self,
        talk: &mut Talk<M100Grammar, F>,
        line: &mut L,
        backoff: &mut Backoff,
        course: &mut Course,
    ) -> Result<Pause, ReaderError> {
        let began = Instant::now();
        let turn_at = began + if self.targets_take_turns() { TARGET_TURN } else { ORDERED_ANEW };
        let mut ordered = self.order_rounds(talk, line, course).await?;
        // When a single round will have ended.
        let mut next_at = None;
        // Empty rounds since a tag of this turn.
        let mut empty: Option<u32> = None;
        loop {
            let now = Instant::now();
            if talk.orders.access_waits(now) {
                return Ok(Pause::Access);
            }
            if let Some(epc) = course.chip_due(now) {
                return Ok(Pause::Chip(epc));
            }
            if now >= turn_at {
                return Ok(Pause::Turn);
            }
            if next_at.is_some_and(|at| at <= now) {
                ordered = self.order_rounds(talk, line, course).await?;
                next_at = None;
            }
            let ended_at = talk.heard.max(ordered) + ENDED_AFTER;
            if now >= ended_at {
                return Ok(Pause::Silence);
            }
            let until = ended_at.min(now + LOOK_UP).min(turn_at).min(next_at.unwrap_or(turn_at));
            let Some(frame) = talk.receive(line, until).await? else { continue };
            let now = Instant::now();
            let heard = self.note(talk, course, &frame, now);
            empty = match (&heard, empty) {
                (Heard::Tag, _) => Some(0),
                (Heard::Empty, Some(rounds)) => Some(rounds + 1),
                (_, empty) => empty,
            };
            match heard {
                Heard::Nothing => continue,
                Heard::Tag if course.single => next_at = Some(now + ROUND_ENDED_AFTER),
                Heard::Empty if course.single => next_at = Some(now.max(ordered + SHORTEST_ROUND)),
                Heard::Tag | Heard::Empty => {}
                Heard::Refused => return Ok(Pause::Silence),
            }
            course.fruitless = 0;
            backoff.reset();
            if self.targets_take_turns() && empty.is_some_and(|rounds| rounds >= EMPTY_ROUNDS) {
                return Ok(Pause::Turn);
            }
        }
    }

    async fn order_rounds<L: Line, F: FnMut(ReaderEvent) + Send>(
        &self,
        talk: &mut Talk<M100Grammar, F>,
        line: &mut L,
        course: &Course,
    ) -> Result<Instant, ReaderError> {
        if course.single {
            self.send(talk, line, POLL, &[]).await?;
        } else {
            self.send(talk, line, MULTI_POLL, &MANY_ROUNDS).await?;
        }
        Ok(Instant::now())
    }

    /// Keeps what a frame says of tags and rounds; the tag itself has been handed on already.
    fn note<F: FnMut(ReaderEvent) + Send>(
        &mut self,
        talk: &mut Talk<M100Grammar, F>,
        course: &mut Course,
        frame: &Frame,
        now: Instant,
    ) -> Heard {
        if frame.kind == Kind::Notice {
            let Some(TagRecord { read, .. }) = TagRecord::of(frame) else { return Heard::Nothing };
            if read.air_crc_valid == Some(true) && !read.epc.is_empty() {
                if self.settings.read_tid {
                    course.chips.heard(&read.epc, false, now);
                }
                if course.round.contains(&read.epc) || course.round.len() >= ROUND_TAGS {
                    course.end_round(talk);
                }
                course.round.insert(read.epc);
            }
            return Heard::Tag;
        }
        match frame.error() {
            Some(code::NO_TAG_IN_ROUND) => {
                course.end_round(talk);
                Heard::Empty
            }
            // Asked once in vain; if it is the polling itself that is unknown, single rounds are next.
            Some(code::COMMAND_FORMAT) if !course.single => {
                course.single = true;
                Heard::Refused
            }
            Some(code) => {
                let meaning = code::meaning(code);
                self.warn(talk, format!("the reader cannot poll: {meaning} ({code:#04x})"));
                Heard::Empty
            }
            None => Heard::Nothing,
        }
    }

    /// The polling has ended, or the module lost its power and with it all its settings, or it is gone.
    async fn find_again<L: Line, F: FnMut(ReaderEvent) + Send>(
        &mut self,
        talk: &mut Talk<M100Grammar, F>,
        line: &mut L,
        course: &mut Course,
        stopped: bool,
    ) -> Result<(), ReaderError> {
        let silent = talk.heard.elapsed();
        if stopped || self.is_there(talk, line).await? {
            course.fruitless += 1;
            if course.fruitless >= FRUITLESS {
                course.single = !course.single;
                course.fruitless = 0;
            }
            self.write_settings(talk, line).await?;
            course.query = self.query;
            return Ok(());
        }
        if silent < SILENT_AFTER {
            return Ok(());
        }
        let silent_ms = talk.heard.elapsed().as_millis() as u64;
        Err(ReaderError::Silent { port: talk.port.clone(), silent_ms })
    }
}

/// What a frame was to the polling.
enum Heard {
    Tag,
    /// A round without a tag.
    Empty,
    /// The module does not poll like this.
    Refused,
    /// Something else.
    Nothing,
}

impl Course {
    fn chip_due(&mut self, now: Instant) -> Option<Vec<u8>> {
        if now < self.chips_at {
            return None;
        }
        // Looking at every tag for every frame would be wasteful.
        self.chips_at = now + LOOK_UP;
        self.chips.next(now)
    }

    fn end_round<F: FnMut(ReaderEvent) + Send>(&mut self, talk: &mut Talk<M100Grammar, F>) {
        self.round.clear();
        talk.round_ended();
    }
}

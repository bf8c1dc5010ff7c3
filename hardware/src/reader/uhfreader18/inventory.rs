//! Rounds without end: one question, the tags, the end of the round, the next question.

use std::collections::HashMap;
use std::convert::Infallible;
use std::time::Duration;

use tokio::time::Instant;

use super::between::MuteChips;
use super::code;
use super::command::*;
use super::driver::Uhfreader18;
use super::frame::{Frame, FrameKind, Uhf18, carries_tags};
use super::info::Info;
use super::setup::SCAN_TIME_100MS;
use super::tags::{Shape, numbering_of, shape_of};
use super::turns::Turns;
use crate::reader::chips::Chips;
use crate::reader::line::{Backoff, Line};
use crate::reader::talk::Talk;
use crate::reader::{ReaderError, ReaderEvent, Session, TagRead, Target, limits};

/// How long a reader may overrun its scan time (protocol sheet, section 8: host timeout = scan time + 1 s).
const OVERRUN: Duration = Duration::from_secs(1);
/// Questions without any answer, after the first, before the reader counts as silent.
const SILENT_QUESTIONS: u32 = 2;
/// The same while it is not known whether the reader takes this form of question.
const UNPROVEN_QUESTIONS: u32 = 1;
/// After tags, this long beyond the scan time means that the end of the round was lost (section 8: 75 ms at most).
const END_LATE: Duration = Duration::from_millis(150);
/// The longest a round can take. A stream without an end is asked anew after that.
const LONGEST_ROUND: Duration = Duration::from_secs(5);
/// No real round is shorter, so this delays none; it keeps a simulated reader from eating the processor.
const SHORTEST_ROUND: Duration = Duration::from_millis(10);
/// How often orders are looked after while a round runs.
const STEP: Duration = Duration::from_millis(50);
/// The pause after a transient error.
const AFTER_TRANSIENT: Duration = Duration::from_millis(20);
/// So often in a row the reader calls a question illegal before it is asked in another form.
const ILLEGAL_TIMES: u32 = 3;
/// The pause after a question the reader refuses.
const AFTER_REFUSAL: Duration = Duration::from_secs(1);
/// How long a reader that pushes by itself is listened to before it is asked again.
const LISTEN: Duration = Duration::from_secs(2);
/// Tags whose last sighting is kept.
const SIGHTINGS_MAX: usize = 512;
/// Q where the configuration leaves it open.
const USUAL_Q: u8 = 4;
/// Bit of the Q byte that asks Impinj chips for their number with the EPC.
const FAST_ID: u8 = 0x20;
/// Bit of the antenna byte that says that an antenna is meant.
const ANTENNA_SAID: u8 = 0x80;

/// How an inventory is asked for: readers of one generation refuse the other's (section 4).
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum Form {
    /// With everything, and the chip's number where the chip knows how.
    FastId,
    /// Q, session, target, antenna, scan time.
    Full,
    /// Q and session.
    Short,
    /// No data: UHFReader18.
    Bare,
}

/// The forms to try, the likeliest first.
fn forms(shape: Option<Shape>, read_tid: bool) -> &'static [Form] {
    match (shape, read_tid) {
        (Some(Shape::Rich), true) => &[Form::FastId, Form::Full, Form::Short, Form::Bare],
        (Some(Shape::Rich), false) => &[Form::Full, Form::Short, Form::Bare],
        _ => &[Form::Bare, Form::Full, Form::Short],
    }
}

/// Takes inventory until something goes wrong that needs a fresh start.
pub(super) async fn run<L: Line, F: FnMut(ReaderEvent) + Send>(
    reader: &Uhfreader18,
    scan_time: Duration,
    talk: &mut Talk<Uhf18, F>,
    line: &mut L,
    backoff: &mut Backoff,
) -> Result<Infallible, ReaderError> {
    let mut rounds = Rounds::new(reader, scan_time);
    let mut next_at = Instant::now();
    loop {
        // Listening, not sleeping: what comes unasked is heard as well.
        rounds.listen(talk, line, next_at).await?;
        rounds.between(talk, line).await?;
        let Some(turn) = rounds.turns.next(Instant::now()) else {
            next_at = Instant::now() + AFTER_REFUSAL;
            continue;
        };
        let asked = Instant::now();
        let end = rounds.round(talk, line, turn).await?;
        rounds.clean = end == End::Done;
        next_at = match end {
            End::Done => {
                rounds.turns.works(turn);
                rounds.tell_lost_settings(talk);
                rounds.proven = true;
                backoff.reset();
                asked + SHORTEST_ROUND
            }
            End::Lost => {
                backoff.reset();
                Instant::now()
            }
            End::Pushed => {
                backoff.reset();
                Instant::now() + LISTEN
            }
            End::Unanswered => {
                rounds.next_form(talk)?;
                Instant::now()
            }
            End::Trouble(status) => Instant::now() + rounds.after(talk, line, turn, status).await?,
        };
    }
}

/// How a round ended.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum End {
    Done,
    /// Tags came, the end did not.
    Lost,
    /// No answer came, but tags the reader pushes by itself.
    Pushed,
    /// Nothing came, and perhaps because of how it was asked.
    Unanswered,
    /// The reader answered with this status.
    Trouble(u8),
}

/// Everything a driver keeps from round to round.
pub(super) struct Rounds<'a> {
    pub(super) reader: &'a Uhfreader18,
    scan_time: Duration,
    forms: &'static [Form],
    form: usize,
    /// A question of this form was answered well.
    pub(super) proven: bool,
    /// The first tag has settled how this reader builds its records.
    latched: bool,
    /// The last round ended as it should, so nothing of it can be still under way.
    clean: bool,
    turns: Turns,
    flip: bool,
    pub(super) chips: Chips,
    pub(super) mute_chips: MuteChips,
    pub(super) sightings: HashMap<Vec<u8>, TagRead>,
    pub(super) temperature_at: Instant,
    warned: Vec<u8>,
    /// How often the reader called a question of a form not yet proven illegal.
    illegal: u32,
}

impl<'a> Rounds<'a> {
    fn new(reader: &'a Uhfreader18, scan_time: Duration) -> Self {
        let shape = reader.info.as_ref().map(Info::shape);
        Self {
            reader,
            scan_time,
            forms: forms(shape, reader.settings.read_tid),
            form: 0,
            proven: false,
            latched: false,
            clean: true,
            turns: Turns::new(&reader.antennas),
            flip: false,
            chips: Chips::default(),
            mute_chips: MuteChips::none(),
            sightings: HashMap::new(),
            temperature_at: Instant::now(),
            warned: Vec::new(),
            illegal: 0,
        }
    }

    /// The data of the question.
    fn question(&mut self, antenna: u8) -> Vec<u8> {
        let settings = &self.reader.settings;
        let q = settings.q.unwrap_or(USUAL_Q) & 0x0F;
        let target = match settings.target {
            Target::A => 0,
            Target::B => 1,
            Target::Ab => {
                self.flip = !self.flip;
                u8::from(!self.flip)
            }
        };
        let antenna = ANTENNA_SAID | antenna.saturating_sub(1) & 0x0F;
        let full = |q| vec![q, settings.session.number(), target, antenna, SCAN_TIME_100MS];
        match self.forms[self.form] {
            Form::FastId => full(q | FAST_ID),
            Form::Full => full(q),
            Form::Short => vec![q, settings.session.number()],
            Form::Bare => Vec::new(),
        }
    }

    /// Says, once, what the question that works does not carry.
    fn tell_lost_settings<F: FnMut(ReaderEvent) + Send>(&self, talk: &mut Talk<Uhf18, F>) {
        let settings = &self.reader.settings;
        let beyond = match self.forms[self.form] {
            Form::FastId | Form::Full => return,
            Form::Short => limits::beyond_plain(Session::S0, settings.target, None),
            Form::Bare => limits::beyond_plain(settings.session, settings.target, settings.q),
        };
        if !self.proven && !beyond.is_empty() {
            talk.warn_of_setting(limits::not_settable(&beyond));
        }
    }

    fn names_its_antenna(&self) -> bool {
        matches!(self.forms[self.form], Form::FastId | Form::Full)
    }

    /// Goes on to the next form of question; when all were tried, the reader is silent.
    fn next_form<F: FnMut(ReaderEvent) + Send>(&mut self, talk: &Talk<Uhf18, F>) -> Result<(), ReaderError> {
        self.form += 1;
        if self.form < self.forms.len() {
            return Ok(());
        }
        self.form = 0;
        Err(silent(talk))
    }

    /// Asks for one round and hears it out.
    async fn round<L: Line, F: FnMut(ReaderEvent) + Send>(
        &mut self,
        talk: &mut Talk<Uhf18, F>,
        line: &mut L,
        turn: usize,
    ) -> Result<End, ReaderError> {
        let antenna = self.turns.number(turn);
        talk.decoder.grammar.asked_antenna = self.names_its_antenna().then(|| antenna.saturating_sub(1));
        let data = self.question(antenna);
        let question = self.reader.bytes(INVENTORY, &data);
        let began = Instant::now();
        let (mut asked, mut spoke, mut pushed, mut ended) = (began, false, false, false);
        // Rounds asked for and not ended. A question repeated too early brings two ends; taking the first for the end of
        // both would leave the conversation one round behind for ever.
        let mut owed = 1_u32;
        talk.send(line, &question).await?;
        loop {
            let now = Instant::now();
            // Also ends a look.
            talk.orders.access_waits(now);
            let until = if spoke {
                (talk.heard + self.scan_time + END_LATE).min(began + LONGEST_ROUND)
            } else {
                asked + self.scan_time + OVERRUN
            };
            if now >= until {
                let patience = if self.proven { SILENT_QUESTIONS } else { UNPROVEN_QUESTIONS };
                match (spoke, ended) {
                    (_, true) => return Ok(End::Done),
                    (true, false) => return Ok(End::Lost),
                    _ if pushed => return Ok(End::Pushed),
                    _ if owed <= patience => {}
                    _ if self.proven => return Err(silent(talk)),
                    _ => return Ok(End::Unanswered),
                }
                owed += 1;
                asked = now;
                talk.send(line, &question).await?;
                continue;
            }
            let Some(frame) = talk.receive(line, until.min(now + STEP)).await? else { continue };
            pushed |= self.hear(talk, &frame);
            let Some(status) = answer_to_inventory(&frame) else { continue };
            spoke = true;
            if status == code::MORE {
                continue;
            }
            if !code::ends_round(status) && status != code::NO_TAG {
                return Ok(End::Trouble(status));
            }
            talk.round_ended();
            ended = true;
            owed = owed.saturating_sub(1);
            if owed == 0 {
                return Ok(End::Done);
            }
        }
    }

    /// Learns from a frame; whether the reader pushed it by itself.
    fn hear<F>(&mut self, talk: &mut Talk<Uhf18, F>, frame: &Frame) -> bool {
        let grammar = &mut talk.decoder.grammar;
        let now = Instant::now();
        let mut tags = 0;
        grammar.each_tag(frame, |read, _| {
            tags += 1;
            if self.reader.settings.read_tid {
                self.chips.heard(&read.epc, read.tid.is_some(), now);
            }
            if self.sightings.len() >= SIGHTINGS_MAX {
                self.sightings.clear();
            }
            self.sightings.insert(read.epc.clone(), read);
        });
        let rounds = frame.replies_to(INVENTORY);
        if rounds && frame.status.is_some_and(carries_tags) && !frame.data.is_empty() {
            let (_, shape) = shape_of(grammar.shape, &frame.data, frame.data.len());
            if tags > 0 && !self.latched {
                self.latched = true;
                grammar.shape = shape;
            }
            if let (Some(Shape::Rich), None, Some(asked), true) =
                (shape, grammar.numbering, grammar.asked_antenna, self.clean)
            {
                grammar.numbering = numbering_of(asked, frame.data[0]);
            }
        }
        frame.kind == FrameKind::BridgeHeartbeat || frame.replies_to(PUSH)
    }

    async fn listen<L: Line, F: FnMut(ReaderEvent) + Send>(
        &mut self,
        talk: &mut Talk<Uhf18, F>,
        line: &mut L,
        until: Instant,
    ) -> Result<(), ReaderError> {
        loop {
            let now = Instant::now();
            talk.orders.access_waits(now);
            match talk.receive(line, until.min(now + STEP)).await? {
                Some(frame) => {
                    self.hear(talk, &frame);
                }
                None if Instant::now() >= until => return Ok(()),
                None => {}
            }
        }
    }

    /// What a status means for the next round: the pause before it.
    async fn after<L: Line, F: FnMut(ReaderEvent) + Send>(
        &mut self,
        talk: &mut Talk<Uhf18, F>,
        line: &mut L,
        turn: usize,
        status: u8,
    ) -> Result<Duration, ReaderError> {
        let antenna = self.turns.number(turn);
        let trouble = match code::trouble(status) {
            // Said of a question damaged on the line, and by some readers of one they do not know.
            code::Trouble::Transient if status == code::ILLEGAL && !self.proven => {
                self.illegal += 1;
                if self.illegal.is_multiple_of(ILLEGAL_TIMES) {
                    code::Trouble::Form
                } else {
                    code::Trouble::Transient
                }
            }
            trouble => trouble,
        };
        match trouble {
            code::Trouble::Transient => Ok(AFTER_TRANSIENT),
            code::Trouble::Antenna => {
                self.proven = true;
                if self.turns.rest(turn, Instant::now()) {
                    let measured = self.measure(talk, line, antenna).await?;
                    let fault = format!(
                        "antenna {antenna} is missing or badly matched{measured}: is its cable screwed on at both ends?"
                    );
                    talk.tell(ReaderEvent::Antenna { antenna, fault });
                }
                Ok(Duration::ZERO)
            }
            code::Trouble::Form if self.proven && self.names_its_antenna() => {
                if self.turns.rest(turn, Instant::now()) {
                    let used = self.turns.others(turn);
                    talk.no_such_antennas(&[antenna], &used, None);
                }
                Ok(Duration::ZERO)
            }
            code::Trouble::Form if !self.proven && self.form + 1 < self.forms.len() => {
                self.form += 1;
                Ok(AFTER_TRANSIENT)
            }
            code::Trouble::Form | code::Trouble::Refused => {
                self.form = if self.proven { self.form } else { 0 };
                if !self.warned.contains(&status) {
                    self.warned.push(status);
                    let meaning = code::meaning(status).unwrap_or("an unknown status");
                    talk.warn(format!("the reader refuses an inventory: {meaning} ({status:#04x})"));
                }
                Ok(AFTER_REFUSAL)
            }
        }
    }
}

/// The status with which a frame answers an inventory.
pub(super) fn answer_to_inventory(frame: &Frame) -> Option<u8> {
    frame.status.filter(|_| frame.replies_to(INVENTORY) || frame.replies_to(NONE))
}

fn silent<F: FnMut(ReaderEvent) + Send>(talk: &Talk<Uhf18, F>) -> ReaderError {
    ReaderError::Silent { port: talk.port.clone(), silent_ms: talk.heard.elapsed().as_millis() as u64 }
}

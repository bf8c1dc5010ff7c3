//! Reading without end: one operation that runs until it is stopped, its signs of life, and what is asked now and then.

use std::convert::Infallible;
use std::time::Duration;

use tokio::time::Instant;

use super::driver::{IDENTIFICATION, Llrp, question};
use super::frame::{Frame, Messages, V1_1};
use super::kind::*;
use super::reply::Status;
use super::rospec::{ImpinjParts, Operation, ROSPEC_ID, Singulation};
use super::session::{DEAD_AFTER_KEEPALIVES, lost};
use super::{accessspec, build, code, impinj, orders, report};
use crate::reader::line::{Backoff, Line};
use crate::reader::talk::Talk;
use crate::reader::{ReaderError, ReaderEvent, Session, Target, limits};

/// How often orders are looked for while nothing comes.
const STEP: Duration = Duration::from_millis(50);
/// After so long without a word the reader is asked something small.
const QUIET: Duration = Duration::from_secs(4);
/// A reader that answers questions and does not answer this one within so long is gone.
const DEAD_AFTER_QUESTION: Duration = Duration::from_secs(9);
/// How often the temperature is asked for, where there is one.
const TEMPERATURE_EVERY: Duration = Duration::from_secs(30);
/// How often a reader without reports is asked whether the operation is still under way.
const OPERATION_EVERY: Duration = Duration::from_secs(10);
/// The pause before an operation that ended by itself is begun anew.
const BEFORE_RESTART: Duration = Duration::from_millis(200);
/// Reports without a chip's number, after which Impinj's shortcut is held to be of no use with these tags.
const UNNUMBERED_MAX: u32 = 20;

/// What is going on in the reader.
#[derive(Debug, Default)]
pub(super) struct State {
    /// What the reader was told to do.
    pub operation: Option<Operation>,
    /// An access for every tag's chip number is in the reader.
    pub chips_asked: bool,
    /// Reports in a row without a chip's number.
    unnumbered: u32,
    asked_at: Option<Instant>,
    /// When the last report came, or it was asked whether any can come.
    reported_at: Option<Instant>,
    /// Ordered accesses so far.
    pub ordered: u16,
}

/// Takes inventory until something goes wrong that needs a fresh connection.
pub(super) async fn run<L, F>(
    reader: &mut Llrp,
    talk: &mut Talk<Messages, F>,
    line: &mut L,
    backoff: &mut Backoff,
) -> Result<Infallible, ReaderError>
where
    L: Line,
    F: FnMut(ReaderEvent) + Send,
{
    reader.clear(talk, line).await?;
    reader.begin(talk, line).await?;
    // Reports and events may have been held back since the connection began. There is no answer to this; a reader that
    // does not know it says so, and that is all the same.
    reader.send(talk, line, ENABLE_EVENTS_AND_REPORTS, &[]).await?;
    backoff.reset();
    loop {
        if let Some(frame) = reader.hear(talk, line, Instant::now() + STEP).await? {
            reader.heard_between(&frame);
        }
        if !reader.running {
            reader.restart(talk, line).await?;
        }
        reader.see_to_chips(talk, line).await?;
        if talk.orders.access_waits(Instant::now()) {
            orders::serve(reader, talk, line).await?;
        }
        reader.look_after(talk, line).await?;
    }
}

impl Llrp {
    /// Describes the operation and starts it; with less of what not every reader knows, where it is refused.
    pub(super) async fn begin<L: Line, F: FnMut(ReaderEvent) + Send>(
        &mut self,
        talk: &mut Talk<Messages, F>,
        line: &mut L,
    ) -> Result<(), ReaderError> {
        let wanted = self.operation(talk)?;
        let mut tries = vec![wanted.clone()];
        let modest = Operation { singulation: Singulation::Readers, ..wanted.clone() };
        let plain = Operation { impinj: None, ..modest.clone() };
        for other in [modest, plain] {
            if tries.last() != Some(&other) {
                tries.push(other);
            }
        }
        let mut refused = None;
        for operation in tries {
            match self.start(talk, line, &operation).await? {
                None => {
                    if let Some(status) = refused {
                        talk.warn_of_setting(format!(
                            "the reader does not know all it was asked for: {status}"
                        ));
                    }
                    self.inventory.operation = Some(operation);
                    self.inventory.reported_at = Some(Instant::now());
                    return Ok(());
                }
                Some(status) => refused = Some(status),
            }
        }
        let port = talk.port.clone();
        Err(match refused {
            Some(Status { code: code::DEVICE_ERROR, .. }) => ReaderError::Fault {
                port,
                code: code::DEVICE_ERROR,
                meaning: code::meaning(code::DEVICE_ERROR),
            },
            refused => {
                let said = refused.map_or_else(String::new, |status| status.to_string());
                let why = format!("it takes no inventory ({said}): is another program using it?");
                ReaderError::Refused { port, why }
            }
        })
    }

    /// Adds, enables and starts an operation; gives the refusal, where there is one. Nothing of it is left then.
    pub(super) async fn start<L: Line, F: FnMut(ReaderEvent) + Send>(
        &mut self,
        talk: &mut Talk<Messages, F>,
        line: &mut L,
        operation: &Operation,
    ) -> Result<Option<Status>, ReaderError> {
        let number = ROSPEC_ID.to_be_bytes();
        let mut status = self.request(talk, line, ADD_ROSPEC, &operation.parameter()).await?;
        if !status.is_ok() {
            return Ok(Some(status));
        }
        for kind in [ENABLE_ROSPEC, START_ROSPEC] {
            if status.is_ok() {
                status = self.request(talk, line, kind, &number).await?;
            }
        }
        self.running = status.is_ok();
        if !self.running {
            self.request(talk, line, DELETE_ROSPEC, &number).await?;
            return Ok(Some(status));
        }
        Ok(None)
    }

    /// Stops the operation and takes it away.
    pub(super) async fn end<L: Line, F: FnMut(ReaderEvent) + Send>(
        &mut self,
        talk: &mut Talk<Messages, F>,
        line: &mut L,
    ) -> Result<(), ReaderError> {
        for kind in [STOP_ROSPEC, DELETE_ROSPEC] {
            self.request(talk, line, kind, &ROSPEC_ID.to_be_bytes()).await?;
        }
        self.running = false;
        Ok(())
    }

    /// An operation that ended by itself is started anew; one that cannot be is described anew.
    async fn restart<L: Line, F: FnMut(ReaderEvent) + Send>(
        &mut self,
        talk: &mut Talk<Messages, F>,
        line: &mut L,
    ) -> Result<(), ReaderError> {
        let until = Instant::now() + BEFORE_RESTART;
        while self.hear(talk, line, until).await?.is_some() {}
        self.running = self.request(talk, line, START_ROSPEC, &ROSPEC_ID.to_be_bytes()).await?.is_ok();
        if !self.running {
            self.clear(talk, line).await?;
            self.begin(talk, line).await?;
        }
        Ok(())
    }

    /// The operation as configured, within what the reader can do.
    fn operation<F: FnMut(ReaderEvent) + Send>(
        &mut self,
        talk: &mut Talk<Messages, F>,
    ) -> Result<Operation, ReaderError> {
        let antennas = self.usable_antennas(talk)?;
        let asked = self.settings.power_dbm;
        let power = self.capabilities.power(asked);
        match power {
            Some(power) if power.clamped => {
                talk.warn_of_setting(limits::power(asked, power.centi_dbm));
            }
            Some(_) => {}
            None => talk.warn_of_setting(
                "the reader tells no powers: power_dbm has no effect, it sends with its own",
            ),
        }
        let (session, target) = (self.settings.session, self.settings.target);
        let (singulation, search_mode) = match target {
            // In session S0 a tag that stays in the field would answer once and then be silent for as long as the field
            // is up, which on these readers is always: live presence needs both states.
            Target::Ab => (Singulation::Readers, Some(2)),
            Target::A if session == Session::S0 => (Singulation::Readers, None),
            Target::A if self.extended => (Singulation::Readers, Some(1)),
            Target::A | Target::B if self.capabilities.state_aware => {
                (Singulation::State { b: target == Target::B }, None)
            }
            Target::A => (Singulation::Readers, None),
            Target::B => {
                talk.warn_of_setting(limits::not_settable(&["target"]));
                (Singulation::Readers, None)
            }
        };
        Ok(Operation {
            antennas,
            power_index: power.map(|power| power.index),
            hop_table: self.capabilities.hop_table.unwrap_or(1).into(),
            session: session.number(),
            singulation,
            q: self.settings.q,
            impinj: self.extended.then_some(ImpinjParts { fast_tid: self.settings.read_tid, search_mode }),
            xpc: self.version == V1_1,
        })
    }

    /// Looks at a message that is nobody's answer.
    pub(super) fn heard_between(&mut self, frame: &Frame) {
        if frame.kind == RO_ACCESS_REPORT {
            self.inventory.reported_at = Some(Instant::now());
        }
        let counts = frame.kind == RO_ACCESS_REPORT && self.settings.read_tid && !self.inventory.chips_asked;
        if counts && self.fast_tid() {
            report::each(&frame.body, &[], |record, _| {
                if let Ok(record) = record {
                    let tid = record.read.tid.is_some();
                    self.inventory.unnumbered = if tid { 0 } else { self.inventory.unnumbered + 1 };
                }
            });
        }
    }

    /// Adds the access for every tag's chip number, where it does not come along by itself.
    pub(super) async fn see_to_chips<L: Line, F: FnMut(ReaderEvent) + Send>(
        &mut self,
        talk: &mut Talk<Messages, F>,
        line: &mut L,
    ) -> Result<(), ReaderError> {
        let by_itself = self.fast_tid() && self.inventory.unnumbered < UNNUMBERED_MAX;
        if !self.settings.read_tid || self.inventory.chips_asked || by_itself {
            return Ok(());
        }
        self.inventory.chips_asked = true;
        let mut status = self.request(talk, line, ADD_ACCESSSPEC, &accessspec::chips()).await?;
        if status.is_ok() {
            let number = accessspec::CHIPS_ID.to_be_bytes();
            status = self.request(talk, line, ENABLE_ACCESSSPEC, &number).await?;
        }
        if !status.is_ok() {
            self.warn_once(talk, format!("the reader reads no chip numbers: {status}"));
        }
        Ok(())
    }

    fn fast_tid(&self) -> bool {
        let operation = self.inventory.operation.as_ref();
        operation.and_then(|operation| operation.impinj).is_some_and(|parts| parts.fast_tid)
    }

    /// Asks a quiet reader for a sign of life, and any Impinj for its temperature: one question for both.
    async fn look_after<L: Line, F: FnMut(ReaderEvent) + Send>(
        &mut self,
        talk: &mut Talk<Messages, F>,
        line: &mut L,
    ) -> Result<(), ReaderError> {
        let quiet = talk.heard.elapsed();
        let patience = if self.answers { DEAD_AFTER_QUESTION } else { DEAD_AFTER_KEEPALIVES };
        if quiet >= patience {
            let silent_s = quiet.as_secs();
            let why = format!("not a word for {silent_s} s: check the reader's power and its network cable");
            return Err(lost(talk, why));
        }
        let since = self.inventory.asked_at.map(|at| at.elapsed());
        let for_life = quiet >= QUIET && since.is_none_or(|since| since >= QUIET);
        let for_temperature = self.extended && since.is_none_or(|since| since >= TEMPERATURE_EVERY);
        if for_life || for_temperature {
            self.inventory.asked_at = Some(Instant::now());
            let mut body = question(IDENTIFICATION);
            if self.extended {
                body.extend(build::impinj(impinj::REQUESTED_DATA, &TEMPERATURE_DATA.to_be_bytes()));
            }
            self.put(talk, line, GET_READER_CONFIG, &body).await?;
        } else if self.unanswered.is_none()
            && self.inventory.reported_at.is_none_or(|at| at.elapsed() >= OPERATION_EVERY)
        {
            // No tag in the field, or no operation: not every reader tells that it has ended one.
            self.inventory.reported_at = Some(Instant::now());
            self.put(talk, line, GET_ROSPECS, &[]).await?;
        }
        Ok(())
    }
}

/// Impinj's number for its reader's temperature in a question for data.
const TEMPERATURE_DATA: u32 = 2004;

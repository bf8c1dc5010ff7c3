//! Finding the reader, in either framing.

use std::convert::Infallible;
use std::time::Duration;

use tokio::time::Instant;

use super::command::*;
use super::frame::{Frame, FrameKind, Uhf18, command_bytes};
use super::info::Info;
use super::tags::Shape;
use super::{code, continuous, inventory, prime, setup};
use crate::reader::drive::Dialect;
use crate::reader::family::Family;
use crate::reader::inspect::hex;
use crate::reader::line::{Backoff, Line};
use crate::reader::talk::{ANSWER_WITHIN, Talk};
use crate::reader::{Identity, ReaderError, ReaderEvent, ReaderSettings};

/// The address every reader listens to, whatever its own.
const EVERY_READER: u8 = 0xFF;
/// The rate of CF readers (protocol sheet, section 9).
const PRIME_RATE: u32 = 115_200;
/// The rate a network line has.
const NETWORK: u32 = 0;
/// How often a reader that left a question unanswered is asked whether it is still there.
const SETTLE_TRIES: u32 = 3;

/// How long the round that runs may take: its scan time, and what readers overrun it by (section 8).
const ROUND_ENDS_WITHIN: Duration = Duration::from_millis(375);

/// A reader of this family.
pub(crate) struct Uhfreader18 {
    pub(super) settings: ReaderSettings,
    pub(super) address: u8,
    /// What it said of itself; a CF reader and one that only pushes say nothing of the kind.
    pub(super) info: Option<Info>,
    /// The antennas in use: those of the configuration that this reader has.
    pub(super) antennas: Vec<u8>,
    /// It was heard pushing tags by itself.
    pub(super) pushes: bool,
    /// It speaks CF frames.
    prime: bool,
}

impl Dialect for Uhfreader18 {
    type Speech = Uhf18;
    const FAMILY: Family = Family::Uhfreader18;
    /// The default of most, the default of the newer ones, and what the command for it knows besides (section 1).
    const RATES: &'static [u32] = &[57_600, PRIME_RATE, 38_400, 19_200, 9_600];

    fn new(settings: &ReaderSettings) -> Self {
        Self {
            settings: settings.clone(),
            address: EVERY_READER,
            info: None,
            antennas: settings.antennas_in_use(),
            pushes: false,
            prime: false,
        }
    }

    /// Asks who is there in the older framing, then, where it can be, in the newer; the last time also for an inventory.
    /// Any valid frame will do: a reader that only pushes tags is a reader.
    async fn probe<L: Line, F: FnMut(ReaderEvent) + Send>(
        &mut self,
        talk: &mut Talk<Uhf18, F>,
        line: &mut L,
        last: bool,
    ) -> Result<bool, ReaderError> {
        self.forget(talk);
        let mut heard = None;
        let question = self.bytes(INFO, &[]);
        let info = self.answer(talk, line, &question, &mut heard, |frame| frame.replies_to(INFO));
        if let Some(frame) = info.await? {
            self.adopt(talk, line, &frame).await?;
            return Ok(true);
        }
        let streams = heard.as_ref().map(Frame::is_prime);
        let may_be_prime = matches!(talk.baud, NETWORK | PRIME_RATE) || self.settings.baud.is_some();
        if streams.unwrap_or(may_be_prime) {
            // One that was left streaming takes no other command.
            if streams.is_some() {
                continuous::stop(talk, line).await?;
            }
            let question = prime::command_bytes(prime::DEVICE_INFO, []);
            let device = self.answer(talk, line, &question, &mut heard, |frame| {
                frame.kind == FrameKind::PrimeReply && frame.command == prime::DEVICE_INFO
            });
            if let Some(frame) = device.await? {
                self.adopt_prime(talk, &frame);
                return Ok(true);
            }
        }
        if last && heard.is_none() {
            let question = self.bytes(INVENTORY, &[]);
            self.answer(talk, line, &question, &mut heard, |_| true).await?;
        }
        // What came may be left of an earlier round, in which the question was lost.
        let Some(frame) = heard.filter(|_| last) else { return Ok(false) };
        self.prime = frame.is_prime();
        self.address = frame.address;
        if !talk.up {
            talk.say_up(Identity { address: Some(frame.address), ..Identity::unknown() });
        }
        Ok(true)
    }

    async fn serve<L: Line, F: FnMut(ReaderEvent) + Send>(
        &mut self,
        talk: &mut Talk<Uhf18, F>,
        line: &mut L,
        backoff: &mut Backoff,
    ) -> Result<Infallible, ReaderError> {
        if self.prime {
            return continuous::run(&self.settings, talk, line, backoff).await;
        }
        let scan_time = setup::write_settings(self, talk, line).await?;
        inventory::run(self, scan_time, talk, line, backoff).await
    }

    /// A CF reader goes on until it is told to stop. The rounds of the others end by themselves, which is waited for:
    /// until then the reader is deaf, and whoever opens the port next would not be heard.
    async fn hush<L: Line, F: FnMut(ReaderEvent) + Send>(
        &mut self,
        talk: &mut Talk<Uhf18, F>,
        line: &mut L,
    ) -> Result<(), ReaderError> {
        if self.prime {
            continuous::stop(talk, line).await?;
            return Ok(());
        }
        let until = Instant::now() + ROUND_ENDS_WITHIN;
        while let Some(frame) = talk.receive(line, until).await? {
            if inventory::answer_to_inventory(&frame).is_some_and(|status| status != code::MORE) {
                break;
            }
        }
        Ok(())
    }
}

impl Uhfreader18 {
    /// Another reader may be at the port now.
    fn forget<F>(&mut self, talk: &mut Talk<Uhf18, F>) {
        self.address = EVERY_READER;
        self.info = None;
        self.antennas = self.settings.antennas_in_use();
        self.pushes = false;
        self.prime = false;
        talk.decoder.grammar = Uhf18::default();
    }

    /// The bytes of one of this driver's own commands, which are never too long.
    pub(super) fn bytes(&self, command: u8, data: &[u8]) -> Vec<u8> {
        command_bytes(self.address, command, data).unwrap_or_default()
    }

    /// Sends a question while probing and waits for its answer; keeps what else a reader said.
    async fn answer<L: Line, F: FnMut(ReaderEvent) + Send>(
        &mut self,
        talk: &mut Talk<Uhf18, F>,
        line: &mut L,
        question: &[u8],
        heard: &mut Option<Frame>,
        answers: impl Fn(&Frame) -> bool,
    ) -> Result<Option<Frame>, ReaderError> {
        talk.send(line, question).await?;
        let until = Instant::now() + ANSWER_WITHIN;
        while let Some(frame) = talk.receive(line, until).await? {
            if matches!(frame.kind, FrameKind::Command | FrameKind::PrimeCommand) {
                continue;
            }
            self.pushes |= frame.replies_to(PUSH);
            let answered = answers(&frame);
            *heard = Some(frame.clone());
            if answered {
                return Ok(Some(frame));
            }
        }
        Ok(None)
    }

    /// Takes a reader that said who it is.
    async fn adopt<L: Line, F: FnMut(ReaderEvent) + Send>(
        &mut self,
        talk: &mut Talk<Uhf18, F>,
        line: &mut L,
        frame: &Frame,
    ) -> Result<(), ReaderError> {
        self.address = frame.address;
        self.info = Info::parse(&frame.data);
        let shape = self.info.as_ref().map(Info::shape);
        talk.decoder.grammar.shape = shape;
        let serial = match shape {
            Some(Shape::Rich) => self.ask(talk, line, SERIAL, &[]).await?,
            _ => None,
        };
        let info = self.info.as_ref();
        talk.say_up(Identity {
            model: info.and_then(Info::model).map(str::to_owned),
            firmware: info.map_or_else(|| "unknown".to_owned(), |info| info.fw.clone()),
            serial: serial.filter(|said| said.status == Some(code::OK)).map(|said| hex(&said.data)),
            address: Some(self.address),
            antennas: info.and_then(Info::ports),
        });
        Ok(())
    }

    /// After a question that brought no answer: asks who the reader is and hears that out, so that an answer that is
    /// merely late is not taken for the answer to the next question of its kind: a chip's number would go to another
    /// tag. While a command runs others are lost, so it is asked more than once.
    pub(super) async fn settle<L: Line, F: FnMut(ReaderEvent) + Send>(
        &self,
        talk: &mut Talk<Uhf18, F>,
        line: &mut L,
    ) -> Result<(), ReaderError> {
        for _ in 0..SETTLE_TRIES {
            talk.send(line, &self.bytes(INFO, &[])).await?;
            let until = Instant::now() + ANSWER_WITHIN;
            while let Some(frame) = talk.receive(line, until).await? {
                if frame.replies_to(INFO) {
                    return Ok(());
                }
            }
        }
        // One that never said who it is had all this time for its late answer.
        match self.info {
            None => Ok(()),
            Some(_) => Err(ReaderError::Silent {
                port: talk.port.clone(),
                silent_ms: talk.heard.elapsed().as_millis() as u64,
            }),
        }
    }

    fn adopt_prime<F: FnMut(ReaderEvent) + Send>(&mut self, talk: &mut Talk<Uhf18, F>, frame: &Frame) {
        self.prime = true;
        self.address = frame.address;
        let device = prime::Device::parse(&frame.data);
        talk.say_up(Identity {
            model: device.model,
            firmware: device.fw.unwrap_or_else(|| "unknown".to_owned()),
            serial: device.serial,
            address: Some(frame.address),
            antennas: None,
        });
    }

    /// Asks and waits for what this reader says to it, be it that it knows no such command; `None` when it does not
    /// answer.
    pub(super) async fn ask<L: Line, F: FnMut(ReaderEvent) + Send>(
        &self,
        talk: &mut Talk<Uhf18, F>,
        line: &mut L,
        command: u8,
        data: &[u8],
    ) -> Result<Option<Frame>, ReaderError> {
        let bytes = self.bytes(command, data);
        talk.ask(line, command.into(), &bytes, ANSWER_WITHIN, |frame| answers(frame, command)).await
    }
}

/// Whether a frame answers a command. A reader that does not know it answers with none.
pub(super) fn answers(frame: &Frame, command: u8) -> bool {
    frame.replies_to(command) || frame.replies_to(NONE)
}

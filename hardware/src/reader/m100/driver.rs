//! Finding the module, its framing and its name; question and answer.

use std::convert::Infallible;
use std::time::Duration;

use tokio::time::Instant;

use super::access::SelectForm;
use super::code;
use super::command::*;
use super::frame::{Frame, Kind, M100Grammar, Marks, command_bytes};
use crate::reader::drive::Dialect;
use crate::reader::family::Family;
use crate::reader::line::{Backoff, Line};
use crate::reader::talk::{ANSWER_WITHIN, Talk};
use crate::reader::{Identity, ReaderError, ReaderEvent, ReaderSettings};

/// How long a module that may still be polling gets to say that it stopped (protocol sheet, section 4).
const STOPS_WITHIN: Duration = Duration::from_millis(200);
/// How long one framing is tried.
const FRAMING_WITHIN: Duration = Duration::from_millis(150);
/// How often a command is sent whose answer does not come: a module that slept swallows the first (section 7).
const SENT: u32 = 2;
/// What a module may say of itself that is kept.
const LONGEST_NAME: usize = 48;

/// What a command is answered with: the parameters, or the code of its failure.
pub(super) type Answer = Result<Vec<u8>, u8>;

/// What is asked under INFO (section 3).
const HARDWARE: u8 = 0;
const SOFTWARE: u8 = 1;
const MAKER: u8 = 2;

/// An M100 module.
pub(crate) struct M100 {
    pub(super) settings: ReaderSettings,
    marks: Marks,
    /// The Query that the polling uses.
    pub(super) query: u16,
    /// How this module wants a tag to be chosen, once that is known.
    pub(super) select_form: Option<SelectForm>,
    /// Tries at a tag's memory without success, while that is not known.
    pub(super) tries_in_vain: u32,
    /// The module keeps a choice that must be taken back before it polls.
    pub(super) holds_choice: bool,
    /// What has been warned of since the module was found.
    warned: Vec<String>,
}

impl Dialect for M100 {
    type Speech = M100Grammar;
    const FAMILY: Family = Family::M100;
    /// The maker's default first (section 1); others are set by a command.
    const RATES: &'static [u32] = &[115_200, 38_400];

    fn new(settings: &ReaderSettings) -> Self {
        Self {
            settings: settings.clone(),
            marks: Marks::Bb7e,
            query: super::settings::FACTORY_QUERY,
            select_form: None,
            tries_in_vain: 0,
            holds_choice: false,
            warned: Vec::new(),
        }
    }

    /// Stops a module that may still be polling, then asks in both framings for its name. Whatever answers in a framing
    /// is a module, also one that only tells of tags.
    async fn probe<L: Line, F: FnMut(ReaderEvent) + Send>(
        &mut self,
        talk: &mut Talk<M100Grammar, F>,
        line: &mut L,
        _last: bool,
    ) -> Result<bool, ReaderError> {
        talk.decoder.grammar.marks = None;
        for marks in Marks::ALL {
            talk.send(line, &command_bytes(marks, STOP, &[])).await?;
        }
        let until = Instant::now() + STOPS_WITHIN;
        let mut heard = None;
        while let Some(frame) = talk.receive(line, until).await? {
            heard = speaker(&frame).or(heard);
            if frame.kind == Kind::Response && frame.command == STOP {
                break;
            }
        }
        let framings = heard.map_or(Marks::ALL, |heard| [heard; 2]);
        for marks in framings {
            talk.send(line, &command_bytes(marks, INFO, &[HARDWARE])).await?;
            let until = Instant::now() + FRAMING_WITHIN;
            while let Some(frame) = talk.receive(line, until).await? {
                heard = speaker(&frame).or(heard);
                if frame.kind == Kind::Response && frame.command == INFO {
                    self.marks = frame.marks;
                    talk.decoder.grammar.marks = Some(frame.marks);
                    self.identify(talk, line, &frame.params).await?;
                    return Ok(true);
                }
            }
        }
        let Some(marks) = heard else { return Ok(false) };
        self.marks = marks;
        talk.decoder.grammar.marks = Some(marks);
        if !talk.up {
            talk.say_up(Identity { antennas: Some(1), ..Identity::unknown() });
        }
        Ok(true)
    }

    async fn serve<L: Line, F: FnMut(ReaderEvent) + Send>(
        &mut self,
        talk: &mut Talk<M100Grammar, F>,
        line: &mut L,
        backoff: &mut Backoff,
    ) -> Result<Infallible, ReaderError> {
        self.warned.clear();
        (self.select_form, self.tries_in_vain) = (None, 0);
        self.write_settings(talk, line).await?;
        self.poll(talk, line, backoff).await
    }

    /// Nothing but this command ends the polling, not even the line's end.
    async fn hush<L: Line, F: FnMut(ReaderEvent) + Send>(
        &mut self,
        talk: &mut Talk<M100Grammar, F>,
        line: &mut L,
    ) -> Result<(), ReaderError> {
        self.stop(talk, line).await.map(drop)
    }
}

/// The framing of a frame that came from a module.
fn speaker(frame: &Frame) -> Option<Marks> {
    (frame.kind != Kind::Command).then_some(frame.marks)
}

impl M100 {
    /// Asks for the rest of the name and says who is there.
    async fn identify<L: Line, F: FnMut(ReaderEvent) + Send>(
        &mut self,
        talk: &mut Talk<M100Grammar, F>,
        line: &mut L,
        hardware: &[u8],
    ) -> Result<(), ReaderError> {
        let firmware = self.ask(talk, line, INFO, &[SOFTWARE]).await?.and_then(Result::ok);
        let maker = self.ask(talk, line, INFO, &[MAKER]).await?.and_then(Result::ok);
        let maker = maker.as_deref().and_then(name);
        let model = match (name(hardware), maker) {
            (Some(hardware), Some(maker)) => Some(format!("{hardware} ({maker})")),
            (hardware, maker) => hardware.or(maker),
        };
        let firmware = firmware.as_deref().and_then(name).unwrap_or_else(|| "unknown".to_owned());
        talk.say_up(Identity { model, firmware, antennas: Some(1), ..Identity::unknown() });
        Ok(())
    }

    /// Sends a command and does not wait.
    pub(super) async fn send<L: Line, F: FnMut(ReaderEvent) + Send>(
        &self,
        talk: &mut Talk<M100Grammar, F>,
        line: &mut L,
        command: u8,
        params: &[u8],
    ) -> Result<(), ReaderError> {
        talk.send(line, &command_bytes(self.marks, command, params)).await
    }

    /// Asks and waits; `None` when this module does not answer that, which is remembered.
    pub(super) async fn ask<L: Line, F: FnMut(ReaderEvent) + Send>(
        &self,
        talk: &mut Talk<M100Grammar, F>,
        line: &mut L,
        command: u8,
        params: &[u8],
    ) -> Result<Option<Answer>, ReaderError> {
        let bytes = command_bytes(self.marks, command, params);
        // The three names under INFO are three questions.
        let which = if command == INFO { params.first().copied().unwrap_or_default() } else { 0 };
        let question = u16::from_be_bytes([which, command]);
        let answers = |frame: &Frame| answer_to(command, frame).is_some();
        let frame = talk.ask(line, question, &bytes, ANSWER_WITHIN, answers).await?;
        Ok(frame.and_then(|frame| answer_to(command, &frame)))
    }

    /// Asks, once more if nothing comes, and remembers nothing: for a module that may be asleep or gone.
    pub(super) async fn insist<L: Line, F: FnMut(ReaderEvent) + Send>(
        &self,
        talk: &mut Talk<M100Grammar, F>,
        line: &mut L,
        command: u8,
        params: &[u8],
    ) -> Result<Option<Answer>, ReaderError> {
        for _ in 0..SENT {
            self.send(talk, line, command, params).await?;
            let until = Instant::now() + ANSWER_WITHIN;
            while let Some(frame) = talk.receive(line, until).await? {
                if let Some(answer) = answer_to(command, &frame) {
                    return Ok(Some(answer));
                }
            }
        }
        Ok(None)
    }

    /// Ends the polling and hears out what is on its way; `false` when the module does not confirm it.
    pub(super) async fn stop<L: Line, F: FnMut(ReaderEvent) + Send>(
        &self,
        talk: &mut Talk<M100Grammar, F>,
        line: &mut L,
    ) -> Result<bool, ReaderError> {
        Ok(self.insist(talk, line, STOP, &[]).await?.is_some())
    }

    /// Whether the module answers at all.
    pub(super) async fn is_there<L: Line, F: FnMut(ReaderEvent) + Send>(
        &self,
        talk: &mut Talk<M100Grammar, F>,
        line: &mut L,
    ) -> Result<bool, ReaderError> {
        Ok(self.insist(talk, line, INFO, &[HARDWARE]).await?.is_some())
    }

    /// Warns, once.
    pub(super) fn warn<F: FnMut(ReaderEvent) + Send>(
        &mut self,
        talk: &mut Talk<M100Grammar, F>,
        what: String,
    ) {
        if !self.warned.contains(&what) {
            talk.warn(what.clone());
            self.warned.push(what);
        }
    }
}

/// What a frame answers to a command; `None` when it is no answer to it. The select mode is confirmed under the number of
/// Select (section 3), and an empty round is no answer to anything.
pub(super) fn answer_to(command: u8, frame: &Frame) -> Option<Answer> {
    if frame.kind != Kind::Response {
        return None;
    }
    match frame.error() {
        Some(code::NO_TAG_IN_ROUND) => None,
        // The polling that is to be stopped may still be telling its troubles.
        Some(code) if command == STOP && code != code::COMMAND_FORMAT => None,
        Some(code) => Some(Err(code)),
        None => {
            let answers = frame.command == command || (command == SELECT_MODE && frame.command == SELECT);
            answers.then(|| Ok(frame.params.clone()))
        }
    }
}

/// The text of an answer to INFO: the number of the question, then ASCII. What is no text is no name.
fn name(params: &[u8]) -> Option<String> {
    let (_, text) = params.split_first()?;
    let printable = |&byte: &u8| byte.is_ascii_graphic() || byte == b' ';
    let kept: String =
        text.iter().copied().filter(|byte| printable(byte)).take(LONGEST_NAME).map(char::from).collect();
    let kept = kept.trim();
    (!kept.is_empty()).then(|| kept.to_owned())
}

//! One tag chosen by its EPC, and its memory read, written or locked.
//!
//! All of it happens in session S0 and target A: Select makes the chosen tag the only one in that state (protocol sheet,
//! section 5), whatever the polling made of the others.

use std::time::Duration;

use tokio::time::Instant;

use super::code;
use super::command::*;
use super::driver::{M100, answer_to};
use super::frame::M100Grammar;
use super::memory::{lock_params, memory_params};
use super::record::{ANTENNA, TagRecord};
use super::settings::query;
use crate::reader::chips::Chips;
use crate::reader::line::Line;
use crate::reader::talk::Talk;
use crate::reader::{
    Access, Bank, Password, ReaderError, ReaderEvent, Session, TagAccess, TagError, TagOutcome, TagRead,
    TagResult,
};

/// How long a tag's memory takes to be read or locked, with the answer on its way.
const READ_WITHIN: Duration = Duration::from_millis(300);
/// How long one word takes to be written, at most (EPC Gen2 air interface: 20 ms), on top.
const WORD_WITHIN: Duration = Duration::from_millis(25);
/// After the answer of another tag, the right one may still come for so long.
const AFTER_ANOTHER: Duration = Duration::from_millis(60);
/// How often a tag that does not answer an order is tried.
const TRIES: u32 = 4;
/// Tries in vain after which a module may be one that wants a tag to be chosen in the other way.
const TRIES_OF_MANUAL: u32 = 3;
/// How many chip numbers are read in one interruption.
const CHIPS_AT_ONCE: usize = 4;
/// Words of a chip number, and what shorter chips have (stream-cleaning page, section 7).
const TID_WORDS: [u8; 3] = [6, 4, 2];
/// Where the EPC begins in its bank, in bits: behind checksum and PC.
const EPC_AT_BIT: u32 = 0x20;
/// The longest mask: its length in bits is one byte, whole bytes are sent.
const MASK_BYTES_MAX: usize = 31;
/// Select counts for access, not for rounds.
const SELECT_FOR_ACCESS: u8 = 2;
/// An access moves at most so many words.
const WORDS_MAX: usize = 32;

/// How a module wants a tag to be chosen: target, action and bank of Select in one byte.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum SelectForm {
    /// Session S0, matching tags to A, bank EPC.
    Manual,
    /// (?) The byte that boards of the E720 class expect; they keep the choice until it is taken back.
    E720,
}

impl SelectForm {
    const ALL: [Self; 2] = [Self::Manual, Self::E720];
    const E720_CLEAR: [u8; 7] = [0x23, 0, 0, 0, 0, 0x60, 0];

    fn byte(self) -> u8 {
        match self {
            Self::Manual => 0x01,
            Self::E720 => 0x23,
        }
    }
}

/// What a command to a tag brought.
enum Told {
    /// The chosen tag did it.
    Done(Box<TagRecord>),
    /// Done, and the module does not say by which tag.
    Result(u8),
    Failed(u8),
    /// Another tag answered: this module did not understand the choice.
    AnotherTag,
    Nothing,
}

impl M100 {
    /// Serves the access that waits, and leaves the module ready for polling with `polled`.
    pub(super) async fn serve_order<L: Line, F: FnMut(ReaderEvent) + Send>(
        &mut self,
        talk: &mut Talk<M100Grammar, F>,
        line: &mut L,
        polled: u16,
    ) -> Result<(), ReaderError> {
        let Some((order, reply)) = talk.orders.take_access() else { return Ok(()) };
        self.begin_access(talk, line, polled).await?;
        match self.access(talk, line, &order).await {
            Ok(result) => reply.give(result),
            Err(error) => {
                reply.give(Err(TagError::ReaderDown { why: error.to_string() }));
                return Err(error);
            }
        }
        self.end_access(talk, line, polled).await
    }

    /// Reads the chip number of a tag and of some others that are due, and hands them on.
    pub(super) async fn read_chips<L: Line, F: FnMut(ReaderEvent) + Send>(
        &mut self,
        talk: &mut Talk<M100Grammar, F>,
        line: &mut L,
        polled: u16,
        first: Vec<u8>,
        chips: &mut Chips,
    ) -> Result<(), ReaderError> {
        self.begin_access(talk, line, polled).await?;
        let mut next = Some(first);
        for _ in 0..CHIPS_AT_ONCE {
            let Some(epc) = next.take().or_else(|| chips.next(Instant::now())) else { break };
            match self.read_chip(talk, line, &epc).await? {
                Ok(read) => {
                    chips.done(&epc, Instant::now());
                    talk.hand_on(read);
                }
                Err(TagError::NoAnswer) => {
                    self.warn(talk, "the reader does not answer when a chip number is read".to_owned());
                    break;
                }
                Err(error) => tracing::debug!(port = %talk.port, %error, "chip number not read"),
            }
        }
        self.end_access(talk, line, polled).await
    }

    async fn begin_access<L: Line, F: FnMut(ReaderEvent) + Send>(
        &mut self,
        talk: &mut Talk<M100Grammar, F>,
        line: &mut L,
        polled: u16,
    ) -> Result<(), ReaderError> {
        let ours = query(polled, Session::S0, false, None);
        if ours != polled {
            self.set_query(talk, line, ours).await?;
        }
        self.set(talk, line, SELECT_MODE, &[SELECT_FOR_ACCESS], "Select for access").await.map(drop)
    }

    async fn end_access<L: Line, F: FnMut(ReaderEvent) + Send>(
        &mut self,
        talk: &mut Talk<M100Grammar, F>,
        line: &mut L,
        polled: u16,
    ) -> Result<(), ReaderError> {
        if std::mem::take(&mut self.holds_choice) {
            self.insist(talk, line, SELECT, &SelectForm::E720_CLEAR).await?;
        }
        self.let_every_tag_answer(talk, line).await?;
        if query(polled, Session::S0, false, None) != polled {
            self.set_query(talk, line, polled).await?;
        }
        Ok(())
    }

    /// One try at a chip's number; the plan of chips tries again.
    async fn read_chip<L: Line, F: FnMut(ReaderEvent) + Send>(
        &mut self,
        talk: &mut Talk<M100Grammar, F>,
        line: &mut L,
        epc: &[u8],
    ) -> Result<Result<TagRead, TagError>, ReaderError> {
        let mut refused = TagError::Overrun;
        for words in TID_WORDS {
            let params = memory_params(Password::NONE, Bank::Tid, 0, words.into());
            match self.read(talk, line, epc, &params, words.into(), 1).await? {
                Ok((pc, tid)) => {
                    return Ok(Ok(TagRead {
                        epc: epc.to_vec(),
                        pc,
                        tid: Some(tid),
                        antenna: ANTENNA,
                        rssi_dbm: None,
                        rssi_raw: None,
                        freq_khz: None,
                        air_crc_valid: None,
                    }));
                }
                Err(TagError::Overrun) => {}
                Err(error) => {
                    refused = error;
                    break;
                }
            }
        }
        Ok(Err(refused))
    }

    async fn access<L: Line, F: FnMut(ReaderEvent) + Send>(
        &mut self,
        talk: &mut Talk<M100Grammar, F>,
        line: &mut L,
        order: &TagAccess,
    ) -> Result<TagResult, ReaderError> {
        let (epc, password) = (&order.epc[..], order.password);
        if epc.is_empty() {
            return Ok(Err(TagError::NotOffered("a tag without an EPC cannot be chosen")));
        }
        Ok(match &order.access {
            Access::Read { words, .. } if !(1..=WORDS_MAX).contains(&usize::from(*words)) => {
                Err(TagError::NotOffered("1 to 32 words are read at once"))
            }
            Access::Write { data, .. }
                if data.is_empty() || data.len() % 2 != 0 || data.len() > WORDS_MAX * 2 =>
            {
                Err(TagError::NotOffered("1 to 32 whole words are written at once"))
            }
            Access::Read { bank, word, words } => {
                let words = u16::from(*words);
                let params = memory_params(password, *bank, *word, words);
                let read = self.read(talk, line, epc, &params, words, TRIES).await?;
                read.map(|(_, words)| TagOutcome::Words(words))
            }
            Access::Write { bank, word, data } => {
                let words = (data.len() / 2) as u16;
                let mut params = memory_params(password, *bank, *word, words);
                params.extend_from_slice(data);
                let within = READ_WITHIN + WORD_WITHIN * u32::from(words);
                // Some say the old EPC, some the new one: the choice was tried before.
                let says = (*bank != Bank::Epc).then_some(epc);
                self.change(talk, line, epc, says, (WRITE, &params), within).await?
            }
            Access::Lock(bits) => {
                let params = lock_params(password, *bits);
                self.change(talk, line, epc, Some(epc), (LOCK, &params), READ_WITHIN + WORD_WITHIN).await?
            }
        })
    }

    /// Reads memory words of one tag; gives its PC with them. Where it is not known how the module wants a tag to be
    /// chosen, each way is tried.
    async fn read<L: Line, F: FnMut(ReaderEvent) + Send>(
        &mut self,
        talk: &mut Talk<M100Grammar, F>,
        line: &mut L,
        epc: &[u8],
        params: &[u8],
        words: u16,
        tries: u32,
    ) -> Result<Result<(Option<u16>, Vec<u8>), TagError>, ReaderError> {
        let mut refused = TagError::NoTag;
        for form in SelectForm::ALL {
            let in_vain = self.tries_in_vain >= TRIES_OF_MANUAL;
            let fits = self.select_form.map_or(form == SelectForm::Manual || in_vain, |known| known == form);
            if !fits {
                continue;
            }
            if let Err(error) = self.select(talk, line, epc, form).await? {
                refused = error;
                continue;
            }
            for _ in 0..tries {
                self.tries_in_vain = self.tries_in_vain.saturating_add(1);
                match self.command(talk, line, Some(epc), (READ, params), READ_WITHIN).await? {
                    Told::Done(record) => {
                        (self.select_form, self.tries_in_vain) = (Some(form), 0);
                        let TagRecord { read, data, .. } = *record;
                        let data = data.filter(|data| data.len() == usize::from(words) * 2);
                        return Ok(data.map(|data| (read.pc, data)).ok_or(TagError::Refused {
                            code: READ.into(),
                            meaning: "another number of words than was asked for",
                        }));
                    }
                    Told::Failed(code) => match code::tag_error(code) {
                        TagError::NoTag => refused = TagError::NoTag,
                        // The tag itself said so: the choice was understood.
                        error => return Ok(Err(error)),
                    },
                    Told::Nothing => refused = TagError::NoAnswer,
                    Told::AnotherTag | Told::Result(_) => {
                        self.tries_in_vain = TRIES_OF_MANUAL;
                        break;
                    }
                }
            }
        }
        Ok(Err(refused))
    }

    /// Writes or locks one tag. Before, one word is read: only when the chosen tag answers that, the module has
    /// understood the choice, and no other tag is written.
    async fn change<L: Line, F: FnMut(ReaderEvent) + Send>(
        &mut self,
        talk: &mut Talk<M100Grammar, F>,
        line: &mut L,
        epc: &[u8],
        says: Option<&[u8]>,
        (command, params): (u8, &[u8]),
        within: Duration,
    ) -> Result<TagResult, ReaderError> {
        let one_word = memory_params(Password::NONE, Bank::Tid, 0, 1);
        if let Err(error) = self.read(talk, line, epc, &one_word, 1, TRIES).await? {
            return Ok(Err(error));
        }
        let mut refused = TagError::NoTag;
        for _ in 0..TRIES {
            refused = match self.command(talk, line, says, (command, params), within).await? {
                Told::Done(record) => match record.result {
                    None | Some(0) => return Ok(Ok(TagOutcome::Done)),
                    Some(code) => return Ok(Err(code::tag_error(code))),
                },
                Told::Result(0) => return Ok(Ok(TagOutcome::Done)),
                Told::Result(code) => return Ok(Err(code::tag_error(code))),
                Told::Failed(code) => match code::tag_error(code) {
                    TagError::NoTag => TagError::NoTag,
                    error => return Ok(Err(error)),
                },
                Told::AnotherTag => {
                    let meaning = "another tag answered than the one that was chosen";
                    return Ok(Err(TagError::Refused { code: command.into(), meaning }));
                }
                Told::Nothing => TagError::NoAnswer,
            };
        }
        Ok(Err(refused))
    }

    /// Chooses the tag for the accesses that follow. A mask that ends before a long EPC does is good enough: the EPC in
    /// the answer is compared.
    async fn select<L: Line, F: FnMut(ReaderEvent) + Send>(
        &mut self,
        talk: &mut Talk<M100Grammar, F>,
        line: &mut L,
        epc: &[u8],
        form: SelectForm,
    ) -> Result<Result<(), TagError>, ReaderError> {
        self.holds_choice |= form == SelectForm::E720;
        let mask = &epc[..epc.len().min(MASK_BYTES_MAX)];
        let mut params = vec![form.byte()];
        params.extend(EPC_AT_BIT.to_be_bytes());
        params.extend([(mask.len() * 8) as u8, 0]);
        params.extend_from_slice(mask);
        Ok(match self.insist(talk, line, SELECT, &params).await? {
            None => Err(TagError::NoAnswer),
            Some(Ok(_)) => Ok(()),
            Some(Err(code)) => Err(code::tag_error(code)),
        })
    }

    /// Sends a command to the chosen tag and waits for its end; `says` is the EPC the answer must name.
    async fn command<L: Line, F: FnMut(ReaderEvent) + Send>(
        &self,
        talk: &mut Talk<M100Grammar, F>,
        line: &mut L,
        says: Option<&[u8]>,
        (command, params): (u8, &[u8]),
        within: Duration,
    ) -> Result<Told, ReaderError> {
        self.send(talk, line, command, params).await?;
        let mut until = Instant::now() + within;
        let mut told = Told::Nothing;
        while let Some(frame) = talk.receive(line, until).await? {
            if frame.error() == Some(code::NO_TAG_IN_ROUND) {
                return Ok(Told::Failed(code::NO_TAG_IN_ROUND));
            }
            match (answer_to(command, &frame), TagRecord::of(&frame)) {
                (None, _) => {}
                (Some(Err(code)), _) => return Ok(Told::Failed(code)),
                (Some(Ok(_)), Some(record)) => {
                    if says.is_none_or(|epc| epc == record.read.epc) {
                        return Ok(Told::Done(Box::new(record)));
                    }
                    // Perhaps a late answer to an earlier question.
                    told = Told::AnotherTag;
                    until = until.min(Instant::now() + AFTER_ANOTHER);
                }
                (Some(Ok(params)), None) => {
                    return Ok(params.first().map_or(Told::Nothing, |&result| Told::Result(result)));
                }
            }
        }
        Ok(told)
    }
}

//! The memory of one tag: what is ordered, and the chip numbers the stream does not bring (protocol sheet, section 7).
//!
//! Access asks for tags in state A. In a session other than S0 a tag that was just read is in B and stays mute although
//! it lies in front of the antenna, so the session is S0 while access goes on.

use std::collections::VecDeque;
use std::time::Duration;

use tokio::time::Instant;

use super::driver::MercuryReader;
use super::frame::{Frame, Mercury};
use super::opcode::*;
use super::reply::WITH_METADATA;
use super::status::{self, Trouble, trouble};
use crate::reader::line::Line;
use crate::reader::talk::Talk;
use crate::reader::{
    Access, Bank, Password, ReaderError, ReaderEvent, Session, TagAccess, TagError, TagOutcome, TagRead,
    TagResult,
};

/// Sightings remembered, to know at which antenna a tag lies.
const RECENT_MAX: usize = 256;
/// How long a module tries to read a tag, and to write one.
const READ_MS: u16 = 250;
const WRITE_MS: u16 = 1000;
/// What the answer may take beyond that (section 9).
const ANSWER_AFTER: Duration = Duration::from_secs(1);
/// Rounds over the antennas before a tag counts as unheard (section 8: retry up to 3).
const ROUNDS: u32 = 3;
/// Chip numbers read in one rest of the stream.
const CHIPS_AT_ONCE: usize = 8;
/// Words of TID to ask for: all that common chips have, the older ones' four, the class and model alone.
const TID_WORDS: [u8; 3] = [6, 4, 2];
/// Selects the tag by its EPC; the longer form has a length of two bytes (K).
const BY_EPC: u8 = 0x01;
const LONG_SELECTION: u8 = 0x20;

/// Which antenna heard which tag lately; the newest last.
#[derive(Debug, Default)]
pub(super) struct Recent(VecDeque<(Vec<u8>, u8)>);

impl Recent {
    pub fn heard(&mut self, epc: &[u8], antenna: u8) {
        if self.0.back().is_some_and(|(last, at)| last == epc && *at == antenna) {
            return;
        }
        if self.0.len() >= RECENT_MAX {
            self.0.pop_front();
        }
        self.0.push_back((epc.to_vec(), antenna));
    }

    fn antenna_of(&self, epc: &[u8]) -> Option<u8> {
        self.0.iter().rev().find(|(heard, _)| heard == epc).map(|&(_, antenna)| antenna)
    }
}

/// How one try at one antenna went.
enum Try {
    Done(Vec<u8>),
    Code(u16),
    NoAnswer,
}

impl MercuryReader {
    /// Whether a chip number is due, without taking it off the plan.
    pub(super) fn chips_wait(&self, now: Instant) -> bool {
        self.chips.is_due(now)
    }

    /// Obeys the orders that wait.
    pub(super) async fn serve_access<L: Line, F: FnMut(ReaderEvent) + Send>(
        &mut self,
        talk: &mut Talk<Mercury, F>,
        line: &mut L,
    ) -> Result<(), ReaderError> {
        let mut prepared = false;
        while talk.orders.access_waits(Instant::now()) {
            let Some((order, reply)) = talk.orders.take_access() else { break };
            if self.deaf {
                reply.give(Err(TagError::NoAnswer));
                continue;
            }
            let done = self.obey(talk, line, &order, &mut prepared).await;
            match done {
                Ok(result) => reply.give(result),
                Err(why) => {
                    reply.give(Err(TagError::ReaderDown { why: why.to_string() }));
                    return Err(why);
                }
            }
        }
        if prepared { self.after_access(talk, line).await } else { Ok(()) }
    }

    /// Reads the chip numbers that are due, and tells them as sightings.
    pub(super) async fn read_chips<L: Line, F: FnMut(ReaderEvent) + Send>(
        &mut self,
        talk: &mut Talk<Mercury, F>,
        line: &mut L,
    ) -> Result<(), ReaderError> {
        let due: Vec<Vec<u8>> =
            std::iter::from_fn(|| self.chips.next(Instant::now())).take(CHIPS_AT_ONCE).collect();
        if due.is_empty() {
            return Ok(());
        }
        self.before_access(talk, line).await?;
        for epc in due {
            let antenna = self.antennas_for(&epc)[0];
            self.select(talk, line, antenna).await?;
            if let Some(tid) = self.read_chip(talk, line, &epc).await? {
                self.chips.done(&epc, Instant::now());
                talk.hand_on(TagRead {
                    epc,
                    pc: None,
                    tid: Some(tid),
                    antenna,
                    rssi_dbm: None,
                    rssi_raw: None,
                    freq_khz: None,
                    air_crc_valid: None,
                });
            }
        }
        self.after_access(talk, line).await
    }

    async fn read_chip<L: Line, F: FnMut(ReaderEvent) + Send>(
        &mut self,
        talk: &mut Talk<Mercury, F>,
        line: &mut L,
        epc: &[u8],
    ) -> Result<Option<Vec<u8>>, ReaderError> {
        for words in TID_WORDS {
            let access = Access::Read { bank: Bank::Tid, word: 0, words };
            let order = TagAccess { epc: epc.to_vec(), password: Password::NONE, access };
            match self.attempt(talk, line, &order).await? {
                Try::Done(tid) => return Ok(Some(tid)),
                // An older chip has fewer words; some say so by saying nothing of use.
                Try::Code(status::OVERRUN | 0x0404 | 0x040A | 0x042F) => {}
                Try::Code(_) | Try::NoAnswer => break,
            }
        }
        Ok(None)
    }

    async fn before_access<L: Line, F: FnMut(ReaderEvent) + Send>(
        &mut self,
        talk: &mut Talk<Mercury, F>,
        line: &mut L,
    ) -> Result<(), ReaderError> {
        if self.settings.session != Session::S0 {
            self.write_session(talk, line, Session::S0.number()).await?;
        }
        Ok(())
    }

    /// Back to what the inventory needs.
    async fn after_access<L: Line, F: FnMut(ReaderEvent) + Send>(
        &mut self,
        talk: &mut Talk<Mercury, F>,
        line: &mut L,
    ) -> Result<(), ReaderError> {
        if self.settings.session != Session::S0 {
            self.write_session(talk, line, self.settings.session.number()).await?;
        }
        self.restore_antennas(talk, line).await
    }

    /// One order, at every antenna where the tag may lie.
    async fn obey<L: Line, F: FnMut(ReaderEvent) + Send>(
        &mut self,
        talk: &mut Talk<Mercury, F>,
        line: &mut L,
        order: &TagAccess,
        prepared: &mut bool,
    ) -> Result<TagResult, ReaderError> {
        if let Err(refused) = check(order) {
            return Ok(Err(refused));
        }
        if !std::mem::replace(prepared, true) {
            self.before_access(talk, line).await?;
        }
        let mut failed = TagError::NoTag;
        for _ in 0..ROUNDS {
            for antenna in self.antennas_for(&order.epc) {
                self.select(talk, line, antenna).await?;
                match self.attempt(talk, line, order).await? {
                    Try::Done(words) if matches!(order.access, Access::Read { .. }) => {
                        return Ok(Ok(TagOutcome::Words(words)));
                    }
                    Try::Done(_) => return Ok(Ok(TagOutcome::Done)),
                    Try::NoAnswer => failed = TagError::NoAnswer,
                    Try::Code(code) => match tag_error(code) {
                        TagError::NoTag => {}
                        definite @ (TagError::Locked | TagError::Overrun) => return Ok(Err(definite)),
                        passing => failed = passing,
                    },
                }
            }
        }
        let vague = matches!(failed, TagError::NoTag | TagError::Refused { .. });
        if vague && order.password != Password::NONE && self.answers_without(talk, line, &order.epc).await? {
            failed = TagError::WrongPassword;
        }
        Ok(Err(failed))
    }

    /// Whether the tag answers when no password is given. One that is given a wrong password falls silent, which a
    /// module cannot tell from a tag that is not there.
    async fn answers_without<L: Line, F: FnMut(ReaderEvent) + Send>(
        &mut self,
        talk: &mut Talk<Mercury, F>,
        line: &mut L,
        epc: &[u8],
    ) -> Result<bool, ReaderError> {
        let access = Access::Read { bank: Bank::Epc, word: 1, words: 1 };
        let order = TagAccess { epc: epc.to_vec(), password: Password::NONE, access };
        for _ in 0..ROUNDS {
            for antenna in self.antennas_for(epc) {
                self.select(talk, line, antenna).await?;
                if let Try::Done(_) = self.attempt(talk, line, &order).await? {
                    return Ok(true);
                }
            }
        }
        Ok(false)
    }

    /// The antennas at which to look for a tag, the likeliest first; never empty.
    fn antennas_for(&self, epc: &[u8]) -> Vec<u8> {
        let known = self.recent.antenna_of(epc).filter(|antenna| self.ports.in_use.contains(antenna));
        let others = self.ports.in_use.iter().copied().filter(|&antenna| Some(antenna) != known);
        let list: Vec<u8> = known.into_iter().chain(others).collect();
        if list.is_empty() { vec![1] } else { list }
    }

    async fn select<L: Line, F: FnMut(ReaderEvent) + Send>(
        &mut self,
        talk: &mut Talk<Mercury, F>,
        line: &mut L,
        antenna: u8,
    ) -> Result<(), ReaderError> {
        self.set(talk, line, ANTENNA_SET, &[antenna, antenna]).await
    }

    /// One access at the selected antenna. A module of the older kind is asked in its own way from then on.
    async fn attempt<L: Line, F: FnMut(ReaderEvent) + Send>(
        &mut self,
        talk: &mut Talk<Mercury, F>,
        line: &mut L,
        order: &TagAccess,
    ) -> Result<Try, ReaderError> {
        let (mut opcode, mut data) = command(order, self.short_read);
        let (timeout_ms, wanted) = match &order.access {
            Access::Read { words, .. } => (READ_MS, usize::from(*words) * 2),
            Access::Write { .. } | Access::Lock(_) => (WRITE_MS, 0),
        };
        let within = Duration::from_millis(timeout_ms.into()) + ANSWER_AFTER;
        let mut answer = self.exchange(talk, line, opcode, &data, within).await?;
        let refused = |answer: &Option<Frame>| {
            matches!(answer, Some(Frame { status: Some(0x0100 | 0x0102 | 0x0105), .. }))
        };
        if opcode == READ_DATA && !self.short_read && refused(&answer) {
            (opcode, data) = command(order, true);
            answer = self.exchange(talk, line, opcode, &data, within).await?;
            self.short_read = answer.is_some() && !refused(&answer);
        }
        match answer {
            None => {
                self.settle(talk, line).await?;
                Ok(Try::NoAnswer)
            }
            Some(Frame { status: Some(status::OK), data, .. }) => {
                Ok(words_of(&data, wanted).map_or(Try::Code(0x0404), Try::Done))
            }
            Some(Frame { status: Some(code), .. }) if trouble(code) == Trouble::Fatal => {
                Err(talk.fault(code, status::words(code)))
            }
            Some(Frame { status, .. }) => Ok(Try::Code(status.unwrap_or(status::NO_TAG))),
        }
    }
}

/// Refuses before the air what no tag could do.
fn check(order: &TagAccess) -> Result<(), TagError> {
    let whole = |bytes: usize, most: usize| bytes > 0 && bytes <= most && bytes.is_multiple_of(2);
    if !whole(order.epc.len(), 62) {
        return Err(TagError::NoTag);
    }
    let fits = match &order.access {
        Access::Read { words, .. } => whole(usize::from(*words) * 2, 64),
        Access::Write { data, .. } => whole(data.len(), 64),
        Access::Lock(bits) => bits.mask < 0x400 && bits.action < 0x400,
    };
    if fits { Ok(()) } else { Err(TagError::NotOffered("so many words at once")) }
}

/// The command's operation and data: option, what to do, password and selection, in the order each operation has.
fn command(order: &TagAccess, short_read: bool) -> (u8, Vec<u8>) {
    let (option, selection) = selection(&order.epc);
    let password = order.password.0.to_be_bytes();
    match &order.access {
        Access::Read { bank, word, words } => {
            let mut data = READ_MS.to_be_bytes().to_vec();
            if short_read {
                data.push(option);
            } else {
                data.extend([option | WITH_METADATA, 0, 0]);
            }
            data.push(bank.number());
            data.extend(u32::from(*word).to_be_bytes());
            data.push(*words);
            data.extend(password);
            data.extend(selection);
            (READ_DATA, data)
        }
        Access::Write { bank, word, data: words } => {
            let mut data = WRITE_MS.to_be_bytes().to_vec();
            data.push(option);
            data.extend(u32::from(*word).to_be_bytes());
            data.push(bank.number());
            data.extend(password);
            data.extend(selection);
            data.extend(words);
            (WRITE_DATA, data)
        }
        Access::Lock(bits) => {
            let mut data = WRITE_MS.to_be_bytes().to_vec();
            data.push(option);
            data.extend(password);
            data.extend(bits.mask.to_be_bytes());
            data.extend(bits.action.to_be_bytes());
            data.extend(selection);
            (LOCK, data)
        }
    }
}

/// The option and the bytes that select one tag by its EPC: length in bits, and the EPC.
fn selection(epc: &[u8]) -> (u8, Vec<u8>) {
    let bits = (epc.len() * 8) as u16;
    match u8::try_from(bits) {
        Ok(bits) => (BY_EPC, [&[bits], epc].concat()),
        Err(_) => (BY_EPC | LONG_SELECTION, [&bits.to_be_bytes(), epc].concat()),
    }
}

/// The words of an answer: with option and metadata in front, or alone.
fn words_of(data: &[u8], wanted: usize) -> Option<Vec<u8>> {
    match data.len().checked_sub(wanted) {
        Some(0 | 3) => Some(data[data.len() - wanted..].to_vec()),
        _ if wanted == 0 => Some(Vec::new()),
        _ => None,
    }
}

fn tag_error(code: u16) -> TagError {
    match code {
        status::NO_TAG => TagError::NoTag,
        status::OVERRUN => TagError::Overrun,
        status::LOCKED => TagError::Locked,
        status::LOW_POWER => TagError::LowPower,
        code => TagError::Refused { code: code.into(), meaning: status::words(code) },
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_long_epc_is_selected_with_a_length_of_two_bytes() {
        let epc = [0xAB; 12];
        let (option, bytes) = selection(&epc);
        assert_eq!((option, bytes[0], bytes.len()), (0x01, 96, 13));
        let epc = [0xAB; 32];
        let (option, bytes) = selection(&epc);
        assert_eq!((option, &bytes[..2], bytes.len()), (0x21, &[1_u8, 0][..], 34));
    }
}

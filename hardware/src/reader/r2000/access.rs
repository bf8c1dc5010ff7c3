//! Orders: one tag's memory read, written and locked.
//!
//! The reader's commands go to every tag at the antenna in use. An EPC match restricts them, but not on every firmware
//! (protocol sheet, section 6), so the EPC in the answer decides. Without a match nothing is written at all.

use std::time::Duration;

use tokio::time::Instant;

use super::code;
use super::command::*;
use super::detail::{Detail, MATCH_NONE, MATCH_ONE};
use super::frame::Memory;
use super::inventory::Inventory;
use super::link::Link;
use super::words::{Answer, Reading, to_all};
use crate::reader::line::Line;
use crate::reader::{
    Access, Bank, LockBits, Password, ReaderError, ReaderEvent, TagAccess, TagError, TagOutcome, TagResult,
};

/// How long a write of many words, one by one, may take.
const WRITE_WITHIN: Duration = Duration::from_secs(2);
/// Tries while a tag does not answer or the radio has a bad moment.
const TRIES: u32 = 5;
/// No further try begins after so long: somebody stands there and waits.
const TRIED_FOR: Duration = Duration::from_secs(3);
/// The longest EPC, bytes.
const EPC_BYTES_MAX: usize = 62;
/// The most words in one access.
const WORDS_MAX: usize = 32;
/// Areas of the lock command, in the order of a Gen2 lock's bits from the lowest pair up: user, TID, EPC, access
/// password, kill password ((K) makers' programs; the sheet names the command only).
const LOCK_AREAS: [u8; 5] = [1, 2, 3, 4, 5];

/// A command of this protocol that is part of an order.
#[derive(Debug, PartialEq, Eq)]
struct Step {
    command: u8,
    data: Vec<u8>,
}

impl Inventory {
    /// Carries out what waits.
    pub(super) async fn serve_orders<L: Line, F: FnMut(ReaderEvent) + Send>(
        &mut self,
        link: &mut Link<'_, L, F>,
    ) -> Result<(), ReaderError> {
        while link.talk.orders.access_waits(Instant::now()) {
            let Some((order, reply)) = link.talk.orders.take_access() else { return Ok(()) };
            match self.access(link, &order).await {
                Ok(result) => reply.give(result),
                Err(error) => {
                    reply.give(Err(TagError::ReaderDown { why: error.to_string() }));
                    return Err(error);
                }
            }
        }
        Ok(())
    }

    /// Tries the antennas one after the other until the tag answers.
    async fn access<L: Line, F: FnMut(ReaderEvent) + Send>(
        &mut self,
        link: &mut Link<'_, L, F>,
        order: &TagAccess,
    ) -> Result<TagResult, ReaderError> {
        let epc_fits =
            !order.epc.is_empty() && order.epc.len() <= EPC_BYTES_MAX && order.epc.len().is_multiple_of(2);
        if !epc_fits {
            return Ok(Err(TagError::NoTag));
        }
        let mut result = Err(TagError::NoTag);
        for at in 0..self.antennas.len() {
            if let Some(code) = self.select(link, at).await? {
                self.rest_antenna(link, at, code);
                continue;
            }
            result = self.access_here(link, order).await?;
            if result != Err(TagError::NoTag) {
                break;
            }
        }
        Ok(result)
    }

    async fn access_here<L: Line, F: FnMut(ReaderEvent) + Send>(
        &mut self,
        link: &mut Link<'_, L, F>,
        order: &TagAccess,
    ) -> Result<TagResult, ReaderError> {
        let only = self.match_one(link, &order.epc).await?;
        let result = match (&order.access, only) {
            (Access::Read { bank, word, words }, _) => {
                self.read_words(link, order, *bank, *word, *words).await?
            }
            (_, Err(error)) => Err(error),
            (access, Ok(())) => write(link, order, access).await?,
        };
        self.match_none(link).await?;
        Ok(result)
    }

    /// Restricts what follows to the tag with this EPC.
    async fn match_one<L: Line, F: FnMut(ReaderEvent) + Send>(
        &mut self,
        link: &mut Link<'_, L, F>,
        epc: &[u8],
    ) -> Result<Result<(), TagError>, ReaderError> {
        let mut data = vec![MATCH_ONE, epc.len() as u8];
        data.extend_from_slice(epc);
        self.matched = true;
        // Nothing is written without it, so a reader that kept silent to it before is asked once more.
        link.talk.unmute(MATCH_SET.into());
        Ok(match link.ask(MATCH_SET, &data).await? {
            Some(Detail::Code { code: code::OK, .. }) => Ok(()),
            Some(Detail::Code { code, .. }) => Err(code::tag_error(code)),
            _ => Err(TagError::NotOffered("it cannot restrict a command to one tag")),
        })
    }

    /// Lets commands go to every tag again.
    pub(super) async fn match_none<L: Line, F: FnMut(ReaderEvent) + Send>(
        &mut self,
        link: &mut Link<'_, L, F>,
    ) -> Result<(), ReaderError> {
        if let Some(code) = link.set(MATCH_SET, &[MATCH_NONE]).await? {
            let meaning = code::meaning(code).unwrap_or("an unknown fault");
            tracing::warn!(port = %link.talk.port, code, meaning, "the reader keeps its EPC match");
        }
        self.matched = false;
        Ok(())
    }

    async fn read_words<L: Line, F: FnMut(ReaderEvent) + Send>(
        &mut self,
        link: &mut Link<'_, L, F>,
        order: &TagAccess,
        bank: Bank,
        word: u16,
        words: u8,
    ) -> Result<TagResult, ReaderError> {
        let Ok(word) = u8::try_from(word) else { return Ok(Err(TagError::Overrun)) };
        if words == 0 || usize::from(words) > WORDS_MAX {
            return Ok(Err(TagError::Overrun));
        }
        if order.password != Password::NONE && self.words.take_no_password() {
            return Ok(Err(TagError::NotOffered("its firmware reads without a password only")));
        }
        let reading = Reading { bank, word, words, password: order.password };
        let (mut last, until) = (TagError::NoAnswer, Instant::now() + TRIED_FOR);
        for _ in (0..TRIES).take_while(|_| Instant::now() < until) {
            link.grammar().memory = Memory::Other;
            let answer = self.words.read(link, reading).await;
            link.grammar().memory = Memory::default();
            match words_of(answer?, order, usize::from(words) * 2) {
                Ok(words) => return Ok(Ok(TagOutcome::Words(words))),
                Err(Failure { error, again: true }) => last = more_telling(last, error),
                Err(Failure { error, again: false }) => return Ok(Err(error)),
            }
        }
        Ok(Err(last))
    }
}

/// Why one try failed.
struct Failure {
    error: TagError,
    /// Another try may go well.
    again: bool,
}

impl Failure {
    /// What the reader said instead of the tag.
    fn said(code: Option<u8>) -> Self {
        match code {
            Some(code) => Self { error: code::tag_error(code), again: code::may_pass(code) },
            None => Self { error: TagError::NoAnswer, again: true },
        }
    }

    fn no_tag() -> Self {
        Self { error: TagError::NoTag, again: true }
    }
}

/// Of two tries' errors the one that says more: that the tag refused is no longer in doubt because it was missed later.
fn more_telling(before: TagError, now: TagError) -> TagError {
    let says = |error: &TagError| match error {
        TagError::NoAnswer => 0,
        TagError::NoTag => 1,
        _ => 2,
    };
    if says(&before) > says(&now) { before } else { now }
}

fn words_of(answer: Answer, order: &TagAccess, bytes: usize) -> Result<Vec<u8>, Failure> {
    if answer.records.is_empty() {
        return Err(Failure::said(answer.code));
    }
    let of_tag = answer.records.into_iter().find(|record| record.read.epc == order.epc);
    of_tag.and_then(|record| record.data).filter(|data| data.len() == bytes).ok_or_else(Failure::no_tag)
}

/// Writes or locks, step by step; the first step that fails ends it.
async fn write<L: Line, F: FnMut(ReaderEvent) + Send>(
    link: &mut Link<'_, L, F>,
    order: &TagAccess,
    access: &Access,
) -> Result<TagResult, ReaderError> {
    let steps = match steps(order.password, access) {
        Ok(steps) => steps,
        Err(error) => return Ok(Err(error)),
    };
    for step in steps {
        if let Err(error) = take_step(link, order, access, step).await? {
            return Ok(Err(error));
        }
    }
    Ok(Ok(TagOutcome::Done))
}

/// One step until the tag confirms it. Doing it twice does no harm: the same words are written.
async fn take_step<L: Line, F: FnMut(ReaderEvent) + Send>(
    link: &mut Link<'_, L, F>,
    order: &TagAccess,
    access: &Access,
    mut step: Step,
) -> Result<Result<(), TagError>, ReaderError> {
    let (mut last, until) = (TagError::NoAnswer, Instant::now() + TRIED_FOR);
    for _ in (0..TRIES).take_while(|_| Instant::now() < until) {
        let answer = to_all(link, step.command, &step.data, WRITE_WITHIN).await?;
        let unknown = answer.code == Some(code::WRONG_PARAMETER);
        match outcome(answer, order, access) {
            Ok(()) => return Ok(Ok(())),
            Err(_) if unknown && step.command == WRITE => step.command = BLOCK_WRITE,
            Err(Failure { error, again: true }) => last = more_telling(last, error),
            Err(Failure { error, again: false }) => return Ok(Err(error)),
        }
    }
    Ok(Err(last))
}

/// What the answers to a write say of this tag. A tag that was given another EPC may answer with the new one already.
fn outcome(answer: Answer, order: &TagAccess, access: &Access) -> Result<(), Failure> {
    if answer.records.is_empty() {
        return Err(Failure::said(answer.code));
    }
    let new = new_epc(&order.epc, access);
    let of_tag = answer
        .records
        .iter()
        .find(|record| record.read.epc == order.epc || Some(&record.read.epc) == new.as_ref());
    match of_tag.map(|record| record.status) {
        Some(Some(code::OK)) => Ok(()),
        Some(status) => Err(Failure::said(status)),
        // The match did not hold: whatever happened, it happened to another tag.
        None => Err(Failure {
            error: TagError::Refused {
                code: 0,
                meaning: "another tag took the command: leave only one in the field",
            },
            again: false,
        }),
    }
}

/// The EPC a tag has after a write to the bank it lies in.
fn new_epc(old: &[u8], access: &Access) -> Option<Vec<u8>> {
    let Access::Write { bank: Bank::Epc, word, data } = access else { return None };
    // Word 0 is the checksum, word 1 the PC, whose upper five bits are the EPC's length.
    let mut bank = [0; 4 + EPC_BYTES_MAX];
    bank[2] = (old.len() / 2) as u8 * 8;
    bank[4..4 + old.len()].copy_from_slice(old);
    let from = usize::from(*word) * 2;
    bank.get_mut(from..from + data.len())?.copy_from_slice(data);
    let bytes = usize::from(bank[2] >> 3) * 2;
    Some(bank[4..4 + bytes].to_vec())
}

/// The commands of an order that changes a tag.
fn steps(password: Password, access: &Access) -> Result<Vec<Step>, TagError> {
    let password = password.0.to_be_bytes();
    match access {
        Access::Read { .. } => Ok(Vec::new()),
        Access::Write { bank, word, data } => {
            let word = u8::try_from(*word).map_err(|_| TagError::Overrun)?;
            if data.is_empty() || !data.len().is_multiple_of(2) || data.len() > WORDS_MAX * 2 {
                return Err(TagError::Overrun);
            }
            let head = [bank.number(), word, (data.len() / 2) as u8];
            Ok(vec![Step { command: WRITE, data: [&password[..], &head, data].concat() }])
        }
        Access::Lock(bits) => locks(*bits)?
            .into_iter()
            .map(|lock| Ok(Step { command: LOCK, data: [&password[..], &lock].concat() }))
            .collect(),
    }
}

/// Area and action for each pair of bits that counts: 0 open, 1 lock, 2 open for ever, 3 lock for ever.
fn locks(bits: LockBits) -> Result<Vec<[u8; 2]>, TagError> {
    let mut locks = Vec::new();
    for (pair, area) in LOCK_AREAS.into_iter().enumerate() {
        let of = |bits: u16| bits >> (2 * pair) & 0b11;
        let action = match (of(bits.mask), of(bits.action)) {
            (0b00, _) => continue,
            (0b10, action) => (action >> 1) as u8,
            (0b11, 0b00) => 0,
            (0b11, 0b10) => 1,
            (0b11, 0b01) => 2,
            (0b11, _) => 3,
            _ => return Err(TagError::NotOffered("it cannot make a lock permanent and leave it as it is")),
        };
        locks.push([area, action]);
    }
    Ok(locks)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn lock_bits_become_areas_and_actions() {
        // Kill password for ever, access password locked, EPC locked, user memory opened.
        let bits = LockBits { mask: 0b11_10_10_00_10, action: 0b11_10_10_00_00 };
        assert_eq!(locks(bits), Ok(vec![[1, 0], [3, 1], [4, 1], [5, 3]]));
        assert_eq!(locks(LockBits { mask: 0b11, action: 0b01 }), Ok(vec![[1, 2]]));
        assert!(locks(LockBits { mask: 0b01, action: 0b01 }).is_err());
    }

    #[test]
    fn the_epc_after_a_write_is_known_before() {
        let write = |word, data: &[u8]| Access::Write { bank: Bank::Epc, word, data: data.to_vec() };
        assert_eq!(new_epc(&[1; 12], &write(1, &[0x10, 0, 7, 7, 7, 7])), Some(vec![7; 4]));
        assert_eq!(new_epc(&[1; 4], &write(3, &[9, 9])), Some(vec![1, 1, 9, 9]));
        assert_eq!(new_epc(&[1; 4], &write(200, &[9, 9])), None);
        assert_eq!(new_epc(&[1; 4], &Access::Write { bank: Bank::User, word: 0, data: vec![0, 0] }), None);
    }
}

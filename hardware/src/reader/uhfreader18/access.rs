//! Chip numbers and memory: one tag, chosen by its EPC (protocol sheet, section 6).

use std::time::Duration;

use tokio::time::Instant;

use super::code;
use super::command::*;
use super::driver::{Uhfreader18, answers};
use super::frame::{Frame, Uhf18, command_bytes};
use crate::reader::line::Line;
use crate::reader::talk::Talk;
use crate::reader::{
    Access, Bank, LockBits, Password, ReaderError, ReaderEvent, TagAccess, TagError, TagOutcome, TagResult,
};

/// How long reading a tag's memory may take; a lost answer must not stop the rounds for longer than a person notices.
const READ_WITHIN: Duration = Duration::from_millis(500);
/// How long changing it may take. Writing 32 words takes most of a second.
const CHANGED_WITHIN: Duration = Duration::from_millis(2000);
/// Tries where the link was poor or the tag was not heard (section 6: retry 3 times).
const TRIES: u32 = 3;
/// Words of a chip number: 96 bits; older chips have 64.
const TID_WORDS: [u8; 2] = [6, 4];

/// Words to read or write at once.
const WORDS_MAX: usize = 32;

/// One command, ready to be sent.
struct Step {
    command: u8,
    data: Vec<u8>,
}

/// Does one access.
pub(super) async fn perform<L: Line, F: FnMut(ReaderEvent) + Send>(
    reader: &Uhfreader18,
    talk: &mut Talk<Uhf18, F>,
    line: &mut L,
    access: &TagAccess,
) -> Result<TagResult, ReaderError> {
    let steps = match steps(access) {
        Ok(steps) => steps,
        Err(refused) => return Ok(Err(refused)),
    };
    let mut outcome = Ok(TagOutcome::Done);
    for step in &steps {
        outcome = exchange(reader, talk, line, step, TRIES).await?;
        if outcome.is_err() {
            break;
        }
    }
    Ok(outcome)
}

/// Reads a chip's number once.
pub(super) async fn read_tid<L: Line, F: FnMut(ReaderEvent) + Send>(
    reader: &Uhfreader18,
    talk: &mut Talk<Uhf18, F>,
    line: &mut L,
    epc: &[u8],
) -> Result<TagResult, ReaderError> {
    let mut result = Err(TagError::NoTag);
    for words in TID_WORDS {
        let access = Access::Read { bank: Bank::Tid, word: 0, words };
        let access = TagAccess { epc: epc.to_vec(), password: Password::NONE, access };
        let Some(step) = steps(&access).ok().and_then(|mut steps| steps.pop()) else { break };
        result = exchange(reader, talk, line, &step, 1).await?;
        if result != Err(TagError::Overrun) {
            break;
        }
    }
    Ok(result)
}

/// Sends a command until it is answered for good.
async fn exchange<L: Line, F: FnMut(ReaderEvent) + Send>(
    reader: &Uhfreader18,
    talk: &mut Talk<Uhf18, F>,
    line: &mut L,
    step: &Step,
    tries: u32,
) -> Result<TagResult, ReaderError> {
    let Some(bytes) = command_bytes(reader.address, step.command, &step.data) else {
        return Ok(Err(TagError::NotOffered("a frame of this protocol is too short for so many words")));
    };
    let mut result = Err(TagError::NoAnswer);
    for _ in 0..tries {
        result = match answer(talk, line, &bytes, step.command).await? {
            None => {
                reader.settle(talk, line).await?;
                Err(TagError::NoAnswer)
            }
            Some(frame) => outcome(&frame),
        };
        let again = matches!(result, Err(TagError::NoAnswer | TagError::NoTag))
            || matches!(result, Err(TagError::Refused { code, .. }) if is_passing(code));
        if !again {
            break;
        }
    }
    Ok(result)
}

/// Whether a refusal came of a bad moment.
fn is_passing(status: u32) -> bool {
    [code::POOR_LINK, code::ILLEGAL].map(u32::from).contains(&status)
}

/// One question and its answer. Not [`Talk::ask`]: a tag that is not there must not make the reader count as mute.
async fn answer<L: Line, F: FnMut(ReaderEvent) + Send>(
    talk: &mut Talk<Uhf18, F>,
    line: &mut L,
    bytes: &[u8],
    command: u8,
) -> Result<Option<Frame>, ReaderError> {
    talk.send(line, bytes).await?;
    let until = Instant::now() + if command == READ { READ_WITHIN } else { CHANGED_WITHIN };
    while let Some(frame) = talk.receive(line, until).await? {
        if answers(&frame, command) {
            return Ok(Some(frame));
        }
    }
    Ok(None)
}

fn outcome(frame: &Frame) -> TagResult {
    match (frame.status.unwrap_or(code::ILLEGAL), &frame.data[..]) {
        (code::OK, words) if frame.replies_to(READ) => Ok(TagOutcome::Words(words.to_vec())),
        (code::OK, _) => Ok(TagOutcome::Done),
        (code::NO_TAG, _) => Err(TagError::NoTag),
        (code::PASSWORD, _) => Err(TagError::WrongPassword),
        (code::TAG_ERROR, &[0x03]) => Err(TagError::Overrun),
        (code::TAG_ERROR, &[0x04]) => Err(TagError::Locked),
        (code::TAG_ERROR, &[0x0B]) => Err(TagError::LowPower),
        (code::TAG_ERROR, data) => {
            let code = data.first().copied().unwrap_or_default();
            Err(TagError::Refused {
                code: u32::from(code::TAG_ERROR) << 8 | u32::from(code),
                meaning: code::tag_error_meaning(code),
            })
        }
        (status, _) => Err(TagError::Refused {
            code: status.into(),
            meaning: code::meaning(status).unwrap_or("an unknown status"),
        }),
    }
}

fn steps(access: &TagAccess) -> Result<Vec<Step>, TagError> {
    let TagAccess { epc, password, access } = access;
    let whole = |bytes: usize| (1..=WORDS_MAX * 2).contains(&bytes) && bytes.is_multiple_of(2);
    let fits = match access {
        Access::Read { words, .. } => whole(usize::from(*words) * 2),
        Access::Write { data, .. } => whole(data.len()),
        Access::Lock(_) => true,
    };
    if !fits {
        return Err(TagError::NotOffered("so many words at once"));
    }
    let epc_words = match u8::try_from(epc.len() / 2) {
        Ok(words @ 1..=31) if epc.len().is_multiple_of(2) => words,
        _ => return Err(TagError::NotOffered("the tag must be named by an EPC of 1 to 31 words")),
    };
    let password = password.0.to_be_bytes();
    let chosen = |before: &[u8], behind: &[u8]| [before, &[epc_words], epc, behind].concat();
    match access {
        Access::Read { bank, word, words } => {
            let word = pointer(*word)?;
            let behind = [&[bank.number(), word, *words][..], &password].concat();
            Ok(vec![Step { command: READ, data: chosen(&[], &behind) }])
        }
        Access::Write { bank, word, data } => {
            let word = pointer(*word)?;
            let words = u8::try_from(data.len() / 2).unwrap_or(u8::MAX);
            let behind = [&[bank.number(), word][..], data, &password].concat();
            Ok(vec![Step { command: WRITE, data: chosen(&[words], &behind) }])
        }
        Access::Lock(bits) => {
            let areas = areas(*bits)?;
            let step = |(area, protect)| {
                let behind = [&[area, protect][..], &password].concat();
                Step { command: LOCK, data: chosen(&[], &behind) }
            };
            Ok(areas.into_iter().map(step).collect())
        }
    }
}

fn pointer(word: u16) -> Result<u8, TagError> {
    u8::try_from(word).map_err(|_| TagError::NotOffered("words above 255 cannot be named in this protocol"))
}

/// The protocol locks area by area: 0 kill password, 1 access password, 2 EPC, 3 TID, 4 user; 0 open, 1 open for ever, 2
/// locked, 3 locked for ever. The access password comes last: the others still need it as it is.
fn areas(bits: LockBits) -> Result<Vec<(u8, u8)>, TagError> {
    let mut areas = Vec::new();
    for area in [0, 2, 3, 4, 1] {
        let shift = 8 - 2 * area;
        let (mask, action) = (bits.mask >> shift & 3, bits.action >> shift & 3);
        match mask {
            0 => {}
            1 => {
                return Err(TagError::NotOffered(
                    "making a lock permanent without saying whether it is locked",
                ));
            }
            _ => areas.push((area as u8, (action & mask) as u8)),
        }
    }
    Ok(areas)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_chip_number_is_asked_as_the_manual_says() {
        let epc = vec![0xE2, 0, 0, 0x19, 0x46, 4, 0, 0x52, 0x21, 0, 0x3D, 0xFF];
        let access = Access::Read { bank: Bank::Tid, word: 0, words: 6 };
        let steps = steps(&TagAccess { epc, password: Password::NONE, access }).expect("offered");
        let bytes = command_bytes(0, steps[0].command, &steps[0].data).expect("short enough");
        // Vector uhfreader18-v019.
        assert_eq!(crate::reader::inspect::hex(&bytes), "18000206e20000194604005221003dff020006000000007110");
    }

    #[test]
    fn locks_are_said_area_by_area() {
        // Access password and EPC locked, user memory open for ever.
        let bits = LockBits { mask: 0b00_11_10_00_11, action: 0b00_10_10_00_01 };
        assert_eq!(areas(bits), Ok(vec![(2, 2), (4, 1), (1, 2)]));
        assert!(areas(LockBits { mask: 1, action: 1 }).is_err());
    }

    #[test]
    fn what_is_no_whole_number_of_words_is_not_sent() {
        for (data, offered) in
            [(vec![1, 2], true), (vec![1, 2, 3], false), (vec![], false), (vec![0; 66], false)]
        {
            let access = Access::Write { bank: Bank::User, word: 0, data };
            let access = TagAccess { epc: vec![1, 2], password: Password::NONE, access };
            assert_eq!(steps(&access).is_ok(), offered, "{access:?}");
        }
    }
}

//! Memory words read from every tag at the antenna in use (protocol sheet, section 6).

use std::time::Duration;

use tokio::time::Instant;

use super::code;
use super::command::*;
use super::detail::Detail;
use super::link::Link;
use super::record::TagRecord;
use super::reply::Reply;
use crate::reader::line::Line;
use crate::reader::{Bank, Password, ReaderError, ReaderEvent};

/// How long a reader may take to find and read the tags before it says anything.
const READ_WITHIN: Duration = Duration::from_secs(1);
/// After one tag's frame the next follows at once; this long a pause means that one was lost.
const BETWEEN_FRAMES: Duration = Duration::from_millis(300);
/// The longest answer: the 200 tags a buffer holds, at 50 a second.
const LONGEST_ANSWER: Duration = Duration::from_secs(4);
/// Times the whole field is read when frames were lost: each frame says how many there are.
const TIMES: u32 = 3;

/// What to read.
#[derive(Debug, Clone, Copy)]
pub(super) struct Reading {
    pub bank: Bank,
    pub word: u8,
    pub words: u8,
    pub password: Password,
}

/// What came of a command that goes to every tag at the antenna, one frame for each.
#[derive(Debug, Default)]
pub(super) struct Answer {
    /// One for each tag, garbled ones left out.
    pub records: Vec<TagRecord>,
    /// What the reader said instead of records.
    pub code: Option<u8>,
    /// As many frames came as were announced.
    complete: bool,
}

impl Answer {
    /// Whether the reader made something of the command at all, whatever came of it.
    fn is_understood(&self) -> bool {
        let known = |code| !matches!(code, code::WRONG_PARAMETER | code::OK | code::FAILED);
        !self.records.is_empty() || self.code.is_some_and(known)
    }

    /// Takes a tag's record, unless a line that repeats frames brought it before.
    fn take(&mut self, record: TagRecord) {
        let same = |other: &TagRecord| {
            (&other.read.epc, &other.data, other.status) == (&record.read.epc, &record.data, record.status)
        };
        if record.read.air_crc_valid == Some(true) && !self.records.iter().any(same) {
            self.records.push(record);
        }
    }
}

/// Reads memory in the form this reader understands.
#[derive(Debug, Default)]
pub(super) struct Words {
    /// Whether the question carries a password: newer firmware wants one, older takes none.
    with_password: Option<bool>,
}

impl Words {
    /// Whether the reader has understood a question.
    pub(super) fn are_offered(&self) -> bool {
        self.with_password.is_some()
    }

    /// Whether the reader is known to take no password.
    pub(super) fn take_no_password(&self) -> bool {
        self.with_password == Some(false)
    }

    /// Reads from every tag at the antenna in use. A reader that refuses the question, or keeps silent, is asked in the
    /// other form.
    pub(super) async fn read<L: Line, F: FnMut(ReaderEvent) + Send>(
        &mut self,
        link: &mut Link<'_, L, F>,
        reading: Reading,
    ) -> Result<Answer, ReaderError> {
        let forms: &[bool] = match (self.with_password, reading.password) {
            (Some(false), Password::NONE) => &[false],
            (None, Password::NONE) => &[true, false],
            _ => &[true],
        };
        let mut answer = Answer::default();
        for &with_password in forms {
            answer = read_all(link, reading, with_password).await?;
            if answer.is_understood() {
                self.with_password = Some(with_password);
                break;
            }
        }
        Ok(answer)
    }
}

/// Reads until as many tags have answered as the reader says there are.
async fn read_all<L: Line, F: FnMut(ReaderEvent) + Send>(
    link: &mut Link<'_, L, F>,
    reading: Reading,
    with_password: bool,
) -> Result<Answer, ReaderError> {
    let mut data = vec![reading.bank.number(), reading.word, reading.words];
    if with_password {
        data.extend(reading.password.0.to_be_bytes());
    }
    let mut all = Answer::default();
    for _ in 0..TIMES {
        let answer = to_all(link, READ, &data, READ_WITHIN).await?;
        let done = answer.complete || answer.records.is_empty();
        all.code = answer.code;
        answer.records.into_iter().for_each(|record| all.take(record));
        if done {
            break;
        }
    }
    Ok(all)
}

/// Gives a command that goes to every tag at the antenna in use, and collects the answers.
pub(super) async fn to_all<L: Line, F: FnMut(ReaderEvent) + Send>(
    link: &mut Link<'_, L, F>,
    command: u8,
    data: &[u8],
    within: Duration,
) -> Result<Answer, ReaderError> {
    let mut answer = Answer::default();
    link.send(command, data).await?;
    let longest = Instant::now() + LONGEST_ANSWER;
    let mut until = Instant::now() + within;
    while let Some((frame, reply)) = link.receive(until.min(longest)).await? {
        if frame.command != command {
            continue;
        }
        match reply {
            Reply::Tag(record) => {
                let announced = record.tag_count.map_or(1, usize::from);
                answer.take(*record);
                if answer.records.len() >= announced {
                    answer.complete = true;
                    break;
                }
                until = Instant::now() + BETWEEN_FRAMES;
            }
            Reply::Other(Detail::Code { code, .. }) => {
                answer.code = Some(code);
                break;
            }
            Reply::Other(_) => {}
        }
    }
    Ok(answer)
}

//! One round: a question, the tags, the end.

use std::time::Duration;

use tokio::time::Instant;

use super::code::{self, Trouble, trouble};
use super::detail::Detail;
use super::frame::Frame;
use super::inventory::Inventory;
use super::link::Link;
use super::question::Question;
use super::reply::Reply;
use crate::reader::line::Line;
use crate::reader::{ReaderError, ReaderEvent};

/// A reader that has not said anything for this long missed the question (protocol sheet, section 4).
const ASK_AGAIN_AFTER: Duration = Duration::from_secs(1);
/// The same while it is not known whether the reader knows the question at all.
const TRIED_FOR: Duration = Duration::from_millis(500);
/// Questions without any answer, after the first, before the reader counts as silent.
const SILENT_QUESTIONS: u32 = 3;
/// The same where other questions stayed without an answer before.
const SILENT_FOR: Duration = Duration::from_secs(4);
/// After tags, this long a silence means that the end of the round was lost.
const ROUND_LOST_AFTER: Duration = Duration::from_millis(300);
/// The longest a round can take: 250 tags at 50 a second. A stream without an end is asked anew after that.
const LONGEST_ROUND: Duration = Duration::from_secs(5);

/// How a round ended.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum RoundEnd {
    Done,
    /// Tags came, the end did not.
    Lost,
    /// Nothing came that answers this question, and it is not known whether the reader knows it.
    Unknown,
    /// The reader answered with this code.
    Trouble(u8),
}

/// A round that is going on.
struct Hearing<'a> {
    question: &'a Question,
    began: Instant,
    asked: Instant,
    /// Frames heard before the question.
    frames: u64,
    skipped: u64,
    /// Rounds asked for and not ended. A question repeated too early brings two ends; taking the first for the end of
    /// both would leave the conversation one round behind for ever.
    owed: u32,
    ended: bool,
    /// Something came that answers this very question.
    answered: bool,
}

impl Inventory {
    /// Asks for one round over these antennas and hears it out. `proven` says that the reader is known to know the
    /// question.
    pub(super) async fn round<L: Line, F: FnMut(ReaderEvent) + Send>(
        &mut self,
        link: &mut Link<'_, L, F>,
        question: &Question,
        antennas: &[usize],
        proven: bool,
    ) -> Result<RoundEnd, ReaderError> {
        let mut hearing = Hearing::begin(question, link);
        let mut faulty = Vec::new();
        self.under_way = Some(question.command);
        link.send(question.command, &question.data).await?;
        loop {
            let until = hearing.until(link, proven);
            if Instant::now() >= until {
                match hearing.overdue(link, proven)? {
                    Some(end) => return Ok(end),
                    None => {
                        self.doubtful |= proven;
                        link.send(question.command, &question.data).await?;
                    }
                }
                continue;
            }
            let Some((frame, reply)) = link.receive(until).await? else { continue };
            if let Reply::Other(Detail::AntennaFault { antenna_index, code, .. }) = reply {
                hearing.answered = true;
                faulty.extend(self.fault_in_sequence(link, antenna_index, code)?);
                continue;
            }
            if let Reply::Tag(record) = &reply {
                self.numbers.heard(&self.antennas, record, Instant::now());
            }
            if let (Reply::Other(Detail::RoundEnd { antenna_index, .. }), &[at]) = (&reply, antennas) {
                self.note_index(*antenna_index, at);
            }
            if let Some(end) = hearing.hear(&frame, reply) {
                self.under_way = None;
                if end == RoundEnd::Done {
                    link.talk.round_ended();
                    for &at in antennas.iter().filter(|at| !faulty.contains(*at)) {
                        self.antennas.works(at);
                    }
                }
                return Ok(end);
            }
        }
    }

    /// A round at another antenna than the one that was chosen: the reader has forgotten the choice, and its power with
    /// it. Some say 0 whatever the antenna, so only one that has named another before is believed.
    fn note_index(&mut self, index: u8, at: usize) {
        let chosen = self.antennas.place(at).1;
        self.doubtful |= self.names_antennas && index != chosen;
        self.names_antennas = index == chosen && index != 0;
    }

    /// Hears out the round that was going on when the station ends: a reader takes no question in the middle of one, and
    /// the next to ask may be this station again.
    pub(super) async fn hear_out<L: Line, F: FnMut(ReaderEvent) + Send>(
        &mut self,
        link: &mut Link<'_, L, F>,
    ) -> Result<(), ReaderError> {
        let Some(command) = self.under_way.take() else { return Ok(()) };
        let until = Instant::now() + ROUND_LOST_AFTER;
        while let Some((frame, reply)) = link.receive(until).await? {
            let ends = matches!(
                reply,
                Reply::Other(Detail::RoundEnd { .. } | Detail::SequenceEnd { .. } | Detail::Code { .. })
            );
            if frame.command == command && ends {
                break;
            }
        }
        Ok(())
    }

    /// One antenna of a sequence failed while the others go on: it is left out of the next ones for a while.
    fn fault_in_sequence<L: Line, F: FnMut(ReaderEvent) + Send>(
        &mut self,
        link: &mut Link<'_, L, F>,
        index: u8,
        code: u8,
    ) -> Result<Option<usize>, ReaderError> {
        let at = self.antennas.with_index(index);
        match trouble(code) {
            Trouble::Transient => Ok(None),
            Trouble::Fatal => {
                Err(link.talk.fault(code.into(), code::meaning(code).unwrap_or("an unknown fault")))
            }
            Trouble::Antenna | Trouble::Refused => {
                if let Some(at) = at {
                    self.rest_antenna(link, at, code);
                }
                Ok(at)
            }
        }
    }
}

impl<'a> Hearing<'a> {
    fn begin<L, F>(question: &'a Question, link: &Link<'_, L, F>) -> Self
    where
        L: Line,
        F: FnMut(ReaderEvent) + Send,
    {
        let now = Instant::now();
        Self {
            question,
            began: now,
            asked: now,
            frames: link.talk.frames,
            skipped: link.talk.decoder.skipped_bytes(),
            owed: 1,
            ended: false,
            answered: false,
        }
    }

    fn spoke<L: Line, F: FnMut(ReaderEvent) + Send>(&self, link: &Link<'_, L, F>) -> bool {
        link.talk.frames > self.frames
    }

    /// How long to wait for the next frame.
    fn until<L: Line, F: FnMut(ReaderEvent) + Send>(&self, link: &Link<'_, L, F>, proven: bool) -> Instant {
        let wait = |wait| self.question.stretched(wait);
        if self.spoke(link) {
            (link.talk.heard + wait(ROUND_LOST_AFTER)).min(self.began + LONGEST_ROUND)
        } else {
            self.asked + wait(if proven { ASK_AGAIN_AFTER } else { TRIED_FOR })
        }
    }

    /// Nothing came for too long: how the round ended, or `None` to ask again.
    fn overdue<L: Line, F: FnMut(ReaderEvent) + Send>(
        &mut self,
        link: &Link<'_, L, F>,
        proven: bool,
    ) -> Result<Option<RoundEnd>, ReaderError> {
        if self.spoke(link) {
            return Ok(Some(match (self.ended, proven || self.answered) {
                (true, _) => RoundEnd::Done,
                (false, true) => RoundEnd::Lost,
                (false, false) => RoundEnd::Unknown,
            }));
        }
        let damaged = link.talk.decoder.skipped_bytes() > self.skipped;
        if !proven && (!damaged || self.owed > 1) {
            return Ok(Some(RoundEnd::Unknown));
        }
        let silent = link.talk.heard.elapsed();
        if self.owed > SILENT_QUESTIONS || (self.owed > 1 && silent > SILENT_FOR) {
            return Err(ReaderError::Silent {
                port: link.talk.port.clone(),
                silent_ms: silent.as_millis() as u64,
            });
        }
        self.owed += 1;
        self.asked = Instant::now();
        self.frames = link.talk.frames;
        Ok(None)
    }

    /// Takes a frame; gives the end of the round.
    fn hear(&mut self, frame: &Frame, reply: Reply) -> Option<RoundEnd> {
        if frame.command != self.question.command {
            return None;
        }
        match reply {
            Reply::Tag(_) => self.answered = true,
            Reply::Other(Detail::RoundEnd { .. } | Detail::SequenceEnd { .. }) => {
                self.answered = true;
                self.ended = true;
                self.owed = self.owed.saturating_sub(1);
                if self.owed == 0 {
                    return Some(RoundEnd::Done);
                }
            }
            // "Done" does not say what: tags and the end still follow.
            Reply::Other(Detail::Code { code: code::OK, .. }) => {}
            Reply::Other(Detail::Code { code, .. }) => return Some(RoundEnd::Trouble(code)),
            Reply::Other(_) => {}
        }
        None
    }
}

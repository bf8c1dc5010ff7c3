//! What is done while no round runs: orders, chip numbers, the temperature, a bad antenna's figure.

use std::time::Duration;

use tokio::time::Instant;

use super::command::*;
use super::frame::Uhf18;
use super::inventory::Rounds;
use super::tags::Shape;
use super::{access, code};
use crate::reader::line::Line;
use crate::reader::talk::Talk;
use crate::reader::{ReaderError, ReaderEvent, TagError, TagOutcome, TagRead, TagResult};

/// How often the temperature is asked, between rounds.
const TEMPERATURE_EVERY: Duration = Duration::from_secs(30);
/// Temperatures above this are a misread: the sign byte is not trusted.
const HOTTEST_C: u8 = 90;
/// Chip numbers read between two rounds: more would starve the other antennas.
const CHIPS_PER_ROUND: u32 = 3;
/// So many questions for chip numbers without an answer, in a row, and no more are asked for a while: each costs more
/// time than many rounds.
const MUTE_CHIPS: u32 = 3;
const CHIPS_REST: Duration = Duration::from_secs(60);

/// Questions for chip numbers that were left unanswered.
#[derive(Debug)]
pub(super) struct MuteChips {
    in_a_row: u32,
    /// None are asked before.
    until: Instant,
}

impl MuteChips {
    pub(super) fn none() -> Self {
        Self { in_a_row: 0, until: Instant::now() }
    }
}

impl Rounds<'_> {
    /// What is done while no round runs.
    pub(super) async fn between<L: Line, F: FnMut(ReaderEvent) + Send>(
        &mut self,
        talk: &mut Talk<Uhf18, F>,
        line: &mut L,
    ) -> Result<(), ReaderError> {
        while talk.orders.access_waits(Instant::now())
            && let Some((order, reply)) = talk.orders.take_access()
        {
            match access::perform(self.reader, talk, line, &order).await {
                Ok(result) => reply.give(result),
                Err(error) => {
                    reply.give(Err(TagError::ReaderDown { why: error.to_string() }));
                    return Err(error);
                }
            }
        }
        // A reader that takes no inventory takes no memory access either.
        for _ in 0..if self.proven { CHIPS_PER_ROUND } else { 0 } {
            if Instant::now() < self.mute_chips.until {
                break;
            }
            let Some(epc) = self.chips.next(Instant::now()) else { break };
            let read = access::read_tid(self.reader, talk, line, &epc).await?;
            self.take_chip(talk, &epc, read);
        }
        if Instant::now() >= self.temperature_at {
            self.temperature_at = Instant::now() + TEMPERATURE_EVERY;
            self.take_temperature(talk, line).await?;
        }
        Ok(())
    }

    /// What reading a chip's number brought.
    fn take_chip<F: FnMut(ReaderEvent) + Send>(
        &mut self,
        talk: &mut Talk<Uhf18, F>,
        epc: &[u8],
        read: TagResult,
    ) {
        if read != Err(TagError::NoAnswer) {
            self.mute_chips.in_a_row = 0;
        }
        match read {
            Ok(TagOutcome::Words(tid)) => {
                self.chips.done(epc, Instant::now());
                if let Some(seen) = self.sightings.get(epc) {
                    talk.hand_on(TagRead { tid: Some(tid), ..seen.clone() });
                }
            }
            Err(TagError::NoAnswer) => {
                self.mute_chips.in_a_row += 1;
                if self.mute_chips.in_a_row == MUTE_CHIPS {
                    self.mute_chips = MuteChips { in_a_row: 0, until: Instant::now() + CHIPS_REST };
                    talk.warn("the reader leaves questions for chip numbers unanswered: set read_tid to false if it never answers them");
                }
            }
            _ => {}
        }
    }

    async fn take_temperature<L: Line, F: FnMut(ReaderEvent) + Send>(
        &self,
        talk: &mut Talk<Uhf18, F>,
        line: &mut L,
    ) -> Result<(), ReaderError> {
        let rich = self.reader.info.as_ref().is_some_and(|info| info.shape() == Shape::Rich);
        if !rich || talk.is_mute(TEMPERATURE.into()) {
            return Ok(());
        }
        let said = self.reader.ask(talk, line, TEMPERATURE, &[]).await?;
        if let Some(said) = said.filter(|said| said.status == Some(code::OK))
            && let &[_, celsius @ 0..=HOTTEST_C] = &said.data[..]
        {
            talk.temperature(celsius as i8);
        }
        Ok(())
    }

    /// How well an antenna is matched, in words to put behind its name; nothing where the reader cannot tell.
    pub(super) async fn measure<L: Line, F: FnMut(ReaderEvent) + Send>(
        &self,
        talk: &mut Talk<Uhf18, F>,
        line: &mut L,
        antenna: u8,
    ) -> Result<String, ReaderError> {
        let Some(info) = self.reader.info.as_ref().filter(|_| !talk.is_mute(RETURN_LOSS.into())) else {
            return Ok(String::new());
        };
        let data = [&info.middle_khz().to_be_bytes()[..], &[antenna.saturating_sub(1)]].concat();
        let said = self.reader.ask(talk, line, RETURN_LOSS, &data).await?;
        Ok(match said.as_ref().map(|said| (said.status, &said.data[..])) {
            Some((Some(code::OK), &[loss_db])) => format!(" (return loss {loss_db} dB)"),
            _ => String::new(),
        })
    }
}

//! The reader's temperature, and how well each antenna is matched.

use std::time::Duration;

use tokio::time::Instant;

use super::command::*;
use super::detail::Detail;
use super::link::Link;
use super::setup::Setup;
use crate::reader::line::Line;
use crate::reader::{ReaderError, ReaderEvent};

/// How often the temperature is asked, between rounds.
const TEMPERATURE_EVERY: Duration = Duration::from_secs(30);
/// Temperatures above this are a misread (protocol sheet, section 8: magnitude, plausible 0 to 90).
const HOTTEST_C: u8 = 90;
/// How often an antenna's match is asked, one antenna at a time.
const MATCH_EVERY: Duration = Duration::from_secs(15);
/// The first time, once reading is under way.
const FIRST_MATCH_AFTER: Duration = Duration::from_secs(1);
/// Below this return loss more than half of the power comes back: no antenna, or a broken cable.
const LEAST_RETURN_LOSS_DB: u8 = 3;
/// No real antenna reaches more than this: the byte is an error code instead.
const MOST_RETURN_LOSS_DB: u8 = 48;

/// What is known and when to ask again.
#[derive(Debug)]
pub(super) struct Health {
    temperature_at: Option<Instant>,
    match_at: Option<Instant>,
    /// The index of the frequency table at which the match is measured, in the middle of the reader's band: it transmits
    /// to measure. An antenna that is matched there is matched well enough everywhere; an open cable is so nowhere.
    freq_index: u8,
    /// Whose match is asked next.
    turn: usize,
    /// Antennas whose bad match has been told.
    told: Vec<usize>,
}

impl Health {
    /// Everything is due soon; nothing is ever, where the reader answers no questions, and no match where it is not known
    /// on which frequency the reader may transmit.
    pub(super) fn new(setup: &Setup) -> Self {
        let now = Instant::now();
        Self {
            temperature_at: (!setup.simple).then_some(now),
            match_at: setup.freq_index.map(|_| now + FIRST_MATCH_AFTER),
            freq_index: setup.freq_index.unwrap_or_default(),
            turn: 0,
            told: Vec::new(),
        }
    }

    pub(super) fn temperature_is_due(&self, now: Instant) -> bool {
        self.temperature_at.is_some_and(|at| at <= now)
    }

    pub(super) async fn take_temperature<L: Line, F: FnMut(ReaderEvent) + Send>(
        &mut self,
        link: &mut Link<'_, L, F>,
    ) -> Result<(), ReaderError> {
        self.temperature_at = Some(Instant::now() + TEMPERATURE_EVERY);
        if let Some(Detail::Temperature { temperature_c, .. }) =
            link.ask_if_answered(TEMPERATURE, &[]).await?
            && temperature_c <= HOTTEST_C
            && let Ok(temperature_c) = i8::try_from(temperature_c)
        {
            link.talk.temperature(temperature_c);
        }
        Ok(())
    }

    /// The antenna whose match is to be asked now.
    pub(super) fn match_is_due(&mut self, antennas: usize, now: Instant) -> Option<usize> {
        if self.match_at? > now {
            return None;
        }
        self.match_at = Some(now + MATCH_EVERY);
        let at = self.turn % antennas;
        self.turn = at + 1;
        Some(at)
    }

    /// Asks how much of the power comes back from the antenna in use, and tells when it is too much. A reader that does
    /// not measure is not asked again.
    pub(super) async fn check_match<L: Line, F: FnMut(ReaderEvent) + Send>(
        &mut self,
        link: &mut Link<'_, L, F>,
        at: usize,
        antenna: u8,
    ) -> Result<(), ReaderError> {
        let answer = link.ask_if_answered(RETURN_LOSS, &[self.freq_index]).await?;
        let Some(Detail::ReturnLoss { return_loss_db: db @ ..=MOST_RETURN_LOSS_DB }) = answer else {
            self.match_at = None;
            return Ok(());
        };
        if db >= LEAST_RETURN_LOSS_DB {
            self.told.retain(|&told| told != at);
        } else if !self.told.contains(&at) {
            self.told.push(at);
            let fault = format!(
                "antenna {antenna} sends most of the power back (return loss {db} dB): check its cable and its connector"
            );
            link.talk.tell(ReaderEvent::Antenna { antenna, fault });
        }
        Ok(())
    }
}

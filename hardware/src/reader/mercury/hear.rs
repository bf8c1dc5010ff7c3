//! What the frames of a stream mean: tags, reports, keep-alives and faults (protocol sheet, sections 5 and 8).

use std::time::Duration;

use tokio::time::Instant;

use super::driver::MercuryReader;
use super::frame::{Frame, Mercury};
use super::opcode::*;
use super::reply::{self, Part};
use super::status::{self, Trouble, trouble};
use super::stream::HEALTH_EVERY;
use crate::reader::talk::Talk;
use crate::reader::{ReaderError, ReaderEvent};

/// An antenna that sends the power back is looked at soon, but not all the time.
const ANTENNA_SOON: Duration = Duration::from_secs(5);
/// How long heat or one and the same refusal is not told again.
const TOLD_FOR: Duration = Duration::from_secs(300);
/// How long a module that is too hot rests (section 5: lower duty): doubling from the first to the longest while the heat
/// lasts.
const FIRST_COOLING: Duration = Duration::from_millis(250);
const LONGEST_COOLING: Duration = Duration::from_secs(2);
/// Without a word of heat for so long it is over.
const HEAT_IS_OVER: Duration = Duration::from_secs(30);

/// What is remembered of the stream between its rests.
#[derive(Debug)]
pub(crate) struct Watch {
    /// Frames of the stream so far.
    pub frames: u64,
    /// When temperature and antennas are to be looked at.
    pub health_at: Instant,
    /// When chip numbers may be read again.
    pub chips_at: Instant,
    /// Warnings told, and when.
    told: Vec<(u16, Instant)>,
    /// How long it rested for heat the last time, and when.
    cooled: Option<(Duration, Instant)>,
}

impl Watch {
    pub fn new() -> Self {
        let now = Instant::now();
        Self { frames: 0, health_at: now + HEALTH_EVERY, chips_at: now, told: Vec::new(), cooled: None }
    }

    /// How long to rest for heat now.
    pub fn cooling(&mut self, now: Instant) -> Duration {
        let lately = self.cooled.filter(|&(_, at)| now.duration_since(at) < HEAT_IS_OVER);
        let rest = lately.map_or(FIRST_COOLING, |(rest, _)| (rest * 2).min(LONGEST_COOLING));
        self.cooled = Some((rest, now));
        rest
    }

    /// Whether this code is to be told now: not again and again.
    fn is_news(&mut self, code: u16, now: Instant) -> bool {
        self.told.retain(|(_, at)| now.duration_since(*at) < TOLD_FOR);
        let new = self.told.iter().all(|&(told, _)| told != code);
        if new {
            self.told.push((code, now));
        }
        new
    }
}

/// Why the settings must be written anew.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Restart {
    /// It answered what nobody asked: it has restarted.
    Rebooted,
    /// It has no region any more.
    RadioOff,
    /// It knows no operation on the air.
    Bootloader,
}

impl Restart {
    pub fn code(self) -> u16 {
        match self {
            Self::Rebooted => 0x7F00,
            Self::RadioOff => 0x0405,
            Self::Bootloader => status::UNKNOWN_OPCODE,
        }
    }

    pub fn words(self) -> &'static str {
        match self {
            Self::Rebooted => "it restarts again and again",
            Self::RadioOff | Self::Bootloader => status::words(self.code()),
        }
    }
}

/// Why the stream rests.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Rest {
    /// Something else is to be done.
    Work,
    /// Nothing has come for too long.
    Quiet,
    /// It ended by itself.
    Ended,
    /// Its buffer is full: the stream begins anew with an empty one.
    Full,
    /// It is too hot: the stream begins anew when it has cooled a little.
    Hot,
    Restart(Restart),
}

impl MercuryReader {
    /// Takes one frame of the stream; says why the stream must rest, if it must.
    pub(super) fn hear<F: FnMut(ReaderEvent) + Send>(
        &mut self,
        talk: &mut Talk<Mercury, F>,
        frame: &Frame,
    ) -> Result<Option<Rest>, ReaderError> {
        match (frame.opcode, frame.status) {
            (_, None) => Ok(None),
            (READ_MULTIPLE, Some(status::OK)) => {
                self.stream.frames += 1;
                Ok(self.hear_part(talk, &frame.data))
            }
            (READ_MULTIPLE, Some(status::NO_TAG)) => {
                self.stream.frames += 1;
                talk.round_ended();
                Ok(None)
            }
            (READ_MULTIPLE, Some(code)) => self.hear_trouble(talk, code, &frame.data),
            // The answer to a start, said twice.
            (CONTINUOUS, Some(status::OK)) if frame.data.first() == Some(&1) => Ok(None),
            (CONTINUOUS, Some(_)) => Ok(Some(Rest::Ended)),
            // The late answer to a question that is not waited for any more.
            (opcode, Some(_)) if talk.is_mute(opcode.into()) => Ok(None),
            _ => Ok(Some(Rest::Restart(Restart::Rebooted))),
        }
    }

    fn hear_part<F: FnMut(ReaderEvent) + Send>(
        &mut self,
        talk: &mut Talk<Mercury, F>,
        data: &[u8],
    ) -> Option<Rest> {
        match reply::part(data) {
            Part::Tag(tag) => {
                let read = tag.read(self.embeds);
                if !read.epc.is_empty() && read.air_crc_valid != Some(false) {
                    let now = Instant::now();
                    self.chips.heard(&read.epc, read.tid.is_some(), now);
                    self.recent.heard(&read.epc, read.antenna);
                    self.ports.heard_a_tag(read.antenna, now);
                }
                None
            }
            Part::Report(report) => {
                if let Some(celsius) = report.temperature_c {
                    talk.temperature(celsius);
                }
                None
            }
            Part::End => Some(Rest::Ended),
            Part::Other | Part::Broken => {
                talk.round_ended();
                None
            }
        }
    }

    /// A fault inside the stream, or instead of it.
    pub(super) fn hear_trouble<F: FnMut(ReaderEvent) + Send>(
        &mut self,
        talk: &mut Talk<Mercury, F>,
        code: u16,
        data: &[u8],
    ) -> Result<Option<Rest>, ReaderError> {
        let now = Instant::now();
        match trouble(code) {
            Trouble::None | Trouble::Transient => Ok(None),
            Trouble::Hot => {
                if self.stream.is_news(code, now) {
                    talk.warn("the reader is too hot and slows down: lower power_dbm or give it air");
                }
                Ok((!self.deaf).then_some(Rest::Hot))
            }
            Trouble::Antenna => {
                self.hear_antenna_trouble(talk, code, now);
                Ok(None)
            }
            Trouble::RadioOff => Ok(Some(Rest::Restart(Restart::RadioOff))),
            Trouble::BufferFull => Ok(Some(Rest::Full)),
            Trouble::Refused if code == status::UNKNOWN_OPCODE => {
                Ok(Some(Rest::Restart(Restart::Bootloader)))
            }
            Trouble::Refused => {
                if self.stream.is_news(code, now) {
                    talk.warn(format!("the reader reports {code:#06x}, {}", status::words(code)));
                }
                Ok(None)
            }
            Trouble::Fatal => {
                // A firmware that fell over names the line and the file where it did.
                let text = String::from_utf8_lossy(data);
                tracing::error!(port = %talk.port, code, %text, "the reader's firmware stopped");
                Err(talk.fault(code, status::words(code)))
            }
        }
    }

    /// What a stream that has been stopped still says: only its antennas are of use then.
    pub(super) fn hear_last_words<F: FnMut(ReaderEvent) + Send>(
        &mut self,
        talk: &mut Talk<Mercury, F>,
        frame: &Frame,
    ) {
        if let Some(code) = frame.status
            && trouble(code) == Trouble::Antenna
        {
            self.hear_antenna_trouble(talk, code, Instant::now());
        }
    }

    /// The code does not say which antenna. Where only one is used it is that one; else detection is asked soon, and
    /// whoever can look at the cables is told.
    fn hear_antenna_trouble<F: FnMut(ReaderEvent) + Send>(
        &mut self,
        talk: &mut Talk<Mercury, F>,
        code: u16,
        now: Instant,
    ) {
        if let &[antenna] = self.ports.in_use.as_slice() {
            return self.tell_missing_antenna(talk, antenna);
        }
        if self.stream.is_news(code, now) {
            let antennas = &self.ports.in_use;
            talk.warn(format!("one of the antennas {antennas:?} sends the power back: check their cables"));
            self.stream.health_at = self.stream.health_at.min(now + ANTENNA_SOON);
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_rests_for_heat_grow_while_it_lasts_and_begin_again_after_it() {
        let (mut watch, now) = (Watch::new(), Instant::now());
        let mut rest = |second: u64| watch.cooling(now + Duration::from_secs(second)).as_millis();
        assert_eq!([rest(0), rest(1), rest(2), rest(4), rest(6)], [250, 500, 1000, 2000, 2000]);
        assert_eq!(rest(60), 250);
    }
}

//! Continuous inventory: starting it, stopping it for a moment when something else is to be done, and
//! starting it again (protocol sheet, section 5).

use std::time::Duration;

use tokio::time::Instant;

use super::driver::MercuryReader;
use super::frame::{Frame, Mercury, command_bytes};
use super::hear::{Rest, Restart};
use super::opcode::*;
use super::reply::{STREAMING, WITH_METADATA};
use super::status::{self, Trouble, trouble};
use crate::reader::line::{Backoff, Line};
use crate::reader::talk::Talk;
use crate::reader::{ReaderError, ReaderEvent};

/// Stops the stream: timeout 0, option 02.
pub(super) const STOP: [u8; 3] = [0x00, 0x00, 0x02];
/// The inner command's cycle, ms. At its end a module that heard nothing says so.
const CYCLE_MS: u16 = 1000;
/// Without a frame for so long the link is dead: three cycles (section 9).
const DEAD_AFTER: Duration = Duration::from_millis(3 * CYCLE_MS as u64);
/// How long a start waits for its answer or the first tag. At least one cycle: some say nothing before.
const START_WITHIN: Duration = Duration::from_millis(1200);
/// How often a start is repeated.
const STARTS: u32 = 3;
/// How long a stop may take (section 5), and when it is said again.
const STOP_WITHIN: Duration = Duration::from_secs(2);
const STOP_AGAIN: Duration = Duration::from_millis(500);
/// How long answers to stops said more than once are waited for. One that comes later would be taken for the end of the
/// next stream.
const LATE_ANSWERS: Duration = Duration::from_millis(200);
/// The pause after a stream that ended by itself, so that one that ends at once does not eat the processor.
const BREATH: Duration = Duration::from_millis(10);
/// How often orders are looked for.
const LISTEN_FOR: Duration = Duration::from_millis(50);
/// How often the stream rests for temperature and antennas.
pub(super) const HEALTH_EVERY: Duration = Duration::from_secs(30);
/// The pause before a start after one that was refused for a passing reason.
const AFTER_TROUBLE: Duration = Duration::from_secs(1);
/// The wait between two rests for chip numbers: short where the module reads none by itself, longer where only what
/// its own way left out is to be read.
const CHIPS_EVERY: Duration = Duration::from_millis(150);
const LEFT_OUT_EVERY: Duration = Duration::from_secs(2);

/// How a start went.
enum Start {
    Going,
    Later(Duration),
    Restart(Restart),
}

/// Takes inventory until the settings must be written anew.
pub(super) async fn run<L, F>(
    reader: &mut MercuryReader,
    talk: &mut Talk<Mercury, F>,
    line: &mut L,
    backoff: &mut Backoff,
) -> Result<Restart, ReaderError>
where
    L: Line,
    F: FnMut(ReaderEvent) + Send,
{
    loop {
        match reader.start(talk, line).await? {
            Start::Going => backoff.reset(),
            Start::Restart(why) => return Ok(why),
            Start::Later(wait) => {
                reader.pause(talk, line, wait).await?;
                reader.work(talk, line).await?;
                continue;
            }
        }
        match reader.listen(talk, line).await? {
            Rest::Restart(why) => return Ok(why),
            Rest::Ended => {
                reader.streaming = false;
                let until = Instant::now() + BREATH;
                while talk.receive(line, until).await?.is_some() {}
            }
            Rest::Work => {
                reader.halt(talk, line).await?;
                reader.work(talk, line).await?;
            }
            Rest::Hot => {
                reader.halt(talk, line).await?;
                let wait = reader.stream.cooling(Instant::now());
                reader.pause(talk, line, wait).await?;
                reader.work(talk, line).await?;
            }
            Rest::Full => {
                reader.halt(talk, line).await?;
                reader.ask(talk, line, BUFFER_CLEAR, &[]).await?;
            }
            Rest::Quiet => {
                let silent_ms = talk.heard.elapsed().as_millis() as u64;
                if !reader.halt(talk, line).await? {
                    return Err(ReaderError::Silent { port: talk.port.clone(), silent_ms });
                }
            }
        }
    }
}

impl MercuryReader {
    /// Starts the stream, with chip numbers if the module can.
    async fn start<L: Line, F: FnMut(ReaderEvent) + Send>(
        &mut self,
        talk: &mut Talk<Mercury, F>,
        line: &mut L,
    ) -> Result<Start, ReaderError> {
        for _ in 0..STARTS {
            talk.decoder.grammar.data_is_tid = self.embeds;
            self.streaming = true;
            talk.send(line, &command_bytes(CONTINUOUS, &start_data(self.embeds))).await?;
            let until = Instant::now() + START_WITHIN;
            while let Some(frame) = talk.receive(line, until).await? {
                match (frame.opcode, frame.status) {
                    // A stop that was said twice is answered twice.
                    (CONTINUOUS, Some(status::OK)) if frame.data.first() == Some(&2) => {}
                    (CONTINUOUS, Some(status::OK)) => return Ok(Start::Going),
                    (CONTINUOUS, Some(code)) => return self.start_refused(talk, code),
                    (READ_MULTIPLE, Some(_)) => {
                        return Ok(match self.hear(talk, &frame)? {
                            Some(Rest::Restart(why)) => Start::Restart(why),
                            _ => Start::Going,
                        });
                    }
                    _ => {}
                }
            }
            if !self.halt(talk, line).await? {
                break;
            }
        }
        let silent_ms = talk.heard.elapsed().as_millis() as u64;
        Err(ReaderError::Silent { port: talk.port.clone(), silent_ms })
    }

    /// What a refused start means.
    fn start_refused<F: FnMut(ReaderEvent) + Send>(
        &mut self,
        talk: &mut Talk<Mercury, F>,
        code: u16,
    ) -> Result<Start, ReaderError> {
        self.streaming = false;
        match trouble(code) {
            Trouble::Refused if self.embeds => {
                tracing::info!(port = %talk.port, code, "chip numbers not while streaming; tag by tag");
                self.embeds = false;
                Ok(Start::Later(Duration::ZERO))
            }
            Trouble::Refused if code == status::UNKNOWN_OPCODE => Ok(Start::Restart(Restart::Bootloader)),
            Trouble::Refused => Err(ReaderError::Refused {
                port: talk.port.clone(),
                why: format!("continuous reading: {code:#06x}, {}", status::words(code)),
            }),
            _ => Ok(match self.hear_trouble(talk, code, &[])? {
                Some(Rest::Restart(why)) => Start::Restart(why),
                _ => Start::Later(AFTER_TROUBLE),
            }),
        }
    }

    /// Hears the stream until it must rest.
    async fn listen<L: Line, F: FnMut(ReaderEvent) + Send>(
        &mut self,
        talk: &mut Talk<Mercury, F>,
        line: &mut L,
    ) -> Result<Rest, ReaderError> {
        loop {
            let now = Instant::now();
            if now.duration_since(talk.heard) >= DEAD_AFTER {
                return Ok(Rest::Quiet);
            }
            if self.work_waits(talk, now) {
                return Ok(Rest::Work);
            }
            if let Some(frame) = talk.receive(line, now + LISTEN_FOR).await?
                && let Some(rest) = self.hear(talk, &frame)?
            {
                return Ok(rest);
            }
        }
    }

    /// Lets the module be for a while, or until somebody wants a tag's memory.
    async fn pause<L: Line, F: FnMut(ReaderEvent) + Send>(
        &mut self,
        talk: &mut Talk<Mercury, F>,
        line: &mut L,
        wait: Duration,
    ) -> Result<(), ReaderError> {
        let until = Instant::now() + wait;
        while Instant::now() < until && !talk.orders.access_waits(Instant::now()) {
            let step = until.min(Instant::now() + LISTEN_FOR);
            while talk.receive(line, step).await?.is_some() {}
        }
        Ok(())
    }

    /// Whether something waits for which the stream must rest.
    fn work_waits<F: FnMut(ReaderEvent) + Send>(
        &mut self,
        talk: &mut Talk<Mercury, F>,
        now: Instant,
    ) -> bool {
        if talk.orders.access_waits(now) {
            return true;
        }
        if self.deaf {
            return false;
        }
        let asks_health = self.ports.detects || !talk.is_mute(TEMPERATURE.into());
        if now >= self.stream.health_at && asks_health {
            return true;
        }
        self.settings.read_tid && now >= self.stream.chips_at && self.chips_wait(now)
    }

    /// Does what waits, while the stream rests.
    async fn work<L: Line, F: FnMut(ReaderEvent) + Send>(
        &mut self,
        talk: &mut Talk<Mercury, F>,
        line: &mut L,
    ) -> Result<(), ReaderError> {
        self.serve_access(talk, line).await?;
        if self.deaf {
            return Ok(());
        }
        if self.settings.read_tid && Instant::now() >= self.stream.chips_at {
            self.read_chips(talk, line).await?;
            let every = if self.embeds { LEFT_OUT_EVERY } else { CHIPS_EVERY };
            self.stream.chips_at = Instant::now() + every;
        }
        if Instant::now() >= self.stream.health_at {
            self.stream.health_at = Instant::now() + HEALTH_EVERY;
            self.take_temperature(talk, line).await?;
            if self.ports.detects {
                self.write_antennas(talk, line).await?;
            }
        }
        Ok(())
    }

    /// Stops the stream and hears out what is still on its way; `true` when the module says that it has stopped.
    pub(super) async fn halt<L: Line, F: FnMut(ReaderEvent) + Send>(
        &mut self,
        talk: &mut Talk<Mercury, F>,
        line: &mut L,
    ) -> Result<bool, ReaderError> {
        let end = Instant::now() + STOP_WITHIN;
        let (mut said, mut last_tag) = (0_u32, None);
        while Instant::now() < end {
            talk.send(line, &command_bytes(CONTINUOUS, &STOP)).await?;
            said += 1;
            let until = end.min(Instant::now() + STOP_AGAIN);
            while let Some(frame) = talk.receive(line, until).await? {
                if frame.answers(READ_MULTIPLE) {
                    last_tag = Some(Instant::now());
                    self.hear_last_words(talk, &frame);
                } else if is_stop_answer(&frame) {
                    (self.streaming, self.deaf) = (false, false);
                    self.hear_out_stops(talk, line, said - 1).await?;
                    return Ok(true);
                }
            }
        }
        self.deaf = last_tag.is_some_and(|at| at.elapsed() < STOP_WITHIN / 2);
        Ok(false)
    }

    /// Waits for the answers to that many more stops, as long as they may take.
    async fn hear_out_stops<L: Line, F: FnMut(ReaderEvent) + Send>(
        &self,
        talk: &mut Talk<Mercury, F>,
        line: &mut L,
        mut owed: u32,
    ) -> Result<(), ReaderError> {
        let until = Instant::now() + LATE_ANSWERS;
        while owed > 0
            && let Some(frame) = talk.receive(line, until).await?
        {
            owed -= u32::from(is_stop_answer(&frame));
        }
        Ok(())
    }
}

fn is_stop_answer(frame: &Frame) -> bool {
    let is_start_answer = frame.status == Some(status::OK) && frame.data.first() == Some(&1);
    frame.answers(CONTINUOUS) && !is_start_answer
}

/// The data of the start. Tags as they are read, from the search list, with every field (section 5, in the form several
/// independent programs send); with chip numbers each tag's first six words of TID are read at once (section 7).
fn start_data(with_chips: bool) -> Vec<u8> {
    /// Antennas from the configured list, large numbers of tags.
    const LIST_AND_LARGE: u8 = 0x13;
    const EMBEDDED: u8 = 0x04;
    let [cycle_high, cycle_low] = CYCLE_MS.to_be_bytes();
    let flags = LIST_AND_LARGE | STREAMING as u8 | if with_chips { EMBEDDED } else { 0 };
    let mut inner = vec![WITH_METADATA, 0x00, flags, cycle_high, cycle_low, 0x01, 0xFF];
    if with_chips {
        inner.extend([0x01, 0x09, READ_DATA, 0x07, 0xD0, 0x00, 0x02, 0x00, 0x00, 0x00, 0x00, 0x06]);
    }
    let mut data = vec![0x00, 0x00, 0x01, READ_MULTIPLE, 0x00, 0x00, 0x05, inner.len() as u8, READ_MULTIPLE];
    data.extend(inner);
    data
}

#[cfg(test)]
mod tests {
    use super::*;

    fn hex(bytes: &[u8]) -> String {
        crate::reader::inspect::hex(bytes)
    }

    #[test]
    fn the_commands_are_those_of_the_recordings() {
        let start = |with_chips| hex(&command_bytes(CONTINUOUS, &start_data(with_chips)));
        assert_eq!(start(false), "ff102f00000122000005072210001b03e801ffdd2b");
        assert_eq!(start(true), "ff1c2f00000122000005132210001f03e801ff01092807d000020000000006f822");
        assert_eq!(hex(&command_bytes(CONTINUOUS, &STOP)), "ff032f0000025e86");
    }
}

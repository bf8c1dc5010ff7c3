//! Finding the module, finding out who it is, and asking it.

use std::convert::Infallible;
use std::time::Duration;

use tokio::time::Instant;

use super::access::Recent;
use super::frame::{Frame, Mercury, command_bytes};
use super::hear::{Restart, Watch};
use super::opcode::*;
use super::ports::Ports;
use super::reply::{Version, detected, serial_number};
use super::status;
use super::stream;
use crate::reader::chips::Chips;
use crate::reader::drive::Dialect;
use crate::reader::family::Family;
use crate::reader::line::{Backoff, Line};
use crate::reader::talk::{ANSWER_WITHIN, Talk};
use crate::reader::{Identity, ReaderError, ReaderEvent, ReaderSettings};

/// How long a probe waits (protocol sheet, section 4: 100 to 300 ms). Eight rates are tried.
const PROBE_WITHIN: Duration = Duration::from_millis(200);
/// How long is listened before the first question: a module that streams is heard in that time when tags are there.
const OVERHEAR: Duration = Duration::from_millis(30);
/// How long the bootloader takes to start the firmware (section 3: allow 1 s).
const BOOT_WITHIN: Duration = Duration::from_millis(1500);
/// The option that says whether replies end in a checksum (section 2, from one source).
const SEND_CRC: [u8; 3] = [0x01, 0x1B, 0x01];
/// How often and for how long a module that left a question unanswered is asked whether it is still there.
const SETTLE_TRIES: u32 = 3;
const SETTLE_WITHIN: Duration = Duration::from_millis(500);
/// Starts in a row that brought nothing, before the module counts as broken.
const FUTILE_STARTS: u32 = 3;

/// A Mercury module.
pub(crate) struct MercuryReader {
    pub(super) settings: ReaderSettings,
    pub(super) ports: Ports,
    pub(super) chips: Chips,
    /// Which antenna heard which tag lately.
    pub(super) recent: Recent,
    /// Whether the module may be sending tags by itself.
    pub(super) streaming: bool,
    /// It has said who it is, so it is known whether it streams.
    known: bool,
    /// It goes on sending tags whatever it is told.
    pub(super) deaf: bool,
    /// It reads chip numbers while it streams.
    pub(super) embeds: bool,
    /// It knows the memory command only without metadata.
    pub(super) short_read: bool,
    pub(super) stream: Watch,
}

impl Dialect for MercuryReader {
    type Speech = Mercury;
    const FAMILY: Family = Family::Mercury;
    /// The rate of every module that has lost power first, then the maker's own order (section 4).
    const RATES: &'static [u32] = &[115_200, 9_600, 921_600, 19_200, 38_400, 57_600, 230_400, 460_800];

    fn new(settings: &ReaderSettings) -> Self {
        Self {
            settings: settings.clone(),
            ports: Ports::default(),
            chips: Chips::default(),
            recent: Recent::default(),
            streaming: false,
            known: false,
            deaf: false,
            embeds: settings.read_tid,
            short_read: false,
            stream: Watch::new(),
        }
    }

    /// Asks for the version. A module that still streams from its last run is stopped first; the last question at a rate
    /// wakes one that sleeps, and allows for one whose replies have no checksum.
    async fn probe<L: Line, F: FnMut(ReaderEvent) + Send>(
        &mut self,
        talk: &mut Talk<Mercury, F>,
        line: &mut L,
        last: bool,
    ) -> Result<bool, ReaderError> {
        self.embeds = self.settings.read_tid;
        self.short_read = false;
        (self.known, self.deaf) = (false, false);
        talk.decoder.grammar.without_crc = false;
        let bytes = talk.bytes_heard;
        if last {
            wake(talk, line).await?;
        }
        if self.greet(talk, line).await? {
            return Ok(true);
        }
        if !last || talk.bytes_heard == bytes {
            return Ok(false);
        }
        // What is left of the earlier answers would answer the next question.
        talk.drain(line, Instant::now() + PROBE_WITHIN / 4).await?;
        talk.decoder.grammar.without_crc = true;
        let found = self.greet(talk, line).await?;
        talk.decoder.grammar.without_crc = found && self.stays_without_crc(talk, line).await?;
        Ok(found)
    }

    async fn serve<L: Line, F: FnMut(ReaderEvent) + Send>(
        &mut self,
        talk: &mut Talk<Mercury, F>,
        line: &mut L,
        backoff: &mut Backoff,
    ) -> Result<Infallible, ReaderError> {
        let mut futile = 0;
        loop {
            let frames = self.stream.frames;
            if self.streaming && !self.deaf {
                self.halt(talk, line).await?;
            }
            self.prepare(talk, line).await?;
            let why = stream::run(self, talk, line, backoff).await?;
            futile = if self.stream.frames > frames { 0 } else { futile + 1 };
            if futile >= FUTILE_STARTS {
                return Err(talk.fault(why.code(), why.words()));
            }
            talk.warn(match why {
                Restart::Rebooted => "the reader restarted by itself: check its power supply",
                Restart::RadioOff | Restart::Bootloader => {
                    "the reader lost its settings; they are written again"
                }
            });
        }
    }

    async fn hush<L: Line, F: FnMut(ReaderEvent) + Send>(
        &mut self,
        talk: &mut Talk<Mercury, F>,
        line: &mut L,
    ) -> Result<(), ReaderError> {
        if self.streaming {
            self.halt(talk, line).await?;
        } else if !self.known {
            // It may stream from an earlier run and not have been heard yet. Nobody waits for a module that is not there.
            talk.send(line, &command_bytes(CONTINUOUS, &stream::STOP)).await?;
        }
        Ok(())
    }
}

impl MercuryReader {
    /// Asks and waits for the answer, good or bad; `None` when none comes. A module that never answers an operation is
    /// not waited for again.
    pub(super) async fn ask<L: Line, F: FnMut(ReaderEvent) + Send>(
        &self,
        talk: &mut Talk<Mercury, F>,
        line: &mut L,
        opcode: u8,
        data: &[u8],
    ) -> Result<Option<Frame>, ReaderError> {
        let bytes = command_bytes(opcode, data);
        talk.ask(line, opcode.into(), &bytes, ANSWER_WITHIN, |frame| frame.answers(opcode)).await
    }

    /// As [`MercuryReader::ask`], once and for as long as it takes; silence is not remembered.
    pub(super) async fn exchange<L: Line, F: FnMut(ReaderEvent) + Send>(
        &self,
        talk: &mut Talk<Mercury, F>,
        line: &mut L,
        opcode: u8,
        data: &[u8],
        within: Duration,
    ) -> Result<Option<Frame>, ReaderError> {
        talk.send(line, &command_bytes(opcode, data)).await?;
        let until = Instant::now() + within;
        while let Some(frame) = talk.receive(line, until).await? {
            if frame.answers(opcode) {
                return Ok(Some(frame));
            }
        }
        Ok(None)
    }

    /// After a question that brought no answer: asks another one and hears that out. A module answers in order, so an
    /// answer that is merely late is over then, and is not taken for the answer to the next question of its kind.
    pub(super) async fn settle<L: Line, F: FnMut(ReaderEvent) + Send>(
        &self,
        talk: &mut Talk<Mercury, F>,
        line: &mut L,
    ) -> Result<(), ReaderError> {
        for asked in 1..=SETTLE_TRIES {
            if self.exchange(talk, line, VERSION, &[], SETTLE_WITHIN).await?.is_some() {
                if asked > 1 {
                    talk.drain(line, Instant::now() + PROBE_WITHIN).await?;
                }
                return Ok(());
            }
        }
        let silent_ms = talk.heard.elapsed().as_millis() as u64;
        Err(ReaderError::Silent { port: talk.port.clone(), silent_ms })
    }

    /// Asks once who is there. `true` when a module was heard, whatever it said.
    async fn greet<L: Line, F: FnMut(ReaderEvent) + Send>(
        &mut self,
        talk: &mut Talk<Mercury, F>,
        line: &mut L,
    ) -> Result<bool, ReaderError> {
        let mut heard = Overheard::default();
        for _ in 0..2 {
            // One that was left streaming hears nothing but a stop.
            let mut said = overhear(talk, line, OVERHEAR).await?;
            if !said.streams {
                talk.send(line, &command_bytes(VERSION, &[])).await?;
                said = overhear(talk, line, PROBE_WITHIN).await?;
            }
            heard.anything |= said.anything;
            if let Some(version) = said.version.filter(|_| !said.streams) {
                self.identify(talk, line, version).await?;
                return Ok(true);
            }
            self.streaming |= said.streams;
            if !said.streams || !self.halt(talk, line).await? {
                break;
            }
        }
        if heard.anything && !talk.up {
            talk.say_up(Identity::unknown());
        }
        Ok(heard.anything)
    }

    /// Finds out who it is and says that it is there.
    async fn identify<L: Line, F: FnMut(ReaderEvent) + Send>(
        &mut self,
        talk: &mut Talk<Mercury, F>,
        line: &mut L,
        version: Version,
    ) -> Result<(), ReaderError> {
        self.known = true;
        let version = self.boot(talk, line).await?.unwrap_or(version);
        let serial = self.ask(talk, line, HARDWARE, &[0x00, 0x40]).await?;
        let ports = self.ask(talk, line, ANTENNA_GET, &[5]).await?;
        let good = |frame: &Frame| frame.status == Some(status::OK);
        talk.say_up(Identity {
            model: version.model().map(str::to_owned),
            firmware: version.firmware_text(),
            serial: serial.filter(good).and_then(|frame| serial_number(&frame.data)),
            address: None,
            antennas: ports
                .filter(good)
                .and_then(|frame| detected(&frame.data))
                .and_then(|ports| u8::try_from(ports.len()).ok()),
        });
        Ok(())
    }

    /// Starts the firmware of a module that waits in its bootloader; gives the version it then has.
    pub(super) async fn boot<L: Line, F: FnMut(ReaderEvent) + Send>(
        &mut self,
        talk: &mut Talk<Mercury, F>,
        line: &mut L,
    ) -> Result<Option<Version>, ReaderError> {
        let program = self.ask(talk, line, PROGRAM, &[]).await?;
        let waits =
            program.and_then(|frame| frame.data.first().copied()).is_some_and(|program| program & 3 == 1);
        if !waits {
            return Ok(None);
        }
        let answer = self.exchange(talk, line, BOOT, &[], BOOT_WITHIN).await?;
        match answer {
            Some(Frame { status: Some(code @ 0x0200..=0x02FF), .. }) => {
                Err(talk.fault(code, status::words(code)))
            }
            answer => Ok(answer.and_then(|frame| Version::parse(&frame.data))),
        }
    }

    /// Has a module whose replies lack the checksum add it again; `true` when it does not.
    async fn stays_without_crc<L: Line, F: FnMut(ReaderEvent) + Send>(
        &mut self,
        talk: &mut Talk<Mercury, F>,
        line: &mut L,
    ) -> Result<bool, ReaderError> {
        talk.send(line, &command_bytes(OPTION_SET, &SEND_CRC)).await?;
        // The answer may come with or without: it is not waited for, the next question shows.
        talk.drain(line, Instant::now() + PROBE_WITHIN / 2).await?;
        talk.decoder.grammar.without_crc = false;
        let answer = self.exchange(talk, line, VERSION, &[], PROBE_WITHIN).await?;
        if answer.is_none() {
            tracing::warn!(port = %talk.port, "this reader's replies have no checksum");
        }
        Ok(answer.is_none())
    }
}

/// What a module said while somebody listened.
#[derive(Debug, Default)]
struct Overheard {
    /// Whatever it was. What was sent to a module is no sign of one: an adapter may give it back.
    anything: bool,
    /// A part of a stream.
    streams: bool,
    version: Option<Version>,
}

/// Listens until a module streams, says its version, or the time is over.
async fn overhear<L: Line, F: FnMut(ReaderEvent) + Send>(
    talk: &mut Talk<Mercury, F>,
    line: &mut L,
    within: Duration,
) -> Result<Overheard, ReaderError> {
    let until = Instant::now() + within;
    let mut heard = Overheard::default();
    while let Some(frame) = talk.receive(line, until).await? {
        heard.anything |= frame.status.is_some();
        heard.streams |= frame.answers(READ_MULTIPLE);
        heard.version = Version::parse(&frame.data).filter(|_| frame.answers(VERSION));
        if heard.streams || heard.version.is_some() {
            break;
        }
    }
    Ok(heard)
}

/// A tenth of a second of FF wakes a module from deep sleep (section 4).
async fn wake<L: Line, F: FnMut(ReaderEvent) + Send>(
    talk: &mut Talk<Mercury, F>,
    line: &mut L,
) -> Result<(), ReaderError> {
    let run = vec![0xFF; talk.baud as usize / 100];
    talk.send(line, &run).await?;
    talk.drain(line, Instant::now() + Duration::from_millis(100)).await
}

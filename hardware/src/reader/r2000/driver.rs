//! Finding the reader, writing its settings, and coming back after it was gone.

use std::convert::Infallible;
use std::time::Duration;

use tokio::sync::watch;
use tokio::time::{Instant, sleep};

use super::code;
use super::command::*;
use super::inventory;
use super::reply::Detail;
use super::talk::{ANSWER_WITHIN, Line, Talk};
use crate::reader::port::{Backoff, Opener, short_name};
use crate::reader::{ReaderError, ReaderEvent, ReaderSettings};

/// The address every reader listens to, whatever its own.
pub(super) const EVERY_READER: u8 = 0xFF;
/// The rates the protocol has, the maker's default first (protocol sheet, section 1).
const RATES: [u32; 2] = [115_200, 38_400];
/// Questions per rate while probing: leftovers of an earlier conversation may spoil the first.
const PROBES_PER_RATE: u32 = 3;
/// Silent tries before the port is opened anew: some adapters only wake up that way.
const REOPEN_AFTER: u32 = 8;

/// Keeps one R2000 reader reading until `stop` becomes true (or its sender is dropped): opens the port, finds the
/// reader and its rate, writes power and antenna, repeats short inventory rounds, and begins again with a bounded,
/// spread wait after anything went wrong. Returns with the port closed; the reader ends its round by itself.
///
/// The sink is called from within, in order, and must not block. It hears every tag frame that is valid, also one that
/// comes unasked, during probing or from a reader that answers nothing else.
pub async fn run_r2000(
    settings: ReaderSettings,
    sink: impl FnMut(ReaderEvent) + Send,
    stop: watch::Receiver<bool>,
) {
    tokio::select! {
        biased;
        () = stopped(stop) => {}
        never = run(settings, sink) => match never {},
    }
}

async fn stopped(mut stop: watch::Receiver<bool>) {
    if stop.wait_for(|&stop| stop).await.is_err() {
        tracing::debug!("nobody is left who could stop the reader: stopping it");
    }
}

async fn run(settings: ReaderSettings, sink: impl FnMut(ReaderEvent) + Send) -> Infallible {
    let mut opener = Opener::new(&settings.port);
    let mut driver = Driver::new(settings, sink);
    loop {
        let wait = match opener.open(driver.rates()[0]).await {
            Ok(mut line) => driver.converse(&mut line).await,
            Err(why) => driver.down(why),
        };
        sleep(wait).await;
    }
}

/// One reader, across openings of its port.
pub(super) struct Driver<F> {
    settings: ReaderSettings,
    talk: Talk<F>,
    backoff: Backoff,
}

impl<F: FnMut(ReaderEvent) + Send> Driver<F> {
    pub(super) fn new(settings: ReaderSettings, sink: F) -> Self {
        let baud = settings.baud.unwrap_or(RATES[0]);
        let talk = Talk::new(sink, short_name(&settings.port), baud);
        Self { settings, talk, backoff: Backoff::new() }
    }

    /// Talks over an open line until it has to be opened anew; gives the wait before that. A reader that is merely
    /// silent keeps its line, and is listened to while the driver waits.
    async fn converse<L: Line>(&mut self, line: &mut L) -> Duration {
        let mut silent = 0;
        loop {
            let Err(why) = self.serve(line).await;
            silent = if why.needs_reopening() { REOPEN_AFTER } else { silent + 1 };
            if silent >= REOPEN_AFTER {
                self.talk.hang_up();
                return self.down(why);
            }
            let wait = self.down(why);
            if let Err(why) = self.listen(line, wait).await {
                self.talk.hang_up();
                return self.down(why);
            }
        }
    }

    /// Everything from the first question to the end.
    pub(super) async fn serve<L: Line>(&mut self, line: &mut L) -> Result<Infallible, ReaderError> {
        self.talk.begin();
        self.probe(line).await?;
        self.write_settings(line).await?;
        inventory::run(&mut self.talk, line, &self.settings.antennas, &mut self.backoff).await
    }

    /// The rates to try, in order; never empty.
    fn rates(&self) -> Vec<u32> {
        match self.settings.baud {
            Some(baud) => vec![baud],
            None => RATES.to_vec(),
        }
    }

    /// Finds rate and address. Any valid frame will do: a reader that only streams tags is a reader.
    async fn probe<L: Line>(&mut self, line: &mut L) -> Result<(), ReaderError> {
        let began = Instant::now();
        for baud in self.rates() {
            line.set_rate(baud)
                .map_err(|source| ReaderError::Open { port: self.talk.port.clone(), source })?;
            self.talk.baud = baud;
            for probe in 1..=PROBES_PER_RATE {
                if self.probe_once(line, probe == PROBES_PER_RATE).await? {
                    return Ok(());
                }
            }
        }
        Err(self.unheard(began.elapsed()))
    }

    /// Asks for the firmware; the last time for an inventory as well, which the simplest of devices answer.
    async fn probe_once<L: Line>(&mut self, line: &mut L, last: bool) -> Result<bool, ReaderError> {
        let until = Instant::now() + ANSWER_WITHIN;
        let mut inventory_at = last.then(|| Instant::now() + ANSWER_WITHIN / 2);
        let frames = self.talk.frames;
        let mut replied_from = None;
        self.talk.address = EVERY_READER;
        self.talk.send(line, FIRMWARE, []).await?;
        loop {
            let answer = self.talk.receive(line, inventory_at.unwrap_or(until)).await?;
            let Some(answer) = answer else {
                if inventory_at.take().is_none() {
                    break;
                }
                self.talk.send(line, INVENTORY, [1]).await?;
                continue;
            };
            replied_from = Some(answer.address);
            if let Detail::Firmware { major, minor } = answer.detail {
                self.talk.address = answer.address;
                self.talk.say_up(format!("{major}.{minor}"));
                return Ok(true);
            }
        }
        if let Some(address) = replied_from.filter(|_| !self.talk.up) {
            self.talk.address = address;
            self.talk.say_up("unknown".to_owned());
        }
        Ok(self.talk.frames > frames)
    }

    fn unheard(&self, waited: Duration) -> ReaderError {
        let port = self.talk.port.clone();
        if self.talk.bytes_heard == 0 {
            return ReaderError::NoReply { port, waited_ms: waited.as_millis() as u64 };
        }
        let rates: Vec<String> = self.rates().iter().map(u32::to_string).collect();
        ReaderError::Garbled { port, bytes: self.talk.bytes_heard, rates: rates.join(" or ") }
    }

    /// Writes what the station wants, because a reader keeps what anybody wrote before. The region is left alone: it is
    /// a matter of law where the reader stands and is set once with the maker's tool; it is only logged.
    async fn write_settings<L: Line>(&mut self, line: &mut L) -> Result<(), ReaderError> {
        let region = self.talk.ask(line, REGION_GET, []).await?;
        tracing::info!(reader = %self.settings.name, ?region, "frequency region");
        self.write_power(line).await?;
        self.set(line, BEEPER, [0]).await?;
        Ok(())
    }

    /// Sets the power in RAM. Only a reader that refuses that gets it in flash, and only when it differs from what is
    /// there: flash wears out, and this runs at every start (protocol sheet, section 3).
    async fn write_power<L: Line>(&mut self, line: &mut L) -> Result<(), ReaderError> {
        let power_dbm = self.settings.power_dbm;
        match self.set(line, POWER_IN_RAM, [power_dbm]).await? {
            // The same value would be refused again.
            Some(code::POWER_RANGE) | None => return Ok(()),
            Some(_) => {}
        }
        let saved = self.talk.ask(line, POWER_GET, []).await?;
        if saved != Some(Detail::Power { power_dbm }) {
            self.set(line, POWER_IN_FLASH, [power_dbm]).await?;
        }
        Ok(())
    }

    /// Writes one setting; gives the code of a reader that refuses it.
    async fn set<L: Line, const N: usize>(
        &mut self,
        line: &mut L,
        command: u8,
        data: [u8; N],
    ) -> Result<Option<u8>, ReaderError> {
        match self.talk.ask(line, command, data).await? {
            Some(Detail::Code { code, meaning }) if code != code::OK => {
                tracing::warn!(reader = %self.settings.name, command, code, meaning, "setting refused");
                Ok(Some(code))
            }
            _ => Ok(None),
        }
    }

    /// Waits, listening: the first valid frame ends the wait.
    async fn listen<L: Line>(&mut self, line: &mut L, wait: Duration) -> Result<(), ReaderError> {
        let until = Instant::now() + wait;
        while !self.talk.up && Instant::now() < until {
            // A tag says Up by itself. In short steps, so that it also ends the wait.
            let step = until.min(Instant::now() + Duration::from_millis(100));
            if self.talk.receive(line, step).await?.is_some() {
                return Ok(());
            }
        }
        Ok(())
    }

    /// Tells why the reader is down, and gives the wait before the next try.
    fn down(&mut self, why: ReaderError) -> Duration {
        let retry_in_ms = self.backoff.next_ms();
        self.talk.up = false;
        self.talk.tell(ReaderEvent::Down { why, retry_in_ms });
        Duration::from_millis(retry_in_ms)
    }
}

//! Finding the scanner, keeping it, and coming back after it was gone.

use std::convert::Infallible;
use std::time::Duration;

use tokio::sync::watch;
use tokio::time::{Instant, sleep};

use super::error::ScannerError;
use super::gm65;
use super::keyboard;
use super::port::{Line, Opener, short_name};
use super::settle::{self, ANSWER_WITHIN, Settled};
use super::ssi::{self, SsiPacket};
use super::talk::Talk;
use super::told::Told;
use super::{ScannerEvent, ScannerKind, ScannerSettings};
use crate::capture::Source;

/// The rates scanners are delivered with, the commonest first (scanner page, section 1).
const RATES: [u32; 2] = [9_600, 115_200];
/// Questions per rate while probing.
const PROBES_PER_RATE: u32 = 3;
/// Silent tries before the port is opened anew: some adapters only wake up that way.
const REOPEN_AFTER: u32 = 8;
/// How often a quiet scanner is asked for a sign of life (scanner page, section 3).
const HEARTBEAT_EVERY: Duration = Duration::from_secs(10);
/// How many questions in a row may stay unanswered.
const MISSES: u32 = 3;
/// Wakes an SSI scanner that sleeps between scans; it needs a moment then (Zebra's guide; not on the scanner page).
const SSI_WAKE: [u8; 1] = [0];
const SSI_WAKES_WITHIN: Duration = Duration::from_millis(50);

/// Keeps one scanner going until `stop` becomes true (or its sender is dropped): opens the port, finds the scanner,
/// writes its settings, hands on its codes, and begins again with a bounded, spread wait after anything went wrong.
/// Returns with the port closed and a grabbed keyboard released.
///
/// The sink is called from within, in order, and must not block. Codes are handed on at any time, also while the scanner
/// is being looked for.
pub async fn run_scanner(
    settings: ScannerSettings,
    sink: impl FnMut(ScannerEvent) + Send,
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
        tracing::debug!("nobody is left who could stop the scanner: stopping it");
    }
}

async fn run(settings: ScannerSettings, sink: impl FnMut(ScannerEvent) + Send) -> Infallible {
    settings.capture.describe(Source::Scanner(settings.kind));
    let told = Told::new(sink, settings.name.clone());
    if settings.kind == ScannerKind::Keyboard {
        return keyboard::run(settings, told).await;
    }
    let mut opener = Opener::new(&settings.port);
    let mut driver = Driver::new(settings, told);
    loop {
        let wait = match opener.open(driver.rates()[0]).await {
            Ok(mut line) => driver.converse(&mut line).await,
            Err(error) => {
                let why = ScannerError::opening(error, &driver.talk.port);
                driver.talk.told.down(why)
            }
        };
        sleep(wait).await;
    }
}

/// One serial scanner, across openings of its port.
struct Driver<F> {
    settings: ScannerSettings,
    talk: Talk<F>,
    baud: u32,
    /// The rate at which codes came since the port was opened, though no question was answered.
    sends_at: Option<u32>,
    /// Which rate's turn it is to be listened at between two tries.
    turn: usize,
}

impl<F: FnMut(ScannerEvent) + Send> Driver<F> {
    fn new(settings: ScannerSettings, told: Told<F>) -> Self {
        let mut talk = Talk::new(told, settings.kind, short_name(&settings.port));
        talk.capture = settings.capture.clone();
        let baud = settings.baud.unwrap_or(RATES[0]);
        talk.baud = baud;
        Self { settings, talk, baud, sends_at: None, turn: 0 }
    }

    /// The rates to try, in order; never empty.
    fn rates(&self) -> Vec<u32> {
        match self.settings.baud {
            Some(baud) => vec![baud],
            None => RATES.to_vec(),
        }
    }

    /// Talks over an open line until it has to be opened anew; gives the wait before that. A scanner that is merely
    /// silent keeps its line, and is listened to while the driver waits.
    async fn converse<L: Line>(&mut self, line: &mut L) -> Duration {
        let mut silent = 0;
        self.sends_at = None;
        loop {
            let Err(why) = self.serve(line).await;
            silent = if why.needs_reopening() { REOPEN_AFTER } else { silent + 1 };
            let wait = self.talk.told.down(why);
            if silent >= REOPEN_AFTER {
                self.talk.hang_up();
                return wait;
            }
            if let Err(why) = self.wait(line, wait).await {
                self.talk.hang_up();
                return self.talk.told.down(why);
            }
        }
    }

    /// Listens while waiting, at each rate in turn: the first code or answer ends the wait.
    async fn wait<L: Line>(&mut self, line: &mut L, wait: Duration) -> Result<(), ScannerError> {
        let until = Instant::now() + wait;
        let rates = self.rates();
        self.turn += 1;
        self.set_rate(line, rates[self.turn % rates.len()])?;
        let signs = self.talk.signs;
        while self.talk.signs == signs && Instant::now() < until {
            let step = until.min(Instant::now() + Duration::from_millis(100));
            self.talk.receive(line, step).await?;
        }
        if self.talk.signs > signs {
            self.sends_at = Some(self.baud);
        }
        Ok(())
    }

    fn set_rate<L: Line>(&mut self, line: &mut L, baud: u32) -> Result<(), ScannerError> {
        self.baud = baud;
        self.talk.baud = baud;
        line.set_rate(baud).map_err(|source| ScannerError::Open { port: self.talk.port.clone(), source })
    }

    async fn serve<L: Line>(&mut self, line: &mut L) -> Result<Infallible, ScannerError> {
        if self.settings.kind == ScannerKind::Line {
            return self.serve_line(line).await;
        }
        // It may still send identifiers since the station was here last; that no marking looks like one is the better
        // guess until it is known.
        self.talk.aim = true;
        let mut answers = self.probe(line).await?;
        loop {
            let mut settled = match (answers, self.settings.kind) {
                (false, _) => Settled::nothing(),
                (true, ScannerKind::Ssi) => settle::ssi(&mut self.talk, line).await?,
                (true, _) => settle::gm65(&mut self.talk, line).await?,
            };
            self.talk.aim = settled.aim || self.settings.aim;
            let what = format!("{} at {} baud: {}", self.title(), self.baud, settled.said.join("; "));
            self.talk.told.up(what);
            self.keep(line, answers, &mut settled).await?;
            answers = true;
        }
    }

    /// Only listens: what the scanner is, and how it could be set, is not known.
    async fn serve_line<L: Line>(&mut self, line: &mut L) -> Result<Infallible, ScannerError> {
        self.talk.aim = self.settings.aim;
        let ids = if self.talk.aim { "with AIM identifiers" } else { "without AIM identifiers" };
        let what = format!(
            "line scanner at {} baud, {ids}; printed set-up codes cannot be switched off from here: scan the maker's code that does it",
            self.baud
        );
        self.talk.told.up(what);
        loop {
            self.talk.listen(line, HEARTBEAT_EVERY).await?;
        }
    }

    fn title(&self) -> &'static str {
        match self.settings.kind {
            ScannerKind::Gm65 => "GM65",
            ScannerKind::Ssi => "SSI scanner",
            ScannerKind::Line => "line scanner",
            ScannerKind::Keyboard => "keyboard scanner",
        }
    }

    /// Finds the rate. Says whether the scanner answers; one that only sends codes is a scanner as well.
    async fn probe<L: Line>(&mut self, line: &mut L) -> Result<bool, ScannerError> {
        let began = Instant::now();
        let signs = self.talk.signs;
        self.talk.bytes_heard = 0;
        for baud in self.sends_at.map_or_else(|| self.rates(), |baud| vec![baud]) {
            self.set_rate(line, baud)?;
            for probe in 0..PROBES_PER_RATE {
                if probe > 0 && self.settings.kind == ScannerKind::Ssi {
                    self.talk.ask(line, &SSI_WAKE, SSI_WAKES_WITHIN, |_| None::<()>).await?;
                }
                let question = self.first_question();
                if self.talk.ask(line, &question, ANSWER_WITHIN, |_| Some(())).await?.is_some() {
                    return Ok(true);
                }
            }
            if self.talk.signs > signs || self.sends_at.is_some() {
                return Ok(false);
            }
            self.talk.hang_up();
        }
        Err(self.unheard(began.elapsed()))
    }

    fn first_question(&self) -> Vec<u8> {
        match self.settings.kind {
            ScannerKind::Ssi => SsiPacket::from_host(ssi::ENABLE, &[]).bytes(),
            _ => gm65::command(gm65::HEARTBEAT, 0, 0),
        }
    }

    fn unheard(&self, waited: Duration) -> ScannerError {
        let port = self.talk.port.clone();
        if self.talk.bytes_heard == 0 {
            return ScannerError::NoReply { port, waited_ms: waited.as_millis() as u64 };
        }
        let rates: Vec<String> = self.rates().iter().map(u32::to_string).collect();
        ScannerError::Garbled { port, bytes: self.talk.bytes_heard, rates: rates.join(" or ") }
    }

    /// Hands on codes and asks for a sign of life in between. Returns when the settings have to be written (again): the
    /// scanner lost them, or has begun to answer.
    async fn keep<L: Line>(
        &mut self,
        line: &mut L,
        answers: bool,
        settled: &mut Settled,
    ) -> Result<(), ScannerError> {
        loop {
            self.talk.listen(line, HEARTBEAT_EVERY).await?;
            if self.is_alive(line, answers, settled).await? {
                if !answers || !settled.still_there(&mut self.talk, line).await? {
                    return Ok(());
                }
            } else if answers {
                let silent_ms = self.talk.sign_at.elapsed().as_millis() as u64;
                return Err(ScannerError::Silent { port: self.talk.port.clone(), silent_ms });
            }
        }
    }

    /// Whether it answers one of three questions. A code that comes instead is life enough for a scanner that answered
    /// before, but no answer from one that never did.
    async fn is_alive<L: Line>(
        &mut self,
        line: &mut L,
        answers: bool,
        settled: &mut Settled,
    ) -> Result<bool, ScannerError> {
        for _ in 0..MISSES {
            let signs = self.talk.signs;
            let question = match self.settings.kind {
                ScannerKind::Ssi => settled.ssi_question(),
                _ => self.first_question(),
            };
            let answered = self.talk.ask(line, &question, ANSWER_WITHIN, |_| Some(())).await?.is_some();
            if answered || answers && self.talk.signs > signs {
                return Ok(true);
            }
        }
        Ok(false)
    }
}

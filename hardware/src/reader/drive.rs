//! A reader's life, the same for every family: open the line, find the reader, let it read, and begin again with a
//! bounded, spread wait after anything went wrong. What a family does in between is its [`Dialect`].

use std::convert::Infallible;
use std::future::Future;
use std::time::Duration;

use tokio::sync::watch;
use tokio::time::{Instant, sleep, timeout};

use super::family::Family;
use super::line::{Backoff, Line, Opener, Road, short_name};
use super::orders::TagOrders;
use super::talk::{Speech, Talk};
use super::{ReaderError, ReaderEvent, ReaderSettings};
use crate::capture::Source;

/// Questions per rate while probing: leftovers of an earlier conversation may spoil the first.
const PROBES_PER_RATE: u32 = 3;
/// Silent tries before the port is opened anew: some adapters only wake up that way.
const REOPEN_AFTER: u32 = 8;
/// How long a reader may take to stop reading when the station ends: all of it is over within a second, whatever the
/// reader does. One that needs longer is stopped by whoever asks it next.
const HUSH_WITHIN: Duration = Duration::from_millis(900);
/// How often somebody who waits for a tag to be written is told that the reader is down.
const ORDERS_EVERY: Duration = Duration::from_millis(100);

/// How one family is found, set up and kept reading over an open line.
pub(crate) trait Dialect: Send + Sized {
    /// Its frames.
    type Speech: Speech;
    /// Which family.
    const FAMILY: Family;
    /// The rates to try when none is configured, the likeliest first; never empty. A network line ignores them.
    const RATES: &'static [u32];

    fn new(settings: &ReaderSettings) -> Self;

    /// Asks once, at the line's present rate, who is there. `true` when a reader of this family was heard, which it then
    /// says with [`Talk::say_up`]. `last` is set for the last try at a rate: then also ask what only simple readers
    /// answer.
    fn probe<L: Line, F: FnMut(ReaderEvent) + Send>(
        &mut self,
        talk: &mut Talk<Self::Speech, F>,
        line: &mut L,
        last: bool,
    ) -> impl Future<Output = Result<bool, ReaderError>> + Send;

    /// Writes the settings and takes inventory until something goes wrong that needs a fresh start. Asks
    /// [`TagOrders::access_waits`] between rounds, at least ten times a second. Resets `backoff` when reading works.
    fn serve<L: Line, F: FnMut(ReaderEvent) + Send>(
        &mut self,
        talk: &mut Talk<Self::Speech, F>,
        line: &mut L,
        backoff: &mut Backoff,
    ) -> impl Future<Output = Result<Infallible, ReaderError>> + Send;

    /// Ends what the reader does by itself, before the line is closed on purpose. A family whose rounds end by
    /// themselves has nothing to do.
    fn hush<L: Line, F: FnMut(ReaderEvent) + Send>(
        &mut self,
        _talk: &mut Talk<Self::Speech, F>,
        _line: &mut L,
    ) -> impl Future<Output = Result<(), ReaderError>> + Send {
        async { Ok(()) }
    }
}

/// Keeps one reader reading until `stop` becomes true or its sender is dropped.
pub(crate) async fn run<D: Dialect>(
    settings: ReaderSettings,
    sink: impl FnMut(ReaderEvent) + Send,
    orders: TagOrders,
    mut stop: watch::Receiver<bool>,
) {
    let mut opener = Opener::new(&settings.port);
    let mut driver = Driver::<D, _>::new(settings, sink, orders);
    loop {
        let rate = driver.rates()[0];
        let wait = tokio::select! {
            biased;
            () = stopped(&mut stop) => return,
            opened = driver.opened(&mut opener, rate) => match opened {
                Err(why) => driver.down(why),
                Ok(mut line) => {
                    let ended = tokio::select! {
                        biased;
                        () = stopped(&mut stop) => None,
                        wait = driver.converse(&mut line) => Some(wait),
                    };
                    let Some(wait) = ended else { return driver.hush(&mut line).await };
                    wait
                }
            },
        };
        tokio::select! {
            biased;
            () = stopped(&mut stop) => return,
            () = driver.wait(wait) => {}
        }
    }
}

async fn stopped(stop: &mut watch::Receiver<bool>) {
    if stop.wait_for(|&stop| stop).await.is_err() {
        tracing::debug!("nobody is left who could stop the reader: stopping it");
    }
}

/// One reader, across openings of its line.
pub(crate) struct Driver<D: Dialect, F> {
    dialect: D,
    settings: ReaderSettings,
    talk: Talk<D::Speech, F>,
    backoff: Backoff,
    /// The rate at which the reader was last found.
    good: Option<u32>,
    /// Why the reader is down, for whoever gives it an order.
    why: String,
}

impl<D: Dialect, F: FnMut(ReaderEvent) + Send> Driver<D, F> {
    pub(crate) fn new(settings: ReaderSettings, sink: F, mut orders: TagOrders) -> Self {
        let baud = settings.baud.unwrap_or(D::RATES[0]);
        settings.capture.describe(Source::Reader(settings.family));
        orders.capture = settings.capture.clone();
        let mut talk = Talk::new(sink, orders, short_name(&settings.port), baud);
        talk.capture = settings.capture.clone();
        let why = "it has not answered yet".to_owned();
        Self { dialect: D::new(&settings), settings, talk, backoff: Backoff::new(), good: None, why }
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
    pub(crate) async fn serve<L: Line>(&mut self, line: &mut L) -> Result<Infallible, ReaderError> {
        self.talk.begin();
        self.probe(line).await?;
        self.dialect.serve(&mut self.talk, line, &mut self.backoff).await
    }

    /// The rates to try, in order, the one that worked last first; never empty.
    fn rates(&self) -> Vec<u32> {
        match (Road::of(&self.settings.port), self.settings.baud) {
            (Road::Call(_) | Road::Listen(_), _) => vec![0],
            (Road::Serial(_), Some(baud)) => vec![baud],
            (Road::Serial(_), None) => {
                let others = D::RATES.iter().copied().filter(|&rate| Some(rate) != self.good);
                self.good.into_iter().chain(others).collect()
            }
        }
    }

    /// Finds the reader and its rate.
    async fn probe<L: Line>(&mut self, line: &mut L) -> Result<(), ReaderError> {
        let began = Instant::now();
        for baud in self.rates() {
            line.set_rate(baud)
                .map_err(|source| ReaderError::Open { port: self.talk.port.clone(), source })?;
            self.talk.baud = baud;
            for probe in 1..=PROBES_PER_RATE {
                if self.dialect.probe(&mut self.talk, line, probe == PROBES_PER_RATE).await? {
                    self.good = Some(baud);
                    return Ok(());
                }
                self.refuse_orders();
            }
        }
        Err(self.unheard(began.elapsed()))
    }

    fn unheard(&self, waited: Duration) -> ReaderError {
        let port = self.talk.port.clone();
        if self.talk.bytes_heard == 0 {
            return ReaderError::NoReply { port, waited_ms: waited.as_millis() as u64 };
        }
        let rates: Vec<String> = self.rates().iter().map(u32::to_string).collect();
        ReaderError::Garbled { port, bytes: self.talk.bytes_heard, rates: rates.join(" or ") }
    }

    /// Opens the line; whoever waits for a tag meanwhile is told that the reader is down.
    async fn opened(&mut self, opener: &mut Opener, rate: u32) -> Result<super::line::OpenLine, ReaderError> {
        let opening = opener.open(rate);
        tokio::pin!(opening);
        loop {
            match timeout(ORDERS_EVERY, &mut opening).await {
                Ok(opened) => return opened,
                Err(_) => self.refuse_orders(),
            }
        }
    }

    /// Waits without a line.
    async fn wait(&mut self, wait: Duration) {
        let until = Instant::now() + wait;
        while Instant::now() < until {
            self.refuse_orders();
            sleep(ORDERS_EVERY.min(until.saturating_duration_since(Instant::now()))).await;
        }
    }

    /// Waits, listening: the first valid frame ends the wait.
    async fn listen<L: Line>(&mut self, line: &mut L, wait: Duration) -> Result<(), ReaderError> {
        let until = Instant::now() + wait;
        while !self.talk.up && Instant::now() < until {
            self.refuse_orders();
            // A tag says Up by itself. In short steps, so that it also ends the wait.
            let step = until.min(Instant::now() + ORDERS_EVERY);
            if self.talk.receive(line, step).await?.is_some() {
                return Ok(());
            }
        }
        Ok(())
    }

    /// Ends the reader's own doings, because the station ends.
    async fn hush<L: Line>(&mut self, line: &mut L) {
        match timeout(HUSH_WITHIN, self.dialect.hush(&mut self.talk, line)).await {
            Ok(Ok(())) => {}
            Ok(Err(error)) => tracing::debug!(port = %self.talk.port, %error, "reader not hushed"),
            Err(_) => tracing::warn!(port = %self.talk.port, "the reader did not stop reading in time"),
        }
    }

    fn refuse_orders(&mut self) {
        self.talk.orders.refuse_all(&self.why);
    }

    /// Tells why the reader is down, and gives the wait before the next try.
    fn down(&mut self, why: ReaderError) -> Duration {
        // A reader that was pulled right after its first tag had a good life, too.
        if std::mem::take(&mut self.talk.has_read) {
            self.backoff.reset();
        }
        let retry_in_ms = self.backoff.next_ms();
        self.talk.up = false;
        self.why = why.to_string();
        self.refuse_orders();
        self.talk.tell(ReaderEvent::Down { why, retry_in_ms });
        Duration::from_millis(retry_in_ms)
    }
}

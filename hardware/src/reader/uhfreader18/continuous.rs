//! The CF readers: parameters once, then a stream that goes on until it is stopped (protocol sheet, section 9).

use std::convert::Infallible;
use std::time::Duration;

use tokio::time::Instant;

use super::frame::{Frame, FrameKind, Uhf18};
use super::prime::{self, Parameters, command_bytes};
use super::setup::antenna_mask;
use crate::reader::line::{Backoff, Line};
use crate::reader::talk::{ANSWER_WITHIN, Talk};
use crate::reader::{ReaderError, ReaderEvent, ReaderSettings, Region, TagError, Target, limits};

/// The most such a reader transmits, dBm.
const LIMIT_DBM: u8 = 33;
/// Q where the configuration leaves it open: the makers' own.
const USUAL_Q: u8 = 4;
/// A stream without a tag says nothing; after that long it is stopped and started again, which the reader answers.
const QUIET_FOR: Duration = Duration::from_secs(2);
/// How often orders are looked after while the stream runs.
const STEP: Duration = Duration::from_millis(100);
/// Stops asked for without an answer before the reader counts as silent.
const STOPS: u32 = 3;

/// Writes the parameters and listens until something goes wrong that needs a fresh start.
pub(super) async fn run<L: Line, F: FnMut(ReaderEvent) + Send>(
    settings: &ReaderSettings,
    talk: &mut Talk<Uhf18, F>,
    line: &mut L,
    backoff: &mut Backoff,
) -> Result<Infallible, ReaderError> {
    // It may still stream from its last run, or by its own mode.
    stop(talk, line).await?;
    write_parameters(settings, talk, line).await?;
    if settings.read_tid {
        talk.warn_of_setting("chip numbers cannot be read while this reader streams: set read_tid to false");
    }
    loop {
        // By time, without an end.
        talk.send(line, &command_bytes(prime::START, [0; 5])).await?;
        watch(talk, line, backoff).await?;
        if !stop(talk, line).await? {
            return Err(ReaderError::Silent {
                port: talk.port.clone(),
                silent_ms: talk.heard.elapsed().as_millis() as u64,
            });
        }
        backoff.reset();
    }
}

/// Ends the stream; `false` when the reader does not answer. Tags still under way are handed on.
pub(super) async fn stop<L: Line, F: FnMut(ReaderEvent) + Send>(
    talk: &mut Talk<Uhf18, F>,
    line: &mut L,
) -> Result<bool, ReaderError> {
    for _ in 0..STOPS {
        talk.send(line, &command_bytes(prime::STOP, [])).await?;
        let until = Instant::now() + ANSWER_WITHIN;
        while let Some(frame) = talk.receive(line, until).await? {
            if answers(&frame, prime::STOP) {
                return Ok(true);
            }
        }
    }
    Ok(false)
}

/// Listens while the stream runs; ends when it has been quiet, or its round is over.
async fn watch<L: Line, F: FnMut(ReaderEvent) + Send>(
    talk: &mut Talk<Uhf18, F>,
    line: &mut L,
    backoff: &mut Backoff,
) -> Result<(), ReaderError> {
    let mut heard = Instant::now();
    loop {
        let now = Instant::now();
        if talk.orders.access_waits(now)
            && let Some((_, reply)) = talk.orders.take_access()
        {
            reply.give(Err(TagError::NotOffered("the memory commands of CF readers are not published")));
        }
        if now >= heard + QUIET_FOR {
            return Ok(());
        }
        let step = (heard + QUIET_FOR).min(now + STEP);
        let Some(frame) = talk.receive(line, step).await? else { continue };
        if frame.is_prime() {
            heard = Instant::now();
            backoff.reset();
        }
        if prime::ends_round(&frame) {
            talk.round_ended();
            return Ok(());
        }
    }
}

/// Writes the block of parameters, which lives in flash, when one of them differs.
async fn write_parameters<L: Line, F: FnMut(ReaderEvent) + Send>(
    settings: &ReaderSettings,
    talk: &mut Talk<Uhf18, F>,
    line: &mut L,
) -> Result<(), ReaderError> {
    let said = ask(talk, line, prime::GET_PARAMETERS, &command_bytes(prime::GET_PARAMETERS, [])).await?;
    let Some(found) = said.and_then(|frame| Parameters::parse(&frame.data)) else {
        talk.warn_of_setting("the reader does not say how it is set: power and antennas stay as they are");
        return Ok(());
    };
    tell_limits(settings, talk, &found);
    let mut wanted = Parameters {
        mode: 0,
        antenna_mask: antenna_mask(&settings.antennas_in_use()),
        power_dbm: settings.power_dbm.min(LIMIT_DBM),
        area: 1,
        q: settings.q.unwrap_or(USUAL_Q),
        session: settings.session.number(),
        ..found.clone()
    };
    while wanted != found {
        let set = command_bytes(prime::SET_PARAMETERS, wanted.block());
        let said = ask(talk, line, prime::SET_PARAMETERS, &set).await?;
        let refused = said.and_then(|frame| frame.status).filter(|&status| status != 0);
        let Some(status) = refused else { break };
        // It names neither the parameter nor its limit: the next lower power is tried, which wears nothing.
        if wanted.power_dbm > found.power_dbm {
            wanted.power_dbm -= 1;
            continue;
        }
        let meaning = prime::meaning(status).unwrap_or("an unknown status");
        talk.warn_of_setting(format!("the reader refuses its parameters: {meaning}"));
        return Ok(());
    }
    let said = ask(talk, line, prime::GET_PARAMETERS, &command_bytes(prime::GET_PARAMETERS, [])).await?;
    let stands = said.and_then(|frame| Parameters::parse(&frame.data)).unwrap_or(wanted);
    tell_difference(settings, talk, &stands);
    Ok(())
}

/// Says what of the configuration such a reader cannot do, as far as that is known before anything is written.
fn tell_limits<F: FnMut(ReaderEvent) + Send>(
    settings: &ReaderSettings,
    talk: &mut Talk<Uhf18, F>,
    found: &Parameters,
) {
    if settings.target == Target::B {
        talk.warn_of_setting(
            "this reader always asks tags in state A: write target = \"a\" into station.toml",
        );
    }
    if let Some(region) = settings.region.filter(|&region| !is_in(region, found.start_mhz)) {
        let has: Vec<Region> =
            Region::ALL.into_iter().filter(|&region| is_in(region, found.start_mhz)).collect();
        let why = format!("it transmits from {}.{:03} MHz", found.start_mhz, found.start_khz);
        talk.warn_of_setting(limits::region(region, &has, &why));
    }
}

/// Says what the reader made of what was written: some take everything and do what they can.
fn tell_difference<F: FnMut(ReaderEvent) + Send>(
    settings: &ReaderSettings,
    talk: &mut Talk<Uhf18, F>,
    stands: &Parameters,
) {
    if stands.power_dbm != settings.power_dbm {
        talk.warn_of_setting(limits::power(settings.power_dbm, i16::from(stands.power_dbm) * 100));
    }
    let (used, missing): (Vec<u8>, Vec<u8>) = settings
        .antennas_in_use()
        .into_iter()
        .partition(|&antenna| stands.antenna_mask & antenna_mask(&[antenna]) != 0);
    talk.no_such_antennas(&missing, &used, None);
    let q = settings.q.is_some_and(|q| q != stands.q);
    let lost = [("session", stands.session != settings.session.number()), ("q", q)];
    let lost: Vec<&str> = lost.into_iter().filter(|(_, lost)| *lost).map(|(key, _)| key).collect();
    if !lost.is_empty() {
        talk.warn_of_setting(limits::not_settable(&lost));
    }
}

/// Whether a band that begins there is one of the region.
fn is_in(region: Region, start_mhz: u16) -> bool {
    match region {
        Region::Eu | Region::India => (865..868).contains(&start_mhz),
        Region::Us => (902..928).contains(&start_mhz),
        Region::China => (920..925).contains(&start_mhz),
        Region::Korea => (917..923).contains(&start_mhz),
        Region::Japan => (916..921).contains(&start_mhz),
        Region::Australia => (920..926).contains(&start_mhz),
    }
}

async fn ask<L: Line, F: FnMut(ReaderEvent) + Send>(
    talk: &mut Talk<Uhf18, F>,
    line: &mut L,
    command: u16,
    bytes: &[u8],
) -> Result<Option<Frame>, ReaderError> {
    talk.ask(line, command, bytes, ANSWER_WITHIN, |frame| answers(frame, command)).await
}

fn answers(frame: &Frame, command: u16) -> bool {
    frame.kind == FrameKind::PrimeReply && frame.command == command
}

//! Rounds without end: one question, the tags, the end of the round, the next question.

use std::convert::Infallible;
use std::time::Duration;

use tokio::time::Instant;

use super::code::{self, Trouble, trouble};
use super::command::*;
use super::reply::Detail;
use super::talk::{Line, Talk};
use crate::reader::port::Backoff;
use crate::reader::{ReaderError, ReaderEvent};

/// One pass over the field per question. Tags are told as they are read, so longer rounds would be no faster; short
/// ones leave room for the other antennas and for settings.
const REPEAT: u8 = 1;
/// A reader that has not said anything for this long missed the question (protocol sheet, section 4).
const ASK_AGAIN_AFTER: Duration = Duration::from_secs(1);
/// Questions without any answer, after the first, before the reader counts as silent.
const SILENT_QUESTIONS: u32 = 3;
/// After tags, this long a silence means that the end of the round was lost.
const ROUND_LOST_AFTER: Duration = Duration::from_millis(300);
/// The longest a round can take: 250 tags at 50 a second. A stream without an end is asked anew after that.
const LONGEST_ROUND: Duration = Duration::from_secs(5);
/// No real round is shorter, so this delays none; it keeps a simulated reader from eating the processor.
const SHORTEST_ROUND: Duration = Duration::from_millis(10);
/// The pause after a transient error.
const AFTER_TRANSIENT: Duration = Duration::from_millis(20);
/// The pause after a question the reader refuses.
const AFTER_REFUSAL: Duration = Duration::from_secs(1);
/// How long a missing antenna is left out.
const ANTENNA_REST: Duration = Duration::from_secs(10);
/// How often the temperature is asked, between rounds.
const TEMPERATURE_EVERY: Duration = Duration::from_secs(30);
/// Temperatures above this are a misread (section 8: magnitude, plausible 0 to 90).
const HOTTEST_C: u8 = 90;

/// Takes inventory until something goes wrong that needs a fresh start.
pub(super) async fn run<L, F>(
    talk: &mut Talk<F>,
    line: &mut L,
    antennas: &[u8],
    backoff: &mut Backoff,
) -> Result<Infallible, ReaderError>
where
    L: Line,
    F: FnMut(ReaderEvent) + Send,
{
    let mut antennas = Antennas::new(antennas);
    let mut next_at = Instant::now();
    let mut temperature_at = Instant::now();
    let mut warned = Vec::new();
    loop {
        // Listening, not sleeping: what comes unasked is heard as well.
        while talk.receive(line, next_at).await?.is_some() {}
        if Instant::now() >= temperature_at {
            temperature_at = Instant::now() + TEMPERATURE_EVERY;
            take_temperature(talk, line).await?;
        }
        let Some(turn) = antennas.turn(Instant::now()) else {
            next_at = Instant::now() + AFTER_REFUSAL;
            continue;
        };
        let asked = Instant::now();
        let mut end = select(talk, line, &mut antennas, turn).await?;
        if end == RoundEnd::Done {
            end = round(talk, line).await?;
        }
        next_at = match end {
            RoundEnd::Done => {
                antennas.works(turn);
                backoff.reset();
                asked + SHORTEST_ROUND
            }
            RoundEnd::Lost => {
                backoff.reset();
                Instant::now()
            }
            RoundEnd::Trouble(code) => {
                Instant::now() + after_trouble(talk, &mut antennas, turn, code, &mut warned)?
            }
        };
    }
}

/// How a round ended.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum RoundEnd {
    Done,
    /// Tags came, the end did not.
    Lost,
    /// The reader answered with this code.
    Trouble(u8),
}

/// Asks for one round and hears it out.
async fn round<L, F>(talk: &mut Talk<F>, line: &mut L) -> Result<RoundEnd, ReaderError>
where
    L: Line,
    F: FnMut(ReaderEvent) + Send,
{
    let began = Instant::now();
    let mut asked = began;
    let mut frames = talk.frames;
    // Rounds asked for and not ended. A question repeated too early brings two ends; taking the first for the end of
    // both would leave the conversation one round behind for ever.
    let mut owed = 1_u32;
    let mut ended = false;
    talk.send(line, INVENTORY, [REPEAT]).await?;
    loop {
        let spoke = talk.frames > frames;
        let until = if spoke {
            (talk.heard + ROUND_LOST_AFTER).min(began + LONGEST_ROUND)
        } else {
            asked + ASK_AGAIN_AFTER
        };
        if Instant::now() >= until {
            if spoke {
                return Ok(if ended { RoundEnd::Done } else { RoundEnd::Lost });
            }
            if owed > SILENT_QUESTIONS {
                return Err(ReaderError::Silent {
                    port: talk.port.clone(),
                    silent_ms: talk.heard.elapsed().as_millis() as u64,
                });
            }
            owed += 1;
            asked = Instant::now();
            frames = talk.frames;
            talk.send(line, INVENTORY, [REPEAT]).await?;
            continue;
        }
        match talk.receive(line, until).await? {
            Some(answer) if answer.command == INVENTORY => match answer.detail {
                Detail::RoundEnd { .. } => {
                    talk.round_ended();
                    ended = true;
                    owed = owed.saturating_sub(1);
                    if owed == 0 {
                        return Ok(RoundEnd::Done);
                    }
                }
                Detail::Code { code, .. } => return Ok(RoundEnd::Trouble(code)),
                _ => {}
            },
            Some(_) | None => {}
        }
    }
}

/// Switches to the antenna whose turn it is, unless it is in use already.
async fn select<L, F>(
    talk: &mut Talk<F>,
    line: &mut L,
    antennas: &mut Antennas,
    turn: usize,
) -> Result<RoundEnd, ReaderError>
where
    L: Line,
    F: FnMut(ReaderEvent) + Send,
{
    if antennas.in_use == Some(turn) {
        return Ok(RoundEnd::Done);
    }
    let index = antennas.list[turn].number.saturating_sub(1);
    let answer = talk.ask(line, ANTENNA_SET, [index]).await?;
    if let Some(Detail::Code { code, .. }) = answer
        && code != code::OK
    {
        return Ok(RoundEnd::Trouble(code));
    }
    antennas.in_use = Some(turn);
    Ok(RoundEnd::Done)
}

/// What a code means for the next round: the pause before it, or an error that needs a fresh start.
fn after_trouble<F: FnMut(ReaderEvent) + Send>(
    talk: &mut Talk<F>,
    antennas: &mut Antennas,
    turn: usize,
    code: u8,
    warned: &mut Vec<u8>,
) -> Result<Duration, ReaderError> {
    match trouble(code) {
        Trouble::Transient => Ok(AFTER_TRANSIENT),
        Trouble::Antenna => {
            if let Some(antenna) = antennas.rest(turn, Instant::now()) {
                talk.tell(ReaderEvent::Antenna {
                    antenna,
                    fault: if code == code::WRONG_ANTENNA {
                        format!("the reader has no antenna {antenna}: correct the configuration")
                    } else {
                        format!("antenna {antenna} is missing: is its cable screwed on at both ends?")
                    },
                });
            }
            Ok(Duration::ZERO)
        }
        Trouble::Fatal => Err(talk.fault(code)),
        Trouble::Refused => {
            if !warned.contains(&code) {
                warned.push(code);
                let meaning = code::meaning(code);
                tracing::warn!(port = %talk.port, code, meaning, "the reader refuses an inventory");
            }
            Ok(AFTER_REFUSAL)
        }
    }
}

async fn take_temperature<L, F>(talk: &mut Talk<F>, line: &mut L) -> Result<(), ReaderError>
where
    L: Line,
    F: FnMut(ReaderEvent) + Send,
{
    if talk.is_mute(TEMPERATURE) {
        return Ok(());
    }
    if let Some(Detail::Temperature { temperature_c, .. }) = talk.ask(line, TEMPERATURE, []).await?
        && temperature_c <= HOTTEST_C
        && let Ok(temperature_c) = i8::try_from(temperature_c)
    {
        talk.temperature(temperature_c);
    }
    Ok(())
}

/// The antennas and whose turn it is.
struct Antennas {
    list: Vec<Antenna>,
    last: usize,
    /// The one the reader is set to, where it is known.
    in_use: Option<usize>,
}

struct Antenna {
    /// Counted from 1.
    number: u8,
    /// Left out until then.
    rests_until: Option<Instant>,
    /// Its fault has been told.
    told: bool,
}

impl Antennas {
    fn new(numbers: &[u8]) -> Self {
        let numbers = if numbers.is_empty() { &[1] } else { numbers };
        let list: Vec<Antenna> =
            numbers.iter().map(|&number| Antenna { number, rests_until: None, told: false }).collect();
        let last = list.len() - 1;
        Self { list, last, in_use: None }
    }

    /// The next antenna that is not resting.
    fn turn(&mut self, now: Instant) -> Option<usize> {
        let count = self.list.len();
        let turn = (1..=count)
            .map(|step| (self.last + step) % count)
            .find(|&at| self.list[at].rests_until.is_none_or(|until| until <= now))?;
        self.last = turn;
        Some(turn)
    }

    fn works(&mut self, turn: usize) {
        self.list[turn].rests_until = None;
        self.list[turn].told = false;
    }

    /// Leaves an antenna out for a while; gives its number when the fault is new.
    fn rest(&mut self, turn: usize, now: Instant) -> Option<u8> {
        let antenna = &mut self.list[turn];
        antenna.rests_until = Some(now + ANTENNA_REST);
        let new = !std::mem::replace(&mut antenna.told, true);
        new.then_some(antenna.number)
    }
}

//! From raw bytes to a signed answer. The order of checks is that of `ledger-and-sync.md` section 5: sizes, signature and
//! key, form, predecessor, chain, duplicates, forks. Knows no HTTP: a stick is received the same way.

use super::intake::{self, Incoming};
use super::registry::{self, Station};
use super::store::StoreError;
use super::{Hq, chain, lock};
use crate::domain::StationId;
use crate::sync::wire::envelope::Kind;
use crate::sync::wire::{Answer, Batch, Envelope, Hello, Refused, Reply, WireError, request_digest};

/// When to come back while an earlier batch of the same station is being stored.
const SOON_MS: i64 = 1_000;

/// When to come back while the database fails.
const LATER_MS: i64 = 10_000;

/// An answer with its signed bytes.
pub struct Response {
    /// What is said.
    pub answer: Answer,
    /// The bytes to send.
    pub bytes: Vec<u8>,
}

impl Hq {
    /// Answers a hello. Blocks on the database.
    pub fn receive_hello(&self, bytes: &[u8], now_ms: i64) -> Response {
        self.respond(bytes, now_ms, self.hello(bytes))
    }

    /// Takes a batch. What the answer says is on the medium. Blocks on the database.
    pub fn receive_batch(&self, bytes: &[u8], now_ms: i64) -> Response {
        self.respond(bytes, now_ms, self.batch(bytes, now_ms))
    }

    /// "Not now", for who calls when there is no room.
    pub fn turn_away(&self, bytes: &[u8], now_ms: i64) -> Response {
        self.respond(bytes, now_ms, Ok(Answer::Busy(now_ms.saturating_add(SOON_MS))))
    }

    fn hello(&self, bytes: &[u8]) -> Result<Answer, Trouble> {
        let envelope = Envelope::open(Kind::Hello, bytes)?;
        let station = self.station(envelope.station())?;
        // A closed key is greeted as well: what it goes on to send is evidence.
        let (hello, _) = with_keys(&station, |key| Hello::read(&envelope, key))?;
        let named = [hello.head.hash, hello.acknowledged.hash];
        let held = self.read(|tx| chain::held(tx, station.number, &named))?;
        Ok(Answer::Held(held))
    }

    fn batch(&self, bytes: &[u8], now_ms: i64) -> Result<Answer, Trouble> {
        let envelope = Envelope::open(Kind::Batch, bytes)?;
        let station = self.station(envelope.station())?;
        let (batch, closed) = with_keys(&station, |key| Batch::read(&envelope, key))?;
        // Only now, so that nobody without the key can stand in the station's way.
        let Some(_turn) = Turn::take(self, &station.id) else {
            return Ok(Answer::Busy(now_ms.saturating_add(SOON_MS)));
        };
        if closed {
            let digest = envelope.digest();
            self.write(|tx| registry::set_apart(tx, &station, &digest, bytes, now_ms))?;
            return Ok(Answer::Quarantined(refused(
                "closed_key",
                format!("the key of station {} is closed; ask headquarters for a new enrolment", station.id),
            )));
        }
        let links = batch.links()?;
        intake::check_addresses(&batch).map_err(Trouble::Malformed)?;
        let incoming =
            Incoming { batch: &batch, links: &links, digest: envelope.digest(), received_ms: now_ms };
        Ok(self.write(|tx| intake::take(tx, &station, &incoming, &self.inner.key))?)
    }

    fn station(&self, id: &StationId) -> Result<Station, Trouble> {
        let found = self.read(|tx| registry::find(tx, id))?;
        found.ok_or_else(|| Trouble::UnknownStation(id.clone()))
    }

    fn respond(&self, request: &[u8], now_ms: i64, result: Result<Answer, Trouble>) -> Response {
        let answer = result.unwrap_or_else(|trouble| trouble.answer(now_ms));
        let reply = Reply { at_ms: now_ms, software: env!("CARGO_PKG_VERSION").to_owned(), answer };
        let bytes = reply.seal(&request_digest(request), &self.inner.key);
        Response { answer: reply.answer, bytes }
    }
}

/// Why a request gets no proper answer.
enum Trouble {
    UnknownStation(StationId),
    BadSignature(StationId),
    Malformed(String),
    Store(StoreError),
}

impl Trouble {
    fn answer(self, now_ms: i64) -> Answer {
        let (code, text) = match self {
            Self::UnknownStation(id) => (
                "unknown_station",
                format!(
                    "no station {id} is registered; there: armoury-hq station add --id {id} --public-key KEY"
                ),
            ),
            Self::BadSignature(id) => (
                "bad_signature",
                format!("the signature is not that of station {id}; is its key the one registered?"),
            ),
            Self::Malformed(why) => ("malformed", why),
            Self::Store(why) => {
                tracing::error!("headquarters could not answer: {}", crate::sync::with_causes(&why));
                return Answer::Busy(now_ms.saturating_add(LATER_MS));
            }
        };
        tracing::info!(code, "refused: {text}");
        Answer::Refused(refused(code, text))
    }
}

impl From<WireError> for Trouble {
    fn from(why: WireError) -> Self {
        Self::Malformed(why.to_string())
    }
}

impl From<StoreError> for Trouble {
    fn from(why: StoreError) -> Self {
        Self::Store(why)
    }
}

/// Reads with each of the station's keys until one fits; gives whether that one is closed.
fn with_keys<R>(
    station: &Station,
    read: impl Fn(&ed25519_dalek::VerifyingKey) -> Result<R, WireError>,
) -> Result<(R, bool), Trouble> {
    for key in &station.keys {
        match read(&key.key) {
            Ok(value) => return Ok((value, key.closed)),
            Err(WireError::Signature { .. }) => {}
            Err(why) => return Err(why.into()),
        }
    }
    Err(Trouble::BadSignature(station.id.clone()))
}

fn refused(code: &str, text: String) -> Refused {
    Refused { code: code.to_owned(), text }
}

/// One batch of a station at a time, so that none can crowd out the others.
struct Turn<'a> {
    hq: &'a Hq,
    station: StationId,
}

impl<'a> Turn<'a> {
    fn take(hq: &'a Hq, station: &StationId) -> Option<Self> {
        let mut at_work = lock(&hq.inner.at_work);
        at_work.insert(station.clone()).then(|| Self { hq, station: station.clone() })
    }
}

impl Drop for Turn<'_> {
    fn drop(&mut self) {
        lock(&self.hq.inner.at_work).remove(&self.station);
    }
}

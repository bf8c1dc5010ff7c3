//! What headquarters says. Every answer is signed and names the request it answers, so that an old one cannot be played
//! again; the receipt inside carries a signature of its own and stays good on its own for as long as it is kept.

use ed25519_dalek::{SigningKey, VerifyingKey};
use minicbor::{Decode, Encode};

use super::{FORMAT, Head, WireError, check_format, from_slice, hash_bytes, seal, to_vec, unseal};
use crate::domain::StationId;
use crate::ledger::entry::Hash;

const ANSWER_TAG: &[u8] = b"armoury-answer-1\0";
const RECEIPT_TAG: &[u8] = b"armoury-receipt-1\0";

/// Most points a [`Held`] may list: one for each power of two below 2^64, and the two ends.
pub const POINTS_MAX: usize = 66;

/// An answer with what stands around every answer.
#[derive(Debug, Clone, PartialEq)]
pub struct Reply {
    /// Headquarters' clock, wall milliseconds.
    pub at_ms: i64,
    /// Version of its program.
    pub software: String,
    /// What it says.
    pub answer: Answer,
}

/// What headquarters says.
#[derive(Debug, Clone, PartialEq, Encode, Decode)]
pub enum Answer {
    /// To a hello: what it holds of this station.
    #[n(0)]
    Held(#[n(0)] Held),
    /// The batch is stored; the raw bytes of a [`Receipt`].
    #[n(1)]
    Receipt(
        #[n(0)]
        #[cbor(with = "minicbor::bytes")]
        Vec<u8>,
    ),
    /// It lacks the entry before the batch; send from the last common entry.
    #[n(2)]
    Need(#[n(0)] Held),
    /// The batch is stored beside other entries with the same numbers.
    #[n(3)]
    Fork(#[n(0)] Forked),
    /// The batch is kept apart, because the key that signed it is closed.
    #[n(4)]
    Quarantined(#[n(0)] Refused),
    /// Not now; headquarters' wall milliseconds before which asking again is of no use.
    #[n(5)]
    Busy(#[n(0)] i64),
    /// Never: the sender or the bytes are not what they should be.
    #[n(6)]
    Refused(#[n(0)] Refused),
}

/// What headquarters holds of one chain.
#[derive(Debug, Clone, PartialEq, Eq, Encode, Decode)]
#[cbor(map)]
pub struct Held {
    /// The last entry; [`Head::NONE`] where it holds nothing.
    #[n(0)]
    pub head: Head,
    /// Entries to compare with, highest number first and ever further apart, from `head` to the first. The station's
    /// last common entry is at or above the first of them that it has too.
    #[n(1)]
    pub points: Vec<Head>,
}

/// Where two histories part.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Encode, Decode)]
#[cbor(map)]
pub struct Forked {
    /// The last common entry; [`Head::NONE`] where there is none.
    #[n(0)]
    pub point: Head,
    /// The entry that headquarters held first behind that.
    #[n(1)]
    pub other: Head,
    /// The last entry of the batch, now held as well.
    #[n(2)]
    pub held: Head,
}

/// A refusal in words.
#[derive(Debug, Clone, PartialEq, Eq, Encode, Decode)]
#[cbor(map)]
pub struct Refused {
    /// `unknown_station`, `bad_signature`, `malformed`, `closed_key`.
    #[n(0)]
    pub code: String,
    /// What, why, what now.
    #[n(1)]
    pub text: String,
}

/// "I hold this station's chain up to here": what moves a station's cursor (I10).
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Receipt {
    /// The station, as registered.
    pub station: StationId,
    /// The last entry of the batch.
    pub head: Head,
    /// Position of the batch in headquarters' log, counted from 1; the log had this size then.
    pub position: u64,
    /// Hash of that log at that position.
    pub log: Hash,
    /// When it came, headquarters' wall milliseconds.
    pub received_ms: i64,
}

#[derive(Encode, Decode)]
#[cbor(map)]
struct ReplyBody {
    #[n(0)]
    format: u16,
    #[n(1)]
    #[cbor(with = "hash_bytes")]
    request: Hash,
    #[n(2)]
    at_ms: i64,
    #[n(3)]
    software: String,
    #[n(4)]
    answer: Answer,
}

#[derive(Encode, Decode)]
#[cbor(map)]
struct ReceiptBody {
    #[n(0)]
    format: u16,
    #[n(1)]
    station: String,
    #[n(2)]
    head: Head,
    #[n(3)]
    position: u64,
    #[n(4)]
    #[cbor(with = "hash_bytes")]
    log: Hash,
    #[n(5)]
    received_ms: i64,
}

impl Reply {
    /// Signs the answer to the request of that digest.
    pub fn seal(&self, request: &Hash, key: &SigningKey) -> Vec<u8> {
        let body = to_vec(&ReplyBody {
            format: FORMAT,
            request: *request,
            at_ms: self.at_ms,
            software: self.software.clone(),
            answer: self.answer.clone(),
        });
        seal(ANSWER_TAG, &body, key)
    }

    /// Reads an answer, given the digest of the request it must answer and headquarters' key.
    ///
    /// # Errors
    /// Not signed by that key, an answer to something else, or no answer at all.
    pub fn open(bytes: &[u8], request: &Hash, key: &VerifyingKey) -> Result<Self, WireError> {
        let body: ReplyBody = from_slice("answer", unseal("answer", ANSWER_TAG, bytes, key)?)?;
        check_format("answer", body.format)?;
        if body.request != *request {
            return Err(WireError::OtherRequest);
        }
        if let Answer::Held(held) | Answer::Need(held) = &body.answer
            && held.points.len() > POINTS_MAX
        {
            let why = format!("{} points: at most {POINTS_MAX} are needed", held.points.len());
            return Err(WireError::shape("answer", why));
        }
        Ok(Self { at_ms: body.at_ms, software: body.software, answer: body.answer })
    }
}

impl Receipt {
    /// Signs it. The same content gives the same bytes.
    pub fn seal(&self, key: &SigningKey) -> Vec<u8> {
        let body = to_vec(&ReceiptBody {
            format: FORMAT,
            station: self.station.as_str().to_owned(),
            head: self.head,
            position: self.position,
            log: self.log,
            received_ms: self.received_ms,
        });
        seal(RECEIPT_TAG, &body, key)
    }

    /// Reads a receipt and checks that headquarters signed it.
    ///
    /// # Errors
    /// Not signed by `key`, or not a receipt.
    pub fn verify(raw: &[u8], key: &VerifyingKey) -> Result<Self, WireError> {
        let body: ReceiptBody = from_slice("receipt", unseal("receipt", RECEIPT_TAG, raw, key)?)?;
        check_format("receipt", body.format)?;
        Ok(Self {
            station: StationId::new(body.station),
            head: body.head,
            position: body.position,
            log: body.log,
            received_ms: body.received_ms,
        })
    }
}

//! A batch: a dense run of one chain's entries in one epoch.
//!
//! Hashes of the single entries are not sent: whoever reads works them out from the payload bytes and compares the last.

use ed25519_dalek::{SigningKey, VerifyingKey};
use minicbor::bytes::ByteVec;
use minicbor::{Decode, Encode};

use super::envelope::{Envelope, Kind, Packed};
use super::{
    BATCH_MAX_BYTES, BATCH_MAX_EVENTS, FORMAT, WireError, check_format, from_slice, hash_bytes, to_vec,
};
use crate::domain::StationId;
use crate::ledger::entry::{Hash, PAYLOAD_MAX_BYTES, entry_hash};

const WHAT: &str = "batch";

/// Payloads as they are stored. Other numbers are for forms with dictionaries that must rebuild the same bytes.
const FORM_AS_STORED: u8 = 0;

/// A run of entries.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Batch {
    /// Whose chain; the name it is registered under at headquarters.
    pub station: StationId,
    /// The epoch of every entry in it.
    pub epoch: u32,
    /// Number of the first entry.
    pub first_seq: u64,
    /// Hash of the entry before the first.
    pub prev: Hash,
    /// Hash of the last entry.
    pub last: Hash,
    /// Version of the program that packed it.
    pub software: String,
    /// The stored bytes, in order.
    pub payloads: Vec<Vec<u8>>,
}

#[derive(Encode, Decode)]
#[cbor(map)]
struct Body {
    #[n(0)]
    format: u16,
    #[n(1)]
    station: String,
    #[n(2)]
    epoch: u32,
    #[n(3)]
    first_seq: u64,
    #[n(4)]
    #[cbor(with = "hash_bytes")]
    prev: Hash,
    #[n(5)]
    #[cbor(with = "hash_bytes")]
    last: Hash,
    #[n(6)]
    count: u64,
    #[n(7)]
    form: u8,
    #[n(8)]
    payloads: Vec<ByteVec>,
    #[n(9)]
    software: String,
}

impl Batch {
    /// Signs and packs it.
    ///
    /// # Errors
    /// A batch over its limits, or a compressor that fails.
    pub fn pack(&self, key: &SigningKey) -> Result<Packed, WireError> {
        self.check_limits()?;
        let body = to_vec(&Body {
            format: FORMAT,
            station: self.station.as_str().to_owned(),
            epoch: self.epoch,
            first_seq: self.first_seq,
            prev: self.prev,
            last: self.last,
            count: self.payloads.len() as u64,
            form: FORM_AS_STORED,
            payloads: self.payloads.iter().map(|payload| ByteVec::from(payload.clone())).collect(),
            software: self.software.clone(),
        });
        Envelope::pack(Kind::Batch, &self.station, &body, key)
    }

    /// Reads a batch out of its envelope: the signature first, then the form, then the limits.
    ///
    /// # Errors
    /// A signature that is not `key`'s, or content that is no batch.
    pub fn read(envelope: &Envelope, key: &VerifyingKey) -> Result<Self, WireError> {
        let body: Body = from_slice(WHAT, envelope.verify(Kind::Batch, key)?)?;
        check_format(WHAT, body.format)?;
        if body.form != FORM_AS_STORED {
            let why = format!("payloads in form {}: this program knows form {FORM_AS_STORED}", body.form);
            return Err(WireError::shape(WHAT, why));
        }
        if body.station != envelope.station().as_str() {
            return Err(WireError::shape(WHAT, "the station named inside is not the one named outside"));
        }
        if body.count != body.payloads.len() as u64 {
            let why = format!("it holds {} entries and states {}", body.payloads.len(), body.count);
            return Err(WireError::shape(WHAT, why));
        }
        let batch = Self {
            station: StationId::new(body.station),
            epoch: body.epoch,
            first_seq: body.first_seq,
            prev: body.prev,
            last: body.last,
            software: body.software,
            payloads: body.payloads.into_iter().map(Vec::from).collect(),
        };
        batch.check_limits()?;
        Ok(batch)
    }

    /// Number of the last entry.
    pub fn last_seq(&self) -> u64 {
        // The limits hold for every batch that was packed or read: not empty, and no number above an i64's.
        self.first_seq + self.payloads.len() as u64 - 1
    }

    /// The hash of each entry, worked out from the payload bytes.
    ///
    /// # Errors
    /// The last hash is not the one the header states, or the first entry does not begin where its number says.
    pub fn links(&self) -> Result<Vec<Hash>, WireError> {
        if (self.first_seq == 1) != (self.prev == Hash::GENESIS) {
            let why = format!("entry {} cannot follow {}", self.first_seq, self.prev);
            return Err(WireError::Chain(why));
        }
        let mut prev = self.prev;
        let links: Vec<Hash> = self
            .payloads
            .iter()
            .map(|payload| {
                prev = entry_hash(&prev, payload);
                prev
            })
            .collect();
        if prev != self.last {
            let why = format!("the last hash comes out as {prev} and is stated as {}", self.last);
            return Err(WireError::Chain(why));
        }
        Ok(links)
    }

    fn check_limits(&self) -> Result<(), WireError> {
        let count = self.payloads.len();
        if count == 0 || count > BATCH_MAX_EVENTS {
            return Err(WireError::shape(
                WHAT,
                format!("{count} entries: from 1 to {BATCH_MAX_EVENTS} are taken"),
            ));
        }
        if let Some(payload) = self.payloads.iter().find(|payload| payload.len() > PAYLOAD_MAX_BYTES) {
            return Err(WireError::TooLarge {
                what: "batch entry",
                bytes: payload.len() as u64,
                limit: PAYLOAD_MAX_BYTES,
            });
        }
        let bytes: usize = self.payloads.iter().map(Vec::len).sum();
        if count > 1 && bytes > BATCH_MAX_BYTES {
            return Err(WireError::TooLarge { what: WHAT, bytes: bytes as u64, limit: BATCH_MAX_BYTES });
        }
        // SQLite counts in signed 64-bit numbers.
        let highest = self.first_seq.checked_add(count as u64).filter(|end| *end <= i64::MAX as u64);
        if self.first_seq == 0 || highest.is_none() {
            return Err(WireError::shape(WHAT, format!("no entry has the number {}", self.first_seq)));
        }
        Ok(())
    }
}

//! A station's hello: where it stands, signed.

use ed25519_dalek::{SigningKey, VerifyingKey};
use minicbor::{Decode, Encode};

use super::envelope::{Envelope, Kind, Packed};
use super::{FORMAT, Head, WireError, check_format, from_slice, to_vec};
use crate::domain::StationId;

const WHAT: &str = "hello";

/// Where a station stands.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Hello {
    /// The name it is registered under.
    pub station: StationId,
    /// The last entry of its ledger; [`Head::NONE`] for an empty one.
    pub head: Head,
    /// The last entry for which it has a receipt; [`Head::NONE`] before the first.
    pub acknowledged: Head,
    /// The last feed number it applied; 0 before the first.
    pub feed: u64,
    /// Version of its program.
    pub software: String,
    /// Random, so that no two hellos have the same digest and no old answer fits a new one.
    pub nonce: [u8; 16],
}

#[derive(Encode, Decode)]
#[cbor(map)]
struct Body {
    #[n(0)]
    format: u16,
    #[n(1)]
    station: String,
    #[n(2)]
    head: Head,
    #[n(3)]
    acknowledged: Head,
    #[n(4)]
    feed: u64,
    #[n(5)]
    software: String,
    #[n(6)]
    #[cbor(with = "minicbor::bytes")]
    nonce: [u8; 16],
}

impl Hello {
    /// Signs and packs it.
    ///
    /// # Errors
    /// A hello over its limit: the version text is far too long.
    pub fn pack(&self, key: &SigningKey) -> Result<Packed, WireError> {
        let body = to_vec(&Body {
            format: FORMAT,
            station: self.station.as_str().to_owned(),
            head: self.head,
            acknowledged: self.acknowledged,
            feed: self.feed,
            software: self.software.clone(),
            nonce: self.nonce,
        });
        Envelope::pack(Kind::Hello, &self.station, &body, key)
    }

    /// Reads a hello out of its envelope, the signature first.
    ///
    /// # Errors
    /// A signature that is not `key`'s, or content that is no hello.
    pub fn read(envelope: &Envelope, key: &VerifyingKey) -> Result<Self, WireError> {
        let body: Body = from_slice(WHAT, envelope.verify(Kind::Hello, key)?)?;
        check_format(WHAT, body.format)?;
        if body.station != envelope.station().as_str() {
            return Err(WireError::shape(WHAT, "the station named inside is not the one named outside"));
        }
        Ok(Self {
            station: StationId::new(body.station),
            head: body.head,
            acknowledged: body.acknowledged,
            feed: body.feed,
            software: body.software,
            nonce: body.nonce,
        })
    }
}

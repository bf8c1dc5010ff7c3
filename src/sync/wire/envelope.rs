//! What a station sends: a body, perhaps compressed, and the station's signature over its digest.
//!
//! The signature covers the body before compression, so a batch keeps its signature whoever packs it again. The name
//! outside says whose key to try; the one inside, under the signature, is the one that counts, and they must agree.

use std::io::Read;

use ed25519_dalek::{SigningKey, VerifyingKey};
use minicbor::{Decode, Encode};

use super::{
    BATCH_BODY_MAX_BYTES, ENVELOPE_MARGIN_BYTES, FORMAT, HELLO_BODY_MAX_BYTES, WireError, check_format,
    digest, from_slice, sign, to_vec, verify,
};
use crate::domain::StationId;
use crate::domain::ids::is_id;
use crate::ledger::entry::Hash;

/// zstd level of batches (`ledger-and-sync.md` section 5).
const ZSTD_LEVEL: i32 = 3;

/// log2 of the most memory a sender can make the decompressor hold as a window. A body fits in 2^17 bytes; zstd rounds
/// windows up, so twice that.
const ZSTD_WINDOW_LOG_MAX: u32 = 18;

/// As the body is.
const CODING_NONE: u8 = 0;
/// One zstd frame that states its content size.
const CODING_ZSTD: u8 = 1;

/// What the body is; each kind is signed under a tag of its own.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Kind {
    /// A run of entries.
    Batch,
    /// Where a station stands.
    Hello,
}

impl Kind {
    /// The word for errors.
    pub fn word(self) -> &'static str {
        match self {
            Self::Batch => "batch",
            Self::Hello => "hello",
        }
    }

    fn tag(self) -> &'static [u8] {
        match self {
            Self::Batch => b"armoury-batch-1\0",
            Self::Hello => b"armoury-hello-1\0",
        }
    }

    fn body_max_bytes(self) -> usize {
        match self {
            Self::Batch => BATCH_BODY_MAX_BYTES,
            Self::Hello => HELLO_BODY_MAX_BYTES,
        }
    }
}

/// An envelope ready to send.
#[derive(Debug, Clone)]
pub struct Packed {
    /// The bytes to send.
    pub bytes: Vec<u8>,
    /// Digest of the body: the name of a batch.
    pub digest: Hash,
}

/// A received envelope: unpacked within its limits, its signature not checked yet.
#[derive(Debug, Clone)]
pub struct Envelope {
    kind: Kind,
    station: StationId,
    body: Vec<u8>,
    digest: Hash,
    signature: [u8; 64],
}

#[derive(Encode, Decode)]
#[cbor(map)]
struct Outer<'a> {
    #[n(0)]
    format: u16,
    #[b(1)]
    station: &'a str,
    #[n(2)]
    coding: u8,
    /// Length of the body before compression, in bytes.
    #[n(3)]
    length: u64,
    #[b(4)]
    #[cbor(with = "minicbor::bytes")]
    body: &'a [u8],
    #[n(5)]
    #[cbor(with = "minicbor::bytes")]
    signature: [u8; 64],
}

impl Envelope {
    /// Signs a body and packs it; a batch is compressed where that makes it smaller.
    ///
    /// # Errors
    /// A body over its limit, or a compressor that fails.
    pub fn pack(kind: Kind, station: &StationId, body: &[u8], key: &SigningKey) -> Result<Packed, WireError> {
        check_size(kind, body.len() as u64)?;
        let digest = digest(kind.tag(), body);
        let small = match kind {
            Kind::Batch => zstd::bulk::compress(body, ZSTD_LEVEL)
                .map(Some)
                .map_err(|why| WireError::Compress(why.to_string()))?,
            Kind::Hello => None,
        };
        let small = small.filter(|small| small.len() < body.len());
        let bytes = to_vec(&Outer {
            format: FORMAT,
            station: station.as_str(),
            coding: if small.is_some() { CODING_ZSTD } else { CODING_NONE },
            length: body.len() as u64,
            body: small.as_deref().unwrap_or(body),
            signature: sign(kind.tag(), &digest, key),
        });
        Ok(Packed { bytes, digest })
    }

    /// Reads an envelope. Sizes are checked before anything is unpacked and again while it is.
    ///
    /// # Errors
    /// Too large, not an envelope, a newer format, or a body that is not as long as the envelope states.
    pub fn open(kind: Kind, bytes: &[u8]) -> Result<Self, WireError> {
        let limit = kind.body_max_bytes() + ENVELOPE_MARGIN_BYTES;
        if bytes.len() > limit {
            return Err(WireError::TooLarge { what: kind.word(), bytes: bytes.len() as u64, limit });
        }
        let outer: Outer<'_> = from_slice(kind.word(), bytes)?;
        check_format(kind.word(), outer.format)?;
        check_size(kind, outer.length)?;
        if !is_id(outer.station) {
            return Err(WireError::shape(kind.word(), "the station's name is no name"));
        }
        let body = match outer.coding {
            CODING_NONE => outer.body.to_vec(),
            CODING_ZSTD => unpack(kind, outer.body)?,
            other => return Err(WireError::shape(kind.word(), format!("unknown coding {other}"))),
        };
        if body.len() as u64 != outer.length {
            let why = format!("it holds {} bytes and states {}", body.len(), outer.length);
            return Err(WireError::shape(kind.word(), why));
        }
        Ok(Self {
            kind,
            station: StationId::new(outer.station),
            digest: digest(kind.tag(), &body),
            body,
            signature: outer.signature,
        })
    }

    /// Who claims to have sent it: good for choosing the key to check with, and for nothing else.
    pub fn station(&self) -> &StationId {
        &self.station
    }

    /// Digest of the body.
    pub fn digest(&self) -> Hash {
        self.digest
    }

    /// The body, once the signature is shown to be `key`'s.
    ///
    /// # Errors
    /// The signature is not `key`'s.
    pub fn verify(&self, kind: Kind, key: &VerifyingKey) -> Result<&[u8], WireError> {
        // The tag of the kind asked for: an envelope opened as something else fails here as well.
        verify(self.kind.word(), kind.tag(), &self.digest, &self.signature, key)?;
        Ok(&self.body)
    }
}

fn check_size(kind: Kind, bytes: u64) -> Result<(), WireError> {
    let limit = kind.body_max_bytes();
    if bytes > limit as u64 {
        return Err(WireError::TooLarge { what: kind.word(), bytes, limit });
    }
    Ok(())
}

/// Unpacks as a stream that ends one byte after the limit, whatever the frame states about itself.
fn unpack(kind: Kind, packed: &[u8]) -> Result<Vec<u8>, WireError> {
    let damaged = |why: std::io::Error| WireError::shape(kind.word(), format!("unpack it: {why}"));
    let mut decoder = zstd::stream::read::Decoder::with_buffer(packed).map_err(damaged)?;
    decoder.window_log_max(ZSTD_WINDOW_LOG_MAX).map_err(damaged)?;
    let mut body = Vec::new();
    decoder.take(kind.body_max_bytes() as u64 + 1).read_to_end(&mut body).map_err(damaged)?;
    check_size(kind, body.len() as u64)?;
    Ok(body)
}

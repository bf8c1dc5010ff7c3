//! What goes over the road: formats, limits and signatures (`ledger-and-sync.md` section 5). No I/O, no clock.
//!
//! - [`envelope`]: what a station sends, signed and perhaps compressed; the same bytes over HTTPS and on a stick (I14).
//! - [`batch`]: a run of entries.
//! - [`hello`]: where a station stands.
//! - [`answer`]: what headquarters says, signed; inside it the [`Receipt`], signed for itself so that it can be kept.
//!
//! All of it is CBOR maps with small integer keys. A key is never given a new meaning; unknown keys are skipped. Each
//! signature covers a tag of its own, so that bytes signed as one thing never pass as another.

pub mod answer;
pub mod batch;
pub mod envelope;
pub mod hello;

pub use answer::{Answer, Forked, Held, Receipt, Refused, Reply};
pub use batch::Batch;
pub use envelope::Envelope;
pub use hello::Hello;

use ed25519_dalek::{Signature, Signer, SigningKey, VerifyingKey};
use minicbor::{Decode, Decoder, Encode};
use sha2::{Digest, Sha256};

use crate::ledger::entry::Hash;

/// The format this version writes and the highest it reads.
pub const FORMAT: u16 = 1;

/// Most entries in one batch (`ledger-and-sync.md` section 5, push).
pub const BATCH_MAX_EVENTS: usize = 1_000;

/// Most payload bytes in one batch, except that one entry always fits.
pub const BATCH_MAX_BYTES: usize = 64 * 1024;

/// Largest batch before compression: the payloads, five bytes of CBOR before each, and the header.
pub const BATCH_BODY_MAX_BYTES: usize = BATCH_MAX_BYTES + 5 * BATCH_MAX_EVENTS + 3 * 1024;

/// Largest hello.
pub const HELLO_BODY_MAX_BYTES: usize = 2 * 1024;

/// Room for what an envelope puts around its body.
pub const ENVELOPE_MARGIN_BYTES: usize = 512;

/// Largest request headquarters reads: a body that would not get smaller is sent as it is.
pub const REQUEST_MAX_BYTES: usize = BATCH_BODY_MAX_BYTES + ENVELOPE_MARGIN_BYTES;

/// Largest answer a station reads: 66 points of a chain are under 4 KiB, the rest is room for later fields.
pub const ANSWER_MAX_BYTES: usize = 16 * 1024;

/// The media type of everything here.
pub const MEDIA_TYPE: &str = "application/cbor";

/// Why bytes from the road are not taken.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
pub enum WireError {
    /// More bytes than this thing ever has.
    #[error("read the {what} of {bytes} bytes: the limit is {limit}")]
    TooLarge {
        /// What it claims to be.
        what: &'static str,
        /// Its size, or the size at which reading stopped.
        bytes: u64,
        /// The limit.
        limit: usize,
    },
    /// Not CBOR of the expected shape.
    #[error("read the {what}: {why}")]
    Shape {
        /// What it claims to be.
        what: &'static str,
        /// What is wrong with it.
        why: String,
    },
    /// Written by a newer program.
    #[error("read the {what} of format {found}: this program knows formats up to {FORMAT}; use a newer one")]
    Format {
        /// What it is.
        what: &'static str,
        /// Its format.
        found: u16,
    },
    /// The signature is not this key's over these bytes.
    #[error("check the signature of the {what}: it does not belong to the expected key")]
    Signature {
        /// What it is.
        what: &'static str,
    },
    /// A good signature under an answer to something else: an old answer played again, or a request damaged on the way.
    #[error("match an answer to its request: it answers another one")]
    OtherRequest,
    /// The entries do not form the chain the header states.
    #[error("check the chain of a batch: {0}")]
    Chain(String),
    /// The system's compressor failed.
    #[error("compress a batch: {0}")]
    Compress(String),
}

impl WireError {
    pub(crate) fn shape(what: &'static str, why: impl ToString) -> Self {
        Self::Shape { what, why: why.to_string() }
    }
}

/// The last entry of a chain, or of a part of it.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Encode, Decode)]
#[cbor(map)]
pub struct Head {
    /// Its epoch.
    #[n(0)]
    pub epoch: u32,
    /// Its number; 0 where there is no entry.
    #[n(1)]
    pub seq: u64,
    /// Its hash.
    #[n(2)]
    #[cbor(with = "hash_bytes")]
    pub hash: Hash,
}

impl Head {
    /// Where a chain begins.
    pub const NONE: Self = Self { epoch: 0, seq: 0, hash: Hash::GENESIS };
}

/// What names a request in its answer: a hash over the bytes as they travelled.
pub fn request_digest(request: &[u8]) -> Hash {
    digest(b"armoury-request-1\0", request)
}

/// `SHA-256(tag || length, u64 big-endian || bytes)`.
pub(crate) fn digest(tag: &[u8], bytes: &[u8]) -> Hash {
    let mut sha = Sha256::new();
    sha.update(tag);
    sha.update((bytes.len() as u64).to_be_bytes());
    sha.update(bytes);
    Hash(sha.finalize().into())
}

/// Signs the tag and the digest made under it.
pub(crate) fn sign(tag: &[u8], digest: &Hash, key: &SigningKey) -> [u8; 64] {
    key.sign(&[tag, &digest.0].concat()).to_bytes()
}

/// Checks what [`sign`] made.
pub(crate) fn verify(
    what: &'static str,
    tag: &[u8],
    digest: &Hash,
    signature: &[u8; 64],
    key: &VerifyingKey,
) -> Result<(), WireError> {
    key.verify_strict(&[tag, &digest.0].concat(), &Signature::from_bytes(signature))
        .map_err(|_| WireError::Signature { what })
}

/// Bytes and the signature over them: the outer form of answers and receipts.
#[derive(Encode, Decode)]
#[cbor(map)]
struct Signed<'a> {
    #[b(0)]
    #[cbor(with = "minicbor::bytes")]
    body: &'a [u8],
    #[n(1)]
    #[cbor(with = "minicbor::bytes")]
    signature: [u8; 64],
}

pub(crate) fn seal(tag: &[u8], body: &[u8], key: &SigningKey) -> Vec<u8> {
    let signature = sign(tag, &digest(tag, body), key);
    to_vec(&Signed { body, signature })
}

pub(crate) fn unseal<'a>(
    what: &'static str,
    tag: &[u8],
    bytes: &'a [u8],
    key: &VerifyingKey,
) -> Result<&'a [u8], WireError> {
    if bytes.len() > ANSWER_MAX_BYTES {
        return Err(WireError::TooLarge { what, bytes: bytes.len() as u64, limit: ANSWER_MAX_BYTES });
    }
    let signed: Signed<'a> = from_slice(what, bytes)?;
    verify(what, tag, &digest(tag, signed.body), &signed.signature, key)?;
    Ok(signed.body)
}

pub(crate) fn to_vec(value: &impl Encode<()>) -> Vec<u8> {
    minicbor::to_vec(value).expect("writing to a vector cannot fail")
}

/// Reads one value that fills `bytes`; what hangs on behind it was signed by nobody who meant it.
pub(crate) fn from_slice<'a, T: Decode<'a, ()>>(what: &'static str, bytes: &'a [u8]) -> Result<T, WireError> {
    let mut decoder = Decoder::new(bytes);
    let value = decoder.decode().map_err(|why| WireError::shape(what, why))?;
    match bytes.len() - decoder.position() {
        0 => Ok(value),
        more => Err(WireError::shape(what, format!("{more} bytes hang on behind it"))),
    }
}

pub(crate) fn check_format(what: &'static str, found: u16) -> Result<(), WireError> {
    if found == 0 || found > FORMAT {
        return Err(WireError::Format { what, found });
    }
    Ok(())
}

/// A [`Hash`] as a CBOR byte string of 32 bytes.
pub(crate) mod hash_bytes {
    use minicbor::bytes::ByteArray;
    use minicbor::decode::Error as DecodeError;
    use minicbor::encode::{Error as EncodeError, Write};
    use minicbor::{Decoder, Encoder};

    use crate::ledger::entry::Hash;

    pub fn encode<C, W: Write>(
        hash: &Hash,
        e: &mut Encoder<W>,
        _: &mut C,
    ) -> Result<(), EncodeError<W::Error>> {
        e.bytes(&hash.0)?.ok()
    }

    pub fn decode<C>(d: &mut Decoder<'_>, _: &mut C) -> Result<Hash, DecodeError> {
        d.decode::<ByteArray<32>>().map(|bytes| Hash(bytes.into()))
    }
}

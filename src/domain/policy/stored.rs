//! A policy as an entry holds it. An entry of an older program lacks the keys that came later: they have their
//! defaults, which are what that program did.

use std::collections::BTreeMap;

use minicbor::data::Type;
use minicbor::{Decoder, Encoder};

use super::Policy;

/// Reads and writes a policy inside an entry.
pub mod overlay {
    use minicbor::decode::Error as DecodeError;
    use minicbor::encode::{Error as EncodeError, Write};
    use minicbor::{Decode, Decoder, Encode, Encoder};

    use super::Policy;

    /// Writes every key.
    ///
    /// # Errors
    /// The writer's.
    pub fn encode<C, W: Write>(
        policy: &Option<Policy>,
        e: &mut Encoder<W>,
        context: &mut C,
    ) -> Result<(), EncodeError<W::Error>> {
        policy.encode(e, context)
    }

    /// Reads what is there; the rest has its default.
    ///
    /// # Errors
    /// It is no policy.
    pub fn decode<C>(d: &mut Decoder<'_>, context: &mut C) -> Result<Option<Policy>, DecodeError> {
        let start = d.position();
        d.skip()?;
        let whole = super::with_defaults(&d.input()[start..d.position()])?;
        Policy::decode(&mut Decoder::new(&whole), context).map(Some)
    }

    /// An absent policy is left out of the map.
    pub fn is_nil(policy: &Option<Policy>) -> bool {
        policy.is_none()
    }

    /// What an absent key means.
    pub fn nil() -> Option<Option<Policy>> {
        Some(None)
    }
}

/// The map in `bytes` over that of the defaults, in ascending order of the keys.
fn with_defaults(bytes: &[u8]) -> Result<Vec<u8>, minicbor::decode::Error> {
    let defaults = minicbor::to_vec(Policy::default()).expect("writing to a vector cannot fail");
    let mut fields: BTreeMap<u64, &[u8]> = BTreeMap::new();
    for map in [&defaults[..], bytes] {
        let mut d = Decoder::new(map);
        let length = d.map()?;
        let mut taken = 0;
        while length
            .map_or_else(|| d.datatype().is_ok_and(|next| next != Type::Break), |length| taken < length)
        {
            let key = d.u64()?;
            let start = d.position();
            d.skip()?;
            fields.insert(key, &map[start..d.position()]);
            taken += 1;
        }
    }
    let mut whole = Encoder::new(Vec::new());
    whole.map(fields.len() as u64).expect("writing to a vector cannot fail");
    for (key, value) in fields {
        whole.u64(key).expect("writing to a vector cannot fail");
        whole.writer_mut().extend_from_slice(value);
    }
    Ok(whole.into_writer())
}

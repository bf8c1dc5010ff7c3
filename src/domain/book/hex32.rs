//! A hash as text in exports: 64 hex digits, as everywhere else in the book.

use serde::{Deserialize, Deserializer, Serializer, de::Error};

use crate::identity::epc;

/// Writes it.
pub fn serialize<S: Serializer>(hash: &[u8; 32], to: S) -> Result<S::Ok, S::Error> {
    to.serialize_str(&epc::hex(hash))
}

/// Reads what [`serialize`] writes.
pub fn deserialize<'de, D: Deserializer<'de>>(from: D) -> Result<[u8; 32], D::Error> {
    let text = String::deserialize(from)?;
    let bytes = epc::parse_hex(&text).map_err(|_| D::Error::custom("not hex"))?;
    bytes.try_into().map_err(|_| D::Error::custom("a hash has 32 bytes"))
}

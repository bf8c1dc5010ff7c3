//! From noisy readings to one request: what is really in view, and what is being asked.
//!
//! | File | Is |
//! |---|---|
//! | `presence` | tag reads → a tag appeared, a tag left |
//! | `desk` | who + what + mark → a [`crate::domain::Request`] |
//! | `session` | who stands at the desk, for how long their badge counts |
//! | `view` | which weapons are in view, and which have acted |
//! | `subject` | what a tag or a code stands for in the book |
//! | `card` | command cards |
//! | `flood` | a bound on unknown things |
//!
//! Time is an argument, in milliseconds of a counter that only runs forward. Nothing here knows a wall clock.

pub mod card;
pub mod desk;
pub mod flood;
pub mod presence;
mod session;
pub mod subject;
mod view;

use serde::{Deserialize, Serialize};

use crate::domain::ReadPoint;

/// One answer of a tag, as it reaches the inbox.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct TagReading {
    /// Where it was read.
    pub read_point: ReadPoint,
    /// EPC bytes.
    #[serde(with = "hex_bytes")]
    pub epc: Vec<u8>,
    /// Chip number, where the reader gave it.
    #[serde(default, with = "hex_option", skip_serializing_if = "Option::is_none")]
    pub tid: Option<Vec<u8>>,
    /// Antenna, counted from 1.
    pub antenna: u8,
    /// Strength; none where the reader gives only a raw figure.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub rssi_dbm: Option<i16>,
}

/// One code seen by a camera or a scanner, as it reaches the inbox.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct CodeReading {
    /// Where it was seen.
    pub read_point: ReadPoint,
    /// Its bytes.
    #[serde(with = "hex_bytes")]
    pub bytes: Vec<u8>,
    /// The same as text.
    pub text: String,
}

/// Bytes as hex in recordings: a person can read and correct them.
mod hex_bytes {
    use serde::{Deserialize, Deserializer, Serializer, de::Error};

    pub fn serialize<S: Serializer>(bytes: &[u8], to: S) -> Result<S::Ok, S::Error> {
        to.serialize_str(&crate::identity::epc::hex(bytes))
    }

    pub fn deserialize<'de, D: Deserializer<'de>>(from: D) -> Result<Vec<u8>, D::Error> {
        let text = String::deserialize(from)?;
        crate::identity::epc::parse_hex(&text).map_err(|_| D::Error::custom("not hex"))
    }
}

/// The same for bytes that may be absent.
mod hex_option {
    use serde::{Deserialize, Deserializer, Serializer, de::Error};

    pub fn serialize<S: Serializer>(bytes: &Option<Vec<u8>>, to: S) -> Result<S::Ok, S::Error> {
        match bytes {
            Some(bytes) => super::hex_bytes::serialize(bytes, to),
            None => to.serialize_none(),
        }
    }

    pub fn deserialize<'de, D: Deserializer<'de>>(from: D) -> Result<Option<Vec<u8>>, D::Error> {
        Option::<String>::deserialize(from)?
            .map(|text| crate::identity::epc::parse_hex(&text).map_err(|_| D::Error::custom("not hex")))
            .transpose()
    }
}

//! From noisy readings to one request: what is really in view, and what is being asked.
//!
//! | File | Is |
//! |---|---|
//! | `presence` | tag reads → a tag appeared, a tag left; whether a silence can be believed |
//! | `track`, `visit` | one tag that is heard, and one coming and going of it |
//! | `places` | which read point has a tag to itself |
//! | `belief` | how sure it is that a tag still lies there |
//! | `smooth` | how regularly a tag is heard, and so how long a silence must be |
//! | `rest` | tags that lie where they always lie |
//! | `zone`, `gaps`, `control` | the antennas: what is known of them, when they did not hear, how healthy they are |
//! | `watch` | antennas that stare at racks: what hangs there, and what should |
//! | `desk` | who + what + mark → a [`crate::domain::Request`] |
//! | `lanes` | several desks at one hatch, each with people of its own |
//! | `session` | who stands at the desk, for how long their badge counts |
//! | `view` | which weapons are in view, and which have acted |
//! | `subject` | what a tag or a code stands for in the book |
//! | `card`, `slot` | command cards, and labels that name a place and ask for nothing |
//! | `flood` | a bound on unknown things |
//!
//! Time is an argument, in milliseconds of a counter that only runs forward. Nothing here knows a wall clock.

mod belief;
pub mod card;
pub mod control;
pub mod desk;
pub mod flood;
pub mod gaps;
pub mod lanes;
mod places;
pub mod presence;
mod rest;
mod session;
pub mod slot;
mod smooth;
pub mod subject;
mod track;
mod view;
mod visit;
pub mod watch;
pub mod zone;

use serde::{Deserialize, Serialize};

use crate::domain::ReadPoint;

/// One answer of a tag, as it reaches the inbox.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct TagReading {
    /// The reader that heard it, by its name in the configuration.
    #[serde(default, skip_serializing_if = "String::is_empty")]
    pub reader: String,
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
    /// The reader's own figure of strength where it has no dBm; comparable only within one reader.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub rssi_raw: Option<u8>,
    /// The tag's protocol control word, where the reader gives it.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub pc: Option<u16>,
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

//! What a tag, a mark and a serial number say: formats and nothing else. Bytes go in, texts come out; there is no clock,
//! no file and no opinion here about who may do what.
//!
//! | Module | Is |
//! |---|---|
//! | [`epc`] | the bits of a UHF tag, to and from their URIs |
//! | [`mark`] | the text of a Data Matrix, QR or bar code: unique item marks, GS1 keys, house codes |
//! | [`serial`] | serial numbers as people type and read them |
//!
//! The two keys of the register are here: [`TagId`] for what a reader hears, [`MarkId`] for what a camera sees. Both are
//! texts that stay the same whatever reader, tag size, filter, bar code or envelope brought them.

pub mod epc;
pub mod mark;
pub mod serial;

use std::fmt;

use serde::{Deserialize, Serialize};

/// The key of a tag: its EPC pure identity URI, or its raw URI where it cannot be decoded. Two tags of different size
/// that carry the same identity have the same key.
#[derive(Debug, Clone, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize)]
#[serde(transparent)]
pub struct TagId(String);

impl TagId {
    /// The key of what a reader heard: pure identity, raw when unknown.
    pub fn from_epc(epc: &[u8]) -> Self {
        match epc::decode(epc) {
            Ok(decoded) => Self(decoded.pure_uri),
            // Not thrown away: who shows the tag asks `decode` for the reason.
            Err(_) => Self(epc::raw_uri(epc)),
        }
    }

    /// The URI.
    pub fn as_str(&self) -> &str {
        &self.0
    }

    /// The last four characters in upper case, for screens: "ending 7F3A".
    pub fn tail(&self) -> String {
        let plain = epc::text::unescape(&self.0).unwrap_or_else(|| self.0.clone());
        let last = plain.rsplit(':').next().unwrap_or_default().to_uppercase();
        let skip = last.chars().count().saturating_sub(4);
        last.chars().skip(skip).collect()
    }
}

impl fmt::Display for TagId {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(&self.0)
    }
}

/// The key of a mark: what the register holds and a scan finds it by.
///
/// | Mark | Key |
/// |---|---|
/// | ISO 15434 mark, GIAI, GRAI in any form | the UII, as plain text |
/// | other GS1 keys in any form | the Digital Link path, `/01/80614141123458/21/6789`, as in [`epc::Decoded`] |
/// | house code | the code in capitals |
/// | anything else, and any of these that breaks its rules | the text as it is, without AIM prefix and line end |
///
/// A mark that breaks its rules never gets the key of a sound one: a wrong check character stays an unknown mark.
#[derive(Debug, Clone, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize)]
#[serde(transparent)]
pub struct MarkId(String);

impl MarkId {
    /// The key of a text, scanned or from a register.
    pub fn from_text(text: &str) -> Self {
        let mut text = text;
        loop {
            if let Ok(mark) = mark::parse(text.as_bytes()) {
                return mark.key;
            }
            // Until nothing can be taken off any more, so that the key of a key is the key.
            let body = mark::strip(text).1;
            if body.len() == text.len() {
                return Self(body.to_owned());
            }
            text = body;
        }
    }

    /// The key of scanned bytes. Bytes that are no UTF-8 are taken as Latin-1, the default of Data Matrix and QR.
    pub fn from_bytes(bytes: &[u8]) -> Self {
        Self::from_text(&mark::to_text(bytes))
    }

    /// The key as text. It may hold control characters: [`mark::printable`] makes it fit for a screen.
    pub fn as_str(&self) -> &str {
        &self.0
    }

    /// A key that has been brought into its one form already.
    fn canonical(key: impl Into<String>) -> Self {
        Self(key.into())
    }
}

impl fmt::Display for MarkId {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(&mark::printable(&self.0))
    }
}

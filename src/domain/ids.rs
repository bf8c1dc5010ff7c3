//! Names of things. Each is its own type, so that a person's key never stands where a weapon's was meant.

use serde::{Deserialize, Serialize};

/// Longest id the station takes, in bytes. An id is printed on labels and shown in big letters; longer ones are
/// a pasted mistake.
pub const ID_MAX_BYTES: usize = 64;

macro_rules! text_id {
    ($(#[$doc:meta])* $name:ident) => {
        $(#[$doc])*
        #[derive(Debug, Clone, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize,
                 minicbor::Encode, minicbor::Decode)]
        #[serde(transparent)]
        #[cbor(transparent)]
        pub struct $name(#[n(0)] String);

        impl $name {
            /// Takes the text as it is.
            pub fn new(text: impl Into<String>) -> Self {
                Self(text.into())
            }

            /// The text.
            pub fn as_str(&self) -> &str {
                &self.0
            }
        }

        impl std::fmt::Display for $name {
            fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
                f.pad(&self.0)
            }
        }

        impl From<&str> for $name {
            fn from(text: &str) -> Self {
                Self(text.to_owned())
            }
        }
    };
}

text_id!(
    /// The armoury's own short number of one weapon ("A1042"), never its serial.
    WeaponId
);
text_id!(
    /// The key of a person. It says nothing about them: rank, name and badge lie outside the chain.
    PersonId
);
text_id!(
    /// The station's name in its configuration and at headquarters.
    StationId
);
text_id!(
    /// A place where a reader or a camera looks ("left lane").
    ReadPoint
);

/// Whether `text` may be an id: not empty, not too long, no control characters, no space at either end.
pub fn is_id(text: &str) -> bool {
    !text.is_empty()
        && text.len() <= ID_MAX_BYTES
        && text.trim() == text
        && !text.chars().any(char::is_control)
}

/// The number of an entry in the station's ledger; the first is 1.
pub type Seq = u64;

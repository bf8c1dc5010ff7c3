//! The figures of a count.

use minicbor::{Decode, Encode};
use serde::{Deserialize, Serialize};

/// The figures of a count. `expected = seen + left + missing`, whatever was entered in between (C-3).
#[derive(Debug, Clone, PartialEq, Eq, Default, Serialize, Deserialize, Encode, Decode)]
#[cbor(map)]
pub struct Figures {
    /// Weapons on the frozen list.
    #[n(0)]
    pub expected: u32,
    /// Of them seen, or back over the desk.
    #[n(1)]
    pub seen: u32,
    /// Of them seen by radio only.
    #[n(2)]
    pub by_tag_only: u32,
    /// Of them gone since the start with an entry of their own: no loss.
    #[n(3)]
    pub left: u32,
    /// Of them not seen.
    #[n(4)]
    pub missing: u32,
    /// Here now and not on the list: came in since the start, with an entry of its own.
    #[n(5)]
    pub came: u32,
    /// There, and should not be.
    #[n(6)]
    pub extras: u32,
    /// In another place than their home.
    #[n(7)]
    pub misplaced: u32,
    /// With somebody at the start.
    #[n(8)]
    pub out: u32,
}

impl Figures {
    pub(super) fn line(&self) -> String {
        let Self { expected, seen, left, missing, extras, .. } = self;
        format!(
            "{seen} of {expected} seen, {left} left meanwhile, {missing} not accounted for, {extras} extra"
        )
    }
}

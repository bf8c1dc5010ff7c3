//! Why the desk answered as it did.

use serde::{Deserialize, Serialize};

macro_rules! reasons {
    ($($(#[$doc:meta])* $name:ident = $word:literal,)*) => {
        /// Why (`architecture.md`, rulings). More come as the book grows.
        #[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize)]
        #[serde(rename_all = "snake_case")]
        pub enum Reason { $($(#[$doc])* $name,)* }

        impl Reason {
            /// Every reason.
            pub const ALL: &'static [Self] = &[$(Self::$name,)*];

            /// The word used in entries.
            pub fn word(self) -> &'static str {
                match self { $(Self::$name => $word,)* }
            }

            /// The reason of that word.
            pub fn from_word(word: &str) -> Option<Self> {
                Self::ALL.iter().copied().find(|reason| reason.word() == word)
            }
        }
    };
}

reasons! {
    /// The tag is not in the book.
    UnknownTag = "unknown_tag",
    /// The badge is not in the book.
    UnknownBadge = "unknown_badge",
    /// The mark is not in the book.
    UnknownMark = "unknown_mark",
    /// ISSUE mode, but the weapon is out.
    AlreadyOut = "already_out",
    /// RETURN mode, but the weapon is in.
    AlreadyIn = "already_in",
    /// The person may not draw this weapon.
    NotAuthorised = "not_authorised",
    /// The person's authorisation has ended.
    AuthorisationExpired = "authorisation_expired",
    /// The person is suspended; the cause stays private.
    Suspended = "suspended",
    /// Brought by somebody else than the holder.
    WrongPerson = "wrong_person",
    /// Tag and mark name different weapons.
    MarkMismatch = "mark_mismatch",
    /// The tag's chip is not the one enrolled, or two chips answer with one code.
    CloneSuspected = "clone_suspected",
    /// The book says this weapon was destroyed.
    Destroyed = "destroyed",
    /// The weapon is listed as lost or stolen.
    HotListed = "hot_listed",
    /// Shown again sooner than a person could have meant it.
    TooSoon = "too_soon",
    /// No badge was shown.
    NoBadge = "no_badge",
    /// The book holds this weapon at another place.
    NotHere = "not_here",
    /// More than one answer fits what was read.
    Ambiguous = "ambiguous",
    /// Two readings are asked for and only one came.
    OneReading = "one_reading",
    /// A second person is asked for and none showed a badge.
    NoWitness = "no_witness",
    /// The person holds as many weapons as policy allows.
    TooMany = "too_many",
    /// A chip enrolled with one code answers with another: the tag was written anew.
    TagRewritten = "tag_rewritten",
    /// The weapon is in the room but not for issue: quarantined, surplus or an exhibit.
    HeldBack = "held_back",
    /// The weapon was not accounted for: it is to be recovered first.
    Missing = "missing",
    /// The tag or mark was taken off a weapon: where has it been since?
    Retired = "retired",
}

//! Command cards: printed codes that stand for a key press. They are never authority: anyone can print one
//! (`ux.md` section 5).

use crate::identity::mark::printable;

/// How their codes begin.
pub const PREFIX: &str = "CMD:";

/// What a card asks for.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Card {
    /// Only issue from now on.
    Issue,
    /// Only return from now on.
    Return,
    /// Direction follows custody again.
    Auto,
    /// What was on the screen has been dealt with.
    Ok,
    /// Forget the badge and what waits for one.
    Cancel,
    /// Say the last verdict again.
    Repeat,
    /// Acknowledge the newest alarm.
    Acknowledge,
    /// A person is wanted at the hatch.
    CallSupervisor,
    /// Marks count for the count that is open, or no longer.
    Count,
}

/// A code that begins like a card but is none we know.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
#[error("take the card {0}: this station has no such command")]
pub struct UnknownCard(pub String);

impl Card {
    /// All of them, in the order of the wall sheet.
    pub const ALL: [Self; 9] = [
        Self::Issue,
        Self::Return,
        Self::Auto,
        Self::Ok,
        Self::Cancel,
        Self::Repeat,
        Self::Acknowledge,
        Self::CallSupervisor,
        Self::Count,
    ];

    /// The word behind the prefix, as printed on the card.
    pub fn word(self) -> &'static str {
        match self {
            Self::Issue => "ISSUE",
            Self::Return => "RETURN",
            Self::Auto => "AUTO",
            Self::Ok => "OK",
            Self::Cancel => "CANCEL",
            Self::Repeat => "REPEAT",
            Self::Acknowledge => "ACK",
            Self::CallSupervisor => "CALL SUPERVISOR",
            Self::Count => "COUNT",
        }
    }

    /// The code on the card.
    pub fn text(self) -> String {
        format!("{PREFIX}{}", self.word())
    }

    /// Reads a code; none if it is not a card at all.
    pub fn from_text(text: &str) -> Option<Result<Self, UnknownCard>> {
        let word = text.trim().strip_prefix(PREFIX)?;
        let found = Self::ALL.into_iter().find(|card| word.trim().eq_ignore_ascii_case(card.word()));
        let unknown = || UnknownCard(printable(word).chars().take(20).collect());
        Some(found.ok_or_else(unknown))
    }
}
